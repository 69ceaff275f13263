"""What the files of a lesson allow: damage costs a slate and a finding, never the lesson."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from tests import coded_media
from tests.conftest import (
    AUDIO,
    BOARD,
    CAMERA,
    MIXED,
    SCREEN,
    Lesson,
    codes_shown,
    names_in,
    place,
    wrong_frames,
)
from timeline.errors import MediaNotFoundError
from timeline.findings import Severity
from timeline.media.examine import examine_media
from timeline.render.sources import Obstacles, known_files, slate_reasons
from timeline.render.video import RenderReport

Damage = Callable[[Path], None]


@pytest.fixture
def pair(lesson: Lesson) -> Lesson:
    """Amy's camera is healthy; bo's is for a test to damage."""
    lesson.add(CAMERA, "amy", 0, 3000)
    lesson.add(CAMERA, "bo", 0, 3000)
    return lesson


def files_seen(report: RenderReport, lesson: Lesson) -> list[set[int]]:
    """Which files' codes each region ever shows."""
    shown = codes_shown(report, lesson)
    return [{c.file for c in column if c} for column in zip(*shown, strict=True)]


def secret(path: Path) -> None:
    """Put a healthy video of another code beside *path*, under the name that playlists mention."""
    coded_media.write_video(path.parent / "sibling.mp4", duration_ms=3000, code=99, tone_hz=2000)


def text(content: str) -> Damage:
    """Damage that replaces a file by text; a healthy sibling lies beside it."""

    def write(path: Path) -> None:
        secret(path)
        path.write_text(content.replace("SIBLING", str(path.parent / "sibling.mp4")), encoding="utf-8")

    return write


