"""Who is in a lesson, and when their cameras, screens and sound-only files run.

Everything here is on merged spans: a file is not a presence. Mixed streams hold everybody and belong to
nobody. A file without a user id belongs to nobody either, nor does one of the recording service itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timeline import kinds
from timeline.interval import Spans, merge, spans_of
from timeline.model import Timeline, Track
from timeline.roster import Person

RECORDER = "tic_record_user_"
"""User ids of the recording service begin like this (the guide, section on its user id)."""


@dataclass(frozen=True, slots=True)
class User:
    """One person of a lesson.

    Attributes:
        user_id: As the result says, or the roster.
        label: A name for people.
        role: From the roster, else None.
        tracks: The user's tracks; none for somebody who is only in the roster.
        camera: When a camera of the user is on: merged, touching stretches joined.
        screen: When the user shares a screen.
        sound_only: When a sound-only file of the user runs.
        is_in_roster: Whether the roster names the user; None without a roster.
    """

    user_id: str
    label: str
    role: str | None
    tracks: tuple[Track, ...]
    camera: Spans
    screen: Spans
    sound_only: Spans
    is_in_roster: bool | None = None

    @property
    def has_files(self) -> bool:
        """Whether any file of the user plays; not so for who is only in the roster, or in another part."""
        return any(track.clips for track in self.tracks)


def people_of(timeline: Timeline, roster: Mapping[str, Person] | None = None) -> tuple[User, ...]:
    """Return everybody with a camera, screen or sound-only file, in the order of the tracks.

    Args:
        timeline: A lesson; roles and labels are those of its tracks.
        roster: Who should have been there, by user id; those without a file follow, with no spans.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> [(user.user_id, user.camera.tolist()) for user in people_of(lesson)]
        [('ios_test1', [[0, 1200000]]), ('pc_test1', [[300000, 1110000]])]
    """
    tracks: dict[str, list[Track]] = {}
    for track in timeline.tracks:
        if track.kind in kinds.PERSONAL_KINDS and track.user_id and not track.user_id.startswith(RECORDER):
            tracks.setdefault(track.user_id, []).append(track)
    people = [
        User(
            user_id,
            own[0].label,
            next((track.role for track in own if track.role), None),
            tuple(own),
            camera=when_on(own, kinds.CAMERA),
            screen=when_on(own, kinds.SCREEN),
            sound_only=when_on(own, kinds.AUDIO),
            is_in_roster=None if roster is None else user_id in roster,
        )
        for user_id, own in tracks.items()
    ]
    nothing = spans_of([])
    people += [
        User(user_id, person.name or user_id, person.role, (), nothing, nothing, nothing, True)
        for user_id, person in (roster or {}).items()
        if user_id not in tracks
    ]
    return tuple(people)


def when_on(tracks: tuple[Track, ...] | list[Track], kind: str) -> Spans:
    """Return when a track of this kind plays: merged, touching stretches joined."""
    return merge(
        spans_of(
            (clip.start_ms, clip.end_ms) for track in tracks if track.kind == kind for clip in track.clips
        )
    )
