"""Reading a result: what is refused whole, what costs one row, what is taken with a finding."""

from __future__ import annotations

import copy
import io
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.builders import ABSENT, START_S, board, codes, lesson, result, result_bytes, row
from timeline.errors import (
    RecordingFailedError,
    ResultFileError,
    ResultFormatError,
    ResultNotReadyError,
)
from timeline.export.manifest import manifest_text
from timeline.results import read_result
from timeline.results.recording import MAX_ROWS
from timeline.results.strict_json import MAX_BYTES, parse_json
from timeline.svg import timeline_svg

GUIDE = Path(__file__).parent.parent / "sample_results" / "guide_example.json"
WEEK_MS = 7 * 86_400_000


def refusal(document: bytes | str) -> ResultFormatError:
    """Return the error with which a document is refused."""
    with pytest.raises(ResultFormatError) as caught:
        timeline.loads(document)
    return caught.value


def fields(key: str, value: object) -> dict[str, Any]:
    """Return the one field *key*."""
    return {key: value}


def raw(spellings: dict[str, str], **more: Any) -> bytes:
    """Return a result of two rows, the second with fields spelt as they are given."""
    marked = {key: f"@{key}" for key in spellings}
    data = result_bytes(row("amy", 0, 20_000), row("bo", 1000, 5000, **marked), **more)
    for key, spelling in spellings.items():
        data = data.replace(f'"@{key}"'.encode(), spelling.encode())
    return data


# --- strict JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"not json", "not_json"),
        (b"{", "not_json"),
        (b'{"a":1}}', "not_json"),
        (b"{'a':1}", "not_json"),
        (b'{"a":1,}', "not_json"),
        (b'{"a":01}', "not_json"),
        (b'{"a":"\x01"}', "not_json"),
        (b'{"a":"\\x"}', "not_json"),
        (b"\x00", "not_json"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":Infinity}', "not_json"),
        (b'{"a":-Infinity}', "not_json"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"video_info":[{"user_id":"a","user_id":"b"}]}', "duplicate_key"),
        ('{"a":"张"}'.encode("gbk"), "not_utf8"),
        ('{"a":1}'.encode("utf-16"), "not_utf8"),
        (b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}', "not_json"),
        (b'{"a":"\xed\xa0\x80"}', "not_utf8"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
        (b"[]", "not_a_result"),
        (b"null", "not_a_result"),
        (b"true", "not_a_result"),
        (b"17", "not_a_result"),
        (b"1e999", "not_a_result"),
        (b"9" * 5000, "not_a_result"),
        (b'"video_info"', "not_a_result"),
        (b"{}", "not_a_result"),
        (b'{"video_info":null}', "not_a_result"),
        (b'{"video_info":{}}', "not_a_result"),
        (b'{"video_info":"[]"}', "not_a_result"),
        (b'{"video_info":[]}', "no_clip"),
        (b'{"VideoInfos":[]}', "no_clip"),
    ],
)
def test_refused_whole(document: bytes, code: str) -> None:
    """What is no strict JSON, or no result, is one error whose code says why."""
    assert refusal(document).code == code


def test_utf_16_without_a_mark_is_refused() -> None:
    """UTF-16 that starts without a byte order mark is not read by chance."""
    refusal(GUIDE.read_text().encode("utf-16-le"))


def test_the_place_of_broken_json_is_named() -> None:
    """Line and column lead to the fault."""
    assert "line 2, column 7" in str(refusal(b'{"a": 1,\n "b": oops}'))


def test_the_duplicate_key_is_named() -> None:
    """Which of two values is meant is unknown, so the key is named and nothing is guessed."""
    assert "'stop_time'" in str(refusal(b'{"stop_time":1,"stop_time":2}'))


def test_one_byte_order_mark_is_allowed() -> None:
    """Windows editors write one."""
    assert timeline.loads(b"\xef\xbb\xbf" + GUIDE.read_bytes()) == timeline.load(GUIDE)


