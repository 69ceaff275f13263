"""Our formats in a real browser: WebVTT in `<track>`, HLS in Chromium's own player and in hls.js."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import BOARD, CAMERA, lesson_of, row
from tests.player.browsing import opened_browser, serving
from timeline.export.webvtt import chapters_vtt, scenes_vtt
from timeline.model import Section, Timeline
from timeline.serving import FolderServer

pytestmark = pytest.mark.browser

NASTY = 'Li "<b>&amp;</b>" --> 李\n\nNOTE'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with opened_browser() as started:
        yield started


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page with a video, and ``tmp_path`` beside it."""
    (tmp_path / "index.html").write_text("<!doctype html><video controls></video>", encoding="utf-8")
    with serving(FolderServer(tmp_path, 0)) as address:
        opened = browser.new_page(viewport={"width": 640, "height": 480})
        opened.goto(address)
        yield opened
        opened.close()


CUES = """async ([kind, src]) => {
    const track = Object.assign(document.createElement("track"), { kind, src });
    document.querySelector("video").append(track);
    track.track.mode = "hidden";
    await new Promise((done) => { track.onload = done; track.onerror = done });
    return [...(track.track.cues ?? [])].map((cue) =>
        [cue.startTime, cue.endTime, cue.text, cue.getCueAsHTML().textContent]);
}"""


def cues(page: Page, folder: Path, kind: str, text: str) -> list[list[Any]]:
    """Return what a `<track>` of *text* holds: start and end, s, and the text as written and as shown."""
    (folder / f"{kind}.vtt").write_text(text, encoding="utf-8")
    found: list[list[Any]] = page.evaluate(CUES, [kind, f"{kind}.vtt"])
    return found


def test_a_track_element_shows_the_parts_as_chapters(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their times, and a title in which nothing is markup and no line is lost."""
    lesson = lesson_of(
        row(CAMERA, "amy", 0, 61_001), row(CAMERA, "amy", 61_001, 3_600_000, "b.mp4"), pause_s=60
    )
    found = cues(page, tmp_path, "chapters", chapters_vtt(lesson))
    assert [(start, end, shown) for start, end, _, shown in found] == [
        (0, 61.001, "Part 1"),
        (61.001, 3661.001, "Part 2"),
    ]
    monkeypatch.setattr(Timeline, "sections", lambda _: (Section(0, 3000, NASTY), Section(3000, 4000, "B")))
    found = cues(page, tmp_path, "chapters", chapters_vtt(lesson))
    assert [shown for *_, shown in found] == ['Li "<b>&amp;</b>" --> 李\ufffd\ufffdNOTE', "B"]


def test_a_track_element_hands_what_plays_to_scripts(page: Page, tmp_path: Path) -> None:
    """As JSON, with the very names of people and files."""
    lesson = lesson_of(row(CAMERA, NASTY, 0, 2500, f"{NASTY}.mp4"), row(BOARD, "", 1500, 2500, "b.mp4"))
    found = cues(page, tmp_path, "metadata", scenes_vtt(lesson))
    amy = {"url": f"http://media.example/{NASTY}.mp4", "media_start_ms": 0}
    board = {"url": "http://media.example/b.mp4", "media_start_ms": 0}
    assert [(start, end, json.loads(text)["tracks"]) for start, end, text, _ in found] == [
        (0, 1.5, {f"camera:{NASTY}": amy}),
        (1.5, 2.5, {f"camera:{NASTY}": amy | {"media_start_ms": 1500}, "whiteboard": board}),
        (2.5, 4, {"whiteboard": board | {"media_start_ms": 1000}}),
    ]
