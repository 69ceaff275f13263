"""What a callback is worth: bytes of a stranger in, an accepted event or a refusal out; nothing is touched.

Callbacks of the guide's service carry their signature in the URL (guide §4.6), those of its successor TIW in
the body. Neither signs what is said: an accepted event is a hint, and a query says what is true.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from timeline.errors import ResultFormatError
from timeline.results.strict_json import parse_json
from timeline.service.secrets import Credentials
from timeline.service.signing import is_signed
from timeline.sinks import terminal_text

STARTED, STOPPED, FINISHED, OTHER = KINDS = ("record_started", "record_stopped", "record_finished", "other")
"""The kinds of event. ``other``: kept, and nothing follows from it."""
MOST_BODY_BYTES = 8 * 1024 * 1024
"""A larger body is refused."""
SLACK_S = 30
"""By so much two clocks may differ."""
GRACE_S = 900
"""Where a query can confirm what is said, repeats of a callback count so long after their signature's end."""
LONG_LIFE_S = 86400
"""A signature that lives longer is worth a warning."""

OK, EXPIRED, WRONG_SIGN, WRONG_PARAMETER, INTERNAL = 0, 20001, 20002, 20003, 49999
"""Numbers of the guide's error table, with which callbacks are answered."""

_MOST_CONTAINERS = 100_000
_MOST_NUMBER = 2**53
_MOST_FACT_CHARACTERS = 200
_WORD = re.compile(r"[!-~]{1,128}")
_WHOLE, _TEXT, _ROWS, _OBJECT = "a whole number", "a text", "a list of objects", "an object"
_V1 = {
    **dict.fromkeys(("error_code", "timestamp", "room_id", "start_time", "stop_time", "total_time"), _WHOLE),
    **dict.fromkeys(("error_msg", "finish_reason", "task_type", "record_user_id", "group_id"), _TEXT),
    "video_info": _ROWS,
}
_TIW = {
    **dict.fromkeys(("RoomId", "RecordStartTime", "RecordStopTime", "TotalTime"), _WHOLE),
    **dict.fromkeys(("FinishReason", "RecordUserId", "GroupId"), _TEXT),
    **{"VideoInfos": _ROWS, "Error": _OBJECT},
}
_TIW_KINDS = {
    "OnlineRecordStarted": STARTED,
    "OnlineRecordStopped": STOPPED,
    "OnlineRecordLongPauseForceStopped": STOPPED,
    "OnlineRecordFinished": FINISHED,
}
_FACTS = {
    "room_id": ("room_id", "RoomId"),
    "record_user_id": ("record_user_id", "RecordUserId"),
    "error_code": ("error_code",),
    "error_msg": ("error_msg",),
    "finish_reason": ("finish_reason", "FinishReason"),
}
_SAID_ANEW = ("timestamp", "error_msg", "Timestamp", "ExpireTime", "Sign")
"""What may differ between repeats of one callback."""


