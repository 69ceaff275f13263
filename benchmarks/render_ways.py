"""The commands that are measured: timeline, one hand-written graph, each part alone, moviepy."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.render_material import RATE, Lesson, Row

CANVAS_PX = (1280, 720)
GOP_FRAMES = 10 * RATE
"""As timeline sets it."""
MOVIEPY_SCRIPT = Path(__file__).with_name("render_moviepy.py")


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the canvas a picture lies, px."""

    x: int
    y: int
    width: int
    height: int


def picture_options(threads: int) -> tuple[str, ...]:
    """Return the settings of the picture's encoder, those of timeline; 0 threads: as x264 likes."""
    return (
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", str(GOP_FRAMES)),
        *("-pix_fmt", "yuv420p", "-threads", str(threads), "-r", str(RATE)),
    )


SOUND_OPTIONS = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "96k", "-ac", "1", "-ar", "48000")
"""Settings of the sound's encoder, those of timeline."""


def timeline_command(lesson: Lesson, output: Path, cache: Path, *options: str) -> list[str]:
    """Return the command that renders *lesson* into *output*."""
    return [
        *(sys.executable, "-m", "timeline", "render", str(lesson.result), "-o", str(output), "--force"),
        *("--media", str(lesson.media), "--cache", str(cache), "--layout", lesson.layout, *options),
    ]


def places_of(lesson: Lesson, plan: dict[str, Any]) -> list[Place]:
    """Return where the picture of each row lies, by timeline's own *plan*."""
    tiles = {tile["clip"]: tile for scene in plan["scenes"] for tile in scene["tiles"]}
    return [_fitted(tiles[number], row) for number, row in enumerate(lesson.rows)]


def _fitted(tile: dict[str, Any], row: Row) -> Place:
    across, down = row.size_px
    width = int(min(tile["width"], tile["height"] * across / down)) // 2 * 2
    height = int(min(tile["height"], tile["width"] * down / across)) // 2 * 2
    x = tile["x"] + (tile["width"] - width) // 4 * 2
    y = tile["y"] + (tile["height"] - height) // 4 * 2
    return Place(x, y, width, height)


# --- one graph ----------------------------------------------------------------------------------------------


def graph_command(
    ffmpeg: str, lesson: Lesson, places: Sequence[Place], output: Path, *, threads: int
) -> list[str]:
    """Return the command that a person would write: one graph, each file shifted, shown and mixed."""
    inputs = [part for row in lesson.rows for part in ("-i", str(lesson.path(row)))]
    width, height = CANVAS_PX
    graph = [f"color=black:s={width}x{height}:r={RATE}:d={lesson.length_s}[c0]"]
    sounds = []
    for n, (row, place) in enumerate(zip(lesson.rows, places, strict=True)):
        start_s, end_s = row.start_ms / 1000, (row.start_ms + row.length_ms) / 1000
        graph += [
            f"[{n}:v]setpts=PTS-STARTPTS+{start_s}/TB,scale={place.width}:{place.height},setsar=1[v{n}]",
            f"[c{n}][v{n}]overlay={place.x}:{place.y}:eof_action=pass:"
            f"enable='between(t,{start_s},{end_s})'[c{n + 1}]",
        ]
        if not row.is_board:
            graph.append(f"[{n}:a]adelay={row.start_ms}:all=1[a{n}]")
            sounds.append(f"[a{n}]")
    graph.append(f"{''.join(sounds)}amix=inputs={len(sounds)}:normalize=0:duration=longest[sound]")
    script = output.with_suffix(".graph")
    script.write_text(";\n".join(graph), encoding="utf-8")
    return [
        *(ffmpeg, "-nostdin", "-v", "error", "-y", *inputs, "-/filter_complex", str(script)),
        *("-map", f"[c{len(lesson.rows)}]", "-map", "[sound]", *picture_options(threads), *SOUND_OPTIONS),
        *("-t", str(lesson.length_s), "-movflags", "+faststart", str(output)),
    ]


# --- parts --------------------------------------------------------------------------------------------------


