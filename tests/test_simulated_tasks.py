"""The simulator's tasks over a clock of our own: when calls take effect, what is recorded, why tasks end."""

from __future__ import annotations

import dataclasses

import pytest

from timeline.service.simulated_callbacks import CallbackRules, draw_fate, is_taken
from timeline.service.simulated_rooms import (
    AUDIO_ONLY_ROOM,
    CAMERA,
    SCREEN,
    WHITEBOARD,
    RecordedFile,
    Room,
    Stream,
    files_of,
)
from timeline.service.simulated_tasks import Happening, Refusal, SimulatedTask, TaskBook, Timing

TEACHER = Room(streams=(Stream(CAMERA, "teacher"),))
T0 = 1_700_000_000_000
TIMING = Timing()


def book(room: Room = TEACHER, timing: Timing = TIMING) -> TaskBook:
    made = TaskBook(timing, seed=1)
    made.usual_room = room
    return made


def begin(
    tasks: TaskBook, at_ms: int = T0, number: int = 1, group_id: str = "7", user_sig: str = "sig"
) -> str:
    answer = tasks.start(
        at_ms,
        room_id=7,
        group_id=group_id,
        record_user_id=f"tic_record_user_7_{number}",
        user_sig=user_sig,
    )
    assert isinstance(answer, SimulatedTask)
    return answer.task_id


def state(tasks: TaskBook, task_id: str, after_ms: int) -> str:
    tasks.settle(T0 + after_ms)
    task = tasks.find(task_id)
    assert isinstance(task, SimulatedTask)
    return task.state


def order(tasks: TaskBook, call: str, task_id: str, after_ms: int) -> int:
    """Return the error code of a call."""
    tasks.settle(T0 + after_ms)
    answer = tasks.order(T0 + after_ms, call, task_id)
    return answer.error_code if isinstance(answer, Refusal) else 0


def ended(tasks: TaskBook, task_id: str, after_ms: int) -> SimulatedTask:
    """Stop a task that much after its start was accepted, and finish it."""
    assert order(tasks, "stop", task_id, after_ms) == 0
    tasks.settle(T0 + after_ms + 2000)
    task = tasks.find(task_id)
    assert isinstance(task, SimulatedTask)
    if task.files:
        tasks.give_sizes(task_id, [1000] * len(task.files))
    tasks.settle(T0 + after_ms + 2000 + TIMING.processing_ms)
    return task


def test_a_start_takes_effect_after_the_latency() -> None:
    tasks = book()
    task_id = begin(tasks)

    assert (state(tasks, task_id, 1999), state(tasks, task_id, 2000)) == ("prepared", "recording")


@pytest.mark.parametrize(
    ("walk", "last"),
    [
        ([("pause", 3000)], 0),
        ([("pause", 1999)], 40001),  # not yet recording
        ([("resume", 3000)], 40001),  # not paused
        ([("pause", 3000), ("pause", 4999)], 0),  # the first has not taken effect
        ([("pause", 3000), ("pause", 5000)], 40001),
        ([("pause", 3000), ("resume", 4999)], 40001),
        ([("pause", 3000), ("resume", 5000)], 0),
        ([("pause", 3000), ("resume", 5000), ("pause", 7000)], 0),
        ([("stop", 100)], 0),
        ([("stop", 3000), ("stop", 4999)], 0),
        ([("stop", 3000), ("stop", 5000)], 20011),
        ([("stop", 3000), ("pause", 5000)], 20011),
        ([("pause", 3000), ("stop", 6000)], 0),
    ],
)
def test_a_call_is_judged_by_the_state_in_effect(walk: list[tuple[str, int]], last: int) -> None:
    """The code of the last call of a walk; those before it are accepted."""
    tasks = book()
    task_id = begin(tasks)

    codes = [order(tasks, call, task_id, after_ms) for call, after_ms in walk]

    assert codes == [0] * (len(walk) - 1) + [last]


def test_a_pause_is_cut_out_and_every_file_begins_anew() -> None:
    """Recorded from 2 s to 12 s and from 72 s to 77 s: 15 s of playback, a cut at 10 s."""
    tasks = book(Room(streams=(Stream(CAMERA, "teacher"), Stream(WHITEBOARD, ""))))
    task_id = begin(tasks)
    order(tasks, "pause", task_id, 10_000)
    order(tasks, "resume", task_id, 70_000)

    task = ended(tasks, task_id, 75_000)

    assert task.files == [
        RecordedFile(CAMERA, "teacher", 0, 10_000),
        RecordedFile(CAMERA, "teacher", 10_000, 5000),
        RecordedFile(WHITEBOARD, "", 0, 10_000),
        RecordedFile(WHITEBOARD, "", 10_000, 5000),
    ]
    assert task.total_ms == 15_000


def test_a_pause_that_is_never_resumed_ends_the_files() -> None:
    tasks = book()
    task_id = begin(tasks)
    order(tasks, "pause", task_id, 10_000)

    assert ended(tasks, task_id, 60_000).files == [RecordedFile(CAMERA, "teacher", 0, 10_000)]


