"""Signatures, keys, recording users and UserSigs: made as the guide says, checked, and never shown."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.errors import ParameterError
from timeline.service import sign
from timeline.service.identity import (
    USER_SIG_VALID_S,
    check_record_user_id,
    make_record_user_id,
    user_sig_of,
)
from timeline.service.secrets import Secret, make_credentials, read_credentials
from timeline.service.signing import is_signed

KEY = "9016607A382749C69D4F4B00C61DD083"
ACCOUNT = {"TIMELINE_SDK_APP_ID": "1400127115", "TIMELINE_TIC_KEY": KEY}


def test_the_guides_example_to_the_byte() -> None:
    """Guide §3."""
    assert sign(KEY, 1548247837) == "5400bac77ba6467a8f8ac056f1769f45"


def test_sign_needs_no_extra() -> None:
    """It is imported where httpx2, starlette, uvicorn and the rest are not installed."""
    code = (
        "import sys\n"
        "for name in ('httpx2', 'starlette', 'uvicorn', 'TLSSigAPIv2', 'anyio'): sys.modules[name] = None\n"
        "from timeline.service import sign; print(sign('k', 1))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == hashlib.md5(b"k1").hexdigest()


def padded(message: bytes) -> bytes:
    """Return *message* with the padding that md5 appends to it."""
    zeros = b"\0" * ((55 - len(message)) % 64)
    return message + b"\x80" + zeros + (8 * len(message)).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("expire", "signature"),
    [
        (b"1548247837", b"5400bac77ba6467a8f8ac056f1769f46"),
        (b"1548247838", b"5400bac77ba6467a8f8ac056f1769f45"),
        (b"", hashlib.md5(KEY.encode()).hexdigest().encode()),
        (b"15482478370", hashlib.md5(KEY.encode() + b"15482478370").hexdigest().encode()),
        (b"1548247837\n", hashlib.md5(KEY.encode() + b"1548247837\n").hexdigest().encode()),
        ("١٥٤٨٢٤٧٨٣٧".encode(), hashlib.md5(KEY.encode() + "١٥٤٨٢٤٧٨٣٧".encode()).hexdigest().encode()),
        (b"1548247837", b""),
        (b"1548247837", b"5400bac77ba6467a8f8ac056f1769f45 "),
        (b"1548247837", "５400bac77ba6467a8f8ac056f1769f45".encode()),
    ],
)
def test_other_signatures_do_not_count(expire: bytes, signature: bytes) -> None:
    """Neither forged ones nor those of what is no time of ten digits."""
    assert not is_signed(KEY, expire, signature)


def test_a_signature_cannot_be_made_longer() -> None:
    """Who knows md5(key + time) knows md5(key + time + padding + more); that is no time."""
    seen = KEY.encode() + b"1548247837"
    longer = padded(seen)[len(KEY) :] + b"9999999999"

    assert not is_signed(KEY, longer, hashlib.md5(KEY.encode() + longer).hexdigest().encode())


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_bytes_break_the_check(expire: bytes, signature: bytes) -> None:
    """Whatever comes over the wire is judged."""
    assert not is_signed(KEY, expire, signature)


def test_keys_come_from_the_environment() -> None:
    """By their names."""
    credentials = read_credentials(environment=ACCOUNT | {"TIMELINE_USER_SIG_KEY": " abc\n"})

    assert (credentials.sdk_app_id, credentials.need("tic_key")) == (1400127115, KEY)
    assert credentials.need("user_sig_key") == "abc"


def key_file(folder: Path, content: object, mode: int = 0o600) -> Path:
    path = folder / "keys.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What is set for one run counts more."""
    path = key_file(tmp_path, {"sdk_app_id": 1, "tic_key": "of the file", "user_sig_key": "u"})

    credentials = read_credentials(path, environment=ACCOUNT)

    assert (credentials.sdk_app_id, credentials.need("tic_key")) == (1400127115, KEY)
    assert credentials.need("user_sig_key") == "u"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    """The error says what to do."""
    path = key_file(tmp_path, {"sdk_app_id": 1, "tic_key": KEY}, mode)

    with pytest.raises(ParameterError, match=f"others may read these keys .mode {mode:o}.; chmod it to 600"):
        read_credentials(path, environment={})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON object of texts"),
        ([], "is no JSON object of texts"),
        ({"tic_key": None}, "is no JSON object of texts"),
        ({"tic_key": KEY}, "no account is known"),
        ({"sdk_app_id": "x", "tic_key": KEY}, "must be a whole number"),
        ({"sdk_app_id": "0", "tic_key": KEY}, "from 1 to 4294967295"),
        ({"sdk_app_id": 1, KEY: "x"}, "1 of its names are not known"),
        ({"sdk_app_id": 1, "tic_key": " "}, "tic_key must be a text that is not empty"),
    ],
)
def test_a_broken_file_is_one_line_without_keys(content: object, said: str, tmp_path: Path) -> None:
    """It names what the file may hold, and nothing that it does hold."""
    with pytest.raises(ParameterError, match=said) as caught:
        read_credentials(key_file(tmp_path, content), environment={})

    assert KEY not in str(caught.value)


