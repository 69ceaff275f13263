"""A picture of a timeline as SVG text: for notebooks, without any package.

One lane per track; a thin line where nothing plays; a dashed line at each pause. Every string of a result
is escaped. Colours of text follow the page, so dark pages work.
"""

from __future__ import annotations

from timeline import kinds
from timeline.interval import merge, spans_of
from timeline.model import Pause, Timeline, Track
from timeline.palette import PAUSE_COLOUR, kind_colour
from timeline.sinks import xml_text
from timeline.units import format_length, format_time

MAX_LANES = 40
"""More tracks than this are counted, not drawn."""
MAX_BARS = 400
"""Where a lane has more clips than this, those that share a pixel are one bar."""

_WIDTH_PX, _LABEL_PX, _RIGHT_PX = 860, 150, 20
_LANE_PX, _TOP_PX, _AXIS_PX = 26, 26, 26
_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def timeline_html(timeline: Timeline) -> str:
    """Return *timeline* as HTML with the picture inline: what a notebook shows."""
    return f'<div style="max-width:{_WIDTH_PX}px">{timeline_svg(timeline)}</div>'


def timeline_svg(timeline: Timeline) -> str:
    """Return the picture of *timeline* as an ``<svg>`` element."""
    lanes = timeline.tracks[:MAX_LANES]
    hidden = len(timeline.tracks) - len(lanes)
    bottom_px = _TOP_PX + _LANE_PX * (len(lanes) + bool(hidden))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {bottom_px + _AXIS_PX}" '
        'width="100%" role="img" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">',
        f"<title>{xml_text(repr(timeline).strip('<>'))}</title>",
    ]
    for row, track in enumerate(lanes):
        parts.extend(_lane(track, timeline.duration_ms, _TOP_PX + row * _LANE_PX))
    if hidden:
        parts.append(f'<text x="{_LABEL_PX}" y="{bottom_px - 9}">… {hidden} more</text>')
    for step in tick_times_ms(timeline.duration_ms):
        x = _x(step, timeline.duration_ms)
        parts.append(
            f'<text x="{x}" y="{bottom_px + 18}" text-anchor="middle" opacity="0.75">'
            f"{format_time(step)}</text>"
        )
    for pause in timeline.pauses:
        x = _x(pause.at_ms, timeline.duration_ms)
        parts.append(
            f"<g><title>{pause_label(pause)} at {format_time(pause.at_ms)}</title>"
            f'<path d="M{x} {_TOP_PX - 6}V{bottom_px}" stroke="{PAUSE_COLOUR}" stroke-width="2" '
            f'stroke-dasharray="5 3"/><text x="{x}" y="{_TOP_PX - 10}" text-anchor="middle" '
            f'fill="{PAUSE_COLOUR}">{pause_label(pause)}</text></g>'
        )
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
    step_s = next((s for s in _TICK_STEPS_S if duration_ms <= s * 1000 * most), _TICK_STEPS_S[-1])
    return list(range(0, duration_ms + 1, step_s * 1000))


def _lane(track: Track, duration_ms: int, top_px: int) -> list[str]:
    middle_px = top_px + _LANE_PX // 2
    name = lane_name(track, track.label if len(track.label) <= 20 else track.label[:19] + "…")
    parts = [
        f'<text x="{_LABEL_PX - 8}" y="{middle_px + 4}" text-anchor="end">'
        f"<title>{xml_text(track.id)}</title>{xml_text(name)}</text>",
        f'<path d="M{_LABEL_PX} {middle_px}H{_WIDTH_PX - _RIGHT_PX}" stroke="currentColor" opacity="0.3"/>',
    ]
    bars = spans_of((clip.start_ms, clip.end_ms) for clip in track.clips)
    if len(bars) > MAX_BARS:
        bars = merge(bars, gap_ms=duration_ms // _WIDTH_PX)
    for start_ms, end_ms in bars.tolist():
        x = _x(start_ms, duration_ms)
        width = max(1.0, round(_x(end_ms, duration_ms) - x - 1, 2))
        tip = f"{track.label} ({track.kind}) {format_time(start_ms)} – {format_time(end_ms)}"
        parts.append(
            f'<rect x="{x}" y="{top_px + 3}" width="{width}" height="{_LANE_PX - 6}" rx="3" '
            f'fill="{kind_colour(track.kind)}"><title>{xml_text(tip)}</title></rect>'
        )
    return parts


def _x(at_ms: int, duration_ms: int) -> float:
    return round(_LABEL_PX + (_WIDTH_PX - _LABEL_PX - _RIGHT_PX) * at_ms / max(1, duration_ms), 2)