def test_text_reads_like_bytes() -> None:
    """A str is as good as its UTF-8, with a byte order mark too."""
    assert timeline.loads(GUIDE.read_text()) == timeline.load(GUIDE)
    assert timeline.loads("\ufeff" + GUIDE.read_text()) == timeline.load(GUIDE)


def test_half_a_character_in_a_str_is_refused() -> None:
    """A str that has no UTF-8 is the same typed error."""
    assert refusal('{"a":"\ud800"}').code == "not_utf8"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_nesting_is_read_to_depth_32(opening: str) -> None:
    """32 levels are read, 33 are refused; brackets inside strings do not count."""
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> bytes:
        return (opening * depth + '"[[[[{{\\"[["' + closing * depth).encode()

    assert parse_json(nested(32)) is not None
    with pytest.raises(ResultFormatError, match="nested 33 levels deep; at most 32"):
        parse_json(nested(33))


def test_brackets_cannot_hide_depth() -> None:
    """Closing brackets that nothing opened do not make room for deep nesting."""
    refusal(b"]" * 200_000 + b"[" * 100_000)
    refusal(b'"\\"' + b"[" * 100_000)


def test_the_size_limit_is_a_parameter() -> None:
    """64 MiB by default; one byte over the limit is refused, the limit itself is read."""
    assert MAX_BYTES == 64 * 1024 * 1024
    assert parse_json(b'{"a": 1}', max_bytes=8) == {"a": 1}
    with pytest.raises(ResultFormatError, match="has 9 bytes; at most 8"):
        parse_json(b'{"a": 1} ', max_bytes=8)


def test_too_many_rows_are_refused() -> None:
    """The 200 001st row refuses the document, before any row is looked at."""
    assert MAX_ROWS == 200_000
    assert refusal(b'{"video_info":[' + b"0," * 200_000 + b"0]}").code == "too_many_rows"


@pytest.mark.parametrize(
    "document",
    [
        b'{"a":"' + b'\\"' * 1_000_000,
        b'{"a":"' + b"\\" * 1_000_001,
        b'{"a":' + b'"' * 1_000_001,
        b'{"a":' + b'"\\' * 700_000,
        b'["' + b'\\\\" "' * 300_000,
    ],
    ids=["escaped quotes", "backslashes", "quotes", "quote and backslash", "pairs"],
)
def test_broken_strings_are_refused_fast(document: bytes) -> None:
    """No pattern of quotes and backslashes makes reading slow."""
    began_s = time.process_time()

    refusal(document)

    assert time.process_time() - began_s < 1


# --- rows ------------------------------------------------------------------------------------------------

NUMBERS = ["video_play_time", "video_duration", "video_type"]
NO_NUMBERS = {
    "true": "true",
    "false": "false",
    "null": "null",
    "a fraction": "1.5",
    "a list": "[5]",
    "an object": '{"ms":5}',
    "a word": '"soon"',
    "a fraction in a string": '"1.5"',
    "an empty string": '""',
    "1e999": "1e999",
    "-1e999": "-1e999",
    "17 digits": "12345678901234567",
    "23 digits": "12345678901234567890123",
    "5000 digits": "9" * 5000,
    "17 digits in a string": '"12345678901234567"',
    "beyond a week": str(WEEK_MS + 1),
    "digits of another script": '"１２"',
}


@pytest.mark.parametrize(
    ("key", "spelling"),
    [
        pytest.param(key, spelling, id=f"{key}-{name}")
        for key in NUMBERS
        for name, spelling in NO_NUMBERS.items()
        if (key, name) != ("video_type", "null")
    ],
)
def test_a_row_with_an_odd_number_is_dropped(key: str, spelling: str) -> None:
    """The row costs one finding that names its field; the other row is used."""
    read = timeline.loads(raw({key: spelling}, total_time=ABSENT))

    assert [track.user_id for track in read.tracks] == ["amy"]
    assert [(item.code, item.where) for item in read.findings] == [("row_unusable", f"/video_info/1/{key}")]


