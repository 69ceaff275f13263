"""Makes the sound of one stitched track, once and as a whole: no joins, so nothing overlaps or drifts.

It is copied only where one file is all of it: AAC without a hole that begins and ends with the lesson.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from timeline.errors import FFmpegFailedError
from timeline.extras import needs_extra
from timeline.media.facts import SoundFacts, input_name
from timeline.media.gate import reader_options
from timeline.media.scan import TOLERANT
from timeline.publish import disk_errors
from timeline.render.encode import SPARE_BYTES, lean
from timeline.render.plan import KnownFile, PlanSound, RenderPlan
from timeline.render.sound import conversion_arguments, cut_sound, master_arguments, window_arguments
from timeline.render.stitch import sounds
from timeline.render.stitch_graph import copy_arguments
from timeline.render.stitch_job import Part, TrackJob
from timeline.render.stitch_join import SoundSource
from timeline.render.suspects import ALL_SOUND, failing_inputs
from timeline.render.verify import AAC_FRAME_SAMPLES
from timeline.units import sample_at

with needs_extra("media"):
    import av
    import av.error

_MOST_PRIMING = 4 * AAC_FRAME_SAMPLES


@dataclass(frozen=True, slots=True)
class MadeSound:
    """What came of the sound of a track.

    Attributes:
        source: The sound, and where it begins.
        parts: They tile the lesson.
        dead: Positions of files whose sound cannot be decoded.
    """

    source: SoundSource
    parts: tuple[Part, ...]
    dead: frozenset[int] = frozenset()


def make_sound(job: TrackJob, files: Mapping[int, KnownFile]) -> MadeSound:
    """Return the sound of a track as one AAC stream.

    Raises:
        FFmpegFailedError: ffmpeg failed, and not for a file that it cannot decode.
    """
    heard = sounds(job.track, files)
    copied = _copied(job, heard)
    if copied is not None:
        parts = (Part(0, job.track.duration_ms, heard[0].clip, "copied"),)
        return MadeSound(copied, parts)
    converted: dict[int, str] = {}
    dead: set[int] = set()
    while True:
        audible = tuple(sound for sound in heard if sound.clip not in dead)
        guilty: set[int] = set()
        windows: list[str] = []
        for number, window in enumerate(cut_sound(_plan(job, audible))):
            name = f"{job.prefix}_sound_{number:05d}.flac"
            arguments = window_arguments(window, job.facts, converted, name)
            arguments = lean(arguments, job.ffmpeg, job.folder, f"{job.prefix}_window_{number:05d}")
            try:
                job.run(arguments, SPARE_BYTES + 8 * sample_at(window.duration_ms))
            except FFmpegFailedError:
                guilty = _guilty(job, arguments, window.audio)
                if not guilty:
                    raise
                break
            windows.append(name)
        if not guilty:
            return MadeSound(_encoded(job, windows), _parts(job, audible), frozenset(dead))
        for position in guilty:
            # A sound that changes its form on the way fails in a graph, and not alone.
            own = None if position in converted else _converted(job, position)
            if own is None:
                dead.add(position)
            else:
                converted[position] = own


def _encoded(job: TrackJob, windows: Sequence[str]) -> SoundSource:
    """Encode the windows as one."""
    listed, name = f"{job.prefix}_sounds.txt", f"{job.prefix}_sound.m4a"
    with disk_errors(job.folder):
        (job.folder / listed).write_text("".join(f"file {window}\n" for window in windows))
    duration_ms = job.track.duration_ms
    job.run(master_arguments(listed, duration_ms, name), SPARE_BYTES + 4 * sample_at(duration_ms))
    return SoundSource(job.folder / name)


def _plan(job: TrackJob, audible: tuple[PlanSound, ...]) -> RenderPlan:
    """Return a plan of sound alone."""
    return RenderPlan(0, 0, Fraction(1), 0, job.track.duration_ms, 0, (), (), audible)


def _guilty(job: TrackJob, arguments: list[str], audible: Sequence[PlanSound]) -> set[int]:
    names = {sound.clip: input_name(job.facts[sound.clip]) for sound in audible}
    failing = failing_inputs(job.ffmpeg, arguments, set(names.values()), ALL_SOUND, folder=job.folder)
    return {position for position, name in names.items() if name in failing}


def _converted(job: TrackJob, position: int) -> str | None:
    facts, name = job.facts[position], f"{job.prefix}_converted_{position:06d}.mka"
    most_bytes = SPARE_BYTES + 8 * sample_at(facts.sound.end_ms if facts.sound else 0)
    try:
        job.run(conversion_arguments(facts, name), most_bytes)
    except FFmpegFailedError:
        return None
    return name if (job.folder / name).is_file() else None


def _parts(job: TrackJob, audible: Sequence[PlanSound]) -> tuple[Part, ...]:
    """Return where something is heard, and silence between."""
    parts: list[Part] = []
    reached_ms = 0
    for sound in audible:
        facts = job.facts[sound.clip].sound
        late_ms = max(0, facts.start_ms - sound.media_start_ms) if facts else 0
        begin_ms = min(sound.start_ms + late_ms, sound.end_ms)
        if begin_ms >= sound.end_ms:
            continue
        if begin_ms > reached_ms:
            parts.append(Part(reached_ms, begin_ms, None, "filled"))
        parts.append(Part(begin_ms, sound.end_ms, sound.clip, "encoded"))
        reached_ms = sound.end_ms
    if reached_ms < job.track.duration_ms:
        parts.append(Part(reached_ms, job.track.duration_ms, None, "filled"))
    return tuple(parts)


def _copied(job: TrackJob, heard: Sequence[PlanSound]) -> SoundSource | None:
    """Return the sound of the track's only file as it is, where that is the whole sound; else None."""
    if len(job.track.clips) != 1 or len(heard) != 1:
        return None
    clip, facts = job.track.clips[0], job.facts[heard[0].clip]
    sound = facts.sound
    whole = (clip.start_ms, clip.end_ms, clip.media_start_ms) == (0, job.track.duration_ms, 0)
    if not whole or sound is None or sound.codec != "aac" or facts.corrupt_packets or facts.is_cut_short:
        return None
    name = f"{job.prefix}_heard.mp4"
    try:
        job.run(copy_arguments(facts, "a", name), SPARE_BYTES + 2 * facts.path.stat().st_size)
        first = _exact_first_sample(job.folder / name, sound, job.track.duration_ms)
    except (FFmpegFailedError, OSError):
        return None
    return None if first is None else SoundSource(job.folder / name, first)


