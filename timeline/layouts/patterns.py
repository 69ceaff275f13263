"""Patterns that say which tracks a region of a layout shows, such as ``camera:amy`` or ``screen:*``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import itemgetter

from timeline import kinds
from timeline.errors import ParameterError
from timeline.model import Track
from timeline.roster import ROLES
from timeline.sinks import show

_WILDCARDS = re.compile(r"([*?[@])")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in its parts.

    Attributes:
        kind: With the wildcards of `fnmatch`: ``*``, ``?``, ``[abc]``.
        user: The same for the user's id; None finds all users and streams of nobody.
        role: A role of the roster; None asks for none.
    """

    kind: str
    user: str | None
    role: str | None

    def finds(self, track: Track) -> bool:
        """Return whether *track* is meant."""
        return (
            fnmatchcase(track.kind, self.kind)
            and (self.user is None or fnmatchcase(track.user_id or "", self.user))
            and (self.role is None or track.role == self.role)
        )

    @property
    def names_mixed(self) -> bool:
        """Whether mixed streams are asked for by their name and not merely not excluded."""
        return self.kind == kinds.MIXED


def parse_pattern(text: str) -> Pattern:
    """Return the pattern that *text* spells: ``kind``, ``kind:user`` or ``kind:@role``.

    A user id may hold colons: the first colon ends the kind.

    Raises:
        ParameterError: There is no such kind or role.

    Example:
        >>> parse_pattern("camera:@teacher")
        Pattern(kind='camera', user=None, role='teacher')
    """
    kind, colon, user = text.partition(":")
    if not _WILDCARDS.search(kind) and not kinds.is_kind(kind):
        known = ", ".join(kinds.KIND_ORDER)
        raise ParameterError(f"no kind of stream {show(kind)} as in {show(text)}; there are: {known}")
    if user.startswith("@"):
        role = user[1:]
        if role not in ROLES:
            raise ParameterError(f"no role {show(role)} as in {show(text)}; there are: {', '.join(ROLES)}")
        return Pattern(kind, None, role)
    return Pattern(kind, user if colon else None, None)


def exact_pattern(track: Track) -> str:
    """Return the pattern that finds *track* alone.

    Example:
        >>> import timeline
        >>> exact_pattern(timeline.load("sample_results/guide_example.json").track("whiteboard"))
        'whiteboard:'
    """
    user = _WILDCARDS.sub(r"[\1]", track.user_id or "")
    return f"{track.kind}:{user}"


def found_tracks(texts: Sequence[str], tracks: Sequence[Track], *, mixed: bool) -> list[tuple[Track, int]]:
    """Return the tracks that patterns find, each with the number of the first one that does; by that number.

    Args:
        texts: Patterns in order of preference.
        tracks: Of one pattern they keep their order.
        mixed: Whether patterns that do not name them find mixed streams, too.
    """
    patterns = [parse_pattern(text) for text in texts]
    found = []
    for track in tracks:
        for number, pattern in enumerate(patterns):
            if pattern.finds(track) and (mixed or track.kind != kinds.MIXED or pattern.names_mixed):
                found.append((track, number))
                break
    return sorted(found, key=itemgetter(1))
