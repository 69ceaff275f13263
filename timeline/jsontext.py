"""JSON as text that is safe to print: what could steer a terminal is escaped, letters of all scripts stay."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import to_json

# Controls that JSON leaves as they are: DEL and C1, direction marks, invisible formats, tags.
_UNSAFE = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def json_text(value: Any, *, indent: int | None = 1) -> str:
    r"""Return *value* as JSON without a final newline; in one line where *indent* is None.

    Example:
        >>> json_text({"name": "张\u202e"})
        '{\n "name": "张\\u202e"\n}'
    """
    text = to_json(value, indent=indent).decode()
    return text if text.isascii() and "\x7f" not in text else _UNSAFE.sub(_escaped, text)


def ascii_json(text: str) -> str:
    r"""Return JSON text with every letter beyond ASCII escaped; it means the same.

    Example:
        >>> ascii_json('"张"')
        '"\\u5f20"'
    """
    return _BEYOND_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
