"""A signal is heard while work goes on in other threads, whichever thread the system gives it to."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CAMERA, Lesson
from timeline.waiting import as_done, first_done

LONG_S = 30.0
SOON_S = 10.0


class Heard(Exception):
    """What the signal's handler raises, in the main thread."""


@pytest.fixture
def sign(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A function that gives the thread that calls it a signal which is the main thread's to handle."""

    def handle(*_: object) -> None:
        raise Heard

    before = signal.signal(signal.SIGUSR1, handle)
    yield lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("waiting", [first_done, lambda futures: list(as_done(futures))], ids=["one", "all"])
def test_a_signal_that_another_thread_takes_ends_the_waiting(
    sign: Callable[[], None], waiting: Callable[[set[Future[None]]], object]
) -> None:
    """Long before the work is done."""
    over = threading.Event()

    def work() -> None:
        time.sleep(0.2)  # until then the other thread sleeps
        sign()
        over.wait(LONG_S)

    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            with pytest.raises(Heard):
                waiting({future})
        finally:
            over.set()

    assert time.monotonic() - began < SOON_S


def test_a_render_hears_it_and_stops_its_ffmpegs(
    sign: Callable[[], None], lesson: Lesson, fake_ffmpeg: Callable[[str], Path]
) -> None:
    """The signal comes with the first frames, and the ffmpeg would go on for long."""
    lesson.add(CAMERA, "amy", 0, 2000)
    fake = fake_ffmpeg(f"print('frame=20', flush=True); time.sleep({LONG_S})")
    signs = iter([sign])

    def progress(_: object) -> None:
        for first in signs:
            time.sleep(0.2)
            first()

    began = time.monotonic()
    with pytest.raises(Heard):
        lesson.render(ffmpeg=fake, progress=progress)

    assert time.monotonic() - began < SOON_S


def test_each_is_given_when_it_is_done() -> None:
    """The quick one first; a failure is the caller's to look at."""
    over = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        slow, quick = pool.submit(over.wait, LONG_S), pool.submit("".index, "x")
        found: Iterator[Future[Any]] = as_done([slow, quick])
        assert next(found) is quick
        over.set()
        assert next(found) is slow
    assert isinstance(quick.exception(), ValueError)
    assert list(as_done([])) == []
    assert first_done([]) == set()
