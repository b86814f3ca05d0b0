"""The live lines of a study: what they say besides how far each trial is."""

import io
import time

import pytest
from rich.console import Console

from memnets.backends.compiling import Compilation, folder, turn
from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec
from studies.running.live_lines import describe_compilation
from studies.running.progress import Display


def shown(display: Display) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(display._lines())
    return console.file.getvalue().splitlines()


def test_a_kernel_that_is_compiled_is_named_with_the_time_that_it_takes():
    kernel = Compilation("ntm.forward", time.time() - 12, 65)
    assert describe_compilation(kernel) == "compiling ntm.forward  0:12 of about 1:05"


def test_the_live_lines_show_what_any_process_compiles_and_only_meanwhile(tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    study = Study(
        "small", "?", {"copy": TaskSpec("copy")}, {"none": ModelSpec("none")}, Supervised(updates=1)
    )
    display = Display(ResultStore(tmp_path / "runs"), study, quiet=True)
    with turn(folder() / "a.lock", "ntm.forward", 65):
        kernel, trials = shown(display)
    assert kernel == "compiling ntm.forward  0:00 of about 1:05"
    assert shown(display) == [trials]


def test_what_the_terminal_cannot_print_is_escaped_in_lines_that_stay_and_live_ones(
    tmp_path, monkeypatch
):
    tasks, models = {"λ task": TaskSpec("copy")}, {"none": ModelSpec("none")}
    study = Study("small", "?", tasks, models, Supervised(updates=1), seeds=(0,))
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stderr", terminal)
    display = Display(ResultStore(tmp_path / "runs"), study, quiet=True)
    display.note("failed: λ")
    terminal.flush()
    assert terminal.buffer.getvalue() == b"small: failed: \\u03bb\n"
    (trial,) = study.trials()
    display.running([trial])
    line = display._lines().renderables[0]
    assert line.plain.startswith("\\u03bb task  none  seed 0") and line.overflow == "crop"
