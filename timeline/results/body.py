"""The body of a result: room, task, wall stamps, declared pauses, files. The dialects differ in spelling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from timeline.findings import Finding, finding
from timeline.results.fields import FieldReader
from timeline.results.recording import MAX_TIME_MS, DeclaredPause, RecordedFile, RecordingResult
from timeline.results.rows import Spelling, read_rows
from timeline.units import format_time, wall_seconds_to_ms

MAX_STAMP = 10**14


@dataclass(frozen=True, slots=True)
class BodyNames:
    """Names of a body's fields that are not the same word everywhere.

    Attributes:
        spelling: Of all other names.
        start: When recording began, Unix s.
        stop: When it stopped, Unix s.
        pauses: The list of declared pauses.
        room: In snake_case; spelt like the rest.
        task: In snake_case; spelt like the rest.
        origin: When playback began, Unix s, where a dialect says so. Such a dialect records after class,
            when nobody can pause it: its playback time is wall time.
    """

    spelling: Spelling
    start: str
    stop: str
    pauses: str
    room: str = "room_id"
    task: str = "task_id"
    origin: str | None = None


def read_body(
    body: dict[str, Any],
    names: BodyNames,
    files: str,
    pointer: str = "",
    findings: Iterable[Finding] = (),
) -> RecordingResult:
    """Return the recording that *body* describes.

    Args:
        body: The object that holds the list of files.
        names: How its fields are called.
        files: Name of the list.
        pointer: Where the body stands in the document.
        findings: What was odd before.

    Raises:
        ResultFormatError: The list is none, has too many rows, or no usable one.
    """
    reader = FieldReader(body, pointer)
    key = names.spelling.key
    room_id, task_id = reader.text(key(names.room)), reader.text(key(names.task))
    wall_start_ms, wall_stop_ms = read_stamp(reader, names.start), read_stamp(reader, names.stop)
    wall_origin_ms = read_stamp(reader, names.origin) if names.origin else None
    total_ms = reader.whole_number(key("total_time"), 0, MAX_TIME_MS)
    declared_pauses = _declared_pauses(reader, names)
    recorded, odd_rows = read_rows(body[files], f"{pointer}/{files}", names.spelling)
    total = _total_time(total_ms, recorded, f"{pointer}/{key('total_time')}", f"{pointer}/{files}")
    return RecordingResult(
        room_id=room_id,
        task_id=task_id,
        wall_start_ms=wall_start_ms,
        wall_stop_ms=wall_stop_ms,
        declared_pauses=declared_pauses,
        files=recorded,
        findings=(*findings, *reader.findings, *odd_rows, *total),
        wall_origin_ms=wall_origin_ms,
        wall_origin_uncertainty_ms=0 if wall_origin_ms and wall_origin_ms % 1000 else 1000,
        is_wall_axis=names.origin is not None,
    )


def read_stamp(reader: FieldReader, key: str) -> int | None:
    """Return the Unix stamp at *key* in ms; documented in seconds, where its magnitude says ms it is ms."""
    stamp = reader.whole_number(key, 0, MAX_STAMP)
    if not stamp:  # 0 is what the service writes when it does not know
        return None
    wall_ms, was_ms = wall_seconds_to_ms(stamp)
    if was_ms:
        reader.note("unit_doubt", key, f"{stamp} is taken as ms; seconds are documented")
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
        stamps = [inner.whole_number(key(name), 1, MAX_STAMP) for name in ("pause_time", "resume_time")]
        walls = [wall_seconds_to_ms(stamp) for stamp in stamps if stamp]
        one_unit = len(walls) == 2 and walls[0][1] == walls[1][1]
        if at_ms is None or not one_unit or walls[1][0] <= walls[0][0]:
            reader.note("pause_declared_odd", place, "not a pause with a place and a length; left out")
            continue
        (begin_ms, in_ms), (end_ms, _) = walls
        if not in_ms:
            reader.note("unit_doubt", place, "stamps are taken as seconds, not as ms")
        pauses.append(DeclaredPause(at_ms, end_ms - begin_ms, 0 if in_ms else 1000))
    return tuple(sorted(pauses))


def _total_time(
    total_ms: int | None, files: tuple[RecordedFile, ...], where: str, files_pointer: str
) -> list[Finding]:
    """Hold the claimed length against the files; in every self-consistent result it is their last end."""
    last_ms = max(recorded.start_ms + recorded.duration_ms for recorded in files)
    if total_ms is None or total_ms == last_ms:
        return []
    message = (
        f"{where}: says {format_time(total_ms)}, but the last file ends at {format_time(last_ms)}; "
        "the files count"
    )
    found = [finding("total_time_mismatch", message, at_ms=last_ms, where=where)]
    for recorded in files:
        beyond_ms = recorded.start_ms + recorded.duration_ms - total_ms
        if total_ms and beyond_ms > 0:
            place = f"{files_pointer}/{recorded.position}"
            message = f"{place}: ends {format_time(beyond_ms)} after the claimed end; it is used whole"
            found.append(finding("clip_past_end", message, at_ms=total_ms, where=place))
    return found
