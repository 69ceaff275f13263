"""Tables of measures: named columns as numpy arrays, with what each of them means.

A table is a ``dict`` of columns, so whatever takes one takes a table: ``pd.DataFrame(table)``,
``pl.DataFrame(table)``, ``pa.table(table)``, and DuckDB by the name of the variable.

Missing is never zero: a number that may be missing is float64 with NaN, whole numbers among them too (exact
up to 2**53); a text or a truth that may be missing is None. `Table.rows` and all forms that are written give
None and whole numbers again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.publish import disk_errors, published
from timeline.sinks import csv_cell

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Value = str | int | float | bool | None
Row = Mapping[str, Value]

WHOLE, REAL, TRUTH, TEXT = "int64", "float64", "bool", "str"


class Column(NamedTuple):
    """What a column holds.

    Attributes:
        name: With its unit, where it has one.
        kind: ``int64``, ``float64``, ``bool`` or ``str``.
        unit: ``ms``, ``ratio`` (0 to 1), ``count``, ``LUFS`` and so on; empty for names and truths.
        is_nullable: Whether it can be missing.
        text: What it is, and when it is missing.
    """

    name: str
    kind: str
    unit: str
    is_nullable: bool
    text: str


class Schema(NamedTuple):
    """What a table holds: its name, what a row is, which columns name a row, and all columns."""

    name: str
    text: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return the column of this name.

        Raises:
            ParameterError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ParameterError(f"the table {self.name} has no column {name!r}")


class Table(dict[str, NDArray[Any]]):
    """Columns of equal length, in the order of their schema.

    Attributes:
        schema: What they mean.
    """

    def __init__(self, schema: Schema, rows: Iterable[Row] = ()) -> None:
        """Make a table of *rows*; what a row does not name is missing.

        Raises:
            ParameterError: A row lacks what cannot be missing.
        """
        self.schema = schema
        given = list(rows)
        super().__init__({column.name: _array(column, given) for column in schema.columns})

    def __repr__(self) -> str:
        return f"<Table {self.schema.name}, {self.row_count} rows, {len(self)} columns>"

    @property
    def row_count(self) -> int:
        """How many rows there are; ``len()`` of a table is that of its columns."""
        return len(next(iter(self.values()), ()))

    def rows(self) -> Iterator[dict[str, Value]]:
        """Yield each row with plain values; what is missing is None."""
        columns = [_plain(self.schema.column(name), array) for name, array in self.items()]
        for values in zip(*columns, strict=True):
            yield dict(zip(self, values, strict=True))

    def to_json(self) -> str:
        """Return a JSON array of rows, one per line; what is missing is null."""
        lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in self.rows())
        return "[\n" + ",\n".join(lines) + "\n]\n" if self.row_count else "[]\n"

    def to_csv(self) -> str:
        """Return CSV (RFC 4180 with plain line ends); what is missing is an empty cell.

        A text that a spreadsheet would take for a formula has ``'`` before it: user ids are a stranger's.
        """
        lines = [self, *(row.values() for row in self.rows())]
        return "".join(",".join(csv_cell(value) for value in line) + "\n" for line in lines)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a pandas DataFrame; columns that can be missing have its nullable types.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        with needs_extra("pandas"):
            import pandas
        nullable = {WHOLE: "Int64", REAL: "Float64", TRUTH: "boolean", TEXT: "string"}
        return pandas.DataFrame(
            {
                column.name: pandas.array(values, dtype=nullable[column.kind])
                if column.is_nullable
                else self[column.name]
                for column, values in self._plain_columns()
            }
        )

    def to_polars(self) -> polars.DataFrame:
        """Return a polars DataFrame.

        Raises:
            MissingExtraError: polars is not installed.
        """
        with needs_extra("polars"):
            import polars
        types = {WHOLE: polars.Int64, REAL: polars.Float64, TRUTH: polars.Boolean, TEXT: polars.String}
        return polars.DataFrame(
            [
                polars.Series(column.name, values, dtype=types[column.kind])
                for column, values in self._plain_columns()
            ]
        )

    def to_arrow(self) -> pyarrow.Table:
        """Return an Arrow table, with the unit and the text of each column as its metadata.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        with needs_extra("parquet"):
            import pyarrow
        types = {
            WHOLE: pyarrow.int64(),
            REAL: pyarrow.float64(),
            TRUTH: pyarrow.bool_(),
            TEXT: pyarrow.string(),
        }
        fields, arrays = [], []
        for column, values in self._plain_columns():
            about = {"unit": column.unit, "description": column.text}
            fields.append(pyarrow.field(column.name, types[column.kind], column.is_nullable, about))
            arrays.append(pyarrow.array(values, types[column.kind]))
        return pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields))

    def write_parquet(self, path: Path, *, overwrite: bool = True) -> None:
        """Write a Parquet file, whole or not at all.

        Raises:
            MissingExtraError: pyarrow is not installed.
            OutputExistsError: *path* is there and *overwrite* is False.
            DiskError: It cannot be written.
        """
        with needs_extra("parquet"):
            from pyarrow import parquet
        table = self.to_arrow()
        with published(path, overwrite=overwrite) as part, disk_errors(path):
            parquet.write_table(table, part, compression="zstd", row_group_size=100_000)

    def _plain_columns(self) -> Iterator[tuple[Column, list[Any]]]:
        for column in self.schema.columns:
            yield column, _plain(column, self[column.name])


def stacked(schema: Schema, tables: Sequence[Table]) -> Table:
    """Return one table of the rows of all *tables*, which have this schema."""
    whole = Table(schema)
    if tables:
        for name in whole:
            whole[name] = np.concatenate([table[name] for table in tables])
    return whole


def _array(column: Column, rows: Sequence[Row]) -> NDArray[Any]:
    values = [row.get(column.name) for row in rows]
    if not column.is_nullable and any(value is None for value in values):
        raise ParameterError(f"a row has no {column.name}, which cannot be missing")
    if column.kind == TEXT or (column.kind == TRUTH and column.is_nullable):
        texts = np.empty(len(values), dtype=object)
        texts[:] = values
        return texts
    if column.kind == TRUTH:
        return np.array(values, dtype=np.bool_)
    if column.kind == WHOLE and not column.is_nullable:
        return np.array(values, dtype=np.int64)
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _plain(column: Column, array: NDArray[Any]) -> list[Any]:
    """Return a column as Python values; NaN is None, and whole numbers are whole."""
    values: list[Any] = array.tolist()
    if array.dtype.kind != "f":
        return values
    if column.kind == WHOLE:
        return [None if math.isnan(value) else int(value) for value in values]
    return [None if math.isnan(value) else value for value in values]
