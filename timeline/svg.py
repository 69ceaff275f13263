"""A picture of a timeline as SVG text: for notebooks, without any package.

One lane per track; a thin line where nothing plays; a dashed line at each pause. Every string of a result
is escaped. Colours of text follow the page, so dark pages work.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from timeline import kinds
from timeline.model import Pause, Timeline, Track, counted
from timeline.palette import PAUSE_COLOUR, kind_colour
from timeline.sinks import xml_text
from timeline.units import format_length, format_time, round_step_ms

MAX_LANES = 40
"""More tracks than this are counted, not drawn."""
MAX_BARS = 400
"""Where a lane has more clips than this, those that share a pixel are one bar."""

_WIDTH_PX, _LABEL_PX, _RIGHT_PX = 860, 160, 28
_LANE_PX, _TOP_PX, _AXIS_PX = 26, 26, 26
_MOST_CHARACTERS = 80  # of a name in a tooltip
_CHARACTER_PX = 7.2  # a letter or digit at this size


def timeline_html(timeline: Timeline) -> str:
    """Return *timeline* as HTML with the picture inline: what a notebook shows."""
    return f'<div style="max-width:{_WIDTH_PX}px">{timeline_svg(timeline)}</div>'


def timeline_svg(timeline: Timeline) -> str:
    """Return the picture of *timeline* as an ``<svg>`` element: the same text for the same lesson.

    It has no ids, so any number of pictures live in one page. A bar tells by a tooltip whose it is, which
    file, when and how long; who hears the page instead of seeing it is told how long each track plays.
    """
    lanes = timeline.tracks[:MAX_LANES]
    hidden = len(timeline.tracks) - len(lanes)
    bottom_px = _TOP_PX + _LANE_PX * max(1, len(lanes) + bool(hidden))
    name = xml_text(repr(timeline).strip("<>"))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {bottom_px + _AXIS_PX}" '
        f'width="100%" role="img" aria-label="{name}" font-family="system-ui, sans-serif" font-size="12" '
        f'fill="currentColor"><title>{name}</title><desc>{xml_text(_description(timeline, lanes))}</desc>',
    ]
    for row, track in enumerate(lanes):
        parts.extend(_lane(track, timeline.duration_ms, _TOP_PX + row * _LANE_PX))
    if not lanes:
        parts.append(f'<text x="{_LABEL_PX}" y="{bottom_px - 9}">no tracks</text>')
    if hidden:
        parts.append(f'<text x="{_LABEL_PX}" y="{bottom_px - 9}">… {hidden} more</text>')
    for step in tick_times_ms(timeline.duration_ms):
        x = _x(step, timeline.duration_ms)
        parts.append(
            f'<text x="{x}" y="{bottom_px + 18}" text-anchor="middle" opacity="0.75">'
            f"{format_time(step)}</text>"
        )
    parts.extend(_pauses(timeline, bottom_px))
    return "".join([*parts, "</svg>"])


def pause_label(pause: Pause) -> str:
    """Return what a picture says at a pause: its length, or a question mark where that is unknown."""
    return "pause ?" if pause.duration_ms is None else f"pause {format_length(pause.duration_ms)}"


def lane_name(track: Track, name: str) -> str:
    """Return what stands beside the lane of *track*: *name*, and the kind where a user has several."""
    return name if track.user_id is None or track.kind == kinds.CAMERA else f"{name} ({track.kind})"


def tick_times_ms(duration_ms: int, most: int = 8) -> list[int]:
    """Return round times from 0 for an axis, at most about *most* of them.

    Example:
        >>> tick_times_ms(75_000)
        [0, 10000, 20000, 30000, 40000, 50000, 60000, 70000]
    """
    return list(range(0, duration_ms + 1, round_step_ms(duration_ms, most)))


def labels_apart(middles: Sequence[float], widths: Sequence[float]) -> list[int]:
    """Return which labels of a row can be written without touching each other, from left to right.

    Args:
        middles: Where each one stands, in order.
        widths: How wide each one is, in the same unit.

    Example:
        >>> labels_apart([10, 15, 30], [8, 8, 8])
        [0, 2]
    """
    kept: list[int] = []
    reached = -math.inf
    for number, (middle, width) in enumerate(zip(middles, widths, strict=True)):
        if middle - width / 2 >= reached:
            kept.append(number)
            reached = middle + width / 2
    return kept


def _description(timeline: Timeline, lanes: tuple[Track, ...]) -> str:
    """Return in words what the picture shows."""
    told = []
    for track in lanes:
        on = format_length(sum(clip.duration_ms for clip in track.clips))
        told.append(f"{_short(track.label)} ({track.kind}): {on} in {counted(len(track.clips), 'clip')}")
    told += [f"{pause_label(pause)} at {format_time(pause.at_ms)}" for pause in timeline.pauses[:MAX_LANES]]
    return "; ".join(told)


def _pauses(timeline: Timeline, bottom_px: int) -> list[str]:
    """Return the lines of the pauses; their lengths stand above them where there is room."""
    labels = [pause_label(pause) for pause in timeline.pauses]
    lines_px = [_x(pause.at_ms, timeline.duration_ms) for pause in timeline.pauses]
    widths_px = [_CHARACTER_PX * len(label) for label in labels]
    middles_px = [
        round(min(line, _WIDTH_PX - width / 2), 2) for line, width in zip(lines_px, widths_px, strict=True)
    ]
    named = set(labels_apart(middles_px, widths_px))
    parts = []
    for number, pause in enumerate(timeline.pauses):
        label = (
            f'<text x="{middles_px[number]}" y="{_TOP_PX - 10}" text-anchor="middle" '
            f'fill="{PAUSE_COLOUR}">{labels[number]}</text>'
            if number in named
            else ""
        )
        parts.append(
            f"<g><title>{labels[number]} at {format_time(pause.at_ms)}</title>"
            f'<path d="M{lines_px[number]} {_TOP_PX - 6}V{bottom_px}" stroke="{PAUSE_COLOUR}" '
            f'stroke-width="2" stroke-dasharray="5 3"/>{label}</g>'
        )
    return parts


def _lane(track: Track, duration_ms: int, top_px: int) -> list[str]:
    middle_px = top_px + _LANE_PX // 2
    parts = [
        f'<text x="{_LABEL_PX - 8}" y="{middle_px + 4}" text-anchor="end">'
        f"<title>{xml_text(_short(track.id))}</title>{xml_text(_fitting_name(track))}</text>",
        f'<path d="M{_LABEL_PX} {middle_px}H{_WIDTH_PX - _RIGHT_PX}" stroke="currentColor" opacity="0.3"/>',
    ]
    for start_ms, end_ms, file in _bars(track, duration_ms):
        x = _x(start_ms, duration_ms)
        width = _x(end_ms, duration_ms) - x
        width = max(
            0.5, round(width - min(1, width / 4), 2)
        )  # a little air, so that clips that touch are two
        tip = (
            f"{_short(track.label)} ({track.kind}), {file}, {format_time(start_ms)} – {format_time(end_ms)}, "
            f"{format_length(end_ms - start_ms)}"
        )
        parts.append(
            f'<rect x="{x}" y="{top_px + 3}" width="{width}" height="{_LANE_PX - 6}" '
            f'rx="{min(3, width / 3):.3g}" fill="{kind_colour(track.kind)}">'
            f"<title>{xml_text(tip)}</title></rect>"
        )
    return parts


def _bars(track: Track, duration_ms: int) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and file of each bar; clips that share a pixel are one where there are very many."""
    if len(track.clips) <= MAX_BARS:
        for clip in track.clips:
            file = clip.media.video_id or f"number {clip.media.position}"
            yield clip.start_ms, clip.end_ms, f"file {_short(file)}"
        return
    starts_ms = [clip.start_ms for clip in track.clips]
    for span in track.merged(max_gap_ms=duration_ms // _WIDTH_PX):
        clips = bisect_left(starts_ms, span.end_ms) - bisect_left(starts_ms, span.start_ms)
        yield span.start_ms, span.end_ms, counted(clips, "clip")


def _fitting_name(track: Track) -> str:
    """Return the name of a lane, its end cut off where it is wider than the space beside the lane."""
    most_px: float = _LABEL_PX - 12
    name = lane_name(track, track.label)
    if _width_px(name) <= most_px:
        return name
    kind = lane_name(track, "")
    most_px -= _width_px(kind) + _width_px("…")
    ends_px = itertools.accumulate(_width_px(character) for character in track.label)
    return track.label[: sum(end <= most_px for end in ends_px)] + "…" + kind


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _width_px(text: str) -> float:
    """Return about how wide *text* is: rather too much than too little."""
    return sum(_character_px(character) for character in text)


def _character_px(character: str) -> float:
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF" or character in "MW@%":
        return 12
    return 9.5 if character.isupper() or character in "mw—…" else _CHARACTER_PX


def _x(at_ms: int, duration_ms: int) -> float:
    return round(_LABEL_PX + (_WIDTH_PX - _LABEL_PX - _RIGHT_PX) * at_ms / max(1, duration_ms), 2)
