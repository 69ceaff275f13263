"""What is wrapped around a result, what is refused on the way in, and that spelling does not matter."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import timeline
from tests.builders import ABSENT, START_S, Row, board, codes, result, result_rows, row
from tests.dialects import (
    LCIC_S,
    OFFLINE_S,
    TRTC_MS,
    Document,
    in_pascal,
    lcic,
    lcic_file,
    load,
    mp4_stop,
    noted,
    offline,
    old_row,
    present,
    saas,
    sample,
    spans,
    split_record,
    trtc_event,
    trtc_file,
    vod,
)
from timeline.errors import RecordingFailedError, ResultFormatError, ResultNotReadyError
from timeline.model import Pause

LESSON = [row("amy", 0, 9000), row("bo", 1000, 8000), board(500, 8000)]
SPANS = {"camera:amy": [(0, 9000)], "camera:bo": [(1000, 9000)], "whiteboard": [(500, 8500)]}


def v1(**fields: Any) -> Document:
    """Return a bare v1 lesson of three tracks."""
    return result(*LESSON, **fields)


def tiw(**fields: Any) -> Document:
    """Return the same lesson in the spelling of TIW."""
    spelt: Document = in_pascal(v1())
    return present(spelt | {"TaskId": "t1", "Status": "FINISHED"} | fields)


def event(data: Any, name: str = "OnlineRecordFinished", **fields: Any) -> Document:
    """Return a TIW event with its signature beside it."""
    outer = {"EventType": name, "Timestamp": START_S + 60, "SdkAppId": 1400000001, "ExpireTime": START_S + 99}
    return outer | {"Sign": "0123", "EventData": data} | fields


def search(*tasks: Any) -> Document:
    """Return an answer of ``DescribeRecordSearch``."""
    return {"Response": {"RecordTaskSet": list(tasks), "TotalCount": len(tasks), "RequestId": "r"}}


def finished(task: str, **fields: Any) -> Document:
    """Return a finished task of that answer; its result does not repeat the task's id."""
    entry = {"TaskId": task, "Status": "FINISHED", "RoomId": 77, "CreateTime": "2020-08-24T10:00:00+08:00"}
    return entry | {"Result": tiw(TaskId=ABSENT, Status=ABSENT, RoomId=ABSENT)} | fields


# --- wrappers --------------------------------------------------------------------------------------------

WRAPPED: dict[str, Any] = {
    "code and data": {"code": 0, "data": v1()},
    "message beside": {"code": 0, "msg": "ok", "timestamp": 1, "data": v1()},
    "data in data": {"data": {"data": v1()}},
    "eight wrappers": {"data": {"data": {"data": {"data": {"data": {"data": {"data": {"data": v1()}}}}}}}},
    "v1 query in data": {"code": 0, "data": v1(error_code=0, status="finished")},
    "v1 callback in data": {"data": v1(error_code=0, callback_type="record_finished")},
    "v1 in Response": {"Response": v1()},
    "TIW bare": tiw(),
    "TIW answer": {"Response": tiw(RequestId="r")},
    "TIW answer in data": {"code": 0, "data": {"Response": tiw(RequestId="r")}},
    "TIW data in Response": {"Response": {"data": tiw()}},
    "TIW event": event(tiw(Status=ABSENT)),
    "TIW event in data": {"code": 0, "data": event(tiw(Status=ABSENT))},
    "TIW event in Response in data": {"data": {"Response": event(tiw(Status=ABSENT))}},
    "TIW search": search(finished("t1")),
    "TIW search in data": {"data": search(finished("t1"))},
}


@pytest.mark.parametrize("document", WRAPPED.values(), ids=WRAPPED.keys())
def test_whatever_is_wrapped_around_it_it_is_this_lesson(document: Document) -> None:
    """Three tracks of 9 s, start at 1 558 613 140 s, and nothing to remark."""
    lesson = load(document)

    assert (lesson.duration_ms, spans(lesson), codes(lesson)) == (9000, SPANS, [])
    assert lesson.to_wall_ms(0) == START_S * 1000


def test_there_is_an_end_to_wrapping() -> None:
    """A ninth wrapper is not opened."""
    document = v1()
    for _ in range(9):
        document = {"data": document}

    with pytest.raises(ResultFormatError, match="no list of files") as caught:
        load(document)
    assert caught.value.code == "not_a_result"


