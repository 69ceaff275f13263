"""Who has which tile where there are more tracks than tiles. Pure; playback ms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from timeline.model import Track

RECONNECT_MS = 10_000
"""Who is back on camera within this time was never away: nobody else gets the tile."""


class Turn(NamedTuple):
    """From when on a track has a tile.

    Attributes:
        start_ms: Playback time; the turn lasts until the next one of the tile.
        track: Whose tile it is then, on camera or not.
        more: In the last tile, how many others are on camera then and have none; else 0.
    """

    start_ms: int
    track: Track
    more: int


def take_turns(tracks: Sequence[Track], tiles: int) -> tuple[tuple[Turn, ...], ...]:
    """Return the turns of each of so many tiles, earliest first.

    At the start the first *tracks* have the tiles. A track keeps its tile, also off camera, until one
    without a tile is on camera; then the tile of the one that is longest off camera changes hands. Nobody
    who is on camera loses a tile; of several who wait for one, the one who came on camera last is next. The
    teacher's tile is never taken.

    Args:
        tracks: In order of preference, more than *tiles*.
        tiles: How many there are.
    """
    spans = [track.merged(max_gap_ms=RECONNECT_MS) for track in tracks]
    edges = sorted({edge for merged in spans for span in merged for edge in span})
    next_span = [0] * len(tracks)
    left_ms = [-1] * len(tracks)  # when a track was last on camera
    owners = list(range(tiles))
    turns = [[Turn(0, tracks[owner], 0)] for owner in owners]
    for at_ms in edges:
        on_since = {}
        for number, merged in enumerate(spans):
            while next_span[number] < len(merged) and merged[next_span[number]].end_ms <= at_ms:
                left_ms[number] = merged[next_span[number]].end_ms
                next_span[number] += 1
            if next_span[number] < len(merged) and merged[next_span[number]].start_ms <= at_ms:
                on_since[number] = merged[next_span[number]].start_ms
        waiting = sorted(on_since.keys() - set(owners), key=lambda number: (-on_since[number], number))
        free = [
            tile
            for tile, owner in enumerate(owners)
            if owner not in on_since and tracks[owner].role != "teacher"
        ]
        free.sort(key=lambda tile: (left_ms[owners[tile]], -tile))
        for number, tile in zip(waiting, free, strict=False):
            owners[tile] = number
        for tile, owner in enumerate(owners):
            more = max(0, len(waiting) - len(free)) if tile == tiles - 1 else 0
            now = Turn(at_ms, tracks[owner], more)
            if now[1:] != turns[tile][-1][1:]:
                if turns[tile][-1].start_ms == at_ms:
                    turns[tile].pop()
                turns[tile].append(now)
    return tuple(map(tuple, turns))
