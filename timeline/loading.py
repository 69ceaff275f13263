"""The way in: a recording result to a checked `Timeline`, in one call."""

from __future__ import annotations

import dataclasses
import os

from timeline.assembly import assemble, named
from timeline.checks import capped, check
from timeline.collector import collector_paused
from timeline.errors import ParameterError
from timeline.journal import Journal, read_journal
from timeline.manifest.reading import is_manifest, looks_like_manifest, parse_manifest, timeline_of
from timeline.model import Timeline
from timeline.pauses import DEFAULT_RULES, PauseRules
from timeline.results.reading import parse_result, recording_of
from timeline.results.recording import MAX_ROWS
from timeline.results.strict_json import MAX_BYTES
from timeline.roster import Roster, read_roster
from timeline.sources import Source, read_source


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
    """Return the timeline of a recording result, or of a sync manifest.

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
            A manifest says already what a task, a journal, an anchor and rules of pauses would; so with those
            it is refused.

    Example:
        >>> load("sample_results/guide_example.json")
        <Timeline 0:24:00.000, 3 tracks, 6 clips, 1 pause, 0 findings>
    """
    return loads(
        read_source(source, max_bytes),
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
    """Return the timeline of a recording result or a manifest held in *data*; otherwise as `load`."""
    if roster is not None and not isinstance(roster, Roster):
        roster = read_roster(roster)
    if journal is not None and not isinstance(journal, Journal):
        journal = read_journal(journal)
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    with collector_paused():
        if looks_like_manifest(data):
            document = parse_manifest(data, max_bytes=max_bytes, max_rows=max_rows)
        else:
            document = parse_result(data, max_bytes=max_bytes, max_rows=max_rows)
        if is_manifest(document):
            _refuse_options_of_results(task, journal, wall_origin_ms, pause_rules)
            timeline = timeline_of(document, max_rows=max_rows)
            return timeline if roster is None else named(timeline, roster)
        result = recording_of(document, task=task, max_rows=max_rows)
        timeline = assemble(
            result, roster=roster, journal=journal, wall_origin_ms=wall_origin_ms, rules=pause_rules
        )
        findings = capped((*timeline.findings, *check(timeline)))
        return dataclasses.replace(timeline, findings=findings)


def _refuse_options_of_results(
    task: str | None, journal: Journal | None, wall_origin_ms: int | None, pause_rules: PauseRules
) -> None:
    given = {
        "task": task is not None,
        "journal": journal is not None,
        "wall_origin_ms": wall_origin_ms is not None,
        "pause_rules": pause_rules != DEFAULT_RULES,
    }
    names = ", ".join(name for name, is_given in given.items() if is_given)
    if names:
        raise ParameterError(
            f"{names}: only a result takes that; this is a manifest, whose pauses are decided"
        )
