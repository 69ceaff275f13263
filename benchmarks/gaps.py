"""The gaps of every track, found in four ways from the same input.

Each way makes its objects (``build``), is asked for the gaps (``ask``), and its answer becomes milliseconds
(``in_ms``). Only the first two are timed. pyannote.core and opentimelineio come without types and need not be
installed, so they are imported by name.
"""

from __future__ import annotations

import gc
import importlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timeline.assembly import assemble
from timeline.model import Timeline
from timeline.results import RecordingResult, read_result

NESTED_LOOP_LIMIT_S = 20.0
"""The nested loop is not waited for longer than about this, s."""

Pairs = list[tuple[int, int]]
"""Spans ``[start_ms, end_ms)``."""
Answer = dict[str, Pairs]
"""Gaps by track id."""


class TooSlowError(Exception):
    """A way took so long that it was stopped."""


@dataclass(frozen=True, slots=True)
class Streams:
    """What every way is given.

    Attributes:
        result: The result, read.
        spans: Its files by track id, in any order.
        duration_ms: The end of the last file.
    """

    result: RecordingResult
    spans: dict[str, Pairs]
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find gaps.

    Attributes:
        build: Makes objects of the streams.
        ask: Finds the gaps in them.
        in_ms: Turns the answer into milliseconds.
    """

    build: Callable[[Streams], Any]
    ask: Callable[[Any], Any]
    in_ms: Callable[[Any], Answer]


def streams_of(document: bytes) -> Streams:
    """Return the streams of a result; their spans are shuffled, as rows of a result are."""
    result = read_result(document)
    lesson = assemble(result)
    spans = {track.id: [(clip.start_ms, clip.end_ms) for clip in track.clips] for track in lesson.tracks}
    chance = random.Random(0)
    for pairs in spans.values():
        chance.shuffle(pairs)
    return Streams(result, spans, lesson.duration_ms)


def way_named(name: str) -> Way:
    """Return a way by its name in `benchmarks.report.WAYS`.

    Raises:
        ImportError: It needs a library that is not installed.
    """
    return {
        "timeline": _timeline_way,
        "nested loop": _nested_loop_way,
        "pyannote.core": _pyannote_way,
        "opentimelineio": _otio_way,
    }[name]()


def gaps_of(way: Way, streams: Streams) -> Answer:
    """Return the gaps of all tracks, earliest first."""
    return way.in_ms(way.ask(way.build(streams)))


def time_way(way: Way, streams: Streams, runs: int) -> dict[str, list[float]]:
    """Return the seconds of each of *runs* runs as "build" and "ask"; each run builds anew."""
    seconds: dict[str, list[float]] = {"build": [], "ask": []}
    for _ in range(runs):
        gc.collect()
        begun = time.perf_counter()
        built = way.build(streams)
        ready = time.perf_counter()
        way.ask(built)
        answered = time.perf_counter()
        seconds["build"].append(ready - begun)
        seconds["ask"].append(answered - ready)
    return seconds


# --- timeline -----------------------------------------------------------------------------------------------


def _timeline_way() -> Way:
    return Way(
        build=lambda streams: assemble(streams.result),
        ask=_timeline_gaps,
        in_ms=lambda answer: {
            name: [(gap.start_ms, gap.end_ms) for gap in gaps] for name, gaps in answer.items()
        },
    )


def _timeline_gaps(lesson: Timeline) -> dict[str, Any]:
    return {track.id: track.gaps() for track in lesson.tracks}


# --- plain Python, as in a script ---------------------------------------------------------------------------


def nested_loop_gaps(clips: Sequence[tuple[int, int]], duration_ms: int) -> Pairs:
    """Return the gaps of one track: compares every clip with every other, as short scripts do.

    Args:
        clips: Spans in any order.
        duration_ms: Where the lesson ends.
    """
    gaps = []
    for gap_start_ms in [0, *(end_ms for _, end_ms in clips)]:
        gap_end_ms = duration_ms
        for start_ms, end_ms in clips:
            if start_ms <= gap_start_ms < end_ms:
                break
            if gap_start_ms < start_ms < gap_end_ms:
                gap_end_ms = start_ms
        else:
            if gap_start_ms < gap_end_ms:
                gaps.append((gap_start_ms, gap_end_ms))
    return sorted(set(gaps))


def _nested_loop_way() -> Way:
    return Way(build=lambda streams: streams, ask=_nested_loop_all, in_ms=lambda answer: dict(answer))


def _nested_loop_all(streams: Streams) -> Answer:
    """Return the gaps of all tracks; the clock is looked at between tracks only."""
    begun = time.perf_counter()
    answer = {}
    for name, clips in streams.spans.items():
        if time.perf_counter() - begun > NESTED_LOOP_LIMIT_S:
            raise TooSlowError(f"stopped after {NESTED_LOOP_LIMIT_S:.0f} s")
        answer[name] = nested_loop_gaps(clips, streams.duration_ms)
    if time.perf_counter() - begun > NESTED_LOOP_LIMIT_S:
        raise TooSlowError(f"took more than {NESTED_LOOP_LIMIT_S:.0f} s")
    return answer


# --- pyannote.core ------------------------------------------------------------------------------------------


def _pyannote_way() -> Way:
    core = importlib.import_module("pyannote.core")

    def build(streams: Streams) -> tuple[dict[str, Any], Any]:
        tracks = {
            name: core.Timeline([core.Segment(start_ms / 1000, end_ms / 1000) for start_ms, end_ms in pairs])
            for name, pairs in streams.spans.items()
        }
        return tracks, core.Segment(0, streams.duration_ms / 1000)

    def ask(built: tuple[dict[str, Any], Any]) -> dict[str, Any]:
        tracks, whole = built
        return {name: track.gaps(support=whole) for name, track in tracks.items()}

    def in_ms(answer: Mapping[str, Any]) -> Answer:
        return {
            name: [(round(gap.start * 1000), round(gap.end * 1000)) for gap in gaps]
            for name, gaps in answer.items()
        }

    return Way(build, ask, in_ms)


# --- opentimelineio -----------------------------------------------------------------------------------------


def _otio_way() -> Way:
    otio = importlib.import_module("opentimelineio")
    rational, time_range, schema = otio.opentime.RationalTime, otio.opentime.TimeRange, otio.schema

    def track_of(pairs: Pairs, duration_ms: int) -> Any:
        children = []
        at_ms = 0
        for start_ms, end_ms in sorted(pairs):
            if start_ms > at_ms:
                children.append(schema.Gap(duration=rational(start_ms - at_ms, 1000)))
            whole = time_range(rational(0, 1000), rational(end_ms - start_ms, 1000))
            children.append(schema.Clip(source_range=whole))
            at_ms = end_ms
        if duration_ms > at_ms:
            children.append(schema.Gap(duration=rational(duration_ms - at_ms, 1000)))
        track = schema.Track()
        track.extend(children)
        return track

    def build(streams: Streams) -> dict[str, Any]:
        return {name: track_of(pairs, streams.duration_ms) for name, pairs in streams.spans.items()}

    def ask(tracks: Mapping[str, Any]) -> dict[str, Any]:
        return {name: gap_ranges(track) for name, track in tracks.items()}

    def gap_ranges(track: Any) -> list[Any]:
        ranges = track.range_of_all_children()
        return [ranges[child] for child in track if isinstance(child, schema.Gap)]

    def in_ms(answer: Mapping[str, Any]) -> Answer:
        return {name: [span_ms(gap) for gap in gaps] for name, gaps in answer.items()}

    def span_ms(gap: Any) -> tuple[int, int]:
        end = gap.end_time_exclusive()
        return round(gap.start_time.value_rescaled_to(1000)), round(end.value_rescaled_to(1000))

    return Way(build, ask, in_ms)
