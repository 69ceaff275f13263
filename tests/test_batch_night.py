"""A night of 200 lessons, a twentieth of them damaged: killed and run again, and by two machines."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.test_cli_batch import SAMPLES, rows
from tests.test_round_trip import wait_until

GUIDE = json.loads((SAMPLES / "guide_example.json").read_text())
DAMAGE: list[tuple[bytes, str]] = [
    (b"{", "not JSON"),
    (b"[]", "expected a recording result"),
    (b'{"error_code": 40002, "error_msg": "x"}', "check that a camera was on"),
    (json.dumps(GUIDE | {"video_info": []}).encode(), "the list is empty"),
    (b"\xff", "not UTF-8"),
]


@pytest.fixture
def night(tmp_path: Path) -> dict[str, str]:
    """Write the lessons, and return why each damaged one has to fail."""
    reasons = {}
    for number in range(200):
        folder = tmp_path / "lessons" / f"class{number:03}"
        folder.mkdir(parents=True)
        data = json.dumps(GUIDE | {"room_id": 1000 + number}).encode()
        if number % 20 == 7:
            data, reasons[folder.name] = DAMAGE[number // 20 % len(DAMAGE)]
        (folder / "result.json").write_bytes(data)
    return reasons


def failed(folder: Path) -> dict[str, str]:
    return {name: row["reason"] for name, row in rows(folder).items() if row["status"] != "done"}


def check(folder: Path, night: dict[str, str]) -> None:
    """Every lesson once, the damaged ones named with the right reason."""
    assert len(rows(folder)) == 200
    assert failed(folder).keys() == night.keys()
    assert all(night[name] in reason for name, reason in failed(folder).items())


@pytest.mark.slow
def test_killed_once_and_run_again(night: dict[str, str], cli: Cli, tmp_path: Path) -> None:
    """What was finished before the kill is kept, and nothing half-written is there."""
    out = tmp_path / "out"
    arguments = ["metrics", tmp_path / "lessons", "-o", out, "--no-media", "--jobs", "2"]
    command = [sys.executable, "-m", "timeline", "batch", *map(str, arguments)]
    batch = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(list(out.glob("class*.json"))) >= 40, 60)
    batch.kill()
    assert batch.wait() == -signal.SIGKILL

    assert cli("batch", *arguments).status == 3
    check(out, night)
    assert sum(row["is_unchanged"] == "true" for row in rows(out).values()) >= 30
    assert len(list(out.glob("*.json"))) == 190
    assert all(json.loads(path.read_text())["lessons"] for path in out.glob("*.json"))


@pytest.mark.slow
def test_two_machines_and_one_summary(night: dict[str, str], cli: Cli, tmp_path: Path) -> None:
    """Each has its shard and a folder of its own."""
    for number in (1, 2):
        cli(
            *("batch", "manifest", tmp_path / "lessons", "-o", tmp_path / f"m{number}"),
            *("--jobs", 1, "--shard", f"{number}/2"),
        )
    assert cli("batch", "merge", tmp_path / "m1", tmp_path / "m2", "-o", tmp_path / "all").status == 3

    check(tmp_path / "all", night)
