"""From a plan to pieces of work: shots and slates per chunk. Pure.

A *shot* is a stretch of output frames in which a region shows one file without a break. A *chunk* is a
stretch of output frames that one ffmpeg run encodes.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from timeline import kinds
from timeline.layouts.places import Rectangle
from timeline.render.plan import PlanScene, RenderPlan, Tile
from timeline.units import frame_at, frame_start_ms, seconds_to_ms

CHUNK_MIN_S = 20
"""A chunk ends at the first scene edge after this …"""
CHUNK_MAX_S = 30
"""… or here, where there is none …"""
STILL_KINDS = (kinds.SCREEN, kinds.WHITEBOARD)
"""What often does not change for seconds."""
CHUNK_MAX_SCENES = 60
"""… or after so many scenes: each opens files, and a graph has to stay of a size."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One file in one region, in frames of the chunk.

    Attributes:
        region: Number of the region in the plan.
        track: Id of the track that is seen.
        clip: Index of the file.
        rectangle: Where, px.
        start_frame: First frame, counted from the chunk's first.
        end_frame: Frame after the last.
        media_start_ms: Media time that belongs to *start_frame*, exact; by less than a frame it may lie
            before 0.
        held: Whether the frame of that instant stays, within a seam.
        fit: ``contain`` or ``cover``.
    """

    region: int
    track: str
    clip: int
    rectangle: Rectangle
    start_frame: int
    end_frame: int
    media_start_ms: Fraction
    held: bool = False
    fit: str = "contain"


@dataclass(frozen=True, slots=True)
class Card:
    """Frames of the chunk during which a region shows something of ours.

    Attributes:
        region: Number of the region in the plan.
        start_frame: First frame.
        end_frame: Frame after the last.
        tile: What it is about: a slate, or a badge with the number of those who have no tile.
    """

    region: int
    start_frame: int
    end_frame: int
    tile: Tile


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one ffmpeg run encodes.

    Attributes:
        number: From 0.
        start_frame: First frame of the output in it.
        frames: How many.
        shots: What is seen of files, region by region.
        slates: What stands in regions instead, region by region.
        badges: In tiles that say how many more are on camera, over a shot or a slate.
        is_sparse: Whether pictures that equal the one before are left out.
    """

    number: int
    start_frame: int
    frames: int
    shots: tuple[Shot, ...]
    slates: tuple[Card, ...] = ()
    badges: tuple[Card, ...] = ()
    is_sparse: bool = False

    def parts(self, region: int) -> list[Shot | Card]:
        """Return the shots and slates of a region, in order; between them it shows nothing."""
        every: tuple[Shot | Card, ...] = (*self.shots, *self.slates)
        parts = [part for part in every if part.region == region]
        return sorted(parts, key=lambda part: part.start_frame)

    def is_whole(self, region: int) -> bool:
        """Return whether a region shows a shot or a slate in each frame."""
        return sum(part.end_frame - part.start_frame for part in self.parts(region)) == self.frames


def cut_chunks(plan: RenderPlan, *, sparse: bool = False) -> tuple[Chunk, ...]:
    """Return the chunks of *plan*: `CHUNK_MIN_S` or longer but for the last, cut at scene edges if near.

    Where *sparse* is set, chunks in which nothing but boards and screens plays, and those below all else,
    are sparse.
    """
    spans = _chunk_frames(plan)
    chunks = tuple(_chunk(plan, number, start, end) for number, (start, end) in enumerate(spans))
    if not sparse:
        return chunks
    return tuple(dataclasses.replace(chunk, is_sparse=_stands_still(plan, chunk)) for chunk in chunks)


def _stands_still(plan: RenderPlan, chunk: Chunk) -> bool:
    """Return whether nothing plays in *chunk* but what changes little, in regions below all others."""
    kind_of = {track.id: track.kind for region in plan.regions for track in region.tracks}
    upper = plan.upper_regions
    return all(kind_of[shot.track] in STILL_KINDS and shot.region not in upper for shot in chunk.shots)


