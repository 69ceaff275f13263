"""Bytes of a stranger to JSON values, or one typed error.

Stricter than `json.loads`: NaN, Infinity, a key twice in one object, other encodings than UTF-8 and deep
nesting are refused. Whole numbers of more than 18 digits come out as text: they can be ids, not times.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np

from timeline.errors import ResultFormatError

MAX_BYTES = 64 * 1024 * 1024
"""Larger documents are refused."""
MAX_DEPTH = 32
"""Deeper nesting is refused."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BLOCK_BYTES = 1 << 20
_DEPTH_STEP = np.zeros(256, dtype=np.int8)
_DEPTH_STEP[list(b"[{")] = 1
_DEPTH_STEP[list(b"]}")] = -1


def parse_json(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value that *data* spells in strict JSON.

    Args:
        data: UTF-8; one byte order mark is allowed.
        max_bytes: Longer documents are refused.
        max_depth: Deeper nesting is refused.

    Raises:
        ResultFormatError: With the code ``too_large``, ``empty``, ``not_utf8``, ``too_deep``,
            ``not_json`` or ``duplicate_key``.
    """
    if len(data) > max_bytes:
        raise ResultFormatError(
            f"the document has {len(data)} bytes; at most {max_bytes} are read", code="too_large"
        )
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
    _check_depth(data, max_depth)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_int=_whole_number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise ResultFormatError(
            f"not JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}",
            code="not_json",
        ) from None


def _check_depth(data: bytes, max_depth: int) -> None:
    outside_strings = np.frombuffer(_STRING.sub(b"", data), dtype=np.uint8)
    depth = deepest = 0
    for begin in range(0, len(outside_strings), _BLOCK_BYTES):
        steps = _DEPTH_STEP[outside_strings[begin : begin + _BLOCK_BYTES]]
        depths = np.cumsum(steps, dtype=np.int32)
        deepest = max(deepest, depth + int(depths.max(initial=0)))
        depth += int(depths[-1])
    if deepest > max_depth:
        raise ResultFormatError(
            f"nested {deepest} levels deep; at most {max_depth} are read", code="too_deep"
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
    return int(digits) if len(digits) <= 18 else digits


def _refuse_constant(name: str) -> NoReturn:
    raise ResultFormatError(f"not JSON: {name} is no JSON number", code="not_json")
