"""The body of a result: room, task, wall stamps, declared pauses, files. The dialects differ in spelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from timeline.results.fields import FieldReader
from timeline.results.recording import MAX_TIME_MS, DeclaredPause, RecordingResult
from timeline.results.rows import Spelling, read_rows
from timeline.units import wall_seconds_to_ms

_MAX_STAMP = 10**14


@dataclass(frozen=True, slots=True)
class BodyNames:
    """Names of a body's fields that are not the same word in both spellings.

    Attributes:
        spelling: Of all other names.
        start: When recording began.
        stop: When it stopped.
        pauses: The list of declared pauses.
    """

    spelling: Spelling
    start: str
    stop: str
    pauses: str


def read_body(body: dict[str, Any], names: BodyNames, files: str, pointer: str = "") -> RecordingResult:
    """Return the recording that *body* describes.

    Args:
        body: The object that holds the list of files.
        names: How its fields are called.
        files: Name of the list.
        pointer: Where the body stands in the document.

    Raises:
        ResultFormatError: The list is none, has too many rows, or no usable one.
    """
    reader = FieldReader(body, pointer)
    key = names.spelling.key
    room_id, task_id = reader.text(key("room_id")), reader.text(key("task_id"))
    wall_start_ms, wall_stop_ms = _stamp(reader, names.start), _stamp(reader, names.stop)
    total_ms = reader.whole_number(key("total_time"), 0, MAX_TIME_MS)
    declared_pauses = _declared_pauses(reader, names)
    recorded, findings = read_rows(body[files], f"{pointer}/{files}", names.spelling)
    return RecordingResult(
        room_id=room_id,
        task_id=task_id,
        wall_start_ms=wall_start_ms,
        wall_stop_ms=wall_stop_ms,
        total_ms=total_ms,
        declared_pauses=declared_pauses,
        files=recorded,
        findings=(*reader.findings, *findings),
    )


def _stamp(reader: FieldReader, key: str) -> int | None:
    stamp = reader.whole_number(key, 0, _MAX_STAMP)
    if not stamp:  # 0 is what the service writes when it does not know
        return None
    wall_ms, was_ms = wall_seconds_to_ms(stamp)
    if was_ms:
        reader.note("unit_doubt", key, f"{stamp} is taken as ms; the guide documents seconds")
    return wall_ms


def _declared_pauses(reader: FieldReader, names: BodyNames) -> tuple[DeclaredPause, ...]:
    """Read the declared pauses: documented in ms, shown in seconds, so the magnitude decides."""
    entries = reader.source.get(names.pauses)
    if entries is None:
        return ()
    key = names.spelling.key
    pauses = []
    for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        place = f"{names.pauses}/{index}"
        inner = FieldReader(entry if isinstance(entry, dict) else {}, f"{reader.pointer}/{place}")
        at_ms = inner.whole_number(key("video_time"), 0, MAX_TIME_MS)
        stamps = [inner.whole_number(key(name), 1, _MAX_STAMP) for name in ("pause_time", "resume_time")]
        walls = [wall_seconds_to_ms(stamp) for stamp in stamps if stamp]
        one_unit = len(walls) == 2 and walls[0][1] == walls[1][1]
        if at_ms is None or not one_unit or walls[1][0] <= walls[0][0]:
            reader.note("pause_declared_odd", place, "not a pause with a place and a length")
            continue
        (begin_ms, in_ms), (end_ms, _) = walls
        if not in_ms:
            reader.note("unit_doubt", place, "stamps are taken as seconds, not as ms")
        pauses.append(DeclaredPause(at_ms, end_ms - begin_ms, 0 if in_ms else 1000))
    return tuple(sorted(pauses))
