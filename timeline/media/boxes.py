"""What a container says of itself and PyAV does not: how a picture is turned, and whether its end is missing.

Only the boxes of an mp4 or a webm are read, in a few small steps; nothing that they hold. All lengths come
from strangers: none is believed beyond the file's own size, and the number of steps is bounded.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from timeline.units import seconds_to_ms

_MOST_STEPS = 20_000
_MOST_TAGS = 1_000_000
_UNKNOWN = -1

_SEGMENT, _CLUSTER, _TRACKS = 0x18538067, 0x1F43B675, 0x1654AE6B
_TRACK_ENTRY, _TRACK_TYPE, _VIDEO, _PROJECTION, _ROLL = 0xAE, 0x83, 0xE0, 0x7670, 0x7675


class Structure(NamedTuple):
    """What the boxes of a file say.

    Attributes:
        is_cut_short: A box reaches over the end of the file.
        turns: How far players turn a picture clockwise, in degrees, by the number of its track; 0 is the
            first video track of a webm, which has no such numbers.
        duration_ms: The length in the header of an mp4; 0 where it tells none, and for others.
        most_samples: The largest number of packets that an index of an mp4 claims; 0 for others.
    """

    is_cut_short: bool
    turns: dict[int, int]
    duration_ms: int = 0
    most_samples: int = 0


class _Box(NamedTuple):
    """One box or element: its kind, where its content begins, and where it ends or should end."""

    kind: int
    start: int
    end: int


def _code(name: str) -> int:
    return int.from_bytes(name.encode(), "big")


_TOP_KINDS = frozenset(map(_code, ("ftyp", "moov", "mdat", "moof", "free", "skip", "wide", "mfra", "uuid")))
_SAMPLE_COUNTS = [
    (tuple(map(_code, path.split("/"))), count_at)
    for path, count_at in (
        ("moov/trak/mdia/minf/stbl/stsz", 8),
        ("moov/trak/mdia/minf/stbl/stz2", 8),
        ("moof/traf/trun", 4),
    )
]
"""Where boxes are that hold a number of packets, and where in them it stands."""


def read_structure(file: BinaryIO, demuxer: str, size_bytes: int) -> Structure:
    """Return what the boxes of a *file* of *size_bytes* say; mp3 and flv have counts."""
    steps = iter(range(_MOST_STEPS))
    if demuxer == "mov":
        return _read_mov(file, size_bytes, steps)
    if demuxer == "matroska":
        return _read_matroska(file, size_bytes, steps)
    if demuxer == "mp3":
        return Structure(_mp3_end(file) > size_bytes, {})
    return Structure(_is_flv_cut(file, size_bytes), {})


def _read_mov(file: BinaryIO, size_bytes: int, steps: Iterator[int]) -> Structure:
    end, turns, movie_turn, duration_ms, samples = 0, {}, 0, 0, 0

    def inside(box: _Box) -> Iterator[_Box]:
        return _boxes(file, box.start, min(box.end, size_bytes), steps)

    for top in _boxes(file, 0, size_bytes, steps):
        if top.end > size_bytes and top.kind not in _TOP_KINDS:
            break  # what somebody appended is no box
        end = max(end, top.end)
        for path, count_at in _SAMPLE_COUNTS:
            for box in _at(path, top, inside):
                samples = max(samples, int.from_bytes(_read(file, box, count_at + 4)[count_at:], "big"))
        for inner in inside(top) if top.kind == _code("moov") else ():
            if inner.kind == _code("mvhd"):
                header = _read(file, inner, 120)
                movie_turn, duration_ms = _mov_turn(header, 4)[1], _movie_ms(header)
            for box in inside(inner) if inner.kind == _code("trak") else ():
                if box.kind == _code("tkhd"):
                    track, degrees = _mov_turn(_read(file, box, 120), 8)
                    turns[track] = degrees
    return Structure(
        end > size_bytes,
        {track: (turn + movie_turn) % 360 for track, turn in turns.items()},
        duration_ms,
        samples,
    )


def _at(path: tuple[int, ...], box: _Box, inside: Callable[[_Box], Iterator[_Box]]) -> Iterator[_Box]:
    """Yield the boxes at *path*, which begins with the kind of *box*."""
    if box.kind == path[0]:
        if len(path) == 1:
            yield box
        else:
            for inner in inside(box):
                yield from _at(path[1:], inner, inside)


def _mov_turn(header: bytes, between: int) -> tuple[int, int]:
    """Return (track number, degrees) of a tkhd or mvhd.

    Both hold two dates, a track number or a time scale (with what follows it *between* 4 and 8 bytes), a
    duration, and 16 bytes of small fields before the matrix.
    """
    wide = header[:1] == b"\x01"
    track_at = 20 if wide else 12
    matrix_at = track_at + between + (8 if wide else 4) + 16
    if len(header) < matrix_at + 20:
        return 0, 0
    (track,) = struct.unpack_from(">I", header, track_at)
    across, down, _, back, up = struct.unpack_from(">5i", header, matrix_at)
    degrees = _quarter_turns(math.degrees(math.atan2(down, across)))
    is_mirrored = across * up < down * back
    return track, degrees % 180 if is_mirrored else degrees


def _movie_ms(header: bytes) -> int:
    """Return the length that an mvhd tells; 0 where it is left open."""
    layout, at = (">IQ", 20) if header[:1] == b"\x01" else (">II", 12)
    if len(header) < at + struct.calcsize(layout):
        return 0
    scale, duration = struct.unpack_from(layout, header, at)
    is_open = duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return 0 if is_open or not scale else seconds_to_ms(Fraction(duration, scale))


def _boxes(file: BinaryIO, start: int, end: int, steps: Iterator[int]) -> Iterator[_Box]:
    """Walk over the boxes of an mp4 between two places of the file."""
    at = start
    while at + 8 <= end and next(steps, None) is not None:
        header = _read_at(file, at, 16)
        length, kind = struct.unpack_from(">2I", header)
        length_of_header = 8
        if length == 1:
            if len(header) < 16:
                return
            (length,), length_of_header = struct.unpack_from(">Q", header, 8), 16
        elif length == 0:
            length = end - at
        if length < length_of_header:
            return
        yield _Box(kind, at + length_of_header, at + length)
        at += length


def _read_matroska(file: BinaryIO, size_bytes: int, steps: Iterator[int]) -> Structure:
    for top in _elements(file, 0, size_bytes, steps):
        if top.kind != _SEGMENT:
            continue
        turns: dict[int, int] = {}
        for part in _elements(file, top.start, size_bytes, steps):
            if part.kind == _CLUSTER:
                break
            if part.kind == _TRACKS:
                turns = {0: _matroska_turn(file, part, size_bytes, steps)}
        return Structure(top.end > size_bytes, turns)
    return Structure(False, {})


def _matroska_turn(file: BinaryIO, tracks: _Box, size_bytes: int, steps: Iterator[int]) -> int:
    """Return how far the first video track is turned."""

    def inside(box: _Box) -> Iterator[_Box]:
        return _elements(
            file, box.start, min(box.end, size_bytes) if box.end != _UNKNOWN else size_bytes, steps
        )

    for track in inside(tracks):
        fields = list(inside(track)) if track.kind == _TRACK_ENTRY else []
        if not any(field.kind == _TRACK_TYPE and _read(file, field, 8)[-1:] == b"\x01" for field in fields):
            continue
        for video in (field for field in fields if field.kind == _VIDEO):
            for projection in (field for field in inside(video) if field.kind == _PROJECTION):
                for roll in (field for field in inside(projection) if field.kind == _ROLL):
                    return _quarter_turns(-_float(_read(file, roll, 8)))
        return 0
    return 0


def _is_flv_cut(file: BinaryIO, size_bytes: int) -> bool:
    """Return whether the last tag of an flv is there in part only; behind a whole one is its length."""
    last = int.from_bytes(_read_at(file, max(0, size_bytes - 4), 4), "big")
    at = size_bytes - 4 - last
    if last >= 11 and at >= 13 and int.from_bytes(_read_at(file, at + 1, 3), "big") == last - 11:
        return False
    at = 13
    for _ in range(_MOST_TAGS):
        tag = _read_at(file, at, 11)
        if len(tag) < 11:
            return len(tag) > 0
        at += 11 + int.from_bytes(tag[1:4], "big") + 4
        if at > size_bytes:
            return at - 4 != size_bytes  # some leave out the last length
    return False


def _mp3_end(file: BinaryIO) -> int:
    """Return where the first frame of an mp3 says that the sound ends; 0 where it does not say so."""
    tag = _read_at(file, 0, 10)
    at = 0
    if tag.startswith(b"ID3") and len(tag) == 10:
        at = 10 + sum((byte & 127) << 7 * place for place, byte in enumerate(reversed(tag[6:])))
    frame = _read_at(file, at, 200)
    mark = max(frame.find(b"Xing"), frame.find(b"Info"))
    if mark < 0 or len(frame) < mark + 16:
        return 0
    flags, frames, count = struct.unpack_from(">3I", frame, mark + 4)
    if not flags & 2:
        return 0
    return at + int(count if flags & 1 else frames)


def _elements(file: BinaryIO, start: int, end: int, steps: Iterator[int]) -> Iterator[_Box]:
    """Walk over the elements of a webm between two places; one of unknown length is the last."""
    at = start
    while at + 2 <= end and next(steps, None) is not None:
        head = _read_at(file, at, 12)
        kind_length = 9 - head[0].bit_length()
        if kind_length > 4 or len(head) <= kind_length:
            return
        size_length = 9 - head[kind_length].bit_length()
        if size_length > 8 or len(head) < kind_length + size_length:
            return
        digits = int.from_bytes(head[kind_length : kind_length + size_length], "big")
        length = digits & ((1 << 7 * size_length) - 1)
        content = at + kind_length + size_length
        is_unknown = length == (1 << 7 * size_length) - 1
        at = content + length
        yield _Box(int.from_bytes(head[:kind_length], "big"), content, _UNKNOWN if is_unknown else at)
        if is_unknown:
            return


def _quarter_turns(degrees: float) -> int:
    return round(degrees / 90) % 4 * 90 if math.isfinite(degrees) else 0


def _float(data: bytes) -> float:
    if len(data) not in (4, 8):
        return 0.0
    (value,) = struct.unpack(">f" if len(data) == 4 else ">d", data)
    return float(value)


def _read(file: BinaryIO, box: _Box, most: int) -> bytes:
    return _read_at(file, box.start, max(0, min(most, box.end - box.start)))


def _read_at(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)
