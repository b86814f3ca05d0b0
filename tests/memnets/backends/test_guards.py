"""Calls, states and surroundings that only the reference takes: it runs, and results are its."""

import os
import re
import subprocess
import sys
import warnings
from types import SimpleNamespace

import pytest
import torch
from torch.nn.modules import module as modules

from memnets.backends import choose, guards, warm_up
from memnets.backends.numba.backend import Numba
from memnets.backends.numba.cells.base import numba_cells
from memnets.spec import ModelSpec

from ..building import small

kernels = Numba()

STEPS, BATCH, INPUTS, OUTPUTS = 6, 3, 5, 4
CELLS = ["ntm", "dnc", "dntm", "rlntm", "tardis", "sam", "none"]


def built(cell="ntm", controller="lstm", **options):
    return small(cell, "soft", controller, inputs=INPUTS, outputs=OUTPUTS, cell_options=options)


@pytest.fixture
def inputs_TBX():
    return torch.randn(STEPS, BATCH, INPUTS)


@pytest.fixture
def no_kernel_runs(monkeypatch):
    def refuse(*_):
        raise AssertionError("the kernels ran")

    monkeypatch.setattr("memnets.backends.numba.backend.Numba.unroll", refuse)


def outcome(network, backend, *given):
    """The logits of a call, or the kind of error that it raises."""
    network.backend = backend
    try:
        return network(*given).logits_TBY
    except (RuntimeError, ValueError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("width", [INPUTS - 1, INPUTS + 1])
@pytest.mark.parametrize("controller", ["lstm", "gru", "feedforward", "graves2013", "rnn"])
@pytest.mark.parametrize("cell", CELLS)
def test_inputs_of_another_width_are_an_error(cell, controller, width):
    network, inputs_TBX = built(cell, controller), torch.randn(STEPS, BATCH, width)
    with pytest.raises(ValueError, match=f"with X = {INPUTS}"):
        network(inputs_TBX)
    if kernels.refuses(network) is None:
        told = f"the inputs are of the shape {(STEPS, BATCH, width)}, not (T, B, {INPUTS})"
        assert choose(network, "fused", inputs_TBX).reason == told
        with pytest.raises(ValueError, match=re.escape(told)):
            kernels(network, inputs_TBX)


def of_another_cell(network, batch):
    other = built(type(network.cell).__name__.lower(), slots=9, width=5)
    return other.initial_state(batch)


STATES = {
    "of a larger batch": lambda network: network.initial_state(BATCH + 2),
    "of a smaller batch": lambda network: network.initial_state(BATCH - 1),
    "of one sequence": lambda network: network.initial_state(1),
    "whose memory alone is of a larger batch": lambda network: network.initial_state(
        BATCH
    )._replace(cell=network.cell.initial_state(BATCH + 2)),
    "of a cell with other sizes": lambda network: of_another_cell(network, BATCH),
    "with the controller's in a list": lambda network: network.initial_state(BATCH)._replace(
        controller=list(network.controller.initial_state(BATCH))
    ),
    "without the controller's": lambda network: network.initial_state(BATCH)._replace(
        controller=()
    ),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell != "none"])
def test_a_state_that_is_not_the_networks_own(cell, state, inputs_TBX, no_kernel_runs):
    network = built(cell)
    given = inputs_TBX, STATES[state](network)
    expected, found = outcome(network, "reference", *given), outcome(network, "auto", *given)
    if isinstance(expected, type):
        assert found is expected
    else:
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_controllers_state_without_a_memory(inputs_TBX, no_kernel_runs):
    for controller in ("lstm", "gru", "rnn", "graves2013"):
        network = built("none", controller)
        given = inputs_TBX, network.initial_state(BATCH + 1)
        assert outcome(network, "auto", *given) is ValueError


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_that_a_rollout_leaves_is_the_networks_own(cell, inputs_TBX):
    for controller in ("lstm", "gru", "feedforward"):
        network = built(cell, controller)
        for backend in ("reference", "fused"):
            network.backend = backend
            state = network(inputs_TBX).state
            assert guards.odd_state(state, network, BATCH) is None
            assert "in place of" in (guards.odd_state(state, network, 9) or "")


