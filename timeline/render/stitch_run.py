"""One continuous, full-length file per track, all aligned, in one call."""

from __future__ import annotations

import dataclasses
import functools
import operator
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline import kinds
from timeline.errors import ParameterError
from timeline.findings import Finding
from timeline.fonts import readable_names
from timeline.media.examine import ExaminedMedia, examine_media, require_usable
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.locate import media_folder
from timeline.media.store import MediaStore, default_cache
from timeline.model import Timeline, Track
from timeline.publish import disk_errors
from timeline.render.progress import FrameCounter, RenderProgress
from timeline.render.sources import Obstacles, damage_findings, known_files, slate_reasons
from timeline.render.stitch_folder import check_folder, publish_tracks
from timeline.render.stitch_hls import package_track
from timeline.render.stitch_job import Part, TrackJob
from timeline.render.stitch_sound import MadeSound, make_sound
from timeline.render.stitch_track import (
    MadePicture,
    PictureBlockedError,
    join_track,
    make_picture,
)
from timeline.render.visibility import INDEX_NAME, file_json, parts_json, visibility_json
from timeline.render.workplace import workplace
from timeline.units import check_crf
from timeline.waiting import as_done

_DEFAULT_CRF = 20


@dataclass(frozen=True, slots=True)
class StitchedTrack:
    """One file that was made.

    Attributes:
        track: Id of the track.
        path: The file.
        picture: What is seen; the parts tile the lesson. None in a file of sound alone.
        sound: What is heard; the parts tile the lesson.
        lost: Positions of files that slates or silence replace, wholly or in part.
        playlist: The same as HLS, where that was asked for.
    """

    track: str
    path: Path
    picture: tuple[Part, ...]
    sound: tuple[Part, ...]
    lost: frozenset[int]
    playlist: Path | None = None


@dataclass(frozen=True, slots=True)
class StitchReport:
    """What a stitch made.

    Attributes:
        folder: Where the files are.
        index: The index beside them.
        tracks: The files, in the order of the lesson's tracks.
        findings: What was odd about files and names.
        elapsed_s: How long it took, seconds.
    """

    folder: Path
    index: Path
    tracks: tuple[StitchedTrack, ...]
    findings: tuple[Finding, ...]
    elapsed_s: float

    @property
    def slated_files(self) -> tuple[int, ...]:
        """Indices of the files that slates or silence replace, wholly or in part."""
        return tuple(sorted(functools.reduce(operator.or_, (track.lost for track in self.tracks))))


@dataclass(frozen=True, slots=True)
class _Made:
    """One track, made and verified; its files are still in the working folder, by the names they will get."""

    stitched: StitchedTrack
    files: Mapping[str, Path]
    document: dict[str, Any]
    obstacles: Obstacles
    damage: Mapping[int, int]


def stitch_tracks(
    timeline: Timeline,
    folder: str | os.PathLike[str],
    *,
    media: str | os.PathLike[str] | None,
    crf: int = _DEFAULT_CRF,
    hls: bool = False,
    jobs: int | None = None,
    font: str | os.PathLike[str] | None = None,
    ffmpeg: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
    progress: Callable[[RenderProgress], None] | None = None,
) -> StitchReport:
    """Make one file per track: second t of each is second t of the lesson, and all are equally long.

    Pictures are copied where files allow it; slates, and what fits no other way, are encoded to match. The
    sound of a track is encoded once as a whole. Files appear only when all are complete and were read back.

    Args:
        timeline: A lesson.
        folder: Where the files go, with an index ``visibility.json``; made if it is not there.
        media: Folder of the media files; None looks into the store alone.
        crf: Constant quality of what x264 encodes, 0 (lossless) to 51.
        hls: Whether each track is written as HLS too: a playlist, and one fragmented file beside it.
        jobs: How many tracks are made side by side; one per core by default.
        font: A font file to try first for names.
        ffmpeg: Another ffmpeg than the one that comes with the media extra.
        cache: Folder of the store in which files are looked for that *media* lacks; the user's by default.
        overwrite: Whether files that are there may be replaced.
        progress: Called now and then, from another thread.

    Raises:
        ParameterError: An argument cannot be used.
        MediaNotFoundError: No file of the lesson can be had.
        RenderError: ffmpeg is missing or failed, or its output was not right.
        OutputExistsError: A file is there and *overwrite* is False.
        OutputHeldError: Another stitch works for this folder.
        DiskError: The output cannot be written.
    """
    folder = Path(folder)
    began = time.monotonic()
    check_crf(crf)
    if timeline.duration_ms <= 0:
        raise ParameterError("nothing to stitch: the lesson has no length")
    program = find_ffmpeg(ffmpeg)
    store = MediaStore(default_cache() if cache is None else Path(cache))
    examined = examine_media(timeline, media_folder(None, Path(media) if media is not None else None), store)
    require_usable(examined)
    paths = {track.id: folder / name for track, name in zip(timeline.tracks, _names(timeline), strict=True)}
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder}: is a file; name a folder")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    sources = {facts.path.resolve() for facts in examined.facts.values()}
    suffixes = ("", ".m3u8", ".m4s") if hls else ("",)
    wanted = [path.with_suffix(suffix or path.suffix).name for path in paths.values() for suffix in suffixes]
    check_folder(folder, wanted, overwrite=overwrite)
    for path in paths.values():
        if path.resolve() in sources:
            raise ParameterError(f"{path}: is one of the lesson's own files; name another folder")
    names = readable_names(timeline, font)
    workers = max(1, jobs or os.cpu_count() or 1)
    stop = threading.Event()
    counter = FrameCounter(len(paths) * timeline.duration_ms, len(paths) * timeline.duration_ms, progress)
    with workplace(None, folder / INDEX_NAME) as scratch:
        track_jobs = [
            TrackJob(
                track=track,
                number=number,
                facts=examined.facts,
                reasons={},
                name=names.by_track[track.id],
                font=font,
                crf=crf,
                threads=max(1, workers // len(timeline.tracks)),
                ffmpeg=program,
                folder=scratch.resolve(),
                stop=stop,
            )
            for number, track in enumerate(timeline.tracks)
        ]

        def make(job: TrackJob) -> _Made:
            made = _make_track(timeline, examined, job, paths[job.track.id], hls=hls)
            counter.of_chunk(job.number)(timeline.duration_ms)
            return made

        tracks = _side_by_side(make, track_jobs, workers, stop)
        obstacles = functools.reduce(operator.or_, (made.obstacles for made in tracks))
        damage: Counter[int] = Counter()
        for made in tracks:
            damage.update(made.damage)
        damaged = damage_findings(timeline, examined, obstacles, damage)
        findings = (*examined.findings, *damaged, *names.findings)
        # All of them are whole and verified: from here on nothing but a disk can fail.
        publish_tracks(
            folder,
            scratch,
            {name: file for made in tracks for name, file in made.files.items()},
            visibility_json(timeline, [made.document for made in tracks], findings),
            sources=sources,
            overwrite=overwrite,
        )
    return StitchReport(
        folder=folder,
        index=folder / INDEX_NAME,
        tracks=tuple(made.stitched for made in tracks),
        findings=findings,
        elapsed_s=time.monotonic() - began,
    )


def _side_by_side(
    make: Callable[[TrackJob], _Made], jobs: Sequence[TrackJob], workers: int, stop: threading.Event
) -> list[_Made]:
    """Return what *make* makes of each job; when one fails, the others are stopped."""
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="stitch")
    try:
        futures = [pool.submit(make, job) for job in jobs]
        for future in as_done(futures):
            future.result()
        return [future.result() for future in futures]
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _names(timeline: Timeline) -> list[str]:
    """Return a file name of our own for each track: its kind, and its number among those of the kind."""
    seen: Counter[str] = Counter()
    names = []
    for track in timeline.tracks:
        seen[track.kind] += 1
        suffix = "m4a" if track.kind == kinds.AUDIO else "mp4"
        names.append(f"{track.kind}_{seen[track.kind]:02d}.{suffix}")
    return names


