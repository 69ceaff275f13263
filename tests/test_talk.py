"""Who speaks when, by hand: profiles of known content on files of known places."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import timeline
from tests.conftest import AUDIO, CAMERA, SCREEN, lesson_of, row
from timeline.analysis.people import people_of
from timeline.analysis.profiles import FileProfile, profile_files
from timeline.analysis.signal import SIGNAL_COLUMNS, signal_row
from timeline.analysis.sound import SoundProfile
from timeline.analysis.talk import HEARD_COLUMNS, UserTalk, hear_users, heard_positions, heard_row
from timeline.interval import common, merge, spans_of, total_ms
from timeline.media.examine import ExaminedMedia, examine_media
from timeline.media.facts import Hole, MediaFacts, SoundFacts
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.locate import LocatedMedia
from timeline.model import Timeline

Pairs = list[tuple[int, int]]


def profile(
    length_ms: int, *, heard: Pairs | None = None, dead: Pairs | None = None, level_db: float = -20
) -> SoundProfile:
    """A file of even level, with samples at 1 kHz of which every 100th is clipped."""
    levels = np.full(length_ms // 10, level_db, np.float32)
    blocks = np.full(max(0, length_ms // 100 - 3), level_db, np.float32)
    seconds = np.full(-(-length_ms // 1000), 1000, np.int32)
    return SoundProfile(
        levels, levels, np.zeros(len(levels), np.uint8), blocks, seconds, seconds // 100,
        spans_of(dead or []), spans_of([(0, length_ms)] if heard is None else heard), 0.5,
    )  # fmt: skip


def examined(lesson: Timeline, silent: tuple[int, ...] = ()) -> ExaminedMedia:
    """All files of a lesson, with sound but for *silent* ones."""
    sound = SoundFacts("aac", 0, 99_000)
    facts = {
        clip.media.position: MediaFacts(
            Path("x"), "mov", 0, None, None if clip.media.position in silent else sound
        )
        for track in lesson.tracks
        for clip in track.clips
    }
    return ExaminedMedia(LocatedMedia(None, {}, ()), facts, {}, {}, ())


def talks(
    lesson: Timeline, files: Mapping[int, tuple[SoundProfile | None, Pairs]], silent: tuple[int, ...] = ()
) -> dict[str, UserTalk]:
    profiles = {position: FileProfile(own, spans_of(speech)) for position, (own, speech) in files.items()}
    return hear_users(lesson, people_of(lesson), examined(lesson, silent), profiles)


def test_a_files_times_become_those_of_the_lesson() -> None:
    """A file from 5 s whose sound begins 300 ms late; its speech at 1.0 to 2.0 s is heard at 6.0 to 7.0 s."""
    lesson = lesson_of(row(CAMERA, "amy", 5000, 4000), row(CAMERA, "bo", 0, 9000))
    amy = talks(lesson, {0: (profile(4000, heard=[(300, 4000)]), [(1000, 2000)])})["amy"]
    assert amy.mic_on.tolist() == [[5300, 9000]]
    assert amy.speech.tolist() == [[6000, 7000]]


def test_a_files_part_behind_its_clip_is_not_heard() -> None:
    """It is longer than its row says."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 3000))
    amy = talks(lesson, {0: (profile(9000), [(2000, 8000)])})["amy"]
    assert (amy.mic_on.tolist(), amy.speech.tolist()) == ([[0, 3000]], [[2000, 3000]])
    assert (amy.samples, amy.clipped) == (3000, 30)


def test_two_files_are_one_microphone() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 0, 3000, "a.mp4"), row(CAMERA, "amy", 3000, 3000, "b.mp4"))
    amy = talks(lesson, {0: (profile(3000), [(2500, 3000)]), 1: (profile(3000), [(0, 400)])})["amy"]
    assert (amy.mic_on.tolist(), amy.speech.tolist()) == ([[0, 6000]], [[2500, 3400]])
    assert np.isnan(amy.blocks_lufs).sum() == 2  # no range reaches over a seam


def test_the_row_of_a_user() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 0, 10_000))
    amy = talks(lesson, {0: (profile(10_000, heard=[(0, 8000)]), [(1000, 2000), (5000, 6000)])})["amy"]
    assert heard_row(amy) == {
        "talk_ungated_ms": 2000,
        "speech_segments": 2,
        "longest_silence_ms": 3000,
    }


