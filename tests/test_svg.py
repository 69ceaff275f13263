"""The picture for notebooks: well-formed whatever a result holds."""

from __future__ import annotations

import dataclasses
import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import ABSENT, Row, board, lesson, result_rows, roster, row
from timeline.model import Timeline
from timeline.palette import PAUSE_COLOUR
from timeline.svg import MAX_BARS, MAX_LANES, labels_apart, tick_times_ms, timeline_html, timeline_svg

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
        f"{SVG}{tag}" for tag in ("svg", "title", "desc", "text", "path", "rect")
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


def tips(read: Timeline) -> list[str]:
    """Return the tooltips of the bars of a lesson."""
    return [rectangle.findtext(f"{SVG}title", "") for rectangle in picture(read).iter(f"{SVG}rect")]


def test_a_bar_tells_whose_it_is_which_file_when_and_how_long() -> None:
    """In its tooltip."""
    read = lesson(row("amy", 60_000, 90_500, video_id="528"), roster=roster(amy="student"))

    assert tips(read) == ["Amy (camera), file 528, 0:01:00 – 0:02:30.500, 1:31"]


def test_a_file_without_an_id_is_told_by_its_place_in_the_result() -> None:
    """Counted from 0, as findings do."""
    read = lesson(row("amy"), row("bo", video_id=ABSENT))

    assert [tip.split(", ")[1] for tip in tips(read)] == ["file id-amy-camera-0-10000", "file number 1"]


def test_bars_of_very_many_clips_tell_how_many_they_are() -> None:
    """What shares a pixel is one bar, and no clip is lost."""
    clips = 5 * MAX_BARS
    told = tips(lesson(*(row("amy", 1000 * n, 990) for n in range(clips))))

    assert len(told) <= 700
    numbers = [int(number) for tip in told for number in re.findall(r"(\d+) clips?,", tip)]
    assert sum(numbers) == clips


def test_a_screen_reader_is_told_what_the_picture_shows() -> None:
    """It is one image with a name and a description."""
    root = picture(timeline.load("sample_results/guide_example.json"))

    name = "Timeline 0:24:00.000, 3 tracks, 6 clips, 1 pause, 0 findings"
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", name)
    assert [element.tag for element in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert (root[0].text, root[1].text) == (
        name,
        "ios_test1 (camera): 20:00 in 2 clips; pc_test1 (camera): 13:30 in 2 clips; "
        "whiteboard (whiteboard): 22:00 in 2 clips; pause 1:00 at 0:15:00",
    )


def test_pictures_do_not_disturb_each_other_in_one_page() -> None:
    """There is no id that two of them could share, no style and no script."""
    drawn = timeline_svg(timeline.load("sample_results/guide_example.json"))

    assert not re.search(r"\bid=|class=|<style|<script|url\(", drawn)


def test_text_takes_the_colour_of_the_page() -> None:
    """On a dark page it is light; only pauses have a colour of their own, as in every picture."""
    root = picture(timeline.load("sample_results/guide_example.json"))

    assert root.attrib["fill"] == "currentColor"
    assert {text.get("fill") for text in root.iter(f"{SVG}text")} == {None, PAUSE_COLOUR}


def test_lengths_of_pauses_are_written_where_there_is_room() -> None:
    """They never lie over each other; every pause has its line and its tooltip."""
    read = lesson(
        *(row(user, 60_000 * n, 60_000) for n in range(30) for user in ("amy", "bo")), surplus_s=300
    )
    root = picture(read)
    middles = [float(text.attrib["x"]) for text in root.iter(f"{SVG}text") if text.get("fill")]

    assert (
        len([group for group in root.iter(f"{SVG}g") if "at 0:" in group.findtext(f"{SVG}title", "")]) == 29
    )
    assert 2 < len(middles) < 29
    assert min(b - a for a, b in itertools.pairwise(middles)) > 7 * len("pause ?")


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 20)), max_size=20))
def test_labels_that_are_kept_lie_apart(places: list[tuple[float, float]]) -> None:
    """The first one is always kept, and none is left out that would have touched no kept one."""
    places.sort()
    middles, widths = [x for x, _ in places], [width for _, width in places]
    kept = labels_apart(middles, widths)
    spans = [(x - width / 2, x + width / 2) for x, width in places]

    assert kept[:1] == list(range(min(1, len(places))))
    assert all(spans[a][1] <= spans[b][0] for a, b in itertools.pairwise(kept))
    for number in set(range(len(places))) - set(kept):
        assert any(spans[number][0] < spans[k][1] for k in kept if k < number)


@pytest.mark.parametrize("name", ["W" * 30, "王" * 30, "i" * 60, "e\u0301" * 40])
@pytest.mark.parametrize("kind", ["camera", "screen"])
def test_a_long_name_is_cut_and_its_kind_is_not(name: str, kind: str) -> None:
    """Wide letters take more of the space; the tooltips have more of the name."""
    (said,) = [text for text in texts(lesson(row(name, kind=kind))) if text[0] == name[0]]
    rest = said.removesuffix("" if kind == "camera" else " (screen)")

    assert rest.endswith("…")
    assert name.startswith(rest[:-1])
    assert 2 <= len(rest) <= 24 * (1 + name.count("\u0301") / 40)


def test_a_name_without_an_end_makes_no_picture_without_an_end() -> None:
    """It stands there once per bar, so it is cut everywhere."""
    rows = [
        row("x" * 10_000, 1000 * n, 900, video_url=f"http://media.example/{n}", video_id=f"{n}" * 90)
        for n in range(100)
    ]

    assert len(timeline_svg(lesson(*rows))) < 60_000


def test_no_track_is_no_empty_box() -> None:
    """It says so."""
    assert "no tracks" in texts(lesson(row("amy")).select(users=["cy"]))


def test_a_notebook_shows_the_picture() -> None:
    """`_repr_html_` is what notebooks call."""
    read = lesson(row("amy"), board())

    assert timeline_svg(read) in read._repr_html_()
