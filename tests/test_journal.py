"""The journal: how its lines are read, which pauses they tell of, and where those are placed."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import START_S, Row, codes, result_bytes, row
from timeline.errors import DiskError, JournalError, ParameterError
from timeline.journal import CALLS, Call, Journal, ToldPause, append_entry, read_journal
from timeline.model import Pause, Timeline
from timeline.pauses import PauseRules

SAMPLES = Path(__file__).parent.parent / "sample_results"
START_MS = START_S * 1000
PAUSE_LINE = b'{"at_unix_ms": 1000, "call": "pause"}'
RESUME_LINE = b'{"at_unix_ms": 61000, "call": "resume"}'
PAUSE, RESUME = Call(1000, "pause", None), Call(61_000, "resume", None)

# --- reading ---------------------------------------------------------------------------------------------


def read(folder: Path, data: bytes) -> Journal:
    """Return the journal in a file of these bytes."""
    path = folder / "calls.jsonl"
    path.write_bytes(data)
    return read_journal(path)


def refusal(folder: Path, data: bytes) -> str:
    """Return why a journal of these bytes is refused."""
    with pytest.raises(JournalError) as caught:
        read(folder, data)
    return str(caught.value)


def test_each_line_is_a_call(tmp_path: Path) -> None:
    """The four names count; a task is kept as text."""
    lines = [{"at_unix_ms": n, "call": call, "task_id": n} for n, call in enumerate(CALLS, 1)]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()

    assert read(tmp_path, data) == Journal(
        (Call(1, "start", "1"), Call(2, "pause", "2"), Call(3, "resume", "3"), Call(4, "stop", "4"))
    )


def test_calls_are_sorted_by_time(tmp_path: Path) -> None:
    """Whatever their order in the file."""
    assert read(tmp_path, RESUME_LINE + b"\n" + PAUSE_LINE + b"\n").calls == (PAUSE, RESUME)


def test_a_path_may_be_text(tmp_path: Path) -> None:
    """A name is as good as a path."""
    (tmp_path / "calls.jsonl").write_bytes(PAUSE_LINE)

    assert read_journal(f"{tmp_path}/calls.jsonl").calls == (PAUSE,)


@pytest.mark.parametrize(
    "data",
    [
        PAUSE_LINE + b"\n" + RESUME_LINE + b"\n",
        PAUSE_LINE + b"\n" + RESUME_LINE,
        PAUSE_LINE + b"\r\n" + RESUME_LINE + b"\r\n",
        b"\xef\xbb\xbf" + PAUSE_LINE + b"\n" + RESUME_LINE + b"\n",
        b"\n\n" + PAUSE_LINE + b"\n \t\r\n" + RESUME_LINE + b"\n\n \n",
        b'{"note": 1}\n' + PAUSE_LINE + b'\n{"call": "query", "at_unix_ms": "?"}\n{}\n' + RESUME_LINE + b"\n",
        b'{"call": ["pause"]}\n{"call": null}\n' + PAUSE_LINE + b"\n" + RESUME_LINE + b"\n",
        PAUSE_LINE[:-1] + b', "by": "amy"}\n' + RESUME_LINE + b"\n",
    ],
    ids=[
        "plain",
        "no newline at the end",
        "CRLF",
        "byte order mark",
        "blank lines",
        "foreign lines",
        "foreign calls",
        "foreign keys",
    ],
)
def test_the_form_of_the_file_does_not_matter(data: bytes, tmp_path: Path) -> None:
    """The same two calls in all of them, and nothing odd."""
    assert read(tmp_path, data) == Journal((PAUSE, RESUME))


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"{}\n"])
def test_a_journal_may_be_empty(data: bytes, tmp_path: Path) -> None:
    """No calls are no error."""
    assert read(tmp_path, data) == Journal(())


@pytest.mark.parametrize("kept_bytes", range(1, len(RESUME_LINE)))
def test_a_torn_last_line_is_left_out(kept_bytes: int, tmp_path: Path) -> None:
    """Wherever it is torn; the finding names the file, and the calls before it count."""
    read_back = read(tmp_path, PAUSE_LINE + b"\n" + RESUME_LINE[:kept_bytes])

    assert read_back.calls == (PAUSE,)
    assert [(item.code, item.where) for item in read_back.findings] == [("journal_odd", "calls.jsonl")]


def test_a_torn_line_reaches_the_lesson(tmp_path: Path) -> None:
    """Its finding is one of the lesson's."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes((SAMPLES / "guide_example_journal.jsonl").read_bytes() + b'{"at_')

    lesson = timeline.load(SAMPLES / "guide_example.json", journal=path)

    assert codes(lesson) == ["journal_odd"]
    assert [pause.source for pause in lesson.pauses] == ["journal"]


@pytest.mark.parametrize(
    "line",
    [b"{", b"pause", b"[]", b"12", b'"x"', b"null", b"\xff{}", b"{} {}", b'{"a":' * 99_999, b"1" * 5000],
    ids=lambda line: line[:9],
)
def test_a_broken_line_elsewhere_is_refused(line: bytes, tmp_path: Path) -> None:
    """Also as the last one when it ends with a newline; the error has the number of the line."""
    said = refusal(tmp_path, PAUSE_LINE + b"\n\n" + line + b"\n" + RESUME_LINE + b"\n")

    assert "calls.jsonl: line 3 is no JSON object" in said
    assert "line 1 is no JSON object" in refusal(tmp_path, line + b"\n")


@pytest.mark.parametrize(
    "stamp",
    ["null", "true", "1000.5", "1000.0", '"1000"', "0", "-1", "100000000000000", "NaN", "[1]", "1e3"],
)
def test_a_call_needs_its_time(stamp: str, tmp_path: Path) -> None:
    """A whole number above 0 and below 10 to the 14; the error has the number of the line."""
    line = f'{{"at_unix_ms": {stamp}, "call": "resume"}}\n'.encode()

    assert "line 2 has no at_unix_ms" in refusal(tmp_path, PAUSE_LINE + b"\n" + line)


def test_a_call_without_a_time_is_refused(tmp_path: Path) -> None:
    """Also in a last line without a newline: it is whole."""
    assert "line 1 has no at_unix_ms" in refusal(tmp_path, b'{"call": "stop"}')


@pytest.mark.parametrize("stamp_ms", [1, 10**14 - 1])
def test_times_at_the_edges_are_read(stamp_ms: int, tmp_path: Path) -> None:
    """The first and the last ms that count."""
    line = f'{{"at_unix_ms": {stamp_ms}, "call": "stop"}}\n'.encode()

    assert read(tmp_path, line).calls == (Call(stamp_ms, "stop", None),)


@pytest.mark.parametrize(
    ("name", "reason"), [(".", "is a directory"), ("nowhere", "no such file"), ("a\0b", "null")]
)
def test_a_file_that_cannot_be_read(name: str, reason: str, tmp_path: Path) -> None:
    """The reason is said in a `JournalError`."""
    with pytest.raises(JournalError, match=f"cannot be read: .*{reason}"):
        read_journal(f"{tmp_path}/{name}")


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last byte that fits is read, one more is refused."""
    monkeypatch.setattr("timeline.journal._MAX_BYTES", len(PAUSE_LINE))

    assert read(tmp_path, PAUSE_LINE).calls == (PAUSE,)
    assert refusal(tmp_path, PAUSE_LINE + b"\n").endswith("has more than 37 bytes; so many are read at most")


def test_calls_of_one_instant_may_differ_in_the_task(tmp_path: Path) -> None:
    """One names a task, the other does not."""
    data = PAUSE_LINE + b"\n" + PAUSE_LINE[:-1] + b', "task_id": "a"}\n'

    assert len(read(tmp_path, data).calls) == 2


def test_calls_of_one_instant_keep_their_order(tmp_path: Path) -> None:
    """Resumed and paused again in the same ms: two pauses."""
    calls = [(1, "pause"), (5, "resume"), (5, "pause"), (9, "resume")]
    data = "".join(f'{{"at_unix_ms": {at}, "call": "{call}"}}\n' for at, call in calls).encode()

    assert read(tmp_path, data).pauses(None) == (ToldPause(1, 5), ToldPause(5, 9))


# --- which pauses the calls tell of ----------------------------------------------------------------------

BREAKS: dict[str, tuple[str, list[tuple[int, int | None]]]] = {
    "nothing": ("", []),
    "no pause": ("start stop", []),
    "a pause and its end": ("start pause resume stop", [(2, 3)]),
    "two": ("pause resume pause resume", [(1, 2), (3, 4)]),
    "paused twice: the first counts": ("pause pause resume", [(1, 3)]),
    "resumed twice: the first counts": ("pause resume resume", [(1, 2)]),
    "resumed without a pause": ("resume pause resume", [(2, 3)]),
    "a stop ends an open pause": ("pause stop resume", [(1, None)]),
    "a start ends an open pause": ("pause start pause resume", [(1, None), (3, 4)]),
    "never resumed": ("start pause", [(2, None)]),
}


@pytest.mark.parametrize(("calls", "expected"), BREAKS.values(), ids=BREAKS.keys())
def test_breaks(calls: str, expected: list[tuple[int, int | None]]) -> None:
    """Of repeated calls the first counts; what is open ends with the recording."""
    journal = Journal(tuple(Call(at, call, None) for at, call in enumerate(calls.split(), 1)))

    assert list(journal.pauses("any")) == expected


@pytest.mark.parametrize(
    ("task", "expected"),
    [("a", [(1, 6), (7, 8)]), ("b", [(3, 4), (7, 8)]), ("c", [(7, 8)]), (None, [(1, 4), (7, 8)])],
)
def test_calls_of_other_tasks_are_left_out(task: str | None, expected: list[tuple[int, int]]) -> None:
    """A call without a task belongs to each; without a task all calls count."""
    calls = (
        *(Call(1, "pause", "a"), Call(3, "pause", "b"), Call(4, "resume", "b"), Call(6, "resume", "a")),
        *(Call(7, "pause", None), Call(8, "resume", None)),
    )

    assert list(Journal(calls).pauses(task)) == expected


# --- where they are placed -------------------------------------------------------------------------------


def parts(*cuts_ms: int, end_ms: int, users: tuple[str, ...] = ("amy", "bo")) -> list[Row]:
    """Return rows of these users, all cut at the same instants."""
    edges_ms = [0, *cuts_ms, end_ms]
    return [row(user, a, b - a) for user in users for a, b in itertools.pairwise(edges_ms)]


def journal_of(*pauses_ms: tuple[int, int | None], task: str | None = None) -> Journal:
    """Return a journal of pauses, told in ms after the start stamp; None stands for no resume."""
    calls = []
    for pause_ms, resume_ms in pauses_ms:
        calls.append(Call(START_MS + pause_ms, "pause", task))
        if resume_ms is not None:
            calls.append(Call(START_MS + resume_ms, "resume", task))
    return Journal(tuple(calls))


def lesson_with(
    journal: Journal, *rows: Row, surplus_s: int = 60, options: dict[str, Any] | None = None, **fields: Any
) -> Timeline:
    """Return the lesson of *rows* with a journal; *options* go to `timeline.loads`."""
    data = result_bytes(*rows, surplus_s=surplus_s, **fields)
    return timeline.loads(data, journal=journal, **(options or {}))


def one_cut(pause_ms: int, resume_ms: int | None, **settings: Any) -> Timeline:
    """Return a lesson of 200 s with a strong cut at 100 s and one pause in its journal."""
    return lesson_with(journal_of((pause_ms, resume_ms)), *parts(100_000, end_ms=200_000), **settings)


def test_the_guide_example() -> None:
    """Paused for 60.3 s at 0:15:00, give or take 2 s."""
    lesson = timeline.load(SAMPLES / "guide_example.json", journal=SAMPLES / "guide_example_journal.jsonl")

    assert lesson.pauses == (Pause(900_000, 60_300, (58_300, 62_300), "journal"),)
    assert lesson.findings == ()


def test_the_journal_makes_wall_times_narrower() -> None:
    """Five minutes after the pause, compared with the inferred one."""
    plain = timeline.load(SAMPLES / "guide_example.json").wall_range_ms(1_200_000)
    told = timeline.load(
        SAMPLES / "guide_example.json", journal=SAMPLES / "guide_example_journal.jsonl"
    ).wall_range_ms(1_200_000)

    assert plain is not None
    assert told is not None
    assert plain[0] <= told[0] <= told[1] <= plain[1]
    assert told[1] - told[0] < plain[1] - plain[0]


@pytest.mark.parametrize(("pause_ms", "at_ms"), [(103_900, 100_000), (104_100, 105_000)])
def test_the_nearest_cut_is_taken(pause_ms: int, at_ms: int) -> None:
    """Nearest to the middle of the stretch, which is 1.5 s before the call."""
    lesson = lesson_with(journal_of((pause_ms, pause_ms + 60_000)), *parts(100_000, 105_000, end_ms=200_000))

    assert [pause.at_ms for pause in lesson.pauses] == [at_ms]


@pytest.mark.parametrize(
    ("pause_ms", "at_ms"),
    [(96_000, 100_000), (95_999, 94_499), (107_000, 100_000), (107_001, 105_501)],
    ids=["4 s before the cut", "a ms earlier", "7 s after the cut", "a ms later"],
)
def test_how_far_the_cut_may_be(pause_ms: int, at_ms: int) -> None:
    """Beyond 4 s after the call or 7 s before it no cut is taken, and the clock places the pause."""
    lesson = one_cut(pause_ms, pause_ms + 60_000)

    assert [pause.at_ms for pause in lesson.pauses] == [at_ms]
    assert ("pause_place_uncertain" in codes(lesson)) == (at_ms != 100_000)


def test_a_weak_cut_is_as_good() -> None:
    """The journal says that there was a pause; the cut only says where."""
    lesson = lesson_with(journal_of((100_000, 160_000)), *parts(100_000, end_ms=200_000, users=("amy",)))

    assert lesson.pauses == (Pause(100_000, 60_000, (58_000, 62_000), "journal"),)
    assert codes(lesson) == []


def test_two_pauses_are_known_where_inference_gives_none() -> None:
    """30 s and 90 s: the surplus alone only tells their sum."""
    rows = parts(100_000, 200_000, end_ms=300_000)
    journal = journal_of((101_000, 131_000), (231_000, 321_000))

    told = lesson_with(journal, *rows, surplus_s=120)
    alone = timeline.loads(result_bytes(*rows, surplus_s=120))

    assert [(pause.at_ms, pause.duration_ms) for pause in alone.pauses] == [(100_000, None), (200_000, None)]
    assert [pause[:3] for pause in told.pauses] == [
        (100_000, 30_000, (28_000, 32_000)),
        (200_000, 90_000, (88_000, 92_000)),
    ]


def test_two_pauses_do_not_share_a_cut() -> None:
    """Two short breaks in a row: each takes a cut of its own."""
    rows = parts(100_000, 104_000, end_ms=200_000)

    lesson = lesson_with(journal_of((102_000, 105_000), (106_500, 110_000)), *rows, surplus_s=8)

    assert [pause.at_ms for pause in lesson.pauses] == [100_000, 104_000]


def test_a_pause_without_a_cut_is_placed_by_the_clock() -> None:
    """In the middle of where it can lie, 1.5 s before the call; a finding says how uncertain that is."""
    lesson = lesson_with(journal_of((50_000, 110_000)), *parts(end_ms=200_000))

    assert lesson.pauses == (Pause(48_500, 60_000, (58_000, 62_000), "journal"),)
    assert [(item.code, item.at_ms) for item in lesson.findings] == [("pause_place_uncertain", 48_500)]
    assert "within 0:00:11" in lesson.findings[0].message


def test_a_pause_stays_inside_the_lesson() -> None:
    """Called before playback began, it is placed at 0."""
    lesson = lesson_with(journal_of((-1000, 59_000)), *parts(end_ms=200_000))

    assert [pause.at_ms for pause in lesson.pauses] == [0]


@pytest.mark.parametrize(("pause_ms", "counts"), [(-2000, True), (-2001, False)])
def test_calls_before_the_recording_are_ignored(pause_ms: int, counts: bool) -> None:
    """More than 2 s before the start stamp they belong to another recording."""
    lesson = lesson_with(journal_of((pause_ms, 50_000), (102_000, 110_000)), *parts(100_000, end_ms=200_000))

    assert len(lesson.pauses) == 1 + counts


@pytest.mark.parametrize(("pause_ms", "counts"), [(260_997, True), (261_000, False)])
def test_calls_after_the_recording_are_ignored(pause_ms: int, counts: bool) -> None:
    """Behind the whole second of the stop stamp it is another recording."""
    journal = journal_of((102_000, 162_000), (pause_ms, pause_ms + 1))

    assert len(lesson_with(journal, *parts(100_000, end_ms=200_000)).pauses) == 1 + counts


def test_calls_of_another_task_are_ignored() -> None:
    """The lesson's task is the result's."""
    mine, other = journal_of((102_000, 162_000), task="7"), journal_of((20_000, 60_000), task="8")
    journal = Journal(tuple(sorted(mine.calls + other.calls)))

    lesson = lesson_with(journal, *parts(100_000, end_ms=200_000), task_id="7")

    assert [(pause.at_ms, pause.source) for pause in lesson.pauses] == [(100_000, "journal")]


@pytest.mark.parametrize(
    "journal",
    [Journal(()), journal_of((300_000, 310_000)), journal_of((9000, 9000)), journal_of((9, 99), task="x")],
    ids=["empty", "later", "no length", "another task"],
)
def test_a_journal_without_a_pause_is_unused(journal: Journal) -> None:
    """A finding says so, and pauses are inferred."""
    lesson = lesson_with(journal, *parts(100_000, end_ms=200_000), task_id="7")

    assert codes(lesson) == ["journal_unused"]
    assert lesson.pauses == (Pause(100_000, 60_000, (53_000, 61_000), "inferred"),)


@pytest.mark.parametrize(("length_ms", "source"), [(63_000, "journal"), (63_001, "inferred")])
def test_a_journal_that_contradicts_the_wall_clock_is_unused(length_ms: int, source: str) -> None:
    """60 s are missing: with 2 s for the calls and 1 s for the stamps, 63 s are the most there can be."""
    lesson = one_cut(102_000, 102_000 + length_ms)

    assert [pause.source for pause in lesson.pauses] == [source]
    assert codes(lesson) == ([] if source == "journal" else ["journal_unused"])


def test_all_pauses_together_contradict_the_wall_clock() -> None:
    """Each alone would fit into the 60 s."""
    rows = parts(100_000, 150_000, end_ms=200_000)

    lesson = lesson_with(journal_of((102_000, 142_000), (192_000, 232_000)), *rows)

    assert "journal_unused" in codes(lesson)
    assert {pause.source for pause in lesson.pauses} == {"inferred"}


def test_a_journal_that_is_unused_leaves_no_other_doubts() -> None:
    """The doubtful place of a pause that is not taken is nobody's concern."""
    lesson = one_cut(50_000, 150_000)

    assert codes(lesson) == ["journal_unused"]


def test_declared_pauses_go_before_the_journal() -> None:
    """What the result says itself is not doubted."""
    pause_ms = START_MS + 90_000
    declared = [{"video_time": 90_000, "pause_time": pause_ms, "resume_time": pause_ms + 60_000}]

    lesson = one_cut(102_000, 162_000, omitted_duration=declared)

    assert lesson.pauses == (Pause(90_000, 60_000, (60_000, 60_000), "declared"),)


def test_a_pause_that_the_journal_leaves_out_is_not_inferred() -> None:
    """Beside the journal's pause no cut is taken for another; the time that is left is told."""
    lesson = lesson_with(journal_of((102_000, 132_000)), *parts(100_000, 150_000, end_ms=200_000))

    assert [(pause.at_ms, pause.source) for pause in lesson.pauses] == [(100_000, "journal")]
    assert codes(lesson) == ["pause_unlocated"]


@pytest.mark.parametrize(("length_ms", "told"), [(51_000, []), (50_999, ["pause_unlocated"])])
def test_how_much_may_be_left(length_ms: int, told: list[str]) -> None:
    """Of 60 s up to 7 s beyond the longest that the journal allows."""
    assert codes(one_cut(102_000, 102_000 + length_ms)) == told


@pytest.mark.parametrize("fields", [{"stop_time": None}, {"start_time": None}, {"stop_time": START_S + 100}])
def test_without_wall_times_a_journal_is_unused(fields: dict[str, Any]) -> None:
    """A stamp is missing, or the stamps are impossible."""
    lesson = one_cut(102_000, 162_000, **fields)

    assert (lesson.pauses, lesson.wall) == ((), None)
    assert "journal_unused" in codes(lesson)


def test_an_anchor_is_enough_to_place_a_journal() -> None:
    """Without stamps; the recording began when somebody says it did."""
    lesson = one_cut(98_000, 158_000, stop_time=None, options={"wall_origin_ms": START_MS})

    assert lesson.pauses == (Pause(100_000, 60_000, (58_000, 62_000), "journal"),)


@pytest.mark.parametrize(("pause_ms", "is_found"), [(100_000, True), (100_001, False)])
def test_an_anchor_narrows_where_a_pause_can_lie(pause_ms: int, is_found: bool) -> None:
    """An exact start leaves no 7 s: a pause lies at most 4 s after its call, and not before it."""
    lesson = one_cut(pause_ms, pause_ms + 60_000, options={"wall_origin_ms": START_MS})

    assert ("pause_place_uncertain" not in codes(lesson)) == is_found


def test_an_open_pause_lasts_until_the_stop() -> None:
    """Paused 40 s before the stop stamp and never resumed."""
    lesson = lesson_with(journal_of((200_000, None)), *parts(end_ms=200_000), surplus_s=40)

    assert [pause[1:] for pause in lesson.pauses] == [(40_000, (38_000, 42_000), "journal")]


def test_an_open_pause_lies_at_the_end() -> None:
    """Nothing is played after it, so its place is certain."""
    lesson = lesson_with(journal_of((200_000, None)), *parts(end_ms=200_000), surplus_s=40)

    assert [pause.at_ms for pause in lesson.pauses] == [200_000]
    assert codes(lesson) == []


def test_an_open_pause_without_a_stop_has_no_length() -> None:
    """Only an anchor and no stop stamp: the journal is unused."""
    lesson = one_cut(102_000, None, stop_time=None, options={"wall_origin_ms": START_MS})

    assert lesson.pauses == ()
    assert "journal_unused" in codes(lesson)


def test_a_lesson_on_absolute_times_needs_no_journal() -> None:
    """Its playback time is wall time: nothing can be cut out of it, and that is said."""
    path = SAMPLES / "trtc_events.json"
    plain = timeline.load(path)
    assert plain.wall is not None
    middle_ms = plain.wall.start_ms + plain.duration_ms // 2
    journal = Journal((Call(middle_ms, "pause", None), Call(middle_ms + 60_000, "resume", None)))

    read_with_it = timeline.load(path, journal=journal)

    assert (read_with_it.pauses, read_with_it.wall) == (plain.pauses, plain.wall)
    assert set(codes(read_with_it)) - set(codes(plain)) == {"journal_unused"}


def test_a_file_name_that_is_no_text_is_shown_as_well_as_it_can(tmp_path: Path) -> None:
    """A torn line is told of a file that no letters can name."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/j\xff.jsonl"))
    path.write_bytes(PAUSE_LINE + b"\n{")

    assert [item.where for item in read_journal(path).findings] == ["j\ufffd.jsonl"]


def test_a_declared_pause_makes_a_journal_needless() -> None:
    """It is said that nobody looked into it."""
    path = SAMPLES / "tiw_event_finished.json"

    assert "journal_unused" in codes(timeline.load(path, journal=Journal((Call(1, "pause", None),))))


# --- the rules as parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cut_tolerance_ms", "surplus_tolerance_ms", "latency_ms"])
def test_no_rule_is_negative(name: str) -> None:
    """0 is allowed, -1 is refused with the name of the rule."""
    assert getattr(PauseRules(**{name: 0}), name) == 0
    with pytest.raises(ParameterError, match=f"expected {name} of 0 or more, got -1"):
        PauseRules(**{name: -1})


def test_the_rules_of_the_concepts() -> None:
    """1 s, 7 s and 2 s."""
    assert PauseRules() == PauseRules(cut_tolerance_ms=1000, surplus_tolerance_ms=7000, latency_ms=2000)


@pytest.mark.parametrize(("tolerance_ms", "pauses"), [(1500, 1), (1499, 0)])
def test_the_cut_tolerance_is_honoured(tolerance_ms: int, pauses: int) -> None:
    """A hole of 1.5 s is a cut from 1500 ms on."""
    rows = [row(user, at_ms, 48_500) for user in ("amy", "bo") for at_ms in (0, 50_000)]
    rules = PauseRules(cut_tolerance_ms=tolerance_ms)

    assert len(timeline.loads(result_bytes(*rows, surplus_s=60), pause_rules=rules).pauses) == pauses


@pytest.mark.parametrize(
    ("tolerance_ms", "ranges"), [(60_000, []), (59_999, [(1, 61_000)]), (0, [(60_000, 61_000)])]
)
def test_the_surplus_tolerance_is_honoured(tolerance_ms: int, ranges: list[tuple[int, int]]) -> None:
    """A surplus of 60 s proves a pause below that; the range follows."""
    data = result_bytes(*parts(100_000, end_ms=200_000), surplus_s=60)

    lesson = timeline.loads(data, pause_rules=PauseRules(surplus_tolerance_ms=tolerance_ms))

    assert [pause.duration_range_ms for pause in lesson.pauses] == ranges
    assert ("possible_pause" in codes(lesson)) == (not ranges)


def test_a_surplus_that_the_rules_forgive_is_not_missing() -> None:
    """10 s prove nothing where 20 s are allowed, so wall times stay known."""
    data = result_bytes(row("amy", 0, 100_000), surplus_s=10)

    lesson = timeline.loads(data, pause_rules=PauseRules(surplus_tolerance_ms=20_000))

    assert codes(lesson) == []
    assert lesson.to_wall_ms(50_000) is not None


@pytest.mark.parametrize(
    ("latency_ms", "pause_ms", "is_found"),
    [(0, 100_000, True), (0, 99_999, False), (5000, 90_000, True), (5000, 89_999, False)],
)
def test_the_latency_widens_where_a_pause_can_lie(latency_ms: int, pause_ms: int, is_found: bool) -> None:
    """A call takes effect within twice that, and the length is uncertain by once that."""
    lesson = one_cut(pause_ms, pause_ms + 60_000, options={"pause_rules": PauseRules(latency_ms=latency_ms)})

    assert ("pause_place_uncertain" not in codes(lesson)) == is_found
    assert lesson.pauses[0].duration_range_ms == (60_000 - latency_ms, 60_000 + latency_ms)


def test_a_length_is_never_below_zero() -> None:
    """A pause of half a second: 0 to 2.5 s."""
    assert one_cut(102_000, 102_500, surplus_s=1).pauses[0].duration_range_ms == (0, 2500)


# --- a recording and its journal, simulated --------------------------------------------------------------


class Stop(NamedTuple):
    """A pause as it happened: where, how long, and how much earlier it was asked for and ended."""

    at_ms: int
    length_ms: int
    pause_latency_ms: int
    resume_latency_ms: int


def simulated(stops: list[Stop], lag_ms: int, tail_ms: int) -> Timeline:
    """Return the lesson that a service makes of these pauses; playback begins *lag_ms* after the stamp."""
    end_ms = stops[-1].at_ms + tail_ms
    began_ms, calls = START_MS + lag_ms, []
    for at_ms, length_ms, pause_latency_ms, resume_latency_ms in stops:
        stood_ms = began_ms + at_ms
        began_ms += length_ms
        calls.append(Call(stood_ms - pause_latency_ms, "pause", None))
        calls.append(Call(stood_ms + length_ms - resume_latency_ms, "resume", None))
    rows = parts(*(stop.at_ms for stop in stops), end_ms=end_ms)
    stop_s = (began_ms + end_ms) // 1000
    return timeline.loads(result_bytes(*rows, stop_time=stop_s), journal=Journal(tuple(calls)))


@st.composite
def stops_of_a_lesson(draw: st.DrawFn) -> list[Stop]:
    """Draw 1 to 4 pauses, at least 30 s of playback apart; the two latencies differ by up to 2 s."""
    stops: list[Stop] = []
    at_ms = 0
    for _ in range(draw(st.integers(1, 4))):
        at_ms += draw(st.integers(30_000, 300_000))
        first_ms = draw(st.sampled_from([0, 4000]) | st.integers(0, 4000))
        second_ms = draw(st.integers(max(0, first_ms - 2000), min(4000, first_ms + 2000)))
        stops.append(Stop(at_ms, draw(st.integers(8000, 900_000)), first_ms, second_ms))
    return stops


@given(stops_of_a_lesson(), st.integers(0, 5000), st.integers(1000, 200_000))
def test_every_pause_of_a_simulated_lesson_is_found(stops: list[Stop], lag_ms: int, tail_ms: int) -> None:
    """At its true cut, its true length inside its range, and nothing odd."""
    lesson = simulated(stops, lag_ms, tail_ms)

    assert [(pause.at_ms, pause.source) for pause in lesson.pauses] == [
        (stop.at_ms, "journal") for stop in stops
    ]
    for pause, stop in zip(lesson.pauses, stops, strict=True):
        low_ms, high_ms = pause.duration_range_ms
        assert low_ms <= stop.length_ms <= high_ms
    assert codes(lesson) == []


# --- appending, and calls without an answer ---------------------------------------------------------------

ASKED = [
    ([("asked", "pause", 1), ("call", "resume", 2)], [("pause", 1), ("resume", 2)]),
    ([("asked", "pause", 1), ("asked", "pause", 2), ("call", "resume", 3)], [("pause", 1), ("resume", 3)]),
    ([("asked", "pause", 1), ("call", "stop", 2)], [("stop", 2)]),
    ([("asked", "pause", 1)], []),
    (
        [("call", "pause", 1), ("asked", "resume", 2), ("call", "pause", 3), ("call", "resume", 4)],
        [("pause", 1), ("resume", 2), ("pause", 3), ("resume", 4)],
    ),
    ([("call", "pause", 1), ("asked", "resume", 2), ("call", "stop", 3)], [("pause", 1), ("stop", 3)]),
    ([("asked", "stop", 1), ("call", "resume", 2)], [("resume", 2)]),
]


@pytest.mark.parametrize(("lines", "calls"), ASKED)
def test_a_call_without_an_answer_counts_where_the_next_proves_it(
    lines: list[tuple[str, str, int]], calls: list[tuple[str, int]], tmp_path: Path
) -> None:
    """Who could resume had paused, and the other way round; nothing else proves anything."""
    for key, name, number in lines:
        append_entry(tmp_path / "j", {"at_unix_ms": number, key: name, "task_id": "t", "random": number})

    assert [(call.call, call.at_unix_ms) for call in read_journal(tmp_path / "j").calls] == calls


@pytest.mark.parametrize("key", ["refused", "unsent"])
def test_a_call_that_failed_is_not_proven_by_the_next(key: str, tmp_path: Path) -> None:
    """Its end is told by a line with its number."""
    append_entry(tmp_path / "j", {"at_unix_ms": 1, "asked": "pause", "task_id": "t", "random": 7})
    append_entry(tmp_path / "j", {"at_unix_ms": 2, key: "pause", "task_id": "t", "random": 7})
    append_entry(tmp_path / "j", {"at_unix_ms": 3, "call": "resume", "task_id": "t", "random": 8})

    assert [call.call for call in read_journal(tmp_path / "j").calls] == ["resume"]


def test_what_was_asked_of_another_task_proves_nothing(tmp_path: Path) -> None:
    """Each task has its own calls."""
    append_entry(tmp_path / "j", {"at_unix_ms": 1, "asked": "pause", "task_id": "t", "random": 7})
    append_entry(tmp_path / "j", {"at_unix_ms": 3, "call": "resume", "task_id": "u", "random": 8})

    assert [call.task_id for call in read_journal(tmp_path / "j").calls] == ["u"]


@pytest.mark.parametrize("odd", [None, [1], {"a": 1}, 1.5])
def test_an_odd_number_of_a_request_is_no_number(odd: object, tmp_path: Path) -> None:
    """A line that was asked with it counts for nothing."""
    append_entry(tmp_path / "j", {"at_unix_ms": 1, "asked": "pause", "task_id": "t", "random": odd})
    append_entry(tmp_path / "j", {"at_unix_ms": 3, "call": "resume", "task_id": "t", "random": odd})

    assert [call.call for call in read_journal(tmp_path / "j").calls] == ["resume"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (PAUSE_LINE + b"\n", PAUSE_LINE + b"\n"),
        (PAUSE_LINE, PAUSE_LINE + b"\n"),
        (PAUSE_LINE + b"\n" + RESUME_LINE[:20], PAUSE_LINE + b"\n"),
        (RESUME_LINE[:20], b""),
        (PAUSE_LINE + b"\n\xff", PAUSE_LINE + b"\n"),
    ],
)
def test_appending_mends_the_end_of_the_file(before: bytes, after: bytes, tmp_path: Path) -> None:
    """A line that was cut short goes, a whole one gets its newline."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(before)

    append_entry(path, {"n": 1})

    assert path.read_bytes() == after + b'{"n": 1}\n'


def test_a_journal_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    """It tells who was recorded when."""
    append_entry(tmp_path / "j", {"name": "张"})

    assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "j").read_text(encoding="utf-8") == '{"name": "张"}\n'


