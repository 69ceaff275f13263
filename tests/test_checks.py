"""Checks of a whole lesson: what is odd is told, and stops nothing."""

from __future__ import annotations

import pytest

import timeline
from tests.builders import ABSENT, board, codes, lesson, row
from timeline.checks import check, findings_at_least
from timeline.findings import Severity


def test_a_plain_lesson_has_no_findings() -> None:
    """Nor has the guide's own example."""
    assert codes(lesson(row("amy"), board())) == []
    assert codes(timeline.load("sample_results/guide_example.json")) == []


@pytest.mark.parametrize("total_ms", [0, 10_001, 1_440_000])
def test_a_total_that_differs_is_told(total_ms: int) -> None:
    """The files count; the finding says both figures and where the claim is."""
    read = lesson(row("amy", 0, 10_000), total_time=total_ms)

    assert read.duration_ms == 10_000
    assert [(item.code, item.where, item.severity) for item in read.findings] == [
        ("total_time_mismatch", "/total_time", Severity.WARNING)
    ]


def test_files_that_end_after_the_claimed_end_are_told() -> None:
    """They are used whole."""
    read = lesson(row("amy", 0, 10_000), row("bo", 0, 9000), row("bo", 9000, 500), total_time=9000)

    assert [(item.code, item.where, item.at_ms) for item in read.findings] == [
        ("total_time_mismatch", "/total_time", 10_000),
        ("clip_past_end", "/video_info/0", 9000),
        ("clip_past_end", "/video_info/2", 9000),
    ]


@pytest.mark.parametrize("total", [ABSENT, None, 10_000])
def test_no_claim_is_no_contradiction(total: object) -> None:
    """A total that is missing, or right, is nothing odd."""
    assert codes(lesson(row("amy", 0, 10_000), total_time=total)) == []


def test_mixed_beside_single_streams_is_told() -> None:
    """It is only good to know: the mixed ones are left out of picture and sound."""
    read = lesson(row("amy"), row("m1", kind="mixed"), row("m2", kind="mixed"))

    assert [(item.code, item.severity) for item in read.findings] == [("mixed_beside_single", Severity.INFO)]
    assert "2 mixed" in read.findings[0].message


def test_mixed_streams_alone_are_nothing_odd() -> None:
    """Some lessons have nothing else."""
    assert codes(lesson(row("m1", kind="mixed"))) == []


@pytest.mark.parametrize(("hole_ms", "told"), [(9999, False), (10_000, True)])
def test_ten_seconds_without_any_stream_are_told(hole_ms: int, told: bool) -> None:
    """A shorter hole is not worth a word."""
    read = lesson(row("amy", 0, 5000), row("bo", 5000 + hole_ms, 5000))

    assert [(item.code, item.at_ms) for item in read.findings] == [("nothing_recorded", 5000)] * told


def test_an_empty_beginning_is_told() -> None:
    """Playback starts at 0, whenever the first file does."""
    assert [item.at_ms for item in lesson(row("amy", 60_000)).findings] == [0]


def test_one_stream_is_enough() -> None:
    """Where a whiteboard goes on, something was recorded."""
    assert codes(lesson(row("amy", 0, 5000), board(0, 60_000))) == []


def test_findings_can_be_asked_for_by_gravity() -> None:
    """Info, warning and error are ordered."""
    read = lesson(row("amy"), row("m1", kind="mixed"), row("bo", video_type="x"), total_time=20_000)

    assert [item.code for item in findings_at_least(read.findings, Severity.ERROR)] == ["row_unusable"]
    assert [item.code for item in findings_at_least(read.findings, Severity.WARNING)] == [
        "row_unusable",
        "total_time_mismatch",
    ]
    assert findings_at_least(read.findings, Severity.INFO) == read.findings


def test_checking_changes_nothing() -> None:
    """A check only looks."""
    read = lesson(row("amy", 60_000))

    assert check(read) == check(read) == read.findings
