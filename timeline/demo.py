"""The whole chain on the bundled lesson, offline: what ``timeline demo`` runs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timeline.analysis.presence import presence_table
from timeline.errors import ParameterError
from timeline.export.manifest import write_manifest
from timeline.export.page import write_player
from timeline.extras import needs_extra
from timeline.loading import load
from timeline.media.locate import MEDIA_FOLDER_NAME
from timeline.model import Timeline
from timeline.plotting import write_plot
from timeline.publish import check_output, disk_errors, published, write_text
from timeline.render.progress import RenderProgress
from timeline.render.video import RenderReport, render_video
from timeline.samples import sample_lesson_folder
from timeline.sinks import xml_text
from timeline.sources import RESULT_FILE_NAME
from timeline.units import format_time

with needs_extra("media"):
    import av

ROSTER_NAME = "roster.csv"
OUTPUT_NAMES = (
    *(RESULT_FILE_NAME, ROSTER_NAME, "manifest.json", "timeline.png", "timeline-wall.png", "presence.csv"),
    *("review.mp4", "poster.jpg", "index.html"),
)
"""What the demo writes, beside the lesson's media."""
PLAYER_NAME = "replay"
"""The folder of the replay page."""
POSTER_MS = 50_000
"""Which moment stands for the video."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: the page that shows it all, the lesson, and the report of its video."""

    page: Path
    lesson: Timeline
    report: RenderReport


def write_demo(
    folder: str | os.PathLike[str],
    *,
    ffmpeg: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    overwrite: bool = True,
    progress: Callable[[RenderProgress], None] | None = None,
) -> Demo:
    """Run the main job on the bundled lesson and write it to *folder*, which is made if needed.

    The lesson itself is copied there as well, so that the folder is one to play with and to serve: *folder*
    holds ``result.json``, ``roster.csv`` and ``media/``, and beside them ``review.mp4`` with ``poster.jpg``,
    ``timeline.png``, ``timeline-wall.png``, ``manifest.json``, ``presence.csv``, ``replay/`` with the replay
    page, and ``index.html``.

    Raises:
        OutputExistsError: A demo is there and *overwrite* is False.
        ParameterError: *folder* is a file.
        RenderError: The video could not be made.
        DiskError: *folder* cannot be written.
    """
    folder = Path(folder)
    page = folder / "index.html"
    if folder.is_file():
        raise ParameterError(f"{folder}: is a file; name a folder")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in OUTPUT_NAMES:
            check_output(folder / name, overwrite=overwrite)
        _copy_lesson(folder)
    media = folder / MEDIA_FOLDER_NAME
    lesson = load(folder, roster=folder / ROSTER_NAME)
    write_manifest(lesson, folder / "manifest.json", media=media)
    write_plot(lesson, folder / "timeline.png")
    write_plot(lesson, folder / "timeline-wall.png", clock="wall")
    write_text(folder / "presence.csv", _presence_csv(lesson))
    write_player(lesson, folder / PLAYER_NAME, media=media)
    report = render_video(
        lesson, folder / "review.mp4", media=media, ffmpeg=ffmpeg, jobs=jobs, progress=progress
    )
    _write_poster(report.path, folder / "poster.jpg")
    write_text(page, _page(lesson, folder))
    return Demo(page, lesson, report)


def _copy_lesson(folder: Path) -> None:
    source = sample_lesson_folder()
    for name in (RESULT_FILE_NAME, ROSTER_NAME):
        shutil.copyfile(source / name, folder / name)
    shutil.copytree(source / MEDIA_FOLDER_NAME, folder / MEDIA_FOLDER_NAME, dirs_exist_ok=True)


def _write_poster(video: Path, poster: Path) -> None:
    """Write a frame of *video* as a picture: what a page shows before it plays."""
    with av.open(str(video)) as container, published(poster) as part:
        container.seek(POSTER_MS * (av.time_base // 1000))
        frame = next(container.decode(video=0))
        frame.to_image().save(part, format="jpeg", quality=85)  # type: ignore[no-untyped-call]


def _presence_csv(lesson: Timeline) -> str:
    return presence_table(lesson).to_csv()


def _page(lesson: Timeline, folder: Path) -> str:
    rows = "".join(
        f"<tr><td>{xml_text(str(row['label']))}<td>{xml_text(str(row['role'] or ''))}"
        f"<td>{format_time(int(row['camera_on_ms'] or 0))}"
        f"<td>{100 * float(row['camera_on_ratio_lesson'] or 0):.0f} %<td>{row['spans']}"
        for row in presence_table(lesson).rows()
    )
    facts = [
        f"{format_time(lesson.duration_ms)} of class in {sum(len(t.clips) for t in lesson.tracks)} files"
        f" on {len(lesson.tracks)} tracks",
        *(
            f"paused at {format_time(pause.at_ms)} for {format_time(pause.duration_ms or 0)} of wall time"
            for pause in lesson.pauses
        ),
        f"{len(lesson.findings)} findings",
    ]
    program = "timeline" if shutil.which("timeline") else f"{sys.executable} -m timeline"
    folder_text, roster_text = shlex.quote(str(folder)), shlex.quote(str(folder / ROSTER_NAME))
    commands = "\n".join(
        (
            f"{program} show {folder_text} --roster {roster_text}",
            f"{program} render {folder_text} -o grid.mp4 --layout grid --roster {roster_text}",
            f"{program} render {folder_text} --plan",
            f"{program} show YOUR_RESULT.json",
        )
    )
    return _PAGE.format(
        facts="".join(f"<li>{xml_text(fact)}" for fact in facts),
        rows=rows,
        commands="\n".join(map(xml_text, commands.splitlines())),
    )


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>timeline: the sample lesson</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
video, img {{ width: 100%; height: auto; border-radius: 8px }}
img {{ background: #fff }}
table {{ border-collapse: collapse }}
td, th {{ padding: .25rem 1rem .25rem 0; text-align: left; border-bottom: 1px solid #8884 }}
pre {{ background: #8882; padding: 1rem; border-radius: 8px; white-space: pre-wrap }}
pre {{ overflow-wrap: anywhere }}
</style>
<h1>One lesson, one timeline</h1>
<p>A recording result lists files. This is what they were: a class. Everything on this page was made from
<a href="result.json">result.json</a> and the files in <code>media/</code>, on this machine.</p>
<ul>{facts}</ul>
<h2>The review video</h2>
<video src="review.mp4" poster="poster.jpg" controls preload="metadata"></video>
<p><b><a href="replay/index.html">The replay page</a></b> plays the streams themselves, side by side
and in sync: click a lane to go there, mute somebody, make somebody large.</p>
<h2>Who was on when</h2>
<p><img src="timeline.png" alt="One lane per stream on the playback clock, the pause as a dashed line"></p>
<p>The dashed line is the pause: it has a length on the wall clock and no width on the playback axis.
The same lesson on the wall clock:</p>
<p><img src="timeline-wall.png" alt="The same lanes on the wall clock, the pause as a hatched band"></p>
<h2>Camera on</h2>
<table><tr><th>who<th>role<th>camera on<th>of the lesson<th>stretches{rows}</table>
<p>A camera that is on is not attendance: somebody who only listens leaves no file.
The same table: <a href="presence.csv">presence.csv</a>.</p>
<h2>For a replay player</h2>
<p><a href="manifest.json">manifest.json</a> says, without arithmetic, what plays when; its <code>src</code>
leads to the files in <code>media/</code> beside it, so this folder can be served as it is.</p>
<h2>What to try next</h2>
<pre>{commands}</pre>
</html>
"""
