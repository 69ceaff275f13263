"""The replay page in a real browser, across a pause, a gap and a seam: what is seen, and how well in sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import BOARD, CAMERA, SCREEN, Lesson, Studio
from tests.player.browsing import FPS, Visit, opened_browser, share, skews_ms
from timeline.export.page import write_player

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with opened_browser() as started:
        yield started


@pytest.fixture(scope="module")
def class_folder(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a class of 14 s: a pause at 6 s, a seam in Amy's camera at 9 s, Bo away from 3 s to 5 s."""
    lesson = Lesson(tmp_path_factory.mktemp("class") / "lesson", studio, pause_s=60)
    parts: list[tuple[int, str, list[tuple[int, int]], dict[str, object]]] = [
        (CAMERA, "amy", [(0, 6000), (6000, 9000), (9020, 14_000)], {}),
        (CAMERA, "bo", [(500, 3000), (5000, 6000), (6000, 12_000)], {}),
        (SCREEN, "amy", [(6000, 14_000)], {"size": (480, 270)}),
        (BOARD, "", [(0, 6000), (6000, 14_000)], {"sound": False}),
    ]
    for kind, user, spans, facts in parts:
        for start_ms, end_ms in spans:
            lesson.add(kind, user, start_ms, end_ms - start_ms, fps=FPS, **facts)
    return write_player(lesson.load(), lesson.folder / "page", media=lesson.media).page.parent


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page from disk, or at an address, with options of a browser's context."""
    contexts = []

    def opened(place: Path | str, **options: object) -> Visit:
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "UTC"}
        context = browser.new_context(**(settings | options))  # type: ignore[arg-type]
        contexts.append(context)
        return Visit(context.new_page(), (place / "index.html").as_uri() if isinstance(place, Path) else place)

    yield opened
    for context in contexts:
        context.close()
