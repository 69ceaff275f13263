"""Calls to the recording service: what is sent, what is repeated, what the journal and the caller are told.

The service's answers are scripted here; `test_service_client` speaks to a simulator over real connections.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from timeline.errors import (
    DiskError,
    ParameterError,
    RecordUserTakenError,
    ServiceAnswerError,
    ServiceError,
    ServiceInternalError,
    ServiceRefusedError,
    ServiceUnreachableError,
    SignatureExpiredError,
    TaskEndedError,
    TaskStateError,
    TaskUnknownError,
)
from timeline.journal import append_entry, read_journal
from timeline.service.backends import Lost
from timeline.service.dialogue import Dialogue, Send, Sleep
from timeline.service.messages import Accepted, Call, Reply, Started, StartOptions, TaskAnswer, Whiteboard
from timeline.service.secrets import make_credentials
from timeline.service.states import STATES, check_call, later_state
from timeline.service.tic import SIGN_VALID_S, TicBackend

KEY = "9016607A382749C69D4F4B00C61DD083"
TASK = "g68cee8e90jcq4ogg8jb"
USER = "tic_record_user_1234_01"
NOW_S = 1557202625
OK = {"error_code": 0, "error_msg": "ok"}
STARTED = OK | {"task_id": TASK}
UNSENT = Lost("no connection", was_sent=False)
NO_ANSWER = Lost("no answer in time", was_sent=True)
GARBLED = Lost("status 502, 9 bytes that are no answer of the service", was_sent=True, is_garbled=True)


def backend() -> TicBackend:
    return TicBackend(make_credentials(1400127115, tic_key=KEY), clock=lambda: NOW_S)


class Scripted:
    """Drives calls with answers from a script.

    Attributes:
        sent: The steps that were sent.
        slept: How long each wait was.
        clock_s: The time; waits move it on.
    """

    def __init__(self, *script: dict[str, Any] | Lost, journal: Path | None = None) -> None:
        self.script = list(script)
        self.sent: list[Send] = []
        self.slept: list[float] = []
        self.clock_s = float(NOW_S)
        self.server_unix_s: int | None = None
        self.dialogue = Dialogue(backend(), journal=journal, clock=lambda: self.clock_s)

    def run(self, steps: Any) -> Any:
        came: Reply | Lost | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                return end.value
            came = None
            if isinstance(step, Sleep):
                self.slept.append(step.seconds)
                self.clock_s += step.seconds
                continue
            self.sent.append(step)
            answer = self.script.pop(0)
            self.clock_s += 0.1
            now_ms = round(self.clock_s * 1000)
            came = (
                answer if isinstance(answer, Lost) else Reply(answer, step.random, now_ms, self.server_unix_s)
            )

    def start(self, **options: Any) -> Started:
        started: Started = self.run(
            self.dialogue.start(1234, StartOptions(**options), USER, lambda user: "valid usersig")
        )
        return started

    def change(self, name: str) -> Accepted:
        accepted: Accepted = self.run(self.dialogue.change(name, TASK))
        return accepted

    def query(self) -> TaskAnswer:
        answer: TaskAnswer = self.run(self.dialogue.query(TASK))
        return answer

    @property
    def names(self) -> list[str]:
        return [step.call.name for step in self.sent]


def status(state: str, **more: Any) -> dict[str, Any]:
    return {"error_code": 0, "error_msg": "", "task_id": TASK, "status": state, **more}


def known(state: str, journal: Path) -> None:
    """Let the journal tell that the task is in a state, for a minute already."""
    head = {"task_id": TASK, "random": 1}
    at_ms = (NOW_S - 60) * 1000
    calls = {
        "prepared": ["start"],
        "recording": ["start", "pause", "resume"],
        "paused": ["start", "pause"],
        "stopped": ["start", "stop"],
    }
    for name in calls.get(state, []):
        append_entry(journal, {"at_unix_ms": at_ms, "call": name, **head})
    if state not in calls:
        append_entry(journal, {"at_unix_ms": at_ms, "state": state, **head})


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


# --- what is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("start", "start"),
        ("stop", "stop"),
        ("pause", "pause"),
        ("resume", "resume"),
        ("query", "query"),
        ("set_callback", "callback"),
    ],
)
def test_the_guides_addresses(name: str, path: str) -> None:
    """Host, path and parameters in the order of the guide's examples (§4), signed by its rule (§3)."""
    request = backend().request(Call(name, {}), 526919)
    parts = urlsplit(request.url)
    parameters = dict(parse_qsl(parts.query))

    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        f"https://iclass.api.qcloud.com/record/v1/online/{path}"
    )
    assert list(parameters) == ["random", "sdkappid", "expire_time", "sign"]
    assert parameters["random"] == "526919"
    assert parameters["sdkappid"] == "1400127115"
    assert parameters["expire_time"] == str(NOW_S + SIGN_VALID_S) == "1557202745"
    assert len(parameters["sign"]) == 32


