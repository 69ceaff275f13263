"""What a local file really holds."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.conftest import Studio
from timeline.errors import MediaUnreadableError
from timeline.media.probe import DEMUXERS, MediaFacts, probe_media, sniff_demuxer


def through(ffmpeg: Path, source: Path, target: Path, *options: str) -> Path:
    """Write *source* through ffmpeg to *target*."""
    command = [str(ffmpeg), "-nostdin", "-v", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def refused(path: Path) -> str:
    """The reason for which a file is refused."""
    with pytest.raises(MediaUnreadableError) as caught:
        probe_media(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert 0 < len(caught.value.reason) <= 40
    return caught.value.reason


@pytest.fixture
def healthy(studio: Studio) -> Path:
    """Three seconds of 320x240 at 15, with sound."""
    return studio.file(duration_ms=3000, code=1)


def test_a_healthy_file(healthy: Path) -> None:
    """Codecs, size, rate, and the spans of both streams."""
    facts = probe_media(healthy)
    assert facts.demuxer == "mov"
    assert facts.origin_ms == 0
    assert facts.picture is not None
    assert facts.sound is not None
    assert (facts.picture.codec, facts.picture.width_px, facts.picture.height_px) == ("h264", 320, 240)
    assert facts.picture.sample_aspect == 1
    assert facts.picture.frame_rate == pytest.approx(15, rel=0.01)
    assert [facts.picture.start_ms, facts.picture.end_ms] == pytest.approx([0, 3000], abs=1)
    assert [facts.sound.start_ms, facts.sound.end_ms] == pytest.approx([0, 3000], abs=22)


def test_a_file_without_sound_and_one_without_picture(
    studio: Studio, real_ffmpeg: Path, tmp_path: Path
) -> None:
    """None stands for what is not there."""
    silent = probe_media(studio.file(duration_ms=1000, code=1, sound=False))
    assert silent.sound is None
    assert silent.picture is not None
    heard = through(
        real_ffmpeg, studio.file(duration_ms=1000, code=1), tmp_path / "a.m4a", "-vn", "-c", "copy"
    )
    facts = probe_media(heard)
    assert facts.picture is None
    assert facts.sound is not None


def test_a_late_first_picture_is_seen(studio: Studio) -> None:
    """Media time counts from the file's own zero."""
    facts = probe_media(studio.file(duration_ms=2000, code=1, first_picture_ms=400))
    assert facts.picture is not None
    assert (facts.origin_ms, facts.picture.start_ms) == (0, 400)


@pytest.mark.parametrize(
    ("suffix", "demuxer"), [("mkv", "matroska"), ("flv", "flv"), ("mov", "mov"), ("mp3", "mp3")]
)
def test_a_container_is_known_by_its_bytes(
    healthy: Path, real_ffmpeg: Path, tmp_path: Path, suffix: str, demuxer: str
) -> None:
    """Whatever it is called."""
    options = ["-vn", "-c:a", "libmp3lame"] if suffix == "mp3" else ["-c", "copy"]
    made = through(real_ffmpeg, healthy, tmp_path / f"a.{suffix}", *options)
    path = made.rename(tmp_path / "called.mp4")
    facts = probe_media(path)
    assert facts.demuxer == demuxer
    assert facts.demuxer in DEMUXERS
    stream = facts.picture or facts.sound
    assert stream is not None
    assert stream.end_ms == pytest.approx(3000, abs=80)


def test_pixels_that_are_not_square(healthy: Path, real_ffmpeg: Path, tmp_path: Path) -> None:
    """Their aspect is a fraction."""
    wide = through(
        real_ffmpeg,
        healthy,
        tmp_path / "a.mp4",
        "-c",
        "copy",
        "-bsf:v",
        "h264_metadata=sample_aspect_ratio=4/3",
    )
    picture = probe_media(wide).picture
    assert picture is not None
    assert picture.sample_aspect == Fraction(4, 3)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """It says so."""
    (tmp_path / "a.mp4").touch()
    assert refused(tmp_path / "a.mp4") == "file is empty"


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """One that is gone, and a folder."""
    assert refused(tmp_path / "gone.mp4") == "cannot be opened"
    assert refused(tmp_path) == "cannot be opened"


@pytest.mark.parametrize(
    "text",
    [
        "<!doctype html><html><body>404 not found</body></html>",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nsibling.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile sibling.mp4\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 19000 RTP/AVP 96\n",
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "{}", "\x00" * 64, "GIF89a" + "\x00" * 40, "RIFF\x10\x00\x00\x00AVI LIST",
    ],
)  # fmt: skip
def test_what_is_no_container_is_refused_by_its_first_bytes(tmp_path: Path, text: str, healthy: Path) -> None:
    """Playlists and pages that call themselves a video open no other file."""
    (tmp_path / "sibling.mp4").write_bytes(healthy.read_bytes())
    path = tmp_path / "a.mp4"
    path.write_bytes(text.encode("latin-1"))
    assert refused(path) == "not a video"


