"""Recording results made of what a test cares about; everything else is filled in plausibly."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

import timeline
from timeline.model import Timeline
from timeline.roster import Person, Roster

# A busy machine makes any single example slow; how long reading may take is tested where it matters.
# `make test-all` asks for more examples than the quick tests have time for.
settings.register_profile(
    "timeline", deadline=None, max_examples=int(os.environ.get("TIMELINE_EXAMPLES") or 25)
)
settings.load_profile("timeline")

Row = dict[str, Any]

ABSENT = Ellipsis
"""Stands for a field that is not there at all."""
START_S = 1_558_613_140
"""When every built lesson begins, Unix s, unless a test says otherwise."""
TYPES = {"camera": 0, "screen": 1, "whiteboard": 2, "mixed": 3, "audio": 4}


def row(
    user: str = "amy", start_ms: int = 0, duration_ms: int = 10_000, *, kind: str = "camera", **fields: Any
) -> Row:
    """Return one row of ``video_info``; *fields* replace what is built, `ABSENT` removes it."""
    name = f"{user or 'nobody'}-{kind}-{start_ms}-{duration_ms}"
    built = {
        "video_play_time": start_ms,
        "video_duration": duration_ms,
        "video_type": TYPES[kind],
        "user_id": "" if kind == "whiteboard" else user,
        "video_url": f"http://media.example/{name}.mp4",
        "video_id": f"id-{name}",
        "video_format": "mp4",
        "video_size": 1000,
    }
    return {key: value for key, value in (built | fields).items() if value is not ABSENT}


def board(start_ms: int = 0, duration_ms: int = 10_000, **fields: Any) -> Row:
    """Return a row of the whiteboard."""
    return row("", start_ms, duration_ms, kind="whiteboard", **fields)


def result(*rows: Any, surplus_s: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a v1 result that agrees with itself; *surplus_s* of wall time lie beyond its playback time."""
    end_ms = max((_end_ms(one) for one in rows), default=0)
    built = {
        "room_id": 1234,
        "start_time": START_S,
        "stop_time": START_S + end_ms // 1000 + surplus_s,
        "total_time": end_ms,
        "video_info": list(rows),
    }
    return {key: value for key, value in (built | fields).items() if value is not ABSENT}


def result_bytes(*rows: Any, surplus_s: int = 0, **fields: Any) -> bytes:
    """Return `result` as the bytes of a file."""
    return json.dumps(result(*rows, surplus_s=surplus_s, **fields), ensure_ascii=False).encode()


def lesson(*rows: Any, surplus_s: int = 0, roster: Roster | None = None, **fields: Any) -> Timeline:
    """Return the timeline of `result`."""
    return timeline.loads(result_bytes(*rows, surplus_s=surplus_s, **fields), roster=roster)


def roster(**roles: str) -> Roster:
    """Return a roster that names everybody in capitals: ``roster(amy="teacher")``."""
    return Roster({user: Person(user, user.title(), role) for user, role in roles.items()})


def result_rows(*, most: int = 10) -> st.SearchStrategy[list[Row]]:
    """Return lists of rows of one random lesson, of which at least one can be played.

    Times lie on a coarse grid, at most a little beside it, so that rows of a track overlap, repeat, touch
    and miss each other by as much as the tolerances; rows may have no length.
    """
    instants = st.builds(lambda cell, off: max(0, cell * 1000 + off), st.integers(0, 30), _OFF_GRID)
    lengths = st.builds(lambda cell, off: cell * 1000 + off, st.integers(0, 12), _OFF_GRID)
    kinds = st.sampled_from(["camera", "camera", "camera", "screen", "whiteboard", "mixed", "audio"])
    rows = st.builds(
        _random_row, st.sampled_from(["amy", "bo"]), instants, lengths, kinds, st.sampled_from("xxy")
    )
    return st.lists(rows, min_size=1, max_size=most).filter(
        lambda some: any(one["video_duration"] > 0 for one in some)
    )


_OFF_GRID = st.sampled_from([0, 0, 0, 0, -1, 1, 20, 300, 500, 501])


def _random_row(user: str, start_ms: int, duration_ms: int, kind: str, variant: str) -> Row:
    """Return a row; two of the same facts are the same file, or another one by *variant*."""
    built = row(user, start_ms, duration_ms, kind=kind)
    return built | {"video_url": f"{built['video_url']}?{variant}"}


def codes(lesson: Timeline) -> list[str]:
    """Return the codes of a lesson's findings, in order."""
    return [item.code for item in lesson.findings]


def _end_ms(one: Any) -> int:
    """Return where a row ends, or 0 where it is no row with an end."""
    if not isinstance(one, dict):
        return 0
    start_ms, duration_ms = one.get("video_play_time"), one.get("video_duration")
    if type(start_ms) is not int or type(duration_ms) is not int or duration_ms <= 0:
        return 0
    return start_ms + duration_ms if 0 <= start_ms <= 7 * 86_400_000 >= duration_ms else 0
