"""The replay page as a file: its policy, its one script, what it plays, and strings that stay strings."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.conftest import BOARD, CAMERA, Cli, Lesson, names_in, row
from tests.hostile_names import NAMES
from timeline.errors import MediaNotFoundError, OutputExistsError, ParameterError
from timeline.export.manifest_rules import validate_manifest
from timeline.export.page import write_player
from timeline.export.page_script import MODULES, module_text, page_script, squeezed

MOST_BYTES = 60_000
"""Of a page without its manifest."""
SAMPLE = Path(__file__).parents[1] / "sample_results" / "lesson"


class Page(HTMLParser):
    """What a browser's parser finds: the tags with their attributes, and the text of each element."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.setdefault(self.tags[-1][0], []).append(data)

    @property
    def policy(self) -> dict[str, str]:
        metas = [attrs for tag, attrs in self.tags if tag == "meta"]
        (text,) = [m["content"] or "" for m in metas if m.get("http-equiv") == "Content-Security-Policy"]
        return {name: value for name, _, value in (part.partition(" ") for part in text.split("; "))}

    @property
    def manifest(self) -> dict[str, Any]:
        match = re.search(r'id="timeline-manifest">(.*?)</script>', self.source, re.S)
        assert match
        document: dict[str, Any] = json.loads(match[1])
        return document

    @property
    def clips(self) -> list[dict[str, Any]]:
        return [s for t in self.manifest["tracks"] for s in t["segments"] if s["type"] == "clip"]

    @property
    def script(self) -> str:
        scripts = re.findall(r"<script>(.*?)</script>", self.source, re.S)
        assert len(scripts) == 1
        return str(scripts[0])


def sha256_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.fixture
def pair(lesson: Lesson) -> Lesson:
    """Two cameras with their files."""
    lesson.add(CAMERA, "amy", 0, 2000)
    lesson.add(CAMERA, "bo", 500, 1000)
    return lesson


