"""Who plays in which bin of time: by hand, by counting milliseconds, by pyannote.core."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import Row, board, lesson, result_rows, roster, row
from timeline.analysis.presence_grid import MAX_BINS, presence_grid
from timeline.errors import ParameterError
from timeline.model import Timeline

GUIDE = "sample_results/guide_example.json"
EMPTY = Timeline(room_id=None, task_id=None, duration_ms=0, tracks=())


def playing(read: Timeline, bin_ms: int | None = None) -> dict[str, list[int]]:
    """Return how long each track plays in each bin, ms, by track id."""
    grid = presence_grid(read, bin_ms=bin_ms)
    return dict(zip(grid["track_id"].tolist(), grid["playing_ms"].tolist(), strict=True))


def test_the_guides_example_in_parts_of_ten_minutes() -> None:
    """ios_test1 plays 0:00 to 20:00, pc_test1 5:00 to 18:30, the board 2:00 to 24:00."""
    assert playing(timeline.load(GUIDE), 600_000) == {
        "camera:ios_test1": [600_000, 600_000, 0],
        "camera:pc_test1": [300_000, 510_000, 0],
        "whiteboard": [480_000, 600_000, 240_000],
    }


def test_a_ratio_is_of_its_own_bin() -> None:
    """The last bin is as long as what is left of the lesson."""
    grid = presence_grid(lesson(row("amy", 0, 2500), row("bo", 1000, 1000)), bin_ms=1000)

    assert grid["bin_start_ms"].tolist() == [0, 1000, 2000]
    assert grid["bin_end_ms"].tolist() == [1000, 2000, 2500]
    assert grid["playing_ratio_bin"].tolist() == [[1, 1, 1], [0, 1, 0]]


def test_rows_are_the_tracks_in_their_order() -> None:
    """With their names, the teacher first."""
    grid = presence_grid(lesson(row("amy"), row("lin", 5000), board(), roster=roster(lin="teacher")))

    assert grid["track_id"].tolist() == ["camera:lin", "camera:amy", "whiteboard"]
    assert grid["label"].tolist() == ["Lin", "amy", "whiteboard"]


@pytest.mark.parametrize(
    ("duration_ms", "bin_ms"),
    [
        (1, 1000),
        (75_000, 1000),
        (24 * 60_000, 15_000),
        (45 * 60_000, 30_000),
        (60 * 60_000, 60_000),
        (3 * 3_600_000, 120_000),
        (7 * 86_400_000, 7_200_000),
    ],
)
def test_bins_have_a_round_length_by_themselves(duration_ms: int, bin_ms: int) -> None:
    """At most 100 of them, in steps that people count in."""
    grid = presence_grid(lesson(row("amy", 0, duration_ms)))

    assert len(grid["bin_start_ms"]) == -(-duration_ms // bin_ms) <= 100
    assert set(np.diff(grid["bin_start_ms"]).tolist()) <= {bin_ms}


@given(result_rows(), st.integers(1, 15_000))
def test_the_bins_of_a_track_sum_up_to_its_length(rows: list[Row], bin_ms: int) -> None:
    """Exactly: playing time does, and so do the ratios times the lengths of their bins."""
    read = lesson(*rows)
    grid = presence_grid(read, bin_ms=max(bin_ms, -(-read.duration_ms // MAX_BINS)))
    total_ms = [sum(clip.duration_ms for clip in track.clips) for track in read.tracks]
    lengths_ms = grid["bin_end_ms"] - grid["bin_start_ms"]

    assert grid["playing_ms"].sum(axis=1).tolist() == total_ms
    assert np.rint(grid["playing_ratio_bin"] * lengths_ms).astype(int).sum(axis=1).tolist() == total_ms
    assert lengths_ms.sum() == read.duration_ms
    assert 0 <= grid["playing_ratio_bin"].min() <= grid["playing_ratio_bin"].max() <= 1


@given(result_rows(), st.integers(300, 15_000))
def test_pyannote_core_agrees(rows: list[Row], bin_ms: int) -> None:
    """Its timelines, cropped to each bin, are as long."""
    core: Any = pytest.importorskip("pyannote.core", reason="pyannote.core is not installed")
    read = lesson(*rows)
    grid = presence_grid(read, bin_ms=bin_ms)
    bins = [
        core.Segment(start, end)
        for start, end in zip(grid["bin_start_ms"].tolist(), grid["bin_end_ms"].tolist(), strict=True)
    ]
    for track, line in zip(read.tracks, grid["playing_ms"].tolist(), strict=True):
        segments = core.Timeline([core.Segment(clip.start_ms, clip.end_ms) for clip in track.clips])
        assert [segments.crop(one).duration() for one in bins] == line, track.id


def test_shapes_and_types_are_the_same_for_every_lesson() -> None:
    """Two axes, also where there is nothing."""
    kinds = {
        "track_id": "U",
        "label": "U",
        "bin_start_ms": "i",
        "bin_end_ms": "i",
        "playing_ms": "i",
        "playing_ratio_bin": "f",
    }
    for read in (timeline.load(GUIDE), EMPTY, lesson(row("amy")).select(users=["cy"])):
        grid = presence_grid(read)
        tracks, bins = len(read.tracks), len(grid["bin_start_ms"])

        assert {name: np.asarray(array).dtype.kind for name, array in grid.items()} == kinds
        assert (bins > 0) == (read.duration_ms > 0)
        assert grid["playing_ms"].shape == grid["playing_ratio_bin"].shape == (tracks, bins)


@pytest.mark.parametrize("bin_ms", [0, -1, 30.5, "30"])
def test_a_bin_is_a_whole_number_of_ms(bin_ms: Any) -> None:
    """Anything else is refused, with what was found."""
    with pytest.raises(ParameterError, match="expected bins of a whole number of ms from 1, got "):
        presence_grid(lesson(row("amy")), bin_ms=bin_ms)


def test_bins_beyond_number_are_refused() -> None:
    """With the shortest that would do."""
    read = lesson(row("amy", 0, 86_400_000))

    with pytest.raises(ParameterError, match=r"bins of 1 ms would be 86400000 .*; take 4320 ms or more"):
        presence_grid(read, bin_ms=1)
    assert len(presence_grid(read, bin_ms=4320)["bin_start_ms"]) == MAX_BINS
