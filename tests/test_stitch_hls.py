"""Stitched tracks as HLS, read by m3u8 and by ffmpeg's own reader of playlists."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.conftest import AUDIO, BOARD, CAMERA, Lesson, lesson_of, row
from timeline.render.stitch_hls import with_dates
from timeline.render.stitch_run import StitchReport, stitch_tracks

m3u8 = pytest.importorskip("m3u8")


def stitch(lesson: Lesson, *, hls: bool = True) -> StitchReport:
    return stitch_tracks(lesson.load(), lesson.folder / "tracks", media=lesson.media, hls=hls)


def times(path: Path) -> list[Fraction]:
    """When each picture of a file is shown, s."""
    with av.open(str(path)) as container:
        found = [(p.pts, p.time_base) for p in container.demux(video=0) if p.pts is not None]
    return sorted(Fraction(pts) * base for pts, base in found if base is not None)


@pytest.mark.slow
def test_a_playlist_shows_the_same_pictures_at_the_same_times(lesson: Lesson) -> None:
    """From 0 on, whatever the delay of an encoder, through slates and seams; no gap, no discontinuity."""
    lesson.add(CAMERA, "amy", 2000, 7000)
    lesson.add(CAMERA, "amy", 12_000, 3000, size=(240, 320))
    lesson.add(BOARD, "", 0, 15_000, fps=5, sound=False)
    for track in stitch(lesson).tracks:
        assert track.playlist
        playlist = m3u8.load(str(track.playlist))
        assert sum(segment.duration for segment in playlist.segments) == pytest.approx(15, abs=0.1)
        assert playlist.is_endlist
        assert not any(segment.discontinuity or segment.gap_tag for segment in playlist.segments)
        assert {segment.uri for segment in playlist.segments} == {track.playlist.with_suffix(".m4s").name}
        one, other = times(track.path), times(track.playlist)
        assert len(one) == len(other) > 30
        assert one[0] == other[0] == 0
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) < Fraction(1, 1000)


def test_sound_alone_is_packaged_too(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 3000)
    lesson.add(AUDIO, "bo", 1000, 2000)
    report = stitch(lesson)
    playlists = [track.playlist for track in report.tracks]
    assert [path.name for path in playlists if path] == ["camera_01.m3u8", "audio_01.m3u8"]


def test_the_index_names_both_files_and_a_later_stitch_without_them_removes_them(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 2000)
    report = stitch(lesson)
    (track,) = json.loads(report.index.read_text())["tracks"]
    named = {entry["file"]: entry["size_bytes"] for entry in track["hls"]}
    assert named == {
        name: (report.folder / name).stat().st_size for name in ("camera_01.m3u8", "camera_01.m4s")
    }
    again = stitch(lesson, hls=False)
    assert sorted(path.name for path in again.folder.iterdir()) == ["camera_01.mp4", "visibility.json"]


def test_a_section_has_the_wall_time_of_its_first_segment() -> None:
    """After a pause of a minute, and only where a wall clock is known."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 10_000), row(CAMERA, "amy", 10_000, 10_000, "b.mp4"), pause_s=60)
    text = "#EXTM3U\n" + "#EXTINF:6.000000,\nx\n" * 3 + "#EXTINF:2.000000,\nx\n"
    segments = m3u8.loads(with_dates(text, lesson)).segments
    dates = [segment.program_date_time for segment in segments]
    assert [date is not None for date in dates] == [True, False, True, False]
    assert (dates[2] - dates[0]).total_seconds() == 12 + 60
