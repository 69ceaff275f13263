"""Whether a document is a manifest that players can trust: the schema, then what no schema can say.

`RULES` is normative: ``docs/manifest.md`` holds each sentence, and a test holds the page to it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from timeline.collector import collector_paused
from timeline.export.manifest_schema import Problem, schema_problems
from timeline.export.rewrite import unsafe_link
from timeline.manifest.names import Json
from timeline.manifest.reading import parse_manifest
from timeline.model import SEAM_MS, STAMP_ROUNDING_MS
from timeline.results.strict_json import MAX_BYTES
from timeline.sinks import show
from timeline.sources import Source, read_source

MOST_PROBLEMS = 1000
"""More tell nobody more."""

Found = Iterator[tuple[str, str]]
"""Where and what, of one rule."""

RULES: dict[str, str] = {
    "duration": "`duration_ms` is greater than 0.",
    "track-ids": "No two tracks have the same `id`.",
    "segments-tile": "The segments of a track tile the lesson.",
    "not-empty": "Every segment, section and scene ends after it starts.",
    "gaps-apart": "No two gaps of a track stand side by side.",
    "gap-kinds": (
        "A gap before the first clip of a track is a `late_start`, one behind the last an `early_end`, one "
        "between two clips a `seam` up to 500 ms and an `absence` beyond; of a track without clips it is an "
        "`absence`."
    ),
    "clip-in-file": "A clip ends within its file: where `media_duration_ms` is there, at most at that time.",
    "one-file": (
        "Clips with the same `index` are of one file: they agree in `url`, `video_id`, `mime`, and in "
        "what is declared of the file."
    ),
    "src": (
        "`src` and `src_status` stand together, and `src` is null where the file is `missing` and only there."
    ),
    "src-link": (
        "A `src` that is `rewritten` is a link to `http`, `https` or relative to the manifest, without "
        "blanks, backslashes, controls and invisible characters."
    ),
    "audio-tracks": "`audio_tracks` names tracks that are there.",
    "scenes-tile": "The scenes tile the lesson.",
    "scenes-longest": "A scene starts at 0 and wherever a clip starts or ends, and nowhere else.",
    "scenes-tracks": "A scene names the tracks that play in it, in the order of `tracks`, and no others.",
    "pauses-inside": "A pause lies within the lesson: its `at_ms` is at most `duration_ms`.",
    "pauses-order": "Pauses stand in the order of `at_ms`.",
    "pause-range": (
        "`duration_range_ms` is `[low, high]` with low ≤ high, and holds a `duration_ms` that is not null."
    ),
    "sections-tile": "The sections tile the lesson.",
    "sections-pauses": (
        "A section ends at every pause after 0 and before `duration_ms`, and at the end, and nowhere else."
    ),
    "wall-room": (
        "Between the two stamps of `wall`, and of `recording`, there is time for the playback and for the "
        "shortest of all pauses, or 1000 ms less, since stamps are whole seconds."
    ),
    "recording": (
        "`recording` stands beside a `wall` only, and its pauses obey the rules of pauses on its own axis."
    ),
}
"""The rules beyond the schema, by name."""


@collector_paused()
def validate_manifest(
    document: Mapping[str, Any] | Source, *, max_bytes: int = MAX_BYTES
) -> tuple[Problem, ...]:
    """Return what is wrong with a manifest; nothing where it is one that players can trust.

    The rules beyond the schema are looked at only where the schema finds nothing.

    Args:
        document: The manifest as parsed JSON, a path, or an open file.
        max_bytes: Longer files are refused.

    Returns:
        Problems with a JSON pointer, the name of the rule and a message; at most `MOST_PROBLEMS`.

    Raises:
        ResultError: A file cannot be read, or is not strict JSON.

    Example:
        >>> import timeline
        >>> from timeline.export.manifest import to_manifest
        >>> document = to_manifest(timeline.load("sample_results/guide_example.json"))
        >>> validate_manifest(document)
        ()
        >>> validate_manifest(document | {"audio_tracks": ["camera:nobody"]})[0].where
        '/audio_tracks/0'
    """
    values: Any = document
    if isinstance(document, Mapping):
        values = dict(document)
    elif isinstance(document, (str, os.PathLike)) or hasattr(document, "read"):
        values = parse_manifest(read_source(document, max_bytes), max_bytes=max_bytes)
    problems = list(itertools.islice(schema_problems(values), MOST_PROBLEMS))
    if not problems:
        problems = list(itertools.islice(_broken_rules(values), MOST_PROBLEMS))
    return tuple(problems)


def _broken_rules(document: Json) -> Iterator[Problem]:
    for name, look in _LOOKS.items():
        for where, message in look(document):
            yield Problem(where, name, message)


def _duration(document: Json) -> Found:
    if document["duration_ms"] <= 0:
        yield "/duration_ms", "is 0; nothing plays"


def _track_ids(document: Json) -> Found:
    seen: set[str] = set()
    for number, track in enumerate(document["tracks"]):
        if track["id"] in seen:
            yield f"/tracks/{number}/id", f"{show(track['id'])} is the id of a track before it, too"
        seen.add(track["id"])


def _segments_tile(document: Json) -> Found:
    for number, track in enumerate(document["tracks"]):
        yield from _tile(track["segments"], f"/tracks/{number}/segments", document["duration_ms"])


def _tile(items: list[Json], where: str, duration_ms: int) -> Found:
    reached_ms = 0
    for number, item in enumerate(items):
        if item["start_ms"] != reached_ms:
            yield f"{where}/{number}/start_ms", f"expected {reached_ms}, got {item['start_ms']}"
        reached_ms = item["end_ms"]
    if reached_ms != duration_ms:
        last = f"{where}/{len(items) - 1}/end_ms" if items else where
        yield last, f"ends at {reached_ms}, and the lesson at {duration_ms}"


def _not_empty(document: Json) -> Found:
    lists = [
        (f"/tracks/{number}/segments", track["segments"]) for number, track in enumerate(document["tracks"])
    ]
    for where, items in (*lists, ("/sections", document["sections"]), ("/scenes", document["scenes"])):
        for number, item in enumerate(items):
            if item["end_ms"] <= item["start_ms"]:
                yield f"{where}/{number}/end_ms", f"is {item['end_ms']}, not after {item['start_ms']}"


def _gaps_apart(document: Json) -> Found:
    for number, track in enumerate(document["tracks"]):
        for place, (one, two) in enumerate(itertools.pairwise(track["segments"]), 1):
            if one["type"] == two["type"] == "gap":
                yield f"/tracks/{number}/segments/{place}", "is a gap behind a gap; they are one"


def _gap_kinds(document: Json) -> Found:
    for number, track in enumerate(document["tracks"]):
        clips = [place for place, item in enumerate(track["segments"]) if item["type"] == "clip"]
        for place, item in enumerate(track["segments"]):
            if item["type"] == "clip":
                continue
            if not clips:
                kind = "absence"
            elif place < clips[0]:
                kind = "late_start"
            elif place > clips[-1]:
                kind = "early_end"
            else:
                kind = "seam" if item["end_ms"] - item["start_ms"] <= SEAM_MS else "absence"
            if item["kind"] != kind:
                yield f"/tracks/{number}/segments/{place}/kind", f"expected {kind}, got {item['kind']}"


def _clips(document: Json) -> Iterator[tuple[str, Json]]:
    for number, track in enumerate(document["tracks"]):
        for place, item in enumerate(track["segments"]):
            if item["type"] == "clip":
                yield f"/tracks/{number}/segments/{place}", item


def _clip_in_file(document: Json) -> Found:
    for where, clip in _clips(document):
        end_ms = clip["media_start_ms"] + clip["end_ms"] - clip["start_ms"]
        if end_ms > clip.get("media_duration_ms", end_ms):
            yield where, f"plays its file up to {end_ms} ms, which has {clip['media_duration_ms']}"


_FACTS = ("url", "video_id", "mime", "media_duration_ms", "size_bytes", "width_px", "height_px")


def _one_file(document: Json) -> Found:
    files: dict[int, list[Any]] = {}
    for where, clip in _clips(document):
        if "index" in clip:
            facts = [clip.get(name) for name in _FACTS]
            if files.setdefault(clip["index"], facts) != facts:
                yield f"{where}/index", f"{clip['index']} is the index of another file before it, too"


def _src(document: Json) -> Found:
    for where, clip in _clips(document):
        src, status = clip.get("src"), clip.get("src_status")
        if ("src" in clip) != ("src_status" in clip):
            yield where, "has only one of src and src_status"
        elif status is not None and (src is None) != (status == "missing"):
            yield f"{where}/src", f"expected {'null' if status == 'missing' else 'a file'}, got {show(src)}"


def _src_link(document: Json) -> Found:
    for where, clip in _clips(document):
        if clip.get("src_status") == "rewritten" and (reason := unsafe_link(clip.get("src") or "")):
            yield f"{where}/src", reason


def _audio_tracks(document: Json) -> Found:
    ids = {track["id"] for track in document["tracks"]}
    for number, name in enumerate(document["audio_tracks"]):
        if name not in ids:
            yield f"/audio_tracks/{number}", f"there is no track {show(name)}"


def _scenes_tile(document: Json) -> Found:
    yield from _tile(document["scenes"], "/scenes", document["duration_ms"])


def _edges_ms(document: Json) -> set[int]:
    edges = {edge for _, clip in _clips(document) for edge in (clip["start_ms"], clip["end_ms"])}
    return {0, *edges} - {document["duration_ms"]}


def _scenes_longest(document: Json) -> Found:
    starts = {scene["start_ms"] for scene in document["scenes"]}
    edges = _edges_ms(document)
    for number, scene in enumerate(document["scenes"]):
        if scene["start_ms"] not in edges:
            yield f"/scenes/{number}/start_ms", f"no clip starts or ends at {scene['start_ms']}"
    for missing_ms in sorted(edges - starts):
        yield "/scenes", f"a clip starts or ends at {missing_ms}, and no scene starts there"


def _scenes_tracks(document: Json) -> Found:
    scenes = document["scenes"]
    playing = _playing(document)
    for number, scene in enumerate(scenes):
        expected = playing(scene["start_ms"])
        if scene["tracks"] != expected:
            where = f"/scenes/{number}/tracks"
            wrong = [name for name in scene["tracks"] if name not in expected]
            absent = [name for name in expected if name not in scene["tracks"]]
            if wrong:
                yield where, f"{show(wrong[0])} does not play at {scene['start_ms']}"
            elif absent:
                yield where, f"{show(absent[0])} plays at {scene['start_ms']}, and is not named"
            else:
                yield where, "are not in the order of the tracks"


def _playing(document: Json) -> Callable[[int], list[str]]:
    """Return a function that tells the ids of the tracks that play, of instants that ascend."""
    rows = [
        (track["id"], [s for s in track["segments"] if s["type"] == "clip"], [0])
        for track in document["tracks"]
    ]

    def at(at_ms: int) -> list[str]:
        names = []
        for name, clips, place in rows:
            while place[0] < len(clips) and clips[place[0]]["end_ms"] <= at_ms:
                place[0] += 1
            if place[0] < len(clips) and clips[place[0]]["start_ms"] <= at_ms:
                names.append(name)
        return names

    return at


def _pauses_inside(document: Json) -> Found:
    yield from _inside(document["pauses"], "/pauses", document["duration_ms"])


def _inside(pauses: list[Json], where: str, duration_ms: int) -> Found:
    for number, pause in enumerate(pauses):
        if pause["at_ms"] > duration_ms:
            yield f"{where}/{number}/at_ms", f"{pause['at_ms']} lies behind the end, {duration_ms}"


def _pauses_order(document: Json) -> Found:
    yield from _ascend(document["pauses"], "/pauses")


def _ascend(pauses: list[Json], where: str) -> Found:
    for number, (one, two) in enumerate(itertools.pairwise(pauses), 1):
        if two["at_ms"] < one["at_ms"]:
            yield f"{where}/{number}/at_ms", f"{two['at_ms']} lies before the pause before it, {one['at_ms']}"


def _pause_range(document: Json) -> Found:
    yield from _ranges(document["pauses"], "/pauses")


def _ranges(pauses: list[Json], where: str) -> Found:
    for number, pause in enumerate(pauses):
        low_ms, high_ms = pause["duration_range_ms"]
        length_ms = pause["duration_ms"]
        if low_ms > high_ms:
            yield f"{where}/{number}/duration_range_ms", f"{low_ms} is more than {high_ms}"
        elif length_ms is not None and not low_ms <= length_ms <= high_ms:
            yield f"{where}/{number}/duration_ms", f"{length_ms} is not in [{low_ms}, {high_ms}]"


def _sections_tile(document: Json) -> Found:
    yield from _tile(document["sections"], "/sections", document["duration_ms"])


def _sections_pauses(document: Json) -> Found:
    duration_ms = document["duration_ms"]
    cuts = {pause["at_ms"] for pause in document["pauses"]} - {0, duration_ms}
    for number, section in enumerate(document["sections"]):
        if section["end_ms"] not in cuts | {duration_ms}:
            yield f"/sections/{number}/end_ms", f"no pause lies at {section['end_ms']}"
    for missing_ms in sorted(cuts - {section["end_ms"] for section in document["sections"]}):
        yield "/sections", f"a pause lies at {missing_ms}, and no section ends there"


def _wall_room(document: Json) -> Found:
    clocks = [("/wall", document["wall"], document["duration_ms"], document["pauses"])]
    recording = document.get("recording")
    if recording is not None:
        pauses = recording.get("pauses", document["pauses"])
        clocks.append(("/recording", recording, recording["duration_ms"], pauses))
    for where, clock, duration_ms, pauses in clocks:
        if clock is None:
            continue
        least_ms = duration_ms + sum(pause["duration_range_ms"][0] for pause in pauses)
        room_ms = clock["stop_unix_ms"] - clock["start_unix_ms"]
        if room_ms < least_ms - STAMP_ROUNDING_MS:
            yield f"{where}/stop_unix_ms", f"leaves {room_ms} ms for {least_ms} ms of playback and pauses"


def _recording(document: Json) -> Found:
    recording = document.get("recording")
    if recording is None:
        return
    if document["wall"] is None:
        yield "/recording", "stands there without a wall"
    pauses = recording.get("pauses", [])
    yield from _inside(pauses, "/recording/pauses", recording["duration_ms"])
    yield from _ascend(pauses, "/recording/pauses")
    yield from _ranges(pauses, "/recording/pauses")


_LOOKS: dict[str, Callable[[Json], Found]] = {
    "duration": _duration,
    "track-ids": _track_ids,
    "segments-tile": _segments_tile,
    "not-empty": _not_empty,
    "gaps-apart": _gaps_apart,
    "gap-kinds": _gap_kinds,
    "clip-in-file": _clip_in_file,
    "one-file": _one_file,
    "src": _src,
    "src-link": _src_link,
    "audio-tracks": _audio_tracks,
    "scenes-tile": _scenes_tile,
    "scenes-longest": _scenes_longest,
    "scenes-tracks": _scenes_tracks,
    "pauses-inside": _pauses_inside,
    "pauses-order": _pauses_order,
    "pause-range": _pause_range,
    "sections-tile": _sections_tile,
    "sections-pauses": _sections_pauses,
    "wall-room": _wall_room,
    "recording": _recording,
}
