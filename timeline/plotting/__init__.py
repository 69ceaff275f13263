"""Figures of a lesson, with matplotlib."""

from timeline.plotting.canvas import TimelineFigure, TimelineWarning
from timeline.plotting.concurrency import plot_concurrency
from timeline.plotting.files import write_plot
from timeline.plotting.lanes import plot_timeline
from timeline.plotting.presence import plot_presence

__all__ = [
    "TimelineFigure",
    "TimelineWarning",
    "plot_concurrency",
    "plot_presence",
    "plot_timeline",
    "write_plot",
]
