"""Pictures of the report: SVG that is as wide as the page, with text that keeps its size.

Places from left to right are percentages of the width, so nothing is measured and nothing runs. Curves and
bars of many parts are one path each, in a picture of their own that is stretched. Colours come from the page,
by class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timeline.report.markup import say
from timeline.sinks import xml_text
from timeline.units import format_length, format_time, round_step_ms

MOST_BARS = 400
"""Bars of a strip; where there are more, those that nearly touch are one."""
MOST_STEPS = 1500
"""Steps of a curve."""
MOST_COLUMNS = 360
"""Columns of a stack."""
_TOLD = 6
_AXIS_PX = 20
_PLOT_PX = 150


def strip(
    spans: Sequence[tuple[int, int]],
    duration_ms: int,
    style: str,
    *,
    pauses_at_ms: Sequence[int] = (),
) -> str:
    """Return bars along the lesson, in the colour of the class *style*; who hears the page is told the times.

    Example:
        >>> strip([(0, 500)], 1000, "camera").partition("aria-label=")[2][:17]
        '"0:00:00–0:00:00"'
    """
    label = ", ".join(f"{_at(start)}–{_at(end)}" for start, end in spans[:_TOLD])
    more = f", … +{len(spans) - _TOLD}" if len(spans) > _TOLD else ""
    bars = "".join(
        f"M{start} 3h{end - start}v12h{start - end}z" for start, end in _joined(spans, duration_ms)
    )
    lines = "".join(
        f'<line class="pause" x1="{_percent(at_ms, duration_ms)}" x2="{_percent(at_ms, duration_ms)}" '
        f'y1="0" y2="18"/>'
        for at_ms in pauses_at_ms
    )
    return (
        f'<svg class="strip" width="100%" height="18" role="img" '
        f'aria-label="{xml_text(label + more) or "–"}">'
        f'<rect class="rail" y="8.5" width="100%" height="1"/>'
        f"{_stretched(f'<path class={_quoted(style)} d={_quoted(bars)}/>', duration_ms, 18)}{lines}</svg>"
    )


def share(ratio: float | None, style: str) -> str:
    """Return a small bar for a share of 1."""
    if ratio is None:
        return ""
    return (
        '<svg class="share" width="64" height="8" aria-hidden="true">'
        '<rect class="track" width="64" height="8"/>'
        f'<rect class="{style}" width="{64 * min(1.0, ratio):.1f}" height="8"/></svg>'
    )


def within(part: float, whole: float, most: float) -> str:
    """Return a dark bar inside a pale one, both against *most*."""
    return (
        '<svg class="strip" width="100%" height="14" aria-hidden="true">'
        f'<rect class="mic" y="2" width="{_percent(whole, most)}" height="10"/>'
        f'<rect class="talk" y="2" width="{_percent(part, most)}" height="10"/></svg>'
    )


def time_axis(duration_ms: int, most: int = 9) -> str:
    """Return at most about *most* times below a strip; on a narrow page every other one is left out."""
    return _axis(_times(duration_ms, most))


def steps(levels: Sequence[tuple[int, int, int]], duration_ms: int, most: int, key: str) -> str:
    """Return a step curve of (start, end, height), with its area."""
    outline = "".join(f"V{most - height}H{end}" for _, end, height in _coarse(levels, duration_ms))
    area = f"M0 {most}{outline}V{most}z"
    first = levels[0][2] if levels else 0
    line = f"M0 {most - first}{outline}"
    drawn = f'<path class="area" d="{area}"/><path class="curve" d="{line}"/>'
    return _plot(_stretched(drawn, duration_ms, _PLOT_PX, most), _whole_ticks(most), duration_ms, key)


def stacks(
    columns: Sequence[tuple[int, int, Mapping[str, int]]], styles: Sequence[str], duration_ms: int, key: str
) -> str:
    """Return stacked columns of (start, length, length by class): full height is the column's length."""
    paths: dict[str, list[str]] = {style: [] for style in styles}
    for start_ms, length_ms, parts in columns:
        below = 0.0
        for style in styles:
            height = 1000 * parts.get(style, 0) / max(1, length_ms)
            if height:
                top = round(1000 - below - height)
                paths[style].append(
                    f"M{start_ms} {top}h{length_ms}v{round(1000 - below) - top}h{-length_ms}z"
                )
            below += height
    drawn = "".join(
        f'<path class="{style}" d="{"".join(parts)}"/>' for style, parts in paths.items() if parts
    )
    ticks = [(0.0, "0"), (0.5, "50%"), (1.0, "100%")]
    return _plot(_stretched(drawn, duration_ms, _PLOT_PX, 1000), ticks, duration_ms, key)


def bar(part: float, whole: float, style: str) -> str:
    """Return one bar, as long as its share of *whole*."""
    return (
        '<svg class="strip" width="100%" height="12" aria-hidden="true">'
        '<rect class="track" width="100%" height="12"/>'
        f'<rect class="{style}" width="{_percent(part, whole)}" height="12"/></svg>'
    )


