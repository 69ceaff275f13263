"""The plot of letters, and the plots of the command line."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import timeline
from tests.builders import Row, board, lesson, result_rows, roster, row
from tests.conftest import Cli, names_in
from tests.hostile_names import NAMES
from timeline.cli.text_plot import TEXT_KINDS, print_plot
from timeline.errors import ParameterError
from timeline.model import Timeline
from timeline.roster import Person, Roster

GUIDE = Path("sample_results/guide_example.json")
EMPTY = Timeline(room_id=None, task_id=None, duration_ms=0, tracks=())
CAMERAS = ("camera",)


def printed(read: Timeline, kind: str = "timeline", *, width: int = 80, **options: Any) -> list[str]:
    """Return the lines of a plot, on a terminal *width* wide without colours."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None, highlight=False)
    print_plot(read, console, kind, **options)
    return out.getvalue().splitlines()


def lanes(lines: list[str]) -> dict[str, str]:
    """Return the letters of each lane, without its cuts, by name."""
    found = (re.fullmatch(r"(.*?)  ([·▒█░▓┊]+)", line) for line in lines)
    return {match[1].strip(): match[2].replace("┊", "") for match in found if match}


class TestLanes:
    def test_the_guides_example(self) -> None:
        """Minute by minute: 24 cells, a column for the pause, and times below."""
        assert printed(timeline.load(GUIDE), width=12 + 24 + 1) == [
            "                      pause 1:00",
            "ios_test1   ███████████████┊█████····",
            "pc_test1    ·····██████████┊███▒·····",
            "whiteboard  ··█████████████┊█████████",
            "            │0:00:00        │0:15:00",
        ]

    def test_a_cell_tells_how_much_of_it_plays(self) -> None:
        """Nothing, at most half, more than half; in presence each quarter that is begun."""
        rows = [row("amy", 1000 * n, ms) for n, ms in enumerate((1, 250, 251, 500, 501, 750, 751, 1000))]
        read = lesson(*rows, row("bo", 10_000, 10_000))
        assert lanes(printed(read, width=5 + 20))["amy"] == "▒▒▒▒████" + 12 * "·"
        assert lanes(printed(read, "presence", width=5 + 20))["amy"] == "░░▒▒▓▓██" + 12 * "·"

    @given(result_rows(), st.integers(40, 200))
    def test_who_plays_is_seen_and_who_does_not_is_not(self, rows: list[Row], width: int) -> None:
        """However short it is; every line fits the terminal."""
        read = lesson(*rows, roster=Roster({}))
        lines = printed(read, width=width)
        drawn = list(lanes(lines).values())
        assert len(drawn) == len(read.tracks)
        assert all(cell_len(line) <= width for line in lines)
        for track, lane in zip(read.tracks, drawn, strict=True):
            edges_ms = [n * max(read.duration_ms, len(lane)) // len(lane) for n in range(len(lane) + 1)]
            for letter, start_ms, end_ms in zip(lane, edges_ms, edges_ms[1:], strict=False):
                plays = any(clip.start_ms < end_ms and start_ms < clip.end_ms for clip in track.clips)
                assert (letter != "·") == plays

    def test_wide_letters_take_two_cells(self) -> None:
        """Lanes begin below each other, in any script."""
        people = {"a": "王老师", "b": "Zoë", "c": "张小明"}
        named = Roster({user: Person(user, name, None) for user, name in people.items()})
        lines = printed(lesson(*(row(user) for user in people), roster=named))[:3]
        assert {cell_len(line.partition("█")[0]) for line in lines} == {8}

    @pytest.mark.parametrize(
        ("name", "width"),
        [("x" * 60, 80), ("王" * 60, 80), ("王" * 60, 81), ("王" * 60, 40), ("王" * 15, 80)],
    )
    def test_a_long_name_is_cut_and_its_kind_is_not(self, name: str, width: int) -> None:
        """It takes a third of the width."""
        line = printed(lesson(row(name, kind="screen")), width=width)[0]
        assert re.match(rf"{name[0]}+… \(screen\) +█", line)
        assert cell_len(line) == width
        assert cell_len(line.partition("█")[0]) == width // 3 + 2

    @pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
    def test_no_name_steers_the_terminal(self, name: str) -> None:
        """It is one line of harmless letters, and nothing in it is a word of ours."""
        lines = printed(lesson(row(name, video_url="http://media.example/a.mp4")))
        assert len(lines) == 2
        assert all(letter.isprintable() or letter in "\u200c\u200d\u3000" for letter in "".join(lines))

    @pytest.mark.parametrize("at_ms", [200, 5000, 9800])
    def test_the_length_of_a_pause_stands_above_it(self, at_ms: int) -> None:
        """Inside of the line, at both ends as well."""
        rows = [row(user, a, b - a) for a, b in ((0, at_ms), (at_ms, 10_000)) for user in ("amy", "bo")]
        above, lane, *_ = printed(lesson(*rows, surplus_s=60), width=60)
        assert above.strip() == "pause 1:00"
        assert above.index("p") <= lane.index("┊") <= len(above) <= 60

    def test_many_pauses_are_counted(self) -> None:
        """A quarter of the cells may be cuts; lanes stay whole where there are more."""
        read = lesson(*(row(u, 60_000 * n, 60_000) for n in range(30) for u in ("amy", "bo")), surplus_s=300)
        assert printed(read)[-1] == "29 pauses, too many to be marked; timeline show lists them"
        assert sum(line.count("┊") for line in printed(read)) == 0
        assert sum(line.count("┊") for line in printed(read, width=160)) == 2 * 29

    def test_many_tracks_are_counted(self) -> None:
        """Beyond a few screens."""
        lines = printed(lesson(*(row(f"u{n}") for n in range(203))))
        assert len(lanes(lines)) == 200
        assert lines[-1] == "… 3 more tracks"

    @pytest.mark.parametrize("kind", TEXT_KINDS)
    def test_a_lesson_of_nothing(self, kind: str) -> None:
        """Is no failure; where there are no lanes it says so."""
        for read in (EMPTY, timeline.load(GUIDE).select(users=["nobody"])):
            assert ("no tracks" in printed(read, kind)) == (kind != "concurrency")

    @pytest.mark.parametrize("kind", TEXT_KINDS)
    @pytest.mark.parametrize("duration_ms", [1, 59, 7 * 86_400_000])
    def test_any_length(self, kind: str, duration_ms: int) -> None:
        """Also one of fewer milliseconds than cells."""
        assert any("█" in line for line in printed(lesson(row("amy", 0, duration_ms)), kind))


class TestConcurrency:
    def test_the_guides_example(self) -> None:
        """A minute a cell: two cameras from 5:00 to 18:30, one to 20:00."""
        assert printed(timeline.load(GUIDE), "concurrency", width=3 + 24 + 1) == [
            "             pause 1:00",
            "2       ██████████┊███▄",
            "1  ███████████████┊█████",
            "   │0:00:00        │0:15:00",
            "tracks at once: camera",
        ]

    def test_a_step_inside_of_a_cell_is_seen_by_its_height(self) -> None:
        """The mean over the cell, in eighths."""
        rows = [row("amy", 1000 * n, 125 * n) for n in range(1, 9)]
        line = printed(lesson(*rows, board(0, 20_000)), "concurrency", width=3 + 20)[0]
        assert line == "1   ▁▂▃▄▅▆▇█"

    def test_many_are_drawn_in_ten_rows_at_most(self) -> None:
        """Each of as many as its number says."""
        lines = printed(lesson(*(row(f"u{n}", 0, 9000) for n in range(41))), "concurrency")
        marks = [line.split()[0] for line in lines[:-2]]
        assert marks == ["45", "40", "35", "30", "25", "20", "15", "10", "5"]
        assert set(lines[0].split()[1]) == {"▁"}  # 41 of 45: one fifth of the row

    @pytest.mark.parametrize(
        ("kinds", "told"), [(CAMERAS, "camera"), (None, "all"), (["screen", "audio"], "screen, audio")]
    )
    def test_what_is_counted_is_told(self, kinds: Any, told: str) -> None:
        """Below the times."""
        lines = printed(timeline.load(GUIDE), "concurrency", kinds=kinds)
        assert lines[-1] == f"tracks at once: {told}"

    def test_what_is_no_kind_is_refused(self) -> None:
        """As everywhere."""
        with pytest.raises(ParameterError, match="no kind of stream 'cam'"):
            printed(timeline.load(GUIDE), "concurrency", kinds=["cam"])


class TestCommand:
    def test_without_an_output_a_plot_of_letters_is_printed(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """80 wide and plain where nobody looks at it."""
        monkeypatch.setenv("COLUMNS", "200")
        answer = cli("plot", GUIDE)
        assert (answer.status, answer.err) == (0, "")
        lines = answer.out.splitlines()
        assert lines == [line.rstrip() for line in printed(timeline.load(GUIDE))]
        assert max(map(len, lines)) == 80
        assert "\x1b" not in answer.out

    def test_every_kind_of_plot_is_printed_or_written(self, cli: Cli, tmp_path: Path) -> None:
        """With -o it is a figure."""
        for kind in TEXT_KINDS:
            assert "█" in cli("plot", GUIDE, "--kind", kind).out
            path = tmp_path / f"{kind}.svg"
            answer = cli("plot", GUIDE, "--kind", kind, "-o", path)
            assert (answer.status, answer.out, answer.err) == (0, "", f"wrote {path}\n")
        assert len({path.read_bytes() for path in tmp_path.iterdir()}) == len(TEXT_KINDS)

    def test_options_of_a_kind_reach_it(self, cli: Cli, tmp_path: Path) -> None:
        """Bins as times are written, kinds with commas."""
        for name, options in {
            "presence": ("--kind", "presence"),
            "bin": ("--kind", "presence", "--bin", "2:00"),
            "cameras": ("--kind", "concurrency", "--count", "camera"),
            "all": ("--kind", "concurrency", "--count", "all"),
            "two": ("--kind", "concurrency", "--count", "camera,whiteboard"),
        }.items():
            assert cli("plot", GUIDE, *options, "-o", tmp_path / f"{name}.svg").status == 0
        svg = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
        assert len(set(svg.values())) == 5
        assert cli("plot", GUIDE, "--kind", "concurrency", "--count", "all").out.startswith(" " * 40)

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (("--kind", "heat"), "no plot 'heat'; there are: timeline, presence, concurrency"),
            (("--kind", "heat", "-o", "a.png"), "no plot 'heat'; there are: timeline, presence, concurrency"),
            (("--clock", "wall"), "--clock wall and --bin are of figures; name a file with -o"),
            (("--kind", "presence", "--bin", "10"), "--clock wall and --bin are of figures"),
            (("--count", "all"), "--count is of --kind concurrency"),
            (("--count", "all", "-o", "a.png"), "timeline takes no kinds (--count); concurrency would"),
            (
                ("--kind", "presence", "--bin", "0", "-o", "a.png"),
                "bins of a whole number of ms from 1, got 0",
            ),
            (("--kind", "presence", "--bin", "x", "-o", "a.png"), "expected a time like 0:12:30"),
            (("--kind", "concurrency", "--count", "cam"), "no kind of stream 'cam'"),
            (("--kind", "concurrency", "--count", ""), "no kind of stream ''"),
        ],
    )
    def test_wrong_use_is_one_line_and_status_2(
        self,
        cli: Cli,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        options: tuple[str, ...],
        complaint: str,
    ) -> None:
        """Nothing is printed or written."""
        result = GUIDE.resolve()
        monkeypatch.chdir(tmp_path)
        answer = cli("plot", result, *options)
        assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert complaint in answer.err
        assert names_in(tmp_path) == set()

    def test_names_come_from_a_roster(self, cli: Cli, tmp_path: Path) -> None:
        """As in every command."""
        path = tmp_path / "class.csv"
        path.write_text("user_id,name,role\nios_test1,王老师,teacher\n", encoding="utf-8")
        lines = cli("plot", GUIDE, "--roster", path).out.splitlines()
        assert lines[1].startswith("王老师      █")


