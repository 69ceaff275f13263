"""What a stitched track shows and lets hear, stretch by stretch, and what of a file can be copied. Pure.

A file can be copied from a key picture on, and up to any picture behind which nothing decodes that shows
sooner. What is left over at either end, at most one group of pictures each, is encoded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from timeline.interval import Span, complement, merge, spans_of
from timeline.model import Clip, Track
from timeline.render.plan import KnownFile, PlanSound

SAME_MS = 1
"""Declared times are whole ms; a picture that is no further away than this is at that time."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a track's picture.

    Attributes:
        start_ms: Playback time.
        end_ms: Playback time.
        clip: What is shown, or was last where *held*; None on a slate.
        held: Whether the last picture of *clip* stays, over a seam.
        lost: Position of the file that should play and cannot; None where none should.
    """

    start_ms: int
    end_ms: int
    clip: Clip | None
    held: bool = False
    lost: int | None = None


def picture_stretches(track: Track, files: Mapping[int, KnownFile]) -> tuple[Stretch, ...]:
    """Return what *track* shows: the stretches tile ``[0, duration_ms)``.

    Args:
        track: A track.
        files: What is known of each file, by position.

    Example:
        >>> import timeline
        >>> track = timeline.load("sample_results/guide_example.json").track("camera:ios_test1")
        >>> files = {c.media.position: KnownFile(True, 1_000_000, 0) for c in track.clips}
        >>> [(part.start_ms, part.clip is None) for part in picture_stretches(track, files)]
        [(0, False), (900000, False), (1200000, True)]
    """
    shown = dataclasses.replace(track, clips=tuple(_shown(track, files)))
    stretches: list[Stretch] = []
    for part in shown.segments():
        if isinstance(part, Clip):
            stretches.append(Stretch(part.start_ms, part.end_ms, part))
        elif part.kind == "seam":
            stretches.append(Stretch(part.start_ms, part.end_ms, stretches[-1].clip, held=True))
        else:
            stretches += _slates(track, files, part.start_ms, part.end_ms)
    return tuple(stretches)


def sounds(track: Track, files: Mapping[int, KnownFile]) -> tuple[PlanSound, ...]:
    """Return what of *track* is to be heard."""
    heard = []
    for clip in track.clips:
        known = files.get(clip.media.position)
        end_ms = clip.start_ms + (known.sound_end_ms if known else 0) - clip.media_start_ms
        end_ms = min(clip.end_ms, end_ms)
        if clip.start_ms < end_ms:
            heard.append(PlanSound(track.id, clip.media.position, clip.start_ms, end_ms, clip.media_start_ms))
    return tuple(heard)


def _shown(track: Track, files: Mapping[int, KnownFile]) -> Iterator[Clip]:
    """Yield the clips, cut to what their files can show."""
    for clip in track.clips:
        known = files.get(clip.media.position)
        if known is None or not known.usable:
            continue
        seen = Span(known.picture_start_ms, max(known.picture_start_ms, known.picture_end_ms))
        zero_ms = clip.start_ms - clip.media_start_ms
        for start_ms, end_ms in complement(merge(spans_of(known.blind)), seen).tolist():
            part = clip.part(zero_ms + start_ms, zero_ms + end_ms)
            if part.duration_ms > 0:
                yield part


def _slates(track: Track, files: Mapping[int, KnownFile], start_ms: int, end_ms: int) -> Iterator[Stretch]:
    """Yield what stands where nothing can be shown: a slate for each file that should, and for each gap.

    That of a file stays over the seam behind it.
    """
    lost = None
    for part in track.segments():
        begin_ms, stop_ms = max(part.start_ms, start_ms), min(part.end_ms, end_ms)
        if begin_ms >= stop_ms:
            continue
        if isinstance(part, Clip):
            known = files.get(part.media.position)
            waits = known and known.usable and part.media_ms(stop_ms) <= known.picture_start_ms
            lost = None if waits else part.media.position
        elif part.kind != "seam":
            lost = None
        yield Stretch(begin_ms, stop_ms, None, lost=lost)


class Pictures(NamedTuple):
    """The pictures of a file in the order in which they are decoded.

    Attributes:
        at_ms: When each is shown, media time.
        keys: Whether each needs no other one, and none after it needs one before it.
    """

    at_ms: Sequence[Fraction]
    keys: Sequence[bool]


class Cut(NamedTuple):
    """What of a file is copied: pictures ``[first, stop)``, shown in ``[start_ms, end_ms)`` media time."""

    first: int
    stop: int
    start_ms: Fraction
    end_ms: Fraction


def cut_copy(pictures: Pictures, start_ms: int, end_ms: int) -> Cut | None:
    """Return the most of ``[start_ms, end_ms)`` that can be copied; None where nothing can.

    Of what is left out before and behind it, nothing is needed to decode it; what is left of the stretch has
    to be encoded.

    Example:
        >>> shown = [0, 40, 80, 120, 160, 200]
        >>> pictures = Pictures([Fraction(ms) for ms in shown], [True, False, False, True, False, False])
        >>> cut_copy(pictures, 0, 100)  # no picture shows before one that comes sooner: cut anywhere
        Cut(first=0, stop=3, start_ms=Fraction(0, 1), end_ms=Fraction(100, 1))
        >>> cut_copy(pictures, 50, 240).first  # from the next key picture on
        3
    """
    at_ms = pictures.at_ms
    clean = _clean_keys(pictures)
    first = next((number for number in clean if at_ms[number] >= start_ms - SAME_MS), None)
    if first is None or at_ms[first] >= end_ms:
        return None
    # Where nothing is shown before it, the first picture stands from the start.
    begins = first == 0 or at_ms[first] <= start_ms + SAME_MS
    begin_ms = Fraction(start_ms) if begins else at_ms[first]
    # What would be shown for less than a millisecond is left out.
    kept = [number for number in range(first, len(at_ms)) if at_ms[number] < end_ms - SAME_MS]
    kept = kept or [first]
    if kept[-1] - first + 1 == len(kept):
        return Cut(first, kept[-1] + 1, begin_ms, Fraction(end_ms))
    last = max(
        (number for number in clean if number > first and at_ms[number] < end_ms - SAME_MS), default=None
    )
    return None if last is None else Cut(first, last, begin_ms, at_ms[last])


def _clean_keys(pictures: Pictures) -> list[int]:
    """Return the key pictures before which everything is shown that is decoded before them, and only that."""
    at_ms = pictures.at_ms
    soonest_after: list[Fraction] = []
    for time in reversed(at_ms):
        soonest_after.append(min(time, soonest_after[-1]) if soonest_after else time)
    soonest_after.reverse()
    clean, latest_before = [], None
    for number, (time, key) in enumerate(zip(at_ms, pictures.keys, strict=True)):
        if key and soonest_after[number] == time and (latest_before is None or latest_before < time):
            clean.append(number)
        latest_before = time if latest_before is None else max(latest_before, time)
    return clean
