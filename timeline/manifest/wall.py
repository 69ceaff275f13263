"""The wall clock of a manifest: three numbers that players read, and where they do not suffice, the whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from timeline.manifest.fields import MAX_MS, Fields, refused
from timeline.model import STAMP_ROUNDING_MS, STAMP_UNCERTAINTY_MS, Pause, Timeline, WallClock

SOURCES = ("declared", "journal", "inferred")
"""How a pause can be known."""


def wall_json(timeline: Timeline) -> dict[str, Any] | None:
    """Return the wall clock as the manifest spells it, or None; of a part of a lesson, that of the part."""
    wall = timeline.wall
    if wall is None:
        return None
    start_ms, stop_ms = wall.start_ms, wall.stop_ms
    uncertainty_ms = wall.uncertainty_ms + wall.unlocated_pause_ms
    if (wall.offset_ms, wall.duration_ms) != (0, timeline.duration_ms):
        (low_ms, high_ms), (_, stop_ms) = wall.wall_range_ms(0), wall.wall_range_ms(timeline.duration_ms)
        start_ms, uncertainty_ms = low_ms, high_ms - low_ms
    return {"start_unix_ms": start_ms, "stop_unix_ms": stop_ms, "uncertainty_ms": uncertainty_ms}


def recording_json(timeline: Timeline) -> dict[str, Any] | None:
    """Return the clock of the whole recording where `wall_json` does not say all of it, else None.

    So it is of a part, and where stamps and pauses are known in another way than usual.
    """
    wall, values = timeline.wall, wall_json(timeline)
    if wall is None or values is None:
        return None
    start_ms, stop_ms, uncertainty_ms = values.values()
    usual = _usual_clock(start_ms, stop_ms, uncertainty_ms, timeline.duration_ms, timeline.pauses)
    return None if wall == usual else _recording_json(wall, timeline.pauses)


def read_wall(top: Fields, duration_ms: int, pauses: tuple[Pause, ...]) -> WallClock | None:
    """Return the wall clock of a manifest of a lesson of that length.

    Raises:
        ManifestError: A field is missing or odd.
    """
    if top.value("wall") is None:
        return None
    wall = Fields(top.value("wall"), "/wall")
    start_ms, stop_ms = _stamps(wall)
    uncertainty_ms = wall.ms("uncertainty_ms")
    if top.source.get("recording") is None:
        return _usual_clock(start_ms, stop_ms, uncertainty_ms, duration_ms, pauses)
    recording = Fields(top.value("recording"), "/recording")
    start_ms, stop_ms = _stamps(recording)
    return WallClock(
        start_ms=start_ms,
        stop_ms=stop_ms,
        uncertainty_ms=recording.ms("uncertainty_ms"),
        stop_uncertainty_ms=recording.optional_ms("stop_uncertainty_ms"),
        duration_ms=recording.ms("duration_ms"),
        pauses=pauses if recording.source.get("pauses") is None else read_pauses(recording),
        first_cut_ms=recording.optional_ms("first_cut_ms"),
        offset_ms=recording.ms("offset_ms", -MAX_MS),
    )


def _stamps(clock: Fields) -> tuple[int, int]:
    start_ms = clock.ms("start_unix_ms")
    return start_ms, clock.ms("stop_unix_ms", start_ms - STAMP_ROUNDING_MS)


def pause_json(pause: Pause) -> dict[str, Any]:
    """Return a pause as the manifest spells it."""
    return {
        "at_ms": pause.at_ms,
        "duration_ms": pause.duration_ms,
        "duration_range_ms": list(pause.duration_range_ms),
        "source": pause.source,
    }


def read_pauses(holder: Fields) -> tuple[Pause, ...]:
    """Return the list ``pauses`` of an object.

    Raises:
        ManifestError: A field is missing or odd, or the pauses do not ascend.
    """
    pauses: list[Pause] = []
    for item in holder.objects("pauses"):
        bounds = item.value("duration_range_ms")
        if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
            raise refused(f"{item.pointer}/duration_range_ms", "expected two numbers, [low, high]")
        pair = Fields(dict(zip("01", bounds, strict=True)), f"{item.pointer}/duration_range_ms")
        low_ms = pair.ms("0")
        high_ms = pair.ms("1", low_ms)
        length_ms = None if item.value("duration_ms") is None else item.ms("duration_ms", low_ms, high_ms)
        at_ms = item.ms("at_ms", pauses[-1].at_ms if pauses else 0)
        pauses.append(Pause(at_ms, length_ms, (low_ms, high_ms), item.word("source", SOURCES)))
    return tuple(pauses)


def _usual_clock(
    start_ms: int, stop_ms: int, uncertainty_ms: int, duration_ms: int, pauses: Iterable[Pause]
) -> WallClock:
    """Return the clock of a whole recording of which a manifest says no more than these numbers.

    Both stamps are whole seconds with the usual uncertainty. Of what is uncertain, wall time that is missing
    at an unknown place is a part. Where pauses are inferred, others may hide from the first of them on.
    """
    pauses = tuple(pauses)
    inferred = [pause.at_ms for pause in pauses if pause.source == "inferred"]
    clock = WallClock(
        start_ms=start_ms,
        stop_ms=stop_ms,
        uncertainty_ms=uncertainty_ms,
        stop_uncertainty_ms=STAMP_UNCERTAINTY_MS,
        duration_ms=duration_ms,
        pauses=pauses,
        first_cut_ms=min(inferred, default=None),
    )
    own_ms = max(0, uncertainty_ms - clock.unlocated_pause_ms)
    return clock if own_ms == uncertainty_ms else dataclasses.replace(clock, uncertainty_ms=own_ms)


def _recording_json(wall: WallClock, pauses: tuple[Pause, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "start_unix_ms": wall.start_ms,
        "stop_unix_ms": wall.stop_ms,
        "uncertainty_ms": wall.uncertainty_ms,
        "duration_ms": wall.duration_ms,
        "offset_ms": wall.offset_ms,
    }
    if wall.stop_uncertainty_ms is not None:
        values["stop_uncertainty_ms"] = wall.stop_uncertainty_ms
    if wall.first_cut_ms is not None:
        values["first_cut_ms"] = wall.first_cut_ms
    if wall.pauses != pauses:
        values["pauses"] = [pause_json(pause) for pause in wall.pauses]
    return values
