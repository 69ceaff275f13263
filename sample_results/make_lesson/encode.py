"""Pictures and samples to one MP4 file, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image

from .script import FRAMES_PER_SECOND, SAMPLES_PER_SECOND
from .speech import Samples

_GROUP_OF_PICTURES: Final = 5 * FRAMES_PER_SECOND
_AUDIO_BITS_PER_SECOND: Final = 32_000
_SAMPLES_PER_FRAME: Final = 1024
_BT601: Final = 6
_LIMITED_RANGE: Final = 1


def write_media(
    path: Path,
    size: tuple[int, int],
    pictures: Iterable[Image.Image],
    samples: Samples | None,
    quality: int,
) -> int:
    """Write one media file and give its size in bytes.

    Args:
        path: The file to write.
        size: Width and height of the pictures.
        pictures: The pictures, 15 a second.
        samples: One channel of sound at 48 kHz, or None for a file without a sound stream.
        quality: The rate factor of x264; lower is finer.
    """
    muxing = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(path, "w", format="mp4", options=muxing) as container:
        video = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.time_base = Fraction(1, FRAMES_PER_SECOND)
        video.codec_context.thread_count = 1
        video.codec_context.color_primaries = _BT601
        video.codec_context.color_trc = _BT601
        video.codec_context.colorspace = _BT601
        video.codec_context.color_range = _LIMITED_RANGE
        video.options = {
            "preset": "veryslow",
            "tune": "animation",
            "crf": str(quality),
            "g": str(_GROUP_OF_PICTURES),
            "flags": "+bitexact",
            # Without cpu-independent the bytes vary with the processor, and even from run to run.
            "x264-params": "threads=1:lookahead-threads=1:rc-lookahead=75:cpu-independent=1",
        }
        sound = None
        if samples is not None:
            sound = container.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="mono")
            sound.bit_rate = _AUDIO_BITS_PER_SECOND
            sound.codec_context.thread_count = 1
            sound.options = {"flags": "+bitexact"}
        written = 0
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU601", dst_color_range="MPEG"
            )
            frame.pts = index
            frame.time_base = Fraction(1, FRAMES_PER_SECOND)
            container.mux(video.encode(frame))
            if sound is not None and samples is not None:
                until = (index + 1) * SAMPLES_PER_SECOND // FRAMES_PER_SECOND
                while written < min(until, len(samples)):
                    piece = np.ascontiguousarray(samples[written : written + _SAMPLES_PER_FRAME])
                    heard = av.AudioFrame.from_ndarray(piece.reshape(1, -1), "fltp", "mono")
                    heard.sample_rate = SAMPLES_PER_SECOND
                    heard.pts = written
                    heard.time_base = Fraction(1, SAMPLES_PER_SECOND)
                    container.mux(sound.encode(heard))
                    written += len(piece)
        container.mux(video.encode(None))
        if sound is not None:
            container.mux(sound.encode(None))
    return path.stat().st_size
