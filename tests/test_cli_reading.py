"""show, check and manifest as a user runs them: what goes to which stream, and the exit status."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

import timeline
from tests.builders import START_S, board, result_bytes, row
from tests.commands import ROOT, Answer, run_here, run_process
from timeline.export.manifest import to_listing, to_manifest

GUIDE = ROOT / "sample_results" / "guide_example.json"
LESSON = ROOT / "sample_results" / "lesson"
QUERY = ROOT / "sample_results" / "guide_query_response.json"


def said(answer: Answer) -> str:
    """Return what a well-behaved process said on stderr: characters only, no traceback."""
    talk = answer.stderr.decode()
    assert "Traceback" not in talk
    return talk


def out(answer: Answer) -> str:
    """Return stdout of a command that went well and had nothing to say."""
    assert (answer.returncode, said(answer)) == (0, "")
    return answer.stdout.decode()


def one_line(answer: Answer) -> str:
    """Return the one line with which a command failed; it printed no data."""
    lines = said(answer).splitlines()
    assert (len(lines), answer.stdout) == (1, b""), lines
    assert lines[0].startswith("timeline: ")
    return lines[0]


# --- what they print -------------------------------------------------------------------------------------


def test_the_version_is_said() -> None:
    """One line on stdout."""
    assert out(run_process("--version")) == f"timeline {timeline.__version__}\n"


def test_show_prints_the_lesson() -> None:
    """Tracks with their gaps, the pause and the sections; nothing on stderr."""
    text = out(run_process("show", GUIDE))

    assert re.search(
        r"camera:ios_test1 .* 2 +0:20:00(?s:.*)gaps of camera:ios_test1: early_end 0:20:00–0:24:00", text
    )
    assert "pause at 0:15:00: 1:00 of wall time, between 0:53 and 1:01 (inferred)" in text
    assert "Part 2: 0:15:00 – 0:24:00" in text
    assert "\x1b" not in text


def test_show_json_is_the_listing() -> None:
    """Pure JSON on stdout, as the library gives it."""
    assert json.loads(out(run_here("show", GUIDE, "--json"))) == to_listing(timeline.load(GUIDE))


def test_manifest_prints_or_writes_the_same(tmp_path: Path) -> None:
    """Without ``-o`` the manifest is stdout; with it stdout is empty."""
    path = tmp_path / "lesson.json"

    written = run_here("manifest", GUIDE, "-o", path)
    assert (written.returncode, written.stdout, said(written)) == (0, b"", f"wrote {path}\n")
    printed = out(run_here("manifest", GUIDE))

    assert printed == path.read_text(encoding="utf-8")
    assert json.loads(printed) == to_manifest(timeline.load(GUIDE))


def test_check_prints_findings() -> None:
    """By kind, with what the kind means, when and what; findings alone are no failure."""
    assert out(run_here("check", QUERY)).splitlines() == [
        "warning total_time_mismatch: total_time differs from the end of the last file; the files count",
        "        0:00:48.832  /total_time: says 0:24:00, but the last file ends at 0:00:48.832; "
        "the files count",
        "warning pause_unlocated: wall time is missing, and nothing says where; "
        "no pause is placed; wall times are uncertain by that much",
        "        0:51 of wall time is missing, and nothing says where",
    ]


def test_check_groups_what_is_of_one_kind(tmp_path: Path) -> None:
    """The gravest kind first; of many findings the first ten are shown, and the rest is counted."""
    path = tmp_path / "result.json"
    odd = [row("amy", at_ms, 500, video_url="") for at_ms in range(0, 13_000, 1000)]
    path.write_bytes(result_bytes(*odd, row("bo", video_type="x")))

    lines = out(run_here("check", path)).splitlines()

    assert [line.split(":")[0] for line in lines if line[0] != " "] == [
        "error   row_unusable",
        "warning url_missing (13)",
    ]
    assert lines[3:] == [
        *(f"        0:00:{n:02}  /video_info/{n}: has no url" for n in range(10)),
        "        … 3 more; --json prints all",
    ]


def test_check_json_is_a_list_of_findings() -> None:
    """As in the manifest."""
    assert (
        json.loads(out(run_here("check", QUERY, "--json"))) == to_manifest(timeline.load(QUERY))["findings"]
    )


def test_check_strict_fails_on_a_warning_only(tmp_path: Path) -> None:
    """Exit status 1 for a warning or worse, 0 for what is only good to know; the output is the same."""
    info = tmp_path / "info.json"
    info.write_bytes(result_bytes(row("amy"), row("m", kind="mixed")))
    strict = run_here("check", QUERY, "--strict")

    assert (strict.returncode, strict.stdout) == (1, run_here("check", QUERY).stdout)
    assert said(strict) == ""
    assert "mixed_beside_single" in out(run_here("check", info, "--strict"))
    assert out(run_here("check", GUIDE, "--strict")) == "no findings\n"


def test_a_result_comes_from_stdin_or_a_folder(tmp_path: Path) -> None:
    """``-`` and a folder with ``result.json`` give what the file gives."""
    (tmp_path / "result.json").write_bytes(GUIDE.read_bytes())
    expected = out(run_here("show", GUIDE, "--json"))

    assert out(run_process("show", "-", "--json", stdin=GUIDE.read_bytes())) == expected
    assert out(run_here("show", tmp_path, "--json")) == expected


def test_a_roster_fills_names_and_roles(tmp_path: Path) -> None:
    """On show and manifest."""
    path = tmp_path / "class.csv"
    path.write_text("user_id,name,role\npc_test1,张老师,teacher\n", encoding="utf-8")

    assert "张老师 (teacher)" in out(run_process("show", GUIDE, "--roster", path))
    first = json.loads(out(run_process("manifest", GUIDE, "--roster", path)))["tracks"][0]
    assert (first["label"], first["role"]) == ("张老师", "teacher")


# --- what cannot be used ---------------------------------------------------------------------------------

UNUSABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "not json": (b"hello", "not JSON: .* line 1, column 1"),
    "a list": (b"[1, 2]", r"expected a recording result \(a JSON object\), got a list"),
    "NaN": (b'{"video_info":[{"video_play_time":NaN}]}', "NaN is no JSON number"),
    "no video_info": (b'{"room_id":1}', "no list of files"),
    "no rows": (b'{"video_info":[]}', "the list is empty"),
    "negative": (result_bytes(row(video_play_time=-5)), "/video_info/0/video_play_time: is -5"),
    "huge": (
        result_bytes(row(video_duration="@")).replace(b'"@"', b"1e999"),
        "/video_info/0/video_duration: is a number beyond all bounds",
    ),
    "hostile": (
        b'{"error_code":1,"error_msg":"\\u001b[2J\\u009b31m\\nline two\\r\\u202e","video_info":[]}',
        "error 1",
    ),
    "started": (b'{"callback_type":"record_started"}', "recording has started"),
}


@pytest.mark.parametrize(("document", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_result_is_one_line(document: bytes, reason: str) -> None:
    """Exit status 2, the reason on stderr in printable characters, nothing on stdout."""
    answer = run_here("show", "-", stdin=document)

    assert answer.returncode == 2
    assert re.search(reason, one_line(answer))
    assert one_line(answer).isprintable()


@pytest.mark.parametrize("command", ["check", "manifest"])
def test_other_commands_refuse_in_the_same_way(command: str, tmp_path: Path) -> None:
    """A refused result leaves no output behind."""
    output = ["-o", tmp_path / "out.json"] if command == "manifest" else ["--json"]

    answer = run_here(command, "-", *output, stdin=b'{"a":1,"a":2}')

    assert (answer.returncode, one_line(answer)) == (
        2,
        "timeline: standard input: the key 'a' is there twice in one object; which one is meant is unknown",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nowhere.json", ".", "a\x1b[2Jb\nc"], ids=["missing", "folder", "hostile"])
def test_a_file_that_is_not_there_is_one_line(name: str, tmp_path: Path) -> None:
    """Also a folder without ``result.json``; the name is shown in printable characters."""
    answer = run_here("show", f"{tmp_path}/{name}")

    assert answer.returncode == 2
    assert re.search("no such file|the folder has no result.json", one_line(answer))
    assert one_line(answer).isprintable()


def test_a_roster_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    """Exit status 2."""
    path = tmp_path / "class.csv"
    path.write_text("name\nAmy\n")

    answer = run_process("show", GUIDE, "--roster", path)

    assert answer.returncode == 2
    assert "first line must name the columns" in one_line(answer)


@pytest.mark.parametrize(
    "arguments",
    [["show"], ["show", "--nope", GUIDE], ["nope"], ["manifest", GUIDE, "--format", "nope"], ["--json"]],
    ids=lambda arguments: " ".join(map(str, arguments[:2])),
)
def test_misuse_is_status_2(arguments: list[object]) -> None:
    """A missing argument, an unknown option, command or format: talk on stderr, no traceback."""
    answer = run_here(*arguments)

    assert (answer.returncode, answer.stdout) == (2, b"")
    assert said(answer)


def test_an_output_is_replaced_only_with_force(tmp_path: Path) -> None:
    """Without it the file stays as it was."""
    path = tmp_path / "lesson.json"
    path.write_text("mine")

    refused = run_here("manifest", GUIDE, "-o", path)
    assert refused.returncode == 2
    assert "exists already; use --force" in one_line(refused)
    assert path.read_text() == "mine"

    assert run_here("manifest", GUIDE, "-o", path, "-f").returncode == 0
    assert json.loads(path.read_text())["format"] == "timeline-sync"


def test_an_output_that_is_no_ordinary_file_is_left_alone(tmp_path: Path) -> None:
    """A pipe or a device is not renamed over, not even with --force."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    answer = run_here("manifest", GUIDE, "-o", pipe, "-f")

    assert answer.returncode == 2
    assert "is no ordinary file" in one_line(answer)
    assert pipe.is_fifo()


