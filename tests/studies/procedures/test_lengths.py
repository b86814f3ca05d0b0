"""Which procedures need a task with lengths, and what they say of one without."""

import pytest

from envs import Bits, Task, make_task
from studies import Gradients, Supervised
from studies.design.data import BadData
from studies.procedures.lengths import trained_lengths


class Unmeasured(Task):
    input_size = 1
    answer = Bits(1)

    def sample(self, rng, batch_size):
        raise AssertionError("is never called")

    def chance_bits(self, length=None):
        return 1.0


def test_the_lengths_are_the_tasks_own():
    assert trained_lengths(make_task("copy", max_length=7), "counting") == (1, 7)
    columns = Supervised().takes(make_task("copy", max_length=7))
    assert columns == {"min_length": 1, "max_length": 7}


@pytest.mark.parametrize(
    ("procedure", "name"), [(Supervised(), "supervised training"), (Gradients(), "measuring grad")]
)
def test_a_task_without_lengths_is_refused_in_one_line(procedure, name):
    with pytest.raises(BadData, match=f"^{name}.* needs a task with lengths: Unmeasured has no"):
        procedure.takes(Unmeasured())
    with pytest.raises(BadData, match=f"^{name}.* needs a task that generates batches .* int is"):
        procedure.takes(3)
