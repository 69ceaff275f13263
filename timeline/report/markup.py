"""HTML of the report: every text in both languages, every string of a stranger escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from timeline import kinds
from timeline.report.words import LANGUAGES, TEXTS, Words
from timeline.sinks import xml_text

MOST_CHARACTERS = 60
"""Of a name on the page."""
DASH = '<span class="missing">–</span>'
"""Stands for what was not measured."""


def say(key: str, **parts: str) -> str:
    """Return the text *key* as HTML in both languages; *parts* are HTML and stand where it names them.

    Example:
        >>> say("yes")
        '<span class="en" lang="en">yes</span><span class="zh" lang="zh-Hans">是</span>'
    """
    return both(TEXTS[key], "span", **parts)


def both(words: Words, tag: str, **parts: str) -> str:
    """Return *words* as an element *tag* for each language: the reader's choice shows one of them."""
    return "".join(
        f'<{tag} class="{language}" lang="{LANGUAGES[language]}">{xml_text(text).format_map(parts)}</{tag}>'
        for language, text in zip(LANGUAGES, words, strict=True)
    )


def paragraph(key: str, **parts: str) -> str:
    """Return a paragraph."""
    return f"<p>{say(key, **parts)}</p>"


def name(text: str) -> str:
    """Return a stranger's *text* as a name that turns no direction around itself."""
    return f"<bdi>{xml_text(shortened(text))}</bdi>"


def shortened(text: str) -> str:
    """Return *text*, its end cut off where it is long.

    Example:
        >>> len(shortened("x" * 99))
        60
    """
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def kind_words(kind: str) -> str:
    """Return what a kind of stream is called."""
    return say(f"kind_{kind}" if kind in kinds.KIND_ORDER else "kind_other")


def table(
    key: str,
    heads: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[str]],
    *,
    style: str = "",
    foot: Sequence[str] = (),
) -> str:
    """Return a table; the first cell of each row is its head.

    Args:
        key: Of the text that is its caption.
        heads: HTML and class of each column; the class goes to its cells too.
        rows: HTML of the cells.
        style: Class of the table.
        foot: Cells of a last row, such as an axis, which only the eye needs.
    """
    head = "".join(f'<th scope="col"{_class(kind)}>{html}</th>' for html, kind in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row"{_class(kind)}>{cell}</th>' if number == 0 else f"<td{_class(kind)}>{cell}</td>"
            for number, (cell, (_, kind)) in enumerate(zip(row, heads, strict=True))
        )
        + "</tr>"
        for row in rows
    )
    last = (
        '<tfoot aria-hidden="true"><tr>'
        + "".join(f"<td{_class(kind)}>{cell}</td>" for cell, (_, kind) in zip(foot, heads, strict=True))
        + "</tr></tfoot>"
        if foot
        else ""
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{key}">'
        f'<table{_class(style)}><caption id="{key}">{say(key)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{last}</table></div>"
    )


def numbers(*items: tuple[str, str, str]) -> str:
    """Return a list of key figures: what it is, the number, and what it is of."""
    entries = (
        f"<div><dt>{label}</dt><dd>{number}{f'<small>{of}</small>' if of else ''}</dd></div>"
        for label, number, of in items
    )
    return f'<dl class="numbers">{"".join(entries)}</dl>'


def figure(key: str, picture: str, legend: str = "", **parts: str) -> str:
    """Return a picture, whose label is the caption *key*, and a legend where colours mean something."""
    caption = f'<figcaption id="{key}">{say(key, **parts)}</figcaption>'
    return f"<figure>{caption}{legend}{picture}</figure>"


def legend(*items: tuple[str, str]) -> str:
    """Return what colours mean: a class and a text of each."""
    entries = (
        f'<li><svg width="14" height="12" aria-hidden="true"><rect class="{style}" y="1" width="14" '
        f'height="10"/></svg>{label}</li>'
        for style, label in items
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
