"""The price on entropy, and the gate that opens once a task is learned."""

import pytest
import torch

from memnets.estimators import Gate, Price, Soft, entropy
from memnets.registry import estimators
from memnets.types import Address

COSTS = [40.0, 38.0, 42.0, 30.0, 5.0, 2.0, 1.0, 0.5, 9.0]


def cost_of(total: float) -> torch.Tensor:
    """Two steps and two sequences whose costs sum to so much for each sequence on average."""
    return torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=torch.float64) * total


def test_the_gate_is_its_formula():
    gate = Gate(learned=0.6, decay=0.5, warm=3)
    first, running = 40.0, 40.0
    for number, total in enumerate(COSTS):
        gate.see(cost_of(total))
        running = (
            0.5 * running + 0.5 * total if number >= 3 else sum(COSTS[: number + 1]) / (number + 1)
        )
        expected = max(0.0, 1 - running / (0.6 * first)) if number >= 2 else 0.0
        assert gate.opening.item() == pytest.approx(expected, abs=1e-6), number
    assert gate.opening > 0.7


def test_the_price_is_charged_once_learned_and_only_seen_in_training():
    torch.manual_seed(0)
    price = Price(weight=0.1, learned=0.5, decay=0.0, warm=1)
    weighting_BHN = torch.rand(2, 3, 4, dtype=torch.float64).softmax(-1).requires_grad_()
    address = Soft()(weighting_BHN)
    address = Address._make(None if part is None else part.unsqueeze(0) for part in address)
    assert price(address, cost_of(10.0)) == 0
    charged = price(address, cost_of(1.0))
    expected = 0.1 * (1 - 1 / 5) * entropy(weighting_BHN).sum(-1).mean()
    assert charged.item() == pytest.approx(expected.item(), rel=1e-6)
    price.eval()
    price(address, cost_of(10.0))
    assert price.gate.opening == pytest.approx(0.8)


def test_an_empty_batch_has_no_price():
    price = Price()
    assert price(Soft()(torch.ones(0, 1, 3) / 3), torch.zeros(4, 0)) == 0
    assert price.gate.updates == 0


# hardened is soft with a price, whose options are its own
@pytest.mark.parametrize("name", sorted(set(estimators) - {"hardened"}))
def test_every_estimator_takes_a_price(name):
    make = estimators.get(name)
    # the learned baseline needs the width of its features
    options = {"baseline": "none"} if name == "reinforce" else {}
    priced = make(**options, price={"weight": 0.2, "warm": 1, "learned": 2.0})
    assert priced.has_loss and priced.price.weight == 0.2
    assert make(**options).price is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight": -1.0}, "weight"),
        ({"learned": 0.0}, "learned"),
        ({"decay": 1.0}, "decay"),
        ({"warm": 0}, "warm"),
        ({"share": 1.0}, "price has no option 'share'"),
    ],
)
def test_a_wrong_price_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Soft(price=options)
