"""From a plan to shots, slates and chunks."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BOARD, CAMERA, SCREEN, Row, lesson_of, row
from tests.test_plan import LAYOUTS_TO_TRY, results
from timeline.layouts.names import LayoutLike
from timeline.render import shots
from timeline.render.plan import PlanScene, RenderPlan, plan_video
from timeline.render.shots import CHUNK_MAX_S, CHUNK_MIN_S, Chunk, cut_chunks


def plan_of(*rows: Row, **options: Any) -> RenderPlan:
    """The plan of some rows."""
    return plan_video(lesson_of(*rows), **options)


def seen_in(plan: RenderPlan, chunk: Chunk) -> list[PlanScene]:
    """The scenes that have a frame in a chunk."""
    end = chunk.start_frame + chunk.frames
    return [s for s in plan.scenes if max(s.start_frame, chunk.start_frame) < min(s.end_frame, end)]


def check_against_plan(plan: RenderPlan, chunks: tuple[Chunk, ...]) -> None:
    """Each frame of each region is in one shot or one slate, with the plan's file and media time."""
    assert [chunk.start_frame for chunk in chunks] == [
        sum(chunk.frames for chunk in chunks[:n]) for n in range(len(chunks))
    ]
    assert sum(chunk.frames for chunk in chunks) == plan.frames
    step_ms = 1000 / plan.frame_rate
    first = int(plan.start_ms * plan.frame_rate / 1000 + Fraction(1, 2))
    for chunk in chunks:
        assert all(0 <= c.start_frame < c.end_frame <= chunk.frames for c in (*chunk.slates, *chunk.badges))
        for region in range(len(plan.regions)):
            parts = chunk.parts(region)
            for one, other in itertools.pairwise(parts):
                assert one.end_frame <= other.start_frame
            holes = [tiles.tiles[region].hidden for tiles in seen_in(plan, chunk)]
            assert chunk.is_whole(region) == (not any(holes))
        for frame in range(chunk.frames):
            number = chunk.start_frame + frame
            scene = next(s for s in plan.scenes if s.start_frame <= number < s.end_frame)
            slated = [c.region for c in chunk.slates if c.start_frame <= frame < c.end_frame]
            assert len(set(slated)) == len(slated)
            badges = [c for c in chunk.badges if c.start_frame <= frame < c.end_frame]
            counted = {region: tile.more for region, tile in enumerate(scene.tiles) if tile.more}
            assert {card.region: card.tile.more for card in badges} == counted
            for region, tile in enumerate(scene.tiles):
                shown = [
                    s for s in chunk.shots if s.region == region and s.start_frame <= frame < s.end_frame
                ]
                if tile.file is None:
                    assert shown == []
                    assert (region in slated) == (not tile.hidden)
                    continue
                assert region not in slated
                (shot,) = shown
                assert shot.clip == tile.file
                assert shot.rectangle == tile.rectangle
                if tile.held is not None:
                    assert shot.media_start_ms == tile.media_start_ms
                else:
                    assert tile.media_start_ms is not None
                    wanted = tile.media_start_ms + (first + number) * step_ms - scene.start_ms
                    assert shot.media_start_ms + (frame - shot.start_frame) * step_ms == wanted


@given(
    rows=results(),
    rate=st.sampled_from([Fraction(15), Fraction(25), Fraction(30000, 1001)]),
    layout=st.sampled_from(LAYOUTS_TO_TRY),
    limits=st.sampled_from([(20, 30), (2, 3), (1, 1), (3, 9)]),
    start_ms=st.integers(0, 3000),
)
def test_shots_and_slates_are_the_plan_frame_by_frame(
    rows: list[Row], rate: Fraction, layout: LayoutLike, limits: tuple[int, int], start_ms: int
) -> None:
    """Media times are exact, whatever the rate, the chunks and the window."""
    lesson = lesson_of(*rows)
    if start_ms + 200 > lesson.duration_ms:
        start_ms = 0
    if lesson.duration_ms < 200:
        return
    plan = plan_video(lesson, frame_rate=rate, layout=layout, start_ms=start_ms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shots, "CHUNK_MIN_S", limits[0])
        patch.setattr(shots, "CHUNK_MAX_S", limits[1])
        check_against_plan(plan, cut_chunks(plan))


