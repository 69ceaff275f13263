"""Rows of a file list, in either spelling: one media file each.

The v1 result and its successor TIW name the same fields, one in snake_case, the other in PascalCase. Rows are
validated in one strict pass; only those that fail it are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal

from timeline import kinds
from timeline.errors import ResultFormatError
from timeline.findings import Finding, finding
from timeline.results.fields import MAX_ID_CHARACTERS, MAX_URL_CHARACTERS, FieldReader, show
from timeline.results.recording import MAX_TIME_MS, RecordedFile

MAX_ROWS = 200_000
"""A result with more rows is refused."""

_KINDS = {
    0: kinds.CAMERA,
    1: kinds.SCREEN,
    2: kinds.WHITEBOARD,
    3: kinds.MIXED,
    4: kinds.AUDIO,
}
_SCREEN_PREFIX = "tic_substream_"
_MAX_SIZE_BYTES = 10**15
_MAX_SIDE_PX = 32_768

_Text = Annotated[str, Field(max_length=MAX_ID_CHARACTERS)]


class VideoInfo(BaseModel):
    """One row as the guide documents it (§2.5), in snake_case."""

    model_config = ConfigDict(strict=True, extra="ignore")

    video_play_time: Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
    video_duration: Annotated[int, Field(ge=-MAX_TIME_MS, le=MAX_TIME_MS)]
    video_type: Annotated[int, Field(ge=0, le=9999)]
    video_size: Annotated[int, Field(ge=0, le=_MAX_SIZE_BYTES)] | None = None
    video_format: _Text | None = None
    video_url: Annotated[str, Field(max_length=MAX_URL_CHARACTERS)] | None = None
    video_id: _Text | None = None
    user_id: _Text | None = None
    width: Annotated[int, Field(ge=0, le=_MAX_SIDE_PX)] | None = None
    height: Annotated[int, Field(ge=0, le=_MAX_SIDE_PX)] | None = None


class PascalVideoInfo(VideoInfo):
    """The same row in PascalCase."""

    model_config = ConfigDict(alias_generator=to_pascal)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a dialect spells the names of fields.

    Attributes:
        row: The model of a row.
        key: Turns a name in snake_case into the dialect's.
    """

    row: type[VideoInfo]
    key: Callable[[str], str]
    rows: TypeAdapter[Any]


SNAKE = Spelling(VideoInfo, str, TypeAdapter(list[VideoInfo]))
PASCAL = Spelling(PascalVideoInfo, to_pascal, TypeAdapter(list[PascalVideoInfo]))

_WHOLE_NUMBERS = {
    "video_play_time": (0, MAX_TIME_MS),
    "video_duration": (-MAX_TIME_MS, MAX_TIME_MS),
    "video_type": (0, 9999),
    "video_size": (0, _MAX_SIZE_BYTES),
    "width": (0, _MAX_SIDE_PX),
    "height": (0, _MAX_SIDE_PX),
}
_REQUIRED = ("video_play_time", "video_duration", "video_type")


def read_rows(
    rows: object, pointer: str, spelling: Spelling
) -> tuple[tuple[RecordedFile, ...], tuple[Finding, ...]]:
    """Return the usable rows in our words, and what was odd about them and the others.

    Args:
        rows: What stands where the list should be.
        pointer: Where that is in the document.
        spelling: Of the field names.

    Raises:
        ResultFormatError: It is no list, has too many rows, or no usable one; then it names the first reason.
    """
    if not isinstance(rows, list):
        raise ResultFormatError(
            f"{pointer}: expected a list, got {show(rows)}", code="not_a_result", pointer=pointer
        )
    if len(rows) > MAX_ROWS:
        raise ResultFormatError(
            f"{pointer}: {len(rows)} rows; at most {MAX_ROWS} are read", code="too_many_rows", pointer=pointer
        )
    findings: list[Finding] = []
    valid: list[VideoInfo | None]
    try:
        valid = list(spelling.rows.validate_python(rows))
    except ValidationError as error:
        bad = {detail["loc"][0] for detail in error.errors(include_url=False, include_input=False)}
        valid = [
            _mend(row, f"{pointer}/{index}", spelling, findings)
            if index in bad
            else spelling.row.model_validate(row)
            for index, row in enumerate(rows)
        ]
    files: list[RecordedFile] = []
    seen: dict[RecordedFile, int] = {}
    for index, info in enumerate(valid):
        if info is None:
            continue
        where = f"{pointer}/{index}"
        recorded = _in_our_words(info, index, where, findings)
        if recorded is None:
            continue
        first = seen.setdefault(recorded._replace(position=0), index)
        if first != index:
            message = f"{where}: repeats {pointer}/{first}; left out"
            findings.append(finding("duplicate_row", message, at_ms=recorded.start_ms, where=where))
            continue
        files.append(recorded)
    if not files:
        reason = findings[0].message if findings else f"{pointer}: the list is empty"
        raise ResultFormatError(
            f"no usable file in this result; first reason: {reason}",
            code="no_clip",
            pointer=(findings[0].where if findings else None) or pointer,
        )
    return tuple(files), tuple(findings)


