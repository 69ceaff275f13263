"""The sound in windows: they tile the output, hold all stretches, and nobody hears where one ends."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from tests import coded_media
from tests.conftest import CAMERA, Lesson, Row, lesson_of, row
from tests.test_plan import results
from timeline.errors import FFmpegFailedError
from timeline.render import encode, sound
from timeline.render.plan import plan_video
from timeline.render.sound import cut_sound


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window is 700 ms long."""
    monkeypatch.setattr(sound, "WINDOW_MS", 700)


@given(rows=results())
def test_windows_tile_the_output_and_hold_every_stretch(rows: list[Row]) -> None:
    lesson = lesson_of(*rows)
    if lesson.duration_ms < 200:
        return
    plan = plan_video(lesson)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sound, "WINDOW_MS", 1300)
        patch.setattr(sound, "MOST_STRETCHES", 3)
        patch.setattr(sound, "SHORTEST_WINDOW_MS", 100)
        windows = list(cut_sound(plan))
    reached_ms = plan.start_ms
    for window in windows:
        assert window.start_ms == reached_ms
        assert 0 < window.duration_ms <= 1300
        reached_ms += window.duration_ms
        for part in window.audio:
            assert window.start_ms <= part.start_ms < part.end_ms <= reached_ms
    assert reached_ms == plan.start_ms + plan.duration_ms
    for whole in plan.audio:
        distance_ms = whole.media_start_ms - whole.start_ms
        parts = [
            part
            for window in windows
            for part in window.audio
            if (part.clip, part.media_start_ms - part.start_ms) == (whole.clip, distance_ms)
            and whole.start_ms <= part.start_ms < whole.end_ms
        ]
        assert sum(part.end_ms - part.start_ms for part in parts) >= whole.end_ms - whole.start_ms


def test_a_window_opens_no_more_than_so_many_files() -> None:
    """Of a lesson of very many short files."""
    rows = [row(CAMERA, f"u{n % 4}", n // 4 * 400, 400, f"{n}.mp4") for n in range(4000)]
    windows = list(cut_sound(plan_video(lesson_of(*rows))))
    assert max(len(window.audio) for window in windows) <= 56
    assert sum(len(window.audio) for window in windows) < 2 * 4000


def test_an_hour_of_silence_is_a_few_windows() -> None:
    rows = [row(CAMERA, "amy", 0, 1000), row(CAMERA, "amy", 3_600_000, 1000, "b.mp4")]
    assert len(list(cut_sound(plan_video(lesson_of(*rows))))) == 7


def test_beeps_are_in_place_across_windows(lesson: Lesson, short_windows: None) -> None:
    lesson.add(CAMERA, "amy", 0, 5000, beep_every_ms=250)
    lesson.add(CAMERA, "bo", 1333, 3000, sample_rate=44_100, channels=2, beep_every_ms=250)
    heard = coded_media.sound(lesson.render().path)
    assert coded_media.beep_onsets_ms(heard, 48_000, 500) == pytest.approx(list(range(0, 5000, 250)), abs=3)
    expected = list(range(1333, 4333, 250))
    assert coded_media.beep_onsets_ms(heard, 48_000, 750) == pytest.approx(expected, abs=20)


def test_nothing_clicks_where_a_window_ends(lesson: Lesson, short_windows: None) -> None:
    """A lasting tone goes on as in one piece."""
    lesson.add(CAMERA, "amy", 0, 4000, beep_every_ms=10_000, beep_ms=10_000)
    heard = coded_media.sound(lesson.render().path)[4800:-9600]
    steps = np.abs(np.diff(heard))
    assert steps.max() < 1.2 * np.percentile(steps, 99)


@pytest.mark.slow
def test_many_voices_at_once_are_limited_and_not_cut_off(lesson: Lesson) -> None:
    """The window leaves room for them."""
    for number in range(12):
        lesson.add(CAMERA, f"u{number:02d}", 0, 1000, tone_hz=500, beep_every_ms=500, beep_ms=400)
    heard = coded_media.sound(lesson.render().path)
    assert 0.5 < np.abs(heard).max() < 1


@pytest.mark.slow
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_windows_that_begin_inside_of_packets_are_heard_too(
    lesson: Lesson, short_windows: None, rate: int
) -> None:
    """An encoder takes the size of its blocks from what comes first; joined ones have to be of one size."""
    lesson.add(CAMERA, "amy", 0, 4000, sample_rate=rate, beep_every_ms=10_000, beep_ms=10_000)
    for start_ms in (333, 998):
        heard = coded_media.sound(lesson.render(start_ms=start_ms).path)
        tenths = heard[: (3900 - start_ms) * 48 // 4800 * 4800].reshape(-1, 4800)
        assert np.abs(tenths).max(axis=1).min() > 0.2


def test_sound_before_the_first_picture_of_its_file_is_heard(lesson: Lesson, short_windows: None) -> None:
    """Also by who begins there: a reader seeks by the picture, and there is none yet."""
    lesson.add(CAMERA, "amy", 0, 5000, first_picture_ms=3000, beep_every_ms=250)
    heard = coded_media.sound(lesson.render(start_ms=1000).path)
    assert coded_media.beep_onsets_ms(heard, 48_000, 500) == pytest.approx(list(range(0, 4000, 250)), abs=3)


def test_a_window_that_cannot_be_joined_is_an_error_and_no_silence(
    lesson: Lesson, short_windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What we made ourselves must be whole: no output appears."""

    def with_blocks_of_any_size(*arguments: Any) -> list[str]:
        made = sound.window_arguments(*arguments)
        return [re.sub(r"asetnsamples=[^\[;]*", "anull", argument) for argument in made]

    monkeypatch.setattr(encode, "window_arguments", with_blocks_of_any_size)
    lesson.add(CAMERA, "amy", 0, 4000, sample_rate=16_000, beep_every_ms=10_000, beep_ms=10_000)
    with pytest.raises(FFmpegFailedError, match="could not decode a piece of our own"):
        lesson.render(start_ms=333)
    assert not (lesson.folder / "out.mp4").exists()
