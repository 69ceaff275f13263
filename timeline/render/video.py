"""A review video of a lesson, in one call."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from timeline.errors import ParameterError
from timeline.findings import Finding, finding_json
from timeline.fonts import find_font, readable_names
from timeline.jsontext import json_text
from timeline.layouts.names import LayoutLike, find_layout
from timeline.media.examine import ExaminedMedia, examine_media, require_usable
from timeline.media.ffmpeg import find_ffmpeg
from timeline.media.locate import media_folder
from timeline.media.store import MediaStore, default_cache
from timeline.model import Timeline
from timeline.publish import check_output, disk_errors, published_together
from timeline.render.artwork import Font
from timeline.render.drawing import PLAYBACK, WALL
from timeline.render.encode import Encoded, encode_frame, encode_video
from timeline.render.encoders import DEFAULT_ENCODER, Encoding, check_encoder
from timeline.render.job import Job
from timeline.render.pieces import PieceStore
from timeline.render.plan import CARD, DEFAULT_SIZE_PX, RenderPlan, plan_video
from timeline.render.progress import RenderProgress
from timeline.render.report import clip_reports
from timeline.render.sources import Obstacles, best_rate, damage_findings, known_files, slate_reasons
from timeline.render.verify import Verified, verify_video
from timeline.render.workplace import workplace
from timeline.sinks import show, text_line
from timeline.units import check_crf, frame_at, frame_start_ms, parse_frame_rate
from timeline.version import __version__

AUTO = "auto"
"""As a frame rate: that of the files."""
DRAFT_SIZE_PX = (640, 360)
DRAFT_FRAME_RATE = Fraction(10)


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render made.

    Attributes:
        path: The video.
        plan: What it shows, corrected by what the files really hold.
        findings: What was odd about files and names.
        elapsed_s: How long it took, seconds.
        details: The sync report as values for JSON; empty for a single frame.
    """

    path: Path
    plan: RenderPlan
    findings: tuple[Finding, ...]
    elapsed_s: float
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def slated_files(self) -> tuple[int, ...]:
        """Indices of the files that slates replace, wholly or in part."""
        return self.plan.slated_files


