"""What to do about a failure that the recording service reports."""

from __future__ import annotations

import re
from typing import Any

from timeline.errors import RecordingFailedError
from timeline.results.fields import read_whole_number
from timeline.sinks import show

# What the guide advises for its error codes (§5).
ADVICE = {
    40000: "check that the body of the start request is valid JSON",
    40001: "check the parameters of the start request",
    40002: "no file was made: a room with sound only leaves none; check that a camera was on",
    40004: "the IM login failed; check the parameters that the message names, such as usersig",
    40005: "joining the IM group failed; look into what the message says",
    49999: "an internal error of the service; ask its support",
    -1: "an internal error of the service; ask its support",
    2003: "the chat messages could not be fetched: a room that was destroyed cannot be recorded after class",
    2004: "the chat group holds no message to set the clock by; use a new group, or ask the support",
    2005: "the upload failed; record the class again",
    2007: "the class was reckoned longer than 24 hours; its clock messages may be wrong",
    20010: "this room is being recorded already; wait for the end of that task",
    20000: "the service is not enabled for this account; apply for it (guide §2.1)",
    20001: "the signature has expired; set a new expire_time and sign again",
    20002: "the signature is wrong; check TicKey and the signing",
    20003: "a parameter is missing or of the wrong type; the message names it",
    20004: "the callback address is malformed; check it",
    20005: "reading the data failed; check the task id, else ask the service's support",
    20011: "the task had ended already: the service stops by itself when nobody sends for a while",
    20013: "the recording user is in use; start again with a new user id and usersig",
    20099: "an internal error of the service; ask its support",
}

_MOST_CHARACTERS = 200
_CODE_IN_TEXT = re.compile(r"code: ?([0-9]{5})\b")


def failure(code: int | str, said: object) -> RecordingFailedError:
    """Return the error for a failure.

    Args:
        code: The service's number, or the name that its successor uses; a number inside *said* then counts.
        said: The service's own words, a stranger's text.
    """
    words = said if isinstance(said, str) else ""
    number = number_of(code, said)
    advice = ADVICE.get(20099 if 20090 <= number <= 20099 else number, "")
    message = f"the recording service reports error {code if isinstance(code, int) else show(code)}"
    if words:
        message += f" ({show(words)})"
    if advice:
        message += f": {advice}"
    brief = code if isinstance(code, int) else code[:_MOST_CHARACTERS]
    return RecordingFailedError(message, error_code=brief, advice=advice)


def number_of(code: int | str, said: object) -> int:
    """Return the number of a failure, which the successor tells inside its text; 0 where there is none.

    Example:
        >>> number_of("FailedOperation.Record", "code: 40002, msg: no file")
        40002
    """
    if isinstance(code, int):
        return code
    inner = _CODE_IN_TEXT.search(said) if isinstance(said, str) else None
    return int(inner[1]) if inner else 0


def refuse_failure(body: dict[str, Any]) -> None:
    """Raise what ``error_code`` and ``error_msg`` say, unless that is success."""
    error_code = read_whole_number(body.get("error_code"))
    if error_code:
        raise failure(error_code, body.get("error_msg"))


def refuse_error(body: dict[str, Any]) -> None:
    """Raise what the object ``Error`` of an answer or event says, if there is one."""
    error = body.get("Error")
    if isinstance(error, dict) and error.get("Code"):
        raise failure(str(error["Code"]), error.get("Message"))
