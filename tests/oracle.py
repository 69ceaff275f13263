"""A naive second implementation of what a v1 recording result means, to test `timeline` against.

Input: the plain dict rows of `video_info`. All times are integer ms of playback time, all
intervals are half-open. Brute force on purpose: every question is answered by walking the
elementary intervals between neighbouring edges, so that the code can be checked by reading.
Assumed of the rows: times are integers and no clip starts before 0.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Row = Mapping[str, Any]
Piece = tuple[int, int, int, int]
"""(start_ms, end_ms, row_index, media_start_ms): a stretch of one file on its track."""

SEAM_MS = 500
CUT_WINDOW_MS = 1000
SURPLUS_PROVES_NOTHING_MS = 7000
STAMP_ERROR_MS = 1000
KINDS = {0: "camera", 1: "screen", 2: "whiteboard", 3: "mixed", 4: "audio"}


def track_id(row: Row) -> str:
    """The track a row belongs to: the kind, or kind:user; a whiteboard has no user."""
    number = row["video_type"]
    kind = KINDS.get(number, f"other{number}")
    user = row.get("user_id") or ""
    if kind == "whiteboard" or user == "":
        return kind
    return f"{kind}:{user}"


def start_of(row: Row) -> int:
    """Where the clip starts on the timeline, ms."""
    return int(row["video_play_time"])


def end_of(row: Row) -> int:
    """Where the clip ends on the timeline, ms (not included)."""
    return start_of(row) + int(row["video_duration"])


def used_rows(rows: Sequence[Row]) -> dict[int, Row]:
    """Row index to row, without empty rows and without repeats of an earlier row."""
    used: dict[int, Row] = {}
    for index, row in enumerate(rows):
        if row["video_duration"] <= 0:
            continue
        if any(dict(row) == dict(earlier) for earlier in used.values()):
            continue
        used[index] = row
    return used


def precedence(row: Row) -> tuple[int, int, str, str, str]:
    """The larger one plays where rows of one track overlap: later start, then longer.

    The rest only settles ties by what the row says, never by its place in the list.
    """
    whole = json.dumps(dict(row), sort_keys=True, default=str)
    url = str(row.get("video_url") or "")
    return (start_of(row), int(row["video_duration"]), url, str(row.get("video_id") or ""), whole)


def tracks(rows: Sequence[Row]) -> dict[str, list[Piece]]:
    """Each track's pieces in order of time, never overlapping; track ids sorted."""
    by_track: dict[str, dict[int, Row]] = {}
    for index, row in used_rows(rows).items():
        by_track.setdefault(track_id(row), {})[index] = row
    return {name: resolve(by_track[name]) for name in sorted(by_track)}


def resolve(clips: Mapping[int, Row]) -> list[Piece]:
    """The pieces of one track: in every elementary interval the winner of those that play."""
    edges = sorted({edge for row in clips.values() for edge in (start_of(row), end_of(row))})
    pieces: list[Piece] = []
    for low, high in pairwise(edges):
        playing = [i for i, row in clips.items() if start_of(row) <= low and high <= end_of(row)]
        if not playing:
            continue
        winner = max(playing, key=lambda i: precedence(clips[i]))
        if pieces and pieces[-1][2] == winner and pieces[-1][1] == low:
            first, _, _, media = pieces.pop()
            pieces.append((first, high, winner, media))
        else:
            pieces.append((low, high, winner, low - start_of(clips[winner])))
    return pieces


def duration_ms(rows: Sequence[Row]) -> int:
    """The largest end of all used clips, of every kind; 0 without clips."""
    return max((end_of(row) for row in used_rows(rows).values()), default=0)


def gaps(rows: Sequence[Row]) -> dict[str, list[tuple[int, int, str]]]:
    """Each track's holes as (start_ms, end_ms, kind), in order of time.

    Kinds: late_start, early_end (of any width), and between two clips seam or absence.
    """
    total = duration_ms(rows)
    found: dict[str, list[tuple[int, int, str]]] = {}
    for name, pieces in tracks(rows).items():
        holes: list[tuple[int, int, str]] = []
        if pieces[0][0] > 0:
            holes.append((0, pieces[0][0], "late_start"))
        for before, after in pairwise(pieces):
            width = after[0] - before[1]
            if width > 0:
                kind = "seam" if width <= SEAM_MS else "absence"
                holes.append((before[1], after[0], kind))
        if pieces[-1][1] < total:
            holes.append((pieces[-1][1], total, "early_end"))
        found[name] = holes
    return found


def at(rows: Sequence[Row], ms: int) -> dict[str, int]:
    """What plays at one instant: track id to row index, of the tracks that play."""
    playing: dict[str, int] = {}
    for name, pieces in tracks(rows).items():
        for low, high, index, _ in pieces:
            if low <= ms < high:
                playing[name] = index
    return playing