def _exact_first_sample(path: Path, sound: SoundFacts, duration_ms: int) -> int | None:
    """Return where the first packet of a copied sound lies; None where a copy would not be exact."""
    try:
        with av.open(f"file:{path}", format="mov", options=reader_options("mov"), **TOLERANT) as container:
            stream = container.streams.audio[0]
            rate = stream.codec_context.sample_rate
            placed: list[tuple[int, int]] = []
            heard: list[int] = []
            for packet in container.demux(stream):
                if packet.pts is None or packet.time_base is None or not packet.size:
                    continue
                length = round((packet.duration or 0) * packet.time_base * rate)
                placed.append((round(packet.pts * packet.time_base * rate), length))
                if not packet.is_discard:
                    heard.append(placed[-1][0])
    except (av.error.FFmpegError, IndexError):
        return None
    if not heard or any(
        before + length != after for (before, length), (after, _) in itertools.pairwise(placed)
    ):
        return None
    first = round(Fraction(sound.start_ms * rate, 1000))
    frames = round(Fraction(first, AAC_FRAME_SAMPLES))
    if abs(first - frames * AAC_FRAME_SAMPLES) * 1000 <= rate:  # facts are in whole ms
        first = frames * AAC_FRAME_SAMPLES
    # Facts count from the first packet that is heard; those that only prime the decoder lie before.
    first -= heard[0] - placed[0][0]
    end = first + placed[-1][0] + placed[-1][1] - placed[0][0]
    wanted = round(Fraction(duration_ms * rate, 1000))
    if not -_MOST_PRIMING <= first <= 0 or end < wanted - AAC_FRAME_SAMPLES:
        return None
    return first
