"""A media file put where an output needs it, under a name of our own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from timeline.media.gate import sniff_demuxer
from timeline.publish import disk_errors, published

_SUFFIXES = {"mov": "mp4", "matroska": "webm", "flv": "flv", "mp3": "mp3"}


def media_suffix(path: Path) -> str:
    """Return the suffix that fits what is in the file, without a dot.

    Raises:
        MediaUnreadableError: It is no media.
    """
    return _SUFFIXES[sniff_demuxer(path)]


def put_file(path: Path, target: Path) -> None:
    """See that *target* is the file at *path*: linked where the disk can, else a copy nobody changed since.

    Raises:
        DiskError: It cannot be written.
    """
    with disk_errors(target):
        ours = path.stat()
        if target.exists():
            theirs = target.stat()
            is_copy = (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
            if os.path.samestat(ours, theirs) or is_copy:
                return
            target.unlink()
        try:
            os.link(path.resolve(), target)  # nobody may write to it
        except OSError:
            with published(target) as part:
                shutil.copyfile(path, part)
                os.utime(part, ns=(ours.st_mtime_ns, ours.st_mtime_ns))
