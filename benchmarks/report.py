"""What is measured, and what came out: plain data, without the library that is measured.

The process that starts the others imports this, and it must stay small: see `benchmarks.reading`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from benchmarks import results

STAGES = (
    "read_result",
    "loads",
    "to_manifest",
    "manifest_text",
    "loads + to_manifest",
    "loads + manifest_text",
)
"""Stages by name; "loads" contains "read_result", "manifest_text" contains "to_manifest"."""
TO_VALUES, TO_TEXT = STAGES[4:]

LARGE, DENSE, LESSONS = "large", "dense", "lessons"
"""Families of cases: one result, one result of very short files, many small results."""

WAYS = ("timeline", "nested loop", "pyannote.core", "opentimelineio")
"""Ways to find the gaps of all tracks."""


@dataclass(frozen=True, slots=True)
class Case:
    """One input to measure.

    Attributes:
        family: `LARGE`, `DENSE` or `LESSONS`.
        clips: Files of one result.
        number: How many results there are.
        tracks: Streams of one result.
        length_ms: Shortest and longest file, ms.
        runs: How often it is measured.
    """

    family: str
    clips: int
    runs: int
    number: int = 1
    tracks: int = results.TRACKS
    length_ms: tuple[int, int] = results.LENGTH_MS

    @property
    def all_clips(self) -> int:
        """Files of all its results."""
        return self.clips * self.number


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long something took, of several runs, in s."""

    best_s: float
    median_s: float

    @classmethod
    def of(cls, runs_s: Sequence[float]) -> Self:
        """Return best and median of the runs."""
        return cls(min(runs_s), median(runs_s))


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What one case took.

    Attributes:
        case: What was measured.
        stages: Times by the names in `STAGES`, over all results of the case.
        core_share: Part of the time in which the core was ours; below 1 where other programs used it too.
        loads_bytes: Peak of memory after ``loads``, above a process that only imported timeline. None where
            the system does not tell.
        text_bytes: The same after ``manifest_text``.
        findings: How many findings all its lessons have.
    """

    case: Case
    stages: dict[str, Seconds]
    core_share: float
    loads_bytes: int | None
    text_bytes: int | None
    findings: int


@dataclass(frozen=True, slots=True)
class GapsReport:
    """What it took to find the gaps of all tracks in one way.

    Attributes:
        clips: Files of the result.
        way: A name from `WAYS`.
        gaps: How many were found.
        build: Making its objects from known spans; None where there is no number.
        ask: Finding the gaps; None where there is no number.
        note: Why there is no number; None if there is one.
    """

    clips: int
    way: str
    gaps: int = 0
    build: Seconds | None = None
    ask: Seconds | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All of one run.

    Attributes:
        date: The day, ISO.
        machine: Where it ran, in words.
        versions: Of what took part, by name.
        quick: Whether it was the short run, from which no aim is judged.
        cases: Reading, assembling, manifest.
        gaps: The gaps of all tracks, side by side.
    """

    date: str
    machine: str
    versions: dict[str, str]
    quick: bool
    cases: tuple[CaseReport, ...]
    gaps: tuple[GapsReport, ...]

    def family(self, family: str) -> list[CaseReport]:
        """Return the cases of a family, smallest first."""
        chosen = [one for one in self.cases if one.case.family == family]
        return sorted(chosen, key=lambda one: one.case.all_clips)


def growth_exponent(smaller: CaseReport, larger: CaseReport, stage: str) -> float:
    """Return the exponent k for which the best time of *stage* grows as ``clips ** k``."""
    times = larger.stages[stage].best_s / smaller.stages[stage].best_s
    return math.log(times) / math.log(larger.case.all_clips / smaller.case.all_clips)


def cases_to_measure(*, quick: bool) -> tuple[Case, ...]:
    """Return all cases; with *quick* smaller and fewer."""
    dense_ms = (800, 1_200)
    if quick:
        return (
            *(Case(LARGE, clips, runs) for clips, runs in ((10, 20), (1_000, 3), (10_000, 2))),
            *(Case(DENSE, clips, runs, length_ms=dense_ms) for clips, runs in ((1_000, 3), (10_000, 2))),
            _lessons(500, runs=2),
        )
    large = ((10, 200), (1_000, 30), (10_000, 9), (100_000, 5))
    return (
        *(Case(LARGE, clips, runs) for clips, runs in large),
        *(Case(DENSE, clips, runs, length_ms=dense_ms) for clips, runs in large[1:]),
        _lessons(10_000, runs=3),
    )


def _lessons(number: int, runs: int) -> Case:
    return Case(
        LESSONS,
        results.LESSON_CLIPS,
        runs,
        number=number,
        tracks=results.LESSON_TRACKS,
        length_ms=results.LESSON_LENGTH_MS,
    )
