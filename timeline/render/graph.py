"""ffmpeg's graphs as data, built by ffmpeg-python. Nothing runs here.

Only numbers and file names of our own making go into a graph; a test walks the graphs and refuses any filter
that is not in `FILTERS`. Picture and sound are never in one graph: a change of frame size in mid-file
rebuilds a graph, and takes the sound's state with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import ffmpeg
from ffmpeg.nodes import InputNode

from timeline.media.facts import MediaFacts, input_name
from timeline.media.gate import MAX_PICTURE_PX, reader_options
from timeline.render.encoders import Encoding, encoder_options
from timeline.render.fit import contained, covered
from timeline.render.layout import Rectangle
from timeline.render.plan import RenderPlan
from timeline.render.shots import Chunk, Shot
from timeline.units import frame_start_ms, seconds

_PICTURE_FILTERS = {
    "settb",
    "concat",
    "crop",
    "format",
    "fps",
    "overlay",
    "pad",
    "scale",
    "setpts",
    "setsar",
    "split",
    "tpad",
    "trim",
}
_SOUND_FILTERS = {
    "adelay",
    "aformat",
    "alimiter",
    "amix",
    "apad",
    "aresample",
    "asetpts",
    "atrim",
    "concat",
    "volume",
}
FILTERS = _PICTURE_FILTERS | _SOUND_FILTERS
"""Filters that a graph may hold."""

_TIMESCALE = 15360 * 1001


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture laid over the canvas: its file in the working folder, where, and in which frames."""

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
        backdrops: A picture of the canvas for each of the chunk's backdrops.
        labels: A name over each (region, file), placed on the canvas.
        notes: What lies over everything for a while.
        cards: What lies over the pictures of a region and under the next one, by region.
        clock: What lies over everything all the time.
    """

    backdrops: Sequence[str]
    labels: Mapping[tuple[int, int], Overlay] = field(default_factory=dict)
    notes: Sequence[Overlay] = ()
    cards: Mapping[int, Sequence[Overlay]] = field(default_factory=dict)
    clock: Clock | None = None

    @property
    def names(self) -> Iterator[str]:
        """All files."""
        yield from self.backdrops
        for overlay in (*self.labels.values(), *self.notes, *itertools.chain(*self.cards.values())):
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
    picture = _composite(plan, chunk, facts, drawings)
    encoded = to_arguments(
        ffmpeg.output(
            picture,
            f"file:{output}",
            r=_rate(plan.frame_rate),
            fps_mode="cfr",
            **encoder_options(encoding, (plan.width_px, plan.height_px), plan.frame_rate),
            video_track_timescale=_TIMESCALE // 1001 if plan.frame_rate.denominator == 1 else _TIMESCALE,
            **{"frames:v": chunk.frames, "map_metadata": -1, "flags:v": "+bitexact", "fflags": "+bitexact"},
            f="mp4",
        )
    )
    # Chunks run side by side on all cores already; threads inside of each only cost memory and time.
    return ["-filter_complex_threads", "1", *encoded]


def _composite(plan: RenderPlan, chunk: Chunk, facts: Mapping[int, MediaFacts], drawings: Drawings) -> Any:
    """Return the stream of a chunk's pictures."""
    rate = _rate(plan.frame_rate)
    inputs = Inputs()
    canvas = [
        inputs.still(name, framerate=rate)
        .filter("format", "yuv420p")  # once, not for every clone
        .filter("setsar", 1)
        .filter("tpad", stop_mode="clone", stop=backdrop.end_frame - backdrop.start_frame)
        .filter("trim", end_frame=backdrop.end_frame - backdrop.start_frame)
        for name, backdrop in zip(drawings.backdrops, chunk.backdrops, strict=True)
    ]
    picture = canvas[0] if len(canvas) == 1 else ffmpeg.concat(*canvas, v=1, a=0)
    picture = _numbered(picture, plan.frame_rate, 0)
    layers: list[tuple[int, Shot | Overlay]] = [(shot.region, shot) for shot in chunk.shots]
    layers += [(region, card) for region, lying in drawings.cards.items() for card in lying]
    for _, shot in sorted(layers, key=lambda layer: layer[0]):
        if isinstance(shot, Overlay):
            picture = _laid_over(picture, shot, inputs)
            continue
        tile = _tile(plan, shot, facts[shot.clip], inputs)
        label = drawings.labels.get((shot.region, shot.clip))
        if label is not None:
            tile = ffmpeg.filter(
                [tile, inputs.still(label.name)],
                "overlay",
                x=label.x - shot.rectangle.x,
                y=label.y - shot.rectangle.y,
                eof_action="repeat",
            )
        tile = _numbered(tile, plan.frame_rate, shot.start_frame)
        picture = ffmpeg.filter(
            [picture, tile], "overlay", x=shot.rectangle.x, y=shot.rectangle.y, eof_action="pass"
        )
    for note in drawings.notes:
        picture = _laid_over(picture, note, inputs)
    if drawings.clock:
        picture = _with_clock(picture, drawings.clock, plan, chunk, inputs)
    return picture.filter("format", "yuv420p")


