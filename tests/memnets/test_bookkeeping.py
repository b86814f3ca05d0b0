"""What a state holds for its own account only: named by the cell, and in no count of the state."""

import pytest
import torch

from memnets.cells.stack import Stack
from memnets.checks.cell import SMALL, check_cell, disturbed
from memnets.options import options_of
from memnets.registry import cells
from memnets.sizes import size_of, state
from memnets.spec import ModelSpec

SIZES = {"input_size": 5, "output_size": 4}
# options with which fields of a state come to be needed, or no longer are
OPTIONS = [
    ("dntm", {"recency": False}),
    ("sam", {"usage_decay": 0.9}),
    ("sdnc", {"usage_decay": 0.9}),
    ("tape", {"jump": 2}),
    ("tardis", {"penalty": 0.0}),
    ("titans", {"layers": 1}),
]
# a soft address gives every slot a little, and by four heads most of them are accessed
ACCESS = {cell: {"threshold": 0.2, "heads": 1} for cell in ("sam", "sdnc")}
CASES = [(cell, ACCESS.get(cell, {})) for cell in cells if cells.is_built_in(cell)] + OPTIONS


def small(cell, options):
    sizes = {name: size for name, size in SMALL.items() if name in options_of(cells.get(cell))}
    return ModelSpec(cell, cell_options=sizes | options, controller_size=12)


def later(network, inputs_TBX, start, cell):
    rollout = network(inputs_TBX, start._replace(cell=cell))
    return torch.cat([rollout.logits_TBY.flatten(), rollout.state.read_BO.flatten()])


@pytest.mark.parametrize(("cell", "options"), CASES)
@torch.no_grad()
def test_a_field_is_bookkeeping_or_later_steps_hang_on_it(cell, options):
    torch.manual_seed(0)
    network = small(cell, options).build(**SIZES, backend="reference").eval()
    inputs_TBX = 3 * torch.randn(16, 2, SIZES["input_size"])
    start = network(inputs_TBX[:4]).state
    as_it_was = later(network, inputs_TBX[4:], start, start.cell)
    unneeded = []
    for name in getattr(start.cell, "_fields", ()):
        field = getattr(start.cell, name)
        if field is None:
            continue
        other = start.cell._replace(**{name: disturbed(field)})
        if torch.equal(later(network, inputs_TBX[4:], start, other), as_it_was):
            unneeded.append(name)
    assert tuple(unneeded) == network.cell.bookkeeping


@pytest.mark.parametrize(("cell", "options"), OPTIONS)
def test_the_contract_holds_with_these_options(cell, options):
    check_cell(cell, "soft", options=dict(small(cell, options).cell_options))


class Forgetful(Stack):
    """Calls its contents bookkeeping, which they are not."""

    bookkeeping = ("memory_BHNW",)


def test_the_contract_finds_bookkeeping_that_is_read():
    with pytest.raises(AssertionError, match="later steps hang on memory_BHNW"):
        check_cell(Forgetful, "soft", options={"slots": 4})


@pytest.mark.parametrize(
    ("cell", "options", "numbers"),
    [
        # rows of width one; the tape counts its input's length and whether it is over
        ("stack", {"slots": 6, "stacks": 3, "depth": 1}, 3 * 6 + 3),
        ("tape", {"slots": 6, "tapes": 2, "width": 3}, 2 * 6 * 3 + 2 + 2 * 3),
        ("dntm", {"slots": 6, "width": 3, "address_width": 2, "recency": False}, 6 * 3 + 5),
        ("delta", {"slots": 6, "width": 3, "heads": 2}, 2 * 6 * 3 + 2 * 3),
    ],
)
def test_the_state_is_what_later_steps_need(cell, options, numbers):
    spec = ModelSpec(cell, controller="feedforward", cell_options=options)
    assert size_of(spec, "state", **SIZES) == numbers


def test_a_read_that_is_not_fed_is_not_carried():
    options = {"slots": 6, "width": 3, "heads": 2}
    fed = ModelSpec("delta", cell_options=options).build(**SIZES)
    unfed = ModelSpec("delta", cell_options=options, feed_read=False).build(**SIZES)
    assert state(fed) - state(unfed) == fed.cell.read_size == 6