def test_a_traced_network_is_the_reference(inputs_TBX, no_kernel_runs):
    network = built().requires_grad_(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(
            lambda x_TBX: network(x_TBX).logits_TBY, inputs_TBX, check_trace=False
        )
    other_TBX = torch.randn(STEPS, BATCH, INPUTS)
    network.backend = "reference"
    torch.testing.assert_close(traced(other_TBX), network(other_TBX).logits_TBY)


@pytest.mark.filterwarnings("ignore:For backward hooks to be called")
@pytest.mark.parametrize(
    "register",
    [modules.register_module_full_backward_hook, modules.register_module_full_backward_pre_hook],
)
def test_a_backward_hook_on_every_module_is_called(register, inputs_TBX):
    network, seen = built(), set()
    handle = register(lambda module, *_: seen.add(module))
    try:
        assert "backward hook is on all" in choose(network, "auto", inputs_TBX).reason
        network(inputs_TBX.requires_grad_()).logits_TBY.sum().backward()
    finally:
        handle.remove()
    assert {network.cell.interface.linear, network.controller.cells[0]} <= seen
    assert choose(network, "auto", inputs_TBX).backend == "numba"


WITHOUT_A_COMPILER = """
import torch
from memnets import ModelSpec
from memnets.backends import choose
network, inputs_TBX = ModelSpec("ntm", controller_size=8).build(3, 2), torch.zeros(2, 1, 3)
assert "cannot be loaded (ImportError: NUMBA_DISABLE_JIT is set)" in choose(network).reason
network(inputs_TBX)
assert choose(ModelSpec("none").build(3, 2)).backend == "numba"
"""


def test_kernels_that_fail_to_load_are_a_reason_under_auto():
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", WITHOUT_A_COMPILER], check=True, env=environment)


def test_kernels_are_tried_once(monkeypatch, inputs_TBX):
    tries = []

    def load(name):
        tries.append(1)
        raise RuntimeError("cannot cache function: no locator\nand more")

    monkeypatch.setattr(numba_cells, "_entries", {})
    monkeypatch.setattr(numba_cells, "get", load)
    network = built()
    reason = "the fused kernels cannot be loaded (RuntimeError: cannot cache function: no locator)"
    assert choose(network, "numba").reason == reason
    network(inputs_TBX)
    assert len(tries) == 1
    with pytest.raises(ValueError, match="cannot be loaded"):
        kernels(network, inputs_TBX)


@pytest.mark.parametrize("backend", ["fused", "reference", "auto"])
def test_a_network_that_learns_nothing_is_warmed_up(backend):
    network = built().requires_grad_(False)
    network.backend = backend
    warm_up(network)
    network.readout.requires_grad_(True)
    warm_up(network)
    assert all(part.grad is None for part in network.parameters())


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (ModelSpec("sdnc"), "the cell SDNC has no kernel"),
        (ModelSpec("ntm", "gumbel_rao"), "the estimator GumbelRao has no kernel"),
        (ModelSpec("ntm", controller_options={"layers": 2}), "the controller has 2"),
        (ModelSpec("dnc", cell_options={"masking": True}), "no kernel for masking"),
    ],
)
def test_kernels_asked_for_directly_refuse_what_they_do_not_cover(spec, why, inputs_TBX):
    with pytest.raises(ValueError, match=f"backend 'numba' cannot run this: .*{why}"):
        kernels(spec.build(INPUTS, OUTPUTS), inputs_TBX)


def test_auto_and_fused_take_the_kernels_for_a_gpu_there(monkeypatch):
    weight = SimpleNamespace(device=torch.device("cuda"))
    network = SimpleNamespace(readout=SimpleNamespace(weight=weight))
    monkeypatch.setattr("memnets.backends.triton.backend.Triton.refuses", lambda *_: None)
    assert choose(network, "auto").backend == choose(network, "fused").backend == "triton"
