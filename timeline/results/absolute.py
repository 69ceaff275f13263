"""Results whose files carry absolute stamps: the earliest start is the origin, and the axis is wall time."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low
from typing import NamedTuple

from timeline import kinds
from timeline.findings import Finding, finding
from timeline.interval import Span
from timeline.results.fields import FieldReader
from timeline.results.recording import MAX_TIME_MS, RecordedFile, RecordingResult, no_usable_file
from timeline.sinks import show

_MOST_APART_MS = MAX_TIME_MS // 2
_EARLIEST_UNIX_MS = 1_262_304_000_000  # 2010


STREAM_KINDS = {"main": kinds.CAMERA, "aux": kinds.SCREEN, "mix": kinds.MIXED}
"""What these services call their streams."""


class StampedFile(NamedTuple):
    """One media file with its place in wall time, as a document tells of it.

    Attributes:
        pointer: Where the document does.
        start_unix_ms: When it begins; None if it does not say.
        stop_unix_ms: When it ends; None if it does not say.
        kind: A name from `timeline.kinds`.
        user_id: Whose stream it is; None if it does not say.
        url: As given.
        video_id: The store's id of the file, or its name.
        format: The container.
        size_bytes: As declared.
    """

    pointer: str
    start_unix_ms: int | None
    stop_unix_ms: int | None
    kind: str
    user_id: str | None
    url: str | None
    video_id: str | None
    format: str | None
    size_bytes: int | None = None


def kind_of(reader: FieldReader, key: str, otherwise: str) -> str:
    """Return the kind that the field *key* names; *otherwise* where it is missing or unknown."""
    name = reader.text(key)
    kind = STREAM_KINDS.get(name or "", otherwise)
    if name and name not in STREAM_KINDS:
        reader.note("video_type_unknown", key, f"{show(name)} is unknown; kept as {kind}")
    return kind


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
    candidates = list(stamped)
    starts = [one.start_unix_ms or 0 for one in candidates]
    believed = [start_ms for start_ms in starts if start_ms >= _EARLIEST_UNIX_MS]
    middle_ms = median_low(believed) if believed else 0
    seen: dict[StampedFile, str] = {}
    kept: list[tuple[int, Span, StampedFile]] = []
    for position, one in enumerate(candidates):
        first = seen.setdefault(one._replace(pointer=""), one.pointer)
        problem = _unusable(one, middle_ms)
        if problem:
            code, what = problem
            notes.append(finding(code, f"{one.pointer}: {what}; left out", where=one.pointer))
        elif first != one.pointer:
            notes.append(
                finding("duplicate_row", f"{one.pointer}: repeats {first}; left out", where=one.pointer)
            )
        else:
            kept.append((position, Span(one.start_unix_ms or 0, one.stop_unix_ms or 0), one))
            notes.extend(_lacks(one))
    if not kept:
        raise no_usable_file(notes, pointer)
    origin_ms = min(span.start_ms for _, span, _ in kept)
    whole_seconds = all(ms % 1000 == 0 for _, span, _ in kept for ms in span)
    return RecordingResult(
        room_id=room_id,
        task_id=task_id,
        wall_start_ms=None,
        wall_stop_ms=None,
        declared_pauses=(),
        files=tuple(
            RecordedFile(
                position=position,
                kind=one.kind,
                user_id=None if one.kind == kinds.MIXED else one.user_id,
                start_ms=span.start_ms - origin_ms,
                duration_ms=span.end_ms - span.start_ms,
                url=one.url,
                video_id=one.video_id,
                format=one.format.lower() if one.format else None,
                size_bytes=one.size_bytes,
            )
            for position, span, one in kept
        ),
        findings=tuple(notes),
        wall_origin_ms=origin_ms,
        wall_origin_uncertainty_ms=1000 if whole_seconds else 0,
        is_wall_axis=True,
    )


def _unusable(one: StampedFile, middle_ms: int) -> tuple[str, str] | None:
    """Return code and message of what keeps a file from its place, or None."""
    start_ms, stop_ms = one.start_unix_ms, one.stop_unix_ms
    if start_ms is None or stop_ms is None:
        return "row_unusable", "the file has no start or end"
    if not (one.url or one.video_id):
        return "row_unusable", "the file has no url and id"
    if stop_ms <= start_ms:
        return "duration_not_positive", f"its length is {stop_ms - start_ms} ms"
    if start_ms < _EARLIEST_UNIX_MS or max(middle_ms - start_ms, stop_ms - middle_ms) > _MOST_APART_MS:
        return "row_unusable", "lies years or days away from where it can be"
    return None


def _lacks(one: StampedFile) -> list[Finding]:
    """Return what a usable file does not say."""
    lacking = []
    if not one.url:
        lacking.append(finding("url_missing", f"{one.pointer}: has no url", where=one.pointer))
    if one.user_id is None and one.kind != kinds.MIXED:
        message = f"{one.pointer}: a {one.kind} file without UserId"
        lacking.append(finding("user_missing", message, where=one.pointer))
    return lacking
