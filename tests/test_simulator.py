"""The simulated service over real connections: the guide's answers, its errors, callbacks, faults, media."""

from __future__ import annotations

import dataclasses
import http.server
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

import timeline
from timeline.errors import ParameterError
from timeline.service.signing import is_signed, sign
from timeline.service.simulated_callbacks import TIW_RULES, CallbackRules
from timeline.service.simulated_rooms import AUDIO_ONLY_ROOM, CAMERA, Room, Stream
from timeline.service.simulator import PATH, Simulator

KEY = "9016607A382749C69D4F4B00C61DD083"
APP = 1400127115


def quick(**options: Any) -> Simulator:
    """Return a simulator whose calls take effect within a hundredth of a second, without media."""
    settings: dict[str, Any] = {"latency_s": 0.01, "processing_s": 0.01, "media": False}
    return Simulator(APP, KEY, **settings | options)


class Caller:
    """Sends requests as the guide has them, one connection each."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._rooms = 0

    def post(
        self, call: str, body: Any = None, *, data: bytes | None = None, **query: Any
    ) -> httpx2.Response:
        expire_s = int(time.time()) + 120
        values: dict[str, Any] = {
            "sdkappid": APP,
            "expire_time": expire_s,
            "sign": sign(KEY, expire_s),
            "random": 526919,
        }
        values = {name: value for name, value in (values | query).items() if value is not None}
        return httpx2.post(
            self.simulator.url + PATH + call,
            params=values,
            content=json.dumps(body).encode() if data is None else data,
            headers={"Content-Type": "application/json"},
            timeout=60,
            trust_env=False,
        )

    def ask(self, call: str, body: Any = None, **query: Any) -> dict[str, Any]:
        answer = self.post(call, body, **query)
        assert answer.status_code == 200
        return dict(answer.json())

    def start(self, room_id: int = 1234, **values: Any) -> str:
        self._rooms += 1
        body = {"room_id": room_id, "user_id": f"tic_record_user_{room_id}_{self._rooms}", "user_sig": "sig"}
        answer = self.ask("start", body | values)
        assert answer["error_code"] == 0
        return str(answer["task_id"])

    def record(self, seconds: float = 20, **values: Any) -> str:
        """Record a lesson to its end and return its task."""
        task_id = self.start(**values)
        self.simulator.wait_for_state(task_id, "recording")
        self.simulator.advance(seconds)
        assert self.ask("stop", {"task_id": task_id})["error_code"] == 0
        self.simulator.wait_for_state(task_id, "finished", "failed")
        return task_id


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with quick() as entered:
        yield entered


@pytest.fixture
def caller(simulator: Simulator) -> Caller:
    return Caller(simulator)


class Receiver(http.server.ThreadingHTTPServer):
    """Takes callbacks, after so many wrong answers."""

    def __init__(self, wrong_answers: int = 0) -> None:
        self.wrong_answers = wrong_answers
        self.slow_s = 0.0
        self.heard: list[tuple[dict[str, str], dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), _Receiving)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/callback?shop=7"


class _Receiving(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((dict(parse_qsl(urlsplit(self.path).query)), body))
        if body.get("callback_type") == "record_started":
            time.sleep(self.server.slow_s)
        is_right = len(self.server.heard) > self.server.wrong_answers
        answer = b'{"error_code":0}' if is_right else b'{"error_code":1}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


TASK = {"task_id": "g68cee8e90jcq4ogg8jb"}
START = {"room_id": 1234, "user_id": "tic_record_user_1234_01", "user_sig": "valid usersig"}
PAST = {"expire_time": 1548247837, "sign": "5400bac77ba6467a8f8ac056f1769f45"}


@pytest.mark.parametrize(
    ("call", "body", "query", "code"),
    [
        ("query", TASK, {"sign": "0" * 32}, 20002),
        ("query", TASK, {"sign": "é" * 16}, 20002),
        ("query", TASK, PAST, 20001),
        ("query", TASK, {"sdkappid": 1400127116}, 20000),
        ("query", TASK, {"random": None}, 20003),
        ("query", TASK, {"random": 2**31}, 20003),
        ("query", TASK, {"random": 0}, 20003),
        ("query", TASK, {"random": "x"}, 20003),
        ("query", TASK, {"sign": None}, 20003),
        ("query", TASK, {"expire_time": "٣٣٣٣٣٣٣٣٣٣"}, 20003),
        ("query", TASK, {}, 20005),
        ("stop", TASK, {}, 20005),
        ("pause", {"task_id": 7}, {}, 20003),
        ("resume", {}, {}, 20003),
        ("resume", [], {}, 40000),
        ("start", START | {"room_id": "1234"}, {}, 20003),
        ("start", START | {"room_id": True}, {}, 20003),
        ("start", START | {"room_id": 0}, {}, 40001),
        ("start", START | {"user_id": "amy"}, {}, 40001),
        ("start", START | {"user_id": "tic_record_user_12345_01"}, {}, 40001),
        ("start", START | {"user_sig": ""}, {}, 40001),
        ("start", START | {"whiteboard": {"width": "1280"}}, {}, 20003),
        ("start", START | {"whiteboard": {"height": 0}}, {}, 40001),
        ("start", START | {"whiteboard": {"init_param": {"ratio": "16:9"}}}, {}, 20003),
        ("start", START | {"whiteboard": {"init_param": "ratio"}}, {}, 40001),
        ("callback", {"callback": "ftp://host/"}, {}, 20004),
        ("callback", {"callback": "http://"}, {}, 20004),
        ("callback", {"callback": "http://host:x/"}, {}, 20004),
        ("callback", {}, {}, 20003),
    ],
)
def test_wrong_requests_have_the_guides_numbers(
    caller: Caller, call: str, body: Any, query: dict[str, Any], code: int
) -> None:
    """Each is answered with HTTP 200 and two members."""
    answer = caller.ask(call, body, **query)

    assert (answer["error_code"], set(answer)) == (code, {"error_code", "error_msg"})


@pytest.mark.parametrize("data", [b"", b'{"task_id": ', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_40000(caller: Caller, data: bytes) -> None:
    assert caller.post("query", data=data).json()["error_code"] == 40000


def test_the_guides_body_lacks_a_comma(caller: Caller) -> None:
    """As printed in §4.1 it is no JSON."""
    data = b'{"room_id": 1234, "group_id": "1234" "user_id": "tic_record_user_1234_01", "user_sig": "s"}'

    assert caller.post("start", data=data).json()["error_code"] == 40000


def test_a_start_is_answered_as_in_the_guide(caller: Caller) -> None:
    """§4.1's request, with its comma."""
    whiteboard = {"width": 1280, "height": 960, "init_param": '{"ratio": "16:9"}'}

    answer = caller.ask("start", START | {"group_id": "1234", "whiteboard": whiteboard})

    task_id = answer.pop("task_id")
    assert (answer, len(task_id)) == ({"error_code": 0, "error_msg": "ok"}, 20)


