"""What is encoded, and how: all decided."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from timeline.media.facts import MediaFacts, input_name
from timeline.model import Timeline
from timeline.render.artwork import Font
from timeline.render.encoders import Encoding
from timeline.render.plan import RenderPlan
from timeline.render.shots import Chunk, cut_chunks
from timeline.render.sources import Obstacles


@dataclass(frozen=True)
class Job:
    """What is encoded, and how.

    Attributes:
        plan: The plan.
        timeline: The lesson, for its tracks and pauses.
        facts: Of each file, by index.
        contents: What is in each file: a hash, by index.
        reasons: What a slate says in place of a file, by index.
        names: What is written for each track, by id.
        labels: Whether names and notes are laid over the pictures.
        clock: ``playback`` or ``wall``: what a clock over the pictures shows; None for no clock.
        title: What the first seconds of the lesson are headed with; empty for nothing.
        font: A font file to try first.
        encoding: Settings of the encoder.
        workers: How many ffmpeg run side by side.
        vfr: Whether equal pictures are left out where nothing but boards and screens plays.
        obstacles: What earlier tries stumbled over.
    """

    plan: RenderPlan
    timeline: Timeline
    facts: Mapping[int, MediaFacts]
    contents: Mapping[int, str]
    reasons: Mapping[int, str]
    names: Mapping[str, str]
    labels: bool
    clock: str | None
    title: str
    font: Font
    encoding: Encoding
    workers: int
    vfr: bool = False
    obstacles: Obstacles = field(default_factory=Obstacles)

    @functools.cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """The pieces of work; under a clock no picture equals the one before for long."""
        return cut_chunks(self.plan, sparse=self.vfr and self.clock is None)

    @functools.cached_property
    def contents_by_name(self) -> Mapping[str, str]:
        """What is in each file, by the name under which ffmpeg knows it."""
        return {input_name(facts): self.contents[position] for position, facts in self.facts.items()}