def test_a_missing_key_says_how_to_give_it() -> None:
    """By the variable and the option."""
    with pytest.raises(ParameterError, match="no user_sig_key is known; set TIMELINE_USER_SIG_KEY"):
        make_credentials(1, tic_key=KEY).need("user_sig_key")


def test_a_key_is_shown_nowhere() -> None:
    """Not by repr, str, format, %-formatting, in a container, and not pickled."""
    credentials = make_credentials(1, tic_key=KEY, user_sig_key=KEY, secret_key=KEY)
    shown = [repr(credentials), str(credentials), f"{credentials.tic_key}", repr([credentials.tic_key])]
    shown.append(f"{credentials.tic_key!s:>40}")

    assert not any(KEY in text for text in shown)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(KEY))


@given(st.integers(1, 2**32 - 1))
def test_a_recording_user_has_the_prefix_of_its_room(room_id: int) -> None:
    """And fits what checks it."""
    made = make_record_user_id(room_id)

    assert re.fullmatch(rf"tic_record_user_{room_id}_[0-9]+", made)
    check_record_user_id(made, room_id)


@pytest.mark.parametrize(
    "user_id",
    [
        "tic_record_user_1234",
        "tic_record_user_1234_",
        "tic_record_user_12345_01",
        "tic_record_user_123_01",
        "amy",
        "",
        "tic_record_user_1234_0 1",
        "tic_record_user_1234_" + "1" * 33,
        "tic_record_user_1234_é",
    ],
)
def test_other_recording_users_are_refused(user_id: str) -> None:
    """The prefix is of this very room."""
    with pytest.raises(ParameterError, match="no recording user of room 1234"):
        check_record_user_id(user_id, 1234)


def test_a_recording_user_is_never_used_twice() -> None:
    """The service would be thrown out of the room (guide §2.2)."""
    with pytest.raises(ParameterError, match="has recorded before"):
        check_record_user_id("tic_record_user_1234_01", 1234, {"tic_record_user_1234_01"})


@pytest.mark.parametrize("room_id", [0, -1, 2**32, True, "1", 1.0, None])
def test_other_rooms_are_refused(room_id: object) -> None:
    """A room is a whole number."""
    with pytest.raises(ParameterError, match="whole number from 1"):
        make_record_user_id(room_id)  # type: ignore[arg-type]


def read_user_sig(made: str) -> dict[str, object]:
    packed = made.replace("*", "+").replace("-", "/").replace("_", "=")
    facts: dict[str, object] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return facts


def test_a_user_sig_is_made_for_its_user() -> None:
    """It is a compressed JSON with user, account, time and length."""
    facts = read_user_sig(user_sig_of("tic_record_user_1_2", None, 1400127115, lambda: "secret"))

    assert (facts["TLS.identifier"], facts["TLS.sdkappid"]) == ("tic_record_user_1_2", 1400127115)
    assert facts["TLS.expire"] == USER_SIG_VALID_S


def test_a_user_sig_may_be_given_or_made_by_a_function() -> None:
    """Then no key is asked for."""

    def no_key() -> str:
        raise AssertionError("asked for")

    assert user_sig_of("u", "ready", 1, no_key) == "ready"
    assert user_sig_of("u", lambda user: f"sig of {user}", 1, no_key) == "sig of u"
    with pytest.raises(ParameterError, match="must be a text"):
        user_sig_of("u", lambda user: "", 1, no_key)
