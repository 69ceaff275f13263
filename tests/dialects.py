"""Documents of the dialects beside v1 online, made of what a test cares about; the rest is plausible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import timeline
from tests.builders import ABSENT, Row
from timeline.model import Timeline

Document = dict[str, Any]

SAMPLES = Path(__file__).resolve().parent.parent / "sample_results"
TRTC_MS = 1_622_186_279_145
"""When every built TRTC file begins, Unix ms, unless a test says otherwise."""
LCIC_S = 1_721_099_743
"""When every built LCIC file begins, Unix s, unless a test says otherwise."""
SAAS_S = 1_561_440_600
"""When every built SaaS lesson begins, Unix s."""
IM_S = 1_538_028_012
"""When every built lesson of 2018 begins, Unix s."""
OFFLINE_S = 1_571_806_805
"""When every built offline recording begins, Unix s."""


def sample(name: str) -> Any:
    """Return the bundled sample result *name* as a document."""
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def load(document: Any, *, task: str | None = None) -> Timeline:
    """Return the timeline of a document."""
    return timeline.loads(json.dumps(document), task=task)


def spans(lesson: Timeline) -> dict[str, list[tuple[int, int]]]:
    """Return (start_ms, end_ms) of the clips of each track."""
    return {track.id: [(clip.start_ms, clip.end_ms) for clip in track.clips] for track in lesson.tracks}


def noted(lesson: Timeline) -> list[tuple[str, str | None]]:
    """Return code and pointer of each finding, in order."""
    return [(item.code, item.where) for item in lesson.findings]


def present(fields: Row) -> Row:
    """Return *fields* without those that are `ABSENT`."""
    return {key: value for key, value in fields.items() if value is not ABSENT}


def trtc_file(user: str = "amy", start_ms: Any = 0, end_ms: Any = 10_000, **fields: Any) -> Row:
    """Return what a TRTC event says about one file; its stamps count from `TRTC_MS` unless replaced."""
    name = f"{user or 'nobody'}-{start_ms}-{end_ms}"
    built = {
        "UserId": user,
        "TrackType": "audio_video",
        "MediaId": "main",
        "FileId": f"id-{name}",
        "VideoUrl": f"http://media.example/{name}/f0.mp4",
        "CacheFile": f"{name}.mp4",
        "StartTimeStamp": TRTC_MS + start_ms,
        "EndTimeStamp": TRTC_MS + end_ms,
    }
    return present(built | fields)


def trtc_event(number: int, payload: Row, *, task: str = "t1") -> Document:
    """Return the event of cloud recording with that number."""
    info = {"RoomId": "88", "EventTs": "1622188379", "UserId": "bot", "TaskId": task, "Payload": payload}
    return {"EventGroupId": 3, "EventType": number, "CallbackTs": TRTC_MS, "EventInfo": info}


def vod(file: Row, *, task: str = "t1", status: Any = 0, **payload: Any) -> Document:
    """Return the event 311 of one file."""
    return trtc_event(311, {"Status": status, "TencentVod": file} | payload, task=task)


def mp4_stop(*files: Any, task: str = "t1", **payload: Any) -> Document:
    """Return the event 310 of some files."""
    return trtc_event(310, {"Status": 0, "FileMessage": list(files)} | payload, task=task)


def lcic_file(user: str = "amy", start_s: int = 0, stop_s: int = 100, **fields: Any) -> Row:
    """Return one row of an LCIC answer; its stamps count from `LCIC_S`."""
    name = f"{user or 'nobody'}-{start_s}-{stop_s}"
    built = {
        "UserId": user,
        "Role": "main",
        "StartTime": LCIC_S + start_s,
        "StopTime": LCIC_S + stop_s,
        "Duration": stop_s - start_s,
        "FileFormat": "mp4",
        "RecordSize": 1000,
        "RecordUrl": f"http://media.example/{name}/f0.mp4",
        "VideoId": f"id-{name}",
    }
    return present(built | fields)


def lcic(*rows: Any, name: str = "StreamInfo", **fields: Any) -> Document:
    """Return an answer of LCIC with these rows."""
    return {"Response": present({"ClassId": 7, name: list(rows), "RequestId": "r"} | fields)}


def old_row(start: Any, length: Any, user: str = "amy", **fields: Any) -> Row:
    """Return a row of an old result; in which units is up to the test."""
    built = {
        "video_play_time": start,
        "video_duration": length,
        "video_type": 0,
        "user_id": user,
        "video_format": "mp4",
        "video_url": f"http://media.example/{user}-{start}-{length}.mp4",
        "video_id": f"id-{user}-{start}-{length}",
    }
    return present(built | fields)


def split_record(*rows: Any, **fields: Any) -> Document:
    """Return the callback 1001 of 2018's split record."""
    built = {
        "error_code": 0,
        "error_msg": "",
        "event_type": 1001,
        "class_roomid": 3307,
        "im_time": IM_S,
        "video_info": list(rows),
    }
    return present(built | fields)


def saas(*rows: Any, lasted_s: int = 0, **fields: Any) -> Document:
    """Return the event ``online_record_stop``; the documented example has equal stamps, so that is normal."""
    built = {
        "error_code": 0,
        "error_msg": "",
        "start_time": SAAS_S,
        "stop_time": SAAS_S + lasted_s,
        "class_id": 100082001,
        "video_info": list(rows),
    }
    return {"event": "online_record_stop", "timestamp": SAAS_S + 9999, "data": present(built | fields)}


def offline(*rows: Any, **fields: Any) -> Document:
    """Return the answer to an offline query, finished."""
    built = {
        "error_code": 0,
        "error_msg": "",
        "task_id": "off1",
        "status": "finished",
        "progress": 100,
        "room_id": 52110,
        "record_start_time": OFFLINE_S,
        "video_info": list(rows),
    }
    return present(built | fields)


def in_pascal(document: Any) -> Any:
    """Return a v1 document in the spelling of TIW."""
    names = {
        "video_info": "VideoInfos",
        "start_time": "RecordStartTime",
        "stop_time": "RecordStopTime",
        "record_start_time": "RecordStartTime",
        "omitted_duration": "OmittedDurations",
    }
    if isinstance(document, list):
        return [in_pascal(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {
        names.get(key) or "".join(word.capitalize() for word in key.split("_")): in_pascal(value)
        for key, value in document.items()
    }
