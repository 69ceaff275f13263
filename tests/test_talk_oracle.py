"""Talk, millisecond by millisecond: what the analysis works out with arrays is counted by hand here."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.analysis.conversation import talk_lesson_values, talk_of, talk_user_values
from timeline.analysis.monologues import find_monologues
from timeline.analysis.rules import MetricRules
from timeline.analysis.talk_bins import bin_rows, fiac_rows
from timeline.analysis.turns import conversational_turns, find_turns, transition_rows, turn_rows
from timeline.analysis.voices import Voice
from timeline.analysis.waits import wait_rows
from timeline.interval import merge, spans_of

LENGTH = 48
"""Lessons are so many ms long, and thresholds are as small."""
RULES = MetricRules(
    merge_gap_ms=0,
    bin_ms=7,
    turn_gap_ms=3,
    backchannel_below_ms=4,
    exchange_below_ms=5,
    wait_most_ms=9,
    wait_long_ms=3,
    interruption_least_ms=2,
    response_least=1,
    participating_least_ms=6,
    fiac_bin_ms=4,
    voice_bin_ms=10,
)
ROLES = {"ann": "teacher", "bea": "student", "cat": "student", "dan": "assistant", "eve": "teacher"}


@dataclass(frozen=True)
class Talker:
    """A user whose every ms is known: in *on* the microphone is on, in *talks* there is speech too."""

    name: str
    on: frozenset[int]
    talks: frozenset[int]

    @property
    def voice(self) -> Voice:
        return Voice(self.name, ROLES[self.name], _spans(self.talks), _spans(self.on))


def _spans(ms: frozenset[int]) -> Any:
    return merge(spans_of((one, one + 1) for one in ms))


@st.composite
def talkers(draw: st.DrawFn) -> list[Talker]:
    """Up to five users; speech comes in stretches, and microphones are on most of the time."""
    found = []
    for name in draw(st.lists(st.sampled_from(sorted(ROLES)), min_size=1, max_size=5, unique=True)):
        on = set(range(LENGTH))
        for start in draw(st.lists(st.integers(0, LENGTH), max_size=2)):
            on -= set(range(start, start + draw(st.integers(1, 12))))
        talks: set[int] = set()
        for start in draw(st.lists(st.integers(0, LENGTH - 1), max_size=7)):
            talks |= set(range(start, start + draw(st.integers(1, 9))))
        found.append(Talker(name, frozenset(on), frozenset(talks & on)))
    return found


PAUSES = st.lists(st.integers(0, LENGTH), max_size=2)

Part = tuple[str, int, int]
"""(user, start, end)."""


def section(ms: int, pauses: list[int]) -> int:
    """How many pauses lie before."""
    return sum(pause <= ms for pause in set(pauses))


def stretches(talker: Talker, pauses: list[int]) -> list[Part]:
    """Stretches of speech, cut at pauses."""
    found: list[Part] = []
    for ms in sorted(talker.talks):
        if found and found[-1][2] == ms and ms not in pauses:
            found[-1] = (talker.name, found[-1][1], ms + 1)
        else:
            found.append((talker.name, ms, ms + 1))
    return found


def runs(talker: Talker, pauses: list[int]) -> list[list[Part]]:
    """Stretches that are close together."""
    found: list[list[Part]] = []
    for part in stretches(talker, pauses):
        last = found[-1][-1] if found else None
        if (
            last
            and part[1] - last[2] <= RULES.turn_gap_ms
            and section(last[1], pauses) == section(part[1], pauses)
        ):
            found[-1].append(part)
        else:
            found.append([part])
    return found


def expected(everybody: list[Talker], pauses: list[int]) -> tuple[list[Part], list[Part]]:
    """Turns and backchannels, by the definitions."""
    all_runs = [run for talker in everybody for run in runs(talker, pauses)]
    hulls = [(run[0][0], run[0][1], run[-1][2]) for run in all_runs]
    backchannels, kept = [], []
    for run, (name, start, end) in zip(all_runs, hulls, strict=True):
        is_inside = any(
            other[0][0] != name
            and set(range(start, end)) < set(range(other[0][1], other[-1][2]))
            and any(start in range(low, high) for _, low, high in other)
            for other in all_runs
        )
        if is_inside and end - start < RULES.backchannel_below_ms:
            backchannels.append((name, start, end))
        else:
            kept.append(run)
    turns: list[Part] = []
    for now in range(LENGTH):
        begun = []
        for run in kept:
            for number, (name, start, end) in enumerate(run):
                if start != now:
                    continue
                own_end = run[number - 1][2]
                others = [low for other, low, _ in turns if other != name and own_end <= low]
                if number == 0 or others:
                    begun.append((name, start, end))
                else:
                    (place,) = [at for at, turn in enumerate(turns) if turn[0] == name and turn[2] == own_end]
                    turns[place] = (name, turns[place][1], end)
        turns += begun
    return sorted(turns, key=_order), sorted(backchannels, key=_order)


def _order(part: Part) -> tuple[int, int, str]:
    return part[1], part[2], part[0]


def before(turn: Part, turns: list[Part], pauses: list[int]) -> Part | None:
    """Who had the floor."""
    earlier = [
        one for one in turns if one[1] < turn[1] and section(one[1], pauses) == section(turn[1], pauses)
    ]
    return max(earlier, key=lambda one: (one[2], one[1], one[0]), default=None)


@given(talkers(), PAUSES)
def test_turns_and_what_comes_before_them(everybody: list[Talker], pauses: list[int]) -> None:
    """Every turn, every backchannel, every transfer of the floor."""
    turns, backchannels = expected(everybody, pauses)
    lines = []
    for turn in turns:
        last = before(turn, turns, pauses)
        is_other = last is not None and last[0] != turn[0]
        lines.append(("turn", *turn, last and last[0], turn[1] - last[2] if last and is_other else None))
    lines += [("backchannel", *part, None, None) for part in backchannels]

    found = find_turns([talker.voice for talker in everybody], pauses, RULES)

    assert [tuple(row.values()) for row in turn_rows(found)] == sorted(
        lines, key=lambda x: (x[2], x[3], x[1])
    )
    pairs = Counter((last[0], turn[0]) for turn in turns if (last := before(turn, turns, pauses)))
    assert [tuple(row.values()) for row in transition_rows(found)] == [
        (*pair, pairs[pair]) for pair in sorted(pairs)
    ]


@given(talkers(), PAUSES)
def test_monologues(everybody: list[Talker], pauses: list[int]) -> None:
    """A walk along the lesson, with the turns that are under way in each ms."""
    turns, _ = expected(everybody, pauses)
    walked: list[Part] = []
    current: Part | None = None
    for ms in range(LENGTH + 10):
        names = [name for name, start, end in turns if start <= ms < end]
        is_over = current is not None and (ms in pauses or ms - current[2] >= RULES.exchange_below_ms)
        if current and (is_over or names not in ([], [current[0]])):
            walked.append(current)
            current = None
        if len(names) == 1:
            current = (names[0], current[1] if current else ms, ms + 1)

    found = find_monologues(find_turns([talker.voice for talker in everybody], pauses, RULES), RULES)
    users = sorted(talker.name for talker in everybody)

    assert [
        (users[user], start, end)
        for user, start, end in zip(
            found.user.tolist(), found.start_ms.tolist(), found.end_ms.tolist(), strict=True
        )
    ] == walked


@given(talkers(), PAUSES)
def test_waits(everybody: list[Talker], pauses: list[int]) -> None:
    """Each pair of the four kinds, and whether the one who speaks next could be heard all the while."""
    turns, _ = expected(everybody, pauses)
    on = {talker.name: talker.on for talker in everybody}
    kinds = {
        ("teacher", "student"): "wait_time_1",
        ("student", "teacher"): "wait_time_2",
        ("student", "student"): "student_initiated",
        ("teacher", "teacher"): "teacher_initiated",
    }
    lines = []
    for turn in turns:
        last = before(turn, turns, pauses)
        kind = kinds.get((ROLES[last[0]], ROLES[turn[0]])) if last else None
        if last is None or kind is None or (kind == "student_initiated" and last[0] == turn[0]):
            continue
        wait = turn[1] - last[2]
        heard = set(range(last[2], turn[1])) <= on[turn[0]]
        late = wait > RULES.wait_most_ms
        is_counted = wait > 0 and heard and not late
        lines.append((kind, last[0], turn[0], last[2], wait, wait <= 0, heard, late, is_counted))

    found = find_turns([talker.voice for talker in everybody], pauses, RULES)

    assert [tuple(row.values()) for row in wait_rows(found, RULES)] == lines


@given(talkers(), PAUSES)
def test_conversational_turns(everybody: list[Talker], pauses: list[int]) -> None:
    """Pairs are taken from the left; a turn is in one pair at most."""
    turns, _ = expected(everybody, pauses)
    count = at = 0
    while at + 1 < len(turns):
        first, second = turns[at : at + 2]
        is_pair = {ROLES[first[0]], ROLES[second[0]]} == {"teacher", "student"}
        is_pair &= before(second, turns, pauses) == first
        is_pair &= 0 <= second[1] - first[2] < RULES.exchange_below_ms
        count, at = (count + 1, at + 2) if is_pair else (count, at + 1)

    assert conversational_turns(find_turns([t.voice for t in everybody], pauses, RULES), RULES) == count


def tally(everybody: list[Talker], milliseconds: range) -> Counter[str]:
    """Who speaks in each ms."""
    found: Counter[str] = Counter()
    for ms in milliseconds:
        roles = [ROLES[talker.name] for talker in everybody if ms in talker.talks]
        sides = {role for role in roles if role in ("teacher", "student")}
        found["heard"] += any(ms in talker.on for talker in everybody)
        found["speech"] += bool(roles)
        found["talk"] += len(roles)
        found["overlap"] += len(roles) > 1
        for role in sides:
            found[role] += 1
        found["both"] += len(sides) == 2
        found["others"] += bool(roles) and not sides
    return found


def has_sides(everybody: list[Talker]) -> bool:
    return {"teacher", "student"} <= {ROLES[talker.name] for talker in everybody if talker.on}


@given(talkers())
def test_shares_of_the_lesson(everybody: list[Talker]) -> None:
    """Sums of ms, and the parts that make up the heard time."""
    counted = tally(everybody, range(LENGTH))
    values: Any = talk_lesson_values(talk_of([t.voice for t in everybody], (), RULES), LENGTH, RULES)

    assert (values["heard_ms"] or 0, values["speech_ms"] or 0) == (counted["heard"], counted["speech"])
    assert (values["talk_ms"] or 0, values["overlap_ms"] or 0) == (counted["talk"], counted["overlap"])
    if not has_sides(everybody):
        assert values["both_ms"] is None
        return
    parts = ("teacher_only_ms", "students_only_ms", "both_ms", "others_only_ms", "nobody_ms")
    assert [values[part] for part in parts] == [
        counted["teacher"] - counted["both"],
        counted["student"] - counted["both"],
        counted["both"],
        counted["others"],
        counted["heard"] - counted["speech"],
    ]
    assert sum(values[part] for part in parts) == values["heard_ms"]
    assert values["teacher_talk_ratio"] == counted["teacher"] / counted["heard"]
    assert values["silence_ratio"] == (counted["heard"] - counted["speech"]) / counted["heard"]


@given(talkers())
def test_bins(everybody: list[Talker]) -> None:
    """Each bin, counted ms by ms; its parts make up the bin."""
    voices = [talker.voice for talker in everybody]
    nothing = spans_of([])
    for row in bin_rows(LENGTH, [], nothing, nothing, voices, RULES):
        values: Any = row
        within = range(values["bin_start_ms"], values["bin_start_ms"] + values["bin_ms"])
        counted = tally(everybody, within)
        assert values["unheard_ms"] == len(within) - counted["heard"]
        if not counted["heard"]:
            assert (values["speech_ms"], values["speakers"], values["teacher_only_ms"]) == (None, None, None)
            continue
        assert values["speakers"] == sum(bool(talker.talks & set(within)) for talker in everybody)
        assert values["speech_ms"] + values["nobody_ms"] + values["unheard_ms"] == values["bin_ms"]
        if has_sides(everybody):
            parts = ("teacher_only_ms", "students_only_ms", "both_ms", "others_only_ms")
            assert sum(values[part] for part in parts) == values["speech_ms"] == counted["speech"]
            assert (values["both_ms"], values["others_only_ms"]) == (counted["both"], counted["others"])


@given(talkers())
def test_labels_and_modes(everybody: list[Talker]) -> None:
    """The most frequent of each bin; what is heard for less than half of it has none."""
    labels: list[str | None] = []
    for start in range(0, LENGTH, RULES.fiac_bin_ms):
        within = range(start, min(LENGTH, start + RULES.fiac_bin_ms))
        counted = tally(everybody, within)
        amounts = {
            "student": counted["student"],
            "teacher": counted["teacher"],
            "silence": counted["heard"] - counted["speech"],
            "other": counted["others"],
        }
        label = next(name for name, ms in amounts.items() if ms == max(amounts.values()))
        is_told = has_sides(everybody) and 2 * counted["heard"] >= len(within) and label != "other"
        labels.append(label if is_told else None)
    voices = [talker.voice for talker in everybody]

    assert [row["label"] for row in fiac_rows(LENGTH, voices, RULES)] == labels

    values: Any = talk_lesson_values(talk_of(voices, (), RULES), LENGTH, RULES)
    pairs = [a == b for a, b in itertools.pairwise(labels) if a and b]
    assert values["steady_state_ratio"] == (pytest.approx(np.mean(pairs)) if pairs else None)
    if values["fiac_bins"]:
        assert values["fiac_student_ratio"] == labels.count("student") / sum(x is not None for x in labels)
        names = ("fiac_student_ratio", "fiac_teacher_ratio", "fiac_silence_ratio")
        assert sum(values[name] for name in names) == pytest.approx(1)
    if values["voice_bins"]:
        names = ("voice_none_ratio", "voice_single_ratio", "voice_multiple_ratio")
        assert sum(values[name] for name in names) == pytest.approx(1)


@given(talkers(), PAUSES, st.randoms(use_true_random=False))
def test_the_order_of_users_does_not_matter(
    everybody: list[Talker], pauses: list[int], chance: random.Random
) -> None:
    """Nor does that of pauses."""
    shuffled, turned = everybody.copy(), pauses.copy()
    chance.shuffle(shuffled)
    chance.shuffle(turned)
    one = talk_of([talker.voice for talker in everybody], pauses, RULES)
    other = talk_of([talker.voice for talker in shuffled], turned, RULES)

    assert talk_lesson_values(one, LENGTH, RULES) == talk_lesson_values(other, LENGTH, RULES)
    assert talk_user_values(one, RULES) == talk_user_values(other, RULES)


def test_a_large_class_takes_no_time() -> None:
    """40 users with 5000 stretches each: below a second on a machine of its own."""
    chance = np.random.default_rng(1)
    on = spans_of([(0, 10_800_000)])
    voices = [
        Voice(f"u{number}", "student", np.sort(chance.choice(10_800_000, 10_000, False)).reshape(-1, 2), on)
        for number in range(40)
    ]
    began = time.process_time()
    talk = talk_of(voices)
    talk_lesson_values(talk, 10_800_000)
    talk_user_values(talk)

    assert time.process_time() - began < 3


@given(talkers(), PAUSES)
def test_figures_of_users_add_up(everybody: list[Talker], pauses: list[int]) -> None:
    """To those of the lesson."""
    talk = talk_of([talker.voice for talker in everybody], pauses, RULES)
    lesson: Any = talk_lesson_values(talk, LENGTH, RULES)
    users: Any = [
        values for values in talk_user_values(talk, RULES).values() if values["talk_ms"] is not None
    ]

    if users:
        for name in ("talk_ms", "turns", "backchannels", "interruptions"):
            assert sum(user[name] for user in users) == lesson[name]
        assert lesson["wait_time_1_count"] in (None, sum(user["responses"] or 0 for user in users))
        monologues = [user["longest_monologue_ms"] for user in users if user["longest_monologue_ms"]]
        assert max(monologues, default=None) == lesson["longest_monologue_ms"]
    if lesson["talk_ms"]:
        assert sum(user["talk_share"] for user in users) == pytest.approx(1)
