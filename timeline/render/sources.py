"""What the plan has to know of the files of a lesson."""

from __future__ import annotations

from timeline.media.examine import ExaminedMedia, first_uses
from timeline.media.reconcile import LENGTH_TOLERANCE_MS, picture_reaches_ms
from timeline.model import Timeline
from timeline.render.plan import KnownFile

HOLD_MS = 1000
"""So long a picture stands where there is none: the last one of a file that ends too early, and the first one
of a file whose picture comes late. Where more is missing, a slate follows, or stands until it comes."""


def known_files(timeline: Timeline, examined: ExaminedMedia) -> dict[int, KnownFile]:
    """Return what is known of each file of *timeline*, by position."""
    known = {}
    for position, (kind, clip) in first_uses(timeline).items():
        media, declared_ms = examined.facts.get(position), clip.media.duration_ms
        if media is None:
            known[position] = KnownFile(False, 0, 0)
            continue
        start_ms = end_ms = 0
        if media.picture is not None:
            reach_ms = picture_reaches_ms(kind, declared_ms, media)
            is_short = reach_ms < declared_ms - LENGTH_TOLERANCE_MS
            end_ms = reach_ms + HOLD_MS if is_short else max(declared_ms, reach_ms)
            start_ms = media.picture.start_ms if media.picture.start_ms > HOLD_MS else 0
        known[position] = KnownFile(True, end_ms, media.sound.end_ms if media.sound else 0, start_ms)
    return known


def slate_reasons(examined: ExaminedMedia) -> dict[int, str]:
    """Return what a slate says where a file should play and cannot, by position."""
    usable = {
        position: "file ends early" if media.picture else "sound only"
        for position, media in examined.facts.items()
    }
    return usable | examined.lost
