"""The sync manifest: the contract with every player."""

from __future__ import annotations

import dataclasses
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

import timeline
from tests.builders import Row, board, lesson, result_rows, roster, row
from timeline.errors import DiskError, MediaNotFoundError, OutputExistsError, ParameterError
from timeline.export import manifest as manifest_module
from timeline.export.manifest import manifest_text, to_listing, to_manifest, write_manifest
from timeline.export.manifest_schema import SCHEMA_PATH
from timeline.model import Timeline

SAMPLES = Path(__file__).parent.parent / "sample_results"
SCHEMA: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

URL = "http://1253488539.vod2.myqcloud.com"
GOLDEN: dict[str, Any] = {
    "format": "timeline-sync",
    "version": "1.0",
    "generator": f"timeline {timeline.__version__}",
    "room_id": "1234",
    "task_id": None,
    "duration_ms": 1440000,
    "wall": {"start_unix_ms": 1558613140000, "stop_unix_ms": 1558614640000, "uncertainty_ms": 7000},
    "audio_tracks": ["camera:ios_test1"],
    "tracks": [
        {
            "id": "camera:ios_test1",
            "kind": "camera",
            "user_id": "ios_test1",
            "label": "ios_test1",
            "role": None,
            "segments": [
                {
                    "type": "clip",
                    "start_ms": 0,
                    "end_ms": 900000,
                    "media_start_ms": 0,
                    "url": f"{URL}/oM86K7X3Ig8b.mp4",
                    "mime": "video/mp4",
                    "video_id": "5285890781570653827",
                    "size_bytes": 13151,
                },
                {
                    "type": "clip",
                    "start_ms": 900000,
                    "end_ms": 1200000,
                    "media_start_ms": 0,
                    "url": f"{URL}/oM86K7X3Ig63.mp4",
                    "mime": "video/mp4",
                    "video_id": "5285890781570653841",
                    "size_bytes": 13151,
                },
                {"type": "gap", "start_ms": 1200000, "end_ms": 1440000, "kind": "early_end"},
            ],
        }
    ],
    "pauses": [
        {"at_ms": 900000, "duration_ms": 60000, "duration_range_ms": [53000, 61000], "source": "inferred"}
    ],
    "sections": [
        {"start_ms": 0, "end_ms": 900000, "title": "Part 1"},
        {"start_ms": 900000, "end_ms": 1440000, "title": "Part 2"},
    ],
    "scenes": [
        {"start_ms": 0, "end_ms": 900000, "tracks": ["camera:ios_test1"]},
        {"start_ms": 900000, "end_ms": 1200000, "tracks": ["camera:ios_test1"]},
        {"start_ms": 1200000, "end_ms": 1440000, "tracks": []},
    ],
    "findings": [],
}


def valid(document: Any) -> Any:
    """Return *document*, which the shipped schema accepts."""
    VALIDATOR.validate(document)
    return document


def one_user_one_pause() -> Timeline:
    """Return the guide's example with the tracks of one user only."""
    guide = timeline.load(SAMPLES / "guide_example.json")
    return dataclasses.replace(guide, tracks=(guide.track("camera:ios_test1"),))


def test_a_lesson_of_one_user_with_one_pause() -> None:
    """Every byte of a manifest, in the order of the contract."""
    assert json.loads(manifest_text(one_user_one_pause())) == GOLDEN
    assert json.dumps(to_manifest(one_user_one_pause())) == json.dumps(GOLDEN)


def test_the_schema_is_a_schema() -> None:
    """It is valid JSON Schema 2020-12 itself, and the golden manifest fits."""
    Draft202012Validator.check_schema(SCHEMA)
    valid(GOLDEN)


