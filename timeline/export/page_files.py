"""The media beside a replay page: the page says which are its own, so that the next one can remove them.

A page that was made before is a stranger's input, too: only what has a name of ours, lies in the folder and
is as large as the page says is ever removed.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from timeline.publish import disk_errors

FIELD = "x-files"
"""Of the manifest in a page."""

_OUR_NAME = re.compile(r"[0-9]{4,10}_[0-9a-f]{8}\.(?:mp4|webm|flv|mp3)", re.ASCII)
_MANIFEST = re.compile(rb'<script type="application/json" id="timeline-manifest">(.*?)</script>', re.DOTALL)
_MOST_BYTES = 256 << 20


class OwnFile(NamedTuple):
    """A file that a page put beside it: its name, and its size, without which it may be another one."""

    file: str
    size_bytes: int


def own_files(page: Path, media: Path) -> set[OwnFile]:
    """Return which files in the folder *media* the page that is there calls its own."""
    return {one for one in _said(page) if _is_there(media, one)}


def files_json(files: Iterable[OwnFile]) -> list[dict[str, Any]]:
    """Return what a page says of its files."""
    return [one._asdict() for one in sorted(files)]


def remove_files(media: Path, files: Iterable[OwnFile], *, sources: Collection[Path]) -> None:
    """Remove those of *files* that are still as they were, and that are none of *sources* (resolved).

    Raises:
        DiskError: One cannot be removed.
    """
    for one in files:
        path = media / one.file
        with disk_errors(path):
            if _is_there(media, one) and path.resolve() not in sources:
                path.unlink()
    with contextlib.suppress(OSError):
        media.rmdir()  # where nothing is left in it


def _said(page: Path) -> set[OwnFile]:
    try:
        if page.stat().st_size > _MOST_BYTES:
            return set()
        found = _MANIFEST.search(page.read_bytes())
        items = json.loads(found[1])[FIELD] if found else []
        pairs = [(item["file"], item["size_bytes"]) for item in items]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return set()
    return {
        OwnFile(name, size)
        for name, size in pairs
        if isinstance(name, str) and _OUR_NAME.fullmatch(name) and type(size) is int
    }


def _is_there(media: Path, one: OwnFile) -> bool:
    path = media / one.file
    return path.is_file() and not path.is_symlink() and path.stat().st_size == one.size_bytes
