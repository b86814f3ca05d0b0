"""One network under several addresses: as it is, softly, with one slot, without its memory."""

import pytest
import torch

from memnets.addressing import ADDRESSES, addressed, others
from memnets.backends import choose
from memnets.cells import cells
from memnets.estimators import estimators
from memnets.spec import ModelSpec

from .building import built, small

INPUTS_TBX = torch.rand(5, 3, 4, generator=torch.Generator().manual_seed(1))
CELLS = [name for name in cells if name != "none"]


def under(network, address):
    with torch.no_grad(), addressed(network.eval(), address) as changed:
        return changed(INPUTS_TBX)


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("cell", CELLS)
def test_one_slot_is_what_a_model_of_the_same_weights_with_a_discrete_estimator_does(cell, backend):
    network, other = (built(cell, name, backend=backend) for name in ("soft", "straight_through"))
    other.load_state_dict(network.state_dict())
    found, expected = under(network, "one slot"), under(other, "own")
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY, rtol=1e-4, atol=1e-5)
    slots = network.cell.slots
    torch.testing.assert_close(found.address.dense(slots), expected.address.dense(slots))


@pytest.mark.parametrize("cell", CELLS)
def test_soft_is_what_a_soft_model_of_the_same_weights_does(cell):
    network, other = built(cell, "straight_through"), built(cell, "soft")
    other.load_state_dict(network.state_dict())
    found, expected = under(network, "soft"), under(other, "own")
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY, rtol=1e-4, atol=1e-5)


class Blind(torch.nn.Module):
    """A cell that reads nothing but zeros."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("cell"), name)

    def forward(self, *inputs):
        return self.blind(self.cell(*inputs))

    def read_again(self, *inputs):
        return self.blind(self.cell.read_again(*inputs))

    def blind(self, step):
        read_BO, state, address = step
        return torch.zeros_like(read_BO), state, address


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize(
    ("cell", "controller", "options"),
    [
        *((cell, "lstm", {}) for cell in CELLS),
        *(("ntm", controller, {}) for controller in ("gru", "feedforward", "graves2013", "rnn")),
        ("dntm", "gru", {"read_steps": 3}),
    ],
)
def test_cut_off_every_read_is_zero(cell, controller, options, backend):
    network = built(cell, "soft", controller, cell_options=options, backend=backend)
    found = under(network, "cut off")
    network.backend = "reference"
    network.cell = Blind(network.cell)
    with torch.no_grad():
        expected = network(INPUTS_TBX)
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.hidden_TBC, expected.hidden_TBC, rtol=1e-4, atol=1e-5)
    assert found.address.weights_BHK.shape == (5, 3, 0, 0)


@pytest.mark.parametrize("backend", ["auto", "fused", "reference"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_network_is_as_before_afterwards_even_if_the_test_fails(address, backend):
    network = small("ntm", "reinforce", backend=backend).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    parts, used = [*network.named_modules()], choose(network, backend)
    random = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), addressed(network, address) as changed:
        changed(INPUTS_TBX)
        assert not changed.training
        raise ZeroDivisionError
    assert torch.equal(random, torch.get_rng_state())
    assert [*network.named_modules()] == parts and network.backend == backend
    assert choose(network, backend) == used
    after = network.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_test_with_one_slot_runs_on_kernels():
    network = small("ntm", "soft").eval()
    assert choose(network).backend == "numba"
    with addressed(network, "one slot") as changed:
        assert choose(changed).backend == "numba"


def test_a_backend_that_was_asked_for_by_name_is_no_reason_to_warn():
    network = small("ntm", "top_k", backend="numba").eval()
    for address in others(network):
        assert torch.isfinite(under(network, address).logits_TBY).all()


@pytest.mark.parametrize("estimator", list(estimators))
def test_every_estimator_is_tested_with_one_slot_and_without_memory(estimator):
    network = small("ntm", estimator)
    assert {"one slot", "cut off"} <= set(others(network)) <= set(ADDRESSES) - {"own"}


def test_what_cannot_be_tested_otherwise_is_not():
    assert others(ModelSpec("none", controller_size=4).build(4, 2)) == ()
    assert "soft" not in others(small("ntm", "top_k"))
    for cell in ("mlstm", "titans"):
        assert others(small(cell)) == ("cut off",)


def test_an_unknown_address_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no address 'hard'; there are own, soft, one slot"):
        addressed(small(), "hard").__enter__()
