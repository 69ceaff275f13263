"""The replay page: one HTML file with the player and the manifest in it, and the media beside it.

::

    DIR/index.html                    opens by double-click, and from any server
    DIR/media/0003_1f2e3d4c.mp4       files under names of our own, linked or copied
    DIR/*.js, DIR/manifest.json       with *modules*: what a page of one's own needs

Nothing of a result becomes markup, a path or a source of scripts: its strings are in a block of JSON, which
the script puts into the page as text, and the page's policy lets nothing load but its own media.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from timeline.errors import MediaNotFoundError, MediaUnreadableError, ParameterError
from timeline.export.manifest import to_manifest
from timeline.export.page_files import FIELD, OwnFile, files_json, own_files, remove_files
from timeline.export.page_script import MODULES, module_text, page_script
from timeline.export.rewrite import RewriteUrl, make_rewriter
from timeline.findings import Finding, finding
from timeline.jsontext import json_text
from timeline.media.address import origin_of
from timeline.media.locate import describe_missing, locate_media, media_references, url_file_name
from timeline.media.place import media_suffix, put_file
from timeline.media.store import MediaStore, default_cache, reference_key
from timeline.model import Clip, MediaReference, Timeline
from timeline.publish import check_output, disk_errors, write_text
from timeline.sinks import json_for_html, xml_text

PAGE_NAME = "index.html"
MEDIA_NAME = "media"
MANIFEST_NAME = "manifest.json"
LANGUAGES = ("en", "zh")

_TITLES = {"en": "Replay", "zh": "课堂回放"}
_STYLE = "html,body{margin:0;height:100%}timeline-controls{height:100vh;height:100dvh}"
_BESIDE = re.compile(r"(?!//|[^/?#]*:)")
"""Begins a link to something of the page's own server."""
_SLOT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class PlayerReport:
    """What `write_player` made.

    Attributes:
        page: The page.
        files: How many files of the lesson it plays.
        findings: Those that it cannot play, and why.
    """

    page: Path
    files: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """What the page opens for a file: *src* beside it, a *link*, or the result's *url*; or *why* nothing."""

    src: str | None = None
    link: str | None = None
    url: str | None = None
    why: str | None = None


def write_player(
    timeline: Timeline,
    folder: str | os.PathLike[str],
    *,
    media: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    remote: bool = False,
    rewrite_url: RewriteUrl | None = None,
    language: str | None = None,
    modules: bool = False,
    overwrite: bool = True,
) -> PlayerReport:
    """Write the replay page of *timeline* to *folder*: ``index.html``, and ``media/`` beside it.

    Args:
        timeline: A lesson.
        folder: Where to write; made if needed.
        media: The folder of the lesson's files. They are linked where the disk can do that, else copied.
        cache: Folder of the store in which files are looked for that *media* lacks; the user's by default.
        remote: Play the result's links instead; nothing is copied, and the page may load from their origins.
        rewrite_url: With *remote*: what to open in place of the result's links; see `write_manifest`.
        language: ``en`` or ``zh``; None leaves it to the reader's browser.
        modules: Write the player's modules and the manifest besides, for a page of one's own.
        overwrite: Whether files that are there may be replaced. Media of an older page that the new one does
            not play go, unless the new one has no file in their place.

    Raises:
        ParameterError: *folder* is a file, *language* is unknown, or *rewrite_url* cannot be used.
        MediaNotFoundError: The page would have nothing to play.
        OutputExistsError: A file is there and *overwrite* is False.
        DiskError: It cannot be written.
    """
    folder = Path(folder)
    page = folder / PAGE_NAME
    if language not in (None, *LANGUAGES):
        raise ParameterError(f"no language {language!r}; there are: {', '.join(LANGUAGES)}")
    if rewrite_url is not None and not remote:
        raise ParameterError("links are rewritten only where they are played; add --remote")
    if folder.is_file():
        raise ParameterError(f"{folder}: is a file; name a folder")
    if folder.is_dir():
        for name in (PAGE_NAME, *((*MODULES, MANIFEST_NAME) if modules else ())):
            check_output(folder / name, overwrite=overwrite)
    older = own_files(page, folder / MEDIA_NAME)
    originals: set[Path] = set()
    if remote:
        sources = _remote_sources(timeline, rewrite_url)
    else:
        store = MediaStore(Path(cache) if cache else default_cache())
        sources, originals = _local_sources(timeline, folder, Path(media) if media else None, store)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if modules:
        for name in MODULES:
            write_text(folder / name, module_text(name), overwrite=overwrite)
        manifest = _manifest(timeline, sources, _described)
        write_text(folder / MANIFEST_NAME, json_text(manifest) + "\n", overwrite=overwrite)
    own = _own_files(folder, sources)
    text = page_text(timeline, sources, language=language, own=own | older)
    write_text(page, text, overwrite=overwrite)
    missing = {f"{position:04d}" for position, source in sources.items() if source.why == "missing"}
    unused = {one for one in older - own if one.file.partition("_")[0] not in missing}
    remove_files(folder / MEDIA_NAME, unused, sources=originals)
    findings = tuple(_findings(timeline, sources))
    return PlayerReport(page, sum(source.why is None for source in sources.values()), findings)


def _own_files(folder: Path, sources: dict[int, _Source]) -> set[OwnFile]:
    names = {Path(source.src).name for source in sources.values() if source.src}
    return {OwnFile(name, (folder / MEDIA_NAME / name).stat().st_size) for name in names}


