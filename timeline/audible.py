"""Which tracks and clips are to be heard: every single stream once, no voice twice.

Mixed streams repeat the single ones: one is heard only where no single stream has a microphone. A user's
sound-only file repeats the voice of the camera file, so it is heard only while none of that user's cameras
plays. Whiteboards have no microphone; a render looks into their files and adds those that hold sound.
"""

from __future__ import annotations

from timeline import kinds
from timeline.interval import Span, Spans, complement, part_of, spans_of, total_ms
from timeline.model import Clip, Timeline, Track


def audible_tracks(timeline: Timeline) -> tuple[Track, ...]:
    """Return the tracks to be heard as a whole, the one that leads first.

    Where a user's sound-only track would double that user's camera, the longer one of the two is heard.
    """
    tracks = _candidates(timeline)
    doubled = {
        t.user_id: t for t in tracks if t.kind == kinds.AUDIO and _alone_ms(timeline, t) < _length_ms(t)
    }
    silent = set()
    for camera in tracks:
        if camera.kind == kinds.CAMERA and camera.user_id in doubled:
            sound = doubled[camera.user_id]
            silent.add(camera.id if _length_ms(sound) > _length_ms(camera) else sound.id)
    return tuple(track for track in tracks if track.id not in silent)


def audible_clips(timeline: Timeline) -> tuple[tuple[Track, Clip], ...]:
    """Return every stretch of a clip to be heard; sound-only clips are cut where a camera is heard."""
    heard: list[tuple[Track, Clip]] = []
    for track in _candidates(timeline):
        if track.kind != kinds.AUDIO:
            heard.extend((track, clip) for clip in track.clips)
            continue
        alone = _without_camera(timeline, track)
        for clip in track.clips:
            for start_ms, end_ms in part_of(alone, Span(clip.start_ms, clip.end_ms)).tolist():
                heard.append((track, Clip(start_ms, end_ms, clip.media_ms(start_ms), clip.media)))
    return tuple(heard)


def _candidates(timeline: Timeline) -> list[Track]:
    silent = (kinds.MIXED, kinds.WHITEBOARD)
    single = [track for track in timeline.tracks if track.kind not in silent]
    return single or [track for track in timeline.tracks if track.kind == kinds.MIXED][:1]


def _without_camera(timeline: Timeline, track: Track) -> Spans:
    """Return the stretches in which no camera of the track's user plays."""
    cameras = spans_of(
        (clip.start_ms, clip.end_ms)
        for other in timeline.tracks
        if other.kind == kinds.CAMERA and other.user_id == track.user_id
        for clip in other.clips
    )
    return complement(cameras, Span(0, timeline.duration_ms))


def _alone_ms(timeline: Timeline, track: Track) -> int:
    alone = _without_camera(timeline, track)
    return sum(total_ms(part_of(alone, Span(clip.start_ms, clip.end_ms))) for clip in track.clips)


def _length_ms(track: Track) -> int:
    return sum(clip.duration_ms for clip in track.clips)
