"""Mutations of the bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.mutants.draft import Dice

_DEPTHS = (31, 32, 33, 1000, 100_000)
_NASTY = (
    *(b"\x00", b"\x01", b"\x1b", b"\x7f", b"\x80", b"\xc0\xaf", b"\xc1", b"\xfe", b"\xff", b"\xed\xa0\x80"),
    *(b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"\xef\xbf\xbe", b'"', b"\\", b'\\"', b"\\u12", b"\\ud800", b"'"),
    *(bytes([byte]) for byte in b",:{}[]\n\r\t #-.e09"),
    b"//",
)
_UTF8_MARK = b"\xef\xbb\xbf"
_MARKS = (
    *(_UTF8_MARK, _UTF8_MARK, _UTF8_MARK * 2, b"\xff\xfe", b"\xfe\xff", b"\x00\x00\x00\x18ftypmp42"),
    *(b"\x1f\x8b\x08", b"PK\x03\x04", b"[null,", b"callback(", b")]}',\n", b"\n\n ", b"\x1e"),
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk", "latin-1", "cp1252", "utf-7", "big5")


def _part(data: bytes, dice: Dice) -> tuple[int, int]:
    begin = dice.below(len(data) + 1)
    return begin, min(len(data), begin + dice.pick((1, 2, 5, 20, 100, 1000)))


def _insert(data: bytes, dice: Dice, piece: bytes) -> bytes:
    at = dice.below(len(data) + 1)
    return data[:at] + piece + data[at:]


def _truncate(data: bytes, dice: Dice) -> bytes:
    return data[: dice.below(len(data) + 1)] if dice.chance(0.8) else data[: -1 - dice.below(4)]


def _flip_a_bit(data: bytes, dice: Dice) -> bytes:
    at = dice.below(len(data))
    return data[:at] + bytes(byte ^ 1 << dice.below(8) for byte in data[at : at + 1]) + data[at + 1 :]


def _change_a_digit(data: bytes, dice: Dice) -> bytes:
    places = [match.start() for match in re.finditer(rb"[0-9]", data)]
    if not places:
        return data
    at = dice.pick(places)
    return data[:at] + dice.pick((b"0", b"1", b"9", b"", b"00", b".", b"-", b"e", b"99")) + data[at + 1 :]


def _insert_a_slice(data: bytes, dice: Dice) -> bytes:
    begin, end = _part(data, dice)
    return _insert(data, dice, data[begin:end])


def _delete_a_slice(data: bytes, dice: Dice) -> bytes:
    begin, end = _part(data, dice)
    return data[:begin] + data[end:]


def _repeat_a_slice(data: bytes, dice: Dice) -> bytes:
    begin, end = _part(data, dice)
    return data[:end] + data[begin:end] * dice.pick((1, 1, 2, 20)) + data[end:]


def _insert_something_nasty(data: bytes, dice: Dice) -> bytes:
    return _insert(data, dice, dice.pick(_NASTY))


def _put_a_mark_in_front(data: bytes, dice: Dice) -> bytes:
    """Begin with byte order marks or as files of other kinds do; sometimes end with them."""
    mark = dice.pick(_MARKS)
    return mark + data if dice.chance(0.9) else data + mark


def _encode_otherwise(data: bytes, dice: Dice) -> bytes:
    return data.decode("utf-8", "replace").encode(dice.pick(_ENCODINGS), "replace")


def _nest(data: bytes, dice: Dice) -> bytes:
    """Put a value into many brackets, or open many and close none."""
    depth = dice.pick(_DEPTHS)
    opening, closing = dice.pick(((b"[", b"]"), (b'{"a":', b"}")))
    if dice.chance(0.5):
        places = [match.end() for match in re.finditer(rb'": ?', data)] or [0]
        at = dice.pick(places)
        piece = opening * depth + b"1" + closing * depth + b', "b": '
        return data[:at] + piece + data[at:]
    return _insert(data, dice, opening * depth) if dice.chance(0.5) else opening * depth + data


def _repeat_a_bracket(data: bytes, dice: Dice) -> bytes:
    places = [match.start() for match in re.finditer(rb'[][{}",:\\]', data)]
    if not places:
        return data
    at = dice.pick(places)
    return data[:at] + data[at : at + 1] * dice.pick((2, 3, 33, 5000)) + data[at + 1 :]


BYTE_MUTATIONS: tuple[Callable[[bytes, Dice], bytes], ...] = (
    _truncate,
    *[_flip_a_bit] * 2,
    *[_change_a_digit] * 3,
    _insert_a_slice,
    _delete_a_slice,
    _repeat_a_slice,
    *[_insert_something_nasty] * 2,
    _put_a_mark_in_front,
    _encode_otherwise,
    _nest,
    _repeat_a_bracket,
)
"""All of them, the likelier ones more than once."""
