"""Segment tables of meetings, hundreds of spans per speaker, against a count of single milliseconds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import pairwise

import pytest

import timeline
from tests.builders import lesson
from tests.meetings import NAMES, REAL, Meeting, Piece, meeting
from timeline.model import Timeline

BRIDGES_MS = [0, 1, 200, 500, 3000, 60_000]

Span = tuple[int, int]


# --- the oracle ------------------------------------------------------------------------------------------


def runs(covered: bytes, value: int) -> list[Span]:
    """Return the stretches of ms that have this value."""
    found = []
    start_ms = covered.find(value)
    while start_ms >= 0:
        end_ms = covered.find(1 - value, start_ms)
        end_ms = len(covered) if end_ms < 0 else end_ms
        found.append((start_ms, end_ms))
        start_ms = covered.find(value, end_ms)
    return found


def holes(covered: bytes) -> list[tuple[int, int, str]]:
    """Return the stretches of ms that nothing covers, each with its kind."""
    found = []
    for start, end in runs(covered, 0):
        if (start, end) == (0, len(covered)):
            kind = "absence"
        elif start == 0:
            kind = "late_start"
        elif end == len(covered):
            kind = "early_end"
        else:
            kind = "seam" if end - start <= 500 else "absence"
        found.append((start, end, kind))
    return found


def bridged(covered: bytes, max_gap_ms: int) -> list[Span]:
    """Return the covered stretches, with short holes between two of them filled up."""
    filled = bytearray(covered)
    for start, end in runs(covered, 0):
        if start > 0 and end < len(covered) and end - start <= max_gap_ms:
            filled[start:end] = b"\1" * (end - start)
    return runs(bytes(filled), 1)


def playing(pieces: Mapping[str, list[Piece]], at_ms: int) -> dict[str, int]:
    """Return what plays at one instant: the index of the row by track."""
    return {who: index for who, some in pieces.items() for start, end, index in some if start <= at_ms < end}


def edges_of(meeting: Meeting) -> list[int]:
    """Return every instant at which a piece begins or ends, and both ends of the meeting."""
    edges = {edge for some in meeting.pieces.values() for piece in some for edge in piece[:2]}
    return sorted(edges | {0, meeting.end_ms})


def random_windows(name: str, how_many: int = 12) -> Iterator[Span]:
    """Yield windows of a meeting: from all of it to a few ms, some between two edges."""
    drawn, table = random.Random(f"windows of {name}"), meeting(name)
    edges = edges_of(table)
    yield 0, table.end_ms
    for _ in range(how_many):
        start_ms, end_ms = sorted(drawn.sample(edges, 2))
        yield start_ms, end_ms
        start_ms = drawn.randrange(table.end_ms)
        yield start_ms, min(table.end_ms, start_ms + drawn.choice([1, 50, 3000, 120_000, 900_000]))


def answer(read: Timeline, at_ms: int) -> dict[str, int]:
    """Return `playing` as the lesson itself tells it."""
    return {who: clip.media.position for who, clip in read.at(at_ms).items()}


every_table = pytest.mark.parametrize("name", NAMES)


# --- the tests -------------------------------------------------------------------------------------------


def test_real_meetings_are_among_the_tables() -> None:
    """Where they are; without them only generated tables are checked."""
    if not REAL:
        pytest.skip("no *.rttm file: set TIMELINE_RTTM to a folder of RTTM files to check real meetings")
    assert all(len(meeting(path.name).rows) > 100 for path in REAL)


@every_table
def test_a_table_is_as_hard_as_it_should_be(name: str) -> None:
    """Hundreds of rows, each of them used, and speakers who overlap."""
    table = meeting(name)

    assert len(table.rows) > 200
    assert not {"duplicate_row", "row_unusable"} & {item.code for item in table.lesson.findings}
    assert any(len(playing(table.pieces, ms)) > 1 for ms in edges_of(table))


def test_one_table_has_speakers_who_overlap_themselves() -> None:
    """Some of its rows go on after another one lay over them."""
    pieces = meeting("over themselves").pieces

    assert all(len(some) > 250 for some in pieces.values())


@every_table
def test_each_speaker_is_a_track(name: str) -> None:
    """What plays of which row, from which ms of it."""
    table = meeting(name)

    assert table.lesson.duration_ms == table.end_ms
    assert {track.id for track in table.lesson.tracks} == set(table.pieces)
    for who, pieces in table.pieces.items():
        clips = table.lesson.track(who).clips
        assert [(clip.start_ms, clip.end_ms, clip.media.position) for clip in clips] == pieces
        assert [clip.start_ms - clip.media_start_ms for clip in clips] == [
            table.rows[index]["video_play_time"] for _, _, index in pieces
        ]


@every_table
def test_gaps_are_the_uncovered_ms(name: str) -> None:
    """Place and kind."""
    table = meeting(name)

    for who, covered in table.covered.items():
        assert list(table.lesson.track(who).gaps()) == holes(covered)


@every_table
@pytest.mark.parametrize("min_ms", [0, 1, 500, 501, 5000])
def test_gaps_in_a_window_are_the_uncovered_ms_in_it(name: str, min_ms: int) -> None:
    """Cut at its edges, of the kind they have in the whole; short ones are left out."""
    table = meeting(name)

    for low, high in random_windows(name):
        for who, covered in table.covered.items():
            cut = [(max(a, low), min(b, high), kind) for a, b, kind in holes(covered)]
            expected = [(a, b, kind) for a, b, kind in cut if b > a and b - a >= min_ms]
            assert list(table.lesson.track(who).gaps((low, high), min_ms=min_ms)) == expected


@every_table
@pytest.mark.parametrize("max_gap_ms", BRIDGES_MS)
def test_merged_stretches_are_the_covered_ms(name: str, max_gap_ms: int) -> None:
    """With holes of that length filled up."""
    table = meeting(name)

    for who, covered in table.covered.items():
        assert list(table.lesson.track(who).merged(max_gap_ms=max_gap_ms)) == bridged(covered, max_gap_ms)


@every_table
def test_what_plays_at_every_edge(name: str) -> None:
    """And a ms before and after it."""
    table = meeting(name)

    for edge in edges_of(table):
        for at_ms in (edge - 1, edge, edge + 1):
            assert answer(table.lesson, at_ms) == playing(table.pieces, at_ms)


@every_table
def test_scenes_change_at_the_edges(name: str) -> None:
    """At each of them, and nowhere else."""
    table = meeting(name)

    scenes = [
        (scene.start_ms, scene.end_ms, {who: clip.media.position for who, clip in scene.clips.items()})
        for scene in table.lesson.scenes()
    ]

    assert scenes == [(low, high, playing(table.pieces, low)) for low, high in pairwise(edges_of(table))]


@every_table
def test_coverage_is_the_number_of_covered_ms(name: str) -> None:
    """However it is added up: clips, stretches, the rest of the gaps, scenes, the presence table."""
    table = meeting(name)
    scenes = table.lesson.scenes()
    presence = timeline.presence_table(table.lesson)
    on_ms = dict(zip(presence["user_id"].tolist(), presence["camera_on_ms"].tolist(), strict=True))

    for who, covered in table.covered.items():
        track = table.lesson.track(who)
        count = covered.count(1)
        assert sum(clip.duration_ms for clip in track.clips) == count
        assert sum(end - start for start, end in track.merged()) == count
        assert table.end_ms - sum(end - start for start, end, _ in track.gaps()) == count
        assert sum(scene.end_ms - scene.start_ms for scene in scenes if who in scene.clips) == count
        assert on_ms[track.user_id] == count


@every_table
def test_presence_counts_stretches_and_files(name: str) -> None:
    """Seams bridged; each row that is seen at all is a file."""
    table = meeting(name)
    presence = timeline.presence_table(table.lesson)

    columns = ("user_id", "spans", "files", "first_on_ms", "last_on_ms")
    for user, spans, files, first_ms, last_ms in zip(
        *(presence[column].tolist() for column in columns), strict=True
    ):
        stretches = bridged(table.covered[f"camera:{user}"], 500)
        assert (spans, first_ms, last_ms) == (len(stretches), stretches[0][0], stretches[-1][1])
        assert files == len({index for _, _, index in table.pieces[f"camera:{user}"]})


@every_table
def test_a_part_of_a_meeting_has_its_gaps_and_stretches(name: str) -> None:
    """Those of the covered ms in the window, as if nothing else had been recorded."""
    table = meeting(name)

    for low, high in random_windows(name):
        part = table.lesson.crop(low, high)
        assert part.duration_ms == high - low
        for who, covered in table.covered.items():
            track, inside = part.track(who), covered[low:high]
            assert list(track.gaps()) == holes(inside)
            assert [list(track.merged(max_gap_ms=ms)) for ms in BRIDGES_MS] == [
                bridged(inside, ms) for ms in BRIDGES_MS
            ]


@every_table
def test_a_part_of_a_meeting_plays_what_the_meeting_plays(name: str) -> None:
    """At every edge in the window, with the media times that they have in the whole."""
    table = meeting(name)

    for low, high in random_windows(name, 4):
        part = table.lesson.crop(low, high)
        inside = [ms for ms in edges_of(table) if low < ms < high]
        expected = [(a - low, b - low, playing(table.pieces, a)) for a, b in pairwise([low, *inside, high])]
        scenes = part.scenes()
        assert [
            (s.start_ms, s.end_ms, {who: clip.media.position for who, clip in s.clips.items()})
            for s in scenes
        ] == expected
        for scene in scenes:
            for clip in scene.clips.values():
                begun_ms = table.rows[clip.media.position]["video_play_time"]
                assert clip.media_ms(scene.start_ms) == low + scene.start_ms - begun_ms


@every_table
def test_the_order_of_a_table_does_not_matter(name: str) -> None:
    """Shuffled, it is the same meeting."""
    table = meeting(name)
    shuffled = random.Random(1).sample(table.rows, len(table.rows))

    def plain(read: Timeline) -> list[tuple[str, list[tuple[int, int, int, str | None]]]]:
        return [(t.id, [(*clip[:3], clip.media.url) for clip in t.clips]) for t in read.tracks]

    assert plain(lesson(*shuffled)) == plain(table.lesson)


@every_table
def test_splitting_every_row_changes_no_gap_and_no_answer(name: str) -> None:
    """Somewhere in the middle: the same speakers are on at every edge."""
    table, drawn = meeting(name), random.Random(2)
    halves = []
    for one in table.rows:
        start_ms, length_ms = one["video_play_time"], one["video_duration"]
        cut_ms = drawn.randint(0, length_ms)
        halves += [
            one | {"video_duration": cut_ms, "video_id": f"{one['video_id']}-1"},
            one
            | {
                "video_play_time": start_ms + cut_ms,
                "video_duration": length_ms - cut_ms,
                "video_id": f"{one['video_id']}-2",
            },
        ]
    split = lesson(*halves)

    assert {t.id: t.gaps() for t in split.tracks} == {t.id: t.gaps() for t in table.lesson.tracks}
    for edge in edges_of(table):
        for at_ms in (edge - 1, edge):
            assert list(split.at(at_ms)) == list(table.lesson.at(at_ms))


@every_table
def test_another_library_finds_the_same(name: str) -> None:
    """pyannote.core, made for such tables, agrees on stretches and gaps."""
    core = pytest.importorskip("pyannote.core", reason="pyannote.core is not installed")
    table = meeting(name)

    for low, high in random_windows(name, 3):
        part, window = table.lesson.crop(low, high), core.Segment(low, high)
        for who, spans in table.speakers.items():
            theirs = core.Timeline([core.Segment(start, end) for _, start, end in spans]).crop(window)
            track = part.track(who)
            stretches = [(int(s.start) - low, int(s.end) - low) for s in theirs.support()]
            gaps = [(int(s.start) - low, int(s.end) - low) for s in theirs.gaps(support=window)]
            assert [tuple(span) for span in track.merged()] == stretches
            assert [gap[:2] for gap in track.gaps()] == gaps
            assert sum(clip.duration_ms for clip in track.clips) == int(theirs.duration())
