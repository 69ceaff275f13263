"""What a simulator does in its event loop: one clock, one lock, requests in, answers and callbacks out.

Requests are read by `simulated_requests`, judged by `simulated_tasks`, answered by `simulated_answers`; media
are made by `simulated_media`, callbacks sent by `simulated_callbacks`. Here is what holds them together.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from timeline.errors import TimelineError
from timeline.service import simulated_answers as answers
from timeline.service.simulated_callbacks import TIW, CallbackRules, CallbackSender, SentCallback
from timeline.service.simulated_events import event_body
from timeline.service.simulated_faults import ANY, USUAL, Fault, SeenRequest, answer_bytes
from timeline.service.simulated_media import MediaMaker, Wanted
from timeline.service.simulated_requests import Account, read_body, read_query
from timeline.service.simulated_tasks import Happening, Refusal, SimulatedTask, TaskBook
from timeline.service.states import STOPPED

_BYTES_PER_S = 20_000
"""The size of files that are not made."""


class SimulatedService:
    """The service without its server. What is public may be read from any thread that holds `changed`.

    Args:
        account: The one account that it knows.
        book: Its tasks.
        seed: Of the ids of files.
        on_request: Called with each request after it was judged.
        on_callback: Called with each try of a callback.

    Attributes:
        changed: Held while anything changes, and told of it.
        url: Where the service is; known once it listens.
        clock_skew_s: How far its clock for signatures is ahead of this machine's.
        ahead_ms: How far its clock for recordings is.
        address: Where callbacks go; empty if nowhere.
        faults: What shall go wrong next.
        requests: All that came.
        callbacks: All tries.
    """

    def __init__(
        self,
        account: Account,
        book: TaskBook,
        *,
        seed: int | None,
        on_request: Callable[[SeenRequest], None] | None,
        on_callback: Callable[[SentCallback], None] | None,
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.url = ""
        self.clock_skew_s = 0.0
        self.ahead_ms = 0
        self.address = ""
        self.faults: deque[Fault] = deque()
        self.requests: list[SeenRequest] = []
        self.callbacks: list[SentCallback] = []
        self.book = book
        self._account = account
        self._maker: MediaMaker | None = None
        self._folder = Path()
        self._random = random.Random(None if seed is None else f"links of {seed}")
        self._on_request, self._on_callback = on_request, on_callback
        self._links: dict[str, list[tuple[str, str]]] = {}
        self._making: set[asyncio.Task[None]] = set()

    def open(self, url: str, folder: Path, maker: MediaMaker | None) -> None:
        """Say where the service is, and where media are put; without a *maker* there are none."""
        self.url, self._folder, self._maker = url, folder, maker

    def wake(self) -> None:
        """Look again what is due next; to be called in the event loop."""
        self._wake.set()

    def now_unix_ms(self) -> int:
        """Return the time of the recordings."""
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def media_path(self, name: str) -> Path | None:
        """Return the file behind a link, by its last part."""
        known = {f"{video_id}.mp4" for links in self._links.values() for video_id, _ in links}
        path = self._folder / name
        return path if name in known and path.is_file() else None

    # In the event loop

    async def live(self, rules: CallbackRules) -> None:
        """Let time pass, until cancelled. Everything below works while this runs."""
        self._style = rules.style
        self._wake, self._makers = asyncio.Event(), asyncio.Semaphore(2)
        self._sender = CallbackSender(
            self._account, rules, self.now_unix_ms, lambda: self.address, self._keep_callback
        )
        try:
            while True:
                self._wake.clear()
                self.settle()
                due_ms = self.book.next_ms()
                left_s = None if due_ms is None else max(0.001, (due_ms - self.now_unix_ms()) / 1000)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), left_s)
        finally:
            await self._sender.close()
            for task in self._making:
                task.cancel()
            await asyncio.gather(*self._making, return_exceptions=True)

    def judge(
        self, call: str, query: bytes, content_type: str, data: bytes
    ) -> tuple[SeenRequest, tuple[int, str, bytes] | None]:
        """Carry out a request; return what is kept of it, and what is sent, see `answer_bytes`."""
        with self.changed:
            seen, document = self._carry_out(call, query, content_type, data)
            self.requests.append(seen)
            self.settle()
        self.wake()
        if self._on_request:
            self._on_request(seen)
        return seen, answer_bytes(seen.fault, json.dumps(document, ensure_ascii=False).encode())

    def settle(self) -> None:
        """Let happen what is due: callbacks are sent, and media of stopped tasks begun."""
        with self.changed:
            happenings = self.book.settle(self.now_unix_ms())
            numbers = {task.task_id: number for number, task in enumerate(self.book.tasks)}
            for happening in happenings:
                self._tell(happening, numbers[happening.task_id])
            for task in self.book.tasks:
                if task.state == STOPPED and task.task_id not in self._links:
                    self._make_files(task)
            self.changed.notify_all()

    def _tell(self, happening: Happening, number: int) -> None:
        task = self._task(happening.task_id)
        links = self._links.get(task.task_id, ())
        frozen = task.copy()
        body_of = event_body if self._style == TIW else answers.callback_body
        self._sender.tell(
            happening.what,
            task.task_id,
            number,
            lambda at_s: body_of(happening.what, frozen, links, at_s),
        )

    def _task(self, task_id: str) -> SimulatedTask:
        task = self.book.find(task_id)
        assert isinstance(task, SimulatedTask)
        return task

    def _make_files(self, task: SimulatedTask) -> None:
        ids = ["".join(self._random.choices("0123456789", k=22)) for _ in task.files]
        links = [(f"5{video_id}", f"{self.url}/media/5{video_id}.mp4") for video_id in ids]
        self._links[task.task_id] = links
        if self._maker is None or not task.files:
            self.book.give_sizes(
                task.task_id, [1000 + file.duration_ms * _BYTES_PER_S // 1000 for file in task.files]
            )
            return
        users = sorted({file.user_id for file in task.files})
        wanted = [
            Wanted(self._folder / f"{video_id}.mp4", file.kind, users.index(file.user_id), file.duration_ms)
            for file, (video_id, _) in zip(task.files, links, strict=True)
        ]
        making = asyncio.create_task(self._make(self._maker, task.task_id, wanted))
        self._making.add(making)
        making.add_done_callback(self._making.discard)

    async def _make(self, maker: MediaMaker, task_id: str, wanted: Sequence[Wanted]) -> None:
        async with self._makers:
            try:
                sizes = await asyncio.to_thread(maker.make, wanted)
            except TimelineError:
                self.book.give_up(task_id)
            else:
                self.book.give_sizes(task_id, sizes)
        self.wake()

    def _keep_callback(self, sent: SentCallback) -> None:
        with self.changed:
            self.callbacks.append(sent)
            self.changed.notify_all()
        if self._on_callback:
            self._on_callback(sent)

    def _carry_out(
        self, call: str, query: bytes, content_type: str, data: bytes
    ) -> tuple[SeenRequest, dict[str, Any]]:
        """Do what is asked, or what a fault wants; return what is kept of it, and the answer."""
        fault = next((fault for fault in self.faults if fault.call in (call, ANY)), None)
        if fault:
            self.faults.remove(fault)
        self.settle()
        number = read_query(query, self._account, time.time() + self.clock_skew_s)
        body = read_body(call, content_type, data)
        wrong = number if isinstance(number, Refusal) else body if isinstance(body, Refusal) else None
        document: dict[str, Any]
        if wrong or isinstance(body, Refusal):
            document = answers.refused(wrong) if wrong else {}
        elif fault and not fault.is_carried_out and (fault.error_code or fault.answer != USUAL):
            document = {}
        else:
            document = self._do(call, body)
        if fault and fault.error_code:
            document = answers.refused(Refusal(fault.error_code, "as planned"))
        task_id = document.get("task_id", None if isinstance(body, Refusal) else body.get("task_id"))
        is_json = fault is None or fault.answer == USUAL
        return (
            SeenRequest(
                call,
                self.now_unix_ms(),
                None if isinstance(number, Refusal) else number,
                query.decode("latin-1"),
                data,
                document.get("error_code") if is_json else None,
                task_id,
                fault,
            ),
            document,
        )

    def _do(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        now_ms = self.now_unix_ms()
        if call == "callback":
            self.address = body["callback"]
            return answers.accepted()
        if call == "start":
            task = self.book.start(
                now_ms,
                room_id=body["room_id"],
                group_id=body.get("group_id", str(body["room_id"])),
                record_user_id=body["user_id"],
                user_sig=body["user_sig"],
            )
            return answers.refused(task) if isinstance(task, Refusal) else answers.accepted(task)
        if call == "query":
            task = self.book.find(body["task_id"])
            if isinstance(task, Refusal):
                return answers.refused(task)
            return answers.query_answer(task, self._links.get(task.task_id, ()))
        task = self.book.order(now_ms, call, body["task_id"])
        return answers.refused(task) if isinstance(task, Refusal) else answers.accepted()
