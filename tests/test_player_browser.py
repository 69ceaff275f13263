"""The replay page in a real browser, across a pause, a gap and a seam: what is seen, and how well in sync."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import timeline
from tests.conftest import BOARD, CAMERA, SCREEN, Lesson, Studio
from tests.foreign import installed
from tests.hostile_names import NAMES, PAGES
from tests.player.browsing import FPS, Visit, opened_browser, serving, share, skews_ms
from timeline.export.page import write_player
from timeline.model import Clip, Timeline
from timeline.serving import FolderServer

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "player.html"
VUE_EXAMPLE = EXAMPLE.with_name("player-vue.html")

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with opened_browser() as started:
        yield started


@dataclass(frozen=True)
class ClassRoom:
    """A page on disk, and the lesson that it plays."""

    folder: Path
    lesson: Timeline

    @property
    def address(self) -> str:
        return (self.folder / "index.html").as_uri()


@dataclass(frozen=True)
class Run:
    """What was seen while a class played."""

    visit: Visit
    samples: list[dict[str, Any]]
    took_s: float
    told: list[str]
    said: str

    @property
    def playing(self) -> list[dict[str, Any]]:
        return [sample for sample in self.samples if sample["phase"] == "playing"]


@pytest.fixture(scope="module")
def class_room(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> ClassRoom:
    """A class of 14 s: a pause at 6 s, a seam in Amy's camera at 9 s, Bo away from 3 s to 5 s."""
    lesson = Lesson(tmp_path_factory.mktemp("class") / "lesson", studio, pause_s=60)
    parts: list[tuple[int, str, list[tuple[int, int]], dict[str, Any]]] = [
        (CAMERA, "amy", [(0, 6000), (6000, 9000), (9020, 14_000)], {}),
        (CAMERA, "bo", [(500, 3000), (5000, 6000), (6000, 12_000)], {}),
        (SCREEN, "amy", [(6000, 14_000)], {"size": (480, 270)}),
        (BOARD, "", [(0, 6000), (6000, 14_000)], {"sound": False}),
    ]
    for kind, user, spans, facts in parts:
        for start_ms, end_ms in spans:
            lesson.add(kind, user, start_ms, end_ms - start_ms, fps=FPS, **facts)
    loaded = lesson.load()
    return ClassRoom(write_player(loaded, lesson.folder / "page", media=lesson.media).page.parent, loaded)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page from disk, or at an address, with options of a browser's context."""
    contexts = []

    def opened(place: Path | str, **options: Any) -> Visit:
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "UTC"}
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        return Visit(
            context.new_page(), (place / "index.html").as_uri() if isinstance(place, Path) else place
        )

    yield opened
    for context in contexts:
        context.close()


def expected(lesson: Timeline, track_id: str, at_ms: float) -> tuple[int, int] | None:
    """Return which segment of a track is to be seen, and which file's code; None in a gap that is no seam."""
    segments = list(lesson.track(track_id).segments())
    for number, segment in enumerate(segments):
        if segment.start_ms <= at_ms < segment.end_ms:
            if isinstance(segment, Clip):
                return number, segment.media.position + 1
            return expected(lesson, track_id, segment.start_ms - 1) if segment.kind == "seam" else None
    return None


def edges_ms(lesson: Timeline) -> list[int]:
    """Return when something begins or ends; the end of it all is such a time."""
    return sorted({lesson.duration_ms, *(scene.start_ms for scene in lesson.scenes())})


