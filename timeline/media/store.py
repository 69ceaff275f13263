"""The store: media by their content, shared by all lessons and commands.

::

    DIR/media/ab/ab12…        a file, named by its SHA-256
    DIR/index/<key>.json      which file belongs to what a result says of it
    DIR/parts/<key>.part      a download that is on its way
    DIR/facts/ab12….json      what a probe found in it

A key is made of everything a result says of a file but the query of its url, which holds a signature that
changes. Nothing of a result is ever a name in here. What is there is whole: files are renamed into their
places when they are complete and on disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from timeline.model import MediaReference
from timeline.publish import disk_errors, sync_folder, write_text

CACHE_VARIABLE = "XDG_CACHE_HOME"


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
        """Return the file that was fetched for *reference*, or None."""
        entry = _read_json(self._index(reference))
        digest = entry.get("sha256")
        if not isinstance(digest, str) or not _is_digest(digest):
            return None
        path = self._place(digest)
        try:
            return path if path.stat().st_size == entry.get("size_bytes") else None
        except OSError:
            return None

    @contextlib.contextmanager
    def part(self, reference: MediaReference) -> Iterator[Path]:
        """Give the place where *reference* is downloaded to, for this process alone; another one waits."""
        folder = self.folder / "parts"
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{reference_key(reference)}.part"
        with disk_errors(folder), path.with_suffix(".lock").open("ab") as lock:
            _lock(lock.fileno())
            yield path

    def keep(self, reference: MediaReference, part: Path, digest: str) -> Path:
        """Take the whole file at *part*, whose SHA-256 is *digest*, and return its place."""
        path = self._place(digest)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._index(reference).parent.mkdir(parents=True, exist_ok=True)
            part.chmod(0o444)  # folders of lessons hold links to it
            os.replace(part, path)
            sync_folder(path.parent)
            size_bytes = path.stat().st_size
        entry = {"sha256": digest, "size_bytes": size_bytes, "host": urlsplit(reference.url or "").hostname}
        write_text(self._index(reference), json.dumps(entry))
        return path

    def digest(self, path: Path) -> str | None:
        """Return the SHA-256 of a file of this store; None for any other file."""
        return path.name if path.parent.parent == self.folder / "media" and _is_digest(path.name) else None

    def facts(self, digest: str) -> dict[str, Any] | None:
        """Return what was kept as the facts of a file, or None."""
        return _read_json(self._facts(digest)) or None

    def keep_facts(self, digest: str, facts: dict[str, Any]) -> None:
        """Keep the facts of a file."""
        with disk_errors(self.folder):
            self._facts(digest).parent.mkdir(parents=True, exist_ok=True)
        write_text(self._facts(digest), json.dumps(facts))

    def _place(self, digest: str) -> Path:
        return self.folder / "media" / digest[:2] / digest

    def _index(self, reference: MediaReference) -> Path:
        return self.folder / "index" / f"{reference_key(reference)}.json"

    def _facts(self, digest: str) -> Path:
        return self.folder / "facts" / f"{digest}.json"


def reference_key(reference: MediaReference) -> str:
    """Return the key of what a result says of a file: 64 hexadecimal digits.

    Example:
        >>> signed = MediaReference("http://a.example/x.mp4?sign=1", "7", "video/mp4", 5, 1000, 0)
        >>> reference_key(signed) == reference_key(signed._replace(url="http://a.example/x.mp4?sign=2"))
        True
    """
    place = (reference.url or "").partition("#")[0].partition("?")[0]
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


def _lock(handle: int) -> None:
    """Wait until no other process holds this file; released when it is closed."""
    try:
        import fcntl
    except ImportError:  # not on Windows: two runs may fetch the same file, and the later one is kept
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
