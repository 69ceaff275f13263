"""The jobs of a store: the hook of each finished lesson, waiting, running, done or dead."""

from __future__ import annotations

from typing import NamedTuple

from timeline.service.store import DEAD, DONE, RUNNING, WAITING, Store


class Job(NamedTuple):
    """The hook of one finished lesson.

    Attributes:
        task_id: The lesson's task.
        state: One of `JOB_STATES`.
        tries: The number of the last try, from 1; 0 before the first.
        spent: How many tries count against the limit; `JobTable.again` sets it back.
        next_unix_ms: When a waiting job may run.
        exit_status: Of the last try; None where there was none or it was killed.
        reason: What went wrong last.
        began_unix_ms: When the last try began.
        ended_unix_ms: When the job came to its end.
    """

    task_id: str
    state: str
    tries: int
    spent: int
    next_unix_ms: int
    exit_status: int | None
    reason: str | None
    began_unix_ms: int | None
    ended_unix_ms: int | None


class JobTable:
    """The jobs of *store*."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def job(self, task_id: str) -> Job | None:
        """Return the job of a task, or None."""
        return next(
            (Job(*row) for row in self._store.rows("SELECT * FROM jobs WHERE task_id = ?", task_id)), None
        )

    def jobs(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        return [Job(*row) for row in self._store.rows("SELECT * FROM jobs ORDER BY rowid")]

    def running(self) -> list[Job]:
        """Return the jobs whose hook was begun and is not known to have ended."""
        rows = self._store.rows("SELECT * FROM jobs WHERE state = ? ORDER BY rowid", RUNNING)
        return [Job(*row) for row in rows]

    def due(self, now_unix_ms: int, limit: int) -> list[Job]:
        """Return waiting jobs whose time has come, the longest waiting first."""
        rows = self._store.rows(
            "SELECT * FROM jobs WHERE state = ? AND next_unix_ms <= ? ORDER BY next_unix_ms, rowid LIMIT ?",
            *(WAITING, now_unix_ms, limit),
        )
        return [Job(*row) for row in rows]

    def begin(self, task_id: str, now_unix_ms: int) -> Job | None:
        """Take a waiting job and return it with the number of its try; None where somebody else took it."""
        with self._store.transaction():
            changed = self._store.run(
                "UPDATE jobs SET state = ?, tries = tries + 1, spent = spent + 1, began_unix_ms = ?, "
                "exit_status = NULL WHERE task_id = ? AND state = ?",
                *(RUNNING, now_unix_ms, task_id, WAITING),
            )
            return self.job(task_id) if changed else None

    def end(self, job: Job, now_unix_ms: int, *, exit_status: int | None = None) -> None:
        """Take in that a try ended well."""
        self._close(job, DONE, now_unix_ms, exit_status, None)

    def put_off(self, job: Job, next_unix_ms: int, *, exit_status: int | None, reason: str) -> None:
        """Take in that a try failed, and when the next one may begin."""
        with self._store.transaction():
            self._store.run(
                "UPDATE jobs SET state = ?, next_unix_ms = ?, exit_status = ?, reason = ? "
                "WHERE task_id = ? AND state = ? AND tries = ?",
                *(WAITING, next_unix_ms, exit_status, reason, job.task_id, RUNNING, job.tries),
            )

    def give_up(self, job: Job, now_unix_ms: int, *, exit_status: int | None, reason: str) -> None:
        """Take in that the last try failed."""
        self._close(job, DEAD, now_unix_ms, exit_status, reason)

    def again(self, task_id: str, now_unix_ms: int) -> bool:
        """Have a job that has ended run again, with all its tries; return whether there is such a one."""
        with self._store.transaction():
            return bool(
                self._store.run(
                    "UPDATE jobs SET state = ?, spent = 0, next_unix_ms = ?, ended_unix_ms = NULL, "
                    "reason = NULL WHERE task_id = ? AND state IN (?, ?)",
                    *(WAITING, now_unix_ms, task_id, DONE, DEAD),
                )
            )

    def _close(
        self, job: Job, state: str, now_unix_ms: int, exit_status: int | None, reason: str | None
    ) -> None:
        with self._store.transaction():
            self._store.run(
                "UPDATE jobs SET state = ?, exit_status = ?, reason = ?, ended_unix_ms = ? "
                "WHERE task_id = ? AND state = ? AND tries = ?",
                *(state, exit_status, reason, now_unix_ms, job.task_id, RUNNING, job.tries),
            )
