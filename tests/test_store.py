"""What the receiver keeps: each event once, states that only move forward, one job for each lesson."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.callbacks import NOW_MS, NOW_S, TASK, V1, finished, query, started, text
from timeline.errors import DiskError, ParameterError
from timeline.service.callbacks import Event, judge_callback
from timeline.service.job_table import JobTable
from timeline.service.store import FIRST_QUERY_MS, MOST_EVENTS, Store, folder_name

MINUTE_MS = 60_000


def event(body: dict[str, Any]) -> Event:
    verdict = judge_callback(query().encode(), text(body), V1, now_s=NOW_S)
    assert isinstance(verdict, Event)
    return verdict


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "receiver.sqlite3")
    yield store
    store.close()


def test_event_counts_once(store: Store) -> None:
    """A repeat is known as one."""
    verdicts = [store.record(event(finished(timestamp=stamp)), NOW_MS) for stamp in (1, 2)]

    assert verdicts == ["new", "repeat"]
    assert len(store.events(TASK)) == 1


def test_other_content_of_one_task_is_a_conflict(store: Store) -> None:
    """It is kept, and what was said first stands."""
    store.record(event(finished(room_id=1)), NOW_MS, body="the first")

    verdict = store.record(event(finished(room_id=2)), NOW_MS, body="the second")

    task = store.task(TASK)
    assert verdict == "conflict"
    assert task is not None
    assert task.room_id == 1
    assert store.told_body(TASK) == "the first"


def test_event_that_may_not_count_makes_room_for_one_that_may(store: Store) -> None:
    """A finish with links to a stranger's server does not keep the true one out."""
    first = store.record(event(finished(room_id=1)), NOW_MS, usable=False)

    assert (first, store.tasks()) == ("rejected", [])
    assert store.record(event(finished()), NOW_MS, body="the true one") == "new"
    assert store.told_body(TASK) == "the true one"


def test_start_after_the_finish_changes_nothing(store: Store) -> None:
    """Callbacks come in any order; states move forward."""
    store.record(event(finished()), NOW_MS)
    store.end(TASK, NOW_MS, source="query")

    store.record(event(started()), NOW_MS + 1)

    task = store.task(TASK)
    assert task is not None
    assert (task.state, task.query_unix_ms) == ("finished", None)


def test_started_task_is_asked_about_later(store: Store) -> None:
    """Its finish may get lost."""
    store.record(event(started()), NOW_MS)

    task = store.task(TASK)
    assert task is not None
    assert (task.state, task.query_unix_ms) == ("recording", NOW_MS + FIRST_QUERY_MS)


@pytest.mark.parametrize("hint", [finished(), started(error_code=40004)])
def test_hint_has_a_task_asked_about_at_once(store: Store, hint: dict[str, Any]) -> None:
    """A finish, or a start that failed; the state waits for what the query says."""
    store.record(event(hint), NOW_MS)

    task = store.task(TASK)
    assert task is not None
    assert (task.state, store.due_tasks(NOW_MS)) == ("prepared", [task])


def test_further_hint_asks_again(store: Store) -> None:
    """A forged finish came first and was asked about: the true one is a conflict, and asked about as well."""
    store.record(event(finished(room_id=1)), NOW_MS)
    (task,) = store.due_tasks(NOW_MS)
    store.queried(task, NOW_MS, NOW_MS + 60 * MINUTE_MS, state="recording")

    store.record(event(finished()), NOW_MS + MINUTE_MS)

    assert store.next_query_ms() == NOW_MS + MINUTE_MS


def test_hints_in_a_row_ask_every_five_seconds(store: Store) -> None:
    """Who holds one signature cannot make us ask all the time."""
    store.record(event(finished(room_id=1)), NOW_MS)
    (task,) = store.due_tasks(NOW_MS)
    store.queried(task, NOW_MS, NOW_MS + 60 * MINUTE_MS)

    store.record(event(finished()), NOW_MS + 1)

    assert store.next_query_ms() == NOW_MS + 5000


def test_hint_during_a_query_is_not_lost(store: Store) -> None:
    """The answer may be older than the hint."""
    store.record(event(started()), NOW_MS)
    asked = store.task(TASK)
    assert asked is not None
    store.record(event(finished()), NOW_MS + 10)

    store.queried(asked, NOW_MS + 20, NOW_MS + 60 * MINUTE_MS)

    assert store.next_query_ms() == NOW_MS + 10


def test_task_that_was_told_to_stop_is_asked_about_a_minute_later(store: Store) -> None:
    """The expected end is known from the journal."""
    store.learn(TASK, NOW_MS, room_id=7)
    store.learn(TASK, NOW_MS, end_unix_ms=NOW_MS + 5000)

    assert store.next_query_ms() == NOW_MS + 5000 + MINUTE_MS


