"""A window of a lesson by moviepy: ``python render_moviepy.py TASK``, run by the Python that has moviepy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def render(task: dict[str, Any]) -> None:
    """Render what *task* says; see `benchmarks.render_ways.moviepy_command`."""
    import moviepy  # type: ignore[import-not-found,unused-ignore]

    clips = []
    for clip in task["clips"]:
        x, y, width, height = clip["place"]
        video = moviepy.VideoFileClip(clip["path"], audio=clip["has_sound"])
        video = video.subclipped(clip["from_s"], clip["to_s"]).resized((width, height))
        clips.append(video.with_start(clip["at_s"]).with_position((x, y)))
    whole = moviepy.CompositeVideoClip(clips, size=tuple(task["size"])).with_duration(task["length_s"])
    whole.write_videofile(
        task["output"],
        fps=task["rate"],
        codec="libx264",
        preset="veryfast",
        threads=1,
        ffmpeg_params=["-crf", "23", "-g", str(task["gop"]), "-pix_fmt", "yuv420p"],
        audio_codec="aac",
        audio_bitrate="96k",
        audio_fps=48000,
        logger=None,
    )


if __name__ == "__main__":
    render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
