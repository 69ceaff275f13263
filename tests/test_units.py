"""Units: each conversion rounds once, from an absolute position."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline import units
from timeline.errors import ParameterError

INSTANTS = st.integers(0, 7 * 86_400_000)
RATES = st.sampled_from([*map(Fraction, (15, 25, 30)), Fraction(24000, 1001), Fraction(30000, 1001)])


@given(INSTANTS, RATES)
def test_a_frame_lies_within_half_a_frame(at_ms: int, rate: Fraction) -> None:
    """The frame of an instant begins at most half a frame away from it."""
    begins_ms = units.frame_start_ms(units.frame_at(at_ms, rate), rate)

    assert abs(begins_ms - at_ms) <= 500 / rate


def test_half_a_frame_is_rounded_up() -> None:
    """20 ms is half a frame at 25 fps: always the next frame, never the even one."""
    assert [units.frame_at(ms, Fraction(25)) for ms in (19, 20, 60, 100)] == [0, 1, 2, 3]


@given(st.lists(INSTANTS, min_size=2, max_size=20).map(sorted), RATES)
def test_lengths_in_frames_add_up(cuts_ms: list[int], rate: Fraction) -> None:
    """However a stretch is cut, its parts have as many frames as the whole."""
    frames = [units.frame_at(ms, rate) for ms in cuts_ms]

    assert all(before <= after for before, after in itertools.pairwise(frames))


@given(st.integers(0, 10**6), RATES)
def test_a_frame_is_found_at_its_begin(frame: int, rate: Fraction) -> None:
    """The whole ms nearest to the begin of a frame falls on that frame."""
    assert units.frame_at(round(units.frame_start_ms(frame, rate)), rate) == frame


def test_an_hour_of_ntsc_does_not_drift() -> None:
    """An hour at 30000/1001 has 107 892 frames: the rate is exact, not 29.97."""
    assert units.frame_at(3_600_000, Fraction(30000, 1001)) == 107_892


def test_samples_are_exact() -> None:
    """One ms is 48 samples."""
    assert [units.sample_at(ms) for ms in (0, 1, 905_000)] == [0, 48, 43_440_000]


@given(st.integers(-(10**12), 10**12))
def test_seconds_for_ffmpeg_are_exact(at_ms: int) -> None:
    """Seconds for ffmpeg have six digits and no exponent, and lose nothing."""
    text = units.seconds(at_ms)

    assert re.fullmatch(r"-?\d+\.\d{6}", text)
    assert Fraction(text) == Fraction(at_ms, 1000)


@pytest.mark.parametrize(
    ("stamp", "wall_ms", "was_ms"),
    [
        (1_558_613_140, 1_558_613_140_000, False),
        (1_558_613_140_500, 1_558_613_140_500, True),
        (99_999_999_999, 99_999_999_999_000, False),
        (100_000_000_000, 100_000_000_000, True),
    ],
)
def test_the_magnitude_of_a_stamp_says_its_unit(stamp: int, wall_ms: int, was_ms: bool) -> None:
    """Up to eleven digits are seconds, from twelve on ms."""
    assert units.wall_seconds_to_ms(stamp) == (wall_ms, was_ms)


@given(st.integers(0, 10**10))
def test_a_printed_time_can_be_typed(at_ms: int) -> None:
    """What `format_time` prints, `parse_time` reads."""
    assert units.parse_time(units.format_time(at_ms)) == at_ms


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (0, "0:00:00"),
        (1, "0:00:00.001"),
        (59_999, "0:00:59.999"),
        (3_600_000, "1:00:00"),
        (360_000_000, "100:00:00"),
        (-1500, "-0:00:01.500"),
    ],
)
def test_times_are_written_like_this(at_ms: int, text: str) -> None:
    """Hours are never padded, minutes and seconds always, ms only where they are not zero."""
    assert units.format_time(at_ms) == text


def test_milliseconds_are_shown_or_hidden_on_demand() -> None:
    """A column of times can have one width."""
    assert units.format_time(5000, milliseconds=True) == "0:00:05.000"
    assert units.format_time(5400, milliseconds=False) == "0:00:05"


@pytest.mark.parametrize(
    ("length_ms", "text"), [(0, "0:00"), (499, "0:00"), (500, "0:01"), (3_599_500, "1:00:00")]
)
def test_lengths_are_written_like_this(length_ms: int, text: str) -> None:
    """Lengths are rounded half up to seconds and have no hours below one."""
    assert units.format_length(length_ms) == text


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("0", 0),
        ("750", 750_000),
        ("90.5", 90_500),
        ("90.05", 90_050),
        ("12:30", 750_000),
        ("90:00", 5_400_000),
        ("0:12:30.250", 750_250),
        (" 1:00:00 ", 3_600_000),
    ],
)
def test_times_can_be_typed_like_this(text: str, at_ms: int) -> None:
    """``h:mm:ss[.mmm]``, ``m:ss`` or seconds."""
    assert units.parse_time(text) == at_ms


@pytest.mark.parametrize(
    "text", ["", "-5", "1e3", "1:60", "0:60:00", "1:2:3:4", "nan", "5s", "1.", ".5", "0.0001", "12:30\n5"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """The error shows what was typed."""
    with pytest.raises(ParameterError, match=re.escape(repr(text))):
        units.parse_time(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("15", Fraction(15)), ("29.97", Fraction(2997, 100)), ("30000/1001", Fraction(30000, 1001))],
)
def test_frame_rates_are_exact(text: str, rate: Fraction) -> None:
    """A rate is a fraction, as typed."""
    assert units.parse_frame_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "-15", "121", "1/0", "nan", "inf", "fast"])
def test_what_is_no_frame_rate_is_refused(text: str) -> None:
    """Rates lie between 1 and 120."""
    with pytest.raises(ParameterError, match="frame rate from 1 to 120"):
        units.parse_frame_rate(text)


@pytest.mark.parametrize(
    "text", ["", "1280", "1280x", "0x0", "62x64", "1281x720", "7682x720", "-64x64", "1e3x64"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    """Both sides are even and between 64 and 7680."""
    with pytest.raises(ParameterError, match=r"expected (a size|an even)"):
        units.parse_size(text)
