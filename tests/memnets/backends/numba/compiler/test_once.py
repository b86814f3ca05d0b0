"""What is said about a kernel while it is compiled, and how long that takes."""

import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from memnets.backends import compiling as compiling_module
from memnets.backends.compiling import compiling
from memnets.backends.numba.compiler import once
from memnets.backends.numba.compiler.jit import kernel
from memnets.backends.numba.compiler.once import about_seconds
from memnets.backends.numba.linear import matmul


@pytest.fixture(autouse=True)
def nothing_compiled(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


@kernel
def halved(x):
    x[:] = x / np.float32(2)


@kernel
def quartered(x):
    halved(x)
    halved(x)


@kernel
def doubled(x):
    x[:] = x * np.float32(2)


@kernel
def fourfold(x):
    doubled(x)
    doubled(x)


@kernel
def eightfold(x):
    fourfold(x)
    doubled(x)


@pytest.mark.parametrize("slow", [False, True])
def test_what_takes_longer_than_two_seconds_is_said(slow, capsys, monkeypatch):
    real = once.threading.Timer
    monkeypatch.setattr(once.threading, "Timer", lambda _, *what: real(0.1, *what))
    with once._outermost(matmul, "once per machine") as (name, seconds):
        with once._outermost(halved, "once per machine") as part:
            time.sleep(0.5 * slow)
    assert (name, part) == ("linear.matmul", ("", 0.0))
    said = f"memnets: linear.matmul is being compiled: about {seconds:.0f} s, once per machine\n"
    assert capsys.readouterr().err == said * slow


def test_what_a_display_shows_is_not_printed(capsys, monkeypatch):
    real = once.threading.Timer
    monkeypatch.setattr(once.threading, "Timer", lambda _, *what: real(0.01, *what))
    monkeypatch.setattr(compiling_module, "_left_to_display", [])
    compiling_module.leave_to_display()
    with once._outermost(matmul, "once per machine") as (name, _):
        time.sleep(0.1)
    assert name == "linear.matmul" and capsys.readouterr().err == ""


def test_a_kernel_takes_longer_by_those_of_its_parts_that_are_not_stored_yet():
    one, two, three = (about_seconds(each) for each in (doubled, fourfold, eightfold))
    assert 0 < one < two < three
    fourfold(np.ones(1, np.float32))
    saved = once.SECONDS_PER_BYTE_COMPILED * len(doubled.py_func.__code__.co_code)
    assert about_seconds(eightfold) == pytest.approx(three - saved)


def test_while_a_kernel_is_compiled_others_can_see_it(monkeypatch):
    seen = []
    x = np.ones(3, np.float32)
    real = quartered._cache.load_overload
    monkeypatch.setattr(
        quartered._cache, "load_overload", lambda *a: seen.extend(compiling()) or real(*a)
    )
    about = about_seconds(quartered)
    quartered(x)
    assert [(one.name, one.about_seconds) for one in seen] == [("test_once.quartered", about)]
    assert (x == 0.25).all()
    assert compiling() == []
