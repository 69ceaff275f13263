"""Where a stranger's strings leave: one function for each kind of place.

Every string of a result may be hostile. In a page, a picture, a text file or a terminal it stands only as one
of these wrote it; it never makes a path, a filter graph, a list of files or an argument of a program.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from html import escape
from pathlib import Path
from typing import Any

from timeline.jsontext import json_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_REPLACED = "\ufffd"
_LEAVES_A_SCRIPT = re.compile(r"[<>&']")


def terminal_text(text: str) -> str:
    r"""Return *text* for a terminal or a message: what could steer it or break the line is escaped.

    Example:
        >>> terminal_text("张\x1b[2J")
        '张\\x1b[2J'
    """
    return "".join(c if is_harmless(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def xml_text(text: str) -> str:
    r"""Return *text* for the inside of an element or a quoted attribute of XML, SVG or HTML.

    Characters that XML forbids, and those that could turn the direction of what follows, are replaced.

    Example:
        >>> xml_text("<b>'\x00\u202e")
        '&lt;b&gt;&#x27;��'
    """
    return escape(_replaced(text))


def json_for_html(value: Any) -> str:
    r"""Return *value* as JSON for a ``<script type="application/json">``: nothing in it ends the script.

    Example:
        >>> json_for_html("</script>")
        '"\\u003c/script\\u003e"'
    """
    return _LEAVES_A_SCRIPT.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text(value))


def text_line(text: str) -> str:
    r"""Return *text* as one line of a text file, such as a title of a chapter or of a cue.

    Example:
        >>> text_line("amy\n\nSTYLE")
        'amy��STYLE'
    """
    return _replaced(text)


def csv_cell(value: object) -> str:
    """Return *value* as a cell of CSV (RFC 4180); None is an empty one.

    A text that a spreadsheet would take for a formula has ``'`` before it: user ids are a stranger's.

    Example:
        >>> [csv_cell(value) for value in ("=1+1", "a,b", None, True, 1.5)]
        ["'=1+1", '"a,b"', '', 'true', '1.5']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if isinstance(value, str) and text.startswith(_FORMULA):
        text = f"'{text}"
    # The csv module leaves a lone carriage return bare where lines end with a line feed.
    return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in '",\r\n') else text


def is_harmless(character: str) -> bool:
    r"""Return whether a character may be shown as it is: letters, blanks of all widths, joiners.

    Example:
        >>> [is_harmless(c) for c in ("张", "\u3000", "\u200c", "\u202e", "\x1b")]
        [True, True, True, False, False]
    """
    return character.isprintable() or character in "\u200c\u200d" or unicodedata.category(character) == "Zs"


def file_name(path: Path) -> str:
    """Return the last part of *path* for a message: as UTF-8 can write it, and harmless."""
    return terminal_text(path_text(Path(path.name)))


def path_text(path: Path) -> str:
    """Return *path* as UTF-8 can write it: a file's name may be any bytes."""
    return os.fsencode(path).decode("utf-8", "replace")


def is_utf8(path: Path) -> bool:
    """Return whether a path can be written as UTF-8."""
    return path_text(path) == os.fspath(path)


def show(value: object) -> str:
    """Return a stranger's *value* in at most 40 harmless characters, for a message.

    Example:
        >>> show("amy"), show([1]), show(None), show(1.5)
        ("'amy'", 'a list', 'null', '1.5')
    """
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and math.isinf(value):
        return "a number beyond all bounds"
    text, quote = (terminal_text(value[:41]), "'") if isinstance(value, str) else (str(value), "")
    return f"{quote}{text if len(text) <= 38 else text[:35] + '...'}{quote}"


def _replaced(text: str) -> str:
    return "".join(c if is_harmless(c) else _REPLACED for c in text)
