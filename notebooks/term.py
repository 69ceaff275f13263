"""Sixty recording results of a term that never was: for the notebook about many lessons."""

from __future__ import annotations

import json
import random
from pathlib import Path

_TERM_START_S = 1_756_713_600
_MINUTE_MS = 60_000


def write_term(folder: Path, *, lessons: int = 60, seed: int = 7) -> list[Path]:
    """Write results into *folder*, and return their paths in order; the same ones for the same seed.

    Every tenth lesson has a network that drops everybody again and again; two files are no results.
    """
    drawn = random.Random(seed)
    paths = [folder / f"lesson-{number + 1:02}.json" for number in range(lessons)]
    for number, path in enumerate(paths):
        is_bad = number % 10 == 4
        rows = [_row("board", 2, "", 0, 40 * _MINUTE_MS)]
        for student in range(drawn.randint(4, 8)):
            rows += _camera_rows(drawn, f"s{student:02}", is_bad)
        rows += [_row("t", 0, "teacher", 0, 40 * _MINUTE_MS)]
        start_s = _TERM_START_S + number * 86_400
        end_ms = max(row["video_play_time"] + row["video_duration"] for row in rows)
        result = {
            "room_id": 4711,
            "start_time": start_s,
            "stop_time": start_s + end_ms // 1000,
            "total_time": end_ms,
            "video_info": rows,
        }
        path.write_text(json.dumps(result), encoding="utf-8")
    paths[17].write_text("", encoding="utf-8")
    paths[41].write_text('{"error_code": 0}', encoding="utf-8")
    return paths


def _camera_rows(drawn: random.Random, user: str, is_bad: bool) -> list[dict[str, object]]:
    """Return the camera files of a student: one from start to end, or many short ones."""
    at_ms, rows = drawn.randint(0, 3) * _MINUTE_MS, []
    while at_ms < 38 * _MINUTE_MS:
        length_ms = drawn.randint(20, 60) * 1000 if is_bad else drawn.randint(25, 38) * _MINUTE_MS
        end_ms = min(40 * _MINUTE_MS, at_ms + length_ms)
        rows.append(_row(f"{user}-{at_ms}", 0, user, at_ms, end_ms - at_ms))
        at_ms = end_ms + drawn.randint(30, 130) * 1000
    return rows


def _row(name: str, kind: int, user: str, start_ms: int, length_ms: int) -> dict[str, object]:
    return {
        "video_play_time": start_ms,
        "video_duration": length_ms,
        "video_type": kind,
        "user_id": user,
        "video_url": f"http://media.example/{name}.mp4",
        "video_id": f"id-{name}",
        "video_format": "mp4",
        "video_size": 1000,
    }
