"""The one door to ffmpeg."""

from __future__ import annotations

import errno
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from timeline.errors import DiskError, FFmpegFailedError, FFmpegNotFoundError
from timeline.media import ffmpeg as door
from timeline.media.ffmpeg import FFmpeg, find_ffmpeg, run_ffmpeg
from timeline.media.launch import fences

LIMITS = "no core dumps, limits on memory and files"
Fake = Callable[[str], Path]
SAY_PID = "open('pid', 'w').write(str(os.getpid()))"


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ends(pid: int) -> bool:
    """Whether a process that is no child of ours ends within ten seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    return bool(ended)


class TestFind:
    def test_the_bundled_one_is_found(self) -> None:
        """It says its version in one line."""
        found = find_ffmpeg()
        assert Path(found.path).is_file()
        assert found.version.startswith("ffmpeg version")
        assert "\n" not in found.version

    def test_the_option_goes_before_the_environment(
        self, fake_ffmpeg: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And the environment before the bundled one."""
        named, other = fake_ffmpeg(""), fake_ffmpeg("")
        monkeypatch.setenv("TIMELINE_FFMPEG", str(other))
        assert find_ffmpeg().path == str(other)
        assert find_ffmpeg(named) == FFmpeg(str(named), "ffmpeg version fake")

    def test_one_that_is_not_there_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        """And says how to name another."""
        with pytest.raises(FFmpegNotFoundError, match=r"nowhere: no such program.*--ffmpeg"):
            find_ffmpeg(tmp_path / "nowhere")

    def test_the_environment_is_named_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wrong variable is not passed over in silence."""
        monkeypatch.setenv("TIMELINE_FFMPEG", "/nowhere/ffmpeg")
        with pytest.raises(FFmpegNotFoundError, match="/nowhere/ffmpeg"):
            find_ffmpeg()

    def test_none_at_all_is_an_error_that_says_how_to_get_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither bundled nor on the path."""
        monkeypatch.setattr(door, "_bundled_path", lambda: None)
        monkeypatch.setenv("PATH", "")
        with pytest.raises(FFmpegNotFoundError, match=r"pip install 'class-timeline\[media\]'"):
            find_ffmpeg()

    def test_a_program_that_is_no_ffmpeg_is_refused(self, tmp_path: Path) -> None:
        """It fails when it is asked for its version, or is no program at all."""
        failing, text = tmp_path / "failing", tmp_path / "text"
        failing.write_text("#!/bin/sh\nexit 3\n")
        text.write_bytes(b"\x00\x01\x02")
        for path in (failing, text):
            path.chmod(0o755)
            with pytest.raises(FFmpegNotFoundError, match="does not run as ffmpeg"):
                find_ffmpeg(path)

    def test_a_relative_name_still_runs_in_another_folder(
        self, fake_ffmpeg: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``--ffmpeg ./ffmpeg`` names the one in the caller's folder."""
        name = fake_ffmpeg("open('ran', 'w').close()").name
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(tmp_path)
        run_ffmpeg(find_ffmpeg(f"./{name}"), [], folder=tmp_path / "work", most_bytes=1000)
        assert (tmp_path / "work" / "ran").exists()


class TestRun:
    def test_frames_are_told_as_they_are_encoded(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """Lines of progress become numbers; others are passed over."""
        program = fake_ffmpeg("print('frame=1\\nfps=0.0\\nframe=N/A\\nframe=  12\\nframe=7\\nprogress=end')")
        said: list[int] = []
        run_ffmpeg(find_ffmpeg(program), [], folder=tmp_path, most_bytes=1000, on_frame=said.append)
        assert said in ([1, 7], [1, 12, 7])

    def test_a_failure_shows_the_last_lines_and_the_command(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """Of many lines the last ones; the command can be pasted."""
        program = fake_ffmpeg("[print('line', n, file=sys.stderr) for n in range(5000)]; sys.exit(187)")
        with pytest.raises(FFmpegFailedError, match="status 187: ") as caught:
            run_ffmpeg(find_ffmpeg(program), ["-i", "a b"], folder=tmp_path, most_bytes=1000)
        assert "line 4999" in str(caught.value)
        assert "line 10\n" not in caught.value.stderr_tail
        assert caught.value.command[-2:] == ("-i", "a b")
        assert "'a b'" in caught.value.pasteable

    def test_a_failure_without_a_word_says_so(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """Never an empty reason."""
        with pytest.raises(FFmpegFailedError, match="status 1: it said nothing"):
            run_ffmpeg(find_ffmpeg(fake_ffmpeg("sys.exit(1)")), [], folder=tmp_path, most_bytes=1000)

    def test_bytes_that_are_no_text_are_shown_somehow(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """No decoding error hides the reason."""
        body = "sys.stderr.buffer.write(b'bad \\xff\\xfe name\\n'); sys.exit(1)"
        with pytest.raises(FFmpegFailedError, match="bad"):
            run_ffmpeg(find_ffmpeg(fake_ffmpeg(body)), [], folder=tmp_path, most_bytes=1000)

    def test_one_that_is_killed_is_a_failure(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """A negative status too."""
        with pytest.raises(FFmpegFailedError, match="-9"):
            run_ffmpeg(
                find_ffmpeg(fake_ffmpeg("os.kill(os.getpid(), 9)")), [], folder=tmp_path, most_bytes=1000
            )

    def test_a_full_disk_is_an_error_of_its_own(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """Known by what ffmpeg says; it is the disk of the file that it writes."""
        for said in ("av_interleaved_write_frame(): No space left on device", "a: Disk quota exceeded"):
            program = find_ffmpeg(fake_ffmpeg(f"print({said!r}, file=sys.stderr); sys.exit(228)"))
            for output, folder in (("file:a.mp4", tmp_path), ("file:/else/where/a.mp4", "/else/where")):
                with pytest.raises(DiskError, match=rf"^{folder}: the disk is full; free some") as caught:
                    run_ffmpeg(program, ["-i", "x", output], folder=tmp_path, most_bytes=1000)
                assert caught.value.errno == errno.ENOSPC

    @pytest.mark.skipif(LIMITS not in fences(), reason="this machine does not limit the size of files")
    def test_one_that_writes_too_much_is_killed(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """The limit comes from a plan: two frames a day apart once made two million."""
        program = fake_ffmpeg(
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
            "open('big', 'wb', 0).write(bytes(1000)); open('big', 'ab', 0).write(b'x')"
        )
        with pytest.raises(FFmpegFailedError, match="wrote more than 1000 bytes"):
            run_ffmpeg(find_ffmpeg(program), [], folder=tmp_path, most_bytes=1000)
        assert (tmp_path / "big").stat().st_size == 1000

    @pytest.mark.parametrize(
        "said",
        [
            [
                "[vist#1:0/h264 @ 0x56] [dec:h264 @ 0x5] corrupt decoded frame",
                "[aist#1:1/aac @ 0x5] [dec:aac @ 0x5] Error submitting packet to decoder: Invalid data found",
            ],
            [
                "Error while decoding stream #1:1: Invalid data found when processing input",
                "file:/b: c.mp4: corrupt decoded frame in stream 0",
            ],
        ],
        ids=["since 7", "before 7"],
    )
    def test_what_cannot_be_decoded_is_counted_by_input(
        self, fake_ffmpeg: Fake, tmp_path: Path, said: list[str]
    ) -> None:
        """As both kinds of builds say it; what names no input of ours does not count."""
        said = [
            *said,
            "[h264 @ 0x56] error while decoding MB 0 10",
            "[vist#7:0/h264 @ 0x1] corrupt decoded frame",
        ]
        program = fake_ffmpeg(f"print({chr(10).join(said)!r}, file=sys.stderr)")
        inputs = ["-i", "file:/a.mp4", "-f", "mov", "-i", "file:/b: c.mp4"]
        ran = run_ffmpeg(find_ffmpeg(program), inputs, folder=tmp_path, most_bytes=1000)
        assert ran.damage == {"file:/b: c.mp4": 2}

    def test_one_that_falls_silent_is_killed(
        self, fake_ffmpeg: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After the limit, whatever it waits for."""
        monkeypatch.setattr(door, "SILENCE_S", 0.5)
        program = fake_ffmpeg(f"{SAY_PID}; time.sleep(60)")
        with pytest.raises(FFmpegFailedError, match="killed"):
            run_ffmpeg(find_ffmpeg(program), [], folder=tmp_path, most_bytes=1000)
        assert not alive(int((tmp_path / "pid").read_text()))

    def test_one_that_reports_but_does_not_move_is_killed(
        self, fake_ffmpeg: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ffmpeg repeats its last numbers twice a second also when it hangs: that is no progress."""
        monkeypatch.setattr(door, "SILENCE_S", 0.5)
        body = "print('frame=3\\nout_time_us=200000', flush=True); time.sleep(0.05)"
        program = fake_ffmpeg(f"for _ in range(100):\n    {body}")
        with pytest.raises(FFmpegFailedError, match="killed"):
            run_ffmpeg(find_ffmpeg(program), [], folder=tmp_path, most_bytes=1000)

    def test_one_that_moves_slowly_is_left_alone(
        self, fake_ffmpeg: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The limit counts from its last step, not from its start."""
        monkeypatch.setattr(door, "SILENCE_S", 1)
        program = fake_ffmpeg("for n in range(8):\n    print(f'frame={n}', flush=True)\n    time.sleep(0.2)")
        run_ffmpeg(find_ffmpeg(program), [], folder=tmp_path, most_bytes=1000)

    @pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
    def test_a_stop_ends_it_and_what_it_started(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """At once; the call returns without an error."""
        body = (
            "import subprocess; c = subprocess.Popen(['sleep', '60']); open('child', 'w').write(str(c.pid))"
        )
        program = fake_ffmpeg(f"{body}; {SAY_PID}; print('frame=1', flush=True); time.sleep(60)")
        stop = threading.Event()
        began = time.monotonic()
        run_ffmpeg(
            find_ffmpeg(program),
            [],
            folder=tmp_path,
            most_bytes=1000,
            on_frame=lambda n: stop.set(),
            stop=stop,
        )
        assert time.monotonic() - began < 20
        assert not alive(int((tmp_path / "pid").read_text()))
        assert ends(int((tmp_path / "child").read_text()))

    def test_it_gets_no_input_and_no_shell(self, fake_ffmpeg: Fake, tmp_path: Path) -> None:
        """Arguments arrive as they are."""
        program = fake_ffmpeg("print(sys.argv[-1], len(sys.stdin.read()), file=sys.stderr); sys.exit(1)")
        with pytest.raises(FFmpegFailedError) as caught:
            run_ffmpeg(find_ffmpeg(program), ["$(id) `id`; *"], folder=tmp_path, most_bytes=1000)
        assert "$(id) `id`; * 0" in caught.value.stderr_tail
        assert "-nostdin" in caught.value.command
