"""How good the sound of a user is: loudness, noise, clipping, dead microphones. Faults are of a signal."""

from __future__ import annotations

import math
from typing import Any

from timeline.analysis.loudness import integrated_lufs, loudness_range_lu
from timeline.analysis.presence import ratio
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.speech import ENERGY, floor_of, frames_in, is_vad_reliable, level_in
from timeline.analysis.table import REAL, TRUTH, WHOLE, Column, Value
from timeline.analysis.talk import UserTalk
from timeline.interval import total_ms

SIGNAL_COLUMNS = (
    Column(
        "has_no_sound_stream",
        TRUTH,
        "",
        True,
        "the user's camera and sound-only files hold no sound; missing where a lost one may",
    ),
    Column(
        "is_heard_whole",
        TRUTH,
        "",
        True,
        "no file of the user's voice is missing, too short or damaged; missing where none holds sound",
    ),
    Column("loudness_lufs", REAL, "LUFS", True, "gated loudness (ITU-R BS.1770) of all that was heard"),
    Column(
        "loudness_range_lu", REAL, "LU", True, "loudness range (EBU Tech 3342); missing for under a minute"
    ),
    Column("sample_peak_dbfs", REAL, "dBFS", True, "largest sample; may exceed 0; missing for silence"),
    Column("speech_level_dbfs", REAL, "dBFS", True, "mean level while the user speaks"),
    Column(
        "noise_floor_dbfs",
        REAL,
        "dBFS",
        True,
        "10th percentile of 10 ms levels while nobody speaks there, digital silence left out; "
        "missing for under a second of them",
    ),
    Column(
        "snr_db", REAL, "dB", True, "speech_level_dbfs less noise_floor_dbfs; missing where one of them is"
    ),
    Column(
        "clipping_ratio",
        REAL,
        "ratio",
        True,
        "decoded samples of at least 0.999 of full scale, over all; a codec such as AAC hides most of them",
    ),
    Column("audio_dead_ms", WHOLE, "ms", True, "digital silence of a second or more: a muted microphone"),
    Column(
        "is_vad_reliable",
        TRUTH,
        "",
        True,
        "whether the energy detector can be believed; missing for other detectors and for digital silence",
    ),
)
"""What the media say of a user's sound."""


def signal_row(
    talk: UserTalk | None, vad: Any = ENERGY, rules: MetricRules = USUAL_RULES
) -> dict[str, Value]:
    """Return the values of `SIGNAL_COLUMNS`.

    Args:
        talk: None for a user without any file.
        vad: The detector that found the speech.
        rules: Thresholds.
    """
    if talk is None:
        return {}
    values: dict[str, Value] = {
        "has_no_sound_stream": None if talk.has_sound_stream is None else not talk.has_sound_stream,
        "is_heard_whole": talk.is_complete,
    }
    if len(talk.mic_on) == 0:
        return values
    is_own, is_any = (frames_in(spans, len(talk.levels_db)) for spans in (talk.speech, talk.speech_ungated))
    speech, floor = level_in(talk.levels_db[is_own]), floor_of(talk.levels_db[~is_any])
    return values | {
        "loudness_lufs": integrated_lufs(talk.blocks_lufs),
        "loudness_range_lu": loudness_range_lu(talk.blocks_lufs),
        "sample_peak_dbfs": 20 * math.log10(talk.peak) if talk.peak > 0 else None,
        "speech_level_dbfs": speech,
        "noise_floor_dbfs": floor,
        "snr_db": None if speech is None or floor is None else speech - floor,
        "clipping_ratio": ratio(talk.clipped, talk.samples),
        "audio_dead_ms": total_ms(talk.dead),
        "is_vad_reliable": is_vad_reliable(talk.levels_db, is_any, rules) if vad == ENERGY else None,
    }
