"""Where on the canvas which track is shown. Pure; px from the top left, x to the right, y down.

A layout is a tuple of regions. A region has one rectangle and one or more tracks, and shows at most one of
them at a time. Regions never move, so a user keeps the same place through gaps and reconnects.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from timeline import kinds
from timeline.errors import ParameterError
from timeline.model import Timeline, Track

GAP_PX = 8
"""Space between tiles and around them."""
_TILE_ASPECT = 4 / 3
_COLUMN_SHARE = 0.25
_MIN_TILE_PX = 8


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place on the canvas, px; all four even."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Region:
    """A place and the tracks that share it, in order of preference.

    Of several playing tracks of the best kind, the one whose clip started last is shown.
    """

    rectangle: Rectangle
    tracks: tuple[Track, ...]

    @property
    def slate_track(self) -> Track:
        """The track that a slate names when nobody plays."""
        return self.tracks[-1]


def stage_layout(timeline: Timeline, width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return content large on the left and cameras in a column on the right.

    Content is a screen, else the whiteboard, else a mixed stream. Without content the cameras fill the
    canvas as a grid; without cameras the content does.
    """
    tracks = visible_tracks(timeline)
    content = [t for t in tracks if t.kind in (kinds.SCREEN, kinds.WHITEBOARD, kinds.MIXED)]
    people = people_first([t for t in tracks if t not in content])
    whole = Rectangle(0, 0, width_px, height_px)
    if not content or not people:
        if len(content) > 1:
            return (Region(_inset(whole), tuple(content)),)
        return _tiled([(t,) for t in (content or people)], whole)
    column_px = _even(width_px * _COLUMN_SHARE)
    left = _inset(Rectangle(0, 0, width_px - column_px, height_px))
    right = Rectangle(width_px - column_px - GAP_PX, 0, column_px + GAP_PX, height_px)
    return (Region(left, tuple(content)), *_tiled([(t,) for t in people], right))


def grid_layout(timeline: Timeline, width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return equal tiles for all tracks with a picture: the arrangement with the largest tiles."""
    tracks = people_first(visible_tracks(timeline))
    return _tiled([(track,) for track in tracks], Rectangle(0, 0, width_px, height_px))


LAYOUTS: dict[str, Callable[[Timeline, int, int], tuple[Region, ...]]] = {
    "stage": stage_layout,
    "grid": grid_layout,
}
"""Layouts by name."""


def make_layout(name: str, timeline: Timeline, width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return the regions of the layout called *name*.

    Raises:
        ParameterError: There is no such layout.
    """
    if name not in LAYOUTS:
        raise ParameterError(f"no layout {name!r}; there are: {', '.join(LAYOUTS)}")
    return LAYOUTS[name](timeline, width_px, height_px)


def visible_tracks(timeline: Timeline) -> list[Track]:
    """Return the tracks that have a picture; mixed ones only where nothing else is there."""
    pictures = [track for track in timeline.tracks if track.kind != kinds.AUDIO]
    single = [track for track in pictures if track.kind != kinds.MIXED]
    return single or pictures


def people_first(tracks: Sequence[Track]) -> list[Track]:
    """Return *tracks* with the teacher's camera first, otherwise in their order."""
    return sorted(tracks, key=lambda track: (track.role != "teacher", track.kind != kinds.CAMERA))


def _tiled(groups: Sequence[tuple[Track, ...]], area: Rectangle) -> tuple[Region, ...]:
    """Return a region for each group: equal cells in rows, as large as they can be."""
    if not groups:
        return ()
    columns, rows = _best_grid(len(groups), area)
    width = _even((area.width - GAP_PX * (columns + 1)) / columns)
    height = _even((area.height - GAP_PX * (rows + 1)) / rows)
    top = area.y + _even((area.height - rows * (height + GAP_PX) + GAP_PX) / 2)
    regions = []
    for number, group in enumerate(groups):
        row, column = divmod(number, columns)
        in_row = min(columns, len(groups) - row * columns)
        left = area.x + _even((area.width - in_row * (width + GAP_PX) + GAP_PX) / 2)
        cell = Rectangle(left + column * (width + GAP_PX), top + row * (height + GAP_PX), width, height)
        regions.append(Region(cell, group))
    return tuple(regions)


def _best_grid(count: int, area: Rectangle) -> tuple[int, int]:
    """Return (columns, rows) with the largest 4:3 picture per cell; of equals, the fewest columns."""

    def picture_px(columns: int) -> float:
        rows = math.ceil(count / columns)
        width = (area.width - GAP_PX * (columns + 1)) / columns
        height = (area.height - GAP_PX * (rows + 1)) / rows
        return min(width / _TILE_ASPECT, height)

    best = max(range(1, count + 1), key=picture_px)
    if picture_px(best) < _MIN_TILE_PX:
        raise ParameterError(f"{count} tiles do not fit into {area.width}x{area.height} px; raise --size")
    return best, math.ceil(count / best)


def _inset(area: Rectangle) -> Rectangle:
    return Rectangle(area.x + GAP_PX, area.y + GAP_PX, area.width - 2 * GAP_PX, area.height - 2 * GAP_PX)


def _even(length_px: float) -> int:
    return max(2, int(length_px) // 2 * 2)
