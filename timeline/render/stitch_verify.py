"""Reads a stitched file back: every picture at its time, picture and sound as long as the lesson."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from timeline.errors import OutputVerificationError
from timeline.extras import needs_extra
from timeline.media.scan import TOLERANT
from timeline.render.stitch_join import TICKS_PER_S
from timeline.render.verify import AAC_FRAME_SAMPLES

with needs_extra("media"):
    import av
    import av.error

_FRAMES_OF_SOUND = 2


def verify_stitched(path: Path, shown: Sequence[Sequence[int]], duration_ms: int) -> None:
    """Raise unless *path* holds the pictures that were planned, and lasts *duration_ms*.

    Args:
        path: A stitched file.
        shown: When each picture of each part is to be shown, ticks of `TICKS_PER_S`; none for sound alone.
        duration_ms: How long picture and sound last.

    Raises:
        OutputVerificationError: What was found, and what was expected.
    """
    try:
        with av.open(str(path), **TOLERANT) as container:
            pictures = container.streams.video
            if len(pictures) != bool(shown) or len(container.streams.audio) != 1:
                raise OutputVerificationError(
                    f"expected {int(bool(shown))} picture and 1 sound stream, got {len(pictures)} and "
                    f"{len(container.streams.audio)}"
                )
            audio = container.streams.audio[0]
            found: list[int] = []
            decoded: list[int] = []
            # Where pictures refer to later ones, no packet's own length says when the last one ends.
            picture_end = max(
                (Fraction(stream.duration or 0) * (stream.time_base or 0) for stream in pictures),
                default=Fraction(0),
            )
            sound_end = Fraction(0)
            for packet in container.demux(*pictures, audio):
                if packet.pts is None or packet.dts is None or packet.time_base is None:
                    continue
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                if packet.stream.index == audio.index:
                    sound_end = max(sound_end, end)
                else:
                    found.append(round(packet.pts * packet.time_base * TICKS_PER_S))
                    decoded.append(packet.dts)
            rate = audio.codec_context.sample_rate
    except av.error.FFmpegError as error:
        raise OutputVerificationError(f"the stitched file cannot be read back: {error}") from error
    _check_pictures(found, decoded, [tick for run in shown for tick in run])
    length_s = Fraction(duration_ms, 1000)
    if shown and abs(picture_end - length_s) > Fraction(1, 1000):
        raise OutputVerificationError(
            f"expected {float(length_s):.3f} s of picture, got {float(picture_end):.3f} s"
        )
    if abs(sound_end - length_s) > Fraction(_FRAMES_OF_SOUND * AAC_FRAME_SAMPLES, rate):
        raise OutputVerificationError(
            f"expected {float(length_s):.3f} s of sound, got {float(sound_end):.3f} s"
        )


def _check_pictures(found: Sequence[int], decoded: Sequence[int], wanted: Sequence[int]) -> None:
    if len(found) != len(wanted):
        raise OutputVerificationError(f"expected {len(wanted)} pictures, got {len(found)}")
    for number, (tick, want) in enumerate(zip(found, wanted, strict=True)):
        if tick != want:
            raise OutputVerificationError(
                f"picture {number} stands at {tick / TICKS_PER_S:.4f} s instead of {want / TICKS_PER_S:.4f} s"
            )
    if any(before >= after for before, after in itertools.pairwise(decoded)):
        raise OutputVerificationError("its pictures are not decoded in order")
