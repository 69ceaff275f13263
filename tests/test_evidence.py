"""What the media of a lesson say, in its tables: the bundled lesson whole, a file less, without roles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.conftest import Cli
from timeline.analysis import profiles
from timeline.analysis.evidence import MediaOptions
from timeline.analysis.many import measure_results
from timeline.analysis.measure import Measures, measure_lesson
from timeline.analysis.table import TEXT, Table
from timeline.errors import FFmpegNotFoundError
from timeline.roster import read_roster
from timeline.samples import sample_lesson_folder

FOLDER = sample_lesson_folder()
MEDIA = FOLDER / "media"
ROSTER = FOLDER / "roster.csv"
OF_MEDIA = ("speech", "turns", "transitions", "waits", "fiac3s", "boards", "files")


@pytest.fixture
def cache(measured_cache: Path) -> Path:
    """A store that all tests share, so that each file is decoded once."""
    return measured_cache


def measured(cache: Path, media: Path = MEDIA, *, roster: Path | None = ROSTER, **options: Any) -> Measures:
    """Return the tables of the bundled lesson."""
    lesson = timeline.load(FOLDER, roster=roster)
    return measure_lesson(lesson, media=MediaOptions(media, cache), **options)


def the_lesson(measures: Measures) -> dict[str, Any]:
    """Return the only row of lessons."""
    (row,) = measures.tables["lessons"].rows()
    return row


def users_of(measures: Measures) -> dict[str, dict[str, Any]]:
    """Return the rows of users by their ids."""
    return {str(row["user_id"]): dict(row) for row in measures.tables["users"].rows()}


@pytest.fixture
def one_less(tmp_path: Path) -> Path:
    """The media without a file of Bo's camera."""
    folder = tmp_path / "media"
    shutil.copytree(MEDIA, folder)
    lesson = timeline.load(FOLDER)
    url = lesson.track("camera:bo").clips[0].media.url
    assert url is not None
    (folder / url.rpartition("/")[2]).unlink()
    return folder


def test_the_whole_lesson_is_heard_and_seen(cache: Path) -> None:
    """Every table has rows, every user is heard as long as the camera is on, and all parts fit together."""
    measures = measured(cache)
    lesson = the_lesson(measures)
    users = users_of(measures).values()

    assert [name for name in OF_MEDIA if measures.tables[name].row_count == 0] == []
    assert (lesson["files"], lesson["files_lost"], lesson["vad"]) == (11, 0, "energy")
    assert all(row["mic_on_ms"] == row["camera_on_ms"] == row["picture_seen_ms"] for row in users)
    assert sum(row["talk_ms"] for row in users) == lesson["talk_ms"]
    parts = ("teacher_only_ms", "students_only_ms", "both_ms", "others_only_ms", "nobody_ms")
    assert sum(lesson[name] for name in parts) == lesson["heard_ms"]
    bins: list[dict[str, Any]] = list(measures.tables["bins"].rows())
    assert all(sum(row[name] for row in bins) == lesson[name] for name in parts)


def test_talk_is_that_of_the_script(cache: Path) -> None:
    """The teacher speaks for most of the time; the lesson's own script gives each line's seconds."""
    users = users_of(measured(cache))

    assert users["lin_teacher"]["talk_share"] == pytest.approx(0.78, abs=0.04)
    assert users["bo"]["turns"] == users["amy"]["turns"] == 4


def test_while_a_voice_is_lost_nothing_of_talk_is_measured(cache: Path, one_less: Path) -> None:
    """It may have spoken, and leaked into the others' microphones; the rest is measured as ever."""
    measures = measured(cache, one_less)
    lesson, whole = the_lesson(measures), the_lesson(measured(cache))
    users = users_of(measures)
    (lost,) = [row for row in measures.tables["files"].rows() if row["lost"]]
    gone = timeline.load(FOLDER).track("camera:bo").clips[0]

    assert (lesson["files_lost"], lost["lost"], lost["user_id"]) == (1, "file missing", "bo")
    assert lesson["talk_lost_ms"] == gone.duration_ms
    assert lesson["heard_ms"] == whole["heard_ms"] - gone.duration_ms
    assert users["lin_teacher"]["mic_on_ms"] == 74_980 - gone.duration_ms
    speech = measures.tables["speech"]
    assert not ((speech["start_ms"] < gone.end_ms) & (speech["end_ms"] > gone.start_ms)).any()
    assert users["bo"]["is_heard_whole"] is False
    parts = ("teacher_only_ms", "students_only_ms", "both_ms", "others_only_ms", "nobody_ms")
    assert sum(lesson[name] for name in parts) == lesson["heard_ms"]


