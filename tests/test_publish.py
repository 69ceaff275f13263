"""Files that appear whole or not at all, alone and together."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.conftest import Dying, Killed, names_in
from timeline.errors import OutputExistsError
from timeline.publish import published, published_together, remove_parts


def content(path: Path) -> str | None:
    """What is in a file; None where there is none."""
    return path.read_text() if path.exists() else None


def test_what_is_said_of_a_file_never_lies_beside_another_one(tmp_path: Path, dying: Dying) -> None:
    """Whenever we are killed; and the next run makes it good."""
    video, report = tmp_path / "a.mp4", tmp_path / "a.report.json"

    def publish(what: str) -> None:
        remove_parts(video)
        with published_together(video, report) as parts:
            for part, text in zip(parts, (what, f"of {what}"), strict=True):
                part.write_text(text)

    seen = []
    for step in itertools.count():
        dying(-1)
        publish("old")
        assert names_in(tmp_path) == {"a.mp4", "a.report.json"}
        dying(step)
        try:
            publish("new")
        except Killed:
            seen.append((content(video), content(report)))
        else:
            break
    states = [("old", "of old"), ("old", None), ("new", None), ("new", "of new")]
    assert list(dict.fromkeys(seen)) == states
    assert (content(video), content(report)) == states[-1]


def test_nothing_of_two_appears_when_one_is_there(tmp_path: Path) -> None:
    """Neither at the start nor at the end; and no part is left."""
    video, report = tmp_path / "a.mp4", tmp_path / "a.report.json"
    with (
        pytest.raises(OutputExistsError, match=r"a\.report\.json: exists already"),
        published_together(video, report, overwrite=False),
    ):
        report.write_text("mine")
    with pytest.raises(OutputExistsError), published_together(video, report, overwrite=False):
        pytest.fail("it was there before")
    assert names_in(tmp_path) == {"a.report.json"}
    assert content(report) == "mine"


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(OutputExistsError), published(path, overwrite=False):
        path.write_text("mine")
    assert content(path) == "mine"
    assert names_in(tmp_path) == {"a.mp4"}
