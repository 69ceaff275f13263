"""The report of a lesson as one HTML file: no script, and nothing is loaded from anywhere.

Both languages are in it; two buttons of the page's own style choose. Every number is a value of a table, in a
``<data>`` that names its column and row. A lesson that the media were not measured of says so in a sentence.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import os
from importlib.resources import files
from pathlib import Path

from timeline.analysis.measure import Measures
from timeline.errors import ParameterError
from timeline.model import Timeline
from timeline.publish import write_text
from timeline.report.column_words import COLUMNS_ZH
from timeline.report.figures import Figures, count, length, wall
from timeline.report.markup import both, name, numbers, paragraph, say, shortened, table
from timeline.report.talk import talk_sections
from timeline.report.timing import at_once_section, camera_section, picture_section, trust_section
from timeline.report.words import LANGUAGES, TEXTS, Words
from timeline.sinks import xml_text


def write_report(
    timeline: Timeline,
    measures: Measures,
    path: str | os.PathLike[str],
    *,
    language: str | None = None,
    title: str | None = None,
    overwrite: bool = True,
) -> None:
    """Write the report of a lesson as one HTML file.

    Args:
        timeline: A lesson. For a page that names nobody give `pseudonymised` here and to `measure_lesson`.
        measures: What was measured of it.
        path: Where to write.
        language: ``en`` (by default) or ``zh``: what the page shows first.
        title: The page's name; by default that of the lesson in the tables.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        ParameterError: *language* is unknown, or *measures* are not of one lesson.
        OutputExistsError: *path* is there and *overwrite* is False.
        DiskError: It cannot be written.
    """
    text = report_html(timeline, measures, language=language, title=title)
    write_text(Path(path), text, overwrite=overwrite)


def report_html(
    timeline: Timeline, measures: Measures, *, language: str | None = None, title: str | None = None
) -> str:
    r"""Return the report as HTML; the same for the same lesson and measures.

    Raises:
        ParameterError: *language* is unknown, or *measures* are not of one lesson.

    Example:
        >>> import timeline
        >>> from timeline.analysis.measure import measure_lesson
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> report_html(lesson, measure_lesson(lesson), language="zh")[:40]
        '<!doctype html>\n<html lang="zh-Hans">\n<h'
    """
    language = language or "en"
    check_language(language)
    figures = Figures(measures.tables)
    lessons = figures.rows("lessons")
    if len(lessons) != 1 or lessons[0]["error"] is not None:
        raise ParameterError(
            f"a report is of one lesson that could be read; these measures are of {len(lessons)}"
        )
    heading = shortened(title if title is not None else str(lessons[0]["lesson_id"]))
    head = _header(heading, language, figures)
    sections = [
        trust_section(timeline, figures),
        picture_section(timeline, figures),
        camera_section(timeline, figures, measures.rules),
        at_once_section(timeline, figures),
        *talk_sections(timeline, figures, measures.rules),
    ]
    body = "\n".join([*sections, _computed(figures, measures)])
    style = files("timeline.report").joinpath("page.css").read_text(encoding="utf-8")
    page_title = f"{TEXTS['report'][list(LANGUAGES).index(language)]} · {heading}"
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[language]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{xml_text(page_policy(style))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{xml_text(page_title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{head}\n<main>\n{_limits()}\n{body}\n</main>\n</body>\n</html>\n"
    )


def check_language(language: str) -> None:
    """Raise `ParameterError` unless the page speaks *language*."""
    if language not in LANGUAGES:
        raise ParameterError(f"no language {language!r}; there are: {', '.join(LANGUAGES)}")


def page_policy(style: str) -> str:
    """Return the Content-Security-Policy of the page: this style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _header(heading: str, language: str, figures: Figures) -> str:
    choices = "".join(
        f'<input type="radio" name="language" id="language-{one}" autocomplete="off"'
        f'{" checked" if one == language else ""}><label for="language-{one}" lang="{code}">{label}</label>'
        for (one, code), label in zip(LANGUAGES.items(), ("English", "中文"), strict=True)
    )
    facts = [
        (say("length"), figures.show("lessons.duration_ms", length), ""),
        (say("pauses"), figures.show("lessons.pauses", count), _pauses(figures)),
        (
            say("people"),
            figures.show("lessons.users", count),
            say("people_known", camera=figures.show("lessons.camera_users", count)),
        ),
    ]
    if figures.value("lessons.start_wall_ms") is not None:
        facts.insert(0, (say("recorded"), figures.show("lessons.start_wall_ms", wall), ""))
    figures.take()
    return (
        f'<header><div class="top"><p class="eyebrow">{say("report")}</p>'
        f'<fieldset><legend class="away">{say("language")}</legend>{choices}</fieldset></div>'
        f"<h1>{name(heading)}</h1>{numbers(*facts)}</header>"
    )


def _pauses(figures: Figures) -> str:
    if not figures.number("lessons.pauses"):
        return ""
    if figures.number("lessons.paused_ms") is None:
        return say("pauses_unknown")
    return say("pauses_known", paused=figures.show("lessons.paused_ms", length))


def _limits() -> str:
    keys = ("limit_camera", "limit_talk", "limit_signals", "limit_missing")
    items = "".join(f"<li>{say(key)}</li>" for key in keys)
    return (
        f'<section class="limits" aria-labelledby="limits"><h2 id="limits">{say("limits")}</h2>'
        f"<ul>{items}</ul></section>"
    )


def _computed(figures: Figures, measures: Measures) -> str:
    """Return what every shown column means, by which rules, made by what from what."""
    columns = [
        (
            f"<code>{xml_text(place)}</code>",
            xml_text(column.unit),
            both(Words(column.text, COLUMNS_ZH.get(place, column.text)), "span"),
        )
        for place, column in figures.shown.items()
    ]
    heads = [(say("column"), ""), (say("unit"), ""), (say("meaning"), "words")]
    rules = "".join(
        f"<div><dt><code>{field}</code></dt><dd>{value}</dd></div>"
        for field, value in dataclasses.asdict(measures.rules).items()
    )
    digest = figures.show_text("lessons.result_sha256")
    made = "".join(
        f"<div><dt>{say(key)}</dt><dd><code>{value}</code></dd></div>"
        for key, value in (
            ("made_by", figures.show_text("lessons.generator")),
            ("rules_digest", figures.show_text("lessons.rules")),
            ("result_digest", digest if figures.has("lessons.result_sha256") else say("digest_missing")),
        )
    )
    return (
        f'<section aria-labelledby="computed"><h2 id="computed">{say("computed")}</h2>'
        f"{paragraph('computed_text')}{table('computed_caption', heads, columns, style='columns')}"
        f'<h3>{say("rules_caption")}</h3><dl class="rules">{rules}</dl>'
        f'<dl class="made">{made}</dl></section>'
    )
