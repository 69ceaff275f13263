"""How lessons are measured, and of which media: the options that metrics and report share."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from timeline.analysis.evidence import MediaOptions
from timeline.analysis.speech import ENERGY, SILERO
from timeline.cli.console import talk
from timeline.cli.lesson import keep_inputs
from timeline.cli.media import Cache
from timeline.errors import ParameterError
from timeline.media.locate import media_folder
from timeline.sources import Source
from timeline.units import parse_time, parse_wall_time


@dataclass(frozen=True, slots=True)
class Measuring:
    """How lessons are measured.

    Attributes:
        media: Where the media of each are; None for timing alone.
        settings: What `timeline.analysis.many.measure_results` and ``measure_result`` are told besides.
    """

    media: MediaFinder | None
    settings: dict[str, Any]

    @property
    def is_of_one_lesson(self) -> bool:
        """Whether something was told that holds for one lesson alone."""
        return any(self.settings[name] is not None for name in ("task", "journal", "wall_origin_ms"))


def read_measuring(
    roster: Annotated[
        Path | None, typer.Option("--roster", help="CSV or JSON of user_id, name, role.", show_default=False)
    ] = None,
    media: Annotated[
        Path | None,
        typer.Option("--media", help="Folder of the media files; by default media/ beside RESULT."),
    ] = None,
    no_media: Annotated[
        bool, typer.Option("--no-media", help="Timing alone, whatever files are there.")
    ] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Look at pictures too, not at sound alone.")
    ] = True,
    vad: Annotated[
        str, typer.Option("--vad", help="What finds speech: energy, or silero (the extra vad).")
    ] = ENERGY,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Files decoded side by side; one per core.", min=1)
    ] = None,
    cache: Cache = None,
    ffmpeg: Annotated[
        Path | None, typer.Option("--ffmpeg", help="Another ffmpeg; also TIMELINE_FFMPEG.")
    ] = None,
    class_start: Annotated[
        str, typer.Option("--class-start", help="When the class began, playback time: what late means.")
    ] = "0",
    task: Annotated[
        str | None, typer.Option("--task", help="Id of the task that is meant, where RESULT holds several.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="JSON lines of the pause and resume calls (one RESULT).")
    ] = None,
    wall_origin: Annotated[
        str | None,
        typer.Option("--wall-origin", help="When playback began: ISO 8601 with zone, or Unix (one RESULT)."),
    ] = None,
    pseudonymise: Annotated[
        str | None,
        typer.Option("--pseudonymise", metavar="SALT", help="Pseudonyms for users, rooms and lessons."),
    ] = None,
) -> Measuring:
    """Return what these options say; what is wrong for every lesson is told once, before any work."""
    if vad not in (ENERGY, SILERO):
        raise ParameterError(f"no speech detector {vad!r}; there are: {ENERGY}, {SILERO}")
    media_folder(None, media)
    finder = MediaFinder(media, MediaOptions(None, cache, vad, pictures, ffmpeg, jobs, FileLine()))
    return Measuring(
        None if no_media else finder,
        {
            "roster": roster,
            "task": task,
            "journal": journal,
            "wall_origin_ms": None if wall_origin is None else parse_wall_time(wall_origin),
            "class_start_ms": parse_time(class_start),
            "pseudonymise": pseudonymise,
        },
    )


def takes_measuring(command: Callable[..., None]) -> Callable[..., None]:
    """Return *command* with the options of `read_measuring` in place of its first parameter."""
    shared = inspect.signature(read_measuring).parameters
    own = list(inspect.signature(command).parameters.values())[1:]
    hints = get_type_hints(command, include_extras=True) | get_type_hints(read_measuring, include_extras=True)

    def wrapped(**given: Any) -> None:
        keep_inputs(given)
        measuring = read_measuring(**{name: given[name] for name in shared})
        command(measuring, **{parameter.name: given[parameter.name] for parameter in own})

    typed = [
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*own, *shared.values())
    ]
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in typed}
    wrapped.__signature__ = inspect.Signature(typed)  # type: ignore[attr-defined]
    return wrapped


class MediaFinder:
    """Says of each result where its media are: in the folder that is named, else in ``media/`` beside it.

    Without either there is nothing to measure, and without the media extra nothing to measure it with; that
    is an error only where a folder is named.
    """

    def __init__(self, folder: Path | None, options: MediaOptions) -> None:
        """Look in *folder*, or beside each result.

        Args:
            folder: That of ``--media``.
            options: All else.
        """
        self._folder, self._options = folder, options

    def __call__(self, result: Source | None) -> MediaOptions | None:
        """Return how the media of a result are measured; None if they are not."""
        path = Path(result) if isinstance(result, (str, os.PathLike)) else None
        folder = media_folder(path, self._folder)
        is_wanted = self._folder is not None or self._options.cache is not None
        if not is_wanted and (folder is None or importlib.util.find_spec("av") is None):
            if folder is not None:
                talk("timing alone: media are measured with: pip install 'class-timeline[media]'")
            return None
        return dataclasses.replace(self._options, folder=folder)


class FileLine:
    """Shows on a terminal how many files of a lesson are done; elsewhere it says nothing."""

    def __call__(self, done: int, files: int) -> None:
        """Show it; the line goes when all are done."""
        if sys.stderr.isatty():
            text = "" if done == files else f"measuring media: {done} of {files} files"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
