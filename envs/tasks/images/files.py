"""Labelled images from files: idx, as MNIST is published, or .npz.

Shapes: N images, S rows and as many columns.
"""

from __future__ import annotations

import gzip
import math
import zlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..files import BadFile, read_npz, sha256_of, sha256_of_all

IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""The names of MNIST's four files; each may end in .gz."""
NPZ = ("x_train", "y_train", "x_test", "y_test")
"""The same arrays in a .npz file."""
_UBYTE = 8


class Images(NamedTuple):
    """Square images of bytes and their classes, for training and for tests."""

    train_NSS: np.ndarray
    labels_N: np.ndarray
    test_NSS: np.ndarray
    test_labels_N: np.ndarray


def digest(path: str, wanted: str = "") -> str:
    """The SHA-256 of a file, or of a folder's four; raises BadFile where another is wanted."""
    if not Path(path).is_dir():
        return sha256_of(path, wanted)
    return sha256_of_all(path, [_idx_file(path, name) for name in IDX], wanted)


@cache
def read_images(path: str, sha256: str = "") -> Images:
    """The images of a .npz file (`NPZ`) or of a folder of idx files (`IDX`).

    Raises BadFile, with one line that names the file, for what is not square images of bytes with
    as many labels, for a label below 0, and where there is but one class.
    """
    if Path(path).is_dir():
        names = [str(_idx_file(path, name)) for name in IDX]
        found = Images(*(_read_idx(name) for name in names))
    else:
        names = [f"{path}, {name}" for name in NPZ]
        arrays = read_npz(path, NPZ)
        found = Images(*(arrays[name] for name in NPZ))
    for images, labels, (name, labels_name) in (
        (found.train_NSS, found.labels_N, names[:2]),
        (found.test_NSS, found.test_labels_N, names[2:]),
    ):
        form = f"{images.shape} of {images.dtype}"
        if images.ndim != 3 or images.shape[1] != images.shape[2] or images.dtype != np.uint8:
            raise BadFile(f"{name}: {form}; square images of bytes are needed.")
        if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
            said = f"a label for each of {len(images)} images"
            raise BadFile(f"{labels_name}: {labels.shape}; {said} is needed.")
        if not images.size:
            raise BadFile(f"{name}: {form}; at least one image with a pixel is needed.")
        if labels.min() < 0:
            raise BadFile(f"{labels_name}: it has the label {labels.min()}; none is below 0.")
    if (found.labels_N == found.labels_N[0]).all():
        said = "images of two classes are needed"
        raise BadFile(f"{names[1]}: every label is {found.labels_N[0]}; {said}.")
    return found


def _idx_file(folder: str, name: str) -> Path:
    for path in (Path(folder) / name, Path(folder) / f"{name}.gz"):
        if path.is_file():
            return path
    raise BadFile(f"{folder}: there is no file {name} or {name}.gz in it.")


def _read_idx(path: str) -> np.ndarray:
    """An array of bytes: two zeros, the type, the number of axes, their sizes, the values."""
    data = Path(path).read_bytes()
    if path.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise BadFile(f"{path}: it cannot be unpacked: {error}.") from error
    if len(data) < 4 or data[:3] != bytes([0, 0, _UBYTE]):
        raise BadFile(f"{path}: it is no idx file of bytes; it begins with {data[:4]!r}.")
    axes, start = data[3], 4 + 4 * data[3]
    sizes = np.frombuffer(data[4:start], ">u4") if len(data) >= start else np.zeros(0, int)
    values = len(data) - start
    if len(sizes) != axes or values != math.prod(map(int, sizes)):
        shape = " × ".join(map(str, sizes)) or "unknown"
        raise BadFile(f"{path}: it has {max(values, 0)} values; its sizes say {shape}.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)
