"""The script of a replay page: the two modules of ``player/`` as one classic script.

Browsers refuse modules on pages that are opened from disk. The modules are written so that this needs no
parser: imports, exports and constants stand alone on their lines, strings are in double quotes or
backticks, a backtick never stands inside another template, no pattern holds a blank, and no statement and no
place of a list is empty.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from importlib.resources import files

MODULES = ("timeline-player.js", "timeline-controls.js")
"""In the order in which they are loaded."""

_START = """
const page = document.querySelector("timeline-player");
document.documentElement.lang ||= languageOf(page);
page.base = document.baseURI;
page.manifest = document.getElementById("timeline-manifest").textContent;
const go = () => {
  const linked = /^#t=([0-9:.]+)$/.exec(location.hash)?.[1];
  page.currentTime = history.state ?? linked?.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
};
go();
addEventListener("hashchange", go);
setInterval(() => {
  if (page.currentTime === (history.state ?? 0)) return;
  const link = page.paused ? `#t=${timeText(1000 * page.currentTime, 1000 * page.duration)}` : location.href;
  history.replaceState(page.currentTime, "", link);
}, 1000);
"""
"""Beyond that it keeps the time in the history, for a reload, and in the address where it stands still."""
_COMMENT = re.compile(r"^[ \t]*/\*(?:.|\n)*?\*/[ \t]*\n|^[ \t]*//.*\n|[ \t]+// .*$", re.MULTILINE)
_DOOR = re.compile(r'^(?:import \{[^}]*\} from "\./[a-z-]+\.js"|export \{[^}]*\});\n', re.MULTILINE)
_BLANKS = re.compile(
    r'("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)'  # stays as it is
    r"|;(?=\s*\})|,(?=\s*[)\]}])"  # goes
    r"|\b(const|true|false)\b"
    r"|[ \t]*(=>|===|!==|[<>]=|&&|\|\||\?\??=?|[=:,;{}()<>*&|\[\]])[ \t]*"
    r"| ([-+/%]) (?![-+])"
)
_SHORTER = {"const": "let", "true": "!0", "false": "!1"}
_LINE_ENDS = re.compile(r"(?<=[;{},(\[>=])\n|\n(?=[})\].?:&|])")
_STYLE_BLANKS = re.compile(r";?\s*(\})\s*|\s*([{;,])\s*|(:) ")
_PRIVATE = re.compile(r"#([A-Za-z]\w+)\b")
_CONSTANTS = re.compile(r"^const .*;\n(?:const .*;\n)+", re.MULTILINE)
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
    r"""Return a script of ours without comments, indentation, the blanks around signs and needless signs.

    A ``const`` becomes a ``let``, which is shorter and does the same, one for all in a row. Names that are
    private to a class (``#name``) are seen by nobody else and become short ones; names of numbers become the
    numbers; ``true`` and ``false`` are negated ones.

    Example:
        >>> squeezed('const a = "b = c"; // why\n  d (a);\n')
        'let a="b = c";d(a);'
    """
    lines = re.sub(r"(?:^|\n)\s+", "\n", _COMMENT.sub("", script))
    numbers = dict(_NUMBER.findall(lines))
    lines = _CAPITALS.sub(lambda found: numbers.get(found[0], found[0]), _NUMBER.sub("", lines))
    lines = _CONSTANTS.sub(lambda found: found[0].replace(";\nconst ", ","), lines)
    uses = Counter(re.findall(r"\bthis\.#([A-Za-z]\w+)\b", lines))
    private = sorted(uses, key=lambda name: (-uses[name], name))
    short = {
        name: f"#{chr(ord('a') + number % 26)}{number // 26 or ''}" for number, name in enumerate(private)
    }
    lines = _PRIVATE.sub(lambda found: short.get(found[1], found[0]), lines)
    return _LINE_ENDS.sub("", _ARROW.sub(r"\1", _BLANKS.sub(_tight, lines))).lstrip()


def _tight(found: re.Match[str]) -> str:
    literal, word, sign, sum_sign = found.groups()
    if literal is None:
        return _SHORTER[word] if word else str(sign or sum_sign or "")
    return _STYLE_BLANKS.sub(r"\1\2\3", literal) if "\n" in literal else str(literal)
