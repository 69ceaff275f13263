"""The dialects beside v1 online and TIW: every sample by its figures, then what can differ."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ABSENT, START_S, Row, codes, result, row
from tests.dialects import (
    IM_S,
    LCIC_S,
    OFFLINE_S,
    SAAS_S,
    TRTC_MS,
    lcic,
    lcic_file,
    load,
    mp4_stop,
    noted,
    offline,
    old_row,
    saas,
    sample,
    spans,
    split_record,
    trtc_event,
    trtc_file,
    vod,
)
from timeline.errors import RecordingFailedError, ResultFormatError, ResultNotReadyError
from timeline.model import MediaReference, Timeline

YEAR_1970_MS = 5000


def media(lesson: Timeline, track_id: str) -> list[MediaReference]:
    """Return the files behind the clips of a track."""
    return [clip.media for clip in lesson.track(track_id).clips]


def stamps(start: Any, end: Any) -> Row:
    """Return the two stamps of a TRTC file as they stand in the JSON."""
    return {"StartTimeStamp": start, "EndTimeStamp": end}


# --- the samples -----------------------------------------------------------------------------------------


def test_the_offline_query_has_these_clips() -> None:
    """Start plus length by hand: 4120 + 2 640 480 = 1 320 980 + 1 323 620 = 2 644 600."""
    lesson = load(sample("tic_offline_query"))

    assert lesson.duration_ms == 2_644_600
    assert spans(lesson) == {
        "camera:lily": [(61_480, 1_261_480), (1_320_980, 2_644_600)],
        "camera:teacher_wu": [(4120, 2_644_600)],
        "screen:teacher_wu": [(902_300, 1_513_320)],
        "whiteboard": [(0, 2_640_000)],
    }
    assert (lesson.room_id, lesson.task_id) == ("52110", "h27ofllinequery00001")
    assert (lesson.pauses, lesson.findings) == ((), ())


@pytest.mark.parametrize("name", ["tic_offline_query", "tic_offline_callback"])
def test_an_offline_recording_is_anchored_to_the_second(name: str) -> None:
    """``record_start_time`` is 1 571 806 805 s; the wall clock runs on to the end without a break."""
    lesson = load(sample(name))

    assert lesson.to_wall_ms(0) == 1_571_806_805_000
    assert lesson.wall_range_ms(0) == (1_571_806_805_000, 1_571_806_806_000)
    assert lesson.to_wall_ms(2_644_600) == 1_571_809_449_600
    assert lesson.wall_range_ms(2_644_600) == (1_571_809_449_600, 1_571_809_450_600)


def test_the_offline_callback_is_one_mixed_file() -> None:
    """With mixing there is nothing else, and its user is empty."""
    lesson = load(sample("tic_offline_callback"))

    assert spans(lesson) == {"mixed": [(0, 2_644_600)]}
    assert (lesson.room_id, lesson.task_id) == ("52110", "h27offlinemixed00001")
    assert lesson.track("mixed").user_id is None
    assert lesson.findings == ()
    assert media(lesson, "mixed") == [
        MediaReference(
            url="http://recording.example.com/offline-mixed.mp4",
            video_id="5285890790000000006",
            mime="video/mp4",
            size_bytes=402_118_900,
            duration_ms=2_644_600,
            position=0,
        )
    ]


def test_the_saas_event_has_these_clips() -> None:
    """Lengths in s, starts in ms: 12.48 s + 3687 s and 95 s + 1800 s, within the 3705 s of the stamps."""
    lesson = load(sample("saas_online_record_stop"))

    assert lesson.duration_ms == 3_700_000
    assert spans(lesson) == {
        "camera:teacher_zhao": [(0, 3_700_000)],
        "camera:tom": [(95_000, 1_895_000)],
        "whiteboard": [(12_480, 3_699_480)],
    }
    assert (lesson.room_id, lesson.task_id, lesson.pauses) == ("100082001", None, ())
    assert [clip.video_id for clip in media(lesson, "camera:tom")] == ["5285890790000000013"]


def test_the_saas_event_has_these_findings() -> None:
    """How its units were read, and that its whiteboard names a user."""
    lesson = load(sample("saas_online_record_stop"))

    assert noted(lesson) == [("unit_doubt", "/data/video_info"), ("user_on_whiteboard", "/data/video_info/1")]
    assert lesson.track("whiteboard").user_id is None


def test_the_saas_event_is_stamped_like_a_live_recording() -> None:
    """Start and stop are 3705 s apart, 5 s more than the files: 0 lies 0 to 6 s after the start stamp."""
    lesson = load(sample("saas_online_record_stop"))

    assert lesson.to_wall_ms(0) == 1_561_440_600_000
    assert lesson.wall_range_ms(0) == (1_561_440_600_000, 1_561_440_606_000)


def test_the_split_record_has_these_clips() -> None:
    """All in seconds: 5 + 2695 = 2700, 610 + 1490 = 2100, 45:05 in all."""
    lesson = load(sample("split_record_2018"))

    assert lesson.duration_ms == 2_705_000
    assert spans(lesson) == {
        "camera:jack": [(610_000, 2_100_000)],
        "camera:teacher_sun": [(0, 2_705_000)],
        "whiteboard": [(5000, 2_700_000)],
    }
    assert (lesson.room_id, lesson.task_id, lesson.pauses) == ("3307", None, ())
    assert noted(lesson) == [("unit_doubt", "/video_info")]


def test_the_split_record_is_anchored_by_the_chat_server() -> None:
    """``im_time`` is 1 538 028 012 s."""
    lesson = load(sample("split_record_2018"))

    assert lesson.to_wall_ms(0) == 1_538_028_012_000
    assert lesson.wall_range_ms(0) == (1_538_028_012_000, 1_538_028_013_000)
    assert lesson.to_wall_ms(610_000) == 1_538_028_622_000


def test_the_trtc_events_have_these_clips() -> None:
    """Anna's start, …6 279 145, is 0; the teacher's end, …8 079 165, is 30 minutes and 20 ms later."""
    lesson = load(sample("trtc_events"))

    assert lesson.duration_ms == 1_800_020
    assert spans(lesson) == {
        "camera:anna": [(0, 540_300), (604_910, 1_799_805)],
        "camera:teacher_lin": [(8, 1_800_020)],
        "screen:teacher_lin": [(300_500, 1_500_000)],
        "mixed": [(40, 1_800_000)],
    }
    assert (lesson.room_id, lesson.task_id) == ("88012", "-m9-record-task-0001")


def test_the_trtc_events_are_exact_in_wall_time() -> None:
    """Stamps in ms leave nothing uncertain, at the start and at the end."""
    lesson = load(sample("trtc_events"))

    assert lesson.to_wall_ms(0) == 1_622_186_279_145
    assert lesson.wall_range_ms(0) == (1_622_186_279_145, 1_622_186_279_145)
    assert lesson.wall_range_ms(1_800_020) == (1_622_188_079_165, 1_622_188_079_165)
    assert lesson.pauses == ()


def test_the_trtc_events_have_these_findings() -> None:
    """The failed upload, the retried event, and a mixed stream beside the single ones."""
    lesson = load(sample("trtc_events"))

    assert noted(lesson) == [
        ("row_unusable", "/7/EventInfo/Payload"),
        ("duplicate_row", "/4/EventInfo/Payload/TencentVod"),
        ("mixed_beside_single", "mixed"),
    ]
    assert "upload failed" in lesson.findings[0].message
    assert "/3/EventInfo/Payload/TencentVod" in lesson.findings[1].message


def test_the_trtc_events_name_url_and_id() -> None:
    """Of the video service; sizes are not told, the format is that of the file's name."""
    assert media(load(sample("trtc_events")), "camera:anna")[1] == MediaReference(
        url="http://recording.example.com/trtc-anna-2/f0.mp4",
        video_id="387702290000000002",
        mime="video/mp4",
        size_bytes=None,
        duration_ms=1_194_895,
        position=0,
    )


