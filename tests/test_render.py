"""Real renders, read back: each tile at each frame, and each beep, is where the plan puts it."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import coded_media
from tests.coded_media import FrameCode
from tests.conftest import (
    AUDIO,
    BOARD,
    CAMERA,
    CANVAS,
    MIXED,
    SCREEN,
    Lesson,
    Studio,
    codes_shown,
    expected_onsets_ms,
    names_in,
    place,
    tile_at,
    wrong_frames,
)
from timeline.render import shots
from timeline.render.progress import RenderProgress
from timeline.render.video import RenderReport

RATE = 48_000


def slow(*values: Any) -> Any:
    """A case that only the slow run covers."""
    return pytest.param(*values, marks=pytest.mark.slow)


def beeps(report: RenderReport, tone_hz: int) -> list[float]:
    """When a tone begins in the output, ms."""
    return coded_media.beep_onsets_ms(coded_media.sound(report.path), RATE, tone_hz)


def check_beeps(report: RenderReport, lesson: Lesson, within_ms: float = 20) -> None:
    """Every beep of every heard track is there in time, and no other."""
    sound = coded_media.sound(report.path)
    for track in {sound.track for sound in report.plan.audio}:
        tone_hz = next(lesson.facts[s.clip]["tone_hz"] for s in report.plan.audio if s.track == track)
        found = coded_media.beep_onsets_ms(sound, RATE, tone_hz)
        assert found == pytest.approx(expected_onsets_ms(report, lesson, track), abs=within_ms), track


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Lesson:
    """A class of 26 s with everything at once; a pause of a minute stands at 12 s."""
    lesson = Lesson(tmp_path_factory.mktemp("school"), studio, pause_s=60)
    lesson.add(CAMERA, "amy", 0, 12_000, beep_every_ms=1300)
    lesson.add(CAMERA, "amy", 12_000, 5_980, beep_every_ms=1300)
    lesson.add(CAMERA, "amy", 18_000, 8_000, size=(240, 320), beep_every_ms=1300)
    lesson.add(CAMERA, "bo", 3_000, 9_000, fps=25, sample_rate=44_100, channels=2)
    lesson.add(CAMERA, "bo", 12_000, 2_000, fps=25)
    lesson.add(CAMERA, "bo", 17_513, 8_487, fps=30, sample_rate=16_000, first_picture_ms=400)
    lesson.add(BOARD, "", 0, 12_000, sound=False)
    lesson.add(BOARD, "", 12_000, 14_000, sound=False)
    lesson.add(SCREEN, "bo", 5_000, 4_000, fps=5, sound=False)
    lesson.add(SCREEN, "bo", 20_000, 4_000, fps=1, sound=False)
    return lesson


@pytest.fixture(scope="module")
def short_chunks() -> Any:
    """Chunks of 2 to 3 s, so that a short lesson has many joins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shots, "CHUNK_MIN_S", 2)
        patch.setattr(shots, "CHUNK_MAX_S", 3)
        yield


@pytest.fixture(scope="module")
def stage(school: Lesson, short_chunks: None) -> RenderReport:
    """The school on the stage, in many chunks."""
    return school.render("stage.mp4")


@pytest.fixture(scope="module")
def grid(school: Lesson, short_chunks: None) -> RenderReport:
    """The school as a grid, 25 frames per second."""
    return school.render("grid.mp4", layout="grid", frame_rate=25)


