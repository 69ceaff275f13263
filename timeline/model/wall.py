"""From playback time to wall time and back, as far as the data tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

STAMP_ROUNDING_MS = 1000
"""Wall stamps are whole seconds, so a difference of two is wrong by up to this."""
STAMP_UNCERTAINTY_MS = 7000
"""Recording begins before the first media, and stops after the last, by at most this in all.

Two real results without any pause had a surplus of wall time of 4.7 s and 5.6 s; stamps are whole seconds.
"""

_FOR_EVER_MS = 10**15


class Pause(NamedTuple):
    """The whole recording stood still: an instant of playback time, a length of wall time.

    Attributes:
        at_ms: Playback time of the cut.
        duration_ms: Best estimate of its length in wall ms; None where the data cannot tell.
        duration_range_ms: (low, high) between which the length lies.
        source: ``declared``, ``journal`` or ``inferred``.
    """

    at_ms: int
    duration_ms: int | None
    duration_range_ms: tuple[int, int]
    source: str


@dataclass(frozen=True, slots=True)
class WallClock:
    """The wall clock of a recording: two stamps, how far they can be trusted, and what was cut out.

    A recording has one, whatever part of it a timeline shows: a part knows where it begins (*offset_ms*).

    Attributes:
        start_ms: Unix ms of the start of playback: the stamp of the recording's start, or the anchor.
        stop_ms: Unix ms at which recording stopped, as stamped; else reckoned from *start_ms*.
        uncertainty_ms: The first media began at most this much after *start_ms*; 0 where that is exact.
        stop_uncertainty_ms: The last media ended at most this much before *stop_ms*; None where that is
            reckoned, and bounds nothing.
        duration_ms: Playback time of the whole recording.
        pauses: Those of the whole recording, earliest first.
        first_cut_ms: From here on a pause may hide that nothing proves; None where none can.
        offset_ms: Where on the recording's axis a timeline's 0 lies.
    """

    start_ms: int
    stop_ms: int
    uncertainty_ms: int
    stop_uncertainty_ms: int | None
    duration_ms: int
    pauses: tuple[Pause, ...] = ()
    first_cut_ms: int | None = None
    offset_ms: int = 0

    @property
    def surplus_ms(self) -> int:
        """Wall time from start to stop beyond the playback time, ms."""
        return self.stop_ms - self.start_ms - self.duration_ms

    @property
    def unlocated_pause_ms(self) -> int:
        """Wall time, ms, that is missing at a place which nothing tells; 0 if none."""
        missing_ms = self.surplus_ms - sum(pause.duration_range_ms[1] for pause in self.pauses)
        return missing_ms if missing_ms > (self.stop_uncertainty_ms or 0) else 0

    def to_wall_ms(self, at_ms: int) -> int | None:
        """Return the best estimate of the wall time at playback *at_ms*, or None; see `Timeline`."""
        at_ms += self.offset_ms
        if self.unlocated_pause_ms:
            return None
        paused_ms = 0
        for pause in self.pauses:
            if pause.at_ms > at_ms:
                break
            if pause.duration_ms is None:
                # Beyond the last pause the stop stamp knows how much was cut out; between two nothing does.
                all_are_over = self.pauses[-1].at_ms <= at_ms
                return self.start_ms + at_ms + self.surplus_ms if all_are_over else None
            paused_ms += pause.duration_ms
        return self.start_ms + at_ms + paused_ms

    def wall_range_ms(self, at_ms: int) -> tuple[int, int]:
        """Return (low, high) between which the wall time at playback *at_ms* lies; see `Timeline`."""
        estimate_ms = self.to_wall_ms(at_ms)
        at_ms += self.offset_ms
        before = [pause.duration_range_ms for pause in self.pauses if pause.at_ms <= at_ms]
        after = [pause.duration_range_ms for pause in self.pauses if pause.at_ms > at_ms]
        unlocated_ms = self.unlocated_pause_ms
        forward_ms = self.start_ms + at_ms
        low_ms = forward_ms + sum(low for low, _ in before)
        highs = [forward_ms + sum(high for _, high in before) + self.uncertainty_ms + unlocated_ms]
        if self.stop_uncertainty_ms is not None:
            backward_ms = self.stop_ms - (self.duration_ms - at_ms)
            latest_ms = backward_ms - sum(low for low, _ in after) + STAMP_ROUNDING_MS
            # Behind a cut a pause may hide that is too short to be told from the lag of the two stamps.
            is_hiding = self.first_cut_ms is not None and self.first_cut_ms <= at_ms
            highs = [latest_ms] if is_hiding else [*highs, latest_ms]
            earliest_ms = (
                backward_ms - sum(high for _, high in after) - self.stop_uncertainty_ms - unlocated_ms
            )
            low_ms = max(low_ms, earliest_ms)
        high_ms = max(low_ms, min(highs))
        if estimate_ms is None:
            return low_ms, high_ms
        # Where stamps and declared pauses contradict each other, the range holds both.
        return min(low_ms, estimate_ms), max(high_ms, estimate_ms)

    def from_wall_ms(self, wall_ms: int) -> int | None:
        """Return the playback time that belongs to *wall_ms*, or None; see `Timeline`.

        Before the start and after the stop it goes on at the same pace.
        """
        if wall_ms < self.start_ms:
            return wall_ms - self.start_ms - self.offset_ms
        stood_since_ms: int | None = self.start_ms
        for start_ms, end_ms, began_ms in self._stretches():
            if began_ms is None:
                stood_since_ms = None
                continue
            if stood_since_ms is not None and stood_since_ms <= wall_ms < began_ms:
                return start_ms - self.offset_ms
            stood_since_ms = began_ms + end_ms - start_ms
            if began_ms <= wall_ms < stood_since_ms:
                return start_ms + wall_ms - began_ms - self.offset_ms
        return None

    def _stretches(self) -> Iterator[tuple[int, int, int | None]]:
        """Yield start, end and wall time at the start of each stretch between pauses; the last is endless."""
        paused_ms: int | None = None if self.unlocated_pause_ms else 0
        by_place = itertools.groupby(self.pauses, key=lambda pause: pause.at_ms)
        lengths = {0: 0, **{at_ms: _sum(pauses) for at_ms, pauses in by_place}}
        places = sorted({*lengths, self.duration_ms})
        for start_ms, end_ms in itertools.pairwise([*places, places[-1] + _FOR_EVER_MS]):
            length_ms = lengths.get(start_ms, 0)
            paused_ms = None if paused_ms is None or length_ms is None else paused_ms + length_ms
            is_behind_all = not self.pauses or start_ms >= self.pauses[-1].at_ms
            if paused_ms is None and is_behind_all and not self.unlocated_pause_ms:
                paused_ms = self.surplus_ms
            yield start_ms, end_ms, None if paused_ms is None else self.start_ms + start_ms + paused_ms


def _sum(pauses: Iterable[Pause]) -> int | None:
    """Return the length of all *pauses*, ms; None where one is unknown."""
    lengths = [pause.duration_ms for pause in pauses]
    return None if None in lengths else sum(length or 0 for length in lengths)
