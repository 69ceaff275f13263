"""What is kept of a file's sound after one decode: levels, loudness, clipping, digital silence. Small, exact.

All times are on the media clock of the file's facts. NaN stands where nothing was heard (before the sound
began, in a hole, where it could not be decoded), minus infinity for digital silence: samples that are 0.
"""

from __future__ import annotations

import dataclasses
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.decoding import DECODING_VERSION, SPEECH_RATE_HZ, SoundBlock
from timeline.analysis.loudness import BLOCK_CELLS, KWeighting, loudness_lufs
from timeline.analysis.spectrum import FRAME_MS, FrameMeter
from timeline.interval import Spans, merge, spans_of

PROFILE_VERSION = 1
"""Grows when a profile would come out differently, so that older ones in a cache are not believed."""
CLIPPED = 0.999
"""A sample of at least this magnitude is clipped; full scale is 1."""
DEAD_LEAST_MS = 1000
"""Digital silence of at least this length is told."""
CELL_MS = 100
MOST_PROFILE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class SoundProfile:
    """The sound of one file.

    Attributes:
        levels_db: Level of each 10 ms from media time 0, dBFS: RMS of the mono sound at 16 kHz, float32.
        voice_db: The same from 200 to 3500 Hz, over 32 ms around.
        harmonicity: How much of that repeats at a pitch from 80 to 400 Hz: 0 to 250 for 0 to 1, uint8.
        loudness_lufs: Of the 400 ms that begin every 100 ms: the blocks of ITU-R BS.1770, float32.
        samples: How many samples of the native sound each second has, int32.
        clipped: In how many of them a channel is clipped, int32.
        dead: Where all samples are 0 for a second or more, ms.
        heard: Where there is sound, merged, ms.
        peak: Largest magnitude of a native sample; may exceed 1.
        is_whole: Whether the file was decoded to its end.
        damage: How often something could not be decoded.
    """

    levels_db: NDArray[np.float32]
    voice_db: NDArray[np.float32]
    harmonicity: NDArray[np.uint8]
    loudness_lufs: NDArray[np.float32]
    samples: NDArray[np.int32]
    clipped: NDArray[np.int32]
    dead: Spans
    heard: Spans
    peak: float
    is_whole: bool = True
    damage: int = 0

    @property
    def is_dead(self) -> bool:
        """Whether every sample is 0; False where there is none."""
        return len(self.heard) > 0 and self.peak == 0


def settings_key() -> str:
    """Return what decides a profile beside the file: it is part of a kept one's name."""
    return f"sound{PROFILE_VERSION}-{DECODING_VERSION}"


def to_bytes(profile: SoundProfile) -> bytes:
    """Return a profile as a compressed archive of arrays; `from_bytes` gives the very same."""
    arrays: dict[str, Any] = {
        field.name: np.asarray(getattr(profile, field.name)) for field in dataclasses.fields(profile)
    }
    file = io.BytesIO()
    np.savez_compressed(file, version=np.array(PROFILE_VERSION), **arrays)
    return file.getvalue()


_BROKEN = (OSError, EOFError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error)
_KINDS = {
    "levels_db": ("f4", 1),
    "voice_db": ("f4", 1),
    "harmonicity": ("u1", 1),
    "loudness_lufs": ("f4", 1),
    "samples": ("i4", 1),
    "clipped": ("i4", 1),
    "dead": ("i8", 2),
    "heard": ("i8", 2),
    "peak": ("f8", 0),
    "is_whole": ("b1", 0),
    "damage": ("i8", 0),
}


def from_bytes(data: bytes) -> SoundProfile:
    """Return the profile that `to_bytes` made these bytes of.

    Raises:
        ValueError: They are something else, damaged, or of another version.
    """
    values: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MOST_PROFILE_BYTES:
                raise ValueError("a profile is smaller than this")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["version"]) != PROFILE_VERSION:
                raise ValueError("the profile is of another version")
            for name, (kind, dimensions) in _KINDS.items():
                array = arrays[name]
                if array.dtype.str[1:] != kind or array.ndim != dimensions:
                    raise ValueError(f"{name} has another form")
                values[name] = array if dimensions else array.item()
    except _BROKEN as error:
        raise ValueError(f"no profile: {error}") from error
    profile = SoundProfile(**values)
    frames = {len(profile.levels_db), len(profile.voice_db), len(profile.harmonicity)}
    if len(frames) != 1 or profile.dead.shape[1] != 2 or profile.heard.shape[1] != 2:
        raise ValueError("the parts of the profile do not fit each other")
    return profile


