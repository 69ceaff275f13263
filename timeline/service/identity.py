"""The user that records: its id, which is never used twice, and its UserSig (guide §2.2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection

from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.sinks import show

UserSig = str | Callable[[str], str]
"""A UserSig, or what makes one for a user id."""
USER_SIG_VALID_S = 24 * 3600
"""How long a UserSig that is made here is valid: longer than the guide's hour, since classes are."""
MOST_ROOM_ID = 2**32 - 1
_MOST_BYTES = 60  # as TIW has it
_PREFIX = "tic_record_user_"
_REST = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def check_room(room_id: int) -> None:
    """Refuse what cannot be the number of a room.

    Raises:
        ParameterError: It is no whole number from 1 to 4294967295.
    """
    if type(room_id) is not int or not 0 < room_id <= MOST_ROOM_ID:
        raise ParameterError(f"the room id must be a whole number from 1 to {MOST_ROOM_ID}")


def make_record_user_id(room_id: int, used: Collection[str] = ()) -> str:
    """Return the id of a recording user for a room, with a random end that is not among *used*.

    Raises:
        ParameterError: *room_id* cannot be a room.

    Example:
        >>> make_record_user_id(100241).startswith("tic_record_user_100241_")
        True
    """
    check_room(room_id)
    while True:
        user_id = f"{_PREFIX}{room_id}_{secrets.randbelow(10**9)}"
        if user_id not in used:
            return user_id


def check_record_user_id(user_id: str, room_id: int, used: Collection[str] = ()) -> None:
    """Refuse an id that the service would not take for a recording user of this room.

    Raises:
        ParameterError: It lacks the prefix with the room, has other letters or more than 60 bytes, or was
            used before: the service would be thrown out of the room.

    Example:
        >>> check_record_user_id("tic_record_user_1234_01", 1234)
    """
    prefix = f"{_PREFIX}{room_id}_"
    if not user_id.startswith(prefix) or not _REST.fullmatch(user_id.removeprefix(prefix)):
        raise ParameterError(
            f"{show(user_id)} is no recording user of room {room_id}; leave it out, or name one that is "
            f"{prefix} and up to 32 letters or digits"
        )
    if len(user_id) > _MOST_BYTES:
        raise ParameterError(f"{show(user_id)} has more than {_MOST_BYTES} letters; use a shorter one")
    if user_id in used:
        raise ParameterError(
            f"{show(user_id)} has recorded before, and a recording user is used once; leave it out, or name "
            "another one"
        )


def user_sig_of(user_id: str, user_sig: UserSig | None, sdk_app_id: int, key: Callable[[], str]) -> str:
    """Return the UserSig of a user: the one that is given, or one that is made with the key.

    It is made by Tencent's own package, which is small and kept with the service.

    Args:
        user_id: The user.
        user_sig: A UserSig, a function of the user id, or None.
        sdk_app_id: The account.
        key: Gives the key, asked only where it is needed.

    Raises:
        ParameterError: The function gave no text, or *key* has none.
        MissingExtraError: The extra ``service`` is not installed.
    """
    if user_sig is None:
        secret = key()
        with needs_extra("service"):
            from TLSSigAPIv2 import TLSSigAPIv2
        return str(TLSSigAPIv2(sdk_app_id, secret).gen_sig(user_id, USER_SIG_VALID_S))
    made = user_sig(user_id) if callable(user_sig) else user_sig
    if not isinstance(made, str) or not made:
        raise ParameterError("the UserSig must be a text that is not empty")
    return made
