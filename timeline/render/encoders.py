"""Encoders of the picture: their settings, and whether one works here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from timeline.errors import FFmpegFailedError, ParameterError
from timeline.media.ffmpeg import FFmpeg, run_ffmpeg

DEFAULT_ENCODER = "libx264"
GOP_S = 10
"""A key frame comes at least so often: a still board costs little, and a player can still jump."""
DRAFT_CRF = 6
"""A draft is coarser by this."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,40}")
_WITH_CRF = ("libx264", "libx265", "libvpx-vp9", "libaom-av1", "libsvtav1")
_BITS_PER_PIXEL = Fraction(1, 10)
_MOST_CRF = 51


@dataclass(frozen=True, slots=True)
class Encoding:
    """Settings of the picture's encoder.

    Attributes:
        encoder: Its name in ffmpeg.
        crf: Constant quality, where the encoder has that; others get bits by the size of the picture.
        is_draft: Whether speed counts more than looks.
        threads: How many it may use.
    """

    encoder: str = DEFAULT_ENCODER
    crf: int = 23
    is_draft: bool = False
    threads: int = 1


def encoder_options(encoding: Encoding, size_px: tuple[int, int], frame_rate: Fraction) -> dict[str, Any]:
    """Return the options of ffmpeg's output that encode with *encoding*.

    Example:
        >>> options = encoder_options(Encoding(is_draft=True), (640, 360), Fraction(15))
        >>> options["vcodec"], options["preset"], options["crf"], options["g"]
        ('libx264', 'ultrafast', 29, 150)
    """
    options: dict[str, Any] = {
        "vcodec": encoding.encoder,
        "threads": encoding.threads,
        "g": int(GOP_S * frame_rate),
        "pix_fmt": "yuv420p",
    }
    if encoding.encoder in _WITH_CRF:
        options["crf"] = min(encoding.crf + (DRAFT_CRF if encoding.is_draft else 0), _MOST_CRF)
    else:
        options["b:v"] = int(_BITS_PER_PIXEL * size_px[0] * size_px[1] * frame_rate)
    options |= _SPEED.get(encoding.encoder, {})
    if encoding.is_draft:
        options |= _DRAFT_SPEED.get(encoding.encoder, {})
    return options


_SPEED: dict[str, dict[str, Any]] = {
    "libx264": {"preset": "veryfast"},
    "libx265": {"preset": "veryfast", "x265-params": "log-level=error", "vtag": "hvc1"},
    "libvpx-vp9": {"b:v": 0, "deadline": "realtime", "cpu-used": 6},
    "libaom-av1": {"b:v": 0, "cpu-used": 8},
    "libsvtav1": {"preset": 10},
}
_DRAFT_SPEED: dict[str, dict[str, Any]] = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast"},
    "libvpx-vp9": {"cpu-used": 8},
    "libsvtav1": {"preset": 12},
}


def check_encoder(encoding: Encoding, ffmpeg: FFmpeg, size_px: tuple[int, int], folder: Path) -> None:
    """Encode one frame, and refuse an encoder that cannot: one that is not built in, or lacks its hardware.

    Raises:
        ParameterError: With what ffmpeg says.
    """
    if encoding.encoder == DEFAULT_ENCODER:
        return
    if not _NAME.fullmatch(encoding.encoder):
        raise ParameterError(f"expected the name of an encoder, such as libx264, got {encoding.encoder!r}")
    options = encoder_options(encoding, size_px, Fraction(15))
    settings = [
        part for name, value in options.items() for part in (_OPTION.get(name, f"-{name}"), str(value))
    ]
    source = ["-f", "lavfi", "-i", f"color=s={size_px[0]}x{size_px[1]}:r=15:d=1"]
    try:
        run_ffmpeg(
            ffmpeg, [*source, *settings, "-frames:v", "1", "-f", "null", "-"], folder=folder, most_bytes=0
        )
    except FFmpegFailedError as error:
        said = error.stderr_tail.splitlines()[0] if error.stderr_tail else "it said nothing"
        raise ParameterError(
            f"the encoder {encoding.encoder} does not work here: {said}; ffmpeg -encoders lists others"
        ) from error


_OPTION = {"vcodec": "-c:v", "vtag": "-tag:v"}
