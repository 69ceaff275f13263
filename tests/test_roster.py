"""Rosters: names and roles from CSV or JSON, and what is odd about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import timeline
from tests.builders import board, codes, lesson, result_bytes, roster, row
from timeline.errors import RosterError
from timeline.roster import Person, Roster, read_roster

AMY = Person("amy", "Amy Wu", "student")
LIN = Person("lin", "Ms Lin", "teacher")


def read(tmp_path: Path, content: str | bytes) -> Roster:
    """Return the roster in a file with this content."""
    path = tmp_path / "class.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_roster(path)


@pytest.mark.parametrize(
    "content",
    [
        "user_id,name,role\namy,Amy Wu,student\nlin,Ms Lin,teacher\n",
        "role,extra,name,user_id\nstudent,1,Amy Wu,amy\nteacher,,Ms Lin,lin\n",
        "\ufeffuser_id,name,role\r\namy,Amy Wu,student\r\nlin,Ms Lin,teacher\r\n",
        ' user_id , name , role \n amy , Amy Wu , Student \n\n,,\nlin,"Ms Lin",TEACHER\n',
        '[{"user_id":"amy","name":"Amy Wu","role":"student"},'
        '{"user_id":"lin","name":"Ms Lin","role":"teacher"}]',
    ],
    ids=["csv", "any columns", "from excel", "blanks and capitals", "json"],
)
def test_a_roster_can_be_written_like_this(content: str, tmp_path: Path) -> None:
    """CSV with a header line in any order, or a JSON list; blanks and capitals do not matter."""
    assert read(tmp_path, content) == Roster({"amy": AMY, "lin": LIN})


def test_name_and_role_may_be_missing(tmp_path: Path) -> None:
    """Only the user id is needed."""
    assert read(tmp_path, "user_id\namy\n").people == {"amy": Person("amy", None, None)}


def test_a_json_id_may_be_a_number(tmp_path: Path) -> None:
    """Ids are text; a number is taken as its digits."""
    assert list(read(tmp_path, '[{"user_id":42}]').people) == ["42"]


def test_an_unknown_role_is_a_finding(tmp_path: Path) -> None:
    """The person stays, without role."""
    found = read(tmp_path, "user_id,role\namy,boss\n")

    assert found.people["amy"].role is None
    assert [item.code for item in found.findings] == ["role_unknown"]
    assert "'boss'" in found.findings[0].message


def test_the_first_line_of_a_user_counts(tmp_path: Path) -> None:
    """A second line of the same user is left out with a finding."""
    found = read(tmp_path, "user_id,name\namy,First\namy,Second\n")

    assert found.people["amy"].name == "First"
    assert [item.code for item in found.findings] == ["roster_duplicate"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "first line must name the columns"),
        ("name,role\nAmy,student\n", "first line must name the columns"),
        ("user_id;name\namy;Amy\n", "first line must name the columns"),
        ("user_id,name\n,Amy\n", "entry 1 has no user_id"),
        ('user_id,name\namy,"Amy\n', "not CSV"),
        ("user_id,name\namy," + "A" * 200_000, "not CSV"),
        ("[1]", "expected a list of objects"),
        ('{"user_id":"amy"}', "expected a list of objects"),
        ("[{]", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('[{"name":"Amy"}]', "entry 1 has no user_id"),
        ('[{"user_id":true}]', "entry 1 has no user_id"),
        ("张,三\n".encode("gbk"), "not UTF-8"),
        ("user_id\namy\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_no_roster_is_refused(content: str | bytes, reason: str, tmp_path: Path) -> None:
    """The error names the file and says what is missing."""
    with pytest.raises(RosterError, match=f"class.csv: .*{reason}"):
        read(tmp_path, content)


@pytest.mark.parametrize("name", ["nowhere.csv", ".", "a\0b"])
def test_a_roster_that_cannot_be_read_is_a_typed_error(name: str, tmp_path: Path) -> None:
    """A missing file, a folder, a name that no system takes."""
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(f"{tmp_path}/{name}")


def test_names_become_labels() -> None:
    """Every track of a person gets name and role; others keep their id and no role."""
    read = lesson(row("amy"), row("amy", kind="screen"), row("bo"), board(), roster=roster(amy="student"))

    assert [(track.id, track.label, track.role) for track in read.tracks] == [
        ("camera:amy", "Amy", "student"),
        ("camera:bo", "bo", None),
        ("screen:amy", "Amy", "student"),
        ("whiteboard", "whiteboard", None),
    ]


def test_without_a_roster_no_role_is_guessed() -> None:
    """A user id that says teacher is only an id."""
    read = lesson(row("teacher"), board())

    assert [(track.label, track.role) for track in read.tracks] == [("teacher", None), ("whiteboard", None)]


def test_the_teachers_camera_is_listed_first() -> None:
    """Before cameras that begin earlier."""
    rows = [row("amy", 0), row("lin", 5000)]

    assert [track.id for track in lesson(*rows).tracks] == ["camera:amy", "camera:lin"]
    assert [track.id for track in lesson(*rows, roster=roster(lin="teacher")).tracks] == [
        "camera:lin",
        "camera:amy",
    ]


def test_a_person_without_a_name_keeps_the_id() -> None:
    """A roster may give only roles."""
    read = lesson(row("amy"), roster=Roster({"amy": Person("amy", None, "student")}))

    assert (read.tracks[0].label, read.tracks[0].role) == ("amy", "student")


def test_findings_of_the_roster_are_findings_of_the_lesson(tmp_path: Path) -> None:
    """`loads` takes a path, and what is odd in the file is told with the lesson."""
    path = tmp_path / "class.json"
    path.write_text(json.dumps([{"user_id": "amy", "name": "Amy", "role": "boss"}]))

    read = timeline.loads(result_bytes(row("amy")), roster=path)

    assert (read.tracks[0].label, codes(read)) == ("Amy", ["role_unknown"])
