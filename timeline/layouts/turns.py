"""Who has which tile where there are more tracks than tiles. Pure; playback ms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from operator import itemgetter
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
    edges = sorted(
        (edge_ms, is_start, number)
        for number, track in enumerate(tracks)
        for span in track.merged(max_gap_ms=RECONNECT_MS)
        if span.start_ms < span.end_ms
        for edge_ms, is_start in ((span.start_ms, True), (span.end_ms, False))
    )
    on_since: dict[int, int] = {}
    left_ms = [-1] * len(tracks)  # when a track was last on camera
    owners = list(range(tiles))
    turns = [[Turn(0, tracks[owner], 0)] for owner in owners]
    for at_ms, together in itertools.groupby(edges, key=itemgetter(0)):
        for _, is_start, number in together:
            if is_start:
                on_since[number] = at_ms
            else:
                del on_since[number]
                left_ms[number] = at_ms
        more = len(on_since) - sum(owner in on_since for owner in owners)
        free = [
            tile
            for tile, owner in enumerate(owners)
            if more and owner not in on_since and tracks[owner].role != "teacher"
        ]
        if free:
            free.sort(key=lambda tile: (left_ms[owners[tile]], -tile))
            waiting = sorted(on_since.keys() - set(owners), key=lambda number: (-on_since[number], number))
            for number, tile in zip(waiting, free, strict=False):
                owners[tile] = number
                more -= 1
        for tile, owner in enumerate(owners):
            now = Turn(at_ms, tracks[owner], more if tile == tiles - 1 else 0)
            if now[1:] != turns[tile][-1][1:]:
                if turns[tile][-1].start_ms == at_ms:
                    turns[tile].pop()
                turns[tile].append(now)
    return tuple(map(tuple, turns))
