"""Odd and damaged files, each made for its case: what is told, and what is seen and heard."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import coded_media
from tests.conftest import CAMERA, SCREEN, Cli, Lesson, codes_shown, wrong_frames
from tests.hostile_media import claimed_duration
from tests.test_render import check_beeps, slow
from timeline.findings import Severity
from timeline.media.probe import probe_media
from timeline.render import shots
from timeline.render.fit import picture_place

Remade = Callable[..., None]


@pytest.fixture
def remade(lesson: Lesson, real_ffmpeg: Path) -> Remade:
    """Put file 0 of the lesson through ffmpeg."""

    def remake(*options: str, before: tuple[str, ...] = (), suffix: str = "mp4") -> None:
        made = lesson.media / f"made.{suffix}"
        command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-y", *before, "-i", str(lesson.path(0))]
        subprocess.run([*command, *options, str(made)], check=True, capture_output=True)
        shutil.move(made, lesson.path(0))

    return remake


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first_ms", "slated_frames", "codes"),
    [
        (400, 0, ["sound_apart"]),
        (900, 0, ["picture_late", "sound_apart"]),
        (2000, 30, ["picture_late", "sound_apart"]),
    ],
)
def test_a_late_first_picture(lesson: Lesson, first_ms: int, slated_frames: int, codes: list[str]) -> None:
    """Up to a second it is shown from the start; else the camera is off until it comes. Nothing is lost."""
    lesson.add(CAMERA, "amy", 0, 4000, first_picture_ms=first_ms)
    report = lesson.render()
    assert [item.code for item in report.findings] == codes
    assert {str(item.severity) for item in report.findings} == {"info"}
    assert report.slated_files == ()
    assert [line[0] is None for line in codes_shown(report, lesson)].count(True) == slated_frames
    assert wrong_frames(report, lesson) == []
    check_beeps(report, lesson)


def test_a_window_before_a_late_first_picture_shows_a_slate_and_loses_nothing(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 4000, first_picture_ms=2000)
    report = lesson.render(start_ms=500, end_ms=1500)
    assert report.slated_files == ()
    assert {line[0] for line in codes_shown(report, lesson)} == {None}


@pytest.mark.parametrize(
    ("options", "before", "told"),
    [
        pytest.param(["-c", "copy"], ["-display_rotation", "90"], "turned by 270 degrees", id="turned"),
        pytest.param(
            ["-c", "copy", "-bsf:v", "h264_metadata=sample_aspect_ratio=4/3"],
            [],
            "its pixels are 4:3",
            id="sar",
        ),
        pytest.param(
            ["-vf", "format=yuv444p,pad=321:241", "-crf", "10", "-c:a", "copy"],
            [],
            "321x241 px; its colours are yuv444p",
            id="odd size and 4:4:4",
        ),
        pytest.param(
            ["-pix_fmt", "yuv420p10le", "-crf", "10", "-c:a", "copy"],
            [],
            "its colours are yuv420p10le",
            id="10 bits",
        ),
        pytest.param(
            ["-vf", "select='lt(n,15)+not(mod(n,5))'", "-fps_mode", "vfr", "-c:a", "copy"],
            [],
            "6.3 pictures per second on average and 15 in its busiest one",
            id="varying rate",
        ),
    ],
)
def test_an_unusual_picture_is_told_and_shown(
    lesson: Lesson, remade: Remade, options: list[str], before: list[str], told: str
) -> None:
    """As good to know: nothing is lost, and no slate is there."""
    lesson.add(CAMERA, "amy", 0, 4000)
    remade(*options, before=tuple(before))
    report = lesson.render()
    (item,) = report.findings
    assert (item.code, str(item.severity)) == ("picture_unusual", "info")
    assert item.message == f"f0.mp4: {told}"
    assert report.slated_files == ()
    check_beeps(report, lesson)


def test_pictures_that_come_at_a_varying_rate_are_shown_at_their_times(
    lesson: Lesson, remade: Remade
) -> None:
    lesson.add(CAMERA, "amy", 0, 4000)
    remade("-vf", "select='lt(n,15)+not(mod(n,5))'", "-fps_mode", "vfr", "-c:a", "copy")
    shown = [line[0] and line[0].frame for line in codes_shown(lesson.render(), lesson)]
    assert shown == [n if n < 15 else n // 5 * 5 for n in range(60)]


def test_a_picture_that_changes_its_size_is_told(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 4000, sizes=[((320, 240), 30), ((320, 180), 30)])
    report = lesson.render()
    assert [item.message for item in report.findings] == ["f0.mp4: changes its size to 320x180 px at 0:00:02"]
    assert wrong_frames(report, lesson) == []


@pytest.mark.slow
def test_a_hole_of_half_a_minute_is_told_and_the_last_picture_stays(lesson: Lesson, remade: Remade) -> None:
    """A screen that stands still looks the same."""
    lesson.add(CAMERA, "amy", 0, 34_000, real_ms=4000)
    remade(
        "-vf",
        "setpts=PTS+gte(N\\,30)*30/TB",
        "-af",
        "apad=whole_dur=34",
        "-bf",
        "0",
        "-fps_mode",
        "passthrough",
    )
    report = lesson.render()
    unusual, item = report.findings
    assert unusual.message == "f0.mp4: 1.8 pictures per second on average and 15 in its busiest one"
    assert (item.code, item.at_ms) == ("picture_hole", 1933)
    assert item.message == "f0.mp4: no new picture from 0:00:01.933 to 0:00:32"
    shown = [line[0] and line[0].frame for line in codes_shown(report, lesson)]
    assert shown == [*range(30), *[29] * 450, *range(30, 60)]


def test_a_screen_that_stands_still_to_its_end_is_no_damage(lesson: Lesson, remade: Remade) -> None:
    """Its sound says that the file is whole; a camera's picture is missed after a second."""
    lesson.add(SCREEN, "amy", 0, 6000, real_ms=2000)
    remade("-c:v", "copy", "-af", "apad=whole_dur=6")
    report = lesson.render()
    assert report.findings == ()
    assert [line[0] and line[0].frame for line in codes_shown(report, lesson)] == [*range(30), *[29] * 60]
    lesson.rows[0]["video_type"] = CAMERA
    report = lesson.render("camera.mp4")
    assert [item.code for item in report.findings] == ["media_short"]
    assert report.slated_files == (0,)


