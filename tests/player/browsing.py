"""A real browser, and what a replay page shows in it.

The browser is the system's Chromium. Where there is none the tests are skipped, unless ``TIMELINE_BROWSER``
is ``required``, as in CI.
"""

from __future__ import annotations

import io
import os
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

from tests.coded_media import FrameCode, read_code

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
FPS = 30
PLAYER = "document.querySelector('timeline-player')"


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Start Chromium; skip the tests where it is not installed."""
    if CHROMIUM is None:
        why = "no chromium in the PATH: the replay page is not tested in a browser"
        if os.environ.get("TIMELINE_BROWSER") == "required":
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    """Serve while inside; give the address."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Visit:
    """One page that is open, and all that went wrong on it: errors, complaints, requests."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._on_console)
        page.on("dialog", self._on_dialog)
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(address)

    def _on_console(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(said.text)

    def _on_dialog(self, dialog: Dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def js(self, code: str) -> Any:
        """Run JavaScript; ``p`` is the player."""
        return self.page.evaluate(f"async () => {{ const p = {PLAYER}; {code} }}")

    def wait(self, condition: str, timeout_ms: int = 15_000) -> None:
        """Wait until JavaScript is true; ``p`` is the player."""
        self.page.wait_for_function(
            f"() => {{ const p = {PLAYER}; return {condition} }}", timeout=timeout_ms, polling=20
        )

    def debug(self) -> dict[str, Any]:
        """Return the player's figures of this moment, with its tracks by id."""
        found: dict[str, Any] = self.js("return p.debug()")
        return found | {"tracks": {track["id"]: track for track in found["tracks"]}}

    def play(self) -> None:
        """Press the large button."""
        self.page.locator("timeline-controls .big").click()

    def seek(self, at_ms: int) -> float:
        """Seek, wait until the picture is there, and return how long that took, ms."""
        took: float = self.js(
            f"const since = performance.now(); p.currentTime = {at_ms / 1000};"
            "await new Promise((done) => p.addEventListener('seeked', done, { once: true }));"
            "return performance.now() - since"
        )
        return took

    def watch(self) -> None:
        """Begin to take samples, 20 a second."""
        self.js(
            "window.samples = []; clearInterval(window.watching);"
            "window.watching = setInterval(() => window.samples.push(p.debug()), 50)"
        )

    def samples(self) -> list[dict[str, Any]]:
        """Return the samples, each with its tracks by id."""
        found = self.js("clearInterval(window.watching); return window.samples")
        return [sample | {"tracks": {track["id"]: track for track in sample["tracks"]}} for sample in found]

    def shown(self) -> tuple[float, float, dict[str, FrameCode | None]]:
        """Return clock times before and after a look at the screen, and the code that each pane shows."""
        self.js("p.shadowRoot.querySelectorAll('.name').forEach((name) => (name.style.display = 'none'))")
        places = self.js(
            "const rows = [...p.shadowRoot.querySelectorAll('.pane')];"
            "return rows.map((pane, n) => { const box = pane.getBoundingClientRect();"
            "const video = [...pane.querySelectorAll('video')].find((v) => !v.hidden);"
            "return { id: p.manifest.tracks[n].id, box: [box.x, box.y, box.width, box.height],"
            "size: video ? [video.videoWidth, video.videoHeight] : null } })"
        )
        before_ms = self.js("return p.currentTime * 1000")
        picture = self.page.screenshot(type="png")
        after_ms = self.js("return p.currentTime * 1000")
        image = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
        codes = {
            place["id"]: read_code(image, tuple(place["box"]), tuple(place["size"]))
            if place["size"]
            else None
            for place in places
        }
        return before_ms, after_ms, codes


def skews_ms(samples: list[dict[str, Any]]) -> list[float]:
    """Return how far apart the streams that play are, in each sample with two or more."""
    errors = [
        [track["errorMs"] for track in sample["tracks"].values() if track["isMoving"]] for sample in samples
    ]
    return [max(some) - min(some) for some in errors if len(some) > 1]


def share(values: list[float], percent: int) -> float:
    """Return the value that so many percent do not exceed."""
    return statistics.quantiles(values, n=100)[percent - 1]
