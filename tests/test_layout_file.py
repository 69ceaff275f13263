"""Layouts that are files: what can be said, and what is refused in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import timeline
from tests.conftest import AUDIO, BOARD, CAMERA, MIXED, SCREEN, lesson_of, result_text, row
from tests.test_layout import boxes, check, ids, people
from timeline.errors import ParameterError
from timeline.layouts import data as layout_data
from timeline.layouts.data import layout_schema, parse_layout, read_layout
from timeline.layouts.names import LAYOUTS
from timeline.layouts.places import make_layout
from timeline.model import Timeline
from timeline.render.plan import plan_video
from timeline.render.plan_json import to_plan_json
from timeline.roster import Person, Roster
from timeline.sinks import is_harmless

Json = dict[str, Any]
SCHEMA_FILE = Path(layout_data.__file__).with_name("layout.schema.json")


def region(name: str = "all", **values: Any) -> Json:
    """A region of the whole canvas."""
    return {"name": name, "x": 0, "y": 0, "width": 1, "height": 1, "show": ["*"]} | values


def layout(*regions: Json, **values: Any) -> Json:
    """A layout file."""
    return {"format": "timeline-layout", "version": "1.0", "regions": list(regions)} | values


def shown(document: Json, lesson: Timeline) -> list[list[str]]:
    """Ids of the tracks of each place."""
    return ids(make_layout(document, lesson, 1280, 720))


class TestPlaces:
    def test_shares_of_the_canvas(self) -> None:
        """A third and two thirds of a height, with one gap between neighbours and around."""
        document = layout(
            region("above", height=0.25, show=["screen"]), region("below", y=0.25, height=0.75), gap_px=20
        )
        places = boxes(make_layout(document, people(1, SCREEN), 1280, 720))
        assert places == [(20, 20, 1240, 150), (20, 190, 1240, 510)]

    def test_px(self) -> None:
        """As they are written; only margins come off."""
        document = layout(region(x=100, y=60, width=400, height=300), units="px", gap_px=0)
        assert boxes(make_layout(document, people(1), 1280, 720)) == [(100, 60, 400, 300)]

    def test_px_beyond_the_canvas_are_refused(self) -> None:
        """With the region's name."""
        document = layout(region("wide", x=1000, width=400, height=300), units="px")
        with pytest.raises(
            ParameterError, match=r"^region 'wide': reaches to 1400 px, the canvas only to 1280"
        ):
            make_layout(document, people(1), 1280, 720)

    def test_margins_of_each_side(self) -> None:
        """Left, upper, right, lower."""
        document = layout(region(margins_px=[2, 4, 6, 10]))
        assert boxes(make_layout(document, people(1), 1280, 720)) == [(2, 4, 1272, 706)]

    def test_shares_are_what_is_written(self) -> None:
        """0.1 + 0.2 is 0.3 of 1280 px: no pixel more for a binary number's sake."""
        document = layout(region(x=0.1, width=0.2), gap_px=0)
        assert boxes(make_layout(document, people(1), 1280, 720)) == [(128, 0, 256, 720)]

    def test_tiles_keep_their_aspect_and_lie_where_they_are_aligned(self) -> None:
        """Two of 4:3 at the lower left of a wide region."""
        document = layout(region(arrange="tile", tile_aspect=4 / 3, align="bottom-left", y=0.5, height=0.5))
        places = boxes(make_layout(document, people(2), 1280, 720))
        assert places == [(8, 364, 464, 348), (480, 364, 464, 348)]

    def test_higher_regions_are_drawn_later(self) -> None:
        """And of equals the later one of the file."""
        document = layout(
            region("top", show=["camera"], z=5), region("low", show=["screen"], z=-5), region("mid")
        )
        assert shown(document, people(1, SCREEN, BOARD)) == [["screen:k0"], ["whiteboard"], ["camera:u00"]]

    def test_a_region_alone_fills_the_canvas_where_the_layout_says_so(self) -> None:
        """Not otherwise."""
        parts = region("left", width=0.5), region("right", x=0.5, width=0.5, show=["screen"])
        assert boxes(make_layout(layout(*parts), people(1), 1280, 720)) == [(8, 8, 628, 704)]
        filled = make_layout(layout(*parts, fill_alone=True), people(1), 1280, 720)
        assert boxes(filled) == [(8, 8, 1264, 704)]

    def test_a_canvas_that_is_too_small_is_refused_with_the_regions_name(self) -> None:
        """And what to do."""
        document = layout(region("strip", height=0.1, arrange="tile"))
        with pytest.raises(ParameterError, match=r"^region 'strip': .*raise --size"):
            make_layout(document, people(1), 64, 64)


