"""How a child process is fenced in: what this machine offers of it.

On Linux with util-linux a child dies with us even when we are killed outright, gains no privileges, reaches
no network, leaves no core dump and has limits. Elsewhere less of it holds; ``timeline --version --json``
says what.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

_LIMITS = "no core dumps, limits on memory and files"
_FENCES: dict[str, tuple[str, ...]] = {
    # The kernel ends the child when the thread that started it is gone; that thread waits for it.
    "ended with us": ("setpriv", "--pdeathsig", "KILL"),
    "no new privileges": ("setpriv", "--no-new-privs"),
    "no network": ("unshare", "--map-root-user", "--net"),
    _LIMITS: ("prlimit", "--core=0"),  # the last one: further limits are put behind it
}
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "HOME")


def fenced(
    command: Sequence[str], *, most_file_bytes: int | None = None, most_memory_bytes: int | None = None
) -> list[str]:
    """Return *command* behind all fences that this machine offers.

    Args:
        command: A program and its arguments.
        most_file_bytes: How large a file may grow that it writes; a signal ends it there.
        most_memory_bytes: How much address space it may have.
    """
    offered = _offered()
    fences = [part for fence in offered.values() for part in fence]
    limits = {"--fsize": most_file_bytes, "--as": most_memory_bytes}
    if _LIMITS in offered:
        fences += [f"{name}={limit}" for name, limit in limits.items() if limit is not None]
    return [*fences, *command]


def fences() -> tuple[str, ...]:
    """Return what holds for every child, in a few words each."""
    return tuple(_offered())


def plain_environment() -> dict[str, str]:
    """Return an environment that says nothing of the user: where programs and libraries are, and UTF-8."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@functools.cache
def _offered() -> dict[str, tuple[str, ...]]:
    """Try each fence once, behind those that worked before it."""
    offered: dict[str, tuple[str, ...]] = {}
    if not sys.platform.startswith("linux"):
        return offered
    nothing = shutil.which("true")
    for name, fence in _FENCES.items():
        program = shutil.which(fence[0])
        if program is None or nothing is None:
            continue
        whole = (program, *fence[1:])
        before = [part for other in offered.values() for part in other]
        try:
            answer = subprocess.run(
                [*before, *whole, nothing], stdin=subprocess.DEVNULL, capture_output=True, timeout=10
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if answer.returncode == 0:
            offered[name] = whole
    return offered
