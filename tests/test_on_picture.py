"""What lies on the picture besides names: a clock, a title; and what is seen where somebody is absent."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests import coded_media
from tests.conftest import BOARD, CAMERA, START_S, Lesson, codes_shown, lesson_of, place, row
from timeline.errors import ParameterError
from timeline.render.drawing import clock_text
from timeline.render.plan import plan_video
from timeline.units import frame_at, second_of_frame


def absent(lesson: Lesson) -> Lesson:
    """Amy is away from 1 s to 3 s, bo from 2 s on."""
    lesson.add(CAMERA, "amy", 0, 1000)
    lesson.add(CAMERA, "amy", 3000, 1000)
    lesson.add(CAMERA, "bo", 0, 2000)
    return lesson


class TestGaps:
    def test_hold_keeps_the_last_picture(self, lesson: Lesson) -> None:
        """Also after the last file; nothing is held before the first."""
        lesson.add(CAMERA, "cy", 2000, 1000)
        shown = codes_shown(absent(lesson).render(gaps="hold"), lesson)
        amy, bo, cy = ([code and code.frame for code in column] for column in zip(*shown, strict=True))
        assert amy == [*range(15), *[14] * 30, *range(15)]
        assert bo == [*range(30), *[29] * 30]
        assert cy == [*[None] * 30, *range(15), *[14] * 15]

    def test_hide_shows_the_bare_canvas(self, lesson: Lesson) -> None:
        report = absent(lesson).render(gaps="hide")
        x, y, width, height = place(report.plan.scenes[0].tiles[0])
        image = list(coded_media.frames(report.path))[30][2].astype(int)
        tile = image[y : y + height, x : x + width]
        assert (tile.max(axis=(0, 1)) - tile.min(axis=(0, 1))).max() < 12

    def test_a_lost_file_is_told_in_any_case(self, lesson: Lesson) -> None:
        """Its slate says why; nobody was absent."""
        lesson.add(CAMERA, "amy", 0, 1000)
        lesson.add_row(CAMERA, "amy", 1000, 1000)
        for gaps in ("hide", "hold"):
            report = lesson.render(f"{gaps}.mp4", gaps=gaps)
            assert report.slated_files == (1,)

    def test_any_other_word_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="expected one of card, hold, hide for gaps, got 'none'"):
            plan_video(lesson_of(row(CAMERA, "amy", 0, 1000)), gaps="none")


class TestClock:
    @pytest.mark.parametrize("rate", [Fraction(15), Fraction(30_000, 1001), Fraction(10), Fraction(24)])
    def test_a_second_begins_at_its_frame(self, rate: Fraction) -> None:
        for second in range(4000):
            frame = frame_at(second * 1000, rate)
            assert second_of_frame(frame, rate) == second
            assert frame == 0 or second_of_frame(frame - 1, rate) == second - 1

    def test_it_changes_at_every_second_and_in_between_stands_still(self, lesson: Lesson) -> None:
        """Also in a window that begins within a second."""
        lesson.add(BOARD, "", 0, 6000, sound=False)
        report = lesson.render(start_ms=1400, end_ms=4700, clock="playback", crf=1)
        corners = [image[4:30, -90:-4].astype(int) for _, _, image in coded_media.frames(report.path)]
        changes = [
            number
            for number in range(1, len(corners))
            if abs(corners[number][:, :] - corners[number - 1]).max() > 90
        ]
        expected = [frame_at(ms, Fraction(15)) - frame_at(1400, Fraction(15)) for ms in (2000, 3000, 4000)]
        assert changes == expected

    def test_it_shows_playback_or_the_wall(self) -> None:
        rows = [
            row(CAMERA, user, at_ms, 900_000, f"{user}{at_ms}.mp4")
            for user in ("amy", "bo")
            for at_ms in (0, 900_000)
        ]
        lesson = lesson_of(*rows, pause_s=60)
        assert clock_text(lesson, "playback", 905) == "0:15:05"
        start = START_S % 86_400
        shown = clock_text(lesson, "wall", 5)
        assert shown == f"{(start + 5) // 3600:02d}:{(start + 5) // 60 % 60:02d}:{(start + 5) % 60:02d}"
        after = clock_text(lesson, "wall", 905)
        assert after == f"{(start + 965) // 3600:02d}:{(start + 965) // 60 % 60:02d}:{(start + 965) % 60:02d}"

    def test_without_a_wall_clock_none_is_shown(self, lesson: Lesson) -> None:
        lesson.add(CAMERA, "amy", 0, 1000)
        with pytest.raises(ParameterError, match="expected playback or wall"):
            lesson.render(clock="noon")


@pytest.mark.slow
class TestTitle:
    def test_it_is_there_for_four_seconds_at_the_start_of_the_lesson(self, lesson: Lesson) -> None:
        lesson.add(BOARD, "", 0, 6000, sound=False)
        plain, titled = (
            lesson.render(f"{n}.mp4", labels=True, title=title)
            for n, title in enumerate(("", "张老师: Maths"))
        )
        for number, (one, other) in enumerate(
            zip(coded_media.frames(plain.path), coded_media.frames(titled.path), strict=True)
        ):
            differs = np.abs(one[2].astype(int) - other[2].astype(int)).max() > 100
            assert differs == (number < 60), number

    def test_a_window_after_that_has_none(self, lesson: Lesson) -> None:
        lesson.add(BOARD, "", 0, 6000, sound=False)
        window = {"start_ms": 4500, "end_ms": 5000, "labels": True}
        plain, titled = lesson.render("a.mp4", **window), lesson.render("b.mp4", title="Maths", **window)
        assert plain.path.read_bytes() == titled.path.read_bytes()
