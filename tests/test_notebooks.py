"""Notebooks run from a clean kernel, and were committed with their outputs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from notebooks.execute import execute

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
QUICK = ("01_read_a_recording",)


def texts(notebook: Any) -> list[str]:
    """Return what the cells printed or returned, as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.get("text") or output["data"].get("text/plain", "") for output in outputs]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in QUICK else pytest.mark.slow, id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_notebook_runs_and_shows_what_was_committed(path: Path) -> None:
    """A run gives the committed texts again, in under 30 s."""
    began = time.monotonic()

    executed = execute(path)

    assert texts(executed) == texts(nbformat.read(path, as_version=4))
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_short_and_pictured(path: Path) -> None:
    """At most fifteen cells, and at least one picture among the outputs."""
    notebook = nbformat.read(path, as_version=4)
    kinds = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }

    assert len(notebook.cells) <= 15
    assert "image/png" in kinds
