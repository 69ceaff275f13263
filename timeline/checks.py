"""Named checks of an assembled timeline: `Timeline` in, findings out. What a check finds stops nothing."""

from __future__ import annotations

from collections.abc import Iterable

from timeline import kinds
from timeline.findings import Finding, Severity, finding
from timeline.interval import Span, complement, spans_of
from timeline.model import Timeline
from timeline.units import format_length, format_time

TOTAL_TIME_TOLERANCE_MS = 0
"""In every self-consistent result seen, total_time equals the largest end exactly."""
NOTHING_RECORDED_MS = 10_000
"""Shorter stretches without any stream are not worth a word."""


def check(timeline: Timeline, *, total_ms: int | None = None) -> tuple[Finding, ...]:
    """Return what is odd about *timeline* as a whole.

    Args:
        timeline: An assembled lesson.
        total_ms: The playback length that its result claims; None if it claims none.
    """
    return (
        *_unlocated_pause(timeline),
        *_total_time(timeline, total_ms),
        *_mixed_beside_single(timeline),
        *_nothing_recorded(timeline),
    )


def findings_at_least(findings: Iterable[Finding], severity: Severity) -> tuple[Finding, ...]:
    """Return those of *findings* that are as grave as *severity* or graver."""
    return tuple(item for item in findings if item.severity >= severity)


def _unlocated_pause(timeline: Timeline) -> list[Finding]:
    missing_ms = timeline.unlocated_pause_ms
    if not missing_ms:
        return []
    beside = " beside the pauses that are known" if timeline.pauses else ""
    message = f"{format_length(missing_ms)} of wall time is missing{beside}, and nothing says where"
    return [finding("pause_unlocated", message)]


def _total_time(timeline: Timeline, total_ms: int | None) -> list[Finding]:
    if total_ms is None or abs(total_ms - timeline.duration_ms) <= TOTAL_TIME_TOLERANCE_MS:
        return []
    return [
        finding(
            "total_time_mismatch",
            f"total_time says {format_time(total_ms)}, but the last file ends at "
            f"{format_time(timeline.duration_ms)}; the files count",
            at_ms=timeline.duration_ms,
            where="/total_time",
        )
    ]


def _mixed_beside_single(timeline: Timeline) -> list[Finding]:
    mixed = [track.id for track in timeline.tracks if track.kind == kinds.MIXED]
    if not mixed or len(mixed) == len(timeline.tracks):
        return []
    return [
        finding(
            "mixed_beside_single",
            f"{len(mixed)} mixed stream(s) beside single ones; left out of picture and sound",
            where=mixed[0],
        )
    ]


def _nothing_recorded(timeline: Timeline) -> list[Finding]:
    spans = spans_of((c.start_ms, c.end_ms) for track in timeline.tracks for c in track.clips)
    return [
        finding(
            "nothing_recorded",
            f"no stream from {format_time(start_ms)} for {format_length(end_ms - start_ms)}",
            at_ms=start_ms,
        )
        for start_ms, end_ms in complement(spans, Span(0, timeline.duration_ms)).tolist()
        if end_ms - start_ms >= NOTHING_RECORDED_MS
    ]
