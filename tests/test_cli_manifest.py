"""`timeline manifest` with manifests: read as RESULT, checked, with other urls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run_here
from tests.test_cli_reading import GUIDE, LESSON, one_line, out

Json = dict[str, Any]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A manifest of the guide's example."""
    path = tmp_path / "guide.json"
    assert run_here("manifest", GUIDE, "-o", path).returncode == 0
    return path


def changed(path: Path, **fields: Any) -> Path:
    """Replace fields of a manifest."""
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | fields), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["check"], ["manifest"]])
def test_a_manifest_is_as_good_as_its_result(command: list[str], written: Path) -> None:
    """Every command takes it as RESULT and says the same."""
    assert out(run_here(*command, written)) == out(run_here(*command, GUIDE))


def test_a_manifest_from_stdin(written: Path) -> None:
    """As a result."""
    assert out(run_here("show", "-", stdin=written.read_bytes())) == out(run_here("show", GUIDE))


def test_a_roster_names_the_people_of_a_manifest(tmp_path: Path) -> None:
    """As of a result."""
    roster = LESSON / "roster.csv"
    bare = tmp_path / "bare.json"
    bare.write_text(out(run_here("manifest", LESSON)), encoding="utf-8")

    assert out(run_here("manifest", bare, "--roster", roster)) == out(
        run_here("manifest", LESSON, "--roster", roster)
    )


def test_a_manifest_that_cannot_be_read_is_named(written: Path) -> None:
    """With its file and its field; exit status 2."""
    answer = run_here("show", changed(written, version="2.0"))

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

    said = out(run_here("check", changed(written, findings=[later])))

    assert "board_empty" in said
    assert "nobody wrote" in said


# --- validation ------------------------------------------------------------------------------------------


def test_a_manifest_that_is_right_is_valid(written: Path) -> None:
    """Exit status 0; as a file and from stdin."""
    assert out(run_here("manifest", "--validate", written)) == "valid\n"
    assert out(run_here("manifest", "--validate", "-", stdin=written.read_bytes())) == "valid\n"
    assert json.loads(out(run_here("manifest", "--validate", "--json", written))) == []


def test_what_is_wrong_is_printed_with_its_place(written: Path) -> None:
    """One line each on stdout, or JSON; exit status 1."""
    changed(written, audio_tracks=["camera:nobody"], duration_ms=1_440_001)
    answer, as_json = (
        run_here("manifest", "--validate", written),
        run_here("manifest", "--validate", "--json", written),
    )

    assert answer.returncode == as_json.returncode == 1
    assert answer.stderr == as_json.stderr == b""
    lines = answer.stdout.decode().splitlines()
    assert "/audio_tracks/0: there is no track 'camera:nobody' (audio-tracks)" in lines
    assert [
        f"{one['where']}: {one['message']} ({one['rule']})" for one in json.loads(as_json.stdout)
    ] == lines


@pytest.mark.parametrize("text", ["", "{", "\ufeff\x00", '{"a":1,"a":2}'], ids=repr)
def test_what_cannot_be_read_is_no_manifest_at_all(text: str, tmp_path: Path) -> None:
    """Exit status 2, with the name of the file."""
    path = tmp_path / "lesson.json"
    path.write_text(text, encoding="utf-8")
    answer = run_here("manifest", "--validate", path)

    assert answer.returncode == 2
    assert str(path) in one_line(answer)
    assert run_here("manifest", "--validate", tmp_path / "gone.json").returncode == 2


# --- other urls ------------------------------------------------------------------------------------------


def links(*arguments: object) -> list[str]:
    """Return the ``src`` of every clip of the guide's example, once."""
    document = json.loads(out(run_here("manifest", GUIDE, *arguments)))
    clips = [item for track in document["tracks"] for item in track["segments"] if item["type"] == "clip"]
    return sorted({clip.get("src") or "" for clip in clips})


def test_urls_are_rewritten_by_prefix_and_by_name() -> None:
    """``--rewrite-url`` may be there again; a manifest as RESULT has urls to rewrite, too."""
    old = "http://1253488539.vod2.myqcloud.com/"
    elsewhere = links("--rewrite-url", f"{old}=https://cdn/")
    beside = links("--rewrite-url", "http://nobody/=x", "--rewrite-url", f"{old}=media/")

    assert all(link.startswith("https://cdn/") for link in elsewhere)
    assert "media/oM86K7X3Ig63.mp4" in beside
    assert "oM86K7X3Ig63.mp4" in links("--rewrite-url", "name")


@pytest.mark.parametrize("option", ["=x", "nonsense", "name=", ""])
def test_a_rewrite_that_means_nothing_is_refused(option: str) -> None:
    """Exit status 2, with the form that is meant."""
    answer = run_here("manifest", GUIDE, "--rewrite-url", option, "--rewrite-url", "name")

    assert answer.returncode == 2
    assert "--rewrite-url: expected OLD=NEW" in one_line(answer)
