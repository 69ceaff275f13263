"""Keys: where they come from, and that they are never shown."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NoReturn

from timeline.errors import ParameterError

SDK_APP_ID_VARIABLE = "TIMELINE_SDK_APP_ID"
VARIABLES = {
    "tic_key": "TIMELINE_TIC_KEY",
    "user_sig_key": "TIMELINE_USER_SIG_KEY",
    "callback_key": "TIMELINE_CALLBACK_KEY",
    "secret_id": "TIMELINE_TIW_SECRET_ID",
    "secret_key": "TIMELINE_TIW_SECRET_KEY",
}
"""The environment variable of each key."""
_MOST_BYTES = 64 * 1024
_MOST_SDK_APP_ID = 2**32 - 1


class Secret:
    """A key. Neither `repr`, `str`, a format nor a pickle of it shows what it is.

    Example:
        >>> Secret("9016607A"), f"{Secret('9016607A')}", Secret("9016607A").reveal()
        (Secret(***), '***', '9016607A')
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; read it again where it is needed")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account of the recording service is called by and signs with.

    Attributes:
        sdk_app_id: Number of the account.
        tic_key: Signs calls and callbacks of the guide's service.
        user_sig_key: Signs for users of the account; needed where no UserSig is given.
        callback_key: Signs the callbacks of the successor TIW.
        secret_id: First half of the key for TIW's own calls.
        secret_key: Second half.
    """

    sdk_app_id: int
    tic_key: Secret | None = None
    user_sig_key: Secret | None = None
    callback_key: Secret | None = None
    secret_id: Secret | None = None
    secret_key: Secret | None = None

    def need(self, name: str) -> str:
        """Return the key called *name*.

        Raises:
            ParameterError: There is none.
        """
        secret: Secret | None = getattr(self, name)
        if secret is None:
            raise ParameterError(
                f"no {name} is known; set {VARIABLES[name]}, or name a file that holds {name} with --keys"
            )
        return secret.reveal()


def make_credentials(sdk_app_id: int, **keys: str | None) -> Credentials:
    """Return credentials of keys that are at hand as text.

    Raises:
        ParameterError: *sdk_app_id* is no number of an account, a key is empty, or one is called otherwise.

    Example:
        >>> make_credentials(1400127115, tic_key="9016607A382749C69D4F4B00C61DD083").tic_key
        Secret(***)
    """
    if type(sdk_app_id) is not int or not 0 < sdk_app_id <= _MOST_SDK_APP_ID:
        raise ParameterError("the sdk_app_id must be a whole number from 1 to 4294967295")
    secrets = {}
    for name, value in keys.items():
        if name not in VARIABLES:
            raise ParameterError(f"no key is called {name}; there are: {', '.join(VARIABLES)}")
        if value is None:
            continue
        if not isinstance(value, str) or not value.strip():
            raise ParameterError(f"{name} must be a text that is not empty")
        secrets[name] = Secret(value.strip())
    return Credentials(sdk_app_id, **secrets)


def read_credentials(
    path: str | os.PathLike[str] | None = None, *, environment: Mapping[str, str] | None = None
) -> Credentials:
    """Return the credentials from a file, the environment, or both; the environment wins.

    Args:
        path: A JSON object with ``sdk_app_id`` and keys by the names of `Credentials`. Nobody but its
            owner may read it (``chmod 600``); on Windows its folder has to see to that.
        environment: In place of `os.environ`.

    Raises:
        ParameterError: The file cannot be read, is open to others, or is not as described; or there is no
            ``sdk_app_id``.
    """
    environment = os.environ if environment is None else environment
    known = _from_file(Path(path)) if path is not None else {}
    for name, variable in {"sdk_app_id": SDK_APP_ID_VARIABLE, **VARIABLES}.items():
        if environment.get(variable, "").strip():
            known[name] = environment[variable].strip()
    number = str(known.pop("sdk_app_id", ""))
    if not number:
        raise ParameterError(
            f"no account is known; set {SDK_APP_ID_VARIABLE} and {VARIABLES['tic_key']}, or name a file "
            "with --keys"
        )
    if not (number.isascii() and number.isdigit()):
        raise ParameterError(
            f"the sdk_app_id must be a whole number; {SDK_APP_ID_VARIABLE} or the file has another"
        )
    return make_credentials(int(number), **known)


def _from_file(path: Path) -> dict[str, str]:
    """Return what the file of keys says. No message shows what is in it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ParameterError(
                    f"{path}: others may read these keys (mode {stat.S_IMODE(mode):03o}); chmod it to 600"
                )
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ParameterError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    try:
        known = json.loads(data) if len(data) <= _MOST_BYTES else None
    except ValueError:
        known = None
    names = {field.name for field in fields(Credentials)}
    may_hold = f"it may hold: {', '.join(sorted(names))}"
    if not isinstance(known, dict) or not all(isinstance(value, (str, int)) for value in known.values()):
        raise ParameterError(f"{path}: is no JSON object of texts; {may_hold}")
    if unknown := sorted(known.keys() - names):
        raise ParameterError(f"{path}: {len(unknown)} of its names are not known; {may_hold}")
    return {name: str(value) for name, value in known.items()}
