"""Runs the graphs: chunks side by side, the sound once, then all joined without encoding again."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import operator
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from timeline.errors import FFmpegFailedError, OutputVerificationError
from timeline.interval import Span
from timeline.media.facts import input_name
from timeline.media.ffmpeg import FFmpeg, run_ffmpeg
from timeline.publish import disk_errors
from timeline.render.chapters import chapters_text
from timeline.render.composite import chunk_arguments, still_arguments
from timeline.render.drawing import draw_chunk
from timeline.render.graph import join_arguments
from timeline.render.job import Job
from timeline.render.pieces import Made, Piece, PieceStore, build_of, piece_key
from timeline.render.plan import RenderPlan
from timeline.render.progress import FrameCounter, RenderProgress
from timeline.render.shots import Chunk, cut_chunks
from timeline.render.sketches import Sketchbook
from timeline.render.sound import (
    conversion_arguments,
    cut_sound,
    loudness_arguments,
    master_arguments,
    read_loudness,
    window_arguments,
)
from timeline.render.sources import Obstacles
from timeline.render.suspects import ALL_SOUND, FIRST_PICTURE, failing_inputs
from timeline.sinks import file_name
from timeline.units import frame_start_ms, sample_at, seconds
from timeline.waiting import first_done

LONG_GRAPH = 100_000
"""A graph of more characters than this goes into a file."""
SPARE_BYTES = 64 << 20
"""An output may be larger by this than its pictures or samples would be without any compression."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What came of an encoding.

    Attributes:
        damage: How often something could not be decoded, by position of the file.
        obstacles: What could not be decoded at all; if there is any, nothing was written.
        pieces: How many pieces there are.
        new_pieces: How many of them this run made; the others were kept from earlier ones.
        loudness_lufs: Of the sound as a whole, by EBU R 128; None for silence.
        peak_dbfs: Of the sound.
    """

    damage: Mapping[int, int]
    obstacles: Obstacles
    pieces: int = 0
    new_pieces: int = 0
    loudness_lufs: float | None = None
    peak_dbfs: float | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """A piece to make.

    Attributes:
        piece: What to make.
        chunk: Of pictures, to look at when it fails.
        count: Is told of its frames.
        needs: Tasks that come before this one in the same list, and whose pieces this one opens.
        then: Called when the piece is there.
    """

    piece: Piece
    chunk: Chunk | None = None
    count: Callable[[int], None] | None = None
    needs: tuple[_Task, ...] = ()
    then: Callable[[], None] | None = None


def encode_video(
    job: Job,
    ffmpeg: FFmpeg,
    folder: Path,
    output: Path,
    store: PieceStore,
    *,
    progress: Callable[[RenderProgress], None] | None = None,
) -> Encoded:
    """Encode *job* into *output*, with *folder* for the pieces; those in *store* are not made again.

    Raises:
        FFmpegFailedError: ffmpeg failed, and not for a file that it cannot decode; the others are stopped.
        DiskError: The disk is full.
    """
    chunks, windows = job.chunks, list(cut_sound(job.plan))
    counter = FrameCounter(job.plan.frames, job.plan.duration_ms, progress)
    workshop = _Workshop(job, ffmpeg, folder, store)
    with disk_errors(folder):
        changing = sorted(job.obstacles.changing_sounds - job.obstacles.sounds)
        conversions = [_conversion_piece(job, position) for position in changing]
        made = workshop.make([_Task(piece) for piece in conversions])
        converted = dict(zip(changing, (piece.name for piece in conversions), strict=True))
        own = {f"file:{piece.name}": workshop.key(piece) for piece in conversions}
        sounds = [_window_piece(job, number, window, converted, own) for number, window in enumerate(windows)]
        book = Sketchbook(folder)
        pictures = [_chunk_piece(job, chunk, book) for chunk in chunks]
        master = _master_piece(job, sounds, [workshop.key(piece) for piece in sounds], folder)
        (folder / "chapters.txt").write_text(chapters_text(job.timeline, job.plan), encoding="utf-8")
        (folder / "chunks.txt").write_text(_chunk_list(job, pictures))
    heard: list[tuple[float | None, float | None]] = []

    def listen() -> None:
        arguments = loudness_arguments(master.name)
        measured = run_ffmpeg(ffmpeg, arguments, folder=folder, most_bytes=0, stop=workshop.stop)
        heard.append(read_loudness(measured.tail))

    tasks = [_Task(piece) for piece in sounds]
    tasks.append(_Task(master, needs=tuple(tasks), then=listen))
    tasks += [
        _Task(piece, chunk, counter.of_chunk(chunk.number))
        for piece, chunk in zip(pictures, chunks, strict=True)
    ]
    made += workshop.make(tasks) if not _obstacles_of(made) else []
    obstacles = _obstacles_of(made)
    if obstacles:
        return Encoded({}, obstacles)
    with disk_errors(folder):
        sizes = [(folder / piece.name).stat().st_size for piece in (*pictures, master)]
    join = join_arguments("chunks.txt", master.name, "chapters.txt", str(output.resolve()))
    run_ffmpeg(ffmpeg, join, folder=folder, most_bytes=SPARE_BYTES + 2 * sum(sizes))
    damage: Counter[str] = Counter()
    for piece in made:
        damage.update(piece.made.damage)
    by_position = {position: damage[content] for position, content in job.contents.items()}
    new = sum(piece.made.is_new for piece in made)
    return Encoded(by_position, obstacles, len(made), new, *heard[0])


class _Result(NamedTuple):
    """What came of a task."""

    made: Made
    obstacles: Obstacles = Obstacles()


def _obstacles_of(results: Sequence[_Result]) -> Obstacles:
    return functools.reduce(operator.or_, (result.obstacles for result in results), Obstacles())


class _Workshop:
    """Makes pieces, several at once, or finds them where they are kept."""

    def __init__(self, job: Job, ffmpeg: FFmpeg, folder: Path, store: PieceStore) -> None:
        self._job, self._ffmpeg, self._folder, self._store = job, ffmpeg, folder, store
        self._build = build_of(ffmpeg)
        self._identities = {input_name(facts): _identity(facts.path) for facts in job.facts.values()}
        self.stop = threading.Event()

    def key(self, piece: Piece) -> str:
        """Return the key under which *piece* is kept."""
        return piece_key(piece, self._build)

    def make(self, tasks: Sequence[_Task]) -> list[_Result]:
        """Make all pieces, each when what it needs is there; the first failure stops the others."""
        workers = self._job.workers
        pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="render")
        waiting, running = list(tasks), dict[Future[_Result], _Task]()
        results: dict[int, _Result] = {}
        try:
            while waiting or running:
                for task in [task for task in waiting if all(id(need) in results for need in task.needs)]:
                    if len(running) == workers:
                        break
                    waiting.remove(task)
                    needs = [results[id(need)] for need in task.needs]
                    running[pool.submit(self._make_after, needs, task)] = task
                for future in first_done(running):
                    results[id(running.pop(future))] = future.result()
            return [results[id(task)] for task in tasks]
        except BaseException:
            self.stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _make_after(self, needs: Sequence[_Result], task: _Task) -> _Result:
        """Make a piece, unless one that it needs could not be made."""
        if _obstacles_of(needs):
            return _Result(Made())
        result = self._make(task)
        if task.then and not result.obstacles and not self.stop.is_set():
            task.then()
        return result

    def _make(self, task: _Task) -> _Result:
        """Make a piece, or find out for which files it cannot be made."""
        piece, target = task.piece, self._folder / task.piece.name
        key = self.key(piece)
        kept = self._store.find(key, target)
        if kept is not None:
            if task.count and task.chunk:
                task.count(task.chunk.frames)
            return _Result(kept)
        with disk_errors(self._folder):
            target.unlink(missing_ok=True)  # it may be another name of a piece that is kept
            arguments = lean(list(piece.arguments), self._ffmpeg, self._folder, target.stem)
        try:
            ran = run_ffmpeg(
                self._ffmpeg,
                arguments,
                folder=self._folder,
                most_bytes=piece.most_bytes,
                on_frame=task.count,
                stop=self.stop,
            )
            if self.stop.is_set():
                return _Result(Made())
            is_damaged = piece.is_of_ours and bool(ran.damage)
            if target.is_file() and ran.frames >= piece.frames and not is_damaged:
                self._check_inputs(piece)
                damage = {piece.contents[name]: n for name, n in ran.damage.items() if name in piece.contents}
                self._store.keep(key, target, damage)
                if task.count and task.chunk:
                    task.count(task.chunk.frames)  # a sparse one has fewer
                return _Result(Made(damage))
            failure = FFmpegFailedError(
                "ffmpeg could not decode a piece of our own"
                if is_damaged
                else f"ffmpeg wrote {ran.frames} of {piece.frames} frames"
                if piece.frames
                else "ffmpeg wrote nothing",
                command=[self._ffmpeg.path, *arguments],
                stderr_tail=ran.tail,
            )
        except FFmpegFailedError as error:
            failure = error
        obstacles = self._obstacles(task, failure)
        if not obstacles:
            raise failure
        return _Result(Made(), obstacles)

    def _check_inputs(self, piece: Piece) -> None:
        """Refuse a piece of a file that was replaced meanwhile: its key would tell of another content."""
        for facts in self._job.facts.values():
            name = input_name(facts)
            if name in piece.contents and _identity(facts.path) != self._identities[name]:
                raise OutputVerificationError(
                    f"{file_name(facts.path)} changed while it was rendered; run again"
                )

    def _obstacles(self, task: _Task, failure: FFmpegFailedError) -> Obstacles:
        """Return what of the files of a piece cannot be decoded."""
        job = self._job
        names = {position: input_name(facts) for position, facts in job.facts.items()}
        wanted = FIRST_PICTURE if task.chunk else ALL_SOUND
        guilty = failing_inputs(
            self._ffmpeg, task.piece.arguments, set(names.values()), wanted, folder=self._folder
        )
        positions = {position for position, name in names.items() if name in guilty}
        if task.chunk is None:
            changing = positions - job.obstacles.changing_sounds
            return Obstacles(sounds=frozenset(positions - changing), changing_sounds=frozenset(changing))
        pictures: dict[int, tuple[Span, ...]] = {}
        for shot in task.chunk.shots:
            if shot.clip in positions:
                length_ms = frame_start_ms(shot.end_frame - shot.start_frame, job.plan.frame_rate)
                begin_ms = shot.media_start_ms
                span = Span(math.floor(begin_ms), math.ceil(begin_ms + length_ms))
                pictures[shot.clip] = (*pictures.get(shot.clip, ()), span)
        return Obstacles(pictures)


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Return what tells whether a file was replaced or changed; None where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _contents(arguments: Sequence[str], job: Job, own: Mapping[str, str]) -> dict[str, str]:
    """Return the contents of the inputs of a command, by the name under which ffmpeg knows them."""
    return {
        name: own[name] if name in own else job.contents_by_name[name]
        for option, name in itertools.pairwise(arguments)
        if option == "-i" and (name in own or name in job.contents_by_name)
    }


def _conversion_piece(job: Job, position: int) -> Piece:
    facts, name = job.facts[position], f"converted_{position}.mka"
    arguments = tuple(conversion_arguments(facts, name))
    samples = sample_at(facts.sound.end_ms if facts.sound else 0)
    return Piece(name, arguments, _contents(arguments, job, {}), SPARE_BYTES + 8 * samples)


def _window_piece(
    job: Job, number: int, window: RenderPlan, converted: Mapping[int, str], own: Mapping[str, str]
) -> Piece:
    name = f"sound_{number:05d}.flac"
    arguments = tuple(window_arguments(window, job.facts, converted, name))
    most_bytes = SPARE_BYTES + 8 * sample_at(window.duration_ms)
    return Piece(name, arguments, _contents(arguments, job, own), most_bytes)


def _master_piece(job: Job, windows: Sequence[Piece], keys: Sequence[str], folder: Path) -> Piece:
    """Return the piece that is the whole sound; its list of windows is known by what they are."""
    (folder / "sounds.txt").write_text("".join(f"file {piece.name}\n" for piece in windows))
    arguments = tuple(master_arguments("sounds.txt", job.plan.duration_ms, "sound.m4a"))
    most_bytes = SPARE_BYTES + 4 * sample_at(job.plan.duration_ms)
    return Piece("sound.m4a", arguments, {"file:sounds.txt": " ".join(keys)}, most_bytes, is_of_ours=True)


def encode_frame(job: Job, ffmpeg: FFmpeg, folder: Path, output: Path, store: PieceStore) -> Encoded:
    """Write the first frame of *job* as a PNG to *output*; as `encode_video`."""
    chunk = dataclasses.replace(cut_chunks(job.plan)[0], frames=1)
    workshop = _Workshop(job, ffmpeg, folder, store)
    with disk_errors(folder):
        piece = _chunk_piece(job, chunk, Sketchbook(folder), as_still=True)
    (result,) = workshop.make([_Task(piece, chunk)])
    if not result.obstacles:
        with disk_errors(output):
            shutil.copyfile(folder / piece.name, output)
    damage = {position: result.made.damage.get(content, 0) for position, content in job.contents.items()}
    return Encoded(damage, result.obstacles, 1, int(result.made.is_new))


def _chunk_piece(job: Job, chunk: Chunk, book: Sketchbook, *, as_still: bool = False) -> Piece:
    """Draw what a chunk needs and return its piece: its video, or its first picture."""
    plan, drawings = job.plan, draw_chunk(job, chunk, book)
    name = "still.png" if as_still else f"chunk_{chunk.number:05d}.mp4"
    if as_still:
        arguments = still_arguments(plan, chunk, job.facts, drawings, name)
    else:
        arguments = chunk_arguments(plan, chunk, job.facts, drawings, job.encoding, name)
    own = {f"file:{name}": book.contents[name] for name in drawings.names}
    most_bytes = SPARE_BYTES + 4 * chunk.frames * plan.width_px * plan.height_px
    frames = min(chunk.frames, 2) if chunk.is_sparse else chunk.frames
    return Piece(name, tuple(arguments), _contents(arguments, job, own), most_bytes, frames)


def _chunk_list(job: Job, pieces: Sequence[Piece]) -> str:
    """Return the list for ffmpeg's concat reader.

    How long a chunk lasts is said, since the last frame of a sparse one does not say it, and some builds
    round it to ms.
    """
    lines = []
    for piece, chunk in zip(pieces, job.chunks, strict=True):
        lines.append(f"file {piece.name}")
        lines.append(f"duration {seconds(frame_start_ms(chunk.frames, job.plan.frame_rate))}")
    return "\n".join([*lines, ""])


def lean(arguments: list[str], ffmpeg: FFmpeg, folder: Path, name: str) -> list[str]:
    """Move the graph into a file where it is too long for one argument (Linux allows 128 KiB)."""
    at = arguments.index("-filter_complex") if "-filter_complex" in arguments else -1
    if at < 0 or len(arguments[at + 1]) < LONG_GRAPH:
        return arguments
    (folder / f"{name}.txt").write_text(arguments[at + 1])
    option = "-/filter_complex" if ffmpeg.major >= 7 else "-filter_complex_script"
    return [*arguments[:at], option, f"{name}.txt", *arguments[at + 2 :]]
