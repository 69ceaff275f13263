"""``timeline render`` and ``timeline plot``: exit statuses, talk, outputs that are whole or not there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import coded_media
from tests.conftest import BOARD, CAMERA, Cli, Lesson, names_in
from timeline.media import ffmpeg as door
from timeline.render import shots

GUIDE = Path(__file__).parents[1] / "sample_results" / "guide_example.json"
Fake = Callable[[str], Path]
SMALL = ("--size", "320x180")


@pytest.fixture
def pair(lesson: Lesson) -> Lesson:
    """Two healthy cameras of two seconds and their ``result.json``."""
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.add(CAMERA, "bo", 0, 2000)
    lesson.write()
    return lesson


class TestPlan:
    def test_the_plan_is_printed_as_json_and_nothing_else_happens(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It needs neither media nor ffmpeg nor a place to write."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TIMELINE_FFMPEG", "/nowhere")
        answer = cli("render", GUIDE, "--plan")
        plan = json.loads(answer.out)
        assert (answer.status, answer.err) == (0, "")
        assert (plan["width"], plan["height"], plan["fps"], plan["frames"]) == (1280, 720, "15/1", 21_600)
        assert names_in(tmp_path) == set()

    def test_options_reach_the_plan(self, cli: Cli) -> None:
        """Size, rate, window and layout."""
        answer = cli(
            "render", GUIDE, "--plan", "--size", "640x360", "--fps", "25", "--start", "14:59",
            "--end", "0:15:01.5", "--layout", "grid",
        )  # fmt: skip
        plan = json.loads(answer.out)
        assert (plan["width"], plan["fps"], plan["duration_ms"], plan["frames"]) == (640, "25/1", 2500, 63)
        assert [scene["start_ms"] for scene in plan["scenes"]] == [899_000, 900_000]
        sizes = {(t["width"], t["height"]) for s in plan["scenes"] for t in s["tiles"]}
        assert len(sizes) == 1

    @pytest.mark.parametrize(
        ("layout", "tracks"),
        [
            ("single:camera:pc_test1", ["camera:pc_test1"]),
            ("side-by-side", ["whiteboard", "camera:ios_test1", "camera:pc_test1"]),
            ("mine.json", ["camera:pc_test1", "whiteboard"]),
        ],
    )
    def test_a_layout_is_a_name_a_track_or_a_file(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, tracks: list[str]
    ) -> None:
        """The plan shows whom it shows."""
        monkeypatch.chdir(tmp_path)
        region = {"x": 0, "y": 0, "width": 1, "height": 1}
        regions = [
            region | {"name": "pc", "show": ["camera:pc_*"]},
            region | {"name": "board", "show": ["whiteboard"], "z": 1},
        ]
        document = {"format": "timeline-layout", "version": "1.0", "regions": regions}
        Path("mine.json").write_text(json.dumps(document), encoding="utf-8")
        answer = cli("render", GUIDE, "--plan", "--layout", layout)
        plan = json.loads(answer.out)
        assert (answer.status, answer.err) == (0, "")
        assert [tile["track"] for tile in plan["scenes"][0]["tiles"]] == tracks

    def test_it_needs_no_media_extra(self) -> None:
        """Neither av, Pillow, imageio_ffmpeg nor matplotlib is imported."""
        code = (
            "import sys; sys.argv = ['timeline', 'render', sys.argv[1], '--plan']\n"
            "from timeline.cli import main\n"
            "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
            "bad = {'av', 'PIL', 'imageio_ffmpeg', 'matplotlib'} & set(sys.modules)\n"
            "assert not bad, bad"
        )
        command = [sys.executable, "-W", "error", "-c", code, str(GUIDE)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class TestWrongUse:
    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (("--size", "641x360"), "even width"),
            (("--size", "big"), "size like 1280x720"),
            (("--fps", "0"), "frame rate"),
            (("--fps", "nan"), "frame rate"),
            (("--crf", "60"), "crf"),
            (("--layout", "mosaic"), "no layout"),
            (("--layout", "single:camera:zoe"), "no track 'camera:zoe'; there are: camera:amy, camera:bo"),
            (("--layout", "/nowhere.json"), "/nowhere.json"),
            (("--layout", "single:"), "no track ''"),
            (("--start", "x"), "time like"),
            (("--start", "0:00:10"), "nothing to render"),
            (("--start", "1", "--end", "1"), "nothing to render"),
            (("--start", "1", "--end", "1.01"), ""),
            (("--size", "64x64", "--layout", "nope"), "no layout"),
            (("--font", "/nowhere.ttf"), "no font"),
            (("--media", "/nowhere"), "no such folder"),
            (("--jobs", "0"), ""),
            (("--roster", "/nowhere.csv"), "/nowhere.csv"),
        ],
    )
    def test_options_that_cannot_be_used_are_one_line_and_status_2(
        self, cli: Cli, pair: Lesson, options: tuple[str, ...], complaint: str
    ) -> None:
        """Nothing is written."""
        before = names_in(pair.folder)
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *options)
        assert answer.status == 2, answer.err
        assert complaint in answer.err
        assert "Traceback" not in answer.err
        assert answer.out == ""
        assert names_in(pair.folder) == before

    def test_an_output_is_needed(self, cli: Cli, pair: Lesson) -> None:
        """Or --plan."""
        answer = cli("render", pair.folder)
        assert answer.status == 2
        assert "-o FILE.mp4" in answer.last_line

    def test_an_output_in_a_folder_that_is_not_there(self, cli: Cli, pair: Lesson) -> None:
        """Is said before work begins."""
        answer = cli("render", pair.folder, "-o", pair.folder / "none" / "out.mp4")
        assert answer.status == 2
        assert "folder does not exist" in answer.last_line

    def test_an_output_that_is_there_is_kept(self, cli: Cli, pair: Lesson) -> None:
        """Byte by byte, unless --force is given."""
        out = pair.folder / "out.mp4"
        out.write_bytes(b"mine")
        answer = cli("render", pair.folder, "-o", out, *SMALL)
        assert answer.status == 2
        assert "--force" in answer.last_line
        assert out.read_bytes() == b"mine"
        assert cli("render", pair.folder, "-o", out, *SMALL, "--force").status == 0
        assert out.stat().st_size > 1000
        assert cli("render", pair.folder, "-o", out, *SMALL, "-f").status == 0


class TestOutcome:
    def test_a_healthy_lesson_ends_with_0(self, cli: Cli, pair: Lesson) -> None:
        """Progress in percent with speed and time left goes to stderr, nothing to stdout."""
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL)
        assert (answer.status, answer.out) == (0, "")
        assert "render: 100 %" in answer.err
        assert "x real time" in answer.err
        assert "30 frames" in answer.last_line
        assert names_in(pair.folder) == {"result.json", "media", "out.mp4", "out.report.json"}

    def test_media_lie_beside_the_result_or_where_named(
        self, cli: Cli, pair: Lesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A file, a folder, and --media."""
        out = pair.folder / "out.mp4"
        assert cli("render", pair.folder / "result.json", "-o", out, *SMALL).status == 0
        other = tmp_path / "other"
        pair.media.rename(other)
        assert cli("render", pair.folder, "-o", out, *SMALL, "-f").status == 2
        assert cli("render", pair.folder, "-o", out, *SMALL, "-f", "--media", other).status == 0

    def test_a_missing_file_ends_with_3_and_the_last_line_says_so(self, cli: Cli, pair: Lesson) -> None:
        """The video is there; the finding names the file."""
        pair.path(1).unlink()
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL)
        assert answer.status == 3
        assert "slate" in answer.last_line
        assert "f1.mp4" in answer.err
        assert (pair.folder / "out.mp4").is_file()

    def test_allow_slates_makes_that_0(self, cli: Cli, pair: Lesson) -> None:
        """The line stays."""
        pair.path(1).unlink()
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL, "--allow-slates")
        assert answer.status == 0
        assert "slate" in answer.last_line

    def test_nothing_to_be_had_ends_with_2_and_lists_what_is_missing(self, cli: Cli, pair: Lesson) -> None:
        """With or without a media folder; nothing is written."""
        for index in (0, 1):
            pair.path(index).unlink()
        for _ in range(2):
            before = names_in(pair.folder)
            answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL, "--allow-slates")
            assert answer.status == 2
            assert "http://media.example/f0.mp4" in answer.err
            assert "http://media.example/f1.mp4" in answer.err
            assert names_in(pair.folder) == before
            if pair.media.is_dir():
                pair.media.rmdir()

    def test_a_name_without_a_font_is_told_and_costs_nothing(self, cli: Cli, lesson: Lesson) -> None:
        """A warning on stderr, status 0."""
        lesson.add(CAMERA, "\U0001312f", 0, 1000)
        lesson.write()
        answer = cli("render", lesson.folder, "-o", lesson.folder / "out.mp4", *SMALL)
        assert answer.status == 0
        assert "no font at hand" in answer.err

    def test_strings_of_a_result_cannot_steer_the_terminal(self, cli: Cli, pair: Lesson) -> None:
        """A missing file's url is shown escaped."""
        pair.rows[1]["video_url"] = "http://media.example/\x1b[2J\x07evil\n.mp4"
        pair.write()
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL)
        assert "\x1b" not in answer.err
        assert "\x07" not in answer.err
        assert answer.status == 3

    def test_no_labels_draws_nothing_over_the_pictures(self, cli: Cli, lesson: Lesson) -> None:
        """The corner of a camera, where the name would be, is plain without them."""
        lesson.add(CAMERA, "amy", 0, 1000)
        lesson.write()
        corners = {}
        for option in ("--no-labels", "--labels"):
            out = lesson.folder / f"{option}.mp4"
            assert cli("render", lesson.folder, "-o", out, "--size", "640x360", option).status == 0
            corners[option] = next(coded_media.frames(out))[2].astype(int)
        changed = abs(corners["--labels"] - corners["--no-labels"]).max(axis=2) > 60
        rows, columns = np.nonzero(changed)
        assert len(rows) > 50
        assert (rows.min() > 300, columns.max() < 320) == (True, True)  # bottom left of the picture

    def test_the_result_may_come_from_stdin(self, cli: Cli, pair: Lesson) -> None:
        """Its media are where --media says."""
        result, out = (pair.folder / "result.json").read_bytes(), pair.folder / "out.mp4"

        assert cli("render", "-", "-o", out, *SMALL, "--media", pair.media, stdin=result).status == 0


