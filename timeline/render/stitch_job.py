"""What one stitched track is made of, and what came of it: the words that its makers share."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from timeline import kinds
from timeline.media.facts import MediaFacts
from timeline.media.ffmpeg import FFmpeg, Ran, run_ffmpeg
from timeline.model import Track
from timeline.render.artwork import Font


@dataclass(frozen=True, slots=True)
class TrackJob:
    """What one track is made of, and how.

    Attributes:
        track: The track.
        number: Of the track in the lesson, for names in the working folder.
        facts: Of each file, by position.
        reasons: What a slate says in place of a file, by position.
        name: What is written on slates.
        font: A font file to try first.
        crf: Quality of what is encoded.
        threads: Of one encoder.
        ffmpeg: From `find_ffmpeg`.
        folder: For the pieces.
        stop: When set, everything ends.
    """

    track: Track
    number: int
    facts: Mapping[int, MediaFacts]
    reasons: Mapping[int, str]
    name: str
    font: Font
    crf: int
    threads: int
    ffmpeg: FFmpeg
    folder: Path
    stop: threading.Event

    @property
    def prefix(self) -> str:
        """How all names of this track's pieces begin."""
        return f"track_{self.number:04d}"

    @property
    def has_picture(self) -> bool:
        """Whether a picture is made at all."""
        return self.track.kind != kinds.AUDIO

    def run(self, arguments: list[str], most_bytes: int) -> Ran:
        """Run ffmpeg in the working folder.

        Raises:
            StoppedError: Another track failed, or somebody interrupted.
        """
        ran = run_ffmpeg(self.ffmpeg, arguments, folder=self.folder, most_bytes=most_bytes, stop=self.stop)
        if self.stop.is_set():
            raise StoppedError
        return ran


class StoppedError(Exception):
    """The work was ended from outside."""


class Part(NamedTuple):
    """A stretch of a stitched track.

    Attributes:
        clip: Position of the file that is seen or heard; None where none is.
        how: ``copied``, ``encoded``, ``held`` (the last picture stays over a seam) or ``filled``.
    """

    start_ms: int
    end_ms: int
    clip: int | None
    how: str
