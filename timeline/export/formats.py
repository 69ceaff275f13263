"""The formats in which a lesson can be written, as one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline.errors import ParameterError
from timeline.export.iiif import to_iiif
from timeline.export.manifest import manifest_text
from timeline.export.mlt import to_mlt
from timeline.export.otio import to_otio
from timeline.export.rewrite import make_rewriter
from timeline.export.rttm import to_rttm
from timeline.export.webvtt import chapters_vtt, scenes_vtt
from timeline.jsontext import json_text
from timeline.model import Timeline
from timeline.publish import write_text


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a lesson.

    Attributes:
        name: What it is called.
        suffix: What its files end in.
        title: What it is, in a few words.
        write: From a lesson, and options by name, to text.
        options: Names of the options that it takes.
    """

    name: str
    suffix: str
    title: str
    write: Callable[..., str]
    options: Set[str] = frozenset()


def _as_json(convert: Callable[..., Any]) -> Callable[..., str]:
    def write(timeline: Timeline, **options: Any) -> str:
        return json_text(convert(timeline, **options)) + "\n"

    return write


_URL, _RATE, _CANVAS = {"rewrite_url"}, {"rate"}, {"layout", "size_px"}

FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("json", ".json", "the sync manifest", manifest_text, {"media", "beside", "rewrite_url"}),
        Format("webvtt", ".vtt", "sections as WebVTT chapters", chapters_vtt),
        Format("webvtt-scenes", ".vtt", "what plays when as WebVTT metadata", scenes_vtt, _URL),
        Format("otio", ".otio", "OpenTimelineIO, for editors", _as_json(to_otio), _URL | _RATE),
        Format("iiif", ".json", "IIIF Presentation 3.0", _as_json(to_iiif), _URL | _CANVAS | {"base_uri"}),
        Format("mlt", ".mlt", "MLT XML, for melt and Kdenlive", to_mlt, _URL | _RATE | _CANVAS),
        Format("rttm", ".rttm", "RTTM, for research of speech", to_rttm),
    )
}
"""By name."""


def export_text(timeline: Timeline, name: str, **options: Any) -> str:
    """Return *timeline* in a format.

    Args:
        timeline: A lesson.
        name: One of `FORMATS`.
        options: What the format's function takes: *rate*, *layout*, *size_px*, *base_uri*,
            and *rewrite_url* in any form of `timeline.export.rewrite`.

    Raises:
        ParameterError: There is no such format, or it has no such option.

    Example:
        >>> import timeline
        >>> export_text(timeline.load("sample_results/guide_example.json"), "webvtt")[:6]
        'WEBVTT'
    """
    if name not in FORMATS:
        raise ParameterError(f"no format {name!r}; there are: {', '.join(FORMATS)}")
    unknown = sorted(options.keys() - FORMATS[name].options)
    if unknown:
        takers = [one.name for one in FORMATS.values() if unknown[0] in one.options]
        raise ParameterError(f"{name} takes no {unknown[0]}; {', '.join(takers) or 'no format'} would")
    if "rewrite_url" in options:
        options["rewrite_url"] = make_rewriter(options["rewrite_url"], timeline)
    return FORMATS[name].write(timeline, **options)


def write_export(
    timeline: Timeline, path: str | os.PathLike[str], name: str, *, overwrite: bool = True, **options: Any
) -> None:
    """Write *timeline* in a format to *path*, whole or not at all; as `export_text`.

    Raises:
        OutputExistsError: *path* is there and *overwrite* is False.
        DiskError: It cannot be written.
    """
    write_text(Path(path), export_text(timeline, name, **options), overwrite=overwrite)
