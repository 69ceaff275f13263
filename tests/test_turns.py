"""More people than tiles: who has which tile when."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.conftest import CAMERA, Row, lesson_of, result_text, row
from timeline.layouts.places import people_first
from timeline.layouts.turns import Turn, take_turns
from timeline.model import Timeline
from timeline.roster import Person, Roster

Told = list[list[tuple[int, str]]]
BACK, ABSENT = 10_000, 10_001


def on(user: str, *spans: tuple[int, int]) -> list[Row]:
    """Rows of a camera that is on from and to these times."""
    return [row(CAMERA, user, a, b - a, f"{user}{a}.mp4") for a, b in spans]


def turns(lesson: Timeline, tiles: int) -> tuple[tuple[Turn, ...], ...]:
    """The turns of a lesson's people."""
    return take_turns(people_first(lesson.tracks), tiles)


def owners(*rows: Row, tiles: int) -> Told:
    """(start, user) of each stretch in which a tile is one user's."""
    told: Told = []
    for own in turns(lesson_of(*rows), tiles):
        told.append([])
        for turn in own:
            if not told[-1] or told[-1][-1][1] != turn.track.user_id:
                told[-1].append((turn.start_ms, turn.track.user_id or ""))
    return told


def counts(*rows: Row, tiles: int) -> list[tuple[int, int]]:
    """(start, more) of the last tile."""
    return [(turn.start_ms, turn.more) for turn in turns(lesson_of(*rows), tiles)[-1]]


def test_the_first_on_camera_have_the_tiles_from_the_start() -> None:
    """Each tile is somebody's at any time."""
    rows = [*on("amy", (1000, 9000)), *on("bo", (2000, 9000)), *on("cy", (3000, 9000))]
    assert owners(*rows, tiles=2) == [[(0, "amy")], [(0, "bo")]]


def test_a_tile_is_kept_off_camera_until_somebody_needs_it() -> None:
    """Then it changes hands at once."""
    rows = [*on("amy", (0, 1000)), *on("bo", (0, 90_000)), *on("cy", (50_000, 60_000))]
    assert owners(*rows, tiles=2) == [[(0, "amy"), (50_000, "cy")], [(0, "bo")]]


def test_who_comes_back_has_the_same_tile() -> None:
    """Though long away, since nobody needed it."""
    rows = [*on("amy", (0, 1000), (50_000, 60_000)), *on("bo", (0, 60_000)), *on("cy", (55_000, 60_000))]
    assert owners(*rows, tiles=2) == [[(0, "amy")], [(0, "bo")]]


def test_the_tile_of_the_one_who_is_longest_off_camera_is_taken() -> None:
    """Not that of the one who left last."""
    rows = [*on("amy", (0, 1000)), *on("bo", (0, 2000)), *on("cy", (30_000, 40_000))]
    assert owners(*rows, tiles=2) == [[(0, "amy"), (30_000, "cy")], [(0, "bo")]]


def test_nobody_who_is_on_camera_loses_a_tile() -> None:
    """Who comes later waits until one goes."""
    rows = [*on("amy", (0, 90_000)), *on("bo", (1000, 20_000)), *on("cy", (2000, 90_000))]
    assert owners(*rows, tiles=2) == [[(0, "amy")], [(0, "bo"), (20_000, "cy")]]


def test_of_two_who_wait_the_one_who_came_last_is_next() -> None:
    """The most recent ones are seen."""
    rows = [*on("amy", (0, 20_000)), *on("bo", (1000, 90_000)), *on("cy", (2000, 90_000))]
    assert owners(*rows, tiles=1) == [[(0, "amy"), (20_000, "cy")]]


def test_a_reconnect_costs_no_tile() -> None:
    """Within ten seconds, also where somebody waits."""
    rows = [*on("amy", (0, 5000), (5000 + BACK, 60_000)), *on("bo", (1000, 60_000))]
    assert owners(*rows, tiles=1) == [[(0, "amy")]]


def test_a_longer_absence_does_where_somebody_waits() -> None:
    """From its beginning."""
    rows = [*on("amy", (0, 5000), (5000 + ABSENT, 60_000)), *on("bo", (1000, 60_000))]
    assert owners(*rows, tiles=1) == [[(0, "amy"), (5000, "bo")]]


def test_the_teachers_tile_is_never_taken() -> None:
    """However long the teacher is off camera."""
    rows = [*on("lin", (0, 1000)), *on("amy", (0, 2000)), *on("bo", (30_000, 40_000))]
    roster = Roster({"lin": Person("lin", "Lin", "teacher")})
    lesson = timeline.loads(result_text(rows), roster=roster)
    told = [[turn.track.user_id for turn in own] for own in turns(lesson, 2)]
    assert told == [["lin"], ["amy", "bo"]]


def test_the_last_tile_counts_those_who_are_on_camera_without_one() -> None:
    """Now, not ever."""
    rows = [*on("amy", (0, 90_000)), *on("bo", (10_000, 50_000)), *on("cy", (20_000, 40_000))]
    assert counts(*rows, tiles=1) == [(0, 0), (10_000, 1), (20_000, 2), (40_000, 1), (50_000, 0)]


def test_who_is_off_camera_is_not_counted() -> None:
    """Three people share a tile one after the other."""
    rows = [*on("amy", (0, 1000)), *on("bo", (20_000, 30_000)), *on("cy", (50_000, 60_000))]
    assert counts(*rows, tiles=1) == [(0, 0), (20_000, 0), (50_000, 0)]


@st.composite
def classes(draw: st.DrawFn) -> list[Row]:
    """People on camera now and then."""
    rows = []
    for number in range(draw(st.integers(2, 7))):
        edges = sorted(draw(st.sets(st.integers(0, 100), min_size=2, max_size=8)))
        spans = list(zip(edges[::2], edges[1::2], strict=False))
        rows += on(f"u{number}", *((a * 1000, b * 1000) for a, b in spans))
    return rows


@given(rows=classes(), data=st.data())
def test_at_any_time_tiles_are_full_before_anybody_waits_and_nobody_has_two(
    rows: list[Row], data: st.DataObject
) -> None:
    """And one moves only for want of the tile: the new owner is on camera, the old one is not."""
    lesson = lesson_of(*rows)
    if len(lesson.tracks) < 2:
        return
    tiles = data.draw(st.integers(1, len(lesson.tracks) - 1))
    told = turns(lesson, tiles)
    merged = {track.id: track.merged(max_gap_ms=BACK) for track in lesson.tracks}

    def is_on(track_id: str, at_ms: int) -> bool:
        return any(a <= at_ms < b for a, b in merged[track_id])

    for at_ms in range(0, lesson.duration_ms, 500):
        now = [max((t for t in own if t.start_ms <= at_ms), key=lambda t: t.start_ms) for own in told]
        seen = [turn.track.id for turn in now]
        assert len(set(seen)) == len(seen)
        waiting = [t.id for t in lesson.tracks if is_on(t.id, at_ms) and t.id not in seen]
        assert not waiting or all(is_on(track_id, at_ms) for track_id in seen)
        assert [turn.more for turn in now] == [0] * (tiles - 1) + [len(waiting)]
    for own in told:
        for before, after in itertools.pairwise(own):
            assert before.start_ms < after.start_ms
            if before.track != after.track:
                assert is_on(after.track.id, after.start_ms)
                assert not is_on(before.track.id, after.start_ms)
