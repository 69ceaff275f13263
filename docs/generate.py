"""Writes the parts of the documentation that the code knows best: ``python -m docs.generate [--check]``.

``findings.md`` from the registry, ``cli.md`` from every ``--help``, and, without ``--check``, the pictures.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
PICTURES = DOCS / "pictures"
LESSON = DOCS.parent / "sample_results" / "lesson"
LAYOUTS_AT_MS = 62_000
COMMANDS = [
    *("show", "check", "manifest", "plot", "render", "player", "demo"),
    *("fetch", "probe", "stitch", "serve", "metrics", "report"),
    *("batch render", "batch stitch", "batch player", "batch metrics", "batch report", "batch manifest"),
    *("batch fetch", "batch merge"),
    *("service sign", "service start", "service pause", "service resume", "service stop", "service query"),
    *("service set-callback", "service simulate", "receive"),
]


def findings_page() -> str:
    """Return ``findings.md``."""
    from timeline.findings import FINDING_KINDS

    lines = [
        "# Findings",
        "",
        "What can be odd in a lesson. A finding stops nothing: it says what was found, where, and what was",
        "done about it. `timeline check RESULT` prints them; `--strict` exits 1 on a warning or an error.",
        "",
        "| code | severity | what it means | what is done |",
        "|---|---|---|---|",
    ]
    for code, kind in FINDING_KINDS.items():
        lines.append(f"| `{code}` | {kind.severity} | {kind.means} | {kind.done} |")
    lines += ["", "*Written by `make docs` from `timeline/findings.py`.*", ""]
    return "\n".join(lines)


def metrics_page() -> str:
    """Return ``metrics.md``."""
    from dataclasses import fields

    from timeline.analysis.rules import USUAL_RULES, MetricRules
    from timeline.analysis.schemas import SCHEMAS

    lines = [
        "# Measures",
        "",
        "All tables of `timeline metrics` and of `timeline.analysis.measure.measure_lesson()`,",
        "and what every column means.",
        "How to read them, and what must not be read out of them, is in [quality.md](quality.md).",
        "",
        "A column whose type ends with `?` can be missing: NaN or None in memory, null in JSON and Parquet,",
        "empty in CSV. Missing is never zero. Ratios are 0 to 1, never percent. Times are playback ms,",
        "unless the name says `wall`.",
    ]
    for schema in SCHEMAS.values():
        lines += ["", f"## {schema.name}", "", f"{schema.text[0].upper()}{schema.text[1:]}. Key: "]
        lines[-1] += ", ".join(f"`{name}`" for name in schema.key) + "."
        lines += ["", "| column | type | unit | what it is |", "|---|---|---|---|"]
        for column in schema.columns:
            kind = column.kind + ("?" if column.is_nullable else "")
            text = column.text.replace("|", "\\|")
            lines.append(f"| `{column.name}` | {kind} | {column.unit} | {text} |")
    lines += [
        "",
        "## The rules",
        "",
        "Every threshold is a field of `MetricRules`. Nobody has validated them: they are",
    ]
    lines += [
        "proposals, and the column `rules` of `lessons` tells lessons apart that were measured by others."
    ]
    lines += ["", "| rule | default | what it is |", "|---|---|---|"]
    meanings = _attributes(MetricRules.__doc__ or "")
    for field in fields(MetricRules):
        lines.append(f"| `{field.name}` | {getattr(USUAL_RULES, field.name)} | {meanings[field.name]} |")
    lines += ["", "*Written by `make docs` from `timeline/analysis/`.*", ""]
    return "\n".join(lines)


def _attributes(text: str) -> dict[str, str]:
    """Return what the section Attributes of a docstring says of each name."""
    section = text.partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", section, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", meaning) for name, meaning in entries}


def cli_page() -> str:
    """Return ``cli.md``."""
    parts = [
        "# The command line",
        "",
        "stdout is data, stderr is talk. RESULT is a file, `-` for stdin, or a folder that holds",
        "`result.json`. Times are `h:mm:ss[.mmm]`, `m:ss` or seconds, always playback. An output that is",
        "there is replaced only with `--force`.",
        "",
        "| status | means |",
        "|---|---|",
        "| 0 | fine |",
        "| 1 | failed; with `check --strict`: there is a warning or worse |",
        "| 2 | misused, or unusable input |",
        "| 3 | the output was made, but slates replace parts of it (`--allow-slates` makes that 0) |",
        "| 4 | another run is making the output |",
        "| 5 | the network: a file could not be had, or the recording service did not answer |",
        "| 6 | the disk |",
        "| 130 | interrupted |",
        "",
    ]
    for command in COMMANDS:
        parts += [f"## timeline {command}", "", "```text", _help(command), "```", ""]
    return "\n".join([*parts, "*Written by `make docs` from `--help`.*", ""])


def _help(command: str) -> str:
    environment = os.environ | {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    answer = subprocess.run(
        [sys.executable, "-m", "timeline", *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", answer.stdout)
    return "\n".join(line.rstrip() for line in plain.strip("\n").splitlines())


def write_pictures() -> None:
    """Write the pictures of the README and the guides, all of the bundled lesson."""
    from timeline.demo import write_demo

    with tempfile.TemporaryDirectory() as folder:
        write_demo(folder)
        (PICTURES / "timeline.png").write_bytes((Path(folder) / "timeline.png").read_bytes())
        _write_frame(Path(folder) / "review.mp4", 47, PICTURES / "review.jpg")
        _write_player(Path(folder))
    _write_plots()
    with tempfile.TemporaryDirectory() as folder:
        _write_slates(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        _write_layouts(Path(folder))


def _write_plots() -> None:
    """Draw the bundled lesson in each way in which the demo does not."""
    import timeline
    from timeline.plotting import write_plot

    lesson = timeline.load(LESSON, roster=LESSON / "roster.csv")
    write_plot(lesson, PICTURES / "plot_wall.png", clock="wall")
    write_plot(lesson, PICTURES / "plot_presence.png", "presence", bin_ms=5000)
    write_plot(lesson, PICTURES / "plot_concurrency.png", "concurrency")


def _write_player(folder: Path) -> None:
    """Look at the replay page of the demo in *folder*; without a browser its picture stays as it is."""
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        print("no chromium: player.jpg stays as it is", file=sys.stderr)
        return
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC")
        page.goto((folder / "replay" / "index.html").as_uri())
        page.locator("timeline-controls .big").click()
        page.evaluate("document.querySelector('timeline-player').currentTime = 56")
        page.wait_for_timeout(2000)
        page.evaluate("document.querySelector('timeline-player').pause()")
        page.screenshot(path=PICTURES / "player.jpg", type="jpeg", quality=85)
        opened.close()


def _write_slates(folder: Path) -> None:
    """Render the bundled lesson with one file gone and a page of a server in place of another."""
    import timeline

    shutil.copytree(LESSON / "media", folder / "media")
    (folder / "media" / "h3KpW9dLs6Yc.mp4").unlink()
    (folder / "media" / "Kt6ZlC0iV3Ho.mp4").write_text("<html>403 Forbidden</html>")
    lesson = timeline.load(LESSON, roster=LESSON / "roster.csv")
    video = folder / "slates.mp4"
    timeline.render_video(
        lesson, video, media=folder / "media", layout="grid", start_ms=56_000, end_ms=58_000
    )
    _write_frame(video, 1, PICTURES / "slates.jpg")


def example_layout() -> dict[str, Any]:
    """Return the layout file that ``layouts.md`` shows."""
    (example,) = re.findall(r"^```json\n(.*?)^```", (DOCS / "layouts.md").read_text("utf-8"), re.S | re.M)
    layout: dict[str, Any] = json.loads(example)
    return layout


def _write_layouts(folder: Path) -> None:
    """Render a moment of the bundled lesson in each layout."""
    import timeline

    lesson = timeline.load(LESSON, roster=LESSON / "roster.csv")
    layouts: dict[str, str | dict[str, Any]] = {
        "stage": "stage",
        "grid": "grid",
        "side_by_side": "side-by-side",
        "pip": "pip",
        "single": "single:camera:lin_teacher",
        "file": example_layout(),
    }
    for name, layout in layouts.items():
        video = folder / f"{name}.mp4"
        timeline.render_video(
            lesson,
            video,
            media=LESSON / "media",
            layout=layout,
            size_px=(640, 360),
            start_ms=LAYOUTS_AT_MS,
            end_ms=LAYOUTS_AT_MS + 1000,
        )
        _write_frame(video, 0, PICTURES / f"layout_{name}.jpg")


def _write_frame(video: Path, at_s: int, picture: Path) -> None:
    import av

    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= at_s:
                frame.to_image().save(picture, quality=85)
                return


def main() -> int:
    """Write the pages, or with ``--check`` say which are stale."""
    pages = {"findings.md": findings_page(), "metrics.md": metrics_page(), "cli.md": cli_page()}
    if "--check" in sys.argv:
        stale = [name for name, text in pages.items() if (DOCS / name).read_text(encoding="utf-8") != text]
        if stale:
            print(f"stale: {', '.join(stale)}; run: make docs", file=sys.stderr)
        return 1 if stale else 0
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    write_pictures()
    return 0


if __name__ == "__main__":
    sys.exit(main())