def test_the_mp4_event_has_these_clips() -> None:
    """21 minutes; amelie comes 4.354 s later and leaves at …7 529 015."""
    lesson = load(sample("trtc_mp4_stop"))

    assert lesson.duration_ms == 1_260_000
    assert spans(lesson) == {"camera:amelie": [(4354, 1_249_870)], "camera:teacher": [(0, 1_260_000)]}
    assert (lesson.room_id, lesson.task_id) == ("88012", "-m9-record-task-0001")
    assert lesson.wall_range_ms(0) == (1_622_186_279_145, 1_622_186_279_145)


def test_the_mp4_event_names_files_without_urls() -> None:
    """They lie in the user's own bucket: the name without folder and ending is the id, a finding tells."""
    lesson = load(sample("trtc_mp4_stop"))

    assert noted(lesson) == [
        ("url_missing", "/EventInfo/Payload/FileMessage/0"),
        ("url_missing", "/EventInfo/Payload/FileMessage/1"),
    ]
    assert media(lesson, "camera:amelie") == [
        MediaReference(
            url=None,
            video_id="1400000000_88012__UserId_s_YW1lbGll__UserId_e_main",
            mime="video/mp4",
            size_bytes=None,
            duration_ms=1_245_516,
            position=1,
        )
    ]


def test_the_lcic_answer_has_these_clips() -> None:
    """From 1 721 099 743 s on: 0 to 1502, 240 to 1140, 21 to 620, 655 to 1500."""
    lesson = load(sample("lcic_record_stream"))

    assert lesson.duration_ms == 1_502_000
    assert spans(lesson) == {
        "camera:mia": [(21_000, 620_000), (655_000, 1_500_000)],
        "camera:teacher_he": [(0, 1_502_000)],
        "screen:teacher_he": [(240_000, 1_140_000)],
    }
    assert (lesson.room_id, lesson.task_id, lesson.pauses) == ("321125827", None, ())


def test_the_lcic_answer_is_exact_to_the_second() -> None:
    """Its stamps are whole seconds."""
    lesson = load(sample("lcic_record_stream"))

    assert lesson.to_wall_ms(0) == 1_721_099_743_000
    assert lesson.wall_range_ms(0) == (1_721_099_743_000, 1_721_099_744_000)
    assert lesson.wall_range_ms(1_502_000) == (1_721_101_245_000, 1_721_101_246_000)


def test_the_lcic_answer_disagrees_with_itself_once() -> None:
    """1504 s are declared where the stamps are 1502 s apart; the stamps count."""
    lesson = load(sample("lcic_record_stream"))

    assert noted(lesson) == [("length_disagrees", "/Response/StreamInfo/0")]
    assert "0:25:04" in lesson.findings[0].message
    assert "0:25:02" in lesson.findings[0].message


def test_the_lcic_answer_names_url_id_and_size() -> None:
    """As they are given."""
    assert media(load(sample("lcic_record_stream")), "screen:teacher_he") == [
        MediaReference(
            url="https://recording.example.com/125312340000000002/f0.mp4",
            video_id="125312340000000002",
            mime="video/mp4",
            size_bytes=14_000_000,
            duration_ms=900_000,
            position=1,
        )
    ]


# --- v1, offline -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_an_offline_task_in_progress_is_refused_politely(status: str) -> None:
    """With its status."""
    with pytest.raises(ResultNotReadyError, match=status):
        load(offline(status=status, progress=40, video_info=ABSENT))


def test_an_offline_failure_carries_the_advice() -> None:
    """20002 is a wrong signature, in the guide's own table."""
    with pytest.raises(RecordingFailedError, match="error 20002") as caught:
        load(offline(error_code=20002, error_msg="sign", video_info=ABSENT))

    assert "TicKey" in caught.value.advice


@pytest.mark.parametrize("error_code", [-1, 2003, 2004, 2005, 2007, 20010, 20090])
def test_the_offline_error_codes_carry_advice(error_code: int) -> None:
    """The vendor's offline document advises something for each, as for a destroyed room (2003)."""
    with pytest.raises(RecordingFailedError) as caught:
        load(offline(error_code=error_code, error_msg="x", video_info=ABSENT))

    assert caught.value.advice


