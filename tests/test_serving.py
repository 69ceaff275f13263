"""`timeline serve`: ranges, types, and nothing beyond the folder."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from timeline.errors import ParameterError
from timeline.serving import MOST_BYTES, FolderServer

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a page and media, beside a secret."""
    (tmp_path / "secret.txt").write_text("secret")
    inner = tmp_path / "inner"
    (inner / "media").mkdir(parents=True)
    (inner / "index.html").write_text("<p>page</p>")
    (inner / "media" / "a.mp4").write_bytes(CONTENT)
    (inner / "media" / "empty.mp4").touch()
    (inner / "names").mkdir()
    (inner / "names" / "<script>alert(1)<script>&'\".txt").touch()
    (inner / "names" / "张 %41.txt").write_text("there")
    return inner


@pytest.fixture
def server(folder: Path) -> Iterator[FolderServer]:
    """The folder, served on any free port."""
    with FolderServer(folder, 0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class Answer:
    """What the server said."""

    def __init__(self, server: FolderServer, path: str, method: str = "GET", **headers: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        connection.close()


def test_a_folder_is_its_page(server: FolderServer) -> None:
    """With a type, and headers that keep a browser from guessing."""
    answer = Answer(server, "/?a=1")
    assert (answer.status, answer.body) == (200, b"<p>page</p>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("wanted", "part", "said"),
    [
        ("bytes=0-9", CONTENT[:10], "bytes 0-9/1024"),
        ("bytes=1000-", CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-9999", CONTENT, "bytes 0-1023/1024"),
        ("bytes=5-99999", CONTENT[5:], "bytes 5-1023/1024"),
    ],
)
def test_a_range_is_a_part(server: FolderServer, wanted: str, part: bytes, said: str) -> None:
    """So that a player can seek."""
    answer = Answer(server, "/media/a.mp4", Range=wanted)
    assert (answer.status, answer.body) == (206, part)
    assert answer.headers["Content-Range"] == said
    assert answer.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=9-8", "bytes=-0"])
def test_a_range_beyond_the_file_is_refused(server: FolderServer, wanted: str) -> None:
    """And the answer says how long the file is."""
    answer = Answer(server, "/media/a.mp4", Range=wanted)
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */1024")


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x-y"])
def test_a_range_that_means_nothing_is_the_whole(server: FolderServer, wanted: str) -> None:
    """Several ranges too: a player never asks for them."""
    answer = Answer(server, "/media/a.mp4", Range=wanted)
    assert (answer.status, answer.headers["Content-Range"], answer.body) == (200, None, CONTENT)


def test_an_open_range_of_a_long_file_ends_early(server: FolderServer, folder: Path) -> None:
    """So that no video keeps one of a browser's six connections to itself."""
    with (folder / "long.mp4").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    answer = Answer(server, "/long.mp4", Range="bytes=0-")
    assert answer.headers["Content-Range"] == f"bytes 0-{MOST_BYTES - 1}/{MOST_BYTES + 1}"
    assert len(answer.body) == MOST_BYTES


def test_what_did_not_change_is_not_sent_again(server: FolderServer) -> None:
    """And a range of what did change is the whole."""
    tag = Answer(server, "/media/a.mp4", "HEAD").headers["ETag"]
    assert Answer(server, "/media/a.mp4", If_None_Match=tag).status == 304
    assert Answer(server, "/media/a.mp4", Range="bytes=0-9", If_Range=tag).body == CONTENT[:10]
    assert Answer(server, "/media/a.mp4", Range="bytes=0-9", If_Range='"other"').body == CONTENT


def test_head_says_what_get_would(server: FolderServer) -> None:
    """Without the body; an empty file is one."""
    answer = Answer(server, "/media/a.mp4", "HEAD")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "1024", b"")
    assert Answer(server, "/media/empty.mp4").body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/media/../../secret.txt",
        "/media/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/media//../../secret.txt",
        "/a%00.txt",
        "/C:/x",
        "/nothing.txt",
        "/media/a.mp4/x",
        "/media/a.mp4/",
        "/out.txt",
        "/outside/secret.txt",
        "/pipe",
        f"/{'x' * 300}",
    ],
)
def test_nothing_else_is_there(server: FolderServer, folder: Path, path: str) -> None:
    """Whether it is outside, behind a link that leads out, no plain file, or nowhere: 404."""
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "outside").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe")
    assert Answer(server, path).status == 404


