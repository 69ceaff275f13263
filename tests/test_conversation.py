"""What the rows of users and lessons say of talk: worked out by hand, and missing where it must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.drawn_voices import amy, bo, drawn, kim, lin
from timeline.analysis.conversation import (
    TALK_LESSON_COLUMNS,
    TALK_USER_COLUMNS,
    talk_lesson_values,
    talk_of,
    talk_user_values,
)
from timeline.analysis.rules import MetricRules
from timeline.analysis.talk_bins import BIN_COLUMNS, bin_rows, fiac_rows
from timeline.analysis.voices import Voice
from timeline.interval import spans_of

CLASS = [
    #    0         1         2         3         4         5         6  s
    lin("##########....................##########......####............"),
    amy("............##########............................##########..."),
    bo("                              .....##########..............."),
    kim("..................................................#####.........."),
]
"""A teacher, two students (bo is heard from 3 s to 6 s), an assistant; 6.5 s, heard all the while."""


def of_lesson(*voices: Voice, duration_ms: int = 6500, **options: Any) -> dict[str, Any]:
    return talk_lesson_values(talk_of(voices), duration_ms, **options)


class TestLesson:
    def test_shares_of_the_heard_time(self) -> None:
        """Lin speaks for 2.4 s, amy 2 s, bo 1 s (half of it into lin's turn), kim 0.5 s into amy's."""
        values = of_lesson(*CLASS)

        assert {name: values[name] for name in ("heard_ms", "talk_ms", "speech_ms", "overlap_ms")} == {
            "heard_ms": 6500,
            "talk_ms": 5900,
            "speech_ms": 4900,
            "overlap_ms": 1000,
        }
        assert [
            values[f"{part}_ms"]
            for part in ("teacher_only", "students_only", "both", "others_only", "nobody")
        ] == [1900, 2500, 500, 0, 1600]
        assert values["teacher_talk_ratio"] == 2400 / 6500
        assert values["student_talk_ratio"] == 3000 / 6500
        assert values["silence_ratio"] == 1600 / 6500
        assert values["teacher_student_ratio"] == 0.8
        assert (values["overlap_ratio"], values["speakers_most"]) == (1000 / 4900, 2)

    def test_turns(self) -> None:
        """Kim's is a backchannel; bo begins while lin speaks, 1.5 s before the end of lin's second turn."""
        values = of_lesson(*CLASS)

        assert {name: values[name] for name in ("turns", "backchannels", "interruptions")} == {
            "turns": 5,
            "backchannels": 1,
            "interruptions": 1,
        }
        assert values["turn_taking_index"] == (5 - 1) / (7 - 1)
        assert values["turns_per_min"] == pytest.approx(5 * 60 / 6.5)
        assert values["turn_mean_ms"] == (1000 + 1000 + 2000 + 1000 + 1000) / 5
        assert (values["exchanges_to_student"], values["exchanges_to_teacher"]) == (3, 1)
        assert values["conversational_turns"] == 1
        assert values["longest_monologue_ms"] == 1000
        assert values["longest_monologue_user_id"] == "lin"
        assert values["longest_monologue_start_ms"] == 0

    def test_waits(self) -> None:
        """Amy 200 ms after lin, lin 800 ms after amy; then bo begins before lin's end, and amy just at it."""
        values = of_lesson(*CLASS)

        assert (values["wait_time_1_count"], values["wait_time_1_median_ms"]) == (1, 200)
        assert (values["wait_time_1_p25_ms"], values["wait_time_1_p75_ms"]) == (200, 200)
        assert (values["wait_time_1_overlaps"], values["wait_time_1_long_ratio"]) == (2, 0)
        assert (values["wait_time_2_count"], values["wait_time_2_median_ms"]) == (1, 800)
        assert (values["student_initiated_count"], values["student_initiated_median_ms"]) == (0, None)

    def test_students_who_take_part(self) -> None:
        """By how long they speak; who is never heard is not counted."""
        silent = Voice("zoe", "student", spans_of([]), spans_of([]))
        values = of_lesson(*CLASS, silent, rules=MetricRules(participating_least_ms=1001))

        assert (values["students_heard"], values["students_participating"]) == (2, 1)
        assert values["students_participating_ratio"] == 0.5
        assert values["talk_gini"] == pytest.approx(1 / 3)

    def test_talk_as_ones_time_there_has_it_is_balanced(self) -> None:
        """Half the time, half the talk."""
        assert of_lesson(amy("####...."), bo("##..    "))["talk_imbalance"] == pytest.approx(0)
        assert of_lesson(amy("####...."), bo("....    "))["talk_imbalance"] == pytest.approx(1 / 3)


SIDED = (
    "both_ms",
    "teacher_talk_ms",
    "teacher_talk_ratio",
    "fiac_bins",
    "wait_time_1_count",
    "wait_time_2_overlaps",
)


class TestMissing:
    def test_without_roles_nothing_is_said_of_sides(self) -> None:
        """What needs none is there."""
        values = of_lesson(drawn("lin", "####......"), drawn("amy", "......####"), duration_ms=1000)

        assert {values[name] for name in (*SIDED, "student_talk_ms", "exchanges_to_student")} == {None}
        assert (values["silence_ratio"], values["turns"], values["voice_bins"]) == (0.2, 2, 1)

    def test_without_the_teachers_microphone_nothing_is_said_of_teachers(self) -> None:
        """Students' talk is."""
        values = of_lesson(lin("          "), amy("####......"), bo("......####"))

        assert {values[name] for name in SIDED} == {None}
        assert values["student_talk_ratio"] == 0.8
        assert (values["student_initiated_count"], values["student_initiated_median_ms"]) == (1, 200)

    def test_a_silent_teacher_is_a_measured_nothing(self) -> None:
        """0, not missing."""
        values = of_lesson(lin("......"), amy("......"))

        assert (values["teacher_talk_ratio"], values["both_ms"], values["turns"]) == (0, 0, 0)
        assert {values[name] for name in ("overlap_ratio", "turn_mean_ms", "longest_monologue_ms")} == {None}

    def test_time_that_nobody_hears_is_no_silence(self) -> None:
        """Ratios are of the heard time, not of the lesson."""
        values = of_lesson(amy("####......          "))

        assert (values["heard_ms"], values["silence_ratio"], values["nobody_ms"]) == (1000, 0.6, 600)

    def test_of_a_lesson_without_sound_all_is_missing(self) -> None:
        for voices in ([], [lin("    ")]):
            values = of_lesson(*voices)
            assert list(values) == [column.name for column in TALK_LESSON_COLUMNS]
            assert set(values.values()) == {None}

    def test_quartiles_are_interpolated(self) -> None:
        """Waits of 200, 400, 600 and 3000 ms; the last is a long one."""
        ask, answer = "##########", "##########.."
        teacher = "".join(ask + "." * (wait + len(answer)) for wait in (2, 4, 6, 30))
        student = "".join("." * (len(ask) + wait) + answer for wait in (2, 4, 6, 30))
        values = of_lesson(lin(teacher), amy(student))

        assert values["wait_time_1_count"] == 4
        assert [values[f"wait_time_1_{name}_ms"] for name in ("p25", "median", "p75")] == [350, 500, 1200]
        assert values["wait_time_1_long_ratio"] == 0.25

    @pytest.mark.parametrize(("heard", "count"), [("." * 400, 1), ("." * 100 + " " * 250 + "." * 50, 0)])
    def test_work_time_is_counted_where_it_is_heard(self, heard: str, count: int) -> None:
        """Amy answers 39 s after lin."""
        values = of_lesson(lin("##########" + "." * 400), amy(heard + "##########"))

        assert (values["wait_time_1_count"], values["wait_time_1_work_times"]) == (0, count)


class TestUsers:
    def test_figures_of_a_user(self) -> None:
        """Bo was there for 3 s."""
        values = talk_user_values(talk_of(CLASS))["bo"]

        assert values["mic_on_ms"] == 3000
        assert values["talk_ms"] == 1000
        assert values["talk_share"] == 1000 / 5900
        assert values["talk_ratio_mic_on"] == pytest.approx(1 / 3)
        assert (values["turns"], values["interruptions"], values["backchannels"]) == (1, 1, 0)

    def test_latency_is_told_from_five_responses_on(self) -> None:
        """A median of fewer says little."""
        ask, answer = "####................", "......####.........."
        four = talk_user_values(talk_of([lin(ask * 4), amy(answer * 4)]))["amy"]
        five = talk_user_values(talk_of([lin(ask * 5), amy(answer * 5)]))["amy"]

        assert (four["responses"], four["response_median_ms"]) == (4, None)
        assert (five["responses"], five["response_median_ms"]) == (5, 200)

    def test_of_somebody_who_was_never_heard_all_is_missing(self) -> None:
        values = talk_user_values(talk_of([lin("####"), amy("    ")]))["amy"]

        assert list(values) == [column.name for column in TALK_USER_COLUMNS]
        assert set(values.values()) == {None}

    def test_a_teacher_has_no_responses(self) -> None:
        assert talk_user_values(talk_of(CLASS))["lin"]["responses"] is None


class TestBins:
    @pytest.mark.parametrize(("mic", "label"), [("." * 15, "silence"), ("." * 14, None)])
    def test_half_of_a_bin_must_be_heard(self, mic: str, label: str | None) -> None:
        """1.5 of 3 s."""
        (row,) = fiac_rows(3000, [lin(mic), amy(mic)])

        assert row["label"] == label

    def test_ties_go_to_the_student_and_then_to_the_teacher(self) -> None:
        """In bins of 3 s."""
        teacher, student = "###############...............", "...............###############"
        rows = fiac_rows(6000, [lin(teacher * 2), amy(student + "." * 30)])

        assert [row["label"] for row in rows] == ["student", "teacher"]

    def test_timing_alone(self) -> None:
        """Two cameras, of which one goes as the other comes; a screen and a board."""
        rows = bin_rows(
            130_000,
            [spans_of([(0, 70_000)]), spans_of([(70_000, 130_000), (10_000, 20_000)])],
            spans_of([(50_000, 65_000)]),
            spans_of([]),
        )
        names = ("bin_ms", "camera_on_ms", "users_on_camera_most", "screen_ms", "board_ms", "unheard_ms")

        assert [[row[name] for name in names] for row in rows] == [
            [60_000, 70_000, 2, 10_000, 0, None],
            [60_000, 60_000, 1, 5000, 0, None],
            [10_000, 10_000, 1, 0, 0, None],
        ]

    def test_columns_are_those_of_the_schema(self) -> None:
        for voices in (None, CLASS):
            (row,) = bin_rows(6500, [], spans_of([]), spans_of([]), voices)
            assert list(row) == [column.name for column in BIN_COLUMNS]

    def test_a_lesson_without_length_has_no_bins(self) -> None:
        assert bin_rows(0, [], spans_of([]), spans_of([]), CLASS) == []

    def test_the_most_on_camera_by_brute_force(self) -> None:
        """In each ms of each bin."""
        chance = np.random.default_rng(7)
        for _ in range(50):
            cameras = [np.sort(chance.integers(0, 60, (1, 2)), axis=1) for _ in range(4)]
            rules = MetricRules(bin_ms=int(chance.integers(1, 30)))
            rows = bin_rows(60, cameras, spans_of([]), spans_of([]), None, rules)
            counts = [sum(bool(start <= ms < end) for ((start, end),) in cameras) for ms in range(60)]
            for row in rows:
                start, length = int(row["bin_start_ms"] or 0), int(row["bin_ms"] or 0)
                assert row["users_on_camera_most"] == max(counts[start : start + length])
                assert row["camera_on_ms"] == sum(counts[start : start + length])
