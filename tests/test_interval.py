"""Spans: compared with sets of milliseconds, which cannot be wrong."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from timeline.interval import (
    Span,
    Spans,
    clip_to,
    complement,
    covered_before,
    edges,
    merge,
    spans_of,
    total_ms,
)

Pairs = list[tuple[int, int]]

PAIRS = st.lists(
    st.tuples(st.integers(-20, 40), st.integers(0, 15)).map(lambda p: (p[0], p[0] + p[1])), max_size=8
)
WINDOWS = st.tuples(st.integers(-10, 30), st.integers(0, 40)).map(lambda p: Span(p[0], p[0] + p[1]))


def instants(pairs: Pairs) -> set[int]:
    """Return every ms that *pairs* cover."""
    return {ms for start, end in pairs for ms in range(start, end)}


def pairs_of(spans: Spans) -> Pairs:
    """Return the rows of an array."""
    assert spans.dtype == np.int64
    assert spans.shape == (len(spans), 2)
    return [(start, end) for start, end in spans.tolist()]


@given(PAIRS)
def test_merging_keeps_every_instant(pairs: Pairs) -> None:
    """The union covers what its parts cover."""
    assert instants(pairs_of(merge(spans_of(pairs)))) == instants(pairs)


@given(PAIRS, st.integers(0, 6))
def test_merged_spans_lie_apart(pairs: Pairs, gap_ms: int) -> None:
    """Merged spans are sorted, none is empty, and between two lies more than the gap."""
    merged = pairs_of(merge(spans_of(pairs), gap_ms=gap_ms))

    assert all(start < end for start, end in merged)
    assert all(later[0] - earlier[1] > gap_ms for earlier, later in itertools.pairwise(merged))


@given(PAIRS, st.integers(0, 6))
def test_merging_fills_only_holes_that_are_small(pairs: Pairs, gap_ms: int) -> None:
    """What merging adds are whole holes of the union, each at most the gap wide."""
    added = instants(pairs_of(merge(spans_of(pairs), gap_ms=gap_ms))) - instants(pairs)
    holes = pairs_of(complement(spans_of(pairs), Span(-20, 60)))

    assert added == instants([hole for hole in holes if hole[1] - hole[0] <= gap_ms and hole[0] in added])


@given(PAIRS)
def test_merging_twice_changes_nothing(pairs: Pairs) -> None:
    """A union is its own union, whatever the order of its parts."""
    merged = merge(spans_of(pairs))

    assert merge(merged).tolist() == merged.tolist()
    assert merge(spans_of(pairs[::-1])).tolist() == merged.tolist()


@given(PAIRS, WINDOWS)
def test_holes_and_spans_tile_the_window(pairs: Pairs, window: Span) -> None:
    """Every instant of the window is either covered or in a hole."""
    holes = pairs_of(complement(spans_of(pairs), window))

    assert instants(holes) == instants([window]) - instants(pairs)
    assert all(start < end for start, end in holes)


@given(PAIRS, WINDOWS)
def test_clipping_is_intersection(pairs: Pairs, window: Span) -> None:
    """What is left lies in the window, and nothing in the window is lost."""
    assert instants(pairs_of(clip_to(spans_of(pairs), window))) == instants(pairs) & instants([window])


@given(PAIRS)
def test_a_total_counts_each_instant_once(pairs: Pairs) -> None:
    """Overlapping spans are not counted twice."""
    assert total_ms(spans_of(pairs)) == len(instants(pairs))


@given(PAIRS, st.lists(st.integers(-30, 70), max_size=6))
def test_what_lies_before_an_instant_is_counted(pairs: Pairs, instants_ms: list[int]) -> None:
    """Each ms of the union that is earlier, once."""
    covered = covered_before(merge(spans_of(pairs)), np.array(instants_ms, dtype=np.int64))

    assert covered.dtype == np.int64
    assert covered.tolist() == [sum(ms < at_ms for ms in instants(pairs)) for at_ms in instants_ms]


@given(PAIRS, WINDOWS)
def test_between_two_edges_nothing_changes(pairs: Pairs, window: Span) -> None:
    """Edges are sorted and unique, hold both ends of the window, and each span is one or not inside."""
    times = edges(spans_of(pairs), window).tolist()

    assert times == sorted(set(times))
    assert {window.start_ms, window.end_ms} <= set(times)
    for start, end in itertools.pairwise(times):
        for low, high in pairs:
            assert low == high or high <= start or end <= low or low <= start < end <= high


def test_no_spans_is_no_special_case() -> None:
    """Of nothing, the union is nothing, the hole is everything and the length is 0."""
    nothing = spans_of([])

    assert merge(nothing).tolist() == []
    assert complement(nothing, Span(0, 5)).tolist() == [[0, 5]]
    assert total_ms(nothing) == 0


def test_touching_spans_are_one() -> None:
    """Half-open spans that touch have no instant between them."""
    assert merge(spans_of([(0, 5), (5, 9)])).tolist() == [[0, 9]]
    assert complement(spans_of([(0, 5), (5, 9)]), Span(0, 9)).tolist() == []


def test_week_long_milliseconds_fit() -> None:
    """Nothing overflows at the far end of what a result may say."""
    week_ms = 7 * 86_400_000

    assert total_ms(spans_of([(0, week_ms), (week_ms, 2 * week_ms)])) == 2 * week_ms
