"""JSON as text that is safe to print: what could steer a terminal is escaped, letters of all scripts stay."""

from __future__ import annotations

import json
import math
import os
import re
import unicodedata
from pathlib import Path
from typing import Any

from pydantic_core import to_json

# Controls that JSON leaves as they are: DEL and C1, direction marks, invisible formats, tags.
_UNSAFE = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def json_text(value: Any) -> str:
    r"""Return *value* as indented JSON without a final newline.

    Example:
        >>> json_text({"name": "张\u202e"})
        '{\n "name": "张\\u202e"\n}'
    """
    text = to_json(value, indent=1).decode()
    return text if text.isascii() and "\x7f" not in text else _UNSAFE.sub(_escaped, text)


def ascii_json(text: str) -> str:
    r"""Return JSON text with every letter beyond ASCII escaped; it means the same.

    Example:
        >>> ascii_json('"张"')
        '"\\u5f20"'
    """
    return _BEYOND_ASCII.sub(_escaped, text)


def is_harmless(character: str) -> bool:
    r"""Return whether a character may be shown as it is: letters, blanks of all widths, joiners.

    Example:
        >>> [is_harmless(c) for c in ("张", "\u3000", "\u200c", "\u202e", "\x1b")]
        [True, True, True, False, False]
    """
    return character.isprintable() or character in "\u200c\u200d" or unicodedata.category(character) == "Zs"


def harmless(text: str) -> str:
    r"""Return *text* without characters that could steer a terminal or break a line.

    Example:
        >>> harmless("张\x1b[2J")
        '张\\x1b[2J'
    """
    return "".join(c if is_harmless(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def file_name(path: Path) -> str:
    """Return the last part of *path* for a message: as UTF-8 can write it, and harmless."""
    return harmless(os.fsencode(path.name).decode("utf-8", "replace"))


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
    text, quote = (harmless(value[:41]), "'") if isinstance(value, str) else (str(value), "")
    return f"{quote}{text if len(text) <= 38 else text[:35] + '...'}{quote}"


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
