"""The recording service of the guide: JSON over HTTPS, signed in the address (guide §3, §4)."""

from __future__ import annotations

import email.utils
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.service.backends import CallPatience, Fault, Lost
from timeline.service.messages import Call, Reply, StartOptions
from timeline.service.secrets import Credentials
from timeline.service.signing import sign
from timeline.service.states import FAILED, FINISHED, STATES

with needs_extra("service"):
    import httpx2

BASE_URL = "https://iclass.api.qcloud.com"
SIGN_VALID_S = 120
"""How long a signature counts; each try is signed anew."""
_PATHS = {name: f"/record/v1/online/{name}" for name in ("start", "pause", "resume", "stop", "query")} | {
    "set_callback": "/record/v1/online/callback"
}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_MOST_BYTES = 16 * 1024 * 1024
_LIMITS = httpx2.Limits(max_keepalive_connections=0)  # an idle one that broke would leave a call in doubt
_RECORDING_FAILED = {40002, 40004, 40005}


class TicRequest(NamedTuple):
    """One signed request.

    Attributes:
        url: With the signature in it, so it goes into no log and no message.
        body: JSON.
    """

    url: str
    body: bytes


class TicBackend:
    """Speaks to the service of the guide, or to a simulator of it.

    Args:
        credentials: The account; its TicKey signs.
        base_url: Where the service is: https, or http on this machine.
        patience: How long to wait.
        clock: Gives the time in Unix seconds.

    Raises:
        ParameterError: *base_url* cannot be used, or there is no TicKey.
    """

    name = "tic"
    tells_pauses = False

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = BASE_URL,
        patience: CallPatience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = _checked_base(base_url)
        self._sdk_app_id = credentials.sdk_app_id
        self._tic_key = credentials.tic_key
        credentials.need("tic_key")
        self._patience = patience or CallPatience()
        self._clock = clock
        self._sync: httpx2.HTTPTransport | None = None
        self._async: httpx2.AsyncHTTPTransport | None = None

    def start_body(
        self, room_id: int, record_user_id: str, user_sig: str, options: StartOptions
    ) -> Mapping[str, Any]:
        """Return the body of a start request (guide §4.1)."""
        body: dict[str, Any] = {"room_id": room_id}
        if options.group_id is not None:
            body["group_id"] = options.group_id
        body |= {"user_id": record_user_id, "user_sig": user_sig}
        if options.whiteboard is not None:
            board = options.whiteboard
            told = {"width": board.width_px, "height": board.height_px, "init_param": board.init_text()}
            body["whiteboard"] = {name: value for name, value in told.items() if value is not None}
        return body | dict(options.extra)

    def task_body(self, task_id: str) -> Mapping[str, Any]:
        """Return the body of a request about one task (guide §4.2 to §4.4)."""
        return {"task_id": task_id}

    def callback_body(self, url: str) -> Mapping[str, Any]:
        """Return the body that sets the address of callbacks (guide §4.5)."""
        return {"callback": url}

    def request(self, call: Call, random: int, shift_s: int = 0) -> TicRequest:
        """Return a signed request.

        Args:
            call: What is asked.
            random: The number that names the request to the service's support.
            shift_s: How far the service's clock is ahead of ours.
        """
        expire_unix_s = int(self._clock()) + shift_s + SIGN_VALID_S
        assert self._tic_key is not None
        parameters = {
            "random": random,
            "sdkappid": self._sdk_app_id,
            "expire_time": expire_unix_s,
            "sign": sign(self._tic_key.reveal(), expire_unix_s),
        }
        url = f"{self._base_url}{_PATHS[call.name]}?{urlencode(parameters)}"
        return TicRequest(url, json.dumps(dict(call.body), ensure_ascii=False).encode())

    def send(self, call: Call, random: int, shift_s: int) -> Reply:
        """Make one try over HTTP; redirects are not followed, since the address holds the signature."""
        if self._sync is None:
            self._sync = httpx2.HTTPTransport(proxy=_proxy_for(self._base_url), limits=_LIMITS)
        request = self._http_request(call, random, shift_s)
        deadline_s = time.monotonic() + self._patience.connect_s + self._patience.answer_s
        try:
            response = self._sync.handle_request(request)
            try:
                assert isinstance(response.stream, httpx2.SyncByteStream)
                data = _joined(response.stream, deadline_s)
            finally:
                response.close()
        except httpx2.HTTPError as error:
            raise _lost(error) from error
        return self._reply(response, data, random)

    async def send_async(self, call: Call, random: int, shift_s: int) -> Reply:
        """As `send`."""
        if self._async is None:
            self._async = httpx2.AsyncHTTPTransport(proxy=_proxy_for(self._base_url), limits=_LIMITS)
        request = self._http_request(call, random, shift_s)
        deadline_s = time.monotonic() + self._patience.connect_s + self._patience.answer_s
        try:
            response = await self._async.handle_async_request(request)
            try:
                assert isinstance(response.stream, httpx2.AsyncByteStream)
                data = await _joined_async(response.stream, deadline_s)
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            raise _lost(error) from error
        return self._reply(response, data, random)

    def fault(self, reply: Reply) -> Fault | None:
        """Return what the service says is wrong (guide §5)."""
        code = reply.document["error_code"]
        return Fault(code, reply.document.get("error_msg")) if code else None

    def task_id(self, reply: Reply) -> str | None:
        """Return the task that a start made."""
        task_id = reply.document.get("task_id")
        return task_id if isinstance(task_id, str) and task_id else None

    def state(self, reply: Reply) -> str | None:
        """Return the state that a query tells; the guide's text says ``progress``, its table ``status``."""
        if reply.document["error_code"] in _RECORDING_FAILED:
            return FAILED
        if reply.document.get("progress") == 100:
            return FINISHED
        status = reply.document.get("status")
        told = status.lower() if isinstance(status, str) else None
        return told if told in STATES else None

    def close(self) -> None:
        """Close the connections that `send` keeps."""
        if self._sync is not None:
            self._sync.close()
            self._sync = None

    async def close_async(self) -> None:
        """Close the connections that `send_async` keeps."""
        if self._async is not None:
            await self._async.aclose()
            self._async = None

    def _http_request(self, call: Call, random: int, shift_s: int) -> httpx2.Request:
        signed = self.request(call, random, shift_s)
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        patience = self._patience
        waits = {"connect": patience.connect_s, "pool": patience.connect_s}
        waits |= {"read": patience.answer_s, "write": patience.answer_s}
        return httpx2.Request(
            "POST", signed.url, headers=headers, content=signed.body, extensions={"timeout": waits}
        )

    def _reply(self, response: httpx2.Response, data: bytes, random: int) -> Reply:
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            document = None
        code = document.get("error_code") if isinstance(document, dict) else None
        if not isinstance(document, dict) or type(code) is not int:
            status = f"status {response.status_code}, {len(data)} bytes that are no answer of the service"
            raise Lost(status, was_sent=True, is_garbled=True)
        stamp = email.utils.parsedate_tz(response.headers.get("Date", ""))
        server_s = email.utils.mktime_tz(stamp) if stamp else None
        return Reply(document, random, round(self._clock() * 1000), server_s)


