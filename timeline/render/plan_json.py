"""A plan as JSON: what ``timeline render --plan`` prints."""

from __future__ import annotations

import dataclasses
from typing import Any

from timeline.render.plan import RenderPlan, Tile


def to_plan_json(plan: RenderPlan) -> dict[str, Any]:
    """Return *plan* as ``timeline render --plan`` prints it."""
    return {
        "width": plan.width_px,
        "height": plan.height_px,
        "fps": f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}",
        "duration_ms": plan.duration_ms,
        "frames": plan.frames,
        "scenes": [
            {
                "start_ms": scene.start_ms,
                "end_ms": scene.end_ms,
                "start_frame": scene.start_frame,
                "end_frame": scene.end_frame,
                "tiles": [_tile_json(tile) for tile in scene.tiles if not tile.hidden],
            }
            for scene in plan.scenes
        ],
        "audio": [dataclasses.asdict(sound) for sound in plan.audio],
    }


def _tile_json(tile: Tile) -> dict[str, Any]:
    place = tile.rectangle
    values: dict[str, Any] = {
        "track": tile.track,
        "clip": tile.file,
        "x": place.x,
        "y": place.y,
        "width": place.width,
        "height": place.height,
        "media_start_ms": tile.media_start_ms,
        "fit": tile.fit,
    }
    if tile.held is not None:
        values["held"] = True
    if tile.more:
        values["more"] = tile.more
    return values
