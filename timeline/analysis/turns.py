"""Turns: who speaks after whom. From speech alone; what is said is not known.

Definitions, in the order in which they are worked out (limits are `MetricRules`; intervals are half-open)

    A **pause** of the recording ends every conversation: speech is cut there, and nothing reaches across.

    1. A **stretch** is a span of a user's speech. Stretches of a user at most ``turn_gap_ms`` apart are a
       **run**: from the start of the first to the end of the last, whatever others do meanwhile.
    2. A run shorter than ``backchannel_below_ms`` is a **backchannel** if it begins while another user speaks
       and lies wholly inside that user's run, a longer one. It is no turn, ends none, and plays no part in
       what follows. Who begins in a silence takes a turn, however short: a one-word answer is none of these::

           amy  |------------|   |------|
           bo       |-|                           a backchannel
           lin                |-|                 a turn, which ends amy's first
    3. A stretch begins a **turn** unless the stretch of the same user before it ended at most ``turn_gap_ms``
       ago and no other user began a turn in the silence between (at its first ms or later). So whether a
       stretch begins a turn hangs only on turns that began earlier::

           amy  |-----|  |----|     |----|      one turn of amy, then bo's, then another of amy
           bo                    |----------|

    4. The turn **before** a turn is, of all that began earlier, the one that ended last (where several end
       at once, the one that began last): who had the floor. That is not always who began last::

           amy  |-----------------|  |---|      before lin's is amy's
           bo        |-------|
           lin                         |----|

       The **floor transfer offset** (FTO) of a turn is its start less the end of the turn before, where that
       is another user's: above 0 a gap, below 0 an overlap.

The literature leaves open which of steps 2 and 3 goes first, and what "the turn before" is under overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import TEXT, WHOLE, Column, Value
from timeline.analysis.voices import STUDENT, TEACHER, Voice
from timeline.interval import Spans, covered_before

Whole = NDArray[np.int64]

TURN_COLUMNS = (
    Column("kind", TEXT, "", False, "turn or backchannel"),
    Column("user_id", TEXT, "", False, "who speaks"),
    Column("start_ms", WHOLE, "ms", False, "start, playback time"),
    Column("end_ms", WHOLE, "ms", False, "end, playback time"),
    Column("after_user_id", TEXT, "", True, "whose turn is the one before; missing for the first"),
    Column(
        "fto_ms",
        WHOLE,
        "ms",
        True,
        "start less the end of the turn before: a gap, below 0 an overlap; "
        "missing after nobody, after a turn of the same user, and for backchannels",
    ),
)
TRANSITION_COLUMNS = (
    Column("from_user_id", TEXT, "", False, "whose turn is the one before"),
    Column("to_user_id", TEXT, "", False, "whose turn follows; the same user after a longer silence"),
    Column("turns", WHOLE, "count", False, "how often"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Spans of speech with their users, as parallel int64 arrays in order of start, end and user id.

    Attributes:
        user: Positions in the voices.
        start_ms: Starts.
        end_ms: Ends.
    """

    user: Whole
    start_ms: Whole
    end_ms: Whole

    def __len__(self) -> int:
        return len(self.user)

    @property
    def lengths_ms(self) -> Whole:
        """Lengths."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """The turns of a lesson.

    Attributes:
        voices: Whose they are.
        turns: In order.
        backchannels: In order.
        before: For each turn the position of the turn before; -1 where there is none.
        fto_ms: For each turn its start less the end of the turn before, of whomever; 0 where there is none.
        section: For each turn how many pauses lie before it.
        stretch_count: Stretches of speech of all users, cut at pauses.
    """

    voices: tuple[Voice, ...]
    turns: Stretches
    backchannels: Stretches
    before: Whole
    fto_ms: Whole
    section: Whole
    stretch_count: int

    @property
    def is_after_other(self) -> NDArray[np.bool_]:
        """For each turn whether the turn before is another user's: then its FTO is one."""
        users = self.turns.user
        is_other: NDArray[np.bool_] = (self.before >= 0) & (users[self.before] != users)
        return is_other


