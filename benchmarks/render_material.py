"""Lessons to render, made by ffmpeg from nothing and kept in a folder: the same in every run.

Cameras are 640x480 px, 15 frames a second, baseline, a key frame every 2 s, 500 kb/s, with AAC in mono;
boards are 1280x960 px and stand still for two thirds of the time. A file is a loop of a minute, copied up to
its length.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RATE = 15
"""Frames per second of all material."""
LOOP_S = 60
"""The files repeat themselves after this."""
CAMERAS = 4
"""So many different cameras are made."""
CAMERA_PX, BOARD_PX = (640, 480), (1280, 960)

GUIDE, HOUR, AGAIN = "guide", "hour", "again"
"""Names of lessons; the others are called ``clips_12`` and the like."""

_SAMPLE = Path(__file__).resolve().parent.parent / "sample_results" / "guide_example.json"
_START_S = 1_558_613_140
_CAMERA, _BOARD = 0, 2
_STROKES, _STROKE_S = 12, 5


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the lessons are.

    Attributes:
        guide_scale: The guide's lesson is so many times as short.
        hour_s: Length of the long lesson.
        clip_counts: Numbers of clips of the lessons of many clips.
        clip_ms: Length of each of these clips.
        again_rows: So often the one file of `AGAIN` is shown.
        window_s: Length of the stretch that slow programs render.
    """

    guide_scale: int = 5
    hour_s: int = 3600
    clip_counts: tuple[int, ...] = (12, 100, 300)
    clip_ms: int = 4000
    again_rows: int = 16
    window_s: int = 10


FULL = Sizes()
QUICK = Sizes(guide_scale=240, hour_s=8, clip_counts=(4, 8), clip_ms=1000, again_rows=4, window_s=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A file of a lesson: when it plays, ms, and what it is a copy of (``board`` or ``camera_0`` …)."""

    start_ms: int
    length_ms: int
    user: str
    source: str
    video_id: str

    @property
    def is_board(self) -> bool:
        """Whether it shows a whiteboard; boards have no sound."""
        return self.source == "board"

    @property
    def size_px(self) -> tuple[int, int]:
        """Size of its picture."""
        return BOARD_PX if self.is_board else CAMERA_PX


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson on the disk: ``result.json``, ``roster.csv`` and ``media/`` in *folder*."""

    name: str
    folder: Path
    layout: str
    rows: tuple[Row, ...]

    @property
    def result(self) -> Path:
        """The recording result."""
        return self.folder / "result.json"

    @property
    def media(self) -> Path:
        """Folder of the files."""
        return self.folder / "media"

    @property
    def length_s(self) -> float:
        """Length of the lesson."""
        return max(row.start_ms + row.length_ms for row in self.rows) / 1000

    @property
    def users(self) -> list[str]:
        """Ids of its people."""
        return sorted({row.user for row in self.rows if row.user})

    def path(self, row: Row) -> Path:
        """Return the file of a row."""
        return self.media / f"{row.video_id}.mp4"

    def write_roster(self, path: Path, *, renamed: str = "") -> None:
        """Write names of all people; the one of user *renamed* is another than usual."""
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(("user_id", "name", "role"))
            for user in self.users:
                lines.writerow((user, f"{user.title()} Somebody" if user == renamed else user.title(), ""))


def rows_of(name: str, sizes: Sizes) -> tuple[Row, ...]:
    """Return the files of the lesson that is called *name*."""
    if name == GUIDE:
        return _guide_rows(sizes.guide_scale)
    if name == HOUR:
        return _hour_rows(sizes.hour_s * 1000)
    if name == AGAIN:
        return _again_rows(sizes.again_rows)
    return _clip_rows(int(name.partition("_")[2]), sizes.clip_ms)


def lesson_names(sizes: Sizes) -> tuple[str, ...]:
    """Return the names of all lessons, in the order in which they are measured."""
    return (GUIDE, *(f"clips_{count}" for count in sizes.clip_counts), AGAIN, HOUR)


def make_lesson(name: str, sizes: Sizes, folder: Path, ffmpeg: str) -> Lesson:
    """Return the lesson *name* in *folder*; files that are there are not made again."""
    rows = rows_of(name, sizes)
    layout = "stage" if any(row.is_board for row in rows) else "grid"
    lesson = Lesson(name, folder / f"{name}_{round(rows[-1].start_ms + rows[-1].length_ms)}", layout, rows)
    lesson.media.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows):
        _make_file(lesson.path(row), row, number, folder, ffmpeg)
    lesson.result.write_text(json.dumps(_result(lesson), indent=1) + "\n", encoding="utf-8")
    return lesson


# --- rows ---------------------------------------------------------------------------------------------------


def _guide_rows(scale: int) -> tuple[Row, ...]:
    listed = json.loads(_SAMPLE.read_text(encoding="utf-8"))["video_info"]
    users = sorted({row["user_id"] for row in listed if row["user_id"]})
    return tuple(
        Row(
            row["video_play_time"] // scale,
            row["video_duration"] // scale,
            row["user_id"],
            f"camera_{users.index(row['user_id'])}" if row["user_id"] else "board",
            row["video_id"],
        )
        for row in listed
    )


