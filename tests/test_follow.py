"""From a hint to a lesson: by a callback or by polling, each task ends once."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.callbacks import NOW_MS, NOW_S, TASK, V1, answer, finished, query, started, text
from timeline.errors import (
    ParameterError,
    ServiceInternalError,
    ServiceRefusedError,
    ServiceUnreachableError,
    SignatureExpiredError,
    TaskUnknownError,
)
from timeline.journal import append_entry
from timeline.service.callbacks import Event, judge_callback
from timeline.service.follow import AllowedHosts, Ended, Follower
from timeline.service.job_table import JobTable
from timeline.service.journal_tail import JournalTail, call_of
from timeline.service.messages import TaskAnswer
from timeline.service.store import Store

MINUTE_MS = 60_000
ASKED_AFTER_END_MIN = [1, 2, 4, 8, 15, 30, *range(60, 24 * 60 + 1, 60)]


class Service:
    """Stands in for a client: answers queries from a script, and remembers when it was asked."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.asked: list[tuple[str, int]] = []
        self.answers: Callable[[str], TaskAnswer] = lambda task_id: state(task_id, "recording")

    def __call__(self, task_id: str) -> TaskAnswer:
        self.asked.append((task_id, self.now_ms))
        return self.answers(task_id)

    def minutes_asked(self) -> list[float]:
        return [(at_ms - NOW_MS) / MINUTE_MS for _, at_ms in self.asked]


def state(task_id: str, word: str) -> TaskAnswer:
    return TaskAnswer(task_id, word, {"error_code": 0, "status": word}, 1)


def done(task_id: str) -> TaskAnswer:
    return TaskAnswer(task_id, "finished", answer(task_id), 1)


