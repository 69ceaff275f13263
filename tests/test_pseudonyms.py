"""Sharing figures, not people: nothing that names anybody is left, and no figure changes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import timeline
from tests.builders import board, lesson, result_bytes, roster, row
from timeline.analysis.many import measure_results
from timeline.analysis.measure import measure_lesson
from timeline.analysis.presence import PRESENCE_COLUMNS
from timeline.analysis.pseudonyms import pseudonym, pseudonymised, pseudonymised_roster
from timeline.analysis.table import TEXT
from timeline.errors import ParameterError
from timeline.model import Timeline
from timeline.roster import Roster

NAMES = ("amy", "Amy", "bo", "1234", "media.example", "id-", "77")
CLASS = roster(amy="teacher")


def named() -> Timeline:
    """Return a lesson whose strings are easy to find, with a finding that names a user."""
    return lesson(
        row("amy", 0, 10_000), row("amy", 4000, 9000), row("bo"), board(), roster=CLASS, task_id="77"
    )


def texts(measured: Timeline, people: Roster | None = None) -> str:
    """Return all tables of a lesson, and the lesson itself, as one text."""
    tables = measure_lesson(measured, roster=people).tables.values()
    return "\n".join([*(table.to_json() for table in tables), repr(dataclasses.asdict(measured))])


def test_nothing_that_names_anybody_is_left() -> None:
    """In no table, finding or field; before that every one of these is there."""
    read = named()
    expected = pseudonymised_roster(roster(amy="teacher", bo="student"), "salt")

    assert [name for name in NAMES if name not in texts(read)] == []
    assert read.findings
    assert [name for name in NAMES if f'{name}"' in texts(pseudonymised(read, "salt"), expected)] == []
    assert "media.example" not in texts(pseudonymised(read, "salt"))
    assert "Amy" not in texts(pseudonymised(read, "salt"), expected)


def test_no_figure_changes() -> None:
    """But for names, users have the same rows, and a roster still fits."""
    read = named()
    people = roster(amy="teacher", bo="student", cy="student")
    figures = [column.name for column in PRESENCE_COLUMNS if column.kind != TEXT]
    open_rows, hidden_rows = (
        [[values[name] for name in figures] for values in measures.tables["users"].rows()]
        for measures in (
            measure_lesson(read, roster=people),
            measure_lesson(pseudonymised(read, "s"), roster=pseudonymised_roster(people, "s")),
        )
    )

    assert len(open_rows) == 3
    assert open_rows == hidden_rows


def test_the_same_user_has_the_same_pseudonym_in_every_lesson() -> None:
    """With the same salt; that is what makes terms comparable."""
    assert pseudonymised(named(), "s").tracks[0].user_id == pseudonym("amy", "s")
    assert pseudonym("amy", "s") != pseudonym("amy", "t")


def test_no_salt_is_no_pseudonym() -> None:
    """Anybody could try ids."""
    with pytest.raises(ParameterError, match="salt"):
        pseudonymised(named(), "")


NO_LESSONS = {"guide_callback_record_started", "tiw_record_search"}
SAMPLES = [path for path in sorted(Path("sample_results").glob("*.json")) if path.stem not in NO_LESSONS]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_lose_their_urls(path: Path) -> None:
    """Every dialect."""
    read = timeline.load(path)
    hidden = texts(pseudonymised(read, "salt"))

    assert "http" not in hidden
    assert [track.user_id for track in read.tracks if track.user_id and f'"{track.user_id}"' in hidden] == []


def test_many_lessons_are_named_by_pseudonyms_as_well(tmp_path: Path) -> None:
    """Their ids, and what could not be read."""
    good, bad = tmp_path / "amys-class.json", tmp_path / "bos-class.json"
    good.write_bytes(result_bytes(row("amy")))
    bad.write_bytes(b"{}")
    tables = measure_results([good, bad], pseudonymise="salt").tables

    lessons = tables["lessons"].to_json()
    assert tables["lessons"]["lesson_id"].tolist() == [
        pseudonym(name, "salt", of="lesson") for name in ("amys-class", "bos-class")
    ]
    assert [word for word in ("amy", "bos", str(tmp_path)) if word in lessons] == []
    with pytest.raises(ParameterError, match="salt"):
        measure_results([good], pseudonymise="")
