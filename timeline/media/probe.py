"""What a local file really holds: asked of a child process, since a stranger's file may crash its reader.

A child (`timeline.media.probe_child`) looks into many files, one after the other: a start costs more than
most files. One that dies, hangs, or says what is no answer is replaced, and the next file has a new one.
Several threads may ask at once; up to `MOST_CHILDREN` children then work side by side.

On Linux a child has limits on time and memory and is killed when its parent dies, however that happens. On
macOS it has most of these limits, on Windows none but that on time; there it ends with its parent's pipe.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from timeline.errors import MediaUnreadableError
from timeline.extras import needs_extra
from timeline.media.facts import MediaFacts, from_json
from timeline.media.gate import sniff_demuxer
from timeline.media.launch import fenced

with needs_extra("media"):
    import av

TIME_LIMIT_S = 60
"""A child that has not answered by then is killed; large files have longer."""
SLOWEST_BYTES_PER_S = 10_000_000
"""Of a large file, so much is expected to be read in a second even from a slow disk."""
ANSWER_BYTES = 1 << 20
MOST_CHILDREN = min(4, os.cpu_count() or 1)
FILES_PER_CHILD = 200
"""A child is replaced after so many files, whatever they left behind in it."""
IDLE_S = 20
"""A child without work is ended after this."""
_START = """
import sys, types
sys.modules["timeline"] = package = types.ModuleType("timeline")
package.__path__ = [sys.argv[2]]
sys.path.append(sys.argv[3])
from timeline.media.probe_child import main
main()
"""
"""Runs `timeline.media.probe_child` without what ``import timeline`` brings along: most of a start."""
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def probe_media(path: Path) -> MediaFacts:
    """Return the facts of a local file.

    A file that breaks off is not refused: its streams end where the last whole packet ends.

    Raises:
        MediaUnreadableError: It is not usable media; the error's ``reason`` fits on a slate.
    """
    demuxer = sniff_demuxer(path)
    try:
        limit_s = TIME_LIMIT_S + path.stat().st_size / SLOWEST_BYTES_PER_S
        found = _CHILDREN.ask(path, demuxer, limit_s)
    except OSError as error:
        raise MediaUnreadableError(
            f"{path}: cannot be opened: {error.strerror or error}", reason="cannot be opened"
        ) from error
    except _ChildFailed as failure:
        raise MediaUnreadableError(
            f"{path}: could not be looked into: {failure}", reason="probe crashed"
        ) from failure
    if isinstance(found, MediaFacts):
        return found
    raise MediaUnreadableError(f"{path}: {found.message}", reason=found.reason)


class _Refusal(NamedTuple):
    """Why a child holds a file for unusable, without the file's name."""

    message: str
    reason: str


def _understood(said: object, number: int, path: Path, demuxer: str) -> MediaFacts | _Refusal:
    """Return the meaning of an answer; nothing in it is believed before it is checked.

    Raises:
        ValueError: It makes no sense.
    """
    if not isinstance(said, dict) or said.get("number") != number:
        raise ValueError("it is no answer to the question")
    if "facts" not in said:
        return _Refusal(_one_line(said.get("error"), 400), _one_line(said.get("reason"), 40))
    facts = from_json(path, said["facts"])
    if facts.demuxer != demuxer or not (facts.picture or facts.sound):
        raise ValueError("the facts are of something else")
    return facts


def _one_line(text: object, most: int) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= most or not text.isprintable():
        raise ValueError("expected a line of text")
    return text


def child_command() -> list[str]:
    """Return what starts a child: it has this package and PyAV, and nothing else that is installed."""
    places = [str(Path(os.path.abspath(module)).parents[1]) for module in (__file__, av.__file__)]
    return [sys.executable, "-I", "-S", "-B", "-c", _START, str(os.getpid()), *places]


