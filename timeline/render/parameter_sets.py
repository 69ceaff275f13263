"""H.264's parameter sets: what a decoder must know before the first picture, as mp4 keeps them.

An mp4 has one record of them for a whole stream. Pictures name theirs by number; so pictures of two encoders
can lie in one stream when their sets have different numbers and all of them are in that record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE, PICTURE, KEY_PICTURE = 7, 8, 5
"""Types of unit: a set for a sequence of pictures, one for single pictures, a picture that needs no other."""
LENGTH_BYTES = 4
"""Width of the length before each unit, the only one that is joined."""
MOST_SEQUENCES = 32
_TAILED_PROFILES = (100, 110, 122, 144)


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The record of an mp4, as far as it matters here.

    Attributes:
        profile: Number of the profile: 66 baseline, 77 main, 100 high.
        constraints: Flags beside it.
        level: Ten times the level.
        length_bytes: Width of the length before each unit.
        sequences: Sets for sequences, whole units.
        pictures: Sets for pictures, whole units.
        tail: What records of the high profiles have behind.
    """

    profile: int
    constraints: int
    level: int
    length_bytes: int
    sequences: tuple[bytes, ...]
    pictures: tuple[bytes, ...]
    tail: bytes = b""

    def sequence_numbers(self) -> frozenset[int]:
        """Return the numbers of the sets for sequences."""
        return frozenset(_first_number(unit[4:]) for unit in self.sequences)

    def picture_numbers(self) -> frozenset[int]:
        """Return the numbers of the sets for pictures."""
        return frozenset(_first_number(unit[1:]) for unit in self.pictures)

    def holds(self, unit: bytes) -> bool:
        """Return whether *unit* is one of these sets, or no set at all."""
        kind = unit[0] & 31
        if kind == SEQUENCE:
            return unit in self.sequences
        return kind != PICTURE or unit in self.pictures


def read_sets(record: bytes) -> ParameterSets | None:
    """Return what an mp4's record says; None where it is no such record.

    Example:
        >>> sets = read_sets(bytes.fromhex("0142c00cffe1000567 42c00cda 01000468ce0fc8"))
        >>> sets.profile, sets.level, len(sets.sequences), sorted(sets.picture_numbers())
        (66, 12, 1, [0])
    """
    try:
        if record[0] != 1:
            return None
        at, sequences = _read_units(record, 6, record[5] & 31)
        at, pictures = _read_units(record, at + 1, record[at])
        sets = ParameterSets(
            record[1], record[2], record[3], (record[4] & 3) + 1, sequences, pictures, record[at:]
        )
        # What has no number is refused here, and nowhere later.
        return sets if sequences and pictures and sets.sequence_numbers() and sets.picture_numbers() else None
    except (IndexError, ValueError):
        return None


def merged_record(main: ParameterSets, other: ParameterSets | None) -> bytes:
    """Return a record with the sets of both; *main* says the profile.

    Raises:
        ValueError: Two different sets have the same number.
    """
    sequences, pictures, level = main.sequences, main.pictures, main.level
    if other is not None:
        sequences = tuple(dict.fromkeys(sequences + other.sequences))
        pictures = tuple(dict.fromkeys(pictures + other.pictures))
        level = max(level, other.level)
    both = ParameterSets(main.profile, main.constraints, level, LENGTH_BYTES, sequences, pictures, main.tail)
    if len(both.sequence_numbers()) < len(sequences) or len(both.picture_numbers()) < len(pictures):
        raise ValueError("two parameter sets have the same number")
    return b"".join(
        [
            bytes([1, main.profile, main.constraints, level, 0xFC | (LENGTH_BYTES - 1)]),
            bytes([0xE0 | len(sequences)]),
            *(len(unit).to_bytes(2, "big") + unit for unit in sequences),
            bytes([len(pictures)]),
            *(len(unit).to_bytes(2, "big") + unit for unit in pictures),
            main.tail if main.profile in _TAILED_PROFILES else b"",
        ]
    )


def free_number(sets: ParameterSets) -> int | None:
    """Return a number that neither a sequence nor a picture set of *sets* has; None where all are taken."""
    taken = sets.sequence_numbers() | sets.picture_numbers()
    return next((number for number in range(MOST_SEQUENCES) if number not in taken), None)


def units(packet: bytes) -> Iterator[bytes]:
    r"""Yield the units of a packet that has `LENGTH_BYTES` before each.

    Example:
        >>> list(units(bytes.fromhex("00000002 6711 00000001 65")))
        [b'g\x11', b'e']
    """
    at = 0
    while at + LENGTH_BYTES < len(packet):
        length = int.from_bytes(packet[at : at + LENGTH_BYTES], "big")
        at += LENGTH_BYTES
        if length:
            yield packet[at : at + length]
        at += length


def _read_units(record: bytes, at: int, count: int) -> tuple[int, tuple[bytes, ...]]:
    found = []
    for _ in range(count):
        length = int.from_bytes(record[at : at + 2], "big")
        unit = record[at + 2 : at + 2 + length]
        if length == 0 or len(unit) < length:
            raise ValueError("the record breaks off")
        found.append(unit)
        at += 2 + length
    return at, tuple(found)


def _first_number(data: bytes) -> int:
    """Return the first number of a unit's content, in Exp-Golomb code.

    Raises:
        ValueError: It is none.
    """
    bits = "".join(f"{byte:08b}" for byte in data[:9])
    zeros = len(bits) - len(bits.lstrip("0"))
    if zeros > 16 or len(bits) < 2 * zeros + 1:
        raise ValueError("no number")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
