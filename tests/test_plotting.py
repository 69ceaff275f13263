"""The figure: bars, pauses, two clocks."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure

import timeline
from tests.conftest import BOARD, CAMERA, SCREEN, lesson_of, result_text, row
from tests.test_fonts import CHINESE, UNKNOWN, no_system_fonts
from timeline.errors import DiskError, OutputExistsError, ParameterError
from timeline.model import Timeline
from timeline.palette import KIND_COLOURS, KIND_HATCHES, kind_colour
from timeline.plotting import TimelineWarning, plot_timeline, write_plot
from timeline.roster import Person, Roster

__all__ = ["no_system_fonts"]
GUIDE = Path(__file__).parents[1] / "sample_results" / "guide_example.json"


def texts(figure: Figure) -> list[str]:
    """Every text of a figure, in no order."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return [found.get_text() for found in figure.findobj(matplotlib.text.Text)]


def bars(figure: Figure, lane: int) -> list[tuple[float, float]]:
    """(from, to) of the bars of a lane, ms."""
    ax = figure.axes[0]
    found = []
    for collection in ax.collections:
        if not isinstance(collection, PolyCollection | PathCollection):
            continue
        for path in collection.get_paths():
            box = path.get_extents()
            if box.height > 0.5 and box.y0 < lane < box.y1:
                found.append((float(box.x0), float(box.x1)))
    return sorted(found)


def pause_lines(figure: Figure) -> list[float]:
    """Where a line crosses all lanes, ms."""
    ends = [np.asarray(line.get_xydata()).tolist() for line in figure.axes[0].lines]
    return [low[0] for low, high in ends if (low[1], high[1]) == (0, 1) and low[0] == high[0]]


def named(*names: str) -> Timeline:
    """A lesson of users whom the roster calls *names*; the first is amy."""
    people = dict(zip(["amy", *(f"u{n}" for n in range(1, len(names)))], names, strict=True))
    roster = Roster({user: Person(user, name, None) for user, name in people.items()})
    return timeline.loads(result_text([row(CAMERA, user, 0, 60_000) for user in people]), roster=roster)


def without_wall() -> Timeline:
    """A lesson without wall times."""
    return timeline.loads(json.dumps({"video_info": [row(CAMERA, "amy", 0, 60_000)]}))


