"""Pauses: where a cut is, and what cuts and surplus together prove. The truth table, row by row."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests import oracle
from tests.builders import START_S, Row, board, codes, lesson, result_rows, row
from timeline.model import Pause, Timeline
from timeline.pauses import find_cuts

END_MS = 30_000

# --- cuts ------------------------------------------------------------------------------------------------


def spans(**tracks: list[tuple[int, int]]) -> list[Row]:
    """Return rows of (start, end) by the name of their track: a user, or ``board``, ``mixed``, ``sound``."""
    rows = []
    for name, places in tracks.items():
        kind = {"board": "whiteboard", "mixed": "mixed", "sound": "audio"}.get(name, "camera")
        rows += [row(name, start, end - start, kind=kind) for start, end in places]
    return rows


CUTS: dict[str, tuple[list[Row], list[tuple[int, bool]]]] = {
    "two tracks end and begin again: strong": (
        spans(a=[(0, 10_000), (10_000, END_MS)], board=[(0, 10_000), (10_000, END_MS)]),
        [(10_000, True)],
    ),
    "a lone stream whose files touch: weak": (spans(a=[(0, 10_000), (10_000, END_MS)]), [(10_000, False)]),
    "a lone stream with a hole of a second: weak": (
        spans(a=[(0, 10_000), (11_000, END_MS)]),
        [(11_000, False)],
    ),
    "a longer hole: no cut": (spans(a=[(0, 10_000), (11_001, END_MS)]), []),
    "another track runs across: no cut": (
        spans(a=[(0, 10_000), (10_000, END_MS)], b=[(0, END_MS)]),
        [],
    ),
    "sound alone runs across: no cut": (
        spans(a=[(0, 10_000), (10_000, END_MS)], sound=[(0, END_MS)]),
        [],
    ),
    "a mixed track runs across: it vetoes nothing": (
        spans(a=[(0, 10_000), (10_000, END_MS)], mixed=[(0, END_MS)]),
        [(10_000, False)],
    ),
    "a mixed track alone is cut: it makes nothing": (
        spans(a=[(0, 5000)], mixed=[(0, 10_000), (10_000, END_MS)]),
        [],
    ),
    "a mixed track is cut with a camera: still weak": (
        spans(a=[(0, 10_000), (10_000, END_MS)], mixed=[(0, 10_000), (10_000, END_MS)]),
        [(10_000, False)],
    ),
    "one ends a second before the begin: part of the cut": (
        spans(a=[(0, 9000), (10_000, END_MS)], b=[(0, 10_000), (10_000, END_MS)]),
        [(10_000, True)],
    ),
    "one had ended earlier: not part of it": (
        spans(a=[(0, 8999), (10_000, END_MS)], b=[(0, 10_000), (10_000, END_MS)]),
        [(10_000, False)],
    ),
    "one ends a second after the earliest begin: part of the cut": (
        spans(a=[(0, 10_000), (10_000, END_MS)], b=[(0, 11_000), (11_000, END_MS)]),
        [(10_000, True)],
    ),
    "one ends later than that: it runs across": (
        spans(a=[(0, 10_000), (10_000, END_MS)], b=[(0, 11_001), (11_001, END_MS)]),
        [],
    ),
    "all end only after the earliest begin: a cut at that begin": (
        spans(a=[(0, 10_300), (10_400, END_MS)], b=[(0, 10_300), (10_400, END_MS)], c=[(10_000, END_MS)]),
        [(10_000, True)],
    ),
    "one begins again a second after the earliest begin: part of the cut": (
        spans(a=[(0, 10_000), (10_000, END_MS)], b=[(0, 10_000), (11_000, END_MS)]),
        [(10_000, True)],
    ),
    "one begins again later: not part of it": (
        spans(a=[(0, 10_000), (10_000, END_MS)], b=[(0, 10_000), (11_001, END_MS)]),
        [(10_000, False)],
    ),
    "one ends for good at a cut of two: strong": (
        spans(
            a=[(0, 10_000), (10_000, END_MS)],
            b=[(0, 10_000), (10_000, END_MS)],
            c=[(0, 10_000)],
        ),
        [(10_000, True)],
    ),
    "one hands over to another: weak": (spans(a=[(0, 10_000)], b=[(10_000, END_MS)]), [(10_000, False)]),
    "all end and nobody begins: no cut": (spans(a=[(0, 10_000)], b=[(0, 10_000)], mixed=[(0, END_MS)]), []),
    "the first begin of all: no cut": (spans(a=[(0, END_MS)], b=[(500, END_MS)]), []),
    "two cuts": (
        spans(
            a=[(0, 10_000), (10_000, 20_000), (20_000, END_MS)],
            board=[(0, 10_000), (10_000, 20_000), (20_000, END_MS)],
        ),
        [(10_000, True), (20_000, True)],
    ),
    "begins within a second are one cut": (
        spans(a=[(0, 9000), (9000, 9400), (9500, 9900), (10_000, 10_500), (10_501, END_MS)]),
        [(9000, False), (10_501, False)],
    ),
    "a file lies over the end of another: the pieces count": (
        spans(a=[(0, 12_000), (10_000, END_MS)]),
        [(10_000, False)],
    ),
}


@pytest.mark.parametrize(("rows", "cuts"), CUTS.values(), ids=CUTS.keys())
def test_cuts(rows: list[Row], cuts: list[tuple[int, bool]]) -> None:
    """A cut is where every stream that ran ends within a second, and at least one begins."""
    assert [(cut.at_ms, cut.is_strong) for cut in find_cuts(lesson(*rows).tracks)] == cuts


@given(result_rows())
def test_cuts_are_those_of_the_oracle(rows: list[Row]) -> None:
    """Place and strength of every cut agree with a second, naive implementation."""
    assert [(cut.at_ms, cut.is_strong) for cut in find_cuts(lesson(*rows).tracks)] == oracle.cuts(rows)


def test_the_tolerance_is_a_parameter() -> None:
    """A hole of a second is no cut where half a second is allowed."""
    tracks = lesson(*spans(a=[(0, 10_000), (11_000, END_MS)])).tracks

    assert [cut.at_ms for cut in find_cuts(tracks)] == [11_000]
    assert find_cuts(tracks, tolerance_ms=999) == ()


# --- the truth table -------------------------------------------------------------------------------------


def cut_lesson(strong: int, weak: int) -> list[Row]:
    """Return rows of 60 s with so many strong cuts, from 10 s on, and then so many weak ones."""
    places = [0, *(10_000 * (number + 1) for number in range(strong)), 60_000]
    rows = spans(board=[(a, b) for a, b in zip(places[:-1], [*places[1:-1], 25_000], strict=True)])
    edges = [*places[:-1], *(places[-2] + 20_000 + 5000 * number for number in range(weak)), 60_000]
    if strong == 0:
        rows = []
    return rows + spans(a=list(itertools.pairwise(edges)))


def inferred(at_ms: int, duration_ms: int | None, low_ms: int, high_ms: int) -> Pause:
    """Return an inferred pause."""
    return Pause(at_ms, duration_ms, (low_ms, high_ms), "inferred")


TABLE: list[tuple[int, int, int, list[Pause], list[str]]] = [
    # strong, weak, surplus in s, pauses, findings
    (0, 0, -1, [], []),
    (0, 0, 0, [], []),
    (0, 0, 7, [], []),
    (0, 0, 8, [], ["pause_unlocated"]),
    (0, 0, 600, [], ["pause_unlocated"]),
    (0, 1, 7, [], []),
    (0, 1, 8, [inferred(20_000, 8000, 1000, 9000)], ["pause_weak_evidence"]),
    (0, 1, 60, [inferred(20_000, 60_000, 53_000, 61_000)], ["pause_weak_evidence"]),
    (0, 2, 7, [], []),
    (
        *(0, 2, 60),
        [inferred(20_000, None, 0, 61_000), inferred(25_000, None, 0, 61_000)],
        ["pause_weak_evidence"] * 2,
    ),
    (1, 0, -1, [], ["possible_pause"]),
    (1, 0, 0, [], ["possible_pause"]),
    (1, 0, 7, [], ["possible_pause"]),
    (1, 0, 8, [inferred(10_000, 8000, 1000, 9000)], []),
    (1, 0, 60, [inferred(10_000, 60_000, 53_000, 61_000)], []),
    (1, 1, 7, [], ["possible_pause"]),
    (1, 1, 60, [inferred(10_000, 60_000, 53_000, 61_000)], []),
    (2, 0, 7, [], ["possible_pause"] * 2),
    (2, 0, 60, [inferred(10_000, None, 0, 61_000), inferred(20_000, None, 0, 61_000)], []),
    (2, 2, 60, [inferred(10_000, None, 0, 61_000), inferred(20_000, None, 0, 61_000)], []),
]


@pytest.mark.parametrize(
    ("strong", "weak", "surplus_s", "pauses", "findings"),
    TABLE,
    ids=[f"{strong} strong, {weak} weak, {surplus} s" for strong, weak, surplus, _, _ in TABLE],
)
def test_the_truth_table(
    strong: int, weak: int, surplus_s: int, pauses: list[Pause], findings: list[str]
) -> None:
    """Up to 7 s prove nothing; strong cuts go before weak ones; of several only the sum is known."""
    read = lesson(*cut_lesson(strong, weak), surplus_s=surplus_s)

    assert list(read.pauses) == pauses
    assert codes(read) == findings


@pytest.mark.parametrize("strong", [0, 1, 2])
def test_played_more_than_there_was_time(strong: int) -> None:
    """A surplus below the rounding of the stamps: no pause and no wall times, with a finding."""
    read = lesson(*cut_lesson(strong, 0), surplus_s=-2)

    assert (read.pauses, read.wall) == ((), None)
    assert "wall_clock_impossible" in codes(read)


def test_without_stamps_no_pause_is_inferred() -> None:
    """Nothing says how long the recording stood still."""
    read = lesson(*cut_lesson(2, 0), stop_time=None)

    assert (read.pauses, read.wall) == ((), None)
    assert "wall_clock_missing" in codes(read)


@pytest.mark.parametrize(
    ("extra_ms", "surplus_s", "pauses"),
    [
        (0, 7, []),
        (1, 8, [inferred(10_000, 7999, 999, 8999)]),
        (-1, 7, [inferred(10_000, 7001, 1, 8001)]),
    ],
)
def test_the_surplus_is_counted_in_ms(extra_ms: int, surplus_s: int, pauses: list[Pause]) -> None:
    """7000 ms prove nothing, 7001 ms are a pause."""
    end_ms = END_MS + extra_ms
    rows = spans(a=[(0, 10_000), (10_000, end_ms)], board=[(0, 10_000), (10_000, END_MS - 5000)])
    stop_s = START_S + END_MS // 1000 + surplus_s

    assert list(lesson(*rows, stop_time=stop_s).pauses) == pauses


@pytest.mark.parametrize(("extra_ms", "has_wall"), [(0, True), (1, False)])
def test_the_rounding_of_the_stamps_is_a_second(extra_ms: int, has_wall: bool) -> None:
    """A surplus of -1000 ms is rounding, -1001 ms is impossible."""
    read = lesson(row("a", 0, END_MS + extra_ms), stop_time=START_S + END_MS // 1000 - 1)

    assert (read.wall is not None) == has_wall


@given(result_rows(), st.sampled_from([-3, -2, -1, 0, 1, 5, 7, 8, 9, 60]))
def test_pauses_are_those_of_the_oracle(rows: list[Row], surplus_s: int) -> None:
    """Every pause, its length, its range and the findings about pauses agree with a naive search."""
    stop_s = START_S + oracle.duration_ms(rows) // 1000 + surplus_s
    read = lesson(*rows, stop_time=stop_s)

    pauses, findings = oracle.pauses(rows, START_S, stop_s)
    assert [
        {"at_ms": p.at_ms, "duration_ms": p.duration_ms, "duration_range_ms": list(p.duration_range_ms)}
        for p in read.pauses
    ] == pauses
    names = {"wall_clock_impossible", "possible_pause", "pause_unlocated", "pause_weak_evidence"}
    told = names & set(codes(read))
    if read.wall is None:
        told -= {"possible_pause"}
    assert told == findings


# --- declared pauses -------------------------------------------------------------------------------------


def declared(*entries: Any, surplus_s: int = 60) -> Timeline:
    """Return a lesson of 30 s with a strong cut at 10 s, whose result declares pauses."""
    rows = spans(a=[(0, 10_000), (10_000, END_MS)], board=[(0, 10_000), (10_000, END_MS)])
    return lesson(*rows, surplus_s=surplus_s, omitted_duration=list(entries))


def entry(at_ms: int, pause_time: int, resume_time: int) -> dict[str, int]:
    """Return one element of ``omitted_duration``."""
    return {"video_time": at_ms, "pause_time": pause_time, "resume_time": resume_time}


def test_a_declared_pause_goes_before_what_is_seen() -> None:
    """Where the result says so itself, nothing is inferred."""
    read = declared(entry(12_345, START_S * 1000, START_S * 1000 + 42_000))

    assert read.pauses == (Pause(12_345, 42_000, (42_000, 42_000), "declared"),)


def test_a_declared_pause_in_seconds_is_off_by_up_to_a_second() -> None:
    """Documented as ms, shown in the guide in seconds: the magnitude decides, with a finding."""
    read = declared(entry(100, 1_529_908_758, 1_529_908_800))

    assert read.pauses == (Pause(100, 42_000, (41_000, 43_000), "declared"),)
    assert "unit_doubt" in codes(read)


def test_declared_pauses_are_listed_by_place() -> None:
    """Whatever their order in the result."""
    read = declared(entry(20_000, START_S, START_S + 9), entry(5000, START_S, START_S + 8))

    assert [(pause.at_ms, pause.duration_ms) for pause in read.pauses] == [(5000, 8000), (20_000, 9000)]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "10:00",
        {},
        {"video_time": 5000},
        entry(-1, START_S, START_S + 60),
        entry(5000, START_S, START_S),
        entry(5000, START_S + 60, START_S),
        entry(5000, 0, START_S),
        entry(5000, START_S, 10**15),
        entry(5000, True, START_S),
        entry(END_MS + 1, START_S, START_S + 60),
    ],
    ids=repr,
)
def test_a_declared_pause_that_makes_no_sense_is_left_out(odd: Any) -> None:
    """With a finding; the others are used."""
    read = declared(odd, entry(20_000, START_S, START_S + 9))

    assert [pause.at_ms for pause in read.pauses] == [20_000]
    assert "pause_declared_odd" in codes(read)


def test_where_no_declared_pause_is_left_pauses_are_inferred() -> None:
    """An empty or useless list is no declaration that there was no pause."""
    expected = (inferred(10_000, 60_000, 53_000, 61_000),)

    assert declared().pauses == expected
    assert declared({"video_time": "?"}).pauses == expected


@given(st.lists(st.tuples(*[st.integers(0, 10**14)] * 3).map(lambda t: entry(t[0] % 40_000, t[1], t[2]))))
@example([entry(0, 10**8, 10**11)])
@example([entry(0, START_S, 2 * 10**11)])
def test_a_declared_pause_never_runs_backwards(entries: list[dict[str, int]]) -> None:
    """Whatever units its two stamps are in, its length is above 0 and lies in its range."""
    for pause in declared(*entries).pauses:
        low_ms, high_ms = pause.duration_range_ms
        assert pause.duration_ms is not None
        assert pause.duration_ms > 0
        assert 0 <= low_ms <= pause.duration_ms <= high_ms


def test_stamps_of_one_pause_in_two_units_are_no_pause() -> None:
    """A pause from seconds to ms of another time does not run backwards."""
    read = declared(entry(5000, START_S, 200_000_000_000))

    assert all(pause.source == "inferred" for pause in read.pauses)
    assert "pause_declared_odd" in codes(read)


def test_boards_and_cameras_make_strong_cuts() -> None:
    """The whiteboard is a stream like any other."""
    read = lesson(board(0, 10_000), board(10_000), row("a", 0), row("a", 10_000), surplus_s=60)

    assert [pause.duration_ms for pause in read.pauses] == [60_000]


def test_a_switch_of_files_just_before_a_pause_does_not_move_it() -> None:
    """A camera changes its size 980 ms before it; the whiteboard runs across that, so it is no cut."""
    read = lesson(
        row("amy", 0, 99_000),
        row("amy", 99_020, 980),
        row("amy", 100_000, 100_000),
        board(0, 100_000),
        board(100_000, 100_000),
        surplus_s=60,
    )

    assert [(pause.at_ms, pause.duration_ms) for pause in read.pauses] == [(100_000, 60_000)]


def test_wall_time_that_declared_pauses_leave_unexplained_is_a_finding() -> None:
    """60 s are missing, 10 s are declared."""
    declared = [{"video_time": 50_000, "pause_time": 1_558_613_190, "resume_time": 1_558_613_200}]

    read = lesson(row("amy", 0, 100_000), surplus_s=60, omitted_duration=declared)

    assert [pause.duration_ms for pause in read.pauses] == [10_000]
    assert "pause_unlocated" in codes(read)


def test_declared_pauses_of_which_none_is_left_do_not_hinder_inference() -> None:
    """One is declared after the end; the cut that is there takes the surplus."""
    declared = [{"video_time": 500_000, "pause_time": 1_558_613_190, "resume_time": 1_558_613_200}]
    rows = [
        row("amy", 0, 50_000),
        row("amy", 50_000, 50_000),
        row("bo", 0, 50_000),
        row("bo", 50_000, 50_000),
    ]

    read = lesson(*rows, surplus_s=60, omitted_duration=declared)

    assert [(pause.at_ms, pause.source) for pause in read.pauses] == [(50_000, "inferred")]


def test_a_file_that_begins_at_the_cut_was_not_running_before_it() -> None:
    """A camera's first file of a ms at 5:00 and its next one a second later do not make the cut strong."""
    read = lesson(
        row("amy", 0, 300_000, kind="screen"),
        row("amy", 300_000, 240_000, kind="screen"),
        row("amy", 300_000, 1),
        row("amy", 301_000, 239_000),
        surplus_s=60,
    )

    assert [pause.at_ms for pause in read.pauses] == [300_000]
    assert codes(read) == ["pause_weak_evidence"]
