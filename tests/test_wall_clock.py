"""Wall time: by hand for small lessons, and against simulated recordings whose true times are known."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import timeline
from tests.builders import ABSENT, START_S, Row, board, codes, lesson, result_bytes, result_rows, row
from timeline.journal import Call, Journal
from timeline.manifest.wall import wall_json
from timeline.model import Pause, Timeline, WallClock

SAMPLES = Path(__file__).parent.parent / "sample_results"
START_MS = START_S * 1000
"""The start stamp of the guide's example and of every built lesson, Unix ms."""
OFFLINE_MS = 1_571_806_805_000
"""The origin that the offline sample states, Unix ms."""


def wall(read: Timeline, at_ms: int) -> int | None:
    """Return the wall time at a playback time, in ms after the start stamp."""
    wall_ms = read.to_wall_ms(at_ms)
    return None if wall_ms is None else wall_ms - START_MS


def bounds(read: Timeline, at_ms: int) -> tuple[int, int]:
    """Return the range of the wall time at a playback time, in ms after the start stamp."""
    found = read.wall_range_ms(at_ms)
    assert found is not None
    return found[0] - START_MS, found[1] - START_MS


def playback(read: Timeline, since_start_ms: int) -> int | None:
    """Return the playback time so many ms after the start stamp."""
    return read.from_wall_ms(START_MS + since_start_ms)


def sections(*bounds_ms: int) -> list[Row]:
    """Return rows of a camera and a whiteboard that are both cut at every inner bound."""
    return [one for a, b in pairwise(bounds_ms) for one in (row("amy", a, b - a), board(a, b - a))]