class SoundMeter:
    """Reduces what streams by to a `SoundProfile`."""

    def __init__(self) -> None:
        self._frames = FrameMeter()
        self._heard: list[tuple[int, int]] = []
        self._peak = 0.0
        self._samples, self._clipped = Cells(), Cells()
        self._power, self._cell_samples = Cells(), Cells()
        self._weighting: KWeighting | None = None
        self._dead: list[tuple[int, int]] = []
        self._zero_from: int | None = None
        self._next = 0
        self._rate_hz = 48_000

    def add_speech(self, block: SoundBlock) -> None:
        """Take a block of the mono sound at 16 kHz."""
        end = block.start + len(block.samples)
        span_ms = (_ms(block.start, SPEECH_RATE_HZ), _ms(end, SPEECH_RATE_HZ))
        if self._heard and span_ms[0] <= self._heard[-1][1]:
            self._heard[-1] = (self._heard[-1][0], span_ms[1])
        else:
            self._heard.append(span_ms)
        self._frames.add(block.start, block.samples[:, 0])

    def add_native(self, block: SoundBlock) -> None:
        """Take a block of the native sound."""
        rate_hz = self._rate_hz = block.rate_hz
        loudest = np.abs(block.samples).max(axis=1)
        self._peak = max(self._peak, float(loudest.max(initial=0)))
        edges, first = cell_edges(block.start, len(loudest), rate_hz, 1)
        self._samples.add(first, np.diff(np.append(edges, len(loudest))))
        is_clipped = (loudest >= CLIPPED).astype(np.int64)
        self._clipped.add(first, np.add.reduceat(is_clipped, edges))
        self._look_for_zeros(block.start, loudest == 0)
        if self._weighting is None or block.start != self._next:
            self._end_weighting()
            self._weighting = KWeighting(rate_hz, block.samples.shape[1], block.start)
        self._weigh(*self._weighting.add(block.samples))
        self._next = block.start + len(loudest)

    def profile(self, *, is_whole: bool = True, damage: int = 0) -> SoundProfile:
        """Return what was measured; nothing may be added afterwards."""
        self._end_weighting()
        if self._zero_from is not None:
            self._end_zeros(self._next)
        levels_db, voice_db, harmonicity = self._frames.end()
        return SoundProfile(
            levels_db,
            voice_db,
            harmonicity,
            self._loudness(),
            self._samples.values.astype(np.int32),
            self._clipped.values.astype(np.int32),
            spans_of(self._dead),
            merge(spans_of(self._heard)),
            self._peak,
            is_whole,
            damage,
        )

    def _look_for_zeros(self, start: int, is_zero: NDArray[np.bool_]) -> None:
        if self._zero_from is not None and start != self._next:
            self._end_zeros(self._next)
        flags = np.concatenate(([self._zero_from is not None], is_zero)).astype(np.int8)
        steps = np.flatnonzero(np.diff(flags))
        for step in steps.tolist():
            if self._zero_from is None:
                self._zero_from = start + step
            else:
                self._end_zeros(start + step)

    def _end_zeros(self, end: int) -> None:
        assert self._zero_from is not None
        start_ms, end_ms = _ms(self._zero_from, self._rate_hz), _ms(end, self._rate_hz)
        if end_ms - start_ms >= DEAD_LEAST_MS:
            self._dead.append((start_ms, end_ms))
        self._zero_from = None

    def _end_weighting(self) -> None:
        if self._weighting is not None:
            self._weigh(*self._weighting.end())
        self._weighting = None

    def _weigh(self, start: int, power: NDArray[np.float32]) -> None:
        if len(power) == 0:
            return
        edges, first = cell_edges(start, len(power), self._rate_hz, 1000 // CELL_MS)
        self._power.add(first, np.add.reduceat(power.astype(np.float64), edges))
        self._cell_samples.add(first, np.diff(np.append(edges, len(power))))

    def _loudness(self) -> NDArray[np.float32]:
        """Return the loudness of each block of 400 ms that was heard from end to end."""
        power, counts = self._power.values, self._cell_samples.values
        if len(power) < BLOCK_CELLS:
            return np.zeros(0, np.float32)
        bounds = -(-np.arange(len(power) + 1) * self._rate_hz * CELL_MS // 1000)
        is_heard = counts == np.diff(bounds)
        ones = np.ones(BLOCK_CELLS)
        powers = np.convolve(power, ones, "valid") / np.maximum(np.convolve(counts, ones, "valid"), 1)
        is_block = np.convolve(is_heard, ones, "valid") == BLOCK_CELLS
        return np.where(is_block, loudness_lufs(np.maximum(powers, 0)), np.nan).astype(np.float32)


def cell_edges(start: int, count: int, rate_hz: int, per_s: int) -> tuple[NDArray[np.int64], int]:
    """Return where in samples each cell of ``1 / per_s`` s begins, and the number of the first cell.

    Args:
        start: Number of the first sample.
        count: How many there are.
        rate_hz: Of the samples.
        per_s: Cells per second.

    Example:
        >>> edges, first = cell_edges(5, 10, 8, 1)
        >>> edges.tolist(), first
        ([0, 3], 0)
    """
    first, last = start * per_s // rate_hz, (start + count - 1) * per_s // rate_hz
    begins = -(-np.arange(first, last + 1, dtype=np.int64) * rate_hz // per_s)
    return np.maximum(begins - start, 0), first


class Cells:
    """Sums by number, growing as they are needed."""

    def __init__(self) -> None:
        self._sums = np.zeros(1024)
        self._count = 0

    @property
    def values(self) -> NDArray[np.float64]:
        """All sums from number 0 on."""
        return self._sums[: self._count]

    def add(self, first: int, values: NDArray[Any]) -> None:
        """Add *values* to the sums from number *first* on."""
        self._count = max(self._count, first + len(values))
        if self._count > len(self._sums):
            self._sums = np.concatenate((self._sums, np.zeros(2 * self._count - len(self._sums))))
        self._sums[first : first + len(values)] += values


def _ms(sample: int, rate_hz: int) -> int:
    return (2000 * sample + rate_hz) // (2 * rate_hz)


__all__ = ["FRAME_MS", "SoundMeter", "SoundProfile", "from_bytes", "settings_key", "to_bytes"]
