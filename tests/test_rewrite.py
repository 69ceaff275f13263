"""Other links in place of the urls of a result: by prefix, by name, by function; never an unsafe one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timeline
from tests.builders import lesson, row
from tests.test_manifest import valid
from timeline.errors import ParameterError
from timeline.export.manifest import to_manifest, write_manifest
from timeline.export.rewrite import RewriteUrl, make_rewriter, parse_rewrites, unsafe_link
from timeline.model import MediaReference


def link(url: str | None, rewrite_url: RewriteUrl) -> str | None:
    """Return what a url becomes."""
    read = lesson(row("amy", video_url=url or ""))
    document = valid(to_manifest(read, rewrite_url=rewrite_url))
    assert timeline.validate_manifest(document) == ()
    clip: dict[str, Any] = document["tracks"][0]["segments"][0]
    assert clip["url"] == url
    assert clip.get("src_status") == ("rewritten" if "src" in clip else None)
    made: str | None = clip.get("src")
    return made


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("http://a/x.mp4", "https://cdn/x.mp4"),
        ("http://a/deep/x.mp4?t=1&u=%2F#f", "deep/x.mp4?t=1&u=%2F#f"),
        ("http://a/ä b.mp4", "https://cdn/%C3%A4%20b.mp4"),
        ("http://b/x.mp4", None),
        (None, None),
    ],
)
def test_the_longest_prefix_counts(url: str | None, made: str | None) -> None:
    """What is behind it stays, but for letters that no link may hold; a url that none fits stays alone."""
    assert link(url, {"http://a/": "https://cdn/", "http://a/deep/": "deep/"}) == made


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("http://h/v/x.mp4?sign=1", "x.mp4"),
        ("http://h/v/a%20b.mp4", "a%20b.mp4"),
        ("http://h/张.mp4", "%E5%BC%A0.mp4"),
        ("http://h/C:x?y.mp4", "C%3Ax"),
        ("http://h/javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("http://h/..", None),
        ("http://h/%2e%2e", None),
        ("http://h/..%5csecret.mp4", None),
        ("http://h/a%00b.mp4", None),
        ("http://h/%2e%2e%2fsecret.mp4", "secret.mp4"),
        ("http://h/", None),
        ("http://[", None),
        (None, None),
    ],
)
def test_a_name_is_one_file_beside_the_page(url: str | None, made: str | None) -> None:
    """Percent-encoded, and never a way out of the folder."""
    assert link(url, "name") == made


def test_a_name_that_two_files_share_names_none() -> None:
    """Which one is meant nobody could say; one file that is there twice is one."""
    rows = [row("amy", video_url="http://a/1/x.mp4"), row("bo", video_url="http://a/2/x.mp4")]
    document = to_manifest(lesson(*rows), rewrite_url="name")
    assert "src" not in json.dumps(document)

    same = [row("amy", video_url="http://a/x.mp4?t=1"), row("bo", video_url="http://a/x.mp4?t=2")]
    document = to_manifest(lesson(*same), rewrite_url="name")
    assert [track["segments"][0]["src"] for track in document["tracks"]] == ["x.mp4", "x.mp4"]


def test_a_function_signs_links() -> None:
    """It is given what the result says of the file."""

    def signed(reference: MediaReference) -> str | None:
        return f"https://cdn/{reference.video_id}?sign=a/b+c=" if reference.video_id else None

    document = to_manifest(lesson(row("amy", video_id="7"), row("bo", video_id="")), rewrite_url=signed)

    assert [track["segments"][0].get("src") for track in document["tracks"]] == [
        "https://cdn/7?sign=a/b+c=",
        None,
    ]


@pytest.mark.parametrize(
    "made",
    [
        *("javascript:alert(1)", "JavaScript:x", "data:text/html,x", "file:///etc/passwd", "blob:x", "x:y"),
        *("java\tscript:x", "https://a/\n", "\x00", "https://a/\u202e", "\\\\host\\x", "", "\ud800"),
    ],
    ids=ascii,
)
def test_a_link_that_is_not_safe_is_refused(made: str, tmp_path: Path) -> None:
    """With the file that is meant; nothing is written."""
    target = tmp_path / "lesson.json"

    with pytest.raises(ParameterError, match="rewrite_url: the link made of file 0 "):
        write_manifest(lesson(row("amy")), target, rewrite_url=lambda _: made)
    assert not target.exists()
    assert unsafe_link(made)


@pytest.mark.parametrize(
    ("rest", "new"),
    [
        *(
            ("javascript:alert(1)", ""),
            ("https://evil.example/x", "media/"),
            ("/evil.example/x", ""),
            ("//x", "media"),
        ),
        *(
            ("../../x", "media/"),
            ("a/%2E%2e/x", "https://cdn/class/"),
            ("..%2Fx", "media/"),
            ("a/..", "media/"),
        ),
        ("https://evil.example/x", ""),
        *(("a\\b", "media/"), ("a\r\nb", "https://cdn/"), ("\u202ex", "https://cdn/")),
    ],
    ids=ascii,
)
def test_what_stands_behind_a_prefix_cannot_leave_its_place(rest: str, new: str) -> None:
    """Such a url is not rewritten, and stops no other."""
    assert link(f"http://h/{rest}", {"http://h/": new}) is None


def test_two_dots_of_ones_own_and_in_a_query_are_fine() -> None:
    """The new prefix is the user's word, and a query leads nowhere."""
    assert link("http://h/x..mp4?a=../b//c", {"http://h/": "../media/"}) == "../media/x..mp4?a=../b//c"
    assert link("http://h/x.mp4", {"http": "https"}) == "https://h/x.mp4"
    assert link("http://h/x.mp4", {"http://h/": "//cdn/"}) == "//cdn/x.mp4"


