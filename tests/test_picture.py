"""Black and frozen pictures, beside ffmpeg's own detectors; profiles that are kept."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.small_pictures import STEP_MS, decoded, encoded, plain, profile_of, scene, whole
from timeline.analysis.picture import (
    SHAPE,
    Gray,
    PictureMeter,
    PictureProfile,
    Piece,
    black_spans,
    frozen_spans,
    measuring_rules,
    picture_user_values,
)
from timeline.analysis.rules import MetricRules
from timeline.errors import ParameterError
from timeline.media.ffmpeg import find_ffmpeg


def moving(seconds: int, seed: int = 1) -> list[Gray]:
    """A scene that moves sideways."""
    return [np.roll(scene(seed), 3 * number, axis=1) for number in range(4 * seconds)]


def noisy(seconds: int, strength: int = 3) -> list[Gray]:
    """A scene that stands still before a camera that is alive."""
    chance = np.random.default_rng(5)
    still = scene(3).astype(np.int16)
    return [
        np.clip(still + chance.integers(-strength, strength + 1, SHAPE), 0, 255).astype(np.uint8)
        for _ in range(4 * seconds)
    ]


def dim(seconds: int) -> list[Gray]:
    """A dark room: greys from 31 to 62."""
    return [np.uint8(24) + one // 5 for one in noisy(seconds)]


class TestBlack:
    def test_a_dark_room_is_not_black_while_something_is_seen(self) -> None:
        assert black_spans(profile_of(dim(4))).tolist() == []

    def test_black_is_from_the_first_black_picture_to_the_first_that_is_not(self) -> None:
        profile = profile_of([*moving(3), *[plain(0)] * 10, *moving(3)])

        assert black_spans(profile).tolist() == [[3000, 5500]]

    def test_less_than_two_seconds_do_not_count(self) -> None:
        assert black_spans(profile_of([*moving(3), *[plain(0)] * 7, *moving(3)])).tolist() == []
        assert black_spans(profile_of([*moving(3), *[plain(0)] * 8, *moving(3)])).tolist() == [[3000, 5000]]

    @pytest.mark.parametrize(("grey", "is_black"), [(25, True), (26, False)])
    def test_dark_is_grey_25(self, grey: int, is_black: bool) -> None:
        assert (len(black_spans(profile_of([plain(grey)] * 12))) == 1) is is_black

    @pytest.mark.parametrize(("bright", "is_black"), [(384, True), (385, False)])
    def test_98_percent_of_the_pixels_are_dark(self, bright: int, is_black: bool) -> None:
        """Of 19 200, 384 may be bright."""
        picture = plain(0)
        picture.flat[:bright] = 200

        assert (len(black_spans(profile_of([picture] * 12))) == 1) is is_black

    def test_rules_apply_to_what_was_kept(self) -> None:
        """Without decoding again."""
        profile = profile_of([*moving(3), *[plain(0)] * 4, *moving(3)])

        assert black_spans(profile, MetricRules(black_least_ms=1000)).tolist() == [[3000, 4000]]


class TestFrozen:
    def test_a_picture_that_stays_the_same(self) -> None:
        """From the first of them to the first that differs."""
        profile = profile_of([*moving(3), *[scene(9)] * 12, *moving(3)])

        assert frozen_spans(profile).tolist() == [[3000, 6000]]

    def test_a_still_scene_is_not_frozen(self) -> None:
        """A live camera has noise."""
        assert frozen_spans(profile_of(noisy(6))).tolist() == []

    def test_black_is_not_frozen(self) -> None:
        """It is black already."""
        profile = profile_of([*moving(3), *[plain(0)] * 12, *[scene(9)] * 12])

        assert frozen_spans(profile).tolist() == [[6000, 9000]]
        assert black_spans(profile).tolist() == [[3000, 6000]]

    def test_a_key_frame_does_not_end_a_freeze(self) -> None:
        """A picture that is a little different, once."""
        other = scene(9) + np.uint8(1)
        profile = profile_of([*[scene(9)] * 6, *[other] * 6])

        assert frozen_spans(profile).tolist() == [[0, 3000]]

    def test_a_cut_does(self) -> None:
        profile = profile_of([*[scene(9)] * 10, *[scene(8)] * 10])

        assert frozen_spans(profile).tolist() == [[0, 2500], [2500, 5000]]

    @pytest.mark.parametrize("change", [1, 40])
    def test_a_camera_of_one_picture_a_second_is_not_frozen(self, change: int) -> None:
        """However little moves."""
        pictures = [scene(9) + np.uint8(number // 4 % 2 * change) for number in range(40)]

        assert frozen_spans(profile_of(pictures)).tolist() == []

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_a_file_of_hardly_a_picture(self, count: int) -> None:
        profile = profile_of([plain(0)] * count)

        assert (black_spans(profile).tolist(), frozen_spans(profile).tolist()) == ([], [])


class TestProfile:
    def test_it_survives_being_kept(self) -> None:
        """To the last bit."""
        profile = profile_of([*moving(2), *[scene(4)] * 8, *[plain(0)] * 8])
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **profile.to_arrays())
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            again = PictureProfile.from_arrays(dict(arrays))

        for name, array in profile.to_arrays().items():
            assert array.dtype == again.to_arrays()[name].dtype
            assert np.array_equal(array, again.to_arrays()[name], equal_nan=array.dtype.kind == "f")

    def test_it_is_small(self) -> None:
        """An hour is below half a megabyte."""
        profile = profile_of([plain(number % 2) for number in range(400)])

        assert sum(a.nbytes for name, a in profile.to_arrays().items() if name != "stills") <= 400 * 30

    def test_it_says_by_which_rules_it_was_measured(self) -> None:
        rules = MetricRules(pixel_change_above=20)

        assert tuple(profile_of([], rules).measured_by) == measuring_rules(rules) != measuring_rules()

    def test_a_picture_may_be_used_again(self) -> None:
        """As a decoder does with its memory."""
        meter, memory = PictureMeter(), plain(0)
        for number in range(12):
            memory[:] = number % 2 * 200
            meter.add(number * STEP_MS, memory)

        assert frozen_spans(meter.profile()).tolist() == []

    def test_wrong_pictures_are_refused(self) -> None:
        meter = PictureMeter()
        with pytest.raises(ParameterError, match="picture of"):
            meter.add(0, np.zeros((160, 120), dtype=np.uint8))
        meter.add(0, plain(0))
        with pytest.raises(ParameterError, match="later than 0 ms"):
            meter.add(0, plain(0))


class TestUser:
    def test_shares_are_of_what_was_seen_and_plays(self) -> None:
        """A clip that plays the file from 2 s on, for 5 s of its 9."""
        profile = profile_of([*moving(3), *[plain(0)] * 12, *[scene(9)] * 12])
        values = picture_user_values([Piece(profile, 10_000, 15_000, 2000)])

        assert values == {"picture_seen_ms": 5000, "black_ratio": 0.6, "frozen_ratio": 0.2}

    def test_what_could_not_be_decoded_is_neither_seen_nor_frozen(self) -> None:
        """Repeated from 3 to 8 s of 11; then 3 s are black, of which the last is not seen."""
        pictures = [*moving(3), *[scene(9)] * 20, *[plain(0)] * 12]
        damaged = profile_of(pictures, unseen=[(3000, 8000), (10_000, 11_000)])

        assert picture_user_values([whole(profile_of(pictures))])["frozen_ratio"] == pytest.approx(5 / 11)
        values = picture_user_values([whole(damaged)])
        assert values == {"picture_seen_ms": 5000, "black_ratio": 0.4, "frozen_ratio": 0.0}

    def test_files_add_up(self) -> None:
        dark, bright = profile_of([plain(0)] * 12), profile_of(moving(6))

        assert picture_user_values([whole(dark), whole(bright, 3000)])["black_ratio"] == pytest.approx(1 / 3)

    def test_without_pictures_all_is_missing(self) -> None:
        assert set(picture_user_values([]).values()) == {None}
        assert set(picture_user_values([whole(profile_of([]))]).values()) == {None}


def told_by_ffmpeg(path: Path, detector: str, word: str) -> list[list[float]]:
    """(start, end) in ms of what a detector of ffmpeg finds."""
    said = subprocess.run(
        [find_ffmpeg().path, "-hide_banner", "-i", str(path), "-vf", detector, "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    found = [re.findall(rf"{word}_{edge}: ?([\d.]+)", said) for edge in ("start", "end")]
    return [[1000 * float(start), 1000 * float(end)] for start, end in zip(*found, strict=True)]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Moving, covered, moving, frozen, still but alive, a dark room, moving."""
    pictures = [*moving(4), *[plain(0)] * 20, *moving(4, 2), *[scene(9)] * 20, *noisy(5), *dim(4), *moving(3)]
    return encoded(tmp_path_factory.mktemp("media") / "camera.mp4", pictures, crf=18)


