"""What a local file really holds."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.conftest import Studio
from tests.hostile_media import claimed_duration
from tests.test_boxes import box, index
from timeline.errors import MediaUnreadableError
from timeline.media import scan
from timeline.media.facts import (
    Hole,
    MediaFacts,
    PictureFacts,
    SizeChange,
    SoundFacts,
    StreamFacts,
    from_json,
    to_json,
)
from timeline.media.gate import AUDIO_CODECS, DEMUXERS, VIDEO_CODECS
from timeline.media.probe import probe_media
from timeline.media.scan import read_facts
from timeline.media.sizes import size_in_extradata, size_in_packet


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
    read_facts(healthy, "mov")
    (call,) = asked
    assert call["name"] == f"file:{healthy}"
    assert call["format"] == "mov"
    assert call["options"]["protocol_whitelist"] == "file"
    assert call["options"]["format_whitelist"] == DEMUXERS["mov"]
    assert set(call["options"]["codec_whitelist"].split(",")) == VIDEO_CODECS | AUDIO_CODECS


def test_nothing_is_decoded_by_us(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pass over the packets is all."""
    passes: list[int] = []
    real = scan._scan

    def counted(*arguments: Any) -> Any:
        passes.append(1)
        return real(*arguments)

    monkeypatch.setattr(scan, "_scan", counted)
    read_facts(healthy, "mov")
    assert passes == [1]
    source = Path(scan.__file__).read_text()
    assert ".decode(" not in source
    assert source.count(".demux(") == 1


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


SOURCE = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=4"]
SINE = ["-f", "lavfi", "-i", "sine=duration=4"]


@pytest.fixture
def made(real_ffmpeg: Path, tmp_path: Path) -> Callable[..., MediaFacts]:
    """Encode 4 s of pictures (25 per second) with these options, and return the facts of the file."""

    def make(*options: str, inputs: list[str] = SOURCE, suffix: str = "mp4") -> MediaFacts:
        path = tmp_path / f"made.{suffix}"
        quick = [] if "-c" in options or "-c:v" in options else ["-preset", "ultrafast"]
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-y", *inputs, *quick, *options, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return probe_media(path)

    return make


Made = Callable[..., MediaFacts]


def picture_of(facts: MediaFacts) -> PictureFacts:
    assert facts.picture is not None
    return facts.picture


def sound_of(facts: MediaFacts) -> SoundFacts:
    assert facts.sound is not None
    return facts.sound


def test_all_facts_of_a_healthy_file(healthy: Path) -> None:
    """None of them is an alarm."""
    facts = probe_media(healthy)
    assert facts.streams == (StreamFacts("video", "h264"), StreamFacts("audio", "aac"))
    assert facts.header_duration_ms == pytest.approx(3000, abs=25)
    assert (facts.is_cut_short, facts.corrupt_packets) == (False, 0)
    picture, sound = picture_of(facts), sound_of(facts)
    assert (picture.rotation_degrees, picture.most_frames_per_s, picture.pixel_format) == (0, 15, "yuv420p")
    assert (picture.holes, picture.size_changes) == ((), ())
    assert picture.last_ms == pytest.approx(3000 - 1000 / 15, abs=1)
    assert (sound.channels, sound.sample_rate_hz, sound.holes) == (1, 48_000, ())


def test_key_frames(made: Made) -> None:
    """The longest stretch from one to the next, or to the end."""
    assert picture_of(made("-g", "10", "-sc_threshold", "0")).key_frame_gap_ms == 400
    assert picture_of(made("-g", "70", "-sc_threshold", "0")).key_frame_gap_ms == 2800
    assert picture_of(made("-g", "1000", "-sc_threshold", "0")).key_frame_gap_ms == 4000


