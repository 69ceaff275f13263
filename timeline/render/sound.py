"""The sound of a whole output: mixed in windows of bounded size, then limited and encoded once.

A window holds samples without loss, quieter by `HEADROOM`, so that many voices at once are not cut off before
the limiter has seen them. Windows begin and end at whole milliseconds and are joined to the sample.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ffmpeg

from timeline.media.facts import MediaFacts
from timeline.render.graph import Inputs, to_arguments
from timeline.render.plan import PlanSound, RenderPlan
from timeline.units import SAMPLE_RATE_HZ, sample_at, seconds

WINDOW_MS = 600_000
"""A window ends here …"""
MOST_STRETCHES = 40
"""… or before more stretches than this, or than twice those at its start, are in it: each opens a file …"""
SHORTEST_WINDOW_MS = 5_000
"""… but not before this."""
PREROLL_MS = 250
"""A stretch is decoded from so much earlier on: decoders of sound need what came before."""
SILENT_LUFS = -70
"""The measure's own gate: below this there is nothing to measure."""
HEADROOM = 32
"""So many voices at full scale fit into a window."""
_BLOCK = 4096
"""Samples of a block of FLAC, in all windows: one with larger blocks than the first is lost when joined."""

_LIMIT = 0.85  # the encoder overshoots a little


def cut_sound(plan: RenderPlan) -> Iterator[RenderPlan]:
    """Yield the windows of a plan's sound: they tile it, each a plan of its own with the stretches in it."""
    waiting = sorted(plan.audio, key=lambda sound: sound.start_ms, reverse=True)
    active: list[PlanSound] = []
    start_ms, stop_ms = plan.start_ms, plan.start_ms + plan.duration_ms
    while start_ms < stop_ms:
        end_ms = min(start_ms + WINDOW_MS, stop_ms)
        most = max(MOST_STRETCHES, 2 * len(active))
        while waiting and waiting[-1].start_ms < end_ms:
            sound = waiting[-1]
            if len(active) >= most and sound.start_ms >= start_ms + SHORTEST_WINDOW_MS:
                end_ms = sound.start_ms
                break
            active.append(waiting.pop())
        parts = [_part(sound, start_ms, end_ms) for sound in active if sound.start_ms < end_ms]
        yield dataclasses.replace(plan, start_ms=start_ms, duration_ms=end_ms - start_ms, audio=tuple(parts))
        active = [sound for sound in active if sound.end_ms > end_ms]
        start_ms = end_ms


def _part(sound: PlanSound, start_ms: int, end_ms: int) -> PlanSound:
    begin_ms = max(sound.start_ms, start_ms)
    media_start_ms = sound.media_start_ms + begin_ms - sound.start_ms
    return dataclasses.replace(
        sound, start_ms=begin_ms, end_ms=min(sound.end_ms, end_ms), media_start_ms=media_start_ms
    )


def window_arguments(
    window: RenderPlan, facts: Mapping[int, MediaFacts], converted: Mapping[int, str], output: str
) -> list[str]:
    """Return ffmpeg's arguments that mix one window into FLAC.

    The stretches of a track are joined to the sample; then the tracks are added up at constant level.

    Args:
        window: One of `cut_sound`.
        facts: Of each file, by its index.
        converted: Names of what `conversion_arguments` made of files, by index.
        output: Name of the file to write.
    """
    total = sample_at(window.duration_ms)
    inputs = Inputs()
    by_track: dict[str, list[PlanSound]] = {}
    for sound in window.audio:
        by_track.setdefault(sound.track, []).append(sound)
    tracks = [
        _track_sound(window, sorted(sounds, key=lambda sound: sound.start_ms), facts, converted, inputs)
        for sounds in by_track.values()
    ]
    if not tracks:
        silence = f"anullsrc=r={SAMPLE_RATE_HZ}:cl=mono"
        tracks = [inputs.add(silence, "lavfi", t=seconds(window.duration_ms))]
    mixed = (
        tracks[0]
        if len(tracks) == 1
        else ffmpeg.filter(tracks, "amix", inputs=len(tracks), normalize=0, duration="longest")
    )
    mixed = (
        mixed.filter("apad", whole_len=total)
        .filter("atrim", end_sample=total)
        .filter("volume", volume=1 / HEADROOM, precision="float")
        .filter("aformat", sample_fmts="s32")
        .filter("asetnsamples", n=_BLOCK, p=0)
    )
    return to_arguments(
        ffmpeg.output(
            mixed,
            f"file:{output}",
            acodec="flac",
            compression_level=0,
            **{"map_metadata": -1, "flags:a": "+bitexact", "fflags": "+bitexact"},
            f="flac",
        )
    )


