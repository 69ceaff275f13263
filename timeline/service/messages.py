"""What goes to the recording service and what comes back, in our own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from timeline.service.states import FINISHED

CALLS = ("start", "pause", "resume", "stop", "query", "set_callback")
"""What can be asked of the service."""


@dataclass(frozen=True, slots=True)
class Whiteboard:
    """How the whiteboard is recorded (guide §4.1); None leaves a choice to the service.

    Attributes:
        width_px: Width of the recorded video; the service's own default is 1280.
        height_px: Height; the service's own default is 960.
        init_param: What the whiteboard SDK is begun with, such as ``{"ratio": "16:9"}``. It is sent as a text
            inside the JSON; escaping is done here.
    """

    width_px: int | None = None
    height_px: int | None = None
    init_param: Mapping[str, Any] | str | None = None

    def init_text(self) -> str | None:
        """Return `init_param` as the service wants it.

        Example:
            >>> Whiteboard(init_param={"ratio": "16:9"}).init_text()
            '{"ratio": "16:9"}'
        """
        if self.init_param is None or isinstance(self.init_param, str):
            return self.init_param
        return json.dumps(dict(self.init_param), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What a start call says of the recording, beside room and recording user.

    Attributes:
        group_id: IM group of the whiteboard; the service takes the room's number where it is None.
        whiteboard: How the board is recorded.
        extra: Further members of the request's body as the service's documentation names them.
    """

    group_id: str | None = None
    whiteboard: Whiteboard | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, without what belongs to a single try of it.

    Attributes:
        name: One of `CALLS`.
        body: What the service is asked, in the words of its documentation.
        task_id: The task that is meant; None for a start and for callbacks.
    """

    name: str
    body: Mapping[str, Any]
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one try.

    Attributes:
        document: The answer, a JSON object, as it came.
        random: The number that the try was sent with.
        at_unix_ms: When the answer came.
        server_unix_s: The service's clock as its answer's head tells it; None where it does not.
    """

    document: dict[str, Any]
    random: int
    at_unix_ms: int
    server_unix_s: int | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A recording that has been accepted.

    Attributes:
        task_id: Names it in all further calls.
        record_user_id: The user that records it.
        at_unix_ms: When the service accepted it.
        random: The number of the request.
    """

    task_id: str
    record_user_id: str
    at_unix_ms: int
    random: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A pause, resumption, stop or callback address that has been accepted.

    Attributes:
        call: Its name.
        task_id: The task; None for a callback address.
        at_unix_ms: When the service accepted it; it takes effect about 2 s later.
        random: The number of the request.
        had_ended: Whether a stop came too late, to a task that had ended by itself.
    """

    call: str
    task_id: str | None
    at_unix_ms: int
    random: int
    had_ended: bool = False


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """What a query tells of a task.

    Attributes:
        task_id: The task.
        state: One of `timeline.service.states.STATES`, or the service's own word where it is none of them.
        document: The answer as it came: `timeline.loads` reads it once the task is finished.
        random: The number of the request.
        error_code: Why a task failed: the service's number or name; None where it did not.
        error_text: What the service says of that, a stranger's text.
    """

    task_id: str
    state: str
    document: Mapping[str, Any]
    random: int
    error_code: int | str | None = None
    error_text: object = None

    @property
    def is_finished(self) -> bool:
        """Whether the result is there."""
        return self.state == FINISHED

    def result_text(self) -> str:
        """Return the answer as JSON text, for a file that `timeline.load` reads."""
        return json.dumps(self.document, ensure_ascii=False, indent=1) + "\n"
