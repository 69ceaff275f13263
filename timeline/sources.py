"""Documents as they come: a path, the folder of a lesson, or an open file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from timeline.errors import ParameterError, ResultError, ResultFileError
from timeline.results.strict_json import too_large

RESULT_FILE_NAME = "result.json"
"""What a result is called inside the folder of a lesson."""

Source = str | os.PathLike[str] | IO[bytes] | IO[str]


def read_source(source: Source, max_bytes: int) -> bytes | str:
    """Return what *source* holds; of an open file at most one byte or letter more than *max_bytes*.

    Raises:
        ResultFileError: It cannot be opened or read.
        ResultFormatError: The file is longer.
    """
    if not isinstance(source, (str, os.PathLike)):
        if not hasattr(source, "read"):
            kind = type(source).__name__
            raise ParameterError(f"expected a path or an open file, got {kind}; loads() takes text")
        try:
            return source.read(max_bytes + 1)
        except (OSError, ValueError) as error:
            raise ResultFileError(f"the open file cannot be read: {error}") from error
    path = Path(source)
    try:
        if path.is_dir():
            path = path / RESULT_FILE_NAME
            if not path.exists():
                raise ResultFileError(
                    f"{path.parent}: the folder has no {RESULT_FILE_NAME}; name a result file"
                )
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
            if len(data) > max_bytes:
                raise too_large(max(len(data), os.fstat(file.fileno()).st_size), max_bytes)
            return data
    except ResultError:
        raise
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise ResultFileError(f"{path}: cannot be read: {reason.lower()}") from error
