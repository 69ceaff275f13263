"""The timeline as a matplotlib figure.

No pyplot and no global state: the figure is made, returned, and belongs to the caller.
"""

from __future__ import annotations

import datetime
import io
import itertools
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from timeline.errors import ParameterError
from timeline.findings import Finding
from timeline.fonts import Names, find_font, readable_names
from timeline.model import Pause, Timeline, Track
from timeline.palette import PAUSE_COLOUR, kind_colour, kind_hatch
from timeline.publish import disk_errors, published
from timeline.svg import lane_name, pause_label, tick_times_ms
from timeline.units import format_time

CLOCKS = ("playback", "wall")
FORMATS = ("png", "svg", "pdf")
_BAR_HEIGHT = 0.72


class TimelineWarning(UserWarning):
    """Something could not be shown as it is; the message says what was done instead."""


class TimelineFigure(Figure):
    """A matplotlib figure that a notebook shows even where pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=100)
        return picture.getvalue()


def plot_timeline(
    timeline: Timeline, *, clock: str = "playback", font: str | os.PathLike[str] | None = None
) -> Figure:
    """Return a figure of *timeline*: one lane per track, absence as a thin line, pauses as cut lines.

    Args:
        timeline: A lesson.
        clock: ``playback`` (pauses are lines with their length) or ``wall`` (pauses are hatched bands).
        font: A font file to try first for names.

    Raises:
        ParameterError: *clock* is unknown, or ``wall`` and the lesson has no usable wall times.

    Warns:
        TimelineWarning: A name has no font and is shown as a short id.
    """
    names = readable_names(timeline, font)
    for item in names.findings:
        warnings.warn(item.message, TimelineWarning, stacklevel=2)
    return _figure(timeline, clock, names, font)


def write_plot(
    timeline: Timeline,
    path: str | os.PathLike[str],
    *,
    clock: str = "playback",
    font: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
) -> tuple[Finding, ...]:
    """Write the figure of `plot_timeline` to a ``.png``, ``.svg`` or ``.pdf`` file.

    Returns:
        Findings about names that no font can show.

    Raises:
        ParameterError: The file's ending is none of `FORMATS`, or as `plot_timeline`.
        OutputExistsError: *path* is there and *overwrite* is False.
        DiskError: It cannot be written.
    """
    path = Path(path)
    format_name = path.suffix.lower().lstrip(".")
    if format_name not in FORMATS:
        raise ParameterError(f"{path}: expected a file ending in .png, .svg or .pdf")
    names = readable_names(timeline, font)
    # The same input gives the same bytes: no date, fixed ids.
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[format_name]
    with (
        published(path, overwrite=overwrite) as part,
        matplotlib.rc_context({"svg.hashsalt": "timeline", "svg.fonttype": "path"}),
    ):
        figure = _figure(timeline, clock, names, font)
        with disk_errors(path):
            figure.savefig(part, format=format_name, dpi=150, metadata=metadata)
    return names.findings


def _figure(timeline: Timeline, clock: str, names: Names, font: str | os.PathLike[str] | None) -> Figure:
    if clock not in CLOCKS:
        raise ParameterError(f"no clock {clock!r}; there are: {', '.join(CLOCKS)}")
    families = _font_families(names.by_track, font)
    with matplotlib.rc_context({"font.family": families, "hatch.linewidth": 0.6, "hatch.color": "white"}):
        figure = TimelineFigure(figsize=(10, 1.5 + 0.42 * len(timeline.tracks)), layout="constrained")
        ax = figure.add_subplot()
        axis = _PlaybackAxis(timeline) if clock == "playback" else _WallAxis(timeline)
        for lane, track in enumerate(timeline.tracks):
            _draw_lane(ax, lane, track, axis)
        axis.draw_pauses(ax)
        ax.set_ylim(len(timeline.tracks) - 0.4, -0.6)
        ax.set_yticks(
            range(len(timeline.tracks)),
            labels=[lane_name(track, names.by_track[track.id]) for track in timeline.tracks],
        )
        for text in ax.get_yticklabels():
            text.set_parse_math(False)
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.grid(axis="x", color="#dddddd", linewidth=0.6)
        ax.set_axisbelow(True)
        axis.draw_times(ax)
        return figure


def _draw_lane(ax: Axes, lane: int, track: Track, axis: _PlaybackAxis) -> None:
    low, high = axis.limits()
    ax.broken_barh([(low, high - low)], (lane - 0.02, 0.04), facecolors="#bbbbbb", zorder=1)
    bars = [piece for clip in track.clips for piece in axis.pieces(clip.start_ms, clip.end_ms)]
    if bars:
        ax.broken_barh(
            bars,
            (lane - _BAR_HEIGHT / 2, _BAR_HEIGHT),
            facecolors=kind_colour(track.kind),
            hatch=kind_hatch(track.kind),
            edgecolor="white",
            linewidth=1.0,
            zorder=2,
        )


class _PlaybackAxis:
    """Playback time from left to right, in ms; wall times on a second axis below."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def limits(self) -> tuple[int, int]:
        """Return the axis' range."""
        return 0, max(1, self.timeline.duration_ms)

    def pieces(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """Return (position, width) of the bars of a clip."""
        return [(start_ms, end_ms - start_ms)]

    def draw_pauses(self, ax: Axes) -> None:
        """Draw each pause as a full-height line with its length above."""
        for pause in self.timeline.pauses:
            ax.axvline(pause.at_ms, color=PAUSE_COLOUR, linestyle=(0, (5, 3)), linewidth=1.6, zorder=3)
            _name_pause(ax, pause, pause.at_ms)

    def draw_times(self, ax: Axes) -> None:
        """Draw playback times, and wall times below them where they are known."""
        ax.set_xlim(*self.limits())
        ticks = tick_times_ms(self.timeline.duration_ms)
        ax.set_xticks(ticks, labels=[format_time(tick) for tick in ticks])
        ax.set_xlabel("playback time")
        walls = [(tick, self.timeline.to_wall_ms(tick)) for tick in ticks]
        known = [(tick, wall) for tick, wall in walls if wall is not None]
        if not known:
            return
        below = ax.secondary_xaxis(-0.16 - 0.5 / max(1, len(self.timeline.tracks)))
        below.set_xticks([tick for tick, _ in known], labels=[_clock_text(wall) for _, wall in known])
        below.set_xlabel(f"wall clock, {_date_text(known[0][1])} UTC{self.doubt()}")
        below.spines["bottom"].set_visible(False)
        below.tick_params(axis="x", colors="#555555")

    def doubt(self) -> str:
        """Return by how much wall times may be later, at the beginning."""
        bounds_ms, estimate_ms = self.timeline.wall_range_ms(0), self.timeline.to_wall_ms(0)
        later_ms = bounds_ms[1] - estimate_ms if bounds_ms and estimate_ms is not None else 0
        return f", up to {-(-later_ms // 1000)} s later" if later_ms else ""


class _WallAxis(_PlaybackAxis):
    """Wall time from left to right, in ms after the beginning; pauses are bands."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        starts = [timeline.to_wall_ms(pause.at_ms) for pause in timeline.pauses]
        if timeline.wall is None or None in starts or timeline.to_wall_ms(0) is None:
            raise ParameterError(
                "no plot on the wall clock: the lesson's wall times are not known; use --clock playback"
            )
        first_ms = timeline.to_wall_ms(0) or 0
        self._origin_ms = first_ms - sum(p.duration_ms or 0 for p in timeline.pauses if p.at_ms == 0)

    def limits(self) -> tuple[int, int]:
        paused_ms = sum(pause.duration_ms or 0 for pause in self.timeline.pauses)
        return 0, max(1, self.timeline.duration_ms + paused_ms)

    def pieces(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        inside = [p.at_ms for p in self.timeline.pauses if start_ms < p.at_ms < end_ms]
        bounds = [start_ms, *inside, end_ms]
        return [(self._after_start_ms(a), b - a) for a, b in itertools.pairwise(bounds)]

    def draw_pauses(self, ax: Axes) -> None:
        """Draw each pause as a hatched band with its length above."""
        for pause in self.timeline.pauses:
            length_ms = pause.duration_ms or 0
            end_ms = self._after_start_ms(pause.at_ms)
            ax.axvspan(
                end_ms - length_ms, end_ms, facecolor="#eeeeee", edgecolor=PAUSE_COLOUR, hatch="///", zorder=3
            )
            _name_pause(ax, pause, end_ms - length_ms / 2)

    def draw_times(self, ax: Axes) -> None:
        """Draw wall times."""
        low, high = self.limits()
        ax.set_xlim(low, high)
        ticks = tick_times_ms(high)
        ax.set_xticks(ticks, labels=[_clock_text(self._origin_ms + tick) for tick in ticks])
        ax.set_xlabel(f"wall clock, {_date_text(self._origin_ms)} UTC{self.doubt()}")

    def _after_start_ms(self, at_ms: int) -> int:
        """Return where *at_ms* lies on this axis; at a pause, its end."""
        return (self.timeline.to_wall_ms(at_ms) or self._origin_ms) - self._origin_ms


def _name_pause(ax: Axes, pause: Pause, x: float) -> None:
    """Write the length of *pause* above the axes at *x*."""
    ax.annotate(
        pause_label(pause),
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=PAUSE_COLOUR,
        fontsize=9,
    )


def _font_families(names: Mapping[str, str], font: str | os.PathLike[str] | None) -> list[str]:
    """Register the fonts that the names need and return them as families to fall back on, in order."""
    families: dict[str, None] = {}
    for name in ["0123456789 pause (camera)", *names.values()]:
        path = find_font(name, font)
        if path is None:
            continue
        family = font_manager.FontProperties(fname=str(path)).get_name()
        if not any(entry.fname == str(path) for entry in font_manager.fontManager.ttflist):
            font_manager.fontManager.addfont(str(path))
        families[family] = None
    return list(families)


def _clock_text(wall_ms: int) -> str:
    return _utc(wall_ms).strftime("%H:%M:%S")


def _date_text(wall_ms: int) -> str:
    return _utc(wall_ms).strftime("%Y-%m-%d")


def _utc(wall_ms: int) -> datetime.datetime:
    epoch: Any = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    moment: datetime.datetime = epoch + datetime.timedelta(milliseconds=wall_ms)
    return moment
