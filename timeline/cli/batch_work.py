"""One lesson of a batch, in a process of its own: the command itself, its talk in a log, its end as a row."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TextIO

import typer

from timeline.batch.ledger import LedgerWriter
from timeline.batch.lessons import LessonEntry
from timeline.batch.rows import DONE, FAILED, LOOK, LessonRow
from timeline.checks import findings_at_least
from timeline.cli.batch_commands import COMMANDS
from timeline.cli.console import heard
from timeline.errors import (
    DiskError,
    MediaNotFoundError,
    OutputExistsError,
    OutputHeldError,
    RecordingFailedError,
    ResultError,
    ResultNotReadyError,
    RosterError,
    TimelineError,
)
from timeline.findings import Finding, Severity
from timeline.loading import load
from timeline.media.locate import locate_media, media_folder
from timeline.media.store import MediaStore, default_cache
from timeline.model import Timeline
from timeline.publish import disk_errors, remove_parts
from timeline.sinks import path_text, text_line
from timeline.sources import RESULT_FILE_NAME
from timeline.version import __version__

LOGS = "logs"
_WITH_LOSSES = {3, 5}
"""Exit statuses of a command that made something, though not of everything."""
_MOST_CHARACTERS = 300
_NOT_IN_THE_OUTPUT = {"jobs", "fetch", "cache", "allow_host", "allow_slates"}
"""Options that change how something is made, or what is said of it."""


@dataclass(frozen=True, slots=True)
class LessonTask:
    """What a worker is told.

    Attributes:
        command: Name of the command.
        name: What the output is called.
        output: The output, relative to *folder*.
        entry: The lesson.
        folder: Of the batch.
        options: Of the command, by its parameters.
        known: The row of an earlier run; None where there is none that counts.
        overwrite: Whether an output that is there may be replaced.
    """

    command: str
    name: str
    output: str
    entry: LessonEntry
    folder: Path
    options: Mapping[str, Any]
    known: LessonRow | None
    overwrite: bool


def work(task: LessonTask, commands: Mapping[str, Callable[..., None]] | None = None) -> LessonRow:
    """Return the row of a lesson: made now, or found unchanged.

    Args:
        task: The lesson, and what to do with it.
        commands: By their names; None for those of the command line.
    """
    began_s = time.monotonic()
    if commands is None:
        commands = {name: batched.command for name, batched in COMMANDS.items()}
    row = LessonRow(task.name, task.command, DONE, path_text(task.entry.result), task.output)
    writer = _writer(task.folder)
    log = LazyLog(task.folder / LOGS / f"{task.name}.{task.command}.log")
    with log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log), heard() as ear:
        try:
            lesson = load(task.entry.result)
            row = replace(row, length_ms=lesson.duration_ms, digest=digest_of(task, lesson))
            if task.known is not None and _still_holds(task, task.known, row.digest):
                return writer.finish(replace(task.known, is_unchanged=True))
            writer.begin(task.command, task.name)
            remove_parts(task.folder / task.output)  # what a run that was killed left of it
            ear.findings.extend(lesson.findings)
            status = _run(commands[task.command], task)
        except TimelineError as error:
            where = "".join(f"{note}: " for note in getattr(error, "__notes__", ()))
            print(f"timeline: {where}{error}", file=log)
            row = replace(row, status=FAILED, reason=f"{where}{error}", advice=_advice_of(error), output=None)
        except Exception as error:
            traceback.print_exc(file=log)
            reason = f"an error of timeline itself: {type(error).__name__}: {error}"
            advice = "report it with the log"
            row = replace(row, status=FAILED, reason=reason, advice=advice, output=None)
        else:
            row = _judged(row, status, ear.findings, ear.lines)
    counts = {severity: sum(item.severity == severity for item in set(ear.findings)) for severity in Severity}
    row = replace(
        row,
        slates=ear.slates,
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        infos=counts[Severity.INFO],
        reason=text_line(row.reason)[:_MOST_CHARACTERS],
        log=f"{LOGS}/{log.path.name}" if log.is_begun else None,
        output_bytes=_size(task) if row.output else None,
        seconds=round(time.monotonic() - began_s, 3),
    )
    return writer.finish(row)


def digest_of(task: LessonTask, lesson: Timeline) -> str:
    """Return a digest of all that an output is made of: version, command, options, result, roster, media."""
    parts: list[object] = [__version__, task.command, task.output]
    for name, value in sorted(task.options.items()):
        if name in _NOT_IN_THE_OUTPUT:
            continue
        is_layout = isinstance(value, str) and value.endswith(".json")
        is_file = isinstance(value, Path) and value.is_file()
        parts.append([name, repr(value), _content(Path(value)) if is_layout or is_file else None])
    result = task.entry.result
    parts.append(_content(result / RESULT_FILE_NAME if result.is_dir() else result))
    parts.append(None if task.entry.roster is None else _content(task.entry.roster))
    if "media" in task.options:
        folder = media_folder(result, task.entry.media or task.options["media"])
        located = locate_media(lesson, folder, MediaStore(task.options.get("cache") or default_cache()))
        parts.append([_state(path) for _, path in sorted(located.paths.items())])
        parts.append(len(located.missing))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def end_with_parent() -> None:
    """Let this process end when its parent does, however that ended: nobody would take its rows."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="timeline-parent").start()


