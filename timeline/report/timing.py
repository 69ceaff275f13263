"""The sections that timing alone can fill: trust, the lesson at a glance, cameras, how many at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from timeline import kinds
from timeline.analysis.concurrency import levels
from timeline.analysis.people import people_of
from timeline.analysis.rules import MetricRules
from timeline.analysis.table import Value
from timeline.checks import findings_at_least
from timeline.findings import FINDING_KINDS, Severity
from timeline.interval import spans_of
from timeline.media.reconcile import LENGTH_TOLERANCE_MS
from timeline.model import Timeline, Track
from timeline.report import charts
from timeline.report.figures import Figures, count, decimal, length, moment, percent
from timeline.report.finding_words import FINDINGS_ZH, LOST_ZH
from timeline.report.markup import (
    both,
    figure,
    kind_words,
    name,
    numbers,
    paragraph,
    say,
    shortened,
    table,
)
from timeline.report.words import Words
from timeline.sinks import xml_text

MOST_ROWS = 40
"""Rows of a table of users."""
MOST_LANES = 24
"""Streams of the picture."""
MOST_LEVELS = 12
MOST_PAUSES = 6
MOST_FINDINGS = 20
_FAMILY = re.compile(r"(\.(?:wait_time_1|wait_time_2|student_initiated|teacher_initiated))_\w+")
"""Columns so many that the line of sources names them together."""
_ROLES = ("teacher", "assistant", "student", "observer", None)


def section(key: str, figures: Figures, *parts: str) -> str:
    """Return a section with a head; its last line names the columns that it shows."""
    columns = dict.fromkeys(_FAMILY.sub(r"\1_*", column) for column in figures.take())
    codes = ", ".join(f"<code>{xml_text(column)}</code>" for column in columns)
    source = f'<p class="source">{say("from")}: {codes}</p>' if columns else ""
    return (
        f'<section aria-labelledby="{key}"><h2 id="{key}">{say(key)}</h2>{"".join(parts)}{source}</section>'
    )


def trust_section(timeline: Timeline, figures: Figures) -> str:
    """Return what is odd about the recording, and which files could not be heard."""
    grave = findings_at_least(timeline.findings, Severity.WARNING)
    parts = []
    if grave:
        parts.append(
            paragraph(
                "trust_some",
                warnings=figures.show("lessons.finding_warnings", count),
                errors=figures.show("lessons.finding_errors", count),
            )
        )
        counts = Counter(item.code for item in grave)
        codes = sorted(counts, key=lambda code: (-FINDING_KINDS[code].severity, list(counts).index(code)))
        rows = []
        for code in codes[:MOST_FINDINGS]:
            kind = FINDING_KINDS[code]
            first_ms = min(
                (item.at_ms for item in grave if item.code == code and item.at_ms is not None), default=None
            )
            means = Words(f"{kind.means}; {kind.done}", FINDINGS_ZH[code])
            rows.append(
                (
                    f"{both(means, 'span')}<small><code>{code}</code></small>",
                    say(f"severity_{kind.severity}"),
                    str(counts[code]),
                    "" if first_ms is None else moment(first_ms),
                )
            )
        heads = [
            (say("finding"), "words"),
            (say("finding_severity"), "short"),
            (say("finding_count"), "number"),
            (say("finding_first"), "number"),
        ]
        parts.append(table("trust_caption", heads, rows))
        if len(codes) > MOST_FINDINGS:
            parts.append(paragraph("findings_more", count=str(len(codes) - MOST_FINDINGS)))
    else:
        figures.draw("lessons.finding_warnings", "lessons.finding_errors")
        parts.append(paragraph("trust_none"))
    if figures.number("lessons.unlocated_pause_ms"):
        parts.append(paragraph("unlocated", missing=figures.show("lessons.unlocated_pause_ms", length)))
    return section("trust", figures, *parts, _unheard_files(figures), _partial_files(figures))


def _unheard_files(figures: Figures) -> str:
    bad = [row for row in figures.rows("files") if row.get("lost") is not None]
    if not bad:
        return ""
    figures.draw("files.file", "files.track_id", "files.lost")
    told = [f"{_file_name(row)}: {_why_lost(str(row['lost']))}" for row in bad]
    return paragraph("files_unheard", count=str(len(bad))) + _files(told)


def _partial_files(figures: Figures) -> str:
    """Return which files could be used in parts only, and why."""
    told = []
    for number, row in enumerate(figures.rows("files")):
        drift_ms, why = number_of(row.get("duration_drift_ms")), []
        if drift_ms <= -LENGTH_TOLERANCE_MS:
            missing = figures.show("files.duration_drift_ms", lambda value: length(-value), number)
            why.append(say("file_short", missing=missing))
        if row.get("damage") or row.get("is_whole") is False:
            figures.draw("files.damage", "files.is_whole")
            why.append(say("file_damaged"))
        if why:
            told.append(f"{_file_name(row)}: {', '.join(why)}")
    if not told:
        return ""
    figures.draw("files.file", "files.track_id")
    return paragraph("files_partly", count=str(len(told))) + _files(told)


def _file_name(row: dict[str, Value]) -> str:
    return name(str(row.get("track_id") or row.get("file")))


def _files(told: Sequence[str]) -> str:
    items = [f"<li>{one}</li>" for one in told[:MOST_FINDINGS]]
    if len(told) > MOST_FINDINGS:
        items.append(f"<li>{say('files_more', count=str(len(told) - MOST_FINDINGS))}</li>")
    return f"<ul>{''.join(items)}</ul>"


def _why_lost(reason: str) -> str:
    if reason in LOST_ZH:
        return both(Words(reason, LOST_ZH[reason]), "span")
    if reason.startswith("codec "):
        return say("lost_codec", codec=xml_text(shortened(reason.removeprefix("codec "))))
    return f'<span lang="en">{xml_text(shortened(reason))}</span>'


def picture_section(timeline: Timeline, figures: Figures) -> str:
    """Return all streams on one axis, and what share of the lesson they cover."""
    if not timeline.tracks or not timeline.duration_ms:
        return section("picture", figures, paragraph("nothing_recorded"))
    spans = _spans_by_track(figures)
    pauses_at_ms = [pause.at_ms for pause in timeline.pauses]
    lanes = _lanes(timeline.tracks)
    rows = [
        (
            name(track.label),
            kind_words(track.kind),
            charts.strip(
                spans.get(track.id, []), timeline.duration_ms, _style(track), pauses_at_ms=pauses_at_ms
            ),
        )
        for track in lanes
    ]
    heads = [(say("track"), "name"), (say("kind"), "kind"), (say("when"), "strip")]
    foot = ("", "", charts.time_axis(timeline.duration_ms))
    figures.draw("spans.track_id", "spans.kind", "spans.start_ms", "spans.end_ms")
    parts = [table("picture_caption", heads, rows, style="lanes", foot=foot)]
    if len(timeline.tracks) > len(lanes):
        parts.append(paragraph("lanes_more", count=str(len(timeline.tracks) - len(lanes))))
    if timeline.pauses:
        parts.append(paragraph("picture_pauses", list=_pauses(timeline)))
    cover = (
        (say("coverage_camera"), "lessons.coverage_camera_ratio", percent, say("of_lesson")),
        (say("coverage_whiteboard"), "lessons.whiteboard_ratio", percent, say("of_lesson")),
        (say("coverage_screen"), "lessons.screen_ratio", percent, say("of_lesson")),
        (say("coverage_none"), "lessons.uncovered_ms", length, ""),
    )
    shown = numbers(*((label, figures.show(column, form), of) for label, column, form, of in cover))
    return section("picture", figures, paragraph("picture_text"), *parts, shown)


def camera_section(timeline: Timeline, figures: Figures, rules: MetricRules) -> str:
    """Return who was on camera when, by role and in the order of the recording: nobody is ranked."""
    people = in_order(figures)
    if not people:
        return section("camera", figures, paragraph("users_none"))
    spans = _spans_by_track(figures)
    cameras: dict[str, list[tuple[int, int]]] = {}
    for track in timeline.tracks:
        if track.kind == kinds.CAMERA and track.user_id:
            cameras.setdefault(track.user_id, []).extend(spans.get(track.id, []))
    heads = [
        (say("user"), "name"),
        (say("when"), "strip"),
        (say("camera_on"), "number"),
        (say("camera_share"), "number"),
        (say("first_on"), "number"),
        (say("last_on"), "number"),
        (say("dropouts"), "number"),
        (say("absences"), "number"),
    ]
    has_start = any(row["late_on_ms"] != row["first_on_ms"] for _, row in people)
    has_screen = any(row["screen_share_ms"] for _, row in people)
    heads += [(say("late_on"), "number")] if has_start else []
    heads += [(say("screen_share"), "number")] if has_screen else []
    rows = []
    for number, row in people[:MOST_ROWS]:
        ratio = figures.number("users.camera_on_ratio_lesson", number)
        cells = [
            person(row),
            charts.strip(cameras.get(str(row["user_id"]), []), timeline.duration_ms, "camera"),
            figures.show("users.camera_on_ms", length, number),
            charts.share(ratio, "camera") + figures.show("users.camera_on_ratio_lesson", percent, number),
            figures.show("users.first_on_ms", moment, number),
            figures.show("users.last_on_ms", moment, number),
            figures.show("users.dropouts", count, number),
            figures.show("users.absences", count, number),
        ]
        cells += [figures.show("users.late_on_ms", length, number)] if has_start else []
        cells += [figures.show("users.screen_share_ms", length, number)] if has_screen else []
        rows.append(cells)
    figures.draw("spans.start_ms", "spans.end_ms")
    foot = ["", charts.time_axis(timeline.duration_ms, 4), *[""] * (len(heads) - 2)]
    parts = [table("camera_caption", heads, rows, style="people", foot=foot), users_more(len(people))]
    summary = [
        (say("mean_camera_on"), figures.show("lessons.mean_camera_on_ratio", percent), say("of_lesson"))
    ]
    if figures.has("lessons.roster_users"):
        summary.append((say("roster"), figures.show("lessons.roster_users", count), ""))
        least = say("attended_for", ratio=percent(rules.on_camera_least_ratio))
        summary.append((say("attended"), figures.show("lessons.attended_on_camera_ratio", percent), least))
    holes = paragraph("camera_holes", limit=length(rules.reconnect_max_ms))
    return section("camera", figures, paragraph("camera_text"), *parts, holes, numbers(*summary))


def at_once_section(timeline: Timeline, figures: Figures) -> str:
    """Return how many cameras were on at once, over the lesson and in all."""
    duration_ms, most = timeline.duration_ms, figures.number("lessons.peak_concurrency")
    if not duration_ms or not most:
        return ""
    cameras = spans_of((int(start), int(end)) for user in people_of(timeline) for start, end in user.camera)
    steps = [
        tuple(level) for level in zip(*(part.tolist() for part in levels(cameras, duration_ms)), strict=True)
    ]
    figures.draw("clips.user_id", "clips.kind", "clips.start_ms", "clips.end_ms")
    parts = [figure("at_once_figure", charts.steps(steps, duration_ms, int(most), "at_once_figure"))]
    if len(steps) > charts.MOST_STEPS:
        parts.append(paragraph("at_once_coarse"))
    parts.append(
        numbers(
            (say("peak"), figures.show("lessons.peak_concurrency", count), ""),
            (say("time_at_peak"), figures.show("lessons.time_at_peak_ms", length), ""),
            (say("mean_at_once"), figures.show("lessons.mean_concurrency", decimal), ""),
            (say("median_at_once"), figures.show("lessons.median_concurrency", count), ""),
        )
    )
    rows = list(enumerate(figures.rows("concurrency")))
    lasting = [item for item in rows if item[1]["duration_ms"]]
    longest = sorted(lasting, key=lambda item: -number_of(item[1]["duration_ms"]))[:MOST_LEVELS]
    cells = [
        (
            figures.show("concurrency.users_on_camera", count, number),
            charts.bar(number_of(row["duration_ms"]), duration_ms, "camera"),
            figures.show("concurrency.duration_ms", length, number),
        )
        for number, row in sorted(longest, key=lambda item: item[0])
    ]
    heads = [(say("at_once_users"), "name"), (say("camera_share"), "strip"), (say("at_once_for"), "number")]
    parts.append(table("at_once_caption", heads, cells, style="bars"))
    if len(lasting) > MOST_LEVELS:
        parts.append(paragraph("at_once_more", count=str(MOST_LEVELS)))
    return section("at_once", figures, *parts)


def in_order(figures: Figures) -> list[tuple[int, dict[str, Value]]]:
    """Return the users with their places in the table: by role, then in the table's order."""
    return sorted(enumerate(figures.rows("users")), key=lambda item: _ROLES.index(_role(item[1])))


