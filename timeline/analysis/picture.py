"""What becomes of the picture of one file: black, frozen, changing. Measured small, judged later.

A file is decoded once to grey pictures of 160 x 120 pixels, four a second (whatever its shape: pictures are
stretched). `PictureMeter` reduces what streams by to a `PictureProfile` of a few bytes per picture, which
is kept; rules that judge (how dark is black, how long is frozen) apply to the profile and can change
without decoding again. Four rules are part of the measuring itself: `measuring_rules`.

Grey is full range, 0 to 255, as ffmpeg gives it: video of limited range (16 to 235), which most is, is
stretched. A pixel is dark at 25 or less. ffmpeg's blackdetect with its pix_th of 0.10 calls luma of at most
37 dark in limited range; the next one, 38, is grey 26.

Frozen differs from ffmpeg's freezedetect (mean difference 0.001 in full size): making pictures small
averages noise away, and a still but live scene falls below 0.001. What a frozen camera sends is coded as
"the same again" and differs by almost nothing, but for a spike at each key frame. So the limit is lower,
and lone spikes are forgiven.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.presence import ratio
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, WHOLE, Column, Value
from timeline.errors import ParameterError
from timeline.interval import Span, Spans, clip_to, common, complement, merge, spans_of, total_ms

SHAPE = (120, 160)
PIXELS = SHAPE[0] * SHAPE[1]
SECOND_MS = 1000
SPIKES_APART_MS = 1500
"""A spike is forgiven beside a stretch at least so long: a camera of one picture a second is not frozen."""
UNKNOWN = -1
"""Stands for a number of pixels where there was no picture to compare with."""

Gray = NDArray[np.uint8]

PICTURE_COLUMNS = (
    Column(
        "picture_seen_ms",
        WHOLE,
        "ms",
        True,
        "camera picture that could be decoded and was looked at; missing without any",
    ),
    Column(
        "black_ratio",
        REAL,
        "ratio",
        True,
        "share of picture_seen_ms that is black: a covered lens and a dark room look the same",
    ),
    Column(
        "frozen_ratio",
        REAL,
        "ratio",
        True,
        "share of picture_seen_ms that stands still to the last pixel, and is not black",
    ),
)
"""What pictures say of a user's cameras."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureProfile:
    """What is kept of the pictures of a file. Times are media ms; numbers of pixels are of `PIXELS`.

    Attributes:
        at_ms: When each picture is shown.
        dark_pixels: Its dark pixels.
        difference: Mean difference of its pixels to those of the picture before, of 1; NaN for the first.
        changed_pixels: How many differ from the picture a second before; `UNKNOWN` in the first second.
        settled_at_ms: When a picture came up that then stood still for long enough.
        settled_pixels: How many of its pixels differ from the still picture before; `UNKNOWN` for the first.
        stills: The first and the last still picture, shape (2, 120, 160); (0, 120, 160) without any.
        measured_by: The `measuring_rules`.
        unseen: Where nothing could be decoded, merged, media ms: the pictures there are the last one again.
    """

    at_ms: NDArray[np.int64]
    dark_pixels: NDArray[np.int32]
    difference: NDArray[np.float32]
    changed_pixels: NDArray[np.int32]
    settled_at_ms: NDArray[np.int64]
    settled_pixels: NDArray[np.int32]
    stills: Gray
    measured_by: NDArray[np.float64]
    unseen: Spans

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it by name, for ``np.savez``."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PictureProfile:
        """Return the profile that `to_arrays` gave away.

        Raises:
            KeyError: An array is missing.
        """
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    @property
    def shown(self) -> Span:
        """From the first picture to the end of the last, which is shown as long as is usual; media ms."""
        if len(self.at_ms) == 0:
            return Span(0, 0)
        usual_ms = int(np.median(np.diff(self.at_ms))) if len(self.at_ms) > 1 else 0
        return Span(int(self.at_ms[0]), int(self.at_ms[-1]) + usual_ms)

    @property
    def until_ms(self) -> NDArray[np.int64]:
        """Until when each picture is shown, media ms."""
        return np.append(self.at_ms[1:], np.int64(self.shown.end_ms))[: len(self.at_ms)]

    @property
    def seen(self) -> Spans:
        """When pictures are shown that could be decoded, merged, media ms."""
        return complement(self.unseen, self.shown)