def test_a_recording_user_serves_once(caller: Caller) -> None:
    caller.ask("start", START)

    assert caller.ask("start", START)["error_code"] == 20013


def test_stop_and_pause_of_an_ended_task_are_20011(caller: Caller) -> None:
    task = {"task_id": caller.record()}

    assert [caller.ask(call, task)["error_code"] for call in ("stop", "pause", "resume")] == [20011] * 3


@pytest.mark.parametrize(
    ("values", "room", "code"),
    [
        ({"user_sig": "invalid usersig"}, None, 40004),
        ({"group_id": "invalid"}, None, 40005),
        ({}, AUDIO_ONLY_ROOM, 40002),
        ({}, Room(fails_with=49999), 49999),
    ],
)
def test_a_failed_recording_is_told_by_the_query(
    simulator: Simulator, caller: Caller, values: dict[str, Any], room: Room | None, code: int
) -> None:
    if room:
        simulator.set_room(1234, room)
    task_id = caller.start(**values)
    if code == 40002:
        simulator.wait_for_state(task_id, "recording")
        caller.ask("stop", {"task_id": task_id})
    simulator.wait_for_state(task_id, "failed")

    answer = caller.ask("query", {"task_id": task_id})

    assert (answer["error_code"], answer["status"]) == (code, "finished")
    assert (answer["video_info"], answer["total_time"]) == ([], 0)


def test_the_query_knows_three_states() -> None:
    """While it is paused, and while files are made, a task is "recording" (§4.4)."""
    words = []
    with Simulator(APP, KEY, media=False, latency_s=2, processing_s=60) as simulator:
        caller = Caller(simulator)
        task = {"task_id": caller.start()}
        words.append(caller.ask("query", task)["status"])
        for call, state in (("", "recording"), ("pause", "paused"), ("stop", "stopped"), ("", "finished")):
            if call:
                caller.ask(call, task)
            simulator.advance(60)
            assert simulator.tasks[0].state == state
            words.append(caller.ask("query", task)["status"])

    assert words == ["prepared", "recording", "recording", "recording", "finished"]


