"""Where on the canvas which track is shown. Pure; px from the top left, x to the right, y down.

A region here is one place: it has one rectangle and one or more tracks, and shows at most one of them at a
time. (A region of a layout file that is tiled becomes one such place for each tile.) Places never move, so a
user keeps the same one through gaps and reconnects.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from timeline import kinds
from timeline.errors import ParameterError
from timeline.layouts.data import GAP_PX, Layout, LayoutRegion
from timeline.layouts.names import LAYOUTS, LayoutLike, find_layout
from timeline.layouts.patterns import found_tracks
from timeline.layouts.turns import Turn, take_turns
from timeline.model import Timeline, Track
from timeline.sinks import show

__all__ = ["GAP_PX", "LAYOUTS", "Rectangle", "Region", "make_layout", "people_first", "place_tracks"]
_TILE_ASPECT = 4 / 3
_MIN_TILE_PX = 8

Rank = tuple[int, int]
"""How much a track is preferred, the lowest most: the pattern that found it, then its kind."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place on the canvas, px; all four even."""

    x: int
    y: int
    width: int
    height: int

    def overlaps(self, other: Rectangle) -> bool:
        """Return whether both have a pixel in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Region:
    """A place and the tracks that share it, in order of preference.

    Of several playing tracks of the best rank, the one whose clip started last is shown.

    Attributes:
        rectangle: Where.
        ranked: All tracks that are ever shown here, each with its rank.
        turns: Where the tracks have the place in turns, whose it is when; else empty.
        fit: ``contain`` or ``cover``.
        slates: Whether a slate stands here while nobody plays.
    """

    rectangle: Rectangle
    ranked: tuple[tuple[Track, Rank], ...]
    turns: tuple[Turn, ...] = ()
    fit: str = "contain"
    slates: bool = True

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All that are ever shown here."""
        return tuple(track for track, _ in self.ranked)

    def candidates(self, at_ms: int) -> tuple[tuple[Track, Rank], ...]:
        """Return the tracks that may be shown at *at_ms*, with their ranks; the last one names a slate."""
        turn = self._turn(at_ms)
        if turn is not None:
            return ((turn.track, (0, 0)),)
        return self.ranked

    def more(self, at_ms: int) -> int:
        """Return how many others are on camera at *at_ms* and have no tile."""
        turn = self._turn(at_ms)
        return 0 if turn is None else turn.more

    def _turn(self, at_ms: int) -> Turn | None:
        if not self.turns:
            return None
        number = bisect_right(self.turns, at_ms, key=lambda turn: turn.start_ms)
        return self.turns[number - 1] if number else None


