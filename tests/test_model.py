"""The model: gaps, what plays when, scenes, sections, and the way to the wall clock."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import oracle
from tests.builders import START_S, Row, board, lesson, result_rows, row
from timeline.errors import ParameterError
from timeline.model import Gap, Pause, Section, Timeline, Track, WallClock

INSTANTS = st.integers(-2000, 45_000)


def gaps_of(track: Track, *window: Any, **options: Any) -> list[tuple[int, int, str]]:
    """Return a track's gaps as plain tuples."""
    return [(gap.start_ms, gap.end_ms, gap.kind) for gap in track.gaps(*window, **options)]


# --- gaps ------------------------------------------------------------------------------------------------


@given(result_rows())
def test_gaps_are_those_of_the_oracle(rows: list[Row]) -> None:
    """Place and kind of every gap agree with a second, naive implementation."""
    read = lesson(*rows)

    assert {track.id: gaps_of(track) for track in read.tracks} == oracle.gaps(rows)


@given(result_rows())
def test_clips_and_gaps_tile_the_lesson(rows: list[Row]) -> None:
    """Clips and gaps of a track together have the length of the lesson."""
    read = lesson(*rows)

    for track in read.tracks:
        parts = sorted([(c.start_ms, c.end_ms) for c in track.clips] + [g[:2] for g in gaps_of(track)])
        assert [0, *(end for _, end in parts)] == [*(start for start, _ in parts), read.duration_ms]


def test_the_kind_of_a_gap_says_where_it_lies() -> None:
    """Before the first clip, between two, or after the last."""
    track = lesson(row("amy", 1000, 2000), row("amy", 5000, 1000), board(0, 8000)).track("camera:amy")

    assert track.gaps() == (
        Gap(0, 1000, "late_start"),
        Gap(3000, 5000, "absence"),
        Gap(6000, 8000, "early_end"),
    )


@pytest.mark.parametrize(("hole_ms", "kind"), [(1, "seam"), (500, "seam"), (501, "absence")])
def test_a_seam_is_at_most_half_a_second(hole_ms: int, kind: str) -> None:
    """A longer hole between two clips is an absence."""
    track = lesson(row("amy", 0, 1000), row("amy", 1000 + hole_ms, 1000)).tracks[0]

    assert [gap.kind for gap in track.gaps()] == [kind]


@pytest.mark.parametrize("kind", ["late_start", "early_end"])
def test_a_short_gap_at_an_end_is_no_seam(kind: str) -> None:
    """Only between two clips can files be switched."""
    start_ms = 1 if kind == "late_start" else 0

    assert gaps_of(lesson(row("amy", start_ms, 999), board(0, 1000)).track("camera:amy")) == [
        (0, 1, kind) if start_ms else (999, 1000, kind)
    ]


def test_clips_that_touch_leave_no_gap() -> None:
    """Half-open clips that touch have no instant between them."""
    assert lesson(row("amy", 0, 1000), row("amy", 1000, 1000)).tracks[0].gaps() == ()


def test_a_window_cuts_gaps_and_keeps_their_kind() -> None:
    """A gap that crosses the window's edge is cut there; a part of an absence is no seam."""
    track = lesson(row("amy", 2000, 2000), row("amy", 8000, 1000), board(0, 10_000)).track("camera:amy")

    assert gaps_of(track, (1000, 9500)) == [
        (1000, 2000, "late_start"),
        (4000, 8000, "absence"),
        (9000, 9500, "early_end"),
    ]
    assert gaps_of(track, (5000, 5100)) == [(5000, 5100, "absence")]
    assert gaps_of(track, (2500, 3000)) == []
    assert gaps_of(track, (3000, 3000)) == []


def test_short_gaps_can_be_ignored() -> None:
    """A gap of exactly *min_ms* is kept; what the window leaves of it is what counts."""
    track = lesson(row("amy", 0, 1000), row("amy", 1300, 1000), row("amy", 4300, 1000)).tracks[0]

    assert gaps_of(track, min_ms=300) == [(1000, 1300, "seam"), (2300, 4300, "absence")]
    assert gaps_of(track, min_ms=301) == [(2300, 4300, "absence")]
    assert gaps_of(track, (0, 2500), min_ms=300) == [(1000, 1300, "seam")]


@given(result_rows(), st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)).map(sorted))
def test_a_window_shows_what_lies_in_it(rows: list[Row], window: list[int]) -> None:
    """Inside the lesson, the gaps of a window are the parts of all gaps that lie in it."""
    read = lesson(*rows)
    low, high = (min(edge, read.duration_ms) for edge in window)

    for track in read.tracks:
        parts = [(max(a, low), min(b, high), kind) for a, b, kind in gaps_of(track)]
        assert gaps_of(track, (low, high)) == [part for part in parts if part[0] < part[1]]


# --- what plays ------------------------------------------------------------------------------------------


@given(result_rows(), INSTANTS)
def test_what_plays_is_what_the_oracle_says(rows: list[Row], at_ms: int) -> None:
    """At every instant each track plays the file that a naive search finds, or none."""
    playing = lesson(*rows).at(at_ms)

    assert {track_id: clip.media.position for track_id, clip in playing.items()} == oracle.at(rows, at_ms)


