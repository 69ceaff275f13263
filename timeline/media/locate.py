"""Which local file is which clip.

Names of a result are a stranger's: they are only compared with the names that a folder really holds, and
never made into a path.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from timeline.errors import MediaNotFoundError
from timeline.jsontext import json_text
from timeline.media.store import MediaStore, reference_key
from timeline.model import MediaReference, Timeline

INDEX_NAME = "media.json"
"""What a fetch calls the index of its folder."""
_INDEX_FORMAT = "timeline-media"
MEDIA_FOLDER_NAME = "media"
"""Where media are looked for beside a result when no folder is named."""


MEDIA_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".webm", ".mkv", ".flv", ".mp3", ".m4a", ".ts", ".aac"})
"""Extensions that a file found by its id may have."""


@dataclass(frozen=True, slots=True)
class LocatedMedia:
    """The local files of a lesson.

    Attributes:
        folder: Where they were looked for; None if nowhere.
        paths: File by index in the result's list.
        missing: References without a file, by that index.
    """

    folder: Path | None
    paths: dict[int, Path]
    missing: tuple[MediaReference, ...]


def media_folder(result: Path | None, media: Path | None) -> Path | None:
    """Return the folder of a lesson's media: *media* if named, else ``media/`` beside *result*, else None.

    Raises:
        MediaNotFoundError: *media* is named and is no folder.
    """
    if media is not None:
        if not _is_folder(media):
            raise MediaNotFoundError(f"{media}: no such folder; name the folder of the media files")
        return media
    if result is None:
        return None
    beside = (result if _is_folder(result) else result.parent) / MEDIA_FOLDER_NAME
    return beside if _is_folder(beside) else None


def locate_media(timeline: Timeline, folder: Path | None, store: MediaStore | None = None) -> LocatedMedia:
    """Return the files of *timeline* in *folder*: by the file name of the url, then by id and extension.

    A file name that several places share proves nothing, so it is not used. Queries, which hold signatures,
    do not make a place. In a folder that a fetch made, its index says what is what. What *folder* lacks is
    looked for in *store*.
    """
    references = media_references(timeline)
    paths = {} if folder is None else _in_folder(references, folder)
    if store is not None:
        for reference in references:
            path = None if reference.position in paths else store.find(reference)
            if path is not None:
                paths[reference.position] = path
    missing = tuple(reference for reference in references if reference.position not in paths)
    return LocatedMedia(folder, paths, missing)


def _in_folder(references: Sequence[MediaReference], folder: Path) -> dict[int, Path]:
    try:
        by_name = {entry.name: entry for entry in sorted(folder.iterdir()) if entry.is_file()}
    except OSError as error:
        raise MediaNotFoundError(f"{folder}: cannot be listed: {error.strerror}") from error
    by_stem: dict[str, Path] = {}
    for entry in by_name.values():
        if entry.suffix.lower() in MEDIA_SUFFIXES:
            by_stem.setdefault(entry.stem, entry)
    places = {place for reference in references if (place := _place(reference.url))}
    places_by_name = Counter(path.rpartition("/")[2] for _, path in places)
    paths: dict[int, Path] = {}
    entries = read_index(folder / INDEX_NAME) or []
    indexed = {str(entry["key"]): str(entry["file"]) for entry in entries}
    for reference in references:
        name = url_file_name(reference.url)
        if name in by_name and places_by_name[name] == 1:
            paths[reference.position] = by_name[name]
        elif reference.video_id and reference.video_id in by_stem:
            paths[reference.position] = by_stem[reference.video_id]
        else:
            fetched = by_name.get(indexed.get(reference_key(reference), ""))
            if fetched is not None:
                paths[reference.position] = fetched
    return paths


def index_entry(reference: MediaReference, name: str) -> dict[str, Any]:
    """Return what the index of a folder says of the file *name*: which one of a result it is."""
    return {
        "file": name,
        "position": reference.position,
        "url": reference.url and reference.url.partition("?")[0],  # the rest may be a secret
        "video_id": reference.video_id,
        "key": reference_key(reference),
    }


def index_text(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return the index of a folder of fetched files."""
    return json_text({"format": _INDEX_FORMAT, "version": "1.0", "files": list(entries)}) + "\n"


def read_index(path: Path) -> list[dict[str, Any]] | None:
    """Return the entries of the index at *path*; None where it is none of ours, or there is none."""
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        entries = index["files"] if index["format"] == _INDEX_FORMAT else None
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    if not isinstance(entries, list):
        return None
    return [entry for entry in entries if isinstance(entry, dict) and {"key", "file"} <= entry.keys()]


def media_references(timeline: Timeline) -> tuple[MediaReference, ...]:
    """Return the files of *timeline*, each once, in the order of the result."""
    clips = (clip for track in timeline.tracks for clip in track.clips)
    return tuple(dict(sorted({clip.media.position: clip.media for clip in clips}.items())).values())


def url_file_name(url: str | None) -> str:
    """Return the last part of a url's path, decoded; empty where there is none.

    Example:
        >>> url_file_name("http://example.com/a/b%20c.mp4?sign=1")
        'b c.mp4'
    """
    place = _place(url)
    return place[1].rpartition("/")[2] if place else ""


def _place(url: str | None) -> tuple[str, str] | None:
    """Return (host, decoded path) of a url; None where there is none."""
    try:
        parts = urlsplit(url or "")
        return (parts.netloc, unquote(parts.path)) if parts.path else None
    except ValueError:
        return None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, a folder that is locked
        return False


def describe_missing(missing: Iterable[MediaReference], most: int = 20) -> str:
    """Return the names of *missing* files in one line."""
    names = [r.url or f"video_id {r.video_id}" for r in missing]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
