"""What a callback is worth: forged, stale, doubled and odd ones are told apart from the service's own."""

from __future__ import annotations

import hashlib
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.callbacks import (
    ACCOUNT,
    BOTH,
    CALLBACK_KEY,
    KEY,
    NOW_S,
    TASK,
    V1,
    finished,
    query,
    started,
    text,
    tiw,
)
from timeline.service.callbacks import MOST_BODY_BYTES, Event, Refusal, judge_callback
from timeline.service.secrets import make_credentials

SIGN = hashlib.md5(f"{KEY}{NOW_S + 120}".encode()).hexdigest()
EXPIRE = str(NOW_S + 120)


def judge(parameters: object, body: bytes, **options: Any) -> Event | Refusal:
    raw = parameters if isinstance(parameters, bytes) else str(parameters).encode()
    return judge_callback(raw, body, options.pop("credentials", V1), now_s=NOW_S, **options)


def told(verdict: Event | Refusal) -> tuple[object, ...]:
    if isinstance(verdict, Refusal):
        return verdict.status, verdict.error_code
    return verdict.kind, verdict.task_id


def accepted(verdict: Event | Refusal) -> Event:
    assert isinstance(verdict, Event), verdict
    return verdict


def extended(digest: str, known: bytes, more: bytes) -> tuple[bytes, str]:
    """Return what md5's length extension gives to who knows a digest and the length of the key, 32."""
    length = 32 + len(known)
    padding = b"\x80" + b"\x00" * ((55 - length) % 64) + struct.pack("<Q", 8 * length)
    return known + padding + more, _md5_from(digest, more, length + len(padding))


def _md5_from(digest: str, message: bytes, hashed: int) -> str:
    """Return the md5 that goes on from a digest after *hashed* bytes."""
    import math

    state = list(struct.unpack("<4I", bytes.fromhex(digest)))
    total = hashed + len(message)
    message += b"\x80" + b"\x00" * ((55 - len(message)) % 64) + struct.pack("<Q", 8 * total)
    turns = [7, 12, 17, 22] * 4 + [5, 9, 14, 20] * 4 + [4, 11, 16, 23] * 4 + [6, 10, 15, 21] * 4
    sines = [int(abs(math.sin(i + 1)) * 2**32) & 0xFFFFFFFF for i in range(64)]
    for at in range(0, len(message), 64):
        words = struct.unpack("<16I", message[at : at + 64])
        a, b, c, d = state
        for i in range(64):
            if i < 16:
                f, g = (b & c) | (~b & d), i
            elif i < 32:
                f, g = (d & b) | (~d & c), (5 * i + 1) % 16
            elif i < 48:
                f, g = b ^ c ^ d, (3 * i + 5) % 16
            else:
                f, g = c ^ (b | ~d), (7 * i) % 16
            f = (f + a + sines[i] + words[g]) & 0xFFFFFFFF
            a, d, c = d, c, b
            b = (b + ((f << turns[i]) | (f >> (32 - turns[i])))) & 0xFFFFFFFF
        state = [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state).hex()


def percent(raw: bytes) -> str:
    return "".join(f"%{byte:02x}" for byte in raw)


def length_extended() -> str:
    longer, digest = extended(SIGN, EXPIRE.encode(), b"9999999999")
    assert digest == hashlib.md5(KEY.encode() + longer).hexdigest()  # the attack itself works
    return f"sdkappid={ACCOUNT}&random=1&sign={digest}&expire_time={percent(longer)}"


