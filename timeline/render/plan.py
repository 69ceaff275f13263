"""The plan of a render: which clip is where in which frames. Pure: no media is opened.

Frames are positions, rounded once from absolute times, so scenes tile the frames as they tile the time.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from timeline import kinds
from timeline.audible import audible_clips
from timeline.errors import ParameterError
from timeline.interval import Span, complement, merge, spans_of
from timeline.layouts.names import LayoutLike, find_layout
from timeline.layouts.places import Rank, Rectangle, Region, place_tracks
from timeline.model import SEAM_MS, Clip, Scene, Timeline, Track
from timeline.units import check_size, format_time, frame_at

DEFAULT_SIZE_PX = (1280, 720)
DEFAULT_FRAME_RATE = Fraction(15)
CARD, HOLD, HIDE = GAPS = ("card", "hold", "hide")
"""What may be seen where somebody is absent."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What is known of a file before it is rendered.

    Attributes:
        usable: Whether it can be read at all.
        picture_end_ms: Media time up to which there is something to show; 0 if nothing.
        sound_end_ms: Media time up to which there is sound; 0 if none.
        picture_start_ms: Media time of the first picture that counts; before it a slate stands.
        blind: Stretches of media time in which nothing can be decoded; slates stand there.
    """

    usable: bool
    picture_end_ms: int
    sound_end_ms: int
    picture_start_ms: int = 0
    blind: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """What one region shows during one scene.

    Attributes:
        track: Id of the track that is shown, or that the slate names.
        clip: Index of the file in the result's list; None where no clip plays.
        held: Index of the file whose last frame stays, within a seam; else None.
        rectangle: Where, px from the top left.
        media_start_ms: Media time at the scene's start, or of the held frame; None on a slate.
        fit: ``contain``: the whole picture, centred. ``cover``: it fills the rectangle and is cut.
        lost: Index of the file that should play and cannot; None where none should.
        more: How many others are on camera and have no tile; said in the last tile alone.
        hidden: Whether nothing is drawn here, not even a slate.
    """

    track: str
    clip: int | None
    held: int | None
    rectangle: Rectangle
    media_start_ms: int | None
    fit: str = "contain"
    lost: int | None = None
    more: int = 0
    hidden: bool = False

    @property
    def file(self) -> int | None:
        """Index of the file that is seen, playing or held; None on a slate."""
        return self.clip if self.clip is not None else self.held


@dataclass(frozen=True, slots=True)
class PlanScene:
    """A stretch in which nothing changes: playback ms, frames of the output, one tile per region."""

    start_ms: int
    end_ms: int
    start_frame: int
    end_frame: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class PlanSound:
    """A stretch of a file's sound: playback ms, and the media time at its start."""

    track: str
    clip: int
    start_ms: int
    end_ms: int
    media_start_ms: int


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """All that a render will do.

    Attributes:
        start_ms: Playback time of the first frame; above 0 in a window.
        duration_ms: Length of the output.
        frames: Number of frames of the output.
        regions: The layout, in the order of each scene's tiles.
        scenes: They tile the frames.
        audio: What is heard.
        silenced_files: Indices of sound-only files that should be heard and cannot.
        background: Colour of the canvas: red, green, blue.
    """

    width_px: int
    height_px: int
    frame_rate: Fraction
    start_ms: int
    duration_ms: int
    frames: int
    regions: tuple[Region, ...]
    scenes: tuple[PlanScene, ...]
    audio: tuple[PlanSound, ...]
    silenced_files: tuple[int, ...] = ()
    background: tuple[int, int, int] = (0, 0, 0)

    @property
    def slated_files(self) -> tuple[int, ...]:
        """Indices of the files that slates replace in at least one frame, or silence."""
        shown = (scene for scene in self.scenes if scene.end_frame > scene.start_frame)
        lost = {tile.lost for scene in shown for tile in scene.tiles if tile.lost is not None}
        return tuple(sorted(lost.union(self.silenced_files)))

    @property
    def upper_regions(self) -> frozenset[int]:
        """Numbers of the regions that lie over others."""
        places = [region.rectangle for region in self.regions]
        return frozenset(n for n, place in enumerate(places) if any(map(place.overlaps, places[:n])))

    def frame(self, at_ms: int) -> int:
        """Return the output frame at playback time *at_ms*."""
        return frame_at(at_ms, self.frame_rate) - frame_at(self.start_ms, self.frame_rate)


