"""Layouts as data: named regions, and what each of them shows. The form is told in ``docs/layouts.md``.

A file is the user's: it is checked as a whole, and what cannot be used is refused in one line that names the
region. Its numbers are bounded, and no string of it goes further than to a comparison or a message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails

from timeline.errors import ParameterError, ResultFormatError
from timeline.layouts.patterns import parse_pattern
from timeline.palette import CANVAS_COLOUR
from timeline.results.strict_json import parse_json
from timeline.sinks import file_name, show

GAP_PX = 8
"""Space between tiles and around them."""
MAX_FILE_BYTES = 1 << 20
"""Larger layout files are refused."""
_MAX_DEPTH = 8
_SHOULD = re.compile(r"^\w+ should ")

_Edge = Annotated[float, Field(strict=True, ge=0, le=7680, allow_inf_nan=False)]
_Gap = Annotated[int, Field(strict=True, ge=0, le=200, multiple_of=2)]
_Patterns = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]
_Switch = Annotated[bool, Field(strict=True)]
Align = Literal[
    "center", "left", "right", "top", "bottom", "top-left", "top-right", "bottom-left", "bottom-right"
]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, kw_only=True)
class LayoutRegion:
    """One region of a layout.

    Attributes:
        name: For people and messages.
        x: Left edge, in the layout's units.
        y: Upper edge.
        width: From edge to edge; margins are inside.
        height: From edge to edge.
        show: Patterns of tracks, the preferred ones first.
        stand_in: Patterns; where *show* finds no track, the first one that these find has the region.
        arrange: ``one``: the tracks share one place. ``tile``: each has a place of its own.
        max_tiles: Of more tracks than this, those that are on camera have the tiles in turns.
        tile_aspect: Width over height that tiles keep; by default they fill the region.
        align: Where tiles lie that do not fill the region.
        fit: ``contain``: pictures are shown whole. ``cover``: they fill their tile and are cut.
        z: What lies over what: higher over lower, later over earlier.
        margins_px: Space inside the left, upper, right and lower edge. By default the layout's gap at an edge
            of the canvas, and half of it elsewhere.
        slates: Whether a tile in which nobody plays says so; otherwise what lies below is seen.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    x: _Edge
    y: _Edge
    width: Annotated[_Edge, Field(gt=0)]
    height: Annotated[_Edge, Field(gt=0)]
    show: Annotated[_Patterns, Field(min_length=1, max_length=100)]
    stand_in: Annotated[_Patterns, Field(max_length=100)] = ()
    arrange: Literal["one", "tile"] = "one"
    max_tiles: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    tile_aspect: Annotated[float, Field(strict=True, ge=0.1, le=10, allow_inf_nan=False)] | None = None
    align: Align = "center"
    fit: Literal["contain", "cover"] = "contain"
    z: Annotated[int, Field(strict=True, ge=-100, le=100)] = 0
    margins_px: tuple[_Gap, _Gap, _Gap, _Gap] | None = None
    slates: _Switch = True


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where on any canvas which tracks are shown; made by `parse_layout` and `read_layout`.

    Attributes:
        regions: In the order in which tracks look for a place.
        units: Whether rectangles are shares of the canvas, 0 to 1, or px.
        gap_px: Space between tiles and around them, px; even.
        background: Colour of the canvas, ``#rrggbb``.
        fill_alone: Whether a region has the whole canvas where no other one has a track.
        format: What makes a file a layout.
        version: Of the form.
    """

    regions: Annotated[tuple[LayoutRegion, ...], Field(min_length=1, max_length=50)]
    units: Literal["share", "px"] = "share"
    gap_px: _Gap = GAP_PX
    background: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$", max_length=7)] = CANVAS_COLOUR
    fill_alone: _Switch = False
    format: Literal["timeline-layout"]
    version: Literal["1.0"]

    @property
    def background_rgb(self) -> tuple[int, int, int]:
        """The colour of the canvas as numbers: the text itself goes nowhere."""
        red, green, blue = bytes.fromhex(self.background[1:])
        return red, green, blue


def read_layout(path: str | os.PathLike[str]) -> Layout:
    """Return the layout in a JSON file.

    Raises:
        ParameterError: It cannot be read, or is no layout.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise ParameterError(f"{path}: cannot be read: {reason.lower()}; name a layout file") from error
    try:
        return parse_layout(parse_json(data, max_bytes=MAX_FILE_BYTES, max_depth=_MAX_DEPTH))
    except (ResultFormatError, ParameterError) as error:
        raise ParameterError(f"{file_name(path)}: {error}") from None


def parse_layout(document: Any) -> Layout:
    """Return the layout that the JSON values *document* spell.

    Raises:
        ParameterError: They spell none; the message names the region.

    Example:
        >>> board = {"name": "board", "x": 0, "y": 0, "width": 1, "height": 1, "show": ["whiteboard"]}
        >>> document = {"format": "timeline-layout", "version": "1.0", "regions": [board]}
        >>> parse_layout(document).regions[0].fit
        'contain'
    """
    try:
        layout = _adapter().validate_python(document)
    except ValidationError as error:
        raise ParameterError(_complaint(document, error.errors(include_url=False)[0])) from None
    names: set[str] = set()
    for number, region in enumerate(layout.regions, 1):
        problem = _problem(region, layout, names)
        if problem:
            raise ParameterError(f"{_region_name(region.name, number)}: {problem}")
        names.add(region.name)
    return layout


def layout_schema() -> dict[str, Any]:
    """Return the JSON Schema of layout files; ``layout.schema.json`` beside this module holds it."""
    schema = _adapter().json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "A layout"}


@cache
def _adapter() -> TypeAdapter[Layout]:
    return TypeAdapter(Layout)


def _problem(region: LayoutRegion, layout: Layout, names: set[str]) -> str | None:
    """Return what is wrong with a region whose values each are right."""
    if region.name in names:
        return "the name is there twice; give each region its own"
    if layout.units == "share":
        for start, length in (("x", "width"), ("y", "height")):
            reach = getattr(region, start) + getattr(region, length)
            if reach > 1 + 1e-9:
                return f"{start} + {length} is {reach:g}; expected at most 1, the whole canvas"
    if region.arrange == "one" and region.max_tiles is not None:
        return "max_tiles needs arrange tile"
    for text in (*region.show, *region.stand_in):
        try:
            parse_pattern(text)
        except ParameterError as error:
            return str(error)
    return None


def _complaint(document: Any, error: ErrorDetails) -> str:
    """Return what pydantic found as one line in our words."""
    place = list(error["loc"])
    where = ""
    if place[:1] == ["regions"] and len(place) > 1 and isinstance(place[1], int):
        region = document["regions"][place[1]]
        name = region.get("name") if isinstance(region, Mapping) else None
        where = f"{_region_name(name, place[1] + 1)}: "
        place = place[2:]
    key = str(place[0]) if place else ""
    if error["type"] == "unexpected_keyword_argument":
        return f"{where}unknown key {show(key)}; take it out"
    if error["type"] in ("missing", "missing_argument"):
        return f"{where}{show(key)} is missing; add it"
    if error["type"].startswith("dataclass_"):
        return f"{where}expected an object, got {show(error['input'])}"
    said = _SHOULD.sub("", error["msg"]).replace("tuple", "list").replace(" after validation", "")
    subject = f"{key}: " if key else ""
    return f"{where}{subject}should {said}, got {show(error['input'])}"


def _region_name(name: object, number: int) -> str:
    return f"region {show(name)}" if isinstance(name, str) and name else f"region {number}"
