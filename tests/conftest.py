"""Lessons made of coded media, and what their renders must show. Media are made once per session."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Threads of linear algebra, which nothing here uses, cost a short process a third of its time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import timeline
from tests import coded_media
from tests.coded_media import FrameCode
from tests.commands import run_here
from timeline.analysis.evidence import MediaOptions
from timeline.analysis.measure import measure_lesson
from timeline.errors import FFmpegNotFoundError
from timeline.model import Timeline
from timeline.render.plan import RenderPlan, Tile
from timeline.render.video import RenderReport, render_video
from timeline.samples import sample_lesson_folder

# A busy machine is no failure.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

Row = dict[str, Any]
CANVAS = (640, 360)
SOURCE = (320, 240)
CAMERA, SCREEN, BOARD, MIXED, AUDIO = range(5)
START_S = 1_700_000_000


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector of cycles need not look at it again and again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end all of it goes, in the order that its libraries expect."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(autouse=True)
def plain_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, run_folder: Path
) -> None:
    """No font, no ffmpeg, no settings and no cache of the machine's owner changes what a test sees."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("MPLCONFIGDIR", str(run_folder / "matplotlib"))  # where it keeps its list of fonts
    for name in ("TIMELINE_FONT", "TIMELINE_FFMPEG"):
        monkeypatch.delenv(name, raising=False)


class Studio:
    """Makes coded files, each only once: the same facts give the same path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, Path] = {}

    def file(self, suffix: str = "mp4", **facts: Any) -> Path:
        """Return a file made by `coded_media.write_video` with these facts."""
        key = f"{suffix} {sorted(facts.items())}"
        if key not in self._made:
            path = self.folder / f"{len(self._made):04d}.{suffix}"
            coded_media.write_video(path, **facts)
            self._made[key] = path
        return self._made[key]


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """The session's coded files."""
    return Studio(tmp_path_factory.mktemp("studio"))


@dataclass
class Lesson:
    """A lesson on disk, grown row by row: ``result.json`` with ``media/`` beside it.

    The file of row i carries the code i + 1, and its tone is 500 + 250 * (its track's number) Hz.
    """

    folder: Path
    studio: Studio
    rows: list[Row] = field(default_factory=list)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    pause_s: int = 0

    @property
    def media(self) -> Path:
        """The folder of the media."""
        return self.folder / "media"

    def add(self, kind: int, user: str, start_ms: int, duration_ms: int, **facts: Any) -> int:
        """Add a row with its file, and return its index; *facts* go to `coded_media.write_video`.

        ``real_ms`` makes the file shorter or longer than its row says.
        """
        index = self.add_row(kind, user, start_ms, duration_ms)
        real_ms = facts.pop("real_ms", duration_ms)
        facts = {"code": index + 1, "tone_hz": self.tone_hz(kind, user), "duration_ms": real_ms} | facts
        self.facts[index] = facts
        self.media.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.studio.file(**facts), self.media / f"f{index}.mp4")
        return index

    def add_row(self, kind: int, user: str, start_ms: int, duration_ms: int, **values: Any) -> int:
        """Add a row without a file, and return its index."""
        index = len(self.rows)
        self.rows.append(row(kind, user, start_ms, duration_ms, f"f{index}.mp4") | values)
        return index

    def path(self, index: int) -> Path:
        """Return the local file of a row."""
        return self.media / f"f{index}.mp4"

    def tone_hz(self, kind: int, user: str) -> int:
        """Return the tone of a track; tracks are numbered as they first appear."""
        seen = list(dict.fromkeys((r["video_type"], r["user_id"]) for r in self.rows))
        return 500 + 250 * seen.index((kind, user))

    def write(self) -> Path:
        """Write ``result.json`` and return its path."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "result.json"
        path.write_text(result_text(self.rows, pause_s=self.pause_s), encoding="utf-8")
        return path

    def load(self) -> Timeline:
        """Return the lesson's timeline."""
        return timeline.loads(result_text(self.rows, pause_s=self.pause_s))

    def render(self, name: str = "out.mp4", **options: Any) -> RenderReport:
        """Render the lesson beside its media: a small canvas, nothing over the pictures."""
        settings: dict[str, Any] = {"size_px": CANVAS, "labels": False, "jobs": 2, "media": self.media}
        settings["frame_rate"] = 15
        return render_video(self.load(), self.folder / name, **(settings | options))


@pytest.fixture(scope="session")
def guide() -> Timeline:
    """The lesson of the recording guide."""
    return timeline.load(Path(__file__).parent.parent / "sample_results" / "guide_example.json")


