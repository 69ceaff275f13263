"""The commands that can be run for many lessons, as a batch runs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from timeline.cli import everyday, media, quality, quality_report, replay, stitching


@dataclass(frozen=True, slots=True)
class Batched:
    """A command that can be run for many lessons.

    Attributes:
        command: The command, with parameters ``result``, ``output`` and ``force``.
        suffix: Of its output; empty for a folder.
        is_heavy: Whether a lesson takes seconds or more.
        options: Its other parameters.
        help: The first line of its help.
    """

    command: Callable[..., None]
    suffix: str
    is_heavy: bool
    options: tuple[inspect.Parameter, ...]
    help: str


_DROPPED = {
    *("result", "results", "output_path", "folder", "output", "force", "jobs"),
    *("plan_only", "frame", "show_report", "show_plan", "validate", "as_json", "format_name", "table_name"),
    *("task", "journal", "wall_origin"),
}
"""What is the batch's own to say, or of one lesson alone."""


def _batched(command: Callable[..., None], suffix: str, *, is_heavy: bool, **fixed: Any) -> Batched:
    """Return a command as the batch runs it; *fixed* options are not asked for."""
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    place = next(name for name in ("output_path", "folder") if name in signature.parameters)
    options = tuple(
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name not in _DROPPED | fixed.keys()
    )
    defaults = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }

    def run_one(*, result: str, output: Path, **given: Any) -> None:
        told = {name: value for name, value in given.items() if name in signature.parameters}
        source = {"results": [result]} if "results" in signature.parameters else {"result": result}
        command(**(defaults | fixed | told | source | {place: output}))

    first = (command.__doc__ or "").strip().splitlines()[0]
    return Batched(run_one, suffix, is_heavy, options, first)


COMMANDS = {
    "render": _batched(everyday.render, ".mp4", is_heavy=True),
    "stitch": _batched(stitching.stitch, "", is_heavy=True),
    "player": _batched(replay.player, "", is_heavy=True),
    "metrics": _batched(quality.metrics, ".json", is_heavy=False, format_name="json"),
    "report": _batched(quality_report.report, ".html", is_heavy=False),
    "manifest": _batched(everyday.manifest, ".json", is_heavy=False, format_name="json"),
    "fetch": _batched(media.fetch, "", is_heavy=True),
}
"""What can be done to many lessons."""
