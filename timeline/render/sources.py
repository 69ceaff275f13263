"""What the files of a lesson allow: located, probed, and held against what the result declares."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from timeline.errors import MediaNotFoundError, MediaUnreadableError
from timeline.findings import Finding, finding
from timeline.media.facts import from_json, to_json
from timeline.media.locate import LocatedMedia, describe_missing, locate_media
from timeline.media.probe import MediaFacts, probe_media
from timeline.media.reconcile import LENGTH_TOLERANCE_MS, reconcile
from timeline.media.store import MediaStore
from timeline.model import Clip, Timeline
from timeline.render.plan import KnownFile

HOLD_MS = 1000
"""The last frame of a file that ends too early stays for up to this, then a slate follows."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a lesson as they are.

    Attributes:
        facts: Of each usable file, by index.
        known: What the plan has to know of each file, by index.
        reasons: What a slate says in place of a file, by index.
        findings: What is wrong with files.
    """

    facts: dict[int, MediaFacts]
    known: dict[int, KnownFile]
    reasons: dict[int, str]
    findings: tuple[Finding, ...]


def examine_sources(timeline: Timeline, folder: Path | None, store: MediaStore | None = None) -> Sources:
    """Return what the files in *folder* and in *store* allow.

    Raises:
        MediaNotFoundError: No file of the lesson can be had; the message lists what is missing.
    """
    located = locate_media(timeline, folder, store)
    sources = Sources({}, {}, {}, ())
    probed: dict[Path, MediaFacts] = {}
    findings: list[Finding] = []
    for track in timeline.tracks:
        for clip in track.clips:
            if clip.media.position not in sources.known:
                findings.extend(_examine(clip, track.kind, located, sources, probed, store))
    if not sources.facts:
        raise MediaNotFoundError(_nothing_usable(located, findings))
    return dataclasses.replace(sources, findings=tuple(findings))


def _examine(
    clip: Clip,
    kind: str,
    located: LocatedMedia,
    sources: Sources,
    probed: dict[Path, MediaFacts],
    store: MediaStore | None,
) -> list[Finding]:
    """Put what is known of a clip's file into *sources*, and return what is wrong with it."""
    index = clip.media.position
    path = located.paths.get(index)
    sources.known[index] = KnownFile(False, 0, 0)
    if path is None:
        name = describe_missing([clip.media])
        sources.reasons[index] = "file missing"
        return [finding("media_missing", f"no file for {name}", at_ms=clip.start_ms, where=name)]
    try:
        if path not in probed:
            probed[path] = _facts(path, store)
        media = _from_zero(probed[path], clip.media.duration_ms)
    except MediaUnreadableError as error:
        sources.reasons[index] = error.reason
        return [finding("media_unreadable", str(error), at_ms=clip.start_ms, where=path.name)]
    sources.facts[index] = media
    picture_end_ms, sound_end_ms = 0, media.sound.end_ms if media.sound else 0
    if media.picture is not None:
        picture_end_ms = max(clip.media.duration_ms, media.picture.end_ms)
        if media.picture.end_ms < clip.media.duration_ms - LENGTH_TOLERANCE_MS:
            picture_end_ms = media.picture.end_ms + HOLD_MS
    sources.known[index] = KnownFile(True, picture_end_ms, sound_end_ms)
    sources.reasons[index] = "file ends early" if media.picture else "sound only"
    return reconcile(clip, kind, media)


def _facts(path: Path, store: MediaStore | None) -> MediaFacts:
    """Return the facts of a file; those of a file of the store are kept, since its content never changes."""
    digest = store.digest(path) if store else None
    if store is None or digest is None:
        return probe_media(path)
    kept = store.facts(digest)
    if kept is not None:
        with contextlib.suppress(ValueError):  # of another version, or broken
            return from_json(path, kept)
    facts = probe_media(path)
    store.keep_facts(digest, to_json(facts))
    return facts


def _from_zero(media: MediaFacts, declared_ms: int) -> MediaFacts:
    """Return *media* with a clock that begins at 0 where that of the file does not and the length says so.

    A file that was cut out of a longer one may begin at 5 s; its declared length then fits what it holds, and
    not its last time stamp. A stream that merely begins late keeps its distance.
    """
    ends = [stream.end_ms for stream in (media.picture, media.sound) if stream]
    end_ms, zero_ms = max(ends), media.origin_ms
    if zero_ms <= 0 or abs(end_ms - declared_ms) <= abs(end_ms - zero_ms - declared_ms):
        return media
    picture, sound = media.picture, media.sound
    return dataclasses.replace(
        media,
        origin_ms=0,
        picture=picture
        and dataclasses.replace(
            picture,
            start_ms=picture.start_ms - zero_ms,
            last_ms=picture.last_ms - zero_ms,
            end_ms=picture.end_ms - zero_ms,
        ),
        sound=sound
        and dataclasses.replace(sound, start_ms=sound.start_ms - zero_ms, end_ms=sound.end_ms - zero_ms),
    )


def _nothing_usable(located: LocatedMedia, findings: list[Finding]) -> str:
    if located.folder is None:
        return (
            f"no media folder; download these files into one and name it with --media: "
            f"{describe_missing(located.missing)}"
        )
    if located.missing and not located.paths:
        return (
            f"none of the lesson's files is in {located.folder}; download them into it: "
            f"{describe_missing(located.missing)}"
        )
    unreadable = "; ".join(item.message for item in findings if item.code == "media_unreadable")
    message = f"no file of the lesson is usable: {unreadable}"
    if located.missing:
        message += f"; download into {located.folder}: {describe_missing(located.missing)}"
    return message
