"""The recording service: calls to it, what it calls back, and a simulator of it.

`sign` needs no extra; the rest needs ``class-timeline[service]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timeline.service.signing import sign

if TYPE_CHECKING:
    from timeline.service.client import AsyncRecordingClient, RecordingClient

__all__ = ["AsyncRecordingClient", "RecordingClient", "sign"]


def __getattr__(name: str) -> Any:
    if name in ("AsyncRecordingClient", "RecordingClient"):
        from timeline.service import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