def make_layout(layout: LayoutLike, timeline: Timeline, width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return the regions of a layout, in the order in which they are drawn.

    Raises:
        ParameterError: There is no such layout, or the canvas is too small for it.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> [region.rectangle.width for region in make_layout("side-by-side", lesson, 1280, 720)]
        [628, 628, 628]
    """
    return place_tracks(find_layout(layout, timeline), timeline, width_px, height_px)


def place_tracks(layout: Layout, timeline: Timeline, width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return the places of *layout* on a canvas for the tracks of *timeline*, those below first.

    Each track goes to the first region with a pattern that finds it. Sound-only tracks go nowhere; mixed ones
    only where nothing else has a picture or where a pattern names them.

    Raises:
        ParameterError: The canvas is too small, or no region finds a track.
    """
    canvas = Rectangle(0, 0, width_px, height_px)
    filled = [(region, found) for region, found in _sort_tracks(layout, timeline) if found]
    if not filled and any(track.kind != kinds.AUDIO for track in timeline.tracks):
        known = ", ".join(track.id for track in timeline.tracks[:12])
        raise ParameterError(f"no region of the layout shows any track; there are: {known}")
    regions: list[Region] = []
    for region, found in sorted(filled, key=lambda entry: entry[0].z):
        try:
            if layout.fill_alone and len(filled) == 1:
                area = _inner(canvas, canvas, layout.gap_px, None)
            else:
                area = _inner(_outer(region, layout, canvas), canvas, layout.gap_px, region.margins_px)
            regions += _places(region, found, area, layout.gap_px)
        except ParameterError as error:
            raise ParameterError(f"region {show(region.name)}: {error}") from None
    return tuple(regions)


def people_first(tracks: Sequence[Track]) -> list[Track]:
    """Return *tracks* with the teacher's camera first, otherwise in their order."""
    return sorted(tracks, key=lambda track: (track.role != "teacher", track.kind != kinds.CAMERA))


def _sort_tracks(
    layout: Layout, timeline: Timeline
) -> Iterator[tuple[LayoutRegion, list[tuple[Track, Rank]]]]:
    """Yield each region with its tracks, the most preferred ones first."""
    left = people_first([track for track in timeline.tracks if track.kind != kinds.AUDIO])
    only_mixed = all(track.kind == kinds.MIXED for track in left)
    for region in layout.regions:
        found = found_tracks(region.show, left, mixed=only_mixed)
        if not found:
            found = found_tracks(region.stand_in, left, mixed=only_mixed)[:1]
        ranked = [(track, (number, kinds.kind_rank(track.kind))) for track, number in found]
        if region.arrange == "one":
            ranked.sort(key=lambda entry: entry[1])
        taken = {track.id for track, _ in found}
        left = [track for track in left if track.id not in taken]
        yield region, ranked


def _places(
    region: LayoutRegion, found: list[tuple[Track, Rank]], area: Rectangle, gap_px: int
) -> Iterator[Region]:
    if region.arrange == "one":
        (place,) = _tiles(1, area, region, gap_px)
        yield Region(place, tuple(found), (), region.fit, region.slates)
    elif region.max_tiles is None or len(found) <= region.max_tiles:
        for place, entry in zip(_tiles(len(found), area, region, gap_px), found, strict=True):
            yield Region(place, (entry,), (), region.fit, region.slates)
    else:
        places = _tiles(region.max_tiles, area, region, gap_px)
        tiles = take_turns([track for track, _ in found], region.max_tiles)
        for place, turns in zip(places, tiles, strict=True):
            own = {turn.track.id for turn in turns}
            ranked = tuple(entry for entry in found if entry[0].id in own)
            yield Region(place, ranked, turns, region.fit, region.slates)


def _outer(region: LayoutRegion, layout: Layout, canvas: Rectangle) -> Rectangle:
    """Return the rectangle of a region from edge to edge: exact shares, rounded once, up to even px."""

    def edges(start: float, length: float, whole_px: int) -> tuple[int, int]:
        # As they are written: 0.1 is a tenth, not the binary number beside it.
        first, last = Fraction(str(start)), Fraction(str(start)) + Fraction(str(length))
        unit_px = whole_px if layout.units == "share" else 1
        begin_px, end_px = (math.ceil(edge * unit_px / 2) * 2 for edge in (first, last))
        if layout.units == "px" and end_px > whole_px:
            raise ParameterError(
                f"reaches to {end_px} px, the canvas only to {whole_px}; raise --size or write shares"
            )
        return begin_px, min(end_px, whole_px)

    left, right = edges(region.x, region.width, canvas.width)
    top, bottom = edges(region.y, region.height, canvas.height)
    return Rectangle(left, top, right - left, bottom - top)


def _inner(
    area: Rectangle, canvas: Rectangle, gap_px: int, margins_px: tuple[int, int, int, int] | None
) -> Rectangle:
    """Return what is left of *area* inside its margins: by default one gap between neighbours, and around."""
    half_px = gap_px // 4 * 2
    left, top, right, bottom = margins_px or (
        gap_px if area.x == canvas.x else half_px,
        gap_px if area.y == canvas.y else half_px,
        gap_px if area.x + area.width == canvas.width else gap_px - half_px,
        gap_px if area.y + area.height == canvas.height else gap_px - half_px,
    )
    inner = Rectangle(area.x + left, area.y + top, area.width - left - right, area.height - top - bottom)
    if min(inner.width, inner.height) < _MIN_TILE_PX:
        raise ParameterError(f"nothing fits into {area.width}x{area.height} px; raise --size")
    return inner


def _tiles(count: int, area: Rectangle, region: LayoutRegion, gap_px: int) -> list[Rectangle]:
    """Return so many equal cells in rows, as large as they can be."""
    aspect = region.tile_aspect
    columns, rows = _best_grid(count, area, gap_px, aspect or _TILE_ASPECT)
    width = _even((area.width - gap_px * (columns - 1)) / columns)
    height = _even((area.height - gap_px * (rows - 1)) / rows)
    if aspect is not None:
        width, height = min(width, _even(height * aspect)), min(height, _even(width / aspect))
    top = area.y + _lead(area.height - rows * (height + gap_px) + gap_px, region.align, "top", "bottom")
    cells = []
    for number in range(count):
        row, column = divmod(number, columns)
        in_row = min(columns, count - row * columns)
        spare_px = area.width - in_row * (width + gap_px) + gap_px
        left = area.x + _lead(spare_px, region.align, "left", "right")
        cells.append(
            Rectangle(left + column * (width + gap_px), top + row * (height + gap_px), width, height)
        )
    return cells


def _lead(spare_px: int, align: str, first: str, last: str) -> int:
    """Return how much of the room that is left over lies before the tiles."""
    sides = align.split("-")
    return 0 if first in sides else spare_px if last in sides else spare_px // 4 * 2


def _best_grid(count: int, area: Rectangle, gap_px: int, aspect: float) -> tuple[int, int]:
    """Return (columns, rows) with the largest picture per cell; of equals, the fewest columns."""

    def picture_px(columns: int) -> float:
        rows = math.ceil(count / columns)
        width = (area.width - gap_px * (columns - 1)) / columns
        height = (area.height - gap_px * (rows - 1)) / rows
        return min(width / aspect, height)

    best = max(range(1, count + 1), key=picture_px)
    if picture_px(best) < _MIN_TILE_PX:
        raise ParameterError(f"{count} tiles do not fit into {area.width}x{area.height} px; raise --size")
    return best, math.ceil(count / best)


def _even(length_px: float) -> int:
    return max(2, int(length_px) // 2 * 2)
