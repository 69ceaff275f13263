"""The files of a lesson as they are: located, probed, and held against what the result declares."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from timeline.errors import DiskError, MediaNotFoundError, MediaUnreadableError
from timeline.findings import Finding, finding
from timeline.media.facts import MediaFacts, from_json, shifted, to_json
from timeline.media.gate import sniff_demuxer
from timeline.media.locate import LocatedMedia, describe_missing, locate_media
from timeline.media.probe import probe_media
from timeline.media.reconcile import reconcile
from timeline.media.store import MediaStore
from timeline.model import Clip, Timeline
from timeline.sinks import file_name, is_utf8, path_text

CUT_MS = 500
"""A file whose clock begins so late may have been cut out of a longer one."""


class FirstUse(NamedTuple):
    """Where a file of a result plays first: the kind of its track, and the clip."""

    kind: str
    clip: Clip


@dataclass(frozen=True, slots=True)
class ExaminedMedia:
    """The files of a lesson as they are.

    Attributes:
        located: Where they were looked for, and found.
        facts: Of each usable file, by position in the result's list, on a clock that begins with the file.
        contents: SHA-256 of each usable file, by position; empty texts where no store was named.
        lost: Why a file is not usable, in a few words, by position.
        findings: What is odd about them.
    """

    located: LocatedMedia
    facts: dict[int, MediaFacts]
    contents: dict[int, str]
    lost: dict[int, str]
    findings: tuple[Finding, ...]


def examine_media(timeline: Timeline, folder: Path | None, store: MediaStore | None = None) -> ExaminedMedia:
    """Return what the files in *folder* and in *store* hold, and how that differs from the result.

    Raises:
        MediaNotFoundError: *folder* cannot be listed.
    """
    located = locate_media(timeline, folder, store)
    examined = ExaminedMedia(located, {}, {}, {}, ())
    looked_at: dict[Path, tuple[MediaFacts, str]] = {}
    findings: list[Finding] = []
    for position, use in first_uses(timeline).items():
        path = located.paths.get(position)
        if path is None:
            name = describe_missing([use.clip.media])
            examined.lost[position] = "file missing"
            findings.append(
                finding("media_missing", f"no file for {name}", at_ms=use.clip.start_ms, where=name)
            )
            continue
        try:
            if not is_utf8(path.resolve()):
                raise MediaUnreadableError(
                    f"{path_text(path)}: its name is not UTF-8; rename it", reason="name is not utf-8"
                )
            if path not in looked_at:
                looked_at[path] = _looked_at(path, store)
            facts, content = looked_at[path]
            media = _from_zero(facts, use.clip.media.duration_ms)
        except MediaUnreadableError as error:
            examined.lost[position] = error.reason
            findings.append(
                finding("media_unreadable", str(error), at_ms=use.clip.start_ms, where=file_name(path))
            )
            continue
        examined.facts[position] = media
        examined.contents[position] = content
        findings += reconcile(use.clip, use.kind, media)
    return dataclasses.replace(examined, findings=tuple(findings))


def first_uses(timeline: Timeline) -> dict[int, FirstUse]:
    """Return where each file plays first, by its position; a file may lie in several pieces on its track."""
    uses: dict[int, FirstUse] = {}
    for kind, clip in _clips(timeline):
        uses.setdefault(clip.media.position, FirstUse(kind, clip))
    return uses


def require_usable(examined: ExaminedMedia) -> None:
    """Refuse a lesson of which no file is usable.

    Raises:
        MediaNotFoundError: The message lists what is missing, and how to get it.
    """
    if examined.facts:
        return
    located, missing = examined.located, describe_missing(examined.located.missing)
    if located.folder is None and not located.paths:
        raise MediaNotFoundError(
            f"no media folder; download these files into one and name it with --media: {missing}"
        )
    if not located.paths:
        raise MediaNotFoundError(
            f"none of the lesson's files is in {located.folder}; download them into it: {missing}"
        )
    unreadable = "; ".join(item.message for item in examined.findings if item.code == "media_unreadable")
    message = f"no file of the lesson is usable: {unreadable}"
    if located.missing:
        message += f"; download into {located.folder or 'a folder'}: {missing}"
    raise MediaNotFoundError(message)


def _clips(timeline: Timeline) -> Iterator[tuple[str, Clip]]:
    return ((track.kind, clip) for track in timeline.tracks for clip in track.clips)


def _looked_at(path: Path, store: MediaStore | None) -> tuple[MediaFacts, str]:
    """Return the facts and the content of a file; a store keeps them."""
    sniff_demuxer(path)  # what is no media is not read to its end
    if store is None:
        return probe_media(path), ""
    try:
        digest = store.content_of(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise MediaUnreadableError(
            f"{path}: cannot be read: {why}; copy it anew", reason="cannot be read"
        ) from error
    kept = store.facts(digest)
    if kept is not None:
        with contextlib.suppress(ValueError):  # of another version, or broken
            return from_json(path, kept), digest
    facts = probe_media(path)
    with contextlib.suppress(DiskError):  # a store that cannot be written costs a probe, not the lesson
        store.keep_facts(digest, to_json(facts))
    return facts, digest


def _from_zero(media: MediaFacts, declared_ms: int) -> MediaFacts:
    """Return *media* with a clock that begins at 0 where that of the file does not and the length says so.

    A file that was cut out of a longer one may begin at 5 s; its declared length then fits what it holds, and
    not its last time stamp. A stream that merely begins late keeps its distance, and so do both of a file
    that begins by less than `CUT_MS` late: that a length would fit as well proves nothing there.
    """
    ends = [stream.end_ms for stream in (media.picture, media.sound) if stream]
    end_ms, zero_ms = max(ends), media.origin_ms
    if zero_ms < CUT_MS or abs(end_ms - declared_ms) <= abs(end_ms - zero_ms - declared_ms):
        return media
    return shifted(media, -zero_ms)
