"""The process that looks into strangers' files: what it may do, and that nothing it does harms its parent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Studio
from timeline.errors import MediaUnreadableError
from timeline.media import probe, probe_child
from timeline.media.facts import MediaFacts, SoundFacts, to_json
from timeline.media.launch import fences
from timeline.media.probe import probe_media

FACTS = to_json(MediaFacts(Path("a"), "mov", 0, None, SoundFacts("aac", 0, 9)))
Fake = Callable[[str], None]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this")


@pytest.fixture
def healthy(studio: Studio) -> Path:
    """Three seconds of 320x240 at 15, with sound."""
    return studio.file(duration_ms=3000, code=1)


@pytest.fixture(autouse=True)
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[probe._Children]:
    """Children of this test's own."""
    own = probe._Children()
    monkeypatch.setattr(probe, "_CHILDREN", own)
    yield own
    own.end_idle()


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When children were started."""
    times: list[float] = []
    real = probe.child_command

    def counted() -> list[str]:
        times.append(time.monotonic())
        return real()

    monkeypatch.setattr(probe, "child_command", counted)
    return times


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put Python text in the place of the next child, and the real one behind it."""
    real = probe.child_command

    def put(text: str) -> None:
        commands = [[sys.executable, "-I", "-S", "-c", f"import os, sys, time\n{text}"]]
        monkeypatch.setattr(probe, "child_command", lambda: commands.pop() if commands else real())

    return put


def is_running(process: int) -> bool:
    """Return whether a process is there and is more than a corpse."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(happens: Callable[[], bool], limit_s: float = 10) -> bool:
    """Wait for something; return whether it happened."""
    end = time.monotonic() + limit_s
    while not happens() and time.monotonic() < end:
        time.sleep(0.01)
    return happens()


def process_of(children: probe._Children) -> int:
    (child,) = children._idle
    return child._process.pid


@pytest.mark.skipif("no new privileges" not in fences(), reason="this machine offers no such fence")
def test_a_child_is_fenced(healthy: Path, children: probe._Children) -> None:
    """It gains no privileges; what else holds is tested with the fences."""
    probe_media(healthy)
    status = Path(f"/proc/{process_of(children)}/status").read_text()
    assert re.search(r"NoNewPrivs:\s*1", status)


READ = "sys.stdin.readline(); "
WAIT = "; time.sleep(99)"


def says(**values: object) -> str:
    """Return the text that writes an answer."""
    return f"{READ}print({json.dumps(values)!r}, flush=True){WAIT}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sys.exit(3)", "status 3"),
        (READ, "status 0"),
        ("os.kill(os.getpid(), 11)", "status -11"),
        (READ + "os.abort()", "status -6"),
        (READ + "os.close(1)" + WAIT, "ended"),
        (READ + "print('hello', flush=True)" + WAIT, "makes no sense"),
        (READ + "print('[]', flush=True)" + WAIT, "makes no sense"),
        (READ + "print('[' * 99999, flush=True)" + WAIT, "makes no sense"),
        (READ + "os.write(1, b'\\xff\\xfe\\n')" + WAIT, "makes no sense"),
        (READ + "print(end='x' * 3000000, flush=True)" + WAIT, "ended"),
        (READ + "print('{\"number\": 1}' + ' ' * 1048576, flush=True)" + WAIT, r"makes no sense|ended"),
        ("while True: print('{}')", "makes no sense"),
        (says(), "makes no sense"),
        (says(number=1), "makes no sense"),
        (says(number=2, error="a", reason="a"), "makes no sense"),
        (says(number=1, facts=7), "makes no sense"),
        (says(number=1, facts={"version": 1}), "makes no sense"),
        (says(number=1, facts=FACTS | {"demuxer": "flv"}), "makes no sense"),
        (says(number=1, facts=FACTS | {"sound": None}), "makes no sense"),
        (says(number=1, error="a", reason="a\nb"), "makes no sense"),
        (says(number=1, error="a\x1b[2J", reason="a"), "makes no sense"),
        (says(number=1, error=5, reason="a"), "makes no sense"),
        (says(number=1, error="", reason="a"), "makes no sense"),
        (says(number=1, error="a", reason="a" * 41), "makes no sense"),
    ],
)
def test_a_child_that_crashes_or_talks_rubbish_is_survived(
    fake: Fake, healthy: Path, text: str, complaint: str
) -> None:
    """One error of the one kind; the next file is probed as ever."""
    fake(text)
    with pytest.raises(MediaUnreadableError, match=complaint) as caught:
        probe_media(healthy)
    assert caught.value.reason == "probe crashed"
    assert str(caught.value).startswith(f"{healthy}: ")
    assert "\n" not in str(caught.value)
    assert probe_media(healthy).picture is not None


@pytest.mark.parametrize("text", ["time.sleep(99)", "sys.stdin.close(); time.sleep(99)"])
def test_a_child_that_hangs_is_killed(
    fake: Fake, healthy: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """After a time that grows with the file."""
    monkeypatch.setattr(probe, "TIME_LIMIT_S", 0.3)
    fake(text)
    began = time.monotonic()
    with pytest.raises(MediaUnreadableError, match="took more than") as caught:
        probe_media(healthy)
    assert time.monotonic() - began < 3
    assert caught.value.reason == "probe crashed"
    monkeypatch.setattr(probe, "TIME_LIMIT_S", 60)
    assert probe_media(healthy).picture is not None


def test_a_child_that_cannot_be_started(
    healthy: Path, monkeypatch: pytest.MonkeyPatch, children: probe._Children
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(probe, "child_command", lambda: ["/nonexistent/python"])
        patch.setattr(probe, "fenced", list)  # a fence is there, and tells only by its status
        with pytest.raises(MediaUnreadableError, match="cannot be started") as caught:
            probe_media(healthy)
        assert caught.value.reason == "probe crashed"
    assert probe_media(healthy).picture is not None


def test_a_system_without_room_for_a_child(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails, nobody waits for ever."""

    def full() -> list[str]:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(probe, "child_command", full)
        with pytest.raises(MediaUnreadableError, match="can't start new thread"):
            probe_media(healthy)
    assert probe_media(healthy).picture is not None


