"""Operations on a lesson: crop, shift, select, merged. Laws, and comparison with brute force."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import timeline
from tests import oracle
from tests.builders import START_S, Row, board, lesson, result_rows, roster, row
from timeline.errors import ParameterError
from timeline.export.manifest import to_manifest
from timeline.export.manifest_schema import SCHEMA_PATH
from timeline.findings import finding
from timeline.interval import merge, spans_of
from timeline.model import Gap, Pause, Timeline, Track
from timeline.render.plan import plan_video
from timeline.svg import timeline_svg

Hole = tuple[int, int, str]
Window = tuple[int, int]

VALIDATOR = Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
USERS = ["amy", "bo"]
KINDS = ["camera", "screen", "whiteboard", "mixed", "audio"]
SHIFTS_MS = st.sampled_from([0, 1, 499, 500, 60_000]) | st.integers(0, 100_000)
GAPS_MS = st.sampled_from([0, 1, 499, 500, 501, 1000, 60_000])
FEW = settings(max_examples=30)


# --- random lessons and windows --------------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Row], Timeline]:
    """Return rows and their lesson: with stamps that leave none, little or much wall time, or declared."""
    rows = draw(result_rows())
    end_ms = oracle.duration_ms(rows)
    places = st.sampled_from([end_ms, max(1, end_ms // 2)]) | st.integers(1, end_ms)
    declared = [
        {"video_time": at_ms, "pause_time": START_S * 1000, "resume_time": START_S * 1000 + length_ms}
        for at_ms, length_ms in draw(st.lists(st.tuples(places, st.integers(1, 90_000)), max_size=3))
    ]
    surplus_s = draw(st.sampled_from([-5, 0, 60, 300]))
    return rows, lesson(*rows, surplus_s=surplus_s, omitted_duration=declared)


LESSONS = cases().map(lambda case: case[1])


def instants_ms(read: Timeline) -> list[int]:
    """Return every instant of a lesson at which something may change, and their neighbours, inside it."""
    edges = {0, read.duration_ms}
    edges |= {edge for track in read.tracks for clip in track.clips for edge in clip[:2]}
    edges |= {pause.at_ms for pause in read.pauses}
    near = {edge + step for edge in edges for step in (-1, 0, 1)}
    return sorted(ms for ms in near if 0 <= ms <= read.duration_ms)


def windows(read: Timeline) -> st.SearchStrategy[Window]:
    """Return windows of a lesson that are not empty; half of their edges are interesting ones."""
    edges = st.sampled_from(instants_ms(read)) | st.integers(0, read.duration_ms)
    return st.tuples(edges, edges).filter(lambda w: w[0] != w[1]).map(lambda w: (min(w), max(w)))


def selections(read: Timeline) -> st.SearchStrategy[dict[str, list[str]]]:
    """Return arguments of `Timeline.select`."""
    given_lists = {
        "tracks": st.lists(st.sampled_from([track.id for track in read.tracks])),
        "kinds": st.lists(st.sampled_from(KINDS)),
        "users": st.lists(st.sampled_from(USERS)),
    }
    return st.fixed_dictionaries({}, optional=given_lists)


def without_late_findings(read: Timeline) -> Timeline:
    """Return a lesson without the findings that lie behind its end: those of rows that are left out."""
    kept = tuple(item for item in read.findings if item.at_ms is None or item.at_ms <= read.duration_ms)
    return dataclasses.replace(read, findings=kept)


# --- brute force -----------------------------------------------------------------------------------------


def cut_pieces(rows: list[Row], start_ms: int, end_ms: int) -> dict[str, list[oracle.Piece]]:
    """Return the oracle's pieces of every track inside a window, on the window's own axis."""
    return {
        name: [
            (
                max(low, start_ms) - start_ms,
                min(high, end_ms) - start_ms,
                index,
                media + max(0, start_ms - low),
            )
            for low, high, index, media in pieces
            if max(low, start_ms) < min(high, end_ms)
        ]
        for name, pieces in oracle.tracks(rows).items()
    }


def holes_between(pieces: list[oracle.Piece], duration_ms: int) -> list[Hole]:
    """Return what pieces of one track leave of a lesson."""
    if not pieces:
        return [(0, duration_ms, "absence")]
    holes = [(0, pieces[0][0], "late_start")]
    for before, after in pairwise(pieces):
        holes.append((before[1], after[0], "seam" if after[0] - before[1] <= 500 else "absence"))
    holes.append((pieces[-1][1], duration_ms, "early_end"))
    return [hole for hole in holes if hole[0] < hole[1]]


def plays(pieces: dict[str, list[oracle.Piece]], at_ms: int) -> dict[str, tuple[int, int]]:
    """Return what plays: by track the index of the row, and the media time."""
    return {
        name: (index, media + at_ms - low)
        for name, some in pieces.items()
        for low, high, index, media in some
        if low <= at_ms < high
    }


def answer(read: Timeline, at_ms: int) -> dict[str, tuple[int, int]]:
    """Return `plays` as the lesson itself tells it."""
    return {name: (clip.media.position, clip.media_ms(at_ms)) for name, clip in read.at(at_ms).items()}


def cells(spans: list[Window]) -> set[int]:
    """Return every ms that spans cover."""
    return {ms for start, end in spans for ms in range(start, end)}


def runs(covered: set[int], max_gap_ms: int) -> list[Window]:
    """Return the stretches of covered ms; holes of at most *max_gap_ms* do not end one."""
    found: list[Window] = []
    for ms in sorted(covered):
        if found and ms - found[-1][1] <= max_gap_ms:
            found[-1] = (found[-1][0], ms + 1)
        else:
            found.append((ms, ms + 1))
    return found


def on_spans(track: Track) -> list[Window]:
    """Return where the clips of a track play."""
    return [(clip.start_ms, clip.end_ms) for clip in track.clips]


def facts(read: Timeline) -> list[Any]:
    """Return what a lesson says beside findings and the places of files in the result's list."""
    tracks = [
        (
            track.id,
            track.duration_ms,
            track.gaps(),
            [(*clip[:3], clip.media._replace(position=0)) for clip in track.clips],
        )
        for track in read.tracks
    ]
    return [read.duration_ms, read.pauses, read.wall, tracks]


