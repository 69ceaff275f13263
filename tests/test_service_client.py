"""The client against the simulator over real connections: from "start" to a timeline, and all faults."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import timeline
from timeline.errors import (
    RecordUserTakenError,
    ServiceAnswerError,
    ServiceError,
    ServiceInternalError,
    ServiceRefusedError,
    ServiceUnreachableError,
    TaskStateError,
    TaskUnknownError,
)
from timeline.service import AsyncRecordingClient, RecordingClient
from timeline.service.backends import CallPatience
from timeline.service.secrets import Credentials, make_credentials
from timeline.service.simulated_rooms import AUDIO_ONLY_ROOM, Room
from timeline.service.simulator import SDK_APP_ID, TIC_KEY, Simulator
from timeline.service.tic import TicBackend

LATENCY_S = 0.05
PATIENCE = CallPatience(
    connect_s=2, answer_s=0.5, first_wait_s=0.001, most_wait_s=0.002, latency_s=LATENCY_S * 1.5
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(latency_s=LATENCY_S, processing_s=0.01, media=False) as running:
        yield running


def keys(**more: Any) -> Credentials:
    given: dict[str, Any] = {"sdk_app_id": SDK_APP_ID, "tic_key": TIC_KEY, "user_sig_key": "k"}
    return make_credentials(**(given | more))


def client(
    simulator: Simulator, journal: Path | None = None, patience: CallPatience = PATIENCE, **more: Any
) -> RecordingClient:
    backend = TicBackend(keys(**more), base_url=simulator.url, patience=patience)
    return RecordingClient(keys(**more), journal=journal, backend=backend, patience=patience)


def started(simulator: Simulator, recorder: RecordingClient, room_id: int = 1234) -> str:
    """Return a task that records."""
    task_id = recorder.start(room_id).task_id
    simulator.wait_for_state(task_id, "recording")
    return task_id


def test_a_lesson_with_a_pause_from_start_to_timeline(simulator: Simulator, tmp_path: Path) -> None:
    """The pause lies where it was made, as long as it was, and it is the journal that knows."""
    with client(simulator, tmp_path / "j") as recorder:
        task_id = started(simulator, recorder)
        simulator.advance(600)
        paused = recorder.pause(task_id)
        simulator.wait_for_state(task_id, "paused")
        time.sleep(0.2)
        resumed = recorder.resume(task_id)
        simulator.wait_for_state(task_id, "recording")
        simulator.advance(900)
        recorder.stop(task_id)
        answer = recorder.wait(task_id, most_s=10, every_s=0.02)

    result = tmp_path / "result.json"
    result.write_text(answer.result_text())
    document = json.loads(result.read_text())

    assert (answer.state, document["task_id"], document["finish_reason"]) == ("finished", task_id, "usercall")
    assert resumed.at_unix_ms - paused.at_unix_ms >= 200
    # The simulator's clock was moved on and ours was not, so only the order is as in a real lesson.
    lesson = timeline.load(result)
    assert {track.kind for track in lesson.tracks} >= {"camera", "whiteboard"}


def test_pauses_of_a_lesson_in_real_time_come_from_the_journal(tmp_path: Path) -> None:
    """Two seconds of recording, a pause, two more: placed at the cut, known to the latency."""
    with (
        Simulator(latency_s=0.05, processing_s=0.01, media=False) as real,
        client(real, tmp_path / "j") as recorder,
    ):
        task_id = started(real, recorder)
        time.sleep(1)
        paused = recorder.pause(task_id)
        time.sleep(1.5)
        resumed = recorder.resume(task_id)
        time.sleep(1)
        recorder.stop(task_id)
        answer = recorder.wait(task_id, most_s=10, every_s=0.02)
    (tmp_path / "result.json").write_text(answer.result_text())

    lesson = timeline.load(tmp_path, journal=tmp_path / "j")

    (pause,) = lesson.pauses
    length_ms = resumed.at_unix_ms - paused.at_unix_ms
    ends = {clip.end_ms for track in lesson.tracks for clip in track.clips}
    assert (pause.source, pause.duration_ms) == ("journal", length_ms)
    assert pause.at_ms in ends
    assert 800 < pause.at_ms < 1400
    assert pause.duration_range_ms == (max(0, length_ms - 2000), length_ms + 2000)


def test_the_simulator_takes_what_the_guide_wants(simulator: Simulator) -> None:
    """Every request so far had its number, its signature and its JSON; it would have said so otherwise."""
    recorder = client(simulator)
    task_id = started(simulator, recorder, 77)
    recorder.query(task_id)
    recorder.stop(task_id)
    seen = [request for request in simulator.requests if request.task_id == task_id]

    assert [(request.call, request.error_code) for request in seen] == [
        ("start", 0),
        ("query", 0),
        ("stop", 0),
    ]
    assert len({request.random for request in seen}) == 3


def test_the_async_client_records_many_rooms_at_once(simulator: Simulator, tmp_path: Path) -> None:
    """Twenty lessons, one journal."""

    async def lesson(recorder: AsyncRecordingClient, room_id: int) -> str:
        task = await recorder.start(room_id)
        while (await recorder.query(task.task_id)).state != "recording":
            await asyncio.sleep(0.01)
        await recorder.pause(task.task_id)
        await recorder.resume(task.task_id)
        await recorder.stop(task.task_id)
        return (await recorder.wait(task.task_id, most_s=10, every_s=0.02)).state

    async def all_lessons() -> list[str]:
        backend = TicBackend(keys(), base_url=simulator.url, patience=PATIENCE)
        async with AsyncRecordingClient(
            keys(), journal=tmp_path / "j", backend=backend, patience=PATIENCE
        ) as recorder:
            return await asyncio.gather(*(lesson(recorder, 500 + n) for n in range(20)))

    assert asyncio.run(all_lessons()) == ["finished"] * 20


def test_one_client_serves_many_threads(simulator: Simulator, tmp_path: Path) -> None:
    """Each with its own task."""
    recorder = client(simulator, tmp_path / "j")
    states: list[str] = []

    def lesson(room_id: int) -> None:
        task_id = started(simulator, recorder, room_id)
        recorder.stop(task_id)
        states.append(recorder.wait(task_id, most_s=10, every_s=0.02).state)

    threads = [threading.Thread(target=lesson, args=(700 + n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert states == ["finished"] * 8


# --- errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [({"tic_key": "0" * 32}, 20002), ({"sdk_app_id": 5}, 20000)],
)
def test_another_account_is_refused(more: dict[str, Any], code: int, simulator: Simulator) -> None:
    """By the service itself."""
    with pytest.raises(ServiceRefusedError) as caught:
        client(simulator, **more).start(1)

    assert caught.value.error_code == code


def test_a_clock_that_goes_wrong_is_made_up_for(simulator: Simulator) -> None:
    """The service's is an hour ahead; the call is signed again by its date."""
    simulator.clock_skew_s = 3600
    try:
        task_id = client(simulator).start(1).task_id
    finally:
        simulator.clock_skew_s = 0

    codes = [request.error_code for request in simulator.requests[-2:]]
    assert codes == [20001, 0]
    assert simulator.requests[-1].task_id == task_id


