"""Where the bundled lesson is: in the package when installed, else in the clone."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def sample_lesson_folder() -> Path:
    """Return the folder of the bundled lesson: ``result.json``, ``roster.csv`` and ``media/``."""
    installed = _HERE / "sample_lesson"
    return installed if installed.is_dir() else _HERE.parent / "sample_results" / "lesson"
