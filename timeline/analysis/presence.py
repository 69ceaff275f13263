"""Who was on camera when, from timing alone: one row per user.

Conventions
    Times are playback ms. All measures rest on merged spans, never on files: a pause or a change of
    resolution cuts a file, not a presence.
    A camera file means "camera on", not "attended": somebody who only listens leaves no file.

Measures
    `presence_table` (one row per user)
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from timeline import kinds
from timeline.analysis.people import User, people_of
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, TEXT, TRUTH, WHOLE, Column, Schema, Table, Value
from timeline.interval import Spans, common, merge, total_ms
from timeline.model import Timeline
from timeline.roster import Person, Roster, read_roster

_WHO = (
    Column("user_id", TEXT, "", False, "the user, as the result or the roster says"),
    Column("label", TEXT, "", False, "a name for people: from the roster, else the user id"),
    Column("role", TEXT, "", True, "teacher, student, assistant or observer; missing without a roster"),
    Column("is_in_roster", TRUTH, "", True, "whether the roster names the user; missing without a roster"),
    Column("has_no_file", TRUTH, "", False, "no file of the user: camera and microphone off, or not there"),
)
_CAMERA = (
    Column("camera_on_ms", WHOLE, "ms", False, "length of the union of the user's camera clips"),
    Column("camera_on_ratio_lesson", REAL, "ratio", True, "camera_on_ms over the length of the lesson"),
    Column(
        "camera_on_ratio_since_first",
        REAL,
        "ratio",
        True,
        "camera_on_ms over the time from first_on_ms to the end of the lesson",
    ),
    Column(
        "camera_on_ratio_span",
        REAL,
        "ratio",
        True,
        "camera_on_ms over the time from first_on_ms to last_on_ms",
    ),
    Column("first_on_ms", WHOLE, "ms", True, "start of the first camera clip; missing without one"),
    Column("last_on_ms", WHOLE, "ms", True, "end of the last camera clip; missing without one"),
    Column(
        "first_on_wall_ms", WHOLE, "Unix ms", True, "wall time of first_on_ms; missing where it is not known"
    ),
    Column(
        "late_on_ms", WHOLE, "ms", True, "how long after the start of the class the camera came on; 0 if not"
    ),
    Column(
        "early_on_ms",
        WHOLE,
        "ms",
        True,
        "how long before the start of the class the camera came on; 0 if not",
    ),
    Column("is_late_on", TRUTH, "", True, "whether late_on_ms is more than the rule late_after_ms"),
    Column("early_off_ms", WHOLE, "ms", True, "from last_on_ms to the end of the lesson"),
    Column(
        "spans", WHOLE, "count", False, "stretches of camera on; those at most merge_gap_ms apart are one"
    ),
    Column(
        "dropouts",
        WHOLE,
        "count",
        False,
        "holes between spans of at most reconnect_max_ms, unless the recording was paused in them",
    ),
    Column("absences", WHOLE, "count", False, "holes between spans of more than reconnect_max_ms"),
    Column("off_ms", WHOLE, "ms", False, "length of all holes between spans"),
    Column("off_longest_ms", WHOLE, "ms", False, "length of the longest hole between spans"),
    Column("off_median_ms", REAL, "ms", True, "median length of a hole between spans; missing without one"),
    Column(
        "fragmentation",
        REAL,
        "ratio",
        True,
        "1 - sum(l²) / sum(l)² over the lengths l of spans: 0 for one span, 1 - 1/k for k equal ones",
    ),
    Column(
        "attended_on_camera",
        TRUTH,
        "",
        True,
        "on camera for on_camera_least_ratio of the lesson; missing for those who are in no roster",
    ),
)
_FILES = (
    Column("files", WHOLE, "count", False, "camera files"),
    Column("bytes", WHOLE, "B", True, "declared size of the camera files; missing where one is not declared"),
    Column("mean_kbps", REAL, "kbit/s", True, "bytes over the declared length of the camera files"),
)
_OTHERS = (
    Column("screen_share_ms", WHOLE, "ms", False, "length of the union of the user's screen clips"),
    Column("screen_share_count", WHOLE, "count", False, "stretches of screen sharing, counted as spans are"),
    Column(
        "screen_without_camera_ms",
        WHOLE,
        "ms",
        False,
        "how much of screen_share_ms is without the user's camera",
    ),
    Column("sound_only_ms", WHOLE, "ms", False, "length of the union of the user's sound-only clips"),
)
PRESENCE_COLUMNS = (*_WHO, *_CAMERA, *_FILES, *_OTHERS)
"""What timing alone says of a user."""

_PRESENCE = Schema(
    "presence", "one row per user with a camera, screen or sound-only file", ("user_id",), PRESENCE_COLUMNS
)


def presence_table(
    timeline: Timeline,
    *,
    roster: Roster | str | os.PathLike[str] | None = None,
    class_start_ms: int = 0,
    rules: MetricRules = USUAL_RULES,
) -> Table:
    """Return one row per user: a dict of numpy columns of equal length, explained in docs/metrics.md.

    Mixed streams never count, and files without a user are not listed. A number that may be missing is
    float64 with NaN where it is: a ratio of nothing, a first time of somebody who never had a camera.

    Args:
        timeline: A lesson; roles and labels are those that it was loaded with.
        roster: Who should have been there: adds rows for those without any file.
        class_start_ms: When the class began, playback ms: what being late is measured from.
        rules: Thresholds.

    Raises:
        RosterError: *roster* is a file that cannot be read.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> table = presence_table(lesson)
        >>> dict(zip(table["user_id"].tolist(), table["camera_on_ms"].tolist()))
        {'ios_test1': 1200000, 'pc_test1': 810000}
    """
    people = people_of(timeline, people_expected(roster))
    return Table(_PRESENCE, (presence_row(timeline, user, class_start_ms, rules) for user in people))


def people_expected(roster: Roster | str | os.PathLike[str] | None) -> Mapping[str, Person] | None:
    """Return who a roster names; None without one.

    Raises:
        RosterError: It cannot be read.
    """
    if roster is None or isinstance(roster, Roster):
        return roster.people if roster else None
    return read_roster(roster).people


def presence_row(
    timeline: Timeline, user: User, class_start_ms: int = 0, rules: MetricRules = USUAL_RULES
) -> dict[str, Value]:
    """Return what timing alone says of a user: the values of `PRESENCE_COLUMNS`."""
    return {
        "user_id": user.user_id,
        "label": user.label,
        "role": user.role,
        "is_in_roster": user.is_in_roster,
        "has_no_file": not user.has_files,
        **_camera_values(timeline, user, class_start_ms, rules),
        **_file_values(user),
        "screen_share_ms": total_ms(user.screen),
        "screen_share_count": len(merge(user.screen, gap_ms=rules.merge_gap_ms)),
        "screen_without_camera_ms": total_ms(user.screen) - total_ms(common(user.screen, user.camera)),
        "sound_only_ms": total_ms(user.sound_only),
    }


def _camera_values(
    timeline: Timeline, user: User, class_start_ms: int, rules: MetricRules
) -> dict[str, Value]:
    duration_ms, on_ms = timeline.duration_ms, total_ms(user.camera)
    values: dict[str, Value] = {"camera_on_ms": on_ms, "camera_on_ratio_lesson": ratio(on_ms, duration_ms)}
    if user.is_in_roster:
        values["attended_on_camera"] = on_ms > 0 and on_ms >= rules.on_camera_least_ratio * duration_ms
    spans = merge(user.camera, gap_ms=rules.merge_gap_ms)
    values |= _hole_values(timeline, spans, rules)
    if len(spans) == 0:
        return values
    first_ms, last_ms = int(spans[0, 0]), int(spans[-1, 1])
    lengths_ms = (spans[:, 1] - spans[:, 0]).astype(np.float64)
    return values | {
        "camera_on_ratio_since_first": ratio(on_ms, duration_ms - first_ms),
        "camera_on_ratio_span": ratio(on_ms, last_ms - first_ms),
        "first_on_ms": first_ms,
        "last_on_ms": last_ms,
        "first_on_wall_ms": timeline.to_wall_ms(first_ms),
        "late_on_ms": max(0, first_ms - class_start_ms),
        "early_on_ms": max(0, class_start_ms - first_ms),
        "is_late_on": first_ms - class_start_ms > rules.late_after_ms,
        "early_off_ms": duration_ms - last_ms,
        "fragmentation": 1 - float((lengths_ms**2).sum() / lengths_ms.sum() ** 2),
    }


def _hole_values(timeline: Timeline, spans: Spans, rules: MetricRules) -> dict[str, Value]:
    """Return what the holes between *spans* say; before the first and after the last there is none."""
    holes = np.stack((spans[:-1, 1], spans[1:, 0]), axis=1)
    lengths_ms = holes[:, 1] - holes[:, 0]
    is_short = lengths_ms <= rules.reconnect_max_ms
    paused_at_ms = np.array([pause.at_ms for pause in timeline.pauses], dtype=np.int64)
    first = np.searchsorted(paused_at_ms, holes[:, 0], "left")
    behind = np.searchsorted(paused_at_ms, holes[:, 1], "right")
    return {
        "spans": len(spans),
        "dropouts": int((is_short & (behind == first)).sum()),
        "absences": int((~is_short).sum()),
        "off_ms": int(lengths_ms.sum()),
        "off_longest_ms": int(lengths_ms.max(initial=0)),
        "off_median_ms": float(np.median(lengths_ms)) if len(lengths_ms) else None,
    }


def _file_values(user: User) -> dict[str, Value]:
    files = {
        clip.media.position: clip.media
        for track in user.tracks
        if track.kind == kinds.CAMERA
        for clip in track.clips
    }
    sizes = [media.size_bytes for media in files.values()]
    size_bytes = sum(size or 0 for size in sizes) if sizes and None not in sizes else None
    declared_ms = sum(media.duration_ms for media in files.values())
    return {
        "files": len(files),
        "bytes": size_bytes,
        "mean_kbps": None if size_bytes is None else ratio(8 * size_bytes, declared_ms),
    }


def ratio(part: float, whole: float) -> float | None:
    """Return part over whole; None where there is no whole.

    Example:
        >>> ratio(1, 4), ratio(0, 0)
        (0.25, None)
    """
    return part / whole if whole > 0 else None