def test_a_finished_query_has_the_members_of_the_guide(caller: Caller) -> None:
    """All of §4.4's table, and of a file all of its own."""
    answer = caller.ask("query", {"task_id": caller.record()})

    assert set(answer) == {
        *("error_code", "error_msg", "finish_reason", "task_id", "status", "room_id", "record_user_id"),
        *("start_time", "stop_time", "total_time", "group_id", "video_info"),
    }
    assert all(
        set(row)
        == {
            *("video_play_time", "video_size", "video_format", "video_duration"),
            *("video_url", "video_id", "video_type", "user_id"),
        }
        for row in answer["video_info"]
    )


def test_a_paused_lesson_loads_with_its_pause(simulator: Simulator, caller: Caller) -> None:
    """Fifteen minutes, a pause of one, nine minutes, as in the guide; the task says it to the millisecond."""
    simulator.set_room(None, Room(streams=(Stream(CAMERA, "amy"), Stream(CAMERA, "bob", 0.2))))
    task_id = caller.start()
    simulator.wait_for_state(task_id, "recording")
    simulator.advance(900)
    caller.ask("pause", {"task_id": task_id})
    simulator.wait_for_state(task_id, "paused")
    simulator.advance(60)
    caller.ask("resume", {"task_id": task_id})
    simulator.wait_for_state(task_id, "recording")
    simulator.advance(540)
    caller.ask("stop", {"task_id": task_id})
    simulator.wait_for_state(task_id, "finished")

    lesson = timeline.loads(json.dumps(caller.ask("query", {"task_id": task_id})))

    (start_ms, pause_ms), (resume_ms, stop_ms) = simulator.tasks[0].spans
    assert stop_ms
    assert pause_ms
    assert (pause_ms - start_ms >= 900_000, resume_ms - pause_ms >= 60_000) == (True, True)
    assert lesson.duration_ms == pause_ms - start_ms + stop_ms - resume_ms
    assert [pause.at_ms for pause in lesson.pauses] == [pause_ms - start_ms]
    assert lesson.pauses[0].duration_ms == pytest.approx(resume_ms - pause_ms, abs=1100)  # whole seconds
    assert {track.id: len(track.clips) for track in lesson.tracks} == {"camera:amy": 2, "camera:bob": 2}


def test_requests_are_kept_with_their_randoms(simulator: Simulator, caller: Caller) -> None:
    task_id = caller.start()
    caller.ask("query", {"task_id": task_id}, random=7)

    seen = [
        (request.call, request.random, request.task_id, request.error_code) for request in simulator.requests
    ]

    assert seen == [("start", 526919, task_id, 0), ("query", 7, task_id, 0)]


def test_callbacks_are_signed_and_shaped_as_in_the_guide(
    simulator: Simulator, caller: Caller, receiver: Receiver
) -> None:
    began_s = int(time.time())
    caller.ask("callback", {"callback": receiver.url})
    task_id = caller.record()
    simulator.wait_for_callbacks(2)

    (query, started), (_, finished) = receiver.heard
    assert is_signed(KEY, query["expire_time"].encode(), query["sign"].encode())
    assert (query["sdkappid"], query["shop"], int(query["random"]) > 0) == (str(APP), "7", True)
    assert began_s <= started.pop("timestamp") <= simulator.now_unix_ms() // 1000
    assert started == {
        "error_code": 0,
        "error_msg": "",
        "task_id": task_id,
        "task_type": "record_online",
        "callback_type": "record_started",
        "record_user_id": "tic_record_user_1234_1",
        "room_id": 1234,
    }
    asked = caller.ask("query", {"task_id": task_id})
    del asked["status"]
    del finished["timestamp"]
    assert finished == asked | {"task_type": "record_online", "callback_type": "record_finished"}


def test_a_wrong_answer_is_asked_again_with_a_signature_of_its_own(receiver: Receiver) -> None:
    receiver.wrong_answers = 3
    rules = CallbackRules(retry_s=0.01)
    with quick(callbacks=rules) as simulator:
        caller = Caller(simulator)
        caller.ask("callback", {"callback": receiver.url})
        caller.start()
        tries = simulator.wait_for_callbacks(1)

    assert [(sent.attempt, sent.is_taken) for sent in tries] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]
    assert len({query["random"] for query, _ in receiver.heard}) == 4


