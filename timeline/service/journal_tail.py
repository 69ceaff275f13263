"""What comes to a journal, read as it grows, by whomever it is written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from timeline.publish import disk_errors

_BLOCK_BYTES = 1 << 20
_MOST_STAMP_MS = 10**14


class JournalCall(NamedTuple):
    """A start or a stop that the service accepted.

    Attributes:
        call: ``start`` or ``stop``.
        task_id: The task.
        at_unix_ms: When.
        room_id: Its room; None where the journal does not say.
        record_user_id: Who records; None likewise.
    """

    call: str
    task_id: str
    at_unix_ms: int
    room_id: int | None
    record_user_id: str | None


class JournalTail:
    """Gives each line of a journal once; one that was replaced by another, or shrank, is read anew.

    Args:
        path: The journal; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = 0
        self._file: tuple[int, int] | None = None
        self.is_anew = False
        """Whether the last reading began at the beginning, so that what was read before counts no more."""

    def new_entries(self) -> list[dict[str, Any]]:
        """Return what whole lines have come since the last time. What is no JSON object is passed over.

        Raises:
            DiskError: The journal cannot be read.
        """
        self.is_anew = False
        with disk_errors(self._path):
            try:
                file = self._path.open("rb")
            except FileNotFoundError:
                return []
            with file:
                facts = os.fstat(file.fileno())
                if self._file != (facts.st_dev, facts.st_ino) or facts.st_size < self._read_bytes:
                    self._file, self._read_bytes = (facts.st_dev, facts.st_ino), 0
                    self.is_anew = True
                return [entry for line in self._whole_lines(file) if (entry := _object(line)) is not None]

    def _whole_lines(self, file: Any) -> Iterator[bytes]:
        file.seek(self._read_bytes)
        while block := file.read(_BLOCK_BYTES):
            whole = block.rfind(b"\n") + 1
            if not whole and len(block) < _BLOCK_BYTES:
                return  # somebody is writing it
            self._read_bytes += whole or len(block)  # a line as long as a block is none of ours
            file.seek(self._read_bytes)
            yield from block[:whole].splitlines()


def call_of(entry: Mapping[str, Any]) -> JournalCall | None:
    """Return the start or stop that a line of a journal tells of; None where it tells of none.

    Example:
        >>> call_of({"call": "stop", "task_id": "t", "at_unix_ms": 5}).task_id
        't'
    """
    if entry.get("call") not in ("start", "stop"):
        return None
    task_id, at_ms, user = (entry.get(name) for name in ("task_id", "at_unix_ms", "record_user_id"))
    if not isinstance(task_id, str) or not task_id or type(at_ms) is not int:
        return None
    if not 0 < at_ms < _MOST_STAMP_MS or not task_id.isprintable():
        return None
    room = str(entry.get("room_id"))
    room_id = int(room) if room.isascii() and room.isdigit() and len(room) < 18 else None
    return JournalCall(str(entry["call"]), task_id, at_ms, room_id, user if isinstance(user, str) else None)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
