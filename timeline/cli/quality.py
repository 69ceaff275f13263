"""The commands of analysis: metrics."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated

import typer

from timeline.analysis.many import measure_results
from timeline.analysis.measure import Measures
from timeline.analysis.schemas import SCHEMAS, schema_of
from timeline.analysis.table import Table
from timeline.cli.console import output, print_json_text, print_utf8, talk
from timeline.cli.everyday import Force
from timeline.cli.lesson import keep_inputs, named_source
from timeline.cli.measuring import Measuring, takes_measuring
from timeline.cli.quality_text import print_measures, print_rows
from timeline.errors import ParameterError, TimelineError
from timeline.publish import check_output, write_text
from timeline.sources import Source

UNUSABLE = 2
_MANY = 100
FORMATS = ("table", "json", "csv", "parquet")


@takes_measuring
def metrics(
    measuring: Measuring,
    results: Annotated[
        list[str],
        typer.Argument(metavar="RESULT...", help="Result files, folders with result.json, or - for stdin."),
    ],
    table_name: Annotated[
        str | None,
        typer.Option("--table", help=f"One of: {', '.join(SCHEMAS)}. By default all, or what is readable."),
    ] = None,
    format_name: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    output_path: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write: a file with --table, else a folder of tables."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As --format json.")] = False,
    force: Force = False,
) -> None:
    """Measure lessons: who was on camera when, and from media who spoke when (docs/quality.md).

    Missing is never zero: what was not measured is empty, null, or "-". A result that cannot be read is a row
    with its error; the status is 2 only when none can be read.

    Example: timeline metrics sample_results/lesson --roster sample_results/lesson/roster.csv
    """
    format_name = "json" if as_json else format_name
    _check(format_name, table_name, output_path)
    if len(results) > 1 and measuring.is_of_one_lesson:
        raise ParameterError("--task, --journal and --wall-origin are of one lesson; give one RESULT")
    if len(results) > 1 and "-" in results:
        raise ParameterError("- is standard input, which holds one RESULT; give it alone")
    for result in results:
        keep_inputs({"output_path": output_path, "result": result})
    if output_path is not None and (table_name or format_name == "json"):
        check_output(output_path, overwrite=force)
    with contextlib.ExitStack() as stack:
        sources: list[Source] = list(results)
        if results == ["-"]:
            sources = [stack.enter_context(named_source("-"))]
        measures = measure_results(
            sources, media=measuring.media, on_lesson=_Teller(len(results)), **measuring.settings
        )
    if output_path is None:
        _print(measures, format_name, table_name)
    else:
        _write(measures, format_name, table_name, output_path, force)
    errors = measures.tables["lessons"]["error"]
    if all(error is not None for error in errors):
        raise typer.Exit(UNUSABLE)


def _check(format_name: str, table_name: str | None, output_path: Path | None) -> None:
    if format_name not in FORMATS:
        raise ParameterError(f"no format {format_name!r}; there are: {', '.join(FORMATS)}")
    if table_name is not None:
        schema_of(table_name)
    if format_name == "parquet" and output_path is None:
        raise ParameterError("parquet is no text; name a file or a folder with -o")
    if format_name == "table" and output_path is not None:
        raise ParameterError("a table for people goes to the terminal; add --format csv, json or parquet")


class _Teller:
    """Says on stderr what could not be read, and of many lessons how far the work is."""

    def __init__(self, lessons: int) -> None:
        self._lessons, self._read = lessons, 0

    def __call__(self, name: str, failure: TimelineError | None) -> None:
        self._read += 1
        if failure is not None:
            talk(f"{name}: {failure}")
        elif self._lessons >= _MANY and self._read % (self._lessons // 10) == 0:
            talk(f"{self._read} of {self._lessons} lessons")


def _print(measures: Measures, format_name: str, table_name: str | None) -> None:
    tables = measures.tables
    if format_name == "table":
        if table_name is None:
            print_measures(measures, output())
        else:
            print_rows(tables[table_name], output())
    elif format_name == "json":
        print_json_text(tables[table_name].to_json() if table_name else _all_json(measures))
    else:
        print_utf8(tables[table_name or "users"].to_csv())


def _write(
    measures: Measures, format_name: str, table_name: str | None, output_path: Path, force: bool
) -> None:
    if table_name is not None:
        _write_table(measures.tables[table_name], format_name, output_path, force)
    elif format_name == "json":
        write_text(output_path, _all_json(measures), overwrite=force)
    else:
        paths = [output_path / f"{name}.{format_name}" for name in measures.tables]
        output_path.mkdir(parents=True, exist_ok=True)
        for path in paths:
            check_output(path, overwrite=force)
        for path, table in zip(paths, measures.tables.values(), strict=True):
            _write_table(table, format_name, path, force)
    talk(f"wrote {output_path}")


def _write_table(table: Table, format_name: str, path: Path, force: bool) -> None:
    if format_name == "parquet":
        table.write_parquet(path, overwrite=force)
    else:
        write_text(path, table.to_csv() if format_name == "csv" else table.to_json(), overwrite=force)


def _all_json(measures: Measures) -> str:
    tables = (f"{json.dumps(name)}: {table.to_json().rstrip()}" for name, table in measures.tables.items())
    return "{\n" + ",\n".join(tables) + "\n}\n"
