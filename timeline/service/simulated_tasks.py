"""The recording tasks of the simulator: a state machine over a given clock. Pure: no network, no media.

A call is judged by the state that holds when it comes, and takes effect after the latency. So a second pause
within two seconds of the first is accepted and changes nothing, and a resumption that soon is refused.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from timeline.service.simulated_rooms import USUAL_ROOM, RecordedFile, Room, files_of
from timeline.service.states import ENDED, FAILED, FINISHED, PAUSED, PREPARED, RECORDING, STOPPED

WRONG_PARAMETER, NO_FILES, LOGIN_FAILED, JOIN_FAILED = 40001, 40002, 40004, 40005
INTERNAL = 49999
UNKNOWN_TASK, TASK_ENDED, USER_TAKEN = 20005, 20011, 20013
WRONG_STATE = WRONG_PARAMETER
"""The guide has no number for a pause of a task that is not recording (§4.3); this is ours."""
SPOILT = "invalid"
"""A UserSig that begins with it fails the login (40004), and a group id the joining of the group (40005)."""
STARTED_EVENT, STOPPED_EVENT, FINISHED_EVENT = "started", "stopped", "finished"
_TASK_ID_LETTERS = "0123456789abcdefghjkmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the service takes for what it does, in ms.

    Attributes:
        latency_ms: From the acceptance of a call to its effect (guide §2.3).
        processing_ms: From the end of a recording to its result.
        idle_ms: How long a room may be empty before its recording stops by itself.
        longest_pause_ms: How long a pause may last before the recording stops by itself.
        opening_ms: How long before the first picture the start is stamped; the latency at most.
        closing_ms: How long after the last picture the stop is stamped; the processing at most.
    """

    latency_ms: int = 2000
    processing_ms: int = 3000
    idle_ms: int = 300_000
    longest_pause_ms: int = 5_400_000
    opening_ms: int = 1700
    closing_ms: int = 3000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not carried out: the guide's number (§5) and a text."""

    error_code: int
    error_msg: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something of which callbacks may tell: `STARTED_EVENT`, `STOPPED_EVENT`, `FINISHED_EVENT`."""

    what: str
    task_id: str
    at_ms: int


@dataclass(slots=True)
class SimulatedTask:
    """One recording.

    Attributes:
        task_id: Its name.
        room_id: Number of the room.
        group_id: IM group of the whiteboard.
        record_user_id: The user that records.
        room: What is found there.
        accepted_ms: When the start was accepted, Unix ms.
        state: The state in effect, of `timeline.service.states`.
        error_code: Why it failed; 0 if it did not.
        finish_reason: ``usercall`` or ``auto`` once it has been stopped, else empty.
        start_stamp_s: What the result says of its start; 0 before.
        stop_stamp_s: What the result says of its end; 0 before.
        spans: Wall times in which was recorded, Unix ms; the end of the last one is None while it grows.
        files: What it recorded, known once it has been stopped.
        sizes: Sizes of the files in bytes; None while they are being made.
    """

    task_id: str
    room_id: int
    group_id: str
    record_user_id: str
    room: Room
    accepted_ms: int
    state: str = PREPARED
    error_code: int = 0
    finish_reason: str = ""
    start_stamp_s: int = 0
    stop_stamp_s: int = 0
    spans: list[tuple[int, int | None]] = field(default_factory=list)
    files: list[RecordedFile] = field(default_factory=list)
    sizes: list[int] | None = None
    ended_ms: int | None = None
    pending: list[tuple[int, str]] = field(default_factory=list)
    """Calls that have been accepted and take effect later: when, and which."""

    @property
    def total_ms(self) -> int:
        """The length of playback."""
        return max((file.start_ms + file.duration_ms for file in self.files), default=0)

    def copy(self) -> SimulatedTask:
        """Return the task as it is now, for others to keep."""
        return replace(self, spans=list(self.spans), files=list(self.files), pending=list(self.pending))


class TaskBook:
    """All tasks of a simulator. Every method takes the time, in Unix ms, and never turns back.

    Args:
        timing: How long things take.
        seed: Of task ids; None for ids that no other simulator has.
    """

    def __init__(self, timing: Timing = Timing(), *, seed: int | None = None) -> None:
        self.timing = timing
        self.rooms: dict[int, Room] = {}
        self.usual_room = USUAL_ROOM
        self._tasks: dict[str, SimulatedTask] = {}
        self._open: set[str] = set()
        self._users: set[str] = set()
        self._random = random.Random(seed)

    @property
    def tasks(self) -> Sequence[SimulatedTask]:
        """All tasks, in the order of their start."""
        return tuple(self._tasks.values())

    def find(self, task_id: str) -> SimulatedTask | Refusal:
        """Return a task as it stands."""
        task = self._tasks.get(task_id)
        return task if task else Refusal(UNKNOWN_TASK, "data read failed: no task has this task_id")

    def start(
        self, now_ms: int, *, room_id: int, group_id: str, record_user_id: str, user_sig: str
    ) -> SimulatedTask | Refusal:
        """Accept a new recording, or say why not."""
        if record_user_id in self._users:
            return Refusal(USER_TAKEN, "the record user is in use; make another user_id and user_sig")
        room = self.rooms.get(room_id, self.usual_room)
        if user_sig.startswith(SPOILT):
            room = replace(room, fails_with=LOGIN_FAILED)
        elif group_id.startswith(SPOILT):
            room = replace(room, fails_with=JOIN_FAILED)
        task_id = "".join(self._random.choices(_TASK_ID_LETTERS, k=20))
        task = SimulatedTask(task_id, room_id, group_id, record_user_id, room, now_ms)
        task.pending.append((now_ms + self.timing.latency_ms, "start"))
        self._users.add(record_user_id)
        self._tasks[task_id] = task
        self._open.add(task_id)
        return task

    def order(self, now_ms: int, call: str, task_id: str) -> SimulatedTask | Refusal:
        """Accept a pause, resumption or stop, or say why not; `settle` must have been called for *now_ms*."""
        task = self.find(task_id)
        if isinstance(task, Refusal):
            return task
        if task.state in ENDED:
            return Refusal(TASK_ENDED, f"cannot {call}: the task has ended")
        fits = {"pause": {RECORDING}, "resume": {PAUSED}, "stop": {PREPARED, RECORDING, PAUSED}}[call]
        if task.state not in fits:
            return Refusal(WRONG_STATE, f"cannot {call}: the task is {task.state}")
        task.pending.append((now_ms + self.timing.latency_ms, call))
        return task

    def give_sizes(self, task_id: str, sizes: Sequence[int]) -> None:
        """Say how large a stopped task's files are; without that it does not finish."""
        self._tasks[task_id].sizes = list(sizes)

    def give_up(self, task_id: str) -> None:
        """Say that a stopped task's files cannot be made: it fails with 49999."""
        task = self._tasks[task_id]
        task.files, task.sizes, task.error_code = [], [], INTERNAL

    def next_ms(self) -> int | None:
        """Return when something will happen next by itself, or None."""
        return min((due[0] for due in map(self._next_of, self._open_tasks()) if due), default=None)

    def settle(self, now_ms: int) -> list[Happening]:
        """Let everything happen that is due, in the order of time, and return what callbacks tell of."""
        happenings: list[Happening] = []
        while True:
            dues = [(due, task) for task in self._open_tasks() if (due := self._next_of(task))]
            due, task = min(dues, key=lambda item: item[0][0], default=((now_ms + 1, ""), None))
            if task is None or due[0] > now_ms:
                return happenings
            if happening := self._apply(task, *due):
                happenings.append(happening)
            if task.state in (FINISHED, FAILED):
                self._open.discard(task.task_id)

    def _open_tasks(self) -> list[SimulatedTask]:
        return [task for task_id, task in self._tasks.items() if task_id in self._open]

    def _next_of(self, task: SimulatedTask) -> tuple[int, str] | None:
        """Return what happens next to a task, and when."""
        if task.state == STOPPED:
            is_ready = task.sizes is not None and task.ended_ms is not None
            return ((task.ended_ms or 0) + self.timing.processing_ms, "finish") if is_ready else None
        dues = list(task.pending)
        if task.state in (RECORDING, PAUSED):
            if task.room.empty_after_ms is not None:
                dues.append((task.spans[0][0] + task.room.empty_after_ms + self.timing.idle_ms, "auto"))
            paused_ms = task.spans[-1][1]
            if paused_ms is not None:
                dues.append((paused_ms + self.timing.longest_pause_ms, "auto"))
        return min(dues, key=lambda due: due[0], default=None)

    def _apply(self, task: SimulatedTask, at_ms: int, what: str) -> Happening | None:
        if (at_ms, what) in task.pending:
            task.pending.remove((at_ms, what))
        if what == "start":
            return self._begin(task, at_ms)
        if what == "pause" and task.state == RECORDING:
            task.spans[-1] = (task.spans[-1][0], at_ms)
            task.state = PAUSED
        elif what == "resume" and task.state == PAUSED:
            task.spans.append((at_ms, None))
            task.state = RECORDING
        elif what in ("stop", "auto"):
            self._end(task, at_ms, "usercall" if what == "stop" else "auto")
            return Happening(STOPPED_EVENT, task.task_id, at_ms)
        elif what == "finish":
            task.state = FINISHED if task.files else FAILED
            if not task.files:
                task.error_code = task.error_code or NO_FILES
            return Happening(FINISHED_EVENT, task.task_id, at_ms)
        return None

    def _begin(self, task: SimulatedTask, at_ms: int) -> Happening:
        if task.room.fails_with:
            task.state, task.error_code = FAILED, task.room.fails_with
            task.pending.clear()
            return Happening(FINISHED_EVENT, task.task_id, at_ms)
        task.state = RECORDING
        task.spans.append((at_ms, None))
        task.start_stamp_s = (at_ms - min(self.timing.opening_ms, self.timing.latency_ms)) // 1000
        return Happening(STARTED_EVENT, task.task_id, at_ms)

    def _end(self, task: SimulatedTask, at_ms: int, reason: str) -> None:
        task.state, task.finish_reason, task.ended_ms = STOPPED, reason, at_ms
        task.stop_stamp_s = (at_ms + min(self.timing.closing_ms, self.timing.processing_ms)) // 1000
        task.pending.clear()
        began_ms = task.spans[0][0]
        if task.spans[-1][1] is None:
            task.spans[-1] = (task.spans[-1][0], at_ms)
        spans = [(start - began_ms, (end or at_ms) - began_ms) for start, end in task.spans]
        end_ms = at_ms - began_ms
        if task.room.empty_after_ms is not None:
            end_ms = min(end_ms, task.room.empty_after_ms)
        task.files = files_of(task.room.streams, spans, end_ms)
        task.sizes = None if task.files else []
