"""What is said of talk in the rows of users and lessons: shares, turns, waits, modes, balance.

Everything is measured within heard time, O (see `voices`), never over the whole lesson, and only of speech
that is really heard. A figure that needs a teacher or students is missing where none of them was ever heard.
All are signals: a good lesson can have any of these figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from timeline.analysis.balance import gini, imbalance, unevenness
from timeline.analysis.monologues import find_monologues
from timeline.analysis.presence import ratio
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, TEXT, WHOLE, Column, Value
from timeline.analysis.talk_bins import BIN_LESSON_COLUMNS, bin_lesson_values
from timeline.analysis.turns import Stretches, Turns, conversational_turns, exchanges, find_turns, interrupts
from timeline.analysis.voices import (
    STUDENT,
    TEACHER,
    Voice,
    floor_of,
    has_side,
    split_of,
    time_at,
)
from timeline.analysis.waits import (
    WAIT_LESSON_COLUMNS,
    WAIT_USER_COLUMNS,
    responses_of,
    wait_lesson_values,
    wait_rows,
    wait_user_values,
)
from timeline.interval import total_ms

_SHARES = (
    Column("heard_ms", WHOLE, "ms", True, "O: when at least one microphone is on; missing without media"),
    Column("talk_ms", WHOLE, "ms", True, "the sum of all users' talk_ms"),
    Column("speech_ms", WHOLE, "ms", True, "when anybody speaks"),
    Column("silence_ratio", REAL, "ratio", True, "share of heard_ms in which nobody speaks"),
    Column("overlap_ms", WHOLE, "ms", True, "when two users or more speak at once; crosstalk looks the same"),
    Column("overlap_ratio", REAL, "ratio", True, "overlap_ms over speech_ms"),
    Column("speakers_most", WHOLE, "users", True, "the most users who speak at once"),
    Column("teacher_talk_ms", WHOLE, "ms", True, "when any teacher speaks"),
    Column("student_talk_ms", WHOLE, "ms", True, "when any student speaks"),
    Column("teacher_talk_ratio", REAL, "ratio", True, "teacher_talk_ms over heard_ms"),
    Column("student_talk_ratio", REAL, "ratio", True, "student_talk_ms over heard_ms"),
    Column("teacher_student_ratio", REAL, "ratio", True, "teacher_talk_ms over student_talk_ms"),
    Column(
        "teacher_only_ms",
        WHOLE,
        "ms",
        True,
        "a teacher speaks and no student; with students_only_ms, both_ms, others_only_ms and nobody_ms "
        "it makes heard_ms",
    ),
    Column("students_only_ms", WHOLE, "ms", True, "a student speaks and no teacher"),
    Column("both_ms", WHOLE, "ms", True, "a teacher and a student speak"),
    Column("others_only_ms", WHOLE, "ms", True, "only users who are neither teacher nor student speak"),
    Column("nobody_ms", WHOLE, "ms", True, "nobody speaks; known without roles too"),
)
_TURNS = (
    Column("turns", WHOLE, "count", True, "turns of all users"),
    Column("backchannels", WHOLE, "count", True, "backchannels of all users"),
    Column("turns_per_min", REAL, "1/min", True, "turns per minute of heard_ms"),
    Column("turn_mean_ms", REAL, "ms", True, "mean length of a turn, silences inside included"),
    Column("turn_median_ms", REAL, "ms", True, "median length of a turn"),
    Column(
        "turn_taking_index",
        REAL,
        "ratio",
        True,
        "(turns - 1) / (stretches of speech - 1); missing for fewer than two stretches",
    ),
    Column("exchanges_to_student", WHOLE, "count", True, "a student's turn after a teacher's"),
    Column("exchanges_to_teacher", WHOLE, "count", True, "a teacher's turn after a student's"),
    Column(
        "conversational_turns",
        WHOLE,
        "count",
        True,
        "pairs of a teacher's and a student's turn that follow each other closely, as LENA counts them",
    ),
    Column(
        "interruptions",
        WHOLE,
        "count",
        True,
        "turns that begin interruption_least_ms or more before the end of another's; delay looks the same",
    ),
    Column("longest_monologue_ms", WHOLE, "ms", True, "length of the longest monologue; missing without one"),
    Column(
        "longest_monologue_user_id",
        TEXT,
        "",
        True,
        "whose longest_monologue_ms is; of equal ones the earliest",
    ),
    Column(
        "longest_monologue_start_ms", WHOLE, "ms", True, "when longest_monologue_ms begins, playback time"
    ),
)
_BALANCE = (
    Column("students_heard", WHOLE, "count", True, "students whose microphone was ever on; missing for none"),
    Column(
        "students_participating",
        WHOLE,
        "count",
        True,
        "students with talk_ms of at least participating_least_ms",
    ),
    Column("students_participating_ratio", REAL, "ratio", True, "students_participating over students_heard"),
    Column(
        "talk_gini",
        REAL,
        "ratio",
        True,
        "Gini coefficient of talk_ms over students heard; over all heard users where there are no students",
    ),
    Column(
        "talk_unevenness",
        REAL,
        "ratio",
        True,
        "1 less Pielou's evenness of talk_ms over the users of talk_gini",
    ),
    Column(
        "talk_imbalance",
        REAL,
        "ratio",
        True,
        "share of talk that would have to change hands for everybody to talk as their mic_on_ms has it",
    ),
)
TALK_LESSON_COLUMNS = (*_SHARES, *_TURNS, *_BALANCE, *BIN_LESSON_COLUMNS, *WAIT_LESSON_COLUMNS)
"""What talk says of a lesson."""

TALK_USER_COLUMNS = (
    Column(
        "mic_on_ms",
        WHOLE,
        "ms",
        True,
        "when the user was really heard, and no voice is lost; missing if never",
    ),
    Column("talk_ms", WHOLE, "ms", True, "when the user speaks; missing for users who were never heard"),
    Column("talk_share", REAL, "ratio", True, "talk_ms over the sum of that of all users"),
    Column("talk_ratio_mic_on", REAL, "ratio", True, "talk_ms over mic_on_ms: fair for who came late"),
    Column("turns", WHOLE, "count", True, "turns"),
    Column("turn_mean_ms", REAL, "ms", True, "mean length of a turn; missing without one"),
    Column("turn_median_ms", REAL, "ms", True, "median length of a turn"),
    Column("backchannels", WHOLE, "count", True, "backchannels"),
    Column(
        "interruptions",
        WHOLE,
        "count",
        True,
        "turns that begin interruption_least_ms or more before the end of another's",
    ),
    Column("longest_monologue_ms", WHOLE, "ms", True, "length of the longest monologue; missing without one"),
    *WAIT_USER_COLUMNS,
)
"""What talk says of a user; all are missing for one who was never heard."""


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """All that is worked out once of a lesson's talk.

    Attributes:
        voices: Everybody who is heard, in order of user id.
        found: Their turns.
        monologues: Their monologues.
        waits: Rows of the table of waits.
    """

    voices: tuple[Voice, ...]
    found: Turns
    monologues: Stretches
    waits: Sequence[dict[str, Value]]


def talk_of(
    voices: Sequence[Voice], pauses_at_ms: Sequence[int] = (), rules: MetricRules = USUAL_RULES
) -> Talk:
    """Return turns, monologues and waits of *voices*, in any order."""
    found = find_turns(voices, pauses_at_ms, rules)
    return Talk(found.voices, found, find_monologues(found, rules), wait_rows(found, rules))


def talk_lesson_values(talk: Talk, duration_ms: int, rules: MetricRules = USUAL_RULES) -> dict[str, Value]:
    """Return the values of `TALK_LESSON_COLUMNS`.

    Args:
        talk: As `talk_of` returns it.
        duration_ms: Length of the lesson: where bins end. Nothing is divided by it.
        rules: Thresholds.
    """
    voices = talk.voices
    values: dict[str, Value] = {column.name: None for column in TALK_LESSON_COLUMNS}
    if not any(voice.is_heard for voice in voices):
        return values
    has_teacher, has_student = has_side(voices, TEACHER), has_side(voices, STUDENT)
    return {
        **values,
        **_share_values(voices),
        **_turn_values(talk, has_teacher and has_student, rules),
        **_balance_values(voices, rules),
        **bin_lesson_values(duration_ms, voices, rules),
        **wait_lesson_values(talk.waits, has_teacher, has_student, rules),
    }


def talk_user_values(talk: Talk, rules: MetricRules = USUAL_RULES) -> dict[str, dict[str, Value]]:
    """Return by user id the values of `TALK_USER_COLUMNS`."""
    turns, found = talk.found.turns, talk.found
    everybodys_ms = sum(total_ms(voice.speech) for voice in talk.voices)
    backchannels = np.bincount(found.backchannels.user, minlength=len(talk.voices))
    interruptions = np.bincount(turns.user[interrupts(found, rules)], minlength=len(talk.voices))
    responses = responses_of(talk.waits)
    values: dict[str, dict[str, Value]] = {}
    for number, voice in enumerate(talk.voices):
        values[voice.user_id] = {column.name: None for column in TALK_USER_COLUMNS}
        if not voice.is_heard:
            continue
        talk_ms, mic_on_ms = total_ms(voice.speech), total_ms(voice.mic_on)
        monologues_ms = talk.monologues.lengths_ms[talk.monologues.user == number]
        lengths_ms = turns.lengths_ms[turns.user == number]
        values[voice.user_id] |= {
            "mic_on_ms": mic_on_ms,
            "talk_ms": talk_ms,
            "talk_share": ratio(talk_ms, everybodys_ms),
            "talk_ratio_mic_on": ratio(talk_ms, mic_on_ms),
            "turns": len(lengths_ms),
            "turn_mean_ms": float(lengths_ms.mean()) if len(lengths_ms) else None,
            "turn_median_ms": float(np.median(lengths_ms)) if len(lengths_ms) else None,
            "backchannels": int(backchannels[number]),
            "interruptions": int(interruptions[number]),
            "longest_monologue_ms": int(monologues_ms.max()) if len(monologues_ms) else None,
        }
        if voice.role == STUDENT and has_side(talk.voices, TEACHER):
            values[voice.user_id] |= wait_user_values(responses.get(voice.user_id, ()), rules)
    return values


def _share_values(voices: Sequence[Voice]) -> Mapping[str, Value]:
    floor, times = floor_of(voices), time_at(voices)
    split = split_of(floor)
    speech_ms, overlap_ms = int(times[1:].sum()), int(times[2:].sum())
    teacher_ms = None if floor.teachers is None else total_ms(floor.teachers)
    student_ms = None if floor.students is None else total_ms(floor.students)
    return {
        "heard_ms": split.heard_ms,
        "talk_ms": int((np.arange(len(times)) * times).sum()),
        "speech_ms": speech_ms,
        "silence_ratio": ratio(split.nobody_ms, split.heard_ms),
        "overlap_ms": overlap_ms,
        "overlap_ratio": ratio(overlap_ms, speech_ms),
        "speakers_most": len(times) - 1,
        "teacher_talk_ms": teacher_ms,
        "student_talk_ms": student_ms,
        "teacher_talk_ratio": None if teacher_ms is None else ratio(teacher_ms, split.heard_ms),
        "student_talk_ratio": None if student_ms is None else ratio(student_ms, split.heard_ms),
        "teacher_student_ratio": None
        if teacher_ms is None or student_ms is None
        else ratio(teacher_ms, student_ms),
        "teacher_only_ms": split.teacher_only_ms,
        "students_only_ms": split.students_only_ms,
        "both_ms": split.both_ms,
        "others_only_ms": split.others_only_ms,
        "nobody_ms": split.nobody_ms,
    }


def _turn_values(talk: Talk, has_sides: bool, rules: MetricRules) -> Mapping[str, Value]:
    found, monologues = talk.found, talk.monologues
    lengths_ms = found.turns.lengths_ms
    to_student, to_teacher = exchanges(found)
    heard_ms = total_ms(floor_of(talk.voices).heard)
    values: dict[str, Value] = {
        "turns": len(lengths_ms),
        "backchannels": len(found.backchannels),
        "turns_per_min": ratio(len(lengths_ms) * 60_000, heard_ms),
        "turn_mean_ms": float(lengths_ms.mean()) if len(lengths_ms) else None,
        "turn_median_ms": float(np.median(lengths_ms)) if len(lengths_ms) else None,
        "turn_taking_index": ratio(len(lengths_ms) - 1, found.stretch_count - 1),
        "exchanges_to_student": to_student if has_sides else None,
        "exchanges_to_teacher": to_teacher if has_sides else None,
        "conversational_turns": conversational_turns(found, rules) if has_sides else None,
        "interruptions": int(interrupts(found, rules).sum()),
    }
    if len(monologues):
        longest = int(np.argmax(monologues.lengths_ms))
        values |= {
            "longest_monologue_ms": int(monologues.lengths_ms[longest]),
            "longest_monologue_user_id": talk.voices[monologues.user[longest]].user_id,
            "longest_monologue_start_ms": int(monologues.start_ms[longest]),
        }
    return values


def _balance_values(voices: Sequence[Voice], rules: MetricRules) -> Mapping[str, Value]:
    heard = [voice for voice in voices if voice.is_heard]
    students = [voice for voice in heard if voice.role == STUDENT]
    counted = students or heard
    talk_ms = [total_ms(voice.speech) for voice in counted]
    values: dict[str, Value] = {
        "talk_gini": gini(talk_ms),
        "talk_unevenness": unevenness(talk_ms),
        "talk_imbalance": imbalance(talk_ms, [total_ms(voice.mic_on) for voice in counted])
        if len(counted) > 1
        else None,
    }
    if students:
        participating = sum(
            total_ms(voice.speech) >= max(rules.participating_least_ms, 1) for voice in students
        )
        values |= {
            "students_heard": len(students),
            "students_participating": participating,
            "students_participating_ratio": participating / len(students),
        }
    return values