def test_failed_offline_rows_are_left_out() -> None:
    """A failed file has a length of 0 and an empty url; the others stay."""
    lost = row("bo", 0, 0, video_url="", video_id="")
    lesson = load(offline(row("amy", 0, 9000), lost))

    assert spans(lesson) == {"camera:amy": [(0, 9000)]}
    assert noted(lesson) == [("duration_not_positive", "/video_info/1")]


def test_the_bare_offline_result_is_anchored_too() -> None:
    """``record_start_time`` without ``start_time`` is enough to know the dialect."""
    lesson = load({"room_id": 1, "record_start_time": OFFLINE_S, "video_info": [row("amy", 0, 9000)]})

    assert lesson.wall_range_ms(0) == (OFFLINE_S * 1000, OFFLINE_S * 1000 + 1000)


def test_an_offline_anchor_in_ms_is_recognised() -> None:
    """13 digits are ms, with a finding of doubt."""
    lesson = load(offline(row("amy", 0, 9000), record_start_time=OFFLINE_S * 1000 + 250))

    assert lesson.to_wall_ms(0) == OFFLINE_S * 1000 + 250
    assert noted(lesson) == [("unit_doubt", "/record_start_time")]


@pytest.mark.parametrize("nothing", [ABSENT, None, 0], ids=["absent", "null", "zero"])
def test_an_offline_result_may_lack_its_anchor(nothing: object) -> None:
    """Then there is no wall clock; ``task_type`` alone tells the dialect."""
    lesson = load(offline(row("amy", 0, 9000), record_start_time=nothing, task_type="record_offline"))

    assert (lesson.wall, codes(lesson)) == (None, ["wall_clock_missing"])


@pytest.mark.parametrize("anchor", [ABSENT, OFFLINE_S], ids=["without anchor", "with anchor"])
def test_nobody_pauses_a_class_that_is_over(anchor: object) -> None:
    """Two streams cut at once are a possible pause live, and nothing at all offline."""
    cut = [row(user, start_ms, 9000) for user in ("amy", "bo") for start_ms in (0, 9000)]

    assert codes(load(result(*cut))) == ["possible_pause"]
    after_class = load(offline(*cut, record_start_time=anchor, task_type="record_offline"))
    assert "possible_pause" not in codes(after_class)


def test_a_live_result_with_a_start_is_not_offline() -> None:
    """Where both starts are given, the live ones count, with their 7 s."""
    lesson = load(result(row("amy", 0, 9000), record_start_time=START_S - 50))

    # start and stop are 9 s apart, so 0 lies within a second of the start
    assert lesson.wall_range_ms(0) == (START_S * 1000, START_S * 1000 + 1000)
    assert lesson.to_wall_ms(0) == START_S * 1000


# --- SaaS and split record -------------------------------------------------------------------------------


def test_another_saas_event_is_refused_politely() -> None:
    """It says which event carries the result."""
    with pytest.raises(ResultNotReadyError, match=r"'online_record_start'.*online_record_stop"):
        load({"event": "online_record_start", "data": {"class_id": 7, "error_code": 0}})


@pytest.mark.parametrize("files", [ABSENT, [], [old_row(0, 60)]], ids=["no list", "empty", "a file"])
def test_a_saas_failure_carries_the_advice(files: object) -> None:
    """The code stands inside ``data``, whatever list is beside it."""
    with pytest.raises(RecordingFailedError, match="error 40002") as caught:
        load(saas(error_code=40002, error_msg="no file", video_info=files))

    assert "camera" in caught.value.advice


def test_the_data_of_a_saas_event_is_enough() -> None:
    """``class_id`` beside ``video_info`` tells the dialect, so its seconds stay seconds."""
    document = saas(old_row(0, 3700), lasted_s=3700)["data"]

    lesson = load(document)

    assert (lesson.duration_ms, lesson.room_id) == (3_700_000, "100082001")
    assert lesson.to_wall_ms(0) == SAAS_S * 1000


def test_the_start_of_a_split_record_is_no_result() -> None:
    """Event 1000 says so, and which event carries one."""
    with pytest.raises(ResultNotReadyError, match="1001"):
        load({"error_code": 0, "event_type": 1000, "class_roomid": 3307})


def test_a_failed_split_record_is_a_typed_error() -> None:
    """With code and message, even with the list beside it."""
    with pytest.raises(RecordingFailedError, match=r"error 40002 \('nothing'\).*camera") as caught:
        load(split_record(old_row(0, 2705), error_code=40002, error_msg="nothing"))

    assert caught.value.error_code == 40002


def test_the_first_draft_calls_the_list_video_id() -> None:
    """For one day in 2018 it did; pointers follow the document."""
    document = split_record(video_info=ABSENT, video_id=[old_row(0, 2705), 5], total_time=2705)
    lesson = load(document)

    assert spans(lesson) == {"camera:amy": [(0, 2_705_000)]}
    assert noted(lesson) == [("unit_doubt", "/video_id"), ("row_unusable", "/video_id/1")]


@pytest.mark.parametrize("key", ["class_roomid", "im_time", "event_type"])
def test_any_key_of_its_own_tells_a_split_record(key: str) -> None:
    """Without the other keys it is still read in seconds."""
    keys = {"class_roomid": 3307, "im_time": IM_S, "event_type": 1001}
    document = {key: keys[key], "video_info": [old_row(0, 2705)], "total_time": 2705}

    assert load(document).duration_ms == 2_705_000


def test_a_split_record_has_no_pauses() -> None:
    """It is made after class: two streams cut at once are no pause."""
    cut = [old_row(start, 900, user) for user in ("amy", "bo") for start in (0, 900)]

    assert codes(load(split_record(*cut, total_time=1800))) == ["unit_doubt"]


