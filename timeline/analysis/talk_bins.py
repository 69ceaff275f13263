"""Talk in bins of time: the table ``bins``, teacher/student/silence by 3 s, one voice or several by 15 s.

Bins begin at 0 and at every multiple of their length; the last one ends with the lesson and may be shorter.
Pauses do not shift them. A bin is **heard** where somebody's microphone is on for at least half of it; what
is not heard is missing, not silence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, TEXT, WHOLE, Column, Value
from timeline.analysis.turns import Whole
from timeline.analysis.voices import Floor, Voice, bin_edges, floor_of, in_bins
from timeline.interval import Spans, common, merge, spans_of

_MISSING_SIDE = "missing where nothing of the bin is heard, or no teacher or no student of the lesson ever is"
BIN_COLUMNS = (
    Column("bin_start_ms", WHOLE, "ms", False, "start, playback time"),
    Column("bin_ms", WHOLE, "ms", False, "length; the last bin of a lesson may be shorter"),
    Column("camera_on_ms", WHOLE, "ms", False, "time with camera on, summed over users"),
    Column("users_on_camera_most", WHOLE, "users", False, "the most users on camera at once"),
    Column("screen_ms", WHOLE, "ms", False, "time in which anybody's screen plays"),
    Column("board_ms", WHOLE, "ms", False, "time in which a whiteboard plays, used or not"),
    Column("unheard_ms", WHOLE, "ms", True, "nobody's microphone is on; missing without media"),
    Column("speech_ms", WHOLE, "ms", True, "somebody speaks; missing where nothing of the bin is heard"),
    Column(
        "nobody_ms", WHOLE, "ms", True, "heard, and nobody speaks; missing where nothing of the bin is heard"
    ),
    Column(
        "teacher_only_ms",
        WHOLE,
        "ms",
        True,
        f"a teacher speaks and no student; {_MISSING_SIDE}",
    ),
    Column("students_only_ms", WHOLE, "ms", True, f"a student speaks and no teacher; {_MISSING_SIDE}"),
    Column("both_ms", WHOLE, "ms", True, f"a teacher and a student speak; {_MISSING_SIDE}"),
    Column(
        "others_only_ms",
        WHOLE,
        "ms",
        True,
        f"only users who are neither teacher nor student speak; {_MISSING_SIDE}",
    ),
    Column("speakers", WHOLE, "users", True, "users who speak at all; missing where nothing is heard"),
)
FIAC_COLUMNS = (
    Column("bin_start_ms", WHOLE, "ms", False, "start, playback time"),
    Column("label", TEXT, "", True, "teacher, student or silence; missing where the bin is not heard"),
)
BIN_LESSON_COLUMNS = (
    Column("fiac_bins", WHOLE, "count", True, "bins of fiac_bin_ms that have a label"),
    Column("fiac_teacher_ratio", REAL, "ratio", True, "share of fiac_bins with the label teacher"),
    Column("fiac_student_ratio", REAL, "ratio", True, "share of fiac_bins with the label student"),
    Column("fiac_silence_ratio", REAL, "ratio", True, "share of fiac_bins with the label silence"),
    Column(
        "steady_state_ratio",
        REAL,
        "ratio",
        True,
        "of neighbouring fiac_bins the share that have one label; missing without two that touch",
    ),
    Column("voice_bins", WHOLE, "count", True, "bins of voice_bin_ms that are heard"),
    Column("voice_none_ratio", REAL, "ratio", True, "share of voice_bins in which nobody speaks at all"),
    Column("voice_single_ratio", REAL, "ratio", True, "share of voice_bins in which one user speaks"),
    Column(
        "voice_multiple_ratio",
        REAL,
        "ratio",
        True,
        "share of voice_bins in which several users speak, at once or not",
    ),
)
"""What bins say of a lesson: like FIAC's three groups and like DART's modes, and neither of both."""

_LABELS = ("student", "teacher", "silence", None)
_NO_LABEL = 3


def bin_rows(
    duration_ms: int,
    cameras: Sequence[Spans],
    screen: Spans,
    board: Spans,
    voices: Sequence[Voice] | None = None,
    rules: MetricRules = USUAL_RULES,
) -> list[dict[str, Value]]:
    """Return the values of `BIN_COLUMNS`, one row per bin of ``bin_ms``.

    Args:
        duration_ms: Length of the lesson.
        cameras: Of each user, when the camera is on.
        screen: When anybody's screen plays.
        board: When a whiteboard plays.
        voices: What is heard of each user; None without media.
        rules: Thresholds.

    Example:
        >>> camera = spans_of([(0, 90_000)])
        >>> rows = bin_rows(100_000, [camera, camera], spans_of([]), spans_of([(50_000, 70_000)]))
        >>> [(row["bin_ms"], row["camera_on_ms"], row["board_ms"]) for row in rows]
        [(60000, 120000, 10000), (40000, 60000, 10000)]
    """
    edges_ms = bin_edges(duration_ms, rules.bin_ms)
    merged = [merge(spans) for spans in cameras]
    columns: dict[str, list[Value]] = {
        "bin_start_ms": edges_ms[:-1].tolist(),
        "bin_ms": np.diff(edges_ms).tolist(),
        "camera_on_ms": sum((in_bins(spans, edges_ms) for spans in merged), np.diff(edges_ms) * 0).tolist(),
        "users_on_camera_most": _most_at_once(merged, edges_ms).tolist(),
        "screen_ms": in_bins(merge(screen), edges_ms).tolist(),
        "board_ms": in_bins(merge(board), edges_ms).tolist(),
        **({} if voices is None else _talk_columns(voices, edges_ms)),
    }
    heads = [column.name for column in BIN_COLUMNS]
    nothing: list[Value] = [None] * (len(edges_ms) - 1)
    parts = [columns.get(name, nothing) for name in heads]
    return [dict(zip(heads, values, strict=True)) for values in zip(*parts, strict=True)]


def fiac_rows(
    duration_ms: int, voices: Sequence[Voice], rules: MetricRules = USUAL_RULES
) -> list[dict[str, Value]]:
    """Return the values of `FIAC_COLUMNS`, one row per bin of ``fiac_bin_ms``.

    The label is whatever fills most of the bin: teachers' speech, students' speech, silence in heard time.
    Time in which both speak counts for both. Ties go to the student, then to the teacher: as in FIAC, the
    rarer wins. There is no label for a bin that is not heard, one that users who are neither fill most of,
    nor anywhere in a lesson without a teacher or without a student who was ever heard.
    """
    edges_ms = bin_edges(duration_ms, rules.fiac_bin_ms)
    labels = _labels(floor_of(voices), edges_ms).tolist()
    return [
        {"bin_start_ms": start_ms, "label": _LABELS[label]}
        for start_ms, label in zip(edges_ms[:-1].tolist(), labels, strict=True)
    ]


def bin_lesson_values(
    duration_ms: int, voices: Sequence[Voice], rules: MetricRules = USUAL_RULES
) -> dict[str, Value]:
    """Return the values of `BIN_LESSON_COLUMNS`."""
    floor = floor_of(voices)
    values: dict[str, Value] = {column.name: None for column in BIN_LESSON_COLUMNS}
    if floor.teachers is not None and floor.students is not None:
        labels = _labels(floor, bin_edges(duration_ms, rules.fiac_bin_ms))
        has_label = labels != _NO_LABEL
        count, pairs = int(has_label.sum()), has_label[1:] & has_label[:-1]
        values["fiac_bins"] = count
        if count:
            for number, name in enumerate(_LABELS[:3]):
                values[f"fiac_{name}_ratio"] = int((labels == number).sum()) / count
        if pairs.any():
            values["steady_state_ratio"] = float((labels[1:] == labels[:-1])[pairs].mean())
    if len(floor.heard) == 0:
        return values
    edges_ms = bin_edges(duration_ms, rules.voice_bin_ms)
    speakers = _speakers(voices, edges_ms)[_is_heard(floor, edges_ms)]
    values["voice_bins"] = len(speakers)
    if len(speakers):
        values |= {
            "voice_none_ratio": float((speakers == 0).mean()),
            "voice_single_ratio": float((speakers == 1).mean()),
            "voice_multiple_ratio": float((speakers > 1).mean()),
        }
    return values


def _labels(floor: Floor, edges_ms: Whole) -> Whole:
    if floor.teachers is None or floor.students is None:
        return np.full(len(edges_ms) - 1, _NO_LABEL, dtype=np.int64)
    teacher_ms, student_ms = in_bins(floor.teachers, edges_ms), in_bins(floor.students, edges_ms)
    both_ms = in_bins(common(floor.teachers, floor.students), edges_ms)
    speech_ms = in_bins(floor.speech, edges_ms)
    others_ms = speech_ms - (teacher_ms + student_ms - both_ms)
    silence_ms = in_bins(floor.heard, edges_ms) - speech_ms
    labels = np.argmax(np.stack((student_ms, teacher_ms, silence_ms, others_ms)), axis=0)
    return np.where(_is_heard(floor, edges_ms), labels, _NO_LABEL)


def _is_heard(floor: Floor, edges_ms: Whole) -> NDArray[np.bool_]:
    return 2 * in_bins(floor.heard, edges_ms) >= np.diff(edges_ms)


def _speakers(voices: Sequence[Voice], edges_ms: Whole) -> Whole:
    counts = np.zeros(len(edges_ms) - 1, dtype=np.int64)
    for voice in voices:
        counts += in_bins(voice.speech, edges_ms) > 0
    return counts


def _talk_columns(voices: Sequence[Voice], edges_ms: Whole) -> dict[str, list[Value]]:
    floor = floor_of(voices)
    heard_ms, speech_ms = in_bins(floor.heard, edges_ms), in_bins(floor.speech, edges_ms)
    columns = {
        "speech_ms": speech_ms,
        "nobody_ms": heard_ms - speech_ms,
        "speakers": _speakers(voices, edges_ms),
    }
    if floor.teachers is not None and floor.students is not None:
        teacher_ms, student_ms = in_bins(floor.teachers, edges_ms), in_bins(floor.students, edges_ms)
        both_ms = in_bins(common(floor.teachers, floor.students), edges_ms)
        columns |= {
            "teacher_only_ms": teacher_ms - both_ms,
            "students_only_ms": student_ms - both_ms,
            "both_ms": both_ms,
            "others_only_ms": speech_ms - (teacher_ms + student_ms - both_ms),
        }
    is_heard = (heard_ms > 0).tolist()
    unheard_ms = (np.diff(edges_ms) - heard_ms).tolist()
    return {"unheard_ms": unheard_ms} | {
        name: [value if heard else None for value, heard in zip(column.tolist(), is_heard, strict=True)]
        for name, column in columns.items()
    }


def _most_at_once(cameras: Sequence[Spans], edges_ms: Whole) -> Whole:
    """Return the greatest number of *cameras* on at once in each bin."""
    spans = np.concatenate([spans_of([]), *cameras])
    bounds = np.unique(np.concatenate((spans.ravel(), edges_ms)))
    bounds = bounds[(bounds >= edges_ms[0]) & (bounds <= edges_ms[-1])]
    begun = np.searchsorted(np.sort(spans[:, 0]), bounds[:-1], side="right")
    ended = np.searchsorted(np.sort(spans[:, 1]), bounds[:-1], side="right")
    most = np.zeros(len(edges_ms) - 1, dtype=np.int64)
    np.maximum.at(most, np.searchsorted(edges_ms, bounds[:-1], side="right") - 1, begun - ended)
    return most
