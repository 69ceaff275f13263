"""The manifest's TypeScript types, compiled by TypeScript itself with manifests that we wrote."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import timeline
from tests.conftest import CAMERA, lesson_of, row
from tests.foreign import installed
from timeline.export.manifest import manifest_text, to_manifest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_results"
TYPES = ROOT / "timeline" / "export" / "manifest.d.ts"
EXAMPLE = ROOT / "docs" / "examples" / "playing.ts"

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node: the types are not compiled")

Json = dict[str, Any]


def compiled(folder: Path, lines: list[str]) -> str:
    """Return what TypeScript says to a program of *lines*, our types; empty when all is well."""
    compiler = installed("typescript/bin/tsc")
    shutil.copy(TYPES, folder)
    shutil.copy(EXAMPLE, folder)
    (folder / "program.ts").write_text("\n".join(lines), encoding="utf-8")
    options = [
        "--strict",
        "--noEmit",
        "--skipDefaultLibCheck",
        "--noUncheckedIndexedAccess",
        "--exactOptionalPropertyTypes",
    ]
    options += [
        "--target",
        "es2022",
        "--lib",
        "es2022,dom",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
    ]
    command = [str(NODE), str(compiler), *options, "program.ts"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return answer.stdout + answer.stderr


def manifests() -> dict[str, Json]:
    """Manifests with all that they may hold: roles, files, links, unknown pauses, odd kinds, parts."""
    names = ["guide_example", "tiw_online_record", "trtc_mp4_stop", "lcic_record_stream", "split_record_2018"]
    lessons = {name: timeline.load(SAMPLES / f"{name}.json") for name in names}
    bundled = timeline.load(SAMPLES / "lesson", roster=SAMPLES / "lesson" / "roster.csv")
    rows = [row(kind, "amy", at, 5000, f"{at}.mp4") for kind in (CAMERA, 9) for at in (0, 5000, 10_000)]
    found = {name: to_manifest(lesson) for name, lesson in lessons.items()}
    media = SAMPLES / "lesson" / "media"
    found["local"] = json.loads(manifest_text(bundled, media=media, beside=SAMPLES))
    found["missing"] = json.loads(manifest_text(lessons["guide_example"], media=media, beside=SAMPLES))
    found["rewritten"] = json.loads(manifest_text(bundled, rewrite_url=lambda media: f"x/{media.position}"))
    found["unknown pauses"] = to_manifest(lesson_of(*rows, pause_s=120))
    found["a part"] = to_manifest(bundled.crop(30_000, 70_000))
    found["of others"] = found["guide_example"] | {"x-course": {"title": "Algebra"}}
    return found


def test_manifests_are_what_their_types_say(tmp_path: Path) -> None:
    """And our example reads them."""
    lines = ['import { address, pauseText, playing } from "./playing";']
    lines.append('import type { Manifest } from "./manifest";')
    for number, document in enumerate(manifests().values()):
        lines.append(f"const m{number}: Manifest = {json.dumps(document)};")
        lines.append(
            f'playing(m{number}, 0).map(({{ clip }}) => address(clip, new URL("http://a.example/")));'
        )
        lines.append(f"m{number}.pauses.map(pauseText);")
    assert compiled(tmp_path, lines) == ""


WRONG: dict[str, Callable[[Json], object]] = {
    "no pauses": lambda m: m.pop("pauses"),
    "version 2": lambda m: m.update(version="2.0"),
    "a length in words": lambda m: m.update(duration_ms="24 min"),
    "a field misspelt": lambda m: m.update(durationMs=1),
    "a clip without its start": lambda m: m["tracks"][0]["segments"][0].pop("start_ms"),
    "a gap with a url": lambda m: m["tracks"][0]["segments"][-1].update(type="gap", url="x"),
    "a gap of no kind": lambda m: m["tracks"][0]["segments"].append(
        {"type": "gap", "start_ms": 0, "end_ms": 1, "kind": "nap"}
    ),
    "a kind of stream unknown": lambda m: m["tracks"][0].update(kind="hologram"),
    "a role unknown": lambda m: m["tracks"][0].update(role="king"),
    "a pause of no length": lambda m: m["pauses"][0].pop("duration_range_ms"),
    "a range of three": lambda m: m["pauses"][0]["duration_range_ms"].append(3),
    "nothing said of the wall": lambda m: m["wall"].pop("uncertainty_ms"),
}


def test_a_wrong_manifest_is_refused(tmp_path: Path) -> None:
    """Each fault alone: where TypeScript finds none it says that one was expected."""
    lines = ['import type { Manifest } from "./manifest";']
    right = to_manifest(timeline.load(SAMPLES / "guide_example.json"))
    for number, spoil in enumerate(WRONG.values()):
        wrong = copy.deepcopy(right)
        spoil(wrong)
        lines += ["// @ts-expect-error", f"export const m{number}: Manifest = {json.dumps(wrong)};"]
    assert compiled(tmp_path, lines) == ""
