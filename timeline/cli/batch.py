"""``timeline batch COMMAND LESSONS… -o DIR``: each command of a lesson, for many."""

from __future__ import annotations

import inspect
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from timeline.batch import run
from timeline.batch.ledger import Ledger, read_ledger
from timeline.batch.lessons import LessonEntry, find_lessons
from timeline.batch.names import (
    USUAL_PATTERN,
    LessonFacts,
    check_pattern,
    each_once,
    name_of,
    safe_name,
)
from timeline.batch.rows import LOOK, LessonRow
from timeline.batch.shards import WHOLE, Shard, parse_shard
from timeline.batch.summary import by_need, counts_text, write_summary
from timeline.cli import everyday, media, quality, quality_report, replay, stitching
from timeline.cli.batch_progress import BatchProgress
from timeline.cli.batch_work import LessonTask, end_with_parent, work
from timeline.cli.console import output, talk
from timeline.cli.everyday import SLATED, Force
from timeline.errors import ParameterError, TimelineError
from timeline.extras import needs_extra
from timeline.loading import load
from timeline.publish import disk_errors
from timeline.sinks import path_text, terminal_text

_MEMORY_BYTES = 1 << 30
"""What a lesson may need at once while it is rendered, with room to spare."""
_LIGHT_CHUNK = 32
_FAR = 500
"""Lessons from which on their lengths are not read beforehand."""


@dataclass(frozen=True, slots=True)
class Batched:
    """A command that can be run for many lessons.

    Attributes:
        command: The command, with parameters ``result``, ``output`` and ``force``.
        suffix: Of its output; empty for a folder.
        is_heavy: Whether a lesson takes seconds or more.
        options: Its other parameters.
        help: The first line of its help.
    """

    command: Callable[..., None]
    suffix: str
    is_heavy: bool
    options: tuple[inspect.Parameter, ...]
    help: str


_DROPPED = {
    *("result", "results", "output_path", "folder", "output", "force", "jobs"),
    *("plan_only", "frame", "show_report", "show_plan", "validate", "as_json", "format_name", "table_name"),
    *("task", "journal", "wall_origin"),
}
"""What is the batch's own to say, or of one lesson alone."""


def _batched(command: Callable[..., None], suffix: str, *, is_heavy: bool, **fixed: Any) -> Batched:
    """Return a command as the batch runs it; *fixed* options are not asked for."""
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    place = next(name for name in ("output_path", "folder") if name in signature.parameters)
    options = tuple(
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name not in _DROPPED | fixed.keys()
    )
    defaults = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }

    def run_one(*, result: str, output: Path, **given: Any) -> None:
        told = {name: value for name, value in given.items() if name in signature.parameters}
        source = {"results": [result]} if "results" in signature.parameters else {"result": result}
        command(**(defaults | fixed | told | source | {place: output}))

    first = (command.__doc__ or "").strip().splitlines()[0]
    return Batched(run_one, suffix, is_heavy, options, first)


COMMANDS = {
    "render": _batched(everyday.render, ".mp4", is_heavy=True),
    "stitch": _batched(stitching.stitch, "", is_heavy=True),
    "player": _batched(replay.player, "", is_heavy=True),
    "metrics": _batched(quality.metrics, ".json", is_heavy=False, format_name="json"),
    "report": _batched(quality_report.report, ".html", is_heavy=False),
    "manifest": _batched(everyday.manifest, ".json", is_heavy=False, format_name="json"),
    "fetch": _batched(media.fetch, "", is_heavy=True),
}
"""What can be done to many lessons."""

