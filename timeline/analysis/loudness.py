"""Loudness by ITU-R BS.1770-4 and EBU R 128: K-weighting of samples, and the gates over blocks of 400 ms.

The weighting is the standard's two filters as one long impulse response, applied by FFT: behind 85 ms nothing
is left of it (1e-8), so the result is that of the recursive filters.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

BLOCK_CELLS = 4
"""Blocks of 400 ms begin every 100 ms."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
SHORT_CELLS = 30
"""The range is measured over 3 s."""
_OFFSET_LUFS = -0.691
_RESPONSE_S = 0.085
_SURROUND = 10 ** (1.5 / 10)
_WEIGHTS_6 = (1.0, 1.0, 1.0, 0.0, _SURROUND, _SURROUND)
"""Front left, right, centre, effects (not counted), and two at the back."""


def loudness_lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the loudness of mean squares of K-weighted sound; minus infinity for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_LUFS + 10 * np.log10(power), dtype=np.float64)


def integrated_lufs(blocks_lufs: NDArray[np.floating]) -> float | None:
    """Return the gated loudness of blocks of 400 ms; None where no block is above the absolute gate.

    Args:
        blocks_lufs: Any order and number; NaN is left out.

    Example:
        >>> round(integrated_lufs(np.array([-23.0, -23.0, -80.0])), 6)
        -23.0
    """
    loud = _above(np.asarray(blocks_lufs, np.float64), ABSOLUTE_GATE_LUFS)
    if len(loud) == 0:
        return None
    return _mean(_above(loud, _mean(loud) + RELATIVE_GATE_LU))


def loudness_range_lu(blocks_lufs: NDArray[np.floating]) -> float | None:
    """Return the loudness range (EBU Tech 3342) of consecutive blocks; None for less than a minute of sound.

    Args:
        blocks_lufs: Of 400 ms, every 100 ms; NaN where nothing was heard. 3 s are the mean power of the
            blocks in them.
    """
    blocks = np.asarray(blocks_lufs, np.float64)
    if np.count_nonzero(~np.isnan(blocks)) < 600:
        return None
    power = 10 ** (blocks / 10)
    short = np.convolve(power, np.full(SHORT_CELLS - 3, 1 / (SHORT_CELLS - 3)), "valid")
    with np.errstate(divide="ignore"):
        loud = _above(10 * np.log10(short), ABSOLUTE_GATE_LUFS)
    if len(loud) == 0:
        return None
    kept = _above(loud, _mean(loud) + RANGE_GATE_LU)
    low, high = np.percentile(kept, (10, 95))
    return float(high - low)


def _above(values: NDArray[np.float64], gate: float) -> NDArray[np.float64]:
    return values[values > gate]


def _mean(values: NDArray[np.float64]) -> float:
    return 10 * math.log10(float(np.mean(10 ** (values / 10))))


class KWeighting:
    """Weighs consecutive samples; a hole in the sound needs a new one."""

    def __init__(self, rate_hz: int, channels: int, start: int) -> None:
        self._taps = round(rate_hz * _RESPONSE_S)
        self._size = 1 << math.ceil(math.log2(4 * self._taps))
        self._spectrum = _response(rate_hz, self._taps, self._size)
        self._weights = np.array(_WEIGHTS_6 if channels == 6 else (1.0,) * channels, np.float32)
        self._rest = np.zeros((channels, self._taps - 1), np.float32)
        self._start = start

    def add(self, samples: NDArray[np.float32]) -> tuple[int, NDArray[np.float32]]:
        """Return the next weighted powers, summed over channels, and the number of the first."""
        whole = np.concatenate((self._rest, samples.T), axis=1)
        hop = self._size - self._taps + 1
        count = (whole.shape[1] - self._taps + 1) // hop
        self._rest = whole[:, count * hop :]
        return self._weighed(whole[:, : count * hop + self._taps - 1], count)

    def end(self) -> tuple[int, NDArray[np.float32]]:
        """Return what is left of the powers."""
        left = self._rest.shape[1] - self._taps + 1
        padded = np.pad(self._rest, ((0, 0), (0, self._size - self._rest.shape[1])))
        start, power = self._weighed(padded, 1)
        return start, power[:left]

    def _weighed(self, whole: NDArray[np.float32], count: int) -> tuple[int, NDArray[np.float32]]:
        start, hop = self._start, self._size - self._taps + 1
        power = np.zeros(count * hop, np.float32)
        for number in range(count):
            piece = whole[:, number * hop : number * hop + self._size]
            clean = np.fft.irfft(np.fft.rfft(piece, axis=1) * self._spectrum, self._size, axis=1)
            clean = clean[:, self._taps - 1 :]
            power[number * hop : (number + 1) * hop] = self._weights @ (clean * clean)
        self._start += count * hop
        return start, power


@cache
def _response(rate_hz: int, taps: int, size: int) -> NDArray[np.complexfloating]:
    """Return the spectrum of the two filters together, single precision where numpy has it."""
    impulse = np.zeros(taps)
    impulse[0] = 1.0
    for numerator, denominator in _filters(rate_hz):
        impulse = _filtered(impulse, numerator, denominator)
    return np.asarray(np.fft.rfft(impulse, size), np.complex64)


Coefficients = tuple[float, float, float]


def _filters(rate_hz: int) -> tuple[tuple[Coefficients, Coefficients], ...]:
    """Return the shelf and the high pass of BS.1770 at this rate (bilinear; exact at 48 kHz)."""
    k = math.tan(math.pi * 1681.974450955533 / rate_hz)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = (
        ((high + band * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - band * k / q + k * k) / a0),
        (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    )
    k, q = math.tan(math.pi * 38.13547087602444 / rate_hz), 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = ((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0))
    return shelf, high_pass


def _filtered(signal: NDArray[np.float64], b: Coefficients, a: Coefficients) -> NDArray[np.float64]:
    out = np.zeros_like(signal)
    first = second = 0.0
    for index, value in enumerate(signal.tolist()):
        result = b[0] * value + first
        first = b[1] * value - a[1] * result + second
        second = b[2] * value - a[2] * result
        out[index] = result
    return out
