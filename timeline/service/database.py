"""An SQLite file whose changes are durable before they return. Threads share one; so may processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from timeline.errors import DiskError, ParameterError

_BUSY_S = 5
"""What is locked by another process for longer than that is a failure."""


class Database:
    """The file at *path*; made where it is not there, for its owner's eyes only.

    Args:
        path: The file.
        schema: What makes its tables, by ``;``.
        version: Of the schema.

    Raises:
        DiskError: It cannot be opened or is no such file.
        ParameterError: A later version of this library wrote it.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise DiskError(f"{path}: cannot be opened: {str(error).lower()}") from error
        try:
            self._prepare(schema, version)
        except sqlite3.Error as error:
            self._connection.close()
            raise DiskError(f"{path}: is not usable as a store: {str(error).lower()}") from error
        except ParameterError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is inside, durably, or nothing of it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return all rows of a question."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Make a change inside of a transaction; return how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def _prepare(self, schema: str, version: int) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self.transaction():
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
            if found > version:
                raise ParameterError(f"{self.path}: a later version wrote this store; update class-timeline")
            if found == 0:
                for statement in schema.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {version:d}")
