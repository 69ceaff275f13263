"""Rows of a file list, in either spelling: one media file each.

The v1 result and its successor TIW name the same fields, one in snake_case, the other in PascalCase. Rows are
validated in one strict pass; only those that fail it are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, NotRequired

from pydantic import ConfigDict, FailFast, Field, TypeAdapter, ValidationError, with_config
from pydantic.alias_generators import to_pascal
from typing_extensions import TypedDict

from timeline import kinds
from timeline.errors import ResultFormatError
from timeline.findings import Finding, finding
from timeline.results.fields import MAX_ID_CHARACTERS, MAX_URL_CHARACTERS, FieldReader
from timeline.results.recording import MAX_TIME_MS, RecordedFile, no_usable_file
from timeline.sinks import show

MAX_SIZE_BYTES = 10**15

_KINDS: dict[int | None, str] = {
    0: kinds.CAMERA,
    1: kinds.SCREEN,
    2: kinds.WHITEBOARD,
    3: kinds.MIXED,
    4: kinds.AUDIO,
}
_SCREEN_PREFIX = "tic_substream_"
_MAX_SIDE_PX = 32_768
_MAX_TYPE = 9999

_Info = dict[str, Any]  # a row with clean values, keyed as in `VideoInfo`
_Text = Annotated[str, Field(max_length=MAX_ID_CHARACTERS)] | None
_Url = Annotated[str, Field(max_length=MAX_URL_CHARACTERS)] | None
_Side = Annotated[int, Field(ge=0, le=_MAX_SIDE_PX)] | None


@with_config(ConfigDict(strict=True, extra="ignore"))
class VideoInfo(TypedDict):
    """One row as the guide documents it (§2.5), in snake_case."""

    video_play_time: Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
    video_duration: Annotated[int, Field(ge=-MAX_TIME_MS, le=MAX_TIME_MS)]
    video_type: NotRequired[Annotated[int, Field(ge=0, le=_MAX_TYPE)] | None]
    video_size: NotRequired[Annotated[int, Field(ge=0, le=MAX_SIZE_BYTES)] | None]
    video_format: NotRequired[_Text]
    video_url: NotRequired[_Url]
    video_id: NotRequired[_Text]
    user_id: NotRequired[_Text]
    width: NotRequired[_Side]
    height: NotRequired[_Side]


@with_config(ConfigDict(strict=True, extra="ignore", alias_generator=to_pascal))
class PascalVideoInfo(VideoInfo):
    """The same row in PascalCase."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a dialect spells the names of fields.

    Attributes:
        key: Turns a name in snake_case into the dialect's.
        row: Validates one row strictly.
        rows: Validates a list of rows, up to the first that fails.
    """

    key: Callable[[str], str]
    row: TypeAdapter[Any]
    rows: TypeAdapter[Any]


SNAKE = Spelling(str, TypeAdapter(VideoInfo), TypeAdapter(Annotated[list[VideoInfo], FailFast()]))
PASCAL = Spelling(
    to_pascal, TypeAdapter(PascalVideoInfo), TypeAdapter(Annotated[list[PascalVideoInfo], FailFast()])
)

_WHOLE_NUMBERS = {
    "video_play_time": (0, MAX_TIME_MS),
    "video_duration": (-MAX_TIME_MS, MAX_TIME_MS),
    "video_type": (0, _MAX_TYPE),
    "video_size": (0, MAX_SIZE_BYTES),
    "width": (0, _MAX_SIDE_PX),
    "height": (0, _MAX_SIDE_PX),
}
_TEXTS = {
    "video_format": MAX_ID_CHARACTERS,
    "video_url": MAX_URL_CHARACTERS,
    "video_id": MAX_ID_CHARACTERS,
    "user_id": MAX_ID_CHARACTERS,
}
_REQUIRED = ("video_play_time", "video_duration")


def read_rows(
    rows: object, pointer: str, spelling: Spelling
) -> tuple[tuple[RecordedFile, ...], tuple[Finding, ...]]:
    """Return the usable rows in our words, and what was odd about them and the others.

    Args:
        rows: What stands where the list should be.
        pointer: Where that is in the document.
        spelling: Of the field names.

    Raises:
        ResultFormatError: It is no list, or has no usable row; then it names the first reason.
    """
    if not isinstance(rows, list):
        raise ResultFormatError(
            f"{pointer}: expected a list, got {show(rows)}", code="not_a_result", pointer=pointer
        )
    findings: list[Finding] = []
    files: list[RecordedFile] = []
    streams: dict[tuple[int | None, str | None], _Stream] = {}
    seen: dict[tuple[Any, ...], int] = {}
    for index, info in enumerate(_validated(rows, pointer, spelling, findings)):
        if info is None:
            continue
        get = info.get
        start_ms, duration_ms = info["video_play_time"], info["video_duration"]
        url, video_id, user = get("video_url") or None, get("video_id") or None, get("user_id") or None
        if duration_ms <= 0 or start_ms + duration_ms > MAX_TIME_MS or not (url or video_id):
            where, problem = f"{pointer}/{index}", _unusable(start_ms, duration_ms)
            findings.append(finding(problem[0], f"{where}: {problem[1]}", at_ms=start_ms, where=where))
            continue
        number = get("video_type")
        stream = streams.get((number, user))
        if stream is None:
            stream = streams[number, user] = _stream(number, user)
        container = get("video_format")
        facts = (
            stream.kind,
            stream.user_id,
            start_ms,
            duration_ms,
            url,
            video_id,
            container.lower() if container else None,
            get("video_size"),
            get("width") or None,
            get("height") or None,
        )
        notes = stream.notes if url else (*stream.notes, ("url_missing", "has no url"))
        for code, message in notes:
            where = f"{pointer}/{index}"
            findings.append(finding(code, f"{where}: {message}", at_ms=start_ms, where=where))
        first = seen.setdefault(facts, index)
        if first != index:
            where = f"{pointer}/{index}"
            message = f"{where}: repeats {pointer}/{first}; left out"
            findings.append(finding("duplicate_row", message, at_ms=start_ms, where=where))
            continue
        files.append(RecordedFile(index, *facts))
    if not files:
        raise no_usable_file(findings, pointer)
    return tuple(files), tuple(findings)


class _Stream(NamedTuple):
    """Whose stream a row belongs to, and what is odd about that: codes with messages."""

    kind: str
    user_id: str | None
    notes: tuple[tuple[str, str], ...]


def _stream(number: int | None, user_id: str | None) -> _Stream:
    """Return the stream of a row with this ``video_type`` and user."""
    notes = []
    kind = _KINDS.get(number)
    if kind is None:
        kind = kinds.OTHER if number is None else kinds.other_kind(number)
        what = "has no video_type" if number is None else f"video_type {number} is unknown"
        notes.append(("video_type_unknown", f"{what}; kept as {kind}"))
    if user_id and "\x00" in user_id:
        notes.append(("field_odd", "user_id holds a NUL; it is replaced by '?'"))
        user_id = user_id.replace("\x00", "?")
    if kind == kinds.WHITEBOARD and user_id:
        notes.append(("user_on_whiteboard", f"a whiteboard of user {show(user_id)}; the user is dropped"))
        user_id = None
    if kind in (kinds.CAMERA, kinds.SCREEN) and user_id and user_id.startswith(_SCREEN_PREFIX):
        kind, user_id = kinds.SCREEN, user_id.removeprefix(_SCREEN_PREFIX) or user_id
    if kind in kinds.PERSONAL_KINDS and user_id is None:
        notes.append(("user_missing", f"a {kind} file without user_id"))
    return _Stream(kind, user_id, tuple(notes))


def _unusable(start_ms: int, duration_ms: int) -> tuple[str, str]:
    """Return code and message of what keeps a row from being played."""
    if duration_ms <= 0:
        return "duration_not_positive", f"its length is {duration_ms} ms; left out"
    if start_ms + duration_ms > MAX_TIME_MS:
        return "row_unusable", f"ends later than {MAX_TIME_MS} ms; left out"
    return "row_unusable", "has neither url nor id, so there is no file; left out"


def _validated(
    rows: list[Any], pointer: str, spelling: Spelling, findings: list[Finding]
) -> list[_Info | None]:
    """Return the rows with clean values, and None for those of which nothing can be saved."""
    try:
        valid: list[_Info | None] = spelling.rows.validate_python(rows)
        return valid
    except ValidationError:
        return [_one(row, f"{pointer}/{index}", spelling, findings) for index, row in enumerate(rows)]


def _one(row: object, pointer: str, spelling: Spelling, findings: list[Finding]) -> _Info | None:
    try:
        valid: _Info = spelling.row.validate_python(row)
        return valid
    except ValidationError:
        return _mend(row, pointer, spelling, findings)


def _mend(row: object, pointer: str, spelling: Spelling, findings: list[Finding]) -> _Info | None:
    """Return what can be saved of a row that failed the strict pass, or None."""
    if not isinstance(row, dict):
        message = f"{pointer}: expected an object, got {show(row)}; left out"
        findings.append(finding("row_unusable", message, where=pointer))
        return None
    reader = FieldReader(row, pointer)
    values: dict[str, Any] = {
        name: reader.whole_number(spelling.key(name), *limits) for name, limits in _WHOLE_NUMBERS.items()
    }
    for name in _WHOLE_NUMBERS:
        key = spelling.key(name)
        is_wrong = name == "video_type" and row.get(key) is not None
        if values[name] is None and (name in _REQUIRED or is_wrong):
            problem = f"is {show(row[key])}" if key in row else "is missing"
            where = f"{pointer}/{key}"
            message = f"{where}: {problem}; the row is left out"
            findings.append(finding("row_unusable", message, where=where))
            return None
    values |= {name: reader.text(spelling.key(name), most) for name, most in _TEXTS.items()}
    findings.extend(reader.findings)
    return values
