"""What the receiver knows, in one SQLite file: events, tasks, jobs. Each change is durable before it returns.

States only move forward, an event counts once, and of a task that has ended nothing is overwritten. Threads
share one store; so may processes.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from timeline.service.callbacks import FINISHED as TOLD_FINISHED
from timeline.service.callbacks import OTHER, STARTED, Event
from timeline.service.database import Database
from timeline.service.states import FAILED, FINISHED, PREPARED, RECORDING, STOPPED, later_state

NEW, REPEAT, CONFLICT, REJECTED, LEFT_OUT = "new", "repeat", "conflict", "rejected", "left_out"
"""What became of an event. A conflict says something else than an event before it and changes nothing."""
WAITING, RUNNING, DONE, DEAD = JOB_STATES = ("waiting", "running", "done", "dead")
"""The states of a job; ``dead``: it failed too often, and waits for a person."""
MOST_EVENTS = 100
"""Of one task; further ones are counted."""
FIRST_QUERY_MS = 15 * 60_000
"""How long after its start a task is asked about first, where nobody says when it ends."""
AFTER_STOP_MS = 60_000
"""How long after its stop a task is asked about first."""
_LEAST_BETWEEN_MS = 5000
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE tasks (
  task_id TEXT PRIMARY KEY, folder TEXT NOT NULL UNIQUE, state TEXT NOT NULL, room_id INTEGER,
  record_user_id TEXT, first_unix_ms INTEGER NOT NULL, end_unix_ms INTEGER, told_unix_ms INTEGER,
  queried_unix_ms INTEGER, query_unix_ms INTEGER, unknown INTEGER NOT NULL DEFAULT 0, source TEXT,
  reason TEXT, ended_unix_ms INTEGER, left_out INTEGER NOT NULL DEFAULT 0);
CREATE INDEX tasks_by_query ON tasks (query_unix_ms) WHERE query_unix_ms IS NOT NULL;
CREATE TABLE events (
  key TEXT PRIMARY KEY, task_id TEXT NOT NULL, kind TEXT NOT NULL, word TEXT NOT NULL,
  at_unix_ms INTEGER NOT NULL, verdict TEXT NOT NULL, facts TEXT NOT NULL, body TEXT);
CREATE INDEX events_by_task ON events (task_id, kind);
CREATE TABLE jobs (
  task_id TEXT PRIMARY KEY REFERENCES tasks, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  spent INTEGER NOT NULL DEFAULT 0, next_unix_ms INTEGER NOT NULL, exit_status INTEGER, reason TEXT,
  began_unix_ms INTEGER, ended_unix_ms INTEGER);
CREATE INDEX jobs_by_state ON jobs (state, next_unix_ms);
"""
_PLAIN = re.compile(r"(?!task-|con$|prn$|aux$|nul$|com[0-9]$|lpt[0-9]$)[a-z0-9][a-z0-9_-]{0,63}")


class Task(NamedTuple):
    """A recording task as far as it is known.

    Attributes:
        task_id: Its id.
        folder: Name of its folder, which is safe whatever the id is.
        state: One of `timeline.service.states.STATES`.
        room_id: Of the recorded room; None where nobody said.
        record_user_id: Who records; None likewise.
        first_unix_ms: When it was first heard of.
        end_unix_ms: When recording ended or should have; None while nobody said so.
        told_unix_ms: When a callback first said that it had finished; None where none did.
        queried_unix_ms: When it was last asked about; None if never.
        query_unix_ms: When it is to be asked about next; None for never.
        unknown: How often in a row the service did not know it.
        source: ``query``, or ``unverified callback``; None before its end.
        reason: Why it failed, or what kept the last query from an answer.
        ended_unix_ms: When it was known here to have finished or failed.
        left_out: How many events came that were counted only.
    """

    task_id: str
    folder: str
    state: str
    room_id: int | None
    record_user_id: str | None
    first_unix_ms: int
    end_unix_ms: int | None
    told_unix_ms: int | None
    queried_unix_ms: int | None
    query_unix_ms: int | None
    unknown: int
    source: str | None
    reason: str | None
    ended_unix_ms: int | None
    left_out: int

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.state in (FINISHED, FAILED)


def folder_name(task_id: str) -> str:
    """Return the name of a task's folder: its id where that is harmless on every disk, else a hash of it.

    Example:
        >>> folder_name("g68cee8e90jcq4ogg8jb"), folder_name("../../etc")
        ('g68cee8e90jcq4ogg8jb', 'task-74ccf3c5b4c19a8167f9a3d1')
    """
    if _PLAIN.fullmatch(task_id):
        return task_id
    return f"task-{hashlib.sha256(task_id.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


