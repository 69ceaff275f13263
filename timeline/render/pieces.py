"""Pieces of a render, and where finished ones are kept: a later run need not make them again.

A piece is one run of ffmpeg. What it makes is decided by its arguments, by the contents of the files that it
opens, and by the build of ffmpeg; its key is made of these and of nothing else, so a kept piece is the piece
that a new run would make. Names of files, which change from run to run, are not in it.

::

    DIR/pieces/ab/ab12….mp4     what was made
    DIR/pieces/ab/ab12….json    its hash, and what could not be decoded on the way, by content of the file
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from timeline.media.ffmpeg import FFmpeg
from timeline.publish import disk_errors, file_sha256, sync_folder, write_text

KEY_VERSION = 1
"""Grows when a key no longer says all that decides a piece."""
MOST_DAYS = 14
"""Pieces that nobody used for so long are removed."""
MOST_BYTES = 20 << 30
"""Where more than this is kept, what was used longest ago is removed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One run of ffmpeg.

    Attributes:
        name: Of the file that it writes into its working folder.
        arguments: All after ffmpeg's name; the last one is the file that is written.
        contents: What is in each input: a hash, by the name under which ffmpeg knows it.
        most_bytes: The file is not larger.
        frames: Pictures that it has to write; 0 for sound.
        is_of_ours: Whether all its inputs are of our making, so that nothing in them may be damaged.
    """

    name: str
    arguments: tuple[str, ...]
    contents: Mapping[str, str]
    most_bytes: int
    frames: int = 0
    is_of_ours: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A piece that is there.

    Attributes:
        damage: How often something could not be decoded, by content of the file.
        is_new: Whether this run made it.
    """

    damage: Mapping[str, int] = field(default_factory=dict)
    is_new: bool = True


def piece_key(piece: Piece, build: str) -> str:
    """Return the key of a piece: 64 hexadecimal digits.

    Args:
        piece: A piece.
        build: What tells one ffmpeg from another.

    Example:
        >>> piece = Piece("a.mp4", ("-i", "file:x.mp4", "file:a.mp4"), {"file:x.mp4": "12ab"}, 9)
        >>> moved = Piece("b.mp4", ("-i", "file:y.mp4", "file:b.mp4"), {"file:y.mp4": "12ab"}, 9)
        >>> piece_key(piece, "n9") == piece_key(moved, "n9") != piece_key(piece, "n10")
        True
    """
    said = [piece.contents.get(argument, argument) for argument in piece.arguments[:-1]]
    text = json.dumps([KEY_VERSION, build, Path(piece.name).suffix, said])
    return hashlib.sha256(text.encode()).hexdigest()


def build_of(ffmpeg: FFmpeg) -> str:
    """Return what tells an ffmpeg from another one: what it says of itself, its size and its age."""
    status = os.stat(ffmpeg.path)
    return f"{ffmpeg.version}, {status.st_size} bytes, {status.st_mtime_ns}"


class PieceStore:
    """Finished pieces in the folder of a cache; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder / "pieces"

    def find(self, key: str, target: Path) -> Made | None:
        """Put the piece of this key at *target*, if it is there and still what it was."""
        if self._folder is None:
            return None
        place = self._place(key, target.suffix)
        try:
            note = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
            damage = {str(name): int(count) for name, count in note["damage"].items()}
            if file_sha256(place) != note["sha256"]:
                self.drop(key, target.suffix)
                return None
            with contextlib.suppress(OSError):  # a cache that can only be read is as good
                os.utime(place)
                os.utime(place.with_suffix(".json"))
            _same(place, target)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return Made(damage, is_new=False)

    def keep(self, key: str, made: Path, damage: Mapping[str, int]) -> None:
        """Keep a finished piece; a store that cannot be written keeps nothing."""
        if self._folder is None:
            return
        place = self._place(key, made.suffix)
        with contextlib.suppress(OSError):
            with disk_errors(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                write_text(
                    place.with_suffix(".json"),
                    json.dumps({"damage": dict(damage), "sha256": file_sha256(made)}),
                )
                part = place.with_name(f"{place.name}.{os.getpid()}.part")
            try:
                _same(made, part)
                with part.open("rb") as file:
                    os.fsync(file.fileno())
                os.replace(part, place)
                sync_folder(place.parent)
            finally:
                part.unlink(missing_ok=True)

    def drop(self, key: str, suffix: str) -> None:
        """Remove a piece that turned out to be no good."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._place(key, suffix).unlink()

    def prune(self) -> None:
        """Remove what nobody used for long, and what is more than is kept."""
        if self._folder is None:
            return
        used = []
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                used.append((status.st_mtime, status.st_size, path))
        kept_bytes, oldest = 0, time.time() - MOST_DAYS * 86_400
        for used_at, size_bytes, path in sorted(used, reverse=True):
            kept_bytes += size_bytes
            if used_at < oldest or kept_bytes > MOST_BYTES:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _place(self, key: str, suffix: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key}{suffix}"


def _same(path: Path, target: Path) -> None:
    """Give a file a second name; copy it where the disk cannot."""
    target.unlink(missing_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