def test_a_leak_of_a_lost_voice_is_nobodys(cache: Path, tmp_path: Path) -> None:
    """Without the teacher's files the gate has nothing to compare with: nobody is said to talk."""
    folder = tmp_path / "media"
    shutil.copytree(MEDIA, folder)
    for clip in timeline.load(FOLDER).track("camera:lin_teacher").clips:
        (folder / str(clip.media.url).rpartition("/")[2]).unlink()
    measures = measured(cache, folder)
    lesson = the_lesson(measures)

    assert lesson["talk_lost_ms"] == 74_980
    assert (lesson["heard_ms"], lesson["talk_ms"]) == (20, 0)
    assert measures.tables["turns"].row_count == measures.tables["speech"].row_count == 0


def test_without_roles_there_is_no_teacher(cache: Path) -> None:
    """Silence needs none."""
    lesson = the_lesson(measured(cache, roster=None))

    assert lesson["teacher_talk_ratio"] is lesson["teacher_only_ms"] is lesson["wait_time_1_count"] is None
    assert lesson["silence_ratio"] == the_lesson(measured(cache))["silence_ratio"]


def test_where_no_file_is_found_everything_of_media_is_missing(cache: Path, tmp_path: Path) -> None:
    """Not zero; and it is told which files there should be."""
    measures = measured(tmp_path / "store", tmp_path)
    lesson = the_lesson(measures)

    assert [name for name in OF_MEDIA if measures.tables[name].row_count] == ["files"]
    assert set(measures.tables["files"]["lost"]) == {"file missing"}
    assert (lesson["files"], lesson["files_lost"], lesson["heard_ms"], lesson["vad"]) == (11, 11, None, None)
    assert [row["talk_ms"] for row in measures.tables["users"].rows()] == [None] * 3


def test_what_was_measured_once_is_not_decoded_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives the same."""
    first = measured(cache)

    def decode(*_: object, **__: object) -> None:
        raise AssertionError("a file was decoded")

    monkeypatch.setattr(profiles, "decode_sound", decode)
    monkeypatch.setattr(profiles, "decode_picture", decode)
    again = measured(cache)

    assert {name: table.to_json() for name, table in first.tables.items()} == {
        name: table.to_json() for name, table in again.tables.items()
    }


def figures(table: Table, columns: list[str]) -> list[str]:
    """Return the rows with these columns alone, in an order that hangs on no name."""
    return sorted(repr([row[name] for name in columns]) for row in table.rows())


def test_pseudonyms_change_no_figure_and_leave_no_name(cache: Path) -> None:
    """Files are found by their names, which are gone from the tables."""
    first = measured(cache, roster=ROSTER)
    hidden = measured(cache, pseudonymise="salt")

    for name, table in first.tables.items():
        numbers = [column.name for column in table.schema.columns if column.kind != TEXT]
        assert figures(table, numbers) == figures(hidden.tables[name], numbers)
    text = "".join(table.to_json() for table in hidden.tables.values())
    names = [person.name for person in read_roster(ROSTER).people.values()]
    assert [name for name in (*names, "lin_teacher", "20240603", ".mp4") if name and name in text] == []


def test_the_command_finds_media_beside_the_result(cli: Cli, cache: Path) -> None:
    """Unless it is told not to look."""
    rows = [
        json.loads(cli("metrics", FOLDER, "--table", "lessons", "--json", "--cache", cache, *options).out)[0]
        for options in ([], ["--no-media"])
    ]

    assert [row["heard_ms"] for row in rows] == [75_000, None]


def test_the_report_says_who_spoke(cli: Cli, cache: Path, tmp_path: Path) -> None:
    """With the same figures."""
    page = tmp_path / "report.html"
    answer = cli("report", FOLDER, "-o", page, "--roster", ROSTER, "--cache", cache)

    assert answer.status == 0, answer.err
    assert "Who spoke" in page.read_text(encoding="utf-8")
    assert "users.talk_ms" in page.read_text(encoding="utf-8")


def test_a_lesson_whose_media_cannot_be_listed_keeps_its_name(tmp_path: Path) -> None:
    """It is a row with the reason; another one of that name is the second."""
    measures = measure_results([FOLDER, FOLDER], media=MediaOptions(tmp_path / "none"))

    assert measures.tables["lessons"]["lesson_id"].tolist() == [FOLDER.name, f"{FOLDER.name}#2"]
    assert all("none" in error for error in measures.tables["lessons"]["error"])


def test_what_is_not_installed_is_no_lessons_fault(tmp_path: Path) -> None:
    """It ends the work, with what to do."""
    with pytest.raises(FFmpegNotFoundError):
        measure_results([FOLDER], media=MediaOptions(MEDIA, tmp_path, ffmpeg=tmp_path / "no-ffmpeg"))
