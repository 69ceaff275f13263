"""The command report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from timeline.analysis.evidence import MediaOptions
from timeline.analysis.many import measure_result
from timeline.cli.console import talk
from timeline.cli.everyday import Force
from timeline.cli.lesson import keep_inputs, named_source
from timeline.cli.measuring import (
    FileLine,
    Jobs,
    MeasuredMedia,
    MediaFinder,
    NoMedia,
    OtherFFmpeg,
    Pictures,
    VadName,
)
from timeline.cli.media import Cache
from timeline.publish import check_output
from timeline.units import parse_time, parse_wall_time


def report(
    result: Annotated[
        str,
        typer.Argument(metavar="RESULT", help="A result file, a folder with result.json, or - for stdin."),
    ],
    output_path: Annotated[
        Path, typer.Option("--output", "-o", help="The page to write.", metavar="FILE.html")
    ],
    roster: Annotated[
        Path | None, typer.Option("--roster", help="CSV or JSON of user_id, name, role.", show_default=False)
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="en or zh: what is shown first; both are in the page.")
    ] = "en",
    pseudonymise: Annotated[
        str | None,
        typer.Option("--pseudonymise", metavar="SALT", help="Pseudonyms for users, room and lesson."),
    ] = None,
    class_start: Annotated[
        str, typer.Option("--class-start", help="When the class began, playback time: what late means.")
    ] = "0",
    task: Annotated[
        str | None, typer.Option("--task", help="Id of the task that is meant, where RESULT holds several.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="JSON lines of the pause and resume calls.")
    ] = None,
    wall_origin: Annotated[
        str | None, typer.Option("--wall-origin", help="When playback began: ISO 8601 with zone, or Unix.")
    ] = None,
    media: MeasuredMedia = None,
    no_media: NoMedia = False,
    pictures: Pictures = True,
    vad: VadName = "energy",
    jobs: Jobs = None,
    cache: Cache = None,
    ffmpeg: OtherFFmpeg = None,
    force: Force = False,
) -> None:
    """Write a page about one lesson for people: who was on camera, who spoke, how far that can be trusted.

    One HTML file in English and Chinese that loads nothing and runs nothing. Signals, not judgements
    (docs/quality.md).

    Example: timeline report sample_results/lesson -o report.html --roster sample_results/lesson/roster.csv
    """
    from timeline.report.page import check_language, write_report

    keep_inputs({"output_path": output_path, "result": result, "roster": roster, "journal": journal})
    check_language(language)
    check_output(output_path, overwrite=force)
    find = MediaFinder(media, MediaOptions(None, cache, vad, pictures, ffmpeg, jobs, FileLine()))
    with named_source(result) as source:
        lesson, measures = measure_result(
            source,
            roster=roster,
            task=task,
            journal=journal,
            wall_origin_ms=None if wall_origin is None else parse_wall_time(wall_origin),
            media=None if no_media else find(None if result == "-" else result),
            class_start_ms=parse_time(class_start),
            pseudonymise=pseudonymise,
        )
    write_report(lesson, measures, output_path, language=language, overwrite=force)
    talk(f"wrote {output_path}; open it in a browser")
