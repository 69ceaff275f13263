"""The result of TIW, the successor of v1, in PascalCase (API version 2019-09-19).

It comes as the answer of ``DescribeOnlineRecord``, ``DescribeVideoGenerationTask`` or
``DescribeRecordSearch`` (many tasks), and in the ``OnlineRecordFinished`` event; any of them with or without
its envelope. In an answer of ``DescribeVideoGenerationTask`` the field ``VideoInfos`` is one dummy object and
``VideoInfoList`` the list.
"""

from __future__ import annotations

from typing import Any

from timeline.errors import ResultFormatError, ResultNotReadyError
from timeline.results.advice import failure
from timeline.results.body import BodyNames, read_body
from timeline.results.fields import show
from timeline.results.recording import RecordingResult
from timeline.results.rows import PASCAL

_NAMES = BodyNames(PASCAL, start="RecordStartTime", stop="RecordStopTime", pauses="OmittedDurations")
_LISTS = ("VideoInfoList", "VideoInfos")
_FINISHED_EVENTS = ("OnlineRecordFinished", "OfflineRecordFinished")
_MOST_TASKS = 10


def recognises(document: dict[str, Any]) -> bool:
    """Return whether *document* is spelt like a TIW answer or event."""
    return any(key in document for key in ("Response", "EventType", "RecordTaskSet", "Status", *_LISTS))


def read(document: dict[str, Any], task: str | None) -> RecordingResult | None:
    """Return the recording of a TIW document, or None when it has no list of files.

    Args:
        document: What `recognises` said yes to.
        task: Which task of several; needed only where there are several.

    Raises:
        ResultFormatError: No file of it is usable, or the task is not named or not there.
        ResultNotReadyError: The recording is still running.
        RecordingFailedError: The service reports a failure.
    """
    body, pointer = document, ""
    if isinstance(body.get("Response"), dict):
        body, pointer = body["Response"], "/Response"
    if "EventType" in body:
        body, pointer = _event_data(body, pointer)
    if isinstance(body.get("RecordTaskSet"), list):
        body, pointer = _task_result(body["RecordTaskSet"], f"{pointer}/RecordTaskSet", task)
    _refuse_failure(body)
    _refuse_unfinished(body)
    files = next((name for name in _LISTS if isinstance(body.get(name), list)), None)
    return read_body(body, _NAMES, files, pointer) if files else None


def _event_data(event: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str]:
    kind, data = event["EventType"], event.get("EventData")
    if kind not in _FINISHED_EVENTS:
        raise ResultNotReadyError(
            f"the event {show(kind)} carries no result; that comes with the event OnlineRecordFinished "
            "or a query after the end"
        )
    if not isinstance(data, dict):
        place = f"{pointer}/EventData"
        raise ResultFormatError(
            f"{place}: expected an object, got {show(data)}", code="not_a_result", pointer=place
        )
    return data, f"{pointer}/EventData"


def _task_result(tasks: list[Any], pointer: str, task: str | None) -> tuple[dict[str, Any], str]:
    """Return the body of the one task that is meant, with its id and status beside the rest."""
    known = {str(entry.get("TaskId")): n for n, entry in enumerate(tasks) if isinstance(entry, dict)}
    names = ", ".join(show(name) for name in list(known)[:_MOST_TASKS])
    if task is None and len(known) == 1:
        task = next(iter(known))
    if task is None:
        raise ResultFormatError(
            f"{len(known)} tasks in this answer; say which one with --task: {names or 'none is there'}",
            code="task_unnamed",
            pointer=pointer,
        )
    if task not in known:
        raise ResultFormatError(
            f"no task {show(task)} in this answer; there are: {names}", code="task_unknown", pointer=pointer
        )
    entry, place = tasks[known[task]], f"{pointer}/{known[task]}"
    result = entry.get("Result")
    if not isinstance(result, dict):
        raise ResultNotReadyError(
            f"{place}: no result yet; the status is {show(entry.get('Status'))}; query again later"
        )
    outer = {key: entry[key] for key in ("TaskId", "Status", "RoomId") if key in entry}
    return outer | result, f"{place}/Result"


def _refuse_failure(body: dict[str, Any]) -> None:
    error = body.get("Error")
    if isinstance(error, dict) and error.get("Code"):
        raise failure(str(error["Code"]), error.get("Message"))
    if body.get("ErrorCode"):
        raise failure(str(body["ErrorCode"]), body.get("ErrorMsg"))


def _refuse_unfinished(body: dict[str, Any]) -> None:
    status = body.get("Status")
    if isinstance(status, str) and status and status.upper() != "FINISHED":
        raise ResultNotReadyError(
            f"the recording is not finished: its status is {show(status)}; query again later"
        )
