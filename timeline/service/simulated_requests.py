"""What the simulator makes of a request: the guide's parameters (§3, §4) read and judged. Pure.

The order in which things are looked at is ours: parameters, account, expiry, signature, body, and then what
it says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from timeline.service.signing import is_signed
from timeline.service.simulated_tasks import WRONG_PARAMETER, Refusal

CALLS = ("start", "pause", "resume", "stop", "query", "callback")
NOT_OPENED, EXPIRED, WRONG_SIGN, UNREADABLE, WRONG_ADDRESS = 20000, 20001, 20002, 20003, 20004
NO_JSON = 40000
MOST_BODY_BYTES = 1 << 20
_MOST_INT32 = 2**31 - 1
_MOST_ROOM_ID = 2**32 - 1
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_BODY: dict[str, dict[str, tuple[type, bool]]] = {
    "start": {
        "room_id": (int, True),
        "group_id": (str, False),
        "user_id": (str, True),
        "user_sig": (str, True),
        "whiteboard": (dict, False),
    },
    "callback": {"callback": (str, True)},
}
_TASK_BODY: dict[str, tuple[type, bool]] = {"task_id": (str, True)}
_WHITEBOARD: dict[str, tuple[type, bool]] = {
    "width": (int, False),
    "height": (int, False),
    "init_param": (str, False),
}
_TYPES = {int: "int", str: "string", dict: "object"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who may ask: number and key."""

    sdk_app_id: int
    tic_key: str


def read_query(query: bytes, account: Account, now_s: float) -> int | Refusal:
    """Return the ``random`` of a request whose URL parameters are as they must be, or why they are not.

    Example:
        >>> account = Account(1400127115, "9016607A382749C69D4F4B00C61DD083")
        >>> query = b"sdkappid=1400127115&expire_time=1548247837&random=526919&sign="
        >>> read_query(query + b"5400bac77ba6467a8f8ac056f1769f45", account, 1548247717)
        526919
    """
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    values = dict(pairs)
    for name in ("sdkappid", "sign", "expire_time", "random"):
        if [key for key, _ in pairs].count(name) != 1:
            return Refusal(UNREADABLE, f"parameter parse error: {name} must be there once")
        if name != "sign" and not _NUMBER.fullmatch(values[name]):
            return Refusal(UNREADABLE, f"parameter parse error: {name} must be a number")
    random = int(values["random"])
    if not 0 < random <= _MOST_INT32:
        return Refusal(UNREADABLE, "parameter parse error: random must be a positive int32")
    if int(values["sdkappid"]) != account.sdk_app_id:
        return Refusal(NOT_OPENED, "the service is not opened for this sdkappid")
    if int(values["expire_time"]) < now_s:
        return Refusal(EXPIRED, "sign expired")
    if not is_signed(account.tic_key, values["expire_time"].encode(), values["sign"].encode("latin-1")):
        return Refusal(WRONG_SIGN, "sign check failed")
    return random


def read_body(call: str, content_type: str, data: bytes) -> dict[str, Any] | Refusal:
    """Return the body of a request, its members of the right types, or why it is refused.

    Example:
        >>> read_body("stop", "application/json", b'{"task_id": 7}')
        Refusal(error_code=20003, error_msg='parameter parse error: task_id must be string')
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        return Refusal(NO_JSON, "illegal request: Content-Type must be application/json")
    try:
        body = json.loads(data) if len(data) <= MOST_BODY_BYTES else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Refusal(NO_JSON, "illegal request: the body is no JSON object")
    if wrong := _wrong_member(body, _BODY.get(call, _TASK_BODY)):
        return wrong
    return _wrong_start(body) or body if call == "start" else _wrong_address(call, body) or body


def _wrong_member(body: Mapping[str, Any], members: Mapping[str, tuple[type, bool]]) -> Refusal | None:
    for name, (kind, is_needed) in members.items():
        if name not in body:
            if is_needed:
                return Refusal(UNREADABLE, f"parameter parse error: {name} is missing")
        elif type(body[name]) is not kind:
            return Refusal(UNREADABLE, f"parameter parse error: {name} must be {_TYPES[kind]}")
    return None


def _wrong_start(body: Mapping[str, Any]) -> Refusal | None:
    whiteboard = body.get("whiteboard", {})
    if wrong := _wrong_member(whiteboard, _WHITEBOARD):
        return wrong
    room_id = body["room_id"]
    if not 0 < room_id <= _MOST_ROOM_ID:
        return Refusal(WRONG_PARAMETER, "illegal parameter: room_id must be a positive uint32")
    if not re.fullmatch(rf"tic_record_user_{room_id}_.+", body["user_id"]):
        return Refusal(
            WRONG_PARAMETER, f"illegal parameter: user_id must be tic_record_user_{room_id}_RANDOM"
        )
    if not body["user_sig"]:
        return Refusal(WRONG_PARAMETER, "illegal parameter: user_sig is empty")
    if any(whiteboard.get(name, 1) <= 0 for name in ("width", "height")):
        return Refusal(WRONG_PARAMETER, "illegal parameter: whiteboard width and height must be positive")
    if text := whiteboard.get("init_param"):
        try:
            is_object = isinstance(json.loads(text), dict)
        except (ValueError, RecursionError):
            is_object = False
        if not is_object:
            return Refusal(WRONG_PARAMETER, "illegal parameter: init_param must hold a JSON object")
    return None


def _wrong_address(call: str, body: Mapping[str, Any]) -> Refusal | None:
    if call != "callback" or body["callback"] == "":
        return None
    wrong = Refusal(WRONG_ADDRESS, "callback format error: it must begin with http:// or https://")
    try:
        parts = urlsplit(body["callback"])
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return wrong
    return None if is_right and body["callback"].startswith(("http://", "https://")) else wrong
