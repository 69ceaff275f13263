"""Small grey pictures, four a second, and what the meter makes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from timeline.analysis.picture import SHAPE, Gray, PictureMeter, PictureProfile, Piece
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.interval import spans_of
from timeline.media.ffmpeg import find_ffmpeg

STEP_MS = 250


def plain(grey: int) -> Gray:
    """Return a picture of one grey."""
    return np.full(SHAPE, grey, dtype=np.uint8)


def scene(seed: int = 0) -> Gray:
    """Return a picture of a room, as it were: bright and dark, coarse."""
    coarse = np.random.default_rng(seed).integers(60, 200, (12, 16), dtype=np.uint8)
    return np.kron(coarse, np.ones((10, 10), dtype=np.uint8))


def profile_of(
    pictures: Iterable[Gray], rules: MetricRules = USUAL_RULES, *, unseen: Iterable[tuple[int, int]] = ()
) -> PictureProfile:
    """Return what the meter says of *pictures*, four a second, which could not be decoded where *unseen*."""
    meter = PictureMeter(rules)
    for number, gray in enumerate(pictures):
        meter.add(number * STEP_MS, gray)
    return meter.profile(spans_of(unseen))


def whole(profile: PictureProfile, start_ms: int = 0) -> Piece:
    """Return a clip that plays a whole file from *start_ms* on."""
    return Piece(profile, start_ms, start_ms + len(profile.at_ms) * STEP_MS, 0)


def encoded(path: Path, pictures: Iterable[Gray], *, size: str = "640x480", crf: int = 23) -> Path:
    """Write a video of *pictures*, four a second, as a recorder would: 12 pictures a second, H.264."""
    arguments = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x120", "-r", "4", "-i", "-"]
    arguments += ["-vf", f"scale={size}:flags=neighbor,fps=12,format=yuv420p", "-c:v", "libx264"]
    arguments += ["-preset", "veryfast", "-crf", str(crf), "-g", "24", str(path)]
    content = b"".join(one.tobytes() for one in pictures)
    subprocess.run([find_ffmpeg().path, "-v", "error", "-y", *arguments], input=content, check=True)
    return path


def decoded(path: Path) -> list[Gray]:
    """Return the small grey pictures of a file, four a second, as they are measured."""
    arguments = ["-vf", "fps=4,scale=160:120:flags=area,format=gray", "-f", "rawvideo", "-"]
    raw = subprocess.run(
        [find_ffmpeg().path, "-v", "error", "-i", str(path), *arguments], capture_output=True, check=True
    ).stdout
    return list(np.frombuffer(raw, dtype=np.uint8).reshape(-1, *SHAPE))
