"""Programs of others that read our formats: `make readers` installs them; nothing of them is kept here."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".venv" / "foreign" / "node_modules"


def installed(path: str) -> Path:
    """Return a file of a package of npm; skip the test where that is not installed."""
    found = FOLDER / path
    if not found.is_file():
        pytest.skip(f"{path.partition('/')[0]} is not installed: make readers")
    return found
