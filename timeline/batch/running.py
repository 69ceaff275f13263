"""Work on many items, over any executor of the standard library's kind: bounded, and errors are values.

An executor's own `map` takes all items at once, and Dask's ignores the size of chunks. So items are cut into
chunks here, and only so many chunks are under way as keep the workers busy. Nothing but ``submit`` and `wait`
is asked of an executor, with positional arguments, since Dask takes keywords for its own.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from timeline.errors import ParameterError
from timeline.waiting import first_done

Item = TypeVar("Item")
Value = TypeVar("Value")

CHUNK = 64
"""Items in one task: as many as hide what a task costs, few enough to lose little with a worker."""
_USUAL_WINDOW = 32
_MOST_NAMED = 100
_Raw = tuple[bool, Any, str, str, float]


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Value]):
    """What came of one item.

    Attributes:
        item: The item.
        value: What the function gave; None where it failed.
        error_type: Name of the exception's class; None where all is well.
        message: What the exception says.
        traceback_text: Where it came from, for a log.
        seconds: How long the function took.
    """

    item: Item
    value: Value | None
    error_type: str | None = None
    message: str = ""
    traceback_text: str = ""
    seconds: float = 0.0

    @property
    def is_fine(self) -> bool:
        """Whether the function gave a value."""
        return self.error_type is None


def run(
    items: Iterable[Item],
    function: Callable[[Item], Value],
    *,
    executor: Executor | Callable[[], Executor] | None = None,
    chunk: int = CHUNK,
    window: int | None = None,
    ordered: bool = False,
) -> Iterator[Outcome[Item, Value]]:
    """Give the outcome of *function* for each item, as they are done.

    An exception of the function is an outcome and never the end. Where a worker dies, the items it had are
    tried once more, each alone; an item under which a worker dies then is an outcome with the executor's
    error. Each item has exactly one outcome, but the function may have run more than once for it: its outputs
    should appear whole or not at all.

    Args:
        items: What to work on; read as work goes on, so it may be endless.
        function: Called with one item. For processes and clusters: of a module, and its items and values
            small (paths and numbers, not media).
        executor: Anything with ``submit`` and real futures: the standard library's pools, loky's, or Dask's
            ``client.get_executor(pure=False)`` (without it equal items are worked on once). A function that
            makes one is asked for another where a pool is broken for good, as the standard library's is
            once a worker died; what it made is shut down at the end. None works here.
        chunk: Items in one task.
        window: Tasks under way at most; twice the workers by default, 32 where their number is not known.
        ordered: Whether outcomes come in the order of the items; one that is slow then holds up the others.

    Raises:
        ParameterError: *chunk* or *window* is less than 1.
        BrokenExecutor: An executor of yours takes no more work; its note says which items were under way.

    Example:
        >>> [(outcome.item, outcome.value, outcome.error_type) for outcome in run([2, 0], lambda n: 6 // n)]
        [(2, 3, None), (0, None, 'ZeroDivisionError')]
    """
    if chunk < 1 or (window is not None and window < 1):
        raise ParameterError("chunk and window must be at least 1")
    if executor is None:
        return _here(items, function)
    return _Work(items, function, executor, chunk, window).outcomes(ordered)


def _here(items: Iterable[Item], function: Callable[[Item], Value]) -> Iterator[Outcome[Item, Value]]:
    for item in items:
        yield _outcome(item, _tried(function, item))


def _window(executor: Executor) -> int:
    workers = getattr(executor, "_max_workers", None)
    return 2 * workers if isinstance(workers, int) and workers > 0 else _USUAL_WINDOW


@dataclass(slots=True)
class _Task:
    """A chunk under way.

    Attributes:
        first: Number of its first item.
        items: Its items.
        is_alone: Whether it is one item that a worker died under before.
    """

    first: int
    items: Sequence[Any]
    is_alone: bool = False


class _Work(Generic[Item, Value]):
    """All tasks of one run."""

    def __init__(
        self,
        items: Iterable[Item],
        function: Callable[[Item], Value],
        executor: Executor | Callable[[], Executor],
        chunk: int,
        window: int | None,
    ) -> None:
        self._source = iter(items)
        self._function = function
        self._make = None if isinstance(executor, Executor) else executor
        self._executor = executor if isinstance(executor, Executor) else executor()
        self._chunk = chunk
        self._window = window or _window(self._executor)
        self._read = 0
        self._suspects: deque[_Task] = deque()
        self._under_way: dict[Future[list[_Raw]], _Task] = {}

    def outcomes(self, ordered: bool) -> Iterator[Outcome[Item, Value]]:
        early: dict[int, Outcome[Item, Value]] = {}
        given = 0
        try:
            while True:
                # What waits in `early` counts too: one slow item must not let all others pile up.
                if len(early) < self._window * self._chunk:
                    self._fill()
                if not self._under_way:
                    self._submit_alone()
                if not self._under_way:
                    return
                for future in first_done(self._under_way):
                    for number, outcome in self._results(future):
                        if ordered:
                            early[number] = outcome
                        else:
                            yield outcome
                while given in early:
                    yield early.pop(given)
                    given += 1
        finally:
            for future in self._under_way:
                future.cancel()
            if self._make is not None:
                self._executor.shutdown(wait=True, cancel_futures=True)

    def _fill(self) -> None:
        """Put chunks under way, but none beside an item that a worker died under."""
        while len(self._under_way) < self._window and not self._suspects:
            part = list(islice(self._source, self._chunk))
            if not part:
                return
            self._submit(_Task(self._read, part))
            self._read += len(part)

    def _submit_alone(self) -> None:
        if self._suspects:
            self._submit(self._suspects.popleft())

    def _submit(self, task: _Task) -> None:
        try:
            future = self._executor.submit(_worked_on, self._function, list(task.items))
        except BrokenExecutor as error:
            if self._make is None:
                begun = (*self._under_way.values(), task, *self._suspects)
                lost = [item for other in begun for item in other.items]
                named = ", ".join(map(repr, lost[:_MOST_NAMED]))
                error.add_note(f"under way were {len(lost)} items: {named}")
                raise
            self._executor.shutdown(wait=False)
            self._executor = self._make()
            future = self._executor.submit(_worked_on, self._function, list(task.items))
        self._under_way[future] = task

    def _results(self, future: Future[list[_Raw]]) -> Iterator[tuple[int, Outcome[Item, Value]]]:
        """Give what came of a task by the numbers of its items; put back what is to be tried again."""
        task = self._under_way.pop(future)
        try:
            error = future.exception()
        except CancelledError as cancelled:
            error = cancelled
        if error is None:
            for n, (item, raw) in enumerate(zip(task.items, future.result(), strict=True)):
                yield task.first + n, _outcome(item, raw)
        elif not task.is_alone:
            self._suspects.extend(_Task(task.first + n, [item], True) for n, item in enumerate(task.items))
        else:
            text = "".join(traceback.format_exception(error))
            yield task.first, Outcome(task.items[0], None, type(error).__name__, str(error), text)


def _worked_on(function: Callable[[Any], Any], items: list[Any]) -> list[_Raw]:
    """Work on a chunk; this runs where the workers are."""
    return [_tried(function, item) for item in items]


def _tried(function: Callable[[Any], Any], item: Any) -> _Raw:
    began_s = time.perf_counter()
    try:
        value = function(item)
    except Exception as error:
        text = traceback.format_exc()
        return False, type(error).__name__, str(error), text, time.perf_counter() - began_s
    return True, value, "", "", time.perf_counter() - began_s


def _outcome(item: Item, raw: _Raw) -> Outcome[Item, Any]:
    is_fine, value, message, text, seconds = raw
    if is_fine:
        return Outcome(item, value, seconds=seconds)
    return Outcome(item, None, value, message, text, seconds)
