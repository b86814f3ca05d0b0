"""Rows as TensorBoard event files."""

import dataclasses
import importlib.util

import pytest

from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run
from studies.design.data import BadData
from studies.running.tensorboard import export, run_names

INSTALLED = importlib.util.find_spec("tensorboard") is not None


@pytest.fixture
def store(tmp_path):
    study = Study(
        name="two",
        question="Does it run?",
        tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
        models={"none": ModelSpec("none", controller_size=4)},
        procedure=Supervised(updates=2, batch_size=2, evaluate_every=1, test_lengths=(1,)),
        seeds=(0,),
    )
    store = ResultStore(tmp_path / "two")
    run(study, store, workers=0, quiet=True)
    return store


@pytest.mark.skipif(not INSTALLED, reason="the extra tensorboard is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rows_become_event_files_and_are_replaced(store, tmp_path):
    for folder in (tmp_path / "events", str(tmp_path / "events")):
        export(store, folder)
    assert len(list((tmp_path / "events").rglob("events.out.*"))) == 1


@pytest.mark.skipif(not INSTALLED, reason="the extra tensorboard is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_curves_of_the_own_address_have_the_names_that_they_had(store, trial, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    store = ResultStore(tmp_path / "memory")
    study = Study(
        name="memory",
        question="Does it run?",
        tasks={"copy": trial.task},
        models={"ntm": trial.model},
        procedure=trial.procedure,
        seeds=(0,),
    )
    run(study, store, workers=0, quiet=True)
    export(store, tmp_path / "events")
    (home,) = (tmp_path / "events").iterdir()
    events = EventAccumulator(str(home)).Reload()
    tags = {tag for tag in events.Tags()["scalars"] if tag.endswith("/errors")}
    places = ("", ", soft", ", one slot", ", cut off")
    tests = {f"test, length {n}{place}/errors" for n in (1, 2, 3) for place in places}
    slow = (", frozen", ", shuffled")
    tests |= {f"test, length {n}{place}/errors" for n in (1, 2) for place in slow}
    assert tags == {"train/errors", *tests}


@pytest.mark.skipif(INSTALLED, reason="the extra tensorboard is installed")
def test_without_the_extra_one_line_says_how_to_get_it(store, tmp_path):
    with pytest.raises(BadData, match="tensorboard"):
        export(store, tmp_path / "events")


@pytest.mark.parametrize(
    "label", ["m" * 281, "記憶" * 100, "a/b\\c:\0?", "lone \udc80", "読み書き"]
)
def test_any_label_makes_a_name_that_a_file_system_takes(label, trial, tmp_path):
    trials = [dataclasses.replace(trial, model_label=label, seed=seed) for seed in (1, 2)]
    names = run_names(trials)
    assert list(names.values()) == trials
    for name in names:
        (tmp_path / name).mkdir()
    assert sum(1 for _ in tmp_path.iterdir()) == 2


def test_names_keep_the_labels_and_stay_apart(trial):
    alike = [dataclasses.replace(trial, model_label=label) for label in ("ntm/soft", "ntm-soft")]
    different = dataclasses.replace(alike[1], model=dataclasses.replace(trial.model, cell="dnc"))
    first, second = run_names([alike[0], different])
    assert first == "copy ntm-soft seed 3"
    assert second == f"copy ntm-soft seed 3 {different.id}"
