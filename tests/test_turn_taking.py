"""Turns, backchannels, monologues and waits: small pictures, worked out by hand."""

from __future__ import annotations

import pytest

from tests.drawn_voices import amy, bo, drawn, kim, lin
from timeline.analysis.monologues import find_monologues
from timeline.analysis.rules import MetricRules
from timeline.analysis.turns import (
    conversational_turns,
    exchanges,
    find_turns,
    interrupts,
    transition_rows,
    turn_rows,
)
from timeline.analysis.voices import Voice
from timeline.analysis.waits import wait_rows
from timeline.interval import spans_of

Told = list[tuple[str, int, int]]


def turns(*voices: Voice, pauses: tuple[int, ...] = ()) -> Told:
    """(user, start, end) of the turns, ms."""
    rows = turn_rows(find_turns(voices, pauses))
    return [
        (str(r["user_id"]), int(r["start_ms"] or 0), int(r["end_ms"] or 0))
        for r in rows
        if r["kind"] == "turn"
    ]


def backchannels(*voices: Voice) -> list[str]:
    """Users of the backchannels."""
    return [str(row["user_id"]) for row in turn_rows(find_turns(voices)) if row["kind"] == "backchannel"]


def transfers(*voices: Voice, pauses: tuple[int, ...] = ()) -> list[tuple[object, object, object]]:
    """(user, after whom, FTO) of the turns."""
    rows = turn_rows(find_turns(voices, pauses))
    return [(r["user_id"], r["after_user_id"], r["fto_ms"]) for r in rows if r["kind"] == "turn"]


def monologues(*voices: Voice, pauses: tuple[int, ...] = ()) -> Told:
    """(user, start, end) of the monologues, ms."""
    found = find_turns(voices, pauses)
    these = find_monologues(found)
    names = [found.voices[user].user_id for user in these.user.tolist()]
    return list(zip(names, these.start_ms.tolist(), these.end_ms.tolist(), strict=True))


class TestTurns:
    def test_a_silence_of_a_second_is_inside_a_turn(self) -> None:
        """And one of 1.1 s is not."""
        assert turns(amy("####..........###")) == [("amy", 0, 1700)]
        assert turns(amy("####...........###")) == [("amy", 0, 400), ("amy", 1500, 1800)]

    def test_another_who_begins_in_the_silence_ends_the_turn(self) -> None:
        """However short the silence is."""
        assert turns(
            lin("#####....######"),
            amy("......##########"),
        ) == [("lin", 0, 500), ("amy", 600, 1600), ("lin", 900, 1500)]

    def test_another_who_begins_before_the_silence_does_not(self) -> None:
        """The turn goes on under the other's."""
        assert turns(
            lin("######....######"),
            amy(".....##########."),
        ) == [("lin", 0, 1600), ("amy", 500, 1500)]

    def test_another_who_begins_at_the_end_of_the_silence_does_not(self) -> None:
        """Both go on at once: the silence is half-open."""
        assert turns(
            lin("####....###"),
            amy("........############"),
        ) == [("lin", 0, 1100), ("amy", 800, 2000)]

    def test_another_who_begins_with_the_silence_does(self) -> None:
        """At its first millisecond."""
        assert turns(
            lin("####....###"),
            amy("....###########"),
        ) == [("lin", 0, 400), ("amy", 400, 1500), ("lin", 800, 1100)]

    def test_a_turn_that_is_no_turn_of_its_own_ends_none(self) -> None:
        """Amy's second stretch belongs to her turn, so it does not end lin's; bo's turn ends both."""
        assert turns(
            lin("..########....########"),
            amy("########....##########"),
        ) == [("amy", 0, 2200), ("lin", 200, 2200)]
        assert turns(
            lin("..########....########"),
            amy("########....##########"),
            bo("..........###########."),
        ) == [
            ("amy", 0, 800),
            ("lin", 200, 1000),
            ("bo", 1000, 2100),
            ("amy", 1200, 2200),
            ("lin", 1400, 2200),
        ]

    def test_a_pause_ends_a_turn(self) -> None:
        """In speech and in silence; what follows is the first of a new conversation."""
        assert turns(amy("########"), pauses=(500,)) == [("amy", 0, 500), ("amy", 500, 800)]
        assert turns(amy("###..###"), pauses=(400,)) == [("amy", 0, 300), ("amy", 500, 800)]
        assert transfers(lin("###....."), amy("....####"), pauses=(300,)) == [
            ("lin", None, None),
            ("amy", None, None),
        ]

    def test_speech_that_was_not_heard_is_none(self) -> None:
        """Whoever says so: it is cut to the time with the microphone on."""
        assert turns(Voice("amy", None, spans_of([(0, 5000)]), spans_of([(2000, 3000)]))) == [
            ("amy", 2000, 3000)
        ]


