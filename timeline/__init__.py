"""One playback timeline from the recording result of an online class.

The everyday surface is here; everything else is imported from its room. The path of the data::

    result JSON ─▶ RecordingResult ─▶ Timeline ─▶ manifest · review video · plot · tables

Example:
    >>> import timeline
    >>> lesson = timeline.load("sample_results/guide_example.json")
    >>> lesson
    <Timeline 0:24:00.000, 3 tracks, 6 clips, 1 pause, 0 findings>
    >>> lesson.to_wall_ms(905_000)
    1558614105000
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from timeline.analysis.presence import presence_table
from timeline.errors import TimelineError
from timeline.export.manifest import write_manifest
from timeline.loading import load, loads
from timeline.manifest.reading import read_manifest
from timeline.model import Clip, Gap, Pause, Scene, Section, Timeline, Track
from timeline.svg import timeline_html as _timeline_html
from timeline.version import __version__

if TYPE_CHECKING:
    from timeline.export.manifest_rules import validate_manifest
    from timeline.plotting import plot_timeline
    from timeline.render.video import render_video

__all__ = [
    "Clip",
    "Gap",
    "Pause",
    "Scene",
    "Section",
    "Timeline",
    "TimelineError",
    "Track",
    "__version__",
    "load",
    "loads",
    "plot_timeline",
    "presence_table",
    "read_manifest",
    "render_video",
    "validate_manifest",
    "write_manifest",
]

# A Timeline shows itself in a notebook (see the note at `Timeline._repr_html_`).
Timeline._repr_html_ = _timeline_html

# What needs matplotlib, jsonschema or the media extra is imported when it is first asked for.
_LATER = {
    "plot_timeline": "timeline.plotting",
    "render_video": "timeline.render.video",
    "validate_manifest": "timeline.export.manifest_rules",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'timeline' has no attribute {name!r}")
