"""The receiver's door: an ASGI application that takes callbacks, alone or inside of an application of yours.

It needs ``class-timeline[service]``. HTTPS belongs in front of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import re
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.service.callbacks import INTERNAL, MOST_BODY_BYTES, OK, WRONG_PARAMETER
from timeline.service.follow import Ended, FollowRules, Query
from timeline.service.jobs import Hook, JobRules
from timeline.service.openapi import openapi_document
from timeline.service.reception import Answer, Reception
from timeline.service.secrets import Credentials

with needs_extra("service"):
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

BODY_S = 10
"""So long a request may take to arrive, its head and its body each."""
MOST_AT_ONCE = 64
"""So many callbacks are taken in side by side; others wait."""
MOST_CONNECTIONS = 512
"""Of further ones none waits: they are answered 503."""

_LOG = logging.getLogger(__name__)
_SECRET = re.compile(r"[A-Za-z0-9_-]{8,128}")
_HEADERS = {"connection": "close", "cache-control": "no-store", "x-content-type-options": "nosniff"}


class Receiver:
    """An ASGI application around a `Reception`; made by `make_receiver`.

    Served alone it starts and stops its work with the server. Mounted into another application, whose server
    tells it nothing, it wants to be entered: ``with receiver:`` in that application's own lifespan. Where
    that is forgotten, the first callback starts the work, and until then nobody looks for lost callbacks.
    """

    def __init__(self, reception: Reception, credentials: Credentials, path_secret: str | None) -> None:
        self.reception = reception
        self._secret = path_secret
        self._slots: asyncio.Semaphore | None = None
        takes_tiw = credentials.callback_key is not None
        self.openapi = openapi_document(has_secret=path_secret is not None, takes_tiw=takes_tiw)
        path = "/callback" if path_secret is None else "/callback/{secret}"
        self._app = Starlette(
            routes=[
                Route(path, self._callback, methods=["POST"]),
                Route("/health", self._health, methods=["GET"]),
                Route("/openapi.json", self._openapi, methods=["GET"]),
            ],
            lifespan=self._lifespan,
            exception_handlers={HTTPException: _http_error, Exception: _failure},
        )
        self._app.router.redirect_slashes = False

    @property
    def path(self) -> str:
        """Where callbacks go."""
        return "/callback" if self._secret is None else f"/callback/{self._secret}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's beginning and end."""
        await self._app(scope, receive, send)

    def __enter__(self) -> Receiver:
        self.reception.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reception.close()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(self.reception.start)
        try:
            yield
        finally:
            await run_in_threadpool(self.reception.stop)

    async def _callback(self, request: Request) -> JSONResponse:
        if self._secret is not None:
            told = str(request.path_params["secret"]).encode("utf-8", "replace")
            if not hmac.compare_digest(told, self._secret.encode()):
                return _json(Answer(404, WRONG_PARAMETER, "nothing is here"))
        self.reception.start()
        if self._slots is None:
            self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        try:
            async with asyncio.timeout(BODY_S):
                await self._slots.acquire()
        except TimeoutError:
            return _json(Answer(503, INTERNAL, "too many callbacks at once; send it again"))
        try:
            return _json(await self._answer(request))
        finally:
            self._slots.release()

    async def _answer(self, request: Request) -> Answer:
        query: bytes = request.scope["query_string"]
        refused = self.reception.refuse(query)
        if refused is None and request.headers.get("content-encoding", "identity") != "identity":
            refused = Answer(415, WRONG_PARAMETER, "the body must not be compressed")
        # A body that does not count is read nevertheless, and dropped: who is still sending hears no answer.
        try:
            async with asyncio.timeout(BODY_S):
                body = await _read_body(request, keep=refused is None)
        except TimeoutError:
            return Answer(408, WRONG_PARAMETER, "the body took too long")
        except ClientDisconnect:
            return Answer(400, WRONG_PARAMETER, "the body broke off")
        if refused is not None:
            return refused
        if body is None:
            return Answer(413, WRONG_PARAMETER, f"the body has more than {MOST_BODY_BYTES} bytes")
        return await run_in_threadpool(self.reception.accept, query, body)

    async def _health(self, _: Request) -> JSONResponse:
        try:
            await run_in_threadpool(self.reception.store.next_query_ms)
        except sqlite3.Error:
            return _json(Answer(500, INTERNAL, "the store cannot be read"))
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def _openapi(self, _: Request) -> JSONResponse:
        return JSONResponse(self.openapi, headers=_HEADERS)


