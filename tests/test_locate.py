"""Which local file is which clip."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import CAMERA, lesson_of, row
from timeline.errors import MediaNotFoundError
from timeline.media.locate import describe_missing, locate_media, media_folder, url_file_name


def fill(folder: Path, *names: str) -> Path:
    """Put a file of its own name's bytes under each name."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def found(folder: Path, url: str | None, video_id: str | None = "5285890781570653827") -> str | None:
    """Name of the file that is taken for a row with this url and id."""
    values = row(CAMERA, "amy", 0, 1000) | {"video_url": url, "video_id": video_id}
    located = locate_media(lesson_of(values), folder)
    assert (0 in located.paths) == (not located.missing)
    return located.paths[0].name if located.paths else None


def test_the_file_name_of_the_url_goes_before_the_id(tmp_path: Path) -> None:
    """Both are there."""
    fill(tmp_path, "a.mp4", "5285890781570653827.mp4")
    assert found(tmp_path, "http://x.example/dir/a.mp4?sign=1&t=2#z") == "a.mp4"


def test_the_id_is_used_with_any_extension_of_media(tmp_path: Path) -> None:
    """Where no file has the url's name, and where there is no url."""
    fill(tmp_path, "5285890781570653827.webm")
    assert found(tmp_path, "http://x.example/other.mp4") == "5285890781570653827.webm"
    assert found(tmp_path, None) == "5285890781570653827.webm"


def test_an_id_of_23_digits_is_compared_as_text(tmp_path: Path) -> None:
    """No digit is lost."""
    fill(tmp_path, "52858907829640031174205.mp4", "52858907829640031174206.mp4")
    assert found(tmp_path, None, "52858907829640031174206") == "52858907829640031174206.mp4"
    assert found(tmp_path, None, "52858907829640031174207") is None


@pytest.mark.parametrize("sidecar", ["json", "jpg", "ass", "md5", "mp4.part"])
def test_a_file_that_lies_beside_the_media_does_not_take_its_place(tmp_path: Path, sidecar: str) -> None:
    """A thumbnail or notes with the same id are no media."""
    fill(tmp_path, f"5285890781570653827.{sidecar}", "5285890781570653827.mp4")
    assert found(tmp_path, None) == "5285890781570653827.mp4"


def test_a_name_that_two_urls_share_proves_nothing(tmp_path: Path) -> None:
    """Stores name many files f0.mp4; then only ids count."""
    fill(tmp_path, "f0.mp4", "id-b.mp4")
    rows = [row(CAMERA, "amy", 0, 1000, "a/f0.mp4"), row(CAMERA, "bo", 0, 1000, "b/f0.mp4")]
    rows[1]["video_id"] = "id-b"
    located = locate_media(lesson_of(*rows), tmp_path)
    assert {index: path.name for index, path in located.paths.items()} == {1: "id-b.mp4"}
    assert [reference.position for reference in located.missing] == [0]


def test_one_url_in_two_rows_is_one_file(tmp_path: Path) -> None:
    """They do not contradict each other."""
    fill(tmp_path, "a.mp4")
    rows = [row(CAMERA, "amy", 0, 1000), row(CAMERA, "bo", 0, 1000) | {"video_id": "other"}]
    assert set(locate_media(lesson_of(*rows), tmp_path).paths) == {0, 1}


def test_names_are_decoded(tmp_path: Path) -> None:
    """Percent signs and Chinese."""
    fill(tmp_path, "b c.mp4", "课.mp4")
    assert found(tmp_path, "http://x.example/b%20c.mp4") == "b c.mp4"
    assert found(tmp_path, "http://x.example/%E8%AF%BE.mp4") == "课.mp4"


@pytest.mark.parametrize(
    "url",
    [
        *("http://x/..%2fsecret.mp4", "http://x/../secret.mp4", "http://x/%2e%2e", "..", ".", "http://x/"),
        *("file:///etc/passwd", "/etc/passwd", "\\\\host\\share", "http://x/media"),
        *("http://x/a%00b", "http://[bad", ""),
    ],
)
def test_a_url_never_leads_out_of_the_folder(tmp_path: Path, url: str) -> None:
    """Names are compared with what the folder holds; nothing is opened, nothing raised."""
    fill(tmp_path, "secret.mp4")
    inside = fill(tmp_path / "media", "5285890781570653827.mp4")
    (inside / "media").mkdir()
    assert found(inside, url) == "5285890781570653827.mp4"
    assert found(inside, url, "../secret") is None


@pytest.mark.slow
@given(url=st.text(max_size=40), video_id=st.text(max_size=20))
def test_no_text_of_a_stranger_raises(
    url: str, video_id: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in url and id."""
    folder = tmp_path_factory.getbasetemp()
    url_file_name(url)
    if url or video_id:
        located = locate_media(
            lesson_of(
                row(CAMERA, "a", 0, 9), row(CAMERA, "b", 0, 9) | {"video_url": url, "video_id": video_id}
            ),
            folder,
        )
        assert all(path.parent == folder for path in located.paths.values())


def test_folders_are_not_media(tmp_path: Path) -> None:
    """Nor what is named like one."""
    (tmp_path / "a.mp4").mkdir()
    assert found(tmp_path, "http://x.example/a.mp4") is None


def test_media_lie_beside_the_result(tmp_path: Path) -> None:
    """In media/, for a file and for a folder; else nowhere."""
    assert media_folder(tmp_path / "result.json", None) is None
    (tmp_path / "media").mkdir()
    assert media_folder(tmp_path / "result.json", None) == tmp_path / "media"
    assert media_folder(tmp_path, None) == tmp_path / "media"
    assert media_folder(None, None) is None


def test_a_named_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(MediaNotFoundError, match="nowhere: no such folder"):
        media_folder(tmp_path, tmp_path / "nowhere")
    assert media_folder(tmp_path, tmp_path) == tmp_path


def test_without_a_folder_all_is_missing() -> None:
    """And can be listed, by url or id, a long list cut."""
    rows = [row(CAMERA, f"u{n}", 0, 1000, f"{n}.mp4") for n in range(25)]
    rows[0]["video_url"] = None
    located = locate_media(lesson_of(*rows), None)
    assert len(located.missing) == 25
    text = describe_missing(located.missing)
    assert text.startswith("video_id id-0.mp4, http://media.example/1.mp4, ")
    assert text.endswith(" and 5 more")