class TestPicture:
    def test_the_stage_shows_the_planned_picture_in_every_tile_of_every_frame(
        self, school: Lesson, stage: RenderReport
    ) -> None:
        """Cut, seam, late start, absence, two rates, contents switching, many chunk joins."""
        assert stage.plan.frames == 26 * 15
        assert wrong_frames(stage, school) == []

    @pytest.mark.slow
    def test_the_grid_shows_the_planned_picture_in_every_tile_of_every_frame(
        self, school: Lesson, grid: RenderReport
    ) -> None:
        """The same at 25 frames per second, from sources of 15, 25, 30, 5 and 1."""
        assert grid.plan.frames == 26 * 25
        assert wrong_frames(grid, school) == []

    def test_whole_lessons_of_healthy_files_have_no_findings(self, stage: RenderReport) -> None:
        """No slates; the one file whose sound begins 400 ms before its picture is good to know of."""
        assert stage.slated_files == ()
        assert [item.code for item in stage.findings] == ["sound_apart"]

    def test_the_stage_switches_between_screen_and_whiteboard(
        self, school: Lesson, stage: RenderReport
    ) -> None:
        """The content is the board, the screen from 5 s to 9 s, the board, the screen from 20 s to 24 s."""
        content = [codes[0] for codes in codes_shown(stage, school)]
        files = [code.file - 1 for code in content if code]
        assert [file for file, _ in itertools.groupby(files)] == [6, 8, 6, 7, 9, 7]
        assert len(files) == stage.plan.frames

    @pytest.mark.parametrize(
        ("cut_ms", "hole_ms"), [slow(2000, 20), (2017, 20), slow(2000, 100), (2040, 400), slow(2000, 500)]
    )
    def test_within_a_seam_the_last_picture_stays(self, lesson: Lesson, cut_ms: int, hole_ms: int) -> None:
        """Nothing else is to be seen in a hole of 500 ms or less, on the frames' grid or between."""
        lesson.add(CAMERA, "amy", 0, cut_ms, sound=False)
        lesson.add(CAMERA, "amy", cut_ms + hole_ms, 2000, sound=False)
        report = lesson.render()
        assert wrong_frames(report, lesson) == []
        assert all(line[0] is not None for line in codes_shown(report, lesson))

    def test_within_a_seam_nothing_is_shown_of_what_the_file_holds_after_its_declared_end(
        self, lesson: Lesson
    ) -> None:
        """The picture that stays is the last one that was to be seen; it does not go on."""
        lesson.add(CAMERA, "amy", 0, 2000, real_ms=4000, sound=False)
        lesson.add(CAMERA, "amy", 2400, 1600, sound=False)
        report = lesson.render()
        shown = [line[0] and tuple(line[0]) for line in codes_shown(report, lesson)]
        assert shown[24:30] == [(1, n) for n in range(24, 30)]
        assert len(set(shown[30:36])) == 1
        assert shown[30] in ((1, 29), (1, 30))  # the nearest to the declared end
        assert shown[36:42] == [(2, n) for n in range(6)]

    def test_a_hole_longer_than_a_seam_shows_a_slate(self, lesson: Lesson) -> None:
        """From 501 ms on somebody was away."""
        lesson.add(CAMERA, "amy", 0, 2000, sound=False)
        lesson.add(CAMERA, "amy", 2600, 1400, sound=False)
        report = lesson.render()
        shown = [line[0] for line in codes_shown(report, lesson)]
        assert [code is None for code in shown] == [30 <= n < 39 for n in range(60)]

    @pytest.mark.parametrize("offset_ms", [slow(0), slow(7), slow(33), 34, slow(50)])
    def test_a_clip_that_starts_between_frames_shows_the_nearest_picture(
        self, lesson: Lesson, offset_ms: int
    ) -> None:
        """Positions are rounded once: no picture is early or late by more than half a frame."""
        lesson.add(BOARD, "", 0, 3000, sound=False)
        lesson.add(CAMERA, "amy", 1000 + offset_ms, 2000 - offset_ms, sound=False)
        assert wrong_frames(lesson.render(), lesson) == []

    def test_a_picture_that_begins_after_the_sound_keeps_its_distance(self, lesson: Lesson) -> None:
        """The picture of 700 ms of media time is shown 700 ms after the clip's start, not at once."""
        lesson.add(CAMERA, "amy", 1000, 4000, first_picture_ms=700)
        report = lesson.render()
        shown = codes_shown(report, lesson)
        assert wrong_frames(report, lesson, shown) == []
        at_3s = shown[45][0]
        assert at_3s is not None
        assert at_3s.frame == pytest.approx((3000 - 1000 - 700) * 15 / 1000, abs=1)
        check_beeps(report, lesson)

    def test_a_file_whose_only_stream_begins_late_keeps_its_distance_too(self, lesson: Lesson) -> None:
        """Without sound nothing moves forward."""
        lesson.add(CAMERA, "amy", 0, 3000, first_picture_ms=600, sound=False)
        assert wrong_frames(lesson.render(), lesson) == []

    @pytest.mark.slow
    @pytest.mark.parametrize("first", [slow((320, 240)), slow((160, 120)), (240, 320)])
    def test_the_picture_may_change_its_size_inside_a_file(
        self, lesson: Lesson, first: tuple[int, int], short_chunks: None
    ) -> None:
        """Every size is shown whole and centred, and no frame is lost; the sound goes on."""
        parts = [(first, 30), ((320, 180), 30), ((240, 320), 30)]
        lesson.add(CAMERA, "amy", 0, 6000, sizes=parts)
        lesson.add(BOARD, "", 0, 6000, sound=False)
        report = lesson.render()
        assert wrong_frames(report, lesson) == []
        check_beeps(report, lesson)

    @pytest.mark.slow
    @pytest.mark.parametrize("fps", [slow(1), 5, slow(10), slow(24), slow(25), slow(30), slow(60)])
    def test_sources_of_any_rate_fit_an_output_of_15(
        self, lesson: Lesson, fps: int, short_chunks: None
    ) -> None:
        """A still shared screen has one picture a second; it is on screen at every frame."""
        lesson.add(SCREEN, "amy", 500, 6500, fps=fps, sound=False)
        assert wrong_frames(lesson.render(), lesson) == []

    @pytest.mark.slow
    def test_an_output_of_30000_1001_frames_is_exact(self, lesson: Lesson, short_chunks: None) -> None:
        """Broadcast rates do not drift over joins."""
        lesson.add(CAMERA, "amy", 0, 7000, fps=30)
        report = lesson.render(frame_rate="30000/1001")
        assert report.plan.frame_rate == Fraction(30000, 1001)
        assert report.plan.frames == 210
        assert wrong_frames(report, lesson) == []

    @pytest.mark.parametrize(("start_ms", "end_ms"), [slow(7233, 10_000), (16_900, 18_700)])
    def test_a_window_shows_the_frames_of_the_whole_render(
        self, school: Lesson, stage: RenderReport, start_ms: int, end_ms: int
    ) -> None:
        """--start and --end cut a piece out and change nothing in it."""
        window = school.render(f"window{start_ms}.mp4", start_ms=start_ms, end_ms=end_ms)
        first = (start_ms * 15 + 500) // 1000
        whole = codes_shown(stage, school)
        assert codes_shown(window, school) == whole[first : first + window.plan.frames]
        assert wrong_frames(window, school) == []
        check_beeps(window, school)

    def test_a_window_that_begins_inside_a_seam_shows_the_held_picture(self, lesson: Lesson) -> None:
        """The first frame is not empty because its file ended just before."""
        lesson.add(CAMERA, "amy", 0, 2000, sound=False)
        lesson.add(CAMERA, "amy", 2400, 1600, sound=False)
        report = lesson.render(start_ms=2200)
        assert wrong_frames(report, lesson) == []

    def test_a_window_may_begin_on_a_slow_source_long_after_its_picture(self, lesson: Lesson) -> None:
        """The picture of one frame a second that began 0.9 s before the window is on screen."""
        lesson.add(SCREEN, "amy", 0, 8000, fps=1, sound=False)
        report = lesson.render(start_ms=3900, end_ms=5200)
        first = codes_shown(report, lesson)[0][0]
        assert first is not None
        assert first.frame == 3

    def test_a_later_file_wins_and_the_earlier_one_goes_on_after_it(self, lesson: Lesson) -> None:
        """Overlapping files of one track: media time goes on below."""
        lesson.add(CAMERA, "amy", 0, 5000, sound=False)
        lesson.add(CAMERA, "amy", 1500, 1500, sound=False)
        report = lesson.render()
        shown = codes_shown(report, lesson)
        assert wrong_frames(report, lesson, shown) == []
        assert [line[0].file for line in shown if line[0]] == [1] * 23 + [2] * 22 + [1] * 30

    def test_two_users_may_share_one_file(self, lesson: Lesson) -> None:
        """Two rows with one url are odd, and both are shown and heard."""
        lesson.add(CAMERA, "amy", 0, 2000)
        lesson.add_row(CAMERA, "bo", 0, 2000, video_url=lesson.rows[0]["video_url"], video_id="other")
        lesson.facts[1] = lesson.facts[0]
        report = lesson.render(layout="grid")
        assert [[code and code.file for code in line] for line in codes_shown(report, lesson)] == [
            [1, 1]
        ] * 30

    @pytest.mark.slow
    def test_screens_of_1_and_5_frames_a_second_cross_real_chunks(self, lesson: Lesson) -> None:
        """70 s without any edge are cut at 30 s; a slow screen's picture is still there after the cut."""
        lesson.add(SCREEN, "amy", 0, 70_000, fps=1, sound=False)
        lesson.add(SCREEN, "bo", 0, 70_000, fps=5, sound=False)
        lesson.add(CAMERA, "amy", 0, 70_000, beep_every_ms=7000)
        report = lesson.render(layout="grid")
        assert len(shots.cut_chunks(report.plan)) > 1
        assert wrong_frames(report, lesson) == []
        check_beeps(report, lesson)


