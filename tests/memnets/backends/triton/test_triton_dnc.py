import pytest
import torch

from memnets.spec import ModelSpec
from memnets.types import Address, Rollout

from ..rollouts import agree, alike, cast, outputs_of, outputs_whatever_the_order_of_slots
from .against import build, kernels, middle_of_a_sequence, reference

CASES = {
    "lstm": {"slots": 7, "width": 5, "read_heads": 2},
    "feedforward, several heads of each kind": {
        **{"controller": "feedforward", "slots": 8, "width": 3, "read_heads": 3},
        **{"write_heads": 2, "usage_floor": 0.1},
    },
    "without links": {
        **{"slots": 6, "width": 5, "read_heads": 2, "links": False},
        **{"usage_stop_gradient": True, "strength": "softplus"},
    },
    "what is freed is emptied": {
        **{"controller": "feedforward", "slots": 5, "width": 4, "read_heads": 1},
        **{"write_heads": 3, "deallocation": True, "usage_stop_gradient": True, "clip": 1.0},
    },
    "one slot of one number": {"slots": 1, "width": 1, "read_heads": 1},
}
SIZES = [(4, 2), (4, 1), (2, 3), (5, 1), (2, 1)]
"""Steps and batch of each case."""


def untied(network, batch):
    """The middle of a sequence, no two slots used alike: rounding cannot change their order."""
    state = middle_of_a_sequence(network, batch)
    cell = state.cell._replace(usage_BN=torch.rand_like(state.cell.usage_BN))
    return cast(state._replace(cell=cell), asks=True)


@pytest.mark.parametrize(
    ("case", "steps", "batch"),
    [(case, *size) for case, size in zip(CASES, SIZES, strict=True)],
)
def test_kernels_give_the_reference_and_its_gradients(
    case, steps, batch, triton_device, monkeypatch
):
    monkeypatch.setattr("memnets.backends.triton.recurrence.SAVE_EVERY", 3)
    # blocks of two rows of links
    monkeypatch.setattr("memnets.backends.triton.cells.dnc.TILE", 32)
    network = build("dnc", **CASES[case])
    given = torch.randn(steps, batch, 4).double(), untied(network, batch)
    agree(network, kernels, given, torch.float64, triton_device)


def test_a_single_step(triton_device):
    network = build("dnc", **CASES["lstm"])
    given = torch.randn(1, 2, 4).double(), untied(network, 2)
    agree(network, kernels, given, torch.float64, triton_device)


def test_ties_and_usages_of_zero_and_one_are_as_on_the_reference(triton_device):
    network = build("dnc", slots=7, width=3, read_heads=1, write_heads=2)
    state = untied(network, 1)
    cell = state.cell
    used = torch.tensor([[0.0, 0.5, 1.0, 0.0, 0.5, 0.0, 1.0]], dtype=torch.float64)
    # nothing was written or read: usages stay what they are
    cell = cell._replace(
        usage_BN=used, writes_BPN=0 * cell.writes_BPN, reads_BRN=0 * cell.reads_BRN
    )
    state = cast(state._replace(cell=cell), asks=True)
    agree(network, kernels, (torch.randn(1, 1, 4).double(), state), torch.float64, triton_device)


@pytest.mark.parametrize(("controller", "steps"), [("lstm", 20), ("feedforward", 6)])
def test_float32_from_the_middle_of_a_sequence(controller, steps, triton_device):
    network = build("dnc", controller, slots=9, width=4, read_heads=2)
    inputs = torch.randn(steps, 1, 4).double()
    agree(network, kernels, (inputs, untied(network, 1)), device=triton_device)


def test_float32_from_the_start_of_a_sequence(triton_device):
    network = build("dnc", slots=7, width=5, read_heads=2)
    given = torch.randn(4, 2, 4).double(), None
    agree(network, kernels, given, device=triton_device, seen=outputs_whatever_the_order_of_slots)


def test_two_pieces_are_one_run(triton_device):
    def in_two(network, inputs, state):
        first = kernels(network, inputs[:2], state)
        second = kernels(network, inputs[2:], first.state)
        both = zip(first.address[::3], second.address[::3], strict=True)
        weights, entropy = (torch.cat(parts) for parts in both)
        logits = torch.cat([first.logits_TBY, second.logits_TBY])
        hidden = torch.cat([first.hidden_TBC, second.hidden_TBC])
        address = Address(weights, None, torch.zeros_like(entropy), entropy)
        return Rollout(logits, address, second.state, hidden)

    network = build("dnc", **CASES["lstm"])
    state = untied(network, 1)
    agree(network, in_two, (torch.randn(5, 1, 4).double(), state), torch.float64, triton_device)


@pytest.mark.parametrize("links", [True, False])
def test_no_gradient_asked_for_none_prepared_and_the_state_left_as_it_is(links, triton_device):
    network = build("dnc", slots=7, width=5, links=links).eval()
    state = cast(untied(network, 2), device=triton_device, asks=True)
    network.to(triton_device)
    inputs = torch.randn(3, 2, 4).double().to(triton_device)
    # a state may come from anywhere: not in order of slots, say
    turned = type(state.cell)(*(part.mT.contiguous().mT for part in state.cell))
    state = state._replace(cell=turned)
    before = state.cell.link_BPNN.detach().clone()
    with torch.no_grad():
        found = kernels(network, inputs, state)
        expected = reference(network, inputs, state)
    alike(outputs_of(found), outputs_of(expected), 1e-10)
    assert not found.logits_TBY.requires_grad
    assert torch.equal(state.cell.link_BPNN, before)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"masking": True}, "no Triton kernel for masking"),
        ({"sharpness": True}, "no Triton kernel for sharpness"),
        ({"layer_norm": True}, "no Triton kernel for layer_norm"),
        ({"clip": 0.5}, "a clip below 1, as is 0.5"),
        ({"slots": 1024, "width": 4, "read_heads": 5}, "slots are 8192 numbers"),
        ({"slots": 300, "width": 20}, "300 by 20 is 16384"),
        ({"width": 32, "read_heads": 30}, "1024 numbers, not of 1209"),
    ],
)
def test_what_no_kernel_covers_is_said_and_refused(changes, why, triton_device):
    network = ModelSpec("dnc", controller_size=6, cell_options=changes).build(4, 3)
    network = network.to(triton_device)
    assert why in kernels.refuses(network)
    with pytest.raises(ValueError, match=why):
        kernels(network, torch.randn(2, 1, 4, device=triton_device))


@pytest.mark.parametrize("options", [{}, {"clip": 20.0}, {"links": False, "slots": 1024}])
def test_what_the_kernels_cover_is_not_refused(options, triton_device):
    options = {"slots": 128, "width": 4 if "slots" in options else 20} | options
    network = ModelSpec("dnc", cell_options=options).build(4, 3).to(triton_device)
    assert kernels.refuses(network) is None