def plan_video(
    timeline: Timeline,
    *,
    layout: LayoutLike = "stage",
    size_px: tuple[int, int] = DEFAULT_SIZE_PX,
    frame_rate: Fraction = DEFAULT_FRAME_RATE,
    start_ms: int = 0,
    end_ms: int | None = None,
    files: Mapping[int, KnownFile] | None = None,
    gaps: str = "card",
) -> RenderPlan:
    """Return the plan of a review video.

    Args:
        timeline: A lesson.
        layout: Name of a layout, ``single:TRACK``, path of a layout file, or what such a file holds.
        size_px: (width, height) of the canvas; both even.
        frame_rate: Frames per second of the output.
        start_ms: Where the output begins, playback ms.
        end_ms: Where it ends; the lesson's end by default.
        files: What is known of each file of the result, by index; whiteboards that hold sound are then
            heard as well. None means that nothing is known and the result is believed.
        gaps: What is seen where somebody is absent: ``card``: a slate; ``hold``: the last picture, as long as
            there was one; ``hide``: nothing.

    Raises:
        ParameterError: An argument cannot be used.

    Example:
        >>> import timeline
        >>> plan = plan_video(timeline.load("sample_results/guide_example.json"))
        >>> plan.frames, plan.scenes[1].start_frame, len(plan.regions)
        (21600, 1800, 3)
    """
    check_size(*size_px)
    if gaps not in GAPS:
        raise ParameterError(f"expected one of {', '.join(GAPS)} for gaps, got {gaps!r}")
    end_ms = timeline.duration_ms if end_ms is None else min(end_ms, timeline.duration_ms)
    if not 0 <= start_ms < end_ms:
        raise ParameterError(
            f"nothing to render from {format_time(start_ms)} to {format_time(end_ms)}; "
            f"the lesson lasts {format_time(timeline.duration_ms)}"
        )
    found = find_layout(layout, timeline)
    regions = place_tracks(found, timeline, *size_px)
    seen = timeline if files is None else _shortened(timeline, files)
    chooser = _Chooser(timeline, seen, files or {}, gaps)
    first_frame = frame_at(start_ms, frame_rate)
    if frame_at(end_ms, frame_rate) == first_frame:
        raise ParameterError(
            f"nothing to render: {end_ms - start_ms} ms is less than a frame; name a longer stretch"
        )
    scenes = []
    for scene in _scenes(timeline, seen):
        if scene.end_ms <= start_ms or scene.start_ms >= end_ms:
            continue
        begin_ms, stop_ms = max(scene.start_ms, start_ms), min(scene.end_ms, end_ms)
        scenes.append(
            PlanScene(
                begin_ms,
                stop_ms,
                frame_at(begin_ms, frame_rate) - first_frame,
                frame_at(stop_ms, frame_rate) - first_frame,
                tuple(chooser.tile(region, scene, begin_ms) for region in regions),
            )
        )
    heard = _audible(timeline, start_ms, end_ms, with_boards=files is not None)
    return RenderPlan(
        width_px=size_px[0],
        height_px=size_px[1],
        frame_rate=frame_rate,
        start_ms=start_ms,
        duration_ms=end_ms - start_ms,
        frames=frame_at(end_ms, frame_rate) - first_frame,
        regions=regions,
        scenes=tuple(scenes),
        audio=_sounds(heard, files),
        silenced_files=_silenced(heard, files),
        background=found.background_rgb,
    )


