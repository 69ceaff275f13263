"""Who really spoke: speech that is only another user's voice, leaked from a loudspeaker into a microphone.

A leak is softer than its source, comes up to 300 ms later and rises and falls with it. Somebody who speaks
at the same time does not rise and fall with the other, so true overlap stays, though up to 300 ms of it may
be lost by chance. Everything is on frames of 20 ms of one clock, as levels in dBFS.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.interval import Spans, merge, runs_of, spans_of, total_ms

STEP_MS = 20
"""Length of a frame here."""
_RANGE_DB = 40.0
"""Levels so far below the loudest of a stretch are told apart no more: there is only noise."""
_LEAST_CORRELATED_MS = 200
_MOSTLY = 0.6
"""Of a stretch that is a leak for this share of its length, a short rest is one as well."""

Levels = NDArray[np.float32]


def without_leaks(
    speech: Mapping[str, Spans], levels_db: Mapping[str, Levels], rules: MetricRules = USUAL_RULES
) -> dict[str, Spans]:
    """Return the speech of each user without what is a leak of another one's.

    Args:
        speech: By user: where speech was found, playback ms, merged.
        levels_db: By user: level of every `STEP_MS` from 0, dBFS; NaN where nothing was heard. All of one
            length.
        rules: ``leak_margin_db``, ``leak_correlation``, ``leak_most_ms``, ``leak_window_ms``, and the least
            length of speech.

    Returns:
        By user, merged; each a part of what was given.
    """
    return {user: _own_speech(user, speech, levels_db, rules) for user in speech}


def _own_speech(
    user: str, speech: Mapping[str, Spans], levels_db: Mapping[str, Levels], rules: MetricRules
) -> Spans:
    kept: list[tuple[int, int]] = []
    own = levels_db[user]
    slack_ms = rules.leak_most_ms + rules.leak_window_ms
    for start_ms, end_ms in speech[user].tolist():
        first, last = start_ms // STEP_MS, min(-(-end_ms // STEP_MS), len(own))
        is_leak = np.zeros(max(0, last - first), np.bool_)
        for other, spans in speech.items():
            if other == user:
                continue
            begun = np.searchsorted(spans[:, 1], start_ms - slack_ms, side="right")
            if begun < len(spans) and spans[begun, 0] < end_ms + rules.leak_window_ms:
                is_leak |= _leaks(own, levels_db[other], first, last, rules)
        kept += _kept(start_ms, end_ms, is_leak, rules)
    return merge(spans_of(kept))


def _kept(
    start_ms: int, end_ms: int, is_leak: NDArray[np.bool_], rules: MetricRules
) -> list[tuple[int, int]]:
    """Return what is left of a stretch of speech: pieces long enough to be speech."""
    if not is_leak.any():
        return [(start_ms, end_ms)]
    edges = runs_of(~is_leak)
    if is_leak.mean() >= _MOSTLY and total_ms(edges * STEP_MS) < 2 * rules.vad_least_ms:
        return []
    base_ms = start_ms // STEP_MS * STEP_MS
    pieces = [
        (max(start_ms, base_ms + first * STEP_MS), min(end_ms, base_ms + last * STEP_MS))
        for first, last in edges.tolist()
    ]
    return [piece for piece in pieces if piece[1] - piece[0] >= rules.vad_least_ms]


def _leaks(own: Levels, other: Levels, first: int, last: int, rules: MetricRules) -> NDArray[np.bool_]:
    """Return which frames from *first* to *last* of one user are a leak of the other."""
    half = max(1, rules.leak_window_ms // STEP_MS // 2)
    lags = rules.leak_most_ms // STEP_MS + 1
    mine = _stretch(own, first - half, last + half)
    if not _is_ever_louder(mine, _stretch(other, first - half - lags + 1, last + half), half, lags, rules):
        return np.zeros(last - first, np.bool_)
    # Row by row the other one's level, later by one more frame each.
    theirs = np.stack([_stretch(other, first - half - lag, last + half - lag) for lag in range(lags)], axis=0)
    is_heard = ~(np.isnan(mine) | np.isnan(theirs))
    mine = np.where(is_heard, _clamped(mine), 0.0)
    theirs = np.where(is_heard, _clamped(theirs), 0.0)
    count = _window_sums(is_heard.astype(np.float64), half)
    enough = np.maximum(count, 1)
    mean_mine, mean_theirs = _window_sums(mine, half) / enough, _window_sums(theirs, half) / enough
    covariance = _window_sums(mine * theirs, half) / enough - mean_mine * mean_theirs
    spread = (_window_sums(mine * mine, half) / enough - mean_mine**2) * (
        _window_sums(theirs * theirs, half) / enough - mean_theirs**2
    )
    correlation = covariance / np.sqrt(np.maximum(spread, 1e-6))
    is_leak = (
        (count * STEP_MS >= _LEAST_CORRELATED_MS)
        & (correlation >= rules.leak_correlation)
        & (mean_theirs - mean_mine >= rules.leak_margin_db)
    )
    return np.asarray(is_leak.any(axis=0))


def _is_ever_louder(
    mine: NDArray[np.float64], theirs: NDArray[np.float64], half: int, lags: int, rules: MetricRules
) -> bool:
    """Return whether the other one is louder by enough at any time and delay; the rest costs more to ask."""
    means = []
    for levels in (mine, theirs):
        is_heard = ~np.isnan(levels)
        sums = _window_sums(np.where(is_heard, np.maximum(levels, -120.0), 0.0), half)
        count = _window_sums(is_heard.astype(np.float64), half)
        means.append(np.where(count > 0, sums / np.maximum(count, 1), np.nan))
    loudest = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(means[1], nan=-999.0), lags).max(axis=1)
    # A window that is heard in part only may differ a little from what is asked below.
    return bool((loudest - np.nan_to_num(means[0], nan=999.0) >= rules.leak_margin_db - 1).any())


def _clamped(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return levels without the depths of their pauses, where only noise is."""
    loudest = np.nanmax(levels, initial=-120.0)
    return np.asarray(np.maximum(np.nan_to_num(levels, nan=-120.0), loudest - _RANGE_DB))


def _stretch(levels: Levels, first: int, last: int) -> NDArray[np.float64]:
    """Return a part of the levels; NaN before their beginning and behind their end."""
    part = levels[max(0, first) : max(0, min(last, len(levels)))].astype(np.float64)
    before = min(max(0, -first), last - first)
    return np.pad(part, (before, last - first - before - len(part)), constant_values=np.nan)


def _window_sums(values: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    """Return the sum of the ``2 * half + 1`` values around each but the outer ones."""
    sums = np.cumsum(np.pad(values, [(0, 0)] * (values.ndim - 1) + [(1, 0)]), axis=-1)
    return np.asarray(sums[..., 2 * half + 1 :] - sums[..., : -2 * half - 1])
