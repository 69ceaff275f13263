"""Where on the canvas which track is shown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.conftest import AUDIO, BOARD, CAMERA, MIXED, SCREEN, lesson_of, result_text, row
from timeline.errors import ParameterError
from timeline.layouts.places import GAP_PX, LAYOUTS, Rectangle, Region, make_layout
from timeline.model import Timeline
from timeline.roster import Person, Roster


def people(count: int, *kinds: int) -> Timeline:
    """A lesson of *count* cameras, and of one track of each of *kinds*."""
    rows = [row(CAMERA, f"u{n:02d}", 0, 1000, f"c{n}.mp4") for n in range(count)]
    rows += [row(kind, f"k{n}", 0, 1000, f"k{n}.mp4") for n, kind in enumerate(kinds)]
    return lesson_of(*rows)


def apart(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles share no pixel."""
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def check(
    regions: tuple[Region, ...], width: int, height: int, *, layered: bool = False, in_turns: bool = False
) -> None:
    """Rectangles are even, on the canvas, and apart unless they lie in layers; no track has two."""
    places = [region.rectangle for region in regions]
    for place in places:
        assert all(value % 2 == 0 for value in (place.x, place.y, place.width, place.height)), place
        assert place.width >= 2
        assert place.height >= 2
        assert 0 <= place.x <= place.x + place.width <= width, place
        assert 0 <= place.y <= place.y + place.height <= height, place
    if layered:
        places = places[1:]
    assert all(apart(a, b) for n, a in enumerate(places) for b in places[:n])
    ids = [track.id for region in regions for track in region.tracks]
    assert in_turns or len(ids) == len(set(ids))


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (720, 1280), (1922, 1082)])
def test_tiles_of_1_to_40_people_are_even_inside_the_canvas_and_never_overlap(
    layout: str, size: tuple[int, int]
) -> None:
    """With content and without, wide and tall."""
    for count in range(1, 41):
        for content in ((), (BOARD,), (SCREEN, BOARD)):
            lesson = people(count, *content)
            regions = make_layout(layout, lesson, *size)
            check(regions, *size, layered=layout == "pip")
            shown = {track.id for region in regions for track in region.tracks}
            wanted = {track.id for track in lesson.tracks}
            assert shown == wanted or (layout == "pip" and shown < wanted and len(regions) == 5)


@given(
    count=st.integers(0, 12),
    content=st.lists(st.sampled_from([SCREEN, BOARD, MIXED]), max_size=3),
    width=st.integers(32, 1000).map(lambda n: 2 * n),
    height=st.integers(32, 1000).map(lambda n: 2 * n),
    layout=st.sampled_from(sorted(LAYOUTS)),
)
def test_any_canvas_is_laid_out_or_refused_in_words(
    count: int, content: list[int], width: int, height: int, layout: str
) -> None:
    """A canvas that is too small is a `ParameterError` that says what to do, never a bad rectangle."""
    lesson = people(count, *content) if count or content else people(1)
    try:
        regions = make_layout(layout, lesson, width, height)
    except ParameterError:
        with pytest.raises(ParameterError, match="raise --size"):
            make_layout(layout, lesson, width, height)
        assert min(width, height) < 600
    else:
        check(regions, width, height, layered=layout == "pip")


@given(count=st.integers(1, 40), width=st.integers(200, 1000), height=st.integers(200, 1000))
def test_the_grid_has_the_largest_pictures(count: int, width: int, height: int) -> None:
    """No other number of columns gives larger 4:3 pictures (by more than the even pixel)."""
    width, height = 2 * width, 2 * height

    def area(cell_width: float, cell_height: float) -> float:
        side = min(cell_width / 4, cell_height / 3)
        return 12 * side * side

    regions = make_layout("grid", people(count), width, height)
    assert len({(r.rectangle.width, r.rectangle.height) for r in regions}) == 1
    place = regions[0].rectangle
    mine = area(place.width + 2, place.height + 2)
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        other_width = (width - GAP_PX * (columns + 1)) / columns
        other_height = (height - GAP_PX * (rows + 1)) / rows
        if min(other_width, other_height) > 0:
            assert area(other_width, other_height) <= mine + 1e-6


def test_the_grid_fills_rows_from_the_top_left_and_centres_the_last() -> None:
    """Five tiles: three above, two below in the middle."""
    places = [r.rectangle for r in make_layout("grid", people(5), 1280, 720)]
    rows = sorted({place.y for place in places})
    assert [[p.y for p in places].count(y) for y in rows] == [3, 2]
    last = [place for place in places if place.y == rows[1]]
    left, right = last[0].x, 1280 - last[1].x - last[1].width
    assert abs(left - right) <= 2


