"""Draws all that a chunk shows beside videos: backdrops, names, notes, a title, cards, a clock."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from timeline import kinds
from timeline.model import Timeline
from timeline.render.artwork import (
    draw_backdrop,
    draw_clocks,
    draw_label,
    draw_pause_note,
    draw_title,
    slate_line,
)
from timeline.render.cards import Slate, draw_cards
from timeline.render.fit import picture_place
from timeline.render.graph import Clock, Drawings, Overlay
from timeline.render.job import Job
from timeline.render.layout import Rectangle
from timeline.render.plan import Tile
from timeline.render.shots import Chunk
from timeline.units import format_time, format_wall_time, second_of_frame, seconds_to_ms

NOTE_MS = 4000
"""How long the note after a pause, and the title at the start of a lesson, are shown."""
PLAYBACK, WALL = "playback", "wall"
"""What a clock may show."""


def draw_chunk(job: Job, chunk: Chunk, folder: Path) -> Drawings:
    """Draw what *chunk* needs into *folder*, and return where it goes."""
    plan, backdrops = job.plan, []
    slate = functools.partial(_slate, job)
    for number, backdrop in enumerate(chunk.backdrops):
        name = f"backdrop_{chunk.number:05d}_{number:03d}.png"
        slates = [slate(tile, tile.rectangle) for _, tile in backdrop.slates]
        size_px = (plan.width_px, plan.height_px)
        draw_backdrop(folder / name, size_px, slates, background=plan.background, font=job.font)
        backdrops.append(name)
    return Drawings(
        backdrops=backdrops,
        labels=_labels(job, chunk, folder) if job.labels else {},
        notes=[*_notes(job, chunk, folder)] if job.labels else [],
        cards=draw_cards(plan, chunk, folder, slate, badges=job.labels, font=job.font),
        clock=_clock(job, chunk, folder) if job.clock else None,
    )


def clock_text(timeline: Timeline, clock: str, second: int) -> str:
    """Return what a clock shows in a second of playback time."""
    at_ms = seconds_to_ms(second)
    wall_ms = timeline.to_wall_ms(min(at_ms, timeline.duration_ms)) if clock == WALL else None
    return format_time(at_ms) if wall_ms is None else format_wall_time(wall_ms - wall_ms % 1000)[11:19]


def _labels(job: Job, chunk: Chunk, folder: Path) -> dict[tuple[int, int], Overlay]:
    tracks = {track.id: track for track in job.timeline.tracks}
    labels: dict[tuple[int, int], Overlay] = {}
    for shot in chunk.shots:
        track = tracks[shot.track]
        if (shot.region, shot.clip) in labels or track.kind not in kinds.PERSONAL_KINDS:
            continue  # a board is nobody's; a name would only cover it
        name = f"label_{chunk.number:05d}_{shot.region:03d}_{shot.clip:06d}.png"
        place = shot.rectangle
        if shot.fit == "contain":
            place = picture_place(place, job.facts[shot.clip])
        x, y = draw_label(folder / name, job.names[track.id], track.kind, place, font=job.font)
        labels[shot.region, shot.clip] = Overlay(name, x, y, 0, chunk.frames)
    return labels


def _slate(job: Job, tile: Tile, place: Rectangle) -> Slate:
    """Return what is drawn in *place* for an empty tile."""
    kind = next(track.kind for track in job.timeline.tracks if track.id == tile.track)
    reason = None if tile.lost is None else job.reasons[tile.lost]
    return place, kind, job.names[tile.track], slate_line(kind, reason)


def _notes(job: Job, chunk: Chunk, folder: Path) -> Iterator[Overlay]:
    size_px = (job.plan.width_px, job.plan.height_px)
    for number, pause in enumerate(job.timeline.pauses):
        frames = _note_frames(job, chunk, pause.at_ms)
        if frames is not None:
            name = f"note_{chunk.number:05d}_{number:03d}.png"
            yield Overlay(name, *draw_pause_note(folder / name, pause, size_px, font=job.font), *frames)
    frames = _note_frames(job, chunk, 0)
    if job.title and frames is not None:
        name = f"title_{chunk.number:05d}.png"
        yield Overlay(name, *draw_title(folder / name, job.title, size_px, font=job.font), *frames)


def _note_frames(job: Job, chunk: Chunk, at_ms: int) -> tuple[int, int] | None:
    """Return in which frames of a chunk a note of *at_ms* is shown; None for none."""
    begin = job.plan.frame(at_ms) - chunk.start_frame
    end = min(job.plan.frame(at_ms + NOTE_MS), job.plan.frames) - chunk.start_frame
    return (max(0, begin), min(end, chunk.frames)) if begin < chunk.frames and end > 0 else None


def _clock(job: Job, chunk: Chunk, folder: Path) -> Clock:
    """Draw what a clock shows in each second of a chunk, one below the other."""
    plan, name = job.plan, f"clock_{chunk.number:05d}.png"
    first_frame = chunk.start_frame - plan.frame(0)  # counted from playback time 0
    first = second_of_frame(first_frame, plan.frame_rate)
    last = second_of_frame(first_frame + chunk.frames - 1, plan.frame_rate)
    texts = [clock_text(job.timeline, str(job.clock), second) for second in range(first, last + 1)]
    place = draw_clocks(folder / name, texts, (plan.width_px, plan.height_px), font=job.font)
    return Clock(name, place, first, first_frame)
