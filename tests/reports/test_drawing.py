"""Pictures are the same files however many processes draw them."""

import os
import signal

import pandas as pd
import pytest
from matplotlib.figure import Figure

from reports import drawing
from reports.blocks import Picture


def line(number):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, number], [1, 2])
    return figure


def pictures(draw=line):
    data = pd.DataFrame({"x": [1, 2]})
    return [
        Picture(f"line-{n}", f"Line {n}", "A line.", lambda n=n: draw(n), data=data)
        for n in range(drawing.FEWEST)
    ]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def drawn(folder, processes, monkeypatch, draw=line):
    folder.mkdir()
    monkeypatch.setattr(drawing, "processors", lambda: processes)
    svgs = drawing.draw(pictures(draw), folder, meanwhile=(folder / "also").touch)
    assert list(svgs) == [f"line-{n}" for n in range(drawing.FEWEST)]
    assert all(text.count("<svg") == 1 for text in svgs.values())
    return svgs, files(folder)


def test_files_are_the_same_however_many_processes_draw(tmp_path, monkeypatch):
    alone = drawn(tmp_path / "one", 1, monkeypatch)
    assert drawn(tmp_path / "three", 3, monkeypatch) == alone
    assert len(alone[1]) == 4 * drawing.FEWEST + 1


def test_what_a_killed_process_did_not_draw_is_drawn_here(tmp_path, monkeypatch):
    here = os.getpid()

    def fatal(number):
        if number == 3 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return line(number)

    alone = drawn(tmp_path / "one", 1, monkeypatch)
    assert drawn(tmp_path / "two", 2, monkeypatch, fatal) == alone


def test_what_cannot_be_drawn_says_so(tmp_path, monkeypatch):
    def wrong(number):
        raise ValueError(f"no line {number}")

    with pytest.raises(ValueError, match="no line"):
        drawn(tmp_path / "two", 2, monkeypatch, wrong)