class Desk:
    """A follower with all it needs; `at` moves the clock to a minute and lets it work."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.service = Service()
        self.folder = folder
        self.store = Store(folder / "receiver.sqlite3")
        self.ended: list[Ended] = []
        options = {"query": self.service} | options
        self.believes = options["query"] is None
        self.follower = Follower(
            self.store, folder, now_unix_ms=lambda: self.service.now_ms, on_ended=self.ended.append, **options
        )

    def told(self, body: dict[str, Any]) -> None:
        event = judge_callback(query().encode(), text(body), V1, now_s=NOW_S)
        assert isinstance(event, Event)
        document = json.dumps(event.document)
        usable = not self.believes or self.follower.is_believable(document)
        self.store.record(event, self.service.now_ms, body=document, usable=usable)

    def at(self, minute: float) -> None:
        self.service.now_ms = NOW_MS + round(minute * MINUTE_MS)
        self.follower.step()

    def run_until(self, minute: int) -> None:
        """Let all minutes pass."""
        for now in range(minute + 1):
            self.at(now)

    def state(self, task_id: str = TASK) -> tuple[str, str | None]:
        task = self.store.task(task_id)
        assert task is not None
        return task.state, task.reason


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


def test_finish_is_confirmed_by_a_query(desk: Desk) -> None:
    """The query's answer is the result, not the callback's body."""
    desk.service.answers = done
    desk.told(finished(room_id=666))

    desk.at(0)

    (ended,) = desk.ended
    assert ended.result == desk.folder / TASK / "result.json"
    assert timeline.load(ended.result).room_id == "1234"
    assert json.loads((desk.folder / TASK / "receipt.json").read_text())["source"] == "query"
    assert [job.task_id for job in JobTable(desk.store).jobs()] == [TASK]


def test_forged_finish_ends_nothing(desk: Desk) -> None:
    """The service says that it is recording: the task goes on, and its true end is found."""
    desk.told(finished(room_id=666))
    desk.at(0)

    assert (desk.state(), desk.ended) == (("recording", None), [])

    desk.service.answers = done
    desk.told(finished())
    desk.at(1)

    assert desk.state() == ("finished", None)


def test_lost_finish_is_found_within_a_quarter_of_an_hour(desk: Desk) -> None:
    """Nothing but the start was heard."""
    desk.told(started())
    desk.run_until(44)
    desk.service.answers = done
    desk.run_until(45)

    assert desk.service.minutes_asked() == [15, 30, 45]
    assert len(desk.ended) == 1


def test_schedule_after_the_expected_end(desk: Desk) -> None:
    """1, 2, 4, 8, 15, 30, 60 minutes, then hourly for a day."""
    desk.service.answers = lambda task_id: state(task_id, "stopped")
    desk.store.learn(TASK, NOW_MS)
    desk.store.learn(TASK, NOW_MS, end_unix_ms=NOW_MS)

    desk.run_until(26 * 60)

    assert desk.service.minutes_asked() == ASKED_AFTER_END_MIN
    assert desk.state() == ("stopped", "no result came in time; nobody asks any more")


def test_task_without_an_end_is_asked_about_for_25_hours(desk: Desk) -> None:
    """The service records 24 hours at most."""
    desk.told(started())

    desk.run_until(27 * 60)

    assert desk.service.minutes_asked() == list(range(15, 25 * 60 + 1, 15))


def test_hint_after_all_was_given_up_is_asked_about(desk: Desk) -> None:
    """Given up is not ended."""
    desk.told(started())
    desk.run_until(27 * 60)
    desk.service.answers = done

    desk.told(finished())
    desk.at(27 * 60 + 1)

    assert desk.state() == ("finished", None)


def test_told_finish_of_a_task_that_goes_on_is_asked_about_each_quarter(desk: Desk) -> None:
    """A forged finish does not make the true one late."""
    desk.told(finished())

    desk.run_until(60)

    assert desk.service.minutes_asked() == [0, 1, 2, 4, 8, 15, 30, 45, 60]


@pytest.mark.parametrize("code", [40002, 40004, 40005, "FailedOperation.Record"])
def test_recording_that_failed_ends_its_task(desk: Desk, code: int | str) -> None:
    """There is no lesson, and the reason is kept."""

    def refuse(task_id: str) -> TaskAnswer:
        raise ServiceRefusedError(f"error {code}: no camera was on", error_code=code)

    desk.service.answers = refuse
    desk.told(finished(error_code=40002))

    desk.at(0)

    assert desk.state() == ("failed", f"error {code}: no camera was on")
    assert (desk.ended[0].result, JobTable(desk.store).jobs()) == (None, [])


def test_finished_answer_that_tells_a_failure_ends_its_task(desk: Desk) -> None:
    """The answer is kept beside, for the service's support."""
    failed = answer(error_code=40002, error_msg="no file", video_info=[])
    desk.service.answers = lambda task_id: TaskAnswer(task_id, "finished", failed, 1)
    desk.told(finished())

    desk.at(0)

    word, reason = desk.state()
    assert word == "failed"
    assert "camera" in str(reason)
    assert json.loads((desk.folder / TASK / "answer.json").read_text()) == failed
    assert not (desk.folder / TASK / "result.json").exists()


