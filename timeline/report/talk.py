"""The sections that only media can fill: who spoke, the split over time, turns and waits, the board.

Where the tables have no values a sentence says why; no empty chart is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from timeline.analysis.rules import MetricRules
from timeline.analysis.table import Value
from timeline.model import Timeline
from timeline.report import charts
from timeline.report.figures import NO_BREAK, Figures, count, decimal, length, limit, moment, percent, seconds
from timeline.report.markup import (
    DASH,
    figure,
    kind_words,
    legend,
    name,
    numbers,
    paragraph,
    say,
    table,
)
from timeline.report.timing import MOST_ROWS, in_order, number_of, person, section, users_more

WAIT_KINDS = ("wait_time_1", "wait_time_2", "student_initiated", "teacher_initiated")
_CURVES = {"wait_time_1": "students", "wait_time_2": "teacher"}
WAIT_AXIS_MS = 10_000
"""Longer waits are counted, not drawn."""
SIDES = {
    "teacher_only_ms": "teacher",
    "students_only_ms": "students",
    "both_ms": "both",
    "others_only_ms": "others",
    "nobody_ms": "nobody",
}
ANYBODY = {"speech_ms": "talk", "nobody_ms": "nobody"}
_LABELS = {
    "teacher": "teacher_only",
    "students": "students_only",
    "others": "others_only",
    "talk": "somebody",
}


def talk_sections(timeline: Timeline, figures: Figures, rules: MetricRules) -> list[str]:
    """Return the sections of talk and of the board; of a lesson without media one that says so."""
    if not figures.has("users.mic_on_ms"):
        why = paragraph("speech_deaf" if figures.rows("files") else "speech_none")
        board = [_board_section(timeline, figures)] if figures.rows("boards") else []
        return [section("speech", figures, why, _talk_lost(figures)), *board]
    return [
        _speech_section(figures),
        _split_section(timeline, figures, rules),
        _turns_section(timeline, figures, rules),
        _board_section(timeline, figures),
    ]


def _speech_section(figures: Figures) -> str:
    heard = [
        (number, row)
        for number, row in in_order(figures)
        if figures.number("users.mic_on_ms", number) is not None
    ]
    most = max(number_of(row["mic_on_ms"]) for _, row in heard)
    columns = [
        ("mic_on", "users.mic_on_ms", length),
        ("talk", "users.talk_ms", length),
        ("talk_ungated", "users.talk_ungated_ms", length),
        ("talk_share", "users.talk_share", percent),
        ("talk_ratio", "users.talk_ratio_mic_on", percent),
        ("user_turns", "users.turns", count),
    ]
    shown = [item for item in columns if figures.has(item[1])]
    heads = [
        (say("user"), "name"),
        (say("talk_bar"), "strip"),
        *((say(key), "number") for key, _, _ in shown),
    ]
    rows = [
        (
            person(row),
            charts.within(number_of(row["talk_ms"]), number_of(row["mic_on_ms"]), most),
            *(figures.show(column, form, number) for _, column, form in shown),
        )
        for number, row in heard[:MOST_ROWS]
    ]
    parts = [paragraph("speech_text"), _talk_lost(figures)]
    parts.append(table("speech_caption", heads, rows, style="people"))
    parts.append(users_more(len(heard)))
    if figures.has("users.talk_ungated_ms"):
        parts.append(paragraph("speech_gate"))
    unheard = len(figures.rows("users")) - len(heard)
    if unheard:
        parts.append(paragraph("unheard_users", count=str(unheard)))
    if figures.has("lessons.vad"):
        parts.append(paragraph("voice_activity_by", name=figures.show_text("lessons.vad")))
    return section("speech", figures, *parts, _sound_table(figures, heard))


def _talk_lost(figures: Figures) -> str:
    """Return for how long a voice is lost, and what that means for everybody's figures."""
    if not figures.number("lessons.talk_lost_ms"):
        return ""
    return paragraph("talk_lost", lost=figures.show("lessons.talk_lost_ms", length))