def remuxed(ffmpeg: Path, path: Path, before: list[str], after: list[str]) -> None:
    """Copy a file's streams with ffmpeg options before and after its name, in place."""
    made = path.with_name("remuxed.mp4")
    command = [str(ffmpeg), "-nostdin", "-v", "error", *before, "-i", str(path), *after, str(made)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.move(made, path)


class TestShape:
    @pytest.mark.parametrize(
        ("size", "sample_aspect", "seen"),
        [((240, 240), "4/3", (320, 240)), ((320, 240), "1/2", (160, 240)), ((352, 288), "12/11", (384, 288))],
    )
    def test_pixels_that_are_not_square_are_stretched(
        self,
        lesson: Lesson,
        real_ffmpeg: Path,
        size: tuple[int, int],
        sample_aspect: str,
        seen: tuple[int, int],
    ) -> None:
        """An anamorphic camera has the aspect that a player shows."""
        lesson.add(CAMERA, "amy", 0, 2000, size=size)
        bitstream = f"h264_metadata=sample_aspect_ratio={sample_aspect}"
        remuxed(real_ffmpeg, lesson.path(0), [], ["-c", "copy", "-bsf:v", bitstream])
        report = lesson.render()
        lesson.facts[0]["size"] = seen
        assert wrong_frames(report, lesson) == []

    def test_a_file_that_says_it_is_rotated_is_turned(self, lesson: Lesson, real_ffmpeg: Path) -> None:
        """A phone held upright: the picture is turned as players turn it, and shown whole."""
        lesson.add(CAMERA, "amy", 0, 1000, size=(320, 240))
        remuxed(real_ffmpeg, lesson.path(0), ["-display_rotation", "90"], ["-c", "copy"])
        report = lesson.render()
        x, y, width, height = place(report.plan.scenes[0].tiles[0])
        frames = list(coded_media.frames(report.path))
        for number, _, image in frames:
            tile = np.rot90(image[y : y + height, x : x + width], -1)
            code = coded_media.read_code(np.ascontiguousarray(tile), None, (320, 240))
            assert code == (1, number)

    def test_a_picture_of_another_shape_has_bars_and_is_not_cut(self, lesson: Lesson) -> None:
        """Contain: whole and centred, whatever the shape of the tile."""
        lesson.add(CAMERA, "amy", 0, 1000, size=(120, 480), sound=False)
        lesson.add(CAMERA, "bo", 0, 1000, size=(640, 120), sound=False)
        assert wrong_frames(lesson.render(layout="grid"), lesson) == []

    def test_outside_the_tiles_is_the_canvas(self, lesson: Lesson) -> None:
        """Nothing spills over a tile's edge."""
        lesson.add(CAMERA, "amy", 0, 600, sound=False)
        lesson.add(BOARD, "", 0, 600, sound=False)
        report = lesson.render()
        image = next(coded_media.frames(report.path))[2].astype(int)
        outside = np.ones(image.shape[:2], bool)
        for tile in report.plan.scenes[0].tiles:
            x, y, width, height = place(tile)
            outside[y - 2 : y + height + 2, x - 2 : x + width + 2] = False
        assert outside.sum() > 1000
        assert abs(image[outside] - (0x14, 0x17, 0x1C)).max() < 12

    @pytest.mark.parametrize("size_px", [slow((320, 180)), (360, 640), slow((1280, 720)), (642, 358)])
    def test_the_canvas_has_the_size_that_was_asked_for(
        self, lesson: Lesson, size_px: tuple[int, int]
    ) -> None:
        """Wide, tall, or odd in half."""
        lesson.add(CAMERA, "amy", 0, 600, sound=False)
        lesson.add(BOARD, "", 0, 600, sound=False)
        report = lesson.render(size_px=size_px)
        image = next(coded_media.frames(report.path))[2]
        assert (image.shape[1], image.shape[0]) == size_px
        assert wrong_frames(report, lesson) == []


class TestLabels:
    def test_a_name_lies_at_the_bottom_left_of_a_camera_and_not_on_a_board(self, lesson: Lesson) -> None:
        """Labels change a corner of each person's tile and nothing of the content."""
        lesson.add(CAMERA, "amy", 0, 1000, sound=False)
        lesson.add(BOARD, "", 0, 1000, sound=False)
        plain, named = lesson.render("plain.mp4"), lesson.render("named.mp4", labels=True)
        before, after = (next(coded_media.frames(r.path))[2].astype(int) for r in (plain, named))
        changed = abs(before - after).max(axis=2) > 40
        board, camera = (place(tile) for tile in plain.plan.scenes[0].tiles)
        rows, columns = np.nonzero(changed)
        assert len(rows) > 50
        height = camera[2] * 3 // 4  # a 4:3 picture fills the width of a taller tile
        bottom = camera[1] + (camera[3] + min(height, camera[3])) // 2
        assert (columns >= camera[0]).all()
        assert (columns < camera[0] + camera[2]).all()
        assert (rows >= bottom - 40).all()
        assert (rows < bottom).all()
        assert not changed[board[1] : board[1] + board[3], board[0] : board[0] + board[2]].any()

    @pytest.mark.slow
    def test_a_pause_leaves_a_note_for_four_seconds_and_nothing_else(self, school: Lesson) -> None:
        """It is there from the cut at 12 s to 16 s, at the top in the middle."""
        window: dict[str, Any] = {"start_ms": 11_000, "end_ms": 17_000}
        plain = school.render("plain.mp4", **window)
        noted = school.render("noted.mp4", labels=True, **window)
        at = (slice(4, 40), slice(260, 380))
        pairs = zip(coded_media.frames(plain.path), coded_media.frames(noted.path), strict=True)
        there = [bool((abs(a[2].astype(int) - b[2])[at] > 60).mean() > 0.1) for a, b in pairs]
        assert there == [15 <= frame < 75 for frame in range(90)]

    @pytest.mark.slow
    def test_labels_do_not_move_the_pictures(self, school: Lesson) -> None:
        """The content tile shows the same frames with labels and without."""
        report = school.render("labelled.mp4", labels=True, start_ms=4000, end_ms=11_000)
        wrong = wrong_frames(report, school)
        assert [text for text in wrong if "region 0" in text] == []


class TestSound:
    def test_every_beep_of_every_single_stream_is_where_the_timeline_puts_it(
        self, school: Lesson, stage: RenderReport
    ) -> None:
        """Over joins, late starts, an absence, a pause and three sample rates, within 20 ms."""
        check_beeps(stage, school)
        assert {sound.track for sound in stage.plan.audio} >= {"camera:amy", "camera:bo"}

    def test_a_voice_alone_is_in_place_to_3_ms(self, lesson: Lesson) -> None:
        """Neither the resampler nor the limiter nor the encoder delays it."""
        lesson.add(CAMERA, "amy", 1000, 3000)
        assert beeps(lesson.render(), 500) == pytest.approx([1000, 2000, 3000], abs=3)

    @pytest.mark.slow
    def test_where_nobody_plays_there_is_silence(self, lesson: Lesson) -> None:
        """Between two clips and before the first nothing is heard."""
        lesson.add(CAMERA, "amy", 1000, 1500, beep_every_ms=200)
        lesson.add(CAMERA, "amy", 4000, 1000, beep_every_ms=200)
        sound = coded_media.sound(lesson.render().path)
        for begin_ms, end_ms in ((0, 950), (2550, 3950)):
            assert abs(sound[begin_ms * 48 : end_ms * 48]).max() < 0.003

    @pytest.mark.parametrize("speakers", [slow(1), 2, 3])
    def test_a_voice_is_as_loud_alone_as_in_company(self, lesson: Lesson, speakers: int) -> None:
        """0.25 stays 0.25 however many speak."""
        for number in range(speakers):
            lesson.add(CAMERA, f"user{number}", 0, 2000, beep_ms=400)
        sound = coded_media.sound(lesson.render().path)
        for number in range(speakers):
            level = coded_media.level(sound, RATE, 500 + 250 * number, 1050, 1350)
            assert level == pytest.approx(0.25, rel=0.06), number

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("rate", "channels"), [(48_000, 2), slow(44_100, 1), (44_100, 2), (16_000, 1), slow(32_000, 2)]
    )
    def test_stereo_is_as_loud_as_mono(self, lesson: Lesson, rate: int, channels: int) -> None:
        """The same tone in both channels keeps its level, at any sample rate."""
        lesson.add(CAMERA, "amy", 0, 2000, beep_ms=400, sample_rate=rate, channels=channels)
        sound = coded_media.sound(lesson.render().path)
        assert coded_media.level(sound, RATE, 500, 1050, 1350) == pytest.approx(0.25, rel=0.06)

    def test_a_loud_sum_stays_below_full_scale_and_what_is_quiet_is_not_lifted(self, lesson: Lesson) -> None:
        """Eight at once are limited; one alone a second later is as loud as ever."""
        for number in range(8):
            lesson.add(CAMERA, f"user{number}", 0, 2900, beep_every_ms=3000, beep_ms=600)
        lesson.add(CAMERA, "user0", 2900, 2000, beep_every_ms=3000, beep_ms=600, tone_hz=500)
        sound = coded_media.sound(lesson.render().path)
        assert 0.5 < abs(sound).max() < 1.0
        assert coded_media.level(sound, RATE, 500, 3000, 3400) == pytest.approx(0.25, rel=0.06)
        assert abs(sound[1000 * 48 : 2800 * 48]).max() < 0.003

    @pytest.mark.slow
    def test_a_mixed_stream_is_not_heard_beside_single_ones(self, lesson: Lesson) -> None:
        """No voice twice."""
        lesson.add(CAMERA, "amy", 0, 3000)
        lesson.add(MIXED, "mix", 0, 3000)
        report = lesson.render()
        assert len(beeps(report, 500)) == 3
        assert beeps(report, 750) == []
        assert wrong_frames(report, lesson) == []

    @pytest.mark.slow
    def test_a_mixed_stream_alone_is_seen_and_heard(self, lesson: Lesson) -> None:
        """It is the stage where nothing else is."""
        lesson.add(MIXED, "mix", 0, 2000)
        report = lesson.render()
        assert beeps(report, 500) == pytest.approx([0, 1000], abs=20)
        assert wrong_frames(report, lesson) == []

    def test_a_whiteboard_that_holds_sound_is_heard(self, lesson: Lesson) -> None:
        """Beside a camera."""
        lesson.add(CAMERA, "amy", 0, 3000, beep_every_ms=1100)
        lesson.add(BOARD, "", 1000, 2000)
        report = lesson.render()
        assert beeps(report, 750) == pytest.approx([1000, 2000], abs=20)

    def test_a_lone_whiteboard_that_holds_sound_is_heard(self, lesson: Lesson) -> None:
        """Its sound is all that there is."""
        lesson.add(BOARD, "", 0, 3000)
        assert beeps(lesson.render(), 500) == pytest.approx([0, 1000, 2000], abs=20)

    def test_a_sound_only_file_is_heard_where_the_users_camera_does_not_play(self, lesson: Lesson) -> None:
        """The camera's file holds the same voice, so from 2 s to 4 s only that one is heard."""
        lesson.add(AUDIO, "amy", 0, 6000, size=(64, 48))
        lesson.add(CAMERA, "amy", 2000, 2000)
        lesson.add(CAMERA, "bo", 0, 6000)
        report = lesson.render()
        assert beeps(report, 500) == pytest.approx([0, 1000, 4000, 5000], abs=20)
        assert beeps(report, 750) == pytest.approx([2000, 3000], abs=20)
        assert len(report.plan.regions) == 2

    @pytest.mark.slow
    def test_an_mp3_file_is_heard(self, lesson: Lesson, real_ffmpeg: Path) -> None:
        """Type 4 comes as mp3; it has no tile, and a lesson of nothing else is an empty canvas."""
        lesson.add(AUDIO, "amy", 500, 3000)
        mp3 = lesson.media / "f0.mp3"
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(lesson.path(0)), "-vn"]
        subprocess.run([*command, "-c:a", "libmp3lame", str(mp3)], check=True)
        lesson.path(0).unlink()
        lesson.rows[0]["video_url"] = "http://media.example/f0.mp3"
        report = lesson.render()
        assert report.plan.regions == ()
        assert report.findings == ()
        assert beeps(report, 500) == pytest.approx([500, 1500, 2500], abs=30)

    @pytest.mark.slow
    def test_a_sound_that_begins_after_the_picture_keeps_its_distance(
        self, lesson: Lesson, real_ffmpeg: Path
    ) -> None:
        """A microphone that is opened 700 ms after the camera, in whole and in a window."""
        lesson.add(CAMERA, "amy", 500, 5000)
        late = ["-itsoffset", "0.7", "-i", str(lesson.path(0)), "-map", "0:v", "-map", "1:a", "-c", "copy"]
        remuxed(real_ffmpeg, lesson.path(0), [], late)
        assert beeps(lesson.render(), 500) == pytest.approx([1200, 2200, 3200, 4200, 5200], abs=20)
        window = lesson.render("window.mp4", start_ms=3000)
        assert beeps(window, 500) == pytest.approx([200, 1200, 2200], abs=20)
        assert wrong_frames(window, lesson) == []

    @pytest.mark.slow
    def test_after_a_hole_in_a_files_sound_the_beeps_are_in_place(
        self, lesson: Lesson, real_ffmpeg: Path
    ) -> None:
        """A microphone that was closed from 1.5 s to 3.5 s leaves a hole in time stamps."""
        lesson.add(CAMERA, "amy", 0, 6000)
        hole = ["-af", "aselect='not(between(t,1.5,3.5))'", "-c:v", "copy", "-c:a", "aac"]
        remuxed(real_ffmpeg, lesson.path(0), [], hole)
        assert beeps(lesson.render(), 500) == pytest.approx([0, 1000, 4000, 5000], abs=25)

    def test_a_lesson_without_any_sound_has_a_silent_track(self, lesson: Lesson) -> None:
        """Players expect one; it is as long as the picture."""
        lesson.add(CAMERA, "amy", 0, 2000, sound=False)
        sound = coded_media.sound(lesson.render().path)
        assert len(sound) == pytest.approx(2 * RATE, abs=2048)
        assert abs(sound).max() < 0.001

    @pytest.mark.slow
    def test_a_camera_without_sound_beside_one_with(self, lesson: Lesson) -> None:
        """The missing sound stream is no error."""
        lesson.add(CAMERA, "amy", 0, 2000, sound=False)
        lesson.add(CAMERA, "bo", 0, 2000)
        assert beeps(lesson.render(), 750) == pytest.approx([0, 1000], abs=20)

    def test_sound_begins_at_the_windows_start(self, lesson: Lesson) -> None:
        """A window of sound is cut to the ms, not to the frame."""
        lesson.add(CAMERA, "amy", 0, 5000)
        report = lesson.render(start_ms=1510, end_ms=4210)
        assert beeps(report, 500) == pytest.approx([490, 1490, 2490], abs=20)

    @pytest.mark.slow
    def test_many_short_files_do_not_drift(self, lesson: Lesson) -> None:
        """After 60 joins of odd length the beep is where it belongs, and so is the picture."""
        at_ms = 0
        for number in range(60):
            length_ms = 667 + 37 * (number % 7)
            lesson.add(CAMERA, "amy", at_ms, length_ms, size=(160, 120), beep_every_ms=2000, real_ms=1000)
            at_ms += length_ms
        report = lesson.render()
        check_beeps(report, lesson)
        assert wrong_frames(report, lesson) == []


