"""Which units an old result means: lengths documented in seconds, starts and the total without any unit.

Its printed examples contradict themselves and v1, which came out of the same service, counts in ms. So
the numbers decide, and a finding says how.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from timeline.findings import Finding, finding
from timeline.interval import Span, complement, spans_of
from timeline.results.body import MAX_STAMP, BodyNames
from timeline.results.fields import read_whole_number
from timeline.results.recording import MAX_TIME_MS

_LONGEST_MS = 24 * 3600 * 1000  # the service records no longer class
_SLACK_MS = 1000
_LAG_MS = 7000  # a recording's stamps lie up to this further apart than its media


class _Units(NamedTuple):
    """How many ms one unit is."""

    length: int
    start: int

    def __str__(self) -> str:
        names = {1: "ms", 1000: "seconds"}
        return f"lengths are read as {names[self.length]}, starts as {names[self.start]}"


_CANDIDATES = (_Units(1000, 1000), _Units(1000, 1), _Units(1, 1))


def with_plausible_units(
    body: dict[str, Any], files: str, names: BodyNames, pointer: str
) -> tuple[dict[str, Any], list[Finding]]:
    """Return *body* with its times in ms, and the finding that says how they were read.

    Of the readings in which no class is longer than a day, the first counts that fits what is claimed: the
    total, or the wall stamps. Without such a claim it is the first that leaves no stretch in which nothing
    was recorded.

    Example:
        >>> from timeline.results.rows import SNAKE
        >>> names = BodyNames(SNAKE, start="start_time", stop="stop_time", pauses="omitted_duration")
        >>> old = {"video_info": [{"video_play_time": 0, "video_duration": 3600}], "total_time": 3600}
        >>> body, findings = with_plausible_units(old, "video_info", names, "")
        >>> body["video_info"][0]["video_duration"], body["total_time"]
        (3600000, 3600000)
    """
    key = names.spelling.key
    start, length, total = key("video_play_time"), key("video_duration"), key("total_time")
    rows = body[files] if isinstance(body[files], list) else []
    numbers = [
        (read_whole_number(row.get(start)), read_whole_number(row.get(length)))
        for row in rows
        if isinstance(row, dict)
    ]
    times = [
        (a, b) for a, b in numbers if a is not None and b is not None and a >= 0 and 0 < b <= MAX_TIME_MS
    ]
    plausible = [units for units in _CANDIDATES if 0 < _last_ms(times, units) <= _LONGEST_MS]
    claimed = read_whole_number(body.get(total))
    wall_ms = _wall_ms(body, names)
    for units in plausible:
        end_ms = _last_ms(times, units)
        if claimed and _near(end_ms, claimed) is not None:
            chosen, reason = units, "as the total says"
            break
        if wall_ms and -_SLACK_MS <= wall_ms - end_ms <= _LAG_MS:
            chosen, reason = units, "as the wall stamps say"
            break
    else:
        whole = [units for units in plausible if not _has_hole(times, units)]
        chosen, reason = (*whole, *plausible, _CANDIDATES[-1])[0], "for want of better evidence"
    where = f"{pointer}/{files}"
    read = dict(body)
    read[files] = [_scaled(row, {start: chosen.start, length: chosen.length}) for row in rows]
    if claimed:
        read[total] = _near(_last_ms(times, chosen), claimed) or claimed
    return read, [finding("unit_doubt", f"{where}: {chosen}, {reason}", where=where)]


def _last_ms(times: list[tuple[int, int]], units: _Units) -> int:
    return max((start * units.start + length * units.length for start, length in times), default=0)


def _near(end_ms: int, claimed: int) -> int | None:
    """Return *claimed* in ms in the unit in which it agrees with *end_ms*, or None."""
    return next((ms for ms in (claimed, claimed * 1000) if abs(ms - end_ms) <= _SLACK_MS), None)


def _wall_ms(body: dict[str, Any], names: BodyNames) -> int | None:
    start, stop = (read_whole_number(body.get(key)) for key in (names.start, names.stop))
    if start is None or stop is None or not 0 < start < stop <= MAX_STAMP:
        return None
    return (stop - start) * 1000


def _has_hole(times: list[tuple[int, int]], units: _Units) -> bool:
    spans = spans_of((a * units.start, a * units.start + b * units.length) for a, b in times)
    return len(complement(spans, Span(0, _last_ms(times, units)))) > 0


def _scaled(row: Any, units: dict[str, int]) -> Any:
    if not isinstance(row, dict):
        return row
    numbers = {key: read_whole_number(row.get(key)) for key in units}
    return row | {key: number * units[key] for key, number in numbers.items() if number is not None}
