"""What is not a number stays so, wherever it stays so on the reference, and nowhere else."""

import copy
import itertools
import math

import pytest
import torch
from torch import Tensor

pytest.importorskip("numba")

from memnets.network import MemoryNetwork

from ..rollouts import outputs_of
from .unrolled import CELLS, ESTIMATORS, INPUTS, SEVERAL_HEADS, build, every_cell, fused

BEGINS = 2
"""The first step whose input is not a number."""

CONTENTS = {"dntm": "content_BNW", "tardis": "content_BNW"}
WRITE_ALL = ("ntm", "dnc", "dntm", "tardis")
"""Cells whose kernels write every slot by its weight, of those that `top_k` dropped zero."""

every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)
every_mode = pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])


def rollouts(network: MemoryNetwork, inputs_TBX: Tensor) -> tuple[dict[str, Tensor], ...]:
    """All that the kernels give, and all that the reference gives."""
    found = []
    for unroll in (fused(network), copy.deepcopy(network)):
        torch.manual_seed(1)
        found.append(outputs_of(unroll(inputs_TBX)))
    return found[0], found[1]


def contents(cell: str) -> str:
    return f".state.cell.{CONTENTS.get(cell, 'memory_BNW')}"


def the_same_are_nan(
    cell: str, estimator: str, found: dict[str, Tensor], wanted: dict[str, Tensor]
) -> None:
    assert found.keys() == wanted.keys()
    for name, x in wanted.items():
        if estimator == "top_k" and cell in WRITE_ALL and name == contents(cell):
            assert found[name].isnan()[x.isnan()].all(), "zero times NaN may reach further slots"
        else:
            assert torch.equal(found[name].isnan(), x.isnan()), name


@every_mode
@pytest.mark.parametrize("controller", ["feedforward", "lstm"])
@every_estimator
@every_cell
def test_an_input_that_is_not_a_number_shows_from_its_step_on(
    cell, estimator, controller, training
):
    options = SEVERAL_HEADS.get(cell, {})
    network = build(cell, estimator, controller, **options).train(training)
    inputs_TBX = torch.randn(6, 3, INPUTS)
    inputs_TBX[BEGINS, 1] = math.nan
    found, wanted = rollouts(network, inputs_TBX)
    shown_T = wanted[".logits_TBY"][:, 1].isnan().all(-1)
    # with nothing but some rows to remember by, these may read others, and forget
    by_rows = cell in ("tardis", "sam") and controller == "feedforward"
    forgets = by_rows and estimator == "reinforce"
    assert shown_T[BEGINS] if forgets else shown_T[BEGINS:].all()
    assert found[contents(cell)][1].isnan().any()
    the_same_are_nan(cell, estimator, found, wanted)


def parameters() -> list[tuple[str, str, str]]:
    """Each parameter of each cell's interface with each estimator.

    Without writes that the DNC's no-ops do not make: on the reference they are zero times NaN.
    """
    every = itertools.product(CELLS, ESTIMATORS)
    found = [(c, e, name) for c, e in every for name in build(c).cell.interface.shapes]
    return [x for x in found if x[:2] != ("dnc", "reinforce") or x[2] not in ("erase", "add")]


@every_mode
@pytest.mark.parametrize(("cell", "estimator", "name"), parameters())
def test_a_parameter_that_is_not_a_number_shows(cell, estimator, name, training):
    network = build(cell, estimator).train(training)
    with torch.no_grad():
        network.cell.interface.bias_of(name).fill_(math.nan)
    found, wanted = rollouts(network, torch.randn(5, 2, INPUTS))
    the_same_are_nan(cell, estimator, found, wanted)


@pytest.mark.parametrize("name", ["erase", "add"])
def test_a_no_op_of_a_sparse_address_writes_nothing_whatever_it_would_write(name):
    network = build("dnc", "reinforce").eval()
    with torch.no_grad():
        network.cell.interface.bias_of("write_gate").fill_(-40.0)
        network.cell.interface.bias_of(name).fill_(math.nan)
    found, _ = rollouts(network, torch.randn(5, 2, INPUTS))
    assert not found[".state.cell.memory_BNW"].any()


@every_estimator
@every_cell
def test_gradients_are_not_numbers_where_those_of_the_reference_are_none(cell, estimator):
    network, inputs_TBX = build(cell, estimator), torch.randn(6, 3, INPUTS)
    inputs_TBX[BEGINS, 1] = math.nan
    found = []
    reference = copy.deepcopy(network)
    for net, unroll in ((network, fused(network)), (reference, reference)):
        torch.manual_seed(1)
        loss = unroll(inputs_TBX).logits_TBY.square().sum()
        grads = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
        names = dict(net.named_parameters())
        pairs = zip(names, grads, strict=True)
        found.append({name: grad for name, grad in pairs if grad is not None})
    for name, wanted in found[1].items():
        assert found[0][name].isnan()[wanted.isnan()].all(), name
