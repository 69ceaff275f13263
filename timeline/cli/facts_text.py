"""Facts of a media file as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from timeline.media.facts import Hole, MediaFacts, PictureFacts, SoundFacts
from timeline.sinks import terminal_text
from timeline.units import format_time

_MOST_HOLES = 4


def print_facts(facts: MediaFacts, console: Console) -> None:
    """Print what is in a file: one line for the file, one for each stream, one for what is odd."""
    header = "" if facts.header_duration_ms is None else f", {format_time(facts.header_duration_ms)} claimed"
    console.print(terminal_text(f"{facts.path}: {facts.demuxer}{header}"), markup=False, soft_wrap=True)
    if facts.picture:
        console.print(f"  picture: {_picture(facts.picture)}", markup=False, soft_wrap=True)
    if facts.sound:
        console.print(f"  sound:   {_sound(facts.sound)}", markup=False, soft_wrap=True)
    odd = [
        *(["cut short"] if facts.is_cut_short else []),
        *([f"{facts.corrupt_packets} corrupt packets"] if facts.corrupt_packets else []),
    ]
    if odd:
        console.print(f"  damage:  {', '.join(odd)}", markup=False)


def _picture(picture: PictureFacts) -> str:
    parts = [
        f"{picture.codec} {picture.width_px}x{picture.height_px}",
        picture.pixel_format,
        f"{float(picture.frame_rate):.4g} frames/s",
        _span(picture.start_ms, picture.end_ms),
        f"key frames {format_time(picture.key_frame_gap_ms)} apart at most",
    ]
    if picture.rotation_degrees:
        parts.append(f"turned by {picture.rotation_degrees} degrees")
    parts += [f"{c.width_px}x{c.height_px} from {format_time(c.at_ms)}" for c in picture.size_changes]
    return ", ".join([*parts, *_holes(picture.holes)])


def _sound(sound: SoundFacts) -> str:
    parts = [
        f"{sound.codec} {sound.sample_rate_hz} Hz",
        f"{sound.channels} channel(s)",
        _span(sound.start_ms, sound.end_ms),
    ]
    return ", ".join([*parts, *_holes(sound.holes)])


def _span(start_ms: int, end_ms: int) -> str:
    return f"{format_time(start_ms)} to {format_time(end_ms)}"


def _holes(holes: Sequence[Hole]) -> list[str]:
    told = [f"nothing from {_span(hole.start_ms, hole.end_ms)}" for hole in holes[:_MOST_HOLES]]
    return [*told, f"{len(holes) - _MOST_HOLES} more holes"] if len(holes) > _MOST_HOLES else told
