"""The options that say how RESULT is read: the same for every command that takes one, and honoured by all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.builders import START_S, result_bytes, row
from tests.conftest import Cli, CliAnswer
from timeline.errors import ParameterError
from timeline.export.manifest import to_listing, to_manifest
from timeline.findings import finding_json
from timeline.model import Timeline
from timeline.units import parse_wall_time

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_results"
GUIDE = SAMPLES / "guide_example.json"
JOURNAL = SAMPLES / "guide_example_journal.jsonl"
QUERY = SAMPLES / "guide_query_response.json"
TASKS = SAMPLES / "tiw_record_search.json"
ORIGIN = "2019-05-23T20:05:43+08:00"
ORIGIN_MS = 1_558_613_143_000

COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "show": lambda _: ["show"],
    "show --json": lambda _: ["show", "--json"],
    "check": lambda _: ["check"],
    "check --json": lambda _: ["check", "--json"],
    "manifest": lambda _: ["manifest"],
    "manifest -o": lambda folder: ["manifest", "-o", folder / "out.json"],
    "plot": lambda folder: ["plot", "-o", folder / "out.svg"],
    "render --plan": lambda _: ["render", "--plan"],
    "render": lambda folder: ["render", "-o", folder / "out.mp4"],
}
every_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())


@pytest.fixture(autouse=True)
def wide_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide terminal without colours."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """A roster with one teacher, and a role that is not known."""
    path = tmp_path / "class.csv"
    path.write_text("user_id,name,role\npc_test1,Ms Lin,teacher\nios_test1,Amy,wizard\n")
    return path


def data(answer: CliAnswer) -> Any:
    """Return the JSON of a command that went well and had nothing to say."""
    assert (answer.status, answer.err) == (0, "")
    return json.loads(answer.out)


def refusal(answer: CliAnswer, status: int = 2) -> str:
    """Return the one line with which a command was refused; it printed no data."""
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.startswith("timeline: ")
    assert answer.err.count("\n") == 1
    assert answer.err.rstrip("\n").isprintable()
    return answer.err.removeprefix("timeline: ").rstrip("\n")


# --- every command has them ------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["show", "check", "manifest", "plot", "render"])
def test_every_command_that_takes_a_result_has_the_options(command: str, cli: Cli) -> None:
    """Each once, in its help, with RESULT as the argument."""
    help_text = cli(command, "--help").out

    for option in ("--roster", "--task", "--journal", "--wall-origin"):
        assert len(re.findall(rf"^\W*{option}\s", help_text, re.MULTILINE)) == 1, option
    assert re.search(rf"Usage: .*\b{command} .*RESULT", help_text)


def test_a_command_without_a_result_has_none_of_them(cli: Cli) -> None:
    """The demo brings its own lesson."""
    assert "--journal" not in cli("demo", "--help").out


@every_command
def test_the_result_is_required(command: Callable[[Path], list[object]], cli: Cli, tmp_path: Path) -> None:
    """Without it the exit status is 2 and the usage is said."""
    answer = cli(*command(tmp_path))

    assert (answer.status, answer.out) == (2, "")
    assert "Missing argument 'RESULT'" in answer.err


BROKEN: dict[str, tuple[list[object], str]] = {
    "a time without a zone": (
        [GUIDE, "--wall-origin", "2019-05-23T20:05:43"],
        r"expected a moment with its zone like 2019-05-23T20:05:40\+08:00, or Unix seconds, "
        "got '2019-05-23T20:05:43'",
    ),
    "no time": ([GUIDE, "--wall-origin", "noon"], "expected a moment with its zone .* got 'noon'"),
    "an empty time": ([GUIDE, "--wall-origin", ""], "expected a moment with its zone .* got ''"),
    "no such roster": (
        [GUIDE, "--roster", "nowhere.csv"],
        "nowhere.csv: cannot be read: no such file or directory",
    ),
    "several tasks": (
        [TASKS],
        ".*tiw_record_search.json: 2 tasks in this document; "
        "say which one with --task: 'task-one', 'task-two'",
    ),
    "an unknown task": (
        [TASKS, "--task", "x\x1b"],
        r".*: no task 'x\\x1b' in this document; there are: 'task-one', 'task-two'",
    ),
    "a task that still runs": ([TASKS, "--task", "task-two"], ".*no result yet; the status is 'RECORDING'.*"),
    "no such result": (["nowhere.json"], "nowhere.json: cannot be read: no such file or directory"),
}


@every_command
@pytest.mark.parametrize(("arguments", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_used_is_one_line(
    command: Callable[[Path], list[object]], arguments: list[object], reason: str, cli: Cli, tmp_path: Path
) -> None:
    """Exit status 2 in every command, and no output is left behind."""
    assert re.fullmatch(reason, refusal(cli(*command(tmp_path), *arguments)))
    assert list(tmp_path.iterdir()) == []


BROKEN_JOURNALS: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "cannot be read: no such file or directory"),
    "no JSON": (b"{\n{}\n", "line 1 is no JSON object"),
    "no time": (b'{}\n{"call":"pause"}\n', "line 2 has no at_unix_ms"),
    "a boolean for a time": (b'{"call":"stop","at_unix_ms":true}', "line 1 has no at_unix_ms"),
}
broken_journals = pytest.mark.parametrize(
    ("lines", "reason"), BROKEN_JOURNALS.values(), ids=BROKEN_JOURNALS.keys()
)


def broken_journal(folder: Path, lines: bytes | None) -> Path:
    """Return the path of a journal of these bytes; None stands for no file."""
    path = folder / "calls.jsonl"
    if lines is not None:
        path.write_bytes(lines)
    return path


@every_command
@broken_journals
def test_a_broken_journal_is_one_line(
    command: Callable[[Path], list[object]], lines: bytes | None, reason: str, cli: Cli, tmp_path: Path
) -> None:
    """The reason with file and line; the command does not go well, and no output is left behind."""
    path = broken_journal(tmp_path, lines)

    answer = cli(*command(tmp_path), GUIDE, "--journal", path)

    assert refusal(answer, answer.status).startswith(f"{path}: {reason}")
    assert answer.status
    assert not list(tmp_path.glob("out.*"))


@broken_journals
def test_a_broken_journal_is_status_2(lines: bytes | None, reason: str, cli: Cli, tmp_path: Path) -> None:
    """As a broken result or roster is."""
    refusal(cli("show", GUIDE, "--journal", broken_journal(tmp_path, lines)))


def test_a_broken_journal_in_a_process_of_its_own(tmp_path: Path) -> None:
    """No traceback, no warning, one line."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "timeline",
        "show",
        str(GUIDE),
        "--journal",
        str(tmp_path),
    ]

    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert answer.stderr == f"timeline: {tmp_path}: cannot be read: is a directory\n"
    assert answer.returncode in (1, 2)
    assert answer.stdout == ""


