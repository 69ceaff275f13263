"""Stitched tracks, read back by decoding them: the right pictures at the right times, and the right sound."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from tests import coded_media
from tests.coded_media import FrameCode
from tests.conftest import AUDIO, BOARD, CAMERA, SCREEN, Cli, Lesson, names_in
from timeline.errors import OutputVerificationError
from timeline.render import stitch_format, stitch_track
from timeline.render.stitch_run import StitchedTrack, StitchReport, stitch_tracks
from timeline.render.workplace import workplace

RATE = 48_000
Remake = Callable[..., None]
SMALL_GROUPS = (
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-profile:v",
    "baseline",
    "-g",
    "15",
    "-c:a",
    "copy",
)
B_PICTURES = ("-c:v", "libx264", "-bf", "3", "-b_strategy", "0", "-g", "30", "-c:a", "copy")


@pytest.fixture
def remake(lesson: Lesson, real_ffmpeg: Path) -> Remake:
    """Put a file of the lesson through ffmpeg."""

    def remake(index: int, *options: str, before: tuple[str, ...] = (), suffix: str = "mp4") -> None:
        made = lesson.media / f"made.{suffix}"
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-y", *before, "-i", str(lesson.path(index))]
        subprocess.run([*command, *options, str(made)], check=True, capture_output=True)
        shutil.move(made, lesson.path(index))

    return remake


def stitched(lesson: Lesson, **options: Any) -> StitchReport:
    """Stitch a lesson beside its media."""
    settings: dict[str, Any] = {"media": lesson.media, "jobs": 2, "cache": lesson.folder / "cache"}
    return stitch_tracks(lesson.load(), lesson.folder / "tracks", **(settings | options))


def pictures(track: StitchedTrack, *shapes: tuple[int, int]) -> list[tuple[float, FrameCode | None]]:
    """When each decoded picture is shown, ms, and its code."""
    found = []
    for _, at_s, image in coded_media.frames(track.path):
        codes = (coded_media.read_code(image, None, shape) for shape in (*shapes, None))
        found.append((at_s * 1000, next((code for code in codes if code), None)))
    return found


def wrong_pictures(lesson: Lesson, track: StitchedTrack, *shapes: tuple[int, int]) -> list[str]:
    """Return what is wrong with a track's pictures, in words; empty when all is right.

    A copied picture begins when its own time says, within a millisecond, an encoded one within half a frame;
    the first one of a part stands from the part's start. On a slate there is no code.
    """
    wrong = []
    clips = {c.media.position: c for t in lesson.load().tracks if t.id == track.track for c in t.clips}
    for at_ms, code in pictures(track, *shapes):
        part = next(p for p in track.picture if p.start_ms - 0.6 <= at_ms < p.end_ms - 0.6)
        if part.clip is None or part.how == "held":
            if code is not None:
                wrong.append(f"{at_ms:.1f} ms: {code} on {part.how}")
            continue
        facts, clip = lesson.facts[part.clip], clips[part.clip]
        if code is None or code.file != part.clip + 1:
            wrong.append(f"{at_ms:.1f} ms: {code} instead of file {part.clip + 1}")
            continue
        begins_ms = facts.get("first_picture_ms", 0) + code.frame * 1000 / facts.get("fps", 15)
        expected_ms = clip.start_ms - clip.media_start_ms + begins_ms
        allowed_ms = 1 if part.how == "copied" else 500 / facts.get("fps", 15) + 1
        stands = code.frame == 0 and part.how == "encoded" and part.start_ms - 1 < at_ms < expected_ms
        if abs(at_ms - expected_ms) > allowed_ms and abs(at_ms - part.start_ms) > 1 and not stands:
            wrong.append(f"{at_ms:.1f} ms: {code}, which begins at {expected_ms:.1f} ms")
    return wrong


def shown_numbers(track: StitchedTrack, file: int, *shapes: tuple[int, int]) -> list[int]:
    """The numbers of a file's pictures in the order in which they are shown."""
    return [code.frame for _, code in pictures(track, *shapes) if code and code.file == file + 1]


