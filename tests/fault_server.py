"""A server of HTTP on loopback that does as a script says: it lies, cuts, drips, stalls and redirects.

A script is a list of answers, one for each request; the last one answers all that follow. An answer makes
the pieces to be sent: bytes go out as they are, a number is a wait in seconds. When the pieces end, the
connection is closed.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

TLS_NAME = "media.test"
"""The name in the server's certificate."""

# Made for these tests alone, valid from 2020 to 2120; the key of the authority was thrown away.
AUTHORITY_PEM = """\
-----BEGIN CERTIFICATE-----
MIIBYzCCAQugAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA50aW1lbGlu
ZSB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOdGltZWxpbmUgdGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARw
VAMNbKHDcdTuAaE4cZMEj+6ME+j8F/zjYZpuYt309yvQTVWGYG9hnyhYtwnKsywz
alUN3m5MRnYQgdeOGYlMo0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE
AwIBBjAdBgNVHQ4EFgQUZAuhzydfOtW4S9q5hiTzYA0EaZkwCgYIKoZIzj0EAwID
RgAwQwIgHcWP1oQBe9dYoAY8Z0dXnOQNki3K/N9pAyvceOBPGOECH1JZ8xZSJ/zk
3n82utLzaR7wiSC2ugJParLxbGZyfU8=
-----END CERTIFICATE-----
"""
_SERVER_PEM = """\
-----BEGIN CERTIFICATE-----
MIIBrjCCAVOgAwIBAgIBAjAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA50aW1lbGlu
ZSB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFTETMBEG
A1UEAwwKbWVkaWEudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABD0o0CXF
qhBciMepFEZB0PVNYmOXCYrTM7Rp5kEEKWUw+CtYQesbrtuzJGFE+kr+fVk/oEsa
IEpCiTWwEy2y+rCjgY0wgYowDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4Aw
EwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFM+kwirygGoJO0RYg0CA5iao
R+jXMB8GA1UdIwQYMBaAFGQLoc8nXzrVuEvauYYk82ANBGmZMBUGA1UdEQQOMAyC
Cm1lZGlhLnRlc3QwCgYIKoZIzj0EAwIDSQAwRgIhAMgaXHLbdkLUqoZusp+LSNWd
rQj3yLlNyHW8TWP30zhyAiEAox6foDrYiDzfDYzcsHUUcnnNhP49ubDEWUy26sPC
2Fg=
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg74vG/jACNHoTygbm
bI+F9lk7+0JxKWVM2QMnOoMgAvGhRANCAAQ9KNAlxaoQXIjHqRRGQdD1TWJjlwmK
0zO0aeZBBCllMPgrWEHrG67bsyRhRPpK/n1ZP6BLGiBKQok1sBMtsvqw
-----END PRIVATE KEY-----
"""


@dataclass(frozen=True)
class Request:
    """What was asked: the first line's path, and the headers in lower case."""

    path: str
    headers: dict[str, str]

    @property
    def offset(self) -> int:
        """Where the wanted range begins; 0 without one."""
        wanted = self.headers.get("range", "bytes=0-")
        return int(wanted.removeprefix("bytes=").removesuffix("-"))


Answer = Callable[[Request], Iterable[bytes | float]]


@dataclass
class FaultServer:
    """The server, as a context manager.

    Attributes:
        answers: The script.
        log: All requests so far.
        server_names: The names asked for by TLS clients.
    """

    answers: list[Answer]
    tls: bool = False
    family: socket.AddressFamily = socket.AF_INET
    log: list[Request] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)

    def __enter__(self) -> FaultServer:
        loopback = "127.0.0.1" if self.family == socket.AF_INET else "::1"
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server((loopback, 0), family=self.family)
        self._listener.settimeout(0.005)
        self._context = self._tls_context() if self.tls else None
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}" if self.family == socket.AF_INET else f"[::1]:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def url(self, path: str = "/a.mp4?token=secret") -> str:
        return f"http{'s' if self.tls else ''}://{self.host}{path}"

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "server.pem")
            path.write_text(_SERVER_PEM)
            context.load_cert_chain(path)
        context.sni_callback = lambda _sock, name, _context: self.server_names.append(name)
        return context

    def _accept(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that goes away, or does not trust us, is no fault of the server.
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            connection.settimeout(2)
            if self._context:
                connection = stack.enter_context(self._context.wrap_socket(connection, server_side=True))
            request = _read_request(connection)
            if request is None:
                connection.sendall(head(400))
                return
            with self._lock:
                self.log.append(request)
                answer = self.answers[min(len(self.log), len(self.answers)) - 1]
            for piece in answer(request):
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                elif self._closing.wait(piece):
                    return
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _read_request(connection: socket.socket) -> Request | None:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        piece = connection.recv(65536)
        received += piece
        if not piece or received.startswith(b"\x16"):  # the client has gone, or begins TLS
            return None
    first, *lines = received.decode("latin-1").rstrip().split("\r\n")
    fields = (line.partition(": ") for line in lines)
    return Request(first.split(" ")[1], {name.lower(): value for name, _, value in fields})


def head(status: int, *headers: str) -> bytes:
    """Return the head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status} Whatever", *headers, "", ""]).encode("latin-1")


def raw(*pieces: bytes | float) -> Answer:
    """Answer with these pieces."""
    return lambda _: pieces


def plain(body: bytes, *headers: str, status: int = 200, sent: int | None = None) -> Answer:
    """Answer with *body* and its length, but send *sent* bytes of it only."""
    return raw(head(status, f"Content-Length: {len(body)}", *headers), body[:sent])


def chunked(body: bytes, *headers: str, is_cut: bool = False) -> Answer:
    """Answer in two chunks; a cut one lacks the end of the second."""
    half = len(body) // 2
    framed = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (half, body[:half], len(body) - half, body[half:])
    return raw(head(200, "Transfer-Encoding: chunked", *headers), framed[: -half if is_cut else None])


def ranged(
    body: bytes, *headers: str, offset: int | None = None, total: int | None = None, sent: int | None = None
) -> Answer:
    """Answer a range with a 206; *offset* and *total* are lies about where it begins and the whole length.

    It is of the first version unless *headers* say something.
    """
    headers = headers or ('ETag: "v1"',)

    def answer(request: Request) -> Iterator[bytes | float]:
        begin = request.offset if offset is None else offset
        rest = body[begin:]
        span = f"bytes {begin}-{len(body) - 1}/{len(body) if total is None else total}"
        yield head(206, f"Content-Range: {span}", f"Content-Length: {len(rest)}", *headers)
        yield rest[:sent]

    return answer


def drip(body: bytes, wait_s: float, *headers: str) -> Answer:
    """Answer byte by byte."""
    pieces: list[bytes | float] = [head(200, f"Content-Length: {len(body)}", *headers)]
    for byte in body:
        pieces += [bytes([byte]), wait_s]
    return raw(*pieces)


def redirect(location: str, status: int = 302) -> Answer:
    """Answer that the file is elsewhere."""
    return raw(head(status, f"Location: {location}", "Content-Length: 0"))