def _sound_table(figures: Figures, heard: Sequence[tuple[int, dict[str, Value]]]) -> str:
    """Return what makes talk more or less certain, as far as it was measured."""
    columns = [
        ("loudness", "users.loudness_lufs", lambda value: f"{value:.1f}{NO_BREAK}LUFS".replace("-", "−")),
        ("snr", "users.snr_db", lambda value: f"{value:.0f}{NO_BREAK}dB".replace("-", "−")),
        ("clipping", "users.clipping_ratio", percent),
        ("audio_dead", "users.audio_dead_ms", length),
        ("black", "users.black_ratio", percent),
        ("frozen", "users.frozen_ratio", percent),
        ("vad_reliable", "users.is_vad_reliable", lambda value: "✓" if value else "✗"),
    ]
    shown = [item for item in columns if figures.has(item[1])]
    if not shown:
        return ""
    heads = [(say("user"), "name"), *((say(key), "number") for key, _, _ in shown)]
    rows = []
    for number, row in heard[:MOST_ROWS]:
        cells = [person(row)]
        for key, column, form in shown:
            cell = figures.show(column, form, number)
            if key == "vad_reliable" and (value := figures.value(column, number)) is not None:
                cell += f'<span class="away">{say("yes" if value else "no")}</span>'
            cells.append(cell)
        rows.append(cells)
    return table("sound_caption", heads, rows)


def _split_section(timeline: Timeline, figures: Figures, rules: MetricRules) -> str:
    has_sides = figures.number("lessons.teacher_only_ms") is not None
    parts = [] if has_sides else [paragraph("split_no_roles")]
    styles = SIDES if has_sides else ANYBODY
    key = [(style, say(_LABELS.get(style, style))) for style in styles.values()]
    parts.append(_split_figure(timeline, figures, styles, key))
    heads = [(say("part"), "name"), (say("part_share"), "strip"), (say("time"), "number")]
    lesson = figures.rows("lessons")[0]
    heard_ms = number_of(lesson["heard_ms"])
    rows = [
        (
            label,
            charts.bar(number_of(lesson[column]), heard_ms, style),
            figures.show(f"lessons.{column}", length),
        )
        for column, (style, label) in zip(styles, key, strict=True)
    ]
    rows.append((say("heard"), "", figures.show("lessons.heard_ms", length)))
    parts.append(table("split_caption", heads, rows, style="bars"))
    figures_of = [
        ("teacher_talk", "lessons.teacher_talk_ratio", percent, say("of_heard")),
        ("student_talk", "lessons.student_talk_ratio", percent, say("of_heard")),
        ("silence", "lessons.silence_ratio", percent, say("of_heard")),
    ]
    shown = [
        (say(text), figures.show(column, form), of)
        for text, column, form, of in figures_of
        if figures.has(column)
    ]
    if figures.has("lessons.overlap_ratio"):
        of_speech = say("of_speech", ratio=figures.show("lessons.overlap_ratio", percent))
        shown.append((say("overlap"), figures.show("lessons.overlap_ms", length), of_speech))
    if figures.has("lessons.students_participating"):
        label = say("students_participating", limit=limit(rules.participating_least_ms))
        students = say("of_students", count=figures.show("lessons.students_heard", count))
        shown.append((label, figures.show("lessons.students_participating", count), students))
    return section("split", figures, *parts, numbers(*shown) if shown else "")


