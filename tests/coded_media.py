"""Makes and reads media whose pictures and sounds carry codes, to test renderers with PyAV only.

A picture is a grid of 8 x 6 black and white cells over its whole area: 20 marker cells that never
change, and 28 cells with an 8-bit file code, a 12-bit picture index and an 8-bit check. Sound is
silence with a short tone at every multiple of a period. Times are ms or s as named, samples are
floats in -1..1, pictures are height x width x 3 uint8 RGB.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Samples = NDArray[np.float64]

GRID = (
    "##-#--#-",
    "-.......",
    ".......#",
    "#.......",
    ".......-",
    "-##---##",
)
"""Top row first: '#' a white marker, '-' a black one, '.' a data cell, read in this order."""
ROWS, COLUMNS = len(GRID), len(GRID[0])
PICTURE_CYCLE = 1 << 12
CLOCK = 90_000
AMPLITUDE = 0.25


class FrameCode(NamedTuple):
    """What a coded picture says: its file's code (0..255), its index in the file modulo 4096."""

    file: int
    frame: int


def _check(value: int) -> int:
    """CRC-8 (polynomial 0x07) of a 20-bit number, so that no shift or blend passes for a code."""
    crc = value << 8
    for bit in range(27, 7, -1):
        if crc >> bit & 1:
            crc ^= 0x107 << (bit - 8)
    return crc ^ 0xA5


def cells(code: FrameCode) -> NDArray[np.bool_]:
    """The 6 x 8 grid of one picture, True is white."""
    value = (code.file & 0xFF) << 12 | code.frame % PICTURE_CYCLE
    bits = iter(f"{value << 8 | _check(value):028b}")
    return np.array([[mark == "#" if mark != "." else next(bits) == "1" for mark in row]
                     for row in GRID])  # fmt: skip


def luma(code: FrameCode, size: tuple[int, int]) -> Image:
    """The picture as height x width luma, 16 and 235 (limited range); size is (width, height)."""
    width, height = size
    across = np.arange(width) * COLUMNS // width
    down = np.arange(height) * ROWS // height
    return np.where(cells(code)[np.ix_(down, across)], 235, 16).astype(np.uint8)


def picture(code: FrameCode, size: tuple[int, int]) -> Image:
    """The picture as RGB, 0 and 255; size is (width, height)."""
    gray = np.where(luma(code, size) > 128, 255, 0).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def read_code(
    image: Image,
    rect: tuple[float, float, float, float] | None = None,
    source_size: tuple[int, int] | None = None,
) -> FrameCode | None:
    """The code of a picture shown whole and centred ('contain') in rect, or None.

    rect is (x, y, width, height) px from the top left, by default the whole image; source_size is
    (width, height) of the coded picture, by default the shape of rect. Every cell's inner
    three quarters must be clearly black or white, the markers must be right and the check must
    hold, so a crop, a stretch, a blend or a picture moved by a third of a cell is None.
    """
    x, y, width, height = rect or (0, 0, image.shape[1], image.shape[0])
    source_width, source_height = source_size or (width, height)
    scale = min(width / source_width, height / source_height)
    x += (width - source_width * scale) / 2
    y += (height - source_height * scale) / 2
    cell_width, cell_height = source_width * scale / COLUMNS, source_height * scale / ROWS
    value = 0
    for row, marks in enumerate(GRID):
        for column, mark in enumerate(marks):
            left, top = x + cell_width * (column + 0.125), y + cell_height * (row + 0.125)
            level = _mean(image, left, top, cell_width * 0.75, cell_height * 0.75)
            if level is None or 60 < level < 195:
                return None
            white = level > 128
            if mark == ".":
                value = value << 1 | white
            elif white != (mark == "#"):
                return None
    if _check(value >> 8) != value & 0xFF:
        return None
    return FrameCode(value >> 20, value >> 8 & (PICTURE_CYCLE - 1))


def _mean(image: Image, left: float, top: float, width: float, height: float) -> float | None:
    """Mean brightness of a rectangle in px; None where that leaves the image."""
    first, last = round(left), max(round(left + width), round(left) + 1)
    upper, lower = round(top), max(round(top + height), round(top) + 1)
    if first < 0 or upper < 0 or last > image.shape[1] or lower > image.shape[0]:
        return None
    return float(image[upper:lower, first:last].mean())


