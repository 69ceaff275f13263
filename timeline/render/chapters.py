"""Chapters of a video: the sections of a lesson, between which it was paused."""

from __future__ import annotations

import re

from timeline.model import Timeline
from timeline.render.plan import RenderPlan
from timeline.sinks import text_line

_SPECIAL = re.compile(r"([=;#\\])")


def chapters_text(timeline: Timeline, plan: RenderPlan) -> str:
    """Return the sections that *plan* shows, as ffmpeg reads chapters; a single section is no chapter.

    Example:
        >>> import timeline
        >>> from timeline.render.plan import plan_video
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> print(chapters_text(lesson, plan_video(lesson, start_ms=600_000)).split("[CHAPTER]")[1].strip())
        TIMEBASE=1/1000
        START=0
        END=300000
        title=Part 1
    """
    lines = [";FFMETADATA1"]
    stop_ms = plan.start_ms + plan.duration_ms
    shown = [s for s in timeline.sections() if s.start_ms < stop_ms and s.end_ms > plan.start_ms]
    for section in shown if len(shown) > 1 else ():
        start_ms = max(section.start_ms, plan.start_ms) - plan.start_ms
        end_ms = min(section.end_ms, stop_ms) - plan.start_ms
        blank = (
            " " if section.title.endswith("\\") else ""
        )  # an escaped one would still go on to the next line
        title = _SPECIAL.sub(r"\\\1", text_line(section.title)) + blank
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start_ms}", f"END={end_ms}", f"title={title}"]
    return "\n".join(lines) + "\n"