def test_the_guides_start_body() -> None:
    """§4.1, with the comma that is missing there after group_id."""
    board = Whiteboard(1280, 960, {"ratio": "16:9"})
    body = backend().start_body(1234, USER, "valid usersig", StartOptions("1234", board))

    assert json.loads(backend().request(Call("start", body), 1).body) == json.loads(
        r"""{
            "room_id": 1234,
            "group_id": "1234",
            "user_id": "tic_record_user_1234_01",
            "user_sig": "valid usersig",
            "whiteboard": {
                "width": 1280,
                "height": 960,
                "init_param": "{\"ratio\": \"16:9\"}"
            }
        }"""
    )


def test_what_is_not_said_is_not_sent() -> None:
    """The service has defaults of its own."""
    script = Scripted(STARTED)
    script.start()

    assert dict(script.sent[0].call.body) == {
        "room_id": 1234,
        "user_id": USER,
        "user_sig": "valid usersig",
    }


def test_further_members_of_a_start_are_passed_on() -> None:
    """Later versions of the service know more than the guide."""
    script = Scripted(STARTED)
    script.start(extra={"concat": {"enabled": True}}, whiteboard=Whiteboard(init_param='{"a": 1}'))

    body = script.sent[0].call.body
    assert body["concat"] == {"enabled": True}
    assert body["whiteboard"] == {"init_param": '{"a": 1}'}


def test_the_guides_bodies_of_other_calls() -> None:
    """§4.2 to §4.5."""
    assert backend().task_body(TASK) == {"task_id": TASK}
    assert backend().callback_body("https://iclass.api.qcloud.com/task/callback") == {
        "callback": "https://iclass.api.qcloud.com/task/callback"
    }
    assert backend().callback_body("") == {"callback": ""}


def test_each_try_has_a_fresh_random() -> None:
    """A positive int32, logged for the service's support."""
    script = Scripted(*[{"error_code": 20099}] * 6, status("recording"))
    script.query()
    numbers = [step.random for step in script.sent]

    assert len(set(numbers)) == 7
    assert all(0 < number < 2**31 for number in numbers)


def test_the_random_is_logged_and_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """By the logger timeline.service."""
    script = Scripted(STARTED)
    with caplog.at_level(logging.DEBUG):
        started = script.start()

    assert f"random {started.random}" in caplog.text
    assert KEY not in caplog.text
    assert "usersig" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "http://iclass.api.qcloud.com",
        "ftp://127.0.0.1",
        "https://",
        "iclass.api.qcloud.com",
        "https://a:b@iclass.api.qcloud.com",
        "https://host?x=1",
        "http://127.0.0.1.evil.org",
        "http://[::1",
        "",
    ],
)
def test_signatures_are_sent_in_the_clear_to_this_machine_alone(url: str) -> None:
    """Whoever reads one can use it."""
    with pytest.raises(ParameterError, match="must be https://HOST"):
        TicBackend(make_credentials(1, tic_key=KEY), base_url=url)


# --- answers ---------------------------------------------------------------------------------------------


def test_a_start_gives_the_task() -> None:
    """With the time at which it was accepted, by our clock."""
    script = Scripted(STARTED)

    assert script.start() == Started(TASK, USER, NOW_S * 1000 + 100, script.sent[0].random)


@pytest.mark.parametrize(
    ("document", "state"),
    [
        (status("prepared"), "prepared"),
        (status("recording"), "recording"),
        (status("finished"), "finished"),
        (status("FINISHED"), "finished"),
        (status("processing", progress=100), "finished"),
        (status("paused"), "paused"),
        ({"error_code": 40002, "error_msg": "no file"}, "failed"),
        ({"error_code": 40004, "error_msg": "login"}, "failed"),
        ({"error_code": 40005, "error_msg": "join"}, "failed"),
    ],
)
def test_a_query_tells_the_state(document: dict[str, Any], state: str) -> None:
    """By its status; by its progress too, as the guide's §2.5 promises; or by why there is no result."""
    answer = Scripted(document).query()

    assert (answer.state, answer.document) == (state, document)


