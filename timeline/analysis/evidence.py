"""What the media of a lesson say: each file decoded once, what was heard and seen put on playback time."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from timeline import kinds
from timeline.analysis.board import Board, board_of, board_row, page_rows
from timeline.analysis.conversation import Talk, talk_of
from timeline.analysis.people import User
from timeline.analysis.picture import PictureMeter, PictureProfile, Piece, measuring_rules
from timeline.analysis.profiles import FileProfile, PictureWay, profile_files
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.speech import ENERGY, Vad
from timeline.analysis.table import REAL, TEXT, TRUTH, WHOLE, Column, Value
from timeline.analysis.talk import UserTalk, hear_users, heard_positions
from timeline.analysis.voices import TEACHER, Voice, floor_of, union
from timeline.interval import Span, Spans, common, complement, total_ms
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.store import MediaStore, default_cache
from timeline.model import Timeline, Track

if TYPE_CHECKING:
    from timeline.media.examine import ExaminedMedia

FILE_COLUMNS = (
    Column("file", WHOLE, "", False, "number of the file in the result's list, from 0"),
    Column("track_id", TEXT, "", False, "the track that it plays on first"),
    Column("kind", TEXT, "", False, "kind of track_id"),
    Column("user_id", TEXT, "", True, "the user, where the track belongs to one"),
    Column("lost", TEXT, "", True, "why it could not be used, in a few words; missing where it could"),
    Column("declared_ms", WHOLE, "ms", False, "length by the result"),
    Column("duration_drift_ms", WHOLE, "ms", True, "how much longer the file really is"),
    Column("width_px", WHOLE, "px", True, "as coded at the start; missing without a picture"),
    Column("height_px", WHOLE, "px", True, "as coded at the start; missing without a picture"),
    Column("size_changes", WHOLE, "count", True, "how often the size changes on the way"),
    Column("fps_effective", REAL, "1/s", True, "pictures per second on average"),
    Column("sample_rate_hz", WHOLE, "Hz", True, "of the sound; missing without one"),
    Column("channels", WHOLE, "count", True, "of the sound; missing without one"),
    Column("is_whole", TRUTH, "", True, "whether its sound was decoded to its end; missing where none was"),
    Column("damage", WHOLE, "count", True, "how often its sound could not be decoded"),
)
"""What is known of a media file."""

SPEECH_COLUMNS = (
    Column("user_id", TEXT, "", False, "who speaks"),
    Column("start_ms", WHOLE, "ms", False, "start, playback time"),
    Column("end_ms", WHOLE, "ms", False, "end, playback time"),
)
"""Who speaks when, behind the crosstalk gate."""

MEDIA_LESSON_COLUMNS = (
    Column("files", WHOLE, "count", True, "files of the lesson; missing where no media were looked at"),
    Column("files_lost", WHOLE, "count", True, "files that could not be used"),
    Column(
        "talk_lost_ms",
        WHOLE,
        "ms",
        True,
        "how long a file of somebody's voice is missing, too short or damaged: left out of all measures of "
        "talk, of all users",
    ),
    Column("vad", TEXT, "", True, "what found speech: energy, silero or callable"),
    Column(
        "loudness_spread_lu",
        REAL,
        "LU",
        True,
        "loudness_lufs of the loudest less that of the softest speaker",
    ),
)
"""What was looked at for a lesson."""

_SEEN_KINDS = frozenset({kinds.CAMERA, kinds.SCREEN, kinds.WHITEBOARD})
_BOARD_KINDS = frozenset({kinds.SCREEN, kinds.WHITEBOARD})
_BROKEN = (OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)
_PICTURE_VERSION = 2


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the media of a lesson say.

    Attributes:
        examined: The files.
        profiles: What was measured in them, by position.
        talks: What was heard of each user who has files, by user id.
        talk: Turns, monologues and waits of those.
        pieces: What was seen of each camera, screen and whiteboard, by track id.
        boards: What happens on each screen and whiteboard, by track id.
        vad: The name of the detector.
        lost: When a file of a voice plays and could not be heard, merged, playback ms. Nothing of talk is
            measured then: the lost voice may speak, and leak into microphones that no gate can clean of it.
    """

    examined: ExaminedMedia
    profiles: Mapping[int, FileProfile]
    talks: Mapping[str, UserTalk]
    talk: Talk
    pieces: Mapping[str, Sequence[Piece]]
    boards: Mapping[str, Board]
    vad: str
    lost: Spans

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Everybody who has files."""
        return self.talk.voices


@dataclass(frozen=True, slots=True)
class MediaOptions:
    """Where the media of a lesson are, and how they are measured.

    Attributes:
        folder: Where its files are; None looks into the store alone.
        cache: Folder of the store in which other files are looked for, and what was measured is kept; the
            user's by default.
        vad: What finds speech: ``energy``, ``silero`` (extra ``[vad]``), or a callable, which takes float32
            samples and their rate and returns spans in seconds; see `timeline.analysis.speech`.
        pictures: Whether pictures are looked at too; it takes several times as long as sound.
        ffmpeg: Another ffmpeg than the one that comes with the media extra.
        jobs: How many files are decoded at once; one per core by default.
        on_file: Called with the number of files that are done and of all.
    """

    folder: Path | None = None
    cache: Path | None = None
    vad: str | Vad = ENERGY
    pictures: bool = True
    ffmpeg: str | os.PathLike[str] | None = None
    jobs: int | None = None
    on_file: Callable[[int, int], None] | None = None

    @property
    def store(self) -> MediaStore:
        """The store."""
        return MediaStore(self.cache or default_cache())


def gather_evidence(
    timeline: Timeline,
    people: Sequence[User],
    examined: ExaminedMedia,
    options: MediaOptions,
    rules: MetricRules = USUAL_RULES,
) -> Evidence:
    """Return what the files of a lesson say.

    Args:
        timeline: A lesson.
        people: Its users.
        examined: Its files; of the same lesson, perhaps before its names were taken out.
        options: How they are measured.
        rules: Thresholds.

    Raises:
        FFmpegNotFoundError: There is no ffmpeg.
        MissingExtraError: A package for media, or for the detector, is not installed.
        ParameterError: There is no such detector, or its answer makes no sense.
    """
    heard = heard_positions(timeline, people)
    seen = [
        clip.media.position for track in timeline.tracks if track.kind in _SEEN_KINDS for clip in track.clips
    ]
    profiles = profile_files(
        examined,
        find_ffmpeg(options.ffmpeg),
        heard=heard,
        seen=seen if options.pictures else (),
        picture_way=_picture_way(rules),
        vad=options.vad,
        rules=rules,
        store=options.store,
        jobs=options.jobs or os.cpu_count() or 1,
        on_done=options.on_file,
    )
    talks = hear_users(timeline, people, examined, profiles, rules)
    lost = union(talk.lost for talk in talks.values())
    known = complement(lost, Span(0, timeline.duration_ms))
    voices = [
        Voice(user.user_id, user.role, talks[user.user_id].speech, common(talks[user.user_id].mic_on, known))
        for user in people
        if user.user_id in talks
    ]
    pieces = {track.id: _pieces(track, profiles) for track in timeline.tracks if track.kind in _SEEN_KINDS}
    boards = {
        track.id: board_of(pieces[track.id], rules)
        for track in timeline.tracks
        if track.kind in _BOARD_KINDS and pieces[track.id]
    }
    return Evidence(
        examined,
        profiles,
        talks,
        talk_of(voices, [pause.at_ms for pause in timeline.pauses], rules),
        pieces,
        boards,
        options.vad if isinstance(options.vad, str) else "callable",
        lost,
    )


def file_rows(
    timeline: Timeline, examined: ExaminedMedia, profiles: Mapping[int, FileProfile]
) -> list[dict[str, Value]]:
    """Return the values of `FILE_COLUMNS`, one row per file that plays."""
    from timeline.media.examine import first_uses

    tracks = {clip.media.position: track for track in reversed(timeline.tracks) for clip in track.clips}
    rows: list[dict[str, Value]] = []
    for position, use in sorted(first_uses(timeline).items()):
        track, facts = tracks[position], examined.facts.get(position)
        declared_ms = use.clip.media.duration_ms
        row: dict[str, Value] = {
            "file": position,
            "track_id": track.id,
            "kind": track.kind,
            "user_id": track.user_id,
            "lost": examined.lost.get(position),
            "declared_ms": declared_ms,
        }
        if facts is not None:
            ends = [stream.end_ms for stream in (facts.picture, facts.sound) if stream]
            row["duration_drift_ms"] = max(ends) - declared_ms
            if facts.picture:
                row |= {
                    "width_px": facts.picture.width_px,
                    "height_px": facts.picture.height_px,
                    "size_changes": len(facts.picture.size_changes),
                    "fps_effective": float(facts.picture.frame_rate) or None,
                }
            if facts.sound:
                row |= {
                    "sample_rate_hz": facts.sound.sample_rate_hz or None,
                    "channels": facts.sound.channels or None,
                }
        profile = profiles.get(position)
        if profile is not None and profile.sound is not None:
            row |= {"is_whole": profile.sound.is_whole, "damage": profile.sound.damage}
        rows.append(row)
    return rows


def speech_rows(evidence: Evidence) -> list[dict[str, Value]]:
    """Return the values of `SPEECH_COLUMNS`, earliest first."""
    found = (
        (int(start_ms), int(end_ms), voice.user_id)
        for voice in evidence.voices
        for start_ms, end_ms in voice.speech
    )
    return [{"user_id": user, "start_ms": start, "end_ms": end} for start, end, user in sorted(found)]


def board_rows(
    timeline: Timeline, evidence: Evidence, rules: MetricRules = USUAL_RULES
) -> list[dict[str, Value]]:
    """Return the values of `timeline.analysis.board.BOARD_COLUMNS`, one row per screen and whiteboard."""
    floor = floor_of(evidence.voices)
    heard = union(voice.mic_on for voice in evidence.voices if voice.role == TEACHER)
    return [
        board_row(track.id, evidence.boards[track.id], floor.teachers, heard, rules)
        for track in timeline.tracks
        if track.id in evidence.boards
    ]


def turned_pages(timeline: Timeline, evidence: Evidence) -> list[dict[str, Value]]:
    """Return the values of `timeline.analysis.board.PAGE_COLUMNS` of all screens and whiteboards."""
    found = [track.id for track in timeline.tracks if track.id in evidence.boards]
    return [row for track_id in found for row in page_rows(track_id, evidence.boards[track_id])]


def media_lesson_values(
    timeline: Timeline, evidence: Evidence, user_rows: Sequence[Mapping[str, Value]]
) -> dict[str, Value]:
    """Return the values of `MEDIA_LESSON_COLUMNS`."""
    loudness = [
        float(value) for row in user_rows if row.get("talk_ms") and (value := row.get("loudness_lufs"))
    ]
    return {
        "files": len(file_positions(timeline)),
        "files_lost": len(evidence.examined.lost),
        "talk_lost_ms": total_ms(evidence.lost),
        "vad": evidence.vad,
        "loudness_spread_lu": max(loudness) - min(loudness) if len(loudness) > 1 else None,
    }


def file_positions(timeline: Timeline) -> frozenset[int]:
    """Return the positions of the files that play."""
    return frozenset(clip.media.position for track in timeline.tracks for clip in track.clips)


def camera_pieces(user: User, evidence: Evidence) -> list[Piece]:
    """Return what was seen of a user's cameras."""
    return [
        piece for track in user.tracks if track.kind == kinds.CAMERA for piece in evidence.pieces[track.id]
    ]


def _pieces(track: Track, profiles: Mapping[int, FileProfile]) -> list[Piece]:
    found = ((clip, profiles.get(clip.media.position)) for clip in track.clips)
    return [
        Piece(profile.picture, clip.start_ms, clip.end_ms, clip.media_start_ms)
        for clip, profile in found
        if profile is not None and profile.picture is not None
    ]


def _picture_way(rules: MetricRules) -> PictureWay:
    told = "-".join(f"{value:g}" for value in measuring_rules(rules)).replace(".", "p")
    return PictureWay(
        f"picture{_PICTURE_VERSION}-{told}", partial(PictureMeter, rules), _picture_bytes, _picture_profile
    )


def _picture_bytes(profile: PictureProfile) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **profile.to_arrays())  # type: ignore[arg-type]
    return file.getvalue()


def _picture_profile(data: bytes) -> PictureProfile:
    """Return the profile that was kept.

    Raises:
        ValueError: It is damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return PictureProfile.from_arrays(arrays)
    except _BROKEN as error:
        raise ValueError(f"no profile of pictures: {error}") from error
