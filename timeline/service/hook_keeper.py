"""Runs one try of a hook, and writes down how it ended, whatever becomes of the receiver meanwhile.

It is a program of its own: ``python -m timeline.service.hook_keeper FOLDER TRY TIMEOUT_S COMMAND...``. One
try of one lesson runs at most once, however often a keeper is sent for it: beginning and end are on disk
(``hook.json`` in the lesson's folder), and a lease says whether one is at work.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from timeline.publish import remove_parts, write_text
from timeline.service.leases import is_held, take_lease
from timeline.service.secrets import VARIABLES

Keeper = subprocess.Popen[bytes]
"""The process that keeps a hook."""
RECORD_NAME, LOG_NAME = "hook.json", "hook.log"
NOT_BEGUN, RUNNING, ENDED, KILLED = "not begun", "running", "ended", "killed"
"""How a try stands."""
TIMED_OUT, NOT_FOUND = 124, 127
"""Exit statuses of a hook that took too long, and of one that could not be begun."""
_PATIENCE_S = 10
_NOT_FOR_HOOKS = frozenset(VARIABLES.values())
_LOOKS, _LOOK_S = 40, 0.05


class Standing(NamedTuple):
    """How a try stands.

    Attributes:
        word: ``not begun``, ``running``, ``ended`` or ``killed``.
        exit_status: Of one that ended.
    """

    word: str
    exit_status: int | None = None


def standing(folder: Path, number: int) -> Standing:
    """Return how the try of that number stands in a lesson's folder."""
    if _read(folder).get("try") != number:
        return Standing(RUNNING if is_held(_lease(folder, number)) else NOT_BEGUN)
    is_alive = is_held(_lease(folder, number))
    status = _read(folder).get("exit_status")  # who lets the lease go has written before
    if status is not None:
        return Standing(ENDED, status)
    return Standing(RUNNING if is_alive else KILLED)


def keep(folder: Path, number: int, work: Callable[[int], int]) -> bool:
    """Do the work of a try unless it was begun before; return whether it was done now.

    Args:
        folder: The lesson's folder.
        number: Of the try.
        work: Gets the lease, which a child may inherit, and returns an exit status.
    """
    lease = _take_patiently(folder, number)
    if lease is None:
        return False
    try:
        if (_read(folder).get("try") or 0) >= number:
            return False
        record: dict[str, int | None] = {"try": number, "began_at_unix_ms": _now_ms(), "exit_status": None}
        _write(folder, record)
        status = work(lease)
        _write(folder, record | {"ended_at_unix_ms": _now_ms(), "exit_status": status})
        with contextlib.suppress(OSError):
            _lease(folder, number).unlink()
        return True
    finally:
        os.close(lease)


def run_command(command: Sequence[str], folder: Path, lease: int, timeout_s: float) -> int:
    """Run a hook in the lesson's folder, its words to the log; return its exit status."""
    with (folder / LOG_NAME).open("ab") as log:
        try:
            child = subprocess.Popen(
                list(command),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Where this keeper is killed, the lease tells that its hook lives on.
                pass_fds=(lease,) if os.name == "posix" else (),
            )
        except OSError as error:
            log.write(f"the hook cannot be begun: {error.strerror or error}\n".encode())
            return NOT_FOUND
        try:
            return child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            log.write(f"the hook took longer than {timeout_s:g} s and is ended\n".encode())
            _end(child)
            return TIMED_OUT


def send_keeper(folder: Path, number: int, command: Sequence[str], timeout_s: float) -> Keeper:
    """Start a keeper that outlives us.

    Raises:
        OSError: No process can be started.
    """
    arguments = [os.fspath(folder), str(number), f"{timeout_s:g}", *command]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "timeline.service.hook_keeper", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name not in _NOT_FOR_HOOKS},
        start_new_session=True,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    for name in ("SIGTERM", "SIGKILL"):
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(child.pid, getattr(signal, name))
            else:
                child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_PATIENCE_S)
            return


def _lease(folder: Path, number: int) -> Path:
    """Return the lease of one try: what a hook left running in the background holds up no later try."""
    return folder / f".hook-{number}.lock"


def _take_patiently(folder: Path, number: int) -> int | None:
    """Return the lease; who only looks whether it is held has it for a moment too."""
    for _ in range(_LOOKS):
        lease = take_lease(_lease(folder, number))
        if lease is not None or (_read(folder).get("try") or 0) >= number:
            return lease
        time.sleep(_LOOK_S)
    return None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _read(folder: Path) -> dict[str, int | None]:
    try:
        record = json.loads((folder / RECORD_NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    whole = isinstance(record, dict) and all(type(value) in (int, type(None)) for value in record.values())
    return record if whole else {}


def _write(folder: Path, record: dict[str, int | None]) -> None:
    remove_parts(folder / RECORD_NAME)
    write_text(folder / RECORD_NAME, json.dumps(record) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Keep one try: FOLDER TRY TIMEOUT_S COMMAND..."""
    folder, number, timeout_s = Path(arguments[0]), int(arguments[1]), float(arguments[2])
    keep(folder, number, lambda lease: run_command(arguments[3:], folder, lease, timeout_s))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