class TestBackchannels:
    def test_less_than_a_second_inside_anothers_turn(self) -> None:
        """Begun in its speech, it may go on in its silence; it ends no turn."""
        teacher = lin("####################....##########")
        for words in (amy("....####"), amy("...................###"), amy("...................#######")):
            assert backchannels(teacher, words) == ["amy"]
            assert turns(teacher, words) == [("lin", 0, 3400)]

    def test_who_begins_in_a_silence_takes_a_turn(self) -> None:
        """One word is an answer."""
        teacher, word = lin("####################.......##########"), amy("......................###")

        assert backchannels(teacher, word) == []
        assert turns(teacher, word) == [("lin", 0, 2000), ("amy", 2200, 2500), ("lin", 2700, 3700)]

    @pytest.mark.parametrize(
        "words",
        [
            pytest.param("....##########", id="a second long"),
            pytest.param("....####......####", id="twice, close together: together too long"),
            pytest.param("...............................#####", id="beyond the end"),
        ],
    )
    def test_else_it_is_a_turn(self, words: str) -> None:
        assert backchannels(lin("####################....##########"), amy(words)) == []

    def test_of_two_that_say_the_same_at_once_neither_is_one(self) -> None:
        """There is no longer one to be inside of."""
        assert backchannels(amy("..####"), bo("..####")) == []
        assert backchannels(amy("..####"), bo("..####"), lin("########")) == ["amy", "bo"]


class TestFloorTransfer:
    def test_gaps_are_above_zero_and_overlaps_below(self) -> None:
        assert transfers(
            lin("##########..............############"),
            amy("............############"),
            bo("...............................###########"),
        ) == [("lin", None, None), ("amy", "lin", 200), ("lin", "amy", 0), ("bo", "lin", -500)]

    def test_the_floor_is_of_who_speaks_longest(self) -> None:
        """Bo follows lin, not amy, who spoke into lin's turn and stopped first."""
        assert transfers(
            lin("#################.........."),
            amy("..###########.............."),
            bo("...................########"),
        ) == [("lin", None, None), ("amy", "lin", -1500), ("bo", "lin", 200)]

    def test_after_oneself_there_is_no_transfer(self) -> None:
        """But a transition from amy to amy."""
        voice = amy("####...............####")

        assert transfers(voice) == [("amy", None, None), ("amy", "amy", None)]
        assert transition_rows(find_turns([voice])) == [
            {"from_user_id": "amy", "to_user_id": "amy", "turns": 1}
        ]

    def test_transitions_are_counted_by_pair(self) -> None:
        found = find_turns(
            [
                lin("####............####............####"),
                amy("......####............####.........."),
            ]
        )

        assert transition_rows(found) == [
            {"from_user_id": "amy", "to_user_id": "lin", "turns": 2},
            {"from_user_id": "lin", "to_user_id": "amy", "turns": 2},
        ]
        assert exchanges(found) == (2, 2)

    @pytest.mark.parametrize(
        ("words", "count"), [("..............##########", 1), ("................########", 0)]
    )
    def test_half_a_second_before_the_end_interrupts(self, words: str, count: int) -> None:
        """Lin speaks for 2 s."""
        assert interrupts(find_turns([lin("####################"), amy(f".{words}")])).sum() == count


class TestConversationalTurns:
    @pytest.mark.parametrize(
        ("teacher", "student", "count"),
        [
            ("####", "......####", 1),
            ("####.............####", "......##########", 1),
            ("####.............####", "......##########........####", 2),
            ("#" * 4, "." * 54 + "####", 0),  # 5 s of silence
            ("#" * 4, "." * 53 + "####", 1),
            ("####################", "...............##########", 0),  # overlap
            ("####...............####", ".", 0),
            ("####..........####", ".......####", 1),
            ("####..........####", ".......####.........####", 2),
        ],
    )
    def test_pairs_are_counted(self, teacher: str, student: str, count: int) -> None:
        """A-B is 1, A-B-A is 1, A-B-A-B is 2."""
        assert conversational_turns(find_turns([lin(teacher), amy(student)])) == count

    def test_nobody_is_between(self) -> None:
        """An assistant who speaks between parts the pair."""
        assert (
            conversational_turns(find_turns([lin("####"), kim("......####"), amy("............####")])) == 0
        )

    def test_students_among_themselves_have_none(self) -> None:
        assert conversational_turns(find_turns([amy("####"), bo("......####")])) == 0


