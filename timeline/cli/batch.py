"""``timeline batch COMMAND LESSONS… -o DIR``: each command of a lesson, for many."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from timeline.batch.ledger import Ledger, read_ledger
from timeline.batch.names import USUAL_PATTERN
from timeline.batch.rows import LOOK, LessonRow
from timeline.batch.shards import WHOLE, parse_shard
from timeline.batch.summary import by_need, counts_text, write_summary
from timeline.cli.batch_commands import COMMANDS, Batched
from timeline.cli.batch_run import run_batch
from timeline.cli.console import output, talk
from timeline.cli.everyday import SLATED, Force
from timeline.errors import ParameterError
from timeline.publish import disk_errors
from timeline.sinks import path_text, terminal_text

batch = typer.Typer(
    help="The same for many lessons: what is finished is kept, and a summary says which need a look.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Lessons = Annotated[
    list[Path],
    typer.Argument(
        metavar="LESSONS...",
        help="Folders with result.json, folders of such, result files, or a .csv (docs/scaling.md).",
        show_default=False,
    ),
]
Folder = Annotated[
    Path, typer.Option("--output", "-o", help="Folder for outputs, logs and the summary.", metavar="DIR")
]
Name = Annotated[
    str,
    typer.Option(
        "--name",
        help="What outputs are called, of {lesson} {room_id} {task_id} {date} {time}.",
        metavar="PATTERN",
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", help="Cores for all lessons together; all by default.", min=1)
]
ShardOf = Annotated[
    str | None,
    typer.Option("--shard", help="Only the i-th of n parts of the lessons, such as 3/8.", metavar="I/N"),
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", help="Work on this Dask cluster (extra [dask]).", metavar="ADDRESS"),
]


def _command(name: str, batched: Batched) -> Callable[..., None]:
    """Return the command of the command line."""

    def command(
        lessons: Sequence[Path],
        folder: Path,
        name_pattern: str,
        jobs: int | None,
        shard: str | None,
        dask: str | None,
        force: bool,
        **options: Any,
    ) -> None:
        rows = run_batch(
            name,
            lessons,
            folder,
            options,
            pattern=name_pattern,
            jobs=jobs,
            shard=WHOLE if shard is None else parse_shard(shard),
            dask=dask,
            overwrite=force,
        )
        _tell(rows, folder)

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [
        inspect.Parameter("lessons", keyword, annotation=Lessons),
        inspect.Parameter("folder", keyword, annotation=Folder),
        inspect.Parameter("name_pattern", keyword, annotation=Name, default=USUAL_PATTERN),
        inspect.Parameter("jobs", keyword, annotation=Jobs, default=None),
        inspect.Parameter("shard", keyword, annotation=ShardOf, default=None),
        inspect.Parameter("dask", keyword, annotation=Dask, default=None),
        *batched.options,
        inspect.Parameter("force", keyword, annotation=Force, default=False),
    ]
    command.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in own}
    command.__name__ = name
    command.__doc__ = (
        f"{batched.help} For many lessons.\n\nWhat is finished and unchanged is kept. Exits with 3 where a "
        f"lesson needs a look.\n\nExample: timeline batch {name} lessons/* -o {name}_output"
    )
    return command


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders of batches.", show_default=False)
    ],
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the summary goes; the first DIR by default.")
    ] = None,
) -> None:
    """Write one summary of several batches or shards.

    Example: timeline batch merge machine1/out machine2/out -o out
    """
    target = folder or folders[0]
    ledger = Ledger()
    for place in folders:
        if not place.is_dir():
            raise ParameterError(f"{path_text(place)}: no such folder")
        ledger.add(_relative(read_ledger(place), place, target))
    if not ledger.rows:
        raise ParameterError("no batch has written into these folders")
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
    rows = list(ledger.rows.values())
    write_summary(rows, target)
    _tell(rows, target)


def _relative(ledger: Ledger, place: Path, target: Path) -> Ledger:
    """Return a ledger with its links as they are seen from *target*."""

    def seen(path: str | None) -> str | None:
        return None if path is None else os.path.relpath(place / path, target)

    rows = {
        key: dataclasses.replace(row, output=seen(row.output), log=seen(row.log))
        for key, row in ledger.rows.items()
    }
    return Ledger(rows, ledger.begun)


def _tell(rows: Sequence[LessonRow], folder: Path) -> None:
    console = output()
    for row in by_need(rows):
        if row.needs_a_look:
            word = "needs a look" if row.status == LOOK else row.status
            console.print(terminal_text(f"{row.name}: {word}: {row.reason}"), markup=False, soft_wrap=True)
            if row.advice:
                console.print(terminal_text(f"    {row.advice}"), markup=False, soft_wrap=True)
    talk(f"{counts_text(rows)}; see {path_text(folder / 'summary.html')}")
    if any(row.needs_a_look for row in rows):
        raise typer.Exit(SLATED)


for _name, _one in COMMANDS.items():
    batch.command(_name)(_command(_name, _one))
batch.command()(merge)
