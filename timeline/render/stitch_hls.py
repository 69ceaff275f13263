"""A stitched track as HLS: one fragmented file with a playlist, nothing is encoded.

A stitched track lasts as long as the lesson and shows slates where nothing plays, so its playlist needs no
gaps, which players get wrong: they jump over them, or wait for ever.
"""

from __future__ import annotations

import datetime
import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from timeline.errors import OutputVerificationError
from timeline.model import Timeline
from timeline.publish import disk_errors
from timeline.render.stitch_job import TrackJob
from timeline.units import seconds_to_ms

SEGMENT_S = 6
"""A segment ends at the first key picture after this, as Apple's authoring rules advise."""
TOLERANCE_MS = 100
"""The playlist may be longer or shorter than the lesson by so much: the last frames of picture and sound."""


class Packaged(NamedTuple):
    """A track as HLS: the playlist, and the file that it names."""

    playlist: Path
    segments: Path


def package_track(job: TrackJob, whole: Path, stem: str, timeline: Timeline) -> Packaged:
    """Write *whole* as ``STEM.m3u8`` and ``STEM.m4s`` into a folder of its own beside it.

    Where the wall clock is known, each section begins with an ``EXT-X-PROGRAM-DATE-TIME``.

    Args:
        job: The track.
        whole: The stitched track, in the working folder.
        stem: Name of both files without their suffix.
        timeline: The lesson.

    Raises:
        OutputVerificationError: The playlist is not as long as the lesson.
    """
    folder = whole.parent / f"{job.prefix}_hls"
    packaged = Packaged(folder / f"{stem}.m3u8", folder / f"{stem}.m4s")
    with disk_errors(whole):
        folder.mkdir()
        most_bytes = 2 * whole.stat().st_size + (64 << 20)
    arguments = [
        *("-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{whole.name}", "-map", "0", "-c", "copy"),
        # Else all would be later by the delay of the encoder, which differs from track to track.
        *(
            "-avoid_negative_ts",
            "disabled",
            "-map_metadata",
            "-1",
            "-fflags",
            "+bitexact",
            "-f",
            "hls",
            "-hls_time",
            str(SEGMENT_S),
        ),
        *("-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file"),
        *("-hls_segment_filename", f"{folder.name}/{stem}.m4s", f"{folder.name}/{stem}.m3u8"),
    ]
    job.run(arguments, most_bytes)
    with disk_errors(whole):
        text = packaged.playlist.read_text(encoding="utf-8")
        length_ms = seconds_to_ms(sum(map(Fraction, _LENGTH.findall(text))))
        if abs(length_ms - timeline.duration_ms) > TOLERANCE_MS or not packaged.segments.is_file():
            raise OutputVerificationError(
                f"the playlist of {job.track.id} lasts {length_ms} ms instead of {timeline.duration_ms} ms"
            )
        packaged.playlist.write_text(with_dates(text, timeline), encoding="utf-8", newline="\n")
    return packaged


_LENGTH = re.compile(r"^#EXTINF:([0-9.]+),", re.MULTILINE)


def with_dates(playlist: str, timeline: Timeline) -> str:
    r"""Return *playlist* with the wall time of the first segment of each section, where that is known.

    Players count on from there. Where a section begins within a segment, the date stands at the next one.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> print(with_dates("#EXTM3U\n#EXTINF:901.0,\na\n#EXTINF:539.0,\na\n", lesson))
        #EXTM3U
        #EXT-X-PROGRAM-DATE-TIME:2019-05-23T12:05:40.000Z
        #EXTINF:901.0,
        a
        #EXT-X-PROGRAM-DATE-TIME:2019-05-23T12:21:41.000Z
        #EXTINF:539.0,
        a
        <BLANKLINE>
    """
    waiting = [section.start_ms for section in timeline.sections()]
    lines, at_s = [], Fraction(0)
    for line in playlist.splitlines():
        found = _LENGTH.match(line)
        if found:
            at_ms = seconds_to_ms(at_s)
            wall_ms = timeline.to_wall_ms(min(at_ms, timeline.duration_ms))
            if wall_ms is not None and waiting and waiting[0] <= at_ms:
                date = datetime.datetime.fromtimestamp(wall_ms / 1000, datetime.UTC)
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date:%Y-%m-%dT%H:%M:%S}.{wall_ms % 1000:03d}Z")
            waiting = [start_ms for start_ms in waiting if start_ms > at_ms]
            at_s += Fraction(found[1])
        lines.append(line)
    return "\n".join([*lines, ""])