def test_plain_values_of_a_wrapper_go_with_the_body() -> None:
    """A task id outside counts where there is none inside; the inner one wins."""
    assert load({"task_id": "outer", "data": v1()}).task_id == "outer"
    assert load({"task_id": "outer", "data": v1(task_id="inner")}).task_id == "inner"


def test_lists_and_objects_of_a_wrapper_do_not() -> None:
    """A list outside is another list."""
    document = {"video_info": [row("cy", 0, 99_000)], "data": v1()}

    assert spans(load(document)) == SPANS


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"data": v1(video_info=[*LESSON, 5])}, "/data/video_info/3"),
        ({"data": {"Response": tiw(VideoInfos=[*in_pascal(LESSON), 5])}}, "/data/Response/VideoInfos/3"),
        (event(tiw(Status=ABSENT, VideoInfos=[*in_pascal(LESSON), 5])), "/EventData/VideoInfos/3"),
        (
            search(5, finished("t1", Result=tiw(VideoInfos=[*in_pascal(LESSON), 5]))),
            "/Response/RecordTaskSet/1/Result/VideoInfos/3",
        ),
        (lcic(lcic_file(), 5), "/Response/StreamInfo/1"),
        (saas(old_row(0, 60), 5), "/data/video_info/1"),
        ([None, mp4_stop(trtc_file(), 5)], "/1/EventInfo/Payload/FileMessage/1"),
    ],
    ids=["data", "data and Response", "EventData", "search", "lcic", "saas", "trtc"],
)
def test_a_finding_points_through_the_wrappers(document: Any, pointer: str) -> None:
    """As the document was given."""
    assert ("row_unusable", pointer) in noted(load(document))


@pytest.mark.parametrize("nothing", [None, [], "x", 5], ids=repr)
def test_an_event_without_an_object_is_refused(nothing: object) -> None:
    """The error points at ``EventData``."""
    with pytest.raises(ResultFormatError, match="expected an object") as caught:
        load(event(nothing))

    assert (caught.value.code, caught.value.pointer) == ("not_a_result", "/EventData")


@pytest.mark.parametrize(
    "document",
    [
        {"code": 0, "data": None},
        {"code": 0, "data": []},
        {"Response": None},
        {"Response": {"RequestId": "r"}},
        {"Response": {"RequestId": "r", "Status": "FINISHED", "VideoInfos": {}}},
        {"event": "online_record_stop", "data": None},
        {"data": {"class_id": 5}},
        {"event_type": 1001, "error_code": 0, "class_roomid": 5},
        {"EventGroupId": 3, "EventInfo": {}},
        {"EventGroupId": 3, "EventInfo": {"Payload": None}},
        [v1()],
        [[]],
    ],
    ids=str,
)
def test_what_holds_no_result_is_refused(document: Any) -> None:
    """Empty envelopes of every dialect."""
    with pytest.raises(ResultFormatError) as caught:
        load(document)

    assert caught.value.code == "not_a_result"


def test_a_wrapped_offline_result_keeps_its_anchor() -> None:
    """The envelope does not hide which dialect it is."""
    document = {"code": 0, "data": offline(row("amy", 0, 9000))}

    assert load(document).wall_range_ms(0) == (OFFLINE_S * 1000, OFFLINE_S * 1000 + 1000)


def test_lcic_may_come_bare_or_in_data() -> None:
    """With or without ``Response`` and what is around it."""
    answer = lcic(lcic_file())

    for document in (answer, answer["Response"], {"code": 0, "data": answer}):
        assert load(document).wall_range_ms(0) == (LCIC_S * 1000, LCIC_S * 1000 + 1000)


def test_a_split_record_in_data_is_one() -> None:
    """Its seconds stay seconds."""
    assert load({"code": 0, "data": split_record(old_row(0, 2705), total_time=2705)}).duration_ms == 2_705_000


def callkit(inner: Document) -> Document:
    """Return CallKit's callback around an event of cloud recording."""
    outer = {"CallId": "f6273604-3806", "CallbackCommand": "Call.CallbackAfterRecordChanged"}
    return outer | {"Callback": inner | {"KitType": 2}, "EventTime": TRTC_MS + 9}


@pytest.mark.parametrize("number", [310, 311])
def test_callkits_callback_around_an_event_is_opened(number: int) -> None:
    """``Callback`` holds an event of cloud recording."""
    inner = vod(trtc_file()) if number == 311 else mp4_stop(trtc_file())

    assert spans(load(callkit(inner))) == {"camera:amy": [(0, 10_000)]}


