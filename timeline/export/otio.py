"""OpenTimelineIO: the timeline for editors, written without their library.

At rate 1000 every time is exact. Editors want a rate of frames: then edges are rounded, never lengths, so
all tracks stay equally long and in step.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from timeline import kinds
from timeline.audible import audible_tracks
from timeline.export.rewrite import UrlRewriter, opened_url
from timeline.manifest.names import Json
from timeline.manifest.wall import pause_json, wall_json
from timeline.model import Clip, Timeline, Track
from timeline.units import frame_at

EXACT_RATE = Fraction(1000)
_FROM_BELOW = (kinds.WHITEBOARD, kinds.SCREEN, kinds.MIXED, kinds.CAMERA)
"""Later tracks of a stack cover earlier ones."""


def to_otio(
    timeline: Timeline, *, rate: Fraction = EXACT_RATE, rewrite_url: UrlRewriter | None = None
) -> Json:
    """Return the lesson as an OTIO ``Timeline.1``, values for JSON.

    Each track of pictures is a ``Video`` track, each track to be heard an ``Audio`` track; all begin at 0 and
    last as long as the lesson, with a ``Gap`` where nothing plays. Pauses and sections are markers of the
    stack. What OTIO has no word for stands in ``metadata.timeline``.

    Args:
        timeline: A lesson.
        rate: Ticks per second. Clips shorter than a tick may vanish.
        rewrite_url: What a file's url becomes.

    Example:
        >>> import timeline
        >>> document = to_otio(timeline.load("sample_results/guide_example.json"))
        >>> [(one["kind"], one["name"], len(one["children"])) for one in document["tracks"]["children"]][:2]
        [('Video', 'whiteboard', 3), ('Video', 'ios_test1', 3)]
    """
    writer = _Writer(timeline, rate, rewrite_url)
    order = {kind: number for number, kind in enumerate(_FROM_BELOW)}
    pictures = [track for track in timeline.tracks if track.kind != kinds.AUDIO]
    pictures.sort(key=lambda track: order.get(track.kind, len(order)))
    tracks = [writer.track(track, "Video") for track in pictures]
    tracks += [writer.track(track, "Audio") for track in audible_tracks(timeline)]
    name = "lesson" if timeline.room_id is None else timeline.room_id
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {
            "timeline": {
                "room_id": timeline.room_id,
                "task_id": timeline.task_id,
                "duration_ms": timeline.duration_ms,
                "wall": wall_json(timeline),
            }
        },
        "name": name,
        "global_start_time": None,
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            **_nothing("tracks"),
            "markers": [*writer.markers()],
            "children": tracks,
        },
    }


class _Writer:
    """Writes parts of a lesson at a rate."""

    def __init__(self, timeline: Timeline, rate: Fraction, rewrite_url: UrlRewriter | None) -> None:
        self._timeline, self._rate, self._rewrite_url = timeline, rate, rewrite_url

    def track(self, track: Track, kind: str) -> Json:
        children: list[Json] = []
        at = 0
        for clip in track.clips:
            start, end = self._tick(clip.start_ms), self._tick(clip.end_ms)
            if start == end:
                continue
            if start > at:
                children.append(self._gap(start - at))
            children.append(self._clip(clip, end - start))
            at = end
        whole = self._tick(self._timeline.duration_ms)
        if whole > at:
            children.append(self._gap(whole - at))
        known = {"id": track.id, "kind": track.kind, "user_id": track.user_id, "role": track.role}
        return {
            "OTIO_SCHEMA": "Track.1",
            **_nothing(track.label, **known),
            "children": children,
            "kind": kind,
        }

    def markers(self) -> Iterator[Json]:
        for pause in self._timeline.pauses:
            at = self._tick(pause.at_ms)
            yield self._marker("pause", "RED", at, 0, pause_json(pause))
        for section in self._timeline.sections():
            start, end = self._tick(section.start_ms), self._tick(section.end_ms)
            yield self._marker(section.title, "GREEN", start, end - start, {})

    def _marker(self, name: str, colour: str, start: int, length: int, known: Json) -> Json:
        return {
            "OTIO_SCHEMA": "Marker.2",
            "metadata": {"timeline": known} if known else {},
            "name": name,
            "color": colour,
            "marked_range": self._range(start, length),
            "comment": "",
        }

    def _clip(self, clip: Clip, length: int) -> Json:
        media, url = clip.media, opened_url(clip.media, self._rewrite_url)
        known = {"start_ms": clip.start_ms, "end_ms": clip.end_ms, "media_start_ms": clip.media_start_ms}
        reference: Json = {
            "OTIO_SCHEMA": "ExternalReference.1" if url else "MissingReference.1",
            "metadata": {"timeline": {"url": media.url, "video_id": media.video_id}},
            "name": media.video_id or "",
            "available_range": self._range(0, self._tick(media.duration_ms)),
            "available_image_bounds": None,
        }
        return {
            "OTIO_SCHEMA": "Clip.2",
            **_nothing(media.video_id or "", **known),
            "source_range": self._range(self._tick(clip.media_start_ms), length),
            "media_references": {"DEFAULT_MEDIA": reference | ({"target_url": url} if url else {})},
            "active_media_reference_key": "DEFAULT_MEDIA",
        }

    def _gap(self, length: int) -> Json:
        return {"OTIO_SCHEMA": "Gap.1", **_nothing(""), "source_range": self._range(0, length)}

    def _tick(self, at_ms: int) -> int:
        return frame_at(at_ms, self._rate)

    def _range(self, start: int, length: int) -> Json:
        return {
            "OTIO_SCHEMA": "TimeRange.1",
            "start_time": self._time(start),
            "duration": self._time(length),
        }

    def _time(self, ticks: int) -> Json:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(self._rate), "value": float(ticks)}


def _nothing(name: str, **known: Any) -> Json:
    """Return the fields that every item has."""
    return {
        "metadata": {"timeline": known} if known else {},
        "name": name,
        "source_range": None,
        "effects": [],
        "markers": [],
        "enabled": True,
    }
