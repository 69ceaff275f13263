"""Small real media for the simulator's results: H.264 and AAC in MP4, cut from loops that are made once.

A moving box on one colour for each user, with a tone; a white board and a grey screen without sound. Cutting
re-encodes nothing, so that a file of an hour costs no more than one of a minute to encode.
"""

from __future__ import annotations

import functools
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from timeline.media.ffmpeg import FFmpeg, find_ffmpeg, run_ffmpeg
from timeline.service.simulated_rooms import CAMERA, MIXED, SCREEN, WHITEBOARD

SIZES = {CAMERA: (160, 120), SCREEN: (256, 144), WHITEBOARD: (192, 144), MIXED: (256, 144)}
"""Width and height in px by kind; a tenth of what is usual, since nobody looks at them."""
_COLOURS = ("0x2E5C8A", "0x8A4B2E", "0x3F7A45", "0x6B3F7A", "0x7A6A2E", "0x2E7A78")
_PLAIN = {SCREEN: "0x9AA0A6", WHITEBOARD: "0xFFFFFF"}
_TONES_HZ = (220, 330, 440, 550, 262, 392)
_LOOP_S = 8
_FRAME_RATE = 25
_MOST_BYTES = 64 << 20
_MOST_BYTES_PER_S = 64_000
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be made.

    Attributes:
        path: Where.
        kind: Of the stream: what it looks like.
        user_number: Which colour and tone.
        duration_ms: How long; pictures last 40 ms, so that the file may be up to 40 ms longer.
    """

    path: Path
    kind: int
    user_number: int
    duration_ms: int


class MediaMaker:
    """Makes files; threads may share it.

    Args:
        folder: An existing folder for the loops.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ffmpeg = find_ffmpeg()
        self._lock = threading.Lock()

    def make(self, wanted: Sequence[Wanted]) -> list[int]:
        """Make files and return their sizes in bytes.

        Raises:
            FFmpegFailedError: ffmpeg stopped with an error.
            DiskError: The disk is full.
        """
        for first in range(0, len(wanted), _AT_ONCE):
            self._make_some(wanted[first : first + _AT_ONCE])
        return [file.path.stat().st_size for file in wanted]

    def _make_some(self, wanted: Sequence[Wanted]) -> None:
        inputs: list[str] = []
        outputs: list[str] = []
        for file in wanted:
            for loop in self._loops(file.kind, file.user_number):
                outputs += ["-map", str(inputs.count("-i"))]
                inputs += ["-stream_loop", "-1", "-i", f"file:{loop}"]
            outputs += ["-t", f"{file.duration_ms}ms", "-c", "copy", "-movflags", "+faststart"]
            outputs += [f"file:{file.path}"]
        seconds = sum(file.duration_ms for file in wanted) // 1000
        most_bytes = _MOST_BYTES + _MOST_BYTES_PER_S * seconds
        run_ffmpeg(self._ffmpeg, [*inputs, *outputs], folder=self._folder, most_bytes=most_bytes)

    def _loops(self, kind: int, user_number: int) -> list[Path]:
        number = user_number % len(_COLOURS)
        names = [("picture", kind, 0 if kind in _PLAIN else number)]
        if kind not in _PLAIN:
            names.append(("tone", 0, number))
        paths = []
        for what, kind_or_0, number_or_0 in names:
            path = self._folder / f"{what}-{kind_or_0}-{number_or_0}.mp4"
            with self._lock:
                if not path.exists():
                    path.write_bytes(_loop(self._ffmpeg, what, kind_or_0, number_or_0))
            paths.append(path)
        return paths


@functools.cache
def _loop(ffmpeg: FFmpeg, what: str, kind: int, number: int) -> bytes:
    """Return a file that can be repeated without a seam: no reordered pictures, no priming left out."""
    if what == "tone":
        source = f"sine=frequency={_TONES_HZ[number]}:sample_rate=16000:duration={_LOOP_S}"
        options = ["-c:a", "aac", "-b:a", "16k", "-use_editlist", "0", "-avoid_negative_ts", "make_zero"]
    else:
        width, height = SIZES[kind]
        colour = _PLAIN.get(kind, _COLOURS[number])
        source = f"color=c={colour}:s={width}x{height}:r={_FRAME_RATE}:d={_LOOP_S}"
        source += f",drawbox=x='iw*t/{_LOOP_S}':y=ih/3:w=iw/8:h=ih/4:color=0xE0A030:t=fill"
        options = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "36", "-bf", "0", "-pix_fmt", "yuv420p"]
        options += ["-g", str(_FRAME_RATE), "-threads", "1"]
    with tempfile.TemporaryDirectory(prefix="timeline-loop-") as folder:
        path = Path(folder) / "loop.mp4"
        arguments = ["-f", "lavfi", "-i", source, *options, f"file:{path}"]
        run_ffmpeg(ffmpeg, arguments, folder=Path(folder), most_bytes=_MOST_BYTES)
        return path.read_bytes()
