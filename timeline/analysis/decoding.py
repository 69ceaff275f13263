"""One decode per file: its sound as samples on the media clock, its picture as small grey pictures.

ffmpeg runs behind the fences of `timeline.media.launch`; here its packets are put on the clock and handed on
block by block, so memory does not grow with the file. Sound and picture are two runs: what breaks one of them
leaves the other whole, and a stream is decoded once either way.

The media clock is that of the facts: what a render plays at 1 s lies at 1 s here. A sound that begins
late begins late here, and a hole is a hole, as is what could not be decoded. Nothing is filled with zeros,
so silence is what a microphone gave and never what was missing.
"""

from __future__ import annotations

import array
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from timeline.interval import Span, Spans, common, complement, merge, spans_of
from timeline.media.facts import MediaFacts, input_name
from timeline.media.ffmpeg import FFmpeg
from timeline.media.gate import MAX_PICTURE_PX, reader_options
from timeline.media.streaming import StreamPacket, stream_ffmpeg

SPEECH_RATE_HZ = 16_000
"""Rate of the mono sound in which speech is looked for."""
PICTURE_SIZE_PX = (160, 120)
"""Width and height of the small pictures; the shape of a picture is not kept."""
PICTURES_PER_S = 4
DECODING_VERSION = 1
"""Grows when a file would be decoded into other samples or pictures than before."""

_SLACK_MS = 100
"""Stamps that are off by less than this make no hole: clocks of containers are coarse. As ffmpeg's own."""
_UNSEEN_LEAST_MS = 1000
"""Without a picture that could be decoded for as long nothing was seen."""
_BLOCK_S = 1
"""Blocks are at least this long, except where sound breaks off."""


class SoundBlock(NamedTuple):
    """Consecutive samples.

    Attributes:
        start: Number of the first sample on the media clock: it plays at ``start / rate_hz`` s.
        rate_hz: Samples per second.
        samples: float32, shape (n, channels), full scale is 1; may exceed that.
    """

    start: int
    rate_hz: int
    samples: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Decoded:
    """How far a stream of a file could be decoded.

    Attributes:
        is_whole: Whether ffmpeg came to the end of the file.
        damage: How often it could not decode something.
        packets: How many packets of samples or pictures came out.
        unseen: Of pictures: where none came out although the file holds some, merged, media ms.
    """

    is_whole: bool
    damage: int
    packets: int
    unseen: Spans = field(default_factory=lambda: spans_of([]), compare=False)


def decode_sound(
    ffmpeg: FFmpeg,
    facts: MediaFacts,
    *,
    on_native: Callable[[SoundBlock], None] | None,
    on_speech: Callable[[SoundBlock], None] | None,
    stop: threading.Event | None = None,
) -> Decoded:
    """Decode the first sound of a file once.

    Blocks of one kind come in order of time and never overlap; a block that does not begin where the one
    before it ended follows a hole. What lies before the clock's 0 is left out.

    Args:
        ffmpeg: From `find_ffmpeg`.
        facts: Of the file.
        on_native: Takes the sound at its own rate, in all its channels.
        on_speech: Takes it as one channel at `SPEECH_RATE_HZ`: the mean of the channels, as a render mixes.
        stop: When set, the call returns early, with ``is_whole`` False.
    """
    maps: list[str] = []
    placers: list[_Placer] = []
    if on_native is not None:
        maps += ["-map", "0:a:0"]
        placers.append(_Placer(facts.origin_ms, on_native))
    if on_speech is not None:
        number = len(placers)
        maps += ["-map", "0:a:0", f"-filter:a:{number}", _SPEECH_FILTER]
        placers.append(_Placer(facts.origin_ms, on_speech))
    arguments = [*_reading(facts), *maps, "-c:a", "pcm_f32le"]
    streamed = stream_ffmpeg(ffmpeg, arguments, lambda packet: placers[packet.stream].add(packet), stop=stop)
    for placer in placers:
        placer.flush()
    return Decoded(streamed.is_whole, streamed.damage, streamed.packets)


