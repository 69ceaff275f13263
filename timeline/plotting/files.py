"""Figures as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.figure import Figure

from timeline.errors import ParameterError
from timeline.findings import Finding
from timeline.model import Timeline
from timeline.plotting.canvas import make_lanes
from timeline.plotting.concurrency import plot_concurrency
from timeline.plotting.lanes import draw_timeline
from timeline.plotting.presence import draw_presence
from timeline.publish import disk_errors, published

_OPTIONS = {"clock": "--clock", "bin_ms": "--bin", "kinds": "--count"}
FORMATS = ("png", "svg", "pdf")


class PlotKind(NamedTuple):
    """A kind of plot: what draws it, whether it has lanes with names, and the options it takes."""

    draw: Callable[..., Figure]
    has_lanes: bool
    options: Set[str]


PLOT_KINDS: Mapping[str, PlotKind] = {
    "timeline": PlotKind(draw_timeline, True, {"clock"}),
    "presence": PlotKind(draw_presence, True, {"bin_ms"}),
    "concurrency": PlotKind(plot_concurrency, False, {"kinds"}),
}
"""By name."""


def write_plot(
    timeline: Timeline,
    path: str | os.PathLike[str],
    kind: str = "timeline",
    *,
    font: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
    **options: Any,
) -> tuple[Finding, ...]:
    """Write a figure to a ``.png``, ``.svg`` or ``.pdf`` file: the same lesson gives the same bytes.

    Args:
        timeline: A lesson.
        path: Its ending names the format.
        kind: ``timeline`` (the figure of `plot_timeline`), ``presence`` or ``concurrency``.
        font: A font file to try first for names.
        overwrite: Whether a file that is there is replaced.
        options: What the plot takes: *clock*, *bin_ms* or *kinds*.

    Returns:
        Findings about names that no font can show.

    Raises:
        ParameterError: The file's ending is none of `FORMATS`, there is no such kind of plot, it has no such
            option, or as its function.
        OutputExistsError: *path* is there and *overwrite* is False.
        DiskError: It cannot be written.
    """
    path = Path(path)
    format_name = path.suffix.lower().lstrip(".")
    if format_name not in FORMATS:
        raise ParameterError(f"{path}: expected a file ending in .png, .svg or .pdf")
    check_options(kind, options)
    draw, has_lanes, _ = PLOT_KINDS[kind]
    lanes = make_lanes(timeline, font) if has_lanes else None
    # The same input gives the same bytes: no date, fixed ids.
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[format_name]
    with (
        published(path, overwrite=overwrite) as part,
        matplotlib.rc_context({"svg.hashsalt": "timeline", "svg.fonttype": "path"}),
    ):
        figure = draw(timeline if lanes is None else lanes, **options)
        with disk_errors(path):
            figure.savefig(part, format=format_name, dpi=150, metadata=metadata)
    return () if lanes is None else lanes.names.findings


def check_options(kind: str, options: Mapping[str, object]) -> None:
    """Raise `ParameterError` unless there is such a kind of plot, and it takes these options."""
    if kind not in PLOT_KINDS:
        raise ParameterError(f"no plot {kind!r}; there are: {', '.join(PLOT_KINDS)}")
    unknown = sorted(options.keys() - PLOT_KINDS[kind].options)
    if unknown:
        takers = [name for name, one in PLOT_KINDS.items() if unknown[0] in one.options]
        written = f" ({_OPTIONS[unknown[0]]})" if takers else ""
        raise ParameterError(
            f"the plot {kind} takes no {unknown[0]}{written}; {', '.join(takers) or 'no plot'} would"
        )
