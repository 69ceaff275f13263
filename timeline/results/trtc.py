"""Files of TRTC cloud recording, from its events 310 (stored as mp4) and 311 (stored in the video service).

An event tells of one file (311) or of some (310), so a class is a list of events: a JSON array, in any order,
other events among them. Each file has absolute stamps in ms, which is why the axis is wall time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from timeline import kinds
from timeline.errors import ResultNotReadyError
from timeline.findings import Finding, finding
from timeline.results.absolute import StampedFile, kind_of, place
from timeline.results.advice import failure
from timeline.results.body import MAX_STAMP
from timeline.results.envelopes import choose_task
from timeline.results.fields import MAX_URL_CHARACTERS, FieldReader, read_whole_number
from timeline.results.recording import MAX_ROWS, RecordingResult, too_many_rows
from timeline.sinks import show
from timeline.units import wall_seconds_to_ms

_MP4_STOP, _VOD_COMMIT = 310, 311


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
    events = [
        _FileEvent(
            f"{place_of_event}/EventInfo", event["EventInfo"], read_whole_number(event.get("EventType")) or 0
        )
        for place_of_event, event in _events(document, pointer)
        if _is_event(event) and read_whole_number(event.get("EventType")) in (_MP4_STOP, _VOD_COMMIT)
    ]
    if not events:
        raise ResultNotReadyError(
            "no event here tells of a file; files come with the events 310 and 311 of cloud recording"
        )
    chosen = choose_task(list(dict.fromkeys(one.task_id for one in events)), task, "")
    events = [one for one in events if one.task_id == chosen]
    findings: list[Finding] = []
    stamped: list[StampedFile] = []
    stored = {one.file_name for one in events if not one.is_failure}
    failed = [one for one in events if one.is_failure and (one.file_name or None) not in stored]
    for one in events:
        for file, place_of_file in () if one.is_failure else one.files:
            stamped.append(_stamped(file, place_of_file, findings))
    for one in failed:
        said = f" ({show(one.said)})" if one.said else ""
        message = f"{one.pointer}/Payload: the service did not store this file{said}; left out"
        findings.append(finding("row_unusable", message, where=f"{one.pointer}/Payload"))
    if failed and not stamped:
        raise failure(str(failed[0].payload["Status"]), failed[0].said)
    rooms = (FieldReader(one.info, one.pointer).text("RoomId") for one in events)
    return place(
        stamped,
        findings,
        room_id=next(filter(None, rooms), None),
        task_id=FieldReader(events[0].info, events[0].pointer).text("TaskId"),
        pointer=f"{events[0].pointer}/Payload",
    )


class _FileEvent(NamedTuple):
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


def _stamped(file: Any, pointer: str, findings: list[Finding]) -> StampedFile:
    """Return what the object at *pointer* says of a file."""
    reader = FieldReader(file if isinstance(file, dict) else {}, pointer)
    path = reader.text("FileName", MAX_URL_CHARACTERS) or reader.text("CacheFile", MAX_URL_CHARACTERS) or ""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    user_id = reader.text("UserId")
    by_name = kinds.SCREEN if "UserId_e_aux" in stem else kinds.CAMERA
    kind = kind_of(reader, "MediaId", by_name if user_id else kinds.MIXED)
    if kind == kinds.CAMERA and reader.source.get("TrackType") == "audio":
        kind = kinds.AUDIO
    stamped = StampedFile(
        pointer=pointer,
        start_unix_ms=_stamp(reader, "StartTimeStamp"),
        stop_unix_ms=_stamp(reader, "EndTimeStamp"),
        kind=kind,
        user_id=user_id,
        url=reader.text("VideoUrl", MAX_URL_CHARACTERS),
        video_id=reader.text("FileId") or stem or None,
        format=suffix,
    )
    findings.extend(reader.findings)
    return stamped


def _stamp(reader: FieldReader, key: str) -> int | None:
    stamp = reader.whole_number(key, 0, MAX_STAMP)
    if not stamp:
        return None
    wall_ms, was_ms = wall_seconds_to_ms(stamp)
    if not was_ms:
        reader.note("unit_doubt", key, f"{stamp} is taken as seconds; ms are documented")
    return wall_ms