def stood(at_ms: int, from_ms: int, until_ms: int, unit_ms: int = 1) -> dict[str, int]:
    """Return a declared pause, in ms after the start stamp; stamps of *unit_ms* are cut off to it."""
    stamps = [(START_MS + ms) // unit_ms for ms in (from_ms, until_ms)]
    return {"video_time": at_ms, "pause_time": stamps[0], "resume_time": stamps[1]}


def declared(*pauses: dict[str, int], surplus_s: int = 60) -> Timeline:
    """Return a lesson of 20 s that declares pauses."""
    return lesson(row("amy", 0, 20_000), surplus_s=surplus_s, omitted_duration=list(pauses))


# --- the guide's example: 24 minutes with a pause of a minute after a quarter of an hour -----------------

GUIDE_TIMES = [
    # playback, wall, range; wall times in ms after the start stamp
    (0, 0, (0, 7000)),
    (1, 1, (1, 7001)),
    (450_000, 450_000, (450_000, 457_000)),
    (899_999, 899_999, (899_999, 906_999)),
    (900_000, 960_000, (953_000, 961_000)),
    (900_001, 960_001, (953_001, 961_001)),
    (1_440_000, 1_500_000, (1_493_000, 1_501_000)),
]
GUIDE_WAY_BACK = [
    (-1, None),
    (0, 0),
    (1, 1),
    (899_999, 899_999),
    (900_000, 900_000),
    (930_000, 900_000),
    (959_999, 900_000),
    (960_000, 900_000),
    (960_001, 900_001),
    (1_499_999, 1_439_999),
    (1_500_000, 1_440_000),
    (1_500_001, None),
    (10**9, None),
]


def guide(**options: Any) -> Timeline:
    """Return the guide's example."""
    return timeline.load(SAMPLES / "guide_example.json", **options)


@pytest.mark.parametrize(("at_ms", "wall_ms", "range_ms"), GUIDE_TIMES)
def test_wall_times_of_the_guide(at_ms: int, wall_ms: int, range_ms: tuple[int, int]) -> None:
    """7 s of uncertainty before the pause, 8 s after it."""
    assert (wall(guide(), at_ms), bounds(guide(), at_ms)) == (wall_ms, range_ms)


@pytest.mark.parametrize(("wall_ms", "at_ms"), GUIDE_WAY_BACK)
def test_the_way_back_of_the_guide(wall_ms: int, at_ms: int | None) -> None:
    """During the pause it is the instant of the pause; before the start and after the end it is nothing."""
    assert playback(guide(), wall_ms) == at_ms


def test_the_guide_states_its_uncertainty() -> None:
    """Seven seconds at either stamp."""
    clock = guide().wall

    assert clock is not None
    assert (clock.start_ms, clock.stop_ms) == (START_MS, START_MS + 1_500_000)
    assert (clock.uncertainty_ms, clock.stop_uncertainty_ms) == (7000, 7000)
    assert guide().surplus_ms == 60_000


ANCHORED_TIMES = [
    # with the anchor 3250 ms after the start stamp, 56 750 ms of wall time are missing
    (0, 3250, (3250, 3250)),
    (899_999, 903_249, (903_249, 903_249)),
    (900_000, 960_000, (953_000, 961_000)),
    (1_440_000, 1_500_000, (1_493_000, 1_501_000)),
]


@pytest.mark.parametrize(("at_ms", "wall_ms", "range_ms"), ANCHORED_TIMES)
def test_an_anchor_makes_wall_times_exact(at_ms: int, wall_ms: int, range_ms: tuple[int, int]) -> None:
    """What is left is the uncertainty of the pause's length."""
    read = guide(wall_origin_ms=START_MS + 3250)

    assert (wall(read, at_ms), bounds(read, at_ms)) == (wall_ms, range_ms)
    assert [pause.duration_range_ms for pause in read.pauses] == [(49_750, 57_750)]


JOURNAL_TIMES = [
    # the calls are 60.3 s apart, give or take 2 s; the stop stamp leaves at most 61 s for the pause
    (0, 0, (0, 2700)),
    (899_999, 899_999, (899_999, 902_699)),
    (900_000, 960_300, (958_300, 961_000)),
    (1_440_000, 1_500_300, (1_498_300, 1_501_000)),
]


@pytest.mark.parametrize(("at_ms", "wall_ms", "range_ms"), JOURNAL_TIMES)
def test_a_journal_narrows_the_wall_times(at_ms: int, wall_ms: int, range_ms: tuple[int, int]) -> None:
    """It knows the pause to 2 s, which bounds the origin from the stop stamp too."""
    read = guide(journal=SAMPLES / "guide_example_journal.jsonl")

    assert (wall(read, at_ms), bounds(read, at_ms)) == (wall_ms, range_ms)


# --- pauses that are declared ----------------------------------------------------------------------------


def test_declared_pauses_are_exact() -> None:
    """Before, between and after two of them only the origin is uncertain."""
    read = declared(stood(5000, 6000, 16_000), stood(12_000, 23_000, 68_000), surplus_s=60)

    instants_ms = (0, 4999, 5000, 11_999, 12_000, 20_000)
    walls_ms = [0, 4999, 15_000, 21_999, 67_000, 75_000]
    assert [wall(read, ms) for ms in instants_ms] == walls_ms
    # 60 s are missing, 55 s of them are pauses: the origin is at most 5 s late, and a second of rounding
    assert [bounds(read, ms) for ms in instants_ms] == [(ms, ms + 6000) for ms in walls_ms]
    assert [playback(read, ms) for ms in (4999, 5000, 14_999, 15_001, 66_999, 67_001)] == [
        *(4999, 5000, 5000, 5001, 12_000, 12_001),
    ]


def test_declared_pauses_with_an_anchor_leave_no_doubt() -> None:
    """Every range is one instant."""
    data = result_bytes(*sections(0, 20_000), surplus_s=60, omitted_duration=[stood(5000, 6000, 61_000)])
    read = timeline.loads(data, wall_origin_ms=START_MS + 1234)

    assert [bounds(read, ms) for ms in (0, 4999, 5000, 20_000)] == [
        *((1234, 1234), (6233, 6233), (61_234, 61_234), (76_234, 76_234)),
    ]


def test_an_anchor_and_declared_pauses_need_no_stop_stamp() -> None:
    """The end is reckoned from them."""
    pause = stood(5000, 6000, 61_000)
    data = result_bytes(*sections(0, 20_000), stop_time=ABSENT, omitted_duration=[pause])
    read = timeline.loads(data, wall_origin_ms=START_MS + 1000)

    assert (read.surplus_ms, read.unlocated_pause_ms) == (55_000, 0)
    assert [bounds(read, ms) for ms in (4999, 5000, 20_000)] == [
        *((5999, 5999), (61_000, 61_000), (76_000, 76_000)),
    ]


def test_a_pause_that_is_declared_in_seconds_is_uncertain_by_one() -> None:
    """After it the range is that second wider to either side."""
    data = result_bytes(
        *sections(0, 20_000), surplus_s=60, omitted_duration=[stood(5000, 6000, 61_000, 1000)]
    )
    read = timeline.loads(data, wall_origin_ms=START_MS + 1000)

    assert [bounds(read, ms) for ms in (4999, 5000)] == [(5999, 5999), (60_000, 62_000)]


def every_wall_ms(read: Timeline) -> dict[int, int]:
    """Return the playback time at each wall ms, by walking through the lesson ms by ms."""
    found: dict[int, int] = {}
    before_ms = None
    for at_ms in range(read.duration_ms + 1):
        now_ms = read.to_wall_ms(at_ms)
        assert now_ms is not None
        for stood_ms in range(now_ms if before_ms is None else before_ms + 1, now_ms + 1):
            found[stood_ms] = at_ms
        before_ms = now_ms
    return found


@settings(max_examples=40)
@given(
    st.integers(2, 30).flatmap(
        lambda end_ms: st.tuples(
            st.just(end_ms), st.lists(st.tuples(st.integers(1, end_ms - 1), st.integers(1, 12)), max_size=4)
        )
    )
)
def test_the_way_back_is_that_of_a_walk_through_the_lesson(shape: tuple[int, list[tuple[int, int]]]) -> None:
    """For each ms from before the start until after the end of tiny lessons, with pauses inside."""
    end_ms, pauses = shape
    entries = [stood(at_ms, 0, length_ms) for at_ms, length_ms in pauses]
    read = lesson(row("amy", 0, end_ms), omitted_duration=entries)
    table = every_wall_ms(read)

    for wall_ms in range(min(table) - 3, max(table) + 4):
        assert read.from_wall_ms(wall_ms) == table.get(wall_ms)


def test_during_a_pause_at_the_very_start_playback_stands_at_its_start() -> None:
    """From the moment it is over the lesson runs; before the first stamp there is nothing."""
    read = declared(stood(0, 0, 60_000))

    assert [playback(read, ms) for ms in (59_999 + 1, 60_001, -1)] == [0, 1, None]


def test_a_pause_at_the_start_is_a_pause() -> None:
    """During it, playback stands at 0."""
    assert playback(declared(stood(0, 0, 60_000)), 30_000) == 0


def test_a_pause_at_the_end_is_a_pause() -> None:
    """During it, playback stands at the end."""
    assert playback(declared(stood(20_000, 20_000, 80_000)), 30_000) == 20_000


def test_the_way_back_from_the_end_of_a_lesson_that_ends_with_a_pause() -> None:
    """There and back again is the end."""
    read = declared(stood(20_000, 20_000, 80_000))

    assert read.from_wall_ms(read.to_wall_ms(20_000) or 0) == 20_000


# --- where something is unknown --------------------------------------------------------------------------


def two_unknown_pauses() -> Timeline:
    """Return a lesson of 30 s with 60 s of pauses at 10 s and 20 s together."""
    return lesson(*sections(0, 10_000, 20_000, 30_000), surplus_s=60)


def test_pauses_of_unknown_length_leave_the_ends_known() -> None:
    """Nothing is known between them, neither there nor back."""
    read = two_unknown_pauses()

    assert [wall(read, ms) for ms in (0, 9999, 10_000, 19_999, 20_000, 30_000)] == [
        *(0, 9999, None, None, 80_000, 90_000),
    ]
    assert [playback(read, ms) for ms in (0, 9999, 10_000, 45_000, 79_999, 80_000, 90_000, 90_001)] == [
        *(0, 9999, None, None, None, 20_000, 30_000, None),
    ]


def test_pauses_of_unknown_length_are_bounded_by_both_stamps() -> None:
    """Between them, from no pause at all to all of it."""
    read = two_unknown_pauses()

    assert [bounds(read, ms) for ms in (0, 9999, 10_000, 19_999, 20_000, 30_000)] == [
        *((0, 7000), (9999, 16_999), (10_000, 71_000), (19_999, 80_999), (73_000, 81_000), (83_000, 91_000)),
    ]


def test_wall_time_without_a_place_leaves_no_estimate() -> None:
    """It may be missing anywhere, so only ranges are known."""
    read = lesson(row("amy", 0, 10_000), surplus_s=60)

    assert read.unlocated_pause_ms == 60_000
    assert [wall(read, ms) for ms in (0, 5000, 10_000)] == [None, None, None]
    assert [playback(read, ms) for ms in (0, 5000, 70_000)] == [None, None, None]
    assert [bounds(read, ms) for ms in (0, 10_000)] == [(0, 61_000), (10_000, 71_000)]


@pytest.mark.parametrize(("surplus_s", "missing_ms"), [(7, 0), (8, 8000)])
def test_a_surplus_of_seven_seconds_is_not_missing(surplus_s: int, missing_ms: int) -> None:
    """Recording may have begun that early; one second more has no place."""
    read = lesson(row("amy", 0, 10_000), surplus_s=surplus_s)

    assert (read.unlocated_pause_ms, wall(read, 5000)) == (missing_ms, None if missing_ms else 5000)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_time": ABSENT}, "wall_clock_missing"),
        ({"stop_time": 0}, "wall_clock_missing"),
        ({"surplus_s": -2}, "wall_clock_impossible"),
    ],
)
def test_without_usable_stamps_nothing_is_known(fields: dict[str, Any], code: str) -> None:
    """Each question is answered with None, and a finding says why."""
    read = lesson(row("amy", 0, 10_000), **fields)

    assert code in codes(read)
    assert (read.wall, read.surplus_ms, read.unlocated_pause_ms) == (None, None, 0)
    assert [read.to_wall_ms(0), read.wall_range_ms(0), read.from_wall_ms(START_MS)] == [None, None, None]


