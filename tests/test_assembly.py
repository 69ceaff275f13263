"""From rows to tracks: identity, order, overlaps, and that the order of the list never matters."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import oracle
from tests.builders import Row, board, codes, lesson, result_rows, row
from timeline.assembly import assemble
from timeline.export.manifest import to_manifest
from timeline.model import Timeline, Track
from timeline.results.recording import RecordedFile, RecordingResult


def pieces(track: Track) -> list[tuple[int, int, int, int]]:
    """Return (start, end, row, media start) of each clip."""
    return [(c.start_ms, c.end_ms, c.media.position, c.media_start_ms) for c in track.clips]


@given(result_rows())
def test_tracks_are_those_of_the_oracle(rows: list[Row]) -> None:
    """Ids, clips, overlaps and length agree with a second, naive implementation."""
    read = lesson(*rows)

    assert {track.id: pieces(track) for track in read.tracks} == oracle.tracks(rows)
    assert {track.duration_ms for track in read.tracks} == {read.duration_ms} == {oracle.duration_ms(rows)}


def facts(read: Timeline) -> dict[str, Any]:
    """Return the manifest without the findings, which name rows by their place in the list."""
    return to_manifest(read) | {"findings": sorted(item.code for item in read.findings)}


@given(result_rows().flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_list_does_not_matter(lists: tuple[list[Row], list[Row]]) -> None:
    """A shuffled list gives the same manifest and the same kinds of finding."""
    rows, shuffled = lists

    assert facts(lesson(*shuffled, surplus_s=30)) == facts(lesson(*rows, surplus_s=30))


@pytest.mark.parametrize("key", ["video_format", "video_size"])
def test_the_order_does_not_matter_between_rows_that_differ_little(key: str) -> None:
    """Of two rows of one place, length, url and id the same one plays, whichever comes first."""
    one, other = ({key: "mp4"}, {key: "webm"}) if key == "video_format" else ({key: 1}, {key: 2})
    rows = [row("amy", **one), row("amy", **other)]
    read, reversed_ = lesson(*rows), lesson(*rows[::-1])

    def played(read: Timeline) -> tuple[str, int | None]:
        media = read.tracks[0].clips[0].media
        return media.mime, media.size_bytes

    assert played(read) == played(reversed_)


@given(result_rows(), st.data())
def test_splitting_a_row_changes_no_gap_and_no_answer(rows: list[Row], data: st.DataObject) -> None:
    """Two adjacent files play when the one file played, for every user at every instant."""
    number = data.draw(st.sampled_from([i for i, one in enumerate(rows) if one["video_duration"] > 0]))
    whole = rows[number]
    cut_ms = data.draw(st.integers(0, whole["video_duration"]))
    halves = [
        whole | {"video_duration": cut_ms, "video_url": "http://media.example/first.mp4"},
        whole
        | {
            "video_play_time": whole["video_play_time"] + cut_ms,
            "video_duration": whole["video_duration"] - cut_ms,
            "video_url": "http://media.example/second.mp4",
        },
    ]
    before, after = lesson(*rows), lesson(*rows[:number], *halves, *rows[number + 1 :])

    assert {t.id: t.gaps() for t in after.tracks} == {t.id: t.gaps() for t in before.tracks}
    for at_ms in {scene.start_ms for read in (before, after) for scene in read.scenes()}:
        assert list(after.at(at_ms)) == list(before.at(at_ms))


def test_kind_and_user_make_a_track() -> None:
    """One track per kind and user; a user id may hold a colon."""
    users = [row("amy", kind=kind) for kind in ("audio", "screen", "camera")]
    read = lesson(*users, row("a:b"), board(), row("", kind="mixed"), row("amy", video_type=9))

    assert [(track.id, track.kind, track.user_id) for track in read.tracks] == [
        ("camera:a:b", "camera", "a:b"),
        ("camera:amy", "camera", "amy"),
        ("screen:amy", "screen", "amy"),
        ("whiteboard", "whiteboard", None),
        ("mixed", "mixed", None),
        ("audio:amy", "audio", "amy"),
        ("other9:amy", "other9", "amy"),
    ]


def test_who_came_first_is_listed_first() -> None:
    """Within a kind tracks are listed by their first clip, then by user."""
    read = lesson(row("cy", 0), row("amy", 2000), row("bo", 0))

    assert [track.user_id for track in read.tracks] == ["bo", "cy", "amy"]


def test_the_later_file_wins_from_its_start() -> None:
    """Where files of a track overlap, the one that started later plays; the other goes on after it."""
    read = lesson(row("amy", 0, 10_000), row("amy", 3000, 2000))

    assert pieces(read.tracks[0]) == [(0, 3000, 0, 0), (3000, 5000, 1, 0), (5000, 10_000, 0, 5000)]


def test_what_an_overlap_hides_is_told() -> None:
    """The finding says of which file how much is not used."""
    read = lesson(row("amy", 0, 5000), row("amy", 3000, 4000))

    assert [(item.code, item.at_ms, item.where) for item in read.findings] == [
        ("clips_overlap", 0, "camera:amy")
    ]
    assert "0:00:02 of the file that starts at 0:00:00" in read.findings[0].message


def test_of_equal_starts_the_longer_file_wins() -> None:
    """So nothing of it is lost."""
    read = lesson(row("amy", 0, 5000), row("amy", 0, 9000))

    assert pieces(read.tracks[0]) == [(0, 9000, 1, 0)]
    assert codes(read) == ["clips_overlap"]


def test_different_tracks_do_not_overlap() -> None:
    """Camera and screen of one user play side by side."""
    read = lesson(row("amy"), row("amy", kind="screen"), row("bo"))

    assert codes(read) == []


@pytest.mark.parametrize(
    ("fields", "mime"),
    [
        ({"video_format": "mp4"}, "video/mp4"),
        ({"video_format": "MP4"}, "video/mp4"),
        ({"video_format": "webm"}, "video/webm"),
        ({"video_format": "text/html"}, "video/mp4"),
        ({"video_format": None}, "video/mp4"),
        ({"video_format": None, "video_type": 4}, "audio/mpeg"),
        ({"video_format": "mp3", "video_type": 4}, "audio/mpeg"),
    ],
)
def test_the_format_names_the_media_type(fields: dict[str, Any], mime: str) -> None:
    """An unknown format is taken as mp4, or as mp3 for sound; a stranger's text is never a media type."""
    assert lesson(row("amy", **fields)).tracks[0].clips[0].media.mime == mime


