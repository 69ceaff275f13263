"""The sync report: what a video shows of each file, and what was found in it."""

from __future__ import annotations

import json

import pytest

from tests.conftest import CAMERA, SCREEN, Cli, Dying, Killed, Lesson, names_in
from timeline.errors import OutputExistsError
from timeline.render.video import RenderReport, report_path


def treatments(report: RenderReport, clip: int) -> list[tuple[str, int, int, str]]:
    """Return what was done with a file."""
    (found,) = [entry for entry in report.details["clips"] if entry["clip"] == clip]
    return [tuple(treatment.values()) for treatment in found["treatments"]]


def test_a_healthy_file_is_shown_and_heard(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 3000)
    assert treatments(lesson.render(), 0) == [("shown", 0, 3000, ""), ("heard", 0, 3000, "")]


def test_a_file_that_ends_early_is_held_and_slated_and_silent(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 5000, real_ms=2000)
    lesson.add(CAMERA, "bo", 0, 5000)
    assert treatments(lesson.render(), 0) == [
        ("shown", 0, 2000, ""),
        ("held", 2000, 3000, "file ends early"),
        ("slate", 3000, 5000, "file ends early"),
        ("heard", 0, 2000, ""),
        ("silence", 2000, 5000, "sound ends early"),
    ]


def test_a_file_that_is_longer_is_cut(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 1000, 2000, real_ms=3000)
    found = treatments(lesson.render(), 0)
    assert found == [
        ("shown", 1000, 3000, ""),
        ("heard", 1000, 3000, ""),
        ("cut", 3000, 4000, "beyond the declared end"),
    ]


def test_a_picture_that_comes_a_little_late_is_held_before_it(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 3000, first_picture_ms=600)
    found = treatments(lesson.render(), 0)
    assert found[:2] == [("held", 0, 600, "first picture comes late"), ("shown", 600, 3000, "")]


def test_a_missing_file_is_a_slate_with_its_reason(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.add_row(CAMERA, "bo", 500, 1000)
    report = lesson.render()
    assert treatments(report, 1) == [("slate", 500, 1500, "file missing")]
    entry = report.details["clips"][1]
    assert (entry["file"], entry["real"], entry["declared"]) == (
        None,
        None,
        {"start_ms": 500, "duration_ms": 1000},
    )


def test_a_window_tells_of_itself_only(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 5000, real_ms=6000)
    found = treatments(lesson.render(start_ms=1000, end_ms=2000), 0)
    assert found == [("shown", 1000, 2000, ""), ("heard", 1000, 2000, "")]


def test_the_output_is_told_as_it_was_found(lesson: Lesson) -> None:
    """And it lies beside the video, as JSON."""
    lesson.add(CAMERA, "amy", 0, 3000, beep_ms=900)
    report = lesson.render()
    output, verified = report.details["output"], report.details["verified"]
    assert (output["file"], output["width"], output["fps"], output["encoder"]) == (
        "out.mp4",
        640,
        "15/1",
        "libx264",
    )
    assert verified == {
        "frames": 45,
        "pictures": 45,
        "picture_ms": 3000,
        "sound_ms": pytest.approx(3000, abs=43),
        "is_evenly_spaced": True,
    }
    assert -30 < output["loudness_lufs"] < -10
    assert -15 < output["peak_dbfs"] < -8
    assert report.details["speed"]["x_real_time"] > 0
    assert report.details["tools"]["ffmpeg"].startswith("ffmpeg version")
    assert json.loads(report_path(report.path).read_text()) == json.loads(json.dumps(report.details))


def test_silence_has_no_loudness(lesson: Lesson) -> None:
    lesson.add(SCREEN, "amy", 0, 2000, sound=False)
    output = lesson.render().details["output"]
    assert (output["loudness_lufs"], output["peak_dbfs"]) == (None, None)


def test_a_report_that_is_there_is_not_replaced_unasked(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 1000)
    mine = lesson.folder / "out.report.json"
    mine.write_text("mine")
    with pytest.raises(OutputExistsError):
        lesson.render(overwrite=False)
    assert mine.read_text() == "mine"


def test_no_report_ever_lies_beside_another_video(lesson: Lesson, dying: Dying) -> None:
    """Whenever a render is killed; and the next one leaves both, and nothing else."""
    lesson.add(CAMERA, "amy", 0, 1000)
    video, report = lesson.folder / "out.mp4", lesson.folder / "out.report.json"
    lesson.render(crf=20)
    old = video.read_bytes(), report.read_bytes()
    seen = []
    for step in range(8):
        lesson.folder.joinpath("out.mp4").write_bytes(old[0])
        report.write_bytes(old[1])
        dying(step)
        try:
            lesson.render(crf=40)
        except Killed:
            is_new = video.read_bytes() != old[0]
            is_described = report.exists() and ('"crf": 40' in report.read_text()) == is_new
            seen.append((is_new, is_described, report.exists()))
        dying(-1)
    states = [(False, True, True), (False, False, False), (True, False, False), (True, True, True)]
    assert list(dict.fromkeys(seen)) == states
    lesson.render(crf=40)
    assert names_in(lesson.folder) == {"media", "out.mp4", "out.report.json"}


def test_the_command_prints_it(cli: Cli, lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.add_row(CAMERA, "bo\x1b[2J", 500, 1000)
    answer = cli("render", lesson.write(), "-o", lesson.folder / "o.mp4", "--report", "--size", "320x240")
    assert "30 frames, evenly spaced" in answer.out
    assert "(file missing)" in answer.out
    assert "\x1b[2J" not in answer.out
