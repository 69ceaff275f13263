"""All media of a lesson: downloaded into the store, checked, and laid out under names of our own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from timeline.errors import DiskError, FetchError, MediaUnreadableError
from timeline.findings import Finding, finding
from timeline.media.download import Patience, Policy, download
from timeline.media.gate import sniff_demuxer
from timeline.media.locate import INDEX_NAME, index_text, media_references
from timeline.media.store import MediaStore
from timeline.model import MediaReference, Timeline
from timeline.publish import disk_errors, published, write_text

SPARE_BYTES = 1 << 30
"""So much of the disk is left free."""
DOWNLOADS = 4
"""Files on their way at once."""
PER_HOST = 2
"""Of these from one host."""

_SUFFIXES = {"mov": "mp4", "matroska": "webm", "flv": "flv", "mp3": "mp3"}


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a fetch is.

    Attributes:
        position: Of the file that this is about, in the result's list.
        done_bytes: Of that file.
        size_bytes: Its declared size; None if unknown.
        is_over: Whether it is fetched, or given up.
    """

    position: int
    done_bytes: int
    size_bytes: int | None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch brought.

    Attributes:
        paths: The file in the store, by position in the result's list.
        fetched: Positions of those that had to be downloaded.
        findings: What could not be had, and why.
    """

    paths: dict[int, Path]
    fetched: tuple[int, ...]
    findings: tuple[Finding, ...]


def fetch_media(
    timeline: Timeline,
    store: MediaStore,
    *,
    policy: Policy | None = None,
    patience: Patience | None = None,
    lenient_size: bool = False,
    progress: Callable[[FetchProgress], None] | None = None,
) -> FetchReport:
    """Bring all media of a lesson into *store*. What cannot be had costs a finding, not the lesson.

    Args:
        timeline: A lesson.
        store: Where the files are kept; what is there already is not asked for again.
        policy: Which hosts may be asked beyond the public internet.
        patience: How long to wait for what.
        lenient_size: Whether a file of another size than the result declares is taken.
        progress: Called from several threads.

    Raises:
        DiskError: The disk is full, or would be.
    """
    references = media_references(timeline)
    report = FetchReport({}, (), ())
    wanted = []
    for reference in references:
        path = store.find(reference)
        if path is not None:
            report.paths[reference.position] = path
        else:
            wanted.append(reference)
    _check_space(store.folder, wanted)
    work = _Work(store, policy or Policy(), patience or Patience(), lenient_size, progress)
    findings: list[Finding] = []
    with ThreadPoolExecutor(max_workers=DOWNLOADS) as pool:
        try:
            for reference, outcome in zip(wanted, pool.map(work.fetch, wanted), strict=True):
                if isinstance(outcome, Path):
                    report.paths[reference.position] = outcome
                else:
                    findings.append(outcome)
        except BaseException:
            work.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    fetched = tuple(reference.position for reference in wanted if reference.position in report.paths)
    return dataclasses.replace(report, fetched=fetched, findings=tuple(findings))


def lay_out(timeline: Timeline, report: FetchReport, folder: Path) -> None:
    """Put the files of *report* into *folder*, which may be there already, with an index beside them.

    Names are made of the place in the list and of the content: ``0003_ab12….mp4``. Files are linked where the
    disk can, else copied.

    Raises:
        DiskError: It cannot be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    names: dict[int, str] = {}
    for position, path in report.paths.items():
        name = f"{position:04d}_{path.name[:16]}.{_SUFFIXES[sniff_demuxer(path)]}"
        names[position] = name
        target = folder / name
        if not target.exists() and not _linked(path, target):
            with published(target) as part, disk_errors(target):
                shutil.copyfile(path, part)
    references = [reference for reference in media_references(timeline) if reference.position in names]
    write_text(folder / INDEX_NAME, index_text(references, names))


def _linked(path: Path, target: Path) -> bool:
    """Give the file at *path*, which nobody may write to, a second name; False where the disk cannot."""
    try:
        os.link(path, target)
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Work:
    """What all downloads of one fetch share."""

    store: MediaStore
    policy: Policy
    patience: Patience
    lenient_size: bool
    progress: Callable[[FetchProgress], None] | None
    stop: threading.Event = field(default_factory=threading.Event)
    hosts: defaultdict[str, threading.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: threading.Semaphore(PER_HOST))
    )

    def fetch(self, reference: MediaReference) -> Path | Finding:
        """Return the file in the store, or why it cannot be had."""
        try:
            return self._fetched(reference)
        except (FetchError, MediaUnreadableError) as error:
            where = f"file {reference.position}"
            return finding("media_unfetched", f"{where}: {error}", where=where)
        finally:
            self._tell(reference, 0, is_over=True)

    def _fetched(self, reference: MediaReference) -> Path:
        if not reference.url:
            raise FetchError(
                "the result has no url for it; query the service again", code="bad_url", reason="no url"
            )
        with self.hosts[_host(reference.url)], self.store.part(reference) as part:
            path = self.store.find(reference)  # another run may have brought it while we waited
            if path is not None:
                return path
            fetched = download(
                reference.url,
                part,
                size_bytes=reference.size_bytes or None,
                lenient_size=self.lenient_size,
                policy=self.policy,
                patience=self.patience,
                on_bytes=lambda done_bytes: self._tell(reference, done_bytes),
                stop=self.stop,
            )
            try:
                sniff_demuxer(part)
            except MediaUnreadableError:
                with contextlib.suppress(OSError):
                    part.unlink()
                raise
            return self.store.keep(reference, part, fetched.sha256)

    def _tell(self, reference: MediaReference, done_bytes: int, *, is_over: bool = False) -> None:
        if self.progress:
            self.progress(FetchProgress(reference.position, done_bytes, reference.size_bytes, is_over))


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _check_space(folder: Path, wanted: list[MediaReference]) -> None:
    """Refuse to begin what cannot end for want of space."""
    needed_bytes = sum(reference.size_bytes or 0 for reference in wanted)
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    if there is None or not needed_bytes:
        return
    free_bytes = shutil.disk_usage(there).free
    if needed_bytes > free_bytes - SPARE_BYTES:
        raise DiskError(
            f"{folder}: {needed_bytes} bytes are to be fetched, but only {free_bytes} are free; "
            "free some space or name another place with --cache"
        )
