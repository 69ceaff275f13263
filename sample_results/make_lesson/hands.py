"""Arms and hands of the cartoon people, and what they hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .canvas import Canvas, Point
from .people import Look
from .script import GESTURES, Movement

_EASE_MS = 380


@dataclass(frozen=True)
class Hand:
    """A hand at one moment: what it does, and how far it has come (0 to 1)."""

    movement: Movement
    reach: float
    since_ms: float


def _eased(fraction: float) -> float:
    fraction = min(1.0, max(0.0, fraction))
    return fraction * fraction * (3 - 2 * fraction)


def hand_at(user_id: str, at_ms: float) -> Hand | None:
    """The hand that somebody shows at a time, if any."""
    for gesture in GESTURES:
        if gesture.user_id == user_id and gesture.start_ms <= at_ms < gesture.end_ms:
            coming = 1.0 if gesture.movement == "cup" else (at_ms - gesture.start_ms) / _EASE_MS
            going = (gesture.end_ms - at_ms) / _EASE_MS
            reach = _eased(min(coming, going))
            return Hand(gesture.movement, reach, at_ms - gesture.start_ms)
    return None


def draw_hand(canvas: Canvas, look: Look, hand: Hand, head: Point, size: float, pad: Point) -> None:
    """Draw an arm that comes into the picture, and its hand.

    Args:
        canvas: Where to draw.
        look: Whose arm it is.
        hand: What the hand does.
        head: Middle of the head.
        size: Half the height of the head.
        pad: Where a writing hand rests.
    """
    seconds = hand.since_ms / 1000
    x, y = head
    turn = 0.0
    if hand.movement == "wave":
        swing = math.sin(seconds * 2 * math.pi * 1.4)
        target, elbow = (
            (x - (1.75 + 0.16 * swing) * size, y + 0.42 * size),
            (x - 1.7 * size, y + 3.4 * size),
        )
        turn = 12 * swing - 4
    elif hand.movement == "raise":
        target, elbow = (x - 1.62 * size, y - 0.05 * size), (x - 1.6 * size, y + 3.2 * size)
    elif hand.movement == "palm":
        lift = 0.05 * math.sin(seconds * 2 * math.pi * 0.5)
        target, elbow = (x - 1.72 * size, y + (1.3 + lift) * size), (x - 1.5 * size, y + 3.6 * size)
        turn = -38
    elif hand.movement == "cup":
        target, elbow = (x + 1.12 * size, y + 1.42 * size), (x + 2.0 * size, y + 3.3 * size)
    else:
        target = (
            pad[0] + 0.16 * size * math.sin(seconds * 5.1) + 0.1 * size * math.sin(seconds * 1.7),
            pad[1] + 0.06 * size * math.sin(seconds * 7.3),
        )
        elbow = (pad[0] + 0.9 * size, pad[1] + 2.4 * size)
    drop = (1 - hand.reach) * 2.6 * size
    target, elbow = (target[0], target[1] + drop), (elbow[0], elbow[1] + drop)
    _draw_sleeve(canvas, look, target, elbow, size)
    with canvas.placed(*target, scale=size, turn=turn):
        if hand.movement in ("wave", "palm", "raise"):
            _draw_open_hand(canvas, look)
        elif hand.movement == "cup":
            _draw_cup(canvas, look)
        else:
            _draw_writing_hand(canvas, look)


def _draw_sleeve(canvas: Canvas, look: Look, hand: Point, elbow: Point, size: float) -> None:
    dx, dy = elbow[0] - hand[0], elbow[1] - hand[1]
    length = math.hypot(dx, dy)
    ux, uy = dx / length, dy / length

    def across(along: float, half: float) -> tuple[Point, Point]:
        mx, my = hand[0] + ux * along * size, hand[1] + uy * along * size
        return (mx - uy * half * size, my + ux * half * size), (
            mx + uy * half * size,
            my - ux * half * size,
        )

    wrist, cuff = across(0.1, 0.15), across(0.5, 0.17)
    canvas.polygon([wrist[0], wrist[1], cuff[1], cuff[0]], look.shade)
    near, far = across(0.42, 0.27), across(length / size, 0.5)
    canvas.polygon([near[0], near[1], far[1], far[0]], look.top)
    edge = across(0.56, 0.285)
    canvas.polygon([near[0], near[1], edge[1], edge[0]], look.fold)


def _draw_open_hand(canvas: Canvas, look: Look) -> None:
    for x, y, turn in (
        (-0.19, -0.46, -14),
        (-0.065, -0.54, -4),
        (0.065, -0.53, 5),
        (0.19, -0.44, 15),
    ):
        root = (x * 0.85, -0.05)
        canvas.line([root, (x + math.sin(math.radians(turn)) * 0.06, y)], 0.135, look.skin)
    canvas.line([(0.12, 0.14), (0.36, -0.12)], 0.14, look.skin)
    canvas.blob([(-0.24, -0.1), (0, -0.16), (0.24, -0.1), (0.24, 0.16), (0, 0.28), (-0.24, 0.16)], look.skin)
    for x in (-0.125, 0, 0.125):
        canvas.line([(x, -0.12), (x * 1.05, -0.26)], 0.02, look.shade)
    canvas.curve([(-0.14, 0.1), (0.02, 0.06), (0.14, 0.14)], 0.025, look.shade)


def _draw_writing_hand(canvas: Canvas, look: Look) -> None:
    canvas.line([(-0.34, 0.26), (0.24, -0.5)], 0.075, "#3a4254")
    canvas.line([(-0.38, 0.31), (-0.34, 0.26)], 0.035, "#e2574c")
    fist = [(-0.16, -0.08), (0.06, -0.22), (0.26, -0.08), (0.28, 0.16), (0.06, 0.26), (-0.12, 0.16)]
    canvas.blob(fist, look.skin)
    for y in (-0.04, 0.07, 0.17):
        canvas.line([(-0.19, y + 0.02), (0.06, y)], 0.105, look.skin)
        canvas.line([(-0.2, y + 0.075), (0.04, y + 0.055)], 0.018, look.shade)
    canvas.line([(-0.2, 0.04), (-0.04, -0.14)], 0.11, look.skin)


def _draw_cup(canvas: Canvas, look: Look) -> None:
    canvas.curve([(-0.3, -0.22), (-0.56, -0.18), (-0.56, 0.14), (-0.3, 0.16)], 0.09, "#e2574c")
    canvas.blob(
        [(-0.34, -0.4), (0.34, -0.4), (0.33, 0.0), (0.26, 0.42), (-0.26, 0.42), (-0.33, 0.0)],
        "#e2574c",
    )
    canvas.ellipse(0, -0.4, 0.35, 0.09, "#f4a79f")
    canvas.ellipse(0, -0.39, 0.29, 0.06, "#5b3526")
    canvas.polygon([(-0.12, 0.12), (-0.12, -0.16), (0.16, 0.12)], "#fff3e6")
    for y in (-0.14, 0.0, 0.14, 0.27):
        canvas.line([(0.12, y + 0.01), (0.38, y)], 0.125, look.skin)
        canvas.line([(0.13, y + 0.07), (0.36, y + 0.065)], 0.018, look.shade)
