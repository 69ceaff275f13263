"""Rates, encoders, drafts, single frames and windows of a render."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests import coded_media
from tests.conftest import CAMERA, SCREEN, Cli, Lesson, codes_shown, place, tile_at, wrong_frames
from tests.test_render import slow
from timeline.errors import ParameterError
from timeline.media.examine import ExaminedMedia
from timeline.media.facts import MediaFacts, PictureFacts
from timeline.media.locate import LocatedMedia
from timeline.render import shots
from timeline.render.sources import best_rate
from timeline.render.video import render_frame


def examined(*rates: tuple[Fraction | int, int]) -> ExaminedMedia:
    """Files with these (average, busiest) rates."""
    still = PictureFacts("h264", 320, 240, Fraction(1), Fraction(0), 0, 1, 2)
    facts = {}
    for number, (average, busiest) in enumerate(rates):
        picture = replace(still, frame_rate=Fraction(average), most_frames_per_s=busiest)
        facts[number] = MediaFacts(Path("a"), "mov", 0, picture, None)
    return ExaminedMedia(LocatedMedia(None, {}, ()), facts, {}, {}, ())


NTSC, FILM = Fraction(30_000, 1001), Fraction(24_000, 1001)


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ([(15, 15)], 15),
        ([(15, 15), (25, 25)], 25),
        ([(NTSC, 30)], NTSC),
        ([(FILM, 24)], FILM),
        ([(24, 24)], 24),
        ([(60, 60)], 30),
        ([(Fraction(62, 5), 30)], 30),  # varies, up to 30 in a second
        ([(Fraction(1493, 100), 15)], 15),
        ([(1, 1)], 10),
        ([], 10),
        ([(0, 0)], 10),
    ],
)
def test_the_rate_of_an_output_is_the_highest_of_its_files(
    rates: list[tuple[Fraction | int, int]], best: Fraction | int
) -> None:
    assert best_rate(examined(*rates)) == best


def test_auto_is_the_default(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 2000, fps=25)
    lesson.add(SCREEN, "amy", 0, 2000, fps=1, sound=False)
    report = lesson.render(frame_rate="auto")
    assert report.plan.frame_rate == 25
    assert wrong_frames(report, lesson) == []


@pytest.mark.parametrize("encoder", ["mpeg4", slow("libx265"), slow("libvpx-vp9")])
def test_any_encoder_of_the_build_may_be_used(lesson: Lesson, encoder: str) -> None:
    lesson.add(CAMERA, "amy", 0, 2000)
    report = lesson.render(encoder=encoder)
    with av.open(str(report.path)) as video:
        codec = video.streams.video[0].codec_context.codec.name
    assert codec in (encoder, {"libx265": "hevc", "libvpx-vp9": "vp9"}.get(encoder))
    assert [line[0] and line[0].file for line in codes_shown(report, lesson)] == [1] * 30


@pytest.mark.parametrize("encoder", ["h264_nvenc", "nonsense", "-y", "a b"])
def test_an_encoder_that_does_not_work_is_refused_before_anything_is_encoded(
    lesson: Lesson, encoder: str
) -> None:
    """With what ffmpeg says."""
    lesson.add(CAMERA, "amy", 0, 1000)
    with pytest.raises(ParameterError, match=r"does not work here: .*|expected the name of an encoder"):
        lesson.render(encoder=encoder)
    assert not (lesson.folder / "out.mp4").exists()


def test_a_draft_is_small_and_shows_the_same(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 3000)
    report = lesson.render(draft=True, size_px=None, frame_rate="auto")
    assert (report.plan.width_px, report.plan.height_px) == (640, 360)
    assert report.plan.frame_rate == 10
    assert wrong_frames(report, lesson) == []


@pytest.mark.slow
def test_a_draft_is_several_times_as_fast(lesson: Lesson) -> None:
    for number in range(4):
        lesson.add(CAMERA, f"u{number}", 0, 20_000, fps=30, size=(640, 480))
    took_s = []
    for draft in (False, True):
        began_s = time.monotonic()
        cache = lesson.folder / str(draft)
        lesson.render(f"{draft}.mp4", draft=draft, size_px=None, frame_rate="auto", cache=cache)
        took_s.append(time.monotonic() - began_s)
    assert took_s[0] > 2 * took_s[1]


@pytest.mark.parametrize("at_ms", [0, 1234, 2999, 99_999])
def test_a_single_frame_is_that_of_the_video(lesson: Lesson, at_ms: int) -> None:
    """The same source picture in the same place; beyond the end it is the last one."""
    lesson.add(CAMERA, "amy", 0, 3000)
    lesson.add(CAMERA, "bo", 1000, 2000)
    video = lesson.render()
    report = render_frame(
        lesson.load(),
        lesson.folder / "f.png",
        at_ms,
        media=lesson.media,
        size_px=(640, 360),
        frame_rate=15,
        labels=False,
    )
    with Image.open(report.path) as png:
        image = np.asarray(png.convert("RGB"))
    number = min(round(at_ms * 15 / 1000), 44)
    shown = codes_shown(video, lesson)[number]
    for region in range(2):
        tile = tile_at(video.plan, number, region)
        assert coded_media.read_code(image, place(tile), (320, 240)) == shown[region]


def test_the_command_writes_a_frame(cli: Cli, lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 3000)
    picture = lesson.folder / "f.png"
    answer = cli("render", lesson.write(), "--frame", "0:01.5", "-o", picture, "--size", "320x240")
    assert (answer.status, answer.last_line) == (0, f"wrote {picture}")
    with Image.open(picture) as image:
        assert image.size == (320, 240)
    answer = cli("render", lesson.folder, "--frame", "1", "-o", lesson.folder / "f.jpg")
    assert answer.status == 2
    assert "expected a file ending in .png" in answer.err


def test_a_window_of_whole_chunks_holds_the_very_bytes_of_the_whole(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And costs nothing once they are there."""
    monkeypatch.setattr(shots, "CHUNK_MIN_S", 1)
    monkeypatch.setattr(shots, "CHUNK_MAX_S", 1)
    lesson.add(CAMERA, "amy", 0, 6000)
    whole, window = lesson.render("whole.mp4"), lesson.render("w.mp4", start_ms=2000, end_ms=5000)

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as video:
            return [bytes(packet) for packet in video.demux(video=0) if packet.size]

    assert packets(window.path) == packets(whole.path)[30:75]


@pytest.mark.parametrize("rate", [10, 12, 15])
@pytest.mark.parametrize("gaps", ["card", "hold"])
def test_the_last_picture_is_not_lost_where_the_output_is_slower(
    lesson: Lesson, rate: int, gaps: str
) -> None:
    """It lasts less than a frame of the output, and stays through a seam and beyond an early end."""
    lesson.add(CAMERA, "amy", 0, 2000, fps=30, sound=False)
    lesson.add(CAMERA, "amy", 2400, 1600, fps=30, sound=False)
    report = lesson.render(frame_rate=rate, gaps=gaps)
    shown = codes_shown(report, lesson)
    seam = [line[0] for number, line in enumerate(shown) if 2000 < number * 1000 / rate < 2350]
    assert seam
    assert all(code and code.file == 1 and code.frame >= 59 - 30 // rate for code in seam)
    window = lesson.render("w.mp4", frame_rate=rate, gaps=gaps, start_ms=2100, end_ms=2300)
    assert all(line[0] and line[0].file == 1 for line in codes_shown(window, lesson))