def test_pictures_that_come_in_another_order_than_they_are_shown(made: Made) -> None:
    """B-frames: the first and the last are those that are shown first and last."""
    picture = picture_of(made("-preset", "veryfast", "-bf", "3", "-g", "50"))
    assert (picture.start_ms, picture.last_ms, picture.end_ms) == (0, 3960, 4000)
    assert (picture.holes, picture.most_frames_per_s, picture.key_frame_gap_ms) == ((), 25, 2000)


def test_a_varying_rate(made: Made) -> None:
    """Average and the busiest second differ."""
    picture = picture_of(made("-vf", "select='lt(t,1)+not(mod(n,5))'", "-fps_mode", "vfr"))
    assert picture.most_frames_per_s == 25
    assert picture.frame_rate == pytest.approx(40 / 3.84, rel=0.03)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_rotated_picture(
    healthy: Path, real_ffmpeg: Path, tmp_path: Path, degrees: int, suffix: str
) -> None:
    """The option counts against the clock, as players' matrices do; the fact counts with it."""
    turned = tmp_path / "turned.mp4"
    command = [str(real_ffmpeg), "-v", "error", "-display_rotation", str(degrees), "-i", str(healthy)]
    subprocess.run([*command, "-c", "copy", str(turned)], check=True, capture_output=True)
    if suffix == "mkv":
        turned = through(real_ffmpeg, turned, tmp_path / "turned.mkv", "-c", "copy")
    picture = picture_of(probe_media(turned))
    assert picture.rotation_degrees == -degrees % 360
    assert (picture.width_px, picture.height_px) == (320, 240)


def test_sound_that_begins_later_than_the_picture(made: Made) -> None:
    """Each stream keeps its own first time."""
    facts = made("-c:a", "aac", inputs=[*SOURCE, "-itsoffset", "0.7", *SINE])
    assert picture_of(facts).start_ms == 0
    assert sound_of(facts).start_ms == pytest.approx(700, abs=25)
    assert sound_of(facts).end_ms == pytest.approx(4700, abs=25)


def test_a_clip_that_was_cut_without_encoding_begins_with_what_is_shown(
    real_ffmpeg: Path, tmp_path: Path, made: Made
) -> None:
    """Pictures before the cut are in the file, and are never shown."""
    made("-g", "50", "-bf", "0")
    cut = tmp_path / "cut.mp4"
    command = [str(real_ffmpeg), "-v", "error", "-ss", "1.2", "-i", str(tmp_path / "made.mp4"), "-c", "copy"]
    subprocess.run([*command, str(cut)], check=True, capture_output=True)
    facts = probe_media(cut)
    assert (facts.origin_ms, picture_of(facts).start_ms) == (0, 0)
    assert picture_of(facts).end_ms == pytest.approx(2800, abs=41)
    assert not facts.is_cut_short


def test_webm_with_vp8_and_opus(made: Made) -> None:
    options = ["-c:v", "libvpx", "-b:v", "200k", "-deadline", "realtime", "-cpu-used", "8", "-ac", "2"]
    facts = made(*options, inputs=[*SOURCE, *SINE], suffix="webm")
    assert facts.demuxer == "matroska"
    assert facts.streams == (StreamFacts("video", "vp8"), StreamFacts("audio", "opus"))
    assert (sound_of(facts).channels, sound_of(facts).sample_rate_hz) == (2, 48_000)
    assert picture_of(facts).end_ms == pytest.approx(4000, abs=41)
    assert not facts.is_cut_short


def test_an_odd_size_and_whole_colour(made: Made) -> None:
    """Neither is an alarm."""
    inputs = ["-f", "lavfi", "-i", "testsrc=size=321x241:rate=25:duration=1"]
    picture = picture_of(made("-pix_fmt", "yuv444p", inputs=inputs))
    assert (picture.width_px, picture.height_px, picture.pixel_format) == (321, 241, "yuv444p")


def test_ten_bits(made: Made) -> None:
    assert picture_of(made("-pix_fmt", "yuv420p10le")).pixel_format == "yuv420p10le"


