"""Strings of a stranger in the places where they may stand, read back by what reads those places."""

from __future__ import annotations

import html.parser
import json
import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile_names import NAMES
from timeline.sinks import is_harmless, json_for_html, terminal_text, text_line, xml_text

ANY_TEXT = st.one_of(st.sampled_from(NAMES), st.text())
FORMATS_THAT_STAY = "\u200c\u200d"


def steers(character: str) -> bool:
    """Return whether a character is a control, a format, or a break of line or paragraph, but for joiners."""
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in FORMATS_THAT_STAY


class Script(html.parser.HTMLParser):
    """Gathers the tags of a page, and what its scripts hold."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.held = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.held += data


@given(ANY_TEXT)
def test_a_terminal_sees_one_line_that_steers_nothing(text: str) -> None:
    shown = terminal_text(text)
    assert not any(map(steers, shown))
    assert shown.splitlines() in ([shown], [])
    if not any(map(steers, text)):
        assert shown == text


@given(ANY_TEXT)
def test_a_line_of_a_text_file_is_one_line_of_as_many_characters(text: str) -> None:
    line = text_line(text)
    assert not any(map(steers, line))
    assert len(line) == len(text)
    assert all(new in (old, "\ufffd") for new, old in zip(line, text, strict=True))
    line.encode()


@given(ANY_TEXT)
def test_xml_holds_the_text_in_an_element_and_in_an_attribute(text: str) -> None:
    """As an XML parser reads it; what XML forbids is replaced, everything else is there."""
    written = xml_text(text)
    root = ET.fromstring(f"<a b=\"{written}\" c='{written}'>{written}</a>")
    assert list(root) == []
    assert (root.text or "") == root.get("b") == root.get("c") == text_line(text)


@given(ANY_TEXT)
def test_html_holds_the_text_and_no_other_tag(text: str) -> None:
    page = Script()
    page.feed(f"<p>{xml_text(text)}</p>")
    page.close()
    assert (page.tags, page.held) == (["p"], text_line(text))


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=5))
def test_json_inside_a_page_is_the_same_value_and_never_ends_its_script(value: object) -> None:
    written = json_for_html(value)
    assert json.loads(written) == value
    assert not set("<>&'\u2028\u2029") & set(written)
    page = Script()
    page.feed(f'<script type="application/json">{written}</script>')
    page.close()
    assert (page.tags, page.held) == (["script"], written)


@pytest.mark.parametrize("character", ["a", "张", "é", "ع", "\u3000", "\u00a0", "\u200d"])
def test_letters_blanks_and_joiners_stay(character: str) -> None:
    assert is_harmless(character)
    assert terminal_text(character) == text_line(character) == xml_text(character) == character
