"""The one door to ffmpeg: where it is, and how it is run.

No shell, no standard input, a plain environment, the fences of `timeline.media.launch`, a session of its own
that is ended with us, a limit on silence, and the last lines of its stderr in the error.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from timeline.errors import FFmpegFailedError, FFmpegNotFoundError
from timeline.media.launch import fenced, plain_environment
from timeline.publish import disk_full

ENVIRONMENT_VARIABLE = "TIMELINE_FFMPEG"
TAIL_LINES = 24
"""So many of the last lines that ffmpeg says are kept."""
SILENCE_S = 120
"""An ffmpeg whose numbers do not move for this long is killed."""

MEMORY_BYTES = 4 << 30
"""Address space of an ffmpeg, and …"""
MEMORY_BYTES_PER_INPUT = 256 << 20
"""… so much more for each file that it opens: the stacks of its threads count though nobody fills them."""

_FULL = ("No space left on device", "Disk quota exceeded")
_TOO_LARGE = -getattr(signal, "SIGXFSZ", 1000)

# What ffmpeg says of an input that it cannot decode in places: builds since 7 by its number, older ones by
# its number for packets and by its name for pictures.
_DAMAGED_NUMBER = re.compile(
    r"\[[va]ist#(\d+):.*(?:corrupt decoded frame|Error submitting packet)|Error while decoding stream #(\d+):"
)
_DAMAGED_NAME = re.compile(r"(file:.*): corrupt decoded frame in stream")


@dataclass(frozen=True, slots=True)
class FFmpeg:
    """An ffmpeg binary: where it is, and the first line that it says of itself."""

    path: str
    version: str

    @property
    def major(self) -> int:
        """Major version; a large number for builds that name none, since those are recent."""
        match = re.search(r"version n?(\d+)\.", self.version)
        return int(match[1]) if match else 999


@dataclass(frozen=True, slots=True)
class Ran:
    """What an ffmpeg said of its work.

    Attributes:
        frames: Pictures that it wrote.
        out_time_us: How far its output reaches, microseconds.
        damage: How often it could not decode something, by the name of the input.
        tail: The last lines of its stderr.
    """

    frames: int
    out_time_us: int
    damage: Mapping[str, int]
    tail: str


def find_ffmpeg(explicit: str | os.PathLike[str] | None = None) -> FFmpeg:
    """Return the ffmpeg to use: *explicit*, else ``TIMELINE_FFMPEG``, else imageio-ffmpeg's, else PATH's.

    Raises:
        FFmpegNotFoundError: There is none, or the one named does not run.
    """
    named = os.fspath(explicit) if explicit else os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        found = named if Path(named).is_file() else shutil.which(named)
        if found is None:
            raise FFmpegNotFoundError(
                f"{named}: no such program; name a working ffmpeg by --ffmpeg or {ENVIRONMENT_VARIABLE}"
            )
        return _asked(str(Path(found).absolute()))  # it runs in another folder
    bundled = _bundled_path() or shutil.which("ffmpeg")
    if bundled is None:
        raise FFmpegNotFoundError(
            "no ffmpeg found; install one with: pip install 'class-timeline[media]', "
            f"or name one by --ffmpeg or {ENVIRONMENT_VARIABLE}"
        )
    return _asked(bundled)


def _bundled_path() -> str | None:
    try:
        import imageio_ffmpeg
    except ModuleNotFoundError:
        return None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # no binary for this platform
        return None


@functools.cache
def _asked(path: str) -> FFmpeg:
    try:
        answer = subprocess.run(
            fenced([path, "-hide_banner", "-version"]),
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise FFmpegNotFoundError(
            f"{path}: does not run as ffmpeg: it ends with status {error.returncode}"
        ) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise FFmpegNotFoundError(f"{path}: does not run as ffmpeg: {error}") from error
    said = answer.stdout.partition("\n")[0]
    if not said.startswith("ffmpeg version"):
        raise FFmpegNotFoundError(f"{path}: does not run as ffmpeg: it does not say its version")
    return FFmpeg(path, said.partition(" Copyright")[0])


def run_ffmpeg(
    ffmpeg: FFmpeg,
    arguments: Sequence[str],
    *,
    folder: Path,
    most_bytes: int,
    on_frame: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
) -> Ran:
    """Run ffmpeg to its end, and return what it said of it.

    Args:
        ffmpeg: From `find_ffmpeg`.
        arguments: All after the program's name; made by us, never from a result's strings.
        folder: Its working folder.
        most_bytes: No file that it writes may be larger; reckoned from a plan, never from an input.
        on_frame: Called with the number of frames encoded so far.
        stop: When set, ffmpeg is killed and the call returns.

    Raises:
        FFmpegFailedError: It ended with an error or fell silent; the message ends with its last lines.
        DiskError: The disk is full.
    """
    command = [ffmpeg.path, "-nostdin", "-hide_banner", "-loglevel", "warning", "-y"]
    command += ["-max_error_rate", "1"]  # much damage is told; it is no reason to end
    command += ["-progress", "pipe:1", "-stats_period", "0.5", *arguments]
    names = [after for option, after in itertools.pairwise(arguments) if option == "-i"]
    memory_bytes = MEMORY_BYTES + MEMORY_BYTES_PER_INPUT * len(names)
    _allow_many_files()
    process = subprocess.Popen(
        fenced(command, most_file_bytes=most_bytes, most_memory_bytes=memory_bytes),
        cwd=folder,
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    watch = _Watch(process, names, on_frame)
    try:
        silent = False
        while process.poll() is None and not (stop and stop.is_set()):
            if time.monotonic() - watch.heard_at > SILENCE_S:
                silent = True
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
    finally:
        kill(process)
        watch.join()
    if stop and stop.is_set():
        return watch.ran
    if silent:
        raise FFmpegFailedError(
            f"ffmpeg made no progress for {SILENCE_S} s and was killed",
            command=command,
            stderr_tail=watch.tail,
        )
    if process.returncode != 0:
        if any(words in watch.tail for words in _FULL):
            raise disk_full(_written_to(arguments, folder))
        reason = f"ffmpeg stopped with status {process.returncode}"
        if process.returncode == _TOO_LARGE:
            reason = f"ffmpeg wrote more than {most_bytes} bytes, which no such plan needs, and was killed"
        raise FFmpegFailedError(reason, command=command, stderr_tail=watch.tail)
    return watch.ran


def _written_to(arguments: Sequence[str], folder: Path) -> Path:
    """Return the folder of the file that ffmpeg writes: its last argument."""
    return (folder / arguments[-1].removeprefix("file:")).parent if arguments else folder


def _allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: the sound opens all files of a lesson at once."""
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class _Watch:
    """Two threads that drain what a process says, so that it never blocks.

    Attributes:
        heard_at: When its numbers moved last.
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        inputs: Sequence[str],
        on_frame: Callable[[int], None] | None,
    ) -> None:
        self.heard_at = time.monotonic()
        self._damage: Counter[str] = Counter()
        self._inputs = inputs
        self._on_frame = on_frame
        self._numbers: dict[str, str] = {}
        self._lines: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        assert process.stdout is not None
        assert process.stderr is not None
        self._threads = [
            threading.Thread(target=self._read_progress, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def ran(self) -> Ran:
        """What it said so far."""
        return Ran(self._number("frame"), self._number("out_time_us"), dict(self._damage), self.tail)

    def _number(self, name: str) -> int:
        said = self._numbers.get(name, "")
        return int(said) if said.isdigit() else 0

    @property
    def tail(self) -> str:
        """The last lines of stderr."""
        return "\n".join(self._lines)

    def join(self) -> None:
        """Wait until both pipes are read to their end."""
        for thread in self._threads:
            thread.join(timeout=10)

    def _read_progress(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                name, _, value = line.strip().partition("=")
                if name in ("frame", "out_time_us", "total_size") and self._numbers.get(name) != value:
                    self._numbers[name] = value  # repeated numbers are no progress
                    self.heard_at = time.monotonic()
                if name == "frame" and value.isdigit() and self._on_frame:
                    self._on_frame(int(value))

    def _read_stderr(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                if line.strip():
                    self._lines.append(line.rstrip()[:500])
                    self._look_for_damage(line)

    def _look_for_damage(self, line: str) -> None:
        numbered, named = _DAMAGED_NUMBER.search(line), _DAMAGED_NAME.match(line)
        if numbered and (number := int(numbered[1] or numbered[2])) < len(self._inputs):
            self._damage[self._inputs[number]] += 1
        elif named:
            self._damage[named[1]] += 1


def names_damage(line: str) -> bool:
    """Return whether ffmpeg says in *line* that it could not decode something.

    Example:
        >>> names_damage("Error while decoding stream #0:1: Invalid data found when processing input")
        True
    """
    return bool(_DAMAGED_NUMBER.search(line) or _DAMAGED_NAME.match(line))


def kill(process: subprocess.Popen[Any]) -> None:
    """End a process and what it started; do nothing when it has ended."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
