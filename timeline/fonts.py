"""Which font can show a name, and what is shown where none can.

A font named by the caller or by ``TIMELINE_FONT`` comes first, then DejaVu Sans (matplotlib brings it; Latin,
Greek, Cyrillic, Hebrew, Arabic and more), then the system's fonts, then the fonts of the extra ``[fonts]``.
A text that no single font covers is never drawn with boxes.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

from timeline.errors import ParameterError
from timeline.findings import Finding, finding
from timeline.model import Timeline

ENVIRONMENT_VARIABLE = "TIMELINE_FONT"
MAX_NAME_CHARACTERS = 40

_PREFERRED = ("notosanscjk", "notosanssc", "sourcehansans", "wenquanyi", "wqy", "droidsansfallback",
              "microsoftyahei", "msyh", "pingfang", "hiraginosans", "simhei", "arialunicode")  # fmt: skip
_PACKAGED = (("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),)


@dataclass(frozen=True, slots=True)
class Names:
    """Names that can be drawn.

    Attributes:
        by_track: What to write, by track id.
        findings: Names that no font can show.
    """

    by_track: dict[str, str]
    findings: tuple[Finding, ...]


def readable_names(timeline: Timeline, font: str | os.PathLike[str] | None = None) -> Names:
    """Return a drawable name for each track: its label, or a short ASCII id where no font can show that.

    Raises:
        ParameterError: *font* is named and is no font.
    """
    by_track: dict[str, str] = {}
    findings: dict[str, Finding] = {}
    for track in timeline.tracks:
        label = display_text(track.label)
        if label and find_font(label, font) is not None:
            by_track[track.id] = label
            continue
        by_track[track.id] = short = _ascii_id(track.user_id or track.kind)
        findings.setdefault(
            track.label,
            finding(
                "glyph_missing",
                f"no font at hand can show the name {label!r}; {short!r} is shown instead; install one with: "
                f"pip install 'class-timeline[fonts]', or name one by --font or {ENVIRONMENT_VARIABLE}",
                where=track.id,
            ),
        )
    return Names(by_track, tuple(findings.values()))


def display_text(text: str, most: int = MAX_NAME_CHARACTERS) -> str:
    """Return *text* fit for drawing: composed, without control and format characters, cut with "…"."""
    plain = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def find_font(text: str, font: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the first font file that covers all of *text*, or None.

    Args:
        text: What is to be drawn.
        font: A font file to try first; by default the one in ``TIMELINE_FONT``, if set.

    Raises:
        ParameterError: The named font cannot be read.
    """
    needed = frozenset(text) - {" "}
    named = os.fspath(font) if font else os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        if not _coverage(named):
            raise ParameterError(f"{named}: is no font that can be read; name a .ttf, .otf or .ttc file")
        if needed <= _coverage(named):
            return Path(named)
    return _find_unnamed(needed)


@functools.lru_cache(maxsize=4096)
def _find_unnamed(needed: frozenset[str]) -> Path | None:
    return next((path for path in _candidates() if needed <= _coverage(str(path))), None)


def _candidates() -> Iterator[Path]:
    dejavu = _package_file("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf")
    if dejavu:
        yield dejavu
    yield from _system_fonts()
    for module, name in _PACKAGED:
        path = _package_file(module, name)
        if path:
            yield path


@functools.cache
def _system_fonts() -> tuple[Path, ...]:
    from matplotlib.font_manager import findSystemFonts

    def rank(path: Path) -> tuple[int, str]:
        name = path.stem.lower().replace("-", "").replace(" ", "").replace("_", "")
        known = [number for number, start in enumerate(_PREFERRED) if name.startswith(start)]
        return (min(known, default=len(_PREFERRED)), str(path))

    return tuple(sorted((Path(name) for name in findSystemFonts()), key=rank))


def _package_file(module: str, name: str) -> Path | None:
    """Return a file of an installed package without importing that package."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / name
    return path if path.is_file() else None


@functools.cache
def _coverage(path: str) -> frozenset[str]:
    """Return the characters that a font has; empty where it cannot be read."""
    try:
        with open(path, "rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except (OSError, TTLibError, KeyError, ValueError, AssertionError, struct.error):
        return frozenset()


def _ascii_id(text: str) -> str:
    if text.strip() and text.isascii() and text.isprintable() and len(text) <= 24:
        return text
    return "user-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