def test_a_hole_of_forty_seconds(made: Made) -> None:
    """From the last picture before it to the first one after it."""
    picture = picture_of(made("-vf", "setpts=PTS+gte(N\\,50)*40/TB", "-fps_mode", "passthrough"))
    assert picture.holes == (Hole(1960, 42_000),)
    assert picture.end_ms == 44_000
    assert picture.most_frames_per_s == 25


def test_a_hole_in_the_sound(made: Made) -> None:
    filters = ["-af", "asetpts=PTS+gte(T\\,2)*40/TB", "-c:a", "aac"]
    (hole,) = sound_of(made(*filters, inputs=[*SOURCE, *SINE], suffix="mkv")).holes
    assert hole.end_ms - hole.start_ms == pytest.approx(40_000, abs=60)
    assert hole.start_ms == pytest.approx(2000, abs=60)


def test_the_longest_holes_are_kept(real_ffmpeg: Path, made: Made) -> None:
    """Of 119 small ones and a large one, the large one and 99 others, in order of time."""
    inputs = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=12"]
    filters = ["-vf", "setpts=N*2/TB+gte(N\\,119)*30/TB", "-fps_mode", "passthrough"]
    holes = picture_of(made(*filters, inputs=inputs)).holes
    assert len(holes) == 100
    assert holes[-1] == Hole(236_000, 268_000)
    assert list(holes) == sorted(holes)


def test_a_second_is_no_hole(made: Made) -> None:
    """A shared screen sends a picture a second."""
    inputs = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=9"]
    picture = picture_of(made(inputs=inputs))
    assert picture.holes == ()
    assert (picture.most_frames_per_s, picture.frame_rate) == (1, Fraction(1))


def test_a_header_that_lies(healthy: Path, tmp_path: Path) -> None:
    """Its claim and the real end are two facts."""
    liar = tmp_path / "liar.mp4"
    liar.write_bytes(claimed_duration(healthy.read_bytes(), 3600))
    facts = probe_media(liar)
    assert facts.header_duration_ms == 3_600_000
    assert picture_of(facts).end_ms == pytest.approx(3000, abs=1)
    assert not facts.is_cut_short


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "flv", "mp3", "fragments"])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.999])
def test_a_file_that_is_cut_short_says_so(
    healthy: Path, real_ffmpeg: Path, tmp_path: Path, suffix: str, share: float
) -> None:
    """And a whole one does not."""
    options = ["-vn", "-c:a", "libmp3lame"] if suffix == "mp3" else ["-c", "copy"]
    if suffix in ("mp4", "mov", "fragments"):
        flags = "frag_keyframe+empty_moov" if suffix == "fragments" else "faststart"
        options += ["-movflags", flags, "-frag_duration", "500000"]
    name = "mp4" if suffix == "fragments" else suffix
    whole = through(real_ffmpeg, healthy, tmp_path / f"whole.{name}", *options)
    facts = probe_media(whole)
    assert (facts.is_cut_short, facts.corrupt_packets) == (False, 0)
    cut = tmp_path / f"cut.{name}"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share) - 2])  # never where a packet ends
    assert probe_media(cut).is_cut_short


def test_a_packet_that_is_there_in_part_is_counted(healthy: Path, real_ffmpeg: Path, tmp_path: Path) -> None:
    """As the only damage."""
    fast = through(real_ffmpeg, healthy, tmp_path / "fast.mp4", "-c", "copy", "-movflags", "+faststart")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(fast.read_bytes()[:-5])
    facts = probe_media(cut)
    assert (facts.is_cut_short, facts.corrupt_packets) == (True, 1)


