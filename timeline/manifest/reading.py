"""From a manifest back to the `Timeline` that it was written from.

What a manifest derives (gaps, scenes, sections, tracks to be heard) is not read but derived anew; where a
document says otherwise, `timeline.validate_manifest` tells. ``src`` and ``src_status`` are facts of the place
where the manifest was written, and are left out. Fields that nobody here knows are carried along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from timeline import kinds
from timeline.collector import collector_paused
from timeline.findings import Finding, Severity
from timeline.manifest.fields import Fields, refused
from timeline.manifest.names import FORMAT, KNOWN, VERSION, Json, named_objects
from timeline.manifest.wall import read_pauses, read_wall
from timeline.model import Clip, Extra, MediaReference, Timeline, Track
from timeline.results.fields import MAX_ID_CHARACTERS, MAX_URL_CHARACTERS
from timeline.results.recording import MAX_ROWS, too_many_rows
from timeline.results.strict_json import MAX_BYTES, parse_json
from timeline.roster import ROLES
from timeline.sinks import show
from timeline.sources import Source, read_source

MAX_DURATION_MS = 100 * 86_400_000
"""A lesson of more than 100 days is a mistake."""

_SPARE_CONTAINERS, _CONTAINERS_OF_A_CLIP = 10_000, 10
_MAX_INDEX = 10**9
_MAX_SIZE = 2**53 - 1
_LOOKS_LIKE_ONE = re.compile(rb'"format"\s*:\s*"timeline-sync"')
_KIND = re.compile(rf"{'|'.join(kinds.KIND_ORDER)}|{kinds.OTHER}[0-9]{{0,18}}", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_VERSION = re.compile(r"([0-9]{1,9})\.[0-9]{1,9}", re.ASCII)
_SEVERITIES = {str(severity): severity for severity in Severity}


def read_manifest(source: Source | Mapping[str, Any], *, max_bytes: int = MAX_BYTES) -> Timeline:
    """Return the timeline that a sync manifest describes.

    Args:
        source: A path, an open file, or the manifest as parsed JSON.
        max_bytes: Longer documents are refused.

    Raises:
        ManifestError: It is no manifest, of a version that is not read, or a field of it is odd.
        ResultError: It cannot be read, or is not strict JSON.

    Example:
        >>> import timeline
        >>> from timeline.export.manifest import to_manifest
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> again = read_manifest(to_manifest(lesson))
        >>> again, to_manifest(again) == to_manifest(lesson)
        (<Timeline 0:24:00.000, 3 tracks, 6 clips, 1 pause, 0 findings>, True)
    """
    if isinstance(source, Mapping):
        return timeline_of(dict(source))
    return read_manifest_text(read_source(source, max_bytes), max_bytes=max_bytes)


def read_manifest_text(data: bytes | str, *, max_bytes: int = MAX_BYTES) -> Timeline:
    """Return the timeline of a sync manifest held in *data*; otherwise as `read_manifest`."""
    with collector_paused():
        return timeline_of(parse_manifest(data, max_bytes=max_bytes))


def parse_manifest(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Any:
    """Return the values of a document that should be a manifest, from strict JSON.

    Raises:
        ResultFormatError: It is not strict JSON, or too large.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    return parse_json(
        data,
        max_bytes=max_bytes,
        max_containers=_SPARE_CONTAINERS + _CONTAINERS_OF_A_CLIP * max_rows,
        long_numbers=False,
    )


def looks_like_manifest(data: bytes) -> bool:
    """Return whether JSON text says somewhere that it is a manifest."""
    return _LOOKS_LIKE_ONE.search(data) is not None


def is_manifest(document: object) -> bool:
    """Return whether parsed JSON says that it is a manifest."""
    return isinstance(document, dict) and document.get("format") == FORMAT


@collector_paused()
def timeline_of(document: Any, *, max_rows: int = MAX_ROWS) -> Timeline:
    """Return the timeline of a manifest that is parsed already; see `read_manifest`."""
    if not is_manifest(document):
        found = f"format is {show(document.get('format'))}" if isinstance(document, dict) else show(document)
        raise refused(
            "", f'no manifest: expected an object with "format": "{FORMAT}", got {found}', "not_a_manifest"
        )
    top = Fields(document, "")
    _check_version(top)
    duration_ms = top.ms("duration_ms", 1, MAX_DURATION_MS)
    pauses = read_pauses(top)
    if pauses and pauses[-1].at_ms > duration_ms:
        raise refused(f"/pauses/{len(pauses) - 1}/at_ms", "lies behind the end of the lesson")
    tracks = _Tracks(duration_ms, max_rows)
    for track in top.objects("tracks"):
        tracks.add(track)
    return Timeline(
        room_id=top.optional_text("room_id"),
        task_id=top.optional_text("task_id"),
        duration_ms=duration_ms,
        tracks=tuple(tracks.tracks),
        pauses=pauses,
        wall=read_wall(top, duration_ms, pauses),
        findings=tuple(_finding(item) for item in top.objects("findings")),
        extra=_extra(document),
    )


