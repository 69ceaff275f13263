"""A folder for the browsers of this machine: files with ranges, on loopback alone.

Only what lies in the folder is served, links that lead out of it are not followed, and only requests that
name this machine are answered, so that no page of a stranger can ask through a name of its own.
"""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import errno
import os
import re
import sys
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote, unquote_to_bytes, urlsplit

from timeline.errors import ParameterError
from timeline.sinks import xml_text
from timeline.version import __version__

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8000
HTTP_PORT = 80
"""Of which a browser says nothing."""
PAGE_NAME = "index.html"
MOST_BYTES = 4 << 20
"""Of an answer to a range without an end.

Browsers open six connections to a server and may keep one busy for each video that has not been read to its
end; a class of seven videos would wait for ever. They ask for the rest when they want it.
"""
_BLOCK_BYTES = 1 << 17
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".mp4": "video/mp4",
    ".m4s": "video/mp4",
    ".m4a": "audio/mp4",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".ts": "video/mp2t",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
}
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class FolderServer(ThreadingHTTPServer):
    """Serves *folder* on loopback while it is entered and `serve_forever` runs.

    Args:
        folder: What to serve.
        port: 0 is any that is free; None is 8000 where that is free, else any.

    Raises:
        ParameterError: *folder* is no folder, or *port* is taken.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: str | os.PathLike[str], port: int | None = None) -> None:
        self.folder = Path(folder).resolve()
        if not self.folder.is_dir():
            raise ParameterError(f"{folder}: no such folder; name one that holds a page")
        for wanted in (USUAL_PORT, 0) if port is None else (port,):
            try:
                super().__init__((LOOPBACK, wanted), _Handler)
                return
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
        raise ParameterError(f"port {port} cannot be used: it is taken, or not for you; try --port 0")

    @property
    def address(self) -> str:
        """Where a browser finds the folder."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/"

    def names(self) -> tuple[str, ...]:
        """Return the values of ``Host`` that mean this server."""
        hosts = (LOOPBACK, "localhost")
        port = self.server_address[1]
        named = tuple(f"{host}:{port}" for host in hosts)
        return (*named, *hosts) if port == HTTP_PORT else named

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that hangs up; it does so whenever it has read enough."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the port back."""
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"timeline/{__version__}"
    sys_version = ""
    timeout = 60
    server: FolderServer

    def do_GET(self) -> None:
        """Answer with a file, or a part of one."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: stderr is for people."""

    def _answer(self, *, with_body: bool) -> None:
        if {"content-length", "transfer-encoding"} & {name.lower() for name in self.headers}:
            self.close_connection = True  # what follows is no request
        with contextlib.suppress(ConnectionError, TimeoutError):  # the browser wants no more of it
            if self.headers.get("Host", "").lower() not in self.server.names():
                self._text(
                    HTTPStatus.MISDIRECTED_REQUEST, "this server answers to its own address only", with_body
                )
                return
            path = _inside(self.server.folder, self.path)
            if path is None:
                self._text(HTTPStatus.NOT_FOUND, "no such file", with_body)
            elif path.is_dir():
                self._folder(path, with_body)
            elif urlsplit(self.path).path.endswith("/"):
                self._text(HTTPStatus.NOT_FOUND, "no such folder", with_body)
            else:
                self._file(path, with_body)

    def _folder(self, path: Path, with_body: bool) -> None:
        target = urlsplit(self.path).path
        if not target.endswith("/"):
            self._text(HTTPStatus.MOVED_PERMANENTLY, "a folder", with_body, Location=f"/{target.strip('/')}/")
        elif (page := _inside(self.server.folder, f"{target}{PAGE_NAME}")) is not None and page.is_file():
            self._file(page, with_body)
        else:
            try:
                listing = _listing(path)
            except OSError:
                self._text(HTTPStatus.NOT_FOUND, "cannot be listed", with_body)
                return
            self._text(HTTPStatus.OK, listing, with_body, kind=_TYPES[".html"])

    def _file(self, path: Path, with_body: bool) -> None:
        try:
            file = path.open("rb")
        except OSError:
            self._text(HTTPStatus.NOT_FOUND, "cannot be read", with_body)
            return
        with file:
            facts = os.fstat(file.fileno())
            tag = f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'
            headers = {
                "Accept-Ranges": "bytes",
                "ETag": tag,
                "Last-Modified": email.utils.format_datetime(
                    datetime.datetime.fromtimestamp(int(facts.st_mtime), datetime.UTC), usegmt=True
                ),
                "Content-Type": _TYPES.get(path.suffix.lower(), "application/octet-stream"),
            }
            if self.headers.get("If-None-Match") == tag:
                self._head(HTTPStatus.NOT_MODIFIED, headers)
                return
            start, end = 0, facts.st_size
            wanted = self.headers.get("Range")
            if wanted is not None and _is_range(wanted) and self.headers.get("If-Range", tag) == tag:
                part = _part(wanted, facts.st_size)
                if part is None:
                    headers["Content-Range"] = f"bytes */{facts.st_size}"
                    self._text(
                        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "no such range", with_body, **headers
                    )
                    return
                start, end = part
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{facts.st_size}"
            status = HTTPStatus.PARTIAL_CONTENT if "Content-Range" in headers else HTTPStatus.OK
            self._head(status, headers | {"Content-Length": str(end - start)})
            if with_body:
                for block in _blocks(file, start, end):
                    self.wfile.write(block)

    def _text(
        self, status: HTTPStatus, text: str, with_body: bool, *, kind: str = _TYPES[".txt"], **headers: str
    ) -> None:
        body = text.encode()
        self._head(status, headers | {"Content-Type": kind, "Content-Length": str(len(body))})
        if with_body:
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        common = {
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Frame-Options": "SAMEORIGIN",
            "Cache-Control": "no-cache",
        }
        for name, value in (common | headers).items():
            self.send_header(name, value)
        self.end_headers()


