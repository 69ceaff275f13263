"""ffmpeg's graphs as data: only known filters, and nothing of a stranger in them."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BOARD, CAMERA, Row, lesson_of, row
from tests.test_plan import LAYOUTS_TO_TRY, results
from timeline.layouts.names import LayoutLike
from timeline.layouts.places import Rectangle
from timeline.media.facts import MediaFacts, PictureFacts, SoundFacts
from timeline.media.gate import DEMUXERS
from timeline.render.composite import Clock, Drawings, Overlay, chunk_arguments, still_arguments
from timeline.render.encoders import Encoding
from timeline.render.graph import FILTERS, join_arguments
from timeline.render.plan import KnownFile, RenderPlan, plan_video
from timeline.render.shots import Chunk, cut_chunks
from timeline.render.sound import cut_sound, master_arguments, window_arguments

FORBIDDEN = {
    "movie",
    "amovie",
    "drawtext",
    "subtitles",
    "ass",
    "sendcmd",
    "zmq",
    "metadata",
    "frei0r",
    "ladspa",
    "lv2",
}
SOUND_OPTIONS = {"-acodec", "-ac", "-ar", "-audio_bitrate", "-b:a"}
STRANGE = ("Q7user'][;,=:\\%{n}", "Q7drop';drop", "http://Q7host.example/Q7path")
PICTURE_FILTERS = {"overlay", "scale", "pad", "fps", "tpad", "setpts", "trim", "format"}
Arguments = list[str]


def facts_of(plan: RenderPlan, demuxer: str, origin_ms: int, aspect: Fraction) -> dict[int, MediaFacts]:
    """Facts of every file of a plan, under a path of our own."""
    clips = {tile.file for scene in plan.scenes for tile in scene.tiles} | {s.clip for s in plan.audio}
    picture = PictureFacts(
        "h264", 320, 240, aspect, Fraction(15), origin_ms, origin_ms + 98_000, origin_ms + 99_000
    )
    sound = SoundFacts("aac", origin_ms, origin_ms + 99_000)
    folder = Path("/nowhere")
    return {
        clip: MediaFacts(folder / f"{clip}.bin", demuxer, origin_ms, picture, sound)
        for clip in clips
        if clip is not None
    }


def overlays(plan: RenderPlan, chunk: Chunk) -> tuple[dict[tuple[int, int], Overlay], list[Overlay]]:
    """A label for every shot and one note."""
    # The overlay's file is named by its first field, whatever that is called.
    labels = {
        (shot.region, shot.clip): Overlay("label.png", shot.rectangle.x, shot.rectangle.y, 0, chunk.frames)
        for shot in chunk.shots
    }
    return labels, [Overlay("note.png", 10, 4, 0, min(60, chunk.frames))]


def commands(plan: RenderPlan, **facts: Any) -> list[Arguments]:
    """Every command of a render."""
    known = facts_of(
        plan, facts.get("demuxer", "mov"), facts.get("origin_ms", 0), facts.get("aspect", Fraction(1))
    )
    made = []
    for chunk in cut_chunks(plan):
        labels, notes = overlays(plan, chunk) if facts.get("labels", True) else ({}, [])
        slates = [f"slate_{n}.png" for n in range(len(chunk.slates))]
        blanks = {n: f"blank_{n}.png" for n in range(len(plan.regions)) if not chunk.is_whole(n)}
        badges: dict[int, list[Overlay]] = {}
        for card in chunk.badges:
            over = Overlay("badge.png", 0, 0, card.start_frame, card.end_frame)
            badges.setdefault(card.region, []).append(over)
        clock = Clock("clock.png", Rectangle(0, 0, 20, 10), 0, 0) if facts.get("labels", True) else None
        drawings = Drawings("canvas.png", slates, blanks, labels, badges, notes, clock)
        made.append(chunk_arguments(plan, chunk, known, drawings, Encoding(), "chunk.mp4"))
    for number, window in enumerate(cut_sound(plan)):
        made.append(window_arguments(window, known, {}, f"sound_{number}.flac"))
    made.append(master_arguments("sounds.txt", plan.duration_ms, "sound.m4a"))
    made.append(join_arguments("chunks.txt", "sound.m4a", "chapters.txt", "/out/out.mp4"))
    return made


def parted(made: list[Arguments]) -> tuple[list[Arguments], list[Arguments], Arguments]:
    """Return the commands of chunks, of sounds, and the join."""
    *others, join = made
    sounds = [arguments for arguments in others if "sound" in arguments[-1]]
    return [arguments for arguments in others if arguments not in sounds], sounds, join


def filters(arguments: Arguments) -> list[str]:
    """Names of the filters of a command's graph."""
    if "-filter_complex" not in arguments:
        return []
    graph = arguments[arguments.index("-filter_complex") + 1]
    links = graph.split(";")
    names = [re.fullmatch(r"(?:\[[^\]]*\])*([a-z0-9_]+)(?:=[^\[]*)?(?:\[[^\]]*\])*", link) for link in links]
    assert all(names), graph
    return [name[1] for name in names if name]


