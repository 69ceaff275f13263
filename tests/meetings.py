"""Segment tables of meetings, hundreds of spans per speaker, as lessons: each row is a clip of a camera.

Generated tables are always there. Real ones (RTTM files: who spoke when, in seconds) are read from the folder
that the environment variable TIMELINE_RTTM names, else from ``../shared/data/rttm`` beside the repository.
"""

from __future__ import annotations

import functools
import os
import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

from tests.builders import Row, lesson, row
from timeline.model import Timeline

ROOT = Path(__file__).parent.parent
FOLDER = Path(os.environ.get("TIMELINE_RTTM") or ROOT.parent / "shared" / "data" / "rttm")
REAL = sorted(FOLDER.glob("*.rttm"))
GENERATED = ["one at a time", "all at once", "over themselves"]
NAMES = [*GENERATED, *(path.name for path in REAL)]

Piece = tuple[int, int, int]
"""(start_ms, end_ms, index): a stretch of one row."""


@dataclass(frozen=True)
class Meeting:
    """A table, and the lesson that is made of it.

    Attributes:
        rows: Of all speakers; each row is a clip of a speaker's camera.
        speakers: By track id, the index, start and end of every row.
        pieces: By track id, what plays of which row.
        covered: By track id, a byte for each ms: 1 where a row covers it.
    """

    rows: list[Row]
    speakers: dict[str, list[tuple[int, int, int]]]
    pieces: dict[str, list[Piece]]
    covered: dict[str, bytes]
    lesson: Timeline
    end_ms: int


def exact_ms(seconds: str) -> int:
    """Return decimal seconds in ms, rounded half up without floating point."""
    return int((Decimal(seconds) * 1000).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def read_rttm(path: Path) -> list[Row]:
    """Return a row for each line of a table: start and length are its 4th and 5th field, the 8th is who."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        row(fields[7], exact_ms(fields[3]), exact_ms(fields[4])) for fields in lines if fields[0] == "SPEAKER"
    ]


def generated_rows(name: str) -> list[Row]:
    """Return rows like those of a meeting: four speakers, 250 spans each, in no order."""
    drawn = random.Random(name)
    holes_ms = {"one at a time": (0, 40_000), "all at once": (0, 700), "over themselves": (-4000, 3000)}[name]
    places: set[tuple[str, int, int]] = set()
    for user in ("ann", "ben", "cy", "dee"):
        at_ms = drawn.randint(0, 9000)
        for _ in range(250):
            length_ms = drawn.choice([1, drawn.randint(2, 500), drawn.randint(500, 9000)])
            places.add((user, at_ms, length_ms))
            at_ms = max(0, at_ms + length_ms + drawn.choice([0, 1, 500, 501, drawn.randint(*holes_ms)]))
    ordered = sorted(places)
    drawn.shuffle(ordered)
    return [row(*place) for place in ordered]


@functools.cache
def meeting(name: str) -> Meeting:
    """Return the table with this name."""
    paths = {path.name: path for path in REAL}
    rows = read_rttm(paths[name]) if name in paths else generated_rows(name)
    speakers: dict[str, list[tuple[int, int, int]]] = {}
    for index, one in enumerate(rows):
        start_ms = one["video_play_time"]
        spans = speakers.setdefault(f"camera:{one['user_id']}", [])
        spans.append((index, start_ms, start_ms + one["video_duration"]))
    end_ms = max(end for spans in speakers.values() for _, _, end in spans)
    return Meeting(
        rows=rows,
        speakers=speakers,
        pieces={who: winners(spans) for who, spans in speakers.items()},
        covered={who: covered_ms(spans, end_ms) for who, spans in speakers.items()},
        lesson=lesson(*rows),
        end_ms=end_ms,
    )


def winners(spans: list[tuple[int, int, int]]) -> list[Piece]:
    """Return what plays between any two edges: of the rows there, the last to start, of those the longest."""
    edges = sorted({edge for _, start, end in spans for edge in (start, end)})
    pieces: list[Piece] = []
    for low, high in pairwise(edges):
        there = [(start, end, index) for index, start, end in spans if start <= low and high <= end]
        if not there:
            continue
        index = max(there)[2]
        if pieces and pieces[-1][1:] == (low, index):
            pieces[-1] = (pieces[-1][0], high, index)
        else:
            pieces.append((low, high, index))
    return pieces


def covered_ms(spans: list[tuple[int, int, int]], end_ms: int) -> bytes:
    """Return a byte for each ms of the meeting: 1 where a span covers it."""
    covered = bytearray(end_ms)
    for _, start, end in spans:
        covered[start:end] = b"\1" * (end - start)
    return bytes(covered)