@pytest.mark.parametrize("video_type", [ABSENT, None])
def test_a_row_without_a_type_is_kept(video_type: object) -> None:
    """As a stream of its own, with a finding."""
    read = lesson(row("amy"), row("bo", video_type=video_type))

    assert [track.id for track in read.tracks] == ["camera:amy", "other:bo"]
    assert codes(read) == ["video_type_unknown"]


@pytest.mark.parametrize("key", ["video_play_time", "video_duration"])
def test_a_row_without_a_number_is_dropped(key: str) -> None:
    """A missing field is named as missing."""
    read = lesson(row("amy"), row("bo", **fields(key, ABSENT)))

    assert [track.user_id for track in read.tracks] == ["amy"]
    assert [(item.code, item.where) for item in read.findings] == [("row_unusable", f"/video_info/1/{key}")]
    assert f"/video_info/1/{key}: is missing" in read.findings[0].message


@pytest.mark.parametrize("key", ["video_play_time", "video_type"])
def test_a_negative_place_or_type_drops_the_row(key: str) -> None:
    """No file begins before 0."""
    assert codes(lesson(row("amy"), row("bo", **fields(key, -1)))) == ["row_unusable"]


@pytest.mark.parametrize("duration_ms", [0, -1, -WEEK_MS])
def test_a_length_of_nothing_drops_the_row(duration_ms: int) -> None:
    """A file of no length, or a negative one, cannot be played."""
    read = lesson(row("amy"), row("bo", 3000, video_duration=duration_ms))

    assert [track.user_id for track in read.tracks] == ["amy"]
    assert [(item.code, item.at_ms) for item in read.findings] == [("duration_not_positive", 3000)]


@pytest.mark.parametrize("one", ["null", "0", '"row"', "[]", "true"])
def test_a_row_that_is_no_object_is_dropped(one: str) -> None:
    """The list may hold anything; only objects are rows."""
    read = timeline.loads(result_bytes("@", row("amy")).replace(b'"@"', one.encode()))

    assert [(item.code, item.where) for item in read.findings] == [("row_unusable", "/video_info/0")]
    assert read.tracks[0].clips[0].media.position == 1


@pytest.mark.parametrize("nothing", [ABSENT, None, ""], ids=["absent", "null", "empty"])
def test_a_row_without_url_and_id_is_dropped(nothing: object) -> None:
    """Where there is neither, there is no file."""
    read = lesson(row("amy"), row("bo", video_url=nothing, video_id=nothing))

    assert [(item.code, item.where) for item in read.findings] == [("row_unusable", "/video_info/1")]


@pytest.mark.parametrize("nothing", [ABSENT, None, ""], ids=["absent", "null", "empty"])
def test_an_id_is_enough(nothing: object) -> None:
    """A row without url stays, with a finding: its file may be found by its id."""
    read = lesson(row("amy", video_url=nothing, video_id="7"))

    assert codes(read) == ["url_missing"]
    assert (read.tracks[0].clips[0].media.url, read.tracks[0].clips[0].media.video_id) == (None, "7")


@pytest.mark.parametrize("key", ["video_play_time", "video_duration", "video_type", "video_size"])
@pytest.mark.parametrize("spelling", ['"4"', "4.0", "4e0", '"0004"'])
def test_odd_spellings_of_a_number_are_taken(key: str, spelling: str) -> None:
    """Digits in a string and whole floats are read, with a finding that names the field."""
    read = read_result(raw({key: spelling}))

    info = read.files[1]
    value = {
        "video_play_time": info.start_ms,
        "video_duration": info.duration_ms,
        "video_type": {"audio": 4}.get(info.kind),
        "video_size": info.size_bytes,
    }[key]
    assert value == 4
    assert [(item.code, item.where) for item in read.findings] == [
        ("number_spelling", f"/video_info/1/{key}")
    ]


