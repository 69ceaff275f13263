"""The command report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from timeline.analysis.many import measure_result
from timeline.cli.console import talk
from timeline.cli.everyday import Force
from timeline.cli.lesson import named_source
from timeline.cli.measuring import Measuring, takes_measuring
from timeline.publish import check_output


@takes_measuring
def report(
    measuring: Measuring,
    result: Annotated[
        str,
        typer.Argument(metavar="RESULT", help="A result file, a folder with result.json, or - for stdin."),
    ],
    output_path: Annotated[
        Path, typer.Option("--output", "-o", help="The page to write.", metavar="FILE.html")
    ],
    language: Annotated[
        str, typer.Option("--language", help="en or zh: what is shown first; both are in the page.")
    ] = "en",
    force: Force = False,
) -> None:
    """Write a page about one lesson for people: who was on camera, who spoke, how far that can be trusted.

    One HTML file in English and Chinese that loads nothing and runs nothing. Signals, not judgements
    (docs/quality.md).

    Example: timeline report sample_results/lesson -o report.html --roster sample_results/lesson/roster.csv
    """
    from timeline.report.page import check_language, write_report

    check_language(language)
    check_output(output_path, overwrite=force)
    with named_source(result) as source:
        media = measuring.media(None if result == "-" else result) if measuring.media else None
        lesson, measures = measure_result(source, media=media, **measuring.settings)
    write_report(lesson, measures, output_path, language=language, overwrite=force)
    talk(f"wrote {output_path}; open it in a browser")
