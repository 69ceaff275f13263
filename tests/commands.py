"""`timeline` as a user runs it: in this process, which is quick, or in one of its own, which proves more."""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent

Answer = subprocess.CompletedProcess[bytes]


def run_process(*arguments: object, stdin: bytes = b"", **options: Any) -> Answer:
    """Run ``timeline`` in a process of its own; every warning is an error.

    For what only a process has: streams that are closed or full, a locale, packages that are absent.
    """
    command = [sys.executable, "-W", "error", "-m", "timeline", *map(str, arguments)]
    return subprocess.run(command, input=stdin, cwd=ROOT, timeout=60, **{"capture_output": True} | options)


def run_here(*arguments: object, stdin: bytes = b"", encoding: str = "utf-8") -> Answer:
    """Run ``timeline`` in this process, in the current folder, on streams of its own."""
    from timeline.cli.app import main

    streams = [io.TextIOWrapper(io.BytesIO(data), encoding=encoding) for data in (stdin, b"", b"")]
    argv = ["timeline", *map(str, arguments)]
    status: object = None
    with (
        _signals_kept(),
        mock.patch.multiple(sys, argv=argv, stdin=streams[0]),
        contextlib.redirect_stdout(streams[1]),
        contextlib.redirect_stderr(streams[2]),
    ):
        try:
            main()
        except SystemExit as stop:
            status = stop.code
    assert isinstance(status, int), status
    return Answer(argv, status, *(_bytes_of(stream) for stream in streams[1:]))


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Give back the handlers that the command line sets for a process of its own."""
    handlers = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)


def _bytes_of(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()
