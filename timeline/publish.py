"""Files appear whole or not at all.

Everything is written beside its final place under a name of its own, flushed to disk, and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from timeline.errors import DiskError, OutputExistsError, ParameterError, TimelineError


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError of writing into `DiskError`, which names *path*, or the folder whose disk is full."""
    try:
        yield
    except TimelineError:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(path if path.is_dir() else path.parent, errno=error.errno) from error
        reason = (error.strerror or str(error)).lower()
        raise DiskError(f"{path}: cannot be written: {reason}", errno=error.errno) from error


def disk_full(folder: Path, *, errno: int | None = errno.ENOSPC) -> DiskError:
    """Return the error of a folder on whose disk nothing more can be written."""
    return DiskError(f"{folder}: the disk is full; free some space there and run again", errno=errno)


_UMASK = threading.Lock()
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The errno values of a full disk."""


def check_output(path: Path, *, overwrite: bool) -> None:
    """Refuse an output that exists, is a folder, or whose folder is missing, before work begins.

    Raises:
        OutputExistsError: *path* is there and *overwrite* is False.
        ParameterError: *path* is a folder, or its folder does not exist.
    """
    with disk_errors(path):
        is_there, is_folder, is_file = path.exists(), path.is_dir(), path.is_file()
        has_folder = path.parent.is_dir()
    if is_folder:
        raise ParameterError(f"{path}: is a folder; name a file")
    if is_there and not is_file:
        raise ParameterError(f"{path}: is no ordinary file, so it is not replaced; name another one")
    if is_there and not overwrite:
        raise OutputExistsError(f"{path}: exists already; use --force to replace it")
    if not has_folder:
        raise ParameterError(f"{path}: its folder does not exist; make {path.parent} first")


@contextlib.contextmanager
def published(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary path to write to; publish it under *path* when the block ends well.

    When the block raises, nothing appears and the temporary file is gone.

    Args:
        path: The final place.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        OutputExistsError: *path* is there and *overwrite* is False.
        DiskError: It cannot be written.
    """
    with published_together(path, overwrite=overwrite) as (part,):
        yield part


@contextlib.contextmanager
def published_together(*paths: Path, overwrite: bool = True) -> Iterator[tuple[Path, ...]]:
    """As `published`, with several paths: the first one, and what is said of it in others.

    What was said of an older one is removed before that is replaced, and what is said of the new one appears
    behind it: whoever is killed on the way leaves nothing beside a file that it does not speak of.
    """
    for path in paths:
        check_output(path, overwrite=overwrite)
    parts: list[Path] = []
    try:
        for path in paths:
            with disk_errors(path):
                prefix = f"{hidden_name(paths[0])}-"
                handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
                os.close(handle)
            parts.append(Path(name))
        yield tuple(parts)
        for part, path in zip(parts, paths, strict=True):
            if not overwrite:  # it may have come meanwhile
                check_output(path, overwrite=False)
            with disk_errors(path):
                flush(part)
        for path in paths[1:]:
            with disk_errors(path):
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
        for part, path in zip(parts, paths, strict=True):
            with disk_errors(path):
                os.replace(part, path)
                sync_folder(path.parent)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def flush(part: Path) -> None:
    """Bring a file to disk, and let others read it whom the process's mask allows to."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.chmod(0o666 & ~umask())


def remove_parts(path: Path, *, least_age_s: float = 0) -> None:
    """Remove what runs that were killed left of *path*, where it is as old as that.

    The caller knows that no other run is at work, or that none works for so long.
    """
    for part in path.parent.glob(f"{hidden_name(path)}-*"):
        with contextlib.suppress(OSError):
            if not least_age_s or time.time() - part.stat().st_mtime > least_age_s:
                if part.is_dir() and not part.is_symlink():
                    shutil.rmtree(part, ignore_errors=True)
                else:
                    part.unlink()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hidden_name(path: Path) -> str:
    """Return how the names begin of all that lies beside *path* only while it is made."""
    return f".timeline-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}"


def write_text(path: Path, text: str, *, overwrite: bool = True) -> None:
    """Write *text* as UTF-8 to *path*, whole or not at all; raises as `published` does."""
    with published(path, overwrite=overwrite) as part, disk_errors(path):
        part.write_text(text, encoding="utf-8", newline="\n")


def umask() -> int:
    """Return the process's mask, which can only be read by setting it: one thread at a time."""
    with _UMASK:
        mask = os.umask(0o077)
        os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Make a rename durable where folders can be opened (not on Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