class TestBesideFfmpeg:
    def test_black(self, media: Path) -> None:
        """Blackdetect with its defaults, to a quarter of a second."""
        ours = black_spans(profile_of(decoded(media))).tolist()
        theirs = told_by_ffmpeg(media, "blackdetect", "black")

        assert np.allclose(ours, theirs, atol=STEP_MS)
        assert np.allclose(ours, [[4000, 9000]], atol=STEP_MS)

    def test_frozen(self, media: Path) -> None:
        """Freezedetect finds this one too; it also calls the covered lens and the dark room frozen."""
        ours = frozen_spans(profile_of(decoded(media))).tolist()
        theirs = told_by_ffmpeg(media, "freezedetect", "lavfi.freezedetect.freeze")

        assert any(np.allclose(ours, [one], atol=STEP_MS) for one in theirs)
        assert np.allclose(ours, [[13_000, 18_000]], atol=STEP_MS)

    @pytest.mark.parametrize(("size", "crf"), [("320x240", 32), ("640x480", 28), ("1280x720", 23)])
    def test_a_frozen_camera_is_one_freeze_at_any_quality(self, tmp_path: Path, size: str, crf: int) -> None:
        """There is a key frame every two seconds, which differs."""
        file = encoded(
            tmp_path / "frozen.mp4", [*moving(3), *[scene(9)] * 40, *moving(2)], size=size, crf=crf
        )
        (span,) = frozen_spans(profile_of(decoded(file))).tolist()

        assert np.allclose(span, [3000, 13_000], atol=2 * STEP_MS)