@pytest.mark.parametrize("key", ["video_size", "video_format", "video_id", "video_url"])
def test_an_odd_field_beside_the_times_keeps_the_row(key: str) -> None:
    """A list where a size, format, id or url belongs is taken as absent, with a finding."""
    read = lesson(row("amy", **fields(key, [1])))

    assert codes(read)[0] == "field_odd"
    assert read.findings[0].where == f"/video_info/0/{key}"
    assert len(read.tracks[0].clips) == 1


@pytest.mark.parametrize("user_id", [ABSENT, None, "", []], ids=["absent", "null", "empty", "a list"])
def test_a_camera_without_user_is_a_track_of_its_own(user_id: object) -> None:
    """Nobody's camera files share the track ``camera``, with a finding."""
    read = lesson(row("amy"), row(user_id=user_id))

    assert [track.id for track in read.tracks] == ["camera", "camera:amy"]
    assert "user_missing" in codes(read)


def test_numbers_are_good_ids() -> None:
    """Ids are text; a number is taken as its digits."""
    read = lesson(row(user_id=42, video_id=7), room_id=1234, task_id=5)

    assert (read.room_id, read.task_id) == ("1234", "5")
    assert (read.tracks[0].id, read.tracks[0].clips[0].media.video_id) == ("camera:42", "7")


@pytest.mark.parametrize("spelling", ['"52858907821654352000418"', "52858907821654352000418"])
def test_ids_of_23_digits_are_exact(spelling: str) -> None:
    """An id beyond 64 bits loses no digit, written as text or as a number."""
    read = timeline.loads(raw({"video_id": spelling}))

    assert read.track("camera:bo").clips[0].media.video_id == "52858907821654352000418"


@pytest.mark.parametrize("key", ["user_id", "video_id", "video_url", "video_format"])
def test_half_a_character_never_leaves_the_reader(key: str) -> None:
    """A lone surrogate is replaced with a finding, so everything can be written as UTF-8."""
    read = timeline.loads(raw({key: '"a\\ud800b"'}))

    assert ("field_odd", f"/video_info/1/{key}") in [(item.code, item.where) for item in read.findings]
    assert manifest_text(read).encode("utf-8")


def test_an_emoji_may_be_spelt_as_two_halves() -> None:
    """A pair of surrogates is one character and nothing odd."""
    read = timeline.loads(raw({"user_id": '"\\ud83d\\udc1b"'}))

    assert [track.user_id for track in read.tracks] == ["amy", "🐛"]
    assert codes(read) == []


def test_endless_ids_are_no_ids() -> None:
    """An id of a megabyte is taken as absent, with a finding of one line."""
    read = lesson(row(user_id="a" * 1_000_000))

    assert read.tracks[0].user_id is None
    assert codes(read) == ["field_odd", "user_missing"]
    assert all(len(item.message) < 200 for item in read.findings)


@pytest.mark.parametrize("number", [5, 9, 9999])
def test_an_unknown_type_is_kept(number: int) -> None:
    """A type that nobody has documented is a track of its own, with a finding."""
    read = lesson(row("amy", video_type=number))

    assert [track.id for track in read.tracks] == [f"other{number}:amy"]
    assert codes(read) == ["video_type_unknown"]


def test_a_whiteboard_has_no_user() -> None:
    """Where the JSON names one, it is dropped with a finding, and all boards are one track."""
    read = lesson(board(0, 5000), board(5000, 5000, user_id="amy"))

    assert [track.id for track in read.tracks] == ["whiteboard"]
    assert codes(read) == ["user_on_whiteboard"]


def test_the_screen_stream_is_its_users() -> None:
    """``tic_substream_amy`` is how the service calls amy's screen."""
    read = lesson(row("tic_substream_amy", kind="screen"))

    assert (read.tracks[0].id, read.tracks[0].user_id) == ("screen:amy", "amy")
    assert codes(read) == []


