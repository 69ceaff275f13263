"""An encoded video is read back: wrong ones are refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.conftest import CAMERA, Studio, lesson_of, row
from timeline.errors import OutputVerificationError
from timeline.render.plan import RenderPlan, plan_video
from timeline.render.verify import verify_video


def wanted(duration_ms: int = 2000, size_px: tuple[int, int] = (320, 240), rate: int = 15) -> RenderPlan:
    """A plan for one camera."""
    lesson = lesson_of(row(CAMERA, "amy", 0, duration_ms))
    return plan_video(lesson, size_px=size_px, frame_rate=Fraction(rate))


def test_a_video_as_planned_passes(studio: Studio) -> None:
    """The right frames, size, rate and sound."""
    verify_video(studio.file(duration_ms=2000, code=1), wanted())


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        (wanted(duration_ms=2067), "expected 31 frames, got 30"),
        (wanted(duration_ms=1933), "expected 29 frames, got 30"),
        (wanted(duration_ms=4000), "expected 60 frames, got 30"),
        (wanted(size_px=(320, 242)), "expected 320x242 px, got 320x240"),
        (wanted(size_px=(240, 320)), "expected 240x320 px, got 320x240"),
        (wanted(duration_ms=3000, rate=10), "stands at"),
    ],
)
def test_a_video_of_other_frames_is_refused(studio: Studio, plan: RenderPlan, complaint: str) -> None:
    """With both figures."""
    with pytest.raises(OutputVerificationError, match=complaint):
        verify_video(studio.file(duration_ms=2000, code=1), plan)


def test_a_video_without_sound_is_refused(studio: Studio) -> None:
    """Every output has one of each."""
    with pytest.raises(OutputVerificationError, match="one picture and one sound stream, got 1 and 0"):
        verify_video(studio.file(duration_ms=2000, code=1, sound=False), wanted())


def test_sound_that_ends_early_or_late_is_refused(studio: Studio) -> None:
    """By more than two frames of AAC."""
    path = studio.file(duration_ms=2000, code=1, sizes=[((320, 240), 26)])
    with pytest.raises(OutputVerificationError, match=r"expected 1\.733 s of sound, got 2\.0"):
        verify_video(path, wanted(duration_ms=1733))
    path = studio.file(duration_ms=2000, code=1, sizes=[((320, 240), 34)])
    with pytest.raises(OutputVerificationError, match=r"expected 2\.267 s of sound, got 2\.0"):
        verify_video(path, wanted(duration_ms=2267))


def test_frames_that_are_not_evenly_spaced_are_refused(studio: Studio) -> None:
    """A first picture that comes late moves all."""
    path = studio.file(duration_ms=2000, code=1, first_picture_ms=200)
    with pytest.raises(OutputVerificationError):
        verify_video(path, wanted(duration_ms=1800))


@pytest.mark.parametrize("share", [0, 0.5, 0.95])
def test_what_cannot_be_read_back_is_refused(studio: Studio, tmp_path: Path, share: float) -> None:
    """Empty and cut files."""
    data = studio.file(duration_ms=2000, code=1).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(OutputVerificationError):
        verify_video(path, wanted())
