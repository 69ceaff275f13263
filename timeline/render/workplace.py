"""Where a render works: a folder of its own, a lock on its output, nothing left of runs that were killed."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from timeline.errors import OutputHeldError
from timeline.publish import disk_errors, hidden_name, remove_parts
from timeline.render.locks import held, lock_of

DAY_S = 86_400
"""Where locks cannot say whether somebody is at work, nobody is at what is as old as this."""


@contextlib.contextmanager
def workplace(cache: Path | None, output: Path) -> Iterator[Path]:
    """Give a working folder for what becomes *output*, and keep every other run away from that.

    What runs that were killed left behind, beside the output and in *cache*, is removed. Without a cache, and
    where it cannot be written, the folder lies beside the output.

    Raises:
        OutputHeldError: Another run makes this output.
        DiskError: There is no place for the folder.
    """
    with contextlib.ExitStack() as stack:
        is_alone = stack.enter_context(held(lock_of(output), output))
        remove_parts(output, least_age_s=0 if is_alone else DAY_S)
        jobs = None if cache is None else _made(cache / "jobs")
        if jobs is None:
            with disk_errors(output):
                beside = tempfile.TemporaryDirectory(prefix=f"{hidden_name(output)}-", dir=output.parent)
            yield Path(stack.enter_context(beside))
            return
        _remove_dead(jobs)
        # Nobody else has this name: the same path may mean another disk to another run with this cache.
        folder = jobs / secrets.token_hex(8)
        stack.enter_context(held(_lock_of_job(folder), output))
        with disk_errors(folder):
            folder.mkdir()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _made(folder: Path) -> Path | None:
    """Return *folder*, made where it was not there; None where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _lock_of_job(folder: Path) -> Path:
    """Return the lock of a working folder, which is held before the folder is there."""
    return folder.with_name(f"{folder.name}.lock")


def _remove_dead(jobs: Path) -> None:
    """Remove the working folders of runs that were killed, whatever their output was."""
    for folder in jobs.glob("*"):
        with contextlib.suppress(OutputHeldError, OSError):
            if folder.is_dir():
                with held(_lock_of_job(folder), folder) as is_dead:
                    if is_dead or time.time() - folder.stat().st_mtime > DAY_S:
                        shutil.rmtree(folder, ignore_errors=True)