def inputs(arguments: Arguments) -> list[dict[str, str | None]]:
    """Options of each input, by name; its address is "-i"."""
    found = []
    current: dict[str, str | None] = {}
    for number, argument in enumerate(arguments):
        if argument.startswith("-") and not re.fullmatch(r"-[0-9.]+", argument):
            value = arguments[number + 1] if number + 1 < len(arguments) else None
            current[argument] = value
            if argument == "-i":
                found.append(current)
                current = {}
    return found


@given(
    rows=results(),
    layout=st.sampled_from(LAYOUTS_TO_TRY),
    demuxer=st.sampled_from(sorted(DEMUXERS)),
    origin_ms=st.sampled_from([0, 400, 5000, -21]),
    aspect=st.sampled_from([Fraction(1), Fraction(4, 3), Fraction(12, 11)]),
    rate=st.sampled_from([Fraction(15), Fraction(30000, 1001)]),
    labels=st.booleans(),
)
def test_every_filter_of_every_graph_is_on_the_list_and_picture_and_sound_are_apart(
    rows: list[Row],
    layout: LayoutLike,
    demuxer: str,
    origin_ms: int,
    aspect: Fraction,
    rate: Fraction,
    labels: bool,
) -> None:
    """Whatever the lesson: nothing reads a file, and a change of size touches no sound."""
    lesson = lesson_of(*rows)
    if lesson.duration_ms < 200:
        return
    plan = plan_video(lesson, layout=layout, frame_rate=rate)
    made = commands(plan, demuxer=demuxer, origin_ms=origin_ms, aspect=aspect, labels=labels)
    chunks, sounds, join = parted(made)
    for arguments in chunks:
        names = set(filters(arguments))
        assert names <= FILTERS
        assert not {name for name in names if re.match(r"a(?!lphamerge)", name)}
        assert "a:0" not in arguments[arguments.index("-filter_complex") + 1]
        assert not SOUND_OPTIONS & set(arguments)
        assert arguments[-1].startswith("file:")
    for sound in sounds:
        assert set(filters(sound)) <= FILTERS
        assert not {"overlay", "scale", "pad", "fps", "tpad", "setpts", "trim", "format"} & set(
            filters(sound)
        )
        assert "V:0" not in sound[sound.index("-filter_complex") + 1]
    assert filters(join) == []
    assert "copy" in join


def test_the_list_itself_holds_nothing_that_reads_files_or_runs_commands() -> None:
    """Nor text."""
    assert not FORBIDDEN & FILTERS


def strange_lesson() -> tuple[RenderPlan, list[str]]:
    """A lesson full of a stranger's strings, and those strings."""
    user, other, url = STRANGE
    rows = [
        row(CAMERA, user, 0, 40_000) | {"video_url": f"{url}1.mp4", "video_id": "Q7id1"},
        row(CAMERA, other, 500, 9000) | {"video_url": f"{url}2.mp4", "video_id": "Q7id2"},
        row(CAMERA, other, 12_000, 9000) | {"video_url": f"{url}3.mp4", "video_id": "Q7id3"},
        row(BOARD, "", 0, 9000) | {"video_url": f"{url}4.mp4", "video_id": "Q7id4"},
    ]
    return plan_video(lesson_of(*rows)), ["Q7"]


def test_no_string_of_a_result_occurs_in_any_argument() -> None:
    """User ids, urls, ids of files and labels stay out of options, graphs and lists."""
    plan, strings = strange_lesson()
    for arguments in commands(plan):
        for argument in arguments:
            assert not [text for text in strings if text in argument]


@pytest.mark.parametrize("demuxer", sorted(DEMUXERS))
def test_every_input_of_a_stranger_has_a_forced_reader_and_whitelists(demuxer: str) -> None:
    """One protocol, one container, known codecs, a limit on pictures."""
    plan, _ = strange_lesson()
    *made, _, _ = commands(plan, demuxer=demuxer)
    seen = 0
    for arguments in made:
        for options in inputs(arguments):
            address = options["-i"]
            assert address is not None
            assert address.startswith("file:"), address
            if "/nowhere/" not in address:
                assert options["-f"] == "image2"
                assert options["-pattern_type"] == "none"
                continue
            seen += 1
            assert options["-f"] == demuxer
            assert options["-protocol_whitelist"] == "file"
            assert options["-format_whitelist"] == DEMUXERS[demuxer]
            assert int(options["-max_pixels"] or 0) <= 7680 * 4320
            codecs = set((options["-codec_whitelist"] or "").split(","))
            assert {"h264", "aac"} <= codecs
            assert not {"magicyuv", "rawvideo", "mjpeg", "png", "h263", "svg", "librsvg"} & codecs
            assert "-itsoffset" not in options
    assert seen > 5


def test_no_string_of_a_layout_occurs_in_any_argument() -> None:
    """Neither names nor patterns; its colour is written anew from numbers."""
    region = {"name": "Q7];movie=x", "x": 0, "y": 0, "width": 1, "height": 1, "show": ["camera:Q7*", "*"]}
    layout = {"format": "timeline-layout", "version": "1.0", "background": "#AbCdEf", "regions": [region]}
    plan = plan_video(lesson_of(row(CAMERA, "Q7user", 0, 3000)), layout=layout)
    text = " ".join(argument for arguments in commands(plan) for argument in arguments)
    assert "Q7" not in text
    assert "AbCdEf" not in text
    assert "#abcdef" in text