def write_video(
    path: str | Path,
    *,
    duration_ms: int,
    code: int,
    size: tuple[int, int] = (320, 240),
    fps: int = 15,
    sound: bool = True,
    sample_rate: int = 48000,
    channels: int = 1,
    tone_hz: float = 1000,
    beep_every_ms: int = 1000,
    beep_ms: int = 100,
    first_picture_ms: int = 0,
    sizes: Sequence[tuple[tuple[int, int], int]] | None = None,
) -> None:
    """Write an H.264 and AAC file (.mp4, .mkv, .mov) of coded pictures and tone bursts.

    Picture i has index i and is shown from first_picture_ms + i * 1000 / fps; the last one ends at
    duration_ms (rounded to a whole picture). The sound always runs from 0 to duration_ms, bursts
    start at 0, beep_every_ms, ... in every channel. `sizes` = [((width, height), pictures), ...]
    replaces `size` and the number of pictures: one stream that changes resolution on the way, with
    the parameter sets in band, as a camera recorded on the fly does.
    """
    count = round((duration_ms - first_picture_ms) * fps / 1000)
    plan = list(sizes) if sizes is not None else [(size, count)]
    if any(edge % 2 for shape, _ in plan for edge in shape):
        raise ValueError("width and height must be even")
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=fps)
        _set_up(video.codec_context, plan[0][0], fps)
        chunks: Iterator[av.AudioFrame] = iter(())
        if sound:
            layout = {1: "mono", 2: "stereo"}[channels]
            audio = output.add_stream("aac", rate=sample_rate, layout=layout)
            tones = bursts(duration_ms, sample_rate, tone_hz, beep_every_ms, beep_ms)
            chunks = _audio_frames(tones, sample_rate, layout)
        for packet in _video_packets(video, code, plan, fps, first_picture_ms):
            packet_s = _seconds(packet)
            output.mux(packet)
            for chunk in chunks:  # the sound keeps up with the pictures: a well interleaved file
                output.mux(audio.encode(chunk))
                if _seconds(chunk) > packet_s:
                    break
        if sound:
            for chunk in chunks:
                output.mux(audio.encode(chunk))
            output.mux(audio.encode(None))


def _seconds(timed: Any) -> float:
    """The presentation time of a frame or packet, s."""
    return float(timed.pts * timed.time_base)


def _set_up(encoder: Any, size: tuple[int, int], fps: int) -> None:
    """The one way all pictures are encoded: fast, crf 23, parameter sets at every key frame."""
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(fps)
    encoder.time_base = Fraction(1, CLOCK)
    encoder.options = {"preset": "ultrafast", "crf": "23", "x264-params": "repeat-headers=1"}


def _video_packets(
    stream: Any, file_code: int, plan: list[tuple[tuple[int, int], int]], fps: int, first_ms: int
) -> Iterator[Any]:
    """The packets of all parts, one encoder per size, on one clock (1/90000 s)."""
    index = 0
    for part, (size, count) in enumerate(plan):
        encoder: Any = stream.codec_context
        if part:
            encoder = av.CodecContext.create("libx264", "w")
            _set_up(encoder, size, fps)
        for number in range(index, index + count):
            packed = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
            packed[: size[1]] = luma(FrameCode(file_code, number), size)
            frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
            frame.pts = round(first_ms * CLOCK / 1000) + round(number * CLOCK / fps)
            frame.time_base = Fraction(1, CLOCK)
            yield from _owned(encoder.encode(frame), stream)
        index += count
        yield from _owned(encoder.encode(None), stream)


def _owned(packets: list[Any], stream: Any) -> Iterator[Any]:
    """The packets, handed to the stream that they are to be written to."""
    for packet in packets:
        packet.stream = stream
        yield packet