def find_turns(
    voices: Sequence[Voice], pauses_at_ms: Sequence[int] = (), rules: MetricRules = USUAL_RULES
) -> Turns:
    """Return the turns of a lesson, as the head of this module defines them.

    Args:
        voices: Everybody who is heard, in any order: figures do not depend on it.
        pauses_at_ms: Where the recording was paused, playback ms.
        rules: Thresholds.

    Example:
        >>> from timeline.interval import spans_of
        >>> on = spans_of([(0, 9000)])
        >>> amy = Voice("amy", None, spans_of([(0, 2000), (2500, 4000), (6500, 8000)]), on)
        >>> bo = Voice("bo", None, spans_of([(1000, 1500), (4200, 6000)]), on)
        >>> for row in turn_rows(find_turns([amy, bo])):
        ...     print(*row.values())
        turn amy 0 4000 None None
        backchannel bo 1000 1500 None None
        turn bo 4200 6000 amy 200
        turn amy 6500 8000 bo 500
    """
    order = tuple(sorted(voices, key=lambda voice: voice.user_id))
    cuts = np.unique(np.array(pauses_at_ms, dtype=np.int64))
    pieces = [_cut_at(voice.speech, cuts) for voice in order]
    user = np.repeat(np.arange(len(order)), [len(piece) for piece in pieces]).astype(np.int64)
    spans = np.concatenate([np.empty((0, 2), dtype=np.int64), *pieces])
    section = np.searchsorted(cuts, spans[:, 0], side="right")
    follows = np.zeros(len(user), dtype=np.bool_)  # at most turn_gap_ms after the same user's stretch before
    follows[1:] = (user[1:] == user[:-1]) & (section[1:] == section[:-1])
    follows[1:] &= spans[1:, 0] - spans[:-1, 1] <= rules.turn_gap_ms

    run = np.cumsum(~follows) - 1
    runs = _joined(user, spans, ~follows)
    is_backchannel = _inside_longer(runs) & (runs.lengths_ms < rules.backchannel_below_ms)
    is_backchannel[is_backchannel] = _begins_in_speech(runs, is_backchannel, user, spans, run)
    backchannels = _sorted(runs, is_backchannel)

    keep = ~is_backchannel[run]
    user, spans, section, follows = user[keep], spans[keep], section[keep], follows[keep]
    unsorted = _joined(user, spans, _begins_turn(spans, follows))
    turns = _sorted(unsorted)
    before = _before(turns, cuts)
    return Turns(
        order,
        turns,
        backchannels,
        before,
        np.where(before >= 0, turns.start_ms - turns.end_ms[before], 0) if len(turns) else before,
        np.searchsorted(cuts, turns.start_ms, side="right").astype(np.int64),
        len(run),
    )


def turn_rows(found: Turns) -> list[dict[str, Value]]:
    """Return the values of `TURN_COLUMNS`: turns and backchannels, earliest first."""
    names = [voice.user_id for voice in found.voices]
    turns, short = found.turns, found.backchannels
    rows: list[dict[str, Value]] = []
    for user, start_ms, end_ms, before, fto_ms, is_other in zip(
        turns.user.tolist(),
        turns.start_ms.tolist(),
        turns.end_ms.tolist(),
        found.before.tolist(),
        found.fto_ms.tolist(),
        found.is_after_other.tolist(),
        strict=True,
    ):
        after = names[turns.user[before]] if before >= 0 else None
        rows.append(_row("turn", names[user], start_ms, end_ms, after, fto_ms if is_other else None))
    for user, start_ms, end_ms in zip(
        short.user.tolist(), short.start_ms.tolist(), short.end_ms.tolist(), strict=True
    ):
        rows.append(_row("backchannel", names[user], start_ms, end_ms, None, None))
    order = np.lexsort(
        (
            np.concatenate((turns.user, short.user)),
            np.concatenate((turns.end_ms, short.end_ms)),
            np.concatenate((turns.start_ms, short.start_ms)),
        )
    )
    return [rows[position] for position in order.tolist()]


