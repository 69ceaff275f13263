"""What the service's error codes mean for a call: whether to try again, and which error it is (guide §5)."""

from __future__ import annotations

from enum import Enum

from timeline.errors import (
    RecordUserTakenError,
    ServiceError,
    ServiceInternalError,
    ServiceRefusedError,
    SignatureExpiredError,
    TaskEndedError,
    TaskUnknownError,
)
from timeline.results.advice import failure
from timeline.service.messages import Call


class Kind(Enum):
    """What a failure is to a caller."""

    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN_TASK = "unknown task"
    ENDED = "ended"
    USER_TAKEN = "user taken"
    INTERNAL = "internal"
    RECORDING_FAILED = "recording failed"


TRIES = {Kind.EXPIRED: 2, Kind.UNKNOWN_TASK: 4, Kind.INTERNAL: 7}
"""How often a call is made at most where its answer is of this kind; others are final."""
_ERRORS: dict[Kind, type[ServiceError]] = {
    Kind.EXPIRED: SignatureExpiredError,
    Kind.UNKNOWN_TASK: TaskUnknownError,
    Kind.ENDED: TaskEndedError,
    Kind.USER_TAKEN: RecordUserTakenError,
    Kind.INTERNAL: ServiceInternalError,
}
_KINDS: dict[int | str, Kind] = {
    20001: Kind.EXPIRED,
    20005: Kind.UNKNOWN_TASK,
    20010: Kind.ENDED,
    20011: Kind.ENDED,
    20013: Kind.USER_TAKEN,
    40002: Kind.RECORDING_FAILED,
    40004: Kind.RECORDING_FAILED,
    40005: Kind.RECORDING_FAILED,
    49999: Kind.INTERNAL,
    **{code: Kind.INTERNAL for code in range(20090, 20100)},
    # Of the successor, whose codes are names.
    "AuthFailure.SignatureExpire": Kind.EXPIRED,
    "InvalidParameter.TaskNotFound": Kind.UNKNOWN_TASK,
    "UnsupportedOperation.TaskHasAlreadyStopped": Kind.ENDED,
    "ResourceInUse.RecordUserId": Kind.USER_TAKEN,
    "FailedOperation.Record": Kind.RECORDING_FAILED,
    "InternalError": Kind.INTERNAL,
    "RequestLimitExceeded": Kind.INTERNAL,
}


def kind_of(code: int | str) -> Kind:
    """Return what an error code means; one that is not known is final.

    Example:
        >>> kind_of(20095), kind_of(12345)
        (<Kind.INTERNAL: 'internal'>, <Kind.REFUSED: 'refused'>)
    """
    return _KINDS.get(code, Kind.REFUSED)


def call_error(
    call: Call, code: int | str, said: object, *, random: int, is_uncertain: bool = False, note: str = ""
) -> ServiceError:
    """Return the error of a call that the service refuses.

    Args:
        call: The call.
        code: The service's number or name of what is wrong.
        said: Its own words, a stranger's text.
        random: The number of the request.
        is_uncertain: Whether an earlier try of the same call may have been carried out.
        note: What else there is to say.
    """
    words = str(failure(code, said)).removeprefix("the recording service ")
    parts = [f"{call.name}: the service {words}", note, f"its support asks for random {random}"]
    if is_uncertain:
        parts.insert(1, "an earlier try may have been carried out all the same")
    kind = _ERRORS.get(kind_of(code), ServiceRefusedError)
    return kind(
        "; ".join(part for part in parts if part), error_code=code, random=random, is_uncertain=is_uncertain
    )