def test_a_clip_plays_from_its_start_until_before_its_end() -> None:
    """Spans are half-open; outside the lesson nothing plays."""
    read = lesson(row("amy", 1000, 1000), board(0, 3000))

    assert [list(read.at(ms)) for ms in (999, 1000, 1999, 2000)] == [
        ["whiteboard"],
        ["camera:amy", "whiteboard"],
        ["camera:amy", "whiteboard"],
        ["whiteboard"],
    ]
    assert [read.at(ms) for ms in (-1, 3000, 10**15)] == [{}, {}, {}]


@given(result_rows(), INSTANTS)
def test_the_media_time_is_the_time_since_the_file_began(rows: list[Row], at_ms: int) -> None:
    """Also in a piece that goes on after another file lay over it."""
    for clip in lesson(*rows).at(at_ms).values():
        assert clip.media_ms(at_ms) == at_ms - rows[clip.media.position]["video_play_time"]
        assert 0 <= clip.media_start_ms < clip.media_start_ms + clip.duration_ms <= clip.media.duration_ms


# --- scenes and sections ---------------------------------------------------------------------------------


@given(result_rows())
def test_scenes_are_those_of_the_oracle(rows: list[Row]) -> None:
    """Edges and playing tracks of every scene agree with a naive walk over all edges."""
    scenes = lesson(*rows).scenes()

    assert [(s.start_ms, s.end_ms, sorted(s.clips)) for s in scenes] == oracle.scenes(rows)


@given(result_rows())
def test_scenes_tile_the_lesson_and_say_what_plays(rows: list[Row]) -> None:
    """Their lengths add up to the lesson's, and neighbours differ."""
    read = lesson(*rows)
    scenes = read.scenes()

    assert [0, *(s.end_ms for s in scenes)] == [*(s.start_ms for s in scenes), read.duration_ms]
    for scene in scenes:
        assert scene.clips == read.at(scene.start_ms) == read.at(scene.end_ms - 1)
        assert list(scene.clips) == [track.id for track in read.tracks if track.id in scene.clips]
    assert all(before.clips != after.clips for before, after in pairwise(scenes))


def test_a_lesson_begins_with_an_empty_scene_where_nothing_plays_at_first() -> None:
    """Playback starts at 0 even if the first file does not."""
    assert [(s.start_ms, s.end_ms, list(s.clips)) for s in lesson(row("amy", 500, 100)).scenes()] == [
        (0, 500, []),
        (500, 600, ["camera:amy"]),
    ]


def pauses_at(*places_ms: int, duration_ms: int = 10_000) -> Timeline:
    """Return a lesson with a pause of a second at each place."""
    pauses = tuple(Pause(at_ms, 1000, (1000, 1000), "declared") for at_ms in places_ms)
    return dataclasses.replace(lesson(row("amy", 0, duration_ms)), pauses=pauses)


@pytest.mark.parametrize(
    ("places_ms", "bounds"),
    [
        ((), [(0, 10_000)]),
        ((4000,), [(0, 4000), (4000, 10_000)]),
        ((4000, 9000), [(0, 4000), (4000, 9000), (9000, 10_000)]),
        ((4000, 4000), [(0, 4000), (4000, 10_000)]),
        ((0, 10_000), [(0, 10_000)]),
    ],
)
def test_sections_lie_between_pauses(places_ms: tuple[int, ...], bounds: list[tuple[int, int]]) -> None:
    """They tile the lesson and are numbered; none is empty."""
    assert pauses_at(*places_ms).sections() == tuple(
        Section(start, end, f"Part {number}") for number, (start, end) in enumerate(bounds, 1)
    )


# --- wall time -------------------------------------------------------------------------------------------


def since_start_ms(read: Timeline, at_ms: int) -> int | None:
    """Return the wall time at a playback time, in ms after the start stamp."""
    wall_ms = read.to_wall_ms(at_ms)
    return None if wall_ms is None else wall_ms - START_S * 1000


def range_since_start_ms(read: Timeline, at_ms: int) -> tuple[int, int]:
    """Return the range of the wall time at a playback time, in ms after the start stamp."""
    found = read.wall_range_ms(at_ms)
    assert found is not None
    return found[0] - START_S * 1000, found[1] - START_S * 1000


def test_without_a_pause_wall_time_is_start_plus_playback() -> None:
    """The first media may have begun up to the surplus later."""
    read = lesson(row("amy", 0, 10_000), surplus_s=5)

    assert since_start_ms(read, 4000) == 4000
    assert range_since_start_ms(read, 4000) == (4000, 10_000)


def test_a_full_surplus_bounds_from_both_sides() -> None:
    """Forward from the start by 7 s at most, backward from the stop by the rounding of its stamp."""
    read = lesson(row("amy", 0, 10_000), surplus_s=7)

    assert range_since_start_ms(read, 4000) == (4000, 11_000)


def one_pause(surplus_s: int = 60) -> Timeline:
    """Return a lesson of 20 s that was paused at 10 s."""
    return lesson(*(one for s in (0, 10_000) for one in (row("amy", s), board(s))), surplus_s=surplus_s)


