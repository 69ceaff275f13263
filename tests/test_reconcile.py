"""What a result declares of a file against what the file holds: told with its figures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.builders import lesson, row
from timeline.media.facts import Hole, MediaFacts, PictureFacts, SoundFacts
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
    facts = MediaFacts(Path("a.mp4"), "mov", 0, image, sound)
    return [(item.code, item.at_ms) for item in reconcile(clip, kind, facts)]


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
    assert told(picture(end_ms=end_ms), None) == expected


@pytest.mark.parametrize(("start_ms", "expected"), [(500, []), (501, [("picture_late", 2000)])])
def test_a_first_picture_that_comes_late_is_told(start_ms: int, expected: list[tuple[str, int]]) -> None:
    """Later than half a second."""
    assert told(picture(start_ms), None) == expected


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
    assert told(picture(holes=(Hole(10_000, end_ms),)), None) == expected


def test_a_camera_without_a_picture_is_told_and_no_more() -> None:
    """A sound-only stream has none by nature."""
    assert told(None, SOUND) == [("picture_missing", 2000)]
    assert told(None, SOUND, "audio") == []
