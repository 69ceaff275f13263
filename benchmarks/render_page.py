"""Tables of what renders cost, and the place in ``README.md`` where they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from benchmarks.page import NOTHING, README, Row, put_between, table
from benchmarks.render_cost import Cost
from benchmarks.render_material import GUIDE, HOUR
from benchmarks.render_report import (
    DECODE,
    ENCODE,
    GRAPH,
    GRAPH_FREE,
    MOVIEPY,
    SCALE,
    SOUND,
    TIMELINE,
    WINDOW,
    RenderCase,
    RenderNumbers,
    growth,
)

__all__ = ("BEGIN", "END", "README", "TITLES", "replace_tables", "tables")

BEGIN = "<!-- renders: written by python -m benchmarks.render --write -->"
END = "<!-- end of the renders -->"
TITLES = ("Aims of the render", "Renders, side by side", "Sum of the parts", "Names, drafts and growth")
"""Headings of the tables, in their order."""

PARTS_AIM, GRAPH_CPU_AIM, GRAPH_WALL_AIM, MANY_WALL_AIM = 1.15, 1.0, 1.1, 1.4
MOVIEPY_AIM, PEAK_AIM_MIB, GROWTH_AIM, RENAME_AIM, VFR_AIM = 6.0, 600, 1.1, 0.10, 1.9


def tables(numbers: RenderNumbers) -> str:
    """Return all tables as Markdown."""
    made = (_aims(numbers), _renders(numbers), _parts(numbers), _rest(numbers))
    parts = [_introduction(numbers)]
    for title, lines in zip(TITLES, made, strict=True):
        parts += [f"### {title}", "\n".join(lines)]
    return "\n\n".join(parts)


def replace_tables(page: str, text: str) -> str:
    """Return *page* with *text* between `BEGIN` and `END`.

    Raises:
        ValueError: The two comments are not there, each once and in this order.
    """
    return put_between(page, BEGIN, END, text)


def _introduction(numbers: RenderNumbers) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in numbers.versions.items())
    lines = [f"Run of {numbers.date} on {numbers.machine}; {versions}."]
    if numbers.quick:
        lines.append("A quick run: lessons of some seconds; no aim is judged.")
    return "\n".join(lines)


# --- aims ---------------------------------------------------------------------------------------------------


def _aims(numbers: RenderNumbers) -> list[str]:
    if numbers.quick:
        return ["Not judged in a quick run."]
    rows = [*_guide_aims(numbers), *_many_aims(numbers), *_hour_aims(numbers), *_memory_aims(numbers)]
    return table(("aim", "aim", "measured", "met"), rows)


def _guide_aims(numbers: RenderNumbers) -> Iterator[Row]:
    guide = numbers.cases.get(GUIDE)
    if guide is None:
        return
    whole = guide.costs[TIMELINE]
    yield from _parts_aim(guide)
    if guide.graphs:
        cpu = whole.cpu_s / min(cost.cpu_s for cost in guide.graphs)
        yield _at_most(f"{_name(guide)}: CPU of timeline / one graph", GRAPH_CPU_AIM, cpu)
    yield from _wall_aim(guide, GRAPH_WALL_AIM)
    if MOVIEPY in guide.costs:
        faster = guide.costs[MOVIEPY].wall_s * guide.length_s / guide.window_s / whole.wall_s
        yield _at_least(f"{_name(guide)}: wall of moviepy, scaled up / timeline", MOVIEPY_AIM, faster)
    for case in (guide, numbers.cases.get(HOUR)):
        for user, cost in case.renamed.items() if case else ():
            ratio = cost.cpu_s / case.costs[TIMELINE].cpu_s if case else 0.0
            met = "yes" if ratio <= RENAME_AIM else "no"
            name = f"{_name(case) if case else ''}: CPU of a rerun, {user} renamed / first run"
            yield (name, f"≤ {RENAME_AIM:.0%}", f"{ratio:.1%}", met)


def _hour_aims(numbers: RenderNumbers) -> Iterator[Row]:
    gain = numbers.cases[HOUR].sparse_gain if HOUR in numbers.cases else None
    if gain is not None:
        yield _at_least("pictures of a board alone: CPU at a constant rate / --vfr", VFR_AIM, gain)


def _many_aims(numbers: RenderNumbers) -> Iterator[Row]:
    many = numbers.many
    if not many:
        return
    yield from _parts_aim(many[-1])
    yield from _wall_aim(many[-1], MANY_WALL_AIM)
    for smaller, larger in pairwise(many):
        exponent = growth(smaller, larger)
        met = "yes" if exponent <= GROWTH_AIM else "no"
        yield (
            f"growth of CPU, {smaller.clips} clips to {larger.clips}",
            f"≤ n^{GROWTH_AIM}",
            f"n^{exponent:.2f}",
            met,
        )


def _memory_aims(numbers: RenderNumbers) -> Iterator[Row]:
    for case in numbers.cases.values():
        peak_mib = case.peak_bytes / (1 << 20)
        met = "yes" if peak_mib <= PEAK_AIM_MIB else "no"
        yield (
            f"{_name(case)}: peak of the largest process",
            f"≤ {PEAK_AIM_MIB} MiB",
            f"{peak_mib:.0f} MiB",
            met,
        )


def _parts_aim(case: RenderCase) -> Iterator[Row]:
    parts_cpu_s = case.parts_cpu_s
    if parts_cpu_s is not None:
        ratio = (case.costs[TIMELINE].cpu_s - case.checks_cpu_s) / parts_cpu_s
        yield _at_most(f"{_name(case)}: CPU without checks / sum of parts", PARTS_AIM, ratio)


def _wall_aim(case: RenderCase, aim: float) -> Iterator[Row]:
    if case.graphs:
        faster = min(cost.wall_s for cost in case.graphs) / case.costs[TIMELINE].wall_s
        yield _at_least(f"{_name(case)}: wall of the faster graph / timeline", aim, faster)


def _at_most(name: str, aim: float, measured: float) -> Row:
    return (name, f"≤ {aim:.2f}", f"{measured:.2f}", "yes" if measured <= aim else "no")


def _at_least(name: str, aim: float, measured: float) -> Row:
    return (name, f"≥ {aim:.2f}", f"{measured:.2f}", "yes" if measured >= aim else "no")


# --- tables -------------------------------------------------------------------------------------------------


def _renders(numbers: RenderNumbers) -> list[str]:
    header = (
        *("lesson", "rendered by", "length", "wall", "x real time", "CPU", "against timeline"),
        *("peak of a process", "others' cores"),
    )
    rows = []
    for case in numbers.cases.values():
        for way in (TIMELINE, GRAPH, GRAPH_FREE):
            if way in case.costs:
                rows.append(_render_row(case, way, case.costs[way], case.costs[TIMELINE], case.length_s))
        for way in (WINDOW, MOVIEPY):
            if way in case.costs:
                rows.append(_render_row(case, way, case.costs[way], case.costs[WINDOW], case.window_s))
        rows += [(_name(case), way, *[NOTHING] * 6, note) for way, note in case.notes.items()]
    return table(header, rows)


def _render_row(case: RenderCase, way: str, cost: Cost, base: Cost, length_s: float) -> Row:
    others = NOTHING if cost.others_cores is None else f"{cost.others_cores:.1f}"
    return (
        _name(case),
        way,
        f"{length_s:.0f} s",
        f"{cost.wall_s:.1f} s",
        f"{length_s / cost.wall_s:.1f}",
        f"{cost.cpu_s:.1f} s",
        f"wall × {cost.wall_s / base.wall_s:.2f}, CPU × {cost.cpu_s / base.cpu_s:.2f}",
        f"{cost.peak_bytes / (1 << 20):.0f} MiB",
        others,
    )


def _parts(numbers: RenderNumbers) -> list[str]:
    cases = [case for case in numbers.cases.values() if case.parts_cpu_s is not None]
    rows: list[Row] = [
        ("decode all files once", *(_s(case.costs[DECODE].cpu_s) for case in cases)),
        ("scale them to their places", *(_s(_scale_s(case)) for case in cases)),
        ("encode the finished pictures once", *(_s(case.costs[ENCODE].cpu_s) for case in cases)),
        ("the sound alone", *(_s(case.costs[SOUND].cpu_s) for case in cases)),
        ("sum of the parts", *(_s(case.parts_cpu_s) for case in cases)),
        ("timeline", *(_s(case.costs[TIMELINE].cpu_s) for case in cases)),
        ("of it: hashing and probing the files", *(_s(case.apart["examine"]) for case in cases)),
        ("of it: reading the output back", *(_s(case.apart["verify"]) for case in cases)),
        ("of it: importing", *(_s(case.apart["import"]) for case in cases)),
        ("of it: planning", *(_s(case.apart["plan"]) for case in cases)),
        ("of it: measuring the loudness", *(_s(case.apart.get("loudness")) for case in cases)),
    ]
    return table(("CPU seconds", *map(_name, cases)), rows)


def _rest(numbers: RenderNumbers) -> list[str]:
    rows = []
    for case in numbers.cases.values():
        first = case.costs[TIMELINE]
        for way, cost in case.costs.items():
            if way.startswith(TIMELINE) and way not in (TIMELINE, WINDOW):
                rows.append(
                    (_name(case), way, f"{cost.wall_s:.1f} s", f"{cost.cpu_s:.1f} s", _share(cost, first))
                )
    for case in numbers.many:
        cost = case.costs[TIMELINE]
        each = f"{cost.cpu_s / case.clips:.3f} s a clip"
        rows.append((_name(case), TIMELINE, f"{cost.wall_s:.1f} s", f"{cost.cpu_s:.1f} s", each))
    return table(("lesson", "rendered by", "wall", "CPU", "of the first run"), rows)


# --- spelling -----------------------------------------------------------------------------------------------


def _scale_s(case: RenderCase) -> float:
    return case.costs[SCALE].cpu_s - case.costs[DECODE].cpu_s


def _share(cost: Cost, first: Cost) -> str:
    return f"CPU {cost.cpu_s / first.cpu_s:.1%}, wall {cost.wall_s / first.wall_s:.1%}"


def _name(case: RenderCase) -> str:
    return case.name.replace("clips_", "clips: ")


def _s(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds:.2f}"
