"""The pipe from an ffmpeg: it ends when it falls silent, when it is told to, and when we fail."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from timeline.media.ffmpeg import FFmpeg, find_ffmpeg
from timeline.media.streaming import StreamPacket, stream_ffmpeg

Fake = Callable[[str], Path]
TONE = ["-f", "lavfi", "-i", "sine=440:r=8000:d=60", "-map", "0:a", "-c:a", "pcm_f32le"]


@pytest.fixture
def ffmpeg() -> FFmpeg:
    return find_ffmpeg()


def alive(program: str) -> bool:
    """Whether a process runs that has this in its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if program.encode() in (folder / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


def test_packets_have_times_and_a_form(ffmpeg: FFmpeg) -> None:
    packets: list[tuple[int, Fraction, int, int, int]] = []

    def take(packet: StreamPacket) -> None:
        size = len(bytes(packet.data))
        packets.append((packet.stream, packet.at, size, packet.sample_rate_hz, packet.channels))

    streamed = stream_ffmpeg(ffmpeg, TONE, take)
    assert (streamed.is_whole, streamed.damage, streamed.packets) == (True, 0, len(packets))
    assert sum(size for _, _, size, _, _ in packets) == 4 * 8000 * 60
    told = 0
    for stream, at, size, rate_hz, channels in packets:
        assert (stream, at, rate_hz, channels) == (0, Fraction(told, 8000), 8000, 1)
        told += size // 4


def test_one_that_falls_silent_is_killed(fake_ffmpeg: Fake) -> None:
    """Before its first byte, and it is no error: nothing was decoded."""
    fake = find_ffmpeg(fake_ffmpeg("time.sleep(60)"))
    begun = time.monotonic()
    streamed = stream_ffmpeg(fake, [], lambda packet: None, silence_s=0.5)
    assert (streamed.is_whole, streamed.packets) == (False, 0)
    assert time.monotonic() - begun < 10
    assert not alive(fake.path)


def test_slow_work_of_ours_is_no_silence(ffmpeg: FFmpeg) -> None:
    calls = 0

    def take(packet: StreamPacket) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            time.sleep(1.2)

    assert stream_ffmpeg(ffmpeg, TONE, take, silence_s=0.5).is_whole


def test_what_the_taker_raises_ends_the_child_and_goes_on(fake_ffmpeg: Fake, ffmpeg: FFmpeg) -> None:
    def fail(packet: StreamPacket) -> None:
        raise RuntimeError("no more")

    endless = [*TONE[:3], "sine=441:r=8000:d=86400", *TONE[4:]]
    with pytest.raises(RuntimeError, match="no more"):
        stream_ffmpeg(ffmpeg, endless, fail)
    assert not alive("sine=441:r=8000:d=86400")


def test_a_stop_kills_one_that_says_nothing(fake_ffmpeg: Fake) -> None:
    fake = find_ffmpeg(fake_ffmpeg("time.sleep(60)"))
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    begun = time.monotonic()
    assert not stream_ffmpeg(fake, [], lambda packet: None, stop=stop).is_whole
    timer.join()
    assert time.monotonic() - begun < 10
    assert not alive(fake.path)


@pytest.mark.parametrize(
    "body", ["sys.exit(3)", "print('no container at all' * 9999)", "os.kill(os.getpid(), 9)"]
)
def test_one_that_fails_gives_what_it_gave(fake_ffmpeg: Fake, body: str) -> None:
    streamed = stream_ffmpeg(find_ffmpeg(fake_ffmpeg(body)), [], lambda packet: None)
    assert streamed.packets == 0


def test_its_last_words_are_kept_and_damage_is_counted(fake_ffmpeg: Fake) -> None:
    line = "Error while decoding stream #0:1: Invalid data found when processing input"
    body = f"sys.stderr.write({line!r} + chr(10)); sys.stderr.write('\\n'.join('x' * 9 for _ in range(99)))"
    streamed = stream_ffmpeg(find_ffmpeg(fake_ffmpeg(body)), [], lambda packet: None)
    assert streamed.damage == 1
    assert streamed.tail.count("\n") == 23


def test_it_writes_no_file(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    """Where the machine can hold a child to that."""
    from timeline.media.launch import fences

    if not any("limits" in fence for fence in fences()):
        pytest.skip("no limits on this machine")
    target = tmp_path / "out.wav"
    streamed = stream_ffmpeg(ffmpeg, [*TONE, f"file:{target}", "-map", "0:a"], lambda packet: None)
    assert not streamed.is_whole
    assert not target.exists() or os.path.getsize(target) == 0
