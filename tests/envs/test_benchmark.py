"""The count of steps of an environment."""

import pytest

from envs.benchmark import benchmark
from memnets.registry import UnknownName


def test_the_benchmark_counts_the_steps_of_all_environments():
    found = benchmark("copy", 8, 0.05)
    assert (found["task"], found["num_envs"]) == ("copy", 8)
    assert found["seconds"] >= 0.05
    assert found["steps"] % 8 == 0
    assert found["steps_per_second"] == found["steps"] / found["seconds"]


def test_the_benchmark_of_an_unknown_task_gets_a_hint():
    with pytest.raises(UnknownName, match="Did you mean 'copy'"):
        benchmark("cpoy", 8, 0.05)
