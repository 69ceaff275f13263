"""Odd values and names that a mutation may write into a document."""

from __future__ import annotations

from typing import Any

ARSENAL: tuple[Any, ...] = (
    *(None, True, False, "", [], {}, [None], [[]], [{}], {"": None}, {"a": [1, {"b": 2}]}),
    *(-1, 0, 1, 2, 3, 4, 5, 499, 500, 501, 999, 1000, 1001, 9999, 10_000, 2**31 - 1, 2**31, 2**32, 2**53),
    *(604_800_000, 604_800_001, -604_800_000, 10**11 - 1, 10**11, 10**14, 10**15, 10**16, 10**17 - 1),
    *(10**18 - 1, 10**18, 2**63, 2**64, 10**30, -(2**63), -(10**17), 1_558_613_140, 1_558_613_140_000),
    *(1.5, -0.0, 0.1, 4000.0, 1e15, 1e16, 1e17, 1e308, -1e308, 5e-324, float("nan"), float("inf")),
    *("@raw:1e999@", "@raw:-1e999@", "@raw:-Infinity@", "@raw:1E3@", "@raw:-0@", "@raw:4e0@", "@raw:0.0@"),
    *("@raw:01@", "@raw:+1@", "@raw:.5@", "@raw:1.@", "@raw:0x10@", "@raw:1_0@", "@raw:１２３@", "@raw:@"),
    *("@raw:nul@", "@raw:undefined@", "@raw:'a'@", "@raw:/* */ 1@", "@raw:1,@", f"@raw:{'9' * 5000}@"),
    *("@raw:[[[[[[[[[[1]]]]]]]]]]@", f"@raw:{'[' * 40}{']' * 40}@", f"@raw:1{'0' * 400}.5e-400@"),
    *("1e999", "0", "7", "007", "4000", "4.0", "-1", "１２３", "1_0", " 5\n", "0x10", "1e3", "٣"),
    *("9" * 16, "9" * 17, "9" * 4000, "a" * 1024, "a" * 1025, "张" * 4096, "a" * 4097, "\\" * 5000),
    *("\ud800", "a\udc00b", "\ud83d\udc1b", "\x00", "amy\x00", "\x00amy", "\x1b[2J\x07", "a\r\nb", "\u2028"),
    *("\u202eamy\u202c", "\u2066amy", "\u200d", "\ufeff", "\ufffe", "\U0010ffff", "e\u0301" * 500, " ", "\t"),
    *("__proto__", "constructor", "../../etc/passwd", "..\\..\\x", "/dev/null", "CON", "%s%n", "a/b~c"),
    *("</script><script>alert(1)</script>", "]]>", "<!--", "&#0;", "&amp;", "'\"`", "{{7*7}}", "=1+1", "@"),
    *("[red]amy[/red]", "[/]", "camera", "screen", "whiteboard", "mixed", "camera:amy", "tic_substream_"),
    *("tic_substream_tic_substream_", "tic_mixstream_7_custom", "MP4", "m3u8", "mp4\x00", "finished"),
    *("http://", "https://[::1", "http://a:b@c:99999/x.mp4", "file:///etc/passwd", "javascript:alert(1)"),
    *("//x", "data:,x", "http://x/%00%ff%2e%2e%2f", "http://x/?" + "a=b&" * 100, "http://\u202e.example/张"),
    *("2020-08-24T11:33:20+08:00", "2020-08-24 11:33:20", "0:15:00", "0000-00-00", "9999-12-31T23:59:60Z"),
)
"""Values that a field may be replaced by."""

KEYS = (
    *("video_info", "VideoInfos", "VideoInfoList", "video_play_time", "video_duration", "video_type"),
    *("video_url", "video_id", "user_id", "UserId", "Width", "width", "room_id", "task_id", "TaskId"),
    *("start_time", "stop_time", "total_time", "omitted_duration", "OmittedDurations", "RecordStartTime"),
    *("status", "Status", "error_code", "ErrorCode", "Error", "Response", "EventType", "EventData", "data"),
    *("RecordTaskSet", "Result", "callback_type", "EventInfo", "Payload", "FileMessage", "StartTimeStamp"),
    *("StreamInfo", "RecordInfo", "StartTime", "StopTime", "TencentVod", "MediaId", "Role", "EventGroupId"),
    *("event", "event_type", "class_id", "class_roomid", "roomid_list", "im_time", "Callback"),
    *("", "__proto__", "a/b", "~", "\ud800", "\x00", "video_info\u200b", "ｖideo_info"),
)
"""Keys that a key may be renamed to."""

WORDS: tuple[Any, ...] = (
    *(None, "", 0, "0", 1, -1, 40002, "40002", 20003.0, 99999, 10**20, True, [], {}, {"a": 1}, "finished"),
    *("FINISHED", "Finished", "recording", "PREPARED", "record_started", "record_finished", "InternalError"),
    *("OnlineRecordFinished", "OfflineRecordFinished", "TranscodeFinished", 310, 311, 4_000_000_000),
    *("online_record_stop", "online_record_start", 1000, 1001, "1001", "main", "aux", "mix", "audio"),
    *("code: 40001 bad\nrequest\x1b[2J", "code:20011", "\ud800\u202e", "x" * 5000, "task-one", "task-two"),
)
"""What a service may say of a recording, or not quite."""

ENVELOPE_KEYS = (
    *("status", "Status", "error_code", "error_msg", "ErrorCode", "ErrorMsg", "Error", "callback_type"),
    *("EventType", "EventGroupId", "task_type", "TaskId", "task_id", "Progress", "FinishReason", "Code"),
    *("Response", "EventData", "RecordTaskSet", "VideoInfos", "VideoInfoList", "video_info", "Message"),
    *("event", "event_type", "class_id", "data", "Payload", "EventInfo", "StreamInfo", "FileMessage"),
)
"""Under which it says so."""
