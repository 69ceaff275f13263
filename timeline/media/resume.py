"""Going on with a file whose beginning is there: only where a server proves that it is still the same file.

Beside a part lies a note of what it is the beginning of. A rest is taken only if the answer repeats what
named the file's bytes, from the same place, for exactly the range that was asked for: some servers overlook
`If-Range`, and a file of two versions is worse than one that begins anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from timeline.extras import needs_extra
from timeline.media.address import Target
from timeline.media.connect import HEADER_TEXT, validator_of
from timeline.publish import disk_errors, write_text

with needs_extra("media"):
    from urllib3.response import BaseHTTPResponse

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")


class Begun(NamedTuple):
    """What is known of the file whose beginning is there.

    Attributes:
        place_sha256: Of the place that answered, which redirects may have led to; without its query, which
            holds a signature that changes.
        validator: What named the bytes: a strong etag, or a date of change.
        size_bytes: Of the whole file.
    """

    place_sha256: str
    validator: str
    size_bytes: int


class Note:
    """The note beside *part*."""

    def __init__(self, part: Path) -> None:
        self._part = part
        self.path = part.with_name(part.name + ".json")

    def write(self, answer: BaseHTTPResponse, target: Target, size_bytes: int | None) -> None:
        """Note that *part* is about to become this answer; nothing where it could not be gone on with."""
        validator = validator_of(answer.headers)
        if validator and size_bytes:
            begun = Begun(_place(target), validator, size_bytes)
            write_text(self.path, json.dumps(begun._asdict(), indent=1) + "\n")

    def read(self, size_bytes: int | None) -> tuple[Begun, int] | None:
        """Return what was begun and from where to go on; None where the file begins anew.

        Args:
            size_bytes: What the file must have; None where any size will do.
        """
        try:
            begun = Begun(**json.loads(self.path.read_text(encoding="utf-8")))
            there = self._part.stat().st_size
            can_be_asked = HEADER_TEXT.fullmatch(begun.validator) and type(begun.size_bytes) is int
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        if not can_be_asked or not 0 < there <= begun.size_bytes:
            return None
        if size_bytes not in (None, begun.size_bytes):
            return None
        # Where all bytes are there, the last one is asked for again: the server shall confirm the file.
        offset = min(there, begun.size_bytes - 1)
        return (begun, offset) if offset else None

    def remove(self) -> None:
        """Nothing is to be gone on with."""
        with disk_errors(self.path):
            self.path.unlink(missing_ok=True)


def goes_on(answer: BaseHTTPResponse, target: Target, begun: Begun, offset: int) -> bool:
    """Return whether an answer is the rest of the file that was begun, from *offset* on."""
    headers = answer.headers
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if answer.status != 206 or match is None or (int(match[1]), int(match[2])) != (offset, begun.size_bytes):
        return False
    if answer.length_remaining not in (None, begun.size_bytes - offset):
        return False
    is_plain = headers.get("content-encoding", "identity").strip().lower() == "identity"
    if not is_plain or headers.get("content-type", "").strip().lower().startswith("multipart/"):
        return False
    if _place(target) != begun.place_sha256:
        return False
    if begun.validator.startswith('"'):
        return headers.get("etag") == begun.validator
    return "etag" not in headers and headers.get("last-modified") == begun.validator


def _place(target: Target) -> str:
    place = f"{target.scheme}://{target.host}:{target.port}{target.path.partition('?')[0]}"
    return hashlib.sha256(place.encode()).hexdigest()
