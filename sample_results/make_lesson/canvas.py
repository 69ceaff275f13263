"""A surface to draw on: smooth flat shapes in any frame of reference, drawn large and reduced."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]

_CURVE_STEPS: Final = 8


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def smooth(points: Sequence[Point], closed: bool = False) -> list[Point]:
    """A Catmull-Rom curve through points."""
    count = len(points)
    if count < 3:
        return list(points)
    result: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            around = [points[(index + offset) % count] for offset in (-1, 0, 1, 2)]
        else:
            around = [points[min(max(index + offset, 0), count - 1)] for offset in (-1, 0, 1, 2)]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = around
        for step in range(_CURVE_STEPS):
            t = step / _CURVE_STEPS
            k0, k1 = -t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3
            k2, k3 = t + 4 * t**2 - 3 * t**3, -(t**2) + t**3
            x = (k0 * ax + k1 * bx + k2 * cx + k3 * dx) / 2
            y = (k0 * ay + k1 * by + k2 * cy + k3 * dy) / 2
            result.append((x, y))
    if not closed:
        result.append(points[-1])
    return result


def arc(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> list[Point]:
    """Points of an elliptic arc, in degrees, clockwise from the right."""
    steps = max(8, round(abs(end - start) / 7.5))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


class Canvas:
    """A picture under construction, in logical units that need not be pixels."""

    def __init__(
        self,
        size: tuple[int, int],
        *,
        detail: int = 3,
        units: float = 1.0,
        fill: str = "#ffffff",
        base: Image.Image | None = None,
    ) -> None:
        """Begin a picture.

        Args:
            size: Width and height of the finished picture.
            detail: How many times larger it is drawn.
            units: Pixels of the finished picture per logical unit.
            fill: Colour of the empty surface.
            base: A surface to go on from, as `surface` gave it.
        """
        large = (size[0] * detail, size[1] * detail)
        self._image = base.copy() if base else Image.new("RGB", large, fill)
        self._draw = ImageDraw.Draw(self._image)
        self._detail = detail
        scale = detail * units
        self._frame = (scale, 0.0, 0.0, 0.0, scale, 0.0)

    @property
    def surface(self) -> Image.Image:
        """The large picture as it stands."""
        return self._image.copy()

    def finished(self) -> Image.Image:
        """The picture at its real size."""
        return self._image.reduce(self._detail) if self._detail > 1 else self._image.copy()

    @contextmanager
    def placed(
        self, x: float, y: float, scale: float = 1.0, turn: float = 0.0, flip: bool = False
    ) -> Iterator[None]:
        """Draw in a frame of reference of its own, turned by degrees and perhaps mirrored."""
        a, b, c, d, e, f = before = self._frame
        cos = scale * math.cos(math.radians(turn))
        sin = scale * math.sin(math.radians(turn))
        side = -1.0 if flip else 1.0
        self._frame = (
            side * (a * cos + b * sin),
            b * cos - a * sin,
            a * x + b * y + c,
            side * (d * cos + e * sin),
            e * cos - d * sin,
            d * x + e * y + f,
        )
        try:
            yield
        finally:
            self._frame = before

    def _map(self, points: Sequence[Point]) -> list[Point]:
        a, b, c, d, e, f = self._frame
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def _length(self, length: float) -> float:
        return length * math.hypot(self._frame[0], self._frame[3])

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._map(points), fill=fill)

    def blob(self, points: Sequence[Point], fill: str) -> None:
        """Fill the smooth closed curve through points."""
        self.polygon(smooth(points, closed=True), fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        """Fill an ellipse."""
        self.polygon(arc(x, y, rx, ry), fill)

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: str, radius: float = 0) -> None:
        """Fill a rectangle, with round corners where there is a radius."""
        if not radius:
            self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], fill)
            return
        corners = (
            arc(x1 - radius, y0 + radius, radius, radius, -90, 0),
            arc(x1 - radius, y1 - radius, radius, radius, 0, 90),
            arc(x0 + radius, y1 - radius, radius, radius, 90, 180),
            arc(x0 + radius, y0 + radius, radius, radius, 180, 270),
        )
        self.polygon([point for corner in corners for point in corner], fill)

    def line(self, points: Sequence[Point], width: float, fill: str) -> None:
        """Draw a line with round ends and joints."""
        mapped = self._map(points)
        radius = self._length(width) / 2
        for (x0, y0), (x1, y1) in itertools.pairwise(mapped):
            length = math.hypot(x1 - x0, y1 - y0)
            if length:
                nx, ny = (y0 - y1) / length * radius, (x1 - x0) / length * radius
                quad = [
                    (x0 + nx, y0 + ny),
                    (x1 + nx, y1 + ny),
                    (x1 - nx, y1 - ny),
                    (x0 - nx, y0 - ny),
                ]
                self._draw.polygon(quad, fill=fill)
        for x, y in mapped:
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    def curve(self, points: Sequence[Point], width: float, fill: str) -> None:
        """Draw a smooth line through points."""
        self.line(smooth(points), width, fill)

    def text(self, x: float, y: float, words: str, size: float, fill: str, anchor: str = "lm") -> None:
        """Write words; they stay upright in any frame of reference."""
        font = _font(round(self._length(size)))
        self._draw.text(self._map([(x, y)])[0], words, fill=fill, font=font, anchor=anchor)

    def text_width(self, words: str, size: float) -> float:
        """Width that words take."""
        return _font(round(self._length(size))).getlength(words) / self._length(1)