class TestPage:
    def test_it_is_light(self, pair: Lesson, tmp_path: Path) -> None:
        """Without its manifest it is below 60 KB."""
        page = Page(write_player(pair.load(), tmp_path / "out", media=pair.media).page)
        manifest = re.search(r'id="timeline-manifest">(.*?)</script>', page.source, re.S)
        assert manifest
        assert len(page.source.encode()) - len(manifest[1].encode()) < MOST_BYTES

    def test_it_needs_no_other_file_but_media(self, pair: Lesson, tmp_path: Path) -> None:
        """One page, one folder of files under names of our own; nothing in the page loads anything else."""
        out = tmp_path / "out"
        page = Page(write_player(pair.load(), out, media=pair.media).page)
        assert names_in(out) == {"index.html", "media"}
        assert {Path(clip["src"]).name for clip in page.clips} == names_in(out / "media")
        assert all(re.fullmatch(r"media/\d{4}_[0-9a-f]{8}\.mp4", clip["src"]) for clip in page.clips)
        assert not [attrs for _, attrs in page.tags if {"src", "href", "style", "onload"} & attrs.keys()]

    def test_its_policy_lets_this_script_and_its_own_media_in_and_nothing_else(
        self, pair: Lesson, tmp_path: Path
    ) -> None:
        """The hashes are those of what stands in the page."""
        page = Page(write_player(pair.load(), tmp_path / "out", media=pair.media).page)
        (style,) = re.findall("<style>(.*?)</style>", page.source)
        assert page.policy == {
            "default-src": "'none'",
            "script-src": sha256_source(page.script),
            "style-src": sha256_source(style),
            "media-src": "'self' file:",
            "base-uri": "'none'",
            "form-action": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "'none'",
        }

    def test_a_local_page_holds_no_link_of_the_result(self, pair: Lesson, tmp_path: Path) -> None:
        """Links may carry signatures, and a page is passed on."""
        page = Page(write_player(pair.load(), tmp_path / "out", media=pair.media).page)
        assert "media.example" not in page.source

    def test_files_are_linked_not_copied(self, pair: Lesson, tmp_path: Path) -> None:
        """A lesson of gigabytes costs no second place on the disk."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        inodes = {path.stat().st_ino for path in pair.media.iterdir()}
        assert {path.stat().st_ino for path in (out / "media").iterdir()} == inodes

    def test_another_file_has_another_name(self, pair: Lesson, tmp_path: Path) -> None:
        """So no browser plays the old one from its cache."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        before = names_in(out / "media")
        os.utime(pair.path(0), (1, 1))
        write_player(pair.load(), out, media=pair.media)
        assert len(names_in(out / "media") - before) == 1

    def test_media_of_an_older_page_go_and_nothing_else(self, pair: Lesson, tmp_path: Path) -> None:
        """A name like ours that no page of ours speaks of stays, and so does what somebody changed."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        first, second = sorted(names_in(out / "media"))
        foreign = {"0000_12345678.mp4", "notes.txt"}
        for name in foreign:
            (out / "media" / name).write_text("mine")
        (out / "media" / second).unlink()
        (out / "media" / second).write_text("mine, too")
        for index in (0, 1):
            os.utime(pair.path(index), (1, 1))
        page = Page(write_player(pair.load(), out, media=pair.media).page)
        played = {Path(clip["src"]).name for clip in page.clips}
        assert names_in(out / "media") == {*foreign, second, *played}
        assert first not in played
        assert pair.path(0).is_file()

    def test_the_only_copy_of_a_file_stays(self, pair: Lesson, tmp_path: Path) -> None:
        """Where the new page has none in its place; a page that has takes it away."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        before = names_in(out / "media")
        kept = pair.path(0).rename(tmp_path / "kept.mp4")
        write_player(pair.load(), out, media=pair.media)
        assert names_in(out / "media") == before
        kept.rename(pair.path(0))
        os.utime(pair.path(0), (1, 1))
        write_player(pair.load(), out, media=pair.media)
        assert len(names_in(out / "media")) == 2

    def test_a_page_of_links_leaves_no_media(self, pair: Lesson, tmp_path: Path) -> None:
        """Nobody passes on videos without knowing."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        write_player(pair.load(), out, remote=True)
        assert names_in(out) == {"index.html"}

    @pytest.mark.parametrize("name", ["../secret.mp4", "secret.mp4", "0000_12345678.mp4/", "", 7, None])
    def test_an_older_page_names_no_file_of_others(self, pair: Lesson, tmp_path: Path, name: Any) -> None:
        """It may be a stranger's: only names of ours count, and links are left alone."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        before = names_in(out / "media")
        (tmp_path / "secret.mp4").write_text("mine")
        (out / "secret.mp4").write_text("mine")
        (out / "media" / "secret.mp4").write_text("mine")
        (out / "media" / "0000_aaaaaaaa.mp4").symlink_to(tmp_path / "secret.mp4")
        said = [{"file": one, "size_bytes": 4} for one in (name, "0000_aaaaaaaa.mp4")]
        (out / "index.html").write_text(
            f'<script type="application/json" id="timeline-manifest">{json.dumps({"x-files": said})}</script>'
        )
        write_player(pair.load(), out, media=pair.media)
        assert names_in(out / "media") == before | {"secret.mp4", "0000_aaaaaaaa.mp4"}
        assert (tmp_path / "secret.mp4").is_file()
        assert (out / "secret.mp4").is_file()

    @pytest.mark.parametrize("text", ["", "<p>mine</p>", "[]", "{}", '{"x-files": 7}', '{"x-files": [7]}'])
    def test_an_older_page_of_any_kind_stops_nothing(self, pair: Lesson, tmp_path: Path, text: str) -> None:
        out = tmp_path / "out"
        out.mkdir()
        start = '<script type="application/json" id="timeline-manifest">'
        (out / "index.html").write_text(f"{start}{text}</script>")
        assert write_player(pair.load(), out, media=pair.media).files == 2

    def test_what_cannot_be_played_says_why(self, pair: Lesson, tmp_path: Path) -> None:
        """A missing file and a page of a server cost a finding and a card."""
        pair.path(1).write_text("<html>403</html>")
        pair.add_row(BOARD, "", 0, 2000)
        report = write_player(pair.load(), tmp_path / "out", media=pair.media)
        page = Page(report.page)
        assert [clip.get("x-why") for clip in page.clips] == [None, "not_media", "missing"]
        assert [clip.get("x-file") for clip in page.clips] == [None, "f1.mp4", "f2.mp4"]
        assert [finding.code for finding in report.findings] == ["media_unreadable", "media_missing"]
        assert report.files == 1

    def test_without_any_file_nothing_is_written(self, pair: Lesson, tmp_path: Path) -> None:
        """The error lists the files and says three ways to get them."""
        empty = tmp_path / "empty"
        empty.mkdir()
        with pytest.raises(MediaNotFoundError, match=r"--media, .*--fetch, .*--remote: .*f0\.mp4"):
            write_player(pair.load(), tmp_path / "out", media=empty)
        assert not (tmp_path / "out").exists()

    def test_a_page_that_is_there_stays(self, pair: Lesson, tmp_path: Path) -> None:
        """Unless it may be replaced."""
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media)
        with pytest.raises(OutputExistsError, match="--force"):
            write_player(pair.load(), out, media=pair.media, overwrite=False)

    def test_modules_and_manifest_come_on_demand(self, pair: Lesson, tmp_path: Path) -> None:
        """The manifest keeps every rule, with the original links and what is beside it."""
        pair.path(1).unlink()
        out = tmp_path / "out"
        write_player(pair.load(), out, media=pair.media, modules=True)
        assert names_in(out) == {"index.html", "media", "manifest.json", *MODULES}
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        assert validate_manifest(manifest) == ()
        clips = [s for t in manifest["tracks"] for s in t["segments"] if s["type"] == "clip"]
        assert [(clip["url"], clip["src_status"]) for clip in clips] == [
            *(("http://media.example/f0.mp4", "local"), ("http://media.example/f1.mp4", "missing"))
        ]
        assert (out / clips[0]["src"]).is_file()

    def test_a_language_can_be_fixed(self, pair: Lesson, tmp_path: Path) -> None:
        """By default the reader's browser decides."""
        out = tmp_path / "out"
        for language, attributes in (("zh", {"lang": "zh"}), (None, {})):
            page = Page(write_player(pair.load(), out, media=pair.media, language=language).page)
            assert page.tags[0] == ("html", attributes)
        with pytest.raises(ParameterError, match="no language 'fr'; there are: en, zh"):
            write_player(pair.load(), out, media=pair.media, language="fr")


