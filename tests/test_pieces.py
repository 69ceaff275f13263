"""Finished pieces are kept and used again: after a kill, and after a change of something else."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CAMERA, Cli, Lesson, codes_shown, names_in, wrong_frames
from timeline.errors import OutputHeldError, OutputVerificationError
from timeline.media.ffmpeg import Ran, run_ffmpeg
from timeline.media.store import default_cache
from timeline.publish import hidden_name, published
from timeline.render import pieces as piece_module
from timeline.render import shots
from timeline.render.encode import Encoded, encode_video
from timeline.render.locks import held, lock_of
from timeline.render.pieces import Piece, PieceStore, piece_key
from timeline.render.workplace import DAY_S, workplace

RENDER = """
import sys
from timeline.render import shots
shots.CHUNK_MIN_S = shots.CHUNK_MAX_S = 1
from timeline.cli import main
sys.argv = ["timeline", *sys.argv[1:]]
main()
"""


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk is a second long."""
    monkeypatch.setattr(shots, "CHUNK_MIN_S", 1)
    monkeypatch.setattr(shots, "CHUNK_MAX_S", 1)


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[Encoded]:
    """What came of each encoding."""
    made: list[Encoded] = []

    def spy(*arguments: Any, **options: Any) -> Encoded:
        made.append(encode_video(*arguments, **options))
        return made[-1]

    monkeypatch.setattr("timeline.render.video.encode_video", spy)
    return made


def pair(lesson: Lesson) -> Lesson:
    """Two cameras of six seconds, of which bo's second file comes later."""
    lesson.add(CAMERA, "amy", 0, 6000)
    lesson.add(CAMERA, "bo", 0, 3000)
    lesson.add(CAMERA, "bo", 3000, 3000)
    return lesson


class TestKeys:
    PIECE = Piece("a.mp4", ("-crf", "23", "-i", "file:x", "file:a.mp4"), {"file:x": "12"}, 5)

    def test_names_of_files_do_not_matter(self) -> None:
        other = Piece("b.mp4", ("-crf", "23", "-i", "file:y", "file:b.mp4"), {"file:y": "12"}, 9, frames=3)
        assert piece_key(self.PIECE, "n") == piece_key(other, "n")

    @pytest.mark.parametrize(
        "other",
        [
            Piece("a.mp4", ("-crf", "24", "-i", "file:x", "file:a.mp4"), {"file:x": "12"}, 5),
            Piece("a.mp4", ("-crf", "23", "-i", "file:x", "file:a.mp4"), {"file:x": "13"}, 5),
            Piece("a.m4a", ("-crf", "23", "-i", "file:x", "file:a.m4a"), {"file:x": "12"}, 5),
            Piece("a.mp4", ("-crf", "23", "-i", "file:x", "file:a.mp4"), {}, 5),
        ],
    )
    def test_everything_else_does(self, other: Piece) -> None:
        assert piece_key(self.PIECE, "n") != piece_key(other, "n")

    def test_another_build_of_ffmpeg_makes_other_pieces(self) -> None:
        assert piece_key(self.PIECE, "n") != piece_key(self.PIECE, "m")


