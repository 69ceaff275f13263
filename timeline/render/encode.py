"""Runs the graphs: chunks side by side, the sound once, then all joined without encoding again."""

from __future__ import annotations

import functools
import math
import operator
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from timeline import kinds
from timeline.errors import FFmpegFailedError
from timeline.interval import Span
from timeline.media.facts import MediaFacts
from timeline.media.ffmpeg import FFmpeg, run_ffmpeg
from timeline.model import Pause, Timeline
from timeline.publish import disk_errors
from timeline.render.artwork import Font, draw_backdrop, draw_badge, draw_label, draw_pause_note, slate_line
from timeline.render.graph import (
    Encoding,
    Overlay,
    chunk_arguments,
    conversion_arguments,
    input_name,
    join_arguments,
    sound_arguments,
)
from timeline.render.layout import Rectangle
from timeline.render.plan import RenderPlan, Tile
from timeline.render.progress import FrameCounter, RenderProgress
from timeline.render.shots import Chunk, cut_chunks
from timeline.render.sources import Obstacles
from timeline.render.suspects import ALL_SOUND, FIRST_PICTURE, failing_inputs
from timeline.units import frame_start_ms, sample_at

LONG_GRAPH = 100_000
"""A graph of more characters than this goes into a file."""
SPARE_BYTES = 64 << 20
"""An output may be larger by this than its pictures or samples would be without any compression."""
PAUSE_NOTE_MS = 4000
"""How long the note after a pause is shown."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is encoded, and how.

    Attributes:
        plan: The plan.
        timeline: The lesson, for its tracks and pauses.
        facts: Of each file, by index.
        reasons: What a slate says in place of a file, by index.
        names: What is written for each track, by id.
        labels: Whether names and notes are laid over the pictures.
        font: A font file to try first.
        encoding: Settings of the encoder.
        workers: How many ffmpeg run side by side.
        obstacles: What earlier tries stumbled over.
    """

    plan: RenderPlan
    timeline: Timeline
    facts: Mapping[int, MediaFacts]
    reasons: Mapping[int, str]
    names: Mapping[str, str]
    labels: bool
    font: Font
    encoding: Encoding
    workers: int
    obstacles: Obstacles = field(default_factory=Obstacles)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What came of an encoding.

    Attributes:
        damage: How often something could not be decoded, by position of the file.
        obstacles: What could not be decoded at all; if there is any, nothing was written.
    """

    damage: Mapping[int, int]
    obstacles: Obstacles


def encode_video(
    job: Job,
    ffmpeg: FFmpeg,
    folder: Path,
    output: Path,
    *,
    progress: Callable[[RenderProgress], None] | None = None,
) -> Encoded:
    """Encode *job* into *output*, with *folder* for the pieces.

    Raises:
        FFmpegFailedError: ffmpeg failed, and not for a file that it cannot decode; the others are stopped.
        DiskError: The disk is full.
    """
    chunks = cut_chunks(job.plan)
    counter = FrameCounter(job.plan.frames, job.plan.duration_ms, progress)
    with disk_errors(output):
        converted, obstacles = _convert_sounds(job, ffmpeg, folder)
        if obstacles:
            return Encoded({}, obstacles)
        pieces = [_sound_piece(job, converted, ffmpeg, folder)]
        pieces += [_chunk_piece(job, chunk, ffmpeg, folder) for chunk in chunks]
        (folder / "chunks.txt").write_text("".join(f"file {piece.name}\n" for piece in pieces[1:]))
    stop = threading.Event()
    pool = ThreadPoolExecutor(max_workers=job.workers, thread_name_prefix="render")
    try:
        futures = [
            pool.submit(_encode_piece, job, piece, ffmpeg, folder, counter.of_chunk(number), stop)
            for number, piece in enumerate(pieces)
        ]
        finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
        made = [future.result() for future in finished]
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    names = {position: input_name(facts) for position, facts in job.facts.items()}
    damage = {position: sum(piece.damage.get(name, 0) for piece in made) for position, name in names.items()}
    obstacles = functools.reduce(operator.or_, (piece.obstacles for piece in made))
    if not obstacles:
        with disk_errors(output):
            most_bytes = SPARE_BYTES + 2 * sum((folder / piece.name).stat().st_size for piece in pieces)
        join = join_arguments("chunks.txt", "sound.m4a", str(output.resolve()))
        run_ffmpeg(ffmpeg, join, folder=folder, most_bytes=most_bytes)
    return Encoded(damage, obstacles)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One run of ffmpeg.

    Attributes:
        name: Of the file that it writes.
        arguments: All after ffmpeg's name.
        most_bytes: The file is not larger.
        chunk: What it shows; None for the sound.
    """

    name: str
    arguments: list[str]
    most_bytes: int
    chunk: Chunk | None


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of a piece; damage is counted by the name under which ffmpeg knows a file."""

    damage: Mapping[str, int]
    obstacles: Obstacles


def _encode_piece(
    job: Job,
    piece: _Piece,
    ffmpeg: FFmpeg,
    folder: Path,
    count: Callable[[int], None],
    stop: threading.Event,
) -> _Made:
    """Make a piece, or find out which files it cannot be made of."""
    try:
        ran = run_ffmpeg(
            ffmpeg,
            piece.arguments,
            folder=folder,
            most_bytes=piece.most_bytes,
            on_frame=count if piece.chunk else None,
            stop=stop,
        )
        if stop.is_set() or (folder / piece.name).is_file():
            return _Made(ran.damage, Obstacles())
        failure = FFmpegFailedError(
            "ffmpeg wrote nothing", command=[ffmpeg.path, *piece.arguments], stderr_tail=ran.tail
        )
    except FFmpegFailedError as error:
        failure = error
    obstacles = _obstacles(job, piece, ffmpeg, folder)
    if not obstacles:
        raise failure
    return _Made({}, obstacles)


def _obstacles(job: Job, piece: _Piece, ffmpeg: FFmpeg, folder: Path) -> Obstacles:
    """Return what of the files of a piece cannot be decoded."""
    names = {position: input_name(facts) for position, facts in job.facts.items()}
    wanted = ALL_SOUND if piece.chunk is None else FIRST_PICTURE
    guilty = failing_inputs(ffmpeg, piece.arguments, set(names.values()), wanted, folder=folder)
    positions = {position for position, name in names.items() if name in guilty}
    if piece.chunk is None:
        changing = positions - job.obstacles.changing_sounds
        return Obstacles(sounds=frozenset(positions - changing), changing_sounds=frozenset(changing))
    pictures: dict[int, tuple[Span, ...]] = {}
    for shot in piece.chunk.shots:
        if shot.clip in positions:
            length_ms = frame_start_ms(shot.end_frame - shot.start_frame, job.plan.frame_rate)
            begin_ms = shot.media_start_ms
            span = Span(math.floor(begin_ms), math.ceil(begin_ms + length_ms))
            pictures[shot.clip] = (*pictures.get(shot.clip, ()), span)
    return Obstacles(pictures)


def _convert_sounds(job: Job, ffmpeg: FFmpeg, folder: Path) -> tuple[dict[int, str], Obstacles]:
    """Convert the sounds that change on the way; return the files by position, and what cannot be decoded."""
    converted, failing = {}, set()
    for position in sorted(job.obstacles.changing_sounds - job.obstacles.sounds):
        facts, name = job.facts[position], f"converted_{position}.mka"
        most_bytes = SPARE_BYTES + 8 * sample_at(facts.sound.end_ms if facts.sound else 0)
        try:
            run_ffmpeg(ffmpeg, conversion_arguments(facts, name), folder=folder, most_bytes=most_bytes)
            converted[position] = name
        except FFmpegFailedError:
            failing.add(position)
        if not (folder / name).is_file():
            failing.add(position)
    return converted, Obstacles(sounds=frozenset(failing))


def _sound_piece(job: Job, converted: Mapping[int, str], ffmpeg: FFmpeg, folder: Path) -> _Piece:
    arguments = sound_arguments(job.plan, job.facts, "sound.m4a", converted=converted)
    arguments = _lean(arguments, ffmpeg, folder, "sound")
    return _Piece("sound.m4a", arguments, SPARE_BYTES + 4 * sample_at(job.plan.duration_ms), None)


def _chunk_piece(job: Job, chunk: Chunk, ffmpeg: FFmpeg, folder: Path) -> _Piece:
    """Draw what a chunk needs and return its piece."""
    plan = job.plan
    tracks = {track.id: track for track in job.timeline.tracks}
    backdrops = []
    for number, backdrop in enumerate(chunk.backdrops):
        name = f"backdrop_{chunk.number:05d}_{number:03d}.png"
        slates = [_slate(job, tile, tile.rectangle) for _, tile in backdrop.slates]
        size_px = (plan.width_px, plan.height_px)
        draw_backdrop(folder / name, size_px, slates, background=plan.background, font=job.font)
        backdrops.append(name)
    labels: dict[tuple[int, int], Overlay] = {}
    notes: list[Overlay] = []
    if job.labels:
        for shot in chunk.shots:
            if (shot.region, shot.clip) in labels:
                continue
            track = tracks[shot.track]
            if track.kind not in kinds.PERSONAL_KINDS:
                continue  # nobody's name; it would only cover the board
            name = f"label_{chunk.number:05d}_{shot.region:03d}_{shot.clip:06d}.png"
            place = shot.rectangle
            if shot.fit == "contain":
                place = picture_place(place, job.facts[shot.clip])
            x, y = draw_label(folder / name, job.names[track.id], track.kind, place, font=job.font)
            labels[shot.region, shot.clip] = Overlay(name, x, y, 0, chunk.frames)
        notes = _pause_notes(job, chunk, folder)
    name = f"chunk_{chunk.number:05d}.mp4"
    cards = _cards(job, chunk, folder)
    arguments = chunk_arguments(plan, chunk, job.facts, backdrops, labels, notes, job.encoding, name, cards)
    arguments = _lean(arguments, ffmpeg, folder, f"graph_{chunk.number:05d}")
    return _Piece(name, arguments, SPARE_BYTES + 4 * chunk.frames * plan.width_px * plan.height_px, chunk)


def _slate(job: Job, tile: Tile, place: Rectangle) -> tuple[Rectangle, str, str, str]:
    """Return what is drawn in *place* for an empty tile."""
    kind = next(track.kind for track in job.timeline.tracks if track.id == tile.track)
    reason = None if tile.lost is None else job.reasons[tile.lost]
    return place, kind, job.names[tile.track], slate_line(kind, reason)


def _cards(job: Job, chunk: Chunk, folder: Path) -> dict[int, list[Overlay]]:
    """Draw slates that lie over pictures, and badges; return them by region."""
    cards: dict[int, list[Overlay]] = {}
    for number, card in enumerate(chunk.slates):
        name, place = f"slate_{chunk.number:05d}_{number:03d}.png", card.tile.rectangle
        slate = _slate(job, card.tile, Rectangle(0, 0, place.width, place.height))
        size_px = (place.width, place.height)
        draw_backdrop(folder / name, size_px, [slate], background=job.plan.background, font=job.font)
        overlay = Overlay(name, place.x, place.y, card.start_frame, card.end_frame)
        cards.setdefault(card.region, []).append(overlay)
    for number, card in enumerate(chunk.badges if job.labels else ()):
        name = f"badge_{chunk.number:05d}_{number:03d}.png"
        x, y = draw_badge(folder / name, card.tile.more, card.tile.rectangle, font=job.font)
        overlay = Overlay(name, x, y, card.start_frame, card.end_frame)
        cards.setdefault(card.region, []).append(overlay)
    return cards


def picture_place(tile: Rectangle, facts: MediaFacts) -> Rectangle:
    """Return where in *tile* the picture of a file lies, which is shown whole and centred."""
    if facts.picture is None:
        return tile
    aspect = facts.picture.shown_aspect
    width = min(tile.width, max(2, int(tile.height * aspect) // 2 * 2))
    height = min(tile.height, max(2, int(tile.width / aspect) // 2 * 2))
    x = tile.x + (tile.width - width) // 4 * 2
    y = tile.y + (tile.height - height) // 4 * 2
    return Rectangle(x, y, width, height)


def _pause_notes(job: Job, chunk: Chunk, folder: Path) -> list[Overlay]:
    notes = []
    plan = job.plan
    for number, pause in enumerate(job.timeline.pauses):
        first, last = _note_frames(plan, pause)
        begin, end = first - chunk.start_frame, last - chunk.start_frame
        if end <= 0 or begin >= chunk.frames or first >= plan.frames or last <= 0:
            continue
        name = f"note_{chunk.number:05d}_{number:03d}.png"
        x, y = draw_pause_note(folder / name, pause, (plan.width_px, plan.height_px), font=job.font)
        notes.append(Overlay(name, x, y, max(0, begin), min(end, chunk.frames)))
    return notes


def _note_frames(plan: RenderPlan, pause: Pause) -> tuple[int, int]:
    return plan.frame(pause.at_ms), plan.frame(pause.at_ms + PAUSE_NOTE_MS)


def _lean(arguments: list[str], ffmpeg: FFmpeg, folder: Path, name: str) -> list[str]:
    """Move the graph into a file where it is too long for one argument (Linux allows 128 KiB)."""
    at = arguments.index("-filter_complex") if "-filter_complex" in arguments else -1
    if at < 0 or len(arguments[at + 1]) < LONG_GRAPH:
        return arguments
    (folder / f"{name}.txt").write_text(arguments[at + 1])
    option = "-/filter_complex" if ffmpeg.major >= 7 else "-filter_complex_script"
    return [*arguments[:at], option, f"{name}.txt", *arguments[at + 2 :]]
