"""The facts of a file, by one pass over its packets; nothing is decoded here.

Only `timeline.media.probe_child` calls this, in a process that a stranger's file may bring down.
"""

from __future__ import annotations

import itertools
import math
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from timeline.errors import MediaUnreadableError
from timeline.extras import needs_extra
from timeline.media import gate
from timeline.media.boxes import Structure, read_structure
from timeline.media.facts import (
    MOST_HOLES,
    Hole,
    MediaFacts,
    PictureFacts,
    SizeChange,
    SoundFacts,
    StreamFacts,
)
from timeline.media.sizes import HEAD_BYTES, Size, size_in_extradata, size_in_packet
from timeline.units import seconds_to_ms

with needs_extra("media"):
    import av
    import av.error
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

HOLE_MS = 1000
"""Where nothing new comes for longer than this is a hole."""

# PyAV before 19 raises UnicodeDecodeError on odd metadata unless told not to; later ones know no such option.
TOLERANT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}


def read_facts(path: Path, demuxer: str) -> MediaFacts:
    """Return the facts of a file by one pass over its packets; nothing is decoded here.

    Raises:
        MediaUnreadableError: It is not usable media; the message leaves out the file's name.
    """
    try:
        with path.open("rb") as file:
            size_bytes = os.fstat(file.fileno()).st_size
            structure = read_structure(file, demuxer, size_bytes)
        gate.check_index(structure.most_samples, size_bytes)
        with av.open(
            f"file:{path}", format=demuxer, options=gate.reader_options(demuxer), **TOLERANT
        ) as container:
            return _facts(path, demuxer, container, structure, size_bytes)
    except (av.error.FFmpegError, ValueError, OSError, MemoryError, OverflowError) as error:
        if isinstance(error, MediaUnreadableError):
            raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MediaUnreadableError(
            f"cannot be read as {demuxer}: {reason.lower()}; it is damaged or cut short",
            reason="file is damaged",
        ) from error


def _facts(
    path: Path, demuxer: str, container: InputContainer, structure: Structure, size_bytes: int
) -> MediaFacts:
    streams = list(container.streams)
    gate.check_streams(len(streams))
    video = next((stream for stream in container.streams.video if _kind(stream) == "video"), None)
    audio = next(iter(container.streams.audio), None)
    for stream, allowed in ((video, gate.VIDEO_CODECS), (audio, gate.AUDIO_CODECS)):
        if stream is not None:
            gate.check_codec(_codec(stream), allowed)
    tracks = {stream.index: _Track(stream) for stream in (video, audio) if stream is not None}
    if video is not None:
        gate.check_picture(video.codec_context.width, video.codec_context.height)
    corrupt_packets, is_broken = _scan(container, tracks)
    found = [track for track in tracks.values() if track.pts]
    if found:
        gate.check_length(max(track.end_ms for track in found) - min(track.start_ms for track in found))
    picture = sound = None
    if (
        video is not None
        and tracks[video.index].pts
        and video.codec_context.width
        and video.codec_context.height
    ):
        picture = _picture(video, tracks[video.index], structure)
    if audio is not None and tracks[audio.index].pts:
        sound = _sound(audio, tracks[audio.index])
    if picture is None and sound is None:
        raise MediaUnreadableError(
            "holds neither picture nor sound; fetch it again", reason="no picture, no sound"
        )
    return MediaFacts(
        path=path,
        demuxer=demuxer,
        origin_ms=seconds_to_ms(Fraction(container.start_time or 0, av.time_base)),
        picture=picture,
        sound=sound,
        streams=tuple(StreamFacts(_kind(stream), _codec(stream)) for stream in streams),
        header_duration_ms=_claimed_ms(container, structure),
        is_cut_short=is_broken or structure.is_cut_short or _reaches_over(streams, demuxer, size_bytes),
        corrupt_packets=corrupt_packets,
    )


def _claimed_ms(container: InputContainer, structure: Structure) -> int | None:
    """Return the length that the header claims; libavformat corrects that of an mp4 without a word."""
    read_ms = seconds_to_ms(Fraction(container.duration or 0, av.time_base))
    return max(read_ms, structure.duration_ms) or None


def _kind(stream: Stream) -> str:
    if stream.disposition & stream.disposition.attached_pic:
        return "cover"
    kinds = ("video", "audio", "subtitle", "data", "attachment")
    return stream.type if stream.type in kinds else "unknown"


def _codec(stream: Stream) -> str:
    return stream.codec_context.name if stream.codec_context is not None else ""


def _reaches_over(streams: list[Stream], demuxer: str, size_bytes: int) -> bool:
    """Return whether the index of an mp4 or flv speaks of packets beyond the end of the file."""
    if demuxer not in ("mov", "flv"):
        return False
    last = [stream.index_entries[-1] for stream in streams if len(stream.index_entries)]
    return any(entry.pos + entry.size > size_bytes for entry in last)