def _split_figure(
    timeline: Timeline, figures: Figures, styles: dict[str, str], key: Sequence[tuple[str, str]]
) -> str:
    bins = figures.rows("bins")
    if not bins:
        return ""
    group = -(-len(bins) // charts.MOST_COLUMNS)
    columns = []
    for first in range(0, len(bins), group):
        rows = bins[first : first + group]
        parts = {style: int(sum(number_of(row[column]) for row in rows)) for column, style in styles.items()}
        width_ms = int(sum(number_of(row["bin_ms"]) for row in rows))
        columns.append((int(number_of(rows[0]["bin_start_ms"])), width_ms, parts))
    figures.draw(
        "bins.bin_start_ms", "bins.bin_ms", *(f"bins.{column}" for column in styles), "bins.unheard_ms"
    )
    bin_text = length(number_of(bins[0]["bin_ms"]))
    text = (
        paragraph("split_text", bin=bin_text)
        if group == 1
        else paragraph("split_text_grouped", count=str(group), bin=bin_text)
    )
    chart = charts.stacks(columns, list(styles.values()), timeline.duration_ms, "split_figure")
    return figure("split_figure", chart, legend(*key, ("unheard", say("unheard")))) + text


def _turns_section(timeline: Timeline, figures: Figures, rules: MetricRules) -> str:
    shown = [
        (say("turns_all"), figures.show("lessons.turns", count), ""),
        (say("turns_rate"), figures.show("lessons.turns_per_min", decimal), ""),
    ]
    if figures.has("lessons.exchanges_to_student"):
        shown.append((say("to_student"), figures.show("lessons.exchanges_to_student", count), ""))
        shown.append((say("to_teacher"), figures.show("lessons.exchanges_to_teacher", count), ""))
    if figures.has("lessons.longest_monologue_ms"):
        who = str(figures.value("lessons.longest_monologue_user_id"))
        label = next((str(row["label"]) for row in figures.rows("users") if row["user_id"] == who), who)
        figures.draw("lessons.longest_monologue_user_id")
        at = figures.show("lessons.longest_monologue_start_ms", moment)
        shown.append(
            (
                say("monologue"),
                figures.show("lessons.longest_monologue_ms", length),
                say("monologue_where", who=name(label), at=at),
            )
        )
    return section("turns", figures, numbers(*shown), _waits(figures, rules))


def _waits(figures: Figures, rules: MetricRules) -> str:
    kinds = [kind for kind in WAIT_KINDS if figures.has(f"lessons.{kind}_count")]
    if not kinds:
        return paragraph("waits_none", why=say("waits_no_roles"))
    long_ms = rules.wait_long_ms
    parts = [paragraph("waits_text"), _wait_figure(figures, long_ms)]
    heads = [
        (say("wait_kind"), ""),
        (say("wait_count"), "number"),
        (say("wait_median"), "number"),
        (say("wait_quartiles"), "number"),
        (say("wait_long", limit=limit(long_ms)), "number"),
        (say("wait_overlaps"), "number"),
        (say("wait_works"), "number"),
    ]
    rows = []
    for kind in kinds:
        column = f"lessons.{kind}"
        has_waits = figures.number(f"{column}_p25_ms") is not None
        quartiles = (
            f"{figures.show(f'{column}_p25_ms', seconds)} – {figures.show(f'{column}_p75_ms', seconds)}"
            if has_waits
            else DASH
        )
        rows.append(
            (
                say(kind),
                figures.show(f"{column}_count", count),
                figures.show(f"{column}_median_ms", seconds),
                quartiles,
                figures.show(f"{column}_long_ratio", percent),
                figures.show(f"{column}_overlaps", count),
                figures.show(f"{column}_work_times", count),
            )
        )
    parts.append(table("waits_caption", heads, rows))
    return "".join([*parts, paragraph("waits_work", limit=limit(rules.wait_most_ms))])


def _wait_figure(figures: Figures, long_ms: int) -> str:
    """Return the curves of both wait times; of fewer than two waits there is no curve."""
    waits = {
        kind: [
            int(number_of(row["wait_ms"]))
            for row in figures.rows("waits")
            if row["kind"] == kind and row["is_counted"]
        ]
        for kind in _CURVES
    }
    drawn = {kind: lengths for kind, lengths in waits.items() if len(lengths) > 1}
    if not drawn:
        any_wait = any(figures.number(f"lessons.{kind}_count") for kind in WAIT_KINDS)
        return "" if any_wait else paragraph("waits_none", why=say("waits_no_silence"))
    figures.draw("waits.kind", "waits.wait_ms", "waits.is_counted")
    most_ms = max(WAIT_AXIS_MS, 2 * long_ms)
    curves = [(_CURVES[kind], lengths) for kind, lengths in drawn.items()]
    key = legend(*((_CURVES[kind], say(kind)) for kind in drawn))
    chart = charts.shares_below(curves, long_ms, most_ms, "waits_figure")
    beyond = sum(length_ms > most_ms for lengths in drawn.values() for length_ms in lengths)
    text = paragraph("waits_beyond", count=str(beyond)) if beyond else ""
    return figure("waits_figure", chart, key, limit=limit(long_ms)) + text


def _board_section(timeline: Timeline, figures: Figures) -> str:
    boards = figures.rows("boards")
    if not boards:
        return section("board", figures, paragraph("board_none"))
    tracks = {track.id: track for track in timeline.tracks}
    columns = [
        ("board_seen", "boards.board_seen_ms", length),
        ("board_active", "boards.board_active_ratio", percent),
        ("board_pages", "boards.page_changes", count),
        ("board_static", "boards.longest_static_ms", length),
        ("board_talk", "boards.board_talk_ratio", percent),
    ]
    shown = [item for item in columns if figures.has(item[1])]
    heads = [(say("track"), "name"), (say("kind"), "kind"), *((say(key), "number") for key, _, _ in shown)]
    figures.draw("boards.track_id")
    rows = [
        (
            name(track.label if track else str(row["track_id"])),
            kind_words(track.kind) if track else "",
            *(figures.show(column, form, number) for _, column, form in shown),
        )
        for number, row in list(enumerate(boards))[:MOST_ROWS]
        for track in [tracks.get(str(row["track_id"]))]
    ]
    return section("board", figures, table("board_caption", heads, rows))
