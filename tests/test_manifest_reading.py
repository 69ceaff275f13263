"""A manifest is read back to the very lesson, and a stranger's one is refused with the name of the field."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests import oracle, test_operations
from tests.builders import START_S, Row, board, lesson, result_rows, roster, row
from tests.test_manifest import GOLDEN, SAMPLES, SCHEMA, valid
from timeline.errors import ManifestError, ParameterError, ResultFileError, ResultFormatError, TimelineError
from timeline.export.manifest import manifest_text, to_manifest, write_manifest
from timeline.findings import finding
from timeline.journal import read_journal
from timeline.manifest.names import KNOWN, named_objects
from timeline.manifest.reading import MAX_DURATION_MS, read_manifest, read_manifest_text
from timeline.model import Timeline
from timeline.pauses import PauseRules

Json = dict[str, Any]

LESSONS = [
    path.name for path in sorted(SAMPLES.iterdir()) if path.suffix == ".json" and "started" not in path.name
]
TASKS = {"tiw_record_search.json": "task-one"}


def sample(name: str) -> Timeline:
    """Return the lesson of a sample result."""
    return timeline.load(SAMPLES / name, task=TASKS.get(name))


def renumbered(read: Timeline) -> Timeline:
    """The lesson with its files numbered as they appear: their order in a result's list says nothing."""
    numbers: dict[int, int] = {}
    tracks = []
    for track in read.tracks:
        clips = [
            clip._replace(
                media=clip.media._replace(position=numbers.setdefault(clip.media.position, len(numbers)))
            )
            for clip in track.clips
        ]
        tracks.append(dataclasses.replace(track, clips=tuple(clips)))
    return dataclasses.replace(read, tracks=tuple(tracks))


def comes_back(read: Timeline) -> bool:
    """Return whether a lesson is the same after its manifest was written and read, and so is the manifest."""
    text = manifest_text(read)
    back = read_manifest_text(text)
    wanted = renumbered(read)
    return back == wanted and hash(back) == hash(wanted) and manifest_text(back) == text


def changed(change: Callable[[Json], object]) -> Json:
    """Return the golden manifest after a change."""
    document: Json = copy.deepcopy(GOLDEN)
    change(document)
    return document


def refused(document: object) -> ManifestError:
    """Return the error with which parsed JSON is refused, as a manifest and as a text to load."""
    with pytest.raises(ManifestError) as caught:
        timeline.loads(json.dumps(document))
    with pytest.raises(ManifestError, match=re.escape(str(caught.value))):
        read_manifest_text(json.dumps(document))
    assert "\n" not in str(caught.value)
    return caught.value


# --- the way back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LESSONS, "lesson"])
def test_every_sample_comes_back(name: str) -> None:
    """Of every dialect, whole."""
    assert comes_back(sample(name))


@pytest.mark.parametrize("name", [*LESSONS, "lesson"])
def test_parts_of_every_sample_come_back(name: str) -> None:
    """Cropped at both ends, moved, and with one kind of stream only."""
    read = sample(name)
    third_ms = read.duration_ms // 3

    assert comes_back(read.crop(third_ms, 2 * third_ms))
    assert comes_back(read.shift(1234))
    assert comes_back(read.shift(1234).crop(1234, read.duration_ms))
    assert comes_back(read.select(kinds=["camera"]))
    assert comes_back(read.select(tracks=[]))


@given(test_operations.cases())
def test_random_lessons_come_back(case: tuple[list[Row], Timeline]) -> None:
    """With pauses that are declared, inferred, of unknown length or nowhere, and with overlaps."""
    assert comes_back(case[1])


@given(test_operations.LESSONS, st.data())
def test_random_parts_come_back(read: Timeline, data: st.DataObject) -> None:
    """Cropped, shifted and selected."""
    start_ms, end_ms = data.draw(test_operations.windows(read))
    part = read.crop(start_ms, end_ms).shift(data.draw(test_operations.SHIFTS_MS))

    assert comes_back(part)
    assert comes_back(part.select(**data.draw(test_operations.selections(read))))


