"""What a loss can sum beside its cost: values against loops, gradients, and refusals."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from memnets.registry import regularisers
from memnets.regularisers import read_write_gap

from .rollouts_and_terms import BATCH, INPUTS, SLOTS, STEPS, run, small, sources, term, weightings


def naive_gap(reads, writes):
    """Σ_t (1 - (1/t Σ_{s≤t} u_s)ᵀ w_t)² of each row, averaged; nested lists over t, b, slots."""
    rows = range(len(reads[0]))
    total = 0.0
    for b in rows:
        for t in range(len(reads)):
            overlap = 0.0
            for n in range(len(reads[0][0])):
                mean = sum(writes[s][b][n] for s in range(t + 1)) / (t + 1)
                overlap += mean * reads[t][b][n]
            total += (1 - overlap) ** 2
    return total / len(rows)


def test_the_gap_between_reads_and_writes_is_the_papers_sum():
    reads, writes = weightings(STEPS, BATCH, SLOTS), weightings(STEPS, BATCH, SLOTS, seed=1)
    actual = read_write_gap(reads, writes).item()
    assert actual == pytest.approx(naive_gap(reads.tolist(), writes.tolist()), abs=1e-10)
    assert gradcheck(read_write_gap, (reads.requires_grad_(), writes.requires_grad_()))


def test_reading_the_only_slot_ever_written_costs_nothing_and_reading_elsewhere_one_a_step():
    here = torch.eye(SLOTS)[2].expand(STEPS, BATCH, SLOTS)
    assert read_write_gap(here, here) == 0
    assert read_write_gap(here, here.roll(1, -1)) == STEPS
    # written here first and there next: after two steps, half of what was written is here
    turns = torch.eye(SLOTS)[[2, 3]].unsqueeze(1)
    assert read_write_gap(here[:2, :1], turns) == 0.25


@pytest.mark.parametrize(
    ("cell", "options", "writes"),
    [
        ("ntm", {}, 1),
        ("ntm", {"write_heads": 2, "read_heads": 3}, 2),
        ("dntm", {"address_width": 2, "read_steps": 2}, 1),
        ("sam", {"heads": 2}, 2),
    ],
)
@pytest.mark.parametrize("estimator", ["soft", "reinforce", "top_k"])
def test_read_write_consistency_averages_the_heads_of_each_kind(cell, options, writes, estimator):
    network = small(cell, estimator, **options)
    rollout, inputs_TBX = run(network)
    dense = rollout.address.dense(SLOTS)
    reads, written = dense[:, :, writes:].mean(2), dense[:, :, :writes].mean(2)
    expected = 0.3 * naive_gap(reads.tolist(), written.tolist())
    actual = term("read_write_consistency", network, weight=0.3)(rollout, inputs_TBX)
    assert actual.item() == pytest.approx(expected, abs=1e-10)


def test_address_entropy_rewards_the_entropy_of_every_step_and_head():
    network = small(write_heads=2)
    rollout, inputs_TBX = run(network)
    total = 0.0
    for row in rollout.address.weights_BHK.transpose(0, 1).flatten(1, 2).tolist():
        for weighting in row:
            total -= sum(w * math.log(w) for w in weighting if w > 0)
    actual = term("address_entropy", network, weight=0.5)(rollout, inputs_TBX)
    assert actual.item() == pytest.approx(-0.5 * total / BATCH, abs=1e-8)


def test_a_rewarded_entropy_spreads_weightings_and_a_penalised_one_gathers_them():
    entropies = {}
    for weight in (-1.0, 1.0):
        network = small()
        inputs_TBX = torch.randint(2, (STEPS, BATCH, INPUTS)).double()
        before = run(network, inputs_TBX)[0].address.entropy_BH.mean().item()
        optimiser = torch.optim.Adam(network.parameters(), 0.02)
        for _ in range(20):
            rollout, _ = run(network, inputs_TBX)
            optimiser.zero_grad()
            term("address_entropy", network, weight=weight)(rollout, inputs_TBX).backward()
            optimiser.step()
        entropies[weight] = run(network, inputs_TBX)[0].address.entropy_BH.mean().item() - before
    assert entropies[-1.0] < 0 < entropies[1.0]


def test_next_input_is_the_cross_entropy_of_the_bits_to_come():
    network = small()
    rollout, inputs_TBX = run(network)
    predictor = term("next_input", network, weight=0.7)
    linear, total = predictor.predict, 0.0
    for t in range(STEPS - 1):
        for b in range(BATCH):
            for x in range(INPUTS):
                logit = (linear.weight[x] @ rollout.hidden_TBC[t, b] + linear.bias[x]).item()
                p = 1 / (1 + math.exp(-logit))
                total -= math.log(p if inputs_TBX[t + 1, b, x] == 1 else 1 - p)
    actual = predictor(rollout, inputs_TBX)
    assert actual.item() == pytest.approx(0.7 * total / BATCH, abs=1e-10)


def test_next_input_trains_its_own_parameters_and_the_controller():
    network = small()
    rollout, inputs_TBX = run(network)
    predictor = term("next_input", network)
    assert {name for name, _ in predictor.named_parameters()} == {"predict.weight", "predict.bias"}
    predictor(rollout, inputs_TBX).backward()
    for part in (predictor, network.controller):
        assert all(p.grad is not None and (p.grad != 0).any() for p in part.parameters())
    assert all(p.grad is None for p in network.readout.parameters())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("address_entropy", {}),
        ("read_write_consistency", {}),
        ("next_input", {}),
        ("address_supervision", {"sources_TB": sources()}),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
@pytest.mark.parametrize("cell", ["ntm", "dntm", "dnc", "lrua", "rlntm"])
def test_the_gradient_of_a_term_reaches_the_interface_and_is_finite(name, told, cell):
    network = small(cell)
    rollout, inputs_TBX = run(network)
    value = term(name, network)(rollout, inputs_TBX, **told)
    assert value.shape == () and value.isfinite()
    value.backward()
    grad = next(network.controller.parameters()).grad
    assert grad is not None and grad.isfinite().all() and (grad != 0).any()


def test_the_registry_has_these_and_a_term_without_weight_is_nothing():
    names = {"address_entropy", "read_write_consistency", "next_input", "address_supervision"}
    assert names <= set(regularisers)
    network = small()
    rollout, inputs_TBX = run(network)
    known = {"sources_TB": sources()}
    for name in regularisers:
        idle = term(name, network, weight=0.0)
        assert idle(rollout, inputs_TBX, **{told: known[told] for told in idle.wanted()}) == 0


@pytest.mark.parametrize("bad", [-1.0, 2.0])
def test_next_input_refuses_inputs_that_are_no_bits(bad):
    network = small()
    rollout, inputs_TBX = run(network)
    inputs_TBX[1, 1, 1] = bad
    with pytest.raises(ValueError, match="next_input needs inputs between 0 and 1"):
        term("next_input", network)(rollout, inputs_TBX)


@pytest.mark.parametrize("name", ["read_write_consistency", "address_supervision"])
def test_terms_of_reads_and_writes_refuse_a_network_without_memory(name):
    with pytest.raises(ValueError, match=f"{name} needs a memory with write and read heads"):
        term(name, small("none"))
