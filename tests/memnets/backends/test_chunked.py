"""Whole stretches at once: the reference's outputs, addresses, states and gradients."""

import copy

import pytest
import torch

from memnets.addressing import CUT_OFF, addressed
from memnets.backends import choose
from memnets.backends.chunked.cells import slots
from memnets.estimators import Shuffled
from memnets.registry import backends, controllers
from memnets.spec import ModelSpec

from ..building import small
from .stretches import CELLS, MEMORIES, same, unfed

STEPS, BATCH = 70, 3
# features over their small sum: gradients of several thousand, of which 1e-10 is below rounding
RELATIVE = {"delta, dpfp, gated": 1e-10}
ESTIMATORS = {"soft": {}, "top_k": {"k": 3}, "straight_through": {}}


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("memory", MEMORIES)
def test_a_sequence_in_stretches_is_that_in_steps(memory, estimator):
    cell, options = MEMORIES[memory]
    network = unfed(cell, estimator, options=options, estimator_options=ESTIMATORS[estimator])
    network = network.double()
    inputs_TBX = torch.randn(STEPS, BATCH, 4, dtype=torch.float64)
    same(network, inputs_TBX, rtol=RELATIVE.get(memory, 0.0))
    with torch.no_grad():
        state = network(inputs_TBX[:11]).state
    # from a state that is not the first, by a stretch that is not whole
    same(network, inputs_TBX[:9], state, rtol=RELATIVE.get(memory, 0.0))


@pytest.mark.parametrize("strength", [1.0, 20.0, 2_000.0])
@pytest.mark.parametrize("routed", [False, True])
def test_slots_that_fade_at_once_are_those_of_steps(strength, routed, monkeypatch):
    network = unfed("slots", options={"routed": routed, "damping": 1.0}).double()
    with torch.no_grad():
        network.cell.interface.linear.weight.mul_(strength)
    cut, in_halves = [], slots._in_halves
    monkeypatch.setattr(slots, "_in_halves", lambda *call: cut.append(1) or in_halves(*call))
    # gradients of weights so large are large as well
    same(network, torch.randn(70, BATCH, 4, dtype=torch.float64), rtol=1e-9 * (strength > 1))
    assert cut or routed


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
@pytest.mark.parametrize("memory", MEMORIES)
def test_one_step_by_itself_and_one_after_a_whole_stretch(memory, estimator):
    cell, options = MEMORIES[memory]
    network = unfed(cell, estimator, options=options).double()
    inputs_TBX = torch.randn(65, BATCH, 4, dtype=torch.float64)
    same(network, inputs_TBX[:1], rtol=RELATIVE.get(memory, 0.0))
    same(network, inputs_TBX, rtol=RELATIVE.get(memory, 0.0))


@pytest.mark.parametrize("controller", list(controllers))
@pytest.mark.parametrize("cell", CELLS)
def test_with_every_controller(cell, controller):
    network = unfed(cell, "soft", controller).double()
    same(network, torch.randn(20, BATCH, 4, dtype=torch.float64))


@pytest.mark.parametrize("estimator", ["soft", "straight_through"])
@pytest.mark.parametrize("memory", MEMORIES)
def test_episodes_that_begin_at_different_steps(memory, estimator):
    cell, options = MEMORIES[memory]
    network = unfed(cell, estimator, options=options).double()
    starts_TB = torch.zeros(40, BATCH, dtype=torch.bool)
    starts_TB[13, 0] = starts_TB[29, 2] = True
    inputs_TBX = torch.randn(40, BATCH, 4, dtype=torch.float64)
    same(network, inputs_TBX, None, starts_TB, rtol=RELATIVE.get(memory, 0.0))


@pytest.mark.parametrize("memory", MEMORIES)
def test_in_bfloat16_it_is_as_near_to_float64_as_the_steps_are(memory):
    cell, options = MEMORIES[memory]
    network = unfed(cell, options=options).bfloat16()
    inputs_TBX = torch.randn(STEPS, BATCH, 4).bfloat16()

    def logits_and_gradients(network, backend, inputs_TBX):
        network.backend = backend
        logits_TBY = network(inputs_TBX).logits_TBY
        assert logits_TBY.dtype == inputs_TBX.dtype
        gradients = torch.autograd.grad(logits_TBY.sin().sum(), list(network.parameters()))
        return logits_TBY.double(), torch.cat([part.flatten().double() for part in gradients])

    assert choose(network, "auto", inputs_TBX).backend == "chunked"
    exact = copy.deepcopy(network).double()
    expected = logits_and_gradients(exact, "reference", inputs_TBX.double())
    steps = logits_and_gradients(network, "reference", inputs_TBX)
    stretches = logits_and_gradients(network, "chunked", inputs_TBX)
    for found, stepped, right in zip(stretches, steps, expected, strict=True):
        assert (found - right).norm() <= 2 * (stepped - right).norm()


