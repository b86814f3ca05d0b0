from reports.memory_kinds import DISCRETE, HALF_DISCRETE, NO_MEMORY, SOFT, memory_kind


def test_only_the_soft_estimator_is_soft():
    assert memory_kind("ntm", "soft") == SOFT
    assert memory_kind("none", "soft") == NO_MEMORY
    for name in ("straight_through", "gumbel", "reinforce", "from_a_plug_in"):
        assert memory_kind("dnc", name) == DISCRETE
    # trained on weightings, tested on slots: neither side of the comparison
    assert memory_kind("ntm", "annealed", False) == HALF_DISCRETE
    assert memory_kind("ntm", "annealed", float("nan")) == DISCRETE