class Piece(NamedTuple):
    """A stretch of playback that shows a file: a clip with the profile of its media.

    Attributes:
        profile: What is known of the file's pictures.
        start_ms: Start of the clip, playback ms.
        end_ms: Its end.
        media_start_ms: Which ms of the file plays at *start_ms*.
    """

    profile: PictureProfile
    start_ms: int
    end_ms: int
    media_start_ms: int

    def placed(self, spans: Spans) -> Spans:
        """Return those parts of *spans* (media ms) that play, in playback ms."""
        return clip_to(spans + (self.start_ms - self.media_start_ms), Span(self.start_ms, self.end_ms))

    def seen(self) -> Spans:
        """Return when pictures of it were looked at, playback ms."""
        return self.placed(self.profile.seen)


def measuring_rules(rules: MetricRules = USUAL_RULES) -> tuple[float, ...]:
    """Return the rules that a profile depends on; with others the file must be decoded again."""
    return (
        rules.dark_pixel_most,
        rules.pixel_change_above,
        rules.page_still_below_ratio,
        rules.page_still_ms,
    )


class PictureMeter:
    """Reduces the pictures of a file to a profile, one at a time, in bounded memory.

    Example:
        >>> meter = PictureMeter()
        >>> for at_ms in range(0, 3000, 250):
        ...     meter.add(at_ms, np.zeros(SHAPE, dtype=np.uint8))
        >>> black_spans(meter.profile()).tolist()
        [[0, 3000]]
    """

    def __init__(self, rules: MetricRules = USUAL_RULES) -> None:
        """Begin a file.

        Args:
            rules: Of which only the `measuring_rules` matter here.
        """
        self._rules = rules
        self._at_ms: list[int] = []
        self._dark: list[int] = []
        self._difference: list[float] = []
        self._changed: list[int] = []
        self._settled: list[tuple[int, int]] = []
        self._recent: deque[tuple[int, Gray]] = deque()  # the last of at least a second ago, and all since
        self._still_since_ms = 0
        self._first_still: Gray | None = None
        self._still: Gray | None = None
        self._is_still = False

    def add(self, at_ms: int, gray: Gray) -> None:
        """Take the next picture.

        Args:
            at_ms: When it is shown, media ms; later than the one before.
            gray: Shape (120, 160), full range; it is copied.

        Raises:
            ParameterError: It has another shape or type, or comes too early.
        """
        if gray.shape != SHAPE or gray.dtype != np.uint8:
            raise ParameterError(f"expected a picture of {SHAPE} bytes, got {gray.dtype} of {gray.shape}")
        if self._at_ms and at_ms <= self._at_ms[-1]:
            raise ParameterError(f"expected a picture later than {self._at_ms[-1]} ms, got one at {at_ms} ms")
        gray = gray.copy()
        self._dark.append(int(np.count_nonzero(gray <= self._rules.dark_pixel_most)))
        before = self._recent[-1][1] if self._recent else None
        self._difference.append(np.nan if before is None else float(_distance(gray, before).mean()) / 255)
        while len(self._recent) > 1 and at_ms - self._recent[1][0] >= SECOND_MS:
            self._recent.popleft()
        is_old = bool(self._recent) and at_ms - self._recent[0][0] >= SECOND_MS
        self._changed.append(self._pixels_changed(gray, self._recent[0][1]) if is_old else UNKNOWN)
        self._settle(at_ms, gray, before)
        self._at_ms.append(at_ms)
        self._recent.append((at_ms, gray))

    def profile(self, unseen: Spans | None = None) -> PictureProfile:
        """Return what was measured so far.

        Args:
            unseen: Where nothing could be decoded, merged, media ms.
        """
        stills = [one for one in (self._first_still, self._still) if one is not None]
        return PictureProfile(
            at_ms=np.array(self._at_ms, dtype=np.int64),
            dark_pixels=np.array(self._dark, dtype=np.int32),
            difference=np.array(self._difference, dtype=np.float32),
            changed_pixels=np.array(self._changed, dtype=np.int32),
            settled_at_ms=np.array([at_ms for at_ms, _ in self._settled], dtype=np.int64),
            settled_pixels=np.array([pixels for _, pixels in self._settled], dtype=np.int32),
            stills=np.array(stills, dtype=np.uint8).reshape(-1, *SHAPE),
            measured_by=np.array(measuring_rules(self._rules), dtype=np.float64),
            unseen=spans_of([]) if unseen is None else unseen,
        )

    def _settle(self, at_ms: int, gray: Gray, before: Gray | None) -> None:
        """Keep the last picture that has been still; note when one becomes so."""
        most = self._rules.page_still_below_ratio * PIXELS
        if before is None or self._pixels_changed(gray, before) >= most:
            self._still_since_ms, self._is_still = at_ms, False
        if at_ms - self._still_since_ms < self._rules.page_still_ms:
            return
        if not self._is_still:
            changed = UNKNOWN if self._still is None else self._pixels_changed(gray, self._still)
            self._settled.append((self._still_since_ms, changed))
            self._is_still = True
        if self._first_still is None:
            self._first_still = gray
        self._still = gray

    def _pixels_changed(self, one: Gray, other: Gray) -> int:
        return pixels_changed(one, other, self._rules)


