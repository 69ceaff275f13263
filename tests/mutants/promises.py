"""What a user does with a document, held against what is promised."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn
from xml.parsers import expat

import timeline
from timeline import Timeline, TimelineError, presence_table
from timeline.errors import ResultFormatError
from timeline.export.manifest import manifest_text, to_listing
from timeline.findings import FINDING_KINDS

MAX_MESSAGE_CHARACTERS = 2000

_POINTER = re.compile(r"(?:/(?:[^/~]|~[01])*)*", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z](?:[a-z]+)?[ ,.;:]")
_JOINERS_AND_BLANKS = re.compile(r"[\u200c\u200d\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_CODE = re.compile(r"[a-z]+(?:_[a-z0-9]+)*")


class BrokenPromiseError(AssertionError):
    """A document was read or refused, but not as promised."""


def check(data: bytes) -> str:
    """Do with *data* what a user does first, and look at all that comes of it.

    Returns:
        ``read``, or the name of the error with which it was refused, with its code where it has one.

    Raises:
        BrokenPromiseError: What was said of it is not as promised.
        Exception: Anything that is no `TimelineError` comes through; and that too, if reading succeeded.
    """
    try:
        lesson = timeline.loads(data)
    except TimelineError as error:
        refusal = _refusal(error, data)
        if not refusal.endswith(" task_unnamed"):
            return refusal
        try:
            lesson = timeline.loads(data, task="task-one")
        except TimelineError as second_error:
            return _refusal(second_error, data)
    _use(lesson)
    return "read"


def _expect(is_so: bool, promise: str, found: object = "") -> None:
    if not is_so:
        raise BrokenPromiseError(f"{promise}: {ascii(found)[:300]}")


def _refusal(error: TimelineError, data: bytes) -> str:
    """Return what to call *error*, after a look at what it says."""
    message = str(error)
    _expect(
        _JOINERS_AND_BLANKS.sub("", message).isprintable(),
        "a message is one line of harmless characters",
        message,
    )
    _expect(0 < len(message) < MAX_MESSAGE_CHARACTERS, "a message is short", len(message))
    _expect(not _SENTENCE.match(message), "a message begins in lower case", message)
    if not isinstance(error, ResultFormatError):
        return type(error).__name__
    _expect(_CODE.fullmatch(error.code) is not None, "a code is a name", error.code)
    _expect(_POINTER.fullmatch(error.pointer) is not None, "a pointer is a JSON pointer", error.pointer)
    if error.pointer:
        _expect(_leads_somewhere(error.pointer, data), "a pointer leads into the document", error.pointer)
    return f"{type(error).__name__} {error.code}"


def _leads_somewhere(pointer: str, data: bytes) -> bool:
    """Return whether all of *pointer* but its last step is in the document; text may hold a document."""
    place = json.loads(data.decode("utf-8-sig"), parse_int=str)
    for step in pointer.split("/")[1:-1]:
        if isinstance(place, str):
            return True
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        elif isinstance(place, dict) and name in place:
            place = place[name]
        else:
            return False
    return True


def _use(lesson: Timeline) -> None:
    """Do with *lesson* what is cheap, and hold it against what is promised."""
    end_ms = lesson.duration_ms
    _expect(0 < end_ms <= 7 * 86_400_000 and type(end_ms) is int, "a lesson has a length", end_ms)
    for item in lesson.findings:
        _expect(item.code in FINDING_KINDS, "every finding is registered", item.code)
        _expect(0 < len(item.message) < MAX_MESSAGE_CHARACTERS, "a finding is short", item.message)
        if item.where is not None and item.where.startswith("/"):
            _expect(_POINTER.fullmatch(item.where) is not None, "a place is a JSON pointer", item.where)
    _expect(repr(lesson).isprintable(), "repr is one line", repr(lesson))
    expat.ParserCreate().Parse(lesson._repr_html_(), True)
    scenes = _look_at_what_is_written(lesson)
    _look_at_times(lesson, scenes)
    _look_at_people(lesson)
    _look_at_parts(lesson)


def _look_at_parts(lesson: Timeline) -> None:
    """Crop, select, shift and merge, and hold parts against the whole."""
    end_ms = lesson.duration_ms
    part = lesson.crop(end_ms // 3, end_ms // 3 + 1 + end_ms // 2)
    _expect(part.to_wall_ms(0) == lesson.to_wall_ms(end_ms // 3), "a part has the wall times of the whole")
    _expect(_tile(_strict(manifest_text(part))["scenes"], part.duration_ms), "scenes of a part tile")
    later = lesson.shift(500)
    _expect(later.to_wall_ms(500) == lesson.to_wall_ms(0), "a shifted lesson has its wall times")
    _expect(
        lesson.select(tracks=[track.id for track in lesson.tracks]) == lesson, "all tracks are the lesson"
    )
    for track in lesson.tracks:
        played_ms = sum(end - start for start, end in track.merged())
        _expect(played_ms == sum(clip.duration_ms for clip in track.clips), "what is merged plays as long")
    wall_ms = lesson.to_wall_ms(end_ms // 2)
    if wall_ms is not None and not {"pauses_too_long", "wall_clock_impossible"} & {
        item.code for item in lesson.findings
    }:
        _expect(lesson.from_wall_ms(wall_ms) == end_ms // 2, "there is a way back from wall time", wall_ms)


def _look_at_what_is_written(lesson: Timeline) -> list[dict[str, Any]]:
    """Return the scenes of *lesson*, after a look at listing, manifest and clips."""
    end_ms = lesson.duration_ms
    listing = _strict(json.dumps(to_listing(lesson), ensure_ascii=False))
    manifest = _strict(manifest_text(lesson))
    scenes: list[dict[str, Any]] = listing["scenes"]
    _expect(_tile(scenes, end_ms), "scenes tile", scenes)
    _expect(manifest["scenes"] == scenes, "a lesson has one list of scenes", scenes)
    ids = [track["id"] for track in manifest["tracks"]]
    _expect(len(set(ids)) == len(ids), "a track has its own id", ids)
    for track in manifest["tracks"]:
        _expect(_tile(track["segments"], end_ms), "segments tile", track["segments"])
    for clip in (clip for track in lesson.tracks for clip in track.clips):
        first_ms, last_ms = clip.media_start_ms, clip.media_start_ms + clip.duration_ms
        _expect(0 <= first_ms < last_ms <= clip.media.duration_ms, "a clip lies within its file", clip)
    return scenes


def _look_at_people(lesson: Timeline) -> None:
    """Look for everybody in the table of presence."""
    columns = {name: column.tolist() for name, column in presence_table(lesson).items()}
    _expect(len({len(column) for column in columns.values()}) == 1, "columns are of one length", columns)
    seen = dict.fromkeys(
        track.user_id for track in lesson.tracks if track.kind in ("camera", "screen", "audio")
    )
    users = [user for user in seen if user and not user.startswith("tic_record_user_")]
    _expect(columns["user_id"] == users, "everybody seen has a row", columns["user_id"])
    on_camera = all(0 <= on_ms <= lesson.duration_ms for on_ms in columns["camera_on_ms"])
    _expect(on_camera, "nobody is on for longer than the lesson", columns)


def _look_at_times(lesson: Timeline, scenes: list[dict[str, Any]]) -> None:
    """Ask what plays, and what the clock in the room showed, at the odd instants of *lesson*."""
    end_ms = lesson.duration_ms
    scene = scenes[len(scenes) // 2]
    for at_ms in (scene["start_ms"], scene["end_ms"] - 1):
        _expect(list(lesson.at(at_ms)) == scene["tracks"], "at() agrees with the scenes", at_ms)
    _expect(not lesson.at(-1) and not lesson.at(end_ms), "nothing plays outside", end_ms)
    pauses = [pause.at_ms for pause in lesson.pauses[:2]]
    _expect(all(0 <= at_ms <= end_ms for at_ms in pauses), "pauses lie in the lesson", pauses)
    for at_ms in (0, scene["start_ms"], end_ms, *pauses):
        wall_ms, range_ms = lesson.to_wall_ms(at_ms), lesson.wall_range_ms(at_ms)
        _expect((range_ms is None) == (lesson.wall is None), "wall times come with a clock", range_ms)
        if range_ms is not None:
            _expect(range_ms[0] <= range_ms[1], "a range has a low and a high end", range_ms)
            inside = wall_ms is None or range_ms[0] <= wall_ms <= range_ms[1]
            _expect(inside, "the wall time lies in its range", (wall_ms, range_ms))


def _refuse_constant(name: str) -> NoReturn:
    raise BrokenPromiseError(f"what is written is strict JSON: {name}")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def _strict(text: str) -> Any:
    """Return the value of *text*, which must be strict JSON and have a UTF-8 form."""
    text.encode("utf-8")
    return _STRICT.decode(text)


def _tile(parts: list[dict[str, Any]], end_ms: int) -> bool:
    """Return whether *parts* lie end to end from 0 to *end_ms*, and none is empty."""
    at_ms = 0
    for part in parts:
        if part["start_ms"] != at_ms or part["end_ms"] <= at_ms:
            return False
        at_ms = part["end_ms"]
    return at_ms == end_ms