class TestPlaybackClock:
    def test_every_clip_is_a_bar_in_its_tracks_lane(self) -> None:
        """The guide's example: three lanes, two clips each."""
        lesson = timeline.load(GUIDE)
        figure = plot_timeline(lesson)
        for lane, track in enumerate(lesson.tracks):
            assert bars(figure, lane) == [(clip.start_ms, clip.end_ms) for clip in track.clips]

    def test_a_pause_is_a_line_at_its_instant_with_its_length(self) -> None:
        """It has no width."""
        figure = plot_timeline(timeline.load(GUIDE))
        assert pause_lines(figure) == [900_000]
        assert [text for text in texts(figure) if "pause" in text] == ["pause 1:00"]

    def test_the_axis_is_in_hours_minutes_and_seconds(self) -> None:
        """From 0 to the end."""
        figure = plot_timeline(timeline.load(GUIDE))
        ax = figure.axes[0]
        assert ax.get_xlim() == (0, 1_440_000)
        labels = [text.get_text() for text in ax.get_xticklabels()]
        assert labels[:3] == ["0:00:00", "0:05:00", "0:10:00"]
        assert "playback time" in texts(figure)

    def test_wall_times_after_the_pause_are_later_by_its_length(self) -> None:
        """12:05:40 UTC is the start; 15 minutes and the pause of one later it is 12:21:40."""
        lesson = timeline.load(GUIDE)
        found = texts(plot_timeline(lesson))
        start_s = 1_558_613_140
        for minutes, paused_s in ((0, 0), (5, 0), (10, 0), (15, 60), (20, 60)):
            moment_s = start_s + minutes * 60 + paused_s
            clock = f"{moment_s // 3600 % 24:02d}:{moment_s // 60 % 60:02d}:{moment_s % 60:02d}"
            assert clock in found, minutes
        assert any("2019-05-23" in text and "UTC" in text for text in found)

    def test_without_wall_times_there_is_one_axis(self) -> None:
        """And no error."""
        lesson = without_wall()
        assert not [text for text in texts(plot_timeline(lesson)) if "UTC" in text]

    def test_lanes_are_named_after_people(self) -> None:
        """Names of the roster."""
        assert "Amy" in [text.partition(" (")[0] for text in texts(plot_timeline(named("Amy")))]

    def test_absence_is_visible(self) -> None:
        """No bar where nobody plays, a thin line through the whole lane."""
        lesson = lesson_of(row(CAMERA, "amy", 10_000, 5000), row(BOARD, "", 0, 60_000, "b.mp4"))
        figure = plot_timeline(lesson)
        assert bars(figure, 0) == [(10_000, 15_000)]
        thin = [path.get_extents() for c in figure.axes[0].collections for path in c.get_paths()]
        assert any(b.height < 0.1 and (b.x0, b.x1) == (0, 60_000) and b.y0 < 0 < b.y1 for b in thin)

    def test_kinds_are_told_apart_by_colour_and_hatch(self) -> None:
        """By either alone."""
        assert len(set(KIND_COLOURS.values())) == len(KIND_COLOURS)
        assert len(set(KIND_HATCHES.values())) == len(KIND_HATCHES)
        lesson = lesson_of(
            row(CAMERA, "amy", 0, 9000),
            row(SCREEN, "amy", 0, 9000, "s.mp4"),
            row(BOARD, "", 0, 9000, "b.mp4"),
        )
        figure = plot_timeline(lesson)
        hatched = {c.get_hatch() for c in figure.axes[0].collections if c.get_zorder() == 2}
        assert len(hatched) == 3
        colours = {
            matplotlib.colors.to_hex(np.asarray(c.get_facecolor())[0].tolist()).upper()
            for c in figure.axes[0].collections
            if c.get_zorder() == 2
        }
        assert colours == {kind_colour(kind).upper() for kind in ("camera", "screen", "whiteboard")}


class TestWallClock:
    def test_a_pause_is_a_band_and_what_follows_is_later(self) -> None:
        """One minute wide, from 15:00 on."""
        lesson = timeline.load(GUIDE)
        figure = plot_timeline(lesson, clock="wall")
        ios = next(n for n, track in enumerate(lesson.tracks) if track.user_id == "ios_test1")
        assert bars(figure, ios) == [(0, 900_000), (960_000, 1_260_000)]
        bands = [p.get_extents() for p in figure.axes[0].patches]
        ax = figure.axes[0]
        spans = [ax.transData.inverted().transform_bbox(box) for box in bands]
        assert any((round(b.x0), round(b.x1)) == (900_000, 960_000) for b in spans)
        assert ax.get_xlim() == (0, 1_500_000)

    def test_a_lesson_without_wall_times_is_refused(self) -> None:
        """With what to do."""
        lesson = without_wall()
        with pytest.raises(ParameterError, match="--clock playback"):
            plot_timeline(lesson, clock="wall")

    def test_another_clock_is_refused(self) -> None:
        """With those that there are."""
        with pytest.raises(ParameterError, match="playback, wall"):
            plot_timeline(timeline.load(GUIDE), clock="media")


