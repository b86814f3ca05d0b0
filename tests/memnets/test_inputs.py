"""What a network is called with: sizes that do not fit, nothing at all, and every precision."""

import pytest
import torch

from memnets.registry import cells, controllers, estimators

from .building import built
from .variants import slow_but

INPUTS, OUTPUTS = 5, 2
PERSISTENT = [
    ("rlntm", {"persistent": True}),
    ("tardis", {"persistent": True}),
    ("sam", {"persistent": True}),
]
VARIANTS = [*((name, {}) for name in cells), *PERSISTENT, ("dntm", {"read_steps": 2})]


def on_the_reference(*parts, options=None):
    return built(*parts, inputs=INPUTS, backend="reference", cell_options=options or {})


def loss_of(network, inputs_TBX):
    rollout = network(inputs_TBX)
    cost_TB = rollout.logits_TBY.float().square().sum(-1)
    surrogate = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
    return rollout, cost_TB.sum() + surrogate


@pytest.mark.parametrize("shape", [(4, 2, 7), (4, 2), (4, 2, 5, 1), (5,)])
def test_inputs_of_another_width_are_refused_in_one_sentence_with_t_b_and_x(shape):
    with pytest.raises(ValueError) as refused:
        on_the_reference()(torch.randn(shape))
    assert str(refused.value) == (
        f"inputs are of the shape (T, B, X), steps x sequences x inputs, with X = 5, not {shape}"
    )


def test_the_input_of_a_step_is_refused_likewise():
    network = on_the_reference()
    with pytest.raises(ValueError, match=r"shape \(B, X\), .* with X = 5, not \(2, 7\)"):
        network.step(torch.randn(2, 7), network.initial_state(2))
    with pytest.raises(ValueError, match=r"a state of B = 3 sequences .* of the shape \(2, 5\)"):
        network.step(torch.randn(2, 5), network.initial_state(3))


def test_a_state_of_another_batch_size_is_refused_and_batch_first_inputs_are_recognised():
    network = on_the_reference()
    state = network.initial_state(3)
    with pytest.raises(ValueError, match=r"a state of B = 3 .* of the shape \(4, 2, 5\)$"):
        network(torch.randn(4, 2, INPUTS), state)
    with pytest.raises(ValueError, match="; put time first"):
        network(torch.randn(3, 7, INPUTS), state)


@pytest.mark.parametrize("cell", ["none", "ntm"])
def test_what_is_no_tensor_and_another_precision_are_named(cell):
    network = on_the_reference(cell)
    with pytest.raises(ValueError, match=r"^inputs are a tensor, not list$"):
        network([[[1.0] * INPUTS]])
    precision = "of the network's precision, float32, not float64$"
    with pytest.raises(ValueError, match=f"^inputs are {precision}"):
        network(torch.randn(4, 2, INPUTS).double())
    with pytest.raises(ValueError, match=f"^the input of a step is {precision}"):
        network.step(torch.randn(2, INPUTS).double(), network.initial_state(2))
    ones_TBX = torch.ones(4, 2, INPUTS)
    counted = network(ones_TBX.long()).logits_TBY
    assert torch.equal(counted, network(ones_TBX).logits_TBY)


def test_what_is_no_state_is_named():
    network = on_the_reference()
    rollout = network(torch.randn(2, 3, INPUTS))
    with pytest.raises(ValueError, match="rollout.state, not Rollout"):
        network(torch.randn(2, 3, INPUTS), rollout)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (0, 0)])
@pytest.mark.parametrize(("cell", "options"), VARIANTS)
def test_no_steps_or_no_sequences_give_an_empty_rollout(cell, options, shape, training):
    for estimator in ("soft", "top_k", "reinforce", "leave_one_out", "annealed"):
        network = on_the_reference(cell, estimator, options=options).train(training)
        usual = network(torch.randn(3, 4, INPUTS))
        buffers = {name: value.clone() for name, value in network.named_buffers()}
        rollout, loss = loss_of(network, torch.zeros(*shape, INPUTS))
        assert rollout.logits_TBY.shape == (*shape, OUTPUTS)
        assert rollout.hidden_TBC.shape == (*shape, 8)
        for ours, theirs in zip(rollout.address, usual.address, strict=True):
            assert (ours is None) == (theirs is None)
            assert ours is None or ours.shape == (*shape, *theirs.shape[2:])
        assert loss.item() == 0
        loss.backward()
        assert all(p.grad is None or not p.grad.any() for p in network.parameters())
        for name, value in network.named_buffers():
            assert torch.equal(value, buffers[name]), name


@pytest.mark.parametrize("controller", list(controllers))
@pytest.mark.parametrize("backend", ["auto", "reference"])
def test_no_steps_leave_the_state_and_the_random_numbers_as_they_were(controller, backend):
    network = on_the_reference("sam", "reinforce", controller)
    network.backend = backend
    state, drawn = network.initial_state(4), torch.get_rng_state()
    assert network(torch.zeros(0, 4, INPUTS), state).state is state
    assert torch.equal(torch.get_rng_state(), drawn)


def test_float16_is_refused_by_name():
    network = on_the_reference().half()
    for call in (
        lambda: network(torch.randn(3, 2, INPUTS).half()),
        lambda: network.step(torch.randn(2, INPUTS).half(), network.initial_state(2)),
    ):
        with pytest.raises(ValueError, match="does not run in float16, .* bfloat16"):
            call()


@pytest.mark.parametrize("estimator", slow_but(estimators, ("soft", "reinforce")))
@pytest.mark.parametrize(("cell", "options"), VARIANTS)
def test_bfloat16_and_autocast_give_finite_results_and_gradients(cell, options, estimator):
    for dtype, autocast in (
        (torch.bfloat16, None),
        (torch.float32, torch.bfloat16),
        (torch.float32, torch.float16),
    ):
        network = on_the_reference(cell, estimator, options=options).to(dtype)
        inputs_TBX = torch.randn(12, 2 * network.estimator.rollouts, INPUTS, dtype=dtype)
        with torch.autocast("cpu", dtype=autocast, enabled=autocast is not None):
            rollout, loss = loss_of(network, inputs_TBX)
        loss.backward()
        assert rollout.logits_TBY.isfinite().all()
        assert loss.isfinite()
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("cell", list(cells))
def test_under_autocast_a_memory_keeps_the_precision_of_the_parameters(cell):
    network = on_the_reference(cell)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rollout = network(torch.randn(3, 2, INPUTS))
    assert rollout.state.read_BO.dtype == torch.float32
    assert rollout.address.weights_BHK.dtype == torch.float32