def test_writers_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Lines of four processes, all whole and all there."""
    code = (
        "import sys; from timeline.journal import append_entry\n"
        "for n in range(50): append_entry(sys.argv[1], {'who': sys.argv[2], 'n': n, 'filler': 'x' * 9000})"
    )
    path = str(tmp_path / "j")
    writers = [subprocess.Popen([sys.executable, "-c", code, path, str(who)]) for who in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4

    entries = [json.loads(line) for line in (tmp_path / "j").read_bytes().splitlines()]

    assert sorted((entry["who"], entry["n"]) for entry in entries) == sorted(
        (str(who), n) for who in range(4) for n in range(50)
    )


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says so, and what was there stays."""
    path = tmp_path / "j"
    append_entry(path, {"n": 1})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="the disk is full"):
        append_entry(path, {"n": 2})

    assert path.read_bytes() == b'{"n": 1}\n'


def test_a_lesson_without_task_takes_the_calls_of_its_room(tmp_path: Path) -> None:
    """Another room was paused at the same time; its pause is not this lesson's."""
    path = tmp_path / "j"
    for task, room, shift_ms in (("t", 1234, 0), ("u", 99, 30_000)):
        head = {"task_id": task}
        append_entry(path, {"at_unix_ms": 1558613138000, "call": "start", "room_id": room, **head})
        append_entry(path, {"at_unix_ms": 1558614039200 + shift_ms, "call": "pause", **head})
        append_entry(path, {"at_unix_ms": 1558614099500 + shift_ms, "call": "resume", **head})

    lesson = timeline.load(SAMPLES / "guide_example.json", journal=path)

    assert [(pause.at_ms, pause.duration_ms, pause.source) for pause in lesson.pauses] == [
        (900_000, 60_300, "journal")
    ]


def test_a_journal_of_a_task_that_was_never_paused_is_no_finding(tmp_path: Path) -> None:
    """It was read and fits; what was paused past us is still inferred."""
    append_entry(
        tmp_path / "j", {"at_unix_ms": 1558613138000, "call": "start", "task_id": "t", "room_id": 1234}
    )

    lesson = timeline.load(SAMPLES / "guide_example.json", journal=tmp_path / "j")

    assert [pause.source for pause in lesson.pauses] == ["inferred"]
    assert "journal_unused" not in codes(lesson)
