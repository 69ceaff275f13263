"""The figures beside the timeline, and what all figures keep: room, fonts, bytes, the caller's axes."""

from __future__ import annotations

import filecmp
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.figure
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import timeline
from tests.builders import board, lesson, row
from tests.test_fonts import CHINESE, UNKNOWN, no_system_fonts
from timeline.analysis.concurrency import concurrency_table
from timeline.analysis.presence_grid import presence_grid
from timeline.errors import ParameterError
from timeline.model import Timeline
from timeline.palette import SEVERAL_COLOUR, kind_colour
from timeline.plotting import TimelineWarning, plot_concurrency, plot_presence, plot_timeline, write_plot
from timeline.plotting.canvas import MAX_LANES
from timeline.plotting.files import FORMATS, PLOT_KINDS
from timeline.plotting.presence import _COLOURS
from timeline.roster import Person, Roster

__all__ = ["no_system_fonts"]
GUIDE = "sample_results/guide_example.json"
PLOTS = {"timeline": plot_timeline, "presence": plot_presence, "concurrency": plot_concurrency}
EMPTY = Timeline(room_id=None, task_id=None, duration_ms=0, tracks=())
every_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS.keys())


def paused(pauses: int, length_ms: int = 60_000) -> Timeline:
    """A lesson of two people that stands still after every *length_ms*."""
    rows = [row(user, length_ms * n, length_ms) for n in range(pauses + 1) for user in ("amy", "bo")]
    return lesson(*rows, surplus_s=300)


def crowd(people: int) -> Timeline:
    """A lesson of many."""
    return lesson(*(row(f"u{n:04}", n, 9_000_000) for n in range(people)))


