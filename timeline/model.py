"""The timeline: what played when. Frozen; everything in integer ms on the playback clock.

Three clocks, never mixed: *playback* (``start_ms``, ``at_ms``; pauses are cut out), *wall* (``wall_…``,
Unix ms) and *media* (``media_start_ms``, ms inside one file). Spans are half-open, ``[start_ms, end_ms)``.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from timeline import kinds
from timeline.errors import ParameterError
from timeline.findings import Finding
from timeline.interval import Span, complement, edges, spans_of
from timeline.units import format_time

SEAM_MS = 500
"""A hole of at most this length between two clips of a track is a `seam`: a switch of files."""
STAMP_ROUNDING_MS = 1000
"""Wall stamps are whole seconds, so a difference of two is wrong by up to this."""


@dataclass(frozen=True, slots=True)
class MediaReference:
    """The file behind a clip, as the result names it. Its strings are a stranger's: never open them.

    Attributes:
        url: Where the service stored it; None if it said nothing.
        video_id: The store's id, as text; None if it said nothing.
        mime: Media type by the declared format.
        size_bytes: Declared size; None if unknown.
        duration_ms: Declared length, ms.
        index: Position in the result's file list, from 0.
        width_px: Declared width; None if unknown.
        height_px: Declared height; None if unknown.
    """

    url: str | None
    video_id: str | None
    mime: str
    size_bytes: int | None
    duration_ms: int
    index: int
    width_px: int | None = None
    height_px: int | None = None


@dataclass(frozen=True, slots=True)
class Clip:
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


@dataclass(frozen=True, slots=True)
class Gap:
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
        start_ms, end_ms = within or (0, self.duration_ms)
        window = Span(max(0, start_ms), min(end_ms, self.duration_ms))
        holes = complement(spans_of((c.start_ms, c.end_ms) for c in self.clips), window)
        first_ms = self.clips[0].start_ms if self.clips else self.duration_ms
        last_ms = self.clips[-1].end_ms if self.clips else 0
        ends = [clip.end_ms for clip in self.clips]
        starts = [clip.start_ms for clip in self.clips]
        gaps = []
        for start_ms, end_ms in holes.tolist():
            if end_ms - start_ms < min_ms:
                continue
            if start_ms < first_ms:
                kind = "late_start"
            elif start_ms >= last_ms:
                kind = "early_end"
            else:
                after = bisect_right(starts, start_ms)
                whole_ms = starts[after] - ends[after - 1]
                kind = "seam" if whole_ms <= SEAM_MS else "absence"
            gaps.append(Gap(start_ms, end_ms, kind))
        return tuple(gaps)

    def at(self, at_ms: int) -> Clip | None:
        """Return the clip that plays at *at_ms*, or None."""
        before = bisect_right(self.clips, at_ms, key=lambda clip: clip.start_ms)
        if before and at_ms < self.clips[before - 1].end_ms:
            return self.clips[before - 1]
        return None


@dataclass(frozen=True, slots=True)
class Pause:
    """The whole recording stood still: an instant of playback time, a length of wall time.

    Attributes:
        at_ms: Playback time of the cut.
        duration_ms: Best estimate of its length in wall ms; None where the data cannot tell.
        duration_range_ms: (low, high) between which the length lies.
        source: ``declared``, ``journal`` or ``inferred``.
    """

    at_ms: int
    duration_ms: int | None
    duration_range_ms: tuple[int, int]
    source: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A longest interval in which the set of playing clips does not change.

    Attributes:
        clips: What plays, by track id, in the order of the tracks.
    """

    start_ms: int
    end_ms: int
    clips: dict[str, Clip] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch between two pauses."""

    start_ms: int
    end_ms: int
    title: str


@dataclass(frozen=True, slots=True)
class WallClock:
    """The wall stamps of a result and how far they can be trusted.

    Attributes:
        start_ms: Unix ms at which recording began, as stamped.
        stop_ms: Unix ms at which it stopped, as stamped.
        uncertainty_ms: The first media began at most this much after *start_ms*.
    """

    start_ms: int
    stop_ms: int
    uncertainty_ms: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """One lesson on one playback axis ``[0, duration_ms)``.

    Attributes:
        room_id: The room, as text; None if unknown.
        task_id: The recording task; None if unknown.
        duration_ms: The largest end of all clips.
        tracks: One per stream: by kind, then by first start, then by user; the teacher's first.
        pauses: Where the whole recording stood still, earliest first.
        wall: The wall stamps, or None where they are missing or contradict the files.
        findings: What was odd.
    """

    room_id: str | None
    task_id: str | None
    duration_ms: int
    tracks: tuple[Track, ...]
    pauses: tuple[Pause, ...] = ()
    wall: WallClock | None = None
    findings: tuple[Finding, ...] = ()

    # Notebooks call this. The picture is drawn on a later floor, which the package's door plugs in here,
    # so that the model knows nothing of pictures.
    _repr_html_: ClassVar[Callable[[Timeline], str]]

    def __repr__(self) -> str:
        clips = sum(len(track.clips) for track in self.tracks)
        return (
            f"<Timeline {format_time(self.duration_ms, milliseconds=True)}, "
            f"{counted(len(self.tracks), 'track')}, {counted(clips, 'clip')}, "
            f"{counted(len(self.pauses), 'pause')}, {counted(len(self.findings), 'finding')}>"
        )

    def track(self, track_id: str) -> Track:
        """Return the track with this id.

        Raises:
            ParameterError: There is none; the message lists those that are there.
        """
        for track in self.tracks:
            if track.id == track_id:
                return track
        known = ", ".join(track.id for track in self.tracks[:12])
        raise ParameterError(f"no track {track_id!r}; there are: {known}")

    def at(self, at_ms: int) -> dict[str, Clip]:
        """Return what plays at *at_ms*: clips by track id, in the order of the tracks."""
        playing = ((track.id, track.at(at_ms)) for track in self.tracks)
        return {track_id: clip for track_id, clip in playing if clip is not None}

    def scenes(self) -> tuple[Scene, ...]:
        """Return the scenes; they tile ``[0, duration_ms)``.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> [scene.start_ms for scene in lesson.scenes()]
            [0, 120000, 300000, 900000, 1110000, 1200000]
        """
        all_clips = [(track.id, clip) for track in self.tracks for clip in track.clips]
        spans = spans_of((clip.start_ms, clip.end_ms) for _, clip in all_clips)
        times = edges(spans, Span(0, self.duration_ms))
        begin_at = np.searchsorted(times, spans[:, 0]).tolist()
        end_at = np.searchsorted(times, spans[:, 1]).tolist()
        begins: list[list[int]] = [[] for _ in times]
        ends: list[list[int]] = [[] for _ in times]
        for number, (begin, end) in enumerate(zip(begin_at, end_at, strict=True)):
            begins[begin].append(number)
            ends[end].append(number)
        playing: set[int] = set()
        scenes = []
        instants = times.tolist()
        for step, (start_ms, end_ms) in enumerate(itertools.pairwise(instants)):
            playing.difference_update(ends[step])
            playing.update(begins[step])
            clips = {all_clips[number][0]: all_clips[number][1] for number in sorted(playing)}
            scenes.append(Scene(start_ms, end_ms, clips))
        return tuple(scenes)

    def sections(self) -> tuple[Section, ...]:
        """Return the stretches between pauses, titled "Part 1", "Part 2" and so on."""
        cuts = sorted({p.at_ms for p in self.pauses if 0 < p.at_ms < self.duration_ms})
        bounds = [0, *cuts, self.duration_ms]
        pairs = itertools.pairwise(bounds)
        return tuple(Section(a, b, f"Part {number}") for number, (a, b) in enumerate(pairs, 1))

    def to_wall_ms(self, at_ms: int) -> int | None:
        """Return the best estimate of the wall time (Unix ms) at playback *at_ms*, or None.

        At the instant of a pause it is the time after the pause. None where there are no usable stamps, or
        where a pause before it has an unknown length and another such pause may lie after it.
        """
        if self.wall is None or self.unlocated_pause_ms:
            return None
        before = [pause for pause in self.pauses if pause.at_ms <= at_ms]
        if all(pause.duration_ms is not None for pause in before):
            paused_ms = sum(pause.duration_ms or 0 for pause in before)
        elif len(before) == len(self.pauses):
            paused_ms = self.surplus_ms or 0
        else:
            return None
        return self.wall.start_ms + at_ms + paused_ms

    def wall_range_ms(self, at_ms: int) -> tuple[int, int] | None:
        """Return (low, high) between which the wall time (Unix ms) at *at_ms* lies, or None.

        Two chains bound it: forward from the start stamp, and backward from the stop stamp. Both hold the
        stated uncertainty of the origin, the whole-second stamps, and pauses that have no place.
        """
        if self.wall is None:
            return None
        before = [pause.duration_range_ms for pause in self.pauses if pause.at_ms <= at_ms]
        after = [pause.duration_range_ms for pause in self.pauses if pause.at_ms > at_ms]
        slack_ms = self.wall.uncertainty_ms + self.unlocated_pause_ms
        forward_ms = self.wall.start_ms + at_ms
        backward_ms = self.wall.stop_ms - (self.duration_ms - at_ms)
        low_ms = max(
            forward_ms + sum(low for low, _ in before),
            backward_ms - sum(high for _, high in after) - slack_ms,
        )
        high_ms = min(
            forward_ms + sum(high for _, high in before) + slack_ms,
            backward_ms - sum(low for low, _ in after) + STAMP_ROUNDING_MS,
        )
        estimate_ms = self.to_wall_ms(at_ms)
        if estimate_ms is None:
            return low_ms, max(low_ms, high_ms)
        # Where stamps and declared pauses contradict each other, the range holds both.
        return min(low_ms, estimate_ms), max(low_ms, high_ms, estimate_ms)

    @property
    def surplus_ms(self) -> int | None:
        """Wall time from start to stop beyond the playback time, ms; None without usable stamps."""
        if self.wall is None:
            return None
        return self.wall.stop_ms - self.wall.start_ms - self.duration_ms

    @property
    def unlocated_pause_ms(self) -> int:
        """Wall time, ms, that is missing at a place which nothing tells; 0 if none."""
        if self.wall is None:
            return 0
        explained_ms = sum(pause.duration_range_ms[1] for pause in self.pauses)
        missing_ms = (self.surplus_ms or 0) - explained_ms
        return missing_ms if missing_ms > self.wall.uncertainty_ms else 0


def track_order(track: Track) -> tuple[object, ...]:
    """Return the key by which tracks are listed: kind, then the teacher's, first start, user."""
    start_ms = track.clips[0].start_ms if track.clips else 0
    return (kinds.kind_rank(track.kind), track.role != "teacher", start_ms, track.user_id or "")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 track", "2 tracks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
