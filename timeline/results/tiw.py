"""The result of TIW, the successor of v1, in PascalCase (API version 2019-09-19).

It comes as the answer of ``DescribeOnlineRecord``, ``DescribeVideoGenerationTask`` or
``DescribeRecordSearch`` (many tasks), and in the ``OnlineRecordFinished`` event. In an answer of
``DescribeVideoGenerationTask`` the field ``VideoInfos`` is one dummy object and ``VideoInfoList`` the list.
"""

from __future__ import annotations

from typing import Any

from timeline.errors import ResultFormatError, ResultNotReadyError
from timeline.results.advice import failure, refuse_error
from timeline.results.body import BodyNames, read_body
from timeline.results.fields import read_whole_number
from timeline.results.recording import RecordingResult
from timeline.results.rows import PASCAL
from timeline.sinks import show

_ONLINE = BodyNames(PASCAL, start="RecordStartTime", stop="RecordStopTime", pauses="OmittedDurations")
_OFFLINE = BodyNames(PASCAL, start="", stop="", pauses="OmittedDurations", origin="RecordStartTime")
_LISTS = ("VideoInfoList", "VideoInfos")
_OFFLINE_FINISHED = "OfflineRecordFinished"
_FINISHED_EVENTS = ("OnlineRecordFinished", _OFFLINE_FINISHED)


def recognises(body: dict[str, Any]) -> bool:
    """Return whether *body* is spelt like a TIW answer or event."""
    return any(key in body for key in ("EventType", "Error", "RequestId", "Status", *_LISTS))


def read(body: dict[str, Any], pointer: str, task: str | None) -> RecordingResult | None:
    """Return the recording of a TIW body, or None when it has no list of files.

    Raises:
        ResultFormatError: No file of it is usable.
        ResultNotReadyError: The recording is still running, or this event carries no result.
        RecordingFailedError: The service reports a failure.
    """
    event = body.get("EventType")
    if event is not None and event not in _FINISHED_EVENTS:
        raise ResultNotReadyError(
            f"the event {show(event)} carries no result; that comes with the event OnlineRecordFinished "
            "(OfflineRecordFinished of a recording after class) or a query after the end"
        )
    if event is not None and "EventData" in body:  # no object, else it would have been opened
        place = f"{pointer}/EventData"
        raise ResultFormatError(
            f"{place}: expected an object, got {show(body['EventData'])}", code="not_a_result", pointer=place
        )
    refuse_error(body)
    error_code = body.get("ErrorCode")
    if error_code and error_code != "0":
        raise failure(read_whole_number(error_code) or str(error_code), body.get("ErrorMsg"))
    status = body.get("Status")
    if isinstance(status, str) and status and status.upper() != "FINISHED":
        raise ResultNotReadyError(
            f"the recording is not finished: its status is {show(status)}; query again later"
        )
    files = next((name for name in _LISTS if isinstance(body.get(name), list)), None)
    if files is None:
        return None
    if not body[files] and body.get("ErrorMsg"):
        raise failure("unknown", body["ErrorMsg"])
    return read_body(body, _OFFLINE if event == _OFFLINE_FINISHED else _ONLINE, files, pointer)
