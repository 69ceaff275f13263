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
from timeline.jsontext import show
from timeline.results.absolute import StampedFile, place
from timeline.results.advice import refuse_error
from timeline.results.body import read_stamp
from timeline.results.envelopes import choose_task
from timeline.results.fields import MAX_URL_CHARACTERS, FieldReader
from timeline.results.recording import MAX_TIME_MS, RecordedFile, RecordingResult
from timeline.results.rows import MAX_SIZE_BYTES
from timeline.units import format_time

_STREAMS, _MIXED = "StreamInfo", "RecordInfo"
_KINDS = {"main": kinds.CAMERA, "aux": kinds.SCREEN, "mix": kinds.MIXED}
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
    tasks = list(
        dict.fromkeys(str(row["TaskId"]) for row in rows if isinstance(row, dict) and row.get("TaskId"))
    )
    chosen = choose_task(tasks, task, where) if tasks else None
    outer = FieldReader(body, pointer)
    findings: list[Finding] = []
    stamped = [
        _stamped(row, f"{where}/{n}", n, name, findings)
        for n, row in enumerate(rows)
        if chosen is None or not isinstance(row, dict) or str(row.get("TaskId")) == chosen
    ]
    return place(
        [one for one in stamped if one is not None],
        findings,
        room_id=outer.text("ClassId") or outer.text("RoomId"),
        task_id=chosen,
        pointer=where,
    )


def _stamped(
    row: object, pointer: str, position: int, name: str, findings: list[Finding]
) -> StampedFile | None:
    """Return the file that the row at *pointer* tells of, or None with a finding."""
    reader = FieldReader(row if isinstance(row, dict) else {}, pointer)
    start_ms, stop_ms = read_stamp(reader, "StartTime"), read_stamp(reader, "StopTime")
    length_s = reader.whole_number("Duration", 0, MAX_TIME_MS)
    if length_s and length_s > _LONGEST_S:
        reader.note("unit_doubt", "Duration", f"{length_s} is taken as ms; seconds are documented")
        length_s //= 1000
    url, file_id = reader.text("RecordUrl", MAX_URL_CHARACTERS), reader.text("VideoId")
    size_bytes = reader.whole_number("RecordSize", 0, MAX_SIZE_BYTES)
    container = reader.text("FileFormat")
    findings.extend(reader.findings)
    if start_ms is not None and stop_ms is None and length_s:
        stop_ms = start_ms + length_s * 1000
    if start_ms is None or stop_ms is None or not (url or file_id):
        lacking = "url and id" if start_ms is not None and stop_ms is not None else "start or end"
        message = f"{pointer}: the file has no {lacking}; left out"
        findings.append(finding("row_unusable", message, where=pointer))
        return None
    if length_s and abs(length_s * 1000 - (stop_ms - start_ms)) > _ROUNDING_MS:
        message = (
            f"{pointer}: Duration says {format_time(length_s * 1000)}, its stamps "
            f"{format_time(stop_ms - start_ms)}; the stamps count"
        )
        findings.append(finding("length_disagrees", message, where=pointer))
    if not url:
        findings.append(finding("url_missing", f"{pointer}: has no url", where=pointer))
    kind, user_id = _stream(reader, name, pointer, findings)
    file = RecordedFile(
        position=position,
        kind=kind,
        user_id=user_id,
        start_ms=0,
        duration_ms=0,
        url=url,
        video_id=file_id,
        format=container.lower() if container else None,
        size_bytes=size_bytes,
    )
    return StampedFile(pointer, start_ms, stop_ms, file)


def _stream(reader: FieldReader, name: str, pointer: str, findings: list[Finding]) -> tuple[str, str | None]:
    """Return kind and user: ``RecordInfo`` is the mixed picture, ``Role`` tells streams apart."""
    if name == _MIXED:
        return kinds.MIXED, None
    user_id, role = reader.text("UserId"), reader.text("Role")
    kind = _KINDS.get(role or "main")
    if kind is None:
        kind = kinds.CAMERA
        message = f"{pointer}: Role {show(role)} is unknown; kept as {kind}"
        findings.append(finding("video_type_unknown", message, where=pointer))
    if kind == kinds.MIXED:
        return kind, None
    if user_id is None:
        findings.append(finding("user_missing", f"{pointer}: a {kind} file without UserId", where=pointer))
    return kind, user_id
