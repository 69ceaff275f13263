"""What a manifest says that we do not know: carried along, written again, never understood."""

from __future__ import annotations

from typing import NamedTuple


class Extra(NamedTuple):
    """Unknown fields of one object of a manifest, and which object that is.

    Objects are named by what they are and not by their place in a list, so a part of a lesson keeps the
    fields of what is whole in it.

    Attributes:
        part: What the object is: empty for the manifest itself, else ``wall``, ``recording``, ``track``,
            ``clip``, ``gap``, ``pause``, ``section``, ``scene`` or ``finding``.
        of: Whose it is: an id of a track, or what a finding says; None where there is one axis only.
        at_ms: Playback time at which the object starts; None if it has none.
        number: Which one of several with the same name, from 0.
        fields: The unknown fields, as the text of a JSON object.
    """

    part: str
    of: str | None
    at_ms: int | None
    number: int
    fields: str


def moved_extra(extra: tuple[Extra, ...], by_ms: int, duration_ms: int) -> tuple[Extra, ...]:
    """Return *extra* by so much later on an axis of that length; what starts outside of it is left out."""
    return tuple(
        item if item.at_ms is None else item._replace(at_ms=item.at_ms + by_ms)
        for item in extra
        if item.at_ms is None or 0 <= item.at_ms + by_ms <= duration_ms
    )
