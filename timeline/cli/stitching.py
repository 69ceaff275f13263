"""The command stitch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from timeline.cli.console import ProgressLine, talk, talk_about, talk_of_slates
from timeline.cli.everyday import SLATED, Font, Force, Media
from timeline.cli.lesson import takes_lesson
from timeline.cli.media import AllowHost, Cache, Fetch, LenientSize, bring
from timeline.media.locate import media_folder
from timeline.model import Timeline, counted
from timeline.units import format_length, seconds_to_ms


@takes_lesson
def stitch(
    lesson: Timeline,
    result: str,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.", metavar="DIR")],
    media: Media = None,
    crf: Annotated[
        int, typer.Option("--crf", help="Quality of what must be encoded: 0 lossless, 51 worst.")
    ] = 20,
    hls: Annotated[
        bool, typer.Option("--hls", help="HLS too: a playlist and a fragmented file per track.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Tracks side by side; one per core.", min=1)
    ] = None,
    allow_slates: Annotated[bool, typer.Option("--allow-slates", help="Exit 0 even with slates.")] = False,
    font: Font = None,
    ffmpeg: Annotated[
        Path | None, typer.Option("--ffmpeg", help="Another ffmpeg; also TIMELINE_FFMPEG.")
    ] = None,
    fetch: Fetch = False,
    cache: Cache = None,
    allow_host: AllowHost = None,
    lenient_size: LenientSize = False,
    force: Force = False,
) -> None:
    """Make one full-length, aligned file per track, with pictures copied where that is possible.

    Example: timeline stitch sample_results/lesson -o tracks
    """
    from timeline.render.stitch_run import stitch_tracks

    source = media_folder(None if result == "-" else Path(result), media)
    if fetch:
        bring(lesson, cache, allow_host, lenient_size, folder=source)
    with ProgressLine("stitch") as progress:
        report = stitch_tracks(
            lesson,
            folder,
            media=source,
            crf=crf,
            hls=hls,
            jobs=jobs,
            font=font,
            ffmpeg=ffmpeg,
            cache=cache,
            overwrite=force,
            progress=progress,
        )
    talk_about(report.findings)
    length, elapsed = format_length(lesson.duration_ms), format_length(seconds_to_ms(report.elapsed_s))
    talk(f"{folder}: {counted(len(report.tracks), 'file')} of {length}, made in {elapsed}")
    if report.slated_files:
        talk_of_slates(len(report.slated_files))
        raise typer.Exit(0 if allow_slates else SLATED)
