"""The timeline: what played when. Frozen; everything in integer ms on the playback clock.

Three clocks, never mixed: *playback* (``start_ms``, ``at_ms``; pauses are cut out), *wall* (``wall_…``,
Unix ms) and *media* (``media_start_ms``, ms inside one file). Spans are half-open, ``[start_ms, end_ms)``.
"""

from timeline.model.clips import SEAM_MS, Clip, Gap, MediaReference, Track
from timeline.model.extra import Extra
from timeline.model.timeline import Scene, Section, Timeline, counted, track_order
from timeline.model.wall import STAMP_ROUNDING_MS, STAMP_UNCERTAINTY_MS, Pause, WallClock

__all__ = [
    "SEAM_MS",
    "STAMP_ROUNDING_MS",
    "STAMP_UNCERTAINTY_MS",
    "Clip",
    "Extra",
    "Gap",
    "MediaReference",
    "Pause",
    "Scene",
    "Section",
    "Timeline",
    "Track",
    "WallClock",
    "counted",
    "track_order",
]
