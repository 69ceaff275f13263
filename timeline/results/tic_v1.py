"""The v1 result of the interactive-classroom recording guide, in snake_case: recorded live, or after class.

Live (*online*) it comes bare (§2.5), as the answer to a query (§4.4) or in a ``record_finished`` callback
(§4.5.2). Recorded after class (*offline*) it has ``record_start_time``, the chat server's clock at the start
of playback, instead of start and stop; nothing is cut out of it, since a class that is over cannot be paused.
"""

from __future__ import annotations

from typing import Any

from timeline.errors import ResultNotReadyError
from timeline.results.advice import refuse_failure
from timeline.results.body import BodyNames, read_body
from timeline.results.recording import RecordingResult
from timeline.results.rows import SNAKE
from timeline.sinks import show

_ONLINE = BodyNames(SNAKE, start="start_time", stop="stop_time", pauses="omitted_duration")
_OFFLINE = BodyNames(
    SNAKE, start="start_time", stop="stop_time", pauses="omitted_duration", origin="record_start_time"
)


def recognises(body: dict[str, Any]) -> bool:
    """Return whether *body* is spelt like a v1 result, callback or answer."""
    return any(key in body for key in ("video_info", "callback_type", "error_code"))


def read(body: dict[str, Any], pointer: str, task: str | None) -> RecordingResult | None:
    """Return the recording of a v1 body, or None when it has no list of files.

    Raises:
        ResultFormatError: No file of it is usable.
        ResultNotReadyError: The recording has only started or is still running.
        RecordingFailedError: The service reports a failure.
    """
    refuse_failure(body)
    if body.get("callback_type") == "record_started":
        raise ResultNotReadyError(
            "this callback only says that recording has started; "
            "the result comes with the record_finished callback or a query after the end"
        )
    status = body.get("status")
    if isinstance(status, str) and status and status != "finished":
        raise ResultNotReadyError(
            f"the recording is not finished: its status is {show(status)}; query again later"
        )
    if "video_info" not in body:
        return None
    return read_body(body, _OFFLINE if _is_offline(body) else _ONLINE, "video_info", pointer)


def _is_offline(body: dict[str, Any]) -> bool:
    return body.get("task_type") == "record_offline" or (
        "record_start_time" in body and "start_time" not in body
    )
