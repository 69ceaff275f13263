"""From "start" to a finished timeline: client, simulator and receiver over real connections."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.test_service_client import client
from timeline.service.backends import CallPatience
from timeline.service.follow import FollowRules
from timeline.service.jobs import JobRules, Lesson
from timeline.service.receiver import Receiver, ReceiverServer, make_receiver
from timeline.service.secrets import make_credentials
from timeline.service.simulated_callbacks import CallbackRules
from timeline.service.simulator import SDK_APP_ID, TIC_KEY, Simulator

PATIENT = CallPatience(first_wait_s=0.01, latency_s=0.08)
"""Answers may take long on a busy machine."""
QUICK = FollowRules(after_end_s=(1, 2, 3, 4, 5), while_recording_s=1, after_failure_s=1)
DISORDER = CallbackRules(retry_s=0.3, lose=0.3, double=0.3, reorder=0.3, hold_s=0.3, seed=7)


@contextlib.contextmanager
def served(receiver: Receiver) -> Iterator[str]:
    """Serve a receiver on loopback, and give its address."""
    server = ReceiverServer(receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.url
    finally:
        server.shut_down()
        thread.join()


def teach(recorder: Any, room_id: int) -> str:
    """Record a short lesson with a pause, and return its task."""
    task_id: str = recorder.start(room_id).task_id
    while recorder.query(task_id).state != "recording":
        time.sleep(0.01)
    recorder.pause(task_id)
    recorder.resume(task_id)
    recorder.stop(task_id)
    return task_id


def wait_until(condition: Any, most_s: float = 30) -> None:
    ends_s = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < ends_s, "not in time"
        time.sleep(0.02)


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_lessons_with_a_third_of_the_callbacks_lost_doubled_and_reordered(count: int, tmp_path: Path) -> None:
    """As many timelines, each once, each with its pause from the journal."""
    ran: Counter[str] = Counter()
    lock = threading.Lock()

    def hook(lesson: Lesson) -> None:
        with lock:
            ran[lesson.task_id] += 1

    keys = make_credentials(SDK_APP_ID, tic_key=TIC_KEY)
    with Simulator(latency_s=0.02, processing_s=0.01, media=False, callbacks=DISORDER, seed=7) as simulator:
        recorder = client(simulator, tmp_path / "j", PATIENT)
        receiver = make_receiver(
            tmp_path / "lessons",
            keys,
            query=recorder.query,
            journal=tmp_path / "j",
            hook=hook,
            follow_rules=QUICK,
            job_rules=JobRules(most_at_once=20),
        )
        with served(receiver) as url:
            recorder.set_callback(url)
            with ThreadPoolExecutor(20) as rooms:
                tasks = list(rooms.map(lambda n: teach(recorder, 2000 + n), range(count)))
            wait_until(lambda: len(ran) == count, 60)
            time.sleep(1)  # what is still to come of doubles and repeats
        lost = sum(callback.attempt == 0 for callback in simulator.callbacks_sent)

    results = sorted((tmp_path / "lessons").glob("*/result.json"))
    lessons = [timeline.load(path, journal=tmp_path / "j") for path in results]
    assert set(ran.values()) == {1}
    assert sorted(ran) == sorted(tasks) == sorted(str(lesson.task_id) for lesson in lessons)
    assert [[pause.source for pause in lesson.pauses] for lesson in lessons] == [["journal"]] * count
    assert 0.3 * count < lost < 0.9 * count  # of two each


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def receiving(folder: Path, simulator: Simulator, port: int, hook: str) -> subprocess.Popen[str]:
    """Begin ``timeline receive`` in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMELINE_")}
    environment |= {
        "TIMELINE_SDK_APP_ID": str(SDK_APP_ID),
        "TIMELINE_TIC_KEY": TIC_KEY,
        "TIMELINE_SERVICE_URL": simulator.url,
        "TIMELINE_JOURNAL": str(folder / "j"),
    }
    command = [
        sys.executable,
        "-m",
        "timeline",
        "receive",
        "-o",
        str(folder / "lessons"),
        "--port",
        str(port),
    ]
    return subprocess.Popen([*command, "--hook", hook], env=environment, stdout=subprocess.PIPE, text=True)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@pytest.mark.slow
def test_a_receiver_killed_in_the_middle_ends_the_same(tmp_path: Path) -> None:
    """Twenty lessons, three kills, callbacks repeated: each lesson's hook ends once."""
    mark = f"{sys.executable} -c \"open(r'{tmp_path}/ran', 'a').write('{{task}}\\n')\""
    port = free_port()
    rules = CallbackRules(retry_s=0.5, double=0.3, seed=3)
    with Simulator(latency_s=0.02, processing_s=0.01, media=False, callbacks=rules) as simulator:
        recorder = client(simulator, tmp_path / "j", PATIENT)
        recorder.set_callback(f"http://127.0.0.1:{port}/callback")
        process = receiving(tmp_path, simulator, port, mark)
        try:
            tasks = []
            for n in range(20):
                tasks.append(teach(recorder, 3000 + n))
                if n in (4, 9, 14):
                    process.kill()
                    process.communicate()
                    process = receiving(tmp_path, simulator, port, mark)
                    wait_until(lambda: answers(port))
            ran = tmp_path / "ran"
            wait_until(lambda: ran.exists() and len(ran.read_text().split()) >= 20, 90)
            time.sleep(1)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)

    assert process.returncode == 130
    assert len(ran.read_text().split()) == len(set(ran.read_text().split())) == 20
    loaded = [timeline.load(path).task_id for path in (tmp_path / "lessons").glob("*/result.json")]
    assert sorted(map(str, loaded)) == sorted(tasks)


def test_the_receive_command_makes_a_video_of_a_lesson(tmp_path: Path) -> None:
    """Its hook fetches and renders; the list tells so; Ctrl-C ends it with 130."""
    with Simulator(latency_s=0.1, processing_s=0.05) as simulator:
        host = simulator.url.removeprefix("http://")
        hook = (
            f"{sys.executable} -m timeline render {{result}} -o {{folder}}/review.mp4 --journal {{journal}} "
            f"--fetch --allow-host {host} --cache {tmp_path}/cache --size 320x180 --draft"
        )
        port = free_port()
        process = receiving(tmp_path, simulator, port, hook)
        try:
            wait_until(lambda: answers(port))
            recorder = client(simulator, tmp_path / "j", PATIENT)
            recorder.set_callback(f"http://127.0.0.1:{port}/callback")
            task_id = recorder.start(1234).task_id
            simulator.wait_for_state(task_id, "recording")
            time.sleep(1)
            recorder.stop(task_id)
            wait_until(lambda: list((tmp_path / "lessons").glob("*/review.mp4")), 60)
            wait_until(lambda: "hook done" in listed(tmp_path / "lessons"), 10)
        finally:
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    told = json.loads(out)
    assert (told["task_id"], told["state"], told["source"]) == (task_id, "finished", "query")
    assert Path(told["result"]).is_file()


def listed(folder: Path) -> str:
    answer = subprocess.run(
        [sys.executable, "-m", "timeline", "receive", "-o", str(folder), "--list"],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout
