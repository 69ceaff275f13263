"""A recording result in our own words: what every dialect is turned into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from timeline.errors import ResultFormatError
from timeline.findings import Finding

MAX_TIME_MS = 7 * 24 * 3600 * 1000
"""No position or length in a result is believed beyond seven days."""
MAX_ROWS = 200_000
"""A result with more rows is refused."""


class RecordedFile(NamedTuple):
    """One row of a result: one media file with its place on the playback axis.

    Attributes:
        position: In the result's list, from 0.
        kind: A name from `timeline.kinds`.
        user_id: Whose stream it is, or a mixed stream's own id; None where there is none.
        start_ms: Playback time at which the file begins.
        duration_ms: Its length, above 0.
        url: As given; None where it is missing.
        video_id: The store's id of the file, as text (up to 23 digits); None where missing.
        format: The container as declared, in lower case ("mp4"); None where missing.
        size_bytes: As declared; None where missing.
        width_px: As declared; None where missing.
        height_px: As declared; None where missing.
    """

    position: int
    kind: str
    user_id: str | None
    start_ms: int
    duration_ms: int
    url: str | None
    video_id: str | None
    format: str | None
    size_bytes: int | None
    width_px: int | None = None
    height_px: int | None = None


class DeclaredPause(NamedTuple):
    """A pause that the result itself states.

    Attributes:
        at_ms: Playback time of the cut.
        duration_ms: How long the recording stood still, wall ms.
        uncertainty_ms: By how much that may be wrong: 0 for stamps in ms, 1000 for whole seconds.
    """

    at_ms: int
    duration_ms: int
    uncertainty_ms: int


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """All that is known of a finished recording before it is assembled.

    Attributes:
        room_id: The room, as text; None if unknown.
        task_id: The recording task; None if unknown.
        wall_start_ms: Unix ms at which recording began; None if unknown.
        wall_stop_ms: Unix ms at which it stopped; None if unknown.
        declared_pauses: Pauses that it states, by playback time.
        files: The usable rows, in the order of the result; at least one.
        findings: What was odd on the way here.
        wall_origin_ms: Unix ms of the start of playback, where the result says it; else None.
        wall_origin_uncertainty_ms: By how much that may be too early: 1000 for whole seconds.
        is_wall_axis: Whether playback time is wall time since the origin, so that nothing is cut out of it.
    """

    room_id: str | None
    task_id: str | None
    wall_start_ms: int | None
    wall_stop_ms: int | None
    declared_pauses: tuple[DeclaredPause, ...]
    files: tuple[RecordedFile, ...]
    findings: tuple[Finding, ...]
    wall_origin_ms: int | None = None
    wall_origin_uncertainty_ms: int = 0
    is_wall_axis: bool = False


def no_usable_file(findings: Sequence[Finding], pointer: str) -> ResultFormatError:
    """Return the error for a list at *pointer* of which nothing is left; it names the first reason."""
    graver = [item for item in findings if item.code in ("row_unusable", "duration_not_positive")]
    first = next(iter((*graver, *findings)), None)
    reason = first.message if first else f"{pointer}: the list is empty"
    return ResultFormatError(
        f"no usable file in this result; first reason: {reason}",
        code="no_clip",
        pointer=(first.where if first else None) or pointer,
    )


def too_many_rows(rows: int, pointer: str, max_rows: int) -> ResultFormatError:
    """Return the error for a list at *pointer* that is too long."""
    return ResultFormatError(
        f"{pointer or 'the document'}: {rows} rows; at most {max_rows} are read",
        code="too_many_rows",
        pointer=pointer,
    )
