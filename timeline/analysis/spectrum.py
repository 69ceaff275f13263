"""Of every 10 ms of a mono sound: its level, that of its voice band, and how much it has a pitch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.decoding import SPEECH_RATE_HZ

FRAME_MS = 10
FRAME = SPEECH_RATE_HZ * FRAME_MS // 1000
"""Samples of a frame."""
HARMONICITY_FULL = 250
"""What stands for a sound that repeats exactly."""
_WINDOW = 512
_BEFORE = (_WINDOW - FRAME) // 2
_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(_WINDOW) + 0.5) / _WINDOW)).astype(np.float32)
_POWER = float((_HANN**2).sum()) * _WINDOW / 2
_BIN_HZ = SPEECH_RATE_HZ / _WINDOW
_VOICE = slice(round(200 / _BIN_HZ), round(3500 / _BIN_HZ) + 1)
_PITCHED = slice(3, 65)
"""Bins from 94 to 2000 Hz; correlations of them are at 4 kHz."""
_LAGS = slice(10, 51)
"""Pitches from 400 down to 80 Hz."""
_CORRELATION = 128


class FrameMeter:
    """Measures frames of samples that come in order, with holes between them."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._at = 0
        self._frames = 0
        self._parts: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]] = []

    def add(self, start: int, samples: NDArray[np.float32]) -> None:
        """Take samples; *start* is the number of the first one."""
        if start != self._at:
            self._end_run()
            self._begin_run(start, samples)
        else:
            if len(self._rest) == 0:
                self._begin_run(start, samples)
            else:
                self._rest = np.concatenate((self._rest, samples))
        self._at = start + len(samples)
        self._measure()

    def end(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
        """Return level and voice level, dBFS, and harmonicity of all frames from 0 on; NaN in holes."""
        self._end_run()
        if not self._parts:
            return np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, np.uint8)
        levels, voices, pitches = zip(*self._parts, strict=True)
        return np.concatenate(levels), np.concatenate(voices), np.concatenate(pitches)

    def _begin_run(self, start: int, samples: NDArray[np.float32]) -> None:
        """Begin at the first whole frame, with the window's part before it (zeros where there is none)."""
        skipped = -start % FRAME
        missing = (start + skipped) // FRAME - self._frames
        if missing > 0:
            nothing = np.full(missing, np.nan, np.float32)
            self._parts.append((nothing, nothing, np.zeros(missing, np.uint8)))
            self._frames += missing
        before = max(0, _BEFORE - skipped)
        lead = samples[max(0, skipped - _BEFORE) :]
        self._rest = np.concatenate((np.zeros(before, np.float32), lead))

    def _end_run(self) -> None:
        """Measure the whole frames that are left; a part of a frame at the end is not heard."""
        whole = max(0, (len(self._rest) - _BEFORE) // FRAME)
        if whole:
            # After `_measure` fewer samples follow than a window needs.
            rest = np.concatenate((self._rest, np.zeros(_WINDOW, np.float32)))
            self._parts.append(_measured(rest, whole))
            self._frames += whole
        self._rest = np.zeros(0, np.float32)

    def _measure(self) -> None:
        count = (len(self._rest) - _WINDOW) // FRAME + 1
        if count > 0:
            self._parts.append(_measured(self._rest, count))
            self._frames += count
            self._rest = self._rest[count * FRAME :]


def _measured(
    samples: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    own = samples[_BEFORE : _BEFORE + count * FRAME].reshape(count, FRAME)
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::FRAME][:count]
    spectrum = np.fft.rfft(windows * _HANN, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    pitched = np.zeros((count, _CORRELATION // 2 + 1), np.float32)
    pitched[:, _PITCHED] = np.sqrt(power[:, _PITCHED])  # of amplitudes: one strong partial is no pitch
    correlation = np.fft.irfft(pitched, axis=1)
    best = correlation[:, _LAGS].max(axis=1) / np.maximum(correlation[:, 0], 1e-12)
    harmonicity = np.clip(best * HARMONICITY_FULL, 0, HARMONICITY_FULL).astype(np.uint8)
    mean_squares = (own.astype(np.float64) ** 2).mean(axis=1)
    return _db(mean_squares), _db(power[:, _VOICE].sum(axis=1) / _POWER), harmonicity


def _db(power: NDArray[np.floating]) -> NDArray[np.float32]:
    with np.errstate(divide="ignore"):
        return np.asarray(np.round(10 * np.log10(power), 2), np.float32)
