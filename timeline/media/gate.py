"""What is let in: containers by their first bytes, codecs by name, and limits on all that a file can claim.

Nothing here needs an extra package, and nothing here reads more of a file than its first bytes. A container
is known by those bytes, never by its name, and its reader is forced: text that calls itself a video (a
playlist, say) could make a reader open other files.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from timeline.errors import MediaUnreadableError

VIDEO_CODECS = frozenset({"h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "libdav1d"})
AUDIO_CODECS = frozenset({"aac", "mp3", "mp3float", "opus", "vorbis"})
MAX_PICTURE_PX = 33_177_600
"""Pictures above 8K are refused."""
MAX_STREAMS = 16
MAX_FRAMES_PER_S = 240
"""More pictures than this in any one second are refused."""
MAX_LENGTH_MS = 86_400_000
"""A file whose streams reach over more than a day is refused."""

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
    head = _first_bytes(path)
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


def _first_bytes(path: Path) -> bytes:
    """Return the head of a plain file; a pipe or a device is refused without waiting for it."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return os.read(handle, 16)
        finally:
            os.close(handle)
        why = "it is not a plain file"
    except OSError as error:
        why = (error.strerror or str(error)).lower()
    except ValueError as error:  # a name that no system has
        why = str(error)
    raise MediaUnreadableError(
        f"{path}: cannot be opened: {why}; name a media file that can be read", reason="cannot be opened"
    )


def reader_options(demuxer: str) -> dict[str, str]:
    """Return what libavformat may do: read this file as *demuxer*, and look into codecs of the list only.

    To learn a pixel format, libavformat may decode a picture or two while it opens a file; the last two
    options hold for that as well.
    """
    return {
        "protocol_whitelist": "file",
        "format_whitelist": DEMUXERS[demuxer],
        "codec_whitelist": ",".join(sorted(VIDEO_CODECS | AUDIO_CODECS)),
        "max_pixels": str(4 * MAX_PICTURE_PX),  # a larger one has no size at all afterwards
    }


# The checks below do not know the file's name; whoever calls them puts it in front of the message.


def check_streams(count: int) -> None:
    """Raise `MediaUnreadableError` for a file of too many streams."""
    if count > MAX_STREAMS:
        raise MediaUnreadableError(f"{count} streams are more than {MAX_STREAMS}", reason="too many streams")


def check_codec(name: str, allowed: frozenset[str]) -> None:
    """Raise `MediaUnreadableError` for a codec that is not *allowed*."""
    if name not in allowed:
        raise MediaUnreadableError(
            f"codec {name or 'unknown'} is not allowed", reason=f"codec {name or 'unknown'}"
        )


def check_picture(width_px: int, height_px: int) -> None:
    """Raise `MediaUnreadableError` for a picture of too many pixels."""
    if width_px * height_px > MAX_PICTURE_PX:
        raise MediaUnreadableError(
            f"a picture of {width_px}x{height_px} is too large", reason="picture too large"
        )


def check_rate(frames_per_s: int) -> None:
    """Raise `MediaUnreadableError` for too many pictures in a second."""
    if frames_per_s > MAX_FRAMES_PER_S:
        raise MediaUnreadableError(
            f"{frames_per_s} pictures in one second are more than {MAX_FRAMES_PER_S}",
            reason="too many pictures",
        )


def check_index(samples: int, size_bytes: int) -> None:
    """Raise `MediaUnreadableError` for an index that claims more packets than the file has bytes."""
    if samples > size_bytes:
        raise MediaUnreadableError(
            f"its index claims {samples} packets, and it has {size_bytes} bytes", reason="file is damaged"
        )


def check_length(length_ms: int) -> None:
    """Raise `MediaUnreadableError` for a file of more than a day."""
    if length_ms > MAX_LENGTH_MS:
        raise MediaUnreadableError("it reaches over more than 24 hours", reason="longer than 24 hours")
