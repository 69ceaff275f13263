"""Pictures of the whiteboard: a drawing that grows stroke by stroke under a moving pen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image

from .canvas import Canvas, Point
from .handwriting import ringed, written
from .script import FRAMES_PER_SECOND, MediaFile

_DETAIL: Final = 2
_INK: Final = "#2b3440"
_RED: Final = "#d64545"
_BLUE: Final = "#2f6fc4"
_GREEN: Final = "#2f9461"
_GREY: Final = "#9aa3ad"
_TINTS: Final = {_RED: "#fbdedb", _BLUE: "#dce9fa", _GREEN: "#dcf1e4"}

_UNIT: Final = 42.0
_CORNER: Final[Point] = (272.0, 432.0)
_TOP: Final[Point] = (272.0, 432.0 - 3 * _UNIT)
_SIDE: Final[Point] = (272.0 + 4 * _UNIT, 432.0)


@dataclass(frozen=True)
class Stroke:
    """One stroke of the pen, drawn within a span of time."""

    points: tuple[Point, ...]
    colour: str
    width: float
    start_ms: float
    end_ms: float


@dataclass(frozen=True)
class Tint:
    """A shape that gets filled with colour, row by row of its height, within a span of time."""

    corners: tuple[Point, Point, Point, Point]
    colour: str
    start_ms: float
    end_ms: float


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(points))


def _timed(
    lines: Sequence[Sequence[Point]], colour: str, width: float, start_ms: float, end_ms: float
) -> list[Stroke]:
    """Strokes one after another, each as long in time as in space, with the pen lifted between."""
    weights = [_length(line) + 14 for line in lines]
    per_unit = (end_ms - start_ms) / sum(weights)
    strokes, at_ms = [], start_ms
    for line, weight in zip(lines, weights, strict=True):
        ends_ms = at_ms + weight * per_unit
        strokes.append(Stroke(tuple(line), colour, width, at_ms, ends_ms - 12 * per_unit))
        at_ms = ends_ms
    return strokes


def _square(a: Point, b: Point) -> tuple[Point, Point, Point, Point]:
    """The square on a side, to the left of the way from a to b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    return a, b, (b[0] + dy, b[1] - dx), (a[0] + dy, a[1] - dx)


def _grid(corners: tuple[Point, Point, Point, Point], cells: int) -> list[list[Point]]:
    a, b, c, d = corners

    def between(p: Point, q: Point, part: float) -> Point:
        return p[0] + (q[0] - p[0]) * part, p[1] + (q[1] - p[1]) * part

    parts = [index / cells for index in range(1, cells)]
    return [[between(a, d, part), between(b, c, part)] for part in parts] + [
        [between(a, b, part), between(d, c, part)] for part in parts
    ]


_ON_A: Final = _square(_CORNER, _TOP)
_ON_B: Final = _square(_SIDE, _CORNER)
_ON_C: Final = _square(_TOP, _SIDE)
_TINTED: Final = (
    Tint(_ON_A, _RED, 20_300, 20_800),
    Tint(_ON_B, _BLUE, 21_950, 22_450),
    Tint(_ON_C, _GREEN, 24_050, 24_700),
)


def _outline(corners: tuple[Point, Point, Point, Point]) -> list[list[Point]]:
    a, b, c, d = corners
    return [[b, c], [c, d], [d, a]]


