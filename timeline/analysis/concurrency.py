"""How many tracks play at once.

Conventions
    One row per level: a longest stretch in which the number does not change. Times are playback ms, exact,
    as the scenes have them; files that follow each other without a hole are no change.

Measures
    `concurrency_table`
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from timeline import kinds as kind_names
from timeline.interval import Spans, spans_of
from timeline.model import Timeline


def concurrency_table(
    timeline: Timeline, *, kinds: Collection[str] | None = (kind_names.CAMERA,)
) -> dict[str, NDArray[np.int64]]:
    """Return how many tracks play at once over playback time: a dict of columns of equal length.

    Columns (all int64):
        - ``start_ms``, ``end_ms``: rows tile the lesson, earliest first; none is empty.
        - ``tracks``: how many play; two rows that touch differ.

    The sum of ``tracks * (end_ms - start_ms)`` is the length of all clips of these kinds.

    Args:
        timeline: A lesson.
        kinds: Kinds of stream to count, cameras by default; None counts every track.

    Raises:
        ParameterError: One of *kinds* is no kind.

    Example:
        >>> import timeline
        >>> table = concurrency_table(timeline.load("sample_results/guide_example.json"))
        >>> [column.tolist() for column in table.values()]
        [[0, 300000, 1110000, 1200000], [300000, 1110000, 1200000, 1440000], [1, 2, 1, 0]]
    """
    counted = timeline if kinds is None else timeline.select(kinds=kinds)
    spans = spans_of((clip.start_ms, clip.end_ms) for track in counted.tracks for clip in track.clips)
    start_ms, end_ms, tracks = levels(spans, timeline.duration_ms)
    return {"start_ms": start_ms, "end_ms": end_ms, "tracks": tracks}


def levels(spans: Spans, duration_ms: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return starts, ends and heights of the levels: how many of *spans* cover each instant.

    Args:
        spans: In any order, within ``[0, duration_ms)``.
        duration_ms: Length of what the levels tile, ms.

    Returns:
        Three int64 arrays of equal length; levels that touch differ in height.

    Example:
        >>> [column.tolist() for column in levels(spans_of([(0, 5), (3, 8), (5, 6)]), 10)]
        [[0, 3, 6, 8], [3, 6, 8, 10], [1, 2, 1, 0]]
    """
    starts_ms, ends_ms = np.sort(spans[:, 0]), np.sort(spans[:, 1])
    instants_ms = np.unique(np.concatenate((spans.ravel(), [0, duration_ms])))
    covering = np.searchsorted(starts_ms, instants_ms[:-1], "right") - np.searchsorted(
        ends_ms, instants_ms[:-1], "right"
    )
    changes = np.append(True, np.diff(covering) != 0)[: len(covering)]
    begins_ms = instants_ms[:-1][changes]
    return begins_ms, np.append(begins_ms[1:], duration_ms)[: len(begins_ms)], covering[changes]