@pytest.mark.parametrize("cell", CELLS)
def test_it_is_differentiated_twice(cell):
    network = unfed(cell).double()
    network.backend = "chunked"
    inputs_TBX = torch.randn(3, 1, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: network(x).logits_TBY, (inputs_TBX,))


def shuffled():
    network = unfed("slots").eval()
    network.cell.estimator = Shuffled(network.estimator, seed=0)
    return network


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (lambda: small("attention"), "its controller is fed what was read"),
        (lambda: unfed("ntm"), "the cell NTM has no form for whole sequences"),
        (lambda: unfed("slots", "gumbel_rao"), "the estimator GumbelRao cannot draw its numbers"),
        (shuffled, "the estimator Shuffled is not registered"),
    ],
)
def test_what_it_refuses_and_why(network, reason):
    network = network()
    assert reason in backends.get("chunked")().refuses(network)
    assert choose(network).backend != "chunked"


def test_a_module_that_may_draw_numbers_is_refused():
    network = unfed("slots")
    network.cell.query_norm = torch.nn.Dropout(0.5)
    refused = backends.get("chunked")().refuses(network)
    assert refused == "its cell.query_norm is a Dropout"


def test_inputs_of_another_precision_and_other_states_are_left_to_the_reference():
    network, chunked = unfed("attention"), backends.get("chunked")()
    inputs_TBX = torch.randn(4, 2, 4)
    assert chunked.refuses(network, inputs_TBX, network.initial_state(2)) is None
    assert "float64" in chunked.refuses(network, inputs_TBX.double())
    assert "shape" in chunked.refuses(network, inputs_TBX, network.initial_state(3))


@pytest.mark.parametrize("cell", ["attention", "ntm", "none", "tardis"])
def test_a_controller_that_is_not_fed_sees_the_inputs_alone(cell):
    network = unfed(cell, backend="reference").double().eval()
    inputs_TBX = torch.randn(5, 2, 4, dtype=torch.float64)
    rollout = network(inputs_TBX)
    state = network.controller.initial_state(2)
    for x_BX, h_BC in zip(inputs_TBX, rollout.hidden_TBC, strict=True):
        expected, state = network.controller(x_BX, state)
        torch.testing.assert_close(h_BC, expected)


def test_kernels_that_feed_the_controller_refuse_one_that_is_not_fed():
    refused = backends.get("numba")().refuses(unfed("ntm"))
    assert refused == "its controller is not fed what was read (feed_read), the kernels feed theirs"
    assert "feed_read" not in (backends.get("numba")().refuses(unfed("none")) or "")


def test_a_spec_that_feeds_is_stored_as_before_there_was_a_choice():
    fed, alone = ModelSpec("attention"), ModelSpec("attention", feed_read=False)
    assert "feed_read" not in fed.to_json() and alone.to_json()["feed_read"] is False
    assert all(ModelSpec.from_json(spec.to_json()) == spec for spec in (fed, alone))


@pytest.mark.parametrize("value", [0, "no", None])
def test_feed_read_is_true_or_false(value):
    with pytest.raises(ValueError, match="feed_read is True or False"):
        ModelSpec("attention", feed_read=value)


def test_a_memory_that_is_read_several_times_a_step_feeds_its_controller():
    with pytest.raises(ValueError, match="2 reads a step feeds them to the controller"):
        ModelSpec("dntm", cell_options={"read_steps": 2}, feed_read=False).build(3, 2)


@pytest.mark.parametrize("cell", ["attention", "ntm"])
def test_cut_off_it_reads_zeros(cell):
    network = unfed(cell, backend="reference").eval()
    inputs_TBX = torch.randn(5, 2, 4)
    with torch.no_grad(), addressed(network, CUT_OFF) as changed:
        found = changed(inputs_TBX).logits_TBY
        hidden_TBC = network(inputs_TBX).hidden_TBC
        blank_TBO = torch.zeros(5, 2, network.cell.read_size)
        expected = network.readout(torch.cat([hidden_TBC, blank_TBO], -1))
    torch.testing.assert_close(found, expected)