def _with_clock(picture: Any, clock: Clock, plan: RenderPlan, chunk: Chunk, inputs: Inputs) -> Any:
    """Lay the text of each frame's second over *picture*: the part of a tall picture that is its second's."""
    place, rate = clock.place, plan.frame_rate
    second = f"trunc((2*({clock.first_frame}+n)+1)*{rate.denominator}/{2 * rate.numerator})"
    texts = (
        inputs.still(clock.name, framerate=_rate(rate))
        .filter("tpad", stop_mode="clone", stop=chunk.frames)
        .filter("crop", place.width, place.height, 0, f"({second}-{clock.first_second})*{place.height}")
    )
    texts = _numbered(texts, rate, 0)
    return ffmpeg.filter([picture, texts], "overlay", x=place.x, y=place.y, eof_action="repeat")


def still_arguments(
    plan: RenderPlan, chunk: Chunk, facts: Mapping[int, MediaFacts], drawings: Drawings, output: str
) -> list[str]:
    """Return ffmpeg's arguments that write the first picture of a chunk as a PNG; as `chunk_arguments`."""
    picture = _composite(plan, chunk, facts, drawings)
    options = {"vcodec": "png", "pix_fmt": "rgb24", "frames:v": 1, "update": 1, "map_metadata": -1}
    return to_arguments(ffmpeg.output(picture, f"file:{output}", **options, f="image2"))


def join_arguments(chunk_list: str, sound: str, chapters: str, output: str) -> list[str]:
    """Return ffmpeg's arguments that join encoded chunks, the sound and the chapters; nothing is encoded."""
    return [
        *("-protocol_whitelist", "file", "-f", "concat", "-safe", "1", "-i", f"file:{chunk_list}"),
        *("-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{sound}"),
        *("-protocol_whitelist", "file", "-f", "ffmetadata", "-i", f"file:{chapters}"),
        *("-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-map_chapters", "2"),
        *("-map_metadata:g", "-1"),  # all of it would take the titles of chapters along
        *("-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4", f"file:{output}"),
    ]


class Inputs:
    """The inputs of one graph, each an input of its own.

    ffmpeg-python takes nodes with equal content for one node, and refuses one that feeds two others; a file
    that is shown twice must be opened twice. A number makes them differ.
    """

    def __init__(self) -> None:
        self._count = 0

    def add(self, name: str, demuxer: str, **options: Any) -> Any:
        """Return a new input stream."""
        self._count += 1
        return InputNode(
            "input", args=[self._count], kwargs={"filename": name, "format": demuxer, **options}
        ).stream()

    def still(self, name: str, **options: Any) -> Any:
        """Return a picture of our own as a stream of one frame."""
        return self.add(f"file:{name}", "image2", pattern_type="none", **options)

    def media(self, facts: MediaFacts, **options: Any) -> Any:
        """Return a stranger's file: a forced reader, nothing but files, known codecs."""
        settings: dict[str, Any] = {"max_pixels": MAX_PICTURE_PX, "reinit_filter": 0, "threads": 1}
        settings = reader_options(facts.demuxer) | settings | options
        return self.add(input_name(facts), facts.demuxer, **settings)

    def own(self, name: str, **options: Any) -> Any:
        """Return a file of our own in the working folder: what `timeline.render.sound` made."""
        return self.add(f"file:{name}", "matroska", protocol_whitelist="file", **options)


