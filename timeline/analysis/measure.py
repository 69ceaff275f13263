"""A lesson to all tables of measures, in one call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from timeline import kinds
from timeline.analysis.conversation import talk_lesson_values, talk_user_values
from timeline.analysis.evidence import (
    Evidence,
    MediaOptions,
    board_rows,
    camera_pieces,
    file_positions,
    file_rows,
    gather_evidence,
    media_lesson_values,
    speech_rows,
    turned_pages,
)
from timeline.analysis.lessons import concurrency_rows, lesson_row
from timeline.analysis.people import User, people_of, when_on
from timeline.analysis.picture import picture_user_values
from timeline.analysis.presence import presence_row
from timeline.analysis.pseudonyms import pseudonymised, pseudonymised_roster
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.schemas import LESSONS, SCHEMAS, USERS
from timeline.analysis.signal import signal_row
from timeline.analysis.table import TEXT, Schema, Table, Value, stacked
from timeline.analysis.talk import heard_row
from timeline.analysis.talk_bins import bin_rows, fiac_rows
from timeline.analysis.turns import transition_rows, turn_rows
from timeline.model import Timeline
from timeline.roster import Roster, read_roster
from timeline.version import __version__

if TYPE_CHECKING:
    from timeline.media.examine import ExaminedMedia

Rows = list[dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Measures:
    """All that was measured, of one lesson or of many.

    Attributes:
        tables: By the names of `timeline.analysis.schemas.SCHEMAS`, in that order.
        rules: The thresholds.
    """

    tables: Mapping[str, Table]
    rules: MetricRules

    def __repr__(self) -> str:
        filled = ", ".join(
            f"{name} {table.row_count}" for name, table in self.tables.items() if table.row_count
        )
        return f"<Measures: rows of {filled}>"


def measure_lesson(
    timeline: Timeline,
    *,
    lesson_id: str | None = None,
    roster: Roster | str | os.PathLike[str] | None = None,
    media: MediaOptions | str | os.PathLike[str] | None = None,
    class_start_ms: int = 0,
    rules: MetricRules = USUAL_RULES,
    pseudonymise: str | None = None,
    result_sha256: str | None = None,
) -> Measures:
    """Return all tables of a lesson; docs/metrics.md says what every column means.

    Args:
        timeline: A lesson; roles and labels are those that it was loaded with.
        lesson_id: Names the lesson in every row; by default its task, else its room, else ``lesson``.
            Give one where lessons are compared: a room is used for many.
        roster: Who should have been there: adds those without any file.
        media: The folder of its files, or `MediaOptions`; without it all that media would say is missing.
        class_start_ms: When the class began, playback ms: what being late is measured from.
        rules: Thresholds.
        pseudonymise: A salt: users, room and task become pseudonyms, and nothing else names them.
        result_sha256: Of the result's bytes, for the record.

    Raises:
        RosterError: *roster* is a file that cannot be read.
        MediaNotFoundError: *media* cannot be listed. That files are missing is no error.
        FFmpegNotFoundError: There are media, and no ffmpeg.
        MissingExtraError: A package for media, or for the detector, is not installed.
        ParameterError: *pseudonymise* is empty, or there is no such detector.

    Example:
        >>> import timeline
        >>> measures = measure_lesson(timeline.load("sample_results/guide_example.json"), lesson_id="guide")
        >>> measures
        <Measures: rows of lessons 1, users 2, clips 6, spans 3, concurrency 3, bins 24, metrics 79>
        >>> measures.tables["lessons"]["paused_ms"].tolist()
        [60000.0]
    """
    options = MediaOptions(Path(media)) if isinstance(media, (str, os.PathLike)) else media
    people_there = read_roster(roster) if isinstance(roster, (str, os.PathLike)) else roster
    examined = None if options is None else _examined(timeline, options)
    if pseudonymise is not None:
        timeline = pseudonymised(timeline, pseudonymise)
        people_there = people_there and pseudonymised_roster(people_there, pseudonymise)
    people = people_of(timeline, people_there.people if people_there else None)
    evidence = None
    if examined is not None and options is not None and examined.facts:
        evidence = gather_evidence(timeline, people, examined, options, rules)
    users = [presence_row(timeline, user, class_start_ms, rules) for user in people]
    lesson = {
        **lesson_row(timeline, people, users, rules),
        **_provenance(rules),
        "result_sha256": result_sha256,
    }
    rows: dict[str, Rows] = {
        "lessons": [lesson],
        "users": users,
        "clips": list(_clip_rows(timeline)),
        "spans": list(_span_rows(timeline, rules)),
        "concurrency": concurrency_rows(timeline.duration_ms, people),
        "bins": bin_rows(
            timeline.duration_ms,
            [user.camera for user in people],
            when_on(timeline.tracks, kinds.SCREEN),
            when_on(timeline.tracks, kinds.WHITEBOARD),
            evidence.voices if evidence else None,
            rules,
        ),
    }
    if evidence is not None:
        _add_users(users, people, evidence, rules)
        lesson |= media_lesson_values(timeline, evidence, users)
        lesson |= talk_lesson_values(evidence.talk, timeline.duration_ms, rules)
        rows |= _media_rows(timeline, evidence, rules)
    elif examined is not None:
        lesson |= {"files": len(file_positions(timeline)), "files_lost": len(examined.lost)}
        rows["files"] = file_rows(timeline, examined, {})
    rows["metrics"] = [*_metric_rows(LESSONS, "lesson", [lesson]), *_metric_rows(USERS, "user", users)]
    name = lesson_id or timeline.task_id or timeline.room_id or "lesson"
    return Measures(
        {
            table: Table(schema, ({"lesson_id": name, **row} for row in rows.get(table, ())))
            for table, schema in SCHEMAS.items()
        },
        rules,
    )


def _examined(timeline: Timeline, options: MediaOptions) -> ExaminedMedia:
    from timeline.media.examine import examine_media

    return examine_media(timeline, options.folder, options.store)


def _add_users(users: Rows, people: Sequence[User], evidence: Evidence, rules: MetricRules) -> None:
    """Put what the media say of users into their rows."""
    talked = talk_user_values(evidence.talk, rules)
    for row, user in zip(users, people, strict=True):
        heard = evidence.talks.get(user.user_id)
        row |= talked.get(user.user_id, {})
        row |= heard_row(heard)
        row |= signal_row(heard, evidence.vad, rules)
        row |= picture_user_values(camera_pieces(user, evidence), rules)


def _media_rows(timeline: Timeline, evidence: Evidence, rules: MetricRules) -> dict[str, Rows]:
    return {
        "speech": speech_rows(evidence),
        "turns": turn_rows(evidence.talk.found),
        "transitions": transition_rows(evidence.talk.found),
        "waits": list(evidence.talk.waits),
        "fiac3s": fiac_rows(timeline.duration_ms, evidence.voices, rules),
        "boards": board_rows(timeline, evidence, rules),
        "pages": turned_pages(timeline, evidence),
        "files": file_rows(timeline, evidence.examined, evidence.profiles),
    }


def unread_lesson(lesson_id: str, error: str, rules: MetricRules = USUAL_RULES) -> Measures:
    """Return the tables of a lesson that could not be read: a row with the error, and nothing else."""
    row = {"lesson_id": lesson_id, "error": error, **_provenance(rules)}
    return Measures(
        {name: Table(schema, [row] if name == "lessons" else []) for name, schema in SCHEMAS.items()}, rules
    )


def stacked_measures(parts: Sequence[Measures], rules: MetricRules = USUAL_RULES) -> Measures:
    """Return the tables of several lessons as one set, in the given order."""
    return Measures(
        {name: stacked(schema, [part.tables[name] for part in parts]) for name, schema in SCHEMAS.items()},
        rules,
    )


def _provenance(rules: MetricRules) -> dict[str, Value]:
    return {"generator": f"timeline {__version__}", "rules": rules.digest()}


def _clip_rows(timeline: Timeline) -> Iterator[dict[str, Value]]:
    clips = ((track, clip) for track in timeline.tracks for clip in track.clips)
    for number, (track, clip) in enumerate(clips):
        yield {
            "clip": number,
            "track_id": track.id,
            "kind": track.kind,
            "user_id": track.user_id,
            "start_ms": clip.start_ms,
            "end_ms": clip.end_ms,
            "duration_ms": clip.duration_ms,
            "media_start_ms": clip.media_start_ms,
            "bytes": clip.media.size_bytes,
            "mime": clip.media.mime,
            "url": clip.media.url,
            "video_id": clip.media.video_id,
        }


def _span_rows(timeline: Timeline, rules: MetricRules) -> Iterator[dict[str, Value]]:
    for track in timeline.tracks:
        for number, span in enumerate(track.merged(max_gap_ms=rules.merge_gap_ms)):
            yield {
                "track_id": track.id,
                "kind": track.kind,
                "user_id": track.user_id,
                "span": number,
                "start_ms": span.start_ms,
                "end_ms": span.end_ms,
                "clips": sum(span.start_ms <= clip.start_ms < span.end_ms for clip in track.clips),
            }


def _metric_rows(
    schema: Schema, scope: str, rows: Sequence[Mapping[str, Value]]
) -> Iterator[dict[str, Value]]:
    numbers = [column for column in schema.columns if column.kind != TEXT]
    for row in rows:
        for column in numbers:
            value = row.get(column.name)
            if value is not None and not isinstance(value, str):
                yield {
                    "scope": scope,
                    "user_id": row["user_id"] if scope == "user" else None,
                    "metric": column.name,
                    "value": float(value),
                    "unit": column.unit,
                }