def _chunk_frames(plan: RenderPlan) -> Iterator[tuple[int, int]]:
    shortest, longest = (frame_at(seconds_to_ms(s), plan.frame_rate) for s in (CHUNK_MIN_S, CHUNK_MAX_S))
    edges = sorted({scene.end_frame for scene in plan.scenes if scene.end_frame > 0})
    start = 0
    while start < plan.frames:
        ahead = bisect_right(edges, start)
        near = bisect_left(edges, start + shortest)
        end = edges[near] if near < len(edges) and edges[near] <= start + longest else start + longest
        if plan.frames - end < shortest // 2:
            end = plan.frames
        if ahead + CHUNK_MAX_SCENES < len(edges):
            end = min(end, edges[ahead + CHUNK_MAX_SCENES - 1])
        yield start, end
        start = end


def _chunk(plan: RenderPlan, number: int, start: int, end: int) -> Chunk:
    scenes = [s for s in plan.scenes if s.start_frame < end and s.end_frame > start]
    shots: list[Shot] = []
    for region in range(len(plan.regions)):
        shots.extend(_region_shots(plan, region, scenes, start, end))
    slates, badges = [], []
    for region in range(len(plan.regions)):
        slates += _cards(region, scenes, start, end, _slate_of)
        badges += _cards(region, scenes, start, end, _badge_of)
    return Chunk(number, start, end - start, tuple(shots), tuple(slates), tuple(badges))


def _slate_of(tile: Tile) -> object:
    """Return what makes two slates the same; None where there is none."""
    return None if tile.file is not None or tile.hidden else (tile.track, tile.lost)


def _badge_of(tile: Tile) -> object:
    return tile.more or None


def _cards(
    region: int, scenes: list[PlanScene], start: int, end: int, content: Callable[[Tile], object]
) -> list[Card]:
    """Return the stretches in which a region has a card; equal ones that touch are one."""
    cards: list[Card] = []
    for scene in scenes:
        tile = scene.tiles[region]
        first, last = max(scene.start_frame, start) - start, min(scene.end_frame, end) - start
        if content(tile) is None or first >= last:
            continue
        if cards and cards[-1].end_frame == first and content(cards[-1].tile) == content(tile):
            cards[-1] = dataclasses.replace(cards[-1], end_frame=last)
        else:
            cards.append(Card(region, first, last, tile))
    return cards


def _region_shots(plan: RenderPlan, region: int, scenes: list[PlanScene], start: int, end: int) -> list[Shot]:
    first_frame = frame_at(plan.start_ms, plan.frame_rate)
    shots: list[Shot] = []
    for scene in scenes:
        tile = scene.tiles[region]
        first, last = max(scene.start_frame, start), min(scene.end_frame, end)
        if tile.file is None or tile.media_start_ms is None or first >= last:
            continue
        begin_ms = frame_start_ms(first + first_frame, plan.frame_rate)
        moving_ms = begin_ms - scene.start_ms if tile.held is None else Fraction(0)
        media_ms = tile.media_start_ms + moving_ms
        held = tile.held is not None
        if shots and not held and _goes_on(shots[-1], tile.file, first - start, media_ms, plan.frame_rate):
            shots[-1] = dataclasses.replace(shots[-1], end_frame=last - start)
        else:
            shots.append(
                Shot(
                    region=region,
                    track=tile.track,
                    clip=tile.file,
                    rectangle=tile.rectangle,
                    start_frame=first - start,
                    end_frame=last - start,
                    media_start_ms=media_ms,
                    held=held,
                    fit=tile.fit,
                )
            )
    return shots


def _goes_on(shot: Shot, file: int, first: int, media_ms: Fraction, frame_rate: Fraction) -> bool:
    """Return whether *shot* reaches frame *first* and the same file simply plays on there."""
    reached_ms = shot.media_start_ms + frame_start_ms(first - shot.start_frame, frame_rate)
    return not shot.held and shot.clip == file and shot.end_frame == first and reached_ms == media_ms