@given(result_rows(), st.integers(0, 90), st.sampled_from([-1000, 0, 1, 60_500]))
def test_lessons_with_an_anchor_come_back(rows: list[Row], surplus_s: int, late_ms: int) -> None:
    """The wall clock is exact, and may contradict the stamps."""
    end_ms = oracle.duration_ms(rows)
    document = {
        "room_id": 1,
        "start_time": START_S,
        "stop_time": START_S + end_ms // 1000 + surplus_s,
        "total_time": end_ms,
        "video_info": rows,
    }
    read = timeline.loads(json.dumps(document), wall_origin_ms=START_S * 1000 + late_ms)

    assert comes_back(read)
    assert comes_back(read.crop(0, max(1, read.duration_ms // 2)))


def test_a_lesson_with_a_journal_comes_back() -> None:
    """Its pauses are known by our own calls."""
    journal = read_journal(SAMPLES / "guide_example_journal.jsonl")
    read = timeline.load(SAMPLES / "guide_example.json", journal=journal)

    assert read.pauses[0].source == "journal"
    assert comes_back(read)


def test_a_lesson_with_other_rules_comes_back() -> None:
    """The wall clock says how far it can be trusted."""
    rules = PauseRules(surplus_tolerance_ms=3000)

    assert comes_back(timeline.load(SAMPLES / "guide_example.json", pause_rules=rules))


@pytest.mark.parametrize(
    "name", ["guide_example.json", "guide_query_response.json", "tiw_online_record.json"]
)
def test_two_stamps_need_no_clock_of_the_recording(name: str) -> None:
    """What players read gives the usual wall clock back, also where wall time is missing somewhere."""
    read = sample(name)

    assert read.wall is not None
    assert "recording" not in to_manifest(read)
    assert "recording" in to_manifest(read.crop(1, read.duration_ms))


def test_a_lesson_with_everything_comes_back() -> None:
    """Names, roles, sizes, unknown kinds, findings, and strings of all sorts."""
    read = lesson(
        row("张:三 \u202e\u001b[2J", video_url="http://h/ä b.mp4?sign=%2F&x='\"<"),
        row("amy", 3000, video_format="webm", width=640, height=360),
        *(row("", 5000), row("bo", 0, 0), row("cy", video_type=9), row("dan", video_url="")),
        *(row("m", kind="mixed"), row("eve", 2**29, kind="audio"), board()),
        roster=roster(amy="teacher", dan="observer"),
        room_id=None,
    )

    assert read.findings
    assert comes_back(read)


def test_what_plays_is_the_same_after_the_way_back() -> None:
    """Also wall times at every instant."""
    read = renumbered(sample("guide_example.json").crop(100_000, 1_000_000))
    back = read_manifest(to_manifest(read))

    for at_ms in range(0, 900_000, 7_777):
        assert back.at(at_ms) == read.at(at_ms)
        assert back.to_wall_ms(at_ms) == read.to_wall_ms(at_ms)
        assert back.wall_range_ms(at_ms) == read.wall_range_ms(at_ms)


# --- where it is read from -------------------------------------------------------------------------------


def test_a_manifest_is_read_from_anywhere(tmp_path: Path) -> None:
    """A path, an open file of bytes or of text, bytes, text, and parsed JSON."""
    read = renumbered(sample("guide_example.json"))
    path = tmp_path / "lesson.json"
    write_manifest(read, path)
    text = path.read_text(encoding="utf-8")

    assert read_manifest(path) == read_manifest(str(path)) == read
    with path.open("rb") as file:
        assert read_manifest(file) == read
    assert read_manifest(io.StringIO(text)) == read
    assert read_manifest_text(text) == read_manifest_text(text.encode()) == read
    assert read_manifest(json.loads(text)) == read
    assert timeline.load(path) == timeline.loads(text) == read


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As for a result."""
    with pytest.raises(ResultFileError, match="no such file"):
        read_manifest(tmp_path / "gone.json")


def test_local_files_are_facts_of_another_place(tmp_path: Path) -> None:
    """``src`` and ``src_status`` are not kept: who reads a manifest looks for files anew."""
    path = tmp_path / "lesson.json"
    write_manifest(sample("lesson"), path, media=SAMPLES / "lesson" / "media")

    assert '"src"' in path.read_text(encoding="utf-8")
    assert '"src"' not in manifest_text(read_manifest(path))
    assert read_manifest(path) == renumbered(sample("lesson"))


def test_a_roster_gives_names_to_a_manifest() -> None:
    """The teacher comes first, as in a lesson from a result; who is not in it stays."""
    read = lesson(row("amy"), row("bo"))

    again = timeline.loads(manifest_text(read), roster=roster(bo="teacher"))

    assert [(track.label, track.role) for track in again.tracks] == [("Bo", "teacher"), ("amy", None)]
    assert again == lesson(row("amy"), row("bo"), roster=roster(bo="teacher"))


@pytest.mark.parametrize(
    "options",
    [{"task": "1"}, {"wall_origin_ms": 0}, {"pause_rules": PauseRules(cut_tolerance_ms=1)}],
    ids=lambda options: next(iter(options)),
)
def test_what_only_a_result_takes_is_refused(options: Json) -> None:
    """A manifest says it already."""
    with pytest.raises(ParameterError, match="only a result takes that"):
        timeline.loads(json.dumps(GOLDEN), **options)


# --- manifests of others ---------------------------------------------------------------------------------

OPTIONAL = ["index", "media_duration_ms", "size_bytes", "width_px", "height_px"]


def test_a_manifest_without_optional_fields_is_read() -> None:
    """As version 0.1 wrote it: files are counted, and are as long as what plays of them."""

    def bare(document: Json) -> None:
        for segment in document["tracks"][0]["segments"]:
            for name in OPTIONAL:
                segment.pop(name, None)

    read = read_manifest(changed(bare))
    whole = read_manifest(GOLDEN)

    assert [clip.media.position for clip in read.tracks[0].clips] == [0, 1]
    assert [clip.media.duration_ms for clip in read.tracks[0].clips] == [900_000, 300_000]
    assert (read.wall, read.pauses, read.duration_ms) == (whole.wall, whole.pauses, whole.duration_ms)


def test_files_without_an_index_get_those_that_are_free() -> None:
    """Two files never share one."""
    read = read_manifest(changed(lambda d: d["tracks"][0]["segments"][0].update(index=1)))

    assert [clip.media.position for clip in read.tracks[0].clips] == [1, 0]


def test_a_file_that_appears_again_is_known_by_its_index() -> None:
    """Two clips of one file stay so, and its length is that of the whole."""
    (file,) = lesson(row("amy")).tracks[0].clips
    whole = lesson(row("amy"), row("bo"))
    later = file._replace(start_ms=file.start_ms + 100, media_start_ms=file.media_start_ms + 100)
    tracks = (
        dataclasses.replace(whole.tracks[0], clips=(file,)),
        dataclasses.replace(whole.tracks[1], clips=(later,)),
    )
    document = to_manifest(dataclasses.replace(whole, tracks=tracks))
    clips = [s for t in document["tracks"] for s in t["segments"] if s["type"] == "clip"]

    assert [clip.get("index") for clip in clips] == [None, 0]
    back = read_manifest(document)
    assert back.tracks[0].clips[0].media is not None
    assert back.tracks[0].clips[0].media == back.tracks[1].clips[0].media == file.media


def test_whole_numbers_may_be_spelt_with_a_point() -> None:
    """JSON knows one kind of number; 5.0 is 5, as in the schema."""
    document = changed(lambda d: d.update(duration_ms=1440000.0))

    assert read_manifest(document) == read_manifest(GOLDEN)
    assert type(read_manifest(document).duration_ms) is int


@pytest.mark.parametrize("name", ["generator", "audio_tracks", "scenes", "sections"])
def test_what_is_derived_is_not_read(name: str) -> None:
    """It is made anew, so it may even be missing."""
    assert to_manifest(read_manifest(changed(lambda d: d.pop(name)))) == GOLDEN


# --- unknown fields --------------------------------------------------------------------------------------

UNKNOWN: Json = {"x-mine": {"a": [1, 2.5, None, True, "张"]}, "later": 10**30}


def with_unknown_everywhere(read: Timeline) -> Json:
    """Return a manifest with unknown fields in every object."""
    document = to_manifest(read)
    for number, (_, item) in enumerate(list(named_objects(document))):
        item.update(UNKNOWN, number=number)
    return document


@pytest.mark.parametrize("name", [*LESSONS, "lesson"])
def test_unknown_fields_are_written_again_where_they_stood(name: str) -> None:
    """In every object of every sample, whether they begin with ``x-`` or not."""
    document = with_unknown_everywhere(sample(name))

    assert to_manifest(read_manifest(document)) == document
    assert read_manifest(document) != sample(name)


def test_unknown_fields_stand_in_every_kind_of_object() -> None:
    """The test above meets them all."""
    part = sample("guide_example.json").crop(1, 1_300_000)
    document = to_manifest(part) | {"findings": to_manifest(lesson(row("amy"), row("bo", 0, 0)))["findings"]}
    names = [name for name, _ in named_objects(document)]

    assert {name[0] for name in names} == set(KNOWN)
    assert len(set(names)) == len(names)


@given(test_operations.LESSONS)
def test_unknown_fields_of_random_lessons_are_kept(read: Timeline) -> None:
    """Of pauses at one instant and of findings that say the same, too."""
    document = with_unknown_everywhere(read)

    assert to_manifest(read_manifest(document)) == document


def test_a_lesson_with_unknown_fields_is_a_value() -> None:
    """Equal, hashed and pickled like any other."""
    document = with_unknown_everywhere(sample("guide_example.json"))
    one, two = read_manifest(document), read_manifest(copy.deepcopy(document))

    assert one == two
    assert hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one


def test_a_part_keeps_the_unknown_fields_of_what_is_whole_in_it() -> None:
    """A clip that is cut is another one; the rest moves along."""
    document = changed(lambda d: None)
    document["x-top"] = 1
    document["tracks"][0]["x-track"] = 2
    for number, segment in enumerate(document["tracks"][0]["segments"]):
        segment["x-number"] = number
    document["pauses"][0]["x-why"] = "break"

    part = to_manifest(read_manifest(document).crop(600_000, 1_440_000))

    assert part["x-top"] == 1
    assert part["tracks"][0]["x-track"] == 2
    assert [s.get("x-number") for s in part["tracks"][0]["segments"]] == [None, 1, 2]
    assert part["pauses"][0] | {"x-why": "break"} == part["pauses"][0]
    assert "x-track" not in json.dumps(to_manifest(read_manifest(document).select(tracks=[])))


def test_the_known_names_are_those_of_the_schema() -> None:
    """A field of the schema is never taken for an unknown one."""
    objects = {"": SCHEMA} | {part: SCHEMA["$defs"][part] for part in KNOWN if part}

    assert {part: frozenset(schema["properties"]) for part, schema in objects.items()} == KNOWN


@pytest.mark.parametrize("value", ["1e999", '"\\ud800"', '["\\udfff"]'])
def test_what_json_cannot_write_is_refused_in_unknown_fields_too(value: str) -> None:
    """It could not be kept."""
    text = json.dumps(GOLDEN)[:-1] + f', "x-mine": {value}}}'

    with pytest.raises(ManifestError, match="unknown fields of the manifest \\('x-mine'\\)"):
        read_manifest_text(text)


def test_a_number_that_cannot_be_kept_is_refused() -> None:
    """Others of any length are."""
    text = json.dumps(GOLDEN)[:-1] + ', "x-mine": %s}'

    assert json.loads(manifest_text(read_manifest_text(text % ("9" * 4000))))["x-mine"] == 10**4000 - 1
    with pytest.raises(ResultFormatError, match="thousands of digits"):
        read_manifest_text(text % ("9" * 5000))


# --- versions --------------------------------------------------------------------------------------------


def test_a_later_minor_version_is_read_and_kept() -> None:
    """With the fields that it brought."""
    document = changed(lambda d: d.update(version="1.7", later=[1]))
    document["tracks"][0]["segments"][0]["codec"] = "av1"

    assert read_manifest(document).at(0) == read_manifest(GOLDEN).at(0)
    assert to_manifest(read_manifest(document)) == document


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0"])
def test_another_major_version_is_refused(version: str) -> None:
    """With what to do."""
    error = refused(changed(lambda d: d.update(version=version)))

    assert (error.code, error.pointer) == ("manifest_version", "/version")
    assert str(error) == (
        f"/version: the manifest is of version {version}, and 1.x is read here; "
        "use a newer class-timeline, or write the manifest again from the result"
    )


# --- what is refused -------------------------------------------------------------------------------------


def track(document: Json) -> Json:
    """Return the only track of a document."""
    first: Json = document["tracks"][0]
    return first


def clip(document: Json) -> Json:
    """Return the first clip of a document."""
    first: Json = track(document)["segments"][0]
    return first


SEGMENT = "/tracks/0/segments/0"
REFUSED: list[tuple[str, Callable[[Json], object]]] = [
    ("/version", lambda d: d.update(version=1.0)),
    ("/version", lambda d: d.update(version="1")),
    ("/version", lambda d: d.update(version="1.0\n")),
    ("/version", lambda d: d.update(version="1." + "9" * 5000)),
    ("/duration_ms", lambda d: d.pop("duration_ms")),
    ("/duration_ms", lambda d: d.update(duration_ms=0)),
    ("/duration_ms", lambda d: d.update(duration_ms=MAX_DURATION_MS + 1)),
    ("/duration_ms", lambda d: d.update(duration_ms="1440000")),
    ("/duration_ms", lambda d: d.update(duration_ms=True)),
    ("/duration_ms", lambda d: d.update(duration_ms=1.5)),
    ("/duration_ms", lambda d: d.update(duration_ms=10**4000)),
    ("/duration_ms", lambda d: d.update(duration_ms=None)),
    ("/room_id", lambda d: d.update(room_id=1234)),
    ("/room_id", lambda d: d.update(room_id="\x00")),
    ("/room_id", lambda d: d.pop("room_id")),
    ("/task_id", lambda d: d.update(task_id="\ud800")),
    ("/task_id", lambda d: d.update(task_id="x" * 1025)),
    ("/wall", lambda d: d.update(wall=7)),
    ("/wall", lambda d: d.pop("wall")),
    ("/wall/start_unix_ms", lambda d: d["wall"].pop("start_unix_ms")),
    ("/wall/stop_unix_ms", lambda d: d["wall"].update(stop_unix_ms=1)),
    ("/wall/uncertainty_ms", lambda d: d["wall"].update(uncertainty_ms=-1)),
    ("/recording", lambda d: d.update(recording=[])),
    ("/recording/start_unix_ms", lambda d: d.update(recording={})),
    ("/tracks", lambda d: d.update(tracks={})),
    ("/tracks/0", lambda d: d.update(tracks=[None])),
    ("/tracks/1/id", lambda d: d["tracks"].append(track(d))),
    ("/tracks/0/id", lambda d: track(d).update(id=None)),
    ("/tracks/0/kind", lambda d: track(d).update(kind="cam")),
    ("/tracks/0/kind", lambda d: track(d).update(kind="camera\n")),
    ("/tracks/0/kind", lambda d: track(d).update(kind="other" + "9" * 5000)),
    ("/tracks/0/kind", lambda d: track(d).update(kind="other٣")),
    ("/tracks/0/label", lambda d: track(d).update(label=["x"])),
    ("/tracks/0/role", lambda d: track(d).update(role="boss")),
    ("/tracks/0/user_id", lambda d: track(d).pop("user_id")),
    ("/tracks/0/segments", lambda d: track(d).pop("segments")),
    (f"{SEGMENT}/type", lambda d: clip(d).update(type="slate")),
    (f"{SEGMENT}/type", lambda d: clip(d).update(type=[])),
    (f"{SEGMENT}/start_ms", lambda d: clip(d).update(start_ms=-1)),
    (f"{SEGMENT}/end_ms", lambda d: clip(d).update(end_ms=0)),
    (f"{SEGMENT}/end_ms", lambda d: clip(d).update(end_ms=1_440_001)),
    ("/tracks/0/segments/1/start_ms", lambda d: clip(d).update(end_ms=900_001)),
    ("/tracks/0/segments/2/start_ms", lambda d: track(d)["segments"].reverse()),
    (f"{SEGMENT}/media_start_ms", lambda d: clip(d).update(media_start_ms=None)),
    (f"{SEGMENT}/url", lambda d: clip(d).update(url={})),
    (f"{SEGMENT}/url", lambda d: clip(d).update(url="x" * 4097)),
    (f"{SEGMENT}/mime", lambda d: clip(d).update(mime=None)),
    (f"{SEGMENT}/video_id", lambda d: clip(d).update(video_id=7)),
    (f"{SEGMENT}/index", lambda d: clip(d).update(index=10**10)),
    ("/tracks/0/segments/1/index", lambda d: [c.update(index=3) for c in d["tracks"][0]["segments"][:2]]),
    (f"{SEGMENT}/size_bytes", lambda d: clip(d).update(size_bytes="big")),
    (f"{SEGMENT}/width_px", lambda d: clip(d).update(width_px=0.5)),
    ("/pauses/0/at_ms", lambda d: d["pauses"][0].update(at_ms=1_440_001)),
    ("/pauses/1/at_ms", lambda d: d["pauses"].append(d["pauses"][0] | {"at_ms": 1})),
    ("/pauses/0/duration_ms", lambda d: d["pauses"][0].update(duration_ms=1)),
    ("/pauses/0/duration_range_ms", lambda d: d["pauses"][0].update(duration_range_ms=[1])),
    ("/pauses/0/duration_range_ms/1", lambda d: d["pauses"][0].update(duration_range_ms=[2, 1])),
    ("/pauses/0/source", lambda d: d["pauses"][0].update(source="guess")),
    ("/findings/0/severity", lambda d: d.update(findings=[{"code": "x", "severity": "fatal"}])),
    ("/findings/0/code", lambda d: d.update(findings=[{"code": "X"}])),
]


@pytest.mark.parametrize(
    ("pointer", "change"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_odd_is_refused_with_its_place(pointer: str, change: Callable[[Json], object]) -> None:
    """One line that begins with the field, and says what was expected."""
    error = refused(changed(change))

    assert error.pointer == pointer
    assert str(error).startswith(f"{pointer}: ")
    assert len(str(error)) < 250


@pytest.mark.parametrize("document", [None, [], 7, "x", {}, {"format": "timeline-media"}, {"format": ["x"]}])
def test_what_is_no_manifest_is_refused(document: object) -> None:
    """With what was expected."""
    with pytest.raises(ManifestError, match='expected an object with "format": "timeline-sync"') as caught:
        read_manifest_text(json.dumps(document))

    assert caught.value.code == "not_a_manifest"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ('{"format":"timeline-sync"', "not_json"),
        ('{"format":"timeline-sync","format":"timeline-sync"}', "duplicate_key"),
        ('{"format":"timeline-sync","duration_ms":NaN}', "not_json"),
        ('{"format":"timeline-sync","x-mine":' + "[" * 40 + "]" * 40 + "}", "too_deep"),
    ],
)
def test_what_is_no_strict_json_is_refused(text: str, code: str) -> None:
    """As for a result."""
    for read in (read_manifest_text, timeline.loads):
        with pytest.raises(ResultFormatError) as caught:
            read(text)
        assert caught.value.code == code


def test_size_and_number_of_clips_are_limited() -> None:
    """As for a result."""
    text = json.dumps(GOLDEN)

    with pytest.raises(ResultFormatError, match="at most 100 are read"):
        read_manifest_text(text, max_bytes=100)
    with pytest.raises(ResultFormatError, match="/tracks: 2 rows; at most 1 are read"):
        timeline.loads(text, max_rows=1)


ITEMS: list[tuple[list[str | int], Json]] = [
    ([], GOLDEN),
    (["wall"], GOLDEN["wall"]),
    (["tracks", 0], GOLDEN["tracks"][0]),
    (["tracks", 0, "segments", 0], GOLDEN["tracks"][0]["segments"][0]),
    (["tracks", 0, "segments", 2], GOLDEN["tracks"][0]["segments"][2]),
    (["pauses", 0], GOLDEN["pauses"][0]),
    (["scenes", 0], GOLDEN["scenes"][0]),
    (["sections", 0], GOLDEN["sections"][0]),
]
PLACES: list[list[str | int]] = [[*path, key] for path, item in ITEMS for key in (*item, "recording")]
ODD_VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["1.0", "camera", "\ud800", 2**53, -1, 10**400, [], {}, [{}], [[]], {"type": "clip"}])
    | st.lists(st.integers() | st.text() | st.just({}), max_size=3)
)


@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD_VALUES), min_size=1, max_size=3))
def test_a_strangers_manifest_is_read_or_refused(changes: list[tuple[list[Any], Any]]) -> None:
    """Never a traceback; what is read can be written again and read once more."""
    document: Any = copy.deepcopy(GOLDEN)
    for path, value in changes:
        item = document
        for step in path[:-1]:
            item = _inside(item, step)
        if isinstance(item, dict):
            item[path[-1]] = value
    try:
        read = read_manifest(document)
    except TimelineError:
        return

    # Unknown fields of a section or scene that is derived otherwise have no place when it is written.
    again = read_manifest_text(manifest_text(read))
    assert dataclasses.replace(again, extra=read.extra) == read
    assert manifest_text(again) == manifest_text(read)


def _inside(item: Any, step: Any) -> Any:
    """Return what *item* holds at *step*; something empty where it holds nothing there any more."""
    try:
        return item[step]
    except (LookupError, TypeError):
        return {}


def test_a_finding_of_a_later_version_is_kept() -> None:
    """Whatever its code."""
    later = {"code": "board_empty", "severity": "info", "message": "x", "at_ms": 5, "where": None}
    read = read_manifest(changed(lambda d: d.update(findings=[later])))

    assert valid(to_manifest(read))["findings"] == [later]
    assert read.findings[0] != finding("url_missing", "x")
