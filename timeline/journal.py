"""The journal: when recording was told to pause and to resume, by whoever told it.

A file of JSON lines. Each line that counts has ``at_unix_ms`` (when the service accepted the call) and
``call`` (``start``, ``pause``, ``resume`` or ``stop``); ``task_id`` says which recording is meant. Other
keys, and lines without ``call``, may hold whatever else the writer wants to remember.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from timeline.errors import JournalError
from timeline.findings import Finding, finding
from timeline.sinks import file_name

CALLS = ("start", "pause", "resume", "stop")
"""The calls that count."""

_MAX_BYTES = 16 * 1024 * 1024
_MAX_STAMP_MS = 10**14


class Call(NamedTuple):
    """One call to the recording service.

    Attributes:
        at_unix_ms: When the service accepted it.
        call: A name from `CALLS`.
        task_id: The recording task that is meant; None if the journal does not say.
    """

    at_unix_ms: int
    call: str
    task_id: str | None


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

    def pauses(self, task_id: str | None) -> tuple[ToldPause, ...]:
        """Return the pauses of one task, earliest first; of repeated calls the first counts.

        Args:
            task_id: The task; calls that name another one are left out. None takes all.

        Example:
            >>> calls = (Call(1000, "pause", None), Call(61_000, "resume", None))
            >>> Journal(calls).pauses("any")
            (ToldPause(pause_unix_ms=1000, resume_unix_ms=61000),)
        """
        told: list[ToldPause] = []
        since_ms: int | None = None
        for call in self.calls:
            if None not in (task_id, call.task_id) and task_id != call.task_id:
                continue
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
    calls = sorted(_calls(lines, path), key=lambda call: call.at_unix_ms)  # of one ms, in the file's order
    return Journal(tuple(calls), tuple(findings))


def _calls(lines: Iterable[bytes], path: Path) -> Iterable[Call]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _object(line)
        if entry is None:
            raise JournalError(f"{path}: line {number} is no JSON object; expected one call a line")
        if entry.get("call") not in CALLS:
            continue
        at_ms, task_id = entry.get("at_unix_ms"), entry.get("task_id")
        if type(at_ms) is not int or not 0 < at_ms < _MAX_STAMP_MS:
            raise JournalError(
                f"{path}: line {number} has no at_unix_ms; each call needs its time in Unix ms"
            )
        yield Call(at_ms, str(entry["call"]), str(task_id) if task_id is not None else None)


def _object(line: bytes) -> dict[str, object] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
