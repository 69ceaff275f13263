"""The kinds of stream, in our words."""

from __future__ import annotations

CAMERA = "camera"
SCREEN = "screen"
WHITEBOARD = "whiteboard"
MIXED = "mixed"
AUDIO = "audio"

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
    return f"other{number}"


def kind_rank(kind: str) -> int:
    """Return a sort key: known kinds in `KIND_ORDER`, then the others by number."""
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER) + int(kind.removeprefix("other"))


def is_kind(text: str) -> bool:
    """Return whether *text* is the name of a kind.

    Example:
        >>> is_kind("camera"), is_kind("other9"), is_kind("cam")
        (True, True, False)
    """
    return text in KIND_ORDER or (text.startswith("other") and text.removeprefix("other").isdecimal())
