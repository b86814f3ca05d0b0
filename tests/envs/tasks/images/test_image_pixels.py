"""Images pixel by pixel: our own digits, idx and .npz files, sizes and orders."""

import gzip

import numpy as np
import pytest

from envs import Symbols, make_task
from envs.tasks.files import BadFile
from envs.tasks.images.digits import SHAPES, draw_digits
from envs.tasks.images.files import IDX, NPZ


def digits(seed, count, side=12):
    rng = np.random.default_rng(seed)
    return rng.integers(256, size=(count, side, side), dtype=np.uint8), rng.integers(7, size=count)


TRAIN, TEST = digits(0, 30), digits(1, 9)


def idx(array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture(params=["idx", "gz", "npz"])
def path(request, tmp_path):
    arrays = (*TRAIN, *TEST)
    if request.param == "npz":
        np.savez(tmp_path / "images.npz", **dict(zip(NPZ, arrays, strict=True)))
        return str(tmp_path / "images.npz")
    for name, array in zip(IDX, arrays, strict=True):
        if request.param == "gz":
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (tmp_path / name).write_bytes(idx(array))
    return str(tmp_path)


def whole(batch, side):
    """Images of a batch as bytes."""
    pixels = np.rint(batch.inputs_TBX[..., 0].T * 255).astype(np.uint8)
    return pixels.reshape(-1, side, side)


def test_the_images_of_files_come_row_by_row(path):
    task = make_task("image_pixels", path=path)
    assert task.lengths == (12, 12) and task.answer == Symbols(7)
    for batch, (images, labels) in (
        (task.sample(np.random.default_rng(0), 60), TRAIN),
        (task.test_sample(np.random.default_rng(0), 50, 12), TEST),
    ):
        assert batch.mask_TB.sum(0).tolist() == [1] * len(batch.steps_B) and batch.mask_TB[-1].all()
        which = [int((image == images).all((1, 2)).argmax()) for image in whole(batch, 12)]
        np.testing.assert_array_equal(whole(batch, 12), images[which])
        np.testing.assert_array_equal(batch.targets_TBY[-1, :, 0], labels[which])
    # the last of the two: every image for tests, once
    assert sorted(which) == list(range(9))


def test_a_permuted_image_has_its_pixels_in_one_order(path):
    plain, permuted = (make_task("image_pixels", path=path, permuted=p) for p in (False, True))
    one, other = (task.sample(np.random.default_rng(2), 20) for task in (plain, permuted))
    order = np.random.default_rng(0).permutation(144)
    np.testing.assert_array_equal(other.inputs_TBX, one.inputs_TBX[order])
    np.testing.assert_array_equal(other.targets_TBY, one.targets_TBY)
    assert (order != np.arange(144)).any()


def test_another_side_takes_the_nearest_pixels(path):
    task = make_task("image_pixels", path=path, min_length=4)
    assert task.lengths == (4, 12) and task.test_lengths == (6, 12, 15)
    same = [task.sample(np.random.default_rng(3), 5, side) for side in (12, 4, 24)]
    full, small, large = (whole(batch, side) for batch, side in zip(same, (12, 4, 24), strict=True))
    np.testing.assert_array_equal(small, full[:, 1::3, 1::3])
    np.testing.assert_array_equal(large, full.repeat(2, 1).repeat(2, 2))


def test_the_oracle_knows_our_own_digits_by_their_shapes():
    task = make_task("image_pixels")
    batch = task.sample(np.random.default_rng(0), 300)
    for image, label in zip(whole(batch, 8), batch.targets_TBY[-1, :, 0], strict=True):
        ink = image >= 128
        top, left = ink.any(1).argmax(), ink.any(0).argmax()
        shape = ink[top : top + 7, left:]
        # a shape is as wide as its ink; the digit 1 does not fill its five columns
        found = [n for n, own in enumerate(SHAPES) if same(shape, own)]
        assert found == [label]
    assert set(batch.targets_TBY[-1, :, 0]) == set(range(10))


def same(shape, own):
    width = own.any(0).sum()
    start = own.any(0).argmax()
    inked = own[:, start : start + width].astype(bool)
    return np.array_equal(shape[:, :width], inked) and not shape[:, width:].any()


def test_our_own_digits_lie_anywhere():
    images, _ = draw_digits(np.random.default_rng(0), 500)
    assert (images >= 128).any(0).sum() == 64
    assert images.min() < 8 and images.max() > 247


def test_wrong_files_get_one_line(tmp_path):
    def refused(message, **options):
        with pytest.raises(ValueError) as error:
            make_task("image_pixels", path=str(tmp_path), **options)
        assert message in str(error.value) and "\n" not in str(error.value)

    refused("there is no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in it.")
    for name, array in zip(IDX, (*TRAIN, *TEST), strict=True):
        (tmp_path / name).write_bytes(idx(array))
    labels = tmp_path / IDX[1]
    labels.write_bytes(b"\0\0\x0d\1abcd")
    refused("train-labels-idx1-ubyte: it is no idx file of bytes; it begins with b")
    labels.write_bytes(idx(TRAIN[1])[:-1])
    refused("train-labels-idx1-ubyte: it has 29 values; its sizes say 30.")
    labels.write_bytes(idx(TRAIN[1][:-1]))
    refused("train-labels-idx1-ubyte: (29,); a label for each of 30 images is needed.")
    # 2**31 × 2**31 × 4 is 0 in 64 bits
    sizes = np.array([2**31, 2**31, 4], ">u4").tobytes()
    labels.write_bytes(bytes([0, 0, 8, 3]) + sizes)
    refused("it has 0 values; its sizes say 2147483648 × 2147483648 × 4.")
    labels.write_bytes(idx(TRAIN[1]))
    refused("its content is another", path_sha256="abc")
    refused("max_length is 12; at least 13 is needed", min_length=13)
    (tmp_path / IDX[0]).write_bytes(idx(TRAIN[0][:, :5]))
    refused("train-images-idx3-ubyte: (30, 5, 12) of uint8; square images of bytes are needed.")
    (tmp_path / f"{IDX[0]}.gz").write_bytes(b"nothing")
    (tmp_path / IDX[0]).unlink()
    refused("train-images-idx3-ubyte.gz: it cannot be unpacked: ")


def test_wrong_npz_files_get_one_line(tmp_path):
    path = tmp_path / "images.npz"
    np.savez(path, x_train=TRAIN[0], y_train=TRAIN[1], x_test=TEST[0])
    with pytest.raises(BadFile, match=r"images\.npz: y_test is not a file in the archive\.$"):
        make_task("image_pixels", path=str(path))
    arrays = dict(zip(NPZ, (*TRAIN, *TEST), strict=True))
    for change, message in (
        ({"y_train": TRAIN[1].astype(int) - 11}, "y_train: it has the label -11; none is below 0."),
        ({"y_train": np.full(30, 3)}, "y_train: every label is 3; images of two classes are need"),
        ({"x_test": TEST[0][:0], "y_test": TEST[1][:0]}, "x_test: (0, 12, 12) of uint8; at least"),
    ):
        np.savez(path, **(arrays | change))
        with pytest.raises(BadFile) as error:
            make_task("image_pixels", path=str(path))
        assert message in str(error.value) and "\n" not in str(error.value)
    path.write_bytes(b"no")
    with pytest.raises(BadFile, match="images.npz: it is no .npz file of plain arrays: "):
        make_task("image_pixels", path=str(path))