@pytest.mark.parametrize(
    ("user", "track_id"), [("", "mixed"), ("tic_mixstream_7_101", "mixed:tic_mixstream_7_101")]
)
def test_a_mixed_stream_keeps_its_own_id(user: str, track_id: str) -> None:
    """The guide says it is empty; where there is one, it is opaque."""
    read = lesson(row(user, kind="mixed"))

    assert [track.id for track in read.tracks] == [track_id]
    assert codes(read) == []


def test_a_repeated_row_counts_once() -> None:
    """The second of two equal rows is left out, with a finding that names both."""
    read = lesson(row("amy"), row("bo"), row("amy"))

    assert [len(track.clips) for track in read.tracks] == [1, 1]
    assert [(item.code, item.where) for item in read.findings] == [("duplicate_row", "/video_info/2")]
    assert "/video_info/0" in read.findings[0].message


def test_without_a_usable_row_the_first_reason_is_given() -> None:
    """A result from which no clip remains is refused, and the error names the field of the first row."""
    error = refusal(result_bytes(row(video_duration=True), row(video_type="x")))

    assert (error.code, error.pointer) == ("no_clip", "/video_info/0/video_duration")
    assert "/video_info/0/video_duration: is true" in str(error)


def test_unknown_fields_are_ignored() -> None:
    """The service adds fields from time to time."""
    assert lesson(row(depth=640, x=[1]), y={"z": None}) == lesson(row())


# --- the fields beside the rows --------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["start_time", "stop_time", "total_time"])
@pytest.mark.parametrize("value", [-1, 1.5, True, [], "soon", 10**16], ids=repr)
def test_an_odd_time_of_the_result_is_taken_as_absent(key: str, value: object) -> None:
    """The lesson loads; the finding names the field."""
    read = lesson(row(), **fields(key, value))

    assert ("field_odd", f"/{key}") in [(item.code, item.where) for item in read.findings]
    assert (read.wall is None) == (key != "total_time")


@pytest.mark.parametrize("key", ["start_time", "stop_time"])
@pytest.mark.parametrize("value", [ABSENT, None, 0], ids=["absent", "null", "zero"])
def test_without_stamps_there_is_no_wall_clock(key: str, value: object) -> None:
    """The finding says so; playback is not touched."""
    read = lesson(row(), **fields(key, value))

    assert (read.wall, codes(read)) == (None, ["wall_clock_missing"])


def test_stamps_in_ms_are_recognised() -> None:
    """Stamps of 13 digits are ms, with a finding of doubt."""
    read = lesson(row(), start_time=START_S * 1000 + 1, stop_time=START_S * 1000 + 10_001)

    assert read.wall is not None
    assert (read.wall.start_ms, read.wall.stop_ms) == (START_S * 1000 + 1, START_S * 1000 + 10_001)
    assert codes(read) == ["unit_doubt", "unit_doubt"]


@pytest.mark.parametrize("room_id", [ABSENT, None, "", [], 1.5], ids=repr)
def test_a_lesson_may_have_no_room(room_id: object) -> None:
    """An odd or missing room is None."""
    assert lesson(row(), room_id=room_id).room_id is None


# --- envelopes -------------------------------------------------------------------------------------------

QUERY = {"error_code": 0, "error_msg": "", "task_id": "t1", "status": "finished"}
CALLBACK = {
    "error_code": 0,
    "error_msg": "",
    "timestamp": 1,
    "task_id": "t1",
    "task_type": "record_online",
    "callback_type": "record_finished",
}


@pytest.mark.parametrize("envelope", [QUERY, CALLBACK], ids=["query", "callback"])
def test_envelopes_hold_the_same_lesson(envelope: dict[str, Any]) -> None:
    """A query response and a callback give what the bare result gives, with the task beside it."""
    assert lesson(row(), **envelope) == lesson(row(), task_id="t1")


def test_a_start_is_no_result() -> None:
    """The callback that recording has started is refused with a hint at what to wait for."""
    with pytest.raises(ResultNotReadyError, match="record_finished callback or a query"):
        timeline.loads(b'{"error_code":0,"task_id":"t1","callback_type":"record_started","room_id":1}')


