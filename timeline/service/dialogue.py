"""What is said in which order: one generator for each call, driven by the sync and by the async client alike.

A generator yields what is to be done next, `Send` or `Sleep`, and is sent what came of it.
"""

from __future__ import annotations

import logging
import os
import random as chance
import secrets
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline.errors import DiskError, ParameterError, ServiceAnswerError, ServiceUnreachableError
from timeline.journal import append_entry
from timeline.service.backends import Backend, CallPatience, Lost
from timeline.service.failures import TRIES, Kind, call_error, kind_of
from timeline.service.history import History, JournalHistory
from timeline.service.identity import check_record_user_id, check_room, make_record_user_id
from timeline.service.messages import Accepted, Call, Reply, Started, StartOptions, TaskAnswer
from timeline.service.states import ENDED, PREPARED, RECORDING, check_call
from timeline.sinks import show

_log = logging.getLogger("timeline.service")
_MOST_RANDOM = 2**31 - 1
_SAFE = {"query", "set_callback", "stop"}
"""Calls that may be made twice: a second stop is told that the task had ended."""
_MOST_TASK_ID = 200


@dataclass(frozen=True, slots=True)
class Send:
    """Make one try of *call*; `Reply` or `Lost` is expected back."""

    call: Call
    random: int
    shift_s: int


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait; None is expected back."""

    seconds: float


class Dialogue:
    """The calls to one service, with what is known of its tasks.

    Args:
        backend: Which service.
        journal: File of lines that all calls go to; None keeps what is known in memory.
        patience: How long and how often.
        clock: Gives the time in Unix seconds.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        journal: str | os.PathLike[str] | None = None,
        patience: CallPatience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.backend = backend
        self._patience = patience or CallPatience()
        self._clock = clock
        self._journal = None if journal is None else Path(journal)
        self._told = None if self._journal is None else JournalHistory(self._journal)
        self._history = History()
        self._reading = threading.Lock()

    def history(self) -> History:
        """Return what is known by now, by other processes too."""
        with self._reading:
            return self._told.now() if self._told else self._history

    def start(
        self,
        room_id: int,
        options: StartOptions,
        record_user_id: str | None,
        user_sig: Callable[[str], str],
    ) -> Generator[Send | Sleep, Reply | Lost | None, Started]:
        """Start a recording."""
        used = self.history().record_user_ids
        check_room(room_id)
        if record_user_id is None:
            record_user_id = make_record_user_id(room_id, used)
        else:
            check_record_user_id(record_user_id, room_id, used)
        body = self.backend.start_body(room_id, record_user_id, user_sig(record_user_id), options)
        facts = {"room_id": room_id, "record_user_id": record_user_id}
        reply = yield from self._carry_out(Call("start", body), facts)
        task_id = self.backend.task_id(reply)
        if task_id is None:
            raise ServiceAnswerError(
                "start: the service accepted it without naming a task; its support asks for random "
                f"{reply.random}",
                random=reply.random,
                is_uncertain=True,
            )
        self._note_accepted("start", reply, {"task_id": task_id, **facts})
        return Started(task_id, record_user_id, reply.at_unix_ms, reply.random)

    def change(self, name: str, task_id: str) -> Generator[Send | Sleep, Reply | Lost | None, Accepted]:
        """Pause, resume or stop a task, where its state allows it."""
        _check_task(task_id)
        yield from self._settle(name, task_id)
        call = Call(name, self.backend.task_body(task_id), task_id)
        reply = yield from self._carry_out(call, {"task_id": task_id})
        had_ended = self.backend.fault(reply) is not None
        self._note_accepted(name, reply, {"task_id": task_id} | ({"had_ended": True} if had_ended else {}))
        return Accepted(name, task_id, reply.at_unix_ms, reply.random, had_ended)

    def query(self, task_id: str) -> Generator[Send | Sleep, Reply | Lost | None, TaskAnswer]:
        """Ask for the state and the result of a task."""
        _check_task(task_id)
        reply = yield from self._carry_out(Call("query", self.backend.task_body(task_id), task_id), {})
        told = self.backend.state(reply)
        if told is None:
            raise ServiceAnswerError(
                f"query: the service tells no state of task {show(task_id)}; its support asks for random "
                f"{reply.random}",
                random=reply.random,
            )
        if told != self.history().of(task_id).state:
            facts = {"state": told, "tells_pauses": self.backend.tells_pauses}
            self._note({"at_unix_ms": reply.at_unix_ms, "task_id": task_id, **facts, "random": reply.random})
        return TaskAnswer(
            task_id, told, reply.document, reply.random, *(self.backend.fault(reply) or (None, None))
        )

    def set_callback(self, url: str) -> Generator[Send | Sleep, Reply | Lost | None, Accepted]:
        """Set the address of callbacks, or delete it where *url* is empty."""
        if url and not url.startswith(("http://", "https://")):
            raise ParameterError("the address of callbacks must begin with http:// or https://")
        reply = yield from self._carry_out(Call("set_callback", self.backend.callback_body(url)), {})
        self._note({"at_unix_ms": reply.at_unix_ms, "call": "set_callback", "random": reply.random})
        return Accepted("set_callback", None, reply.at_unix_ms, reply.random)

    def _settle(self, name: str, task_id: str) -> Generator[Send | Sleep, Reply | Lost | None, None]:
        """Wait until the last call has taken effect, and see that the state allows the next one."""
        known = self.history().of(task_id)
        if known.called_unix_ms is not None and known.state not in ENDED:
            left_s = known.called_unix_ms / 1000 + self._patience.latency_s - self._clock()
            if left_s > 0:
                yield Sleep(min(left_s, self._patience.latency_s))
        is_in_doubt = self.history().is_in_doubt(task_id)
        if known.state is None or is_in_doubt or (known.state == PREPARED and name in ("pause", "resume")):
            answer = yield from self.query(task_id)
            known = self.history().of(task_id)
            if is_in_doubt and answer.state == RECORDING and not self.backend.tells_pauses:
                return  # the guide's service does not say which of both it is
        check_call(name, known.state or RECORDING, task_id)

    def _carry_out(
        self, call: Call, facts: Mapping[str, Any]
    ) -> Generator[Send | Sleep, Reply | Lost | None, Reply]:
        """Make a call, again where that is safe and may help, and return the answer that counts."""
        tries: dict[object, int] = {}
        shift_s, is_uncertain, wait_s = 0, False, self._patience.first_wait_s
        while True:
            random = secrets.randbelow(_MOST_RANDOM) + 1
            whom = f" of task {show(call.task_id)}" if call.task_id else ""
            _log.info("%s%s: random %d", call.name, whom, random)
            if call.name != "query":
                asked = {"at_unix_ms": self._now_ms(), "asked": call.name, **facts, "random": random}
                self._note(asked)
            came = yield Send(call, random, shift_s)
            if isinstance(came, Lost):
                is_again = call.name in _SAFE or not came.was_sent
                tries["lost"] = tries.get("lost", 0) + 1
                if not came.was_sent:
                    self._note_end("unsent", call, random, facts)
                if not is_again or tries["lost"] >= self._patience.lost_tries:
                    raise self._lost_error(call, came, random, is_uncertain)
            else:
                assert isinstance(came, Reply)
                fault = self.backend.fault(came)
                kind = kind_of(fault.code) if fault else None
                if kind is None or (kind == Kind.ENDED and call.name == "stop"):
                    return came
                if kind == Kind.RECORDING_FAILED and call.name == "query":
                    return came
                assert fault is not None
                self._note_end("refused", call, random, {**facts, "error_code": fault.code})
                tries[kind] = tries.get(kind, 0) + 1
                if tries[kind] >= TRIES.get(kind, 1):
                    raise call_error(
                        call,
                        *fault,
                        random=random,
                        is_uncertain=is_uncertain,
                        note=_skew(came, self._now_ms()) if kind == Kind.EXPIRED else "",
                    )
                is_uncertain = is_uncertain or (kind == Kind.INTERNAL and call.name not in _SAFE)
                if kind == Kind.EXPIRED:
                    if came.server_unix_s is not None:
                        shift_s = round(came.server_unix_s - came.at_unix_ms / 1000)
                    continue
            yield Sleep(chance.uniform(0, wait_s))
            wait_s = min(2 * wait_s, self._patience.most_wait_s)

    def _lost_error(self, call: Call, lost: Lost, random: int, is_uncertain: bool) -> Exception:
        is_uncertain = is_uncertain or (lost.was_sent and call.name not in _SAFE)
        kind = ServiceAnswerError if lost.is_garbled else ServiceUnreachableError
        doubt = "; it may have been carried out all the same: query the task" if is_uncertain else ""
        if is_uncertain and call.name == "start":
            doubt = "; a recording may have started all the same, under a task that only its callback names"
        message = f"{call.name}: {lost.reason}{doubt}; the service's support asks for random {random}"
        return kind(message, random=random, is_uncertain=is_uncertain)

    def _note_accepted(self, name: str, reply: Reply, facts: Mapping[str, Any]) -> None:
        entry = {"at_unix_ms": reply.at_unix_ms, "call": name, **facts, "random": reply.random}
        try:
            self._note(entry)
        except DiskError as error:
            raise DiskError(
                f"{error}; the service accepted {name} of task {show(str(facts['task_id']))} all the same",
                errno=error.errno,
            ) from error

    def _note_end(self, how: str, call: Call, random: int, facts: Mapping[str, Any]) -> None:
        if call.name != "query":
            self._note({"at_unix_ms": self._now_ms(), how: call.name, **facts, "random": random})

    def _note(self, entry: dict[str, Any]) -> None:
        """Remember a line, on disk where there is a journal."""
        if self._journal is None:
            self._history.add(entry)
        else:
            append_entry(self._journal, {**entry, "service": self.backend.name})

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)


def _check_task(task_id: str) -> None:
    if not isinstance(task_id, str) or not task_id or len(task_id) > _MOST_TASK_ID:
        raise ParameterError("the task id must be the text that start gave")


def _skew(reply: Reply, now_ms: int) -> str:
    if reply.server_unix_s is None:
        return "check the clock of this machine"
    ahead_s = round(now_ms / 1000) - reply.server_unix_s
    if abs(ahead_s) < 2:
        return "the clocks agree; check the TicKey"
    where = "ahead of" if ahead_s > 0 else "behind"
    return f"the clock of this machine is {abs(ahead_s)} s {where} the service's"
