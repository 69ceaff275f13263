"""Mutations of rows: copied, moved in time, thinned out, reordered."""

from __future__ import annotations

import re
from typing import Any

from tests.mutants.draft import Dice, Draft, copied
from tests.mutants.spelling import respelt

SHIFTS_MS = (-1, 0, 1, 499, 500, 501, 999, 1000, 1001, 7000, -500, -1000, 10_000)
_TIME_KEY = re.compile(r"time|duration|stamp", re.IGNORECASE)
_PLACES = ("video_play_time", "VideoPlayTime", "StartTimeStamp", "EndTimeStamp", "StartTime", "StopTime")
_MOST_ROWS = 120


def thin_a_row_out(draft: Draft) -> None:
    """Delete some keys of a row, or of all rows of a list."""
    rows = draft.rows()
    if not rows:
        return
    share = draft.dice.pick((0.2, 0.5))
    for row in rows if draft.dice.chance(0.3) else [draft.dice.pick(rows)]:
        if isinstance(row, dict):
            for key in [key for key in row if draft.dice.chance(share)]:
                del row[key]


def copy_a_row(draft: Draft) -> None:
    """Copy a row, moved a little in time, to any place of its list."""
    rows = draft.rows()
    if rows:
        row = copied(draft.dice.pick(rows))
        _shift(row, draft.dice)
        rows.insert(draft.dice.below(len(rows) + 1), row)


def shift_a_row(draft: Draft) -> None:
    """Move a row a little in time."""
    rows = draft.rows()
    if rows:
        _shift(draft.dice.pick(rows), draft.dice)


def _shift(row: Any, dice: Dice) -> None:
    items = row.items() if isinstance(row, dict) else ()
    times = [key for key, item in items if type(item) is int and _TIME_KEY.search(key)]
    if times:
        row[dice.pick(times)] += dice.pick(SHIFTS_MS)


def move_rows_end_to_end(draft: Draft) -> None:
    """Let a row begin where another ends, or nearly, and be of the same stream."""
    rows = [row for row in draft.rows() if isinstance(row, dict)]
    if not rows:
        return
    one, other = draft.dice.pick(rows), draft.dice.pick(rows)
    numbers = [key for key, item in one.items() if type(item) is int and type(other.get(key)) is int]
    times = sorted((key for key in numbers if _TIME_KEY.search(key)), key=lambda key: "uration" in key)
    if len(times) >= 2:
        end_ms = one[times[0]] + one[times[1]]
        other[times[0]] = end_ms + draft.dice.pick(SHIFTS_MS)
        for key in ("user_id", "UserId", "video_type", "VideoType"):
            if key in one and draft.dice.chance(0.7):
                other[key] = copied(one[key])


def change_a_column(draft: Draft) -> None:
    """Do the same to one field of every row of a list."""
    rows = [row for row in draft.rows() if isinstance(row, dict) and row]
    if not rows:
        return
    key, choice, value = draft.dice.pick(list(rows[0])), draft.dice.below(4), draft.a_value()
    for row in rows:
        if key not in row:
            continue
        old = row.pop(key)
        if choice == 0:
            row[key] = copied(value)
        elif choice == 1:
            row[key] = str(old)
        elif choice == 2:
            row[respelt(key, 1)] = old


def reorder_rows(draft: Draft) -> None:
    """Shuffle, reverse, double or shorten a list, or repeat it further on in time."""
    rows = draft.rows()
    choice = draft.dice.below(5)
    if choice == 0:
        rows[:] = draft.dice.shuffled(rows)
    elif choice == 1:
        rows.reverse()
    elif choice == 2 and len(rows) <= _MOST_ROWS // 2:
        rows.extend(copied(rows))
    elif choice == 3:
        del rows[draft.dice.below(len(rows)) :]
    elif choice == 4:
        original, step_ms = copied(rows), draft.dice.pick((1, 1000, 60_000, 900_000))
        for turn in range(1, 1 + draft.dice.below(1 + _MOST_ROWS // max(1, len(original)))):
            later = copied(original)
            for row in later:
                for key in _PLACES:
                    if isinstance(row, dict) and type(row.get(key)) is int:
                        row[key] += turn * step_ms
            rows.extend(later)


def scale_times(draft: Draft) -> None:
    """Write all times, or all stamps, or all others, in another unit."""
    up, which = draft.dice.chance(0.5), draft.dice.below(3)
    for box, key in draft.slots(int):
        is_stamp = box[key] > 10**9
        if isinstance(key, str) and _TIME_KEY.search(key) and (which == 0 or is_stamp == (which == 1)):
            box[key] = box[key] * 1000 if up else box[key] // 1000
