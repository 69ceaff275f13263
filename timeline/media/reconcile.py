"""What a result declares of a file, held against what the file holds.

Four facts are kept apart: declared start and length, first picture, real end. Nothing here changes anything:
it says what is odd, with its figures; what is done about it stands in the registry of findings.
"""

from __future__ import annotations

from timeline import kinds
from timeline.findings import Finding, finding
from timeline.media.facts import MediaFacts, PictureFacts
from timeline.model import Clip
from timeline.units import format_time

LENGTH_TOLERANCE_MS = 500
"""A file that is shorter or longer than declared by less than this is as declared."""
LATE_PICTURE_MS = 500
"""A first picture that comes later than this is told."""
APART_MS = 100
"""Picture and sound of one file that begin further apart are told."""
LONG_HOLE_MS = 30_000
"""A stretch without a new picture, in which a screen share may just stand still, is told from here on."""


def reconcile(clip: Clip, kind: str, media: MediaFacts) -> list[Finding]:
    """Return what is odd about the file of *clip*, a stream of *kind*.

    Args:
        clip: The first clip that the file plays in.
        kind: Of its track.
        media: What the file holds, on a clock that begins with the file.
    """
    name = media.path.name
    if media.picture is None and kind != kinds.AUDIO:
        message = f"{name}: holds sound only, no picture"
        return [finding("picture_missing", message, at_ms=clip.start_ms, where=name)]
    found = _length(clip, media)
    if media.picture is not None:
        found += _picture(clip, media.picture, name)
    if media.picture is not None and media.sound is not None:
        apart_ms = media.sound.start_ms - media.picture.start_ms
        if abs(apart_ms) > APART_MS:
            order = "after" if apart_ms > 0 else "before"
            message = f"{name}: its sound begins {format_time(abs(apart_ms))} {order} its picture"
            found.append(finding("sound_apart", message, at_ms=clip.start_ms, where=name))
    return found


def _length(clip: Clip, media: MediaFacts) -> list[Finding]:
    stream = media.picture or media.sound
    real_ms, declared_ms, name = (stream.end_ms if stream else 0), clip.media.duration_ms, media.path.name
    message = f"{name}: ends at {format_time(real_ms)}, declared are {format_time(declared_ms)}"
    if real_ms < declared_ms - LENGTH_TOLERANCE_MS:
        return [finding("media_short", message, at_ms=clip.start_ms + max(0, real_ms), where=name)]
    if real_ms > declared_ms + LENGTH_TOLERANCE_MS:
        return [finding("media_long", message, at_ms=clip.start_ms + declared_ms, where=name)]
    return []


def _picture(clip: Clip, picture: PictureFacts, name: str) -> list[Finding]:
    found = []
    if picture.start_ms > LATE_PICTURE_MS:
        message = f"{name}: its first picture comes at {format_time(picture.start_ms)}"
        found.append(finding("picture_late", message, at_ms=clip.start_ms, where=name))
    for hole in picture.holes:
        if hole.end_ms - hole.start_ms >= LONG_HOLE_MS:
            message = (
                f"{name}: no new picture from {format_time(hole.start_ms)} to {format_time(hole.end_ms)}"
            )
            found.append(finding("picture_hole", message, at_ms=clip.start_ms + hole.start_ms, where=name))
    return found
