"""Colours of figures: one per estimator, or one per model where a study has variants of one.

Any two of a kind stay apart for people with one of the three common kinds of colour blindness, on
light and on dark paper.
"""

from __future__ import annotations

import colorsys
import zlib

INK = "#1f2429"
MUTED = "#6b747d"
GRID = "#dde1e6"
PAPER = "#fefefe"
SHADE = "#e9eef4"

NO_MEMORY = "#8a939b"
ESTIMATORS = {
    "soft": "#2b7bba",
    "hardened": "#3d2c8d",
    "straight_through": "#e08e0b",
    "gumbel": "#1f9e77",
    "gumbel_rao": "#993df5",
    "reinmax": "#1b4965",
    "reinforce": "#d1495b",
    "leave_one_out": "#f425d1",
    "annealed": "#6b0f1a",
    "top_k": "#a87132",
    "noisy_top_k": "#d4a373",
}
VARIANTS = (
    "#3333ff",
    "#ff4000",
    "#409fbf",
    "#4d1933",
    "#cc7f66",
    "#7f40bf",
    "#8a0f0f",
    "#0a0a5c",
)
BACKENDS = {
    "reference": "#8a939b",
    "compiled": "#e08e0b",
    "fused": "#2b7bba",
    "numba": "#2b7bba",
    "triton": "#2b7bba",
    "CUDA graph": "#c9a400",
    "triton in a CUDA graph": "#7b4fa3",
}

# in the page these follow the light or dark scheme of the reader
NAMED = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", SHADE: "shade"}
ON_DARK = {
    ESTIMATORS["hardened"]: "#f9f986",
    ESTIMATORS["reinmax"]: "#b6fbd9",
    ESTIMATORS["annealed"]: "#d9b6fb",
    **dict(
        zip(
            VARIANTS,
            (
                "#bf00ff",
                "#e61919",
                "#338099",
                "#ffff99",
                "#ffbf00",
                "#b299ff",
                "#f07575",
                "#a3e0f5",
            ),
            strict=True,
        )
    ),
}
"""What stands for a colour on dark paper; the others are the same on both."""


def variable(colour: str) -> str:
    """The name of the page's CSS variable of a colour that differs on dark paper."""
    return f"--{NAMED.get(colour, 'c' + colour[1:])}"


def hue(name: str) -> str:
    """A colour for a plug-in's name; the same in every process."""
    red, green, blue = colorsys.hls_to_rgb(zlib.crc32(name.encode()) / 2**32, 0.48, 0.55)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