def _checked_base(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not host or not is_safe or parts.query or parts.fragment or parts.username:
        raise ParameterError(
            "the address of the service must be https://HOST, or http:// on this machine: signatures go there"
        )
    return base_url.rstrip("/")


def _proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for *url*."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _LOOPBACK or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def _lost(error: httpx2.HTTPError) -> Lost:
    """Return the failure of a try; before there is a connection nothing was sent."""
    was_sent = not isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout))
    reasons: dict[type[httpx2.HTTPError], str] = {
        httpx2.ConnectTimeout: "no connection in time",
        httpx2.ConnectError: "no connection",
        httpx2.ReadTimeout: "no answer in time",
        httpx2.RemoteProtocolError: "the connection ended before the answer did",
        httpx2.ReadError: "the connection broke",
    }
    return Lost(reasons.get(type(error), type(error).__name__), was_sent=was_sent)


def _check_size_and_time(size: int, deadline_s: float) -> None:
    if size > _MOST_BYTES:
        raise Lost(f"an answer of more than {_MOST_BYTES} bytes", was_sent=True, is_garbled=True)
    if time.monotonic() > deadline_s:
        raise Lost("no whole answer in time", was_sent=True)


def _joined(blocks: Iterator[bytes] | httpx2.SyncByteStream, deadline_s: float) -> bytes:
    data = bytearray()
    for block in blocks:
        data += block
        _check_size_and_time(len(data), deadline_s)
    return bytes(data)


async def _joined_async(blocks: AsyncIterator[bytes] | httpx2.AsyncByteStream, deadline_s: float) -> bytes:
    data = bytearray()
    async for block in blocks:
        data += block
        _check_size_and_time(len(data), deadline_s)
    return bytes(data)