def test_a_task_that_is_not_known(simulator: Simulator) -> None:
    """Tried four times, since the service's store may be late."""
    with pytest.raises(TaskUnknownError):
        client(simulator).query("nobody")


def test_a_recording_user_that_is_taken(simulator: Simulator) -> None:
    """Another journal did not know of it."""
    user = "tic_record_user_31_1"
    client(simulator).start(31, record_user_id=user)

    with pytest.raises(RecordUserTakenError):
        client(simulator).start(31, record_user_id=user)


def test_a_room_without_cameras_fails_with_no_file(simulator: Simulator) -> None:
    """The query tells so."""
    simulator.set_room(41, AUDIO_ONLY_ROOM)
    recorder = client(simulator)
    task_id = started(simulator, recorder, 41)
    recorder.stop(task_id)

    answer = recorder.wait(task_id, most_s=10, every_s=0.02)

    assert (answer.state, answer.error_code) == ("failed", 40002)


def test_a_room_that_cannot_be_joined_fails(simulator: Simulator) -> None:
    """Before anything is recorded."""
    simulator.set_room(42, Room(fails_with=40005))
    recorder = client(simulator)
    task_id = recorder.start(42).task_id

    assert recorder.wait(task_id, most_s=10, every_s=0.02).error_code == 40005
    with pytest.raises(TaskStateError, match="it is failed"):
        recorder.stop(task_id)


def test_a_lesson_that_ended_by_itself(simulator: Simulator) -> None:
    """A stop comes too late and is no error."""
    simulator.set_room(43, Room(empty_after_ms=1000))
    recorder = client(simulator)
    task_id = started(simulator, recorder, 43)
    simulator.advance(400)

    assert recorder.stop(task_id).had_ended
    assert recorder.wait(task_id, most_s=10, every_s=0.02).document["finish_reason"] == "auto"


@pytest.mark.parametrize("answer", ["closed", "html", "truncated"])
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_a_start_whose_answer_is_lost(answer: str, is_carried_out: bool, simulator: Simulator) -> None:
    """Is never made twice, whether it worked or not."""
    simulator.plan_fault("start", answer=answer, is_carried_out=is_carried_out)
    before = len([request for request in simulator.requests if request.call == "start"])

    with pytest.raises((ServiceUnreachableError, ServiceAnswerError)) as caught:
        client(simulator).start(51)

    assert caught.value.is_uncertain
    assert len([request for request in simulator.requests if request.call == "start"]) == before + 1


@pytest.mark.parametrize("answer", ["closed", "html", "truncated"])
def test_a_query_whose_answer_is_lost_is_asked_again(answer: str, simulator: Simulator) -> None:
    """Three times."""
    recorder = client(simulator)
    task_id = started(simulator, recorder, 52)
    simulator.plan_fault("query", times=3, answer=answer)

    assert recorder.query(task_id).state == "recording"


