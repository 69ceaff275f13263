"""ffmpeg's graphs as data, built by ffmpeg-python: what all of them share. Nothing runs here.

Only numbers and file names of our own making go into a graph; a test walks the graphs and refuses any filter
that is not in `FILTERS`. Picture and sound are never in one graph: a change of frame size in mid-file
rebuilds a graph, and takes the sound's state with it.
"""

from __future__ import annotations

from typing import Any

import ffmpeg
from ffmpeg.nodes import InputNode

from timeline.media.facts import MediaFacts, input_name
from timeline.media.gate import MAX_PICTURE_PX, reader_options

_PICTURE_FILTERS = {
    "settb",
    "concat",
    "crop",
    "format",
    "fps",
    "mpdecimate",
    "overlay",
    "pad",
    "scale",
    "setpts",
    "setsar",
    "split",
    "tpad",
    "trim",
    "xstack",
}
_SOUND_FILTERS = {
    "adelay",
    "aformat",
    "alimiter",
    "amix",
    "apad",
    "aresample",
    "asetnsamples",
    "asetpts",
    "atrim",
    "concat",
    "volume",
}
FILTERS = _PICTURE_FILTERS | _SOUND_FILTERS
"""Filters that a graph may hold."""


def join_arguments(chunk_list: str, sound: str, chapters: str, output: str) -> list[str]:
    """Return ffmpeg's arguments that join encoded chunks, the sound and the chapters; nothing is encoded."""
    return [
        *("-protocol_whitelist", "file", "-f", "concat", "-safe", "1", "-i", f"file:{chunk_list}"),
        *("-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{sound}"),
        *("-protocol_whitelist", "file", "-f", "ffmetadata", "-i", f"file:{chapters}"),
        *("-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-map_chapters", "2"),
        *("-map_metadata:g", "-1"),  # all of it would take the titles of chapters along
        *("-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4", f"file:{output}"),
    ]


class Inputs:
    """The inputs of one graph, each an input of its own.

    ffmpeg-python takes nodes with equal content for one node, and refuses one that feeds two others; a file
    that is shown twice must be opened twice. A number makes them differ.
    """

    def __init__(self) -> None:
        self._count = 0

    def add(self, name: str, demuxer: str, **options: Any) -> Any:
        """Return a new input stream."""
        self._count += 1
        return InputNode(
            "input", args=[self._count], kwargs={"filename": name, "format": demuxer, **options}
        ).stream()

    def still(self, name: str, **options: Any) -> Any:
        """Return a picture of our own as a stream of one frame."""
        return self.add(f"file:{name}", "image2", pattern_type="none", **options)

    def media(self, facts: MediaFacts, **options: Any) -> Any:
        """Return a stranger's file: a forced reader, nothing but files, known codecs."""
        settings: dict[str, Any] = {"max_pixels": MAX_PICTURE_PX, "reinit_filter": 0, "threads": 1}
        settings = reader_options(facts.demuxer) | settings | options
        return self.add(input_name(facts), facts.demuxer, **settings)

    def own(self, name: str, **options: Any) -> Any:
        """Return a file of our own in the working folder: what `timeline.render.sound` made."""
        return self.add(f"file:{name}", "matroska", protocol_whitelist="file", **options)


def to_arguments(stream: Any) -> list[str]:
    """Return the arguments that ffmpeg-python makes of an output."""
    return [str(argument) for argument in ffmpeg.get_args(stream)]
