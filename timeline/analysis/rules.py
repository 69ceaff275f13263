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
        vad_on_db: Speech begins where the voice band is so far above its noise floor …
        vad_pitched_on_db: … or so far, with a pitch, …
        vad_off_db: … and goes on down to this.
        vad_least_dbfs: Softer than this is never speech, dBFS.
        vad_pitch_ratio: What repeats so much at a pitch is voiced, 0 to 1.
        vad_voiced_least_ms: A stretch of speech is voiced for so long; a click is not.
        vad_bridge_ms: Pauses in speech of at most this length are bridged.
        vad_least_ms: Shorter stretches are no speech.
        vad_floor_s: The noise floor is looked for in so many seconds around …
        vad_floor_percent: … as this percentile of their levels.
        vad_reliable_snr_db: The energy detector is believed where speech is so far above the noise …
        vad_reliable_spread_db: … and its level varies: from the 20th to the 80th percentile at least so much.
        silero_on: Speech begins at this probability of Silero's model …
        silero_off: … and ends below this one.
        leak_margin_db: Speech may be a leak where another user's is so much louder …
        leak_correlation: … and the two levels run together by at least this correlation …
        leak_most_ms: … at a delay of at most this.
        leak_window_ms: Over so long a window levels are held against each other.
        turn_gap_ms: Silence of at most this length inside a user's speech does not end a turn.
        backchannel_below_ms: Shorter speech begun and ended inside another's is no turn ("mm-hm").
        exchange_below_ms: After silence of this length or more a conversation begins anew.
        wait_most_ms: A longer silence before an answer is time to work, not a wait.
        wait_long_ms: A wait of this length or more is a long one.
        interruption_least_ms: Who begins at least this long before another's end interrupts.
        response_least: The latency of a user with fewer responses is not told.
        participating_least_ms: Who speaks for as long, in all, takes part.
        fiac_bin_ms: Length of the bins that say teacher, student or silence.
        voice_bin_ms: Length of the bins that say one voice, several or none.
        dark_pixel_most: A pixel is dark at this grey (0 to 255) or less: ffmpeg's pix_th of 0.10.
        black_least_ratio: A picture is black where this share of its pixels is dark, and …
        black_least_ms: … stays so for as long.
        frozen_most_ratio: Two pictures are the same up to this mean difference (of 1), measured small.
        frozen_spike_ratio: A lone difference up to this one, as a key frame makes, does not end a freeze.
        frozen_least_ms: A shorter freeze does not count.
        pixel_change_above: A pixel has changed if its grey differs by more.
        board_active_least_ratio: A second in which this share of the pixels changes is active.
        page_change_least_ratio: So many pixels change where a page is turned, and …
        page_still_below_ratio: … fewer than these from one picture to the next once it is there, …
        page_still_ms: … for as long.

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
    vad_on_db: float = 7.0
    vad_pitched_on_db: float = 3.5
    vad_off_db: float = 3.0
    vad_least_dbfs: float = -55.0
    vad_pitch_ratio: float = 0.3
    vad_voiced_least_ms: int = 60
    vad_bridge_ms: int = 300
    vad_least_ms: int = 250
    vad_floor_s: float = 10.0
    vad_floor_percent: float = 10.0
    vad_reliable_snr_db: float = 20.0
    vad_reliable_spread_db: float = 3.0
    silero_on: float = 0.5
    silero_off: float = 0.35
    leak_margin_db: float = 6.0
    leak_correlation: float = 0.6
    leak_most_ms: int = 300
    leak_window_ms: int = 800
    turn_gap_ms: int = 1000
    backchannel_below_ms: int = 1000
    exchange_below_ms: int = 5000
    wait_most_ms: int = 30_000
    wait_long_ms: int = 3000
    interruption_least_ms: int = 500
    response_least: int = 5
    participating_least_ms: int = 5000
    fiac_bin_ms: int = 3000
    voice_bin_ms: int = 15_000
    dark_pixel_most: int = 25
    black_least_ratio: float = 0.98
    black_least_ms: int = 2000
    frozen_most_ratio: float = 0.0001
    frozen_spike_ratio: float = 0.005
    frozen_least_ms: int = 2000
    pixel_change_above: int = 12
    board_active_least_ratio: float = 0.0005
    page_change_least_ratio: float = 0.25
    page_still_below_ratio: float = 0.01
    page_still_ms: int = 1000

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
            if value < 0 and not (field.name.endswith(("_db", "_dbfs", "_lufs"))):
                raise ParameterError(f"expected {field.name} of 0 or more, got {value!r}")
        for name in ("bin_ms", "fiac_bin_ms", "voice_bin_ms"):
            if getattr(self, name) < 1:
                raise ParameterError(f"expected {name} of 1 or more, got {getattr(self, name)}")

    def digest(self) -> str:
        """Return 12 hexadecimal digits that stand for all thresholds together.

        Example:
            >>> MetricRules().digest() == MetricRules(bin_ms=60_000).digest()
            True
        """
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()[:12]


USUAL_RULES = MetricRules()
