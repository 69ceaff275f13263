"""Downloads from a server that lies, cuts, drips, stalls and redirects; nothing leaves loopback."""

from __future__ import annotations

import dataclasses
import email.utils
import errno
import gzip
import hashlib
import io
import json
import os
import random
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fault_server import (
    AUTHORITY_PEM,
    TLS_NAME,
    Answer,
    FaultServer,
    Request,
    chunked,
    drip,
    head,
    plain,
    ranged,
    raw,
    redirect,
)
from timeline.errors import DiskError, FetchError
from timeline.media import connect
from timeline.media.download import Fetched, Patience, Policy, download

BODY = random.Random(1).randbytes(200_000)
DIGEST = hashlib.sha256(BODY).hexdigest()
OTHER = random.Random(2).randbytes(200_000)
ETAG = 'ETag: "v1"'
QUICK = Patience(
    connect_s=2,
    read_s=0.4,
    least_bytes_per_s=8192,
    window_s=0.5,
    tries=2,
    first_wait_s=0.01,
    most_wait_s=0.02,
    most_retry_after_s=0.3,
    deadline_s=10,
)
ENDLESS_LETTERS: list[bytes | float] = [b"x", 0.05] * 60
ENDLESS_HEADS: list[bytes | float] = [head(100), 0.05] * 60
PAGE = b"<html>please log in</html>"
EXPIRED = [plain(PAGE, status=403)] * 2
"""For the rest, and then for the whole."""


@pytest.fixture(autouse=True)
def _short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "TICK_S", 0.02)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "a.part"


def note_of(part: Path) -> Path:
    return part.with_name("a.part.json")


def fetch(server: FaultServer, part: Path, **options: Any) -> Fetched:
    """Download from *server*, which is allowed, all bytes of BODY unless told otherwise."""
    settings: dict[str, Any] = {
        "size_bytes": len(BODY),
        "policy": Policy(frozenset({server.host})),
        "patience": QUICK,
    }
    return download(server.url(), part, **settings | options)


def refused(server: FaultServer, part: Path, **options: Any) -> FetchError:
    """Return the one error with which the download ends."""
    with pytest.raises(FetchError) as caught:
        fetch(server, part, **options)
    error = caught.value
    assert type(error) is FetchError
    assert str(error).isprintable()
    assert "secret" not in str(error)
    assert 0 < len(error.reason) < 30
    return error


def tried_once(server: FaultServer) -> bool:
    return len(server.log) == 1


# --- what works --------------------------------------------------------------------------------------------


def test_a_whole_file(part: Path) -> None:
    with FaultServer([plain(BODY, ETAG)]) as server:
        assert fetch(server, part) == (len(BODY), DIGEST, "127.0.0.1")

    assert part.read_bytes() == BODY
    assert not note_of(part).exists()
    (request,) = server.log
    assert request.path == "/a.mp4?token=secret"
    assert request.headers["host"] == server.host
    assert request.headers["accept-encoding"] == "identity"
    assert "range" not in request.headers


@pytest.mark.parametrize(
    ("answer", "size_bytes"),
    [
        (plain(BODY), None),
        (chunked(BODY), len(BODY)),
        (chunked(BODY), None),
        (raw(head(200), BODY), len(BODY)),
        (plain(BODY, "Content-Encoding: identity"), len(BODY)),
        (raw(b"HTTP/1.0 200 OK\r\n\r\n", BODY), len(BODY)),
        (raw(head(100), head(100), head(200, "Content-Length: 200000"), BODY), len(BODY)),
    ],
)
def test_a_file_whose_end_is_known(part: Path, answer: Answer, size_bytes: int | None) -> None:
    """By the result, by Content-Length, or by the last chunk."""
    answers = [answer]
    with FaultServer(answers) as server:
        assert fetch(server, part, size_bytes=size_bytes).sha256 == DIGEST
        assert tried_once(server)


def test_an_empty_file(part: Path) -> None:
    with FaultServer([plain(b"", ETAG)]) as server:
        assert fetch(server, part, size_bytes=0).size_bytes == 0
    assert part.read_bytes() == b""


def test_progress_is_told_as_bytes_in_the_part(part: Path) -> None:
    told: list[int] = []
    with FaultServer([plain(BODY)]) as server:
        fetch(server, part, on_bytes=told.append)

    assert (told[0], told[-1]) == (0, len(BODY))
    assert told == sorted(told)


def test_what_the_progress_raises_ends_the_download(part: Path) -> None:
    def full(_: int) -> None:
        raise RuntimeError("enough")

    with FaultServer([plain(BODY)]) as server, pytest.raises(RuntimeError, match="enough"):
        fetch(server, part, on_bytes=full)
    assert tried_once(server)


def test_a_long_part_of_another_file_is_overwritten(part: Path) -> None:
    part.write_bytes(b"x" * 300_000)
    with FaultServer([plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert part.read_bytes() == BODY


# --- bodies that are not the file --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        plain(BODY, sent=150_000),
        raw(head(200), BODY[:150_000]),
        chunked(BODY, is_cut=True),
        plain(BODY, sent=0),
    ],
    ids=["content-length", "without", "chunked", "nothing"],
)
@pytest.mark.parametrize("lenient_size", [False, True])
def test_a_short_body_is_tried_again_and_refused(part: Path, answer: Answer, lenient_size: bool) -> None:
    with FaultServer([answer]) as server:
        error = refused(server, part, lenient_size=lenient_size)

    assert (error.code, error.reason, len(server.log)) == ("short", "incomplete", 2)
    assert "the connection broke after" in str(error)
    assert str(error).endswith("(tried 2 times)")


@pytest.mark.parametrize(
    "answer", [plain(BODY, sent=150_000), raw(head(200), BODY), chunked(BODY, is_cut=True)]
)
def test_without_a_size_the_end_has_to_be_clean(part: Path, answer: Answer) -> None:
    with FaultServer([answer]) as server:
        assert refused(server, part, size_bytes=None).code == "short"


