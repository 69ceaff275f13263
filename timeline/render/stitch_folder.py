"""The folder of stitched tracks: complete beside its index, and without files of older stitches.

Before anything is changed, a hidden list says which files are ours: those of older stitches, as their index
tells, and those that come now. Then the index goes, the files come, the new index comes, and what is ours and
not in it is removed; the list goes last. So whoever is killed on the way leaves no index beside files that it
does not describe, and the next stitch knows what to replace and to remove.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from timeline.publish import check_output, disk_errors, flush, hidden_name, sync_folder
from timeline.render.visibility import INDEX_FORMAT, INDEX_NAME

_OUR_NAME = re.compile(r"[a-z]+[0-9]*_[0-9]{2,}\.(mp4|m4a|m3u8|m4s)")


class _Entry(NamedTuple):
    """A file of a stitch: its name, and its size, without which somebody else may have put another there."""

    file: str
    size_bytes: int


def check_folder(folder: Path, names: Collection[str], *, overwrite: bool) -> None:
    """Refuse, as `check_output`, files of these names and an index that are there.

    What a stitch left that was killed while its files appeared may be replaced unasked.
    """
    begun = {entry.file for entry in _entries(_list_of(folder)) if _is_there(folder, entry)}
    for name in (*names, INDEX_NAME):
        check_output(folder / name, overwrite=overwrite or name in begun)


def publish_tracks(
    folder: Path,
    scratch: Path,
    wholes: Mapping[str, Path],
    index: Mapping[str, Any],
    *,
    sources: Collection[Path] = (),
    overwrite: bool = True,
) -> None:
    """Put all files of a stitch and their index into *folder*; files of older ones that are not replaced go.

    Args:
        folder: Where they go; nobody else works for it.
        scratch: A folder on the same disk.
        wholes: The files, by the names that they get.
        index: What the index says; of each file its name as ``file`` and its ``size_bytes``.
        sources: Files that are not removed in any case, resolved.
        overwrite: Whether files that are there may be replaced.

    Raises:
        OutputExistsError: A file is there and *overwrite* is False.
        DiskError: They cannot be written.
    """
    check_folder(folder, wholes, overwrite=overwrite)
    listed = _list_of(folder)
    with disk_errors(folder):
        ours = {*_entries(listed), *_entries(folder / INDEX_NAME), *_entries_in(index)}
        said = {"format": INDEX_FORMAT, "tracks": [entry._asdict() for entry in sorted(ours)]}
        new_list = _written(scratch / "list.json", json.dumps(said))
        new_index = _written(scratch / INDEX_NAME, json.dumps(index, ensure_ascii=False, indent=1) + "\n")
        for whole in wholes.values():
            flush(whole)
        os.replace(new_list, listed)
        sync_folder(folder)
        (folder / INDEX_NAME).unlink(missing_ok=True)
        sync_folder(folder)
        for name, whole in wholes.items():
            os.replace(whole, folder / name)
        sync_folder(folder)
        os.replace(new_index, folder / INDEX_NAME)
        sync_folder(folder)
        for entry in ours:
            path = folder / entry.file
            if entry.file not in wholes and _is_there(folder, entry) and path.resolve() not in sources:
                path.unlink()
        sync_folder(folder)
        listed.unlink()


def _list_of(folder: Path) -> Path:
    """Return the place of the hidden list."""
    return folder / f"{hidden_name(folder / INDEX_NAME)}.list"


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    flush(path)
    return path


def _is_there(folder: Path, entry: _Entry) -> bool:
    """Return whether a file of a stitch is still in *folder*, as far as its size tells."""
    path = folder / entry.file
    return path.is_file() and not path.is_symlink() and path.stat().st_size == entry.size_bytes


def _entries(path: Path) -> set[_Entry]:
    """Return the files that an index or a list names; none where it is missing or broken."""
    try:
        return _entries_in(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return set()


def _entries_in(document: Any) -> set[_Entry]:
    """Return the files that an index names, of which nobody knows who wrote it: under names of ours alone."""
    is_index = isinstance(document, Mapping) and document.get("format") == INDEX_FORMAT
    tracks = document.get("tracks") if is_index else None
    found = set()
    for track in tracks if isinstance(tracks, list) else ():
        packaged = track.get("hls") if isinstance(track, dict) else None
        files = (track, *(packaged if isinstance(packaged, list) else ()))
        for file in (file for file in files if isinstance(file, dict)):
            name, size_bytes = file.get("file"), file.get("size_bytes")
            if isinstance(name, str) and _OUR_NAME.fullmatch(name) and isinstance(size_bytes, int):
                found.add(_Entry(name, size_bytes))
    return found
