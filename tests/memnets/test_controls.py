"""What is left of a network without what its memory holds, or without knowing where to look."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from memnets.addressing import addressed, slow_controls
from memnets.cells import cells
from memnets.cells.base import MemoryCell
from memnets.controllers import controllers
from memnets.equations import memory
from memnets.estimators import Shuffled, Soft
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import Address, join_heads

from .building import built, small

CELLS = [name for name in cells if name != "none"]
WRITTEN = [name for name in CELLS if name != "product_keys"]
"""Those that write: what the others hold are parameters."""
HELD = {
    "mlstm": ("memory_BHNW", "keys_BHN", "stabiliser_BH"),
    "titans": ("memory_BNW", "momentum_BNW", "keys_BNZ", "keys_momentum_BNZ"),
}
"""The fields of a state that hold what is in the slots, where it is more than rows."""
SLOTS = 5


class DelayState(NamedTuple):
    memory_BNW: Tensor
    time_B: Tensor


class Delay(MemoryCell[DelayState]):
    """Writes its input into the next slot, and reads the slot written `SLOTS` - 1 steps ago."""

    takes_input = True
    contents = ("memory_BNW",)
    heads = ("write", "read")
    slots = SLOTS

    def __init__(self, estimator, width):
        super().__init__()
        self.estimator, self.read_size = estimator, width

    def initial_state(self, batch_size):
        contents_BNW = torch.full((batch_size, SLOTS, self.read_size), 0.5)
        return DelayState(contents_BNW, torch.zeros(batch_size))

    def forward(self, h_BC, state, x_BX):
        at_B = state.time_B.long() % SLOTS
        write, read = (
            self.estimator(torch.nn.functional.one_hot(slot_B, SLOTS).float().unsqueeze(1))
            for slot_B in (at_B, (at_B + 1) % SLOTS)
        )
        x_B1X = x_BX.unsqueeze(1)
        written_BNW = memory.write(state.memory_BNW, write, torch.ones_like(x_B1X), x_B1X)
        read_BO = memory.read(written_BNW, read).flatten(1)
        return read_BO, DelayState(written_BNW, state.time_B + 1), join_heads(write, read)


def held(cell, state):
    """Names of the fields that hold what is in the slots."""
    return HELD.get(cell, tuple(name for name in state._fields if name.endswith("NW")))


@pytest.fixture
def delayed():
    """A network whose outputs are its inputs of `SLOTS` - 1 steps ago, whatever its weights."""
    cell = Delay(Soft(), 3)
    controller = controllers.get("feedforward")(3 + 3, 4)
    network = MemoryNetwork(controller, cell, 3, input_size=3, backend="reference").eval()
    with torch.no_grad():
        network.readout.weight.copy_(torch.cat([torch.zeros(3, 4), torch.eye(3)], 1))
        network.readout.bias.zero_()
    return network


def under(network, address, inputs_TBX, **more):
    with torch.no_grad(), addressed(network, address, **more) as changed:
        return changed(inputs_TBX)


def test_a_network_that_lives_on_its_memory_knows_nothing_under_any_control(delayed):
    inputs_TBX = torch.rand(40, 6, 3)
    past_TBX = inputs_TBX[: -SLOTS + 1]
    own = under(delayed, "own", inputs_TBX).logits_TBY[SLOTS - 1 :]
    torch.testing.assert_close(own, past_TBX)
    cut_off = under(delayed, "cut off", inputs_TBX).logits_TBY
    assert torch.equal(cut_off, torch.zeros_like(cut_off))
    frozen = under(delayed, "frozen", inputs_TBX).logits_TBY
    torch.testing.assert_close(frozen, torch.full_like(frozen, 0.5))
    shuffled = under(delayed, "shuffled", inputs_TBX).logits_TBY[SLOTS - 1 :]
    right = torch.isclose(shuffled, past_TBX).all(-1).float().mean()
    # one of the slots is the right one, if what was written there is not overwritten by then
    assert right < 1.5 / SLOTS


@pytest.mark.parametrize("estimator", ["soft", "reinforce", "top_k"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_control_changes_what_a_network_with_memory_says(cell, estimator):
    network = small(cell, estimator).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            # enough that every discrete choice is made of every slot at times
            parameter.mul_(8)
    inputs_TBX = torch.randn(20, 8, 4, dtype=torch.float64)
    own = under(network, "own", inputs_TBX).logits_TBY
    for address in ("cut off", *slow_controls(network)):
        found = under(network, address, inputs_TBX).logits_TBY
        assert (found - own).abs().max() > 1e-7, address


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
@pytest.mark.parametrize("cell", WRITTEN)
def test_frozen_is_a_loop_that_puts_the_contents_back(cell, estimator):
    network = small(cell, estimator).double().eval()
    inputs_TBX = torch.randn(6, 3, 4, dtype=torch.float64)
    found = under(network, "frozen", inputs_TBX)
    with torch.no_grad():
        state, expected = network.initial_state(3), []
        first = state.cell
        for x_BX in inputs_TBX:
            logits_BY, state, _ = network.step(x_BX, state)
            expected.append(logits_BY)
            kept = {
                name: getattr(first if name in held(cell, first) else state.cell, name)
                for name in state.cell._fields
            }
            state = state._replace(cell=type(first)(**kept))
    torch.testing.assert_close(found.logits_TBY, torch.stack(expected), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("cell", ["sam", "tardis", "rlntm"])
def test_a_persistent_memory_is_frozen_like_a_tensor(cell):
    tensor, buffers = (
        small(cell, "reinforce", cell_options={"persistent": kept}).eval() for kept in (False, True)
    )
    inputs_TBX = torch.rand(6, 3, 4)
    found = under(buffers, "frozen", inputs_TBX).logits_TBY
    torch.testing.assert_close(found, under(tensor, "frozen", inputs_TBX).logits_TBY)
    assert (found - under(buffers, "own", inputs_TBX).logits_TBY).abs().max() > 1e-6


class ByHand(Soft):
    """The same moves as `Shuffled`, slot by slot."""

    def __init__(self, own, seed):
        super().__init__()
        self.own, self.random = own, torch.Generator().manual_seed(seed)

    def forward(self, weighting_BHN):
        address = self.own(weighting_BHN)
        noise_BHN = torch.rand(weighting_BHN.shape, generator=self.random)
        weights_BHN = torch.zeros_like(weighting_BHN)
        for b, heads in enumerate(address.dense(weighting_BHN.shape[-1])):
            for h, weights in enumerate(heads):
                for slot, weight in enumerate(weights):
                    moved = int((noise_BHN[b, h] == noise_BHN[b, h].sort().values[slot]).nonzero())
                    # the slot of the n-th smallest number is where slot n goes
                    weights_BHN[b, h, moved] = weight
        return Address.of(weights_BHN, entropy_BH=address.entropy_BH)


@pytest.mark.parametrize("estimator", ["soft", "straight_through", "reinforce", "top_k"])
@pytest.mark.parametrize("cell", ["ntm", "dnc", "dntm", "rlntm"])
def test_shuffled_is_a_loop_over_slots(cell, estimator):
    network = small(cell, estimator, backend="reference").double().eval()
    inputs_TBX = torch.randn(4, 2, 4, dtype=torch.float64)
    found = under(network, "shuffled", inputs_TBX, seed=3)
    slots = network.cell.slots
    network.cell.estimator = ByHand(network.estimator, 3)
    with torch.no_grad():
        expected = network(inputs_TBX)
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(found.address.dense(slots), expected.address.dense(slots))


def test_dense_and_sparse_addresses_move_to_the_same_slots():
    weighting_BHN = torch.rand(3, 2, SLOTS).softmax(-1)
    dense, sparse = (
        Shuffled(ModelSpec("ntm", name).build(2, 2).estimator, 1).eval()(weighting_BHN)
        for name in ("straight_through", "reinforce")
    )
    assert dense.slots_BHK is None and sparse.slots_BHK is not None
    assert torch.equal(dense.weights_BHK, sparse.dense(SLOTS))
    assert torch.equal(dense.weights_BHK.sort(-1).values[..., -1], torch.ones(3, 2))


def test_slots_are_drawn_anew_for_every_sequence_head_and_step_and_are_those_of_a_seed():
    weighting_BHN = torch.eye(SLOTS)[0].expand(200, 3, SLOTS)
    shuffled = Shuffled(Soft(), 0)
    first, second = (shuffled(weighting_BHN).weights_BHK.argmax(-1) for _ in range(2))
    for one, other in ((first, second), (first[:, 0], first[:, 1]), (first[:100], first[100:])):
        assert 0.1 < (one == other).double().mean() < 0.3
    counts = torch.bincount(torch.cat([first, second]).flatten(), minlength=SLOTS)
    assert counts.min() > 190 and counts.max() < 290
    again = Shuffled(Soft(), 0)(weighting_BHN).weights_BHK.argmax(-1)
    assert torch.equal(first, again)
    other = Shuffled(Soft(), 1)(weighting_BHN).weights_BHK.argmax(-1)
    assert not torch.equal(first, other)


def test_what_a_shuffled_address_lacks_to_one_stays_the_no_op():
    weighting_BHN = torch.rand(3, 2, SLOTS) / SLOTS
    found = Shuffled(Soft(), 0)(weighting_BHN)
    torch.testing.assert_close(found.weights_BHK.sum(-1), weighting_BHN.sum(-1))
    torch.testing.assert_close(found.entropy_BH, Soft()(weighting_BHN).entropy_BH)


def test_the_global_generator_decides_nothing():
    network, inputs_TBX = small("ntm", "reinforce").eval(), torch.rand(5, 2, 4)
    torch.manual_seed(1)
    first = under(network, "shuffled", inputs_TBX, seed=4).logits_TBY
    torch.manual_seed(2)
    assert torch.equal(first, under(network, "shuffled", inputs_TBX, seed=4).logits_TBY)
    assert not torch.equal(first, under(network, "shuffled", inputs_TBX, seed=5).logits_TBY)


def test_a_network_without_memory_is_what_it_is():
    network, inputs_TBX = built("none").eval(), torch.rand(5, 2, 4)
    assert slow_controls(network) == ()
    own = under(network, "own", inputs_TBX).logits_TBY
    for address in ("cut off", "frozen", "shuffled"):
        torch.testing.assert_close(under(network, address, inputs_TBX).logits_TBY, own)


def test_a_cell_that_does_not_name_its_contents_is_shuffled_only(delayed):
    delayed.cell.contents = ()
    assert slow_controls(delayed) == ("shuffled",)
    with pytest.raises(ValueError, match="Delay cannot be frozen: its `contents` name no fields"):
        under(delayed, "frozen", torch.rand(2, 1, 3))


@pytest.mark.parametrize("cell", WRITTEN)
def test_every_cell_names_the_contents_of_its_state(cell):
    network = small(cell)
    moved = ("shuffled",) if network.cell.heads else ()
    assert slow_controls(network) == ("frozen", *moved)
    named = held(cell, network.cell.initial_state(2))
    assert named and network.cell.contents == named
