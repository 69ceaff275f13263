"""How many play at once, as steps over playback time."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from timeline import kinds as kind_names
from timeline.analysis.concurrency import concurrency_table
from timeline.model import Timeline
from timeline.palette import SEVERAL_COLOUR, kind_colour
from timeline.plotting.canvas import canvas, figure_of
from timeline.plotting.clocks import PlaybackAxis

_STEPS_IN = 1.9


def plot_concurrency(
    timeline: Timeline,
    *,
    kinds: Collection[str] | None = (kind_names.CAMERA,),
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of how many tracks play at once: a step wherever one begins or ends.

    The numbers are those of `timeline.analysis.concurrency.concurrency_table`. Pauses are lines with their
    length.

    Args:
        timeline: A lesson.
        kinds: Kinds of stream to count, cameras by default; None counts every track.
        ax: Axes to draw on, with playback times alone; by default those of a new figure, where wall times
            stand below them.

    Raises:
        ParameterError: One of *kinds* is no kind.

    Example:
        >>> import timeline
        >>> figure = plot_concurrency(timeline.load("sample_results/guide_example.json"))
        >>> figure.axes[0].get_ylabel()
        'camera tracks'
    """
    table = concurrency_table(timeline, kinds=kinds)
    axis = PlaybackAxis(timeline, wall_times=ax is None)
    with canvas(ax, axis.height_in + _STEPS_IN) as ax:
        highest = int(table["tracks"].max(initial=0))
        if len(table["tracks"]):
            ax.stairs(
                table["tracks"],
                np.append(table["start_ms"], timeline.duration_ms),
                fill=True,
                color=kind_colour(*kinds) if kinds is not None and len(kinds) == 1 else SEVERAL_COLOUR,
                zorder=2,
            )
        axis.draw_pauses(ax)
        ax.set_ylim(0, 1.06 * max(1, highest))
        ticks = MaxNLocator(6, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1).tick_values(
            0, max(1, highest)
        )
        ax.set_yticks([tick for tick in ticks if tick <= max(1, highest)])
        ax.set_ylabel("tracks" if kinds is None else f"{', '.join(kinds)} tracks".strip())
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.grid(color="#dddddd", linewidth=0.6)
        ax.set_axisbelow(True)
        axis.draw_times(ax)
        return figure_of(ax)