def test_a_link_inside_is_followed(server: FolderServer, folder: Path) -> None:
    """It leads to what is served anyway."""
    (folder / "again.mp4").symlink_to("media/a.mp4")
    assert Answer(server, "/again.mp4").body == CONTENT


def test_a_folder_without_a_page_lists_its_names_as_text(server: FolderServer) -> None:
    """And each link leads to its file."""
    answer = Answer(server, "/names/")
    page = answer.body.decode()
    assert "<script" not in page
    links = re.findall(r'href="\.([^"]+)"', page)
    assert [Answer(server, f"/names{link}").status for link in links] == [200, 200]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_of_any_bytes_is_served(server: FolderServer, folder: Path) -> None:
    """As the list of its folder links to it."""
    for name in (b"bad\xff.txt", b"c:d.txt"):
        with open(os.path.join(os.fsencode(folder / "names"), name), "w") as file:
            file.write("there")
    links = re.findall(r'href="\.([^"]+)"', Answer(server, "/names/").body.decode())
    assert [Answer(server, f"/names{link}").status for link in links] == [200] * 4


def test_a_folder_that_cannot_be_listed_is_not_there(
    server: FolderServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """And nothing is said on stderr."""

    def refuse(_: Path) -> Iterator[Path]:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert Answer(server, "/names/").status == 404
    assert capfd.readouterr().err == ""


def test_the_body_of_a_request_is_no_request(server: FolderServer) -> None:
    """A connection ends behind a request that has one: nobody reads it."""
    host = f"Host: {server.names()[0]}\r\n"
    inner = f"GET /media/a.mp4 HTTP/1.1\r\n{host}\r\n"
    outer = f"GET /media/empty.mp4 HTTP/1.1\r\n{host}Content-Length: {len(inner)}\r\n\r\n{inner}"
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(outer.encode())
        answers = b""
        with contextlib.suppress(ConnectionResetError):  # something was left unread
            while part := connection.recv(65536):
                answers += part
    assert answers.count(b"HTTP/1.1 ") == 1


def test_the_usual_port_of_the_web_is_not_named(server: FolderServer) -> None:
    """A browser leaves it out of Host."""
    server.server_address = ("127.0.0.1", 80)
    assert {"127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"} == {*server.names()}


def test_no_page_of_a_stranger_frames_it(server: FolderServer) -> None:
    """Else it could lure clicks."""
    assert Answer(server, "/").headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_folder_without_its_slash_is_elsewhere(server: FolderServer) -> None:
    """So that what a page names beside it is found."""
    answer = Answer(server, "/media")
    assert (answer.status, answer.headers["Location"]) == (301, "/media/")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""]
)
def test_only_those_who_name_this_server_are_answered(server: FolderServer, host: str) -> None:
    """A page of a stranger could have its own name lead here."""
    assert Answer(server, "/", Host=host).status == 421


def test_other_methods_are_none(server: FolderServer) -> None:
    """Nothing can be written."""
    assert Answer(server, "/index.html", "PUT").status == 501


def test_it_listens_on_loopback_only(server: FolderServer) -> None:
    """No neighbour can ask."""
    assert server.server_address[0] == "127.0.0.1"
    assert server.address.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    """One line that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ParameterError, match=f"port {port} cannot be used: .*--port 0"):
            FolderServer(folder, port)


def test_a_folder_that_is_none_is_told(folder: Path) -> None:
    """Before a port is taken."""
    with pytest.raises(ParameterError, match="no such folder"):
        FolderServer(folder / "index.html", 0)


def test_the_command_says_where_and_ends_with_130(folder: Path) -> None:
    """Ctrl-C is how one ends it; there is no traceback."""
    command = [sys.executable, "-m", "timeline", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        first = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", first)
        assert address
        connection = http.client.HTTPConnection("127.0.0.1", int(address[1]), timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert "Traceback" not in process.stderr.read()
