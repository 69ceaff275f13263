"""Who was on camera when: the guide's figures worked out by hand, and conventions."""

from __future__ import annotations

from typing import Any

import pytest

import timeline
from tests.builders import board, lesson, roster, row
from timeline.analysis.presence import PRESENCE_COLUMNS, presence_table
from timeline.model import Timeline

DTYPES = {
    ("int64", False): "i",
    ("int64", True): "f",
    ("float64", True): "f",
    ("bool", False): "b",
    ("bool", True): "O",
    ("str", False): "O",
    ("str", True): "O",
}
GUIDE = "sample_results/guide_example.json"


def of_user(read: Timeline, user: str) -> dict[str, Any]:
    """Return a user's line of the presence table."""
    return next(line for line in presence_table(read).rows() if line["user_id"] == user)


@pytest.mark.parametrize(
    ("user", "figures"),
    [
        (
            "ios_test1",
            {
                "camera_on_ms": 1_200_000,
                "camera_on_ratio_lesson": pytest.approx(0.8333, abs=5e-5),
                "first_on_ms": 0,
                "last_on_ms": 1_440_000 - 240_000,
                "spans": 1,
                "files": 2,
            },
        ),
        (
            "pc_test1",
            {
                "camera_on_ms": 810_000,
                "camera_on_ratio_lesson": 0.5625,
                "first_on_ms": 300_000,
                "last_on_ms": 1_440_000 - 330_000,
                "spans": 1,
                "files": 2,
            },
        ),
    ],
)
def test_the_guides_example_gives_these_figures(user: str, figures: dict[str, Any]) -> None:
    """Both users were on camera in one stretch each; the pause at 15:00 cuts files, not presence."""
    line = of_user(timeline.load(GUIDE), user)

    assert {name: line[name] for name in figures} == figures
    assert line["screen_share_ms"] == 0


def test_columns_are_arrays_of_one_length() -> None:
    """Names, types and lengths of the columns are the same for every lesson."""
    for read in (
        timeline.load(GUIDE),
        lesson(board()),
        lesson(row("", 0)),
        lesson(row("amy", kind="screen")),
    ):
        table = presence_table(read)

        assert {name: column.dtype.kind for name, column in table.items()} == {
            column.name: DTYPES[column.kind, column.is_nullable] for column in PRESENCE_COLUMNS
        }
        assert len({column.shape for column in table.values()}) == 1


def test_users_are_listed_in_the_order_of_their_tracks() -> None:
    """The teacher first, then who came first."""
    read = lesson(row("amy", 2000), row("bo", 1000), row("lin", 5000), roster=roster(lin="teacher"))

    table = presence_table(read)
    assert table["user_id"].tolist() == ["lin", "bo", "amy"]
    assert table["label"].tolist() == ["Lin", "bo", "amy"]
    assert table["role"].tolist() == ["teacher", None, None]


def test_time_under_two_files_counts_once() -> None:
    """Overlapping files of a user are one stretch."""
    line = of_user(lesson(row("amy", 0, 6000), row("amy", 4000, 6000)), "amy")

    assert (line["camera_on_ms"], line["spans"], line["files"]) == (10_000, 1, 2)


@pytest.mark.parametrize(("hole_ms", "spans"), [(0, 1), (20, 1), (500, 1), (501, 2)])
def test_a_switch_of_files_is_no_absence(hole_ms: int, spans: int) -> None:
    """Files at most a seam apart are one stretch; the seam itself is not time on camera."""
    line = of_user(lesson(row("amy", 0, 5000), row("amy", 5000 + hole_ms, 5000)), "amy")

    assert (line["camera_on_ms"], line["spans"], line["files"]) == (10_000, spans, 2)


def test_a_screen_without_camera_is_presence_without_camera() -> None:
    """Who only shared a screen is listed, with no time on camera."""
    line = of_user(lesson(row("amy", 1000, 4000, kind="screen")), "amy")

    assert (line["camera_on_ms"], line["first_on_ms"], line["last_on_ms"]) == (0, None, None)
    assert (line["spans"], line["files"], line["screen_share_ms"]) == (0, 0, 4000)


def test_camera_and_screen_are_counted_apart() -> None:
    """A shared screen adds nothing to the camera."""
    line = of_user(lesson(row("amy", 0, 3000), row("amy", 1000, 4000, kind="screen")), "amy")

    assert (line["camera_on_ms"], line["screen_share_ms"]) == (3000, 4000)


@pytest.mark.parametrize("kind", ["mixed", "whiteboard"])
def test_other_streams_are_no_presence(kind: str) -> None:
    """A mixed stream or a board belongs to nobody."""
    assert presence_table(lesson(row("amy", kind=kind)))["user_id"].tolist() == []


def test_nobodys_camera_is_not_listed() -> None:
    """A camera file without user id belongs to no line."""
    assert presence_table(lesson(row(""), row("amy")))["user_id"].tolist() == ["amy"]


def test_the_ratio_is_of_the_whole_lesson() -> None:
    """Also where others stay longer."""
    read = lesson(row("amy", 0, 2500), board(0, 10_000))

    assert of_user(read, "amy")["camera_on_ratio_lesson"] == 0.25
    assert max(presence_table(read)["camera_on_ratio_lesson"].tolist()) <= 1
