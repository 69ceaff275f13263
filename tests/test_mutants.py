"""Mutated results are read or politely refused, and what tells that would tell otherwise too."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

import timeline
from tests.mutants import check, mutant, promises, running
from tests.mutants.draft import Dice, Draft
from tests.mutants.promises import BrokenPromiseError
from tests.mutants.raw import BYTE_MUTATIONS
from tests.mutants.running import Report, main, report_text, run
from tests.mutants.seeds import SAMPLES, SEEDS, seed_name
from tests.mutants.tree import TREE_MUTATIONS
from timeline.errors import ResultFormatError, ResultNotReadyError
from timeline.export.manifest import manifest_text

COUNT = 3000 if os.environ.get("TIMELINE_EXAMPLES") else 1500
GUIDE = (SAMPLES / "guide_example.json").read_bytes()


@pytest.fixture(scope="module")
def report() -> Report:
    """Return what comes of the first mutants."""
    return run(0, COUNT)


def raising(error: BaseException) -> Callable[..., NoReturn]:
    """Return a function that takes anything and raises *error*."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise error.with_traceback(None)

    return fail


def no_clip(pointer: str, message: str = "no") -> ResultFormatError:
    return ResultFormatError(message, code="no_clip", pointer=pointer)


def digest(count: int) -> str:
    return hashlib.sha256(b"\n".join(map(mutant, range(count)))).hexdigest()


# --- what is read and what is refused --------------------------------------------------------------------


def test_no_mutant_fails(report: Report) -> None:
    """Each is read as promised, or refused with the one typed error, in far less than a second."""
    assert report.is_good, report_text(report, 1)
    assert report.count == sum(report.outcomes.values()) == COUNT


def test_both_outcomes_are_common(report: Report) -> None:
    """Where nearly all were refused, or read, the mutants would prove little."""
    assert 0.2 * COUNT < report.outcomes["read"] < 0.8 * COUNT


def test_many_ways_of_refusing_are_met(report: Report) -> None:
    """Mutants come as far as the rows and the envelopes."""
    codes = ("duplicate_key", "no_clip", "not_a_result", "not_json", "not_utf8", "too_deep")
    named = {f"ResultFormatError {code}" for code in codes}

    assert set(report.outcomes) >= named | {"RecordingFailedError", "ResultNotReadyError"}


# --- the numbers -----------------------------------------------------------------------------------------


def test_a_number_is_a_document() -> None:
    """Another process, with other hashes, makes the same bytes."""
    program, root = "from tests.test_mutants import digest; print(digest(200))", SAMPLES.parent
    environment = os.environ | {"PYTHONHASHSEED": "7"}

    told = subprocess.check_output([sys.executable, "-c", program], cwd=root, env=environment, text=True)

    assert told.strip() == digest(200)


def test_dice_fall_alike_everywhere() -> None:
    """Chance is the same in every version of Python."""
    assert list(map(Dice(4711).below, [1000] * 5)) == [135, 490, 550, 847, 924]


def test_every_seed_serves() -> None:
    """No seed is left out, and none serves for most."""
    served = Counter(seed_name(number) for number in range(COUNT))

    assert set(served) == set(SEEDS)
    assert max(served.values()) < COUNT / 5


def test_a_new_seed_leaves_other_numbers_alone() -> None:
    """It takes its share of the numbers over; all others keep their seed."""
    old = [seed_name(number, shares={"a": 1, "b": 1, "c": 2}) for number in range(1000)]
    new = [seed_name(number, shares={"a": 1, "b": 1, "c": 2, "d": 1}) for number in range(1000)]

    assert {after for before, after in zip(old, new, strict=True) if before != after} == {"d"}
    assert 200 < new.count("d") < 400


@pytest.mark.parametrize("change", dict.fromkeys(TREE_MUTATIONS))
@pytest.mark.parametrize("document", [{}, [], None, "", 0, {"a": []}, {"a": [{}]}, [[], {}], {"a": {"b": 1}}])
def test_mutations_take_any_document(change: Callable[[Draft], None], document: object) -> None:
    """A mutation may follow any other, so it must be able to handle what that has left."""
    for number in range(20):
        change(Draft([json.loads(json.dumps(document))], Dice(number), number))


@pytest.mark.parametrize("change", dict.fromkeys(BYTE_MUTATIONS))
@pytest.mark.parametrize("data", [b"", b"0", b"{", b'{"a": 1}', b"\xff\x00"])
def test_mutations_take_any_bytes(change: Callable[[bytes, Dice], bytes], data: bytes) -> None:
    """The same for bytes."""
    for number in range(20):
        change(data, Dice(number))


