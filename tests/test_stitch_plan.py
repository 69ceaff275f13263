"""The pure parts of stitching: what can be copied, parameter sets, ffmpeg's arguments."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.conftest import CAMERA, lesson_of, row
from timeline.errors import OutputVerificationError
from timeline.interval import Span
from timeline.media.facts import MediaFacts, PictureFacts
from timeline.media.gate import DEMUXERS
from timeline.render.graph import FILTERS
from timeline.render.parameter_sets import (
    ParameterSets,
    free_number,
    merged_record,
    read_sets,
    units,
)
from timeline.render.plan import KnownFile
from timeline.render.stitch import SAME_MS, Pictures, cut_copy, picture_stretches
from timeline.render.stitch_graph import PictureFormat, copy_arguments, encode_arguments, still_arguments
from timeline.render.stitch_join import Run, Source, ticks_of
from timeline.render.stitch_verify import _check_pictures

BASELINE = bytes.fromhex("0142c00cffe100156742c00cda0507e840000003004000afc803c50aa801000468ce0fc8")
NUMBER_3 = bytes.fromhex(
    "0164000cffe100196764000c22cb20283f60220000030002000003003c1e28549001000768212bc3cb22c0fdf8f800"
)


@st.composite
def files(draw: st.DrawFn) -> Pictures:
    """Groups of pictures, each a key picture and others in some decoding order; some groups are open."""
    shown: list[int] = []
    keys: list[bool] = []
    for _ in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 6))
        group = list(range(len(shown), len(shown) + size))
        rest = draw(st.permutations(group[1:]))
        shown += [group[0], *rest]
        keys += [True, *[False] * len(rest)]
    if draw(st.booleans()) and len(shown) > 3:  # a picture that shows before a key picture decoded before it
        place = draw(st.integers(1, len(shown) - 1))
        shown[place], shown[place - 1] = shown[place - 1], shown[place]
    return Pictures([Fraction(40 * number) for number in shown], keys)


@given(files(), st.integers(0, 800), st.integers(1, 800))
def test_a_copy_holds_all_that_is_shown_in_its_time_and_nothing_else(
    pictures: Pictures, start_ms: int, length_ms: int
) -> None:
    """And nothing that is left out is needed: it is one run, and begins with a key picture."""
    cut = cut_copy(pictures, start_ms, start_ms + length_ms)
    assume(cut is not None)
    assert cut is not None
    assert start_ms <= cut.start_ms < cut.end_ms <= start_ms + length_ms
    assert pictures.keys[cut.first]
    copied = {pictures.at_ms[number] for number in range(cut.first, cut.stop)}
    first_ms = pictures.at_ms[cut.first]
    due = {time for time in pictures.at_ms if first_ms <= time < cut.end_ms - 1}
    assert copied - {first_ms} == due - {first_ms}
    assert min(copied) == first_ms
    on_screen_before = [time for time in pictures.at_ms if time < first_ms]
    assert abs(cut.start_ms - max(first_ms, Fraction(start_ms))) <= SAME_MS or not on_screen_before


def test_a_file_without_a_key_picture_in_time_is_not_copied() -> None:
    pictures = Pictures([Fraction(ms) for ms in (0, 40, 80)], [True, False, False])
    assert cut_copy(pictures, 20, 120) is None
    assert cut_copy(pictures, 0, 120) is not None


def test_a_lost_file_and_a_gap_are_slates_of_their_own() -> None:
    """What breaks off is followed by a slate that says so, and that by one of the gap."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 4000), row(CAMERA, "amy", 6000, 2000, "b.mp4"))
    known = {0: KnownFile(True, 3000, 0), 1: KnownFile(False, 0, 0)}
    found = picture_stretches(lesson.tracks[0], known)
    assert [(part.start_ms, part.clip is None, part.lost) for part in found] == [
        (0, False, None),
        (3000, True, 0),
        (4000, True, None),
        (6000, True, 1),
    ]