def render_video(
    timeline: Timeline,
    path: str | os.PathLike[str],
    *,
    media: str | os.PathLike[str] | None,
    layout: LayoutLike = "stage",
    size_px: tuple[int, int] | None = None,
    frame_rate: Fraction | int | str = AUTO,
    labels: bool = True,
    gaps: str = CARD,
    clock: str | None = None,
    title: str = "",
    crf: int = 23,
    encoder: str = DEFAULT_ENCODER,
    draft: bool = False,
    vfr: bool = False,
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
        layout: ``stage``, ``grid``, ``side-by-side``, ``pip``, ``single:TRACK``, the path of a layout file,
            or what such a file holds.
        size_px: (width, height) of the canvas, both even; 1280x720 by default, 640x360 for a draft.
        frame_rate: Frames per second of the output. ``auto``: the highest real rate of the files, at most 30,
            and at most 10 for a draft.
        labels: Whether names, pause notes and the title are laid over the pictures.
        gaps: What is seen where somebody is absent: ``card``, ``hold`` (the last picture) or ``hide``.
        clock: ``playback`` or ``wall`` (UTC) for a clock in the upper right corner.
        title: What the first four seconds of the lesson are headed with.
        crf: Constant quality of x264, 0 (lossless) to 51.
        encoder: Any video encoder of the ffmpeg that is used; it is tried on one frame first.
        draft: Whether speed counts more than looks.
        vfr: Whether pictures that equal the one before are left out where nothing but boards and screens
            plays: the output has a variable frame rate then, and costs less.
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
        OutputExistsError: *path* or its report is there and *overwrite* is False.
        DiskError: The output cannot be written.
    """
    path = Path(path)
    began = time.monotonic()
    check_crf(crf)
    layout = find_layout(layout, timeline)
    if path.suffix.lower() != ".mp4":
        raise ParameterError(f"{path}: expected a file ending in .mp4")
    outputs = (path, report_path(path))
    studio = _Studio(timeline, outputs, media, cache, ffmpeg, font, overwrite)
    settings = _Settings(
        layout=layout,
        size_px=size_px or (DRAFT_SIZE_PX if draft else DEFAULT_SIZE_PX),
        frame_rate=_rate(frame_rate, studio.examined, draft),
        labels=labels,
        gaps=gaps,
        clock=_clock(timeline, clock),
        title=_title(title, font),
        encoding=Encoding(encoder, crf, draft),
        vfr=vfr,
        start_ms=start_ms,
        end_ms=end_ms,
        workers=max(1, jobs or os.cpu_count() or 1),
    )

    def encode(job: Job, folder: Path, part: Path) -> Encoded:
        check_encoder(job.encoding, studio.ffmpeg, settings.size_px, folder)
        return encode_video(job, studio.ffmpeg, folder, part, studio.pieces, progress=progress)

    def describe(job: Job, encoded: Encoded, part: Path, report: RenderReport) -> dict[str, Any]:
        details = studio.details(job, encoded, verify_video(part, job.plan, job.chunks))
        elapsed_s = time.monotonic() - began
        details["speed"] |= {
            "elapsed_s": round(elapsed_s, 3),
            "x_real_time": round(job.plan.duration_ms / 1000 / elapsed_s, 2),
        }
        details["findings"] = [finding_json(item) for item in report.findings]
        return details

    return studio.make(settings, encode, began, describe)


def report_path(video: Path) -> Path:
    """Return where the sync report of a video lies: beside it."""
    return video.with_suffix(".report.json")


def render_frame(
    timeline: Timeline,
    path: str | os.PathLike[str],
    at_ms: int,
    *,
    media: str | os.PathLike[str] | None,
    layout: LayoutLike = "stage",
    size_px: tuple[int, int] | None = None,
    frame_rate: Fraction | int | str = AUTO,
    labels: bool = True,
    gaps: str = CARD,
    clock: str | None = None,
    title: str = "",
    font: str | os.PathLike[str] | None = None,
    ffmpeg: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
) -> RenderReport:
    """Write the frame that a review video shows at *at_ms*, playback time, as a PNG.

    Arguments and errors are those of `render_video`; *path* ends in ``.png``.
    """
    path = Path(path)
    began = time.monotonic()
    layout = find_layout(layout, timeline)
    if path.suffix.lower() != ".png":
        raise ParameterError(f"{path}: expected a file ending in .png")
    studio = _Studio(timeline, (path,), media, cache, ffmpeg, font, overwrite)
    rate = _rate(frame_rate, studio.examined, draft=False)
    frame = min(frame_at(at_ms, rate), max(0, frame_at(timeline.duration_ms, rate) - 1))
    settings = _Settings(
        layout=layout,
        size_px=size_px or DEFAULT_SIZE_PX,
        frame_rate=rate,
        labels=labels,
        gaps=gaps,
        clock=_clock(timeline, clock),
        title=_title(title, font),
        encoding=Encoding(),
        vfr=False,
        start_ms=math.ceil(frame_start_ms(frame, rate)),
        end_ms=math.ceil(frame_start_ms(frame + 1, rate)),
        workers=1,
    )

    def encode(job: Job, folder: Path, part: Path) -> Encoded:
        return encode_frame(job, studio.ffmpeg, folder, part, studio.pieces)

    return studio.make(settings, encode, began)


@dataclass(frozen=True, slots=True)
class _Settings:
    """How a lesson is rendered; all decided."""

    layout: LayoutLike
    size_px: tuple[int, int]
    frame_rate: Fraction
    labels: bool
    gaps: str
    clock: str | None
    title: str
    encoding: Encoding
    vfr: bool
    start_ms: int
    end_ms: int | None
    workers: int


class _Studio:
    """A lesson, its files, and what they are rendered with and to; a report is the second output."""

    def __init__(
        self,
        timeline: Timeline,
        outputs: tuple[Path, ...],
        media: str | os.PathLike[str] | None,
        cache: str | os.PathLike[str] | None,
        ffmpeg: str | os.PathLike[str] | None,
        font: str | os.PathLike[str] | None,
        overwrite: bool,
    ) -> None:
        for path in outputs:
            check_output(path, overwrite=overwrite)
        self._timeline, self._outputs, self._font, self._overwrite = timeline, outputs, font, overwrite
        self.ffmpeg = find_ffmpeg(ffmpeg)
        self._store = MediaStore(default_cache() if cache is None else Path(cache))
        folder = media_folder(None, Path(media) if media is not None else None)
        self.examined = examine_media(timeline, folder, self._store)
        require_usable(self.examined)
        if outputs[0].resolve() in {facts.path.resolve() for facts in self.examined.facts.values()}:
            raise ParameterError(f"{outputs[0]}: is one of the lesson's own files; name another output")
        self._names = readable_names(timeline, font)
        self.pieces = PieceStore(self._store.folder)

    def make(
        self,
        settings: _Settings,
        encode: Callable[[Job, Path, Path], Encoded],
        began: float,
        describe: Callable[[Job, Encoded, Path, RenderReport], dict[str, Any]] | None = None,
    ) -> RenderReport:
        """Encode until nothing is left that cannot be decoded, and publish what came of it.

        Where there is a report, *describe* looks at the output and says what is in it.
        """
        obstacles = Obstacles()
        job = self._job(settings, obstacles)
        self.pieces.prune()
        with (
            workplace(self._store.folder, self._outputs[0]) as folder,
            published_together(*self._outputs, overwrite=self._overwrite) as parts,
        ):
            while (encoded := encode(job, folder, parts[0])).obstacles:
                # What cannot be decoded is left out: slates and silence take its place.
                obstacles |= encoded.obstacles
                job = self._job(settings, obstacles)
            damage = damage_findings(self._timeline, self.examined, obstacles, encoded.damage)
            findings = (*self.examined.findings, *damage, *self._names.findings)
            report = RenderReport(self._outputs[0], job.plan, findings, 0.0)
            if describe:
                report = replace(report, details=describe(job, encoded, parts[0], report))
                with disk_errors(self._outputs[1]):
                    text = json_text(report.details) + "\n"
                    parts[1].write_text(text, encoding="utf-8", newline="\n")
        return replace(report, elapsed_s=time.monotonic() - began)

    def details(self, job: Job, encoded: Encoded, verified: Verified) -> dict[str, Any]:
        """Return the sync report of an output that was verified."""
        plan = job.plan
        return {
            "format": "timeline-render-report",
            "version": "1.0",
            "generator": f"timeline {__version__}",
            "output": {
                "file": self._outputs[0].name,
                "width": plan.width_px,
                "height": plan.height_px,
                "fps": f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}",
                "start_ms": plan.start_ms,
                "duration_ms": plan.duration_ms,
                "frames": plan.frames,
                "encoder": job.encoding.encoder,
                "crf": job.encoding.crf,
                "loudness_lufs": encoded.loudness_lufs,
                "peak_dbfs": encoded.peak_dbfs,
            },
            "verified": verified._asdict() | {"is_evenly_spaced": verified.pictures == verified.frames},
            "tools": {"ffmpeg": self.ffmpeg.version},
            "speed": {"pieces": encoded.pieces, "new_pieces": encoded.new_pieces},
            "clips": clip_reports(self._timeline, plan, self.examined, job.reasons),
        }

    def _job(self, settings: _Settings, obstacles: Obstacles) -> Job:
        plan = plan_video(
            self._timeline,
            layout=settings.layout,
            size_px=settings.size_px,
            frame_rate=settings.frame_rate,
            start_ms=settings.start_ms,
            end_ms=settings.end_ms,
            files=known_files(self._timeline, self.examined, obstacles),
            gaps=settings.gaps,
        )
        return Job(
            plan=plan,
            timeline=self._timeline,
            facts=self.examined.facts,
            contents=self.examined.contents,
            reasons=slate_reasons(self.examined, obstacles),
            names=self._names.by_track,
            labels=settings.labels,
            clock=settings.clock,
            title=settings.title,
            font=self._font,
            encoding=settings.encoding,
            workers=settings.workers,
            vfr=settings.vfr,
            obstacles=obstacles,
        )


def _rate(frame_rate: Fraction | int | str, examined: ExaminedMedia, draft: bool) -> Fraction:
    if frame_rate != AUTO:
        return parse_frame_rate(str(frame_rate))
    best = best_rate(examined)
    return min(best, DRAFT_FRAME_RATE) if draft else best


def _clock(timeline: Timeline, clock: str | None) -> str | None:
    if clock not in (None, PLAYBACK, WALL):
        raise ParameterError(f"expected playback or wall for a clock, got {clock!r}")
    if clock == WALL and timeline.to_wall_ms(0) is None:
        raise ParameterError(
            "the lesson has no wall clock; name its start by --wall-origin, or show playback"
        )
    return clock


def _title(title: str, font: Font) -> str:
    """Return *title* in one harmless line that can be drawn."""
    line = text_line(title.strip())
    if line and find_font(line, font) is None:
        raise ParameterError(f"no font at hand can show the title {show(title)}; name one by --font")
    return line
