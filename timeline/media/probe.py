"""What a local file really holds, read by PyAV: one scan of the packets, nothing is decoded.

The container is known by its first bytes, never by its name, and its reader is forced: text that calls itself
a video (a playlist, say) could make a reader open other files.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from timeline.errors import MediaUnreadableError
from timeline.extras import needs_extra
from timeline.units import seconds_to_ms

with needs_extra("media"):
    import av
    import av.error
    from av.container import InputContainer
    from av.stream import Stream

VIDEO_CODECS = frozenset({"h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "libdav1d"})
AUDIO_CODECS = frozenset({"aac", "mp3", "mp3float", "opus", "vorbis"})
MAX_PICTURE_PX = 33_177_600
"""Pictures above 8K are refused."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """The first video stream of a file.

    Attributes:
        codec: Its name in ffmpeg.
        width_px: As coded at the start; may change on the way.
        height_px: As coded at the start.
        sample_aspect: Width of a pixel over its height.
        frame_rate: On average, frames per second; 0 where unknown.
        start_ms: First pts, ms on the media clock.
        last_ms: Last pts.
        end_ms: End of the last frame.
    """

    codec: str
    width_px: int
    height_px: int
    sample_aspect: Fraction
    frame_rate: Fraction
    start_ms: int
    last_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """The first audio stream of a file: its name in ffmpeg, and its span on the media clock."""

    codec: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What is in a local file.

    Attributes:
        path: The file.
        demuxer: The reader to force, one of those in `DEMUXERS`.
        origin_ms: Media time of the earliest stream: ffmpeg's readers count from here.
        picture: None where there is no picture.
        sound: None where there is no sound.
    """

    path: Path
    demuxer: str
    origin_ms: int
    picture: PictureFacts | None
    sound: SoundFacts | None


# PyAV before 19 raises UnicodeDecodeError on odd metadata unless told not to; later ones know no such option.
TOLERANT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}

DEMUXERS = {
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska": "matroska,webm",
    "flv": "flv",
    "mp3": "mp3",
}
"""Readers that are ever used, with their full names for a whitelist."""


def sniff_demuxer(path: Path) -> str:
    """Return the reader for *path* by its first bytes.

    Raises:
        MediaUnreadableError: It cannot be opened, is empty, or is no container that is read here.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise MediaUnreadableError(
            f"{path}: cannot be opened: {error.strerror}", reason="cannot be opened"
        ) from error
    if not head:
        raise MediaUnreadableError(f"{path}: is empty; fetch it again", reason="file is empty")
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if head.startswith(b"ID3") or (head[0] == 0xFF and len(head) > 1 and head[1] & 0xE6 == 0xE2):
        return "mp3"
    raise MediaUnreadableError(
        f"{path}: is neither mp4, webm, flv nor mp3; fetch it again or leave it out", reason="not a video"
    )


def probe_media(path: Path) -> MediaFacts:
    """Return the facts of a local file.

    A file that breaks off is not refused: its streams end where the last whole packet ends.

    Raises:
        MediaUnreadableError: It is not usable media; the error's ``reason`` fits on a slate.
    """
    demuxer = sniff_demuxer(path)
    try:
        with av.open(
            f"file:{path.resolve()}",
            format=demuxer,
            options={"protocol_whitelist": "file"},
            **TOLERANT,
        ) as container:
            return _read_facts(path, demuxer, container)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        if isinstance(error, MediaUnreadableError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaUnreadableError(
            f"{path}: cannot be read as {demuxer}: {reason.lower()}; it is damaged or cut short",
            reason="file is damaged",
        ) from error


def _read_facts(path: Path, demuxer: str, container: InputContainer) -> MediaFacts:
    video = next((s for s in container.streams.video if not _is_cover(s)), None)
    audio = next(iter(container.streams.audio), None)
    for stream, allowed in ((video, VIDEO_CODECS), (audio, AUDIO_CODECS)):
        codec = stream.codec_context if stream is not None else None
        if stream is not None and (codec is None or codec.name not in allowed):
            name = codec.name if codec is not None else "unknown"
            raise MediaUnreadableError(f"{path}: codec {name} is not allowed", reason=f"codec {name}")
    if video is not None and video.width * video.height > MAX_PICTURE_PX:
        raise MediaUnreadableError(
            f"{path}: a picture of {video.width}x{video.height} is too large", reason="picture too large"
        )
    spans = _scan(container, [stream for stream in (video, audio) if stream is not None])
    picture = sound = None
    if video is not None and video.index in spans and video.width and video.height:
        picture = PictureFacts(
            codec=video.codec_context.name,
            width_px=video.width,
            height_px=video.height,
            sample_aspect=video.sample_aspect_ratio or Fraction(1),
            frame_rate=video.average_rate or Fraction(0),
            start_ms=spans[video.index].start_ms,
            last_ms=spans[video.index].last_ms,
            end_ms=spans[video.index].end_ms,
        )
    if audio is not None and audio.index in spans:
        span = spans[audio.index]
        sound = SoundFacts(audio.codec_context.name, span.start_ms, span.end_ms)
    if picture is None and sound is None:
        raise MediaUnreadableError(
            f"{path}: holds neither picture nor sound; fetch it again", reason="no picture, no sound"
        )
    origin_ms = seconds_to_ms(Fraction(container.start_time or 0, av.time_base))
    return MediaFacts(path, demuxer, origin_ms, picture, sound)


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


class _StreamSpan(NamedTuple):
    """Of one stream, on the media clock: first pts, last pts, and the end of what is shown last."""

    start_ms: int
    last_ms: int
    end_ms: int


def _scan(container: InputContainer, streams: list[Stream]) -> dict[int, _StreamSpan]:
    """Return the span of each stream that has packets, by its index; one pass over the packets."""
    seen: dict[int, tuple[Fraction, Fraction, Fraction]] = {}
    try:
        for packet in container.demux(streams):
            if packet.pts is None or packet.is_corrupt:
                continue
            base = packet.time_base or Fraction(1, 1000)
            begin, end = packet.pts * base, (packet.pts + (packet.duration or 0)) * base
            first, last, reach = seen.get(packet.stream.index, (begin, begin, end))
            seen[packet.stream.index] = (min(first, begin), max(last, begin), max(reach, end))
    except av.error.FFmpegError:
        pass  # it breaks off here; what came before is whole
    return {index: _StreamSpan(*map(seconds_to_ms, span)) for index, span in seen.items()}