def make_receiver(
    folder: str | os.PathLike[str],
    credentials: Credentials,
    *,
    query: Query | None,
    allow_hosts: Iterable[str] = (),
    journal: str | os.PathLike[str] | None = None,
    hook: Hook | None = None,
    on_ended: Callable[[Ended], None] | None = None,
    path_secret: str | None = None,
    grace_s: int | None = None,
    now_unix_ms: Callable[[], int] | None = None,
    follow_rules: FollowRules | None = None,
    job_rules: JobRules | None = None,
) -> Receiver:
    """Return an ASGI application that takes the recording service's callbacks at ``/callback``.

    Args:
        folder: Where the store and the lessons lie.
        credentials: Our account.
        query: Asks the service about a task, as ``client.query`` does; None where nobody can be asked.
        allow_hosts: Needed without *query*: the hosts to which a result's links may lead.
        journal: Gets a line for each callback, and tells which tasks were started.
        hook: What is run once for each finished lesson: a list of arguments, or a callable.
        on_ended: Is called in a thread with each task that ends.
        path_secret: 8 to 128 letters, digits, ``_`` and ``-``: callbacks then go to ``/callback/SECRET``.
        grace_s: For how long an expired signature still counts; see `Reception`.
        now_unix_ms: Our clock.
        follow_rules: When tasks are asked about.
        job_rules: How hooks are run.

    Raises:
        ParameterError: An argument cannot be used.
        DiskError: The folder or the store cannot be used.
    """
    if path_secret is not None and not _SECRET.fullmatch(path_secret):
        raise ParameterError("the secret of the path must be 8 to 128 letters, digits, '_' and '-'")
    reception = Reception(
        folder,
        credentials,
        query=query,
        allow_hosts=allow_hosts,
        journal=journal,
        hook=hook,
        on_ended=on_ended,
        grace_s=grace_s,
        now_unix_ms=now_unix_ms,
        follow_rules=follow_rules,
        job_rules=job_rules,
    )
    return Receiver(reception, credentials, path_secret)


class ReceiverServer(uvicorn.Server):
    """Serves a receiver until it is interrupted or told to end.

    Args:
        receiver: What to serve.
        host: The address to listen at.
        port: 0 is any that is free.

    Raises:
        ParameterError: Nobody can listen there.
    """

    def __init__(self, receiver: Receiver, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(
            uvicorn.Config(
                receiver,
                http=_HurriedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_graceful_shutdown=BODY_S,
            )
        )
        self._receiver = receiver
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((host, port))
            self._listener.listen(1024)
        except OSError as error:
            self._listener.close()
            reason = (error.strerror or str(error)).lower()
            raise ParameterError(f"cannot listen at {host}, port {port}: {reason}") from error
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._listener.getsockname()[1]}{receiver.path}"

    def serve_forever(self) -> None:
        """Serve until `shut_down`; in the main thread also until SIGTERM, or Ctrl-C, which is raised."""
        try:
            self.run(sockets=[self._listener])
        finally:
            self._listener.close()
            self._receiver.reception.close()

    def shut_down(self) -> None:
        """End `serve_forever`, from any thread."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on signals; only Ctrl-C is passed on when all has ended."""
        came: list[int] = []

        def note(number: int, _: FrameType | None) -> None:
            came.append(number)
            self.should_exit = True

        names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before: dict[int, Any] = {}
        with contextlib.suppress(ValueError):  # not in the main thread
            before = {getattr(signal, name): signal.signal(getattr(signal, name), note) for name in names}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if signal.SIGINT in came:
            raise KeyboardInterrupt


class _HurriedProtocol(H11Protocol):
    """Closes connections whose request's head does not come in time; of slow bodies the receiver sees to."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._deadline = self.loop.call_later(BODY_S, self._is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def _is_late(self) -> None:
        if self.cycle is None:
            self.transport.close()


async def _read_body(request: Request, *, keep: bool) -> bytes | None:
    """Return the body, or None where it is too large or not to be kept; reads twice the limit at most."""
    size = 0
    chunks: list[bytes] = []
    async for chunk in request.stream():
        size += len(chunk)
        if size > 2 * MOST_BODY_BYTES:
            return None
        if size > MOST_BODY_BYTES or not keep:
            chunks.clear()
        else:
            chunks.append(chunk)
    return b"".join(chunks) if keep and size <= MOST_BODY_BYTES else None


def _json(answer: Answer) -> JSONResponse:
    said: dict[str, int | str] = {"error_code": answer.error_code}
    if answer.error_code != OK:
        said["error_msg"] = answer.words
    return JSONResponse(said, answer.status, headers=_HEADERS)


def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = _json(Answer(error.status_code, WRONG_PARAMETER, error.detail.lower()))
    response.headers.update(error.headers or {})
    return response


def _failure(_: Request, error: Exception) -> JSONResponse:
    return _json(Answer(500, INTERNAL, "the receiver failed; send it again"))