class TestTracks:
    def test_a_track_goes_to_the_first_region_that_finds_it(self) -> None:
        """And to no other."""
        document = layout(region("amy", show=["camera:u00"], width=0.5), region("rest", x=0.5, width=0.5))
        assert shown(document, people(2, BOARD)) == [["camera:u00"], ["camera:u01", "whiteboard"]]

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("camera", ["camera:a:b", "camera:amy", "camera:bo"]),
            ("camera:*", ["camera:a:b", "camera:amy", "camera:bo"]),
            ("camera:a*", ["camera:a:b", "camera:amy"]),
            ("camera:a:b", ["camera:a:b"]),
            ("*:amy", ["camera:amy", "other9:amy", "screen:amy"]),
            ("camera:[ab]?", ["camera:bo"]),
            ("camera:@teacher", ["camera:bo"]),
            ("*:@student", ["camera:amy", "other9:amy", "screen:amy"]),
            ("camera:AMY", []),
            ("whiteboard", ["whiteboard"]),
            ("whiteboard:", ["whiteboard"]),
            ("other*", ["other9:amy"]),
            ("audio", []),
        ],
    )
    def test_patterns_of_kind_user_and_role(self, pattern: str, found: list[str]) -> None:
        """The first colon ends the kind; case counts."""
        rows = [row(CAMERA, user, 0, 1000, f"{user}.mp4") for user in ("a:b", "amy", "bo")]
        rows += [row(SCREEN, "amy", 0, 1000, "s.mp4"), row(BOARD, "", 0, 1000, "w.mp4")]
        rows += [row(9, "amy", 0, 1000, "o.mp4"), row(AUDIO, "amy", 0, 1000, "x.mp4")]
        roster = Roster({"bo": Person("bo", "Bo", "teacher"), "amy": Person("amy", "Amy", "student")})
        lesson = timeline.loads(result_text(rows), roster=roster)
        document = layout(region("these", show=[pattern], width=0.5), region("rest", x=0.5, width=0.5))
        first = shown(document, lesson)[0]
        assert sorted(first if found else []) == found
        assert found or len(first) == 6

    def test_who_shares_a_place_is_preferred_in_the_order_of_the_patterns(self) -> None:
        """A whiteboard goes before a screen where it is named before."""
        lesson = lesson_of(row(BOARD, "", 0, 9000, "w.mp4"), row(SCREEN, "amy", 3000, 3000, "s.mp4"))
        for show, clips in ((["screen", "whiteboard"], [0, 1, 0]), (["whiteboard", "screen"], [0, 0, 0])):
            plan = plan_video(lesson, layout=layout(region(show=show)))
            assert [scene.tiles[0].clip for scene in plan.scenes] == clips

    def test_tiles_go_in_the_order_of_the_patterns(self) -> None:
        """Screens before cameras where they are named before."""
        document = layout(region(show=["screen", "*"], arrange="tile"))
        assert shown(document, people(2, SCREEN)) == [["screen:k0"], ["camera:u00"], ["camera:u01"]]

    @pytest.mark.parametrize("pattern", ["*", "mixed*", "m?xed", "[m]ixed"])
    def test_a_wildcard_finds_mixed_streams_only_where_nothing_else_is_there(self, pattern: str) -> None:
        """The pictures are in the single streams."""
        document = layout(
            region("one", show=[pattern], arrange="tile", width=0.5), region("b", x=0.5, width=0.5)
        )
        together = [track for place in shown(document, people(1, MIXED)) for track in place]
        assert together == ["camera:u00"]
        assert shown(document, people(0, MIXED)) == [["mixed:k0"]]

    def test_a_region_that_names_them_shows_mixed_streams(self) -> None:
        """Beside single ones."""
        document = layout(region("mix", show=["mixed"], width=0.5), region("rest", x=0.5, width=0.5))
        assert shown(document, people(1, MIXED)) == [["mixed:k0"], ["camera:u00"]]

    def test_a_stand_in_has_the_region_where_nothing_else_is_for_it(self) -> None:
        """One track alone; the others go on to the next regions."""
        document = layout(
            region("content", show=["screen"], stand_in=["camera:u01", "camera"], width=0.5),
            region("rest", x=0.5, width=0.5, arrange="tile"),
        )
        assert shown(document, people(3)) == [["camera:u01"], ["camera:u00"], ["camera:u02"]]
        assert shown(document, people(1, SCREEN)) == [["screen:k0"], ["camera:u00"]]

    def test_a_layout_that_shows_nobody_is_refused_with_the_tracks_that_are_there(self) -> None:
        """A pattern with a slip in it."""
        document = layout(region(show=["camera:zoe"]))
        with pytest.raises(ParameterError, match=r"shows any track; there are: camera:u00, camera:u01"):
            make_layout(document, people(2), 1280, 720)

    def test_a_lesson_of_sound_alone_has_an_empty_canvas(self) -> None:
        """Nothing is refused: nobody could be shown."""
        assert make_layout(layout(region()), people(0, AUDIO), 1280, 720) == ()


