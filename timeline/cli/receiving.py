"""``timeline receive``: takes callbacks, lays lessons down, and runs a hook for each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timeline.cli.console import output, print_json, talk
from timeline.cli.recording import (
    Address,
    Api,
    JournalFile,
    Keys,
    Service,
    client_of,
    credentials_of,
    journal_of,
)
from timeline.errors import ParameterError
from timeline.jsontext import json_text
from timeline.sinks import path_text, terminal_text

if TYPE_CHECKING:
    from timeline.service.follow import Ended
    from timeline.service.store import Store

USUAL_PORT = 8200


def receive(
    folder: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for lessons and store.", metavar="DIR")
    ],
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen at; put HTTPS in front of any but this machine's."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="0 is any that is free.", min=0, max=65535)
    ] = USUAL_PORT,
    secret: Annotated[
        str | None,
        typer.Option(
            "--secret-path",
            envvar="TIMELINE_CALLBACK_SECRET",
            help="Callbacks go to /callback/SECRET then: 8 to 128 letters, digits, _ and -.",
        ),
    ] = None,
    hook: Annotated[
        str | None,
        typer.Option(
            "--hook",
            help="A command for each finished lesson, run once and without a shell; {result}, {folder}, "
            "{journal} and {task} stand for what is meant.",
        ),
    ] = None,
    no_query: Annotated[
        bool,
        typer.Option(
            "--no-query", help="Believe callbacks instead of asking the service; wants --allow-host."
        ),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="HOST", help="With --no-query: where links may lead. Repeatable."
        ),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Print tasks and hooks, and stop.")] = False,
    again: Annotated[
        str | None, typer.Option("--again", help="Run the hook of this task once more, then.", metavar="TASK")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: as JSON.")] = False,
) -> None:
    """Take the recording service's callbacks: each finished lesson gets a result.json, and a hook is run.

    A line of JSON is printed for each task that ends. Callbacks that never came are found by asking.

    Example: timeline receive -o lessons --hook 'timeline render {result} -o {folder}/review.mp4 --fetch'
    """
    if show_list or again is not None:
        _look(folder, again, as_json)
        return
    from timeline.service.jobs import read_command
    from timeline.service.receiver import ReceiverServer, make_receiver

    client = None if no_query else client_of(keys, journal, url, api)
    receiver = make_receiver(
        folder,
        credentials_of(keys),
        query=None if client is None else client.query,
        allow_hosts=allow_host or (),
        journal=journal_of(journal),
        hook=None if hook is None else read_command(hook),
        on_ended=_print_ended,
        path_secret=secret,
    )
    server = ReceiverServer(receiver, host, port)
    talk(f"receiving callbacks at {server.url}; lessons go to {path_text(folder)}; Ctrl-C ends it")
    try:
        server.serve_forever()
    finally:
        if client is not None:
            client.close()


def _print_ended(ended: Ended) -> None:
    facts: dict[str, Any] = {
        "task_id": ended.task_id,
        "room_id": ended.room_id,
        "state": "failed" if ended.result is None else "finished",
        "result": None if ended.result is None else os.fspath(ended.result),
        "source": ended.source,
        "reason": ended.reason,
    }
    print(json_text(facts, indent=None), flush=True)


def _look(folder: Path, again: str | None, as_json: bool) -> None:
    """Print what the store tells; have a hook run again."""
    import time

    from timeline.service.job_table import JobTable
    from timeline.service.reception import STORE_NAME
    from timeline.service.store import Store

    if not (folder / STORE_NAME).is_file():
        raise ParameterError(f"{path_text(folder)}: no receiver has worked here")
    store = Store(folder / STORE_NAME)
    try:
        if again is not None:
            if not JobTable(store).again(again, time.time_ns() // 1_000_000):
                raise ParameterError(f"no hook of task {terminal_text(again)} has ended; see --list")
            talk("its hook is run again by the receiver")
        else:
            _print_tasks(store, as_json)
    finally:
        store.close()


def _print_tasks(store: Store, as_json: bool) -> None:
    from timeline.service.job_table import JobTable

    jobs = {job.task_id: job for job in JobTable(store).jobs()}
    listed = []
    for task in store.tasks():
        job = jobs.get(task.task_id)
        listed.append(
            {
                "task_id": task.task_id,
                "room_id": task.room_id,
                "state": task.state,
                "folder": task.folder,
                "source": task.source,
                "reason": task.reason,
                "hook": None if job is None else job.state,
                "hook_tries": 0 if job is None else job.tries,
                "hook_reason": None if job is None else job.reason,
            }
        )
    if as_json:
        print_json(listed)
        return
    console = output()
    for row in listed:
        words = [str(row["task_id"]), f"room {row['room_id']}", str(row["state"])]
        if row["hook"]:
            words.append(f"hook {row['hook']}, {row['hook_tries']} tries")
        words += [str(row[name]) for name in ("reason", "hook_reason") if row[name]]
        console.print(terminal_text("  ".join(words)), markup=False, soft_wrap=True)
