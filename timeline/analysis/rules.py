"""Every threshold of a measure, in one place, so that a table can say by which it was made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass

from timeline.errors import ParameterError
from timeline.model import SEAM_MS


@dataclass(frozen=True, slots=True)
class MetricRules:
    """The thresholds of all measures. Nobody has validated them; they are proposals to be changed.

    Attributes:
        merge_gap_ms: Camera-on stretches of a user at most so far apart are one: a switch of files.
        reconnect_max_ms: A hole of at most this length is a dropout, a longer one an absence.
        late_after_ms: Who is on camera later than this after the class began is late.
        on_camera_least_ratio: Who is on camera for this share of the lesson counts as there all along.
        churn_edge_ms: Comings and goings in the first and the last so many ms are those of any lesson.
        bin_ms: Length of a row of the table ``bins``.

    Example:
        >>> MetricRules(late_after_ms=60_000).late_after_ms
        60000
    """

    merge_gap_ms: int = SEAM_MS
    reconnect_max_ms: int = 60_000
    late_after_ms: int = 300_000
    on_camera_least_ratio: float = 0.5
    churn_edge_ms: int = 60_000
    bin_ms: int = 60_000

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ParameterError: A threshold is negative, or of another type.
        """
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            kinds = (int, float) if isinstance(field.default, float) else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise ParameterError(f"expected a number for {field.name}, got {value!r}")
            if value < 0 and not (field.name.endswith("_db") or field.name.endswith("_lufs")):
                raise ParameterError(f"expected {field.name} of 0 or more, got {value!r}")
        if self.bin_ms < 1:
            raise ParameterError(f"expected bin_ms of 1 or more, got {self.bin_ms}")

    def digest(self) -> str:
        """Return 12 hexadecimal digits that stand for all thresholds together.

        Example:
            >>> MetricRules().digest() == MetricRules(bin_ms=60_000).digest()
            True
        """
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()[:12]


USUAL_RULES = MetricRules()
