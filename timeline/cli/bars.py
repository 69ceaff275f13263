"""How far a download is: a bar for each file and one for all, or a line for each file that is over."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from timeline.cli.console import talk
from timeline.media.fetch import FetchProgress
from timeline.model import MediaReference


class FetchBars:
    """Shows the progress of a fetch of *references*; several threads may call it."""

    def __init__(self, references: Collection[MediaReference]) -> None:
        self._files = len(references)
        self._over = 0
        self._done_bytes: dict[int, int] = {}
        self._waits: dict[int, str] = {}
        self._tasks: dict[int, TaskID] = {}
        self._lock = threading.Lock()
        self._bars: Progress | None = None
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            console = Console(file=sys.stderr, highlight=False, emoji=False)
            self._bars = Progress(*columns, console=console, transient=True)
            declared = [reference.size_bytes for reference in references]
            total = None if None in declared else sum(size or 0 for size in declared)
            self._whole = self._bars.add_task("all files", total=total)

    def __enter__(self) -> FetchBars:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, progress: FetchProgress) -> None:
        """Show *progress*."""
        with self._lock:
            if progress.is_over:
                self._over += 1
            elif not progress.waits_for:
                self._done_bytes[progress.position] = progress.done_bytes
            if self._bars is None:
                self._say(progress)
            else:
                self._draw(progress, self._bars)

    def _say(self, progress: FetchProgress) -> None:
        if progress.is_over:
            talk(f"fetch: {self._over} of {self._files} files done")
        elif progress.waits_for and self._waits.get(progress.position) != progress.waits_for:
            talk(f"fetch: file {progress.position} waits for {progress.waits_for}")
        self._waits[progress.position] = progress.waits_for

    def _draw(self, progress: FetchProgress, bars: Progress) -> None:
        name = f"file {progress.position}"
        task = self._tasks.get(progress.position)
        if task is None:
            task = self._tasks[progress.position] = bars.add_task(name, total=progress.size_bytes)
        if progress.is_over:
            bars.update(task, visible=False)
        elif progress.waits_for:
            bars.update(task, description=f"{name} waits for {progress.waits_for}")
        else:
            bars.update(task, description=name, completed=progress.done_bytes)
        bars.update(self._whole, completed=sum(self._done_bytes.values()))
