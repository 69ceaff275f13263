"""Which files a failed ffmpeg failed for: each input is decoded alone, from where it was to be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from timeline.errors import FFmpegFailedError
from timeline.media.ffmpeg import FFmpeg, run_ffmpeg

FIRST_PICTURE = ("-map", "0:V:0", "-frames:v", "1")
"""Of a picture the first one is enough: what cannot be decoded later is held as damage."""
ALL_SOUND = ("-map", "0:a:0")


def failing_inputs(
    ffmpeg: FFmpeg,
    arguments: Sequence[str],
    names: Collection[str],
    wanted: Sequence[str],
    *,
    folder: Path,
) -> set[str]:
    """Return the names of the inputs from which nothing can be decoded.

    Args:
        ffmpeg: From `find_ffmpeg`.
        arguments: Of the command that failed.
        names: The inputs that are suspected: files of strangers.
        wanted: `FIRST_PICTURE` or `ALL_SOUND`.
        folder: A working folder.
    """
    guilty: set[str] = set()
    for options, name in _inputs(arguments):
        if name not in names or name in guilty:
            continue
        try:
            ran = run_ffmpeg(
                ffmpeg, [*options, "-i", name, *wanted, "-f", "null", "-"], folder=folder, most_bytes=0
            )
        except FFmpegFailedError:
            guilty.add(name)
        else:
            if ran.frames == 0 and ran.out_time_us <= 0:
                guilty.add(name)
    return guilty


def _inputs(arguments: Sequence[str]) -> Iterator[tuple[Sequence[str], str]]:
    """Yield (options, name) of each input; all inputs come before anything else."""
    begin = 0
    for number, argument in enumerate(arguments):
        if argument == "-i":
            yield arguments[begin:number], arguments[number + 1]
            begin = number + 2
