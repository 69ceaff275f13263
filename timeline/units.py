"""The only place where units are converted.

Times are integer milliseconds everywhere else. Frames and samples are *positions*: each is rounded
once, half up, from an absolute time, so lengths computed as differences always add up.
"""

from __future__ import annotations

import datetime
import re
from fractions import Fraction

from timeline.errors import ParameterError

SAMPLE_RATE_HZ = 48_000
"""Sound is made at this rate, 48 samples to the millisecond: every ms is a whole number of samples."""

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_TIME = re.compile(
    r"(?:(?:(?P<hours>\d{1,4}):(?P<hour_minutes>[0-5]?\d)|(?P<minutes>\d{1,5})):)?"
    r"(?P<seconds>\d{1,9})(?:\.(?P<fraction>\d{1,3}))?"
)


def frame_at(at_ms: int, frame_rate: Fraction) -> int:
    """Return the frame number at which *at_ms* falls, rounded half up.

    Example:
        >>> [frame_at(ms, Fraction(25)) for ms in (333, 1333, 2333, 3110)]
        [8, 33, 58, 78]
    """
    position = Fraction(at_ms, 1000) * frame_rate + Fraction(1, 2)
    return position.numerator // position.denominator


def frame_start_ms(frame: int, frame_rate: Fraction) -> Fraction:
    """Return when *frame* begins, exact, in ms."""
    return Fraction(frame * 1000) / frame_rate


def second_of_frame(frame: int, frame_rate: Fraction) -> int:
    """Return the whole second of playback time that *frame* belongs to, as `frame_at` puts seconds on frames.

    Example:
        >>> [second_of_frame(frame, Fraction(15)) for frame in (0, 14, 15, 29, 30)]
        [0, 0, 1, 1, 2]
    """
    return int((2 * frame + 1) / (2 * frame_rate))