def test_the_stage_is_large_left_of_a_column_of_cameras() -> None:
    """Content has at least half of the canvas and every camera is right of it."""
    content, *cameras = make_layout("stage", people(4, BOARD), 1280, 720)
    assert content.rectangle.width * content.rectangle.height > 1280 * 720 / 2
    assert all(c.rectangle.x >= content.rectangle.x + content.rectangle.width for c in cameras)
    assert [t.kind for t in content.tracks] == ["whiteboard"]


def test_screen_goes_before_whiteboard_on_the_stage() -> None:
    """They share one place, in this order."""
    content = make_layout("stage", people(1, BOARD, SCREEN), 1280, 720)[0]
    assert [track.kind for track in content.tracks] == ["screen", "whiteboard"]


def test_without_content_cameras_fill_the_stage() -> None:
    """No empty half."""
    assert make_layout("stage", people(3), 1280, 720) == make_layout("grid", people(3), 1280, 720)


def test_without_cameras_the_content_fills_the_stage() -> None:
    """A lesson of a whiteboard alone."""
    (region,) = make_layout("stage", people(0, BOARD), 1280, 720)
    assert region.rectangle.width >= 1280 - 2 * GAP_PX
    assert region.rectangle.height >= 720 - 2 * GAP_PX


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_mixed_streams_are_left_out_beside_single_ones(layout: str) -> None:
    """Unless nothing else is there."""
    shown = [t.kind for r in make_layout(layout, people(2, MIXED), 1280, 720) for t in r.tracks]
    assert shown == ["camera", "camera"]
    shown = [t.kind for r in make_layout(layout, people(0, MIXED), 1280, 720) for t in r.tracks]
    assert shown == ["mixed"]


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_sound_only_streams_have_no_tile(layout: str) -> None:
    """Nobody sees them."""
    shown = [t.kind for r in make_layout(layout, people(1, AUDIO), 1280, 720) for t in r.tracks]
    assert shown == ["camera"]


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_the_teacher_has_the_first_of_the_peoples_tiles(layout: str) -> None:
    """Whenever the teacher joined."""
    rows = [row(CAMERA, "amy", 0, 1000, "a.mp4"), row(CAMERA, "lin", 500, 500, "b.mp4")]
    rows.append(row(BOARD, "", 0, 1000, "w.mp4"))
    roster = Roster({"lin": Person("lin", "Lin", "teacher")})
    lesson = timeline.loads(result_text(rows), roster=roster)
    tracks = [region.tracks[0] for region in make_layout(layout, lesson, 1280, 720)]
    assert [t.user_id for t in tracks if t.kind == "camera"] == ["lin", "amy"]


def test_a_teacher_who_only_shares_a_screen_has_the_first_tile_of_the_grid() -> None:
    """The role counts, not the kind."""
    rows = [row(CAMERA, "amy", 0, 1000, "a.mp4"), row(SCREEN, "lin", 500, 500, "b.mp4")]
    roster = Roster({"lin": Person("lin", "Lin", "teacher")})
    lesson = timeline.loads(result_text(rows), roster=roster)
    assert make_layout("grid", lesson, 1280, 720)[0].tracks[0].user_id == "lin"


def test_an_unknown_layout_is_refused_with_the_names_of_those_that_are_there() -> None:
    """One clear line."""
    with pytest.raises(ParameterError, match=r"'mosaic'.*stage, grid, side-by-side, pip, single:TRACK"):
        make_layout("mosaic", people(1), 1280, 720)


def boxes(regions: tuple[Region, ...]) -> list[tuple[int, int, int, int]]:
    """Rectangles as numbers."""
    return [(r.x, r.y, r.width, r.height) for r in (region.rectangle for region in regions)]


def ids(regions: tuple[Region, ...]) -> list[list[str]]:
    """Ids of the tracks of each region."""
    return [[track.id for track in region.tracks] for region in regions]


def test_the_stage_to_the_pixel() -> None:
    """As it was when it had a function of its own."""
    regions = make_layout("stage", people(2, BOARD), 1280, 720)
    assert boxes(regions) == [(8, 8, 944, 704), (960, 8, 312, 348), (960, 364, 312, 348)]
    regions = make_layout("stage", people(1, BOARD), 1922, 1082)
    assert boxes(regions) == [(8, 8, 1426, 1066), (1442, 8, 472, 1066)]


