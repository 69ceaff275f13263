"""Tables of a report, and the place in ``README.md`` where they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.report import (
    DENSE,
    LARGE,
    LESSONS,
    STAGES,
    TO_TEXT,
    TO_VALUES,
    WAYS,
    CaseReport,
    GapsReport,
    Report,
    Seconds,
    growth_exponent,
)

README = Path(__file__).with_name("README.md")
BEGIN = "<!-- numbers: written by python -m benchmarks.reading --write -->"
END = "<!-- end of the numbers -->"

LARGE_AIM_S, LARGE_AIM_CLIPS = 1.5, 100_000
LESSONS_AIM_S, LESSONS_AIM_NUMBER = 3.0, 10_000
GROWTH_AIM = 1.1

NOTHING = "–"
TITLES = ("Aims", "Times", "Growth", "Memory", "Gaps of every track")
"""Headings of the tables, in their order."""

Row = Sequence[str]


def numbers(report: Report) -> str:
    """Return all tables as Markdown."""
    tables = (_aims(report), _times(report), _growth(report), _memory(report), _gaps(report))
    parts = [_introduction(report)]
    for title, lines in zip(TITLES, tables, strict=True):
        parts += [f"### {title}", "\n".join(lines)]
    return "\n\n".join(parts)


def replace_numbers(page: str, text: str) -> str:
    """Return *page* with *text* between `BEGIN` and `END`.

    Raises:
        ValueError: The two comments are not there, each once and in this order.
    """
    return put_between(page, BEGIN, END, text)


def put_between(page: str, begin: str, end: str, text: str) -> str:
    """Return *page* with *text* between two comments.

    Raises:
        ValueError: They are not there, each once and in this order.
    """
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"expected {begin} and then {end}, each once")
    return f"{page.partition(begin)[0]}{begin}\n\n{text}\n\n{end}{page.partition(end)[2]}"


def numbers_in(page: str) -> str:
    """Return what stands between `BEGIN` and `END`."""
    return page.partition(BEGIN)[2].partition(END)[0].strip()


def table(header: Row, rows: Iterable[Row]) -> list[str]:
    """Return the lines of a Markdown table: the first column to the left, the others to the right."""
    rows = [header, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    lines = [
        "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |"
        for row in rows
    ]
    return [lines[0], f"|{rule}|", *lines[1:]]


def _introduction(report: Report) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    lines = [f"Run of {report.date} on {report.machine}; {versions}."]
    if report.quick:
        lines.append("A quick run: smaller inputs, few repetitions; no aim is judged.")
    return "\n".join(lines)


# --- aims ---------------------------------------------------------------------------------------------------


def _aims(report: Report) -> list[str]:
    if report.quick:
        return ["Not judged in a quick run."]
    rows = [
        *(row for family in (LARGE, DENSE) for row in _large_aims(report, family)),
        *(
            _judged(f"{_count(LESSONS_AIM_NUMBER)} small lessons, {stage}", one.stages[stage], LESSONS_AIM_S)
            for one in report.family(LESSONS)
            for stage in (TO_VALUES, TO_TEXT)
        ),
    ]
    return table(("aim", "at most", "measured (best)", "met"), rows)


def _large_aims(report: Report, family: str) -> list[Row]:
    cases = report.family(family)
    of_what = f"{_count(LARGE_AIM_CLIPS)} clips" + (" of 1 s" if family == DENSE else "")
    rows = [
        _judged(f"{of_what}, {stage}", one.stages[stage], LARGE_AIM_S)
        for one in cases
        if one.case.all_clips == LARGE_AIM_CLIPS
        for stage in (TO_VALUES, TO_TEXT)
    ]
    steps = [pair for pair in pairwise(cases) if pair[0].case.all_clips >= 1_000]
    worst = max(growth_exponent(*pair, TO_TEXT) for pair in steps)
    met = "yes" if worst <= GROWTH_AIM else "no"
    name = f"growth to {of_what}, {TO_TEXT}, worst step"
    return [*rows, (name, f"n^{GROWTH_AIM}", f"n^{worst:.2f}", met)]


def _judged(name: str, seconds: Seconds, aim_s: float) -> Row:
    met = "yes" if seconds.best_s <= aim_s else "no"
    return (name, f"{aim_s:.1f} s", f"{seconds.best_s:.2f} s", met)


# --- times, growth, memory ----------------------------------------------------------------------------------


def _times(report: Report) -> list[str]:
    cases = report.cases
    header = ("stage", *map(_name, cases))
    rows: list[Row] = [(stage, *(_time(one.stages[stage].best_s) for one in cases)) for stage in STAGES]
    medians = (_time(one.stages[TO_TEXT].median_s) for one in cases)
    per_clip = [one.stages[TO_TEXT].best_s / one.case.all_clips for one in cases]
    unit = next(per_clip[i] for i, one in enumerate(cases) if one.case.all_clips == 1_000)
    rows += [
        (f"{TO_TEXT}, median", *medians),
        (f"{TO_TEXT}, per clip", *map(_time, per_clip)),
        ("the same, against 1 000 clips", *(f"× {one / unit:.2f}" for one in per_clip)),
        ("share of its core that the run had", *(f"{one.core_share:.0%}" for one in cases)),
        (
            "clips / findings",
            *(f"{_count(one.case.all_clips)} / {_count(one.findings)}" for one in cases),
        ),
    ]
    return table(header, rows)


def _growth(report: Report) -> list[str]:
    pairs = [pair for family in (LARGE, DENSE) for pair in _steps(report.family(family))]
    header = ("stage", *(f"{_name(smaller)} to {_count(larger.case.all_clips)}" for smaller, larger in pairs))
    rows = [(stage, *(f"n^{growth_exponent(*pair, stage):.2f}" for pair in pairs)) for stage in STAGES]
    return table(header, rows)


def _steps(cases: Sequence[CaseReport]) -> list[tuple[CaseReport, CaseReport]]:
    """Return neighbours, and at last the one of 1 000 clips with the largest."""
    thousand = [one for one in cases if one.case.all_clips == 1_000]
    whole = [(one, cases[-1]) for one in thousand if one not in cases[-2:]]
    return [*pairwise(cases), *whole]


def _memory(report: Report) -> list[str]:
    header = ("peak above a bare import", "after loads", "per clip", "after manifest_text", "per clip")
    return table(header, [_memory_row(one) for one in report.cases])


def _memory_row(one: CaseReport) -> Row:
    if one.case.family == LESSONS:  # one lesson at a time: nothing adds up
        return (_name(one), NOTHING, NOTHING, _megabytes(one.text_bytes), NOTHING)
    clips = one.case.all_clips
    return (
        _name(one),
        _megabytes(one.loads_bytes),
        _bytes_per_clip(one.loads_bytes, clips),
        _megabytes(one.text_bytes),
        _bytes_per_clip(one.text_bytes, clips),
    )


# --- gaps ---------------------------------------------------------------------------------------------------


def _gaps(report: Report) -> list[str]:
    base = {one.clips: one for one in report.gaps if one.way == WAYS[0]}
    header = (
        "way",
        "clips",
        "gaps",
        "build",
        "ask",
        "ask, against timeline",
        "build + ask, against timeline",
    )
    return table(header, [_gaps_row(one, base[one.clips]) for one in report.gaps])


def _gaps_row(one: GapsReport, base: GapsReport) -> Row:
    if one.build is None or one.ask is None or base.build is None or base.ask is None:
        return (one.way, _count(one.clips), NOTHING, NOTHING, one.note or NOTHING, NOTHING, NOTHING)
    both_s, base_s = one.build.best_s + one.ask.best_s, base.build.best_s + base.ask.best_s
    return (
        one.way,
        _count(one.clips),
        _count(one.gaps),
        _time(one.build.best_s) if one.way != WAYS[1] else NOTHING,
        _time(one.ask.best_s),
        f"× {one.ask.best_s / base.ask.best_s:.2f}",
        f"× {both_s / base_s:.2f}",
    )


# --- spelling -----------------------------------------------------------------------------------------------


def _name(one: CaseReport) -> str:
    if one.case.family == LESSONS:
        return f"{_count(one.case.number)} lessons of {one.case.clips}"
    return f"{_count(one.case.clips)} clips" + (" of 1 s" if one.case.family == DENSE else "")


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _time(seconds: float) -> str:
    if seconds >= 0.1:
        return f"{seconds:.2f} s"
    if seconds >= 0.0001:
        return f"{seconds * 1000:.2f} ms"
    return f"{seconds * 1_000_000:.1f} µs"


def _megabytes(number: int | None) -> str:
    return NOTHING if number is None else f"{number / 1_000_000:.1f} MB"


def _bytes_per_clip(number: int | None, clips: int) -> str:
    if number is None or clips < 1_000:  # below that it is noise
        return NOTHING
    return f"{_count(round(number / clips))} B"
