"""Callbacks as the service sends them: the guide's own bodies, signed by an md5 of our own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from timeline.service.secrets import make_credentials

KEY = "9016607A382749C69D4F4B00C61DD083"
CALLBACK_KEY = "Xz4ZgayTr7rMgWQrH"
ACCOUNT = 1400042982
TASK = "g68cee8e90jcq4ogg8jb"
NOW_S = 1_800_000_000
NOW_MS = NOW_S * 1000
V1 = make_credentials(ACCOUNT, tic_key=KEY)
BOTH = make_credentials(ACCOUNT, tic_key=KEY, callback_key=CALLBACK_KEY)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def query(
    expire_s: int = NOW_S + 120, *, key: str = KEY, account: object = ACCOUNT, random: int = 526919
) -> str:
    """Return the parameters of a callback's URL."""
    return f"random={random}&expire_time={expire_s}&sign={md5(f'{key}{expire_s}')}&sdkappid={account}"


def started(task_id: object = TASK, **others: Any) -> dict[str, Any]:
    """Return the body of guide §4.5.1."""
    return {
        "error_code": 0,
        "error_msg": "",
        "timestamp": 1529908745,
        "task_id": task_id,
        "task_type": "record_online",
        "callback_type": "record_started",
        "record_user_id": "tic_record_user_1234_01",
        "room_id": 1234,
    } | others


def finished(task_id: object = TASK, **others: Any) -> dict[str, Any]:
    """Return the body of guide §4.5.2, with one file."""
    row = {
        "video_play_time": 0,
        "video_size": 13151,
        "video_format": "mp4",
        "video_duration": 900000,
        "video_url": "http://1253488539.vod2.myqcloud.com/oM86K7X3Ig8b.mp4",
        "video_id": "5285890781570653827",
        "video_type": 0,
        "user_id": "ios_test1",
    }
    times = {"start_time": 1529908745, "stop_time": 1529908745, "total_time": 900000, "group_id": "1234"}
    body = started(task_id) | times | {"callback_type": "record_finished", "video_info": [row]}
    return body | others


def answer(task_id: str = TASK, **others: Any) -> dict[str, Any]:
    """Return the answer of a query to a task that has finished."""
    body = {
        key: value for key, value in finished(task_id).items() if key not in ("callback_type", "timestamp")
    }
    return body | {"status": "finished", "finish_reason": "usercall"} | others


def tiw(event: str = "OnlineRecordFinished", expire_s: int = NOW_S + 120, **others: Any) -> dict[str, Any]:
    """Return an event of the successor."""
    data = {"TaskId": TASK, "RoomId": 1234, "RecordUserId": "tic_record_user_1234_01"}
    return {
        "EventType": event,
        "EventData": data,
        "Timestamp": NOW_S,
        "SdkAppId": ACCOUNT,
        "ExpireTime": expire_s,
        "Sign": md5(f"{CALLBACK_KEY}{expire_s}"),
    } | others


def text(body: object) -> bytes:
    return json.dumps(body).encode()
