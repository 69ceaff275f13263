"""Fields of a manifest, read strictly: what is wrong is one error that names the field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from timeline.errors import ManifestError
from timeline.results.fields import MAX_ID_CHARACTERS
from timeline.sinks import show

MAX_MS = 2**53 - 1
"""The largest number that JavaScript counts exactly."""

_MOST_TEXT = 16 * 1024 * 1024


def refused(pointer: str, message: str, code: str = "field_odd") -> ManifestError:
    """Return the error for what stands at *pointer*."""
    return ManifestError(f"{pointer}: {message}" if pointer else message, code=code, pointer=pointer)


class Fields:
    """Reads the fields of one object, which stands at *pointer* in the document."""

    __slots__ = ("pointer", "source")

    def __init__(self, source: Any, pointer: str) -> None:
        if not isinstance(source, dict):
            raise refused(pointer, f"expected an object, got {show(source)}")
        self.source = source
        self.pointer = pointer

    def value(self, key: str) -> Any:
        """Return what stands at *key*, which must be there."""
        try:
            return self.source[key]
        except KeyError:
            raise refused(f"{self.pointer}/{key}", "is missing", "field_missing") from None

    def ms(self, key: str, low: int = 0, high: int = MAX_MS) -> int:
        """Return the whole number at *key*, which lies in [low, high]."""
        value = self.value(key)
        if type(value) is not int:
            if not isinstance(value, float) or not value.is_integer():
                raise self._not_a_number(key, value, low, high)
            value = int(value)
        if not low <= value <= high:
            raise self._not_a_number(key, value, low, high)
        return int(value)

    def optional_ms(self, key: str, low: int = 0, high: int = MAX_MS) -> int | None:
        """Return the whole number at *key*; None where it is null or not there."""
        return None if self.source.get(key) is None else self.ms(key, low, high)

    def text(self, key: str, most: int = _MOST_TEXT) -> str:
        """Return the text at *key*, which can be written as UTF-8 and holds no NUL."""
        value = self.value(key)
        if not isinstance(value, str):
            raise refused(f"{self.pointer}/{key}", f"expected a text, got {show(value)}")
        if len(value) > most:
            raise refused(f"{self.pointer}/{key}", f"has {len(value)} characters; at most {most} are read")
        if not value.isascii() and not _is_writable(value):
            raise refused(f"{self.pointer}/{key}", "holds half a character; it cannot be written as UTF-8")
        if "\x00" in value:
            raise refused(f"{self.pointer}/{key}", "holds a NUL")
        return value

    def optional_text(self, key: str, most: int = MAX_ID_CHARACTERS) -> str | None:
        """Return the text at *key*; None where that is null. The field itself must be there."""
        return None if self.value(key) is None else self.text(key, most)

    def word(self, key: str, words: Collection[str]) -> str:
        """Return the word at *key*, which is one of *words*."""
        value = self.value(key)
        if not isinstance(value, str) or value not in words:
            raise refused(f"{self.pointer}/{key}", f"expected one of {', '.join(words)}, got {show(value)}")
        return value

    def matching(self, key: str, pattern: re.Pattern[str], expected: str) -> str:
        """Return the text at *key*, which fits *pattern* as a whole; *expected* says so in words."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise refused(f"{self.pointer}/{key}", f"expected {expected}, got {show(value)}")
        return value

    def objects(self, key: str) -> Iterator[Fields]:
        """Yield the objects of the list at *key*."""
        value = self.value(key)
        if not isinstance(value, (list, tuple)):
            raise refused(f"{self.pointer}/{key}", f"expected a list, got {show(value)}")
        for number, item in enumerate(value):
            yield Fields(item, f"{self.pointer}/{key}/{number}")

    def _not_a_number(self, key: str, value: object, low: int, high: int) -> ManifestError:
        expected = f"expected a whole number from {low} to {high}"
        shown = (
            show(value) if not isinstance(value, int) or abs(value) <= 2**64 else "a number beyond all bounds"
        )
        return refused(f"{self.pointer}/{key}", f"{expected}, got {shown}")


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