def _scenes(declared: Timeline, seen: Timeline) -> list[Scene]:
    """Return the scenes of *seen*, cut also where a clip of *declared* begins or ends that is not in it."""
    edges = sorted({scene.start_ms for lesson in (declared, seen) for scene in lesson.scenes()})
    playing = seen.scenes()
    scenes, number = [], 0
    for start_ms, end_ms in zip(edges, [*edges[1:], declared.duration_ms], strict=True):
        while playing[number].end_ms <= start_ms:
            number += 1
        scenes.append(Scene(start_ms, end_ms, playing[number].clips))
    return scenes


class _Chooser:
    """Decides what a region shows.

    Args:
        declared: The lesson as the result tells it.
        seen: The lesson as its files allow it.
        files: What is known of each file.
        gaps: One of `GAPS`.
    """

    def __init__(self, declared: Timeline, seen: Timeline, files: Mapping[int, KnownFile], gaps: str) -> None:
        self._gaps = gaps
        self._declared = {track.id: track for track in declared.tracks}
        self._seen = {track.id: track for track in seen.tracks}
        self._files = files

    def tile(self, region: Region, scene: Scene, begin_ms: int) -> Tile:
        """Return a clip that plays in *scene*, the last frame of one within a seam, or a slate."""
        tracks = region.candidates(scene.start_ms)
        wanted = _best((t, rank, self._declared[t.id].at(scene.start_ms)) for t, rank in tracks)
        playing = _best((t, rank, scene.clips.get(t.id)) for t, rank in tracks)
        held = _best((t, rank, _held_clip(self._seen[t.id], scene.start_ms)) for t, rank in tracks)
        if wanted is None and held is None:
            wanted = _best((t, rank, self._broken_off(t.id, scene.start_ms)) for t, rank in tracks)
        lost = None
        if wanted and (playing is None or playing.clip.media is not wanted.clip.media):
            lost = self._lost(wanted.clip, scene.start_ms)
        track = wanted.track if wanted else tracks[-1][0]
        clip = file_held = media_ms = None
        if held and (playing is None or held.rank < playing.rank):
            track, file_held = held.track, held.clip.media.position
            media_ms = held.clip.media_ms(held.clip.end_ms) - 1
        elif playing:
            track, clip = playing.track, playing.clip.media.position
            media_ms = playing.clip.media_ms(begin_ms)
        elif self._gaps == HOLD and lost is None:
            ended = [(t, last_of) for t, _ in tracks if (last_of := _ended(self._seen[t.id], scene.start_ms))]
            if ended:
                track, last = max(ended, key=lambda entry: entry[1].end_ms)
                file_held, media_ms = last.media.position, last.media_ms(last.end_ms) - 1
        return Tile(
            track.id,
            clip,
            file_held,
            region.rectangle,
            media_ms,
            region.fit,
            lost,
            region.more(scene.start_ms),
            hidden=media_ms is None and lost is None and (self._gaps == HIDE or not region.slates),
        )

    def _broken_off(self, track: str, at_ms: int) -> Clip | None:
        """Return the clip before a seam that was not seen to its end: its slate stays, as a picture would."""
        clip, seen = _held_clip(self._declared[track], at_ms), _ended(self._seen[track], at_ms)
        return None if clip is None or (seen is not None and seen.end_ms == clip.end_ms) else clip

    def _lost(self, clip: Clip, at_ms: int) -> int | None:
        """Return the file of *clip*; None where its picture has merely not begun, and nothing is lost."""
        known = self._files.get(clip.media.position)
        waits = known is not None and known.usable and clip.media_ms(at_ms) < known.picture_start_ms
        return None if waits else clip.media.position


class _Candidate(NamedTuple):
    """A clip that a region may show, and how much it is preferred: lowest most."""

    rank: tuple[Rank, int]
    track: Track
    clip: Clip