class TestRemote:
    def remote(self, folder: Path, *urls: str | None, **options: Any) -> Page:
        rows = [row(CAMERA, f"u{n}", 0, 1000) | {"video_url": url} for n, url in enumerate(urls)]
        lesson = timeline.loads(json.dumps({"start_time": 1, "stop_time": 2, "video_info": rows}))
        return Page(write_player(lesson, folder / "out", remote=True, **options).page)

    def test_only_the_origins_of_the_result_are_let_in(self, tmp_path: Path) -> None:
        """Each once, with its port where that is not the usual one; nothing is copied."""
        page = self.remote(
            tmp_path,
            "https://b.example/x.mp4?sign=1",
            "http://a.example:8080/y.mp4",
            "https://B.example/z.mp4",
        )
        assert page.policy["media-src"] == "http://a.example:8080 https://b.example"
        assert [clip["url"] for clip in page.clips] == [
            *("https://b.example/x.mp4?sign=1", "http://a.example:8080/y.mp4", "https://B.example/z.mp4")
        ]
        assert names_in(tmp_path / "out") == {"index.html"}

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "data:video/mp4;base64,AA",
            "file:///etc/passwd",
            "//evil.example/x.mp4",
            "https://user@evil.example/x.mp4",
            "https://evil.example; script-src *",
            "https://*/x.mp4",
            "https://*.example/x.mp4",
            "https://[::1]/x.mp4",
            "https://evil.example:0/x.mp4",
            "https://evil.example:99999/x.mp4",
            "https://evil.example\\@a.example/x.mp4",
            "https:/evil.example/x.mp4",
            "https://'self'/x.mp4",
        ],
    )
    def test_a_link_without_a_plain_origin_is_no_link(self, url: str, tmp_path: Path) -> None:
        """It is not in the page, and nothing of it is in the policy."""
        page = self.remote(tmp_path, url, "https://a.example/x.mp4")
        assert page.policy["media-src"] == "https://a.example"
        assert [(clip["url"], clip.get("x-why")) for clip in page.clips] == [
            *((None, "bad_link"), ("https://a.example/x.mp4", None))
        ]

    def test_links_can_be_rewritten(self, tmp_path: Path) -> None:
        """The policy names the origins of what is opened, and no others."""
        urls = ("https://a.example/x.mp4", "https://b.example/y.mp4")
        page = self.remote(tmp_path, *urls, rewrite_url={"https://a.example/": "https://cdn.example/"})
        assert page.policy["media-src"] == "https://b.example https://cdn.example"
        assert [(clip["url"], clip["src"]) for clip in page.clips] == [
            *((None, "https://cdn.example/x.mp4"), ("https://b.example/y.mp4", None))
        ]

    def test_links_can_become_names_beside_the_page(self, tmp_path: Path) -> None:
        """Then the page's own folder is where they come from; `//host` is no name."""
        page = self.remote(tmp_path, "https://a.example/x.mp4", rewrite_url="name")
        assert page.policy["media-src"] == "'self' file:"
        assert [clip["src"] for clip in page.clips] == ["x.mp4"]
        urls = ("https://a.example/x.mp4", "https://b.example/y.mp4")
        page = self.remote(tmp_path, *urls, rewrite_url={"https://a.example/": "//evil.example/"})
        assert [clip.get("x-why") for clip in page.clips] == ["bad_link", None]

    def test_links_are_rewritten_only_where_they_are_played(self, cli: Cli, tmp_path: Path) -> None:
        """With local media the option would do nothing; that is told."""
        answer = cli("player", SAMPLE, "-o", tmp_path / "out", "--rewrite-url", "name")
        assert (answer.status, answer.last_line) == (
            *(2, "timeline: links are rewritten only where they are played; add --remote"),
        )

    def test_a_result_without_links_is_refused(self, tmp_path: Path) -> None:
        """The page would have nothing to play."""
        with pytest.raises(MediaNotFoundError, match="no http or https link"):
            self.remote(tmp_path, None, "javascript:0")


