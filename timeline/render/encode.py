"""Runs the graphs: chunks side by side, the sound once, then all joined without encoding again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from timeline import kinds
from timeline.media.facts import MediaFacts
from timeline.media.ffmpeg import FFmpeg, run_ffmpeg
from timeline.model import Pause, Timeline
from timeline.publish import disk_errors
from timeline.render.artwork import Font, draw_backdrop, draw_label, draw_pause_note, slate_line
from timeline.render.graph import Encoding, Overlay, chunk_arguments, join_arguments, sound_arguments
from timeline.render.layout import Rectangle
from timeline.render.plan import RenderPlan
from timeline.render.progress import FrameCounter, RenderProgress
from timeline.render.shots import Chunk, cut_chunks
from timeline.units import sample_at

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


def encode_video(
    job: Job,
    ffmpeg: FFmpeg,
    folder: Path,
    output: Path,
    *,
    progress: Callable[[RenderProgress], None] | None = None,
) -> Counter[str]:
    """Encode *job* into *output*, with *folder* for the pieces.

    Returns:
        How often something could not be decoded, by the name under which ffmpeg knows a file.

    Raises:
        FFmpegFailedError: ffmpeg failed; the others are stopped.
        DiskError: The disk is full.
    """
    chunks = cut_chunks(job.plan)
    with disk_errors(output):
        commands = [_chunk_command(job, chunk, ffmpeg, folder) for chunk in chunks]
        (folder / "chunks.txt").write_text("".join(f"file {_chunk_name(c)}\n" for c in chunks))
    counter = FrameCounter(job.plan.frames, job.plan.duration_ms, progress)
    sound = _lean(sound_arguments(job.plan, job.facts, "sound.m4a"), ffmpeg, folder, "sound")
    stop = threading.Event()
    pool = ThreadPoolExecutor(max_workers=job.workers, thread_name_prefix="render")
    try:
        samples = sample_at(job.plan.duration_ms)
        futures = [
            pool.submit(
                run_ffmpeg, ffmpeg, sound, folder=folder, most_bytes=SPARE_BYTES + 4 * samples, stop=stop
            )
        ]
        for chunk, command in zip(chunks, commands, strict=True):
            count = counter.of_chunk(chunk.number)
            most_bytes = SPARE_BYTES + 4 * chunk.frames * job.plan.width_px * job.plan.height_px
            futures.append(
                pool.submit(
                    run_ffmpeg,
                    ffmpeg,
                    command,
                    folder=folder,
                    most_bytes=most_bytes,
                    on_frame=count,
                    stop=stop,
                )
            )
        finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
        damage = sum((future.result() for future in finished), Counter[str]())
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    join = join_arguments("chunks.txt", "sound.m4a", str(output.resolve()))
    parts = [folder / "sound.m4a", *(folder / _chunk_name(chunk) for chunk in chunks)]
    with disk_errors(output):
        most_bytes = SPARE_BYTES + 2 * sum(part.stat().st_size for part in parts if part.exists())
    run_ffmpeg(ffmpeg, join, folder=folder, most_bytes=most_bytes)
    return damage


def _chunk_name(chunk: Chunk) -> str:
    return f"chunk_{chunk.number:05d}.mp4"


def _chunk_command(job: Job, chunk: Chunk, ffmpeg: FFmpeg, folder: Path) -> list[str]:
    """Draw what a chunk needs and return its command."""
    plan = job.plan
    tracks = {track.id: track for track in job.timeline.tracks}
    backdrops = []
    for number, backdrop in enumerate(chunk.backdrops):
        name = f"backdrop_{chunk.number:05d}_{number:03d}.png"
        slates = [
            (
                tile.rectangle,
                tracks[tile.track].kind,
                job.names[tile.track],
                slate_line(tracks[tile.track].kind, None if tile.lost is None else job.reasons[tile.lost]),
            )
            for _, tile in backdrop.slates
        ]
        draw_backdrop(folder / name, (plan.width_px, plan.height_px), slates, font=job.font)
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
            place = picture_place(shot.rectangle, job.facts[shot.clip])
            x, y = draw_label(folder / name, job.names[track.id], track.kind, place, font=job.font)
            labels[shot.region, shot.clip] = Overlay(name, x, y, 0, chunk.frames)
        notes = _pause_notes(job, chunk, folder)
    arguments = chunk_arguments(
        plan, chunk, job.facts, backdrops, labels, notes, job.encoding, _chunk_name(chunk)
    )
    return _lean(arguments, ffmpeg, folder, f"graph_{chunk.number:05d}")


def picture_place(tile: Rectangle, facts: MediaFacts) -> Rectangle:
    """Return where in *tile* the picture of a file lies, which is shown whole and centred."""
    if facts.picture is None:
        return tile
    aspect = facts.picture.width_px * facts.picture.sample_aspect / facts.picture.height_px
    width = min(tile.width, int(tile.height * aspect) // 2 * 2)
    height = min(tile.height, int(tile.width / aspect) // 2 * 2)
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
