"""Files of arrays that are damaged, packed in another way, or none: one line for each."""

import io
import zipfile

import numpy as np
import pytest

from envs.tasks.files import BadFile, read_npz


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def archive(member, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        file.writestr("inputs.npy", member)
    return bytearray(buffer.getvalue())


def damaged():
    data = archive(npy(np.arange(4096)), zipfile.ZIP_DEFLATED)
    data[60:80] = b"\xff" * 20
    return data


def huge():
    return archive(
        npy(np.zeros((100, 100))).replace(b"(100, 100), }      ", b"(9999999999999,), }")
    )


def with_fields(flags, method):
    """An archive whose two headers say that its member is encrypted, or packed by that method."""
    data = archive(npy(np.zeros(3)))
    for start in (6, data.index(b"PK\x01\x02") + 8):
        data[start : start + 4] = bytes([flags, 0, method, 0])
    return data


@pytest.mark.parametrize(
    "content",
    [
        npy(np.zeros((2, 3, 4))),
        damaged(),
        huge(),
        with_fields(1, 0),
        with_fields(0, 97),
        archive(npy(np.zeros(3)))[:-9],
        archive(b"\x93NUMPY\x01\x00\x05\x00{'a':"),
    ],
    ids=["npy", "damaged", "huge", "encrypted", "packed", "cut", "header"],
)
@pytest.mark.parametrize("names", [None, ("inputs",)])
def test_what_holds_no_arrays_is_refused_in_one_line(tmp_path, content, names):
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    with pytest.raises(BadFile) as error:
        read_npz(str(path), names)
    assert str(error.value).startswith(f"{path}: it is no .npz file of plain arrays: ")
    assert "\n" not in str(error.value)


def test_arrays_are_read_by_name(tmp_path):
    path = str(tmp_path / "mine.npz")
    np.savez_compressed(path, one=np.arange(3), two=np.ones(2))
    assert sorted(read_npz(path)) == ["one", "two"]
    assert read_npz(path, ["two"])["two"].tolist() == [1, 1]
    with pytest.raises(BadFile, match=r"mine\.npz: three is not a file in the archive\.$"):
        read_npz(path, ["one", "three"])