# --- and honours them ------------------------------------------------------------------------------------


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[Timeline]:
    """The lessons that plot and render are asked to make something of; nothing is made."""
    lessons: list[Timeline] = []

    def catch(lesson: Timeline, *_: Any, **__: Any) -> Any:
        lessons.append(lesson)
        raise ParameterError("caught")

    monkeypatch.setattr("timeline.plotting.write_plot", catch)
    monkeypatch.setattr("timeline.render.plan.plan_video", catch)
    monkeypatch.setattr("timeline.render.video.render_video", catch)
    return lessons


@pytest.mark.parametrize("name", ["plot", "render --plan", "render"])
def test_pictures_are_made_of_the_lesson_that_is_meant(
    name: str, roster: Path, cli: Cli, caught: list[Timeline], tmp_path: Path
) -> None:
    """All four options reach plot and render; render is told where the media are."""
    command = COMMANDS[name](tmp_path)
    options = ["--roster", roster, "--journal", JOURNAL, "--wall-origin", ORIGIN]

    refusal(cli(*command, GUIDE, *options))
    refusal(cli(*command, TASKS, "--task", "task-one"))

    assert caught == [
        timeline.load(GUIDE, roster=roster, journal=JOURNAL, wall_origin_ms=ORIGIN_MS),
        timeline.load(TASKS, task="task-one"),
    ]


