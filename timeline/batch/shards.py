"""Lessons dealt out to machines: by a hash of their names, so that all agree without talking."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from timeline.errors import ParameterError

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The part *number* of *count*, from 1."""

    number: int
    count: int

    def holds(self, name: str) -> bool:
        """Return whether a lesson of this name belongs to this part.

        Example:
            >>> [sum(Shard(i, 3).holds(name) for i in (1, 2, 3)) for name in ("a", "b", "数学")]
            [1, 1, 1]
        """
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8]) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}-of-{self.count}"


WHOLE = Shard(1, 1)


def parse_shard(text: str) -> Shard:
    """Return the shard that is written as ``i/n``, from ``1/n`` to ``n/n``.

    Raises:
        ParameterError: It is written otherwise.

    Example:
        >>> parse_shard("3/8")
        Shard(number=3, count=8)
    """
    form = _FORM.fullmatch(text.strip())
    shard = Shard(int(form[1]), int(form[2])) if form else Shard(0, 0)
    if not 1 <= shard.number <= shard.count:
        raise ParameterError(f"--shard {text}: expected i/n with i from 1 to n, such as 3/8")
    return shard