@pytest.mark.parametrize("told", [None, "dancing", 3, ["finished"]])
def test_a_state_that_is_not_known_is_an_error(told: object) -> None:
    """It is neither finished nor failed for all we know."""
    with pytest.raises(
        ServiceAnswerError, match="tells no state of task 'g68cee8e90jcq4ogg8jb'; its support"
    ):
        Scripted(status("x") | {"status": told}).query()


@pytest.mark.parametrize("document", [OK, OK | {"task_id": ""}, OK | {"task_id": 7}])
def test_a_start_without_task_is_in_doubt(document: dict[str, Any]) -> None:
    """Something may be recording that cannot be named."""
    with pytest.raises(ServiceAnswerError) as caught:
        Scripted(document).start()

    assert caught.value.is_uncertain


ERRORS = [
    (20000, ServiceRefusedError, 1, "the service is not enabled"),
    (20001, SignatureExpiredError, 2, "the signature has expired"),
    (20002, ServiceRefusedError, 1, "the signature is wrong; check TicKey"),
    (20003, ServiceRefusedError, 1, "a parameter is missing or of the wrong type"),
    (20004, ServiceRefusedError, 1, "the callback address is malformed"),
    (20005, TaskUnknownError, 4, "check the task id"),
    (20010, TaskEndedError, 1, "recorded already"),
    (20011, TaskEndedError, 1, "the task had ended already"),
    (20013, RecordUserTakenError, 1, "start again with a new user id"),
    (20090, ServiceInternalError, 7, "an internal error"),
    (20099, ServiceInternalError, 7, "an internal error"),
    (40000, ServiceRefusedError, 1, "valid JSON"),
    (40001, ServiceRefusedError, 1, "check the parameters"),
    (40002, ServiceRefusedError, 1, "check that a camera was on"),
    (40004, ServiceRefusedError, 1, "usersig"),
    (40005, ServiceRefusedError, 1, "joining the IM group failed"),
    (49999, ServiceInternalError, 7, "an internal error"),
    (12345, ServiceRefusedError, 1, "error 12345"),
]


@pytest.mark.parametrize(("code", "kind", "tries", "advice"), ERRORS)
def test_each_error_code(code: int, kind: type[ServiceError], tries: int, advice: str) -> None:
    """Its class, how often the call is made, and what to do (guide §5); with the number for the support."""
    script = Scripted(*[{"error_code": code, "error_msg": "a stranger's\x1b[2J words"}] * tries)

    with pytest.raises(ServiceError) as caught:
        script.start()

    assert type(caught.value) is kind
    assert len(script.sent) == tries
    assert caught.value.error_code == code
    assert caught.value.random == script.sent[-1].random
    assert str(caught.value).startswith(f"start: the service reports error {code} (")
    assert "\x1b" not in str(caught.value)
    assert advice in str(caught.value)
    assert f"random {script.sent[-1].random}" in str(caught.value)


def test_waits_between_tries_grow_and_are_random() -> None:
    """At most 0.5 s, 1 s, 2 s, …, 8 s."""
    script = Scripted(*[{"error_code": 20099}] * 6, status("recording"))
    script.query()

    assert [wait <= most for wait, most in zip(script.slept, [0.5, 1, 2, 4, 8, 8], strict=True)] == [True] * 6


def test_an_internal_error_that_passes_is_nothing() -> None:
    """The third try works."""
    script = Scripted({"error_code": 20091}, {"error_code": 49999}, STARTED)

    assert script.start().task_id == TASK


def test_a_start_that_failed_inside_and_then_finds_its_user_taken_is_in_doubt() -> None:
    """The first try may have started it."""
    with pytest.raises(RecordUserTakenError, match="an earlier try may have been carried out") as caught:
        Scripted({"error_code": 20099}, {"error_code": 20013}).start()

    assert caught.value.is_uncertain


def test_an_expired_signature_is_made_again_by_the_services_clock() -> None:
    """Ours is an hour behind; the second try asks for its time."""
    script = Scripted({"error_code": 20001}, status("recording"))
    script.server_unix_s = NOW_S + 3600

    script.query()

    assert [round(step.shift_s, -1) for step in script.sent] == [0, 3600]
    assert script.slept == []


