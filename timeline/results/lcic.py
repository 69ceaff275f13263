"""Files of LCIC, the classroom's successor: the answers of ``DescribeRecordStream`` and ``DescribeRecord``.

Each file has absolute stamps in seconds, which is why the axis is wall time. A declared length that differs
from the stamps (224 s against 221 s in the documentation's own example) is told and not used: what is on the
axis is when the stream was there.
"""

from __future__ import annotations

from typing import Any

from timeline import kinds
from timeline.errors import ResultFormatError
from timeline.findings import Finding, finding
from timeline.results.absolute import StampedFile, kind_of, place
from timeline.results.advice import refuse_error
from timeline.results.body import read_stamp
from timeline.results.envelopes import choose_task
from timeline.results.fields import MAX_URL_CHARACTERS, FieldReader, writable
from timeline.results.recording import MAX_TIME_MS, RecordingResult
from timeline.results.rows import MAX_SIZE_BYTES
from timeline.sinks import show
from timeline.units import format_time, seconds_to_ms

_STREAMS, _MIXED = "StreamInfo", "RecordInfo"
_ROUNDING_MS = 1000
_LONGEST_S = 24 * 3600


def recognises(body: dict[str, Any]) -> bool:
    """Return whether *body* is one of these answers."""
    return _STREAMS in body or _MIXED in body


def read(body: dict[str, Any], pointer: str, task: str | None) -> RecordingResult:
    """Return the recording of an answer.

    Raises:
        ResultFormatError: No file of it is usable.
        RecordingFailedError: The service reports a failure.
    """
    refuse_error(body)
    name = _STREAMS if _STREAMS in body else _MIXED
    rows, where = body[name], f"{pointer}/{name}"
    if not isinstance(rows, list):
        raise ResultFormatError(
            f"{where}: expected a list, got {show(rows)}", code="not_a_result", pointer=where
        )
    tasks = {n: writable(str(row["TaskId"])) for n, row in enumerate(rows) if _has_task(row, name)}
    chosen = choose_task(list(dict.fromkeys(tasks.values())), task, where) if tasks else None
    outer = FieldReader(body, pointer)
    findings: list[Finding] = []
    stamped = [
        _stamped(row, f"{where}/{n}", name, findings)
        for n, row in enumerate(rows)
        if tasks.get(n, chosen) == chosen
    ]
    return place(
        stamped,
        findings,
        room_id=outer.text("ClassId") or outer.text("RoomId"),
        task_id=chosen,
        pointer=where,
    )


def _has_task(row: object, name: str) -> bool:
    """Return whether a row says which recording of the room it belongs to; only mixed ones do."""
    return name == _MIXED and isinstance(row, dict) and bool(row.get("TaskId"))


def _stamped(row: object, pointer: str, name: str, findings: list[Finding]) -> StampedFile:
    """Return what the row at *pointer* says of a file; ``RecordInfo`` lists the mixed picture."""
    reader = FieldReader(row if isinstance(row, dict) else {}, pointer)
    start_ms, stop_ms = read_stamp(reader, "StartTime"), read_stamp(reader, "StopTime")
    length_s = reader.whole_number("Duration", 0, MAX_TIME_MS)
    if length_s and length_s > _LONGEST_S:
        reader.note("unit_doubt", "Duration", f"{length_s} is taken as ms; seconds are documented")
        length_s //= 1000
    if start_ms is not None and stop_ms is None and length_s:
        stop_ms = start_ms + seconds_to_ms(length_s)
    stamped = StampedFile(
        pointer=pointer,
        start_unix_ms=start_ms,
        stop_unix_ms=stop_ms,
        kind=kinds.MIXED if name == _MIXED else kind_of(reader, "Role", kinds.CAMERA),
        user_id=reader.text("UserId"),
        url=reader.text("RecordUrl", MAX_URL_CHARACTERS),
        video_id=reader.text("VideoId"),
        format=reader.text("FileFormat"),
        size_bytes=reader.whole_number("RecordSize", 0, MAX_SIZE_BYTES),
    )
    findings.extend(reader.findings)
    if start_ms is not None and stop_ms is not None and length_s:
        findings.extend(_length_disagrees(pointer, seconds_to_ms(length_s), stop_ms - start_ms))
    return stamped


def _length_disagrees(pointer: str, declared_ms: int, span_ms: int) -> list[Finding]:
    if abs(declared_ms - span_ms) <= _ROUNDING_MS:
        return []
    message = (
        f"{pointer}: Duration says {format_time(declared_ms)}, its stamps {format_time(span_ms)}; "
        "the stamps count"
    )
    return [finding("length_disagrees", message, where=pointer)]