def test_a_cover_is_a_stream_and_no_picture(healthy: Path, real_ffmpeg: Path, tmp_path: Path) -> None:
    """In a video too, even where it comes first."""
    still = through(real_ffmpeg, healthy, tmp_path / "cover.jpg", "-frames:v", "1", "-update", "1")
    path = tmp_path / "a.mp4"
    command = [
        str(real_ffmpeg),
        "-v",
        "error",
        "-i",
        str(still),
        "-i",
        str(healthy),
        "-map",
        "0",
        "-map",
        "1",
    ]
    command += ["-c", "copy", "-disposition:v:0", "attached_pic", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    facts = probe_media(path)
    assert sorted(stream.kind for stream in facts.streams) == ["audio", "cover", "video"]
    assert picture_of(facts).codec == "h264"


def test_subtitles_are_passed_over(healthy: Path, real_ffmpeg: Path, tmp_path: Path) -> None:
    words = tmp_path / "a.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:02,000\nhello\n")
    path = tmp_path / "a.mp4"
    command = [
        str(real_ffmpeg),
        "-v",
        "error",
        "-i",
        str(healthy),
        "-i",
        str(words),
        "-map",
        "1",
        "-map",
        "0",
    ]
    subprocess.run([*command, "-c", "copy", "-c:s", "mov_text", str(path)], check=True, capture_output=True)
    facts = probe_media(path)
    assert [stream.kind for stream in facts.streams] == ["subtitle", "video", "audio"]
    assert picture_of(facts).end_ms == pytest.approx(3000, abs=1)


def test_too_many_pictures_in_a_second(made: Made) -> None:
    inputs = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=250:duration=1.2"]
    with pytest.raises(MediaUnreadableError) as caught:
        made(inputs=inputs)
    assert caught.value.reason == "too many pictures"


SIZES = [((320, 240), 15), ((160, 120), 15), ((320, 240), 15)]


