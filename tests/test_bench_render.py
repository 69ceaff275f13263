"""The benchmark of renders: its inputs, what it measures, its tables."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import render, render_page
from benchmarks.render_cost import CommandFailedError, Cost, measure
from benchmarks.render_material import FULL, GUIDE, HOUR, QUICK, Lesson, Row, lesson_names, rows_of
from benchmarks.render_report import (
    BOARD,
    BOARD_KEPT,
    BOARD_VFR,
    CHECKS,
    DECODE,
    ENCODE,
    GRAPH,
    GRAPH_FREE,
    KEPT,
    MOVIEPY,
    PARTS,
    RENAMED,
    SOUND,
    TIMELINE,
    WINDOW,
    RenderCase,
    RenderNumbers,
    growth,
    read_numbers,
    write_numbers,
)
from benchmarks.render_ways import Place, busiest_ms, graph_command

ROOT = Path(render.__file__).parent.parent


def cost(wall_s: float, cpu_s: float, peak_mib: int = 100) -> Cost:
    return Cost(wall_s, cpu_s, peak_mib << 20, 0.0)


def guide(
    timeline: Cost | None = None,
    graph: Cost | None = None,
    moviepy: Cost | None = None,
    renamed_s: float = 1.0,
) -> RenderCase:
    costs = {TIMELINE: timeline or cost(10, 20), GRAPH: graph or cost(12, 20), DECODE: cost(1, 1)}
    costs |= dict.fromkeys(PARTS, cost(6, 6)) | {RENAMED + "ann": cost(1, renamed_s), WINDOW: cost(1, 1)}
    costs[MOVIEPY] = moviepy or cost(10, 10)
    apart = {"import": 0.5, "examine": 0.5, "plan": 0.1, "verify": 0.5, "loudness": 1.0}
    return RenderCase(GUIDE, 100.0, 6, 1, 10.0, costs, apart, {"melt": "not installed"})


def clips(count: int, timeline: Cost) -> RenderCase:
    return RenderCase(
        f"clips_{count}", count * 1.25, count, 1, 10.0, {TIMELINE: timeline, GRAPH: cost(60, 60)}
    )


def numbers(*cases: RenderCase) -> RenderNumbers:
    return RenderNumbers("2026-01-01", "a machine", {"ffmpeg": "9"}, False, {one.name: one for one in cases})


def aim(text: str, *cases: RenderCase) -> tuple[str, str]:
    """Return (measured, met) of the aim whose line begins with *text*."""
    lines = render_page.tables(numbers(*cases)).splitlines()
    line = next(line for line in lines if line.startswith(f"| {text}"))
    *_, measured, met, _ = (cell.strip() for cell in line.split("|"))
    return measured, met


# --- material --------------------------------------------------------------------------------------------


def test_the_guide_is_a_fifth_as_long() -> None:
    """Six files, 288 s, two people and a board."""
    rows = rows_of(GUIDE, FULL)

    assert len(rows) == 6
    assert max(row.start_ms + row.length_ms for row in rows) == 288_000
    assert {row.user for row in rows} == {"ios_test1", "pc_test1", ""}


@pytest.mark.parametrize("name", lesson_names(FULL))
def test_clips_of_a_person_do_not_overlap(name: str) -> None:
    """But for the one file that is shown at many places, which overlaps itself nowhere in a track either."""
    ends: dict[str, int] = {}
    for row in sorted(rows_of(name, FULL), key=lambda row: row.start_ms):
        assert row.start_ms >= ends.get(row.user, 0)
        ends[row.user] = row.start_ms + row.length_ms


def test_the_lesson_of_300_clips_lasts_375_s() -> None:
    """Four seconds each, of four people, staggered."""
    rows = rows_of("clips_300", FULL)

    assert (len(rows), len({row.user for row in rows})) == (300, 4)
    assert rows[-1].start_ms + rows[-1].length_ms == pytest.approx(375_000, rel=0.01)


def test_the_busiest_window(tmp_path: Path) -> None:
    """It begins where most plays at once."""
    rows = tuple(Row(start_ms, 5_000, "ann", "camera_0", "1") for start_ms in (0, 20_000, 21_000))

    assert busiest_ms(Lesson("x", tmp_path, "grid", rows), 4_000) == 21_000


# --- cost ------------------------------------------------------------------------------------------------


def test_the_whole_tree_is_measured(tmp_path: Path) -> None:
    """What a child of the command spends and holds counts."""
    inner = "x = bytearray(150 << 20)\nfor n in range(3_000_000): pass"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"

    found = measure([sys.executable, "-c", outer], folder=tmp_path)

    assert found.peak_bytes > 150 << 20
    assert found.cpu_s > 0.05
    assert found.wall_s > 0.05


def test_a_failed_command_is_no_number(tmp_path: Path) -> None:
    """The error holds what the command said."""
    with pytest.raises(CommandFailedError, match="status 3: oh dear"):
        measure([sys.executable, "-c", "print('oh dear'); raise SystemExit(3)"], folder=tmp_path)


def test_medians_of_runs() -> None:
    """Times are medians; the peak is the largest."""
    runs = [cost(1, 5, 10), cost(3, 1, 30), cost(2, 2, 20)]

    assert Cost.median_of(runs) == Cost(2, 2, 30 << 20, 0.0)


def test_the_starting_process_stays_small() -> None:
    """Neither timeline nor numpy is loaded where commands are started: their peaks would hold it."""
    probe = (
        "import sys, benchmarks.render\n"
        "print([name for name in ('timeline', 'numpy', 'pydantic') if name in sys.modules])"
    )

    answer = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True)

    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")


# --- commands --------------------------------------------------------------------------------------------


def test_the_graph_shifts_shows_and_mixes(tmp_path: Path) -> None:
    """Each file at its time and place, the sound of cameras only, timeline's own encoder settings."""
    rows = (Row(0, 9_000, "", "board", "1"), Row(2_500, 4_000, "ann", "camera_0", "2"))
    lesson, places = Lesson("x", tmp_path, "stage", rows), (Place(8, 8, 938, 704), Place(960, 10, 304, 228))

    command = graph_command("ffmpeg", lesson, places, tmp_path / "x.mp4", threads=1)
    graph = (tmp_path / "x.graph").read_text(encoding="utf-8")

    assert "[1:v]setpts=PTS-STARTPTS+2.5/TB,scale=304:228" in graph
    assert "overlay=960:10:eof_action=pass:enable='between(t,2.5,6.5)'" in graph
    assert "[a1]amix=inputs=1" in graph
    assert " ".join(command).count("-preset veryfast -crf 23 -g 150 -pix_fmt yuv420p -threads 1") == 1


