"""What a result declares of a file, held against what the file holds.

Four facts are kept apart: declared start and length, first picture, real end. Nothing here changes anything:
it says what is odd, with its figures; what is done about it stands in the registry of findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from timeline import kinds
from timeline.findings import Finding, finding
from timeline.media.facts import Hole, MediaFacts, PictureFacts
from timeline.model import Clip
from timeline.sinks import file_name
from timeline.units import format_time

LENGTH_TOLERANCE_MS = 500
"""A file that is shorter or longer than declared by less than this is as declared."""
LATE_PICTURE_MS = 500
"""A first picture that comes later than this is told."""
APART_MS = 100
"""Picture and sound of one file that begin further apart are told."""
LONG_HOLE_MS = 30_000
"""A stretch without a new picture, in which a screen share may just stand still, is told from here on."""
HEADER_TOLERANCE_MS = 1000
"""A header that claims another length than the packets by more than this is told."""

_STILL_KINDS = (kinds.SCREEN, kinds.WHITEBOARD)
_USUAL_PIXELS = ("yuv420p", "yuvj420p", "")
_VOICED_KINDS = (kinds.CAMERA, kinds.MIXED, kinds.AUDIO)
_VARYING = Fraction(3, 2)


class _Odd(NamedTuple):
    """Something odd: the code of a finding, what is said after the file's name, and the media time."""

    code: str
    message: str
    media_ms: int = 0


def reconcile(clip: Clip, kind: str, media: MediaFacts) -> list[Finding]:
    """Return what is odd about the file of *clip*, a stream of *kind*.

    Args:
        clip: The first clip that the file plays in.
        kind: Of its track.
        media: What the file holds, on a clock that begins with the file.
    """
    name = file_name(media.path)
    return [
        finding(
            odd.code,
            f"{name}: {odd.message}",
            at_ms=max(clip.start_ms, clip.start_ms - clip.media_start_ms + odd.media_ms),
            where=name,
        )
        for odd in _odd(clip.media.duration_ms, kind, media)
    ]


def picture_reaches_ms(kind: str, declared_ms: int, media: MediaFacts) -> int:
    """Return the media time up to which the picture of a file is good; 0 where it has none.

    A screen or a board that stands still sends nothing, not even at the end of its file: while the sound
    reaches the declared end, the file is whole, and the last picture is still the right one.
    """
    if media.picture is None:
        return 0
    is_whole = media.sound is not None and media.sound.end_ms >= declared_ms - LENGTH_TOLERANCE_MS
    if kind in _STILL_KINDS and is_whole:
        return max(media.picture.end_ms, declared_ms)
    return media.picture.end_ms


def _odd(declared_ms: int, kind: str, media: MediaFacts) -> Iterator[_Odd]:
    """Yield all that is odd."""
    picture, sound = media.picture, media.sound
    if media.is_cut_short:
        yield _Odd("media_cut_short", f"breaks off at {format_time(_end_ms(media))}", _end_ms(media))
    damaged = media.corrupt_packets - media.is_cut_short  # the last one is where it breaks off
    if damaged > 0:
        yield _Odd("media_damaged", f"{damaged} of its packets are there in part only")
    yield from _header(media)
    if picture is None and kind != kinds.AUDIO:
        yield _Odd("picture_missing", "holds sound only, no picture")
    yield from _length(declared_ms, kind, media)
    if picture is not None:
        yield from _picture(picture)
        reach_ms = picture_reaches_ms(kind, declared_ms, media)
        yield from _holes("picture_hole", "no new picture", [*picture.holes, Hole(picture.end_ms, reach_ms)])
    if sound is not None:
        yield from _holes("sound_hole", "no sound", sound.holes)
    elif kind in _VOICED_KINDS:
        yield _Odd("sound_missing", "holds no sound")
    if picture is not None and sound is not None:
        apart_ms = sound.start_ms - picture.start_ms
        if abs(apart_ms) > APART_MS:
            order = "after" if apart_ms > 0 else "before"
            yield _Odd("sound_apart", f"its sound begins {format_time(abs(apart_ms))} {order} its picture")