class LazyLog:
    """A text file that is made when the first word is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_begun = False
        self._file: TextIO | None = None
        self.encoding = "utf-8"

    def __enter__(self) -> LazyLog:
        with contextlib.suppress(OSError):
            self.path.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, text: str) -> int:
        """Write, as to a stream."""
        if self._file is None:
            with disk_errors(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
            self.is_begun = True
        return self._file.write(text)

    def flush(self) -> None:
        """Flush, as a stream."""
        if self._file is not None:
            self._file.flush()

    def isatty(self) -> bool:
        """Return that this is no terminal."""
        return False


def _run(command: Callable[..., None], task: LessonTask) -> int:
    """Run the command as if it had been typed, and return its exit status."""
    given = dict(task.options)
    given["result"] = os.fspath(task.entry.result)
    given["output"] = task.folder / task.output
    given["force"] = task.overwrite
    if task.entry.media is not None:
        given["media"] = task.entry.media
    if task.entry.roster is not None:
        given["roster"] = task.entry.roster
    try:
        command(**given)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _judged(row: LessonRow, status: int, findings: list[Finding], lines: list[str]) -> LessonRow:
    """Return the row with its status, and why."""
    grave = findings_at_least(findings, Severity.ERROR)
    if status and status not in _WITH_LOSSES:
        reason = lines[-1].removeprefix("timeline: ") if lines else f"ended with status {status}"
        return replace(row, status=FAILED, reason=reason, advice="see the log", output=None)
    if not status and not grave:
        return row
    told = grave or findings_at_least(findings, Severity.WARNING)
    reason = told[0].message if told else (lines[-1] if lines else "")
    if len(told) > 1:
        reason += f" (and {len(told) - 1} more)"
    codes = {item.code for item in told}
    if codes & {"media_missing", "media_unfetched"}:
        advice = "bring its files (timeline batch fetch, or --fetch), then run the batch again"
    elif any(code.startswith("media_") for code in codes):
        advice = "get the file again from the recording service; else the slate stays"
    else:
        advice = "see the findings: timeline check " + row.lesson
    return replace(row, status=LOOK, reason=reason, advice=advice)


def _advice_of(error: TimelineError) -> str:
    advice: dict[type[TimelineError], str] = {
        RecordingFailedError: getattr(error, "advice", "") or "nothing was recorded",
        ResultNotReadyError: "query the recording service again later",
        ResultError: "get the result again from the recording service",
        RosterError: "mend the roster and run the batch again",
        MediaNotFoundError: "bring its files (timeline batch fetch, or --fetch), then run the batch again",
        OutputExistsError: "it was not made by this batch; --force replaces it",
        OutputHeldError: "run the batch again when the other run is done",
        DiskError: "free some space, then run the batch again",
    }
    return next((text for kind, text in advice.items() if isinstance(error, kind)), "see the log")


def _still_holds(task: LessonTask, known: LessonRow, digest: str) -> bool:
    """Return whether an earlier run's output is what a new one would be."""
    if known.digest != digest or known.status == FAILED or known.output is None:
        return False
    if known.status == LOOK and task.options.get("fetch"):
        return False  # what could not be had may be there today
    return _size(task) == known.output_bytes and (task.folder / known.output).exists()


def _size(task: LessonTask) -> int | None:
    path = task.folder / task.output
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _content(path: Path) -> str:
    """Return a digest of what is in a file, or why it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return str(error.errno)


def _state(path: Path) -> list[object]:
    """Return what shows that a file was replaced."""
    try:
        facts = path.stat()
    except OSError as error:
        return [os.fsencode(path).hex(), error.errno]
    return [os.fsencode(path).hex(), facts.st_size, facts.st_mtime_ns]


@functools.cache
def _writer(folder: Path) -> LedgerWriter:
    """Return this process's part of the ledger."""
    return LedgerWriter(folder)
