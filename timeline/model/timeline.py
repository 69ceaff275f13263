"""The lesson as a whole: tracks, pauses, scenes, and the operations on them."""

from __future__ import annotations

import dataclasses
import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from timeline import kinds as kind_names
from timeline.errors import ParameterError
from timeline.findings import Finding
from timeline.model.clips import Clip, Track
from timeline.model.extra import Extra, moved_extra
from timeline.model.wall import Pause, WallClock
from timeline.units import format_time


class Scene(NamedTuple):
    """A longest interval in which the set of playing clips does not change.

    Attributes:
        clips: What plays, by track id, in the order of the tracks.
    """

    start_ms: int
    end_ms: int
    clips: dict[str, Clip]


class Section(NamedTuple):
    """A stretch between two pauses."""

    start_ms: int
    end_ms: int
    title: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One lesson on one playback axis ``[0, duration_ms)``.

    Attributes:
        room_id: The room, as text; None if unknown.
        task_id: The recording task; None if unknown.
        duration_ms: The largest end of all clips.
        tracks: One per stream: by kind, then by first start, then by user; the teacher's first.
        pauses: Where the whole recording stood still, earliest first.
        wall: The wall clock, or None where stamps are missing or contradict the files.
        findings: What was odd.
        extra: What the manifest that it was read from says beyond what we know.
    """

    room_id: str | None
    task_id: str | None
    duration_ms: int
    tracks: tuple[Track, ...]
    pauses: tuple[Pause, ...] = ()
    wall: WallClock | None = None
    findings: tuple[Finding, ...] = ()
    extra: tuple[Extra, ...] = ()

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
        return tuple(
            Scene(start_ms, end_ms, {name: playing[name] for name in names})
            for start_ms, end_ms, names, playing in self._steps()
        )

    def scene_tracks(self) -> Iterator[tuple[int, int, list[str]]]:
        """Yield start, end and the ids of the playing tracks of each scene: `scenes` without the clips."""
        for start_ms, end_ms, names, _ in self._steps():
            yield start_ms, end_ms, names.copy()

    def _steps(self) -> Iterator[tuple[int, int, list[str], dict[str, Clip]]]:
        """Yield of each scene start, end, the ids of the playing tracks in their order, and their clips.

        The list and the dictionary are the same objects every time.
        """
        begins = [
            (clip.start_ms, number, clip) for number, track in enumerate(self.tracks) for clip in track.clips
        ]
        ends = [(clip.end_ms, number) for _, number, clip in begins]
        instants = {0, self.duration_ms, *(begin[0] for begin in begins), *(end[0] for end in ends)}
        begins.sort(reverse=True)
        ends.sort(reverse=True)
        ids = [track.id for track in self.tracks]
        order: list[int] = []  # numbers of the playing tracks; their ids stand beside it
        names: list[str] = []
        playing: dict[str, Clip] = {}
        for start_ms, end_ms in itertools.pairwise(sorted(instants)):
            while ends and ends[-1][0] == start_ms:
                place = bisect_left(order, ends.pop()[1])
                del order[place], names[place]
            while begins and begins[-1][0] == start_ms:
                _, number, clip = begins.pop()
                place = bisect_left(order, number)
                order.insert(place, number)
                names.insert(place, ids[number])
                playing[ids[number]] = clip
            yield start_ms, end_ms, names, playing

    def sections(self) -> tuple[Section, ...]:
        """Return the stretches between pauses, titled "Part 1", "Part 2" and so on."""
        cuts = sorted({p.at_ms for p in self.pauses if 0 < p.at_ms < self.duration_ms})
        bounds = [0, *cuts, self.duration_ms]
        pairs = itertools.pairwise(bounds)
        return tuple(Section(a, b, f"Part {number}") for number, (a, b) in enumerate(pairs, 1))

    def crop(self, start_ms: int, end_ms: int) -> Timeline:
        """Return the part ``[start_ms, end_ms)`` as a timeline of its own, whose 0 is *start_ms*.

        Tracks without a clip in it stay, empty. Pauses and findings inside stay; wall times are those of the
        whole lesson. A pause at *start_ms* lies before the part, one at *end_ms* behind it; at the lesson's
        own two ends they stay.

        Args:
            start_ms: Playback time, from 0.
            end_ms: Beyond the end of the lesson it is that end.

        Raises:
            ParameterError: Nothing of the lesson lies between them.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> lesson.crop(600_000, 1_000_000)
            <Timeline 0:06:40.000, 3 tracks, 6 clips, 1 pause, 0 findings>
        """
        end_ms = min(end_ms, self.duration_ms)
        if not 0 <= start_ms < end_ms:
            raise ParameterError(
                f"nothing lies between {start_ms} and {end_ms} ms; the lesson is [0, {self.duration_ms}) ms"
            )

        # What lies before the lesson's start or behind its end belongs to that end.
        first_ms = start_ms if start_ms else -math.inf
        last_ms = end_ms if end_ms < self.duration_ms else math.inf
        return self._moved(
            -start_ms,
            duration_ms=end_ms - start_ms,
            tracks=tuple(_cropped(track, start_ms, end_ms) for track in self.tracks),
            pauses=tuple(pause for pause in self.pauses if first_ms < pause.at_ms < last_ms),
            findings=tuple(
                item for item in self.findings if item.at_ms is None or first_ms <= item.at_ms <= last_ms
            ),
        )

    def shift(self, by_ms: int) -> Timeline:
        """Return the lesson *by_ms* later on its axis, which grows by as much: to set it beside another one.

        Raises:
            ParameterError: *by_ms* is negative; `crop` takes time away from the front.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json").shift(5_000)
            >>> lesson.duration_ms, lesson.track("camera:ios_test1").gaps()[0]
            (1445000, Gap(start_ms=0, end_ms=5000, kind='late_start'))
        """
        if by_ms < 0:
            raise ParameterError(f"expected a shift of 0 ms or more, got {by_ms}; crop() takes time away")
        return self._moved(
            by_ms,
            duration_ms=self.duration_ms + by_ms,
            tracks=tuple(_shifted(track, by_ms) for track in self.tracks),
            pauses=self.pauses,
            findings=self.findings,
        )

    def _moved(
        self,
        by_ms: int,
        *,
        duration_ms: int,
        tracks: tuple[Track, ...],
        pauses: tuple[Pause, ...],
        findings: tuple[Finding, ...],
    ) -> Timeline:
        """Return the lesson with these parts, of which pauses, findings and wall clock still move *by_ms*."""
        wall = self.wall
        return dataclasses.replace(
            self,
            duration_ms=duration_ms,
            tracks=tracks,
            pauses=tuple(pause._replace(at_ms=pause.at_ms + by_ms) for pause in pauses),
            wall=wall and dataclasses.replace(wall, offset_ms=wall.offset_ms - by_ms),
            findings=tuple(
                item if item.at_ms is None else dataclasses.replace(item, at_ms=item.at_ms + by_ms)
                for item in findings
            ),
            extra=moved_extra(self.extra, by_ms, duration_ms),
        )

    def select(
        self,
        *,
        tracks: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
        users: Collection[str] | None = None,
    ) -> Timeline:
        """Return the lesson with those tracks only that fit all that is given; its axis stays.

        Args:
            tracks: Ids of tracks.
            kinds: Kinds of stream, such as ``camera``.
            users: User ids.

        Raises:
            ParameterError: One of *tracks* is not there, or one of *kinds* is no kind.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> [track.id for track in lesson.select(kinds=["camera"]).tracks]
            ['camera:ios_test1', 'camera:pc_test1']
        """
        for name, given in (("tracks", tracks), ("kinds", kinds), ("users", users)):
            if isinstance(given, str):
                raise ParameterError(f"expected a list for {name}, got the text {given!r}; write [{given!r}]")
        for track_id in tracks or ():
            self.track(track_id)
        for kind in kinds or ():
            if not kind_names.is_kind(kind):
                known = ", ".join(kind_names.KIND_ORDER)
                raise ParameterError(f"no kind of stream {kind!r}; there are: {known}")
        kept = tuple(
            track
            for track in self.tracks
            if (tracks is None or track.id in tracks)
            and (kinds is None or track.kind in kinds)
            and (users is None or track.user_id in users)
        )
        left_out = {track.id for track in self.tracks} - {track.id for track in kept}
        findings = tuple(item for item in self.findings if item.where not in left_out)
        return dataclasses.replace(self, tracks=kept, findings=findings)

    def to_wall_ms(self, at_ms: int) -> int | None:
        """Return the best estimate of the wall time (Unix ms) at playback *at_ms*, or None.

        At the instant of a pause it is the time after the pause. None where there are no usable stamps, or
        where a pause before it has an unknown length and another such pause may lie after it.
        """
        return None if self.wall is None else self.wall.to_wall_ms(at_ms)

    def wall_range_ms(self, at_ms: int) -> tuple[int, int] | None:
        """Return (low, high) between which the wall time (Unix ms) at *at_ms* lies, or None.

        Two chains bound it: forward from the start stamp, and backward from the stop stamp. Both hold the
        stated uncertainty of the origin, the whole-second stamps, and pauses that have no place.
        """
        return None if self.wall is None else self.wall.wall_range_ms(at_ms)

    def from_wall_ms(self, wall_ms: int) -> int | None:
        """Return the playback time at *wall_ms* (Unix ms), or None: the way back of `to_wall_ms`.

        During a pause it is the instant of the pause. None outside the lesson, and where `to_wall_ms` knows
        no estimate either.

        Example:
            >>> import timeline
            >>> lesson = timeline.load("sample_results/guide_example.json")
            >>> lesson.from_wall_ms(lesson.to_wall_ms(905_000))
            905000
        """
        at_ms = None if self.wall is None else self.wall.from_wall_ms(wall_ms)
        return at_ms if at_ms is not None and 0 <= at_ms <= self.duration_ms else None

    @property
    def surplus_ms(self) -> int | None:
        """Wall time from start to stop beyond the playback time, ms; None without usable stamps."""
        return None if self.wall is None else self.wall.surplus_ms

    @property
    def unlocated_pause_ms(self) -> int:
        """Wall time, ms, that is missing at a place which nothing tells; 0 if none."""
        return 0 if self.wall is None else self.wall.unlocated_pause_ms


def _cropped(track: Track, start_ms: int, end_ms: int) -> Track:
    inside = (clip for clip in track.clips if clip.start_ms < end_ms and clip.end_ms > start_ms)
    clips = tuple(clip.part(start_ms, end_ms).moved(-start_ms) for clip in inside)
    return dataclasses.replace(track, clips=clips, duration_ms=end_ms - start_ms)


def _shifted(track: Track, by_ms: int) -> Track:
    clips = tuple(clip.moved(by_ms) for clip in track.clips)
    return dataclasses.replace(track, clips=clips, duration_ms=track.duration_ms + by_ms)


def track_order(track: Track) -> tuple[object, ...]:
    """Return the key by which tracks are listed: kind, then the teacher's, first start, user."""
    start_ms = track.clips[0].start_ms if track.clips else 0
    return (kind_names.kind_rank(track.kind), track.role != "teacher", start_ms, track.user_id or "")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 track", "2 tracks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