class TestMaxTiles:
    def test_enough_tiles_for_all_are_nobodys_in_turns(self) -> None:
        """The limit alone changes nothing."""
        document = layout(region(arrange="tile", max_tiles=3))
        assert make_layout(document, people(3), 1280, 720) == make_layout("grid", people(3), 1280, 720)

    def test_the_plan_shows_who_has_the_tile_and_how_many_have_none(self) -> None:
        """The last tile says it, and only where it is so."""
        rows = [
            row(CAMERA, "amy", 0, 20_000, "a.mp4"),
            row(CAMERA, "bo", 5000, 30_000, "b.mp4"),
            row(CAMERA, "cy", 10_000, 30_000, "c.mp4"),
        ]
        plan = to_plan_json(plan_video(lesson_of(*rows), layout=layout(region(arrange="tile", max_tiles=2))))
        told = [
            [(tile["track"][7:], tile["clip"], tile.get("more")) for tile in scene["tiles"]]
            for scene in plan["scenes"]
        ]
        assert told == [
            [("amy", 0, None), ("bo", None, None)],
            [("amy", 0, None), ("bo", 1, None)],
            [("amy", 0, None), ("bo", 1, 1)],
            [("cy", 2, None), ("bo", 1, None)],
            [("cy", 2, None), ("bo", None, None)],
        ]

    @given(
        spans=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=2, max_size=7),
        tiles=st.integers(1, 4),
    )
    def test_everyone_is_shown_at_most_once_and_places_stay(
        self, spans: list[tuple[int, int]], tiles: int
    ) -> None:
        """In each scene; a user moves only after having lost the tile to somebody."""
        rows = [row(CAMERA, f"u{n}", a * 1000, b * 1000, f"{n}.mp4") for n, (a, b) in enumerate(spans)]
        plan = plan_video(lesson_of(*rows), layout=layout(region(arrange="tile", max_tiles=tiles)))
        check_places: dict[str, int] = {}
        for scene in plan.scenes:
            tracks = [tile.track for tile in scene.tiles]
            assert len(set(tracks)) == len(tracks) == min(tiles, len(spans))
            assert [tile.rectangle for tile in scene.tiles] == [r.rectangle for r in plan.regions]
            for place, track in enumerate(tracks):
                for lost in [t for t, p in check_places.items() if p == place and t != track]:
                    del check_places[lost]
                assert check_places.setdefault(track, place) == place