def bursts(duration_ms: int, rate: int, tone_hz: float, every_ms: int, beep_ms: int) -> Samples:
    """Silence with a tone of amplitude 0.25 in the first beep_ms of every every_ms."""
    time = np.arange(duration_ms * rate // 1000)
    since_ms = time * 1000 / rate % every_ms
    tone = AMPLITUDE * np.sin(2 * np.pi * tone_hz * since_ms / 1000)
    return np.where(since_ms < beep_ms, tone, 0.0)


def _audio_frames(samples: Samples, rate: int, layout: str) -> Iterator[av.AudioFrame]:
    """The samples, the same in every channel, as frames of 1024."""
    for start in range(0, len(samples), 1024):
        block = samples[start : start + 1024].astype(np.float32)
        planes = np.repeat(block[None, :], 1 if layout == "mono" else 2, axis=0)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def frames(path: str | Path) -> Iterator[tuple[int, float, Image]]:
    """Every decoded picture of a file: (ordinal, presentation time in s, RGB at its own size)."""
    with av.open(str(path)) as source:
        for index, frame in enumerate(source.decode(video=0)):
            yield index, _seconds(frame), frame.to_ndarray(format="rgb24").astype(np.uint8)


def sound(path: str | Path, rate: int = 48000) -> Samples:
    """The first sound track as the mean of its channels; sample i plays at i / rate s.

    Decoded frames are placed by their time stamps: holes are silence, what lies before 0 is cut.
    """
    placed: list[tuple[int, Samples]] = []
    native, end = rate, 0
    with av.open(str(path)) as source:
        if not source.streams.audio:
            return np.zeros(0)
        for frame in source.decode(audio=0):
            native = frame.sample_rate
            start = round(_seconds(frame) * native)
            if placed and abs(start - end) <= native // 500:  # a coarse clock makes no holes
                start = end
            placed.append((start, _mono(frame)))
            end = start + frame.samples
    whole = np.zeros(max((start + len(part) for start, part in placed), default=0))
    for start, part in placed:
        visible = part[max(0, -start) :]
        whole[max(0, start) : max(0, start) + len(visible)] = visible
    return whole if native == rate else _resampled(whole, native, rate)


def _mono(frame: av.AudioFrame) -> Samples:
    """The mean of the channels of one decoded frame, full scale is 1."""
    data: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(frame.samples, -1).T
    scale = -float(np.iinfo(data.dtype).min) if data.dtype.kind == "i" else 1.0
    mono: Samples = np.asarray(data, np.float64).mean(axis=0) / scale
    return mono


def _resampled(samples: Samples, old_rate: int, new_rate: int) -> Samples:
    """The same sound at another rate, without delay."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=new_rate)
    blocks = []
    for frame in [*_audio_frames(samples, old_rate, "mono"), None]:
        blocks += [out.to_ndarray()[0] for out in resampler.resample(frame)]
    return np.concatenate(blocks).astype(np.float64) if blocks else np.zeros(0)


def beep_onsets_ms(samples: Samples, rate: int, tone_hz: float) -> list[float]:
    """Where bursts of one tone begin, ms, to about 1 ms.

    An onset is where the tone's envelope passes half of its burst's level. Bursts last 40 ms or
    more and are 30 ms apart, no softer than 0.01, a tenth of the loudest and a tenth of the mix;
    other tones are at least 200 Hz away. What is shorter is taken for the click of another tone.
    """
    hop = max(1, rate // 4000)
    times, envelope = _envelope(samples, rate, tone_hz, hop)
    loudest = max(float(envelope.max(initial=0)), float(abs(samples).max(initial=0)))
    floor = max(0.01, 0.1 * loudest)
    onsets = []
    for first, last in _runs(envelope > floor / 2):
        burst = envelope[first:last]
        half = float(np.percentile(burst, 75)) / 2
        begin, end = _runs(burst >= half)[0]
        if half < floor / 2 or (end - begin) * hop * 1000 < 30 * rate:
            continue
        rise = slice(max(0, first + begin - 1), first + begin + 1)
        onsets.append(float(np.interp(half, envelope[rise], times[rise])))
    return onsets


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches of True as half-open index ranges."""
    steps = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(),
                    strict=True))  # fmt: skip


def _envelope(samples: Samples, rate: int, tone_hz: float, hop: int) -> tuple[Samples, Samples]:
    """(times in ms, amplitude there) of one tone, in a band of +-100 Hz: a 20 ms Hann window."""
    length = round(0.020 * rate / hop) | 1
    pad = np.zeros(length * hop)
    padded = np.concatenate((pad, samples, pad))
    padded = padded[: len(padded) // hop * hop]
    turned = padded * np.exp(-2j * np.pi * tone_hz / rate * np.arange(len(padded)))
    window = np.hanning(length + 2)[1:-1]
    blocks = turned.reshape(-1, hop).sum(axis=1)
    envelope = 2 * np.abs(np.convolve(blocks, window, "same")) / (window.sum() * hop)
    times = ((np.arange(len(blocks)) + 0.5) * hop - len(pad)) * 1000 / rate
    return times, envelope


def level(samples: Samples, rate: int, tone_hz: float, start_ms: float, end_ms: float) -> float:
    """Amplitude of one tone (Goertzel, flat window) averaged over [start_ms, end_ms)."""
    part = samples[round(start_ms * rate / 1000) : round(end_ms * rate / 1000)]
    if len(part) == 0:
        return 0.0
    turn = np.exp(-2j * np.pi * tone_hz / rate * np.arange(len(part)))
    return float(2 * abs(np.dot(part, turn)) / len(part))
