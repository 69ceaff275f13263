"""The states of a recording task, and which call fits which (guide §2.4)."""

from __future__ import annotations

from timeline.errors import TaskStateError
from timeline.sinks import show

PREPARED, RECORDING, PAUSED, STOPPED, FINISHED, FAILED = STATES = (
    "prepared",
    "recording",
    "paused",
    "stopped",
    "finished",
    "failed",
)
"""In the order in which a task may walk through them; recording and paused may take turns.

``stopped``: nothing is recorded any more, files are still being made. ``finished``: the result is there.
"""
LATENCY_MS = 2000
"""How long after it was accepted a call takes effect (guide §2.3, §2.4)."""

AFTER = {"start": PREPARED, "pause": PAUSED, "resume": RECORDING, "stop": STOPPED}
"""The state that an accepted call leads to."""
_FITS = {
    "pause": {RECORDING},
    "resume": {PAUSED},
    "stop": {PREPARED, RECORDING, PAUSED},
}
_ADVICE = {
    "pause": "only a task that is recording can be paused",
    "resume": "only a paused task can be resumed",
    "stop": "it has been stopped already; query it for the result",
}
ENDED = frozenset({STOPPED, FINISHED, FAILED})


def check_call(call: str, state: str, task_id: str) -> None:
    """Refuse a call that does not fit the state of its task.

    Raises:
        TaskStateError: It does not.

    Example:
        >>> check_call("pause", "recording", "g68cee8e90jcq4ogg8jb")
    """
    if call in _FITS and state not in _FITS[call]:
        advice = _ADVICE[call]
        if state == PREPARED:
            advice = "it is still being prepared; try again in a few seconds"
        elif state in ENDED:
            advice = _ADVICE["stop"]
        raise TaskStateError(f"cannot {call} task {show(task_id)}: it is {state}; {advice}", state=state)


def later_state(known: str | None, told: str, *, tells_pauses: bool = False) -> str:
    """Return the state after a query or a callback told one; nothing turns back.

    A query of the guide's service knows no "paused", so its ``recording`` does not undo a pause; where
    *tells_pauses*, it does.

    Example:
        >>> later_state("paused", "recording"), later_state("finished", "recording")
        ('paused', 'finished')
    """
    if known is None:
        return told
    if known in (FINISHED, FAILED):
        return known
    if told in (RECORDING, PAUSED) and known in (RECORDING, PAUSED):
        return told if tells_pauses or told == PAUSED else known
    return max(known, told, key=STATES.index)
