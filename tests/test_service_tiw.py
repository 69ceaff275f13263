"""The successor's API: Tencent's SDK against a stand-in that checks signature v3 by itself."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import timeline
from timeline.errors import (
    ParameterError,
    RecordUserTakenError,
    ServiceAnswerError,
    ServiceInternalError,
    ServiceRefusedError,
    ServiceUnreachableError,
    TaskStateError,
    TaskUnknownError,
)
from timeline.service.backends import CallPatience
from timeline.service.client import AsyncRecordingClient, RecordingClient
from timeline.service.messages import Whiteboard
from timeline.service.secrets import make_credentials
from timeline.service.tiw import TiwBackend

SECRET_ID, SECRET_KEY = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
PATIENCE = CallPatience(first_wait_s=0.001, most_wait_s=0.001, latency_s=0.01)
TASK = "gvft1qm2sbg1olmk9g50"


def v3_signature(request: BaseHTTPRequestHandler, body: bytes) -> str:
    """Return the signature that the request should have (TC3-HMAC-SHA256)."""
    headers = request.headers
    day = re.search(r"Credential=[^/]+/([0-9-]+)/", headers["Authorization"])
    assert day
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            f"content-type:{headers['Content-Type']}\nhost:{headers['Host']}\n",
            "content-type;host",
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{day[1]}/tiw/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{headers['X-TC-Timestamp']}\n{scope}\n{digest}"
    key = f"TC3{SECRET_KEY}".encode()
    for part in (day[1], "tiw", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class StandIn:
    """Answers from a script, and keeps what it was asked."""

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Any:
        signed = request.headers["Authorization"].rpartition("Signature=")[2]
        if signed != v3_signature(request, body) or SECRET_ID not in request.headers["Authorization"]:
            return error("AuthFailure.SignatureFailure", "signature")
        self.asked.append((request.headers["X-TC-Action"], json.loads(body)))
        assert request.headers["X-TC-Version"] == "2019-09-19"
        return self.script.pop(0)


def error(code: str, message: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}


@contextmanager
def served(stand_in: StandIn) -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = stand_in.answer(self, body)
            if answer is None:
                return  # the connection ends without an answer
            is_text = isinstance(answer, bytes)
            data = answer if is_text else json.dumps({"Response": answer | {"RequestId": "r-1"}}).encode()
            self.send_response(502 if is_text else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def service() -> Iterator[StandIn]:
    with served(StandIn()) as stand_in:
        yield stand_in


def keys(**more: str) -> Any:
    return make_credentials(1400127140, secret_id=SECRET_ID, secret_key=SECRET_KEY, **more)


def client(service: StandIn, journal: Path | None = None, **more: str) -> RecordingClient:
    backend = TiwBackend(keys(**more), base_url=service.url, patience=PATIENCE)
    return RecordingClient(keys(**more), backend=backend, patience=PATIENCE, journal=journal)


def state(name: str) -> dict[str, Any]:
    return {"TaskId": TASK, "Status": name, "RoomId": 1234}


def test_a_whole_lesson(service: StandIn, tmp_path: Path) -> None:
    """The five calls by their names, with their parameters, all signed."""
    service.script = [{"TaskId": TASK}, state("RECORDING"), {}, {}, {}]
    recorder = client(service, tmp_path / "j")

    started = recorder.start(
        1234,
        group_id="g",
        record_user_id="tic_record_user_1234_01",
        user_sig="sig",
        whiteboard=Whiteboard(1280, 720, {"ratio": "16:9"}),
        extra={"Concat": {"Enabled": True}},
    )
    recorder.pause(TASK)
    recorder.resume(TASK)
    recorder.stop(TASK)

    assert started.task_id == TASK
    about = {"SdkAppId": 1400127140, "TaskId": TASK}
    assert service.asked == [
        (
            "StartOnlineRecord",
            {
                "SdkAppId": 1400127140,
                "RoomId": 1234,
                "RecordUserId": "tic_record_user_1234_01",
                "RecordUserSig": "sig",
                "GroupId": "g",
                "Whiteboard": {"Width": 1280, "Height": 720, "InitParam": '{"ratio": "16:9"}'},
                "Concat": {"Enabled": True},
            },
        ),
        ("DescribeOnlineRecord", about),
        ("PauseOnlineRecord", about),
        ("ResumeOnlineRecord", about),
        ("StopOnlineRecord", about),
    ]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("PREPARED", "prepared"),
        ("RECORDING", "recording"),
        ("PAUSED", "paused"),
        ("STOPPED", "stopped"),
        ("FINISHED", "finished"),
    ],
)
def test_its_states(status: str, told: str, service: StandIn) -> None:
    """In our words."""
    service.script = [state(status)]

    assert client(service).query(TASK).state == told


def test_its_recording_undoes_a_pause(service: StandIn, tmp_path: Path) -> None:
    """It tells paused from recording, so somebody else has resumed."""
    service.script = [{"TaskId": TASK}, state("RECORDING"), {}, state("RECORDING"), {}]
    recorder = client(service, tmp_path / "j")
    recorder.start(1, user_sig=lambda user: "sig")
    recorder.pause(TASK)
    recorder.query(TASK)

    recorder.pause(TASK)

    assert recorder.state(TASK) == "paused"


def test_a_result_is_read_by_the_library(service: StandIn) -> None:
    """The answer to a query, as it comes."""
    video = {
        "VideoPlayTime": 0,
        "VideoSize": 13151,
        "VideoFormat": "mp4",
        "VideoDuration": 900000,
        "VideoUrl": "https://example.org/a.mp4",
        "VideoId": "1",
        "VideoType": 0,
        "UserId": "amy",
    }
    times = {"RecordStartTime": 1558613140, "RecordStopTime": 1558614040, "TotalTime": 900000}
    service.script = [state("FINISHED") | times | {"VideoInfos": [video], "FinishReason": "USER_CALL"}]

    answer = client(service).query(TASK)
    lesson = timeline.loads(answer.result_text())

    assert answer.is_finished
    assert (lesson.task_id, lesson.duration_ms, lesson.tracks[0].id) == (TASK, 900_000, "camera:amy")


@pytest.mark.parametrize(
    ("code", "kind", "tries"),
    [
        ("InvalidParameter.TaskNotFound", TaskUnknownError, 4),
        ("ResourceInUse.RecordUserId", RecordUserTakenError, 1),
        ("InternalError", ServiceInternalError, 7),
        ("UnauthorizedOperation.SdkAppId", ServiceRefusedError, 1),
        ("UnsupportedOperation.InvalidTaskStatus", ServiceRefusedError, 1),
        ("LimitExceeded.TaskConcurrency", ServiceRefusedError, 1),
    ],
)
def test_its_errors(code: str, kind: type[Exception], tries: int, service: StandIn) -> None:
    """Are the same classes."""
    service.script = [error(code, "no")] * tries

    with pytest.raises(kind, match=re.escape(code)):
        client(service).start(1, user_sig=lambda user: "sig")

    assert service.script == []


def test_a_failed_recording_tells_why(service: StandIn) -> None:
    """Its number stands inside the text."""
    service.script = [error("FailedOperation.Record", "code: 40002, msg: no file")]

    answer = client(service).query(TASK)

    assert (answer.state, answer.error_code) == ("failed", "FailedOperation.Record")
    assert answer.error_text == "code: 40002, msg: no file"


def test_a_stop_of_an_ended_task_is_fine(service: StandIn) -> None:
    """It had ended by itself."""
    service.script = [state("RECORDING"), error("UnsupportedOperation.TaskHasAlreadyStopped", "ended")]

    assert client(service).stop(TASK).had_ended


def test_callbacks_get_a_key_to_sign_with(service: StandIn) -> None:
    """Where there is one; deleting needs none."""
    service.script = [{}, {}, {}]
    recorder = client(service, callback_key="Xz4ZgayTr7rMgWQr")
    recorder.set_callback("https://example.org/x")
    recorder.delete_callback()

    assert service.asked == [
        ("SetOnlineRecordCallbackKey", {"SdkAppId": 1400127140, "CallbackKey": "Xz4ZgayTr7rMgWQr"}),
        ("SetOnlineRecordCallback", {"SdkAppId": 1400127140, "Callback": "https://example.org/x"}),
        ("SetOnlineRecordCallback", {"SdkAppId": 1400127140, "Callback": ""}),
    ]


def test_a_start_without_an_answer_is_not_repeated(service: StandIn) -> None:
    """It may have worked."""
    service.script = [None]

    with pytest.raises(ServiceUnreachableError, match="the connection broke") as caught:
        client(service).start(1, user_sig=lambda user: "sig")

    assert caught.value.is_uncertain
    assert len(service.asked) == 1


@pytest.mark.parametrize("body", [b"<html>Bad gateway", b"{}", b"[]", b'{"Response": 3}'])
def test_what_is_no_answer_is_told(body: bytes, service: StandIn) -> None:
    """A query is repeated; then it is an error of the answer."""
    service.script = [body] * 4

    with pytest.raises(ServiceAnswerError):
        client(service).query(TASK)


def test_a_service_that_is_not_there_is_no_doubt() -> None:
    """Nothing was sent."""
    with served(StandIn()) as gone:
        pass

    with pytest.raises(ServiceUnreachableError, match="no connection") as caught:
        client(gone).start(1, user_sig=lambda user: "sig")

    assert not caught.value.is_uncertain


def test_its_async_client(service: StandIn) -> None:
    """The same calls, awaited."""
    service.script = [state("RECORDING"), {}, error("InternalError", "x"), state("PAUSED")]

    async def lesson() -> str:
        backend = TiwBackend(keys(), base_url=service.url, patience=PATIENCE)
        async with AsyncRecordingClient(keys(), backend=backend, patience=PATIENCE) as recorder:
            await recorder.pause(TASK)
            with pytest.raises(TaskStateError):
                await recorder.pause(TASK)
            return (await recorder.query(TASK)).state

    assert asyncio.run(lesson()) == "paused"


def test_no_key_and_no_user_sig_is_logged(service: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK would show it at debug level."""
    service.script = [{"TaskId": TASK}]
    with caplog.at_level(logging.DEBUG):
        client(service).start(1, user_sig=lambda user: "the-user-sig")

    assert "the-user-sig" not in caplog.text
    assert SECRET_KEY not in caplog.text


def test_keys_go_over_https_alone() -> None:
    """Or stay on this machine."""
    with pytest.raises(ParameterError, match="must be https"):
        TiwBackend(keys(), base_url="http://tiw.tencentcloudapi.com")
    with pytest.raises(ParameterError, match="no secret_id is known"):
        TiwBackend(make_credentials(1, tic_key="x"))