def _header(media: MediaFacts) -> Iterator[_Odd]:
    claimed_ms = media.header_duration_ms
    if claimed_ms is None or media.is_cut_short or media.demuxer == "mp3":  # an mp3 has a guess there
        return
    start_ms, end_ms = _start_ms(media), _end_ms(media)
    if min(abs(claimed_ms - end_ms), abs(claimed_ms - (end_ms - start_ms))) > HEADER_TOLERANCE_MS:
        message = f"its header claims {format_time(claimed_ms)}, its packets end at {format_time(end_ms)}"
        yield _Odd("header_wrong", message)


def _length(declared_ms: int, kind: str, media: MediaFacts) -> Iterator[_Odd]:
    picture, sound = media.picture, media.sound
    sound_ms = sound.end_ms if sound else 0
    real_ms = picture_reaches_ms(kind, declared_ms, media) if picture else sound_ms
    declared = f"declared are {format_time(declared_ms)}"
    if real_ms < declared_ms - LENGTH_TOLERANCE_MS:
        subject = "its picture ends" if sound_ms > real_ms + LENGTH_TOLERANCE_MS else "ends"
        yield _Odd("media_short", f"{subject} at {format_time(real_ms)}, {declared}", real_ms)
    elif _end_ms(media) > declared_ms + LENGTH_TOLERANCE_MS:
        yield _Odd("media_long", f"ends at {format_time(_end_ms(media))}, {declared}", declared_ms)
    if sound and picture and sound_ms < min(real_ms, declared_ms) - LENGTH_TOLERANCE_MS:
        yield _Odd("sound_short", f"its sound ends at {format_time(sound_ms)}, {declared}", sound_ms)


def _picture(picture: PictureFacts) -> Iterator[_Odd]:
    if picture.start_ms > LATE_PICTURE_MS:
        yield _Odd("picture_late", f"its first picture comes at {format_time(picture.start_ms)}")
    unusual = []
    if picture.rotation_degrees:
        unusual.append(f"turned by {picture.rotation_degrees} degrees")
    if picture.sample_aspect != 1:
        aspect = picture.sample_aspect
        unusual.append(f"its pixels are {aspect.numerator}:{aspect.denominator}")
    if picture.width_px % 2 or picture.height_px % 2:
        unusual.append(f"{picture.width_px}x{picture.height_px} px")
    if picture.pixel_format not in _USUAL_PIXELS:
        unusual.append(f"its colours are {picture.pixel_format}")
    if picture.most_frames_per_s > _VARYING * picture.frame_rate + 1:
        rate = f"{float(picture.frame_rate):.1f} pictures per second"
        unusual.append(f"{rate} on average and {picture.most_frames_per_s} in its busiest one")
    if picture.size_changes:
        at_ms, width_px, height_px = picture.size_changes[0]
        more = f" and {len(picture.size_changes) - 1} more" if len(picture.size_changes) > 1 else ""
        unusual.append(f"changes its size to {width_px}x{height_px} px at {format_time(at_ms)}{more}")
    if unusual:
        yield _Odd("picture_unusual", "; ".join(unusual))


def _holes(code: str, what: str, holes: Iterable[Hole]) -> Iterator[_Odd]:
    for start_ms, end_ms in holes:
        if end_ms - start_ms >= LONG_HOLE_MS:
            yield _Odd(code, f"{what} from {format_time(start_ms)} to {format_time(end_ms)}", start_ms)


def _start_ms(media: MediaFacts) -> int:
    return min(stream.start_ms for stream in (media.picture, media.sound) if stream)


def _end_ms(media: MediaFacts) -> int:
    return max(stream.end_ms for stream in (media.picture, media.sound) if stream)
