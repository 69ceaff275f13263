"""The benchmark of the replay page: its table, and its measure of a page that is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import player
from benchmarks.page import README
from benchmarks.player import Measured, rows
from tests.player.browsing import opened_browser, serving
from timeline.serving import FolderServer


def measured(skew_ms: float) -> Measured:
    """Three runs, of which one was disturbed."""
    runs = [(skew_ms, 2 * skew_ms), (skew_ms, 3 * skew_ms), (9 * skew_ms, 99 * skew_ms)]
    return Measured({1: runs, 2: runs}, {1: [0, 0, 0], 2: [0, 3, 1]}, {1: [0, 10, 50], 2: [5]}, runs[:1])


def test_the_last_column_is_theirs_as_a_multiple_of_ours() -> None:
    """By the medians of the runs; what is no length has none."""
    found = {line[0]: line[1:] for line in rows({player.OURS: measured(8), player.THEIRS: measured(20)})}
    assert found["skew at 1x, 50 of 100 looks"] == ["8.0 ms (8 to 72)", "20.0 ms (20 to 180)", "× 2.50"]
    assert found["skew at 2x, 95 of 100 looks"] == ["24.0 ms (16 to 792)", "60.0 ms (40 to 1980)", "× 2.50"]
    assert found["seeks while playing at 2x, each run"] == ["0, 3, 1", "0, 3, 1", "–"]
    assert found["longer than the lesson at 1x"] == ["10 ms", "10 ms", "–"]
    assert found["seek to its pictures, 95 of 100"] == ["16.0 ms", "40.0 ms", "× 2.50"]


def test_the_readme_holds_a_table_with_every_line() -> None:
    """As the script writes it."""
    kept = README.read_text(encoding="utf-8").partition(player.BEGIN)[2].partition(player.END)[0]
    for line in rows({player.OURS: measured(1), player.THEIRS: measured(1)}):
        assert f"| {line[0]} " in kept


KNOWN = """<!doctype html><video id="a"></video><video id="b"></video><script type="module">
import { lay } from "./probe.js";
const videos = [a, b];
const segment = (src) => ({ type: "clip", src, start_ms: 0, end_ms: 1e6, media_start_ms: 0 });
const tracks = ["a.mp4", "b.mp4"].map((src) => ({ segments: [segment(src)] }));
const manifest = { duration_ms: 300, tracks };
let since = 0;
const fake = (video, src, ahead) => {
  const currentSrc = new URL(src, location).href;
  const facts = { currentSrc, paused: false, seeking: false, readyState: 4, ended: false };
  for (const [name, value] of Object.entries(facts)) Object.defineProperty(video, name, { get: () => value });
  Object.defineProperty(video, "currentTime", { get: () => (at() + ahead) / 1000 });
};
const at = () => (since ? performance.now() - since : 0);
fake(a, "a.mp4", 0);
fake(b, "b.mp4", 40);
lay(manifest, {
  videos: () => videos, now: at, seek: () => {}, isOver: () => at() > 300,
  play: () => { since = performance.now(); setTimeout(() => b.dispatchEvent(new Event("seeking")), 150) },
});
</script>"""


@pytest.mark.browser
def test_the_measure_finds_what_is_known(tmp_path: Path) -> None:
    """Two streams that are 40 ms apart, of which one seeks once."""
    (tmp_path / "index.html").write_text(KNOWN, encoding="utf-8")
    shutil.copy(player.PAGES / "probe.js", tmp_path)
    with opened_browser() as browser, serving(FolderServer(tmp_path, 0)) as address:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function("window.probe")
        seen = page.evaluate("probe.run(2)")
    assert seen["skews"]
    assert all(skew == pytest.approx(20, abs=1) for skew in seen["skews"]), json.dumps(seen)
    assert seen["seeks"] == 1