@pytest.fixture(scope="module")
def run(browser: Browser, class_room: ClassRoom) -> Iterator[Run]:
    """One run from disk through the whole class, watched 20 times a second."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
    visit = Visit(page, class_room.address)
    visit.watch()
    visit.js(
        "window.told = [];"
        "for (const type of ['play', 'playing', 'waiting', 'pause', 'ended', 'recordingpause'])"
        "p.addEventListener(type, () => window.told.push(type));"
        "const live = document.querySelector('timeline-controls').shadowRoot.querySelector('[role=status]');"
        "new MutationObserver(() => { window.said ??= live.textContent }).observe(live, { childList: true })"
    )
    began = time.monotonic()
    visit.play()
    visit.wait("p.ended", 60_000)
    took_s = time.monotonic() - began
    yield Run(visit, visit.samples(), took_s, visit.js("return window.told"), visit.js("return window.said"))
    page.close()


@pytest.mark.slow
class TestPlaying:
    def test_it_runs_at_the_pace_of_the_clock_without_a_halt(self, run: Run) -> None:
        """14 s of class take 14 s and a moment; nobody is waited for at the pause, the gap or the seam."""
        assert run.told == ["play", "waiting", "playing", "recordingpause", "pause", "ended"]
        assert run.took_s < 16.5

    def test_every_pane_shows_its_file(self, run: Run, class_room: ClassRoom) -> None:
        """Across a pause, a gap and a seam; in a gap nothing is shown, over a seam the picture stays."""
        wrong = []
        for sample in run.playing:
            if any(abs(sample["atMs"] - edge_ms) < 150 for edge_ms in edges_ms(class_room.lesson)):
                continue
            for track_id, track in sample["tracks"].items():
                right = expected(class_room.lesson, track_id, sample["atMs"])
                if track["shown"] != (right and right[0]):
                    wrong.append((sample["atMs"], track_id, track["shown"], right))
        assert wrong == []

    def test_the_streams_are_together(self, run: Run) -> None:
        """In 95 of 100 looks by no more than 150 ms, however busy the machine; no seek was needed."""
        assert share(skews_ms(run.samples), 95) < 150
        assert run.samples[-1]["hardSeeks"] == 0

    def test_the_pause_is_announced(self, run: Run) -> None:
        """To those who see and to those who listen."""
        assert run.said == "The class was paused for 1:00 (0:53 to 1:01)"

    def test_nothing_complains_and_nothing_leaves_the_folder(self, run: Run, class_room: ClassRoom) -> None:
        """No error, no violation of the policy, no request but for the page and its media."""
        assert run.visit.errors == []
        assert {place.rpartition("/")[0] for place in run.visit.requests} <= {
            *(class_room.folder.as_uri(), (class_room.folder / "media").as_uri())
        }


class TestSeeking:
    def test_a_seek_shows_the_picture_of_its_time(self, visit: Open, class_room: ClassRoom) -> None:
        """The codes on the screen say which file and which picture: in clips, gaps, after pause and seam."""
        seen = visit(class_room.address)
        for at_ms in (1000, 4000, 6000, 9100, 13_000, 700):
            seen.seek(at_ms)
            seen.page.wait_for_timeout(150)
            _, _, codes = seen.shown()
            for track in class_room.lesson.tracks:
                right, code = expected(class_room.lesson, track.id, at_ms), codes[track.id]
                if right is None:
                    assert code is None, (at_ms, track.id, code)
                    continue
                clip = track.at(at_ms)
                assert clip is not None
                assert code is not None, (at_ms, track.id)
                assert code.file == right[1], (at_ms, track.id)
                assert abs(code.frame - clip.media_ms(at_ms) * FPS / 1000) <= 1, (at_ms, track.id)

    @pytest.mark.slow
    def test_while_it_plays_the_screen_shows_one_moment(self, visit: Open, class_room: ClassRoom) -> None:
        """The pictures on the screen are of the same time, to two pictures, after a seek as well."""
        seen = visit(class_room.address)
        seen.play()
        for at_ms in (800, 6800):
            seen.seek(at_ms)
            seen.page.wait_for_timeout(900)
            before_ms, after_ms, codes = seen.shown()
            times_ms = []
            for track in class_room.lesson.tracks:
                clip, code = track.at(int(before_ms)), codes[track.id]
                if clip is not None:
                    assert code is not None, (before_ms, track.id)
                    times_ms.append(clip.start_ms - clip.media_start_ms + code.frame * 1000 / FPS)
            assert len(times_ms) >= 3
            assert max(times_ms) - min(times_ms) <= 2000 / FPS + 40
            assert all(before_ms - 150 <= time_ms <= after_ms + 150 for time_ms in times_ms)

    def test_a_seek_into_a_gap_says_who_comes_back_when(self, visit: Open, class_room: ClassRoom) -> None:
        """And playing on from there brings that person back."""
        seen = visit(class_room.address)
        seen.seek(4300)
        cards = seen.js(
            "const panes = [...p.shadowRoot.querySelectorAll('.pane')];"
            "const absent = panes.filter((pane) => !pane.querySelector('.card').hidden);"
            "const text = (pane, place) => pane.querySelector(place).textContent;"
            "return absent.map((pane) => `${text(pane, 'figcaption')}: ${text(pane, '.card span')}`)"
        )
        assert cards == ["bo: away, back at 0:05", "amy (screen): not sharing"]
        seen.play()
        seen.wait("p.currentTime > 5.4")
        assert seen.debug()["tracks"]["camera:bo"]["state"] == "playing"


class TestTrouble:
    def test_a_file_that_is_gone_costs_its_pane(
        self, visit: Open, class_room: ClassRoom, tmp_path: Path
    ) -> None:
        """It says why; the class plays on at once, and the file after it too."""
        shutil.copytree(class_room.folder, tmp_path / "page")
        bo = class_room.lesson.track("camera:bo").clips[0].media.position
        (gone,) = (tmp_path / "page" / "media").glob(f"{bo:04d}_*")
        gone.unlink()
        seen = visit(tmp_path / "page")
        seen.play()
        seen.wait("p.currentTime > 1.2")
        assert seen.debug()["tracks"]["camera:bo"]["state"] == "failed"
        card = seen.page.locator("timeline-player .failed .card span")
        assert card.inner_text() in (
            *("The file cannot be loaded", "The file is damaged, or of a kind that this browser cannot play"),
        )
        seen.seek(5300)
        assert seen.debug()["tracks"]["camera:bo"]["state"] == "playing"

    def test_a_file_that_was_missing_all_along_says_so(self, visit: Open, lesson: Lesson) -> None:
        """By its name, on its pane, and in its lane."""
        lesson.add(CAMERA, "amy", 0, 1000)
        lesson.add_row(CAMERA, "bo", 0, 1000)
        seen = visit(write_player(lesson.load(), lesson.folder / "page", media=lesson.media).page.parent)
        seen.play()
        seen.wait("p.ended")
        card = seen.page.locator("timeline-player .failed .card")
        assert card.locator("span").inner_text() == "The file is missing"
        assert card.locator("small").inner_text() == "f1.mp4"
        assert seen.page.locator("timeline-controls .bars i.lost").count() == 1
        assert seen.errors == []

    def test_no_string_of_a_result_does_anything(self, visit: Open, lesson: Lesson) -> None:
        """Every hostile name as a user's name, room and id: no script runs, nothing leaves the folder."""
        lesson.add(CAMERA, "amy", 0, 1000)
        for name in NAMES[:-1]:
            lesson.add_row(CAMERA, name, 0, 1000, video_url=f"https://evil.example/{name}", video_id=name)
        result = json.loads(lesson.write().read_text(encoding="utf-8")) | {
            "room_id": PAGES[0],
            "task_id": PAGES[0],
        }
        report = write_player(timeline.loads(json.dumps(result)), lesson.folder / "page", media=lesson.media)
        seen = visit(report.page.parent)
        seen.play()
        seen.page.mouse.move(700, 700)
        seen.wait("p.ended")
        folder = report.page.parent.as_uri()
        assert seen.errors == []
        assert all(request.startswith(folder) for request in seen.requests)
        assert seen.page.evaluate("document.querySelectorAll('script, img, b, iframe').length") == 2
        assert (
            seen.js("return p.shadowRoot.querySelectorAll('script, img, iframe, [onload], [onerror]').length")
            == 0
        )

    def test_the_policy_holds(self, visit: Open, class_room: ClassRoom) -> None:
        """What a stranger's script would try is refused: scripts, markup, requests."""
        seen = visit(class_room.address)
        tried = seen.js(
            "const tries = {"
            "markup: () => { document.body.innerHTML = '<img src=x onerror=1>' },"
            "script: () => {"
            "const script = document.createElement('script'); script.text = 'window.ran = 1';"
            "document.body.append(script) } };"
            "const refused = [];"
            "for (const [name, act] of Object.entries(tries)) try { act() } catch { refused.push(name) }"
            "try { await fetch('https://evil.example/') } catch { refused.push('fetch') }"
            "return [refused, window.ran ?? null]"
        )
        assert tried == [["markup", "script", "fetch"], None]


