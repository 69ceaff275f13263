"""Sound of whole streams, and how far it opens a mouth."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from .script import (
    CLICKS_MS,
    FRAMES_PER_SECOND,
    LINES,
    MEDIA_FILES,
    PEOPLE,
    SAMPLES_PER_SECOND,
    TEACHER,
    TOTAL_MS,
    MediaFile,
)
from .speech import Samples, speak

_PER_MS: Final = SAMPLES_PER_SECOND // 1000
_ROOM_TONE: Final = 0.0003
_LOUD: Final = 0.17
_MOUTH_STEPS: Final = 6


@dataclass(frozen=True)
class Spoken:
    """One line with its real span: when it begins and when its last sample ends."""

    start_ms: int
    end_ms: int
    user_id: str
    text: str


@dataclass(frozen=True)
class Mouth:
    """Shape of a mouth in one picture: how far open, and how wide (1) or round (0)."""

    open: float
    wide: float


@cache
def _words(user_id: str, text: str) -> Samples:
    person = next(person for person in PEOPLE if person.user_id == user_id)
    return speak(person, text)


@cache
def spoken_lines() -> tuple[Spoken, ...]:
    """All lines with their real spans.

    Raises:
        ValueError: A line runs into the next one, or out of its speaker's camera file.
    """
    spoken: list[Spoken] = []
    for line in LINES:
        length_ms = -(-len(_words(line.user_id, line.text)) // _PER_MS)
        spoken.append(Spoken(line.start_ms, line.start_ms + length_ms, line.user_id, line.text))
    for earlier, following in itertools.pairwise(spoken):
        if earlier.end_ms > following.start_ms:
            raise ValueError(f"{earlier} runs into {following}")
    for said in spoken:
        if not any(
            file.kind == "camera"
            and file.user_id == said.user_id
            and file.start_ms <= said.start_ms
            and said.end_ms <= file.end_ms
            for file in MEDIA_FILES
        ):
            raise ValueError(f"{said} runs out of its camera file")
    return tuple(spoken)


@cache
def microphone(user_id: str) -> Samples:
    """Somebody's voice over the whole lesson.

    The teacher's microphone carries a breath of room tone; a student's is mute between lines.
    """
    track = np.zeros(TOTAL_MS * _PER_MS, np.float32)
    if user_id == TEACHER.user_id:
        noise = np.random.default_rng(7).standard_normal(len(track) + 3)
        smooth = (noise[3:] + noise[2:-1] + noise[1:-2] + noise[:-3]) / 2
        track += (smooth * _ROOM_TONE).astype(np.float32)
    for line in spoken_lines():
        if line.user_id == user_id:
            samples = _words(user_id, line.text)
            start = line.start_ms * _PER_MS
            track[start : start + len(samples)] += samples
    return track


@cache
def interface_sound() -> Samples:
    """Sound of the shared screen: silence, and a soft click where the mouse clicks."""
    track = np.zeros(TOTAL_MS * _PER_MS, np.float32)
    time = np.arange(30 * _PER_MS) / SAMPLES_PER_SECOND
    click = 0.05 * np.exp(-time * 260) * np.sin(2 * np.pi * 1900 * time)
    for at_ms in CLICKS_MS:
        start = at_ms * _PER_MS
        track[start : start + len(click)] += click.astype(np.float32)
    return track


def sound(file: MediaFile) -> Samples | None:
    """Samples of one media file; a whiteboard has none."""
    if file.kind == "whiteboard":
        return None
    track = microphone(file.user_id) if file.kind == "camera" else interface_sound()
    return track[file.start_ms * _PER_MS : file.end_ms * _PER_MS]


def mouths(samples: Samples, count: int) -> list[Mouth]:
    """Mouth shapes for each picture of a file, from the loudness of its own sound."""
    shapes: list[Mouth] = []
    step = SAMPLES_PER_SECOND // FRAMES_PER_SECOND
    padded = np.concatenate([samples, np.zeros(2 * step, np.float32)]).astype(np.float64)
    for index in range(count):
        start = max(0, index * step - step // 4)
        window = padded[start : start + step]
        loudness = float(np.sqrt(np.mean(window**2)))
        opened = min(1.0, max(0.0, loudness - 0.008) / _LOUD) ** 0.7
        opened = round(opened * _MOUTH_STEPS) / _MOUTH_STEPS
        crossings = float(np.mean(np.signbit(window[1:]) != np.signbit(window[:-1])))
        wide = round(min(1.0, max(0.0, (crossings - 0.015) / 0.08)) * 3) / 3
        shapes.append(Mouth(opened, wide if opened else 0.5))
    return shapes
