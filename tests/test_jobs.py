"""Hooks: once for each lesson, whoever is killed, and never through a shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.callbacks import NOW_MS, TASK
from timeline.errors import ParameterError
from timeline.service import hook_keeper
from timeline.service.hook_keeper import keep, standing
from timeline.service.job_table import Job, JobTable
from timeline.service.jobs import Hook, JobRules, JobRunner, Lesson, fill, read_command
from timeline.service.leases import is_held, take_lease
from timeline.service.store import Store

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and leases are POSIX's")


class Shop:
    """A store with finished lessons, and a runner whose clock is ours."""

    def __init__(self, folder: Path, hook: Hook, **rules: Any) -> None:
        self.folder = folder
        self.now_ms = NOW_MS
        self.store = Store(folder / "receiver.sqlite3")
        self.hook = hook
        self.rules = JobRules(**rules)
        self.runner = self.new_runner()
        self.table = JobTable(self.store)

    def new_runner(self) -> JobRunner:
        return JobRunner(
            self.store, self.folder, self.hook, now_unix_ms=lambda: self.now_ms, rules=self.rules
        )

    def finish(self, task_id: str = TASK) -> Path:
        self.store.learn(task_id, self.now_ms)
        self.store.end(task_id, self.now_ms, source="query")
        task = self.store.task(task_id)
        assert task is not None
        return self.folder / task.folder

    def job(self, task_id: str = TASK) -> Job:
        job = self.table.job(task_id)
        assert job is not None
        return job

    def run_until(self, state: str, task_id: str = TASK) -> Job:
        end = time.monotonic() + 20
        while self.job(task_id).state != state:
            assert time.monotonic() < end, self.job(task_id)
            self.runner.step()
            time.sleep(0.005)
        return self.job(task_id)


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    shops: list[Shop] = []

    def make(hook: Hook, **rules: Any) -> Shop:
        shops.append(Shop(tmp_path, hook, **rules))
        return shops[-1]

    yield make
    for shop in shops:
        shop.store.close()


Open = Callable[..., Shop]


def python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", program, *arguments]


def test_command_runs_once_in_its_lessons_folder(open_shop: Open) -> None:
    """With its placeholders filled, and its words in the log."""
    program = "import os, sys; print(sys.argv[1:], os.getcwd()); print('oops', file=sys.stderr)"
    shop = open_shop(python(program, "{result}", "--to={folder}/x y", "{task}", "{other}"))
    folder = shop.finish()

    job = shop.run_until("done")

    given = [f"{folder}/result.json", f"--to={folder}/x y", TASK, "{other}"]
    assert (folder / "hook.log").read_text() == f"{given} {folder}\noops\n"
    assert (job.tries, job.exit_status) == (1, 0)


def test_stranger_of_a_task_reaches_no_argument(open_shop: Open) -> None:
    """Its folder is a hash; nothing of its id is in the command, and no shell reads it."""
    shop = open_shop(python("import sys; print(sys.argv[1:])", "{task}", "{folder}"))
    folder = shop.finish("$(touch /tmp/pwned); --force {result}")

    shop.run_until("done", "$(touch /tmp/pwned); --force {result}")

    assert folder.name.startswith("task-")
    assert (folder / "hook.log").read_text() == f"{[folder.name, str(folder)]}\n"


def test_braces_in_a_folder_are_not_filled_again() -> None:
    """Whatever the user's folder is called."""
    assert fill(["{folder}"], Path("/a/{result}/t")) == ["/a/{result}/t"]


