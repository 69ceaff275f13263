"""The timeline as a figure: one lane per track."""

from __future__ import annotations

import os

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from timeline.errors import ParameterError
from timeline.model import Timeline, Track
from timeline.palette import kind_colour, kind_hatch
from timeline.plotting.canvas import Lanes, canvas, figure_of, make_lanes, warn_about, width_pt
from timeline.plotting.clocks import CLOCKS, PlaybackAxis, WallAxis

_BAR_HEIGHT = 0.72
_MOST_BARS = 2000
_EDGE_PT, _EDGE_SHARE = 1.0, 8


def plot_timeline(
    timeline: Timeline,
    *,
    clock: str = "playback",
    ax: Axes | None = None,
    font: str | os.PathLike[str] | None = None,
) -> Figure:
    """Return a figure of *timeline*: one lane per track, absence as a thin line, pauses as cut lines.

    Args:
        timeline: A lesson.
        clock: ``playback`` (pauses are lines with their length) or ``wall`` (pauses are hatched bands).
        ax: Axes to draw on, with the times of *clock* alone; by default those of a new figure, where wall
            times stand below playback times.
        font: A font file to try first for names.

    Raises:
        ParameterError: *clock* is unknown, or ``wall`` and the lesson has no usable wall times.

    Warns:
        TimelineWarning: A name has no font and is shown as a short id.

    Example:
        >>> import timeline
        >>> figure = plot_timeline(timeline.load("sample_results/guide_example.json"))
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ['ios_test1', 'pc_test1', 'whiteboard']
    """
    lanes = make_lanes(timeline, font)
    warn_about(lanes.names)
    return draw_timeline(lanes, ax, clock=clock)


def draw_timeline(lanes: Lanes, ax: Axes | None = None, *, clock: str = "playback") -> Figure:
    """Return the figure of `plot_timeline`."""
    if clock not in CLOCKS:
        raise ParameterError(f"no clock {clock!r}; there are: {', '.join(CLOCKS)}")
    lesson = lanes.lesson
    axis = PlaybackAxis(lesson, wall_times=ax is None) if clock == "playback" else WallAxis(lesson)
    with canvas(ax, axis.height_in + lanes.height_in, lanes.names.by_track.values(), lanes.font) as ax:
        for lane, track in enumerate(lesson.tracks):
            _draw_lane(ax, lane, track, axis)
        axis.draw_pauses(ax)
        lanes.label(ax)
        ax.grid(axis="x", color="#dddddd", linewidth=0.6)
        ax.set_axisbelow(True)
        axis.draw_times(ax)
        return figure_of(ax)


def _draw_lane(ax: Axes, lane: int, track: Track, axis: PlaybackAxis) -> None:
    low, high = axis.limits()
    ax.broken_barh([(low, high - low)], (lane - 0.02, 0.04), facecolors="#bbbbbb", linewidth=0, zorder=1)
    bars = [piece for start, end in _stretches(track, high - low) for piece in axis.pieces(start, end)]
    if bars:
        # A white edge shows where files follow each other; of a narrow bar it must not take much.
        points = width_pt(ax) / (high - low)
        ax.broken_barh(
            bars,
            (lane - _BAR_HEIGHT / 2, _BAR_HEIGHT),
            facecolors=kind_colour(track.kind),
            hatch=kind_hatch(track.kind),
            edgecolor="white",
            linewidth=[min(_EDGE_PT, points * width / _EDGE_SHARE) for _, width in bars],
            zorder=2,
        )


def _stretches(track: Track, range_ms: int) -> list[tuple[int, int]]:
    """Return start and end of the bars: the clips; of very many, those closer than can be seen are one."""
    if len(track.clips) <= _MOST_BARS:
        return [(clip.start_ms, clip.end_ms) for clip in track.clips]
    return [(span.start_ms, span.end_ms) for span in track.merged(max_gap_ms=range_ms // _MOST_BARS)]