_SEPARATORS = ("\\", "\0", *((":",) if os.name == "nt" else ()))


def _inside(folder: Path, target: str) -> Path | None:
    """Return what a request means, or None where that is not there or lies outside of *folder*."""
    try:
        raw = urlsplit(target).path.encode("latin-1")  # as it came
        parts = [part for part in os.fsdecode(unquote_to_bytes(raw)).split("/") if part]
        if any(part in (".", "..") or any(sign in part for sign in _SEPARATORS) for part in parts):
            return None
        path = folder.joinpath(*parts).resolve(strict=True)
        is_plain = path.is_dir() or path.is_file()  # a pipe would be waited for
    except (OSError, ValueError, RuntimeError):
        return None
    return path if is_plain and path.is_relative_to(folder) else None


def _is_range(wanted: str) -> bool:
    """Return whether a ``Range`` is answered with a part; of several, and of nonsense, all is sent."""
    return _RANGE.fullmatch(wanted.strip()) is not None and wanted.strip() != "bytes=-"


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """Return the bytes [start, end) of a ``Range``; None where the file has none of them.

    Example:
        >>> _part("bytes=5-7", 10), _part("bytes=-3", 10), _part("bytes=10-", 10)
        ((5, 8), (7, 10), None)
    """
    first, last = wanted.strip().removeprefix("bytes=").split("-")
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start = int(first)
        end = min(size, int(last) + 1 if last else start + MOST_BYTES)
    return (start, end) if start < end else None


def _blocks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    while start < end and (block := file.read(min(_BLOCK_BYTES, end - start))):
        start += len(block)
        yield block


def _listing(folder: Path) -> str:
    """Return a page of links to what lies in *folder*; its names may be a stranger's."""
    names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in folder.iterdir())
    items = "".join(
        f'<li><a href="./{xml_text(quote(os.fsencode(name), safe="/"))}">'
        f"{xml_text(os.fsencode(name).decode('utf-8', 'replace'))}</a>"
        for name in names
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        '<meta name="viewport" content="width=device-width"><title>Files</title>'
        f"<ul>{items}</ul></html>"
    )
