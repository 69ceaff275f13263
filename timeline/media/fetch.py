"""All media of a lesson: downloaded into the store and checked."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from timeline.errors import DiskError, FetchError, MediaUnreadableError
from timeline.findings import Finding, finding
from timeline.media.address import Policy, without_secrets
from timeline.media.connect import Patience
from timeline.media.download import MOST_BYTES, download
from timeline.media.gate import sniff_demuxer
from timeline.media.locate import locate_media, media_references
from timeline.media.store import MediaStore
from timeline.model import MediaReference, Timeline
from timeline.waiting import as_done

SPARE_BYTES = 1 << 30
"""So much of the disk is left free."""
DOWNLOADS = 4
"""Files on their way at once."""
PER_HOST = 2
"""Of these from one host."""
LONG_WAIT_S = 5
"""A server that is waited for so long before another try is told of."""


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a fetch is.

    Attributes:
        position: Of the file that this is about, in the result's list.
        done_bytes: Of that file.
        size_bytes: Its declared size; None if unknown.
        waits_for: What it waits for, in a few words; empty while it moves.
        is_over: Whether it is fetched, or given up.
    """

    position: int
    done_bytes: int
    size_bytes: int | None
    waits_for: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch brought.

    Attributes:
        paths: The file, by position in the result's list: in the store, or in the user's folder.
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
    folder: Path | None = None,
    policy: Policy | None = None,
    patience: Patience | None = None,
    lenient_size: bool = False,
    progress: Callable[[FetchProgress], None] | None = None,
) -> FetchReport:
    """Bring all media of a lesson into *store*. What cannot be had costs a finding, not the lesson.

    Args:
        timeline: A lesson.
        store: Where the files are kept; what is there already is not asked for again.
        folder: The user's media; what is there is not asked for either.
        policy: Which hosts may be asked beyond the public internet.
        patience: How long to wait for what.
        lenient_size: Whether a file of another size than the result declares is taken.
        progress: Called from several threads.

    Raises:
        DiskError: The disk is full, or would be.
    """
    paths, wanted = what_is_missing(timeline, store, folder=folder, lenient_size=lenient_size)
    report = FetchReport(paths, (), ())
    room_bytes = _room_bytes(store, wanted)
    wanted, findings = _fitting(wanted, room_bytes, store)
    hosts = {_host(reference.url or ""): threading.Semaphore(PER_HOST) for reference in wanted}
    work = _Work(store, policy or Policy(), patience or Patience(), lenient_size, room_bytes, progress, hosts)
    with ThreadPoolExecutor(max_workers=DOWNLOADS) as pool:
        outcomes = {pool.submit(work.fetch, reference): reference for reference in wanted}
        try:
            for done in as_done(outcomes):
                done.result()  # a full disk ends it all at once
        except BaseException:
            work.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    for future, reference in outcomes.items():
        outcome = future.result()
        if isinstance(outcome, Path):
            report.paths[reference.position] = outcome
        else:
            findings.append(outcome)
    fetched = tuple(reference.position for reference in wanted if reference.position in report.paths)
    return dataclasses.replace(report, fetched=fetched, findings=tuple(findings))


def what_is_missing(
    timeline: Timeline, store: MediaStore, *, folder: Path | None = None, lenient_size: bool = False
) -> tuple[dict[int, Path], list[MediaReference]]:
    """Return the files that are there, by position, and the references of those that are not.

    A file of the store that cannot be what is wanted is removed from it, or not taken: one that is no media,
    and one of another size, which somebody took leniently.
    """
    located = locate_media(timeline, folder, store)
    paths, wanted = {}, []
    for reference in media_references(timeline):
        path = located.paths.get(reference.position)
        if path is not None and _is_good(path, reference, store, lenient_size):
            paths[reference.position] = path
        else:
            wanted.append(reference)
    return paths, wanted


def _is_good(path: Path, reference: MediaReference, store: MediaStore, lenient_size: bool) -> bool:
    """Return whether a file may stand for *reference*; what lies in the user's own folder is theirs."""
    if store.digest(path) is None:
        return True
    try:
        sniff_demuxer(path)
    except MediaUnreadableError:
        store.drop(path)
        return False
    return lenient_size or not reference.size_bytes or path.stat().st_size == reference.size_bytes


