"""Which files of a track are copied, and in which form everything else is encoded to match. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from timeline.media.facts import MediaFacts, PictureFacts
from timeline.render.parameter_sets import ParameterSets, free_number
from timeline.render.stitch import Stretch
from timeline.render.stitch_graph import PIXEL_FORMATS, PROFILES, PictureFormat
from timeline.render.stitch_join import Source

DEFAULT_SIZE_PX = (640, 360)
"""Of a track of which no file is usable."""
VARYING_RATE = Fraction(30)
"""Frames per second of an encoded file whose own pictures come at no constant rate."""
SLATE_RATE = Fraction(15)
_MOST_RATE = Fraction(60)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done with the files of a track.

    Attributes:
        form: Of all that is encoded.
        sets: Parameter sets of all that is copied; None where nothing is.
        refused: Why a file is encoded, by position; the others are copied.
    """

    form: PictureFormat
    sets: ParameterSets | None
    refused: Mapping[int, str]


def why_not_copied(facts: MediaFacts) -> str | None:
    """Return why the picture of a file can be no part of a stitched one as it is; None if it may."""
    picture = facts.picture
    if picture is None:
        return "no picture"
    if picture.codec != "h264":
        return "not H.264"
    if picture.pixel_format not in PIXEL_FORMATS:
        return "unusual colours"
    if picture.rotation_degrees:
        return "turned"
    if picture.size_changes:
        return "changes its size"
    if facts.corrupt_packets or facts.is_cut_short:
        return "damaged"
    return None


def choose(
    stretches: Sequence[Stretch],
    facts: Mapping[int, MediaFacts],
    sources: Mapping[int, Source],
    refused: Mapping[int, str],
) -> Choice:
    """Return what is copied and how the rest is encoded.

    The size is the one that is shown longest; of the files that have it, those are copied whose parameter
    sets are the same, again the ones that are shown longest.

    Args:
        stretches: Of the track.
        facts: Of each file, by position.
        sources: What could be copied, by position.
        refused: Why other files cannot be.
    """
    lengths: Counter[int] = Counter()
    for part in stretches:
        if part.clip is not None:
            lengths[part.clip.media.position] += part.end_ms - part.start_ms
    sizes: Counter[tuple[int, int, Fraction]] = Counter()
    for position, length_ms in lengths.items():
        sizes[_size(facts[position], copied=position in sources)] += length_ms
    if not sizes:
        return Choice(PictureFormat(*DEFAULT_SIZE_PX, frame_rate=SLATE_RATE), None, {})
    size = max(sizes, key=lambda key: sizes[key])
    groups: Counter[tuple[object, ...]] = Counter()
    for position, source in sources.items():
        number = free_number(source.sets)
        if _size(facts[position], copied=True) == size and number is not None:
            groups[_group(source, facts[position])] += lengths[position]
    if not groups:
        return _encoded(size, lengths, facts, dict.fromkeys(sources, "another size") | dict(refused))
    best = max(groups, key=lambda key: groups[key])
    why = dict(refused)
    for position, source in sources.items():
        if _size(facts[position], copied=True) != size:
            why[position] = "another size"
        elif _group(source, facts[position]) != best:
            why[position] = "another encoder"
    copied = [position for position in sources if position not in why]
    main = sources[copied[0]]
    encoded = [position for position in lengths if position in why] or copied
    number = free_number(main.sets)
    assert number is not None
    form = PictureFormat(
        *size,
        frame_rate=_rate([facts[position] for position in encoded]),
        pixel_format=_picture(facts[copied[0]]).pixel_format,
        profile=main.sets.profile,
        colour=main.colour,
        number=number,
    )
    return Choice(form, main.sets, why)


def is_copyable(source: Source) -> bool:
    """Return whether a source can be joined with what is encoded to match it."""
    return source.is_plain and source.sets.profile in PROFILES


def _encoded(
    size: tuple[int, int, Fraction],
    lengths: Mapping[int, int],
    facts: Mapping[int, MediaFacts],
    why: Mapping[int, str],
) -> Choice:
    rate = _rate([facts[position] for position in lengths])
    return Choice(PictureFormat(*size, frame_rate=rate), None, why)


def _size(facts: MediaFacts, *, copied: bool) -> tuple[int, int, Fraction]:
    """Return width, height and pixel aspect: as they are for what is copied, else upright and square."""
    picture = _picture(facts)
    if copied:
        return picture.width_px, picture.height_px, picture.shown_pixel_aspect
    high = picture.width_px if picture.rotation_degrees in (90, 270) else picture.height_px
    return _even(high * picture.shown_aspect), _even(Fraction(high)), Fraction(1)


def _group(source: Source, facts: MediaFacts) -> tuple[object, ...]:
    return source.sets, source.colour, _picture(facts).pixel_format


def _rate(files: Sequence[MediaFacts]) -> Fraction:
    """Return the frame rate that suits all *files*."""
    rates = []
    for facts in files:
        picture = _picture(facts)
        steady = picture.most_frames_per_s <= picture.frame_rate + 1 and not picture.holes
        rates.append(picture.frame_rate if steady and picture.frame_rate >= 1 else VARYING_RATE)
    return min(_MOST_RATE, max(rates))


def _picture(facts: MediaFacts) -> PictureFacts:
    assert facts.picture is not None
    return facts.picture


def _even(length: Fraction) -> int:
    return max(2, round(length / 2) * 2)
