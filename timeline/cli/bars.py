"""How far a download is: a bar for each file and one for all, or a line for each file that is over."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from timeline.cli.console import talk
from timeline.media.fetch import FetchProgress
from timeline.media.locate import media_references
from timeline.model import Timeline


class FetchBars:
    """Shows the progress of a fetch of *lesson*; several threads may call it."""

    def __init__(self, lesson: Timeline) -> None:
        references = media_references(lesson)
        self._files = len(references)
        self._over = 0
        self._done_bytes: dict[int, int] = {}
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
            else:
                self._done_bytes[progress.position] = progress.done_bytes
            if self._bars is None:
                if progress.is_over:
                    talk(f"fetch: {self._over} of {self._files} files")
                return
            task = self._tasks.get(progress.position)
            if task is None:
                name = f"file {progress.position}"
                task = self._tasks[progress.position] = self._bars.add_task(name, total=progress.size_bytes)
            if progress.is_over:
                self._bars.update(task, visible=False)
            else:
                self._bars.update(task, completed=progress.done_bytes)
            self._bars.update(self._whole, completed=sum(self._done_bytes.values()))