class TestStore:
    def test_a_piece_comes_back_with_its_damage(self, tmp_path: Path) -> None:
        store, made = PieceStore(tmp_path / "cache"), tmp_path / "a.mp4"
        made.write_bytes(b"abc")
        store.keep("12ab", made, {"content": 3})
        kept = store.find("12ab", tmp_path / "b.mp4")
        assert kept is not None
        assert (kept.damage, kept.is_new) == ({"content": 3}, False)
        assert (tmp_path / "b.mp4").read_bytes() == b"abc"
        assert store.find("12ab", tmp_path / "b.flac") is None
        assert store.find("12ac", tmp_path / "b.mp4") is None

    @pytest.mark.parametrize("damaged", [b"ab", b"abd", b""])
    def test_a_piece_that_was_damaged_is_none(self, tmp_path: Path, damaged: bytes) -> None:
        """And it is gone, so that the next run makes it again."""
        store, made = PieceStore(tmp_path / "cache"), tmp_path / "a.mp4"
        made.write_bytes(b"abc")
        store.keep("12ab", made, {})
        place = tmp_path / "cache" / "pieces" / "12" / "12ab.mp4"
        place.write_bytes(damaged)
        assert store.find("12ab", tmp_path / "b.mp4") is None
        assert not place.exists()

    def test_what_nobody_used_for_long_is_removed_and_what_was_used_stays(self, tmp_path: Path) -> None:
        store, made = PieceStore(tmp_path / "cache"), tmp_path / "a.mp4"
        made.write_bytes(b"abc")
        for key in ("12ab", "34cd"):
            store.keep(key, made, {})
        long_ago = time.time() - (piece_module.MOST_DAYS + 1) * 86_400
        for path in (tmp_path / "cache" / "pieces").glob("??/*"):
            os.utime(path, (long_ago, long_ago))
        assert store.find("12ab", tmp_path / "b.mp4")
        store.prune()
        assert store.find("12ab", tmp_path / "b.mp4")
        assert store.find("34cd", tmp_path / "b.mp4") is None

    def test_more_than_is_kept_is_removed_oldest_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(piece_module, "MOST_BYTES", 5000)
        store, made = PieceStore(tmp_path / "cache"), tmp_path / "a.mp4"
        for number in range(4):
            made.unlink(missing_ok=True)
            made.write_bytes(bytes(2000))
            store.keep(f"{number}0ab", made, {})
            at_s = time.time() - 100 + number
            for path in (tmp_path / "cache" / "pieces" / f"{number}0").iterdir():
                os.utime(path, (at_s, at_s))
        store.prune()
        there = [store.find(f"{number}0ab", tmp_path / "b.mp4") is not None for number in range(4)]
        assert there == [False, False, True, True]

    def test_a_piece_of_a_store_that_can_only_be_read_is_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, made = PieceStore(tmp_path / "cache"), tmp_path / "a.mp4"
        made.write_bytes(b"abc")
        store.keep("12ab", made, {})

        def refuse(*arguments: object) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(os, "utime", refuse)
        assert store.find("12ab", tmp_path / "b.mp4") is not None
        assert (tmp_path / "b.mp4").read_bytes() == b"abc"

    def test_a_store_that_cannot_be_written_keeps_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "cache").write_text("a file")
        made = tmp_path / "a.mp4"
        made.write_bytes(b"abc")
        PieceStore(tmp_path / "cache").keep("12ab", made, {})
        PieceStore(tmp_path / "cache").prune()
        assert PieceStore(tmp_path / "cache").find("12ab", tmp_path / "b.mp4") is None


