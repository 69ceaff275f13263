"""What is known of a media file, and the same as JSON: it comes from a child process and is kept in a cache.

Times are ms on the file's own clock. The JSON is read strictly: whoever wrote it may have been damaged by the
file that it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

FACTS_VERSION = 1
"""Grows when the facts change, so that older ones in a cache are not believed."""
MOST_PIXEL_ASPECT = Fraction(8)
"""Pixels that claim to be wider or higher than this are taken for square."""
MOST_HOLES = 100
"""Of a stream's holes and changes, no more than this are kept."""
_MOST = 1 << 62
_FRACTION = re.compile(r"\d{1,20}/[1-9]\d{0,19}", re.ASCII)
_WORD = re.compile(r"[\w.+ ()-]{0,60}", re.ASCII)
_STREAM_KINDS = ("video", "audio", "cover", "subtitle", "data", "attachment", "unknown")

Item = TypeVar("Item")


class Hole(NamedTuple):
    """A stretch without anything new: from what came before to what comes next, ms."""

    start_ms: int
    end_ms: int


class SizeChange(NamedTuple):
    """From here on pictures are of another size, as coded."""

    at_ms: int
    width_px: int
    height_px: int


class StreamFacts(NamedTuple):
    """One stream of a container.

    Attributes:
        kind: video, audio, cover (a still picture), subtitle, data, attachment, unknown.
        codec: Its name in ffmpeg; empty where ffmpeg does not know it.
    """

    kind: str
    codec: str


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """The first video stream of a file.

    Attributes:
        codec: Its name in ffmpeg.
        width_px: As coded at the start; may change on the way.
        height_px: As coded at the start.
        sample_aspect: Width of a pixel over its height.
        frame_rate: On average, frames per second; 0 where unknown.
        start_ms: First pts, ms on the media clock.
        last_ms: Last pts.
        end_ms: End of the last frame.
        rotation_degrees: How far a player turns the picture clockwise: 0, 90, 180 or 270.
        most_frames_per_s: How many pictures begin in the busiest second; 0 where unknown.
        key_frame_gap_ms: The longest stretch from one key frame to the next one or to the end.
        pixel_format: Its name in ffmpeg; empty where unknown.
        holes: Where no new picture begins for more than a second, the longest ones, in order of time.
        size_changes: Where another size begins, as far as the packets say so, the first ones.
    """

    codec: str
    width_px: int
    height_px: int
    sample_aspect: Fraction
    frame_rate: Fraction
    start_ms: int
    last_ms: int
    end_ms: int
    rotation_degrees: int = 0
    most_frames_per_s: int = 0
    key_frame_gap_ms: int = 0
    pixel_format: str = ""
    holes: tuple[Hole, ...] = ()
    size_changes: tuple[SizeChange, ...] = ()

    @property
    def shown_pixel_aspect(self) -> Fraction:
        """Width of a pixel over its height once the picture is upright; 1 where the file says nonsense."""
        if not 1 / MOST_PIXEL_ASPECT <= self.sample_aspect <= MOST_PIXEL_ASPECT:
            return Fraction(1)
        return 1 / self.sample_aspect if self.rotation_degrees in (90, 270) else self.sample_aspect

    @property
    def shown_aspect(self) -> Fraction:
        """Width over height of the picture as a player shows it."""
        size = (self.width_px, self.height_px)
        width_px, height_px = reversed(size) if self.rotation_degrees in (90, 270) else size
        return width_px * self.shown_pixel_aspect / height_px


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """The first audio stream of a file: its name in ffmpeg, and its span on the media clock.

    Attributes:
        codec: Its name in ffmpeg.
        start_ms: First pts, ms on the media clock.
        end_ms: End of the last packet.
        channels: 0 where unknown.
        sample_rate_hz: 0 where unknown.
        holes: Where there is no sound for more than a second, the longest ones, in order of time.
    """

    codec: str
    start_ms: int
    end_ms: int
    channels: int = 0
    sample_rate_hz: int = 0
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What is in a local file.

    Attributes:
        path: The file.
        demuxer: The reader to force, one of those in `timeline.media.gate.DEMUXERS`.
        origin_ms: Media time of the earliest stream: ffmpeg's readers count from here.
        picture: None where there is no picture.
        sound: None where there is no sound.
        streams: All streams of the container, in its order.
        header_duration_ms: The length that the header claims or ffmpeg guesses from it; None for neither.
        is_cut_short: It breaks off before what its index or its boxes promise.
        corrupt_packets: How many packets of picture and sound are there in part only.
    """

    path: Path
    demuxer: str
    origin_ms: int
    picture: PictureFacts | None
    sound: SoundFacts | None
    streams: tuple[StreamFacts, ...] = ()
    header_duration_ms: int | None = None
    is_cut_short: bool = False
    corrupt_packets: int = 0


def input_name(facts: MediaFacts) -> str:
    """Return the name under which ffmpeg knows a file: never an option, nor another protocol."""
    return f"file:{facts.path.resolve()}"


def to_json(facts: MediaFacts) -> dict[str, Any]:
    """Return *facts* as plain values for JSON, without the file's path.

    Example:
        >>> facts = MediaFacts(Path("a.mp3"), "mp3", 25, None, SoundFacts("mp3float", 25, 4025, 1, 44100))
        >>> from_json(Path("a.mp3"), to_json(facts)) == facts
        True
    """
    return {
        "version": FACTS_VERSION,
        "demuxer": facts.demuxer,
        "origin_ms": facts.origin_ms,
        "picture": facts.picture and _plain(facts.picture),
        "sound": facts.sound and _plain(facts.sound),
        "streams": [list(stream) for stream in facts.streams],
        "header_duration_ms": facts.header_duration_ms,
        "is_cut_short": facts.is_cut_short,
        "corrupt_packets": facts.corrupt_packets,
    }


def from_json(path: Path, document: object) -> MediaFacts:
    """Return the facts of *path* from what `to_json` made of them.

    Raises:
        ValueError: It is something else, or of another version.
    """
    root = _Fields(document)
    if root.number("version") != FACTS_VERSION:
        raise ValueError("the facts are of another version")
    picture, sound = root.value("picture"), root.value("sound")
    header_ms = root.value("header_duration_ms")
    facts = MediaFacts(
        path=path,
        demuxer=root.word("demuxer"),
        origin_ms=root.number("origin_ms"),
        picture=None if picture is None else _picture(_Fields(picture)),
        sound=None if sound is None else _sound(_Fields(sound)),
        streams=root.rows("streams", 2, lambda row: StreamFacts(_kind(row[0]), _word(row[1]))),
        header_duration_ms=None if header_ms is None else _number(header_ms),
        is_cut_short=root.flag("is_cut_short"),
        corrupt_packets=root.count("corrupt_packets"),
    )
    root.end()
    return facts


def shifted(facts: MediaFacts, by_ms: int) -> MediaFacts:
    """Return *facts* on a clock that is later by *by_ms*: every time in them."""
    picture, sound = facts.picture, facts.sound
    return replace(
        facts,
        origin_ms=facts.origin_ms + by_ms,
        picture=picture
        and replace(
            picture,
            start_ms=picture.start_ms + by_ms,
            last_ms=picture.last_ms + by_ms,
            end_ms=picture.end_ms + by_ms,
            holes=_holes_shifted(picture.holes, by_ms),
            size_changes=tuple(
                change._replace(at_ms=change.at_ms + by_ms) for change in picture.size_changes
            ),
        ),
        sound=sound
        and replace(
            sound,
            start_ms=sound.start_ms + by_ms,
            end_ms=sound.end_ms + by_ms,
            holes=_holes_shifted(sound.holes, by_ms),
        ),
    )


def _holes_shifted(holes: tuple[Hole, ...], by_ms: int) -> tuple[Hole, ...]:
    return tuple(Hole(hole.start_ms + by_ms, hole.end_ms + by_ms) for hole in holes)


def _plain(facts: PictureFacts | SoundFacts) -> dict[str, Any]:
    return {name: _plain_value(getattr(facts, name)) for name in facts.__slots__}


def _plain_value(value: object) -> object:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return [list(item) for item in value] if isinstance(value, tuple) else value


def _picture(fields: _Fields) -> PictureFacts:
    picture = PictureFacts(
        codec=fields.word("codec"),
        width_px=fields.count("width_px"),
        height_px=fields.count("height_px"),
        sample_aspect=fields.fraction("sample_aspect"),
        frame_rate=fields.fraction("frame_rate"),
        start_ms=fields.number("start_ms"),
        last_ms=fields.number("last_ms"),
        end_ms=fields.number("end_ms"),
        rotation_degrees=fields.number("rotation_degrees"),
        most_frames_per_s=fields.count("most_frames_per_s"),
        key_frame_gap_ms=fields.count("key_frame_gap_ms"),
        pixel_format=fields.word("pixel_format"),
        holes=fields.rows("holes", 2, _hole),
        size_changes=fields.rows(
            "size_changes", 3, lambda row: SizeChange(_number(row[0]), _count(row[1]), _count(row[2]))
        ),
    )
    if picture.rotation_degrees not in (0, 90, 180, 270):
        raise ValueError("expected a quarter turn")
    fields.end()
    return picture


def _sound(fields: _Fields) -> SoundFacts:
    sound = SoundFacts(
        codec=fields.word("codec"),
        start_ms=fields.number("start_ms"),
        end_ms=fields.number("end_ms"),
        channels=fields.count("channels"),
        sample_rate_hz=fields.count("sample_rate_hz"),
        holes=fields.rows("holes", 2, _hole),
    )
    fields.end()
    return sound


class _Fields:
    """The fields of a JSON object, each taken once and checked."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, Mapping):
            raise ValueError("expected an object")
        self._left = dict(document)

    def value(self, name: str) -> object:
        if name not in self._left:
            raise ValueError(f"{name} is missing")
        return self._left.pop(name)

    def number(self, name: str) -> int:
        return _number(self.value(name))

    def count(self, name: str) -> int:
        return _count(self.value(name))

    def word(self, name: str) -> str:
        return _word(self.value(name))

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is neither true nor false")
        return value

    def fraction(self, name: str) -> Fraction:
        value = self.value(name)
        if not isinstance(value, str) or not _FRACTION.fullmatch(value):
            raise ValueError(f"{name} is no fraction")
        return Fraction(value)

    def rows(self, name: str, width: int, read: Callable[[list[object]], Item]) -> tuple[Item, ...]:
        value = self.value(name)
        if not isinstance(value, list) or len(value) > MOST_HOLES:
            raise ValueError(f"{name} is no short list")
        if any(not isinstance(row, list) or len(row) != width for row in value):
            raise ValueError(f"{name} has a row of another width")
        return tuple(read(row) for row in value)

    def end(self) -> None:
        if self._left:
            raise ValueError("there are fields of which nothing is known")


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _MOST:
        raise ValueError("expected an integer")
    return value


def _count(value: object) -> int:
    number = _number(value)
    if number < 0:
        raise ValueError("expected no negative number")
    return number


def _word(value: object) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ValueError("expected a short name")
    return value


def _kind(value: object) -> str:
    if value not in _STREAM_KINDS:
        raise ValueError("expected a kind of stream")
    return str(value)


def _hole(row: list[object]) -> Hole:
    return Hole(_number(row[0]), _number(row[1]))