def test_the_answer_to_a_split_record_query_is_read() -> None:
    """It names neither type nor user of a file, but where it begins, how long it is and its url."""
    bare = old_row(0, 2705, video_type=ABSENT, user_id=ABSENT)

    assert load({"error_code": 0, "roomid_list": [1], "video_info": [bare]}).duration_ms == 2_705_000


# --- TRTC: which events ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [301, 302, 303, 305, 306, 307, 308, 309, 312])
@pytest.mark.parametrize("is_list", [False, True], ids=["one", "list"])
def test_other_events_of_cloud_recording_are_refused_politely(number: int, is_list: bool) -> None:
    """It says which events tell of files."""
    event = trtc_event(number, {"Status": 0})
    with pytest.raises(ResultNotReadyError, match="310 and 311"):
        load([event] if is_list else event)


def test_other_events_among_them_are_passed_over() -> None:
    """Rooms being made, people coming, and what is no event at all."""
    room = {"EventGroupId": 1, "EventType": 101, "CallbackTs": 1, "EventInfo": {"RoomId": 12345}}
    lesson = load([room, None, 5, {"x": 1}, trtc_event(301, {"Status": 0}), vod(trtc_file())])

    assert spans(lesson) == {"camera:amy": [(0, 10_000)]}
    assert lesson.findings == ()


def test_one_event_needs_no_list() -> None:
    """The body of a single callback is a result; its pointers have no number."""
    lesson = load(vod(trtc_file(VideoUrl=ABSENT)))

    assert noted(lesson) == [("url_missing", "/EventInfo/Payload/TencentVod")]


def test_both_events_of_a_task_go_together() -> None:
    """A file of event 310 and one of event 311 lie on one axis."""
    lesson = load([mp4_stop(trtc_file("bo", 5000, 9000)), vod(trtc_file("amy"))])

    assert spans(lesson) == {"camera:amy": [(0, 10_000)], "camera:bo": [(5000, 9000)]}


@pytest.mark.parametrize("number", ["311", 311.0])
def test_the_event_number_may_be_spelt_oddly(number: object) -> None:
    """As text or as a float."""
    assert load(vod(trtc_file()) | {"EventType": number}).duration_ms == 10_000


def test_a_retried_event_counts_once() -> None:
    """All files of a repeated event are left out with pointers to both."""
    event = mp4_stop(trtc_file("amy"), trtc_file("bo"))
    lesson = load([event, copy.deepcopy(event) | {"CallbackTs": TRTC_MS + 9}])

    assert spans(lesson) == {"camera:amy": [(0, 10_000)], "camera:bo": [(0, 10_000)]}
    assert noted(lesson) == [
        ("duplicate_row", f"/1/EventInfo/Payload/FileMessage/{number}") for number in (0, 1)
    ]
    assert "/0/EventInfo/Payload/FileMessage/1" in lesson.findings[1].message


def test_two_files_of_the_same_times_are_two_files() -> None:
    """Another id is another file: it is not a repetition, but lies over the first."""
    lesson = load([vod(trtc_file()), vod(trtc_file(FileId="other"))])

    assert codes(lesson) == ["clips_overlap"]


def test_several_trtc_tasks_want_a_name() -> None:
    """The error lists them; with a name only its files count, from its own earliest start on."""
    events = [
        vod(trtc_file("amy"), task="one"),
        vod(trtc_file("bo", 700, 9000), task="two"),
        trtc_event(301, {"Status": 0}, task="three"),
    ]
    with pytest.raises(ResultFormatError, match=r"2 tasks .*--task: 'one', 'two'") as caught:
        load(events)
    assert caught.value.code == "task_unnamed"
    with pytest.raises(ResultFormatError, match="no task 'three'") as caught:
        load(events, task="three")
    assert caught.value.code == "task_unknown"

    lesson = load(events, task="two")

    assert (lesson.task_id, lesson.to_wall_ms(0)) == ("two", TRTC_MS + 700)
    assert spans(lesson) == {"camera:bo": [(0, 8300)]}


def test_one_trtc_task_may_be_named() -> None:
    """Its own name changes nothing."""
    assert load([vod(trtc_file())], task="t1") == load([vod(trtc_file())])


# --- TRTC: failures --------------------------------------------------------------------------------------

NOT_STORED = {"FileId": ABSENT, "VideoUrl": ABSENT, "MediaId": ABSENT, **stamps(ABSENT, ABSENT)}


@pytest.mark.parametrize("status", [1, 2, "1"])
def test_a_file_that_was_not_stored_is_an_error(status: object) -> None:
    """Where it is the only one: with the service's status and words; it documents no advice."""
    with pytest.raises(RecordingFailedError, match="disk full") as caught:
        load(vod(trtc_file(**NOT_STORED), status=status, Errmsg="disk full"))

    assert (caught.value.error_code, caught.value.advice) == (str(status), "")


def test_a_file_that_was_not_stored_costs_only_itself() -> None:
    """The others stay; what the service said is in the finding."""
    failed = vod(trtc_file("bo", **NOT_STORED), status=2, Errmsg="disk full")
    lesson = load([failed, vod(trtc_file())])

    assert spans(lesson) == {"camera:amy": [(0, 10_000)]}
    assert noted(lesson) == [("row_unusable", "/0/EventInfo/Payload")]
    assert "'disk full'" in lesson.findings[0].message


def test_a_failure_of_another_task_is_not_told() -> None:
    """Only the task that is meant counts."""
    failed = vod(trtc_file("bo", **NOT_STORED), status=2, task="two")

    assert load([failed, vod(trtc_file())], task="t1").findings == ()


def test_the_status_of_an_mp4_event_fails_no_file() -> None:
    """Its files have their stamps whatever it is."""
    assert load(mp4_stop(trtc_file(), Status=1)).duration_ms == 10_000


def test_names_without_stamps_cannot_be_placed() -> None:
    """The documented form of event 310 has a list of names only."""
    with pytest.raises(ResultFormatError) as caught:
        load(trtc_event(310, {"Status": 0, "FileList": ["a.mp4"]}))

    assert caught.value.code == "no_clip"