def test_listings_are_of_the_lesson_that_is_meant(roster: Path, cli: Cli) -> None:
    """All options at once reach show, check and manifest."""
    options = ["--roster", roster, "--journal", JOURNAL, "--wall-origin", ORIGIN]
    lesson = timeline.load(GUIDE, roster=roster, journal=JOURNAL, wall_origin_ms=ORIGIN_MS)

    assert data(cli("show", GUIDE, "--json", *options)) == to_listing(lesson)
    assert data(cli("manifest", GUIDE, *options)) == to_manifest(lesson)
    assert data(cli("check", GUIDE, "--json", *options)) == [finding_json(item) for item in lesson.findings]


def test_a_task_is_picked(cli: Cli) -> None:
    """By its id, in show, check and manifest."""
    for command in ("show --json", "manifest"):
        assert data(cli(*command.split(), TASKS, "--task", "task-one"))["task_id"] == "task-one"
    assert cli("check", TASKS, "--task", "task-one").status == 0


def test_a_roster_is_honoured_by_check(roster: Path, cli: Cli) -> None:
    """What is odd about it is told."""
    assert "role_unknown" in cli("check", GUIDE, "--roster", roster).out
    assert "role_unknown" not in cli("check", GUIDE).out


def test_a_journal_is_honoured_by_show(cli: Cli) -> None:
    """The pause has the length between the calls, and says where that is from."""
    assert "pause at 0:15:00: 1:00 of wall time, between 0:58 and 1:02 (journal)" in (
        cli("show", GUIDE, "--journal", JOURNAL).out
    )


def test_a_journal_is_honoured_by_the_manifest(cli: Cli) -> None:
    """To the ms."""
    (pause,) = data(cli("manifest", GUIDE, "--journal", JOURNAL))["pauses"]

    assert (pause["at_ms"], pause["duration_ms"], pause["source"]) == (900_000, 60_300, "journal")


def test_a_torn_journal_is_told_by_check(cli: Cli, tmp_path: Path) -> None:
    """By the name of the file, without its folder."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(JOURNAL.read_bytes() + b'{"at')

    lines = cli("check", GUIDE, "--journal", path).out.splitlines()

    assert lines[0].startswith("warning journal_odd: ")
    assert lines[1:] == ["        calls.jsonl: the last line is cut short; left out"]


@pytest.mark.parametrize(
    ("moment", "wall_ms"),
    [
        (ORIGIN, ORIGIN_MS),
        ("2019-05-23T12:05:43Z", ORIGIN_MS),
        ("2019-05-23 12:05:43.250+00:00", ORIGIN_MS + 250),
        ("20190523T200543+0800", ORIGIN_MS),
        ("1558613143", ORIGIN_MS),
        ("1558613143.25", ORIGIN_MS + 250),
        ("1558613143250", ORIGIN_MS + 250),
        (" 1558613143 ", ORIGIN_MS),
    ],
)
def test_the_anchor_is_honoured_by_show(moment: str, wall_ms: int, cli: Cli) -> None:
    """In ISO 8601 with its zone, in Unix s and in Unix ms: playback begins then, exactly."""
    wall = data(cli("show", GUIDE, "--json", "--wall-origin", moment))["wall"]

    assert wall == {"start_unix_ms": wall_ms, "stop_unix_ms": (START_S + 1500) * 1000, "uncertainty_ms": 0}


def test_without_an_anchor_the_stamp_counts(cli: Cli) -> None:
    """Up to 7 s early."""
    wall = data(cli("show", GUIDE, "--json"))["wall"]

    assert (wall["start_unix_ms"], wall["uncertainty_ms"]) == (START_S * 1000, 7000)


def test_an_anchor_that_does_not_fit_is_told_by_check(cli: Cli) -> None:
    """An hour early; it counts all the same."""
    answer = cli("check", GUIDE, "--json", "--wall-origin", START_S - 3600)

    assert "wall_origin_odd" in [item["code"] for item in data(answer)]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_that_no_calendar_has_is_no_crash(moment: str, cli: Cli) -> None:
    """Its zone moves it out of the years 1 to 9999."""
    assert cli("show", GUIDE, "--wall-origin", moment).status in (0, 2)


def test_a_moment_before_1970_is_refused(cli: Cli) -> None:
    """No recording is that old, and Unix ms in a manifest are 0 or more."""
    refusal(cli("manifest", GUIDE, "--wall-origin", "1969-12-31T23:59:59Z"))


def test_a_fraction_of_a_ms_is_no_fraction_of_a_second() -> None:
    """Half a ms after a moment in Unix ms is refused, or rounded."""
    try:
        wall_ms = parse_wall_time("1558613143000.5")
    except ParameterError:
        return
    assert abs(wall_ms - ORIGIN_MS) <= 1


# --- what check says -------------------------------------------------------------------------------------


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A result with findings of three kinds, the gravest one last."""
    path = tmp_path / "result.json"
    rows = [row("amy", 1000 * n, 1000, video_url=None) for n in range(11)]
    path.write_bytes(
        result_bytes(*rows, row("m", 0, 5000, kind="mixed"), row("bo", video_type="x"), total_time=11_000)
    )
    return path


