"""Write the sample lesson: ``python -m sample_results.make_lesson [FOLDER]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PIL import Image

from .board import board_pictures
from .cameras import camera_pictures
from .encode import write_media
from .result import write_result, write_roster
from .script import MEDIA_FILES, PEOPLE, Kind, MediaFile
from .slides import screen_pictures
from .soundtrack import microphone, sound

_LESSON: Final = Path(__file__).resolve().parent.parent / "lesson"
_MOST_BYTES: Final = 2_800_000
_PICTURES: Final[dict[Kind, Callable[[MediaFile], Iterator[Image.Image]]]] = {
    "camera": camera_pictures,
    "screen": screen_pictures,
    "whiteboard": board_pictures,
}
_QUALITIES: Final[dict[Kind, int]] = {"camera": 28, "screen": 27, "whiteboard": 29}


def write_lesson(folder: Path) -> int:
    """Write result, roster and media into a folder, and give the bytes of the media."""
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    for person in PEOPLE:
        microphone(person.user_id)
    sizes: dict[str, int] = {}
    for file in sorted(MEDIA_FILES, key=lambda file: (file.kind, file.user_id, file.start_ms)):
        sizes[file.file_name] = write_media(
            media / file.file_name,
            (file.width, file.height),
            _PICTURES[file.kind](file),
            sound(file),
            _QUALITIES[file.kind],
        )
        span = f"{file.start_ms:>6} to {file.end_ms:>6} ms"
        stream = f"{file.kind:<10} {file.user_id:<12}"
        print(f"{file.file_name}  {stream} {span} {sizes[file.file_name]:>8} bytes")
    write_result(folder / "result.json", sizes)
    write_roster(folder / "roster.csv")
    return sum(sizes.values())


def main() -> int:
    """Write the lesson where the arguments say, and fail if it is too large to bundle."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _LESSON
    total = write_lesson(folder)
    print(f"{total} bytes of media in {folder}")
    return 0 if total <= _MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
