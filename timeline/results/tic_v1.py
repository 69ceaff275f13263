"""The v1 result of the interactive-classroom recording guide, in snake_case.

It comes bare (§2.5), as the answer to a query (§4.4) or in a ``record_finished`` callback (§4.5.2); the three
differ only in a few fields beside the body.
"""

from __future__ import annotations

from typing import Any

from timeline.errors import ResultNotReadyError
from timeline.results.advice import failure
from timeline.results.body import BodyNames, read_body
from timeline.results.fields import read_whole_number, show
from timeline.results.recording import RecordingResult
from timeline.results.rows import SNAKE

_NAMES = BodyNames(SNAKE, start="start_time", stop="stop_time", pauses="omitted_duration")


def recognises(document: dict[str, Any]) -> bool:
    """Return whether *document* is spelt like a v1 result, callback or answer."""
    return any(key in document for key in ("video_info", "callback_type", "error_code"))


def read(document: dict[str, Any], task: str | None) -> RecordingResult | None:
    """Return the recording of a v1 document, or None when it has no list of files.

    Args:
        document: What `recognises` said yes to.
        task: Not used: a v1 document holds one task.

    Raises:
        ResultFormatError: No file of it is usable.
        ResultNotReadyError: The recording has only started or is still running.
        RecordingFailedError: The service reports a failure.
    """
    error_code = read_whole_number(document.get("error_code", 0))
    if error_code:
        raise failure(error_code, document.get("error_msg"))
    if document.get("callback_type") == "record_started":
        raise ResultNotReadyError(
            "this callback only says that recording has started; "
            "the result comes with the record_finished callback or a query after the end"
        )
    status = document.get("status")
    if isinstance(status, str) and status and status != "finished":
        raise ResultNotReadyError(
            f"the recording is not finished: its status is {show(status)}; query again later"
        )
    return read_body(document, _NAMES, "video_info") if "video_info" in document else None
