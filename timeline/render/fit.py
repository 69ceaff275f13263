"""How a picture gets into a rectangle: filters that shrink or enlarge it, and pad or cut what differs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ffmpeg

from timeline.layouts.places import Rectangle
from timeline.media.facts import MediaFacts

_MOST = 8
"""So many times as long as the rectangle's side a picture may become; one of a longer shape is squeezed."""


def contained(stream: Any, width_px: int, height_px: int, pixel_aspect: Fraction, colour: str) -> Any:
    """Return *stream* with its pictures whole and centred, bars of *colour* beside them.

    As large as fits, for each size that the picture has on its way; even, and never nothing.
    """
    wide, high = _sides(width_px, height_px, pixel_aspect)
    return stream.filter(
        "scale",
        eval="frame",
        w=f"max(2,trunc(min({width_px},{wide})/2)*2)",
        h=f"max(2,trunc(min({height_px},{high})/2)*2)",
    ).filter("pad", w=width_px, h=height_px, x="(ow-iw)/2", y="(oh-ih)/2", eval="frame", color=colour)


def covered(stream: Any, width_px: int, height_px: int, pixel_aspect: Fraction) -> Any:
    """Return *stream* with its pictures cut around their middle, so that nothing stays empty.

    The picture is laid over itself: crop would look for the middle once, and miss it where a picture changes
    its shape on the way.
    """
    wide, high = _sides(width_px, height_px, pixel_aspect)
    twice = stream.filter_multi_output("split")
    below = twice.stream(0).filter("scale", w=width_px, h=height_px)
    above = twice.stream(1).filter(
        "scale",
        eval="frame",
        w=f"min({_MOST * width_px},max({width_px},ceil({wide}/2)*2))",
        h=f"min({_MOST * height_px},max({height_px},ceil({high}/2)*2))",
    )
    return ffmpeg.filter([below, above], "overlay", x="(W-w)/2", y="(H-h)/2")


def picture_place(tile: Rectangle, facts: MediaFacts) -> Rectangle:
    """Return where in *tile* the picture of a file lies, which is shown whole and centred."""
    if facts.picture is None:
        return tile
    aspect = facts.picture.shown_aspect
    width = min(tile.width, max(2, int(tile.height * aspect) // 2 * 2))
    height = min(tile.height, max(2, int(tile.width / aspect) // 2 * 2))
    x = tile.x + (tile.width - width) // 4 * 2
    y = tile.y + (tile.height - height) // 4 * 2
    return Rectangle(x, y, width, height)


def _sides(width_px: int, height_px: int, pixel_aspect: Fraction) -> tuple[str, str]:
    """Return the width of a picture as high as the rectangle, and the height of one as wide."""
    across, down = f"iw*{pixel_aspect.numerator}", f"ih*{pixel_aspect.denominator}"
    return f"{height_px}*({across})/({down})", f"{width_px}*({down})/({across})"
