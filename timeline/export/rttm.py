"""RTTM (NIST Rich Transcription): when each track plays, for tools of speech research.

A line is a stretch in which a stream was recorded. That is no claim that somebody spoke: of speech the timing
knows nothing.
"""

from __future__ import annotations

from urllib.parse import quote

from timeline.model import Timeline

NO_NAME = "lesson"


def to_rttm(timeline: Timeline) -> str:
    """Return a ``SPEAKER`` line for each clip of each track, in seconds with three decimals.

    The name of the file is the room's, that of the speaker the track's id; characters that would end a
    field are percent-encoded, as in a url.

    Example:
        >>> import timeline
        >>> print(to_rttm(timeline.load("sample_results/guide_example.json")).splitlines()[0])
        SPEAKER 1234 1 0.000 900.000 <NA> <NA> camera:ios_test1 <NA> <NA>
    """
    room = _field(timeline.room_id or NO_NAME)
    lines = [
        f"SPEAKER {room} 1 {_seconds(clip.start_ms)} {_seconds(clip.end_ms - clip.start_ms)} "
        f"<NA> <NA> {_field(track.id)} <NA> <NA>\n"
        for track in timeline.tracks
        for clip in track.clips
    ]
    return "".join(lines)


def _seconds(length_ms: int) -> str:
    return f"{length_ms // 1000}.{length_ms % 1000:03d}"


def _field(text: str) -> str:
    return quote(text, safe=":@+,=!$'()*;") or "%00"