def test_callkits_callbacks_may_be_a_list() -> None:
    """A lesson is many callbacks."""
    events = [callkit(vod(trtc_file())), callkit(vod(trtc_file("bo", 500, 900)))]

    assert spans(load(events)) == {"camera:amy": [(0, 10_000)], "camera:bo": [(500, 900)]}


def test_callkits_callback_of_a_start_is_refused_politely() -> None:
    """It has no files yet."""
    with pytest.raises(ResultNotReadyError, match=r"carries no result|tells of a file"):
        load(callkit(trtc_event(301, {"Status": 0})))


@pytest.mark.parametrize("status", ["ok", "success"])
def test_the_status_of_a_wrapper_is_not_that_of_the_recording(status: str) -> None:
    """Many servers say so around any answer; a v1 result has no status of its own."""
    assert spans(load({"status": status, "data": v1()})) == SPANS


# --- tasks -----------------------------------------------------------------------------------------------


def test_the_named_task_is_read() -> None:
    """Its id and room come from the entry, where the result does not repeat them."""
    other = finished("t2", Result=in_pascal(result(row("cy", 0, 5000), room_id=ABSENT)))
    lesson = load(search(finished("t1"), other), task="t2")

    assert (lesson.task_id, lesson.room_id, spans(lesson)) == ("t2", "77", {"camera:cy": [(0, 5000)]})


@pytest.mark.parametrize(("task", "code"), [(None, "task_unnamed"), ("t9", "task_unknown")])
def test_an_unnamed_or_unknown_task_is_refused(task: str | None, code: str) -> None:
    """Both errors name what is there."""
    with pytest.raises(ResultFormatError, match="'t1', 't2'") as caught:
        load(search(finished("t1"), finished("t2")), task=task)

    assert (caught.value.code, caught.value.pointer) == (code, "/Response/RecordTaskSet")


def test_a_single_task_needs_no_name_and_takes_its_own() -> None:
    """Any other name is an error there too."""
    assert load(search(finished("t1"))) == load(search(finished("t1")), task="t1")
    with pytest.raises(ResultFormatError, match="no task 'x'"):
        load(search(finished("t1")), task="x")


def test_a_task_id_may_be_a_number() -> None:
    """It is named by its digits."""
    assert load(search(finished("t1"), finished("x") | {"TaskId": 42}), task="42").task_id == "42"


@pytest.mark.parametrize("status", ["PREPARED", "RECORDING", "PAUSED", "STOPPED"])
@pytest.mark.parametrize("empty", [None, ABSENT], ids=["null", "absent"])
def test_an_unfinished_task_has_no_result(status: str, empty: object) -> None:
    """Its status is named, and where it stands."""
    entry = present({"TaskId": "t2", "Status": status, "Result": empty})
    with pytest.raises(ResultNotReadyError, match=f"/Response/RecordTaskSet/1: .*{status}"):
        load(search(finished("t1"), entry), task="t2")


@pytest.mark.parametrize("tasks", [[], [None, 5]], ids=["empty", "no objects"])
def test_an_answer_without_tasks_is_refused(tasks: list[Any]) -> None:
    """Whether one is named or not."""
    for task in (None, "t1"):
        with pytest.raises(ResultFormatError) as caught:
            load(search(*tasks), task=task)
        assert caught.value.pointer == "/Response/RecordTaskSet"


def test_a_failed_task_is_an_error_of_its_own() -> None:
    """``ErrorCode`` and ``ErrorMsg`` stand inside the result; the other tasks can be read."""
    failed = {"ErrorCode": "FailedOperation.Record", "ErrorMsg": "code: 40004, msg: x", "VideoInfos": []}
    document = search(finished("t1"), finished("t2", Result=failed))

    with pytest.raises(RecordingFailedError, match=r"FailedOperation\.Record") as caught:
        load(document, task="t2")
    assert "usersig" in caught.value.advice
    assert load(document, task="t1").duration_ms == 9000


@pytest.mark.parametrize("nothing", ["", 0, None], ids=repr)
def test_no_error_code_is_success(nothing: object) -> None:
    """Empty, zero and null are what a type's default looks like."""
    assert spans(load(tiw(ErrorCode=nothing, ErrorMsg=""))) == SPANS


def test_a_zero_as_text_is_success_too() -> None:
    """As it is in v1."""
    assert spans(load(tiw(ErrorCode="0"))) == SPANS