def _tile(plan: RenderPlan, shot: Shot, facts: MediaFacts, inputs: Inputs) -> Any:
    """Return the stream of one shot: the right frames, fitted into its rectangle, starting at 0."""
    assert facts.picture is not None
    rate = _rate(plan.frame_rate)
    frames = shot.end_frame - shot.start_frame
    width, height = shot.rectangle.width, shot.rectangle.height
    # ffmpeg counts from the file's earliest stream; what begins later keeps its distance to it.
    # Past its last frame there is nothing to find: that frame stays.
    seek_ms = min(shot.media_start_ms, Fraction(facts.picture.last_ms)) - facts.origin_ms
    options: dict[str, Any] = {}
    if seek_ms > 0:
        # Not accurate: the frame that is still on screen at this time may have begun long before. No -t:
        # it would count from the key frame; the trim below ends the reading.
        options |= {"ss": seconds(seek_ms), "noaccurate_seek": None}
    tile = inputs.media(facts, **options)["V:0"]
    if seek_ms < -frame_start_ms(1, plan.frame_rate):
        tile = tile.filter("setpts", _later(-seek_ms))
    tile = tile.filter("fps", fps=rate, start_time=0, eof_action="pass")  # "round" may drop the last
    if shot.held:
        tile = tile.filter("trim", end_frame=1)
    aspect = facts.picture.shown_pixel_aspect
    if shot.fit == "cover":
        fitted = covered(tile, width, height, aspect)
    else:
        fitted = contained(tile, width, height, aspect, _background(plan))
    return (
        fitted.filter("setsar", 1)
        .filter("format", "yuv420p")
        .filter("tpad", stop=-1, stop_mode="clone")
        .filter("trim", end_frame=frames)
    )


def _laid_over(picture: Any, overlay: Overlay, inputs: Inputs) -> Any:
    """Return *picture* with one of our own over it for a while."""
    return ffmpeg.filter(
        [picture, inputs.still(overlay.name)],
        "overlay",
        x=overlay.x,
        y=overlay.y,
        eof_action="repeat",
        enable=f"between(n,{overlay.start_frame},{overlay.end_frame - 1})",
    )


def _background(plan: RenderPlan) -> str:
    """Return the colour of the canvas, written anew from its numbers."""
    return "#{:02x}{:02x}{:02x}".format(*plan.background)


def _numbered(stream: Any, frame_rate: Fraction, first: int) -> Any:
    """Return *stream* with its frames on the output's grid, the first one at frame *first*.

    Whole numbers on a clock of one tick per frame: no filter can put a frame beside its place by rounding.
    """
    tick = f"{frame_rate.denominator}/{frame_rate.numerator}"
    return stream.filter("settb", tick).filter("setpts", f"N+{first}")


def _later(by_ms: Fraction) -> str:
    """Return the expression that moves a stream by exactly *by_ms*, to the nearest tick of its clock."""
    by_s = by_ms / 1000
    return f"PTS+round({by_s.numerator}/{by_s.denominator}/TB)"


def _rate(frame_rate: Fraction) -> str:
    return f"{frame_rate.numerator}/{frame_rate.denominator}"


def to_arguments(stream: Any) -> list[str]:
    """Return the arguments that ffmpeg-python makes of an output."""
    return [str(argument) for argument in ffmpeg.get_args(stream)]
