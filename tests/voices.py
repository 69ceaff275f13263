"""Voices with known timing, and noise of an exact level: the bundled lesson's own speech, at 16 kHz.

When its lines are spoken is in sample_results/lesson/README.md, written by the script that made them
(`make lesson`). No other file is needed.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import timeline
from timeline.analysis.crosstalk import STEP_MS
from timeline.analysis.decoding import SPEECH_RATE_HZ, SoundBlock, decode_sound
from timeline.analysis.sound import SoundMeter, SoundProfile
from timeline.analysis.speech import frames_in
from timeline.interval import Spans, merge, spans_of
from timeline.media.examine import examine_media
from timeline.media.ffmpeg import find_ffmpeg

Samples = NDArray[np.float32]
LESSON = Path("sample_results/lesson")
PER_MS = SPEECH_RATE_HZ // 1000
_VOICED = 10 ** (-45 / 20)


@functools.cache
def voices() -> Samples:
    """All microphones of the bundled lesson together, at playback time."""
    lesson = timeline.load(LESSON)
    examined = examine_media(lesson, LESSON / "media")
    mix = np.zeros(lesson.duration_ms * PER_MS, np.float32)
    for track in lesson.tracks:
        for clip in track.clips if track.kind == "camera" else ():
            shift = (clip.start_ms - clip.media_start_ms) * PER_MS

            def add(block: SoundBlock, shift: int = shift) -> None:
                place = mix[shift + block.start :][: len(block.samples)]
                place += block.samples[: len(place), 0]

            decode_sound(find_ffmpeg(), examined.facts[clip.media.position], on_native=None, on_speech=add)
    return mix


def lines() -> list[tuple[int, int]]:
    """When each line begins and ends, ms."""
    text = (LESSON / "README.md").read_text(encoding="utf-8")
    return [(int(row[1]), int(row[2])) for row in re.finditer(r"^\| (\d+) \| (\d+) \|", text, re.M)]


def truth() -> NDArray[np.bool_]:
    """Of each 10 ms of `voices`, whether somebody speaks: lines without their pauses of more than 300 ms."""
    frames = voices()[: len(voices()) // 160 * 160].reshape(-1, 160).astype(np.float64)
    is_loud = np.sqrt((frames**2).mean(axis=1)) > _VOICED
    is_loud &= frames_in(spans_of(lines()), len(frames))
    at = np.flatnonzero(is_loud) * 10
    return frames_in(merge(np.stack((at, at + 10), axis=1), gap_ms=300), len(frames))


def pink(count: int, level_db: float, seed: int) -> Samples:
    """Noise with as much power in every octave, its RMS at *level_db* of full scale."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, count)
    scaled = noise / np.sqrt((noise**2).mean()) * 10 ** (level_db / 20)
    return np.asarray(scaled, np.float32)


def speech_level_db() -> float:
    """Mean level of `voices` where somebody speaks."""
    spoken = voices()[: len(truth()) * 160].reshape(-1, 160)[truth()].astype(np.float64)
    return float(10 * np.log10((spoken**2).mean()))


def noisy(snr_db: float | None, seed: int = 1) -> Samples:
    """The voices with pink noise so far below their level; None for as they are."""
    if snr_db is None:
        return voices()
    return voices() + pink(len(voices()), speech_level_db() - snr_db, seed)


def spoken(*placed: tuple[int, int], duration_ms: int = 75_000) -> tuple[Samples, Spans]:
    """Lines by their numbers, each at a time in ms, and when they are spoken."""
    track = np.zeros(duration_ms * PER_MS, np.float32)
    spans = []
    for number, at_ms in placed:
        start_ms, end_ms = lines()[number]
        samples = voices()[start_ms * PER_MS : end_ms * PER_MS]
        place = track[at_ms * PER_MS :][: len(samples)]
        place += samples[: len(place)]
        spans.append((at_ms, at_ms + end_ms - start_ms))
    return track, merge(spans_of(spans))


def blocks_of(samples: Samples, length: int = SPEECH_RATE_HZ) -> list[SoundBlock]:
    """Samples at 16 kHz as blocks."""
    shaped = np.asarray(samples, np.float32)[:, None]
    return [
        SoundBlock(first, SPEECH_RATE_HZ, shaped[first : first + length])
        for first in range(0, len(shaped), length)
    ]


def profile_of(samples: Samples) -> SoundProfile:
    """What is kept of a sound at 16 kHz."""
    meter = SoundMeter()
    for block in blocks_of(samples):
        meter.add_speech(block)
        meter.add_native(block)
    return meter.profile()


def levels_of(profile: SoundProfile, duration_ms: int = 75_000) -> NDArray[np.float32]:
    """Levels of every 20 ms."""
    per_step, count = STEP_MS // 10, duration_ms // STEP_MS
    levels = profile.levels_db[: count * per_step].astype(np.float64)
    levels = np.pad(levels, (0, count * per_step - len(levels)), constant_values=np.nan)
    with np.errstate(divide="ignore"):
        steps = 10 * np.log10((10 ** (levels / 10)).reshape(-1, per_step).mean(axis=1))
    return np.asarray(steps, np.float32)
