"""What is measured of renders, and what came out: plain data, without the library that is measured."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.render_cost import Cost

TIMELINE, PLAIN, DRAFT, KEPT = "timeline", "timeline --no-labels", "timeline --draft", "timeline, all kept"
GRAPH, GRAPH_FREE = "one graph", "one graph, x264's own threads"
WINDOW, MOVIEPY = "timeline, window", "moviepy, window"
DECODE, SCALE, ENCODE, SOUND = "decode", "decode and scale", "encode", "sound"
BOARD, BOARD_VFR = "timeline, the board alone", "timeline, the board alone --vfr"
BOARD_KEPT = "timeline, the board alone, all kept"
"""A stretch of the long lesson; the last one makes no picture, so what it costs is not the pictures'."""
RENAMED = "timeline, renamed: "
"""Before the user id of the one who got another name."""

PARTS = (SCALE, ENCODE, SOUND)
"""What has to be done once, whoever does it; `SCALE` contains `DECODE`."""
CHECKS = ("examine", "verify")
"""What timeline does beside rendering: hash and probe its files, read its output back."""


@dataclass(frozen=True, slots=True)
class RenderCase:
    """What the renders of one lesson cost.

    Attributes:
        name: Of the lesson.
        length_s: Of the lesson.
        clips: How many files it lists.
        repeats: So often each was measured; the medians are kept.
        window_s: Length of the window that slow programs rendered.
        costs: By the name of what was done.
        apart: CPU seconds of what `benchmarks.render_worker` measures apart.
        notes: Why there is no number, by the name of what was not done.
    """

    name: str
    length_s: float
    clips: int
    repeats: int
    window_s: float
    costs: dict[str, Cost]
    apart: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def parts_cpu_s(self) -> float | None:
        """The sum of the parts, CPU seconds; None where they were not measured."""
        if any(part not in self.costs for part in PARTS):
            return None
        return sum(self.costs[part].cpu_s for part in PARTS)

    @property
    def checks_cpu_s(self) -> float:
        """CPU seconds of `CHECKS`."""
        return sum(self.apart.get(check, 0.0) for check in CHECKS)

    @property
    def renamed(self) -> dict[str, Cost]:
        """Costs of a rerun after one name changed, by user id."""
        names = (name for name in self.costs if name.startswith(RENAMED))
        return {name.removeprefix(RENAMED): self.costs[name] for name in names}

    @property
    def sparse_gain(self) -> float | None:
        """So many times as cheap are the pictures of a board alone with ``--vfr``; None if not measured."""
        if any(way not in self.costs for way in (BOARD, BOARD_VFR, BOARD_KEPT)):
            return None
        beside_s = self.costs[BOARD_KEPT].cpu_s
        return (self.costs[BOARD].cpu_s - beside_s) / (self.costs[BOARD_VFR].cpu_s - beside_s)

    @property
    def graphs(self) -> list[Cost]:
        """Costs of the hand-written graph, whatever its threads."""
        return [self.costs[name] for name in (GRAPH, GRAPH_FREE) if name in self.costs]

    @property
    def peak_bytes(self) -> int:
        """The most memory that one process of timeline held."""
        return max(cost.peak_bytes for name, cost in self.costs.items() if name.startswith(TIMELINE))


@dataclass(frozen=True, slots=True)
class RenderNumbers:
    """All that was measured.

    Attributes:
        date: The day, ISO.
        machine: Where it ran, in words.
        versions: Of what took part, by name.
        quick: Whether it was the short run, from which no aim is judged.
        cases: By the name of the lesson.
    """

    date: str
    machine: str
    versions: dict[str, str]
    quick: bool
    cases: dict[str, RenderCase]

    @property
    def many(self) -> list[RenderCase]:
        """The lessons of many clips, fewest first."""
        return sorted(
            (one for one in self.cases.values() if one.name.startswith("clips_")), key=lambda one: one.clips
        )


def growth(smaller: RenderCase, larger: RenderCase) -> float:
    """Return the exponent k for which timeline's CPU seconds grow as ``clips ** k``."""
    ratio = larger.costs[TIMELINE].cpu_s / smaller.costs[TIMELINE].cpu_s
    return math.log(ratio) / math.log(larger.clips / smaller.clips)


def write_numbers(numbers: RenderNumbers, path: Path) -> None:
    """Write all numbers as JSON."""
    path.write_text(json.dumps(dataclasses.asdict(numbers), indent=1) + "\n", encoding="utf-8")


def read_numbers(path: Path) -> RenderNumbers:
    """Return what `write_numbers` wrote."""
    values = json.loads(path.read_text(encoding="utf-8"))
    values["cases"] = {name: _case(case) for name, case in values["cases"].items()}
    return RenderNumbers(**values)


def _case(values: dict[str, Any]) -> RenderCase:
    costs = {name: Cost(**cost) for name, cost in values["costs"].items()}
    return RenderCase(**(values | {"costs": costs}))
