"""Half-open spans ``[start_ms, end_ms)`` as numpy arrays of shape (n, 2) and dtype int64.

Nothing here knows what the spans mean. All functions are pure and n log n.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Spans = NDArray[np.int64]
"""Spans: int64 array, shape (n, 2); column 0 is the start, column 1 the end, in ms."""


class Span(NamedTuple):
    """A stretch ``[start_ms, end_ms)``."""

    start_ms: int
    end_ms: int


def spans_of(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Return *pairs* as an array, in the given order; empty pairs are kept.

    Example:
        >>> spans_of([]).shape
        (0, 2)
    """
    return np.array(list(pairs), dtype=np.int64).reshape(-1, 2)


def merge(spans: Spans, *, gap_ms: int = 0) -> Spans:
    """Return the union of *spans*: sorted, neither overlapping nor touching.

    ::

        spans   |-----|  |--|
                   |---|      |---|
        merged  |------| |--| |---|

    Args:
        spans: In any order; spans of zero length are dropped.
        gap_ms: Also join spans that are at most this far apart, ms.

    Example:
        >>> merge(spans_of([(5, 9), (0, 5), (20, 30)])).tolist()
        [[0, 9], [20, 30]]
    """
    spans = spans[spans[:, 1] > spans[:, 0]]
    if len(spans) == 0:
        return spans
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    first = np.flatnonzero(np.concatenate(([True], spans[1:, 0] > reach[:-1] + gap_ms)))
    last = np.concatenate((first[1:] - 1, [len(spans) - 1]))
    return np.stack((spans[first, 0], reach[last]), axis=1)


def complement(spans: Spans, within: Span) -> Spans:
    """Return the holes that *spans* leave in *within*.

    ::

        within  |--------------------|
        spans      |----|   |-----|
        result  |--|    |---|     |--|

    Example:
        >>> complement(spans_of([(3, 8), (12, 18)]), Span(0, 20)).tolist()
        [[0, 3], [8, 12], [18, 20]]
    """
    merged = merge(clip_to(spans, within))
    starts = np.concatenate(([within.start_ms], merged[:, 1]))
    ends = np.concatenate((merged[:, 0], [within.end_ms]))
    keep = ends > starts
    return np.stack((starts[keep], ends[keep]), axis=1)


def clip_to(spans: Spans, within: Span) -> Spans:
    """Return the parts of *spans* inside *within*; what is left empty is dropped."""
    starts = np.maximum(spans[:, 0], within.start_ms)
    ends = np.minimum(spans[:, 1], within.end_ms)
    keep = ends > starts
    return np.stack((starts[keep], ends[keep]), axis=1)


def part_of(merged: Spans, within: Span) -> Spans:
    """Return the parts of *merged* inside *within*, as `clip_to`, but in log n.

    Args:
        merged: Sorted and disjoint, as `merge` and `complement` return them.
        within: Where to look.

    Example:
        >>> part_of(spans_of([(0, 5), (8, 20)]), Span(4, 10)).tolist()
        [[4, 5], [8, 10]]
    """
    first = np.searchsorted(merged[:, 1], within.start_ms, side="right")
    last = np.searchsorted(merged[:, 0], within.end_ms, side="left")
    return clip_to(merged[first:last], within)


def common(first: Spans, second: Spans) -> Spans:
    """Return where both play, as merged spans.

    ::

        first   |------|   |------|
        second     |----------|
        result     |---|   |--|

    Args:
        first: In any order, as `merge` takes them.
        second: As *first*.

    Example:
        >>> common(spans_of([(0, 5), (8, 20)]), spans_of([(3, 10)])).tolist()
        [[3, 5], [8, 10]]
    """
    first, second = merge(first), merge(second)
    bounds = np.unique(np.concatenate((first.ravel(), second.ravel())))
    cells = np.stack((bounds[:-1], bounds[1:]), axis=1)
    is_common = [np.diff(covered_before(spans, bounds)) > 0 for spans in (first, second)]
    return merge(cells[is_common[0] & is_common[1]])


def runs_of(flags: NDArray[np.bool_]) -> Spans:
    """Return where a row of flags is True, as spans of positions: sorted, neither overlapping nor touching.

    Example:
        >>> runs_of(np.array([True, True, False, True])).tolist()
        [[0, 2], [3, 4]]
    """
    steps = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return np.stack((np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)), axis=1).astype(np.int64)


def total_ms(spans: Spans) -> int:
    """Return the length of the union of *spans*, ms."""
    merged = merge(spans)
    return int((merged[:, 1] - merged[:, 0]).sum())


def covered_before(merged: Spans, instants_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how much of *merged* lies before each instant, ms; exact, n log n for all instants together.

    ::

        merged    |---|  |------|
        instants    ^   ^    ^      ^

    Args:
        merged: Sorted and disjoint, as `merge` returns them.
        instants_ms: int64 array of any shape, in any order.

    Returns:
        int64 array of the shape of *instants_ms*.

    Example:
        >>> covered_before(spans_of([(0, 4), (6, 13)]), np.array([2, 5, 9, 20])).tolist()
        [2, 4, 7, 11]
    """
    lengths = np.concatenate(([0], merged[:, 1] - merged[:, 0]))
    ends = np.concatenate(([np.iinfo(np.int64).min], merged[:, 1]))
    begun = np.searchsorted(merged[:, 0], instants_ms, side="right")
    whole = np.cumsum(lengths)[begun]
    beyond: NDArray[np.int64] = np.where(ends[begun] > instants_ms, ends[begun] - instants_ms, 0)
    return np.asarray(whole - beyond, dtype=np.int64)


def edges(spans: Spans, within: Span) -> NDArray[np.int64]:
    """Return every instant at which a span starts or ends, with both ends of *within*; sorted, unique.

    Example:
        >>> edges(spans_of([(3, 8), (5, 8)]), Span(0, 10)).tolist()
        [0, 3, 5, 8, 10]
    """
    inside = clip_to(spans, within)
    return np.unique(np.concatenate((inside.ravel(), np.array(within, dtype=np.int64))))
