"""Rooms behind the people: a study, a bedroom and a den, each drawn once."""

from __future__ import annotations

from functools import cache

from PIL import Image

from .canvas import Canvas, Point, smooth

PAD: Point = (505, 408)
"""Where the teacher's writing hand rests on her drawing pad."""


@cache
def room(user_id: str, size: tuple[int, int], units: float, detail: int, later: bool) -> Image.Image:
    """The large surface of somebody's room, as it is before or after the break."""
    canvas = Canvas(size, detail=detail, units=units)
    if user_id == "lin_teacher":
        _draw_study(canvas, later)
    elif user_id == "amy":
        _draw_bedroom(canvas, later)
    else:
        _draw_den(canvas, later)
    return canvas.surface


def draw_desk(canvas: Canvas) -> None:
    """Draw the teacher's desk and drawing pad, which stand before her."""
    canvas.rect(0, 452, 640, 480, "#b98556")
    canvas.rect(0, 452, 640, 457, "#cf9d6c")
    canvas.polygon([(392, 470), (592, 470), (566, 408), (418, 408)], "#30353f")
    canvas.polygon([(404, 464), (580, 464), (557, 414), (427, 414)], "#f6f5ef")
    canvas.polygon([(448, 452), (448, 428), (486, 452)], "#c9d8ec")


def _draw_study(canvas: Canvas, later: bool) -> None:
    canvas.rect(0, 0, 640, 480, "#e9dfcd")
    canvas.rect(0, 380, 640, 480, "#dccdb4")
    canvas.rect(0, 376, 640, 382, "#f5eee0")
    # Window with hills.
    canvas.rect(418, 40, 610, 250, "#fbf7ee", 4)
    canvas.rect(428, 50, 600, 240, "#a9d5ea")
    canvas.ellipse(556, 92, 20, 20, "#fbe08a")
    for middle, height, radius in ((456, 92, 13), (474, 84, 17), (494, 92, 13)):
        moved = middle + (70 if later else 0)
        canvas.ellipse(moved, height, radius, radius * 0.75, "#f4fafc")
    hills: list[Point] = [(428, 206), (470, 176), (520, 196), (570, 172), (600, 186)]
    canvas.polygon([*smooth(hills), (600, 240), (428, 240)], "#8dbf7e")
    canvas.rect(428, 222, 600, 240, "#6fa767")
    canvas.rect(510, 50, 518, 240, "#fbf7ee")
    canvas.rect(428, 140, 600, 147, "#fbf7ee")
    canvas.rect(408, 246, 620, 260, "#fffdf8", 3)
    # Plant on the sill.
    for points in (
        [(586, 222), (562, 196), (556, 170), (578, 192)],
        [(586, 222), (584, 184), (592, 158), (598, 190)],
        [(586, 222), (606, 198), (618, 180), (604, 212)],
    ):
        canvas.blob(points, "#4c8c5b")
    canvas.polygon([(568, 220), (606, 220), (600, 248), (574, 248)], "#d9764a")
    canvas.rect(565, 216, 609, 224, "#e58b60")
    # Bookshelf.
    canvas.rect(24, 36, 206, 376, "#9a6b43")
    colours = (
        "#d9534f",
        "#4a7fb5",
        "#e9b44c",
        "#5c9b78",
        "#8d6cab",
        "#d98e4a",
        "#3f6275",
        "#e8dcc3",
    )
    for row in range(4):
        top = 46 + row * 83
        canvas.rect(33, top, 197, top + 74, "#6f4a2d")
        x, index = 36.0, row * 3
        while x < (150 if row % 2 else 188):
            width, height = 11 + (index * 7) % 9, 48 + (index * 11) % 19
            canvas.rect(x, top + 74 - height, x + width, top + 74, colours[index % 8])
            canvas.rect(x + 3, top + 84 - height, x + width - 3, top + 88 - height, "#f7efdd")
            x, index = x + width + 1.5, index + 1
    canvas.ellipse(178, 183, 17, 17, "#4f93b8")
    canvas.blob([(166, 180), (176, 170), (184, 178), (178, 188), (170, 190)], "#7db36a")
    canvas.rect(174, 199, 182, 204, "#d9b26a")
    canvas.polygon([(160, 370), (190, 370), (175, 334)], "#e9b44c")
    # Poster.
    canvas.rect(254, 34, 376, 150, "#fffaf0", 3)
    canvas.rect(261, 41, 369, 143, "#2f5d73")
    canvas.polygon([(284, 122), (284, 62), (346, 122)], "#f2c14e")
    canvas.rect(284, 112, 294, 122, "#2f5d73")
    canvas.rect(286, 114, 292, 120, "#f2c14e")


