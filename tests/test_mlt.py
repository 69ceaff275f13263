"""MLT XML, read as XML and rendered by melt."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from tests.conftest import BOARD, CAMERA, Lesson, Row, codes_shown, lesson_of, row
from tests.test_plan import half_up, rates, results
from timeline.errors import ParameterError
from timeline.export.mlt import to_mlt
from timeline.model import MediaReference, Timeline


def read(timeline: Timeline, **options: Any) -> ElementTree.Element:
    return ElementTree.fromstring(to_mlt(timeline, **options).encode())


def text_of(element: ElementTree.Element, name: str) -> str:
    (found,) = [p.text or "" for p in element.iter("property") if p.get("name") == name]
    return found


@given(results(), rates)
def test_entries_lie_where_clips_play(rows: list[Row], rate: Fraction) -> None:
    """Counted by hand: blanks and entries of a playlist, one after the other."""
    lesson = lesson_of(*rows)
    if half_up(lesson.duration_ms, rate) == 0:
        return
    for playlist in read(lesson, rate=rate).iter("playlist"):
        track = lesson.track(text_of(playlist, "timeline:track"))
        found, at = [], 0
        for item in playlist:
            if item.tag == "blank":
                at += int(item.attrib["length"])
            elif item.tag == "entry":
                begin, end = int(item.attrib["in"]), int(item.attrib["out"]) + 1
                found.append((at, at + end - begin, begin))
                at += end - begin
        assert at == half_up(lesson.duration_ms, rate)
        spans = [
            (half_up(c.start_ms, rate), half_up(c.end_ms, rate), half_up(c.media_start_ms, rate))
            for c in track.clips
        ]
        assert found == [span for span in spans if span[0] < span[1]]


def test_what_is_not_heard_is_hidden_and_what_is_not_seen_too(guide: Timeline) -> None:
    """A whiteboard has no microphone."""
    root = read(guide)
    tracks = {text_of(p, "timeline:label"): p.get("id") for p in root.iter("playlist")}
    hidden = {track.get("producer"): track.get("hide") for track in root.iter("track")}
    assert hidden[tracks["whiteboard"]] == "audio"
    assert hidden[tracks["ios_test1"]] is None


def test_a_result_names_no_service_of_melt() -> None:
    """It opens "color:red" or "xml:/etc/passwd" as gladly as a file: such a clip is a blank."""
    rows = [
        row(CAMERA, "amy", 0, 1000) | {"video_url": "xml:/etc/passwd"},
        row(CAMERA, '"/><evil a="', 0, 1000, '"/><evil.mp4'),
    ]
    root = read(lesson_of(*rows))
    resources = [text_of(p, "resource") for p in root.iter("producer")]
    assert resources == ["#ff14171c", 'http://media.example/"/><evil.mp4']  # amy's is a blank
    assert not [*root.iter("evil")]
    renamed = read(lesson_of(*rows), rewrite_url=lambda media: f"media/{media.position}.mp4")
    assert sorted(text_of(p, "resource") for p in renamed.iter("producer"))[1:] == [
        "media/0.mp4",
        "media/1.mp4",
    ]


def test_a_lesson_shorter_than_a_frame_is_refused() -> None:
    with pytest.raises(ParameterError, match="shorter than a frame"):
        to_mlt(lesson_of(row(CAMERA, "amy", 0, 10)), rate=Fraction(25))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("melt") is None, reason="melt is not installed (Debian: apt install melt)")
def test_melt_shows_the_same_pictures_as_our_own_video(lesson: Lesson) -> None:
    """A second renderer: in each place the same file and, within a frame, the same picture of it."""
    lesson.add(CAMERA, "amy", 0, 2000, fps=25)
    lesson.add(CAMERA, "amy", 3000, 3000, fps=25)
    lesson.add(CAMERA, "bo", 1000, 4000, fps=25)
    lesson.add(BOARD, "", 500, 5500, fps=25, sound=False)
    report = lesson.render(frame_rate=25, gaps="hide")

    def local(media: MediaReference) -> str:
        return str(lesson.path(media.position))

    script = lesson.folder / "lesson.mlt"
    script.write_text(to_mlt(lesson.load(), rewrite_url=local, size_px=(640, 360)), encoding="utf-8")
    output = lesson.folder / "melt.mp4"
    command = ["melt", str(script), "-consumer", f"avformat:{output}", "vcodec=libx264", "crf=12", "an=1"]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "SDL_VIDEODRIVER": "dummy"}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)

    own = codes_shown(report, lesson)
    others = codes_shown(dataclasses.replace(report, path=output), lesson)
    assert len(others) == len(own) == 150
    wrong = []
    for frame, (line, other_line) in enumerate(zip(own, others, strict=True)):
        for code, other in zip(line, other_line, strict=True):
            if (code is None) != (other is None) or (
                code and other and (code.file != other.file or abs(code.frame - other.frame) > 1)
            ):
                wrong.append((frame, code, other))
    assert wrong == []
