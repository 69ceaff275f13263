"""The benchmarks measure what they say: their inputs, their four ways to find gaps, their tables."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import timeline
from benchmarks import page, reading, worker
from benchmarks.gaps import Streams, gaps_of, nested_loop_gaps, streams_of, way_named
from benchmarks.report import (
    DENSE,
    LARGE,
    LESSONS,
    STAGES,
    TO_TEXT,
    WAYS,
    Case,
    CaseReport,
    GapsReport,
    Report,
    Seconds,
    cases_to_measure,
    growth_exponent,
)
from benchmarks.results import TRACKS, make_document, make_documents, make_result
from benchmarks.stages import check_work
from timeline.export.manifest import manifest_text, to_manifest

ROOT = Path(__file__).resolve().parent.parent


def playing_at_most(result: dict[str, Any]) -> int:
    """Return how many files play at once where most do."""
    steps = []
    for row in result["video_info"]:
        steps.append((row["video_play_time"], 1))
        steps.append((row["video_play_time"] + row["video_duration"], -1))
    most = playing = 0
    for _, step in sorted(steps):
        playing += step
        most = max(most, playing)
    return most


@pytest.fixture(scope="module")
def document() -> bytes:
    """A result of 400 files."""
    return make_document(400)


@pytest.fixture(scope="module")
def streams(document: bytes) -> Streams:
    return streams_of(document)


def seconds(stage_s: float) -> dict[str, Seconds]:
    return dict.fromkeys(STAGES, Seconds(stage_s, stage_s))


def case_report(case: Case, stage_s: float) -> CaseReport:
    return CaseReport(case, seconds(stage_s), 1.0, 4_000_000, 9_000_000, 0)


def full_report(large_s: float = 1.0) -> Report:
    """Return a report in which everything takes 10 µs per clip, but 100 000 clips take *large_s*."""
    cases = tuple(
        case_report(case, large_s if case.all_clips == 100_000 else case.all_clips / 100_000)
        for case in cases_to_measure(quick=False)
    )
    found = tuple(GapsReport(10, way, 7, Seconds(0.002, 0.002), Seconds(0.001, 0.001)) for way in WAYS[:3])
    missing = GapsReport(10, WAYS[3], note="not installed, skipped")
    return Report("2020-01-02", "one core", {"Python": "3.11"}, False, cases, (*found, missing))


# --- inputs ----------------------------------------------------------------------------------------------


def test_same_arguments_give_the_same_result() -> None:
    """The generator is deterministic."""
    assert make_document(100) == make_document(100)


def test_another_seed_gives_another_result() -> None:
    """A seed changes the result."""
    assert make_document(100, seed=1) != make_document(100, seed=2)


@pytest.mark.parametrize("clips", [6, 10, 1_001])
def test_result_has_the_size_asked_for(clips: int) -> None:
    """A result lists as many files as asked for, and reading keeps all of them."""
    lesson = timeline.loads(make_document(clips))

    assert sum(len(track.clips) for track in lesson.tracks) == clips


@pytest.mark.parametrize("length_ms", [(5_000, 15_000), (800, 1_200)])
def test_at_most_eight_files_play_at_once(length_ms: tuple[int, int]) -> None:
    """Eight streams are all that ever plays, and they do play together."""
    assert playing_at_most(make_result(1_000, length_ms=length_ms)) == TRACKS == 8


def test_result_agrees_with_itself() -> None:
    """Reading a made-up result gives no doubt about its times."""
    codes = {item.code for item in timeline.loads(make_document(1_000)).findings}

    assert codes <= {"possible_pause", "nothing_recorded"}


def test_rows_are_shuffled() -> None:
    """Rows of one stream do not come in the order of their starts."""
    rows = make_result(100)["video_info"]
    starts_ms = [row["video_play_time"] for row in rows if row["user_id"] == ""]

    assert len(starts_ms) == 13
    assert starts_ms != sorted(starts_ms)


def test_some_files_touch_and_some_leave_a_seam() -> None:
    """Streams hold abutting files, seams of 20 ms and absences."""
    whiteboard = timeline.loads(make_document(1_000)).track("whiteboard")
    holes_ms = {gap.end_ms - gap.start_ms for gap in whiteboard.gaps() if gap.kind == "seam"}
    kinds = {gap.kind for gap in whiteboard.gaps()}

    assert holes_ms == {20}
    assert "absence" in kinds
    assert len(whiteboard.gaps()) < len(whiteboard.clips)


def test_small_lessons_differ() -> None:
    """No two of many small lessons are the same."""
    lessons = list(make_documents(200, 6, tracks=3, length_ms=(300_000, 1_500_000)))

    assert len(set(lessons)) == 200


def test_full_run_measures_the_sizes_of_the_aims() -> None:
    """10, 1 000 and 100 000 clips, and 10 000 lessons of 6, are in the full run."""
    sizes = {(case.family, case.clips, case.number) for case in cases_to_measure(quick=False)}

    assert {(LARGE, 10, 1), (LARGE, 1_000, 1), (LARGE, 100_000, 1), (LESSONS, 6, 10_000)} <= sizes


# --- the four ways ---------------------------------------------------------------------------------------


def test_nested_loop_agrees_with_gaps(streams: Streams) -> None:
    """The plain nested loop finds the gaps that `Track.gaps` finds."""
    assert gaps_of(way_named("nested loop"), streams) == gaps_of(way_named("timeline"), streams)


def test_nested_loop_of_overlapping_and_touching_clips() -> None:
    """Only what no clip covers is a gap."""
    assert nested_loop_gaps([(50, 60), (10, 30), (20, 40), (40, 45)], 70) == [(0, 10), (45, 50), (60, 70)]


@pytest.mark.parametrize("name", ["pyannote.core", "opentimelineio"])
def test_peers_agree_with_gaps(name: str, streams: Streams) -> None:
    """The other libraries find the same gaps to the millisecond."""
    pytest.importorskip(name)  # opentimelineio has no build for CPython 3.14

    assert gaps_of(way_named(name), streams) == gaps_of(way_named("timeline"), streams)


def test_a_way_that_finds_other_gaps_is_no_number(
    tmp_path: Path, document: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong answer ends the run."""
    path = tmp_path / "document"
    path.write_bytes(document)
    wrong = dataclasses.replace(way_named("nested loop"), in_ms=lambda _: {})
    right: Callable[[str], Any] = way_named
    monkeypatch.setattr(worker, "way_named", lambda name: wrong if name == "nested loop" else right(name))

    with pytest.raises(SystemExit, match="nested loop finds other gaps"):
        worker.gaps(str(path), "nested loop", "1")


