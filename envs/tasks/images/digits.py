"""Small images of digits of our own making, so that the task works with no download."""

from __future__ import annotations

import numpy as np

SIDE = 8
_FONT = (
    "01110 10001 10011 10101 11001 10001 01110",
    "00100 01100 00100 00100 00100 00100 01110",
    "01110 10001 00001 00110 01000 10000 11111",
    "11110 00001 00001 01110 00001 00001 11110",
    "00010 00110 01010 10010 11111 00010 00010",
    "11111 10000 11110 00001 00001 10001 01110",
    "01110 10000 10000 11110 10001 10001 01110",
    "11111 00001 00010 00100 01000 01000 01000",
    "01110 10001 10001 01110 10001 10001 01110",
    "01110 10001 10001 01111 00001 00001 01110",
)
SHAPES = np.array([[list(map(int, row)) for row in digit.split()] for digit in _FONT], np.uint8)
"""Ten digits of 7 rows and 5 columns."""


def draw_digits(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (count, 8, 8) of bytes and their digits.

    A digit lies anywhere in its image; its pixels have 128 to 255, all others 0 to 63.
    """
    labels = rng.integers(10, size=count)
    images = rng.integers(64, size=(count, SIDE, SIDE), dtype=np.uint8)
    high, wide = SHAPES.shape[1:]
    ink = rng.integers(128, 256, size=(count, high, wide), dtype=np.uint8)
    tops, lefts = (rng.integers(SIDE - size + 1, size=count) for size in (high, wide))
    for image, label, top, left, pixels in zip(images, labels, tops, lefts, ink, strict=True):
        part = image[top : top + high, left : left + wide]
        part[SHAPES[label] == 1] = pixels[SHAPES[label] == 1]
    return images, labels