def test_at_the_instant_of_a_pause_it_is_over() -> None:
    """The wall time at the cut is that after the pause."""
    read = one_pause()

    assert [since_start_ms(read, ms) for ms in (0, 9999, 10_000, 20_000)] == [0, 9999, 70_000, 80_000]


def test_the_range_at_a_pause_is_that_of_its_length() -> None:
    """Of 60 s of surplus, 53 to 61 s are the pause."""
    read = one_pause()

    assert range_since_start_ms(read, 0) == (0, 7000)
    assert range_since_start_ms(read, 9999) == (9999, 16_999)
    assert range_since_start_ms(read, 10_000) == (63_000, 71_000)
    assert range_since_start_ms(read, 20_000) == (73_000, 81_000)


def test_between_pauses_of_unknown_length_there_is_no_estimate() -> None:
    """Before the first and after the last it is known; between them only a range."""
    rows = [one for s in (0, 10_000, 20_000) for one in (row("amy", s), board(s))]
    read = lesson(*rows, surplus_s=60)

    instants_ms = (9999, 10_000, 19_999, 20_000)
    assert [since_start_ms(read, ms) for ms in instants_ms] == [9999, None, None, 80_000]
    assert range_since_start_ms(read, 15_000) == (15_000, 76_000)


def test_time_without_a_place_leaves_only_ranges() -> None:
    """A surplus that no cut explains may lie anywhere."""
    read = lesson(row("amy", 0, 10_000), surplus_s=60)

    assert since_start_ms(read, 5000) is None
    assert range_since_start_ms(read, 5000) == (5000, 66_000)


def test_without_stamps_there_are_no_wall_times() -> None:
    """Neither an estimate nor a range, of the same types as ever."""
    read = lesson(row("amy"), start_time=0)

    assert (read.wall, read.to_wall_ms(0), read.wall_range_ms(0), read.surplus_ms) == (None, None, None, None)


@given(result_rows(), st.integers(-1, 90), st.lists(INSTANTS, min_size=1))
def test_an_estimate_lies_in_its_range(rows: list[Row], surplus_s: int, instants_ms: list[int]) -> None:
    """Where there is an estimate there is a range around it; both are plain ints for every lesson."""
    check_wall_times(lesson(*rows, surplus_s=surplus_s), instants_ms)


@given(
    st.integers(0, 90),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 90), st.sampled_from([1, 1000])), max_size=3),
    st.lists(st.integers(0, 20_000), min_size=1),
)
def test_an_estimate_lies_in_its_range_with_declared_pauses(
    surplus_s: int, declared: list[tuple[int, int, int]], instants_ms: list[int]
) -> None:
    """Also where the declared pauses and the stamps of the result contradict each other."""
    pauses = [
        {"video_time": at_ms, "pause_time": START_S * unit, "resume_time": (START_S + length_s) * unit}
        for at_ms, length_s, unit in declared
    ]

    check_wall_times(lesson(row("amy", 0, 20_000), surplus_s=surplus_s, omitted_duration=pauses), instants_ms)


def check_wall_times(read: Timeline, instants_ms: list[int]) -> None:
    """Hold the laws of wall times at every instant."""
    for at_ms in instants_ms:
        estimate, bounds = read.to_wall_ms(at_ms), read.wall_range_ms(at_ms)
        assert (bounds is None) == (read.wall is None)
        if bounds is None:
            assert estimate is None
            continue
        assert [type(edge) for edge in bounds] == [int, int]
        assert bounds[0] <= bounds[1]
        if estimate is not None:
            assert type(estimate) is int
            assert bounds[0] <= estimate <= bounds[1]
    estimates = [ms for ms in map(read.to_wall_ms, sorted(instants_ms)) if ms is not None]
    assert estimates == sorted(estimates)


# --- the rest --------------------------------------------------------------------------------------------


def test_a_timeline_says_its_size() -> None:
    """Its repr is one short line."""
    assert repr(lesson(row("amy", 0, 5000))) == (
        "<Timeline 0:00:05.000, 1 track, 1 clip, 0 pauses, 0 findings>"
    )


def test_an_unknown_track_lists_the_known_ones() -> None:
    """The error helps to find the right id."""
    with pytest.raises(ParameterError, match=r"no track 'camera:bo'; there are: camera:amy, whiteboard"):
        lesson(row("amy"), board()).track("camera:bo")


def test_a_model_cannot_be_changed() -> None:
    """Timeline, tracks and clips are frozen."""
    read = lesson(row("amy"))

    for frozen, field in ((read, "pauses"), (read.tracks[0], "clips"), (read.tracks[0].clips[0], "start_ms")):
        with pytest.raises(AttributeError):
            setattr(frozen, field, None)


def test_the_wall_clock_keeps_the_stamps() -> None:
    """As stamped, with the uncertainty of the origin."""
    start_ms = START_S * 1000

    assert lesson(row("amy"), surplus_s=2).wall == WallClock(start_ms, start_ms + 12_000, 7000, 7000, 10_000)
