"""The registry of findings and the code agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from timeline.findings import FINDING_KINDS, Severity, finding

PACKAGE = Path(__file__).parent.parent / "timeline"
MAKERS = {"finding", "note"}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module of the package but the registry itself, with its tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "findings.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def made() -> Iterator[tuple[str, str]]:
    """Yield (module, code) of every finding that the code makes."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield path.name, first.value


def test_every_finding_in_the_code_is_registered() -> None:
    """A code that is not in the registry would be a KeyError in the middle of a lesson."""
    assert [(path, code) for path, code in made() if code not in FINDING_KINDS] == []


def test_every_registered_finding_is_made_somewhere() -> None:
    """The registry promises nothing that the code does not find."""
    words = {
        node.value
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert sorted(set(FINDING_KINDS) - words) == []


@pytest.mark.parametrize("code", FINDING_KINDS)
def test_a_registered_finding_says_what_it_means(code: str) -> None:
    """Its code is a plain name; meaning and consequence are short lower-case phrases."""
    kind = FINDING_KINDS[code]

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    for phrase in (kind.means, kind.done):
        assert phrase
        assert phrase[0] == phrase[0].lower() or phrase.startswith("ID")
        assert not phrase.endswith(".")


def test_the_registry_gives_the_gravity() -> None:
    """Whoever makes a finding does not decide how grave it is."""
    assert finding("row_unusable", "x").severity is Severity.ERROR
    assert [str(severity) for severity in sorted(Severity)] == ["info", "warning", "error"]


def test_an_unregistered_code_is_a_mistake() -> None:
    """It is noticed at once."""
    with pytest.raises(KeyError, match="nonsense"):
        finding("nonsense", "x")
