"""The commands about media: fetch and probe; and the options that other commands share with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timeline.cli.console import output, print_json, talk, talk_about
from timeline.cli.facts_text import print_facts
from timeline.cli.lesson import takes_lesson
from timeline.errors import MediaUnreadableError
from timeline.model import Timeline, counted
from timeline.sinks import path_text

if TYPE_CHECKING:
    from timeline.media.fetch import FetchReport

NETWORK = 5
"""Exit status: something could not be had over the network."""

Cache = Annotated[
    Path | None,
    typer.Option("--cache", help="Folder of the media store; by default in the user's cache folder."),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="HOST[:PORT]",
        help="A server of your own that may be asked although its address is private. Repeatable.",
    ),
]
LenientSize = Annotated[
    bool, typer.Option("--lenient-size", help="Take files of another size than the result declares.")
]


Fetch = Annotated[bool, typer.Option("--fetch", help="Download first what is missing.")]


@takes_lesson
def fetch(
    lesson: Timeline,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.", metavar="DIR")],
    cache: Cache = None,
    allow_host: AllowHost = None,
    lenient_size: LenientSize = False,
) -> None:
    """Download and check all media of a lesson; run it again to go on where it stopped.

    Example: timeline fetch sample_results/guide_example.json -o media
    """
    from timeline.media.shelf import lay_out, make_folder

    make_folder(folder)
    report = bring(lesson, cache, allow_host, lenient_size)
    lay_out(lesson, report, folder)
    talk(f"{folder}: {counted(len(report.paths), 'file')}, {len(report.fetched)} downloaded now")
    if report.findings:
        talk(f"{counted(len(report.findings), 'file')} could not be had; see above")
        raise typer.Exit(NETWORK)


def bring(
    lesson: Timeline,
    cache: Path | None,
    allow_host: list[str] | None,
    lenient_size: bool,
    *,
    folder: Path | None = None,
) -> FetchReport:
    """Bring what a lesson lacks into the store, and say what cannot be had."""
    from timeline.cli.bars import FetchBars
    from timeline.media.address import policy_of
    from timeline.media.fetch import fetch_media, what_is_missing
    from timeline.media.store import MediaStore, default_cache

    policy = policy_of(allow_host or ())
    store = MediaStore(cache or default_cache())
    _, wanted = what_is_missing(lesson, store, folder=folder, lenient_size=lenient_size)
    with FetchBars(wanted) as bars:
        report = fetch_media(
            lesson,
            store,
            folder=folder,
            policy=policy,
            lenient_size=lenient_size,
            progress=bars,
        )
    talk_about(report.findings)
    return report


def probe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Media files.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what is really in media files: streams, sizes, times, holes, damage.

    Example: timeline probe sample_results/lesson/media/B4dRy6Pz8mXh.mp4
    """
    from timeline.media.facts import to_json
    from timeline.media.probe import probe_media

    listed: list[dict[str, object]] = []
    for path in files:
        try:
            facts = probe_media(path)
        except MediaUnreadableError as error:
            talk(f"timeline: {error}")
            continue
        listed.append({"file": path_text(path)} | to_json(facts))
        if not as_json:
            print_facts(facts, output())
    if as_json:
        print_json(listed)
    if len(listed) < len(files):
        raise typer.Exit(1)
