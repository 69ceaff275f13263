"""The replay page where it is hard: figures of sync, stalling servers, many people, hours."""

from __future__ import annotations

import functools
import itertools
import json
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser

import timeline
from tests.conftest import BOARD, CAMERA, Studio, row
from tests.player.browsing import Visit, opened_browser, serving, share, skews_ms
from tests.test_player_browser import ClassRoom, Open, class_room, edges_ms, expected, visit
from timeline.export.page import write_player
from timeline.serving import FolderServer

__all__ = ["class_room", "visit"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with opened_browser() as started:
        yield started


class OpenHandler(SimpleHTTPRequestHandler):
    """Gives files to pages from anywhere, as a media store does."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def open_server(folder: Path) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(OpenHandler, directory=str(folder)))


class StallingServer(FolderServer):
    """Takes requests for one file and never answers, until it is told to."""

    def __init__(self, folder: Path, stalled: str) -> None:
        super().__init__(folder, 0)
        self.stalled, self.released = stalled, threading.Event()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Look at the first line before anybody answers."""
        head = request.recv(4096, 2)  # MSG_PEEK
        if self.stalled in head.partition(b"\r\n")[0].decode("latin-1"):
            self.released.wait(60)
        super().finish_request(request, client_address)


@pytest.mark.parametrize(("rate", "half_ms", "most_ms"), [(1, 15, 45), (2, 45, 100)])
def test_streams_stay_together(
    rate: int, half_ms: int, most_ms: int, visit: Open, class_room: ClassRoom
) -> None:
    """At 1x half of all looks find them within 15 ms, 95 of 100 within 45 ms; at 2x within 45 and 100 ms.

    No seek is needed. A machine that is busy with other things may need a second and a third run.
    """
    measured = []
    for _ in range(3):
        seen = visit(class_room.address)
        seen.js(f"p.playbackRate = {rate}")
        seen.watch()
        seen.play()
        seen.wait("p.ended", 60_000)
        samples = seen.samples()
        skews = [skew_ms / rate for skew_ms in skews_ms(samples)]
        measured.append((share(skews, 50), share(skews, 95), samples[-1]["hardSeeks"]))
        if all(found <= limit for found, limit in zip(measured[-1], (half_ms, most_ms, 0), strict=True)):
            return
    pytest.fail(f"p50, p95 (ms) and seeks of three runs: {measured}")


def test_a_seek_brings_the_picture_within_700_ms(visit: Open, class_room: ClassRoom) -> None:
    """In 95 of 100 seeks, over the whole class, in all directions."""
    seen = visit(class_room.address)
    took_ms = [seen.seek(at_ms * 3700 % 14_000) for at_ms in range(30)]
    assert share(took_ms, 95) <= 700, sorted(took_ms)


def test_at_twice_the_speed_every_pane_shows_its_file(visit: Open, class_room: ClassRoom) -> None:
    """Across the pause, the gap and the seam."""
    seen = visit(class_room.address)
    seen.js("p.playbackRate = 2")
    seen.watch()
    seen.play()
    seen.wait("p.ended", 60_000)
    edges = edges_ms(class_room.lesson)
    looked_at = 0
    for sample in seen.samples():
        at_ms = sample["atMs"]
        if sample["phase"] != "playing" or any(abs(at_ms - edge_ms) < 300 for edge_ms in edges):
            continue
        looked_at += 1
        for track_id, track in sample["tracks"].items():
            right = expected(class_room.lesson, track_id, at_ms)
            assert track["shown"] == (right and right[0]), (at_ms, track_id)
    assert looked_at > 40


def test_a_file_that_never_comes_is_waited_for_five_seconds(visit: Open, class_room: ClassRoom) -> None:
    """Then the class goes on, the pane says so, and once the file comes it joins in sync."""
    (name,) = (path.name for path in (class_room.folder / "media").glob("0003_*"))  # bo, 0:00.5
    server = StallingServer(class_room.folder, name)
    with serving(server) as address:
        seen = visit(address)
        seen.watch()
        seen.play()
        began_s = time.monotonic()
        seen.wait("p.stateOf('camera:bo') === 'late'", 60_000)
        assert time.monotonic() - began_s > 5
        waited = list(
            itertools.takewhile(
                lambda sample: sample["tracks"]["camera:bo"]["state"] != "late", seen.samples()
            )
        )
        assert 450 < waited[-1]["atMs"] == max(sample["atMs"] for sample in waited) < 700
        seen.wait("p.currentTime > 1.5")
        assert (
            seen.page.locator("timeline-player .late .card span")
            .inner_text()
            .startswith("The file is not loading")
        )
        server.released.set()
        seen.wait("p.stateOf('camera:bo') === 'playing'")
        seen.js("p.pause()")
        seen.wait("Math.abs(p.debug().tracks.find(({ id }) => id === 'camera:bo').errorMs) < 45")


def write_noise(path: Path) -> None:
    """Write 24 s of snow: more seconds and more megabytes than a browser reads ahead."""
    snow = np.random.default_rng(1).integers(0, 256, (4, 360, 640, 3), np.uint8)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as output:
        video = output.add_stream("libx264", rate=15)
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        video.options = {"preset": "ultrafast", "qp": "18", "bf": "0"}
        for number in range(24 * 15):
            output.mux(video.encode(av.VideoFrame.from_ndarray(snow[number % 4])))
        output.mux(video.encode(None))


def test_more_videos_than_a_browser_has_connections_play_from_a_server(visit: Open, tmp_path: Path) -> None:
    """Eight people at once, each in a file of more megabytes than a browser reads ahead."""
    (tmp_path / "media").mkdir()
    write_noise(tmp_path / "noise.mp4")
    assert (tmp_path / "noise.mp4").stat().st_size > 40 << 20
    rows = [row(CAMERA, f"u{number}", 0, 24_000, f"{number}.mp4") for number in range(8)]
    for number in range(8):
        (tmp_path / "media" / f"{number}.mp4").hardlink_to(tmp_path / "noise.mp4")
    lesson = timeline.loads(json.dumps({"start_time": 1, "stop_time": 25, "video_info": rows}))
    page = write_player(lesson, tmp_path / "page", media=tmp_path / "media").page
    with serving(FolderServer(page.parent, 0)) as address:
        seen = visit(address)
        seen.play()
        seen.wait("p.currentTime > 1", 60_000)
        assert {track["state"] for track in seen.debug()["tracks"].values()} == {"playing"}


def test_three_hours_of_forty_people_open_at_once_and_scroll_smoothly(
    visit: Open, studio: Studio, tmp_path: Path
) -> None:
    """2000 clips: open within a second, and while the lanes are scrolled no frame takes long.

    Told is what the page's own thread worked, which a machine that is busy with other things does not change.
    """
    clip = studio.file(code=1, duration_ms=2000, fps=15, tone_hz=500)
    hours_ms, each_ms = 3 * 3_600_000, 200_000
    rows = [
        row(
            CAMERA if user else BOARD,
            f"user {user}",
            start * 216_000 + user * 400,
            each_ms,
            f"{user}_{start}.mp4",
        )
        for user in range(40)
        for start in range(50)
    ]
    (tmp_path / "media").mkdir()
    for each in rows:
        (tmp_path / "media" / each["video_url"].rpartition("/")[2]).hardlink_to(clip)
    document = {"start_time": 1, "stop_time": 1 + hours_ms // 1000, "video_info": rows}
    page = write_player(
        timeline.loads(json.dumps(document)), tmp_path / "page", media=tmp_path / "media"
    ).page
    seen = visit(page.parent)
    tools = seen.page.context.new_cdp_session(seen.page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked_ms() -> float:
        told = tools.send("Performance.getMetrics")["metrics"]
        return 1000 * float({metric["name"]: metric["value"] for metric in told}["TaskDuration"])

    seen.page.reload()
    seen.js("await new Promise(requestAnimationFrame)")
    opened_ms = worked_ms()
    scrolled_px = seen.js(
        "const lanes = document.querySelector('timeline-controls').shadowRoot.querySelector('.lanes');"
        "for (let step = 0; step < 60; step += 1) {"
        "lanes.scrollTop = step * 20; await new Promise(requestAnimationFrame) }"
        "return lanes.scrollTop"
    )
    frame_ms = (worked_ms() - opened_ms) / 60
    assert seen.page.locator("timeline-controls .bars i").count() == 2000
    assert 1 < opened_ms < 1000
    assert scrolled_px > 500
    assert 0.1 < frame_ms < 16


def test_a_remote_page_plays_its_origins_and_no_other(
    visit: Open, class_room: ClassRoom, tmp_path: Path
) -> None:
    """Links of the result play from their server; a video of another server is refused by the policy."""
    names = sorted(path.name for path in (class_room.folder / "media").iterdir())
    with (
        serving(open_server(class_room.folder)) as address,
        serving(open_server(class_room.folder)) as other,
    ):
        rows = [row(CAMERA, "amy", 0, 6000) | {"video_url": f"{address}media/{names[0]}"}]
        lesson = timeline.loads(json.dumps({"start_time": 1, "stop_time": 7, "video_info": rows}))
        seen: Visit = visit(write_player(lesson, tmp_path / "page", remote=True).page.parent)
        seen.play()
        seen.wait("p.currentTime > 1")
        assert seen.debug()["tracks"]["camera:amy"]["state"] == "playing"
        refused = seen.js(
            f"const video = document.createElement('video'); video.src = '{other}media/{names[0]}';"
            "return await new Promise((done) => (video.onerror = () => done(video.error.code)))"
        )
        assert refused == 4
        assert not [request for request in seen.requests if request.startswith(other)]
