"""What the receiver takes and answers, as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from timeline.service.callbacks import MOST_BODY_BYTES
from timeline.version import __version__

_WORD = {"type": "string", "pattern": "^[!-~]{1,128}$"}
_NUMBER = {"type": ["integer", "null"], "minimum": -(2**53), "maximum": 2**53}
_TEXT = {"type": ["string", "null"]}
_ROWS = {"type": ["array", "null"], "items": {"type": "object"}}
_V1 = {
    "type": "object",
    "description": "record_started or record_finished, as in the recording guide, section 4.6.",
    "required": ["task_id", "callback_type"],
    "properties": {
        "task_id": _WORD,
        "callback_type": _WORD,
        **dict.fromkeys(
            ("error_code", "timestamp", "room_id", "start_time", "stop_time", "total_time"), _NUMBER
        ),
        **dict.fromkeys(("error_msg", "finish_reason", "task_type", "record_user_id", "group_id"), _TEXT),
        "video_info": _ROWS,
    },
}
_TIW = {
    "type": "object",
    "description": "An event of the successor TIW, signed in the body; the URL then has no signature.",
    "required": ["EventType", "EventData", "SdkAppId", "ExpireTime", "Sign"],
    "properties": {
        "EventType": _WORD,
        "EventData": {
            "type": "object",
            "required": ["TaskId"],
            "properties": {
                "TaskId": _WORD,
                **dict.fromkeys(("RoomId", "RecordStartTime", "RecordStopTime", "TotalTime"), _NUMBER),
                **dict.fromkeys(("FinishReason", "RecordUserId", "GroupId"), _TEXT),
                "VideoInfos": _ROWS,
                "Error": {"type": ["object", "null"]},
            },
        },
        "Timestamp": _NUMBER,
        "SdkAppId": {"type": "integer"},
        "ExpireTime": {"type": "integer", "minimum": 10**9, "maximum": 10**10 - 1},
        "Sign": {"type": "string", "pattern": "^[0-9a-fA-F]{32}$"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["error_code"],
    "properties": {"error_code": {"type": "integer"}, "error_msg": {"type": "string"}},
    "additionalProperties": False,
}
_ANSWERS = {
    "200": "The callback is safe on disk.",
    "400": "20003: the body is no callback.",
    "403": "20001: the signature has expired; 20002: it is wrong; 20003: a parameter is missing or odd.",
    "404": "20003: nothing is here.",
    "405": "20003: callbacks are POST requests.",
    "408": "20003: the body took too long.",
    "413": f"20003: the body has more than {MOST_BODY_BYTES} bytes.",
    "415": "20003: the body is compressed.",
    "500": "49999: the callback could not be kept; send it again.",
    "503": "49999: too many callbacks at once; send it again.",
}


def openapi_document(*, has_secret: bool, takes_tiw: bool) -> dict[str, Any]:
    """Return the document of a receiver.

    Args:
        has_secret: Whether its path ends with a secret.
        takes_tiw: Whether events of TIW are awaited as well.
    """
    secret = {"name": "secret", "in": "path", "required": True, "schema": {"type": "string"}}
    parameters: list[dict[str, Any]] = [
        _parameter("sign", "md5 of TicKey and expire_time", "^[0-9a-fA-F]{32}$", required=not takes_tiw),
        _parameter("expire_time", "its end in Unix seconds", "^[0-9]{10}$", required=not takes_tiw),
        _parameter("sdkappid", "the account", "^[1-9][0-9]{0,9}$", required=not takes_tiw),
        {"name": "random", "in": "query", "required": False, "schema": {"type": "string"}},
    ]
    post = {
        "operationId": "callback",
        "summary": "Take a callback of the recording service",
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"anyOf": [_V1, _TIW]} if takes_tiw else _V1}},
        },
        "responses": {status: _json(words, _ANSWER) for status, words in _ANSWERS.items()},
    }
    path: dict[str, Any] = {"post": post}
    if has_secret:
        path["parameters"] = [secret]
    health = {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "timeline receive", "version": __version__},
        "paths": {
            "/callback/{secret}" if has_secret else "/callback": path,
            "/health": {
                "get": {
                    "operationId": "health",
                    "summary": "Say whether callbacks can be kept",
                    "responses": {"200": _json("They can.", health), "500": _json("They cannot.", _ANSWER)},
                }
            },
        },
    }


def _parameter(name: str, description: str, pattern: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    place = {"name": name, "in": "query", "required": required}
    return place | {"description": description, "schema": schema}


def _json(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
