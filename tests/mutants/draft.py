"""What every mutation uses: chance, and the document as it is being changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from tests.mutants.arsenal import ARSENAL

Item = TypeVar("Item")
Container = Any  # a list or a dict
Slot = tuple[Container, Any]

# A string of this form is written without its quotes, so that a tree can hold what no value can spell.
_RAW = re.compile(r'"@raw:([^"@]*)@"')
# A key of this form is written as the key that it holds, so that an object can have it twice.
_AGAIN = re.compile(r'"@again:((?:[^"@\\]|\\.)*)@"')


class Dice:
    """Chance from one number. Only `Random.random` is used: no other method promises to stay the same."""

    def __init__(self, number: int) -> None:
        self._random = Random(number).random

    def below(self, end: int) -> int:
        """Return a whole number from 0 to *end* - 1; 0 where there is none."""
        return int(self._random() * end)

    def chance(self, share: float) -> bool:
        """Return True in *share* of all cases."""
        return self._random() < share

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of *items*."""
        return items[int(self._random() * len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return *items* in any order."""
        return [item for _, item in sorted(((self._random(), item) for item in items), key=lambda p: p[0])]


@dataclass(slots=True)
class Draft:
    """A document that is being mutated.

    Attributes:
        holder: A list whose only item is the document, so that the document itself can be replaced.
        dice: All chance comes from here.
        number: Of the mutant.
    """

    holder: list[Any]
    dice: Dice
    number: int

    def slots(self, *types: type) -> list[Slot]:
        """Return every place of a value, or of a value that is exactly of one of *types*."""
        return [(box, key) for box, key in slots(self.holder) if not types or type(box[key]) in types]

    def a_slot(self) -> Slot:
        """Return the place of any value."""
        return self.dice.pick(self.slots())

    def a_value(self) -> Any:
        """Return a value of the arsenal."""
        return copied(self.dice.pick(ARSENAL))

    def objects(self) -> list[dict[str, Any]]:
        """Return every object."""
        return [box[key] for box, key in self.slots(dict)]

    def rows(self) -> list[Any]:
        """Return one of the lists that hold an object; an empty list where there is none."""
        lists = [box[key] for box, key in self.slots(list)]
        return self.dice.pick([one for one in lists if any(isinstance(row, dict) for row in one)] or [[]])

    def spelt(self) -> bytes:
        """Return the document as JSON, or as what the raw places make of it."""
        layout: dict[str, Any] = self.dice.pick(
            ({}, {"indent": 1}, {"separators": (",", ":")}, {"indent": "\t"}, {"sort_keys": True})
        )
        text = json.dumps(self.holder[0], ensure_ascii=self.dice.chance(0.3), **layout)
        text = _AGAIN.sub(r'"\1"', _RAW.sub(r"\1", text))
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:  # half a character is mostly spelt as an escape
            return text.encode("utf-8", "surrogatepass" if self.dice.chance(0.1) else "backslashreplace")


def copied(value: Any) -> Any:
    """Return a copy in which nothing is shared with *value*, or within it."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def slots(value: Container) -> list[Slot]:
    """Return every place of a value below *value*, as its container and key."""
    found: list[Slot] = []
    waiting = [value]
    while waiting:
        container = waiting.pop()
        items: Iterable[tuple[Any, Any]]
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, item in items:
            found.append((container, key))
            if isinstance(item, (dict, list)) and item:
                waiting.append(item)
    return found