class _Track:
    """What a scan gathers of one stream; times are in its own time base."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.base = _positive(stream.time_base) or Fraction(1, 1000)
        self.pts = array("q")
        self.ends = array("q")
        self.keys: list[int] = []
        self.sizes: list[tuple[int, Size]] = []
        self.codec = _codec(stream)
        self.extradata = bytes(stream.codec_context.extradata or b"")
        self.size = size_in_extradata(self.codec, self.extradata)

    def add(self, packet: Packet[Stream], pts: int) -> None:
        """Take up a whole packet."""
        self.pts.append(pts)
        self.ends.append(pts + (packet.duration or 0))
        if self.stream.type == "video" and packet.is_keyframe:
            self.keys.append(pts)
            self._look_for_a_size(packet, pts)

    def _look_for_a_size(self, packet: Packet[Stream], pts: int) -> None:
        if packet.has_sidedata("new_extradata"):
            self.extradata = bytes(packet.get_sidedata("new_extradata"))
            size = size_in_extradata(self.codec, self.extradata)
        else:
            size = None
        size = size_in_packet(self.codec, bytes(memoryview(packet)[:HEAD_BYTES]), self.extradata) or size
        if size is None or size == self.size:
            return
        gate.check_picture(*size)
        if self.size is not None:
            self.sizes.append((pts, size))
        self.size = size

    def ms(self, time: int) -> int:
        """Return a time of this stream in ms."""
        return seconds_to_ms(time * self.base)

    @property
    def start_ms(self) -> int:
        return self.ms(min(self.pts))

    @property
    def last_ms(self) -> int:
        return self.ms(max(self.pts))

    @property
    def end_ms(self) -> int:
        return self.ms(max(self.ends))


def _scan(container: InputContainer, tracks: dict[int, _Track]) -> tuple[int, bool]:
    """Fill *tracks*; return how many packets are there in part only, and whether the last one is."""
    corrupt_packets, is_broken = 0, False
    try:
        for packet in container.demux([track.stream for track in tracks.values()]):
            pts = packet.pts
            is_broken = packet.is_corrupt or (is_broken and not packet.size)
            if packet.is_corrupt:
                corrupt_packets += 1
            elif pts is not None and not packet.is_discard:
                tracks[packet.stream_index].add(packet, pts)
    except av.error.FFmpegError:
        is_broken = True  # what came before is whole
    return corrupt_packets, is_broken


def _picture(stream: VideoStream, track: _Track, structure: Structure) -> PictureFacts:
    codec = stream.codec_context
    shown = sorted(track.pts)
    most_frames = _most_in_a_second(shown, math.ceil(1 / track.base))
    gate.check_rate(most_frames)
    keys = [shown[0], *sorted(track.keys), max(max(track.ends), shown[-1])]
    turns = structure.turns
    return PictureFacts(
        codec=track.codec,
        width_px=codec.width,
        height_px=codec.height,
        sample_aspect=_positive(stream.sample_aspect_ratio) or Fraction(1),
        frame_rate=_average_rate(shown, track),
        start_ms=track.start_ms,
        last_ms=track.last_ms,
        end_ms=track.end_ms,
        rotation_degrees=turns.get(0, turns.get(stream.id, 0)),
        most_frames_per_s=most_frames,
        key_frame_gap_ms=track.ms(max(later - sooner for sooner, later in itertools.pairwise(keys))),
        pixel_format=codec.pix_fmt or "",
        holes=_longest_holes(track, itertools.pairwise(shown)),
        size_changes=tuple(SizeChange(track.ms(pts), *size) for pts, size in track.sizes[:MOST_HOLES]),
    )


def _sound(stream: AudioStream, track: _Track) -> SoundFacts:
    codec = stream.codec_context
    return SoundFacts(
        codec=track.codec,
        start_ms=track.start_ms,
        end_ms=track.end_ms,
        channels=codec.channels or 0,
        sample_rate_hz=codec.sample_rate or 0,
        holes=_longest_holes(track, zip(track.ends, track.pts[1:], strict=False)),
    )


def _positive(value: Any) -> Fraction | None:
    """Return a ratio above 0 as a Fraction, else None; PyAV since 19 has a type of its own for ratios."""
    if not value or value.numerator <= 0 or value.denominator <= 0:
        return None
    return Fraction(value.numerator, value.denominator)


def _average_rate(shown: list[int], track: _Track) -> Fraction:
    """Return the pictures per second; the header's figure where it is about what the packets say."""
    claimed = _positive(track.stream.average_rate) or Fraction(0)
    if len(shown) < 2 or shown[-1] == shown[0]:
        return claimed if claimed <= gate.MAX_FRAMES_PER_S else Fraction(0)
    real = (len(shown) - 1) / ((shown[-1] - shown[0]) * track.base)
    return claimed if abs(claimed - real) <= real / 50 else real.limit_denominator(1001)


def _most_in_a_second(shown: list[int], second: int) -> int:
    """Return how many of the sorted times fall into the busiest second."""
    return max(
        (number - bisect_left(shown, at - second + 1, 0, number) for number, at in enumerate(shown, 1))
    )


def _longest_holes(track: _Track, neighbours: Iterable[tuple[int, int]]) -> tuple[Hole, ...]:
    """Return the longest stretches between *neighbours* of more than a second, in order of time."""
    limit = HOLE_MS * (1 / track.base) / 1000
    wide = [(start, end) for start, end in neighbours if end - start > limit]
    wide = sorted(sorted(wide, key=lambda hole: hole[0] - hole[1])[:MOST_HOLES])
    return tuple(Hole(track.ms(start), track.ms(end)) for start, end in wide)
