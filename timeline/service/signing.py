"""The signature of calls and callbacks (guide §3).

It is the md5 of a key and a number, and signs that number alone: neither the body nor the path. Whoever has
seen one request can post any body until it expires.
"""

from __future__ import annotations

import hashlib
import hmac
import re

_EXPIRE = re.compile(rb"[0-9]{10}")
_SIGN = re.compile(rb"[0-9a-fA-F]{32}")


def sign(tic_key: str, expire_unix_s: int) -> str:
    """Return the signature of a request: 32 lower-case hexadecimal digits (guide §3).

    Args:
        tic_key: The TicKey of the account.
        expire_unix_s: Until when the signature counts, in Unix seconds; sent along as ``expire_time``.

    Example:
        >>> sign("9016607A382749C69D4F4B00C61DD083", 1548247837)
        '5400bac77ba6467a8f8ac056f1769f45'
    """
    return _md5(tic_key, b"%d" % expire_unix_s)


def is_signed(key: str, expire: bytes, signature: bytes) -> bool:
    """Return whether *signature* is that of *expire*, as both came over the wire.

    Only ten digits are taken for a time: md5 lets whoever saw one signature sign longer texts that begin with
    the same bytes.

    Example:
        >>> is_signed("9016607A382749C69D4F4B00C61DD083", b"1548247837", b"5400BAC77BA6467A8F8AC056F1769F45")
        True
        >>> is_signed("9016607A382749C69D4F4B00C61DD083", b" 1548247837", b"5400bac77ba6467a8f8ac056f1769f45")
        False
    """
    expected = _md5(key, expire).encode()
    is_well_formed = _EXPIRE.fullmatch(expire) is not None and _SIGN.fullmatch(signature) is not None
    return hmac.compare_digest(expected, signature.lower()) and is_well_formed


def _md5(key: str, number: bytes) -> str:
    return hashlib.md5(key.encode() + number, usedforsecurity=False).hexdigest()
