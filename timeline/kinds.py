"""The kinds of stream, in our words."""

from __future__ import annotations

CAMERA = "camera"
SCREEN = "screen"
WHITEBOARD = "whiteboard"
MIXED = "mixed"
AUDIO = "audio"
OTHER = "other"
"""A stream of which nothing says what it is; one of an unknown type has that number behind."""

KIND_ORDER = (CAMERA, SCREEN, WHITEBOARD, MIXED, AUDIO)
"""Kinds in the order in which tracks are listed; others follow."""

PERSONAL_KINDS = frozenset({CAMERA, SCREEN, AUDIO})
"""Kinds whose files belong to one user."""


def other_kind(number: int) -> str:
    """Return the kind of a stream whose type number nobody has documented.

    Example:
        >>> other_kind(9)
        'other9'
    """
    return f"{OTHER}{number}"


def kind_rank(kind: str) -> int:
    """Return a sort key: known kinds in `KIND_ORDER`, then the others by number."""
    if kind in KIND_ORDER:
        return KIND_ORDER.index(kind)
    return len(KIND_ORDER) + int(kind.removeprefix(OTHER) or 0)


def is_kind(text: str) -> bool:
    """Return whether *text* is the name of a kind.

    Example:
        >>> is_kind("camera"), is_kind("other9"), is_kind("cam")
        (True, True, False)
    """
    return text in KIND_ORDER or text == OTHER or (text[:5] == OTHER and text[5:].isdecimal())
