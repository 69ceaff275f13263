"""From a document to a recording: strict JSON, then the first dialect that knows the document.

A new dialect is a module with ``recognises(document)`` and ``read(document, task)``, and one entry in
`DIALECTS`.
"""

from __future__ import annotations

from types import ModuleType

from timeline.errors import ResultFormatError
from timeline.results import tic_v1, tiw
from timeline.results.fields import show
from timeline.results.recording import RecordingResult
from timeline.results.strict_json import parse_json

DIALECTS: tuple[ModuleType, ...] = (tic_v1, tiw)
"""All dialects, in the order in which they are asked."""


def read_result(data: bytes | str, *, task: str | None = None) -> RecordingResult:
    """Return the recording that a document describes.

    Args:
        data: The document; bytes must be UTF-8.
        task: Id of the task that is meant, where a document holds several.

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
    document = parse_json(data)
    if not isinstance(document, dict):
        raise ResultFormatError(
            f"expected a recording result (a JSON object), got {show(document)}", code="not_a_result"
        )
    for dialect in DIALECTS:
        if dialect.recognises(document):
            result: RecordingResult | None = dialect.read(document, task)
            if result is not None:
                return result
    raise ResultFormatError(
        "no list of files (video_info, VideoInfos): this is no recording result", code="not_a_result"
    )