# --- crop ------------------------------------------------------------------------------------------------


@FEW
@given(cases(), st.data())
def test_a_crop_plays_what_the_lesson_played(case: tuple[list[Row], Timeline], data: st.DataObject) -> None:
    """At every interesting instant: the same files, at the same media times."""
    rows, read = case
    start_ms, end_ms = data.draw(windows(read))
    cropped, pieces = read.crop(start_ms, end_ms), cut_pieces(rows, start_ms, end_ms)

    for at_ms in [ms - start_ms for ms in instants_ms(read)]:
        assert answer(cropped, at_ms) == plays(pieces, at_ms)


@FEW
@given(cases(), st.data())
def test_clips_of_a_crop_are_cut_at_its_edges(case: tuple[list[Row], Timeline], data: st.DataObject) -> None:
    """Each clip has its place, its media time and its file; a track without any stays, empty."""
    rows, read = case
    start_ms, end_ms = data.draw(windows(read))

    cropped = read.crop(start_ms, end_ms)

    assert {
        t.id: [(*c[:2], c.media.position, c.media_start_ms) for c in t.clips] for t in cropped.tracks
    } == (cut_pieces(rows, start_ms, end_ms))
    assert [track.id for track in cropped.tracks] == [track.id for track in read.tracks]
    assert {track.duration_ms for track in cropped.tracks} == {cropped.duration_ms} == {end_ms - start_ms}


@FEW
@given(cases(), st.data())
def test_gaps_of_a_crop_are_those_of_brute_force(
    case: tuple[list[Row], Timeline], data: st.DataObject
) -> None:
    """Place and kind: what the window cuts off is a late start or an early end of the part."""
    rows, read = case
    start_ms, end_ms = data.draw(windows(read))

    found = {track.id: list(track.gaps()) for track in read.crop(start_ms, end_ms).tracks}

    pieces = cut_pieces(rows, start_ms, end_ms)
    assert found == {name: holes_between(some, end_ms - start_ms) for name, some in pieces.items()}


@FEW
@given(LESSONS, st.data())
def test_gaps_of_a_crop_lie_where_gaps_within_the_window_lie(read: Timeline, data: st.DataObject) -> None:
    """Two ways to ask the same; only the kinds may differ."""
    start_ms, end_ms = data.draw(windows(read))
    min_ms = data.draw(GAPS_MS)
    cropped = read.crop(start_ms, end_ms)

    for track in read.tracks:
        within = track.gaps((start_ms, end_ms), min_ms=min_ms)
        found = cropped.track(track.id).gaps(min_ms=min_ms)
        assert [gap[:2] for gap in found] == [(a - start_ms, b - start_ms) for a, b, _ in within]


