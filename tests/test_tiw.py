"""TIW, the successor of v1: the same lesson in PascalCase, in each of its envelopes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import timeline
from timeline.errors import RecordingFailedError, ResultFormatError, ResultNotReadyError
from timeline.results import read_result

SAMPLES = Path(__file__).resolve().parent.parent / "sample_results"


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def pascal(document: Any) -> Any:
    """Return a v1 document in TIW's spelling."""
    names = {
        "video_info": "VideoInfos",
        "start_time": "RecordStartTime",
        "stop_time": "RecordStopTime",
        "omitted_duration": "OmittedDurations",
    }
    if isinstance(document, list):
        return [pascal(entry) for entry in document]
    if isinstance(document, dict):
        spelt = {key: names.get(key) or "".join(map(str.title, key.split("_"))) for key in document}
        return {spelt[key]: pascal(value) for key, value in document.items()}
    return document


def test_the_guides_lesson_in_pascal_case_is_the_same_lesson() -> None:
    """TIW's guide holds the same example; only the spelling differs."""
    v1 = sample("guide_example")

    assert timeline.loads(json.dumps(pascal(v1))) == timeline.loads(json.dumps(v1))


def test_an_answer_is_read() -> None:
    """Tracks by user: a screen named tic_substream_<user> is that user's, a mixed stream keeps its own id."""
    lesson = timeline.load(SAMPLES / "tiw_online_record.json")

    assert [track.id for track in lesson.tracks] == [
        "camera:tiw_web_736",
        "screen:tiw_web_736",
        "whiteboard",
        "mixed:tic_mixstream_736_custom",
    ]
    assert lesson.duration_ms == 368_433
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in lesson.tracks[0].gaps()] == [
        ("late_start", 0, 29_475),
        ("seam", 64_880, 64_903),
        ("absence", 70_988, 115_401),
        ("early_end", 212_188, 368_433),
    ]
    assert lesson.pauses == ()
    assert lesson.room_id == "736"
    assert lesson.task_id == "gvexample0000000tiw1"


def test_declared_sizes_are_kept() -> None:
    """Width and height, where present."""
    camera = timeline.load(SAMPLES / "tiw_online_record.json").track("camera:tiw_web_736")

    assert [(c.media.width_px, c.media.height_px) for c in camera.clips] == [
        (1280, 720),
        (960, 540),
        (1280, 720),
    ]


def test_a_declared_pause_of_an_event_is_taken_as_it_is() -> None:
    """42 s, stamped in ms, so exact."""
    (pause,) = timeline.load(SAMPLES / "tiw_event_finished.json").pauses

    assert pause == timeline.Pause(115_401, 42_000, (42_000, 42_000), "declared")


@pytest.mark.parametrize("unwrap", [False, True], ids=["enveloped", "bare"])
def test_the_envelope_may_be_missing(unwrap: bool) -> None:
    """Many tools hand out what is inside Response only."""
    document = sample("tiw_online_record")

    lesson = timeline.loads(json.dumps(document["Response"] if unwrap else document))

    assert lesson.duration_ms == 368_433


def test_the_dummy_object_of_a_generation_task_is_not_the_list() -> None:
    """VideoInfos is an object of dummies there; VideoInfoList counts."""
    lesson = timeline.load(SAMPLES / "tiw_video_generation.json")

    assert [track.kind for track in lesson.tracks] == ["whiteboard", "mixed"]


def test_several_tasks_want_a_name() -> None:
    """Without one the error lists them; with one that task is read."""
    path = SAMPLES / "tiw_record_search.json"

    with pytest.raises(ResultFormatError, match=r"2 tasks .*--task: 'task-one', 'task-two'"):
        timeline.load(path)
    with pytest.raises(ResultFormatError, match="no task 'nope' in this document"):
        timeline.load(path, task="nope")
    with pytest.raises(ResultNotReadyError, match="RECORDING"):
        timeline.load(path, task="task-two")
    assert timeline.load(path, task="task-one").task_id == "task-one"


def test_one_task_needs_no_name() -> None:
    """There is nothing to choose."""
    document = sample("tiw_record_search")
    del document["Response"]["RecordTaskSet"][1]

    assert timeline.loads(json.dumps(document)).task_id == "task-one"


@pytest.mark.parametrize("status", ["PREPARED", "RECORDING", "PAUSED", "STOPPED", "QUEUED", "PROCESSING"])
def test_an_unfinished_task_is_refused_politely(status: str) -> None:
    """Its status is named."""
    with pytest.raises(ResultNotReadyError, match=status):
        read_result(json.dumps({"Response": {"Status": status, "VideoInfos": []}}))


@pytest.mark.parametrize(
    "event", ["OnlineRecordStarted", "OnlineRecordStopped", "OnlineRecordLongPauseWarning"]
)
def test_an_event_without_a_result_is_refused_politely(event: str) -> None:
    """It says which event carries one."""
    with pytest.raises(ResultNotReadyError, match="OnlineRecordFinished"):
        read_result(json.dumps({"EventType": event, "EventData": {"TaskId": "x"}}))


@pytest.mark.parametrize(
    "document",
    [
        {"Response": {"Error": {"Code": "FailedOperation.Record", "Message": "code: 40002, msg: x"}}},
        {
            "EventType": "OnlineRecordFinished",
            "EventData": {
                "Error": {"Code": "FailedOperation.Record", "Message": "code: 40002, msg: x"},
                "RecordStartTime": 0,
                "VideoInfos": [],
            },
        },
    ],
    ids=["answer", "event"],
)
def test_a_failure_carries_the_advice_for_the_number_inside_its_text(document: dict[str, Any]) -> None:
    """The five-digit code survives only inside the message."""
    with pytest.raises(
        RecordingFailedError, match=r"FailedOperation\.Record.*check that a camera was on"
    ) as caught:
        read_result(json.dumps(document))

    assert caught.value.error_code == "FailedOperation.Record"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"Response": {"VideoInfos": [{"VideoPlayTime": -1}]}}, "/Response/VideoInfos/0/VideoPlayTime"),
        ({"EventType": "OnlineRecordFinished", "EventData": []}, "/EventData"),
        ({"VideoInfos": []}, "/VideoInfos"),
    ],
)
def test_an_error_points_into_the_document_as_it_was_given(document: dict[str, Any], pointer: str) -> None:
    """With its envelope and its spelling."""
    with pytest.raises(ResultFormatError) as caught:
        read_result(json.dumps(document))

    assert caught.value.pointer == pointer
