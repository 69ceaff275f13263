"""What a refusal names: the gravest reason, the true place, and never more than a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.builders import lesson, row
from timeline.errors import RecordingFailedError, ResultFormatError

SAMPLES = Path(__file__).parent.parent / "sample_results"
EMPTY_ROW = {"video_play_time": 0, "video_duration": 0, "video_type": 0, "video_url": "u", "video_size": []}
EMPTY_STREAM = {"StartTime": 1679037001, "StopTime": 1679037001, "VideoId": "1", "Role": "x"}


def refused(document: Any) -> ResultFormatError:
    """Return the error with which a document is refused."""
    with pytest.raises(ResultFormatError) as caught:
        timeline.loads(json.dumps(document))
    return caught.value


def finished(task: str | None, duration_ms: int) -> dict[str, Any]:
    """Return the entry of a task with one camera file."""
    info = {"VideoPlayTime": 0, "VideoDuration": duration_ms, "VideoType": 0, "UserId": "amy", "VideoId": "1"}
    return {"TaskId": task, "Status": "FINISHED", "Result": {"VideoInfos": [info]}}


# --- no usable file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"video_info": [EMPTY_ROW]}, "/video_info/0"),
        ({"video_info": [EMPTY_ROW | {"video_duration": "0"}]}, "/video_info/0"),
        ({"StreamInfo": [EMPTY_STREAM]}, "/StreamInfo/0"),
    ],
    ids=["odd size", "length as text", "unknown role"],
)
def test_the_reason_is_the_gravest_one(document: Any, pointer: str) -> None:
    """The length of 0 loses the file; an odd size, a spelling, a role or a missing url would not."""
    error = refused(document)

    assert (error.code, error.pointer) == ("no_clip", pointer)
    assert str(error) == (
        f"no usable file in this result; first reason: {pointer}: its length is 0 ms; left out"
    )


@pytest.mark.parametrize(
    ("is_list", "pointer"), [(False, "/EventInfo/Payload"), (True, "/0/EventInfo/Payload")]
)
def test_an_event_without_files_is_pointed_at(is_list: bool, pointer: str) -> None:
    """In a list by its number."""
    event = {
        "EventGroupId": 3,
        "EventType": 310,
        "EventInfo": {"TaskId": "t", "Payload": {"FileMessage": []}},
    }

    error = refused([event] if is_list else event)

    assert (error.code, error.pointer) == ("no_clip", pointer)


# --- tasks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result_first", [True, False])
def test_of_two_entries_of_a_task_the_one_with_a_result_counts(result_first: bool) -> None:
    """Whichever comes first."""
    entries = [finished("t", 7000), {"TaskId": "t", "Status": "RECORDING"}]

    read = timeline.loads(json.dumps({"RecordTaskSet": entries if result_first else entries[::-1]}))

    assert (read.task_id, read.duration_ms) == ("t", 7000)


def test_an_answer_without_tasks_is_no_result() -> None:
    """Nobody is asked to name a task where there is none."""
    error = refused({"RecordTaskSet": []})

    assert (error.code, error.pointer) == ("not_a_result", "/RecordTaskSet")


def test_a_task_without_an_id_is_none() -> None:
    """Null is no name."""
    error = refused({"RecordTaskSet": [finished(None, 7000)]})

    assert (error.code, error.pointer) == ("not_a_result", "/RecordTaskSet")


# --- what strangers write --------------------------------------------------------------------------------


def test_a_long_error_code_is_cut() -> None:
    """200 characters are kept."""
    with pytest.raises(RecordingFailedError) as caught:
        timeline.loads(json.dumps({"RequestId": "1", "ErrorCode": "x" * 5000}))

    assert caught.value.error_code == "x" * 200


def test_a_message_about_an_overlap_is_one_harmless_line() -> None:
    """The newline and the escape in the name are spelt out, and it is cut to 38 characters."""
    user = "a\nb\x1b[2J" + "c" * 900

    read = lesson(row(user, 0, 10_000), row(user, 4000, 10_000))

    (message,) = [item.message for item in read.findings if item.code == "clips_overlap"]
    assert message == (
        r"'camera:a\nb\x1b[2J" + "c" * 17 + "...': 0:00:06 of the file that starts at 0:00:00 "
        "lies under a later one and is not used"
    )


def test_a_nul_does_not_make_two_users_one() -> None:
    """It becomes a question mark, since numpy drops NULs at the end of a text."""
    read = lesson(row("a\x00", 0, 10_000), row("a", 0, 10_000))

    assert timeline.presence_table(read)["user_id"].tolist() == ["a", "a?"]
    assert [(item.code, item.where) for item in read.findings] == [("field_odd", "/video_info/0")]


def test_half_a_character_in_the_task_of_an_event_is_replaced() -> None:
    """As in every other id: what is written is UTF-8."""
    events = json.loads((SAMPLES / "trtc_mp4_stop.json").read_text(encoding="utf-8"))
    events["EventInfo"]["TaskId"] = "a\udc00b"

    assert timeline.loads(json.dumps(events)).task_id == "a?b"


@pytest.mark.parametrize(("task", "duration_ms"), [("k", 274_000), ("a?b", 50_000)])
def test_recordings_of_a_room_are_told_apart_by_their_tasks(task: str, duration_ms: int) -> None:
    """One that names none belongs to whichever is meant; half a character is replaced."""
    rows = [
        {"StartTime": 1_732_094_036, "StopTime": 1_732_094_310, "VideoId": "1", "TaskId": "k"},
        {"StartTime": 1_732_095_000, "StopTime": 1_732_095_050, "VideoId": "2", "TaskId": "a\udc00b"},
    ]
    data = json.dumps({"Response": {"RecordInfo": rows}})

    with pytest.raises(ResultFormatError, match="2 tasks"):
        timeline.loads(data)
    read = timeline.loads(data, task=task)
    assert (read.duration_ms, read.task_id) == (duration_ms, task)