def transition_rows(found: Turns) -> list[dict[str, Value]]:
    """Return the values of `TRANSITION_COLUMNS`: one row per pair of users that occurs, sorted by their ids.

    The counts sum up to the turns that have a turn before.
    """
    names = [voice.user_id for voice in found.voices]
    has_before = found.before >= 0
    pairs = found.turns.user[found.before[has_before]] * len(names) + found.turns.user[has_before]
    return [
        {"from_user_id": names[pair // len(names)], "to_user_id": names[pair % len(names)], "turns": count}
        for pair, count in zip(*(part.tolist() for part in np.unique(pairs, return_counts=True)), strict=True)
    ]


def interrupts(found: Turns, rules: MetricRules = USUAL_RULES) -> NDArray[np.bool_]:
    """Return for each turn whether it begins ``interruption_least_ms`` or more before another's end."""
    return found.is_after_other & (found.fto_ms <= -rules.interruption_least_ms)


def exchanges(found: Turns) -> tuple[int, int]:
    """Return how often a student's turn follows a teacher's, and how often it is the other way round."""
    roles = np.array([voice.role or "" for voice in found.voices], dtype=object)
    has_before = found.before >= 0
    to_role = roles[found.turns.user[has_before]]
    from_role = roles[found.turns.user[found.before[has_before]]]
    return (
        int(((from_role == TEACHER) & (to_role == STUDENT)).sum()),
        int(((from_role == STUDENT) & (to_role == TEACHER)).sum()),
    )


def conversational_turns(found: Turns, rules: MetricRules = USUAL_RULES) -> int:
    """Return the conversational turns of teacher and student, counted as LENA counts adult and child.

    Two neighbouring turns, one a teacher's and one a student's, are linked if the second begins at the end of
    the first or less than ``exchange_below_ms`` after it, and nobody else's turn is between or still under
    way. A chain of n linked turns counts n // 2: A-B is 1, A-B-A is 1, A-B-A-B is 2.
    """
    sides = np.array([{TEACHER: 1, STUDENT: 2}.get(voice.role or "", 0) for voice in found.voices])
    side = sides[found.turns.user] if len(found.turns) else np.empty(0, dtype=np.int64)
    position = np.arange(len(side))
    is_linked = (found.before == position - 1) & (found.before >= 0)
    is_linked &= (found.fto_ms >= 0) & (found.fto_ms < rules.exchange_below_ms)
    is_linked[1:] &= side[1:] + side[:-1] == 3
    _, chain_lengths = np.unique(np.cumsum(~is_linked), return_counts=True)
    return int((chain_lengths // 2).sum())


def _row(
    kind: str, user_id: str, start_ms: int, end_ms: int, after: str | None, fto_ms: int | None
) -> dict[str, Value]:
    return {
        "kind": kind,
        "user_id": user_id,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "after_user_id": after,
        "fto_ms": fto_ms,
    }


def _cut_at(merged: Spans, cuts_ms: Whole) -> Spans:
    """Return *merged* with every span that an instant lies inside of as two that touch."""
    bounds = np.unique(np.concatenate((merged.ravel(), cuts_ms)))
    is_on = np.diff(covered_before(merged, bounds)) > 0
    return np.stack((bounds[:-1], bounds[1:]), axis=1)[is_on]


def _joined(user: Whole, spans: Spans, begins: NDArray[np.bool_]) -> Stretches:
    """Return what begins at each of *begins* and ends with the last span before the next."""
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(user))[: len(first)] - 1
    return Stretches(user[first], spans[first, 0], spans[last, 1])


def _sorted(these: Stretches, keep: NDArray[np.bool_] | None = None) -> Stretches:
    chosen = np.arange(len(these)) if keep is None else np.flatnonzero(keep)
    user, start_ms, end_ms = these.user[chosen], these.start_ms[chosen], these.end_ms[chosen]
    order = np.lexsort((user, end_ms, start_ms))
    return Stretches(user[order], start_ms[order], end_ms[order])


def _inside_longer(runs: Stretches) -> NDArray[np.bool_]:
    """Return which runs lie wholly inside a longer one; those of one user never overlap."""
    order = np.lexsort((-runs.end_ms, runs.start_ms))
    starts_ms, ends_ms = runs.start_ms[order], runs.end_ms[order]
    reach_ms = np.maximum.accumulate(np.append(np.iinfo(np.int64).min, ends_ms))
    first_of_start = np.searchsorted(starts_ms, starts_ms, side="left")
    inside = np.empty(len(runs), dtype=np.bool_)
    # Of those that begin earlier one reaches as far, or of those that begin with it the longest is longer.
    inside[order] = (reach_ms[first_of_start] >= ends_ms) | (ends_ms[first_of_start] > ends_ms)
    return inside


def _begins_in_speech(
    runs: Stretches, asked: NDArray[np.bool_], user: Whole, spans: Spans, run: Whole
) -> NDArray[np.bool_]:
    """Return of the runs *asked* which begin while somebody speaks in a longer run that holds them wholly.

    Args:
        runs: All runs.
        asked: Which of them to ask about.
        user: Of each stretch, in order.
        spans: The stretches.
        run: The run of each.
    """
    starts_ms, ends_ms, lengths_ms = runs.start_ms[asked], runs.end_ms[asked], runs.lengths_ms[asked]
    found = np.zeros(len(starts_ms), dtype=np.bool_)
    bounds = np.searchsorted(user, np.arange(user[-1] + 2 if len(user) else 0))
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if first == last:
            continue
        place = np.maximum(first + np.searchsorted(spans[first:last, 0], starts_ms, side="right") - 1, first)
        speaks = (spans[place, 0] <= starts_ms) & (spans[place, 1] > starts_ms)
        own = run[place]
        found |= speaks & (runs.end_ms[own] >= ends_ms) & (runs.lengths_ms[own] > lengths_ms)
    return found


def _begins_turn(spans: Spans, follows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which stretches begin a turn, given which follow one of the same user closely (step 3)."""
    begins = ~follows
    own_end_ms = np.concatenate((spans[:1, 0], spans[:-1, 1])).tolist()
    starts_ms, is_close = spans[:, 0].tolist(), follows.tolist()
    # When the last turn began, of all that began before this instant. Those of the same user began before
    # the silence did, so whatever begins within the silence is another's: whose it is need not be known.
    latest_ms = now_ms = begun_ms = -(1 << 62)
    for position in np.argsort(spans[:, 0], kind="stable").tolist():
        if starts_ms[position] != now_ms:
            latest_ms, now_ms = begun_ms, starts_ms[position]
        if is_close[position]:
            if latest_ms < own_end_ms[position]:
                continue
            begins[position] = True
        begun_ms = now_ms
    return begins


def _before(turns: Stretches, cuts_ms: Whole) -> Whole:
    """Return for each turn the position of the turn before (step 4); -1 where there is none."""
    if len(turns) == 0:
        return np.empty(0, dtype=np.int64)
    position = np.arange(len(turns))
    reach_ms = np.maximum.accumulate(turns.end_ms)
    # Who reaches farthest so far; of several the one that began last.
    farthest = np.maximum.accumulate(np.where(turns.end_ms == reach_ms, position, 0))
    earlier = np.searchsorted(turns.start_ms, turns.start_ms, side="left")
    before = np.where(earlier > 0, farthest[earlier - 1], -1)
    section = np.searchsorted(cuts_ms, turns.start_ms, side="right")
    return np.where((before >= 0) & (section[before] == section), before, -1).astype(np.int64)
