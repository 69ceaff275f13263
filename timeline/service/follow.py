"""From a hint to a lesson: tasks are asked about until they have ended, whether or not a callback came.

A task that a callback says has finished is asked about at once; one of which nothing is heard, by a schedule.
Both ways meet in `Follower.settle`, which lays a lesson's ``result.json`` down and ends its task, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from timeline.errors import (
    DiskError,
    FetchError,
    RecordingFailedError,
    ResultError,
    ResultNotReadyError,
    ServiceError,
    ServiceRefusedError,
    TaskUnknownError,
)
from timeline.jsontext import ascii_json, json_text
from timeline.media.address import parse, policy_of
from timeline.publish import disk_errors, remove_parts, sync_folder, write_text
from timeline.results import read_result
from timeline.results.advice import failure
from timeline.service.journal_tail import JournalTail, call_of
from timeline.service.messages import TaskAnswer
from timeline.service.states import FINISHED, PAUSED, PREPARED, RECORDING, STATES
from timeline.service.store import Store, Task
from timeline.sinks import terminal_text

QUERIED, UNVERIFIED = "query", "unverified callback"
"""Who said what a lesson's result is."""

_LOG = logging.getLogger(__name__)
_HOUR_S = 3600
_DAY_MS = 86_400_000
_MOST_REASON_CHARACTERS = 300


class Query(Protocol):
    """What asks the service about a task; raises `ServiceError` and its kin."""

    def __call__(self, task_id: str, /) -> TaskAnswer:
        """Return what the service says of a task."""


@dataclass(frozen=True, slots=True)
class FollowRules:
    """When tasks are asked about.

    Attributes:
        after_end_s: How long after the expected end; then every hour.
        longest_after_end_s: When nothing is expected any more.
        while_recording_s: How often a task is asked about of which no end is known, or that is said to go on.
        longest_s: When a task is given up of which no end is known; the service records 24 hours at most.
        after_failure_s: When to ask again where no answer came.
        most_unknown: How often in a row the service may not know a task before that counts.
        oldest_start_s: Older starts in a journal are passed over.
        most_at_once: How many queries run side by side.
        keep_events_s: When events of ended tasks are dropped.
    """

    after_end_s: tuple[int, ...] = (60, 120, 240, 480, 900, 1800, 3600)
    longest_after_end_s: int = 24 * _HOUR_S
    while_recording_s: int = 15 * 60
    longest_s: int = 25 * _HOUR_S
    after_failure_s: int = 60
    most_unknown: int = 3
    oldest_start_s: int = 72 * _HOUR_S
    most_at_once: int = 4
    keep_events_s: int = 90 * 24 * _HOUR_S


class Ended(NamedTuple):
    """A task that has come to its end, and that nobody has heard of before.

    Attributes:
        task_id: The task.
        folder: Where its result lies.
        result: The result's file; None where the task failed.
        source: ``query``, or ``unverified callback``.
        reason: Why it failed; None where it did not.
        room_id: Of the room; None where nobody said.
    """

    task_id: str
    folder: Path
    result: Path | None
    source: str
    reason: str | None
    room_id: int | None


