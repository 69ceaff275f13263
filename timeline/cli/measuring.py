"""Which media of a lesson are measured, and how far that is: what metrics and report share."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from timeline.analysis.evidence import MediaOptions
from timeline.cli.console import talk
from timeline.media.locate import media_folder
from timeline.sources import Source

MeasuredMedia = Annotated[
    Path | None,
    typer.Option("--media", help="Folder of the media files; by default media/ beside RESULT."),
]
NoMedia = Annotated[bool, typer.Option("--no-media", help="Timing alone, whatever files are there.")]
Pictures = Annotated[
    bool, typer.Option("--pictures/--no-pictures", help="Look at pictures too, not at sound alone.")
]
VadName = Annotated[str, typer.Option("--vad", help="What finds speech: energy, or silero (extra [vad]).")]
Jobs = Annotated[int | None, typer.Option("--jobs", help="Files decoded side by side; one per core.", min=1)]
OtherFFmpeg = Annotated[Path | None, typer.Option("--ffmpeg", help="Another ffmpeg; also TIMELINE_FFMPEG.")]


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
