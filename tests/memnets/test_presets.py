"""Published sizes and parameter counts, and the same NTM under every estimator."""

import pytest
import torch

from memnets.presets import (
    DNTM_SCRIPTS,
    PUBLISHED,
    RLNTM_TASKS,
    deltanet2024,
    discretised_ntm,
    dntm2018,
    gated_deltanet2025,
    graves2013,
    graves2014,
    ntm_parameters,
    raven2026,
    rlntm2015,
    xlstm2024,
)
from memnets.spec import ModelSpec

# (inputs, outputs) of each task, and the parameters of a plain NTM of the published size
COUNTS = {
    "copy": (10, 9, 13_481),
    "repeat_copy": (8, 7, 13_039),
    "associative_recall": (8, 6, 119_382),
    "dynamic_ngrams": (1, 1, 11_613),
    "priority_sort": (9, 8, 469_992),
}
LSTM_COUNTS = {
    "copy": 62_781,
    "repeat_copy": 61_739,
    "associative_recall": 61_618,
    "dynamic_ngrams": 58_213,
}
# tables 1 to 3 of the paper: heads and controller of either NTM, and the baseline's layer
TABLES = {
    "copy": ((1, 100), (1, 100, 1), 256),
    "repeat_copy": ((1, 100), (1, 100, 1), 512),
    "associative_recall": ((4, 256), (1, 100, 1), 256),
    "dynamic_ngrams": ((1, 100), (1, 100, 1), 128),
    "priority_sort": ((8, 512), (5, 100, 2), 128),
}
RATES = {
    "copy": (1e-4, 1e-4, 3e-5),
    "repeat_copy": (1e-4, 1e-4, 3e-5),
    "associative_recall": (1e-4, 1e-4, 1e-4),
    "dynamic_ngrams": (3e-5, 3e-5, 1e-4),
    "priority_sort": (3e-5, 3e-5, 3e-5),
}


def count(spec, inputs, outputs):
    with torch.device("meta"):
        network = spec.build(inputs, outputs)
    return sum(p.numel() for p in network.parameters())


def test_the_paper_has_these_five_tasks():
    assert set(PUBLISHED) == set(TABLES) == set(COUNTS)


@pytest.mark.parametrize("task", TABLES)
def test_heads_controllers_and_memories_are_those_of_the_tables(task):
    (heads, size), (lstm_heads, lstm_size, layers), baseline = TABLES[task]
    for controller, expected in (
        ("feedforward", (heads, size, 1)),
        ("lstm", (lstm_heads, lstm_size, layers)),
    ):
        spec = graves2014(task, controller)
        with torch.device("meta"):
            network = spec.build(3, 2)
        writes = [name for name in network.cell.heads if name.startswith("write")]
        reads = [name for name in network.cell.heads if name.startswith("read")]
        assert len(writes) == len(reads) == expected[0]
        assert (spec.controller, spec.controller_size) == (controller, expected[1])
        assert spec.controller_options.get("layers", 1) == expected[2]
        assert (network.cell.slots, network.cell.width) == (128, 20)
    assert graves2013(task) == ModelSpec("none", "soft", "graves2013", baseline)
    assert PUBLISHED[task].learning_rates == RATES[task]


@pytest.mark.parametrize("task", COUNTS)
def test_feedforward_counts_are_those_worked_by_hand_and_the_closed_formula(task):
    inputs, outputs, expected = COUNTS[task]
    spec = graves2014(task, "feedforward")
    heads, size = spec.cell_options["write_heads"], spec.controller_size
    assert ntm_parameters(inputs, outputs, size=size, heads=heads) == expected
    assert count(spec, inputs, outputs) == expected


@pytest.mark.parametrize("task", LSTM_COUNTS)
def test_lstm_counts_are_those_worked_by_hand_with_a_second_bias_per_gate(task):
    inputs, outputs, _ = COUNTS[task]
    # torch's LSTM keeps two biases per gate, which count 4 × 100 more than one
    assert count(graves2014(task), inputs, outputs) == LSTM_COUNTS[task] + 400


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_the_estimator_is_an_option_of_the_preset(estimator):
    assert graves2014("copy", estimator=estimator).estimator == estimator


def test_what_the_paper_does_not_have_is_refused_with_what_it_has():
    with pytest.raises(ValueError, match="no task 'chess', but copy, repeat_copy"):
        graves2014("chess")
    with pytest.raises(ValueError, match="no task 'chess', but copy, repeat_copy"):
        graves2013("chess")
    with pytest.raises(ValueError, match="controller 'gru' is not one of lstm, feedforward"):
        graves2014("copy", "gru")


