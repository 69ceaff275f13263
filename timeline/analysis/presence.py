"""Who was on camera when, from timing alone.

Conventions
    Rows are in the order of the tracks. Times are playback ms. All measures rest on merged spans, never on
    files: a pause or a change of resolution cuts a file, not a presence.
    A camera file means "camera on", not "attended": somebody who only listens leaves no file.

Measures
    `presence_table` (one row per user), `presence_grid` (tracks by bins of time)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from timeline import kinds
from timeline.errors import ParameterError
from timeline.interval import Spans, covered_before, merge, spans_of, total_ms
from timeline.model import SEAM_MS, Timeline
from timeline.units import round_step_ms

MAX_BINS = 20_000
_USUAL_BINS = 100

Column = NDArray[np.int64] | NDArray[np.float64] | NDArray[np.str_]


class PresenceGrid(TypedDict):
    """How much each of n tracks plays in each of m bins of time; see `presence_grid`."""

    track_id: NDArray[np.str_]
    label: NDArray[np.str_]
    bin_start_ms: NDArray[np.int64]
    bin_end_ms: NDArray[np.int64]
    playing_ms: NDArray[np.int64]
    playing_ratio_bin: NDArray[np.float64]


def presence_table(timeline: Timeline) -> dict[str, Column]:
    """Return one row per user who has a camera or screen file: a dict of columns of equal length.

    Columns:
        - ``user_id``, ``label``, ``role`` (str): role is ``""`` where the roster gives none.
        - ``camera_on_ms`` (int64): length of the union of the user's camera clips.
        - ``camera_on_ratio_lesson`` (float64): that length over the lesson's, 0 to 1.
        - ``first_on_ms``, ``last_on_ms`` (int64): first start and last end; -1 without camera.
        - ``spans`` (int64): stretches of camera-on; clips that touch, or lie within a seam, are one.
        - ``files`` (int64): camera files.
        - ``screen_share_ms`` (int64): length of the union of the user's screen clips.

    Mixed streams never count. Users without an id are not listed.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> table = presence_table(lesson)
        >>> dict(zip(table["user_id"].tolist(), table["camera_on_ms"].tolist()))
        {'ios_test1': 1200000, 'pc_test1': 810000}
    """
    by_user: dict[str, dict[str, Spans]] = {}
    names: dict[str, tuple[str, str]] = {}
    camera_files: dict[str, int] = {}
    for track in timeline.tracks:
        if track.user_id is None or track.kind not in (kinds.CAMERA, kinds.SCREEN):
            continue
        on = spans_of((clip.start_ms, clip.end_ms) for clip in track.clips)
        by_user.setdefault(track.user_id, {})[track.kind] = on
        names[track.user_id] = (track.label, track.role or "")
        if track.kind == kinds.CAMERA:
            camera_files[track.user_id] = len({clip.media.position for clip in track.clips})
    nothing = spans_of([])
    cameras = {user: spans.get(kinds.CAMERA, nothing) for user, spans in by_user.items()}
    screens = {user: spans.get(kinds.SCREEN, nothing) for user, spans in by_user.items()}
    on_ms = np.array([total_ms(spans) for spans in cameras.values()], dtype=np.int64)
    return {
        "user_id": np.array(list(by_user), dtype=np.str_),
        "label": np.array([names[user][0] for user in by_user], dtype=np.str_),
        "role": np.array([names[user][1] for user in by_user], dtype=np.str_),
        "camera_on_ms": on_ms,
        "camera_on_ratio_lesson": on_ms / max(1, timeline.duration_ms),
        "first_on_ms": _integers(int(s[0, 0]) if len(s) else -1 for s in cameras.values()),
        "last_on_ms": _integers(int(s[-1, 1]) if len(s) else -1 for s in cameras.values()),
        "spans": _integers(len(merge(s, gap_ms=SEAM_MS)) for s in cameras.values()),
        "files": _integers(camera_files.get(user, 0) for user in by_user),
        "screen_share_ms": _integers(total_ms(s) for s in screens.values()),
    }


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


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)
