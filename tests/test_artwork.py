"""What Pillow draws: slates, names, notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.test_fonts import CHINESE, UNKNOWN, no_system_fonts, small_font
from timeline.fonts import find_font
from timeline.layouts.places import Rectangle
from timeline.model import Pause
from timeline.palette import CANVAS_COLOUR, kind_colour
from timeline.render.artwork import (
    SLATE_COLOUR,
    draw_blank,
    draw_label,
    draw_pause_note,
    draw_slate,
    slate_line,
)

__all__ = ["no_system_fonts", "small_font"]
PLACE = Rectangle(40, 20, 320, 240)


def pixels(path: Path, mode: str = "RGB") -> NDArray[np.int64]:
    """A picture as numbers."""
    with Image.open(path) as image:
        return np.asarray(image.convert(mode)).astype(np.int64)


def rgb(colour: str) -> tuple[int, ...]:
    """The numbers of #rrggbb."""
    return tuple(bytes.fromhex(colour[1:]))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every text that is drawn, with its font file."""
    texts: list[tuple[str, str]] = []
    real = ImageDraw.ImageDraw.text

    def spy(self: ImageDraw.ImageDraw, xy: Any, text: str, *rest: Any, **options: Any) -> None:
        texts.append((text, str(options["font"].path)))
        real(self, xy, text, *rest, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", spy)
    return texts


def check_covered(texts: list[tuple[str, str]]) -> None:
    """Each text was drawn in a font that has all of it."""
    assert texts
    for text, path in texts:
        with TTFont(path, fontNumber=0) as font:
            assert {ord(c) for c in text} - {32} <= set(font.getBestCmap()), (text, path)


def test_chinese_names_are_drawn_and_are_no_boxes(tmp_path: Path) -> None:
    """Each sign looks different from the box of a missing glyph, and from the others."""
    seen = []
    for number, sign in enumerate(CHINESE):
        draw_label(tmp_path / f"{number}.png", sign, "camera", PLACE)
        seen.append(pixels(tmp_path / f"{number}.png").tobytes())
    assert len(set(seen)) == len(set(CHINESE))
    path = find_font(CHINESE)
    assert path is not None
    face = ImageFont.truetype(str(path), 40)
    box = bytes(face.getmask(UNKNOWN[0]))
    assert all(bytes(face.getmask(sign)) != box for sign in CHINESE)


@pytest.mark.parametrize(
    "name", [CHINESE, "محمد علي", "דוד", "O'Brien: 100%{n},;[]\\", "$x$", "x" * 40, "王" * 40]
)
def test_any_name_is_drawn_in_a_font_that_has_all_of_it(
    tmp_path: Path, drawn: list[tuple[str, str]], name: str
) -> None:
    """On labels and slates, in wide tiles and narrow ones, also right to left."""
    for place in (PLACE, Rectangle(0, 0, 60, 40), Rectangle(0, 0, 8, 8)):
        draw_label(tmp_path / "label.png", name, "camera", place)
        draw_slate(tmp_path / "b.png", (place.width, place.height), "camera", name, "camera off")
    check_covered(drawn)


def test_a_name_that_is_cut_ends_in_a_sign_that_its_font_has(
    tmp_path: Path, drawn: list[tuple[str, str]], small_font: Path
) -> None:
    """A font without "…" does not draw a box for it."""
    draw_label(tmp_path / "a.png", "amy bo amy bo amy bo", "camera", Rectangle(0, 0, 90, 60), font=small_font)
    check_covered(drawn)


def test_a_label_lies_inside_its_place(tmp_path: Path) -> None:
    """At the bottom left, at even coordinates, not wider than the tile."""
    for name in ("amy", "x" * 40, CHINESE):
        x, y = draw_label(tmp_path / "a.png", name, "camera", PLACE)
        height, width = pixels(tmp_path / "a.png").shape[:2]
        assert (x % 2, y % 2, width % 2, height % 2) == (0, 0, 0, 0)
        assert x >= PLACE.x
        assert x + width <= PLACE.x + PLACE.width
        assert PLACE.y + PLACE.height / 2 < y
        assert y + height <= PLACE.y + PLACE.height


def test_a_label_carries_the_colour_of_its_kind_and_lets_the_picture_through(tmp_path: Path) -> None:
    """A bar at its left edge, a background that is not opaque."""
    draw_label(tmp_path / "a.png", "amy", "screen", PLACE)
    image = pixels(tmp_path / "a.png", "RGBA")
    middle = image[image.shape[0] // 2]
    assert tuple(middle[1][:3]) == rgb(kind_colour("screen"))
    assert 0 < middle[-3][3] < 255


def test_a_slate_fills_its_tile(tmp_path: Path) -> None:
    """But for its round corners."""
    draw_slate(tmp_path / "b.png", (320, 240), "camera", "amy", "camera off")
    image = pixels(tmp_path / "b.png")
    assert image.shape == (240, 320, 3)
    assert (image.reshape(-1, 3) == rgb(SLATE_COLOUR)).all(axis=1).mean() > 0.8
    assert (image.max(axis=2) > 180).sum() > 20  # the name
    corners = image[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == rgb(CANVAS_COLOUR)).all()


def test_slates_of_other_people_and_other_reasons_look_different(tmp_path: Path) -> None:
    """Who and why are both written."""
    seen = []
    for who, why in (("amy", "camera off"), ("bo", "camera off"), ("amy", "file missing")):
        draw_slate(tmp_path / "b.png", (320, 240), "camera", who, why)
        seen.append(pixels(tmp_path / "b.png").tobytes())
    assert len(set(seen)) == 3


def test_an_empty_canvas_is_drawn(tmp_path: Path) -> None:
    """A lesson of sound only."""
    draw_blank(tmp_path / "b.png", (64, 64), CANVAS_COLOUR)
    assert (pixels(tmp_path / "b.png") == rgb(CANVAS_COLOUR)).all()


@pytest.mark.parametrize("size", [(64, 64), (640, 360), (1280, 720), (3840, 2160)])
@pytest.mark.parametrize("length_ms", [None, 60_000, 9_000_000])
def test_a_pause_note_says_its_length_and_lies_at_the_top_in_the_middle(
    tmp_path: Path, drawn: list[tuple[str, str]], size: tuple[int, int], length_ms: int | None
) -> None:
    """Or only that there was one."""
    pause = Pause(5000, length_ms, (0, 99_000), "inferred")
    x, y = draw_pause_note(tmp_path / "p.png", pause, size)
    height, width = pixels(tmp_path / "p.png").shape[:2]
    assert drawn[-1][0] == {None: "paused", 60_000: "paused 1:00", 9_000_000: "paused 2:30:00"}[length_ms]
    assert x % 2 == 0
    assert y % 2 == 0
    assert abs(x + width / 2 - size[0] / 2) <= 2
    assert y + height < size[1] / 3 or size == (64, 64)
    check_covered(drawn)


def test_a_slate_says_why_nothing_plays() -> None:
    """The file's reason, else that of the kind."""
    assert slate_line("camera", None) == "camera off"
    assert slate_line("camera", "file is empty") == "file is empty"
    assert slate_line("other9", None)