FAILURES: dict[str, tuple[str, str]] = {
    "fails": ("print('Unknown encoder libx264', file=sys.stderr); sys.exit(8)", "Unknown encoder libx264"),
    "writes nothing": ("sys.exit(0)", ""),
    "writes rubbish": (
        "open(sys.argv[-1].removeprefix('file:'), 'wb').write(b'rubbish' * 99)",
        "wrote 0 of 30 frames",
    ),
    "hangs": ("time.sleep(60)", "killed"),
    "is killed": ("os.kill(os.getpid(), 9)", "status -9"),
}


class TestFailingFFmpeg:
    @pytest.mark.parametrize("failure", list(FAILURES))
    def test_the_reason_is_shown_and_nothing_is_left_behind(
        self, cli: Cli, pair: Lesson, fake_ffmpeg: Fake, monkeypatch: pytest.MonkeyPatch, failure: str
    ) -> None:
        """Status 1, no output, no temporary file; an output that was there stays."""
        body, reason = FAILURES[failure]
        monkeypatch.setattr(door, "SILENCE_S", 0.5)
        out = pair.folder / "out.mp4"
        out.write_bytes(b"mine")
        before = names_in(pair.folder)
        answer = cli("render", pair.folder, "-o", out, *SMALL, "-f", "--ffmpeg", fake_ffmpeg(body))
        assert answer.status == 1, answer.err
        assert reason in answer.err
        assert "Traceback" not in answer.err
        assert names_in(pair.folder) == before
        assert out.read_bytes() == b"mine"

    @pytest.mark.parametrize("share", [0.3, 0.97])
    def test_an_output_cut_short_with_status_0_is_refused(
        self, cli: Cli, pair: Lesson, fake_ffmpeg: Fake, real_ffmpeg: Path, share: float
    ) -> None:
        """An ffmpeg that loses the end of every file and says nothing."""
        body = (
            f"import subprocess; r = subprocess.run([{str(real_ffmpeg)!r}, *sys.argv[1:]], check=True)\n"
            "path = sys.argv[-1].removeprefix('file:'); data = open(path, 'rb').read()\n"
            f"if 'concat' in sys.argv: open(path, 'wb').write(data[:int(len(data) * {share})])"
        )
        before = names_in(pair.folder)
        answer = cli(
            "render", pair.folder, "-o", pair.folder / "o.mp4", *SMALL, "--ffmpeg", fake_ffmpeg(body)
        )
        assert answer.status == 1, answer.err
        assert names_in(pair.folder) == before

    def test_one_that_is_not_there_is_named(
        self, cli: Cli, pair: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By option and by variable."""
        before = names_in(pair.folder)
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", "--ffmpeg", "/nowhere/ffmpeg")
        assert answer.status == 1
        assert "/nowhere/ffmpeg: no such program" in answer.err
        monkeypatch.setenv("TIMELINE_FFMPEG", "/elsewhere/ffmpeg")
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4")
        assert answer.status == 1
        assert "/elsewhere/ffmpeg" in answer.err
        assert names_in(pair.folder) == before

    def test_one_failing_chunk_stops_the_others(
        self, cli: Cli, pair: Lesson, fake_ffmpeg: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No waiting for what would hang for a minute."""
        monkeypatch.setattr(shots, "CHUNK_MIN_S", 1)
        monkeypatch.setattr(shots, "CHUNK_MAX_S", 1)
        body = (
            "if 'chunk_00001' in sys.argv[-1]: print('broken', file=sys.stderr); sys.exit(1)\n"
            "print('frame=1', flush=True)\n"
            "if sys.argv[-1] != '-': time.sleep(60)"  # each input alone can be decoded
        )
        answer = cli(
            "render",
            pair.folder,
            "-o",
            pair.folder / "o.mp4",
            *SMALL,
            "--jobs",
            3,
            "--ffmpeg",
            fake_ffmpeg(body),
        )
        assert answer.status == 1
        assert "broken" in answer.err
        assert names_in(pair.folder) == {"result.json", "media"}

    def test_a_relative_program_is_found(
        self, cli: Cli, pair: Lesson, fake_ffmpeg: Fake, real_ffmpeg: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From the folder in which the command was given."""
        program = fake_ffmpeg(f"os.execv({str(real_ffmpeg)!r}, [{str(real_ffmpeg)!r}, *sys.argv[1:]])")
        monkeypatch.chdir(program.parent)
        answer = cli(
            "render", pair.folder, "-o", pair.folder / "o.mp4", *SMALL, "--ffmpeg", f"./{program.name}"
        )
        assert answer.status == 0, answer.err


class TestDisk:
    def test_a_full_disk_that_ffmpeg_meets_ends_with_6(
        self, cli: Cli, pair: Lesson, fake_ffmpeg: Fake
    ) -> None:
        """And leaves nothing."""
        fake = fake_ffmpeg(
            "print('Error writing trailer: No space left on device', file=sys.stderr); sys.exit(228)"
        )
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL, "--ffmpeg", fake)
        assert answer.status == 6
        assert "full" in answer.last_line
        assert names_in(pair.folder) == {"result.json", "media"}

    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        """A disk of 64 KiB."""
        folder = tmp_path / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
        if (
            not hasattr(os, "geteuid")
            or os.geteuid() != 0
            or subprocess.run(mount, capture_output=True).returncode
        ):
            pytest.skip("a small disk can be mounted by root on Linux only")
        yield folder
        subprocess.run(["umount", str(folder)], check=True)

    def test_a_disk_that_fills_up_ends_with_6(self, cli: Cli, pair: Lesson, small_disk: Path) -> None:
        """Wherever it runs full: in the pieces or in the whole."""
        cache = ("--cache", small_disk / "cache")
        loud = ("--size", "1280x720", "--crf", "5")
        answer = cli("render", pair.folder, "-o", small_disk / "out.mp4", *loud, *cache)
        assert answer.status == 6, answer.err
        assert "Traceback" not in answer.err
        assert names_in(small_disk) == {"cache"}

    def test_the_disk_that_is_full_is_named(self, cli: Cli, pair: Lesson, small_disk: Path) -> None:
        """That of the cache by its folder, else that of the output."""
        loud, out = ("--size", "1280x720", "--crf", "5"), pair.folder / "out.mp4"
        for fill_bytes in (0, 60 << 10):  # ffmpeg meets it, and we do
            (small_disk / "fill").write_bytes(bytes(fill_bytes))
            answer = cli("render", pair.folder, "-o", out, *loud, "--cache", small_disk / "cache")
            assert answer.status == 6, answer.err
            assert re.search(rf"{small_disk}/cache/jobs/\w+: the disk is full; free some", answer.last_line)
            shutil.rmtree(small_disk / "cache")
        for name, options in {"out.mp4": loud, "out.png": ("--frame", "0", "--size", "1280x720")}.items():
            (small_disk / "fill").write_bytes(bytes(60 << 10))
            answer = cli("render", pair.folder, "-o", small_disk / name, *options)
            assert answer.status == 6, answer.err
            assert f"{small_disk}: the disk is full; free some" in answer.last_line
            assert names_in(small_disk) == {"fill"}

    def test_a_plot_on_a_full_disk_ends_with_6(self, cli: Cli, small_disk: Path) -> None:
        """Nothing half-written."""
        (small_disk / "fill").write_bytes(b"x" * 48 * 1024)
        answer = cli("plot", GUIDE, "-o", small_disk / "plot.png")
        assert answer.status == 6, answer.err
        assert names_in(small_disk) == {"fill"}

    def test_a_folder_that_cannot_be_written_ends_with_6(
        self, cli: Cli, pair: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Known before anything is encoded."""

        def refuse(*arguments: object, **options: object) -> tuple[int, str]:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("tempfile.mkstemp", refuse)
        answer = cli("render", pair.folder, "-o", pair.folder / "out.mp4", *SMALL)
        assert answer.status == 6
        assert "permission denied" in answer.last_line
        answer = cli("plot", pair.folder, "-o", pair.folder / "plot.png")
        assert answer.status == 6


def interrupted(lesson: Lesson, sign: int, *options: object) -> tuple[int, str]:
    """Render in a process of its own, send it *sign* after its first line; exit status and talk."""
    command = [sys.executable, "-m", "timeline", "render", lesson.folder, "-o", lesson.folder / "out.mp4"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    process = subprocess.Popen(
        [*map(str, command), *map(str, options)], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(sign)
    _, rest = process.communicate(timeout=60)
    return process.returncode, first + rest


def children_left(mark: str) -> list[str]:
    """Command lines of processes that mention *mark*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in line:
            found.append(line)
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
class TestInterrupt:
    @pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupt_leaves_nothing_and_ends_with_130(
        self, pair: Lesson, fake_ffmpeg: Fake, sign: int
    ) -> None:
        """No file, no running ffmpeg, no traceback."""
        fake = fake_ffmpeg("print('frame=20', flush=True); time.sleep(60)")
        status, talk = interrupted(pair, sign, "--ffmpeg", fake)
        assert status == 130, talk
        assert "Traceback" not in talk
        assert names_in(pair.folder) == {"result.json", "media"}
        assert children_left(str(fake)) == []

    def test_an_interrupt_of_a_real_render_leaves_nothing(self, lesson: Lesson) -> None:
        """With chunks running side by side; the output that was there stays."""
        lesson.add(CAMERA, "amy", 0, 60_000, size=(160, 120))
        lesson.add(BOARD, "", 0, 60_000, size=(160, 120), sound=False)
        lesson.write()
        (lesson.folder / "out.mp4").write_bytes(b"mine")
        status, talk = interrupted(lesson, signal.SIGINT, "--force", "--size", "1920x1080")
        assert status == 130, talk
        assert names_in(lesson.folder) == {"result.json", "media", "out.mp4"}
        assert (lesson.folder / "out.mp4").read_bytes() == b"mine"
        assert children_left(str(lesson.folder)) == []


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a limit on open files")
def test_a_lesson_may_have_more_files_than_a_process_may_open_by_default(lesson: Lesson) -> None:
    """MacOS allows 256, Linux 1024; here it is 64, and there are 90 files."""
    for number in range(90):
        lesson.add(CAMERA, "amy", number * 200, 200, size=(64, 48), real_ms=200)
    lesson.write()
    command = [
        sys.executable,
        "-m",
        "timeline",
        "render",
        lesson.folder,
        "-o",
        lesson.folder / "o.mp4",
        *SMALL,
    ]
    line = ["sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh", *map(str, command)]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_demo_makes_a_page_with_all_that_it_shows(cli: Cli, tmp_path: Path) -> None:
    """Offline, complete, and not twice without --force."""
    folder = tmp_path / "demo"
    answer = cli("demo", folder)
    assert answer.status == 0, answer.err
    made = {"review.mp4", "timeline.png", "manifest.json", "presence.csv"}
    assert names_in(folder) >= made | {"index.html"}
    assert not [name for name in names_in(folder) if name.startswith(".")]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(name in page for name in made)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "pause" in page
    before = (folder / "review.mp4").stat().st_mtime_ns
    assert cli("demo", folder).status == 2
    assert (folder / "review.mp4").stat().st_mtime_ns == before


class TestPlot:
    @pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
    def test_the_figure_is_written(self, cli: Cli, tmp_path: Path, suffix: str) -> None:
        """One line says where."""
        path = tmp_path / f"plot.{suffix}"
        answer = cli("plot", GUIDE, "-o", path)
        assert (answer.status, answer.out, answer.err) == (0, "", f"wrote {path}\n")
        assert (tmp_path / f"plot.{suffix}").stat().st_size > 1000

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (("-o", "plot.jpg"), ".png, .svg or .pdf"),
            (("-o", "plot.png", "--clock", "sun"), "playback, wall"),
            (("-o", "plot.png", "--font", "none.ttf"), "no font"),
            (("-o", "none/plot.png"), "folder does not exist"),
        ],
    )
    def test_wrong_use_is_one_line_and_status_2(
        self,
        cli: Cli,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        options: tuple[str, ...],
        complaint: str,
    ) -> None:
        """Nothing is written."""
        monkeypatch.chdir(tmp_path)
        answer = cli("plot", GUIDE, *options)
        assert answer.status == 2
        assert complaint in answer.err
        assert names_in(tmp_path) == set()

    def test_a_plot_that_is_there_is_kept(self, cli: Cli, tmp_path: Path) -> None:
        """Unless --force is given."""
        out = tmp_path / "plot.png"
        out.write_bytes(b"mine")
        assert cli("plot", GUIDE, "-o", out).status == 2
        assert out.read_bytes() == b"mine"
        assert cli("plot", GUIDE, "-o", out, "--force").status == 0
        assert out.read_bytes() != b"mine"

    def test_the_wall_clock_of_a_lesson_without_stamps_is_refused(self, cli: Cli, tmp_path: Path) -> None:
        """Status 2, and what to do."""
        result = tmp_path / "r.json"
        rows: list[dict[str, Any]] = [
            {
                "video_play_time": 0,
                "video_duration": 9000,
                "video_type": 0,
                "user_id": "amy",
                "video_url": "http://x/a",
            }
        ]
        result.write_text(json.dumps({"video_info": rows}))
        answer = cli("plot", result, "-o", tmp_path / "plot.png", "--clock", "wall")
        assert answer.status == 2
        assert "--clock playback" in answer.err