def test_check_groups_findings_by_kind(odd: Path, cli: Cli) -> None:
    """The gravest first, each kind once with its number; ten of a kind are shown."""
    lines = cli("check", odd).out.splitlines()

    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == [
        "error   row_unusable",
        "warning url_missing (11)",
        "info    mixed_beside_single",
    ]
    assert lines[3:13] == [f"        0:00:{n:02}  /video_info/{n}: has no url" for n in range(10)]
    assert lines[13] == "        … 1 more; --json prints all"


def test_ten_of_a_kind_are_all_shown(tmp_path: Path, cli: Cli) -> None:
    """Nothing is left to count."""
    path = tmp_path / "result.json"
    path.write_bytes(result_bytes(*(row("amy", 1000 * n, 1000, video_url=None) for n in range(10))))

    lines = cli("check", path).out.splitlines()

    assert len(lines) == 11
    assert "more" not in lines[-1]


def test_check_json_has_all_findings(odd: Path, cli: Cli) -> None:
    """Ungrouped, in the order of the lesson."""
    told = data(cli("check", odd, "--json"))

    assert told == [finding_json(item) for item in timeline.load(odd).findings]
    assert len(told) == 13


def test_check_json_of_a_good_lesson_is_empty(cli: Cli) -> None:
    """A list all the same."""
    assert cli("check", GUIDE, "--json").out == "[]\n"
    assert cli("check", GUIDE).out == "no findings\n"


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_strict_only_changes_the_exit_status(as_json: list[str], cli: Cli) -> None:
    """A warning is status 1; what is printed is the same."""
    plain, strict = cli("check", QUERY, *as_json), cli("check", QUERY, "--strict", *as_json)

    assert (plain.status, strict.status) == (0, 1)
    assert (strict.out, strict.err) == (plain.out, "")


def test_strict_forgives_what_is_only_good_to_know(tmp_path: Path, cli: Cli) -> None:
    """An INFO is no failure, nor is a lesson without findings."""
    path = tmp_path / "result.json"
    path.write_bytes(result_bytes(row("amy"), row("m", kind="mixed")))

    answer = cli("check", path, "--strict")

    assert (answer.status, answer.out.split()[0]) == (0, "info")
    assert cli("check", GUIDE, "--strict").status == 0


def test_strict_counts_what_the_journal_finds(cli: Cli, tmp_path: Path) -> None:
    """A journal that does not fit is a warning."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"")

    answer = cli("check", GUIDE, "--strict", "--journal", path)

    assert (answer.status, answer.out.split()[1]) == (1, "journal_unused:")
