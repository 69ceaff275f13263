"""The documents that mutants are made of, and which of them serves which number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.mutants.hand_made import HAND_MADE

SAMPLES = Path(__file__).resolve().parents[2] / "sample_results"

SEEDS: dict[str, Any] = {
    path.relative_to(SAMPLES).as_posix(): json.loads(path.read_bytes())
    for path in sorted(SAMPLES.rglob("*.json"))
} | HAND_MADE
"""All seeds by name."""
SHARES = {name: 1 + len(json.dumps(document)) // 4000 for name, document in SEEDS.items()}


def seed_name(number: int, purpose: str = "", shares: Mapping[str, int] = SHARES) -> str:
    """Return which seed serves the mutant *number*.

    The one whose name makes the largest checksum with the number is taken, so a new seed takes some numbers
    over and changes nothing for all others.

    Args:
        number: Of the mutant.
        purpose: Another one gives another seed.
        shares: All names; one of share 3 comes a third as often, so that a long seed costs no more time.
    """
    key = blake2b(f"{purpose}{number}".encode(), digest_size=6)

    def rank(name: str) -> float:
        mixed = key.copy()
        mixed.update(name.encode())
        return float((int.from_bytes(mixed.digest(), "big") / 2**48) ** shares[name])

    return max(shares, key=rank)