GOOD, BAD_SIGN, STALE, ODD, ODD_BODY = "good", (403, 20002), (403, 20001), (403, 20003), (400, 20003)
URLS = {
    "the guide's order": (query(), GOOD),
    "another order": (f"sign={SIGN}&sdkappid={ACCOUNT}&random=7&expire_time={EXPIRE}", GOOD),
    "capital digits in the sign": (f"sign={SIGN.upper()}&sdkappid={ACCOUNT}&expire_time={EXPIRE}", GOOD),
    "percent signs": (f"%73ign={SIGN}&sdkappid={ACCOUNT}&expire_time={percent(EXPIRE.encode())}", GOOD),
    "a parameter of the user's own": (query() + "&tenant=7", GOOD),
    "empty parts": ("&&" + query() + "&", GOOD),
    "nothing": ("", ODD),
    "no sign": (f"sdkappid={ACCOUNT}&random=7&expire_time={EXPIRE}", ODD),
    "no expire_time": (f"sdkappid={ACCOUNT}&random=7&sign={SIGN}", ODD),
    "no sdkappid": (f"sign={SIGN}&expire_time={EXPIRE}", ODD),
    "an empty sign": (f"sign=&sdkappid={ACCOUNT}&expire_time={EXPIRE}", ODD),
    "a sign of 31 digits": (f"sign={SIGN[:31]}&sdkappid={ACCOUNT}&expire_time={EXPIRE}", ODD),
    "a sign of 33 digits": (f"sign={SIGN}0&sdkappid={ACCOUNT}&expire_time={EXPIRE}", ODD),
    "a sign with a line's end": (f"sign={SIGN}%0a&sdkappid={ACCOUNT}&expire_time={EXPIRE}", ODD),
    "a sign beyond ASCII": (f"sign={'%e5%bc%a0' * 10}00&sdkappid={ACCOUNT}&expire_time={EXPIRE}", ODD),
    "a sign of raw bytes": (query().encode().replace(b"sign=", b"sign=\xff\xfe"), ODD),
    "a forged sign": (query().replace(SIGN, "0" * 32), BAD_SIGN),
    "the sign of another key": (query(key="A" * 32), BAD_SIGN),
    "the sign of another time": (query().replace(EXPIRE, str(NOW_S + 121)), BAD_SIGN),
    "the key's md5 alone": (query().replace(SIGN, hashlib.md5(KEY.encode()).hexdigest()), BAD_SIGN),
    "another account": (query(account=ACCOUNT + 1), ODD),
    "an account with a zero before it": (query(account=f"0{ACCOUNT}"), ODD),
    "an account in words": (query(account="amy"), ODD),
    "two signs": (query() + f"&sign={SIGN}", ODD),
    "two signs, one in disguise": (query() + f"&%73ign={'0' * 32}", ODD),
    "two times": (query() + f"&expire_time={EXPIRE}", ODD),
    "two accounts": (query() + f"&sdkappid={ACCOUNT}", ODD),
    "two randoms": (query() + "&random=1", ODD),
    "a time of 9 digits": (query(999_999_999), ODD),
    "a time of 11 digits": (query(10_000_000_000), ODD),
    "a time with a sign": (query().replace(f"={EXPIRE}", f"=%2b{EXPIRE}"), ODD),
    "a time with a blank": (query().replace(f"={EXPIRE}", f"=+{EXPIRE}"), ODD),
    "a time in other digits": (
        query().replace(f"={EXPIRE}", "=" + percent("１８００００００００".encode())),
        ODD,
    ),
    "a time with a point": (query().replace(f"={EXPIRE}", f"={EXPIRE}.0"), ODD),
    "a longer text of the same md5 state": (length_extended(), ODD),
    "an expired one": (query(NOW_S - 31), STALE),
    "an expired one within the slack": (query(NOW_S - 30), GOOD),
    "an expired one of a wrong sign": (query(NOW_S - 31, key="A" * 32), BAD_SIGN),
    "one that lives 316 days": (query(NOW_S + 316 * 86400), GOOD),
}


@pytest.mark.parametrize("name", URLS)
def test_url_is_judged(name: str) -> None:
    """Only the account's own key, its own number and a time to come let a callback in."""
    parameters, expected = URLS[name]

    verdict = judge(parameters, text(started()))

    assert told(verdict) == (("record_started", TASK) if expected == GOOD else expected)


