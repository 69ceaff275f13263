"""The units of the two old dialects: lengths documented in seconds, the rest without any unit."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders import ABSENT, Row, codes
from tests.dialects import IM_S, SAAS_S, Document, load, noted, old_row, saas, split_record
from timeline.model import Timeline

SECONDS = "lengths are read as seconds, starts as seconds"
MIXED = "lengths are read as seconds, starts as ms"
MILLISECONDS = "lengths are read as ms, starts as ms"
BY_TOTAL = "as the total says"
BY_WALL = "as the wall stamps say"
BY_NOTHING = "for want of better evidence"


def files(lesson: Timeline) -> list[tuple[int, int]]:
    """Return start and length, ms, of every file, by its place in the result."""
    media = {
        clip.media.position: (clip.start_ms, clip.media.duration_ms)
        for track in lesson.tracks
        for clip in track.clips
    }
    return [media[position] for position in sorted(media)]


def rows(*times: tuple[int, int]) -> list[Row]:
    """Return one row for each (start, length), each of another user."""
    return [old_row(start, length, f"user{n}") for n, (start, length) in enumerate(times)]


# --- the decision table ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "total", "reading", "expected"),
    [
        # 45:05, a whole lesson in seconds
        ([(0, 2705), (610, 1490)], 2705, SECONDS, [(0, 2_705_000), (610_000, 1_490_000)]),
        ([(0, 2705), (610, 1490)], 2_705_000, SECONDS, [(0, 2_705_000), (610_000, 1_490_000)]),
        # 600 s + 2105 s is the total; 600 ms + 2105 s is 10 minutes less
        ([(0, 900), (600, 2105)], 2705, SECONDS, [(0, 900_000), (600_000, 2_105_000)]),
        # 12.48 s + 3687 s = 3699.48 s lies before 3700 s; 12 480 s would be far beyond
        ([(0, 3700), (12_480, 3687)], 3700, MIXED, [(0, 3_700_000), (12_480, 3_687_000)]),
        ([(0, 3700), (12_480, 3687)], 3_700_000, MIXED, [(0, 3_700_000), (12_480, 3_687_000)]),
        # 2 705 000 s are 31 days, so it is ms
        ([(0, 2_705_000), (610_000, 900_000)], 2_705_000, MILLISECONDS, [(0, 2_705_000), (610_000, 900_000)]),
        ([(0, 2_705_000), (610_000, 900_000)], 2705, MILLISECONDS, [(0, 2_705_000), (610_000, 900_000)]),
        # short files: 60 000 s would be less than a day, and only the total says it is a minute
        ([(0, 60_000)], 60, MILLISECONDS, [(0, 60_000)]),
        # a total in the same unit does not say which: seconds are documented, and 16:40 h fit into a day
    ],
)
def test_the_total_decides(
    times: list[tuple[int, int]], total: int, reading: str, expected: list[tuple[int, int]]
) -> None:
    """In seconds or ms itself, it tells the three readings apart, and the finding says so."""
    lesson = load(split_record(*rows(*times), total_time=total))

    assert files(lesson) == expected
    assert noted(lesson) == [("unit_doubt", "/video_info")]
    assert lesson.findings[0].message == f"/video_info: {reading}, {BY_TOTAL}"


@pytest.mark.parametrize(
    ("times", "lasted_s", "reading", "expected"),
    [
        ([(0, 900), (600, 2105)], 2705, SECONDS, [(0, 900_000), (600_000, 2_105_000)]),
        ([(0, 900), (600, 2105)], 2712, SECONDS, [(0, 900_000), (600_000, 2_105_000)]),
        ([(0, 900), (600, 2105)], 2704, SECONDS, [(0, 900_000), (600_000, 2_105_000)]),
        ([(0, 3700), (12_480, 3687)], 3705, MIXED, [(0, 3_700_000), (12_480, 3_687_000)]),
        # 3600 s + 300 s would end 200 s after the recording; 3.6 s + 300 s does not
        ([(0, 3700), (3600, 300)], 3705, MIXED, [(0, 3_700_000), (3600, 300_000)]),
        ([(0, 60_000), (500, 59_000)], 62, MILLISECONDS, [(0, 60_000), (500, 59_000)]),
    ],
)
def test_the_wall_stamps_decide(
    times: list[tuple[int, int]], lasted_s: int, reading: str, expected: list[tuple[int, int]]
) -> None:
    """They lie up to 7 s further apart than the media, and may be a second too close by rounding."""
    lesson = load(saas(*rows(*times), lasted_s=lasted_s))

    assert files(lesson) == expected
    assert noted(lesson) == [("unit_doubt", "/data/video_info")]
    assert lesson.findings[0].message == f"/data/video_info: {reading}, {BY_WALL}"


@pytest.mark.parametrize(("lasted_s", "reason"), [(2703, BY_NOTHING), (2713, BY_NOTHING)])
def test_stamps_that_fit_no_reading_are_no_evidence(lasted_s: int, reason: str) -> None:
    """Two seconds too short, or 8 s too long, is beyond what stamps are wrong by."""
    lesson = load(saas(*rows((0, 2705)), lasted_s=lasted_s))

    assert lesson.findings[0].message == f"/data/video_info: {SECONDS}, {reason}"


@pytest.mark.parametrize(
    ("times", "reading", "expected"),
    [
        # no hole: 0 to 900 s, 900 to 1200 s
        ([(0, 900), (900, 300)], SECONDS, [(0, 900_000), (900_000, 300_000)]),
        # 600 000 s is a week, so it is 600 s
        ([(0, 900), (600_000, 300)], MIXED, [(0, 900_000), (600_000, 300_000)]),
        # a hole from 900 s to 3000 s in seconds; none when the second file starts after 3 s
        ([(0, 900), (3000, 300)], MIXED, [(0, 900_000), (3000, 300_000)]),
        # nothing in the first 20 s; 20 ms are a hole too, so all readings have one: what is documented counts
        ([(20, 900)], SECONDS, [(20_000, 900_000)]),
        # 900 000 s are ten days
        ([(0, 900_000), (900_000, 300_000)], MILLISECONDS, [(0, 900_000), (900_000, 300_000)]),
    ],
)
def test_without_evidence_the_first_reading_without_a_hole_counts(
    times: list[tuple[int, int]], reading: str, expected: list[tuple[int, int]]
) -> None:
    """Of those in which the class fits into a day; where all have a hole, the first of them."""
    lesson = load(split_record(*rows(*times)))

    assert files(lesson) == expected
    assert lesson.findings[0].message == f"/video_info: {reading}, {BY_NOTHING}"


@pytest.mark.parametrize(("length", "expected_ms"), [(86_400, 86_400_000), (86_401, 86_401)])
def test_no_class_is_longer_than_a_day(length: int, expected_ms: int) -> None:
    """24 h to the second may be seconds; a second more is ms, since the service stops after a day."""
    lesson = load(split_record(old_row(0, length)))

    assert files(lesson) == [(0, expected_ms)]


def test_a_start_beyond_a_day_is_not_in_seconds() -> None:
    """90 000 s are 25 h; as ms they are a minute and a half."""
    lesson = load(split_record(*rows((0, 3000), (90_000, 600))))

    assert files(lesson) == [(0, 3_000_000), (90_000, 600_000)]


@pytest.mark.parametrize("total", [ABSENT, None, 0, "soon", []], ids=repr)
def test_a_total_that_says_nothing_is_no_evidence(total: object) -> None:
    """Absent, null, zero or no number: the stamps, or the holes, decide."""
    lesson = load(saas(*rows((0, 3700), (3600, 300)), lasted_s=3705, total_time=total))

    assert files(lesson) == [(0, 3_700_000), (3600, 300_000)]
    assert BY_WALL in lesson.findings[0].message


def test_equal_stamps_are_no_evidence() -> None:
    """The documented example of the SaaS form stops when it starts."""
    lesson = load(saas(old_row(0, 3600), lasted_s=0))

    assert files(lesson) == [(0, 3_600_000)]
    assert BY_NOTHING in lesson.findings[0].message


@pytest.mark.parametrize("spelling", [str, float], ids=["text", "float"])
def test_odd_spellings_of_times_are_evidence_too(spelling: Any) -> None:
    """``"2705"`` and ``2705.0`` are read like 2705."""
    document = split_record(old_row(spelling(0), spelling(2705)), total_time=spelling(2705))
    if spelling is float:
        document["video_info"][0]["video_play_time"] = 0.0

    assert files(load(document)) == [(0, 2_705_000)]


def test_a_row_without_times_is_left_out_and_changes_nothing() -> None:
    """No length, a negative length, no object: each costs its finding, the units are those of the rest."""
    odd: list[Any] = [old_row(0, 0, "bo"), old_row(0, -5, "cy"), old_row(ABSENT, 9, "di"), "row", None]
    lesson = load(split_record(old_row(0, 2705), *odd, total_time=2705))

    assert files(lesson) == [(0, 2_705_000)]
    assert sorted(noted(lesson)) == [
        ("duration_not_positive", "/video_info/1"),
        ("duration_not_positive", "/video_info/2"),
        ("row_unusable", "/video_info/3/video_play_time"),
        ("row_unusable", "/video_info/4"),
        ("row_unusable", "/video_info/5"),
        ("unit_doubt", "/video_info"),
    ]


def test_a_row_without_length_is_no_evidence() -> None:
    """100 000 s would be more than a day, but that file has no length and is left out anyway."""
    lesson = load(split_record(*rows((0, 900), (600, 2105), (100_000, 0)), total_time=2705))

    assert files(lesson) == [(0, 900_000), (600_000, 2_105_000)]


def test_a_disagreeing_total_in_seconds_is_a_finding() -> None:
    """3000 s of files, 4600 s claimed: nothing fits, so seconds, and the total is told as it stands."""
    lesson = load(split_record(old_row(0, 3000), total_time=4600))

    assert files(lesson) == [(0, 3_000_000)]
    assert [code for code in codes(lesson) if code.startswith("total")] == ["total_time_mismatch"]


def test_the_documented_example_is_read_in_spite_of_its_total() -> None:
    """Its total, 435 435, is nobody's end; 4000 and 5000 are taken as ms and s, for seconds leave a hole."""
    lesson = load(split_record(*rows((0, 3600), (4000, 5000)), total_time=435_435))

    # 4000 s would leave 3600 s to 4000 s empty
    assert files(lesson) == [(0, 3_600_000), (4000, 5_000_000)]
    assert "total_time_mismatch" in codes(lesson)


