"""From a number to a broken document."""

from __future__ import annotations

from tests.mutants.draft import Dice, Draft, copied
from tests.mutants.raw import BYTE_MUTATIONS
from tests.mutants.seeds import SEEDS, seed_name
from tests.mutants.tree import TREE_MUTATIONS


def mutant(number: int) -> bytes:
    """Return the broken document with this number: 1 to 5 mutations of a seed."""
    dice = Dice(number)
    draft = Draft([copied(SEEDS[seed_name(number)])], dice, number)
    byte_mutations = 0
    for _ in range(dice.pick((1, 1, 1, 2, 2, 2, 3, 3, 4, 5))):
        if dice.chance(0.85):
            dice.pick(TREE_MUTATIONS)(draft)
        else:
            byte_mutations += 1
    data = draft.spelt()
    for _ in range(byte_mutations):
        data = dice.pick(BYTE_MUTATIONS)(data, dice)
    return data
