"""A folder of fetched media: files under names of our own, and an index that says which is which.

A folder may hold the files of several lessons, and of earlier fetches; what is there and still good stays.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from timeline.errors import ParameterError
from timeline.media.fetch import FetchReport
from timeline.media.locate import INDEX_NAME, index_entry, index_text, media_references, read_index
from timeline.media.place import media_suffix, put_file
from timeline.model import Timeline
from timeline.publish import disk_errors, write_text


def make_folder(folder: Path) -> None:
    """Make *folder* where it is not there yet, and see that files can be laid out in it.

    Raises:
        ParameterError: There is an index of somebody else in it.
        DiskError: It is no folder, or cannot be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        index = folder / INDEX_NAME
        if index.exists() and read_index(index) is None:
            raise ParameterError(f"{index}: was not written by a fetch; name another folder")
        with tempfile.TemporaryFile(dir=folder):
            pass


def lay_out(timeline: Timeline, report: FetchReport, folder: Path) -> None:
    """Put the files of *report* into *folder*, with an index beside them.

    Names are made of the place in the list and of the content: ``0003_ab12….mp4``. Files are linked where the
    disk can, else copied. What the index says of files that are still there is kept.

    Raises:
        ParameterError: There is an index of somebody else in it.
        DiskError: It cannot be written.
    """
    make_folder(folder)
    entries = {str(entry["key"]): entry for entry in read_index(folder / INDEX_NAME) or []}
    for reference in media_references(timeline):
        path = report.paths.get(reference.position)
        if path is None:
            continue
        name = f"{reference.position:04d}_{path.name[:16]}.{media_suffix(path)}"
        put_file(path, folder / name)
        entry = index_entry(reference, name)
        entries[entry["key"]] = entry
    there = {entry.name for entry in folder.iterdir()}
    kept = [entry for entry in entries.values() if str(entry["file"]) in there]
    write_text(folder / INDEX_NAME, index_text(kept))
