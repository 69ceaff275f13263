"""What outputs are called: by a pattern, legal on every system, each name once."""

from __future__ import annotations

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from timeline.errors import ParameterError

USUAL_PATTERN = "{lesson}"
FIELDS = ("lesson", "room_id", "task_id", "date", "time")
"""What a pattern may hold between braces."""
UNKNOWN = "unknown"
_MOST_BYTES = 120
_FIELD = re.compile(r"\{([^{}]*)\}")
_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.I)


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """What a name may be made of.

    Attributes:
        lesson: Name of the lesson's folder or file.
        room_id: None where it is not known, as all below.
        task_id: The recording task.
        start_unix_ms: When the recording began.
    """

    lesson: str
    room_id: str | None = None
    task_id: str | None = None
    start_unix_ms: int | None = None


def check_pattern(pattern: str) -> bool:
    """Return whether names by *pattern* need more of a lesson than its place.

    Raises:
        ParameterError: It holds a field that there is not, a brace alone, or no field at all.

    Example:
        >>> check_pattern("{lesson}"), check_pattern("{room_id}_{date}")
        (False, True)
    """
    fields = _FIELD.findall(pattern)
    for field in fields:
        if field not in FIELDS:
            listed = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise ParameterError(f"--name: there is no {{{field}}}; there are {listed}")
    if not fields or "{" in (rest := _FIELD.sub("", pattern)) or "}" in rest:
        raise ParameterError("--name must hold at least one field in braces, such as '{room_id}_{date}'")
    return set(fields) != {"lesson"}


def name_of(pattern: str, facts: LessonFacts) -> str:
    """Return the name of a lesson's output; what is not known of it is called unknown.

    Dates and times are those of this machine's time zone: set ``TZ`` for another.

    Example:
        >>> name_of("{room_id}: {lesson}", LessonFacts("maths", "1234"))
        '1234_ maths'
        >>> name_of("{room_id}_{date}", LessonFacts("maths"))
        'unknown_unknown'
    """
    told: Mapping[str, str | None] = {
        "lesson": facts.lesson,
        "room_id": facts.room_id,
        "task_id": facts.task_id,
        "date": _local(facts.start_unix_ms, "%Y-%m-%d"),
        "time": _local(facts.start_unix_ms, "%H-%M"),
    }
    return safe_name(_FIELD.sub(lambda field: told[field[1]] or UNKNOWN, pattern))


def safe_name(text: str) -> str:
    r"""Return *text* as the name of a file that every usual system takes: no path, no control, not too long.

    Example:
        >>> safe_name("../a/b"), safe_name("CON"), safe_name("-rf ."), safe_name("数学课"), safe_name("")
        ('_.._a_b', '_CON', '_-rf', '数学课', 'unknown')
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    text = "".join("_" if _is_odd(c) else c for c in _ILLEGAL.sub("_", text)).strip().rstrip(". ")
    if not text:
        return UNKNOWN
    if text[0] in ".-~" or _RESERVED.match(text):
        text = f"_{text}"
    if len(text.encode()) > _MOST_BYTES:
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        text = f"{text.encode()[: _MOST_BYTES - 9].decode('utf-8', 'ignore').rstrip('. ')}-{digest}"
    return text


def each_once(names: Iterable[str]) -> list[str]:
    """Return the names with a number behind those that were used before, whatever their case.

    Example:
        >>> each_once(["a", "b", "A", "a", "a-2"])
        ['a', 'b', 'A-2', 'a-3', 'a-2-2']
    """
    used: set[str] = set()
    last: dict[str, int] = {}
    unique = []
    for name in names:
        key, made = name.casefold(), name
        number = last.get(key, 1)
        while made.casefold() in used:
            number += 1
            made = f"{name}-{number}"
        last[key] = number
        used.add(made.casefold())
        unique.append(made)
    return unique


def _is_odd(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _local(unix_ms: int | None, form: str) -> str | None:
    if unix_ms is None:
        return None
    try:
        return datetime.datetime.fromtimestamp(unix_ms / 1000).strftime(form)
    except (OverflowError, OSError, ValueError):
        return None