@pytest.mark.parametrize(
    "path",
    [
        SAMPLES / "guide_example.json",
        SAMPLES / "guide_query_response.json",
        SAMPLES / "guide_callback_record_finished.json",
        SAMPLES / "lesson",
    ],
    ids=lambda path: path.name,
)
def test_manifests_of_the_samples_are_valid(path: Path) -> None:
    """The shipped schema accepts them."""
    valid(to_manifest(timeline.load(path)))


def test_manifests_of_odd_lessons_are_valid() -> None:
    """Also without wall clock, room, url and user, and with findings, a roster and an unknown kind."""
    read = lesson(
        *(row("amy"), row("", 5000), row("bo", 0, 0), row("cy", video_type=9), row("dan", video_url="")),
        *(row("m", kind="mixed"), row("eve", 2**29, kind="audio")),
        *(row("amy", 3000, video_format="webm"), board()),
        roster=roster(amy="teacher", dan="observer"),
        room_id=None,
        stop_time=None,
        omitted_duration=[{"video_time": 5000, "pause_time": 1_529_908_758, "resume_time": 1_529_908_800}],
    )

    valid(to_manifest(read))


@given(result_rows())
def test_manifests_of_random_lessons_are_valid(rows: list[Row]) -> None:
    """The shipped schema accepts them."""
    valid(to_manifest(lesson(*rows, surplus_s=30)))


@given(result_rows())
def test_the_segments_of_a_track_tile_the_lesson(rows: list[Row]) -> None:
    """Sorted, none empty, no hole, no overlap, no two gaps side by side."""
    document = to_manifest(lesson(*rows))

    for track in document["tracks"]:
        segments = track["segments"]
        starts, ends = [s["start_ms"] for s in segments], [s["end_ms"] for s in segments]
        assert [0, *ends] == [*starts, document["duration_ms"]]
        assert all(start < end for start, end in zip(starts, ends, strict=True))
        assert not any(a["type"] == b["type"] == "gap" for a, b in pairwise(segments))


@given(result_rows())
def test_a_manifest_points_only_into_itself(rows: list[Row]) -> None:
    """Scenes and sound name tracks that are there; scenes say what the segments say."""
    document = to_manifest(lesson(*rows))
    clips = {
        track["id"]: [s for s in track["segments"] if s["type"] == "clip"] for track in document["tracks"]
    }

    assert set(document["audio_tracks"]) <= set(clips)
    for scene in document["scenes"]:
        assert scene["tracks"] == [
            name
            for name, segments in clips.items()
            if any(s["start_ms"] <= scene["start_ms"] and scene["end_ms"] <= s["end_ms"] for s in segments)
        ]


def test_urls_and_ids_are_written_as_they_came() -> None:
    """Whatever they hold; nothing is quoted, resolved or cut."""
    url, user = "http://h/ä b.mp4?sign=%2F&x='\"<", "张:三 \u202e\u001b[2J"
    document = to_manifest(lesson(row(user, video_url=url)))

    assert document["tracks"][0]["segments"][0]["url"] == url
    assert (document["tracks"][0]["user_id"], document["tracks"][0]["id"]) == (user, f"camera:{user}")
    assert json.loads(manifest_text(lesson(row(user, video_url=url)))) == document


def test_a_listing_holds_clips_and_gaps_apart() -> None:
    """What ``show --json`` prints has the fields of the contract, objects as in the manifest."""
    read = one_user_one_pause()
    listing = to_listing(read)

    assert list(listing) == [
        *("room_id", "task_id", "duration_ms", "wall", "tracks", "pauses", "sections", "scenes", "findings")
    ]
    assert listing["tracks"][0]["gaps"] == [{"start_ms": 1200000, "end_ms": 1440000, "kind": "early_end"}]
    clip = listing["tracks"][0]["clips"][0]
    assert {"start_ms", "end_ms", "media_start_ms", "url", "video_id"} <= set(clip)
    for name in ("wall", "pauses", "sections", "scenes", "findings"):
        assert listing[name] == GOLDEN[name]