def _mend(row: object, pointer: str, spelling: Spelling, findings: list[Finding]) -> VideoInfo | None:
    """Return what can be saved of a row that failed the strict pass, or None."""
    if not isinstance(row, dict):
        findings.append(
            finding(
                "row_unusable",
                f"{pointer}: expected an object, got {show(row)}; left out",
                where=pointer,
            )
        )
        return None
    reader = FieldReader(row, pointer)
    values: dict[str, Any] = {}
    for name in VideoInfo.model_fields:
        key = spelling.key(name)
        if name in _WHOLE_NUMBERS:
            values[key] = reader.whole_number(key, *_WHOLE_NUMBERS[name])
        else:
            values[key] = reader.text(key, MAX_URL_CHARACTERS if name == "video_url" else MAX_ID_CHARACTERS)
    for key in map(spelling.key, _REQUIRED):
        if values[key] is None:
            problem = f"is {show(row[key])}" if key in row else "is missing"
            findings.append(
                finding(
                    "row_unusable",
                    f"{pointer}/{key}: {problem}; the row is left out",
                    where=f"{pointer}/{key}",
                )
            )
            return None
    findings.extend(reader.findings)
    return spelling.row.model_validate(values)


def _in_our_words(info: VideoInfo, index: int, pointer: str, findings: list[Finding]) -> RecordedFile | None:
    """Return the row with our names, or None when nothing of it can be played."""

    def note(code: str, message: str) -> None:
        findings.append(finding(code, f"{pointer}: {message}", at_ms=info.video_play_time, where=pointer))

    if info.video_duration <= 0:
        note("duration_not_positive", f"its length is {info.video_duration} ms; left out")
        return None
    if info.video_play_time + info.video_duration > MAX_TIME_MS:
        note("row_unusable", f"ends later than {MAX_TIME_MS} ms; left out")
        return None
    if not info.video_url and not info.video_id:
        note("row_unusable", "has neither url nor id, so there is no file; left out")
        return None
    kind = _KINDS.get(info.video_type)
    if kind is None:
        kind = kinds.other_kind(info.video_type)
        note("video_type_unknown", f"video_type {info.video_type} is unknown; kept as {kind}")
    if not info.video_url:
        note("url_missing", "has no url")
    user_id = info.user_id or None
    if kind == kinds.WHITEBOARD and user_id:
        note("user_on_whiteboard", f"a whiteboard of user {show(user_id)}; the user is dropped")
        user_id = None
    if kind == kinds.SCREEN and user_id and user_id.startswith(_SCREEN_PREFIX):
        user_id = user_id.removeprefix(_SCREEN_PREFIX) or user_id
    if kind in kinds.PERSONAL_KINDS and user_id is None:
        note("user_missing", f"a {kind} file without user_id")
    return RecordedFile(
        position=index,
        kind=kind,
        user_id=user_id,
        start_ms=info.video_play_time,
        duration_ms=info.video_duration,
        url=info.video_url or None,
        video_id=info.video_id or None,
        format=info.video_format.lower() if info.video_format else None,
        size_bytes=info.video_size,
        width_px=info.width or None,
        height_px=info.height or None,
    )
