"""Hair of the cartoon people, in units of half a head: what lies behind and in front of a face."""

from __future__ import annotations

from .canvas import Canvas


def hair_behind(canvas: Canvas, style: str, colour: str, shine: str) -> None:
    """Draw the hair that a head and shoulders hide in part."""
    if style == "bob":
        canvas.blob(
            [(0, -1.24), (0.66, -1.12), (1.0, -0.6), (1.04, 0.2), (1.08, 0.86), (0.86, 1.22),
             (0.5, 1.1), (0, 0.9), (-0.5, 1.1), (-0.86, 1.22), (-1.08, 0.86), (-1.04, 0.2),
             (-1.0, -0.6), (-0.66, -1.12)],
            colour,
        )  # fmt: skip
    elif style == "braids":
        canvas.blob(
            [(0, -1.2), (0.6, -1.08), (0.94, -0.6), (0.98, 0.1), (0.86, 0.7), (0, 0.6),
             (-0.86, 0.7), (-0.98, 0.1), (-0.94, -0.6), (-0.6, -1.08)],
            colour,
        )  # fmt: skip
    else:
        for x, y, radius in (
            (-0.78, -0.4, 0.28), (-0.72, -0.78, 0.32), (-0.4, -1.06, 0.34), (0, -1.16, 0.36),
            (0.4, -1.06, 0.34), (0.72, -0.78, 0.32), (0.78, -0.4, 0.28),
        ):  # fmt: skip
            canvas.ellipse(x, y, radius, radius, colour)
        canvas.ellipse(-0.12, -1.3, 0.16, 0.1, shine)


def hair_in_front(canvas: Canvas, style: str, colour: str, shine: str) -> None:
    """Draw the hair that lies over a face."""
    if style == "bob":
        canvas.blob(
            [(-0.86, 0.34), (-0.98, -0.3), (-0.8, -0.92), (-0.3, -1.2), (0.3, -1.2), (0.8, -0.92),
             (0.98, -0.3), (0.86, 0.34), (0.74, -0.1), (0.64, -0.44), (0.3, -0.5), (-0.1, -0.56),
             (-0.36, -0.72), (-0.5, -0.5), (-0.7, -0.2)],
            colour,
        )  # fmt: skip
        canvas.curve([(-0.62, -0.82), (-0.3, -1.0), (0.1, -1.04)], 0.07, shine)
        canvas.curve([(0.36, -0.98), (0.56, -0.88), (0.68, -0.74)], 0.05, shine)
    elif style == "braids":
        canvas.blob(
            [(-0.84, 0.1), (-0.92, -0.5), (-0.62, -1.02), (0, -1.16), (0.62, -1.02), (0.92, -0.5),
             (0.84, 0.1), (0.7, -0.34), (0.4, -0.66), (0.06, -0.86), (-0.3, -0.62), (-0.66, -0.34)],
            colour,
        )  # fmt: skip
        canvas.curve([(-0.7, -0.74), (-0.4, -0.98), (-0.1, -1.06)], 0.06, shine)
        canvas.curve([(-0.9, -0.62), (-0.5, -1.02), (0, -1.14), (0.5, -1.02), (0.9, -0.62)], 0.1,
                     "#3fa7a0")  # fmt: skip
        for side in (False, True):
            with canvas.placed(0, 0, flip=side):
                for step in range(5):
                    x, y = 0.88 + 0.03 * step, 0.42 + 0.29 * step
                    canvas.ellipse(x, y, 0.19 - 0.012 * step, 0.2, colour)
                    canvas.curve([(x - 0.12, y + 0.02), (x, y + 0.1), (x + 0.12, y)], 0.035, shine)
                canvas.rect(0.88, 1.74, 1.14, 1.84, "#3fa7a0", 0.04)
                canvas.blob([(0.92, 1.84), (1.1, 1.84), (1.12, 2.06), (1.0, 2.16), (0.9, 2.02)], colour)
    else:
        for x, y, radius in (
            (-0.68, -0.52, 0.2), (-0.5, -0.74, 0.24), (-0.2, -0.86, 0.25), (0.14, -0.88, 0.25),
            (0.46, -0.76, 0.24), (0.68, -0.52, 0.2),
        ):  # fmt: skip
            canvas.ellipse(x, y, radius, radius, colour)
        for x, y in ((-0.46, -0.84), (-0.12, -0.96), (0.26, -0.94), (0.52, -0.8), (0.0, -1.16)):
            canvas.curve([(x - 0.07, y + 0.03), (x, y - 0.04), (x + 0.08, y + 0.02)], 0.035, shine)
