"""Files of TRTC cloud recording, from its events 310 (stored as mp4) and 311 (stored in the video service).

An event tells of one file (311) or of some (310), so a class is a list of events: a JSON array, in any order,
other events among them. Each file has absolute stamps in ms, which is why the axis is wall time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from timeline import kinds
from timeline.errors import ResultNotReadyError
from timeline.findings import Finding, finding
from timeline.jsontext import show
from timeline.results.absolute import StampedFile, place
from timeline.results.advice import failure
from timeline.results.body import MAX_STAMP
from timeline.results.envelopes import choose_task
from timeline.results.fields import MAX_URL_CHARACTERS, FieldReader, read_whole_number
from timeline.results.recording import MAX_ROWS, RecordedFile, RecordingResult, too_many_rows
from timeline.units import wall_seconds_to_ms

_MP4_STOP, _VOD_COMMIT = 310, 311
_KINDS = {"main": kinds.CAMERA, "aux": kinds.SCREEN, "mix": kinds.MIXED}


def recognises(document: object) -> bool:
    """Return whether *document* is an event of that service, or a list of which some are."""
    return any(_is_event(event) for _, event in _events(document, ""))


def read(document: object, pointer: str, task: str | None) -> RecordingResult:
    """Return the recording that the events of one task tell of.

    Raises:
        ResultFormatError: No file is usable, or there are several tasks and none is named.
        ResultNotReadyError: No event tells of a file.
        RecordingFailedError: The events only tell of failures.
    """
    telling = [
        _Telling(
            f"{place_of_event}/EventInfo", event["EventInfo"], read_whole_number(event.get("EventType")) or 0
        )
        for place_of_event, event in _events(document, pointer)
        if _is_event(event) and read_whole_number(event.get("EventType")) in (_MP4_STOP, _VOD_COMMIT)
    ]
    if not telling:
        raise ResultNotReadyError(
            "no event here tells of a file; files come with the events 310 and 311 of cloud recording"
        )
    chosen = choose_task(list(dict.fromkeys(one.task_id for one in telling)), task, "")
    telling = [one for one in telling if one.task_id == chosen]
    findings: list[Finding] = []
    stamped: list[StampedFile] = []
    stored = {one.file_name for one in telling if not one.is_failure}
    failed = [one for one in telling if one.is_failure and (not one.file_name or one.file_name not in stored)]
    for one in telling:
        for file, place_of_file in () if one.is_failure else one.files:
            placed = _stamped(file, place_of_file, len(stamped), findings)
            if placed is not None:
                stamped.append(placed)
    for one in failed:
        said = f" ({show(one.said)})" if one.said else ""
        message = f"{one.pointer}/Payload: the service did not store this file{said}; left out"
        findings.append(finding("row_unusable", message, where=f"{one.pointer}/Payload"))
    if failed and not stamped:
        raise failure(str(failed[0].payload["Status"]), failed[0].said)
    rooms = (FieldReader(one.info, one.pointer).text("RoomId") for one in telling)
    return place(
        stamped,
        findings,
        room_id=next(filter(None, rooms), None),
        task_id=FieldReader(telling[0].info, telling[0].pointer).text("TaskId"),
        pointer=f"{telling[0].pointer}/Payload",
    )


class _Telling(NamedTuple):
    """An event that tells of files.

    Attributes:
        pointer: Where its ``EventInfo`` stands.
        info: That.
        number: Its type.
    """

    pointer: str
    info: dict[str, Any]
    number: int

    @property
    def task_id(self) -> str:
        return str(self.info.get("TaskId") or "")

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = self.info["Payload"]
        return payload

    @property
    def is_failure(self) -> bool:
        """A file that was not stored; of an event 310 some files may linger, and all are listed."""
        return self.number == _VOD_COMMIT and bool(read_whole_number(self.payload.get("Status")))

    @property
    def said(self) -> object:
        return self.payload.get("Errmsg")

    @property
    def file_name(self) -> str:
        file = self.payload.get("TencentVod")
        return str(file.get("CacheFile") or "") if isinstance(file, dict) else ""

    @property
    def files(self) -> list[tuple[Any, str]]:
        """What is said of each file, and where; nothing where there are names alone."""
        where = f"{self.pointer}/Payload"
        for name in ("TencentVod", "FileMessage"):
            told = self.payload.get(name)
            if isinstance(told, dict):
                return [(told, f"{where}/{name}")]
            if isinstance(told, list):
                if len(told) > MAX_ROWS:
                    raise too_many_rows(len(told), f"{where}/{name}", MAX_ROWS)
                return [(file, f"{where}/{name}/{n}") for n, file in enumerate(told)]
        return [(None, f"{where}/FileList")] if self.payload.get("FileList") else []


def _events(document: object, pointer: str) -> list[tuple[str, Any]]:
    """Return what may be events, each with its place: CallKit wraps each, a web API may wrap the list."""
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        listed = [(f"{pointer}/data/{n}", event) for n, event in enumerate(document["data"])]
    elif isinstance(document, list):
        listed = [(f"{pointer}/{n}", event) for n, event in enumerate(document)]
    else:
        listed = [(pointer, document)]
    return [
        (f"{place_of_event}/Callback", event["Callback"])
        if isinstance(event, dict) and isinstance(event.get("Callback"), dict)
        else (place_of_event, event)
        for place_of_event, event in listed
    ]


def _is_event(event: Any) -> bool:
    """Return whether *event* is one of cloud recording."""
    if not isinstance(event, dict) or "EventGroupId" not in event:
        return False
    info = event.get("EventInfo")
    return isinstance(info, dict) and isinstance(info.get("Payload"), dict)


def _stamped(file: Any, pointer: str, position: int, findings: list[Finding]) -> StampedFile | None:
    """Return the file that the object at *pointer* tells of, or None with a finding."""
    reader = FieldReader(file if isinstance(file, dict) else {}, pointer)
    path = reader.text("FileName", MAX_URL_CHARACTERS) or reader.text("CacheFile", MAX_URL_CHARACTERS) or ""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    start_ms, stop_ms = (_stamp(reader, key) for key in ("StartTimeStamp", "EndTimeStamp"))
    url, file_id = reader.text("VideoUrl", MAX_URL_CHARACTERS), reader.text("FileId") or stem or None
    findings.extend(reader.findings)
    if start_ms is None or stop_ms is None or not (url or file_id):
        lacking = "url and id" if start_ms is not None and stop_ms is not None else "start or end"
        findings.append(
            finding("row_unusable", f"{pointer}: the file has no {lacking}; left out", where=pointer)
        )
        return None
    if not url:
        findings.append(finding("url_missing", f"{pointer}: has no url", where=pointer))
    kind, user_id = _stream(reader, stem, pointer, findings)
    return StampedFile(
        pointer,
        start_ms,
        stop_ms,
        RecordedFile(
            position=position,
            kind=kind,
            user_id=user_id,
            start_ms=0,
            duration_ms=0,
            url=url,
            video_id=file_id,
            format=suffix.lower() or None,
            size_bytes=None,
        ),
    )


def _stamp(reader: FieldReader, key: str) -> int | None:
    stamp = reader.whole_number(key, 0, MAX_STAMP)
    if not stamp:
        return None
    wall_ms, was_ms = wall_seconds_to_ms(stamp)
    if not was_ms:
        reader.note("unit_doubt", key, f"{stamp} is taken as seconds; ms are documented")
    return wall_ms


def _stream(reader: FieldReader, stem: str, pointer: str, findings: list[Finding]) -> tuple[str, str | None]:
    """Return kind and user: by ``MediaId``, where that is missing by the file's name."""
    user_id = reader.text("UserId")
    media = reader.text("MediaId")
    kind = _KINDS.get(media or "")
    if kind is None:
        by_name = kinds.SCREEN if "UserId_e_aux" in stem else kinds.CAMERA
        kind = by_name if user_id else kinds.MIXED
        if media:
            message = f"{pointer}: MediaId {show(media)} is unknown; kept as {kind}"
            findings.append(finding("video_type_unknown", message, where=pointer))
    if kind == kinds.CAMERA and reader.source.get("TrackType") == "audio":
        kind = kinds.AUDIO
    if kind == kinds.MIXED:
        return kind, None
    if user_id is None:
        findings.append(finding("user_missing", f"{pointer}: a {kind} file without UserId", where=pointer))
    return kind, user_id