def _remote_sources(timeline: Timeline, rewrite_url: RewriteUrl | None) -> dict[int, _Source]:
    rewriter = None if rewrite_url is None else make_rewriter(rewrite_url, timeline)
    sources = {}
    for reference in media_references(timeline):
        link = rewriter(reference) if rewriter else None
        if link is not None:
            is_usable = _BESIDE.match(link) or origin_of(link) is not None
            sources[reference.position] = _Source(link=link) if is_usable else _Source(why="bad_link")
        elif not reference.url:
            sources[reference.position] = _Source(why="missing")
        elif origin_of(reference.url) is None:
            sources[reference.position] = _Source(why="bad_link")
        else:
            sources[reference.position] = _Source(url=reference.url)
    if all(source.why for source in sources.values()):
        raise MediaNotFoundError(
            "the result has no http or https link to any of its files; name their folder with --media"
        )
    return sources


def _local_sources(
    timeline: Timeline, folder: Path, media: Path | None, store: MediaStore
) -> tuple[dict[int, _Source], set[Path]]:
    located = locate_media(timeline, media, store)
    sources: dict[int, _Source] = {}
    names: dict[int, str] = {}
    for reference in media_references(timeline):
        path = located.paths.get(reference.position)
        try:
            if path is not None:
                names[reference.position] = _name(reference, path)
            sources[reference.position] = _Source(why=None if path else "missing")
        except MediaUnreadableError:
            sources[reference.position] = _Source(why="not_media")
    if not names:
        raise MediaNotFoundError(
            f"no file of the lesson can be had{f' in {media}' if media else ''}; name their folder with "
            f"--media, download them with --fetch, or play the result's links with --remote: "
            f"{describe_missing(media_references(timeline))}"
        )
    with disk_errors(folder):
        (folder / MEDIA_NAME).mkdir(parents=True, exist_ok=True)
    for position, name in names.items():
        put_file(located.paths[position], folder / MEDIA_NAME / name)
        sources[position] = _Source(src=f"{MEDIA_NAME}/{name}")
    return sources, {path.resolve() for path in located.paths.values()}


def _name(reference: MediaReference, path: Path) -> str:
    """Return a name of our own for a file: another file has another one, so no browser mixes them up."""
    facts = path.stat()
    key = f"{reference_key(reference)} {facts.st_size} {facts.st_mtime_ns}"
    return f"{reference.position:04d}_{hashlib.sha256(key.encode()).hexdigest()[:8]}.{media_suffix(path)}"


def _findings(timeline: Timeline, sources: dict[int, _Source]) -> list[Finding]:
    codes = {"missing": ("media_missing", "no file for"), "not_media": ("media_unreadable", "not a video:")}
    found = []
    for reference in media_references(timeline):
        why = sources[reference.position].why
        if why is not None:
            code, words = codes.get(why, ("media_unfetched", "no http or https link:"))
            name = describe_missing([reference])
            found.append(finding(code, f"{words} {name}", where=f"file {reference.position}"))
    return found


def page_text(
    timeline: Timeline,
    sources: dict[int, _Source],
    *,
    language: str | None = None,
    own: Collection[OwnFile] = (),
) -> str:
    """Return the page as HTML; *sources* says by position what it opens, *own* which files are the page's."""
    template = files("timeline.export").joinpath("player", "page.html").read_text(encoding="utf-8")
    script = page_script()
    links = [link for source in sources.values() if (link := source.link or source.url)]
    origins = sorted({origin_of(link) or _OWN for link in links})
    parts = {
        "language": f' lang="{language}"' if language else "",
        "policy": xml_text(page_policy(script, _STYLE, origins)),
        "title": xml_text(f"{_TITLES[language or 'en']} {(timeline.room_id or '')[:60]}".strip()),
        "style": _STYLE,
        "manifest": json_for_html(
            _manifest(timeline, sources, _opened)
            | {"scenes": [], "findings": []}
            | ({FIELD: files_json(own)} if own else {})
        ),
        "script": script,
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], template)


def page_policy(script: str, style: str, origins: list[str]) -> str:
    """Return the Content-Security-Policy of a page: this script, this style, media of *origins* or its own.

    Example:
        >>> page_policy("", "", ["https://media.example"]).split("; ")[3]
        'media-src https://media.example'
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            f"media-src {' '.join(origins) or _OWN}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


_OWN = "'self' file:"
"""Of a page from a server, that server; of one from disk, files."""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _manifest(
    timeline: Timeline,
    sources: dict[int, _Source],
    about: Callable[[MediaReference, _Source], dict[str, Any]],
) -> dict[str, Any]:
    """Return the manifest, with what *about* says of the file of each clip."""
    document = to_manifest(timeline)
    for track, described in zip(timeline.tracks, document["tracks"], strict=True):
        for part, segment in zip(track.segments(), described["segments"], strict=True):
            if isinstance(part, Clip):
                segment |= about(part.media, sources[part.media.position])
    return document


def _described(_: MediaReference, source: _Source) -> dict[str, Any]:
    """Say where a file is, as every manifest does; its link is the original."""
    if source.url is not None:
        return {}
    if source.link is not None:
        return {"src": source.link, "src_status": "rewritten"}
    return {"src": source.src, "src_status": "local" if source.src else "missing"}


def _opened(reference: MediaReference, source: _Source) -> dict[str, Any]:
    """Say what the page opens, and nothing that it does not use."""
    opened: dict[str, Any] = {"url": source.url, "src": source.src}
    if source.link is not None:
        opened |= {"src": source.link, "src_status": "rewritten"}
    if source.why is not None:
        opened |= {"x-why": source.why, "x-file": url_file_name(reference.url) or reference.video_id}
    return opened