class TestPlan:
    def test_tiles_say_how_pictures_fill_them(self) -> None:
        """Cover where the region says so."""
        document = layout(region("a", show=["camera"], width=0.5, fit="cover"), region("b", x=0.5, width=0.5))
        plan = to_plan_json(plan_video(people(1, BOARD), layout=document))
        assert [tile["fit"] for tile in plan["scenes"][0]["tiles"]] == ["cover", "contain"]

    def test_a_tile_that_shows_nothing_is_not_in_the_plan(self) -> None:
        """Where a region has no slates."""
        rows = [row(BOARD, "", 0, 9000, "w.mp4"), row(CAMERA, "amy", 3000, 3000, "c.mp4")]
        plan = to_plan_json(plan_video(lesson_of(*rows), layout="pip"))
        told = [[tile["track"] for tile in scene["tiles"]] for scene in plan["scenes"]]
        assert told == [["whiteboard"], ["whiteboard", "camera:amy"], ["whiteboard"]]

    def test_a_layout_is_a_name_a_path_parsed_or_made(self, tmp_path: Path) -> None:
        """All give the same plan."""
        document = layout(region(arrange="tile"))
        path = tmp_path / "mine.JSON"
        path.write_text(json.dumps(document), encoding="utf-8")
        lesson = people(2, BOARD)
        plans = [
            plan_video(lesson, layout=which) for which in (document, path, str(path), parse_layout(document))
        ]
        assert plans == [plan_video(lesson, layout="grid")] * 4

    def test_the_background_is_a_number(self) -> None:
        """No string of a layout goes further."""
        plan = plan_video(people(1), layout=layout(region(), background="#0a10FF"))
        assert plan.background == (10, 16, 255)


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"x": -0.1}, r"region 'all': x: should be greater than or equal to 0, got -0.1"),
            ({"x": 0.5}, r"region 'all': x \+ width is 1.5; expected at most 1"),
            ({"y": 0.25}, r"region 'all': y \+ height is 1.25"),
            ({"width": 0}, r"region 'all': width: should be greater than 0, got 0"),
            ({"width": True}, r"region 'all': width: should be a valid number, got true"),
            ({"width": "1"}, r"region 'all': width: should be a valid number, got '1'"),
            ({"height": float("nan")}, r"region 'all': height: should be "),
            ({"height": 10**400}, r"region 'all': height: should be "),
            ({"show": []}, r"region 'all': show: should have at least 1 item, not 0"),
            ({"show": "camera"}, r"region 'all': show: should be a valid list"),
            (
                {"show": ["cam"]},
                r"region 'all': no kind of stream 'cam' as in 'cam'; there are: camera, screen",
            ),
            (
                {"show": ["camera:@boss"]},
                r"region 'all': no role 'boss' as in 'camera:@boss'; there are: teacher",
            ),
            ({"stand_in": ["screan:*"]}, r"region 'all': no kind of stream 'screan'"),
            ({"arrange": "stack"}, r"region 'all': arrange: should be 'one' or 'tile', got 'stack'"),
            (
                {"arrange": "tile", "max_tiles": 0},
                r"region 'all': max_tiles: should be greater than or equal",
            ),
            ({"arrange": "tile", "max_tiles": 2.5}, r"region 'all': max_tiles: should be a valid integer"),
            ({"max_tiles": 2}, r"region 'all': max_tiles needs arrange tile"),
            ({"fit": "stretch"}, r"region 'all': fit: should be 'contain' or 'cover', got 'stretch'"),
            ({"tile_aspect": 99}, r"region 'all': tile_aspect: should be less than or equal to 10"),
            ({"z": 1e9}, r"region 'all': z: should be "),
            ({"margins_px": [1, 1, 1, 1]}, r"region 'all': margins_px: should be a multiple of 2"),
            ({"widht": 1}, r"region 'all': unknown key 'widht'"),
            ({"name": ""}, r"region 1: name: "),
            ({"name": "x" * 41}, r"region '\w+...': name: "),
        ],
    )
    def test_a_region_that_cannot_be_used_is_named_in_one_line(self, change: Json, words: str) -> None:
        """With what was found."""
        with pytest.raises(ParameterError, match=f"^{words}") as caught:
            parse_layout(layout(region(**change)))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ([], "expected an object, got a list"),
            ("grid", "expected an object, got 'grid'"),
            ({}, "'regions' is missing"),
            (layout(), "regions: should have at least 1 item, not 0"),
            ({**layout(), "regions": [[]]}, "region 1: expected an object, got a list"),
            (layout(region(), format="x"), "format: should be 'timeline-layout', got 'x'"),
            (layout(region(), version="2.0"), "version: should be '1.0', got '2.0'"),
            (layout(region(), gap_px=7), "gap_px: should be a multiple of 2, got 7"),
            (layout(region(), background="red;movie=x"), "background: .*got 'red;movie=x'"),
            (layout(region(), background="#123456\n"), "background: "),
            (layout(region(), units="%"), "units: should be 'share' or 'px', got '%'"),
            (layout(region(), region("b"), region("b")), "region 'b': the name is there twice"),
            (layout(region(), region()), "region 'all': the name is there twice"),
            (layout({"name": "a"}), "region 'a': 'x' is missing"),
        ],
    )
    def test_a_layout_that_cannot_be_used_is_refused_in_one_line(self, document: Any, words: str) -> None:
        """With what was found."""
        with pytest.raises(ParameterError, match=f"^{words}") as caught:
            parse_layout(document)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"{", "not JSON"),
            (b"\xff\xfe", "not UTF-8"),
            (b'{"a": 1, "a": 2}', "'a' is there twice"),
            (b"[" * 50 + b"]" * 50, "nested 50 levels deep"),
            (b" " * (1 << 20) + b"{}", "at most 1048576"),
            (b'{"regions": NaN}', "NaN"),
        ],
    )
    def test_a_file_that_is_no_layout_is_refused_with_its_name(
        self, tmp_path: Path, data: bytes, words: str
    ) -> None:
        """And what is wrong with it."""
        path = tmp_path / "mine.json"
        path.write_bytes(data)
        with pytest.raises(ParameterError, match=rf"^mine\.json: .*{words}"):
            read_layout(path)

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        """One line."""
        with pytest.raises(ParameterError, match=r"none\.json: cannot be read: no such file"):
            make_layout(str(tmp_path / "none.json"), people(1), 1280, 720)

    @given(
        document=st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["format", "version", "regions", "name", "x", "show", "gap_px", "\x1b[2J"]
                    ),
                    inner,
                    max_size=5,
                )
            ),
        )
    )
    def test_any_document_is_a_layout_or_refused_in_one_harmless_line(self, document: Any) -> None:
        """Whatever it holds."""
        said = ""
        try:
            parse_layout(document)
        except ParameterError as error:
            said = str(error)
        assert all(map(is_harmless, said))


