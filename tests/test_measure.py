"""Measures from timing alone: the guide's example by hand, identities, brute force, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import ABSENT, Row, board, lesson, result_bytes, result_rows, roster, row
from timeline.analysis.measure import Measures, measure_lesson
from timeline.analysis.rules import MetricRules
from timeline.analysis.schemas import SCHEMAS
from timeline.errors import ParameterError
from timeline.model import Timeline

GUIDE = "sample_results/guide_example.json"
MINUTE = 60_000


def lesson_values(measured: Timeline, **options: Any) -> dict[str, Any]:
    """Return the only row of the table of lessons."""
    (values,) = measure_lesson(measured, **options).tables["lessons"].rows()
    return values


def user_values(measured: Timeline, user: str = "amy", **options: Any) -> dict[str, Any]:
    """Return the row of a user."""
    users = measure_lesson(measured, **options).tables["users"]
    return next(values for values in users.rows() if values["user_id"] == user)


class TestTheGuidesExample:
    """24 minutes; ios from 0 to 20, pc from 5 to 18:30, whiteboard from 2 to 24, paused a minute at 15."""

    def test_the_lesson(self) -> None:
        """Coverage, concurrency and pauses."""
        expected = {
            "duration_ms": 24 * MINUTE,
            "wall_ms": 25 * MINUTE,
            "pauses": 1,
            "paused_ms": MINUTE,
            "unlocated_pause_ms": 0,
            "users": 2,
            "peak_concurrency": 2,
            "time_at_peak_ms": 810_000,
            "mean_concurrency": pytest.approx((20 + 13.5) / 24),
            "median_concurrency": 2,
            "mean_camera_on_ratio": pytest.approx((20 / 24 + 13.5 / 24) / 2),
            "coverage_any_ratio": 1.0,
            "coverage_camera_ratio": pytest.approx(20 / 24),
            "coverage_content_ratio": pytest.approx(22 / 24),
            "whiteboard_ratio": pytest.approx(22 / 24),
            "screen_ratio": 0,
            "uncovered_ms": 0,
            "content_switches": 1,
            # on: pc at 5; off: pc at 18:30, ios at 20; ios came on with the lesson itself
            "churn_per_hour": pytest.approx(3 * 60 / 24),
            # first third to 8:00: both; last from 16:00: both
            "presence_turnover": 0,
        }
        values = lesson_values(timeline.load(GUIDE))

        assert {name: values[name] for name in expected} == expected

    def test_how_many_were_on_camera_for_how_long(self) -> None:
        """They sum up to the lesson."""
        table = measure_lesson(timeline.load(GUIDE)).tables["concurrency"]

        assert table["duration_ms"].tolist() == [240_000, 390_000, 810_000]

    @pytest.mark.parametrize(
        ("user", "expected"),
        [
            ("ios_test1", (1_200_000, 2, 1, 0, False, 240_000, 0)),
            ("pc_test1", (810_000, 2, 1, 300_000, False, 330_000, 0)),
        ],
    )
    def test_users(self, user: str, expected: tuple[object, ...]) -> None:
        """A pause cuts files, not presence; five minutes late is not late yet."""
        values = user_values(timeline.load(GUIDE), user)
        names = ("camera_on_ms", "files", "spans", "late_on_ms", "is_late_on", "early_off_ms", "dropouts")

        assert tuple(values[name] for name in names) == expected


class TestHoles:
    """Holes of a camera by their length, and by whether the recording was paused."""

    def test_a_short_hole_is_a_dropout_a_long_one_an_absence(self) -> None:
        """The threshold itself is short."""
        starts = [0, 10_000 + 60_000, 10_000 + 60_000 + 10_000 + 60_001]
        values = user_values(lesson(*(row("amy", start_ms) for start_ms in starts)))

        assert (values["spans"], values["dropouts"], values["absences"]) == (3, 1, 1)
        assert (values["off_ms"], values["off_longest_ms"], values["off_median_ms"]) == (
            120_001,
            60_001,
            60_000.5,
        )

    def test_who_comes_back_late_from_a_pause_did_not_drop_out(self) -> None:
        """Amy is away from the pause at 0:10 to 0:15, bo and the board are not."""
        rows = [make(a, 10_000) for a in (0, 10_000) for make in (board, lambda s, d: row("bo", s, d))]
        paused = lesson(*rows, row("amy", 0, 10_000), row("amy", 15_000, 5000), surplus_s=60)

        assert [pause.at_ms for pause in paused.pauses] == [10_000]
        assert user_values(paused)["dropouts"] == 0
        assert (
            user_values(
                lesson(
                    board(0, 20_000), *rows[1::2], *rows[4:], row("amy", 0, 10_000), row("amy", 15_000, 5000)
                )
            )["dropouts"]
            == 1
        )

    def test_no_hole_has_no_median(self) -> None:
        """0 holes of 0 ms in all; a middle one there is not."""
        values = user_values(lesson(row("amy")))

        assert (values["off_ms"], values["off_longest_ms"], values["off_median_ms"]) == (0, 0, None)

    @pytest.mark.parametrize("spans", [1, 2, 5])
    def test_equal_spans_are_fragmented_by_their_number(self, spans: int) -> None:
        """1 - 1/k."""
        values = user_values(lesson(*(row("amy", number * 20_000) for number in range(spans))))

        assert values["fragmentation"] == pytest.approx(1 - 1 / spans)


class TestLate:
    """Late is measured from when the class began."""

    def test_before_the_class_is_early_and_not_late(self) -> None:
        """On at 2:00, class at 3:00."""
        values = user_values(lesson(board(0, 900_000), row("amy", 120_000)), class_start_ms=180_000)

        assert (values["late_on_ms"], values["early_on_ms"], values["is_late_on"]) == (0, 60_000, False)

    def test_later_than_the_rule_is_late(self) -> None:
        """By one ms."""
        late = lesson(board(0, 900_000), row("amy", 300_001))

        assert user_values(late)["is_late_on"] is True
        assert user_values(late, rules=MetricRules(late_after_ms=300_001))["is_late_on"] is False


class TestRoster:
    """Who should have been there."""

    def test_who_has_no_file_has_a_row_and_is_not_called_absent(self) -> None:
        """Cy was in no file: no camera time, no first time, and no verdict but 'not on camera enough'."""
        measured = lesson(row("amy", 0, 10_000), row("bo", 0, 4000), roster=roster(amy="teacher"))
        people = roster(amy="teacher", bo="student", cy="student")
        values = user_values(measured, "cy", roster=people)

        assert (values["has_no_file"], values["camera_on_ms"], values["first_on_ms"]) == (True, 0, None)
        assert values["camera_on_ratio_span"] is None
        assert [
            user_values(measured, user, roster=people)["attended_on_camera"] for user in ("amy", "bo", "cy")
        ] == [True, False, False]
        assert lesson_values(measured, roster=people)["attended_on_camera_ratio"] == pytest.approx(1 / 3)
        assert lesson_values(measured, roster=people)["roster_users"] == 3

    def test_a_guest_is_no_part_of_the_ratio(self) -> None:
        """Dan came without being asked."""
        measured = lesson(row("amy"), row("dan"))
        people = roster(amy="student")

        assert user_values(measured, "dan", roster=people)["attended_on_camera"] is None
        assert user_values(measured, "dan", roster=people)["is_in_roster"] is False
        assert lesson_values(measured, roster=people)["attended_on_camera_ratio"] == 1

    def test_without_one_nothing_is_said_of_attendance(self) -> None:
        """Missing, not zero."""
        measured = lesson(row("amy"))

        assert lesson_values(measured)["attended_on_camera_ratio"] is None
        assert lesson_values(measured)["roster_users"] is None
        assert user_values(measured)["attended_on_camera"] is None


class TestMissing:
    """Nothing is 0 that was not measured."""

    def test_a_pause_of_unknown_length_makes_the_sum_unknown(self) -> None:
        """Two cuts, one surplus: which pause was how long nobody knows."""
        places = (0, 10_000, 20_000, 30_000)
        rows = [make(a, 10_000) for a in places[:3] for make in (board, lambda s, d: row("amy", s, d))]
        measured = lesson(*rows, surplus_s=100)

        assert lesson_values(measured)["pauses"] == 2
        assert lesson_values(measured)["paused_ms"] is None

    def test_a_lesson_without_pauses_was_paused_for_0_ms(self) -> None:
        """Known, and nothing."""
        assert lesson_values(lesson(row("amy")))["paused_ms"] == 0

    def test_a_size_that_is_not_declared_makes_the_sum_unknown(self) -> None:
        """One of two files says nothing."""
        values = user_values(lesson(row("amy", 0), row("amy", 10_000, video_size=ABSENT)))

        assert (values["bytes"], values["mean_kbps"]) == (None, None)

    def test_nobody_on_camera_has_no_turnover(self) -> None:
        """Nobody among nobody is neither the same nor another."""
        values = lesson_values(lesson(board(0, 600_000)))

        assert (values["presence_turnover"], values["mean_camera_on_ratio"], values["camera_on_gini"]) == (
            None,
            None,
            None,
        )
        assert (values["peak_concurrency"], values["mean_concurrency"], values["users"]) == (0, 0, 0)

    def test_a_lesson_of_two_minutes_has_no_churn(self) -> None:
        """Its first and last minute are all of it."""
        assert lesson_values(lesson(board(0, 120_000)))["churn_per_hour"] is None


def test_the_recorders_own_stream_is_no_user() -> None:
    """The guide gives it ids that begin with tic_record_user_."""
    measured = lesson(row("amy"), row("tic_record_user_1234_7"))

    assert lesson_values(measured)["users"] == 1


def test_a_seam_is_no_switch_of_content() -> None:
    """20 ms without a screen beside no board; a second is one."""
    assert (
        lesson_values(lesson(row("amy", 0, kind="screen"), row("amy", 10_020, kind="screen")))[
            "content_switches"
        ]
        == 0
    )
    assert (
        lesson_values(lesson(row("amy", 0, kind="screen"), row("amy", 11_000, kind="screen")))[
            "content_switches"
        ]
        == 2
    )


def test_a_screen_wins_over_a_board() -> None:
    """Board, screen over it, board, nothing."""
    measured = lesson(board(0, 30_000), row("amy", 10_000, 5000, kind="screen"), row("amy", 0, 40_000))

    assert lesson_values(measured)["content_switches"] == 3
    assert lesson_values(measured)["content_overlap_ms"] == 5000


def test_nothing_recorded_is_told_by_its_place() -> None:
    """A part of a lesson: 2 s before, 3 s in the middle, 1 s behind."""
    part = lesson(row("amy", 0, 10_000), row("amy", 13_000, 7000), board(30_000)).crop(0, 21_000).shift(2000)
    values = lesson_values(part)
    names = ("uncovered_ms", "longest_uncovered_ms", "leading_uncovered_ms", "trailing_uncovered_ms")

    assert tuple(values[name] for name in names) == (6000, 3000, 2000, 1000)


@given(result_rows())
def test_identities(rows: list[Row]) -> None:
    """Levels tile the lesson, their sum is everybody's camera time; peak and mean follow."""
    measured = timeline.loads(result_bytes(*rows))
    measures = measure_lesson(measured)
    (values,) = measures.tables["lessons"].rows()
    levels = measures.tables["concurrency"]
    on_ms = int(measures.tables["users"]["camera_on_ms"].sum())
    heights = np.repeat(levels["users_on_camera"], levels["duration_ms"])

    assert levels["duration_ms"].sum() == measured.duration_ms
    assert (levels["users_on_camera"] * levels["duration_ms"]).sum() == on_ms
    assert values["mean_concurrency"] == pytest.approx(on_ms / measured.duration_ms)
    assert values["peak_concurrency"] == heights.max()
    assert values["median_concurrency"] in np.quantile(heights, 0.5, method="inverted_cdf")[None]


