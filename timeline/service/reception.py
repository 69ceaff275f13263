"""What stands behind the receiver's door: callbacks are kept before they are answered, then followed.

No HTTP here. Two threads do what follows: one asks about tasks and lays lessons down, one looks after hooks.
Of several processes that share a folder one does this work; all of them may answer callbacks.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from timeline.errors import ParameterError, TimelineError
from timeline.journal import append_entry
from timeline.publish import disk_errors
from timeline.service.callbacks import (
    FINISHED,
    GRACE_S,
    INTERNAL,
    LONG_LIFE_S,
    OK,
    OTHER,
    Event,
    Refusal,
    judge_callback,
    judge_query,
)
from timeline.service.follow import Ended, Follower, FollowRules, Query
from timeline.service.jobs import Hook, JobRules, JobRunner
from timeline.service.leases import take_lease
from timeline.service.secrets import Credentials
from timeline.service.store import REPEAT, Store

STORE_NAME = "receiver.sqlite3"
LEASE_NAME = ".receiver.lock"
_LOG = logging.getLogger(__name__)
_TICK_S = 1.0
_LOOK_S = 0.1


class Answer(NamedTuple):
    """What a callback is answered.

    Attributes:
        status: Over HTTP.
        error_code: 0 where all is safe on disk, else a number of the guide's error table.
        words: Why not; empty where all is well.
    """

    status: int
    error_code: int
    words: str = ""


class Reception:
    """Takes callbacks in, and sees to what follows from them while it is entered, or from `start` to `stop`.

    Args:
        folder: Where the store and the lessons lie; made where it is not there.
        credentials: Our account: ``tic_key`` for the guide's callbacks, ``callback_key`` for TIW's.
        query: Asks the service about a task; None where nobody can be asked.
        allow_hosts: Needed without *query*: the hosts to which a result's links may lead.
        journal: Gets a line for each callback, and tells which tasks were started.
        hook: What is run once for each finished lesson.
        on_ended: Is called in a thread with each task that ends while this process runs.
        grace_s: For how long an expired signature still counts; by default 15 minutes where *query* is given.
        now_unix_ms: Our clock.
        follow_rules: When tasks are asked about.
        job_rules: How hooks are run.

    Raises:
        ParameterError: Neither *query* nor *allow_hosts* is given, no key is, or a host is none.
        DiskError: The folder or the store cannot be used.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        credentials: Credentials,
        *,
        query: Query | None,
        allow_hosts: Iterable[str] = (),
        journal: str | os.PathLike[str] | None = None,
        hook: Hook | None = None,
        on_ended: Callable[[Ended], None] | None = None,
        grace_s: int | None = None,
        now_unix_ms: Callable[[], int] | None = None,
        follow_rules: FollowRules | None = None,
        job_rules: JobRules | None = None,
    ) -> None:
        hosts = tuple(allow_hosts)
        if query is None and not hosts:
            raise ParameterError(
                "without queries callbacks are believed; say where their links may lead with --allow-host"
            )
        if credentials.tic_key is None and credentials.callback_key is None:
            raise ParameterError("no tic_key and no callback_key is known; callbacks are signed with one")
        self.folder = Path(folder).resolve()
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._credentials = credentials
        self._asks = query is not None
        self._journal = Path(journal) if journal is not None else None
        self._grace_s = grace_s if grace_s is not None else GRACE_S if self._asks else 0
        self._now = now_unix_ms or (lambda: time.time_ns() // 1_000_000)
        rules = follow_rules or FollowRules()
        self.store = Store(
            self.folder / STORE_NAME,
            after_start_ms=1000 * rules.while_recording_s,
            after_stop_ms=1000 * rules.after_end_s[0],
        )
        self.follower = Follower(
            self.store,
            self.folder,
            query=query,
            now_unix_ms=self._now,
            journal=self._journal,
            allow_hosts=hosts,
            has_hook=hook is not None,
            on_ended=on_ended or (lambda _: None),
            rules=rules,
        )
        self.runner: JobRunner | None = None
        if hook is not None:
            absolute = None if self._journal is None else self._journal.absolute()
            self.runner = JobRunner(
                self.store, self.folder, hook, now_unix_ms=self._now, journal=absolute, rules=job_rules
            )
        self._accepting = threading.Lock()
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._threads: list[threading.Thread] = []

    # Callbacks

    def refuse(self, query: bytes) -> Answer | None:
        """Return why a callback is refused whatever its body is, or None."""
        verdict = judge_query(query, self._credentials, now_s=self._now() // 1000, grace_s=self._grace_s)
        return _refused(verdict) if isinstance(verdict, Refusal) else None

    def accept(self, query: bytes, body: bytes) -> Answer:
        """Judge a callback and keep it; when this returns 0, it is on disk.

        Args:
            query: What stands behind the ``?`` of its URL.
            body: Its body.
        """
        now_ms = self._now()
        verdict = judge_callback(query, body, self._credentials, now_s=now_ms // 1000, grace_s=self._grace_s)
        if isinstance(verdict, Refusal):
            return _refused(verdict)
        try:
            outcome = self._keep(verdict, now_ms)
        except (sqlite3.Error, OSError, TimelineError) as error:
            _LOG.error("a callback cannot be kept, so the service will repeat it: %s", error)
            return Answer(500, INTERNAL, "the callback cannot be kept; send it again")
        _LOG.info("%s of task %s: %s", verdict.word, verdict.task_id, outcome)
        return Answer(200, OK)

    def _keep(self, event: Event, now_ms: int) -> str:
        document = json.dumps(event.document) if self._believes(event) else None
        usable = document is None or self.follower.is_believable(document)
        if not usable:
            _LOG.warning("task %s: links lead to hosts that are not allowed, or no lesson", event.task_id)
        if event.lives_s > LONG_LIFE_S:
            _LOG.warning("a callback's signature counts for %d more days", event.lives_s // LONG_LIFE_S)
        with self._accepting:
            if self.store.knows(event.key):
                return REPEAT
            if self._journal is not None and usable and self.store.has_room(event.task_id):
                append_entry(self._journal, _entry(event, now_ms))
            outcome = self.store.record(event, now_ms, body=document, usable=usable)
        self._woken.set()
        return outcome

    def _believes(self, event: Event) -> bool:
        return event.kind == FINISHED and not self._asks

    # Work

    def start(self) -> None:
        """Begin to see to what follows from callbacks; does nothing where that has begun."""
        with self._starting:
            if self._threads:
                return
            self._stopping.clear()
            loops: dict[str, Callable[[], None]] = {"timeline-follow": self._follow}
            if self.runner is not None:
                loops["timeline-jobs"] = self._run_jobs
            lease = _Turn(self.folder / LEASE_NAME, len(loops))
            for name, loop in loops.items():
                thread = threading.Thread(target=self._work, args=(loop, lease), name=name, daemon=True)
                self._threads.append(thread)
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """End the work after what is being done now. Hooks go on; the next start takes their ends in."""
        with self._starting:
            self._stopping.set()
            self._woken.set()
            for thread in self._threads:
                thread.join()
            self._threads = []

    def close(self) -> None:
        """Stop and close the store."""
        self.stop()
        self.store.close()

    def __enter__(self) -> Reception:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _work(self, loop: Callable[[], None], turn: _Turn) -> None:
        try:
            while not self._stopping.is_set():
                if not turn.is_ours():
                    self._stopping.wait(_TICK_S)
                    continue
                try:
                    loop()
                except Exception:
                    _LOG.exception("the receiver's work failed; it is tried again")
                    self._stopping.wait(_TICK_S)
        finally:
            turn.leave()

    def _follow(self) -> None:
        self._woken.clear()
        self.follower.step()
        next_ms = self.store.next_query_ms()
        wait_s = _TICK_S if next_ms is None else min(_TICK_S, max(0.0, (next_ms - self._now()) / 1000))
        self._woken.wait(wait_s)

    def _run_jobs(self) -> None:
        assert self.runner is not None
        self.runner.step()
        self._stopping.wait(_LOOK_S)


class _Turn:
    """Whether the work is this process's; the threads that share it give it back together."""

    def __init__(self, path: Path, workers: int) -> None:
        self._path = path
        self._workers = workers
        self._lock = threading.Lock()
        self._lease: int | None = None

    def is_ours(self) -> bool:
        with self._lock:
            if self._lease is None:
                try:
                    self._lease = take_lease(self._path)
                except OSError as error:
                    _LOG.error("%s: cannot be made: %s", self._path, error)
            return self._lease is not None

    def leave(self) -> None:
        with self._lock:
            self._workers -= 1
            if not self._workers and self._lease is not None:
                os.close(self._lease)
                self._lease = None


def _refused(refusal: Refusal) -> Answer:
    _LOG.warning("refused a callback: %d, %s", refusal.status, refusal.words)
    return Answer(refusal.status, refusal.error_code, refusal.words)


def _entry(event: Event, now_ms: int) -> dict[str, int | str]:
    """Return the line of the journal for an event."""
    entry: dict[str, int | str] = {"at_unix_ms": now_ms, "event": event.kind, "task_id": event.task_id}
    if event.kind == OTHER:
        entry["word"] = event.word
    return entry | dict(event.facts)
