"""What is installed: for bug reports, and for those who want to know which limits hold."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

from timeline.errors import TimelineError
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.launch import fences
from timeline.version import __version__

_PACKAGES = ("pydantic", "numpy", "matplotlib", "ffmpeg-python", "av", "imageio-ffmpeg", "pillow")


def version_facts() -> dict[str, Any]:
    """Return versions of the program, its packages and ffmpeg; None for what is not there."""
    try:
        program = find_ffmpeg()
        ffmpeg = {"path": program.path, "version": program.version}
    except TimelineError:
        ffmpeg = None
    return {
        "timeline": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _installed(name) for name in _PACKAGES},
        "ffmpeg": ffmpeg,
        "child_process_limits": list(fences()),
    }


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
