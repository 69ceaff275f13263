"""The result of the classroom's SaaS form: the event ``online_record_stop`` with its ``data``.

It has a ``class_id`` instead of a room, no ``total_time``, and lengths documented in seconds.
"""

from __future__ import annotations

from typing import Any

from timeline.errors import ResultNotReadyError
from timeline.results.advice import refuse_failure
from timeline.results.body import BodyNames, read_body
from timeline.results.old_units import with_plausible_units
from timeline.results.recording import RecordingResult
from timeline.results.rows import SNAKE
from timeline.sinks import show

_NAMES = BodyNames(
    SNAKE, start="start_time", stop="stop_time", pauses="omitted_duration", room="class_id", task="task_id"
)
_FINISHED = "online_record_stop"


def recognises(body: dict[str, Any]) -> bool:
    """Return whether *body* is an event of that form, or its data alone."""
    if "video_info" in body:
        return body.get("event") == _FINISHED or "class_id" in body
    return isinstance(body.get("event"), str)


def read(body: dict[str, Any], pointer: str, task: str | None) -> RecordingResult | None:
    """Return the recording of the event, or None when it has no list of files.

    Raises:
        ResultFormatError: No file of it is usable.
        ResultNotReadyError: It is another event.
        RecordingFailedError: The service reports a failure.
    """
    refuse_failure(body)
    event = body.get("event", _FINISHED)
    if event != _FINISHED:
        raise ResultNotReadyError(
            f"the event {show(event)} carries no result; that comes with the event {_FINISHED}"
        )
    if "video_info" not in body:
        return None
    body, findings = with_plausible_units(body, "video_info", _NAMES, pointer)
    return read_body(body, _NAMES, "video_info", pointer, findings)
