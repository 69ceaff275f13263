"""ffmpeg's arguments for the parts of stitched tracks. Nothing runs here.

As in `timeline.render.graph`: only numbers and file names of our own making, a forced reader, known codecs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from timeline.media.facts import MediaFacts, input_name
from timeline.media.gate import MAX_PICTURE_PX, reader_options
from timeline.palette import CANVAS_COLOUR
from timeline.units import frame_start_ms, seconds

PROFILES = {66: "baseline", 77: "main", 100: "high"}
"""H.264 profiles that are copied, and encoded to match."""
PIXEL_FORMATS = ("yuv420p", "yuvj420p")
_MATRICES = {1: "bt709", 5: "bt601", 6: "bt601"}
_FULL_RANGE = 2
_UNSAID = 2
_GOP_S = 10


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What all parts of a track have in common.

    Attributes:
        width_px: As coded.
        height_px: As coded.
        pixel_aspect: Width of a pixel over its height.
        frame_rate: Of the parts that are encoded.
        pixel_format: Its name in ffmpeg.
        profile: Number of the H.264 profile.
        colour: Numbers of range, matrix, primaries and transfer.
        number: Of the parameter sets of what is encoded.
    """

    width_px: int
    height_px: int
    pixel_aspect: Fraction = Fraction(1)
    frame_rate: Fraction = Fraction(15)
    pixel_format: str = "yuv420p"
    profile: int = 100
    colour: tuple[int, int, int, int] = (0, _UNSAID, _UNSAID, _UNSAID)
    number: int = 0


def copy_arguments(facts: MediaFacts, what: str, output: str) -> list[str]:
    """Return ffmpeg's arguments that put the picture (``V``) or the sound (``a``) of a file into an mp4."""
    return [
        *_media(facts),
        *("-map", f"0:{what}:0", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-fflags", "+bitexact", "-f", "mp4", f"file:{output}"),
    ]


def encode_arguments(
    facts: MediaFacts,
    start_ms: Fraction,
    frames: int,
    form: PictureFormat,
    crf: int,
    threads: int,
    output: str,
) -> list[str]:
    """Return ffmpeg's arguments that encode *frames* of a file's picture from media time *start_ms* on.

    The first one is what is on screen then; where the file has no more pictures, its last one stays.
    """
    assert facts.picture is not None
    seek_ms = min(start_ms, Fraction(facts.picture.last_ms)) - facts.origin_ms
    # Not accurate: the picture that is on screen at this time may have begun long before.
    options = ["-ss", seconds(seek_ms), "-noaccurate_seek"] if seek_ms > 0 else []
    filters = []
    if seek_ms < -frame_start_ms(1, form.frame_rate):
        by_s = -seek_ms / 1000
        filters.append(f"setpts=PTS+round({by_s.numerator}/{by_s.denominator}/TB)")
    filters += [
        f"fps=fps={_ratio(form.frame_rate)}:start_time=0",
        _fitted(facts.picture.shown_pixel_aspect / form.pixel_aspect, form),
        *_finish(form),
        "tpad=stop=-1:stop_mode=clone",
        f"trim=end_frame={frames}",
    ]
    return [
        *_media(facts, *options),
        *("-map", "0:V:0", "-vf", ",".join(filters)),
        *_encoder(form, frames, crf, threads, output),
    ]


def still_arguments(name: str, frames: int, form: PictureFormat, crf: int, output: str) -> list[str]:
    """Return ffmpeg's arguments that encode a picture of our own for *frames*."""
    rate = _ratio(form.frame_rate)
    filters = [
        f"scale=w={form.width_px}:h={form.height_px}{_conversion(form)}",
        *_finish(form),
        f"tpad=stop_mode=clone:stop={frames}",
        f"trim=end_frame={frames}",
    ]
    return [
        *("-protocol_whitelist", "file", "-f", "image2", "-pattern_type", "none", "-framerate", rate),
        *("-i", f"file:{name}", "-map", "0:v:0", "-vf", ",".join(filters)),
        *_encoder(form, frames, crf, 1, output),
    ]


def decode_arguments(name: str, start_ms: Fraction, length_ms: int) -> list[str]:
    """Return ffmpeg's arguments that decode a stretch of a file of our own, and write nothing.

    They begin with the key picture before *start_ms*.
    """
    return [
        *("-protocol_whitelist", "file", "-f", "mov", "-noaccurate_seek", "-ss", seconds(start_ms)),
        # Not before -i: there it counts from the key picture.
        *("-i", f"file:{name}", "-map", "0:v:0", "-t", seconds(length_ms)),
        *("-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "null", "-"),
    ]


def _media(facts: MediaFacts, *options: str) -> list[str]:
    """Return the arguments of a stranger's file as an input."""
    settings = reader_options(facts.demuxer) | {"max_pixels": str(MAX_PICTURE_PX)}
    limits = [part for name, value in settings.items() for part in (f"-{name}", value)]
    return [
        *("-f", facts.demuxer, *limits, "-reinit_filter", "0", "-threads", "1"),
        *(*options, "-i", input_name(facts)),
    ]


def _fitted(aspect: Fraction, form: PictureFormat) -> str:
    """Return filters that show a picture whole and centred, for each size that it has on its way."""
    width, height = form.width_px, form.height_px
    across, down = f"iw*{aspect.numerator}", f"ih*{aspect.denominator}"
    return (
        f"scale=w='max(2,trunc(min({width},{height}*({across})/({down}))/2)*2)'"
        f":h='max(2,trunc(min({height},{width}*({down})/({across}))/2)*2)'{_conversion(form)},"
        f"pad=w={width}:h={height}:x='(ow-iw)/2':y='(oh-ih)/2':eval=frame:color={CANVAS_COLOUR}"
    )


def _conversion(form: PictureFormat) -> str:
    full, matrix = form.colour[0] == _FULL_RANGE or form.pixel_format == "yuvj420p", form.colour[1]
    said = f":out_color_matrix={_MATRICES[matrix]}" if matrix in _MATRICES else ""
    return f":out_range={'pc' if full else 'tv'}{said}"


def _finish(form: PictureFormat) -> list[str]:
    aspect = form.pixel_aspect
    ranged, matrix, primaries, transfer = form.colour
    return [
        f"setsar={aspect.numerator}/{aspect.denominator}",
        f"format={form.pixel_format}",
        f"setparams=range={ranged}:colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}",
    ]


def _encoder(form: PictureFormat, frames: int, crf: int, threads: int, output: str) -> list[str]:
    return [
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-threads", str(threads)),
        *("-profile:v", PROFILES[form.profile], "-bf", "0", "-x264-params", f"sps-id={form.number}"),
        *("-g", str(int(_GOP_S * form.frame_rate)), "-pix_fmt", form.pixel_format),
        *("-r", _ratio(form.frame_rate), "-fps_mode", "cfr", "-frames:v", str(frames), "-an"),
        *("-map_metadata", "-1", "-flags:v", "+bitexact", "-fflags", "+bitexact"),
        *("-video_track_timescale", "90000", "-f", "mp4", f"file:{output}"),
    ]


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
