"""Chapters of a video: the sections of a lesson."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.conftest import CAMERA, Lesson, lesson_of, row
from tests.hostile_names import NAMES
from timeline.media.ffmpeg import find_ffmpeg, run_ffmpeg
from timeline.model import Section, Timeline
from timeline.render.chapters import chapters_text
from timeline.render.plan import plan_video
from timeline.sinks import text_line


def read(path: Path) -> list[tuple[int, int, str]]:
    """Return (start ms, end ms, title) of the chapters of a file."""
    found = []
    with av.open(str(path)) as video:
        for chapter in video.chapters():
            tick_ms = (chapter["time_base"] or 0) * 1000
            times = (round(chapter["start"] * tick_ms), round(chapter["end"] * tick_ms))
            found.append((*times, chapter["metadata"]["title"]))
    return found


def paused(lesson: Lesson) -> Lesson:
    """Amy and bo, paused at 3 s."""
    for user in ("amy", "bo"):
        lesson.add(CAMERA, user, 0, 3000)
        lesson.add(CAMERA, user, 3000, 2000)
    lesson.pause_s = 60
    return lesson


def test_sections_are_chapters(lesson: Lesson) -> None:
    report = paused(lesson).render()
    assert read(report.path) == [(0, 3000, "Part 1"), (3000, 5000, "Part 2")]


def test_a_window_has_the_chapters_that_it_shows(lesson: Lesson) -> None:
    paused(lesson)
    assert read(lesson.render(start_ms=1000, end_ms=4000).path) == [
        (0, 2000, "Part 1"),
        (2000, 3000, "Part 2"),
    ]
    assert read(lesson.render("b.mp4", start_ms=3500, end_ms=4000).path) == []


def test_a_lesson_without_a_pause_has_none(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 1000)
    assert read(lesson.render().path) == []


def test_any_title_is_a_title_and_nothing_else(
    tmp_path: Path, real_ffmpeg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ffmpeg reads them back, one chapter for each."""
    names = [name for name in NAMES if name.strip()]
    lesson = lesson_of(row(CAMERA, "amy", 0, 1000 * len(names)))
    sections = tuple(Section(1000 * n, 1000 * (n + 1), name) for n, name in enumerate(names))

    monkeypatch.setattr(Timeline, "sections", lambda _: sections)
    (tmp_path / "c.txt").write_text(chapters_text(lesson, plan_video(lesson)), encoding="utf-8")
    source = ["-f", "lavfi", "-i", f"anullsrc=d={len(names)}", "-f", "ffmetadata", "-i", "c.txt"]
    arguments = [*source, "-map", "0", "-map_chapters", "1", "-f", "matroska", "o.mka"]
    run_ffmpeg(find_ffmpeg(real_ffmpeg), arguments, folder=tmp_path, most_bytes=10_000_000)
    titles = [title.removesuffix(" ") for _, _, title in read(tmp_path / "o.mka")]
    assert titles == [text_line(name) for name in names]
