"""Who speaks when, on the playback clock: from the profiles of files, behind the crosstalk gate.

A user's silence means something only where a microphone of that user was heard (``mic_on``): a file with
sound plays, and could be decoded there. Screens, boards and mixed streams are nobody's voice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from timeline import kinds
from timeline.analysis.crosstalk import STEP_MS, without_leaks
from timeline.analysis.people import User
from timeline.analysis.profiles import FileProfile
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.sound import CELL_MS, SoundProfile
from timeline.analysis.spectrum import FRAME_MS
from timeline.analysis.table import WHOLE, Column, Value
from timeline.audible import audible_clips
from timeline.interval import Span, Spans, clip_to, common, complement, merge, spans_of, total_ms
from timeline.media.facts import MediaFacts
from timeline.media.reconcile import LENGTH_TOLERANCE_MS
from timeline.model import Clip, Timeline

if TYPE_CHECKING:
    from timeline.media.examine import ExaminedMedia

HEARD_COLUMNS = (
    Column("talk_ungated_ms", WHOLE, "ms", True, "talk_ms with what leaks in of other users' voices"),
    Column("speech_segments", WHOLE, "count", True, "stretches of speech; see vad_bridge_ms"),
    Column("longest_silence_ms", WHOLE, "ms", True, "longest stretch of mic on without speech of the user"),
)
"""What was heard of a user, beside the measures of talk; missing where nothing was."""

Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class UserTalk:
    """What was heard of one user, on the playback clock; spans in ms, merged.

    Attributes:
        user_id: The user.
        mic_on: Where a file with sound was heard.
        speech: Where the user speaks, behind the gate.
        speech_ungated: The same with leaks.
        dead: Where the sound is digital silence for a second or more.
        levels_db: Of each 10 ms of the lesson, dBFS; NaN where nothing was heard.
        blocks_lufs: Loudness of all blocks of 400 ms that were heard; NaN between files.
        samples: How many native samples were heard.
        clipped: How many of them are clipped.
        peak: Largest magnitude; may exceed 1.
        has_sound_stream: Whether any file of the user holds sound; None where files are missing that may.
        is_complete: Whether every file of the user's voice that holds sound was heard from end to end; None
            where none does.
        lost: When a file of the user's voice plays and could not be heard, merged.
    """

    user_id: str
    mic_on: Spans
    speech: Spans
    speech_ungated: Spans
    dead: Spans
    levels_db: Levels = field(repr=False)
    blocks_lufs: Levels = field(repr=False)
    samples: int
    clipped: int
    peak: float
    has_sound_stream: bool | None
    is_complete: bool | None
    lost: Spans


def voice_clips(timeline: Timeline, people: Sequence[User]) -> list[Clip]:
    """Return the clips that are somebody's voice, user by user."""
    clips = _voice_clips(timeline)
    return [clip for user in people for clip in clips.get(user.user_id, ())]


def heard_positions(timeline: Timeline, people: Sequence[User]) -> tuple[int, ...]:
    """Return the positions of the files that are somebody's voice: their sound has to be decoded."""
    return tuple(dict.fromkeys(clip.media.position for clip in voice_clips(timeline, people)))


def hear_users(
    timeline: Timeline,
    people: Sequence[User],
    examined: ExaminedMedia,
    profiles: Mapping[int, FileProfile],
    rules: MetricRules = USUAL_RULES,
) -> dict[str, UserTalk]:
    """Return what was heard of each user, by user id, in the order of *people*."""
    clips = _voice_clips(timeline)
    heard = {
        user.user_id: _heard(user.user_id, clips.get(user.user_id, ()), timeline, examined, profiles)
        for user in people
        if user.has_files
    }
    levels = {user_id: _steps(talk.levels_db) for user_id, talk in heard.items() if len(talk.mic_on)}
    own = without_leaks({user_id: heard[user_id].speech_ungated for user_id in levels}, levels, rules)
    return {
        user_id: dataclasses.replace(talk, speech=own.get(user_id, talk.speech_ungated))
        for user_id, talk in heard.items()
    }


def heard_row(talk: UserTalk | None) -> dict[str, Value]:
    """Return the values of `HEARD_COLUMNS`.

    Args:
        talk: None for a user without any file.
    """
    if talk is None or len(talk.mic_on) == 0:
        return {}
    return {
        "talk_ungated_ms": total_ms(talk.speech_ungated),
        "speech_segments": len(talk.speech),
        "longest_silence_ms": _longest_ms(_without(talk.mic_on, talk.speech)),
    }


def _voice_clips(timeline: Timeline) -> dict[str | None, list[Clip]]:
    """Return the clips that are somebody's voice, by user id, none of them twice at a time."""
    clips: dict[str | None, list[Clip]] = {}
    for track, clip in audible_clips(timeline):
        if track.kind in (kinds.CAMERA, kinds.AUDIO):
            clips.setdefault(track.user_id, []).append(clip)
    return clips