def test_a_size_that_changes_on_the_way(studio: Studio) -> None:
    """H.264 in mp4 and mkv: seen in the parameter sets before key frames."""
    for suffix in ("mp4", "mkv"):
        picture = picture_of(probe_media(studio.file(suffix, duration_ms=3000, code=1, sizes=SIZES)))
        assert (picture.width_px, picture.height_px) == (320, 240)
        assert [(change.width_px, change.height_px) for change in picture.size_changes] == [
            (160, 120),
            (320, 240),
        ]
        assert [change.at_ms for change in picture.size_changes] == pytest.approx([1000, 2000], abs=1)


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("h264", ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-profile:v", "high"]),
        ("h264", ["-c:v", "libx264", "-pix_fmt", "yuv422p10le"]),
        ("h264", ["-c:v", "libx264", "-pix_fmt", "yuv444p", "-x264-params", "cqm=jvt:repeat-headers=1"]),
        ("h264", ["-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "interlaced=1"]),
        ("hevc", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "repeat-headers=1"]),
        ("hevc", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]),
        ("vp8", ["-c:v", "libvpx", "-deadline", "realtime"]),
        ("vp9", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
        ("vp9", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv444p"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [(322, 182), (1920, 1080), pytest.param((64, 64), marks=pytest.mark.slow)])
def test_sizes_are_read_as_ffmpeg_reads_them(
    real_ffmpeg: Path, tmp_path: Path, codec: str, options: list[str], size: tuple[int, int]
) -> None:
    """Cropping, interlacing, scaling lists and chroma formats included."""
    path = tmp_path / "a.mkv"
    source = ["-f", "lavfi", "-i", f"testsrc=size={size[0]}x{size[1]}:rate=5:duration=0.4"]
    subprocess.run(
        [str(real_ffmpeg), "-v", "error", *source, *options, str(path)], check=True, capture_output=True
    )
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == codec
        extradata = bytes(stream.codec_context.extradata or b"")
        packet = bytes(next(container.demux(stream)))
    sizes = [size_in_extradata(codec, extradata), size_in_packet(codec, packet[:4096], extradata)]
    assert size in sizes
    assert set(sizes) <= {size, None}


def test_damaged_heads_give_no_size_and_no_error() -> None:
    """Any bytes at all."""
    dice = random.Random(7)
    for number in range(1000):
        data = dice.randbytes(dice.randrange(60))
        codec = ("h264", "hevc", "vp8", "vp9", "aac")[number % 5]
        size_in_packet(codec, b"\x00\x00\x01" + data, b"")
        size_in_packet(codec, data, b"\x01" + data)
        size_in_extradata(codec, b"\x01" + data)


FULL = MediaFacts(
    path=Path("a.mp4"),
    demuxer="mov",
    origin_ms=-7,
    picture=PictureFacts(
        codec="h264", width_px=640, height_px=480, sample_aspect=Fraction(4, 3),
        frame_rate=Fraction(30000, 1001), start_ms=400, last_ms=9000, end_ms=9033, rotation_degrees=270,
        most_frames_per_s=31, key_frame_gap_ms=2000, pixel_format="yuv420p", holes=(Hole(1000, 5000),),
        size_changes=(SizeChange(5000, 320, 240),),
    ),
    sound=SoundFacts("aac", -21, 9021, 2, 44_100, (Hole(3, 4000),)),
    streams=(StreamFacts("video", "h264"), StreamFacts("audio", "aac"), StreamFacts("data", "")),
    header_duration_ms=9033,
    is_cut_short=True,
    corrupt_packets=3,
)  # fmt: skip


def test_facts_as_json_and_back(healthy: Path) -> None:
    """Nothing is lost, through text too."""
    for facts in (FULL, probe_media(healthy), MediaFacts(Path("b"), "mp3", 0, None, None)):
        again = from_json(facts.path, json.loads(json.dumps(to_json(facts))))
        assert again == facts
        assert hash(again) == hash(facts)
    assert from_json(Path("elsewhere"), to_json(FULL)).path == Path("elsewhere")


def places(document: Any, *above: Any) -> list[tuple[Any, ...]]:
    """Return the way to each value of a document."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    found: list[tuple[Any, ...]] = []
    for key, value in inner:
        found.append((*above, key))
        if isinstance(value, dict | list):
            found += places(value, *above, key)
    return found


@pytest.mark.parametrize("place", places(to_json(FULL)), ids=str)
def test_damaged_json_is_refused(place: tuple[Any, ...]) -> None:
    """Another type, another field, one that is missing."""
    values: list[Any] = [1.5, "a\nb", {}, [[]], [1], 1 << 70, b"x", [["video"]] * 101, "1/0"]
    for value in values:
        document = json.loads(json.dumps(to_json(FULL)))
        inner = document
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        with pytest.raises(ValueError, match=r"."):
            from_json(Path("a"), document)
        if isinstance(inner, dict):
            del inner[place[-1]]
            with pytest.raises(ValueError, match=r"."):
                from_json(Path("a"), document)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        7,
        {},
        *(to_json(FULL) | extra for extra in ({"version": 0}, {"more": 1}, {"origin_ms": True})),
    ],
)
def test_what_is_no_facts_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(Path("a"), document)


def path_or_refusal(path: Path) -> Path | str:
    """Return the path in the facts, or why there are none: in ASCII, since xdist takes no half character."""
    try:
        return probe_media(path).path
    except MediaUnreadableError as error:
        return ascii(str(error))


def test_a_name_that_is_no_text(healthy: Path, tmp_path: Path) -> None:
    """Bytes that are not UTF-8, a new line, a colon, a percent sign."""
    for name in (b"a\xff.mp4", b"a\nb.mp4", b"concat:a|b.mp4", b"%d.mp4", b"-i.mp4", "é 课.mp4".encode()):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(healthy.read_bytes())
        assert path_or_refusal(path) == path


@pytest.mark.parametrize("kind", [b"stsz", b"trun"])
def test_an_index_of_more_packets_than_bytes_is_refused(tmp_path: Path, kind: bytes) -> None:
    """Before anything unpacks it."""
    path = tmp_path / "bomb.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + index(kind, 80_000_000))
    with pytest.raises(MediaUnreadableError, match="its index claims 80000000 packets"):
        probe_media(path)
