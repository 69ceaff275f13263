"""Measure renders: ``python -m benchmarks.render [--quick] [--only LESSON ...] [--folder DIR] [--write]``.

This process stays small and imports neither timeline nor numpy: where a process is started, Linux counts the
peak memory of the one that starts it into its own.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.render_cost import CommandFailedError, Cost, measure
from benchmarks.render_material import (
    AGAIN,
    FULL,
    GUIDE,
    HOUR,
    QUICK,
    Lesson,
    Sizes,
    lesson_names,
    make_lesson,
)
from benchmarks.render_page import README, replace_tables, tables
from benchmarks.render_report import (
    BOARD,
    BOARD_KEPT,
    BOARD_VFR,
    DECODE,
    DRAFT,
    ENCODE,
    GRAPH,
    GRAPH_FREE,
    KEPT,
    MOVIEPY,
    PLAIN,
    RENAMED,
    SCALE,
    SOUND,
    TIMELINE,
    WINDOW,
    RenderCase,
    RenderNumbers,
    read_numbers,
    write_numbers,
)
from benchmarks.render_ways import (
    Place,
    busiest_ms,
    decode_commands,
    encode_command,
    graph_command,
    moviepy_command,
    places_of,
    raw_command,
    sound_command,
    timeline_command,
)

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_FOLDER = Path("bench_render")
BOARD_S = 300
"""So much of a board is rendered alone."""
NOT_INSTALLED, LEFT_OUT = "not installed", "left out, to save time"
OTHERS = {"melt": "melt", "GES": "ges-launch-1.0"}
"""Other engines that would be named here, by the program that each is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and write what is asked for."""
    options = _parse(arguments)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / ("quick.json" if options.quick else "numbers.json")
    sizes = QUICK if options.quick else FULL
    names = options.only or ([] if options.tables else lesson_names(sizes))
    moviepy = moviepy_python(folder, install=options.peers)
    bench = Bench(folder, sizes, options.repeats, moviepy, options.without)
    numbers = bench.numbers(quick=options.quick)
    if kept.exists():
        numbers.cases.update(read_numbers(kept).cases)
    for name in names:
        numbers.cases[name] = bench.measure(name)
        write_numbers(numbers, kept)
    text = tables(numbers)
    print(text)
    if options.write:
        README.write_text(replace_tables(README.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description="Measure renders.")
    parser.add_argument("--quick", action="store_true", help="lessons of some seconds; judges no aim")
    parser.add_argument("--only", nargs="+", metavar="LESSON", help="measure these; keep the other numbers")
    parser.add_argument("--tables", action="store_true", help="measure nothing; tables of the kept numbers")
    parser.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help="where media and numbers are kept"
    )
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="WAY", help="leave these out, to save time"
    )
    parser.add_argument("--repeats", type=int, default=1, help="measure each so often, and take the medians")
    parser.add_argument("--peers", action="store_true", help="install moviepy into a venv in the folder")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("--write keeps a full run only; leave --quick out")
    known = lesson_names(QUICK if options.quick else FULL)
    unknown = set(options.only or ()) - set(known)
    if unknown:
        parser.error(f"no such lesson: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return options


def moviepy_python(folder: Path, *, install: bool) -> str | None:
    """Return the Python that has moviepy, in a venv of *folder*; None where there is none."""
    python = folder / "peers" / "bin" / "python"
    if install and not python.exists():
        venv.create(folder / "peers", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "moviepy"], check=True)
    return str(python) if python.exists() else None


@dataclass(frozen=True, slots=True)
class _Stage:
    """A lesson that is measured: its files, where its pictures lie, and where to work."""

    lesson: Lesson
    places: list[Place]
    folder: Path

    @property
    def cache(self) -> Path:
        """The cache of a render that is repeated."""
        return self.folder / "cache"

    @property
    def video(self) -> Path:
        """What timeline makes of the lesson."""
        return self.folder / "timeline.mp4"

    @property
    def roster(self) -> Path:
        """Names of its people."""
        return self.folder / "roster.csv"


class Bench:
    """Measures lessons in a folder."""

    def __init__(
        self,
        folder: Path,
        sizes: Sizes,
        repeats: int,
        moviepy: str | None,
        without: Sequence[str] = (),
    ) -> None:
        self._folder, self._sizes, self._repeats, self._moviepy = folder, sizes, repeats, moviepy
        self._without = without
        self._ffmpeg: dict[str, str] = _work("ffmpeg")

    def numbers(self, *, quick: bool) -> RenderNumbers:
        """Return numbers of nothing yet."""
        versions = {name: version for name, version in self._ffmpeg.items() if name != "path"}
        if self._moviepy:
            asked = "import importlib.metadata as m; print(m.version('moviepy'))"
            said = subprocess.run([self._moviepy, "-c", asked], capture_output=True, text=True, check=True)
            versions["moviepy"] = said.stdout.strip()
        machine = f"a shared {os.cpu_count()}-core machine"
        return RenderNumbers(datetime.date.today().isoformat(), machine, versions, quick, {})

    def measure(self, name: str) -> RenderCase:
        """Return what the renders of the lesson *name* cost; takes minutes."""
        _say(f"{name}: material")
        lesson = make_lesson(name, self._sizes, self._folder / "material", self._ffmpeg["path"])
        work = self._folder / "work" / name
        runs: list[dict[str, Cost]] = []
        notes: dict[str, str] = {}
        apart: dict[str, float] = {}
        for _ in range(self._repeats):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            lesson.write_roster(work / "roster.csv")
            stage = _Stage(lesson, places_of(lesson, self._plan(lesson)), work)
            runs.append({})
            for step in self._steps(name):
                self._try(step, stage, runs[-1], notes)
            cache = work / "examined"
            cache.mkdir()
            apart = _work(
                *("apart", lesson.result, lesson.media, lesson.layout, cache, stage.video),
            )
        shutil.rmtree(work)
        if name == GUIDE:
            notes |= {name: _presence(program) for name, program in OTHERS.items()}
        costs = {way: Cost.median_of([run[way] for run in runs if way in run]) for way in runs[0]}
        window_s = float(self._sizes.window_s)
        return RenderCase(
            name, lesson.length_s, len(lesson.rows), self._repeats, window_s, costs, apart, notes
        )

    def _steps(self, name: str) -> dict[str, _Step]:
        """Return what is done with a lesson, by its name, in the order of doing."""
        first: dict[str, _Step] = {TIMELINE: self._first}
        kept: dict[str, _Step] = {KEPT: self._again}
        graph: dict[str, _Step] = {GRAPH: lambda stage: self._graph(stage, threads=1)}
        free: dict[str, _Step] = {GRAPH_FREE: lambda stage: self._graph(stage, threads=0)}
        parts: dict[str, _Step] = {
            DECODE: lambda stage: self._decode(stage, scaled=False),
            SCALE: lambda stage: self._decode(stage, scaled=True),
            ENCODE: self._encode,
            SOUND: self._sound,
        }
        if name == AGAIN:
            return first | graph
        if name == HOUR:
            board: dict[str, _Step] = {
                BOARD: self._board,
                BOARD_VFR: lambda stage: self._board(stage, "--vfr"),
                BOARD_KEPT: lambda stage: self._board(stage, "--vfr"),
            }
            return first | kept | self._renames(name) | board | graph
        if name != GUIDE:
            return first | graph | (parts | free if name == f"clips_{max(self._sizes.clip_counts)}" else {})
        fresh: dict[str, _Step] = {
            PLAIN: lambda stage: self._fresh(stage, "--no-labels"),
            DRAFT: lambda stage: self._fresh(stage, "--draft"),
            WINDOW: self._window,
            MOVIEPY: self._moviepy_window,
        }
        return first | graph | free | kept | self._renames(name) | fresh | parts

    def _renames(self, name: str) -> dict[str, _Step]:
        users = {"guide": ("ios_test1", "pc_test1"), "hour": ("guest", "teacher")}[name]

        def step(user: str) -> _Step:
            return lambda stage: self._again(stage, renamed=user)

        return {f"{RENAMED}{user}": step(user) for user in users}

    def _try(self, step: str, stage: _Stage, costs: dict[str, Cost], notes: dict[str, str]) -> None:
        """Do one step; one that fails or is left out has a note and no number."""
        if step in self._without:
            notes[step] = LEFT_OUT
            return
        _say(f"{stage.lesson.name}: {step}")
        try:
            cost = self._steps(stage.lesson.name)[step](stage)
        except CommandFailedError as error:
            if step.startswith(TIMELINE):
                raise
            _say(str(error))
            notes[step] = "failed"
            return
        if cost is None:
            notes[step] = NOT_INSTALLED
        else:
            costs[step] = cost
            _say(f"    {cost.wall_s:.2f} s, {cost.cpu_s:.2f} CPU s, {cost.peak_bytes >> 20} MiB")

    # --- timeline -------------------------------------------------------------------------------------------

    def _plan(self, lesson: Lesson) -> dict[str, Any]:
        command = timeline_command(lesson, self._folder / "plan.mp4", self._folder, "--plan")
        return dict(json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout))

    def _first(self, stage: _Stage) -> Cost:
        return self._again(stage)

    def _again(self, stage: _Stage, *, renamed: str = "") -> Cost:
        """Render with the cache of this lesson, which is empty the first time."""
        stage.lesson.write_roster(stage.roster, renamed=renamed)
        options = ("--roster", str(stage.roster))
        return measure(timeline_command(stage.lesson, stage.video, stage.cache, *options), folder=ROOT)

    def _fresh(self, stage: _Stage, *options: str) -> Cost:
        cache = stage.folder / "fresh"
        cost = measure(
            timeline_command(stage.lesson, stage.folder / "fresh.mp4", cache, *options), folder=ROOT
        )
        shutil.rmtree(cache)
        return cost

    def _board(self, stage: _Stage, *options: str) -> Cost:
        """Render the board of the first minutes alone; a draft before it makes the sound, which is kept."""
        cache, output = stage.folder / "board", stage.folder / "board.mp4"
        end_s = min(stage.lesson.length_s / 2, BOARD_S)
        window = ("--layout", "single:whiteboard", "--end", str(end_s))
        if not cache.exists():
            measure(timeline_command(stage.lesson, output, cache, *window, "--draft"), folder=ROOT)
        return measure(timeline_command(stage.lesson, output, cache, *window, *options), folder=ROOT)

    def _window(self, stage: _Stage) -> Cost:
        at_ms = busiest_ms(stage.lesson, self._sizes.window_s * 1000)
        end_s = at_ms / 1000 + self._sizes.window_s
        return self._fresh(stage, "--start", str(at_ms / 1000), "--end", str(end_s))

    # --- others ---------------------------------------------------------------------------------------------

    def _graph(self, stage: _Stage, *, threads: int) -> Cost:
        output = stage.folder / "graph.mp4"
        command = graph_command(self._ffmpeg["path"], stage.lesson, stage.places, output, threads=threads)
        return measure(command, folder=stage.folder)

    def _moviepy_window(self, stage: _Stage) -> Cost | None:
        if self._moviepy is None:
            return None
        window_ms = self._sizes.window_s * 1000
        command = moviepy_command(
            self._moviepy,
            stage.lesson,
            stage.places,
            stage.folder / "moviepy.mp4",
            at_ms=busiest_ms(stage.lesson, window_ms),
            window_ms=window_ms,
        )
        return measure(command, folder=stage.folder)

    def _decode(self, stage: _Stage, *, scaled: bool) -> Cost:
        commands = decode_commands(
            self._ffmpeg["path"], stage.lesson, stage.places, stage.folder, scaled=scaled
        )
        return _sum([measure(command, folder=stage.folder) for command in commands])

    def _encode(self, stage: _Stage) -> Cost:
        """Encode the pictures of what timeline made, piped in raw; what decodes them is not counted."""
        feeder = subprocess.Popen(
            raw_command(self._ffmpeg["path"], stage.video), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        with feeder:
            command = encode_command(self._ffmpeg["path"], stage.folder / "encoded.mp4")
            return measure(command, folder=stage.folder, stdin=feeder.stdout)

    def _sound(self, stage: _Stage) -> Cost:
        output = stage.folder / "sound.m4a"
        command = sound_command(self._ffmpeg["path"], stage.lesson, stage.folder, output)
        return measure(command, folder=stage.folder)


_Step = Callable[[_Stage], Cost | None]


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(
        sum(cost.wall_s for cost in costs),
        sum(cost.cpu_s for cost in costs),
        max(cost.peak_bytes for cost in costs),
    )


def _presence(program: str) -> str:
    return "installed, not measured" if shutil.which(program) else NOT_INSTALLED


def _work(job: str, *arguments: object) -> Any:
    """Return what a fresh process answers; see `benchmarks.render_worker`."""
    command = [sys.executable, "-m", "benchmarks.render_worker", job, *map(str, arguments)]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