@dataclass(frozen=True, slots=True)
class Event:
    """An accepted callback.

    Attributes:
        kind: One of `KINDS`.
        word: What the service calls it.
        task_id: The task: 1 to 128 printable ASCII characters.
        key: The same for repeats of one callback, another for any other.
        facts: Harmless ones: room_id, record_user_id, error_code, error_msg, finish_reason, sent_unix_s.
        document: The whole body.
        is_late: Whether its signature had expired, within the grace.
        lives_s: How long its signature counts from now on; negative where it is late.
    """

    kind: str
    word: str
    task_id: str
    key: str
    facts: Mapping[str, int | str]
    document: Mapping[str, Any]
    is_late: bool
    lives_s: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A callback that does not count.

    Attributes:
        status: Of the answer over HTTP.
        error_code: A number of the guide's error table.
        words: Why: never a stranger's own words.
    """

    status: int
    error_code: int
    words: str


def judge_query(query: bytes, credentials: Credentials, *, now_s: int, grace_s: int) -> Refusal | int | None:
    """Return what the URL's parameters are worth, before the body is looked at.

    Returns:
        A refusal; the second at which the signature ends; or None where the URL has no signature, so that it
        must be in the body.
    """
    parameters, is_repeated = _parameters(query)
    sign, expire, account = (parameters.get(name, b"") for name in (b"sign", b"expire_time", b"sdkappid"))
    key = credentials.tic_key
    is_right = is_signed(key.reveal() if key else "", expire, sign)  # always, so that time tells nothing
    if is_repeated:
        return _refusal("a parameter is there twice")
    if not parameters.keys() & {b"sign", b"expire_time"}:
        return (
            None if credentials.callback_key else _refusal("the parameters sign and expire_time are missing")
        )
    if key is None:
        return _refusal("no TicKey is known here, which such callbacks are signed with")
    if not re.fullmatch(rb"[0-9]{10}", expire):
        return _refusal("expire_time must be ten digits")
    if not re.fullmatch(rb"[0-9a-fA-F]{32}", sign):
        return _refusal("sign must be 32 hexadecimal digits")
    if not is_right:
        return Refusal(403, WRONG_SIGN, "the signature is wrong")
    if account != b"%d" % credentials.sdk_app_id:
        return _refusal("sdkappid is missing, or another account's")
    return _expiry(int(expire), now_s, grace_s)


def judge_callback(
    query: bytes, body: bytes, credentials: Credentials, *, now_s: int, grace_s: int = 0
) -> Event | Refusal:
    """Return what a POST request is worth.

    Args:
        query: What stands behind the ``?`` of its URL, as it came.
        body: Its body.
        credentials: Our account; ``callback_key`` only where TIW's callbacks are awaited.
        now_s: Our clock, Unix seconds.
        grace_s: For how long an expired signature still counts.
    """
    ends_s = judge_query(query, credentials, now_s=now_s, grace_s=grace_s)
    if isinstance(ends_s, Refusal):
        return ends_s
    try:
        document = parse_json(
            body, max_bytes=MOST_BODY_BYTES, max_containers=_MOST_CONTAINERS, long_numbers=False
        )
        if not isinstance(document, dict):
            raise _OddBodyError("the body must be a JSON object")
        if ends_s is not None:
            return _v1_event(document, ends_s - now_s)
        ends_s = _judge_body_signature(document, credentials, now_s, grace_s)
        return ends_s if isinstance(ends_s, Refusal) else _tiw_event(document, ends_s - now_s)
    except _OddBodyError as error:
        return Refusal(400, WRONG_PARAMETER, str(error))
    except ResultFormatError as error:
        status = 413 if error.code == "too_large" else 400
        return Refusal(status, WRONG_PARAMETER, f"the body is not usable: {error.code}")


class _OddBodyError(Exception):
    """The body is JSON and not what the documentation describes."""


def _parameters(query: bytes) -> tuple[dict[bytes, bytes], bool]:
    """Return the parameters, and whether a name is there twice."""
    parameters: dict[bytes, bytes] = {}
    is_repeated = False
    for part in query.split(b"&"):
        if part:
            name, _, value = (unquote_to_bytes(side.replace(b"+", b" ")) for side in part.partition(b"="))
            is_repeated |= name in parameters
            parameters[name] = value
    return parameters, is_repeated


def _refusal(words: str) -> Refusal:
    return Refusal(403, WRONG_PARAMETER, words)


def _expiry(ends_s: int, now_s: int, grace_s: int) -> Refusal | int:
    if now_s > ends_s + SLACK_S + grace_s:
        return Refusal(403, EXPIRED, "the signature has expired")
    return ends_s


def _judge_body_signature(
    document: dict[str, Any], credentials: Credentials, now_s: int, grace_s: int
) -> Refusal | int:
    """Return what the signature in a body of TIW is worth, as `judge_query` does."""
    sign, expire, account = (document.get(name) for name in ("Sign", "ExpireTime", "SdkAppId"))
    number = _whole_number(expire)
    digits = b"%d" % number if number is not None else b""
    key = credentials.callback_key
    written = sign.encode("utf-8", "replace") if isinstance(sign, str) else b""
    is_right = is_signed(key.reveal() if key else "", digits, written)
    if number is None or not re.fullmatch(rb"[0-9]{10}", digits):
        return _refusal("neither the URL nor the body has a signature's time of expiry, ten digits")
    if not re.fullmatch(rb"[0-9a-fA-F]{32}", written):
        return _refusal("Sign must be 32 hexadecimal digits")
    if not is_right or key is None:
        return Refusal(403, WRONG_SIGN, "the signature is wrong")
    if _whole_number(account) != credentials.sdk_app_id:
        return _refusal("SdkAppId is missing, or another account's")
    return _expiry(number, now_s, grace_s)


def _v1_event(document: dict[str, Any], lives_s: int) -> Event:
    task_id, word = _word(document, "task_id"), _word(document, "callback_type")
    _check_kinds(document, _V1)
    is_known = word in (STARTED, FINISHED) and document.get("task_type") in ("record_online", None, "")
    return _event(word if is_known else OTHER, word, task_id, document, document, lives_s)


def _tiw_event(document: dict[str, Any], lives_s: int) -> Event:
    word, data = _word(document, "EventType"), document.get("EventData")
    if not isinstance(data, dict):
        raise _OddBodyError("EventData must be an object")
    task_id = _word(data, "TaskId")
    _check_kinds(document, {"Timestamp": _WHOLE})
    _check_kinds(data, _TIW)
    return _event(_TIW_KINDS.get(word, OTHER), word, task_id, document, data, lives_s)


def _event(
    kind: str, word: str, task_id: str, document: dict[str, Any], body: dict[str, Any], lives_s: int
) -> Event:
    facts: dict[str, int | str] = {}
    for name, spellings in _FACTS.items():
        value = next((body[spelling] for spelling in spellings if body.get(spelling) is not None), None)
        if isinstance(value, str):
            facts[name] = terminal_text(value[:_MOST_FACT_CHARACTERS])
        elif value is not None:
            facts[name] = int(value)
    error = body.get("Error")
    if isinstance(error, dict) and error.get("Code"):
        said = (str(error.get(part) or "")[:_MOST_FACT_CHARACTERS] for part in ("Code", "Message"))
        facts["error_code"], facts["error_msg"] = (terminal_text(part) for part in said)
    sent_s = document.get("timestamp", document.get("Timestamp"))
    if sent_s is not None:
        facts["sent_unix_s"] = int(sent_s)
    key = _key(task_id, word, document)
    return Event(kind, word, task_id, key, facts, document, lives_s < -SLACK_S, lives_s)


def _key(task_id: str, word: str, document: dict[str, Any]) -> str:
    """Return what names a callback and all its repeats: 64 hexadecimal digits."""
    said = {name: value for name, value in document.items() if name not in _SAID_ANEW}
    data = said.get("EventData")  # the words of an error hold the time
    if isinstance(data, dict) and isinstance(data.get("Error"), dict):
        told = data["Error"].items()
        said["EventData"] = data | {"Error": {name: value for name, value in told if name != "Message"}}
    try:
        text = json.dumps([task_id, word, said], sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise _OddBodyError("the body holds a number beyond all bounds") from None
    return hashlib.sha256(text.encode()).hexdigest()


def _word(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise _OddBodyError(f"{name} must be a text of 1 to 128 printable ASCII characters")
    return value


def _check_kinds(body: dict[str, Any], kinds: Mapping[str, str]) -> None:
    """Refuse documented members of another type; null counts as absent."""
    for name, kind in kinds.items():
        value = body.get(name)
        if value is not None and not _is(value, kind):
            raise _OddBodyError(f"{name} must be {kind}")


def _is(value: Any, kind: str) -> bool:
    if kind == _WHOLE:
        return _whole_number(value) is not None
    if kind == _ROWS:
        return isinstance(value, list) and all(isinstance(row, dict) for row in value)
    return isinstance(value, str if kind == _TEXT else dict)


def _whole_number(value: object) -> int | None:
    """Return a whole number as JSON Schema means it: 7 and 7.0, not True, and none beyond 2**53."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
        return None
    return int(value) if abs(value) <= _MOST_NUMBER else None
