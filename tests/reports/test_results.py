import numpy as np

from reports.results import _chance, read
from studies.design.trial import TaskSpec


def test_chance_is_known_from_the_kind_of_answer(demo):
    assert read(demo).chance == {"copy": 0.5}


def test_a_task_whose_plug_in_is_gone_has_no_known_chance(store_of):
    store = store_of(names=("ntm/soft",), seeds=(0,))
    trial = store.trials()[0]
    object.__setattr__(trial, "task", TaskSpec("no_such_task"))
    assert np.isnan(_chance("copy", (trial,)))