class TestTerminals:
    def test_a_terminal_has_colours(self) -> None:
        """Those of the kinds, and of pauses."""
        out = io.StringIO()
        print_plot(
            timeline.load(GUIDE), Console(file=out, width=60, force_terminal=True, color_system="truecolor")
        )
        assert {"38;2;0;114;178", "38;2;0;158;115", "38;2;213;94;0"} <= set(
            re.findall(r"38;2;\d+;\d+;\d+", out.getvalue())
        )

    def test_a_terminal_without_these_letters_has_others(self) -> None:
        """They are as many, and ASCII."""
        raw = io.BytesIO()
        with io.TextIOWrapper(raw, encoding="ascii") as out:
            for kind in TEXT_KINDS:
                print_plot(timeline.load(GUIDE), Console(file=out, highlight=False), kind)
            out.flush()
            text = raw.getvalue().decode("ascii")
        assert (
            "ios_test1   ##########################################|##############..........."
            in text.splitlines()
        )

    def test_neither_matplotlib_nor_fonts_are_needed(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """Letters are there."""
        import sys

        for name in ("matplotlib", "fontTools", "timeline.plotting"):
            monkeypatch.setitem(sys.modules, name, None)
        assert cli("plot", GUIDE).status == 0


def test_a_lesson_of_a_teacher_begins_with_the_teacher() -> None:
    """Lanes are in the order of the tracks."""
    read = lesson(row("amy"), row("lin", 5000), roster=roster(lin="teacher", amy="student"))
    assert list(lanes(printed(read))) == ["Lin", "Amy"]
