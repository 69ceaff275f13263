"""The client: start, pause, resume, stop and query recordings, and say where callbacks go.

`RecordingClient` for ordinary code, `AsyncRecordingClient` for event loops: the same calls and errors.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Self, TypeVar

from timeline.errors import ParameterError, ServiceUnreachableError
from timeline.service.backends import Backend, CallPatience, Lost
from timeline.service.dialogue import Dialogue, Send, Sleep
from timeline.service.identity import UserSig, user_sig_of
from timeline.service.messages import Accepted, Reply, Started, StartOptions, TaskAnswer, Whiteboard
from timeline.service.secrets import Credentials
from timeline.service.states import FAILED, FINISHED
from timeline.sinks import show

_Answer = TypeVar("_Answer")
_Steps = Generator[Send | Sleep, Reply | Lost | None, _Answer]


class _Calls:
    """What both clients share: which generator each call is."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        journal: str | os.PathLike[str] | None = None,
        backend: Backend | None = None,
        patience: CallPatience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if backend is None:
            from timeline.service.tic import TicBackend

            backend = TicBackend(credentials, patience=patience, clock=clock)
        self._credentials = credentials
        self._backend = backend
        self._dialogue = Dialogue(backend, journal=journal, patience=patience, clock=clock)

    def _start(
        self,
        room_id: int,
        group_id: str | None,
        record_user_id: str | None,
        user_sig: UserSig | None,
        whiteboard: Whiteboard | None,
        extra: dict[str, object] | None,
    ) -> _Steps[Started]:
        def sig_of(user_id: str) -> str:
            keys = self._credentials
            return user_sig_of(user_id, user_sig, keys.sdk_app_id, lambda: keys.need("user_sig_key"))

        if isinstance(user_sig, str) and record_user_id is None:
            raise ParameterError("a UserSig is of one user; name record_user_id with it, or give a function")
        options = StartOptions(group_id, whiteboard, extra or {})
        return self._dialogue.start(room_id, options, record_user_id, sig_of)

    def state(self, task_id: str) -> str | None:
        """Return the state of a task as far as it is known here, without asking; None for an unknown task."""
        return self._dialogue.history().of(task_id).state


