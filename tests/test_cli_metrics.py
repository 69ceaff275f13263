"""The command metrics: one lesson for people, many for programs, a broken one as a row."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet

import timeline
from tests.builders import result_bytes, row
from tests.conftest import Cli
from timeline.analysis.many import measure_results
from timeline.analysis.measure import measure_lesson
from timeline.analysis.schemas import SCHEMAS

SAMPLES = Path(__file__).parent.parent / "sample_results"
GUIDE = SAMPLES / "guide_example.json"
STARTED = SAMPLES / "guide_callback_record_started.json"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables for people follow the terminal."""
    monkeypatch.setenv("COLUMNS", "200")


def test_one_lesson_is_told_in_words(cli: Cli) -> None:
    """What the guide's example comes to."""
    out = cli("metrics", GUIDE).out

    assert "anybody on camera   coverage camera 83 %" in out
    assert [line.split() for line in out.splitlines() if line.startswith("pc_test1")] == [
        ["pc_test1", "-", "0:13:30", "56", "%", "0:05:00", "0:18:30", "0", "0", "0:00:00"]
    ]


def test_all_tables_are_one_json_document(cli: Cli) -> None:
    """The same values as in the library."""
    document = json.loads(cli("metrics", GUIDE, "--json").out)
    tables = measure_lesson(timeline.load(GUIDE), lesson_id="guide_example").tables

    assert list(document) == list(SCHEMAS)
    assert document["users"] == list(tables["users"].rows())
    assert document["clips"] == list(tables["clips"].rows())


def test_one_table_can_be_asked_for(cli: Cli) -> None:
    """As CSV on stdout, which others read."""
    lines = list(
        csv.DictReader(io.StringIO(cli("metrics", GUIDE, "--table", "spans", "--format", "csv").out))
    )

    assert [(line["track_id"], line["end_ms"]) for line in lines] == [
        ("camera:ios_test1", "1200000"),
        ("camera:pc_test1", "1110000"),
        ("whiteboard", "1440000"),
    ]


def test_all_tables_are_a_folder_of_files(cli: Cli, tmp_path: Path) -> None:
    """Which is not written over."""
    folder = tmp_path / "tables"
    cli("metrics", GUIDE, "--format", "parquet", "-o", folder)

    assert {path.stem for path in folder.iterdir()} == set(SCHEMAS)
    assert parquet.read_table(folder / "users.parquet").num_rows == 2
    again = cli("metrics", GUIDE, "--format", "parquet", "-o", folder)
    assert again.status == 2
    assert "--force" in again.err


def test_a_broken_lesson_is_a_row_of_its_own(cli: Cli) -> None:
    """Between others; the status is that of the whole."""
    answer = cli("metrics", GUIDE, STARTED, GUIDE, "--table", "lessons", "--json")
    rows = json.loads(answer.out)

    assert [line["lesson_id"] for line in rows] == [
        "guide_example",
        "guide_callback_record_started",
        "guide_example#2",
    ]
    assert [line["users"] for line in rows] == [2, None, 2]
    assert "recording has started" in rows[1]["error"]
    assert (answer.status, "recording has started" in answer.err) == (0, True)


def test_where_none_can_be_read_the_status_says_so(cli: Cli) -> None:
    """And the rows are there all the same."""
    answer = cli("metrics", STARTED, "--table", "lessons", "--json")

    assert answer.status == 2
    assert len(json.loads(answer.out)) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--table", "people"], "no table 'people'"),
        (["--format", "xlsx"], "no format 'xlsx'"),
        (["--format", "parquet"], "-o"),
        (["-o", "x"], "--format"),
        ([str(STARTED), "--task", "7"], "one RESULT"),
    ],
)
def test_what_does_not_fit_together_is_refused(cli: Cli, options: list[str], says: str) -> None:
    """With what to do."""
    answer = cli("metrics", GUIDE, *options)

    assert answer.status == 2
    assert says in answer.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--vad", "fast"], "no speech detector 'fast'; there are: energy, silero"),
        (["--media", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_what_is_wrong_for_every_lesson_is_told_once(cli: Cli, options: list[str], says: str) -> None:
    """And is no row of each."""
    for command in (["metrics", GUIDE, GUIDE], ["report", GUIDE, "-o", "never.html"]):
        answer = cli(*command, *options)

        assert (answer.status, answer.out) == (2, "")
        assert answer.err.count(says) == 1


def test_standard_input_is_one_lesson(cli: Cli) -> None:
    answer = cli("metrics", GUIDE, "-")

    assert (answer.status, answer.out) == (2, "")
    assert "give it alone" in answer.err


def test_a_result_is_never_the_output(cli: Cli, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    result.write_bytes(Path(GUIDE).read_bytes())
    answer = cli("metrics", GUIDE, result, "--format", "json", "-o", result, "--force")

    assert (answer.status, answer.out) == (2, "")
    assert "is the result itself" in answer.err
    assert result.read_bytes() == Path(GUIDE).read_bytes()


def test_late_is_measured_from_the_class(cli: Cli) -> None:
    """Pc came on at 5:00."""
    rows = json.loads(cli("metrics", GUIDE, "--class-start", "4:00", "--table", "users", "--json").out)

    assert [line["late_on_ms"] for line in rows] == [0, 60_000]


def test_lessons_are_named_by_task_else_folder_else_file(tmp_path: Path) -> None:
    """And no two alike."""
    (tmp_path / "monday").mkdir()
    (tmp_path / "monday" / "result.json").write_bytes(result_bytes(row("amy")))
    (tmp_path / "b.json").write_bytes(result_bytes(row("amy"), task_id="t-1"))
    named = measure_results(
        [tmp_path / "monday", tmp_path / "monday" / "result.json", tmp_path / "b.json", tmp_path / "b.json"]
    )

    assert named.tables["lessons"]["lesson_id"].tolist() == ["monday", "monday#2", "t-1", "t-1#2"]


def test_what_was_measured_is_told_by_its_bytes(tmp_path: Path) -> None:
    """SHA-256, here as sha256sum says it."""
    path = tmp_path / "a.json"
    path.write_bytes(b"no json")
    (known,) = measure_results([GUIDE]).tables["lessons"]["result_sha256"]
    (unknown,) = measure_results([path]).tables["lessons"]["result_sha256"]

    assert known == "c8a9955accf52425e7ab220db115e4e61fa99e8e81d475995804de3716014798"
    assert unknown is None