def child_environment() -> dict[str, str]:
    """Return all variables of a child."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"LANG": "C.UTF-8"}


class _ChildFailed(Exception):
    """A child gave no answer; the text says why."""


class _Child:
    """One child process and the thread that listens to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self.files = 0
        self.idle_since = time.monotonic()
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            cwd=os.path.abspath(os.sep),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt from the keyboard is for the parent
        )
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, name="probe-listener", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        """Hand on line after line; an empty one at the end, or after more than was asked for."""
        assert self._process.stdout is not None
        rest = b""
        with contextlib.suppress(OSError, ValueError):
            while data := self._process.stdout.read(1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._answers.put(line[: ANSWER_BYTES + 1])
                if len(rest) > ANSWER_BYTES or self._answers.qsize() > 1:
                    break
        self._answers.put(b"")

    def ask(self, path: Path, demuxer: str, limit_s: float) -> MediaFacts | _Refusal:
        """Return what the child says of a file.

        Raises:
            _ChildFailed: Nothing usable; the child must be ended.
        """
        self.files += 1
        question = {"number": self.files, "path": os.fsencode(path.resolve()).hex(), "demuxer": demuxer}
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            line = self._answers.get(timeout=limit_s)
        except OSError:  # it ended before it was asked
            line = b""
        except queue.Empty:
            raise _ChildFailed(f"its reader took more than {limit_s:.0f} s and was killed") from None
        if not line:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.3)
            raise _ChildFailed(f"its reader ended with status {self._process.poll()}")
        try:
            if len(line) > ANSWER_BYTES:
                raise ValueError("it is too long")
            return _understood(json.loads(line), self.files, path, demuxer)
        except (ValueError, RecursionError) as error:
            raise _ChildFailed("its reader's answer makes no sense") from error

    def end(self) -> None:
        """Kill the child and free all that belongs to it."""
        self._process.kill()
        self._process.wait()
        self._listener.join(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class _Children:
    """The children at hand, and the thread that starts them.

    Linux kills a child when the *thread* that started it ends, so all are started by one thread that lives
    as long as the process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_CHILDREN)
        self._idle: list[_Child] = []
        self._wishes: queue.SimpleQueue[queue.SimpleQueue[_Child | Exception]] = queue.SimpleQueue()
        self._starter: threading.Thread | None = None

    def ask(self, path: Path, demuxer: str, limit_s: float) -> MediaFacts | _Refusal:
        """Return what a child says; one that has seen other files is not the last to be asked.

        Raises:
            _ChildFailed: A new child gave no usable answer either, or none can be started.
        """
        with self._places:
            child = self._take()
            try:
                with self._ended_on_failure(child):
                    said = child.ask(path, demuxer, limit_s)
            except _ChildFailed:
                if child.files == 1:
                    raise
                child = self._start()
                with self._ended_on_failure(child):
                    said = child.ask(path, demuxer, limit_s)
            self._give_back(child)
            return said

    @contextlib.contextmanager
    def _ended_on_failure(self, child: _Child) -> Iterator[None]:
        try:
            yield
        except BaseException:  # an interrupt too: its answer would be taken for that of the next file
            child.end()
            raise

    def _take(self) -> _Child:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._start()

    def _start(self) -> _Child:
        with self._lock:
            if self._starter is None:
                self._starter = threading.Thread(target=self._keep_house, name="probe-starter", daemon=True)
                self._starter.start()
        reply: queue.SimpleQueue[_Child | Exception] = queue.SimpleQueue()
        self._wishes.put(reply)
        child = reply.get()
        if isinstance(child, Exception):
            raise _ChildFailed(f"its reader cannot be started: {child}") from child
        return child

    def _keep_house(self) -> None:
        """Start children as they are wished for, and end those that have been idle for long."""
        while True:
            try:
                reply = self._wishes.get(timeout=IDLE_S)
            except queue.Empty:
                self.end_idle(IDLE_S)
                continue
            try:
                reply.put(_Child(fenced(child_command())))
            except Exception as error:  # whoever waits must hear of it
                reply.put(error)

    def _give_back(self, child: _Child) -> None:
        child.idle_since = time.monotonic()
        if child.files >= FILES_PER_CHILD:
            child.end()
            return
        with self._lock:
            self._idle.append(child)

    def end_idle(self, idle_s: float = 0) -> None:
        """End the children that have had no work for *idle_s*."""
        latest = time.monotonic() - idle_s
        with self._lock:
            old = [child for child in self._idle if child.idle_since <= latest]
            self._idle = [child for child in self._idle if child.idle_since > latest]
        for child in old:
            child.end()


_CHILDREN = _Children()
atexit.register(lambda: _CHILDREN.end_idle())

_left_behind: list[_Children] = []


def _begin_anew() -> None:
    """Leave the children to the process that was forked: they are not this one's."""
    global _CHILDREN
    _left_behind.append(_CHILDREN)
    _CHILDREN = _Children()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
