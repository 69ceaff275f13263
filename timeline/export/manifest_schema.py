"""What the JSON Schema says against a document, in short words: no value of a stranger is printed whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from timeline.sinks import show, terminal_text

SCHEMA_PATH = Path(__file__).with_name("manifest.schema.json")
SCHEMA_RULE = "schema"
"""The name of the rule that a manifest fits its schema."""

_TYPE_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "null": "null",
}


class Problem(NamedTuple):
    """What is wrong with a manifest.

    Attributes:
        where: A JSON pointer; empty for the whole document.
        rule: The name of the rule that is broken, see ``docs/manifest.md``; ``schema`` for the schema's.
        message: One line for people.
    """

    where: str
    rule: str
    message: str


def schema_problems(document: Any) -> Iterator[Problem]:
    """Yield what the JSON Schema says against *document*.

    In a manifest of a later 1.x fields that the schema of 1.0 does not know are no problem.
    """
    version = document.get("version") if isinstance(document, dict) else None
    is_later = isinstance(version, str) and version != "1.0"
    told: set[Problem] = set()  # some mistakes are found twice
    for error in _validator().iter_errors(document):
        for cause in _causes(error):
            if is_later and cause.validator == "additionalProperties":
                continue
            for problem in _problems(cause):
                if problem not in told:
                    yield problem
                told.add(problem)


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # not before somebody asks: it is slow to import

    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


def _causes(error: Any) -> Iterator[Any]:
    """Yield what is wrong inside of a choice: of two kinds of segment, the one that the document means."""
    if error.validator not in ("oneOf", "anyOf"):
        yield error
        return
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = min(branches.values(), key=_strangeness)
    for inner in meant:
        yield from _causes(inner)


def _strangeness(errors: list[Any]) -> tuple[int, int]:
    """Return how far a value is from a choice: another kind of thing is farther than any wrong field."""
    return max(_kind_distance(error) for error in errors), len(errors)


def _kind_distance(error: Any) -> int:
    if error.validator_value == "null":
        return 2
    is_of_other_kind = not error.relative_path and error.validator == "type"
    return int(is_of_other_kind or list(error.relative_path) == ["type"])


def _problems(error: Any) -> Iterator[Problem]:
    where = pointer(error.absolute_path)
    value, wanted = error.instance, error.validator_value
    match error.validator:
        case "required":
            for name in wanted:
                if name not in value:
                    yield Problem(f"{where}/{escaped(name)}", SCHEMA_RULE, "is missing")
            return
        case "additionalProperties":
            known = error.schema["properties"]
            for name in value:
                if name not in known and not name.startswith("x-"):
                    message = "is unknown; fields of your own begin with x-"
                    yield Problem(f"{where}/{escaped(name)}", SCHEMA_RULE, message)
            return
        case "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            expected = " or ".join(_TYPE_NAMES[name] for name in names)
        case "const":
            expected = show(wanted)
        case "enum":
            expected = "one of " + ", ".join(show(one) for one in wanted)
        case "minimum":
            expected = f"{wanted} or more"
        case "maximum":
            expected = f"{wanted} or less"
        case "pattern":
            expected = f"a text that fits {wanted}"
        case "uniqueItems":
            yield Problem(where, SCHEMA_RULE, "names something twice")
            return
        case "minItems" | "maxItems" | "items":
            yield Problem(where, SCHEMA_RULE, "expected two numbers, [low, high]")
            return
        case other:
            expected = f"what the schema asks for ({other})"
    yield Problem(where, SCHEMA_RULE, f"expected {expected}, got {_shown(value)}")


def _shown(value: Any) -> str:
    is_huge = isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**64
    return "a number beyond all bounds" if is_huge else show(value)


def pointer(path: Sequence[Any]) -> str:
    """Return a JSON pointer to where *path* leads.

    Example:
        >>> pointer(["tracks", 0, "a/b"])
        '/tracks/0/a~1b'
    """
    return "".join(f"/{escaped(step)}" for step in path)


def escaped(step: str | int) -> str:
    """Return one step of a JSON pointer, harmless in a message."""
    return terminal_text(str(step).replace("~", "~0").replace("/", "~1"))
