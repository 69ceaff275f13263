"""How the simulator calls back: signed, repeated until it is answered as the guide wants (§4.6), or badly.

What becomes of a callback is drawn from the seed, the number of its task and what it tells, so that it does
not depend on how fast anybody is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from timeline.extras import needs_extra
from timeline.service.signing import sign
from timeline.service.simulated_events import signed_event
from timeline.service.simulated_requests import Account
from timeline.service.simulated_tasks import FINISHED_EVENT, STARTED_EVENT, STOPPED_EVENT

with needs_extra("service"):
    import httpx2

TIC, TIW = "tic", "tiw"
_TOLD = {TIC: (STARTED_EVENT, FINISHED_EVENT), TIW: (STARTED_EVENT, STOPPED_EVENT, FINISHED_EVENT)}


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """How callbacks are sent.

    Attributes:
        retry_s: How long after a bad answer a callback is repeated.
        most_repeats: How often at most.
        answer_s: How long an answer may take.
        sign_s: How long a signature counts; each try has its own.
        lose: Share of the callbacks that are never sent.
        double: Share that are sent twice at once.
        reorder: Share that come after what should follow them: a start after its end, an end after the next
            callback of any task, or after *hold_s*.
        delay: Share that are sent late.
        delay_s: By how much at most.
        hold_s: How long an end waits for another callback to overtake it.
        seed: Of all that is drawn; None for another disorder each time.
        style: `TIC`, as in the guide, or `TIW`, events as its successor sends them; see `TIW_RULES`.
        callback_key: Signs in the style of TIW; empty for events without a signature.
    """

    retry_s: float = 60.0
    most_repeats: int = 10
    answer_s: float = 10.0
    sign_s: int = 600
    lose: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    delay_s: float = 30.0
    hold_s: float = 30.0
    seed: int | None = None
    style: str = TIC
    callback_key: str = ""


TIW_RULES = CallbackRules(retry_s=5.0, most_repeats=5, style=TIW)
"""As the successor sends its events; any answer with status 200 ends the repeats."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one callback."""

    is_lost: bool = False
    is_doubled: bool = False
    is_reordered: bool = False
    delay_s: float = 0.0


def draw_fate(rules: CallbackRules, task_number: int, what: str) -> Fate:
    """Return what becomes of a callback of the *task_number*-th task.

    Example:
        >>> draw_fate(CallbackRules(lose=1.0, seed=1), 0, "started").is_lost
        True
    """
    seed = rules.seed if rules.seed is None else f"{rules.seed}/{task_number}/{what}"
    draws = random.Random(seed)
    lost, doubled, reordered, delayed, amount = (draws.random() for _ in range(5))
    return Fate(
        is_lost=lost < rules.lose,
        is_doubled=doubled < rules.double,
        is_reordered=reordered < rules.reorder,
        delay_s=amount * rules.delay_s if delayed < rules.delay else 0.0,
    )


