"""The index beside stitched tracks: which file is which track, and where in it is something real."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from timeline.findings import Finding, finding_json
from timeline.media.facts import MediaFacts
from timeline.model import Timeline
from timeline.render.stitch_job import Part
from timeline.version import __version__

INDEX_NAME = "visibility.json"
INDEX_FORMAT = "timeline-visibility"
VISIBILITY_VERSION = "1.0"


def visibility_json(
    timeline: Timeline, tracks: Sequence[dict[str, Any]], findings: Iterable[Finding]
) -> dict[str, Any]:
    """Return the index: *tracks* as `track_json` made them."""
    return {
        "format": INDEX_FORMAT,
        "version": VISIBILITY_VERSION,
        "generator": f"timeline {__version__}",
        "room_id": timeline.room_id,
        "task_id": timeline.task_id,
        "duration_ms": timeline.duration_ms,
        "tracks": list(tracks),
        "findings": [finding_json(item) for item in findings],
    }


def parts_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return *parts* as JSON; neighbours that are alike are one, empty ones none.

    Example:
        >>> parts_json([Part(0, 10, None, "filled"), Part(10, 20, None, "filled"), Part(20, 20, 3, "copied")])
        [{'start_ms': 0, 'end_ms': 20, 'clip': None, 'how': 'filled'}]
    """
    listed: list[dict[str, Any]] = []
    for part in parts:
        if part.start_ms >= part.end_ms:
            continue
        if listed and (listed[-1]["clip"], listed[-1]["how"]) == (part.clip, part.how):
            listed[-1]["end_ms"] = part.end_ms
        else:
            listed.append(part._asdict())
    return listed


def file_json(position: int, declared_ms: int, facts: MediaFacts | None, note: str | None) -> dict[str, Any]:
    """Return what was declared of a file and what is in it, media ms; *note* says what stood in the way."""
    picture, sound = (facts.picture, facts.sound) if facts else (None, None)
    return {
        "clip": position,
        "declared_ms": declared_ms,
        "picture_ms": [picture.start_ms, picture.end_ms] if picture else None,
        "sound_ms": [sound.start_ms, sound.end_ms] if sound else None,
        "note": note,
    }
