"""How well the replay page keeps streams together, beside timingsrc: same media, same browser, same measure.

``python -m benchmarks.player`` plays the bundled lesson in headless Chromium with our player and with npm's
``timingsrc`` (``make readers``), in turns. ``--write`` puts the table into ``README.md``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import timeline
from benchmarks.page import README, put_between, table
from timeline.export.page import write_player
from timeline.samples import sample_lesson_folder
from timeline.serving import FolderServer

BEGIN = "<!-- player: written by python -m benchmarks.player --write -->"
END = "<!-- end of the numbers of the player -->"
PAGES = Path(__file__).with_name("player_pages")
FOREIGN = Path(__file__).parents[1] / ".venv" / "foreign"
OURS, THEIRS = "ours", "timingsrc"
RATES = (1, 2)
SEEKS = 40
PERCENTS = (50, 95)
Shares = tuple[float, float]
"""What `PERCENTS` of some values do not exceed."""


@dataclass
class Measured:
    """What was seen of one player, a value for each run; the tables hold their medians.

    Attributes:
        skews_ms: By rate: how far apart half and 95 of 100 looks find the streams at most.
        seeks: By rate: of streams that were playing.
        halts_ms: By rate: how much longer than the lesson it took.
        seek_ms: How long half and 95 of 100 seeks took at most, until all pictures were there.
    """

    skews_ms: dict[int, list[Shares]] = field(default_factory=lambda: {rate: [] for rate in RATES})
    seeks: dict[int, list[int]] = field(default_factory=lambda: {rate: [] for rate in RATES})
    halts_ms: dict[int, list[float]] = field(default_factory=lambda: {rate: [] for rate in RATES})
    seek_ms: list[Shares] = field(default_factory=list)


def shares(values: Sequence[float]) -> Shares:
    """Return the values that 50 and 95 of 100 do not exceed.

    Example:
        >>> shares(range(101))
        (50.0, 95.0)
    """
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return float(cuts[49]), float(cuts[94])


def rows(found: dict[str, Measured]) -> list[list[str]]:
    """Return the lines of the table: what, ours, theirs, and theirs as a multiple of ours."""
    players = [found[OURS], found[THEIRS]]
    lines: list[list[str]] = []

    def add(what: str, *runs: Sequence[float]) -> None:
        one, other = map(statistics.median, runs)
        ratio = f"× {other / one:.2f}" if one > 0 else "–"
        spread = (f" ({min(some):.0f} to {max(some):.0f})" if len(some) > 1 else "" for some in runs)
        lines.append([what, *(f"{v:.1f} ms{s}" for v, s in zip((one, other), spread, strict=True)), ratio])

    for rate in RATES:
        for place, percent in enumerate(PERCENTS):
            runs = [[shares[place] for shares in one.skews_ms[rate]] for one in players]
            add(f"skew at {rate}x, {percent} of 100 looks", *runs)
        seeks = [", ".join(map(str, one.seeks[rate])) for one in players]
        lines.append([f"seeks while playing at {rate}x, each run", *seeks, "–"])
        halts = [f"{statistics.median(one.halts_ms[rate]):.0f} ms" for one in players]
        lines.append([f"longer than the lesson at {rate}x", *halts, "–"])
    for place, percent in enumerate(PERCENTS):
        add(f"seek to its pictures, {percent} of 100", *([s[place] for s in one.seek_ms] for one in players))
    return lines


def make_site(folder: Path) -> None:
    """Write both pages, their scripts and the lesson's media into *folder*.

    Raises:
        SystemExit: timingsrc is not installed.
    """
    bundler = FOREIGN / "node_modules" / ".bin" / "esbuild"
    if not bundler.exists():
        raise SystemExit("timingsrc is not installed: make readers")
    lesson = sample_lesson_folder()
    write_player(timeline.load(lesson), folder, media=lesson / "media", modules=True)
    for page in PAGES.iterdir():
        shutil.copy(page, folder)
    entry = shutil.copy(PAGES / "timingsrc_entry.js", FOREIGN)
    command = [str(bundler), str(entry), "--bundle", "--format=esm", f"--outfile={folder / 'timingsrc.js'}"]
    subprocess.run([*command, "--log-level=error"], check=True)


def measure(browser: Browser, address: str, found: Measured, rate: int | None) -> None:
    """Open a page, play the lesson at *rate*, or seek where that is None; add what was seen to *found*."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.wait_for_function("window.probe")
    if rate is None:
        places = [1000 + number * 27_700 % 72_000 for number in range(SEEKS)]
        found.seek_ms.append(shares([page.evaluate(f"probe.seek({place})") for place in places]))
    else:
        seen = page.evaluate(f"probe.run({rate})")
        found.skews_ms[rate].append(shares(seen["skews"]))
        found.seeks[rate].append(seen["seeks"])
        found.halts_ms[rate].append(seen["halts"])
    page.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with ``--write`` keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each player plays the lesson")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("there is no chromium: make browser")
    found = {OURS: Measured(), THEIRS: Measured()}
    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name) / "site"
        make_site(folder)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with FolderServer(folder, 0) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for number in range(options.rounds):
                for rate in (*RATES, None):
                    for player in (OURS, THEIRS) if number % 2 == 0 else (THEIRS, OURS):
                        loads.append(os.getloadavg()[0])
                        what = "seeks" if rate is None else f"{rate}x"
                        print(f"{number + 1}. {what}, {player}, load {loads[-1]:.1f}", file=sys.stderr)
                        measure(browser, f"{server.address}{player}.html", found[player], rate)
            server.shutdown()
        version = browser.version
        browser.close()
    text = "\n".join(
        [
            f"Run of {datetime.date.today()} on {os.cpu_count()} shared cores "
            f"(load {min(loads):.1f} to {max(loads):.1f}, the browser included), "
            f"Chromium {version} without a screen, medians of {options.rounds} rounds in turns.",
            "",
            *table(["measured", "our player", THEIRS, f"{THEIRS} / ours"], rows(found)),
        ]
    )
    print(text)
    if options.write:
        README.write_text(put_between(README.read_text(encoding="utf-8"), BEGIN, END, text), encoding="utf-8")


if __name__ == "__main__":
    main()
