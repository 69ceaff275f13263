"""From a result's urls to files in a folder: downloaded once, kept by content, found again."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.builders import lesson, row
from tests.commands import run_process
from tests.conftest import Cli
from timeline.errors import DiskError, ParameterError
from timeline.media import fetch as fetching
from timeline.media.address import Policy
from timeline.media.examine import examine_media
from timeline.media.fetch import FetchProgress, fetch_media
from timeline.media.locate import locate_media
from timeline.media.shelf import lay_out, make_folder
from timeline.media.store import MediaStore, default_cache, reference_key
from timeline.model import MediaReference, Timeline

MEDIA = Path(__file__).parent.parent / "sample_results" / "lesson" / "media"
FILES = sorted(MEDIA.glob("*.mp4"))[:3]


@dataclass
class Server:
    """A file server on loopback that remembers what it was asked."""

    root: Path
    asked: list[str] = field(default_factory=list)
    host: str = ""

    def url(self, name: str) -> str:
        return f"http://{self.host}/{name}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Three real media files and a page that is none."""
    root = tmp_path / "www"
    root.mkdir()
    for path in FILES:
        shutil.copy(path, root)
    (root / "page.mp4").write_text("<html>please log in</html>")
    state = Server(root)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            super().do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=root)
    ) as served:
        state.host = f"127.0.0.1:{served.server_port}"
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield state
        served.shutdown()
        thread.join()


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    """An empty store."""
    return MediaStore(tmp_path / "cache")


def file_row(server: Server, path: Path, start_ms: int = 0, **fields: Any) -> dict[str, Any]:
    """Return the row of a served file."""
    size_bytes = path.stat().st_size
    return row("amy", start_ms, 5000, video_url=server.url(path.name), video_size=size_bytes, **fields)


def class_of(server: Server) -> Timeline:
    """Return a lesson of the three files."""
    return lesson(*(file_row(server, path, 5000 * n, video_id=f"v{n}") for n, path in enumerate(FILES)))


def fetched(read: Timeline, store: MediaStore, server: Server, **options: Any) -> fetching.FetchReport:
    """Return what a fetch brought from the server."""
    return fetch_media(read, store, policy=Policy(frozenset({server.host})), **options)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_file_arrives_whole(server: Server, store: MediaStore) -> None:
    """Byte for byte, named by its content."""
    report = fetched(class_of(server), store, server)

    assert [digest(path) for path in report.paths.values()] == [digest(path) for path in FILES]
    assert [path.name for path in report.paths.values()] == [digest(path) for path in FILES]
    assert (report.fetched, report.findings) == ((0, 1, 2), ())


def test_what_is_there_is_not_asked_for_again(server: Server, store: MediaStore) -> None:
    """A second run reads nothing from the network."""
    first = fetched(class_of(server), store, server)
    server.asked.clear()

    again = fetched(class_of(server), store, server)

    assert (again.paths, again.fetched, server.asked) == (first.paths, (), [])


def test_another_signature_is_the_same_file(server: Server, store: MediaStore) -> None:
    """The query of a url changes from day to day; an id says that it is the same file."""
    path = FILES[0]
    fetched(lesson(file_row(server, path, video_id="7")), store, server)
    server.asked.clear()
    url = f"{server.url(path.name)}?sign=tomorrow"

    report = fetched(lesson(file_row(server, path, video_id="7") | {"video_url": url}), store, server)

    assert (report.fetched, server.asked) == ((), [])


def test_a_file_that_cannot_be_had_costs_a_finding(server: Server, store: MediaStore) -> None:
    """The others arrive."""
    gone = row("bo", 0, 5000, video_url=server.url("gone.mp4?sign=secret"), video_size=5)

    report = fetched(lesson(file_row(server, FILES[0]), gone), store, server)

    assert list(report.paths) == [0]
    assert [(item.code, item.where) for item in report.findings] == [("media_unfetched", "file 1")]
    assert "secret" not in report.findings[0].message


def test_a_page_is_no_media(server: Server, store: MediaStore) -> None:
    """A server that asks to log in says 200; what it sent is not kept."""
    size_bytes = (server.root / "page.mp4").stat().st_size
    page = row("amy", 0, 5000, video_url=server.url("page.mp4"), video_size=size_bytes)

    report = fetched(lesson(page), store, server)

    assert report.paths == {}
    assert "the server sends no video" in report.findings[0].message
    assert not list((store.folder / "parts").glob("*.part"))