def test_a_header_that_claims_an_hour_is_told_and_the_packets_count(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 3000)
    lesson.path(0).write_bytes(claimed_duration(lesson.path(0).read_bytes(), 3600))
    report = lesson.render()
    assert [item.message for item in report.findings] == [
        "f0.mp4: its header claims 1:00:00, its packets end at 0:00:03"
    ]
    assert wrong_frames(report, lesson) == []


def test_sound_that_ends_early_is_told_and_silence_follows(lesson: Lesson, remade: Remade) -> None:
    lesson.add(CAMERA, "amy", 0, 4000)
    remade("-c:v", "copy", "-af", "atrim=end=1.5")
    report = lesson.render()
    (item,) = report.findings
    assert item.code == "sound_short"
    assert item.at_ms == pytest.approx(1500, abs=50)
    assert len(coded_media.beep_onsets_ms(coded_media.sound(report.path), 48_000, 500)) == 2
    assert wrong_frames(report, lesson) == []


def test_a_camera_without_sound_is_told(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 2000, sound=False)
    report = lesson.render()
    assert [item.message for item in report.findings] == ["f0.mp4: holds no sound"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, slow(2), slow(3)])
def test_bits_that_were_flipped_are_told_and_what_is_good_is_shown(
    lesson: Lesson, real_ffmpeg: Path, seed: int
) -> None:
    """The exit status of ffmpeg is 0 all the same."""
    lesson.add(CAMERA, "amy", 0, 4000)
    lesson.add(CAMERA, "bo", 0, 4000)
    chance = random.Random(seed)
    damaged = bytearray(lesson.path(1).read_bytes())
    begin, end = damaged.index(b"mdat") + 3000, damaged.index(b"moov")
    for _ in range(40):
        damaged[chance.randrange(begin, end)] ^= 1 << chance.randrange(8)
    lesson.path(1).write_bytes(damaged)
    report = lesson.render()
    (item,) = report.findings
    assert (item.code, str(item.severity), item.where) == ("media_damaged", "warning", "f1.mp4")
    assert "could not be decoded in" in item.message
    assert [line[0] and line[0].frame for line in codes_shown(report, lesson)] == list(range(60))