@dataclass(frozen=True, slots=True)
class _Work:
    """What all downloads of one fetch share."""

    store: MediaStore
    policy: Policy
    patience: Patience
    lenient_size: bool
    room_bytes: int
    progress: Callable[[FetchProgress], None] | None
    hosts: Mapping[str, threading.Semaphore]
    stop: threading.Event = field(default_factory=threading.Event)

    def fetch(self, reference: MediaReference) -> Path | Finding:
        """Return the file in the store, or why it cannot be had."""
        try:
            return self._fetched(reference)
        except FetchError as error:
            return _unfetched(reference, str(error))
        finally:
            self._tell(FetchProgress(reference.position, 0, reference.size_bytes, is_over=True))

    def _fetched(self, reference: MediaReference) -> Path:
        if not reference.url:
            raise FetchError(
                "the result has no url for it; query the service again", code="bad_url", reason="no url"
            )

        def tell(done_bytes: int = 0, *, waits_for: str = "") -> None:
            self._tell(FetchProgress(reference.position, done_bytes, reference.size_bytes, waits_for))

        def wait_for_server(wait_s: float) -> None:
            if wait_s >= LONG_WAIT_S:
                tell(waits_for=f"the server, {wait_s:.0f} s")

        def wait_for_run() -> None:
            if self.stop.is_set():
                raise FetchError("stopped", code="stopped", reason="stopped")
            tell(waits_for="another run that is fetching it")

        with self.hosts[_host(reference.url)], self.store.part(reference, wait_for_run) as part:
            path = self.store.find(reference)  # another run may have brought it while we waited
            if path is not None and _is_good(path, reference, self.store, self.lenient_size):
                return path
            fetched = download(
                reference.url,
                part,
                size_bytes=reference.size_bytes or None,
                lenient_size=self.lenient_size,
                policy=self.policy,
                patience=self.patience,
                most_bytes=self.room_bytes,
                on_bytes=tell,
                on_wait=wait_for_server,
                stop=self.stop,
            )
            try:
                sniff_demuxer(part)
            except MediaUnreadableError as error:
                with contextlib.suppress(OSError):
                    part.unlink()
                raise FetchError(
                    f"{without_secrets(reference.url)}: the server sends no video, maybe a page that asks to "
                    "log in; query the service again for fresh links",
                    code="not_media",
                    reason="not a video",
                ) from error
            return self.store.keep(reference, part, fetched.sha256)

    def _tell(self, progress: FetchProgress) -> None:
        if self.progress:
            self.progress(progress)


def _unfetched(reference: MediaReference, why: str) -> Finding:
    where = f"file {reference.position}"
    return finding("media_unfetched", f"{where}: {why}", where=where)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _size(reference: MediaReference) -> int:
    return reference.size_bytes or 0


def _room_bytes(store: MediaStore, wanted: Sequence[MediaReference]) -> int:
    """Return how much may be fetched: what is free and not to be kept free, and what is there in part."""
    there = next((path for path in (store.folder, *store.folder.parents) if path.exists()), None)
    if there is None:
        return MOST_BYTES
    begun_bytes = sum(store.begun_bytes(reference) for reference in wanted)
    return max(0, shutil.disk_usage(there).free - SPARE_BYTES + begun_bytes)


def _fitting(
    wanted: Sequence[MediaReference], room_bytes: int, store: MediaStore
) -> tuple[list[MediaReference], list[Finding]]:
    """Leave out a file for which there can be no room; refuse to begin what cannot end for want of it."""
    beyond = f"are more than the {room_bytes} that may be used, as {SPARE_BYTES} are left free"
    advice = "free some space or name another place with --cache"
    fitting = [reference for reference in wanted if _size(reference) <= room_bytes]
    needed_bytes = sum(map(_size, fitting or wanted))
    if needed_bytes > room_bytes:
        raise DiskError(f"{store.folder}: the {needed_bytes} bytes of the lesson {beyond}; {advice}")
    findings = [
        _unfetched(reference, f"its {_size(reference)} bytes {beyond}; {advice}")
        for reference in wanted
        if _size(reference) > room_bytes
    ]
    return fitting, findings
