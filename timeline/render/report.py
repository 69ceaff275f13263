"""The sync report: what a video shows of each file, against what was declared and what is really there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from timeline.media.examine import ExaminedMedia
from timeline.media.facts import MediaFacts
from timeline.model import Clip, Timeline
from timeline.render.plan import PlanScene, RenderPlan, Tile
from timeline.sinks import path_text


class Treatment(NamedTuple):
    """What was done with a stretch of a file.

    Attributes:
        what: ``shown``; ``held``: a picture that stands where the file has none; ``slate``: a card in its
            place; ``heard``; ``silence``: no sound where some is declared; ``cut``: beyond the declared end.
        start_ms: Playback time.
        end_ms: Playback time; of what was cut, where it would have ended.
        reason: Why, in a few words; empty for what is shown and heard.
    """

    what: str
    start_ms: int
    end_ms: int
    reason: str = ""


def clip_reports(
    timeline: Timeline, plan: RenderPlan, examined: ExaminedMedia, reasons: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return what became of each clip of *timeline* in *plan*, as values for JSON, in the order of tracks.

    Args:
        timeline: A lesson.
        plan: Of its render.
        examined: Its files.
        reasons: What slates say, by position of the file.
    """
    seen = _seen(plan)
    reports = []
    for track in timeline.tracks:
        for clip in track.clips:
            position = clip.media.position
            media = examined.facts.get(position)
            tiles = [entry for entry in seen.get((track.id, position), ()) if entry[0].start_ms < clip.end_ms]
            treatments = [
                *_pictures(clip, tiles, media, reasons.get(position, "")),
                *_sounds(track.id, clip, plan, media),
                *_cut(clip, plan, media),
            ]
            reports.append(
                {
                    "track": track.id,
                    "clip": position,
                    "file": None if media is None else path_text(Path(media.path.name)),
                    "declared": {"start_ms": clip.start_ms, "duration_ms": clip.media.duration_ms},
                    "real": None if media is None else _real(media),
                    "treatments": [treatment._asdict() for treatment in _merged(treatments)],
                }
            )
    return reports


def _seen(plan: RenderPlan) -> dict[tuple[str, int], list[tuple[PlanScene, Tile]]]:
    """Return the scenes and tiles that show a file, hold it, or lack it, by track and position."""
    seen: dict[tuple[str, int], list[tuple[PlanScene, Tile]]] = {}
    for scene in plan.scenes:
        for tile in scene.tiles:
            for position in {tile.file, tile.lost} - {None}:
                assert position is not None
                seen.setdefault((tile.track, position), []).append((scene, tile))
    return seen


def _pictures(
    clip: Clip, tiles: list[tuple[PlanScene, Tile]], media: MediaFacts | None, reason: str
) -> Iterator[Treatment]:
    picture = media.picture if media else None
    for scene, tile in tiles:
        if tile.lost == clip.media.position:
            yield Treatment("slate", scene.start_ms, scene.end_ms, reason)
        elif tile.held is not None:
            yield Treatment("held", scene.start_ms, scene.end_ms, "file switch")
        elif picture is not None and tile.media_start_ms is not None:
            # Media time at playback 0.
            zero_ms = scene.start_ms - tile.media_start_ms
            first_ms = min(max(zero_ms + picture.start_ms, scene.start_ms), scene.end_ms)
            last_ms = min(max(zero_ms + picture.end_ms, first_ms), scene.end_ms)
            yield Treatment("held", scene.start_ms, first_ms, "first picture comes late")
            yield Treatment("shown", first_ms, last_ms)
            yield Treatment("held", last_ms, scene.end_ms, "file ends early")


def _sounds(track: str, clip: Clip, plan: RenderPlan, media: MediaFacts | None) -> Iterator[Treatment]:
    stop_ms = plan.start_ms + plan.duration_ms
    for sound in plan.audio:
        if (sound.track, sound.clip) == (
            track,
            clip.media.position,
        ) and clip.start_ms <= sound.start_ms < clip.end_ms:
            yield Treatment("heard", sound.start_ms, sound.end_ms)
            yield Treatment("silence", sound.end_ms, min(clip.end_ms, stop_ms), "sound ends early")


def _cut(clip: Clip, plan: RenderPlan, media: MediaFacts | None) -> Iterator[Treatment]:
    if media is not None and plan.start_ms < clip.end_ms <= plan.start_ms + plan.duration_ms:
        real_ms = max(stream.end_ms for stream in (media.picture, media.sound) if stream)
        zero_ms = clip.start_ms - clip.media_start_ms
        yield Treatment("cut", clip.end_ms, zero_ms + real_ms, "beyond the declared end")


def _merged(treatments: list[Treatment]) -> Iterator[Treatment]:
    """Yield what lasts, with neighbours of one kind as one."""
    last: Treatment | None = None
    for treatment in treatments:
        if treatment.end_ms <= treatment.start_ms:
            continue
        if last and (last.what, last.reason, last.end_ms) == (
            treatment.what,
            treatment.reason,
            treatment.start_ms,
        ):
            last = last._replace(end_ms=treatment.end_ms)
            continue
        if last:
            yield last
        last = treatment
    if last:
        yield last


def _real(media: MediaFacts) -> dict[str, Any]:
    picture, sound = media.picture, media.sound
    return {
        "picture": None if picture is None else {"start_ms": picture.start_ms, "end_ms": picture.end_ms},
        "sound": None if sound is None else {"start_ms": sound.start_ms, "end_ms": sound.end_ms},
    }
