"""Which lessons are meant: folders, result files, folders of lessons, and tables of them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from timeline.errors import ParameterError
from timeline.sinks import path_text, show
from timeline.sources import RESULT_FILE_NAME

COLUMNS = ("result", "media", "roster", "output")
"""The columns of a table of lessons; only the first is needed."""


@dataclass(frozen=True, slots=True)
class LessonEntry:
    """One lesson to work on.

    Attributes:
        result: A result file, or the folder that holds ``result.json``.
        media: Folder of its media; None for ``media/`` beside the result.
        roster: File of names and roles; None for the one that all share.
        output: What its output is to be called; None for what the names are made by.
    """

    result: Path
    media: Path | None = None
    roster: Path | None = None
    output: str | None = None

    @property
    def own_name(self) -> str:
        """What the lesson is called by its place: its folder's or file's name.

        Example:
            >>> LessonEntry(Path("week1/maths")).own_name, LessonEntry(Path("week1/maths.json")).own_name
            ('maths', 'maths')
        """
        path = self.result
        if path.name == RESULT_FILE_NAME or path.suffix != ".json":
            path = path.parent if path.name == RESULT_FILE_NAME else path
            return path_text(Path(path.absolute().name or "lesson"))
        return path_text(Path(path.stem))


def find_lessons(arguments: Iterable[str | os.PathLike[str]]) -> list[LessonEntry]:
    """Return the lessons that *arguments* name, each place once, in their order.

    Args:
        arguments: Folders that hold ``result.json``; folders of such folders or of result files; result
            files; and ``.csv`` tables with a column ``result`` and, where wanted, ``media``, ``roster`` and
            ``output``, paths relative to the table.

    Raises:
        ParameterError: An argument is not there or holds no lesson, or a table cannot be used. A result that
            is named and is not there is no error here: its lesson fails.

    Example:
        >>> [entry.own_name for entry in find_lessons(["sample_results/lesson"])]
        ['lesson']
    """
    found: dict[tuple[Path, str | None], LessonEntry] = {}
    for argument in arguments:
        for entry in _named_by(Path(argument)):
            found.setdefault((entry.result, entry.output), entry)
    return list(found.values())


def _named_by(path: Path) -> Iterator[LessonEntry]:
    if path.suffix.lower() == ".csv":
        yield from read_lesson_table(path)
    elif path.is_dir() and not (path / RESULT_FILE_NAME).exists():
        inner = sorted(
            entry
            for entry in path.iterdir()
            if (entry / RESULT_FILE_NAME).is_file() or (entry.suffix == ".json" and entry.is_file())
        )
        if not inner:
            raise ParameterError(
                f"{path_text(path)}: neither a {RESULT_FILE_NAME} in it nor lessons; name folders, result "
                "files or a .csv"
            )
        yield from (LessonEntry(entry) for entry in inner)
    elif path.exists():
        yield LessonEntry(path)
    else:
        raise ParameterError(f"{path_text(path)}: there is no such file or folder")


def read_lesson_table(path: Path) -> Iterator[LessonEntry]:
    """Give the lessons of a table, one a row.

    Raises:
        ParameterError: It cannot be read, has no column ``result``, or a row names none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ParameterError(f"{path_text(path)}: cannot be read: {reason}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ParameterError(f"{path_text(path)}: not UTF-8; save the table as UTF-8") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if "result" not in names:
        raise ParameterError(
            f"{path_text(path)}: no column result, but {show(', '.join(names))}; a table of lessons has the "
            f"columns {', '.join(COLUMNS)}, all but the first as wanted"
        )
    rows.fieldnames = names
    for row in _checked(rows, path):
        told = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(told.values()):
            continue
        if not told["result"]:
            raise ParameterError(f"{path_text(path)}: line {rows.line_num} names no result")
        places = {name: path.parent / told[name] if told[name] else None for name in COLUMNS[:3]}
        result = places["result"]
        assert result is not None
        yield LessonEntry(result, places["media"], places["roster"], told["output"] or None)


def _checked(rows: csv.DictReader[str], path: Path) -> Iterator[dict[str, str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise ParameterError(f"{path_text(path)}: line {rows.line_num}: {error}") from error