def test_a_file_that_was_stored_later_is_not_lost() -> None:
    """Status 1 means that the file still lies on the server; its event with status 0 comes later."""
    cache = {"CacheFile": "amy.mp4"}
    waiting = vod(trtc_file(**NOT_STORED | cache), status=1, Errmsg="lingers")

    assert load([waiting, vod(trtc_file(**cache))]).findings == ()


# --- TRTC: whose stream ----------------------------------------------------------------------------------

MAIN = "1400000000_88__UserId_s_YW15__UserId_e_main"
AUX = "1400000000_88__UserId_s_YW15__UserId_e_aux"


@pytest.mark.parametrize(
    ("fields", "track_id"),
    [
        ({"MediaId": "main"}, "camera:amy"),
        ({"MediaId": "aux"}, "screen:amy"),
        ({"MediaId": "mix", "UserId": ""}, "mixed"),
        ({"MediaId": "mix"}, "mixed"),
        ({"MediaId": ABSENT, "UserId": ""}, "mixed"),
        ({"MediaId": ABSENT, "UserId": ABSENT, "CacheFile": "1400000000_88_1.mp4"}, "mixed"),
        ({"MediaId": ABSENT}, "camera:amy"),
        ({"MediaId": None, "CacheFile": f"{MAIN}.mp4"}, "camera:amy"),
        ({"MediaId": ABSENT, "CacheFile": f"{AUX}.mp4"}, "screen:amy"),
        ({"MediaId": "", "CacheFile": f"{AUX}_2.mp4"}, "screen:amy"),
        ({"MediaId": ABSENT, "CacheFile": ABSENT, "FileName": f"record/t1/{AUX}.mp4"}, "screen:amy"),
        ({"MediaId": ABSENT, "CacheFile": "1400000000_88_UserId_s_YW15_UserId_e_aux.mp4"}, "screen:amy"),
        ({"MediaId": "main", "CacheFile": f"{AUX}.mp4"}, "camera:amy"),
        ({"MediaId": "main", "TrackType": "audio"}, "audio:amy"),
        ({"MediaId": ABSENT, "TrackType": "audio"}, "audio:amy"),
        ({"MediaId": "main", "TrackType": "video"}, "camera:amy"),
        ({"MediaId": "mix", "TrackType": "audio", "UserId": ""}, "mixed"),
        ({"UserId": 42}, "camera:42"),
    ],
)
def test_media_id_and_else_the_name_tell_the_stream(fields: Row, track_id: str) -> None:
    """Main is a camera, aux a screen, mix or nobody's the mixed stream, a camera of sound only is sound."""
    lesson = load(vod(trtc_file(**fields)))

    assert [track.id for track in lesson.tracks] == [track_id]
    assert lesson.findings == ()


def test_an_unknown_media_id_is_kept_as_a_camera() -> None:
    """With a finding that names it."""
    lesson = load(vod(trtc_file(MediaId="third")))

    assert [track.id for track in lesson.tracks] == ["camera:amy"]
    assert noted(lesson) == [("video_type_unknown", "/EventInfo/Payload/TencentVod/MediaId")]
    assert "'third'" in lesson.findings[0].message


@pytest.mark.parametrize(("media_id", "track_id"), [("main", "camera"), ("aux", "screen")])
def test_a_single_stream_of_nobody_is_told(media_id: str, track_id: str) -> None:
    """``MediaId`` says camera or screen, so a missing user is missing."""
    lesson = load(vod(trtc_file("", MediaId=media_id)))

    assert [track.id for track in lesson.tracks] == [track_id]
    assert noted(lesson) == [("user_missing", "/EventInfo/Payload/TencentVod")]


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("a.mp4", "video/mp4"),
        ("a.MP4", "video/mp4"),
        ("b/c.d/a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.mp3", "audio/mpeg"),
        ("a.TS", "video/mp2t"),
    ],
)
def test_the_format_is_the_ending_of_the_name(name: str, mime: str) -> None:
    """In any case, and only of the last part of a path."""
    lesson = load(vod(trtc_file(CacheFile=name)))

    assert media(lesson, "camera:amy")[0].mime == mime


def test_without_an_id_the_name_is_one() -> None:
    """Without folder and ending, so that the file is found in a folder of downloads."""
    lesson = load(mp4_stop(trtc_file(FileId=ABSENT, VideoUrl=ABSENT, FileName=f"record/t1/{MAIN}.mp4")))

    assert media(lesson, "camera:amy")[0].video_id == MAIN
    assert codes(lesson) == ["url_missing"]


def test_a_name_without_an_ending_is_a_name() -> None:
    """Its file can be found by it as by any other."""
    lesson = load(
        mp4_stop(trtc_file(FileId=ABSENT, VideoUrl=ABSENT, CacheFile=ABSENT, FileName="record/amy"))
    )

    assert media(lesson, "camera:amy")[0].video_id == "amy"


# --- TRTC: stamps ----------------------------------------------------------------------------------------

TRTC_SECOND = 1_622_186_279
ODD_STAMPS: list[Any] = [0, None, ABSENT, -1, 10**15, 10**30, "soon", 1.5, True, [], {}]


@pytest.mark.parametrize("key", ["StartTimeStamp", "EndTimeStamp"])
@pytest.mark.parametrize("stamp", ODD_STAMPS, ids=str)
def test_a_file_without_a_usable_stamp_is_left_out(key: str, stamp: object) -> None:
    """The other file stays where it is."""
    lesson = load([vod(trtc_file("bo", **{key: stamp})), vod(trtc_file("amy", 500, 9000))])

    assert spans(lesson) == {"camera:amy": [(0, 8500)]}
    assert noted(lesson)[-1] == ("row_unusable", "/0/EventInfo/Payload/TencentVod")
    assert lesson.to_wall_ms(0) == TRTC_MS + 500


def test_without_any_usable_stamp_the_document_is_refused() -> None:
    """The error points at the file."""
    with pytest.raises(ResultFormatError, match="no start or end") as caught:
        load(vod(trtc_file(**stamps(0, 0))))

    assert (caught.value.code, caught.value.pointer) == ("no_clip", "/EventInfo/Payload/TencentVod")