@pytest.mark.parametrize(("end_ms", "lost"), [(3000, 0), (4000, None)])
def test_the_slate_of_a_file_that_ended_early_stays_over_a_seam(end_ms: int, lost: int | None) -> None:
    """And one that was seen to its end is not lost there, though the next one is."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 4000), row(CAMERA, "amy", 4300, 2000, "b.mp4"))
    known = {0: KnownFile(True, end_ms, 0), 1: KnownFile(False, 0, 0)}
    found = picture_stretches(lesson.tracks[0], known)
    assert [part.lost for part in found if part.start_ms == 4000] == [lost]


def test_what_is_blind_is_a_slate() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 0, 4000))
    known = {0: KnownFile(True, 4000, 0, blind=(Span(1000, 2000),))}
    found = picture_stretches(lesson.tracks[0], known)
    assert [(part.start_ms, part.lost) for part in found] == [(0, None), (1000, 0), (2000, None)]


class TestParameterSets:
    def test_both_are_in_a_merged_record(self) -> None:
        """The first one says the profile; the higher level counts."""
        main, other = read_sets(BASELINE), read_sets(NUMBER_3)
        assert main is not None
        assert other is not None
        both = read_sets(merged_record(main, other))
        assert both is not None
        assert both.sequences == main.sequences + other.sequences
        assert both.pictures == main.pictures + other.pictures
        assert (both.profile, both.level) == (66, 12)
        assert both.sequence_numbers() == {0, 3}

    def test_a_record_alone_stays_as_it_is(self) -> None:
        for record in (BASELINE, NUMBER_3):
            sets = read_sets(record)
            assert sets is not None
            assert merged_record(sets, None) == merged_record(sets, sets) == record

    def test_two_sets_of_one_number_are_refused(self) -> None:
        main = read_sets(BASELINE)
        assert main is not None
        other = ParameterSets(66, 0, 12, 4, (main.sequences[0] + b"\1",), main.pictures)
        with pytest.raises(ValueError, match="same number"):
            merged_record(main, other)

    def test_a_free_number_is_one_that_nobody_has(self) -> None:
        main = read_sets(BASELINE)
        assert main is not None
        assert free_number(main) == 1

    @given(st.binary(max_size=60) | st.integers(0, len(NUMBER_3)).map(lambda size: NUMBER_3[:size]))
    def test_nonsense_is_no_record_and_no_exception(self, data: bytes) -> None:
        read_sets(data)
        assert all(units(data))


class TestTimes:
    SETS = ParameterSets(66, 0, 12, 4, (), ())

    def run(self, times: list[int], begin_ms: int) -> Run:
        """A run of all pictures of a file."""
        pictures = Pictures([Fraction(ms) for ms in times], [True] * len(times))
        source = Source(Path("a"), self.SETS, pictures, True, (0, 2, 2, 2))
        return Run(source, 0, len(times), Fraction(begin_ms), Fraction(begin_ms))

    def test_pictures_lie_at_their_absolute_times(self) -> None:
        assert ticks_of([self.run([0, 80, 40], 0), self.run([0], 120)]) == [[0, 7200, 3600], [10800]]

    def test_parts_that_overlap_are_refused(self) -> None:
        with pytest.raises(OutputVerificationError):
            ticks_of([self.run([0, 40, 80], 0), self.run([0], 80)])

    @pytest.mark.parametrize(
        ("found", "decoded"), [([0, 1], [0, 1]), ([0, 1, 3], [0, 1, 2]), ([0, 1, 2], [0, 1, 1])]
    )
    def test_what_is_read_back_must_be_what_was_planned(self, found: list[int], decoded: list[int]) -> None:
        _check_pictures([0, 1, 2], [0, 1, 2], [0, 1, 2])
        with pytest.raises(OutputVerificationError):
            _check_pictures(found, decoded, [0, 1, 2])


@pytest.mark.parametrize("demuxer", sorted(DEMUXERS))
def test_strangers_files_are_opened_by_a_forced_reader_and_nothing_else(demuxer: str) -> None:
    """And what filters there are is known."""
    picture = PictureFacts("vp8", 320, 240, Fraction(4, 3), Fraction(15), 0, 900, 1000, rotation_degrees=90)
    facts = MediaFacts(Path("/nowhere/Q7.bin"), demuxer, 0, picture, None)
    form = PictureFormat(320, 240)
    commands = [
        copy_arguments(facts, "V", "a.mp4"),
        encode_arguments(facts, Fraction(500), 10, form, 20, 1, "b.mp4"),
        still_arguments("c.png", 10, form, 20, "d.mp4"),
    ]
    for command in commands[:2]:
        before = command[: command.index("-i")]
        assert command[command.index("-i") + 1] == "file:/nowhere/Q7.bin"
        assert before[before.index("-f") + 1] == demuxer
        assert before[before.index("-protocol_whitelist") + 1] == "file"
        assert before[before.index("-format_whitelist") + 1] == DEMUXERS[demuxer]
        assert {"-codec_whitelist", "-max_pixels"} <= set(before)
    for command in commands[1:]:
        chain = re.sub(r"'[^']*'", "", command[command.index("-vf") + 1])
        names = {part.partition("=")[0] for part in chain.split(",")}
        assert names <= FILTERS | {"setparams"}
