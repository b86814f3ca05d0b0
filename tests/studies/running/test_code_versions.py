"""The code that trials were made with: stored beside them, and a later difference is said."""

import json

import pytest

from memnets.registry import cells
from studies import ResultStore, run
from studies.running import code_versions
from studies.running.code_versions import differences, made_with
from studies.running.recorder import FolderRecorder


def test_every_part_is_named_with_its_package_and_the_hash_of_its_source(trial):
    found = made_with(trial)
    names = ["cell ntm", "estimator reinforce", "controller lstm", "task copy"]
    assert list(found) == [*names, "procedure supervised"]
    assert all("source " in source for source in found.values())
    assert found["cell ntm"] == made_with(trial)["cell ntm"] != found["controller lstm"]


def test_what_is_not_installed_is_left_out(trial):
    import dataclasses

    from memnets.spec import ModelSpec

    gone = dataclasses.replace(trial, model=ModelSpec("no such cell"))
    assert "estimator soft" in made_with(gone)
    assert not any(part.startswith("cell") for part in made_with(gone))


def test_estimators_within_others_regularisers_and_a_plugins_backend_are_parts_too(
    trial, plugin, monkeypatch
):
    import dataclasses

    for folder in plugin:
        monkeypatch.syspath_prepend(folder)

    options = {"first": "annealed", "first_options": {"first": "gumbel"}}
    model = dataclasses.replace(trial.model, estimator="annealed", estimator_options=options)
    procedure = dataclasses.replace(
        trial.procedure, regularisers={"address_entropy": {}}, backend="halves"
    )
    found = made_with(dataclasses.replace(trial, model=model, procedure=procedure))
    assert [part for part in found if part.startswith("estimator")] == [
        "estimator annealed",
        "estimator gumbel",
        "estimator reinforce",
    ]
    assert list(found)[-2:] == ["regulariser address_entropy", "backend halves"]


def test_what_is_stored_is_the_code_of_the_process_that_makes_the_trial(study, tmp_path):
    store = ResultStore(tmp_path / "runs")
    store.declare(study)
    trial = next(study.trials())
    assert FolderRecorder(store, trial).begin({"cell ntm": "the worker's"})
    assert [code for _, code in store.made_with()] == [{"cell ntm": "the worker's"}]


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A cell in a file; calling the fixture's value writes it anew and registers it."""
    path = tmp_path / "somebodys_cell.py"
    monkeypatch.syspath_prepend(tmp_path)

    def write(comment):
        import importlib
        import sys

        text = "from memnets.cells.none import NoMemory\n\n\nclass Own(NoMemory):\n    pass\n"
        path.write_text(f"# {comment}\n{text}")
        sys.modules.pop("somebodys_cell", None)
        importlib.invalidate_caches()
        code_versions._described.cache_clear()
        cells._registered.pop("own", None)
        cells.register("own")(importlib.import_module("somebodys_cell").Own)

    yield write
    cells._registered.pop("own", None)
    cells._found.pop("own", None)


def test_a_cell_that_was_edited_since_is_said_once_and_trains_nothing(
    study, tmp_path, edited, capfd
):
    import dataclasses

    from memnets.spec import ModelSpec

    edited("first")
    own = dataclasses.replace(study, models={"own": ModelSpec("own", controller_size=4)})
    store = ResultStore(tmp_path / "runs")
    assert run(own, store, workers=0, quiet=True).done == 2
    assert list(differences(store.made_with())) == []
    edited("second")
    capfd.readouterr()
    assert run(own, store, workers=0, quiet=True).skipped == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if "made with" in line]
    (said,) = lines
    assert said.startswith("tiny: 2 trials were made with another cell own (source ")


def test_a_trial_that_kept_nothing_of_its_first_attempt_is_made_with_todays_code(study, tmp_path):
    store = ResultStore(tmp_path / "runs")
    store.declare(study)
    trial = next(study.trials())
    store.begin(trial)
    path = store.path(trial) / "trial.json"
    before = json.loads(path.read_text())
    path.write_text(json.dumps(before | {"made_with": {"cell ntm": "another"}}))
    store.begin(trial)
    assert json.loads(path.read_text()) == before