@pytest.mark.parametrize("task", RLNTM_TASKS)
def test_the_rlntm_is_that_of_its_authors_runs(task):
    network = rlntm2015(task).build(32, 30)
    cell, advantage = network.cell, network.estimator.advantage
    assert (cell.slots, cell.width, cell.pairs, cell.positions) == (30, 35, 1, 1)
    assert [*cell.offsets] == [*cell.write_offsets] == [-2, -1, 0, 1, 2]
    assert cell.erase and cell.squash and cell.last_moves and cell.direct_access
    assert cell.inverse_temperature == (0.03 if task == "symbol_repeat_copy" else 0.01)
    assert network.controller.output_size == 25
    assert network.estimator.entropy_weight == 0
    assert advantage.baseline == "sequence" and advantage.return_to_go and not advantage.normalise
    # five read slots, three moves, the gated sum of the slots, the gated input
    assert cell.read_size == 5 * 35 + 3 + 35 + 32
    rollout = network(torch.randn(4, 2, 32))
    assert rollout.logits_TBY.shape == (4, 2, 30)


def test_single_options_of_the_rlntm_can_be_others():
    spec = rlntm2015("copy", estimator="soft", slots=50, direct_access=False)
    assert (spec.estimator, spec.cell_options["slots"]) == ("soft", 50)
    assert not spec.cell_options["direct_access"] and spec.cell_options["last_moves"]


def test_the_rlntm_has_four_tasks_here():
    with pytest.raises(ValueError, match="no task 'sort', but copy, reverse, symbol_repeat_copy"):
        rlntm2015("sort")


def hard(weights):
    return bool(((weights == 0) | (weights == 1)).all())


@pytest.mark.parametrize("name", discretised_ntm())
def test_one_ntm_under_every_estimator_differs_in_nothing_else(name):
    spec = discretised_ntm(8, slots=5, width=3)[name]
    network = spec.build(4, 2)
    assert (spec.cell, spec.controller, spec.controller_size) == ("ntm", "lstm", 8)
    inputs_TBX = torch.randn(3, 4, 4)
    rollout = network.eval()(network.estimator.spread(inputs_TBX))
    assert hard(rollout.address.dense(5)) == (name != "soft")


@pytest.mark.parametrize("pair", DNTM_SCRIPTS, ids="-".join)
def test_the_dntm_is_that_of_its_authors_scripts(pair):
    spec = dntm2018(*pair)
    with torch.device("meta"):
        network = spec.build(3, 2)
    cell = network.cell
    assert (spec.cell, spec.controller, spec.estimator) == ("dntm", *pair)
    assert (spec.controller_size, cell.slots, cell.width) == (180, 120, 28)
    assert (cell.address_width, cell.read_steps) == {
        ("gru", "reinforce"): (16, 3),
        ("gru", "soft"): (20, 3),
        ("feedforward", "soft"): (16, 1),
        ("feedforward", "annealed"): (16, 1),
    }[pair]
    assert (cell.candidate, cell.strength) == ("tanh", "softplus")
    assert (cell.recency_of, cell.recency_decay) == ("similarity", 0.04)


@pytest.mark.parametrize("pair", [("gru", "reinforce"), ("feedforward", "annealed")], ids="-".join)
def test_the_dntm_weighs_score_and_entropy_as_its_code_does(pair):
    def made(**options):
        estimator = dntm2018(*pair, slots=5, **options).build(3, 2).estimator
        return estimator.then if pair[1] == "annealed" else estimator

    reinforce = made()
    assert (reinforce.weight, reinforce.entropy_weight) == (4e-5, 1e-5)
    assert 0.015 <= reinforce.entropy_weight / reinforce.weight <= 0.33
    assert reinforce.advantage.baseline == "learned" and not reinforce.advantage.return_to_go
    other = made(policy_weight=9e-5, entropy_weight=0.0, baseline="moving_average")
    assert (other.weight, other.entropy_weight) == (9e-5, 0.0)
    assert other.advantage.baseline == "moving_average"


def test_a_dntm_that_the_authors_did_not_run_is_refused_with_what_they_ran():
    with pytest.raises(
        ValueError, match="no lstm with soft, but gru with reinforce, gru with soft"
    ):
        dntm2018("lstm", "soft")


def test_raven_writes_32_of_256_slots_and_reads_all_of_them():
    network = raven2026(width=4).build(3, 2)
    reads = network.cell.reads
    for training in (True, False):
        address = network.train(training)(torch.randn(5, 2, 3)).address
        assert address.weights_BHK.shape[-1] == 256
        written, read = address.heads(slice(reads)), address.heads(slice(reads, None))
        assert ((written.weights_BHK > 0).sum(-1) <= 32).all() and (read.weights_BHK > 0).all()
        assert torch.allclose(written.weights_BHK.sum(-1), torch.ones(5, 2, reads))
    assert network.estimator.noise == 1 and raven2026(slots=8, k=2).cell_options["slots"] == 8


def test_the_delta_rule_and_the_mlstm_as_published_have_nothing_to_choose():
    plain, gated = deltanet2024(width=4), gated_deltanet2025(width=4)
    assert (plain.build(3, 2).cell.gated, gated.build(3, 2).cell.gated) == (False, True)
    for spec in (plain, gated, xlstm2024(width=4)):
        assert spec.estimator == "soft" and spec.build(3, 2).cell.heads == ()
