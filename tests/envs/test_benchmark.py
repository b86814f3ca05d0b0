"""The count of steps of an environment."""

import math

import pytest

from envs.benchmark import benchmark
from memnets.registry import UnknownName


@pytest.mark.parametrize("name", ["copy", "tape_copy", "tape_rlntm_reverse_memory"])
def test_the_benchmark_counts_the_steps_of_all_environments(name):
    found = benchmark(name, 8, 0.05)
    assert (found["name"], found["num_envs"]) == (name, 8)
    assert found["seconds"] >= 0.05
    assert found["steps"] % 8 == 0
    assert found["steps_per_second"] == found["steps"] / found["seconds"]


def test_the_benchmark_of_an_unknown_environment_gets_a_hint():
    with pytest.raises(UnknownName, match="no environment 'cpoy'. Did you mean 'copy'"):
        benchmark("cpoy", 8, 0.05)
    with pytest.raises(UnknownName, match="Did you mean 'tape_copy'"):
        benchmark("tape_cpoy", 8, 0.05)
    with pytest.raises(UnknownName, match="no environment 'zzz'. See memnets list"):
        benchmark("zzz", 8, 0.05)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_time_without_an_end_or_a_beginning_is_refused_by_name(seconds):
    with pytest.raises(ValueError, match=f"seconds is {seconds}; a finite number above 0"):
        benchmark("copy", 8, seconds)
    with pytest.raises(ValueError, match="num_envs is 0; a whole number of at least 1"):
        benchmark("copy", 0, 1.0)
