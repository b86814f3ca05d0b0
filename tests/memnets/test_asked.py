"""Logits at some steps alone: those that all steps would have had, and the same gradients."""

import pytest
import torch

from memnets.addressing import addressed
from memnets.backends import Backend, backends, choose
from memnets.registry import cells
from memnets.types import at_steps, join_rollouts

from .building import built, small

STEPS, BATCH = 6, 3
# not in order, one step twice, and another number for every sequence
ASKED = torch.tensor([[5, 0, 3], [1, 4, 3]])


def given(network, *, dtype=torch.float64):
    torch.manual_seed(1)
    return torch.randn(STEPS, BATCH, network.input_size, dtype=dtype, requires_grad=True)


def results(network, logits_SBY, inputs_TBX):
    parameters = [part for part in network.parameters() if part.requires_grad]
    loss = logits_SBY.square().sum()
    return torch.autograd.grad(loss, [inputs_TBX, *parameters], allow_unused=True)


def same(network, inputs_TBX, bound, **call):
    torch.manual_seed(2)
    wanted = at_steps(network(inputs_TBX, **call).logits_TBY, ASKED)
    torch.manual_seed(2)
    found = network(inputs_TBX, **call, asked_SB=ASKED).logits_TBY
    assert found.shape == (*ASKED.shape, 2)
    torch.testing.assert_close(found, wanted, rtol=bound, atol=bound)
    both = (results(network, logits, inputs_TBX) for logits in (found, wanted))
    for ours, theirs in zip(*both, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=bound, atol=bound)


@pytest.mark.parametrize("cell", list(cells))
def test_they_are_those_of_all_steps_on_the_reference(cell):
    network = built(cell, backend="reference").double()
    same(network, given(network), 1e-12)


@pytest.mark.parametrize(
    ("cell", "options", "backend"),
    [
        ("none", {}, "numba"),
        ("ntm", {}, "numba"),
        ("attention", {"feed_read": False}, "chunked"),
        ("delta", {"feed_read": False}, "chunked"),
    ],
)
def test_they_are_those_of_all_steps_on_fast_backends(cell, options, backend):
    network = built(cell, backend=backend, **options)
    inputs_TBX = given(network, dtype=torch.float32)
    assert choose(network, backend, inputs_TBX).backend == backend
    same(network, inputs_TBX, 1e-5)


def test_only_theirs_are_computed(monkeypatch):
    network = built(backend="reference").double()
    seen = []
    network.readout.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[:2]))
    network(given(network), asked_SB=ASKED)
    network(given(network))
    assert seen == [(2, BATCH), (STEPS, BATCH)]


def test_episodes_a_state_and_dropped_parts_of_the_bypass_change_nothing():
    network = built(backend="reference", bypass_dropout=0.5).double()
    starts_TB = torch.zeros(STEPS, BATCH, dtype=torch.bool)
    starts_TB[2, 0] = starts_TB[4] = True
    with torch.no_grad():
        state = network(given(network)).state
    same(network, given(network), 1e-12, state=state)
    same(network, given(network), 1e-12, state=state, starts_TB=starts_TB)


def test_more_steps_may_be_asked_for_than_there_are():
    network = built(backend="reference").double()
    asked_SB = torch.arange(2 * STEPS).remainder(STEPS).unsqueeze(1).expand(-1, BATCH)
    found = network(given(network), asked_SB=asked_SB).logits_TBY
    assert torch.equal(found, network(given(network)).logits_TBY.repeat(2, 1, 1))


class Halves(Backend):
    """From elsewhere: it reads out the halves of a sequence one after the other."""

    def refuses(self, network, inputs_TBX=None, state=None):
        return None

    def unroll(self, network, inputs_TBX, state):
        first = network.unroll(inputs_TBX[: STEPS // 2], state)
        second = network.unroll(inputs_TBX[STEPS // 2 :], first.state)
        return join_rollouts([first, second])


def test_a_backend_that_knows_nothing_of_it_computes_all_and_gives_the_same(monkeypatch):
    for memo in ("_registered", "_found"):
        monkeypatch.setattr(backends, memo, dict(getattr(backends, memo)))
    backends.register("halves")(Halves)
    network = built(backend="halves").double()
    same(network, given(network), 1e-12)


@pytest.mark.parametrize("options", [{}, {"read_steps": 2}])
def test_without_its_memory_a_network_is_asked_likewise(options):
    network = small("dntm", cell_options=options, backend="reference").double()
    with addressed(network, "cut off") as alone:
        wanted = at_steps(alone(given(network)).logits_TBY, ASKED)
        found = alone(given(network), asked_SB=ASKED).logits_TBY
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([[1, 2, 3]], "int64 .S, B., not list"),
        (ASKED.float(), "int64 .S, B., not torch.float32"),
        (ASKED[:, :2], r"shape \(2, 2\), do not go with inputs .* shape \(6, 3, 4\)"),
        (ASKED[0], r"shape \(3,\)"),
    ],
)
def test_what_cannot_be_steps_is_refused_in_one_sentence(asked, said):
    network = built(backend="reference").double()
    with pytest.raises(ValueError, match=said):
        network(given(network), asked_SB=asked)
    # and a call that fails leaves nothing behind
    assert len(network(given(network)).logits_TBY) == STEPS


def test_a_step_beyond_the_sequence_is_an_error_and_leaves_nothing_behind():
    network = built(backend="reference").double()
    with pytest.raises((RuntimeError, IndexError), match="out of bounds"):
        network(given(network), asked_SB=ASKED + 1)
    assert len(network(given(network)).logits_TBY) == STEPS
