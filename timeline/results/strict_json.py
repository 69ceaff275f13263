"""Bytes of a stranger to JSON values, or one typed error.

Stricter than `json.loads`: NaN, Infinity, a key twice in one object, other encodings than UTF-8 and deep
nesting are refused. Whole numbers of thousands of digits come out as text: they are none that count.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import numpy as np

from timeline.errors import ResultFormatError

MAX_BYTES = 64 * 1024 * 1024
"""Larger documents are refused."""
MAX_DEPTH = 32
"""Deeper nesting is refused."""

_MOST_DIGITS = 18
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_STEP = np.zeros(256, dtype=np.int8)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


def parse_json(
    data: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_containers: int | None = None,
    long_numbers: bool = True,
) -> Any:
    """Return the value that *data* spells in strict JSON.

    Args:
        data: UTF-8; one byte order mark is allowed.
        max_bytes: Longer documents are refused.
        max_depth: Deeper nesting is refused.
        max_containers: Documents of more objects and lists are refused.
        long_numbers: Whether whole numbers of thousands of digits come out as text; else they are refused.

    Raises:
        ResultFormatError: With the code ``too_large``, ``empty``, ``not_utf8``, ``too_deep``,
            ``not_json``, ``duplicate_key``, ``too_many_rows`` or ``number_too_long``.
    """
    if len(data) > max_bytes:
        raise too_large(len(data), max_bytes)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise ResultFormatError("the document is empty; expected a JSON object", code="empty")
    if data[4:8] == b"ftyp":
        raise ResultFormatError("not JSON: this is an mp4 file; name the result", code="not_json")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResultFormatError(
            f"not UTF-8: byte {error.start} is 0x{data[error.start]:02x}; convert the file to UTF-8",
            code="not_utf8",
        ) from None
    _check_structure(data, max_depth, max_containers)
    try:
        return _parse(text, long_numbers)
    except json.JSONDecodeError as error:
        raise ResultFormatError(
            f"not JSON: {error.msg.lower().removesuffix(' at')} at line {error.lineno}, column {error.colno}",
            code="not_json",
        ) from None


def too_large(size_bytes: int, max_bytes: int) -> ResultFormatError:
    """Return the error for a document of more than *max_bytes*."""
    return ResultFormatError(
        f"the document has {size_bytes} bytes; at most {max_bytes} are read", code="too_large"
    )


def _parse(text: str, long_numbers: bool) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, ResultFormatError):
        raise
    except ValueError:  # a whole number of more digits than Python reads
        if not long_numbers:
            message = "a whole number has thousands of digits; such numbers cannot be kept"
            raise ResultFormatError(message, code="number_too_long") from None
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
        )


def _check_structure(data: bytes, max_depth: int, max_containers: int | None) -> None:
    if b"\\" in data:  # an escaped backslash, then an escaped quote, neither of which ends a string
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Most strings hold no bracket: their two quotes stand side by side now, and may go.
    structure = data.translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    outside_strings = b"".join(structure.split(b'"')[::2])
    depths = np.cumsum(_STEP[np.frombuffer(outside_strings, dtype=np.uint8)], dtype=np.int32)
    deepest = int(depths.max(initial=0))
    if deepest > max_depth:
        raise ResultFormatError(
            f"nested {deepest} levels deep; at most {max_depth} are read", code="too_deep"
        )
    containers = outside_strings.count(b"{") + outside_strings.count(b"[")
    if max_containers is not None and containers > max_containers:
        raise ResultFormatError(
            f"{containers} objects and lists; at most {max_containers} are read", code="too_many_rows"
        )


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ResultFormatError(
            f"the key {twice[:80]!r} is there twice in one object; which one is meant is unknown",
            code="duplicate_key",
        )
    return value


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _refuse_constant(name: str) -> NoReturn:
    raise ResultFormatError(f"not JSON: {name} is no JSON number", code="not_json")
