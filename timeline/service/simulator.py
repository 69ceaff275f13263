"""The recording service of the guide on this machine's loopback, for tests, demos and development."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.service.simulated_callbacks import CallbackRules, SentCallback
from timeline.service.simulated_faults import ANSWERS, ANY, USUAL, Fault, SeenRequest
from timeline.service.simulated_media import MediaMaker
from timeline.service.simulated_requests import CALLS, MOST_BODY_BYTES, Account
from timeline.service.simulated_rooms import Room
from timeline.service.simulated_service import SimulatedService
from timeline.service.simulated_tasks import SimulatedTask, TaskBook, Timing
from timeline.units import seconds_to_ms

with needs_extra("service"):
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import FileResponse, PlainTextResponse, Response
    from starlette.routing import Route

LOOPBACK = "127.0.0.1"
SDK_APP_ID = 1400000000
TIC_KEY = "51A0B1A7E0D54C3B9F2E6D7C8B9A0F1E"
"""Of nobody: what a simulator takes where no key is given."""
PATH = "/record/v1/online/"


class Simulator:
    """The service, while it is entered: ``with Simulator(latency_s=0.01) as simulator: simulator.url``.

    Its methods may be called from any thread.

    Args:
        sdk_app_id: The one account that it knows.
        tic_key: The key of the account.
        port: 0 is any that is free.
        latency_s: From the acceptance of a call to its effect (guide §2.3).
        processing_s: From the end of a recording to its result, at least.
        idle_s: How long a room may be empty before its recording stops by itself.
        callbacks: How callbacks are sent.
        media: Whether results have real files behind their links; needs ``class-timeline[media]``.
        seed: Of all ids; None for ids that no other simulator has.
        on_request: Called with each request, in the simulator's thread.
        on_callback: Called with each try of a callback.
    """

    def __init__(
        self,
        sdk_app_id: int = SDK_APP_ID,
        tic_key: str = TIC_KEY,
        *,
        port: int = 0,
        latency_s: float = 2.0,
        processing_s: float = 3.0,
        idle_s: float = 300.0,
        callbacks: CallbackRules | None = None,
        media: bool = True,
        seed: int | None = None,
        on_request: Callable[[SeenRequest], None] | None = None,
        on_callback: Callable[[SentCallback], None] | None = None,
    ) -> None:
        self.account = Account(sdk_app_id, tic_key)
        self._port = port
        self._rules = callbacks or CallbackRules()
        self._has_media = media
        timing = Timing(seconds_to_ms(latency_s), seconds_to_ms(processing_s), seconds_to_ms(idle_s))
        self._left = contextlib.ExitStack()
        self._folder = Path()
        self._service = SimulatedService(
            self.account,
            TaskBook(timing, seed=seed),
            seed=seed,
            on_request=on_request,
            on_callback=on_callback,
        )

    # What is seen and done from any thread

    @property
    def url(self) -> str:
        """Where the service is, without a final slash: ``http://127.0.0.1:PORT``."""
        return self._service.url

    @property
    def tasks(self) -> list[SimulatedTask]:
        """All tasks as they are now, in the order of their start."""
        with self._service.changed:
            return [task.copy() for task in self._service.book.tasks]

    @property
    def requests(self) -> list[SeenRequest]:
        """All requests so far, in the order in which they were judged."""
        with self._service.changed:
            return list(self._service.requests)

    @property
    def callbacks_sent(self) -> list[SentCallback]:
        """All tries of callbacks so far, and those that were lost on purpose."""
        with self._service.changed:
            return list(self._service.callbacks)

    @property
    def callback_address(self) -> str:
        """Where callbacks go; empty if nowhere."""
        with self._service.changed:
            return self._service.address

    @property
    def clock_skew_s(self) -> float:
        """How far the clock for signatures, which its ``Date`` shows, is ahead of this machine's."""
        return self._service.clock_skew_s

    @clock_skew_s.setter
    def clock_skew_s(self, seconds: float) -> None:
        self._service.clock_skew_s = seconds

    def now_unix_ms(self) -> int:
        """Return the time of the recordings: this machine's and what was skipped by `advance`."""
        return self._service.now_unix_ms()

    def set_room(self, room_id: int | None, room: Room) -> None:
        """Say what is in a room; None for all rooms of which nothing is said."""
        with self._service.changed:
            if room_id is None:
                self._service.book.usual_room = room
            else:
                self._service.book.rooms[room_id] = room

    def plan_fault(
        self,
        call: str = ANY,
        *,
        times: int = 1,
        error_code: int = 0,
        answer: str = USUAL,
        is_carried_out: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Let the next *times* requests of *call* go wrong as `Fault` says, in the order of planning.

        Raises:
            ParameterError: No call or no answer is called so.
        """
        if call not in (*CALLS, ANY) or answer not in ANSWERS:
            raise ParameterError(f"calls are {', '.join((*CALLS, ANY))}; answers are {', '.join(ANSWERS)}")
        with self._service.changed:
            self._service.faults.extend([Fault(call, error_code, answer, is_carried_out, delay_s)] * times)

    def advance(self, seconds: float) -> None:
        """Let time pass for the recordings at once; signatures and repeats of callbacks keep to real time."""
        with self._service.changed:
            self._service.ahead_ms += round(seconds * 1000)
        asyncio.run_coroutine_threadsafe(self._settle(), self._loop).result(timeout=30)

    def wait_for_state(self, task_id: str, *states: str, timeout_s: float = 30) -> SimulatedTask:
        """Wait until a task is in one of *states*, and return it.

        Raises:
            TimeoutError: It is not in time.
        """
        with self._service.changed:
            found = self._service.changed.wait_for(
                lambda: next((t for t in self.tasks if t.task_id == task_id and t.state in states), None),
                timeout_s,
            )
        if found is None:
            raise TimeoutError(f"task {task_id} is not {' or '.join(states)} after {timeout_s} s")
        return found

    def wait_for_callbacks(self, count: int, timeout_s: float = 30) -> list[SentCallback]:
        """Wait until *count* callbacks were taken by whoever receives them, and return all tries.

        Raises:
            TimeoutError: They are not in time.
        """
        with self._service.changed:
            if not self._service.changed.wait_for(
                lambda: sum(sent.is_taken for sent in self._service.callbacks) >= count, timeout_s
            ):
                raise TimeoutError(f"fewer than {count} callbacks were taken in {timeout_s} s")
            return self.callbacks_sent

    # Its life

    def __enter__(self) -> Simulator:
        """Listen, and answer from a thread of its own.

        Raises:
            ParameterError: The port is taken.
            FFmpegNotFoundError: Media are wanted and there is no ffmpeg.
        """
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(_listen(self._port))
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="timeline-simulator-"))
            self._service.open(
                f"http://{LOOPBACK}:{listener.getsockname()[1]}",
                Path(folder),
                MediaMaker(Path(folder)) if self._has_media else None,
            )
            self._loop = asyncio.new_event_loop()
            ready = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(listener, ready), name="simulator")
            self._thread.start()
            ready.wait()
            self._left = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once: nothing is sent or answered any more."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._left.close()

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve(listener, ready))
            finally:
                ready.set()

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._closing = asyncio.Event()
        config = uvicorn.Config(
            self._app(),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        living = asyncio.create_task(self._service.live(self._rules))
        await asyncio.sleep(0)  # it has begun
        await self._server.startup(sockets=[listener])
        ready.set()
        await self._closing.wait()
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await self._server.shutdown(sockets=[listener])

    async def _settle(self) -> None:
        self._service.settle()
        self._service.wake()

    # HTTP

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(PATH + "{call}", self._answer, methods=["POST"]),
                Route("/media/{name}", self._file, methods=["GET"]),
            ]
        )

    async def _file(self, request: Request) -> Response:
        path = self._service.media_path(request.path_params["name"])
        if path is None:
            return PlainTextResponse("no such file", status_code=404)
        return FileResponse(path, media_type="video/mp4")

    async def _answer(self, request: Request) -> Response:
        call = request.path_params["call"]
        if call not in CALLS:
            return PlainTextResponse("no such call", status_code=404)
        data = bytearray()
        with contextlib.suppress(ClientDisconnect):
            async for chunk in request.stream():
                data += chunk[: MOST_BODY_BYTES + 1 - len(data)]
        query, content_type = request.scope["query_string"], request.headers.get("content-type", "")
        seen, sent = self._service.judge(call, query, content_type, bytes(data))
        if seen.fault and seen.fault.delay_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), seen.fault.delay_s)
        if sent is None:
            return _Cut(self._server)
        status, kind, body = sent
        date = email.utils.formatdate(time.time() + self.clock_skew_s, usegmt=True)
        return Response(body, status, {"Date": date}, kind)


class _Cut(Response):
    """Cuts the connection instead of answering."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == tuple(scope["client"]):
                connection.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise ParameterError(
            f"port {port} cannot be used: it is taken, or not for you; try --port 0"
        ) from error
    return listener
