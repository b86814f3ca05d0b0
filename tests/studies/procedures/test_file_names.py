"""What a file may name: a checkpoint or a trial.json runs no code of its choice."""

import io
import json
import os
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from memnets.cells.none import NoMemory
from memnets.cli.main import main
from memnets.file_names import names_from_file
from memnets.registry import NotFromFile, Registry
from studies import Distillation, TaskSpec
from studies.design.data import BadData
from studies.procedures.base import Procedure, procedures
from studies.procedures.missing import Missing
from studies.procedures.stored_network import stored
from studies.procedures.teachers import distiller
from studies.procedures.trained import trained
from studies.running.trial_file import TrialFile

from ..recorders import Memory

TRAP = "trap_in_a_file:spring"


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """A file that is there once the module of TRAP was imported, or a command was run."""
    mark = tmp_path / "sprung"
    text = f"open({str(mark)!r}, 'w').close()\nspring = dict\n"
    (tmp_path / "trap_in_a_file.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield mark
    sys.modules.pop("trap_in_a_file", None)


@pytest.fixture
def changed(trial, tmp_path):
    """Writes a checkpoint of the small trial with some of what it says of the trial replaced."""
    memory = Memory()
    procedure = replace(trial.procedure, backend="reference", updates=1, evaluate_every=1)
    trial = replace(trial, procedure=procedure)
    procedure.run(trial, memory)

    def write(part, name, options):
        data = torch.load(io.BytesIO(memory.checkpoint), weights_only=True)
        stored = json.loads(data["trial"])
        if part in ("task", "procedure"):
            more = {"options": options} if part == "task" else options
            stored[part] = {"name": name, **more}
        else:
            stored["model"] |= {part: name, f"{part}_options": options}
        data["trial"] = json.dumps(stored)
        path = tmp_path / "checkpoint.pt"
        torch.save(data, path)
        return path

    return write


@pytest.mark.parametrize("name", ["os:system", TRAP])
@pytest.mark.parametrize("part", ["task", "cell", "estimator", "controller", "procedure"])
def test_a_checkpoint_runs_nothing_that_it_names(changed, mark, capsys, part, name):
    path = changed(part, name, {"command": f"touch {mark}"})
    with pytest.raises(BadData, match=f"{name}' is not taken from a file") as error:
        trained(path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)
    assert main(["test", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not mark.exists()


def test_nor_does_a_trial_file(trial, mark, tmp_path):
    data = {**trial.to_json(), "columns": {}, "procedure": {"name": TRAP, "updates": 1}}
    path = tmp_path / "trial.json"
    path.write_text(json.dumps(data))
    found = TrialFile.read(path).trial.procedure
    assert isinstance(found, Missing) and found.name == TRAP
    assert "is not taken from a file" in found.reason and not mark.exists()


def test_nor_does_a_teacher(changed, mark, trial):
    path = str(changed("cell", "os:system", {"command": f"touch {mark}"}))
    own, task = Distillation(path), trial.task.build()
    network = trial.model.build(**task.network_sizes)
    with pytest.raises(BadData, match="'os:system' is not taken from a file"):
        distiller(own, network, task, "reference", "cpu")
    assert stored(path, "teacher").model["cell"] == "os:system" and not mark.exists()


@dataclass(frozen=True)
class Own(Procedure):
    """A procedure without a registered name."""

    row_key = ("step",)

    def takes(self, task):
        return {}

    def run(self, trial, recorder):
        raise AssertionError("is never called")

    def progress(self, row):
        return ""


def test_what_this_process_defines_or_uses_by_reference_is_read_again():
    things = Registry("nowhere.things", home="memnets.types")
    reference = f"{NoMemory.__module__}:{NoMemory.__qualname__}"
    with names_from_file(), pytest.raises(NotFromFile, match="register that code"):
        things.get(reference)
    assert things.get(reference) is NoMemory
    with names_from_file():
        assert things.get(reference) is NoMemory
        assert Procedure.from_json(Own().to_json()) == Own()
        assert procedures.get("supervised")
    other = Registry("nowhere.others", home="memnets.types")
    other.register("system")(os.system)
    with names_from_file():
        assert other.get(f"{os.system.__module__}:system") is os.system


def test_ones_own_sequences_are_read_from_a_file(tmp_path):
    np.savez(tmp_path / "mine.npz", inputs=np.ones((3, 4, 2)), targets=np.ones((3, 4), int))
    spec = TaskSpec.of_file(str(tmp_path / "mine.npz"))
    with names_from_file():
        assert spec.build().input_size == 2
