"""What lies over the pictures of one region and under those of the next: slates, and badges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from timeline.render.artwork import Font, draw_backdrop, draw_badge
from timeline.render.graph import Overlay
from timeline.render.layout import Rectangle
from timeline.render.plan import RenderPlan, Tile
from timeline.render.shots import Chunk

Slate = tuple[Rectangle, str, str, str]
"""What `draw_backdrop` draws: place, kind, name, line below."""


def draw_cards(
    plan: RenderPlan,
    chunk: Chunk,
    folder: Path,
    slate_of: Callable[[Tile, Rectangle], Slate],
    *,
    badges: bool,
    font: Font = None,
) -> dict[int, list[Overlay]]:
    """Draw the cards of a chunk into *folder* and return them by region.

    Args:
        plan: The whole plan.
        chunk: A piece of it.
        folder: Where PNGs go.
        slate_of: What stands in a rectangle for an empty tile.
        badges: Whether tiles say how many others are on camera.
        font: A font file to try first.
    """
    cards: dict[int, list[Overlay]] = {}
    for number, card in enumerate(chunk.slates):
        name, place = f"slate_{chunk.number:05d}_{number:03d}.png", card.tile.rectangle
        slate = slate_of(card.tile, Rectangle(0, 0, place.width, place.height))
        size_px = (place.width, place.height)
        draw_backdrop(folder / name, size_px, [slate], background=plan.background, font=font)
        overlay = Overlay(name, place.x, place.y, card.start_frame, card.end_frame)
        cards.setdefault(card.region, []).append(overlay)
    for number, card in enumerate(chunk.badges if badges else ()):
        name = f"badge_{chunk.number:05d}_{number:03d}.png"
        x, y = draw_badge(folder / name, card.tile.more, card.tile.rectangle, font=font)
        overlay = Overlay(name, x, y, card.start_frame, card.end_frame)
        cards.setdefault(card.region, []).append(overlay)
    return cards