@pytest.fixture(scope="session")
def measured_cache(run_folder: Path) -> Path:
    """A store that knows what the media of the bundled lesson say; they are measured once for all workers."""
    folder = run_folder / "measured"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first one measures, the others wait and find it done
        sample = sample_lesson_folder()
        measure_lesson(timeline.load(sample), media=MediaOptions(sample / "media", folder / "store"))
    return folder / "store"


@pytest.fixture
def measured_before(plain_environment: None, measured_cache: Path) -> None:
    """The user's own store knows what the media of the bundled lesson say, and nothing else."""
    shutil.copytree(measured_cache, Path(os.environ["XDG_CACHE_HOME"]) / "timeline")


@pytest.fixture
def lesson(tmp_path: Path, studio: Studio) -> Lesson:
    """An empty lesson."""
    return Lesson(tmp_path / "lesson", studio)


def row(kind: int, user: str, start_ms: int, duration_ms: int, name: str = "a.mp4") -> Row:
    """Return one row of a result."""
    return {
        "video_play_time": start_ms,
        "video_duration": duration_ms,
        "video_type": kind,
        "user_id": user,
        "video_format": "mp4",
        "video_size": 1000,
        "video_url": f"http://media.example/{name}",
        "video_id": f"id-{name}",
    }


def result_text(rows: list[Row], *, pause_s: int = 0) -> str:
    """Return a result of *rows* whose wall stamps leave room for a pause."""
    total_ms = max((r["video_play_time"] + r["video_duration"] for r in rows), default=0)
    stop_s = START_S + total_ms // 1000 + pause_s
    document = {
        "room_id": 7,
        "start_time": START_S,
        "stop_time": stop_s,
        "total_time": total_ms,
        "video_info": rows,
    }
    return json.dumps(document, ensure_ascii=False)


def lesson_of(*rows: Row, pause_s: int = 0) -> Timeline:
    """Return the timeline of *rows*."""
    return timeline.loads(result_text(list(rows), pause_s=pause_s))


Shown = list[list[FrameCode | None]]


def codes_shown(report: RenderReport, lesson: Lesson) -> Shown:
    """Return the code that each region shows in each frame; None where there is none."""
    shown: Shown = []
    for _, _, image in coded_media.frames(report.path):
        line = []
        for number in range(len(report.plan.regions)):
            tile = tile_at(report.plan, len(shown), number)
            codes = (coded_media.read_code(image, place(tile), shape) for shape in _shapes(lesson, tile))
            line.append(next((code for code in codes if code), None))
        shown.append(line)
    return shown


def place(tile: Tile) -> tuple[int, int, int, int]:
    """Return (x, y, width, height) of a tile."""
    where = tile.rectangle
    return where.x, where.y, where.width, where.height


def tile_at(plan: RenderPlan, frame: int, region: int) -> Tile:
    """Return what *plan* wants in *region* at *frame*."""
    scene = next(s for s in plan.scenes if s.start_frame <= frame < s.end_frame)
    return scene.tiles[region]


def wrong_frames(report: RenderReport, lesson: Lesson, shown: Shown | None = None) -> list[str]:
    """Return where the picture is not what the plan says, in words; empty when all is right.

    A tile must show its file, and of it the picture whose time is nearest to the planned one: within
    half a frame of the output for sources of the same rate, within a whole one for others.
    """
    plan, wrong = report.plan, []
    first = plan.start_ms * plan.frame_rate / 1000
    offset = (first + Fraction(1, 2)).__floor__()
    shown = codes_shown(report, lesson) if shown is None else shown
    if len(shown) != plan.frames:
        return [f"{len(shown)} frames instead of {plan.frames}"]
    for frame, line in enumerate(shown):
        scene = next(s for s in plan.scenes if s.start_frame <= frame < s.end_frame)
        for region, code in enumerate(line):
            tile = scene.tiles[region]
            if tile.file is None or tile.media_start_ms is None:
                if code is not None:
                    wrong.append(f"frame {frame}, region {region}: {code} instead of a slate")
                continue
            at_ms = Fraction((frame + offset) * 1000) / plan.frame_rate
            media_ms = tile.media_start_ms + (0 if tile.held is not None else at_ms - scene.start_ms)
            allowed = _allowed(lesson, tile.file, Fraction(media_ms), plan.frame_rate)
            if code is None or code.file != tile.file + 1 or code.frame not in allowed:
                wrong.append(
                    f"frame {frame}, region {region}: {code} instead of file {tile.file + 1}, "
                    f"pictures {allowed[0]}..{allowed[-1]}"
                )
    return wrong