def test_the_join_reads_only_our_own_names() -> None:
    """From one folder, nothing but files."""
    arguments = join_arguments("chunks.txt", "sound.m4a", "chapters.txt", "/out/out.mp4")
    chunk_list, sound, chapters = inputs(arguments)
    assert (chapters["-f"], chapters["-protocol_whitelist"]) == ("ffmetadata", "file")
    assert (chunk_list["-f"], chunk_list["-safe"], chunk_list["-protocol_whitelist"]) == (
        "concat",
        "1",
        "file",
    )
    assert (sound["-f"], sound["-protocol_whitelist"]) == ("mov", "file")
    assert arguments[-1] == "file:/out/out.mp4"


def test_the_length_of_every_output_is_bounded() -> None:
    """Frames of each chunk, seconds and samples of the sound."""
    plan, _ = strange_lesson()
    chunks, sounds, _ = parted(commands(plan))
    for chunk, arguments in zip(cut_chunks(plan), chunks, strict=True):
        assert arguments[arguments.index("-frames:v") + 1] == str(chunk.frames)
    for sound in sounds:
        assert sound[sound.index("-filter_complex") + 1].count(f"atrim=end_sample={40 * 48_000}") >= 1
    assert "40.000000" in sounds[-1][len(sounds[-1]) - sounds[-1][::-1].index("-t") :]


def test_sound_is_mixed_at_constant_level_with_a_limiter_at_the_end() -> None:
    """No input makes another one quieter."""
    plan, _ = strange_lesson()
    *_, window, master, _ = commands(plan)
    graph = window[window.index("-filter_complex") + 1]
    assert "normalize=0" in graph
    assert graph.count("amix") == 1
    assert re.search(r"alimiter=[^;]*level=0", master[master.index("-filter_complex") + 1])
    assert filters(master)[-1] == "alimiter"


def test_a_voice_alone_needs_no_mixer() -> None:
    """But the limiter."""
    *_, window, master, _ = commands(plan_video(lesson_of(row(CAMERA, "amy", 0, 3000))))
    assert "amix" not in filters(window)
    assert filters(master)[-1] == "alimiter"


def test_what_is_encoded_says_nothing_of_its_sources() -> None:
    """No metadata of a stranger's file goes into the output."""
    plan, _ = strange_lesson()
    *pieces, join = commands(plan)
    for arguments in pieces:
        assert arguments[arguments.index("-map_metadata") + 1] == "-1"
    assert join[join.index("-map_metadata:g") + 1] == "-1"


@pytest.mark.slow
def test_a_chunk_of_a_thousand_shots_is_still_a_graph() -> None:
    """A camera that flickers for 30 s must not end in a recursion error."""
    rows = [row(CAMERA, f"u{n % 10}", n // 10 * 180, 180, f"{n}.mp4") for n in range(1100)]
    plan = plan_video(lesson_of(*rows))
    chunks, sounds, _ = parted(commands(plan))
    assert sum(len(inputs(arguments)) for arguments in chunks) > 1100
    assert all(set(filters(sound)) <= FILTERS for sound in sounds)


def test_a_hole_before_the_first_file_is_silence_of_the_right_length() -> None:
    """In samples, exactly."""
    rows = [row(CAMERA, "amy", 1001, 1999), row(CAMERA, "amy", 4003, 997, "b.mp4")]
    *_, sound, _, _ = commands(plan_video(lesson_of(*rows)))
    graph = sound[sound.index("-filter_complex") + 1]
    assert re.search(r"adelay=[^;]*delays=48048S", graph)
    assert f"apad=whole_len={3002 * 48}" in graph


def test_a_file_that_is_not_there_is_in_no_command() -> None:
    """The plan has left it out."""
    rows = [row(CAMERA, "amy", 0, 3000), row(CAMERA, "bo", 0, 3000, "b.mp4")]
    known = {0: KnownFile(True, 3000, 3000), 1: KnownFile(False, 0, 0)}
    plan = plan_video(lesson_of(*rows), files=known)
    assert not [a for arguments in commands(plan) for a in arguments if "/nowhere/1.bin" in a]


def test_what_is_copied_onto_the_canvas_is_copied_in_order() -> None:
    """Threads of one graph would copy the canvas and what belongs onto it side by side."""
    plan = plan_video(lesson_of(row(CAMERA, "amy", 0, 1000)))
    facts = facts_of(plan, "mov", 0, Fraction(1))
    (chunk,) = cut_chunks(plan)
    made = chunk_arguments(plan, chunk, facts, Drawings("canvas.png"), Encoding(), "a.mp4")
    still = still_arguments(plan, chunk, facts, Drawings("canvas.png"), "a.png")
    for arguments in (made, still):
        assert "xstack" in filters(arguments)
        assert arguments[:2] == ["-filter_complex_threads", "1"]