def _check_version(top: Fields) -> None:
    version = top.text("version")
    match = _VERSION.fullmatch(version)
    if match is None:
        raise refused("/version", f"expected a version such as {VERSION}, got {show(version)}")
    if int(match[1]) != 1:
        raise refused(
            "/version",
            f"the manifest is of version {version}, and 1.x is read here; "
            "use a newer class-timeline, or write the manifest again from the result",
            "manifest_version",
        )


class _Tracks:
    """The tracks of one manifest, one after the other: ids and files are held against those before."""

    def __init__(self, duration_ms: int, max_rows: int) -> None:
        self.tracks: list[Track] = []
        self._duration_ms = duration_ms
        self._max_rows = max_rows
        self._ids: set[str] = set()
        self._clips = 0
        self._media: dict[int, MediaReference] = {}
        self._next_index = 0

    def add(self, track: Fields) -> None:
        """Read one track."""
        track_id = track.text("id")
        if track_id in self._ids:
            raise refused(f"{track.pointer}/id", f"{show(track_id)} is the id of a track before it, too")
        self._ids.add(track_id)
        kind = track.matching("kind", _KIND, f"one of {', '.join(kinds.KIND_ORDER)}, other, other9")
        clips: list[Clip] = []
        reached_ms = 0
        for segment in track.objects("segments"):
            if segment.word("type", ("clip", "gap")) == "gap":
                continue
            start_ms = segment.ms("start_ms", reached_ms, self._duration_ms - 1)
            reached_ms = segment.ms("end_ms", start_ms + 1, self._duration_ms)
            media_start_ms = segment.ms("media_start_ms")
            media = self._reference(segment, media_start_ms + reached_ms - start_ms)
            clips.append(Clip(start_ms, reached_ms, media_start_ms, media))
        self._clips += len(clips)
        if self._clips > self._max_rows:
            raise too_many_rows(self._clips, "/tracks", self._max_rows)
        role = track.value("role")
        self.tracks.append(
            Track(
                id=track_id,
                kind=kind,
                user_id=track.optional_text("user_id"),
                label=track.text("label"),
                role=None if role is None else track.word("role", ROLES),
                clips=tuple(clips),
                duration_ms=self._duration_ms,
            )
        )

    def _reference(self, clip: Fields, used_ms: int) -> MediaReference:
        index = clip.optional_ms("index", 0, _MAX_INDEX)
        length_ms = clip.optional_ms("media_duration_ms")
        media = MediaReference(
            url=clip.optional_text("url", MAX_URL_CHARACTERS),
            video_id=clip.optional_text("video_id"),
            mime=clip.text("mime", MAX_ID_CHARACTERS),
            size_bytes=clip.optional_ms("size_bytes", 0, _MAX_SIZE),
            duration_ms=used_ms if length_ms is None else length_ms,
            position=self._free_index() if index is None else index,
            width_px=clip.optional_ms("width_px"),
            height_px=clip.optional_ms("height_px"),
        )
        if self._media.setdefault(media.position, media) != media:
            raise refused(
                f"{clip.pointer}/index", f"{media.position} is the index of another file before it, too"
            )
        return self._media[media.position]

    def _free_index(self) -> int:
        while self._next_index in self._media:
            self._next_index += 1
        return self._next_index


def _finding(item: Fields) -> Finding:
    return Finding(
        code=item.matching("code", _CODE, "a name in small letters"),
        severity=_SEVERITIES[item.word("severity", _SEVERITIES)],
        message=item.text("message"),
        at_ms=None if item.value("at_ms") is None else item.ms("at_ms"),
        where=None if item.value("where") is None else item.text("where"),
    )


def _extra(document: Json) -> tuple[Extra, ...]:
    """Return the fields of a manifest that nobody here knows, and its version where that is a newer one."""
    found = []
    for name, item in named_objects(document):
        known = KNOWN[name[0]]
        if item.keys() <= known and name[0]:
            continue
        unknown = {key: value for key, value in item.items() if key not in known}
        if not name[0] and document["version"] != VERSION:
            unknown["version"] = document["version"]
        if unknown:
            found.append(Extra(*name, _json_text(name[0], unknown)))
    return tuple(found)


def _json_text(part: str, fields: Json) -> str:
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (TypeError, ValueError, RecursionError):
        of = f"of a {part}" if part else "of the manifest"
        keys = ", ".join(show(key) for key in list(fields)[:5])
        raise refused("", f"unknown fields {of} ({keys}) hold what JSON cannot write") from None
    return text
