"""Sequential and permuted images: one pixel a step, then the class (Le et al. 2015)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Symbols
from ..base import Batch, Task, tasks
from ..checks import check_flags, check_text, check_whole
from ..files import at_most_once
from .digits import SIDE, draw_digits
from .files import Images, digest, read_images


@tasks.register("image_pixels")
@dataclass(frozen=True, kw_only=True)
class ImagePixels(Task):
    """Name the class of an image that was read pixel by pixel, row after row.

    The only input is the pixel, from 0 to 1; the last step is scored. With `permuted`, the pixels
    come in an order that is random but always the same for images of one size. So it is sequential
    or permuted MNIST (Le et al. 2015) with the files of MNIST: `path` is a folder with the four
    published idx files, or a .npz file (`files.read_images`). Tests take the images for tests, each
    at most once. Without a path, the images are digits of 8 × 8 pixels of our own
    making (`digits.draw_digits`).

    `length` is the side of an image: where it is not the images' own, the nearest pixels are taken,
    so that a curriculum can begin with small images. A `min_length` or `max_length` of 0 is the
    images' own side.
    """

    path: str = ""
    path_sha256: str = ""
    permuted: bool = False
    min_length: int = 0
    max_length: int = 0

    test_factors: ClassVar[tuple[float, ...]] = (1 / 2, 1, 5 / 4)

    def __post_init__(self) -> None:
        check_whole(self, min_length=0, max_length=0)
        check_text(self, "path", "path_sha256")
        check_flags(self, "permuted")
        if self.path:
            object.__setattr__(self, "path_sha256", digest(self.path, self.path_sha256))
        low, high = self.lengths
        if low > high:
            raise ValueError(f"ImagePixels: max_length is {high}; at least {low} is needed.")

    @property
    def input_size(self) -> int:
        return 1

    @property
    def answer(self) -> Symbols:
        if not self.path:
            return Symbols(10)
        images = self._images
        return Symbols(int(max(images.labels_N.max(), images.test_labels_N.max())) + 1)

    @property
    def lengths(self) -> tuple[int, int]:
        side = self._images.train_NSS.shape[1] if self.path else SIDE
        return self.min_length or side, self.max_length or side

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        side = self.draw_length(rng, length)
        if not self.path:
            return self._batch(*draw_digits(rng, batch_size), side)
        images = self._images
        rows = rng.integers(len(images.labels_N), size=batch_size)
        return self._batch(images.train_NSS[rows], images.labels_N[rows], side)

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        if not self.path:
            return self.sample(rng, batch_size, length)
        side, images = self.draw_length(rng, length), self._images
        rows = at_most_once(rng, len(images.test_labels_N), batch_size)
        return self._batch(images.test_NSS[rows], images.test_labels_N[rows], side)

    def chance_bits(self, length: int | None = None) -> float:
        return math.log2(self.answer.vocabulary)

    @property
    def _images(self) -> Images:
        return read_images(self.path, self.path_sha256)

    def _batch(self, images_BSS: np.ndarray, labels_B: np.ndarray, side: int) -> Batch:
        nearest = (2 * np.arange(side) + 1) * images_BSS.shape[1] // (2 * side)
        pixels_BT = images_BSS[:, nearest[:, None], nearest].reshape(len(labels_B), -1)
        if self.permuted:
            pixels_BT = pixels_BT[:, np.random.default_rng(0).permutation(side**2)]
        inputs_TBX = np.ascontiguousarray(pixels_BT.T[..., None], np.float32) / np.float32(255)
        mask_TB = np.zeros(inputs_TBX.shape[:2], bool)
        mask_TB[-1] = True
        targets_TBY = np.zeros(inputs_TBX.shape, np.int64)
        targets_TBY[-1, :, 0] = labels_B
        return Batch(inputs_TBX, targets_TBY, mask_TB)