@FEW
@given(cases(), st.data())
def test_scenes_of_a_crop_tile_it(case: tuple[list[Row], Timeline], data: st.DataObject) -> None:
    """They are the lesson's scenes, cut at the window's edges."""
    rows, read = case
    start_ms, end_ms = data.draw(windows(read))

    found = [(s.start_ms, s.end_ms, sorted(s.clips)) for s in read.crop(start_ms, end_ms).scenes()]

    assert found == [
        (max(low, start_ms) - start_ms, min(high, end_ms) - start_ms, names)
        for low, high, names in oracle.scenes(rows)
        if max(low, start_ms) < min(high, end_ms)
    ]


@FEW
@given(LESSONS, st.data())
def test_scenes_without_clips_are_the_scenes(read: Timeline, data: st.DataObject) -> None:
    """Of a part: start, end and names; each list is the caller's own."""
    cropped = read.crop(*data.draw(windows(read)))

    found = list(cropped.scene_tracks())

    assert found == [(scene.start_ms, scene.end_ms, list(scene.clips)) for scene in cropped.scenes()]
    assert len({id(names) for _, _, names in found}) == len(found)


@FEW
@given(LESSONS, st.data())
def test_segments_of_a_crop_tile_it(read: Timeline, data: st.DataObject) -> None:
    """Clips and gaps in turn, none empty, also on a track without clips."""
    cropped = read.crop(*data.draw(windows(read)))

    for track in cropped.tracks:
        parts = list(track.segments())
        assert [0, *(p.end_ms for p in parts)] == [*(p.start_ms for p in parts), cropped.duration_ms]
        assert all(part.start_ms < part.end_ms for part in parts)
        assert not any(isinstance(a, Gap) and isinstance(b, Gap) for a, b in pairwise(parts))
        assert tuple(part for part in parts if isinstance(part, Gap)) == track.gaps()


@FEW
@given(LESSONS, st.data())
def test_a_crop_of_a_crop_is_one_crop(read: Timeline, data: st.DataObject) -> None:
    """Tracks, pauses, findings, wall clock: all the same."""
    start_ms, end_ms = data.draw(windows(read))
    outer = read.crop(start_ms, end_ms)
    first_ms, last_ms = data.draw(windows(outer))

    assert outer.crop(first_ms, last_ms) == read.crop(start_ms + first_ms, start_ms + last_ms)


@FEW
@given(LESSONS)
def test_the_whole_lesson_is_a_crop_of_itself(read: Timeline) -> None:
    """From 0 to its end nothing is lost, also where the end is given too late."""
    read = without_late_findings(read)

    assert read.crop(0, read.duration_ms) == read == read.crop(0, read.duration_ms + 12_345)


def test_a_crop_of_everything_keeps_every_finding() -> None:
    """Also the one of a row that is left out and would have begun after the end."""
    read = lesson(row("amy", 0, 10_000), row("amy", 12_000, 0))

    assert read.crop(0, 10_000) == read


@FEW
@given(LESSONS, st.data())
def test_two_neighbouring_crops_share_the_clips(read: Timeline, data: st.DataObject) -> None:
    """What plays in both parts together is what plays in the whole; no ms is lost or there twice."""
    assume(read.duration_ms > 1)
    cut_ms = data.draw(st.sampled_from([ms for ms in instants_ms(read) if 0 < ms < read.duration_ms]))
    parts = read.crop(0, cut_ms), read.crop(cut_ms, read.duration_ms)

    for track in read.tracks:
        lengths = [clip.duration_ms for part in parts for clip in part.track(track.id).clips]
        assert min(lengths) > 0
        assert sum(lengths) == sum(clip.duration_ms for clip in track.clips)


def marked(*places_ms: int) -> Timeline:
    """Return a lesson of 10 s with a pause and a finding at each place, and a finding without a place."""
    pauses = tuple(Pause(at_ms, 1000, (900, 1100), "declared") for at_ms in places_ms)
    findings = [finding("possible_pause", str(at_ms), at_ms=at_ms) for at_ms in places_ms]
    findings.append(finding("roster_duplicate", "nowhere"))
    return dataclasses.replace(lesson(row("amy", 0, 10_000)), pauses=pauses, findings=tuple(findings))


EDGES: list[tuple[Window, list[int], list[int | None]]] = [
    ((0, 10_000), [0, 3000, 5000, 7000, 10_000], [0, 3000, 5000, 7000, 10_000, None]),
    ((3000, 7000), [2000], [0, 2000, 4000, None]),
    ((2999, 7001), [1, 2001, 4001], [1, 2001, 4001, None]),
    ((3001, 6999), [1999], [1999, None]),
    ((0, 3000), [0], [0, 3000, None]),
    ((7000, 10_000), [3000], [0, 3000, None]),
    ((5001, 6999), [], [None]),
]


