"""A review video of a lesson, in one call."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from timeline.errors import ParameterError
from timeline.findings import Finding
from timeline.fonts import readable_names
from timeline.media.examine import examine_media, require_usable
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.locate import media_folder
from timeline.media.store import MediaStore, default_cache
from timeline.model import Timeline
from timeline.publish import check_output, published
from timeline.render.encode import Job, encode_video
from timeline.render.graph import Encoding
from timeline.render.pieces import PieceStore
from timeline.render.plan import DEFAULT_FRAME_RATE, DEFAULT_SIZE_PX, RenderPlan, plan_video
from timeline.render.progress import RenderProgress
from timeline.render.sources import Obstacles, damage_findings, known_files, slate_reasons
from timeline.render.verify import verify_video
from timeline.render.workplace import workplace
from timeline.units import check_crf, parse_frame_rate


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render made.

    Attributes:
        path: The video.
        plan: What it shows, corrected by what the files really hold.
        findings: What was odd about files and names.
        elapsed_s: How long it took, seconds.
    """

    path: Path
    plan: RenderPlan
    findings: tuple[Finding, ...]
    elapsed_s: float

    @property
    def slated_files(self) -> tuple[int, ...]:
        """Indices of the files that slates replace, wholly or in part."""
        return self.plan.slated_files


def render_video(
    timeline: Timeline,
    path: str | os.PathLike[str],
    *,
    media: str | os.PathLike[str] | None,
    layout: str = "stage",
    size_px: tuple[int, int] = DEFAULT_SIZE_PX,
    frame_rate: Fraction | int | str = DEFAULT_FRAME_RATE,
    labels: bool = True,
    crf: int = 23,
    start_ms: int = 0,
    end_ms: int | None = None,
    jobs: int | None = None,
    font: str | os.PathLike[str] | None = None,
    ffmpeg: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
    progress: Callable[[RenderProgress], None] | None = None,
) -> RenderReport:
    """Make one video of all streams of a lesson: H.264 and AAC in mp4.

    A file that is missing, damaged or too short costs a slate and a finding, never the lesson. The output
    appears only when it is complete and was read back.

    Args:
        timeline: A lesson.
        path: Where the video goes; ends in ``.mp4``.
        media: Folder of the media files; None looks into the store alone.
        layout: ``stage`` or ``grid``.
        size_px: (width, height) of the canvas, both even.
        frame_rate: Frames per second of the output.
        labels: Whether names and pause notes are laid over the pictures.
        crf: Constant quality of x264, 0 (lossless) to 51.
        start_ms: Where to begin, playback ms.
        end_ms: Where to end; the lesson's end by default.
        jobs: How many ffmpeg run side by side; one per core by default.
        font: A font file to try first for names.
        ffmpeg: Another ffmpeg than the one that comes with the media extra.
        cache: Folder of the store in which files are looked for that *media* lacks; the user's by default.
        overwrite: Whether a file that is there may be replaced.
        progress: Called now and then, from another thread.

    Raises:
        ParameterError: An argument cannot be used.
        MediaNotFoundError: No file of the lesson can be had.
        RenderError: ffmpeg is missing or failed, or its output was not right.
        OutputExistsError: *path* is there and *overwrite* is False.
        DiskError: The output cannot be written.
    """
    path = Path(path)
    began = time.monotonic()
    check_crf(crf)
    if path.suffix.lower() != ".mp4":
        raise ParameterError(f"{path}: expected a file ending in .mp4")
    check_output(path, overwrite=overwrite)
    program = find_ffmpeg(ffmpeg)
    store = MediaStore(default_cache() if cache is None else Path(cache))
    examined = examine_media(timeline, media_folder(None, Path(media) if media is not None else None), store)
    require_usable(examined)
    if path.resolve() in {facts.path.resolve() for facts in examined.facts.values()}:
        raise ParameterError(f"{path}: is one of the lesson's own files; name another output")
    names = readable_names(timeline, font)

    def job_around(obstacles: Obstacles) -> Job:
        plan = plan_video(
            timeline,
            layout=layout,
            size_px=size_px,
            frame_rate=parse_frame_rate(str(frame_rate)),
            start_ms=start_ms,
            end_ms=end_ms,
            files=known_files(timeline, examined, obstacles),
        )
        return Job(
            plan=plan,
            timeline=timeline,
            facts=examined.facts,
            contents=examined.contents,
            reasons=slate_reasons(examined, obstacles),
            names=names.by_track,
            labels=labels,
            font=font,
            encoding=Encoding(crf=crf),
            workers=max(1, jobs or os.cpu_count() or 1),
            obstacles=obstacles,
        )

    obstacles = Obstacles()
    job = job_around(obstacles)
    pieces = PieceStore(store.folder)
    pieces.prune()
    with workplace(store.folder, path) as folder, published(path, overwrite=overwrite) as part:
        while True:
            encoded = encode_video(job, program, folder, part, pieces, progress=progress)
            if not encoded.obstacles:
                break
            # What cannot be decoded is left out: slates and silence take its place.
            obstacles |= encoded.obstacles
            job = job_around(obstacles)
        verify_video(part, job.plan)
    damage = damage_findings(timeline, examined, obstacles, encoded.damage)
    return RenderReport(
        path=path,
        plan=job.plan,
        findings=(*examined.findings, *damage, *names.findings),
        elapsed_s=time.monotonic() - began,
    )