def test_a_short_body_may_be_whole_the_next_time(part: Path) -> None:
    with FaultServer([plain(BODY, sent=150_000), plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST


@pytest.mark.parametrize("lies", [-1, 1])
@pytest.mark.parametrize("answer", [plain(BODY), chunked(BODY)])
def test_another_size_is_refused_at_once(part: Path, answer: Answer, lies: int) -> None:
    with FaultServer([answer]) as server:
        error = refused(server, part, size_bytes=len(BODY) + lies)

    assert (error.code, error.reason) == ("size_mismatch", "wrong size")
    assert f"expected {len(BODY) + lies} bytes" in str(error)
    assert tried_once(server)
    assert not note_of(part).exists()


def test_an_endless_body_is_read_no_further_than_a_byte_too_many(part: Path) -> None:
    told: list[int] = []

    def endless(_: Request) -> Any:
        yield head(200)
        while True:
            yield bytes(65536)

    with FaultServer([endless]) as server:
        assert refused(server, part, on_bytes=told.append).code == "size_mismatch"
    assert max(told) == len(BODY) + 1
    assert not part.exists()


@pytest.mark.parametrize(
    "answer", [plain(BODY), chunked(BODY), raw(head(200, "Transfer-Encoding: chunked"), b"ffffff\r\n", BODY)]
)
def test_a_file_that_is_larger_than_there_is_room_is_refused(part: Path, answer: Answer) -> None:
    """At its announcement, or as soon as it is larger; nothing of it stays."""
    with FaultServer([answer]) as server:
        error = refused(server, part, size_bytes=None, most_bytes=100_000)
        assert tried_once(server)
    assert error.code == "too_large"
    assert not part.exists()


def test_a_body_of_which_nobody_knows_the_length_is_not_begun(part: Path) -> None:
    """It would be refused at its end, after whatever it sends until then."""
    told: list[int] = []
    with FaultServer([raw(head(200), BODY, 0.05, BODY)]) as server:
        assert refused(server, part, size_bytes=None, on_bytes=told.append).code == "short"
    assert told == []


def test_hints_before_the_answer_are_passed_over(part: Path) -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with FaultServer([raw(hint, hint, head(200, "Content-Length: 200000"), BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST


def test_waits_are_told(part: Path) -> None:
    told: list[float] = []
    with FaultServer([plain(PAGE, "Retry-After: 99999999999", status=503), plain(BODY)]) as server:
        fetch(server, part, on_wait=told.append)
    assert told == [QUICK.most_retry_after_s]


def test_a_page_instead_of_the_file(part: Path) -> None:
    with FaultServer([plain(PAGE, "Content-Type: text/html")]) as server:
        assert refused(server, part).code == "size_mismatch"
        assert tried_once(server)


def test_a_lenient_size_takes_what_the_server_announced(part: Path) -> None:
    with FaultServer([plain(BODY)]) as server:
        assert fetch(server, part, size_bytes=13_151, lenient_size=True) == (len(BODY), DIGEST, "127.0.0.1")


@pytest.mark.parametrize("answer", [chunked(BODY), raw(head(200), BODY)])
def test_a_lenient_size_needs_an_announcement(part: Path, answer: Answer) -> None:
    with FaultServer([answer]) as server:
        assert refused(server, part, size_bytes=13_151, lenient_size=True).code == "size_mismatch"


@pytest.mark.parametrize(
    "header",
    [
        "Content-Encoding: gzip",
        "Content-Encoding: br",
        "Content-Encoding: identity, gzip",
        "Transfer-Encoding: gzip",
    ],
)
def test_a_packed_body_is_refused(part: Path, header: str) -> None:
    packed = gzip.compress(bytes(20_000_000))
    with FaultServer([plain(packed, header)]) as server:
        error = refused(server, part, size_bytes=len(packed))

    assert error.code == "encoded"
    assert tried_once(server)
    assert not part.exists()


# --- answers other than 200 --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_expired_link_is_not_tried_again(part: Path, status: int) -> None:
    with FaultServer([plain(PAGE, status=status)]) as server:
        error = refused(server, part)

    assert (error.code, error.reason) == ("expired", "link expired")
    assert str(error).startswith(f"{server.host}/a.mp4: the server says {status}")
    assert str(error).endswith("query the service again for fresh links")
    assert tried_once(server)


@pytest.mark.parametrize("status", [204, 206, 300, 302, 304, 400, 402, 416, 418, 599 + 1])
def test_any_other_status_is_final(part: Path, status: int) -> None:
    with FaultServer([plain(BODY, status=status)]) as server:
        error = refused(server, part)
    assert (error.code, error.reason) == ("http_status", f"server says {status}")
    assert tried_once(server)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_a_passing_failure_is_tried_again(part: Path, status: int) -> None:
    with FaultServer([plain(PAGE, status=status), plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    with FaultServer([plain(PAGE, status=status)]) as server:
        assert refused(server, part).code == "http_status"
        assert len(server.log) == 2


def waits(monkeypatch: pytest.MonkeyPatch, part: Path, *headers: str, **patience: Any) -> list[float]:
    """Return the pauses after five answers 503, without waiting for them."""
    pauses: list[float] = []
    monkeypatch.setattr(connect.Watch, "pause", lambda _, length_s: pauses.append(length_s))
    with FaultServer([plain(PAGE, *headers, status=503)]) as server:
        refused(server, part, patience=dataclasses.replace(QUICK, tries=5, **patience))
    return pauses


def test_pauses_double_up_to_a_limit_and_are_random(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most: list[float] = []

    def uniform(low: float, high: float) -> float:
        most.append(high)
        return low + high / 4

    monkeypatch.setattr(random, "uniform", uniform)
    assert waits(monkeypatch, part, first_wait_s=0.1, most_wait_s=0.5) == [0.025, 0.05, 0.1, 0.125]
    assert most[:4] == [0.1, 0.2, 0.4, 0.5]


@pytest.mark.parametrize(
    ("asked", "least_s", "most_s"),
    [
        ("2", 2, 2),
        ("9999999", 3, 3),
        ("-5", 0, 0.02),
        ("soon", 0, 0.02),
        ("1e9", 0, 0.02),
        (email.utils.formatdate(time.time() + 3600, usegmt=True), 3, 3),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0.02),
        ("Wed, 99 Oct 99999 07:28:00 GMT", 0, 0.02),
    ],
    ids=["seconds", "too many", "negative", "word", "float", "date", "past", "no date"],
)
def test_a_server_may_ask_for_a_longer_pause(
    part: Path, monkeypatch: pytest.MonkeyPatch, asked: str, least_s: float, most_s: float
) -> None:
    pauses = waits(monkeypatch, part, f"Retry-After: {asked}", most_retry_after_s=3)
    assert len(pauses) == 4
    assert all(least_s <= pause_s <= most_s for pause_s in pauses)


def test_a_pause_is_really_waited_for(part: Path) -> None:
    with FaultServer([plain(PAGE, "Retry-After: 9", status=503), plain(BODY)]) as server:
        began_s = time.monotonic()
        fetch(server, part)
    assert time.monotonic() - began_s >= 0.3


def test_a_pause_beyond_the_deadline_is_not_begun(part: Path) -> None:
    patience = dataclasses.replace(QUICK, most_retry_after_s=60, deadline_s=5)
    with FaultServer([plain(PAGE, "Retry-After: 30", status=503)]) as server:
        assert refused(server, part, patience=patience).code == "http_status"
        assert tried_once(server)


# --- going on after a cut ----------------------------------------------------------------------------------


def test_a_cut_file_goes_on_where_it_broke(part: Path) -> None:
    with FaultServer([plain(BODY, ETAG, sent=120_000), ranged(BODY, ETAG)]) as server:
        assert fetch(server, part) == (len(BODY), DIGEST, "127.0.0.1")

    first, second = server.log
    assert "range" not in first.headers
    assert (second.headers["range"], second.headers["if-range"]) == ("bytes=120000-", '"v1"')


def test_a_later_call_goes_on_too(part: Path) -> None:
    told: list[int] = []
    with FaultServer([plain(BODY, ETAG, sent=120_000), *EXPIRED, ranged(BODY)]) as server:
        assert refused(server, part).code == "expired"
        assert part.stat().st_size == 120_000
        assert json.loads(note_of(part).read_text()) == {
            "place_sha256": hashlib.sha256(f"http://{server.host}/a.mp4".encode()).hexdigest(),
            "validator": '"v1"',
            "size_bytes": len(BODY),
        }
        assert fetch(server, part, on_bytes=told.append).sha256 == DIGEST
    assert told[0] == 120_000
    assert server.log[3].headers["range"] == "bytes=120000-"
    assert not note_of(part).exists()


def test_the_rest_from_another_place_is_no_rest(part: Path) -> None:
    """An etag names bytes of its own place only."""
    answers = [
        redirect("/b"),
        plain(OTHER, ETAG, sent=9),
        redirect("/c"),
        ranged(BODY),
        redirect("/c"),
        plain(BODY),
    ]
    with FaultServer(answers) as server:
        assert fetch(server, part).sha256 == DIGEST


def test_a_fresh_link_goes_on_with_what_the_expired_one_brought(part: Path) -> None:
    answers = [plain(BODY, ETAG, sent=120_000), *EXPIRED, ranged(BODY)]
    with FaultServer(answers) as server:
        policy = Policy(frozenset({server.host}))
        refused(server, part)
        url = server.url("/a.mp4?token=fresh")
        assert download(url, part, size_bytes=len(BODY), policy=policy, patience=QUICK).sha256 == DIGEST
    assert server.log[3].headers["range"] == "bytes=120000-"


@pytest.mark.parametrize("fault", [plain(PAGE, status=500), raw(b"")])
def test_a_server_that_fails_only_for_a_rest_is_asked_for_the_whole(part: Path, fault: Answer) -> None:
    """After two fruitless requests for the rest."""

    def answer(request: Request) -> Any:
        return (fault if "range" in request.headers else plain(BODY, ETAG))(request)

    with FaultServer([plain(BODY, ETAG, sent=120_000), answer]) as server:
        assert fetch(server, part, patience=dataclasses.replace(QUICK, tries=6)).sha256 == DIGEST
    assert ["range" in request.headers for request in server.log] == [False, True, True, False]


def test_a_date_of_change_has_to_be_repeated_with_the_rest(part: Path) -> None:
    changed = "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"
    first = plain(OTHER, changed, "Date: Wed, 21 Oct 2015 07:29:00 GMT", sent=120_000)
    for rest in (
        ranged(OTHER, "X-No: date"),
        ranged(OTHER, changed.replace("2015", "2016")),
        ranged(OTHER, changed, ETAG),
    ):
        with FaultServer([first, rest, plain(BODY)]) as server:
            assert fetch(server, part).sha256 == DIGEST


def test_tries_count_from_the_last_one_that_brought_much(part: Path) -> None:
    """A server that always breaks off is asked until the file is whole, or its time is over."""
    large = random.Random(3).randbytes(1_000_000)
    answers = [plain(large, ETAG, sent=300_000), *[ranged(large, sent=300_000)] * 3]
    with FaultServer(answers) as server:
        fetched = fetch(server, part, size_bytes=len(large))
    assert fetched.sha256 == hashlib.sha256(large).hexdigest()
    assert len(server.log) == 4 > QUICK.tries


def test_several_cuts(part: Path) -> None:
    answers = [plain(BODY, ETAG, sent=50_000), ranged(BODY, sent=50_000), ranged(BODY, sent=1), ranged(BODY)]
    with FaultServer(answers) as server:
        assert fetch(server, part, patience=dataclasses.replace(QUICK, tries=4)).sha256 == DIGEST
    assert [request.offset for request in server.log] == [0, 50_000, 100_000, 100_001]


def test_an_honest_shorter_rest_is_gone_on_with(part: Path) -> None:
    """A server may send less than the rest was asked for."""

    def some(request: Request) -> Any:
        yield head(
            206, f"Content-Range: bytes {request.offset}-149999/200000", "Transfer-Encoding: chunked", ETAG
        )
        yield b"%x\r\n%b\r\n0\r\n\r\n" % (150_000 - request.offset, BODY[request.offset : 150_000])

    with FaultServer([plain(BODY, ETAG, sent=50_000), some, ranged(BODY)]) as server:
        assert fetch(server, part, patience=dataclasses.replace(QUICK, tries=3)).sha256 == DIGEST
    assert [request.offset for request in server.log] == [0, 50_000, 150_000]


def test_a_complete_part_is_confirmed_by_its_last_byte(part: Path) -> None:
    """The process may have died just before the end."""
    with FaultServer([plain(BODY, ETAG, sent=120_000), *EXPIRED, ranged(BODY)]) as server:
        refused(server, part)
        part.write_bytes(BODY)
        assert fetch(server, part).sha256 == DIGEST
    assert server.log[3].headers["range"] == "bytes=199999-"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ['ETag: W/"v1"'],
        ["ETag: v1"],
        ['ETag: "v1'],
        ['ETag: "v 1"'],
        [f'ETag: "{"x" * 300}"'],
        [
            'ETag: W/"v1"',
            "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT",
            "Date: Wed, 21 Oct 2025 07:28:00 GMT",
        ],
        ["Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"],
        ["Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT", "Date: Wed, 21 Oct 2015 07:28:59 GMT"],
        ["Last-Modified: yesterday", "Date: Wed, 21 Oct 2015 07:28:59 GMT"],
    ],
)
def test_without_a_strong_validator_a_file_begins_anew(part: Path, headers: list[str]) -> None:
    with FaultServer([plain(BODY, *headers, sent=120_000), plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert "range" not in server.log[1].headers
    assert "if-range" not in server.log[1].headers


def test_an_old_date_of_change_is_a_strong_validator(part: Path) -> None:
    changed = "Wed, 21 Oct 2015 07:28:00 GMT"
    headers = [f"Last-Modified: {changed}", "Date: Wed, 21 Oct 2015 07:29:00 GMT"]
    with FaultServer([plain(BODY, *headers, sent=120_000), ranged(BODY, *headers)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert server.log[1].headers["if-range"] == changed


@pytest.mark.parametrize(
    "rest",
    [
        ranged(OTHER, 'ETag: "v2"'),
        ranged(OTHER, "ETag: W/x", offset=0),
        ranged(OTHER, offset=119_999),
        ranged(OTHER, offset=120_001),
        ranged(OTHER, total=200_001),
        ranged(OTHER[:199_999]),
        raw(head(206, "Content-Length: 80000"), OTHER[120_000:]),
        raw(head(206, "Content-Length: 80000", "Content-Range: bytes 119999-199999/200000"), OTHER[120_000:]),
        raw(head(206, "Content-Length: 80000", "Content-Range: bytes 120000-199999/*"), OTHER[120_000:]),
        raw(head(206, "Content-Length: 9", "Content-Range: bytes 120000-199999/200000"), OTHER[:9]),
        raw(head(206, "Content-Length: 80000", "Content-Range: pages 120000-199999/200000"), OTHER[120_000:]),
        ranged(OTHER, 'ETag: W/"v1"'),
        ranged(OTHER, "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"),
        ranged(OTHER, "X-No: etag"),
        ranged(OTHER, ETAG, "Content-Encoding: gzip"),
        ranged(OTHER, ETAG, "Content-Type: multipart/byteranges; boundary=x"),
        plain(b"", "Content-Range: bytes */200000", status=416),
        plain(b"", status=403),
        plain(b"", status=400),
        plain(b"", status=412),
    ],
)
def test_a_rest_that_does_not_fit_begins_the_file_anew(part: Path, rest: Answer) -> None:
    """At once: the server has answered, so it is no failed try."""
    with FaultServer([plain(BODY, ETAG, sent=120_000), rest, plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert part.read_bytes() == BODY
    assert ["range" in request.headers for request in server.log[:2]] == [False, True]
    assert "range" not in server.log[-1].headers


@pytest.mark.parametrize("headers", [[ETAG], ['ETag: "v2"'], []])
def test_a_whole_file_instead_of_the_rest(part: Path, headers: list[str]) -> None:
    """The range was overlooked, or the file has changed meanwhile."""
    with FaultServer([plain(OTHER, ETAG, sent=120_000), plain(BODY, *headers)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert part.read_bytes() == BODY


def test_after_a_change_the_new_validator_counts(part: Path) -> None:
    answers = [plain(OTHER, ETAG, sent=120_000), plain(BODY, 'ETag: "v2"', sent=20_000)]
    answers.append(ranged(BODY, 'ETag: "v2"'))
    with FaultServer(answers) as server:
        assert fetch(server, part, patience=dataclasses.replace(QUICK, tries=3)).sha256 == DIGEST
    assert (server.log[2].headers["range"], server.log[2].headers["if-range"]) == ("bytes=20000-", '"v2"')


def test_a_change_to_a_file_without_validator_forgets_the_old_one(part: Path) -> None:
    answers = [plain(OTHER, ETAG, sent=120_000), plain(BODY, sent=20_000), plain(BODY)]
    with FaultServer(answers) as server:
        assert fetch(server, part, patience=dataclasses.replace(QUICK, tries=3)).sha256 == DIGEST
    assert "range" not in server.log[2].headers


def test_a_passing_failure_keeps_what_is_there(part: Path) -> None:
    answers = [plain(BODY, ETAG, sent=120_000), plain(PAGE, status=503), ranged(BODY)]
    with FaultServer(answers) as server:
        assert fetch(server, part, patience=dataclasses.replace(QUICK, tries=3)).sha256 == DIGEST
    assert server.log[2].headers["range"] == "bytes=120000-"


def change(**fields: object) -> Callable[[dict[str, object]], str]:
    return lambda note: json.dumps(note | fields)


@pytest.mark.parametrize(
    "spoiled",
    [
        change(size_bytes=200_001),
        change(size_bytes="200000"),
        change(size_bytes=True),
        change(size_bytes=119_999),
        change(validator=None),
        change(validator='"v1"\r\nX: y'),
        change(more=1),
        lambda _: "{}",
        lambda _: "[]",
        lambda _: "",
        lambda _: "[" * 100_000,
        lambda _: "\ufeff",
    ],
)
def test_a_note_that_does_not_fit_is_not_believed(
    part: Path, spoiled: Callable[[dict[str, object]], str]
) -> None:
    with FaultServer([plain(BODY, ETAG, sent=120_000), *EXPIRED, plain(BODY)]) as server:
        refused(server, part)
        note_of(part).write_text(spoiled(json.loads(note_of(part).read_text())))
        assert fetch(server, part).sha256 == DIGEST
    assert "range" not in server.log[2].headers


def test_a_part_longer_than_the_file_begins_anew(part: Path) -> None:
    with FaultServer([plain(BODY, ETAG, sent=120_000), *EXPIRED, plain(BODY)]) as server:
        refused(server, part)
        part.write_bytes(bytes(200_001))
        assert fetch(server, part).sha256 == DIGEST
    assert "range" not in server.log[2].headers


def test_another_size_in_the_result_begins_anew(part: Path) -> None:
    with FaultServer([plain(BODY, ETAG, sent=120_000), *EXPIRED, plain(BODY[:-1])]) as server:
        refused(server, part)
        assert fetch(server, part, size_bytes=len(BODY) - 1).size_bytes == len(BODY) - 1
    assert "range" not in server.log[2].headers


def test_a_lenient_size_goes_on_with_the_announced_one(part: Path) -> None:
    with FaultServer([plain(BODY, ETAG, sent=120_000), ranged(BODY)]) as server:
        assert fetch(server, part, size_bytes=13_151, lenient_size=True).sha256 == DIGEST
    assert server.log[1].headers["range"] == "bytes=120000-"


# --- time --------------------------------------------------------------------------------------------------


def test_a_drip_is_too_slow(part: Path) -> None:
    with FaultServer([drip(BODY, 0.1)]) as server:
        began_s = time.monotonic()
        error = refused(server, part, patience=dataclasses.replace(QUICK, tries=1))
    assert (error.code, error.reason) == ("too_slow", "too slow")
    assert "less than 8192 bytes per s for 0.5 s" in str(error)
    assert 0.5 <= time.monotonic() - began_s < 1.5


def test_the_rate_is_a_sliding_one(part: Path) -> None:
    """A fast beginning does not pay for a slow rest."""

    def tired(_: Request) -> Any:
        yield head(200, "Content-Length: 200000")
        yield BODY[:199_000]
        for byte in BODY[199_000:]:
            yield bytes([byte])
            yield 0.1

    with FaultServer([tired]) as server:
        began_s = time.monotonic()
        assert refused(server, part, patience=dataclasses.replace(QUICK, tries=1)).code == "too_slow"
    assert time.monotonic() - began_s < 1.5


def test_a_slow_but_steady_file_is_taken(part: Path) -> None:
    pieces: list[bytes | float] = [head(200, "Content-Length: 40000")]
    for begin in range(0, 40_000, 2_000):
        pieces += [BODY[begin : begin + 2_000], 0.06]
    with FaultServer([raw(*pieces)]) as server:
        assert fetch(server, part, size_bytes=40_000).size_bytes == 40_000
        assert tried_once(server)


def test_a_slow_server_is_tried_again_and_goes_on(part: Path) -> None:
    with FaultServer([raw(head(200, "Content-Length: 200000", ETAG), BODY[:9], 9.0), ranged(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert server.log[1].headers["range"] == "bytes=9-"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (raw(head(200, "Content-Length: 200000"), BODY[:100_000], 9.0), "nothing came for 0.2 s"),
        (raw(9.0), "no answer within 0.2 s"),
        (raw(b"HTTP/1.1 200 OK\r\nX: ", *ENDLESS_LETTERS), "no answer within 0.2 s"),
        (raw(*ENDLESS_HEADS), "no answer within 0.2 s"),
    ],
    ids=["body", "head", "head drips", "endless 100"],
)
def test_a_stall_is_too_slow(part: Path, answer: Answer, told: str) -> None:
    with FaultServer([answer]) as server:
        began_s = time.monotonic()
        error = refused(server, part, patience=dataclasses.replace(QUICK, read_s=0.2, tries=1))
    assert error.code == "too_slow"
    assert told in str(error)
    assert time.monotonic() - began_s < 1


@pytest.mark.parametrize("answer", [drip(BODY, 0.05), raw(9.0), raw(*ENDLESS_HEADS)])
def test_the_deadline_ends_everything(part: Path, answer: Answer) -> None:
    patience = dataclasses.replace(QUICK, read_s=9, window_s=9, least_bytes_per_s=0, deadline_s=0.3, tries=9)
    with FaultServer([answer]) as server:
        began_s = time.monotonic()
        error = refused(server, part, patience=patience)
        assert tried_once(server)
    assert (error.code, error.reason) == ("deadline", "took too long")
    assert 0.3 <= time.monotonic() - began_s < 1


@pytest.mark.parametrize(
    ("size_bytes", "lenient_size", "wanted_s"),
    [(200_000, False, 600), (64 * 1024 * 1000, False, 1000), (None, False, 1000), (5, True, 1000)],
)
def test_the_deadline_grows_with_the_file(
    part: Path, monkeypatch: pytest.MonkeyPatch, size_bytes: int | None, lenient_size: bool, wanted_s: float
) -> None:
    """At 64 KiB per s, by the result or else by the server."""
    seen: list[float] = []

    def check(watch: connect.Watch, _: float | None = None) -> None:
        seen.append((watch.ends_at_s or 0) - time.monotonic())

    monkeypatch.setattr(connect.Watch, "check", check)
    large = raw(head(200, f"Content-Length: {64 * 1024 * 1000}"))
    with FaultServer([large]) as server:
        patience = dataclasses.replace(QUICK, tries=1, deadline_s=None)
        refused(server, part, size_bytes=size_bytes, lenient_size=lenient_size, patience=patience)
    assert max(seen) == pytest.approx(wanted_s, abs=1)


def test_the_deadline_of_a_rest_is_that_of_the_whole(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def check(watch: connect.Watch, _: float | None = None) -> None:
        seen.append((watch.ends_at_s or 0) - time.monotonic())

    length = f"Content-Length: {64 * 1024 * 1000}"
    rest = [f"Content-Length: {64 * 1024 * 1000 - 9}", f"Content-Range: bytes 9-9/{64 * 1024 * 1000}", ETAG]
    with FaultServer([raw(head(200, length, ETAG), BODY[:9]), raw(head(206, *rest), BODY[:9])]) as server:
        refused(server, part, size_bytes=None, patience=dataclasses.replace(QUICK, tries=1))
        monkeypatch.setattr(connect.Watch, "check", check)
        patience = dataclasses.replace(QUICK, tries=1, deadline_s=None)
        refused(server, part, size_bytes=None, patience=patience)
    assert max(seen) == pytest.approx(1000, abs=1)


@pytest.mark.parametrize(("bytes_per_s", "ends_at_s"), [(8193, None), (8191, 30), (0, 30)])
def test_the_least_rate_is_kept_over_the_window(
    monkeypatch: pytest.MonkeyPatch, bytes_per_s: int, ends_at_s: int | None
) -> None:
    """By a clock of our own: 8192 bytes per s, averaged over 30 s."""
    now_s = 0
    monkeypatch.setattr(time, "monotonic", lambda: float(now_s))
    watch = connect.Watch(Patience(), None)
    watch.begin_body()
    ended_at_s = None
    for now_s in range(1, 100):
        watch.received(bytes_per_s)
        try:
            watch.check()
        except connect.Failure:
            ended_at_s = now_s
            break
    assert ended_at_s == ends_at_s


@pytest.mark.parametrize(
    "answer",
    [
        raw(9.0),
        drip(BODY, 0.05),
        raw(head(200, "Content-Length: 9"), 9.0),
        plain(PAGE, "Retry-After: 9", status=503),
    ],
    ids=["head", "drip", "body", "pause"],
)
def test_a_wish_to_stop_is_quickly_granted(part: Path, answer: Answer) -> None:
    stop = threading.Event()
    slow = dataclasses.replace(QUICK, read_s=9, window_s=9, most_retry_after_s=9, deadline_s=60)
    with FaultServer([answer]) as server:
        timer = threading.Timer(0.15, stop.set)
        timer.start()
        began_s = time.monotonic()
        error = refused(server, part, patience=slow, stop=stop, lenient_size=True)
        timer.join()
    assert (error.code, error.reason) == ("stopped", "stopped")
    assert 0.1 < time.monotonic() - began_s < 0.6


def test_a_stopped_download_does_not_begin(part: Path) -> None:
    stop = threading.Event()
    stop.set()
    with FaultServer([plain(BODY)]) as server:
        assert refused(server, part, stop=stop).code == "stopped"
        assert server.log == []


# --- redirects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/b.mp4?x=1", "b.mp4?x=1", "{url}/b.mp4?x=1"])
def test_a_redirect_is_followed(part: Path, status: int, location: str) -> None:
    with FaultServer([]) as server:
        server.answers += [redirect(location.format(url=server.url("")), status), plain(BODY)]
        assert fetch(server, part).sha256 == DIGEST
    assert [request.path for request in server.log] == ["/a.mp4?token=secret", "/b.mp4?x=1"]


def test_three_redirects_are_enough(part: Path) -> None:
    with FaultServer([redirect("/1"), redirect("/2"), redirect("/3"), plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    with FaultServer([redirect("/again")]) as server:
        error = refused(server, part)
        assert (error.code, error.reason) == ("redirects", "too many redirects")
        assert len(server.log) == 4


def test_a_redirect_to_a_private_address_is_refused(part: Path) -> None:
    with FaultServer([plain(BODY)]) as secret, FaultServer([redirect(secret.url())]) as server:
        assert refused(server, part).code == "bad_url"  # its port
        assert secret.log == []
    with FaultServer([redirect("http://127.0.0.1/a.mp4")]) as server:
        error = refused(server, part)
        assert error.code == "blocked_address"
        assert str(error).startswith("127.0.0.1/a.mp4: leads to 127.0.0.1")
        assert tried_once(server)


def test_a_redirect_to_an_allowed_host(part: Path) -> None:
    with FaultServer([plain(BODY)]) as other, FaultServer([redirect(other.url())]) as server:
        policy = Policy(frozenset({server.host, other.host}))
        assert fetch(server, part, policy=policy).sha256 == DIGEST


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "//amy:secret@127.0.0.1/a",
        "http://[",
        "http://[::1",
        "//[x]/",
        "http://127.0.0.1:22/",
        "/a b",
        "/a\\b",
        "/a\tb",
        "\u00e4",
        "http://127.0.0.1/" + "a" * 5000,
        "data:,x",
    ],
)
def test_a_redirect_to_no_usable_link(part: Path, location: str) -> None:
    with FaultServer([redirect(location)]) as server:
        error = refused(server, part)
        assert error.code == "bad_url"
        assert str(error).startswith(f"{server.host}/a.mp4: the link that it redirects to is refused: ")
        assert tried_once(server)


def test_a_rest_is_asked_for_behind_a_redirect(part: Path) -> None:
    """A signature that changes makes no other place."""
    answers = [redirect("/b?sign=1"), plain(BODY, ETAG, sent=9), redirect("/b?sign=2"), ranged(BODY)]
    with FaultServer(answers) as server:
        assert fetch(server, part).sha256 == DIGEST
    assert [request.headers.get("range") for request in server.log] == [None, None, "bytes=9-", "bytes=9-"]


# --- addresses ---------------------------------------------------------------------------------------------


class Names:
    """Stands in for the look-up of names."""

    def __init__(self, *answers: list[str] | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, OSError):
            raise answer
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in a], socket.SOCK_STREAM, 6, "", (a, port)) for a in answer]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record which addresses are connected to, and refuse them all."""
    tried: list[Any] = []

    class Recorder(socket.socket):
        def connect_ex(self, address: Any) -> int:
            tried.append(address)
            return errno.ECONNREFUSED

    monkeypatch.setattr(socket, "socket", Recorder)
    return tried


def failed(url: str, part: Path, **options: Any) -> FetchError:
    settings: dict[str, Any] = {"size_bytes": 9, "patience": QUICK}
    with pytest.raises(FetchError) as caught:
        download(url, part, **settings | options)
    assert not part.exists()
    return caught.value


LOOPBACK = """
127.0.0.1 2130706433 0x7f.1 0177.0.0.1 127.1 0 0x7f000001 017700000001 127.0.1 [::1] [::] [::ffff:127.0.0.1]
[::ffff:7f00:1] [::127.0.0.1] [64:ff9b::127.0.0.1] [2002:7f00:1::] [0:0:0:0:0:0:0:1] localhost
169.254.169.254 10.0.0.1 [fe80::1] [fd00:ec2::254] 0.0.0.0
"""


@pytest.mark.parametrize("host", LOOPBACK.split())
def test_no_spelling_reaches_a_private_address(part: Path, host: str, connected: list[Any]) -> None:
    error = failed(f"http://{host}/a?token=secret", part)

    assert (error.code, error.reason) == ("blocked_address", "address not allowed")
    assert connected == []
    assert "secret" not in str(error)


@pytest.mark.parametrize("host", ["①②⑦.0.0.1", "127。0。0。1", "１２７.0.0.1"])
def test_digits_of_other_scripts_are_no_link(part: Path, host: str) -> None:
    assert failed(f"http://{host}/a", part).code == "bad_url"


@pytest.mark.parametrize(
    "answers", [["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], ["fe80::1%eth0"]]
)
def test_one_private_answer_refuses_the_host(
    part: Path, monkeypatch: pytest.MonkeyPatch, connected: list[Any], answers: list[str]
) -> None:
    names = Names(answers)
    monkeypatch.setattr(socket, "getaddrinfo", names)

    assert failed("http://media.test/a", part).code == "blocked_address"
    assert (names.asked, connected) == (["media.test"], [])


def test_a_name_is_looked_up_once_and_what_was_judged_is_connected_to(
    part: Path, monkeypatch: pytest.MonkeyPatch, connected: list[Any]
) -> None:
    """A second look-up could lead elsewhere."""
    names = Names(["8.8.8.8", "2606:4700::1"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)

    error = failed("http://media.test/a", part, patience=dataclasses.replace(QUICK, tries=1))
    assert error.code == "unreachable"
    assert names.asked == ["media.test"]
    assert connected == [("8.8.8.8", 80), ("2606:4700::1", 80)]


def test_each_try_judges_anew(part: Path, monkeypatch: pytest.MonkeyPatch, connected: list[Any]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["8.8.8.8"], ["127.0.0.1"]))

    assert failed("http://media.test/a", part).code == "blocked_address"
    assert connected == [("8.8.8.8", 80)]


def test_who_really_answers_is_judged_too(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was connected to has to be what was judged."""
    with FaultServer([plain(BODY)]) as server:
        monkeypatch.setattr(socket, "getaddrinfo", Names(["8.8.8.8"]))

        class Detour(socket.socket):
            def connect_ex(self, _: Any) -> int:
                return super().connect_ex(("127.0.0.1", server.port))

        monkeypatch.setattr(socket, "socket", Detour)
        error = failed("http://media.test/a", part)
        assert error.code == "blocked_address"
        assert "leads to 127.0.0.1" in str(error)
        assert server.log == []


def test_the_next_address_is_tried(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer([plain(BODY)]) as server:
        names = Names(["127.0.0.2", "127.0.0.1"])
        monkeypatch.setattr(socket, "getaddrinfo", names)
        policy = Policy(frozenset({"media.test"}))
        fetched = download(
            f"http://media.test:{server.port}/a", part, size_bytes=200_000, policy=policy, patience=QUICK
        )
    assert fetched == (len(BODY), DIGEST, "media.test")
    assert server.log[0].headers["host"] == f"media.test:{server.port}"


def test_an_address_that_never_answers(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(socket.socket):
        def connect_ex(self, _: Any) -> int:
            return errno.EINPROGRESS

    class Never:
        def __enter__(self) -> Never:
            return self

        def __exit__(self, *_: object) -> None: ...

        def register(self, *_: object) -> None: ...

        def select(self, timeout_s: float) -> list[Any]:
            time.sleep(timeout_s)
            return []

    monkeypatch.setattr(socket, "socket", Silent)
    monkeypatch.setattr(selectors, "DefaultSelector", Never)
    began_s = time.monotonic()
    error = failed("http://8.8.8.8/a", part, patience=dataclasses.replace(QUICK, connect_s=0.2, tries=1))
    assert error.code == "unreachable"
    assert "timed out" in str(error)
    assert 0.2 <= time.monotonic() - began_s < 0.6


def test_an_allowed_host_by_ipv6(part: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with FaultServer([plain(BODY)], family=socket.AF_INET6) as server:
        assert fetch(server, part).host == "[::1]"
    assert server.log[0].headers["host"] == server.host


@pytest.mark.parametrize(
    ("number", "tries"), [(socket.EAI_NONAME, 1), (socket.EAI_AGAIN, 2)], ids=["no such name", "no answer"]
)
def test_a_name_that_does_not_resolve(
    part: Path, monkeypatch: pytest.MonkeyPatch, number: int, tries: int
) -> None:
    names = Names(socket.gaierror(number, "it is unknown"))
    monkeypatch.setattr(socket, "getaddrinfo", names)

    error = failed("http://media.test/a", part)
    assert (error.code, error.reason) == ("unresolved", "host not found")
    assert len(names.asked) == tries


def test_a_name_that_cannot_be_encoded(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def encode(*_: Any, **__: Any) -> Any:
        raise UnicodeError("label too long")

    monkeypatch.setattr(socket, "getaddrinfo", encode)
    assert failed("http://media.test/a", part).code == "unresolved"


def test_a_refused_connection_is_tried_again(part: Path) -> None:
    with FaultServer([plain(BODY)]) as server:
        pass
    error = refused(server, part)
    assert (error.code, error.reason) == ("unreachable", "unreachable")
    assert "connection refused" in str(error)
    assert "(tried 2 times)" in str(error)


def test_no_proxy_is_asked(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer([plain(PAGE)]) as proxy, FaultServer([plain(BODY)]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        assert fetch(server, part).sha256 == DIGEST
        assert proxy.log == []


# --- servers that do not speak HTTP ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        raw(),
        raw(b"220 ready\r\n"),
        raw(b"HTTP/1.1 abc\r\n\r\n"),
        raw(b"\x00" * 1000),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        raw(head(200, "Content-Length: 1", "Content-Length: 2"), b"xx"),
    ],
    ids=["nothing", "other protocol", "bad status", "zeros", "long header", "many headers", "two lengths"],
)
def test_no_proper_answer_is_tried_again(part: Path, answer: Answer) -> None:
    with FaultServer([answer, plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST
    with FaultServer([answer]) as server:
        error = refused(server, part)
        assert (error.code, error.reason) == ("unreachable", "no answer")


@pytest.mark.parametrize(
    "answer",
    [
        raw(head(200, "Transfer-Encoding: chunked"), b"zz\r\n"),
        raw(head(200, "Transfer-Encoding: chunked"), b"-5\r\nhello\r\n0\r\n\r\n"),
        raw(head(200, "Transfer-Encoding: chunked"), b"5;" + b"x" * 70_000 + b"\r\n"),
        raw(head(200, "Transfer-Encoding: chunked"), b"ffffffffffffffffff\r\nhello"),
    ],
)
def test_broken_chunks(part: Path, answer: Answer) -> None:
    with FaultServer([answer]) as server:
        assert refused(server, part).code == "short"
        assert refused(server, part, size_bytes=None).code == "short"


@pytest.mark.parametrize("length", ["-1", "many", "", "9" * 30, "9" * 400, "9" * 5000])
@pytest.mark.parametrize("size_bytes", [None, len(BODY)])
def test_an_odd_content_length_does_not_harm(part: Path, length: str, size_bytes: int | None) -> None:
    with FaultServer([raw(head(200, f"Content-Length: {length}"), BODY)]) as server:
        policy, patience = Policy(frozenset({server.host})), dataclasses.replace(QUICK, deadline_s=None)
        try:
            fetched = download(server.url(), part, size_bytes=size_bytes, policy=policy, patience=patience)
        except FetchError as error:
            code = error.code
        else:
            code = fetched.sha256
    assert code in {DIGEST, "short", "size_mismatch", "too_large"}


# --- TLS ---------------------------------------------------------------------------------------------------


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority of the tests, and find its server under every name."""
    bundle = tmp_path / "authority.pem"
    bundle.write_text(AUTHORITY_PEM)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))


def over_tls(server: FaultServer, part: Path, name: str = TLS_NAME) -> Fetched:
    policy = Policy(frozenset({f"{name}:{server.port}", "127.0.0.1"}))
    url = f"https://{name}:{server.port}/a?token=secret"
    return download(url, part, size_bytes=len(BODY), policy=policy, patience=QUICK)


@pytest.mark.usefixtures("trusting")
def test_a_file_over_tls(part: Path) -> None:
    """Server name, certificate and Host go by the name, though an address is connected to."""
    with FaultServer([plain(BODY, ETAG, sent=120_000), ranged(BODY)], tls=True) as server:
        assert over_tls(server, part) == (len(BODY), DIGEST, TLS_NAME)
    assert server.server_names == [TLS_NAME, TLS_NAME]
    assert server.log[0].headers["host"] == f"{TLS_NAME}:{server.port}"


@pytest.mark.usefixtures("trusting")
def test_a_drip_over_tls_is_too_slow(part: Path) -> None:
    with FaultServer([drip(BODY, 0.1)], tls=True) as server:
        began_s = time.monotonic()
        with pytest.raises(FetchError) as caught:
            over_tls(server, part)
    assert caught.value.code == "too_slow"
    assert time.monotonic() - began_s < 2


@pytest.mark.usefixtures("trusting")
def test_a_certificate_for_another_name(part: Path) -> None:
    with FaultServer([plain(BODY)], tls=True) as server, pytest.raises(FetchError) as caught:
        over_tls(server, part, "other.test")
    assert (caught.value.code, caught.value.reason) == ("tls", "no trusted connection")
    assert "mismatch" in str(caught.value)
    assert len(server.server_names) == 1  # and not tried again
    assert server.log == []


def test_a_certificate_that_nobody_trusts(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
    with FaultServer([plain(BODY)], tls=True) as server, pytest.raises(FetchError) as caught:
        over_tls(server, part)
    assert caught.value.code == "tls"
    assert server.log == []


def test_a_server_without_tls(part: Path) -> None:
    with FaultServer([plain(BODY)]) as server, pytest.raises(FetchError) as caught:
        over_tls(server, part, "127.0.0.1")
    assert caught.value.code in {"tls", "unreachable"}


@pytest.mark.usefixtures("trusting")
def test_a_redirect_from_https_to_http_is_refused(part: Path) -> None:
    with FaultServer([plain(BODY)]) as open_one, FaultServer([redirect(open_one.url())], tls=True) as server:
        with pytest.raises(FetchError) as caught:
            over_tls(server, part)
        assert (caught.value.code, caught.value.reason) == ("redirects", "unsafe redirect")
        assert open_one.log == []


# --- the disk ----------------------------------------------------------------------------------------------


def write_with(monkeypatch: pytest.MonkeyPatch, kind: type[io.FileIO]) -> None:
    """Write bodies through a file of this *kind*."""
    opened = Path.open

    def open_so(path: Path, *args: Any, **options: Any) -> Any:
        return kind(path, "r+") if options == {"buffering": 0} else opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", open_so)


def test_a_disk_that_takes_a_little_at_a_time(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Little(io.FileIO):
        def write(self, data: Any) -> int:
            return super().write(data[:1000])

    write_with(monkeypatch, Little)
    with FaultServer([plain(BODY)]) as server:
        assert fetch(server, part).sha256 == DIGEST


def test_a_full_disk(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() >= 50_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    write_with(monkeypatch, Full)
    with FaultServer([plain(BODY)]) as server, pytest.raises(DiskError) as caught:
        fetch(server, part)
    assert caught.value.errno == errno.ENOSPC
    assert "free some space" in str(caught.value)
    assert tried_once(server)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with FaultServer([plain(BODY)]) as server, pytest.raises(DiskError):
        fetch(server, tmp_path / "missing" / "a.part")


def test_the_file_is_flushed_to_disk(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_size))
    with FaultServer([plain(BODY)]) as server:
        fetch(server, part)
    assert flushed[-1] == len(BODY)
