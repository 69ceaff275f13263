"""Cartoon people: looks and poses, drawn in units of half a head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .canvas import Canvas, Point, arc
from .hair import hair_behind, hair_in_front
from .soundtrack import Mouth

INK: Final = "#33272a"


@dataclass(frozen=True)
class Look:
    """What somebody looks like."""

    skin: str
    shade: str
    blush: str
    lips: str
    hair: str
    shine: str
    style: Literal["bob", "braids", "curls"]
    brow: str
    iris: str
    top: str
    fold: str
    inner: str
    clothes: Literal["blazer", "jumper", "hoodie"]
    glasses: str = ""
    headset: bool = False
    freckles: str = ""
    earrings: str = ""


@dataclass(frozen=True)
class Pose:
    """How somebody stands at one moment."""

    x: float
    y: float
    size: float
    turn: float
    yaw: float
    nod: float
    mouth: Mouth
    lids: float
    gaze: Point
    brows: float


LOOKS: Final = {
    "lin_teacher": Look(
        skin="#f3cfae", shade="#dfae87", blush="#efb295", lips="#c4585a",
        hair="#2e2430", shine="#4a3c4c", style="bob", brow="#3a2d33", iris="#4b3022",
        top="#1f7a7a", fold="#175f61", inner="#f7f1e4", clothes="blazer",
        glasses="#8c5a2b", earrings="#e8b23a",
    ),
    "amy": Look(
        skin="#fbdcc8", shade="#ecb79b", blush="#f6ad9b", lips="#d2606a",
        hair="#c8552b", shine="#e07a45", style="braids", brow="#9c4322", iris="#3f7d4e",
        top="#f0b93a", fold="#d79a22", inner="#ffffff", clothes="jumper",
        freckles="#dd9a78",
    ),
    "bo": Look(
        skin="#8d5a3b", shade="#6f432a", blush="#a0603f", lips="#7c3a34",
        hair="#1f1818", shine="#3a2d2b", style="curls", brow="#1c1414", iris="#2b1a12",
        top="#3f62b5", fold="#314d93", inner="#e9edf7", clothes="hoodie",
        headset=True,
    ),
}  # fmt: skip


def draw_person(canvas: Canvas, look: Look, pose: Pose) -> None:
    """Draw somebody from the chest up."""
    with canvas.placed(pose.x, pose.y, pose.size):
        with canvas.placed(0, 0.4, turn=pose.turn), canvas.placed(0, -0.4):
            hair_behind(canvas, look.style, look.hair, look.shine)
        _draw_body(canvas, look)
        with canvas.placed(0, 0.4, turn=pose.turn), canvas.placed(0, -0.4):
            _draw_head(canvas, look, pose)


def _draw_body(canvas: Canvas, look: Look) -> None:
    shoulders: list[Point] = [
        (-0.36, 1.18), (-0.8, 1.4), (-1.42, 1.66), (-1.68, 2.2), (-1.8, 3.6),
        (1.8, 3.6), (1.68, 2.2), (1.42, 1.66), (0.8, 1.4), (0.36, 1.18),
    ]  # fmt: skip
    canvas.blob(shoulders, look.top)
    if look.clothes == "hoodie":
        canvas.blob(
            [(-0.86, 1.28), (-0.6, 0.98), (0, 0.9), (0.6, 0.98), (0.86, 1.28), (0.5, 1.62),
             (0, 1.74), (-0.5, 1.62)],
            look.fold,
        )  # fmt: skip
    neck: list[Point] = [(-0.34, 0.6), (0.34, 0.6), (0.38, 1.3), (0, 1.52), (-0.38, 1.3)]
    if look.clothes == "blazer":
        canvas.polygon([(-0.42, 1.2), (0.42, 1.2), (0.5, 1.5), (0, 3.4), (-0.5, 1.5)], look.inner)
        canvas.polygon([(-0.34, 0.6), (0.34, 0.6), (0.38, 1.26), (0, 1.72), (-0.38, 1.26)], look.skin)
        for side in (False, True):
            with canvas.placed(0, 0, flip=side):
                canvas.polygon(
                    [
                        (0.4, 1.16),
                        (0.62, 1.3),
                        (0.86, 1.62),
                        (0.66, 1.72),
                        (0.72, 1.86),
                        (0.0, 3.3),
                    ],
                    look.fold,
                )
                canvas.polygon([(0.34, 1.14), (0.44, 1.2), (0.3, 1.66), (0.06, 1.62)], "#ffffff")
    else:
        canvas.polygon(neck, look.skin)
    canvas.blob([(-0.33, 0.8), (0.33, 0.8), (0.34, 1.0), (0.1, 1.2), (-0.2, 1.14)], look.shade)
    if look.clothes == "jumper":
        canvas.curve([(-0.46, 1.2), (-0.3, 1.42), (0, 1.52), (0.3, 1.42), (0.46, 1.2)], 0.16, look.fold)
        for y in (2.0, 2.22):
            stripe = [(-1.6, y + 0.1), (-0.8, y), (0, y - 0.02), (0.8, y), (1.6, y + 0.1)]
            canvas.curve(stripe, 0.09, look.inner)
    if look.clothes == "hoodie":
        canvas.curve([(-0.6, 1.1), (-0.42, 1.4), (0, 1.58), (0.42, 1.4), (0.6, 1.1)], 0.16, look.fold)
        for x in (-0.26, 0.26):
            canvas.line([(x, 1.5), (x * 1.1, 2.05)], 0.06, look.inner)
    for side in (False, True):
        with canvas.placed(0, 0, flip=side):
            canvas.curve([(1.24, 2.1), (1.2, 2.6), (1.22, 3.2)], 0.05, look.fold)


def _draw_head(canvas: Canvas, look: Look, pose: Pose) -> None:
    shift = pose.yaw * 0.12
    for side in (-1, 1):
        ear = side * 0.78 - shift * 0.5
        canvas.ellipse(ear, 0.1, 0.14, 0.2, look.skin)
        canvas.ellipse(ear, 0.12, 0.07, 0.11, look.shade)
        if look.earrings:
            canvas.ellipse(side * 0.8 - shift * 0.5, 0.36, 0.06, 0.06, look.earrings)
    canvas.blob(
        [(0, -0.98), (0.5, -0.86), (0.77, -0.4), (0.78, 0.12), (0.66, 0.6), (0.34, 0.93), (0, 1.01),
         (-0.34, 0.93), (-0.66, 0.6), (-0.78, 0.12), (-0.77, -0.4), (-0.5, -0.86)],
        look.skin,
    )  # fmt: skip
    with canvas.placed(shift, pose.nod * 0.08):
        _draw_face(canvas, look, pose)
    with canvas.placed(shift * 0.25, 0):
        hair_in_front(canvas, look.style, look.hair, look.shine)
    if look.headset:
        canvas.line(arc(0, -0.02, 0.98, 1.16, 188, 352), 0.13, "#d8dde6")
        for side in (-1, 1):
            canvas.ellipse(side * 0.93, 0.08, 0.17, 0.29, "#d8dde6")
            canvas.ellipse(side * 0.97, 0.08, 0.11, 0.22, "#e2574c")
        canvas.curve([(0.94, 0.3), (0.86, 0.66), (0.5, 0.8)], 0.055, "#b9c0cc")
        canvas.ellipse(0.46, 0.8, 0.1, 0.065, "#2f343d")


def _draw_face(canvas: Canvas, look: Look, pose: Pose) -> None:
    for side in (-1, 1):
        canvas.ellipse(side * 0.47, 0.36, 0.17, 0.11, look.blush)
        if look.freckles:
            for x, y in ((0.36, 0.28), (0.47, 0.25), (0.55, 0.31), (0.43, 0.36)):
                canvas.ellipse(side * x, y, 0.022, 0.022, look.freckles)
        _draw_eye(canvas, look, pose, side)
        raised = -0.33 - pose.brows * 0.09
        canvas.curve(
            [
                (side * 0.17, raised + 0.02),
                (side * 0.34, raised - 0.04),
                (side * 0.52, raised + 0.04),
            ],
            0.06,
            look.brow,
        )
    canvas.curve([(0.0, 0.1), (0.08, 0.3), (-0.05, 0.34)], 0.05, look.shade)
    _draw_mouth(canvas, look, pose.mouth)
    if look.glasses:
        for side in (-1, 1):
            canvas.line(arc(side * 0.33, -0.02, 0.26, 0.24), 0.045, look.glasses)
            canvas.line([(side * 0.59, -0.06), (side * 0.74, -0.1)], 0.045, look.glasses)
        canvas.curve([(-0.08, -0.05), (0, -0.09), (0.08, -0.05)], 0.045, look.glasses)


def _draw_eye(canvas: Canvas, look: Look, pose: Pose, side: int) -> None:
    x, y = side * 0.33, 0.0
    if pose.lids < 0.25:
        canvas.curve([(x - 0.15, y + 0.02), (x, y + 0.07), (x + 0.15, y + 0.02)], 0.05, INK)
        return
    height = 0.142 * pose.lids
    canvas.ellipse(x, y, 0.15, height, "#fffdf8")
    dx, dy = pose.gaze[0] * 0.055, pose.gaze[1] * 0.05
    canvas.ellipse(x + dx, y + dy, 0.102, min(0.11, height), look.iris)
    canvas.ellipse(x + dx, y + dy, 0.054, min(0.058, height), "#140e0c")
    canvas.ellipse(x + dx + 0.035, y + dy - 0.04, 0.026, 0.026, "#ffffff")
    canvas.line(arc(x, y, 0.155, height - 0.005, 188, 352), 0.05, INK)


def _draw_mouth(canvas: Canvas, look: Look, mouth: Mouth) -> None:
    y = 0.58
    if mouth.open < 0.1:
        smile = [(-0.21, y - 0.03), (-0.1, y + 0.05), (0.1, y + 0.05), (0.21, y - 0.03)]
        canvas.curve(smile, 0.055, look.lips)
        return
    half = 0.15 + 0.09 * mouth.wide + 0.02 * mouth.open
    down = 0.05 + 0.21 * mouth.open
    outline: list[Point] = [
        (-half, y - 0.03), (-half * 0.5, y - 0.06), (half * 0.5, y - 0.06), (half, y - 0.03),
        (half * 0.72, y + down * 0.7), (0, y + down), (-half * 0.72, y + down * 0.7),
    ]  # fmt: skip
    canvas.blob([(px * 1.18, y + (py - y) * 1.22) for px, py in outline], look.lips)
    canvas.blob(outline, "#5a1e25")
    if mouth.open > 0.3:
        canvas.ellipse(0, y + down * 0.78, half * 0.5, down * 0.22, "#d9727a")
    if mouth.wide > 0.3 or mouth.open > 0.5:
        canvas.rect(-half * 0.66, y - 0.045, half * 0.66, y + 0.015, "#fffaf2", 0.025)
