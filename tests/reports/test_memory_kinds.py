"""Kinds of memory: two axes, which are never one."""

import math

import pytest

from memnets.estimators import K_SLOTS, ONE_SLOT, SOFT, estimators
from memnets.spec import ModelSpec
from reports import memory_kinds
from reports.memory_kinds import NO_MEMORY, Kind, in_order, memory_kind


def test_stored_axes_are_taken_as_they_are():
    assert memory_kind("ntm", "gumbel", "soft", "one slot") == Kind("soft", "one slot")
    assert memory_kind("none", "soft", "soft", "soft") == NO_MEMORY


@pytest.mark.parametrize("estimator", list(estimators))
def test_what_was_not_stored_is_what_the_estimator_does_by_default(estimator):
    built = ModelSpec("ntm", estimator, controller_size=4).build(3, 2).estimator
    found = memory_kind("ntm", estimator, math.nan, math.nan, math.nan)
    assert found == Kind(built.in_training, built.at_test)


def test_a_trial_of_an_earlier_version_that_trained_on_whole_weightings_is_soft_in_training():
    assert memory_kind("ntm", "annealed", None, None, False) == Kind("soft", "one slot")
    assert memory_kind("ntm", "annealed", None, None, True).in_training == "soft, then one slot"


def test_names_say_both_axes_and_are_all_different():
    kinds = [
        *(Kind(how, how) for how in (SOFT, K_SLOTS, ONE_SLOT)),
        *(Kind(how, ONE_SLOT) for how in (SOFT, "soft, then one slot")),
        NO_MEMORY,
    ]
    assert str(kinds[3]) == "memory trained soft, tested with one slot"
    assert str(kinds[2]) == "memory trained and tested with one slot"
    assert str(kinds[4]) == "memory trained soft, then with one slot, tested with one slot"
    assert kinds[3].short == "soft → one slot" and kinds[2].short == "one slot"
    assert len({str(kind) for kind in kinds}) == len({kind.short for kind in kinds}) == 6
    assert [kind.short for kind in in_order([*kinds, *kinds])] == [
        *("soft", "soft → one slot", "soft, one slot → one slot", "one slot", "k slots"),
        "no memory",
    ]


def test_the_words_are_those_of_the_estimators():
    words = memory_kinds._SOFT, memory_kinds._K_SLOTS, memory_kinds._ONE_SLOT
    assert words == (SOFT, K_SLOTS, ONE_SLOT)
