"""How far a render is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """Frames of the picture that are done, all of them, and the playback length that they show."""

    frames_done: int
    frames: int
    duration_ms: int


class FrameCounter:
    """Adds up the frames of chunks that are encoded side by side, and reports the sum."""

    def __init__(
        self, frames: int, duration_ms: int, report: Callable[[RenderProgress], None] | None
    ) -> None:
        self._frames, self._duration_ms, self._report = frames, duration_ms, report
        self._by_chunk: dict[int, int] = {}
        self._lock = threading.Lock()

    def of_chunk(self, number: int) -> Callable[[int], None]:
        """Return what chunk *number* tells its count of frames to."""

        def count(frames: int) -> None:
            with self._lock:
                self._by_chunk[number] = frames
                done = min(sum(self._by_chunk.values()), self._frames)
                if self._report:
                    self._report(RenderProgress(done, self._frames, self._duration_ms))

        return count
