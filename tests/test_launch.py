"""Children are fenced in as far as the machine allows."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.test_ffmpeg import LIMITS, ends
from timeline.media.launch import fenced, fences, plain_environment

PARENT = """
import subprocess, sys, time
from timeline.media.launch import fenced
sleep = fenced([sys.executable, "-c", "import time; time.sleep(60)"])
child = subprocess.Popen(sleep, start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""
needs = {
    name: pytest.mark.skipif(name not in fences(), reason=f"this machine does not offer: {name}")
    for name in ("ended with us", "no new privileges", "no network", LIMITS)
}


def answer_of(code: str) -> str:
    """Return what a fenced Python prints."""
    command = fenced([sys.executable, "-c", code])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@needs["ended with us"]
def test_a_child_ends_with_a_parent_that_is_killed_outright() -> None:
    """Nobody is left behind by kill -9."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)  # until the child is what it was started for

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert ends(child)


@needs["no network"]
def test_a_child_reaches_no_server() -> None:
    """Not even one on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            "import socket\n"
            f"try: socket.create_connection(('127.0.0.1', {port}), 2); print('reached')\n"
            "except OSError: print('nothing there')"
        )

        assert answer_of(code) == "nothing there"


@needs[LIMITS]
def test_a_child_leaves_no_core_dump() -> None:
    """The limit is 0."""
    assert answer_of("import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])") == "0"


@needs[LIMITS]
def test_a_child_has_the_limits_that_it_is_given() -> None:
    """And the same ones as we without."""
    code = "import resource as r; print(r.getrlimit(r.RLIMIT_FSIZE)[0], r.getrlimit(r.RLIMIT_AS)[0])"

    def limits(**given: int) -> str:
        command = fenced([sys.executable, "-c", code], **given)
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert limits(most_file_bytes=12345, most_memory_bytes=1 << 31) == f"12345 {1 << 31}"
    assert (
        limits()
        == f"{resource.getrlimit(resource.RLIMIT_FSIZE)[0]} {resource.getrlimit(resource.RLIMIT_AS)[0]}"
    )


@needs["no new privileges"]
def test_a_child_gains_no_privileges() -> None:
    """The kernel's own flag says so."""
    code = (
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('NoNewPrivs')][0])"
    )

    assert answer_of(code) == "1"


def test_the_status_of_a_child_is_its_own() -> None:
    """Fences stand in nobody's way."""
    command = fenced([sys.executable, "-c", "raise SystemExit(7)"])

    assert subprocess.run(command).returncode == 7


def test_a_fenced_child_can_be_killed() -> None:
    """The process that was started is the child itself, not a fence before it."""
    child = subprocess.Popen(fenced([sys.executable, "-c", "import time; time.sleep(60)"]))
    time.sleep(0.2)

    child.kill()

    assert child.wait(timeout=10) == -signal.SIGKILL


def test_the_environment_of_a_child_says_nothing_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Keys and proxies stay here."""
    monkeypatch.setenv("SECRET_KEY", "x")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    environment = plain_environment()

    assert {"SECRET_KEY", "http_proxy"}.isdisjoint(environment)
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["LC_ALL"] == "C.UTF-8"