def shares_below(curves: Sequence[tuple[str, Sequence[int]]], limit_ms: int, most_ms: int, key: str) -> str:
    """Return for each (class, lengths) the share of lengths that are at most so long, up to *most_ms*."""
    drawn = f'<path class="limit" d="M{limit_ms} 0V1000"/>'
    for style, lengths in curves:
        count, points = len(lengths), []
        for number, length in enumerate(sorted(lengths), 1):
            if length > most_ms:
                break
            points.append(f"H{length}V{1000 - round(1000 * number / count)}")
        drawn += f'<path class="line {style}" d="M0 1000{"".join(points)}H{most_ms}"/>'
    step_ms = round_step_ms(most_ms, 6)
    labels = "".join(
        f'<text x="{_percent(at, most_ms)}" y="14" text-anchor="{"end" if at == most_ms else "middle"}">'
        f"{at // 1000}</text>"
        for at in range(0, most_ms + 1, step_ms)
    )
    ticks = [(0.0, "0"), (0.5, "50%"), (1.0, "100%")]
    return _framed(_stretched(drawn, most_ms, _PLOT_PX, 1000), ticks, labels, key) + (
        f'<p class="axis-name">{say("wait_axis")}</p>'
    )


def _plot(drawn: str, ticks: Sequence[tuple[float, str]], duration_ms: int, key: str) -> str:
    return _framed(drawn, ticks, _times(duration_ms), key)


def _framed(drawn: str, ticks: Sequence[tuple[float, str]], below: str, key: str) -> str:
    """Return a plot with lines and labels at *ticks* (share of the height, text) and texts *below* it.

    The picture has a margin on its left by the page's style; what is left of 0 is drawn there.
    """
    lines = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{_y(share):g}" y2="{_y(share):g}"/>'
        f'<text x="-8" y="{_y(share) + 4:g}" text-anchor="end">{text}</text>'
        for share, text in ticks
    )
    return (
        f'<div class="plot"><svg width="100%" height="{_PLOT_PX}" role="img" aria-labelledby="{key}" '
        f'overflow="visible">{lines}{drawn}</svg>{_axis(below)}</div>'
    )


def _axis(texts: str) -> str:
    return f'<svg class="axis" width="100%" height="{_AXIS_PX}" aria-hidden="true">{texts}</svg>'


def _y(share: float) -> float:
    return round(_PLOT_PX * (1 - share), 1)


def _times(duration_ms: int, most: int = 9) -> str:
    step_ms = round_step_ms(duration_ms, most)
    texts = []
    for number, at_ms in enumerate(range(0, duration_ms + 1, step_ms)):
        anchor = "start" if at_ms == 0 else "end" if duration_ms - at_ms < step_ms / 3 else "middle"
        wide = ' class="wide"' if number % 2 else ""
        place = f'x="{_percent(at_ms, duration_ms)}" y="14" text-anchor="{anchor}"{wide}'
        texts.append(f"<text {place}>{format_length(at_ms)}</text>")
    return "".join(texts)


def _at(at_ms: int) -> str:
    return format_time(at_ms, milliseconds=False)


def _whole_ticks(most: int) -> list[tuple[float, str]]:
    step = next(
        step * ten for ten in (1, 10, 100, 1000, 10_000) for step in (1, 2, 5) if most <= 5 * step * ten
    )
    return [(value / max(1, most), str(value)) for value in range(0, most + 1, step)]


def _stretched(drawn: str, width: int, height_px: int, height: int | None = None) -> str:
    """Return *drawn* as a picture that fills all the width, whatever its own units are."""
    return (
        f'<svg width="100%" height="{height_px}" viewBox="0 0 {max(1, width)} {max(1, height or height_px)}" '
        f'preserveAspectRatio="none">{drawn}</svg>'
    )


def _joined(spans: Sequence[tuple[int, int]], duration_ms: int) -> list[tuple[int, int]]:
    """Return *spans*, earliest first; those less than a hair apart as one where there are very many."""
    ordered = sorted(spans)
    if len(ordered) <= MOST_BARS:
        return ordered
    hair_ms, joined = duration_ms // MOST_BARS, list[tuple[int, int]]()
    for start_ms, end_ms in ordered:
        if joined and start_ms - joined[-1][1] <= hair_ms:
            joined[-1] = (joined[-1][0], max(end_ms, joined[-1][1]))
        else:
            joined.append((start_ms, end_ms))
    return joined


def _coarse(levels: Sequence[tuple[int, int, int]], duration_ms: int) -> list[tuple[int, int, int]]:
    """Return *levels*; where there are very many, the highest in each thousandth of the lesson."""
    if len(levels) <= MOST_STEPS:
        return list(levels)
    most = [0] * 1000
    for start_ms, end_ms, height in levels:
        for part in range(start_ms * 1000 // duration_ms, -(-end_ms * 1000 // duration_ms)):
            most[part] = max(most[part], height)
    return [
        (duration_ms * part // 1000, duration_ms * (part + 1) // 1000, height)
        for part, height in enumerate(most)
    ]


def _percent(part: float, whole: float) -> str:
    return f"{round(100 * part / whole, 3) if whole else 0:g}%"


def _quoted(text: str) -> str:
    return f'"{text}"'
