"""What a clip's url becomes where it is opened."""

from __future__ import annotations

from collections.abc import Callable

from timeline.model import MediaReference

UrlRewriter = Callable[[MediaReference], str | None]
"""Returns the url to open; None keeps the original."""


def media_url(media: MediaReference, rewrite_url: UrlRewriter | None) -> str | None:
    """Return the url under which *media* is opened; None where it has none."""
    rewritten = rewrite_url(media) if rewrite_url is not None else None
    return media.url if rewritten is None else rewritten