def next_query_ms(task: Task, state: str, now_unix_ms: int, rules: FollowRules) -> int | None:
    """Return when a task is to be asked about after an answer that told *state*; None for never.

    Example:
        >>> task = Task("t", "t", "stopped", None, None, 0, 0, *[None] * 3, 0, *[None] * 3, 0)
        >>> [next_query_ms(task, "stopped", 60_000 * minute, FollowRules()) for minute in (0, 1, 3, 61, 1440)]
        [60000, 120000, 240000, 7200000, None]
    """
    goes_on = state in (PREPARED, RECORDING, PAUSED)
    later_ms = now_unix_ms + 1000 * rules.while_recording_s
    last_ms = task.first_unix_ms + 1000 * rules.longest_s
    if task.end_unix_ms is None:
        return later_ms if now_unix_ms < last_ms else None
    since_s = (now_unix_ms - task.end_unix_ms) // 1000
    if since_s >= rules.longest_after_end_s:
        return later_ms if goes_on and now_unix_ms < last_ms else None
    after_s = next((s for s in rules.after_end_s if s > since_s), (since_s // _HOUR_S + 1) * _HOUR_S)
    next_ms = task.end_unix_ms + 1000 * after_s
    return min(next_ms, later_ms) if goes_on else next_ms


class Follower:
    """Asks about tasks and ends them.

    Args:
        store: What is known.
        folder: Where lessons are laid down, each in a folder of its own.
        query: Asks the service; None where nobody can be asked: then a callback is believed.
        now_unix_ms: Our clock.
        journal: Tells which tasks were started and stopped.
        allow_hosts: Where nobody can be asked: the hosts that a result may name, ``.example`` for all below.
        has_hook: Whether there is anything to run for a lesson.
        on_ended: Is called with each task that has ended.
        rules: When to ask.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        query: Query | None,
        now_unix_ms: Callable[[], int],
        journal: Path | None = None,
        allow_hosts: Iterable[str] = (),
        has_hook: bool = True,
        on_ended: Callable[[Ended], None] = lambda _: None,
        rules: FollowRules | None = None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._query = query
        self._now = now_unix_ms
        self._tail = JournalTail(journal) if journal is not None else None
        self._hosts = AllowedHosts(allow_hosts)
        self._has_hook = has_hook
        self._on_ended = on_ended
        self._rules = rules or FollowRules()
        self._pruned_ms = 0

    def step(self) -> int:
        """Take in what the journal says, then ask about each task whose time has come; return how many."""
        now_ms = self._now()
        if now_ms - self._pruned_ms > _DAY_MS:
            self._store.prune(now_ms - 1000 * self._rules.keep_events_s)
            self._pruned_ms = now_ms
        self._learn(now_ms)
        due = self._store.due_tasks(now_ms)
        if len(due) < 2 or self._rules.most_at_once < 2:
            for task in due:
                self.follow(task)
        else:
            with ThreadPoolExecutor(self._rules.most_at_once, "timeline-query") as pool:
                list(pool.map(self.follow, due))
        return len(due)

    def _learn(self, now_ms: int) -> None:
        if self._query is None or self._tail is None:
            return
        for call in filter(None, map(call_of, self._tail.new_entries())):
            if now_ms - call.at_unix_ms > 1000 * self._rules.oldest_start_s:
                continue
            end_ms = call.at_unix_ms if call.call == "stop" else None
            self._store.learn(
                call.task_id,
                call.at_unix_ms,
                room_id=call.room_id,
                record_user_id=call.record_user_id,
                end_unix_ms=end_ms,
            )

    def follow(self, task: Task) -> None:
        """Ask about one task, and act on the answer. Whatever goes wrong has it asked about later."""
        try:
            if self._query is None:
                self._believe(task)
            else:
                self._ask(task, self._query)
        except DiskError as error:
            self._put_off(task, f"the result cannot be kept: {error}")
        except Exception as error:
            _LOG.exception("asking about a task failed")
            self._put_off(task, f"asking failed: {type(error).__name__}")

    def _ask(self, task: Task, query: Query) -> None:
        try:
            answer = query(task.task_id)
        except TaskUnknownError as error:
            if task.unknown + 1 >= self._rules.most_unknown:
                self._fail(task, QUERIED, f"the service does not know this task: {error}")
            else:
                next_ms = self._now() + 1000 * self._rules.after_failure_s
                self._store.queried(
                    task, self._now(), next_ms, unknown=task.unknown + 1, reason=_short(str(error))
                )
        except ServiceRefusedError as error:
            if _is_about_the_task(error.error_code):
                self._fail(task, QUERIED, str(error))
            else:
                self._put_off(task, str(error))
        except ServiceError as error:
            self._put_off(task, str(error))
        else:
            self._take(task, answer)

    def _take(self, task: Task, answer: TaskAnswer) -> None:
        if answer.task_id != task.task_id:
            self._put_off(task, "the answer was about another task")
            return
        if answer.state == FINISHED:
            self.settle(task, answer.result_text(), QUERIED)
            return
        state = answer.state if answer.state in STATES else None
        if state == STATES[-1]:
            self._fail(task, QUERIED, str(failure(answer.error_code or 0, answer.error_text)))
            return
        self._not_yet(task, state, None)

    def _believe(self, task: Task) -> None:
        body = self._store.told_body(task.task_id)
        if body is not None:
            self.settle(task, body, UNVERIFIED)
        else:
            self._store.queried(task, self._now(), None)

    def settle(self, task: Task, text: str, source: str) -> None:
        """Lay the result of a task down and end it; what ends nothing has it asked about later.

        Args:
            task: The task.
            text: Its result, JSON.
            source: Who said so.
        """
        if not _is_utf8(text):
            text = ascii_json(text)
        try:
            read_result(text)
        except ResultNotReadyError as error:
            self._not_yet(task, None, str(error))
            return
        except (RecordingFailedError, ResultError) as error:
            self._write(task, "answer.json", text)
            self._fail(task, source, str(error))
            return
        self._write(task, "receipt.json", json_text({"task_id": task.task_id, "source": source}) + "\n")
        result = self._write(task, "result.json", text)
        if self._store.end(task.task_id, self._now(), source=source, hook=self._has_hook):
            self._on_ended(Ended(task.task_id, result.parent, result, source, None, task.room_id))

    def is_believable(self, text: str) -> bool:
        """Return whether a callback may be believed where nobody can be asked: its links are to our hosts."""
        try:
            return all(self._hosts.allow(file.url) for file in read_result(text).files if file.url)
        except RecordingFailedError:
            return True
        except ResultError:
            return False

    def _write(self, task: Task, name: str, text: str) -> Path:
        folder = self._folder / task.folder
        with disk_errors(folder):
            if not folder.is_dir():
                folder.mkdir()
                sync_folder(self._folder)
        remove_parts(folder / name)  # what a receiver that was killed left of it
        write_text(folder / name, text)
        return folder / name

    def _fail(self, task: Task, source: str, reason: str) -> None:
        words = _short(reason)
        if self._store.end(task.task_id, self._now(), source=source, failed=words):
            folder = self._folder / task.folder
            self._on_ended(Ended(task.task_id, folder, None, source, words, task.room_id))

    def _not_yet(self, task: Task, state: str | None, reason: str | None) -> None:
        now_ms = self._now()
        next_ms = next_query_ms(task, state or task.state, now_ms, self._rules)
        if next_ms is None:
            reason = "no result came in time; nobody asks any more"
        self._store.queried(task, now_ms, next_ms, state=state, reason=_short(reason) if reason else None)

    def _put_off(self, task: Task, reason: str) -> None:
        now_ms = self._now()
        end_ms = task.end_unix_ms or task.first_unix_ms
        age_s = (now_ms - end_ms) // 1000
        # The longer it has lasted, the rarer: a service that is away for hours is asked every few minutes.
        wait_s = max(self._rules.after_failure_s, min(age_s // 8, _HOUR_S))
        is_over = age_s > self._rules.longest_after_end_s + self._rules.longest_s
        next_ms = None if is_over else now_ms + 1000 * wait_s
        self._store.queried(task, now_ms, next_ms, unknown=task.unknown, reason=_short(reason))


class AllowedHosts:
    """The hosts that links may lead to.

    Args:
        names: ``host`` or ``host:port`` as they are, ``.example`` for all hosts below that.

    Raises:
        ParameterError: A name is none.

    Example:
        >>> hosts = AllowedHosts([".vod2.myqcloud.com"])
        >>> [hosts.allow(f"http://{host}/a.mp4") for host in ("1.vod2.myqcloud.com", "evilvod2.myqcloud.com")]
        [True, False]
    """

    def __init__(self, names: Iterable[str]) -> None:
        listed = [name.lower() for name in names]
        policy_of(name.removeprefix(".") for name in listed)  # judges them
        self._policy = policy_of(name for name in listed if not name.startswith("."))
        self._suffixes = tuple(name for name in listed if name.startswith("."))

    def allow(self, url: str) -> bool:
        """Return whether a link leads to one of them."""
        try:
            target = parse(url, self._policy)
        except FetchError:
            return False
        return target.is_allowed or target.host.endswith(self._suffixes or ("\0",))


def _is_utf8(text: str) -> bool:
    """Return whether a text can be written as UTF-8: half a character cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_about_the_task(code: int | str | None) -> bool:
    """Return whether a refusal says how the task ended, and not that the query was wrong."""
    if isinstance(code, int):
        return 40002 <= code < 49999
    return isinstance(code, str) and code.startswith("FailedOperation.Record")


def _short(text: str) -> str:
    return terminal_text(text[:_MOST_REASON_CHARACTERS])
