"""The folder of stitched tracks: whenever a stitch is killed, and whatever lies there already."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.conftest import BOARD, CAMERA, Dying, Killed, Lesson, names_in
from timeline.errors import OutputExistsError, ParameterError
from timeline.render.stitch_folder import publish_tracks
from timeline.render.stitch_run import StitchReport, stitch_tracks
from timeline.render.visibility import INDEX_NAME
from timeline.render.workplace import workplace

FIRST = {"camera_01.mp4": "one", "camera_02.mp4": "two", "audio_01.m4a": "three"}
SECOND = {"camera_01.mp4": "another one", "screen_01.mp4": "four"}
THIRD = {"camera_01.mp4": "one, the third", "other9_01.mp4": "five"}


def publish(
    folder: Path, files: dict[str, str], *, overwrite: bool = True, sources: tuple[str, ...] = ()
) -> None:
    """Publish files with these contents, as a stitch does."""
    with workplace(None, folder / INDEX_NAME) as scratch:
        for name, text in files.items():
            (scratch / name).write_text(text)
        wholes = {name: scratch / name for name in files}
        tracks = [{"file": name, "size_bytes": len(text)} for name, text in files.items()]
        index = {"format": "timeline-visibility", "tracks": tracks}
        kept = {(folder / name).resolve() for name in sources}
        publish_tracks(folder, scratch, wholes, index, sources=kept, overwrite=overwrite)


def contents(folder: Path) -> dict[str, str]:
    """What is in a folder but for its index, hidden files too."""
    return {
        path.name: path.read_text() for path in folder.iterdir() if path.name != INDEX_NAME and path.is_file()
    }


def indexed(folder: Path) -> dict[str, int] | None:
    """The files and sizes that an index tells of; None where there is none."""
    if not (folder / INDEX_NAME).exists():
        return None
    tracks = json.loads((folder / INDEX_NAME).read_text())["tracks"]
    return {track["file"]: track["size_bytes"] for track in tracks}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    (tmp_path / "tracks").mkdir()
    return tmp_path / "tracks"


def test_an_index_never_lies_beside_other_files_than_its_own(folder: Path, dying: Dying) -> None:
    """Whenever we are killed; and the next stitch, of whatever lesson, leaves its own files alone."""
    seen = set()
    for step, after in itertools.product(range(20), (SECOND, THIRD)):
        dying(-1)
        publish(folder, FIRST)
        assert contents(folder) == FIRST
        dying(step)
        try:
            publish(folder, SECOND)
        except Killed:
            sizes = {name: len(text) for name, text in contents(folder).items()}
            told = indexed(folder)
            assert told is None or told.items() <= sizes.items()
            seen.add(told and frozenset(told))
        dying(-1)
        publish(folder, after)
        assert contents(folder) == after
        assert indexed(folder) == {name: len(text) for name, text in after.items()}
    assert seen == {frozenset(FIRST), None, frozenset(SECOND)}


def test_what_a_killed_stitch_left_is_replaced_unasked(folder: Path, dying: Dying) -> None:
    """Until its index is there; all else only with ``overwrite``."""
    for step in itertools.count():
        dying(step)
        try:
            publish(folder, FIRST, overwrite=False)
        except Killed:
            dying(-1)
            if indexed(folder) is None:
                publish(folder, FIRST, overwrite=False)
            assert contents(folder).items() >= FIRST.items()
            with pytest.raises(OutputExistsError):
                publish(folder, FIRST, overwrite=False)
            for path in folder.iterdir():
                path.unlink()
        else:
            break
    assert step > len(FIRST)


def test_files_of_others_stay(folder: Path) -> None:
    """Also under names of ours that the index does not tell, or tells with another size; and links."""
    publish(folder, FIRST)
    for name in ("camera_07.mp4", "notes.txt", "audio_01.m4a"):
        (folder / name).write_text("mine, all mine")
    (folder / "camera_02.mp4").unlink()
    (folder / "elsewhere").write_text("two")
    (folder / "camera_02.mp4").symlink_to(folder / "elsewhere")
    publish(folder, SECOND)
    assert names_in(folder) == {
        *SECOND, INDEX_NAME, "camera_07.mp4", "notes.txt", "audio_01.m4a", "camera_02.mp4", "elsewhere"
    }  # fmt: skip


@pytest.mark.parametrize(
    "index",
    [
        "{",
        "[" * 10_000,
        "[]",
        '{"format": "another", "tracks": [{"file": "camera_05.mp4", "size_bytes": 4}]}',
        '{"format": "timeline-visibility", "tracks": {"file": "camera_05.mp4"}}',
        '{"format": "timeline-visibility", "tracks": [7, {"file": 7}, {"file": "camera_05.mp4"}]}',
        '{"format": "timeline-visibility", "tracks": [{"file": "../camera_05.mp4", "size_bytes": 4}]}',
        '{"format": "timeline-visibility", "tracks": [{"file": "notes.txt", "size_bytes": 4}]}',
    ],
)
def test_an_index_of_a_stranger_removes_nothing(folder: Path, index: str) -> None:
    mine = [folder.parent / "camera_05.mp4", folder / "camera_05.mp4", folder / "notes.txt"]
    for path in mine:
        path.write_text("mine")
    (folder / INDEX_NAME).write_text(index)
    publish(folder, FIRST)
    assert all(path.read_text() == "mine" for path in mine)


def test_a_file_that_the_lesson_is_made_from_stays(folder: Path) -> None:
    """It may have been stitched before."""
    publish(folder, FIRST)
    publish(folder, SECOND, sources=("camera_02.mp4",))
    assert contents(folder) == SECOND | {"camera_02.mp4": "two"}


def stitched(lesson: Lesson) -> StitchReport:
    """Stitch a lesson beside its media."""
    return stitch_tracks(lesson.load(), lesson.folder / "tracks", media=lesson.media, jobs=2)


def test_a_stitch_removes_the_files_of_an_older_one(lesson: Lesson) -> None:
    """The index tells their sizes."""
    lesson.add(CAMERA, "amy", 0, 1000)
    lesson.add(BOARD, "", 0, 1000)
    report = stitched(lesson)
    assert indexed(report.folder) == {track.path.name: track.path.stat().st_size for track in report.tracks}
    del lesson.rows[1]
    stitched(lesson)
    assert names_in(report.folder) == {"camera_01.mp4", INDEX_NAME}


def test_a_stitch_keeps_the_older_file_that_it_is_made_from(lesson: Lesson) -> None:
    lesson.add(CAMERA, "amy", 0, 1000)
    lesson.add(BOARD, "", 0, 1000)
    (_, board) = stitched(lesson).tracks
    lesson.rows.pop(1)
    lesson.path(0).unlink()
    lesson.path(0).symlink_to(board.path)
    stitched(lesson)
    assert names_in(lesson.folder / "tracks") == {"camera_01.mp4", board.path.name, INDEX_NAME}
    lesson.path(0).unlink()
    lesson.path(0).symlink_to(lesson.folder / "tracks" / "camera_01.mp4")
    with pytest.raises(ParameterError, match="one of the lesson's own files"):
        stitched(lesson)
