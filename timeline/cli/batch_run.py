"""A batch: which lessons, under which names, by how many processes, and what came of each."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from timeline.batch.rows import FAILED, LessonRow
from timeline.batch.shards import WHOLE, Shard
from timeline.batch.summary import write_summary
from timeline.cli.batch_commands import COMMANDS
from timeline.cli.batch_progress import BatchProgress
from timeline.cli.batch_work import LessonTask, end_with_parent, work
from timeline.errors import TimelineError
from timeline.extras import needs_extra
from timeline.loading import load
from timeline.publish import disk_errors
from timeline.sinks import path_text

_MEMORY_BYTES = 1 << 30
"""What a lesson may need at once while it is rendered, with room to spare."""
_LIGHT_CHUNK = 32
_FAR = 500
"""Lessons from which on their lengths are not read beforehand."""


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
        with Client(dask) as client:  # type: ignore[no-untyped-call]
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
            FAILED,
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
