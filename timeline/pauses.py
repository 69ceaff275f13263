"""Where the whole recording stood still, and for how long.

Nothing in a result says "pause" unless it declares one. What can be seen is a *cut*: an instant at which
every running stream ends and at least one begins anew. How long it lasted is seen only in the wall clock:
the *surplus* of wall time over playback time. The rules are in ``docs/concepts.md``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from timeline import kinds
from timeline.findings import Finding, finding
from timeline.interval import spans_of
from timeline.model import STAMP_ROUNDING_MS, Pause, Track
from timeline.units import format_time

CUT_TOLERANCE_MS = 1000
"""Streams that a pause cuts end and begin again within this."""
SURPLUS_TOLERANCE_MS = 7000
"""Two real results without any pause had a surplus of 4.7 s and 5.6 s; up to this it proves nothing."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An instant at which every running stream ends and at least one begins.

    Attributes:
        at_ms: The earliest begin across which no stream runs; where streams overlap a little, the earliest.
        tracks: How many tracks end and begin again there.
    """

    at_ms: int
    tracks: int

    @property
    def is_strong(self) -> bool:
        """Whether two or more tracks end and begin again; a lone stream may just have switched files."""
        return self.tracks >= 2


def find_cuts(tracks: Sequence[Track], *, tolerance_ms: int = CUT_TOLERANCE_MS) -> tuple[Cut, ...]:
    """Return the cuts of the single streams, earliest first. Mixed tracks neither make nor veto one.

    ::

        camera:amy   |-----------||--------|
        camera:bo        |-------||-----|
        whiteboard   |----------|  |-------|
        cut                       ^
        mixed        |-----------------------|    (ignored)

    Args:
        tracks: Their clips do not overlap within a track.
        tolerance_ms: A stream that ends or begins this close belongs to the cut.
    """
    single = [track for track in tracks if track.kind != kinds.MIXED]
    spans = spans_of((clip.start_ms, clip.end_ms) for track in single for clip in track.clips)
    if len(spans) == 0:
        return ()
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    begins, first = np.unique(spans[:, 0], return_index=True)
    # Of all clips that began before a begin, the latest end: it must lie at the cut, not before, not beyond.
    never_ms = -tolerance_ms - 1
    latest_end = np.concatenate(([never_ms], np.maximum.accumulate(spans[:, 1])))[first]
    near = np.abs(latest_end - begins) <= tolerance_ms
    candidates, is_clean = begins[near], (latest_end <= begins)[near]
    cuts: list[Cut] = []
    for number, first_ms in enumerate(candidates.tolist()):
        if cuts and first_ms <= cuts[-1].at_ms + tolerance_ms:
            continue
        # Of the begins around a cut the first across which nothing runs; else, in sloppy data, the first.
        last = int(np.searchsorted(candidates, first_ms + tolerance_ms, side="right"))
        clean = np.flatnonzero(is_clean[number:last])
        at_ms = int(candidates[number + clean[0]]) if len(clean) else first_ms
        cuts.append(Cut(at_ms, sum(_begins_again(track, at_ms, tolerance_ms) for track in single)))
    return tuple(cuts)


def _begins_again(track: Track, at_ms: int, tolerance_ms: int) -> bool:
    after = bisect_left(track.clips, at_ms, key=lambda clip: clip.start_ms)
    ended = after > 0 and abs(track.clips[after - 1].end_ms - at_ms) <= tolerance_ms
    return ended and after < len(track.clips) and track.clips[after].start_ms <= at_ms + tolerance_ms


def infer_pauses(
    cuts: Sequence[Cut],
    surplus_ms: int | None,
    *,
    surplus_tolerance_ms: int = SURPLUS_TOLERANCE_MS,
) -> tuple[tuple[Pause, ...], tuple[Finding, ...]]:
    """Return the pauses that cuts and surplus together prove, and what remains doubtful about them.

    A surplus without any cut makes no pause; `timeline.checks` tells of it.

    Args:
        cuts: From `find_cuts`.
        surplus_ms: Wall time minus playback time; None without usable stamps.
        surplus_tolerance_ms: Up to this, a surplus proves nothing.

    Example:
        >>> pauses, findings = infer_pauses([Cut(900_000, tracks=3)], 60_000)
        >>> pauses
        (Pause(at_ms=900000, duration_ms=60000, duration_range_ms=(53000, 61000), source='inferred'),)
    """
    strong = [cut for cut in cuts if cut.is_strong]
    if surplus_ms is None or surplus_ms <= surplus_tolerance_ms:
        return (), tuple(
            finding(
                "possible_pause",
                f"{cut.tracks} tracks are cut at {format_time(cut.at_ms)} at once, "
                "but no wall time is known to be missing there",
                at_ms=cut.at_ms,
            )
            for cut in strong
        )
    placed = strong or list(cuts)
    high_ms = surplus_ms + STAMP_ROUNDING_MS
    pauses = tuple(
        Pause(cut.at_ms, surplus_ms, (surplus_ms - surplus_tolerance_ms, high_ms), "inferred")
        if len(placed) == 1
        else Pause(cut.at_ms, None, (0, high_ms), "inferred")
        for cut in placed
    )
    if strong:
        return pauses, ()
    return pauses, tuple(
        finding(
            "pause_weak_evidence",
            f"the pause at {format_time(pause.at_ms)} rests on the cut of a lone stream",
            at_ms=pause.at_ms,
        )
        for pause in pauses
    )