def _hour_rows(length_ms: int) -> tuple[Row, ...]:
    """A board and a teacher in two files each, and a guest in a twelfth of the time."""
    half_ms, guest_ms = length_ms // 2, length_ms // 12
    return (
        Row(half_ms // 2, guest_ms, "guest", "camera_1", "600"),
        Row(0, half_ms, "", "board", "601"),
        Row(0, half_ms, "teacher", "camera_0", "602"),
        Row(half_ms, half_ms, "", "board", "603"),
        Row(half_ms, half_ms, "teacher", "camera_0", "604"),
    )


def _clip_rows(count: int, clip_ms: int) -> tuple[Row, ...]:
    """Clips of four people; a person's next one begins a quarter of a clip after the last one's end."""
    step_ms = clip_ms * 5 // 16
    return tuple(
        Row(n * step_ms, clip_ms, f"user_{n % CAMERAS}", f"camera_{n % CAMERAS}", f"{700_000 + n}")
        for n in range(count)
    )


def _again_rows(count: int) -> tuple[Row, ...]:
    """One file of a camera, at many places: in four cells at once, and later again."""
    length_ms = 30_000 if count > 4 else 1_000
    step_ms = length_ms * 5 // 16
    return tuple(Row(n * step_ms, length_ms, f"user_{n % 4}", "camera_0", "800") for n in range(count))


def _result(lesson: Lesson) -> dict[str, Any]:
    length_ms = round(lesson.length_s * 1000)
    return {
        "room_id": 1234,
        "start_time": _START_S,
        "stop_time": _START_S + -(-length_ms // 1000),
        "total_time": length_ms,
        "video_info": [
            {
                "video_play_time": row.start_ms,
                "video_size": lesson.path(row).stat().st_size,
                "video_format": "mp4",
                "video_duration": row.length_ms,
                "video_url": f"http://media.example/{row.video_id}.mp4",
                "video_id": row.video_id,
                "video_type": _BOARD if row.is_board else _CAMERA,
                "user_id": row.user,
            }
            for row in lesson.rows
        ],
    }


# --- files --------------------------------------------------------------------------------------------------


def _make_file(path: Path, row: Row, number: int, folder: Path, ffmpeg: str) -> None:
    """Copy a loop up to the length of a row; a box at the end makes each file another one."""
    if path.exists():
        return
    loop, part = _loop(row.source, folder, ffmpeg), path.with_suffix(".part")
    reading = ("-stream_loop", "-1", "-i", str(loop), "-t", f"{row.length_ms / 1000}")
    _run(ffmpeg, (*reading, "-map", "0", "-c", "copy", "-f", "mp4", str(part)))
    with part.open("ab") as file:
        file.write((16).to_bytes(4) + b"free" + number.to_bytes(8))
    os.replace(part, path)


def _loop(source: str, folder: Path, ffmpeg: str) -> Path:
    path = folder / f"{source}.mp4"
    if not path.exists():
        part = path.with_suffix(".part")
        made = _board_options() if source == "board" else _camera_options(int(source.rpartition("_")[2]))
        _run(ffmpeg, (*made, "-t", str(LOOP_S), "-f", "mp4", str(part)))
        os.replace(part, path)
    return path


def _camera_options(number: int) -> tuple[str, ...]:
    size = "x".join(map(str, CAMERA_PX))
    picture = f"gradients=s={size}:r={RATE}:seed={number + 1}:speed=0.03,noise=alls=6:allf=t,format=yuv420p"
    return (
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=f={300 + 100 * number}:b=4:r=48000"),
        *("-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-g", str(2 * RATE)),
        *("-b:v", "500k", "-maxrate", "600k", "-bufsize", "1M"),
        *("-c:a", "aac", "-b:a", "48k", "-ac", "1"),
    )


def _board_options() -> tuple[str, ...]:
    """Strokes, one every five seconds, each drawn in less than two."""
    size = "x".join(map(str, BOARD_PX))
    graph = [f"color=white:s={size}:r={RATE},format=yuv420p[b0]"]
    for n in range(_STROKES):
        graph += [
            f"color=navy:s=1100x6:r={RATE},format=yuv420p[s{n}]",
            f"[b{n}][s{n}]overlay=x='min(80\\,-1100+700*(t-{n * _STROKE_S}))':y={100 + 60 * n}[b{n + 1}]",
        ]
    graph[-1] = graph[-1].removesuffix(f"[b{_STROKES}]")
    return (
        *("-f", "lavfi", "-i", ";".join(graph), "-c:v", "libx264", "-profile:v", "baseline"),
        *("-preset", "veryfast", "-crf", "23", "-g", str(2 * RATE)),
    )


def _run(ffmpeg: str, arguments: Sequence[str]) -> None:
    subprocess.run([ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], check=True)