def _heard(
    user_id: str,
    clips: Sequence[Clip],
    timeline: Timeline,
    examined: ExaminedMedia,
    profiles: Mapping[int, FileProfile],
) -> UserTalk:
    levels = np.full(-(-timeline.duration_ms // FRAME_MS), np.nan, np.float32)
    spans: dict[str, list[Spans]] = {"heard": [], "speech": [], "dead": [], "lost": []}
    blocks: list[Levels] = [np.zeros(0, np.float32)]
    samples = clipped = 0
    peak = 0.0
    files: list[MediaFacts | None] = []
    is_damaged = False
    for clip in clips:
        facts = examined.facts.get(clip.media.position)
        files.append(facts)
        profile = profiles.get(clip.media.position)
        spans["lost"].append(_lost(clip, facts, profile.sound if profile else None))
        if profile is None or profile.sound is None:
            continue
        own, media = profile.sound, Span(clip.media_start_ms, clip.media_start_ms + clip.duration_ms)
        is_damaged |= not own.is_whole or own.damage > 0
        for name, found in (("heard", own.heard), ("speech", profile.speech), ("dead", own.dead)):
            spans[name].append(clip_to(found, media) + (clip.start_ms - clip.media_start_ms))
        _lay(levels, own.levels_db, clip)
        # Blocks of 400 ms that lie in the clip whole, and seconds that begin in it.
        first, last = -(-media.start_ms // CELL_MS), (media.end_ms - 400) // CELL_MS + 1
        blocks += [own.loudness_lufs[first : max(first, last)], np.full(1, np.nan, np.float32)]
        seconds = slice(-(-media.start_ms // 1000), -(-media.end_ms // 1000))
        samples += int(own.samples[seconds].sum())
        clipped += int(own.clipped[seconds].sum())
        peak = max(peak, own.peak)
    joined = {name: merge(np.concatenate([spans_of([]), *parts])) for name, parts in spans.items()}
    speech = common(joined["speech"], joined["heard"])
    has_sound = any(facts is not None and facts.sound is not None for facts in files)
    is_known = has_sound or None not in files
    is_complete = None if is_known and not has_sound else not is_damaged and len(joined["lost"]) == 0
    return UserTalk(
        user_id, joined["heard"], speech, speech, joined["dead"], levels, np.concatenate(blocks),
        samples, clipped, peak, has_sound if is_known else None, is_complete, joined["lost"],
    )  # fmt: skip


def _lost(clip: Clip, facts: MediaFacts | None, sound: SoundProfile | None) -> Spans:
    """Return when a clip plays and its sound could not be had: there is no file, or it is short or damaged.

    A file without sound, or one whose picture goes on without it, had its microphone off: nothing is lost.
    """
    whole = Span(clip.start_ms, clip.end_ms)
    if facts is None:
        return spans_of([whole])
    if facts.sound is None:
        return spans_of([])
    if sound is None:
        return spans_of([whole])
    media_end_ms, file_end_ms = clip.media_start_ms + clip.duration_ms, _end_ms(facts)
    lost = [(file_end_ms, media_end_ms)] if media_end_ms - file_end_ms >= LENGTH_TOLERANCE_MS else []
    if sound.damage or not sound.is_whole:
        coded = Span(facts.sound.start_ms, facts.sound.end_ms)
        unheard = complement(np.concatenate((sound.heard, spans_of(facts.sound.holes))), coded)
        lost += unheard[unheard[:, 1] - unheard[:, 0] >= FRAME_MS].tolist()
    return clip_to(merge(spans_of(lost)) + (clip.start_ms - clip.media_start_ms), whole)


def _end_ms(facts: MediaFacts) -> int:
    return max(stream.end_ms for stream in (facts.picture, facts.sound) if stream)


def _lay(levels: Levels, own: Levels, clip: Clip) -> None:
    """Put a file's levels where the clip plays; its frames may lie up to 5 ms beside those of the lesson."""
    frames = np.arange(-(-clip.start_ms // FRAME_MS), min(clip.end_ms // FRAME_MS, len(levels)))
    media = (frames * FRAME_MS - clip.start_ms + clip.media_start_ms + FRAME_MS // 2) // FRAME_MS
    is_there = (media >= 0) & (media < len(own))
    levels[frames[is_there]] = own[media[is_there]]


def _steps(levels: Levels) -> Levels:
    """Return the levels of frames as long as those of the gate."""
    per_step = STEP_MS // FRAME_MS
    padded = np.pad(levels.astype(np.float64), (0, -len(levels) % per_step), constant_values=np.nan)
    power = (10 ** (padded / 10)).reshape(-1, per_step).mean(axis=1)
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(power), np.float32)


def _without(spans: Spans, others: Spans) -> Spans:
    """Return the parts of merged *spans* in which none of *others* plays."""
    if len(spans) == 0:
        return spans
    ends = np.concatenate(([spans[0, 0]], others[:, 1]))
    starts = np.concatenate((others[:, 0], [spans[-1, 1]]))
    return common(spans, merge(np.stack((ends, starts), axis=1)))


def _longest_ms(spans: Spans) -> int:
    return int((spans[:, 1] - spans[:, 0]).max(initial=0))