def decode_commands(
    ffmpeg: str, lesson: Lesson, places: Sequence[Place], folder: Path, *, scaled: bool
) -> Iterator[list[str]]:
    """Yield commands that decode the picture of every row once; where *scaled*, also to its place's size."""
    by_size: dict[tuple[int, int], list[Row]] = {}
    for row, place in zip(lesson.rows, places, strict=True):
        by_size.setdefault((place.width, place.height), []).append(row)
    for number, ((width, height), rows) in enumerate(by_size.items()):
        listed = _list(lesson, rows, folder / f"pictures_{number}.txt")
        yield [
            *(ffmpeg, "-nostdin", "-v", "error", "-threads", "1", *_reading(listed), "-map", "0:v:0"),
            *(("-vf", f"scale={width}:{height},format=yuv420p") if scaled else ()),
            *("-fps_mode", "passthrough", "-f", "null", "-"),
        ]


def raw_command(ffmpeg: str, video: Path) -> list[str]:
    """Return the command that writes the pictures of a finished video, raw, to its standard output."""
    return [ffmpeg, "-nostdin", "-v", "error", "-i", str(video), "-map", "0:v", "-f", "rawvideo", "pipe:1"]


def encode_command(ffmpeg: str, output: Path) -> list[str]:
    """Return the command that encodes the pictures at its standard input, once."""
    size = "x".join(map(str, CANVAS_PX))
    return [
        *(ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", str(RATE)),
        *("-i", "pipe:0", *picture_options(1), str(output)),
    ]


def sound_command(ffmpeg: str, lesson: Lesson, folder: Path, output: Path) -> list[str]:
    """Return the command that decodes every sound once, adds up the people, and encodes the sum once."""
    rows = sorted((row for row in lesson.rows if not row.is_board), key=lambda row: row.user)
    lists = [
        _list(lesson, list(own), folder / f"sounds_{number}.txt")
        for number, (_, own) in enumerate(itertools.groupby(rows, key=lambda row: row.user))
    ]
    mixed = "".join(f"[{n}:a]" for n in range(len(lists)))
    graph = f"{mixed}amix=inputs={len(lists)}:normalize=0,apad,atrim=0:{lesson.length_s}[sound]"
    return [
        *(ffmpeg, "-nostdin", "-v", "error", "-y"),
        *(part for listed in lists for part in _reading(listed)),
        *("-filter_complex", graph, "-map", "[sound]", *SOUND_OPTIONS, str(output)),
    ]


def _list(lesson: Lesson, rows: Iterable[Row], path: Path) -> Path:
    path.write_text("".join(f"file '{lesson.path(row)}'\n" for row in rows), encoding="utf-8")
    return path


def _reading(listed: Path) -> tuple[str, ...]:
    return ("-f", "concat", "-safe", "0", "-i", str(listed))


# --- moviepy ------------------------------------------------------------------------------------------------


def busiest_ms(lesson: Lesson, window_ms: int) -> int:
    """Return where a window begins in which as much plays at once as anywhere."""

    def playing_ms(at_ms: int) -> int:
        spans = ((row.start_ms, row.start_ms + row.length_ms) for row in lesson.rows)
        return sum(max(0, min(end, at_ms + window_ms) - max(start, at_ms)) for start, end in spans)

    return max((row.start_ms for row in lesson.rows), key=lambda at_ms: (playing_ms(at_ms), -at_ms))


def moviepy_command(
    python: str, lesson: Lesson, places: Sequence[Place], output: Path, *, at_ms: int, window_ms: int
) -> list[str]:
    """Return the command that renders a window of *lesson* by moviepy."""
    clips = []
    for row, place in zip(lesson.rows, places, strict=True):
        begin_ms = max(row.start_ms, at_ms)
        end_ms = min(row.start_ms + row.length_ms, at_ms + window_ms)
        if begin_ms < end_ms:
            clips.append(
                {
                    "path": str(lesson.path(row)),
                    "from_s": (begin_ms - row.start_ms) / 1000,
                    "to_s": (end_ms - row.start_ms) / 1000,
                    "at_s": (begin_ms - at_ms) / 1000,
                    "place": [place.x, place.y, place.width, place.height],
                    "has_sound": not row.is_board,
                }
            )
    task = {"clips": clips, "size": CANVAS_PX, "length_s": window_ms / 1000, "rate": RATE, "gop": GOP_FRAMES}
    script = output.with_suffix(".json")
    script.write_text(json.dumps(task | {"output": str(output)}), encoding="utf-8")
    return [python, str(MOVIEPY_SCRIPT), str(script)]