batch = typer.Typer(
    help="The same for many lessons: what is finished is kept, and a summary says which need a look.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Lessons = Annotated[
    list[Path],
    typer.Argument(
        metavar="LESSONS...",
        help="Folders with result.json, folders of such, result files, or a .csv (docs/scaling.md).",
        show_default=False,
    ),
]
Folder = Annotated[
    Path, typer.Option("--output", "-o", help="Folder for outputs, logs and the summary.", metavar="DIR")
]
Name = Annotated[
    str,
    typer.Option(
        "--name",
        help="What outputs are called, of {lesson} {room_id} {task_id} {date} {time}.",
        metavar="PATTERN",
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", help="Cores for all lessons together; all by default.", min=1)
]
ShardOf = Annotated[
    str | None,
    typer.Option("--shard", help="Only the i-th of n parts of the lessons, such as 3/8.", metavar="I/N"),
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", help="Work on this Dask cluster (extra [dask]).", metavar="ADDRESS"),
]


def run_batch(
    command: str,
    lessons: Sequence[Path],
    folder: Path,
    options: Mapping[str, Any],
    *,
    pattern: str = USUAL_PATTERN,
    jobs: int | None = None,
    shard: Shard = WHOLE,
    dask: str | None = None,
    overwrite: bool = False,
) -> list[LessonRow]:
    """Run a command for many lessons, write the summary, and return its rows."""
    needs_facts = check_pattern(pattern)
    entries = find_lessons(lessons)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    batched = COMMANDS[command]
    wanted = _scanned(entries, pattern, needs_facts, batched.is_heavy and len(entries) <= _FAR)
    mine = [item for item in wanted if shard.holds(item.name)]
    cores = jobs or os.cpu_count() or 1
    side_by_side = _side_by_side(cores, len(mine), batched.is_heavy)
    inner = dict(options) | {"jobs": max(1, cores // side_by_side)}
    ledger = read_ledger(folder)
    tasks = [_task(command, item, folder, inner, ledger, overwrite) for item in mine]
    rows: list[LessonRow] = []
    stem = "summary" if shard == WHOLE else f"summary-{shard}"
    with BatchProgress(command, {item.name: item.length_ms for item in mine}) as progress:
        try:
            for row in _rows(tasks, side_by_side, dask, batched.is_heavy):
                rows.append(row)
                progress(row)
        finally:
            write_summary(rows, folder, stem)
    return rows


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A lesson with its name."""

    entry: LessonEntry
    name: str
    length_ms: int | None


def _scanned(
    entries: Sequence[LessonEntry], pattern: str, needs_facts: bool, needs_length: bool
) -> list[_Wanted]:
    """Return names and lengths of lessons; they are read where that is needed."""
    names, lengths = [], []
    for entry in entries:
        facts, length_ms = LessonFacts(entry.own_name), None
        if needs_facts or needs_length:
            try:
                lesson = load(entry.result)
            except TimelineError:
                pass  # its row will say why
            else:
                start_ms = lesson.wall.start_ms if lesson.wall else None
                facts = LessonFacts(entry.own_name, lesson.room_id, lesson.task_id, start_ms)
                length_ms = lesson.duration_ms
        names.append(safe_name(entry.output) if entry.output else name_of(pattern, facts))
        lengths.append(length_ms)
    return [
        _Wanted(entry, name, length_ms)
        for entry, name, length_ms in zip(entries, each_once(names), lengths, strict=True)
    ]


def _task(
    command: str, item: _Wanted, folder: Path, options: Mapping[str, Any], ledger: Ledger, overwrite: bool
) -> LessonTask:
    key = (command, item.name)
    return LessonTask(
        command,
        item.name,
        f"{item.name}{COMMANDS[command].suffix}",
        item.entry,
        folder,
        options,
        None if overwrite else ledger.rows.get(key),
        overwrite or key in ledger.begun,
    )


def _side_by_side(cores: int, lessons: int, is_heavy: bool) -> int:
    """Return how many lessons are worked on at once, by cores and free memory."""
    most = min(cores, max(1, lessons))
    if not is_heavy:
        return most
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return most
    return max(1, min(most, free // _MEMORY_BYTES))


def _rows(
    tasks: Sequence[LessonTask], side_by_side: int, dask: str | None, is_heavy: bool
) -> Iterator[LessonRow]:
    chunk = 1 if is_heavy else _LIGHT_CHUNK
    if dask is not None:
        with needs_extra("dask"):
            from distributed import Client
        with Client(dask) as client:
            yield from _values(tasks, client.get_executor(pure=False), chunk)
    elif side_by_side == 1 and not is_heavy:
        yield from _values(tasks, None, chunk)
    else:
        pool = _Pool(side_by_side)
        try:
            yield from _values(tasks, pool.make, chunk)
        except BaseException:
            pool.interrupt()
            raise


def _values(
    tasks: Sequence[LessonTask], executor: Executor | Callable[[], Executor] | None, chunk: int
) -> Iterator[LessonRow]:
    for outcome in run(tasks, work, executor=executor, chunk=chunk):
        if outcome.value is not None:
            yield outcome.value
            continue
        task = outcome.item
        yield LessonRow(
            task.name,
            task.command,
            "failed",
            path_text(task.entry.result),
            reason=f"its process ended: {outcome.error_type}: {outcome.message}",
            advice="memory may have run out: try again with fewer --jobs",
        )


class _Pool:
    """Makes pools of processes that end with this one."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def make(self) -> ProcessPoolExecutor:
        """Return a new pool."""
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self._workers, mp_context=context, initializer=end_with_parent)
        return self._pool

    def interrupt(self) -> None:
        """Tell all workers to stop what they do, and to clean up."""
        for process in list((getattr(self._pool, "_processes", None) or {}).values()):
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGTERM)


def _command(name: str, batched: Batched) -> Callable[..., None]:
    """Return the command of the command line."""

    def command(
        lessons: Sequence[Path],
        folder: Path,
        name_pattern: str,
        jobs: int | None,
        shard: str | None,
        dask: str | None,
        force: bool,
        **options: Any,
    ) -> None:
        rows = run_batch(
            name,
            lessons,
            folder,
            options,
            pattern=name_pattern,
            jobs=jobs,
            shard=WHOLE if shard is None else parse_shard(shard),
            dask=dask,
            overwrite=force,
        )
        _tell(rows, folder)

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [
        inspect.Parameter("lessons", keyword, annotation=Lessons),
        inspect.Parameter("folder", keyword, annotation=Folder),
        inspect.Parameter("name_pattern", keyword, annotation=Name, default=USUAL_PATTERN),
        inspect.Parameter("jobs", keyword, annotation=Jobs, default=None),
        inspect.Parameter("shard", keyword, annotation=ShardOf, default=None),
        inspect.Parameter("dask", keyword, annotation=Dask, default=None),
        *batched.options,
        inspect.Parameter("force", keyword, annotation=Force, default=False),
    ]
    command.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in own}
    command.__name__ = name
    command.__doc__ = (
        f"{batched.help} For many lessons.\n\nWhat is finished and unchanged is kept. Exits with 3 where a "
        f"lesson needs a look.\n\nExample: timeline batch {name} lessons/* -o {name}_output"
    )
    return command


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders of batches.", show_default=False)
    ],
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the summary goes; the first DIR by default.")
    ] = None,
) -> None:
    """Write one summary of several batches or shards.

    Example: timeline batch merge machine1/out machine2/out -o out
    """
    target = folder or folders[0]
    ledger = Ledger()
    for place in folders:
        if not place.is_dir():
            raise ParameterError(f"{path_text(place)}: no such folder")
        ledger.add(_relative(read_ledger(place), place, target))
    if not ledger.rows:
        raise ParameterError("no batch has written into these folders")
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
    rows = list(ledger.rows.values())
    write_summary(rows, target)
    _tell(rows, target)


def _relative(ledger: Ledger, place: Path, target: Path) -> Ledger:
    """Return a ledger with its links as they are seen from *target*."""
    import dataclasses

    def seen(path: str | None) -> str | None:
        return None if path is None else os.path.relpath(place / path, target)

    rows = {
        key: dataclasses.replace(row, output=seen(row.output), log=seen(row.log))
        for key, row in ledger.rows.items()
    }
    return Ledger(rows, ledger.begun)


def _tell(rows: Sequence[LessonRow], folder: Path) -> None:
    console = output()
    for row in by_need(rows):
        if row.needs_a_look:
            word = "needs a look" if row.status == LOOK else row.status
            console.print(terminal_text(f"{row.name}: {word}: {row.reason}"), markup=False, soft_wrap=True)
            if row.advice:
                console.print(terminal_text(f"    {row.advice}"), markup=False, soft_wrap=True)
    talk(f"{counts_text(rows)}; see {path_text(folder / 'summary.html')}")
    if any(row.needs_a_look for row in rows):
        raise typer.Exit(SLATED)


for _name, _one in COMMANDS.items():
    batch.command(_name)(_command(_name, _one))
batch.command()(merge)
