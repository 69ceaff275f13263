"""A sync report as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from timeline.sinks import terminal_text
from timeline.units import format_length, format_time


def print_report(details: Mapping[str, Any], console: Console) -> None:
    """Print what a video shows of each clip, and what was found in it."""
    output, verified = details["output"], details["verified"]
    loudness = output["loudness_lufs"]
    parts = [
        f"{output['width']}x{output['height']} px",
        f"{output['fps']} fps",
        f"{verified['frames']} frames, evenly spaced",
        f"picture {format_time(verified['picture_ms'])}",
        f"sound {format_time(verified['sound_ms'])}",
        "silent" if loudness is None else f"{loudness} LUFS, peak {output['peak_dbfs']} dBFS",
    ]
    console.print(", ".join(parts), markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("track", "file", "declared", "really", "treatment"):
        table.add_column(column, overflow="fold")
    for clip in details["clips"]:
        declared = clip["declared"]
        values = (
            clip["track"],
            clip["file"] or "-",
            f"{format_time(declared['start_ms'])} + {format_length(declared['duration_ms'])}",
            _real(clip["real"]),
            "; ".join(map(_treatment, clip["treatments"])) or "-",
        )
        table.add_row(*(Text(terminal_text(value)) for value in values))
    console.print(table)


def _real(real: Mapping[str, Any] | None) -> str:
    if real is None:
        return "-"
    spans = [
        f"{name} {format_time(span['start_ms'])}-{format_time(span['end_ms'])}"
        for name, span in real.items()
        if span is not None
    ]
    return ", ".join(spans)


def _treatment(treatment: Mapping[str, Any]) -> str:
    span = f"{format_time(treatment['start_ms'])}-{format_time(treatment['end_ms'])}"
    reason = f" ({treatment['reason']})" if treatment["reason"] else ""
    return f"{treatment['what']} {span}{reason}"