def test_stamps_as_text_are_read() -> None:
    """With a finding each."""
    lesson = load(vod(trtc_file(**stamps(str(TRTC_MS), str(TRTC_MS + 8000)))))

    assert (lesson.duration_ms, lesson.to_wall_ms(0)) == (8000, TRTC_MS)
    assert noted(lesson) == [
        ("number_spelling", f"/EventInfo/Payload/TencentVod/{key}TimeStamp") for key in ("Start", "End")
    ]


def test_stamps_in_seconds_are_recognised() -> None:
    """Ten digits are seconds, where ms are documented; a finding each."""
    lesson = load(vod(trtc_file(**stamps(TRTC_SECOND, TRTC_SECOND + 8))))

    assert (lesson.duration_ms, lesson.to_wall_ms(0)) == (8000, TRTC_SECOND * 1000)
    assert noted(lesson) == [
        ("unit_doubt", f"/EventInfo/Payload/TencentVod/{key}TimeStamp") for key in ("Start", "End")
    ]


def test_stamps_in_seconds_are_exact_to_the_second() -> None:
    """A whole second may be up to a second too early, in this dialect as in any."""
    lesson = load(vod(trtc_file(**stamps(TRTC_SECOND, TRTC_SECOND + 8))))

    assert lesson.wall_range_ms(0) == (TRTC_SECOND * 1000, TRTC_SECOND * 1000 + 1000)


@pytest.mark.parametrize(("start_ms", "end_ms"), [(0, 0), (8000, 7999)])
def test_a_stop_at_or_before_the_start_costs_the_file(start_ms: int, end_ms: int) -> None:
    """It has no length; it does not set the origin either."""
    lesson = load([vod(trtc_file("bo", start_ms, end_ms)), vod(trtc_file("amy", 9000, 10_000))])

    assert spans(lesson) == {"camera:amy": [(0, 1000)]}
    assert noted(lesson) == [("duration_not_positive", "/0/EventInfo/Payload/TencentVod")]
    assert f"its length is {end_ms - start_ms} ms" in lesson.findings[0].message


@pytest.mark.parametrize("stamp_ms", [YEAR_1970_MS * 1000, TRTC_MS * 10, TRTC_MS - 10**9, TRTC_MS + 10**9])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_days_away_does_not_push_the_others_off(stamp_ms: int, place: int) -> None:
    """Of three files the one in 1970, or eleven days off, is left out wherever it stands."""
    events = [vod(trtc_file("amy")), vod(trtc_file("bo", 500, 9000))]
    events.insert(place, vod(trtc_file("cy", **stamps(stamp_ms, stamp_ms + 5000))))
    lesson = load(events)

    assert spans(lesson) == {"camera:amy": [(0, 10_000)], "camera:bo": [(500, 9000)]}
    assert noted(lesson)[-1] == ("row_unusable", f"/{place}/EventInfo/Payload/TencentVod")


def test_of_two_files_the_one_in_1970_is_left_out() -> None:
    """No service recorded anything in 1970."""
    early = stamps(YEAR_1970_MS, YEAR_1970_MS + 10)

    assert spans(load([vod(trtc_file("amy")), vod(trtc_file("bo", **early))])) == {
        "camera:amy": [(0, 10_000)]
    }


def test_a_file_of_days_is_left_out() -> None:
    """Stop four days after the start: no class lasts that long."""
    days = trtc_file("bo", 0, 4 * 86_400_000)

    assert spans(load([vod(trtc_file("amy")), vod(days)])) == {"camera:amy": [(0, 10_000)]}


def test_a_class_of_a_day_is_kept() -> None:
    """24 h is what the service records at most."""
    assert load(vod(trtc_file("amy", 0, 86_400_000))).duration_ms == 86_400_000


@pytest.mark.parametrize("file", [None, 5, "file", [], {}], ids=repr)
def test_a_file_message_that_is_none_is_left_out(file: Any) -> None:
    """The other file of the event stays."""
    lesson = load(mp4_stop(file, trtc_file()))

    assert spans(lesson) == {"camera:amy": [(0, 10_000)]}
    assert noted(lesson) == [("row_unusable", "/EventInfo/Payload/FileMessage/0")]


def test_a_file_without_url_id_and_name_is_left_out() -> None:
    """There is nothing to find it by."""
    nameless = trtc_file("bo", VideoUrl=ABSENT, FileId=ABSENT, CacheFile=ABSENT)
    lesson = load([vod(nameless), vod(trtc_file())])

    assert [track.id for track in lesson.tracks] == ["camera:amy"]
    assert noted(lesson) == [("row_unusable", "/0/EventInfo/Payload/TencentVod")]
    assert "no url and id" in lesson.findings[0].message


def test_a_room_may_be_a_number() -> None:
    """Ids are text."""
    event = vod(trtc_file())
    event["EventInfo"]["RoomId"] = 88012

    assert load(event).room_id == "88012"


def test_without_a_task_id_there_is_none() -> None:
    """The room is still known."""
    lesson = load(vod(trtc_file(), task=""))

    assert (lesson.room_id, lesson.task_id) == ("88", None)


# --- LCIC ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "track_id"),
    [
        ({}, "camera:amy"),
        ({"Role": ABSENT}, "camera:amy"),
        ({"Role": ""}, "camera:amy"),
        ({"Role": "aux"}, "screen:amy"),
        ({"Role": "mix", "UserId": ""}, "mixed"),
    ],
)
def test_role_tells_the_stream(fields: Row, track_id: str) -> None:
    """Main is what is meant where nothing is said."""
    lesson = load(lcic(lcic_file(**fields)))

    assert [track.id for track in lesson.tracks] == [track_id]
    assert lesson.findings == ()