def test_a_prefix_that_is_odd_itself_is_refused() -> None:
    """It would be so for all files."""
    with pytest.raises(ParameterError, match="begins with 'javascript:'"):
        link("http://h/x.mp4", {"http://h/": "javascript:"})


@given(st.text(), st.text(min_size=1))
def test_whatever_is_made_is_safe(url: str, new: str) -> None:
    """Or it is refused."""
    reference = MediaReference("http://h/" + url, None, "video/mp4", None, 1, 0)
    try:
        made = make_rewriter({"http://h/": new}, lesson(row("amy")))(reference)
    except ParameterError:
        return

    if made is not None:
        assert made.isascii()
        assert unsafe_link(made) is None


@pytest.mark.parametrize("odd", ["names", {"": "x"}, {"a": None}, 7, len], ids=repr)
def test_what_is_no_rewrite_is_refused(odd: Any) -> None:
    """With what was expected."""
    with pytest.raises(ParameterError, match="rewrite_url"):
        to_manifest(lesson(row("amy")), rewrite_url=odd)


def test_a_local_file_comes_first(tmp_path: Path) -> None:
    """Of what is in no folder the link is written; without one it is missing."""
    media = tmp_path / "media"
    media.mkdir()
    (media / "a.mp4").write_bytes(b"x")
    rows = [row(name, video_url=f"http://{name}/{name}.mp4", video_id="") for name in "abc"]
    target = tmp_path / "lesson.json"

    write_manifest(lesson(*rows), target, media=media, rewrite_url={"http://b/": "https://cdn/"})

    document = valid(json.loads(target.read_text(encoding="utf-8")))
    assert [
        (track["segments"][0]["src"], track["segments"][0]["src_status"]) for track in document["tracks"]
    ] == [("media/a.mp4", "local"), ("https://cdn/b.mp4", "rewritten"), (None, "missing")]
    assert timeline.validate_manifest(document) == ()
    assert timeline.read_manifest(document) == lesson(*rows)


def test_the_options_of_the_command() -> None:
    """Prefixes, or the word alone, or nothing."""
    assert parse_rewrites([]) is None
    assert parse_rewrites(["name"]) == "name"
    assert parse_rewrites(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    with pytest.raises(ParameterError, match="is there twice"):
        parse_rewrites(["a=b", "a=c"])