@pytest.mark.parametrize("option", ["-o", "--media"])
def test_a_name_that_no_system_takes_is_one_line(option: str) -> None:
    """No traceback, and a status of its own."""
    answer = run_here("manifest", GUIDE, option, "x" * 300)

    assert answer.returncode in (2, 6)
    one_line(answer)


def test_an_output_has_a_folder(tmp_path: Path) -> None:
    """A folder that does not exist is not made up."""
    answer = run_here("manifest", GUIDE, "-o", tmp_path / "nowhere" / "lesson.json")

    assert answer.returncode == 2
    assert "its folder does not exist" in one_line(answer)
    assert list(tmp_path.iterdir()) == []


# --- a stranger's strings, and streams that misbehave ----------------------------------------------------

HOSTILE = "a\x1b[2J\x9b31m\x07\x7f\r\n\u202eb"


def controls(text: str) -> set[str]:
    """Return the characters of *text* that could steer a terminal, line ends aside."""
    return {hex(ord(c)) for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result whose every string is an escape sequence, with findings that quote them."""
    path = tmp_path_factory.mktemp("hostile") / "result.json"
    rows = [
        *(row(HOSTILE, 0, 9000), row(HOSTILE, 5000, 9000), row(HOSTILE, kind="screen", video_format=HOSTILE)),
        *(board(user_id=HOSTILE), row("amy", 60_000, video_url=HOSTILE, video_size=HOSTILE)),
    ]
    path.write_bytes(result_bytes(*rows, room_id=HOSTILE, task_id=HOSTILE, total_time=HOSTILE))
    return path


@pytest.mark.parametrize("command", [["show"], ["check"]], ids=" ".join)
def test_no_name_steers_the_terminal(command: list[str], hostile: Path) -> None:
    """Escape sequences of a result are printed as text."""
    text = out(run_here(*command, hostile))

    assert controls(text) == set()
    assert r"\x1b[2J" in text


@pytest.mark.parametrize("command", [["show", "--json"], ["check", "--json"], ["manifest"]], ids=" ".join)
def test_no_name_steers_the_terminal_through_json(command: list[str], hostile: Path) -> None:
    """JSON on stdout escapes what could steer a terminal, also C1 controls, and loses nothing."""
    text = out(run_here(*command, hostile))

    assert controls(text) == set()
    if "check" not in command:
        assert json.loads(text)["room_id"] == HOSTILE


def test_names_are_printed_as_they_are(tmp_path: Path) -> None:
    """No mark-up and no emoji code is read into a user id."""
    path = tmp_path / "result.json"
    path.write_bytes(
        result_bytes(*(row(user, start) for user in ("bug", "[red]x[/]", ":cat:") for start in (0, 5000)))
    )

    for text in (out(run_here("show", path)), out(run_here("check", path))):
        for user in ("camera:bug", "camera:[red]x[/]", "camera::cat:"):
            assert user in text
        assert not re.search("[\U0001f000-\U0001ffff]", text)


def test_a_terminal_without_the_letters_is_no_failure(tmp_path: Path) -> None:
    """Where stdout cannot spell a character it is escaped; JSON stays JSON and loses nothing."""
    path = tmp_path / "result.json"
    path.write_bytes(result_bytes(row("张é🐛"), row("m", kind="mixed"), total_time=5))
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}

    for command in (["show"], ["show", "--json"], ["check"], ["manifest"]):
        answer = run_process(*command, path, env=ascii_only)
        assert (answer.returncode, said(answer)) == (0, ""), command
        assert answer.stdout.isascii()
        if command != ["show"] and command != ["check"]:
            assert json.loads(answer.stdout)["tracks"][0]["user_id"] == "张é🐛"


def test_a_reader_that_has_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    """As in ``timeline show … | head``: no traceback, no complaint."""
    path = tmp_path / "result.json"
    path.write_bytes(result_bytes(*(row("amy", 2000 * i, 1000) for i in range(5000))))

    for command in (["show", path, "--json"], ["show", path], ["manifest", path], ["check", path]):
        reading, writing = os.pipe()
        os.close(reading)
        answer = run_process(*command, stdout=writing, stderr=subprocess.PIPE, capture_output=False)
        os.close(writing)
        assert said(answer) == "", command


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line() -> None:
    """Data that cannot be printed: exit status 6 and the reason."""
    for command in (["show", GUIDE], ["manifest", GUIDE], ["--version"]):
        with Path("/dev/full").open("wb") as full:
            answer = run_process(*command, stdout=full, stderr=subprocess.PIPE, capture_output=False)
        assert answer.returncode == 6, command
        assert len(said(answer).splitlines()) == 1, command


def test_stdin_may_be_closed() -> None:
    """``-`` without a stdin is one line."""
    shell = f"'{sys.executable}' -m timeline show - <&-"

    answer = subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True)

    assert answer.returncode == 2
    assert one_line(answer)


def test_reading_needs_no_media_package() -> None:
    """show, check and manifest work where neither matplotlib nor the media extra is installed."""
    absent = ("matplotlib", "av", "PIL", "imageio_ffmpeg", "urllib3", "ffmpeg", "fontTools")
    code = (
        f"import sys\nfor name in {absent}: sys.modules[name] = None\nfrom timeline.cli import main\nmain()\n"
    )

    for command in ("show", "check", "manifest"):
        answer = subprocess.run(
            [sys.executable, "-c", code, command, str(GUIDE)], cwd=ROOT, capture_output=True, check=False
        )
        assert (answer.returncode, said(answer)) == (0, ""), command
        assert answer.stdout


def test_long_lessons_are_listed_briefly(tmp_path: Path) -> None:
    """Hundreds of gaps are counted, not printed."""
    path = tmp_path / "result.json"
    path.write_bytes(
        result_bytes(*(row("amy", 2000 * i, 1000) for i in range(300)), start_time=START_S, stop_time=0)
    )

    text = out(run_here("show", path))

    assert "more" in text
    assert len(text.splitlines()) < 20


def test_a_roster_without_an_end_is_refused() -> None:
    """It is read no further than rosters reach."""
    answer = run_here("show", GUIDE, "--roster", "/dev/zero")
    assert answer.returncode == 2
    assert "has more than 16777216 bytes" in said(answer)


@pytest.mark.parametrize("command", [["manifest"], ["plot"]])
def test_no_command_writes_over_what_it_reads(tmp_path: Path, command: list[str]) -> None:
    """Not even with --force."""
    result = tmp_path / "a.png"
    shutil.copy(GUIDE, result)
    before = result.read_bytes()
    answer = run_here(*command, result, "-o", result, "--force")
    assert answer.returncode == 2
    assert "is the result itself; name another output" in said(answer)
    assert result.read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    """Each command says what is wrong with it, or does not mind."""
    folder = tmp_path / os.fsdecode(b"\xc4\xe3")
    shutil.copytree(LESSON, folder)
    answer = run_process("probe", "--json", folder / "media" / "B4dRy6Pz8mXh.mp4")
    assert json.loads(answer.stdout)[0]["file"].endswith("/media/B4dRy6Pz8mXh.mp4")
    answer = run_here("manifest", folder, "--media", folder / "media")
    assert (answer.returncode, answer.stdout) == (2, b"")
    assert "its name is not UTF-8, as JSON is; rename it" in said(answer)
    answer = run_here("render", folder, "-o", tmp_path / "out.mp4")
    assert answer.returncode == 2
    assert "its name is not UTF-8; rename it" in said(answer)