def test_a_playlist_with_the_mark_of_a_container_opens_nothing(tmp_path: Path, healthy: Path) -> None:
    """Bytes 4 to 7 say mp4; the forced reader finds no movie."""
    (tmp_path / "sibling.mp4").write_bytes(healthy.read_bytes())
    path = tmp_path / "a.mp4"
    path.write_bytes(b"#EXTftypM3U\n#EXTINF:3,\nsibling.mp4\n#EXT-X-ENDLIST\n")
    assert refused(path) in ("file is damaged", "no picture, no sound")


def test_the_reader_is_forced_and_may_open_nothing_but_files(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first bytes say is all that is tried."""
    asked: list[dict[str, Any]] = []
    real = av.open

    def spy(name: str, **options: Any) -> Any:
        asked.append({"name": name, **options})
        return real(name, **options)

    monkeypatch.setattr(av, "open", spy)
    probe_media(healthy)
    (call,) = asked
    assert call["name"] == f"file:{healthy}"
    assert call["format"] == "mov"
    assert call["options"] == {"protocol_whitelist": "file"}


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_file_cut_short_ends_where_its_last_whole_packet_ends(
    healthy: Path, real_ffmpeg: Path, tmp_path: Path, share: float
) -> None:
    """With its index in front it is usable up to there."""
    fast = through(real_ffmpeg, healthy, tmp_path / "fast.mp4", "-c", "copy", "-movflags", "+faststart")
    data = fast.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: int(len(data) * share)])
    picture = probe_media(cut).picture
    assert picture is not None
    assert 0 < picture.end_ms < 2950


@pytest.mark.parametrize("number", [3, 20, 41])
def test_a_packet_that_is_there_in_part_does_not_count(
    healthy: Path, real_ffmpeg: Path, tmp_path: Path, number: int
) -> None:
    """A file that breaks off inside of picture *number* ends with the one before it."""
    fast = through(real_ffmpeg, healthy, tmp_path / "fast.mp4", "-c", "copy", "-movflags", "+faststart")
    with av.open(str(fast)) as source:
        packet = [packet for packet in source.demux(video=0) if packet.pos][number]
        assert packet.pos is not None
        end = packet.pos + packet.size // 2
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(fast.read_bytes()[:end])
    picture = probe_media(cut).picture
    assert picture is not None
    assert picture.end_ms == pytest.approx(number * 1000 / 15, abs=1)


def test_a_file_cut_short_whose_index_is_at_its_end_is_refused(healthy: Path, tmp_path: Path) -> None:
    """Nothing in it can be found."""
    data = healthy.read_bytes()
    assert data.find(b"moov") > len(data) // 2
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    assert refused(cut) == "file is damaged"


def test_a_codec_that_is_not_allowed_is_refused(healthy: Path, real_ffmpeg: Path, tmp_path: Path) -> None:
    """Only the common ones are ever decoded."""
    odd = through(real_ffmpeg, healthy, tmp_path / "a.mov", "-c:v", "mjpeg", "-an")
    assert refused(odd) == "codec mjpeg"


def test_a_cover_picture_is_no_video(healthy: Path, real_ffmpeg: Path, tmp_path: Path) -> None:
    """A sound file with a cover has no picture."""
    still = through(real_ffmpeg, healthy, tmp_path / "cover.jpg", "-frames:v", "1", "-update", "1")
    path = tmp_path / "a.mp3"
    command = [
        str(real_ffmpeg),
        "-nostdin",
        "-v",
        "error",
        "-i",
        str(healthy),
        "-i",
        str(still),
        "-map",
        "0:a",
    ]
    subprocess.run(
        [
            *command,
            "-map",
            "1:v",
            "-c:a",
            "libmp3lame",
            "-c:v",
            "copy",
            "-disposition:v",
            "attached_pic",
            str(path),
        ],
        check=True,
        capture_output=True,
    )
    facts = probe_media(path)
    assert facts.picture is None
    assert facts.sound is not None


@pytest.mark.parametrize("seed", range(60))
def test_damage_anywhere_gives_facts_or_one_error(healthy: Path, tmp_path: Path, seed: int) -> None:
    """Flipped bytes, cut ends, lost heads: nothing else is raised."""
    dice = random.Random(seed)
    data = bytearray(healthy.read_bytes())
    for _ in range(dice.choice([1, 20, 400])):
        data[dice.randrange(8, len(data))] = dice.randrange(256)
    if seed % 3 == 0:
        del data[dice.randrange(32, len(data)) :]
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with contextlib.suppress(MediaUnreadableError):
        assert isinstance(probe_media(path), MediaFacts)


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """What is no plain file is refused before it is opened, or is not found as media at all."""
    from tests.conftest import CAMERA, lesson_of, row
    from timeline.media.locate import locate_media

    os.mkfifo(tmp_path / "a.mp4")
    assert locate_media(lesson_of(row(CAMERA, "amy", 0, 9)), tmp_path).paths == {}


@pytest.mark.parametrize("head", [b"\x00", b"\xff", b"ID", b"abcdefg", b"\x1a\x45\xdf"])
def test_a_file_of_a_few_bytes_is_refused(tmp_path: Path, head: bytes) -> None:
    """Shorter than any mark."""
    path = tmp_path / "a.mp4"
    path.write_bytes(head)
    with pytest.raises(MediaUnreadableError):
        sniff_demuxer(path)
