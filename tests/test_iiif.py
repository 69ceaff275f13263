"""IIIF Presentation 3, read by iiif-prezi3 and, where it is at hand, judged by the official schema."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from tests.conftest import AUDIO, CAMERA, Row, lesson_of, row
from tests.test_plan import LAYOUTS_TO_TRY, results
from timeline.errors import ParameterError
from timeline.export.iiif import to_iiif
from timeline.layouts.places import make_layout
from timeline.model import Timeline

prezi = pytest.importorskip("iiif_prezi3")

SCHEMA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "iiif_3_0.schema.json"
BASE = "https://example.org/lessons/7"
_TARGET = re.compile(r"(?P<canvas>[^#]+)#t=(?P<start>[\d.]+),(?P<end>[\d.]+)(?:&xywh=(?P<place>[\d,]+))?")


def read(timeline: Timeline, **options: Any) -> Any:
    """Our manifest as iiif-prezi3 sees it."""
    return prezi.Manifest.model_validate_json(json.dumps(to_iiif(timeline, base_uri=BASE, **options)))


def painted(manifest: Any) -> list[tuple[str, int, int, str | None]]:
    """Url, start and end, ms, and place of every painting."""
    found = []
    for annotation in manifest.items[0].items[0].items or []:
        target = _TARGET.fullmatch(annotation.target)
        assert target
        assert target["canvas"] == manifest.items[0].id
        times = [round(float(target[name]) * 1000) for name in ("start", "end")]
        found.append((annotation.body.id, *times, target["place"]))
    return found


@given(results())
def test_every_clip_is_painted_when_and_where_it_plays(rows: list[Row]) -> None:
    """In the place that a render would give its track."""
    lesson = lesson_of(*rows)
    places: dict[str, str] = {}
    for region in make_layout("stage", lesson, 1280, 720):
        r = region.rectangle
        places |= {t.id: f"{r.x},{r.y},{r.width},{r.height}" for t in region.tracks}
    wanted = [
        (c.media.url, c.start_ms, c.end_ms, places.get(t.id))
        for t in lesson.tracks
        for c in t.clips
        if t.id in places or t.kind == "audio"
    ]
    found = painted(read(lesson))
    assert [(url.partition("#")[0], *rest) for url, *rest in found] == wanted
    assert [not url.endswith("mp4") for url, *_ in found] == [
        c.media_start_ms > 0 for t in lesson.tracks for c in t.clips if t.id in places or t.kind == "audio"
    ]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the official schema of IIIF is not at hand")
@settings(max_examples=20)
@given(results())
def test_the_official_schema_accepts_it(rows: list[Row]) -> None:
    """Of any lesson, with pauses and without."""
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for pause_s in (0, 60):
        validator.validate(to_iiif(lesson_of(*rows, pause_s=pause_s), base_uri=BASE))


def test_the_guides_lesson(guide: Timeline) -> None:
    """One canvas of 1440 s, a pause as a comment, parts and tracks as ranges, the wall clock's start."""
    manifest = read(guide)
    (canvas,) = manifest.items
    assert (canvas.duration, canvas.width, canvas.height) == (1440, 1280, 720)
    assert manifest.navDate.isoformat().startswith("2019-05-23T12:05:40")
    comment = canvas.annotations[0].items[0]
    assert comment.body.value == "Recording paused for 1:00"
    assert comment.target.selector.t == 900
    parts, tracks = manifest.structures
    assert [part.label["none"][0] for part in parts.items] == ["Part 1", "Part 2"]
    assert [track.label["none"][0] for track in tracks.items] == [
        *("ios_test1 (camera)", "pc_test1 (camera)", "whiteboard")
    ]


def test_a_sound_has_a_time_and_no_place() -> None:
    manifest = read(lesson_of(row(CAMERA, "amy", 0, 1000), row(AUDIO, "bo", 0, 1500, "b.mp3")))
    annotation = manifest.items[0].items[0].items[1]
    assert annotation.body.type == "Sound"
    assert annotation.target.endswith("#t=0,1.5")


@pytest.mark.parametrize("layout", LAYOUTS_TO_TRY)
def test_any_layout_can_be_asked_for(guide: Timeline, layout: Any) -> None:
    rows = [row(CAMERA, user, 0, 3000, f"{user}.mp4") for user in "abc"]
    rows.append(row(2, "", 0, 3000, "w.mp4"))
    for lesson in (guide, lesson_of(*rows)):
        if layout != LAYOUTS_TO_TRY[-1] or lesson is not guide:
            assert painted(read(lesson, layout=layout, size_px=(640, 360)))


@pytest.mark.parametrize(
    "base_uri", ["", "lesson", "ftp://x/y", "https://x/y#z", "https://x/?y", "https://", "https://x/y?"]
)
def test_ids_begin_with_a_web_address(guide: Timeline, base_uri: str) -> None:
    with pytest.raises(ParameterError, match="expected an http or https address for ids"):
        to_iiif(guide, base_uri=base_uri)


def test_no_id_holds_a_strangers_words() -> None:
    """They are values alone."""
    nasty = '"><script>#t=1'
    document = to_iiif(lesson_of(row(CAMERA, nasty, 0, 1000)), base_uri="https://x.org/a b")
    ids = re.findall(r'"id": "([^"]*)"', json.dumps(document))
    assert not [one for one in ids if "script" in one and not one.startswith("http://media")]
    assert all(one.startswith("https://x.org/a%20b/") or os.path.basename(one) for one in ids)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "//evil.example/x", "data:,x"])
def test_a_viewer_is_offered_web_addresses_only(url: str) -> None:
    """A clip with another url is left out, and blanks and controls of a web address are encoded."""
    rows = [
        row(CAMERA, "amy", 0, 1000) | {"video_url": url},
        row(CAMERA, "bo", 0, 1000) | {"video_url": "http://a/b\r\n\\c%20d"},
    ]
    assert [body for body, *_ in painted(read(lesson_of(*rows)))] == ["http://a/b%0D%0A%5Cc%20d"]
