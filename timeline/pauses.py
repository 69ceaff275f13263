"""Where the whole recording stood still, and for how long.

Nothing in a result says "pause" unless it declares one. What can be seen is a *cut*: an instant at which
every running stream ends and at least one begins anew. How long it lasted is seen only in the wall clock:
the *surplus* of wall time over playback time. The rules are in ``docs/concepts.md``.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from timeline import kinds
from timeline.errors import ParameterError
from timeline.findings import Finding, finding
from timeline.journal import ToldPause
from timeline.model import STAMP_ROUNDING_MS, STAMP_UNCERTAINTY_MS, Pause, Track
from timeline.stamps import Stamps
from timeline.units import format_length, format_time


@dataclass(frozen=True, slots=True)
class PauseRules:
    """When a cut is a pause; the defaults are those of ``docs/concepts.md``.

    Attributes:
        cut_tolerance_ms: Streams that a pause cuts end and begin again within this.
        surplus_tolerance_ms: Up to this, a surplus proves nothing.
        latency_ms: A pause or resume call takes effect after this, half as long, or half as long again.
    """

    cut_tolerance_ms: int = 1000
    surplus_tolerance_ms: int = STAMP_UNCERTAINTY_MS
    latency_ms: int = 2000

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value < 0:
                raise ParameterError(f"expected {name} of 0 or more, got {value}")


DEFAULT_RULES = PauseRules()
_NEVER_MS = -(10**15)
_NEVER = (_NEVER_MS, _NEVER_MS)


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


def find_cuts(
    tracks: Sequence[Track], *, tolerance_ms: int = DEFAULT_RULES.cut_tolerance_ms
) -> tuple[Cut, ...]:
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
    begins = _begins(track for track in tracks if track.kind != kinds.MIXED)
    candidates = _at_an_end(begins, tolerance_ms)
    cuts: list[Cut] = []
    for number, (first_ms, _) in enumerate(candidates):
        if cuts and first_ms <= cuts[-1].at_ms + tolerance_ms:
            continue
        # Of the begins around a cut the first across which nothing runs; else, in sloppy data, the first.
        last = bisect_right(candidates, first_ms + tolerance_ms, key=itemgetter(0))
        at_ms = next((begin_ms for begin_ms, is_clean in candidates[number:last] if is_clean), first_ms)
        near = begins[
            bisect_left(begins, at_ms, key=itemgetter(0)) : bisect_right(
                begins, at_ms + tolerance_ms, key=itemgetter(0)
            )
        ]
        again = {
            begin.track
            for begin in near
            if begin.since_ms < at_ms and abs(begin.left_ms - at_ms) <= tolerance_ms
        }
        cuts.append(Cut(at_ms, len(again)))
    return tuple(cuts)


class _Begin(NamedTuple):
    """The begin of a clip: its span, its track, and the span of the clip before it in that track."""

    start_ms: int
    end_ms: int
    track: int
    since_ms: int
    left_ms: int


def _begins(tracks: Iterable[Track]) -> list[_Begin]:
    return sorted(
        _Begin(clip.start_ms, clip.end_ms, number, *((before.start_ms, before.end_ms) if before else _NEVER))
        for number, track in enumerate(tracks)
        for before, clip in zip((None, *track.clips), track.clips, strict=False)
    )


def _at_an_end(begins: Iterable[_Begin], tolerance_ms: int) -> list[tuple[int, bool]]:
    """Return each instant at which clips begin just where all earlier ones end, and whether none runs on."""
    found: list[tuple[int, bool]] = []
    # Of all clips that began before a begin, the latest end: it must lie at the cut, not before, not beyond.
    latest_end_ms = next_end_ms = _NEVER_MS
    last_start_ms = None
    for start_ms, end_ms, *_ in begins:
        if start_ms != last_start_ms:
            latest_end_ms, last_start_ms = next_end_ms, start_ms
            if abs(latest_end_ms - start_ms) <= tolerance_ms:
                found.append((start_ms, latest_end_ms <= start_ms))
        next_end_ms = max(next_end_ms, end_ms)
    return found


def infer_pauses(
    cuts: Sequence[Cut],
    surplus_ms: int | None,
    *,
    rules: PauseRules = DEFAULT_RULES,
) -> tuple[tuple[Pause, ...], tuple[Finding, ...]]:
    """Return the pauses that cuts and surplus together prove, and what remains doubtful about them.

    A surplus without any cut makes no pause; `timeline.checks` tells of it.

    Args:
        cuts: From `find_cuts`.
        surplus_ms: Wall time minus playback time; None without usable stamps.
        rules: Up to which surplus nothing is proved.

    Example:
        >>> pauses, findings = infer_pauses([Cut(900_000, tracks=3)], 60_000)
        >>> pauses
        (Pause(at_ms=900000, duration_ms=60000, duration_range_ms=(53000, 61000), source='inferred'),)
    """
    strong = [cut for cut in cuts if cut.is_strong]
    if surplus_ms is None or surplus_ms <= rules.surplus_tolerance_ms:
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
        Pause(cut.at_ms, surplus_ms, (surplus_ms - rules.surplus_tolerance_ms, high_ms), "inferred")
        if len(placed) == 1
        else Pause(cut.at_ms, None, (0, high_ms), "inferred")
        for cut in placed
    )
    if strong:
        return pauses, ()
    return pauses, tuple(
        finding(
            "pause_weak_evidence",
            f"the pause at {format_time(pause.at_ms)} rests on a cut at which no two streams go on",
            at_ms=pause.at_ms,
        )
        for pause in pauses
    )


def place_told_pauses(
    told: Sequence[ToldPause],
    cuts: Sequence[Cut],
    stamps: Stamps,
    duration_ms: int,
    *,
    rules: PauseRules = DEFAULT_RULES,
) -> tuple[tuple[Pause, ...], tuple[Finding, ...]]:
    """Return the pauses that a journal tells of: their lengths from its clock, their places from the cuts.

    ::

        wall      start             pause   resume            stop
                    |--------------------|    |----------------|
        playback    0          a cut near here                 duration

    A call takes effect about two seconds later, and playback begins a little after the start stamp; so each
    pause is looked for in a stretch of a few seconds, and takes the nearest cut in it. Without a cut there
    it is placed by the clock alone, with a finding.

    Args:
        told: From `timeline.journal.Journal.pauses`.
        cuts: From `find_cuts`.
        stamps: The wall time of the two ends.
        duration_ms: Length of the playback.
        rules: How long a call takes to have effect.
    """
    latency_ms = rules.latency_ms
    places = [cut.at_ms for cut in cuts]
    pauses: list[Pause] = []
    findings: list[Finding] = []
    low_ms = high_ms = 0  # of all pauses so far
    over_ms = None if stamps.stop_ms is None else stamps.stop_ms + STAMP_ROUNDING_MS - 1  # stamps are cut off
    for pause_ms, resume_ms in told:
        ended_ms = stamps.stop_ms
        if resume_ms is not None:
            ended_ms = resume_ms if over_ms is None else min(resume_ms, over_ms)
        played_ms = pause_ms - stamps.start_ms
        if played_ms < -latency_ms or (over_ms is not None and pause_ms > over_ms):
            continue  # of another recording
        if ended_ms is None or ended_ms <= pause_ms:
            continue
        length_ms = ended_ms - pause_ms
        first_ms = played_ms - stamps.uncertainty_ms - high_ms
        last_ms = played_ms + 2 * latency_ms - low_ms
        middle_ms = (first_ms + last_ms) // 2
        after_ms = pauses[-1].at_ms if pauses else -1
        begin = bisect_left(places, max(first_ms, after_ms + 1))
        near = places[begin : bisect_right(places, last_ms, lo=begin)]
        if resume_ms is None:  # nothing was recorded after it
            at_ms = duration_ms
        elif near:
            at_ms = min(near, key=lambda cut_ms: abs(cut_ms - middle_ms))
        else:
            at_ms = min(max(middle_ms, after_ms, 0), duration_ms)
            message = (
                f"the journal's pause at about {format_time(at_ms)} meets no cut of the streams; "
                f"it lies within {format_time(last_ms - first_ms)}"
            )
            findings.append(finding("pause_place_uncertain", message, at_ms=at_ms))
        bounds_ms = (max(0, length_ms - latency_ms), length_ms + latency_ms)
        pauses.append(Pause(at_ms, length_ms, bounds_ms, "journal"))
        low_ms, high_ms = low_ms + bounds_ms[0], high_ms + bounds_ms[1]
    surplus_ms = stamps.surplus_ms(duration_ms)
    if not pauses:
        return (), (finding("journal_unused", "the journal tells of no pause within this recording"),)
    if surplus_ms is not None and low_ms > surplus_ms + STAMP_ROUNDING_MS:
        message = (
            f"the journal tells of {format_length(low_ms)} of pauses, but only {format_length(surplus_ms)} "
            "of wall time are missing; it is not used"
        )
        return (), (finding("journal_unused", message),)
    return tuple(pauses), tuple(findings)
