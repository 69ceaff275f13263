"""WebVTT, read by webvtt-py."""

from __future__ import annotations

import dataclasses
import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BOARD, CAMERA, Row, lesson_of, row
from tests.test_plan import results
from timeline.export.webvtt import chapters_vtt, scenes_vtt
from timeline.model import Section, Timeline

webvtt = pytest.importorskip("webvtt")


def cues(text: str) -> list[tuple[int, int, str]]:
    """What another library reads: start and end, ms, and the text."""
    found = webvtt.from_buffer(io.StringIO(text))
    return [(round(c.start_in_seconds * 1000), round(c.end_in_seconds * 1000), c.raw_text) for c in found]


def stamps(text: str) -> list[str]:
    return [line for line in text.splitlines() if "-->" in line]


def ms_of(stamp: str) -> int:
    """Milliseconds of a time of ours, by hand."""
    hours, minutes, seconds = stamp.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + int(seconds.replace(".", ""))


def test_sections_are_chapters(guide: Timeline) -> None:
    assert cues(chapters_vtt(guide)) == [(0, 900_000, "Part 1"), (900_000, 1_440_000, "Part 2")]


@given(results(), st.integers(0, 60))
def test_chapters_follow_each_other_without_a_hole(rows: list[Row], pause_s: int) -> None:
    """And none is empty: a cue must last."""
    lesson = lesson_of(*rows, pause_s=pause_s)
    times = [tuple(map(ms_of, stamp.split(" --> "))) for stamp in stamps(chapters_vtt(lesson))]
    assert times == [(s.start_ms, s.end_ms) for s in lesson.sections()]
    assert all(end == start for (_, end), (start, _) in pairwise(times))
    assert all(end > start for start, end in times)


@given(results())
def test_a_cue_says_what_plays_and_where_in_its_file(rows: list[Row]) -> None:
    """As `Timeline.at` does, at the start of each scene."""
    lesson = lesson_of(*rows)
    text = scenes_vtt(lesson)
    payloads = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert len(payloads) == len(stamps(text)) == len(lesson.scenes())
    for stamp, payload in zip(stamps(text), payloads, strict=True):
        start_ms = ms_of(stamp.split(" --> ")[0])
        playing = lesson.at(start_ms)
        assert payload["tracks"] == {
            track: {"url": clip.media.url, "media_start_ms": clip.media_ms(start_ms)}
            for track, clip in playing.items()
        }


def test_a_strangers_words_end_no_cue_and_begin_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a chapter nor in a payload."""
    nasty = "a --> b\n\nNOTE <b>&amp;"
    lesson = lesson_of(row(CAMERA, nasty, 0, 3000, f"{nasty}.mp4"), row(BOARD, "", 0, 3000))
    (cue,) = cues(scenes_vtt(lesson))
    assert len(stamps(scenes_vtt(lesson))) == 1
    assert f"camera:{nasty}" in json.loads(cue[2])["tracks"]
    assert not set("<&") & set(cue[2])
    monkeypatch.setattr(Timeline, "sections", lambda _: (Section(0, 3000, nasty),))
    text = chapters_vtt(lesson)
    assert len(stamps(text)) == 1
    assert "a --&gt; b\ufffd\ufffdNOTE &lt;b&gt;&amp;amp;" in text


def test_hours_have_two_digits_and_more_where_needed() -> None:
    """100 hours."""
    lesson = dataclasses.replace(lesson_of(row(CAMERA, "amy", 0, 1000)), duration_ms=360_000_001)
    assert stamps(chapters_vtt(lesson)) == ["00:00:00.000 --> 100:00:00.001"]


def test_a_file_may_have_another_name_where_it_is_opened() -> None:
    text = scenes_vtt(lesson_of(row(CAMERA, "amy", 0, 1000)), rewrite_url=lambda media: f"x/{media.position}")
    assert '"url":"x/0"' in text