def drawn(figure: matplotlib.figure.Figure) -> dict[str, Bbox]:
    """Where each text of a figure stands, in px, by what it says."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    texts: list[Text] = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    return {f"{n} {text.get_text()}": text.get_window_extent() for n, text in enumerate(texts)}


def boxes(figure: matplotlib.figure.Figure, word: str) -> list[Bbox]:
    """Where the texts with a word in them stand, from left to right."""
    return sorted((box for text, box in drawn(figure).items() if word in text), key=lambda box: box.x0)


def mesh(figure: matplotlib.figure.Figure) -> QuadMesh:
    """The cells of a heat map."""
    (found,) = [c for c in figure.axes[0].collections if isinstance(c, QuadMesh)]
    return found


def cut_lines(figure: matplotlib.figure.Figure) -> list[float]:
    """Where a line crosses the axes from bottom to top, ms."""
    ends = [np.asarray(line.get_xydata()).tolist() for line in figure.axes[0].lines]
    return [low[0] for low, high in ends if (low[1], high[1]) == (0, 1) and low[0] == high[0]]


class TestRoom:
    """Nothing is cut off, nothing lies over anything, at few lanes and at many."""

    @every_plot
    @pytest.mark.parametrize("people", [1, 5, 42])
    def test_all_that_is_written_lies_in_the_figure(self, plot: Any, people: int) -> None:
        """From one lane to a large class."""
        figure = plot(crowd(people))
        for text, box in drawn(figure).items():
            assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text
            assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1, text

    @every_plot
    @pytest.mark.parametrize("people", [1, 5, 42])
    def test_wall_times_stand_right_below_playback_times(self, plot: Any, people: int) -> None:
        """However high the lanes are: less than half an inch apart, and not over each other."""
        figure = plot(crowd(people))
        (playback,), (wall,) = boxes(figure, "playback time"), boxes(figure, "wall clock")
        assert 0 < playback.y0 - wall.y1 < 0.5 * figure.dpi

    @every_plot
    def test_lengths_of_pauses_do_not_lie_over_each_other(self, plot: Any) -> None:
        """As many as there is room for are written; each pause has its line."""
        figure = plot(paused(29))
        labels = boxes(figure, "pause ?")
        assert 5 < len(labels) < 29
        assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(labels))
        assert len(cut_lines(figure)) == 29

    def test_many_short_files_that_touch_are_a_full_lane(self) -> None:
        """The edges between them take a little of the picture, and not all of it."""
        figure = plot_timeline(lesson(*(row("amy", 10_000 * n, 9_980) for n in range(600))))
        assert blue_share(figure) > 0.8

    def test_short_files_with_holes_look_as_full_as_they_are(self) -> None:
        """Half of the time, half of the lane."""
        figure = plot_timeline(lesson(*(row("amy", 20_000 * n, 10_000) for n in range(200))))
        assert 0.4 < blue_share(figure) < 0.6

    def test_a_lane_of_very_many_files_is_drawn_as_few_bars(self) -> None:
        """What lies closer than can be seen is one bar, and what is seen to be a hole stays one."""
        rows = [row("amy", 1000 * n, 1000) for n in range(3000)]
        figure = plot_timeline(lesson(*rows, row("amy", 3_100_000, 1000)))
        bars = max((c for c in figure.axes[0].collections), key=lambda c: c.get_zorder())
        assert [(box.x0, box.x1) for box in (path.get_extents() for path in bars.get_paths())] == [
            (0, 3_000_000),
            (3_100_000, 3_101_000),
        ]

    @pytest.mark.slow
    @pytest.mark.parametrize("plot", [plot_timeline, plot_presence])
    def test_more_tracks_than_a_picture_has_lanes_are_counted(self, plot: Any, tmp_path: Path) -> None:
        """The picture has an end, and says how many are not in it."""
        figure = plot(crowd(MAX_LANES + 3))
        labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
        assert labels[-2:] == [f"u{MAX_LANES - 1:04}", "… 3 more"]
        figure.savefig(tmp_path / "a.png", dpi=150)

    @every_plot
    def test_a_lesson_of_nothing_has_a_figure(self, plot: Any, tmp_path: Path) -> None:
        """With axes and no bars."""
        for read in (EMPTY, timeline.load(GUIDE).select(users=["nobody"])):
            plot(read).savefig(tmp_path / "a.png")


def blue_share(figure: matplotlib.figure.Figure) -> float:
    """How much of the first lane has the colour of a camera; what is half so counts half."""
    canvas: Any = FigureCanvasAgg(figure)
    figure.set_dpi(100)
    canvas.draw()
    ax = figure.axes[0]
    pixels = np.asarray(canvas.buffer_rgba())[:, :, :3].astype(float)
    y = len(pixels) - round(float(ax.transData.transform((0, 0.2))[1]))
    line = pixels[y, round(ax.bbox.x0) : round(ax.bbox.x1)]
    camera = np.array(matplotlib.colors.to_rgb(kind_colour("camera"))) * 255
    return float(np.mean(1 - np.clip((line - camera)[:, 0] / (255 - camera[0]), 0, 1)))


class TestPresence:
    def test_cells_are_the_shares_of_the_grid(self) -> None:
        """Lanes from above, bins from the left, the last one as short as it is."""
        read = timeline.load(GUIDE)
        grid = presence_grid(read, bin_ms=400_000)
        figure = plot_presence(read, bin_ms=400_000)
        cells = mesh(figure)
        corners = np.asarray(cells.get_coordinates())
        assert np.asarray(cells.get_array()).reshape(3, 4).tolist() == grid["playing_ratio_bin"].tolist()
        assert corners[0, :, 0].tolist() == [0, 400_000, 800_000, 1_200_000, 1_440_000]
        assert corners[:, 0, 1].tolist() == [-0.5, 0.5, 1.5, 2.5]
        assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == read_labels(read)

    def test_a_longer_share_is_darker(self) -> None:
        """In grey print too; nothing and all are far apart."""
        shades = _COLOURS(np.linspace(0, 1, 101))[:, :3] @ np.array([0.2126, 0.7152, 0.0722])
        assert np.all(np.diff(shades) < 0)
        assert shades[0] > 0.9 > 0.35 > shades[-1]
        assert mesh(plot_presence(timeline.load(GUIDE))).get_clim() == (0, 1)

    def test_the_length_of_a_bin_is_told(self) -> None:
        """And what the colours mean."""
        said = [text.split(" ", 1)[1] for text in drawn(plot_presence(timeline.load(GUIDE)))]
        assert "playback time in bins of 0:00:15" in said
        assert {"0 %", "50 %", "100 %"} <= set(said)

    def test_a_pause_is_a_line_with_its_length(self) -> None:
        """As in the timeline."""
        figure = plot_presence(timeline.load(GUIDE))
        assert cut_lines(figure) == [900_000]
        assert len(boxes(figure, "pause 1:00")) == 1

    def test_a_bin_of_no_length_is_refused(self) -> None:
        """As the grid refuses it."""
        with pytest.raises(ParameterError, match="expected bins of a whole number of ms"):
            plot_presence(timeline.load(GUIDE), bin_ms=0)

    @pytest.mark.slow
    def test_very_many_cells_make_no_large_file(self, tmp_path: Path) -> None:
        """They are pixels even in SVG; few cells are shapes."""
        read = lesson(*(row(f"u{n}", 1000 * n, 10_000_000) for n in range(12)))
        write_plot(read, tmp_path / "many.svg", "presence", bin_ms=1000)
        write_plot(read, tmp_path / "few.svg", "presence")
        assert (tmp_path / "many.svg").stat().st_size < 1_000_000
        assert b"<image" in (tmp_path / "many.svg").read_bytes()


def read_labels(read: Timeline) -> list[str]:
    """The names of the lanes of a lesson of cameras and boards."""
    return [track.label for track in read.tracks]


class TestConcurrency:
    @pytest.mark.parametrize("kinds", [("camera",), None, ("whiteboard", "camera"), ("audio",)])
    def test_steps_are_those_of_the_table(self, kinds: tuple[str, ...] | None) -> None:
        """Exactly, from 0 to the end."""
        read = timeline.load(GUIDE)
        (steps,) = [
            p for p in plot_concurrency(read, kinds=kinds).axes[0].patches if isinstance(p, StepPatch)
        ]
        table = concurrency_table(read, kinds=kinds)
        values, edges, baseline = steps.get_data()
        assert values.tolist() == table["tracks"].tolist()
        assert edges.tolist() == [*table["start_ms"].tolist(), read.duration_ms]
        assert baseline == 0

    @pytest.mark.parametrize(
        ("kinds", "name", "colour"),
        [
            (("camera",), "camera tracks", kind_colour("camera")),
            (["screen"], "screen tracks", kind_colour("screen")),
            (("camera", "screen"), "camera, screen tracks", SEVERAL_COLOUR),
            (None, "tracks", SEVERAL_COLOUR),
        ],
    )
    def test_what_is_counted_is_told_by_name_and_colour(self, kinds: Any, name: str, colour: str) -> None:
        """One kind has its own colour, as in the timeline."""
        ax = plot_concurrency(timeline.load(GUIDE), kinds=kinds).axes[0]
        assert ax.get_ylabel() == name
        assert matplotlib.colors.same_color(ax.patches[0].get_facecolor(), colour)

    @pytest.mark.parametrize("people", [1, 2, 3, 12, 41])
    def test_numbers_of_people_are_whole(self, people: int) -> None:
        """From 0, to the highest step or just below."""
        figure = plot_concurrency(crowd(people))
        ax = figure.axes[0]
        ticks = ax.get_yticks()
        assert ticks[0] == 0
        assert all(tick == round(tick) for tick in ticks)
        assert ticks[-1] <= people < ax.get_ylim()[1] < 1.2 * people
        assert 2 <= len(ticks) <= 8

    def test_a_pause_is_a_line_with_its_length(self) -> None:
        """As in the timeline."""
        figure = plot_concurrency(timeline.load(GUIDE))
        assert cut_lines(figure) == [900_000]
        assert len(boxes(figure, "pause 1:00")) == 1


class TestAxesOfTheCaller:
    @every_plot
    def test_a_plot_is_drawn_where_it_is_wanted(self, plot: Any) -> None:
        """The figure is the caller's, with playback times alone, so that plots can stand above each other."""
        figure = matplotlib.figure.Figure()
        first, second = figure.subplots(2)
        assert plot(timeline.load(GUIDE), ax=second) is figure
        assert second.get_xlim() == (0, 1_440_000)
        assert not first.has_data()
        assert not boxes(figure, "wall clock")

    def test_stacked_plots_share_their_axis(self) -> None:
        """What is at one time is at one place: the scale of the heat map takes no room of its axes."""
        figure = matplotlib.figure.Figure(figsize=(8, 6), layout="constrained")
        axes = figure.subplots(3, sharex=True)
        plots: list[Any] = list(PLOTS.values())
        for plot, ax in zip(plots, axes, strict=True):
            plot(timeline.load(GUIDE), ax=ax)
        drawn(figure)
        assert len({(ax.bbox.x0, ax.bbox.x1) for ax in axes}) == 1

    def test_axes_of_a_part_of_a_figure_will_do(self) -> None:
        """What is returned is the whole figure."""
        figure = matplotlib.figure.Figure()
        parts: Any = figure.subfigures(1, 2)
        assert plot_timeline(timeline.load(GUIDE), ax=parts[0].subplots()) is figure

    @pytest.mark.parametrize("plot", [plot_timeline, plot_presence])
    def test_names_are_drawn_there_as_well(self, plot: Any, tmp_path: Path) -> None:
        """Axes that were made with other fonts show Chinese names, without a warning."""
        read = lesson(row("amy"), roster=Roster({"amy": Person("amy", CHINESE, None)}))
        figure = matplotlib.figure.Figure()
        plot(read, ax=figure.subplots())
        figure.savefig(tmp_path / "a.png")
        assert figure.axes[0].get_yticklabels()[0].get_text() == CHINESE

    @pytest.mark.parametrize("plot", [plot_timeline, plot_presence])
    def test_a_name_without_a_font_warns_whoever_asked(self, plot: Any) -> None:
        """The warning names the caller's line."""
        read = lesson(row("amy"), roster=Roster({"amy": Person("amy", UNKNOWN, None)}))
        with pytest.warns(TimelineWarning, match="no font at hand") as caught:
            plot(read)
        assert caught[0].filename == __file__


