"""The way in: a recording result to a checked `Timeline`, in one call."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import IO

from timeline.assembly import assemble
from timeline.checks import capped, check
from timeline.collector import collector_paused
from timeline.errors import ParameterError, ResultError, ResultFileError
from timeline.journal import Journal, read_journal
from timeline.model import Timeline
from timeline.pauses import DEFAULT_RULES, PauseRules
from timeline.results import read_result
from timeline.results.recording import MAX_ROWS
from timeline.results.strict_json import MAX_BYTES, too_large
from timeline.roster import Roster, read_roster

RESULT_FILE_NAME = "result.json"
"""What a result is called inside the folder of a lesson."""

Source = str | os.PathLike[str] | IO[bytes] | IO[str]


def load(
    source: Source,
    *,
    roster: Roster | str | os.PathLike[str] | None = None,
    task: str | None = None,
    journal: Journal | str | os.PathLike[str] | None = None,
    wall_origin_ms: int | None = None,
    pause_rules: PauseRules = DEFAULT_RULES,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> Timeline:
    """Return the timeline of a recording result.

    Args:
        source: A path, a folder that holds ``result.json``, or an open file.
        roster: Names and roles: a file of user_id, name, role, or what `read_roster` returned.
        task: Id of the recording task that is meant, where a document holds several.
        journal: The pause and resume calls that were made: a file of JSON lines, or what `read_journal`
            returned.
        wall_origin_ms: Unix ms at which playback began, where it is known: it makes wall times exact.
        pause_rules: When a cut is a pause.
        max_bytes: Longer documents are refused.
        max_rows: Longer lists of files are refused; inside of events of TRTC at most 200 000.

    Raises:
        TimelineError: Result, roster or journal cannot be used; nothing else is raised for bad data.

    Example:
        >>> load("sample_results/guide_example.json")
        <Timeline 0:24:00.000, 3 tracks, 6 clips, 1 pause, 0 findings>
    """
    return loads(
        _read(source, max_bytes),
        roster=roster,
        task=task,
        journal=journal,
        wall_origin_ms=wall_origin_ms,
        pause_rules=pause_rules,
        max_bytes=max_bytes,
        max_rows=max_rows,
    )


def loads(
    data: bytes | str,
    *,
    roster: Roster | str | os.PathLike[str] | None = None,
    task: str | None = None,
    journal: Journal | str | os.PathLike[str] | None = None,
    wall_origin_ms: int | None = None,
    pause_rules: PauseRules = DEFAULT_RULES,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> Timeline:
    """Return the timeline of a recording result held in *data*; otherwise as `load`."""
    if roster is not None and not isinstance(roster, Roster):
        roster = read_roster(roster)
    if journal is not None and not isinstance(journal, Journal):
        journal = read_journal(journal)
    with collector_paused():
        result = read_result(data, task=task, max_bytes=max_bytes, max_rows=max_rows)
        timeline = assemble(
            result, roster=roster, journal=journal, wall_origin_ms=wall_origin_ms, rules=pause_rules
        )
        findings = capped((*timeline.findings, *check(timeline)))
        return dataclasses.replace(timeline, findings=findings)


def _read(source: Source, max_bytes: int) -> bytes | str:
    if not isinstance(source, (str, os.PathLike)):
        if not hasattr(source, "read"):
            kind = type(source).__name__
            raise ParameterError(f"expected a path or an open file, got {kind}; loads() takes text")
        try:
            return source.read(max_bytes + 1)
        except (OSError, ValueError) as error:
            raise ResultFileError(f"the open file cannot be read: {error}") from error
    path = Path(source)
    try:
        if path.is_dir():
            path = path / RESULT_FILE_NAME
            if not path.exists():
                raise ResultFileError(
                    f"{path.parent}: the folder has no {RESULT_FILE_NAME}; name a result file"
                )
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
            if len(data) > max_bytes:
                raise too_large(max(len(data), os.fstat(file.fileno()).st_size), max_bytes)
            return data
    except ResultError:
        raise
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise ResultFileError(f"{path}: cannot be read: {reason.lower()}") from error
