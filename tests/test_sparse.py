"""Renders with a variable frame rate: pictures that equal the one before are left out, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import coded_media
from tests.conftest import BOARD, CAMERA, SCREEN, Lesson, Studio, codes_shown, lesson_of, row, wrong_frames
from timeline.errors import OutputVerificationError
from timeline.render import shots
from timeline.render.composite import STILL_S
from timeline.render.plan import plan_video
from timeline.render.shots import cut_chunks
from timeline.render.verify import verify_video
from timeline.render.video import RenderReport

RATE = 15


@pytest.fixture(autouse=True)
def short_chunks() -> Iterator[None]:
    """Chunks of 2 to 3 s, so that a short lesson has many joins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shots, "CHUNK_MIN_S", 2)
        patch.setattr(shots, "CHUNK_MAX_S", 3)
        yield


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Lesson:
    """Boards and screens alone, with seams, a hole, a pause and a camera from 12 s on."""
    lesson = Lesson(tmp_path_factory.mktemp("lecture"), studio, pause_s=60)
    lesson.add(BOARD, "", 0, 4000, fps=1, sound=False)
    lesson.add(BOARD, "", 4000, 3000, fps=5, sound=False)
    lesson.add(SCREEN, "amy", 7500, 4500, fps=3, sound=False)
    lesson.add(CAMERA, "amy", 12_000, 3000)
    lesson.add(BOARD, "", 12_000, 9000, fps=1, sound=False)
    return lesson


def held(report: RenderReport, frames: list[Any]) -> list[Any]:
    """What is on screen in each frame of the grid."""
    times = [round(Fraction(at_s) * RATE) for _, at_s, _ in coded_media.frames(report.path)]
    assert len(times) == len(frames) == report.details["verified"]["pictures"]
    return [
        frames[max(n for n, time in enumerate(times) if time <= frame)] for frame in range(report.plan.frames)
    ]


def pixels(report: RenderReport) -> list[Any]:
    """Every picture of a render."""
    return [image.astype(np.int16) for _, _, image in coded_media.frames(report.path)]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["stage", "grid", "side-by-side"])
def test_every_frame_of_the_grid_shows_the_planned_picture(lecture: Lesson, layout: str) -> None:
    """Where boards and screens play alone there are fewer pictures; a camera has all of them."""
    report = lecture.render(f"{layout}.mp4", layout=layout, vfr=True)
    assert wrong_frames(report, lecture, held(report, codes_shown(report, lecture))) == []
    times = [round(Fraction(at_s) * RATE) for _, at_s, _ in coded_media.frames(report.path)]
    assert set(range(12 * RATE, 15 * RATE)) <= set(times)
    assert sum(time < 12 * RATE for time in times) < 12 * RATE / 2
    assert report.details["output"]["frames"] == report.plan.frames == 21 * RATE
    assert report.details["verified"]["is_evenly_spaced"] is False


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["stage", "pip"])
def test_names_notes_slates_and_the_title_come_and_go_as_at_a_constant_rate(
    lecture: Lesson, layout: str
) -> None:
    """Frame by frame the same pictures, but for what the encoder makes of them."""
    options = {"labels": True, "title": "Lines", "crf": 10, "layout": layout}
    plain = pixels(lecture.render("plain.mp4", **options))
    report = lecture.render("sparse.mp4", vfr=True, **options)
    for number, (one, other) in enumerate(zip(plain, held(report, pixels(report)), strict=True)):
        assert abs(one - other).mean() < 2.5, number
        assert (abs(one - other).max(axis=2) > 70).mean() < 0.01, number


def test_a_clock_ticks_in_every_frame(lecture: Lesson) -> None:
    """So nothing is left out under one."""
    report = lecture.render("clock.mp4", vfr=True, clock="playback", end_ms=3000)
    assert report.details["verified"]["is_evenly_spaced"] is True


def test_a_picture_that_never_changes_comes_every_five_seconds(tmp_path: Path, studio: Studio) -> None:
    """A slate for 16 s, in one chunk of the usual length."""
    lesson = Lesson(tmp_path, studio)
    lesson.add(CAMERA, "amy", 16_000, 9000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shots, "CHUNK_MIN_S", 16)
        patch.setattr(shots, "CHUNK_MAX_S", 20)
        report = lesson.render(vfr=True)
    times = [round(Fraction(at_s) * RATE) for _, at_s, _ in coded_media.frames(report.path)]
    assert [time for time in times if time < 16 * RATE] == [0, 75, 150, 225, 239]


def test_only_chunks_of_boards_and_screens_below_all_else_are_sparse() -> None:
    """Not those with a camera, nor those with a screen over a board."""
    rows = [row(BOARD, "", 0, 6000), row(SCREEN, "amy", 3000, 3000, "s.mp4")]
    rows += [row(CAMERA, "amy", 6000, 3000, "c.mp4")]
    over = {
        "format": "timeline-layout",
        "version": "1.0",
        "regions": [
            {"name": "below", "show": ["whiteboard", "camera"], "x": 0, "y": 0, "width": 1, "height": 1},
            {"name": "above", "show": ["screen"], "x": 0, "y": 0, "width": 0.5, "height": 0.5, "z": 1},
        ],
    }
    for layout, wanted in (("grid", [True, True, False]), (over, [True, False, False])):
        chunks = cut_chunks(plan_video(lesson_of(*rows), layout=layout), sparse=True)
        assert [chunk.is_sparse for chunk in chunks] == wanted
        assert not any(chunk.is_sparse for chunk in cut_chunks(plan_video(lesson_of(*rows), layout=layout)))


def test_a_picture_that_lacks_elsewhere_is_refused(studio: Studio) -> None:
    """A dense chunk has all its frames; a sparse one its first and its last."""
    plan = plan_video(lesson_of(row(BOARD, "", 0, 2000)), size_px=(320, 240))
    path = studio.file(duration_ms=2000, code=1, fps=5)
    with pytest.raises(OutputVerificationError, match="expected 30 frames, got 10"):
        verify_video(path, plan, cut_chunks(plan))
    with pytest.raises(OutputVerificationError, match="frame 29 of 30 is missing"):
        verify_video(path, plan, cut_chunks(plan, sparse=True))
    plan = plan_video(lesson_of(row(BOARD, "", 0, 2000)), size_px=(320, 240), frame_rate=Fraction(5))
    assert verify_video(path, plan, cut_chunks(plan, sparse=True)).pictures == 10
    assert STILL_S * RATE == 75


@pytest.mark.parametrize("length_ms", [8000, 1000])
def test_a_slate_may_lie_over_a_board(tmp_path: Path, studio: Studio, length_ms: int) -> None:
    """All the time or for a while: the board below goes on."""
    lesson = Lesson(tmp_path, studio)
    lesson.add(BOARD, "", 0, 8000, fps=1, sound=False)
    lesson.add_row(CAMERA, "amy", 0 if length_ms == 8000 else 3000, length_ms)
    report = lesson.render(layout="pip", vfr=True)
    times = [round(Fraction(at_s) * RATE) for _, at_s, _ in coded_media.frames(report.path)]
    assert times[-1] == 8 * RATE - 1
    assert set(range(0, 8 * RATE, RATE)) <= set(times)
    assert len(times) < 4 * RATE