def test_without_a_sound_stream_talk_is_missing() -> None:
    """Not 0: nothing was measured."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 3000))
    amy = talks(lesson, {0: (None, [])}, silent=(0,))["amy"]
    assert heard_row(amy) == {}
    assert signal_row(amy) == {"has_no_sound_stream": True, "is_heard_whole": None}
    assert len(amy.lost) == 0  # the microphone was off


def test_of_a_user_whose_files_are_all_lost_nobody_knows_whether_they_hold_sound() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 1000, 3000), row(CAMERA, "bo", 0, 4000))
    there = examined(lesson)
    gone = dataclasses.replace(there, facts={1: there.facts[1]})
    amy = hear_users(lesson, people_of(lesson), gone, {1: FileProfile(profile(4000), spans_of([]))})["amy"]
    assert signal_row(amy) == {"has_no_sound_stream": None, "is_heard_whole": False}
    assert amy.lost.tolist() == [[1000, 4000]]


@pytest.mark.parametrize(("missing_ms", "lost"), [(499, []), (500, [[5500, 6000]])])
def test_what_a_short_file_lacks_is_lost(missing_ms: int, lost: list[list[int]]) -> None:
    """It plays from 1.0 to 6.0 s; half a second less than declared is as declared."""
    lesson = lesson_of(row(CAMERA, "amy", 1000, 5000), row(CAMERA, "bo", 0, 6000))
    end_ms = 5000 - missing_ms
    there = examined(lesson)
    there.facts[0] = dataclasses.replace(there.facts[0], sound=SoundFacts("aac", 0, end_ms))
    files = {0: FileProfile(profile(end_ms), spans_of([])), 1: FileProfile(profile(6000), spans_of([]))}
    amy = hear_users(lesson, people_of(lesson), there, files)["amy"]
    assert amy.lost.tolist() == lost
    assert amy.is_complete is (not lost)


def test_what_cannot_be_decoded_is_lost_and_a_hole_of_the_file_is_not() -> None:
    """The file has no packets from 6 to 8 s; of the others those from 2 to 3 s are damaged."""
    lesson = lesson_of(row(CAMERA, "amy", 1000, 9000), row(CAMERA, "bo", 0, 10_000))
    there = examined(lesson)
    sound = SoundFacts("aac", 0, 9000, holes=(Hole(6000, 8000),))
    there.facts[0] = dataclasses.replace(there.facts[0], sound=sound)
    own = profile(9000, heard=[(0, 2000), (3000, 6000), (8000, 9000)])
    for damage, lost in ((0, []), (3, [[3000, 4000]])):
        files = {0: FileProfile(dataclasses.replace(own, damage=damage), spans_of([]))}
        assert hear_users(lesson, people_of(lesson), there, files)["amy"].lost.tolist() == lost


def test_digital_silence_is_talk_of_zero() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 0, 3000))
    own = profile(3000, dead=[(0, 3000)], level_db=-math.inf)
    amy = talks(lesson, {0: (dataclasses.replace(own, peak=0.0), [])})["amy"]
    assert heard_row(amy)["talk_ungated_ms"] == 0
    values = signal_row(amy)
    assert (values["audio_dead_ms"], values["loudness_lufs"], values["sample_peak_dbfs"]) == (
        3000,
        None,
        None,
    )
    assert values["is_vad_reliable"] is values["noise_floor_dbfs"] is None  # nothing to judge by


def test_a_file_that_was_not_heard_makes_a_user_incomplete() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 0, 3000, "a.mp4"), row(CAMERA, "amy", 4000, 3000, "b.mp4"))
    assert talks(lesson, {0: (profile(3000), []), 1: (profile(3000), [])})["amy"].is_complete
    assert not talks(lesson, {0: (profile(3000), [])})["amy"].is_complete
    damaged = dataclasses.replace(profile(3000), damage=1)
    assert not talks(lesson, {0: (profile(3000), []), 1: (damaged, [])})["amy"].is_complete


def test_screens_are_nobodys_voice_and_a_sound_file_counts_beside_no_camera() -> None:
    lesson = lesson_of(
        row(CAMERA, "amy", 0, 4000, "c.mp4"),
        row(AUDIO, "amy", 0, 9000, "a.mp3"),
        row(SCREEN, "amy", 0, 9000, "s.mp4"),
    )
    assert set(heard_positions(lesson, people_of(lesson))) == {0, 1}
    files = {n: (profile(9000), [(1000, 2000), (6000, 7000)]) for n in (0, 1, 2)}
    amy = talks(lesson, files)["amy"]
    assert (amy.mic_on.tolist(), amy.speech.tolist()) == ([[0, 9000]], [[1000, 2000], [6000, 7000]])


def test_levels_lie_where_the_clip_plays() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 1005, 1000), row(CAMERA, "bo", 0, 3000))
    own = dataclasses.replace(profile(1000), levels_db=np.arange(100, dtype=np.float32))
    levels = talks(lesson, {0: (own, [])})["amy"].levels_db
    assert np.isnan(levels[:101]).all()
    assert levels[101] == pytest.approx(1, abs=1)
    assert levels[199] == pytest.approx(99, abs=1)
    assert np.isnan(levels[200:]).all()


def test_signal_values_are_those_of_the_frames() -> None:
    """Speech at -20 dBFS in the first second, noise at -60 in the other three."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 4000))
    own = profile(4000)
    levels = np.where(np.arange(400) < 100, -20, -60).astype(np.float32)
    amy = talks(lesson, {0: (dataclasses.replace(own, levels_db=levels), [(0, 1000)])})["amy"]
    values = signal_row(amy)
    assert values["speech_level_dbfs"] == pytest.approx(-20)
    assert values["noise_floor_dbfs"] == pytest.approx(-60)
    assert values["snr_db"] == pytest.approx(40)
    assert values["clipping_ratio"] == pytest.approx(0.01)
    assert values["sample_peak_dbfs"] == pytest.approx(-6.0206, abs=1e-3)
    assert values["is_vad_reliable"] is False  # too even for speech
    assert signal_row(amy, vad="silero")["is_vad_reliable"] is None


