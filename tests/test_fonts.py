"""Names that can be drawn, and the fonts that draw them."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.conftest import BOARD, CAMERA, lesson_of, result_text, row
from timeline import fonts
from timeline.errors import ParameterError
from timeline.findings import Severity
from timeline.fonts import MAX_NAME_CHARACTERS, display_text, find_font, readable_names
from timeline.model import Timeline
from timeline.roster import Person, Roster

CHINESE = "王小明老师"
UNKNOWN = "\U0001312f\U00013080"
"""Egyptian hieroglyphs: no font at hand has them."""


@pytest.fixture(autouse=True)
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is packaged counts, on every machine."""
    monkeypatch.setattr(fonts, "_system_fonts", lambda: ())
    fonts._find_unnamed.cache_clear()


def has(path: Path, text: str) -> bool:
    """Whether a font has every character of a text."""
    with TTFont(path, fontNumber=0) as font:
        return {ord(c) for c in text} <= set(font.getBestCmap())


def named(name: str, user: str = "amy") -> Timeline:
    """A lesson of one user whom the roster calls *name*."""
    text = result_text([row(CAMERA, user, 0, 1000)])
    return timeline.loads(text, roster=Roster({user: Person(user, name, None)}))


@pytest.fixture
def small_font(tmp_path: Path) -> Path:
    """A font that has the letters of "amy bo" and nothing else."""
    source = find_font("amy")
    assert source is not None
    with TTFont(source) as font:
        cutter = subset.Subsetter()
        cutter.populate(text="amy bo")
        cutter.subset(font)
        font.save(tmp_path / "small.ttf")
    return tmp_path / "small.ttf"