@pytest.mark.parametrize(("window", "pauses_ms", "findings_ms"), EDGES)
def test_pauses_at_the_edge_of_a_crop_are_outside(
    window: Window, pauses_ms: list[int], findings_ms: list[int | None]
) -> None:
    """They stay at the lesson's own ends only; findings at an edge stay, as do those without a place."""
    cropped = marked(0, 3000, 5000, 7000, 10_000).crop(*window)

    assert [pause.at_ms for pause in cropped.pauses] == pauses_ms
    assert [item.at_ms for item in cropped.findings] == findings_ms


def test_a_pause_in_a_crop_keeps_all_but_its_place() -> None:
    """So does a finding."""
    cropped = marked(5000).crop(2000, 8000)

    assert cropped.pauses == (Pause(3000, 1000, (900, 1100), "declared"),)
    assert cropped.findings[0] == finding("possible_pause", "5000", at_ms=3000)


def test_sections_of_a_crop_are_numbered_anew() -> None:
    """A part that begins in the second section begins with its own Part 1."""
    sections = marked(3000, 5000).crop(4000, 8000).sections()

    assert sections == ((0, 1000, "Part 1"), (1000, 4000, "Part 2"))


def test_a_track_without_clips_stays_in_a_crop() -> None:
    """It has one gap, and its name and role."""
    read = lesson(row("amy", 0, 10_000), row("bo", 8000, 1000), roster=roster(bo="student"))

    track = read.crop(1000, 4000).track("camera:bo")

    assert track == Track("camera:bo", "camera", "bo", "Bo", "student", (), 3000)
    assert track.gaps() == (Gap(0, 3000, "absence"),)
    assert (track.merged(), track.at(0)) == ((), None)


def test_a_crop_keeps_room_and_task() -> None:
    """It is a part of the same recording."""
    cropped = dataclasses.replace(lesson(row("amy")), task_id="t-1").crop(1000, 2000)

    assert (cropped.room_id, cropped.task_id) == ("1234", "t-1")


@pytest.mark.parametrize("window", [(0, 0), (5, 5), (7, 3), (-1, 5), (10_000, 10_001), (20_000, 30_000)])
def test_a_crop_of_nothing_is_refused(window: Window) -> None:
    """The error names the window and the lesson."""
    with pytest.raises(ParameterError, match=r"the lesson is \[0, 10000\) ms"):
        lesson(row("amy", 0, 10_000)).crop(*window)


# --- shift -----------------------------------------------------------------------------------------------


@FEW
@given(LESSONS, SHIFTS_MS)
def test_a_shifted_lesson_plays_the_same_later(read: Timeline, by_ms: int) -> None:
    """At every interesting instant the same files at the same media times, and nothing before."""
    shifted = read.shift(by_ms)

    for at_ms in instants_ms(read):
        assert answer(shifted, at_ms + by_ms) == answer(read, at_ms)
    assert shifted.at(by_ms - 1) == {}
    assert shifted.duration_ms == read.duration_ms + by_ms


@FEW
@given(cases(), SHIFTS_MS)
def test_gaps_of_a_shifted_lesson_are_those_of_brute_force(
    case: tuple[list[Row], Timeline], by_ms: int
) -> None:
    """The same later; what is new in front is a late start."""
    rows, read = case
    shifted = read.shift(by_ms)

    for name, pieces in oracle.tracks(rows).items():
        moved = [(low + by_ms, high + by_ms, index, media) for low, high, index, media in pieces]
        assert list(shifted.track(name).gaps()) == holes_between(moved, shifted.duration_ms)


@FEW
@given(LESSONS, SHIFTS_MS)
def test_scenes_of_a_shifted_lesson_tile_it(read: Timeline, by_ms: int) -> None:
    """The same scenes later, and silence before them."""
    scenes = [(s.start_ms, s.end_ms, list(s.clips)) for s in read.shift(by_ms).scenes()]

    later = [(s.start_ms + by_ms, s.end_ms + by_ms, list(s.clips)) for s in read.scenes()]
    if by_ms and later[0][2]:
        later.insert(0, (0, by_ms, []))
    elif by_ms:
        later[0] = (0, later[0][1], [])
    assert scenes == later


@FEW
@given(LESSONS, SHIFTS_MS, SHIFTS_MS)
def test_two_shifts_are_one(read: Timeline, first_ms: int, second_ms: int) -> None:
    """By the sum of both; a shift by nothing changes nothing."""
    assert read.shift(first_ms).shift(second_ms) == read.shift(first_ms + second_ms)
    assert read.shift(0) == read