def test_a_finding_is_written_with_its_place() -> None:
    """Code, gravity in words, message, time and pointer; null where there is none."""
    read = lesson(row("amy"), row("bo", 700, 0), row("cy", video_type=True))

    assert [
        (item["code"], item["severity"], item["at_ms"], item["where"])
        for item in valid(to_manifest(read))["findings"]
    ] == [
        ("row_unusable", "error", None, "/video_info/2/video_type"),
        ("duration_not_positive", "warning", 700, "/video_info/1"),
    ]


# --- local files -----------------------------------------------------------------------------------------


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with three files: one by its url, one by its id, one of nobody."""
    folder = tmp_path / "class" / "media"
    folder.mkdir(parents=True)
    for name in ("by url.mp4", "id-7.webm", "other.mp4"):
        (folder / name).write_bytes(b"x")
    return folder


def sources(rows: list[Row], target: Path, media: Path) -> list[tuple[str | None, str]]:
    """Return (src, src_status) of each row's clip in a manifest written to *target*."""
    write_manifest(lesson(*rows), target, media=media)
    document = valid(json.loads(target.read_text(encoding="utf-8")))
    clips = [s for track in document["tracks"] for s in track["segments"] if s["type"] == "clip"]
    found = {clip["url"]: (clip["src"], clip["src_status"]) for clip in clips}
    return [found[one["video_url"]] for one in rows]


def test_local_files_are_found_by_url_and_then_by_id(media: Path, tmp_path: Path) -> None:
    """``src`` is relative to the folder of the manifest; the url stays."""
    rows = [
        row("amy", 0, video_url="http://h/x/by%20url.mp4?sign=1"),
        row("bo", 0, video_url="http://h/gone.webm", video_id="id-7"),
        row("cy", 0, video_url="http://h/missing.mp4", video_id="9"),
    ]

    assert sources(rows, tmp_path / "class" / "lesson.json", media) == [
        ("media/by url.mp4", "local"),
        ("media/id-7.webm", "local"),
        (None, "missing"),
    ]
    assert sources(rows, tmp_path / "lesson.json", media)[0] == ("class/media/by url.mp4", "local")
    assert sources(rows, media / "lesson.json", media)[0] == ("by url.mp4", "local")


@pytest.mark.parametrize(
    "url",
    [
        "http://h/../../etc/passwd",
        "file:///etc/passwd",
        "http://h/..",
        "http://h/",
        "http://h/%2e%2e%2fsecret.mp4",
        "http://h/..%5csecret.mp4",
        "http://[",
        "/etc/passwd",
    ],
)
def test_no_url_leads_out_of_the_folder(url: str, media: Path, tmp_path: Path) -> None:
    """Names of a result are compared with what the folder holds, never made into a path."""
    (media.parent / "secret.mp4").write_bytes(b"x")

    assert sources([row("amy", video_url=url)], tmp_path / "lesson.json", media) == [(None, "missing")]


def test_without_media_there_is_no_src() -> None:
    """Only a manifest made with media says what is local."""
    segments = to_manifest(lesson(row("amy")))["tracks"][0]["segments"]

    assert not {"src", "src_status"} & set(segments[0])


def test_media_must_be_a_folder(tmp_path: Path) -> None:
    """A folder that is not there is named, and nothing is written."""
    with pytest.raises(MediaNotFoundError, match="no such folder"):
        write_manifest(lesson(row("amy")), tmp_path / "lesson.json", media=tmp_path / "nowhere")

    assert list(tmp_path.iterdir()) == []


