"""Our formats in a real browser: WebVTT in `<track>`, HLS in Chromium's own player and in hls.js."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.coded_media import read_code
from tests.conftest import BOARD, CAMERA, SOURCE, Lesson, Studio, lesson_of, row
from tests.foreign import installed
from tests.player.browsing import opened_browser, serving
from timeline.export.webvtt import chapters_vtt, scenes_vtt
from timeline.model import Section, Timeline
from timeline.render.stitch_run import stitch_tracks
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


PORTRAIT = (240, 320)
PLAYERS = ("Chromium", "hls.js")


@pytest.fixture(scope="module")
def tracks(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of 14 s as HLS: Amy from 1 s to 5 s and, upright, from 7 s to 10 s; a whiteboard."""
    lesson = Lesson(tmp_path_factory.mktemp("hls") / "lesson", studio)
    lesson.add(CAMERA, "amy", 1000, 4000)
    lesson.add(CAMERA, "amy", 7000, 3000, size=PORTRAIT)
    lesson.add(BOARD, "", 0, 14_000, fps=5, sound=False)
    report = stitch_tracks(lesson.load(), lesson.folder / "tracks", media=lesson.media, hls=True)
    (report.folder / "index.html").write_text(
        "<!doctype html><body style='margin:0'><video style='width:320px;height:240px'></video>"
        "<script src=hls.min.js></script>",
        encoding="utf-8",
    )
    return report.folder


HlsPage = Callable[[str, str], Page]

OPENED = """async ([player, src]) => {
    const video = document.querySelector("video");
    window.errors = [];
    video.onerror = () => errors.push(video.error.message);
    if (player === "Chromium") video.src = src;
    else {
        const hls = new Hls();
        hls.on(Hls.Events.ERROR, (_, found) => found.fatal && errors.push(found.details));
        hls.loadSource(src);
        hls.attachMedia(video);
    }
    await new Promise((done) => { video.oncanplay = done; setTimeout(done, 10000) });
}"""


@pytest.fixture
def hls_page(browser: Browser, tracks: Path) -> Iterator[HlsPage]:
    """Open a playlist in a player."""
    with serving(FolderServer(tracks, 0)) as address:
        page = browser.new_page(viewport={"width": 320, "height": 240})

        def opened(player: str, playlist: str) -> Page:
            if player == "hls.js":
                shutil.copy(installed("hls.js/dist/hls.min.js"), tracks)
            page.goto(address)
            page.evaluate(OPENED, [player, playlist])
            return page

        yield opened
        page.close()


SEEK = """async (second) => {
    const video = document.querySelector("video");
    const seeked = new Promise((done) => video.addEventListener("seeked", done, { once: true }));
    video.currentTime = second;
    const late = new Promise((_, fail) => setTimeout(fail, 10000, new Error(`no seek: ${errors}`)));
    await Promise.race([seeked, late]);
}"""
PICTURE = """async () => {
    const video = document.querySelector("video");
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    const bytes = await (await canvas.convertToBlob({ type: "image/png" })).bytes();
    return bytes.toBase64();
}"""


def shows(page: Page, second: float, wanted: tuple[int, int] | None, *sizes: tuple[int, int]) -> bool:
    """Seek, and return whether the code of a picture of one of *sizes* is soon the one *wanted*.

    The element's own picture is looked at, which may come a little after it says that it has sought: what is
    on the screen comes later still while nothing plays.
    """
    page.evaluate(SEEK, second)
    for _ in range(40):
        picture = base64.b64decode(page.evaluate(PICTURE))
        image = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
        codes = (read_code(image, (0, 0, *SOURCE), size) for size in sizes)
        if next((code for code in codes if code), None) == wanted:
            return True
        page.wait_for_timeout(50)
    return False


@pytest.mark.parametrize("player", PLAYERS)
def test_a_playlist_is_as_long_as_the_class_and_shows_its_pictures(player: str, hls_page: HlsPage) -> None:
    """To and fro over slates, over an encoded part among copied ones, and over borders of segments."""
    page = hls_page(player, "camera_01.m3u8")
    duration_s = page.evaluate("document.querySelector('video').duration")
    assert duration_s == pytest.approx(14, abs=0.05)
    pictures = {1: (1, 1.0, SOURCE), 2: (2, 7.0, PORTRAIT)}  # number of the file: code, begin, size
    for file, number in ((1, 45), (2, 3), (1, 0), (2, 40), (1, 59), (2, 0)):
        code, begin_s, size = pictures[file]
        second = begin_s + (number + 0.5) / 15
        assert shows(page, second, (code, number), size), (file, number)
    for second in (0.5, 5.5, 6.9, 10.3, 13.5):
        assert shows(page, second, None, SOURCE, PORTRAIT), second
    assert page.evaluate("errors") == []


@pytest.mark.parametrize("player", PLAYERS)
def test_second_t_of_each_playlist_is_second_t_of_the_class(player: str, hls_page: HlsPage) -> None:
    """Of a whiteboard without sound as well, in the middle of each picture that lasts 200 ms."""
    page = hls_page(player, "whiteboard_01.m3u8")
    for number in (69, 0, 35, 34, 20):
        assert shows(page, (number + 0.5) / 5, (3, number), SOURCE), number
    assert page.evaluate("errors") == []


LISTEN = """async ([from, to]) => {
    const video = document.querySelector("video");
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaElementSource(video).connect(analyser);
    analyser.connect(context.destination);
    await context.resume();
    video.currentTime = from;
    await video.play();
    const heard = [], samples = new Float32Array(1024);
    const until = performance.now() + 30000;
    while (!video.ended && video.currentTime < to && performance.now() < until) {
        analyser.getFloatTimeDomainData(samples);
        heard.push([video.currentTime, Math.max(...samples.map(Math.abs))]);
        await new Promise((done) => setTimeout(done, 10));
    }
    return heard;
}"""


@pytest.mark.slow
@pytest.mark.parametrize("player", PLAYERS)
def test_a_playlist_is_heard_and_plays_to_its_end(player: str, hls_page: HlsPage) -> None:
    """Beeps of 100 ms at each second of Amy's files, and silence where she is away."""
    page = hls_page(player, "camera_01.m3u8")
    heard = page.evaluate(LISTEN, [3.5, 15])
    loud_s = [second for second, level in heard if level > 0.05]
    assert {int(second) for second in loud_s} == {4, 7, 8, 9}
    assert max(second % 1 for second in loud_s) < 0.3
    assert page.evaluate("document.querySelector('video').ended")
    assert page.evaluate("errors") == []
