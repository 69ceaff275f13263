"""Data walks one way: a module imports only from floors above it, and importing the package is light."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "timeline"

# From the ground up. A module may import from earlier floors only; inside a floor only a folder's own files
# see each other, in the order of INSIDE.
FLOORS = [
    ["errors", "version", "kinds", "samples"],
    ["units", "interval", "findings", "palette", "extras", "jsontext", "collector", "waiting"],
    ["sinks"],
    ["publish"],
    ["results", "model", "roster", "journal"],
    ["stamps", "sources"],
    ["pauses"],
    ["assembly", "manifest"],
    ["checks", "audible"],
    ["loading"],
    ["media", "fonts", "svg", "layouts"],
    ["export", "render", "analysis", "serving", "service"],
    ["plotting"],
    ["report"],
    ["batch", "demo"],
    ["cli"],
]
INSIDE = {
    "results": [
        "recording",
        "receiving",
        "strict_json",
        "fields",
        "advice",
        "envelopes",
        "rows",
        "body",
        "old_units",
        "absolute",
        "tic_v1",
        "tic_saas",
        "split_record",
        "tiw",
        "lcic",
        "trtc",
        "reading",
        "",
    ],
    "layouts": ["", "patterns", "turns", "data", "names", "places"],
    "model": ["wall", "clips", "extra", "timeline", ""],
    "manifest": ["", "names", "fields", "wall", "reading"],
    "media": [
        "",
        "launch",
        "address",
        "connect",
        "resume",
        "download",
        "store",
        "job_table",
        "locate",
        "gate",
        "place",
        "facts",
        "boxes",
        "sizes",
        "scan",
        "probe_child",
        "probe",
        "reconcile",
        "examine",
        "fetch",
        "shelf",
        "ffmpeg",
        "streaming",
    ],
    "export": [
        "",
        "rewrite",
        "manifest_schema",
        "manifest",
        "manifest_rules",
        "webvtt",
        "rttm",
        "otio",
        "iiif",
        "mlt",
        "formats",
        "page_script",
        "page_files",
        "page",
    ],
    "render": [
        "",
        "progress",
        "plan",
        "plan_json",
        "shots",
        "sources",
        "pieces",
        "chapters",
        "suspects",
        "artwork",
        "fit",
        "encoders",
        "job",
        "graph",
        "composite",
        "sketches",
        "drawing",
        "sound",
        "verify",
        "report",
        "encode",
        "locks",
        "workplace",
        "video",
        "parameter_sets",
        "stitch",
        "stitch_graph",
        "stitch_job",
        "stitch_join",
        "stitch_hls",
        "stitch_format",
        "stitch_verify",
        "stitch_track",
        "stitch_sound",
        "visibility",
        "stitch_folder",
        "stitch_run",
    ],
    "analysis": [
        "",
        "rules",
        "table",
        "people",
        "balance",
        "concurrency",
        "presence_grid",
        "presence",
        "lessons",
        "decoding",
        "spectrum",
        "loudness",
        "sound",
        "speech",
        "crosstalk",
        "voices",
        "turns",
        "monologues",
        "waits",
        "talk_bins",
        "conversation",
        "picture",
        "board",
        "profiles",
        "talk",
        "signal",
        "evidence",
        "pseudonyms",
        "schemas",
        "measure",
        "many",
    ],
    "service": [
        "signing",
        "secrets",
        "states",
        "messages",
        "identity",
        "failures",
        "journal_tail",
        "history",
        "backends",
        "tic",
        "tiw",
        "dialogue",
        "client",
        "simulated_rooms",
        "simulated_tasks",
        "simulated_requests",
        "simulated_answers",
        "simulated_faults",
        "simulated_media",
        "simulated_events",
        "simulated_callbacks",
        "simulated_service",
        "simulator",
        "callbacks",
        "leases",
        "database",
        "store",
        "job_table",
        "follow",
        "hook_keeper",
        "jobs",
        "reception",
        "openapi",
        "receiver",
        "",
    ],
    "plotting": ["canvas", "clocks", "lanes", "presence", "concurrency", "files", ""],
    "report": [
        "",
        "words",
        "column_words",
        "finding_words",
        "markup",
        "figures",
        "charts",
        "timing",
        "talk",
        "page",
    ],
    "batch": ["running", "lessons", "names", "rows", "ledger", "shards", "summary", ""],
    "cli": [
        "versions",
        "console",
        "listing",
        "lesson",
        "bars",
        "facts_text",
        "report_text",
        "text_plot",
        "media",
        "everyday",
        "stitching",
        "replay",
        "measuring",
        "quality_text",
        "quality",
        "quality_report",
        "batch_commands",
        "batch_progress",
        "batch_work",
        "batch_run",
        "batch",
        "recording",
        "receiving",
        "simulating",
        "app",
        "",
    ],
}
LEVEL = {room: level for level, floor in enumerate(FLOORS) for room in floor}
# The front door shows everything, and `python -m timeline` opens it.
DOORS = {"timeline", "timeline.__main__"}
HEAVY = ["jsonschema", "matplotlib", "av", "PIL", "imageio_ffmpeg", "ffmpeg", "rich", "typer", "fontTools"]


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """Return what *source* is made of; most tests look at all of it."""
    return tuple(ast.walk(ast.parse(source)))


@functools.cache
def first_party_imports(source: str) -> set[str]:
    """Return the modules of the package that *source* imports anywhere, inside functions too."""
    found = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                submodule = PACKAGE.parent.joinpath(*node.module.split("."), alias.name)
                is_module = submodule.is_dir() or submodule.with_suffix(".py").is_file()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return {name for name in found if name.split(".")[0] == "timeline"}


def wrong_way(importer: str, imported: str) -> bool:
    """Return whether *importer* may not import *imported*."""
    if importer in DOORS:
        return False
    if imported in DOORS:
        return True
    here, there = importer.split(".")[1:], imported.split(".")[1:]
    if here[0] == there[0]:
        order = INSIDE[here[0]]
        inner_here, inner_there = (".".join(parts[1:]) for parts in (here, there))
        return order.index(inner_there) >= order.index(inner_here)
    return LEVEL[there[0]] >= LEVEL[here[0]]


def violations(files: dict[str, str]) -> list[str]:
    return [
        f"{importer} imports {imported}"
        for importer, source in files.items()
        for imported in sorted(first_party_imports(source))
        if wrong_way(importer, imported)
    ]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {module_name(path): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def test_imports_run_one_way(files: dict[str, str]) -> None:
    """No module imports from its own floor or a later one."""
    assert violations(files) == []


def test_every_module_has_a_floor(files: dict[str, str]) -> None:
    """A new module must be put on a floor."""
    rooms = {name.split(".")[1] for name in files if name not in DOORS}

    assert rooms == set(LEVEL)


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("timeline.model", "from timeline.svg import timeline_svg"),
        ("timeline.results.tic_v1", "import timeline.model"),
        ("timeline.pauses", "def f():\n    from timeline.assembly import assemble"),
        ("timeline.render.plan", "from timeline.render import graph"),
        ("timeline.export.manifest", "from timeline.render.plan import plan_video"),
        ("timeline.units", "import timeline"),
    ],
)
def test_planted_upward_import_is_seen(files: dict[str, str], importer: str, line: str) -> None:
    """An import that turns back is found, inside a function too, and as `from package import module`."""
    planted = files | {importer: f"{files[importer]}\n{line}\n"}

    assert len(violations(planted)) == 1


SPEAK_THE_WIRE = {
    f"timeline.service.{name}"
    for name in ("tic", "tiw", "callbacks", "openapi", "simulated_answers", "simulated_events")
}
"""What speaks with the service uses its words, too."""


def test_vendor_words_stay_in_results(files: dict[str, str]) -> None:
    """The vendor's field names are used in `results/` and nowhere else."""
    words = ["video_play_time", "video_duration", "video_type", "video_info", "omitted_duration"]
    words += ["VideoInfo", "OmittedDuration", "RecordStartTime", "StreamInfo", "RecordInfo", "EventInfo"]
    words += ["TencentVod", "FileMessage", "class_roomid", "class_id", "im_time", "tic_substream", "TaskId"]
    told = {"timeline.findings", "timeline.report.finding_words"}  # their codes and texts name fields

    strangers = {
        name
        for name, source in files.items()
        if not name.startswith("timeline.results") and name not in told and name not in SPEAK_THE_WIRE
        for word in words
        if word in source
    }

    assert strangers == set()


