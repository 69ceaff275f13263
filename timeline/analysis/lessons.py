"""A lesson as one row: what timing alone says of all its people and tracks together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from timeline import kinds
from timeline.analysis.balance import gini
from timeline.analysis.concurrency import levels
from timeline.analysis.people import User, when_on
from timeline.analysis.presence import ratio
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, TEXT, WHOLE, Column, Value
from timeline.findings import Severity
from timeline.interval import (
    Span,
    Spans,
    clip_to,
    common,
    complement,
    covered_before,
    merge,
    spans_of,
    total_ms,
)
from timeline.model import Timeline, Track

_TIME = (
    Column("room_id", TEXT, "", True, "the room; the same one is used for many lessons"),
    Column("task_id", TEXT, "", True, "the recording task"),
    Column("start_wall_ms", WHOLE, "Unix ms", True, "wall time of playback 0; missing where it is not known"),
    Column("duration_ms", WHOLE, "ms", True, "playback time, pauses cut out"),
    Column("wall_ms", WHOLE, "ms", True, "wall time from start to stop, as stamped"),
    Column("pauses", WHOLE, "count", True, "how often the whole recording stood still"),
    Column("paused_ms", WHOLE, "ms", True, "length of all pauses; missing where that of one is not known"),
    Column(
        "unlocated_pause_ms", WHOLE, "ms", True, "wall time that is missing at a place which nothing tells"
    ),
)
_PEOPLE = (
    Column("users", WHOLE, "count", True, "users with a camera, screen or sound-only file"),
    Column("camera_users", WHOLE, "count", True, "users who were on camera at all"),
    Column("roster_users", WHOLE, "count", True, "users in the roster; missing without one"),
    Column(
        "attended_on_camera_ratio",
        REAL,
        "ratio",
        True,
        "those of the roster who attended on camera, over all of the roster; missing without one",
    ),
    Column("peak_concurrency", WHOLE, "users", True, "the most users on camera at once"),
    Column("time_at_peak_ms", WHOLE, "ms", True, "for how long peak_concurrency users were on camera"),
    Column("mean_concurrency", REAL, "users", True, "users on camera, on average over the lesson"),
    Column(
        "median_concurrency", WHOLE, "users", True, "for half of the lesson at most so many were on camera"
    ),
    Column(
        "mean_camera_on_ratio",
        REAL,
        "ratio",
        True,
        "mean of camera_on_ratio_lesson over users with a file; over students only where there are roles",
    ),
    Column(
        "camera_on_gini",
        REAL,
        "ratio",
        True,
        "Gini coefficient of camera_on_ms over the users of mean_camera_on_ratio",
    ),
    Column(
        "churn_per_hour",
        REAL,
        "1/h",
        True,
        "cameras coming on and going off, but for the first and the last churn_edge_ms; "
        "missing for lessons that are no longer than those",
    ),
    Column(
        "presence_turnover",
        REAL,
        "ratio",
        True,
        "1 - |A and B| / |A or B|, A those on camera in the first third, B in the last; missing if nobody",
    ),
)
_COVER = (
    Column("coverage_any_ratio", REAL, "ratio", True, "share of the lesson in which any track plays"),
    Column("coverage_camera_ratio", REAL, "ratio", True, "share of the lesson in which anybody is on camera"),
    Column(
        "coverage_content_ratio",
        REAL,
        "ratio",
        True,
        "share of the lesson in which a screen or a whiteboard plays",
    ),
    Column("uncovered_ms", WHOLE, "ms", True, "length of all stretches in which nothing plays"),
    Column("longest_uncovered_ms", WHOLE, "ms", True, "length of the longest stretch in which nothing plays"),
    Column("leading_uncovered_ms", WHOLE, "ms", True, "length of such a stretch at the start of the lesson"),
    Column("trailing_uncovered_ms", WHOLE, "ms", True, "length of such a stretch at the end of the lesson"),
    Column(
        "whiteboard_ratio",
        REAL,
        "ratio",
        True,
        "share of the lesson in which a whiteboard file plays, used or not",
    ),
    Column("screen_ratio", REAL, "ratio", True, "share of the lesson in which anybody's screen plays"),
    Column("content_overlap_ms", WHOLE, "ms", True, "how long a whiteboard and a screen play at once"),
    Column(
        "content_switches",
        WHOLE,
        "count",
        True,
        "changes between screen (which wins), whiteboard and neither",
    ),
)
_TRUST = (
    Column("finding_warnings", WHOLE, "count", True, "findings that are warnings"),
    Column("finding_errors", WHOLE, "count", True, "findings that are errors"),
    Column("finding_codes", TEXT, "", True, "codes of warnings and errors, sorted, with blanks between"),
)
LESSON_COLUMNS = (*_TIME, *_PEOPLE, *_COVER, *_TRUST)
"""What timing alone says of a lesson; all are missing for one that could not be read."""

CONCURRENCY_COLUMNS = (
    Column("users_on_camera", WHOLE, "users", False, "so many at once, from 0 to the most"),
    Column("duration_ms", WHOLE, "ms", False, "for how long in all; they sum up to the lesson"),
)


def lesson_row(
    timeline: Timeline,
    people: Sequence[User],
    user_rows: Sequence[dict[str, Value]],
    rules: MetricRules = USUAL_RULES,
) -> dict[str, Value]:
    """Return what timing alone says of a lesson: the values of `LESSON_COLUMNS`.

    Args:
        timeline: A lesson.
        people: All of it, as `people_of` gives them.
        user_rows: What is known of each, in the same order.
        rules: Thresholds.
    """
    return {
        **_time_values(timeline),
        **_people_values(timeline.duration_ms, people, user_rows, rules),
        **_cover_values(timeline, people, rules),
        **_trust_values(timeline),
    }


def concurrency_rows(duration_ms: int, people: Sequence[User]) -> list[dict[str, Value]]:
    """Return for how long so many users were on camera at once: from none to the most, all of them."""
    return [
        {"users_on_camera": number, "duration_ms": int(length_ms)}
        for number, length_ms in enumerate(_time_at(duration_ms, people))
    ]


def _time_values(timeline: Timeline) -> dict[str, Value]:
    lengths = [pause.duration_ms for pause in timeline.pauses]
    wall = timeline.wall
    return {
        "room_id": timeline.room_id,
        "task_id": timeline.task_id,
        "start_wall_ms": timeline.to_wall_ms(0),
        "duration_ms": timeline.duration_ms,
        "wall_ms": None if wall is None else wall.stop_ms - wall.start_ms,
        "pauses": len(lengths),
        "paused_ms": None if None in lengths else sum(length or 0 for length in lengths),
        "unlocated_pause_ms": timeline.unlocated_pause_ms,
    }


def _people_values(
    duration_ms: int, people: Sequence[User], rows: Sequence[dict[str, Value]], rules: MetricRules
) -> dict[str, Value]:
    time_at = _time_at(duration_ms, people)
    on_ms = float((np.arange(len(time_at)) * time_at).sum())
    has_roles = any(user.role == "student" for user in people)
    counted = [
        row
        for user, row in zip(people, rows, strict=True)
        if user.has_files and (user.role == "student" or not has_roles)
    ]
    ratios = [value for row in counted if (value := row["camera_on_ratio_lesson"]) is not None]
    expected = [row for user, row in zip(people, rows, strict=True) if user.is_in_roster]
    has_roster = any(user.is_in_roster is not None for user in people)
    attended = sum(row["attended_on_camera"] is True for row in expected)
    return {
        "users": sum(user.has_files for user in people),
        "camera_users": sum(len(user.camera) > 0 for user in people),
        "roster_users": len(expected) if has_roster else None,
        "attended_on_camera_ratio": ratio(attended, len(expected)),
        "peak_concurrency": len(time_at) - 1,
        "time_at_peak_ms": int(time_at[-1]),
        "mean_concurrency": ratio(on_ms, duration_ms),
        "median_concurrency": int(np.searchsorted(np.cumsum(time_at) * 2, duration_ms)),
        "mean_camera_on_ratio": float(np.mean([float(value) for value in ratios])) if ratios else None,
        "camera_on_gini": gini([float(row["camera_on_ms"] or 0) for row in counted]),
        "churn_per_hour": _churn_per_hour(duration_ms, people, rules),
        "presence_turnover": _turnover(duration_ms, people),
    }


def _time_at(duration_ms: int, people: Sequence[User]) -> NDArray[np.int64]:
    """Return for how long exactly 0, 1, 2, … users were on camera, up to the most."""
    starts_ms, ends_ms, heights = levels(_all(user.camera for user in people), duration_ms)
    time_at = np.zeros(int(heights.max(initial=0)) + 1, dtype=np.int64)
    np.add.at(time_at, heights, ends_ms - starts_ms)
    return time_at


def _churn_per_hour(duration_ms: int, people: Sequence[User], rules: MetricRules) -> float | None:
    edge_ms = rules.churn_edge_ms
    if duration_ms <= 2 * edge_ms:
        return None
    at_ms = _all(merge(user.camera, gap_ms=rules.merge_gap_ms) for user in people).ravel()
    return float(((at_ms > edge_ms) & (at_ms < duration_ms - edge_ms)).sum()) * 3_600_000 / duration_ms


def _turnover(duration_ms: int, people: Sequence[User]) -> float | None:
    third_ms = duration_ms // 3
    first, last = (
        {user.user_id for user in people if len(clip_to(user.camera, within))}
        for within in (Span(0, third_ms), Span(duration_ms - third_ms, duration_ms))
    )
    return 1 - len(first & last) / len(first | last) if first | last else None


class _Content(NamedTuple):
    boards: Spans
    screens: Spans


def _cover_values(timeline: Timeline, people: Sequence[User], rules: MetricRules) -> dict[str, Value]:
    duration_ms = timeline.duration_ms
    content = _Content(when_on(timeline.tracks, kinds.WHITEBOARD), when_on(timeline.tracks, kinds.SCREEN))
    anything = _all(_spans(track) for track in timeline.tracks)
    holes = complement(anything, Span(0, duration_ms))
    lengths_ms = holes[:, 1] - holes[:, 0]
    cameras_ms = total_ms(_all(user.camera for user in people))
    return {
        "coverage_any_ratio": ratio(total_ms(anything), duration_ms),
        "coverage_camera_ratio": ratio(cameras_ms, duration_ms),
        "coverage_content_ratio": ratio(total_ms(_all(content)), duration_ms),
        "uncovered_ms": int(lengths_ms.sum()),
        "longest_uncovered_ms": int(lengths_ms.max(initial=0)),
        "leading_uncovered_ms": int(lengths_ms[holes[:, 0] == 0].sum()),
        "trailing_uncovered_ms": int(lengths_ms[holes[:, 1] == duration_ms].sum()),
        "whiteboard_ratio": ratio(total_ms(content.boards), duration_ms),
        "screen_ratio": ratio(total_ms(content.screens), duration_ms),
        "content_overlap_ms": total_ms(common(*content)),
        "content_switches": _switches(duration_ms, content, rules),
    }


def _switches(duration_ms: int, content: _Content, rules: MetricRules) -> int:
    """Return how often what is shown changes: a screen, else a board, else neither; a seam is no change."""
    screens, either = (merge(spans, gap_ms=rules.merge_gap_ms) for spans in (content.screens, _all(content)))
    edges_ms = np.unique(np.concatenate((screens.ravel(), either.ravel(), [0, duration_ms])))
    shown = [np.diff(covered_before(spans, edges_ms)) > 0 for spans in (screens, either)]
    kinds_shown = shown[0].astype(np.int64) + shown[1]  # 2 a screen, 1 a board only, 0 neither
    return int((np.diff(kinds_shown) != 0).sum())


def _trust_values(timeline: Timeline) -> dict[str, Value]:
    doubts = [item for item in timeline.findings if item.severity is not Severity.INFO]
    errors = sum(item.severity is Severity.ERROR for item in doubts)
    return {
        "finding_warnings": len(doubts) - errors,
        "finding_errors": errors,
        "finding_codes": " ".join(sorted({item.code for item in doubts})),
    }


def _spans(track: Track) -> Spans:
    return spans_of((clip.start_ms, clip.end_ms) for clip in track.clips)


def _all(parts: Iterable[Spans]) -> Spans:
    """Return several arrays of spans as one."""
    return np.concatenate([spans_of([]), *parts])