# --- anchors ---------------------------------------------------------------------------------------------


def test_an_anchor_alone_is_enough() -> None:
    """Without any stamp wall times are exact, and no finding asks for stamps."""
    data = result_bytes(row("amy", 0, 10_000), start_time=ABSENT, stop_time=ABSENT)
    read = timeline.loads(data, wall_origin_ms=START_MS + 77)

    assert (wall(read, 5000), bounds(read, 5000), playback(read, 5077)) == (5077, (5077, 5077), 5000)
    assert codes(read) == []


@pytest.mark.parametrize(("at_ms", "is_odd"), [(-1001, True), (-1000, False), (6000, False), (6001, True)])
def test_an_anchor_may_contradict_the_stamps_by_their_rounding(at_ms: int, is_odd: bool) -> None:
    """A second before the start, or a second too late to end at the stop, is rounding."""
    data = result_bytes(row("amy", 0, 10_000), surplus_s=5)
    read = timeline.loads(data, wall_origin_ms=START_MS + at_ms)

    assert ("wall_origin_odd" in codes(read)) == is_odd
    assert (wall(read, 0), playback(read, at_ms + 10_000)) == (at_ms, 10_000)
    low_ms, high_ms = bounds(read, 0)
    assert low_ms <= at_ms <= high_ms


