"""From rows to tracks: `RecordingResult` in, `Timeline` out. The only module that knows both.

Rows may come in any order; the order never matters. n log n in the number of rows.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter

from timeline import kinds
from timeline.findings import Finding, finding
from timeline.journal import Journal
from timeline.model import Clip, MediaReference, Pause, Timeline, Track, track_order
from timeline.pauses import DEFAULT_RULES, PauseRules, find_cuts, infer_pauses, place_told_pauses
from timeline.results.recording import DeclaredPause, RecordedFile, RecordingResult
from timeline.roster import Roster
from timeline.sinks import show
from timeline.stamps import Stamps, read_stamps
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


def assemble(
    result: RecordingResult,
    *,
    roster: Roster | None = None,
    journal: Journal | None = None,
    wall_origin_ms: int | None = None,
    rules: PauseRules = DEFAULT_RULES,
) -> Timeline:
    """Return the timeline of a recording.

    Args:
        result: What was recorded.
        roster: Names and roles; without it labels are user ids and nobody has a role.
        journal: The pause and resume calls that were made.
        wall_origin_ms: Unix ms of the start of playback, where somebody knows it: the anchor.
        rules: When a cut is a pause.
    """
    findings = [
        *result.findings,
        *(roster.findings if roster else ()),
        *(journal.findings if journal else ()),
    ]
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
    tolerance_ms = rules.surplus_tolerance_ms
    stamps = read_stamps(result, duration_ms, wall_origin_ms, findings, tolerance_ms=tolerance_ms)
    pauses, first_cut_ms = _pauses(result, tracks, duration_ms, stamps, journal, rules, findings)
    stamps = stamps and stamps.held_against(pauses, duration_ms, findings)
    return Timeline(
        room_id=result.room_id,
        task_id=result.task_id,
        duration_ms=duration_ms,
        tracks=tracks,
        pauses=pauses,
        wall=None if stamps is None else stamps.clock(duration_ms, pauses, first_cut_ms),
        findings=tuple(findings),
    )


def named(timeline: Timeline, roster: Roster) -> Timeline:
    """Return *timeline* with the names and roles of *roster*; tracks of people who are not in it stay."""
    people = roster.people
    tracks = [
        dataclasses.replace(
            track,
            label=people[track.user_id].name or track.user_id,
            role=people[track.user_id].role,
        )
        if track.user_id is not None and track.user_id in people
        else track
        for track in timeline.tracks
    ]
    return dataclasses.replace(
        timeline,
        tracks=tuple(sorted(tracks, key=track_order)),
        findings=(*timeline.findings, *roster.findings),
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
    default = "audio/mpeg" if kind == kinds.AUDIO else "video/mp4"
    clips = []
    for position, _, _, start_ms, length_ms, url, video_id, container, size, width, height in _in_order(
        files
    ):
        mime = _MIME.get(container, default) if container else default
        media = MediaReference(url, video_id, mime, size, length_ms, position, width, height)
        clips.append(Clip(start_ms, start_ms + length_ms, 0, media))
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


def _in_order(files: Iterable[RecordedFile]) -> list[RecordedFile]:
    """Order rows by what they say, never by their place in the list; of equal starts the longer is later."""
    ordered = sorted(files, key=_start_and_length)
    if any(_start_and_length(a) == _start_and_length(b) for a, b in itertools.pairwise(ordered)):
        ordered.sort(key=lambda row: tuple((fact is not None, fact) for fact in row[3:]))
    return ordered


_start_and_length = attrgetter("start_ms", "duration_ms")


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
        kept_ms[piece.media.position] += piece.duration_ms
    for clip in clips:
        lost_ms = clip.duration_ms - kept_ms[clip.media.position]
        if lost_ms:
            findings.append(
                finding(
                    "clips_overlap",
                    f"{show(name)}: {format_time(lost_ms)} of the file that starts at "
                    f"{format_time(clip.start_ms)} lies under a later one and is not used",
                    at_ms=clip.start_ms,
                    where=name,
                )
            )
    return pieces


def _pauses(
    result: RecordingResult,
    tracks: tuple[Track, ...],
    duration_ms: int,
    stamps: Stamps | None,
    journal: Journal | None,
    rules: PauseRules,
    findings: list[Finding],
) -> tuple[tuple[Pause, ...], int | None]:
    """Return the pauses by the best evidence there is: declared, then the journal's, then inferred ones.

    With inferred ones comes the first cut, from where on another pause may hide.
    """
    declared = _declared_pauses(result.declared_pauses, duration_ms, findings)
    if declared or result.is_wall_axis:
        if journal is not None:
            why = "the result declares its pauses" if declared else "nothing is cut out of this recording"
            findings.append(finding("journal_unused", f"{why}; the journal is not needed"))
        return declared, None
    cuts = find_cuts(tracks, tolerance_ms=rules.cut_tolerance_ms)
    if journal is not None and stamps is None:
        findings.append(finding("journal_unused", "without wall times the journal cannot be placed"))
    elif journal is not None and stamps is not None:
        told = journal.pauses(result.task_id, result.room_id)
        pauses, doubts = place_told_pauses(told, cuts, stamps, duration_ms, rules=rules)
        if told or not journal.calls_of(
            result.task_id, result.room_id
        ):  # else it was never paused through us
            findings.extend(doubts)
        if pauses:
            return pauses, None
    surplus_ms = None if stamps is None else stamps.surplus_ms(duration_ms)
    pauses, doubts = infer_pauses(cuts, surplus_ms, rules=rules)
    findings.extend(doubts)
    return pauses, cuts[0].at_ms if cuts else None


def _declared_pauses(
    declared: Iterable[DeclaredPause], duration_ms: int, findings: list[Finding]
) -> tuple[Pause, ...]:
    pauses = []
    for at_ms, length_ms, uncertainty_ms in declared:
        if at_ms > duration_ms:
            message = f"a pause is declared at {format_time(at_ms)}, after the end; left out"
            findings.append(finding("pause_declared_odd", message, at_ms=at_ms))
            continue
        low_ms = max(0, length_ms - uncertainty_ms)
        pauses.append(Pause(at_ms, length_ms, (low_ms, length_ms + uncertainty_ms), "declared"))
    return tuple(pauses)
