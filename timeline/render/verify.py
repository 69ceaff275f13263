"""Reads an encoded video back: is it what the plan asked for?"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from timeline.errors import OutputVerificationError
from timeline.extras import needs_extra
from timeline.media.scan import TOLERANT
from timeline.render.plan import RenderPlan
from timeline.units import SAMPLE_RATE_HZ, seconds_to_ms

with needs_extra("media"):
    import av
    import av.error

AAC_FRAME_SAMPLES = 1024
SOUND_TOLERANCE_S = Fraction(2 * AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ)
"""Sound comes in frames of 1024 samples, and its encoder primes with one."""


class Verified(NamedTuple):
    """What was found in an output: its frames, the end of its picture and of its sound, ms."""

    frames: int
    picture_ms: int
    sound_ms: int


def verify_video(path: Path, plan: RenderPlan) -> Verified:
    """Raise unless *path* holds exactly the plan's frames, evenly spaced, and sound as long as the plan.

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
    if len(picture_s) != plan.frames:
        raise OutputVerificationError(f"expected {plan.frames} frames, got {len(picture_s)}")
    picture_s.sort()
    step_s = 1 / plan.frame_rate
    for number, at_s in enumerate(picture_s):
        if abs(at_s - number * step_s) > step_s / 4:
            raise OutputVerificationError(
                f"frame {number} stands at {float(at_s):.4f} s instead of {float(number * step_s):.4f} s"
            )
    length_s = Fraction(plan.duration_ms, 1000)
    if abs(sound_end_s - length_s) > SOUND_TOLERANCE_S:
        raise OutputVerificationError(
            f"expected {float(length_s):.3f} s of sound, got {float(sound_end_s):.3f} s"
        )
    return Verified(len(picture_s), seconds_to_ms(picture_s[-1] + step_s), seconds_to_ms(sound_end_s))
