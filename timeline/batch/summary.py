"""The morning's table: one row a lesson, those that need a look first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from timeline.batch.rows import DONE, FAILED, LOOK, LessonRow
from timeline.publish import write_text
from timeline.sinks import csv_cell, xml_text
from timeline.units import format_length
from timeline.version import __version__

COLUMNS = (
    *("name", "command", "status", "length_ms", "slates", "errors", "warnings", "infos"),
    *("reason", "advice", "output", "log", "lesson", "seconds", "is_unchanged"),
)
"""Of ``summary.csv``: the names of `LessonRow`."""
_ORDER = {FAILED: 0, LOOK: 1, DONE: 2}
_STYLE = Path(__file__).with_name("summary.css").read_text(encoding="utf-8")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_WORDS = {FAILED: "failed", LOOK: "needs a look", DONE: "done"}


def by_need(rows: Iterable[LessonRow]) -> list[LessonRow]:
    """Return rows with those first that need a look: what failed, what was made with losses, all else."""
    return sorted(rows, key=lambda row: (_ORDER[row.status], row.name))


def summary_csv(rows: Iterable[LessonRow]) -> str:
    """Return ``summary.csv``: the columns `COLUMNS`, those first that need a look."""
    lines: list[Iterable[object]] = [COLUMNS]
    lines += [[getattr(row, column) for column in COLUMNS] for row in by_need(rows)]
    return "".join(",".join(csv_cell(value) for value in line) + "\n" for line in lines)


def counts_text(rows: Sequence[LessonRow]) -> str:
    """Return how many lessons there are of each status, as one line.

    Example:
        >>> counts_text([LessonRow("a", "render", "done", "a"), LessonRow("b", "render", "failed", "b")])
        '2 lessons: 1 done, 0 need a look, 1 failed'
    """
    done, look, failed = (sum(row.status == status for row in rows) for status in (DONE, LOOK, FAILED))
    unchanged = sum(row.is_unchanged for row in rows)
    kept = f", {unchanged} of all from an earlier run" if unchanged else ""
    lessons = "lesson" if len(rows) == 1 else "lessons"
    verb = "needs" if look == 1 else "need"
    return f"{len(rows)} {lessons}: {done} done, {look} {verb} a look, {failed} failed{kept}"


def summary_html(rows: Sequence[LessonRow], title: str = "timeline batch") -> str:
    """Return ``summary.html``: one page that loads nothing and runs nothing."""
    ordered = by_need(rows)
    needing = [row for row in ordered if row.needs_a_look]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{xml_text(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{xml_text(title)}</h1><p>{xml_text(counts_text(rows))}</p>",
    ]
    if needing:
        parts += ["<h2>Lessons that need a look</h2>", _table(needing)]
    else:
        parts.append("<p>No lesson needs a look.</p>")
    fine = ordered[len(needing) :]
    if fine:
        parts += ["<h2>All others</h2>", _table(fine)]
    parts.append(f"<p>Made by timeline {__version__}. The same rows are in summary.csv.</p></body></html>")
    return "\n".join(parts) + "\n"


def write_summary(rows: Sequence[LessonRow], folder: Path, stem: str = "summary") -> None:
    """Write the table and the page into *folder*, in place of older ones.

    Raises:
        DiskError: They cannot be written.
    """
    write_text(folder / f"{stem}.csv", "\ufeff" + summary_csv(rows))
    write_text(folder / f"{stem}.html", summary_html(rows))


def _table(rows: Iterable[LessonRow]) -> str:
    heads = ("lesson", "status", "length", "slates", "errors", "warnings", "why, and what to do", "")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return (
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_line, rows))}</tbody></table></div>"
    )


def _line(row: LessonRow) -> str:
    length = "–" if row.length_ms is None else format_length(row.length_ms)
    why = f"{xml_text(row.reason)}<small>{xml_text(row.advice)}</small>" if row.reason else ""
    links = " ".join(_link(path, text) for path, text in ((row.output, "open"), (row.log, "log")) if path)
    numbers = "".join(f'<td class="n">{number}</td>' for number in (row.slates, row.errors, row.warnings))
    kept = "<small>from an earlier run</small>" if row.is_unchanged else ""
    return (
        f'<tr><th scope="row"><bdi>{xml_text(row.name)}</bdi></th>'
        f'<td class="{row.status}">{_WORDS[row.status]}{kept}</td><td class="n">{length}</td>'
        f'{numbers}<td class="why">{why}</td><td>{links}</td></tr>'
    )


def _link(path: str, text: str) -> str:
    return f'<a href="{xml_text("./" + quote(path))}">{text}</a>'