def test_the_document_itself_is_not_changed() -> None:
    """Sizes, ids and types keep their numbers; only the two times are scaled."""
    lesson = load(split_record(old_row(0, 2705, video_size=2705, width=640, height=480), total_time=2705))
    (clip,) = lesson.tracks[0].clips

    assert (clip.media.size_bytes, clip.media.width_px, clip.media.height_px) == (2705, 640, 480)


@pytest.mark.parametrize("build", [saas, split_record])
def test_the_way_of_reading_is_always_told(build: Any) -> None:
    """One finding ``unit_doubt`` at the list, even where the documented unit is taken."""
    lesson = load(build(old_row(0, 2705)))

    assert codes(lesson).count("unit_doubt") == 1


# --- any lesson ------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A lesson as one service might have written it."""

    document: Document
    files_ms: list[tuple[int, int]]


@st.composite
def lessons(draw: st.DrawFn) -> Told:
    """Return a lesson of 10 minutes to 3 hours in one of the three unit choices, with evidence that fits.

    One restriction: with lengths in seconds and starts in ms, some file must refute that the starts are
    seconds, by ending after the claimed end then. Else both readings are true to all the numbers in it:
    (0, 3700) and (623, 3000) of 3700 s say as well "623 ms" as "623 s", and seconds are documented.
    """
    length_unit_ms, start_unit_ms = draw(st.sampled_from([(1000, 1000), (1000, 1), (1, 1)]))
    longest_ms = draw(st.integers(600, 10_800)) * 1000
    times: list[tuple[int, int]] = []
    for _ in range(draw(st.integers(1, 6))):
        length = draw(st.integers(60_000 // length_unit_ms, longest_ms // length_unit_ms))
        latest_ms = longest_ms - length * length_unit_ms
        times.append((draw(st.integers(0, latest_ms // start_unit_ms)), length))
    files_ms = [(start * start_unit_ms, length * length_unit_ms) for start, length in times]
    end_ms = max(start_ms + length_ms for start_ms, length_ms in files_ms)
    assume(end_ms >= 600_000)
    evidence = draw(st.sampled_from(["total in ms", "total in s", "stamps"]))
    told_rows = rows(*times)
    if evidence == "stamps":
        lag_s = draw(st.integers(0, 6))
        document = saas(*told_rows, lasted_s=end_ms // 1000 + lag_s)
        claimed_ms = (end_ms // 1000 + lag_s) * 1000
    else:
        unit_ms = 1 if evidence == "total in ms" else 1000
        document = split_record(*told_rows, total_time=end_ms // unit_ms)
        claimed_ms = end_ms
    if (length_unit_ms, start_unit_ms) == (1000, 1):
        as_seconds_ms = max((start + length) * 1000 for start, length in times)
        assume(as_seconds_ms > claimed_ms + 1000)
    return Told(document, files_ms)


@given(lessons())
def test_a_lesson_with_evidence_is_read_back_exactly(told: Told) -> None:
    """Whichever units it was written in, a total or stamps that fit lead back to the ms."""
    assert files(load(told.document)) == told.files_ms


@given(lessons(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_decide(told: Told, dice: Any) -> None:
    """Shuffled rows are read in the same units."""
    lesson = load(told.document)
    body = told.document.get("data", told.document)
    dice.shuffle(body["video_info"])

    again = load(told.document)

    assert sorted(files(again)) == sorted(files(lesson))
    assert codes(again) == codes(lesson)


def test_small_starts_cannot_be_told_apart() -> None:
    """623 is within the lesson as ms and as seconds; nothing else is known, so the documented unit counts."""
    lesson = load(split_record(*rows((0, 3700), (623, 3000)), total_time=3700))

    assert files(lesson) == [(0, 3_700_000), (623_000, 3_000_000)]


def test_the_origin_is_not_touched_by_the_units() -> None:
    """``im_time`` is in seconds whatever the rest is in."""
    in_seconds = load(split_record(old_row(0, 2705), total_time=2705))
    in_ms = load(split_record(old_row(0, 2_705_000), total_time=2_705_000))

    assert in_seconds.to_wall_ms(0) == in_ms.to_wall_ms(0) == IM_S * 1000


# --- what is not right yet -------------------------------------------------------------------------------


@pytest.mark.parametrize("total", [2707, 2703, 3600])
def test_a_total_that_is_a_little_off_does_not_change_the_unit(total: int) -> None:
    """45 minutes of files with a total that is off by seconds or minutes are still 45 minutes."""
    assert load(split_record(old_row(0, 2705), total_time=total)).duration_ms == 2_705_000


def test_one_absurd_start_does_not_change_the_unit() -> None:
    """A file at day 11 even in ms is unusable, so it says nothing about the others."""
    lesson = load(split_record(*rows((0, 2705), (10**9, 10)), total_time=2705))

    assert lesson.duration_ms == 2_705_000


def test_stamps_in_ms_are_evidence_too() -> None:
    """A recording of 3705 s cannot hold 3900 s, however the stamps are written."""
    document = saas(*rows((0, 3700), (3600, 300)), start_time=SAAS_S * 1000, stop_time=(SAAS_S + 3705) * 1000)

    assert load(document).duration_ms == 3_700_000


def test_a_reading_longer_than_the_wall_time_is_refuted() -> None:
    """In 3720 s of wall time 3900 s cannot be recorded, but 3700 s with a pause of 20 s can."""
    lesson = load(saas(*rows((0, 3700), (3600, 300)), lasted_s=3720))

    assert lesson.duration_ms == 3_700_000
    assert "wall_clock_impossible" not in codes(lesson)


def test_a_total_in_seconds_is_right_to_the_second() -> None:
    """3600 s is what a service that counts in seconds says of 3600.48 s: nothing disagrees."""
    lesson = load(split_record(*rows((0, 3595), (5480, 3595)), total_time=3600))

    assert lesson.duration_ms == 3_600_480
    assert codes(lesson) == ["unit_doubt"]


def test_short_files_in_ms_are_recognised_by_how_they_join() -> None:
    """Three files of one minute, end to start; in seconds each would play 16 h under the next."""
    lesson = load(split_record(old_row(0, 60_000), old_row(60_000, 60_000), old_row(120_000, 60_000)))

    assert lesson.duration_ms == 180_000


def test_a_total_that_fits_two_units_decides_nothing() -> None:
    """80 000 of 80 000 may be 80 s or a day: the documented unit counts, and the finding says so."""
    lesson = load(split_record(*rows((0, 80_000)), total_time=80_000))

    assert files(lesson) == [(0, 80_000_000)]
    assert lesson.findings[0].message.endswith("as documented; the total fits other units too")
