"""What is let in, and that no hostile file makes anything else be opened."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from tests.conftest import Studio
from tests.hostile_media import make_hostile_media
from timeline.errors import MediaUnreadableError
from timeline.media import gate, probe
from timeline.media.facts import MediaFacts
from timeline.media.gate import DEMUXERS, sniff_demuxer

HEADS = {
    b"\x00\x00\x00\x18ftypisom": "mov",
    b"\x00\x00\x00\x08moov1234": "mov",
    b"\x00\x00\x00\x08mdat1234": "mov",
    b"\x00\x00\x00\x08wide1234": "mov",
    b"\x00\x00\x00\x08free1234": "mov",
    b"\x00\x00\x00\x08skip1234": "mov",
    b"\x1a\x45\xdf\xa3\x93": "matroska",
    b"FLV\x01\x05\x00": "flv",
    b"ID3\x04\x00": "mp3",
    b"\xff\xfb\x90\x00": "mp3",
    b"\xff\xf3\x90\x00": "mp3",
}


@pytest.fixture(scope="module")
def hostile(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The corpus."""
    from timeline.media.ffmpeg import find_ffmpeg

    healthy = studio.file(duration_ms=3000, code=1)
    return make_hostile_media(tmp_path_factory.mktemp("hostile"), healthy, Path(find_ffmpeg().path))


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[probe._Children]:
    """Children of this test's own."""
    own = probe._Children()
    monkeypatch.setattr(probe, "_CHILDREN", own)
    yield own
    own.end_idle()