def _make_track(
    timeline: Timeline, examined: ExaminedMedia, job: TrackJob, path: Path, *, hls: bool
) -> _Made:
    """Make the file of one track; what cannot be decoded or joined as it is, is tried another way."""
    obstacles = Obstacles()
    refused: dict[int, str] = {}
    sound: MadeSound | None = None
    while True:
        files = known_files(timeline, examined, obstacles)
        job = dataclasses.replace(job, reasons=slate_reasons(examined, obstacles))
        if sound is None:
            sound = make_sound(job, files)
            obstacles |= Obstacles(sounds=sound.dead)
        try:
            made = make_picture(job, files, refused)
        except PictureBlockedError as blocked:
            obstacles |= blocked.obstacles
            continue
        whole = job.folder / f"{job.prefix}_whole{path.suffix}"
        suspect = join_track(job, made, sound.source, whole)
        if suspect is None:
            break
        refused[suspect] = "cannot be joined"
    for piece in job.folder.glob(f"{job.prefix}_*"):
        if piece != whole:
            piece.unlink()
    lost = made.lost if job.has_picture else _silenced(job.track, examined)
    lost |= sound.dead if not job.has_picture else frozenset()
    stitched = StitchedTrack(job.track.id, path, made.parts, sound.parts, lost)
    document = _document(job, examined, stitched, made) | {"size_bytes": whole.stat().st_size}
    made_files = {path.name: whole}
    if hls:
        packaged = package_track(job, whole, path.stem, timeline)
        made_files |= {file.name: file for file in packaged}
        stitched = dataclasses.replace(stitched, playlist=path.with_name(packaged.playlist.name))
        document["hls"] = [{"file": file.name, "size_bytes": file.stat().st_size} for file in packaged]
    return _Made(stitched, made_files, document, obstacles, made.damage)


def _silenced(track: Track, examined: ExaminedMedia) -> frozenset[int]:
    """Return the files of a track of sound alone that cannot be heard at all."""
    wanted = {clip.media.position for clip in track.clips}
    return frozenset(position for position in wanted if position not in examined.facts)


def _document(
    job: TrackJob, examined: ExaminedMedia, stitched: StitchedTrack, made: MadePicture
) -> dict[str, Any]:
    """Return what the index says of a track."""
    track, choice = job.track, made.choice
    files = {}
    for clip in track.clips:
        position = clip.media.position
        why = choice.refused.get(position) if choice else None
        note = examined.lost.get(position) or (f"encoded: {why}" if why else None)
        files[position] = file_json(position, clip.media.duration_ms, examined.facts.get(position), note)
    return {
        "id": track.id,
        "kind": track.kind,
        "user_id": track.user_id,
        "label": track.label,
        "role": track.role,
        "file": stitched.path.name,
        "width": choice.form.width_px if choice else None,
        "height": choice.form.height_px if choice else None,
        "picture": parts_json(stitched.picture) if job.has_picture else None,
        "sound": parts_json(stitched.sound),
        "clips": list(files.values()),
    }
