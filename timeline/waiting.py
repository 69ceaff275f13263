"""Waiting for work in other threads, so that a signal is heard meanwhile.

Python runs what a signal calls in its main thread, between two steps of it. A signal that comes just before
that thread falls asleep on a lock, or that the system gives to another thread, does not wake it: an interrupt
would be heard when the work is done. So nobody sleeps for long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

NAP_S = 0.3
"""So long a signal may go unheard."""

T = TypeVar("T")


def first_done(futures: Collection[Future[T]]) -> set[Future[T]]:
    """Return those of *futures* that are done, when at least one is; none where there are none."""
    done: set[Future[T]] = set()
    while futures and not done:
        done = wait(futures, timeout=NAP_S, return_when=FIRST_COMPLETED).done
    return done


def as_done(futures: Collection[Future[T]]) -> Iterator[Future[T]]:
    """Yield each of *futures* when it is done."""
    left = set(futures)
    while left:
        done = first_done(left)
        left -= done
        yield from done