def _draw_bedroom(canvas: Canvas, later: bool) -> None:
    canvas.rect(0, 0, 320, 240, "#d9cfe8")
    for x in range(10, 320, 28):
        canvas.rect(x, 0, x + 12, 240, "#e0d8ee")
    # Window with curtains.
    canvas.rect(16, 20, 104, 122, "#fffdf8", 2)
    canvas.rect(22, 26, 98, 116, "#f7b98a")
    canvas.rect(22, 70, 98, 116, "#f3a07c")
    canvas.ellipse(68, 74, 14, 14, "#fff0bf")
    hills: list[Point] = [(22, 98), (40, 88), (62, 96), (84, 86), (98, 94)]
    canvas.polygon([*smooth(hills), (98, 116), (22, 116)], "#8a6f9e")
    canvas.rect(58, 26, 62, 116, "#fffdf8")
    canvas.polygon([(8, 14), (36, 14), (26, 80), (12, 128), (6, 128)], "#ef8fa3")
    canvas.polygon([(112, 14), (84, 14), (94, 80), (108, 128), (114, 128)], "#ef8fa3")
    canvas.rect(2, 10, 118, 16, "#b9805a", 3)
    # Poster of a planet.
    canvas.rect(128, 14, 188, 60, "#3a3566", 2)
    canvas.ellipse(158, 37, 13, 13, "#f0c35a")
    canvas.line([(136, 44), (180, 30)], 3.5, "#f7e3b0")
    for x, y in ((136, 22), (180, 50), (146, 52), (176, 20)):
        canvas.ellipse(x, y, 1.3, 1.3, "#ffffff")
    # Shelf and lamp.
    canvas.rect(212, 92, 308, 99, "#b9805a", 2)
    for index, colour in enumerate(("#5f9ea0", "#e2725b", "#f0c35a", "#7a6ab0", "#6fae75")):
        canvas.rect(270 + index * 7, 62 + (index * 5) % 9, 276 + index * 7, 92, colour)
    canvas.rect(232, 84, 248, 92, "#7d6f8f", 2)
    canvas.rect(238.5, 62, 241.5, 86, "#7d6f8f")
    canvas.polygon([(230, 38), (250, 38), (259, 64), (221, 64)], "#fff0bf")
    if later:
        _draw_cat(canvas, 286, 214)
    canvas.rect(0, 206, 320, 240, "#c9b8dd")
    canvas.blob([(-8, 206), (30, 190), (74, 204), (70, 250), (-8, 250)], "#fff6ef")
    canvas.blob([(240, 216), (300, 200), (330, 210), (330, 250), (240, 250)], "#9fd0c8")


def _draw_cat(canvas: Canvas, x: float, y: float) -> None:
    with canvas.placed(x, y, 1.0):
        canvas.blob([(-20, 4), (-18, -22), (0, -32), (18, -22), (20, 4)], "#5d5a66")
        canvas.blob([(-15, -36), (-8, -48), (8, -48), (15, -36), (8, -24), (-8, -24)], "#5d5a66")
        canvas.polygon([(-14, -40), (-13, -56), (-3, -47)], "#5d5a66")
        canvas.polygon([(14, -40), (13, -56), (3, -47)], "#5d5a66")
        for side in (-1, 1):
            canvas.ellipse(side * 6, -38, 2.6, 3, "#e6d95c")
            canvas.ellipse(side * 6, -38, 1, 2.6, "#1c1a20")
        canvas.ellipse(0, -32, 1.8, 1.2, "#f0a3a0")
        canvas.blob([(-8, 0), (-7, -18), (0, -22), (7, -18), (8, 0)], "#efece6")


def _draw_den(canvas: Canvas, later: bool) -> None:
    canvas.rect(0, 0, 320, 240, "#a9cdc2")
    canvas.rect(0, 190, 320, 240, "#8fb5ab")
    # Poster of a ball game.
    canvas.rect(20, 22, 92, 108, "#f6f1e3", 2)
    canvas.rect(25, 27, 87, 103, "#e2703a")
    canvas.ellipse(56, 65, 22, 22, "#f6f1e3")
    canvas.blob([(56, 54), (66, 62), (62, 74), (50, 74), (46, 62)], "#2c3440")
    for end in ((56, 43), (77, 59), (69, 83), (43, 83), (35, 59)):
        canvas.line([(56 + (end[0] - 56) * 0.5, 65 + (end[1] - 65) * 0.5), end], 1.6, "#2c3440")
    # Shelf with trophies.
    canvas.rect(206, 74, 312, 81, "#7d5a3c", 1)
    for x, colour in ((214, "#3f62b5"), (222, "#d9534f"), (230, "#e9d8a6")):
        canvas.rect(x, 44 + (x % 5) * 2, x + 7, 74, colour)
    canvas.polygon([(262, 48), (280, 48), (276, 62), (266, 62)], "#e9b44c")
    canvas.rect(269, 60, 273, 70, "#e9b44c")
    canvas.rect(263, 69, 279, 74, "#b98530")
    canvas.ellipse(298, 62, 11, 12, "#d8603f")
    canvas.rect(287, 61, 309, 63, "#7f2f1d")
    # Guitar against the wall.
    canvas.line([(292, 98), (276, 178)], 5, "#5a3a24")
    canvas.line([(294, 92), (290, 108)], 8, "#38251a")
    canvas.blob(
        [(268, 168), (288, 172), (286, 192), (298, 216), (270, 232), (246, 212), (262, 190)],
        "#c97b3a",
    )
    canvas.ellipse(272, 196, 8, 8, "#4a2d18")
    # Floor lamp, lit after the break.
    canvas.rect(36, 148, 39, 240, "#4c5560")
    canvas.polygon([(24, 122), (51, 122), (58, 150), (17, 150)], "#ffe9a8" if later else "#efe4d2")
    # Chair back.
    canvas.blob(
        [(92, 150), (112, 124), (160, 116), (208, 124), (228, 150), (236, 250), (84, 250)],
        "#3b4350",
    )