def scenes(rows: Sequence[Row]) -> list[tuple[int, int, list[str]]]:
    """(start_ms, end_ms, sorted ids of the playing tracks), tiling [0, duration_ms).

    A scene ends when the set of playing clips changes, also when the tracks stay the same.
    """
    total = duration_ms(rows)
    edges = {0, total}
    for pieces in tracks(rows).values():
        for low, high, _, _ in pieces:
            edges |= {low, high}
    ordered = sorted(edges)
    found: list[tuple[int, int, dict[str, int]]] = []
    for low, high in pairwise(ordered):
        playing = at(rows, low)
        if found and found[-1][2] == playing:
            found[-1] = (found[-1][0], high, playing)
        else:
            found.append((low, high, playing))
    return [(low, high, sorted(playing)) for low, high, playing in found]


def cuts(rows: Sequence[Row]) -> list[tuple[int, bool]]:
    """(at_ms, strong) of the instants where the whole recording may have stood still.

    A cut is a begin near which every track that ran before it ends, at most 1000 ms before or after,
    and at least one does. Of several such begins within 1000 ms it is the first across which nothing runs,
    else the first. It is strong when two or more tracks end and begin again there; the
    begins up to 1000 ms after it are part of it. Mixed tracks do not count. Ends and begins are
    those of the resolved pieces.
    """
    spans = {
        name: [(low, high) for low, high, _, _ in pieces]
        for name, pieces in tracks(rows).items()
        if name != "mixed" and not name.startswith("mixed:")
    }
    found: list[tuple[int, bool]] = []
    begins = sorted({low for pieces in spans.values() for low, _ in pieces})

    def clean(at_ms: int) -> bool:
        """Whether something ended just before *at_ms* and nothing runs across it."""
        ends = [high for pieces in spans.values() for low, high in pieces if low < at_ms]
        return all(high <= at_ms for high in ends) and any(high >= at_ms - CUT_WINDOW_MS for high in ends)

    for begin in begins:
        if found and begin <= found[-1][0] + CUT_WINDOW_MS:
            continue
        before = {name: [high for low, high in pieces if low < begin] for name, pieces in spans.items()}
        if any(high > begin + CUT_WINDOW_MS for ends in before.values() for high in ends):
            continue
        ended = {name for name, ends in before.items() if any(high >= begin - CUT_WINDOW_MS for high in ends)}
        if not ended:
            continue
        at_ms = next(
            (later for later in begins if begin <= later <= begin + CUT_WINDOW_MS and clean(later)), begin
        )
        again = {
            name
            for name, pieces in spans.items()
            if any(low < at_ms and abs(high - at_ms) <= CUT_WINDOW_MS for low, high in pieces)
            and any(at_ms <= low <= at_ms + CUT_WINDOW_MS for low, _ in pieces)
        }
        found.append((at_ms, len(again) >= 2))
    return found


def pauses(rows: Sequence[Row], start_time_s: int, stop_time_s: int) -> tuple[list[dict[str, Any]], set[str]]:
    """The inferred pauses and the finding codes, from the clips and the wall clock (Unix s).

    A pause is {at_ms, duration_ms (None when only the sum is known), duration_range_ms}.
    """
    surplus = (stop_time_s - start_time_s) * 1000 - duration_ms(rows)
    if surplus < -STAMP_ERROR_MS:
        return [], {"wall_clock_impossible"}
    strong = [at_ms for at_ms, is_strong in cuts(rows) if is_strong]
    weak = [at_ms for at_ms, is_strong in cuts(rows) if not is_strong]
    if surplus <= SURPLUS_PROVES_NOTHING_MS:
        return [], {"possible_pause"} if strong else set()
    if not strong and not weak:
        return [], {"pause_unlocated"}
    places = strong or weak
    codes = set() if strong else {"pause_weak_evidence"}
    most = surplus + STAMP_ERROR_MS
    if len(places) == 1:
        least = surplus - SURPLUS_PROVES_NOTHING_MS
        return [_pause(places[0], surplus, least, most)], codes
    return [_pause(place, None, 0, most) for place in places], codes


def _pause(at_ms: int, length_ms: int | None, least_ms: int, most_ms: int) -> dict[str, Any]:
    """One pause as the manifest writes it, without its source."""
    return {"at_ms": at_ms, "duration_ms": length_ms, "duration_range_ms": [least_ms, most_ms]}


def camera_on_ms(rows: Sequence[Row]) -> dict[str, int]:
    """For how long each user's camera was on, ms; time covered by two files counts once."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in used_rows(rows).values():
        if row["video_type"] == 0:
            user = str(row.get("user_id") or "")
            spans.setdefault(user, []).append((start_of(row), end_of(row)))
    totals: dict[str, int] = {}
    for user in sorted(spans):
        edges = sorted({edge for span in spans[user] for edge in span})
        totals[user] = sum(
            high - low
            for low, high in pairwise(edges)
            if any(first <= low and high <= last for first, last in spans[user])
        )
    return totals
