"""Draws all that a chunk shows beside videos: slates, names, badges, notes, a title, a clock."""

from __future__ import annotations

from collections.abc import Iterator

from timeline import kinds
from timeline.model import Timeline
from timeline.render.artwork import (
    draw_badge,
    draw_blank,
    draw_clocks,
    draw_label,
    draw_pause_note,
    draw_slate,
    draw_title,
    slate_line,
)
from timeline.render.composite import Clock, Drawings, Overlay
from timeline.render.fit import picture_place
from timeline.render.job import Job
from timeline.render.shots import Card, Chunk
from timeline.render.sketches import Sketchbook
from timeline.units import format_time, format_wall_time, second_of_frame, seconds_to_ms

NOTE_MS = 4000
"""How long the note after a pause, and the title at the start of a lesson, are shown."""
PLAYBACK, WALL = "playback", "wall"
"""What a clock may show."""


def draw_chunk(job: Job, chunk: Chunk, book: Sketchbook) -> Drawings:
    """Draw what *chunk* needs into *book*, and return where it goes."""
    plan = job.plan
    canvas, _ = book.draw(draw_blank, (plan.width_px, plan.height_px), plan.background)
    return Drawings(
        canvas=canvas,
        slates=[_slate(job, card, book) for card in chunk.slates],
        blanks=_blanks(job, chunk, book),
        labels=_labels(job, chunk, book) if job.labels else {},
        badges=_badges(job, chunk, book) if job.labels else {},
        notes=[*_notes(job, chunk, book)] if job.labels else [],
        clock=_clock(job, chunk, book) if job.clock else None,
    )


def clock_text(timeline: Timeline, clock: str, second: int) -> str:
    """Return what a clock shows in a second of playback time."""
    at_ms = seconds_to_ms(second)
    wall_ms = timeline.to_wall_ms(min(at_ms, timeline.duration_ms)) if clock == WALL else None
    return format_time(at_ms) if wall_ms is None else format_wall_time(wall_ms - wall_ms % 1000)[11:19]


def _slate(job: Job, card: Card, book: Sketchbook) -> str:
    """Draw what stands in an empty tile."""
    tile, place = card.tile, card.tile.rectangle
    kind = next(track.kind for track in job.timeline.tracks if track.id == tile.track)
    line = slate_line(kind, None if tile.lost is None else job.reasons[tile.lost])
    name, _ = book.draw(
        draw_slate,
        (place.width, place.height),
        kind,
        job.names[tile.track],
        line,
        background=job.plan.background,
        font=job.font,
    )
    return name


def _blanks(job: Job, chunk: Chunk, book: Sketchbook) -> dict[int, str]:
    blanks = {}
    for number, region in enumerate(job.plan.regions):
        if chunk.parts(number) and not chunk.is_whole(number):
            size_px = (region.rectangle.width, region.rectangle.height)
            blanks[number], _ = book.draw(draw_blank, size_px, job.plan.background)
    return blanks


def _labels(job: Job, chunk: Chunk, book: Sketchbook) -> dict[tuple[int, int], Overlay]:
    tracks = {track.id: track for track in job.timeline.tracks}
    labels: dict[tuple[int, int], Overlay] = {}
    for shot in chunk.shots:
        track = tracks[shot.track]
        if (shot.region, shot.clip) in labels or track.kind not in kinds.PERSONAL_KINDS:
            continue  # a board is nobody's; a name would only cover it
        place = shot.rectangle
        if shot.fit == "contain":
            place = picture_place(place, job.facts[shot.clip])
        name, at = book.draw(draw_label, job.names[track.id], track.kind, place, font=job.font)
        labels[shot.region, shot.clip] = Overlay(name, *at, 0, chunk.frames)
    return labels


def _badges(job: Job, chunk: Chunk, book: Sketchbook) -> dict[int, list[Overlay]]:
    badges: dict[int, list[Overlay]] = {}
    for card in chunk.badges:
        name, at = book.draw(draw_badge, card.tile.more, card.tile.rectangle, font=job.font)
        badges.setdefault(card.region, []).append(Overlay(name, *at, card.start_frame, card.end_frame))
    return badges


def _notes(job: Job, chunk: Chunk, book: Sketchbook) -> Iterator[Overlay]:
    size_px = (job.plan.width_px, job.plan.height_px)
    for pause in job.timeline.pauses:
        frames = _note_frames(job, chunk, pause.at_ms)
        if frames is not None:
            name, at = book.draw(draw_pause_note, pause, size_px, font=job.font)
            yield Overlay(name, *at, *frames)
    frames = _note_frames(job, chunk, 0)
    if job.title and frames is not None:
        name, at = book.draw(draw_title, job.title, size_px, font=job.font)
        yield Overlay(name, *at, *frames)


def _note_frames(job: Job, chunk: Chunk, at_ms: int) -> tuple[int, int] | None:
    """Return in which frames of a chunk a note of *at_ms* is shown; None for none."""
    begin = job.plan.frame(at_ms) - chunk.start_frame
    end = min(job.plan.frame(at_ms + NOTE_MS), job.plan.frames) - chunk.start_frame
    return (max(0, begin), min(end, chunk.frames)) if begin < chunk.frames and end > 0 else None


def _clock(job: Job, chunk: Chunk, book: Sketchbook) -> Clock:
    """Draw what a clock shows in each second of a chunk, one below the other."""
    plan = job.plan
    first_frame = chunk.start_frame - plan.frame(0)  # counted from playback time 0
    first = second_of_frame(first_frame, plan.frame_rate)
    last = second_of_frame(first_frame + chunk.frames - 1, plan.frame_rate)
    texts = tuple(clock_text(job.timeline, str(job.clock), second) for second in range(first, last + 1))
    name, place = book.draw(draw_clocks, texts, (plan.width_px, plan.height_px), font=job.font)
    return Clock(name, place, first, first_frame)
