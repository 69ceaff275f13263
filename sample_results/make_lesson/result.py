"""The recording result and the roster of the sample lesson."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .script import (
    MEDIA_FILES,
    PEOPLE,
    RECORD_USER_ID,
    ROOM_ID,
    START_TIME_S,
    STOP_TIME_S,
    TOTAL_MS,
    Kind,
)

_HOST: Final = "http://1253488539.vod2.myqcloud.com"
_VIDEO_TYPES: Final[dict[Kind, int]] = {"camera": 0, "screen": 1, "whiteboard": 2}


def write_result(path: Path, sizes: Mapping[str, int]) -> None:
    """Write the recording result as the service hands it out.

    Args:
        path: The file to write.
        sizes: Bytes of each media file, by its name.
    """
    result = {
        "room_id": ROOM_ID,
        "group_id": str(ROOM_ID),
        "record_user_id": RECORD_USER_ID,
        "start_time": START_TIME_S,
        "stop_time": STOP_TIME_S,
        "total_time": TOTAL_MS,
        "video_info": [
            {
                "video_play_time": file.start_ms,
                "video_size": sizes[file.file_name],
                "video_format": "mp4",
                "video_duration": file.duration_ms,
                "video_url": f"{_HOST}/{file.file_name}",
                "video_id": file.video_id,
                "video_type": _VIDEO_TYPES[file.kind],
                "user_id": file.user_id,
            }
            for file in MEDIA_FILES
        ],
    }
    path.write_text(json.dumps(result, indent=4) + "\n", encoding="utf-8", newline="\n")


def write_roster(path: Path) -> None:
    """Write the names and roles of the class."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("user_id", "name", "role"))
        writer.writerows((person.user_id, person.name, person.role) for person in PEOPLE)
