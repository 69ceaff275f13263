"""Presence as a heat map: tracks by bins of time."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from timeline.analysis.presence_grid import PresenceGrid, presence_grid
from timeline.model import Timeline
from timeline.plotting.canvas import Lanes, canvas, figure_of, make_lanes, warn_about
from timeline.plotting.clocks import PlaybackAxis
from timeline.units import format_time

# From light to dark without a turn, so that it reads in grey print too.
_COLOURS = LinearSegmentedColormap.from_list("presence", ["#f1f1f1", "#8dbfdd", "#0072B2", "#00507d"])
_MOST_CELLS = 20_000
_SCALE_IN = 1.7


def plot_presence(
    timeline: Timeline,
    *,
    bin_ms: int | None = None,
    ax: Axes | None = None,
    font: str | os.PathLike[str] | None = None,
) -> Figure:
    """Return a heat map: one lane per track, and in each bin of time for what share of it the track plays.

    The numbers are those of `timeline.analysis.presence.presence_grid`. Pauses are lines with their length.

    Args:
        timeline: A lesson.
        bin_ms: Length of a bin, ms; by default a round length that makes at most 100 bins.
        ax: Axes to draw on, with playback times alone; by default those of a new figure, where wall times
            stand below them.
        font: A font file to try first for names.

    Raises:
        ParameterError: *bin_ms* is no whole number from 1, or far too short for the lesson.

    Warns:
        TimelineWarning: A name has no font and is shown as a short id.

    Example:
        >>> import timeline
        >>> figure = plot_presence(timeline.load("sample_results/guide_example.json"), bin_ms=60_000)
        >>> figure.axes[0].get_xlabel()
        'playback time in bins of 0:01:00'
    """
    lanes = make_lanes(timeline, font)
    warn_about(lanes.names)
    return draw_presence(lanes, ax, bin_ms=bin_ms)


def draw_presence(lanes: Lanes, ax: Axes | None = None, *, bin_ms: int | None = None) -> Figure:
    """Return the figure of `plot_presence`."""
    lesson = lanes.lesson
    grid = presence_grid(lesson, bin_ms=bin_ms)
    axis = PlaybackAxis(lesson, wall_times=ax is None)
    with canvas(ax, axis.height_in + lanes.height_in, lanes.names.by_track.values(), lanes.font) as ax:
        if grid["playing_ms"].size:
            _draw_cells(ax, grid)
            _draw_scale(ax, lanes.height_in)
        axis.draw_pauses(ax)
        lanes.label(ax)
        axis.draw_times(ax)
        bin_text = format_time(int((grid["bin_end_ms"] - grid["bin_start_ms"]).max(initial=0)))
        ax.set_xlabel(f"playback time in bins of {bin_text}")
        return figure_of(ax)


def _draw_cells(ax: Axes, grid: PresenceGrid) -> None:
    """Draw the cells, with air between the lanes."""
    lanes = len(grid["track_id"])
    ax.pcolormesh(
        np.append(grid["bin_start_ms"], grid["bin_end_ms"][-1]),
        np.arange(lanes + 1) - 0.5,
        grid["playing_ratio_bin"],
        cmap=_COLOURS,
        vmin=0,
        vmax=1,
        edgecolors="face",
        linewidth=0.2,
        rasterized=grid["playing_ms"].size > _MOST_CELLS,
        zorder=1,
    )
    for border in range(lanes + 1):
        ax.axhline(border - 0.5, color="white", linewidth=4, zorder=2)


def _draw_scale(ax: Axes, lanes_in: float) -> None:
    """Draw what the colours mean, right of the topmost lanes; *ax* keeps its width."""
    height = min(1, _SCALE_IN / lanes_in)
    scale = ax.inset_axes((1.012, 1 - height, 0.014, height))
    scale.imshow(
        np.linspace(0, 1, 256)[:, np.newaxis],
        cmap=_COLOURS,
        aspect="auto",
        origin="lower",
        extent=(0, 1, 0, 1),
    )
    scale.yaxis.tick_right()
    scale.set_xticks([])
    scale.set_yticks([0, 0.5, 1], labels=["0 %", "50 %", "100 %"])
    scale.tick_params(length=2, labelsize=9, colors="#555555")
    scale.spines[:].set_visible(False)