@FEW
@given(LESSONS, SHIFTS_MS)
def test_a_crop_undoes_a_shift(read: Timeline, by_ms: int) -> None:
    """Tracks, pauses, findings and wall clock are as before."""
    read = without_late_findings(read)

    assert read.shift(by_ms).crop(by_ms, by_ms + read.duration_ms) == read


@FEW
@given(LESSONS, SHIFTS_MS, st.data())
def test_a_crop_of_a_shifted_lesson_is_that_of_the_lesson(
    read: Timeline, by_ms: int, data: st.DataObject
) -> None:
    """Wherever the window lies behind the new front."""
    start_ms, end_ms = data.draw(windows(read).filter(lambda window: window[0] > 0))

    assert read.shift(by_ms).crop(start_ms + by_ms, end_ms + by_ms) == read.crop(start_ms, end_ms)


def test_pauses_and_findings_move_with_a_shift() -> None:
    """A finding without a place stays without one."""
    shifted = marked(0, 4000).shift(1000)

    assert [(pause.at_ms, pause.duration_ms) for pause in shifted.pauses] == [(1000, 1000), (5000, 1000)]
    assert [item.at_ms for item in shifted.findings] == [1000, 5000, None]


def test_a_shift_to_the_left_is_refused() -> None:
    """The error names the operation that is meant."""
    with pytest.raises(ParameterError, match=r"0 ms or more, got -1; crop\(\) takes time away"):
        lesson(row("amy")).shift(-1)


# --- select ----------------------------------------------------------------------------------------------


@FEW
@given(LESSONS, st.data())
def test_select_takes_what_fits_everything_given(read: Timeline, data: st.DataObject) -> None:
    """Whole tracks in their order; nothing given takes all."""
    chosen = data.draw(selections(read))

    selected = read.select(**chosen)

    expected = list(read.tracks)
    if "tracks" in chosen:
        expected = [track for track in expected if track.id in chosen["tracks"]]
    if "kinds" in chosen:
        expected = [track for track in expected if track.kind in chosen["kinds"]]
    if "users" in chosen:
        expected = [track for track in expected if track.user_id in chosen["users"]]
    assert list(selected.tracks) == expected
    assert read.select() == read


@FEW
@given(LESSONS, st.data())
def test_select_keeps_axis_pauses_and_wall(read: Timeline, data: st.DataObject) -> None:
    """Also where the longest track is left out, or every track."""
    selected = read.select(**data.draw(selections(read)))

    assert (selected.duration_ms, selected.pauses, selected.wall) == (
        read.duration_ms,
        read.pauses,
        read.wall,
    )
    assert [s[:2] for s in selected.sections()] == [s[:2] for s in read.sections()]
    scenes = selected.scenes()
    assert [0, *(s.end_ms for s in scenes)] == [*(s.start_ms for s in scenes), read.duration_ms]


@FEW
@given(LESSONS, st.data())
def test_select_commutes_with_crop(read: Timeline, data: st.DataObject) -> None:
    """First the tracks or first the part: the same lesson."""
    chosen, window = data.draw(selections(read)), data.draw(windows(read))

    assert read.select(**chosen).crop(*window) == read.crop(*window).select(**chosen)


@FEW
@given(LESSONS, SHIFTS_MS, st.data())
def test_select_commutes_with_shift(read: Timeline, by_ms: int, data: st.DataObject) -> None:
    """First the tracks or first the shift: the same lesson."""
    chosen = data.draw(selections(read))

    assert read.select(**chosen).shift(by_ms) == read.shift(by_ms).select(**chosen)


@FEW
@given(LESSONS, st.data())
def test_two_selections_are_one(read: Timeline, data: st.DataObject) -> None:
    """Kinds first and users then is both at once."""
    kinds, users = data.draw(st.lists(st.sampled_from(KINDS))), data.draw(st.lists(st.sampled_from(USERS)))

    assert read.select(kinds=kinds).select(users=users) == read.select(kinds=kinds, users=users)