@pytest.mark.slow
class TestOtherContainers:
    @pytest.mark.parametrize("suffix", [slow("mkv"), slow("mov"), slow("flv")])
    def test_other_containers_are_read_by_their_bytes(
        self, lesson: Lesson, real_ffmpeg: Path, suffix: str
    ) -> None:
        """The name ends in .mp4; picture and sound are in place, in a window too.

        flv cannot say that the first 21 ms of AAC are to be skipped, so they are heard.
        """
        lesson.add(CAMERA, "amy", 0, 4000)
        other = lesson.media / f"other.{suffix}"
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(lesson.path(0)), "-c", "copy"]
        subprocess.run([*command, str(other)], check=True, capture_output=True)
        shutil.move(other, lesson.path(0))
        for name, window in (("whole.mp4", (0, None)), ("window.mp4", (2200, 3800))):
            report = lesson.render(name, start_ms=window[0], end_ms=window[1])
            assert wrong_frames(report, lesson) == []
            check_beeps(report, lesson, within_ms=25 if suffix == "flv" else 20)

    @pytest.mark.parametrize(
        "codec",
        [
            pytest.param(
                "-c:v libx264 -bf 3 -b_strategy 0 -g 250 -crf 18 -c:a copy -f mp4", marks=pytest.mark.slow
            ),
            slow("-c:v libx265 -bf 3 -crf 18 -x265-params log-level=none -c:a copy -f mp4"),
            slow("-c:v libvpx -b:v 1M -deadline realtime -c:a libopus -f webm"),
            slow("-c:v libvpx-vp9 -crf 20 -b:v 0 -deadline realtime -c:a libvorbis -f webm"),
        ],
    )
    def test_pictures_may_be_stored_out_of_order_and_in_any_common_codec(
        self, lesson: Lesson, real_ffmpeg: Path, codec: str
    ) -> None:
        """With B pictures, in whole, held in a seam, and in a window far from a key frame."""
        lesson.add(CAMERA, "amy", 0, 4000, beep_every_ms=700)
        lesson.add(CAMERA, "amy", 4400, 2000, beep_every_ms=700)
        for index in (0, 1):
            made = lesson.media / "made"
            command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(lesson.path(index))]
            subprocess.run([*command, *codec.split(), str(made)], check=True, capture_output=True)
            shutil.move(made, lesson.path(index))
        for name, window in (("whole.mp4", (0, None)), ("window.mp4", (3300, 4800))):
            report = lesson.render(name, start_ms=window[0], end_ms=window[1])
            assert report.findings == ()
            assert wrong_frames(report, lesson) == []
            check_beeps(report, lesson, within_ms=25)

    def test_a_file_whose_clock_does_not_begin_at_zero_is_played_or_said_to_be_odd(
        self, lesson: Lesson, real_ffmpeg: Path
    ) -> None:
        """Both streams begin at 5 s: the lesson is not silently a frozen picture."""
        lesson.add(CAMERA, "amy", 0, 3000)
        other = lesson.media / "other.mkv"
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(lesson.path(0)), "-c", "copy"]
        subprocess.run([*command, "-output_ts_offset", "5", str(other)], check=True, capture_output=True)
        shutil.move(other, lesson.path(0))
        report = lesson.render()
        assert report.findings or wrong_frames(report, lesson) == []


