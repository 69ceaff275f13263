"""The gate: a leak is nobody's speech, and who speaks at the same time as another is heard."""

from __future__ import annotations

import numpy as np
import pytest
from _pytest.mark.structures import ParameterSet

from tests import voices
from timeline.analysis.crosstalk import without_leaks
from timeline.analysis.speech import energy_speech
from timeline.interval import Spans, common, spans_of, total_ms

OWN = ((3, 11_350), (10, 33_350))
OVER = ((4, 20_000), (3, 45_000))
"""Lines that students speak while the teacher speaks as well."""


def slowly(value: float | None) -> ParameterSet:
    """One of many values that say the same: not in the fast tests."""
    return pytest.param(value, marks=pytest.mark.slow)


class Class:
    """A teacher who speaks most of the time, and students into whose microphones that leaks."""

    def __init__(self) -> None:
        lines = [
            (number, start) for number, (start, _) in enumerate(voices.lines()) if number not in (3, 4, 10)
        ]
        self.teacher, teaching = voices.spoken(*lines)
        self.sounds = {"teacher": self.teacher + voices.pink(len(self.teacher), -60, 1)}
        self.truth: dict[str, Spans] = {"teacher": teaching}

    def add(
        self,
        user: str,
        lines: tuple[tuple[int, int], ...],
        leak_db: float | None,
        delay_ms: int = 0,
        floor_db: float = -60,
    ) -> None:
        own, self.truth[user] = voices.spoken(*lines)
        own = own + voices.pink(len(own), floor_db, len(self.sounds) + 10)
        if leak_db is not None:
            own[delay_ms * 16 :] += self.teacher[: len(own) - delay_ms * 16] * np.float32(
                10 ** (leak_db / 20)
            )
        self.sounds[user] = own

    def speech(self) -> tuple[dict[str, Spans], dict[str, Spans]]:
        """By user: gated and ungated."""
        profiles = {user: voices.profile_of(sound) for user, sound in self.sounds.items()}
        ungated = {user: energy_speech(profile) for user, profile in profiles.items()}
        levels = {user: voices.levels_of(profile) for user, profile in profiles.items()}
        return without_leaks(ungated, levels), ungated


def missed_ms(truth: Spans, found: Spans) -> int:
    return total_ms(truth) - total_ms(common(truth, found))


@pytest.mark.parametrize("leak_db", [-15, slowly(-20), -30])
@pytest.mark.parametrize("delay_ms", [slowly(0), 60, slowly(300)])
def test_a_leak_is_removed_and_own_speech_stays(leak_db: float, delay_ms: int) -> None:
    """3.0 s of speech read 47 s and more without the gate."""
    room = Class()
    room.add("amy", OWN, leak_db, delay_ms, floor_db=-90)
    gated, ungated = room.speech()
    assert total_ms(ungated["amy"]) > 40_000
    assert missed_ms(room.truth["amy"], gated["amy"]) <= 150
    assert total_ms(gated["amy"]) - total_ms(room.truth["amy"]) < 800


@pytest.mark.parametrize("leak_db", [slowly(None), -15, slowly(-20), -30])
@pytest.mark.parametrize("delay_ms", [slowly(0), slowly(100), 300])
def test_true_double_talk_stays(leak_db: float | None, delay_ms: int) -> None:
    """Half of the student's speech lies over the teacher's, and under its leak."""
    room = Class()
    room.add("amy", (*OWN, *OVER), leak_db, delay_ms)
    gated, _ = room.speech()
    assert missed_ms(room.truth["amy"], gated["amy"]) <= 300
    assert total_ms(gated["amy"]) - total_ms(room.truth["amy"]) < 2000


def test_the_teacher_loses_nothing() -> None:
    room = Class()
    room.add("amy", (*OWN, *OVER), -15, 100)
    gated, ungated = room.speech()
    assert gated["teacher"].tolist() == ungated["teacher"].tolist()


def test_several_students_without_headphones() -> None:
    room = Class()
    for number, floor_db in enumerate((-90, -65, -55)):
        room.add(
            f"s{number}", ((3, 11_350), (10, 33_350 + 400 * number)), -15 - 3 * number, 80 * number, floor_db
        )
    gated, _ = room.speech()
    for user in ("s0", "s1", "s2"):
        assert missed_ms(room.truth[user], gated[user]) <= 700
        assert total_ms(gated[user]) - total_ms(room.truth[user]) < 2000


def test_without_any_leak_little_changes() -> None:
    """Two who speak at once may run together by chance, for some 200 ms."""
    room = Class()
    room.add("amy", (*OWN, *OVER), None)
    room.add("bo", ((4, 21_000),), None)
    gated, ungated = room.speech()
    for user in gated:
        assert missed_ms(ungated[user], gated[user]) <= 300


def test_silence_and_what_was_not_heard_are_no_leak() -> None:
    """Levels that are not there, or minus infinity, decide nothing."""
    speech = {"a": spans_of([(0, 1000)]), "b": spans_of([(0, 1000)]), "c": spans_of([])}
    levels = {
        "a": np.full(100, -30, np.float32),
        "b": np.full(100, np.nan, np.float32),
        "c": np.full(100, -np.inf, np.float32),
    }
    assert {user: spans.tolist() for user, spans in without_leaks(speech, levels).items()} == {
        "a": [[0, 1000]],
        "b": [[0, 1000]],
        "c": [],
    }
