"""The wheel, installed outside the clone, brings the bundled lesson and works."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.mark.slow
def test_wheel_holds_the_lesson_and_the_schema(wheel: Path) -> None:
    """The distribution is class-timeline; its wheel holds the lesson, the schema and the types."""
    names = zipfile.ZipFile(wheel).namelist()

    assert wheel.name.startswith("class_timeline-")
    assert "timeline/sample_lesson/result.json" in names
    assert sum(name.endswith(".mp4") for name in names) == 11
    assert {
        "timeline/export/manifest.schema.json",
        "timeline/layouts/layout.schema.json",
        "timeline/export/manifest.d.ts",
        "timeline/export/player/page.html",
        "timeline/export/player/timeline-player.js",
        "timeline/export/player/timeline-controls.js",
        "timeline/py.typed",
    } <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "sample_results/"))]


@pytest.mark.slow
def test_demo_works_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, outside the clone, `timeline demo` makes the page and the video."""
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True, capture_output=True
    )
    # The packages it needs are taken from where the tests run, behind its own.
    packages = Path(np.__file__).parent.parent
    (site,) = home.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(f"{packages}\n")
    where = subprocess.run(
        [python, "-c", "import timeline; print(timeline.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    answer = subprocess.run(
        [home / "bin" / "timeline", "demo", "out"], cwd=tmp_path, capture_output=True, text=True
    )

    assert where.stdout.startswith(str(home))
    assert answer.returncode == 0, answer.stderr
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {
        *("index.html", "manifest.json", "presence.csv", "review.mp4", "review.report.json", "poster.jpg"),
        *("timeline.png", "timeline-wall.png", "result.json", "roster.csv", "media", "replay"),
    }
