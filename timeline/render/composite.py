"""The picture of a chunk as a graph: one stream per region, laid side by side, then over each other.

The parts of a region, which follow each other, are joined into a stream as long as the chunk. Regions that
overlap no earlier one are put onto the canvas by ``xstack``, which copies; ``overlay``, which has to blend,
is left for the others and for what is drawn over pictures. A stream that comes out too short ends the
whole output, so a picture that cannot be had is noticed and never closed up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import ffmpeg

from timeline.layouts.places import Rectangle
from timeline.media.facts import MediaFacts
from timeline.render.encoders import Encoding, encoder_options
from timeline.render.fit import contained, covered
from timeline.render.graph import Inputs, to_arguments
from timeline.render.plan import RenderPlan
from timeline.render.shots import Card, Chunk, Shot
from timeline.units import frame_start_ms, seconds

STILL_S = 5
"""In a sparse chunk a picture comes at least so often: a player can jump, and no filter waits for long."""

_TIMESCALE = 15360 * 1001
_IN_ORDER = ("-filter_complex_threads", "1")
"""With more threads ``xstack`` may copy the canvas after what belongs onto it."""
_CHANGED = {"hi": 256, "lo": 128, "frac": 0.02}
"""A frame is another one where a block of 8x8 px differs by 4 a px, or one block in 50 by 2."""
_OTHER = {"hi": 1, "lo": 1, "frac": 0}
"""A frame is another one where anything differs."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture laid over others: its file in the working folder, where on the canvas, in which frames."""

    name: str
    x: int
    y: int
    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock shows in each second, as one picture: one below the other.

    Attributes:
        name: Its file in the working folder.
        place: Where the clock is, px; its height is that of one second's text.
        first_second: The uppermost one.
        first_frame: Of the chunk, counted from playback time 0.
    """

    name: str
    place: Rectangle
    first_second: int
    first_frame: int


@dataclass(frozen=True, slots=True)
class Drawings:
    """All that a chunk shows beside videos: files in the working folder.

    Attributes:
        canvas: The bare canvas.
        slates: Of each of the chunk's slates.
        blanks: The bare canvas in the size of a region, for regions with nothing at times.
        labels: A name over each (region, file).
        badges: What lies over the pictures of a region, by region.
        notes: What lies over everything for a while.
        clock: What lies over everything all the time.
    """

    canvas: str
    slates: Sequence[str] = ()
    blanks: Mapping[int, str] = field(default_factory=dict)
    labels: Mapping[tuple[int, int], Overlay] = field(default_factory=dict)
    badges: Mapping[int, Sequence[Overlay]] = field(default_factory=dict)
    notes: Sequence[Overlay] = ()
    clock: Clock | None = None

    @property
    def names(self) -> Iterator[str]:
        """All files."""
        yield from (self.canvas, *self.slates, *self.blanks.values())
        for overlay in (*self.labels.values(), *itertools.chain(*self.badges.values()), *self.notes):
            yield overlay.name
        if self.clock:
            yield self.clock.name


def chunk_arguments(
    plan: RenderPlan,
    chunk: Chunk,
    facts: Mapping[int, MediaFacts],
    drawings: Drawings,
    encoding: Encoding,
    output: str,
) -> list[str]:
    """Return ffmpeg's arguments that encode the picture of one chunk.

    Args:
        plan: The whole plan.
        chunk: A piece of it.
        facts: Of each file, by its index.
        drawings: What is shown beside videos.
        encoding: How to encode.
        output: Name of the file to write.
    """
    picture = _Composite(plan, chunk, facts, drawings).picture()
    rate = plan.frame_rate
    frames: dict[str, Any]
    if chunk.is_sparse:
        frames = {"fps_mode": "vfr", "enc_time_base": f"{rate.denominator}/{rate.numerator}"}
    else:
        frames = {"fps_mode": "cfr", "r": _rate(rate), "frames:v": chunk.frames}
    encoded = to_arguments(
        ffmpeg.output(
            picture,
            f"file:{output}",
            **frames,
            **encoder_options(encoding, (plan.width_px, plan.height_px), plan.frame_rate),
            video_track_timescale=_TIMESCALE // 1001 if plan.frame_rate.denominator == 1 else _TIMESCALE,
            **{"map_metadata": -1, "flags:v": "+bitexact", "fflags": "+bitexact"},
            f="mp4",
        )
    )
    # Chunks run side by side on all cores already; more threads in each would only cost memory and time.
    return [*_IN_ORDER, *encoded]


def still_arguments(
    plan: RenderPlan, chunk: Chunk, facts: Mapping[int, MediaFacts], drawings: Drawings, output: str
) -> list[str]:
    """Return ffmpeg's arguments that write the first picture of a chunk as a PNG; as `chunk_arguments`."""
    picture = _Composite(plan, chunk, facts, drawings).picture()
    options = {"vcodec": "png", "pix_fmt": "rgb24", "frames:v": 1, "update": 1, "map_metadata": -1}
    return [*_IN_ORDER, *to_arguments(ffmpeg.output(picture, f"file:{output}", **options, f="image2"))]


