"""From a document to a recording: strict JSON, what wraps it, then the first dialect that knows the rest.

A new dialect is a module with ``recognises(body)`` and ``read(body, pointer)``, and one entry in `DIALECTS`.
"""

from __future__ import annotations

from types import ModuleType

from timeline.errors import ResultFormatError
from timeline.jsontext import show
from timeline.results import lcic, split_record, tic_saas, tic_v1, tiw, trtc
from timeline.results.envelopes import open_envelopes
from timeline.results.recording import RecordingResult
from timeline.results.strict_json import MAX_BYTES, parse_json

MAX_ROWS = 200_000
"""A result with more rows is refused."""

DIALECTS: tuple[ModuleType, ...] = (lcic, split_record, tic_saas, tic_v1, tiw)
"""All dialects of one object, in the order in which they are asked. TRTC's is a list of events."""


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
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    document = parse_json(data, max_bytes=max_bytes)
    _refuse_long_list(document, "", max_rows)
    if trtc.recognises(document):
        return _limited(trtc.read(document, task), max_rows)
    if not isinstance(document, dict):
        raise ResultFormatError(
            f"expected a recording result (a JSON object), got {show(document)}", code="not_a_result"
        )
    body, pointer = open_envelopes(document, task)
    for key, value in body.items():
        _refuse_long_list(value, f"{pointer}/{key}", max_rows)
    for dialect in DIALECTS:
        if dialect.recognises(body):
            result: RecordingResult | None = dialect.read(body, pointer)
            if result is not None:
                return result
    raise ResultFormatError(
        "no list of files (video_info, VideoInfos, StreamInfo): this is no recording result",
        code="not_a_result",
    )


def _limited(result: RecordingResult, max_rows: int) -> RecordingResult:
    _refuse_long_list(list(result.files), "", max_rows)
    return result


def _refuse_long_list(value: object, pointer: str, max_rows: int) -> None:
    if isinstance(value, list) and len(value) > max_rows:
        raise ResultFormatError(
            f"{pointer or 'the document'}: {len(value)} rows; at most {max_rows} are read",
            code="too_many_rows",
            pointer=pointer,
        )
