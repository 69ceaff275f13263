"""Segment tables of meetings as cameras and as speech: our figures beside those of pyannote.core.

An independent oracle: its segments are given our ms as numbers, so that both answers are exact.
"""

from __future__ import annotations

from collections import Counter

import pytest
from pyannote.core import Annotation, Segment

from tests.meetings import NAMES, meeting
from timeline.analysis.conversation import Talk, talk_lesson_values, talk_of, talk_user_values
from timeline.analysis.measure import Measures, measure_lesson
from timeline.analysis.rules import MetricRules
from timeline.analysis.turns import turn_rows
from timeline.analysis.voices import Voice
from timeline.interval import spans_of

every_table = pytest.mark.parametrize("name", NAMES)


def annotation(name: str) -> Annotation:
    """Return the rows of a table as pyannote has them."""
    told = Annotation()
    for number, one in enumerate(meeting(name).rows):
        start_ms = one["video_play_time"]
        told[Segment(start_ms, start_ms + one["video_duration"]), number] = one["user_id"]
    return told.support()


def measured(name: str, **rules: int) -> Measures:
    """Return our tables of it."""
    return measure_lesson(meeting(name).lesson, rules=MetricRules(**rules))


@every_table
def test_each_users_camera_time(name: str) -> None:
    """How long, from when to when, in how many stretches."""
    told = annotation(name)
    users = list(measured(name, merge_gap_ms=0).tables["users"].rows())

    assert {str(row["user_id"]) for row in users} == set(told.labels())
    for row in users:
        stretches = told.label_timeline(row["user_id"]).support()
        assert row["camera_on_ms"] == told.label_duration(row["user_id"])
        assert (row["first_on_ms"], row["last_on_ms"]) == (stretches.extent().start, stretches.extent().end)
        assert row["spans"] == len(stretches)
        assert row["off_ms"] == stretches.gaps().duration()


@every_table
def test_every_stretch(name: str) -> None:
    """Start by start, end by end, with holes of 3 s filled up."""
    told = annotation(name)
    spans = list(measured(name, merge_gap_ms=2999).tables["spans"].rows())

    for user in told.labels():
        # pyannote fills holes that are shorter than its collar, we those of at most that length
        stretches = told.label_timeline(user).support(collar=3000)
        ours = [(row["start_ms"], row["end_ms"]) for row in spans if row["user_id"] == user]
        assert ours == [(segment.start, segment.end) for segment in stretches]


@every_table
def test_how_many_at_once(name: str) -> None:
    """The time of each number of users, the peak, and all that lies over each other."""
    told = annotation(name)
    tables = measured(name).tables
    (lesson,) = tables["lessons"].rows()
    columns = (tables["concurrency"][column].tolist() for column in ("users_on_camera", "duration_ms"))
    levels = dict(zip(*columns, strict=True))
    there: Counter[Segment] = Counter()
    cells = told.get_timeline().segmentation()
    for user in told.labels():
        there.update(cell for cell, _ in cells.co_iter(told.label_timeline(user).support()))
    at_once: Counter[int] = Counter()
    for cell, users in there.items():
        at_once[users] += int(cell.duration)

    assert {number: length_ms for number, length_ms in levels.items() if number} == dict(at_once)
    assert lesson["peak_concurrency"] == max(at_once)
    assert sum(length_ms for number, length_ms in levels.items() if number > 1) == (
        told.get_overlap().duration()
    )


@every_table
def test_coverage(name: str) -> None:
    """What anybody covers, and what nobody does."""
    told = annotation(name).get_timeline().support()
    (lesson,) = measured(name).tables["lessons"].rows()
    whole = Segment(0, meeting(name).end_ms)

    assert lesson["coverage_camera_ratio"] == told.duration() / whole.duration
    assert lesson["uncovered_ms"] == told.gaps(whole).duration()
    assert lesson["longest_uncovered_ms"] == max(gap.duration for gap in told.gaps(whole))


def talk(name: str) -> Talk:
    """Return the rows of a table as speech of people whose microphones are on from start to end."""
    table = meeting(name)
    whole = spans_of([(0, table.end_ms)])
    rows: dict[str, list[tuple[int, int]]] = {}
    for one in table.rows:
        start_ms = one["video_play_time"]
        rows.setdefault(one["user_id"], []).append((start_ms, start_ms + one["video_duration"]))
    return talk_of([Voice(user, None, spans_of(spans), whole) for user, spans in rows.items()])


@every_table
def test_talk(name: str) -> None:
    """Each user's speech, all of it, what lies over each other, and silence: exact to the ms."""
    told, found = annotation(name), talk(name)
    lesson = talk_lesson_values(found, meeting(name).end_ms)
    users = talk_user_values(found)

    assert set(users) == set(told.labels())
    assert {user: row["talk_ms"] for user, row in users.items()} == {
        user: told.label_duration(user) for user in told.labels()
    }
    speech = told.get_timeline().support()
    assert lesson["speech_ms"] == speech.duration()
    assert lesson["talk_ms"] == sum(told.label_duration(user) for user in told.labels())
    assert lesson["overlap_ms"] == told.get_overlap().duration()
    assert lesson["overlap_ratio"] == told.get_overlap().duration() / speech.duration()
    assert lesson["nobody_ms"] == speech.gaps(Segment(0, meeting(name).end_ms)).duration()
    assert users[told.argmax()]["talk_share"] == max(row["talk_share"] or 0 for row in users.values())


@every_table
def test_turns_hold_all_speech_but_backchannels(name: str) -> None:
    """Every ms that somebody speaks lies in a turn or a backchannel of that user, and in no other's."""
    told, found = annotation(name), talk(name).found
    held = Annotation()
    for number, row in enumerate(turn_rows(found)):
        held[Segment(row["start_ms"], row["end_ms"]), number] = row["user_id"]

    for user in told.labels():
        speech, turns = told.label_timeline(user).support(), held.label_timeline(user).support()
        assert speech.crop(turns).duration() == speech.duration()
        assert turns.extent() == speech.extent()
