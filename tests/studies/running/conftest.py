"""A folder of results, and a module of procedures that go wrong."""

import importlib
import os
import sys
import textwrap
from pathlib import Path

# all of dask's settings are there, before a test changes one for a while and puts the rest back
import distributed  # noqa: F401
import pytest

from studies import ResultStore

ROOT = Path(__file__).resolve().parents[3]

FAULTY = """
    import os, signal
    from dataclasses import dataclass
    from studies import Outcome, Procedure

    class Small(Procedure):
        row_key = ("step",)

        def takes(self, task):
            return {}

        def progress(self, row):
            return row["nothing"]

    @dataclass(frozen=True)
    class Fails(Small):
        def run(self, trial, recorder):
            recorder.row({"kind": "train", "step": 1, "length": None})
            if trial.seed == 1 and not os.environ.get("MENDED"):
                if trial.model.cell == "none":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise RuntimeError("no luck\\nat all")
            return Outcome({"updates": 1}, {})

    @dataclass(frozen=True)
    class Endless(Small):
        def run(self, trial, recorder):
            recorder.row({"kind": "train", "step": 1, "length": None})
            return Outcome({"speed": float("inf")}, {})

    @dataclass(frozen=True)
    class Interrupted(Small):
        def run(self, trial, recorder):
            recorder.row({"kind": "train", "step": 1, "length": None})
            raise KeyboardInterrupt

    @dataclass(frozen=True)
    class Tells(Small):
        def run(self, trial, recorder):
            recorder.row({"kind": "train", "step": 1, "length": None})
            return Outcome({"trim": os.environ.get("MALLOC_TRIM_THRESHOLD_")}, {})
"""


@pytest.fixture
def store(tmp_path, study):
    """A folder of results that knows the study."""
    store = ResultStore(tmp_path / "runs")
    store.declare(study)
    return store


@pytest.fixture
def first(study):
    """The first trial of the study."""
    return next(study.trials())


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    """A module of procedures that go wrong, importable here and by workers."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "faulty_procedures.py").write_text(textwrap.dedent(FAULTY))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
    yield importlib.import_module("faulty_procedures")
    sys.modules.pop("faulty_procedures", None)
