"""What happens on a whiteboard or a shared screen: activity, ink, pages. Signals: nobody has validated them.

Of each track, on playback time, over all its clips:

- A second of a file is **active** where at least ``board_active_least_ratio`` of the pixels change within it:
  where the picture at its end differs from that at its start by more than ``pixel_change_above`` grey levels.
  Seconds are those of the file; the first begins at its first picture.
- A **page change**: a picture differs from the last still one in at least ``page_change_least_ratio`` of
  the pixels, and then stands still: fewer than ``page_still_below_ratio`` of the pixels change from one
  picture to the next (four a second) for ``page_still_ms``. It counts when the new picture comes up. Going
  back to an earlier page counts as much as going on. What keeps moving (a film, an animation) is no page
  until it stops; writing goes into the still picture, and however much of it there is, is no page change. A
  page that fades in over more than five seconds or so passes for writing.
- A new file is no page change: its first still picture is compared with the last still one before it. Where
  only a part of a file plays, a picture that comes up outside of it is neither counted nor compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from timeline.analysis.picture import PIXELS, SECOND_MS, UNKNOWN, Gray, Piece, pixels_changed
from timeline.analysis.presence import ratio
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.table import REAL, TEXT, WHOLE, Column, Value
from timeline.interval import Span, Spans, common, complement, covered_before, merge, spans_of, total_ms

BOARD_COLUMNS = (
    Column("track_id", TEXT, "", False, "the whiteboard or screen"),
    Column("board_seen_ms", WHOLE, "ms", True, "whole seconds of its files that were compared"),
    Column(
        "board_active_ms",
        WHOLE,
        "ms",
        True,
        "seconds of board_seen_ms in which enough changes: board_active_least_ratio",
    ),
    Column("board_active_ratio", REAL, "ratio", True, "board_active_ms over board_seen_ms"),
    Column("page_changes", WHOLE, "count", True, "pictures that replace most of what was there, and stay"),
    Column("time_per_page_ms", REAL, "ms", True, "board_seen_ms over page_changes + 1"),
    Column(
        "ink_per_min",
        REAL,
        "ratio/min",
        True,
        "share of the picture that changes per minute of active seconds, without those in which "
        "page_change_least_ratio or more of it does; missing without any",
    ),
    Column("longest_static_ms", WHOLE, "ms", True, "the longest time without an active second"),
    Column(
        "board_talk_ratio",
        REAL,
        "ratio",
        True,
        "share of the active seconds, as far as they are heard, in which a teacher speaks; "
        "missing where no teacher is heard",
    ),
)
PAGE_COLUMNS = (
    Column("track_id", TEXT, "", False, "the whiteboard or screen"),
    Column("at_ms", WHOLE, "ms", False, "when the new picture comes up, playback time"),
    Column(
        "changed_ratio", REAL, "ratio", False, "share of the pixels that differ from the still picture before"
    ),
)


class Board(NamedTuple):
    """What is seen of a track, on playback time.

    Attributes:
        seen: Whole seconds that were compared, merged.
        active: The active ones of them, merged.
        ink_ratio: Shares of the picture that change, summed over active seconds that turn no page.
        ink_ms: Length of these seconds.
        pages: (when, which share of the pixels) of each page change.
    """

    seen: Spans
    active: Spans
    ink_ratio: float
    ink_ms: int
    pages: tuple[tuple[int, float], ...]


def board_of(pieces: Sequence[Piece], rules: MetricRules = USUAL_RULES) -> Board:
    """Return what is seen of a track.

    Args:
        pieces: Its clips with the profiles of their files, earliest first; those without a file left out.
        rules: Thresholds.
    """
    seen, active = [spans_of([])], [spans_of([])]
    ink_ratio, ink_ms = 0.0, 0
    for piece in pieces:
        spans, changed = _seconds(piece)
        is_active = changed >= rules.board_active_least_ratio
        is_ink = is_active & (changed < rules.page_change_least_ratio)
        seen.append(spans)
        active.append(spans[is_active])
        ink_ratio += float(changed[is_ink].sum())
        ink_ms += int((spans[is_ink, 1] - spans[is_ink, 0]).sum())
    return Board(
        merge(np.concatenate(seen)), merge(np.concatenate(active)), ink_ratio, ink_ms, _pages(pieces, rules)
    )


def board_row(
    track_id: str,
    board: Board,
    teachers: Spans | None = None,
    teachers_heard: Spans | None = None,
    rules: MetricRules = USUAL_RULES,
) -> dict[str, Value]:
    """Return the values of `BOARD_COLUMNS` of a track.

    Args:
        track_id: The track.
        board: As `board_of` returns it.
        teachers: When a teacher speaks; None where no teacher was ever heard.
        teachers_heard: When a teacher's microphone is on.
        rules: Thresholds.
    """
    seen_ms, active_ms = total_ms(board.seen), total_ms(board.active)
    values: dict[str, Value] = {column.name: None for column in BOARD_COLUMNS}
    values["track_id"] = track_id
    if seen_ms == 0:
        return values
    if teachers is not None and teachers_heard is not None:
        heard = common(board.active, teachers_heard)
        values["board_talk_ratio"] = ratio(total_ms(common(heard, teachers)), total_ms(heard))
    whole = merge(board.seen, gap_ms=rules.merge_gap_ms + SECOND_MS)
    static = [complement(board.active, Span(*stretch)) for stretch in whole.tolist()]
    return values | {
        "board_seen_ms": seen_ms,
        "board_active_ms": active_ms,
        "board_active_ratio": ratio(active_ms, seen_ms),
        "page_changes": len(board.pages),
        "time_per_page_ms": seen_ms / (len(board.pages) + 1),
        "ink_per_min": ratio(board.ink_ratio * 60_000, board.ink_ms),
        "longest_static_ms": max(int((part[:, 1] - part[:, 0]).max(initial=0)) for part in static),
    }


def page_rows(track_id: str, board: Board) -> list[dict[str, Value]]:
    """Return the values of `PAGE_COLUMNS`, one row per page change of a track."""
    return [
        {"track_id": track_id, "at_ms": at_ms, "changed_ratio": changed} for at_ms, changed in board.pages
    ]


def _seconds(piece: Piece) -> tuple[Spans, NDArray[np.float64]]:
    """Return the whole seconds of a file that play, and which share of the pixels changes in each."""
    profile = piece.profile
    since_ms = profile.at_ms - profile.at_ms[:1]
    is_mark = np.append(True, np.diff(since_ms // SECOND_MS) > 0)[: len(since_ms)]
    is_mark &= profile.changed_pixels != UNKNOWN
    ends_ms = profile.at_ms[is_mark] + (piece.start_ms - piece.media_start_ms)
    spans = np.stack((ends_ms - SECOND_MS, ends_ms), axis=1)
    plays = (spans[:, 0] >= piece.start_ms) & (spans[:, 1] <= piece.end_ms)
    unseen = profile.unseen + (piece.start_ms - piece.media_start_ms)
    plays &= covered_before(unseen, spans[:, 1]) == covered_before(unseen, spans[:, 0])
    return spans[plays], profile.changed_pixels[is_mark][plays] / PIXELS


def _pages(pieces: Sequence[Piece], rules: MetricRules) -> tuple[tuple[int, float], ...]:
    pages: list[tuple[int, float]] = []
    still: Gray | None = None
    for piece in pieces:
        profile = piece.profile
        at_ms = profile.settled_at_ms + (piece.start_ms - piece.media_start_ms)
        plays = (at_ms >= piece.start_ms) & (at_ms < piece.end_ms)
        pixels = profile.settled_pixels.copy()
        if len(pixels) and still is not None:
            pixels[0] = pixels_changed(profile.stills[0], still, rules)
        is_page = plays & (pixels >= max(1, rules.page_change_least_ratio * PIXELS))
        pages += zip(at_ms[is_page].tolist(), (pixels[is_page] / PIXELS).tolist(), strict=True)
        if plays.any():
            still = profile.stills[-1] if plays[-1] else None
    return tuple(pages)