def test_repeats_end_after_ten(receiver: Receiver) -> None:
    receiver.wrong_answers = 1000
    with quick(callbacks=CallbackRules(retry_s=0.001)) as simulator:
        caller = Caller(simulator)
        caller.ask("callback", {"callback": receiver.url})
        caller.start()
        deadline = time.monotonic() + 10
        while len(receiver.heard) < 11 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)

        assert len(receiver.heard) == 11


def test_callbacks_of_a_task_come_in_order(simulator: Simulator, caller: Caller, receiver: Receiver) -> None:
    """The end is told after the start was answered, however long that takes."""
    receiver.slow_s = 0.5
    caller.ask("callback", {"callback": receiver.url})
    caller.record()

    assert [sent.what for sent in simulator.wait_for_callbacks(2)] == ["started", "finished"]


def test_an_empty_address_ends_the_callbacks(
    simulator: Simulator, caller: Caller, receiver: Receiver
) -> None:
    caller.ask("callback", {"callback": receiver.url})
    caller.ask("callback", {"callback": ""})
    caller.record()

    assert (simulator.callback_address, simulator.callbacks_sent) == ("", [])


def told(receiver: Receiver, rules: CallbackRules, taken: int) -> list[str]:
    """Return which callbacks of one lesson are heard."""
    with quick(callbacks=rules) as simulator:
        caller = Caller(simulator)
        caller.ask("callback", {"callback": receiver.url})
        caller.record()
        simulator.wait_for_callbacks(taken)
    return [body["callback_type"] for _, body in receiver.heard]


def test_callbacks_can_be_lost(receiver: Receiver) -> None:
    assert told(receiver, CallbackRules(lose=1), 0) == []


def test_callbacks_can_be_doubled(receiver: Receiver) -> None:
    assert (
        sorted(told(receiver, CallbackRules(double=1), 4)) == ["record_finished"] * 2 + ["record_started"] * 2
    )


def test_callbacks_can_come_in_the_wrong_order(receiver: Receiver) -> None:
    rules = CallbackRules(reorder=1, hold_s=0.01)

    assert told(receiver, rules, 2) == ["record_finished", "record_started"]


def test_events_can_be_those_of_the_successor(receiver: Receiver) -> None:
    """Three events, signed in the body; any answer with status 200 ends the repeats."""
    receiver.wrong_answers = 100
    rules = dataclasses.replace(TIW_RULES, callback_key="Xz4ZgayTr7rMgWQrH")
    with quick(callbacks=rules) as simulator:
        caller = Caller(simulator)
        caller.ask("callback", {"callback": receiver.url})
        caller.record()
        simulator.wait_for_callbacks(3)

    queries, events = zip(*receiver.heard, strict=True)
    assert [event["EventType"][12:] for event in events] == ["Started", "Stopped", "Finished"]
    assert queries == ({"shop": "7"},) * 3
    assert events[0]["Sign"] == sign("Xz4ZgayTr7rMgWQrH", events[0]["ExpireTime"])
    lesson = timeline.loads(json.dumps(events[2]))
    assert [track.id for track in lesson.tracks if track.kind == "screen"] == ["screen:teacher"]


def test_a_planned_error_is_answered_as_often_as_planned(simulator: Simulator, caller: Caller) -> None:
    simulator.plan_fault("query", times=2, error_code=20099)
    task = {"task_id": caller.start()}

    assert [caller.ask("query", task)["error_code"] for _ in range(3)] == [20099, 20099, 0]


@pytest.mark.parametrize("is_carried_out", [False, True])
def test_a_cut_connection_before_and_after_the_work(
    simulator: Simulator, caller: Caller, is_carried_out: bool
) -> None:
    simulator.plan_fault("start", answer="closed", is_carried_out=is_carried_out)

    with pytest.raises(httpx2.TransportError):
        caller.ask("start", START)

    assert len(simulator.tasks) == int(is_carried_out)


def test_a_gateway_answers_html(simulator: Simulator, caller: Caller) -> None:
    simulator.plan_fault("query", answer="html")

    answer = caller.post("query", TASK)

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")