def test_an_anchor_that_is_too_late_makes_the_stop_stamp_useless() -> None:
    """No pause is inferred from it, and the clock's end is reckoned from the anchor."""
    data = result_bytes(*sections(0, 10_000, 20_000), surplus_s=60)
    read = timeline.loads(data, wall_origin_ms=START_MS + 90_000)

    assert (read.pauses, read.surplus_ms) == ((), 0)
    assert [bounds(read, ms) for ms in (0, 20_000)] == [(90_000, 90_000), (110_000, 110_000)]


@pytest.mark.parametrize(
    ("origin_ms", "message"),
    [
        (START_MS - 5000, "lies 0:00:05 before the start stamp"),
        (START_MS + 9000, "leaves 0:00:09 too little until the stop stamp"),
    ],
)
def test_the_finding_says_by_how_much_an_anchor_is_odd(origin_ms: int, message: str) -> None:
    """The anchor counts."""
    read = timeline.loads(result_bytes(row("amy", 0, 10_000), surplus_s=0), wall_origin_ms=origin_ms)

    assert [item.message for item in read.findings] == [
        f"the wall clock's anchor {message}; the anchor counts"
    ]
    assert read.to_wall_ms(0) == origin_ms


def test_the_offline_sample_has_an_anchor_of_its_own() -> None:
    """To the second, with nothing cut out."""
    read = timeline.load(SAMPLES / "tic_offline_query.json")

    assert (read.pauses, read.unlocated_pause_ms) == ((), 0)
    for at_ms in (0, 61_480, read.duration_ms):
        assert read.to_wall_ms(at_ms) == OFFLINE_MS + at_ms
        assert read.wall_range_ms(at_ms) == (OFFLINE_MS + at_ms, OFFLINE_MS + at_ms + 1000)
        assert read.from_wall_ms(OFFLINE_MS + at_ms) == at_ms
    assert read.from_wall_ms(OFFLINE_MS + read.duration_ms + 1) is None


def test_an_anchor_goes_before_that_of_the_result() -> None:
    """Whoever gives one knows better, to the ms."""
    read = timeline.load(SAMPLES / "tic_offline_query.json", wall_origin_ms=OFFLINE_MS + 432)

    assert read.wall_range_ms(1000) == (OFFLINE_MS + 1432, OFFLINE_MS + 1432)


# --- laws ------------------------------------------------------------------------------------------------


@st.composite
def random_lessons(draw: st.DrawFn) -> Timeline:
    """Return a lesson with or without stamps, anchor, and declared pauses inside it."""
    rows = draw(result_rows())
    end_ms = max(one["video_play_time"] + one["video_duration"] for one in rows if one["video_duration"] > 0)
    places = st.integers(1, max(1, end_ms - 1))
    some = st.lists(st.tuples(places, st.integers(1, 90_000), st.sampled_from([1, 1000])), max_size=3)
    pauses = draw(some) if end_ms > 1 else []
    data = result_bytes(
        *rows,
        surplus_s=draw(st.sampled_from([-5, -1, 0, 5, 7, 8, 60, 400])),
        omitted_duration=[stood(at_ms, 0, length_ms, unit_ms) for at_ms, length_ms, unit_ms in pauses],
    )
    anchor_ms = draw(st.none() | st.integers(-3000, 90_000))
    return timeline.loads(data, wall_origin_ms=None if anchor_ms is None else START_MS + anchor_ms)


def instants_ms(read: Timeline) -> list[int]:
    """Return the ends of a lesson, its cuts and pauses, and the instants beside them."""
    edges = {0, read.duration_ms, *(pause.at_ms for pause in read.pauses)}
    edges |= {edge for track in read.tracks for clip in track.clips for edge in clip[:2]}
    return sorted(
        {edge + step for edge in edges for step in (-1, 0, 1) if 0 <= edge + step <= read.duration_ms}
    )


