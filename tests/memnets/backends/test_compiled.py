"""The compiled step: as the reference in outputs, gradients and samples, or visibly not used."""

import copy
import logging
import math
import warnings
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from memnets.assembly import assemble
from memnets.backends import BackendFallback, choose, compiled
from memnets.cells import MemoryCell
from memnets.controllers import Feedforward
from memnets.equations import memory
from memnets.estimators import Estimator, Reinforce, Soft
from memnets.estimators.choices import dense
from memnets.interface import Interface
from memnets.spec import ModelSpec
from memnets.types import join_heads

from .rollouts import run

STEPS, BATCH, INPUTS, OUTPUTS = 5, 3, 4, 2


class Shelf(MemoryCell[Tensor]):
    """Somebody's own memory, known to no kernel: writes and reads by slot number."""

    heads = ("write", "read")

    def __init__(self, input_size, estimator, *, slots=5, width=3):
        super().__init__()
        self.estimator, self.slots, self.read_size = estimator, slots, width
        self.interface = Interface(input_size, {"where": (2, slots), "new": (1, width)})

    def initial_state(self, batch_size):
        zero = self.interface.linear.weight.new_zeros(())
        return zero.expand(batch_size, self.slots, self.read_size)

    def forward(self, h_BC, memory_BNW):
        head = self.interface(h_BC)
        where_BHN, new_BHW = head["where"].softmax(-1), head["new"].tanh()
        write, read = self.estimator(where_BHN[:, :1]), self.estimator(where_BHN[:, 1:])
        memory_BNW = memory.write(memory_BNW, write, torch.ones_like(new_BHW), new_BHW)
        return memory.read(memory_BNW, read).flatten(1), memory_BNW, join_heads(write, read)


class Counting(Estimator):
    """Computes in Python with a number in a buffer, which no single graph can."""

    discrete = False

    def __init__(self):
        super().__init__()
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def forward(self, weighting_BHN):
        return dense(weighting_BHN, math.exp(-int(self.updates)) * weighting_BHN)


class Counted(Shelf):
    """Counts its steps in a buffer."""

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def forward(self, h_BC, memory_BNW):
        self.steps += 1
        return super().forward(h_BC, memory_BNW)


def shelf(make_estimator, backend="compiled"):
    return assemble(Shelf, make_estimator, Feedforward, 6, INPUTS, OUTPUTS, backend=backend)


@pytest.fixture(autouse=True)
def no_compiled_code_is_left():
    yield
    torch._dynamo.reset()


@pytest.fixture
def inputs_TBX():
    return torch.randn(STEPS, BATCH, INPUTS)


def agree(network, inputs_TBX):
    """Outputs to 1e-5 and gradients to 1e-4 of their largest, from the same random numbers."""
    expected, wanted, drawn = run(copy.deepcopy(network), inputs_TBX, "reference")
    found, gradients, also = run(network, inputs_TBX, "compiled")
    assert choose(network, "compiled", inputs_TBX).backend == "compiled"
    assert torch.equal(drawn, also), "the generators are not where the reference leaves them"
    for value, other in zip(pytree.tree_leaves(found), pytree.tree_leaves(expected), strict=True):
        torch.testing.assert_close(value, other, rtol=1e-5, atol=1e-5)
    assert set(gradients) == set(wanted)
    for name, gradient in gradients.items():
        largest = float(wanted[name].abs().max())
        torch.testing.assert_close(gradient, wanted[name], rtol=0, atol=1e-4 * largest + 1e-7)


@pytest.mark.slow
def test_a_plug_in_is_compiled_once_per_batch_size_and_agrees(inputs_TBX, caplog):
    network = shelf(partial(Reinforce, baseline="none"))
    with caplog.at_level(logging.WARNING, logger="memnets"):
        agree(network, inputs_TBX)
        said = [record.getMessage() for record in caplog.records]
        assert len(said) == 2 and "batches of 3: about 20 s" in said[0]
        agree(network, torch.randn(STEPS + 2, BATCH, INPUTS))
        start = network(inputs_TBX[:2])
        torch.manual_seed(2)
        piece = network(inputs_TBX[2:], start.state)
        network.backend = "reference"
        torch.manual_seed(2)
        torch.testing.assert_close(piece[0], network(inputs_TBX[2:], start.state)[0])
        starts_TB, packed = torch.arange(STEPS * BATCH).view(STEPS, BATCH) == 2 * BATCH, []
        for network.backend in ("reference", "compiled"):
            torch.manual_seed(3)
            packed.append(network(inputs_TBX, starts_TB=starts_TB))
        for ours, theirs in zip(packed[0], packed[1], strict=True):
            torch.testing.assert_close(ours, theirs)
        total, parts = network(inputs_TBX).logits_TBY.sum(), list(network.controller.parameters())
        for more in ("create_graph", "retain_graph"):
            with pytest.raises(RuntimeError, match=f'{more}=True.*backend="reference"'):
                torch.autograd.grad(total, parts, **{more: True})
        assert len(caplog.records) == 2
    with torch.no_grad():
        network.eval().backend = "compiled"
        found = network(inputs_TBX).logits_TBY
        network.backend = "reference"
        torch.testing.assert_close(found, network(inputs_TBX).logits_TBY, rtol=1e-5, atol=1e-5)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2


