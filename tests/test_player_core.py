"""The player's sync core in node, without a browser; and what it says is what the library says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import timeline
from timeline.export.manifest import to_manifest
from timeline.export.page_script import MODULES, module_text

NODE = shutil.which("node")
TESTS = Path(__file__).parent / "player" / "core.test.mjs"
SAMPLES = Path(__file__).parents[1] / "sample_results"

pytestmark = pytest.mark.skipif(
    NODE is None, reason="there is no node: the player's core is not tested alone"
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The player's module under a name that every node takes for a module."""
    path = tmp_path_factory.mktemp("module") / "player.mjs"
    path.write_text(module_text(MODULES[0]), encoding="utf-8")
    return path


def run_node(*arguments: object, **variables: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    return subprocess.run([str(NODE), *map(str, arguments)], capture_output=True, text=True, env=environment)


def test_the_core_keeps_its_promises(module: Path) -> None:
    """Each test of tests/player/core.test.mjs."""
    answer = run_node("--test", TESTS, PLAYER=module.as_uri())
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "# pass 0" not in answer.stdout


@pytest.mark.parametrize("sample", ["guide_example.json", "trtc_events.json", "lesson/result.json"])
def test_it_answers_as_the_library_does(sample: str, module: Path, tmp_path: Path) -> None:
    """What plays, from where in its file, and when that was: at each edge, and a ms before and after."""
    lesson = timeline.load(SAMPLES / sample)
    (tmp_path / "manifest.json").write_text(json.dumps(to_manifest(lesson)), encoding="utf-8")
    edges = {
        ms for scene in lesson.scenes() for ms in (scene.start_ms - 1, scene.start_ms, scene.start_ms + 1)
    }
    times = sorted(ms for ms in edges if 0 <= ms < lesson.duration_ms)
    code = (
        "import fs from 'node:fs';"
        f"const p = await import({module.as_uri()!r});"
        f"const m = p.parseManifest(fs.readFileSync({str(tmp_path / 'manifest.json')!r}, 'utf8'));"
        "const isOn = ([, x]) => x.mediaMs !== null;"
        "const playing = (t) => [...p.at(m, t)].filter(isOn).map(([id, x]) => [id, x.mediaMs]);"
        f"console.log(JSON.stringify({times}.map((t) => [playing(t), p.wallAt(m, t)?.wallMs ?? null])))"
    )

    answer = run_node("--input-type=module", "-e", code)

    assert answer.returncode == 0, answer.stderr
    expected = [
        [[[id_, clip.media_ms(ms)] for id_, clip in lesson.at(ms).items()], lesson.to_wall_ms(ms)]
        for ms in times
    ]
    assert json.loads(answer.stdout) == expected
