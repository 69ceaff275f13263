"""What is kept of a sound: counted by hand, held against ffmpeg's own measure, and kept exactly."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from timeline.analysis.decoding import SPEECH_RATE_HZ, SoundBlock, decode_sound
from timeline.analysis.loudness import integrated_lufs, loudness_range_lu
from timeline.analysis.sound import SoundMeter, SoundProfile, from_bytes, to_bytes
from timeline.analysis.spectrum import FrameMeter
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.probe import probe_media

RATE_HZ = 48_000


def native_profile(
    samples: NDArray[np.floating], *, start: int = 0, rate_hz: int = RATE_HZ, cut: int = 7001
) -> SoundProfile:
    """Measure samples that come in blocks of *cut*."""
    meter = SoundMeter()
    shaped = np.asarray(samples, np.float32).reshape(len(samples), -1)
    for first in range(0, len(shaped), cut):
        meter.add_native(SoundBlock(start + first, rate_hz, shaped[first : first + cut]))
    return meter.profile()


def tone(
    seconds: float, hz: float = 1000, amplitude: float = 0.1, rate_hz: int = RATE_HZ
) -> NDArray[np.float32]:
    phase = 2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(phase)).astype(np.float32)


def test_clipped_samples_are_counted_by_the_second() -> None:
    samples = np.full(3 * RATE_HZ, 0.5)
    samples[RATE_HZ : RATE_HZ + 7] = -1.2
    samples[2 * RATE_HZ + 5] = 0.999
    profile = native_profile(samples)
    assert profile.clipped.tolist() == [0, 7, 1]
    assert profile.samples.tolist() == [RATE_HZ] * 3
    assert profile.peak == pytest.approx(1.2)


def test_a_sample_is_clipped_when_one_channel_is() -> None:
    samples = np.full((RATE_HZ, 2), 0.5)
    samples[10:20, 1] = 1.0
    assert native_profile(samples).clipped.tolist() == [10]


def test_digital_silence_of_a_second_is_told() -> None:
    """Half a second is not, nor is what is soft but not 0; a stretch may reach over blocks."""
    samples = np.full(6 * RATE_HZ, 1e-7)
    samples[RATE_HZ : RATE_HZ * 5 // 2] = 0
    samples[3 * RATE_HZ : RATE_HZ * 7 // 2] = 0
    samples[RATE_HZ * 9 // 2 :] = 0
    assert native_profile(samples).dead.tolist() == [[1000, 2500], [4500, 6000]]


def test_silence_does_not_reach_over_a_hole() -> None:
    meter = SoundMeter()
    zeros = np.zeros((RATE_HZ * 6 // 10, 1), np.float32)
    meter.add_native(SoundBlock(0, RATE_HZ, zeros))
    meter.add_native(SoundBlock(10 * RATE_HZ, RATE_HZ, zeros))
    assert meter.profile().dead.tolist() == []


@pytest.mark.parametrize("rate_hz", [48_000, 44_100, 16_000])
def test_the_standards_own_tone_has_its_loudness(rate_hz: int) -> None:
    """997 Hz at full scale in one channel is -3.01 LKFS (BS.1770)."""
    profile = native_profile(tone(5, 997, 1.0, rate_hz), rate_hz=rate_hz)
    assert integrated_lufs(profile.loudness_lufs) == pytest.approx(-3.01, abs=0.05)


def test_loudness_is_that_of_ffmpeg(tmp_path: Path, real_ffmpeg: Path) -> None:
    """Two channels of noise whose level moves, for two minutes: -30 and -50 dB gated, half silent."""
    chance = np.random.default_rng(5)
    level = np.repeat(10 ** (chance.uniform(-50, -15, 40) / 20), 3 * 44_100)
    level[10 * 44_100 : 20 * 44_100] = 0
    samples = (chance.standard_normal((len(level), 2)) * level[:, None]).astype(np.float32)
    raw = tmp_path / "a.f32"
    samples.tofile(raw)
    form = ["-f", "f32le", "-ar", "44100", "-ac", "2", "-i", str(raw)]
    said = subprocess.run(
        [str(real_ffmpeg), "-nostdin", *form, "-af", "ebur128=framelog=verbose", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    integrated, spread = (float(re.findall(rf"{name}:\s+(-?[\d.]+) LU", said)[-1]) for name in ("I", "LRA"))
    blocks = native_profile(samples, rate_hz=44_100).loudness_lufs
    assert integrated_lufs(blocks) == pytest.approx(integrated, abs=0.06)
    assert loudness_range_lu(blocks) == pytest.approx(spread, abs=0.5)


def test_silence_has_no_loudness() -> None:
    assert integrated_lufs(native_profile(np.zeros(RATE_HZ)).loudness_lufs) is None
    assert loudness_range_lu(native_profile(tone(5)).loudness_lufs) is None


def test_no_block_of_loudness_reaches_over_a_hole() -> None:
    """A second from 0 and one from 10 s: seven blocks each, and none between."""
    meter = SoundMeter()
    for second in (0, 10):
        block = tone(1).astype(np.float32)[:, None]
        meter.add_native(SoundBlock(second * RATE_HZ, RATE_HZ, block))
    blocks = meter.profile().loudness_lufs
    assert np.flatnonzero(~np.isnan(blocks)).tolist() == [*range(7), *range(100, 107)]


@pytest.mark.parametrize("cut", [160, 999, 16_000, 50_000])
def test_frames_do_not_depend_on_blocks(cut: int) -> None:
    samples = np.asarray(np.random.default_rng(1).standard_normal(50_000), np.float32)
    whole, cuts = FrameMeter(), FrameMeter()
    whole.add(37, samples)
    for first in range(0, len(samples), cut):
        cuts.add(37 + first, samples[first : first + cut])
    for one, other in zip(whole.end(), cuts.end(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frame_has_its_level() -> None:
    """A sine of 0.1 is -23 dBFS; 0 is minus infinity; what was not heard is NaN."""
    meter = FrameMeter()
    meter.add(320, tone(0.1, 1000, 0.1, SPEECH_RATE_HZ).astype(np.float32))
    meter.add(320 + 1600, np.zeros(1600, np.float32))
    levels, voice, _ = meter.end()
    assert np.isnan(levels[:2]).all()
    assert levels[2:12] == pytest.approx(-23.01, abs=0.1)
    assert voice[4:10] == pytest.approx(-23.01, abs=0.5)
    assert np.isneginf(levels[12:22]).all()
    assert len(levels) == 22


def test_what_repeats_has_a_pitch_and_noise_has_none() -> None:
    pulses = np.zeros(16_000, np.float32)
    pulses[::100] = 0.5  # 160 Hz
    noise = np.random.default_rng(2).standard_normal(16_000)
    means = []
    for samples in (pulses, noise):
        meter = FrameMeter()
        meter.add(0, np.asarray(samples, np.float32))
        means.append(float(meter.end()[2][5:-5].mean()) / 250)
    assert means[0] > 0.55 > 0.4 > means[1]


@pytest.fixture
def profile() -> SoundProfile:
    meter = SoundMeter()
    meter.add_native(SoundBlock(RATE_HZ, RATE_HZ, tone(2).astype(np.float32)[:, None]))
    meter.add_speech(SoundBlock(16_000, 16_000, tone(2, rate_hz=16_000).astype(np.float32)[:, None]))
    return meter.profile(is_whole=False, damage=3)


def test_a_profile_is_kept_exactly(profile: SoundProfile) -> None:
    again = from_bytes(to_bytes(profile))
    for field in dataclasses.fields(profile):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(profile, field.name))


def test_a_damaged_profile_is_refused(profile: SoundProfile) -> None:
    """Whatever byte of it is broken: it is refused, or says what it said."""
    data = bytearray(to_bytes(profile))
    for place in range(0, len(data), 41):
        broken = bytes([*data[:place], data[place] ^ 0x5A, *data[place + 1 :]])
        try:
            again = from_bytes(broken)
        except ValueError:
            continue
        np.testing.assert_array_equal(again.levels_db, profile.levels_db)
    with pytest.raises(ValueError, match="no profile"):
        from_bytes(b"PK nothing")


def test_an_hour_is_a_few_megabytes() -> None:
    """Of noise, which packs worst."""
    chance = np.random.default_rng(3)
    some = np.round(chance.normal(-60, 9, 360_000), 2).astype(np.float32)
    seconds = np.zeros(3600, np.int32)
    spans = np.array([[0, 3_600_000]])
    pitch = chance.integers(0, 250, 360_000).astype(np.uint8)
    profile = SoundProfile(some, some, pitch, some[:36_000], seconds, seconds, spans[:0], spans, 1.0)
    assert len(to_bytes(profile)) < 3_000_000


def test_a_real_file(real_ffmpeg: Path) -> None:
    """Amy says nothing for 19 s and is digitally silent there: her microphone was muted."""
    facts = probe_media(Path("sample_results/lesson/media/Kt6ZlC0iV3Ho.mp4"))
    meter = SoundMeter()
    decode_sound(find_ffmpeg(), facts, on_native=meter.add_native, on_speech=meter.add_speech)
    profile = meter.profile()
    assert profile.heard.tolist() == [[0, 25_000]]
    assert integrated_lufs(profile.loudness_lufs) == pytest.approx(-21.8, abs=0.06)  # ffmpeg's own
    assert len(profile.levels_db) == 2500
    assert len(profile.dead) == 2