class TestMonologues:
    def test_backchannels_do_not_end_it(self) -> None:
        assert monologues(lin("####################"), amy("......####")) == [("lin", 0, 2000)]

    def test_a_silence_below_5_s_does_not_end_it(self) -> None:
        """It counts: the stretch is from the first word to the last."""
        assert monologues(lin("####" + "." * 49 + "####")) == [("lin", 0, 5700)]
        assert monologues(lin("####" + "." * 50 + "####")) == [("lin", 0, 400), ("lin", 5400, 5800)]

    def test_anothers_turn_ends_it_even_on_top(self) -> None:
        """While both speak it is nobody's."""
        assert monologues(
            lin("##############################"),
            amy("..........##########.........."),
        ) == [("lin", 0, 1000), ("lin", 2000, 3000)]

    def test_it_begins_and_ends_with_a_turn(self) -> None:
        """The silence around an answer is nobody's either."""
        assert monologues(
            lin("##########..............##########"),
            amy("............##########............"),
        ) == [("lin", 0, 1000), ("amy", 1200, 2200), ("lin", 2400, 3400)]

    def test_a_pause_ends_it(self) -> None:
        assert monologues(lin("####################"), pauses=(500,)) == [("lin", 0, 500), ("lin", 500, 2000)]


def waits(*voices: Voice, pauses: tuple[int, ...] = ()) -> list[tuple[object, ...]]:
    """(kind, from, to, at, wait) of the counted waits."""
    names = ("kind", "from_user_id", "to_user_id", "at_ms", "wait_ms")
    rows = wait_rows(find_turns(voices, pauses))
    return [tuple(row[name] for name in names) for row in rows if row["is_counted"]]


class TestWaits:
    def test_the_four_kinds(self) -> None:
        """Lin asks, waits and goes on; amy answers, bo adds to it, lin thanks."""
        assert waits(
            lin("####............####..........................#####"),
            amy("......................######......................."),
            bo("...............................#######............."),
        ) == [
            ("teacher_initiated", "lin", "lin", 400, 1200),
            ("wait_time_1", "lin", "amy", 2000, 200),
            ("student_initiated", "amy", "bo", 2800, 300),
            ("wait_time_2", "bo", "lin", 3800, 800),
        ]

    def test_a_student_who_goes_on_waits_for_nobody(self) -> None:
        assert waits(amy("####...............####")) == []

    def test_overlaps_are_no_waits(self) -> None:
        """Nor is a turn that begins just as the other ends."""
        for words in ("........############", "..........##########"):
            (row,) = wait_rows(find_turns([lin("##########"), amy(words)]))
            assert (row["is_overlap"], row["is_counted"]) == (True, False)

    @pytest.mark.parametrize("words", ["     .....####", ".......   ####", "...... ...####"])
    def test_who_could_not_be_heard_did_not_wait(self, words: str) -> None:
        """The microphone comes on after lin stopped, or goes off meanwhile."""
        found = find_turns([lin("####.........."), amy(words)])
        (row,) = wait_rows(found, MetricRules(merge_gap_ms=0))

        assert (row["wait_ms"], row["is_heard"], row["is_counted"]) == (600, False, False)

    def test_a_switch_of_files_is_no_hole(self) -> None:
        """500 ms."""
        assert len(waits(lin("####................"), amy("........     ..#####"))) == 1
        assert len(waits(lin("####................"), amy("........      .#####"))) == 0

    @pytest.mark.parametrize(("silence", "is_work"), [(300, False), (301, True)])
    def test_more_than_30_s_is_work_time(self, silence: int, is_work: bool) -> None:
        (row,) = wait_rows(find_turns([lin("####"), amy("...." + "." * silence + "####")]))

        assert (row["is_work_time"], row["is_counted"]) == (is_work, not is_work)

    def test_there_is_none_across_a_pause(self) -> None:
        assert waits(lin("####"), amy("......####"), pauses=(500,)) == []

    def test_there_is_none_across_anybody_else(self) -> None:
        assert (
            waits(
                lin("####"), kim("......####"), drawn("x", "............####"), amy("..................####")
            )
            == []
        )
