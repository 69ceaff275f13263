"""The test instruments, tested: the coded media and the oracle."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests import coded_media, oracle
from tests.coded_media import FrameCode

Row = dict[str, Any]
CANVAS = (640, 360)


def shown(source: Path, target: Path, x: int, y: int, width: int, height: int) -> None:
    """Re-encode source scaled to width x height at (x, y) of a gray 640 x 360 canvas."""
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", rate=15)
        stream.width, stream.height = CANVAS
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast"}
        with av.open(str(source)) as opened:
            for index, frame in enumerate(opened.decode(video=0)):
                small = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
                canvas = np.full((CANVAS[1], CANVAS[0], 3), 90, np.uint8)
                canvas[y : y + height, x : x + width] = small
                made = av.VideoFrame.from_ndarray(canvas, format="rgb24")
                made.pts, made.time_base = index, Fraction(1, 15)
                output.mux(stream.encode(made))
        output.mux(stream.encode(None))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of file 0xA5."""
    path = tmp_path_factory.mktemp("coded") / "a5.mp4"
    coded_media.write_video(path, duration_ms=2000, code=0xA5)
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_codes_and_times_come_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    coded_media.write_video(path, duration_ms=3000, code=201)
    read = [(i, at, coded_media.read_code(image)) for i, at, image in coded_media.frames(path)]
    assert [code for _, _, code in read] == [FrameCode(201, i) for i in range(45)]
    assert [i for i, _, _ in read] == list(range(45))
    assert [at for _, at, _ in read] == pytest.approx([i / 15 for i in range(45)], abs=0.0006)


def test_every_bit_is_carried() -> None:
    codes = [FrameCode(1 << b, 0) for b in range(8)] + [FrameCode(0, 1 << b) for b in range(12)]
    for code in [*codes, FrameCode(0, 0), FrameCode(255, 4095)]:
        assert coded_media.read_code(coded_media.picture(code, (320, 240))) == code
    assert coded_media.read_code(coded_media.picture(FrameCode(3, 4096 + 5), (64, 48))) == (3, 5)


@pytest.mark.parametrize(
    ("rect", "inner"),
    [
        ((10, 20, 304, 300), (10, 56, 304, 228)),  # bands above and below
        ((100, 30, 400, 240), (140, 30, 320, 240)),  # bands left and right
        ((500, 200, 108, 81), (500, 200, 108, 80)),  # about a third
        ((0, 0, 640, 360), (80, 0, 480, 360)),  # enlarged
    ],
)
def test_a_code_survives_scaling_and_a_second_encoding(
    lesson: Path,
    tmp_path: Path,
    rect: tuple[int, int, int, int],
    inner: tuple[int, int, int, int],
) -> None:
    path = tmp_path / "shown.mp4"
    shown(lesson, path, *inner)
    read = [coded_media.read_code(im, rect, (320, 240)) for _, _, im in coded_media.frames(path)]
    assert read == [FrameCode(0xA5, i) for i in range(30)]


