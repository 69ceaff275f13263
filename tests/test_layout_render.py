"""Real renders of layouts, read back: pictures that fill tiles, layers, slates over pictures, badges."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests import coded_media
from tests.coded_media import FrameCode
from tests.conftest import BOARD, CAMERA, SCREEN, Lesson, codes_shown, place, wrong_frames
from timeline.layouts.places import Rectangle
from timeline.palette import kind_colour
from timeline.render import shots
from timeline.render.artwork import SLATE_COLOUR, draw_badge
from timeline.render.video import RenderReport

Json = dict[str, Any]
Picture = NDArray[np.int64]
BLUE = bytes.fromhex(kind_colour("camera")[1:])
SLATE = bytes.fromhex(SLATE_COLOUR[1:])


def layout(*regions: Json, **values: Any) -> Json:
    """A layout file whose regions are the whole canvas unless they say otherwise."""
    whole = {"x": 0, "y": 0, "width": 1, "height": 1, "show": ["*"]}
    named = [{"name": f"r{number}"} | whole | region for number, region in enumerate(regions)]
    return {"format": "timeline-layout", "version": "1.0", "regions": named} | values


def pictures(report: RenderReport) -> list[Picture]:
    """Every frame of a render, RGB."""
    return [image.astype(np.int64) for _, _, image in coded_media.frames(report.path)]


def cut(image: Picture, where: tuple[int, int, int, int]) -> Picture:
    """A rectangle of a picture."""
    x, y, width, height = where
    return image[y : y + height, x : x + width]


def covering(code: FrameCode, source: tuple[int, int], tile: tuple[int, int]) -> Picture:
    """A coded picture, scaled to cover a tile and cut to it around its middle."""
    scale = max(Fraction(tile[0], source[0]), Fraction(tile[1], source[1]))
    size = (round(source[0] * scale), round(source[1] * scale))
    scaled = Image.fromarray(coded_media.picture(code, source)).resize(size, Image.Resampling.NEAREST)
    left, top = (size[0] - tile[0]) // 2, (size[1] - tile[1]) // 2
    return np.asarray(scaled.crop((left, top, left + tile[0], top + tile[1]))).astype(np.int64)


def share_of(image: Picture, colour: bytes) -> float:
    """How much of a picture has about this colour."""
    return float((abs(image - list(colour)).max(axis=2) < 24).mean())


def difference(one: Picture, other: Picture) -> float:
    """Mean difference of brightness, 0 to 255."""
    return float(abs(one - other).mean())


class TestCover:
    @pytest.mark.parametrize("size", [(320, 240), (120, 480), (640, 120)])
    def test_a_picture_fills_its_tile_and_is_cut_around_its_middle(
        self, lesson: Lesson, size: tuple[int, int]
    ) -> None:
        """Whatever its shape; every frame is the planned one."""
        lesson.add(CAMERA, "amy", 0, 1000, size=size, sound=False)
        report = lesson.render(layout=layout({"width": 0.5, "fit": "cover"}))
        (tile,) = report.plan.scenes[0].tiles
        assert tile.fit == "cover"
        where = place(tile)
        for number, image in enumerate(pictures(report)):
            wanted = covering(FrameCode(1, number), size, where[2:])
            assert difference(cut(image, where), wanted) < 12, number
            other = covering(FrameCode(1, number + 1), size, where[2:])
            assert difference(cut(image, where), other) > difference(cut(image, where), wanted)

    def test_nothing_spills_over_the_tiles_edge(self, lesson: Lesson) -> None:
        """Outside is the background of the layout."""
        lesson.add(CAMERA, "amy", 0, 600, size=(640, 120), sound=False)
        report = lesson.render(layout=layout({"width": 0.5, "fit": "cover"}, background="#402010"))
        image = pictures(report)[0]
        x, y, width, height = place(report.plan.scenes[0].tiles[0])
        outside = np.ones(image.shape[:2], bool)
        outside[y - 2 : y + height + 2, x - 2 : x + width + 2] = False
        assert outside.sum() > 1000
        assert abs(image[outside] - (0x40, 0x20, 0x10)).max() < 12

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0)])
    def test_a_picture_that_changes_its_shape_on_the_way_is_cut_around_each_middle(
        self, lesson: Lesson, order: tuple[int, ...]
    ) -> None:
        """Wide, tall, very wide: no bar, no stretch."""
        shapes = [[(320, 240), (240, 320), (480, 120)][number] for number in order]
        lesson.add(CAMERA, "amy", 0, 2000, sizes=[(shape, 10) for shape in shapes], sound=False)
        report = lesson.render(layout=layout({"width": 0.5, "fit": "cover"}, background="#ff00ff"))
        where = place(report.plan.scenes[0].tiles[0])
        for number, image in enumerate(pictures(report)):
            wanted = covering(FrameCode(1, number), shapes[number // 10], where[2:])
            assert difference(cut(image, where), wanted) < 12, number

    def test_names_lie_at_the_edge_of_the_tile(self, lesson: Lesson) -> None:
        """Where the picture is cut, not where it would begin."""
        lesson.add(CAMERA, "amy", 0, 600, size=(640, 120), sound=False)
        report = lesson.render(layout=layout({"width": 0.5, "fit": "cover"}), labels=True)
        x, y, _, height = place(report.plan.scenes[0].tiles[0])
        assert share_of(cut(pictures(report)[0], (x + 6, y + height - 34, 4, 28)), BLUE) > 0.2


class TestContain:
    def test_bars_have_the_background_of_the_layout(self, lesson: Lesson) -> None:
        """Beside the picture and inside of its tile."""
        lesson.add(CAMERA, "amy", 0, 600, size=(120, 480), sound=False)
        report = lesson.render(layout=layout({}, background="#402010"))
        assert abs(pictures(report)[0][100:200, 20:200] - (0x40, 0x20, 0x10)).max() < 12
        assert wrong_frames(report, lesson) == []

    def test_a_picture_that_changes_its_shape_on_the_way_is_not_stretched(self, lesson: Lesson) -> None:
        """Each shape is shown as it is, whole and centred."""
        shapes = [(320, 240), (240, 320), (480, 120)]
        lesson.add(CAMERA, "amy", 0, 2000, sizes=[(shape, 10) for shape in shapes], sound=False)
        report = lesson.render()
        where = place(report.plan.scenes[0].tiles[0])
        for number, image in enumerate(pictures(report)):
            shape = shapes[number // 10]
            assert coded_media.read_code(image.astype(np.uint8), where, shape) == (1, number)


class TestPip:
    @pytest.fixture
    def board(self, lesson: Lesson) -> Lesson:
        """A whiteboard of 3 s; amy is on camera from 1 s to 2 s."""
        lesson.add(BOARD, "", 0, 3000, sound=False, size=(640, 360))
        lesson.add(CAMERA, "amy", 1000, 1000, sound=False)
        return lesson

    def test_people_lie_over_the_content(self, board: Lesson) -> None:
        """Every frame of the camera is seen, and of the board all that is not under it."""
        report = board.render(layout="pip")
        shown = [line[1] for line in codes_shown(report, board)]
        assert [code and code.frame for code in shown] == [None] * 15 + list(range(15)) + [None] * 15
        over = report.plan.regions[1].rectangle
        for number, image in enumerate(pictures(report)):
            wanted = coded_media.picture(FrameCode(1, number), (640, 360)).astype(np.int64)
            assert difference(image[:, : over.x - 4], wanted[:, : over.x - 4]) < 12

    def test_who_is_off_camera_leaves_the_content_free(self, board: Lesson) -> None:
        """No slate: before and after, the whole board is readable."""
        codes = [line[0] for line in codes_shown(board.render(layout="pip"), board)]
        assert [code and code.frame for code in codes] == [*range(15), *[None] * 15, *range(30, 45)]

    def test_a_file_that_is_lost_has_a_slate_over_the_content(self, board: Lesson) -> None:
        """As long as it should play, and not longer."""
        board.path(1).unlink()
        report = board.render(layout="pip")
        where = place(report.plan.scenes[1].tiles[1])
        slated = [share_of(cut(image, where), SLATE) > 0.6 for image in pictures(report)]
        assert slated == [False] * 15 + [True] * 15 + [False] * 15
        assert report.slated_files == (1,)

    def test_it_is_the_same_over_many_chunks(self, board: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
        """Slates are cut with the chunks."""
        board.path(1).unlink()
        monkeypatch.setattr(shots, "CHUNK_MIN_S", 0.4)
        monkeypatch.setattr(shots, "CHUNK_MAX_S", 0.7)
        report = board.render(layout="pip")
        assert len(shots.cut_chunks(report.plan)) > 4
        where = place(report.plan.scenes[1].tiles[1])
        slated = [share_of(cut(image, where), SLATE) > 0.6 for image in pictures(report)]
        assert slated == [False] * 15 + [True] * 15 + [False] * 15

    def test_without_content_the_first_person_is_below_the_others(self, lesson: Lesson) -> None:
        """The small one is readable, so nothing lies over it."""
        lesson.add(CAMERA, "amy", 0, 1000, sound=False)
        lesson.add(CAMERA, "bo", 0, 1000, sound=False)
        codes = codes_shown(lesson.render(layout="pip"), lesson)
        assert [line[1] for line in codes] == [FrameCode(2, number) for number in range(15)]


class TestLayers:
    @pytest.mark.parametrize(("z", "seen"), [(1, 2), (-1, 1)])
    def test_the_higher_region_is_seen(self, lesson: Lesson, z: int, seen: int) -> None:
        """Of two on the same place."""
        lesson.add(SCREEN, "amy", 0, 600, sound=False)
        lesson.add(CAMERA, "amy", 0, 600, sound=False)
        report = lesson.render(layout=layout({"show": ["screen"]}, {"z": z}))
        codes = codes_shown(report, lesson)
        assert {code.file for line in codes for code in line if code} == {seen}

    def test_a_slate_lies_over_what_is_below_and_under_what_is_above(self, lesson: Lesson) -> None:
        """The middle one of three."""
        lesson.add(SCREEN, "amy", 0, 1000, sound=False, size=(640, 360))
        lesson.add(CAMERA, "amy", 0, 200, sound=False)
        lesson.add(BOARD, "", 0, 1000, sound=False)
        document = layout(
            {"show": ["screen"], "z": -1},
            {"show": ["camera"], "width": 0.75},
            {"show": ["whiteboard"], "width": 0.5, "z": 3},
            gap_px=0,
        )
        report = lesson.render(layout=document)
        codes = codes_shown(report, lesson)
        assert all(line[2] == FrameCode(3, number) for number, line in enumerate(codes))
        last = pictures(report)[-1]
        assert share_of(last[20:340, 324:476], SLATE) > 0.95
        below = coded_media.picture(FrameCode(1, 14), (640, 360)).astype(np.int64)
        assert difference(last[:, 484:], below[:, 484:]) < 12


class TestMaxTiles:
    @pytest.fixture
    def crowd(self, lesson: Lesson) -> Lesson:
        """Two tiles for three: amy to 2 s, bo from 0.6 s, cy from 1 s."""
        lesson.add(CAMERA, "amy", 0, 2000, sound=False)
        lesson.add(CAMERA, "bo", 600, 2400, sound=False)
        lesson.add(CAMERA, "cy", 1000, 2000, sound=False)
        return lesson

    DOCUMENT = layout({"arrange": "tile", "max_tiles": 2})

    def test_the_tile_changes_hands(self, crowd: Lesson) -> None:
        """Each frame of each tile is the planned one."""
        report = crowd.render(layout=self.DOCUMENT)
        shown = codes_shown(report, crowd)
        assert wrong_frames(report, crowd, shown) == []
        files = [[code.file if code else None for code in line] for line in shown]
        assert [key for key, _ in itertools.groupby(files)] == [[1, None], [1, 2], [3, 2]]

    def test_a_badge_is_in_the_last_tile_while_somebody_has_none(self, crowd: Lesson) -> None:
        """From 1 s to 2 s."""
        report = crowd.render(layout=self.DOCUMENT, labels=True)
        corners = [
            [
                share_of(cut(image, (r.x + r.width - 30, r.y + 6, 24, 20)), BLUE) > 0.2
                for image in pictures(report)
            ]
            for r in (region.rectangle for region in report.plan.regions)
        ]
        assert corners == [[False] * 45, [False] * 15 + [True] * 15 + [False] * 15]

    def test_no_labels_means_no_badge(self, crowd: Lesson) -> None:
        """Nothing is drawn over the pictures."""
        report = crowd.render(layout=self.DOCUMENT, labels=False)
        last = report.plan.regions[1].rectangle
        corner = (last.x + last.width - 30, last.y + 6, 24, 20)
        assert all(share_of(cut(image, corner), BLUE) < 0.05 for image in pictures(report))

    def test_a_badge_lies_under_what_is_above(self, crowd: Lesson) -> None:
        """Its tile is covered, so it is."""
        crowd.add(BOARD, "", 0, 3000, sound=False)
        tiles = {"show": ["camera"], "arrange": "tile", "max_tiles": 2}
        report = crowd.render(layout=layout(tiles, {"z": 1}), labels=True)
        assert [line[2] for line in codes_shown(report, crowd)] == [FrameCode(4, n) for n in range(45)]

    @pytest.mark.parametrize("place", [Rectangle(100, 40, 320, 240), Rectangle(0, 0, 20, 16)])
    def test_a_badge_is_inside_of_its_tile_at_the_top_right(self, tmp_path: Path, place: Rectangle) -> None:
        """As far as it has room."""
        x, y = draw_badge(tmp_path / "badge.png", 3, place)
        with Image.open(tmp_path / "badge.png") as image:
            assert image.width % 2 == image.height % 2 == x % 2 == y % 2 == 0
            assert place.x <= x
            assert place.width < 100 or x + image.width == place.x + place.width - 6
            assert y == place.y + 6


class TestFile:
    def test_a_layout_file_is_rendered_to_the_last_frame(self, lesson: Lesson) -> None:
        """Screen above, two cameras below, one of which comes late."""
        lesson.add(SCREEN, "amy", 0, 2000, sound=False, size=(640, 360))
        lesson.add(CAMERA, "amy", 0, 2000)
        lesson.add(CAMERA, "bo", 700, 1300)
        document = layout(
            {"height": 0.625, "show": ["screen", "whiteboard"]},
            {"y": 0.625, "height": 0.375, "arrange": "tile", "align": "left", "tile_aspect": 1.5},
        )
        report = lesson.render(layout=document)
        assert wrong_frames(report, lesson) == []
        assert [place(tile) for tile in report.plan.scenes[0].tiles] == [
            (8, 8, 624, 214),
            (8, 230, 182, 122),
            (198, 230, 182, 122),
        ]


def test_a_piece_is_not_used_again_under_another_layout(lesson: Lesson) -> None:
    """Neither where only a badge, a slate over pictures or the background differs."""
    for user in ("amy", "bo", "cy"):
        lesson.add(CAMERA, user, 0, 600, sound=False)
    lesson.add(SCREEN, "amy", 0, 600, sound=False)
    tiles = {"show": ["camera"], "arrange": "tile", "max_tiles": 2, "z": 1}
    looks = [
        layout({"show": ["screen"]}, tiles, background=colour) for colour in ("#000000", "#800000", "#008000")
    ]
    firsts = [pictures(lesson.render(layout=look, labels=True))[0] for look in looks]
    lesson.path(1).unlink()
    firsts.append(pictures(lesson.render(layout=looks[0], labels=True))[0])
    lesson.add(CAMERA, "dee", 0, 600, sound=False)
    firsts.append(pictures(lesson.render(layout=looks[0], labels=True))[0])
    assert all(difference(a, b) > 0 for a, b in itertools.combinations(firsts, 2))
