"""One line of advice instead of a traceback where a package is not installed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from timeline.errors import MissingExtraError


@contextlib.contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turn a failed import inside the block into the advice to install *extra*.

    Raises:
        MissingExtraError: A package of the extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{error.name} is not installed; install it with: pip install 'class-timeline[{extra}]'"
        ) from error