def _allowed(lesson: Lesson, file: int, media_ms: Fraction, frame_rate: Fraction) -> range:
    """Return the numbers of the pictures that may be on screen at a media time."""
    facts = lesson.facts[file]
    fps, first_ms = Fraction(facts.get("fps", 15)), facts.get("first_picture_ms", 0)
    last = round((facts["duration_ms"] - first_ms) * fps / 1000) - 1
    if "sizes" in facts:
        last = sum(count for _, count in facts["sizes"]) - 1
    step_ms = 1000 / frame_rate
    slack_ms = step_ms / 2 if fps == frame_rate else step_ms
    early = ((media_ms - slack_ms - 1 - first_ms) * fps / 1000).__floor__()
    late = ((media_ms + slack_ms + 1 - first_ms) * fps / 1000).__floor__()
    if fps == frame_rate:  # the nearest picture, not the one before it
        early += 1
    early, late = (min(max(number, 0), last) for number in (early, late))
    return range(min(early, late), late + 1)


def _shapes(lesson: Lesson, tile: Tile) -> list[tuple[int, int]]:
    """Return the (width, height) that the pictures of a tile's file have on the way, as seen."""
    facts = {} if tile.file is None else lesson.facts[tile.file]
    return [shape for shape, _ in facts.get("sizes", ())] or [facts.get("size", SOURCE)]


def expected_onsets_ms(report: RenderReport, lesson: Lesson, track: str) -> list[float]:
    """Return when the beeps of a track must be heard, ms after the output's start."""
    onsets = []
    for sound in report.plan.audio:
        if sound.track != track:
            continue
        every_ms = lesson.facts[sound.clip].get("beep_every_ms", 1000)
        end_ms = sound.media_start_ms + sound.end_ms - sound.start_ms
        first = -(-sound.media_start_ms // every_ms) * every_ms
        for media_ms in range(first, end_ms - 60, every_ms):
            onsets.append(float(sound.start_ms + media_ms - sound.media_start_ms - report.plan.start_ms))
    return sorted(onsets)


Cli = Callable[..., "CliAnswer"]


@dataclass
class CliAnswer:
    """What a command said: exit status, data, talk."""

    status: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line of the talk."""
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""


@pytest.fixture
def cli() -> Cli:
    """Run ``timeline`` with arguments, in this process."""

    def run(*arguments: object, stdin: bytes = b"") -> CliAnswer:
        answer = run_here(*arguments, stdin=stdin)
        return CliAnswer(answer.returncode, answer.stdout.decode(), answer.stderr.decode())

    return run


@pytest.fixture
def real_ffmpeg() -> Path:
    """The ffmpeg that is installed."""
    from timeline.media.ffmpeg import find_ffmpeg

    try:
        return Path(find_ffmpeg().path)
    except FFmpegNotFoundError:
        pytest.fail("the tests need the media extra")


@pytest.fixture
def fake_ffmpeg(tmp_path: Path) -> Callable[[str], Path]:
    """Make a program that answers ``-version`` like ffmpeg and otherwise runs the given Python."""
    made: list[Path] = []

    def make(body: str) -> Path:
        path = tmp_path / f"fake_ffmpeg_{len(made)}"
        version = "if '-version' in sys.argv: print('ffmpeg version fake Copyright'); sys.exit(0)"
        path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{version}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        made.append(path)
        return path

    return make


class Killed(BaseException):
    """What a process that was killed would not see."""


Dying = Callable[[int], None]


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dying:
    """Have us die before the n-th name of ``tmp_path`` is changed or removed: from then on none is."""
    left = [-1]

    def mortal(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(path: Any, *rest: Any, **options: Any) -> Any:
            if isinstance(path, (str, Path)) and Path(path).is_relative_to(tmp_path) and left[0] >= 0:
                if left[0] == 0:
                    raise Killed
                left[0] -= 1
            return change(path, *rest, **options)

        return changed

    def die_at(step: int) -> None:
        """A negative number lets us live."""
        left[0] = step

    for name in ("replace", "rename", "unlink", "rmdir"):
        monkeypatch.setattr(os, name, mortal(getattr(os, name)))
    return die_at


def names_in(folder: Path) -> set[str]:
    """Return the names of all entries of a folder, hidden ones too."""
    return {entry.name for entry in folder.iterdir()}