def test_a_slow_nested_loop_is_stopped(
    tmp_path: Path, document: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes too long has a note and no number."""
    path = tmp_path / "document"
    path.write_bytes(document)
    monkeypatch.setattr("benchmarks.gaps.NESTED_LOOP_LIMIT_S", 0.0)

    answer = worker.gaps(str(path), "nested loop", "1")

    assert (answer["ask"], answer["note"]) == (None, "stopped after 0 s")


def test_a_missing_library_is_skipped(
    tmp_path: Path, document: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a library its lines say so."""
    path = tmp_path / "document"
    path.write_bytes(document)
    monkeypatch.setitem(sys.modules, "pyannote.core", None)

    assert worker.gaps(str(path), "pyannote.core", "1")["note"] == "not installed, skipped"


# --- what is measured ------------------------------------------------------------------------------------


def test_work_that_was_done_passes(document: bytes) -> None:
    """A manifest of all clips is accepted."""
    lesson = timeline.loads(document)

    check_work(document, lesson, manifest_text(lesson))


def test_a_lost_clip_is_seen(document: bytes) -> None:
    """A manifest that lacks a file is not accepted."""
    lesson = timeline.loads(document)
    manifest = to_manifest(lesson)
    segments = manifest["tracks"][0]["segments"]
    segments.remove(next(segment for segment in segments if segment["type"] == "clip"))

    with pytest.raises(ValueError, match="400 files became 399 clips"):
        check_work(document, lesson, json.dumps(manifest))


def test_a_hole_between_segments_is_seen(document: bytes) -> None:
    """Segments that do not tile the lesson are not accepted."""
    lesson = timeline.loads(document)
    manifest = to_manifest(lesson)
    manifest["tracks"][0]["segments"][-1]["end_ms"] -= 1

    with pytest.raises(ValueError, match="tile"):
        check_work(document, lesson, json.dumps(manifest))


@pytest.mark.slow
def test_all_of_a_run_fits_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny run, its children's work done in this process, gives every table."""

    def work(job: str, *arguments: object) -> Any:
        return json.loads(json.dumps(worker.JOBS[job](*map(str, arguments))))

    cases = (
        Case(LARGE, 10, runs=1),
        Case(LARGE, 1_000, runs=1),
        Case(DENSE, 100, runs=1),
        Case(DENSE, 200, runs=1),
        Case(LESSONS, 6, runs=1, number=3, tracks=3),
    )
    monkeypatch.setattr(reading, "_work", work)
    monkeypatch.setattr(reading, "cases_to_measure", lambda *, quick: cases)

    report = reading.measure(quick=True)

    assert [one.case for one in report.cases] == list(cases)
    assert [(one.clips, one.way) for one in report.gaps] == [(n, way) for n in (10, 1_000) for way in WAYS]
    assert all(f"### {title}" in page.numbers(report) for title in page.TITLES)


def test_the_starting_process_stays_small() -> None:
    """Neither timeline nor numpy is loaded where children are started: their peaks would hold it."""
    probe = (
        "import sys, benchmarks.reading\n"
        "print([name for name in ('timeline', 'numpy', 'pydantic') if name in sys.modules])"
    )

    answer = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True)

    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")


