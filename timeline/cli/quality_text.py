"""Measures as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich import table as rich_table
from rich.console import Console
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
    ("doubts", ("finding_warnings", "finding_errors")),
)
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
            print_rows(measures.tables["users"], console, _USER_COLUMNS)
        return
    print_rows(lessons, console, _LESSON_COLUMNS)


def print_rows(table: Table, console: Console, headings: Mapping[str, str] | None = None) -> None:
    """Print the rows of a table with these columns under these headings; all of them by default."""
    printed = rich_table.Table(box=None, pad_edge=False, header_style="bold")
    headings = headings or dict(zip(table, table, strict=True))
    for name, heading in headings.items():
        is_number = table.schema.column(name).unit != ""
        printed.add_column(
            heading, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number
        )
    for row in table.rows():
        printed.add_row(*(Text(terminal_text(_shown(table, name, row[name]))) for name in headings))
    console.print(printed)


def _print_lesson(row: Mapping[str, Value], console: Console) -> None:
    console.print(terminal_text(str(row["lesson_id"])), markup=False, style="bold")
    if row["error"]:
        console.print(terminal_text(str(row["error"])), markup=False)
        return
    for name, columns in _LESSON_LINES:
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
    if name.endswith("_ms") and isinstance(value, int):
        return format_time(value, milliseconds=False)
    if "ratio" in name:
        return f"{100 * float(value):.0f} %"
    return _plain(value)


def _plain(value: Value) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
