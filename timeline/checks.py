"""Named checks of an assembled timeline: `Timeline` in, findings out. What a check finds stops nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from timeline import kinds
from timeline.findings import Finding, Severity, finding
from timeline.model import Timeline
from timeline.units import format_length, format_time

NOTHING_RECORDED_MS = 10_000
"""Shorter stretches without any stream are not worth a word."""
MOST_OF_A_KIND = 1000
"""More findings of one kind tell nobody more."""


def check(timeline: Timeline) -> tuple[Finding, ...]:
    """Return what is odd about *timeline* as a whole."""
    return (
        *_unlocated_pause(timeline),
        *_mixed_beside_single(timeline),
        *_nothing_recorded(timeline),
    )


def findings_at_least(findings: Iterable[Finding], severity: Severity) -> tuple[Finding, ...]:
    """Return those of *findings* that are as grave as *severity* or graver."""
    return tuple(item for item in findings if item.severity >= severity)


def capped(findings: Iterable[Finding], *, most: int = MOST_OF_A_KIND) -> tuple[Finding, ...]:
    """Return *findings* with at most so many of each kind; what is left out is counted.

    Example:
        >>> [item.code for item in capped([finding("url_missing", "x")] * 3, most=2)]
        ['url_missing', 'url_missing', 'findings_left_out']
    """
    kept: list[Finding] = []
    counts: Counter[str] = Counter()
    for item in findings:
        counts[item.code] += 1
        if counts[item.code] <= most:
            kept.append(item)
    kept.extend(
        finding("findings_left_out", f"{count - most} more findings of the kind {code}")
        for code, count in counts.items()
        if count > most
    )
    return tuple(kept)


def _unlocated_pause(timeline: Timeline) -> list[Finding]:
    missing_ms = timeline.unlocated_pause_ms
    if not missing_ms:
        return []
    beside = " beside the pauses that are known" if timeline.pauses else ""
    message = f"{format_length(missing_ms)} of wall time is missing{beside}, and nothing says where"
    return [finding("pause_unlocated", message)]


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
    clips = sorted((clip.start_ms, clip.end_ms) for track in timeline.tracks for clip in track.clips)
    found = []
    reached_ms = 0
    for start_ms, end_ms in clips:
        hole_ms = start_ms - reached_ms
        if hole_ms >= NOTHING_RECORDED_MS:
            message = f"no stream from {format_time(reached_ms)} for {format_length(hole_ms)}"
            found.append(finding("nothing_recorded", message, at_ms=reached_ms))
        reached_ms = max(reached_ms, end_ms)
    return found
