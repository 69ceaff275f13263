"""A class that was heard: made-up speech through the real measures, as tables for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.builders import board, lesson, roster, row
from timeline.analysis.board import BOARD_COLUMNS
from timeline.analysis.conversation import (
    TALK_LESSON_COLUMNS,
    TALK_USER_COLUMNS,
    talk_lesson_values,
    talk_of,
    talk_user_values,
)
from timeline.analysis.evidence import FILE_COLUMNS
from timeline.analysis.measure import Measures, measure_lesson
from timeline.analysis.people import people_of
from timeline.analysis.picture import PICTURE_COLUMNS
from timeline.analysis.schemas import SCHEMAS
from timeline.analysis.table import REAL, TRUTH, WHOLE, Column, Schema, Table, Value
from timeline.analysis.talk_bins import BIN_COLUMNS, bin_rows
from timeline.analysis.voices import Voice
from timeline.analysis.waits import WAIT_COLUMNS
from timeline.interval import spans_of
from timeline.model import Timeline

LENGTH_MS = 600_000
ROLES = {"lin": "teacher", "amy": "student", "bo": "student", "cy": "student"}
SPEECH = {
    "lin": [(1000, 60_000), (66_000, 70_000), (80_000, 200_000), (240_000, 300_000), (340_000, 590_000)],
    "amy": [(62_500, 65_000), (74_000, 79_000), (203_400, 210_000), (299_000, 310_000)],
    "bo": [(211_000, 235_000), (315_000, 320_000)],
    "cy": [],
}
_LESSON = SCHEMAS["users"].columns[0]
_SIGNAL = (
    Column("talk_ungated_ms", WHOLE, "ms", True, "the same with leaks of other users' voices"),
    Column("loudness_lufs", REAL, "LUFS", True, "gated loudness (ITU-R BS.1770) of all that was heard"),
    Column("snr_db", REAL, "dB", True, "speech_level_dbfs less noise_floor_dbfs"),
    Column("clipping_ratio", REAL, "ratio", True, "samples of at least 0.999 of full scale, over all"),
    Column("audio_dead_ms", WHOLE, "ms", True, "digital silence of a second or more"),
    Column("is_vad_reliable", TRUTH, "", True, "whether the energy detector can be believed here"),
)
_SOUND: dict[str, Value] = {
    "loudness_lufs": -22.4,
    "snr_db": 27.3,
    "clipping_ratio": 0.002,
    "audio_dead_ms": 4000,
    "black_ratio": 0.0,
    "frozen_ratio": 0.03,
}


def class_of_four(*, roles: Mapping[str, str] = ROLES) -> Timeline:
    """Return ten minutes with a teacher and three students, of whom one never speaks."""
    rows = [row(user, 0, LENGTH_MS) for user in ROLES]
    return lesson(*rows, board(0, LENGTH_MS), roster=roster(**roles))


def heard(
    timeline: Timeline, *, deaf_to: Iterable[str] = (), silent: bool = False, lost_ms: int = 0
) -> Measures:
    """Return the measures of *timeline* with all that its media would tell.

    Args:
        timeline: As `class_of_four` makes it.
        deaf_to: Users of whom nothing was heard.
        silent: Whether nobody ever speaks.
        lost_ms: How long a file of somebody's voice is said to be lost.
    """
    measured = measure_lesson(timeline, lesson_id="class of four", result_sha256="ab" * 32)
    on = spans_of([(0, timeline.duration_ms)])
    nothing = spans_of([])
    voices = [
        Voice(
            user.user_id,
            user.role,
            nothing if silent else spans_of(SPEECH.get(user.user_id, [])),
            nothing if user.user_id in deaf_to else on,
        )
        for user in people_of(timeline)
    ]
    talk, rules = talk_of(voices, (), measured.rules), measured.rules
    of_users = talk_user_values(talk, rules)
    users = []
    for number, known in enumerate(measured.tables["users"].rows()):
        told = of_users.get(str(known["user_id"]), {})
        sound: dict[str, Value] = {}
        if told.get("mic_on_ms") is not None:
            sound = _SOUND | {
                "talk_ungated_ms": int(told["talk_ms"] or 0) + 1500,
                "is_vad_reliable": number % 2 == 0,
            }
        users.append(known | told | sound)
    (row_of_lesson,) = measured.tables["lessons"].rows()
    of_lesson = talk_lesson_values(talk, timeline.duration_ms, rules) | {"talk_lost_ms": lost_ms}
    bins = bin_rows(timeline.duration_ms, [on] * len(voices), nothing, on, voices, rules)
    whiteboard: dict[str, Value] = {
        "lesson_id": str(row_of_lesson["lesson_id"]),
        "track_id": "whiteboard",
        "board_talk_ratio": 0.7,
        "board_seen_ms": 598_000,
        "board_active_ratio": 0.31,
        "page_changes": 14,
        "longest_static_ms": 95_000,
    }
    lesson_id = str(row_of_lesson["lesson_id"])
    tables = dict(measured.tables) | {
        "lessons": wider("lessons", TALK_LESSON_COLUMNS, [row_of_lesson | of_lesson]),
        "users": wider("users", (*TALK_USER_COLUMNS, *_SIGNAL, *PICTURE_COLUMNS), users),
        "waits": wider("waits", WAIT_COLUMNS, [{"lesson_id": lesson_id} | dict(one) for one in talk.waits]),
        "bins": wider("bins", BIN_COLUMNS, [{"lesson_id": lesson_id} | one for one in bins]),
        "boards": wider("boards", BOARD_COLUMNS, [whiteboard]),
    }
    return Measures(tables, rules)


def with_files(measures: Measures, *problems: str | None) -> Measures:
    """Return *measures* with a row for each media file: what is wrong with it."""
    rows: list[dict[str, Value]] = [
        {
            "lesson_id": "class",
            "file": number,
            "track_id": f"camera:u{number}",
            "kind": "camera",
            "declared_ms": 1000,
            "lost": problem,
        }
        for number, problem in enumerate(problems)
    ]
    return Measures(dict(measures.tables) | {"files": wider("files", FILE_COLUMNS, rows)}, measures.rules)


def wider(name: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Value]]) -> Table:
    """Return a table with *columns* besides those that it has already."""
    known = SCHEMAS[name].columns if name in SCHEMAS else (_LESSON,)
    names = {column.name for column in known}
    more = tuple(column for column in columns if column.name not in names)
    return Table(Schema(name, "", ("lesson_id",), (*known, *more)), rows)
