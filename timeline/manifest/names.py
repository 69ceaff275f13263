"""The names in a manifest that are known, and which object of it is which."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

FORMAT = "timeline-sync"
VERSION = "1.0"

KNOWN: dict[str, frozenset[str]] = {
    part: frozenset(names.split())
    for part, names in {
        "": (
            "format version generator room_id task_id duration_ms wall recording audio_tracks tracks pauses "
            "sections scenes findings"
        ),
        "wall": "start_unix_ms stop_unix_ms uncertainty_ms",
        "recording": (
            "start_unix_ms stop_unix_ms uncertainty_ms stop_uncertainty_ms duration_ms first_cut_ms "
            "offset_ms pauses"
        ),
        "track": "id kind user_id label role segments",
        "clip": (
            "type start_ms end_ms media_start_ms url mime video_id index media_duration_ms size_bytes "
            "width_px height_px src src_status"
        ),
        "gap": "type start_ms end_ms kind",
        "pause": "at_ms duration_ms duration_range_ms source",
        "section": "start_ms end_ms title",
        "scene": "start_ms end_ms tracks",
        "finding": "code severity message at_ms where",
    }.items()
}
"""Names of the fields by object; empty for the manifest itself. The schema names the same."""

Name = tuple[str, str | None, int | None, int]
"""What an object is, of whom, from when on, and which one of several: as in `timeline.model.Extra`."""


def named_objects(document: Json) -> Iterator[tuple[Name, Json]]:
    """Yield every object of a manifest with its name; what is no manifest's form is passed over."""
    yield ("", None, None, 0), document
    for clock_name in ("wall", "recording"):
        clock = document.get(clock_name)
        if isinstance(clock, dict):
            yield (clock_name, None, None, 0), clock
    for track in _objects(document.get("tracks")):
        track_id = track.get("id")
        if not isinstance(track_id, str):
            continue
        yield ("track", track_id, None, 0), track
        for segment in _objects(track.get("segments")):
            part, start_ms = segment.get("type"), _ms(segment.get("start_ms"))
            if part in ("clip", "gap") and start_ms is not None:
                yield (part, track_id, start_ms, 0), segment
    for name, part, key in (
        ("pauses", "pause", "at_ms"),
        ("sections", "section", "start_ms"),
        ("scenes", "scene", "start_ms"),
    ):
        numbers: Counter[int] = Counter()
        for item in _objects(document.get(name)):
            at_ms = _ms(item.get(key))
            if at_ms is not None:
                yield (part, None, at_ms, numbers[at_ms]), item
                numbers[at_ms] += 1
    said: Counter[str] = Counter()
    for item in _objects(document.get("findings")):
        what = json.dumps([item.get("code"), item.get("where"), item.get("message")], default=str)
        yield ("finding", what, None, said[what]), item
        said[what] += 1


def _objects(value: object) -> Iterator[Json]:
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, dict))


def _ms(value: object) -> int | None:
    """Return a whole number, or None; 5.0 is one, as in a schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None
