"""From the url that a result says to the link that a page shall open.

The service's urls are often ``http``, expired or private. A rewriter names something better: another prefix,
the name of a file that lies beside the page, or whatever a function makes (signed links). What it makes is
checked: a page opens nothing but ``http``, ``https`` and what is relative to it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, unquote

from timeline.errors import ParameterError
from timeline.media.locate import media_references, url_file_name
from timeline.model import MediaReference, Timeline
from timeline.sinks import is_harmless, show

UrlRewriter = Callable[[MediaReference], str | None]
"""Returns the link to a file, or None where the original url is to be opened."""

RewriteUrl = UrlRewriter | Mapping[str, str] | str
"""A function, new prefixes by old ones, or the word ``name`` for the names of files beside the page."""

BY_NAME = "name"

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_ALLOWED_SCHEMES = ("http", "https")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_KEPT = "%/:?#[]@!$&'()*+,;=~-._"


def make_rewriter(rewrite_url: RewriteUrl, timeline: Timeline) -> UrlRewriter:
    """Return the function that *rewrite_url* means for the files of *timeline*; its links are safe to open.

    Args:
        rewrite_url: New prefixes by old ones (the longest that fits counts), ``"name"``, or a function.
        timeline: Whose files are meant: a name that several of them share names none.

    Raises:
        ParameterError: It is none of these. The function that is returned raises it for an unsafe link.

    Example:
        >>> import timeline
        >>> lesson = timeline.load("sample_results/guide_example.json")
        >>> link = make_rewriter({"http://1253488539.vod2.myqcloud.com/": "https://cdn.example/"}, lesson)
        >>> link(lesson.tracks[0].clips[0].media)
        'https://cdn.example/oM86K7X3Ig8b.mp4'
    """
    if callable(rewrite_url):
        rewrite: UrlRewriter = rewrite_url
    elif isinstance(rewrite_url, Mapping):
        rewrite = _by_prefix(rewrite_url)
    elif rewrite_url == BY_NAME:
        rewrite = _by_name(timeline)
    else:
        raise ParameterError(
            f"rewrite_url: expected OLD=NEW, {BY_NAME} or a function, got {show(rewrite_url)}"
        )

    def link(reference: MediaReference) -> str | None:
        made = rewrite(reference)
        return None if made is None else _checked(made, reference)

    return link


def media_url(media: MediaReference, rewrite_url: UrlRewriter | None) -> str | None:
    """Return the url under which *media* is opened; None where it has none."""
    rewritten = rewrite_url(media) if rewrite_url is not None else None
    return media.url if rewritten is None else rewritten


def opened_url(media: MediaReference, rewrite_url: UrlRewriter | None) -> str | None:
    """Return what a program may open that reads an export: as `media_url`, but of urls only web addresses.

    Editors and melt take more for a file than players do: paths of this machine, and names of services.
    """
    rewritten = rewrite_url(media) if rewrite_url is not None else None
    return (media.url if _WEB.match(media.url or "") else None) if rewritten is None else rewritten


def parse_rewrites(options: Sequence[str]) -> RewriteUrl | None:
    """Return what the options ``--rewrite-url`` of a command mean; None where there are none.

    Raises:
        ParameterError: One is neither ``OLD=NEW`` nor ``name``, or both are mixed.

    Example:
        >>> parse_rewrites(["http://a/=https://b/", "http://c/=media/"])
        {'http://a/': 'https://b/', 'http://c/': 'media/'}
    """
    if not options:
        return None
    if list(options) == [BY_NAME]:
        return BY_NAME
    prefixes: dict[str, str] = {}
    for option in options:
        old, equals, new = option.partition("=")
        if not equals or not old:
            raise ParameterError(
                f"--rewrite-url: expected OLD=NEW, such as http://old.example/=https://new.example/, "
                f"or {BY_NAME} alone, got {show(option)}"
            )
        if old in prefixes:
            raise ParameterError(f"--rewrite-url: {show(old)} is there twice; which one is meant is unknown")
        prefixes[old] = new
    return prefixes


def quoted_link(link: str) -> str:
    """Return *link* with what no link may hold percent-encoded; what is encoded already stays.

    Example:
        >>> quoted_link("https://a/ä b%20c.mp4")
        'https://a/%C3%A4%20b%20c.mp4'
    """
    return quote(link, safe=_KEPT, errors="replace")


def unsafe_link(link: str) -> str | None:
    r"""Return why a page must not open *link*, in a few words; None where it may.

    Example:
        >>> unsafe_link("https://a/b.mp4"), unsafe_link("media/b.mp4"), unsafe_link("java\tscript:x")
        (None, None, 'holds a blank, a control or an invisible character')
    """
    if not link:
        return "is empty"
    if not all(is_harmless(character) and not character.isspace() for character in link):
        return "holds a blank, a control or an invisible character"
    if "\\" in link:
        return "holds a backslash"
    scheme = _SCHEME.match(link)
    if scheme and scheme[1].lower() not in _ALLOWED_SCHEMES:
        return f"begins with {show(scheme[0])}, which is neither http nor https"
    return None


def _by_prefix(prefixes: Mapping[str, str]) -> UrlRewriter:
    if not all(isinstance(old, str) and old and isinstance(new, str) for old, new in prefixes.items()):
        raise ParameterError("rewrite_url: prefixes are texts, and the old ones are not empty")
    longest_first = sorted(prefixes.items(), key=lambda pair: -len(pair[0]))

    def rewrite(reference: MediaReference) -> str | None:
        url = reference.url or ""
        for old, new in longest_first:
            if url.startswith(old):
                made = new + url[len(old) :]
                # One odd url of many must not stop all others; a prefix that is odd itself must.
                is_odd = unsafe_link(f"{new}x") is None and unsafe_link(made.replace(" ", "%20")) is not None
                return None if is_odd or _leads_elsewhere(new, url[len(old) :]) else made
        return None

    return rewrite


def _leads_elsewhere(new: str, rest: str) -> bool:
    """Return whether what stands behind a prefix leaves the place that the prefix names."""
    path = re.split("[?#]", rest, maxsplit=1)[0]
    is_relative = _SCHEME.match(new) is None and not rest.startswith(":")  # "http=https" is absolute
    is_elsewhere = "//" in new[-1:] + path or (not new and path.startswith("/"))
    return ".." in unquote(path).split("/") or (is_relative and is_elsewhere)


def _by_name(timeline: Timeline) -> UrlRewriter:
    urls: defaultdict[str, set[str | None]] = defaultdict(set)
    for reference in media_references(timeline):
        urls[_name(reference)].add(reference.url and reference.url.partition("?")[0])

    def rewrite(reference: MediaReference) -> str | None:
        name = _name(reference)
        return quote(name, safe="") if name and len(urls[name]) == 1 else None

    return rewrite


def _name(reference: MediaReference) -> str:
    """Return the name of a file by its url; empty where there is none that names a file in one folder."""
    name = url_file_name(reference.url)
    is_plain = name.strip(". ") and not {"/", "\\"} & set(name) and all(map(is_harmless, name))
    return name if is_plain else ""


def _checked(link: object, reference: MediaReference) -> str:
    if not isinstance(link, str):
        raise ParameterError(f"rewrite_url: expected a text or None, got {type(link).__name__}")
    made = link.replace(" ", "%20")
    reason = unsafe_link(made)
    if reason:
        raise ParameterError(
            f"rewrite_url: the link made of file {reference.position} {reason}; make another one"
        )
    return quoted_link(made)
