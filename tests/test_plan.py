"""The plan: which file is where in which frames, from the result alone."""

from __future__ import annotations

import builtins
import dataclasses
import json
import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests import oracle
from tests.conftest import AUDIO, BOARD, CAMERA, MIXED, SCREEN, Row, lesson_of, row
from timeline.errors import ParameterError
from timeline.layouts.names import LayoutLike
from timeline.render.plan import KnownFile, RenderPlan, plan_video
from timeline.render.plan_json import to_plan_json

GUIDE = Path(__file__).parents[1] / "sample_results" / "guide_example.json"
LAYOUTS_TO_TRY = [
    "stage",
    "grid",
    "side-by-side",
    "pip",
    {
        "format": "timeline-layout",
        "version": "1.0",
        "background": "#0a0b0c",
        "regions": [
            {"name": "all", "x": 0, "y": 0, "width": 1, "height": 1, "show": ["screen"], "fit": "cover"},
            {"name": "people", "x": 0.1, "y": 0, "width": 0.5, "height": 1, "show": ["*"], "z": 1}
            | {"arrange": "tile", "max_tiles": 2},
        ],
    },
]
"""All with a name, and one with layers, turns and pictures that are cut."""
TILE_KEYS = {"track", "clip", "x", "y", "width", "height", "media_start_ms", "fit"}


@st.composite
def results(draw: st.DrawFn) -> list[Row]:
    """Rows of a small lesson in any order, with overlaps, seams and holes."""
    count = draw(st.integers(1, 9))
    rows = []
    for number in range(count):
        kind = draw(st.sampled_from([CAMERA, CAMERA, CAMERA, SCREEN, BOARD, MIXED, AUDIO]))
        user = "" if kind == BOARD else draw(st.sampled_from(["amy", "bo"]))
        start_ms = draw(st.integers(0, 9000))
        rows.append(row(kind, user, start_ms, draw(st.integers(100, 6000)), f"f{number}.mp4"))
    return rows


rates = st.sampled_from([Fraction(15), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(1)])


def plan_of(*rows: Row, **options: Any) -> RenderPlan:
    """The plan of some rows."""
    return plan_video(lesson_of(*rows), **options)


def half_up(at_ms: int, rate: Fraction) -> int:
    """The frame nearest to a time; of two, the later."""
    return math.floor(Fraction(at_ms) * rate / 1000 + Fraction(1, 2))


