"""Numbers of the page: each is a value of a table, says which one, and is listed at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from timeline.analysis.table import Column, Table, Value
from timeline.report.markup import DASH
from timeline.sinks import xml_text
from timeline.units import format_length, format_wall_time

Form = Callable[[float], str]
NO_BREAK = "\u00a0"
"""A blank at which no line ends: before a unit."""


class Figures:
    """The tables of one lesson, and which of their columns were shown.

    Args:
        tables: By name.
    """

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._rows = {name: list(table.rows()) for name, table in tables.items()}
        self._shown: dict[str, Column] = {}
        self._taken = 0
        self._last: list[str] = []

    def rows(self, table: str) -> list[dict[str, Value]]:
        """Return the rows of a table; none where there is no such table."""
        return self._rows.get(table, [])

    def value(self, column: str, row: int = 0) -> Value:
        """Return a value of ``table.column``; None where it is missing, or there is no such row or column."""
        table, _, name = column.partition(".")
        rows = self.rows(table)
        return rows[row].get(name) if row < len(rows) else None

    def number(self, column: str, row: int = 0) -> float | None:
        """Return a value that is a number."""
        value = self.value(column, row)
        return None if value is None or isinstance(value, str) else float(value)

    def has(self, column: str) -> bool:
        """Return whether any row has a value of ``table.column``."""
        table, _, name = column.partition(".")
        return any(row.get(name) is not None for row in self.rows(table))

    def show(self, column: str, form: Form, row: int = 0) -> str:
        """Return a number as HTML that says where it is from, or a dash where it is missing."""
        self.draw(column)
        number, value = self.number(column, row), self.value(column, row)
        if number is None:
            return DASH
        return self._data(column, row, value if isinstance(value, bool) else number, form(number))

    def show_text(self, column: str, row: int = 0) -> str:
        """Return a text that the program itself has written, or a dash."""
        self.draw(column)
        value = self.value(column, row)
        return DASH if value is None else self._data(column, row, value, str(value))

    def draw(self, *columns: str) -> None:
        """Remember that *columns* are shown, as numbers or as a picture."""
        for column in columns:
            table, _, name = column.partition(".")
            if column not in self._last:
                self._last.append(column)
            if column not in self._shown and table in self._tables:
                self._shown[column] = self._tables[table].schema.column(name)

    def take(self) -> list[str]:
        """Return the columns that were shown since this was called last."""
        last, self._last = self._last, []
        return last

    @property
    def shown(self) -> Mapping[str, Column]:
        """All columns that were shown, in the order of the tables."""
        places = (
            f"{name}.{column.name}" for name, table in self._tables.items() for column in table.schema.columns
        )
        return {place: self._shown[place] for place in places if place in self._shown}

    @staticmethod
    def _data(column: str, row: int, value: Value, text: str) -> str:
        exact = (
            str(value).lower()
            if isinstance(value, bool)
            else f"{value:.17g}"
            if isinstance(value, float)
            else str(value)
        )
        return (
            f'<data value="{xml_text(exact)}" data-column="{column}" data-row="{row}">{xml_text(text)}</data>'
        )


def length(value_ms: float) -> str:
    """Return a length as people say it."""
    return format_length(round(value_ms))


def moment(value_ms: float) -> str:
    """Return a playback time, as the axes have it."""
    return format_length(round(value_ms))


def wall(value_ms: float) -> str:
    """Return a wall time."""
    return format_wall_time(round(value_ms)).replace(".000", "")


def seconds(value_ms: float) -> str:
    r"""Return a short length.

    Example:
        >>> seconds(1840.0)
        '1.8\xa0s'
    """
    return f"{value_ms / 1000:.1f}{NO_BREAK}s"


def limit(value_ms: float) -> str:
    r"""Return a threshold.

    Example:
        >>> limit(3000), limit(500)
        ('3\xa0s', '0.5\xa0s')
    """
    return f"{value_ms / 1000:g}{NO_BREAK}s"


def percent(ratio: float) -> str:
    """Return a share; what is not nothing and not all is never said to be.

    Example:
        >>> [percent(ratio) for ratio in (0.0, 0.001, 0.5625, 0.999, 1.0)]
        ['0%', '<1%', '56%', '>99%', '100%']
    """
    if 0 < ratio < 0.01:
        return "<1%"
    if 0.99 < ratio < 1:
        return ">99%"
    return f"{100 * ratio:.0f}%"


def count(value: float) -> str:
    """Return a whole number."""
    return f"{value:.0f}"


def decimal(value: float) -> str:
    """Return a number with one digit behind the point."""
    return f"{value:.1f}"
