"""The table of formats, its command, and RTTM as pyannote.database reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import timeline
from tests.commands import Answer, run_here, run_process
from tests.conftest import CAMERA, Row, lesson_of, row
from tests.test_plan import results
from timeline.errors import ParameterError
from timeline.export.formats import FORMATS, export_text, write_export
from timeline.export.rttm import to_rttm
from timeline.model import Timeline

GUIDE = "sample_results/guide_example.json"


def run(*arguments: object) -> Answer:
    return run_here("manifest", *arguments, encoding="ascii")


@pytest.mark.parametrize("name", ["json", "webvtt", "iiif"])
def test_a_format_is_printed_and_written(name: str, tmp_path: Path) -> None:
    """As UTF-8, whatever the terminal takes; both are the same."""
    output = tmp_path / f"lesson{FORMATS[name].suffix}"
    printed, written = run(GUIDE, "--format", name), run(GUIDE, "--format", name, "-o", output)
    assert (printed.returncode, written.returncode) == (0, 0), printed.stderr
    assert output.read_text(encoding="utf-8") == printed.stdout.decode("utf-8")
    assert run(GUIDE, "--format", name, "-o", output).returncode == 2
    assert export_text(timeline.load(GUIDE), name).count("\n") == printed.stdout.count(b"\n")


def test_letters_are_utf8_where_the_locale_is_not(tmp_path: Path) -> None:
    """In a process that is told of no locale but C."""
    roster = tmp_path / "class.csv"
    roster.write_text("user_id,name\npc_test1,张老师\n", encoding="utf-8")
    answer = run_process(
        *("manifest", GUIDE, "--format", "iiif", "--roster", roster), env={"PATH": "/usr/bin", "LC_ALL": "C"}
    )
    assert "张老师" in answer.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "edl"], f"no format 'edl'; there are: {', '.join(FORMATS)}"),
        (["--format", "rttm", "--rate", "25"], "rttm takes no rate; otio, mlt would"),
        (["--format", "webvtt", "--base-uri", "https://x"], "webvtt takes no base_uri; iiif would"),
        (["--format", "otio", "--media", "."], "otio takes no media; json would"),
        (["--format", "mlt", "--rate", "0"], "expected a frame rate from 1 to 120"),
    ],
)
def test_what_a_format_does_not_take_is_refused(arguments: list[str], message: str) -> None:
    answer = run(GUIDE, *arguments)
    assert answer.returncode == 2
    assert message in answer.stderr.decode()


def test_options_reach_their_format(guide: Timeline) -> None:
    answer = run(GUIDE, "--format", "otio", "--rate", "25")
    assert json.loads(answer.stdout)["tracks"]["children"][0]["children"][0]["source_range"]["duration"] == {
        "OTIO_SCHEMA": "RationalTime.1",
        "rate": 25.0,
        "value": 3000.0,
    }
    answer = run(
        GUIDE, "--format", "iiif", "--size", "640x360", "--layout", "grid", "--base-uri", "https://x.org/7"
    )
    canvas = json.loads(answer.stdout)["items"][0]
    assert (canvas["id"], canvas["width"]) == ("https://x.org/7/canvas", 640)


def test_an_output_is_replaced_only_when_that_is_wanted(guide: Timeline, tmp_path: Path) -> None:
    from timeline.errors import OutputExistsError

    write_export(guide, tmp_path / "a.vtt", "webvtt")
    with pytest.raises(OutputExistsError):
        write_export(guide, tmp_path / "a.vtt", "webvtt", overwrite=False)
    with pytest.raises(ParameterError, match="no format 'x'"):
        export_text(guide, "x")


@given(results())
def test_rttm_is_read_as_the_clips_to_the_millisecond(rows: list[Row]) -> None:
    """Of every track, by a library for such files."""
    util = pytest.importorskip("pyannote.database.util")
    lesson = lesson_of(*rows)
    found = _read(util, to_rttm(lesson))["7"]
    wanted = sorted((c.start_ms, c.end_ms, t.id) for t in lesson.tracks for c in t.clips)
    assert found == wanted


def test_names_stay_in_their_field() -> None:
    """Blanks and line breaks of a stranger end neither field nor line."""
    util = pytest.importorskip("pyannote.database.util")
    text = to_rttm(lesson_of(row(CAMERA, "a b\n<NA> 张", 0, 1000)))
    assert text.count("\n") == 1
    assert _read(util, text) == {"7": [(0, 1000, "camera:a%20b%0A%3CNA%3E%20%E5%BC%A0")]}


def _read(util: Any, text: str) -> dict[str, list[tuple[int, int, str]]]:
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".rttm") as file:
        file.write(text)
        file.flush()
        read = util.load_rttm(file.name)
    return {
        room: sorted(
            (round(segment.start * 1000), round(segment.end * 1000), label)
            for segment, _, label in annotation.itertracks(yield_label=True)
        )
        for room, annotation in read.items()
    }
