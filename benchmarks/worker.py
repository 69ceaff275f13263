"""One measurement in a process of its own: ``python -m benchmarks.worker JOB [ARGUMENT ...]`` prints JSON.

`benchmarks.reading` calls this; people need not.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import timeline
from benchmarks import results
from benchmarks.gaps import TooSlowError, gaps_of, streams_of, time_way, way_named
from benchmarks.report import WAYS, GapsReport, Seconds
from benchmarks.stages import read_and_check, time_stages
from timeline.export.manifest import manifest_text

try:
    import resource
except ImportError:  # no such thing on Windows
    resource = None  # type: ignore[assignment]

Json = dict[str, Any]


def write_documents(
    path: str, clips: str, number: str, tracks: str, shortest_ms: str, longest_ms: str
) -> Json:
    """Write the documents of a case to *path*, one a line."""
    length_ms = (int(shortest_ms), int(longest_ms))
    documents = results.make_documents(int(number), int(clips), tracks=int(tracks), length_ms=length_ms)
    with Path(path).open("wb") as file:
        file.writelines(document + b"\n" for document in documents)
    return {}


def baseline() -> Json:
    """Return the peak of a process that only imported timeline, and the versions of what takes part."""
    peak_bytes = _peak_bytes()
    names = ("numpy", "pydantic", "pyannote.core", "opentimelineio")
    versions = {"Python": platform.python_version(), "timeline": timeline.__version__}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {"peak_bytes": peak_bytes, "versions": versions}


def memory(path: str) -> Json:
    """Return the peaks of one walk over the documents; a lesson is forgotten before the next is read.

    The peak after ``loads`` is that of the first document.
    """
    loads_bytes: int | None = None
    with Path(path).open("rb") as file:
        for number, document in enumerate(file):
            lesson = timeline.loads(document)
            if number == 0:
                loads_bytes = _peak_bytes()
            text = manifest_text(lesson)
            del lesson, text
    return {"loads_bytes": loads_bytes, "text_bytes": _peak_bytes()}


def times(path: str, runs: str) -> Json:
    """Return the seconds of every stage, after checking that the stages do their work."""
    documents = Path(path).read_bytes().splitlines()
    findings = read_and_check(documents)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    seconds = time_stages(documents, int(runs))
    core_share = (time.process_time() - begun_cpu) / (time.perf_counter() - begun)
    return {"stages": seconds, "findings": findings, "core_share": core_share}


def gaps(path: str, name: str, runs: str) -> Json:
    """Return how long one way takes to find the gaps, after comparing its answer with timeline's."""
    streams = streams_of(Path(path).read_bytes())
    clips = sum(map(len, streams.spans.values()))
    try:
        way = way_named(name)
        answer = gaps_of(way, streams)
        if answer != gaps_of(way_named(WAYS[0]), streams):
            raise SystemExit(f"{name} finds other gaps than timeline in {clips} clips")
        seconds = time_way(way, streams, int(runs))
    except ImportError:
        return asdict(GapsReport(clips, name, note="not installed, skipped"))
    except TooSlowError as error:
        return asdict(GapsReport(clips, name, note=str(error)))
    found = sum(map(len, answer.values()))
    return asdict(GapsReport(clips, name, found, Seconds.of(seconds["build"]), Seconds.of(seconds["ask"])))


def _peak_bytes() -> int | None:
    """Return the most memory that this process ever held; None where the system does not tell."""
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


JOBS: dict[str, Callable[..., Json]] = {
    "write": write_documents,
    "baseline": baseline,
    "memory": memory,
    "times": times,
    "gaps": gaps,
}


if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](*sys.argv[2:])))
