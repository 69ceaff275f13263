"""Who can be heard when, and who speaks: what all measures of talk are made of.

Conventions
    O, the *heard* time, is when at least one microphone is on. Silence is silence within O; outside of it
    nothing is known, so nothing of talk is measured over the whole lesson.
    Teachers are users of the role ``teacher``, students of the role ``student``. Everybody else
    (assistants, observers, users without a role) is of neither side, and no role is guessed.
    A measure of a side is missing where no microphone of that side was ever on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from timeline.interval import Spans, common, covered_before, merge, spans_of, total_ms

TEACHER, STUDENT = "teacher", "student"


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """What is heard of a user, in playback ms.

    Attributes:
        user_id: The user; no two voices of a lesson have the same.
        role: From the roster, else None.
        speech: When the user speaks: merged, and within *mic_on*, whatever was given.
        mic_on: When sound of the user was really heard: merged. Empty for a user who was never heard.

    Example:
        >>> amy = Voice("amy", None, spans_of([(5, 9), (0, 5), (18, 30)]), spans_of([(0, 20)]))
        >>> amy.speech.tolist(), amy.is_heard
        ([[0, 9], [18, 20]], True)
    """

    user_id: str
    role: str | None
    speech: Spans
    mic_on: Spans

    def __post_init__(self) -> None:
        """Put both in order."""
        object.__setattr__(self, "mic_on", merge(self.mic_on))
        object.__setattr__(self, "speech", common(self.speech, self.mic_on))

    @property
    def is_heard(self) -> bool:
        """Whether the user's microphone was ever on."""
        return len(self.mic_on) > 0


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """Who has the floor: unions of the voices of a lesson, each merged.

    ::

        teacher   |------|        |--|
        student       |------|
        other                  |--|
        heard    |-------------------------|   (somebody's microphone is on)

    Attributes:
        heard: O.
        speech: Anybody speaks.
        teachers: A teacher speaks; None where no teacher's microphone was ever on.
        students: A student speaks; None where no student's microphone was ever on.
    """

    heard: Spans
    speech: Spans
    teachers: Spans | None
    students: Spans | None


def floor_of(voices: Sequence[Voice]) -> Floor:
    """Return the unions of *voices*, in any order."""
    return Floor(
        heard=union(voice.mic_on for voice in voices),
        speech=union(voice.speech for voice in voices),
        teachers=_side(voices, TEACHER),
        students=_side(voices, STUDENT),
    )


def union(parts: Iterable[Spans]) -> Spans:
    """Return the union of several spans, merged."""
    return merge(np.concatenate([spans_of([]), *parts]))


def has_side(voices: Sequence[Voice], role: str) -> bool:
    """Return whether the microphone of anybody of this role was ever on."""
    return any(voice.role == role and voice.is_heard for voice in voices)


def _side(voices: Sequence[Voice], role: str) -> Spans | None:
    if not has_side(voices, role):
        return None
    return union(voice.speech for voice in voices if voice.role == role)


@dataclass(frozen=True, slots=True)
class Split:
    """Heard time in parts that exclude each other, ms.

    With both sides known::

        heard_ms = teacher_only_ms + students_only_ms + both_ms + others_only_ms + nobody_ms

    Attributes:
        heard_ms: Length of O.
        teacher_only_ms: A teacher speaks, no student.
        students_only_ms: A student speaks, no teacher.
        both_ms: Both do.
        others_only_ms: Somebody speaks who is neither.
        nobody_ms: Nobody speaks.
    """

    heard_ms: int
    teacher_only_ms: int | None
    students_only_ms: int | None
    both_ms: int | None
    others_only_ms: int | None
    nobody_ms: int


def split_of(floor: Floor) -> Split:
    """Return the parts; those that need both sides are None where one of these was never heard."""
    heard_ms, speech_ms = total_ms(floor.heard), total_ms(floor.speech)
    nobody_ms = heard_ms - speech_ms
    if floor.teachers is None or floor.students is None:
        return Split(heard_ms, None, None, None, None, nobody_ms)
    teacher_ms, student_ms = total_ms(floor.teachers), total_ms(floor.students)
    both_ms = total_ms(common(floor.teachers, floor.students))
    return Split(
        heard_ms,
        teacher_ms - both_ms,
        student_ms - both_ms,
        both_ms,
        speech_ms - (teacher_ms + student_ms - both_ms),
        nobody_ms,
    )


def time_at(voices: Sequence[Voice]) -> NDArray[np.int64]:
    """Return for how long exactly 0, 1, 2, … users speak at once within heard time, up to the most.

    The sum is the length of O; the sum of ``k * time_at[k]`` is that of all users' talk.

    Example:
        >>> on = spans_of([(0, 20)])
        >>> time_at([Voice("amy", None, spans_of([(0, 9)]), on), Voice("bo", None, spans_of([(5, 12)]), on)])
        array([8, 8, 4])
    """
    spans = np.concatenate([spans_of([]), *(voice.speech for voice in voices)])
    bounds = np.unique(spans)
    begun = np.searchsorted(np.sort(spans[:, 0]), bounds, side="right")
    ended = np.searchsorted(np.sort(spans[:, 1]), bounds, side="right")
    speakers, lengths_ms = (begun - ended)[:-1], np.diff(bounds)
    sums = np.zeros(int(speakers.max(initial=0)) + 1, dtype=np.int64)
    np.add.at(sums, speakers, lengths_ms)
    sums[0] = total_ms(union(voice.mic_on for voice in voices)) - int(sums[1:].sum())
    return sums


def in_bins(merged: Spans, edges_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how much of *merged* lies in each bin between two neighbours of *edges_ms*, ms."""
    return np.diff(covered_before(merged, edges_ms))


def bin_edges(duration_ms: int, bin_ms: int) -> NDArray[np.int64]:
    """Return the edges of bins from 0 on; the last bin ends with the lesson and may be shorter.

    Example:
        >>> bin_edges(25, 10), bin_edges(0, 10)
        (array([ 0, 10, 20, 25]), array([0]))
    """
    starts = np.arange(0, max(duration_ms, 0), bin_ms, dtype=np.int64)
    return np.append(starts, np.int64(max(duration_ms, 0)))
