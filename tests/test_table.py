"""Tables of measures in every form that is read elsewhere: what is missing stays missing."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas
import polars
import pyarrow
import pytest
from pyarrow import parquet

from timeline.analysis.schemas import SCHEMAS, schema_of
from timeline.analysis.table import REAL, TEXT, TRUTH, WHOLE, Column, Schema, Table, stacked
from timeline.errors import MissingExtraError, OutputExistsError, ParameterError

SCHEMA = Schema(
    "people",
    "one row per person",
    ("name",),
    (
        Column("name", TEXT, "", False, "who"),
        Column("nick", TEXT, "", True, "what others say"),
        Column("age_ms", WHOLE, "ms", False, "how old"),
        Column("first_ms", WHOLE, "ms", True, "when first"),
        Column("share_ratio", REAL, "ratio", True, "how much"),
        Column("is_here", TRUTH, "", False, "whether here"),
        Column("is_late", TRUTH, "", True, "whether late"),
    ),
)
LARGE = 2**53 - 1
ROWS: list[dict[str, Any]] = [
    {
        "name": "amy",
        "nick": 'A "b", c\nd',
        "age_ms": 2**60,
        "first_ms": 0,
        "share_ratio": 0.5,
        "is_here": True,
        "is_late": False,
    },
    {
        "name": "=1+1",
        "nick": None,
        "age_ms": 0,
        "first_ms": LARGE,
        "share_ratio": 0.0,
        "is_here": False,
        "is_late": True,
    },
    {
        "name": "小明",
        "nick": "",
        "age_ms": -1,
        "first_ms": None,
        "share_ratio": None,
        "is_here": True,
        "is_late": None,
    },
]
TABLE = Table(SCHEMA, ROWS)


def query(text: str, people: Table | None = None) -> list[Any]:
    """Return what DuckDB answers; it finds *people* by the name of the variable."""
    answer = duckdb.sql(text)
    assert answer is not None
    return answer.fetchall()


def test_rows_come_back_as_they_were_given() -> None:
    """Whole numbers whole, what is missing None."""
    assert list(TABLE.rows()) == ROWS
    assert [type(value) for value in next(TABLE.rows()).values()] == [str, str, int, int, float, bool, bool]


def test_what_can_be_missing_is_nan_in_memory() -> None:
    """And never 0."""
    assert np.isnan(TABLE["first_ms"]).tolist() == [False, False, True]
    assert np.isnan(TABLE["share_ratio"]).tolist() == [False, False, True]
    assert TABLE["age_ms"].dtype == np.int64


def test_json_is_what_a_reader_expects() -> None:
    """An array of objects with null."""
    assert json.loads(TABLE.to_json()) == ROWS
    assert json.loads(Table(SCHEMA).to_json()) == []


def test_csv_is_read_back() -> None:
    """By the standard library; a formula is defused, an empty text looks like a missing one."""
    lines = list(csv.reader(io.StringIO(TABLE.to_csv(), newline="")))

    assert lines[0] == [column.name for column in SCHEMA.columns]
    assert lines[1] == ["amy", 'A "b", c\nd', str(2**60), "0", "0.5", "true", "false"]
    assert lines[2] == ["'=1+1", "", "0", str(LARGE), "0.0", "false", "true"]
    assert lines[3] == ["小明", "", "-1", "", "", "true", ""]


@pytest.mark.parametrize("first", "=+-@\t\r")
def test_no_cell_of_text_is_a_formula(first: str) -> None:
    """Whatever a spreadsheet would take for one."""
    row = ROWS[0] | {"name": f"{first}cmd"}

    _, line = csv.reader(io.StringIO(Table(SCHEMA, [row]).to_csv(), newline=""))
    assert line[0] == f"'{first}cmd"


def test_pandas_has_the_values_and_its_nullable_types() -> None:
    """Int64, not float, where a whole number is missing."""
    frame = TABLE.to_pandas()

    assert frame["first_ms"].dtype == "Int64"
    assert frame["first_ms"].tolist()[:2] == [0, LARGE]
    assert frame["first_ms"].isna().tolist() == [False, False, True]
    assert frame["is_late"].isna().tolist() == [False, False, True]
    assert frame["name"].tolist() == ["amy", "=1+1", "小明"]


def test_polars_has_the_values() -> None:
    """With null."""
    assert TABLE.to_polars().to_dicts() == ROWS


def test_arrow_has_the_values_and_says_what_they_are() -> None:
    """Units and texts are metadata of the fields."""
    table = TABLE.to_arrow()

    assert table.to_pylist() == ROWS
    assert table.schema.field("first_ms").metadata == {b"unit": b"ms", b"description": b"when first"}
    assert not table.schema.field("name").nullable


def test_parquet_is_read_by_duckdb_and_arrow(tmp_path: Path) -> None:
    """The file that `write_parquet` makes."""
    path = tmp_path / "people.parquet"
    TABLE.write_parquet(path)

    assert parquet.read_table(path).to_pylist() == ROWS
    asked = f"select count(*), count(first_ms), sum(share_ratio) from '{path}'"
    assert query(asked) == [(3, 2, 0.5)]
    with pytest.raises(OutputExistsError):
        TABLE.write_parquet(path, overwrite=False)


def test_the_dict_itself_is_taken_everywhere() -> None:
    """Without any of the methods."""
    people = TABLE

    assert pandas.DataFrame(people).shape == polars.DataFrame(people).shape == (3, 7)
    assert pyarrow.table(people).num_rows == 3
    assert query("select name from people where is_here", people) == [("amy",), ("小明",)]
    assert len(people) == 7


def test_an_empty_table_has_all_columns_and_types(tmp_path: Path) -> None:
    """Of every table there is."""
    for schema in SCHEMAS.values():
        table = Table(schema)
        table.write_parquet(tmp_path / schema.name)

        assert table.row_count == 0
        assert table.to_csv().count("\n") == 1
        assert parquet.read_schema(tmp_path / schema.name).names == list(table)
        assert table.to_polars().shape == table.to_pandas().shape == (0, len(table))


def test_tables_are_put_behind_each_other() -> None:
    """In order; none is a table as well."""
    assert list(stacked(SCHEMA, [TABLE, Table(SCHEMA), TABLE]).rows()) == ROWS * 2
    assert stacked(SCHEMA, []).row_count == 0


def test_what_cannot_be_missing_is_refused_where_it_is() -> None:
    """By name."""
    with pytest.raises(ParameterError, match="has no name"):
        Table(SCHEMA, [{"nick": "x"}])


@pytest.mark.parametrize(
    ("package", "method"), [("pandas", "to_pandas"), ("polars", "to_polars"), ("pyarrow", "to_arrow")]
)
def test_a_package_that_is_not_there_is_named(
    package: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError, match="pip install 'class-timeline"):
        getattr(TABLE, method)()


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=list(SCHEMAS))
class TestSchemas:
    """What is promised of every column."""

    def test_names_carry_their_units(self, schema: Schema) -> None:
        """A time ends with _ms, a share has ratio in it or a name of its own."""
        for column in schema.columns:
            assert (column.unit in ("ms", "Unix ms")) == column.name.endswith("_ms"), column.name
            assert (column.unit == "Unix ms") == column.name.endswith("_wall_ms"), column.name
            is_share = "ratio" in column.name.split("_") or column.name in RATIOS
            assert (column.unit == "ratio") == is_share, column.name

    def test_every_column_says_what_it_is(self, schema: Schema) -> None:
        """In words, and a nullable one of a number has a unit."""
        for column in schema.columns:
            assert column.text
            assert column.kind in (WHOLE, REAL, TRUTH, TEXT)
            assert column.kind != TRUTH or column.unit == ""

    def test_no_column_leans_on_its_neighbour(self, schema: Schema) -> None:
        """Each is read alone: in the report, and by whoever searches."""
        leaning = re.compile(
            r"\b(these|likewise|that over|the same users|the longest one|share (in which|with))\b"
            r"|^(their|median length$)"
        )

        assert [column.name for column in schema.columns if leaning.search(column.text)] == []

    def test_no_two_columns_have_one_name_and_keys_are_columns(self, schema: Schema) -> None:
        """As a database wants it."""
        names = [column.name for column in schema.columns]

        assert len(set(names)) == len(names)
        assert set(schema.key) <= set(names)


RATIOS = {
    *("fragmentation", "camera_on_gini", "presence_turnover"),
    *("turn_taking_index", "talk_share", "talk_gini", "talk_unevenness", "talk_imbalance"),
}


def test_a_table_that_is_not_there_is_refused() -> None:
    """With those that are."""
    with pytest.raises(ParameterError, match="there are: lessons, users"):
        schema_of("people")
