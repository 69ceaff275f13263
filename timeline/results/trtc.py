"""Files of TRTC cloud recording, from its events 310 (stored as mp4) and 311 (stored in the video service).

An event tells of one file (311) or of some (310), so a class is a list of events: a JSON array, in any order,
other events among them. Each file has absolute stamps in ms, which is why the axis is wall time.
"""

from __future__ import annotations

from typing import Any

from timeline import kinds
from timeline.errors import ResultNotReadyError
from timeline.findings import Finding, finding
from timeline.jsontext import show
from timeline.results.absolute import StampedFile, place
from timeline.results.advice import failure
from timeline.results.body import MAX_STAMP
from timeline.results.envelopes import choose_task
from timeline.results.fields import MAX_URL_CHARACTERS, FieldReader, read_whole_number
from timeline.results.recording import RecordedFile, RecordingResult
from timeline.units import wall_seconds_to_ms

_MP4_STOP, _VOD_COMMIT = 310, 311
_KINDS = {"main": kinds.CAMERA, "aux": kinds.SCREEN, "mix": kinds.MIXED}


def recognises(document: object) -> bool:
    """Return whether *document* is an event of that service, or a list of which some are."""
    events = document if isinstance(document, list) else [document]
    return any(_info(event) is not None for event in events)


def read(document: Any, task: str | None) -> RecordingResult:
    """Return the recording that the events of one task tell of.

    Raises:
        ResultFormatError: No file is usable, or there are several tasks and none is named.
        ResultNotReadyError: No event tells of a file.
        RecordingFailedError: The events only tell of failures.
    """
    is_list = isinstance(document, list)
    events = {
        (f"/{number}" if is_list else ""): event
        for number, event in enumerate(document if is_list else [document])
        if _info(event) is not None and read_whole_number(event.get("EventType")) in (_MP4_STOP, _VOD_COMMIT)
    }
    if not events:
        raise ResultNotReadyError(
            "no event here tells of a file; files come with the events 310 and 311 of cloud recording"
        )
    tasks = {pointer: str(event["EventInfo"].get("TaskId") or "") for pointer, event in events.items()}
    chosen = choose_task(list(dict.fromkeys(tasks.values())), task, "")
    stamped: list[StampedFile] = []
    findings: list[Finding] = []
    failed: tuple[str, object] | None = None
    room_id = None
    for event_pointer, event in events.items():
        if tasks[event_pointer] != chosen:
            continue
        info, pointer = event["EventInfo"], f"{event_pointer}/EventInfo"
        room_id = room_id or FieldReader(info, pointer).text("RoomId")
        payload = info["Payload"]
        if "TencentVod" in payload and read_whole_number(payload.get("Status")):
            said, where = payload.get("Errmsg"), f"{pointer}/Payload"
            failed = failed or (str(payload["Status"]), said)
            message = f"{where}: the service did not store this file ({show(said)}); left out"
            findings.append(finding("row_unusable", message, where=where))
            continue
        for file, place_of_file in _files(payload, f"{pointer}/Payload"):
            one = _stamped(file, place_of_file, len(stamped), findings)
            if one is not None:
                stamped.append(one)
    if failed and not stamped:
        raise failure(*failed)
    return place(
        stamped,
        findings,
        room_id=room_id,
        task_id=chosen or None,
        uncertainty_ms=0,
        pointer=f"{next(at for at, name in tasks.items() if name == chosen)}/EventInfo/Payload",
    )


def _info(event: Any) -> dict[str, Any] | None:
    """Return the ``EventInfo`` of an event of cloud recording, or None when it is none."""
    if not isinstance(event, dict) or "EventGroupId" not in event:
        return None
    info = event.get("EventInfo")
    return info if isinstance(info, dict) and isinstance(info.get("Payload"), dict) else None


def _files(payload: dict[str, Any], pointer: str) -> list[tuple[Any, str]]:
    if isinstance(payload.get("TencentVod"), dict):
        return [(payload["TencentVod"], f"{pointer}/TencentVod")]
    messages = payload.get("FileMessage")
    if isinstance(messages, list):
        return [(message, f"{pointer}/FileMessage/{n}") for n, message in enumerate(messages)]
    return []


def _stamped(file: Any, pointer: str, position: int, findings: list[Finding]) -> StampedFile | None:
    """Return the file that the object at *pointer* tells of, or None with a finding."""
    reader = FieldReader(file if isinstance(file, dict) else {}, pointer)
    name = reader.text("FileName", MAX_URL_CHARACTERS) or reader.text("CacheFile", MAX_URL_CHARACTERS) or ""
    stem, _, suffix = name.rpartition("/")[2].rpartition(".")
    stamps = [_stamp(reader, key) for key in ("StartTimeStamp", "EndTimeStamp")]
    url, file_id = reader.text("VideoUrl", MAX_URL_CHARACTERS), reader.text("FileId") or stem or None
    start_ms, stop_ms = stamps
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
