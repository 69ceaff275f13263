"""The result of 2018's "split record", the forerunner of v1, made after class.

It comes as a callback with ``event_type`` 1001 or as the answer to a query, which names neither type nor user
of a file. Its first draft called the list ``video_id``. Lengths are documented in seconds.
"""

from __future__ import annotations

from typing import Any

from timeline.errors import ResultNotReadyError
from timeline.results.advice import refuse_failure
from timeline.results.body import BodyNames, read_body
from timeline.results.fields import read_whole_number
from timeline.results.old_units import with_plausible_units
from timeline.results.recording import RecordingResult
from timeline.results.rows import SNAKE

_NAMES = BodyNames(
    SNAKE,
    start="start_time",
    stop="stop_time",
    pauses="omitted_duration",
    room="class_roomid",
    origin="im_time",
)
_LISTS = ("video_info", "video_id")
_STARTED, _FINISHED = 1000, 1001


def recognises(body: dict[str, Any]) -> bool:
    """Return whether *body* is such a callback or answer."""
    return any(key in body for key in ("class_roomid", "roomid_list", "im_time")) or (
        read_whole_number(body.get("event_type")) in (_STARTED, _FINISHED)
    )


def read(body: dict[str, Any], pointer: str, task: str | None) -> RecordingResult | None:
    """Return the recording, or None when there is no list of files.

    Raises:
        ResultFormatError: No file of it is usable.
        ResultNotReadyError: Recording has only started.
        RecordingFailedError: The service reports a failure.
    """
    refuse_failure(body)
    if read_whole_number(body.get("event_type")) == _STARTED:
        raise ResultNotReadyError(
            "this callback only says that recording has started; the result comes with event_type 1001"
        )
    files = next((name for name in _LISTS if isinstance(body.get(name), list)), None)
    if files is None:
        return None
    body, findings = with_plausible_units(body, files, _NAMES, pointer)
    body[files] = [_apart(row) for row in body[files]]
    return read_body(body, _NAMES, files, pointer, findings)


def _apart(row: Any) -> Any:
    """Return *row*; one that names neither type nor user is a stream of its own, called by its file's id.

    All of them together would be one stream, in which files hide each other.
    """
    if not isinstance(row, dict) or row.get("video_type") is not None or row.get("user_id"):
        return row
    return row | {"user_id": row.get("video_id")}