BODIES = {
    "nothing": b"",
    "blanks": b"  \n",
    "no JSON": b"task_id=1",
    "half of one": text(finished())[:-20],
    "two documents": text(started()) * 2,
    "a list": text([started()]),
    "a text": b'"record_started"',
    "a number": b"7",
    "null": b"null",
    "another encoding": json.dumps(started(error_msg="张"), ensure_ascii=False).encode("gbk"),
    "UTF-16": json.dumps(started()).encode("utf-16"),
    "not a number": text(started()).replace(b"1234,", b"NaN,").replace(b": 1234}", b": NaN}"),
    "beyond all bounds": text(started()).replace(b'"error_code": 0', b'"error_code": 1e999'),
    "beyond all bounds in an unknown member": text(started(more=7)).replace(b": 7", b": 1e999"),
    "a number of 5000 digits": text(started()).replace(b": 1234", b": " + b"9" * 5000),
    "a number beyond 2**53": text(started(room_id=2**53 + 1)),
    "a key twice": text(started())[:-1] + b', "task_id": "other"}',
    "deep nesting": text(started(more=7)).replace(b": 7", b": " + b"[" * 100 + b"]" * 100),
    "no task_id": text({key: value for key, value in started().items() if key != "task_id"}),
    "no callback_type": text({key: value for key, value in started().items() if key != "callback_type"}),
    "task_id a number": text(started(7)),
    "task_id null": text(started(None)),
    "task_id true": text(started(True)),
    "task_id a list": text(started([TASK])),
    "task_id an object": text(started({"id": TASK})),
    "task_id empty": text(started("")),
    "task_id of 129 characters": text(started("a" * 129)),
    "task_id with a NUL": text(started("a\x00b")),
    "task_id with a line's end": text(started("a\n")),
    "task_id with half a character": text(started("\ud800")),
    "callback_type a number": text(started(callback_type=1)),
    "callback_type null": text(started(callback_type=None)),
    "error_code a text": text(started(error_code="0")),
    "error_code true": text(started(error_code=True)),
    "error_code a half": text(started(error_code=0.5)),
    "timestamp a text": text(started(timestamp="now")),
    "room_id a list": text(started(room_id=[1])),
    "record_user_id a number": text(started(record_user_id=1)),
    "task_type a list": text(started(task_type=[])),
    "the files a text": text(finished(video_info="x")),
    "the files an object": text(finished(video_info={})),
    "a file a number": text(finished(video_info=[1])),
}


@pytest.mark.parametrize("name", BODIES)
def test_odd_body_is_refused(name: str) -> None:
    """A body that is no callback is refused as such, not by a failure of ours."""
    assert told(judge(query(), BODIES[name])) == ODD_BODY


def test_forged_request_is_refused_before_its_body_is_read() -> None:
    """Who has no signature learns nothing of what a body should be."""
    assert told(judge(query(key="A" * 32), b"\xff")) == BAD_SIGN


def test_body_of_8_mib_is_read_and_no_byte_more() -> None:
    """The limit is exact."""
    body = text(finished()).ljust(MOST_BODY_BYTES)

    assert told(judge(query(), body)) == ("record_finished", TASK)
    assert told(judge(query(), body + b" ")) == (413, 20003)


@pytest.mark.parametrize(
    "body",
    [
        started(callback_type="record_paused"),
        finished(task_type="record_offline"),
        started(task_id="../../etc/passwd", callback_type="x"),
    ],
)
def test_unknown_kind_is_kept_and_nothing_follows(body: dict[str, Any]) -> None:
    """What a later version of the service sends is no error."""
    assert accepted(judge(query(), text(body))).kind == "other"


def test_a_failed_finish_tells_its_code() -> None:
    """The service's number and words are facts."""
    event = accepted(judge(query(), text(finished(error_code=40002, error_msg="no \x1b[2Jfile"))))

    assert (event.facts["error_code"], event.facts["error_msg"]) == (40002, "no \\x1b[2Jfile")


def test_repeats_have_one_key() -> None:
    """A repeat has a new stamp, a new random and members in another order."""
    first = accepted(judge(query(), text(finished())))
    body = dict(reversed(finished(timestamp=1529908805, error_msg="again").items()))

    again = accepted(judge(query(NOW_S + 60, random=8), text(body)))

    assert first.key == again.key


@pytest.mark.parametrize(
    "change", [{"room_id": 7}, {"task_id": "other"}, {"video_info": []}, {"error_code": 1}]
)
def test_what_says_something_else_has_another_key(change: dict[str, Any]) -> None:
    """Only the same content is a repeat."""
    first = accepted(judge(query(), text(finished())))

    assert accepted(judge(query(), text(finished(**change)))).key != first.key


def test_grace_lets_late_repeats_in() -> None:
    """Ten repeats take ten minutes; their signature may live for two."""
    verdict = accepted(judge(query(NOW_S - 930), text(finished()), grace_s=900))

    assert verdict.is_late
    assert told(judge(query(NOW_S - 931), text(finished()), grace_s=900)) == STALE
    assert not accepted(judge(query(), text(finished()), grace_s=900)).is_late


