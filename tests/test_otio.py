"""OpenTimelineIO, read by its own library."""

from __future__ import annotations

import dataclasses
import itertools
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BOARD, CAMERA, Row, lesson_of, row
from tests.test_plan import half_up, results
from timeline.export.otio import to_otio
from timeline.model import Clip, Timeline

otio = pytest.importorskip("opentimelineio")  # it has no build for CPython 3.14

rates = st.sampled_from([Fraction(1000), Fraction(25), Fraction(30000, 1001), Fraction(1)])


def read(timeline: Timeline, **options: Any) -> Any:
    """What OpenTimelineIO makes of our document; it is valid and comes back unchanged."""
    text = json.dumps(to_otio(timeline, **options))
    document = otio.adapters.read_from_string(text, "otio_json")
    assert otio.adapters.read_from_string(
        otio.adapters.write_to_string(document, "otio_json"), "otio_json"
    ).is_equivalent_to(document)
    return document


def ticks(time: Any) -> int:
    assert time.value == int(time.value)
    return int(time.value)


@given(results(), rates)
def test_clips_lie_where_they_play(rows: list[Row], rate: Fraction) -> None:
    """By the library's own arithmetic: at rate 1000 to the millisecond, else to the nearest tick."""
    lesson = lesson_of(*rows)
    document = read(lesson, rate=rate)
    for track in document.tracks:
        own = lesson.track(track.metadata["timeline"]["id"])
        wanted = [
            (half_up(c.start_ms, rate), half_up(c.end_ms, rate), half_up(c.media_start_ms, rate))
            for c in own.clips
            if half_up(c.start_ms, rate) < half_up(c.end_ms, rate)
        ]
        found = []
        for clip in track.find_clips():
            span = track.range_of_child(clip)
            start = ticks(span.start_time)
            found.append((start, start + ticks(span.duration), ticks(clip.source_range.start_time)))
        assert found == wanted


@given(results(), rates)
def test_all_tracks_are_as_long_as_the_lesson_and_no_two_gaps_touch(rows: list[Row], rate: Fraction) -> None:
    lesson = lesson_of(*rows)
    document = read(lesson, rate=rate)
    for track in document.tracks:
        assert ticks(track.duration()) == half_up(lesson.duration_ms, rate)
        kinds = [isinstance(child, otio.schema.Gap) for child in track]
        assert not any(one and other for one, other in itertools.pairwise(kinds))


def test_the_guides_lesson_in_an_editor(guide: Timeline) -> None:
    """The board below, cameras above, sounds apart; a pause and two parts are marked."""
    document = read(guide)
    assert [(track.kind, track.name) for track in document.tracks] == [
        ("Video", "whiteboard"),
        ("Video", "ios_test1"),
        ("Video", "pc_test1"),
        ("Audio", "ios_test1"),
        ("Audio", "pc_test1"),
    ]
    marks = [
        (m.name, ticks(m.marked_range.start_time), ticks(m.marked_range.duration))
        for m in document.tracks.markers
    ]
    assert marks == [("pause", 900_000, 0), ("Part 1", 0, 900_000), ("Part 2", 900_000, 540_000)]
    clip = next(iter(document.tracks[1].find_clips()))
    assert clip.media_reference.target_url == "http://1253488539.vod2.myqcloud.com/oM86K7X3Ig8b.mp4"
    assert ticks(clip.media_reference.available_range.duration) == 900_000


def test_a_clip_without_a_url_has_a_missing_reference() -> None:
    """And one that is rewritten keeps the original beside it."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 1000), row(BOARD, "", 0, 1000, "b.mp4"))
    bare = [
        Clip(c.start_ms, c.end_ms, c.media_start_ms, c.media._replace(url=None))
        for c in lesson.tracks[0].clips
    ]

    track = dataclasses.replace(lesson.tracks[0], clips=tuple(bare))
    document = read(dataclasses.replace(lesson, tracks=(track, *lesson.tracks[1:])))
    missing = [clip.media_reference.is_missing_reference for clip in document.find_clips()]
    assert sorted(missing) == [False, True, True]
    clip = next(iter(read(lesson, rewrite_url=lambda media: "media/x.mp4").find_clips()))
    assert clip.media_reference.target_url == "media/x.mp4"
    assert clip.media_reference.metadata["timeline"]["url"].endswith(("b.mp4", "a.mp4"))


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "concat:/a|/b", "javascript:alert(1)"])
def test_an_editor_is_offered_no_file_of_its_own_machine(url: str) -> None:
    """What a result names is opened only where it is a web address; it is kept as what it is, a text."""
    (clip,) = read(lesson_of(row(BOARD, "", 0, 1000) | {"video_url": url})).find_clips()
    assert clip.media_reference.is_missing_reference
    assert clip.media_reference.metadata["timeline"]["url"] == url