@pytest.mark.parametrize("error_code", [40002, "40002"])
def test_a_numeric_error_code_carries_its_advice(error_code: object) -> None:
    """The number is the same one as v1's."""
    with pytest.raises(RecordingFailedError) as caught:
        load(tiw(ErrorCode=error_code, ErrorMsg="no file"))

    assert "camera" in caught.value.advice


# --- failures and what is not ready ----------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, {}, ABSENT, {"room_id": 1}], ids=["null", "empty", "absent", "room"])
def test_an_error_code_outside_is_a_failure(data: object) -> None:
    """Whatever ``data`` holds beside it."""
    document = present({"error_code": 40002, "error_msg": "none", "data": data})
    with pytest.raises(RecordingFailedError, match=r"40002 \('none'\).*camera") as caught:
        load(document)

    assert caught.value.error_code == 40002


def test_an_error_code_inside_is_a_failure() -> None:
    """Under the success of the envelope."""
    with pytest.raises(RecordingFailedError, match="error 40005") as caught:
        load({"error_code": 0, "data": {"error_code": 40005, "error_msg": "group"}})

    assert caught.value.advice


ERROR = {"Code": "FailedOperation.Record", "Message": "code: 40005, msg: 2020-08-24 join"}


@pytest.mark.parametrize(
    "document",
    [
        {"Response": {"Error": ERROR, "RequestId": "r"}},
        {"code": 0, "data": {"Response": {"Error": ERROR, "RequestId": "r"}}},
        {"Error": ERROR},
        event({"TaskId": "t1", "Error": ERROR}),
        event({"TaskId": "t1", "RecordStartTime": 0, "TotalTime": 0, "VideoInfos": [], "Error": ERROR}),
        event({"TaskId": "t1", "Error": ERROR}, "OfflineRecordFinished"),
        lcic(lcic_file(), Error=ERROR),
        lcic(StreamInfo=None, Error=ERROR),
    ],
    ids=["answer", "in data", "bare", "event", "event with fields", "offline", "lcic", "lcic without rows"],
)
def test_an_error_object_is_a_failure(document: Document) -> None:
    """With name and words, and the advice for the number inside the words."""
    with pytest.raises(RecordingFailedError, match="join") as caught:
        load(document)

    assert caught.value.error_code == "FailedOperation.Record"
    assert caught.value.advice == "joining the IM group failed; look into what the message says"


def test_an_error_without_a_number_has_no_advice() -> None:
    """Nothing is made up."""
    error = {"Code": "ResourceNotFound.Room", "Message": "no such room"}
    with pytest.raises(RecordingFailedError, match=r"'ResourceNotFound.Room' \('no such room'\)$") as caught:
        load({"Response": {"Error": error, "RequestId": "r"}})

    assert caught.value.advice == ""


@pytest.mark.parametrize("error", [None, {}, {"Code": "", "Message": ""}], ids=["null", "empty", "blank"])
def test_an_empty_error_is_success(error: object) -> None:
    """A finished event may carry the object all the same."""
    assert spans(load(event(tiw(Status=ABSENT, Error=error)))) == SPANS


@pytest.mark.parametrize(
    "name",
    [
        "OnlineRecordStarted",
        "OnlineRecordStopped",
        "OnlineRecordLongPauseWarning",
        "OnlineRecordLongPauseForceStopped",
        "OfflineRecordProgressChanged",
        "WhiteboardPushStarted",
        "SomethingNew",
    ],
)
def test_other_tiw_events_are_refused_politely(name: str) -> None:
    """By name, with the event that carries a result."""
    with pytest.raises(ResultNotReadyError, match=f"{name}.*OnlineRecordFinished"):
        load(event({"TaskId": "t1", "RoomId": 5, "Progress": "50"}, name))


@pytest.mark.parametrize(
    "status", ["PREPARED", "RECORDING", "PAUSED", "STOPPED", "QUEUED", "PROCESSING", "odd"]
)
def test_an_unfinished_answer_is_refused_even_with_files(status: str) -> None:
    """What is there now is not the whole lesson."""
    with pytest.raises(ResultNotReadyError, match=f"{status}'; query again"):
        load({"Response": tiw(Status=status)})


@pytest.mark.parametrize("status", ["FINISHED", "Finished", "finished", "", None, ABSENT], ids=str)
def test_a_finished_answer_is_read_however_it_says_so(status: object) -> None:
    """In any case, or saying nothing."""
    assert spans(load(tiw(Status=status))) == SPANS


