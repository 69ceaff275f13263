"""The argument RESULT and the options that say how it is read, the same for every command that takes one."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any, get_type_hints

import typer

from timeline.errors import ParameterError, ResultFormatError
from timeline.loading import load
from timeline.model import Timeline
from timeline.sources import RESULT_FILE_NAME
from timeline.units import parse_wall_time


def read_lesson(
    result: Annotated[
        str,
        typer.Argument(metavar="RESULT", help="A result file, a folder with result.json, or - for stdin."),
    ],
    roster: Annotated[
        Path | None,
        typer.Option("--roster", help="CSV or JSON of user_id, name, role.", show_default=False),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", help="Id of the task that is meant, where RESULT holds several."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="JSON lines of the pause and resume calls that were made."),
    ] = None,
    wall_origin: Annotated[
        str | None,
        typer.Option(
            "--wall-origin", help="When playback began: ISO 8601 with zone, Unix seconds, or Unix ms."
        ),
    ] = None,
) -> Timeline:
    """Return the lesson that these arguments name."""
    with named_source(result) as source:
        return load(
            source,
            roster=roster,
            task=task,
            journal=journal,
            wall_origin_ms=None if wall_origin is None else parse_wall_time(wall_origin),
        )


@contextlib.contextmanager
def named_source(result: str) -> Iterator[Path | IO[bytes]]:
    """Give what RESULT names, to be read; errors of its form gain that name."""
    if result == "-" and sys.stdin is None:
        raise ParameterError("RESULT is - but there is no standard input; name a file")
    try:
        yield sys.stdin.buffer if result == "-" else Path(result)
    except ResultFormatError as error:
        error.add_note("standard input" if result == "-" else result)
        raise


def keep_inputs(given: Mapping[str, Any]) -> None:
    """Refuse an output that is one of the inputs; --force would replace it."""
    output = given.get("output_path")
    for name in ("result", "roster", "journal"):
        source = given.get(name)
        with contextlib.suppress(OSError):
            if name == "result" and source is not None and os.path.isdir(source):
                source = os.path.join(source, RESULT_FILE_NAME)
            if output is not None and source is not None and os.path.samefile(output, source):
                raise ParameterError(f"{output}: is the {name} itself; name another output")


def takes_lesson(command: Callable[..., None]) -> Callable[..., None]:
    """Return *command* with the arguments of `read_lesson` in place of its first one, the lesson.

    A command that has a parameter ``result`` is also told what was named.
    """
    return _taking(command, lambda read: read())


def takes_reader(command: Callable[..., None]) -> Callable[..., None]:
    """Return *command* as `takes_lesson`, but its first argument is a function that reads the lesson."""
    return _taking(command, lambda read: read)


def _taking(
    command: Callable[..., None], first: Callable[[Callable[[], Timeline]], object]
) -> Callable[..., None]:
    reading = inspect.signature(read_lesson).parameters
    own = list(inspect.signature(command).parameters.values())[1:]
    hints = get_type_hints(command, include_extras=True) | get_type_hints(read_lesson, include_extras=True)

    def wrapped(**given: Any) -> None:
        keep_inputs(given)
        read = functools.partial(read_lesson, **{name: given[name] for name in reading})
        command(first(read), **{parameter.name: given[parameter.name] for parameter in own})

    parameters = [
        reading["result"],
        *(parameter for parameter in own if parameter.name not in reading),
        *(parameter for name, parameter in reading.items() if name != "result"),
    ]
    typed = [
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in parameters
    ]
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in typed}
    wrapped.__signature__ = inspect.Signature(typed)  # type: ignore[attr-defined]
    return wrapped