class RecordingClient(_Calls):
    """The recording service, call by call.

    Args:
        credentials: The account, from `timeline.service.secrets`.
        journal: A file that each call is appended to before it is sent and when it was accepted:
            `timeline.load(result, journal=…)` places pauses by it. Without one nothing is remembered but in
            this object.
        backend: Which service; None is the guide's, `timeline.service.tic.TicBackend`.
        patience: How long and how often.
        clock: Gives the time in Unix seconds.

    Each call raises `timeline.errors.ServiceError` or a kind of it, which says what to do; its ``random`` is
    what the service's support asks for. Calls that have to wait for the one before them (2 s) do.

    Example:
        >>> from timeline.service.secrets import make_credentials
        >>> keys = make_credentials(1400127115, tic_key="9016607A382749C69D4F4B00C61DD083")
        >>> with RecordingClient(keys, journal="calls.jsonl") as client:
        ...     client.state("g68cee8e90jcq4ogg8jb") is None
        True
    """

    def start(
        self,
        room_id: int,
        *,
        group_id: str | None = None,
        record_user_id: str | None = None,
        user_sig: UserSig | None = None,
        whiteboard: Whiteboard | None = None,
        extra: dict[str, object] | None = None,
    ) -> Started:
        """Start a recording (guide §4.1).

        Args:
            room_id: The room.
            group_id: IM group of the whiteboard, where it is not the room's number.
            record_user_id: The user that records, ``tic_record_user_{room}_{random}``, never used before;
                None makes one.
            user_sig: Its UserSig, or a function that makes one for a user id; None makes one with the
                credentials' ``user_sig_key``.
            whiteboard: How the board is recorded.
            extra: Further members of the request, as the service's documentation names them.

        Raises:
            ServiceError: The service refuses, or does not answer. It is repeated only while nothing was sent
                or the service had failed inside; ``is_uncertain`` says where one may have started.
            ParameterError: A room, user or UserSig that cannot be.
        """
        return self._run(self._start(room_id, group_id, record_user_id, user_sig, whiteboard, extra))

    def pause(self, task_id: str) -> Accepted:
        """Pause a task that is recording (guide §4.3).

        Raises:
            TaskStateError: It is not recording; nothing was sent.
            ServiceError: As for `start`.
        """
        return self._run(self._dialogue.change("pause", task_id))

    def resume(self, task_id: str) -> Accepted:
        """Resume a paused task (guide §4.4); raises as `pause`."""
        return self._run(self._dialogue.change("resume", task_id))

    def stop(self, task_id: str) -> Accepted:
        """Stop a task (guide §4.2); ``had_ended`` says that it had ended by itself. Raises as `pause`."""
        return self._run(self._dialogue.change("stop", task_id))

    def query(self, task_id: str) -> TaskAnswer:
        """Ask for the state of a task, and its result once it is finished (guide §4.4)."""
        return self._run(self._dialogue.query(task_id))

    def set_callback(self, url: str) -> Accepted:
        """Set the address that the service calls back (guide §4.5)."""
        if not url:
            raise ParameterError("name an address; delete_callback() removes the one that is set")
        return self._run(self._dialogue.set_callback(url))

    def delete_callback(self) -> Accepted:
        """Remove the address that the service calls back."""
        return self._run(self._dialogue.set_callback(""))

    def wait(self, task_id: str, *, most_s: float, every_s: float = 5) -> TaskAnswer:
        """Query a task until it is finished or has failed.

        Args:
            task_id: The task.
            most_s: How long.
            every_s: How long between two queries.

        Raises:
            ServiceUnreachableError: It is neither after *most_s*.
        """
        ends_s = time.monotonic() + most_s
        while True:
            answer = self.query(task_id)
            left_s = _left(answer, ends_s, most_s)
            if left_s is None:
                return answer
            time.sleep(min(every_s, left_s))

    def close(self) -> None:
        """Let the connections go."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, steps: _Steps[_Answer]) -> _Answer:
        came: Reply | Lost | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                answer: _Answer = end.value
                return answer
            came = None
            if isinstance(step, Sleep):
                time.sleep(step.seconds)
                continue
            try:
                came = self._backend.send(step.call, step.random, step.shift_s)
            except Lost as lost:
                came = lost


class AsyncRecordingClient(_Calls):
    """As `RecordingClient`, for an event loop: each call is awaited."""

    async def start(
        self,
        room_id: int,
        *,
        group_id: str | None = None,
        record_user_id: str | None = None,
        user_sig: UserSig | None = None,
        whiteboard: Whiteboard | None = None,
        extra: dict[str, object] | None = None,
    ) -> Started:
        """As `RecordingClient.start`."""
        return await self._run(self._start(room_id, group_id, record_user_id, user_sig, whiteboard, extra))

    async def pause(self, task_id: str) -> Accepted:
        """As `RecordingClient.pause`."""
        return await self._run(self._dialogue.change("pause", task_id))

    async def resume(self, task_id: str) -> Accepted:
        """As `RecordingClient.resume`."""
        return await self._run(self._dialogue.change("resume", task_id))

    async def stop(self, task_id: str) -> Accepted:
        """As `RecordingClient.stop`."""
        return await self._run(self._dialogue.change("stop", task_id))

    async def query(self, task_id: str) -> TaskAnswer:
        """As `RecordingClient.query`."""
        return await self._run(self._dialogue.query(task_id))

    async def set_callback(self, url: str) -> Accepted:
        """As `RecordingClient.set_callback`."""
        if not url:
            raise ParameterError("name an address; delete_callback() removes the one that is set")
        return await self._run(self._dialogue.set_callback(url))

    async def delete_callback(self) -> Accepted:
        """As `RecordingClient.delete_callback`."""
        return await self._run(self._dialogue.set_callback(""))

    async def wait(self, task_id: str, *, most_s: float, every_s: float = 5) -> TaskAnswer:
        """As `RecordingClient.wait`."""
        ends_s = time.monotonic() + most_s
        while True:
            answer = await self.query(task_id)
            left_s = _left(answer, ends_s, most_s)
            if left_s is None:
                return answer
            await asyncio.sleep(min(every_s, left_s))

    async def close(self) -> None:
        """Let the connections go."""
        await self._backend.close_async()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, steps: _Steps[_Answer]) -> _Answer:
        came: Reply | Lost | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                answer: _Answer = end.value
                return answer
            came = None
            if isinstance(step, Sleep):
                await asyncio.sleep(step.seconds)
                continue
            try:
                came = await self._backend.send_async(step.call, step.random, step.shift_s)
            except Lost as lost:
                came = lost


def _left(answer: TaskAnswer, ends_s: float, most_s: float) -> float | None:
    """Return how long to go on waiting for a task; None where it has ended."""
    if answer.state in (FINISHED, FAILED):
        return None
    left_s = ends_s - time.monotonic()
    if left_s <= 0:
        raise ServiceUnreachableError(
            f"task {show(answer.task_id)} is still {answer.state} after {most_s:g} s; query it again later",
            random=answer.random,
        )
    return left_s
