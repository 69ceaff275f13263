"""Waits: silences before somebody answers, or nobody does.

What is said is not known, so these are the silences after all turns, not after questions. Four kinds, by who
spoke before and who speaks next (Fowler's types; the first two are Rowe's wait times 1 and 2):

==================  =======================================================================================
wait_time_1         a teacher's turn, then a student's
wait_time_2         a student's turn, then a teacher's
student_initiated   a student's turn, then another student's
teacher_initiated   a teacher's turn, then a teacher's, the same or another: nobody answered. Of the same one
                    only silences of more than ``turn_gap_ms`` are seen: shorter ones are inside a turn
==================  =======================================================================================

The wait is the floor transfer offset of `turns`: from the end of the turn before (of all that began earlier
the one that ended last) to the start of the next, and the recording was not paused between. Turns of anybody
else (assistants, observers, users without a role) begin and end no wait, and there is none across one.

Not every such pair counts as a wait (``is_counted``):

- Who begins at or before the end of the turn before (0 or less) did not wait: an overlap, counted apart.
- Of who had no microphone on for all of the silence nothing is known: not ``is_heard``. Holes of a
  microphone of at most ``merge_gap_ms``, a switch of files, do not matter.
- A silence of more than ``wait_most_ms`` is time to work: counted apart too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, TEXT, TRUTH, WHOLE, Column, Value
from timeline.analysis.turns import Turns, Whole
from timeline.analysis.voices import STUDENT, TEACHER
from timeline.interval import covered_before, merge

WAIT_KINDS = ("wait_time_1", "wait_time_2", "student_initiated", "teacher_initiated")
_SIDE = {TEACHER: 1, STUDENT: 2}
_KIND_OF = {(1, 2): 0, (2, 1): 1, (2, 2): 2, (1, 1): 3}
_AFTER = {
    "wait_time_1": "before a student after a teacher",
    "wait_time_2": "before a teacher after a student",
    "student_initiated": "before a student after another one",
    "teacher_initiated": "before a teacher after a teacher, the same too",
}

WAIT_COLUMNS = (
    Column("kind", TEXT, "", False, ", ".join(WAIT_KINDS[:-1]) + f" or {WAIT_KINDS[-1]}"),
    Column("from_user_id", TEXT, "", False, "whose turn ended"),
    Column("to_user_id", TEXT, "", False, "whose turn follows"),
    Column("at_ms", WHOLE, "ms", False, "when the first of both turns ended, playback time"),
    Column("wait_ms", WHOLE, "ms", False, "from there to the start of the next; below 0 an overlap"),
    Column("is_overlap", TRUTH, "", False, "whether wait_ms is 0 or less: there was no wait"),
    Column("is_heard", TRUTH, "", False, "whether the microphone of to_user_id was on all the while"),
    Column("is_work_time", TRUTH, "", False, "whether wait_ms is more than wait_most_ms"),
    Column("is_counted", TRUTH, "", False, "heard, no overlap and no work time: such waits make the figures"),
)


def _lesson_columns(kind: str) -> tuple[Column, ...]:
    of, none = f"counted waits {_AFTER[kind]}", "; missing without one"
    return (
        Column(f"{kind}_count", WHOLE, "count", True, of),
        Column(f"{kind}_median_ms", REAL, "ms", True, f"median of {of}{none}"),
        Column(f"{kind}_p25_ms", REAL, "ms", True, f"lower quartile of {of}{none}"),
        Column(f"{kind}_p75_ms", REAL, "ms", True, f"upper quartile of {of}{none}"),
        Column(f"{kind}_long_ratio", REAL, "ratio", True, f"share of at least wait_long_ms of {of}{none}"),
        Column(f"{kind}_overlaps", WHOLE, "count", True, f"turns that begin without a wait, {_AFTER[kind]}"),
        Column(
            f"{kind}_work_times",
            WHOLE,
            "count",
            True,
            f"heard silences of more than wait_most_ms {_AFTER[kind]}",
        ),
    )


WAIT_LESSON_COLUMNS = tuple(column for kind in WAIT_KINDS for column in _lesson_columns(kind))
"""What waits say of a lesson; missing where a side that a kind needs was never heard. Quartiles are
interpolated linearly between the two values next to them, as numpy does."""
WAIT_USER_COLUMNS = (
    Column("responses", WHOLE, "count", True, "a student's counted waits of kind wait_time_1"),
    Column(
        "response_median_ms",
        REAL,
        "ms",
        True,
        "median of responses; missing for fewer than response_least. Delay of the network is in it",
    ),
)


def wait_rows(found: Turns, rules: MetricRules = USUAL_RULES) -> list[dict[str, Value]]:
    """Return the values of `WAIT_COLUMNS`, one row per pair of turns of these kinds, by the second's start.

    Example:
        >>> from timeline.analysis.turns import find_turns
        >>> from timeline.analysis.voices import Voice
        >>> from timeline.interval import spans_of
        >>> on = spans_of([(0, 60_000)])
        >>> lin = Voice("lin", "teacher", spans_of([(0, 4000), (9100, 12_000)]), on)
        >>> amy = Voice("amy", "student", spans_of([(6500, 9000)]), on)
        >>> [(row["kind"], row["at_ms"], row["wait_ms"]) for row in wait_rows(find_turns([lin, amy]))]
        [('wait_time_1', 4000, 2500), ('wait_time_2', 9000, 100)]
    """
    turns = found.turns
    if len(turns) == 0:
        return []
    sides = np.array([_SIDE.get(voice.role or "", 0) for voice in found.voices], dtype=np.int64)
    from_user = turns.user[found.before]
    kind = np.full((3, 3), -1, dtype=np.int64)
    for (first, second), number in _KIND_OF.items():
        kind[first, second] = number
    of_turn = kind[sides[from_user], sides[turns.user]]
    is_one = (found.before >= 0) & (of_turn >= 0) & ~((of_turn == 2) & (from_user == turns.user))
    chosen = np.flatnonzero(is_one)
    begun_ms, waited_ms = turns.start_ms[chosen], found.fto_ms[chosen]
    is_overlap = waited_ms <= 0
    is_work_time = waited_ms > rules.wait_most_ms
    is_heard = _heard(found, turns.user[chosen], begun_ms, np.maximum(waited_ms, 0), rules)
    names = [voice.user_id for voice in found.voices]
    columns = (
        [WAIT_KINDS[number] for number in of_turn[chosen].tolist()],
        [names[user] for user in from_user[chosen].tolist()],
        [names[user] for user in turns.user[chosen].tolist()],
        (begun_ms - waited_ms).tolist(),
        waited_ms.tolist(),
        is_overlap.tolist(),
        is_heard.tolist(),
        is_work_time.tolist(),
        (is_heard & ~is_overlap & ~is_work_time).tolist(),
    )
    heads = [column.name for column in WAIT_COLUMNS]
    return [dict(zip(heads, values, strict=True)) for values in zip(*columns, strict=True)]


def wait_lesson_values(
    rows: Sequence[dict[str, Value]],
    has_teacher: bool,
    has_student: bool,
    rules: MetricRules = USUAL_RULES,
) -> dict[str, Value]:
    """Return the values of `WAIT_LESSON_COLUMNS`.

    Args:
        rows: Those of `wait_rows`.
        has_teacher: Whether a teacher was ever heard.
        has_student: Whether a student was.
        rules: Thresholds.
    """
    values: dict[str, Value] = {column.name: None for column in WAIT_LESSON_COLUMNS}
    for kind in WAIT_KINDS:
        needs_teacher, needs_student = kind != "student_initiated", kind != "teacher_initiated"
        if (needs_teacher and not has_teacher) or (needs_student and not has_student):
            continue
        own = [row for row in rows if row["kind"] == kind]
        values |= {
            f"{kind}_overlaps": sum(row["is_overlap"] is True for row in own),
            f"{kind}_work_times": sum(bool(row["is_work_time"] and row["is_heard"]) for row in own),
        }
        waits_ms = np.array([row["wait_ms"] for row in own if row["is_counted"]], dtype=np.float64)
        values[f"{kind}_count"] = len(waits_ms)
        if len(waits_ms):
            for name, share in (("p25", 0.25), ("median", 0.5), ("p75", 0.75)):
                values[f"{kind}_{name}_ms"] = float(np.quantile(waits_ms, share))
            values[f"{kind}_long_ratio"] = float((waits_ms >= rules.wait_long_ms).mean())
    return values


def responses_of(rows: Sequence[dict[str, Value]]) -> dict[str, list[float]]:
    """Return by user the lengths of the counted waits of kind ``wait_time_1`` that the user ended, ms."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["kind"] == "wait_time_1" and row["is_counted"]:
            found.setdefault(str(row["to_user_id"]), []).append(float(row["wait_ms"] or 0))
    return found


def wait_user_values(waits_ms: Sequence[float], rules: MetricRules = USUAL_RULES) -> dict[str, Value]:
    """Return the values of `WAIT_USER_COLUMNS` of a student who was heard, from the waits that they ended."""
    is_told = len(waits_ms) > 0 and len(waits_ms) >= rules.response_least
    return {
        "responses": len(waits_ms),
        "response_median_ms": float(np.median(waits_ms)) if is_told else None,
    }


def _heard(
    found: Turns, user: Whole, end_ms: Whole, length_ms: Whole, rules: MetricRules
) -> NDArray[np.bool_]:
    """Return whether the microphone of each user is on for all of the *length_ms* before *end_ms*."""
    heard = np.zeros(len(user), dtype=np.bool_)
    for number in np.unique(user).tolist():
        own = user == number
        mic_on = merge(found.voices[number].mic_on, gap_ms=rules.merge_gap_ms)
        until_ms, from_ms = end_ms[own], end_ms[own] - length_ms[own]
        covered_ms = covered_before(mic_on, until_ms) - covered_before(mic_on, from_ms)
        heard[own] = covered_ms == length_ms[own]
    return heard
