"""What of a render can be measured apart, in a process of its own: prints JSON.

``python -m benchmarks.render_worker JOB [ARGUMENT ...]``. `benchmarks.render` calls this; people need not.
"""

from __future__ import annotations

import json
import platform
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import timeline
from timeline.media.examine import examine_media
from timeline.media.ffmpeg import find_ffmpeg, run_ffmpeg
from timeline.media.store import MediaStore
from timeline.render.plan import plan_video
from timeline.render.shots import cut_chunks
from timeline.render.sound import cut_sound, loudness_arguments
from timeline.render.sources import Obstacles, known_files
from timeline.render.verify import verify_video


def ffmpeg() -> dict[str, str]:
    """Return the ffmpeg that timeline uses, and the versions of what takes part."""
    found = find_ffmpeg()
    return {
        "path": found.path,
        "ffmpeg": found.version.split()[2],
        "timeline": timeline.__version__,
        "Python": platform.python_version(),
    }


def apart(result: str, media: str, layout: str, cache: str, video: str) -> dict[str, float]:
    """Return the CPU seconds of the import, of hashing and probing, and of looking at the finished video.

    Args:
        result: Of a lesson.
        media: Folder of its files.
        layout: Name of a layout.
        cache: A folder that is empty.
        video: What a render made of the lesson.
    """
    spent = {"import": _cpu_s()}
    lesson = timeline.load(result)
    with _timed(spent, "examine"):
        examined = examine_media(lesson, Path(media), MediaStore(Path(cache)))
    with _timed(spent, "plan"):
        files = known_files(lesson, examined, Obstacles())
        planned = plan_video(lesson, layout=layout, files=files)
        cut_chunks(planned)
        list(cut_sound(planned))
    with _timed(spent, "verify"):
        verify_video(Path(video), planned)
    with tempfile.TemporaryDirectory() as name:
        folder, program = Path(name), find_ffmpeg()
        copying = ["-i", str(Path(video).resolve()), "-map", "0:a", "-c", "copy", "sound.m4a"]
        run_ffmpeg(program, copying, folder=folder, most_bytes=1 << 30)
        with _timed(spent, "loudness"):
            run_ffmpeg(program, loudness_arguments("sound.m4a"), folder=folder, most_bytes=0)
    return spent


@contextmanager
def _timed(spent: dict[str, float], name: str) -> Iterator[None]:
    before_s = _cpu_s()
    yield
    spent[name] = _cpu_s() - before_s


def _cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


JOBS: dict[str, Callable[..., Any]] = {"ffmpeg": ffmpeg, "apart": apart}


if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](*sys.argv[2:])))