def pixels_changed(one: Gray, other: Gray, rules: MetricRules = USUAL_RULES) -> int:
    """Return how many pixels of two pictures differ by more than ``pixel_change_above``."""
    return int(np.count_nonzero(_distance(one, other) > rules.pixel_change_above))


def black_spans(profile: PictureProfile, rules: MetricRules = USUAL_RULES) -> Spans:
    """Return when the picture is black for ``black_least_ms`` or more, media ms.

    As ffmpeg's blackdetect: from the first picture that is black to the first that is not.
    """
    return _long(common(_black(profile, rules), profile.seen), rules.black_least_ms)


def frozen_spans(profile: PictureProfile, rules: MetricRules = USUAL_RULES) -> Spans:
    """Return when the picture stands still for ``frozen_least_ms`` or more and is not black, media ms.

    From the first of the pictures that are the same to the first that differs.
    """
    is_black = profile.dark_pixels >= rules.black_least_ratio * PIXELS
    with np.errstate(invalid="ignore"):
        is_same = (profile.difference <= rules.frozen_most_ratio) & ~is_black
        is_spike = profile.difference <= rules.frozen_spike_ratio
    edges = np.diff(np.concatenate(([0], is_same.astype(np.int8), [0])))
    first, behind = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)  # first is always 1 or more
    begins_ms, ends_ms = profile.at_ms[first - 1], profile.until_ms[behind - 1]
    is_steady = ends_ms - begins_ms >= SPIKES_APART_MS
    is_bridged = (is_steady[1:] | is_steady[:-1]) & (first[1:] - behind[:-1] == 1) & is_spike[behind[:-1]]
    is_new = np.append(True, ~is_bridged)[: len(first)]
    is_last = np.append(~is_bridged, True)[: len(first)]
    frozen = np.stack((begins_ms[is_new], ends_ms[is_last]), axis=1)
    parts = [complement(profile.unseen, Span(begin_ms, end_ms)) for begin_ms, end_ms in frozen.tolist()]
    return _long(np.concatenate([spans_of([]), *parts]), rules.frozen_least_ms)


def picture_user_values(pieces: Sequence[Piece], rules: MetricRules = USUAL_RULES) -> dict[str, Value]:
    """Return the values of `PICTURE_COLUMNS`.

    Args:
        pieces: What plays of the user's cameras and could be looked at; none if nothing could.
        rules: Thresholds.
    """
    seen_ms = _placed_ms([piece.seen() for piece in pieces])
    black_ms = _placed_ms([piece.placed(black_spans(piece.profile, rules)) for piece in pieces])
    frozen_ms = _placed_ms([piece.placed(frozen_spans(piece.profile, rules)) for piece in pieces])
    return {
        "picture_seen_ms": seen_ms or None,
        "black_ratio": ratio(black_ms, seen_ms),
        "frozen_ratio": ratio(frozen_ms, seen_ms),
    }


def _distance(one: Gray, other: Gray) -> Gray:
    return np.maximum(one, other) - np.minimum(one, other)


def _black(profile: PictureProfile, rules: MetricRules) -> Spans:
    is_black = profile.dark_pixels >= rules.black_least_ratio * PIXELS
    return merge(np.stack((profile.at_ms, profile.until_ms), axis=1)[is_black])


def _long(spans: Spans, least_ms: int) -> Spans:
    return spans[spans[:, 1] - spans[:, 0] >= least_ms]


def _placed_ms(parts: Sequence[Spans]) -> int:
    return total_ms(np.concatenate([spans_of([]), *parts]))
