"""Where a render works: a folder of its own, a lock on its output, nothing left of runs that were killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from timeline.errors import OutputHeldError
from timeline.publish import disk_errors, remove_parts


@contextlib.contextmanager
def workplace(cache: Path, output: Path) -> Iterator[Path]:
    """Give a working folder for what becomes *output*, and keep every other run away from it.

    What a run that was killed left behind, beside the output and in *cache*, is removed. Where *cache* cannot
    be written the folder lies beside the output, and there is no lock.

    Raises:
        OutputHeldError: Another run makes this output.
        DiskError: There is no place for the folder.
    """
    tag = hashlib.sha256(os.fsencode(output.resolve())).hexdigest()[:16]
    with contextlib.ExitStack() as stack:
        jobs = _made(cache / "jobs")
        if jobs is None:
            with disk_errors(output):
                beside = tempfile.TemporaryDirectory(prefix=".timeline-", dir=output.parent)
            yield Path(stack.enter_context(beside))
            return
        _hold(stack, jobs / f"{tag}.lock", output)
        remove_parts(output)
        folder = jobs / tag
        with disk_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
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


def _hold(stack: contextlib.ExitStack, lock: Path, output: Path) -> None:
    """Hold *lock* until the stack is closed; the system lets it go when a process dies."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    with disk_errors(lock):
        handle = stack.enter_context(lock.open("a+"))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        process = handle.read(20).strip()
        who = f"another run (process {process})" if process.isdigit() else "another run"
        raise OutputHeldError(f"{output}: {who} is making it; wait for it or name another output") from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
