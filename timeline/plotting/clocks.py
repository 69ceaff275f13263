"""The axis of time of a figure, on either clock: where things lie on it, its pauses, its ticks."""

from __future__ import annotations

import datetime
import itertools

import matplotlib
from matplotlib.axes import Axes

from timeline.errors import ParameterError
from timeline.model import Timeline
from timeline.palette import PAUSE_COLOUR
from timeline.plotting.canvas import width_pt
from timeline.svg import labels_apart, pause_label, tick_times_ms
from timeline.units import format_time

CLOCKS = ("playback", "wall")
TIMES_IN, WALL_TIMES_IN = 0.9, 0.55
"""How high a row of times with its title is, and what a second row takes."""
_PAUSE_FONT_PT, _CHARACTER_PT, _WALL_ROW_PT = 9, 5.8, 36


class PlaybackAxis:
    """Playback time from left to right, in ms; wall times in a second row below.

    Args:
        timeline: A lesson.
        wall_times: Whether wall times are written where they are known.
    """

    def __init__(self, timeline: Timeline, *, wall_times: bool = True) -> None:
        self.timeline = timeline
        self._wall_times = wall_times and timeline.to_wall_ms(0) is not None

    @property
    def height_in(self) -> float:
        """How much of a figure's height the times take."""
        return TIMES_IN + WALL_TIMES_IN * self._wall_times

    def limits(self) -> tuple[int, int]:
        """Return the axis' range."""
        return 0, max(1, self.timeline.duration_ms)

    def pieces(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """Return (position, width) of the bars of a clip."""
        return [(start_ms, end_ms - start_ms)]

    def draw_pauses(self, ax: Axes) -> None:
        """Draw each pause as a full-height line."""
        for pause in self.timeline.pauses:
            ax.axvline(pause.at_ms, color=PAUSE_COLOUR, linestyle=(0, (5, 3)), linewidth=1.6, zorder=3)
        self._name_pauses(ax, [pause.at_ms for pause in self.timeline.pauses])

    def draw_times(self, ax: Axes) -> None:
        """Draw playback times, and wall times below them where they are known."""
        ax.set_xlim(*self.limits())
        ticks = tick_times_ms(self.timeline.duration_ms)
        ax.set_xticks(ticks, labels=[format_time(tick) for tick in ticks])
        ax.set_xlabel("playback time")
        walls = [(tick, self.timeline.to_wall_ms(tick)) for tick in ticks]
        known = [(tick, wall) for tick, wall in walls if wall is not None]
        if not self._wall_times or not known:
            return
        below = ax.secondary_xaxis(0)
        below.spines["bottom"].set_position(("outward", _WALL_ROW_PT))
        below.spines["bottom"].set_visible(False)
        below.set_xticks([tick for tick, _ in known], labels=[_clock_text(wall) for _, wall in known])
        below.set_xlabel(f"wall clock, {_date_text(known[0][1])} UTC{self.doubt()}", color="#555555")
        below.tick_params(axis="x", length=0, colors="#555555")

    def doubt(self) -> str:
        """Return by how much wall times may be later, at the beginning."""
        bounds_ms, estimate_ms = self.timeline.wall_range_ms(0), self.timeline.to_wall_ms(0)
        later_ms = bounds_ms[1] - estimate_ms if bounds_ms and estimate_ms is not None else 0
        return f", up to {-(-later_ms // 1000)} s later" if later_ms else ""

    def _name_pauses(self, ax: Axes, places: list[float]) -> None:
        """Write the lengths of the pauses above the axes at *places*, as many as there is room for."""
        low, high = self.limits()
        labels = [pause_label(pause) for pause in self.timeline.pauses]
        scale = width_pt(ax) / (high - low)
        widths_pt = [_CHARACTER_PT * len(label) for label in labels]
        for number in labels_apart([scale * place for place in places], widths_pt):
            ax.annotate(
                labels[number],
                (places[number], 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color=PAUSE_COLOUR,
                fontsize=_PAUSE_FONT_PT,
            )


class WallAxis(PlaybackAxis):
    """Wall time from left to right, in ms after the beginning; pauses are bands."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline, wall_times=False)
        starts = [timeline.to_wall_ms(pause.at_ms) for pause in timeline.pauses]
        if timeline.wall is None or None in starts or timeline.to_wall_ms(0) is None:
            raise ParameterError(
                "no plot on the wall clock: the lesson's wall times are not known; use --clock playback"
            )
        first_ms = timeline.to_wall_ms(0) or 0
        self._origin_ms = first_ms - sum(p.duration_ms or 0 for p in timeline.pauses if p.at_ms == 0)

    def limits(self) -> tuple[int, int]:
        """Return the axis' range: playback and pauses."""
        paused_ms = sum(pause.duration_ms or 0 for pause in self.timeline.pauses)
        return 0, max(1, self.timeline.duration_ms + paused_ms)

    def pieces(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """Return (position, width) of the bars of a clip: two where a pause lies inside."""
        inside = [p.at_ms for p in self.timeline.pauses if start_ms < p.at_ms < end_ms]
        bounds = [start_ms, *inside, end_ms]
        return [(self._after_start_ms(a), b - a) for a, b in itertools.pairwise(bounds)]

    def draw_pauses(self, ax: Axes) -> None:
        """Draw each pause as a hatched band."""
        middles: list[float] = []
        for pause in self.timeline.pauses:
            length_ms = pause.duration_ms or 0
            end_ms = self._after_start_ms(pause.at_ms)
            with matplotlib.rc_context({"hatch.color": "#c4c4c4"}):
                ax.axvspan(
                    end_ms - length_ms,
                    end_ms,
                    facecolor="#eeeeee",
                    edgecolor=PAUSE_COLOUR,
                    hatch="///",
                    zorder=3,
                )
            middles.append(end_ms - length_ms / 2)
        self._name_pauses(ax, middles)

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


def _clock_text(wall_ms: int) -> str:
    return _utc(wall_ms).strftime("%H:%M:%S")


def _date_text(wall_ms: int) -> str:
    return _utc(wall_ms).strftime("%Y-%m-%d")


def _utc(wall_ms: int) -> datetime.datetime:
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return epoch + datetime.timedelta(milliseconds=wall_ms)