def test_encoder_settings_are_those_of_timeline() -> None:
    """Both sides encode alike: otherwise a comparison says nothing."""
    from fractions import Fraction

    from benchmarks.render_ways import SOUND_OPTIONS, picture_options
    from timeline.render.encoders import Encoding, encoder_options
    from timeline.render.sound import master_arguments

    own = encoder_options(Encoding(), (1280, 720), Fraction(15))
    mine = dict(zip(picture_options(1)[::2], picture_options(1)[1::2], strict=True))
    sound = master_arguments("list", 1000, "out")

    assert {name: mine[f"-{name}"] for name in ("preset", "crf", "g", "pix_fmt", "threads")} == {
        name: str(own[name]) for name in ("preset", "crf", "g", "pix_fmt", "threads")
    }
    for value in ("aac", "fast", "96k", "48000"):
        assert value in SOUND_OPTIONS
        assert value in sound


def test_the_gain_of_a_sparse_stretch_leaves_out_what_makes_no_picture() -> None:
    """10 s of pictures instead of 5, beside 2 s for all else."""
    costs = {TIMELINE: cost(1, 1), BOARD: cost(9, 12), BOARD_VFR: cost(5, 7), BOARD_KEPT: cost(2, 2)}
    case = RenderCase(HOUR, 3600.0, 5, 1, 10.0, costs)
    assert case.sparse_gain == 2.0
    numbers = RenderNumbers("2026-01-01", "a machine", {}, quick=False, cases={HOUR: case})
    (line,) = [line for line in render_page.tables(numbers).splitlines() if "--vfr" in line and "≥" in line]
    assert "2.00 | yes" in line