class _Composite:
    """Builds the graph of a chunk's picture."""

    def __init__(
        self, plan: RenderPlan, chunk: Chunk, facts: Mapping[int, MediaFacts], drawings: Drawings
    ) -> None:
        self._plan, self._chunk, self._facts, self._drawings = plan, chunk, facts, drawings
        self._rate = _rate(plan.frame_rate)
        self._inputs = Inputs()

    def picture(self) -> Any:
        """Return the stream of the chunk's pictures."""
        upper = self._plan.upper_regions
        shown = [number for number in range(len(self._plan.regions)) if self._chunk.parts(number)]
        picture = self._canvas_with([number for number in shown if number not in upper])
        for number in shown:
            if number in upper:
                picture = self._with_upper(picture, number)
        for note in self._drawings.notes:
            picture = self._laid_over(picture, note)
        if self._drawings.clock:
            picture = self._with_clock(picture, self._drawings.clock)
        return picture.filter("format", "yuv420p")

    def _canvas_with(self, regions: Sequence[int]) -> Any:
        """Return the canvas with *regions*, none of which overlaps another, copied onto it."""
        canvas = self._canvas()
        if not regions:
            return canvas
        places = [self._plan.regions[region].rectangle for region in regions]
        corners = "|".join(["0_0", *(f"{place.x}_{place.y}" for place in places)])
        streams = [canvas, *(self._region(region) for region in regions)]
        return ffmpeg.filter(
            streams, "xstack", inputs=len(streams), layout=corners, shortest=int(not self._chunk.is_sparse)
        )

    def _canvas(self) -> Any:
        """Return the bare canvas: in all frames, or in those in which a sparse chunk needs a picture."""
        chunk, name = self._chunk, self._drawings.canvas
        if not chunk.is_sparse:
            return self._standing(name, chunk.frames)
        ends = [chunk.frames] + [note.end_frame for note in self._drawings.notes]
        shown = [note.start_frame for note in self._drawings.notes] + [n - 1 for n in ends] + ends
        for region in self._plan.upper_regions:
            shown += [edge for part in chunk.parts(region) for edge in (part.start_frame, part.end_frame)]
        shown += range(0, chunk.frames, int(STILL_S * self._plan.frame_rate))
        wanted = sorted(set(shown) & set(range(chunk.frames)))
        times = "+".join(f"eq(N,{number})*{frame}" for number, frame in enumerate(wanted))
        return self._standing(name, len(wanted)).filter("setpts", times)

    def _with_upper(self, picture: Any, region: int) -> Any:
        """Return *picture* with a region over it that overlaps others."""
        place = self._plan.regions[region].rectangle
        # In a sparse chunk only pictures of our own lie over others, and the last one of them stays.
        options: dict[str, Any] = {"eof_action": "repeat"} if self._chunk.is_sparse else {"shortest": 1}
        if not self._chunk.is_whole(region):
            spans = [(part.start_frame, part.end_frame) for part in self._chunk.parts(region)]
            options["enable"] = "+".join(itertools.starmap(self._during, spans))
        return ffmpeg.filter([picture, self._region(region)], "overlay", x=place.x, y=place.y, **options)

    def _region(self, region: int) -> Any:
        """Return what a region shows in the frames of the chunk."""
        badges = self._drawings.badges.get(region, ())
        parts = self._chunk.parts(region)
        if self._chunk.is_sparse and len(parts) == 1 and self._chunk.is_whole(region) and not badges:
            return self._part(parts[0])
        streams: list[Any] = []
        at = 0
        for part in parts:
            if part.start_frame > at:
                streams.append(self._standing(self._drawings.blanks[region], part.start_frame - at))
            stream, frames = self._part(part), part.end_frame - part.start_frame
            if self._chunk.is_sparse:
                stream = self._lasting(stream.filter("fps", fps=self._rate, start_time=0), frames)
            streams.append(stream)
            at = part.end_frame
        if at < self._chunk.frames:
            streams.append(self._standing(self._drawings.blanks[region], self._chunk.frames - at))
        joined = streams[0] if len(streams) == 1 else self._numbered(ffmpeg.concat(*streams, v=1, a=0))
        place = self._plan.regions[region].rectangle
        for badge in badges:
            joined = self._laid_over(joined, badge, place)
        return self._thinned(joined, _OTHER) if self._chunk.is_sparse else joined

    def _part(self, part: Shot | Card) -> Any:
        """Return a part from its first frame on: all its frames, or of a sparse chunk those that differ."""
        frames = part.end_frame - part.start_frame
        if isinstance(part, Card):
            slate = self._drawings.slates[self._chunk.slates.index(part)]
            return self._standing(slate, 1 if self._chunk.is_sparse else frames)
        tile = self._frames_of(part, self._facts[part.clip])
        if self._chunk.is_sparse:
            tile = self._thinned(self._lasting(tile, frames), _CHANGED)  # scaling costs more
        tile = self._fitted(tile, part, self._facts[part.clip])
        label = self._drawings.labels.get((part.region, part.clip))
        if label is not None:
            place = part.rectangle
            above = self._inputs.still(label.name)
            tile = ffmpeg.filter(
                [tile, above], "overlay", x=label.x - place.x, y=label.y - place.y, eof_action="repeat"
            )
        return tile if self._chunk.is_sparse else self._lasting(tile, frames)

    def _standing(self, name: str, frames: int) -> Any:
        """Return a picture of our own that is shown for so many frames."""
        still = self._inputs.still(name, framerate=self._rate)
        # Converted once, not for every frame.
        return self._lasting(still.filter("format", "yuv420p").filter("setsar", 1), frames)

    def _lasting(self, stream: Any, frames: int) -> Any:
        """Return *stream* with exactly so many frames: the last one stays."""
        lasting = stream.filter("tpad", stop=-1, stop_mode="clone").filter("trim", end_frame=frames)
        return self._numbered(lasting)

    def _thinned(self, stream: Any, other: Mapping[str, float]) -> Any:
        """Return *stream* without frames that equal the one before."""
        return stream.filter("mpdecimate", max=int(STILL_S * self._plan.frame_rate), **other)

    def _laid_over(self, picture: Any, overlay: Overlay, place: Rectangle | None = None) -> Any:
        """Return *picture*, of *place* or of the whole canvas, with one of our own over it for a while."""
        x, y = (place.x, place.y) if place else (0, 0)
        return ffmpeg.filter(
            [picture, self._inputs.still(overlay.name)],
            "overlay",
            x=overlay.x - x,
            y=overlay.y - y,
            eof_action="repeat",
            enable=self._during(overlay.start_frame, overlay.end_frame),
        )

    def _with_clock(self, picture: Any, clock: Clock) -> Any:
        """Lay the text of each frame's second over *picture*: its part of a tall picture of all seconds."""
        place, rate = clock.place, self._plan.frame_rate
        second = f"trunc((2*({clock.first_frame}+n)+1)*{rate.denominator}/{2 * rate.numerator})"
        texts = (
            self._inputs.still(clock.name, framerate=self._rate)
            .filter("tpad", stop_mode="clone", stop=self._chunk.frames)
            .filter("crop", place.width, place.height, 0, f"({second}-{clock.first_second})*{place.height}")
        )
        return ffmpeg.filter(
            [picture, self._numbered(texts)], "overlay", x=place.x, y=place.y, eof_action="repeat"
        )

    def _numbered(self, stream: Any) -> Any:
        """Return *stream* with its frames on the output's grid, from 0 on.

        Whole numbers on a clock of one tick per frame: rounding cannot put a frame beside its place.
        """
        rate = self._plan.frame_rate
        return stream.filter("settb", f"{rate.denominator}/{rate.numerator}").filter("setpts", "N")

    def _frames_of(self, shot: Shot, facts: MediaFacts) -> Any:
        """Return the pictures of a file on the output's grid, the first one being that of *shot*."""
        assert facts.picture is not None
        # ffmpeg counts from the file's earliest stream; what begins later keeps its distance to it.
        # Past its last frame there is nothing to find: that frame stays.
        seek_ms = min(shot.media_start_ms, Fraction(facts.picture.last_ms)) - facts.origin_ms
        options: dict[str, Any] = {}
        if seek_ms > 0:
            # Not accurate: the frame that is still on screen at this time may have begun long before. No -t:
            # it would count from the key frame; a trim ends the reading.
            options |= {"ss": seconds(seek_ms), "noaccurate_seek": None}
        stream = self._inputs.media(facts, **options)["V:0"]
        if seek_ms < 0:
            stream = stream.filter("setpts", _later(-seek_ms))
        # To the nearest frame, as half a frame later and rounded down: the end too is then after the last
        # picture, however short that is; else it would be dropped at times.
        half = seconds(-frame_start_ms(1, self._plan.frame_rate) / 2)
        stream = stream.filter("fps", fps=self._rate, start_time=half, round="down", eof_action="pass")
        stream = self._numbered(stream)
        return stream.filter("trim", end_frame=1) if shot.held else stream

    def _fitted(self, stream: Any, shot: Shot, facts: MediaFacts) -> Any:
        """Return the pictures of a file in the size and the shape of their place."""
        assert facts.picture is not None
        width, height = shot.rectangle.width, shot.rectangle.height
        aspect = facts.picture.shown_pixel_aspect
        if shot.fit == "cover":
            fitted = covered(stream, width, height, aspect)
        else:
            background = "#{:02x}{:02x}{:02x}".format(*self._plan.background)  # written anew from its numbers
            fitted = contained(stream, width, height, aspect, background)
        return fitted.filter("setsar", 1).filter("format", "yuv420p")

    def _during(self, start_frame: int, end_frame: int) -> str:
        """Return the expression that holds in these frames, of a stream with or without gaps."""
        rate = _rate(self._plan.frame_rate)
        return f"between(t*{rate},{start_frame - 0.5},{end_frame - 0.5})"


def _later(by_ms: Fraction) -> str:
    """Return the expression that moves a stream by exactly *by_ms*, to the nearest tick of its clock."""
    by_s = by_ms / 1000
    return f"PTS+round({by_s.numerator}/{by_s.denominator}/TB)"


def _rate(frame_rate: Fraction) -> str:
    return f"{frame_rate.numerator}/{frame_rate.denominator}"
