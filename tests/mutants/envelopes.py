"""Mutations of what stands around a result, and of what it says of itself."""

from __future__ import annotations

import json

from tests.mutants.arsenal import ENVELOPE_KEYS, WORDS
from tests.mutants.draft import Draft, copied, slots
from tests.mutants.seeds import SEEDS, seed_name


def wrap(draft: Draft) -> None:
    """Put the document, or a part of it, into an envelope."""
    box, key = (draft.holder, 0) if draft.dice.chance(0.8) else draft.a_slot()
    inner = box[key]
    tasks = [{"TaskId": draft.dice.pick(WORDS), "Status": "FINISHED", "Result": inner}]
    if draft.dice.chance(0.3):
        tasks.append({"TaskId": "task-two", "Status": "RECORDING"})
    box[key] = draft.dice.pick(
        [
            {"Response": inner},
            {"Response": inner, "RequestId": "1"},
            {"EventType": "OnlineRecordFinished", "EventData": inner},
            {"EventType": draft.dice.pick(WORDS), "EventData": inner},
            {"Response": {"RecordTaskSet": tasks}},
            {"RecordTaskSet": tasks},
            {"data": inner},
            {"EventGroupId": 3, "EventType": 310, "EventInfo": {"Payload": inner}},
            {"event": "online_record_stop", "data": inner},
            [inner, copied(inner)],
            {"code": 0, "message": "", "data": [inner]},
            [inner],
            json.dumps(inner),
        ]
    )


def unwrap(draft: Draft) -> None:
    """Take an object or list out of its envelope."""
    inner = draft.slots(dict, list)
    if inner:
        box, key = draft.dice.pick(inner)
        draft.holder[0] = box[key]


def splice(draft: Draft) -> None:
    """Put a part of another seed somewhere, or all its keys beside those that are there."""
    donor = SEEDS[seed_name(draft.number, purpose="donor")]
    if draft.dice.chance(0.3) and isinstance(donor, dict) and isinstance(draft.holder[0], dict):
        draft.holder[0].update(copied(donor))
        return
    donor_box, donor_key = draft.dice.pick(slots([donor]))
    box, key = draft.a_slot()
    if isinstance(box, dict) and isinstance(donor_key, str):
        key = donor_key
    box[key] = copied(donor_box[donor_key])


def change_the_envelope(draft: Draft) -> None:
    """Set a field that says how the document is to be taken."""
    objects = draft.objects()
    if objects:
        one = objects[0] if draft.dice.chance(0.7) else draft.dice.pick(objects)
        one[draft.dice.pick(ENVELOPE_KEYS)] = copied(draft.dice.pick(WORDS))


def report_a_failure(draft: Draft) -> None:
    """Let the service say that it failed, in one of its ways and with odd words."""
    objects = draft.objects()
    if objects:
        code, words = copied(draft.dice.pick(WORDS)), copied(draft.dice.pick(WORDS))
        one = objects[0] if draft.dice.chance(0.5) else draft.dice.pick(objects)
        ways = (
            {"error_code": code, "error_msg": words},
            {"ErrorCode": code, "ErrorMsg": words},
            {"Error": {"Code": code, "Message": words}},
            {"Status": code, "Message": words},
        )
        one.update(draft.dice.pick(ways))
