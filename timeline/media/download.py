"""Brings a stranger's file to a file of ours: over the public internet only, whole or not at all.

Nothing that a server sends is believed: links, redirects and addresses are judged before they are used, the
number of bytes has to be exact, and only a server that names its file by a strong validator may go on where
it broke off.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from timeline.errors import FetchError
from timeline.extras import needs_extra
from timeline.media.address import Policy, Target, bad_url, parse
from timeline.media.connect import (
    BROKEN,
    Failure,
    Patience,
    Watch,
    asked,
    retry_after_s,
)
from timeline.media.resume import Note, goes_on
from timeline.publish import disk_errors
from timeline.sinks import show
from timeline.version import __version__

with needs_extra("media"):
    from urllib3.response import BaseHTTPResponse

__all__ = ["Fetched", "Patience", "Policy", "check_url", "download"]

READ_BYTES = 256 * 1024
SLOWEST_BYTES_PER_S = 64 * 1024
"""The deadline of a large file is reckoned with this rate."""
LEAST_DEADLINE_S = 600
MOST_BYTES = 2**40
"""A file larger than this is refused."""
MOST_FRUITLESS_RESTS = 2
"""After so many requests for a rest in a row that brought nothing, the whole file is asked for."""

_REDIRECTS = {301, 302, 303, 307, 308}
_EXPIRED = {401, 403, 404, 410}
_PASSING = {408, 425, 429}
_HEADERS = {
    "User-Agent": f"class-timeline/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # the bytes themselves: a small body could unpack to a huge one
}


PUBLIC_ONLY = Policy()
DEFAULT_PATIENCE = Patience()


class Fetched(NamedTuple):
    """A file that was downloaded: its size, the sha256 of its bytes in hex, and the host that sent it."""

    size_bytes: int
    sha256: str
    host: str


def check_url(url: str, policy: Policy = PUBLIC_ONLY) -> None:
    """Refuse a link that is not to be asked. Where its host leads is judged later, when connecting.

    Raises:
        FetchError: ``bad_url``: it is no plain http(s) link of printable ASCII without a user name, its host
            is malformed, or its port is neither 80 nor 443 and not allowed.

    Example:
        >>> check_url("https://media.example/1.mp4?t=5f")
        >>> check_url("file:///etc/passwd")
        Traceback (most recent call last):
            ...
        timeline.errors.FetchError: expected an http or https link, got 'file:///etc/passwd'
    """
    parse(url, policy)


def download(
    url: str,
    part: Path,
    *,
    size_bytes: int | None,
    lenient_size: bool = False,
    policy: Policy = PUBLIC_ONLY,
    patience: Patience = DEFAULT_PATIENCE,
    most_bytes: int = MOST_BYTES,
    on_bytes: Callable[[int], None] | None = None,
    on_wait: Callable[[float], None] | None = None,
    stop: threading.Event | None = None,
) -> Fetched:
    """Download *url* to the file *part*.

    After a failure *part* and the note ``<part>.json`` beside it stay, so that the next call goes on where
    this one ended, if the server can prove that the file is still the same.

    Args:
        url: The link.
        part: Where the bytes go; its folder exists, and nobody else writes there meanwhile.
        size_bytes: What the file must have; None if unknown: then the server's own word must hold.
        lenient_size: Take a file of another size if the server announced that size and kept its word.
        policy: Which hosts may be asked.
        patience: How long the server is waited for.
        most_bytes: A file that is larger is refused, whoever says how large it is.
        on_bytes: Called with the number of bytes in *part* whenever it changed; it may also shrink.
            What it raises ends the download.
        on_wait: Called with the seconds that are waited before another try.
        stop: Ends the download when set.

    Raises:
        FetchError: It cannot be had; ``code`` is one of ``bad_url``, ``blocked_address``, ``unresolved``,
            ``unreachable``, ``tls``, ``expired``, ``http_status``, ``redirects``, ``encoded``, ``short``,
            ``size_mismatch``, ``too_large``, ``too_slow``, ``deadline``, ``stopped``.
        DiskError: *part* cannot be written.
    """
    first = parse(url, policy)
    watch = Watch(patience, stop)
    job = _Job(first, part, size_bytes, lenient_size, policy, watch, on_bytes or _ignore, most_bytes)
    tried = 0
    while True:
        try:
            watch.where = first.where
            watch.check()
            host = job.fetch()
            break
        except Failure as failure:
            tried = 1 if job.has_gained() else tried + 1
            wait_s = random.uniform(0, min(patience.most_wait_s, patience.first_wait_s * 2 ** (tried - 1)))
            wait_s = max(wait_s, min(failure.wait_s, patience.most_retry_after_s))
            is_in_time = watch.ends_at_s is None or time.monotonic() + wait_s < watch.ends_at_s
            if not failure.again or tried >= patience.tries or not is_in_time:
                job.give_up()
                raise _final(failure, tried) from failure.__cause__
        (on_wait or _ignore)(wait_s)
        try:
            watch.pause(wait_s)
        except Failure as failure:
            raise failure.error from None
    with disk_errors(part), part.open("rb+") as file:
        os.fsync(file.fileno())
        # Of what is on the disk: an earlier call may have written the beginning.
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    job.forget()
    return Fetched(size, digest, host)


def _final(failure: Failure, tried: int) -> FetchError:
    error = failure.error
    if tried == 1:
        return error
    return FetchError(f"{error} (tried {tried} times)", code=error.code, reason=error.reason)


def _ignore(_: float) -> None:
    pass


def _passes(status: int) -> bool:
    """Return whether a server that answers so may answer otherwise later."""
    return status in _PASSING or 500 <= status < 600


class _Job:
    """One file and where it goes; `fetch` is one try."""

    def __init__(
        self,
        first: Target,
        part: Path,
        size_bytes: int | None,
        lenient_size: bool,
        policy: Policy,
        watch: Watch,
        on_bytes: Callable[[int], None],
        most_bytes: int,
    ) -> None:
        self._first = first
        self._part = part
        self._note = Note(part)
        self._size_bytes = size_bytes
        self._lenient_size = lenient_size
        self._policy = policy
        self._watch = watch
        self._on_bytes = on_bytes
        self._most_bytes = most_bytes
        self._fruitless_rests = 0
        self._gained = 0
        self._began_at_s = time.monotonic()
        self._set_deadline(size_bytes)

    def fetch(self) -> str:
        """Bring *part* to its full length and return the host that sent it; one try."""
        begun = self._note.read(None if self._lenient_size else self._size_bytes)
        if begun and self._fruitless_rests >= MOST_FRUITLESS_RESTS:
            begun = None
        while True:
            rest = {"Range": f"bytes={begun[1]}-", "If-Range": begun[0].validator} if begun else {}
            self._fruitless_rests += bool(begun)
            with self._asked(_HEADERS | rest) as (target, answer):
                if begun and goes_on(answer, target, *begun):
                    saved, offset = begun
                    self._watch.begin_body()
                    self._set_deadline(saved.size_bytes)
                    self._receive(answer, offset, saved.size_bytes, whole=False)
                    return target.host
                if begun and answer.status != 200 and not _passes(answer.status):
                    begun = None
                    continue  # not the rest of our file: ask for the whole
                self._check_status(answer)
                self._check_encoding(answer)
                self._watch.begin_body()
                self._receive(answer, 0, self._begin(answer, target), whole=True)
                return target.host

    def forget(self) -> None:
        """Remove the note: nothing is to be gone on with."""
        self._note.remove()

    def has_gained(self) -> bool:
        """Return whether the last try brought the file on; a server that always breaks off may still end."""
        gained, self._gained = self._gained, 0
        if gained:
            self._fruitless_rests = 0
        return gained >= READ_BYTES

    def give_up(self) -> None:
        """Remove what nobody can go on with."""
        if not self._note.path.exists():
            with contextlib.suppress(OSError):
                self._part.unlink()

    @contextlib.contextmanager
    def _asked(self, headers: Mapping[str, str]) -> Iterator[tuple[Target, BaseHTTPResponse]]:
        """Ask for the file, follow redirects, and give the answer and who gave it."""
        target, watch = self._first, self._watch
        for _ in range(watch.patience.redirects + 1):
            with asked(target, headers, watch) as answer:
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or location is None:
                    yield target, answer
                    return
                target = self._next(target, location)
        raise self._failed(
            "redirects", "redirected too often; query the service for fresh links", "too many redirects"
        )

    def _next(self, target: Target, location: str) -> Target:
        """Judge where a redirect leads as the first link was judged."""
        try:
            # Joining would take line breaks out; the judge is to see them.
            plain = location.isascii() and location.isprintable()
            following = parse(urljoin(target.url, location) if plain else location, self._policy)
        except (FetchError, ValueError) as error:
            why = error if isinstance(error, FetchError) else "it is malformed"
            raise bad_url(f"{target.where}: the link that it redirects to is refused: {why}") from error
        if (target.scheme, following.scheme) == ("https", "http"):
            raise self._failed(
                "redirects", "redirected from https to http; query for fresh links", "unsafe redirect"
            )
        return following

    def _check_status(self, answer: BaseHTTPResponse) -> None:
        """Refuse everything but a 200."""
        status = answer.status
        if status == 200:
            return
        try:
            name = f"{status} {HTTPStatus(status).phrase.lower()}"
        except ValueError:
            name = str(status)
        if status in _EXPIRED:
            raise self._failed(
                "expired",
                f"the server says {name}: the link has probably expired, as files are kept for days; "
                "query the service again for fresh links",
                "link expired",
            )
        raise self._failed(
            "http_status",
            f"the server says {name}; try again later or query the service for fresh links",
            f"server says {status}",
            again=_passes(status),
            wait_s=retry_after_s(answer.headers.get("retry-after", "")),
        )

    def _check_encoding(self, answer: BaseHTTPResponse) -> None:
        """Refuse a body that is not the bytes of the file."""
        coded = answer.headers.get("content-encoding", "").strip().lower()
        framed = answer.headers.get("transfer-encoding", "").strip().lower()
        if coded not in ("", "identity") or framed not in ("", "chunked"):
            raise self._failed(
                "encoded", f"sent as {show(coded or framed)} though asked for plain bytes", "not plain"
            )

    def _begin(self, answer: BaseHTTPResponse, target: Target) -> int | None:
        """Begin the file anew; return how many bytes it shall have, None if chunks will say."""
        total, declared = self._size_bytes, answer.length_remaining
        if declared is not None and declared != total:
            if total is not None and not self._lenient_size:
                raise self._wrong_size(f"the server has {declared}")
            total = declared
        if total is None and not answer.chunked:
            raise self._failed(
                "short", "neither the result nor the server says how long the file is", "length unknown"
            )
        if total is not None and total > self._most_bytes:
            raise self._too_large(total)
        self._set_deadline(total)
        self.forget()
        with disk_errors(self._part):
            self._part.write_bytes(b"")
        self._note.write(answer, target, total)
        return total

    def _receive(self, answer: BaseHTTPResponse, offset: int, total: int | None, *, whole: bool) -> None:
        """Write a body to *part* from *offset* on, and see that it ends where it should."""
        has_end = answer.chunked or answer.length_remaining is not None
        got = offset
        with disk_errors(self._part):
            file = self._part.open("rb+", buffering=0)
        with file:
            with disk_errors(self._part):
                file.seek(offset)
            self._on_bytes(got)
            # A byte more than there should be is enough to know.
            most_bytes = (self._most_bytes if total is None else total) + 1
            while block := self._block(answer, min(READ_BYTES, most_bytes - got), got):
                got += len(block)
                if total is None and got > self._most_bytes:
                    raise self._too_large(got)
                self._gained += len(block)
                with disk_errors(self._part):
                    while block:  # a disk may take less than it is given
                        block = block[file.write(block) :]
                self._on_bytes(got)
        if total is not None and got != total:
            if got < total and not (whole and has_end):
                raise self._broken(got)
            self.forget()
            with disk_errors(self._part):
                self._part.unlink()
            raise self._wrong_size(f"the server sends {'more' if got > total else got}")

    def _block(self, answer: BaseHTTPResponse, most_bytes: int, got: int) -> bytes:
        try:
            return answer.read1(most_bytes, decode_content=False)
        except BROKEN as error:
            raise self._broken(got) from error

    def _broken(self, got: int) -> Failure:
        of = "" if self._size_bytes is None or self._lenient_size else f" of {self._size_bytes}"
        return self._failed(
            "short", f"the connection broke after {got}{of} bytes; try again", "incomplete", again=True
        )

    def _wrong_size(self, what: str) -> Failure:
        message = f"expected {self._size_bytes} bytes, {what}; query the service again for fresh links"
        return self._failed("size_mismatch", message, "wrong size")

    def _too_large(self, size_bytes: int) -> Failure:
        message = f"{size_bytes} bytes are more than there is room for ({self._most_bytes}); free some space"
        return self._failed("too_large", message, "too large")

    def _failed(
        self, code: str, message: str, reason: str, *, again: bool = False, wait_s: float = 0
    ) -> Failure:
        return Failure(
            f"{self._watch.where}: {message}", code=code, reason=reason, again=again, wait_s=wait_s
        )

    def _set_deadline(self, size_bytes: int | None) -> None:
        deadline_s = self._watch.patience.deadline_s
        if deadline_s is None:
            deadline_s = max(LEAST_DEADLINE_S, (size_bytes or 0) / SLOWEST_BYTES_PER_S)
        self._watch.ends_at_s = self._began_at_s + deadline_s