def test_a_row_without_a_url_is_told(server: Server, store: MediaStore) -> None:
    """Its file cannot be asked for."""
    report = fetched(lesson(row("amy", video_url="")), store, server)

    assert "no url" in report.findings[0].message


def test_this_machine_is_not_asked_unless_allowed(server: Server, store: MediaStore) -> None:
    """A result's url may not lead here by itself."""
    report = fetch_media(lesson(file_row(server, FILES[0])), store)

    assert (report.paths, server.asked) == ({}, [])
    assert [item.code for item in report.findings] == ["media_unfetched"]


def test_progress_tells_of_every_file(server: Server, store: MediaStore) -> None:
    """Each is over once, and its bytes only grow."""
    told: list[FetchProgress] = []

    fetched(class_of(server), store, server, progress=told.append)

    assert sorted(item.position for item in told if item.is_over) == [0, 1, 2]
    for position, path in enumerate(FILES):
        bytes_told = [item.done_bytes for item in told if item.position == position and not item.is_over]
        assert bytes_told == sorted(bytes_told)
        assert bytes_told[-1] == path.stat().st_size


def test_a_disk_that_is_too_small_is_told_before_anything_is_asked(
    server: Server, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is half fetched for want of space."""
    monkeypatch.setattr(fetching, "SPARE_BYTES", 1 << 60)

    with pytest.raises(DiskError, match="bytes of the lesson are more than the 0 that may be used"):
        fetched(class_of(server), store, server)
    assert server.asked == []


def test_a_file_for_which_there_is_never_room_costs_a_finding(server: Server, store: MediaStore) -> None:
    """A declared size is a stranger's number; the others arrive."""
    absurd = row("bo", 0, 5000, video_url=server.url("gone.mp4"), video_size=10**15)

    report = fetched(lesson(file_row(server, FILES[0]), absurd), store, server)

    assert list(report.paths) == [0]
    assert "bytes are more than the" in report.findings[0].message


def test_what_is_there_in_part_needs_no_room(
    server: Server, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rerun on a nearly full disk."""
    read = lesson(file_row(server, FILES[0]))
    size_bytes = FILES[0].stat().st_size
    part = store.folder / "parts" / f"{reference_key(read.tracks[0].clips[0].media)}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(size_bytes - 10))
    free = fetching.SPARE_BYTES + 10
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, free))

    assert list(fetched(read, store, server).paths) == [0]


def test_a_full_disk_ends_the_fetch_though_others_are_still_waited_for(
    server: Server, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, not in the order of the list."""

    def download(url: str, part: Path, *, stop: threading.Event, **_: Any) -> None:
        if url.endswith(FILES[0].name):
            assert stop.wait(20)
        raise DiskError("full")

    monkeypatch.setattr(fetching, "download", download)
    began_s = time.monotonic()

    with pytest.raises(DiskError, match="full"):
        fetched(class_of(server), store, server)
    assert time.monotonic() - began_s < 10


def test_a_file_that_was_taken_leniently_is_not_taken_strictly(server: Server, store: MediaStore) -> None:
    """Nor the other way round asked for again."""
    read = lesson(file_row(server, FILES[0]) | {"video_size": 5})

    assert fetched(read, store, server, lenient_size=True).fetched == (0,)
    assert fetched(read, store, server, lenient_size=True).fetched == ()
    assert [item.code for item in fetched(read, store, server).findings] == ["media_unfetched"]


def test_files_of_the_users_folder_are_not_asked_for(server: Server, store: MediaStore) -> None:
    """Missing is what is neither there nor in the store."""
    report = fetched(class_of(server), store, server, folder=MEDIA)

    assert (report.paths, server.asked) == (dict(enumerate(FILES)), [])


def test_a_wait_for_another_run_is_told_and_can_be_ended(server: Server, store: MediaStore) -> None:
    """Whoever holds the file may hold it for ever."""
    read = lesson(file_row(server, FILES[0]))
    told: list[FetchProgress] = []

    def tell(progress: FetchProgress) -> None:
        told.append(progress)
        if progress.waits_for:
            raise KeyboardInterrupt

    with store.part(read.tracks[0].clips[0].media, lambda: None), pytest.raises(KeyboardInterrupt):
        fetched(read, store, server, progress=tell)
    assert told[0].waits_for == "another run that is fetching it"


class TestFolder:
    def test_the_files_lie_under_names_of_our_own(
        self, server: Server, store: MediaStore, tmp_path: Path
    ) -> None:
        """Nothing of a result is a file name; an index says which is which."""
        read = class_of(server)
        folder = tmp_path / "media"

        lay_out(read, fetched(read, store, server), folder)

        names = [f"{n:04d}_{digest(path)[:16]}.mp4" for n, path in enumerate(FILES)]
        assert sorted(path.name for path in folder.iterdir()) == [*names, "media.json"]
        index = json.loads((folder / "media.json").read_text(encoding="utf-8"))
        assert [entry["file"] for entry in index["files"]] == names

    def test_they_are_found_there(self, server: Server, store: MediaStore, tmp_path: Path) -> None:
        """By the index, without the store."""
        read = class_of(server)
        lay_out(read, fetched(read, store, server), tmp_path / "media")

        located = locate_media(read, tmp_path / "media")

        assert [digest(located.paths[n]) for n in range(3)] == [digest(path) for path in FILES]
        assert located.missing == ()

    def test_a_broken_index_is_no_index(self, tmp_path: Path) -> None:
        """Files are looked for as in any folder."""
        for text in (
            "",
            "[]",
            '{"files": 5}',
            '{"files": [{}]}',
            '{"files": [{"key": "x", "file": "../x"}]}',
        ):
            (tmp_path / "media.json").write_text(text)

            assert locate_media(lesson(row("amy")), tmp_path).paths == {}

    def test_what_the_folder_lacks_is_found_in_the_store(
        self, server: Server, store: MediaStore, tmp_path: Path
    ) -> None:
        """The folder goes first."""
        read = class_of(server)
        report = fetched(read, store, server)
        mine = tmp_path / "mine"
        mine.mkdir()
        shutil.copy(FILES[1], mine)

        located = locate_media(read, mine, store)

        assert located.paths == {0: report.paths[0], 1: mine / FILES[1].name, 2: report.paths[2]}

    def test_a_second_layout_changes_nothing(self, server: Server, store: MediaStore, tmp_path: Path) -> None:
        """What is there stays."""
        read = class_of(server)
        report = fetched(read, store, server)
        folder = tmp_path / "media"
        lay_out(read, report, folder)
        before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.mp4")}

        lay_out(read, report, folder)

        assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.mp4")} == before

    def test_a_file_that_was_changed_is_put_right(
        self, server: Server, store: MediaStore, tmp_path: Path
    ) -> None:
        """In the folder, and in the store."""
        read = class_of(server)
        folder = tmp_path / "media"
        lay_out(read, fetched(read, store, server), folder)
        first, second, _ = sorted(folder.glob("*.mp4"))
        first.unlink()
        first.write_bytes(b"junk")
        second.chmod(0o600)
        os.truncate(second, 1000)  # one with the file of the store

        lay_out(read, fetched(read, store, server), folder)

        assert [digest(path) for path in sorted(folder.glob("*.mp4"))] == [digest(path) for path in FILES]

    def test_a_copy_is_made_once_where_links_are_not_possible(
        self, server: Server, store: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And again only where it was changed."""

        def no_link(*_: object) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", no_link)
        read = class_of(server)
        report = fetched(read, store, server)
        folder = tmp_path / "media"
        lay_out(read, report, folder)
        copies = sorted(folder.glob("*.mp4"))
        inodes = [path.stat().st_ino for path in copies]
        lay_out(read, report, folder)
        assert [path.stat().st_ino for path in copies] == inodes
        copies[0].write_bytes(b"junk")
        lay_out(read, report, folder)
        assert [digest(path) for path in copies] == [digest(path) for path in FILES]

    def test_a_folder_may_hold_several_lessons(
        self, server: Server, store: MediaStore, tmp_path: Path
    ) -> None:
        """What the index says of files that are there is kept, also where nothing can be had any more."""
        one, other = lesson(file_row(server, FILES[0])), lesson(file_row(server, FILES[1]))
        folder = tmp_path / "media"
        for read in (one, other):
            lay_out(read, fetched(read, store, server), folder)
        lay_out(one, fetching.FetchReport({}, (), ()), folder)

        for read, path in ((one, FILES[0]), (other, FILES[1])):
            assert digest(locate_media(read, folder).paths[0]) == digest(path)
        next(folder.glob("0000_*.mp4")).unlink()
        lay_out(one, fetching.FetchReport({}, (), ()), folder)
        assert len(json.loads((folder / "media.json").read_text())["files"]) == 1

    @pytest.mark.parametrize("text", ["", "{}", '{"format": "mine", "files": []}'])
    def test_an_index_of_somebody_else_is_not_replaced(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "media.json").write_text(text)

        with pytest.raises(ParameterError, match="was not written by a fetch"):
            make_folder(tmp_path)
        assert (tmp_path / "media.json").read_text() == text

    def test_the_index_holds_no_secret(self, server: Server, store: MediaStore, tmp_path: Path) -> None:
        """The query of a url is a key to the file."""
        url = server.url(f"{FILES[0].name}?sign=secret")
        read = lesson(file_row(server, FILES[0]) | {"video_url": url})
        lay_out(read, fetched(read, store, server), tmp_path / "media")

        assert "secret" not in (tmp_path / "media" / "media.json").read_text()


class TestStore:
    @pytest.mark.parametrize("is_told_by_time", [True, False])
    def test_a_file_that_was_changed_is_fetched_again(
        self, server: Server, store: MediaStore, is_told_by_time: bool
    ) -> None:
        """A flipped byte, or a head that is no media's though the time was put back."""
        read = lesson(file_row(server, FILES[0]))
        path = fetched(read, store, server).paths[0]
        before = path.stat()
        path.chmod(0o600)
        with path.open("r+b") as file:
            file.seek(5000 if is_told_by_time else 0)
            file.write(bytes(4096))
        if not is_told_by_time:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        again = fetched(read, store, server)

        assert (again.fetched, again.findings) == ((0,), ())
        assert digest(again.paths[0]) == digest(FILES[0])

    def test_a_copied_store_is_as_good(self, server: Server, store: MediaStore, tmp_path: Path) -> None:
        """Its times are others, its content is the same; it is looked at once."""
        read = lesson(file_row(server, FILES[0]))
        fetched(read, store, server)
        shutil.copytree(store.folder, tmp_path / "copy", copy_function=shutil.copyfile)
        copy = MediaStore(tmp_path / "copy")
        media = read.tracks[0].clips[0].media

        path = copy.find(media)

        assert path is not None
        assert digest(path) == digest(FILES[0])
        index = json.loads(next((copy.folder / "index").iterdir()).read_text())
        assert index["mtime_ns"] == path.stat().st_mtime_ns

    def test_a_file_that_was_cut_is_not_found(self, server: Server, store: MediaStore) -> None:
        """Its size is looked at each time."""
        read = lesson(file_row(server, FILES[0]))
        path = fetched(read, store, server).paths[0]
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1])

        assert store.find(read.tracks[0].clips[0].media) is None

    def test_a_broken_index_is_an_empty_one(self, server: Server, store: MediaStore) -> None:
        """The file is fetched again."""
        read = lesson(file_row(server, FILES[0]))
        fetched(read, store, server)
        for entry in (store.folder / "index").iterdir():
            entry.write_text('{"sha256": "../../../etc/passwd", "size_bytes": 5}')

        assert fetched(read, store, server).fetched == (0,)

    def test_equal_ids_with_other_content_are_kept_apart(self, server: Server, store: MediaStore) -> None:
        """The key holds url and size too."""
        rows = [file_row(server, path, 5000 * n, video_id="same") for n, path in enumerate(FILES)]

        report = fetched(lesson(*rows), store, server)

        assert len(set(report.paths.values())) == 3

    def test_the_cache_folder_is_the_users(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """XDG_CACHE_HOME where it is set, and absolute."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_cache() == tmp_path / "timeline"
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert default_cache() == tmp_path / "home" / ".cache" / "timeline"

    def test_a_key_is_made_of_all_that_a_result_says(self) -> None:
        """Url without its query, id and size."""
        one = MediaReference("http://a.example/x.mp4?s=1", "7", "video/mp4", 5, 1000, 0)
        others = [
            one._replace(url="http://a.example/y.mp4"),
            one._replace(video_id="8"),
            one._replace(size_bytes=6),
        ]

        assert reference_key(one) == reference_key(one._replace(url="http://a.example/x.mp4?s=2#f"))
        assert reference_key(one) not in {reference_key(other) for other in others}

    def test_without_an_id_the_query_belongs_to_the_key(self) -> None:
        """get?id=0 and get?id=1 are two files."""
        one = MediaReference("http://a.example/get?id=0", None, "video/mp4", None, 1000, 0)

        assert reference_key(one) != reference_key(one._replace(url="http://a.example/get?id=1"))
        assert reference_key(one) == reference_key(one._replace(url="http://a.example/get?id=0#f"))


def test_facts_of_a_fetched_file_are_kept_by_content(
    server: Server, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the store is probed once, whatever lesson it belongs to."""
    read = class_of(server)
    fetched(read, store, server)
    first = examine_media(read, None, store)
    monkeypatch.setattr("timeline.media.examine.probe_media", None)

    assert examine_media(read, None, store) == first


def test_broken_facts_are_found_out_again(server: Server, store: MediaStore) -> None:
    """Whatever somebody wrote there."""
    read = class_of(server)
    fetched(read, store, server)
    first = examine_media(read, None, store)
    for path in (store.folder / "facts").iterdir():
        path.write_text('{"version": 0}')

    assert examine_media(read, None, store) == first


class TestCommand:
    def result(self, server: Server, folder: Path, *rows: dict[str, Any]) -> Path:
        path = folder / "result.json"
        path.write_text(json.dumps({"video_info": list(rows)}), encoding="utf-8")
        return path

    def test_fetch_fills_a_folder(self, server: Server, tmp_path: Path) -> None:
        """Stdout stays empty; the last line says what came."""
        rows = [file_row(server, file, 5000 * n) for n, file in enumerate(FILES)]
        path = self.result(server, tmp_path, *rows)

        answer = run_process(
            "fetch", path, "-o", tmp_path / "m", "--cache", tmp_path / "c", "--allow-host", server.host
        )

        assert (answer.returncode, answer.stdout) == (0, b"")
        assert answer.stderr.decode().splitlines()[-1] == f"{tmp_path / 'm'}: 3 files, 3 downloaded now"
        assert len(list((tmp_path / "m").glob("*.mp4"))) == 3

    def test_what_cannot_be_had_ends_with_5(self, cli: Cli, server: Server, tmp_path: Path) -> None:
        """The rest is there, and the reason is told."""
        gone = row("bo", 0, 5000, video_url=server.url("gone.mp4"), video_size=5)
        path = self.result(server, tmp_path, file_row(server, FILES[0]), gone)

        answer = cli(
            "fetch", path, "-o", tmp_path / "m", "--cache", tmp_path / "c", "--allow-host", server.host
        )

        assert answer.status == 5
        assert "error: file 1: " in answer.err
        assert "Traceback" not in answer.err
        assert len(list((tmp_path / "m").glob("*.mp4"))) == 1

    def test_render_fetches_first(self, cli: Cli, server: Server, tmp_path: Path) -> None:
        """With --fetch no media folder is needed."""
        path = self.result(server, tmp_path, file_row(server, FILES[0]))

        answer = cli(
            "render",
            path,
            *("-o", tmp_path / "out.mp4", "--fetch", "--cache", tmp_path / "c"),
            *("--allow-host", server.host, "--end", "2", "--size", "320x180"),
        )

        assert answer.status == 0, answer.err
        assert (tmp_path / "out.mp4").stat().st_size > 1000

    def test_probe_tells_what_is_in_a_file(self, cli: Cli) -> None:
        """In words, and as JSON."""
        said = cli("probe", FILES[0])
        told = json.loads(cli("probe", "--json", FILES[0]).out)

        assert said.status == 0
        assert said.out.splitlines()[1].startswith("  picture: h264 ")
        assert told[0]["file"] == str(FILES[0])
        assert told[0]["picture"]["codec"] == "h264"

    def test_probe_ends_with_1_where_a_file_is_no_media(self, cli: Cli, tmp_path: Path) -> None:
        """The others are told all the same."""
        (tmp_path / "page.mp4").write_text("<html>")

        answer = cli("probe", tmp_path / "page.mp4", FILES[0])

        assert answer.status == 1
        assert "is neither mp4" in answer.err
        assert "picture: h264" in answer.out