class Store(Database):
    """The receiver's file; made where it is not there, for its owner's eyes only.

    Args:
        path: The file.
        after_start_ms: How long after its start a task is asked about first.
        after_stop_ms: How long after its stop.

    Raises:
        DiskError: It cannot be opened or is no such file.
        ParameterError: A later version of this library wrote it.
    """

    def __init__(
        self, path: Path, *, after_start_ms: int = FIRST_QUERY_MS, after_stop_ms: int = AFTER_STOP_MS
    ) -> None:
        self._after_start_ms, self._after_stop_ms = after_start_ms, after_stop_ms
        super().__init__(path, _SCHEMA, _SCHEMA_VERSION)

    # Events

    def knows(self, key: str) -> bool:
        """Return whether the event of that key is kept."""
        return bool(self.rows("SELECT 1 FROM events WHERE key = ?", key))

    def has_room(self, task_id: str) -> bool:
        """Return whether a further event of a task is kept, and not only counted."""
        ((count,),) = self.rows("SELECT count(*) FROM events WHERE task_id = ?", task_id)
        return bool(count < MOST_EVENTS)

    def record(self, event: Event, at_unix_ms: int, *, body: str | None = None, usable: bool = True) -> str:
        """Keep an event with all that follows from it, in one transaction; return what became of it.

        Args:
            event: What came.
            at_unix_ms: When.
            body: Its document, where that will be the lesson's result since nobody can be asked.
            usable: Whether it may count at all; what may not is kept as rejected.
        """
        with self.transaction():
            if self.knows(event.key):
                return REPEAT
            if event.kind != OTHER and usable:
                self._add_task(event.task_id, at_unix_ms, event.facts)
            if not self.has_room(event.task_id):
                self.run("UPDATE tasks SET left_out = left_out + 1 WHERE task_id = ?", event.task_id)
                self._hint(event, at_unix_ms, is_first=False)
                return LEFT_OUT
            before = "SELECT 1 FROM events WHERE task_id = ? AND kind = ? AND verdict = ?"
            is_first = event.kind == OTHER or not self.rows(before, event.task_id, event.kind, NEW)
            verdict = REJECTED if not usable else NEW if is_first else CONFLICT
            self.run(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                *(event.key, event.task_id, event.kind, event.word, at_unix_ms, verdict),
                *(json.dumps(dict(event.facts)), body if verdict == NEW else None),
            )
            if usable:
                self._hint(event, at_unix_ms, is_first=is_first)
        return verdict

    def _hint(self, event: Event, at_unix_ms: int, *, is_first: bool) -> None:
        """Let a task know what was said of it: a finish has it asked about at once, however often told."""
        task = self.task(event.task_id)
        if task is None or task.has_ended or event.kind == OTHER:
            return
        query_ms = task.query_unix_ms
        if event.kind == STARTED and not event.facts.get("error_code"):
            if is_first:
                state = later_state(task.state, RECORDING)
                query_ms = query_ms or at_unix_ms + self._after_start_ms
                update = "UPDATE tasks SET state = ?, query_unix_ms = ? WHERE task_id = ?"
                self.run(update, state, query_ms, task.task_id)
            return
        soon_ms = max(at_unix_ms, (task.queried_unix_ms or 0) + _LEAST_BETWEEN_MS)
        state, told_ms = task.state, task.told_unix_ms
        if event.kind == TOLD_FINISHED:
            told_ms = told_ms or at_unix_ms
        elif event.kind != STARTED and is_first:
            state, soon_ms = later_state(state, STOPPED), at_unix_ms + self._after_stop_ms
        self.run(
            "UPDATE tasks SET state = ?, told_unix_ms = ?, end_unix_ms = coalesce(end_unix_ms, ?), "
            "query_unix_ms = min(coalesce(query_unix_ms, ?), ?) WHERE task_id = ?",
            *(state, told_ms, at_unix_ms, soon_ms, soon_ms, task.task_id),
        )

    def told_body(self, task_id: str) -> str | None:
        """Return the document of the finish that counts, where it was kept."""
        found = self.rows(
            "SELECT body FROM events WHERE task_id = ? AND kind = ? AND verdict = ?",
            *(task_id, TOLD_FINISHED, NEW),
        )
        return found[0][0] if found else None

    def events(self, task_id: str) -> list[tuple[str, str, int]]:
        """Return (word, what became of it, when) of the events of a task, in their order."""
        rows = self.rows(
            "SELECT word, verdict, at_unix_ms FROM events WHERE task_id = ? ORDER BY rowid", task_id
        )
        return [(word, verdict, at_ms) for word, verdict, at_ms in rows]

    def prune(self, before_unix_ms: int) -> int:
        """Drop the events that came before then, but those of running tasks; return how many.

        Tasks and jobs stay, so that nothing that is repeated after years is taken for new.
        """
        with self.transaction():
            return self.run(
                "DELETE FROM events WHERE at_unix_ms < ? AND task_id NOT IN "
                "(SELECT task_id FROM tasks WHERE ended_unix_ms IS NULL)",
                before_unix_ms,
            )

    # Tasks

    def learn(
        self,
        task_id: str,
        at_unix_ms: int,
        *,
        room_id: int | None = None,
        record_user_id: str | None = None,
        end_unix_ms: int | None = None,
    ) -> None:
        """Take in that a task was started, or (with *end_unix_ms*) that it was told to stop."""
        facts = {"room_id": room_id, "record_user_id": record_user_id}
        with self.transaction():
            self._add_task(task_id, at_unix_ms, facts)
            task = self.task(task_id)
            if task is None or task.has_ended:
                return
            if end_unix_ms is not None and task.end_unix_ms is None:
                self.run(
                    "UPDATE tasks SET end_unix_ms = ?, query_unix_ms = min(coalesce(query_unix_ms, ?), ?) "
                    "WHERE task_id = ?",
                    *(end_unix_ms, *(2 * [end_unix_ms + self._after_stop_ms]), task_id),
                )
            elif task.query_unix_ms is None and task.queried_unix_ms is None:
                self.run(
                    "UPDATE tasks SET query_unix_ms = ? WHERE task_id = ?",
                    at_unix_ms + self._after_start_ms,
                    task_id,
                )

    def _add_task(self, task_id: str, at_unix_ms: int, facts: Any) -> None:
        self.run(
            "INSERT OR IGNORE INTO tasks (task_id, folder, state, first_unix_ms) VALUES (?, ?, ?, ?)",
            *(task_id, folder_name(task_id), PREPARED, at_unix_ms),
        )
        self.run(
            "UPDATE tasks SET room_id = coalesce(room_id, ?), record_user_id = coalesce(record_user_id, ?) "
            "WHERE task_id = ?",
            *(facts.get("room_id"), facts.get("record_user_id"), task_id),
        )

    def task(self, task_id: str) -> Task | None:
        """Return a task, or None."""
        return next((Task(*row) for row in self.rows("SELECT * FROM tasks WHERE task_id = ?", task_id)), None)

    def tasks(self) -> list[Task]:
        """Return all tasks, the first one first."""
        return [Task(*row) for row in self.rows("SELECT * FROM tasks ORDER BY first_unix_ms, task_id")]

    def due_tasks(self, now_unix_ms: int, limit: int = 100) -> list[Task]:
        """Return tasks that are to be asked about, those that have waited longest first."""
        select = "SELECT * FROM tasks WHERE query_unix_ms <= ? ORDER BY query_unix_ms LIMIT ?"
        return [Task(*row) for row in self.rows(select, now_unix_ms, limit)]

    def next_query_ms(self) -> int | None:
        """Return when the next task is to be asked about."""
        ((next_ms,),) = self.rows("SELECT min(query_unix_ms) FROM tasks")
        return int(next_ms) if next_ms is not None else None

    def queried(
        self,
        asked: Task,
        at_unix_ms: int,
        next_unix_ms: int | None,
        *,
        state: str | None = None,
        unknown: int = 0,
        reason: str | None = None,
    ) -> None:
        """Take in what a query that found no end said, and when to ask again.

        A hint that came while the query was under way is kept: it asks earlier.
        """
        with self.transaction():
            task = self.task(asked.task_id)
            if task is None or task.has_ended:
                return
            if task.query_unix_ms is not None and task.query_unix_ms != asked.query_unix_ms:
                next_unix_ms = min(task.query_unix_ms, next_unix_ms or task.query_unix_ms)
            told = later_state(task.state, state) if state is not None else task.state
            end_ms = at_unix_ms if told == STOPPED and task.end_unix_ms is None else task.end_unix_ms
            self.run(
                "UPDATE tasks SET state = ?, end_unix_ms = ?, queried_unix_ms = ?, query_unix_ms = ?, "
                "unknown = ?, reason = ? WHERE task_id = ?",
                *(told, end_ms, at_unix_ms, next_unix_ms, unknown, reason, task.task_id),
            )

    def ask_now(self, task_id: str, now_unix_ms: int) -> bool:
        """Have a task that has not ended asked about now; return whether there is such a one."""
        with self.transaction():
            return bool(
                self.run(
                    "UPDATE tasks SET query_unix_ms = ? WHERE task_id = ? AND ended_unix_ms IS NULL",
                    *(now_unix_ms, task_id),
                )
            )

    def end(
        self, task_id: str, at_unix_ms: int, *, source: str, failed: str | None = None, hook: bool = True
    ) -> bool:
        """End a task, and make the job of a lesson that finished; return whether it had not ended before.

        Args:
            task_id: The task.
            at_unix_ms: When.
            source: Who said so.
            failed: Why there is no lesson.
            hook: Whether there is anything to run for the lesson.
        """
        with self.transaction():
            task = self.task(task_id)
            if task is None or task.has_ended:
                return False
            self.run(
                "UPDATE tasks SET state = ?, source = ?, reason = ?, ended_unix_ms = ?, "
                "query_unix_ms = NULL, queried_unix_ms = ? WHERE task_id = ?",
                *(FAILED if failed else FINISHED, source, failed, at_unix_ms, at_unix_ms, task_id),
            )
            if not failed:
                self.run(
                    "INSERT OR IGNORE INTO jobs (task_id, state, next_unix_ms, ended_unix_ms, reason) "
                    "VALUES (?, ?, ?, ?, ?)",
                    *(task_id, WAITING if hook else DONE, at_unix_ms, None if hook else at_unix_ms),
                    None if hook else "no hook",
                )
        return True

    # The file
