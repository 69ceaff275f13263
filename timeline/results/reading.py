"""From a document to a recording: strict JSON, what wraps it, then the first dialect that knows the rest.

A new dialect is a module with ``recognises(body)`` and ``read(body, pointer, task)``, and one entry in
`DIALECTS`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from timeline.errors import ResultFormatError
from timeline.results import lcic, split_record, tic_saas, tic_v1, tiw, trtc
from timeline.results.envelopes import open_envelopes
from timeline.results.recording import MAX_ROWS, RecordingResult, too_many_rows
from timeline.results.strict_json import MAX_BYTES, parse_json
from timeline.sinks import show

_SPARE_CONTAINERS = 10_000  # objects and lists that a document may hold beyond four for each row

DIALECTS: tuple[ModuleType, ...] = (trtc, lcic, split_record, tic_saas, tic_v1, tiw)
"""All dialects, in the order in which they are asked."""


def read_result(
    data: bytes | str,
    *,
    task: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> RecordingResult:
    """Return the recording that a document describes.

    Args:
        data: The document; bytes must be UTF-8.
        task: Id of the task that is meant, where a document holds several.
        max_bytes: Longer documents are refused.
        max_rows: Documents that hold a longer list are refused.

    Raises:
        ResultFormatError: It is not JSON, no result, or no file of it is usable.
        ResultNotReadyError: The recording has only started or is still running.
        RecordingFailedError: The service reports a failure.

    Example:
        >>> row = '{"video_play_time":0,"video_duration":5000,"video_type":2,"video_id":"1"}'
        >>> read_result('{"room_id":7,"video_info":[' + row + ']}').files[0].kind
        'whiteboard'
    """
    return recording_of(
        parse_result(data, max_bytes=max_bytes, max_rows=max_rows), task=task, max_rows=max_rows
    )


def parse_result(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Any:
    """Return the values of a document that should be a result, from strict JSON.

    Raises:
        ResultFormatError: It is not strict JSON, or too large.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    return parse_json(data, max_bytes=max_bytes, max_containers=_SPARE_CONTAINERS + 4 * max_rows)


def recording_of(document: Any, *, task: str | None = None, max_rows: int = MAX_ROWS) -> RecordingResult:
    """Return the recording that parsed JSON describes; see `read_result`."""
    _refuse_long_list(document, "", max_rows)
    body, pointer = open_envelopes(document, task) if isinstance(document, dict) else (document, "")
    for key, value in body.items() if isinstance(body, dict) else ():
        _refuse_long_list(value, f"{pointer}/{key}", max_rows)
    for dialect in DIALECTS:
        if dialect.recognises(body):
            result: RecordingResult | None = dialect.read(body, pointer, task)
            if result is not None:
                return _within(result, max_rows)
        if not isinstance(body, dict):
            raise ResultFormatError(
                f"expected a recording result (a JSON object), got {show(document)}", code="not_a_result"
            )
    raise ResultFormatError(
        "no list of files (video_info, VideoInfos, StreamInfo): this is no recording result",
        code="not_a_result",
    )


def _refuse_long_list(value: Any, pointer: str, max_rows: int) -> None:
    if isinstance(value, list) and len(value) > max_rows:
        raise too_many_rows(len(value), pointer, max_rows)


def _within(result: RecordingResult, max_rows: int) -> RecordingResult:
    """Return *result*; files of several lists may be too many where none of the lists is too long."""
    if len(result.files) > max_rows:
        raise too_many_rows(len(result.files), "", max_rows)
    return result