SLOW = [
    ("ntm", "soft", "lstm"),
    ("ntm", "reinforce", "gru"),
    ("ntm", "annealed", "feedforward"),
    ("dnc", "straight_through", "lstm"),
    ("dntm", "reinmax", "rnn"),
    ("ntm", "gumbel", "lstm"),
    ("sam", "top_k", "lstm"),
    ("rlntm", "reinforce", "lstm"),
    ("none", "soft", "graves2013"),
]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("cell", "estimator", "controller"), SLOW)
def test_built_in_cells_agree(cell, estimator, controller, inputs_TBX):
    options = {} if cell == "none" else {"slots": 7, "width": 4}
    spec = ModelSpec(cell, estimator, controller, 8, cell_options=options)
    agree(spec.build(INPUTS, OUTPUTS), inputs_TBX)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_change_of_the_annealed_estimator_is_followed(inputs_TBX):
    spec = ModelSpec("ntm", "annealed", controller_size=8, cell_options={"slots": 7, "width": 4})
    network = spec.build(INPUTS, OUTPUTS)
    agree(network, inputs_TBX)
    network.estimator.use_first.fill_(False)
    agree(network, inputs_TBX)
    assert network.estimator.first is not network.cell.estimator


def test_a_step_that_is_no_single_graph_runs_on_the_reference_and_says_so(inputs_TBX):
    network = shelf(Counting)
    expected, _, _ = run(copy.deepcopy(network), inputs_TBX, "reference")
    with pytest.warns(BackendFallback, match="its step cannot be compiled"):
        found, _, _ = run(network, inputs_TBX, "compiled")
    assert torch.equal(found.logits_TBY, expected.logits_TBY)
    assert choose(network, "compiled").backend == "reference"
    network.estimator.updates += 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        later = network(inputs_TBX)
    assert not torch.equal(later.logits_TBY, expected.logits_TBY)


def test_without_a_compiler_the_reference_runs_from_the_same_random_numbers(inputs_TBX):
    network = shelf(partial(Reinforce, baseline="none"))
    expected, wanted, _ = run(copy.deepcopy(network), inputs_TBX, "reference")
    settings = {"cpp.cxx": (None, "no-such-compiler"), "fx_graph_cache": False}
    with (
        torch._inductor.config.patch(settings),
        pytest.warns(BackendFallback, match="in place of backend 'compiled'"),
    ):
        found, gradients, _ = run(network, inputs_TBX, "compiled")
    assert torch.equal(found.logits_TBY, expected.logits_TBY)
    assert all(torch.equal(gradients[name], wanted[name]) for name in wanted)
    assert "ompiler" in choose(network, "compiled").reason


def test_an_error_of_the_callers_is_raised_as_on_the_reference():
    network = shelf(Counting)
    with pytest.raises(ValueError, match="with X = 4, not"):
        network(torch.randn(STEPS, BATCH, INPUTS + 1))
    assert compiled.Compiled().refuses(network) is None


def test_hooks_are_not_compiled_away(inputs_TBX):
    network, calls = shelf(Counting), []
    network.cell.register_forward_hook(lambda *_: calls.append(1))
    with pytest.warns(BackendFallback, match="hook"):
        network(inputs_TBX)
    assert len(calls) == STEPS


@pytest.fixture
def as_if_compiled(monkeypatch):
    """All that a compiled step is given and tried out on, without the wait for a compiler."""
    monkeypatch.setattr(compiled, "_compiled_step", lambda: compiled._step)


def test_what_a_cell_keeps_in_a_buffer_is_as_on_the_reference(inputs_TBX, as_if_compiled):
    network = assemble(Counted, Soft, Feedforward, 6, INPUTS, OUTPUTS, backend="compiled")
    network(inputs_TBX)
    assert network.cell.steps == STEPS
    network(inputs_TBX[:, :1])
    assert network.cell.steps == 2 * STEPS


def test_a_network_that_learns_nothing_passes_gradients_to_its_inputs(inputs_TBX, as_if_compiled):
    network = shelf(Soft).requires_grad_(False)
    gradients = []
    for backend in ("reference", "compiled"):
        network.backend = backend
        asked = inputs_TBX.clone().requires_grad_()
        network(asked).logits_TBY.square().sum().backward()
        gradients.append(asked.grad)
    assert compiled.Compiled().refuses(network) is None
    torch.testing.assert_close(*gradients)


def test_the_graph_that_a_state_comes_from_is_left_alone(inputs_TBX, as_if_compiled):
    network, gradients = shelf(Soft), []
    for backend in ("reference", "compiled"):
        network.zero_grad()
        network.backend = "reference"
        first = network(inputs_TBX)
        network.backend = backend
        second = network(inputs_TBX, first.state)
        (first.logits_TBY.sum() + second.logits_TBY.sum()).backward()
        gradients.append([part.grad for part in network.parameters()])
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)
