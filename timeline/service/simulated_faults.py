"""What a simulator does wrong on demand, and what it has seen."""

from __future__ import annotations

from dataclasses import dataclass

USUAL, CLOSED, HTML, TRUNCATED = ANSWERS = ("usual", "closed", "html", "truncated")
"""The answer as it should be; none, the connection is cut; a 502 of a gateway; half of the JSON."""
ANY = "any"
HTML_502 = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        call: Which request it waits for: ``start``, ``pause``, ``resume``, ``stop``, ``query``, ``callback``,
            or `ANY`.
        error_code: Answered instead; 0 for none.
        answer: One of `ANSWERS`.
        is_carried_out: Whether what was asked is done all the same; it is where the answer is only late.
        delay_s: How long the answer takes.
    """

    call: str = ANY
    error_code: int = 0
    answer: str = USUAL
    is_carried_out: bool = False
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that came.

    Attributes:
        call: What was asked.
        at_unix_ms: When, by the simulator's clock.
        random: Its number; None where it had none that can be used.
        query: The URL parameters as they came.
        body: The body as it came.
        error_code: What was answered; None where the answer was no JSON or never came.
        task_id: The task that it began or meant, where one is known.
        fault: What went wrong with it on demand.
    """

    call: str
    at_unix_ms: int
    random: int | None
    query: str
    body: bytes
    error_code: int | None
    task_id: str | None
    fault: Fault | None = None


def answer_bytes(fault: Fault | None, answer: bytes) -> tuple[int, str, bytes] | None:
    """Return status, content type and body of what is really sent; None if the connection is to be cut.

    Example:
        >>> answer_bytes(Fault(answer=TRUNCATED), b'{"error_code": 0}')
        (200, 'application/json', b'{"error_')
    """
    kind = USUAL if fault is None else fault.answer
    if kind == CLOSED:
        return None
    if kind == HTML:
        return 502, "text/html", HTML_502
    return 200, "application/json", answer[: len(answer) // 2] if kind == TRUNCATED else answer
