"""The sync manifest: what a replay player needs, without arithmetic. Field by field in ``docs/manifest.md``.

The JSON Schema is ``manifest.schema.json`` beside this module, TypeScript types are in ``manifest.d.ts``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from timeline.audible import audible_tracks
from timeline.collector import collector_paused
from timeline.errors import ParameterError
from timeline.export.rewrite import RewriteUrl, UrlRewriter, make_rewriter
from timeline.findings import finding_json
from timeline.jsontext import json_text
from timeline.manifest.names import FORMAT, VERSION, Json, named_objects
from timeline.manifest.wall import pause_json, recording_json, wall_json
from timeline.media.locate import LocatedMedia, locate_media, media_folder
from timeline.model import Clip, Extra, Gap, Section, Timeline
from timeline.publish import write_text
from timeline.sinks import is_utf8, path_text
from timeline.version import __version__

MAX_SCENE_TRACKS = 10_000_000
"""A lesson whose scenes name more tracks, all together, has no manifest: it would fill the memory."""


def write_manifest(
    timeline: Timeline,
    path: str | os.PathLike[str],
    *,
    media: str | os.PathLike[str] | None = None,
    rewrite_url: RewriteUrl | None = None,
    overwrite: bool = True,
) -> None:
    """Write the sync manifest of *timeline* to *path* as JSON, whole or not at all.

    Args:
        timeline: A lesson.
        path: Where to write.
        media: A folder of media files: clips gain ``src``, relative to the manifest's folder.
        rewrite_url: What to open in place of the urls of clips that are not in *media*: new prefixes by old
            ones, ``"name"`` for the names of files beside the manifest, or a function of a `MediaReference`
            that returns a link, or None to leave that clip as it is. ``url`` stays the original.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        OutputExistsError: *path* is there and *overwrite* is False.
        MediaNotFoundError: *media* is no folder.
        ParameterError: *rewrite_url* is none of these, or makes a link that is not safe to open.
        DiskError: It cannot be written.
    """
    path = Path(path)
    text = manifest_text(timeline, media=media, beside=path.parent, rewrite_url=rewrite_url)
    write_text(path, text, overwrite=overwrite)


def manifest_text(
    timeline: Timeline,
    *,
    media: str | os.PathLike[str] | None = None,
    beside: Path | None = None,
    rewrite_url: RewriteUrl | None = None,
) -> str:
    """Return the manifest as JSON text; ``src`` is relative to *beside*, by default the current folder."""
    folder = media_folder(None, Path(media)) if media is not None else None
    located = locate_media(timeline, folder) if folder else None
    document = to_manifest(timeline, located=located, beside=beside or Path(), rewrite_url=rewrite_url)
    return json_text(document) + "\n"


@collector_paused()
def to_manifest(
    timeline: Timeline,
    *,
    located: LocatedMedia | None = None,
    beside: Path | None = None,
    rewrite_url: RewriteUrl | None = None,
) -> Json:
    """Return the manifest of *timeline* as JSON values.

    Args:
        timeline: A lesson.
        located: Its local files; clips gain ``src`` and ``src_status``.
        beside: The folder that ``src`` is relative to.
        rewrite_url: What to open where there is no local file; see `write_manifest`.
    """
    rewriter = None if rewrite_url is None else make_rewriter(rewrite_url, timeline)
    recording = recording_json(timeline)
    numbers: dict[int, int] = {}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "generator": f"timeline {__version__}",
        "room_id": timeline.room_id,
        "task_id": timeline.task_id,
        "duration_ms": timeline.duration_ms,
        "wall": wall_json(timeline),
        **({"recording": recording} if recording else {}),
        "audio_tracks": [track.id for track in audible_tracks(timeline)],
        "tracks": [
            {
                "id": track.id,
                "kind": track.kind,
                "user_id": track.user_id,
                "label": track.label,
                "role": track.role,
                "segments": [_segment(item, numbers, located, beside, rewriter) for item in track.segments()],
            }
            for track in timeline.tracks
        ],
        **_rest(timeline),
    }
    if timeline.extra:
        _put_extra(document, timeline.extra)
    return document


@collector_paused()
def to_listing(timeline: Timeline) -> Json:
    """Return what ``timeline show --json`` prints: tracks with their clips and gaps apart."""
    return {
        "room_id": timeline.room_id,
        "task_id": timeline.task_id,
        "duration_ms": timeline.duration_ms,
        "wall": wall_json(timeline),
        "tracks": [
            {
                "id": track.id,
                "kind": track.kind,
                "user_id": track.user_id,
                "label": track.label,
                "role": track.role,
                "clips": [clip_json(clip) for clip in track.clips],
                "gaps": [gap_json(gap) for gap in track.gaps()],
            }
            for track in timeline.tracks
        ],
        **_rest(timeline),
    }


def _rest(timeline: Timeline) -> Json:
    """Return what stands below the tracks."""
    return {
        "pauses": [pause_json(pause) for pause in timeline.pauses],
        "sections": [section_json(section) for section in timeline.sections()],
        "scenes": _scenes(timeline),
        "findings": [finding_json(item) for item in timeline.findings],
    }


def _scenes(timeline: Timeline) -> list[Json]:
    scenes = []
    named = 0
    for start_ms, end_ms, tracks in timeline.scene_tracks():
        named += len(tracks)
        if named > MAX_SCENE_TRACKS:
            raise ParameterError(
                f"more than {MAX_SCENE_TRACKS} tracks in all scenes together; select() some tracks, "
                "or crop() a part of the lesson"
            )
        scenes.append({"start_ms": start_ms, "end_ms": end_ms, "tracks": tracks})
    return scenes


def clip_json(clip: Clip) -> Json:
    """Return a clip as the manifest spells it."""
    start_ms, end_ms, media_start_ms, media = clip
    return {
        "start_ms": start_ms,
        "end_ms": end_ms,
        "media_start_ms": media_start_ms,
        "url": media.url,
        "mime": media.mime,
        "video_id": media.video_id,
    }


def _file_json(clip: Clip, numbers: dict[int, int]) -> Json:
    """Return what is declared of a clip's file and does not follow from the clip.

    Files are numbered as they appear, not by their place in the result's list, whose order says nothing;
    a number is written where a file appears again.
    """
    start_ms, end_ms, media_start_ms, media = clip
    values: Json = {}
    if media.position in numbers:
        values["index"] = numbers[media.position]
    else:
        numbers[media.position] = len(numbers)
    if media.duration_ms != media_start_ms + end_ms - start_ms:
        values["media_duration_ms"] = media.duration_ms
    if media.size_bytes is not None:
        values["size_bytes"] = media.size_bytes
    if media.width_px is not None:
        values["width_px"] = media.width_px
    if media.height_px is not None:
        values["height_px"] = media.height_px
    return values


def gap_json(gap: Gap) -> Json:
    """Return a gap as the manifest spells it."""
    return {"start_ms": gap.start_ms, "end_ms": gap.end_ms, "kind": gap.kind}


def section_json(section: Section) -> Json:
    """Return a section as the manifest spells it."""
    return {"start_ms": section.start_ms, "end_ms": section.end_ms, "title": section.title}


def _put_extra(document: Json, extra: Iterable[Extra]) -> None:
    """Write the unknown fields of a manifest where they stood; what has no place any more is left out."""
    fields = {item[:4]: item.fields for item in extra}
    for name, target in named_objects(document):
        if name in fields:
            target.update(json.loads(fields[name]))


def _segment(
    item: Clip | Gap,
    numbers: dict[int, int],
    located: LocatedMedia | None,
    beside: Path | None,
    rewriter: UrlRewriter | None,
) -> Json:
    if isinstance(item, Gap):
        return {"type": "gap", "start_ms": item.start_ms, "end_ms": item.end_ms, "kind": item.kind}
    segment: Json = {"type": "clip"} | clip_json(item) | _file_json(item, numbers)
    local = None if located is None else located.paths.get(item.media.position)
    link = rewriter(item.media) if rewriter is not None and local is None else None
    if local is not None:
        segment |= {"src": _relative(local, beside or Path()), "src_status": "local"}
    elif link is not None:
        segment |= {"src": link, "src_status": "rewritten"}
    elif located is not None:
        segment |= {"src": None, "src_status": "missing"}
    return segment


def _relative(local: Path, folder: Path) -> str:
    try:
        relative = Path(os.path.relpath(local.resolve(), folder.resolve()))
    except ValueError:  # another drive
        relative = local.resolve()
    if not is_utf8(relative):
        raise ParameterError(f"{path_text(relative)}: its name is not UTF-8, as JSON is; rename it")
    return relative.as_posix()
