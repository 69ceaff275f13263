"""Everything on the canvas that is not video, drawn by Pillow: slates, names, notes.

Text goes into pixels here and nowhere else, so no string of a result ever reaches a filter graph.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from timeline import kinds
from timeline.extras import needs_extra
from timeline.fonts import find_font
from timeline.layouts.places import Rectangle
from timeline.model import Pause
from timeline.palette import CANVAS_COLOUR, PAUSE_COLOUR, kind_colour
from timeline.units import format_length

with needs_extra("media"):
    from PIL import Image, ImageDraw, ImageFont

SLATE_COLOUR = "#222831"
GUTTER_PX = 6
"""Space between text and the edge of its tile."""
_TEXT_COLOUR = "#f2f4f7"
_QUIET_COLOUR = "#9aa4b2"
_LABEL_BACKGROUND = (12, 14, 18, 190)

Font = str | os.PathLike[str] | None

_ABSENT = {
    kinds.CAMERA: "camera off",
    kinds.SCREEN: "no screen shared",
    kinds.WHITEBOARD: "no whiteboard",
    kinds.MIXED: "no picture",
}


def draw_blank(path: Path, size_px: tuple[int, int], background: str | tuple[int, int, int]) -> None:
    """Write a picture of *size_px*, (width, height), in one colour as a PNG."""
    Image.new("RGB", size_px, background).save(path)


def draw_slate(
    path: Path,
    size_px: tuple[int, int],
    kind: str,
    name: str,
    line: str,
    *,
    background: str | tuple[int, int, int] = CANVAS_COLOUR,
    font: Font = None,
) -> None:
    """Write what stands in a tile where nothing plays as a PNG.

    Args:
        path: Where to.
        size_px: (width, height) of the tile.
        kind: Of the track.
        name: Of the track.
        line: Below the name: why nothing plays.
        background: Colour behind the slate's round corners.
        font: A font file to try first.
    """
    width_px, height_px = size_px
    image = Image.new("RGB", size_px, background)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width_px - 1, height_px - 1), min(12, height_px // 10), fill=SLATE_COLOUR)
    middle_x, middle_y = width_px / 2, height_px / 2
    name_px = max(9, min(height_px // 8, 40))
    line_px = max(8, name_px * 6 // 10)
    draw.rectangle(
        (middle_x - name_px, middle_y - name_px * 1.35, middle_x + name_px, middle_y - name_px * 1.25),
        fill=kind_colour(kind),
    )
    room_px = width_px - 2 * GUTTER_PX
    _centred(draw, (middle_x, middle_y - name_px * 0.3), name, name_px, _TEXT_COLOUR, room_px, font)
    _centred(draw, (middle_x, middle_y + name_px), line, line_px, _QUIET_COLOUR, room_px, font)
    image.save(path)


def draw_label(path: Path, name: str, kind: str, place: Rectangle, *, font: Font = None) -> tuple[int, int]:
    """Write the name that lies over a picture as a PNG, and return where on the canvas it goes, px.

    It lies at the bottom left of *place*; both coordinates are even.
    """
    text_px = max(10, min(place.height // 14, 22))
    text, face = _fitted(name, text_px, place.width - 6 * GUTTER_PX, font)
    height_px = _even_up(text_px * 1.7)
    image = Image.new("RGBA", (_even_up(face.getlength(text) + text_px * 1.5), height_px), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, image.width - 1, image.height - 1), height_px // 4, fill=_LABEL_BACKGROUND)
    draw.rectangle((0, height_px // 4, 3, height_px * 3 // 4), fill=kind_colour(kind))
    draw.text((text_px * 0.75, height_px / 2), text, fill=_TEXT_COLOUR, font=face, anchor="lm")
    image.save(path)
    return place.x + GUTTER_PX, place.y + place.height - height_px - GUTTER_PX


def draw_badge(path: Path, more: int, place: Rectangle, *, font: Font = None) -> tuple[int, int]:
    """Write "+3" for so many who have no tile as a PNG, and return where on the canvas it goes, px.

    It lies at the top right of *place*; both coordinates are even.
    """
    text_px = max(10, min(place.height // 10, 28))
    text = f"+{more}"
    face = _face(text, text_px, font)
    size_px = (_even_up(face.getlength(text) + text_px), _even_up(text_px * 1.6))
    image = Image.new("RGBA", size_px, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle(
        (0, 0, size_px[0] - 1, size_px[1] - 1), size_px[1] // 2, fill=kind_colour(kinds.CAMERA)
    )
    draw.text((size_px[0] / 2, size_px[1] / 2), text, fill="#ffffff", font=face, anchor="mm")
    image.save(path)
    return max(place.x, place.x + place.width - size_px[0] - GUTTER_PX), place.y + GUTTER_PX


def draw_pause_note(
    path: Path, pause: Pause, size_px: tuple[int, int], *, font: Font = None
) -> tuple[int, int]:
    """Write the note that is shown after a pause as a PNG, and return where it goes, px."""
    text = "paused" if pause.duration_ms is None else f"paused {format_length(pause.duration_ms)}"
    text_px = max(14, size_px[1] // 26)
    face = _face(text, text_px, font)
    width_px, height_px = _even_up(face.getlength(text) + text_px * 2), _even_up(text_px * 1.8)
    image = Image.new("RGBA", (width_px, height_px), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width_px - 1, height_px - 1), height_px // 2, fill=PAUSE_COLOUR)
    draw.text((width_px / 2, height_px / 2), text, fill="#ffffff", font=face, anchor="mm")
    image.save(path)
    return (size_px[0] - width_px) // 4 * 2, _even_up(size_px[1] / 40)


def draw_title(path: Path, title: str, size_px: tuple[int, int], *, font: Font = None) -> tuple[int, int]:
    """Write a title as a PNG, and return where it goes, px: the middle of the lower third."""
    text_px = max(16, size_px[1] // 14)
    text, face = _fitted(title, text_px, size_px[0] - 4 * text_px, font)
    width_px, height_px = _even_up(face.getlength(text) + text_px * 2), _even_up(text_px * 2)
    image = Image.new("RGBA", (width_px, height_px), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width_px - 1, height_px - 1), height_px // 5, fill=_LABEL_BACKGROUND)
    draw.text((width_px / 2, height_px / 2), text, fill=_TEXT_COLOUR, font=face, anchor="mm")
    image.save(path)
    return (size_px[0] - width_px) // 4 * 2, size_px[1] * 2 // 3 // 2 * 2


def draw_clocks(
    path: Path, texts: Sequence[str], size_px: tuple[int, int], *, font: Font = None
) -> Rectangle:
    """Write what a clock shows, one text below the other, as a PNG; return the place of one of them, px."""
    text_px = max(12, size_px[1] // 32)
    face = _face("0123456789:", text_px, font)
    width_px = _even_up(max(face.getlength(text) for text in texts) + text_px)
    height_px = _even_up(text_px * 1.6)
    image = Image.new("RGBA", (width_px, height_px * len(texts)), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(texts):
        top = number * height_px
        draw.rounded_rectangle(
            (0, top, width_px - 1, top + height_px - 1), height_px // 4, fill=_LABEL_BACKGROUND
        )
        draw.text((width_px / 2, top + height_px / 2), text, fill=_TEXT_COLOUR, font=face, anchor="mm")
    image.save(path)
    margin_px = _even_up(size_px[1] / 60)
    return Rectangle(size_px[0] - width_px - margin_px, margin_px, width_px, height_px)


def slate_line(kind: str, reason: str | None) -> str:
    """Return the line below the name on a slate: why nothing plays there."""
    return reason or _ABSENT.get(kind, "no picture")


def _centred(
    draw: ImageDraw.ImageDraw,
    middle: tuple[float, float],
    text: str,
    text_px: int,
    colour: str,
    room_px: int,
    font: Font,
) -> None:
    text, face = _fitted(text, text_px, room_px, font)
    draw.text(middle, text, fill=colour, font=face, anchor="mm")


def _face(text: str, text_px: int, font: Font) -> ImageFont.FreeTypeFont:
    path = find_font(text, font)
    if path is None:  # names have been checked; what is left is our own English
        raise LookupError(f"no font for {text!r}")
    return ImageFont.truetype(str(path), text_px)


def _fitted(text: str, text_px: int, room_px: float, font: Font) -> tuple[str, ImageFont.FreeTypeFont]:
    """Return *text*, cut with "…" (if its font has that) where it is wider than *room_px*, and its font."""
    face = _face(text, text_px, font)
    sign = "…" if find_font(text + "…", font) == find_font(text, font) else ""
    kept = text
    while len(kept) > 1 and face.getlength(kept + (sign if kept != text else "")) > room_px:
        kept = kept[:-1]
    return kept if kept == text else kept + sign, face


def _even_up(length_px: float) -> int:
    return int(-(-length_px // 2)) * 2