@pytest.mark.parametrize("head", sorted(HEADS))
def test_a_container_is_known_by_its_first_bytes(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(head + b"\x00" * 40)
    assert sniff_demuxer(tmp_path / "a.txt") == HEADS[head]


@pytest.mark.parametrize(
    "head", [b"\x00", b"\xff", b"ID", b"abcdefg", b"\x1a\x45\xdf", b"FLV\x02\x05", b"\xff\xf1\x50", b"G"]
)  # fmt: skip
def test_all_else_is_not_a_video(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(head)
    with pytest.raises(MediaUnreadableError, match=re.escape(str(path))) as caught:
        sniff_demuxer(path)
    assert caught.value.reason == "not a video"


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """Nobody writes into it: to open it would wait forever."""
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(MediaUnreadableError) as caught:
        sniff_demuxer(tmp_path / "a.mp4")
    assert caught.value.reason == "cannot be opened"


@pytest.mark.parametrize("name", ["/dev/null", "/dev/zero", "/", "a\x00b", "/proc/self/mem/x"])
def test_what_is_no_plain_file_is_refused(name: str) -> None:
    """A device, a folder, no name at all."""
    handles = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    with pytest.raises(MediaUnreadableError) as caught:
        sniff_demuxer(Path(name))
    assert caught.value.reason == "cannot be opened"
    assert sys.platform != "linux" or len(os.listdir("/proc/self/fd")) == handles


def test_limits() -> None:
    """At the limit it passes, one above it does not."""
    gate.check_streams(16)
    gate.check_picture(7680, 4320)
    gate.check_rate(240)
    gate.check_length(86_400_000)
    gate.check_codec("h264", gate.VIDEO_CODECS)
    refused: dict[str, Callable[[], None]] = {
        "too many streams": lambda: gate.check_streams(17),
        "picture too large": lambda: gate.check_picture(7681, 4320),
        "too many pictures": lambda: gate.check_rate(241),
        "longer than 24 hours": lambda: gate.check_length(86_400_001),
        "codec magicyuv": lambda: gate.check_codec("magicyuv", gate.VIDEO_CODECS),
        "codec unknown": lambda: gate.check_codec("", gate.VIDEO_CODECS),
    }
    for reason, check in refused.items():
        with pytest.raises(MediaUnreadableError) as caught:
            check()
        assert caught.value.reason == reason


def test_a_codec_of_the_list_is_known_to_pyav() -> None:
    """By the names of its decoders; those of libraries may be missing from a build."""
    known = av.codec.codecs_available
    assert {"h264", "hevc", "mpeg4", "vp8", "vp9"} <= gate.VIDEO_CODECS & known
    assert {"aac", "mp3float", "opus", "vorbis"} <= gate.AUDIO_CODECS & known


def test_the_corpus_is_large_enough(hostile: dict[str, Path]) -> None:
    assert len(hostile) >= 45
    assert all(path.is_file() for path in hostile.values())


USABLE = {"flipped", "flipped_index", "mp3_marks_only", "endless_tables", "many_pixels"}
"""These may be media that are damaged; all others are refused."""
REASONS = {
    "magicyuv": "codec magicyuv",
    "many_streams": "too many streams",
    "two_days": "longer than 24 hours",
    "many_real_pixels": "picture too large",
    "empty": "file is empty",
    "no_index": "file is damaged",
    "zip": "not a video",
    "svg": "not a video",
    "html": "not a video",
    "dash_empty": "not a video",
    "hls_itself": "not a video",
    "sdp": "not a video",
    "marked_mov": "file is damaged",
}


def refusal(path: Path) -> tuple[str, str]:
    """Return message and reason of a refusal; empty ones for usable media."""
    try:
        assert isinstance(probe.probe_media(path), MediaFacts)
    except MediaUnreadableError as error:
        return str(error), error.reason
    return "", ""


def test_every_hostile_file_is_refused_with_one_line(hostile: dict[str, Path]) -> None:
    """And soon; none of them brings the child down."""
    began = time.monotonic()
    for name, path in hostile.items():
        if name == "foreign_reference":  # it holds all that it needs
            continue
        message, reason = refusal(path)
        if not message:
            assert name in USABLE, name
            continue
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert reason == REASONS.get(name, reason), name
        assert reason != "probe crashed", (name, message)
    assert time.monotonic() - began < 15


def opened(trace: Path) -> tuple[set[str], list[str]]:
    """Return the files that a trace shows being opened, and its lines about sockets."""
    text = trace.read_text(errors="replace")
    names = re.findall(r'\bopen(?:at)?\((?:AT_FDCWD, )?"([^"]*)"', text)
    return set(names), [line for line in text.splitlines() if re.search(r"\b(socket|connect|bind)\(", line)]


def is_python(name: str) -> bool:
    """Return whether a file belongs to Python, to its libraries, to the system's libraries, or to us."""
    places = [
        *sysconfig.get_paths().values(),
        sys.prefix,
        sys.base_prefix,
        str(Path(gate.__file__).parents[1]),
    ]
    places += [
        str(Path(av.__file__).parents[1]),
        "/lib",
        "/usr/lib",
        "/usr/local/lib",
        "/etc/ld.so",
        "/dev/null",
    ]
    places += [
        "/etc/localtime",
        "/usr/share/locale",
        "/usr/share/zoneinfo",
        "/sys/devices/system/cpu",
        "/proc/self",
        "/proc/sys/vm/overcommit_memory",  # glibc asks before it gives memory of a thread back
    ]
    return any(name == place or name.startswith(place.rstrip("/") + "/") for place in places) or (
        name.startswith(("/lib", "/etc/ld.so"))
    )


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace; ci.yml installs it")
def test_no_hostile_file_makes_another_be_opened(
    hostile: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, children: probe._Children
) -> None:
    """Each file, with each of the four readers forced onto it, and no look at its first bytes before."""
    traces: list[Path] = []
    real = probe.child_command

    def traced() -> list[str]:
        traces.append(tmp_path / f"trace{len(traces)}")
        flags = ["-D", "-f", "-qq", "-s", "4096", "-e", "trace=open,openat,openat2,socket,connect,bind"]
        return ["strace", *flags, "-o", str(traces[-1]), *real()]

    monkeypatch.setattr(probe, "child_command", traced)
    monkeypatch.setattr(probe, "FILES_PER_CHILD", 10_000)
    for path in hostile.values():
        for demuxer in DEMUXERS:
            assert isinstance(children.ask(path, demuxer, 60), MediaFacts | probe._Refusal)
    children.end_idle()
    time.sleep(0.2)
    assert len(traces) == 1
    names, sockets = opened(traces[0])
    asked = {str(path) for path in hostile.values()}
    assert asked <= names
    assert {name for name in names - asked if not is_python(name)} == set()
    assert sockets == []


def test_a_foreign_reference_is_not_followed(hostile: dict[str, Path]) -> None:
    """The samples are read from the file itself, or not at all."""
    try:
        facts = probe.probe_media(hostile["foreign_reference"])
    except MediaUnreadableError:
        return
    assert facts.path == hostile["foreign_reference"]


def test_the_corpus_by_four_threads(hostile: dict[str, Path]) -> None:
    """Each gets the answer for its own file."""
    wrong: list[str] = []

    def work(paths: list[Path]) -> None:
        for path in paths:
            try:
                if probe.probe_media(path).path != path:
                    wrong.append(str(path))
            except MediaUnreadableError as error:
                if not str(error).startswith(f"{path}: "):
                    wrong.append(str(error))

    paths = list(hostile.values())
    threads = [threading.Thread(target=work, args=(paths[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert wrong == []