class TestHands:
    def test_keys_do_what_the_page_says(self, visit: Open, class_room: ClassRoom) -> None:
        """Seeks, steps, speed, views, sound, the next pause; and nothing while somebody types in a field."""
        seen = visit(class_room.address)

        def press(key: str, what: str) -> object:
            seen.page.keyboard.press(key)
            return seen.js(f"return {what}")

        at_s = "p.currentTime"
        assert press("5", at_s) == 7
        assert press("ArrowRight", at_s) == 14
        assert press("Shift+ArrowLeft", at_s) == 13
        assert press("j", at_s) == 3
        assert press(".", at_s) == 3.04
        assert press(",", at_s) == 3
        assert press("n", at_s) == 6
        assert press("p", at_s) == 0
        assert press("End", at_s) == 14
        assert press("Home", at_s) == 0
        assert press("Shift+>", "p.playbackRate") == 1.25
        assert press("Shift+<", "p.playbackRate") == 1
        assert press("g", "p.view") == "grid"
        assert press("Alt+2", "p.pinned") == "camera:bo"
        assert press("Escape", "p.pinned") is None
        assert press("m", "p.muted") is True
        assert press("Space", "p.paused") is False
        assert press("k", "p.paused") is True
        seen.page.locator("timeline-controls select").focus()
        seen.js("p.currentTime = 3")
        assert press("Home", at_s) == 3
        assert press("Shift+?", "1") == 1
        seen.page.locator("timeline-controls .full").focus()
        press("Shift+?", "1")
        assert seen.page.locator("timeline-controls dialog").is_visible()

    def test_arrows_on_the_volume_change_the_volume(self, visit: Open, class_room: ClassRoom) -> None:
        """And leave the position alone."""
        seen = visit(class_room.address)
        seen.page.get_by_role("slider", name="Volume").focus()
        seen.page.keyboard.press("ArrowLeft")
        assert seen.js("return [p.volume, p.currentTime]") == [0.95, 0]
        seen.page.keyboard.press("Home")
        assert seen.js("return [p.volume, p.muted, p.currentTime]") == [0, True, 0]

    def test_a_reload_goes_on_where_one_was(self, visit: Open, class_room: ClassRoom) -> None:
        """To the ms, whether it stood or played."""
        seen = visit(class_room.address)
        seen.seek(7250)
        seen.wait("history.state === 7.25")
        seen.page.reload()
        seen.wait("p?.currentTime === 7.25")
        seen.js("p.play()")
        seen.wait("history.state > 8")
        seen.page.reload()
        seen.wait("p?.currentTime > 8")
        assert seen.errors == []

    def test_an_address_can_name_a_time(self, visit: Open, class_room: ClassRoom) -> None:
        """In a link or typed, as m:ss or in seconds; where one stands still, the address bar has it."""
        seen = visit(f"{class_room.address}#t=0:05")
        assert seen.js("return p.currentTime") == 5
        for typed, at_s in (("#t=7.5", 7.5), ("#t=0:00:09", 9), ("#t=1:00:00", 14), ("#t=.", 14), ("#x", 14)):
            seen.js(f"location.hash = '{typed}'")
            seen.wait(f"p.currentTime === {at_s}")
        seen.seek(6000)
        seen.wait("location.hash === '#t=0:06'")
        assert seen.errors == []

    def test_at_the_end_the_last_pictures_stay(self, visit: Open, class_room: ClassRoom) -> None:
        """Of those who are there until then; Bo has left."""
        seen = visit(class_room.address)
        seen.seek(14_000)
        for track_id in ("camera:amy", "screen:amy", "whiteboard"):
            seen.wait(f"p.stateOf('{track_id}') === 'playing'")
        assert seen.js("return p.stateOf('camera:bo')") == "gap"

    def test_the_slider_says_where_one_is(self, visit: Open, class_room: ClassRoom) -> None:
        """In numbers and in words; each lane says in words who is on when."""
        seen = visit(class_room.address)
        seen.seek(7200)
        slider = seen.page.get_by_role("slider", name="Position")
        assert slider.get_attribute("aria-valuenow") == "7"
        assert slider.get_attribute("aria-valuetext") == "0:07 of 0:14, Part 2"
        lanes = seen.page.get_by_role("listitem").all_inner_texts()
        assert "bo: camera, on 0:00 – 0:03, 0:05 – 0:06, 0:06 – 0:12" in [
            text.replace("\n", "") for text in lanes
        ]

    def test_a_click_on_a_lane_seeks_and_a_look_at_it_tells(self, visit: Open, class_room: ClassRoom) -> None:
        """A tooltip names person, kind and stretch; at a pause its length."""
        seen = visit(class_room.address)
        bars = seen.page.locator("timeline-controls .bars").nth(1)
        box = bars.bounding_box()
        assert box
        bars.hover(position={"x": box["width"] * 4 / 14, "y": 10})
        tip = seen.page.locator("timeline-controls .tip")
        assert "bo: away\n0:03 – 0:05" in tip.inner_text()
        bars.hover(position={"x": box["width"] * 6 / 14, "y": 10})
        assert "The class was paused for 1:00" in tip.inner_text()
        bars.click(position={"x": box["width"] * 10 / 14, "y": 10})
        assert abs(seen.js("return p.currentTime") - 10) < 0.05

    def test_a_person_can_be_hushed_heard_alone_and_made_large(
        self, visit: Open, class_room: ClassRoom
    ) -> None:
        """By the buttons of the lane; each says what it does, and whether it is on."""
        seen = visit(class_room.address)
        button = seen.page.get_by_role("button", name="Mute bo")
        assert button.get_attribute("aria-pressed") == "false"
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        seen.page.get_by_role("button", name="Only amy", exact=True).click()
        seen.page.get_by_role("button", name="Enlarge bo").click()
        seen.play()
        seen.wait("p.currentTime > 1")
        heard = {track["id"] for track in seen.debug()["tracks"].values() if track["isHeard"]}
        assert heard == {"camera:amy"}
        assert seen.js("return p.pinned") == "camera:bo"

    def test_parts_can_be_gone_to(self, visit: Open, class_room: ClassRoom) -> None:
        """The menu lists parts and the pause between them."""
        seen = visit(class_room.address)
        seen.page.get_by_text("Parts").click()
        menu = seen.page.locator("timeline-controls .menu")
        assert menu.inner_text().split("\n")[-3:] == [
            *("The class was paused for 1:00 (0:53 to 1:01)", "Part 2", "0:06 – 0:14")
        ]
        menu.get_by_text("Part 2").click()
        assert seen.js("return p.currentTime") == 6

    def test_it_speaks_chinese_to_those_who_do(self, visit: Open, class_room: ClassRoom) -> None:
        """By the browser's language, and by a button."""
        seen = visit(class_room.address, locale="zh-CN")
        seen.seek(4300)
        assert "第 2 段" in seen.page.locator("timeline-controls .slider").inner_text()
        card = seen.page.locator("timeline-player .card span").filter(has_text="0:05")
        assert card.inner_text() == "暂时离开，0:05 回来"
        seen.page.get_by_role("button", name="English").click()
        assert card.inner_text() == "away, back at 0:05"
        assert seen.page.get_by_role("button", name="Play").count() > 0

    @pytest.mark.parametrize(
        ("width", "height"),
        [(390, 844), (844, 390), (320, 568), (360, 740), (740, 360), (640, 400), (1280, 800)],
    )
    def test_it_fits_every_screen(self, visit: Open, class_room: ClassRoom, width: int, height: int) -> None:
        """Nothing is cut off or left out, nothing scrolls sideways; what is touched is 44 px high."""
        seen = visit(class_room.address, viewport={"width": width, "height": height}, has_touch=width < 1000)
        assert seen.js(
            "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        ) == [*(width, height)]
        boxes = seen.js(
            "const root = document.querySelector('timeline-controls').shadowRoot;"
            "root.querySelector('details').open = true;"
            "const touched = [...root.querySelectorAll('.bar button, .bar select, .bar summary')];"
            "const boxes = touched.map((element) => element.getBoundingClientRect());"
            "return boxes.filter((b) => b.width > 0).map((b) => [b.left, b.right, b.height])"
        )
        assert all(left >= 0 and right <= width for left, right, _ in boxes)
        if width < 1000:
            assert all(tall >= 44 for *_, tall in boxes)
        rows = seen.js(
            "const root = document.querySelector('timeline-controls').shadowRoot;"
            "return [...new Set([...root.querySelectorAll('.bar > button')].map((b) => b.offsetTop))]"
        )
        assert len(rows) == 1
        for name in ("Keyboard shortcuts", "Full screen"):
            box = seen.page.get_by_role("button", name=name).bounding_box()
            assert box
            assert 0 <= box["x"] <= width - box["width"]
        panes = seen.js("return p.getBoundingClientRect().height")
        assert panes >= height * 0.3


class TestForAll:
    def test_the_page_has_a_language_and_landmarks(self, visit: Open, class_room: ClassRoom) -> None:
        """Everything is in its main part; the heading is there on a low screen, too."""
        seen = visit(class_room.address, locale="zh-CN", viewport={"width": 740, "height": 360})
        assert seen.js("return document.documentElement.lang") == "zh"
        assert seen.page.get_by_role("main").get_by_role("heading", level=1).count() == 1

    def test_lanes_are_seen_in_the_colours_that_a_reader_forces(
        self, visit: Open, class_room: ClassRoom
    ) -> None:
        """The system takes backgrounds away that are not its own."""
        seen = visit(class_room.address, forced_colors="active")
        colours = seen.js(
            "const root = document.querySelector('timeline-controls').shadowRoot;"
            "const of = (part) => getComputedStyle(root.querySelector(part)).backgroundColor;"
            "return [of('.bars i'), of('.lanes')]"
        )
        assert colours[0] != colours[1]
        assert colours[0] not in ("transparent", "rgba(0, 0, 0, 0)")

    def test_on_a_phone_held_upright_the_large_picture_has_the_whole_width(
        self, visit: Open, class_room: ClassRoom
    ) -> None:
        """The others are below it."""
        seen = visit(class_room.address, viewport={"width": 360, "height": 740})
        box = seen.page.locator("timeline-player .large").bounding_box()
        assert box
        assert box["width"] > 340


class TestEmbedding:
    def test_the_example_page_plays(self, visit: Open, class_room: ClassRoom, tmp_path: Path) -> None:
        """From a server, with the modules beside it, and says itself who is on."""
        media = class_room.folder.parent / "media"
        write_player(class_room.lesson, tmp_path / "page", media=media, modules=True)
        shutil.copy(EXAMPLE, tmp_path / "page")
        with serving(FolderServer(tmp_path / "page", 0)) as address:
            seen = visit(f"{address}{EXAMPLE.name}")
            seen.wait("p.readyState > 0")
            seen.play()
            seen.wait("p.currentTime > 1")
            assert seen.page.locator("output").inner_text() == "amy, bo, whiteboard"

    def test_the_example_for_vue_plays(self, browser: Browser, class_room: ClassRoom, tmp_path: Path) -> None:
        """With the real Vue; its own button steers the player, and its own text follows it."""
        vue = installed("vue/dist/vue.esm-browser.prod.js")
        media = class_room.folder.parent / "media"
        write_player(class_room.lesson, tmp_path / "page", media=media, modules=True)
        shutil.copy(VUE_EXAMPLE, tmp_path / "page")
        with serving(FolderServer(tmp_path / "page", 0)) as address, browser.new_context() as context:
            context.route("https://unpkg.com/vue@3/dist/**", lambda route: route.fulfill(path=vue))
            seen = Visit(context.new_page(), f"{address}{VUE_EXAMPLE.name}")
            seen.wait("p?.readyState > 0")
            seen.play()
            seen.wait("document.getElementById('app').innerText.includes(' 1 s')")
            assert seen.debug()["tracks"]["camera:amy"]["state"] == "playing"
            seen.page.get_by_role("button", name="half a minute on").click()
            seen.wait("document.getElementById('app').innerText.includes(' 14 s')")
            assert [error for error in seen.errors if "404" not in error] == []  # there is no icon

    def test_a_manifest_handed_over_plays_files_of_a_folder_beside_the_page(
        self, visit: Open, class_room: ClassRoom, tmp_path: Path
    ) -> None:
        """`base` may be relative to the page."""
        media = class_room.folder.parent / "media"
        write_player(class_room.lesson, tmp_path / "tuesday's class", media=media, modules=True)
        page = '<!doctype html><timeline-player></timeline-player><script type="module" src="'
        page += "tuesday's class/timeline-player.js\"></script>"
        (tmp_path / "index.html").write_text(page, encoding="utf-8")
        with serving(FolderServer(tmp_path, 0)) as address:
            seen = visit(address)
            seen.js(
                "await customElements.whenDefined('timeline-player'); p.base = \"tuesday's class/\";"
                "p.manifest = await (await fetch(p.base + 'manifest.json')).json(); await p.play()"
            )
            seen.wait("p.currentTime > 0.3")
            assert seen.debug()["tracks"]["camera:amy"]["state"] == "playing"

    def test_the_player_works_alone(self, visit: Open, class_room: ClassRoom) -> None:
        """Without the skin it is pictures and the surface of a media element."""
        seen = visit(class_room.address)
        seen.js(
            "const manifest = p.manifest; p.closest('timeline-controls').replaceWith(p);"
            "p.style.height = '100vh'; p.manifest = manifest; await p.play()"
        )
        seen.wait("p.currentTime > 1")
        assert seen.js("return [p.duration, p.paused, p.ended, p.seekable.end(0)]") == [14, False, False, 14]
        assert seen.js("p.pause(); return p.paused") is True
        assert seen.errors == []

    @pytest.mark.parametrize("word", ["constructor", "toString", "__proto__", "</script><img src=x>"])
    def test_words_of_a_strangers_manifest_are_words(
        self, visit: Open, class_room: ClassRoom, word: str
    ) -> None:
        """As ids, kinds of gaps and reasons: the class plays on over Bo's gap, and a tooltip tells of it."""
        seen = visit(class_room.address)
        seen.js(
            f"const word = {json.dumps(word)}; const manifest = structuredClone(p.manifest);"
            "for (const track of manifest.tracks) {"
            "  track.id = manifest.audio_tracks[0] = word + track.id;"
            "  for (const one of track.segments) if (one.type === 'gap') one.kind = word;"
            "  if (track.kind === 'whiteboard')"
            "    for (const one of track.segments) Object.assign(one, { 'x-why': word, src: null }); }"
            "p.manifest = manifest; p.currentTime = 3.5; await p.play()"
        )
        seen.wait("p.currentTime > 4.2")
        seen.page.locator("timeline-controls .bars").nth(1).hover()
        assert seen.page.locator("timeline-controls .tip").inner_text()
        assert seen.page.locator("img").count() == 0
        assert seen.errors == []

    def test_a_lesson_of_the_greatest_length_has_a_ruler(self, visit: Open, class_room: ClassRoom) -> None:
        """It has some marks, as any; a mark every so many hours would take for ever to draw."""
        seen = visit(class_room.address)
        seen.js(
            "const manifest = structuredClone(p.manifest); const endMs = Number.MAX_SAFE_INTEGER;"
            "manifest.duration_ms = endMs; manifest.pauses = manifest.sections = [];"
            "const gap = { type: 'gap', start_ms: 0, end_ms: endMs, kind: 'absence' };"
            "for (const track of manifest.tracks) track.segments = [gap];"
            "p.manifest = manifest"
        )
        assert 2 <= seen.page.locator("timeline-controls .slider i").count() <= 9
