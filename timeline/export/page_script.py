"""The script of a replay page: the two modules of ``player/`` as one classic script.

Browsers refuse modules on pages that are opened from disk. The modules are written so that this needs no
parser: imports and exports stand alone on their lines, strings are in double quotes or backticks, a backtick
never stands inside another template, and no pattern holds a blank.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files

MODULES = ("timeline-player.js", "timeline-controls.js")
"""In the order in which they are loaded."""

_START = """
const page = document.querySelector("timeline-player");
page.base = document.baseURI;
page.manifest = document.getElementById("timeline-manifest").textContent;
"""
_COMMENT = re.compile(r"^[ \t]*/\*(?:.|\n)*?\*/[ \t]*\n|^[ \t]*//.*\n|[ \t]+// .*$", re.MULTILINE)
_DOOR = re.compile(r'^(?:import \{[^}]*\} from "\./[a-z-]+\.js"|export \{[^}]*\});\n', re.MULTILINE)
_BLANKS = re.compile(
    r'("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)'  # stays as it is
    r"|;(?=\s*\})"
    r"|[ \t]*(=>|===|!==|[<>]=|&&|\|\||\?\??=?|[=:,;{}()<>*&|\[\]])[ \t]*"
    r"| ([-+/%]) (?![-+])"
)
_LINE_ENDS = re.compile(r"(?<=[;{,])\n|\n(?=\})")
_STYLE_BLANKS = re.compile(r";(?=\s*\})|\s*([{};,])\s*|(:) ")
_PRIVATE = re.compile(r"#([A-Za-z]\w+)\b")
_NUMBER = re.compile(r"^const ([A-Z]+(?:_[A-Z]+)*) = ([0-9.e]+);\n", re.MULTILINE)
_CAPITALS = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*\b")
_ARROW = re.compile(r"\((\w+)\)(?==>)")


def module_text(name: str) -> str:
    """Return one of the `MODULES` as it is, for a page of one's own."""
    return files("timeline.export").joinpath("player", name).read_text(encoding="utf-8")


@functools.cache
def page_script() -> str:
    """Return the script of a page: both modules, and the lines that hand the manifest to the player.

    Example:
        >>> script = page_script()
        >>> "export {" in script, "</" in script
        (False, False)
    """
    modules = [_DOOR.sub("", module_text(name)) for name in MODULES]
    return f'(() => {{\n"use strict";\n{squeezed("".join([*modules, _START]))}}})();'


def squeezed(script: str) -> str:
    r"""Return a script of ours without comments, indentation and the blanks around signs.

    Names that are private to a class (``#name``) are seen by nobody else and become short ones; names of
    numbers become the numbers.

    Example:
        >>> squeezed('const a = "b = c"; // why\n  d (a);\n')
        'const a="b = c";d(a);'
    """
    lines = re.sub(r"(?:^|\n)\s+", "\n", _COMMENT.sub("", script))
    numbers = dict(_NUMBER.findall(lines))
    lines = _CAPITALS.sub(lambda found: numbers.get(found[0], found[0]), _NUMBER.sub("", lines))
    private = sorted(set(re.findall(r"\bthis\.#([A-Za-z]\w+)\b", lines)))
    short = {
        name: f"#{chr(ord('a') + number % 26)}{number // 26 or ''}" for number, name in enumerate(private)
    }
    lines = _PRIVATE.sub(lambda found: short.get(found[1], found[0]), lines)
    return _LINE_ENDS.sub("", _ARROW.sub(r"\1", _BLANKS.sub(_tight, lines))).lstrip()


def _tight(found: re.Match[str]) -> str:
    literal, sign, sum_sign = found.groups()
    if literal is None:
        return str(sign or sum_sign or "")
    return _STYLE_BLANKS.sub(r"\1\2", literal) if "\n" in literal else str(literal)
