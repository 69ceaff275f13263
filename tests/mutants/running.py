"""Many mutants, one after another or in several processes, and what came of them."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from tests.mutants.generate import mutant
from tests.mutants.promises import check

SLOW_S = 1.0
"""A mutant that takes more CPU time than this is a failure."""
STUCK_S = 20
"""After this much CPU time a mutant is given up."""
CHUNK = 500
"""How many mutants a worker takes at a time."""
SLOWEST = 10


@dataclass(slots=True)
class Report:
    """What came of some mutants.

    Attributes:
        outcomes: How many were read, and how many refused, by what `check` returned.
        slowest: CPU seconds and number of the slowest ones, the slowest first.
        failures: Number and traceback of each mutant that was neither read nor refused as promised.
        count: How many there were.
        size: Of all of them, in bytes.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0
    size: int = 0

    def add(self, other: Report) -> None:
        """Take *other* in."""
        self.outcomes.update(other.outcomes)
        self.slowest = sorted((*self.slowest, *other.slowest), reverse=True)[:SLOWEST]
        self.failures.extend(other.failures)
        self.count += other.count
        self.size += other.size

    @property
    def is_good(self) -> bool:
        """Whether nothing failed and nothing was slow."""
        return not self.failures and all(seconds <= SLOW_S for seconds, _ in self.slowest)


def run(first: int, count: int) -> Report:
    """Return what comes of the *count* mutants from *first* on."""
    report = Report(count=count)
    times: list[tuple[float, int]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(first, first + count):
            data = mutant(number)
            report.size += len(data)
            began_s = time.process_time()
            try:
                with _cpu_limit(STUCK_S):
                    report.outcomes[check(data)] += 1
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # a panic in an extension module is no Exception
                report.outcomes["FAILED"] += 1
                report.failures.append((number, traceback.format_exc()))
            times.append((time.process_time() - began_s, number))
    report.slowest = sorted(times, reverse=True)[:SLOWEST]
    return report


@contextmanager
def _cpu_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` where the block takes more CPU time than that, if the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _give_up(number: int, frame: FrameType | None) -> NoReturn:
    raise TimeoutError(f"not done after {STUCK_S} s of CPU time")


def run_in_workers(first: int, count: int, jobs: int) -> Iterator[Report]:
    """Yield what comes of the mutants, part by part, in any order."""
    with ProcessPoolExecutor(jobs) as pool:
        ends = range(first, first + count, CHUNK)
        waiting = {pool.submit(run, begin, min(CHUNK, first + count - begin)): begin for begin in ends}
        for done in as_completed(waiting):
            begin = waiting.pop(done)
            try:
                yield done.result()
            except BrokenProcessPool as error:
                said = f"a worker died in the {CHUNK} mutants from {begin} on, or beside them: {error}"
                yield Report(Counter(FAILED=1), failures=[(begin, said)])
                return


def report_text(report: Report, seconds: float) -> str:
    """Return *report* for people."""
    speed = report.count / max(seconds, 0.001)
    lines = [f"{report.count} mutants, {report.size / 1e6:.1f} MB, {seconds:.1f} s, {speed:.0f} a second", ""]
    for outcome, number in report.outcomes.most_common():
        lines.append(f"{number:10d}  {100 * number / max(1, report.count):6.2f} %  {outcome}")
    lines += ["", "slowest:"]
    lines += [f"{slow_s:10.4f} s  mutant {number}" for slow_s, number in report.slowest]
    shown: set[str] = set()
    for number, problem in sorted(report.failures):
        last = problem.strip().splitlines()[-1]
        place = "".join(re.findall(r"line \d+, in \w+", problem)) + last.partition(":")[0]
        lines += ["", f"mutant {number} failed: {last if place in shown else problem}"]
        shown.add(place)
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run mutants and print what came of them; 1 where any failed or was slow."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Break recording results, and read them."
    )
    parser.add_argument("--count", type=int, default=100_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="write this mutant to stdout, and no more")
    options = parser.parse_args(arguments)
    if options.show is not None:
        sys.stdout.buffer.write(mutant(options.show))
        return 0
    began_s = time.monotonic()
    report = Report()
    for part in run_in_workers(options.first, options.count, options.jobs):
        report.add(part)
        speed = report.count / max(time.monotonic() - began_s, 0.001)
        told = f"{report.count} of {options.count}, {speed:.0f} a second, {len(report.failures)} failed"
        print(f"\r{told}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(report_text(report, time.monotonic() - began_s))
    return 0 if report.is_good else 1
