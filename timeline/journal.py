"""The journal: when recording was told to pause and to resume, by whoever told it.

A file of JSON lines. Each line that counts has ``at_unix_ms`` (when the service accepted the call) and
``call`` (``start``, ``pause``, ``resume`` or ``stop``); ``task_id`` says which recording is meant. Other
keys, and lines without ``call``, may hold whatever else the writer wants to remember.

Our own client writes a line with ``asked`` before it sends a call. Where no line with the same ``random``
tells how that ended, the call counts if the next accepted one proves it: who could resume had paused.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from timeline.errors import JournalError
from timeline.findings import Finding, finding
from timeline.publish import disk_errors, sync_folder
from timeline.sinks import file_name

CALLS = ("start", "pause", "resume", "stop")
"""The calls that count."""

_MAX_BYTES = 16 * 1024 * 1024
_MAX_LINE_BYTES = 1024 * 1024
_MAX_STAMP_MS = 10**14
_PROVEN_BY = {"pause": "resume", "resume": "pause"}
"""Which accepted call proves that the one before it was carried out."""


class Call(NamedTuple):
    """One call to the recording service.

    Attributes:
        at_unix_ms: When the service accepted it.
        call: A name from `CALLS`.
        task_id: The recording task that is meant; None if the journal does not say.
        room_id: The room, as text; None if the journal does not say, as with all calls but starts.
    """

    at_unix_ms: int
    call: str
    task_id: str | None
    room_id: str | None = None


class ToldPause(NamedTuple):
    """A pause as the calls tell it.

    Attributes:
        pause_unix_ms: When the pause was asked for.
        resume_unix_ms: When the resumption was; None where none followed.
    """

    pause_unix_ms: int
    resume_unix_ms: int | None


@dataclass(frozen=True, slots=True)
class Journal:
    """All calls, earliest first, and what was odd about the file."""

    calls: tuple[Call, ...]
    findings: tuple[Finding, ...] = ()

    def calls_of(self, task_id: str | None, room_id: str | None = None) -> tuple[Call, ...]:
        """Return the calls of one task, earliest first.

        Args:
            task_id: The task; calls that name another one are left out. None takes all that may be meant.
            room_id: The room of the lesson: without *task_id*, tasks that were started in another room are
                left out.
        """
        elsewhere = {
            call.task_id
            for call in self.calls
            if None not in (room_id, call.room_id) and room_id != call.room_id
        }
        return tuple(
            call
            for call in self.calls
            if call.task_id is None
            or call.task_id == task_id
            or (task_id is None and call.task_id not in elsewhere)
        )

    def pauses(self, task_id: str | None, room_id: str | None = None) -> tuple[ToldPause, ...]:
        """Return the pauses of one task, earliest first; of repeated calls the first counts.

        Args:
            task_id: As for `calls_of`.
            room_id: As for `calls_of`.

        Example:
            >>> calls = (Call(1000, "pause", None), Call(61_000, "resume", None))
            >>> Journal(calls).pauses("any")
            (ToldPause(pause_unix_ms=1000, resume_unix_ms=61000),)
        """
        told: list[ToldPause] = []
        since_ms: int | None = None
        for call in self.calls_of(task_id, room_id):
            if call.call == "pause" and since_ms is None:
                since_ms = call.at_unix_ms
            elif call.call in ("resume", "stop", "start") and since_ms is not None:
                told.append(ToldPause(since_ms, call.at_unix_ms if call.call == "resume" else None))
                since_ms = None
        if since_ms is not None:
            told.append(ToldPause(since_ms, None))
        return tuple(told)


def read_journal(path: str | os.PathLike[str]) -> Journal:
    """Return the journal in a file of JSON lines. A last line that was cut short is left out with a finding.

    Raises:
        JournalError: It cannot be read, or a line is no JSON object, or a call has no time.
    """
    entries, findings = read_entries(path)
    calls = sorted(_calls(entries, Path(path)), key=lambda call: call.at_unix_ms)  # of one ms, as in the file
    return Journal(tuple(calls), tuple(findings))


def read_entries(path: str | os.PathLike[str]) -> tuple[dict[int, dict[str, Any]], list[Finding]]:
    """Return all lines of a journal by their numbers, and what is odd about the file.

    Raises:
        JournalError: It cannot be read, or a line is no JSON object.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise JournalError(f"{path}: cannot be read: {reason.lower()}") from error
    if len(data) > _MAX_BYTES:
        raise JournalError(f"{path}: has more than {_MAX_BYTES} bytes; so many are read at most")
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    findings = []
    if lines[-1].strip() and _object(lines[-1]) is None:  # a whole line ends with a newline
        message = f"{file_name(path)}: the last line is cut short; left out"
        findings.append(finding("journal_odd", message, where=file_name(path)))
        lines.pop()
    entries = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _object(line)
        if entry is None:
            raise JournalError(f"{path}: line {number} is no JSON object; expected one call a line")
        entries[number] = entry
    return entries, findings


