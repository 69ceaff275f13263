"""What the journal says of tasks that were started or stopped here, read as it grows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MOST_BYTES = 1 << 20
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
    """Gives each call of a journal once; a journal that was replaced is read from its beginning.

    Args:
        path: The journal; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._inode: int | None = None

    def new_calls(self) -> Iterator[JournalCall]:
        """Give what whole lines have come since the last time. Odd lines are passed over."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            facts = os.fstat(file.fileno())
            if facts.st_ino != self._inode or facts.st_size < self._read:
                self._read, self._inode = 0, facts.st_ino
            file.seek(self._read)
            while block := file.read(_MOST_BYTES):
                whole = block.rfind(b"\n") + 1
                if not whole and len(block) < _MOST_BYTES:
                    return  # somebody is writing it
                self._read += whole or len(block)
                file.seek(self._read)
                yield from filter(None, map(_call, block[:whole].split(b"\n")))


def _call(line: bytes) -> JournalCall | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("call") not in ("start", "stop"):
        return None
    task_id, at_ms, user = (entry.get(name) for name in ("task_id", "at_unix_ms", "record_user_id"))
    if not isinstance(task_id, str) or not task_id or type(at_ms) is not int:
        return None
    if not 0 < at_ms < _MOST_STAMP_MS or not task_id.isprintable():
        return None
    room = str(entry.get("room_id"))
    room_id = int(room) if room.isascii() and room.isdigit() and len(room) < 18 else None
    return JournalCall(entry["call"], task_id, at_ms, room_id, user if isinstance(user, str) else None)