@pytest.mark.parametrize(
    "error",
    [
        ServiceUnreachableError("no answer"),
        ServiceInternalError("internal", error_code=20099),
        SignatureExpiredError("clocks differ", error_code=20001),
        ServiceRefusedError("wrong sign", error_code=20002),
        ZeroDivisionError("a bug"),
    ],
)
def test_query_that_fails_is_asked_again(
    desk: Desk, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an outage nor a wrong key of ours ends a task."""

    def fail(task_id: str) -> TaskAnswer:
        raise error

    desk.service.answers = fail
    desk.told(finished())
    desk.run_until(2)
    desk.service.answers = done
    desk.run_until(3)

    assert desk.state() == ("finished", None)


def test_unknown_task_is_given_up_after_three_queries(desk: Desk) -> None:
    """The service may not know it yet; thrice in a row it was made up."""

    def unknown(task_id: str) -> TaskAnswer:
        raise TaskUnknownError("unknown", error_code=20005)

    desk.service.answers = unknown
    desk.told(finished("made_up"))

    desk.run_until(30)

    assert desk.service.minutes_asked() == [0, 1, 2]
    assert desk.state("made_up")[0] == "failed"


def test_answer_about_another_task_is_none(desk: Desk) -> None:
    """A proxy's cache, say."""
    desk.service.answers = lambda _: done("another")
    desk.told(finished())

    desk.at(0)

    assert desk.ended == []


def test_disk_that_takes_nothing_puts_the_lesson_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lesson is laid down once there is room again."""
    desk.service.answers = done
    desk.told(finished())
    desk.folder.joinpath(TASK).write_text("a file is in the way")
    desk.at(0)

    assert "the result cannot be kept" in str(desk.state()[1])

    desk.folder.joinpath(TASK).unlink()
    desk.at(1)

    assert desk.state() == ("finished", None)


def test_half_a_character_in_a_result_keeps_no_lesson_back(desk: Desk) -> None:
    """It stays what it was, escaped."""
    odd = answer(group_id="\ud800")
    desk.service.answers = lambda task_id: TaskAnswer(task_id, "finished", odd, 1)
    desk.told(finished())

    desk.at(0)

    assert desk.state() == ("finished", None)
    assert json.loads((desk.folder / TASK / "result.json").read_bytes()) == odd


@pytest.fixture
def believing(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, query=None, allow_hosts=[".vod2.myqcloud.com"])
    yield desk
    desk.store.close()


def test_callback_is_believed_where_nobody_can_be_asked(believing: Desk) -> None:
    """Its body is the result, and that is said."""
    believing.told(finished())

    believing.at(0)

    (ended,) = believing.ended
    assert ended.source == "unverified callback"
    assert timeline.load(believing.folder / TASK).room_id == "1234"


def test_first_callback_is_not_overwritten(believing: Desk) -> None:
    """A second one with other files is a conflict."""
    believing.told(finished())
    believing.told(finished(room_id=666))

    believing.at(0)
    believing.at(1)

    assert timeline.load(believing.folder / TASK).room_id == "1234"
    assert [verdict for _, verdict, _ in believing.store.events(TASK)] == ["new", "conflict"]


def test_link_to_another_host_is_not_believed(believing: Desk) -> None:
    """The forged one is kept as rejected; the true one counts when it comes."""
    forged = finished()
    forged["video_info"] = [forged["video_info"][0] | {"video_url": "http://evil.example/a.mp4"}]
    believing.told(forged)
    believing.told(finished())

    believing.at(0)

    assert [verdict for _, verdict, _ in believing.store.events(TASK)] == ["rejected", "new"]
    assert len(believing.ended) == 1


def test_failure_is_believed_too(believing: Desk) -> None:
    """There is no link in it."""
    believing.told(finished(error_code=40002, video_info=[]))

    believing.at(0)

    assert believing.state()[0] == "failed"


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/a.mp4",
        "http://vod2.myqcloud.com.evil.example/a.mp4",
        "http://1.vod2.myqcloud.com@evil.example/a.mp4",
        "http://evil.example\\@1.vod2.myqcloud.com/a.mp4",
        "http://evil.example#.vod2.myqcloud.com/a.mp4",
        "http://1.vod2.myqcloud.com:8080/a.mp4",
        "file:///etc/passwd",
        "ftp://1.vod2.myqcloud.com/a.mp4",
        "//1.vod2.myqcloud.com/a.mp4",
        "",
    ],
)
def test_only_links_to_allowed_hosts_are_allowed(url: str) -> None:
    """However they are disguised."""
    assert not AllowedHosts([".vod2.myqcloud.com"]).allow(url)


def test_hosts_that_are_none_are_refused() -> None:
    """A slip in the list is seen at once."""
    with pytest.raises(ParameterError, match="HOST"):
        AllowedHosts(["http://a.example/"])


def test_journal_tells_of_tasks_that_were_started(tmp_path: Path) -> None:
    """No callback came at all: neither of the start nor of the finish."""
    journal = tmp_path / "journal.jsonl"
    desk = Desk(tmp_path, journal=journal)
    desk.at(0)
    entry = {"at_unix_ms": NOW_MS, "call": "start", "task_id": TASK, "room_id": 7, "record_user_id": "u"}
    append_entry(journal, entry)
    append_entry(journal, {"at_unix_ms": NOW_MS + 40 * MINUTE_MS, "call": "stop", "task_id": TASK})
    desk.service.answers = done

    desk.run_until(41)

    assert desk.service.minutes_asked() == [15]
    assert [(ended.task_id, ended.room_id) for ended in desk.ended] == [(TASK, 7)]
    desk.store.close()


def test_start_of_last_week_is_passed_over(tmp_path: Path) -> None:
    """Its lesson was fetched, or is gone."""
    journal = tmp_path / "journal.jsonl"
    append_entry(journal, {"at_unix_ms": NOW_MS - 7 * 86_400_000, "call": "start", "task_id": TASK})
    desk = Desk(tmp_path, journal=journal)

    desk.at(0)

    assert desk.store.tasks() == []
    desk.store.close()


def call_line(task_id: object, **others: object) -> bytes:
    return json.dumps({"at_unix_ms": NOW_MS, "call": "start", "task_id": task_id} | others).encode() + b"\n"


def new_tasks(tail: JournalTail) -> list[str]:
    return [call.task_id for call in map(call_of, tail.new_entries()) if call is not None]


def test_journal_is_read_as_it_grows(tmp_path: Path) -> None:
    """Each line once, a line that is being written when it is whole."""
    path = tmp_path / "journal.jsonl"
    tail = JournalTail(path)
    assert new_tasks(tail) == []

    path.write_bytes(call_line("one") + call_line("two")[:20])
    first = new_tasks(tail)
    with path.open("ab") as file:
        file.write(call_line("two")[20:])
    second = new_tasks(tail)

    assert (first, second, new_tasks(tail)) == (["one"], ["two"], [])


def test_replaced_journal_is_read_from_its_beginning(tmp_path: Path) -> None:
    """Logs are rotated."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(call_line("one"))
    tail = JournalTail(path)
    new_tasks(tail)
    (tmp_path / "new").write_bytes(call_line("two"))
    os.replace(tmp_path / "new", path)

    assert new_tasks(tail) == ["two"]


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\n",
        b"[]\n",
        b"[" * 100_000 + b"\n",
        call_line(7),
        call_line(""),
        call_line("a\nb"),
        call_line("t", at_unix_ms="now"),
        call_line("t", at_unix_ms=-1),
        call_line("t", call="pause"),
        b'"' + b"a" * (3 << 20) + b'"\n',
    ],
)
def test_odd_line_of_a_journal_is_passed_over(tmp_path: Path, line: bytes) -> None:
    """What comes behind it is read."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line + call_line("good"))

    assert new_tasks(JournalTail(path)) == ["good"]


def test_hundred_lessons_with_a_third_of_the_callbacks_lost(tmp_path: Path) -> None:
    """Lost, doubled and disordered: a hundred jobs, each once, 16 minutes after the end at the latest."""
    desk = Desk(tmp_path)
    dice = random.Random(7)
    ends_min = {f"task{number}": dice.randrange(20, 90) for number in range(100)}
    minute = {"now": 0}
    desk.service.answers = lambda task_id: (
        done(task_id) if minute["now"] > ends_min[task_id] else state(task_id, "recording")
    )
    sends: list[tuple[int, dict[str, Any]]] = []
    for task_id, end in ends_min.items():
        start = dice.randrange(0, 10)
        for minute_sent, body in ((start, started(task_id)), (end + 1, finished(task_id))):
            # Of a lesson of which neither is received nothing could be known.
            if dice.random() < 0.3 and (body["callback_type"] == "record_finished"):
                continue
            copies = 2 if dice.random() < 0.3 else 1
            delay = dice.randrange(0, 12) if dice.random() < 0.3 else 0
            sends += [(minute_sent + delay, body)] * copies
    when: dict[str, int] = {}
    for now in range(120):
        minute["now"] = now
        desk.service.now_ms = NOW_MS + now * MINUTE_MS
        for at, body in sends:
            if at == now:
                desk.told(body)
        desk.follower.step()
        for ended in desk.ended:
            when.setdefault(ended.task_id, now)

    late_min = [when[task_id] - end for task_id, end in ends_min.items()]

    assert sorted(ended.task_id for ended in desk.ended) == sorted(ends_min)
    assert len(JobTable(desk.store).jobs()) == 100
    assert max(late_min) <= 16
    desk.store.close()
