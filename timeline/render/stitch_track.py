"""Makes one stitched track: copies what it can, encodes the rest to match, joins, and looks at the seams."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from timeline.errors import FFmpegFailedError, OutputVerificationError
from timeline.interval import Span
from timeline.media.facts import MediaFacts, input_name
from timeline.model import Clip
from timeline.publish import disk_errors
from timeline.render.artwork import draw_slate, slate_line
from timeline.render.encode import SPARE_BYTES
from timeline.render.parameter_sets import merged_record
from timeline.render.plan import KnownFile
from timeline.render.sources import Obstacles
from timeline.render.stitch import SAME_MS, Pictures, Stretch, cut_copy, picture_stretches
from timeline.render.stitch_format import Choice, choose, is_copyable, why_not_copied
from timeline.render.stitch_graph import (
    copy_arguments,
    decode_arguments,
    encode_arguments,
    still_arguments,
)
from timeline.render.stitch_job import Part, TrackJob
from timeline.render.stitch_join import Run, SoundSource, Source, join, read_source
from timeline.render.stitch_verify import verify_stitched
from timeline.render.suspects import FIRST_PICTURE, failing_inputs

SLATE_UNIT_S = 10
"""A slate is encoded once for so long; its packets are repeated for as long as it stands."""
LOOK_MS = 700
"""So much is decoded at a seam, from …"""
BEFORE_SEAM_MS = 200
"""… the picture that is on screen so long before it on, and from …"""
AFTER_START_MS = 5
"""… the one so long behind it: its first one."""
_COMPLAINT = re.compile(r"h264 @|Error|orrupt")


@dataclass(frozen=True, slots=True)
class MadePicture:
    """What came of the picture of a track.

    Attributes:
        parts: They tile the lesson.
        runs: What to join.
        record: Its parameter sets.
        choice: What was copied, and why the rest was not.
        lost: Positions of files that slates replace.
        damage: How often something could not be decoded, by position.
    """

    parts: tuple[Part, ...] = ()
    runs: tuple[Run, ...] = ()
    record: bytes = b""
    choice: Choice | None = None
    lost: frozenset[int] = frozenset()
    damage: Mapping[int, int] = field(default_factory=dict)


class PictureBlockedError(Exception):
    """A file cannot be decoded where it should be; the plan has to do without."""

    def __init__(self, obstacles: Obstacles) -> None:
        super().__init__()
        self.obstacles = obstacles


def make_picture(job: TrackJob, files: Mapping[int, KnownFile], refused: Mapping[int, str]) -> MadePicture:
    """Return the parts of a track's picture, copied or encoded.

    Args:
        job: The track.
        files: What is known of each file, by position.
        refused: Why files are not copied that could be, by position.

    Raises:
        PictureBlockedError: A file cannot be decoded.
    """
    if not job.has_picture:
        return MadePicture()
    return _Picture(job, files, refused).made()


class _Picture:
    """Gathers the parts of one picture; each file and each slate is prepared only once."""

    def __init__(self, job: TrackJob, files: Mapping[int, KnownFile], refused: Mapping[int, str]) -> None:
        self._job = job
        self._stretches = picture_stretches(job.track, files)
        self._copies: dict[int, Source] = {}
        self._slates: dict[str, Source] = {}
        self._numbers = itertools.count()
        self._own: Source | None = None
        self._parts: list[Part] = []
        self._runs: list[Run] = []
        self._damage: Counter[int] = Counter()
        self._choice = self._chosen(dict(refused))
        self._form = self._choice.form

    def made(self) -> MadePicture:
        for stretch in self._stretches:
            clip = stretch.clip
            if clip is None:
                self._slate(stretch)
            elif stretch.held:
                self._parts.append(Part(stretch.start_ms, stretch.end_ms, clip.media.position, "held"))
            else:
                self._clip(clip)
        own = self._own.sets if self._own else None
        main = self._choice.sets or own
        assert main is not None
        lost = frozenset(part.lost for part in self._stretches if part.lost is not None)
        record = merged_record(main, own)
        return MadePicture(
            tuple(self._parts), tuple(self._runs), record, self._choice, lost, dict(self._damage)
        )

    def _chosen(self, refused: dict[int, str]) -> Choice:
        """Copy what may be copied into files of our own, and choose among them."""
        wanted = {part.clip.media.position for part in self._stretches if part.clip is not None}
        for position in sorted(wanted - refused.keys()):
            facts = self._job.facts[position]
            why = why_not_copied(facts)
            source = None if why else self._copy(position, facts)
            if source is None or not is_copyable(source):
                refused[position] = why or "unusual packets"
            else:
                self._copies[position] = source
        return choose(self._stretches, self._job.facts, self._copies, refused)

    def _copy(self, position: int, facts: MediaFacts) -> Source | None:
        name = f"{self._job.prefix}_copy_{position:06d}.mp4"
        try:
            most_bytes = SPARE_BYTES + 2 * facts.path.stat().st_size
            self._job.run(copy_arguments(facts, "V", name), most_bytes)
        except (FFmpegFailedError, FileNotFoundError):
            return None
        return read_source(self._job.folder / name)

    def _clip(self, clip: Clip) -> None:
        """Add what a clip shows: copied as far as that goes, and encoded at either end."""
        position = clip.media.position
        begin_ms, end_ms = clip.media_start_ms, clip.media_ms(clip.end_ms)
        cut = None
        picture = self._job.facts[position].picture
        assert picture is not None
        if position not in self._choice.refused:
            source = self._copies[position]
            at_ms = [picture.start_ms + time for time in source.pictures.at_ms]
            cut = cut_copy(Pictures(at_ms, source.pictures.keys), begin_ms, end_ms)
        if cut is None:
            self._encode(clip, Fraction(begin_ms), Fraction(end_ms))
            return
        if cut.start_ms > begin_ms:
            self._encode(clip, Fraction(begin_ms), cut.start_ms)
        zero_ms = clip.start_ms - begin_ms
        shift_ms = Fraction(zero_ms + picture.start_ms)
        self._runs.append(Run(source, cut.first, cut.stop, zero_ms + cut.start_ms, shift_ms))
        self._parts.append(
            Part(round(zero_ms + cut.start_ms), round(zero_ms + cut.end_ms), position, "copied")
        )
        if cut.end_ms < end_ms:
            self._encode(clip, cut.end_ms, Fraction(end_ms))

    def _encode(self, clip: Clip, begin_ms: Fraction, end_ms: Fraction) -> None:
        """Add a stretch of media time of a clip, encoded."""
        job, position = self._job, clip.media.position
        name = f"{job.prefix}_encoded_{next(self._numbers):06d}.mp4"
        frames = max(1, math.ceil((end_ms - begin_ms - SAME_MS) * self._form.frame_rate / 1000))
        facts = job.facts[position]
        arguments = encode_arguments(facts, begin_ms, frames, self._form, job.crf, job.threads, name)
        try:
            ran = job.run(arguments, self._most_bytes(frames))
            failure = FFmpegFailedError(
                "ffmpeg wrote nothing", command=[job.ffmpeg.path, *arguments], stderr_tail=ran.tail
            )
            self._damage[position] += ran.damage.get(input_name(facts), 0)
            source = read_source(job.folder / name)
        except FFmpegFailedError as error:
            failure, source = error, None
        if source is None:
            guilty = failing_inputs(
                job.ffmpeg, arguments, {input_name(facts)}, FIRST_PICTURE, folder=job.folder
            )
            if not guilty:
                raise failure
            blind = Span(math.floor(begin_ms), math.ceil(end_ms))
            raise PictureBlockedError(Obstacles({position: (blind,)}))
        at_ms = clip.start_ms - clip.media_start_ms + begin_ms
        stop_ms = clip.start_ms - clip.media_start_ms + end_ms
        self._runs.append(Run(self._ours(source), 0, len(source.pictures.at_ms), at_ms, at_ms))
        self._parts.append(Part(round(at_ms), round(stop_ms), position, "encoded"))

    def _slate(self, stretch: Stretch) -> None:
        """Add a slate for as long as it stands."""
        reason = None if stretch.lost is None else self._job.reasons[stretch.lost]
        line = slate_line(self._job.track.kind, reason)
        source = self._slates.get(line)
        if source is None:
            source = self._slates[line] = self._ours(self._drawn(line))
        at_ms = source.pictures.at_ms
        unit_ms = len(at_ms) * 1000 / self._form.frame_rate
        begin_ms = Fraction(stretch.start_ms)
        while begin_ms < stretch.end_ms - SAME_MS or begin_ms == stretch.start_ms:
            stop = sum(begin_ms + time < stretch.end_ms - SAME_MS for time in at_ms)
            self._runs.append(Run(source, 0, max(1, stop), begin_ms, begin_ms))
            begin_ms += unit_ms
        self._parts.append(Part(stretch.start_ms, stretch.end_ms, None, "filled"))

    def _drawn(self, line: str) -> Source:
        job, form = self._job, self._form
        stem = f"{job.prefix}_slate_{len(self._slates):06d}"
        size_px = (form.width_px, form.height_px)
        with disk_errors(job.folder):
            draw_slate(job.folder / f"{stem}.png", size_px, job.track.kind, job.name, line, font=job.font)
        longest_ms = max(part.end_ms - part.start_ms for part in self._stretches)
        frames = math.ceil(min(SLATE_UNIT_S * 1000, longest_ms) * form.frame_rate / 1000)
        arguments = still_arguments(f"{stem}.png", frames, form, job.crf, f"{stem}.mp4")
        self._job.run(arguments, self._most_bytes(frames))
        source = read_source(job.folder / f"{stem}.mp4")
        if source is None:
            raise OutputVerificationError("a slate was not encoded; try another ffmpeg")
        return source

    def _ours(self, source: Source) -> Source:
        """Return *source*, which must have the same parameter sets as all else that was encoded."""
        if self._own is not None and self._own.sets != source.sets:
            raise OutputVerificationError("the encoder made parts that do not fit; try another ffmpeg")
        self._own = source
        return source

    def _most_bytes(self, frames: int) -> int:
        return SPARE_BYTES + 4 * frames * self._form.width_px * self._form.height_px


def join_track(job: TrackJob, made: MadePicture, sound: SoundSource, output: Path) -> int | None:
    """Join a track into *output* and verify it; return a copied file that cannot be decoded there, if any.

    Raises:
        OutputVerificationError: It is not what was planned.
    """
    duration_ms = job.track.duration_ms
    with disk_errors(output):
        shown = join(output, made.runs, made.record, sound, duration_ms)
    verify_stitched(output, shown, duration_ms)
    for look in _looks(made):
        arguments = decode_arguments(str(output.resolve()), look.begin_ms, LOOK_MS)
        try:
            ran = job.run(arguments, 0)
            is_clean = ran.frames > 0 and not ran.damage and not _COMPLAINT.search(ran.tail)
        except FFmpegFailedError:
            is_clean = False
        if not is_clean:
            if look.suspect is None:
                raise OutputVerificationError("a seam of the stitched file cannot be decoded")
            return look.suspect
    return None


class _Look(NamedTuple):
    """Where to look whether all can be decoded, and the copied file that is to blame if not."""

    begin_ms: Fraction
    suspect: int | None


def _looks(made: MadePicture) -> Iterator[_Look]:
    """Yield where something copied begins, alone and behind what comes before, and where it ends."""
    before: int | None = None
    for part in made.parts:
        if part.how == "held":
            continue
        own = part.clip if part.how == "copied" else None
        if own is not None:
            yield _Look(Fraction(part.start_ms + AFTER_START_MS), own)
        if part.start_ms > 0 and (own is not None or before is not None):
            yield _Look(Fraction(part.start_ms - BEFORE_SEAM_MS), before if own is None else own)
        before = own