def test_a_file_that_plays_on_over_a_scene_edge_is_one_shot() -> None:
    """It is opened once."""
    plan = plan_of(row(CAMERA, "amy", 0, 9000), row(CAMERA, "bo", 3001, 3000, "b.mp4"), layout="grid")
    (chunk,) = cut_chunks(plan)
    assert len(plan.scenes) == 3
    assert [(s.clip, s.start_frame, s.end_frame) for s in chunk.shots] == [(0, 0, 135), (1, 45, 90)]


def test_a_file_is_opened_anew_in_every_chunk() -> None:
    """At the right media time."""
    plan = plan_of(row(SCREEN, "amy", 0, 70_000))
    chunks = cut_chunks(plan)
    assert [chunk.shots[0].media_start_ms for chunk in chunks] == [
        Fraction(chunk.start_frame * 1000, 15) for chunk in chunks
    ]
    assert len(chunks) > 1


def test_chunks_are_20_to_30_s_and_cut_at_edges() -> None:
    """The first edge after 20 s, or 30 s where there is none; a short rest joins the last."""
    rows = [row(BOARD, "", 0, 100_000, "w.mp4"), row(CAMERA, "amy", 5000, 18_000)]
    chunks = cut_chunks(plan_of(*rows))
    assert [chunk.start_frame / 15 for chunk in chunks] == [0, 23, 53, 83]
    for chunk in chunks[:-1]:
        assert CHUNK_MIN_S * 15 <= chunk.frames <= CHUNK_MAX_S * 15
    assert len(cut_chunks(plan_of(row(BOARD, "", 0, 35_000)))) == 1


def test_a_slate_that_stays_is_one_slate() -> None:
    """An edge elsewhere does not cut it."""
    rows = [
        row(CAMERA, "amy", 0, 4000),
        row(CAMERA, "amy", 4000, 4000, "b.mp4"),
        row(BOARD, "", 0, 2000, "w.mp4"),
    ]
    (chunk,) = cut_chunks(plan_of(*rows))
    assert [(s.region, s.start_frame, s.end_frame) for s in chunk.slates] == [(0, 30, 120)]


def test_slates_and_badges_over_pictures_are_cut_with_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people who are off camera over a screen, and three on camera for two tiles."""
    monkeypatch.setattr(shots, "CHUNK_MIN_S", 2)
    monkeypatch.setattr(shots, "CHUNK_MAX_S", 3)
    rows = [row(SCREEN, "a", 0, 16_000, "s.mp4")]
    rows += [row(CAMERA, user, 8000, 8000, f"{user}.mp4") for user in ("amy", "bo", "cy")]
    plan = plan_of(*rows, layout=LAYOUTS_TO_TRY[-1])
    chunks = cut_chunks(plan)
    check_against_plan(plan, chunks)
    assert sum(card.end_frame - card.start_frame for chunk in chunks for card in chunk.slates) == 2 * 120
    assert sum(card.end_frame - card.start_frame for chunk in chunks for card in chunk.badges) == 120
    assert len(chunks) > 4


def test_a_scene_shorter_than_a_frame_leaves_no_trace() -> None:
    """No shot and no slate of no frames."""
    rows = [row(CAMERA, "amy", 0, 4000), row(CAMERA, "bo", 2000, 10, "b.mp4")]
    (chunk,) = cut_chunks(plan_of(*rows))
    assert all(shot.end_frame > shot.start_frame for shot in chunk.shots)
    assert all(slate.end_frame > slate.start_frame for slate in chunk.slates)
    assert {shot.clip for shot in chunk.shots} == {0}
