"""WebVTT (W3C): the sections as chapters, and what plays when as metadata cues.

A cue must last, so pauses, which have no length in playback time, are no cues: they lie between chapters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from timeline.export.rewrite import UrlRewriter, media_url
from timeline.jsontext import json_text
from timeline.model import Timeline
from timeline.sinks import text_line


def chapters_vtt(timeline: Timeline) -> str:
    """Return the sections of a lesson for ``<track kind="chapters">``.

    Example:
        >>> import timeline
        >>> print(chapters_vtt(timeline.load("sample_results/guide_example.json")))
        WEBVTT
        <BLANKLINE>
        1
        00:00:00.000 --> 00:15:00.000
        Part 1
        <BLANKLINE>
        2
        00:15:00.000 --> 00:24:00.000
        Part 2
        <BLANKLINE>
    """
    return _page((s.start_ms, s.end_ms, _cue_text(s.title)) for s in timeline.sections())


def scenes_vtt(timeline: Timeline, *, rewrite_url: UrlRewriter | None = None) -> str:
    """Return what plays when for ``<track kind="metadata">``: a cue a scene, its payload one line of JSON.

    The payload is ``{"tracks": {id: {"url", "media_start_ms"}}}``: at the start of the cue, the file of each
    track that plays is at *media_start_ms*.

    Args:
        timeline: A lesson.
        rewrite_url: What a file's url becomes.
    """

    def cues() -> Iterator[tuple[int, int, str]]:
        for scene in timeline.scenes():
            playing = {
                track: {
                    "url": media_url(clip.media, rewrite_url),
                    "media_start_ms": clip.media_ms(scene.start_ms),
                }
                for track, clip in scene.clips.items()
            }
            payload = json_text({"tracks": playing}, indent=None)
            # Within a cue "-->" is forbidden, and "&" or "<" would begin markup.
            for sign in "<>&":
                payload = payload.replace(sign, f"\\u{ord(sign):04x}")
            yield scene.start_ms, scene.end_ms, payload

    return _page(cues())


def _page(cues: Iterable[tuple[int, int, str]]) -> str:
    blocks = ["WEBVTT\n"]
    for number, (start_ms, end_ms, text) in enumerate(cues, start=1):
        blocks.append(f"{number}\n{_time(start_ms)} --> {_time(end_ms)}\n{text}\n")
    return "\n".join(blocks)


def _time(at_ms: int) -> str:
    whole, milliseconds = divmod(at_ms, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{milliseconds:03d}"


def _cue_text(text: str) -> str:
    return text_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