DOORS_OUT = {
    "subprocess": {
        "timeline.media.launch",
        "timeline.media.probe",
        "timeline.media.ffmpeg",
        "timeline.service.hook_keeper",  # runs a command of the user's own
        "timeline.media.streaming",  # reads what an ffmpeg decodes, from a pipe
    },
    "urllib3": {
        "timeline.media.connect",
        "timeline.media.download",
        "timeline.media.resume",
        "timeline.service.tiw",  # the errors of Tencent's SDK
    },
    "httpx2": {"timeline.service.tic", "timeline.service.simulated_callbacks"},
    "socket": {"timeline.media.connect", "timeline.service.receiver", "timeline.service.simulator"},
    "html": {"timeline.sinks"},
    "http": {"timeline.media.connect", "timeline.media.download", "timeline.serving"},
}


@pytest.mark.parametrize("package", DOORS_OUT)
def test_what_leads_out_has_few_doors(files: dict[str, str], package: str) -> None:
    """Programs are run, servers asked and pages escaped in these modules and nowhere else."""
    users = {
        name
        for name, source in files.items()
        for node in nodes(source)
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == package for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package)
    }

    assert users == DOORS_OUT[package]


def test_modules_stay_small(files: dict[str, str]) -> None:
    """A module of more than 400 lines has a second idea in it."""
    long = {name: source.count("\n") for name, source in files.items() if source.count("\n") > 400}

    assert long == {}


@pytest.mark.parametrize(
    "statement",
    [
        "import timeline; timeline.load('sample_results/guide_example.json')",
        "from timeline.export.manifest import to_manifest",
        "from timeline.render.plan import plan_video",
    ],
)
def test_reading_is_light(statement: str) -> None:
    """Reading, checking, planning and the manifest load none of the heavy packages."""
    probe = f"{statement}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"

    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_missing_extra_is_one_line_that_says_what_to_install(tmp_path: Path) -> None:
    """Without the media extra a render says which one to install, and exits 1."""
    probe = (
        "import sys\nsys.modules['av'] = None\n"
        f"sys.argv = ['timeline', 'render', 'sample_results/lesson', '-o', {str(tmp_path / 'x.mp4')!r}]\n"
        "from timeline.cli import main\nmain()"
    )

    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "pip install 'class-timeline[media]'" in answer.stderr
