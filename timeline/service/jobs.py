"""The hook of each finished lesson, run once: a command in a keeper process, or a Python callable.

What a receiver knows of a try is in the store, what became of it in the lesson's folder; a receiver that is
killed in between looks there, so it neither runs a finished hook twice nor forgets one.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from timeline.errors import DiskError, ParameterError
from timeline.service import hook_keeper
from timeline.service.job_table import Job, JobTable
from timeline.service.store import Store

_LOG = logging.getLogger(__name__)
_PLACEHOLDER = re.compile(r"\{(result|folder|task|journal)\}")
_MOST_SENDINGS = 3


class Lesson(NamedTuple):
    """A finished lesson, as a callable hook gets it.

    Attributes:
        task_id: Its task: a stranger's string.
        folder: Where it lies.
        result: Its result's file.
        try_number: Which try this is, from 1.
    """

    task_id: str
    folder: Path
    result: Path
    try_number: int


Hook = Callable[[Lesson], object] | Sequence[str]
"""A command as a list of arguments, or a callable, which is run in a thread of the receiver."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """How hooks are run.

    Attributes:
        waits_s: How long to wait after each failed try; one more try than waits are made.
        most_at_once: How many hooks run side by side.
        timeout_s: A command that takes longer is ended, which is a failure.
    """

    waits_s: tuple[float, ...] = (60, 300, 900, 3600)
    most_at_once: int = 1
    timeout_s: float = 24 * 3600


def read_command(text: str) -> tuple[str, ...]:
    """Return the arguments of a command that is written as in a shell; no shell will see it.

    Raises:
        ParameterError: It is empty or a quote is not closed.

    Example:
        >>> read_command("timeline render {result} -o '{folder}/my review.mp4'")
        ('timeline', 'render', '{result}', '-o', '{folder}/my review.mp4')
    """
    try:
        command = tuple(shlex.split(text))
    except ValueError as error:
        raise ParameterError(f"the hook is no command: {str(error).lower()}") from error
    if not command or not command[0]:
        raise ParameterError("the hook is empty; name a program")
    return command


def fill(command: Sequence[str], folder: Path, journal: Path | None = None) -> list[str]:
    """Return *command* with its placeholders filled.

    They are {result}, {folder}, {task}, the folder's name, and {journal}, the file of all calls.

    Example:
        >>> fill(["echo", "{task}: {result}", "{}"], Path("/lessons/g68c"))
        ['echo', 'g68c: /lessons/g68c/result.json', '{}']
    """
    values = {"result": os.fspath(folder / "result.json"), "folder": os.fspath(folder), "task": folder.name}
    values["journal"] = "" if journal is None else os.fspath(journal)
    return [_PLACEHOLDER.sub(lambda found: values[found[1]], argument) for argument in command]


class JobRunner:
    """Begins hooks whose time has come, and takes in how they ended.

    Args:
        store: Where the jobs are.
        folder: Where the lessons lie.
        hook: What to run.
        now_unix_ms: Our clock.
        journal: What {journal} stands for in a command.
        rules: How.

    Raises:
        ParameterError: A command wants a journal and there is none.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        hook: Hook,
        *,
        now_unix_ms: Callable[[], int],
        journal: Path | None = None,
        rules: JobRules | None = None,
    ) -> None:
        if journal is None and not callable(hook) and any("{journal}" in part for part in hook):
            raise ParameterError("the hook wants {journal}, and no journal is named")
        self._journal = journal
        self._store = store
        self._table = JobTable(store)
        self._folder = folder.resolve()
        self._hook = hook
        self._now = now_unix_ms
        self._rules = rules or JobRules()
        self._at_work: dict[tuple[str, int], hook_keeper.Keeper | threading.Thread] = {}
        self._sendings: dict[tuple[str, int], int] = {}

    def step(self) -> int:
        """Look after running hooks, begin waiting ones; return how many run now."""
        running = sum(map(self._look_after, self._table.running()))
        for due in self._table.due(self._now(), max(0, self._rules.most_at_once - running)):
            job = self._table.begin(due.task_id, self._now())
            if job is not None:
                self._send(job)
                running += 1
        return running

    def _look_after(self, job: Job) -> bool:
        """Take in how a try stands; return whether it still runs."""
        word, status = hook_keeper.standing(self._lesson_folder(job), job.tries)
        if word == hook_keeper.RUNNING:
            return True
        if word == hook_keeper.NOT_BEGUN:
            if self._is_at_work(job):
                return True  # it has not come so far
            if self._sendings.get((job.task_id, job.tries), 0) < _MOST_SENDINGS:
                self._send(job)
                return True
            self._failed(job, None, "no process could be begun for it")
        elif word == hook_keeper.KILLED:
            self._failed(job, None, "it was killed")
        elif status == 0:
            self._table.end(job, self._now(), exit_status=0)
        else:
            self._failed(job, status, f"it ended with exit status {status}")
        self._forget(job)
        return False

    def _send(self, job: Job) -> None:
        """Have a try run; where it was begun before, nothing happens."""
        folder, key = self._lesson_folder(job), (job.task_id, job.tries)
        self._sendings[key] = self._sendings.get(key, 0) + 1
        try:
            folder.mkdir(exist_ok=True)
            if callable(self._hook):
                lesson = Lesson(job.task_id, folder, folder / "result.json", job.tries)
                thread = threading.Thread(
                    target=_call, args=(self._hook, lesson), name="timeline-hook", daemon=True
                )
                self._at_work[key] = thread
                thread.start()
            else:
                command = fill(self._hook, folder, self._journal)
                self._at_work[key] = hook_keeper.send_keeper(
                    folder, job.tries, command, self._rules.timeout_s
                )
        except OSError:
            _LOG.exception("no process can be begun for a hook")

    def _is_at_work(self, job: Job) -> bool:
        worker = self._at_work.get((job.task_id, job.tries))
        if isinstance(worker, threading.Thread):
            return worker.is_alive()
        return worker is not None and worker.poll() is None

    def _forget(self, job: Job) -> None:
        self._sendings.pop((job.task_id, job.tries), None)
        worker = self._at_work.pop((job.task_id, job.tries), None)
        if isinstance(worker, threading.Thread):
            worker.join()
        elif worker is not None:
            worker.wait()  # it has written its end, and has nothing left to do

    def _failed(self, job: Job, status: int | None, reason: str) -> None:
        now_ms = self._now()
        if job.spent > len(self._rules.waits_s):
            _LOG.error("the hook of %s failed %d times; it waits for --again", job.task_id, job.spent)
            self._table.give_up(job, now_ms, exit_status=status, reason=reason)
            return
        next_ms = now_ms + round(1000 * self._rules.waits_s[job.spent - 1])
        self._table.put_off(job, next_ms, exit_status=status, reason=reason)

    def _lesson_folder(self, job: Job) -> Path:
        task = self._store.task(job.task_id)
        assert task is not None  # a job refers to its task
        return self._folder / task.folder


def _call(hook: Callable[[Lesson], object], lesson: Lesson) -> None:
    """Run a callable as a try of a hook."""

    def work(_: int) -> int:
        try:
            hook(lesson)
        except Exception:
            with (lesson.folder / hook_keeper.LOG_NAME).open("a", encoding="utf-8") as log:
                log.write(traceback.format_exc())
            return 1
        return 0

    try:
        hook_keeper.keep(lesson.folder, lesson.try_number, work)
    except (OSError, DiskError):
        _LOG.exception("how a hook ended cannot be written down")
