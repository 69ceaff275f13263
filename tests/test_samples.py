"""The guide's own samples: the facts that everybody can work out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import timeline
from tests.builders import codes
from timeline.errors import ResultNotReadyError
from timeline.model import Gap, Pause, Section

SAMPLES = Path(__file__).parent.parent / "sample_results"


@pytest.fixture(scope="module")
def guide() -> timeline.Timeline:
    """The guide's example, §2.5."""
    return timeline.load(SAMPLES / "guide_example.json")


def test_the_example_has_three_tracks_of_two_clips(guide: timeline.Timeline) -> None:
    """24 minutes, two cameras and a whiteboard; nothing is odd."""
    assert guide.duration_ms == 1_440_000
    assert [(track.id, len(track.clips)) for track in guide.tracks] == [
        ("camera:ios_test1", 2),
        ("camera:pc_test1", 2),
        ("whiteboard", 2),
    ]
    assert guide.findings == ()
    assert (guide.room_id, guide.task_id) == ("1234", None)


def test_the_example_has_one_pause(guide: timeline.Timeline) -> None:
    """A minute at 15:00, between 53 and 61 s."""
    assert guide.pauses == (Pause(900_000, 60_000, (53_000, 61_000), "inferred"),)
    assert guide.sections() == (Section(0, 900_000, "Part 1"), Section(900_000, 1_440_000, "Part 2"))


@pytest.mark.parametrize(
    ("track_id", "gaps"),
    [
        ("camera:pc_test1", (Gap(0, 300_000, "late_start"), Gap(1_110_000, 1_440_000, "early_end"))),
        ("camera:ios_test1", (Gap(1_200_000, 1_440_000, "early_end"),)),
        ("whiteboard", (Gap(0, 120_000, "late_start"),)),
    ],
)
def test_the_example_has_these_gaps(guide: timeline.Timeline, track_id: str, gaps: tuple[Gap, ...]) -> None:
    """Who came late, and who left early."""
    assert guide.track(track_id).gaps() == gaps


def test_the_example_has_six_scenes(guide: timeline.Timeline) -> None:
    """A scene begins where the set of clips changes."""
    assert [scene.start_ms for scene in guide.scenes()] == [
        0,
        120_000,
        300_000,
        900_000,
        1_110_000,
        1_200_000,
    ]


def test_the_example_at_15_05(guide: timeline.Timeline) -> None:
    """All three second files play, 5 s in; it is 16 minutes 5 s after the start."""
    playing = guide.at(905_000)

    assert {name: (clip.media.position, clip.media_ms(905_000)) for name, clip in playing.items()} == {
        "camera:ios_test1": (3, 5000),
        "camera:pc_test1": (4, 5000),
        "whiteboard": (5, 5000),
    }
    assert guide.to_wall_ms(905_000) == (1_558_613_140 + 905 + 60) * 1000
    assert guide.wall_range_ms(905_000) == (1_558_614_098_000, 1_558_614_106_000)


def test_the_query_response_contradicts_itself() -> None:
    """1440 s are claimed, 48.8 s are there, 100 s went by: it loads, and says so."""
    read = timeline.load(SAMPLES / "guide_query_response.json")

    assert read.duration_ms == 48_832
    assert (read.room_id, read.task_id) == ("1234", "g68cee8e90jcq4ogg8jb")
    assert [(track.id, track.clips[0].media.video_id) for track in read.tracks] == [
        ("camera:jepson", "52858907621654352000418"),
        ("whiteboard", "52858907621654356352413"),
    ]
    assert read.track("camera:jepson").gaps() == (
        Gap(0, 25_915, "late_start"),
        Gap(48_419, 48_832, "early_end"),
    )
    assert read.pauses == ()
    assert codes(read) == ["total_time_mismatch", "pause_unlocated"]


def test_the_finished_callback_contradicts_itself() -> None:
    """15 minutes were played in no time: it loads without wall times."""
    read = timeline.load(SAMPLES / "guide_callback_record_finished.json")

    assert read.duration_ms == 900_000
    assert [track.id for track in read.tracks] == ["camera:ios_test1", "camera:pc_test1", "whiteboard"]
    assert (read.wall, read.to_wall_ms(0), read.pauses) == (None, None, ())
    assert codes(read) == ["total_time_mismatch", "wall_clock_impossible"]


def test_the_started_callback_is_refused_politely() -> None:
    """It is no result yet."""
    with pytest.raises(ResultNotReadyError, match="recording has started"):
        timeline.load(SAMPLES / "guide_callback_record_started.json")


def test_the_bundled_lesson_is_what_it_claims() -> None:
    """75 s of class: late, left and back, a minute of pause, a camera that changed its size."""
    read = timeline.load(SAMPLES / "lesson", roster=SAMPLES / "lesson" / "roster.csv")

    assert read.duration_ms == 75_000
    assert [pause.at_ms for pause in read.pauses] == [45_000]
    assert abs((read.pauses[0].duration_ms or 0) - 60_000) <= 1000
    kinds = {track.user_id or track.kind: [gap.kind for gap in track.gaps()] for track in read.tracks}
    assert "seam" in kinds["lin_teacher"] or any(
        gap.kind == "seam" for track in read.tracks if track.role == "teacher" for gap in track.gaps()
    )
    assert kinds["amy"] == ["late_start"]
    assert "absence" in kinds["bo"]
    assert read.tracks[0].role == "teacher"
    assert read.findings == ()
