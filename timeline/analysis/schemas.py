"""All tables of measures: what a row is, which columns name it, and what every column means."""

from __future__ import annotations

from timeline.analysis.board import BOARD_COLUMNS, PAGE_COLUMNS
from timeline.analysis.conversation import TALK_LESSON_COLUMNS, TALK_USER_COLUMNS
from timeline.analysis.evidence import FILE_COLUMNS, MEDIA_LESSON_COLUMNS, SPEECH_COLUMNS
from timeline.analysis.lessons import CONCURRENCY_COLUMNS, LESSON_COLUMNS
from timeline.analysis.picture import PICTURE_COLUMNS
from timeline.analysis.presence import PRESENCE_COLUMNS
from timeline.analysis.signal import SIGNAL_COLUMNS
from timeline.analysis.table import REAL, TEXT, WHOLE, Column, Schema
from timeline.analysis.talk import HEARD_COLUMNS
from timeline.analysis.talk_bins import BIN_COLUMNS, FIAC_COLUMNS
from timeline.analysis.turns import TRANSITION_COLUMNS, TURN_COLUMNS
from timeline.analysis.waits import WAIT_COLUMNS
from timeline.errors import ParameterError

_LESSON = Column(
    "lesson_id", TEXT, "", False, "the lesson: given by the caller, else the recording task or a name"
)
_TRACK = (
    Column("track_id", TEXT, "", False, "the track"),
    Column("kind", TEXT, "", False, "camera, screen, whiteboard, mixed, audio or another one"),
    Column("user_id", TEXT, "", True, "the user, where the track belongs to one"),
)
_SPAN = (
    Column("start_ms", WHOLE, "ms", False, "start, playback time"),
    Column("end_ms", WHOLE, "ms", False, "end, playback time"),
)

LESSONS = Schema(
    "lessons",
    "one row per lesson; one that could not be read has an error and nothing else",
    ("lesson_id",),
    (
        _LESSON,
        Column("error", TEXT, "", True, "why the lesson could not be read; missing where it could"),
        *LESSON_COLUMNS,
        *MEDIA_LESSON_COLUMNS,
        *TALK_LESSON_COLUMNS,
        Column(
            "result_sha256", TEXT, "", True, "SHA-256 of the result; missing where only a timeline was given"
        ),
        Column("generator", TEXT, "", False, "the program that measured, with its version"),
        Column(
            "rules", TEXT, "", False, "12 digits that stand for all thresholds; equal ones can be compared"
        ),
    ),
)
USERS = Schema(
    "users",
    "one row per user of a lesson",
    ("lesson_id", "user_id"),
    (
        _LESSON,
        *PRESENCE_COLUMNS,
        *TALK_USER_COLUMNS,
        *HEARD_COLUMNS,
        *SIGNAL_COLUMNS,
        *PICTURE_COLUMNS,
    ),
)
CLIPS = Schema(
    "clips",
    "one row per clip: a file placed on the timeline",
    ("lesson_id", "clip"),
    (
        _LESSON,
        Column("clip", WHOLE, "", False, "number of the clip, from 0, track by track"),
        *_TRACK,
        *_SPAN,
        Column("duration_ms", WHOLE, "ms", False, "end less start"),
        Column("media_start_ms", WHOLE, "ms", False, "where in the file it begins, media time"),
        Column("bytes", WHOLE, "B", True, "declared size of the file"),
        Column("mime", TEXT, "", False, "media type by the declared format"),
        Column("url", TEXT, "", True, "where the service stored it; may hold a signature"),
        Column("video_id", TEXT, "", True, "the store's id"),
    ),
)
SPANS = Schema(
    "spans",
    "one row per stretch in which a track plays; clips at most merge_gap_ms apart are one",
    ("lesson_id", "track_id", "span"),
    (
        _LESSON,
        *_TRACK,
        Column("span", WHOLE, "", False, "number of the stretch in its track, from 0"),
        *_SPAN,
        Column("clips", WHOLE, "count", False, "clips in it"),
    ),
)
CONCURRENCY = Schema(
    "concurrency",
    "one row per number of users on camera at once",
    ("lesson_id", "users_on_camera"),
    (_LESSON, *CONCURRENCY_COLUMNS),
)
BINS = Schema(
    "bins",
    "one row per stretch of bin_ms of the lesson",
    ("lesson_id", "bin_start_ms"),
    (_LESSON, *BIN_COLUMNS),
)
SPEECH = Schema(
    "speech",
    "one row per stretch of a user's speech, what leaked in of others removed",
    ("lesson_id", "user_id", "start_ms"),
    (_LESSON, *SPEECH_COLUMNS),
)
TURNS = Schema(
    "turns",
    "one row per turn or backchannel",
    ("lesson_id", "kind", "user_id", "start_ms"),
    (_LESSON, *TURN_COLUMNS),
)
TRANSITIONS = Schema(
    "transitions",
    "one row per pair of users whose turns follow each other",
    ("lesson_id", "from_user_id", "to_user_id"),
    (_LESSON, *TRANSITION_COLUMNS),
)
WAITS = Schema(
    "waits",
    "one row per change from teacher to student, from student to teacher, or within a side",
    ("lesson_id", "from_user_id", "to_user_id", "at_ms"),
    (_LESSON, *WAIT_COLUMNS),
)
FIAC3S = Schema(
    "fiac3s",
    "one row per stretch of fiac_bin_ms, with what fills most of it",
    ("lesson_id", "bin_start_ms"),
    (_LESSON, *FIAC_COLUMNS),
)
BOARDS = Schema(
    "boards",
    "one row per whiteboard or screen that was looked at",
    ("lesson_id", "track_id"),
    (_LESSON, *BOARD_COLUMNS),
)
PAGES = Schema(
    "pages", "one row per change of page", ("lesson_id", "track_id", "at_ms"), (_LESSON, *PAGE_COLUMNS)
)
FILES = Schema("files", "one row per media file that plays", ("lesson_id", "file"), (_LESSON, *FILE_COLUMNS))
METRICS = Schema(
    "metrics",
    "one row per number of the tables lessons and users; what is missing has no row",
    ("lesson_id", "scope", "user_id", "metric"),
    (
        _LESSON,
        Column("scope", TEXT, "", False, "lesson or user"),
        Column("user_id", TEXT, "", True, "the user; missing for the lesson's own"),
        Column("metric", TEXT, "", False, "name of the column"),
        Column("value", REAL, "", False, "the number; a truth is 0 or 1"),
        Column("unit", TEXT, "", False, "the column's unit; empty for a truth"),
    ),
)

_ALL = (
    *(LESSONS, USERS, CLIPS, SPANS, CONCURRENCY, BINS),
    *(SPEECH, TURNS, TRANSITIONS, WAITS, FIAC3S, BOARDS, PAGES, FILES, METRICS),
)
SCHEMAS = {schema.name: schema for schema in _ALL}
"""All tables by name, in the order in which they are written."""


def schema_of(name: str) -> Schema:
    """Return the schema of a table.

    Raises:
        ParameterError: There is no such table.

    Example:
        >>> schema_of("users").column("camera_on_ms").unit
        'ms'
    """
    if name not in SCHEMAS:
        raise ParameterError(f"no table {name!r}; there are: {', '.join(SCHEMAS)}")
    return SCHEMAS[name]
