"""Leases: a file that a process holds for as long as it, or a child that it gave it to, lives.

The system ends a lease with the last process that holds it, however that died. The file stays.
"""

from __future__ import annotations

import os
from pathlib import Path


def take_lease(path: Path) -> int | None:
    """Return an open file that holds the lease, or None where another process holds it.

    Where the system or the disk has no locks everybody gets one.

    Raises:
        OSError: The file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        import fcntl
    except ImportError:  # not on Windows
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:  # a disk without locks
        pass
    return handle


def is_held(path: Path) -> bool:
    """Return whether some process holds the lease at *path*."""
    if not path.exists():
        return False
    handle = take_lease(path)
    if handle is None:
        return True
    os.close(handle)
    return False