def _best(candidates: Iterable[tuple[Track, Rank, Clip | None]]) -> _Candidate | None:
    """Return the clip that a region prefers: of the best rank the one that started last."""
    there = (
        _Candidate((rank, -clip.start_ms), track, clip)
        for track, rank, clip in candidates
        if clip is not None
    )
    return min(there, key=lambda candidate: candidate.rank, default=None)


def _ended(track: Track, at_ms: int) -> Clip | None:
    """Return the last clip that ended before *at_ms*."""
    number = bisect_right(track.clips, at_ms, key=lambda clip: clip.start_ms)
    return track.clips[number - 1] if number and track.clips[number - 1].end_ms <= at_ms else None


def _held_clip(track: Track, at_ms: int) -> Clip | None:
    """Return the clip that ended before *at_ms* when only a seam lies between it and the next."""
    number = bisect_right(track.clips, at_ms, key=lambda clip: clip.start_ms)
    if not 0 < number < len(track.clips):
        return None
    clip, after = track.clips[number - 1], track.clips[number]
    return clip if clip.end_ms <= at_ms and after.start_ms - clip.end_ms <= SEAM_MS else None


def _shortened(timeline: Timeline, files: Mapping[int, KnownFile]) -> Timeline:
    """Return *timeline* with each clip cut to what its file can show; clips that have nothing are gone."""
    tracks = []
    for track in timeline.tracks:
        clips = []
        for clip in track.clips:
            known = files.get(clip.media.position)
            if known is None:
                continue
            seen = Span(known.picture_start_ms, max(known.picture_start_ms, known.picture_end_ms))
            zero_ms = clip.start_ms - clip.media_start_ms
            for start_ms, end_ms in complement(merge(spans_of(known.blind)), seen).tolist():
                shown = clip.part(zero_ms + start_ms, zero_ms + end_ms)
                if shown.duration_ms > 0:
                    clips.append(shown)
        tracks.append(dataclasses.replace(track, clips=tuple(clips)))
    return dataclasses.replace(timeline, tracks=tuple(tracks))


def _audible(timeline: Timeline, start_ms: int, end_ms: int, with_boards: bool) -> list[tuple[Track, Clip]]:
    """Return what is to be heard from *start_ms* to *end_ms*, cut to that."""
    heard = list(audible_clips(timeline))
    if with_boards and all(track.kind != kinds.MIXED for track, _ in heard):
        boards = (track for track in timeline.tracks if track.kind == kinds.WHITEBOARD)
        heard += [(board, clip) for board in boards for clip in board.clips]
    cut = []
    for track, clip in heard:
        begin_ms, stop_ms = max(clip.start_ms, start_ms), min(clip.end_ms, end_ms)
        if begin_ms < stop_ms:
            cut.append((track, Clip(begin_ms, stop_ms, clip.media_ms(begin_ms), clip.media)))
    return cut


def _sounds(heard: list[tuple[Track, Clip]], files: Mapping[int, KnownFile] | None) -> tuple[PlanSound, ...]:
    sounds = []
    for track, clip in heard:
        file, end_ms = clip.media.position, clip.end_ms
        if files is not None:
            known_end_ms = files[file].sound_end_ms if file in files else 0
            end_ms = min(end_ms, clip.start_ms + known_end_ms - clip.media_start_ms)
        if clip.start_ms < end_ms:
            sounds.append(PlanSound(track.id, file, clip.start_ms, end_ms, clip.media_start_ms))
    return tuple(sounds)


def _silenced(heard: list[tuple[Track, Clip]], files: Mapping[int, KnownFile] | None) -> tuple[int, ...]:
    if files is None:
        return ()
    wanted = {clip.media.position for track, clip in heard if track.kind == kinds.AUDIO}
    return tuple(sorted(file for file in wanted if file not in files or not files[file].usable))
