"""The stages from a document to a manifest: their times, their memory, and that they do their work."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.report import STAGES
from timeline.export.manifest import manifest_text, to_manifest
from timeline.loading import loads
from timeline.model import Timeline
from timeline.results import read_result


def time_stages(documents: Sequence[bytes], runs: int) -> dict[str, list[float]]:
    """Return the seconds of each of *runs* runs over all *documents*, by stage.

    The stages in `STAGES` contain each other as their names say: "loads" reads the document again.
    """
    ways: tuple[Callable[[Sequence[bytes]], dict[str, float]], ...] = (_parts, _to_values, _to_text)
    seconds: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for _ in range(runs):
        for way in ways:
            gc.collect()
            for stage, stage_s in way(documents).items():
                seconds[stage].append(stage_s)
    return seconds


def check_work(document: bytes, lesson: Timeline, text: str) -> None:
    """Make sure that nothing was left out on the way from *document* to the manifest *text*.

    Raises:
        ValueError: A file is missing, or the segments of a track do not tile the lesson.
    """
    rows = json.loads(document)["video_info"]
    manifest = json.loads(text)
    segments = [track["segments"] for track in manifest["tracks"]]
    clips = sum(segment["type"] == "clip" for of_track in segments for segment in of_track)
    if not len(rows) == clips == sum(len(track.clips) for track in lesson.tracks):
        raise ValueError(f"{len(rows)} files became {clips} clips")
    if not all(_tile(of_track, manifest["duration_ms"]) for of_track in segments):
        raise ValueError("the segments of a track do not tile the lesson")


def read_and_check(documents: Iterable[bytes]) -> int:
    """Take each document to its manifest, check the work and return the number of findings."""
    findings = 0
    for document in documents:
        lesson = loads(document)
        check_work(document, lesson, manifest_text(lesson))
        findings += len(lesson.findings)
    return findings


def _tile(segments: Sequence[dict[str, Any]], duration_ms: int) -> bool:
    at_ms = 0
    for segment in segments:
        if segment["start_ms"] != at_ms or segment["end_ms"] <= at_ms:
            return False
        at_ms = segment["end_ms"]
    return at_ms == duration_ms


def _parts(documents: Sequence[bytes]) -> dict[str, float]:
    """Time every stage by itself; what a stage makes lives until the next document is through it."""
    seconds = dict.fromkeys(("read_result", "loads", "to_manifest", "manifest_text"), 0.0)
    for document in documents:
        begun = time.perf_counter()
        result = read_result(document)
        read = time.perf_counter()
        lesson = loads(document)
        loaded = time.perf_counter()
        values = to_manifest(lesson)
        exported = time.perf_counter()
        text = manifest_text(lesson)
        written = time.perf_counter()
        seconds["read_result"] += read - begun
        seconds["loads"] += loaded - read
        seconds["to_manifest"] += exported - loaded
        seconds["manifest_text"] += written - exported
        if not (result.files and values["tracks"] and text):
            raise ValueError("a stage made nothing")
    return seconds


def _to_values(documents: Sequence[bytes]) -> dict[str, float]:
    begun = time.perf_counter()
    for document in documents:
        to_manifest(loads(document))
    return {"loads + to_manifest": time.perf_counter() - begun}


def _to_text(documents: Sequence[bytes]) -> dict[str, float]:
    begun = time.perf_counter()
    for document in documents:
        manifest_text(loads(document))
    return {"loads + manifest_text": time.perf_counter() - begun}
