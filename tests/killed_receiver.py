"""Kills a receiver, or the keeper of a hook, before and after each of its steps; prints what came of it.

``python -m tests.killed_receiver FOLDER receiver|keeper FIRST EVERY``: JSON, one entry for each step.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import timeline
from tests.callbacks import NOW_MS, TASK, V1, answer, finished, query, text
from timeline.journal import read_entries
from timeline.service import hook_keeper
from timeline.service.job_table import JobTable
from timeline.service.jobs import JobRules
from timeline.service.messages import TaskAnswer
from timeline.service.reception import Reception

HOOK = ["sh", "-c", "echo once >> effect"]
WITHIN_S = 20


class Steps:
    """Counts what is done; at the step that is given the process kills itself as `kill -9` would."""

    def __init__(self, fatal: int) -> None:
        self.left = fatal

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self()
            done = act(*arguments, **options)
            self()
            return done

        return counted


class CountedConnection:
    """Counts the changes to a database."""

    def __init__(self, connection: sqlite3.Connection, steps: Steps) -> None:
        self._connection = connection
        self._steps = steps

    def execute(self, statement: str, *rest: Any) -> Any:
        if statement.startswith(("SELECT", "PRAGMA")):
            return self._connection.execute(statement, *rest)
        return self._steps.around(self._connection.execute)(statement, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Forked:
    """A keeper as a fork of ours: all that `send_keeper` does but a new interpreter."""

    def __init__(self, folder: Path, number: int, command: Sequence[str], timeout_s: float) -> None:
        self._pid = os.fork()
        if self._pid == 0:
            os.setsid()
            steps.left = 0  # it lives
            hook_keeper.main([os.fspath(folder), str(number), str(timeout_s), *command])
            os._exit(0)
        self._ended = False

    def poll(self) -> int | None:
        self._ended = self._ended or os.waitpid(self._pid, os.WNOHANG)[0] != 0
        return 0 if self._ended else None

    def wait(self) -> None:
        if not self._ended:
            os.waitpid(self._pid, 0)


class Gone:
    """A keeper that was killed."""

    def poll(self) -> int:
        return -signal.SIGKILL

    def wait(self) -> None:
        pass


steps = Steps(0)


def in_child(work: Callable[[], None]) -> int:
    """Do the work in a fork; return 0, or the signal that killed it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the scenario itself failed"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def live(folder: Path, fatal: int = 0, send: Callable[..., Any] = Forked) -> None:
    """Take a finish in until the hook has ended; what was not answered the service repeats."""
    steps.left = fatal
    for name in ("fsync", "replace", "write", "mkdir", "unlink"):
        setattr(os, name, steps.around(getattr(os, name)))
    hook_keeper.send_keeper = steps.around(send)
    reception = Reception(
        folder / "lessons",
        V1,
        query=lambda task_id: TaskAnswer(task_id, "finished", answer(task_id), 1),
        journal=folder / "journal.jsonl",
        hook=HOOK,
        now_unix_ms=lambda: NOW_MS,
        job_rules=JobRules(waits_s=(0, 0, 0, 0)),
    )
    reception.store._connection = CountedConnection(reception.store._connection, steps)  # type: ignore[assignment]
    if not (folder / "answered").exists():
        assert reception.accept(query().encode(), text(finished())).error_code == 0
        (folder / "answered").touch()
    end = time.monotonic() + WITHIN_S
    while [job.state for job in JobTable(reception.store).jobs()] != ["done"]:
        assert time.monotonic() < end, "the job did not come to its end"
        reception.follower.step()
        assert reception.runner is not None
        reception.runner.step()
        time.sleep(0.002)
    reception.close()


def outcome(folder: Path) -> dict[str, Any]:
    """Return what there is in the end."""
    lesson = folder / "lessons" / TASK
    entries, _ = read_entries(folder / "journal.jsonl")
    left = [path.name for path in lesson.iterdir() if path.name.startswith(".timeline")]
    return {
        "effects": (lesson / "effect").read_text().split(),
        "task": timeline.load(lesson).task_id,
        "events": sorted({str(entry["event"]) for entry in entries.values()}),
        "left": left,
    }


def kill_receiver(folder: Path, fatal: int) -> bool:
    """Kill at a step, then live on; return whether there was such a step."""
    was_killed = in_child(lambda: live(folder, fatal)) == signal.SIGKILL
    in_child(lambda: live(folder))
    return was_killed


def kill_keeper(folder: Path, fatal: int) -> bool:
    """Kill a keeper at a step, then have the receiver look after its job."""
    killed: list[bool] = []

    def mortal(lesson: Path, number: int, command: Sequence[str], timeout_s: float) -> Any:
        if killed:
            return Forked(lesson, number, command, timeout_s)

        def work() -> None:
            steps.left = fatal
            for name in ("fsync", "replace"):
                setattr(os, name, steps.around(getattr(os, name)))
            subprocess.Popen.__init__ = steps.around(subprocess.Popen.__init__)  # type: ignore[method-assign]
            subprocess.Popen.wait = steps.around(subprocess.Popen.wait)  # type: ignore[method-assign]
            hook_keeper.main([os.fspath(lesson), str(number), str(timeout_s), *command])

        killed.append(in_child(work) == signal.SIGKILL)
        return Gone()

    def run() -> None:
        live(folder, send=mortal)
        (folder / "was_killed").write_text(str(killed[0]))

    in_child(run)
    return (folder / "was_killed").read_text() == "True"


def main(folder: Path, whom: str, first: int, every: int) -> None:
    """Print an entry for each step at which somebody was killed."""
    kill = {"receiver": kill_receiver, "keeper": kill_keeper}[whom]
    entries, fatal = [], first
    while True:
        place = folder / str(fatal)
        place.mkdir()
        was_killed = kill(place, fatal)
        if not was_killed:
            break
        entries.append({"step": fatal} | outcome(place))
        fatal += every
    json.dump(entries, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