def check_lengths(lesson: Lesson, report: StitchReport) -> None:
    """Picture and sound of every file are as long as the lesson."""
    length_s = lesson.load().duration_ms / 1000
    for track in report.tracks:
        with av.open(str(track.path)) as container:
            for stream in container.streams:
                assert stream.duration is not None
                assert stream.time_base is not None
                is_sound = stream.type == "audio"
                tolerance_s = 1 / RATE if is_sound else 0.0001
                start_s = max(0, float((stream.start_time or 0) * stream.time_base))
                assert start_s < 0.001
                assert float(stream.duration * stream.time_base) == pytest.approx(length_s, abs=tolerance_s)


def check_beeps(lesson: Lesson, track: StitchedTrack, tone_hz: int, within_ms: float = 20) -> None:
    """Every beep of a track's files is there in time, and no other."""
    sound = coded_media.sound(track.path)
    expected = []
    for part in (part for part in track.sound if part.clip is not None):
        assert part.clip is not None
        every_ms = lesson.facts[part.clip].get("beep_every_ms", 1000)
        clip = next(c for t in lesson.load().tracks for c in t.clips if c.media.position == part.clip)
        zero_ms = clip.start_ms - clip.media_start_ms
        first = -(-(part.start_ms - zero_ms) // every_ms)
        expected += [
            zero_ms + n * every_ms for n in range(first, 1000) if zero_ms + n * every_ms < part.end_ms - 60
        ]
    assert coded_media.beep_onsets_ms(sound, RATE, tone_hz) == pytest.approx(expected, abs=within_ms)


def hows(track: StitchedTrack) -> list[str]:
    """How the parts of a track's picture came about."""
    return [part.how for part in track.picture]


def packets(path: Path, kind: str) -> list[bytes]:
    """The packets of a stream."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


class TestCopying:
    def test_clips_are_copied_and_slates_stand_between(self, lesson: Lesson) -> None:
        """Late start, absence, a seam, and a camera that goes early; the others are as long."""
        lesson.add(CAMERA, "amy", 1500, 4000)
        lesson.add(CAMERA, "amy", 5520, 3000)
        lesson.add(CAMERA, "amy", 10_013, 3000)
        lesson.add(BOARD, "", 0, 15_000, sound=False)
        report = stitched(lesson)
        amy, board = report.tracks
        assert hows(amy) == ["filled", "copied", "held", "copied", "filled", "copied", "filled"]
        assert hows(board) == ["copied"]
        for track in report.tracks:
            assert wrong_pictures(lesson, track) == []
        assert shown_numbers(amy, 0) == list(range(60))
        assert shown_numbers(amy, 1) == shown_numbers(amy, 2) == list(range(45))
        check_lengths(lesson, report)
        check_beeps(lesson, amy, lesson.tone_hz(CAMERA, "amy"))

    def test_a_copied_picture_is_the_same_to_the_byte(self, lesson: Lesson) -> None:
        lesson.add(CAMERA, "amy", 2000, 3000)
        lesson.add(BOARD, "", 0, 6000, sound=False)
        (amy, _) = stitched(lesson).tracks
        source = packets(lesson.path(0), "video")
        assert all(packet in packets(amy.path, "video") for packet in source)

    def test_one_file_that_is_the_whole_lesson_is_remuxed(self, lesson: Lesson) -> None:
        """Picture and sound, to the byte."""
        lesson.add(CAMERA, "amy", 0, 5000)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert (hows(amy), [part.how for part in amy.sound]) == (["copied"], ["copied"])
        for kind in ("video", "audio"):
            source = packets(lesson.path(0), kind)
            assert packets(amy.path, kind) == source[: len(packets(amy.path, kind))]
        assert wrong_pictures(lesson, amy) == []
        check_lengths(lesson, report)
        check_beeps(lesson, amy, lesson.tone_hz(CAMERA, "amy"), within_ms=2)

    @pytest.mark.slow
    def test_pictures_at_varying_times_keep_them(self, lesson: Lesson, remake: Remake) -> None:
        """A third of them is missing, then all of a second."""
        lesson.add(SCREEN, "amy", 1000, 6000)
        select = "select='mod(n,3)*lt(n,40)+gt(n,58)'"
        remake(0, "-vf", select, "-fps_mode", "passthrough", "-c:v", "libx264", "-bf", "0", "-c:a", "copy")
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["filled", "copied"]
        assert shown_numbers(amy, 0) == [n for n in range(90) if (n % 3 and n < 40) or n > 58]
        assert wrong_pictures(lesson, amy) == []

    @pytest.mark.slow
    def test_pictures_that_refer_to_later_ones_are_copied_whole(self, lesson: Lesson, remake: Remake) -> None:
        """Between slates that have none such."""
        lesson.add(CAMERA, "amy", 1000, 4000)
        lesson.add(CAMERA, "amy", 7000, 3000)
        for index in (0, 1):
            remake(index, *B_PICTURES)
        lesson.add(BOARD, "", 0, 11_000, sound=False)
        report = stitched(lesson)
        amy = report.tracks[0]
        assert hows(amy) == ["filled", "copied", "filled", "copied", "filled"]
        assert shown_numbers(amy, 0) == list(range(60))
        assert shown_numbers(amy, 1) == list(range(45))
        assert wrong_pictures(lesson, amy) == []
        check_lengths(lesson, report)

    @pytest.mark.parametrize("duration_ms", [3000, 3067, 3133, 3200])
    def test_pictures_that_refer_to_later_ones_may_end_the_lesson(
        self, lesson: Lesson, remake: Remake, duration_ms: int
    ) -> None:
        """Whichever of them is decoded last."""
        lesson.add(CAMERA, "amy", 500, duration_ms)
        remake(0, *B_PICTURES)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert hows(amy) == ["filled", "copied"]
        assert wrong_pictures(lesson, amy) == []
        check_lengths(lesson, report)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("suffix", "options"),
        [
            ("flv", ("-c", "copy", "-an")),
            ("mkv", ("-c", "copy")),
            ("mp4", ("-c", "copy", "-bsf:v", "h264_metadata=sample_aspect_ratio=4/3")),
            ("mp4", ("-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuvj420p", "-c:a", "copy")),
            ("mp4", ("-c:v", "libx264", "-color_range", "tv", "-colorspace", "bt709", "-c:a", "copy")),
        ],
        ids=["flv", "matroska", "oblong pixels", "full range", "colours"],
    )
    def test_slates_match_what_is_copied(
        self, lesson: Lesson, remake: Remake, suffix: str, options: tuple[str, ...]
    ) -> None:
        """Whatever container, pixels or colours it has."""
        lesson.add(CAMERA, "amy", 1000, 2000)
        lesson.add(CAMERA, "amy", 4000, 2000)
        for index in (0, 1):
            remake(index, *options, suffix=suffix)
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["filled", "copied", "filled", "copied"]
        assert shown_numbers(amy, 0) == shown_numbers(amy, 1) == list(range(30))
        assert wrong_pictures(lesson, amy) == []

    def test_slates_have_the_form_of_what_is_copied(
        self, lesson: Lesson, remake: Remake, real_ffmpeg: Path
    ) -> None:
        """Every decoded picture says the same size, pixels and colours."""
        lesson.add(CAMERA, "amy", 1000, 2000)
        colours = "colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1"
        remake(0, "-c", "copy", "-bsf:v", f"h264_metadata=sample_aspect_ratio=4/3:{colours}")
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["filled", "copied"]
        command = [str(real_ffmpeg), "-i", str(amy.path), "-vf", "showinfo", "-f", "null", "-"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        shapes = re.findall(r"fmt:(\S+).* sar:(\S+) s:(\S+)", said)
        colours_said = re.findall(r"color_range:(\S+) color_space:(\S+) color_primaries:(\S+)", said)
        assert len(shapes) == 45
        assert set(shapes) == {("yuv420p", "4/3", "320x240")}
        assert len(set(colours_said)) == 1

    def test_a_long_slate_is_even(self, lesson: Lesson) -> None:
        """It is made of repeated packets, and nobody sees where."""
        lesson.add(CAMERA, "amy", 24_000, 1000)
        (amy,) = stitched(lesson).tracks
        times = [at_ms for at_ms, _ in pictures(amy)]
        assert times == pytest.approx([n * 1000 / 15 for n in range(375)], abs=0.1)

    @pytest.mark.parametrize(("first_ms", "how"), [(400, ["copied"]), (2000, ["filled", "copied"])])
    def test_a_late_first_picture(self, lesson: Lesson, first_ms: int, how: list[str]) -> None:
        """Up to a second it stands from the start; else there is a slate until it comes."""
        lesson.add(CAMERA, "amy", 0, 5000, first_picture_ms=first_ms)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert hows(amy) == how
        assert wrong_pictures(lesson, amy) == []
        assert report.slated_files == ()
        check_beeps(lesson, amy, lesson.tone_hz(CAMERA, "amy"))


@pytest.mark.slow
class TestCutting:
    def test_a_file_that_is_too_long_is_cut_exactly(self, lesson: Lesson) -> None:
        """Where no picture refers to a later one, by copying."""
        lesson.add(CAMERA, "amy", 0, 2500, real_ms=6000)
        lesson.add(CAMERA, "amy", 4000, 3000)
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["copied", "filled", "copied"]
        assert shown_numbers(amy, 0) == list(range(38))  # the last one begins at 2467 ms
        assert wrong_pictures(lesson, amy) == []

    def test_a_cut_that_would_need_later_pictures_is_encoded_from_the_last_key_picture_on(
        self, lesson: Lesson, remake: Remake
    ) -> None:
        lesson.add(CAMERA, "amy", 0, 3300, real_ms=6000)
        remake(0, *B_PICTURES)
        lesson.add(CAMERA, "amy", 5000, 2000)
        remake(1, *B_PICTURES)
        (amy,) = stitched(lesson).tracks
        assert hows(amy)[:3] == ["copied", "encoded", "filled"]
        assert shown_numbers(amy, 0) == list(range(50))
        assert wrong_pictures(lesson, amy) == []

    def test_a_file_that_begins_in_the_middle_is_copied_from_its_next_key_picture(
        self, lesson: Lesson, remake: Remake
    ) -> None:
        lesson.add(CAMERA, "amy", 0, 6000)
        remake(0, *SMALL_GROUPS)
        cropped = lesson.load().crop(1400, 6000)
        report = stitch_tracks(
            cropped, lesson.folder / "tracks", media=lesson.media, cache=lesson.folder / "c"
        )
        (amy,) = report.tracks
        assert [(part.how, part.start_ms) for part in amy.picture] == [("encoded", 0), ("copied", 600)]
        shown = [(round(at_ms), code.frame) for at_ms, code in pictures(amy) if code]
        assert shown[0] == (0, 21)
        assert [frame for at_ms, frame in shown if at_ms >= 600] == list(range(30, 90))
        assert (600, 30) in shown

    def test_a_remuxed_sound_that_is_too_long_is_cut(self, lesson: Lesson) -> None:
        """To the sample, though only whole packets can be left out."""
        lesson.add(CAMERA, "amy", 0, 3333, real_ms=4500)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert [part.how for part in amy.sound] == ["copied"]
        check_lengths(lesson, report)
        check_beeps(lesson, amy, lesson.tone_hz(CAMERA, "amy"))


class TestEncoding:
    def test_another_size_is_fitted_into_the_one_that_is_shown_longest(self, lesson: Lesson) -> None:
        lesson.add(CAMERA, "amy", 0, 4000)
        lesson.add(CAMERA, "amy", 4000, 2000, size=(240, 320))
        lesson.add(CAMERA, "amy", 6000, 3000)
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["copied", "encoded", "copied"]
        assert wrong_pictures(lesson, amy, (240, 320)) == []
        assert len(shown_numbers(amy, 1, (240, 320))) == 30

    def test_a_size_that_changes_on_the_way(self, lesson: Lesson) -> None:
        """Its file is encoded, all of it at the one size."""
        sizes = [((320, 240), 30), ((240, 320), 30)]
        lesson.add(CAMERA, "amy", 0, 4000, sizes=sizes)
        lesson.add(CAMERA, "amy", 4000, 5000)
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["encoded", "copied"]
        assert wrong_pictures(lesson, amy, (240, 320)) == []

    def test_files_of_another_encoder_are_encoded(self, lesson: Lesson, remake: Remake) -> None:
        lesson.add(CAMERA, "amy", 0, 4000)
        lesson.add(CAMERA, "amy", 4000, 3000)
        remake(1, "-c:v", "libx264", "-profile:v", "high", "-g", "20", "-c:a", "copy")
        lesson.add(CAMERA, "amy", 7000, 2000)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert hows(amy) == ["copied", "encoded", "copied"]
        assert wrong_pictures(lesson, amy) == []
        clips = json.loads(report.index.read_text())["tracks"][0]["clips"]
        assert [clip["note"] for clip in clips] == [None, "encoded: another encoder", None]

    @pytest.mark.parametrize(
        ("options", "before", "note"),
        [
            (("-c", "copy"), ("-display_rotation", "180"), "turned"),
            (("-c:v", "mpeg4", "-q:v", "2", "-c:a", "copy"), (), "not H.264"),
            (("-vf", "format=yuv444p", "-c:v", "libx264", "-c:a", "copy"), (), "unusual colours"),
        ],
    )
    def test_what_cannot_be_copied_says_why(
        self, lesson: Lesson, remake: Remake, options: tuple[str, ...], before: tuple[str, ...], note: str
    ) -> None:
        lesson.add(CAMERA, "amy", 0, 3000)
        remake(0, *options, before=before)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert hows(amy) == ["encoded"]
        assert json.loads(report.index.read_text())["tracks"][0]["clips"][0]["note"] == f"encoded: {note}"
        if note != "turned":
            assert wrong_pictures(lesson, amy) == []
        check_lengths(lesson, report)

    @pytest.mark.parametrize(("first_ms", "sound"), [(0, True), (400, True), (400, False), (2000, True)])
    def test_an_encoded_file_with_a_late_first_picture(
        self, lesson: Lesson, remake: Remake, first_ms: int, sound: bool
    ) -> None:
        lesson.add(CAMERA, "amy", 700, 4000, first_picture_ms=first_ms, sound=sound)
        remake(0, "-c:v", "mpeg4", "-q:v", "2", "-c:a", "copy", before=("-copyts",))
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["filled", "encoded"] or first_ms == 2000
        assert wrong_pictures(lesson, amy) == []
        assert shown_numbers(amy, 0)[-1] == (4000 - first_ms) * 15 // 1000 - 1

    def test_a_part_of_an_encoded_file(self, lesson: Lesson, remake: Remake) -> None:
        """From what is on screen at its start on."""
        lesson.add(CAMERA, "amy", 0, 6000)
        remake(0, "-c:v", "mpeg4", "-q:v", "2", "-g", "50", "-c:a", "copy")
        cropped = lesson.load().crop(2000, 4000)
        folder = lesson.folder / "tracks"
        (amy,) = stitch_tracks(cropped, folder, media=lesson.media, cache=lesson.folder / "cache").tracks
        assert shown_numbers(amy, 0) == list(range(30, 60))

    def test_a_seam_that_decoders_complain_about_is_encoded(
        self, lesson: Lesson, remake: Remake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two encoders' files, wrongly held for the same, are not put together as they are."""
        lesson.add(CAMERA, "amy", 0, 4000)
        lesson.add(CAMERA, "amy", 4000, 3000)
        remake(1, "-c:v", "libx264", "-profile:v", "main", "-bf", "2", "-g", "20", "-c:a", "copy")
        monkeypatch.setattr(stitch_format, "_group", lambda source, facts: ("all the same",))
        (amy,) = stitched(lesson).tracks
        assert "encoded" in hows(amy)
        assert wrong_pictures(lesson, amy) == []

    def test_the_size_that_is_shown_longest_counts(self, lesson: Lesson, remake: Remake) -> None:
        """Also where its files come of several encoders, and a longer one could be copied."""
        lesson.add(CAMERA, "amy", 0, 3000)
        lesson.add(CAMERA, "amy", 3000, 4000, size=(240, 320))
        lesson.add(CAMERA, "amy", 7000, 3000)
        remake(2, "-c:v", "libx264", "-profile:v", "main", "-bf", "0", "-c:a", "copy")
        (amy,) = stitched(lesson).tracks
        assert hows(amy) == ["copied", "encoded", "encoded"]
        assert {image.shape for _, _, image in coded_media.frames(amy.path)} == {(240, 320, 3)}
        assert wrong_pictures(lesson, amy, (240, 320)) == []


class TestLost:
    def test_a_missing_file_is_a_slate_and_told(self, cli: Cli, lesson: Lesson) -> None:
        """Status 3, or 0 with --allow-slates."""
        lesson.add(CAMERA, "amy", 0, 2000)
        lesson.add(CAMERA, "bo", 0, 2000)
        lesson.path(1).unlink()
        lesson.write()
        answer = cli("stitch", lesson.folder, "-o", lesson.folder / "tracks")
        assert answer.status == 3, answer.err
        assert answer.last_line.startswith("slates replace 1 of the lesson's files")
        assert cli("stitch", lesson.folder, "-o", lesson.folder / "more", "--allow-slates").status == 0
        index = json.loads((lesson.folder / "tracks" / "visibility.json").read_text())
        assert index["tracks"][1]["picture"] == [
            {"start_ms": 0, "end_ms": 2000, "clip": None, "how": "filled"}
        ]
        assert index["tracks"][1]["clips"][0]["note"] == "file missing"
        assert [item["code"] for item in index["findings"]] == ["media_missing"]

    def test_a_lesson_without_any_file_is_refused(self, cli: Cli, lesson: Lesson) -> None:
        """Status 2, and nothing is written."""
        lesson.add_row(CAMERA, "amy", 0, 2000)
        lesson.media.mkdir(parents=True)
        lesson.write()
        answer = cli("stitch", lesson.folder, "-o", lesson.folder / "tracks")
        assert answer.status == 2
        assert not (lesson.folder / "tracks").exists()

    def test_a_file_that_cannot_be_decoded_is_a_slate(self, lesson: Lesson) -> None:
        """Its packets look whole: nothing shows before they are decoded."""
        lesson.add(CAMERA, "amy", 0, 2000, sound=False)
        lesson.add(CAMERA, "amy", 2000, 3000, sound=False)
        data = lesson.path(0).read_bytes()
        at = data.index(b"mdat") + 4
        body = bytearray(data)
        with av.open(str(lesson.path(0))) as container:
            for packet in container.demux(container.streams.video[0]):
                if packet.size and packet.pos is not None:
                    keep = packet.pos + 6  # the length, the type, the first bits of a slice
                    units = bytes(packet)
                    if units[4] & 31 in (7, 8, 6):
                        keep = packet.pos + units.rindex(b"\x65") + 1
                    for place in range(max(at, keep), packet.pos + packet.size):
                        body[place] = 0xFF
        lesson.path(0).write_bytes(body)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert hows(amy)[-1] == "copied"
        assert "copied" not in hows(amy)[:-1]
        assert shown_numbers(amy, 1) == list(range(45))
        assert "media_damaged" in [item.code for item in report.findings]

    def test_a_file_that_ends_early_is_a_slate_from_there(self, lesson: Lesson) -> None:
        """Its last picture stays for a second."""
        lesson.add(CAMERA, "amy", 0, 6000, real_ms=2000)
        report = stitched(lesson)
        (amy,) = report.tracks
        assert [(part.how, part.start_ms) for part in amy.picture] == [("copied", 0), ("filled", 3000)]
        assert report.slated_files == (0,)
        assert wrong_pictures(lesson, amy) == []


def stopped(lesson: Lesson, fake_ffmpeg: Callable[[str], Path], sign: int) -> tuple[int, str]:
    """Stitch in a process of its own, send it *sign* while ffmpeg works; exit status and talk."""
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.write()
    fake = fake_ffmpeg("print('frame=20', flush=True); open('../begun', 'w').close(); time.sleep(60)")
    folder = lesson.folder / "tracks"
    command = [sys.executable, "-m", "timeline", "stitch", lesson.folder, "-o", folder, "--ffmpeg", fake]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (folder / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(sign)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


def test_an_interrupt_leaves_nothing(lesson: Lesson, fake_ffmpeg: Callable[[str], Path]) -> None:
    """Status 130, no file, no working folder."""
    status, said = stopped(lesson, fake_ffmpeg, signal.SIGTERM)
    assert status == 130, said
    assert "Traceback" not in said
    assert names_in(lesson.folder / "tracks") == {"begun"}


@pytest.mark.slow
def test_what_a_stitch_that_was_killed_left_is_removed_by_the_next_one(
    lesson: Lesson, fake_ffmpeg: Callable[[str], Path]
) -> None:
    stopped(lesson, fake_ffmpeg, signal.SIGKILL)
    assert len(names_in(lesson.folder / "tracks")) == 3
    report = stitched(lesson)
    assert names_in(report.folder) == {"begun", "camera_01.mp4", "visibility.json"}


def test_two_stitches_do_not_work_for_one_folder(cli: Cli, lesson: Lesson) -> None:
    """The second one ends with status 4 and leaves everything alone."""
    lesson.add(CAMERA, "amy", 0, 1000)
    lesson.write()
    folder = lesson.folder / "tracks"
    folder.mkdir()
    with workplace(None, folder / "visibility.json") as scratch:
        there = names_in(folder)
        answer = cli("stitch", lesson.folder, "-o", folder, "--cache", lesson.folder / "another")
        assert answer.status == 4
        assert "another run" in answer.err
        assert scratch.name in there == names_in(folder)


class TestFolder:
    def test_names_are_ours_and_the_index_says_whose(self, lesson: Lesson) -> None:
        """No string of a result is in a name."""
        lesson.add(CAMERA, "../../evil", 0, 1000)
        lesson.add(CAMERA, "bo", 0, 1000)
        lesson.add(AUDIO, "amy;'", 0, 1000)
        report = stitched(lesson)
        names = {"camera_01.mp4", "camera_02.mp4", "audio_01.m4a", "visibility.json"}
        assert names_in(report.folder) == names
        tracks = json.loads(report.index.read_text())["tracks"]
        assert {track["file"]: track["user_id"] for track in tracks} == {
            "camera_01.mp4": "../../evil",
            "camera_02.mp4": "bo",
            "audio_01.m4a": "amy;'",
        }

    def test_a_track_of_sound_alone_has_no_picture(self, lesson: Lesson) -> None:
        lesson.add(AUDIO, "amy", 1000, 3000)
        lesson.add(BOARD, "", 0, 5000, sound=False)
        report = stitched(lesson)
        amy = next(track for track in report.tracks if track.track == "audio:amy")
        with av.open(str(amy.path)) as container:
            assert [stream.type for stream in container.streams] == ["audio"]
        check_beeps(lesson, amy, lesson.tone_hz(AUDIO, "amy"))
        check_lengths(lesson, report)

    def test_the_parts_of_every_track_tile_the_lesson(self, lesson: Lesson) -> None:
        lesson.add(CAMERA, "amy", 500, 2000, first_picture_ms=1500)
        lesson.add(SCREEN, "amy", 3000, 1000, sound=False)
        index = json.loads(stitched(lesson).index.read_text())
        for track in index["tracks"]:
            for parts in (track["picture"], track["sound"]):
                edges = [edge for part in parts for edge in (part["start_ms"], part["end_ms"])]
                assert (edges[0], edges[-1]) == (0, index["duration_ms"])
                assert edges[1:-1:2] == edges[2:-1:2]

    def test_sound_is_continuous(self, lesson: Lesson) -> None:
        """One encoding: no packet overlaps the next one, and none is missing."""
        for number in range(4):
            lesson.add(CAMERA, "amy", number * 1500, 1490)
        (amy,) = stitched(lesson).tracks
        with av.open(str(amy.path)) as container:
            times = [
                (packet.pts, packet.duration) for packet in container.demux(audio=0) if packet.pts is not None
            ]
        assert all(pts + (length or 0) == after for (pts, length), (after, _) in itertools.pairwise(times))
        check_beeps(lesson, amy, lesson.tone_hz(CAMERA, "amy"))

    def test_files_that_are_there_are_kept(self, cli: Cli, lesson: Lesson) -> None:
        """Unless --force is given."""
        lesson.add(CAMERA, "amy", 0, 1000)
        lesson.write()
        folder = lesson.folder / "tracks"
        folder.mkdir()
        (folder / "camera_01.mp4").write_bytes(b"mine")
        assert cli("stitch", lesson.folder, "-o", folder).status == 2
        assert names_in(folder) == {"camera_01.mp4"}
        assert cli("stitch", lesson.folder, "-o", folder, "--force").status == 0
        assert (folder / "camera_01.mp4").read_bytes() != b"mine"

    def test_nothing_appears_that_is_not_verified(
        self, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And nothing half-made is left."""
        lesson.add(CAMERA, "amy", 0, 1000)

        def refuse(*arguments: object) -> None:
            raise OutputVerificationError("planted")

        monkeypatch.setattr(stitch_track, "verify_stitched", refuse)
        with pytest.raises(OutputVerificationError):
            stitched(lesson)
        assert names_in(lesson.folder / "tracks") == set()