def test_a_refusal_is_one_printable_line() -> None:
    """What a stranger wrote into a name or a message cannot move the cursor."""
    bell = "\x1b[2J\x07\n"
    for document in (
        event({}, f"x{bell}"),
        tiw(Status=bell),
        {"Response": {"Error": {"Code": bell, "Message": bell}}},
        {"event": bell, "data": {}},
        vod(trtc_file(StartTimeStamp=ABSENT), status=1, Errmsg=bell),
    ):
        with pytest.raises(timeline.TimelineError) as caught:
            load(document)
        assert str(caught.value).isprintable()


# --- TIW, offline ----------------------------------------------------------------------------------------


def test_the_offline_event_is_anchored_to_the_second() -> None:
    """Its ``RecordStartTime`` is the chat server's clock at the start of playback, as in v1 offline."""
    data = tiw(Status=ABSENT, Progress=100, RecordStartTime=OFFLINE_S, RecordStopTime=ABSENT)
    lesson = load(event(data, "OfflineRecordFinished"))

    assert (spans(lesson), codes(lesson), lesson.pauses) == (SPANS, [], ())
    assert lesson.wall_range_ms(0) == (OFFLINE_S * 1000, OFFLINE_S * 1000 + 1000)
    assert lesson.wall_range_ms(9000) == (OFFLINE_S * 1000 + 9000, OFFLINE_S * 1000 + 10_000)


def test_the_same_stamp_online_is_no_anchor() -> None:
    """A live recording begins up to 7 s after its stamp; without a stop there is no wall clock at all."""
    data = tiw(Status=ABSENT, RecordStartTime=OFFLINE_S, RecordStopTime=ABSENT)

    assert codes(load(event(data))) == ["wall_clock_missing"]


# --- users and sizes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_tiw", [False, True], ids=["v1", "TIW"])
@pytest.mark.parametrize(
    ("number", "user", "track_id", "found"),
    [
        (0, "amy", "camera:amy", []),
        (1, "amy", "screen:amy", []),
        (1, "tic_substream_amy", "screen:amy", []),
        (0, "tic_substream_amy", "screen:amy", []),
        (1, "tic_substream_", "screen:tic_substream_", []),
        (1, "tic_substream_tic_substream_x", "screen:tic_substream_x", []),
        (4, "tic_substream_amy", "audio:tic_substream_amy", []),
        (2, "", "whiteboard", []),
        (2, "amy", "whiteboard", ["user_on_whiteboard"]),
        (3, "", "mixed", []),
        (3, "tic_mixstream_7_custom", "mixed:tic_mixstream_7_custom", []),
        (3, "tic_mixstream_7_101", "mixed:tic_mixstream_7_101", []),
        (4, "amy", "audio:amy", []),
    ],
)
def test_type_and_user_tell_the_track(
    is_tiw: bool, number: int, user: str, track_id: str, found: list[str]
) -> None:
    """In both spellings alike."""
    document = result(row(user, video_type=number))
    lesson = load(in_pascal(document) if is_tiw else document)

    assert [track.id for track in lesson.tracks] == [track_id]
    assert codes(lesson) == found


def test_camera_and_screen_of_one_user_are_two_tracks_of_that_user() -> None:
    """Whether the screen is called by the user or by the substream."""
    rows = [
        row("amy"),
        row("tic_substream_amy", kind="screen", video_play_time=10_000),
        row("amy", kind="screen"),
    ]
    lesson = load(result(*rows))

    assert spans(lesson) == {"camera:amy": [(0, 10_000)], "screen:amy": [(0, 10_000), (10_000, 20_000)]}
    assert [track.user_id for track in lesson.tracks] == ["amy", "amy"]


@pytest.mark.parametrize("is_tiw", [False, True], ids=["v1", "TIW"])
@pytest.mark.parametrize(
    ("width", "height", "kept"),
    [
        (1280, 720, (1280, 720)),
        (0, 0, (None, None)),
        (None, 720, (None, 720)),
        (ABSENT, ABSENT, (None, None)),
    ],
)
def test_width_and_height_are_kept(
    is_tiw: bool, width: object, height: object, kept: tuple[int | None, int | None]
) -> None:
    """Where they say something."""
    document = result(row("amy", width=width, height=height))
    (clip,) = load(in_pascal(document) if is_tiw else document).tracks[0].clips

    assert (clip.media.width_px, clip.media.height_px) == kept


