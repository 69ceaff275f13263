"""Mutations of the tree: single values and keys, and the table of all that change a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.mutants import envelopes, rows
from tests.mutants.arsenal import KEYS
from tests.mutants.draft import Draft, copied
from tests.mutants.rows import SHIFTS_MS
from tests.mutants.spelling import respelt


def replace(draft: Draft) -> None:
    """Replace a value by one of the arsenal."""
    box, key = draft.a_slot()
    box[key] = draft.a_value()


def replace_a_leaf(draft: Draft) -> None:
    """Replace a value that is no list and no object, so that most of the document stays."""
    leaves = [(box, key) for box, key in draft.slots() if not isinstance(box[key], (dict, list))]
    if leaves:
        box, key = draft.dice.pick(leaves)
        box[key] = draft.a_value()


def change_a_number(draft: Draft) -> None:
    """Move a number a little, or by a factor, or spell it otherwise."""
    numbers = draft.slots(int)
    if not numbers:
        return
    box, key = draft.dice.pick(numbers)
    value = box[key]
    near = value + draft.dice.pick(SHIFTS_MS)
    moved = (near, near, -value, value * 10, value * 1000, value // 1000, value + 2**31)
    otherwise = (str(value), f" {value}", f"@raw:{value}.0@", f"@raw:{value}e0@", f"@raw:{value}.5@", [value])
    box[key] = draft.dice.pick(moved if draft.dice.chance(0.6) else otherwise)


def delete_a_key(draft: Draft) -> None:
    """Delete a field or an item."""
    box, key = draft.a_slot()
    if box is not draft.holder:
        del box[key]


def write_a_key_twice(draft: Draft) -> None:
    """Give an object a key that it has, with the same value or another."""
    objects = [one for one in draft.objects() if one]
    if objects:
        one = draft.dice.pick(objects)
        key = draft.dice.pick(list(one))
        one[f"@again:{key}@"] = copied(one[key]) if draft.dice.chance(0.5) else draft.a_value()


def rename_a_key(draft: Draft) -> None:
    """Spell a key otherwise, or call it by another name."""
    objects = [one for one in draft.objects() if one]
    if objects:
        one = draft.dice.pick(objects)
        old = draft.dice.pick(list(one))
        new = respelt(old, draft.dice.below(5)) if draft.dice.chance(0.6) else draft.dice.pick(KEYS)
        items = [(new if key == old else key, item) for key, item in one.items()]
        one.clear()
        one.update(items)


def respell_all_keys(draft: Draft) -> None:
    """Write the whole document in another spelling."""
    style = draft.dice.below(3)

    def respelt_all(value: Any) -> Any:
        if isinstance(value, dict):
            return {respelt(key, style): respelt_all(item) for key, item in value.items()}
        return [respelt_all(item) for item in value] if isinstance(value, list) else value

    draft.holder[0] = respelt_all(draft.holder[0])


def swap_two_values(draft: Draft) -> None:
    """Let two values, of which one may hold the other, change places."""
    slots = draft.slots()
    (box, key), (other_box, other_key) = draft.dice.pick(slots), draft.dice.pick(slots)
    box[key], other_box[other_key] = copied(other_box[other_key]), copied(box[key])


def copy_a_value_elsewhere(draft: Draft) -> None:
    """Write a value at two places, by choice at the same key of another object."""
    slots = draft.slots()
    box, key = draft.dice.pick(slots)
    alike = [(other, name) for other, name in slots if name == key and isinstance(name, str)]
    other_box, other_key = draft.dice.pick(alike or slots)
    other_box[other_key] = copied(box[key])


TREE_MUTATIONS: tuple[Callable[[Draft], None], ...] = (
    *[replace_a_leaf] * 7,
    *[replace] * 2,
    *[change_a_number] * 4,
    *[delete_a_key] * 2,
    rows.thin_a_row_out,
    write_a_key_twice,
    *[rename_a_key] * 2,
    respell_all_keys,
    *[swap_two_values] * 2,
    *[copy_a_value_elsewhere] * 2,
    *[rows.copy_a_row] * 3,
    *[rows.shift_a_row] * 2,
    *[rows.move_rows_end_to_end] * 2,
    rows.change_a_column,
    *[rows.reorder_rows] * 2,
    *[rows.scale_times] * 2,
    *[envelopes.wrap] * 2,
    envelopes.unwrap,
    *[envelopes.splice] * 2,
    envelopes.change_the_envelope,
    envelopes.report_a_failure,
)
"""All of them, the likelier ones more than once."""
