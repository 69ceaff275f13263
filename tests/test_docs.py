"""Everything in README and docs that can run, runs; what is generated is fresh."""

from __future__ import annotations

import glob
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, run_here

PAGES = [
    "README.md",
    "README.zh-CN.md",
    "docs/concepts.md",
    "docs/dialects.md",
    "docs/manifest.md",
    "docs/plots.md",
    "docs/quality.md",
    "docs/simulator.md",
]
GUIDES = [
    *PAGES,
    "docs/design.md",
    "docs/cli.md",
    "docs/metrics.md",
    "docs/findings.md",
    "docs/media.md",
    "docs/layouts.md",
    "docs/render.md",
    "docs/formats.md",
    "docs/player.md",
    "docs/embedding.md",
    "docs/receiver.md",
    "docs/scaling.md",
    "docs/service.md",
    "CONTRIBUTING.md",
    "RELEASING.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "sample_results/README.md",
]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    """Return the `timeline …` lines of a page's shell blocks, without their comments."""
    lines = "\n".join(blocks(page, "sh")).splitlines()
    return [line.partition("#")[0].strip() for line in lines if line.startswith("timeline ")]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured_before: None) -> Path:
    """A folder with the samples in it, where a reader would stand whose store knows the bundled lesson."""
    shutil.copytree(
        ROOT / "sample_results", tmp_path / "sample_results", ignore=shutil.ignore_patterns("*.py*")
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if "zh-CN" not in page])
def test_python_examples_run(page: str, clone: Path) -> None:
    """The Python blocks of a page run from top to bottom."""
    code = "\n".join(blocks(page, "python"))

    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=clone, capture_output=True, text=True
    )

    assert code
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        # A stitch of a whole lesson takes long; the quick tests of stitching are about shorter ones.
        pytest.param(command, marks=pytest.mark.slow if command.startswith("timeline stitch") else ())
        for command in commands("README.md")
    ],
)
def test_shell_examples_run(command: str, clone: Path) -> None:
    """Each `timeline …` line of the README does its job."""
    answer = run_here(*shlex.split(command)[1:])

    assert answer.returncode == 0, answer.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        line
        for page in ("render", "layouts", "media", "formats", "plots")
        for line in commands(f"docs/{page}.md")
        if " fetch " not in line  # the bundled lesson's urls lead nowhere
    ],
)
def test_commands_of_the_guides_run(command: str, clone: Path) -> None:
    """Each `timeline …` line about videos and media does its job on the bundled lesson."""
    words = [word for part in shlex.split(command) for word in (sorted(glob.glob(part)) or [part])]
    test_shell_examples_run(shlex.join(words), clone)


@pytest.mark.parametrize("page", PAGES)
def test_console_examples_print_what_the_page_shows(page: str, clone: Path) -> None:
    """A console block is a command and its whole output."""
    for block in blocks(page, "console"):
        command, _, shown = block.partition("\n")
        answer = run_here(*shlex.split(command)[2:])

        assert [line.rstrip() for line in answer.stdout.decode().splitlines()] == shown.splitlines()


def test_chinese_readme_shows_the_same_examples() -> None:
    """README.zh-CN.md holds the same code and commands; only comments are translated."""

    def bare(page: str, language: str) -> list[str]:
        return [re.sub(r"\s*#.*", "", block) for block in blocks(page, language)]

    for language in ("python", "sh"):
        assert bare("README.zh-CN.md", language) == bare("README.md", language)


@pytest.mark.parametrize("page", GUIDES)
def test_links_lead_somewhere(page: str) -> None:
    """Each relative link and picture of a page is there."""
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)

    missing = [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()]

    assert missing == []


@pytest.mark.slow
def test_generated_pages_are_fresh() -> None:
    """docs/findings.md and docs/cli.md are what `make docs` would write now."""
    answer = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True
    )

    assert (answer.returncode, answer.stderr) == (0, "")


def test_the_page_about_media_tells_of_every_finding_about_files() -> None:
    """And of none that is not."""
    from timeline.findings import FINDING_KINDS

    table = [
        line for line in (ROOT / "docs/media.md").read_text("utf-8").splitlines() if line.startswith("|")
    ]
    told = {code for line in table for code in re.findall(r"`(\w+)`", line)}

    assert told == {code for code in FINDING_KINDS if re.match("media_|picture_|sound_|header_", code)}


@pytest.mark.parametrize(
    "command",
    ["show", "check", "manifest", "plot", "render", "player", "demo", "fetch", "probe", "stitch", "serve"],
)
def test_every_help_ends_with_an_example(command: str) -> None:
    """Each command's help holds an example that begins with its own name."""
    assert f"Example: timeline {command}" in run_here(command, "--help").stdout.decode()


def test_the_layout_file_on_the_page_can_be_used() -> None:
    """It shows everybody of the bundled lesson."""
    import timeline
    from docs.generate import LESSON, example_layout
    from timeline.layouts.places import make_layout

    lesson = timeline.load(LESSON, roster=LESSON / "roster.csv")
    shown = {
        track.id for region in make_layout(example_layout(), lesson, 1280, 720) for track in region.tracks
    }
    assert shown == {track.id for track in lesson.tracks}


def test_the_page_about_layouts_tells_of_every_key_and_every_name() -> None:
    """And of no other key."""
    from timeline.layouts.data import layout_schema
    from timeline.layouts.names import LAYOUTS

    page = (ROOT / "docs/layouts.md").read_text("utf-8")
    schema = layout_schema()
    tables = page.partition("### Of the layout")[2].partition("Unknown keys")[0]
    cells = [line.split("|")[1] for line in tables.splitlines() if line.startswith("| `")]
    keys = {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}

    assert keys == set(schema["properties"]) | set(schema["$defs"]["LayoutRegion"]["properties"])
    assert all(f"| `{name}` |" in page for name in LAYOUTS)


def test_every_error_is_in_the_drawn_tree() -> None:
    """The tree at the top of errors.py names every exception, under its parent's builtin."""
    from timeline import errors

    assert errors.__doc__
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.TimelineError):
            assert name in errors.__doc__, name
            for builtin in kind.__bases__[1:]:
                assert re.search(rf"{name} \({builtin.__name__}\)", errors.__doc__), name


def test_pages_speak_of_the_project_alone() -> None:
    """No page, module or script names a path of somebody's machine."""
    paths = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    texts = {
        path: (ROOT / path) for path in paths if path.endswith((".md", ".py", ".toml", ".yml", ".ipynb"))
    }

    told = [
        path
        for path, file in texts.items()
        if re.search(r"/(home|root|work|Users)/", file.read_text("utf-8"))
    ]

    assert told == ["tests/test_docs.py"] or told == []
