import re

import pytest

from reports.file_names import LONGEST, file_name, free


def test_labels_become_file_names_that_stay_in_their_folder():
    assert file_name("../../etc", "A b/c") == "etc-a-b-c"
    assert file_name("///") == "unnamed"


@pytest.mark.parametrize("label", ["lr=0.001, " * 30, "软地址" * 90, "x" * 300, "é" * 300])
def test_a_name_of_any_label_fits_into_a_file_system(label):
    name = file_name("addressing", "copy", label)
    assert re.fullmatch(r"addressing-copy-[a-z0-9-]*[a-z0-9]", name)
    assert len(name) <= LONGEST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("软地址", "硬地址"),
        ("ç", "č"),
        ("\N{FIRE}", "\N{DROPLET}"),
        ("\ud800", "\ud801"),
        ("lr=0.001, " * 30 + "a", "lr=0.001, " * 30 + "b"),
    ],
)
def test_labels_that_differ_beyond_what_a_name_can_show_keep_names_of_their_own(one, other):
    assert file_name("addressing", one) != file_name("addressing", other)


def test_an_ordinary_name_has_no_hash():
    assert file_name("addressing", "repeat_copy", "lstm, three layers") == (
        "addressing-repeat-copy-lstm-three-layers"
    )


def test_a_name_that_is_taken_gets_a_number():
    taken = set()
    assert [free("grid", taken) for _ in range(3)] == ["grid", "grid-2", "grid-3"]
