"""ffmpeg as a source: raw samples and pictures of one file, read from a pipe while they are decoded.

The same fences as in `timeline.media.ffmpeg`, and no file is written at all. What comes through the pipe was
made by our own ffmpeg (raw streams in NUT, a container with times), so it is taken apart in this process; the
stranger's file is opened only by the child.
"""

from __future__ import annotations

import collections
import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any, NamedTuple

from timeline.extras import needs_extra
from timeline.media.ffmpeg import MEMORY_BYTES, SILENCE_S, TAIL_LINES, FFmpeg, kill, names_damage
from timeline.media.launch import fenced, plain_environment

_BUFFER_BYTES = 1 << 18
_TICK_S = 0.2


class StreamPacket(NamedTuple):
    """A piece of a raw stream.

    Attributes:
        stream: Number of the output stream, from 0.
        at: Seconds of its first sample or picture on ffmpeg's clock, which is 0 at the file's origin.
        data: Its bytes; they must be used or copied before the next packet is asked for.
        sample_rate_hz: 0 for a picture.
        channels: 0 for a picture.
    """

    stream: int
    at: Fraction
    data: Any
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Streamed:
    """What came of it.

    Attributes:
        packets: How many were handed out.
        damage: How often something could not be decoded.
        is_whole: Whether ffmpeg came to the end of the file; else it failed, fell silent or was stopped.
        tail: The last lines of its stderr.
    """

    packets: int
    damage: int
    is_whole: bool
    tail: str


def stream_ffmpeg(
    ffmpeg: FFmpeg,
    arguments: Sequence[str],
    on_packet: Callable[[StreamPacket], None],
    *,
    stop: threading.Event | None = None,
    silence_s: float = SILENCE_S,
) -> Streamed:
    """Decode one file, and hand out its raw streams packet by packet.

    A file that cannot be decoded is no error: what came before is used, and the answer says so.

    Args:
        ffmpeg: From `find_ffmpeg`.
        arguments: One input, maps, filters and raw encoders; made by us. The output is added here.
        on_packet: Called in this thread. What it raises ends the child and goes on to the caller.
        stop: When set, ffmpeg is killed and the call returns.
        silence_s: An ffmpeg that gives nothing for so long is killed; time in *on_packet* is not silence.
    """
    command = [ffmpeg.path, "-nostdin", "-hide_banner", "-loglevel", "warning", "-nostats"]
    command += ["-max_error_rate", "1", *arguments, "-map_metadata", "-1", "-map_chapters", "-1"]
    command += ["-flush_packets", "0", "-f", "nut", "pipe:1"]
    process = subprocess.Popen(
        fenced(command, most_file_bytes=0, most_memory_bytes=MEMORY_BYTES),
        cwd=os.path.abspath(os.sep),
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    watch = _Watch(process, stop, silence_s)
    packets = 0
    try:
        for packet in _packets(process):
            watch.waiting_since = None
            packets += 1
            on_packet(packet)
            if stop and stop.is_set():
                break
            watch.waiting_since = time.monotonic()
        if not (stop and stop.is_set()):
            watch.let_end()
    finally:
        watch.end()
    is_whole = process.returncode == 0 and not watch.has_killed
    return Streamed(packets, watch.damage, is_whole, watch.tail)


def _packets(process: subprocess.Popen[bytes]) -> Any:
    """Yield the packets of the pipe; where it breaks off, they end."""
    with needs_extra("media"):
        import av
        import av.error
    with contextlib.suppress(av.error.FFmpegError, EOFError):
        # Nothing has to be guessed: the container's header says all of its raw streams.
        options = {"probesize": "32", "analyzeduration": "0"}
        pipe: Any = process.stdout
        with av.open(
            pipe, "r", format="nut", buffer_size=_BUFFER_BYTES, container_options=options
        ) as container:
            forms = []
            for stream in container.streams:
                coded: Any = stream.codec_context
                is_sound = stream.type == "audio"
                forms.append(
                    (coded.sample_rate if is_sound else 0, coded.layout.nb_channels if is_sound else 0)
                )
            for packet in container.demux():
                if packet.pts is None or packet.size == 0 or packet.is_corrupt:  # the pipe broke in it
                    continue
                rate_hz, channels = forms[packet.stream_index]
                at = packet.pts * Fraction(packet.time_base)
                yield StreamPacket(packet.stream_index, at, packet, rate_hz, channels)


class _Watch:
    """Two threads beside a child: one reads what it says, one ends it when it is to stop or falls silent.

    Attributes:
        waiting_since: Since when something is expected of the child; None while its data are at work.
        damage: How often it could not decode something.
        has_killed: Whether the child was ended before its time.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], stop: threading.Event | None, silence_s: float
    ) -> None:
        self.waiting_since: float | None = time.monotonic()
        self.damage = 0
        self.has_killed = False
        self._process, self._stop, self._silence_s = process, stop, silence_s
        self._lines: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        self._is_over = threading.Event()
        assert process.stderr is not None
        self._threads = [
            threading.Thread(target=self._read, args=(process.stderr,), daemon=True),
            threading.Thread(target=self._guard, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def tail(self) -> str:
        """The last lines of stderr."""
        return "\n".join(self._lines)

    def let_end(self) -> None:
        """Wait until the child has ended by itself; it has closed its pipe."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)

    def end(self) -> None:
        """End the child if it still runs, and both threads."""
        self._is_over.set()
        self.has_killed = self.has_killed or self._process.poll() is None
        kill(self._process)
        assert self._process.stdout is not None
        self._process.stdout.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            rest = b""
            while data := pipe.read(1 << 14):
                *lines, rest = (rest + data).split(b"\n")
                rest = rest[-4096:]
                for line in lines:
                    self._hear(line.decode("utf-8", "replace"))
            self._hear(rest.decode("utf-8", "replace"))

    def _hear(self, line: str) -> None:
        if line.strip():
            self._lines.append(line.rstrip()[:500])
            self.damage += names_damage(line)

    def _guard(self) -> None:
        while not self._is_over.wait(_TICK_S):
            since = self.waiting_since
            is_silent = since is not None and time.monotonic() - since > self._silence_s
            if is_silent or (self._stop and self._stop.is_set()):
                self.has_killed = True
                kill(self._process)
                return