@cache
def strokes() -> tuple[Stroke, ...]:
    """All strokes of the lesson, in the order of time."""
    x, y = _CORNER
    plan: tuple[tuple[Sequence[Sequence[Point]], str, float, float, float], ...] = (
        (written("Pythagoras", 86, 96, 30), _INK, 4.5, 700, 3_600),
        ([[_TOP, _CORNER], [_CORNER, _SIDE], [_SIDE, _TOP]], _INK, 4.5, 4_700, 6_700),
        ([[(x, y - 20), (x + 20, y - 20), (x + 20, y)]], _INK, 3, 6_850, 7_200),
        (written("a", x + 14, y - 48, 20), _RED, 4, 8_150, 8_550),
        (written("b", x + 66, y - 10, 19), _BLUE, 4, 8_850, 9_350),
        (written("c", x + 84, y - 84, 20), _GREEN, 4, 10_200, 10_600),
        (written("c = hypotenuse", 600, 160, 22), _GREEN, 3.5, 12_300, 15_400),
        (_outline(_ON_A), _RED, 4, 19_100, 20_250),
        (_outline(_ON_B), _BLUE, 4, 20_900, 21_900),
        (_outline(_ON_C), _GREEN, 4, 22_500, 24_000),
        (written("a²", 192, 384, 26), _RED, 4.5, 25_200, 26_100),
        (written("b²", 336, 532, 26), _BLUE, 4.5, 26_400, 27_300),
        (written("c²", 410, 290, 28), _GREEN, 4.5, 27_600, 28_400),
        (written("a²", 604, 256, 36), _RED, 6, 29_300, 30_000),
        (written("+", 682, 256, 36), _INK, 6, 30_050, 30_250),
        (written("b²", 730, 256, 36), _BLUE, 6, 30_300, 31_000),
        (written("=", 806, 256, 36), _INK, 6, 31_050, 31_300),
        (written("c²", 854, 256, 36), _GREEN, 6, 31_400, 32_200),
        ([[(88, 112), (180, 118), (280, 110), (384, 114)]], _RED, 3.5, 33_600, 34_600),
        (written("a = 3", 610, 342, 24), _RED, 4, 37_400, 38_300),
        (written("b = 4", 774, 342, 24), _BLUE, 4, 38_500, 39_500),
        (written("9 + 16 = 25", 610, 406, 24), _INK, 4, 39_700, 41_200),
        (written("c = 5", 610, 472, 26), _GREEN, 5, 41_500, 42_700),
        ([ringed(676, 452, 84, 34)], _GREEN, 3.5, 43_000, 43_800),
        (_grid(_ON_A, 3), _RED, 1.8, 46_000, 47_600),
        (_grid(_ON_B, 4), _BLUE, 1.8, 47_800, 50_300),
        (_grid(_ON_C, 5), _GREEN, 1.8, 51_000, 55_400),
        (written("6² + 8² = 36 + 64", 604, 548, 19), _INK, 3.5, 56_800, 59_700),
        (written("= 100 = 10²", 636, 604, 19), _INK, 3.5, 60_800, 62_600),
        ([ringed(811, 590, 42, 27)], _RED, 3.5, 63_200, 64_000),
        (written("only for right angles!", 96, 672, 25), _INK, 4.5, 66_700, 69_300),
        ([[(98, 690), (240, 696), (400, 688), (540, 692)]], _RED, 4.5, 69_600, 70_400),
        ([[(606, 274), (700, 280), (800, 273), (910, 276)]], _RED, 5, 71_000, 71_700),
        ([[(612, 284), (710, 289), (800, 283), (904, 286)]], _RED, 5, 71_850, 72_400),
    )
    result: list[Stroke] = []
    for lines, colour, width, start_ms, end_ms in plan:
        result.extend(_timed(lines, colour, width, start_ms, end_ms))
    return tuple(result)


def _part(points: Sequence[Point], fraction: float) -> list[Point]:
    """The first part of a line, by length."""
    left = _length(points) * fraction
    result = [points[0]]
    for a, b in itertools.pairwise(points):
        step = math.dist(a, b)
        if step > left:
            share = left / step
            result.append((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share))
            break
        result.append(b)
        left -= step
    return result


def _pen_at(at_ms: float) -> tuple[Point, str, bool]:
    """Where the pen is, its colour, and whether it touches the board."""
    before = strokes()[0]
    rest: Point = (before.points[0][0] + 60, before.points[0][1] + 90)
    last_ms = -10_000.0
    for stroke in strokes():
        if at_ms < stroke.start_ms:
            travel_ms = min(600.0, stroke.start_ms - last_ms)
            part = max(0.0, 1 - (stroke.start_ms - at_ms) / travel_ms)
            part = part * part * (3 - 2 * part)
            to = stroke.points[0]
            idle = 5 * math.sin(at_ms / 420) if stroke.start_ms - last_ms > 900 else 0.0
            x = rest[0] + (to[0] - rest[0]) * part + idle * (1 - part)
            return (x, rest[1] + (to[1] - rest[1]) * part - idle * (1 - part)), stroke.colour, False
        if at_ms < stroke.end_ms:
            done = (at_ms - stroke.start_ms) / (stroke.end_ms - stroke.start_ms)
            return _part(stroke.points, done)[-1], stroke.colour, True
        rest, last_ms = stroke.points[-1], stroke.end_ms
    return (rest[0] + 12, rest[1] + 8 + 5 * math.sin(at_ms / 420)), _RED, False


