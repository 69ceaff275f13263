"""The commands player and serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from timeline.cli.console import talk, talk_about
from timeline.cli.everyday import SLATED, Force, Media
from timeline.cli.lesson import takes_lesson
from timeline.cli.media import AllowHost, Cache, Fetch, LenientSize, bring
from timeline.export.rewrite import parse_rewrites
from timeline.media.locate import media_folder
from timeline.model import Timeline, counted


@takes_lesson
def player(
    lesson: Timeline,
    result: str,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page.", metavar="DIR")],
    media: Media = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Play the result's links; nothing is copied.")
    ] = False,
    rewrite_url: Annotated[
        list[str] | None,
        typer.Option("--rewrite-url", metavar="OLD=NEW|name", help="With --remote: as for manifest."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="en or zh; by default that of the reader's browser.")
    ] = None,
    modules: Annotated[
        bool, typer.Option("--modules", help="And the player's modules and the manifest, for your own page.")
    ] = False,
    allow_slates: Annotated[
        bool, typer.Option("--allow-slates", help="Exit 0 even if files are missing.")
    ] = False,
    fetch: Fetch = False,
    cache: Cache = None,
    allow_host: AllowHost = None,
    lenient_size: LenientSize = False,
    force: Force = False,
) -> None:
    """Make a replay page: all streams in sync, lanes, pauses. It opens by double-click.

    Example: timeline player sample_results/lesson -o replay --roster sample_results/lesson/roster.csv
    """
    from timeline.export.page import write_player

    source = media_folder(None if result == "-" else Path(result), media)
    if fetch:
        bring(lesson, cache, allow_host, lenient_size, folder=source)
    report = write_player(
        lesson,
        folder,
        media=source,
        cache=cache,
        remote=remote,
        rewrite_url=parse_rewrites(rewrite_url or []),
        language=language,
        modules=modules,
        overwrite=force,
    )
    talk_about(report.findings)
    talk(f"made {report.page} with {counted(report.files, 'file')}; open it in a browser")
    if report.findings:
        talk(f"cards replace {len(report.findings)} of the lesson's files; see above")
        raise typer.Exit(0 if allow_slates else SLATED)


def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with a page.", show_default=False)],
    port: Annotated[
        int | None,
        typer.Option("--port", help="8000 by default, or any that is free.", min=0, max=65535),
    ] = None,
) -> None:
    """Serve a folder to the browsers of this machine, with ranges, until Ctrl-C.

    Example: timeline serve replay
    """
    from timeline.serving import FolderServer

    with FolderServer(folder, port) as server:
        talk(f"serving {folder} at {server.address}; Ctrl-C ends it")
        server.serve_forever()
