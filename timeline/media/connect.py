"""Connections to strangers: one look-up, every answer judged, and connected to exactly what was judged.

A name that is looked up a second time may lead elsewhere, so the judged address itself is connected to; the
`Host` header, the server name of TLS and its certificate still go by the name. A `Watch` looks in several
times a second while anything is awaited: a time-out for each read never ends a server that sends a byte now
and then.
"""

from __future__ import annotations

import collections
import contextlib
import datetime
import email.utils
import errno
import functools
import http.client
import io
import os
import re
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from timeline.errors import FetchError
from timeline.extras import needs_extra
from timeline.media.address import Target, is_public

with needs_extra("media"):
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError
    from urllib3.response import BaseHTTPResponse

TICK_S = 0.1
"""How often a watch looks in while nothing comes."""
BROKEN = (HTTPError, http.client.HTTPException, OSError)
"""What urllib3 and the modules below it raise when a connection fails. `Failure` is none of them."""
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}
_STRONG_ETAG = re.compile(r'"[!#-~]{1,200}"')
HEADER_TEXT = re.compile(r"[!-~](?:[ -~]{0,200}[!-~])?")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        connect_s: For a connection, all addresses of a host together; for TLS as long again.
        read_s: For the head of an answer, and for the next bytes of its body.
        least_bytes_per_s: A server that sends less, averaged over *window_s*, is given up.
        window_s: Length of the sliding window.
        tries: How often one file is asked for at most.
        first_wait_s: The longest wait after the first try; it doubles with each further one.
        most_wait_s: Where the doubling ends.
        most_retry_after_s: A longer wait that a server asks for is cut to this.
        redirects: How many are followed.
        deadline_s: For everything together. None: 10 minutes, or as long as the file takes at 64 KiB per s.
    """

    connect_s: float = 10
    read_s: float = 30
    least_bytes_per_s: float = 8192
    window_s: float = 30
    tries: int = 6
    first_wait_s: float = 0.5
    most_wait_s: float = 30
    most_retry_after_s: float = 300
    redirects: int = 3
    deadline_s: float | None = None


class Failure(Exception):
    """A try that failed.

    It is no OSError, as `FetchError` is: urllib3 would take it for a broken connection.

    Attributes:
        error: What the user is told.
        again: Whether another try may mend it.
        wait_s: How long the server asks to wait before.
    """

    def __init__(
        self, message: str, *, code: str, reason: str, again: bool = False, wait_s: float = 0
    ) -> None:
        super().__init__(message)
        self.error = FetchError(message, code=code, reason=reason)
        self.again = again
        self.wait_s = wait_s


class Watch:
    """What ends a download from outside: a wish to stop, the deadline, a server that is too slow.

    Attributes:
        patience: The limits.
        where: Host and path that are asked at the moment, for messages.
        ends_at_s: The deadline on the monotonic clock; None for none yet.
    """

    def __init__(self, patience: Patience, stop: threading.Event | None) -> None:
        self.patience = patience
        self.where = ""
        self.ends_at_s: float | None = None
        self._stop = stop or threading.Event()
        self._head_since_s: float | None = None
        self._samples: collections.deque[tuple[float, int]] = collections.deque()
        self._bytes = 0

    def begin_head(self) -> None:
        """Await the head of an answer from now on; it has to be complete in time."""
        self._samples.clear()
        self._head_since_s = time.monotonic()

    def begin_body(self) -> None:
        """Await a body from now on; it has to keep a rate."""
        self._head_since_s, self._bytes = None, 0
        self._samples.append((time.monotonic(), 0))

    def received(self, count: int) -> None:
        """Count bytes that came."""
        self._bytes += count

    def check(self, waiting_since_s: float | None = None) -> None:
        """Raise `Failure` when the download is to end, or when nothing came for too long."""
        now_s, patience = time.monotonic(), self.patience
        if self._stop.is_set():
            raise Failure(f"{self.where}: the download was stopped", code="stopped", reason="stopped")
        if self.ends_at_s is not None and now_s >= self.ends_at_s:
            raise Failure(
                f"{self.where}: not complete when its time was over; run again on a faster line",
                code="deadline",
                reason="took too long",
            )
        if self._head_since_s is not None and now_s - self._head_since_s > patience.read_s:
            raise self._slow(f"no answer within {patience.read_s:g} s")
        if waiting_since_s is not None and now_s - waiting_since_s > patience.read_s:
            raise self._slow(f"nothing came for {patience.read_s:g} s")
        if self._samples:
            self._check_rate(now_s)

    def pause(self, length_s: float) -> None:
        """Wait between two tries; the wish to stop ends it."""
        self._samples.clear()
        self._head_since_s = None
        self._stop.wait(length_s)
        self.check()

    def _check_rate(self, now_s: float) -> None:
        """Hold what came since the begin of the window against the least rate."""
        window_s, samples = self.patience.window_s, self._samples
        if now_s - samples[-1][0] >= window_s / 30:
            samples.append((now_s, self._bytes))
        while len(samples) > 1 and now_s - samples[1][0] >= window_s:
            samples.popleft()
        length_s = now_s - samples[0][0]
        least = self.patience.least_bytes_per_s
        if length_s >= window_s and self._bytes - samples[0][1] < least * length_s:
            raise self._slow(f"less than {least:g} bytes per s for {window_s:g} s")

    def _slow(self, what: str) -> Failure:
        message = f"{self.where}: {what}; try again later or on another line"
        return Failure(message, code="too_slow", reason="too slow", again=True)


@contextlib.contextmanager
def asked(target: Target, headers: Mapping[str, str], watch: Watch) -> Iterator[BaseHTTPResponse]:
    """Connect, ask for a file, and give the answer as soon as its head is there; redirects are not followed.

    Raises:
        Failure: ``unresolved``, ``blocked_address``, ``unreachable``, ``tls``, or what *watch* raises.
    """
    watch.where = target.where
    with contextlib.closing(_connected(target, watch)) as connection:
        try:
            watch.begin_head()
            connection.request(
                "GET", target.path, headers=headers, preload_content=False, decode_content=False
            )
            answer = connection.getresponse()
        except BROKEN as error:
            message = f"{watch.where}: the server gave no proper answer; try again later"
            raise Failure(message, code="unreachable", reason="no answer", again=True) from error
        with contextlib.closing(answer):
            yield answer


def _connected(target: Target, watch: Watch) -> _Pinned:
    kind = _PinnedTLS if target.scheme == "https" else _Pinned
    connection = kind(target.host.strip("[]"), target.port, timeout=watch.patience.connect_s)
    connection.may_be_private, connection.watch = target.is_allowed, watch
    connection.response_class = functools.partial(_Answer, watch=watch)
    try:
        connection.connect()
    except BROKEN as error:
        connection.close()
        raise _not_connected(error, watch.where) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _not_connected(error: Exception, where: str) -> Failure:
    """Say what an error of connecting means; only a certificate or protocol that does not fit is final."""
    is_tls = isinstance(error, (ssl.SSLError, HTTPError))
    if is_tls and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        why = getattr(error, "verify_message", "") or getattr(error, "reason", "") or "the handshake failed"
        message = (
            f"{where}: no trusted connection ({str(why).lower()}); check the link and this machine's clock"
        )
        return Failure(message, code="tls", reason="no trusted connection")
    why = getattr(error, "strerror", None) or str(error) or "the connection was closed"
    message = f"{where}: cannot be reached ({why.lower()}); check the network"
    return Failure(message, code="unreachable", reason="unreachable", again=True)


class _Pinned(HTTPConnection):
    """A connection whose address is judged before it is used."""

    may_be_private: bool
    watch: Watch
    response_class: Any

    def _new_conn(self) -> socket.socket:
        addresses = _looked_up(self.host, self.port or self.default_port, self.may_be_private, self.watch)
        ends_at_s = time.monotonic() + self.watch.patience.connect_s
        failed: OSError | None = None
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            until_s = time.monotonic() + max(ends_at_s - time.monotonic(), 0) / left
            try:
                return _opened(address, until_s, self.may_be_private, self.watch)
            except OSError as error:
                failed = error
        raise failed or OSError("no address")


class _PinnedTLS(_Pinned, HTTPSConnection):
    """The same with TLS; name and certificate are checked by urllib3, against the name."""


_Found = tuple[socket.AddressFamily, tuple[Any, ...]]


def _looked_up(host: str, port: int, may_be_private: bool, watch: Watch) -> list[_Found]:
    """Look a host up, once, and return its addresses; a single one that is not public refuses the host."""
    watch.check()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Failure(
            f"{watch.where}: the host name cannot be found; check the link and the network",
            code="unresolved",
            reason="host not found",
            again=isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN,
        ) from error
    for *_, address in found:
        if not may_be_private and not is_public(str(address[0])):
            raise _blocked(address[0], watch)
    return [(family, address) for family, _, _, _, address in found]


def _blocked(address: object, watch: Watch) -> Failure:
    message = f"{watch.where}: leads to {address}, which is no public address; allow the host if it is yours"
    return Failure(message, code="blocked_address", reason="address not allowed")


def _opened(found: _Found, until_s: float, may_be_private: bool, watch: Watch) -> socket.socket:
    """Connect to one judged address, looking in on the watch meanwhile."""
    family, address = found
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        status = sock.connect_ex(address)
        if status in _UNDER_WAY:
            with selectors.DefaultSelector() as selector:
                selector.register(sock, selectors.EVENT_WRITE)
                while not selector.select(TICK_S):
                    watch.check()
                    if time.monotonic() > until_s:
                        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            status = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if status:
            raise OSError(status, os.strerror(status))
        peer = sock.getpeername()[0]
        if not may_be_private and peer != address[0]:
            raise _blocked(peer, watch)
        sock.settimeout(watch.patience.connect_s)
    except BaseException:
        sock.close()
        raise
    return sock


class _Answer(http.client.HTTPResponse):
    """An answer that is read under a watch, from its first byte on."""

    def __init__(self, sock: socket.socket, *, watch: Watch, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp = io.BufferedReader(_Watched(sock, self.fp, watch))

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # not in its stub
        # Only 100 is passed over by http.client; other hints before the answer are passed over like it.
        return version, 100 if 101 < status < 200 else status, reason


class _Watched(io.RawIOBase):
    """Reads a socket in short waits, and lets the watch look in between."""

    def __init__(self, sock: socket.socket, keeper: io.BufferedIOBase, watch: Watch) -> None:
        super().__init__()
        self._sock = sock
        self._keeper = keeper  # the socket lives until this is closed
        self._watch = watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        since_s = time.monotonic()
        while True:
            self._watch.check(since_s)
            # Set each time: urllib3 puts its own time-out back before it reads the head.
            self._sock.settimeout(TICK_S)
            try:
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            self._watch.received(count)
            return count

    def close(self) -> None:
        if not self.closed:
            self._keeper.close()
        super().close()


def validator_of(headers: Mapping[str, str]) -> str | None:
    """Return what names the very bytes of a file: a strong etag, else a date of change that is old enough."""
    etag = headers.get("etag")
    if etag is not None:
        return etag if _STRONG_ETAG.fullmatch(etag) else None
    changed = headers.get("last-modified", "")
    changed_at, now = _moment(changed), _moment(headers.get("date", ""))
    if changed_at is None or now is None or not HEADER_TEXT.fullmatch(changed):
        return None
    # A file may change twice within the second that the date can tell.
    return changed if (now - changed_at).total_seconds() >= 60 else None


def _moment(text: str) -> datetime.datetime | None:
    """Return a date of HTTP; None if it is none."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def retry_after_s(text: str) -> float:
    """Return how long a server asks to wait, given in seconds or as a date; 0 where it does not."""
    if re.fullmatch(r"[0-9]{1,300}", text):
        return float(text)
    moment = _moment(text)
    return (moment - datetime.datetime.now(datetime.UTC)).total_seconds() if moment else 0
