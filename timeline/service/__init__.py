"""The recording service: calls to it, what it calls back, and a simulator of it.

`sign` needs no extra; the rest needs ``class-timeline[service]``.
"""

from __future__ import annotations

from timeline.service.signing import sign

__all__ = ["sign"]
