"""Spoken words: text to samples, by espeak-ng through ctypes."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, Final

import av
import espeakng_loader  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from .script import SAMPLES_PER_SECOND, Person

Samples = NDArray[np.float32]

_SYNCHRONOUS_RETRIEVAL: Final = 2
_CHARS_UTF8: Final = 1
_POSITION_CHARACTER: Final = 1
_RATE: Final = 1
_PITCH: Final = 3
_BREATH_SEED: Final = 1
_SPOKEN_RMS: Final = 0.1
_SILENCE: Final = 0.005

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Synthesizer:
    """The speech engine, with the samples it hands out collected in order."""

    def __init__(self) -> None:
        """Load the engine and its voices."""
        self._library: Any = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        folder = str(espeakng_loader.get_data_path()).encode()
        self.samples_per_second: int = self._library.espeak_Initialize(_SYNCHRONOUS_RETRIEVAL, 0, folder, 0)
        if self.samples_per_second <= 0:
            raise RuntimeError("espeak-ng did not start")
        self._chunks: list[NDArray[np.int16]] = []
        self._callback = _Callback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: Any, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, person: Person, text: str) -> NDArray[np.int16]:
        """Samples of a text in somebody's voice, at the engine's own rate."""
        if self._library.espeak_SetVoiceByName(person.voice.encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {person.voice}")
        self._library.espeak_SetParameter(_RATE, person.words_per_minute, 0)
        self._library.espeak_SetParameter(_PITCH, person.pitch, 0)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(_BREATH_SEED))
        self._chunks.clear()
        words = text.encode()
        self._library.espeak_Synth(words, len(words) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.concatenate(self._chunks)


@cache
def _synthesizer() -> Synthesizer:
    return Synthesizer()


def _resampled(samples: NDArray[np.int16], rate: int) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLES_PER_SECOND)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces]).astype(np.float32)


def speak(person: Person, text: str) -> Samples:
    """Samples of a text in somebody's voice, trimmed of silence and of even loudness."""
    engine = _synthesizer()
    samples = _resampled(engine.say(person, text), engine.samples_per_second)
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    samples = samples[loud[0] : loud[-1] + 1]
    spoken = samples[np.abs(samples) > _SILENCE]
    samples = samples * np.float32(_SPOKEN_RMS / np.sqrt(np.mean(spoken**2)))
    return np.clip(samples, -0.89, 0.89).astype(np.float32)
