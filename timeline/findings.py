"""What can be odd in a lesson, as data.

A finding says what was found, where, and what was done about it. It never stops anything. The table
`FINDING_KINDS` is the registry: `docs/findings.md` is written from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Severity(IntEnum):
    """How much a finding matters; ordered."""

    INFO = 1
    """Nothing is lost; good to know."""
    WARNING = 2
    """Something is uncertain or was mended."""
    ERROR = 3
    """Something of the lesson is lost."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One entry of the registry."""

    severity: Severity
    means: str
    done: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd in the data.

    Attributes:
        code: A name from `FINDING_KINDS`.
        severity: From the registry.
        message: One line for people.
        at_ms: When, on the playback clock; None if it has no time.
        where: A JSON pointer into the result, a track id or a file name; None if it has no place.
    """

    code: str
    severity: Severity
    message: str
    at_ms: int | None = None
    where: str | None = None


_I, _W, _E = Severity.INFO, Severity.WARNING, Severity.ERROR

FINDING_KINDS: dict[str, FindingKind] = {
    # the rows of the result
    "row_unusable": FindingKind(
        _E, "a row has a field that is missing or makes no sense", "the row is left out"
    ),
    "duration_not_positive": FindingKind(_W, "a row's length is zero or less", "the row is left out"),
    "duplicate_row": FindingKind(_W, "a row is there twice, word for word", "the second one is left out"),
    "number_spelling": FindingKind(_I, "a whole number is spelt oddly (in a string, as 900.0)", "it is read"),
    "field_odd": FindingKind(_W, "a field beside the times makes no sense", "it is taken as absent"),
    "url_missing": FindingKind(
        _W, "a row has no usable url", "it stays; its file is found by its id or not at all"
    ),
    "length_disagrees": FindingKind(
        _W, "a file's declared length differs from its start and end", "start and end count"
    ),
    "unit_doubt": FindingKind(_W, "a number is in another unit than documented", "its magnitude decides"),
    # who is who
    "video_type_unknown": FindingKind(_W, "a stream of an unknown type", "it is kept as a track of its own"),
    "user_on_whiteboard": FindingKind(_I, "a whiteboard names a user", "the user is dropped"),
    "user_missing": FindingKind(
        _W, "a camera, screen or sound file names no user", "all such files share one track"
    ),
    "role_unknown": FindingKind(_W, "the roster gives a role that is not known", "no role is set"),
    "roster_duplicate": FindingKind(_W, "the roster names a user twice", "the first line counts"),
    # tracks
    "clips_overlap": FindingKind(
        _W,
        "two files of one track play at the same time",
        "the one that starts later wins from its start while it lasts",
    ),
    "mixed_beside_single": FindingKind(
        _I,
        "mixed streams are there beside the single ones",
        "they stay tracks, and are left out of picture and sound unless asked for",
    ),
    "nothing_recorded": FindingKind(
        _W, "for a while no stream was recorded at all", "the time is kept, and shown empty"
    ),
    # time
    "total_time_mismatch": FindingKind(
        _W, "total_time differs from the end of the last file", "the files count"
    ),
    "clip_past_end": FindingKind(_W, "a file ends after the end that total_time claims", "it is used whole"),
    "wall_clock_missing": FindingKind(
        _I, "nothing says when the recording began, or when it ended", "there are no wall times"
    ),
    "wall_clock_impossible": FindingKind(
        _W, "more was played than there was wall time", "wall times and pauses are not derived"
    ),
    "wall_origin_odd": FindingKind(
        _W, "the anchor of the wall clock does not fit the stamps", "the anchor counts"
    ),
    "possible_pause": FindingKind(
        _I, "all streams were cut at once, but no time is known to be missing", "no pause is made of it"
    ),
    "pause_weak_evidence": FindingKind(
        _W, "a pause rests on a cut at which no two streams end and begin again", "it is kept as a pause"
    ),
    "pause_unlocated": FindingKind(
        _W,
        "wall time is missing, and nothing says where",
        "no pause is placed; wall times are uncertain by that much",
    ),
    "pause_declared_odd": FindingKind(_W, "a declared pause makes no sense", "it is left out"),
    "pauses_too_long": FindingKind(
        _W,
        "more pauses are declared than wall time is missing",
        "they count, and the stop stamp does not",
    ),
    "pause_place_uncertain": FindingKind(
        _W, "the journal tells of a pause at which no file begins", "it is placed by the clock"
    ),
    "journal_odd": FindingKind(_W, "a line of the journal makes no sense", "it is left out"),
    "journal_unused": FindingKind(
        _W, "the journal does not fit the result, or is not needed", "pauses are declared or inferred"
    ),
    # media
    "media_missing": FindingKind(_E, "a file cannot be found", "a slate takes its place"),
    "media_unfetched": FindingKind(
        _E, "a file cannot be downloaded", "it is missing; a slate takes its place"
    ),
    "media_unreadable": FindingKind(_E, "a file is not usable media", "a slate takes its place"),
    "media_short": FindingKind(
        _W,
        "a file is shorter than the result says",
        "its last frame stays for up to a second, then a slate takes its place",
    ),
    "media_long": FindingKind(
        _I, "a file is longer than the result says", "what lies behind its declared end is not used"
    ),
    "media_cut_short": FindingKind(
        _W, "a file breaks off in the middle of its data", "what is whole of it is used"
    ),
    "media_damaged": FindingKind(
        _W, "parts of a file cannot be decoded", "they are shown and heard as far as they can be"
    ),
    "header_wrong": FindingKind(
        _I, "the header of a file claims another length than its packets have", "the packets count"
    ),
    "picture_missing": FindingKind(_W, "a file has no picture", "a slate takes its place"),
    "picture_late": FindingKind(
        _I,
        "the first picture of a file comes late",
        "up to a second it is shown from the start of the file, else a slate stands until it comes",
    ),
    "picture_hole": FindingKind(_I, "a file has no new picture for a while", "the last one stays"),
    "picture_unusual": FindingKind(
        _I,
        "a picture is turned, of odd size or colours, changes its size, or comes at a varying rate",
        "it is shown upright, whole and at its time",
    ),
    "sound_missing": FindingKind(_I, "a file has no sound", "it is silent"),
    "sound_short": FindingKind(_I, "the sound of a file ends before its picture", "silence follows"),
    "sound_hole": FindingKind(_I, "a file has no sound for a while", "it is silent there"),
    "sound_apart": FindingKind(
        _I, "sound and picture of a file do not begin together", "both stay where they are"
    ),
    "findings_left_out": FindingKind(_I, "there were very many findings of one kind", "the first are kept"),
    "glyph_missing": FindingKind(_W, "no font at hand can show a name", "a short ASCII id is shown instead"),
}


def finding(code: str, message: str, *, at_ms: int | None = None, where: str | None = None) -> Finding:
    """Return a finding of a registered kind.

    Raises:
        KeyError: *code* is not in `FINDING_KINDS`.
    """
    return Finding(code, FINDING_KINDS[code].severity, message, at_ms, where)


def finding_json(item: Finding) -> dict[str, Any]:
    """Return a finding as values for JSON: the same in the manifest, the reports and on the command line."""
    return {
        "code": item.code,
        "severity": str(item.severity),
        "message": item.message,
        "at_ms": item.at_ms,
        "where": item.where,
    }
