"""Results that were made by hand to be mutated: what no sample shows."""

from __future__ import annotations

from typing import Any

from tests.mutants.spelling import respelt


def _row(user: str, start_ms: int, duration_ms: int, kind: int = 0, **more: Any) -> dict[str, Any]:
    name = f"{user}-{kind}-{start_ms}"
    return {
        "video_play_time": start_ms,
        "video_duration": duration_ms,
        "video_type": kind,
        "user_id": user,
        "video_url": f"https://media.example/{name}.mp4",
        "video_id": f"id-{name}",
        "video_format": "mp4",
        "video_size": 1000,
    } | more


def _result(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    end_ms = max(row["video_play_time"] + row["video_duration"] for row in rows)
    start_s = 1_558_613_140
    return {
        "room_id": 1234,
        "start_time": start_s,
        "stop_time": start_s + end_ms // 1000,
        "total_time": end_ms,
        "video_info": list(rows),
    } | more


_NAME = "1_UserId_s_amy_UserId_e_main.mp4"
_TASK_ROW = _row(
    "amy",
    0,
    20_000,
    video_url="https://media.example/1.mp4",
    video_id="1",
    video_size=7,
    width=640,
    height=480,
)

HAND_MADE: dict[str, Any] = {
    "hand-made/declared pauses": _result(
        _row("amy", 0, 60_000),
        _row("amy", 60_000, 60_000),
        _row("", 0, 120_000, 2),
        stop_time=1_558_613_300,
        omitted_duration=[
            {"video_time": 60_000, "pause_time": 1_558_613_200_000, "resume_time": 1_558_613_220_500},
            {"video_time": 90_000, "pause_time": 1_558_613_250, "resume_time": 1_558_613_270},
        ],
    ),
    "hand-made/inferred pauses": _result(
        *(_row(user, part * 30_000, 30_000) for user in ("amy", "bo") for part in range(4)),
        stop_time=1_558_613_500,
    ),
    "hand-made/many tracks": _result(
        *(_row(f"user{number:02d}", number * 700, 20_000 + number) for number in range(42))
    ),
    "hand-made/many files": _result(*(_row("amy", number * 1000, 900) for number in range(410))),
    "hand-made/overlapping rows": _result(
        *(_row("amy", 0, 50_000), _row("amy", 10_000, 5_000), _row("amy", 12_000, 20_000)),
        *(_row("amy", 50_300, 9_000), _row("amy", 59_800, 9_000), _row("amy", 68_801, 9_000)),
        *(_row("amy", 0, 50_000, 1), _row("amy", 0, 50_001, 1)),
        _row("tic_mixstream_7_custom", 0, 70_000, 3),
    ),
    "hand-made/letters of all kinds": _result(
        _row("张三", 0, 9_000),
        _row("a\ud800b", 1_000, 9_000),
        _row("\U0001f41b\u200d\u202eevil", 2_000, 9_000, 1),
        _row("<b>&amp;\"'</b>", 3_000, 9_000, 4),
        _row("tic_substream_张三", 0, 9_000, 1),
        _row("line\nbreak\x1b[2J", 0, 9_000, 7),
        room_id="räum\u0000",
        group_id="\udc00",
    ),
    "hand-made/huge ids": _result(
        _row("1" * 1024, 0, 9_000, video_id=52858907821654352000418),
        _row("u", 0, 9_000, video_id=10**17, video_size=10**15),
        _row("u", 9_000, 9_000, video_url="https://media.example/" + "a" * 4000),
        room_id=10**18 - 1,
        task_id=10**18,
    ),
    "hand-made/one task": {
        "RequestId": "1",
        "RecordTaskSet": [
            {
                "TaskId": "task-one",
                "Status": "FINISHED",
                "Result": {
                    "RoomId": 7,
                    "RecordStartTime": 1_598_240_000,
                    "RecordStopTime": 1_598_240_416_000,
                    "TotalTime": 20_000,
                    "OmittedDurations": [
                        {"VideoTime": 9_000, "PauseTime": 1_598_240_122_000, "ResumeTime": 1_598_240_164_000}
                    ],
                    "VideoInfos": [{respelt(key, 1): value for key, value in _TASK_ROW.items()}],
                },
            }
        ],
    },
    "hand-made/events of files with stamps": [
        {
            "EventGroupId": 3,
            "EventType": 310,
            "CallbackTs": 1_622_191_989_674,
            "EventInfo": {
                "RoomId": "20015",
                "EventTs": 1_622_191_989,
                "UserId": "recorder",
                "TaskId": "task-one",
                "Payload": {
                    "Status": 0,
                    "FileList": [_NAME, "2.mp4"],
                    "FileMessage": [
                        {
                            "FileName": name,
                            "UserId": user,
                            "TrackType": track,
                            "MediaId": media,
                            "StartTimeStamp": start_ms,
                            "EndTimeStamp": end_ms,
                        }
                        for name, user, track, media, start_ms, end_ms in (
                            (_NAME, "amy", "audio_video", "main", 1_622_186_279_153, 1_622_186_299_153),
                            ("2.mp4", "bo", "audio", "aux", 1_622_186_280_000, 1_622_186_290_000),
                        )
                    ],
                },
            },
        },
        {
            "EventGroupId": 3,
            "EventType": 311,
            "CallbackTs": 1_622_191_989_675,
            "EventInfo": {
                "RoomId": "20015",
                "TaskId": "task-one",
                "Payload": {
                    "Status": 0,
                    "TencentVod": {
                        "UserId": "amy",
                        "TrackType": "audio_video",
                        "MediaId": "main",
                        "FileId": "5285890781570653827",
                        "VideoUrl": "https://media.example/3.mp4",
                        "CacheFile": "a/3.mp4",
                        "StartTimeStamp": 1_622_186_299_500,
                        "EndTimeStamp": 1_622_186_320_000,
                        "Errmsg": "",
                    },
                },
            },
        },
        {"EventGroupId": 3, "EventType": 301, "EventInfo": {"TaskId": "task-one", "Payload": {"Status": 0}}},
    ],
    "hand-made/streams with stamps": {
        "Response": {
            "RequestId": "1",
            "RoomId": 20015,
            "StreamInfo": [
                {
                    "UserId": user,
                    "Role": role,
                    "StartTime": start_s,
                    "StopTime": stop_s,
                    "Duration": stop_s - start_s,
                    "RecordUrl": f"https://media.example/{user}.mp4",
                    "VideoId": user,
                    "FileFormat": "mp4",
                    "RecordSize": 1000,
                }
                for user, role, start_s, stop_s in (
                    ("amy", "main", 1_679_037_001, 1_679_037_050),
                    ("bo", "aux", 1_679_037_020, 1_679_037_060),
                    ("all", "mix", 1_679_037_000, 1_679_037_060),
                )
            ],
        }
    },
    "hand-made/event with data, in seconds": {
        "event": "online_record_stop",
        "data": {
            "class_id": 7,
            "start_time": 1_558_613_140,
            "stop_time": 1_558_613_265,
            "video_info": [_row("amy", 0, 60), _row("amy", 60, 60), _row("", 5, 110, 2)],
        },
    },
    "hand-made/split after class, in seconds": {
        "event_type": 1001,
        "error_code": 0,
        "class_roomid": "7",
        "im_time": 1_558_613_138,
        "start_time": 1_558_613_140,
        "stop_time": 1_558_613_265,
        "total_time": 120,
        "video_id": [
            {
                "video_play_time": 0,
                "video_duration": 60,
                "video_url": "http://media.example/1",
                "video_id": "1",
            },
            {
                "video_play_time": 60_000,
                "video_duration": 60,
                "video_id": "2",
                "video_type": 0,
                "user_id": "amy",
            },
        ],
    },
}
"""By name."""