@given(random_lessons())
def test_there_and_back_again(read: Timeline) -> None:
    """Wherever there is an estimate, the way back leads to the same instant."""
    for at_ms in instants_ms(read):
        wall_ms = read.to_wall_ms(at_ms)
        assert wall_ms is None or read.from_wall_ms(wall_ms) == at_ms


@given(random_lessons())
def test_wall_time_runs(read: Timeline) -> None:
    """Each ms of playback takes at least one of wall time."""
    known = [
        (at_ms, wall_ms) for at_ms in instants_ms(read) if (wall_ms := read.to_wall_ms(at_ms)) is not None
    ]

    for (at_ms, wall_ms), (later_ms, later_wall_ms) in pairwise(known):
        assert later_wall_ms - wall_ms >= later_ms - at_ms


@given(random_lessons())
def test_the_estimate_lies_in_the_range(read: Timeline) -> None:
    """With stamps, anchors and declared pauses that fit and that do not."""
    for at_ms in instants_ms(read):
        wall_ms, range_ms = read.to_wall_ms(at_ms), read.wall_range_ms(at_ms)
        assert (range_ms is None) == (read.wall is None)
        if range_ms is not None:
            assert range_ms[0] <= (range_ms[0] if wall_ms is None else wall_ms) <= range_ms[1]


@given(random_lessons())
def test_answers_have_the_same_types_for_every_lesson(read: Timeline) -> None:
    """Plain ints, pairs of them, or None."""
    for at_ms in instants_ms(read):
        wall_ms, range_ms = read.to_wall_ms(at_ms), read.wall_range_ms(at_ms)
        back_ms = read.from_wall_ms(START_MS + at_ms)
        assert {type(wall_ms), type(back_ms)} <= {int, type(None)}
        assert range_ms is None or (type(range_ms), *map(type, range_ms)) == (tuple, int, int)


@given(random_lessons(), st.data())
def test_a_part_keeps_all_wall_times(read: Timeline, data: st.DataObject) -> None:
    """Estimate, range and way back at every instant of the part are those of the lesson."""
    edges = st.sampled_from(instants_ms(read))
    start_ms, end_ms = sorted(data.draw(st.tuples(edges, edges).filter(lambda w: w[0] != w[1])))
    part = read.crop(start_ms, end_ms)

    for at_ms in [ms for ms in instants_ms(read) if start_ms <= ms <= end_ms]:
        wall_ms = read.to_wall_ms(at_ms)
        assert part.to_wall_ms(at_ms - start_ms) == wall_ms
        assert part.wall_range_ms(at_ms - start_ms) == read.wall_range_ms(at_ms)
        assert wall_ms is None or part.from_wall_ms(wall_ms) == at_ms - start_ms
    assert (part.surplus_ms, part.unlocated_pause_ms) == (read.surplus_ms, read.unlocated_pause_ms)


@given(random_lessons(), st.data())
def test_the_way_back_ends_with_the_part(read: Timeline, data: st.DataObject) -> None:
    """What plays outside it is not in it."""
    edges = st.sampled_from(instants_ms(read))
    start_ms, end_ms = sorted(data.draw(st.tuples(edges, edges).filter(lambda w: w[0] != w[1])))
    part = read.crop(start_ms, end_ms)

    for at_ms in [ms for ms in instants_ms(read) if not start_ms <= ms <= end_ms]:
        wall_ms = read.to_wall_ms(at_ms)
        assert wall_ms is None or part.from_wall_ms(wall_ms) is None