def test_a_truncated_answer_is_no_json(simulator: Simulator, caller: Caller) -> None:
    simulator.plan_fault("start", answer="truncated", is_carried_out=True)

    with pytest.raises(json.JSONDecodeError):
        caller.post("start", START).json()


def test_a_late_answer_is_late_and_its_work_done_at_once(simulator: Simulator, caller: Caller) -> None:
    simulator.plan_fault("start", delay_s=0.3)
    began = time.monotonic()

    caller.start()

    assert time.monotonic() - began >= 0.3


def test_a_simulator_that_is_left_ends_what_it_delays(receiver: Receiver) -> None:
    """Neither an answer nor a callback that waits for long keeps it, and no thread stays."""
    before = threading.active_count()
    began = time.monotonic()
    with quick(callbacks=CallbackRules(delay=1)) as simulator:
        caller = Caller(simulator)
        caller.ask("callback", {"callback": receiver.url})
        caller.start()
        simulator.plan_fault("query", delay_s=60)
        waiting = threading.Thread(target=caller.post, args=("query", TASK))
        waiting.start()
        while len(simulator.requests) < 3:
            time.sleep(0.01)
    waiting.join()

    assert (time.monotonic() - began < 30, threading.active_count()) == (True, before)


def test_the_services_clock_can_be_wrong(simulator: Simulator, caller: Caller) -> None:
    simulator.clock_skew_s = 3600

    answer = caller.post("query", TASK)

    assert answer.json()["error_code"] == 20001
    date = time.mktime(time.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    assert date == pytest.approx(time.time() + 3600, abs=60)


def test_a_taken_port_is_named(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])

    with (
        pytest.raises(ParameterError, match=f"port {port} cannot be used"),
        Simulator(port=port, media=False),
    ):
        pass


def test_media_are_as_large_and_as_long_as_told(tmp_path: Path) -> None:
    """Downloaded whole and in part; lengths are checked with PyAV."""
    import av

    with quick(media=True) as simulator:
        caller = Caller(simulator)
        rows = caller.ask("query", {"task_id": caller.record(20)})["video_info"]
        for row in rows:
            whole = httpx2.get(row["video_url"], trust_env=False).content
            part = httpx2.get(row["video_url"], headers={"Range": "bytes=100-199"}, trust_env=False)
            (tmp_path / "file.mp4").write_bytes(whole)

            assert len(whole) == row["video_size"]
            assert (part.status_code, part.content) == (206, whole[100:200])
            with av.open(str(tmp_path / "file.mp4")) as opened:
                assert (opened.duration or 0) / 1000 == pytest.approx(row["video_duration"], abs=64)

    assert sorted((row["video_type"], row["user_id"]) for row in rows) == [
        *[(0, "amy"), (0, "bob"), (0, "teacher"), (1, "teacher"), (2, "")]
    ]


@pytest.mark.slow
def test_a_simulated_lesson_is_fetched_and_rendered(tmp_path: Path) -> None:
    """From "start" to a review video, by nothing but the links in the result."""
    from timeline.media.address import policy_of
    from timeline.media.fetch import fetch_media
    from timeline.media.store import MediaStore
    from timeline.render.video import render_video

    with quick(media=True) as simulator:
        caller = Caller(simulator)
        task_id = caller.record(8)
        lesson = timeline.loads(json.dumps(caller.ask("query", {"task_id": task_id})))
        policy = policy_of([simulator.url.removeprefix("http://")])
        fetched = fetch_media(lesson, MediaStore(tmp_path / "cache"), policy=policy)

    assert fetched.findings == ()
    report = render_video(
        lesson, tmp_path / "review.mp4", media=None, cache=tmp_path / "cache", size_px=(640, 360)
    )

    assert report.findings == ()
    assert report.path.stat().st_size > 10_000


def test_the_command_says_how_it_is_used_and_ends_with_130() -> None:
    """Ctrl-C is how one ends it; no signature and no traceback is seen."""
    command = [sys.executable, "-m", "timeline", "service", "simulate", "--no-media", "--tic-key", KEY]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = [process.stderr.readline() for _ in range(5)]
        url = re.search(r"http://127\.0\.0\.1:\d+", lines[0])
        assert url
        answer = httpx2.post(url[0] + PATH + "query", json=TASK, trust_env=False)
        assert answer.json()["error_code"] == 20003
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        talk = "".join(lines) + process.stderr.read()
    assert "query: error_code 20003" in talk
    assert ("Traceback" in talk, KEY in talk) == (False, False)