@pytest.mark.parametrize(("noise_ms", "floor_db"), [(1000, -40), (990, None)])
def test_a_muted_microphone_is_no_low_noise(noise_ms: int, floor_db: float | None) -> None:
    """A second of speech at -21 dBFS, one of noise at -40, digital silence for the rest of 20 s."""
    lesson = lesson_of(row(CAMERA, "amy", 0, 20_000))
    levels = np.full(2000, -math.inf, np.float32)
    levels[:100] = np.where(np.arange(100) % 2, -18, -30)
    levels[100 : 100 + noise_ms // 10] = -40
    own = dataclasses.replace(profile(20_000), levels_db=levels)
    values = signal_row(talks(lesson, {0: (own, [(0, 1000)])})["amy"])
    assert values["noise_floor_dbfs"] == floor_db
    assert (values["snr_db"] is None) == (floor_db is None)
    assert values["is_vad_reliable"] is (floor_db is None)  # 19 dB above the noise


def test_rows_have_the_columns_that_are_told() -> None:
    lesson = lesson_of(row(CAMERA, "amy", 0, 4000))
    amy = talks(lesson, {0: (profile(4000), [(0, 1000)])})["amy"]
    assert list(heard_row(amy)) == [column.name for column in HEARD_COLUMNS]
    assert list(signal_row(amy)) == [column.name for column in SIGNAL_COLUMNS]


def test_the_bundled_lesson() -> None:
    """Each user's speech against the lines of README.md; pauses within lines are missed."""
    folder = Path("sample_results/lesson")
    lesson = timeline.load(folder)
    people = people_of(lesson)
    files = examine_media(lesson, folder / "media")
    profiles = profile_files(files, find_ffmpeg(), heard=heard_positions(lesson, people))
    found = hear_users(lesson, people, files, profiles)
    names = {"Ms Lin": "lin_teacher", "Amy": "amy", "Bo": "bo"}
    lines: dict[str, Pairs] = {}
    for text in (folder / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        if len(cells) == 4 and cells[0].isdigit():
            lines.setdefault(names[cells[2]], []).append((int(cells[0]), int(cells[1])))
    for user, spoken in lines.items():
        truth = merge(spans_of(spoken))
        both = total_ms(common(truth, found[user].speech))
        assert total_ms(found[user].speech) - both < 0.03 * total_ms(truth)
        assert total_ms(truth) - both < 0.08 * total_ms(truth)
        assert found[user].is_complete
