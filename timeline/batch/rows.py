"""What a batch says of a lesson: one row of its summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

DONE, LOOK, FAILED = STATUSES = ("done", "look", "failed")
"""Made; made, but something of the lesson is lost or replaced; not made."""


@dataclass(frozen=True, slots=True)
class LessonRow:
    """One lesson.

    Attributes:
        name: What its output is called; one row each.
        command: What was done, such as ``render``.
        status: One of `STATUSES`.
        lesson: Its result, as it was named.
        output: The output, relative to the folder of the batch; None where there is none.
        length_ms: Playback length; None where the result could not be read.
        slates: Files of the lesson that slates replace, wholly or in part.
        errors: Findings by which something of the lesson is lost.
        warnings: Findings of what is uncertain or was mended.
        infos: Findings that are good to know.
        reason: Why it needs a look or failed; empty where all is well.
        advice: What to do about that.
        log: What the command said, relative to the folder of the batch.
        seconds: How long it took.
        is_unchanged: Whether it was finished by an earlier run and nothing has changed since.
        digest: Of all that went in; the next run compares it.
        output_bytes: Size of an output that is a file.
        at_unix_ms: When the row was written; of two rows of one lesson the later one counts.
    """

    name: str
    command: str
    status: str
    lesson: str
    output: str | None = None
    length_ms: int | None = None
    slates: int = 0
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    reason: str = ""
    advice: str = ""
    log: str | None = None
    seconds: float = 0.0
    is_unchanged: bool = False
    digest: str = ""
    output_bytes: int | None = None
    at_unix_ms: int = 0

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody has to do something."""
        return self.status != DONE


def row_to_json(row: LessonRow) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(asdict(row), ensure_ascii=False, separators=(",", ":"))


def row_from_json(entry: Mapping[str, Any]) -> LessonRow | None:
    """Return the row that was written so; None where it was not.

    Example:
        >>> row = LessonRow("maths", "render", "done", "week1/maths")
        >>> row_from_json(json.loads(row_to_json(row))) == row
        True
    """
    names = {field.name for field in fields(LessonRow)}
    known = {name: value for name, value in entry.items() if name in names}
    try:
        row = LessonRow(**known)
    except TypeError:
        return None
    return row if row.status in STATUSES and isinstance(row.name, str) else None
