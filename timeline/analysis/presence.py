"""Who was on camera when, from timing alone.

Conventions
    One row per user, in the order of the tracks. Times are playback ms. All measures rest on merged spans of
    a user's camera files, never on files: a pause or a change of resolution cuts a file, not a presence.
    A camera file means "camera on", not "attended": somebody who only listens leaves no file.

Measures
    `presence_table`
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from timeline import kinds
from timeline.interval import Spans, merge, spans_of, total_ms
from timeline.model import SEAM_MS, Timeline

Column = NDArray[np.int64] | NDArray[np.float64] | NDArray[np.str_]


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


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)