def test_keys_are_not_handed_on(open_shop: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook needs none of them; the rest of the environment it may."""
    monkeypatch.setenv("TIMELINE_TIC_KEY", "9016607A382749C69D4F4B00C61DD083")
    monkeypatch.setenv("SOMETHING_ELSE", "here")
    shop = open_shop(python("import os; print(dict(os.environ))"))
    folder = shop.finish()

    shop.run_until("done")

    said = (folder / "hook.log").read_text()
    assert "9016607A" not in said
    assert "SOMETHING_ELSE" in said


def test_failed_hook_is_tried_five_times(open_shop: Open) -> None:
    """After waits that grow; then it is dead and says why."""
    shop = open_shop(
        python("open('tries', 'a').write('x'); raise SystemExit(7)"), waits_s=(60, 300, 900, 3600)
    )
    folder = shop.finish()
    waited_s = []
    for _ in range(4):
        job = shop.run_until("waiting") if shop.job().tries else shop.job()
        if not job.tries:
            shop.runner.step()
            job = shop.run_until("waiting")
        waited_s.append((job.next_unix_ms - shop.now_ms) // 1000)
        shop.runner.step()
        assert shop.job().state == "waiting", "it did not wait"
        shop.now_ms = job.next_unix_ms
        shop.runner.step()

    job = shop.run_until("dead")

    assert waited_s == [60, 300, 900, 3600]
    assert (folder / "tries").read_text() == "xxxxx"
    assert (job.tries, job.exit_status, job.reason) == (5, 7, "it ended with exit status 7")


def test_dead_job_runs_again_when_a_person_wants_it(open_shop: Open) -> None:
    """With all its tries."""
    shop = open_shop(
        python("import os; open('x', 'a').write('x'); raise SystemExit(len(open('x').read()) < 3)")
    )
    shop.rules = JobRules(waits_s=())
    shop.runner = shop.new_runner()
    folder = shop.finish()
    shop.run_until("dead")

    assert shop.table.again(TASK, shop.now_ms)
    shop.run_until("dead")
    shop.table.again(TASK, shop.now_ms)
    job = shop.run_until("done")

    assert (job.tries, (folder / "x").read_text()) == (3, "xxx")


def test_again_is_for_jobs_that_have_ended(open_shop: Open) -> None:
    """A waiting one runs anyway."""
    shop = open_shop(["true"])
    shop.finish()

    assert not shop.table.again(TASK, shop.now_ms)
    assert not shop.table.again("unknown", shop.now_ms)


def test_program_that_is_not_there_is_a_failure(open_shop: Open) -> None:
    """127, as shells say; the log says it in words."""
    shop = open_shop(["/no/such/program"], waits_s=())
    folder = shop.finish()

    assert shop.run_until("dead").exit_status == 127
    assert "no such file" in (folder / "hook.log").read_text().lower()


@needs_posix
def test_command_that_takes_too_long_is_ended(open_shop: Open) -> None:
    """With all that it started."""
    shop = open_shop(["sh", "-c", "sleep 60 & sleep 60"], waits_s=(), timeout_s=0.2)
    shop.finish()

    assert shop.run_until("dead").exit_status == 124


def test_hooks_run_one_after_the_other(open_shop: Open) -> None:
    """Renders want a machine to themselves; so many as the rules say."""
    shop = open_shop(python("import time; time.sleep(0.2)"))
    for task_id in ("a", "b"):
        shop.finish(task_id)

    shop.runner.step()
    shop.runner.step()

    assert [job.state for job in shop.table.jobs()] == ["running", "waiting"]
    shop.run_until("done", "b")


def test_callable_runs_once(open_shop: Open) -> None:
    """In a thread of ours."""
    lessons: list[Lesson] = []
    shop = open_shop(lessons.append)
    folder = shop.finish()

    shop.run_until("done")

    assert lessons == [Lesson(TASK, folder, folder / "result.json", 1)]


def test_callable_that_raises_is_tried_again(open_shop: Open) -> None:
    """Its traceback is in the log."""
    calls: list[int] = []

    def hook(lesson: Lesson) -> None:
        calls.append(lesson.try_number)
        if len(calls) == 1:
            raise ValueError("not yet")

    shop = open_shop(hook, waits_s=(0,))
    folder = shop.finish()

    shop.run_until("done")

    assert calls == [1, 2]
    assert "ValueError: not yet" in (folder / "hook.log").read_text()


def test_try_runs_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    """A receiver that was killed may send a second keeper."""
    works = [keep(tmp_path, 1, lambda _: 0) for _ in range(3)]

    assert works == [True, False, False]
    assert standing(tmp_path, 1) == ("ended", 0)


def test_standing_of_a_try_is_read_from_the_folder(tmp_path: Path) -> None:
    """Not begun, running, killed, ended."""
    seen = [standing(tmp_path, 1).word]

    def work(_: int) -> int:
        seen.append(standing(tmp_path, 1).word)
        return 3

    keep(tmp_path, 1, work)
    seen.append(standing(tmp_path, 1).word)
    (tmp_path / "hook.json").write_text(json.dumps({"try": 1, "exit_status": None}))
    seen.append(standing(tmp_path, 1).word)

    assert seen == ["not begun", "running", "ended", "killed"]


@pytest.mark.parametrize("text", ["", "[]", '{"try": "x"}', "\x00", '{"try": 1'])
def test_record_that_is_none_is_taken_for_none(tmp_path: Path, text: str) -> None:
    """A file of somebody else."""
    (tmp_path / "hook.json").write_text(text)

    assert standing(tmp_path, 1).word == "not begun"


@needs_posix
def test_lease_ends_with_its_last_holder(tmp_path: Path) -> None:
    """A child that inherited it keeps it."""
    lease = take_lease(tmp_path / "lease")
    assert lease is not None
    child = subprocess.Popen(["sleep", "60"], pass_fds=(lease,))
    os.close(lease)

    held_by_child = is_held(tmp_path / "lease")
    child.send_signal(signal.SIGKILL)
    child.wait()

    assert (held_by_child, is_held(tmp_path / "lease")) == (True, False)


@needs_posix
def test_killed_hook_is_run_again(open_shop: Open) -> None:
    """Kill -9 of the command itself: that try failed."""
    program = "import os, signal; n = len(open('x', 'a+').read()); "
    program += "open('x', 'a').write('x'); os.path.getsize('x') < 2 and os.kill(os.getpid(), signal.SIGKILL)"
    shop = open_shop(python(program), waits_s=(0,))
    folder = shop.finish()

    job = shop.run_until("done")

    assert (job.tries, (folder / "x").read_text()) == (2, "xx")


@needs_posix
def test_hook_outlives_its_receiver(open_shop: Open) -> None:
    """The next receiver takes its end in and runs nothing again; a real keeper, a real new interpreter."""
    shop = open_shop(python("import time; time.sleep(0.5); open('x', 'a').write('x')"))
    folder = shop.finish()
    shop.runner.step()
    (keeper,) = shop.runner._at_work.values()

    shop.runner = shop.new_runner()  # knows nothing of the process
    job = shop.run_until("done")
    assert not isinstance(keeper, threading.Thread)
    keeper.wait()

    assert (job.tries, (folder / "x").read_text()) == (1, "x")


@needs_posix
def test_keeper_that_is_killed_beside_a_hook_that_lives_is_waited_for(open_shop: Open) -> None:
    """Two runs of one hook never overlap."""
    program = "import time; open('x', 'a').write('('); time.sleep(0.5); open('x', 'a').write(')')"
    shop = open_shop(python(program), waits_s=(0,))
    folder = shop.finish()
    shop.runner.step()
    while not (folder / "x").exists():
        time.sleep(0.005)
    (keeper,) = shop.runner._at_work.values()
    assert isinstance(keeper, subprocess.Popen)
    keeper.kill()

    shop.run_until("done")

    assert (folder / "x").read_text() == "()()"


@needs_posix
def test_process_left_in_the_background_holds_nothing_up(open_shop: Open) -> None:
    """Neither this job nor a later try of it."""
    shop = open_shop(["sh", "-c", "sleep 30 > /dev/null 2>&1 & echo $! >> pids"])
    folder = shop.finish()
    shop.run_until("done")
    shop.table.again(TASK, shop.now_ms)

    job = shop.run_until("done")

    for process in (folder / "pids").read_text().split():
        os.kill(int(process), signal.SIGKILL)
    assert job.tries == 2


@needs_posix
@pytest.mark.parametrize("whom", ["receiver", "keeper"])
def test_kill_at_every_step_loses_nothing(tmp_path: Path, whom: str) -> None:
    """Kill -9 before and after each write, flush, rename, commit and start of a process.

    A receiver's death runs nothing twice. A keeper's does where it comes between its hook's beginning and the
    record of its end, since nobody can know how far the hook came.
    """
    answer = subprocess.run(
        [sys.executable, "-m", "tests.killed_receiver", str(tmp_path), whom, "1", "1"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    entries = json.loads(answer.stdout)

    assert len(entries) > 30
    assert {entry["task"] for entry in entries} == {TASK}
    assert {tuple(entry["events"]) for entry in entries} == {("record_finished",)}
    assert [entry for entry in entries if entry["left"]] == []
    effects = {tuple(entry["effects"]) for entry in entries}
    assert effects == {("once",)} if whom == "receiver" else effects <= {("once",), ("once", "once")}


@pytest.mark.parametrize("text", ["", "  ", "''", "timeline 'render"])
def test_command_that_is_none_is_refused(text: str) -> None:
    """At once, not after the lesson."""
    with pytest.raises(ParameterError, match="hook"):
        read_command(text)


def test_keeper_has_few_needs() -> None:
    """It begins quickly: nothing that draws, decodes or serves is imported."""
    heavy = "('starlette', 'uvicorn', 'av')"
    probe = f"import {hook_keeper.__name__}, sys; print([n for n in {heavy} if n in sys.modules])"

    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
