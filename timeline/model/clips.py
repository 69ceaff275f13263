"""One stream: its clips, and the holes between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from timeline.interval import Span

SEAM_MS = 500
"""A hole of at most this length between two clips of a track is a `seam`: a switch of files."""


class MediaReference(NamedTuple):
    """The file behind a clip, as the result names it. Its strings are a stranger's: never open them.

    Attributes:
        url: Where the service stored it; None if it said nothing.
        video_id: The store's id, as text; None if it said nothing.
        mime: Media type by the declared format.
        size_bytes: Declared size; None if unknown.
        duration_ms: Declared length, ms.
        position: In the result's file list, from 0.
        width_px: Declared width; None if unknown.
        height_px: Declared height; None if unknown.
    """

    url: str | None
    video_id: str | None
    mime: str
    size_bytes: int | None
    duration_ms: int
    position: int
    width_px: int | None = None
    height_px: int | None = None


class Clip(NamedTuple):
    """A file placed on the timeline: ``[start_ms, end_ms)`` plays from ``media_start_ms`` of the file."""

    start_ms: int
    end_ms: int
    media_start_ms: int
    media: MediaReference

    @property
    def duration_ms(self) -> int:
        """Length, ms."""
        return self.end_ms - self.start_ms

    def media_ms(self, at_ms: int) -> int:
        """Return the media time that plays at *at_ms*."""
        return self.media_start_ms + at_ms - self.start_ms

    def part(self, start_ms: int, end_ms: int) -> Clip:
        """Return the part of the clip that plays in ``[start_ms, end_ms)``, which it reaches into."""
        first_ms = max(start_ms, self.start_ms)
        return Clip(first_ms, min(end_ms, self.end_ms), self.media_ms(first_ms), self.media)

    def moved(self, by_ms: int) -> Clip:
        """Return the same clip *by_ms* later."""
        return Clip(self.start_ms + by_ms, self.end_ms + by_ms, self.media_start_ms, self.media)


class Gap(NamedTuple):
    """A hole in one track, on the playback clock.

    Attributes:
        kind: ``late_start`` (before the first clip), ``early_end`` (after the last), ``seam`` (between
            two clips, at most `SEAM_MS`) or ``absence``.
    """

    start_ms: int
    end_ms: int
    kind: str


@dataclass(frozen=True, slots=True)
class Track:
    """All clips of one stream, earliest first; they do not overlap.

    Attributes:
        id: The kind, or ``kind:user`` where there is a user. Opaque: use *kind* and *user_id*.
        label: A name for people: from the roster, else the user id, else the kind.
        role: ``teacher``, ``student``, ``assistant`` or ``observer`` from the roster, else None.
        duration_ms: Length of the timeline that the track is part of.
    """

    id: str
    kind: str
    user_id: str | None
    label: str
    role: str | None
    clips: tuple[Clip, ...]
    duration_ms: int

    def gaps(self, within: Span | tuple[int, int] | None = None, *, min_ms: int = 0) -> tuple[Gap, ...]:
        """Return the holes in this track, earliest first.

        ::

            within  |--------------------|
            clips      |----|   |-----|
            gaps    |--|    |---|     |--|

        Args:
            within: Where to look; the whole timeline by default. A gap that crosses its edge is cut there.
            min_ms: Ignore shorter gaps, ms.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> lesson.track("camera:ios_test1").gaps()
            (Gap(start_ms=1200000, end_ms=1440000, kind='early_end'),)
        """
        holes = (part for part in self.segments() if isinstance(part, Gap))
        if within is not None:
            first_ms, last_ms = within
            holes = (Gap(max(start, first_ms), min(end, last_ms), kind) for start, end, kind in holes)
        return tuple(gap for gap in holes if gap.end_ms - gap.start_ms >= max(1, min_ms))

    def segments(self) -> Iterator[Clip | Gap]:
        """Yield clips and gaps in order: they tile the timeline, none is empty, and no two gaps touch.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> [(part.start_ms, part.end_ms) for part in lesson.track("whiteboard").segments()]
            [(0, 120000), (120000, 900000), (900000, 1440000)]
        """
        reached_ms = 0
        kind = "late_start"
        for clip in self.clips:
            hole_ms = clip.start_ms - reached_ms
            if hole_ms > 0:
                yield Gap(reached_ms, clip.start_ms, kind or ("seam" if hole_ms <= SEAM_MS else "absence"))
            yield clip
            reached_ms, kind = clip.end_ms, ""
        if reached_ms < self.duration_ms:
            yield Gap(reached_ms, self.duration_ms, "early_end" if self.clips else "absence")

    def at(self, at_ms: int) -> Clip | None:
        """Return the clip that plays at *at_ms*, or None."""
        before = bisect_right(self.clips, at_ms, key=lambda clip: clip.start_ms)
        if before and at_ms < self.clips[before - 1].end_ms:
            return self.clips[before - 1]
        return None

    def merged(self, *, max_gap_ms: int = 0) -> tuple[Span, ...]:
        """Return the stretches in which the track plays, whatever files it consists of.

        ::

            clips               |----||---|  |--|      |--|
            merged              |---------|  |--|      |--|
            max_gap_ms=2        |---------------|      |--|

        Args:
            max_gap_ms: Holes of at most this length are bridged; 500 bridges every `seam`.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> lesson.track("camera:ios_test1").merged()
            (Span(start_ms=0, end_ms=1200000),)
        """
        spans: list[Span] = []
        for clip in self.clips:
            if spans and clip.start_ms - spans[-1].end_ms <= max_gap_ms:
                spans[-1] = Span(spans[-1].start_ms, clip.end_ms)
            else:
                spans.append(Span(clip.start_ms, clip.end_ms))
        return tuple(spans)