def test_an_unknown_role_is_kept_as_a_camera() -> None:
    """With a finding that names it."""
    lesson = load(lcic(lcic_file(Role="assistant")))

    assert [track.id for track in lesson.tracks] == ["camera:amy"]
    assert noted(lesson) == [("video_type_unknown", "/Response/StreamInfo/0/Role")]


def test_a_stream_of_nobody_is_told() -> None:
    """It shares the track of all such files."""
    lesson = load(lcic(lcic_file("")))

    assert [track.id for track in lesson.tracks] == ["camera"]
    assert noted(lesson) == [("user_missing", "/Response/StreamInfo/0")]


def test_describe_record_is_the_mixed_stream() -> None:
    """``RecordInfo`` has neither user nor role; its files abut after 30 s here."""
    nobody = {"UserId": ABSENT, "Role": ABSENT}
    lesson = load(lcic(lcic_file("", 0, 274, **nobody), lcic_file("", 304, 400, **nobody), name="RecordInfo"))

    assert spans(lesson) == {"mixed": [(0, 274_000), (304_000, 400_000)]}
    assert (lesson.room_id, lesson.findings[0].code) == ("7", "nothing_recorded")


@pytest.mark.parametrize("stop", [ABSENT, None, 0], ids=["absent", "null", "zero"])
def test_the_length_stands_in_for_a_missing_stop(stop: object) -> None:
    """Start 20 s after the first, 75 s long."""
    lesson = load(lcic(lcic_file("amy", 0, 100), lcic_file("bo", 20, 95, StopTime=stop)))

    assert spans(lesson) == {"camera:amy": [(0, 100_000)], "camera:bo": [(20_000, 95_000)]}
    assert lesson.findings == ()


def test_without_stop_and_length_a_file_is_left_out() -> None:
    """Nobody knows how long it is."""
    lesson = load(lcic(lcic_file("bo", StopTime=ABSENT, Duration=0), lcic_file()))

    assert [track.id for track in lesson.tracks] == ["camera:amy"]
    assert noted(lesson) == [("row_unusable", "/Response/StreamInfo/0")]


@pytest.mark.parametrize(("length_s", "is_told"), [(98, True), (99, False), (101, False), (102, True)])
def test_a_length_is_told_where_it_differs_by_more_than_a_second(length_s: int, is_told: bool) -> None:
    """The stamps are 100 s apart and count; each is rounded, so one second is nothing."""
    lesson = load(lcic(lcic_file(Duration=length_s)))

    assert lesson.duration_ms == 100_000
    assert codes(lesson) == ["length_disagrees"] * is_told


def test_a_length_in_ms_is_told_and_read_so() -> None:
    """100 000 where 100 is meant: no class lasts a day."""
    lesson = load(lcic(lcic_file(Duration=100_000)))

    assert (lesson.duration_ms, codes(lesson)) == (100_000, ["unit_doubt"])


def test_lcic_stamps_in_ms_are_recognised() -> None:
    """13 digits are ms where seconds are documented; a finding each."""
    in_ms = {"StartTime": LCIC_S * 1000 + 250, "StopTime": LCIC_S * 1000 + 100_000}
    lesson = load(lcic(lcic_file("amy", 0, 100, **in_ms)))

    assert (lesson.duration_ms, lesson.to_wall_ms(0)) == (99_750, LCIC_S * 1000 + 250)
    assert noted(lesson) == [
        ("unit_doubt", "/Response/StreamInfo/0/StartTime"),
        ("unit_doubt", "/Response/StreamInfo/0/StopTime"),
    ]


@pytest.mark.parametrize(("start", "stop"), [(0, 5), (None, 5), (-1, 5), (10**15, 10**15 + 5)])
def test_an_lcic_file_without_a_start_is_left_out(start: object, stop: object) -> None:
    """A length does not help; the others stay."""
    lesson = load(lcic(lcic_file("bo", StartTime=start, StopTime=stop), lcic_file()))

    assert [track.id for track in lesson.tracks] == ["camera:amy"]
    assert noted(lesson)[-1] == ("row_unusable", "/Response/StreamInfo/0")


def test_an_lcic_file_in_1970_does_not_push_the_others_off() -> None:
    """Of three files the odd one is left out."""
    early = lcic_file("cy", StartTime=5, StopTime=105)
    lesson = load(lcic(early, lcic_file("amy"), lcic_file("bo", 10, 60)))

    assert spans(lesson) == {"camera:amy": [(0, 100_000)], "camera:bo": [(10_000, 60_000)]}
    assert noted(lesson) == [("row_unusable", "/Response/StreamInfo/0")]


def test_an_lcic_stop_before_its_start_costs_the_file() -> None:
    """Its length would be negative."""
    lesson = load(lcic(lcic_file("bo", 50, 49, Duration=0), lcic_file()))

    assert spans(lesson) == {"camera:amy": [(0, 100_000)]}
    assert noted(lesson) == [("duration_not_positive", "/Response/StreamInfo/0")]


def test_a_repeated_lcic_row_counts_once() -> None:
    """Answers of several pages may repeat one."""
    lesson = load(lcic(lcic_file(), lcic_file("bo"), lcic_file()))

    assert noted(lesson) == [("duplicate_row", "/Response/StreamInfo/2")]
    assert "/Response/StreamInfo/0" in lesson.findings[0].message


def test_an_lcic_file_without_url_is_found_by_its_id() -> None:
    """With a finding; without both it is left out."""
    nameless = lcic_file("bo", RecordUrl="", VideoId="")
    lesson = load(lcic(lcic_file(RecordUrl=ABSENT), nameless))

    assert media(lesson, "camera:amy")[0].video_id == "id-amy-0-100"
    assert sorted(noted(lesson)) == [
        ("row_unusable", "/Response/StreamInfo/1"),
        ("url_missing", "/Response/StreamInfo/0"),
    ]


@pytest.mark.parametrize(
    ("container", "mime"), [("MP4", "video/mp4"), ("mp3", "audio/mpeg"), (ABSENT, "video/mp4")]
)
def test_the_lcic_format_is_declared(container: object, mime: str) -> None:
    """In any case."""
    assert media(load(lcic(lcic_file(FileFormat=container))), "camera:amy")[0].mime == mime


