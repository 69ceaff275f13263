"""How fast the sound and the picture of a file are measured, in CPU time of parent and child together.

``python -m benchmarks.analysis`` (``make bench-analysis``): the bundled lesson's teacher, 640x480 at 15
pictures a second with AAC at 48 kHz, repeated to ten minutes and to an hour. Speed is length over CPU
seconds: how many times faster than real time one core is. The wall clock plays no part, so a busy
machine does little harm.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.crosstalk import STEP_MS, without_leaks
from timeline.analysis.decoding import decode_picture, decode_sound
from timeline.analysis.sound import SoundMeter, from_bytes, to_bytes
from timeline.analysis.speech import SileroDetector, energy_speech
from timeline.interval import merge, spans_of
from timeline.media.ffmpeg import FFmpeg, find_ffmpeg
from timeline.media.probe import probe_media

SOURCE = Path("sample_results/lesson/media/c8Yb2MfE6tRk.mp4")
SOUND_AIM, PICTURE_AIM = 150, 40
"""So many times real time per core at least."""


def cpu_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds of *work*, in this process and in the children that it waits for."""

    def used() -> float:
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before = used()
    work()
    return used() - before


def material(folder: Path, minutes: int, ffmpeg: FFmpeg) -> Path:
    """Return the source repeated to this length; nothing is encoded."""
    path = folder / f"{minutes}.mp4"
    command = [ffmpeg.path, "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(SOURCE)]
    subprocess.run([*command, "-t", str(60 * minutes), "-c", "copy", str(path)], check=True)
    return path


def measured(path: Path, ffmpeg: FFmpeg) -> dict[str, float]:
    """Return CPU seconds by stage of one file, and the size of its profile in bytes."""
    facts = probe_media(path)
    meter, silero = SoundMeter(), SileroDetector()

    def sound() -> None:
        decoded = decode_sound(ffmpeg, facts, on_native=meter.add_native, on_speech=meter.add_speech)
        assert decoded.is_whole

    def ignored(at_ms: int, gray: NDArray[np.uint8]) -> None:
        """Measure nothing: this is the decode alone."""

    answers: dict[str, float] = {"sound": cpu_s(sound)}
    data = to_bytes(meter.profile())
    answers["energy from a kept profile"] = cpu_s(lambda: energy_speech(from_bytes(data)))
    answers["silero, decode included"] = cpu_s(
        lambda: decode_sound(ffmpeg, facts, on_native=None, on_speech=silero.add)
    )
    answers["picture, decode alone"] = cpu_s(lambda: decode_picture(ffmpeg, facts, ignored))
    answers["bytes"] = len(data)
    return answers


def gate_s(users: int, minutes: int) -> float:
    """Return the CPU seconds of the gate where all speak nearly half of the time: the worst case."""
    chance = np.random.default_rng(1)
    length_ms = minutes * 60_000
    speech, levels = {}, {}
    for number in range(users):
        starts = np.sort(chance.integers(0, length_ms - 4000, length_ms // 8000))
        speech[str(number)] = merge(spans_of((int(start), int(start) + 4000) for start in starts))
        levels[str(number)] = chance.normal(chance.uniform(-50, -30), 10, length_ms // STEP_MS).astype(
            np.float32
        )
    return cpu_s(lambda: without_leaks(speech, levels))


def memory_growth_mb(paths: tuple[Path, Path]) -> float:
    """Return by how much the peak of memory grows from the short file to the long one, each in a process."""
    script = (
        "import sys; from pathlib import Path; from timeline.media.ffmpeg import find_ffmpeg;"
        "from timeline.media.probe import probe_media; from timeline.analysis.sound import SoundMeter;"
        "from timeline.analysis.decoding import decode_sound; m = SoundMeter();"
        "decode_sound(find_ffmpeg(), probe_media(Path(sys.argv[1])), on_native=m.add_native,"
        " on_speech=m.add_speech); m.profile();"
        "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    )
    peaks = [
        int(subprocess.run([sys.executable, "-c", script, str(path)], check=True, capture_output=True).stdout)
        for path in paths
    ]
    return (peaks[1] - peaks[0]) / 1024


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--ffmpeg", help="another ffmpeg than the usual one")
    chosen: Any = parser.parse_args(arguments)
    ffmpeg = find_ffmpeg(chosen.ffmpeg)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        path = material(Path(name), chosen.minutes, ffmpeg)
        long = material(Path(name), 6 * chosen.minutes, ffmpeg)
        answers = measured(path, ffmpeg)
        growth_mb = memory_growth_mb((path, long))
    size_bytes = answers.pop("bytes")
    speeds = {stage: 60 * chosen.minutes / seconds for stage, seconds in answers.items()}
    print(f"{ffmpeg.version}; {chosen.minutes} min of 640x480 at 15/s, AAC mono at 48 kHz\n")
    print("| stage | CPU seconds | times real time |\n|---|---:|---:|")
    for stage, seconds in answers.items():
        print(f"| {stage} | {seconds:.2f} | {speeds[stage]:.0f} |")
    print(f"| gate, 6 users for an hour | {gate_s(6, 60):.2f} | |")
    print(f"| gate, 30 users for a quarter of an hour | {gate_s(30, 15):.2f} | |")
    print(f"\nprofile: {size_bytes * 6 / chosen.minutes / 100_000:.2f} MB an hour; ", end="")
    print(f"peak of memory, from {chosen.minutes} to {6 * chosen.minutes} min: {growth_mb:+.1f} MB; ", end="")
    print(f"took {time.perf_counter() - begun:.0f} s")
    return int(speeds["sound"] < SOUND_AIM or speeds["picture, decode alone"] < PICTURE_AIM)


if __name__ == "__main__":
    sys.exit(main())