def test_a_child_that_died_while_idle_is_replaced_unseen(
    healthy: Path, children: probe._Children, starts: list[float]
) -> None:
    """Only a new child can say that a file crashes its reader."""
    probe_media(healthy)
    os.kill(process_of(children), signal.SIGKILL)
    assert probe_media(healthy).picture is not None
    assert len(starts) == 2


def test_an_answer_that_comes_late_is_not_taken_for_the_next_files(fake: Fake, healthy: Path) -> None:
    """Answers are numbered."""
    facts = json.dumps({"number": 1, "error": "said twice", "reason": "twice"})
    fake(f"sys.stdin.readline(); print({facts!r}); print({facts!r}, flush=True); time.sleep(99)")
    with pytest.raises(MediaUnreadableError, match="said twice"):
        probe_media(healthy)
    assert probe_media(healthy).picture is not None


def test_an_interrupt_ends_the_child(
    fake: Fake, healthy: Path, children: probe._Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would still say is heard by nobody."""
    fake("time.sleep(99)")
    asked: list[probe._Child] = []

    def interrupted(child: probe._Child, path: Path, demuxer: str, limit_s: float) -> None:
        asked.append(child)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(probe._Child, "ask", interrupted)
        with pytest.raises(KeyboardInterrupt):
            probe_media(healthy)
    assert asked[0]._process.returncode == -9
    assert children._idle == []
    assert probe_media(healthy).picture is not None


def test_fifty_files_by_one_child(healthy: Path, tmp_path: Path, starts: list[float]) -> None:
    """A start costs more than most files."""
    first = probe_media(healthy)
    for number in range(50):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(healthy.read_bytes() if number % 5 else b"\x00\x00\x00\x08moov" + bytes(number))
        if number % 5:
            assert probe_media(path).picture == first.picture
        else:
            with pytest.raises(MediaUnreadableError):
                probe_media(path)
    assert len(starts) == 1
    assert time.monotonic() - starts[0] < 10


def test_a_child_is_replaced_after_many_files(
    healthy: Path, starts: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "FILES_PER_CHILD", 3)
    for _ in range(7):
        probe_media(healthy)
    assert len(starts) == 3


def test_an_idle_child_is_ended(
    healthy: Path, children: probe._Children, starts: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next file has a new one."""
    monkeypatch.setattr(probe, "IDLE_S", 0.05)
    probe_media(healthy)
    assert until(lambda: not children._idle)
    assert probe_media(healthy).picture is not None
    assert len(starts) == 2


def test_many_threads_at_once(studio: Studio, starts: list[float]) -> None:
    """Each gets the facts of its own file, and few children are started."""
    paths = [studio.file(duration_ms=1000 + 200 * number, code=number, sound=False) for number in range(6)]
    found: dict[tuple[int, int], MediaFacts] = {}

    def work(number: int) -> None:
        for turn in range(6):
            which = (number + turn) % 6
            found[number, turn] = probe_media(paths[which])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 48
    for (number, turn), facts in found.items():
        which = (number + turn) % 6
        assert facts.path == paths[which]
        assert facts.picture is not None
        assert facts.picture.end_ms == pytest.approx(1000 + 200 * which, abs=1)
    assert 1 <= len(starts) <= probe.MOST_CHILDREN


def test_a_child_outlives_the_thread_that_asked_for_it(
    healthy: Path, children: probe._Children, starts: list[float]
) -> None:
    """Linux would kill it with the thread that started it."""
    thread = threading.Thread(target=probe_media, args=(healthy,))
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert is_running(process_of(children)) or sys.platform != "linux"
    assert probe_media(healthy).picture is not None
    assert len(starts) == 1


PARENT = """
import sys, time
from timeline.media import probe
child = probe._CHILDREN._start()
print(child._process.pid, flush=True)
time.sleep(99)
"""


@linux_only
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_child_dies_with_its_parent(is_stopped: bool) -> None:
    """However the parent dies, and even where the child cannot see that its pipe is closed."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert until(lambda: Path(f"/proc/{child}/limits").read_text().count("2147483648") == 2)
        if is_stopped:
            os.kill(child, signal.SIGSTOP)
        parent.kill()
    assert until(lambda: not is_running(child), 3)


@linux_only
def test_a_child_whose_parent_is_gone_ends_at_once() -> None:
    """It may have died before the child could ask to die with it."""
    command = probe.child_command()
    command[command.index(str(os.getpid()))] = str(os.getpid() + 1)
    done = subprocess.run(command, env=probe.child_environment(), input=b"", capture_output=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@linux_only
def test_the_limits_of_a_child(healthy: Path, children: probe._Children) -> None:
    """Memory, processor, no file to be written, no core, and few variables."""
    probe_media(healthy)
    folder = Path(f"/proc/{process_of(children)}")
    limits = {
        line[:26].strip(): line[26:].split()[:2] for line in (folder / "limits").read_text().splitlines()
    }
    assert limits["Max address space"] == ["2147483648", "2147483648"]
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    assert 20 <= int(limits["Max cpu time"][0]) <= 23
    variables = {
        entry.partition(b"=")[0] for entry in (folder / "environ").read_bytes().split(b"\0") if entry
    }
    assert variables <= {b"PATH", b"LANG", b"LD_LIBRARY_PATH"}
    assert os.readlink(folder / "cwd") == "/"
    assert os.getsid(process_of(children)) != os.getsid(0)
    assert os.readlink(folder / "fd/2") == "/dev/null"
    assert b"numpy" not in (folder / "maps").read_bytes()


@linux_only
@pytest.mark.slow
def test_a_file_that_takes_too_long_ends_its_child(
    healthy: Path, monkeypatch: pytest.MonkeyPatch, children: probe._Children
) -> None:
    """Time is counted for each file anew."""
    command = probe.child_command()
    busy = """
from timeline.media import probe_child
probe_child.CPU_LIMIT_S = 1
real = probe_child.read_facts
def read_facts(path, demuxer):
    import time
    end = time.process_time() + (99 if demuxer == "flv" else 0.5)
    while time.process_time() < end:
        pass
    return real(path, demuxer)
probe_child.read_facts = read_facts
main()
"""
    command[command.index("-c") + 1] = probe._START.replace("main()\n", busy)
    with monkeypatch.context() as patch:
        patch.setattr(probe, "child_command", lambda: command)
        for _ in range(4):
            assert isinstance(children.ask(healthy, "mov", 20), MediaFacts)
        child = children._take()
        with pytest.raises(probe._ChildFailed, match=r"status -(24|9)"):
            child.ask(healthy, "flv", 20)
        child.end()


def test_what_a_library_prints_is_no_answer() -> None:
    """Neither is what it writes to the standard output itself."""
    command = probe.child_command()
    noisy = """
from timeline.media import probe_child
def read_facts(path, demuxer):
    import os
    print("hello", flush=True)
    os.write(1, b"hello")
    raise probe_child.MediaUnreadableError("quiet", reason="quiet")
probe_child.read_facts = read_facts
main()
"""
    command[command.index("-c") + 1] = probe._START.replace("main()\n", noisy)
    question = json.dumps({"number": 7, "path": "00", "demuxer": "mov"}).encode() + b"\n"
    done = subprocess.run(
        command, env=probe.child_environment(), input=question, capture_output=True, timeout=20
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"number": 7, "error": "quiet", "reason": "quiet"}
    ]


def test_the_program_by_its_name(healthy: Path) -> None:
    """``python -m`` runs it as well."""
    question = (
        json.dumps({"number": 1, "path": os.fsencode(healthy).hex(), "demuxer": "mov"}).encode() + b"\n"
    )
    command = [sys.executable, "-m", "timeline.media.probe_child", str(os.getpid())]
    done = subprocess.run(command, input=question, capture_output=True, timeout=30, check=True)
    assert json.loads(done.stdout)["facts"]["demuxer"] == "mov"
    assert done.stderr == b""


def test_without_the_limits_of_linux_it_still_answers(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system that has no such module."""
    monkeypatch.setitem(sys.modules, "resource", None)
    probe_child._limit_all()
    probe_child._limit_cpu()
    question = json.dumps({"number": 3, "path": os.fsencode(healthy).hex(), "demuxer": "mov"}).encode()
    assert probe_child.answer(question)["facts"]["demuxer"] == "mov"


@linux_only
def test_a_forked_process_starts_children_of_its_own(healthy: Path) -> None:
    """Two processes that talk to one child would take each other's answers."""
    text = f"""
import os, sys, warnings
from pathlib import Path
from timeline.media import probe
warnings.simplefilter("ignore")
path = Path({str(healthy)!r})
probe.probe_media(path)
(mine,) = probe._CHILDREN._idle
forked = os.fork()
if not forked:
    ok = probe.probe_media(path).picture is not None
    ok = ok and probe._CHILDREN._idle[0]._process.pid != mine._process.pid
    probe._CHILDREN.end_idle()
    os._exit(0 if ok else 5)
_, status = os.waitpid(forked, 0)
ok = status == 0 and probe.probe_media(path).picture is not None and probe._CHILDREN._idle == [mine]
sys.exit(0 if ok else 6)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, timeout=60, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
