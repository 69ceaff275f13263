"""Keys in other spellings."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def respelt(key: str, style: int) -> str:
    """Return *key* as snake_case, PascalCase, camelCase, upper case or lower case.

    Example:
        >>> [respelt("VideoPlayTime", style) for style in (0, 2)]
        ['video_play_time', 'videoPlayTime']
    """
    words = _WORD.findall(key)
    pascal = "".join(word.capitalize() for word in words)
    return ("_".join(words).lower(), pascal, pascal[:1].lower() + pascal[1:], key.upper(), key.lower())[style]