@pytest.mark.parametrize("status", ["prepared", "recording", "paused", "\u001b[2J"])
def test_a_running_task_is_no_result(status: str) -> None:
    """An unfinished task is refused with its status, in printable characters."""
    with pytest.raises(ResultNotReadyError, match="not finished") as caught:
        timeline.loads(json.dumps({"error_code": 0, "status": status}))

    assert str(caught.value).isprintable()


GUIDE_ERRORS = [
    *(40000, 40001, 40002, 40004, 40005, 49999),
    *(20000, 20001, 20002, 20003, 20004, 20005, 20011, 20013, 20099),
]


@pytest.mark.parametrize("error_code", GUIDE_ERRORS)
def test_every_error_of_the_guide_carries_advice(error_code: int) -> None:
    """The error has the service's number and words, and says what to do."""
    document = json.dumps({"error_code": error_code, "error_msg": "sdk said no"})

    with pytest.raises(RecordingFailedError, match=f"error {error_code} .*sdk said no") as caught:
        timeline.loads(document)

    assert caught.value.error_code == error_code
    assert len(caught.value.advice) > 10
    assert caught.value.advice in str(caught.value)


@pytest.mark.parametrize("error_code", [1, -1, "40002", 40002.0])
def test_any_other_error_is_one_too(error_code: object) -> None:
    """A code that is not in the guide is still a failure, even with rows beside it."""
    with pytest.raises(RecordingFailedError, match="reports error"):
        timeline.loads(result_bytes(row(), error_code=error_code))


@pytest.mark.parametrize("error_code", [0, "0", 0.0, None, ABSENT], ids=repr)
def test_no_error_is_no_error(error_code: object) -> None:
    """Zero in any spelling, or nothing, means success."""
    assert lesson(row(), error_code=error_code) == lesson(row())


# --- where a result comes from ---------------------------------------------------------------------------


def test_a_result_comes_from_anywhere(tmp_path: Path) -> None:
    """A path, its text, a folder with ``result.json``, an open file of bytes or text: all the same."""
    (tmp_path / "result.json").write_bytes(GUIDE.read_bytes())
    expected = timeline.loads(GUIDE.read_bytes())

    assert timeline.load(GUIDE) == expected
    assert timeline.load(str(GUIDE)) == expected
    assert timeline.load(tmp_path) == expected
    with GUIDE.open("rb") as binary, GUIDE.open() as text:
        assert timeline.load(binary) == expected
        assert timeline.load(text) == expected


@pytest.mark.parametrize("name", ["nowhere.json", "", "a\0b", "x" * 300])
def test_a_file_that_cannot_be_read_is_a_typed_error(name: str, tmp_path: Path) -> None:
    """A missing file, a folder without a result, a name that no system takes."""
    with pytest.raises(ResultFileError, match=r"cannot be read|the folder has no result\.json"):
        timeline.load(f"{tmp_path}/{name}")


def test_an_open_text_file_in_another_encoding_is_a_typed_error() -> None:
    """What the caller's own file object cannot decode is bad data like any other."""
    with pytest.raises(timeline.TimelineError, match=r"(?i)utf-8|decode"):
        timeline.load(io.TextIOWrapper(io.BytesIO('{"a":"张"}'.encode("gbk")), encoding="utf-8"))


# --- mutated documents -----------------------------------------------------------------------------------

Mutation = Callable[[random.Random], bytes]

ODD_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 0.5, 1e308, 10**15, 10**18, 10**30, -(10**18), 2**63, 604_800_001),
    *("", "0", "12", "-3", "1e3", "\ud800", "\u0000", "\u202e", "a" * 5000, "tic_substream_", "finished"),
    *([], {}, [[]], [None], [0] * 50, {"a": 1}, {"video_time": 1, "pause_time": 2, "resume_time": 10**12}),
    [{"video_time": 4000, "pause_time": START_S, "resume_time": START_S + 60}],
]
OTHER_KEYS = ["video_info", "x", "status", "omitted_duration", "error_code", "callback_type", "Response"]
TOKENS = [
    b"NaN",
    b"1e999",
    b"-0",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b",",
    b":",
    b"null",
    b"\xff",
    b"\xef\xbb\xbf",
]