def _draw_tool(canvas: Canvas, index: int, y: float) -> None:
    x = 28.0
    if index == 0:
        canvas.polygon([(x - 6, y - 10), (x - 6, y + 8), (x - 1, y + 4), (x + 7, y + 3)], "#5a6572")
    elif index == 1:
        canvas.line([(x - 7, y + 8), (x + 6, y - 8)], 4.5, "#2f6fc4")
        canvas.polygon([(x - 10, y + 11), (x - 9, y + 5), (x - 4, y + 9)], "#2f6fc4")
    elif index == 2:
        canvas.line([(x - 8, y + 8), (x + 8, y - 8)], 2.5, "#5a6572")
    elif index == 3:
        canvas.rect(x - 9, y - 8, x + 9, y + 8, "#5a6572", 2)
        canvas.rect(x - 6.5, y - 5.5, x + 6.5, y + 5.5, "#ffffff")
    elif index == 4:
        canvas.ellipse(x, y, 9.5, 9.5, "#5a6572")
        canvas.ellipse(x, y, 7, 7, "#ffffff")
    elif index == 5:
        canvas.text(x, y, "T", 22, "#5a6572", "mm")
    else:
        canvas.polygon([(x - 9, y + 3), (x, y - 8), (x + 9, y - 1), (x, y + 9)], "#e79aa2")
        canvas.polygon([(x - 9, y + 3), (x - 5, y - 2), (x + 4, y + 5), (x, y + 9)], "#5a6572")


@cache
def _empty_board() -> Image.Image:
    canvas = Canvas((960, 720), detail=_DETAIL, fill="#fbfaf6")
    for x in range(96, 960, 48):
        for y in range(48, 720, 48):
            canvas.ellipse(x, y, 1.3, 1.3, "#dfddd5")
    canvas.rect(8, 120, 48, 520, "#e2e0da", 10)
    canvas.rect(9, 121, 47, 519, "#ffffff", 9)
    canvas.rect(12, 170, 44, 204, "#e1ecfa", 7)
    for index in range(7):
        _draw_tool(canvas, index, 146 + index * 41)
    for index, colour in enumerate((_INK, _RED, _BLUE, _GREEN)):
        canvas.ellipse(28, 424 + index * 24, 7.5, 7.5, colour)
    canvas.rect(840, 12, 948, 42, "#e2e0da", 9)
    canvas.rect(841, 13, 947, 41, "#ffffff", 8)
    canvas.polygon([(853, 27), (860, 21), (860, 33)], "#5a6572")
    canvas.polygon([(935, 27), (928, 21), (928, 33)], "#5a6572")
    canvas.text(894, 27, "1 / 3", 15, "#5a6572", "mm")
    canvas.ellipse(817, 27, 7, 7, "#3aa76d")
    return canvas.surface


def _draw_tint(canvas: Canvas, tint: Tint, at_ms: float) -> None:
    done = min(1.0, (at_ms - tint.start_ms) / (tint.end_ms - tint.start_ms))
    a, b, c, d = tint.corners
    far_a = (a[0] + (d[0] - a[0]) * done, a[1] + (d[1] - a[1]) * done)
    far_b = (b[0] + (c[0] - b[0]) * done, b[1] + (c[1] - b[1]) * done)
    canvas.polygon([a, b, far_b, far_a], _TINTS[tint.colour])


def _draw_pen(canvas: Canvas, at_ms: float) -> None:
    (x, y), colour, down = _pen_at(at_ms)
    if not down:
        x, y = x + 4, y - 6
    with canvas.placed(x, y, turn=38):
        canvas.rect(-6, -62, 6, -14, "#465062", 3)
        canvas.rect(-6, -26, 6, -16, colour)
        canvas.polygon([(-6, -16), (6, -16), (1.4, -2), (-1.4, -2)], "#e9d3ae")
        canvas.polygon([(-2.6, -6), (2.6, -6), (0, 0)], colour)
    if down:
        canvas.ellipse(x, y, 2.6, 2.6, colour)


def board_pictures(file: MediaFile) -> Iterator[Image.Image]:
    """The pictures of one whiteboard file, in order."""
    size = (file.width, file.height)
    finished, base = -1, _empty_board()
    ink = base
    for index in range(file.frame_count):
        at_ms = file.start_ms + index * 1000 / FRAMES_PER_SECOND
        tints = [tint for tint in _TINTED if tint.start_ms <= at_ms]
        done = [stroke for stroke in strokes() if stroke.end_ms <= at_ms]
        tinting = any(at_ms < tint.end_ms + 100 for tint in tints)
        if len(done) != finished or tinting:
            canvas = Canvas(size, detail=_DETAIL, base=base)
            for tint in tints:
                _draw_tint(canvas, tint, at_ms)
            for stroke in done:
                canvas.line(stroke.points, stroke.width, stroke.colour)
            finished, ink = len(done), canvas.surface
        canvas = Canvas(size, detail=_DETAIL, base=ink)
        for stroke in strokes():
            if stroke.start_ms <= at_ms < stroke.end_ms:
                part = (at_ms - stroke.start_ms) / (stroke.end_ms - stroke.start_ms)
                canvas.line(_part(stroke.points, part), stroke.width, stroke.colour)
        _draw_pen(canvas, at_ms)
        yield canvas.finished()