def test_learning_a_task_again_changes_nothing(store: Store) -> None:
    """The journal is read from its beginning after each start."""
    store.learn(TASK, NOW_MS, room_id=7)
    (before,) = store.tasks()

    store.learn(TASK, NOW_MS, room_id=8)

    assert store.tasks() == [before]


def test_lesson_has_one_job(store: Store) -> None:
    """However often its end is heard of."""
    store.learn(TASK, NOW_MS)

    ends = [store.end(TASK, NOW_MS, source="query") for _ in range(3)]

    assert ends == [True, False, False]
    assert [job.state for job in JobTable(store).jobs()] == ["waiting"]


def test_failed_task_has_no_job(store: Store) -> None:
    """There is no lesson."""
    store.learn(TASK, NOW_MS)

    store.end(TASK, NOW_MS, source="query", failed="no camera was on")

    assert JobTable(store).jobs() == []
    assert [task.reason for task in store.tasks()] == ["no camera was on"]


def test_events_of_a_task_are_limited(store: Store) -> None:
    """Who holds a signature cannot fill the disk with one task; what is left out is counted."""
    for number in range(MOST_EVENTS + 3):
        store.record(event(started(callback_type=f"kind_{number}")), NOW_MS)
    store.record(event(finished()), NOW_MS)

    task = store.task(TASK)
    assert len(store.events(TASK)) == MOST_EVENTS
    assert task is not None
    assert (task.left_out, store.due_tasks(NOW_MS)) == (1, [task])


def test_old_events_of_ended_tasks_are_dropped(store: Store) -> None:
    """The task stays, so that a repeat after years makes no second job."""
    for task_id in ("ended", "running"):
        store.record(event(finished(task_id)), NOW_MS)
    store.end("ended", NOW_MS, source="query")

    assert store.prune(NOW_MS + 1) == 1
    store.record(event(finished("ended")), NOW_MS)

    assert store.end("ended", NOW_MS, source="query") is False
    assert len(store.events("running")) == 1


def test_what_is_kept_survives_the_process(tmp_path: Path) -> None:
    """Another process reads it."""
    first = Store(tmp_path / "a.sqlite3")
    first.record(event(finished()), NOW_MS)

    second = Store(tmp_path / "a.sqlite3")

    assert second.knows(event(finished()).key)
    first.close()
    second.close()


def test_each_commit_is_on_disk_before_it_returns(store: Store) -> None:
    """FULL: the log is synced at each commit."""
    assert store.rows("PRAGMA synchronous") == [(2,)]
    assert store.rows("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_store_is_for_its_owners_eyes(tmp_path: Path) -> None:
    """The file and what SQLite lays beside it."""
    store = Store(tmp_path / "a.sqlite3")
    store.learn(TASK, NOW_MS)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    store.close()
    assert modes == {0o600}


def test_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """A typed error that names it."""
    (tmp_path / "a.sqlite3").write_text("not a database, whatever its name says" * 100)

    with pytest.raises(DiskError, match=r"a\.sqlite3: is not usable as a store"):
        Store(tmp_path / "a.sqlite3")


def test_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """Its tables may mean something else."""
    connection = sqlite3.connect(tmp_path / "a.sqlite3")
    connection.execute("PRAGMA user_version = 2")
    connection.close()

    with pytest.raises(ParameterError, match="later version"):
        Store(tmp_path / "a.sqlite3")


def test_failure_in_a_transaction_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Event, task and job appear together or not at all."""
    monkeypatch.setattr(store, "_hint", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        store.record(event(finished()), NOW_MS)

    assert (store.tasks(), store.events(TASK)) == ([], [])


def test_threads_share_a_store(store: Store) -> None:
    """Of a hundred that record the same, one is first."""
    verdicts: list[str] = []
    same = event(finished())
    threads = [
        threading.Thread(target=lambda: verdicts.append(store.record(same, NOW_MS))) for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(verdicts) == ["new"] + ["repeat"] * 99


@given(st.text(max_size=80))
def test_folder_is_safe_whatever_the_task_is_called(task_id: str) -> None:
    """No way out of the folder, no name that a disk takes for another one."""
    name = folder_name(task_id)

    assert name.isascii()
    assert name == name.lower()
    assert name.replace("-", "").replace("_", "").isalnum()
    assert len(name) <= 64


@pytest.mark.parametrize("task_id", ["Task", "con", "lpt1", "", "a" * 65, "-rf", "task-0", "a.b", ".."])
def test_odd_task_gets_a_hash_for_a_folder(task_id: str) -> None:
    """Capitals too: some disks take `Task` and `task` for one."""
    assert folder_name(task_id).startswith("task-")
    assert folder_name(task_id) != task_id