def documents() -> list[dict[str, Any]]:
    """Return results to start from: of every kind of envelope, with overlaps and pauses."""
    rows = [
        *(row("amy", 0, 5000), row("amy", 5000, 4000), board(0, 5000), board(5000, 4000)),
        *(row("bo", 100, 9000, kind="mixed"), row("bo", 2000, 3000, kind="audio")),
        row("cy", 1, 10, video_type=9),
        *(row("amy", 4000, 3000), row("amy", 0, 5000), row("tic_substream_amy", 3000, 90, kind="screen")),
    ]
    pause = [{"video_time": 5000, "pause_time": START_S + 5, "resume_time": START_S + 60}]
    return [
        result(*rows, surplus_s=60),
        result(*rows, surplus_s=0, **QUERY),
        result(*rows, surplus_s=60, omitted_duration=pause, **CALLBACK),
        json.loads(GUIDE.read_bytes()),
    ]


def mutate_values(document: Any, dice: random.Random) -> Any:
    """Return a copy of *document* with one to four places changed, dropped or repeated."""
    document = copy.deepcopy(document)
    for _ in range(dice.randrange(1, 5)):
        places = [(box, key) for box in boxes(document) for key in keys(box)]
        box, key = dice.choice(places or [({"": 0}, "")])
        change = dice.randrange(4)
        if change == 0:
            del box[key]
        elif change == 1 and isinstance(box, list):
            box.append(copy.deepcopy(dice.choice(box)))
        elif change == 2 and isinstance(box, dict):
            box[dice.choice(OTHER_KEYS)] = box[key]
        else:
            box[key] = copy.deepcopy(dice.choice(ODD_VALUES))
    return document


def keys(box: Any) -> list[Any]:
    """Return the keys of an object or the indices of a list."""
    return list(box) if isinstance(box, dict) else list(range(len(box)))


def boxes(value: Any) -> list[Any]:
    """Return every list and object inside *value*, itself first."""
    if not isinstance(value, (dict, list)):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(box for one in inner for box in boxes(one))]


def mutate_bytes(data: bytes, dice: random.Random) -> bytes:
    """Return *data* with one to three stretches cut, repeated, flipped or overwritten."""
    for _ in range(dice.randrange(1, 4)):
        start = dice.randrange(len(data) + 1)
        end = min(len(data), start + dice.choice([0, 1, 2, 10, 400]))
        noise = bytes(dice.randrange(256) for _ in range(end - start))
        middle = dice.choice([b"", data[start:end] * 2, noise, dice.choice(TOKENS)])
        data = data[:start] + middle + data[end:]
    return data


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 16))]
)
def test_nothing_but_a_typed_error_is_ever_raised(seed: int) -> None:
    """Of mutated documents each loads or is refused with a TimelineError, in time; what loads can be used."""
    dice, originals = random.Random(seed), documents()
    loaded = 0
    for _ in range(220):
        document = json.dumps(mutate_values(dice.choice(originals), dice)).encode()
        if dice.random() < 0.3:
            document = mutate_bytes(document, dice)
        began_s = time.process_time()
        try:
            read = timeline.loads(document)
        except timeline.TimelineError as error:
            told = str(error)
        else:
            told = ""
        assert time.process_time() - began_s < 1, document
        assert told.isprintable(), document
        if told:
            continue
        loaded += 1
        manifest_text(read).encode("utf-8")
        timeline_svg(read).encode("utf-8")
        timeline.presence_table(read)
        assert read.at(5000).keys() <= {track.id for track in read.tracks}
    assert loaded > 50
