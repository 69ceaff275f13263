"""Colours and hatches of the kinds: the Okabe–Ito set, told apart by colour-blind eyes and in grey print."""

from __future__ import annotations

from timeline import kinds

KIND_COLOURS = {
    kinds.CAMERA: "#0072B2",
    kinds.SCREEN: "#E69F00",
    kinds.WHITEBOARD: "#009E73",
    kinds.MIXED: "#CC79A7",
    kinds.AUDIO: "#56B4E9",
}
KIND_HATCHES = {
    kinds.CAMERA: "",
    kinds.SCREEN: "//",
    kinds.WHITEBOARD: "..",
    kinds.MIXED: "xx",
    kinds.AUDIO: "--",
}
OTHER_COLOUR = "#7F7F7F"
SEVERAL_COLOUR = "#555555"
"""Of what is about several kinds together."""
PAUSE_COLOUR = "#D55E00"
CANVAS_COLOUR = "#14171c"
"""Of a review video, behind and beside its pictures."""


def kind_colour(kind: str) -> str:
    """Return the colour of a kind; unknown kinds share a grey."""
    return KIND_COLOURS.get(kind, OTHER_COLOUR)


def kind_hatch(kind: str) -> str:
    """Return the hatch of a kind in matplotlib's spelling; unknown kinds share one."""
    return KIND_HATCHES.get(kind, "++")
