"""The everyday surface: what `import timeline` shows."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types
from pathlib import Path

import pytest

import timeline

EVERYDAY = [
    "Clip",
    "Gap",
    "Pause",
    "Scene",
    "Section",
    "Timeline",
    "TimelineError",
    "Track",
    "__version__",
    "load",
    "loads",
    "plot_timeline",
    "presence_table",
    "read_manifest",
    "render_video",
    "validate_manifest",
    "write_manifest",
]


def test_the_everyday_surface_is_this() -> None:
    """`timeline.__all__` is sorted and holds these names, no more and no fewer."""
    assert timeline.__all__ == EVERYDAY


def test_nothing_else_is_visible() -> None:
    """A fresh import shows the everyday names and the package's own rooms."""
    probe = "import timeline, types\nprint([n for n in dir(timeline) if not n.startswith('_') " + (
        "and not isinstance(getattr(timeline, n), types.ModuleType)])"
    )

    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    visible = set(ast_list(answer.stdout)) - {"annotations", "Any", "TYPE_CHECKING"}
    later = {"plot_timeline", "render_video", "validate_manifest"}
    assert visible == set(EVERYDAY) - {"__version__"} - later


def ast_list(text: str) -> list[str]:
    return [word.strip(" '") for word in text.strip().strip("[]").split(",")]


@pytest.mark.parametrize("name", [name for name in EVERYDAY if name != "__version__"])
def test_everything_public_is_documented(name: str) -> None:
    """Each public name has a docstring."""
    assert inspect.getdoc(getattr(timeline, name))


@pytest.mark.parametrize("name", [name for name in EVERYDAY if name != "__version__"])
def test_no_public_name_is_a_module(name: str) -> None:
    """Public functions never share a name with a module."""
    package = Path(timeline.__file__).parent

    assert not isinstance(getattr(timeline, name), types.ModuleType)
    assert not (package / f"{name}.py").exists()


def test_unknown_attribute_is_refused() -> None:
    """A name that is not there is an AttributeError, as in every module."""
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        timeline.nope  # noqa: B018 - the access itself is what is tested


def test_timeline_shows_itself_in_a_notebook() -> None:
    """A Timeline has an HTML picture that needs no matplotlib."""
    lesson = timeline.load("sample_results/guide_example.json")

    assert "<svg" in lesson._repr_html_()