class TestSchema:
    def test_the_shipped_schema_is_that_of_the_code(self) -> None:
        """``layout_schema()`` writes it."""
        schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
        assert schema == json.loads(json.dumps(layout_schema()))
        Draft202012Validator.check_schema(schema)

    @pytest.mark.parametrize(
        ("change", "is_right"),
        [({}, True), ({"fit": "cover"}, True), ({"x": 2}, True), ({"x": -1}, False), ({"colour": 1}, False)],
    )
    def test_it_tells_layouts_from_others(self, change: Json, is_right: bool) -> None:
        """What one region alone can be judged by."""
        schema = Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
        assert schema.is_valid(layout(region(**change))) == is_right

    @pytest.mark.parametrize("name", list(LAYOUTS))
    def test_layouts_with_a_name_could_be_files(self, name: str) -> None:
        """They are written in the same form."""
        adapter = layout_data._adapter()
        document = json.loads(adapter.dump_json(LAYOUTS[name]))
        assert parse_layout(document) == LAYOUTS[name]


@st.composite
def layouts(draw: st.DrawFn) -> Json:
    """Any layout of a few regions."""
    regions = []
    for number in range(draw(st.integers(1, 4))):
        x, y = draw(st.integers(0, 15)), draw(st.integers(0, 15))
        tiled = draw(st.booleans())
        regions.append(
            region(
                f"r{number}",
                x=x / 20,
                y=y / 20,
                width=draw(st.integers(4, 20 - x)) / 20,
                height=draw(st.integers(4, 20 - y)) / 20,
                show=draw(st.lists(st.sampled_from(["*", "camera", "screen:*", "*:u0[0-3]"]), min_size=1)),
                arrange="tile" if tiled else "one",
                max_tiles=draw(st.none() | st.integers(1, 5)) if tiled else None,
                tile_aspect=draw(st.sampled_from([None, 1.0, 16 / 9, 0.3])),
                align=draw(st.sampled_from(["center", "top-left", "right"])),
                z=draw(st.integers(-1, 1)),
            )
        )
    return layout(*regions, gap_px=draw(st.sampled_from([0, 2, 8, 14])), fill_alone=draw(st.booleans()))


@given(
    document=layouts(),
    count=st.integers(1, 12),
    width=st.integers(100, 1000),
    height=st.integers(100, 600),
)
def test_tiles_of_any_layout_are_even_inside_the_canvas_and_apart_within_a_region(
    document: Json, count: int, width: int, height: int
) -> None:
    """Or the layout is refused in words."""
    lesson = people(count, SCREEN, BOARD)
    for one in document["regions"]:
        alone = document | {"regions": [one]}
        try:
            regions = make_layout(alone, lesson, 2 * width, 2 * height)
        except ParameterError:
            with pytest.raises(ParameterError, match=r"raise --size|shows any track"):
                make_layout(alone, lesson, 2 * width, 2 * height)
        else:
            check(regions, 2 * width, 2 * height, in_turns=any(place.turns for place in regions))
    try:
        together = make_layout(document, lesson, 2 * width, 2 * height)
    except ParameterError:
        return
    found = [track for place in together if not place.turns for track in ids((place,))[0]]
    assert len(found) == len(set(found))
