"""What all figures share: the figure itself, its fonts, and the look of its axes.

No pyplot and no global state: a figure is made, returned, and belongs to the caller.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import warnings
from collections.abc import Iterable, Iterator

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from timeline.fonts import Names, find_font, readable_names
from timeline.model import Timeline
from timeline.svg import lane_name

WIDTH_IN = 10
MAX_LANES = 400
"""More tracks than this are counted, not drawn: a picture has an end."""

_LANE_IN = 0.42
_OWN_TEXT = "0123456789:.%?… pause wall clock playback time (camera)"


class TimelineWarning(UserWarning):
    """Something could not be shown as it is; the message says what was done instead."""


class TimelineFigure(Figure):
    """A matplotlib figure that a notebook shows even where pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=100)
        return picture.getvalue()


@dataclasses.dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of a figure.

    Attributes:
        lesson: The lesson with the tracks that are drawn, of which there are at most `MAX_LANES`.
        names: What to write beside them.
        hidden: Number of further tracks.
        font: A font file to try first.
    """

    lesson: Timeline
    names: Names
    hidden: int
    font: str | os.PathLike[str] | None

    @property
    def height_in(self) -> float:
        """How high they are together."""
        return _LANE_IN * max(1, len(self.lesson.tracks) + bool(self.hidden))

    def label(self, ax: Axes) -> None:
        """Write the names beside the lanes, the first lane above the others."""
        labels = [lane_name(track, self.names.by_track[track.id]) for track in self.lesson.tracks]
        if self.hidden:
            labels.append(f"… {self.hidden} more")
        ax.set_ylim(max(1, len(labels)) - 0.4, -0.6)
        ax.set_yticks(range(len(labels)), labels=labels)
        for text in ax.get_yticklabels():
            text.set_parse_math(False)
            text.set_fontfamily(matplotlib.rcParams["font.family"])  # axes made elsewhere have other fonts
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)


def make_lanes(timeline: Timeline, font: str | os.PathLike[str] | None) -> Lanes:
    """Return the lanes of *timeline*."""
    shown = dataclasses.replace(timeline, tracks=timeline.tracks[:MAX_LANES])
    hidden = len(timeline.tracks) - len(shown.tracks)
    return Lanes(shown, readable_names(shown, font), hidden, font)


def warn_about(names: Names) -> None:
    """Warn about names that no font can show, on behalf of whoever called a public function."""
    for item in names.findings:
        warnings.warn(item.message, TimelineWarning, stacklevel=3)


@contextlib.contextmanager
def canvas(
    ax: Axes | None,
    height_in: float,
    names: Iterable[str] = (),
    font: str | os.PathLike[str] | None = None,
) -> Iterator[Axes]:
    """Give axes to draw on, *ax* or those of a new figure, with fonts that can show *names*."""
    families = _font_families([_OWN_TEXT, *names], font)
    with matplotlib.rc_context({"font.family": families, "hatch.linewidth": 0.6, "hatch.color": "white"}):
        if ax is None:
            ax = TimelineFigure(figsize=(WIDTH_IN, height_in), layout="constrained").add_subplot()
        yield ax


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that *ax* is part of."""
    figure = ax.figure
    return figure if isinstance(figure, Figure) else figure.figure


def width_pt(ax: Axes) -> float:
    """Return about how wide *ax* will be, in points: names beside it may take some of that."""
    return float(0.9 * ax.bbox.width * 72 / figure_of(ax).dpi)


def _font_families(texts: Iterable[str], font: str | os.PathLike[str] | None) -> list[str]:
    """Register the fonts that the texts need and return them as families to fall back on, in order."""
    families: dict[str, None] = {}
    for text in texts:
        path = find_font(text, font)
        if path is None:
            continue
        family = font_manager.FontProperties(fname=str(path)).get_name()
        if not any(entry.fname == str(path) for entry in font_manager.fontManager.ttflist):
            font_manager.fontManager.addfont(str(path))
        families[family] = None
    return list(families)