def test_findings_of_a_track_that_is_left_out_are_left_out() -> None:
    """Those of other tracks, of rows and of the whole lesson stay."""
    findings = tuple(
        finding("clips_overlap", "x", where=where)
        for where in ("camera:amy", "camera:bo", "/video_info/0", None)
    )
    read = dataclasses.replace(lesson(row("amy"), row("bo")), findings=findings)

    assert [item.where for item in read.select(users=["bo"]).findings] == ["camera:bo", "/video_info/0", None]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"tracks": ["camera:cy"]}, "no track 'camera:cy'; there are: camera:amy"),
        ({"tracks": ["camera:amy", "amy"]}, "no track 'amy'; there are: camera:amy"),
        ({"kinds": ["cam"]}, "no kind of stream 'cam'; there are: camera, screen, whiteboard, mixed, audio"),
        ({"kinds": ["other-9"]}, "no kind of stream 'other-9'"),
        (
            {"tracks": "camera:amy"},
            r"expected a list for tracks, got the text 'camera:amy'; write \['camera:a",
        ),
        ({"kinds": "camera"}, "expected a list for kinds, got the text 'camera'"),
        ({"users": "amy"}, "expected a list for users, got the text 'amy'"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(chosen: dict[str, Any], message: str) -> None:
    """An unknown track or kind, and a text where a list belongs."""
    with pytest.raises(ParameterError, match=message):
        lesson(row("amy")).select(**chosen)


@pytest.mark.parametrize("chosen", [{"users": ["cy"]}, {"kinds": ["other9"]}, {"tracks": []}])
def test_a_selection_may_be_empty(chosen: dict[str, Any]) -> None:
    """A user without a file, a kind that is not there, and an empty list take nothing."""
    selected = lesson(row("amy", 0, 5000)).select(**chosen)

    assert (selected.tracks, selected.duration_ms) == ((), 5000)
    assert [(s.start_ms, s.end_ms, s.clips) for s in selected.scenes()] == [(0, 5000, {})]


# --- merged ----------------------------------------------------------------------------------------------


@FEW
@given(LESSONS, GAPS_MS)
def test_merged_stretches_are_those_of_the_interval_arithmetic(read: Timeline, max_gap_ms: int) -> None:
    """A track merges its clips as `interval.merge` merges any spans."""
    for track in read.tracks:
        expected = merge(spans_of(on_spans(track)), gap_ms=max_gap_ms).tolist()
        assert [list(span) for span in track.merged(max_gap_ms=max_gap_ms)] == expected


@settings(max_examples=12)
@given(cases(), GAPS_MS)
def test_merged_stretches_are_those_of_brute_force(case: tuple[list[Row], Timeline], max_gap_ms: int) -> None:
    """Counted ms by ms, from the rows themselves."""
    rows, read = case
    for track in read.tracks:
        some = [one for one in rows if oracle.track_id(one) == track.id]
        covered = cells([(oracle.start_of(one), oracle.end_of(one)) for one in some])
        assert list(track.merged(max_gap_ms=max_gap_ms)) == runs(covered, max_gap_ms)


@FEW
@given(LESSONS, GAPS_MS)
def test_merged_stretches_and_gaps_make_up_the_lesson(read: Timeline, max_gap_ms: int) -> None:
    """Their lengths add up to the lesson's; bridged gaps belong to the stretches."""
    for track in read.tracks:
        played_ms = sum(end - start for start, end in track.merged(max_gap_ms=max_gap_ms))
        holes = track.gaps()
        inner_ms = [
            b - a for a, b, kind in holes if kind not in ("late_start", "early_end") and b - a <= max_gap_ms
        ]
        assert played_ms + sum(b - a for a, b, _ in holes) == read.duration_ms + sum(inner_ms)


def test_a_hole_of_just_the_bridged_length_is_bridged() -> None:
    """One ms more is not."""
    track = lesson(row("amy", 0, 1000), row("amy", 1300, 700)).tracks[0]

    assert track.merged(max_gap_ms=300) == ((0, 2000),)
    assert track.merged(max_gap_ms=299) == ((0, 1000), (1300, 2000))


@FEW
@given(LESSONS, st.data(), GAPS_MS)
def test_merging_what_a_crop_left(read: Timeline, data: st.DataObject, max_gap_ms: int) -> None:
    """Without bridges, the stretches of a part are the parts of the stretches."""
    start_ms, end_ms = data.draw(windows(read))
    cropped = read.crop(start_ms, end_ms)

    for track in read.tracks:
        parts = [(max(a, start_ms) - start_ms, min(b, end_ms) - start_ms) for a, b in track.merged()]
        assert list(cropped.track(track.id).merged()) == [part for part in parts if part[0] < part[1]]


# --- what no operation does ------------------------------------------------------------------------------


@FEW
@given(LESSONS, SHIFTS_MS, st.data())
def test_operations_change_nothing(read: Timeline, by_ms: int, data: st.DataObject) -> None:
    """A deep copy made before is equal after; what was returned may be changed freely."""
    before = copy.deepcopy(read)
    window = data.draw(windows(read))

    for result in (read.crop(*window), read.shift(by_ms), read.select(**data.draw(selections(read)))):
        for scene in (*result.scenes(), *read.scenes()):
            scene.clips.clear()
        result.at(by_ms).clear()
    for track in read.tracks:
        track.gaps(window, min_ms=by_ms)
        track.merged(max_gap_ms=by_ms)

    assert read == before
    assert read.scenes() == before.scenes()


@FEW
@given(
    result_rows().flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), SHIFTS_MS, st.data()
)
def test_operations_do_not_depend_on_the_order_of_rows(
    lists: tuple[list[Row], list[Row]], by_ms: int, data: st.DataObject
) -> None:
    """Parts, shifts and selections of one lesson are the same, however its files are listed."""
    one, other = (lesson(*rows, surplus_s=60) for rows in lists)
    window, chosen = data.draw(windows(one)), data.draw(selections(one))

    assert facts(one.crop(*window)) == facts(other.crop(*window))
    assert facts(one.shift(by_ms)) == facts(other.shift(by_ms))
    assert facts(one.select(**chosen)) == facts(other.select(**chosen))


