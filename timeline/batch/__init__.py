"""Many lessons: work over any executor, kept where nothing changed, and a summary of who needs a look."""

from __future__ import annotations

from timeline.batch.running import Outcome, run

__all__ = ["Outcome", "run"]
