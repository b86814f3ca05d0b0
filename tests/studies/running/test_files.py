"""Files that survive a crash: whole or not at all, line by line, and one clear line of error."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.running.files import Unwritable, add_line, last_lines, read_lines, write_whole


@given(st.integers(0, 60))
def test_a_file_cut_anywhere_keeps_its_whole_lines_and_takes_more(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "metrics.jsonl"
    for number in range(5):
        add_line(path, json.dumps({"step": number}))
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    whole = data.count(b"\n")
    assert [json.loads(line)["step"] for line in read_lines(path)] == list(range(whole))
    add_line(path, json.dumps({"step": 9}))
    assert [json.loads(line)["step"] for line in read_lines(path)] == [*range(whole), 9]


def test_a_long_half_line_is_cut_off_too(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"1\n" + b"x" * 200_000)
    add_line(path, "2")
    assert path.read_bytes() == b"1\n2\n"


def test_the_last_lines_of_a_file_are_whole(tmp_path):
    path = tmp_path / "lines"
    assert last_lines(path) == []
    path.write_bytes(b"one\ntwo\nthree\nfo")
    assert last_lines(path) == ["one", "two", "three"]
    assert last_lines(path, size=9) == ["three"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_line_that_does_not_fit_is_one_clear_line(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(Unwritable, match="cannot be written: No space left"):
        add_line(path, "{}")


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match="cannot be written"):
        write_whole(tmp_path / "file" / "study.json", b"{}")
