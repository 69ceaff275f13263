"""Pictures of the shared screen: a quiz window under a moving mouse pointer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Final

from PIL import Image

from .canvas import Canvas, Point, arc
from .script import CLICKS_MS, FRAMES_PER_SECOND, MediaFile

_DETAIL: Final = 2
_SIZE: Final = (960, 540)
_ANSWERS: Final = ("9 cm", "10 cm", "12 cm", "14 cm")
_RIGHT: Final = 1
_CHOSEN_MS, _FINISHED_MS = CLICKS_MS
_CHECKED_MS: Final = _CHOSEN_MS + 500
_TIME_LIMIT_S: Final = 30

_POINTER: Final[tuple[tuple[int, Point], ...]] = (
    (50_000, (905, 500)), (50_700, (905, 500)), (51_600, (196, 150)), (52_900, (470, 152)),
    (53_300, (470, 152)), (54_200, (690, 250)), (54_700, (742, 322)), (55_300, (742, 322)),
    (56_300, (300, 446)), (57_000, (304, 440)), (57_900, (560, 446)), (58_700, (556, 448)),
    (59_600, (500, 380)), (60_400, (470, 374)), (61_300, (470, 374)), (62_200, (520, 424)),
    (63_100, (612, 470)), (64_300, (846, 498)), (65_100, (846, 498)), (66_000, (800, 420)),
)  # fmt: skip


def _box(index: int) -> tuple[float, float, float, float]:
    """The answer's place in the window."""
    x, y = 70 + (index % 2) * 262, 336 + (index // 2) * 80
    return x, y, x + 246, y + 64


def _pointer_at(at_ms: float) -> Point:
    for (start_ms, start), (end_ms, end) in itertools.pairwise(_POINTER):
        if at_ms < end_ms:
            part = (at_ms - start_ms) / (end_ms - start_ms)
            part = part * part * (3 - 2 * part)
            return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
    return _POINTER[-1][1]


def _hovered(point: Point) -> int | None:
    for index in range(len(_ANSWERS)):
        x0, y0, x1, y1 = _box(index)
        if x0 <= point[0] <= x1 and y0 <= point[1] <= y1:
            return index
    return None


def _draw_window(canvas: Canvas) -> None:
    canvas.rect(0, 0, 960, 540, "#3d5a80")
    canvas.polygon([(0, 540), (0, 360), (420, 540)], "#355072")
    canvas.polygon([(960, 0), (960, 210), (610, 0)], "#486690")
    canvas.rect(26, 22, 938, 528, "#2c4263", 12)
    canvas.rect(24, 18, 936, 522, "#ffffff", 12)
    canvas.rect(24, 18, 936, 58, "#e8ebf0", 12)
    canvas.rect(24, 40, 936, 58, "#e8ebf0")
    canvas.rect(24, 57, 936, 58.5, "#cfd5de")
    for index, colour in enumerate(("#ee6a5f", "#f5bd4f", "#61c454")):
        canvas.ellipse(46 + index * 20, 38, 6, 6, colour)
    canvas.text(480, 38, "Quiz: the theorem of Pythagoras", 16, "#4a5463", "mm")
    canvas.text(70, 104, "QUESTION 1", 14, "#6b7686")
    canvas.text(70, 146, "The short sides of a right triangle are", 25, "#232b36")
    canvas.text(70, 182, "6 cm and 8 cm long.", 25, "#232b36")
    canvas.text(70, 238, "How long is the hypotenuse?", 25, "#232b36")
    canvas.rect(70, 294, 578, 295.5, "#e3e7ed")
    x, y, unit = 662.0, 330.0, 26.0
    triangle: list[Point] = [(x, y), (x + 8 * unit, y), (x, y - 6 * unit)]
    canvas.rect(622, 142, 912, 376, "#f4f6f9", 12)
    canvas.polygon(triangle, "#dce9fa")
    canvas.line([*triangle, triangle[0]], 4, "#2f6fc4")
    canvas.line([(x, y - 20), (x + 20, y - 20), (x + 20, y)], 2.5, "#2f6fc4")
    canvas.text(x - 10, y - 3 * unit, "6", 22, "#232b36", "rm")
    canvas.text(x + 4 * unit, y + 22, "8", 22, "#232b36", "mm")


def _draw_tick(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    canvas.line([(x - size, y), (x - size * 0.3, y + size * 0.7), (x + size, y - size * 0.8)], 4, colour)


def _draw_answers(canvas: Canvas, hovered: int | None, chosen: bool, checked: bool) -> None:
    for index, answer in enumerate(_ANSWERS):
        x0, y0, x1, y1 = _box(index)
        picked = chosen and index == _RIGHT
        edge, face = "#cfd6e0", "#ffffff"
        if picked:
            edge, face = ("#2f9461", "#dff3e7") if checked else ("#2f6fc4", "#e4effc")
        elif hovered == index and not chosen:
            edge, face = "#8fb4e3", "#f1f6fd"
        canvas.rect(x0, y0, x1, y1, edge, 10)
        canvas.rect(x0 + 2, y0 + 2, x1 - 2, y1 - 2, face, 8.5)
        middle = (y0 + y1) / 2
        canvas.ellipse(x0 + 32, middle, 15, 15, edge if picked else "#e8ecf2")
        if picked and checked:
            _draw_tick(canvas, x0 + 32, middle, 7, "#ffffff")
        else:
            canvas.text(x0 + 32, middle, "ABCD"[index], 16, "#ffffff" if picked else "#5a6572", "mm")
        canvas.text(x0 + 64, middle, answer, 22, "#232b36")


def _draw_square_sum(canvas: Canvas) -> None:
    """Write the reason for the answer; the raised twos are small figures of their own."""
    x, green = 640.0, "#2a7a52"
    for words in ("6", "+ 8", "= 36 + 64 = 100 = 10"):
        canvas.text(x, 404, words, 18, green)
        x += canvas.text_width(words, 18) + 1
        canvas.text(x, 398, "2", 12, green)
        x += canvas.text_width("2", 12) + 6


@cache
def _screen(
    seconds_left: int,
    hovered: int | None,
    chosen: bool,
    checked: bool,
    done: bool,
    over_button: bool,
) -> Image.Image:
    canvas = Canvas(_SIZE, detail=_DETAIL)
    _draw_window(canvas)
    share = seconds_left / _TIME_LIMIT_S
    canvas.rect(24, 58, 936, 64, "#eef1f5")
    canvas.rect(24, 58, 24 + 912 * share, 64, "#2f9461" if checked else "#f0a23a")
    canvas.line(arc(842, 104, 13, 13), 3, "#6b7686")
    canvas.line([(842, 104), (842, 96)], 2.5, "#6b7686")
    canvas.line([(842, 104), (848, 107)], 2.5, "#6b7686")
    canvas.text(866, 105, f"0:{seconds_left:02}", 18, "#4a5463")
    _draw_answers(canvas, hovered, chosen, checked)
    x, y, unit = 662.0, 330.0, 26.0
    canvas.text(
        x + 4 * unit + 14, y - 3 * unit - 14, "10" if checked else "?", 24,
        "#2f9461" if checked else "#d64545", "lm",
    )  # fmt: skip
    if checked:
        canvas.rect(622, 384, 912, 424, "#e9f7ef", 10)
        _draw_square_sum(canvas)
    canvas.rect(778, 472, 912, 510, ("#2a64b3" if over_button else "#2f6fc4") if checked else "#c3ccd8", 9)
    canvas.text(845, 491, "Done" if done else "Finish", 18, "#ffffff", "mm")
    canvas.text(622, 491, f"Score  {int(checked)} / 1", 18, "#2a7a52" if checked else "#6b7686")
    if done:
        _draw_tick(canvas, 730, 491, 7, "#2f9461")
    return canvas.surface


def _draw_pointer(canvas: Canvas, point: Point, at_ms: float) -> None:
    x, y = point
    for click_ms in CLICKS_MS:
        age = (at_ms - click_ms) / 330
        if 0 <= age < 1:
            canvas.line(arc(x, y, 6 + 16 * age, 6 + 16 * age), 2.5 * (1 - age) + 0.5, "#2f6fc4")
    arrow: list[Point] = [
        (0, 0),
        (0, 21),
        (5, 16.5),
        (8.6, 24.5),
        (12.4, 22.8),
        (9, 15),
        (15.6, 14.6),
    ]
    canvas.line([(x + px, y + py) for px, py in [*arrow, arrow[0]]], 2.6, "#ffffff")
    canvas.polygon([(x + px, y + py) for px, py in arrow], "#1c222b")


def screen_pictures(file: MediaFile) -> Iterator[Image.Image]:
    """The pictures of the shared screen, in order."""
    for index in range(file.frame_count):
        at_ms = file.start_ms + index * 1000 / FRAMES_PER_SECOND
        point = _pointer_at(at_ms)
        checked = at_ms >= _CHECKED_MS
        stopped_ms = min(at_ms, _CHECKED_MS)
        seconds_left = _TIME_LIMIT_S - int((stopped_ms - file.start_ms) / 1000)
        over_button = 778 <= point[0] <= 912 and 472 <= point[1] <= 510
        surface = _screen(
            seconds_left,
            None if checked else _hovered(point),
            at_ms >= _CHOSEN_MS,
            checked,
            at_ms >= _FINISHED_MS,
            over_button,
        )
        canvas = Canvas(_SIZE, detail=_DETAIL, base=surface)
        _draw_pointer(canvas, point, at_ms)
        yield canvas.finished()
