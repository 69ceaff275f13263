"""Which local file is which clip.

Names of a result are a stranger's: they are only compared with the names that a folder really holds, and
never made into a path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from timeline.errors import MediaNotFoundError
from timeline.model import MediaReference, Timeline

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


def locate_media(timeline: Timeline, folder: Path | None) -> LocatedMedia:
    """Return the files of *timeline* in *folder*: by the file name of the url, then by id and extension.

    A file name that several places share proves nothing, so it is not used. Queries, which hold signatures,
    do not make a place.
    """
    references = media_references(timeline)
    if folder is None:
        return LocatedMedia(None, {}, references)
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
    for reference in references:
        name = url_file_name(reference.url)
        if name in by_name and places_by_name[name] == 1:
            paths[reference.position] = by_name[name]
        elif reference.video_id and reference.video_id in by_stem:
            paths[reference.position] = by_stem[reference.video_id]
    missing = tuple(r for r in references if r.position not in paths)
    return LocatedMedia(folder, paths, missing)


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