class TestNames:
    @pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
    def test_any_name_is_plotted_as_it_is(self, tmp_path: Path, suffix: str) -> None:
        """No mathematics, no warning about glyphs, valid XML."""
        names = ["$$", "$a", "_$_a_$", "\\frac", "a\nb", "a\x00\x1bb", "<script>&\"'", "x" * 300, CHINESE]
        assert write_plot(named(*names, "محمد"), tmp_path / f"a.{suffix}") == ()
        if suffix == "svg":
            ET.parse(tmp_path / "a.svg")

    def test_a_name_without_a_font_is_a_short_id_and_a_warning(self, tmp_path: Path) -> None:
        """The library warns, the writer returns a finding."""
        lesson = named(UNKNOWN)
        with pytest.warns(TimelineWarning, match="no font at hand"):
            figure = plot_timeline(lesson)
        assert "amy" in [text.partition(" (")[0] for text in texts(figure)]
        (item,) = write_plot(lesson, tmp_path / "a.png")
        assert item.code == "glyph_missing"

    def test_the_font_that_was_named_draws_the_names(self) -> None:
        """Its family goes first."""
        path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "STIXGeneral.ttf"
        figure = plot_timeline(named("Amy"), font=path)
        assert figure.axes[0].get_yticklabels()[0].get_fontfamily()[0] == "STIXGeneral"

    def test_a_font_that_cannot_be_read_is_refused(self, tmp_path: Path) -> None:
        """Before anything is drawn."""
        with pytest.raises(ParameterError, match="is no font"):
            plot_timeline(named("Amy"), font=tmp_path / "none.ttf")


class TestFiles:
    @pytest.mark.parametrize(("suffix", "mark"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
    def test_the_ending_names_the_format(self, tmp_path: Path, suffix: str, mark: bytes) -> None:
        """In capitals too."""
        for name in (f"a.{suffix}", f"b.{suffix.upper()}"):
            write_plot(timeline.load(GUIDE), tmp_path / name)
            assert (tmp_path / name).read_bytes().startswith(mark)

    @pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
    def test_the_same_lesson_gives_the_same_bytes(self, tmp_path: Path, suffix: str) -> None:
        """No date, no random ids."""
        paths = [tmp_path / f"{n}.{suffix}" for n in range(2)]
        for path in paths:
            write_plot(timeline.load(GUIDE), path)
        assert paths[0].read_bytes() == paths[1].read_bytes()

    @pytest.mark.parametrize("name", ["a.jpg", "a", "a.mp4", ".png"])
    def test_another_ending_is_refused(self, tmp_path: Path, name: str) -> None:
        """And nothing is written."""
        with pytest.raises(ParameterError, match=r"\.png, \.svg or \.pdf"):
            write_plot(timeline.load(GUIDE), tmp_path / name)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_there_is_kept_on_request(self, tmp_path: Path) -> None:
        """overwrite=False."""
        path = tmp_path / "a.png"
        path.write_bytes(b"mine")
        with pytest.raises(OutputExistsError):
            write_plot(timeline.load(GUIDE), path, overwrite=False)
        assert path.read_bytes() == b"mine"

    def test_a_full_disk_is_one_clear_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """And leaves nothing behind."""

        def full(self: Figure, *arguments: object, **options: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Figure, "savefig", full)
        with pytest.raises(DiskError, match="the disk is full; free some space there"):
            write_plot(timeline.load(GUIDE), tmp_path / "a.png")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.slow
    def test_a_lesson_of_300_users_is_plotted(self, tmp_path: Path) -> None:
        """Every one has a lane."""
        lesson = lesson_of(*(row(CAMERA, f"u{n}", n, 9000, f"{n}.mp4") for n in range(300)))
        write_plot(lesson, tmp_path / "a.svg")
        assert (tmp_path / "a.svg").stat().st_size > 0

    def test_a_lesson_of_a_millisecond_is_plotted(self, tmp_path: Path) -> None:
        """No axis of no width."""
        write_plot(lesson_of(row(CAMERA, "amy", 0, 1)), tmp_path / "a.png")


def test_neither_pyplot_nor_global_state_is_touched() -> None:
    """The figure belongs to the caller; settings stay as they were."""
    before = dict(matplotlib.rcParams)
    plot_timeline(timeline.load(GUIDE))
    assert dict(matplotlib.rcParams) == before
    code = (
        "import sys, timeline; assert 'matplotlib' not in sys.modules; "
        f"timeline.plot_timeline(timeline.load({str(GUIDE)!r})); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
