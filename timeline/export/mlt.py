"""MLT XML: the lesson for ``melt``, Shotcut and Kdenlive, one playlist a track, laid over each other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from timeline.audible import audible_tracks
from timeline.errors import ParameterError
from timeline.export.rewrite import UrlRewriter, opened_url
from timeline.layouts.names import LayoutLike, find_layout
from timeline.layouts.places import place_tracks
from timeline.model import Timeline, Track
from timeline.sinks import xml_text
from timeline.units import frame_at

DEFAULT_RATE = Fraction(25)
DEFAULT_SIZE_PX = (1280, 720)


def to_mlt(
    timeline: Timeline,
    *,
    rate: Fraction = DEFAULT_RATE,
    layout: LayoutLike = "stage",
    size_px: tuple[int, int] = DEFAULT_SIZE_PX,
    rewrite_url: UrlRewriter | None = None,
) -> str:
    """Return the lesson as MLT XML.

    A playlist for each track that the layout shows or that is heard; blanks where nothing plays. Edges are
    rounded to frames, never lengths. A clip without a web address is a blank,
    unless *rewrite_url* has another name.

    Args:
        timeline: A lesson.
        rate: Frames per second.
        layout: Where on the canvas who is; as for a render.
        size_px: (width, height) of the canvas.
        rewrite_url: What a file's url becomes; melt opens local names and, where it was built so, urls.

    Raises:
        ParameterError: The layout cannot be used, or the lesson lasts no frame.
    """
    frames = frame_at(timeline.duration_ms, rate)
    if frames == 0:
        raise ParameterError("a lesson shorter than a frame has no MLT form; there is nothing to show")
    lines = [
        "<?xml version='1.0' encoding='utf-8'?>",
        '<mlt LC_NUMERIC="C" version="7.0.0" producer="lesson">',
        f' <profile width="{size_px[0]}" height="{size_px[1]}" progressive="1" sample_aspect_num="1"'
        f' sample_aspect_den="1" display_aspect_num="{size_px[0]}" display_aspect_den="{size_px[1]}"'
        f' frame_rate_num="{rate.numerator}" frame_rate_den="{rate.denominator}" colorspace="709"/>',
        *_Writer(timeline, rate, frames, layout, size_px, rewrite_url).lines(),
        "</mlt>",
        "",
    ]
    return "\n".join(lines)


class _Writer:
    def __init__(
        self,
        timeline: Timeline,
        rate: Fraction,
        frames: int,
        layout: LayoutLike,
        size_px: tuple[int, int],
        rewrite_url: UrlRewriter | None,
    ) -> None:
        self._timeline, self._rate, self._frames, self._rewrite_url = timeline, rate, frames, rewrite_url
        regions = place_tracks(find_layout(layout, timeline), timeline, *size_px)
        self._shown = [(track, region.rectangle) for region in regions for track in region.tracks]
        self._heard = {track.id for track in audible_tracks(timeline)}

    def lines(self) -> Iterator[str]:
        yield f' <producer id="canvas" in="0" out="{self._frames - 1}">'
        yield from _properties(mlt_service="color", resource="#ff14171c", length=str(self._frames))
        yield " </producer>"
        shown = {track.id for track, _ in self._shown}
        sounds = [t for t in self._timeline.tracks if t.id in self._heard and t.id not in shown]
        tracks = [track for track, _ in self._shown] + sounds
        for number, track in enumerate(tracks):
            yield from self._playlist(number, track)
        yield f' <tractor id="lesson" in="0" out="{self._frames - 1}">'
        yield "  <multitrack>"
        yield '   <track producer="canvas"/>'
        for number, track in enumerate(tracks):
            hide = {(True, False): ' hide="audio"', (False, True): ' hide="video"'}
            is_shown, is_heard = track.id in shown, track.id in self._heard
            yield f'   <track producer="track{number}"{hide.get((is_shown, is_heard), "")}/>'
        yield "  </multitrack>"
        for number, track in enumerate(tracks, start=1):
            if track.id in self._heard:
                yield from self._transition(number, "mix", sum="1", always_active="1")
        for number, (_, place) in enumerate(self._shown, start=1):
            geometry = f"{place.x}/{place.y}:{place.width}x{place.height}:100"
            fitted = {"distort": "0", "fill": "1", "halign": "centre", "valign": "middle"}
            yield from self._transition(number, "composite", geometry=geometry, progressive="1", **fitted)
        yield " </tractor>"

    def _playlist(self, number: int, track: Track) -> Iterator[str]:
        stretches = []
        for clip in track.clips:
            start, end = frame_at(clip.start_ms, self._rate), frame_at(clip.end_ms, self._rate)
            url = opened_url(clip.media, self._rewrite_url)
            if end > start and url is not None:
                stretches.append((start, end, frame_at(clip.media_start_ms, self._rate), url))
        for place, (start, end, media_start, url) in enumerate(stretches):
            out = media_start + end - start - 1
            yield f' <producer id="file{number}_{place}" in="0" out="{out}">'
            yield from _properties(resource=url, length=str(out + 1), eof="continue")
            yield " </producer>"
        yield f' <playlist id="track{number}">'
        yield from _properties(**{"timeline:track": track.id, "timeline:label": track.label})
        at = 0
        for place, (start, end, media_start, _) in enumerate(stretches):
            if start > at:
                yield f'  <blank length="{start - at}"/>'
            out = media_start + end - start - 1
            yield f'  <entry producer="file{number}_{place}" in="{media_start}" out="{out}"/>'
            at = end
        if at < self._frames:
            yield f'  <blank length="{self._frames - at}"/>'
        yield " </playlist>"

    def _transition(self, track: int, service: str, **properties: str) -> Iterator[str]:
        yield f'  <transition in="0" out="{self._frames - 1}">'
        yield from _properties(mlt_service=service, a_track="0", b_track=str(track), **properties)
        yield "  </transition>"


def _properties(**properties: str) -> Iterator[str]:
    for name, value in properties.items():
        yield f'  <property name="{name}">{xml_text(value)}</property>'
