"""How many play at once: by hand, by the scenes, by pyannote.core."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import Row, board, lesson, result_rows, row
from timeline.analysis.concurrency import concurrency_table
from timeline.errors import ParameterError
from timeline.kinds import KIND_ORDER
from timeline.model import Timeline

GUIDE = "sample_results/guide_example.json"
KINDS = st.one_of(st.none(), st.lists(st.sampled_from(KIND_ORDER), max_size=3))


def steps(read: Timeline, **options: Any) -> list[tuple[int, int, int]]:
    """Return (start, end, tracks) of each row."""
    table = concurrency_table(read, **options)
    return list(zip(*(table[name].tolist() for name in ("start_ms", "end_ms", "tracks")), strict=True))


def test_the_cameras_of_the_guides_example() -> None:
    """Its two people: one comes at 5:00 and leaves at 18:30, the other leaves at 20:00."""
    assert steps(timeline.load(GUIDE)) == [
        (0, 300_000, 1),
        (300_000, 1_110_000, 2),
        (1_110_000, 1_200_000, 1),
        (1_200_000, 1_440_000, 0),
    ]


def test_all_tracks_of_the_guides_example() -> None:
    """The board plays from 2:00 to the end; the cut of all files at 15:00 changes no number."""
    assert steps(timeline.load(GUIDE), kinds=None) == [
        (0, 120_000, 1),
        (120_000, 300_000, 2),
        (300_000, 1_110_000, 3),
        (1_110_000, 1_200_000, 2),
        (1_200_000, 1_440_000, 1),
    ]


def test_one_goes_as_another_comes() -> None:
    """That is no step; a hole of a millisecond is one."""
    assert steps(lesson(row("amy", 0, 5000), row("bo", 5000, 5000))) == [(0, 10_000, 1)]
    assert steps(lesson(row("amy", 0, 5000), row("bo", 5001, 4999))) == [
        (0, 5000, 1),
        (5000, 5001, 0),
        (5001, 10_000, 1),
    ]


def test_where_no_such_track_is_there_are_none_all_the_time() -> None:
    """One row as long as the lesson."""
    assert steps(lesson(board()), kinds=["camera"]) == [(0, 10_000, 0)]
    assert steps(Timeline(room_id=None, task_id=None, duration_ms=0, tracks=())) == []


@given(result_rows(), KINDS)
def test_the_scenes_agree(rows: list[Row], kinds: list[str] | None) -> None:
    """Rows tile the lesson, none is empty, neighbours differ, and each scene has the number of its row."""
    read = lesson(*rows)
    table = steps(read, kinds=kinds)
    counted = {track.id for track in read.tracks if kinds is None or track.kind in kinds}

    assert [start for start, _, _ in table] == [0, *(end for _, end, _ in table[:-1])]
    assert table[-1][1] == read.duration_ms
    assert all(start < end for start, end, _ in table)
    assert all(a[2] != b[2] for a, b in itertools.pairwise(table))
    for scene in read.scenes():
        (level,) = [n for start, end, n in table if start <= scene.start_ms and scene.end_ms <= end]
        assert level == len(counted & scene.clips.keys())


@given(result_rows(), KINDS)
def test_levels_times_lengths_are_the_lengths_of_the_tracks(rows: list[Row], kinds: list[str] | None) -> None:
    """Nothing is counted twice or lost."""
    read = lesson(*rows)
    table = concurrency_table(read, kinds=kinds)
    clips = [c for track in read.tracks if kinds is None or track.kind in kinds for c in track.clips]

    assert (table["tracks"] * (table["end_ms"] - table["start_ms"])).sum() == sum(
        clip.duration_ms for clip in clips
    )


@given(result_rows())
def test_pyannote_core_agrees(rows: list[Row]) -> None:
    """In the middle of each of its smallest segments as many tracks play."""
    core: Any = pytest.importorskip("pyannote.core", reason="pyannote.core is not installed")
    read = lesson(*rows)
    annotation = core.Annotation()
    for track in read.tracks:
        for clip in track.clips:
            annotation[core.Segment(clip.start_ms, clip.end_ms), track.id] = track.id
    table = concurrency_table(read, kinds=None)
    for segment in annotation.get_timeline().segmentation():
        inside = annotation.crop(segment)
        line = np.searchsorted(table["start_ms"], segment.start, side="right") - 1

        assert len(inside.labels()) == table["tracks"][line]
        assert segment.end <= table["end_ms"][line]


def test_columns_are_integers_of_one_length() -> None:
    """Whatever is counted."""
    for kinds in (None, [], ["camera"], ["audio", "screen"]):
        table = concurrency_table(timeline.load(GUIDE), kinds=kinds)

        assert list(table) == ["start_ms", "end_ms", "tracks"]
        assert {column.dtype for column in table.values()} == {np.dtype(np.int64)}
        assert len({column.shape for column in table.values()}) == 1


@pytest.mark.parametrize(("kinds", "complaint"), [(["cam"], "no kind of stream 'cam'"), ("camera", "a list")])
def test_what_is_no_kind_is_refused(kinds: Any, complaint: str) -> None:
    """As everywhere."""
    with pytest.raises(ParameterError, match=complaint):
        concurrency_table(timeline.load(GUIDE), kinds=kinds)
