"""Measure reading, assembling and the manifest: ``python -m benchmarks.reading [--quick] [--json FILE]``.

Each measurement runs in a fresh process. This one stays small and imports neither timeline nor numpy: where a
process is started, Linux counts the peak memory of the one that starts it into its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.page import README, numbers, replace_numbers
from benchmarks.report import (
    LARGE,
    WAYS,
    Case,
    CaseReport,
    GapsReport,
    Report,
    Seconds,
    cases_to_measure,
)

ROOT = Path(__file__).resolve().parent.parent
_GAPS_RUNS_FACTOR = 2  # finding gaps is short, so it is measured more often


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and write what is asked for."""
    options = _parse(arguments)
    pin_to_one_core()
    report = measure(quick=options.quick)
    tables = numbers(report)
    print(tables)
    if options.json:
        Path(options.json).write_text(
            json.dumps(dataclasses.asdict(report), indent=1) + "\n", encoding="utf-8"
        )
    if options.write:
        README.write_text(replace_numbers(README.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return 0


def measure(*, quick: bool) -> Report:
    """Return what was measured; takes minutes, or with *quick* seconds."""
    bare = _work("baseline")
    case_reports: list[CaseReport] = []
    gap_reports: list[GapsReport] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases_to_measure(quick=quick):
            path = str(Path(folder) / "documents")
            _say(f"{case.family}: {case.number} × {case.clips} clips")
            _work("write", path, case.clips, case.number, case.tracks, *case.length_ms)
            case_reports.append(_measure_case(case, path, bare["peak_bytes"]))
            if case.family == LARGE:
                gap_reports += (_measure_gaps(case, path, way) for way in WAYS)
    return Report(
        date=datetime.date.today().isoformat(),
        machine=f"one core of a shared {os.cpu_count()}-core machine",
        versions=bare["versions"],
        quick=quick,
        cases=tuple(case_reports),
        gaps=tuple(gap_reports),
    )


def pin_to_one_core() -> None:
    """Keep this process and all that it starts on one core, where the system can."""
    if sys.platform != "win32" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description="Measure reading.")
    parser.add_argument("--quick", action="store_true", help="smaller inputs, few repetitions; judges no aim")
    parser.add_argument("--json", metavar="FILE", help="write all numbers to FILE")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("--write keeps a full run only; leave --quick out")
    return options


def _measure_case(case: Case, path: str, bare_bytes: int | None) -> CaseReport:
    peaks = _work("memory", path)
    measured = _work("times", path, case.runs)
    return CaseReport(
        case=case,
        stages={stage: Seconds.of(runs_s) for stage, runs_s in measured["stages"].items()},
        core_share=measured["core_share"],
        loads_bytes=_above(peaks["loads_bytes"], bare_bytes),
        text_bytes=_above(peaks["text_bytes"], bare_bytes),
        findings=measured["findings"],
    )


def _measure_gaps(case: Case, path: str, way: str) -> GapsReport:
    _say(f"  gaps: {way}")
    found = _work("gaps", path, way, case.runs * _GAPS_RUNS_FACTOR)
    build, ask = (Seconds(**found[name]) if found[name] else None for name in ("build", "ask"))
    return GapsReport(found["clips"], way, found["gaps"], build, ask, found["note"])


def _above(peak_bytes: int | None, bare_bytes: int | None) -> int | None:
    if peak_bytes is None or bare_bytes is None:
        return None
    return max(0, peak_bytes - bare_bytes)


def _work(job: str, *arguments: object) -> Any:
    """Return what a fresh process answers; see `benchmarks.worker`."""
    command = [sys.executable, "-m", "benchmarks.worker", job, *map(str, arguments)]
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(answer.stdout)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
