"""A timeline as people read it in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from timeline.cli.console import print_findings
from timeline.model import Gap, Pause, Timeline, Track, counted
from timeline.sinks import terminal_text
from timeline.units import format_length, format_time, format_wall_time

_LANE_CELLS, _LEAST_CELLS = 40, 10
_OTHER_COLUMNS = 26  # what files, on and the space between columns take
_MOST_TRACKS, _MOST_PAUSES, _MOST_GAPS = 200, 20, 4


def print_timeline(lesson: Timeline, console: Console) -> None:
    """Print tracks with their gaps, pauses, sections and findings."""
    room = f"room {lesson.room_id}, " if lesson.room_id else ""
    console.print(
        terminal_text(f"{room}{format_time(lesson.duration_ms)}, {counted(len(lesson.tracks), 'track')}"),
        markup=False,
    )
    if lesson.wall is not None:
        console.print(_wall_clock(lesson), markup=False)
    named = any(_name(track) for track in lesson.tracks)
    headings = ("track", "name", "lane", "files", "on") if named else ("track", "lane", "files", "on")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in ("lane", "files", "on"))
    texts = max((len(track.id) + len(_name(track)) for track in lesson.tracks), default=0)
    cells = max(_LEAST_CELLS, min(_LANE_CELLS, console.width - texts - _OTHER_COLUMNS))
    for track in lesson.tracks[:_MOST_TRACKS]:
        on_ms = sum(clip.duration_ms for clip in track.clips)
        files = str(len({clip.media.position for clip in track.clips}))
        name = [_name(track)] if named else []
        values = (track.id, *name, _lane(track, cells), files, format_time(on_ms))
        table.add_row(*(Text(terminal_text(value)) for value in values))
    console.print(table)
    _more(console, len(lesson.tracks) - _MOST_TRACKS, "tracks")
    for track in lesson.tracks[:_MOST_TRACKS]:
        if gaps := track.gaps():
            console.print(terminal_text(f"gaps of {track.id}: {_gaps(gaps)}"), markup=False)
    for pause in lesson.pauses[:_MOST_PAUSES]:
        console.print(f"pause at {format_time(pause.at_ms)}: {_length(pause)} ({pause.source})", markup=False)
    _more(console, len(lesson.pauses) - _MOST_PAUSES, "pauses")
    if len(sections := lesson.sections()) > 1:
        for section in sections[: _MOST_PAUSES + 1]:
            console.print(
                f"{section.title}: {format_time(section.start_ms)} – {format_time(section.end_ms)}",
                markup=False,
            )
        _more(console, len(sections) - _MOST_PAUSES - 1, "sections")
    if lesson.findings:
        console.print()
        print_findings(lesson.findings, console)


def _more(console: Console, number: int, what: str) -> None:
    if number > 0:
        console.print(f"… {number} more {what}; --json prints all", markup=False)


def _wall_clock(lesson: Timeline) -> str:
    low_ms, high_ms = lesson.wall_range_ms(0) or (0, 0)
    exact = f"within {format_length(high_ms - low_ms)}" if high_ms > low_ms else "exactly"
    return f"playback begins at {format_wall_time(low_ms)}, {exact}"


def _name(track: Track) -> str:
    label = track.label if track.label not in (track.user_id, track.kind) else ""
    return f"{label} ({track.role})" if track.role else label


def _lane(track: Track, cells: int) -> str:
    middles = ((2 * cell + 1) * track.duration_ms // (2 * cells) for cell in range(cells))
    return "".join("█" if track.at(at_ms) else "·" for at_ms in middles)


def _gaps(gaps: tuple[Gap, ...]) -> str:
    texts = [f"{gap.kind} {format_time(gap.start_ms)}–{format_time(gap.end_ms)}" for gap in gaps[:_MOST_GAPS]]
    if len(gaps) > _MOST_GAPS:
        texts.append(f"… {len(gaps) - _MOST_GAPS} more")
    return ", ".join(texts)


def _length(pause: Pause) -> str:
    low, high = (format_length(ms) for ms in pause.duration_range_ms)
    if pause.duration_ms is None:
        return f"length unknown, {low} to {high} of wall time"
    return f"{format_length(pause.duration_ms)} of wall time, between {low} and {high}"