@pytest.mark.parametrize("one", [None, 5, "row", []], ids=repr)
def test_an_lcic_row_that_is_no_object_is_left_out(one: object) -> None:
    """The others stay."""
    assert noted(load(lcic(one, lcic_file()))) == [("row_unusable", "/Response/StreamInfo/0")]


@pytest.mark.parametrize("rows", [None, {}, "[]", 5], ids=repr)
def test_a_list_of_streams_that_is_none_is_refused(rows: object) -> None:
    """The error points at it."""
    with pytest.raises(ResultFormatError, match="expected a list") as caught:
        load(lcic(StreamInfo=rows))

    assert (caught.value.code, caught.value.pointer) == ("not_a_result", "/Response/StreamInfo")


def test_an_empty_list_of_streams_is_refused() -> None:
    """Nothing was recorded."""
    with pytest.raises(ResultFormatError, match="the list is empty") as caught:
        load(lcic())

    assert (caught.value.code, caught.value.pointer) == ("no_clip", "/Response/StreamInfo")


def test_the_reason_of_a_refusal_is_a_reason() -> None:
    """An odd spelling keeps no file from being used; the missing stop does."""
    with pytest.raises(ResultFormatError, match="no start or end") as caught:
        load(lcic(lcic_file(StartTime=str(LCIC_S), StopTime=ABSENT, Duration=ABSENT)))

    assert caught.value.pointer == "/Response/StreamInfo/0"


# --- the order of rows and events ------------------------------------------------------------------------

USERS = st.sampled_from(["amy", "bo"])
STARTS_S = st.sampled_from([0, 1, 4, 30])
LENGTHS_S = st.sampled_from([-1, 0, 3, 3, 4])
VARIANTS = st.sampled_from("xy")


def trtc_rows() -> st.SearchStrategy[Row]:
    """Return files that overlap, repeat, abut and sometimes make no sense."""
    return st.builds(
        lambda user, start_s, length_s, media_id, variant: trtc_file(
            user, start_s * 1000, (start_s + length_s) * 1000, MediaId=media_id, FileId=variant
        ),
        USERS,
        STARTS_S,
        LENGTHS_S,
        st.sampled_from(["main", "aux", "mix"]),
        VARIANTS,
    )


def lcic_rows() -> st.SearchStrategy[Row]:
    """Return the same kind of files as LCIC tells of them."""
    return st.builds(
        lambda user, start_s, length_s, role, variant: lcic_file(
            user, start_s, start_s + length_s, Role=role, VideoId=variant, Duration=abs(length_s)
        ),
        USERS,
        STARTS_S,
        LENGTHS_S,
        st.sampled_from(["main", "aux"]),
        VARIANTS,
    )


def said(document: Any) -> object:
    """Return what a document says, but for where in it: the lesson without positions, or the refusal."""
    try:
        lesson = load(document)
    except ResultFormatError as error:
        return error.code
    tracks = {
        track.id: [clip._replace(media=clip.media._replace(position=0)) for clip in track.clips]
        for track in lesson.tracks
    }
    return tracks, lesson.wall, lesson.duration_ms, sorted(codes(lesson))


@settings(max_examples=60)
@given(st.lists(trtc_rows(), min_size=1, max_size=7), st.data())
def test_the_order_of_events_never_matters(files: list[Row], data: st.DataObject) -> None:
    """Events come in any order: the lesson is the same."""
    shuffled = data.draw(st.permutations(files))

    assert said([vod(file) for file in shuffled]) == said([vod(file) for file in files])
    assert said(mp4_stop(*shuffled)) == said(mp4_stop(*files)) == said([vod(file) for file in files])


@settings(max_examples=60)
@given(st.lists(lcic_rows(), min_size=1, max_size=7), st.data())
def test_the_order_of_lcic_rows_never_matters(files: list[Row], data: st.DataObject) -> None:
    """Rows come in any order: the lesson is the same."""
    assert said(lcic(*data.draw(st.permutations(files)))) == said(lcic(*files))


@settings(max_examples=60)
@given(st.lists(lcic_rows(), min_size=1, max_size=7))
def test_the_earliest_start_is_the_origin(files: list[Row]) -> None:
    """Each file lies where its stamps say, counted from the first of those that have a length."""
    real = [file for file in files if file["StopTime"] > file["StartTime"]]
    if not real:
        return
    lesson = load(lcic(*files))
    first_s = min(file["StartTime"] for file in real)

    assert lesson.to_wall_ms(0) == first_s * 1000
    assert lesson.duration_ms == (max(file["StopTime"] for file in real) - first_s) * 1000
    for track in lesson.tracks:
        kind = {"main": "camera", "aux": "screen"}
        own = [file for file in real if track.id == f"{kind[file['Role']]}:{file['UserId']}"]
        for file in own:
            assert track.at((file["StartTime"] - first_s) * 1000) is not None
        covered_ms = sum(clip.duration_ms for clip in track.clips)
        seconds = {second for file in own for second in range(file["StartTime"], file["StopTime"])}
        assert covered_ms == len(seconds) * 1000


def test_the_axis_of_stamped_files_is_wall_time() -> None:
    """Everybody is gone for a minute at once: that is a minute of the axis, not a pause."""
    files = [trtc_file(user, *times) for user in ("amy", "bo") for times in ((0, 9000), (69_000, 80_000))]
    lesson = load(mp4_stop(*files))

    assert (lesson.duration_ms, lesson.pauses) == (80_000, ())
    assert lesson.to_wall_ms(80_000) == TRTC_MS + 80_000
    assert codes(lesson) == ["nothing_recorded"]


def test_a_cut_of_stamped_files_is_no_possible_pause() -> None:
    """All files end and begin again at once: the recorder was restarted, wall time went on."""
    files = [trtc_file(user, *times) for user in ("amy", "bo") for times in ((0, 9000), (9000, 20_000))]

    assert load(mp4_stop(*files)).findings == ()