@pytest.mark.parametrize("name", [*NAMES, "{{script}}", "{{manifest}}"], ids=ascii)
def test_no_string_of_a_result_becomes_markup(name: str, tmp_path: Path) -> None:
    """Whatever stands in every field, the page has the same tags, and the manifest says the same."""
    fields = {"video_url": f"https://a.example/{name}", "video_id": name, "user_id": name}
    rows = [row(CAMERA, "x", 0, 1000) | fields, row(CAMERA, "y", 0, 1000)]
    document = {"room_id": name, "task_id": name, "start_time": 1, "stop_time": 2, "video_info": rows}
    lesson = timeline.loads(json.dumps(document))

    page = Page(write_player(lesson, tmp_path, remote=True).page)

    tags = ["html", "meta", "meta", "meta", "meta", "title", "style", "noscript", "main"]
    assert [tag for tag, _ in page.tags] == [
        *tags,
        "timeline-controls",
        "timeline-player",
        "script",
        "script",
    ]
    assert (
        page.policy["media-src"] in ("https://a.example http://media.example", "http://media.example")
        or page.policy["media-src"] == "http://media.example https://a.example"
    )
    assert page.manifest["room_id"] == lesson.room_id
    assert page.script == page_script()


class TestScript:
    def test_imports_and_exports_are_gone_and_nothing_else(self) -> None:
        """Every function and class of the modules is in the page's script; no module's word is."""
        script = page_script()
        for name in MODULES:
            names = re.findall(r"^(?:function|class) (\w+)", module_text(name), re.M)
            assert names
            assert all(re.search(rf"\b(?:function|class) {name}\b", script) for name in names)
        assert not re.search(r"^\s*(?:import|export)\b", script, re.M)
        assert "</" not in script

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("a  =  b ? c : d;\n", "a=b?c:d;"),
            ("x = a + b - -c;\n", "x=a+b - -c;"),
            ('say("a , b"); // why\n', 'say("a , b");'),
            ("t = `a , ${b} : c`;\n", "t=`a , ${b} : c`;"),
            ("  /** One\n   * two */\n  go ();\n", "go();"),
            ("S = `\n.a , .b { c: d; }\n`;\n", "S=`.a,.b{c:d}`;"),
            ('a = true || "false";\n', 'a=!0||"false";'),
            ("if (a) {\n  b();\n}\nc();\n", "if(a){b()}c();"),
            ("const MOST = 4; // of all\nsay(MOST, ALMOST, `${MOST}`);\n", "say(4,ALMOST,`${4}`);"),
            ('if (a) { const b = "const ; }"; }\n', 'if(a){let b="const ; }"}'),
            (
                "const a = 1;\nconst b = [\n  2,\n];\nconst c = 3;\nconst d = 4;\n",
                "let a=1;let b=[2];let c=3,d=4;",
            ),
            ("class A {\n  b() {\n    return c;\n  }\n}\n", "class A{b(){return c}}"),
            ("this.#count += 1; S = `#fff`;\n", "this.#a +=1;S=`#fff`;"),
            ("list.map((one) => one);\n", "list.map(one=>one);"),
        ],
    )
    def test_blanks_go_and_strings_stay(self, source: str, expected: str) -> None:
        """Comments, indentation and the blanks around signs are left out."""
        assert squeezed(source) == expected

    def test_no_pattern_of_the_modules_holds_what_is_left_out(self) -> None:
        r"""Patterns are not told from sums; so a blank in one is written as \s."""
        literal = re.compile(r"(?<=[\s(=:,!&|?])/(?![/*\s])(?:\\.|[^/\n\\])+/[a-z]*(?=[.,;)\s])")
        patterns = [found for name in MODULES for found in literal.findall(module_text(name))]
        assert len(patterns) >= 6
        assert [pattern for pattern in patterns if squeezed(pattern) != pattern] == []

    @pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
    def test_a_javascript_engine_reads_it(self, tmp_path: Path) -> None:
        """The page's script and both modules are free of errors of grammar."""
        (tmp_path / "page.js").write_text(page_script(), encoding="utf-8")
        files = [tmp_path / "page.js"]
        for name in MODULES:
            files.append(tmp_path / name.replace(".js", ".mjs"))
            files[-1].write_text(module_text(name), encoding="utf-8")
        for file in files:
            answer = subprocess.run(["node", "--check", file], capture_output=True, text=True)
            assert (answer.returncode, answer.stderr) == (0, "")