def is_taken(status: int, body: bytes) -> bool:
    """Return whether an answer to a callback of the guide is the one that ends its repeats.

    Example:
        >>> is_taken(200, b'{"error_code": 0}'), is_taken(200, b"ok"), is_taken(500, b'{"error_code": 0}')
        (True, False, False)
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    code = answer.get("error_code") if isinstance(answer, dict) else None
    return status == 200 and type(code) is int and code == 0


@dataclass(frozen=True, slots=True)
class SentCallback:
    """One try of a callback; or one that was lost, with ``attempt`` 0.

    Attributes:
        task_id: Of which it tells.
        what: ``started`` or ``finished``; in the style of TIW ``stopped`` too.
        attempt: 1 for the first try.
        random: Of its address in the guide's style.
        body: What was told.
        status: Of the answer; None where none came.
        answer: The answer's body, its first 1000 bytes.
        is_taken: Whether it ended the repeats.
    """

    task_id: str
    what: str
    attempt: int
    random: int = 0
    body: Any = None
    status: int | None = None
    answer: bytes = b""
    is_taken: bool = False


class CallbackSender:
    """Sends callbacks from the event loop it was made in.

    Args:
        account: Whose key signs.
        rules: How.
        now_unix_ms: What a callback says of the time.
        address: Returns where to, at this moment; empty for nowhere.
        keep: Called with each try, after its answer.
    """

    def __init__(
        self,
        account: Account,
        rules: CallbackRules,
        now_unix_ms: Callable[[], int],
        address: Callable[[], str],
        keep: Callable[[SentCallback], None],
    ) -> None:
        self._account = account
        self._rules = rules
        self._now_unix_ms = now_unix_ms
        self._address = address
        self._keep = keep
        self._http = httpx2.AsyncClient(timeout=rules.answer_s, trust_env=False)
        self._running: set[asyncio.Task[None]] = set()
        self._told: dict[tuple[str, str], asyncio.Event] = {}
        self._last: dict[str, asyncio.Event] = {}
        """Of the callbacks of a task that come in order, whether the last one was told."""
        self._answered = asyncio.Event()

    def tell(
        self, what: str, task_id: str, task_number: int, body_at: Callable[[int], dict[str, Any]]
    ) -> None:
        """Send a callback, in time; *body_at* makes what it tells from the time of a try, in Unix seconds."""
        if not self._address() or what not in _TOLD[self._rules.style]:
            return
        fate = draw_fate(self._rules, task_number, what)
        if fate.is_lost:
            self._keep(SentCallback(task_id, what, 0, body=body_at(self._now_unix_ms() // 1000)))
            self._told_of(task_id, what).set()
            return
        before = None if fate.is_reordered else self._last.get(task_id)
        if not fate.is_reordered and not fate.delay_s:
            self._last[task_id] = self._told_of(task_id, what)
        self._spawn(self._send_fated(what, task_id, body_at, fate, before))

    async def close(self) -> None:
        """Stop sending at once."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._http.aclose()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _told_of(self, task_id: str, what: str) -> asyncio.Event:
        return self._told.setdefault((task_id, what), asyncio.Event())

    async def _send_fated(
        self,
        what: str,
        task_id: str,
        body_at: Callable[[int], dict[str, Any]],
        fate: Fate,
        before: asyncio.Event | None,
    ) -> None:
        """Send a callback when it may be sent: after the first try of that *before* it, if there is one."""
        await asyncio.sleep(fate.delay_s)
        if before:
            await before.wait()
        if fate.is_reordered and what == STARTED_EVENT:
            await self._told_of(task_id, FINISHED_EVENT).wait()
        elif fate.is_reordered:
            with contextlib.suppress(TimeoutError):  # nothing overtook it
                await asyncio.wait_for(self._answered.wait(), self._rules.hold_s)
        copies = 2 if fate.is_doubled else 1
        try:
            await asyncio.gather(*(self._send(what, task_id, body_at) for _ in range(copies)))
        finally:  # nowhere to send it to, or an address that nothing can be sent to
            self._told_of(task_id, what).set()

    async def _send(self, what: str, task_id: str, body_at: Callable[[int], dict[str, Any]]) -> None:
        for attempt in range(1, self._rules.most_repeats + 2):
            if not (address := self._address()):
                return
            sent = await self._try(address, what, task_id, attempt, body_at(self._now_unix_ms() // 1000))
            self._keep(sent)
            self._told_of(task_id, what).set()
            answered, self._answered = self._answered, asyncio.Event()
            answered.set()
            if sent.is_taken:
                return
            await asyncio.sleep(self._rules.retry_s)

    async def _try(
        self, address: str, what: str, task_id: str, attempt: int, body: dict[str, Any]
    ) -> SentCallback:
        expire_s, number = int(time.time()) + self._rules.sign_s, random.randint(1, 2**31 - 1)
        app_id, url = self._account.sdk_app_id, address.partition("#")[0]
        if self._rules.style == TIW:
            body = signed_event(body, app_id, self._rules.callback_key, expire_s)
        else:
            signature = sign(self._account.tic_key, expire_s)
            values = {"random": number, "expire_time": expire_s, "sign": signature, "sdkappid": app_id}
            url += ("&" if "?" in url else "?") + urlencode(values)
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = await self._http.post(url, content=data, headers={"Content-Type": "application/json"})
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return SentCallback(task_id, what, attempt, number, body)
        status, said = answer.status_code, answer.content[:1000]
        taken = status == 200 if self._rules.style == TIW else is_taken(status, answer.content)
        return SentCallback(task_id, what, attempt, number, body, status, said, taken)