def append_entry(path: str | os.PathLike[str], entry: Mapping[str, Any]) -> None:
    """Append one line to a journal; when this returns, it is on the disk.

    Several processes may append at once. A file that is made is open to its owner alone. What a writer that
    was killed left of a line is removed.

    Raises:
        DiskError: It cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     append_entry(f"{folder}/calls.jsonl", {"at_unix_ms": 1558614039200, "call": "pause"})
        ...     read_journal(f"{folder}/calls.jsonl").calls[0].call
        'pause'
    """
    path = Path(path)
    line = json.dumps(dict(entry), ensure_ascii=False, separators=(", ", ": ")).encode() + b"\n"
    with disk_errors(path):
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        try:
            _lock(handle)
            _mend_end(handle)
            size = os.fstat(handle).st_size
            try:
                written = 0
                while written < len(line):
                    written += os.write(handle, line[written:])
                os.fsync(handle)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)
        if is_new:
            sync_folder(path.parent)


def _lock(handle: int) -> None:
    """Wait until no other process appends; let go when the file is closed."""
    try:
        import fcntl
    except ImportError:  # not on Windows: there one process may append at a time
        return
    fcntl.flock(handle, fcntl.LOCK_EX)


def _mend_end(handle: int) -> None:
    """End the last line of a file, or remove it where it was cut short."""
    size = os.fstat(handle).st_size
    os.lseek(handle, max(0, size - _MAX_LINE_BYTES), os.SEEK_SET)
    tail = os.read(handle, _MAX_LINE_BYTES)
    last = tail[tail.rfind(b"\n") + 1 :]
    if last.strip() and _object(last) is not None:
        os.write(handle, b"\n")
    elif last:
        os.ftruncate(handle, size - len(last))


def _calls(entries: Mapping[int, Mapping[str, Any]], path: Path) -> Iterable[Call]:
    """Give the calls that were accepted, and those that were asked and are proven."""
    answered = {
        entry["random"]
        for entry in entries.values()
        if "asked" not in entry and isinstance(entry.get("random"), (int, str))
    }
    open_calls: dict[str | None, Call] = {}  # of each task, the one whose end nobody tells
    for number, entry in entries.items():
        asked = entry.get("asked")
        is_open = isinstance(entry.get("random"), (int, str)) and entry["random"] not in answered
        if isinstance(asked, str) and asked in _PROVEN_BY and is_open:
            call = _call(entry, asked, number, path)
            open_calls.setdefault(call.task_id, call)
        if entry.get("call") not in CALLS:
            continue
        call = _call(entry, str(entry["call"]), number, path)
        before = open_calls.pop(call.task_id, None)
        if before and _PROVEN_BY[before.call] == call.call:
            yield before
        yield call


def _call(entry: Mapping[str, Any], name: str, number: int, path: Path) -> Call:
    at_ms, task_id, room_id = entry.get("at_unix_ms"), entry.get("task_id"), entry.get("room_id")
    if type(at_ms) is not int or not 0 < at_ms < _MAX_STAMP_MS:
        raise JournalError(f"{path}: line {number} has no at_unix_ms; each call needs its time in Unix ms")
    return Call(
        at_ms,
        name,
        str(task_id) if task_id is not None else None,
        str(room_id) if room_id is not None else None,
    )


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
