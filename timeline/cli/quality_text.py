"""Measures as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich import table as rich_table
from rich.console import Console, JustifyMethod
from rich.text import Text

from timeline.analysis.measure import Measures
from timeline.analysis.table import Table, Value
from timeline.sinks import terminal_text
from timeline.units import format_time

_LESSON_LINES = (
    ("length", ("duration_ms",)),
    ("pauses", ("pauses", "paused_ms")),
    ("users", ("users", "camera_users")),
    ("on camera at once", ("peak_concurrency", "mean_concurrency")),
    ("anybody on camera", ("coverage_camera_ratio",)),
    ("screen, whiteboard", ("screen_ratio", "whiteboard_ratio")),
    ("nothing recorded", ("uncovered_ms",)),
    ("heard", ("heard_ms", "speech_ms", "silence_ratio")),
    ("talk", ("teacher_talk_ratio", "student_talk_ratio", "overlap_ratio")),
    ("turns", ("turns", "wait_time_1_median_ms", "wait_time_2_median_ms")),
    ("files", ("files", "files_lost")),
    ("doubts", ("finding_warnings", "finding_errors")),
)
_ANY_WIDTH, _SHORT_MS = 100_000, 10_000
_USER_COLUMNS = {
    "label": "user",
    "role": "role",
    "camera_on_ms": "camera on",
    "camera_on_ratio_lesson": "of lesson",
    "first_on_ms": "first on",
    "last_on_ms": "last on",
    "dropouts": "dropouts",
    "absences": "absences",
    "screen_share_ms": "screen",
    "talk_ms": "talk",
    "talk_ratio_mic_on": "of mic on",
}
_LESSON_COLUMNS = {
    "lesson_id": "lesson",
    "duration_ms": "length",
    "paused_ms": "paused",
    "users": "users",
    "peak_concurrency": "at once",
    "mean_camera_on_ratio": "camera on",
    "coverage_content_ratio": "content",
    "finding_warnings": "doubts",
    "error": "error",
}


def print_measures(measures: Measures, console: Console) -> None:
    """Print one lesson with its users, or many lessons as rows."""
    lessons = measures.tables["lessons"]
    if lessons.row_count == 1:
        _print_lesson(next(lessons.rows()), console)
        if measures.tables["users"].row_count:
            console.print()
            _print_columns(measures.tables["users"], console, _USER_COLUMNS)
        return
    _print_columns(lessons, console, _LESSON_COLUMNS)


def print_rows(table: Table, console: Console) -> None:
    """Print all of a table, as wide as it is."""
    printed = _printed(table, dict(zip(table, table, strict=True)))
    console.width = _ANY_WIDTH
    console.width = console.measure(printed).maximum
    console.print(printed, soft_wrap=True)


def _print_columns(table: Table, console: Console, headings: Mapping[str, str]) -> None:
    """Print these columns under these headings; those of talk only where somebody was heard."""
    is_heard = any(row.get("talk_ms") is not None for row in table.rows())
    shown = {name: text for name, text in headings.items() if is_heard or not name.startswith("talk_")}
    console.print(_printed(table, shown))


def _printed(table: Table, headings: Mapping[str, str]) -> rich_table.Table:
    printed = rich_table.Table(box=None, pad_edge=False, header_style="bold")
    for name, heading in headings.items():
        is_number = table.schema.column(name).unit != ""
        justify: JustifyMethod = "right" if is_number else "left"
        printed.add_column(heading, justify=justify, overflow="fold", no_wrap=is_number)
    for row in table.rows():
        printed.add_row(*(Text(terminal_text(_shown(table, name, row[name]))) for name in headings))
    return printed


def _print_lesson(row: Mapping[str, Value], console: Console) -> None:
    console.print(terminal_text(str(row["lesson_id"])), markup=False, style="bold")
    if row["error"]:
        console.print(terminal_text(str(row["error"])), markup=False)
        return
    for name, columns in _LESSON_LINES:
        if all(row[column] is None for column in columns):
            continue
        console.print(f"{name:20}{', '.join(_told(columns, row))}", markup=False)


def _told(columns: Iterable[str], row: Mapping[str, Value]) -> Iterator[str]:
    for name in columns:
        words = name.removesuffix("_ms").removesuffix("_ratio").replace("_", " ")
        yield f"{words} {_value(name, row[name])}"


def _shown(table: Table, name: str, value: Value) -> str:
    return _value(name, value) if table.schema.column(name).unit in ("ms", "ratio") else _plain(value)


def _value(name: str, value: Value) -> str:
    if value is None:
        return "-"
    if name.endswith("_ms"):
        length_ms = float(value)
        if 0 < length_ms < _SHORT_MS:
            return f"{length_ms / 1000:.2f} s"
        return format_time(round(length_ms), milliseconds=False)
    if "ratio" in name:
        return f"{100 * float(value):.0f} %"
    return _plain(value)


def _plain(value: Value) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
