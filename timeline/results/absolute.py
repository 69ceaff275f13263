"""Results whose files carry absolute stamps: the earliest start is the origin, and the axis is wall time."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low
from typing import Any, NamedTuple

from timeline.findings import Finding, finding
from timeline.results.recording import MAX_TIME_MS, RecordedFile, RecordingResult, no_usable_file

_MOST_APART_MS = MAX_TIME_MS // 2
_EARLIEST_UNIX_MS = 1_262_304_000_000  # 2010


class StampedFile(NamedTuple):
    """One media file with its place in wall time.

    Attributes:
        pointer: Where the document describes it.
        start_unix_ms: When it begins.
        stop_unix_ms: When it ends.
        file: The rest; its start is filled in here.
    """

    pointer: str
    start_unix_ms: int
    stop_unix_ms: int
    file: RecordedFile


def place(
    stamped: Iterable[StampedFile],
    findings: Iterable[Finding],
    *,
    room_id: str | None,
    task_id: str | None,
    pointer: str,
) -> RecordingResult:
    """Return the recording of *stamped* files on one axis that begins with the first of them.

    A file with a stamp from before the service was there, or days away from the middle one, is left out.
    Where all stamps lie on whole seconds, they are whole-second stamps: the origin is known to a second.

    Args:
        stamped: In the order of the document.
        findings: What was odd before.
        room_id: The room.
        task_id: The task.
        pointer: Where the list of files stands.

    Raises:
        ResultFormatError: No file is left.
    """
    notes = list(findings)
    kept: list[StampedFile] = []
    candidates = list(stamped)
    starts = [one.start_unix_ms for one in candidates if one.start_unix_ms >= _EARLIEST_UNIX_MS]
    middle_ms = median_low(starts) if starts else 0
    seen: dict[tuple[Any, ...], str] = {}
    for one in candidates:
        facts = (one.start_unix_ms, one.stop_unix_ms, one.file._replace(position=0))
        first = seen.setdefault(facts, one.pointer)
        if first != one.pointer:
            message = f"{one.pointer}: repeats {first}; left out"
            notes.append(finding("duplicate_row", message, where=one.pointer))
        elif one.stop_unix_ms <= one.start_unix_ms:
            length_ms = one.stop_unix_ms - one.start_unix_ms
            message = f"{one.pointer}: its length is {length_ms} ms; left out"
            notes.append(finding("duration_not_positive", message, where=one.pointer))
        elif (
            one.start_unix_ms < _EARLIEST_UNIX_MS
            or max(middle_ms - one.start_unix_ms, one.stop_unix_ms - middle_ms) > _MOST_APART_MS
        ):
            message = f"{one.pointer}: lies years or days away from where it can be; left out"
            notes.append(finding("row_unusable", message, where=one.pointer))
        else:
            kept.append(one)
    if not kept:
        raise no_usable_file(notes, pointer)
    origin_ms = min(one.start_unix_ms for one in kept)
    whole_seconds = all(one.start_unix_ms % 1000 == one.stop_unix_ms % 1000 == 0 for one in kept)
    return RecordingResult(
        room_id=room_id,
        task_id=task_id,
        wall_start_ms=None,
        wall_stop_ms=None,
        declared_pauses=(),
        files=tuple(
            one.file._replace(
                start_ms=one.start_unix_ms - origin_ms, duration_ms=one.stop_unix_ms - one.start_unix_ms
            )
            for one in kept
        ),
        findings=tuple(notes),
        wall_origin_ms=origin_ms,
        wall_origin_uncertainty_ms=1000 if whole_seconds else 0,
        is_wall_axis=True,
    )