class TestFiles:
    @pytest.mark.slow
    def test_another_process_gives_the_same_bytes(self, tmp_path: Path) -> None:
        """Of every plot in every format, whatever the order in which Python keeps names there."""
        code = (
            "import sys, timeline\n"
            "from timeline.plotting import write_plot\n"
            "read = timeline.load('sample_results/lesson', roster='sample_results/lesson/roster.csv')\n"
            f"for kind in {list(PLOT_KINDS)}:\n"
            f"    for suffix in {list(FORMATS)}:\n"
            "        write_plot(read, f'{sys.argv[1]}/{kind}.{suffix}', kind)\n"
        )
        for seed in ("1", "2"):
            (tmp_path / seed).mkdir()
            environment = os.environ | {"PYTHONHASHSEED": seed}
            command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / seed)]
            subprocess.run(command, check=True, env=environment)
        names = sorted(path.name for path in (tmp_path / "1").iterdir())
        assert len(names) == 9
        assert filecmp.cmpfiles(tmp_path / "1", tmp_path / "2", names, shallow=False)[0] == names

    @pytest.mark.parametrize(
        ("kind", "options", "complaint"),
        [
            ("heat", {}, "no plot 'heat'; there are: timeline, presence, concurrency"),
            ("presence", {"clock": "wall"}, r"presence takes no clock \(--clock\); timeline would"),
            ("timeline", {"bin_ms": 5}, r"timeline takes no bin_ms \(--bin\); presence would"),
            ("timeline", {"kinds": None}, r"timeline takes no kinds \(--count\); concurrency would"),
            ("timeline", {"size": 5}, "timeline takes no size; no plot would"),
            ("concurrency", {"kinds": ["cam"]}, "no kind of stream 'cam'"),
        ],
    )
    def test_what_a_plot_does_not_take_is_refused(
        self, tmp_path: Path, kind: str, options: dict[str, Any], complaint: str
    ) -> None:
        """With what does, and nothing is written."""
        with pytest.raises(ParameterError, match=complaint):
            write_plot(timeline.load(GUIDE), tmp_path / "a.png", kind, **options)
        assert list(tmp_path.iterdir()) == []

    def test_options_reach_the_plot(self, tmp_path: Path) -> None:
        """Each of them changes the picture."""
        read = lesson(row("amy", 0, 9000), board(3000, 50_000))
        pairs: list[tuple[str, dict[str, Any]]] = [
            ("timeline", {"clock": "wall"}),
            ("presence", {"bin_ms": 20_000}),
            ("concurrency", {"kinds": None}),
        ]
        for kind, options in pairs:
            write_plot(read, tmp_path / "plain.svg", kind)
            write_plot(read, tmp_path / "other.svg", kind, **options)
            assert (tmp_path / "plain.svg").read_bytes() != (tmp_path / "other.svg").read_bytes()

    def test_names_that_no_font_can_show_are_told(self, tmp_path: Path) -> None:
        """Where the plot has names."""
        read = lesson(row("amy"), roster=Roster({"amy": Person("amy", UNKNOWN, None)}))
        told = {kind: write_plot(read, tmp_path / f"{kind}.png", kind) for kind in PLOT_KINDS}
        assert {kind: len(findings) for kind, findings in told.items()} == {
            "timeline": 1,
            "presence": 1,
            "concurrency": 0,
        }
