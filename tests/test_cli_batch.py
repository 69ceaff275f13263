"""``timeline batch``: what is kept, what is redone, what fails; killed and run again; names and shards."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli
from tests.test_round_trip import wait_until
from timeline.publish import hidden_name

SAMPLES = Path(__file__).parent.parent / "sample_results"


def rows(folder: Path, name: str = "summary.csv") -> dict[str, dict[str, str]]:
    """Return the summary by the lessons' names."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def statuses(folder: Path, name: str = "summary.csv") -> dict[str, str]:
    return {key: row["status"] for key, row in rows(folder, name).items()}


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """Three results without media, the middle one broken."""
    folder = tmp_path / "lessons"
    for name in ("art", "biology", "chemistry"):
        (folder / name).mkdir(parents=True)
        shutil.copy(SAMPLES / "guide_example.json", folder / name / "result.json")
    (folder / "biology" / "result.json").write_text("{")
    return folder


def run_apart(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    """Begin a batch in a process group of its own."""
    command = [sys.executable, "-m", "timeline", "batch", *map(str, arguments)]
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, start_new_session=True, **more)


def test_one_failure_never_stops_the_rest(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """Status 3, and a line that says which, why, and what to do."""
    answer = cli("batch", "manifest", lessons, "-o", tmp_path / "out", "--jobs", 1)

    assert answer.status == 3
    assert statuses(tmp_path / "out") == {"art": "done", "biology": "failed", "chemistry": "done"}
    assert answer.out.startswith("biology: failed: ")
    assert "not JSON" in answer.out
    assert "get the result again from the recording service" in answer.out
    assert "3 lessons: 2 done, 0 need a look, 1 failed" in answer.err
    assert json.loads((tmp_path / "out" / "art.json").read_text())["duration_ms"] == 1_440_000
    assert not (tmp_path / "out" / "biology.json").exists()


def test_what_is_finished_and_unchanged_is_kept(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """By what it was made of; a changed result, roster or option is made again, a failed one tried again."""
    out = tmp_path / "out"

    def kept(*options: object) -> set[str]:
        cli("batch", "manifest", lessons, "-o", out, "--jobs", 1, *options)
        return {name for name, row in rows(out).items() if row["is_unchanged"] == "true"}

    assert kept() == set()
    assert kept() == {"art", "chemistry"}
    text = (lessons / "art" / "result.json").read_text()
    (lessons / "art" / "result.json").write_text(text.replace("ios_test1", "amy"))
    assert kept() == {"chemistry"}
    roster = tmp_path / "roster.csv"
    roster.write_text("user_id,name\namy,Amy\n")
    assert kept("--roster", roster) == set()
    roster.write_text("user_id,name\namy,Anna\n")
    assert kept("--roster", roster) == set()
    assert kept("--roster", roster) == {"art", "chemistry"}
    (out / "art.json").write_text("changed by somebody")
    assert kept("--roster", roster) == {"chemistry"}
    (out / "art.json").unlink()
    assert kept("--roster", roster) == {"chemistry"}
    assert kept("--roster", roster, "--force") == set()
    shutil.copy(SAMPLES / "guide_example.json", lessons / "biology" / "result.json")
    cli("batch", "manifest", lessons, "-o", out, "--jobs", 1, "--roster", roster)
    assert set(statuses(out).values()) == {"done"}


def test_an_output_that_is_not_the_batchs_stays(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """Unless --force is said."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "art.json").write_text("mine")
    answer = cli("batch", "manifest", lessons, "-o", tmp_path / "out", "--jobs", 1)

    assert (tmp_path / "out" / "art.json").read_text() == "mine"
    assert statuses(tmp_path / "out")["art"] == "failed"
    assert "--force replaces it" in answer.out


def test_names_by_a_pattern_and_a_table(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """Equal names are numbered; a table may name an output."""
    (tmp_path / "t.csv").write_text(
        "result,output\nlessons/art,\nlessons/chemistry,\nlessons/chemistry,../last one\n", "utf-8"
    )
    cli("batch", "manifest", tmp_path / "t.csv", "-o", tmp_path / "out", "--jobs", 1, "--name", "{room_id}")

    assert set(statuses(tmp_path / "out")) == {"1234", "1234-2", "_.._last one"}
    assert (tmp_path / "out" / "_.._last one.json").is_file()


def test_metrics_of_all_lessons(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """A file each."""
    cli("batch", "metrics", lessons, "-o", tmp_path / "out", "--jobs", 1, "--no-media")

    assert statuses(tmp_path / "out") == {"art": "done", "biology": "failed", "chemistry": "done"}
    tables = json.loads((tmp_path / "out" / "art.json").read_text())
    assert [row["user_id"] for row in tables["users"]] == ["ios_test1", "pc_test1"]


def test_shards_are_merged_into_one_summary(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """Of two machines, each with a folder of its own; links lead to where the outputs are."""
    for number in (1, 2):
        cli(
            "batch", "manifest", lessons, "-o", tmp_path / f"m{number}", "--jobs", 1, "--shard", f"{number}/2"
        )
    parts = [statuses(tmp_path / f"m{n}", f"summary-{n}-of-2.csv") for n in (1, 2)]
    answer = cli("batch", "merge", tmp_path / "m1", tmp_path / "m2", "-o", tmp_path / "all")

    assert sorted([*parts[0], *parts[1]]) == ["art", "biology", "chemistry"]
    assert answer.status == 3
    assert statuses(tmp_path / "all") == parts[0] | parts[1]
    assert (tmp_path / "all" / rows(tmp_path / "all")["art"]["output"]).resolve().is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["manifest", "nowhere"], "no such file or folder"),
        (["manifest", ".", "--shard", "3/2"], "expected i/n"),
        (["manifest", ".", "--name", "{x}"], "there is no {x}"),
        (["merge", "nowhere"], "no such folder"),
        (["merge", "."], "no batch has written"),
    ],
)
def test_misuse_is_status_2(
    arguments: list[str], said: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any work."""
    monkeypatch.chdir(tmp_path)
    answer = cli("batch", *arguments, "-o", tmp_path / "out")

    assert (answer.status, said in answer.err) == (2, True), answer.err


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Four lessons with media; one lacks a file."""
    folder = tmp_path / "classes"
    for n in range(4):
        shutil.copytree(SAMPLES / "lesson", folder / f"class{n}")
    shutil.rmtree(folder / "class2" / "media")
    shutil.copytree(SAMPLES / "lesson" / "media", folder / "class2" / "media")
    next((folder / "class2" / "media").glob("B4dRy6Pz8mXh*")).unlink()
    return folder


SMALL = ("--size", "320x180", "--draft")


@pytest.mark.slow
def test_videos_of_many_lessons(classes: Path, cli: Cli, tmp_path: Path) -> None:
    """With slates: it needs a look, and says what to do; nothing of it is made again for nothing."""
    out, cache = tmp_path / "out", tmp_path / "cache"
    answer = cli("batch", "render", classes, "-o", out, "--cache", cache, *SMALL)

    assert answer.status == 3
    assert statuses(out) == {"class0": "done", "class1": "done", "class2": "look", "class3": "done"}
    row = rows(out)["class2"]
    assert (row["slates"], row["errors"]) == ("1", "1")
    assert "B4dRy6Pz8mXh" in row["reason"]
    assert "timeline batch fetch" in row["advice"]
    cli("batch", "render", classes, "-o", out, "--cache", cache, *SMALL)
    assert {row["is_unchanged"] for row in rows(out).values()} == {"true"}
    shutil.copytree(SAMPLES / "lesson" / "media", classes / "class2" / "media", dirs_exist_ok=True)
    assert cli("batch", "render", classes, "-o", out, "--cache", cache, *SMALL).status == 0
    assert statuses(out)["class2"] == "done"


def children_of(group: int) -> list[str]:
    """Return the processes of a session, by their command lines."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == group and fields[0] != "Z":
                found.append((place / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_and_run_again_it_goes_on(
    how: signal.Signals, classes: Path, cli: Cli, tmp_path: Path
) -> None:
    """No process stays, nothing half-written stays, and each lesson is there once in the end."""
    out, cache = tmp_path / "out", tmp_path / "cache"
    arguments = ("render", classes, "-o", out, "--cache", cache, "--size", "640x360", "--jobs", 2)
    batch = run_apart(*arguments)
    wait_until(lambda: list(out.glob("class?.mp4")), 60)
    os.kill(batch.pid, how)
    _, said = batch.communicate(timeout=30)
    ended_s = time.monotonic()
    while children_of(batch.pid):
        assert time.monotonic() - ended_s < 3, children_of(batch.pid)
        time.sleep(0.05)

    assert batch.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130), said
    assert how == signal.SIGKILL or (out / "summary.csv").is_file()
    assert cli(*("batch", *arguments)).status == 3
    assert statuses(out) == {"class0": "done", "class1": "done", "class2": "look", "class3": "done"}
    assert any(row["is_unchanged"] == "true" for row in rows(out).values())
    assert sorted(path.name for path in out.glob("*.mp4")) == [f"class{n}.mp4" for n in range(4)]
    assert [path for path in out.glob(".timeline-*") if path.name != ".timeline-batch"] == []


def test_what_a_killed_run_left_half_written_is_removed(lessons: Path, cli: Cli, tmp_path: Path) -> None:
    """A file of the same output that never got its name."""
    out = tmp_path / "out"
    out.mkdir()
    left = out / f"{hidden_name(out / 'art.json')}-abc.json"
    left.write_text("{")

    cli("batch", "manifest", lessons, "-o", out, "--jobs", 1)

    assert not left.exists()
