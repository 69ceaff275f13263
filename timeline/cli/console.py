"""What the command line says: data to stdout, talk to stderr. Strings of a result are made harmless here."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from timeline.checks import findings_at_least
from timeline.findings import FINDING_KINDS, Finding, Severity
from timeline.jsontext import ascii_json, json_text
from timeline.model import counted
from timeline.render.progress import RenderProgress
from timeline.sinks import terminal_text
from timeline.units import format_length, format_time, seconds_to_ms

_PLAIN_WIDTH = 140
_MOST_OF_A_KIND = 10
_STYLES = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "red"}


def output() -> Console:
    """Return the console for data; wide enough for tables where stdout is no terminal."""
    return _console(sys.stdout)


@dataclass(slots=True)
class Ear:
    """What a command says, for who runs many of them.

    Attributes:
        findings: That it talked about.
        lines: That it said on stderr.
        slates: Files of a lesson that it replaced by slates.
    """

    findings: list[Finding] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    slates: int = 0


_ear: ContextVar[Ear | None] = ContextVar("ear", default=None)


@contextlib.contextmanager
def heard() -> Iterator[Ear]:
    """Give an ear that hears what is said in the block."""
    ear = Ear()
    token = _ear.set(ear)
    try:
        yield ear
    finally:
        _ear.reset(token)


def talk(message: str) -> None:
    """Say one line on stderr."""
    if ear := _ear.get():
        ear.lines.append(message)
    print(terminal_text(message), file=sys.stderr, flush=True)


def talk_of_slates(files: int) -> None:
    """Say how many of a lesson's files slates replace."""
    if ear := _ear.get():
        ear.slates = files
    talk(f"slates replace {files} of the lesson's files, wholly or in part; see above")


def talk_about(findings: Sequence[Finding]) -> None:
    """Say findings on stderr, one line each, and how many more are merely good to know."""
    if ear := _ear.get():
        ear.findings.extend(findings)
    grave = findings_at_least(findings, Severity.WARNING)
    for item in grave:
        talk(f"{item.severity}: {item.message}")
    if len(grave) < len(findings):
        notes = counted(len(findings) - len(grave), "note")
        talk(f"{notes} on the media besides; timeline check RESULT --media DIR prints all")


def print_json(value: Any) -> None:
    """Print *value* as JSON on stdout."""
    print_json_text(json_text(value) + "\n")


def print_json_text(text: str) -> None:
    """Print JSON on stdout; where that takes no UTF-8, letters are escaped and the JSON stays JSON."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")
    print(text if utf8 else ascii_json(text), end="")


def print_utf8(text: str) -> None:
    """Print *text* on stdout as UTF-8, whatever the terminal takes: formats that are read by programs."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())


def print_findings(findings: Iterable[Finding], console: Console) -> None:
    """Print findings by kind, the gravest first: what the kind means, then when and what of the first few."""
    by_kind: dict[str, list[Finding]] = {}
    for item in sorted(findings, key=lambda item: -item.severity):
        by_kind.setdefault(item.code, []).append(item)
    for code, items in by_kind.items():
        kind = FINDING_KINDS.get(code)  # a manifest of a later version may hold others
        number = f" ({len(items)})" if len(items) > 1 else ""
        style = _STYLES[items[0].severity] if console.is_terminal else ""
        console.print(f"{items[0].severity!s:8}", style=style, end="", markup=False)
        meaning = f": {kind.means}; {kind.done}" if kind else ""
        console.print(f"{code}{number}{meaning}", markup=False, soft_wrap=True)
        for item in items[:_MOST_OF_A_KIND]:
            time = "" if item.at_ms is None else f"{format_time(item.at_ms)}  "
            console.print(f"        {time}{terminal_text(item.message)}", markup=False, soft_wrap=True)
        if len(items) > _MOST_OF_A_KIND:
            console.print(f"        … {len(items) - _MOST_OF_A_KIND} more; --json prints all", markup=False)


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, emoji=False)


class ProgressLine:
    """Shows how far a render is: a bar on a terminal, else a line every tenth.

    Args:
        what: The name of the work.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._said_tenth = -1
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %  {task.fields[speed]}"),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=_console(sys.stderr), transient=True)
            self._task = self._bar.add_task(what, total=1, speed="")

    def __enter__(self) -> ProgressLine:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, progress: RenderProgress) -> None:
        """Show *progress*."""
        share = progress.frames_done / max(1, progress.frames)
        elapsed_s = max(0.001, time.monotonic() - self._began)
        speed = f"{share * progress.duration_ms / 1000 / elapsed_s:.1f} x real time"
        if self._bar:
            self._bar.update(self._task, completed=share, speed=speed)
            return
        tenth = int(share * 10)
        if self._said_tenth < 0:
            self._said_tenth = 0
            talk(f"{self._what}: 0 %")
        if tenth > self._said_tenth:
            self._said_tenth = tenth
            left = format_length(seconds_to_ms(elapsed_s * (1 - share) / share))
            talk(f"{self._what}: {100 * share:.0f} %, {speed}, {left} left")
