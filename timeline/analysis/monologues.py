"""Monologues: one user speaks, and others at most say "mm-hm".

A **monologue** is a longest stretch that begins and ends with one user's turns, in which nobody else's turn
is under way, silences are shorter than ``exchange_below_ms``, and the recording was not paused. Backchannels
of others do not end it, nor does speech of the same user that follows a silence::

    amy  |------|  |-----|        |-------------|
    bo                     |---|        |---|
         [  1st of amy  ] [bo's]  [ 2nd]    [3rd]
"""

from __future__ import annotations

import numpy as np

from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.turns import Stretches, Turns


def find_monologues(found: Turns, rules: MetricRules = USUAL_RULES) -> Stretches:
    """Return all monologues, earliest first; they never overlap, and one of bo's may touch one of amy's.

    Example:
        >>> from timeline.analysis.turns import find_turns
        >>> from timeline.analysis.voices import Voice
        >>> from timeline.interval import spans_of
        >>> on = spans_of([(0, 30_000)])
        >>> amy = Voice("amy", None, spans_of([(0, 6000), (9000, 12_000), (20_000, 30_000)]), on)
        >>> bo = Voice("bo", None, spans_of([(2000, 2500), (24_000, 26_000)]), on)
        >>> found = find_monologues(find_turns([amy, bo]))
        >>> list(zip(found.start_ms.tolist(), found.end_ms.tolist()))
        [(0, 12000), (20000, 24000), (26000, 30000)]
    """
    turns = found.turns
    bounds = np.unique(np.concatenate((turns.start_ms, turns.end_ms)))
    number = np.zeros(len(bounds) + 1, dtype=np.int64)  # turns that are under way from each bound to the next
    users = np.zeros(len(bounds) + 1, dtype=np.int64)  # the sum of their users: with one turn, who it is
    pauses = np.zeros(len(bounds) + 1, dtype=np.int64)
    starts, ends = (np.searchsorted(bounds, at_ms) for at_ms in (turns.start_ms, turns.end_ms))
    for sums, values in ((number, 1), (users, turns.user), (pauses, found.section)):
        np.add.at(sums, starts, values)
        np.subtract.at(sums, ends, values)
    number, users, pauses = (np.cumsum(sums)[: max(len(bounds) - 1, 0)] for sums in (number, users, pauses))
    is_spoken = number > 0
    starts_ms, ends_ms = bounds[:-1][is_spoken], bounds[1:][is_spoken]
    number, users, pauses = number[is_spoken], users[is_spoken], pauses[is_spoken]
    begins = np.ones(len(number), dtype=np.bool_)
    begins[1:] = (number[1:] > 1) | (number[:-1] > 1) | (users[1:] != users[:-1])
    begins[1:] |= (pauses[1:] != pauses[:-1]) | (starts_ms[1:] - ends_ms[:-1] >= rules.exchange_below_ms)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(begins))[: len(first)] - 1
    alone = number[first] == 1
    return Stretches(users[first][alone], starts_ms[first][alone], ends_ms[last][alone])
