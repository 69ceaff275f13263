"""The size of pictures as their own headers say it, without decoding: H.264, H.265, VP8 and VP9.

A camera that is recorded on the fly changes its size on the way. The container keeps the first size; the new
one is in a parameter set before a key frame, or in the key frame's first bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

HEAD_BYTES = 4096
"""All that is looked at is in so many first bytes of a packet."""

_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 144, 244})
_START_CODE = b"\x00\x00\x01"


class Size(NamedTuple):
    """Width and height of what is shown of a coded picture, px."""

    width_px: int
    height_px: int


def size_in_packet(codec: str, data: bytes, extradata: bytes) -> Size | None:
    """Return the size that the head of a key frame tells; None where it tells none.

    Args:
        codec: Its name in ffmpeg.
        data: The packet, or its first `HEAD_BYTES`.
        extradata: What the container says of the codec: whether lengths or start codes part the units.
    """
    try:
        if codec in ("h264", "hevc"):
            return _first_size(codec, _units(codec, data, extradata))
        if codec == "vp8":
            return _vp8_size(data)
        if codec == "vp9":
            return _vp9_size(_Bits(data))
    except IndexError:  # it ends in the middle
        pass
    return None


def size_in_extradata(codec: str, extradata: bytes) -> Size | None:
    """Return the size that the container's codec header tells; None where it tells none."""
    try:
        if codec == "h264" and extradata[:1] == b"\x01":
            return _first_size(codec, _counted_units(extradata, 6, extradata[5] & 31))
        if codec == "hevc" and extradata[:1] == b"\x01":
            units: list[bytes] = []
            at = 23
            for _ in range(extradata[22]):
                count = int.from_bytes(extradata[at + 1 : at + 3], "big")
                found = list(_counted_units(extradata, at + 3, count))
                units += found
                at += 3 + sum(2 + len(unit) for unit in found)
            return _first_size(codec, iter(units))
    except IndexError:
        return None
    return size_in_packet(codec, extradata, b"") if codec in ("h264", "hevc") else None


def _counted_units(data: bytes, at: int, count: int) -> Iterator[bytes]:
    for _ in range(count):
        length = int.from_bytes(data[at : at + 2], "big")
        yield data[at + 2 : at + 2 + length]
        at += 2 + length


def _units(codec: str, data: bytes, extradata: bytes) -> Iterator[bytes]:
    """Yield the units of a packet: behind lengths where the container says so, else behind start codes."""
    if extradata[:1] != b"\x01":
        yield from (part for part in data.split(_START_CODE)[1:])
        return
    width = (extradata[4 if codec == "h264" else 21] & 3) + 1
    at = 0
    while at + width < len(data):
        length = int.from_bytes(data[at : at + width], "big")
        yield data[at + width : at + width + length]
        at += width + length


def _first_size(codec: str, units: Iterator[bytes]) -> Size | None:
    for unit in units:
        if codec == "h264" and unit and unit[0] & 31 == 7:
            return _h264_size(_Bits(_plain(unit[1:])))
        if codec == "hevc" and unit and unit[0] >> 1 & 63 == 33:
            return _hevc_size(_Bits(_plain(unit[2:])))
    return None


def _plain(unit: bytes) -> bytes:
    """Return a unit without the bytes that keep start codes out of it."""
    return unit[:1024].replace(b"\x00\x00\x03", b"\x00\x00")


def _h264_size(bits: _Bits) -> Size | None:
    profile = bits.take(8)
    bits.take(16)
    bits.unsigned()  # number of the parameter set
    chroma, is_split = 1, 0
    if profile in _WITH_CHROMA:
        chroma = bits.unsigned()
        is_split = bits.take(1) if chroma == 3 else 0
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            for number in range(12 if chroma == 3 else 8):
                if bits.take(1):
                    bits.skip_scaling_list(16 if number < 6 else 64)
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.take(1)
        bits.unsigned()
        bits.unsigned()
        for _ in range(min(bits.unsigned(), 255)):
            bits.unsigned()
    bits.unsigned()
    bits.take(1)
    width, height = 16 * (bits.unsigned() + 1), 16 * (bits.unsigned() + 1)
    is_whole = bits.take(1)
    height *= 2 - is_whole
    if not is_whole:
        bits.take(1)
    bits.take(1)
    across = 2 if chroma in (1, 2) and not is_split else 1
    down = (2 if chroma == 1 and not is_split else 1) * (2 - is_whole)
    return _cropped(bits, width, height, across, down)


def _hevc_size(bits: _Bits) -> Size | None:
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)  # profile, tier and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.unsigned()
    chroma = bits.unsigned()
    if chroma == 3:
        bits.take(1)
    width, height = bits.unsigned(), bits.unsigned()
    return _cropped(bits, width, height, 2 if chroma in (1, 2) else 1, 2 if chroma == 1 else 1)


def _cropped(bits: _Bits, width: int, height: int, across: int, down: int) -> Size | None:
    if bits.take(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width, height = width - across * (left + right), height - down * (top + bottom)
    return Size(width, height) if 0 < width <= 65536 and 0 < height <= 65536 else None


def _vp8_size(data: bytes) -> Size | None:
    if data[0] & 1 or data[3:6] != b"\x9d\x01\x2a" or len(data) < 10:
        return None
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return Size(width, height)


def _vp9_size(bits: _Bits) -> Size | None:
    if bits.take(2) != 2:
        return None
    profile = bits.take(1) | bits.take(1) << 1
    if profile == 3:
        bits.take(1)
    if bits.take(1) or bits.take(1):  # shows another frame again, or is no key frame
        return None
    bits.take(2)
    if bits.take(24) != 0x498342:
        return None
    if profile >= 2:
        bits.take(1)
    if bits.take(3) != 7:
        bits.take(4 if profile & 1 else 1)  # full range; subsampling and a reserved bit
    elif profile & 1:
        bits.take(1)
    return Size(bits.take(16) + 1, bits.take(16) + 1)


class _Bits:
    """Reads bits from the highest on; raises IndexError at the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:1024], "big")
        self._left = 8 * len(data[:1024])

    def take(self, count: int) -> int:
        if count > self._left:
            raise IndexError("no more bits")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Take an Exp-Golomb number."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise IndexError("no such number")
        return (1 << zeros) - 1 + self.take(zeros)

    def skip_scaling_list(self, count: int) -> None:
        """Pass over a list of differences of H.264."""
        last = following = 8
        for _ in range(count):
            if following:
                code = self.unsigned()
                following = (last + (code + 1) // 2 * (1 if code & 1 else -1)) % 256
            last = following or last
