"""``timeline service …`` against the simulator: what is printed, where, and with which exit status."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import timeline
from tests.conftest import Cli
from timeline.service.simulated_rooms import AUDIO_ONLY_ROOM, Room
from timeline.service.simulator import SDK_APP_ID, TIC_KEY, Simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(latency_s=0.02, processing_s=0.01, media=False) as running:
        yield running


@pytest.fixture(autouse=True)
def account(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the account, the service and the journal as a user would, by the environment."""
    for name in list(os.environ):
        if name.startswith("TIMELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TIMELINE_SDK_APP_ID", str(SDK_APP_ID))
    monkeypatch.setenv("TIMELINE_TIC_KEY", TIC_KEY)
    monkeypatch.setenv("TIMELINE_USER_SIG_KEY", "key")
    monkeypatch.setenv("TIMELINE_SERVICE_URL", simulator.url)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def started(simulator: Simulator, cli: Cli, room: str = "1234", *options: str) -> str:
    answer = cli("service", "start", room, *options)
    assert answer.status == 0, answer.err
    simulator.wait_for_state(answer.out.strip(), "recording")
    return answer.out.strip()


def test_the_guides_signature(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands in an address."""
    monkeypatch.setenv("TIMELINE_TIC_KEY", "9016607A382749C69D4F4B00C61DD083")

    assert cli("service", "sign", "--expire", "1548247837").out == (
        "expire_time=1548247837&sign=5400bac77ba6467a8f8ac056f1769f45\n"
    )


def test_a_lesson_from_start_to_a_result(simulator: Simulator, cli: Cli, tmp_path: Path) -> None:
    """Each answer is data on stdout; the default journal is in the user's state folder."""
    task = started(simulator, cli, "1234", "--init-param", '{"ratio": "16:9"}', "--width", "1280")
    assert cli("service", "query", task).out == "recording\n"
    assert cli("service", "pause", task).out == "accepted; it takes effect in about 2 s\n"
    assert json.loads(cli("service", "resume", task, "--json").out)["call"] == "resume"
    assert cli("service", "stop", task).status == 0
    answer = cli("service", "query", task, "--wait", "10", "-o", tmp_path / "result.json")

    assert (answer.status, answer.out) == (0, "finished\n")
    journal = tmp_path / "state" / "timeline" / "journal.jsonl"
    assert str(journal) in answer.err
    assert timeline.load(tmp_path / "result.json", journal=journal).task_id == task
    assert journal.stat().st_mode & 0o777 == 0o600


def test_states_hold_from_one_command_to_the_next(simulator: Simulator, cli: Cli) -> None:
    """A second pause is refused before it is sent, with status 2."""
    task = started(simulator, cli)
    assert cli("service", "pause", task).status == 0
    answer = cli("service", "pause", task)

    assert answer.status == 2
    assert "cannot pause task" in answer.err
    assert "only a task that is recording can be paused" in answer.err


def test_a_room_without_cameras_is_status_3(simulator: Simulator, cli: Cli) -> None:
    """There is no file, and the line says why."""
    simulator.set_room(41, AUDIO_ONLY_ROOM)
    task = started(simulator, cli, "41")
    cli("service", "stop", task)
    answer = cli("service", "query", task, "--wait", "10")

    assert (answer.status, answer.out) == (3, "failed\n")
    assert "check that a camera was on" in answer.err


def test_a_recording_that_failed_is_status_1(simulator: Simulator, cli: Cli) -> None:
    """With the service's reason."""
    simulator.set_room(42, Room(fails_with=40005))
    task = cli("service", "start", "42").out.strip()
    answer = cli("service", "query", task, "--wait", "10")

    assert (answer.status, answer.out) == (1, "failed\n")
    assert "joining the IM group failed" in answer.err


def test_no_result_yet_is_status_1(simulator: Simulator, cli: Cli, tmp_path: Path) -> None:
    """And no file."""
    task = started(simulator, cli, "44")
    answer = cli("service", "query", task, "-o", tmp_path / "r.json")

    assert (answer.status, answer.out) == (1, "recording\n")
    assert not (tmp_path / "r.json").exists()


def test_a_result_is_replaced_only_by_force(simulator: Simulator, cli: Cli, tmp_path: Path) -> None:
    """It is refused before the service is asked."""
    (tmp_path / "r.json").write_text("mine")
    before = len(simulator.requests)

    assert cli("service", "query", "any", "-o", tmp_path / "r.json").status == 2
    assert len(simulator.requests) == before


def test_the_address_of_callbacks(simulator: Simulator, cli: Cli) -> None:
    """Is set and deleted."""
    assert cli("service", "set-callback", "https://example.org/cb").out == "accepted\n"
    assert simulator.callback_address == "https://example.org/cb"
    assert cli("service", "set-callback", "--delete").status == 0
    assert simulator.callback_address == ""
    assert cli("service", "set-callback").status == 2
    assert cli("service", "set-callback", "https://example.org", "--delete").status == 2


def test_a_service_that_is_not_there_is_status_5(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network."""
    with Simulator(media=False) as gone:
        url = gone.url
    answer = cli("service", "start", "1", "--url", url)

    assert answer.status == 5
    assert "start: no connection; the service's support asks for random" in answer.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["start", "0"], "the room id must be"),
        (["start", "1", "--record-user", "amy"], "is no recording user of room 1"),
        (["start", "1", "--init-param", "{"], "--init-param is no JSON"),
        (["start", "1", "--init-param", "[]"], "--init-param must be a JSON object"),
        (["start", "1", "--extra", "3"], "--extra must be a JSON object"),
        (["start", "1", "--user-sig", "/nowhere"], "no such file or directory; name a file with the UserSig"),
        (["pause", ""], "the task id must be"),
        (["query", "t", "--url", "http://example.org"], "must be https://HOST"),
        (["sign", "--keys", "/nowhere"], "cannot be read: no such file"),
        (["query", "t", "--api", "tiw"], "no secret_id is known; set TIMELINE_TIW_SECRET_ID"),
    ],
)
def test_misuse_is_one_line_and_status_2(arguments: list[str], said: str, cli: Cli) -> None:
    """Nothing was sent."""
    answer = cli("service", *arguments)

    assert answer.status == 2, answer.err
    assert said in answer.err
    assert answer.out == ""


def test_keys_are_never_printed(simulator: Simulator, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where they are wrong either."""
    monkeypatch.setenv("TIMELINE_TIC_KEY", "A-SECRET-THAT-IS-WRONG")
    answer = cli("service", "start", "1")

    assert answer.status == 2
    assert "the signature is wrong; check TicKey" in answer.err
    assert "A-SECRET" not in answer.err + answer.out


def test_a_key_file_that_others_may_read_is_refused(cli: Cli, tmp_path: Path) -> None:
    """Status 2, and what to do."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"sdk_app_id": SDK_APP_ID, "tic_key": TIC_KEY}))
    path.chmod(0o644)

    assert "chmod it to 600" in cli("service", "sign", "--keys", path).err


def test_without_an_account_the_line_says_how_to_name_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment or a file."""
    monkeypatch.delenv("TIMELINE_SDK_APP_ID")

    assert "set TIMELINE_SDK_APP_ID and TIMELINE_TIC_KEY, or name a file with --keys" in (
        cli("service", "start", "1").err
    )