def decode_picture(
    ffmpeg: FFmpeg,
    facts: MediaFacts,
    on_picture: Callable[[int, NDArray[np.uint8]], None],
    *,
    stop: threading.Event | None = None,
) -> Decoded:
    """Decode the first picture stream of a file once: `PICTURES_PER_S` small grey pictures.

    A hole in the stream repeats the last picture, as a render shows it; `facts.picture.holes` says where.
    What cannot be decoded repeats it too, and is told as unseen: each picture comes a second time, as four
    pixels, at the time at which it really was there.

    Args:
        ffmpeg: From `find_ffmpeg`.
        facts: Of the file.
        on_picture: Takes the media time in ms and the picture, uint8 of shape (120, 160).
        stop: When set, the call returns early, with ``is_whole`` False.
    """
    width_px, height_px = PICTURE_SIZE_PX
    came_ms = array.array("q")

    def take(packet: StreamPacket) -> None:
        at_ms = round(packet.at * 1000) + facts.origin_ms
        if packet.stream == 1:
            came_ms.append(at_ms)
            return
        gray = np.frombuffer(packet.data, np.uint8)
        if gray.size == width_px * height_px and at_ms >= 0:
            on_picture(at_ms, gray.reshape(height_px, width_px))

    picture_filter = f"fps={PICTURES_PER_S},scale={width_px}:{height_px}:flags=area,format=gray"
    arguments = [*_reading(facts), "-map", "0:V:0", "-filter:v:0", picture_filter]
    arguments += ["-map", "0:V:0", "-filter:v:1", "scale=2:2:flags=neighbor,format=gray"]
    arguments += ["-c:v", "rawvideo", "-fps_mode", "passthrough"]
    streamed = stream_ffmpeg(ffmpeg, arguments, take, stop=stop)
    unseen = unseen_in(facts, came_ms) if streamed.damage else spans_of([])
    return Decoded(streamed.is_whole, streamed.damage, streamed.packets, unseen)


def unseen_in(facts: MediaFacts, came_ms: Sequence[int]) -> Spans:
    """Return where for `_UNSEEN_LEAST_MS` or more no picture came out, less the holes of the file itself."""
    at_ms = np.sort(np.array(came_ms, np.int64))
    gaps = np.stack((at_ms[:-1], at_ms[1:]), axis=1)
    gaps = gaps[gaps[:, 1] - gaps[:, 0] >= _UNSEEN_LEAST_MS]
    if len(gaps) == 0 or facts.picture is None:
        return spans_of([])
    missing = complement(spans_of(facts.picture.holes), Span(int(gaps[0, 0]), int(gaps[-1, 1])))
    found = common(merge(gaps), missing)
    return found[found[:, 1] - found[:, 0] >= _UNSEEN_LEAST_MS]


# Without rematrix_maxval two equal channels would come out 3 dB louder than one.
_SPEECH_FILTER = f"aresample={SPEECH_RATE_HZ}:rematrix_maxval=1,aformat=sample_fmts=flt:channel_layouts=mono"


def _reading(facts: MediaFacts) -> list[str]:
    """Return the arguments that open a stranger's file: a forced reader, nothing but files, known codecs."""
    options = reader_options(facts.demuxer) | {"max_pixels": str(MAX_PICTURE_PX), "threads": "1"}
    arguments = [part for name, value in options.items() for part in (f"-{name}", value)]
    return [*arguments, "-f", facts.demuxer, "-i", input_name(facts)]


class _Placer:
    """Puts packets of one stream on the media clock, and hands them on in blocks of consecutive samples."""

    def __init__(self, origin_ms: int, take: Callable[[SoundBlock], None]) -> None:
        self._origin_ms, self._take = origin_ms, take
        self._parts: list[NDArray[np.float32]] = []
        self._start = self._next = 0
        self._rate_hz = 0
        self._has_begun = False

    def add(self, packet: StreamPacket) -> None:
        rate_hz = self._rate_hz = packet.sample_rate_hz
        data = bytes(packet.data)
        size = len(data) // (4 * packet.channels) * packet.channels
        samples = np.frombuffer(data, "<f4", size).reshape(-1, packet.channels)
        at = round((packet.at + Fraction(self._origin_ms, 1000)) * rate_hz)
        is_apart = abs(at - self._next) * 1000 > _SLACK_MS * rate_hz
        if not self._has_begun or (is_apart and at > self._next):
            self.flush()
            self._has_begun = True
            self._start = self._next = max(at, 0)
        if at < self._next and (is_apart or self._next == 0):
            samples = samples[self._next - at :]  # told once already, or before the clock's 0
        if len(samples) == 0:
            return
        self._parts.append(samples)
        self._next += len(samples)
        if self._next - self._start >= _BLOCK_S * rate_hz:
            self.flush()

    def flush(self) -> None:
        if self._parts:
            samples = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
            self._take(SoundBlock(self._start, self._rate_hz, samples))
        self._parts = []
        self._start = self._next