# --- the same lesson in both spellings -------------------------------------------------------------------


def in_both(document: Document) -> tuple[object, object]:
    """Return what v1 and TIW make of a document: all but the words and pointers of its findings."""
    lessons = [load(document), load({"Response": in_pascal(document)})]
    first, second = (
        (one.room_id, one.task_id, one.duration_ms, one.tracks, one.pauses, one.wall, codes(one))
        for one in lessons
    )
    return first, second


@settings(max_examples=60)
@given(result_rows(), st.integers(-3, 90), st.booleans())
def test_the_spelling_makes_no_difference(rows: list[Row], surplus_s: int, is_declared: bool) -> None:
    """Tracks, pauses and wall clock are the same in snake_case and in PascalCase."""
    pause = {"video_time": 4000, "pause_time": START_S * 1000, "resume_time": START_S * 1000 + 2000}
    declared = {"omitted_duration": [pause]} if is_declared else {}
    sized = [one | {"width": 640, "height": 480} for one in rows]
    v1_says, tiw_says = in_both(result(*sized, surplus_s=surplus_s, task_id="t1", **declared))

    assert v1_says == tiw_says


@pytest.mark.parametrize(
    "name",
    ["guide_example", "guide_query_response", "guide_callback_record_finished"],
)
def test_the_guides_examples_are_the_same_in_both_spellings(name: str) -> None:
    """But for what is wrapped around them."""
    envelope = ("error_code", "error_msg", "status", "callback_type", "task_type", "timestamp")
    body = {key: value for key, value in sample(name).items() if key not in envelope}
    v1_says, tiw_says = in_both(body)

    assert v1_says == tiw_says


@pytest.mark.parametrize(
    ("unit", "uncertainty_ms", "found"), [(1000, 0, []), (1, 1000, ["unit_doubt"])], ids=["ms", "s"]
)
@pytest.mark.parametrize("is_tiw", [False, True], ids=["v1", "TIW"])
def test_a_declared_pause_is_one_in_both_spellings(
    is_tiw: bool, unit: int, uncertainty_ms: int, found: list[str]
) -> None:
    """42 s at 4.5 s; documented in ms, exact then, and to the second where it is in seconds."""
    pause = {"video_time": 4500, "pause_time": START_S * unit, "resume_time": (START_S + 42) * unit}
    document = result(*LESSON, surplus_s=42, omitted_duration=[pause])
    lesson = load(in_pascal(document) if is_tiw else document)

    assert lesson.pauses == (
        Pause(4500, 42_000, (42_000 - uncertainty_ms, 42_000 + uncertainty_ms), "declared"),
    )
    assert codes(lesson) == found


@pytest.mark.parametrize("name", ["VideoInfos", "VideoInfoList"])
@pytest.mark.parametrize("dummy", [{"VideoUrl": "xx"}, None, ABSENT], ids=["object", "null", "absent"])
def test_either_list_of_a_generation_task_is_the_list(name: str, dummy: object) -> None:
    """The other is an object of dummies, null or not there."""
    other = {"VideoInfos": "VideoInfoList", "VideoInfoList": "VideoInfos"}[name]
    document = tiw(**{other: dummy, name: in_pascal(LESSON)})

    assert spans(load({"Response": document})) == SPANS


# --- reading does no harm --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "tic_offline_query",
        "tic_offline_callback",
        "saas_online_record_stop",
        "split_record_2018",
        "trtc_events",
        "trtc_mp4_stop",
        "lcic_record_stream",
        "tiw_online_record",
        "tiw_event_finished",
        "tiw_video_generation",
    ],
)
def test_unknown_fields_everywhere_change_nothing(name: str) -> None:
    """Services add fields from time to time, at every depth."""

    def with_more(value: Any) -> Any:
        if isinstance(value, list):
            return [with_more(one) for one in value]
        if isinstance(value, dict):
            return {key: with_more(inner) for key, inner in value.items()} | {"x_new": {"a": [1, None]}}
        return value

    document = sample(name)

    assert load(with_more(copy.deepcopy(document))) == load(document)


def test_text_and_bytes_are_the_same_document() -> None:
    """Of a list of events too."""
    text = json.dumps([vod(trtc_file("张老师"))], ensure_ascii=False)

    assert timeline.loads(text) == timeline.loads(text.encode())
