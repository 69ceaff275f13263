"""The ``timeline`` program: its commands, its exit statuses."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from typing import Annotated

import typer

from timeline.cli import (
    everyday,
    media,
    quality,
    quality_report,
    receiving,
    recording,
    replay,
    simulating,
    stitching,
)
from timeline.cli.batch import batch
from timeline.cli.console import print_json, talk
from timeline.cli.versions import version_facts
from timeline.errors import (
    DiskError,
    FFmpegFailedError,
    JournalError,
    MediaNotFoundError,
    OutputExistsError,
    OutputHeldError,
    ParameterError,
    ResultError,
    RosterError,
    ServiceError,
    ServiceRefusedError,
    TaskStateError,
    TimelineError,
)
from timeline.publish import FULL
from timeline.version import __version__

HELD, NETWORK, DISK = 4, 5, 6
EXIT_STATUSES: tuple[tuple[type[TimelineError], int], ...] = (
    (ResultError, 2),
    (RosterError, 2),
    (JournalError, 2),
    (ParameterError, 2),
    (MediaNotFoundError, 2),
    (OutputExistsError, 2),
    (OutputHeldError, HELD),
    (DiskError, DISK),
    (TaskStateError, 2),
    (ServiceRefusedError, 2),
    (ServiceError, NETWORK),
    (TimelineError, 1),
)
"""Exit status by error: the first class that fits. 0 fine, 3 made with slates, 130 interrupted."""
INTERRUPTED = 130

app = typer.Typer(
    name="timeline",
    help="One playback timeline from the recording result of an online class.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    everyday.show,
    everyday.check,
    everyday.manifest,
    everyday.plot,
    everyday.render,
    replay.player,
    everyday.demo,
):
    app.command(rich_help_panel="Everyday")(command)
for command in (media.fetch, media.probe, stitching.stitch, replay.serve):
    app.command(rich_help_panel="Media")(command)
for command in (quality.metrics, quality_report.report):
    app.command(rich_help_panel="Analysis")(command)
service = typer.Typer(
    help="The recording service: start, pause, resume, stop and query recordings, or simulate it.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    recording.sign,
    recording.start,
    recording.pause,
    recording.resume,
    recording.stop,
    recording.query,
    recording.set_callback,
    simulating.simulate,
):
    service.command()(command)
app.add_typer(batch, name="batch", rich_help_panel="Many")
app.add_typer(service, name="service", rich_help_panel="Service")
app.command(rich_help_panel="Service")(receiving.receive)


@app.callback(invoke_without_command=True)
def top(
    version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="With --version: more, as JSON.")] = False,
) -> None:
    """One playback timeline from the recording result of an online class."""
    if version:
        if json_output:
            print_json(version_facts())
        else:
            print(f"timeline {__version__}")
        raise typer.Exit
    if json_output:
        raise ParameterError("--json goes after the command, as in: timeline show --json RESULT")


def main() -> None:
    """Run the command line and exit with its status."""
    # Asked to end is asked to clean up: children are stopped, and what is half made is removed.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed by whoever called us
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without a letter is no failure
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run())


def _run() -> int:
    try:
        try:
            app()
        except SystemExit as exit_:
            sys.stdout.flush()
            if exit_.code == INTERRUPTED:
                raise KeyboardInterrupt from None
            return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        return 0
    except TimelineError as error:
        where = "".join(f"{note}: " for note in getattr(error, "__notes__", ()))
        talk(f"timeline: {where}{error}")
        if isinstance(error, FFmpegFailedError):
            talk(f"the command was: {error.pasteable}")
        return exit_status(error)
    except KeyboardInterrupt:
        talk("timeline: interrupted; nothing half-written is left, run it again to go on")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return 1
    except OSError as error:
        if error.errno in FULL:
            _drop_stdout()
        talk(f"timeline: {error.filename or 'the output'}: {(error.strerror or str(error)).lower()}")
        return DISK if error.errno in FULL else 1


def _drop_stdout() -> None:
    """Keep the interpreter from complaining at exit about a stdout that nobody takes."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_status(error: TimelineError) -> int:
    """Return the exit status for *error*."""
    return next(status for kind, status in EXIT_STATUSES if isinstance(error, kind))