def master_arguments(window_list: str, duration_ms: int, output: str, *, bitrate: str = "96k") -> list[str]:
    """Return ffmpeg's arguments that limit and encode the windows that a list names, once and as one.

    Args:
        window_list: Name of a list of files for the concat reader.
        duration_ms: Of the whole sound.
        output: Name of the file to write.
        bitrate: Of the encoder.
    """
    total = sample_at(duration_ms)
    windows = Inputs().add(f"file:{window_list}", "concat", protocol_whitelist="file", safe=1)
    loud = (
        windows["a:0"]
        .filter("asetpts", "N/SR/TB")
        .filter("aformat", sample_fmts="fltp")
        .filter("volume", volume=HEADROOM, precision="float")
        .filter("apad", whole_len=total)
        .filter("atrim", end_sample=total)
        .filter("alimiter", limit=_LIMIT, level=0, latency=1)
    )
    return to_arguments(
        ffmpeg.output(
            loud,
            f"file:{output}",
            acodec="aac",
            # The default coder overshoots a limited loud sum, by up to a half; this one is as good else.
            aac_coder="fast",
            audio_bitrate=bitrate,
            ac=1,
            ar=SAMPLE_RATE_HZ,
            t=seconds(duration_ms),
            **{"map_metadata": -1, "flags:a": "+bitexact", "fflags": "+bitexact"},
            f="mp4",
        )
    )


def loudness_arguments(sound: str) -> list[str]:
    """Return ffmpeg's arguments that measure a sound of our own by EBU R 128, and say so at the end."""
    reading = ["-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{sound}"]
    return [*reading, "-loglevel", "info", "-af", "ebur128=peak=sample:framelog=verbose", "-f", "null", "-"]


def read_loudness(said: str) -> tuple[float | None, float | None]:
    """Return (integrated loudness in LUFS, sample peak in dBFS) of what ffmpeg said; None for silence.

    Example:
        >>> read_loudness("I: -23.1 LUFS, Peak: -5.2 dBFS"), read_loudness("I: -70.0 LUFS, Peak: -inf dBFS")
        ((-23.1, -5.2), (None, None))
    """
    loudness, peak = (
        float(found[1]) if (found := re.search(rf"{name}:\s+(-?[0-9.]+) {unit}", said)) else None
        for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    )
    return (None if loudness is not None and loudness <= SILENT_LUFS else loudness), peak


def conversion_arguments(facts: MediaFacts, output: str) -> list[str]:
    """Return ffmpeg's arguments that write the sound of a file as one kind of samples, with its times.

    In a graph of several files a sound that changes its rate or channels on the way would begin all of them
    anew; alone it harms nobody.
    """
    sound = Inputs().media(facts, reinit_filter=1)["a:0"]
    options = {"acodec": "pcm_f32le", "ac": 1, "ar": SAMPLE_RATE_HZ, "map_metadata": -1, "f": "matroska"}
    return to_arguments(ffmpeg.output(sound, f"file:{output}", **options))


def _track_sound(
    plan: RenderPlan,
    sounds: Sequence[PlanSound],
    facts: Mapping[int, MediaFacts],
    converted: Mapping[int, str],
    inputs: Inputs,
) -> Any:
    """Return the sound of one track from the window's start: each stretch padded up to the next one."""
    pieces = []
    ends = [sound.start_ms for sound in sounds[1:]] + [sounds[-1].end_ms]
    for sound, next_ms in zip(sounds, ends, strict=True):
        media, own = facts[sound.clip], converted.get(sound.clip)
        length = sample_at(sound.end_ms - sound.start_ms)
        # A file of our own begins with its sound.
        origin_ms = media.origin_ms if own is None or media.sound is None else media.sound.start_ms
        seek_ms = sound.media_start_ms - origin_ms
        preroll_ms = min(PREROLL_MS, max(0, seek_ms))
        if own is None and media.picture and seek_ms - preroll_ms < media.picture.start_ms - origin_ms:
            preroll_ms = max(0, seek_ms)  # readers seek by the picture: before its first one nothing is found
        options = {"t": seconds(preroll_ms + sound.end_ms - sound.start_ms)}
        if seek_ms > preroll_ms:
            options["ss"] = seconds(seek_ms - preroll_ms)
        source = inputs.media(media, **options) if own is None else inputs.own(own, **options)
        piece = source["a:0"].filter(
            # Without rematrix_maxval two equal channels would come out 3 dB louder than one.
            "aresample",
            SAMPLE_RATE_HZ,
            **{"async": 1, "first_pts": 0, "rematrix_maxval": 1},
        )
        piece = piece.filter("aformat", sample_fmts="fltp", channel_layouts="mono")
        if seek_ms < 0:
            piece = piece.filter("adelay", delays=f"{sample_at(-seek_ms)}S", all=1)
        first = sample_at(preroll_ms)
        pieces.append(
            piece.filter("atrim", start_sample=first, end_sample=first + length)
            .filter("asetpts", "N/SR/TB")
            .filter("apad", whole_len=sample_at(next_ms - sound.start_ms))
            .filter("asetpts", "N/SR/TB")
        )
    joined = pieces[0] if len(pieces) == 1 else ffmpeg.concat(*pieces, v=0, a=1)
    lead = sample_at(sounds[0].start_ms - plan.start_ms)
    return joined.filter("adelay", delays=f"{lead}S", all=1) if lead else joined