class TestGuide:
    def test_24_minutes_are_21600_frames(self) -> None:
        """At 15 frames per second."""
        plan = plan_video(timeline.load(GUIDE))
        assert (plan.frames, plan.duration_ms, plan.frame_rate) == (21_600, 1_440_000, Fraction(15))

    def test_scenes_begin_where_something_changes(self) -> None:
        """In ms and in frames."""
        plan = plan_video(timeline.load(GUIDE))
        edges = [0, 120_000, 300_000, 900_000, 1_110_000, 1_200_000]
        assert [scene.start_ms for scene in plan.scenes] == edges
        assert [scene.start_frame for scene in plan.scenes] == [edge * 15 // 1000 for edge in edges]
        assert plan.scenes[-1].end_frame == 21_600

    def test_the_files_after_the_pause_play_from_their_beginning(self) -> None:
        """Rows 3, 4 and 5 of the list."""
        scene = plan_video(timeline.load(GUIDE)).scenes[3]
        shown = {tile.track: (tile.clip, tile.media_start_ms) for tile in scene.tiles}
        assert shown == {"camera:ios_test1": (3, 0), "camera:pc_test1": (4, 0), "whiteboard": (5, 0)}

    def test_sound_is_that_of_the_cameras(self) -> None:
        """Nothing is known of the files, so the board is believed to be silent."""
        plan = plan_video(timeline.load(GUIDE))
        heard = [dataclasses.astuple(sound) for sound in plan.audio]
        assert sorted(heard, key=lambda sound: sound[1]) == [
            ("camera:ios_test1", 0, 0, 900_000, 0),
            ("camera:pc_test1", 1, 300_000, 900_000, 0),
            ("camera:ios_test1", 3, 900_000, 1_200_000, 0),
            ("camera:pc_test1", 4, 900_000, 1_110_000, 0),
        ]


class TestFrames:
    @given(rows=results(), rate=rates, window=st.tuples(st.integers(0, 4000), st.integers(1, 9000)))
    def test_scenes_tile_time_and_frames(
        self, rows: list[Row], rate: Fraction, window: tuple[int, int]
    ) -> None:
        """Whatever the window: no frame is lost, none is there twice."""
        lesson = lesson_of(*rows)
        start_ms = min(window[0], lesson.duration_ms - 1)
        end_ms = min(start_ms + window[1], lesson.duration_ms)
        if half_up(end_ms, rate) == half_up(start_ms, rate):
            return
        plan = plan_video(lesson, frame_rate=rate, start_ms=start_ms, end_ms=end_ms)
        assert plan.scenes[0].start_ms == start_ms
        assert plan.scenes[-1].end_ms == end_ms
        assert plan.duration_ms == end_ms - start_ms
        assert plan.scenes[0].start_frame == 0
        assert plan.scenes[-1].end_frame == plan.frames
        for one, other in zip(plan.scenes, plan.scenes[1:], strict=False):
            assert (one.end_ms, one.end_frame) == (other.start_ms, other.start_frame)
        assert sum(scene.end_frame - scene.start_frame for scene in plan.scenes) == plan.frames
        first = half_up(start_ms, rate)
        for scene in plan.scenes:
            assert scene.start_frame == half_up(scene.start_ms, rate) - first
            assert scene.end_frame == half_up(scene.end_ms, rate) - first

    @pytest.mark.parametrize(("at_ms", "frame"), [(33, 0), (34, 1), (100, 2), (166, 2), (167, 3), (900, 14)])
    def test_frames_are_rounded_half_up_from_absolute_positions(self, at_ms: int, frame: int) -> None:
        """100 ms are 1.5 frames of 15 a second: frame 2."""
        plan = plan_of(row(CAMERA, "amy", 0, 5000), row(CAMERA, "bo", at_ms, 1000, "b.mp4"))
        assert plan.scenes[1].start_frame == frame

    def test_a_window_shorter_than_a_frame_is_refused(self) -> None:
        """There is nothing to encode; the caller hears it now and not from ffmpeg."""
        with pytest.raises(ParameterError):
            plan_of(row(CAMERA, "amy", 0, 5000), start_ms=1000, end_ms=1010)

    @pytest.mark.parametrize(
        ("start_ms", "end_ms"), [(5000, None), (7000, 8000), (-1, 100), (3000, 3000), (3, 2)]
    )
    def test_a_window_outside_the_lesson_is_refused(self, start_ms: int, end_ms: int | None) -> None:
        """With the length of the lesson."""
        with pytest.raises(ParameterError, match="0:00:05"):
            plan_of(row(CAMERA, "amy", 0, 5000), start_ms=start_ms, end_ms=end_ms)

    def test_a_window_may_reach_past_the_end(self) -> None:
        """It ends with the lesson."""
        assert plan_of(row(CAMERA, "amy", 0, 5000), start_ms=2000, end_ms=99_000).duration_ms == 3000


class TestTiles:
    @given(rows=results(), layout=st.sampled_from(LAYOUTS_TO_TRY))
    def test_a_tile_shows_what_plays(self, rows: list[Row], layout: LayoutLike) -> None:
        """The file and media time of each tile are those of `Timeline.at` and of the naive oracle."""
        lesson = lesson_of(*rows)
        plan = plan_video(lesson, layout=layout)
        pieces = oracle.tracks(rows)
        for scene in plan.scenes:
            playing = lesson.at(scene.start_ms)
            assert {t: c.media.position for t, c in playing.items()} == oracle.at(rows, scene.start_ms)
            for region, tile in zip(plan.regions, scene.tiles, strict=True):
                own = {track.id for track, _ in region.candidates(scene.start_ms)}
                assert tile.track in own <= {track.id for track in region.tracks}
                if tile.clip is not None:
                    assert tile.clip == playing[tile.track].media.position
                    assert tile.media_start_ms == playing[tile.track].media_ms(scene.start_ms)
                    begin, _, _, media = next(p for p in pieces[tile.track] if p[0] <= scene.start_ms < p[1])
                    assert tile.media_start_ms == media + scene.start_ms - begin
                elif tile.held is None:
                    assert tile.media_start_ms is None
                    assert not own & set(playing)

    @given(rows=results(), layout=st.sampled_from(LAYOUTS_TO_TRY))
    def test_tracks_never_move(self, rows: list[Row], layout: LayoutLike) -> None:
        """A region has one rectangle in all scenes, and so has each track."""
        plan = plan_of(*rows, layout=layout)
        places: dict[str, set[Any]] = {}
        for scene in plan.scenes:
            assert [tile.rectangle for tile in scene.tiles] == [r.rectangle for r in plan.regions]
            for tile in scene.tiles:
                places.setdefault(tile.track, set()).add(tile.rectangle)
        in_turns = {turn.track.id for region in plan.regions for turn in region.turns}
        assert all(len(seen) == 1 for track, seen in places.items() if track not in in_turns)

    @given(rows=results(), seed=st.integers(0, 99))
    def test_the_order_of_the_list_does_not_matter(self, rows: list[Row], seed: int) -> None:
        """But for the indices of the files themselves."""
        order = list(range(len(rows)))
        random.Random(seed).shuffle(order)
        one, other = (to_plan_json(plan_of(*some)) for some in (rows, [rows[number] for number in order]))
        for entry in [*other["audio"], *(tile for s in other["scenes"] for tile in s["tiles"])]:
            entry["clip"] = None if entry["clip"] is None else order[entry["clip"]]
        for plan in (one, other):
            plan["audio"].sort(key=lambda s: (s["track"], s["start_ms"]))
        if len({(r["video_type"], r["user_id"], r["video_play_time"]) for r in rows}) == len(rows):
            assert one == other

    @pytest.mark.parametrize("hole_ms", [1, 20, 500])
    def test_a_seam_holds_the_last_frame(self, hole_ms: int) -> None:
        """No file plays, and the one before stays."""
        plan = plan_of(row(CAMERA, "amy", 0, 2000), row(CAMERA, "amy", 2000 + hole_ms, 1000, "b.mp4"))
        tile = plan.scenes[1].tiles[0]
        assert (tile.clip, tile.held, tile.file) == (None, 0, 0)
        assert tile.media_start_ms == 1999

    def test_an_absence_is_a_slate(self) -> None:
        """A hole of 501 ms."""
        plan = plan_of(row(CAMERA, "amy", 0, 2000), row(CAMERA, "amy", 2501, 1000, "b.mp4"))
        tile = plan.scenes[1].tiles[0]
        assert (tile.track, tile.clip, tile.held, tile.media_start_ms) == ("camera:amy", None, None, None)

    @pytest.mark.parametrize(("start_ms", "scene"), [(500, 0), (3500, -1)])
    def test_before_the_first_and_after_the_last_file_is_a_slate(self, start_ms: int, scene: int) -> None:
        """However short."""
        plan = plan_of(row(CAMERA, "amy", 1, 3000), row(BOARD, "", 0, 3002, "b.mp4"), layout="grid")
        assert [tile.file for tile in plan.scenes[scene].tiles] == [None, 1]

    def test_the_stage_prefers_a_screen_to_the_whiteboard_and_comes_back(self) -> None:
        """The content follows what is shared."""
        plan = plan_of(
            row(BOARD, "", 0, 9000, "w.mp4"),
            row(SCREEN, "amy", 3000, 3000, "s.mp4"),
            row(CAMERA, "amy", 0, 9000),
        )
        assert [s.tiles[0].clip for s in plan.scenes] == [0, 1, 0]
        assert [s.tiles[0].media_start_ms for s in plan.scenes] == [0, 0, 6000]

    def test_of_two_screens_the_later_one_is_on_the_stage(self) -> None:
        """It is the one that people look at."""
        plan = plan_of(
            row(SCREEN, "amy", 0, 9000, "s.mp4"),
            row(SCREEN, "bo", 3000, 3000, "t.mp4"),
            row(CAMERA, "amy", 0, 9000),
        )
        assert [s.tiles[0].clip for s in plan.scenes] == [0, 1, 0]

    def test_a_screens_seam_does_not_flash_the_whiteboard(self) -> None:
        """Its last frame stays for the seam."""
        plan = plan_of(
            row(BOARD, "", 0, 9000, "w.mp4"),
            row(SCREEN, "amy", 0, 3000, "s.mp4"),
            row(SCREEN, "amy", 3020, 3000, "t.mp4"),
            row(CAMERA, "amy", 0, 9000),
        )
        assert [s.tiles[0].file for s in plan.scenes] == [1, 1, 2, 0]

    def test_a_window_begins_in_the_middle_of_a_file(self) -> None:
        """Media time goes on."""
        plan = plan_of(row(CAMERA, "amy", 1000, 5000), start_ms=2500, end_ms=3500)
        assert plan.scenes[0].tiles[0].media_start_ms == 1500
        assert [dataclasses.astuple(s) for s in plan.audio] == [("camera:amy", 0, 2500, 3500, 1500)]


class TestSound:
    @given(rows=results())
    def test_no_user_is_heard_twice_and_no_mixed_stream_beside_single_ones(self, rows: list[Row]) -> None:
        """At every instant each camera or screen that plays is heard once, a sound-only file else."""
        lesson = lesson_of(*rows)
        plan = plan_video(lesson)
        kinds = {track.id: track.kind for track in lesson.tracks}
        single = any(kind in ("camera", "screen", "audio") for kind in kinds.values())
        for scene in plan.scenes:
            at_ms = scene.start_ms
            heard = sorted(s.track for s in plan.audio if s.start_ms <= at_ms < s.end_ms)
            playing = lesson.at(at_ms)
            wanted = [t for t in playing if kinds[t] in ("camera", "screen")]
            for track in playing:
                camera = "camera:" + track.partition(":")[2]
                if kinds[track] == "audio" and camera not in playing:
                    wanted.append(track)
            if single:
                assert heard == sorted(wanted)
            else:
                assert {kinds[track] for track in heard} <= {"mixed"}

    @pytest.mark.parametrize("other", [CAMERA, SCREEN, BOARD, AUDIO])
    def test_no_mixed_stream_is_heard_beside_anything_else(self, other: int) -> None:
        """Also where boards are known to hold sound: it would be there twice."""
        rows = (row(MIXED, "m", 0, 5000), row(other, "" if other == BOARD else "amy", 0, 5000, "b.mp4"))
        known = {0: KnownFile(True, 5000, 5000), 1: KnownFile(True, 5000, 5000)}
        assert len({sound.track for sound in plan_of(*rows, files=known).audio}) == 1

    def test_a_mixed_stream_alone_is_heard(self) -> None:
        """And only one of several."""
        plan = plan_of(row(MIXED, "m", 0, 5000), row(MIXED, "n", 0, 5000, "b.mp4"))
        assert len(plan.audio) == 1

    def test_a_lone_whiteboard_with_sound_is_heard(self) -> None:
        """Once its file is known to hold sound."""
        known = {0: KnownFile(True, 5000, 5000)}
        assert len(plan_of(row(BOARD, "", 0, 5000), files=known).audio) == 1

    def test_sound_ends_where_the_file_ends(self) -> None:
        """And media that is missing is not heard."""
        rows = (row(CAMERA, "amy", 1000, 5000), row(CAMERA, "bo", 0, 6000, "b.mp4"))
        known = {0: KnownFile(True, 5000, 2000), 1: KnownFile(False, 0, 0)}
        plan = plan_of(*rows, files=known)
        assert [dataclasses.astuple(s) for s in plan.audio] == [("camera:amy", 0, 1000, 3000, 0)]


class TestKnownFiles:
    def test_a_missing_file_is_a_slate_that_says_so(self) -> None:
        """It names the file that is lost."""
        known = {0: KnownFile(False, 0, 0)}
        tile = plan_of(row(CAMERA, "amy", 0, 5000), files=known).scenes[0].tiles[0]
        assert (tile.clip, tile.lost) == (None, 0)

    def test_a_missing_file_is_a_slate_where_it_would_play_and_nowhere_else(self) -> None:
        """Also where nothing else begins or ends then; before and after it nobody is missing."""
        rows = (row(CAMERA, "amy", 0, 9000, "a.mp4"), row(CAMERA, "bo", 2000, 3000, "b.mp4"))
        known = {0: KnownFile(True, 9000, 0), 1: KnownFile(False, 0, 0)}
        plan = plan_of(*rows, files=known)
        bo = [(s.start_ms, s.end_ms, t.lost) for s in plan.scenes for t in s.tiles if t.track == "camera:bo"]
        assert bo == [(0, 2000, None), (2000, 5000, 1), (5000, 9000, None)]
        assert plan.slated_files == (1,)

    def test_a_short_file_becomes_a_slate_where_it_ends(self) -> None:
        """The scene is cut there."""
        known = {0: KnownFile(True, 2000, 0)}
        plan = plan_of(row(CAMERA, "amy", 0, 5000), files=known)
        assert [(s.start_ms, s.tiles[0].clip, s.tiles[0].lost) for s in plan.scenes] == [
            (0, 0, None),
            (2000, None, 0),
        ]

    @pytest.mark.parametrize("gaps", ["card", "hold", "hide"])
    @pytest.mark.parametrize("first", [KnownFile(True, 2000, 0), KnownFile(False, 0, 0)])
    def test_the_slate_of_a_file_that_ended_early_stays_over_a_seam(
        self, first: KnownFile, gaps: str
    ) -> None:
        """No earlier picture comes back for a few frames, nor does another slate."""
        rows = (
            row(CAMERA, "amy", 0, 1000, "a.mp4"),
            row(CAMERA, "amy", 1000, 4000, "b.mp4"),
            row(CAMERA, "amy", 5300, 2000, "c.mp4"),
        )
        known = {0: KnownFile(True, 1000, 0), 1: first, 2: KnownFile(True, 2000, 0)}
        plan = plan_of(*rows, files=known, gaps=gaps)
        seam = [(t.file, t.lost, t.hidden) for s in plan.scenes for t in s.tiles if s.start_ms == 5000]
        assert seam == [(None, 1, False)]

    @pytest.mark.parametrize(("gaps", "file"), [("card", None), ("hold", 0)])
    def test_a_file_that_was_seen_to_its_end_is_not_lost_in_a_seam(self, gaps: str, file: int | None) -> None:
        """Also where the next one is missing."""
        rows = (row(CAMERA, "amy", 0, 5000, "a.mp4"), row(CAMERA, "amy", 5300, 2000, "b.mp4"))
        known = {0: KnownFile(True, 5000, 0), 1: KnownFile(False, 0, 0)}
        plan = plan_of(*rows, files=known, gaps=gaps)
        tiles = [(t.file, t.lost) for s in plan.scenes for t in s.tiles]
        assert tiles == [(0, None), (file, None), (None, 1)]

    def test_a_screen_that_is_missing_gives_way_to_the_whiteboard(self) -> None:
        """What is there is shown, and what is lost is said."""
        rows = (
            row(SCREEN, "amy", 0, 5000, "s.mp4"),
            row(BOARD, "", 0, 5000),
            row(CAMERA, "amy", 0, 5000, "c.mp4"),
        )
        known = {0: KnownFile(False, 0, 0), 1: KnownFile(True, 5000, 0), 2: KnownFile(True, 5000, 0)}
        plan = plan_of(*rows, files=known)
        assert plan.scenes[0].tiles[0].clip == 1
        assert plan.slated_files == (0,)


class TestJson:
    def test_it_has_the_keys_of_the_contract_and_no_others(self) -> None:
        """Held tiles say of which file besides."""
        rows = (
            row(CAMERA, "amy", 0, 2000),
            row(CAMERA, "amy", 2020, 1000, "b.mp4"),
            row(CAMERA, "bo", 3, 9, "c.mp4"),
        )
        plan = to_plan_json(plan_of(*rows))
        assert set(plan) == {"width", "height", "fps", "duration_ms", "frames", "scenes", "audio"}
        held = 0
        for scene in plan["scenes"]:
            assert set(scene) == {"start_ms", "end_ms", "start_frame", "end_frame", "tiles"}
            for tile in scene["tiles"]:
                held += "held" in tile
                assert set(tile) == TILE_KEYS | ({"held"} if "held" in tile else set())
                assert "held" not in tile or (tile["clip"], tile["held"]) == (0, True)
        assert held == 1
        for sound in plan["audio"]:
            assert set(sound) == {"track", "clip", "start_ms", "end_ms", "media_start_ms"}

    def test_it_is_json(self) -> None:
        """Numbers are whole, the rate is a fraction in a string, fit is contain."""
        plan = to_plan_json(plan_of(row(CAMERA, "amy", 0, 2000), frame_rate=Fraction(30000, 1001)))
        assert json.loads(json.dumps(plan)) == plan
        assert plan["fps"] == "30000/1001"
        assert plan["scenes"][0]["tiles"][0]["fit"] == "contain"
        assert to_plan_json(plan_of(row(CAMERA, "amy", 0, 2000)))["fps"] == "15/1"

    @pytest.mark.parametrize("size", [(0, 0), (63, 64), (64, 65), (1280, 721), (8000, 720)])
    def test_a_canvas_that_cannot_be_encoded_is_refused(self, size: tuple[int, int]) -> None:
        """Odd or out of bounds."""
        with pytest.raises(ParameterError, match="expected an even"):
            plan_of(row(CAMERA, "amy", 0, 2000), size_px=size)


def test_the_plan_is_pure(monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens nothing, changes nothing, and comes out the same each time."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 2000), row(CAMERA, "amy", 2020, 1000, "b.mp4"))
    before = repr(lesson.tracks)

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a plan opens no file")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    one, other = plan_video(lesson), plan_video(lesson)
    monkeypatch.undo()
    assert one == other
    assert repr(lesson.tracks) == before