@given(result_rows(), st.randoms())
def test_the_order_of_the_list_leaves_no_trace(rows: list[Row], random: Any) -> None:
    """In no table."""
    shuffled = random.sample(rows, len(rows))
    first, second = (measure_lesson(timeline.loads(result_bytes(*some))) for some in (rows, shuffled))

    for name in SCHEMAS:
        assert first.tables[name].to_json() == second.tables[name].to_json()


@given(result_rows())
def test_coverage_is_what_brute_force_counts(rows: list[Row]) -> None:
    """Ms by ms from the clips."""
    measured = timeline.loads(result_bytes(*rows))
    values = lesson_values(measured)
    playing = {
        kind: np.zeros(measured.duration_ms, dtype=bool) for kind in ("camera", "screen", "whiteboard")
    }
    anything = np.zeros(measured.duration_ms, dtype=bool)
    for track in measured.tracks:
        for clip in track.clips:
            anything[clip.start_ms : clip.end_ms] = True
            if track.kind in playing:
                playing[track.kind][clip.start_ms : clip.end_ms] = True

    assert values["coverage_any_ratio"] == pytest.approx(anything.mean())
    assert values["coverage_camera_ratio"] == pytest.approx(playing["camera"].mean())
    assert values["coverage_content_ratio"] == pytest.approx(
        (playing["screen"] | playing["whiteboard"]).mean()
    )
    assert values["content_overlap_ms"] == (playing["screen"] & playing["whiteboard"]).sum()
    assert values["uncovered_ms"] == (~anything).sum()