@pytest.mark.parametrize(
    ("server_unix_s", "said"),
    [
        (NOW_S + 3600, "the clock of this machine is 3600 s behind the service's"),
        (NOW_S - 90, "the clock of this machine is 90 s ahead of the service's"),
        (NOW_S, "the clocks agree; check the TicKey"),
        (None, "check the clock of this machine"),
    ],
)
def test_a_signature_that_stays_expired_tells_the_skew(server_unix_s: int | None, said: str) -> None:
    """From the date in the head of the answer."""
    script = Scripted({"error_code": 20001}, {"error_code": 20001})
    script.server_unix_s = server_unix_s

    with pytest.raises(SignatureExpiredError, match=said):
        script.query()


# --- answers that do not come ----------------------------------------------------------------------------

SAFE = ["query", "stop", "set_callback"]
UNSAFE = ["start", "pause", "resume"]


def call(script: Scripted, name: str, journal: Path) -> Any:
    if name == "start":
        return script.start()
    if name == "query":
        return script.query()
    if name == "set_callback":
        return script.run(script.dialogue.set_callback("https://example.org/x"))
    known("paused" if name == "resume" else "recording", journal)
    return script.change(name)


@pytest.mark.parametrize("name", SAFE + UNSAFE)
def test_what_was_not_sent_is_tried_again(name: str, tmp_path: Path) -> None:
    """Nothing can have happened."""
    script = Scripted(UNSENT, UNSENT, UNSENT, status("recording") | STARTED, journal=tmp_path / "j")

    call(script, name, tmp_path / "j")

    assert len(script.sent) == 4


@pytest.mark.parametrize("name", SAFE + UNSAFE)
def test_what_was_never_sent_is_given_up_without_doubt(name: str, tmp_path: Path) -> None:
    """After four tries."""
    script = Scripted(*[UNSENT] * 4, journal=tmp_path / "j")

    with pytest.raises(
        ServiceUnreachableError, match=f"{name}: no connection; the service's support"
    ) as caught:
        call(script, name, tmp_path / "j")

    assert not caught.value.is_uncertain


@pytest.mark.parametrize("lost", [NO_ANSWER, GARBLED])
@pytest.mark.parametrize("name", SAFE)
def test_calls_that_may_be_made_twice_are(name: str, lost: Lost, tmp_path: Path) -> None:
    """Their answer was lost, and asking again does no harm."""
    script = Scripted(lost, status("recording"), journal=tmp_path / "j")

    call(script, name, tmp_path / "j")

    assert len(script.sent) == 2


@pytest.mark.parametrize(
    ("lost", "kind"), [(NO_ANSWER, ServiceUnreachableError), (GARBLED, ServiceAnswerError)]
)
@pytest.mark.parametrize("name", UNSAFE)
def test_calls_that_may_not_be_made_twice_are_not(
    name: str, lost: Lost, kind: type[ServiceError], tmp_path: Path
) -> None:
    """The error says that it may have happened."""
    script = Scripted(lost, journal=tmp_path / "j")

    with pytest.raises(kind, match="all the same") as caught:
        call(script, name, tmp_path / "j")

    assert caught.value.is_uncertain
    assert len(script.sent) == 1


def test_a_stop_that_had_worked_is_told_so(tmp_path: Path) -> None:
    """Its answer was lost; the second one finds the task ended."""
    script = Scripted(NO_ANSWER, {"error_code": 20011, "error_msg": "ended"}, journal=tmp_path / "j")

    accepted = call(script, "stop", tmp_path / "j")

    assert accepted.had_ended
    assert [entry.call for entry in read_journal(tmp_path / "j").calls][-1] == "stop"


# --- states ----------------------------------------------------------------------------------------------

