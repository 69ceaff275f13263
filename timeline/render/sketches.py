"""Pictures of our own in a working folder, each drawn once however often it is shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from timeline.publish import file_sha256

P = ParamSpec("P")
T = TypeVar("T")


class Sketchbook:
    """Pictures that `timeline.render.artwork` draws.

    Attributes:
        folder: Where they are.
        contents: Hash of each, by name.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from timeline.render.artwork import draw_blank
        >>> with TemporaryDirectory() as folder:
        ...     book = Sketchbook(Path(folder))
        ...     [book.draw(draw_blank, (4, 2), colour)[0] for colour in ("#000000", "#ffffff", "#000000")]
        ['drawn_00000.png', 'drawn_00001.png', 'drawn_00000.png']
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents: dict[str, str] = {}
        self._drawn: dict[Hashable, tuple[str, object]] = {}

    def draw(
        self, draw: Callable[Concatenate[Path, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[str, T]:
        """Return the name of the picture that *draw* writes, given its path, and what *draw* returns."""
        key = (draw, args, tuple(sorted(kwargs.items())))
        if key not in self._drawn:
            name = f"drawn_{len(self._drawn):05d}.png"
            self._drawn[key] = name, draw(self.folder / name, *args, **kwargs)
            self.contents[name] = file_sha256(self.folder / name)
        name, returned = self._drawn[key]
        return name, cast(T, returned)
