"""How far a batch is: a bar on a terminal, else a line now and then; an ETA where there is ground for one."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from timeline.batch.rows import DONE, LessonRow
from timeline.cli.console import talk
from timeline.units import format_length, seconds_to_ms

_LEAST_LESSONS = 3
_LEAST_S = 5
_LEAST_WEIGHT_MS = 60_000
"""A lesson's overhead, in the time of lessons."""


class BatchProgress:
    """Shows what is done of some lessons, each of which has a name and, where that is known, a length.

    Args:
        command: What is done.
        lengths_ms: By name.
    """

    def __init__(self, command: str, lengths_ms: Mapping[str, int | None]) -> None:
        self._command, self._lengths_ms = command, lengths_ms
        known = [length_ms for length_ms in lengths_ms.values() if length_ms is not None]
        usual_ms = sum(known) / len(known) if known else 0
        self._weights = {
            name: _LEAST_WEIGHT_MS + (usual_ms if length_ms is None else length_ms)
            for name, length_ms in lengths_ms.items()
        }
        self._began_s = time.monotonic()
        self._left = sum(self._weights.values())
        self._worked = 0.0
        self._done = self._made = self._look = self._failed = self._kept = 0
        self._said_tenth = 0
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
            console = Console(file=sys.stderr, highlight=False, emoji=False)
            self._bar = Progress(*columns, console=console, transient=True)
            self._task = self._bar.add_task(command, total=max(1, len(lengths_ms)), said="")

    def __enter__(self) -> BatchProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, row: LessonRow) -> None:
        """Count a lesson that is done."""
        self._done += 1
        self._left -= self._weights.get(row.name, 0)
        if row.is_unchanged:
            self._kept += 1
        else:
            self._made += 1
            self._worked += self._weights.get(row.name, 0)
        if row.status != DONE:
            self._look += row.status == "look"
            self._failed += row.status == "failed"
        if self._bar:
            self._bar.update(self._task, completed=self._done, said=self.text())
            return
        tenth = 10 * self._done // max(1, len(self._lengths_ms))
        if tenth > self._said_tenth:
            self._said_tenth = tenth
            talk(f"{self._command}: {self.text()}")

    def text(self) -> str:
        """Return how far it is, and how long it will take as far as can be told."""
        parts = [f"{self._done} of {len(self._lengths_ms)} lessons"]
        for count, word in ((self._kept, "kept"), (self._look, "to look at"), (self._failed, "failed")):
            if count:
                parts.append(f"{count} {word}")
        left_s = self.left_s()
        if left_s is not None and self._done < len(self._lengths_ms):
            parts.append(f"about {format_length(seconds_to_ms(left_s))} left")
        return ", ".join(parts)

    def left_s(self) -> float | None:
        """Return for how long it will go on; None while too little is done to tell.

        Lessons count by their length. What was kept from earlier runs says nothing of what is still to do.
        """
        elapsed_s = time.monotonic() - self._began_s
        if self._made < _LEAST_LESSONS or elapsed_s < _LEAST_S:
            return None
        return elapsed_s * self._left / self._worked
