"""What is wrapped around a result: API answers, events, lists of tasks."""

from __future__ import annotations

from typing import Any, NamedTuple

from timeline.errors import ResultFormatError, ResultNotReadyError
from timeline.sinks import show

_WRAPPERS = ("Response", "EventData", "data")
_KEPT = (
    *("EventType", "event", "callback_type", "task_type", "error_code", "error_msg"),
    *("TaskId", "RoomId", "task_id", "room_id"),
)
_TASKS = "RecordTaskSet"
_MOST_WRAPPERS = 8
_MOST_NAMES = 10


class Opened(NamedTuple):
    """What was inside.

    Attributes:
        body: The innermost object, with kind of event, task and error code that stood around it.
        pointer: Where the innermost object stands in the document.
    """

    body: dict[str, Any]
    pointer: str


def open_envelopes(document: dict[str, Any], task: str | None) -> Opened:
    """Return what *document* wraps, with what the wrappers say of it beside it (the inner ones win).

    Args:
        document: As it came.
        task: Id of the task that is meant, where there is a list of them.

    Raises:
        ResultFormatError: The task is not named or not there.
        ResultNotReadyError: The task has no result yet.

    Example:
        >>> open_envelopes({"EventType": "x", "EventData": {"TaskId": "t"}}, None)
        Opened(body={'EventType': 'x', 'TaskId': 't'}, pointer='/EventData')
    """
    body, pointer = document, ""
    for _ in range(_MOST_WRAPPERS):
        if isinstance(body.get(_TASKS), list):
            body, pointer = _task_result(body[_TASKS], f"{pointer}/{_TASKS}", task)
            continue
        name = next((name for name in _WRAPPERS if isinstance(body.get(name), dict)), None)
        if name is None:
            break
        around = {key: body[key] for key in _KEPT if key in body and not isinstance(body[key], (dict, list))}
        body, pointer = around | body[name], f"{pointer}/{name}"
    return Opened(body, pointer)


def choose_task(known: list[str], task: str | None, pointer: str) -> str:
    """Return the one of the *known* tasks that is meant.

    Raises:
        ResultFormatError: It is not there, or there are several and *task* is None.
    """
    names = ", ".join(show(name) for name in known[:_MOST_NAMES])
    if task is None and len(known) == 1:
        return known[0]
    if task is None:
        raise ResultFormatError(
            f"{len(known)} tasks in this document; say which one with --task: {names}",
            code="task_unnamed",
            pointer=pointer,
        )
    if task not in known:
        raise ResultFormatError(
            f"no task {show(task)} in this document; there are: {names}", code="task_unknown", pointer=pointer
        )
    return task


def _task_result(tasks: list[Any], pointer: str, task: str | None) -> tuple[dict[str, Any], str]:
    """Return the body of the one task that is meant, with its id and status beside the rest."""
    known: dict[str, int] = {}
    for n, entry in enumerate(tasks):
        name = entry.get("TaskId") if isinstance(entry, dict) else None
        # Of two entries of one task the one with a result counts.
        if name is not None and (str(name) not in known or isinstance(entry.get("Result"), dict)):
            known[str(name)] = n
    if not known:
        raise ResultFormatError(f"{pointer}: no task in this answer", code="not_a_result", pointer=pointer)
    number = known[choose_task(list(known), task, pointer)]
    entry, place = tasks[number], f"{pointer}/{number}"
    result = entry.get("Result")
    if not isinstance(result, dict):
        raise ResultNotReadyError(
            f"{place}: no result yet; the status is {show(entry.get('Status'))}; query again later"
        )
    outer = {key: entry[key] for key in ("TaskId", "Status", "RoomId") if key in entry}
    return outer | result, f"{place}/Result"
