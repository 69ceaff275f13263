"""How much of each bin of time each track plays: what a heat map shows.

Conventions
    Rows are in the order of the tracks. Times are playback ms. Exact: bins of a track sum up to its length.

Measures
    `presence_grid` (tracks by bins of time)
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from timeline.errors import ParameterError
from timeline.interval import covered_before, merge, spans_of
from timeline.model import Timeline
from timeline.units import round_step_ms

MAX_BINS = 20_000
_USUAL_BINS = 100


class PresenceGrid(TypedDict):
    """How much each of n tracks plays in each of m bins of time; see `presence_grid`."""

    track_id: NDArray[np.str_]
    label: NDArray[np.str_]
    bin_start_ms: NDArray[np.int64]
    bin_end_ms: NDArray[np.int64]
    playing_ms: NDArray[np.int64]
    playing_ratio_bin: NDArray[np.float64]


def presence_grid(timeline: Timeline, *, bin_ms: int | None = None) -> PresenceGrid:
    """Return how much each track plays in each bin of time: n tracks by m bins.

    Args:
        timeline: A lesson.
        bin_ms: Length of a bin, ms; the last bin ends with the lesson and may be shorter. By default a round
            length that makes at most 100 bins.

    Returns:
        A dict of arrays:

        - ``track_id``, ``label`` (str, shape (n,)): of the tracks, in their order.
        - ``bin_start_ms``, ``bin_end_ms`` (int64, shape (m,)): the bins; they tile the lesson.
        - ``playing_ms`` (int64, shape (n, m)): how long a track plays in a bin. Exact: a row sums up to the
          length of the track's clips.
        - ``playing_ratio_bin`` (float64, shape (n, m)): that over the length of the bin, 0 to 1.

    Raises:
        ParameterError: *bin_ms* is no whole number from 1, or makes more than `MAX_BINS` bins.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> grid = presence_grid(lesson, bin_ms=400_000)
        >>> grid["bin_end_ms"].tolist()
        [400000, 800000, 1200000, 1440000]
        >>> dict(zip(grid["track_id"].tolist(), grid["playing_ratio_bin"].tolist()))["camera:pc_test1"]
        [0.25, 1.0, 0.775, 0.0]
    """
    if bin_ms is None:
        bin_ms = round_step_ms(timeline.duration_ms, _USUAL_BINS)
    if not isinstance(bin_ms, int) or bin_ms < 1:
        raise ParameterError(f"expected bins of a whole number of ms from 1, got {bin_ms!r}")
    bins = -(-timeline.duration_ms // bin_ms)
    if bins > MAX_BINS:
        least_ms = -(-timeline.duration_ms // MAX_BINS)
        raise ParameterError(
            f"bins of {bin_ms} ms would be {bins} in this lesson; take {least_ms} ms or more"
        )
    edges_ms = np.append(np.arange(0, timeline.duration_ms, bin_ms, dtype=np.int64), timeline.duration_ms)
    playing_ms = np.zeros((len(timeline.tracks), bins), dtype=np.int64)
    for row, track in enumerate(timeline.tracks):
        spans = merge(spans_of((clip.start_ms, clip.end_ms) for clip in track.clips))
        playing_ms[row] = np.diff(covered_before(spans, edges_ms))
    return {
        "track_id": np.array([track.id for track in timeline.tracks], dtype=np.str_),
        "label": np.array([track.label for track in timeline.tracks], dtype=np.str_),
        "bin_start_ms": edges_ms[:-1],
        "bin_end_ms": edges_ms[1:],
        "playing_ms": playing_ms,
        "playing_ratio_bin": playing_ms / np.diff(edges_ms),
    }
