"""A lesson without names: for sharing figures, not people."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Callable

from timeline.errors import ParameterError
from timeline.findings import FINDING_KINDS, Finding
from timeline.model import Clip, Timeline, Track
from timeline.model.clips import MediaReference
from timeline.roster import Person, Roster

_DIGITS = 10


def pseudonym(name: str, salt: str, *, of: str = "user") -> str:
    """Return what stands for a name: the same for the same salt, and nothing else tells whose it is.

    HMAC-SHA256 with *salt* as its key. Whoever knows the salt can try ids; keep it as a password is kept.

    Raises:
        ParameterError: *salt* is empty.

    Example:
        >>> pseudonym("amy", "secret") == pseudonym("amy", "secret") != pseudonym("amy", "other")
        True
    """
    if not salt:
        raise ParameterError("expected a salt to make pseudonyms with; an empty one hides nobody")
    return f"{of}-{hmac.new(salt.encode(), name.encode(), hashlib.sha256).hexdigest()[:_DIGITS]}"


def pseudonymised(timeline: Timeline, salt: str) -> Timeline:
    """Return the lesson with a pseudonym for each user, and without what else could name one.

    Room and task become pseudonyms too; urls and ids of files are left out, and findings keep their kind
    and time but not their words. Roles, times, and the wall clock stay: a time of day may tell which
    class it is.

    Raises:
        ParameterError: *salt* is empty: then anybody could try ids.

    Example:
        >>> import timeline
        >>> lesson = pseudonymised(timeline.load("sample_results/guide_example.json"), "secret")
        >>> lesson.tracks[0].id.startswith("camera:user-")
        True
    """

    def renamed(name: str | None, of: str = "user") -> str | None:
        return None if name is None else pseudonym(name, salt, of=of)

    return dataclasses.replace(
        timeline,
        room_id=renamed(timeline.room_id, "room"),
        task_id=renamed(timeline.task_id, "task"),
        tracks=tuple(_track(track, renamed) for track in timeline.tracks),
        findings=tuple(_finding(item) for item in timeline.findings),
        extra=(),
    )


def pseudonymised_roster(roster: Roster, salt: str) -> Roster:
    """Return the roster with pseudonyms for ids and names; roles stay."""
    people = (Person(pseudonym(person.user_id, salt), None, person.role) for person in roster.people.values())
    return Roster({person.user_id: person for person in people})


def _track(track: Track, renamed: Callable[[str | None], str | None]) -> Track:
    user_id = renamed(track.user_id)
    name = user_id or track.kind
    return dataclasses.replace(
        track,
        id=track.kind if user_id is None else f"{track.kind}:{user_id}",
        user_id=user_id,
        label=name,
        clips=tuple(clip._replace(media=_media(clip)) for clip in track.clips),
    )


def _media(clip: Clip) -> MediaReference:
    return clip.media._replace(url=None, video_id=None)


def _finding(item: Finding) -> Finding:
    return dataclasses.replace(item, message=FINDING_KINDS[item.code].means, where=None)
