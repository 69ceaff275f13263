"""What is known of wall time before the pauses are: stamps, and an anchor where there is one."""

from __future__ import annotations

from dataclasses import dataclass

from timeline.findings import Finding, finding
from timeline.model import STAMP_ROUNDING_MS, STAMP_UNCERTAINTY_MS, Pause, WallClock
from timeline.results.recording import RecordingResult
from timeline.units import format_time


@dataclass(frozen=True, slots=True)
class Stamps:
    """The two ends of a recording in wall time.

    Attributes:
        start_ms: Unix ms of the start of playback: the stamp of the recording's start, or the anchor.
        uncertainty_ms: The first media began at most this much after it.
        stop_ms: Unix ms at which recording stopped; None where nothing says so.
    """

    start_ms: int
    uncertainty_ms: int
    stop_ms: int | None

    def surplus_ms(self, duration_ms: int) -> int | None:
        """Return the wall time beyond *duration_ms* of playback, or None."""
        return None if self.stop_ms is None else self.stop_ms - self.start_ms - duration_ms

    def clock(self, duration_ms: int, pauses: tuple[Pause, ...]) -> WallClock:
        """Return the wall clock of a recording of that length with these pauses."""
        paused_ms = sum(pause.duration_ms or 0 for pause in pauses)
        stop_ms = self.start_ms + duration_ms + paused_ms if self.stop_ms is None else self.stop_ms
        stop_uncertainty_ms = self.uncertainty_ms if self.stop_ms is None else STAMP_UNCERTAINTY_MS
        return WallClock(
            self.start_ms, stop_ms, self.uncertainty_ms, stop_uncertainty_ms, duration_ms, pauses
        )


def read_stamps(
    result: RecordingResult, duration_ms: int, wall_origin_ms: int | None, findings: list[Finding]
) -> Stamps | None:
    """Return the stamps of *result*, or None where they are missing or contradict the files.

    Args:
        result: What was recorded.
        duration_ms: How long it plays.
        wall_origin_ms: The anchor that somebody gave; it counts before all stamps.
        findings: What is odd is added here.
    """
    start_ms, stop_ms = result.wall_start_ms, result.wall_stop_ms
    if wall_origin_ms is not None:
        return _anchored(wall_origin_ms, 0, start_ms, stop_ms, duration_ms, findings)
    if result.wall_origin_ms is not None:
        uncertainty_ms = result.wall_origin_uncertainty_ms
        return _anchored(result.wall_origin_ms, uncertainty_ms, start_ms, stop_ms, duration_ms, findings)
    if start_ms is None or stop_ms is None:
        findings.append(finding("wall_clock_missing", "no start or no stop time, so no wall times"))
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
    return Stamps(start_ms, STAMP_UNCERTAINTY_MS, stop_ms)


def _anchored(
    origin_ms: int,
    uncertainty_ms: int,
    start_ms: int | None,
    stop_ms: int | None,
    duration_ms: int,
    findings: list[Finding],
) -> Stamps:
    """Return stamps that begin at an anchor; a stop before playback can end is not used."""
    early_ms = 0 if start_ms is None else start_ms - STAMP_ROUNDING_MS - origin_ms
    late_ms = 0 if stop_ms is None else origin_ms + duration_ms - STAMP_ROUNDING_MS - stop_ms
    if early_ms > 0 or late_ms > 0:
        problem = (
            f"lies {format_time(early_ms + STAMP_ROUNDING_MS)} before the start stamp"
            if early_ms > 0
            else f"leaves {format_time(late_ms + STAMP_ROUNDING_MS)} too little until the stop stamp"
        )
        findings.append(finding("wall_origin_odd", f"the wall clock's anchor {problem}; the anchor counts"))
    return Stamps(origin_ms, uncertainty_ms, None if late_ms > 0 else stop_ms)
