"""Work in a copy of this process."""

import os

import pytest

from reports import beside as module
from reports.beside import beside


@pytest.fixture(params=[1, 2])
def processors(request, monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: request.param)
    return request.param


@pytest.mark.parametrize("worth", [True, False])
def test_the_work_is_done_once_and_elsewhere_where_that_is_worth_it(processors, worth, tmp_path):
    def work():
        with open(tmp_path / "said", "a") as file:
            file.write(f"{os.getpid()}\n")

    with beside(work, worth):
        pass
    (by,) = (tmp_path / "said").read_text().split()
    assert (int(by) == os.getpid()) == (processors == 1 or not worth)


def test_what_goes_wrong_is_raised_here(processors, capfd):
    def work():
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"), beside(work):
        pass
    assert capfd.readouterr().err == ""


def test_a_copy_that_is_killed_is_made_good(processors, tmp_path):
    here = os.getpid()

    def work():
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        (tmp_path / "done").touch()

    with beside(work):
        pass
    assert (tmp_path / "done").is_file()


def test_an_error_of_the_block_is_its_own(processors, tmp_path):
    with pytest.raises(KeyError), beside((tmp_path / "done").touch):
        raise KeyError("block")