def test_pictures_that_carry_no_code_are_none() -> None:
    code = FrameCode(77, 1234)
    good = coded_media.picture(code, (320, 240))
    other = coded_media.picture(FrameCode(77, 1235), (320, 240))
    blend = (good // 2 + other // 2).astype(np.uint8)
    stamped = good.copy()
    stamped[205:235, 5:35] = 255 - stamped[205:235, 5:35]  # one marker turned over
    smeared = good.copy()
    smeared[85:115, 125:155] = 255 - smeared[85:115, 125:155]  # one data cell turned over
    for bad in (blend, stamped, smeared, good[::-1], good[:, ::-1], 255 - good,
                np.zeros_like(good), np.full_like(good, 255), good[:, 40:280]):  # fmt: skip
        assert coded_media.read_code(bad, None, None) is None
    noise = np.random.default_rng(1)
    for _ in range(200):
        grid = noise.integers(0, 2, (6, 8)) * 255
        image = np.repeat(np.kron(grid, np.ones((20, 20)))[:, :, None], 3, axis=2)
        assert coded_media.read_code(image.astype(np.uint8)) is None


def test_a_picture_in_the_wrong_place_is_none() -> None:
    image = np.full((360, 640, 3), 90, np.uint8)
    image[60:300, 100:420] = coded_media.picture(FrameCode(9, 9), (320, 240))
    place, shape = (100, 60, 320, 240), (320, 240)
    assert coded_media.read_code(image, place, shape) == (9, 9)
    assert coded_media.read_code(image, (102, 58, 320, 240), shape) == (9, 9)  # rounding is fine
    assert coded_media.read_code(image, (60, 60, 400, 240), shape) == (9, 9)  # contain
    for wrong in ((114, 60, 320, 240), (86, 60, 320, 240), (100, 74, 320, 240), (100, 46, 320, 240),
                  (100, 60, 400, 300), (100, 60, 240, 180), (400, 200, 320, 240),
                  (-20, 60, 320, 240)):  # fmt: skip
        assert coded_media.read_code(image, wrong, shape) is None
    assert coded_media.read_code(image, (60, 60, 400, 240), (400, 240)) is None  # as if stretched


def test_a_size_change_inside_one_stream(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        parts = [((320, 240), 15), ((160, 120), 15), ((320, 180), 15)]
        coded_media.write_video(tmp_path / name, duration_ms=3000, code=5, sizes=parts)
        read = list(coded_media.frames(tmp_path / name))
        assert [image.shape[1::-1] for _, _, image in read] == [
            size for size, count in parts for _ in range(count)
        ]
        assert [coded_media.read_code(image) for _, _, image in read] == [(5, i) for i in range(45)]
        assert [at for _, at, _ in read] == pytest.approx([i / 15 for i in range(45)], abs=0.0006)


def test_a_late_first_picture(tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    coded_media.write_video(path, duration_ms=2000, code=1, first_picture_ms=400)
    read = list(coded_media.frames(path))
    assert len(read) == 24
    assert read[0][1] == pytest.approx(0.4, abs=0.0001)
    assert coded_media.read_code(read[0][2]) == (1, 0)
    onsets = coded_media.beep_onsets_ms(coded_media.sound(path), 48000, 1000)
    assert onsets == pytest.approx([0, 1000], abs=2)


@pytest.mark.parametrize(
    ("rate", "channels", "tone_hz"), [(48000, 1, 1000), (44100, 2, 440), (16000, 1, 2500)]
)
def test_beeps_are_found_within_two_ms(tmp_path: Path, rate: int, channels: int, tone_hz: int) -> None:
    path = tmp_path / "beeps.mp4"
    coded_media.write_video(
        path, duration_ms=4300, code=1, size=(64, 48), sample_rate=rate, channels=channels,
        tone_hz=tone_hz, beep_every_ms=700, beep_ms=60,
    )  # fmt: skip
    sound = coded_media.sound(path)
    assert len(sound) == pytest.approx(4.3 * 48000, abs=48000 * 1024 / rate)
    onsets = coded_media.beep_onsets_ms(sound, 48000, tone_hz)
    assert onsets == pytest.approx(np.arange(7) * 700, abs=2)
    assert coded_media.level(sound, 48000, tone_hz, 710, 750) == pytest.approx(0.25, abs=0.01)
    assert coded_media.level(sound, 48000, tone_hz, 200, 600) < 0.002
    assert coded_media.beep_onsets_ms(sound, 48000, tone_hz + 300) == []


def test_tones_of_one_mix_are_told_apart(tmp_path: Path) -> None:
    tones = {800: 500, 1000: 700, 2000: 900}
    mix = np.zeros(48000 * 4)
    for tone_hz, every_ms in tones.items():
        path = tmp_path / f"{tone_hz}.mp4"
        coded_media.write_video(
            path, duration_ms=4000, code=1, size=(64, 48), tone_hz=tone_hz, beep_every_ms=every_ms
        )
        mix += coded_media.sound(path)[: len(mix)] / 3
    for tone_hz, every_ms in tones.items():
        onsets = coded_media.beep_onsets_ms(mix, 48000, tone_hz)
        assert onsets == pytest.approx(np.arange(0, 4000, every_ms), abs=2)
    assert coded_media.beep_onsets_ms(mix, 48000, 1400) == []
    assert coded_media.level(mix, 48000, 1000, 2110, 2190) == pytest.approx(0.25 / 3, abs=0.005)
    assert coded_media.level(mix, 48000, 1000, 1520, 1580) < 0.01  # 800 Hz alone


def test_a_file_without_sound(tmp_path: Path) -> None:
    coded_media.write_video(tmp_path / "mute.mp4", duration_ms=500, code=1, sound=False)
    silence = coded_media.sound(tmp_path / "mute.mp4")
    assert len(silence) == 0
    assert coded_media.beep_onsets_ms(silence, 48000, 1000) == []
    assert coded_media.level(silence, 48000, 1000, 0, 100) == 0


def test_a_burst_keeps_its_place_when_the_level_changes() -> None:
    sound = coded_media.bursts(3000, 48000, 1000, 500, 100)
    sound[48000:] *= 0.3
    onsets = coded_media.beep_onsets_ms(np.roll(sound, 4801), 48000, 1000)
    assert onsets == pytest.approx(np.arange(6) * 500 + 100.02, abs=0.1)


def row(kind: int, user: str, start_ms: int, duration_ms: int, name: str) -> Row:
    """One row of video_info."""
    return {
        "video_play_time": start_ms, "video_size": 1241, "video_format": "mp4",
        "video_duration": duration_ms, "video_url": f"http://1253488539.vod2.myqcloud.com/{name}.mp4",
        "video_id": f"528589078157065{len(name)}", "video_type": kind, "user_id": user,
    }  # fmt: skip


GUIDE = [
    row(0, "ios_test1", 0, 900000, "oM86K7X3Ig8b"),
    row(0, "pc_test1", 300000, 600000, "oM86K7X3IsdfA"),
    row(2, "", 120000, 780000, "52lk3KA0A562"),
    row(0, "ios_test1", 900000, 300000, "oM86K7X3Ig63"),
    row(0, "pc_test1", 900000, 210000, "oM86K7X3Isd15"),
    row(2, "", 900000, 540000, "52lk3KA0A512"),
]
PAUSE = {"at_ms": 900000, "duration_ms": 60000, "duration_range_ms": [53000, 61000]}


def test_the_oracle_reads_the_guide() -> None:
    ios, pc, board = "camera:ios_test1", "camera:pc_test1", "whiteboard"
    assert oracle.duration_ms(GUIDE) == 1440000
    assert oracle.tracks(GUIDE) == {
        ios: [(0, 900000, 0, 0), (900000, 1200000, 3, 0)],
        pc: [(300000, 900000, 1, 0), (900000, 1110000, 4, 0)],
        board: [(120000, 900000, 2, 0), (900000, 1440000, 5, 0)],
    }
    assert oracle.gaps(GUIDE) == {
        ios: [(1200000, 1440000, "early_end")],
        pc: [(0, 300000, "late_start"), (1110000, 1440000, "early_end")],
        board: [(0, 120000, "late_start")],
    }
    assert oracle.scenes(GUIDE) == [
        (0, 120000, [ios]),
        (120000, 300000, [ios, board]),
        (300000, 900000, [ios, pc, board]),
        (900000, 1110000, [ios, pc, board]),
        (1110000, 1200000, [ios, board]),
        (1200000, 1440000, [board]),
    ]
    assert oracle.at(GUIDE, 905000) == {ios: 3, pc: 4, board: 5}
    assert oracle.pauses(GUIDE, 1558613140, 1558614640) == ([PAUSE], set())
    assert oracle.camera_on_ms(GUIDE) == {"ios_test1": 1200000, "pc_test1": 810000}


def test_the_oracle_names_tracks() -> None:
    rows = [row(kind, user, 0, 10, "a") for kind in (0, 1, 2, 3, 4, 9) for user in ("amy:1", "")]
    assert list(oracle.tracks(rows)) == [
        "audio", "audio:amy:1", "camera", "camera:amy:1", "mixed", "mixed:amy:1",
        "other9", "other9:amy:1", "screen", "screen:amy:1", "whiteboard",
    ]  # fmt: skip


def test_the_oracle_resolves_overlaps() -> None:
    rows = [row(0, "a", 0, 100, "x"), row(0, "a", 40, 20, "y"), row(0, "a", 40, 10, "z"),
            row(0, "a", 0, 100, "x"), row(0, "a", 0, 0, "zero"), row(0, "a", 120, -5, "minus"),
            row(0, "a", 90, 30, "tail"), row(0, "a", 620, 5, "seam"), row(0, "a", 1126, 4, "gap"),
            row(2, "", 0, 1200, "board")]  # fmt: skip
    assert oracle.tracks(rows)["camera:a"] == [
        (0, 40, 0, 0), (40, 60, 1, 0), (60, 90, 0, 60), (90, 120, 6, 0), (620, 625, 7, 0),
        (1126, 1130, 8, 0),
    ]  # fmt: skip
    assert oracle.gaps(rows)["camera:a"] == [
        (120, 620, "seam"), (625, 1126, "absence"), (1130, 1200, "early_end"),
    ]  # fmt: skip
    assert oracle.camera_on_ms(rows) == {"a": 129}


def painted(rows: list[Row], track: str) -> list[int | None]:
    """What plays on a track in each ms, by painting clip over clip in order of precedence."""
    line: list[int | None] = [None] * oracle.duration_ms(rows)
    order = sorted(range(len(rows)), key=lambda i: oracle.precedence(rows[i]))
    for index in order:
        one = rows[index]
        if one["video_duration"] > 0 and oracle.track_id(one) == track:
            begin = one["video_play_time"]
            line[begin : begin + one["video_duration"]] = [index] * one["video_duration"]
    return line


@pytest.mark.parametrize("seed", range(40))
def test_the_oracle_holds_its_own_laws(seed: int) -> None:
    dice = random.Random(seed)
    rows = [
        row(dice.choice([0, 0, 1, 2, 3]), dice.choice("ab"), dice.randrange(40),
            dice.randrange(-2, 30), f"f{i}")
        for i in range(dice.randrange(1, 12))
    ]  # fmt: skip
    total, tracks = oracle.duration_ms(rows), oracle.tracks(rows)
    for name, pieces in tracks.items():
        line = painted(rows, name)
        assert line == [oracle.at(rows, ms).get(name) for ms in range(total)]
        filled = sum(end - start for start, end, _, _ in pieces)
        assert filled + sum(end - start for start, end, _ in oracle.gaps(rows)[name]) == total
        assert all(start - rows[i]["video_play_time"] == media for start, _, i, media in pieces)
    scenes = oracle.scenes(rows)
    assert [0, *(end for _, end, _ in scenes)] == [*(start for start, _, _ in scenes), total]
    shuffled = dice.sample(rows, len(rows))
    assert oracle.gaps(shuffled) == oracle.gaps(rows)
    assert oracle.scenes(shuffled) == scenes
    for ms in range(total):
        assert {name: shuffled[i] for name, i in oracle.at(shuffled, ms).items()} == {
            name: rows[i] for name, i in oracle.at(rows, ms).items()
        }


def lesson_of(*spans: tuple[int, str, int, int]) -> list[Row]:
    """Rows from (type, user, start_s, end_s)."""
    return [row(kind, user, start * 1000, (end - start) * 1000, f"f{i}")
            for i, (kind, user, start, end) in enumerate(spans)]  # fmt: skip


STRONG = lesson_of((0, "a", 0, 50), (2, "", 0, 50), (0, "a", 50, 100), (2, "", 50, 100))
TWICE = lesson_of((0, "a", 0, 30), (2, "", 0, 30), (0, "a", 30, 60), (2, "", 30, 60),
                  (0, "a", 60, 100), (2, "", 60, 100))  # fmt: skip
BOTH = lesson_of((0, "a", 0, 50), (2, "", 0, 50), (0, "a", 50, 80), (2, "", 50, 60),
                 (0, "a", 80, 100))  # fmt: skip
WEAK = lesson_of((0, "a", 0, 50), (0, "a", 50, 100))
WEAKER = lesson_of((0, "a", 0, 30), (0, "b", 30, 60), (0, "b", 60, 100))
NONE = lesson_of((0, "a", 0, 50), (0, "a", 50, 100), (2, "", 0, 100))
MIXED = lesson_of((3, "tic_mixstream_1_2", 0, 100), (0, "a", 0, 50), (0, "a", 50, 100))


@pytest.mark.parametrize(
    ("rows", "surplus_s", "places", "length_s", "codes"),
    [
        (STRONG, -2, [], None, {"wall_clock_impossible"}),
        (STRONG, -1, [], None, {"possible_pause"}),
        (STRONG, 7, [], None, {"possible_pause"}),
        (STRONG, 8, [50], 8, set()),
        (TWICE, 20, [30, 60], None, set()),
        (BOTH, 20, [50], 20, set()),  # the weak one at 80 is left out
        (WEAK, 7, [], None, set()),
        (WEAK, 20, [50], 20, {"pause_weak_evidence"}),
        (WEAKER, 20, [30, 60], None, {"pause_weak_evidence"}),
        (NONE, 7, [], None, set()),
        (NONE, 20, [], None, {"pause_unlocated"}),
        (MIXED, 20, [50], 20, {"pause_weak_evidence"}),
    ],
)
def test_the_oracle_places_pauses(
    rows: list[Row], surplus_s: int, places: list[int], length_s: int | None, codes: set[str]
) -> None:
    length = None if length_s is None else length_s * 1000
    least = 0 if length is None else length - 7000
    expected = [
        {"at_ms": place * 1000, "duration_ms": length,
         "duration_range_ms": [least, surplus_s * 1000 + 1000]}
        for place in places
    ]  # fmt: skip
    assert oracle.pauses(rows, 5000, 5100 + surplus_s) == (expected, codes)


@pytest.mark.parametrize(
    ("ends_ms", "begins_ms", "cuts"),
    [
        ((9000, 10000), (10000, 11000), [(10000, True)]),  # all within 1000 ms
        ((8999, 10000), (10000, 10000), [(10000, False)]),  # one had left before
        ((10000, 10000), (10000, 11001), [(10000, False)]),  # one comes back later
        ((9500, 10300), (10200, 10400), [(10200, True)]),  # one ends 100 ms after the begin
        ((9500, 9600), (10600, 10601), [(10600, False)]),  # 1001 ms after the first end
        ((9000, 9000), (10001, 10001), []),  # too long after
    ],
)
def test_the_oracle_finds_cuts(
    ends_ms: tuple[int, int], begins_ms: tuple[int, int], cuts: list[tuple[int, bool]]
) -> None:
    rows = []
    for user, end, begin in zip("ab", ends_ms, begins_ms, strict=True):
        rows += [row(0, user, 0, end, "x"), row(0, user, begin, 20000 - begin, "y")]
    assert oracle.cuts(rows) == cuts


def test_the_oracle_joins_begins_to_one_cut() -> None:
    spans = [(0, 9000), (9000, 9400), (9500, 9900), (10000, 10500), (10501, 20000)]
    rows = [row(0, "a", start, end - start, "x") for start, end in spans]
    assert oracle.cuts(rows) == [(9000, False), (10501, False)]