TIW = {
    "a finish": (tiw(), ("record_finished", TASK)),
    "a start": (tiw("OnlineRecordStarted"), ("record_started", TASK)),
    "a stop": (tiw("OnlineRecordStopped"), ("record_stopped", TASK)),
    "a forced stop": (tiw("OnlineRecordLongPauseForceStopped"), ("record_stopped", TASK)),
    "something else": (tiw("OnlineRecordLongPauseWarning"), ("other", TASK)),
    "no Sign": (tiw(Sign=None), ODD),
    "a forged Sign": (tiw(Sign="0" * 32), BAD_SIGN),
    "the TicKey's Sign": (tiw(Sign=hashlib.md5(f"{KEY}{NOW_S + 120}".encode()).hexdigest()), BAD_SIGN),
    "Sign a number": (tiw(Sign=1), ODD),
    "Sign beyond ASCII": (tiw(Sign="张" * 32), ODD),
    "ExpireTime a text": (tiw(ExpireTime=EXPIRE), ODD),
    "no ExpireTime": (tiw(ExpireTime=None), ODD),
    "an expired one": (tiw(expire_s=NOW_S - 31), STALE),
    "another account": (tiw(SdkAppId=1), ODD),
    "no account": (tiw(SdkAppId=None), ODD),
    "EventData a list": (tiw(EventData=[]), ODD_BODY),
    "no TaskId": (tiw(EventData={}), ODD_BODY),
    "EventType a number": (tiw(EventType=1), ODD_BODY),
    "no event at all": ({}, ODD),
}


@pytest.mark.parametrize("name", TIW)
def test_event_of_the_successor_is_judged(name: str) -> None:
    """TIW signs in the body, with another key."""
    body, expected = TIW[name]

    assert told(judge("", text(body), credentials=BOTH)) == expected


def test_the_documented_signature_of_the_successor() -> None:
    """The example of its documentation: md5("Xz4ZgayTr7rMgWQrH" + "1588040109")."""
    body = tiw(ExpireTime=1588040109, Sign="a2dabb362a9b811c0e26953a6276a41c")

    verdict = judge_callback(b"", text(body), BOTH, now_s=1588040000)

    assert told(verdict) == ("record_finished", TASK)


def test_event_of_the_successor_needs_its_key() -> None:
    """Without a callback key nothing signed in a body is believed."""
    assert told(judge("", text(tiw()), credentials=V1)) == ODD


def test_callback_of_the_guide_needs_its_key() -> None:
    """Without a TicKey the md5 of a bare number opens nothing."""
    credentials = make_credentials(ACCOUNT, callback_key=CALLBACK_KEY)

    assert told(judge(query(key=""), text(started()), credentials=credentials)) == ODD


def test_failure_of_the_successor_has_one_key_whatever_its_words() -> None:
    """Its message holds the local time."""
    keys = {
        accepted(judge("", text(body), credentials=BOTH)).key
        for when in ("10:00", "10:05")
        for body in [
            tiw(
                EventData={
                    "TaskId": TASK,
                    "Error": {"Code": "FailedOperation.Record", "Message": f"at {when}"},
                }
            )
        ]
    }

    assert len(keys) == 1


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_random_bytes_are_refused_and_never_fail(parameters: bytes, body: bytes) -> None:
    """Nothing but a verdict comes of any request."""
    assert isinstance(judge(parameters, body, credentials=BOTH), Refusal)
    assert isinstance(judge(query(), body), Refusal)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=9,
)


@given(st.sampled_from(sorted(finished())), JSON_VALUES, st.booleans())
def test_any_value_of_any_member_gives_a_verdict(name: str, value: Any, of_tiw: bool) -> None:
    """A signed body with one odd member is accepted or refused with 400."""
    if of_tiw:
        body = tiw(EventData={"TaskId": TASK, "Error": value, "RoomId": value} | {str(name): value})
        verdict = judge("", text(body), credentials=BOTH)
    else:
        verdict = judge(query(), text(finished(**{name: value})))

    assert isinstance(verdict, Event) or told(verdict) == ODD_BODY