def person(row: dict[str, Value]) -> str:
    """Return a user's name with role and id."""
    label, user_id, role = str(row["label"]), str(row["user_id"]), _role(row)
    notes = [say(f"role_{role}")] if role else []
    notes += [name(user_id)] if user_id != label else []
    notes += [say("no_file")] if row["has_no_file"] else []
    return name(label) + (f"<small>{' · '.join(notes)}</small>" if notes else "")


def users_more(users: int) -> str:
    """Return where the other users are, where there are more than the page shows."""
    return paragraph("users_more", count=str(users - MOST_ROWS)) if users > MOST_ROWS else ""


def number_of(value: Value) -> float:
    """Return a number of a table; 0 for what is missing, which draws nothing."""
    return 0.0 if value is None or isinstance(value, str) else float(value)


def _role(row: dict[str, Value]) -> str | None:
    role = row["role"]
    return str(role) if role in _ROLES and role is not None else None


def _pauses(timeline: Timeline) -> str:
    told = [
        say("pause_unknown", at=moment(pause.at_ms))
        if pause.duration_ms is None
        else say("pause_known", at=moment(pause.at_ms), length=length(pause.duration_ms))
        for pause in timeline.pauses[:MOST_PAUSES]
    ]
    more = len(timeline.pauses) - MOST_PAUSES
    return "; ".join([*told, say("pauses_more", count=str(more))] if more > 0 else told)


def _spans_by_track(figures: Figures) -> dict[str, list[tuple[int, int]]]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in figures.rows("spans"):
        start_ms, end_ms = int(number_of(row["start_ms"])), int(number_of(row["end_ms"]))
        spans.setdefault(str(row["track_id"]), []).append((start_ms, end_ms))
    return spans


def _lanes(tracks: Sequence[Track]) -> list[Track]:
    """Return the streams that are drawn: of very many, cameras last, for they are listed by user besides."""
    kept = sorted(tracks, key=lambda track: track.kind == kinds.CAMERA)[:MOST_LANES]
    chosen = {track.id for track in kept}
    return [track for track in tracks if track.id in chosen]


def _style(track: Track) -> str:
    return track.kind if track.kind in kinds.KIND_ORDER else "other"