class TestReuse:
    def test_a_second_render_makes_nothing_again(
        self, lesson: Lesson, seconds: None, encodings: list[Encoded]
    ) -> None:
        pair(lesson)
        one, two = lesson.render("one.mp4"), lesson.render("two.mp4")
        assert [made.new_pieces for made in encodings] == [encodings[0].pieces, 0]
        assert one.path.read_bytes() == two.path.read_bytes()

    def test_one_file_changed_makes_its_chunks_again(
        self, lesson: Lesson, seconds: None, encodings: list[Encoded]
    ) -> None:
        """Three chunks of six, the sound, and its encoding."""
        pair(lesson)
        lesson.render()
        lesson.path(2).write_bytes(lesson.studio.file(code=9, tone_hz=750, duration_ms=3000).read_bytes())
        report = lesson.render("again.mp4")
        assert (encodings[0].pieces, encodings[1].new_pieces) == (8, 5)
        assert {line[1].file for line in codes_shown(report, lesson)[46:] if line[1]} == {9}

    @pytest.mark.slow
    def test_one_name_changed_makes_only_chunks_that_show_it_again(
        self, lesson: Lesson, seconds: None, encodings: list[Encoded]
    ) -> None:
        lesson.add(CAMERA, "amy", 0, 6000)
        lesson.add(CAMERA, "bo", 4000, 2000)
        lesson.render(labels=True)
        lesson.rows[0]["user_id"] = "anna"
        lesson.render("again.mp4", labels=True)
        assert encodings[1].new_pieces == 6
        lesson.rows[1]["user_id"] = "bob"
        lesson.render("third.mp4", labels=True)
        assert encodings[2].new_pieces == 6  # on the slate before, and on the label after

    @pytest.mark.slow
    def test_damage_is_told_again_from_kept_pieces(self, lesson: Lesson) -> None:
        from tests.test_odd_media import emptied

        lesson.add(CAMERA, "amy", 0, 6000)
        emptied(lesson.path(0), 0.5, 0.7)
        told = [[item.message for item in lesson.render(f"{n}.mp4").findings] for n in range(2)]
        assert told[0] == told[1] != []

    @pytest.mark.slow
    def test_a_kept_piece_is_not_written_over(
        self, lesson: Lesson, seconds: None, encodings: list[Encoded]
    ) -> None:
        """Its second name lies in the folder of the next render."""
        pair(lesson)
        before = lesson.render("one.mp4", crf=20).path.read_bytes()
        lesson.render("one.mp4", crf=40)
        assert lesson.render("two.mp4", crf=20).path.read_bytes() == before
        assert encodings[-1].new_pieces == 0

    def test_a_file_that_is_replaced_meanwhile_is_not_kept_under_its_old_content(
        self, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The render is refused, and the next one shows what is there then."""
        lesson.add(CAMERA, "amy", 0, 2000)
        healthy = lesson.path(0).read_bytes()
        other = lesson.studio.file(code=77, tone_hz=500, duration_ms=2000).read_bytes()
        real = run_ffmpeg

        def replacing(*arguments: Any, **options: Any) -> Ran:
            lesson.path(0).write_bytes(other)
            return real(*arguments, **options)

        monkeypatch.setattr("timeline.render.encode.run_ffmpeg", replacing)
        with pytest.raises(OutputVerificationError, match=r"f0\.mp4 changed while it was rendered"):
            lesson.render()
        monkeypatch.setattr("timeline.render.encode.run_ffmpeg", real)
        lesson.path(0).write_bytes(healthy)
        assert wrong_frames(lesson.render(), lesson) == []


class TestKilled:
    def run(self, lesson: Lesson) -> subprocess.Popen[bytes]:
        out = lesson.folder / "out.mp4"
        command = ["render", lesson.write(), "-o", out, "--size", "640x360", "--no-labels", "--jobs", 1]
        return subprocess.Popen(
            [sys.executable, "-c", RENDER, *map(str, command)],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @pytest.mark.parametrize("after", [1, pytest.param(3, marks=pytest.mark.slow)])
    def test_a_render_that_was_killed_goes_on_and_leaves_nothing(
        self, lesson: Lesson, seconds: None, encodings: list[Encoded], after: int
    ) -> None:
        pair(lesson)
        process = self.run(lesson)
        kept = default_cache() / "pieces"
        deadline = time.monotonic() + 60
        while len(list(kept.glob("*/*.mp4"))) < after and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        report = lesson.render("out.mp4", jobs=1)
        assert encodings[-1].new_pieces <= encodings[-1].pieces - after
        assert wrong_frames(report, lesson) == []
        assert names_in(lesson.folder) == {"media", "result.json", "out.mp4", "out.report.json"}
        assert not [path for path in (default_cache() / "jobs").iterdir() if path.is_dir()]
        whole = lesson.render("whole.mp4", cache=lesson.folder / "another")
        assert whole.path.read_bytes() == report.path.read_bytes()


class TestWorkplace:
    def test_an_output_is_made_by_one_run_at_a_time(self, tmp_path: Path) -> None:
        """Whatever its cache."""
        with workplace(tmp_path / "cache", tmp_path / "a.mp4"):
            with workplace(tmp_path / "cache", tmp_path / "b.mp4"):
                pass
            for cache in ("cache", "another"):
                with (
                    pytest.raises(OutputHeldError, match=rf"another run \(process {os.getpid()}\)"),
                    workplace(tmp_path / cache, tmp_path / "a.mp4"),
                ):
                    pass
        with workplace(tmp_path / "cache", tmp_path / "a.mp4") as folder:
            assert folder.is_dir()
        assert names_in(tmp_path) == {"cache"}
        assert names_in(tmp_path / "cache" / "jobs") == set()

    def test_nobody_removes_the_part_of_a_run_that_lives(self, tmp_path: Path) -> None:
        with (
            workplace(tmp_path / "cache", tmp_path / "a.mp4"),
            published(tmp_path / "a.mp4") as part,
        ):
            with (
                pytest.raises(OutputHeldError),
                workplace(tmp_path / "another", tmp_path / "a.mp4"),
            ):
                pass
            assert part.exists()

    def test_two_outputs_have_two_folders_though_one_is_a_link_to_the_other(self, tmp_path: Path) -> None:
        (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
        with (
            workplace(tmp_path / "cache", tmp_path / "a.mp4") as one,
            workplace(tmp_path / "cache", tmp_path / "b.mp4") as other,
        ):
            assert one != other
            assert one.is_dir()
            assert other.is_dir()

    def kill(self, cache: Path, output: Path) -> None:
        """Have a run killed that works for *output*."""
        script = (
            "import os, sys; from pathlib import Path\n"
            "from timeline.publish import published; from timeline.render.workplace import workplace\n"
            "with workplace(Path(sys.argv[1]), Path(sys.argv[2])) as folder, published(Path(sys.argv[2])):\n"
            "    (folder / 'x').write_text('x'); os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", script, str(cache), str(output)], check=False)

    def test_what_a_run_that_was_killed_left_is_removed_by_the_next_one(self, tmp_path: Path) -> None:
        """Its working folder by that of any output, its lock and its part by that of its own."""
        jobs, out = tmp_path / "cache" / "jobs", tmp_path / "a.mp4"
        self.kill(tmp_path / "cache", out)
        assert len(names_in(jobs)) == 2
        assert len(names_in(tmp_path)) == 3
        with workplace(tmp_path / "cache", tmp_path / "b.mp4") as folder:
            assert {name.removesuffix(".lock") for name in names_in(jobs)} == {folder.name}
        with workplace(tmp_path / "cache", out):
            assert names_in(tmp_path) == {"cache", lock_of(out).name}
        assert names_in(tmp_path) == {"cache"}

    def test_the_working_folder_of_one_that_had_no_cache_is_removed_too(self, tmp_path: Path) -> None:
        """It lies beside the output."""
        cache, out = tmp_path / "cache", tmp_path / "a.mp4"
        cache.write_text("a file")
        self.kill(cache, out)
        assert len(names_in(tmp_path)) == 4
        with workplace(cache, out) as folder:
            assert names_in(tmp_path) == {"cache", lock_of(out).name, folder.name}

    def test_a_lock_that_was_removed_in_between_keeps_nobody_away(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So another one is taken."""
        fcntl = pytest.importorskip("fcntl")
        lock, real = lock_of(tmp_path / "a.mp4"), fcntl.flock
        removed: list[Path] = []

        def slow(handle: int, what: int) -> None:
            if not removed:
                lock.unlink()
                removed.append(lock)
            real(handle, what)

        monkeypatch.setattr(fcntl, "flock", slow)
        with held(lock, tmp_path / "a.mp4"):
            assert removed
            with pytest.raises(OutputHeldError), held(lock, tmp_path / "a.mp4"):
                pass

    def test_a_disk_without_locks_keeps_nobody_away(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And only what is old is removed there, since somebody may be at work."""
        fcntl = pytest.importorskip("fcntl")

        def refuse(*arguments: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", refuse)
        out = tmp_path / "a.mp4"
        young, old = (tmp_path / f"{hidden_name(out)}-{age}.mp4" for age in ("young", "old"))
        jobs = tmp_path / "cache" / "jobs"
        for folder in (jobs / "young", jobs / "old"):
            folder.mkdir(parents=True)
        for path in (young, old):
            path.touch()
        for path in (old, jobs / "old"):
            os.utime(path, (time.time() - 2 * DAY_S,) * 2)
        with workplace(tmp_path / "cache", out):
            assert names_in(tmp_path) == {"cache", young.name, lock_of(out).name}
        assert names_in(jobs) == {"young"}
        assert names_in(tmp_path) == {"cache", young.name}

    def test_a_system_without_locks_keeps_nobody_away(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "fcntl", None)
        for _ in range(2):
            with workplace(tmp_path / "cache", tmp_path / "a.mp4") as folder:
                assert folder.is_dir()
        assert names_in(tmp_path) == {"cache"}
        assert names_in(tmp_path / "cache" / "jobs") == set()

    def test_another_run_ends_with_4(self, cli: Cli, lesson: Lesson) -> None:
        lesson.add(CAMERA, "amy", 0, 1000)
        with workplace(lesson.folder / "another", lesson.folder / "out.mp4"):
            answer = cli("render", lesson.write(), "-o", lesson.folder / "out.mp4")
        assert answer.status == 4
        assert "wait for it or name another output" in answer.err

    def test_without_a_cache_the_folder_lies_beside_the_output(self, tmp_path: Path) -> None:
        """And the output is held all the same."""
        (tmp_path / "cache").write_text("a file")
        with workplace(tmp_path / "cache", tmp_path / "a.mp4") as folder:
            assert folder.parent == tmp_path
            with pytest.raises(OutputHeldError), workplace(tmp_path / "cache", tmp_path / "a.mp4"):
                pass
        assert names_in(tmp_path) == {"cache"}