def test_the_grid_to_the_pixel() -> None:
    """Three tiles: two above, one below in the middle."""
    regions = make_layout("grid", people(3), 640, 360)
    assert boxes(regions) == [(8, 8, 308, 168), (324, 8, 308, 168), (166, 184, 308, 168)]


class TestSideBySide:
    def test_content_is_left_and_people_are_right_in_equal_halves(self) -> None:
        """With one gap between."""
        regions = make_layout("side-by-side", people(2, BOARD), 1280, 720)
        assert boxes(regions) == [(8, 8, 628, 704), (644, 8, 628, 348), (644, 364, 628, 348)]
        assert [region.tracks[0].kind for region in regions] == ["whiteboard", "camera", "camera"]

    def test_each_half_is_tiled(self) -> None:
        """A screen and a whiteboard have a tile each."""
        regions = make_layout("side-by-side", people(1, BOARD, SCREEN), 1280, 720)
        assert [region.tracks[0].kind for region in regions] == ["screen", "whiteboard", "camera"]
        assert [len(region.tracks) for region in regions] == [1, 1, 1]

    @pytest.mark.parametrize("lesson", [people(3), people(0, BOARD, SCREEN)])
    def test_one_side_alone_fills_the_canvas(self, lesson: Timeline) -> None:
        """People as a grid, content as well."""
        alone = make_layout("side-by-side", lesson, 1280, 720)
        assert boxes(alone) == boxes(make_layout("grid", lesson, 1280, 720))


class TestPip:
    def test_content_is_full_and_cameras_are_small_over_it_in_the_corner(self) -> None:
        """At the bottom right, drawn after the content."""
        regions = make_layout("pip", people(2, BOARD), 1280, 720)
        assert boxes(regions) == [(0, 0, 1280, 720), (1028, 340, 244, 182), (1028, 530, 244, 182)]

    def test_without_content_the_first_person_is_full(self) -> None:
        """And the others are small."""
        regions = make_layout("pip", people(3), 1280, 720)
        assert boxes(regions)[0] == (0, 0, 1280, 720)
        assert ids(regions) == [["camera:u00"], ["camera:u01"], ["camera:u02"]]

    def test_without_content_the_teacher_is_full(self) -> None:
        """Whoever came first."""
        rows = [row(CAMERA, "amy", 0, 1000, "a.mp4"), row(CAMERA, "lin", 500, 500, "b.mp4")]
        roster = Roster({"lin": Person("lin", "Lin", "teacher")})
        lesson = timeline.loads(result_text(rows), roster=roster)
        assert ids(make_layout("pip", lesson, 1280, 720)) == [["camera:lin"], ["camera:amy"]]

    def test_at_most_four_people_are_small(self) -> None:
        """However many there are."""
        assert len(make_layout("pip", people(9, BOARD), 1280, 720)) == 5


class TestSingle:
    @pytest.mark.parametrize("user", ["u00", "a:b", "*", "[x]", "@teacher", "u?0", "", "]", "!a", "\\"])
    def test_only_that_track_is_shown_on_the_whole_canvas(self, user: str) -> None:
        """Also where the id would be a pattern."""
        rows = [row(CAMERA, user, 0, 1000, "a.mp4"), row(CAMERA, "u10", 0, 1000, "b.mp4")]
        rows += [row(CAMERA, "a", 0, 1000, "c.mp4"), row(SCREEN, user, 0, 1000, "d.mp4")]
        lesson = lesson_of(*rows)
        track = next(t for t in lesson.tracks if t.kind == "camera" and t.user_id == (user or None))
        regions = make_layout(f"single:{track.id}", lesson, 1280, 720)
        assert ids(regions) == [[track.id]]
        assert boxes(regions) == [(0, 0, 1280, 720)]

    def test_a_mixed_stream_is_shown_beside_single_ones_when_it_is_asked_for(self) -> None:
        """By its id."""
        lesson = people(1, MIXED)
        (mixed,) = (track.id for track in lesson.tracks if track.kind == "mixed")
        assert ids(make_layout(f"single:{mixed}", lesson, 1280, 720)) == [[mixed]]

    def test_an_unknown_id_is_refused_with_those_that_are_there(self) -> None:
        """One line."""
        with pytest.raises(ParameterError, match=r"'camera:zoe'.*camera:u00, camera:u01, whiteboard"):
            make_layout("single:camera:zoe", people(2, BOARD), 1280, 720)

    def test_a_track_without_pictures_is_refused(self) -> None:
        """It says why."""
        with pytest.raises(ParameterError, match=r"'audio:k0' holds only sound"):
            make_layout("single:audio:k0", people(1, AUDIO), 1280, 720)