def test_writing_replaces_only_on_demand(tmp_path: Path) -> None:
    """A file that is there stays as it was where it may not be replaced."""
    path = tmp_path / "lesson.json"
    path.write_text("mine")

    with pytest.raises(OutputExistsError, match="exists already"):
        write_manifest(lesson(row("amy")), path, overwrite=False)

    assert path.read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["lesson.json"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is a typed error; the old file is whole and no part lies around."""
    path = tmp_path / "lesson.json"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(DiskError, match="free some space"):
        write_manifest(lesson(row("amy")), path)

    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["lesson.json"]


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    """Nor is a file in a folder that does not exist."""
    with pytest.raises(ParameterError, match="is a folder"):
        write_manifest(lesson(row("amy")), tmp_path)
    with pytest.raises(ParameterError, match="its folder does not exist"):
        write_manifest(lesson(row("amy")), tmp_path / "nowhere" / "lesson.json")


# --- TypeScript ------------------------------------------------------------------------------------------

TYPES_PATH = Path(manifest_module.__file__).with_name("manifest.d.ts")
INTERFACES = {
    "Manifest": SCHEMA,
    "Wall": SCHEMA["$defs"]["wall"],
    "Recording": SCHEMA["$defs"]["recording"],
    "Track": SCHEMA["$defs"]["track"],
    "ClipSegment": SCHEMA["$defs"]["clip"],
    "GapSegment": SCHEMA["$defs"]["gap"],
    "Pause": SCHEMA["$defs"]["pause"],
    "Section": SCHEMA["$defs"]["section"],
    "Scene": SCHEMA["$defs"]["scene"],
    "Finding": SCHEMA["$defs"]["finding"],
}


def interfaces() -> dict[str, dict[str, tuple[bool, str]]]:
    """Return (optional, type) of every field of every interface in ``manifest.d.ts``."""
    text = re.sub(r"/\*.*?\*/", "", TYPES_PATH.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {
        name: {
            field: (optional == "?", kind)
            for field, optional, kind in re.findall(r"^\s*(\w+)(\??): (.+);$", body, re.MULTILINE)
        }
        for name, body in re.findall(r"export interface (\w+) \{(.*?)\n\}", text, re.DOTALL)
    }


def test_the_types_name_the_interfaces_of_the_schema() -> None:
    """One interface per object of the schema."""
    assert set(interfaces()) == set(INTERFACES)


@pytest.mark.parametrize("name", INTERFACES)
def test_the_types_name_the_fields_of_the_schema(name: str) -> None:
    """Same fields, and optional where the schema does not require them."""
    fields, schema = interfaces()[name], INTERFACES[name]

    assert set(fields) == set(schema["properties"])
    assert {field for field, (optional, _) in fields.items() if not optional} == set(schema["required"])


@pytest.mark.parametrize("name", INTERFACES)
def test_the_types_agree_on_null_and_on_words(name: str) -> None:
    """A field is nullable, or one of some words, in both or in neither."""
    for field, (_, kind) in interfaces()[name].items():
        schema = INTERFACES[name]["properties"][field]
        nullable = '"null"' in json.dumps(schema) or None in schema.get("enum", [])
        assert kind.endswith("| null") == nullable, field
        words = [word for word in schema.get("enum", [schema.get("const")]) if word is not None]
        if words:
            assert re.findall(r'"(\w[\w-]*)"', kind) == words, field


def test_the_schema_refuses_what_is_wrong() -> None:
    """A missing, an unknown or a negative field is an error; ``x-`` fields are allowed."""
    assert VALIDATOR.is_valid(GOLDEN | {"x-mine": 1})
    assert not VALIDATOR.is_valid(GOLDEN | {"mine": 1})
    assert not VALIDATOR.is_valid(GOLDEN | {"duration_ms": -1})
    assert not VALIDATOR.is_valid(GOLDEN | {"wall": {}})
    assert not VALIDATOR.is_valid({key: value for key, value in GOLDEN.items() if key != "pauses"})


def test_a_lesson_whose_scenes_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a way out."""
    monkeypatch.setattr("timeline.export.manifest.MAX_SCENE_TRACKS", 5)

    with pytest.raises(ParameterError, match=r"select\(\) some tracks"):
        to_manifest(lesson(row("amy"), row("bo"), row("cy", 1000)))