def test_metrics_hold_every_number_of_lessons_and_users_and_nothing_that_is_missing() -> None:
    """The long form, against the wide ones."""
    measures = measure_lesson(timeline.load(GUIDE))
    long = {(line["user_id"], line["metric"]): line["value"] for line in measures.tables["metrics"].rows()}
    wide = {
        (values.get("user_id"), name): value
        for table in ("lessons", "users")
        for values in measures.tables[table].rows()
        for name, value in values.items()
        if isinstance(value, (int, float))
    }

    assert long == wide


def test_rules_are_told_and_equal_ones_are_told_apart_from_others() -> None:
    """The digest follows from the thresholds alone."""
    digests = {
        lesson_values(lesson(row("amy")), rules=rules)["rules"]
        for rules in (MetricRules(), MetricRules(merge_gap_ms=500), MetricRules(merge_gap_ms=0))
    }

    assert len(digests) == 2


@pytest.mark.parametrize(
    "wrong", [{"merge_gap_ms": -1}, {"merge_gap_ms": 1.5}, {"bin_ms": 0}, {"late_after_ms": True}]
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    """By name."""
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        MetricRules(**wrong)


def test_measures_say_what_they_hold() -> None:
    """In a notebook's last line."""
    measures = measure_lesson(lesson(row("amy")))

    assert isinstance(measures, Measures)
    assert "users 1" in repr(measures)
