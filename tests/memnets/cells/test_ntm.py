"""The NTM's memory, unrolled, against a second writing of its paper; its starting values."""

from functools import partial

import numpy as np
import pytest
import torch

from memnets.cells.ntm import NTM
from memnets.registry import estimators

from ..naive import HIDDEN, USES, N, Raw, W, agrees, content, oneplus, sigmoid, softmax, softplus
from ..naive import written as after_write


def naive_ntm(
    p,
    inputs,
    use,
    *,
    write_heads=1,
    read_heads=1,
    shifts=3,
    read_first=False,
    memory_start="constant",
    weights_start="one_hot",
):
    H = write_heads + read_heads
    layout = {"key": (H, W), "strength": (H,), "gate": (H,), "shift": (H, shifts), "power": (H,)}
    layout |= {"erase": (write_heads, W), "add": (write_heads, W)}
    memory = np.full((N, W), 1e-6) if memory_start == "constant" else p["memory_NW"]
    last = [np.eye(N)[0]] * H
    if weights_start == "learned":
        last = [softmax(logits) for logits in p["logits_HN"]]

    def address(raw, head, memory):
        by_content = content(memory, raw.key[head], softplus(raw.strength[head]))
        gate, shift = sigmoid(raw.gate[head]), softmax(raw.shift[head])
        gated = gate * by_content + (1 - gate) * last[head]
        moved = np.zeros(N)
        for i in range(N):
            for s in range(shifts):
                moved[(i + s - shifts // 2) % N] += gated[i] * shift[s]
        power = moved ** oneplus(raw.power[head])
        return use(power / power.sum())

    for h, _ in inputs:
        raw = Raw(p, h, layout)
        writes = [address(raw, head, memory) for head in range(write_heads)]
        after = after_write(memory, writes, sigmoid(raw.erase), raw.add)
        seen = memory if read_first else after
        reads = [address(raw, head, seen) for head in range(write_heads, H)]
        memory, last = after, writes + reads
        yield np.concatenate([read @ seen for read in reads]), np.array(last)


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"write_heads": 2, "read_heads": 3},
        {"shifts": 5},
        {"read_first": True, "read_heads": 2},
        {"memory_start": "random"},
        {"memory_start": "learned", "weights_start": "learned", "read_heads": 2},
        {"memory_start": "random", "weights_start": "learned", "read_first": True},
        {"weights_start": "learned"},
    ],
)
def test_an_ntm_unrolled_is_its_paper_written_twice(options, estimator, use):
    cell = NTM(HIDDEN, estimators.get(estimator)(), slots=N, width=W, **options)
    agrees(cell, partial(naive_ntm, use=use, **options))


def start(**options):
    cell = NTM(HIDDEN, estimators.get("soft")(), slots=N, width=W, **options)
    return cell, cell.initial_state(2)


def test_a_constant_start_is_the_same_small_number_and_is_no_parameter():
    cell, state = start()
    assert torch.equal(state.memory_BNW, torch.full((2, N, W), 1e-6))
    assert torch.equal(state.weights_BHN, torch.eye(N)[0].expand(2, 2, N))
    assert {name for name, _ in cell.named_parameters()} == {
        "interface.linear.weight",
        "interface.linear.bias",
    }


def test_a_random_start_is_drawn_once_and_kept_with_the_network():
    (cell, state), (other, _) = start(memory_start="random"), start(memory_start="random")
    rows = state.memory_BNW[0]
    assert torch.equal(rows, cell.initial_state(1).memory_BNW[0])
    assert len(rows.unique()) == rows.numel()
    assert not torch.equal(rows, other.initial_state(1).memory_BNW[0])
    other.load_state_dict(cell.state_dict())
    assert torch.equal(rows, other.initial_state(1).memory_BNW[0])
    assert "memory_NW" not in dict(cell.named_parameters())


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_learned_starts_are_parameters_that_the_sequence_teaches(estimator):
    torch.manual_seed(0)
    options = {"memory_start": "learned", "weights_start": "learned"}
    cell = NTM(HIDDEN, estimators.get(estimator)(), slots=N, width=W, **options)
    state = cell.initial_state(3)
    torch.testing.assert_close(state.weights_BHN.sum(-1), torch.ones(3, 2))
    read, state, address = cell(torch.randn(3, HIDDEN), state)
    (read.square().sum() + address.log_prob_BH.sum()).backward()
    for learned in (cell.memory_NW, cell.logits_HN):
        assert isinstance(learned, torch.nn.Parameter)
        assert learned.grad is not None and learned.grad.abs().sum() > 0


def test_a_start_without_a_name_is_refused():
    with pytest.raises(ValueError, match="'zero' is not one of constant, random, learned"):
        start(memory_start="zero")
    with pytest.raises(ValueError, match="'uniform' is not one of one_hot, learned"):
        start(weights_start="uniform")
