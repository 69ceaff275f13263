"""What the plan has to know of the files of a lesson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from timeline.findings import Finding, finding
from timeline.interval import Span, merge, spans_of
from timeline.media.examine import ExaminedMedia, first_uses
from timeline.media.reconcile import LENGTH_TOLERANCE_MS, picture_reaches_ms
from timeline.model import Timeline, counted
from timeline.render.plan import KnownFile
from timeline.sinks import file_name
from timeline.units import format_time

USUAL_RATES = tuple(
    Fraction(rate) for rate in ("10", "12", "15", "20", "24000/1001", "24", "25", "30000/1001", "30")
)
RATE_SLACK = Fraction(2001, 2000)
HOLD_MS = 1000
"""So long a picture stands where there is none: the last one of a file that ends too early, and the first one
of a file whose picture comes late. Where more is missing, a slate follows, or stands until it comes."""


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What ffmpeg stumbled over.

    Attributes:
        pictures: Stretches of media time in which nothing can be decoded, by position of the file.
        sounds: Positions of files whose sound cannot be decoded.
        changing_sounds: Positions of files whose sound changes its rate or channels on the way.
    """

    pictures: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    sounds: frozenset[int] = frozenset()
    changing_sounds: frozenset[int] = frozenset()

    def __or__(self, other: Obstacles) -> Obstacles:
        pictures = {
            position: self.pictures.get(position, ()) + other.pictures.get(position, ())
            for position in self.pictures.keys() | other.pictures.keys()
        }
        return Obstacles(pictures, self.sounds | other.sounds, self.changing_sounds | other.changing_sounds)

    def __bool__(self) -> bool:
        return bool(self.pictures or self.sounds or self.changing_sounds)


def known_files(timeline: Timeline, examined: ExaminedMedia, obstacles: Obstacles) -> dict[int, KnownFile]:
    """Return what is known of each file of *timeline*, by position."""
    known = {}
    for position, (kind, clip) in first_uses(timeline).items():
        media, declared_ms = examined.facts.get(position), clip.media.duration_ms
        if media is None:
            known[position] = KnownFile(False, 0, 0)
            continue
        start_ms = end_ms = 0
        if media.picture is not None:
            reach_ms = picture_reaches_ms(kind, declared_ms, media)
            is_short = reach_ms < declared_ms - LENGTH_TOLERANCE_MS
            end_ms = reach_ms + HOLD_MS if is_short else max(declared_ms, reach_ms)
            start_ms = media.picture.start_ms if media.picture.start_ms > HOLD_MS else 0
        sound_ms = media.sound.end_ms if media.sound and position not in obstacles.sounds else 0
        blind = obstacles.pictures.get(position, ())
        known[position] = KnownFile(True, end_ms, sound_ms, start_ms, blind)
    return known


def slate_reasons(examined: ExaminedMedia, obstacles: Obstacles) -> dict[int, str]:
    """Return what a slate says where a file should play and cannot, by position."""
    usable = {
        position: "file ends early" if media.picture else "sound only"
        for position, media in examined.facts.items()
    }
    return usable | dict.fromkeys(obstacles.pictures, "file is damaged") | examined.lost


def damage_findings(
    timeline: Timeline, examined: ExaminedMedia, obstacles: Obstacles, damage: Mapping[int, int]
) -> list[Finding]:
    """Return what decoding told of the files: what could not be decoded at all, and in how many places.

    Args:
        timeline: A lesson.
        examined: Its files.
        obstacles: What slates and silence replace.
        damage: How often something could not be decoded, by position.
    """
    found = []
    for position, (_, clip) in first_uses(timeline).items():
        media = examined.facts.get(position)
        if media is None:
            continue
        said = []
        for start_ms, end_ms in merge(spans_of(obstacles.pictures.get(position, ()))).tolist():
            said.append(f"no picture from {format_time(start_ms)} to {format_time(end_ms)} can be decoded")
        if position in obstacles.sounds:
            said.append("its sound cannot be decoded")
        # Where a file breaks off is told, and is damage to a decoder.
        if not said and not media.is_cut_short and damage.get(position):
            said.append(f"could not be decoded in {counted(damage[position], 'place')}")
        if said:
            name = file_name(media.path)
            message = f"{name}: {'; '.join(said)}; download it again"
            found.append(finding("media_damaged", message, at_ms=clip.start_ms, where=name))
    return found


def best_rate(examined: ExaminedMedia) -> Fraction:
    """Return the frame rate of an output that loses no picture: the highest real one of the sources.

    A rate that varies counts as its busiest second. The result is one of `USUAL_RATES`, at most 30; at least
    10, since names, notes and cuts are placed at frames too.
    """
    rates = [Fraction(0)]
    for media in examined.facts.values():
        if media.picture is not None:
            average, busiest = media.picture.frame_rate, media.picture.most_frames_per_s
            rates.append(average if busiest <= average + 1 else Fraction(busiest))
    return next((usual for usual in USUAL_RATES if max(rates) <= usual * RATE_SLACK), USUAL_RATES[-1])
