"""Reads an encoded video back: is it what the plan asked for?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from timeline.errors import OutputVerificationError
from timeline.extras import needs_extra
from timeline.media.scan import TOLERANT
from timeline.render.composite import STILL_S
from timeline.render.plan import RenderPlan
from timeline.render.shots import Chunk
from timeline.units import SAMPLE_RATE_HZ, seconds_to_ms

with needs_extra("media"):
    import av
    import av.error

AAC_FRAME_SAMPLES = 1024
SOUND_TOLERANCE_S = Fraction(2 * AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ)
"""Sound comes in frames of 1024 samples, and its encoder primes with one."""


class Verified(NamedTuple):
    """What was found in an output.

    Attributes:
        frames: Of the output's grid.
        pictures: Frames that are really there; fewer than *frames* where it is sparse.
        picture_ms: Where the picture ends.
        sound_ms: Where the sound ends.
    """

    frames: int
    pictures: int
    picture_ms: int
    sound_ms: int


def verify_video(path: Path, plan: RenderPlan, chunks: Sequence[Chunk] = ()) -> Verified:
    """Raise unless *path* holds exactly the plan's frames, each at its time, and sound as long as the plan.

    Args:
        path: The file.
        plan: What it should hold.
        chunks: Those of it that are sparse may lack frames, but for their first and last and one every
            `STILL_S`.

    Raises:
        OutputVerificationError: What was found, and what was expected.
    """
    try:
        with av.open(str(path), **TOLERANT) as container:
            if len(container.streams.video) != 1 or len(container.streams.audio) != 1:
                raise OutputVerificationError(
                    f"expected one picture and one sound stream, got {len(container.streams.video)} and "
                    f"{len(container.streams.audio)}"
                )
            video, audio = container.streams.video[0], container.streams.audio[0]
            if (video.width, video.height) != (plan.width_px, plan.height_px):
                raise OutputVerificationError(
                    f"expected {plan.width_px}x{plan.height_px} px, got {video.width}x{video.height}"
                )
            picture_s, sound_end_s = [], Fraction(0)
            for packet in container.demux(video, audio):
                if packet.pts is None or packet.time_base is None:
                    continue
                if packet.stream.index == video.index:
                    picture_s.append(packet.pts * packet.time_base)
                else:
                    end = (packet.pts + (packet.duration or 0)) * packet.time_base
                    sound_end_s = max(sound_end_s, end)
    except av.error.FFmpegError as error:
        raise OutputVerificationError(f"the encoded file cannot be read back: {error}") from error
    _check_pictures(sorted(picture_s), plan, chunks)
    length_s = Fraction(plan.duration_ms, 1000)
    if abs(sound_end_s - length_s) > SOUND_TOLERANCE_S:
        raise OutputVerificationError(
            f"expected {float(length_s):.3f} s of sound, got {float(sound_end_s):.3f} s"
        )
    picture_end_s = max(picture_s) + 1 / plan.frame_rate
    return Verified(plan.frames, len(picture_s), seconds_to_ms(picture_end_s), seconds_to_ms(sound_end_s))


def _check_pictures(picture_s: Sequence[Fraction], plan: RenderPlan, chunks: Sequence[Chunk]) -> None:
    """Raise unless the frames that must be there are there, each within a quarter of a frame of its time."""
    sparse = [chunk for chunk in chunks if chunk.is_sparse]
    if len(picture_s) > plan.frames or (len(picture_s) < plan.frames and not sparse):
        raise OutputVerificationError(f"expected {plan.frames} frames, got {len(picture_s)}")
    numbers = [round(at_s * plan.frame_rate) for at_s in picture_s]
    for number, at_s in zip(numbers, picture_s, strict=True):
        if abs(at_s * plan.frame_rate - number) > Fraction(1, 4):
            right_s = float(number / plan.frame_rate)
            raise OutputVerificationError(
                f"frame {number} stands at {float(at_s):.4f} s instead of {right_s:.4f} s"
            )
    lacking = set(range(plan.frames)).difference(numbers)
    for chunk in sparse:
        lacking.difference_update(range(chunk.start_frame + 1, chunk.start_frame + chunk.frames - 1))
    if lacking:
        raise OutputVerificationError(f"frame {min(lacking)} of {plan.frames} is missing")
    longest = max((later - sooner for sooner, later in pairwise(numbers)), default=0)
    if longest > STILL_S * plan.frame_rate + 1:
        raise OutputVerificationError(f"expected a frame every {STILL_S} s, got none for {longest} frames")
