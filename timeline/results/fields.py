"""Single fields of a stranger's JSON object, read leniently and with a trace.

A `FieldReader` stands at one object. Each call takes one key and gives a clean value or None; what was
odd about it is collected in ``findings``.
"""

from __future__ import annotations

import re
from typing import Any

from timeline.findings import Finding, finding
from timeline.sinks import show

MAX_ID_CHARACTERS = 1024
MAX_URL_CHARACTERS = 4096

_DIGITS = re.compile(r"-?[0-9]{1,16}", re.ASCII)


class FieldReader:
    """Reads fields of *source*, which stands at *pointer* in the document."""

    def __init__(self, source: dict[str, Any], pointer: str) -> None:
        self.source = source
        self.pointer = pointer
        self.findings: list[Finding] = []

    def note(self, code: str, key: str, message: str) -> None:
        """Collect a finding about the field *key*."""
        where = f"{self.pointer}/{key}"
        self.findings.append(finding(code, f"{where}: {message}", where=where))

    def whole_number(self, key: str, low: int, high: int) -> int | None:
        """Return the whole number at *key* when it lies in [low, high], else None with a finding.

        A missing or null field is None without a finding.
        """
        value = self.source.get(key)
        if value is None:
            return None
        number = read_whole_number(value)
        if number is None or not low <= number <= high:
            self.note(
                "field_odd",
                key,
                f"expected a whole number from {low} to {high}, got {show(value)}; taken as absent",
            )
            return None
        if type(value) is not int:
            self.note("number_spelling", key, f"{show(value)} is read as {number}")
        return number

    def text(self, key: str, max_characters: int = MAX_ID_CHARACTERS) -> str | None:
        """Return the text at *key*; None when it is missing, null, empty, odd or too long.

        A number is taken as its digits, since ids are text. What cannot be written as UTF-8 is replaced.
        """
        value = self.source.get(key)
        if value is None or value == "":
            return None
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str) or len(value) > max_characters:
            self.note("field_odd", key, f"expected a text, got {show(value)}; taken as absent")
            return None
        clean = writable(value)
        if clean != value:
            self.note("field_odd", key, "holds half a character or a NUL; it is replaced by '?'")
        return clean


def writable(text: str) -> str:
    """Return *text* without what UTF-8 cannot write, and without NULs; a '?' takes their place."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")


def read_whole_number(value: object) -> int | None:
    """Return the whole number that *value* means, or None: True, 1.5, lists and words are none.

    Example:
        >>> [read_whole_number(v) for v in (7, "7", 7.0, 7.5, True, "x", 10**17, -3)]
        [7, 7, 7, None, None, None, None, -3]
    """
    if type(value) is int:
        return value if abs(value) < 10**16 else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**16:
        return int(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return None