def sample_at(at_ms: int) -> int:
    """Return the sample position of *at_ms* at `SAMPLE_RATE_HZ`: exact, nothing is rounded."""
    return at_ms * (SAMPLE_RATE_HZ // 1000)


def seconds(at_ms: int | Fraction) -> str:
    """Return *at_ms* as decimal seconds for ffmpeg, with microseconds and without an exponent.

    Example:
        >>> seconds(905_000), seconds(Fraction(200, 3))
        ('905.000000', '0.066667')
    """
    microseconds = round(Fraction(at_ms) * 1000)
    sign, microseconds = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    return f"{sign}{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def seconds_to_ms(value: float | Fraction) -> int:
    """Return seconds as the nearest integer ms.

    Example:
        >>> seconds_to_ms(1.2345)
        1234
    """
    return round(value * 1000)


def wall_seconds_to_ms(stamp: int) -> tuple[int, bool]:
    """Return a Unix stamp in ms, and whether it was in ms already.

    The recording guide gives seconds; a number of 12 digits or more (the year 5138 in seconds) is
    taken as ms.

    Example:
        >>> wall_seconds_to_ms(1_558_613_140), wall_seconds_to_ms(1_558_613_140_500)
        ((1558613140000, False), (1558613140500, True))
    """
    if abs(stamp) >= 100_000_000_000:
        return stamp, True
    return stamp * 1000, False


def format_time(at_ms: int, *, milliseconds: bool | None = None) -> str:
    """Return *at_ms* as ``h:mm:ss``, with ``.mmm`` where it is needed.

    Args:
        at_ms: A time or length, ms; may be negative.
        milliseconds: True always shows them, False never; None shows them when they are not zero.

    Example:
        >>> format_time(905_000), format_time(905_020), format_time(4_000_000, milliseconds=False)
        ('0:15:05', '0:15:05.020', '1:06:40')
    """
    sign, at_ms = ("-", -at_ms) if at_ms < 0 else ("", at_ms)
    whole, rest = divmod(at_ms, 1000)
    text = f"{sign}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    show = rest != 0 if milliseconds is None else milliseconds
    return f"{text}.{rest:03d}" if show else text


def format_length(length_ms: int) -> str:
    """Return a length as people say it: ``m:ss`` below an hour, else ``h:mm:ss``.

    Example:
        >>> format_length(60_000), format_length(3_723_400)
        ('1:00', '1:02:03')
    """
    whole = (length_ms + 500) // 1000
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def round_step_ms(duration_ms: int, most: int) -> int:
    """Return the shortest step that people count in and that fits at most *most* times into *duration_ms*.

    From a second to a day; of something longer than *most* days it is a day all the same.

    Example:
        >>> round_step_ms(75_000, 8), round_step_ms(1_440_000, 8), round_step_ms(1_440_000, 100)
        (10000, 300000, 15000)
    """
    step_s = next((step for step in _STEPS_S if duration_ms <= step * 1000 * most), _STEPS_S[-1])
    return step_s * 1000


def parse_time(text: str) -> int:
    """Return the ms of ``h:mm:ss[.mmm]``, ``m:ss`` or seconds.

    Raises:
        ParameterError: *text* is not a time.

    Example:
        >>> parse_time("0:15:05"), parse_time("12:30"), parse_time("90.5")
        (905000, 750000, 90500)
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ParameterError(f"expected a time like 0:12:30, 12:30 or 750, got {text!r}")
    part = match.groupdict()
    whole = int(part["seconds"])
    if whole >= 60 and (part["hours"] or part["minutes"]):
        raise ParameterError(f"expected at most 59 seconds after the last colon, got {text!r}")
    whole += 60 * int(part["hour_minutes"] or part["minutes"] or 0) + 3600 * int(part["hours"] or 0)
    return whole * 1000 + int((part["fraction"] or "0").ljust(3, "0"))


def parse_wall_time(text: str) -> int:
    """Return the Unix ms of a moment: ISO 8601 with its zone, Unix seconds, or Unix ms (12 digits or more).

    Raises:
        ParameterError: *text* is no such moment.

    Example:
        >>> parse_wall_time("2019-05-23T20:05:43+08:00"), parse_wall_time("1558613143.250")
        (1558613143000, 1558613143250)
    """
    number = re.fullmatch(r"(\d{1,14})(?:\.(\d{1,3}))?", text.strip(), re.ASCII)
    if number is not None:
        wall_ms, was_ms = wall_seconds_to_ms(int(number[1]))
        return wall_ms if was_ms else wall_ms + int((number[2] or "0").ljust(3, "0"))
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 < moment.year < 9000:
        raise ParameterError(
            f"expected a moment with its zone like 2019-05-23T20:05:40+08:00, or Unix seconds, got {text!r}"
        )
    return (moment - _EPOCH) // datetime.timedelta(milliseconds=1)


def format_wall_time(wall_ms: int) -> str:
    """Return Unix ms as date and time of day in UTC, with ``.mmm`` where it is needed.

    Example:
        >>> format_wall_time(1_558_613_140_000), format_wall_time(1_558_613_140_250)
        ('2019-05-23 12:05:40 UTC', '2019-05-23 12:05:40.250 UTC')
    """
    moment = _EPOCH + datetime.timedelta(milliseconds=wall_ms)
    return f"{moment:%Y-%m-%d %H:%M:%S}{f'.{wall_ms % 1000:03d}' if wall_ms % 1000 else ''} UTC"


def parse_frame_rate(text: str) -> Fraction:
    """Return the frame rate of ``15``, ``29.97`` or ``30000/1001``.

    Raises:
        ParameterError: It is not a rate from 1 to 120.
    """
    plain = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?|\d{1,6}/[1-9]\d{0,5})\s*", text, re.ASCII)
    rate = Fraction(plain[1]) if plain else Fraction(0)
    if not 1 <= rate <= 120:
        raise ParameterError(f"expected a frame rate from 1 to 120 such as 15 or 30000/1001, got {text!r}")
    return rate.limit_denominator(1001)


def parse_size(text: str) -> tuple[int, int]:
    """Return (width_px, height_px) of ``WxH``; both even, from 64 to 7680.

    Raises:
        ParameterError: It is not such a size.

    Example:
        >>> parse_size("1280x720")
        (1280, 720)
    """
    match = re.fullmatch(r"\s*([0-9]{2,5})\s*[xX×]\s*([0-9]{2,5})\s*", text)
    if match is None:
        raise ParameterError(f"expected a size like 1280x720, got {text!r}")
    width_px, height_px = int(match[1]), int(match[2])
    check_size(width_px, height_px)
    return width_px, height_px


def check_size(width_px: int, height_px: int) -> None:
    """Raise `ParameterError` unless the canvas is even and from 64 to 7680 px on each side."""
    for name, side_px in (("width", width_px), ("height", height_px)):
        if side_px % 2 or not 64 <= side_px <= 7680:
            raise ParameterError(f"expected an even {name} from 64 to 7680 px, got {side_px}")


def check_crf(crf: int) -> None:
    """Raise `ParameterError` unless *crf* is a quality that x264 knows."""
    if not 0 <= crf <= 51:
        raise ParameterError(f"expected a crf from 0 (lossless) to 51, got {crf}")