@FEW
@given(result_rows(), GAPS_MS, st.data())
def test_splitting_a_row_changes_no_operation(rows: list[Row], min_ms: int, data: st.DataObject) -> None:
    """Two files that touch are as good as one: same gaps, same stretches, the same tracks play."""
    number = data.draw(st.sampled_from([i for i, one in enumerate(rows) if one["video_duration"] > 0]))
    whole = rows[number]
    cut_ms = data.draw(st.integers(0, whole["video_duration"]))
    first = whole | {"video_duration": cut_ms, "video_url": "http://media.example/first.mp4"}
    second = whole | {
        "video_play_time": whole["video_play_time"] + cut_ms,
        "video_duration": whole["video_duration"] - cut_ms,
        "video_url": "http://media.example/second.mp4",
    }
    before, after = lesson(*rows), lesson(*rows[:number], second, *rows[number + 1 :], first)
    window = data.draw(windows(after))
    parts = before.crop(*window), after.crop(*window)

    for track, same in zip(before.tracks, after.tracks, strict=True):
        assert track.gaps(window, min_ms=min_ms) == same.gaps(window, min_ms=min_ms)
        assert track.merged(max_gap_ms=min_ms) == same.merged(max_gap_ms=min_ms)
    for track, same in zip(parts[0].tracks, parts[1].tracks, strict=True):
        assert track.gaps() == same.gaps()
    for at_ms in instants_ms(after):
        assert list(before.at(at_ms)) == list(after.at(at_ms))
        assert list(parts[0].at(at_ms)) == list(parts[1].at(at_ms))


# --- what is made of a part ------------------------------------------------------------------------------


@FEW
@given(LESSONS, SHIFTS_MS, st.data())
def test_manifests_of_changed_lessons_are_valid(read: Timeline, by_ms: int, data: st.DataObject) -> None:
    """The schema accepts parts, shifted lessons and selections; segments tile each track."""
    window, chosen = data.draw(windows(read)), data.draw(selections(read))

    for changed in (read.crop(*window), read.shift(by_ms).crop(0, by_ms + 1), read.select(**chosen)):
        document = to_manifest(changed)
        VALIDATOR.validate(document)
        for track in document["tracks"]:
            edges = [0, *(segment["end_ms"] for segment in track["segments"])]
            assert edges == [*(segment["start_ms"] for segment in track["segments"]), changed.duration_ms]


@settings(max_examples=30)
@given(LESSONS, st.data())
def test_a_review_video_can_be_planned_of_a_part(read: Timeline, data: st.DataObject) -> None:
    """It lasts as long as the part, and shows the files that play, at their media times."""
    start_ms, end_ms = data.draw(windows(read).filter(lambda window: window[1] - window[0] >= 100))
    cropped = read.crop(start_ms, end_ms)

    plan = plan_video(cropped)

    assert (plan.start_ms, plan.duration_ms) == (0, end_ms - start_ms)
    assert [0, *(s.end_ms for s in plan.scenes)] == [*(s.start_ms for s in plan.scenes), end_ms - start_ms]
    for scene in plan.scenes:
        playing = answer(cropped, scene.start_ms)
        shown = {t.track: (t.clip, t.media_start_ms) for t in scene.tiles if t.track in playing}
        assert shown == {name: playing[name] for name in shown}


@settings(max_examples=30)
@given(LESSONS, st.data())
def test_the_picture_of_a_part_has_all_its_lanes(read: Timeline, data: st.DataObject) -> None:
    """One lane per track, with or without clips, and one bar per clip."""
    cropped = read.crop(*data.draw(windows(read)))

    root = ElementTree.fromstring(timeline_svg(cropped))

    lanes = root.findall("{http://www.w3.org/2000/svg}path")
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert (len(lanes), len(bars)) == (len(read.tracks), sum(len(track.clips) for track in cropped.tracks))


