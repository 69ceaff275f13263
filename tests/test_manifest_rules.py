"""What makes a manifest trustworthy: two validators of the schema, and one broken document for each rule."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import timeline
from tests import test_operations
from tests.test_manifest import GOLDEN, SAMPLES, SCHEMA
from tests.test_manifest_reading import LESSONS, ODD_VALUES, PLACES, _inside, changed, clip, sample, track
from timeline.errors import ResultFileError, ResultFormatError
from timeline.export.manifest import to_manifest
from timeline.export.manifest_rules import _LOOKS, MOST_PROBLEMS, RULES
from timeline.export.manifest_schema import Problem
from timeline.model import Timeline

Json = dict[str, Any]

OURS = Draft202012Validator(SCHEMA)
OTHERS = jsonschema_rs.validator_for(SCHEMA)
"""Another implementation, which shares no code with the first."""


def rules_broken(document: object) -> set[str]:
    """Return the names of the rules that a document breaks."""
    return {problem.rule for problem in timeline.validate_manifest(document)}  # type: ignore[arg-type]


# --- our own manifests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LESSONS, "lesson"])
def test_manifests_of_the_samples_break_no_rule(name: str) -> None:
    """Whole and in parts, with two validators."""
    read = sample(name)

    for part in (read, read.crop(1, read.duration_ms // 2), read.shift(7), read.select(tracks=[])):
        document = to_manifest(part)
        assert timeline.validate_manifest(document) == ()
        assert OTHERS.is_valid(document)


@given(test_operations.LESSONS, st.data())
def test_manifests_of_random_lessons_break_no_rule(read: Timeline, data: st.DataObject) -> None:
    """Nor of any part of them."""
    start_ms, end_ms = data.draw(test_operations.windows(read))
    part = read.crop(start_ms, end_ms).shift(data.draw(test_operations.SHIFTS_MS))

    for one in (read, part, part.select(**data.draw(test_operations.selections(read)))):
        document = to_manifest(one)
        assert timeline.validate_manifest(document) == ()
        assert OTHERS.is_valid(document)


@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD_VALUES), min_size=1, max_size=3))
def test_two_validators_agree(changes: list[tuple[list[Any], Any]]) -> None:
    """On documents with anything in any place; and what they refuse has a problem with a place."""
    document: Any = copy.deepcopy(GOLDEN)
    for path, value in changes:
        item = document
        for step in path[:-1]:
            item = _inside(item, step)
        if isinstance(item, dict):
            item[path[-1]] = value
    problems = timeline.validate_manifest(document)
    found = [problem for problem in problems if problem.rule == "schema"]

    assert OURS.is_valid(document) == (not found)
    assert all(len(problem.message) < 200 and "\n" not in problem.message for problem in problems)
    try:
        text = json.dumps(document, ensure_ascii=False)
        text.encode()
    except (UnicodeEncodeError, ValueError):
        return
    if abs(max(map(_largest, document.values()), default=0)) < 2**63:
        assert OTHERS.is_valid(json.loads(text)) == (not found)


def _largest(value: Any) -> int:
    """Return the largest number inside of a value; the other validator counts up to 64 bits."""
    if isinstance(value, (dict, list)):
        return max(map(_largest, value.values() if isinstance(value, dict) else value), default=0)
    return abs(int(value)) if isinstance(value, (int, float)) and abs(value) < 10**300 else 0


# --- the rules -------------------------------------------------------------------------------------------


def segments(document: Json) -> list[Json]:
    """Return the segments of the only track: a clip up to 900 s, one up to 1200 s, a gap up to 1440 s."""
    found: list[Json] = track(document)["segments"]
    return found


def second_track(document: Json, **fields: Any) -> Json:
    """Add a track whose one clip plays all the time; scenes name it."""
    whole = clip(document) | {"end_ms": 1_440_000, "index": 9, "media_duration_ms": 1_440_000}
    added: Json = track(document) | {"id": "screen:bo", "segments": [whole]} | fields
    document["tracks"].append(added)
    for scene in document["scenes"]:
        scene["tracks"] = [*scene["tracks"], added["id"]]
    return added


def gap_before(document: Json, length_ms: int, kind: str) -> None:
    """Put a gap between the two clips."""
    segments(document)[1]["start_ms"] += length_ms
    gap = {"type": "gap", "start_ms": 900_000, "end_ms": 900_000 + length_ms, "kind": kind}
    segments(document).insert(1, gap)
    scene = {"start_ms": 900_000, "end_ms": 900_000 + length_ms, "tracks": []}
    document["scenes"].insert(1, scene)
    document["scenes"][2]["start_ms"] += length_ms


def empty(document: Json) -> None:
    """Make a lesson of nothing."""
    document.update(duration_ms=0, audio_tracks=[], tracks=[], pauses=[], sections=[], scenes=[], wall=None)


def split_gap(document: Json) -> None:
    """Make two gaps of the last one."""
    last = segments(document)[-1]
    segments(document).append(last | {"start_ms": 1_300_000})
    last["end_ms"] = 1_300_000


def with_recording(document: Json, **fields: Any) -> Json:
    """Add a clock of the whole recording."""
    wall = document["wall"]
    document["recording"] = wall | {"duration_ms": 1_440_000, "offset_ms": 0} | fields
    return document


PAUSE = GOLDEN["pauses"][0]

BREAKS: list[tuple[str, str, Callable[[Json], object]]] = [
    ("duration", "/duration_ms", empty),
    (
        "track-ids",
        "/tracks/1/id",
        lambda d: d["tracks"].append(
            track(d) | {"segments": [{"type": "gap", "start_ms": 0, "end_ms": 1_440_000, "kind": "absence"}]}
        ),
    ),
    ("segments-tile", "/tracks/0/segments/2/start_ms", lambda d: segments(d)[2].update(start_ms=1_200_001)),
    ("segments-tile", "/tracks/0/segments/2/end_ms", lambda d: segments(d)[2].update(end_ms=1_439_999)),
    ("segments-tile", "/tracks/0/segments/1/end_ms", lambda d: segments(d).pop()),
    (
        "not-empty",
        "/sections/1/end_ms",
        lambda d: [d["sections"].insert(1, {"start_ms": 900_000, "end_ms": 900_000, "title": "x"})],
    ),
    ("gaps-apart", "/tracks/0/segments/3", split_gap),
    ("gap-kinds", "/tracks/0/segments/2/kind", lambda d: segments(d)[2].update(kind="absence")),
    ("gap-kinds", "/tracks/0/segments/1/kind", lambda d: gap_before(d, 500, "absence")),
    ("gap-kinds", "/tracks/0/segments/1/kind", lambda d: gap_before(d, 501, "seam")),
    (
        "gap-kinds",
        "/tracks/1/segments/0/kind",
        lambda d: d["tracks"].append(
            track(d)
            | {
                "id": "x",
                "segments": [{"type": "gap", "start_ms": 0, "end_ms": 1_440_000, "kind": "late_start"}],
            }
        ),
    ),
    (
        "clip-in-file",
        "/tracks/0/segments/0",
        lambda d: clip(d).update(media_start_ms=1, media_duration_ms=900_000),
    ),
    ("one-file", "/tracks/0/segments/1/index", lambda d: [s.update(index=0) for s in segments(d)[:2]]),
    ("src", "/tracks/0/segments/0", lambda d: clip(d).update(src="a.mp4")),
    ("src", "/tracks/0/segments/0", lambda d: clip(d).update(src_status="missing")),
    ("src", "/tracks/0/segments/0/src", lambda d: clip(d).update(src=None, src_status="local")),
    ("src", "/tracks/0/segments/0/src", lambda d: clip(d).update(src="a.mp4", src_status="missing")),
    (
        "src-link",
        "/tracks/0/segments/0/src",
        lambda d: clip(d).update(src="javascript:x", src_status="rewritten"),
    ),
    ("src-link", "/tracks/0/segments/0/src", lambda d: clip(d).update(src="a b.mp4", src_status="rewritten")),
    ("audio-tracks", "/audio_tracks/0", lambda d: d.update(audio_tracks=["camera:nobody"])),
    ("scenes-tile", "/scenes", lambda d: d.update(scenes=[])),
    ("scenes-tile", "/scenes/2/end_ms", lambda d: d["scenes"][2].update(end_ms=1_439_999)),
    (
        "scenes-longest",
        "/scenes/1/start_ms",
        lambda d: [
            d["scenes"][0].update(end_ms=800_000),
            d["scenes"].insert(1, d["scenes"][0] | {"start_ms": 800_000, "end_ms": 900_000}),
        ],
    ),
    ("scenes-longest", "/scenes", lambda d: [d["scenes"][0].update(end_ms=1_200_000), d["scenes"].pop(1)]),
    ("scenes-tracks", "/scenes/2/tracks", lambda d: d["scenes"][2].update(tracks=["camera:ios_test1"])),
    ("scenes-tracks", "/scenes/0/tracks", lambda d: d["scenes"][0].update(tracks=[])),
    ("scenes-tracks", "/scenes/0/tracks", lambda d: [second_track(d), d["scenes"][0]["tracks"].reverse()]),
    (
        "pauses-inside",
        "/pauses/1/at_ms",
        lambda d: [
            d["pauses"].append(PAUSE | {"at_ms": 1_440_001, "duration_range_ms": [0, 60_000]}),
            d["sections"][1].update(end_ms=1_440_000),
        ],
    ),
    (
        "pauses-order",
        "/pauses/1/at_ms",
        lambda d: d["pauses"].append(PAUSE | {"at_ms": 0, "duration_ms": None, "duration_range_ms": [0, 1]}),
    ),
    ("pause-range", "/pauses/0/duration_range_ms", lambda d: d["pauses"][0].update(duration_range_ms=[2, 1])),
    ("pause-range", "/pauses/0/duration_ms", lambda d: d["pauses"][0].update(duration_ms=52_999)),
    ("sections-tile", "/sections/0/start_ms", lambda d: d["sections"][0].update(start_ms=1)),
    (
        "sections-pauses",
        "/sections/0/end_ms",
        lambda d: [d["sections"][0].update(end_ms=900_001), d["sections"][1].update(start_ms=900_001)],
    ),
    (
        "sections-pauses",
        "/sections",
        lambda d: [d["sections"].pop(), d["sections"][0].update(end_ms=1_440_000)],
    ),
    ("wall-room", "/wall/stop_unix_ms", lambda d: d["wall"].update(stop_unix_ms=1_558_614_631_999)),
    ("wall-room", "/recording/stop_unix_ms", lambda d: with_recording(d, duration_ms=2_000_000)),
    ("recording", "/recording", lambda d: [with_recording(d), d.update(wall=None)]),
    (
        "recording",
        "/recording/pauses/0/at_ms",
        lambda d: with_recording(d, pauses=[PAUSE | {"at_ms": 1_440_001}]),
    ),
    (
        "recording",
        "/recording/pauses/0/duration_ms",
        lambda d: with_recording(d, pauses=[PAUSE | {"duration_ms": 1}]),
    ),
]

ALSO: dict[str, set[str]] = {
    # What is wrong in one place may be so in another.
    "track-ids": set(),
    "pauses-inside": {"sections-pauses"},
    "scenes-tile": {"scenes-longest", "not-empty"},
}


@pytest.mark.parametrize(
    ("rule", "where", "change"), BREAKS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_rule_finds_what_breaks_it(rule: str, where: str, change: Callable[[Json], object]) -> None:
    """In its place; the schema and the other rules say nothing."""
    document = changed(change)
    problems = timeline.validate_manifest(document)

    assert OTHERS.is_valid(document)
    assert (where, rule) in [(problem.where, problem.rule) for problem in problems]
    assert {problem.rule for problem in problems} - ALSO.get(rule, set()) == {rule}


def test_every_rule_is_broken_once() -> None:
    """By the table above, and each has its own look."""
    assert {rule for rule, _, _ in BREAKS} == set(RULES) == set(_LOOKS)


def test_the_page_holds_every_rule() -> None:
    """docs/manifest.md is normative; its sentences are those of the code."""
    page = Path("docs/manifest.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+?) \|$", page.partition("## Rules")[2], re.MULTILINE))

    assert rows == RULES


# --- the schema ------------------------------------------------------------------------------------------


SCHEMA_BREAKS: list[tuple[str, str, Callable[[Json], object]]] = [
    ("/pauses", "is missing", lambda d: d.pop("pauses")),
    ("/mine", "is unknown; fields of your own begin with x-", lambda d: d.update(mine=1)),
    ("/version", "expected a text that fits ^1\\.[0-9]+$, got '2.0'", lambda d: d.update(version="2.0")),
    ("/format", "expected 'timeline-sync', got 'x'", lambda d: d.update(format="x")),
    ("/room_id", "expected a text or null, got 7", lambda d: d.update(room_id=7)),
    ("/wall", "expected an object, got a list", lambda d: d.update(wall=[])),
    ("/wall/start_unix_ms", "is missing", lambda d: d["wall"].pop("start_unix_ms")),
    ("/duration_ms", "expected 0 or more, got -1", lambda d: d.update(duration_ms=-1)),
    ("/duration_ms", "expected a whole number, got 1.5", lambda d: d.update(duration_ms=1.5)),
    (
        "/duration_ms",
        "expected 9007199254740991 or less, got a number beyond all bounds",
        lambda d: d.update(duration_ms=10**4000),
    ),
    ("/audio_tracks", "names something twice", lambda d: d.update(audio_tracks=["a", "a"])),
    ("/tracks/0/segments/0/end_ms", "expected a whole number, got 'x'", lambda d: clip(d).update(end_ms="x")),
    ("/tracks/0/segments/0/mime", "is missing", lambda d: clip(d).pop("mime")),
    (
        "/tracks/0/segments/2/kind",
        "expected one of 'late_start', 'absence', 'early_end', 'seam', got 'x'",
        lambda d: segments(d)[2].update(kind="x"),
    ),
    ("/tracks/0/segments/0", "expected an object, got null", lambda d: track(d).update(segments=[None])),
    (
        "/pauses/0/duration_range_ms",
        "expected two numbers, [low, high]",
        lambda d: d["pauses"][0].update(duration_range_ms=[1, 2, 3]),
    ),
    (
        "/pauses/0/duration_ms",
        "expected a whole number, got 'x'",
        lambda d: d["pauses"][0].update(duration_ms="x"),
    ),
]


@pytest.mark.parametrize(
    ("where", "message", "change"), SCHEMA_BREAKS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_the_schema_refuses_is_said_in_words(
    where: str, message: str, change: Callable[[Json], object]
) -> None:
    """With its place, and once."""
    assert timeline.validate_manifest(changed(change)) == (
        Problem(where, "schema", message.replace("\\\\", "\\")),
    )


def test_a_segment_of_no_kind_is_refused() -> None:
    """Neither a clip nor a gap."""
    problems = timeline.validate_manifest(changed(lambda d: clip(d).update(type="slate")))

    assert problems[0].where.startswith("/tracks/0/segments/0")


def test_several_missing_fields_are_several_problems() -> None:
    """Each once."""
    problems = timeline.validate_manifest({"format": "timeline-sync"})

    assert [problem.where for problem in problems] == [f"/{name}" for name in SCHEMA["required"][1:]]


def test_later_minor_versions_may_bring_fields() -> None:
    """Whose names need no ``x-``; those of 1.0 may not."""
    assert timeline.validate_manifest(changed(lambda d: d.update(version="1.3", later=1))) == ()
    assert len(timeline.validate_manifest(changed(lambda d: d.update(later=1)))) == 1


def test_what_is_said_is_harmless_and_short() -> None:
    """However long and odd the document."""
    name = "\x1b[2J" * 1000
    problems = timeline.validate_manifest(changed(lambda d: d.update({name: 1, "task_id": [name]})))

    assert all("\x1b" not in problem.message + problem.where for problem in problems)


def test_no_more_problems_than_anybody_reads() -> None:
    """The first ones."""
    document = changed(lambda d: d.update(audio_tracks=[f"nobody{n}" for n in range(2 * MOST_PROBLEMS)]))

    assert len(timeline.validate_manifest(document)) == MOST_PROBLEMS


@pytest.mark.parametrize("document", [None, 7, [], "x" * 3], ids=repr)
def test_what_is_no_object_is_no_manifest(document: Any) -> None:
    """A text is the name of a file."""
    if isinstance(document, str):
        with pytest.raises(ResultFileError, match="no such file"):
            timeline.validate_manifest(document)
    else:
        assert rules_broken(document) == {"schema"}


def test_a_file_is_validated_as_strictly_as_it_is_read(tmp_path: Path) -> None:
    """A key twice is not even JSON."""
    path = tmp_path / "lesson.json"
    path.write_text(json.dumps(GOLDEN))
    assert timeline.validate_manifest(path) == timeline.validate_manifest(str(path)) == ()

    path.write_text('{"format":"timeline-sync","format":"timeline-sync"}')
    with pytest.raises(ResultFormatError, match="twice"):
        timeline.validate_manifest(path)


def test_what_the_rules_accept_is_read() -> None:
    """A manifest without a problem has a timeline."""
    for name in LESSONS:
        document = to_manifest(sample(name))
        assert timeline.validate_manifest(document) == ()
        assert timeline.read_manifest(document) == timeline.read_manifest(json.loads(json.dumps(document)))
    assert SAMPLES.is_dir()
