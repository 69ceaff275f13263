"""Made-up recording results of any size, the same in every run.

A result has a whiteboard, a shared screen and cameras. Files of one stream never overlap, so at most as many
play at once as there are streams.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

TRACKS = 8
"""Streams of a large result."""
LENGTH_MS = (5_000, 15_000)
"""Shortest and longest file, ms, unless something else is asked for."""
LESSON_CLIPS = 6
"""Files of a small lesson."""
LESSON_TRACKS = 3
"""Streams of a small lesson."""
LESSON_LENGTH_MS = (300_000, 1_500_000)
"""Shortest and longest file of a small lesson, ms."""
SEAM_MS = 20
"""The switch from one file to the next leaves this hole, ms."""

_START_S = 1_558_613_140
_CAMERA, _SCREEN, _WHITEBOARD = 0, 1, 2
_FIRST_VIDEO_ID = 5_285_890_781_570_000_000

Row = dict[str, Any]


def make_result(
    clips: int, *, tracks: int = TRACKS, length_ms: tuple[int, int] = LENGTH_MS, seed: int = 0
) -> dict[str, Any]:
    """Return a v1 result that agrees with itself; the same arguments give the same result.

    Args:
        clips: How many files it lists.
        tracks: How many streams they belong to; at most that many play at once.
        length_ms: Shortest and longest file, ms.
        seed: Another seed gives another result.
    """
    chance = random.Random(f"{seed}/{clips}/{tracks}/{length_ms}")
    rows: list[Row] = []
    for track in range(tracks):
        count = clips // tracks + (track < clips % tracks)
        rows += _rows_of_track(track, count, length_ms, chance)
    chance.shuffle(rows)
    _begin_at_zero(rows)
    end_ms = max(row["video_play_time"] + row["video_duration"] for row in rows)
    start_s = _START_S + chance.randrange(10**7)
    return {
        "room_id": chance.randrange(10**6),
        "start_time": start_s,
        "stop_time": start_s + end_ms // 1000 + 3,
        "total_time": end_ms,
        "video_info": rows,
    }


def make_document(
    clips: int, *, tracks: int = TRACKS, length_ms: tuple[int, int] = LENGTH_MS, seed: int = 0
) -> bytes:
    """Return the result of `make_result` as one line of JSON."""
    return json.dumps(make_result(clips, tracks=tracks, length_ms=length_ms, seed=seed)).encode()


def make_documents(number: int, clips: int, *, tracks: int, length_ms: tuple[int, int]) -> Iterator[bytes]:
    """Yield the documents of *number* results; no two of them are the same."""
    for seed in range(number):
        yield make_document(clips, tracks=tracks, length_ms=length_ms, seed=seed)


def _rows_of_track(track: int, count: int, length_ms: tuple[int, int], chance: random.Random) -> list[Row]:
    rows = []
    at_ms = chance.randrange(length_ms[0])
    for _ in range(count):
        duration_ms = chance.randint(*length_ms)
        rows.append(_row(track, at_ms, duration_ms, chance))
        at_ms += duration_ms + _hole_ms(length_ms, chance)
    return rows


def _begin_at_zero(rows: list[Row]) -> None:
    """Move all *rows* so that the first media begins at 0, as playback does."""
    first_ms = min(row["video_play_time"] for row in rows)
    for row in rows:
        row["video_play_time"] -= first_ms


def _row(track: int, start_ms: int, duration_ms: int, chance: random.Random) -> Row:
    name = f"{chance.getrandbits(96):024x}"
    kind, user_id = _stream(track)
    return {
        "video_play_time": start_ms,
        "video_size": duration_ms * chance.randrange(20, 200),
        "video_format": "mp4",
        "video_duration": duration_ms,
        "video_url": f"http://1253488539.vod2.myqcloud.com/2e50eecfvodgzp1253488539/{name}/f0.mp4",
        "video_id": str(_FIRST_VIDEO_ID + chance.randrange(10**15)),
        "video_type": kind,
        "user_id": user_id,
    }


def _stream(track: int) -> tuple[int, str]:
    """Return type and user of a stream: the whiteboard, the teacher's screen, else somebody's camera."""
    if track == 0:
        return _WHITEBOARD, ""
    if track == 1:
        return _SCREEN, "teacher"
    return _CAMERA, "teacher" if track == 2 else f"student{track - 2}"


def _hole_ms(length_ms: tuple[int, int], chance: random.Random) -> int:
    """Return what follows a file, ms: mostly nothing or a seam, now and then an absence."""
    absence_ms = 500 + chance.randint(*length_ms) // 2
    return chance.choice((0, 0, SEAM_MS, SEAM_MS, SEAM_MS, absence_ms))
