"""Which units an old result means: lengths documented in seconds, starts and the total without any unit.

Its printed examples contradict themselves and v1, which came out of the same service, counts in ms. So
the numbers decide, and a finding says how.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any, NamedTuple

from timeline.findings import Finding, finding
from timeline.results.body import MAX_STAMP, BodyNames
from timeline.results.fields import read_whole_number
from timeline.results.recording import MAX_TIME_MS
from timeline.units import wall_seconds_to_ms

_SHORTEST_MS, _LONGEST_MS = 60_000, 24 * 3600 * 1000  # of a class; the service records no longer one
_SLACK_MS = 1000
_LAG_MS = 7000  # a recording's stamps lie up to this further apart than its media


class _Units(NamedTuple):
    """How many ms one unit is."""

    length: int
    start: int

    def __str__(self) -> str:
        names = {1: "ms", 1000: "seconds"}
        return f"lengths are read as {names[self.length]}, starts as {names[self.start]}"


class _Place(NamedTuple):
    """One row: its stream, and its times in whatever unit."""

    stream: tuple[Any, Any]
    start: int
    length: int


_CANDIDATES = (_Units(1000, 1000), _Units(1000, 1), _Units(1, 1))


def with_plausible_units(
    body: dict[str, Any], files: str, names: BodyNames, pointer: str
) -> tuple[dict[str, Any], list[Finding]]:
    """Return *body* with its times in ms, and the finding that says how they were read.

    Of the readings in which the class is neither shorter than a minute nor longer than a day nor longer than
    its wall stamps allow, the first counts that fits what is claimed: the total, or the wall stamps. Without
    such a claim it is the first in which no stream overlaps itself and nothing is ever unrecorded.

    Example:
        >>> from timeline.results.rows import SNAKE
        >>> names = BodyNames(SNAKE, start="start_time", stop="stop_time", pauses="omitted_duration")
        >>> old = {"video_info": [{"video_play_time": 0, "video_duration": 3600}], "total_time": 3600}
        >>> body, findings = with_plausible_units(old, "video_info", names, "")
        >>> body["video_info"][0]["video_duration"], body["total_time"]
        (3600000, 3600000)
    """
    key = names.spelling.key
    rows = body[files] if isinstance(body[files], list) else []
    places = _places(rows, names)
    claimed = read_whole_number(body.get(key("total_time")))
    chosen, reason = _choose(places, claimed, _wall_ms(body, names))
    where = f"{pointer}/{files}"
    units = {key("video_play_time"): chosen.start, key("video_duration"): chosen.length}
    read = body | {files: [_scaled(row, units) for row in rows]}
    last_ms = _last_ms(places, chosen)
    if claimed and _agrees(last_ms, claimed):
        read[key("total_time")] = last_ms
    return read, [finding("unit_doubt", f"{where}: {chosen}, {reason}", where=where)]


def _places(rows: list[Any], names: BodyNames) -> list[_Place]:
    key = names.spelling.key
    places = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        start, length = (
            read_whole_number(row.get(key(name))) for name in ("video_play_time", "video_duration")
        )
        if start is not None and length is not None and 0 <= start <= MAX_TIME_MS >= length > 0:
            stream = (str(row.get(key("video_type"))), str(row.get(key("user_id"))))
            places.append(_Place(stream, start, length))
    return places


def _choose(places: list[_Place], claimed: int | None, wall_ms: int | None) -> tuple[_Units, str]:
    """Return the units, and why."""
    possible = [units for units in _CANDIDATES if 0 < _last_ms(places, units) <= _LONGEST_MS]
    plausible = [units for units in possible if _last_ms(places, units) >= _SHORTEST_MS] or possible
    if wall_ms is not None:
        plausible = [u for u in plausible if _last_ms(places, u) <= wall_ms + _SLACK_MS] or plausible
    agreeing = [units for units in plausible if claimed and _agrees(_last_ms(places, units), claimed)]
    if agreeing:
        alone = len({units.length for units in agreeing}) == 1
        return agreeing[0], "as the total says" if alone else "as documented; the total fits other units too"
    for units in plausible:
        last_ms = _last_ms(places, units)
        if wall_ms is not None and -_SLACK_MS <= wall_ms - last_ms <= _LAG_MS:
            return units, "as the wall stamps say"
    apart = [units for units in plausible if not _overlaps(places, units)]
    whole = [units for units in apart if not _has_hole(places, units)]
    return (*whole, *apart, *plausible, _CANDIDATES[-1])[0], "for want of better evidence"


def _last_ms(places: list[_Place], units: _Units) -> int:
    return max((one.start * units.start + one.length * units.length for one in places), default=0)


def _agrees(last_ms: int, claimed: int) -> bool:
    return any(abs(ms - last_ms) <= _SLACK_MS for ms in (claimed, claimed * 1000))


def _wall_ms(body: dict[str, Any], names: BodyNames) -> int | None:
    start, stop = (read_whole_number(body.get(key)) for key in (names.start, names.stop))
    if start is None or stop is None or not 0 < start < stop <= MAX_STAMP:
        return None
    return wall_seconds_to_ms(stop)[0] - wall_seconds_to_ms(start)[0]


def _overlaps(places: list[_Place], units: _Units) -> bool:
    """Return whether files of one stream play at the same time."""
    streams: defaultdict[tuple[Any, Any], list[tuple[int, int]]] = defaultdict(list)
    for one in places:
        start_ms = one.start * units.start
        streams[one.stream].append((start_ms, start_ms + one.length * units.length))
    return any(
        later[0] < earlier[1] - _SLACK_MS
        for spans in streams.values()
        for earlier, later in itertools.pairwise(sorted(spans))
    )


def _has_hole(places: list[_Place], units: _Units) -> bool:
    """Return whether there is a stretch in which nothing was recorded."""
    reached_ms = 0
    for start, length in sorted((one.start, one.length) for one in places):
        if start * units.start > reached_ms:
            return True
        reached_ms = max(reached_ms, start * units.start + length * units.length)
    return False


def _scaled(row: Any, units: dict[str, int]) -> Any:
    if not isinstance(row, dict):
        return row
    numbers = {key: read_whole_number(row.get(key)) for key in units}
    return row | {key: number * units[key] for key, number in numbers.items() if number is not None}
