"""What a command costs: wall time, processor time and memory of it and of all that it starts.

The process that starts the others imports this, and it must stay small: Linux counts the peak memory of the
one that starts a process into that of the started one.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Self

_TAIL_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost.

    Attributes:
        wall_s: From its start to its end.
        cpu_s: User and system time of the whole tree of processes.
        peak_bytes: The most memory that one single process of the tree held.
        others_cores: How many cores other programs used meanwhile; None where the system does not tell.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int
    others_cores: float | None = None

    @classmethod
    def median_of(cls, costs: Sequence[Cost]) -> Self:
        """Return the medians of several runs."""
        others = [cost.others_cores for cost in costs if cost.others_cores is not None]
        return cls(
            median(cost.wall_s for cost in costs),
            median(cost.cpu_s for cost in costs),
            max(cost.peak_bytes for cost in costs),
            median(others) if others else None,
        )

    def times(self, factor: float) -> Cost:
        """Return the cost of *factor* times as much work; memory and company stay."""
        return Cost(self.wall_s * factor, self.cpu_s * factor, self.peak_bytes, self.others_cores)


class CommandFailedError(Exception):
    """A measured command failed: there is no number."""


def measure(command: Sequence[str], *, folder: Path, stdin: IO[bytes] | None = None) -> Cost:
    """Run *command* in *folder* and return what it cost.

    Raises:
        CommandFailedError: With the last that it said.
    """
    with tempfile.TemporaryFile() as said:
        busy_s, began_s = _busy_s(), time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdin=stdin or subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s, after_s = time.perf_counter() - began_s, _busy_s()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL_BYTES))
            tail = said.read().decode(errors="replace")
            raise CommandFailedError(f"{command[0]} ended with status {process.returncode}: {tail}")
    cpu_s = usage.ru_utime + usage.ru_stime
    others = None if busy_s is None or after_s is None else max(0.0, (after_s - busy_s - cpu_s) / wall_s)
    return Cost(wall_s, cpu_s, usage.ru_maxrss * _PEAK_UNIT_BYTES, others)


_PEAK_UNIT_BYTES = 1 if os.uname().sysname == "Darwin" else 1024


def _busy_s() -> float | None:
    """Return the seconds that all cores together were busy since the start of the machine."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _waiting, irq, softirq, *_ = map(int, fields[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
