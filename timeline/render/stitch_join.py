"""Joins pictures of several files of our own, and one sound, into one file; nothing is decoded or encoded.

Every picture keeps its place by its absolute time. When it is decoded follows from that: the n-th packet is
decoded when the n-th picture is shown, all of them earlier by the one delay that none exceeds. So joins need
nothing special, whatever order the pictures of a part are decoded in.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from timeline.errors import OutputVerificationError
from timeline.extras import needs_extra
from timeline.media.gate import reader_options
from timeline.media.scan import TOLERANT
from timeline.render.parameter_sets import KEY_PICTURE, LENGTH_BYTES, ParameterSets, read_sets, units
from timeline.render.stitch import Pictures

with needs_extra("media"):
    import av
    import av.error

TICKS_PER_S = 90_000
_SMALL_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """The picture of a file of our own, encoded or copied from another one.

    Attributes:
        path: The file.
        sets: Its parameter sets.
        pictures: In decoding order; times from the first picture on.
        is_plain: Whether it can be joined: its units have the usual form, it has no other parameter sets on
            its way, and it begins with a key picture.
        colour: Numbers of range, matrix, primaries and transfer, as ffmpeg counts them.
    """

    path: Path
    sets: ParameterSets
    pictures: Pictures
    is_plain: bool
    colour: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """Pictures ``[first, stop)`` of a source on the playback clock.

    The first one stands from *begin_ms*; the others begin at *shift_ms* plus their own time.
    """

    source: Source
    first: int
    stop: int
    begin_ms: Fraction
    shift_ms: Fraction


class SoundSource(NamedTuple):
    """A sound to be copied: its file, and where its first packet lies, samples; None: as the file says."""

    path: Path
    first_sample: int | None = None


class _Packet(NamedTuple):
    decoded_s: Fraction
    stream: Any
    packet: Any


def read_source(path: Path) -> Source | None:
    """Return what is in the picture of a file of our own; None where nothing of use is."""
    try:
        with _opened(path) as container:
            stream = container.streams.video[0]
            codec = stream.codec_context
            sets = read_sets(bytes(codec.extradata or b""))
            if sets is None:
                return None
            times: list[Fraction] = []
            keys: list[bool] = []
            is_plain = sets.length_bytes == LENGTH_BYTES
            for packet in container.demux(stream):
                if packet.pts is None or packet.time_base is None or not packet.size:
                    continue
                found = list(units(bytes(packet))) if is_plain else []
                is_plain = is_plain and not packet.is_corrupt and all(sets.holds(unit) for unit in found)
                times.append(packet.pts * packet.time_base * 1000)
                keys.append(packet.is_keyframe and any(unit[0] & 31 == KEY_PICTURE for unit in found))
            colour = (codec.color_range, codec.colorspace, codec.color_primaries, codec.color_trc)
    except (av.error.FFmpegError, IndexError):
        return None
    if not times:
        return None
    zero_ms = min(times)
    pictures = Pictures([time - zero_ms for time in times], keys)
    is_plain = is_plain and keys[0] and times[0] == zero_ms and len(set(times)) == len(times)
    return Source(path, sets, pictures, is_plain, tuple(int(number) for number in colour))  # type: ignore[arg-type]


def ticks_of(runs: Sequence[Run]) -> list[list[int]]:
    """Return when each picture of each run is shown, in ticks of a `TICKS_PER_S`-th second.

    Raises:
        OutputVerificationError: They are not in order.
    """
    shown: list[list[int]] = []
    for run in runs:
        at_ms = run.source.pictures.at_ms[run.first : run.stop]
        ticks = [_tick(run.shift_ms + time) for time in at_ms]
        ticks[ticks.index(min(ticks))] = _tick(run.begin_ms)
        shown.append(ticks)
    flat = sorted(itertools.chain.from_iterable(shown))
    in_order = all(max(before) < min(after) for before, after in itertools.pairwise(shown))
    if not in_order or len(set(flat)) < len(flat) or flat[:1] not in ([], [0]):
        raise OutputVerificationError("the parts of a track overlap; please report this with the result")
    return shown


def join(
    output: Path, runs: Sequence[Run], record: bytes, sound: SoundSource, duration_ms: int
) -> list[list[int]]:
    """Write *runs* and *sound* as one mp4 that lasts *duration_ms*, and return the ticks of `ticks_of`.

    Args:
        output: A file, replaced.
        runs: The picture, earliest first; none for sound alone.
        record: The parameter sets of all runs.
        sound: The sound.
        duration_ms: How long both last.

    Raises:
        OutputVerificationError: The parts do not fit, or cannot be written.
    """
    shown = ticks_of(runs)
    options = {"movflags": "+faststart", "video_track_timescale": str(TICKS_PER_S), "fflags": "+bitexact"}
    try:
        with (
            av.open(str(output), "w", format="mp4" if runs else "ipod", options=options) as joined,
            _opened(sound.path) as heard,
        ):
            pictures: Iterator[_Packet] = iter(())
            if runs:
                with _opened(runs[0].source.path) as template:
                    stream = joined.add_stream_from_template(template.streams.video[0])
                stream.time_base = Fraction(1, TICKS_PER_S)
                stream.codec_context.extradata = record
                pictures = _pictures(runs, shown, stream, _tick(Fraction(duration_ms)))
            audio = joined.add_stream_from_template(heard.streams.audio[0])
            samples = _samples(heard, audio, sound.first_sample, duration_ms)
            for item in heapq.merge(pictures, samples, key=lambda item: item.decoded_s):
                joined.mux(item.packet)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        if isinstance(error, OSError):
            raise
        raise OutputVerificationError(f"the parts of a track cannot be joined: {error}") from error
    return shown


def _pictures(
    runs: Sequence[Run], shown: Sequence[Sequence[int]], stream: Any, end: int
) -> Iterator[_Packet]:
    """Yield the packets of the picture with their new times."""
    flat = sorted(itertools.chain.from_iterable(shown))
    lasts = dict(zip(flat, [after - at for at, after in itertools.pairwise([*flat, end])], strict=True))
    decoded = itertools.chain.from_iterable(shown)
    delay = max(at - own for at, own in zip(flat, decoded, strict=True))
    times = iter(flat)
    held: dict[Path, list[tuple[bytes, bool]]] = {}
    for run, ticks in zip(runs, shown, strict=True):
        for (data, is_key), tick in zip(_data(run, held), ticks, strict=True):
            packet = av.Packet(data)
            packet.is_keyframe = is_key
            packet.time_base = Fraction(1, TICKS_PER_S)
            at = next(times)
            packet.pts, packet.dts = tick, at - delay
            # The last one decides how long the stream is decoded for, the others how long each is shown.
            packet.duration = end - at if at == flat[-1] else lasts[tick]
            packet.stream = stream
            yield _Packet(Fraction(packet.dts, TICKS_PER_S), stream, packet)


def _data(run: Run, held: dict[Path, list[tuple[bytes, bool]]]) -> Iterator[tuple[bytes, bool]]:
    """Yield the content of a run's packets, and whether each is a key; small files are read only once."""
    path = run.source.path
    if path in held:
        yield from held[path][run.first : run.stop]
    elif path.stat().st_size <= _SMALL_BYTES:
        held.clear()
        held[path] = list(_read(path))
        yield from held[path][run.first : run.stop]
    else:
        yield from itertools.islice(_read(path), run.first, run.stop)