class TestFind:
    @pytest.mark.parametrize("text", ["amy", "Ünïcödé", "Ελένη", "Наташа", "محمد", "דוד", "…"])
    def test_most_alphabets_are_in_the_font_that_is_always_there(self, text: str) -> None:
        """DejaVu comes with matplotlib."""
        path = find_font(text)
        assert path is not None
        assert path.name == "DejaVuSans.ttf"
        assert has(path, text)

    @pytest.mark.parametrize("text", [CHINESE, "林老师 Lin", "课堂…", "繁體中文", "、。「」"])
    def test_chinese_is_in_the_packaged_font(self, text: str) -> None:
        """No system font is needed."""
        path = find_font(text)
        assert path is not None
        assert path.name == "NotoSansSC-Regular.otf"
        assert has(path, text)

    def test_what_no_font_has_is_none(self) -> None:
        """Rather than boxes."""
        assert find_font(UNKNOWN) is None
        assert find_font("amy" + UNKNOWN) is None

    def test_the_named_font_is_tried_first(self, small_font: Path) -> None:
        """Where it lacks something, the others come."""
        assert find_font("amy bo", small_font) == small_font
        other = find_font("zoe", small_font)
        assert other is not None
        assert other.name == "DejaVuSans.ttf"

    def test_the_environment_names_a_font_and_the_option_goes_before_it(
        self, small_font: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """TIMELINE_FONT."""
        monkeypatch.setenv("TIMELINE_FONT", str(small_font))
        assert find_font("amy") == small_font
        other = tmp_path / "other.ttf"
        shutil.copyfile(small_font, other)
        assert find_font("amy", other) == other

    @pytest.mark.parametrize(
        "content", [b"", b"no font", b"\x00\x01\x00\x00" + b"\xff" * 60, b"OTTO\x00\x10" * 9]
    )
    def test_a_font_that_cannot_be_read_is_one_clear_error(self, tmp_path: Path, content: bytes) -> None:
        """With its name."""
        path = tmp_path / "bad.ttf"
        path.write_bytes(content)
        with pytest.raises(ParameterError, match=r"bad\.ttf: is no font"):
            find_font("amy", path)
        with pytest.raises(ParameterError):
            readable_names(named("Amy"), path)

    def test_a_font_that_is_not_there_is_one_clear_error(self, tmp_path: Path) -> None:
        """A folder is no font either."""
        for path in (tmp_path / "none.ttf", tmp_path):
            with pytest.raises(ParameterError, match="is no font"):
                find_font("amy", path)

    @pytest.mark.parametrize("share", [step / 40 for step in range(40)])
    def test_a_font_that_breaks_off_is_an_error_or_is_usable(self, tmp_path: Path, share: float) -> None:
        """Wherever it ends: nothing but `ParameterError` comes out, and what is accepted can be drawn."""
        from PIL import ImageFont

        source = find_font("amy")
        assert source is not None
        data = source.read_bytes()
        path = tmp_path / f"cut{share}.ttf"
        path.write_bytes(data[: int(len(data) * share)])
        try:
            found = find_font("amy", path)
        except ParameterError:
            return
        assert found is not None
        ImageFont.truetype(str(found), 20).getlength("amy")


class TestNames:
    def test_a_label_that_can_be_drawn_is_shown(self) -> None:
        """No finding."""
        for name in (CHINESE, "Amy", "O'Brien: 100% <b>", "$$", "_a_$x$", "محمد"):
            names = readable_names(named(name))
            assert names.by_track == {"camera:amy": name}
            assert names.findings == ()

    def test_a_name_without_a_font_is_a_finding_and_a_short_id(self) -> None:
        """The user id is ASCII, so it is that."""
        names = readable_names(named(UNKNOWN))
        assert names.by_track == {"camera:amy": "amy"}
        (item,) = names.findings
        assert (item.code, item.severity, item.where) == ("glyph_missing", Severity.WARNING, "camera:amy")
        assert "--font" in item.message
        assert "class-timeline[fonts]" in item.message

    @pytest.mark.parametrize("user", [UNKNOWN, "a" * 20 + UNKNOWN, UNKNOWN * 100])
    def test_a_user_id_without_a_font_becomes_a_short_ascii_id(self, user: str) -> None:
        """Always the same one for one user, and another for another."""
        (name,) = readable_names(lesson_of(row(CAMERA, user, 0, 1000))).by_track.values()
        (again,) = readable_names(lesson_of(row(CAMERA, user, 5, 1000))).by_track.values()
        (other,) = readable_names(lesson_of(row(CAMERA, user + "x", 0, 1000))).by_track.values()
        assert name.isascii()
        assert name.isprintable()
        assert 0 < len(name) <= 24
        assert name == again != other

    @pytest.mark.parametrize("user", ["\u200b", "\u202e", "\x01\x02", " ", "\t\n", "\u3000", "\ufeff"])
    def test_a_name_of_which_nothing_is_to_be_seen_becomes_a_short_id(self, user: str) -> None:
        """Somebody is there, so something is written."""
        for name in readable_names(lesson_of(row(CAMERA, user, 0, 1000))).by_track.values():
            assert name.strip()
            assert name.isascii()

    def test_one_user_with_two_tracks_is_one_finding(self) -> None:
        """Camera and screen."""
        lesson = lesson_of(row(CAMERA, UNKNOWN, 0, 9), row(1, UNKNOWN, 0, 9, "b.mp4"))
        names = readable_names(lesson)
        assert len(names.findings) == 1
        assert len(names.by_track) == 2

    def test_a_whiteboard_is_called_by_its_kind(self) -> None:
        """It has no user."""
        assert readable_names(lesson_of(row(BOARD, "", 0, 9))).by_track == {"whiteboard": "whiteboard"}

    @given(name=st.text(min_size=1, max_size=300))
    def test_every_name_gives_something_that_one_font_covers(self, name: str) -> None:
        """Whatever people call themselves."""
        lesson = named(name)
        for text in readable_names(lesson).by_track.values():
            assert text.strip()
            assert len(text) <= MAX_NAME_CHARACTERS
            path = find_font(text)
            assert path is not None
            assert has(path, text.replace(" ", ""))


class TestDisplayText:
    @given(text=st.text(max_size=400))
    def test_it_is_one_short_line_without_control_characters(self, text: str) -> None:
        """Composed, and its own display text."""
        shown = display_text(text)
        assert len(shown) <= MAX_NAME_CHARACTERS
        assert not [c for c in shown if unicodedata.category(c)[0] == "C" or c in "\n\r\t\u2028\u2029"]
        assert shown == shown.strip()
        assert unicodedata.is_normalized("NFC", shown)
        assert display_text(shown) == shown

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("a\nb\r\n c\t", "a b c"),
            ("a\x00\x1b[31mb", "a[31mb"),
            ("\u202eevil\u202c", "evil"),
            ("x" * 300, "x" * 39 + "…"),
            ("e\u0301", "é"),
            ("\ud800a", "a"),
            ("$a$", "$a$"),
        ],
    )
    def test_examples(self, text: str, shown: str) -> None:
        """Breaks become blanks; what steers and what nobody sees goes."""
        assert display_text(text) == shown
