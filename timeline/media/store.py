"""The store: media by their content, shared by all lessons and commands.

::

    DIR/media/ab/ab12…        a file, named by its SHA-256
    DIR/index/<key>.json      which file belongs to what a result says of it
    DIR/parts/<key>.part      a download that is on its way
    DIR/facts/ab12….json      what a probe found in it
    DIR/profiles/ab12…-<key>  what was measured in it
    DIR/digests/<key>.json    what is in a file that lies elsewhere

A key is made of everything a result says of a file; of its url the query is left out where there is an id,
since it holds a signature that changes. Nothing of a result is ever a name in here. What is there is whole:
files are renamed into their places when they are complete and on disk, and what changed since is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from timeline.errors import DiskError
from timeline.model import MediaReference
from timeline.publish import disk_errors, file_sha256, published, sync_folder, umask, write_text

CACHE_VARIABLE = "XDG_CACHE_HOME"
LOCK_TICK_S = 0.1


def default_cache() -> Path:
    """Return where the store is unless one is named: ``$XDG_CACHE_HOME/timeline``, else in ``~/.cache``."""
    named = os.environ.get(CACHE_VARIABLE)
    if named and Path(named).is_absolute():
        return Path(named) / "timeline"
    if sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        return Path(os.environ["LOCALAPPDATA"]) / "timeline"
    return Path.home() / ".cache" / "timeline"


class MediaStore:
    """A store in *folder*, which is made when something is first kept in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, reference: MediaReference) -> Path | None:
        """Return the file that was fetched for *reference*, or None.

        One that somebody changed since it was kept is removed: a file here is what its name says, or gone.
        """
        entry = _read_json(self._index(reference))
        digest = entry.get("sha256")
        if not isinstance(digest, str) or not _is_digest(digest):
            return None
        path = self._place(digest)
        try:
            status = path.stat()
            if status.st_size == entry.get("size_bytes") and status.st_mtime_ns == entry.get("mtime_ns"):
                return path
            is_whole = file_sha256(path) == digest
        except OSError:
            return None
        if not is_whole:
            self.drop(path)
            return None
        with contextlib.suppress(DiskError):  # the time alone is another one: a copy of the store
            self._write_index(reference, path)
        return path

    def drop(self, path: Path) -> None:
        """Remove a file of this store that is not what it should be."""
        with contextlib.suppress(OSError):
            path.unlink()

    @contextlib.contextmanager
    def part(self, reference: MediaReference, waiting: Callable[[], None]) -> Iterator[Path]:
        """Give the place where *reference* is downloaded to, for this process alone.

        While another process has it, *waiting* is called again and again; what it raises ends the wait.
        """
        path = self._part(reference)
        with disk_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        with disk_errors(path.parent), path.with_suffix(".lock").open("ab") as lock:
            _lock(lock.fileno(), waiting)
            yield path

    def begun_bytes(self, reference: MediaReference) -> int:
        """Return how much of a download that broke off is there."""
        try:
            return self._part(reference).stat().st_size
        except OSError:
            return 0

    def keep(self, reference: MediaReference, part: Path, digest: str) -> Path:
        """Take the whole file at *part*, whose SHA-256 is *digest*, and return its place."""
        path = self._place(digest)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._index(reference).parent.mkdir(parents=True, exist_ok=True)
            part.chmod(0o444 & ~umask())  # folders of lessons hold links to it
            os.replace(part, path)
            sync_folder(path.parent)
        self._write_index(reference, path)
        return path

    def digest(self, path: Path) -> str | None:
        """Return the SHA-256 of a file of this store; None for any other file."""
        return path.name if path.parent.parent == self.folder / "media" and _is_digest(path.name) else None

    def content_of(self, path: Path) -> str:
        """Return the SHA-256 of any file; it is read again only when its size, time or place changed.

        Raises:
            OSError: It cannot be read.
        """
        digest = self.digest(path)
        if digest is not None:
            return digest
        status = path.stat()
        identity = [os.fspath(path.resolve()), status.st_ino, status.st_size, status.st_mtime_ns]
        key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        note = self.folder / "digests" / f"{key}.json"
        known = _read_json(note).get("sha256")
        if isinstance(known, str) and _is_digest(known):
            return known
        digest = file_sha256(path)
        with contextlib.suppress(OSError):  # a store that cannot be written costs time, not the lesson
            note.parent.mkdir(parents=True, exist_ok=True)
            write_text(note, json.dumps({"sha256": digest}))
        return digest

    def facts(self, digest: str) -> dict[str, Any] | None:
        """Return what was kept as the facts of a file, or None."""
        return _read_json(self._facts(digest)) or None

    def keep_facts(self, digest: str, facts: dict[str, Any]) -> None:
        """Keep the facts of a file."""
        with disk_errors(self.folder):
            self._facts(digest).parent.mkdir(parents=True, exist_ok=True)
        write_text(self._facts(digest), json.dumps(facts))

    def profile(self, digest: str, key: str) -> bytes | None:
        """Return what was measured in a file, in the way that *key* stands for, or None."""
        try:
            return self._profile(digest, key).read_bytes()
        except OSError:
            return None

    def keep_profile(self, digest: str, key: str, data: bytes) -> None:
        """Keep what was measured in a file; *key* is of our making.

        Raises:
            DiskError: It cannot be written.
        """
        path = self._profile(digest, key)
        with disk_errors(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
        with published(path) as part, disk_errors(path):
            part.write_bytes(data)

    def _write_index(self, reference: MediaReference, path: Path) -> None:
        with disk_errors(path):
            status = path.stat()
        entry = {
            "sha256": path.name,
            "size_bytes": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "host": urlsplit(reference.url or "").hostname,
        }
        write_text(self._index(reference), json.dumps(entry))

    def _part(self, reference: MediaReference) -> Path:
        return self.folder / "parts" / f"{reference_key(reference)}.part"

    def _place(self, digest: str) -> Path:
        return self.folder / "media" / digest[:2] / digest

    def _index(self, reference: MediaReference) -> Path:
        return self.folder / "index" / f"{reference_key(reference)}.json"

    def _profile(self, digest: str, key: str) -> Path:
        return self.folder / "profiles" / f"{digest}-{key}"

    def _facts(self, digest: str) -> Path:
        return self.folder / "facts" / f"{digest}.json"


def reference_key(reference: MediaReference) -> str:
    """Return the key of what a result says of a file: 64 hexadecimal digits.

    Example:
        >>> signed = MediaReference("http://a.example/x.mp4?sign=1", "7", "video/mp4", 5, 1000, 0)
        >>> reference_key(signed) == reference_key(signed._replace(url="http://a.example/x.mp4?sign=2"))
        True
    """
    place = (reference.url or "").partition("#")[0]
    if reference.video_id:
        place = place.partition("?")[0]
    facts = json.dumps([place, reference.video_id, reference.size_bytes])
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file; an empty one where there is none, or it is broken."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and all(c in "0123456789abcdef" for c in text)


def _lock(handle: int, waiting: Callable[[], None]) -> None:
    """Wait until no other process holds this file; released when it is closed."""
    try:
        import fcntl
    except ImportError:  # not on Windows: two runs may fetch the same file, and the later one is kept
        return
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        waiting()
        time.sleep(LOCK_TICK_S)
