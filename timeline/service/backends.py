"""What stands between a call and the wire: one protocol, spoken by each kind of service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from timeline.service.messages import Call, Reply, StartOptions


@dataclass(frozen=True, slots=True)
class CallPatience:
    """How long and how often the service is asked.

    Attributes:
        connect_s: For a connection.
        answer_s: For a whole answer, once there is a connection.
        lost_tries: How often a call is made whose answers do not come, where that is safe.
        first_wait_s: The longest wait after the first try; it doubles with each further one.
        most_wait_s: Where the doubling ends.
        latency_s: How long after it was accepted a call takes effect; a call that follows sooner waits.
    """

    connect_s: float = 10
    answer_s: float = 30
    lost_tries: int = 4
    first_wait_s: float = 0.5
    most_wait_s: float = 8
    latency_s: float = 2


class Fault(NamedTuple):
    """What the service says is wrong.

    Attributes:
        code: Its number or name.
        said: Its words.
    """

    code: int | str
    said: object


class Lost(Exception):
    """A try that got no answer that can be read. It stays inside: what leaves is a `ServiceError`.

    Attributes:
        reason: Why, in a few words.
        was_sent: Whether the service may have got the request.
        is_garbled: Whether there was an answer, of another kind than the service's.
    """

    def __init__(self, reason: str, *, was_sent: bool, is_garbled: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.was_sent = was_sent
        self.is_garbled = is_garbled


class Backend(Protocol):
    """One kind of recording service.

    Attributes:
        name: As the journal calls it.
        tells_pauses: Whether a query tells a paused task from one that records.
    """

    name: str
    tells_pauses: bool

    def start_body(
        self, room_id: int, record_user_id: str, user_sig: str, options: StartOptions
    ) -> Mapping[str, Any]:
        """Return the body of a start request."""

    def task_body(self, task_id: str) -> Mapping[str, Any]:
        """Return the body of a request about one task."""

    def callback_body(self, url: str) -> Mapping[str, Any]:
        """Return the body of a request that sets the address of callbacks; an empty *url* deletes it."""

    def send(self, call: Call, random: int, shift_s: int) -> Reply:
        """Make one try.

        Args:
            call: The call.
            random: A fresh number.
            shift_s: How far the service's clock is ahead of ours, as far as that is known.

        Raises:
            Lost: No answer that can be read.
        """

    async def send_async(self, call: Call, random: int, shift_s: int) -> Reply:
        """As `send`."""

    def fault(self, reply: Reply) -> Fault | None:
        """Return what the service says is wrong; None where all is well."""

    def task_id(self, reply: Reply) -> str | None:
        """Return the task that an answer to a start names."""

    def state(self, reply: Reply) -> str | None:
        """Return the state that an answer to a query tells, in our words; None where it tells none."""

    def close(self) -> None:
        """Let connections go."""

    async def close_async(self) -> None:
        """As `close`, for what `send_async` opened."""
