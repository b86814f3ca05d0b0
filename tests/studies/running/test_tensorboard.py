import importlib.util

import pytest

from memnets.spec import ModelSpec
from studies import ResultStore, Study, TaskSpec, Training, run
from studies.design.data import BadData
from studies.running.tensorboard import export

INSTALLED = importlib.util.find_spec("tensorboard") is not None


@pytest.fixture
def store(tmp_path):
    study = Study(
        name="two",
        question="Does it run?",
        tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
        models={"none": ModelSpec("none", controller_size=4)},
        training=Training(updates=2, batch_size=2, evaluate_every=1, test_lengths=(1,)),
        seeds=(0,),
    )
    store = ResultStore(tmp_path / "two")
    run(study, store, workers=0, quiet=True)
    return store


@pytest.mark.skipif(not INSTALLED, reason="the extra tensorboard is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rows_become_event_files_and_are_replaced(store, tmp_path):
    for _ in range(2):
        export(store, tmp_path / "events")
    assert len(list((tmp_path / "events").rglob("events.out.*"))) == 1


@pytest.mark.skipif(INSTALLED, reason="the extra tensorboard is installed")
def test_without_the_extra_one_line_says_how_to_get_it(store, tmp_path):
    with pytest.raises(BadData, match="tensorboard"):
        export(store, tmp_path / "events")
