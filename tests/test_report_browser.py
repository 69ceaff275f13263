"""The report in a real browser: its language is chosen without a script, it fits a phone, and it prints."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.builders import lesson, row
from tests.player.browsing import Visit, opened_browser
from tests.talk_lessons import class_of_four, heard
from timeline.analysis.measure import measure_lesson
from timeline.report.page import write_report

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all tests."""
    with opened_browser() as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a class that was heard."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    read = class_of_four()
    write_report(read, heard(read), path)
    return path


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page from disk, without JavaScript, as it needs none."""
    contexts = []

    def open_page(path: Path, **options: Any) -> Visit:
        settings: dict[str, Any] = {"java_script_enabled": False, "viewport": DESK}
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        return Visit(context.new_page(), path.as_uri())

    yield open_page
    for context in contexts:
        context.close()


def test_one_language_is_seen_and_the_other_chosen(visit: Open, report: Path) -> None:
    """By a click and by the keyboard, where no script runs."""
    page = visit(report).page
    english, chinese = (
        page.get_by_text("Who was on camera", exact=True),
        page.get_by_text("谁开了摄像头", exact=True),
    )

    assert (english.is_visible(), chinese.is_visible()) == (True, False)
    page.get_by_text("中文", exact=True).click()
    assert (english.is_visible(), chinese.is_visible()) == (False, True)
    page.keyboard.press("ArrowLeft")
    assert (english.is_visible(), chinese.is_visible()) == (True, False)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_of_the_other_language_is_left(visit: Open, report: Path, language: str) -> None:
    """In all that is seen."""
    page = visit(report).page
    page.locator(f"label[for=language-{language}]").click()
    seen = page.locator("main").inner_text()

    assert bool(re.search("[\u4e00-\u9fff]", seen)) is (language == "zh")
    assert ("What this page can and cannot say" in seen) is (language == "en")


def test_nothing_is_asked_for_and_nothing_goes_wrong(visit: Open, report: Path) -> None:
    """The page is its only request, and its policy stops nothing of it."""
    found = visit(report, java_script_enabled=True)

    assert found.requests == [report.as_uri()]
    assert found.errors == []


@pytest.mark.parametrize("view", [PHONE, DESK])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits(visit: Open, report: Path, view: dict[str, int], language: str) -> None:
    """The page is never wider than the screen; wide tables scroll by themselves."""
    page = visit(report, viewport=view, java_script_enabled=True).page
    page.locator(f"label[for=language-{language}]").click()

    assert page.evaluate("document.documentElement.scrollWidth") <= view["width"]


def test_long_names_fit_a_phone(visit: Open, tmp_path: Path) -> None:
    """Even those without a blank."""
    read = lesson(row("x" * 300), row("張" * 300), room_id="r" * 300)
    write_report(read, measure_lesson(read, lesson_id="l" * 300), tmp_path / "report.html")
    page = visit(tmp_path / "report.html", viewport=PHONE, java_script_enabled=True).page

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_axis_labels_do_not_touch(visit: Open, report: Path) -> None:
    """On a phone as on a desk."""
    for view in (PHONE, DESK):
        page = visit(report, viewport=view, java_script_enabled=True).page
        for axis in page.locator("svg.axis").all():
            boxes = [box for text in axis.locator("text").all() if (box := text.bounding_box())]
            ends = [(box["x"], box["x"] + box["width"]) for box in boxes if box["width"]]
            assert len(ends) > 1
            assert all(before[1] < after[0] for before, after in itertools.pairwise(ends))


def test_it_is_dark_in_the_dark_and_light_on_paper(visit: Open, report: Path) -> None:
    """Whatever the screen is."""
    page = visit(report, color_scheme="dark", java_script_enabled=True).page
    colour = "getComputedStyle(document.body).backgroundColor"

    assert page.evaluate(colour) == "rgb(20, 23, 28)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"


def test_it_prints_on_a4(visit: Open, report: Path) -> None:
    """As vectors, and nothing is cut off at the right: at the width of the paper all tables fit."""
    page = visit(report, viewport={"width": 688, "height": 1000}, java_script_enabled=True).page
    pdf = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")

    assert re.search(rb"/MediaBox \[0 0 59[45]\S* 84[12]\S*\]", pdf)
    wide = "[...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth + 1).length"
    assert page.evaluate(wide) == 0
    names = "[...document.querySelectorAll('td.name, th.name')].map((e) => e.clientWidth)"
    assert min(page.evaluate(names)) > 60
