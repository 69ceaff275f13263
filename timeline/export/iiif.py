"""IIIF Presentation 3.0: one canvas that lasts as long as the lesson, with the original files painted on it.

The only standard for which several files of several streams, each at its time, are the normal case; the gaps
are where nothing is painted. https://iiif.io/api/presentation/3.0/
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

from timeline import kinds
from timeline.errors import ParameterError
from timeline.export.rewrite import UrlRewriter, opened_url, quoted_link
from timeline.layouts.names import LayoutLike, find_layout
from timeline.layouts.places import Rectangle, place_tracks
from timeline.manifest.names import Json
from timeline.model import Clip, Pause, Timeline, Track
from timeline.sinks import show
from timeline.units import format_length

DEFAULT_BASE_URI = "https://lesson.invalid/iiif"
"""Of ids that nobody has to open; ``.invalid`` is reserved for that."""
DEFAULT_SIZE_PX = (1280, 720)
CONTEXT = "http://iiif.io/api/presentation/3/context.json"


def to_iiif(
    timeline: Timeline,
    *,
    base_uri: str = DEFAULT_BASE_URI,
    layout: LayoutLike = "stage",
    size_px: tuple[int, int] = DEFAULT_SIZE_PX,
    rewrite_url: UrlRewriter | None = None,
) -> Json:
    """Return the lesson as a IIIF manifest, values for JSON.

    Each clip is a painting annotation at its place and time. Pauses are comments at their instant, sections
    and tracks are ranges. A clip without a url is left out.

    Args:
        timeline: A lesson.
        base_uri: What the ids of all things begin with; http or https, without query and fragment.
        layout: Where on the canvas who is; as for a render.
        size_px: (width, height) of the canvas.
        rewrite_url: What a file's url becomes.

    Raises:
        ParameterError: *base_uri* cannot be used, or the layout.

    Example:
        >>> import timeline
        >>> document = to_iiif(timeline.load("sample_results/guide_example.json"))
        >>> canvas = document["items"][0]
        >>> canvas["duration"], canvas["items"][0]["items"][0]["target"].partition("#")[2]
        (1440, 't=0,900&xywh=960,8,312,348')
    """
    if timeline.duration_ms == 0:
        raise ParameterError("a lesson of no length is no IIIF canvas; there is nothing to show")
    return _Writer(timeline, _checked(base_uri), layout, size_px, rewrite_url).manifest()


class _Writer:
    def __init__(
        self,
        timeline: Timeline,
        base: str,
        layout: LayoutLike,
        size_px: tuple[int, int],
        rewrite_url: UrlRewriter | None,
    ) -> None:
        self._timeline, self._base, self._size_px, self._rewrite_url = timeline, base, size_px, rewrite_url
        self._canvas = f"{base}/canvas"
        regions = place_tracks(find_layout(layout, timeline), timeline, *size_px)
        self._places: dict[str, Rectangle] = {}
        for region in regions:
            for track in region.tracks:
                self._places.setdefault(track.id, region.rectangle)

    def manifest(self) -> Json:
        timeline = self._timeline
        room = timeline.room_id
        document: Json = {
            "@context": CONTEXT,
            "id": f"{self._base}/manifest.json",
            "type": "Manifest",
            "label": _label(f"Lesson in room {room}" if room else "Lesson"),
            "items": [self._canvas_json()],
            "structures": [*self._structures()],
        }
        if timeline.wall is not None:
            start = datetime.datetime.fromtimestamp(timeline.wall.start_ms / 1000, datetime.UTC)
            document["navDate"] = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        if room:
            document["metadata"] = [{"label": _label("Room"), "value": _label(room)}]
        return document

    def _canvas_json(self) -> Json:
        canvas: Json = {
            "id": self._canvas,
            "type": "Canvas",
            "duration": _seconds(self._timeline.duration_ms),
            "width": self._size_px[0],
            "height": self._size_px[1],
            "items": [
                {"id": f"{self._canvas}/page", "type": "AnnotationPage", "items": [*self._paintings()]}
            ],
        }
        if self._timeline.pauses:
            pauses = [self._comment(number, pause) for number, pause in enumerate(self._timeline.pauses)]
            page = {"id": f"{self._canvas}/pauses", "type": "AnnotationPage", "items": pauses}
            canvas["annotations"] = [page]
        return canvas

    def _paintings(self) -> Iterator[Json]:
        for track_number, track in enumerate(self._timeline.tracks):
            place = self._places.get(track.id)
            if place is None and track.kind != kinds.AUDIO:
                continue  # the layout leaves it out
            for number, clip in enumerate(track.clips):
                url = opened_url(clip.media, self._rewrite_url)
                if url is None:
                    continue
                yield {
                    "id": f"{self._canvas}/track/{track_number}/clip/{number}",
                    "type": "Annotation",
                    "motivation": "painting",
                    "body": self._body(track, clip, url, place),
                    "target": self._during(clip.start_ms, clip.end_ms, place),
                }

    def _body(self, track: Track, clip: Clip, url: str, place: Rectangle | None) -> Json:
        media, url = clip.media, quoted_link(url)
        if clip.media_start_ms:
            end_ms = clip.media_ms(clip.end_ms)
            url = f"{url.partition('#')[0]}#t={_text(clip.media_start_ms)},{_text(end_ms)}"
        body: Json = {
            "id": url,
            "type": "Video" if place else "Sound",
            "format": media.mime,
            "duration": _seconds(media.duration_ms),
            "label": _label(track.label),
        }
        if place:
            body["width"] = media.width_px or place.width
            body["height"] = media.height_px or place.height
        if media.duration_ms == 0:
            del body["duration"]  # must be positive
        return body

    def _during(self, start_ms: int, end_ms: int, place: Rectangle | None = None) -> str:
        target = f"{self._canvas}#t={_text(start_ms)},{_text(end_ms)}"
        return f"{target}&xywh={place.x},{place.y},{place.width},{place.height}" if place else target

    def _comment(self, number: int, pause: Pause) -> Json:
        said = "" if pause.duration_ms is None else f" for {format_length(pause.duration_ms)}"
        return {
            "id": f"{self._canvas}/pause/{number}",
            "type": "Annotation",
            "motivation": "commenting",
            "body": {"type": "TextualBody", "value": f"Recording paused{said}", "format": "text/plain"},
            "target": {
                "type": "SpecificResource",
                "source": self._canvas,
                "selector": {"type": "PointSelector", "t": _seconds(pause.at_ms)},
            },
        }

    def _structures(self) -> Iterator[Json]:
        sections = [(s.title, [self._during(s.start_ms, s.end_ms)]) for s in self._timeline.sections()]
        yield self._range("parts", "Parts", sections)
        tracks = [
            (_name(track), [self._during(clip.start_ms, clip.end_ms) for clip in track.clips])
            for track in self._timeline.tracks
        ]
        if tracks:
            yield self._range("tracks", "Tracks", tracks)

    def _range(self, name: str, label: str, parts: Sequence[tuple[str, Sequence[str]]]) -> Json:
        base = f"{self._base}/range/{name}"
        items = [
            {
                "id": f"{base}/{number}",
                "type": "Range",
                "label": _label(title),
                "items": [{"id": target, "type": "Canvas"} for target in targets],
            }
            for number, (title, targets) in enumerate(parts)
        ]
        return {"id": base, "type": "Range", "label": _label(label), "items": items}


def _checked(base_uri: str) -> str:
    parts = urlsplit(base_uri)
    is_plain = not parts.query and not parts.fragment and "#" not in base_uri and "?" not in base_uri
    if parts.scheme not in ("http", "https") or not parts.netloc or not is_plain:
        raise ParameterError(
            f"expected an http or https address for ids, without query and fragment, got {show(base_uri)}"
        )
    return quote(base_uri.rstrip("/"), safe=":/%~@!$&'()*+,;=[]")


def _name(track: Track) -> str:
    """Return the label, and the kind where a user may have several tracks."""
    return track.label if track.user_id is None else f"{track.label} ({track.kind})"


def _label(text: str) -> Json:
    return {"none": [text]}


def _seconds(at_ms: int) -> int | float:
    return at_ms // 1000 if at_ms % 1000 == 0 else at_ms / 1000


def _text(at_ms: int) -> str:
    """Return seconds with at most three decimals, and never an exponent."""
    return f"{at_ms // 1000}.{at_ms % 1000:03d}".rstrip("0").rstrip(".")
