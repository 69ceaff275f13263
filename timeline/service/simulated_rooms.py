"""Who is in a simulated room, and which files a recording of it gives. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CAMERA, SCREEN, WHITEBOARD, MIXED, AUDIO = range(5)
"""Kinds of streams by the guide's numbers (§2.5); the last is its successors' and leaves no file here."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a room, from when to when in shares of the recording.

    Shares are of wall time, pauses included, so that a lesson of a tenth of a second has its late student
    as well as one of an hour.

    Attributes:
        kind: `CAMERA`, `SCREEN`, `WHITEBOARD`, `MIXED` or `AUDIO`.
        user_id: Whose it is; empty for a whiteboard.
        from_share: When it comes: 0 is the beginning of the recording.
        to_share: When it goes: 1 is its end.
    """

    kind: int
    user_id: str
    from_share: float = 0.0
    to_share: float = 1.0


USUAL_STREAMS = (
    Stream(CAMERA, "teacher"),
    Stream(WHITEBOARD, ""),
    Stream(CAMERA, "amy", 0.2),
    Stream(SCREEN, "teacher", 0.3, 0.6),
    Stream(CAMERA, "bob", 0.45, 0.85),
)
"""A teacher with a board and a camera, who shares a screen for a while, and two students who come late."""


@dataclass(frozen=True, slots=True)
class Room:
    """What is found in a room when it is recorded.

    Attributes:
        streams: The streams; with none that can be seen, a recording fails with 40002.
        empty_after_ms: When all leave, in wall time after the recording began; None if they stay.
        fails_with: Error with which a recording of it fails before it has begun, such as 40005; 0 for none.
    """

    streams: tuple[Stream, ...] = USUAL_STREAMS
    empty_after_ms: int | None = None
    fails_with: int = 0


USUAL_ROOM = Room()
AUDIO_ONLY_ROOM = Room(streams=(Stream(AUDIO, "teacher"), Stream(AUDIO, "amy", 0.2)))


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file that a recording gives.

    Attributes:
        kind: Of its stream.
        user_id: Of its stream.
        start_ms: Playback time at which it begins.
        duration_ms: Its length.
    """

    kind: int
    user_id: str
    start_ms: int
    duration_ms: int


def files_of(streams: Sequence[Stream], spans: Sequence[tuple[int, int]], end_ms: int) -> list[RecordedFile]:
    """Return the files of a recording: one for each stream and each stretch without a pause, by stream.

    Playback begins with the first picture of anyone, and pauses are cut out of it.

    Args:
        streams: Of the room.
        spans: The wall times in which was recorded, in order, in ms after the recording began.
        end_ms: When the room emptied or the recording was stopped, on the same clock.

    Example:
        >>> files_of([Stream(CAMERA, "amy", 0.25)], [(0, 900), (1000, 1600)], 1600)[0]
        RecordedFile(kind=0, user_id='amy', start_ms=0, duration_ms=500)
    """
    files = []
    for stream in streams:
        if stream.kind == AUDIO:
            continue
        stream_start, stream_end = round(stream.from_share * end_ms), round(stream.to_share * end_ms)
        played_ms = 0
        for start, end in spans:
            first, last = max(start, stream_start), min(end, stream_end)
            if first < last:
                place = played_ms + first - start
                files.append(RecordedFile(stream.kind, stream.user_id, place, last - first))
            played_ms += end - start
    origin = min((file.start_ms for file in files), default=0)
    return [RecordedFile(file.kind, file.user_id, file.start_ms - origin, file.duration_ms) for file in files]
