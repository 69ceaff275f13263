"""What a result declares of a file against what the file holds: told with its figures."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.builders import lesson, row
from timeline.media.examine import _from_zero
from timeline.media.facts import Hole, MediaFacts, PictureFacts, SizeChange, SoundFacts
from timeline.media.reconcile import reconcile
from timeline.model import Clip

CLIP = lesson(row("amy", 2000, 60_000)).tracks[0].clips[0]


def picture(start_ms: int = 0, end_ms: int = 60_000, *, holes: tuple[Hole, ...] = ()) -> PictureFacts:
    """Return a picture stream."""
    return PictureFacts(
        "h264", 320, 240, Fraction(1), Fraction(15), start_ms, end_ms - 66, end_ms, holes=holes
    )


def told(
    image: PictureFacts | None, sound: SoundFacts | None, kind: str = "camera", clip: Clip = CLIP
) -> list[tuple[str, int | None]]:
    """Return codes and times of what is odd about a file."""
    return [(item.code, item.at_ms) for item in reconcile(clip, kind, facts(image, sound))]


def facts(image: PictureFacts | None, sound: SoundFacts | None) -> MediaFacts:
    return MediaFacts(Path("a.mp4"), "mov", 0, image, sound)


SOUND = SoundFacts("aac", 0, 60_000)


def test_a_file_that_is_as_declared_is_nothing_odd() -> None:
    """Picture and sound from 0 to its end."""
    assert told(picture(), SOUND) == []


@pytest.mark.parametrize(
    ("end_ms", "expected"),
    [
        (59_500, []),
        (59_499, [("media_short", 61_499)]),
        (60_500, []),
        (60_501, [("media_long", 62_000)]),
    ],
)
def test_half_a_second_of_length_is_no_difference(end_ms: int, expected: list[tuple[str, int]]) -> None:
    """More is told where it begins to matter."""
    assert told(picture(end_ms=end_ms), None, "screen") == expected


@pytest.mark.parametrize(("start_ms", "expected"), [(500, []), (501, [("picture_late", 2000)])])
def test_a_first_picture_that_comes_late_is_told(start_ms: int, expected: list[tuple[str, int]]) -> None:
    """Later than half a second."""
    assert told(picture(start_ms), None, "screen") == expected


@pytest.mark.parametrize(
    ("picture_ms", "sound_ms", "is_told"), [(0, 100, False), (0, 101, True), (101, 0, True)]
)
def test_sound_and_picture_apart_are_told(picture_ms: int, sound_ms: int, is_told: bool) -> None:
    """Whichever of them is first."""
    sound = SoundFacts("aac", sound_ms, 60_000)

    assert told(picture(picture_ms), sound) == [("sound_apart", 2000)] * is_told


@pytest.mark.parametrize(("end_ms", "expected"), [(39_999, []), (40_000, [("picture_hole", 12_000)])])
def test_half_a_minute_without_a_new_picture_is_told(end_ms: int, expected: list[tuple[str, int]]) -> None:
    """At the playback time at which it begins."""
    assert told(picture(holes=(Hole(10_000, end_ms),)), SOUND) == expected


def test_a_camera_without_a_picture_is_told_and_no_more() -> None:
    """A sound-only stream has none by nature."""
    assert told(None, SOUND) == [("picture_missing", 2000)]
    assert told(None, SOUND, "audio") == []


def test_a_camera_without_sound_is_told_and_a_screen_without_sound_is_usual() -> None:
    assert told(picture(), None) == [("sound_missing", 2000)]
    assert told(picture(), None, "screen") == []


def test_a_picture_that_ends_early_is_told_with_its_end() -> None:
    """Also where the sound goes on: the camera was switched off, or something is lost."""
    (item,) = reconcile(CLIP, "camera", facts(picture(end_ms=20_000), SOUND))
    assert item.message == "a.mp4: its picture ends at 0:00:20, declared are 0:01:00"
    (item,) = reconcile(CLIP, "camera", facts(picture(end_ms=20_000), SoundFacts("aac", 0, 20_100)))
    assert item.message == "a.mp4: ends at 0:00:20, declared are 0:01:00"


def test_a_screen_that_stands_still_up_to_the_end_of_its_sound_is_whole() -> None:
    """It sends nothing while nothing moves; from half a minute on this is told as any other hole."""
    assert told(picture(end_ms=30_001), SOUND, "screen") == []
    assert told(picture(end_ms=30_000), SOUND, "screen") == [("picture_hole", 32_000)]
    assert told(picture(end_ms=30_001), None, "screen") == [("media_short", 32_001)]
    assert told(picture(end_ms=30_001), SOUND, "camera") == [("media_short", 32_001)]


@pytest.mark.parametrize(("end_ms", "expected"), [(59_500, []), (59_499, [("sound_short", 61_499)])])
def test_sound_that_ends_before_its_picture_is_told(end_ms: int, expected: list[tuple[str, int]]) -> None:
    assert told(picture(), SoundFacts("aac", 0, end_ms)) == expected


def test_a_file_that_is_short_as_a_whole_is_told_once() -> None:
    assert told(picture(end_ms=20_000), SoundFacts("aac", 0, 19_000)) == [
        ("media_short", 22_000),
        ("sound_short", 21_000),
    ]
    assert told(picture(end_ms=20_000), SoundFacts("aac", 0, 19_500)) == [("media_short", 22_000)]


def test_a_hole_in_the_sound_is_told_from_half_a_minute_on() -> None:
    for end_ms, expected in ((39_999, []), (40_000, [("sound_hole", 12_000)])):
        assert told(picture(), replace(SOUND, holes=(Hole(10_000, end_ms),))) == expected


def test_a_file_that_breaks_off_is_told_with_its_end() -> None:
    """The packet at the break is no damage beside it; more of them are."""
    cut = replace(facts(picture(end_ms=20_000), SOUND), is_cut_short=True, header_duration_ms=90_000)
    said = {packets: reconcile(CLIP, "camera", replace(cut, corrupt_packets=packets)) for packets in (1, 3)}
    assert [item.code for item in said[1]] == ["media_cut_short", "media_short"]
    assert said[1][0].message == "a.mp4: breaks off at 0:01:00"
    assert [item.code for item in said[3]] == ["media_cut_short", "media_damaged", "media_short"]
    assert said[3][1].message == "a.mp4: 2 of its packets are there in part only"


@pytest.mark.parametrize(
    ("claimed_ms", "origin_ms", "is_told"),
    [(None, 0, False), (61_000, 0, False), (61_001, 0, True), (58_999, 0, True), (55_000, 5000, False)],
)
def test_a_header_that_claims_another_length_is_told(
    claimed_ms: int | None, origin_ms: int, is_told: bool
) -> None:
    """A second is no difference; some headers count from 0, others from the first picture."""
    image, sound = picture(origin_ms), SoundFacts("aac", origin_ms, 60_000)
    media = replace(facts(image, sound), header_duration_ms=claimed_ms)
    codes = [item.code for item in reconcile(CLIP, "camera", media)]
    assert ("header_wrong" in codes) == is_told


def test_the_guess_about_an_mp3_is_no_claim() -> None:
    media = MediaFacts(Path("a.mp3"), "mp3", 0, None, SOUND, header_duration_ms=90_000)
    assert reconcile(CLIP, "audio", media) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rotation_degrees": 90}, "turned by 90 degrees"),
        ({"sample_aspect": Fraction(4, 3)}, "its pixels are 4:3"),
        ({"width_px": 321}, "321x240 px"),
        ({"pixel_format": "yuv444p"}, "its colours are yuv444p"),
        ({"most_frames_per_s": 24}, "15.0 pictures per second on average and 24 in its busiest one"),
        (
            {"size_changes": (SizeChange(5000, 640, 360), SizeChange(9000, 320, 180))},
            "changes its size to 640x360 px at 0:00:05 and 1 more",
        ),
        ({"pixel_format": "yuv420p", "most_frames_per_s": 23}, None),
    ],
)
def test_an_unusual_picture_is_told_with_its_figures(changes: dict[str, Any], said: str | None) -> None:
    found = reconcile(CLIP, "camera", facts(replace(picture(), **changes), SOUND))
    assert [(item.code, str(item.severity), item.message) for item in found] == (
        [("picture_unusual", "info", f"a.mp4: {said}")] if said else []
    )


def test_what_is_odd_in_a_part_of_a_file_stands_where_that_part_plays() -> None:
    """A lesson that was cropped uses its files from somewhere inside."""
    part = Clip(0, 40_000, 10_000, CLIP.media)
    (item,) = reconcile(part, "camera", facts(picture(end_ms=30_000), SOUND))
    assert item.at_ms == 20_000
    (item,) = reconcile(part, "camera", facts(picture(holes=(Hole(2000, 35_000),)), SOUND))
    assert item.at_ms == 0


@pytest.mark.parametrize(
    ("begin_ms", "end_ms", "begins_ms"),
    [
        (5000, 65_000, 0),  # cut out of a longer file: its length is the declared one
        (5000, 60_000, 5000),  # begins late, and ends when it should
        (278, 60_200, 278),  # a little late and a little long: no sign of a cut
        (0, 65_000, 0),
    ],
)
def test_a_file_that_was_cut_out_of_a_longer_one_begins_at_zero(
    begin_ms: int, end_ms: int, begins_ms: int
) -> None:
    """Told by its length, and not where it begins within half a second."""
    image = dataclasses.replace(picture(begin_ms), end_ms=end_ms, last_ms=end_ms - 66)
    sound = SoundFacts("aac", begin_ms, end_ms)
    media = MediaFacts(Path("a.mp4"), "mov", begin_ms, image, sound)
    moved = _from_zero(media, 60_000)
    assert moved.sound is not None
    assert moved.sound.start_ms == begins_ms