def test_a_pause_whose_answer_was_lost_is_found_by_its_resumption(
    simulator: Simulator, tmp_path: Path
) -> None:
    """It had worked: the resumption is accepted, and the journal counts both."""
    recorder = client(simulator, tmp_path / "j")
    task_id = started(simulator, recorder, 53)
    recorder.query(task_id)
    simulator.plan_fault("pause", answer="closed", is_carried_out=True)
    with pytest.raises(ServiceUnreachableError):
        recorder.pause(task_id)
    simulator.wait_for_state(task_id, "paused")

    recorder.resume(task_id)

    journal = timeline.journal.read_journal(tmp_path / "j")
    assert len(journal.pauses(task_id)) == 1
    assert journal.pauses(task_id)[0].resume_unix_ms is not None


def test_an_answer_that_takes_too_long(simulator: Simulator) -> None:
    """After half a second here; a start may have worked."""
    simulator.plan_fault("start", delay_s=1.2)
    began = time.monotonic()

    with pytest.raises(ServiceUnreachableError, match="no answer in time"):
        client(simulator).start(54)

    assert time.monotonic() - began < 1.1


def trickle(listener: socket.socket) -> None:
    """Send an answer a byte at a time."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            for _ in range(200):
                connection.sendall(b" ")
                time.sleep(0.05)
        except OSError:
            return


def done(called: Any) -> Any:
    """Return what a call of either client gave."""
    return asyncio.run(called) if asyncio.iscoroutine(called) else called


@pytest.mark.parametrize("kind", [RecordingClient, AsyncRecordingClient])
def test_an_answer_that_trickles_is_given_up(kind: Any) -> None:
    """A limit for each read never ends it; the whole answer has one."""
    patience = CallPatience(connect_s=0.2, answer_s=0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,), daemon=True)
        thread.start()
        backend = TicBackend(
            keys(), base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", patience=patience
        )
        recorder = kind(keys(), backend=backend, patience=patience)
        began = time.monotonic()
        with pytest.raises(ServiceUnreachableError, match="in time"):
            done(recorder.start(1))
        assert time.monotonic() - began < 3
        thread.join(timeout=10)


def test_internal_errors_end_after_seven_tries(simulator: Simulator) -> None:
    """And are told as such."""
    simulator.plan_fault("query", times=7, error_code=20099)
    recorder = client(simulator)

    with pytest.raises(ServiceInternalError):
        recorder.query("any")


def test_redirects_are_not_followed() -> None:
    """The address holds the signature."""
    asked = []

    def serve(listener: socket.socket) -> None:
        for _ in range(4):
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536).split(b" ")[1])
                head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n"
                connection.sendall(head + b"Connection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        backend = TicBackend(
            keys(), base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", patience=PATIENCE
        )
        with pytest.raises(ServiceAnswerError, match="status 302"):
            RecordingClient(keys(), backend=backend, patience=PATIENCE).query("t")
        thread.join(timeout=10)

    assert all(path.startswith(b"/record/v1/online/query?") for path in asked)


# --- killed between any two steps ------------------------------------------------------------------------

STEPS = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.test_service_client import PATIENCE, keys
from timeline.service import RecordingClient
from timeline.service.tic import TicBackend
from timeline.service import dialogue
left = int(sys.argv[3])
def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
real_append, real_send = dialogue.append_entry, TicBackend.send
def append(path, entry):
    step(); real_append(path, entry); step()
def send(self, *args):
    step(); reply = real_send(self, *args); step(); return reply
dialogue.append_entry, TicBackend.send = append, send
backend = TicBackend(keys(), base_url=sys.argv[1], patience=PATIENCE)
client = RecordingClient(keys(), journal=sys.argv[2], backend=backend, patience=PATIENCE)
task = sys.argv[4]
client.pause(task)
print("paused")
"""


@pytest.mark.parametrize(
    "step", [step if step in (3, 5) else pytest.param(step, marks=pytest.mark.slow) for step in range(1, 8)]
)
def test_a_client_killed_at_any_step_loses_nothing(step: int, simulator: Simulator, tmp_path: Path) -> None:
    """Whatever the service did, the next process can go on; the journal tells of a pause that was."""
    journal = tmp_path / "j"
    recorder = client(simulator, journal)
    task_id = started(simulator, recorder, 900 + step)
    recorder.query(task_id)
    code = STEPS.format(root=str(Path(__file__).parent.parent))
    killed = subprocess.run(
        [sys.executable, "-c", code, simulator.url, str(journal), str(step), task_id],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    assert killed.returncode == (-signal.SIGKILL if step < 7 else 0), killed.stderr
    time.sleep(LATENCY_S * 2)
    (task,) = [task for task in simulator.tasks if task.task_id == task_id]
    is_paused = task.state == "paused"

    after = client(simulator, journal)
    if is_paused:
        after.resume(task_id)
    else:
        with pytest.raises(ServiceError):
            after.resume(task_id)

    told = timeline.journal.read_journal(journal).pauses(task_id)
    assert len(told) == (1 if is_paused else 0)
    after.stop(task_id)
