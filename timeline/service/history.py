"""What a journal tells of the tasks: in which state each is, since when, and which users have recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline.service.journal_tail import JournalTail
from timeline.service.states import AFTER, STATES, later_state


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """One task.

    Attributes:
        state: One of `timeline.service.states.STATES`; None while nothing certain is known.
        called_unix_ms: When the service accepted the last call; None where none is known.
    """

    state: str | None = None
    called_unix_ms: int | None = None


class History:
    """All tasks of a journal, kept up to date line by line."""

    def __init__(self, entries: Iterable[Mapping[str, Any]] = ()) -> None:
        self._tasks: dict[str, TaskHistory] = {}
        self._open: dict[int, str] = {}  # random of a pause or resumption whose end is not told → its task
        self.record_user_ids: set[str] = set()
        for entry in entries:
            self.add(entry)

    def of(self, task_id: str) -> TaskHistory:
        """Return what is known of a task.

        Example:
            >>> History([{"call": "start", "task_id": "t", "at_unix_ms": 5}]).of("t")
            TaskHistory(state='prepared', called_unix_ms=5)
        """
        return self._tasks.get(task_id, TaskHistory())

    def add(self, entry: Mapping[str, Any]) -> None:
        """Take one more line into account; lines of another kind change nothing."""
        if isinstance(entry.get("record_user_id"), str):
            self.record_user_ids.add(entry["record_user_id"])
        task_id, random = entry.get("task_id"), entry.get("random")
        if "asked" not in entry and isinstance(random, int):
            self._open.pop(random, None)
        if not isinstance(task_id, str):
            return
        known = self.of(task_id)
        at_ms = entry.get("at_unix_ms")
        if entry.get("asked") in ("pause", "resume") and isinstance(random, int):
            self._open[random] = task_id
        elif (call := entry.get("call")) in AFTER:
            self._open = {key: task for key, task in self._open.items() if task != task_id}
            called_ms = at_ms if type(at_ms) is int else known.called_unix_ms
            self._tasks[task_id] = TaskHistory(AFTER[str(call)], called_ms)
        elif (told := entry.get("state")) in STATES:
            state = later_state(known.state, str(told), tells_pauses=entry.get("tells_pauses") is True)
            self._tasks[task_id] = TaskHistory(state, known.called_unix_ms)

    def is_in_doubt(self, task_id: str) -> bool:
        """Return whether a pause or resumption of this task was asked for and nobody knows how it ended."""
        return task_id in self._open.values()


class JournalHistory:
    """The history in a journal, as it grows.

    Args:
        path: The journal; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._tail = JournalTail(path)
        self._history = History()

    def now(self) -> History:
        """Return what all lines tell by now.

        Raises:
            DiskError: The journal cannot be read.
        """
        entries = self._tail.new_entries()
        if self._tail.is_anew:
            self._history = History()
        for entry in entries:
            self._history.add(entry)
        return self._history
