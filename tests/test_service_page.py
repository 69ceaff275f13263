"""docs/service.md: its commands, in its order, against the simulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import timeline
from tests.test_docs import blocks
from tests.test_round_trip import answers, free_port, wait_until


@pytest.mark.slow
def test_the_page_leads_from_nothing_to_a_review_video(tmp_path: Path) -> None:
    """Three terminals; only the ports are other ones, and nothing is installed."""
    install, simulate, exports, receive, lesson, show = blocks("docs/service.md", "sh")
    assert install.startswith("pip install")
    ports = {"8100": str(free_port()), "8200": str(free_port())}
    assert len(set(ports.values())) == 2

    def script(*parts: str) -> str:
        text = "\n".join(parts)
        for port, other in ports.items():
            text = text.replace(port, other)
        return text

    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMELINE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")

    def begin(text: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                "bash",
                "-c",
                f"{text.rstrip().rpartition(chr(10))[0]}\nexec {text.rstrip().rpartition(chr(10))[2]}",
            ],
            cwd=tmp_path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
        )

    terminals = [begin(script(simulate))]
    try:
        wait_until(lambda: answers(int(ports["8100"])))
        terminals.append(begin(script(exports, receive)))
        wait_until(lambda: answers(int(ports["8200"])))
        third = subprocess.run(
            ["bash", "-ec", script(exports, lesson, show)],
            cwd=tmp_path,
            env=environment,
            text=True,
            capture_output=True,
            timeout=120,
        )
        assert third.returncode == 0, third.stderr
        wait_until(lambda: list(tmp_path.glob("lessons/*/review.mp4")), 90)
        time.sleep(0.2)
    finally:
        for terminal in terminals:
            terminal.send_signal(signal.SIGINT)
        ends = [(terminal.communicate(timeout=30), terminal.returncode)[1] for terminal in terminals]

    read = timeline.load(tmp_path / "result.json", journal=tmp_path / "calls.jsonl")
    (pause,) = read.pauses
    assert ends == [130, 130]
    assert "(journal)" in third.stdout
    assert pause.source == "journal"
    assert pause.duration_ms is not None
    assert 3000 <= pause.duration_ms < 8000