# --- all of a run ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        pytest.param("clips_8", {TIMELINE, GRAPH, GRAPH_FREE, *PARTS}, marks=pytest.mark.slow),
        pytest.param(HOUR, {BOARD, BOARD_VFR, BOARD_KEPT}, marks=pytest.mark.slow),
        pytest.param(GUIDE, {KEPT, RENAMED + "ios_test1", WINDOW}, marks=pytest.mark.slow),
    ],
)
def test_all_of_a_run_fits_together(
    name: str, ways: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lesson of some seconds, really rendered, gives numbers that are kept and every table."""
    status = render.main(["--quick", "--only", name, "--folder", str(tmp_path)])

    found = read_numbers(tmp_path / "quick.json").cases[name]
    assert status == 0
    assert ways <= found.costs.keys()
    assert set(CHECKS) < found.apart.keys()
    assert (found.notes.get(MOVIEPY) == "not installed") == (name == GUIDE)
    assert name == HOUR or found.costs[SOUND].cpu_s < found.costs[ENCODE].cpu_s
    said = capsys.readouterr().out
    assert all(f"### {title}" in said for title in render_page.TITLES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--quick", "--write"], "--write keeps a full run only"), (["--only", "x"], "no such lesson: x")],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is measured."""
    with pytest.raises(SystemExit):
        render.main(arguments)

    assert message in capsys.readouterr().err


def test_quick_lessons_have_the_same_names() -> None:
    """All but those that are called by a number of clips."""
    assert {*lesson_names(QUICK)} - {*lesson_names(FULL)} == {"clips_4", "clips_8"}


# --- tables ----------------------------------------------------------------------------------------------


def test_numbers_are_kept(tmp_path: Path) -> None:
    """What is written is read back."""
    kept = numbers(guide(), clips(12, cost(1, 1)))

    write_numbers(kept, tmp_path / "numbers.json")

    assert read_numbers(tmp_path / "numbers.json") == kept


@pytest.mark.parametrize(("cpu_s", "expected"), [(21.7, ("1.15", "yes")), (22.0, ("1.17", "no"))])
def test_aim_of_the_parts(cpu_s: float, expected: tuple[str, str]) -> None:
    """Hashing and verification, here one second, are not counted."""
    assert aim("guide: CPU without checks", guide(cost(10, cpu_s))) == expected


@pytest.mark.parametrize(("free_s", "expected"), [(12, ("1.10", "yes")), (9, ("0.90", "no"))])
def test_aim_against_the_graph_takes_the_faster_one(free_s: float, expected: tuple[str, str]) -> None:
    """With x264's own threads the graph may be faster."""
    case = guide(cost(10, 20), cost(11, 20))
    case = dataclasses.replace(case, costs=case.costs | {GRAPH_FREE: cost(free_s, 20)})

    assert aim("guide: wall of the faster graph", case) == expected


@pytest.mark.parametrize(("wall_s", "expected"), [(6, ("6.00", "yes")), (5, ("5.00", "no"))])
def test_aim_against_moviepy(wall_s: float, expected: tuple[str, str]) -> None:
    """Ten seconds are scaled up to the lesson."""
    assert aim("guide: wall of moviepy", guide(moviepy=cost(wall_s, 1))) == expected


@pytest.mark.parametrize(("renamed_s", "expected"), [(2.0, ("10.0%", "yes")), (3.0, ("15.0%", "no"))])
def test_aim_of_a_renamed_person(renamed_s: float, expected: tuple[str, str]) -> None:
    """By CPU, of the first run."""
    assert aim("guide: CPU of a rerun, ann renamed", guide(renamed_s=renamed_s)) == expected


@pytest.mark.parametrize(("peak_mib", "met"), [(600, "yes"), (601, "no")])
def test_aim_of_memory(peak_mib: int, met: str) -> None:
    """By the largest single process."""
    assert aim("guide: peak", guide(cost(10, 20, peak_mib))) == (f"{peak_mib} MiB", met)


@pytest.mark.parametrize("exponent", [1.0, 1.5])
def test_aim_of_growth(exponent: float) -> None:
    """CPU that grows as n^k has the exponent k."""
    few, many = clips(100, cost(1, 1)), clips(300, cost(1, 3**exponent))

    assert growth(few, many) == pytest.approx(exponent)
    assert aim("growth of CPU, 100 clips to 300", few, many)[1] == ("yes" if exponent == 1 else "no")


def test_every_line_of_a_table_has_the_same_columns() -> None:
    """The tables are well-formed Markdown."""
    text = render_page.tables(numbers(guide(), clips(100, cost(9, 9)), clips(300, cost(30, 30))))
    blocks = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)

    assert len(blocks) == len(render_page.TITLES)
    assert all(len({line.count("|") for line in block.splitlines()}) == 1 for block in blocks)


def test_tables_are_replaced_and_nothing_else() -> None:
    """Writing keeps what stands around the two comments, and can be done again."""
    before = f"# Title\n\n{render_page.BEGIN}\nold\n{render_page.END}\n\nEnd.\n"

    after = render_page.replace_tables(render_page.replace_tables(before, "newer"), "new")

    assert after == f"# Title\n\n{render_page.BEGIN}\n\nnew\n\n{render_page.END}\n\nEnd.\n"


def test_the_readme_holds_every_table() -> None:
    """Of a full run, as the script writes them."""
    page = render_page.README.read_text(encoding="utf-8")
    kept = page.partition(render_page.BEGIN)[2].partition(render_page.END)[0]

    assert re.findall(r"^### (.*)", kept, re.MULTILINE) == list(render_page.TITLES)
    assert "quick run" not in kept