def test_check_tells_of_the_media_too(cli: Cli, lesson: Lesson) -> None:
    """With --media; --strict sees a warning there."""
    lesson.add(CAMERA, "amy", 0, 4000, real_ms=2000)
    result = lesson.write()
    assert "media_short" not in cli("check", result).out
    answer = cli("check", "--media", lesson.media, "--strict", result)
    assert "media_short" in answer.out
    assert answer.status == 1
    assert cli("check", result, "--cache", lesson.media).out.startswith("error   media_missing")


def test_notes_on_media_are_counted_in_the_talk_of_a_render(cli: Cli, lesson: Lesson) -> None:
    """Of 300 cameras without sound one line is said, not 300."""
    lesson.add(CAMERA, "amy", 0, 1000, sound=False)
    answer = cli("render", lesson.write(), "-o", lesson.folder / "out.mp4", "--size", "320x240")
    assert answer.status == 0
    assert "1 note on the media besides; timeline check RESULT --media DIR prints all" in answer.err
    assert "holds no sound" not in answer.err


def emptied(path: Path, first: float, last: float) -> None:
    """Put nothing in place of what lies between two shares of the packets."""
    data = bytearray(path.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov", data.index(b"mdat")) - 4
    start, stop = (begin + round((end - begin) * share) for share in (first, last))
    data[start:stop] = bytes(stop - start)
    path.write_bytes(data)


def test_a_file_of_which_nothing_can_be_decoded_costs_a_slate(lesson: Lesson) -> None:
    """Its packets are all there; ffmpeg as a whole fails for it."""
    lesson.add(CAMERA, "amy", 0, 4000)
    lesson.add(CAMERA, "bo", 0, 4000)
    emptied(lesson.path(1), 0, 1)
    report = lesson.render()
    (item,) = report.findings
    assert (item.code, item.where) == ("media_damaged", "f1.mp4")
    assert item.message == ("f1.mp4: no picture from 0:00:00 to 0:00:04 can be decoded; download it again")
    assert report.slated_files == (1,)
    shown = codes_shown(report, lesson)
    assert [line[0] and line[0].frame for line in shown] == list(range(60))
    assert {line[1] for line in shown} == {None}
    assert len(coded_media.beep_onsets_ms(coded_media.sound(report.path), 48_000, 500)) == 4


@pytest.mark.slow
def test_a_hole_of_nothing_costs_a_slate_for_as_long_as_a_chunk(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes before and after it is shown."""
    monkeypatch.setattr(shots, "CHUNK_MIN_S", 2)
    monkeypatch.setattr(shots, "CHUNK_MAX_S", 2)
    lesson.add(CAMERA, "amy", 0, 8000, sound=False)
    lesson.add(CAMERA, "bo", 0, 8000)
    emptied(lesson.path(0), 0.2, 0.8)
    report = lesson.render()
    assert "media_damaged" in [item.code for item in report.findings]
    shown = codes_shown(report, lesson)
    assert [line[1] and line[1].frame for line in shown] == list(range(120))
    assert all(line[0] for line in shown[:20])
    assert report.plan.frames == 120


def test_a_cover_in_front_of_the_picture_is_not_taken_for_it(lesson: Lesson, remade: Remade) -> None:
    """Players show the video."""
    lesson.add(CAMERA, "amy", 0, 2000)
    cover = lesson.media / "cover.png"
    Image.new("RGB", (64, 64), "red").save(cover)
    # The muxer puts a cover last; its box is moved to where the reader meets it first.
    remade("-i", str(cover), "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic")
    lesson.path(0).write_bytes(cover_first(lesson.path(0).read_bytes()))
    assert probe_media(lesson.path(0)).streams[0].kind == "cover"
    report = lesson.render()
    assert report.findings == ()
    assert wrong_frames(report, lesson) == []


def cover_first(movie: bytes) -> bytes:
    """Return an mp4, whose index is behind its data, with the box of its cover in front of its tracks."""
    at = movie.rindex(b"moov") - 4
    boxes: dict[bytes, list[bytes]] = {}
    inner = at + 8
    while inner < len(movie):
        (length,) = struct.unpack_from(">I", movie, inner)
        boxes.setdefault(movie[inner + 4 : inner + 8], []).append(movie[inner : inner + length])
        inner += length
    order = [*boxes[b"mvhd"], *boxes[b"udta"], *boxes[b"trak"]]
    return movie[: at + 8] + b"".join(order)


@pytest.mark.parametrize("aspect", ["9/1", "1/200"])
def test_pixels_of_a_shape_that_is_nonsense_are_square(lesson: Lesson, remade: Remade, aspect: str) -> None:
    lesson.add(CAMERA, "amy", 0, 1000)
    remade("-c", "copy", "-bsf:v", f"h264_metadata=sample_aspect_ratio={aspect}")
    report = lesson.render()
    assert [item.code for item in report.findings] == ["picture_unusual"]
    assert wrong_frames(report, lesson) == []


@pytest.mark.parametrize("size", [(4096, 2), (2, 4096)])
def test_a_picture_that_is_nearly_a_line_is_shown_as_one(
    lesson: Lesson, real_ffmpeg: Path, size: tuple[int, int]
) -> None:
    """Never as nothing, for which ffmpeg would fail."""
    lesson.add_row(CAMERA, "amy", 0, 1000)
    lesson.media.mkdir(parents=True)
    source = ["-f", "lavfi", "-i", f"color=red:s={size[0]}x{size[1]}:d=1"]
    command = [str(real_ffmpeg), "-nostdin", "-v", "error", *source]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(lesson.path(0))], check=True)
    report = lesson.render()
    assert report.slated_files == ()
    frame = next(coded_media.frames(report.path))[2].astype(int)
    assert ((frame[..., 0] - frame[..., 1]) > 60).sum() > 100


def test_a_turned_picture_of_oblong_pixels_has_its_shape(
    lesson: Lesson, remade: Remade, tmp_path: Path
) -> None:
    """The name over it lies on it, too."""
    lesson.add(CAMERA, "amy", 0, 1000, size=(240, 240))
    remade("-c", "copy", "-bsf:v", "h264_metadata=sample_aspect_ratio=4/3")
    remade("-c", "copy", before=("-display_rotation", "90"))
    report = lesson.render(size_px=(640, 480))
    facts = probe_media(lesson.path(0))
    assert facts.picture is not None
    assert facts.picture.shown_aspect == Fraction(3, 4)
    shown = picture_place(report.plan.scenes[0].tiles[0].rectangle, facts)
    image = next(coded_media.frames(report.path))[2].astype(int)
    lit = np.argwhere(abs(image - image[0, 0]).max(axis=2) > 60)
    (top, left), (bottom, right) = lit.min(axis=0), lit.max(axis=0) + 1
    assert (left, top) == pytest.approx((shown.x, shown.y), abs=3)
    assert (right, bottom) == pytest.approx((shown.x + shown.width, shown.y + shown.height), abs=3)


@pytest.mark.slow
def test_a_sound_that_changes_its_rate_and_channels_on_the_way(
    lesson: Lesson, real_ffmpeg: Path, tmp_path: Path
) -> None:
    """As a recorder does that goes on with another microphone: nothing is lost, and nobody else is moved."""
    lesson.add(CAMERA, "amy", 0, 6000)
    lesson.add(CAMERA, "bo", 0, 6000, beep_every_ms=700)
    parts = []
    for number, sound in enumerate((["-ar", "44100", "-ac", "1"], ["-ar", "22050", "-ac", "2"])):
        parts.append(tmp_path / f"{number}.flv")
        cut = [
            "-ss",
            str(3 * number),
            "-t",
            "3",
            "-i",
            str(lesson.path(0)),
            "-output_ts_offset",
            str(3 * number),
        ]
        command = [
            str(real_ffmpeg),
            "-nostdin",
            "-v",
            "error",
            *cut,
            *sound,
            "-c:v",
            "libx264",
            "-bf",
            "0",
            "-c:a",
            "aac",
        ]
        subprocess.run([*command, str(parts[-1])], check=True, capture_output=True)
    first, second = (part.read_bytes() for part in parts)
    lesson.path(0).write_bytes(first + second[13:])
    report = lesson.render()
    assert [str(item.severity) for item in report.findings if item.severity > Severity.INFO] == []
    assert report.slated_files == ()
    heard = coded_media.sound(report.path)
    # The two parts overlap by the frames that their encoders hold back.
    there = [coded_media.beep_onsets_ms(coded_media.sound(part), 48_000, 500) for part in parts]
    assert coded_media.beep_onsets_ms(heard, 48_000, 500) == pytest.approx([*there[0], *there[1]], abs=70)
    expected = list(range(0, 6000, 700))
    assert coded_media.beep_onsets_ms(heard, 48_000, 750) == pytest.approx(expected, abs=20)
