"""The boxes of a container: what they say of a file, and that nothing they say is believed too far."""

from __future__ import annotations

import io
import random
import struct

import pytest

from timeline.media.boxes import Structure, read_structure


def box(kind: bytes, content: bytes = b"", claimed: int | None = None) -> bytes:
    """Return an mp4 box; *claimed* is the length that it tells, if not its own."""
    return struct.pack(">I4s", 8 + len(content) if claimed is None else claimed, kind) + content


def wide_box(kind: bytes, content: bytes, claimed: int) -> bytes:
    return struct.pack(">I4sQ", 1, kind, claimed) + content


def structure(data: bytes, demuxer: str = "mov") -> Structure:
    return read_structure(io.BytesIO(data), demuxer, len(data))


MVHD = box(b"mvhd", struct.pack(">6I", 0, 0, 0, 1000, 2500, 0x10000) + bytes(80))
WHOLE = (
    box(b"ftyp", b"isom")
    + box(b"moov", MVHD + box(b"trak", box(b"tkhd", bytes(84))))
    + box(b"mdat", b"x" * 9)
)


def test_a_whole_file() -> None:
    assert structure(WHOLE) == Structure(False, {0: 0}, duration_ms=2500)


def test_a_box_that_claims_more_than_the_file_holds() -> None:
    assert structure(WHOLE[:-1]).is_cut_short
    assert structure(box(b"moov", MVHD, claimed=4000)).is_cut_short


def test_a_box_inside_that_claims_more_than_the_file_holds() -> None:
    """What follows it is not there to be read (struct.error once)."""
    track = box(b"trak", box(b"tkhd", bytes(84)), claimed=4000)
    assert structure(box(b"moov", MVHD + track, claimed=4000)) == Structure(True, {0: 0}, duration_ms=2500)


@pytest.mark.parametrize("claimed", [15, 2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_length_of_eight_bytes_leads_nowhere(claimed: int) -> None:
    inside = wide_box(b"trak", wide_box(b"free", b"", claimed) + bytes(40), 2**64 - 1)
    assert structure(box(b"moov", MVHD + inside)).duration_ms == 2500


def test_a_header_of_half_a_length() -> None:
    assert structure(WHOLE + struct.pack(">I4sI", 1, b"free", 0)) == structure(WHOLE)


@pytest.mark.parametrize("demuxer", ["mov", "matroska", "flv", "mp3"])
@pytest.mark.parametrize("seed", range(50))
def test_bytes_changed_anywhere_end_in_an_answer(demuxer: str, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray({"mov": WHOLE, "matroska": WEBM, "flv": FLV, "mp3": MP3}[demuxer])
    for _ in range(chance.randrange(1, 9)):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 8, 127, 128, 255])
    data = data[: chance.choice([len(data), chance.randrange(len(data))])]
    assert isinstance(structure(bytes(data), demuxer), Structure)


EBML = bytes.fromhex("1a45dfa3 80")
VIDEO_TRACK = (
    bytes.fromhex("ae 91 83 81 01 e0 8c 7670 89 7675 84") + struct.pack(">f", 90.0) + b"\xec\x81\x00"
)
TRACKS = bytes.fromhex("1654ae6b") + bytes([0x80 | len(VIDEO_TRACK)]) + VIDEO_TRACK
WEBM = (
    EBML
    + bytes.fromhex("18538067")
    + bytes([0x80 | (len(TRACKS) + 5)])
    + TRACKS
    + bytes.fromhex("1f43b675 80")
)
FLV_TAG = b"\x09\x00\x00\x04" + bytes(7) + b"abcd"
FLV = b"FLV\x01\x05\x00\x00\x00\x09" + bytes(4) + (FLV_TAG + struct.pack(">I", len(FLV_TAG))) * 3
MP3 = b"\xff\xfb\x90\x00" + bytes(32) + b"Xing" + struct.pack(">3I", 3, 1, 144) + bytes(92)


def test_a_webm_that_is_turned() -> None:
    assert structure(WEBM, "matroska") == Structure(False, {0: 270})


def test_a_webm_cut_short() -> None:
    assert structure(WEBM[:-1], "matroska").is_cut_short


@pytest.mark.parametrize(("data", "is_cut_short"), [(FLV, False), (FLV[:-4], False), (FLV[:-6], True)])
def test_an_flv_may_leave_out_only_its_last_length(data: bytes, is_cut_short: bool) -> None:
    assert structure(data, "flv").is_cut_short == is_cut_short


@pytest.mark.parametrize(("data", "is_cut_short"), [(MP3, False), (MP3[:-1], True)])
def test_an_mp3_tells_its_bytes(data: bytes, is_cut_short: bool) -> None:
    assert structure(data, "mp3").is_cut_short == is_cut_short


def index(kind: bytes, count: int) -> bytes:
    """Return an mp4 whose index claims so many packets."""
    if kind == b"trun":
        return box(b"moof", box(b"traf", box(kind, struct.pack(">2I", 0, count))))
    table = box(kind, struct.pack(">3I", 0, 1, count))
    return box(b"moov", MVHD + box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table)))))


@pytest.mark.parametrize("kind", [b"stsz", b"stz2", b"trun"])
def test_the_number_of_packets_that_an_index_claims(kind: bytes) -> None:
    """80 million of them fit into 12 bytes, and take 3 GB to unpack."""
    assert structure(index(kind, 80_000_000)).most_samples == 80_000_000
    assert structure(index(kind, 80_000_000) + WHOLE + index(kind, 3)).most_samples == 80_000_000


def test_text_behind_a_file_is_no_box() -> None:
    """Some servers append a line."""
    assert not structure(WHOLE + b"and some text behind").is_cut_short


def test_a_mirrored_picture_is_not_turned() -> None:
    def turns(across: int, down: int, back: int, up: int) -> dict[int, int]:
        matrix = struct.pack(">9i", across, down, 0, back, up, 0, 0, 0, 1 << 30)
        header = struct.pack(">5I", 0, 0, 0, 1, 0) + bytes(20) + matrix + bytes(8)
        return structure(box(b"moov", box(b"trak", box(b"tkhd", header)))).turns

    one = 1 << 16
    assert turns(one, 0, 0, one) == {1: 0}
    assert turns(-one, 0, 0, -one) == {1: 180}
    assert turns(0, one, -one, 0) == {1: 90}
    assert turns(-one, 0, 0, one) == {1: 0}
    assert turns(0, one, one, 0) == {1: 90}
