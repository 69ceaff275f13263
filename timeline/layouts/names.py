"""The layouts that have names, written as a layout file would, and the way from a name to a layout."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from timeline import kinds
from timeline.errors import ParameterError
from timeline.layouts.data import GAP_PX, Layout, LayoutRegion, parse_layout, read_layout
from timeline.layouts.patterns import exact_pattern
from timeline.model import Timeline, Track

_SINGLE = "single:"


def _built_in(*regions: dict[str, Any], **values: Any) -> Layout:
    return Layout(
        format="timeline-layout",
        version="1.0",
        regions=tuple(LayoutRegion(**region) for region in regions),
        **values,
    )


_WHOLE: dict[str, Any] = {"x": 0, "y": 0, "width": 1, "height": 1}
_LEFT: dict[str, Any] = {"x": 0, "y": 0, "height": 1}
# "mixed*" and "*" find mixed streams only where nothing else is there.
_CONTENT: dict[str, Any] = {"name": "content", "show": ("screen", "whiteboard", "mixed*")}
_PEOPLE: dict[str, Any] = {"name": "people", "show": ("*",), "arrange": "tile"}

LAYOUTS: dict[str, Layout] = {
    "stage": _built_in(
        # The column has a quarter of the canvas and its right margin in that: the left one is the content's.
        _CONTENT | _LEFT | {"width": 0.75, "margins_px": (GAP_PX,) * 4},
        _PEOPLE | _LEFT | {"x": 0.75, "width": 0.25, "margins_px": (0, GAP_PX, GAP_PX, GAP_PX)},
        fill_alone=True,
    ),
    "grid": _built_in(_PEOPLE | _WHOLE),
    "side-by-side": _built_in(
        _CONTENT | _LEFT | {"width": 0.5, "arrange": "tile"},
        _PEOPLE | _LEFT | {"x": 0.5, "width": 0.5},
        fill_alone=True,
    ),
    "pip": _built_in(
        _CONTENT | _WHOLE | {"margins_px": (0,) * 4, "stand_in": ("*",)},
        _PEOPLE
        | _LEFT
        | {"x": 0.8, "width": 0.2, "max_tiles": 4, "tile_aspect": 4 / 3, "align": "bottom-right"}
        | {"z": 1, "slates": False},
    ),
}
"""Layouts by name; ``single:TRACK`` is made for a track."""


LayoutLike = str | os.PathLike[str] | Mapping[str, Any] | Layout
"""What names or holds a layout: a name, the path of a JSON file, its parsed content, or a `Layout`."""


def find_layout(layout: LayoutLike, timeline: Timeline) -> Layout:
    """Return the layout that *layout* names or holds.

    Args:
        layout: A name of `LAYOUTS`, ``single:TRACK``, a path that ends in ``.json``, what such a file
            holds, or a `Layout`.
        timeline: The lesson that ``single:TRACK`` looks for its track in.

    Raises:
        ParameterError: There is no such layout or track, or the file cannot be used.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> [region.name for region in find_layout("stage", lesson).regions]
        ['content', 'people']
    """
    if isinstance(layout, Layout):
        return layout
    if isinstance(layout, Mapping):
        return parse_layout(layout)
    if isinstance(layout, str):
        if layout in LAYOUTS:
            return LAYOUTS[layout]
        if layout.startswith(_SINGLE):
            return _single(timeline.track(layout.removeprefix(_SINGLE)))
        if not layout.lower().endswith(".json"):
            known = ", ".join([*LAYOUTS, f"{_SINGLE}TRACK"])
            raise ParameterError(f"no layout {layout!r}; there are: {known}, and files ending in .json")
    return read_layout(layout)


def _single(track: Track) -> Layout:
    if track.kind == kinds.AUDIO:
        raise ParameterError(f"track {track.id!r} holds only sound; name one that has a picture")
    return _built_in(_WHOLE | {"name": "single", "show": (exact_pattern(track),)}, gap_px=0)
