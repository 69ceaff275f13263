"""What earlier runs have finished: lines in a folder beside the outputs, a file for each process that worked.

A process writes to a file of its own, so that machines that share a folder need no locks. A line ``begun``
is written before a lesson is worked on: what was begun here may be replaced, and all else is somebody else's.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from timeline.batch.rows import LessonRow, row_from_json, row_to_json
from timeline.publish import disk_errors

FOLDER_NAME = ".timeline-batch"


@dataclass(slots=True)
class Ledger:
    """What is known of a folder's lessons.

    Attributes:
        rows: The latest row of each command and name.
        begun: Commands and names that were worked on here, finished or not.
    """

    rows: dict[tuple[str, str], LessonRow] = field(default_factory=dict)
    begun: set[tuple[str, str]] = field(default_factory=set)

    def add(self, other: Ledger) -> None:
        """Take in another ledger; of two rows of one lesson the later one counts."""
        for key, row in other.rows.items():
            known = self.rows.get(key)
            if known is None or known.at_unix_ms <= row.at_unix_ms:
                self.rows[key] = row
        self.begun |= other.begun


def read_ledger(folder: Path) -> Ledger:
    """Return what the ledger in *folder* says; lines that were cut short are passed over.

    Raises:
        DiskError: It cannot be read.
    """
    ledger = Ledger()
    with disk_errors(folder):
        for path in sorted((folder / FOLDER_NAME).glob("*.jsonl")):
            part = Ledger()
            for entry in _entries(path):
                if isinstance(entry.get("begun"), str) and isinstance(entry.get("command"), str):
                    part.begun.add((entry["command"], entry["begun"]))
                elif row := row_from_json(entry):
                    part.begun.add((row.command, row.name))
                    part.add(Ledger({(row.command, row.name): row}))
            ledger.add(part)
    return ledger


class LedgerWriter:
    """Appends to a file of its own in the ledger of *folder*, which is made."""

    def __init__(self, folder: Path) -> None:
        path = folder / FOLDER_NAME / f"{int(time.time())}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        with disk_errors(folder):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def begin(self, command: str, name: str) -> None:
        """Say that a lesson is worked on from now on."""
        self._write(json.dumps({"begun": name, "command": command}, ensure_ascii=False))

    def finish(self, row: LessonRow) -> LessonRow:
        """Write down what came of a lesson, and return it with its time."""
        stamped = replace(row, at_unix_ms=time.time_ns() // 1_000_000)
        self._write(row_to_json(stamped))
        return stamped

    def _write(self, line: str) -> None:
        with disk_errors(self._path), self._path.open("ab", buffering=0) as file:
            file.write(line.encode("utf-8", "surrogateescape") + b"\n")


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict):
                yield entry