FITS = {
    "pause": {"recording"},
    "resume": {"paused"},
    "stop": {"prepared", "recording", "paused"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", FITS)
def test_a_call_is_sent_only_where_the_state_allows_it(name: str, state: str, tmp_path: Path) -> None:
    """Guide §2.4; the table of all calls and states."""
    known(state, tmp_path / "j")
    script = Scripted(
        status("prepared") if state == "prepared" and name != "stop" else OK, journal=tmp_path / "j"
    )

    if state in FITS[name]:
        script.change(name)
        assert script.names == [name]
    else:
        with pytest.raises(TaskStateError, match=f"cannot {name} task .*: it is {state}") as caught:
            script.change(name)
        assert caught.value.state == state
        assert name not in script.names


def test_a_task_that_was_only_just_started_is_asked_for(tmp_path: Path) -> None:
    """It may record by now, and then can be paused."""
    known("prepared", tmp_path / "j")
    script = Scripted(status("recording"), OK, journal=tmp_path / "j")

    script.change("pause")

    assert script.names == ["query", "pause"]


@pytest.mark.parametrize("name", FITS)
def test_an_unknown_task_is_asked_for_first(name: str) -> None:
    """It was started by somebody else."""
    state = "paused" if name == "resume" else "recording"
    script = Scripted(status(state), OK)

    script.change(name)

    assert script.names == ["query", name]


def test_a_call_waits_until_the_one_before_it_has_effect() -> None:
    """Two seconds (guide §2.4): a pause and a resumption at once would not find each other."""
    script = Scripted(STARTED, status("recording"), OK, OK, OK)
    script.start()
    for name in ("pause", "resume", "stop"):
        script.change(name)

    assert script.names == ["start", "query", "pause", "resume", "stop"]
    assert script.slept == pytest.approx([2, 2, 2], abs=0.01)


def test_a_clock_that_was_set_back_does_not_hold_up_calls(tmp_path: Path) -> None:
    """The last call seems to lie in the future."""
    append_entry(
        tmp_path / "j", {"at_unix_ms": (NOW_S + 9999) * 1000, "call": "resume", "task_id": TASK, "random": 1}
    )
    script = Scripted(OK, journal=tmp_path / "j")

    script.change("pause")

    assert script.slept == [2]


def test_a_state_is_known_to_the_next_process(tmp_path: Path) -> None:
    """By the journal."""
    first = Scripted(STARTED, status("recording"), OK, journal=tmp_path / "j")
    first.start()
    first.change("pause")
    second = Scripted(OK, journal=tmp_path / "j")
    second.clock_s += 60

    with pytest.raises(TaskStateError, match="it is paused"):
        second.change("pause")
    second.change("resume")

    assert second.names == ["resume"]


def test_a_query_does_not_undo_a_pause() -> None:
    """The guide's service calls a paused task recording."""
    script = Scripted(STARTED, status("recording"), OK, status("recording"), OK)
    script.start()
    script.change("pause")
    script.query()
    script.change("resume")

    assert script.names == ["start", "query", "pause", "query", "resume"]


def test_a_task_that_ended_by_itself_cannot_be_paused() -> None:
    """A query told."""
    script = Scripted(STARTED, status("recording"), status("finished"))
    script.start()
    script.query()
    script.query()

    with pytest.raises(TaskStateError, match="it is finished; it has been stopped already"):
        script.change("pause")


@pytest.mark.parametrize("next_call", ["pause", "resume"])
def test_after_a_call_in_doubt_both_may_be_tried(next_call: str, tmp_path: Path) -> None:
    """A pause went out and no answer came: the service knows, and the guide's query does not tell."""
    known("recording", tmp_path / "j")
    script = Scripted(NO_ANSWER, status("recording"), OK, journal=tmp_path / "j")
    with pytest.raises(ServiceUnreachableError):
        script.change("pause")

    script.change(next_call)

    assert script.names == ["pause", "query", next_call]


def test_after_a_call_in_doubt_an_ended_task_is_ended(tmp_path: Path) -> None:
    """The query says so."""
    known("recording", tmp_path / "j")
    script = Scripted(NO_ANSWER, status("finished"), journal=tmp_path / "j")
    with pytest.raises(ServiceUnreachableError):
        script.change("pause")

    with pytest.raises(TaskStateError, match="it is finished"):
        script.change("resume")


@pytest.mark.parametrize("told", STATES)
@pytest.mark.parametrize("before", STATES)
def test_states_never_turn_back(before: str, told: str) -> None:
    """But recording and paused take turns where the service tells them apart."""
    after = later_state(before, told)

    assert STATES.index(after) >= STATES.index(before) or {before, after} == {"recording", "paused"}
    assert later_state(after, before) == after or {before, after} == {"recording", "paused"}
    check_call("query", after, TASK)


def test_a_service_that_tells_pauses_is_believed() -> None:
    """TIW's."""
    assert later_state("paused", "recording", tells_pauses=True) == "recording"
    assert later_state("recording", "paused", tells_pauses=True) == "paused"
    assert later_state("finished", "recording", tells_pauses=True) == "finished"


# --- the journal -----------------------------------------------------------------------------------------


def test_the_journal_tells_a_whole_lesson(tmp_path: Path) -> None:
    """What was asked before it was sent, and what was accepted; numbers, no keys."""
    script = Scripted(STARTED, status("recording"), OK, OK, OK, status("finished"), journal=tmp_path / "j")
    script.start()
    for name in ("pause", "resume", "stop"):
        script.change(name)
    script.query()

    told = [
        (key, entry[key])
        for entry in lines(tmp_path / "j")
        for key in ("asked", "call", "state")
        if key in entry
    ]
    assert told == [
        ("asked", "start"),
        ("call", "start"),
        ("state", "recording"),
        ("asked", "pause"),
        ("call", "pause"),
        ("asked", "resume"),
        ("call", "resume"),
        ("asked", "stop"),
        ("call", "stop"),
        ("state", "finished"),
    ]
    text = (tmp_path / "j").read_text()
    assert KEY not in text
    assert "usersig" not in text
    assert [step.random for step in script.sent] == [
        entry["random"] for entry in lines(tmp_path / "j") if "asked" not in entry
    ]


def test_what_is_asked_is_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    """Whoever is killed in between leaves a trace."""
    script = Scripted(journal=tmp_path / "j")
    steps = script.dialogue.start(1234, StartOptions(), USER, lambda user: "s")

    step = next(steps)

    assert isinstance(step, Send)
    (entry,) = lines(tmp_path / "j")
    assert (entry["asked"], entry["record_user_id"], entry["random"]) == ("start", USER, step.random)


def test_a_recording_user_of_the_journal_is_not_used_again(tmp_path: Path) -> None:
    """Even where its start was never answered."""
    first = Scripted(NO_ANSWER, journal=tmp_path / "j")
    with pytest.raises(ServiceUnreachableError, match="a recording may have started"):
        first.start()

    with pytest.raises(ParameterError, match="has recorded before"):
        Scripted(STARTED, journal=tmp_path / "j").start()


@pytest.mark.parametrize(
    ("answer", "key"), [(UNSENT, "unsent"), ({"error_code": 20099, "error_msg": ""}, "refused")]
)
def test_a_try_that_failed_is_told_as_such(answer: Any, key: str, tmp_path: Path) -> None:
    """With the number of that try."""
    script = Scripted(answer, STARTED, journal=tmp_path / "j")
    script.start()

    (failed,) = [entry for entry in lines(tmp_path / "j") if key in entry]
    assert (failed[key], failed["random"]) == ("start", script.sent[0].random)


def test_nothing_is_sent_where_the_journal_cannot_be_written(tmp_path: Path) -> None:
    """What cannot be remembered is not done."""
    script = Scripted(STARTED, journal=tmp_path / "missing" / "j")

    with pytest.raises(DiskError, match="missing"):
        script.start()

    assert script.sent == []


def test_an_accepted_call_that_cannot_be_written_down_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task would be lost otherwise."""
    written: list[Any] = []

    def second_fails(path: Path, entry: dict[str, Any]) -> None:
        written.append(entry)
        if len(written) == 2:
            raise DiskError("j: the disk is full")

    monkeypatch.setattr("timeline.service.dialogue.append_entry", second_fails)

    with pytest.raises(DiskError, match=f"the service accepted start of task '?{TASK}'? all the same"):
        Scripted(STARTED, journal=tmp_path / "j").start()


def test_a_journal_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    """Its old content counts no more."""
    journal = tmp_path / "j"
    known("paused", journal)
    script = Scripted(OK, journal=journal)
    assert script.dialogue.history().of(TASK).state == "paused"

    journal.rename(tmp_path / "old")
    known("stopped", journal)

    assert script.dialogue.history().of(TASK).state == "stopped"


@pytest.mark.parametrize(
    "run",
    [
        lambda script: script.run(script.dialogue.change("pause", "")),
        lambda script: script.run(script.dialogue.query("x" * 201)),
        lambda script: script.run(script.dialogue.set_callback("ftp://example.org")),
        lambda script: script.run(script.dialogue.start(0, StartOptions(), None, lambda user: "s")),
    ],
)
def test_what_cannot_be_is_not_sent(run: Callable[[Scripted], Any]) -> None:
    """One line says why."""
    script = Scripted()

    with pytest.raises(ParameterError):
        run(script)

    assert script.sent == []
