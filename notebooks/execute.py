"""Runs the notebooks and keeps their outputs: ``python -m notebooks.execute``.

Cells run in the repository's root. Execution counts stay, times and machine names go, so that a second run gives the
same file.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def execute(path: Path) -> Any:
    """Return the notebook at *path* after a run from a clean kernel; raises when a cell does."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(FOLDER.parent)}}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the kernel's sockets, closed late
        client.execute()
    for cell in notebook.cells:
        cell.metadata = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def main() -> int:
    """Run every notebook in place."""
    import nbformat

    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(execute(path), path)
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
