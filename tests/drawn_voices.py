"""Voices as drawings: one character is 100 ms.

``#`` speaks with the microphone on, ``.`` is silent with it on, and a blank has it off.
"""

from __future__ import annotations

import numpy as np

from timeline.analysis.voices import Voice
from timeline.interval import Spans, merge, spans_of

STEP_MS = 100


def drawn(user_id: str, picture: str, role: str | None = None) -> Voice:
    """Return the voice that *picture* draws from 0 on."""
    return Voice(user_id, role, _where(picture, "#"), _where(picture, "#."))


def lin(picture: str) -> Voice:
    """Return a teacher's voice."""
    return drawn("lin", picture, "teacher")


def amy(picture: str) -> Voice:
    """Return a student's voice."""
    return drawn("amy", picture, "student")


def bo(picture: str) -> Voice:
    """Return another student's voice."""
    return drawn("bo", picture, "student")


def kim(picture: str) -> Voice:
    """Return an assistant's voice."""
    return drawn("kim", picture, "assistant")


def _where(picture: str, characters: str) -> Spans:
    at = np.array([STEP_MS * place for place, character in enumerate(picture) if character in characters])
    return merge(spans_of((int(ms), int(ms) + STEP_MS) for ms in at))
