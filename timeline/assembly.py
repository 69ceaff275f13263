"""From rows to tracks: `RecordingResult` in, `Timeline` out. The only module that knows both.

Rows may come in any order; the order never matters. n log n in the number of rows.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable

from timeline import kinds
from timeline.findings import Finding, finding
from timeline.model import (
    STAMP_ROUNDING_MS,
    Clip,
    MediaReference,
    Pause,
    Timeline,
    Track,
    WallClock,
    track_order,
)
from timeline.pauses import SURPLUS_TOLERANCE_MS, find_cuts, infer_pauses
from timeline.results.recording import RecordedFile, RecordingResult
from timeline.roster import Roster
from timeline.units import format_time

_MIME = {
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "flv": "video/x-flv",
    "ts": "video/mp2t",
    "m3u8": "application/vnd.apple.mpegurl",
    "hls": "application/vnd.apple.mpegurl",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
}


def assemble(result: RecordingResult, *, roster: Roster | None = None) -> Timeline:
    """Return the timeline of a recording.

    Args:
        result: What was recorded.
        roster: Names and roles; without it labels are user ids and nobody has a role.
    """
    findings = [*result.findings, *(roster.findings if roster else ())]
    by_stream: defaultdict[tuple[str, str | None], list[RecordedFile]] = defaultdict(list)
    for recorded in result.files:
        by_stream[recorded.kind, recorded.user_id].append(recorded)
    duration_ms = max(recorded.start_ms + recorded.duration_ms for recorded in result.files)
    tracks = tuple(
        sorted(
            (
                _track(kind, user_id, files, duration_ms, roster, findings)
                for (kind, user_id), files in by_stream.items()
            ),
            key=track_order,
        )
    )
    wall = _wall_clock(result, duration_ms, findings)
    pauses = _pauses(result, tracks, duration_ms, wall, findings)
    return Timeline(
        room_id=result.room_id,
        task_id=result.task_id,
        duration_ms=duration_ms,
        tracks=tracks,
        pauses=pauses,
        wall=wall,
        findings=tuple(findings),
    )


def track_id(kind: str, user_id: str | None) -> str:
    """Return the id of a track.

    Example:
        >>> track_id("camera", "amy"), track_id("whiteboard", None)
        ('camera:amy', 'whiteboard')
    """
    return kind if user_id is None else f"{kind}:{user_id}"


def _track(
    kind: str,
    user_id: str | None,
    files: Iterable[RecordedFile],
    duration_ms: int,
    roster: Roster | None,
    findings: list[Finding],
) -> Track:
    name = track_id(kind, user_id)
    clips = [
        Clip(
            recorded.start_ms,
            recorded.start_ms + recorded.duration_ms,
            0,
            MediaReference(
                url=recorded.url,
                video_id=recorded.video_id,
                mime=_mime(recorded),
                size_bytes=recorded.size_bytes,
                duration_ms=recorded.duration_ms,
                index=recorded.position,
                width_px=recorded.width_px,
                height_px=recorded.height_px,
            ),
        )
        for recorded in sorted(files, key=_by_start)
    ]
    if any(later.start_ms < clip.end_ms for clip, later in itertools.pairwise(clips)):
        clips = _without_overlap(name, clips, findings)
    person = roster.people.get(user_id) if roster and user_id is not None else None
    return Track(
        id=name,
        kind=kind,
        user_id=user_id,
        label=(person and person.name) or user_id or kind,
        role=person.role if person else None,
        clips=tuple(clips),
        duration_ms=duration_ms,
    )


def _by_start(recorded: RecordedFile) -> tuple[int, int, str, str, str, int]:
    """Order rows by what they say, never by their place in the list; of equal starts the longer is later."""
    return (
        recorded.start_ms,
        recorded.duration_ms,
        recorded.url or "",
        recorded.video_id or "",
        recorded.format or "",
        recorded.size_bytes or 0,
    )


def _without_overlap(name: str, clips: list[Clip], findings: list[Finding]) -> list[Clip]:
    """Return pieces of *clips* such that at each instant the one that started last plays.

    ::

        earlier  |------------------|
        later          |-----|
        result   |----||-----||-----|     (the earlier one goes on where the later one ends)
    """
    instants = sorted({ms for clip in clips for ms in (clip.start_ms, clip.end_ms)})
    pieces: list[Clip] = []
    heap: list[tuple[int, Clip]] = []  # the clip that started last is on top
    begin = 0
    for start_ms, end_ms in itertools.pairwise(instants):
        while begin < len(clips) and clips[begin].start_ms <= start_ms:
            heapq.heappush(heap, (-begin, clips[begin]))
            begin += 1
        while heap and heap[0][1].end_ms <= start_ms:
            heapq.heappop(heap)
        if not heap:
            continue
        clip = heap[0][1]
        last = pieces[-1] if pieces else None
        if last is not None and last.media is clip.media and last.end_ms == start_ms:
            pieces[-1] = Clip(last.start_ms, end_ms, last.media_start_ms, last.media)
        else:
            pieces.append(Clip(start_ms, end_ms, clip.media_ms(start_ms), clip.media))
    kept_ms: defaultdict[int, int] = defaultdict(int)
    for piece in pieces:
        kept_ms[piece.media.index] += piece.duration_ms
    for clip in clips:
        lost_ms = clip.duration_ms - kept_ms[clip.media.index]
        if lost_ms:
            findings.append(
                finding(
                    "clips_overlap",
                    f"{name}: {format_time(lost_ms)} of the file that starts at "
                    f"{format_time(clip.start_ms)} lies under a later one and is not used",
                    at_ms=clip.start_ms,
                    where=name,
                )
            )
    return pieces


def _mime(recorded: RecordedFile) -> str:
    default = "audio/mpeg" if recorded.kind == kinds.AUDIO else "video/mp4"
    return _MIME.get(recorded.format or "", default)


def _wall_clock(result: RecordingResult, duration_ms: int, findings: list[Finding]) -> WallClock | None:
    if result.wall_start_ms is None or result.wall_stop_ms is None:
        findings.append(finding("wall_clock_missing", "no start or no stop time, so no wall times"))
        return None
    wall_ms = result.wall_stop_ms - result.wall_start_ms
    if wall_ms - duration_ms < -STAMP_ROUNDING_MS:
        findings.append(
            finding(
                "wall_clock_impossible",
                f"{format_time(duration_ms)} of playback in {format_time(wall_ms)} of wall time; "
                "the stamps are not used",
            )
        )
        return None
    return WallClock(result.wall_start_ms, result.wall_stop_ms, SURPLUS_TOLERANCE_MS)


def _pauses(
    result: RecordingResult,
    tracks: tuple[Track, ...],
    duration_ms: int,
    wall: WallClock | None,
    findings: list[Finding],
) -> tuple[Pause, ...]:
    surplus_ms = None if wall is None else wall.stop_ms - wall.start_ms - duration_ms
    if result.declared_pauses:
        declared = []
        for at_ms, length_ms, uncertainty_ms in result.declared_pauses:
            if at_ms > duration_ms:
                findings.append(
                    finding(
                        "pause_declared_odd",
                        f"a pause is declared at {format_time(at_ms)}, after the end; left out",
                        at_ms=at_ms,
                    )
                )
                continue
            low_ms = max(0, length_ms - uncertainty_ms)
            declared.append(Pause(at_ms, length_ms, (low_ms, length_ms + uncertainty_ms), "declared"))
        if declared:
            return tuple(declared)
    pauses, doubts = infer_pauses(find_cuts(tracks), surplus_ms)
    findings.extend(doubts)
    return pauses
