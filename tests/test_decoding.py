"""One decode per file: every sample at its time on the media clock, whatever the file's own clock does."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests import coded_media
from tests.conftest import Studio
from timeline.analysis.decoding import (
    PICTURES_PER_S,
    SPEECH_RATE_HZ,
    Decoded,
    SoundBlock,
    decode_picture,
    decode_sound,
    unseen_in,
)
from timeline.errors import FFmpegNotFoundError
from timeline.media.facts import Hole, MediaFacts, PictureFacts, shifted
from timeline.media.ffmpeg import FFmpeg, find_ffmpeg
from timeline.media.probe import probe_media

Make = Callable[..., Path]
TONE_HZ = 1000


@pytest.fixture(params=["bundled", pytest.param("system", marks=pytest.mark.slow)])
def ffmpeg(request: pytest.FixtureRequest) -> FFmpeg:
    """Each ffmpeg of this machine."""
    try:
        return find_ffmpeg(None if request.param == "bundled" else "/usr/bin/ffmpeg")
    except FFmpegNotFoundError:
        pytest.skip("no ffmpeg of the system here")


@pytest.fixture
def beeps(studio: Studio) -> Path:
    """Six seconds of coded pictures, with a tone of 100 ms at every whole second."""
    return studio.file(code=1, duration_ms=6000, tone_hz=TONE_HZ)


@pytest.fixture
def remade(beeps: Path, tmp_path: Path, real_ffmpeg: Path) -> Make:
    """The same, put through ffmpeg."""

    def make(*options: str, before: tuple[str, ...] = (), suffix: str = "mp4") -> Path:
        made = tmp_path / f"made.{suffix}"
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-y", *before, "-i", str(beeps), *options]
        subprocess.run([*command, str(made)], check=True, capture_output=True)
        return made

    return make


class Heard:
    """Both sounds of a file, whole, with NaN where nothing was heard."""

    def __init__(self, ffmpeg: FFmpeg, facts: MediaFacts) -> None:
        self.native: list[SoundBlock] = []
        self.speech: list[SoundBlock] = []
        self.decoded = decode_sound(ffmpeg, facts, on_native=self.native.append, on_speech=self.speech.append)

    def onsets_ms(self, kind: str = "speech") -> list[int]:
        blocks = getattr(self, kind)
        samples = np.nan_to_num(whole(blocks))
        return [round(at) for at in coded_media.beep_onsets_ms(samples, blocks[0].rate_hz, TONE_HZ)]

    def heard_ms(self) -> list[list[int]]:
        is_heard = ~np.isnan(whole(self.speech))
        edges = np.flatnonzero(np.diff(np.concatenate(([0], is_heard.astype(np.int8), [0]))))
        return [[round(at * 1000 / SPEECH_RATE_HZ) for at in pair] for pair in edges.reshape(-1, 2)]


def whole(blocks: list[SoundBlock]) -> NDArray[np.float64]:
    samples = np.full(max(block.start + len(block.samples) for block in blocks), np.nan)
    for block in blocks:
        place = slice(block.start, block.start + len(block.samples))
        assert np.isnan(samples[place]).all()  # no sample comes twice
        samples[place] = block.samples.mean(axis=1)
    return samples


def near(first: list[int], second: list[int], by_ms: int = 5) -> bool:
    return len(first) == len(second) and all(abs(a - b) <= by_ms for a, b in zip(first, second, strict=True))


def test_a_plain_file_is_heard_at_its_times(ffmpeg: FFmpeg, beeps: Path) -> None:
    heard = Heard(ffmpeg, probe_media(beeps))
    assert near(heard.onsets_ms("speech"), [0, 1000, 2000, 3000, 4000, 5000])
    assert near(heard.onsets_ms("native"), [0, 1000, 2000, 3000, 4000, 5000])
    assert heard.decoded == Decoded(True, 0, heard.decoded.packets)


def test_blocks_are_a_second_long(ffmpeg: FFmpeg, beeps: Path) -> None:
    """So memory does not grow with the file."""
    lengths = [len(block.samples) / block.rate_hz for block in Heard(ffmpeg, probe_media(beeps)).native]
    assert all(1 <= length < 1.1 for length in lengths[:-1])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "flv"])
def test_sound_that_begins_late(ffmpeg: FFmpeg, remade: Make, beeps: Path, suffix: str) -> None:
    late = ("-map", "1:v", "-map", "0:a", "-c", "copy")
    made = remade("-i", str(beeps), *late, before=("-itsoffset", "1.7"), suffix=suffix)
    heard = Heard(ffmpeg, probe_media(made))
    assert near(heard.onsets_ms(), [1700, 2700, 3700, 4700, 5700, 6700])
    assert near(heard.heard_ms()[0], [1700, 7700], by_ms=30)


@pytest.mark.parametrize("suffix", ["mkv", "flv"])
@pytest.mark.parametrize("is_from_zero", [True, False])
def test_a_clock_that_does_not_begin_at_zero(
    ffmpeg: FFmpeg, remade: Make, suffix: str, is_from_zero: bool
) -> None:
    """Facts say where the clock of a file begins, or are shifted; samples lie where the facts say."""
    facts = probe_media(remade("-c", "copy", "-output_ts_offset", "3", suffix=suffix))
    assert abs(facts.origin_ms - 3000) < 50
    by_ms = -facts.origin_ms if is_from_zero else 0
    begin_ms = facts.origin_ms + by_ms
    heard = Heard(ffmpeg, shifted(facts, by_ms))
    assert near(heard.onsets_ms(), [begin_ms + second for second in range(0, 6000, 1000)], by_ms=25)
    assert heard.speech[0].start == pytest.approx(begin_ms * 16, abs=25 * 16)


def test_what_lies_before_the_clocks_zero_is_left_out(ffmpeg: FFmpeg, beeps: Path) -> None:
    heard = Heard(ffmpeg, shifted(probe_media(beeps), -1500))
    assert near(heard.onsets_ms(), [500, 1500, 2500, 3500])
    assert (heard.native[0].start, heard.speech[0].start) == (0, 0)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_hole_is_a_hole(ffmpeg: FFmpeg, remade: Make, suffix: str) -> None:
    """It is not filled, and what follows lies where it belongs."""
    made = remade("-af", "aselect='not(between(t,1.5,3.5))'", "-c:v", "copy", suffix=suffix)
    heard = Heard(ffmpeg, probe_media(made))
    assert near(heard.onsets_ms(), [0, 1000, 4000, 5000])
    (first, second) = heard.heard_ms()
    assert near([first[1], second[0]], [1500, 3500], by_ms=45)


def test_two_channels_at_another_rate(ffmpeg: FFmpeg, studio: Studio) -> None:
    """The native sound keeps both; equal channels are mixed at their own level."""
    path = studio.file(code=2, duration_ms=3000, tone_hz=TONE_HZ, sample_rate=44100, channels=2)
    heard = Heard(ffmpeg, probe_media(path))
    assert near(heard.onsets_ms(), [0, 1000, 2000])
    assert (heard.native[0].rate_hz, heard.native[0].samples.shape[1]) == (44100, 2)
    samples = np.nan_to_num(whole(heard.speech))
    assert coded_media.level(samples, SPEECH_RATE_HZ, TONE_HZ, 1020, 1080) == pytest.approx(0.25, rel=0.03)


@pytest.mark.parametrize("kind", ["broken", "cut"])
def test_of_a_damaged_file_the_rest_is_heard(ffmpeg: FFmpeg, remade: Make, tmp_path: Path, kind: str) -> None:
    made = remade("-vn", "-c:a", "copy", suffix="mkv")
    data = bytearray(made.read_bytes())
    if kind == "broken":
        middle = len(data) // 2
        data[middle : middle + 4000] = np.random.default_rng(3).bytes(4000)
    else:
        del data[len(data) * 2 // 3 :]
    made.write_bytes(data)
    heard = Heard(ffmpeg, probe_media(made))
    assert near(heard.onsets_ms()[:2], [0, 1000], by_ms=25)  # builds differ in what priming is
    assert heard.onsets_ms()[-1] > (4900 if kind == "broken" else 2900)
    assert len(heard.heard_ms()) == (2 if kind == "broken" else 1)


def test_a_sound_that_changes_its_rate_and_channels_is_heard_to_its_end(
    ffmpeg: FFmpeg, remade: Make, tmp_path: Path
) -> None:
    """The native sound keeps the form of its beginning."""
    parts = []
    for number, form in enumerate((["-ar", "44100", "-ac", "1"], ["-ar", "22050", "-ac", "2"])):
        cut = ["-ss", str(3 * number), "-t", "3", "-output_ts_offset", str(3 * number)]
        parts.append(remade(*cut, *form, "-vn", "-c:a", "aac", suffix="flv").read_bytes())
    joined = tmp_path / "joined.flv"
    joined.write_bytes(parts[0] + parts[1][13:])
    heard = Heard(ffmpeg, probe_media(joined))
    assert {(block.rate_hz, block.samples.shape[1]) for block in heard.native} == {(44100, 1)}
    assert near(
        heard.onsets_ms(), [0, 1000, 2000, 3000, 4000, 5000], by_ms=90
    )  # what encoders hold back, and less than a hole


def test_pictures_come_at_their_times(ffmpeg: FFmpeg, beeps: Path) -> None:
    """A coded picture, small and grey, tells its own number: 15 of them are a second."""
    seen: list[tuple[int, int]] = []

    def look(at_ms: int, gray: NDArray[np.uint8]) -> None:
        code = coded_media.read_code(np.repeat(gray[:, :, None], 3, axis=2))
        assert code is not None
        seen.append((at_ms, code.frame))

    decoded = decode_picture(ffmpeg, probe_media(beeps), look)
    assert decoded.is_whole
    assert [at_ms for at_ms, _ in seen] == list(range(0, 6000, 1000 // PICTURES_PER_S))
    assert all(abs(frame * 1000 / 15 - at_ms) < 200 for at_ms, frame in seen)


def test_where_pictures_cannot_be_decoded_nothing_was_seen(
    ffmpeg: FFmpeg, beeps: Path, tmp_path: Path
) -> None:
    """All coded pictures from 2.0 to 4.0 s are garbage; up to the next key frame others may go with them."""
    damaged = tmp_path / "damaged.mp4"
    data = bytearray(beeps.read_bytes())
    with av.open(str(beeps)) as container:
        for packet in container.demux(video=0):
            at, place = packet.pts, packet.pos
            if at is not None and place is not None and 2 <= at * packet.time_base < 4:
                data[place : place + packet.size] = b"\xff" * packet.size
    damaged.write_bytes(data)
    whole, decoded = (decode_picture(ffmpeg, probe_media(path), lambda *_: None) for path in (beeps, damaged))

    assert whole.unseen.tolist() == []
    ((start_ms, end_ms),) = decoded.unseen.tolist()
    assert 1900 <= start_ms <= 2000
    assert 4000 <= end_ms <= 4500


def test_a_hole_of_the_file_is_no_damage() -> None:
    """Nothing came from 2 to 9 s; from 4 to 8 s the file holds nothing."""
    picture = PictureFacts(
        "h264", 64, 48, Fraction(1), Fraction(4), 0, 9750, 10_000, holes=(Hole(4000, 8000),)
    )
    came_ms = [*range(0, 2001, 250), *range(9000, 10_000, 250)]

    facts = MediaFacts(Path("x.mp4"), "mov", 0, picture, None)
    assert unseen_in(facts, came_ms).tolist() == [[2000, 4000], [8000, 9000]]


def test_a_file_of_which_nothing_can_be_decoded_is_no_crash(ffmpeg: FFmpeg, beeps: Path) -> None:
    facts = probe_media(beeps)
    odd = MediaFacts(Path("/nowhere.mp4"), "mov", 0, facts.picture, facts.sound)
    seen: list[Any] = []
    decoded = decode_sound(ffmpeg, odd, on_native=seen.append, on_speech=None)
    assert (decoded.is_whole, decoded.packets, seen) == (False, 0, [])


def test_a_stop_ends_it(ffmpeg: FFmpeg, tmp_path: Path, real_ffmpeg: Path) -> None:
    long = tmp_path / "long.mkv"
    source = ["-f", "lavfi", "-i", "sine=440:d=60", "-c:a", "aac", "-b:a", "32k", str(long)]
    subprocess.run([str(real_ffmpeg), "-v", "error", *source], check=True)
    stop = threading.Event()
    blocks: list[int] = []

    def take(block: SoundBlock) -> None:
        blocks.append(block.start)
        stop.set()

    decoded = decode_sound(ffmpeg, probe_media(long), on_native=take, on_speech=None, stop=stop)
    assert not decoded.is_whole
    assert len(blocks) < 5
