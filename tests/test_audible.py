"""What is to be heard: every single stream once, no voice twice."""

from __future__ import annotations

from tests.builders import board, lesson, roster, row
from timeline.audible import audible_clips, audible_tracks
from timeline.model import Timeline


def track_ids(read: Timeline) -> list[str]:
    """Return the ids of the tracks to be heard."""
    return [track.id for track in audible_tracks(read)]


def heard(read: Timeline, track_id: str) -> list[tuple[int, int, int]]:
    """Return (start, end, media start) of what is heard of a track."""
    return [
        (clip.start_ms, clip.end_ms, clip.media_start_ms)
        for track, clip in audible_clips(read)
        if track.id == track_id
    ]


def test_every_camera_and_screen_is_heard() -> None:
    """Single streams with a microphone are all heard; a whiteboard has none."""
    assert track_ids(lesson(row("amy"), row("bo"), row("amy", kind="screen"), board())) == [
        "camera:amy",
        "camera:bo",
        "screen:amy",
    ]


def test_the_teacher_leads() -> None:
    """The first track leads the clock of a player."""
    assert track_ids(lesson(row("amy"), row("lin", 3000), roster=roster(lin="teacher"))) == [
        "camera:lin",
        "camera:amy",
    ]


def test_mixed_streams_are_silent_beside_single_ones() -> None:
    """They repeat what the single ones say."""
    assert track_ids(lesson(row("amy"), row("m1", kind="mixed"))) == ["camera:amy"]


def test_one_mixed_stream_is_heard_where_nothing_else_is() -> None:
    """Two mixed streams repeat each other, so only the first is heard."""
    read = lesson(row("m1", kind="mixed"), row("m2", kind="mixed"), board())

    assert track_ids(read) == ["mixed:m1"]
    assert [track.id for track, _ in audible_clips(read)] == ["mixed:m1"]


def test_a_lesson_of_whiteboards_is_silent() -> None:
    """There is nothing to be heard, and that is no error."""
    assert track_ids(lesson(board())) == []
    assert audible_clips(lesson(board())) == ()


def test_a_lone_sound_file_is_heard_whole() -> None:
    """Also beside the cameras of others."""
    read = lesson(row("amy", 0, 9000), row("bo", 1000, 5000, kind="audio"))

    assert track_ids(read) == ["camera:amy", "audio:bo"]
    assert heard(read, "audio:bo") == [(1000, 6000, 0)]


def test_a_sound_file_is_cut_where_its_users_camera_plays() -> None:
    """The voice is in the camera file too; what is left keeps its place in the sound file."""
    read = lesson(row("amy", 0, 20_000, kind="audio"), row("amy", 4000, 5000), row("amy", 12_000, 2000))

    assert heard(read, "audio:amy") == [(0, 4000, 0), (9000, 12_000, 9000), (14_000, 20_000, 14_000)]
    assert heard(read, "camera:amy") == [(4000, 9000, 0), (12_000, 14_000, 0)]


def test_a_sound_track_that_doubles_its_camera_is_not_heard_as_a_whole() -> None:
    """A player cannot cut, so the whole track is left to the camera; touching is not doubling."""
    assert track_ids(lesson(row("amy", 0, 5000), row("amy", 4999, 5000, kind="audio"))) == ["camera:amy"]
    assert track_ids(lesson(row("amy", 0, 5000), row("amy", 5000, 5000, kind="audio"))) == [
        "camera:amy",
        "audio:amy",
    ]


def test_streams_of_unknown_type_are_heard() -> None:
    """They may hold a voice that nothing else has."""
    assert track_ids(lesson(row("amy", video_type=9))) == ["other9:amy"]