class TestCall:
    def test_a_relative_output_is_written_where_the_caller_stands(
        self, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``-o out.mp4`` is the everyday way."""
        lesson.add(CAMERA, "amy", 0, 600)
        monkeypatch.chdir(lesson.folder)
        from timeline.render.video import render_video

        report = render_video(lesson.load(), "here.mp4", media="media", size_px=CANVAS)
        assert (lesson.folder / "here.mp4").is_file()
        assert report.path == Path("here.mp4")
        assert names_in(lesson.folder) == {"media", "here.mp4", "here.report.json"}

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "name",
        [slow("-o.mp4"), slow("a b'c.mp4"), "%03d.mp4", slow("课堂.mp4"), slow("a:b.mp4"), "http:x.mp4"],
    )
    def test_an_output_may_have_any_name(self, lesson: Lesson, name: str) -> None:
        """No option, no pattern, no protocol is read into it."""
        lesson.add(CAMERA, "amy", 0, 400)
        report = lesson.render(name)
        assert report.path.is_file()
        assert names_in(lesson.folder) == {"media", name, name.replace(".mp4", ".report.json")}

    @pytest.mark.slow
    def test_folders_may_have_any_name(self, tmp_path: Path, studio: Studio) -> None:
        """Media and output below a folder with blanks, quotes, percent signs and colons."""
        lesson = Lesson(tmp_path / "it's 100%d: [a],b;c\\d 课", studio)
        lesson.add(CAMERA, "amy", 0, 400)
        assert wrong_frames(lesson.render(labels=True, size_px=(64, 64)), lesson) is not None
        assert wrong_frames(lesson.render(), lesson) == []

    @pytest.mark.slow
    def test_two_renders_are_the_same_bytes(self, lesson: Lesson, short_chunks: None) -> None:
        """However many run side by side."""
        lesson.add(CAMERA, "amy", 0, 5000)
        one = lesson.render("one.mp4", jobs=1)
        two = lesson.render("two.mp4", jobs=3, cache=lesson.folder / "another")
        assert one.path.read_bytes() == two.path.read_bytes()

    def test_progress_rises_to_the_end(self, lesson: Lesson, short_chunks: None) -> None:
        """It counts frames of the whole output and ends with all of them."""
        lesson.add(CAMERA, "amy", 0, 6000)
        said: list[RenderProgress] = []
        lesson.render(progress=said.append)
        done = [one.frames_done for one in said]
        assert done == sorted(done)
        assert {one.frames for one in said} == {90}
        assert done[-1] == 90

    @pytest.mark.slow
    def test_a_lower_crf_is_a_larger_file(self, lesson: Lesson) -> None:
        """The option reaches the encoder."""
        lesson.add(CAMERA, "amy", 0, 1000)
        fine, coarse = lesson.render("fine.mp4", crf=10), lesson.render("coarse.mp4", crf=45)
        assert fine.path.stat().st_size > 1.5 * coarse.path.stat().st_size

    def test_a_teacher_has_the_first_tile(self, lesson: Lesson, tmp_path: Path) -> None:
        """The roster's teacher comes before who joined first."""
        import timeline
        from timeline.render.video import render_video

        lesson.add(CAMERA, "amy", 0, 600, sound=False)
        lesson.add(CAMERA, "lin", 200, 400, sound=False)
        roster = tmp_path / "roster.csv"
        roster.write_text("user_id,name,role\nlin,林老师,teacher\n", encoding="utf-8")
        timed = timeline.load(lesson.write(), roster=roster)
        report = render_video(timed, tmp_path / "o.mp4", media=lesson.media, size_px=CANVAS, layout="grid")
        assert tile_at(report.plan, 8, 0).track == "camera:lin"

    def test_a_frame_of_silence_and_a_dot_of_time(self, lesson: Lesson) -> None:
        """A lesson of 100 ms is rendered: two frames."""
        lesson.add(CAMERA, "amy", 0, 100, real_ms=400)
        report = lesson.render()
        assert report.plan.frames == 2
        assert wrong_frames(report, lesson) == []


def test_the_last_picture_of_a_file_is_shown_however_short_it_is(lesson: Lesson) -> None:
    """It may stand for long, as that of a screen does, though it lasts less than a frame of the output."""
    lesson.add(CAMERA, "amy", 0, 1200, real_ms=500, fps=30)
    report = lesson.render(frame_rate=12)
    assert [line[0] for line in codes_shown(report, lesson)][6:] == [FrameCode(1, 14)] * 8
    assert wrong_frames(report, lesson) == []


def test_a_file_that_begins_by_less_than_a_frame_late_keeps_its_times(lesson: Lesson) -> None:
    """Else it would be early by that, and by half a frame on top."""
    lesson.add(CAMERA, "amy", 0, 1900, fps=3, first_picture_ms=95, sound=False)
    assert wrong_frames(lesson.render(frame_rate=10), lesson) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no other ffmpeg")
def test_another_ffmpeg_makes_the_same(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older builds know fewer options, and round the length of a chunk to ms."""
    monkeypatch.setattr(shots, "CHUNK_MIN_S", Fraction(16, 30))
    monkeypatch.setattr(shots, "CHUNK_MAX_S", Fraction(16, 30))
    lesson.add(CAMERA, "amy", 0, 1690, fps=30, sound=False)
    lesson.add(CAMERA, "amy", 2190, 4000, fps=30)
    report = lesson.render(frame_rate=30, ffmpeg=shutil.which("ffmpeg"))
    assert wrong_frames(report, lesson) == []
    off = [at_s * 30 - number for number, at_s, _ in coded_media.frames(report.path)]
    assert max(map(abs, off)) < 0.01