def test_the_length_is_the_largest_end() -> None:
    """Of all kinds, whatever the result claims."""
    assert lesson(row("amy", 0, 9000), row("m", 0, 12_345, kind="mixed"), total_time=1).duration_ms == 12_345


def test_the_last_file_need_not_end_last() -> None:
    """A short file after a long one began does not shorten the lesson."""
    assert lesson(row("amy", 0, 9000), row("bo", 8000, 500)).duration_ms == 9000


def clips_in_step(*, clips: int, hole_ms: int, kinds: tuple[str, ...]) -> RecordingResult:
    """Return a result of eight tracks whose files are all switched every second."""
    files = tuple(
        RecordedFile(
            position=i,
            kind=kinds[i % len(kinds)],
            user_id=f"u{i % 8 // len(kinds)}",
            start_ms=i // 8 * 1000,
            duration_ms=1000 - hole_ms,
            url=f"http://media.example/{i}.mp4",
            video_id=str(i),
            format="mp4",
            size_bytes=1,
        )
        for i in range(clips)
    )
    stop_ms = clips // 8 * 1000 + 60_000
    return RecordingResult("1", None, 1, stop_ms, (), files, ())


@pytest.mark.parametrize(
    ("hole_ms", "kinds"),
    [(0, ("camera",)), (600, ("camera",)), (0, ("camera", "audio")), (-500, ("camera",))],
    ids=["touching", "apart", "camera and sound", "overlapping"],
)
def test_work_grows_with_the_clips_and_not_with_their_square(hole_ms: int, kinds: tuple[str, ...]) -> None:
    """20 000 clips are assembled and written within 2 s of one processor, however they lie."""
    recorded = clips_in_step(clips=20_000, hole_ms=hole_ms, kinds=kinds)
    began_s = time.process_time()

    to_manifest(assemble(recorded))

    assert time.process_time() - began_s < 2