@settings(max_examples=12)
@given(cases(), st.data())
def test_presence_in_a_part_is_counted_in_the_part(
    case: tuple[list[Row], Timeline], data: st.DataObject
) -> None:
    """Ms by ms from the rows; a user without a clip in it has a row of zeros."""
    rows, read = case
    start_ms, end_ms = data.draw(windows(read))
    rows = [one for one in rows if one["video_duration"] > 0]

    table = timeline.presence_table(read.crop(start_ms, end_ms))

    assert set(table["user_id"].tolist()) == {
        one["user_id"] for one in rows if one["video_type"] in (0, 1, 4)
    }
    for user, on_ms, first_ms in zip(
        *(table[column].tolist() for column in ("user_id", "camera_on_ms", "first_on_ms")), strict=True
    ):
        some = [one for one in rows if one["user_id"] == user and one["video_type"] == 0]
        covered = cells([(oracle.start_of(one), oracle.end_of(one)) for one in some])
        inside = covered & set(range(start_ms, end_ms))
        first_on_ms = min(inside) - start_ms if inside else math.nan
        assert (on_ms, first_ms) == pytest.approx((len(inside), first_on_ms), nan_ok=True, rel=0)


def part_with_an_empty_track() -> Timeline:
    """Return a part from 30 to 50 s of a lesson with a pause of a minute at 40 s; bo's track is empty."""
    places_ms = (0, 40_000, 70_000)
    rows = [make(a, b - a) for a, b in pairwise(places_ms) for make in (board, lambda s, d: row("amy", s, d))]
    return lesson(*rows, row("bo", 1000, 2000), surplus_s=60).crop(30_000, 50_000)


def drawn_bars(figure: Any) -> list[tuple[float, float]]:
    """Return the left and right end of every bar of a plot; the thin lines of lanes left out."""
    boxes = [
        path.get_extents() for collection in figure.axes[0].collections for path in collection.get_paths()
    ]
    return [(box.x0, box.x1) for box in boxes if box.height > 0.1]


def test_a_part_can_be_plotted() -> None:
    """One lane per track, also without a bar; bars lie where the clips play."""
    figure = timeline.plot_timeline(part_with_an_empty_track())

    assert len(figure.axes[0].get_yticklabels()) == 3
    assert sorted(drawn_bars(figure)) == [(0, 10_000)] * 2 + [(10_000, 20_000)] * 2


def test_a_part_can_be_plotted_on_the_wall_clock() -> None:
    """Its bars lie on its own axis, from the wall time of its beginning."""
    figure = timeline.plot_timeline(part_with_an_empty_track(), clock="wall")

    left, right = figure.axes[0].get_xlim()
    bars = [(start - left, end - left) for start, end in drawn_bars(figure)]
    assert sorted(bars) == [(0, 10_000)] * 2 + [(70_000, 80_000)] * 2
    assert right - left == 80_000


def test_a_selection_of_nothing_can_be_plotted() -> None:
    """It has no lanes."""
    figure = timeline.plot_timeline(lesson(row("amy")).select(users=["cy"]))

    assert drawn_bars(figure) == []


def test_a_selection_of_nothing_can_be_written_planned_and_shown() -> None:
    """No track, no tile, no lane, no row."""
    empty = lesson(row("amy")).select(users=["cy"])

    VALIDATOR.validate(to_manifest(empty))
    assert [scene.tiles for scene in plan_video(empty).scenes] == [()]
    assert "<rect" not in timeline_svg(empty)
    assert timeline.presence_table(empty)["user_id"].tolist() == []


def test_the_manifest_of_a_part_says_when_the_part_was() -> None:
    """From the earliest wall time of its beginning to the latest of its end."""
    cropped = part_with_an_empty_track()

    start_ms = START_S * 1000
    assert to_manifest(cropped)["wall"] == {
        "start_unix_ms": start_ms + 30_000,
        "stop_unix_ms": start_ms + 50_000 + 61_000,
        "uncertainty_ms": 7000,
    }


def test_the_manifest_of_a_part_says_when_it_was_whatever_its_length() -> None:
    """A second of silence in front, a second less at the end: it begins a second earlier."""
    moved = lesson(row("amy", 0, 10_000)).shift(1000).crop(0, 10_000)

    assert to_manifest(moved)["wall"]["start_unix_ms"] == START_S * 1000 - 1000