def test_reading_does_not_grow_like_a_square() -> None:
    """From 1 000 to 8 000 clips the time of the processor grows by less than n^1.6."""

    def best_s(data: bytes) -> float:
        runs_s = []
        for _ in range(3):
            begun_s = time.process_time()
            to_manifest(timeline.loads(data))
            runs_s.append(time.process_time() - begun_s)
        return min(runs_s)

    small, large = make_document(1_000), make_document(8_000)

    assert math.log(best_s(large) / best_s(small), 8) < 1.6


# --- tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [1, 2])
def test_growth_exponent(exponent: int) -> None:
    """Time that grows as n^k has the exponent k."""
    smaller = case_report(Case(LARGE, 1_000, runs=1), 0.5)
    larger = case_report(Case(LARGE, 10_000, runs=1), 0.5 * 10**exponent)

    assert growth_exponent(smaller, larger, TO_TEXT) == pytest.approx(exponent)


@pytest.mark.parametrize(("large_s", "met"), [(1.4, "yes"), (1.6, "no")])
def test_aim_is_met_or_not(large_s: float, met: str) -> None:
    """The table says whether 100 000 clips are read in time."""
    tables = page.numbers(full_report(large_s))

    assert re.search(
        rf"\| 100 000 clips, loads \+ manifest_text +\| +1\.5 s \| +{large_s:.2f} s \| +{met} \|", tables
    )


@pytest.mark.parametrize(("large_s", "met"), [(1.0, "yes"), (1.5, "no")])
def test_growth_aim_is_met_or_not(large_s: float, met: str) -> None:
    """A step of growth above n^1.1 is told."""
    line = next(
        line for line in page.numbers(full_report(large_s)).splitlines() if "growth to 100 000" in line
    )

    assert line.endswith(f" {met} |")


def test_way_without_number_says_why() -> None:
    """A skipped library has its line, with the reason."""
    assert re.search(r"\| opentimelineio .*not installed, skipped", page.numbers(full_report()))


def test_every_line_of_a_table_has_the_same_columns() -> None:
    """The tables are well-formed Markdown."""
    blocks = re.findall(r"(?:^\|.*\n?)+", page.numbers(full_report()), re.MULTILINE)
    columns = [{line.count("|") for line in block.splitlines()} for block in blocks]

    assert len(blocks) == len(page.TITLES)
    assert all(len(counts) == 1 for counts in columns)


def test_numbers_are_replaced_and_nothing_else() -> None:
    """Writing keeps what stands around the two comments, and can be done again."""
    before = f"# Title\n\n{page.BEGIN}\nold\n{page.END}\n\nEnd.\n"

    after = page.replace_numbers(page.replace_numbers(before, "newer"), "new")

    assert after == f"# Title\n\n{page.BEGIN}\n\nnew\n\n{page.END}\n\nEnd.\n"
    assert page.numbers_in(after) == "new"


def test_page_without_a_place_is_left_alone() -> None:
    """Without the two comments nothing is written."""
    with pytest.raises(ValueError, match="each once"):
        page.replace_numbers("# Title\n", "new")


def test_numbers_in_the_readme_are_of_a_full_run() -> None:
    """benchmarks/README.md holds every table, with every stage and every way, as the script writes them."""
    kept = page.numbers_in(page.README.read_text(encoding="utf-8"))
    headings = re.findall(r"^### (.*)", kept, re.MULTILINE)
    first_cells = set(re.findall(r"^\| (.*?) +\|", kept, re.MULTILINE))

    assert re.match(r"Run of \d{4}-\d\d-\d\d on one core", kept)
    assert headings == list(page.TITLES)
    assert first_cells >= {*STAGES, *WAYS, "10 000 lessons of 6"}
    assert "quick run" not in kept


def test_quick_numbers_are_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """--write with --quick is refused before anything is measured."""
    with pytest.raises(SystemExit):
        reading.main(["--quick", "--write"])

    assert "--write keeps a full run only" in capsys.readouterr().err
