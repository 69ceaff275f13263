"""What the simulator tells as the successor TIW does: events with a signature in the body. Pure.

Only its callbacks are simulated; its calls go through Tencent's SDK to Tencent alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from timeline.service.signing import sign
from timeline.service.simulated_media import SIZES
from timeline.service.simulated_rooms import SCREEN, RecordedFile
from timeline.service.simulated_tasks import FINISHED_EVENT, SimulatedTask

_REASONS = {"auto": "AUTO", "usercall": "USER_CALL", "": "EXCEPTION"}


def event_body(
    what: str, task: SimulatedTask, links: Sequence[tuple[str, str]], timestamp_s: int
) -> dict[str, Any]:
    """Return an event without its signature: ``started``, ``stopped`` or ``finished``."""
    data: dict[str, Any] = {
        "TaskId": task.task_id,
        "RoomId": task.room_id,
        "RecordUserId": task.record_user_id,
    }
    if what == FINISHED_EVENT:
        data |= _result(task, links)
    return {"EventType": f"OnlineRecord{what.capitalize()}", "EventData": data, "Timestamp": timestamp_s}


def signed_event(body: dict[str, Any], sdk_app_id: int, callback_key: str, expire_s: int) -> dict[str, Any]:
    """Return an event as it is sent; with an empty key it is not signed.

    Example:
        >>> signed_event({}, 1400000001, "Xz4ZgayTr7rMgWQrH", 1588040109)["Sign"]
        'a2dabb362a9b811c0e26953a6276a41c'
    """
    if not callback_key:
        return body
    return body | {"SdkAppId": sdk_app_id, "ExpireTime": expire_s, "Sign": sign(callback_key, expire_s)}


def _result(task: SimulatedTask, links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    rows = [] if task.error_code else zip(task.files, task.sizes or (), links, strict=True)
    result = {
        "GroupId": task.group_id,
        "FinishReason": _REASONS[task.finish_reason],
        "RecordStartTime": 0 if task.error_code else task.start_stamp_s,
        "RecordStopTime": 0 if task.error_code else task.stop_stamp_s,
        "TotalTime": 0 if task.error_code else task.total_ms,
        "ExceptionCnt": 0,
        "OmittedDurations": [],
        "VideoInfos": [_row(file, size, link) for file, size, link in rows],
    }
    if task.error_code:
        message = f"code: {task.error_code}, msg: the recording failed"
        result["Error"] = {"Code": "FailedOperation.Record", "Message": message}
    return result


def _row(file: RecordedFile, size: int, link: tuple[str, str]) -> dict[str, Any]:
    width_px, height_px = SIZES[file.kind]
    return {
        "VideoPlayTime": file.start_ms,
        "VideoSize": size,
        "VideoFormat": "mp4",
        "VideoDuration": file.duration_ms,
        "VideoUrl": link[1],
        "VideoId": link[0],
        "VideoType": file.kind,
        "UserId": f"tic_substream_{file.user_id}" if file.kind == SCREEN else file.user_id,
        "Width": width_px,
        "Height": height_px,
    }