def test_stamps_are_whole_seconds_around_the_media() -> None:
    """Media run from T0 + 2 s to T0 + 12 s; the stamps lie 1.7 s before and 3 s after, rounded down."""
    tasks = book()
    task = ended(tasks, begin(tasks), 10_000)

    assert (task.start_stamp_s, task.stop_stamp_s) == (T0 // 1000, T0 // 1000 + 15)


def test_playback_begins_with_the_first_picture() -> None:
    """Shares of 10 s: the teacher comes after 2 s, amy after 5 s and goes after 8 s."""
    streams = [Stream(CAMERA, "teacher", 0.2), Stream(CAMERA, "amy", 0.5, 0.8)]

    assert files_of(streams, [(0, 10_000)], 10_000) == [
        RecordedFile(CAMERA, "teacher", 0, 8000),
        RecordedFile(CAMERA, "amy", 3000, 3000),
    ]


def test_who_comes_during_a_pause_is_there_at_its_end() -> None:
    """A screen from 5 s to 9 s of wall time, paused from 4 s to 8 s: one second of it, at 4 s of playback."""
    files = files_of(
        [Stream(CAMERA, "t"), Stream(SCREEN, "t", 0.5, 0.9)], [(0, 4000), (8000, 10_000)], 10_000
    )

    assert files[-1] == RecordedFile(SCREEN, "t", 4000, 1000)


def test_each_pause_is_cut_out() -> None:
    """Recorded for 1 s, 2 s and 3 s, with a second between."""
    files = files_of([Stream(CAMERA, "t")], [(0, 1000), (2000, 4000), (5000, 8000)], 8000)

    assert [(file.start_ms, file.duration_ms) for file in files] == [(0, 1000), (1000, 2000), (3000, 3000)]


def test_an_empty_room_ends_the_recording_by_itself() -> None:
    """All leave after 20 s of recording; five minutes later it stops, and nothing of them was recorded."""
    tasks = book(dataclasses.replace(TEACHER, empty_after_ms=20_000))
    task_id = begin(tasks)

    assert state(tasks, task_id, 2000 + 20_000 + 299_999) == "recording"
    assert state(tasks, task_id, 2000 + 20_000 + 300_000) == "stopped"
    task = tasks.find(task_id)
    assert isinstance(task, SimulatedTask)
    assert (task.finish_reason, task.files) == ("auto", [RecordedFile(CAMERA, "teacher", 0, 20_000)])


def test_a_pause_of_ninety_minutes_ends_the_recording() -> None:
    tasks = book()
    task_id = begin(tasks)
    order(tasks, "pause", task_id, 10_000)

    assert state(tasks, task_id, 12_000 + 5_399_999) == "paused"
    assert state(tasks, task_id, 12_000 + 5_400_000) == "stopped"


@pytest.mark.parametrize(
    ("room", "group_id", "user_sig", "code"),
    [
        (TEACHER, "7", "invalid", 40004),
        (TEACHER, "invalid group", "sig", 40005),
        (Room(fails_with=49999), "7", "sig", 49999),
    ],
)
def test_a_recording_that_cannot_begin_fails(room: Room, group_id: str, user_sig: str, code: int) -> None:
    """It is heard of by the finished callback alone."""
    tasks = book(room)
    task_id = begin(tasks, group_id=group_id, user_sig=user_sig)

    assert tasks.settle(T0 + 2000) == [Happening("finished", task_id, T0 + 2000)]
    task = tasks.find(task_id)
    assert isinstance(task, SimulatedTask)
    assert (task.state, task.error_code) == ("failed", code)


def test_a_room_without_pictures_gives_40002() -> None:
    tasks = book(AUDIO_ONLY_ROOM)

    task = ended(tasks, begin(tasks), 10_000)

    assert (task.state, task.error_code) == ("failed", 40002)


def test_a_task_finishes_when_processing_is_over_and_its_files_are_there() -> None:
    tasks = book()
    task_id = begin(tasks)
    order(tasks, "stop", task_id, 10_000)

    assert state(tasks, task_id, 20_000) == "stopped"
    tasks.give_sizes(task_id, [1000])
    assert state(tasks, task_id, 20_001) == "finished"


def test_a_recording_user_serves_once() -> None:
    tasks = book()
    begin(tasks)
    answer = tasks.start(T0, room_id=7, group_id="7", record_user_id="tic_record_user_7_1", user_sig="sig")

    assert isinstance(answer, Refusal)
    assert answer.error_code == 20013


def test_what_happens_comes_in_the_order_of_time() -> None:
    """The second task begins before the first one finishes, though time passes at once."""
    tasks = book(timing=Timing(processing_ms=60_000))
    first = begin(tasks)
    order(tasks, "stop", first, 10_000)
    tasks.settle(T0 + 12_000)
    tasks.give_sizes(first, [1000])
    second = begin(tasks, T0 + 15_000, number=2)

    happenings = tasks.settle(T0 + 100_000)

    assert [(item.what, item.task_id) for item in happenings] == [("started", second), ("finished", first)]


def test_the_next_due_time_is_known() -> None:
    tasks = book()
    assert tasks.next_ms() is None
    begin(tasks)

    assert tasks.next_ms() == T0 + 2000


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (b'{"error_code":0}', True),
        (b'{"error_code": 0, "more": 1}', True),
        (b'{"error_code": "0"}', False),
        (b'{"error_code": false}', False),
        (b'{"error_code": 49999}', False),
        (b"{}", False),
        (b"[0]", False),
        (b"", False),
    ],
)
def test_one_answer_ends_the_repeats(body: bytes, taken: bool) -> None:
    assert is_taken(200, body) is taken


def test_fates_come_at_their_rates() -> None:
    """Of 2000 callbacks 30 % are lost, within four standard deviations (41)."""
    rules = CallbackRules(lose=0.3, seed=5)

    lost = sum(draw_fate(rules, number, "finished").is_lost for number in range(2000))

    assert abs(lost - 600) <= 4 * 20.5


def test_the_same_seed_gives_the_same_fates() -> None:
    rules = CallbackRules(lose=0.3, double=0.3, reorder=0.3, delay=0.3, seed=5)

    assert [draw_fate(rules, n, "started") for n in range(50)] == [
        draw_fate(rules, n, "started") for n in range(50)
    ]