# --- what the check sees ---------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["loads", "presence_table", "manifest_text", "to_listing"])
def test_a_planted_crash_is_seen(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is none of ours comes through, while reading and after it."""
    monkeypatch.setattr(timeline if place == "loads" else promises, place, raising(KeyError("planted")))

    with pytest.raises(KeyError, match="planted"):
        check(GUIDE)


def test_our_own_error_after_reading_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read must be usable: a late refusal is none."""
    monkeypatch.setattr(promises, "manifest_text", raising(no_clip("")))

    with pytest.raises(ResultFormatError):
        check(GUIDE)


@pytest.mark.parametrize("message", ["a\nb", "\x1b[2J", "\u202e", "\ud800", "x" * 2000, "", "A b", "The a"])
def test_a_bad_message_is_seen(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is to be one line, harmless, short, in lower case."""
    monkeypatch.setattr(timeline, "loads", raising(ResultNotReadyError(message)))

    with pytest.raises(BrokenPromiseError, match="a message "):
        check(GUIDE)


@pytest.mark.parametrize("pointer", ["/nowhere/0", "/video_info/99/user_id", "video_info", "/a~2"])
def test_a_bad_pointer_is_seen(pointer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is badly spelt, or leads nowhere."""
    monkeypatch.setattr(timeline, "loads", raising(no_clip(pointer)))

    with pytest.raises(BrokenPromiseError, match="a pointer "):
        check(GUIDE)


@pytest.mark.parametrize("message", ["VideoInfos: no list", "JSON ends", "UTF-8 is needed", "a\u200db\u3000"])
@pytest.mark.parametrize("pointer", ["", "/video_info/0/user_id", "/video_info/0/not_there", "/nowhere"])
def test_a_good_refusal_passes(message: str, pointer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names keep their capitals, joiners and wide blanks pass, a pointer's last step may be missing."""
    monkeypatch.setattr(timeline, "loads", raising(no_clip(pointer, message)))

    assert check(GUIDE) == "ResultFormatError no_clip"


@pytest.mark.parametrize(
    ("spoil", "promise"),
    [
        (lambda it: it["tracks"][1]["segments"].reverse(), "segments tile"),
        (lambda it: it["scenes"].pop(), "one list of scenes"),
        (lambda it: it["tracks"][1].update(id=it["tracks"][0]["id"]), "own id"),
        (lambda it: it.update(duration_ms=float("nan")), "strict JSON"),
    ],
)
def test_a_bad_manifest_is_seen(
    spoil: Callable[[Any], Any], promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong order, one scene less, two tracks of one name, a number that JSON has not."""
    manifest = json.loads(manifest_text(timeline.loads(GUIDE)))
    spoil(manifest)
    monkeypatch.setattr(promises, "manifest_text", lambda _: json.dumps(manifest))

    with pytest.raises(BrokenPromiseError, match=promise):
        check(GUIDE)


# --- many of them ----------------------------------------------------------------------------------------


def test_a_failure_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not end the run; each is named, and the traceback of one kind is shown once."""
    monkeypatch.setattr(promises, "manifest_text", raising(KeyError("planted")))

    report = run(0, 40)

    told = report_text(report, 1.0)
    assert len(report.failures) == report.outcomes["FAILED"] > 1
    assert all(f"mutant {number} failed" in told for number, _ in report.failures)
    assert told.count("in fail") == 1


def burn(cpu_s: float) -> str:
    end_s = time.process_time() + cpu_s
    while time.process_time() < end_s:
        pass
    return "read"


def test_a_slow_mutant_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPU time counts."""
    monkeypatch.setattr(running, "check", lambda _: burn(0.05))
    monkeypatch.setattr(running, "SLOW_S", 0.02)

    assert not run(7, 1).is_good


def test_a_stuck_mutant_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never ends is a failure with a number."""
    monkeypatch.setattr(running, "check", lambda _: burn(60))
    monkeypatch.setattr(running, "STUCK_S", 0.05)

    ((number, problem),) = run(7, 1).failures

    assert (number, "TimeoutError" in problem) == (7, True)


@pytest.mark.slow
def test_the_command_line_counts_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Chunks that are not full count as well, and the processes' parts add up to the whole."""
    assert main(["--count", "510", "--first", "100", "--jobs", "2"]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith("510 mutants")
    assert f"{run(100, 510).outcomes['read']:10d} " in shown


def test_a_mutant_can_be_seen(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """``--show`` writes its very bytes."""
    assert main(["--show", "17"]) == 0

    assert capfdbinary.readouterr().out == mutant(17)
