"""What is known of wall time before the pauses are: stamps, and an anchor where there is one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from timeline.findings import Finding, finding
from timeline.model import STAMP_ROUNDING_MS, STAMP_UNCERTAINTY_MS, Pause, WallClock
from timeline.results.recording import RecordingResult
from timeline.units import format_length, format_time


@dataclass(frozen=True, slots=True)
class Stamps:
    """The two ends of a recording in wall time.

    Attributes:
        start_ms: Unix ms of the start of playback: the stamp of the recording's start, or the anchor.
        uncertainty_ms: The first media began at most this much after it.
        stop_ms: Unix ms at which recording stopped; None where nothing says so.
        stop_uncertainty_ms: The last media ended at most this much before it.
    """

    start_ms: int
    uncertainty_ms: int
    stop_ms: int | None
    stop_uncertainty_ms: int

    def surplus_ms(self, duration_ms: int) -> int | None:
        """Return the wall time beyond *duration_ms* of playback, or None."""
        return None if self.stop_ms is None else self.stop_ms - self.start_ms - duration_ms

    def held_against(self, pauses: tuple[Pause, ...], duration_ms: int, findings: list[Finding]) -> Stamps:
        """Return the stamps, without the stop where *pauses* leave no time for it."""
        surplus_ms, least_ms = self.surplus_ms(duration_ms), sum(p.duration_range_ms[0] for p in pauses)
        if surplus_ms is None or least_ms <= surplus_ms + STAMP_ROUNDING_MS:
            return self
        message = (
            f"{format_length(least_ms)} of pauses, but only {format_length(max(0, surplus_ms))} of wall time "
            "beyond the playback; the stop stamp is not used"
        )
        findings.append(finding("pauses_too_long", message))
        return dataclasses.replace(self, stop_ms=None)

    def clock(self, duration_ms: int, pauses: tuple[Pause, ...], first_cut_ms: int | None) -> WallClock:
        """Return the wall clock of a recording of that length.

        Args:
            duration_ms: How long it plays.
            pauses: All that are known.
            first_cut_ms: From where on another pause may hide; None if nowhere.
        """
        paused_ms = sum(pause.duration_ms or 0 for pause in pauses)
        return WallClock(
            start_ms=self.start_ms,
            stop_ms=self.start_ms + duration_ms + paused_ms if self.stop_ms is None else self.stop_ms,
            uncertainty_ms=self.uncertainty_ms,
            stop_uncertainty_ms=None if self.stop_ms is None else self.stop_uncertainty_ms,
            duration_ms=duration_ms,
            pauses=pauses,
            first_cut_ms=first_cut_ms,
        )


def read_stamps(
    result: RecordingResult,
    duration_ms: int,
    wall_origin_ms: int | None,
    findings: list[Finding],
    *,
    tolerance_ms: int = STAMP_UNCERTAINTY_MS,
) -> Stamps | None:
    """Return the stamps of *result*, or None where they are missing or contradict the files.

    Args:
        result: What was recorded.
        duration_ms: How long it plays.
        wall_origin_ms: The anchor that somebody gave; it counts before all stamps.
        findings: What is odd is added here.
        tolerance_ms: By how much, in all, recording may begin before the first media and stop after the last.
    """
    start_ms, stop_ms = result.wall_start_ms, result.wall_stop_ms
    if wall_origin_ms is not None:
        anchor = Stamps(wall_origin_ms, 0, stop_ms, tolerance_ms)
        return _held_against(anchor, start_ms, duration_ms, findings)
    if result.wall_origin_ms is not None:
        anchor = Stamps(result.wall_origin_ms, result.wall_origin_uncertainty_ms, stop_ms, tolerance_ms)
        return _held_against(anchor, start_ms, duration_ms, findings)
    if start_ms is None or stop_ms is None:
        findings.append(
            finding("wall_clock_missing", "no start or no stop time, and no anchor, so no wall times")
        )
        return None
    if stop_ms - start_ms - duration_ms < -STAMP_ROUNDING_MS:
        findings.append(
            finding(
                "wall_clock_impossible",
                f"{format_time(duration_ms)} of playback in {format_time(stop_ms - start_ms)} of wall time; "
                "the stamps are not used",
            )
        )
        return None
    return Stamps(start_ms, tolerance_ms, stop_ms, tolerance_ms)


def _held_against(anchor: Stamps, start_ms: int | None, duration_ms: int, findings: list[Finding]) -> Stamps:
    """Return *anchor*; a stop before playback can end is not used."""
    early_ms = 0 if start_ms is None else start_ms - anchor.start_ms
    late_ms = -(anchor.surplus_ms(duration_ms) or 0)
    if max(early_ms, late_ms) <= STAMP_ROUNDING_MS:
        return anchor
    problem = (
        f"lies {format_time(early_ms)} before the start stamp"
        if early_ms > STAMP_ROUNDING_MS
        else f"leaves {format_time(late_ms)} too little until the stop stamp"
    )
    findings.append(finding("wall_origin_odd", f"the wall clock's anchor {problem}; the anchor counts"))
    return anchor if late_ms <= STAMP_ROUNDING_MS else dataclasses.replace(anchor, stop_ms=None)
