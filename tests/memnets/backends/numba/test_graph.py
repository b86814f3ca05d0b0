"""A fused rollout as an operation of autograd's graph, and the memory it lives in."""

import copy
import math

import pytest
import torch
from torch.utils import _pytree as pytree

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.backends.numba.rollouts import arena

from ..rollouts import outputs_of, results
from .unrolled import ESTIMATORS, INPUTS, SEVERAL_HEADS, build, every_cell, fused, moved

kernels = Numba()

every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("estimator", [*ESTIMATORS, "annealed"])
@every_cell
def test_without_gradients_the_same_to_the_bit(cell, estimator, mode, training):
    network, inputs = build(cell, estimator).train(training), torch.randn(15, 3, INPUTS)
    torch.manual_seed(2)
    expected = kernels(network, inputs)
    with mode():
        torch.manual_seed(2)
        found = kernels(network, inputs)
    assert not found.logits_TBY.requires_grad
    for one, two in zip(outputs_of(found).values(), outputs_of(expected).values(), strict=True):
        assert torch.equal(one, two)


@every_estimator
@every_cell
def test_backward_twice_is_the_same_and_only_where_the_graph_is_kept(cell, estimator):
    network = build(cell, estimator)
    loss = kernels(network, torch.randn(20, 3, INPUTS)).logits_TBY.square().sum()
    bias = network.cell.interface.linear.bias
    grads = [torch.autograd.grad(loss, bias, retain_graph=keep)[0] for keep in (True, True, False)]
    assert all(torch.equal(grad, grads[0]) for grad in grads)
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(loss, bias)


@pytest.mark.parametrize("readout_learns", [True, False])
@every_cell
def test_a_second_derivative_is_refused(cell, readout_learns):
    network = build(cell)
    network.readout.requires_grad_(readout_learns)
    inputs = torch.randn(5, 2, INPUTS, requires_grad=True)
    loss = kernels(network, inputs).logits_TBY.sum()
    with pytest.raises(RuntimeError, match='backend="reference"'):
        torch.autograd.grad(loss, inputs, create_graph=True)
    torch.autograd.grad(loss, inputs)


@pytest.mark.parametrize(
    "what", ["hidden", "read", "cell", "controller's weight", "cell's weight", "first memory"]
)
@every_cell
def test_what_the_way_back_needs_may_not_be_changed_in_place(cell, what):
    network, inputs = build(cell), torch.randn(6, 2, INPUTS)
    state = moved(network.initial_state(2))
    rollout = kernels(network, inputs, state)
    loss = rollout.logits_TBY.sum()
    changed = {
        "hidden": rollout.hidden_TBC,
        "read": rollout.state.read_BO,
        "cell": rollout.state.controller[0][1],
        "controller's weight": network.controller.cells[0].weight_hh,
        # the D-NTM's interface is joined to its gate first
        "cell's weight": getattr(network.cell, "address", network.cell.interface.linear.weight),
        "first memory": state.cell[0],
    }[what]
    with torch.no_grad():
        changed.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@every_cell
def test_frozen_parameters_and_inputs_that_are_not_contiguous(cell):
    network, inputs = build(cell), torch.randn(3, 7, INPUTS)
    network.cell.requires_grad_(False)
    expected = kernels(network, inputs.transpose(0, 1).contiguous())
    found = kernels(network, inputs.transpose(0, 1))
    # the D-NTM's gate multiplies inputs as they lie
    near = 1e-6 if cell == "dntm" else 0.0
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY, rtol=0, atol=near)
    found.logits_TBY.sum().backward()
    assert network.cell.interface.linear.weight.grad is None
    assert network.controller.cells[0].weight_hh.grad.abs().max() > 0


@every_estimator
@every_cell
def test_nothing_is_read_that_was_not_written(cell, estimator, monkeypatch):
    network = build(cell, estimator, **SEVERAL_HEADS.get(cell, {}))
    inputs = torch.randn(9, 3, INPUTS)
    plain, found = arena.Arena.empty, []

    def poisoned(self, *shape):
        array = plain(self, *shape)
        array.fill(math.nan)
        return array

    for empty in (plain, poisoned):
        monkeypatch.setattr(arena.Arena, "empty", empty)
        # a baseline learns from every loss that is asked for
        again = copy.deepcopy(network)
        found.append(results(again, fused(again), inputs, None))
    for one, two in zip(*found, strict=True):
        for name, x in one.items():
            assert torch.equal(x, two[name]), name


@every_cell
def test_a_rollout_survives_later_ones(cell):
    network = build(cell)
    rollout = kernels(network, torch.randn(9, 3, INPUTS))
    before = pytree.tree_map(torch.clone, outputs_of(rollout))
    for _ in range(12):
        kernels(network, torch.randn(9, 3, INPUTS)).logits_TBY.sum().backward()
    for name, x in outputs_of(rollout).items():
        assert torch.equal(x, before[name]), name
