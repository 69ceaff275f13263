"""Locks: files that one process holds for as long as it lives, so that no two runs make the same."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from timeline.errors import OutputHeldError
from timeline.publish import disk_errors, hidden_name


def lock_of(output: Path) -> Path:
    """Return the lock of an output: it lies beside it, where every run of it looks, whatever its cache."""
    return output.with_name(f"{hidden_name(output)}.lock")


@contextlib.contextmanager
def held(lock: Path, output: Path) -> Iterator[bool]:
    """Hold *lock* for the making of *output*, and remove it at the end.

    The system lets it go when a process dies; the file that is left then is taken by the next one. Gives
    whether nobody else is at work, which is unknown where the system or the disk has no locks.

    Raises:
        OutputHeldError: Another process holds it.
        DiskError: It cannot be written.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield False
        return
    while True:
        with disk_errors(lock):
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            is_alone = True
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                process = os.pread(handle, 20, 0).decode(errors="replace").strip()
                who = f"another run (process {process})" if process.isdigit() else "another run"
                raise OutputHeldError(
                    f"{output}: {who} is making it; wait for it or name another output"
                ) from None
            except OSError:  # a disk without locks
                is_alone = False
            if is_alone and not _is_there(handle, lock):
                continue  # whoever held it removed it in between: it keeps nobody away any more
            with contextlib.suppress(OSError):  # it is said to people only
                os.ftruncate(handle, 0)
                os.pwrite(handle, str(os.getpid()).encode(), 0)
            try:
                yield is_alone
            finally:
                with contextlib.suppress(OSError):
                    lock.unlink()
            return
        finally:
            os.close(handle)


def _is_there(handle: int, path: Path) -> bool:
    """Return whether an open file is still the one at *path*."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat(follow_symlinks=False))
    except OSError:
        return False
