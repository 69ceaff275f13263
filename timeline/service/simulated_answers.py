"""What the simulator says, in the guide's words and shapes (§4.4, §4.6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from timeline.service.simulated_rooms import WHITEBOARD
from timeline.service.simulated_tasks import (
    FINISHED_EVENT,
    JOIN_FAILED,
    LOGIN_FAILED,
    NO_FILES,
    Refusal,
    SimulatedTask,
)
from timeline.service.states import FAILED, FINISHED, PREPARED, RECORDING

_MESSAGES = {
    NO_FILES: "no file was recorded: there was no picture in the room",
    LOGIN_FAILED: "ImSDK login failed: the user_sig is invalid",
    JOIN_FAILED: "ImSDK cannot join the group: there is no such group",
}
_WORDS = {PREPARED: PREPARED, FINISHED: FINISHED, FAILED: FINISHED}
"""The guide's query knows three words; paused and stopped tasks are still ``recording`` there."""


def accepted(task: SimulatedTask | None = None) -> dict[str, Any]:
    """Return the answer to a call that was accepted; to a start with its *task*."""
    return {"error_code": 0, "error_msg": "ok"} | ({"task_id": task.task_id} if task else {})


def refused(refusal: Refusal) -> dict[str, Any]:
    """Return the answer to a call that was not."""
    return {"error_code": refusal.error_code, "error_msg": refusal.error_msg}


def query_answer(task: SimulatedTask, links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the answer to a query (§4.4).

    Args:
        task: Which is asked for.
        links: The id and the link of each of its files.
    """
    head = _error(task) | {"task_id": task.task_id, "status": _WORDS.get(task.state, RECORDING)}
    return head | _result(task, links)


def callback_body(
    what: str, task: SimulatedTask, links: Sequence[tuple[str, str]], timestamp_s: int
) -> dict[str, Any]:
    """Return what a callback tells (§4.6): `STARTED_EVENT` or `FINISHED_EVENT`."""
    head = (_error(task) if what == FINISHED_EVENT else {"error_code": 0, "error_msg": ""}) | {
        "timestamp": timestamp_s,
        "task_id": task.task_id,
        "task_type": "record_online",
        "callback_type": f"record_{what}",
        "record_user_id": task.record_user_id,
        "room_id": task.room_id,
    }
    return head | _result(task, links) if what == FINISHED_EVENT else head


def _error(task: SimulatedTask) -> dict[str, Any]:
    message = _MESSAGES.get(task.error_code, "internal error") if task.error_code else ""
    return {"error_code": task.error_code, "error_msg": message}


def _result(task: SimulatedTask, links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what query and callback share; all is zero or empty until the task has finished."""
    is_there = task.state == FINISHED
    rows = zip(task.files, task.sizes or (), links, strict=True) if is_there else ()
    return {
        "finish_reason": task.finish_reason if task.state in (FINISHED, FAILED) else "",
        "room_id": task.room_id,
        "record_user_id": task.record_user_id,
        "start_time": task.start_stamp_s,
        "stop_time": task.stop_stamp_s if task.state in (FINISHED, FAILED) else 0,
        "total_time": task.total_ms if is_there else 0,
        "group_id": task.group_id,
        "video_info": [
            {
                "video_play_time": file.start_ms,
                "video_size": size,
                "video_format": "mp4",
                "video_duration": file.duration_ms,
                "video_url": url,
                "video_id": video_id,
                "video_type": file.kind,
                "user_id": "" if file.kind == WHITEBOARD else file.user_id,
            }
            for file, size, (video_id, url) in rows
        ],
    }
