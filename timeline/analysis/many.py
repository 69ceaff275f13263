"""Thousands of results to one set of tables: a broken one is a row of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from timeline.analysis.evidence import MediaOptions
from timeline.analysis.measure import Measures, measure_lesson, stacked_measures, unread_lesson
from timeline.analysis.pseudonyms import pseudonym, pseudonymised
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.errors import FFmpegNotFoundError, MissingExtraError, TimelineError
from timeline.journal import Journal
from timeline.loading import loads
from timeline.model import Timeline
from timeline.results.strict_json import MAX_BYTES
from timeline.roster import Roster, read_roster
from timeline.sinks import path_text, text_line
from timeline.sources import RESULT_FILE_NAME, Source, read_source

_PLAIN_STEM = Path(RESULT_FILE_NAME).stem


def measure_results(
    results: Iterable[Source],
    *,
    roster: Roster | str | os.PathLike[str] | None = None,
    task: str | None = None,
    journal: Journal | str | os.PathLike[str] | None = None,
    wall_origin_ms: int | None = None,
    media: Callable[[Source], MediaOptions | None] | MediaOptions | None = None,
    class_start_ms: int = 0,
    rules: MetricRules = USUAL_RULES,
    pseudonymise: str | None = None,
    on_lesson: Callable[[str, TimelineError | None], None] | None = None,
) -> Measures:
    """Return the tables of many results together, in the given order.

    A lesson is named by its recording task; without one by its file, or by the folder of a ``result.json``.
    A name that was used before gains ``#2``, ``#3`` and so on. A result that cannot be read is a row of
    ``lessons`` with its ``error``.

    Args:
        results: Paths, folders that hold ``result.json``, or open files.
        roster: Names and roles, for all of them; who is in it and has no file gets a row in each lesson.
        task: As `timeline.load` takes it, for all of them; as are *journal* and *wall_origin_ms*.
        journal: Pause and resume calls.
        wall_origin_ms: Unix ms at which playback began.
        media: Where the files of all of them are, or a function that says so of each.
        class_start_ms: When the classes began, playback ms.
        rules: Thresholds.
        pseudonymise: A salt: users, rooms, tasks and lessons become pseudonyms, and nothing else names them.
        on_lesson: Called after each with its name, and why it could not be read.

    Raises:
        RosterError: *roster* cannot be read.
        ParameterError: *pseudonymise* is an empty text.

    Example:
        >>> measures = measure_results(["sample_results/guide_example.json", "sample_results/none.json"])
        >>> measures.tables["lessons"]["lesson_id"].tolist()
        ['guide_example', 'none']
        >>> measures.tables["lessons"]["error"].tolist()
        [None, 'sample_results/none.json: cannot be read: no such file or directory']
    """
    if pseudonymise is not None:
        pseudonym("", pseudonymise)  # an empty salt is refused before any work
    people = read_roster(roster) if roster is not None and not isinstance(roster, Roster) else roster
    parts: list[Measures] = []
    used: set[str] = set()
    for result in results:
        name, failure, is_named = _own_name(result), None, False
        try:
            lesson, digest = _read(result, people, task, journal, wall_origin_ms)
            name, is_named = _unused(lesson.task_id or name, used), True
            part = measure_lesson(
                lesson,
                lesson_id=_told(name, pseudonymise),
                roster=people,
                media=media(result) if callable(media) else media,
                class_start_ms=class_start_ms,
                rules=rules,
                pseudonymise=pseudonymise,
                result_sha256=None if pseudonymise else digest,
            )
        except (MissingExtraError, FFmpegNotFoundError):
            raise  # no lesson's fault: it would be that of every one
        except TimelineError as error:
            failure = error
            name = name if is_named else _unused(name, used)
            why = "could not be read" if pseudonymise else text_line(str(error))
            part = unread_lesson(_told(name, pseudonymise), why, rules)
        parts.append(part)
        if on_lesson is not None:
            on_lesson(name, failure)
    return stacked_measures(parts, rules)


def measure_result(
    result: Source,
    *,
    roster: Roster | str | os.PathLike[str] | None = None,
    task: str | None = None,
    journal: Journal | str | os.PathLike[str] | None = None,
    wall_origin_ms: int | None = None,
    media: MediaOptions | None = None,
    class_start_ms: int = 0,
    rules: MetricRules = USUAL_RULES,
    pseudonymise: str | None = None,
) -> tuple[Timeline, Measures]:
    """Return one lesson and its tables, named as `measure_results` does, under pseudonyms if asked for.

    Raises:
        ResultError: *result* cannot be read.
        RosterError: *roster* cannot be read.
        ParameterError: *pseudonymise* is an empty text.

    Example:
        >>> lesson, measures = measure_result("sample_results/guide_example.json")
        >>> lesson.duration_ms, measures.tables["lessons"]["lesson_id"].tolist()
        (1440000, ['guide_example'])
    """
    people = read_roster(roster) if roster is not None and not isinstance(roster, Roster) else roster
    lesson, digest = _read(result, people, task, journal, wall_origin_ms)
    measures = measure_lesson(
        lesson,
        lesson_id=_told(lesson.task_id or _own_name(result), pseudonymise),
        roster=people,
        media=media,
        class_start_ms=class_start_ms,
        rules=rules,
        pseudonymise=pseudonymise,
        result_sha256=None if pseudonymise else digest,
    )
    return lesson if pseudonymise is None else pseudonymised(lesson, pseudonymise), measures


def _read(
    result: Source,
    people: Roster | None,
    task: str | None,
    journal: Journal | str | os.PathLike[str] | None,
    wall_origin_ms: int | None,
) -> tuple[Timeline, str]:
    """Return a lesson, and the SHA-256 of what it was read from."""
    data = read_source(result, MAX_BYTES)
    lesson = loads(data, roster=people, task=task, journal=journal, wall_origin_ms=wall_origin_ms)
    return lesson, hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def _own_name(result: Source) -> str:
    if not isinstance(result, (str, os.PathLike)):
        return "lesson"
    path = Path(result)
    stem = path.stem if path.suffix else path.name
    return (
        text_line(path_text(Path(path.absolute().parent.name if stem == _PLAIN_STEM else stem))) or "lesson"
    )


def _told(name: str, salt: str | None) -> str:
    return name if salt is None else pseudonym(name, salt, of="lesson")


def _unused(name: str, used: set[str]) -> str:
    number, unused = 1, name
    while unused in used:
        number += 1
        unused = f"{name}#{number}"
    used.add(unused)
    return unused
