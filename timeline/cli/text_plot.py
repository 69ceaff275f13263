"""A plot made of letters, for a terminal: lanes, or how many play at once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from timeline.analysis.concurrency import concurrency_table
from timeline.errors import ParameterError
from timeline.interval import covered_before, spans_of
from timeline.kinds import CAMERA
from timeline.model import Timeline, Track, counted
from timeline.palette import PAUSE_COLOUR, SEVERAL_COLOUR, kind_colour
from timeline.sinks import terminal_text
from timeline.svg import labels_apart, lane_name, pause_label, tick_times_ms
from timeline.units import format_time

TEXT_KINDS = ("timeline", "presence", "concurrency")
_PLAIN_WIDTH, _LEAST_CELLS, _TICK_CELLS = 80, 10, 11
_MOST_TRACKS, _MOST_ROWS = 200, 10
_ROW_STEPS = tuple(digit * 10**power for power in range(6) for digit in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Letters:
    """What a plot is made of.

    Attributes:
        some: From nothing to all of a cell, for lanes of the timeline.
        shares: The same in equal steps, for presence.
        heights: From an empty cell to a full one.
        cut: Where the recording stood still.
        tick: Before a time.
        more: Where a name is cut off.
    """

    some: str = "·▒█"
    shares: str = "·░▒▓█"
    heights: str = " ▁▂▃▄▅▆▇█"
    cut: str = "┊"
    tick: str = "│"
    more: str = "…"


_ASCII = Letters(some=".+#", shares=".-+*#", heights=" .:#", cut="|", tick="|", more="~")


def print_plot(
    lesson: Timeline, console: Console, kind: str = "timeline", *, kinds: Collection[str] | None = (CAMERA,)
) -> None:
    """Print a plot as wide as the terminal.

    Args:
        lesson: A lesson.
        console: Where to print; without a terminal it is 80 wide, and plain.
        kind: ``timeline``, ``presence`` or ``concurrency``.
        kinds: Kinds of stream that concurrency counts; None counts every track.

    Raises:
        ParameterError: There is no such kind of plot, or one of *kinds* is no kind.
    """
    if kind not in TEXT_KINDS:
        raise ParameterError(f"no plot {kind!r}; there are: {', '.join(TEXT_KINDS)}")
    width = console.width if console.is_terminal else _PLAIN_WIDTH
    letters = _letters(console.encoding)
    if kind == "concurrency":
        lines = _steps(lesson, width, letters, kinds)
    else:
        lines = _lanes(lesson, width, letters, letters.some if kind == "timeline" else letters.shares)
    for line in lines:
        line.rstrip()
        console.print(line, soft_wrap=True)


def _lanes(lesson: Timeline, width: int, letters: Letters, shades: str) -> list[Text]:
    tracks = lesson.tracks[:_MOST_TRACKS]
    names = [(terminal_text(track.label), lane_name(track, "")) for track in tracks]
    names_width = min(max((cell_len(label + kind) for label, kind in names), default=0), width // 3)
    axis = _Axis(lesson, names_width, width, letters)
    lines = axis.above()
    for track, (label, kind) in zip(tracks, names, strict=True):
        lane = "".join(
            shades[shade] for shade in _shades(axis.playing_ms(track), axis.lengths_ms, len(shades))
        )
        lines.append(
            axis.line(_fitted(label, kind, names_width, letters.more), lane, kind_colour(track.kind))
        )
    lines += axis.below()
    if not tracks:
        lines.append(Text("no tracks"))
    if len(lesson.tracks) > len(tracks):
        lines.append(Text(f"{letters.more} {len(lesson.tracks) - len(tracks)} more tracks"))
    return lines


def _steps(lesson: Timeline, width: int, letters: Letters, kinds: Collection[str] | None) -> list[Text]:
    """Return columns whose height is the mean number of tracks in each cell."""
    highest = int(concurrency_table(lesson, kinds=kinds)["tracks"].max(initial=0))
    per_row = next(step for step in _ROW_STEPS if highest <= step * _MOST_ROWS)
    rows = max(1, -(-highest // per_row))
    names_width = len(str(rows * per_row))
    axis = _Axis(lesson, names_width, width, letters)
    chosen = [track for track in lesson.tracks if kinds is None or track.kind in kinds]
    together_ms = sum((axis.playing_ms(track) for track in chosen), np.zeros(axis.cells, dtype=np.int64))
    colour = kind_colour(*kinds) if kinds is not None and len(kinds) == 1 else SEVERAL_COLOUR
    steps = len(letters.heights) - 1
    lines = axis.above()
    for row in reversed(range(rows)):
        inside_ms = together_ms - row * per_row * axis.lengths_ms
        heights = np.clip(steps * inside_ms // (per_row * axis.lengths_ms), 0, steps)
        bars = "".join(letters.heights[height] for height in heights.tolist())
        lines.append(axis.line(str((row + 1) * per_row).rjust(names_width), bars, colour))
    what = "all" if kinds is None else ", ".join(kinds)
    return [*lines, *axis.below(), Text(f"tracks at once: {what}")]


def _shades(playing_ms: NDArray[np.int64], lengths_ms: NDArray[np.int64], number: int) -> list[int]:
    """Return the shade of each cell, of *number*: the first where nothing plays, and only there."""
    shades: list[int] = (-(-playing_ms * (number - 1) // lengths_ms)).tolist()
    return shades


def _fitted(label: str, kind: str, width: int, more: str) -> str:
    """Return the name of a lane in *width* cells, however wide its letters are; its kind is not cut."""
    if cell_len(label + kind) > width:
        label = set_cell_size(label, max(1, width - cell_len(kind + more))).rstrip() + more
    return set_cell_size(label + kind, width)


class _Axis:
    """Cells of playback time from left to right, with a column more for each cut.

    Args:
        lesson: A lesson.
        names_width: Cells of the names before.
        width: Cells of the whole line.
        letters: What to draw with.
    """

    def __init__(self, lesson: Timeline, names_width: int, width: int, letters: Letters) -> None:
        self.letters = letters
        self._lesson = lesson
        self._margin = names_width + 2
        room = max(_LEAST_CELLS, width - self._margin)
        instants_ms = {pause.at_ms for pause in lesson.pauses}
        self._cuts_drawn = len(instants_ms) <= room // 4
        self.cells = room - len(instants_ms) if self._cuts_drawn else room
        self._edges_ms = np.arange(self.cells + 1) * max(self.cells, lesson.duration_ms) // self.cells
        self.lengths_ms: NDArray[np.int64] = np.diff(self._edges_ms)
        cuts = {self._border(pause.at_ms) for pause in lesson.pauses} if self._cuts_drawn else set()
        self._cuts = sorted(cuts)

    def playing_ms(self, track: Track) -> NDArray[np.int64]:
        """Return how long *track* plays in each cell, ms."""
        spans = spans_of((clip.start_ms, clip.end_ms) for clip in track.clips)
        return np.diff(covered_before(spans, self._edges_ms))

    def line(self, name: str, letters: str, colour: str) -> Text:
        """Return a line of one letter per cell, with the cuts between them."""
        bounds = [0, *self._cuts, self.cells]
        parts = [letters[a:b] for a, b in itertools.pairwise(bounds)]
        text = Text(f"{name}  ").append(self.letters.cut.join(parts), colour)
        for number, cut in enumerate(self._cuts):
            column = len(name) + 2 + cut + number
            text.stylize(PAUSE_COLOUR, column, column + 1)
        return text

    def above(self) -> list[Text]:
        """Return the line with the lengths of pauses, as many as there is room for."""
        if not self._cuts:
            return []
        pauses = {self._border(pause.at_ms): pause for pause in reversed(self._lesson.pauses)}
        labels = [pause_label(pauses[cut]) for cut in self._cuts]
        columns = [cut + number for number, cut in enumerate(self._cuts)]
        ends = self.cells + len(self._cuts)
        starts = [
            max(0, min(column - len(label) // 2, ends - len(label)))
            for column, label in zip(columns, labels, strict=True)
        ]
        kept = labels_apart(
            [start + len(label) / 2 for start, label in zip(starts, labels, strict=True)],
            [len(label) + 1 for label in labels],
        )
        return [self._written([(starts[number], labels[number]) for number in kept], PAUSE_COLOUR)]

    def below(self) -> list[Text]:
        """Return the line of times, and a word about pauses that have no place here."""
        places = []
        for at_ms in tick_times_ms(self._lesson.duration_ms, max(1, self.cells // _TICK_CELLS)):
            border = self._border(at_ms)
            column = border + sum(cut <= border for cut in self._cuts)
            label = self.letters.tick + format_time(at_ms)
            if column + len(label) <= self.cells + len(self._cuts):
                places.append((column, label))
        lines = [self._written(places, "")]
        if not self._cuts_drawn:
            pauses = counted(len(self._lesson.pauses), "pause")
            lines.append(Text(f"{pauses}, too many to be marked; timeline show lists them"))
        return lines

    def _border(self, at_ms: int) -> int:
        """Return before which cell an instant lies, as near as cells can tell."""
        duration_ms = max(1, self._lesson.duration_ms)
        return min(max(0, (2 * at_ms * self.cells + duration_ms) // (2 * duration_ms)), self.cells)

    def _written(self, places: Sequence[tuple[int, str]], style: str) -> Text:
        line = ""
        for column, label in places:
            line = line.ljust(column) + label
        return Text(" " * self._margin).append(line, style)


def _letters(encoding: str) -> Letters:
    """Return the letters that a terminal has."""
    try:
        "".join(getattr(Letters(), name) for name in Letters.__slots__).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return Letters()
