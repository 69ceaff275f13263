"""The program that looks into strangers' files: ``python -m timeline.media.probe_child PARENT``.

It is told files on its standard input, a line each, and answers each with a line of JSON: facts, or why there
are none. It has limits on time and memory, writes no file, and ends with the process that started it.
`probe_media` in `timeline.media.probe` runs it; nothing else should.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import sys
from pathlib import Path
from typing import Any

from timeline.errors import MediaUnreadableError
from timeline.media.facts import to_json
from timeline.media.scan import read_facts

CPU_LIMIT_S = 20
"""A file may take so much time of a processor."""
MEMORY_LIMIT_BYTES = 2 << 30


def answer(line: bytes) -> dict[str, Any]:
    """Return the answer to a line of the parent: its number, and ``facts``, or ``error`` and ``reason``."""
    question = json.loads(line)
    path = Path(os.fsdecode(bytes.fromhex(question["path"])))
    try:
        found: dict[str, Any] = {"facts": to_json(read_facts(path, question["demuxer"]))}
    except MediaUnreadableError as error:
        found = {"error": str(error), "reason": error.reason}
    return {"number": question["number"]} | found


def main() -> None:
    """Answer lines until there are no more."""
    _die_with(int(sys.argv[1]))
    with os.fdopen(os.dup(1), "wb") as answers:
        null = os.open(os.devnull, os.O_WRONLY)  # whatever a library prints is no answer
        os.dup2(null, 1)
        _limit_all()
        while line := sys.stdin.buffer.readline():
            _limit_cpu()
            answers.write(json.dumps(answer(line)).encode() + b"\n")
            answers.flush()


def _die_with(parent: int) -> None:
    """Have Linux kill this process when the thread that started it ends; elsewhere it ends with its pipe."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before
            os._exit(1)


def _limit_all() -> None:
    """Limit memory, and forbid to write files; Windows knows no such limits, and macOS not all of them."""
    with contextlib.suppress(ImportError):
        import resource

        for name, value in (("RLIMIT_AS", MEMORY_LIMIT_BYTES), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
            with contextlib.suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (value, value))


def _limit_cpu() -> None:
    """Have the system kill this process when the next file takes too long."""
    with contextlib.suppress(ImportError):
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        limit_s = math.ceil(usage.ru_utime + usage.ru_stime) + CPU_LIMIT_S
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