class TestCommand:
    def test_the_page_is_made_beside_its_media(self, cli: Cli, tmp_path: Path) -> None:
        """Media are found beside the result; names come from the roster."""
        answer = cli("player", SAMPLE, "-o", tmp_path / "out", "--roster", SAMPLE / "roster.csv")
        page = Page(tmp_path / "out" / "index.html")
        assert (answer.status, answer.out) == (0, "")
        assert answer.last_line == f"made {tmp_path}/out/index.html with 11 files; open it in a browser"
        assert {track["label"] for track in page.manifest["tracks"]} == {"Ms Lin", "Bo", "Amy", "whiteboard"}

    def test_cards_in_place_of_files_are_told(self, cli: Cli, pair: Lesson, tmp_path: Path) -> None:
        """Status 3, as with slates of a render; --allow-slates makes that 0."""
        pair.path(0).unlink()
        result = pair.write()
        answer = cli("player", result, "-o", tmp_path / "out")
        assert (answer.status, answer.last_line) == (3, "cards replace 1 of the lesson's files; see above")
        assert "error: no file for http://media.example/f0.mp4" in answer.err
        assert cli("player", result, "-o", tmp_path / "out", "-f", "--allow-slates").status == 0

    def test_nothing_to_play_is_status_2(self, cli: Cli, lesson: Lesson, tmp_path: Path) -> None:
        """And nothing is written."""
        lesson.add_row(CAMERA, "amy", 0, 1000)
        answer = cli("player", lesson.write(), "-o", tmp_path / "out")
        assert answer.status == 2
        assert not (tmp_path / "out").exists()

    def test_it_works_without_the_media_extra(self, tmp_path: Path) -> None:
        """A page needs no ffmpeg and no decoder."""
        absent = ["matplotlib", "av", "PIL", "imageio_ffmpeg", "urllib3"]
        arguments = ["timeline", "player", str(SAMPLE), "-o", str(tmp_path / "out")]
        probe = (
            f"import sys\nfor name in {absent}: sys.modules[name] = None\nsys.argv = {arguments}\n"
            "from timeline.cli import main\nmain()"
        )
        answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
        assert answer.returncode == 0, answer.stderr


def test_the_title_is_text(tmp_path: Path) -> None:
    """A room's id is escaped in it."""
    rows = [row(CAMERA, "x", 0, 1000)]
    document = {"room_id": "<b>&", "start_time": 1, "stop_time": 2, "video_info": rows}
    page = Page(write_player(timeline.loads(json.dumps(document)), tmp_path, remote=True).page)
    assert html.escape("Replay <b>&") in page.source