def _read(path: Path) -> Iterator[tuple[bytes, bool]]:
    with _opened(path) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.pts is not None and packet.size:
                yield bytes(packet), packet.is_keyframe


def _samples(heard: Any, stream: Any, first: int | None, duration_ms: int) -> Iterator[_Packet]:
    """Yield the packets of the sound; the last one ends where the picture ends."""
    source = heard.streams.audio[0]
    rate = source.codec_context.sample_rate
    end, shift = round(Fraction(duration_ms * rate, 1000)), None
    for packet in heard.demux(source):
        if packet.pts is None or not packet.size:
            continue
        pts = round(packet.pts * packet.time_base * rate)
        if shift is None:
            shift = 0 if first is None else first - pts
        pts += shift
        if pts >= end:
            return
        new = av.Packet(bytes(packet))
        new.is_keyframe = True
        new.time_base = Fraction(1, rate)
        new.pts = new.dts = pts
        new.duration = min(round(packet.duration * packet.time_base * rate), end - pts)
        new.stream = stream
        yield _Packet(Fraction(pts, rate), stream, new)


def _tick(at_ms: Fraction) -> int:
    return round(at_ms * TICKS_PER_S / 1000)


def _opened(path: Path) -> Any:
    """Open a file of our own; its packets may be a stranger's, so no other codecs than those of the gate."""
    return av.open(f"file:{path.resolve()}", format="mov", options=reader_options("mov"), **TOLERANT)
