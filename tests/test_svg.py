"""The picture for notebooks: well-formed whatever a result holds."""

from __future__ import annotations

import dataclasses
import itertools
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import Row, board, lesson, result_rows, roster, row
from timeline.model import Timeline
from timeline.svg import MAX_LANES, tick_times_ms, timeline_html, timeline_svg

SVG = "{http://www.w3.org/2000/svg}"


def picture(read: Timeline) -> ElementTree.Element:
    """Return the parsed picture of a lesson."""
    return ElementTree.fromstring(timeline_svg(read))


def texts(read: Timeline) -> list[str]:
    """Return what can be read in the picture of a lesson, tips left out."""
    found = picture(read).iter(f"{SVG}text")
    return [(element.text or "") + "".join(tip.tail or "" for tip in element) for element in found]


@given(result_rows())
def test_the_picture_is_well_formed(rows: list[Row]) -> None:
    """There is one rectangle per clip, and all lie in the picture."""
    read = lesson(*rows, surplus_s=60)
    root = picture(read)

    _, _, width, height = map(float, root.attrib["viewBox"].split())
    rectangles = list(root.iter(f"{SVG}rect"))
    assert len(rectangles) == sum(len(track.clips) for track in read.tracks)
    for rectangle in rectangles:
        x, y, w, h = (float(rectangle.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x < x + w <= width + 1
        assert 0 <= y < y + h <= height


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_no_name_breaks_the_picture(name: str) -> None:
    """Any user id gives XML that a strict parser reads."""
    assert len(picture(lesson(row(name))).findall(f"{SVG}rect")) == 1


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "]]>", "&lt;", "\"'", "a\u0000b", "\u001b[2J", "\ufffe"]
)
def test_hostile_names_are_text(name: str) -> None:
    """A name brings no element and no character that XML forbids."""
    read = lesson(row(name), roster=roster(**{name: "teacher"}))

    assert {element.tag for element in picture(read).iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "text", "path", "rect")
    }
    assert "<script" not in timeline_html(read)


def test_names_can_be_read() -> None:
    """The label of a track stands beside its lane, in any script."""
    assert "张三" in texts(lesson(row("张三")))
    assert "Amy" in texts(lesson(row("amy"), roster=roster(amy="student")))


def test_a_pause_is_drawn_with_its_length() -> None:
    """A dashed line, with a question mark where the length is unknown."""
    read = timeline.load("sample_results/guide_example.json")
    unknown = dataclasses.replace(read, pauses=(read.pauses[0]._replace(duration_ms=None),))

    assert "pause 1:00" in texts(read)
    assert "pause ?" in texts(unknown)
    assert "pause 1:00" not in texts(dataclasses.replace(read, pauses=()))


@pytest.mark.parametrize("duration_ms", [1, 999, 1000, 7 * 86_400_000])
def test_any_length_can_be_drawn(duration_ms: int) -> None:
    """From a millisecond to a week."""
    assert picture(lesson(row("amy", 0, duration_ms))).findall(f"{SVG}rect")


def test_an_empty_timeline_can_be_drawn() -> None:
    """A timeline without tracks is no error in a notebook."""
    assert picture(Timeline(room_id=None, task_id=None, duration_ms=0, tracks=())).tag == f"{SVG}svg"


def test_many_tracks_are_counted() -> None:
    """Beyond some lanes the rest is a number, not a mile of picture."""
    read = lesson(*(row(f"user{number}") for number in range(MAX_LANES + 3)))

    assert len(picture(read).findall(f"{SVG}rect")) == MAX_LANES
    assert "… 3 more" in texts(read)


@given(st.integers(0, 14 * 86_400_000))
def test_axes_have_few_round_ticks(duration_ms: int) -> None:
    """From 0, evenly spaced in whole seconds, none beyond the end, at most a handful."""
    ticks = tick_times_ms(duration_ms)

    assert ticks[0] == 0
    assert ticks[-1] <= duration_ms
    assert len(ticks) <= 15
    assert len({b - a for a, b in itertools.pairwise(ticks)}) <= 1
    assert all(tick % 1000 == 0 for tick in ticks)


def test_a_notebook_shows_the_picture() -> None:
    """`_repr_html_` is what notebooks call."""
    read = lesson(row("amy"), board())

    assert timeline_svg(read) in read._repr_html_()