def emptied(path: Path) -> None:
    """Leave nothing of a file."""
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    """Cut a file at its half; its index is at its end and lost."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES: dict[str, tuple[Damage, str, str]] = {
    "missing": (Path.unlink, "media_missing", "file missing"),
    "empty": (emptied, "media_unreadable", "file is empty"),
    "html": (text("<!doctype html><html><body>403</body></html>"), "media_unreadable", "not a video"),
    "hls": (
        text("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nSIBLING\n#EXTINF:3,\nsibling.mp4\n#EXT-X-ENDLIST\n"),
        "media_unreadable",
        "not a video",
    ),
    "ffconcat": (text("ffconcat version 1.0\nfile sibling.mp4\n"), "media_unreadable", "not a video"),
    "dash": (
        text(
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
            '<AdaptationSet><Representation id="0" mimeType="video/mp4"><BaseURL>SIBLING</BaseURL>'
            "</Representation></AdaptationSet></Period></MPD>"
        ),
        "media_unreadable",
        "not a video",
    ),
    "disguised": (
        text("#EXTftypM3U\n#EXTINF:3,\nsibling.mp4\n#EXT-X-ENDLIST\n"),
        "media_unreadable",
        "file is damaged",
    ),
    "truncated": (truncated, "media_unreadable", "file is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_file_costs_a_slate_and_a_finding(pair: Lesson, damage: str) -> None:
    """The rest is rendered, the report says which file; nothing beside it is opened, seen or heard."""
    break_it, code, reason = DAMAGES[damage]
    break_it(pair.path(1))
    report = pair.render()
    (item,) = report.findings
    assert (item.code, item.severity) == (code, Severity.ERROR)
    assert item.at_ms == 0
    assert "f1.mp4" in item.message
    assert report.slated_files == (1,)
    assert [tile.lost for tile in report.plan.scenes[0].tiles] == [None, 1]
    assert slate_reasons(examine_media(pair.load(), pair.media), Obstacles())[1] == reason
    assert files_seen(report, pair) == [{1}, set()]
    sound = coded_media.sound(report.path)
    assert coded_media.beep_onsets_ms(sound, 48_000, 2000) == []
    assert len(coded_media.beep_onsets_ms(sound, 48_000, 500)) == 3


def test_a_slate_is_drawn_where_the_picture_is_missing(pair: Lesson) -> None:
    """A card with a text, not the bare canvas."""
    pair.path(1).unlink()
    report = pair.render()
    x, y, width, height = place(report.plan.scenes[0].tiles[1])
    tile = next(coded_media.frames(report.path))[2][y : y + height, x : x + width].astype(int)
    assert abs(tile[8, width // 2] - (0x22, 0x28, 0x31)).max() < 12
    assert (tile.min(axis=2) > 150).sum() > 20


def test_a_file_cut_in_half_with_its_index_in_front_is_shown_as_far_as_it_goes(
    pair: Lesson, real_ffmpeg: Path
) -> None:
    """Then a slate; the lesson keeps its length."""
    fast = pair.media / "fast.mp4"
    command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(pair.path(1)), "-c", "copy"]
    subprocess.run([*command, "-movflags", "+faststart", str(fast)], check=True)
    pair.path(1).write_bytes(fast.read_bytes()[: fast.stat().st_size // 2])
    fast.unlink()
    report = pair.render()
    assert [item.code for item in report.findings] == ["media_cut_short", "media_short"]
    assert report.plan.frames == 45
    bo = [line[1] for line in codes_shown(report, pair)]
    real_ms = report.findings[1].at_ms
    assert real_ms is not None
    assert 500 < real_ms < 2500
    assert all(bo[: real_ms * 15 // 1000])
    assert len(coded_media.beep_onsets_ms(coded_media.sound(report.path), 48_000, 500)) == 3


def test_a_file_much_shorter_than_declared_holds_its_last_picture_for_a_second(lesson: Lesson) -> None:
    """Then a slate takes its place, and the sound of others goes on."""
    lesson.add(CAMERA, "amy", 0, 5000, real_ms=2000)
    lesson.add(CAMERA, "bo", 0, 5000)
    report = lesson.render()
    (item,) = report.findings
    assert (item.code, item.severity, item.at_ms) == ("media_short", Severity.WARNING, 2000)
    assert report.slated_files == (0,)
    shown = [line[0] and line[0].frame for line in codes_shown(report, lesson)]
    assert shown == [*range(30), *[29] * 15, *[None] * 30]
    assert len(coded_media.beep_onsets_ms(coded_media.sound(report.path), 48_000, 750)) == 5


@pytest.mark.parametrize("start_ms", [2000, 2300, 2900])
def test_a_window_that_begins_in_that_second_shows_the_last_picture(lesson: Lesson, start_ms: int) -> None:
    """As the whole render does."""
    lesson.add(CAMERA, "amy", 0, 5000, real_ms=2000)
    report = lesson.render(start_ms=start_ms, end_ms=3000)
    shown = [line[0] and line[0].frame for line in codes_shown(report, lesson)]
    assert shown == [29] * report.plan.frames


def test_the_last_picture_of_a_file_that_breaks_off_inside_of_one_is_held(
    lesson: Lesson, real_ffmpeg: Path
) -> None:
    """The last whole one is found also when a window begins after it."""
    lesson.add(CAMERA, "amy", 0, 6000, sound=False)
    fast = lesson.media / "fast.mp4"
    command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(lesson.path(0)), "-c", "copy"]
    subprocess.run([*command, "-movflags", "+faststart", str(fast)], check=True)
    with av.open(str(fast)) as source:
        packet = [packet for packet in source.demux(video=0) if packet.pos][40]
        assert packet.pos is not None
        end = packet.pos + packet.size // 2
    lesson.path(0).write_bytes(fast.read_bytes()[:end])
    fast.unlink()
    report = lesson.render(start_ms=2900, end_ms=3300)
    shown = [line[0] and line[0].frame for line in codes_shown(report, lesson)]
    assert shown == [39] * report.plan.frames


@pytest.mark.parametrize("lack_ms", [20, 67, 300, 467])
def test_a_file_a_little_shorter_than_declared_is_as_declared(lesson: Lesson, lack_ms: int) -> None:
    """Its last picture stays; neither finding nor slate, up to half a second, and into the next file."""
    lesson.add(SCREEN, "amy", 0, 2000, real_ms=2000 - lack_ms, sound=False)
    lesson.add(SCREEN, "amy", 2400, 1600, sound=False)
    report = lesson.render()
    assert report.findings == ()
    assert report.slated_files == ()
    assert None not in [line[0] for line in codes_shown(report, lesson)]
    assert wrong_frames(report, lesson) == []


def test_a_file_longer_than_declared_is_cut(lesson: Lesson) -> None:
    """The result says how long it plays."""
    lesson.add(CAMERA, "amy", 0, 2000, real_ms=6000)
    lesson.add(CAMERA, "bo", 0, 4000)
    report = lesson.render()
    assert [(item.code, item.at_ms) for item in report.findings] == [("media_long", 2000)]
    assert wrong_frames(report, lesson) == []
    onsets = coded_media.beep_onsets_ms(coded_media.sound(report.path), 48_000, 500)
    assert onsets == pytest.approx([0, 1000], abs=20)


def test_a_camera_that_holds_only_sound_is_heard_and_slated(pair: Lesson, real_ffmpeg: Path) -> None:
    """A finding says that the picture is missing."""
    only = pair.media / "only.m4a"
    command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(pair.path(1)), "-vn", "-c", "copy"]
    subprocess.run([*command, str(only)], check=True)
    shutil.move(only, pair.path(1))
    report = pair.render()
    assert [item.code for item in report.findings] == ["picture_missing"]
    assert report.slated_files == (1,)
    assert slate_reasons(examine_media(pair.load(), pair.media), Obstacles())[1] == "sound only"
    onsets = coded_media.beep_onsets_ms(coded_media.sound(report.path), 48_000, 750)
    assert onsets == pytest.approx([0, 1000, 2000], abs=20)


def test_all_files_missing_is_an_error_that_names_them_all(pair: Lesson) -> None:
    """And nothing is written."""
    for index in (0, 1):
        pair.path(index).unlink()
    before = names_in(pair.folder)
    with pytest.raises(MediaNotFoundError) as caught:
        pair.render()
    assert "http://media.example/f0.mp4" in str(caught.value)
    assert "http://media.example/f1.mp4" in str(caught.value)
    assert names_in(pair.folder) == before


def test_without_a_media_folder_the_error_says_where_files_are_looked_for(pair: Lesson) -> None:
    """And lists them."""
    with pytest.raises(MediaNotFoundError, match=r"--media.*f0\.mp4.*f1\.mp4"):
        pair.render(media=None)


def test_all_files_unusable_is_an_error_with_the_reasons(pair: Lesson) -> None:
    """They are there, but no media."""
    for index in (0, 1):
        pair.path(index).write_bytes(b"<html>")
    with pytest.raises(MediaNotFoundError, match="neither mp4"):
        pair.render()


def test_a_missing_mixed_file_is_no_loss_beside_single_ones(pair: Lesson) -> None:
    """It is left out of picture and sound anyway: no slate took its place."""
    pair.add_row(MIXED, "mix", 0, 3000)
    report = pair.render()
    assert report.slated_files == ()
    assert wrong_frames(report, pair) == []


def test_a_missing_file_outside_the_window_is_no_loss(pair: Lesson) -> None:
    """Nothing of the output is replaced by a slate."""
    pair.add_row(CAMERA, "cy", 2000, 1000)
    report = pair.render(start_ms=0, end_ms=1500)
    assert report.slated_files == ()


def test_a_sound_only_file_that_is_missing_is_a_finding(pair: Lesson) -> None:
    """Something that should be heard is lost."""
    pair.add_row(AUDIO, "cy", 0, 3000)
    report = pair.render()
    assert [item.code for item in report.findings] == ["media_missing"]
    assert report.slated_files == (2,)


def test_a_sound_only_file_that_ends_early_is_a_finding(lesson: Lesson, real_ffmpeg: Path) -> None:
    """Half of what was said is lost."""
    lesson.add(CAMERA, "amy", 0, 4000)
    lesson.add(AUDIO, "bo", 0, 4000, real_ms=1500)
    only = lesson.media / "only.m4a"
    command = [str(real_ffmpeg), "-nostdin", "-v", "error", "-i", str(lesson.path(1)), "-vn", "-c", "copy"]
    subprocess.run([*command, str(only)], check=True)
    shutil.move(only, lesson.path(1))
    assert [item.code for item in lesson.render().findings] == ["media_short"]


def test_each_file_is_looked_at_once(lesson: Lesson) -> None:
    """Also one that lies in several pieces on its track."""
    lesson.add(CAMERA, "amy", 0, 5000)
    lesson.add(CAMERA, "amy", 1000, 1000)
    lesson.path(0).unlink()
    examined = examine_media(lesson.load(), lesson.media)
    assert [item.code for item in examined.findings] == ["media_missing"]
    assert examined.lost == {0: "file missing"}
    assert set(known_files(lesson.load(), examined, Obstacles())) == {0, 1}


def test_a_whiteboard_that_is_missing_is_slated_too(lesson: Lesson) -> None:
    """With the others as they are."""
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.add_row(BOARD, "", 0, 2000)
    report = lesson.render()
    assert files_seen(report, lesson) == [set(), {1}]
    assert report.slated_files == (1,)
