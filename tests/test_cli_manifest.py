"""`timeline manifest` with manifests: read as RESULT, as a real process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli_reading import GUIDE, LESSON, one_line, out, run

Json = dict[str, Any]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A manifest of the guide's example."""
    path = tmp_path / "guide.json"
    assert run("manifest", GUIDE, "-o", path).returncode == 0
    return path


def changed(path: Path, **fields: Any) -> Path:
    """Replace fields of a manifest."""
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | fields), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command", [["show"], ["show", "--json"], ["check"], ["manifest"], ["render", "--plan"]]
)
def test_a_manifest_is_as_good_as_its_result(command: list[str], written: Path) -> None:
    """Every command takes it as RESULT and says the same."""
    assert out(run(*command, written)) == out(run(*command, GUIDE))


def test_a_manifest_from_stdin(written: Path) -> None:
    """As a result."""
    assert out(run("show", "-", stdin=written.read_bytes())) == out(run("show", GUIDE))


def test_a_roster_names_the_people_of_a_manifest(tmp_path: Path) -> None:
    """As of a result."""
    roster = LESSON / "roster.csv"
    bare = tmp_path / "bare.json"
    bare.write_text(out(run("manifest", LESSON)), encoding="utf-8")

    assert out(run("manifest", bare, "--roster", roster)) == out(run("manifest", LESSON, "--roster", roster))


def test_a_manifest_that_cannot_be_read_is_named(written: Path) -> None:
    """With its file and its field; exit status 2."""
    answer = run("show", changed(written, version="2.0"))

    assert answer.returncode == 2
    assert one_line(answer).startswith(f"timeline: {written}: /version: the manifest is of version 2.0")


def test_a_finding_of_a_later_version_is_shown(written: Path) -> None:
    """By its message; nobody here knows what its code means."""
    later = {
        "code": "board_empty",
        "severity": "info",
        "message": "nobody wrote",
        "at_ms": 5000,
        "where": None,
    }

    said = out(run("check", changed(written, findings=[later])))

    assert "board_empty" in said
    assert "nobody wrote" in said