@given(random_lessons(), st.data())
def test_the_way_back_of_a_part_is_that_of_the_lesson(read: Timeline, data: st.DataObject) -> None:
    """At any wall time, also during pauses and between unknown ones, as far as it leads into the part."""
    edges = st.sampled_from(instants_ms(read))
    start_ms, end_ms = sorted(data.draw(st.tuples(edges, edges).filter(lambda w: w[0] != w[1])))
    part = read.crop(start_ms, end_ms)

    walls_ms = [wall_ms for ms in instants_ms(read) if (wall_ms := read.to_wall_ms(ms)) is not None]
    middles_ms = [(before + after) // 2 for before, after in pairwise(walls_ms)]
    for wall_ms in (*walls_ms, *middles_ms):
        at_ms = read.from_wall_ms(wall_ms)
        inside = at_ms is not None and start_ms <= at_ms <= end_ms
        assert part.from_wall_ms(wall_ms) == (at_ms - start_ms if inside and at_ms is not None else None)


def test_during_a_pause_a_part_stands_at_its_place_in_the_part() -> None:
    """Also where the pause is the beginning or the end of the part."""
    parts = [guide().crop(*window) for window in ((600_000, 1_000_000), (900_000, 950_000), (0, 900_000))]

    assert [playback(part, 930_000) for part in parts] == [300_000, 0, 900_000]


@given(random_lessons(), st.integers(0, 100_000))
def test_a_shift_keeps_all_wall_times(read: Timeline, by_ms: int) -> None:
    """Estimate, range and way back at every instant, so much later."""
    shifted = read.shift(by_ms)

    for at_ms in instants_ms(read):
        wall_ms = read.to_wall_ms(at_ms)
        assert shifted.to_wall_ms(at_ms + by_ms) == wall_ms
        assert shifted.wall_range_ms(at_ms + by_ms) == read.wall_range_ms(at_ms)
        assert wall_ms is None or shifted.from_wall_ms(wall_ms) == at_ms + by_ms


def test_there_and_back_again_in_front_of_a_shifted_lesson() -> None:
    """Both know it, or neither."""
    read = lesson(row("amy", 0, 10_000)).shift(1000)
    wall_ms = read.to_wall_ms(500)

    assert wall_ms is None or read.from_wall_ms(wall_ms) == 500


# --- simulated recordings --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recording:
    """A recording as it truly was; wall times in Unix ms.

    Attributes:
        begin_ms: When recording began; the start stamp is the second it lies in.
        start_lag_ms: The first media began so much later.
        stop_lag_ms: The last media ended so much before recording stopped.
        lengths_ms: Of the stretches between the pauses.
        paused_ms: Of the pauses; one less.
    """

    begin_ms: int
    start_lag_ms: int
    stop_lag_ms: int
    lengths_ms: tuple[int, ...]
    paused_ms: tuple[int, ...]

    @property
    def bounds_ms(self) -> list[int]:
        """Playback times of both ends and of all pauses."""
        return [0, *accumulate(self.lengths_ms)]

    @property
    def origin_ms(self) -> int:
        """Wall time of the first media."""
        return self.begin_ms + self.start_lag_ms

    def wall_ms(self, at_ms: int) -> int:
        """Return the true wall time at *at_ms*; at a pause, that after it."""
        cuts = self.bounds_ms[1:-1]
        over = [length for place, length in zip(cuts, self.paused_ms, strict=True) if place <= at_ms]
        return self.origin_ms + at_ms + sum(over)

    def stops(self) -> list[tuple[int, int, int]]:
        """Return (playback, wall before, wall after) of every pause."""
        cuts = zip(self.bounds_ms[1:-1], self.paused_ms, strict=True)
        return [(at_ms, self.wall_ms(at_ms) - length, self.wall_ms(at_ms)) for at_ms, length in cuts]

    def data(self, **fields: Any) -> bytes:
        """Return its result, with stamps in whole seconds."""
        stop_ms = self.wall_ms(self.bounds_ms[-1]) + self.stop_lag_ms
        stamps = {"start_time": self.begin_ms // 1000, "stop_time": stop_ms // 1000}
        return result_bytes(*sections(*self.bounds_ms), **(stamps | fields))

    def declared(self, unit_ms: int, **fields: Any) -> bytes:
        """Return its result with declared pauses, in stamps cut off to *unit_ms*."""
        entries = [stood(at_ms, a - START_MS, b - START_MS, unit_ms) for at_ms, a, b in self.stops()]
        return self.data(omitted_duration=entries, **fields)

    def check(self, read: Timeline, at_ms: int) -> None:
        """Hold the true wall time at *at_ms* against the range."""
        low_ms, high_ms = bounds(read, at_ms)
        assert low_ms <= self.wall_ms(at_ms) - START_MS <= high_ms


@st.composite
def recordings(draw: st.DrawFn, *, pause_ms: tuple[int, int] = (3000, 600_000), most: int = 3) -> Recording:
    """Return a recording whose lags are at most 6 s in all, cut at least 40 s apart."""
    start_lag_ms = draw(st.sampled_from([0, 1, 5000]) | st.integers(0, 5000))
    stop_lag_ms = min(draw(st.sampled_from([0, 1, 5000]) | st.integers(0, 5000)), 6000 - start_lag_ms)
    paused_ms = draw(st.lists(st.integers(*pause_ms), max_size=most))
    lengths = st.lists(st.integers(40_000, 200_000), min_size=len(paused_ms) + 1, max_size=len(paused_ms) + 1)
    fraction_ms = draw(st.sampled_from([0, 999]) | st.integers(0, 999))
    return Recording(
        START_MS + fraction_ms, start_lag_ms, stop_lag_ms, tuple(draw(lengths)), tuple(paused_ms)
    )


def random_instants_ms(data: st.DataObject, recording: Recording) -> list[int]:
    """Return a few instants of a recording, those beside its pauses among them."""
    edges = {bound + step for bound in recording.bounds_ms for step in (-1, 0, 1)}
    end_ms = recording.bounds_ms[-1]
    some = data.draw(st.lists(st.integers(0, end_ms), max_size=5))
    return [ms for ms in [*sorted(edges), *some] if 0 <= ms <= end_ms]


ANCHORS = st.sampled_from([None, "exact"])


def anchor_ms(recording: Recording, anchor: str | None) -> int | None:
    """Return the anchor of a recording, or None."""
    return None if anchor is None else recording.origin_ms


@given(recordings(pause_ms=(0, 600_000)), ANCHORS, st.data())
def test_the_truth_lies_in_the_range_of_inferred_pauses(
    recording: Recording, anchor: str | None, data: st.DataObject
) -> None:
    """Where enough wall time is missing that a pause is seen at all, or there was none."""
    paused_ms = sum(recording.paused_ms)
    if not recording.paused_ms or paused_ms > 9000:
        read = timeline.loads(recording.data(), wall_origin_ms=anchor_ms(recording, anchor))
        assert len(read.pauses) == len(recording.paused_ms)
        for at_ms in random_instants_ms(data, recording):
            recording.check(read, at_ms)


@given(recordings(), ANCHORS, st.data())
def test_the_truth_lies_in_the_range_of_declared_pauses(
    recording: Recording, anchor: str | None, data: st.DataObject
) -> None:
    """Declared in ms the range is that of the origin: at most 7 s, and none with an anchor."""
    read = timeline.loads(recording.declared(1), wall_origin_ms=anchor_ms(recording, anchor))

    for at_ms in random_instants_ms(data, recording):
        recording.check(read, at_ms)
        low_ms, high_ms = bounds(read, at_ms)
        assert high_ms - low_ms <= (7000 if anchor is None else 0)


@given(recordings(), ANCHORS, st.data())
def test_the_truth_lies_in_the_range_of_pauses_declared_in_seconds(
    recording: Recording, anchor: str | None, data: st.DataObject
) -> None:
    """Each pause may add a second to either side."""
    read = timeline.loads(recording.declared(1000), wall_origin_ms=anchor_ms(recording, anchor))

    for at_ms in random_instants_ms(data, recording):
        recording.check(read, at_ms)
        low_ms, high_ms = bounds(read, at_ms)
        over = sum(pause.at_ms <= at_ms for pause in read.pauses)
        assert high_ms - low_ms <= (7000 if anchor is None else 0) + 2000 * over


@given(recordings(pause_ms=(5000, 600_000)), ANCHORS, st.data())
def test_the_truth_lies_in_the_range_of_a_journals_pauses(
    recording: Recording, anchor: str | None, data: st.DataObject
) -> None:
    """Each call takes effect 1 to 3 s later; every pause is put at its cut."""
    latency_ms = st.sampled_from([1000, 3000]) | st.integers(1000, 3000)
    calls = [
        Call(wall_ms - data.draw(latency_ms), name, None)
        for _, stood_ms, went_on_ms in recording.stops()
        for wall_ms, name in ((stood_ms, "pause"), (went_on_ms, "resume"))
    ]
    read = timeline.loads(
        recording.data(), journal=Journal(tuple(calls)), wall_origin_ms=anchor_ms(recording, anchor)
    )

    if calls:
        assert {pause.source for pause in read.pauses} == {"journal"}
    assert [pause.at_ms for pause in read.pauses] == recording.bounds_ms[1:-1]
    for at_ms in random_instants_ms(data, recording):
        recording.check(read, at_ms)
        low_ms, high_ms = bounds(read, at_ms)
        over = sum(pause.at_ms <= at_ms for pause in read.pauses)
        assert high_ms - low_ms <= (7000 if anchor is None else 0) + 4000 * over


@given(recordings(most=0), st.data())
def test_the_truth_lies_in_the_range_of_an_unexplained_surplus(
    recording: Recording, data: st.DataObject
) -> None:
    """A pause that cut no stream, because none ran: nobody knows where it was."""
    at_ms = data.draw(st.integers(0, recording.bounds_ms[-1]))
    length_ms = data.draw(st.integers(9000, 600_000))
    end_ms = recording.bounds_ms[-1]
    stop_ms = recording.wall_ms(end_ms) + length_ms + recording.stop_lag_ms
    read = timeline.loads(recording.data(stop_time=stop_ms // 1000))

    assert read.unlocated_pause_ms > 0
    for instant_ms in random_instants_ms(data, recording):
        truth_ms = recording.wall_ms(instant_ms) + (length_ms if instant_ms >= at_ms else 0)
        low_ms, high_ms = bounds(read, instant_ms)
        assert low_ms <= truth_ms - START_MS <= high_ms


@given(recordings(), st.data())
def test_the_truth_lies_in_the_range_of_a_part(recording: Recording, data: st.DataObject) -> None:
    """Also where the pauses lie outside of it."""
    edges = st.sampled_from(random_instants_ms(data, recording))
    start_ms, end_ms = sorted(data.draw(st.tuples(edges, edges).filter(lambda w: w[0] != w[1])))
    part = timeline.loads(recording.declared(1)).crop(start_ms, end_ms)

    for at_ms in (start_ms, end_ms):
        low_ms, high_ms = bounds(part, at_ms - start_ms)
        assert low_ms <= recording.wall_ms(at_ms) - START_MS <= high_ms


def short_pause(paused_ms: int) -> Recording:
    """Return a recording without any lag and with one pause, too short to be told from a lag."""
    return Recording(START_MS, 0, 0, (40_000, 40_000), (paused_ms,))


def test_the_truth_lies_in_the_range_of_a_pause_that_is_not_seen() -> None:
    """Up to 7 s may be a lag or a pause; the range allows for both."""
    recording = short_pause(7000)
    read = timeline.loads(recording.data())

    assert read.pauses == ()
    for at_ms in (0, 39_999, 40_000, 80_000):
        recording.check(read, at_ms)


def test_the_truth_lies_in_the_range_of_a_pause_that_the_rounding_hides() -> None:
    """7.5 s are stamped as 7 s, which prove nothing."""
    recording = short_pause(7500)
    read = timeline.loads(recording.data())

    assert read.pauses == ()
    recording.check(read, 40_000)


def test_the_truth_lies_in_the_range_of_a_pause_that_is_not_seen_beside_an_anchor() -> None:
    """5 s of surplus at a cut are a possible pause, so what comes after it may be 5 s later."""
    recording = short_pause(5000)
    read = timeline.loads(recording.data(), wall_origin_ms=recording.origin_ms)

    assert (read.pauses, codes(read)) == ((), ["possible_pause"])
    recording.check(read, 40_000)


UNSTAMPED = (
    "without a stop stamp, the reckoned stop is held to be as exact as the anchor, whatever the pauses are"
)


def test_the_truth_lies_in_the_range_of_an_anchor_without_a_stop_stamp() -> None:
    """A pause of 42.001 s is declared as one of 43 s; its stamps are whole seconds."""
    recording = Recording(START_MS + 999, 0, 0, (40_000, 40_000), (42_001,))
    data = recording.declared(1000, stop_time=ABSENT)

    recording.check(timeline.loads(data, wall_origin_ms=recording.origin_ms), 40_000)


def test_the_truth_lies_in_the_range_of_a_journal_without_a_stop_stamp() -> None:
    """The pause call took effect after 3 s, the resume call after 1 s: 2 s less than between the calls."""
    recording = Recording(START_MS, 0, 0, (40_000, 40_000), (60_000,))
    (_, stood_ms, went_on_ms) = recording.stops()[0]
    journal = Journal((Call(stood_ms - 3000, "pause", None), Call(went_on_ms - 1000, "resume", None)))
    data = recording.data(stop_time=ABSENT)
    read = timeline.loads(data, journal=journal, wall_origin_ms=recording.origin_ms)

    assert [pause.source for pause in read.pauses] == ["journal"]
    recording.check(read, 40_000)


def test_a_clock_is_plain_data() -> None:
    """Equal lessons have equal clocks, and a part differs in where it begins only."""
    whole, part = guide().wall, guide().crop(600_000, 1_000_000).wall

    assert whole is not None
    assert whole == guide().wall
    assert part == dataclasses.replace(whole, offset_ms=600_000)


def test_declared_pauses_for_which_there_is_no_time_are_told() -> None:
    """They count, the stop stamp does not, and nothing is called exact."""
    declared = [{"video_time": 300_000, "pause_time": 1_529_908_758, "resume_time": 1_529_908_800}]
    read = lesson(row("amy", 0, 600_000), surplus_s=5, omitted_duration=declared)

    assert codes(read) == ["unit_doubt", "pauses_too_long"]
    assert read.wall_range_ms(0) == (START_S * 1000, START_S * 1000 + 7000)
    assert read.to_wall_ms(600_000) == START_S * 1000 + 642_000


def test_the_manifest_says_how_uncertain_a_lesson_is_whose_pause_has_no_place() -> None:
    """A minute is missing somewhere: that is as uncertain as the start is."""
    read = lesson(row("amy", 0, 540_000), surplus_s=60)

    assert wall_json(read) == {
        "start_unix_ms": START_S * 1000,
        "stop_unix_ms": START_S * 1000 + 600_000,
        "uncertainty_ms": 67_000,
    }


def test_the_way_back_is_quick_among_many_pauses() -> None:
    """Twenty thousand of them, in well below a second."""
    pauses = tuple(Pause(at_ms, 1000, (1000, 1000), "declared") for at_ms in range(0, 20_000_000, 1000))
    clock = WallClock(0, 40_000_000, 0, 0, 20_000_000, pauses)
    began_s = time.process_time()

    assert clock.from_wall_ms(clock.to_wall_ms(19_999_500) or 0) == 19_999_500
    assert time.process_time() - began_s < 1
